"""KeyedVectors from and to torch.nn.Embedding: one memory, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fastemb import KeyedVectors

torch = pytest.importorskip("torch")
import fastemb.torch  # noqa: E402  (which needs torch)

KEYS = ["a", 7, "c"]


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag", "fastemb", "weight", "tensor", "Linear"])
def test_a_table_is_shared(name: str) -> None:
    module: Any = {
        "Embedding": lambda: torch.nn.Embedding(3, 4),
        "EmbeddingBag": lambda: torch.nn.EmbeddingBag(3, 4),
        "fastemb": lambda: fastemb.torch.Embedding(3, 4),
        "weight": lambda: torch.nn.Embedding(3, 4).weight,
        "tensor": lambda: torch.randn(3, 4, dtype=torch.float64),
        "Linear": lambda: torch.nn.Linear(4, 3),
    }[name]()
    weight = getattr(module, "weight", module)
    vectors = KeyedVectors.from_torch(module, KEYS)
    assert vectors.index_to_key == KEYS
    assert vectors.vectors.tolist() == weight.tolist()
    with torch.no_grad():
        weight[0, 0] = 5
    assert vectors["a"][0] == 5
    copied = KeyedVectors.from_torch(module, keys=KEYS, copy=True)
    with torch.no_grad():
        weight[0, 0] = 6
    assert copied["a"][0] == 5


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bfloat16"])
def test_dtypes(dtype: str) -> None:
    table = torch.arange(6, dtype=getattr(torch, dtype)).reshape(3, 2)
    vectors = KeyedVectors.from_torch(table, KEYS)
    assert vectors.vectors.dtype == ("float32" if dtype == "bfloat16" else dtype)
    assert vectors.vectors.ravel().tolist() == list(range(6))
    assert vectors.to_torch().weight.tolist() == table.tolist()


def test_tables_of_both_ways(tmp_path: Path) -> None:
    vectors = KeyedVectors.from_dict({"a": [1, 2], "b": [3, 4]})
    module = vectors.to_torch()
    assert isinstance(module, torch.nn.Embedding)
    assert (module.num_embeddings, module.embedding_dim) == (2, 2)
    assert module(torch.tensor([vectors.get_index("b")])).tolist() == [[3, 4]]
    assert not module.weight.requires_grad
    vectors.vectors[0, 0] = 9
    assert module.weight[0, 0].item() == 9
    trained = vectors.to_torch(freeze=False)
    assert trained.weight.requires_grad
    trained(torch.tensor([0])).sum().backward()
    torch.optim.SGD(trained.parameters(), lr=1.0).step()
    assert trained.weight[0].tolist() == [8, 1]
    assert vectors["a"].tolist() == [9, 2]
    vectors.save(tmp_path / "x")
    mapped = KeyedVectors.load(tmp_path / "x", mmap="r")
    assert mapped.to_torch().weight.tolist() == vectors.vectors.tolist()
    with pytest.raises(ValueError, match="there are no vectors, of which a table could be made"):
        KeyedVectors(2).to_torch()


@pytest.mark.parametrize(
    ("table", "keys", "kind", "message"),
    [
        ((3, 4), ["a"], ValueError, "1 keys for a table of 3 rows"),
        ((3, 4), ["a", "b", "a"], ValueError, "the key 'a' comes twice"),
        ((3, 4), ["a", "b", None], ValueError, r"keys\[2\] is missing"),
        ((3, 4), {"a": 0, "b": 1, "c": 2}, TypeError, "not a dict: give list"),
        ((3, 4), "abc", TypeError, "keys must be a list, one for each row, not 'abc'"),
        ((3,), ["a", "b", "c"], ValueError, r"a matrix of floats, not torch.float32 of shape \(3,\)"),
    ],
)
def test_keys_that_do_not_fit(table: tuple[int, ...], keys: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        KeyedVectors.from_torch(torch.zeros(table), keys)
    with pytest.raises(ValueError, match=r"a matrix of floats, not torch.int64"):
        KeyedVectors.from_torch(torch.zeros((1, 2), dtype=torch.int64), ["a"])


def test_vectors_of_a_dict_may_be_tensors() -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    assert KeyedVectors.from_dict({"a": parameter}).vectors.tolist() == [[1, 1]]
    with pytest.raises(TypeError, match="the vector of 'a' cannot become an array"):
        KeyedVectors.from_dict({"a": torch.ones(2, device="meta")})
