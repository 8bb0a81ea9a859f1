"""What people assign to a model works, or is refused at that moment and leaves the model as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb import FastText, Word2Vec

SENTENCES = [["a", "b", "c"], ["c", "d"], ["a", "e", "d"]] * 10
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 4, "workers": 1, "sample": 0, "epochs": 2, "hs": 1}
SHAPE = (5, 4)
WRONG: list[tuple[Any, type[Exception], str]] = [
    (None, TypeError, "must be an array of real numbers of shape .5, 4., not NoneType"),
    ("abc", TypeError, "not str"),
    ({"a": 1}, TypeError, "not dict"),
    ([[1.0, 2.0], [3.0]], TypeError, "not list"),
    (np.ones(SHAPE, complex), TypeError, "not complex128"),
    (np.full(SHAPE, "1"), TypeError, "not <U1"),
    (np.full(SHAPE, None), TypeError, "not object"),
    (1.0, ValueError, r"must have shape \(5, 4\), not \(\)"),
    (np.ones((4, 5)), ValueError, r"not \(4, 5\)"),
    (np.ones((5, 4, 1)), ValueError, r"not \(5, 4, 1\)"),
    (np.where(np.eye(5, 4) * [0, 0, 0, 1], np.nan, 1), ValueError, "NaN or infinite numbers, first in row 3"),
    (np.where(np.eye(5, 4), np.inf, 1), ValueError, "NaN or infinite numbers, first in row 0"),
    (np.full(SHAPE, 1e200), ValueError, "NaN or infinite numbers, first in row 0"),  # beyond float32
]


@pytest.fixture(params=[Word2Vec, FastText])
def model(request: pytest.FixtureRequest) -> Word2Vec:
    kind: type[Word2Vec] = request.param
    return kind(SENTENCES, **OPTIONS | ({"bucket": 50} if kind is FastText else {}))


@pytest.mark.parametrize("name", ["syn1neg", "syn1"])
@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_output_vectors_that_do_not_fit_are_refused(
    name: str, wrong: Any, error: type[Exception], message: str, model: Word2Vec
) -> None:
    before = getattr(model, name)
    with pytest.raises(error, match=f"{name} .*{message}"):
        setattr(model, name, wrong)
    assert getattr(model, name) is before
    model.train(SENTENCES)


@pytest.mark.parametrize("name", ["syn1neg", "syn1"])
@pytest.mark.parametrize(
    "given",
    [np.ones(SHAPE), np.ones(SHAPE, np.float16).tolist(), np.ones(SHAPE, bool), np.ones(SHAPE, ">f4").T.copy().T],
)
def test_output_vectors_of_any_real_type_work(name: str, given: Any, model: Word2Vec) -> None:
    setattr(model, name, given)
    found = getattr(model, name)
    assert (found == 1).all()
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    model.train(SENTENCES)
    assert (getattr(model, name) != 1).any()
