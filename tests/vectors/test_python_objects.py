"""KeyedVectors from and to dicts, and what from_torch refuses; PyTorch itself is asked in tests/peers/torch."""

from __future__ import annotations

import sys
from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors


def test_dict_and_back() -> None:
    vectors = KeyedVectors.from_dict({"b": [1, 2.5], "a": (3, 4), 7: np.array([5, 6])})
    assert vectors.index_to_key == ["b", "a", 7]
    assert vectors.vectors.dtype == np.float32
    assert vectors.vectors.tolist() == [[1, 2.5], [3, 4], [5, 6]]
    found = vectors.to_dict()
    assert list(found) == ["b", "a", 7]
    assert all(np.shares_memory(vector, vectors.vectors) for vector in found.values())
    with pytest.raises(ValueError, match="read-only"):
        found["b"][0] = 1
    vectors.vectors[0, 0] = 9
    assert found["b"].tolist() == [9, 2.5]
    assert KeyedVectors.from_dict(found).vectors.tolist() == vectors.vectors.tolist()
    assert vectors.most_similar("b", topn=1)[0][0] in ("a", 7)


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        ([np.float16], np.float16),
        ([np.float64], np.float64),
        ([np.float16, np.float64], np.float64),
        ([np.int64], np.float32),
        ([np.int64, np.float16], np.float32),
        ([bool], np.float32),
    ],
)
def test_dtypes_of_a_dict(dtypes: list[Any], expected: Any) -> None:
    vectors = KeyedVectors.from_dict({number: np.ones(3, dtype) for number, dtype in enumerate(dtypes)})
    assert vectors.vectors.dtype == expected
    assert (vectors.vectors == 1).all()


def test_a_dict_is_copied() -> None:
    given = OrderedDict(a=np.ones(2, np.float32))
    vectors = KeyedVectors.from_dict(given)
    given["a"][0] = 5
    assert vectors["a"].tolist() == [1, 1]


def test_reserved_rows_are_not_in_the_dict() -> None:
    vectors = KeyedVectors(2, count=3)
    vectors.add_vector("a", [1, 2])
    assert {key: vector.tolist() for key, vector in vectors.to_dict().items()} == {"a": [1, 2]}
    assert KeyedVectors(2).to_dict() == {}


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({}, ValueError, r"dict is empty.*KeyedVectors\(vector_size\)"),
        ([("a", [1])], TypeError, "takes a dict from key to vector, not list"),
        ("x", TypeError, "takes a dict from key to vector, not str"),
        ({"a": [1, 2], "b": [1]}, ValueError, "the vector of 'b' has 1 numbers, where that of 'a' has 2"),
        ({"a": [], "b": []}, ValueError, "the vector of 'a' has 0 numbers"),
        ({"a": 5}, TypeError, r"the vector of 'a' is no vector of numbers, but int64 of shape \(\)"),
        ({"a": [[1, 2]]}, TypeError, r"of shape \(1, 2\)"),
        ({"a": [[1], [1, 2]]}, TypeError, "the vector of 'a' cannot become an array"),
        ({"a": "text"}, TypeError, "the vector of 'a' is no vector of numbers"),
        ({"a": [1j]}, TypeError, "no vector of numbers, but complex128"),
        ({None: [1]}, ValueError, r"key 1 of the dict is missing \(None\)"),
        ({"a": [1], float("nan"): [1]}, ValueError, r"key 2 of the dict is missing \(nan\)"),
        ({2**63: [1]}, ValueError, "64 bits"),
    ],
)
def test_what_is_no_dict_of_vectors(given: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        KeyedVectors.from_dict(given)


def test_a_subclass_stays_one() -> None:
    class Mine(KeyedVectors):
        pass

    assert type(Mine.from_dict({"a": [1]})) is Mine


@pytest.mark.parametrize("given", [np.ones((1, 2)), [[1.0, 2.0]], SimpleNamespace(weight=[1]), KeyedVectors(2), None])
def test_what_is_no_table_of_torch(given: Any) -> None:
    with pytest.raises(TypeError, match=r"takes a torch.nn.Embedding or another module with weight, or a tensor, not"):
        KeyedVectors.from_torch(given, ["a"])
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'keyss'.*keys"):
        KeyedVectors.from_torch(given, keyss=["a"])  # type: ignore[call-arg]


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"to_torch: this takes PyTorch: pip install 'fastemb\[torch\]'"):
        KeyedVectors.from_dict({"a": [1]}).to_torch()
