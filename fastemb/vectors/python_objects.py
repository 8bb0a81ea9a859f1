"""Vectors of dicts and of PyTorch's modules taken over, and given to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import in_order
from ..io.formats import VectorTable
from ..io.keys import unfit_key
from ..signals import slices
from .interface import KeyedVectorsLike, check_lengths
from .store import Array, Key

_DTYPES = (np.float16, np.float32, np.float64)


# ---- dicts ----


def table_of_dict(vectors: Mapping[Key, Any]) -> VectorTable:
    """Keys and vectors of a dict, whose vectors are copied into one array.

    Raises:
        TypeError: This is no dict, or a vector is no vector of numbers.
        ValueError: It is empty, a key is missing, or a vector is not as long as the first one.
    """
    if not isinstance(vectors, Mapping):
        raise TypeError(f"KeyedVectors.from_dict takes a dict from key to vector, not {type(vectors).__name__}")
    keys = list(vectors)
    if not keys:
        raise ValueError("the dict is empty, so nobody knows how long vectors are: KeyedVectors(vector_size) is empty")
    unfit = unfit_key(keys, saved=False)
    if unfit is not None:
        raise ValueError(f"key {unfit[0] + 1} of the dict {unfit[1]}")
    given: list[Array] = []
    for part in slices(len(keys)):
        given += [_vector(key, vectors[key]) for key in keys[part]]
    size = len(given[0])
    made = np.empty((len(keys), size), np.result_type(*{vector.dtype for vector in given}))
    for part in slices(len(keys)):
        for row in range(part.start, part.stop):
            if len(given[row]) != size or size == 0:
                raise ValueError(
                    f"the vector of {keys[row]!r} has {len(given[row])} numbers, where that of {keys[0]!r} has {size}"
                )
            made[row] = given[row]
    return VectorTable({key: row for row, key in enumerate(keys)}, made)


def _vector(key: Key, value: Any) -> Array:
    """One vector; numbers that have no dtype of floats become float32."""
    try:
        found = np.asarray(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError) as error:  # of ragged lists, and of tensors elsewhere
        raise TypeError(f"the vector of {key!r} cannot become an array: {str(error)[:200]}") from None
    if found.ndim != 1 or found.dtype.kind not in "biuf":
        raise TypeError(f"the vector of {key!r} is no vector of numbers, but {found.dtype} of shape {found.shape}")
    return found if hasattr(value, "dtype") and found.dtype in _DTYPES else found.astype(np.float32)


def to_dict(self: KeyedVectorsLike) -> dict[Key, Array]:
    """A dict from each key to its vector, (vector_size,): a read-only view, nothing is copied."""
    check_lengths(self)
    vectors = self.vectors.view()
    vectors.flags.writeable = False
    found: dict[Key, Array] = {}
    for part in slices(len(vectors)):
        found |= zip(self.index_to_key[part], vectors[part], strict=True)
    found.pop(None, None)  # of rows that are reserved
    return found


# ---- PyTorch ----


def table_of_torch(embedding: Any, keys: Sequence[Key], copied: bool) -> VectorTable:
    """Keys, and the table of a module of PyTorch or a tensor, which is shared if it is on the CPU and not bfloat16.

    Raises:
        TypeError: This is neither, or the keys are a set or a dict.
        ValueError: The table is no matrix, or there are not as many keys as rows, or a key is missing or comes twice.
    """
    weight = getattr(embedding, "weight", embedding)
    if not all(hasattr(weight, name) for name in ("detach", "cpu", "numpy")):
        raise TypeError(
            "KeyedVectors.from_torch takes a torch.nn.Embedding or another module with weight, or a tensor, not "
            f"{type(embedding).__name__}"
        )
    in_order("keys", keys)
    if isinstance(keys, str | bytes):
        raise TypeError(f"keys must be a list, one for each row, not {keys!r}")
    names = list(keys)
    unfit = unfit_key(names, saved=False)
    if unfit is not None:
        raise ValueError(f"keys[{unfit[0]}] {unfit[1]}")
    tensor = weight.detach().cpu()
    if tensor.ndim != 2 or not tensor.is_floating_point():
        raise ValueError(f"the table must be a matrix of floats, not {tensor.dtype} of shape {tuple(tensor.shape)}")
    if len(names) != len(tensor):
        raise ValueError(f"{len(names)} keys for a table of {len(tensor)} rows: give one for each row")
    rows = {key: row for row, key in enumerate(names)}
    if len(rows) < len(names):
        twice = next(key for row, key in enumerate(names) if rows[key] != row)
        raise ValueError(f"the key {twice!r} comes twice: rename one")
    try:
        table: NDArray[Any] = tensor.numpy()
    except TypeError:  # of a dtype that NumPy does not have, such as bfloat16
        table = tensor.float().numpy()
    return VectorTable(rows, np.array(table) if copied else table)


@names_arguments()
def to_torch(self: KeyedVectorsLike, *, freeze: bool = True) -> Any:
    """A ``torch.nn.Embedding`` with these vectors, whose row i is that of ``index_to_key[i]``.

    Args:
        freeze: The module is not trained, and shares the memory of the vectors, unless they are read-only. False: it
            has a copy of them, which can be trained.

    Raises:
        ImportError: PyTorch is not installed.
        ValueError: There are no vectors.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError("to_torch: this takes PyTorch: pip install 'fastemb[torch]'") from None
    check_lengths(self)
    if len(self) == 0:
        raise ValueError("there are no vectors, of which a table could be made")
    vectors = self.vectors
    if not (freeze and vectors.flags.writeable and vectors.dtype.isnative and min(vectors.strides) >= 0):
        vectors = np.array(vectors)
    rows, size = vectors.shape
    made = torch.nn.Embedding(rows, size, _weight=torch.from_numpy(vectors))
    made.weight.requires_grad = not freeze
    return made
