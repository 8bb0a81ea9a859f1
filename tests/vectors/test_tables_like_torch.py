"""`KeyedVectors.from_torch` on what behaves as a tensor does; tests/peers/torch has PyTorch's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors


class Tensor:
    """As much of a tensor as is read."""

    def __init__(self, array: Any, bfloat16: bool = False) -> None:
        self.array = np.asarray(array)
        self.bfloat16 = bfloat16

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def float(self) -> Tensor:
        return Tensor(self.array.astype(np.float32))

    def is_floating_point(self) -> bool:
        return self.array.dtype.kind == "f"

    def __len__(self) -> int:
        return len(self.array)

    def numpy(self) -> Any:
        if self.bfloat16:
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    @property
    def shape(self) -> Any:
        return self.array.shape


class Module:
    def __init__(self, weight: Tensor) -> None:
        self.weight = weight


ROWS = np.arange(6, dtype=np.float32).reshape(3, 2)


@pytest.mark.parametrize("bfloat16", [False, True])
def test_a_table_gets_keys(bfloat16: bool) -> None:
    for table in (Tensor(ROWS, bfloat16), Module(Tensor(ROWS, bfloat16))):
        found = KeyedVectors.from_torch(table, ["a", "b", "c"])
        assert found.index_to_key == ["a", "b", "c"]
        assert np.array_equal(found["b"], [2, 3])


@pytest.mark.parametrize(
    ("table", "keys", "kind", "message"),
    [
        (ROWS, list("abc"), TypeError, "takes a torch.nn.Embedding or another module with weight, or a tensor, not"),
        (Tensor(ROWS), "abc", TypeError, "keys must be a list, one for each row, not 'abc'"),
        (Tensor(ROWS), {"a", "b", "c"}, TypeError, "keys"),
        (Tensor(ROWS), ["a", None, "c"], ValueError, r"keys\[1\] is missing"),
        (Tensor(ROWS), ["a", "b"], ValueError, "2 keys for a table of 3 rows: give one for each row"),
        (Tensor(ROWS), ["a", "b", "a"], ValueError, "the key 'a' comes twice: rename one"),
        (Tensor(ROWS[0]), list("ab"), ValueError, r"the table must be a matrix of floats, not float32 of shape \(2,\)"),
        (Tensor(ROWS.astype(int)), list("abc"), ValueError, "the table must be a matrix of floats, not int64"),
    ],
)
def test_what_is_no_table_of_keys(table: Any, keys: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        KeyedVectors.from_torch(table, keys)
