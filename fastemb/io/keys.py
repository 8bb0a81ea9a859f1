"""Keys as arrays, so that a safetensors file can hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import are_offsets
from .atomic import StrPath

Array = NDArray[Any]


def pack_keys(keys: Sequence[Any]) -> tuple[dict[str, Array], str]:
    """Keys as arrays for `write_tensors`, and their type: "str" or "int".

    Strings become ``keys`` (uint8, UTF-8 one after the other) and ``key_offsets`` (int64, n + 1); whole numbers
    become ``keys`` (int64).

    Raises:
        TypeError: The keys are not all str or all int.
        OverflowError: A key does not fit in 64 bits.
    """
    if all(isinstance(key, str) for key in keys):
        names = [key.encode("utf-8", "surrogatepass") for key in keys]
        offsets = np.zeros(len(names) + 1, np.int64)
        np.cumsum([len(name) for name in names], out=offsets[1:])
        return {"keys": np.frombuffer(b"".join(names), np.uint8), "key_offsets": offsets}, "str"
    for key in keys:
        if not isinstance(key, int | np.integer) or isinstance(key, bool):
            raise TypeError(f"keys must be all str or all int to be saved, but one is {key!r}")
    return {"keys": np.array([int(key) for key in keys], np.int64)}, "int"


def unpack_keys(path: StrPath, tensors: Mapping[str, Array], key_type: str | None) -> list[str] | list[int]:
    """Return the keys that `pack_keys` stored; ``path`` is for messages.

    Raises:
        ValueError: The arrays are missing or do not fit together.
    """
    keys = tensors.get("keys")
    if key_type == "json":  # of an Item2Vec model
        raise ValueError(f"{path}: the keys are of mixed kinds, which only Item2Vec.load and ItemIndex.load read")
    if key_type == "int" and keys is not None and keys.dtype == np.int64 and keys.ndim == 1:
        numbers: list[int] = keys.tolist()
        return numbers
    offsets = tensors.get("key_offsets")
    if (
        key_type != "str"
        or keys is None
        or offsets is None
        or keys.dtype != np.uint8
        or keys.ndim != 1
        or offsets.dtype != np.int64
        or not are_offsets(offsets, len(keys))
    ):
        raise ValueError(f"{path}: the keys are missing or damaged")
    data, ends = keys.tobytes(), offsets.tolist()
    try:
        return [data[begin:end].decode("utf-8", "surrogatepass") for begin, end in pairwise(ends)]
    except UnicodeDecodeError:
        raise ValueError(f"{path}: a key is not valid UTF-8") from None
