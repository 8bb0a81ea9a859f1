"""Keys as arrays, so that a safetensors file can hold them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import are_offsets, is_missing
from ..signals import slices
from .atomic import StrPath
from .json_text import parse_json
from .packed_keys import PackedKeys

Array = NDArray[Any]

_NOT_UTF8 = "a key is not valid UTF-8"


def pack_keys(keys: Sequence[Any]) -> tuple[dict[str, Array], str]:
    """Keys as arrays for `write_tensors`, and their type: "str", "int" or "mixed".

    Strings become ``keys`` (uint8, UTF-8 one after the other) and ``key_offsets`` (int64, n + 1); whole numbers
    become ``keys`` (int64). Where there are both, strings have an "s" before them, and numbers are strings of digits
    with an "i" before them.

    Raises:
        TypeError: A key is neither str nor int.
        OverflowError: A key does not fit in 64 bits.
    """
    are_text = sum(isinstance(key, str) for key in keys)
    if 0 < are_text < len(keys):
        return pack_keys([f"s{key}" if isinstance(key, str) else f"i{_whole(key)}" for key in keys])[0], "mixed"
    if are_text == len(keys):
        names = [key.encode("utf-8", "surrogatepass") for key in keys]
        offsets = np.zeros(len(names) + 1, np.int64)
        np.cumsum([len(name) for name in names], out=offsets[1:])
        return {"keys": np.frombuffer(b"".join(names), np.uint8), "key_offsets": offsets}, "str"
    return {"keys": np.array([_whole(key) for key in keys], np.int64)}, "int"


def unfit_key(keys: Iterable[Any], *, saved: bool = True) -> tuple[int, str] | None:
    """The place of the first key that names nothing, or that no file can hold, and what is wrong with it; or None.

    Args:
        keys: The keys.
        saved: Whether they must be str or int, as in a file; else anything hashable that is not missing.
    """
    return next(((place, why) for place, key in enumerate(keys) if (why := _why_unfit(key, saved)) is not None), None)


def _why_unfit(key: Any, saved: bool) -> str | None:
    kind = type(key)
    if isinstance(key, str) or (kind is int and -(2**63) <= key < 2**63):
        return None
    if is_missing(key):
        return f"is missing ({key!r}): put a word in its place"
    if isinstance(key, int | np.integer) and not isinstance(key, bool):
        fits = -(2**63) <= int(key) < 2**63
        return None if fits else f"is {key}: integers must fit in 64 bits with sign; make it a str"
    if saved:
        return f"is the {kind.__name__} {key!r}: keys must be str or int; make it one, as with str(key)"
    try:
        hash(key)
    except TypeError:
        return f"is {key!r}: a key must be hashable, such as a str"
    return None


def _whole(key: Any) -> int:
    if not isinstance(key, int | np.integer) or isinstance(key, bool):
        raise TypeError(f"keys must be str or int to be saved, but one is {key!r}")
    if not -(2**63) <= key < 2**63:
        raise OverflowError(f"integer keys must fit in 64 bits with sign to be saved; make {key} a str")
    return int(key)


def unpack_keys(
    path: StrPath, tensors: Mapping[str, Array], key_type: str | None
) -> list[str] | list[int] | list[str | int]:
    """Return the keys that `pack_keys` stored; ``path`` is for messages.

    Raises:
        ValueError: The arrays are missing or do not fit together.
    """
    if key_type == "json":  # of a model of items or nodes
        raise ValueError(f"{path}: the keys are of mixed kinds, which only the class reads that wrote the file")
    integers = _integers(tensors, key_type)
    if integers is not None:
        numbers: list[int] = integers.tolist()
        return numbers
    found, offsets = _text(path, tensors, key_type)
    data, ends = found.tobytes(), offsets.tolist()
    try:
        texts = [data[begin:end].decode("utf-8", "surrogatepass") for begin, end in pairwise(ends)]
    except UnicodeDecodeError:
        raise ValueError(f"{path}: {_NOT_UTF8}") from None
    return texts if key_type == "str" else [_unmixed(path, text) for text in texts]


def packed_keys(
    path: StrPath, tensors: Mapping[str, Array], key_type: str | None
) -> PackedKeys | list[int] | list[str | int] | list[str]:
    """As `unpack_keys`, but keys stay where they are, in the memory of these arrays, unless strings and integers mix.

    Strings are checked now. Whether a key comes twice is seen when one is looked up for the first time.

    Raises:
        ValueError: The arrays are missing or do not fit together, or a key is not valid UTF-8.
    """
    integers = _integers(tensors, key_type)
    if integers is not None:
        return PackedKeys(os.fspath(path), integers, None)
    if key_type != "str":
        return unpack_keys(path, tensors, key_type)
    data, offsets = _text(path, tensors, key_type)
    bytes_of_keys = data.data
    for part in slices(len(offsets) - 1):
        begin, end = int(offsets[part.start]), int(offsets[part.stop])
        try:
            text = str(bytes_of_keys[begin:end], "utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise ValueError(f"{path}: {_NOT_UTF8}") from None
        if not text.isascii():  # together they are characters, but one may begin within a character
            starts = offsets[part]
            if (data[starts[starts < end]] & 0xC0 == 0x80).any():
                raise ValueError(f"{path}: {_NOT_UTF8}")
    return PackedKeys(os.fspath(path), data, offsets)


def _integers(tensors: Mapping[str, Array], key_type: str | None) -> Array | None:
    """The keys where they are integers."""
    keys = tensors.get("keys")
    return keys if key_type == "int" and keys is not None and keys.dtype == np.int64 and keys.ndim == 1 else None


def _text(path: StrPath, tensors: Mapping[str, Array], key_type: str | None) -> tuple[Array, Array]:
    """The bytes of keys that are strings, and their offsets, which fit together."""
    keys, offsets = tensors.get("keys"), tensors.get("key_offsets")
    if (
        key_type not in ("str", "mixed")
        or keys is None
        or offsets is None
        or keys.dtype != np.uint8
        or keys.ndim != 1
        or offsets.dtype != np.int64
        or not are_offsets(offsets, len(keys))
    ):
        raise ValueError(f"{path}: the keys are missing or damaged")
    return keys, offsets


def _unmixed(path: StrPath, text: str) -> str | int:
    if text.startswith("s"):
        return text[1:]
    if re.fullmatch(r"i-?[0-9]{1,19}", text) is None or not -(2**63) <= int(text[1:]) < 2**63:
        raise ValueError(f"{path}: the keys are missing or damaged")
    return int(text[1:])


def pack_any_keys(keys: Sequence[Hashable], what: str, hint: str) -> tuple[dict[str, Array], str]:
    """As `pack_keys`, or as JSON where they are not all str or all int of 64 bits.

    Raises:
        TypeError: one is of a kind that JSON does not hold; ``what`` they are and a ``hint`` are for the message.
    """
    try:
        return pack_keys(keys)
    except (TypeError, OverflowError):
        return pack_keys([json.dumps(_jsonable(key, what, hint)) for key in keys])[0], "json"


def _jsonable(key: Hashable, what: str, hint: str) -> Any:
    if isinstance(key, tuple):
        return [_jsonable(part, what, hint) for part in key]
    if isinstance(key, np.generic):
        key = key.item()
    if key is None or isinstance(key, str | int | float):
        return key
    raise TypeError(f"{what}: a file holds str, numbers and tuples of them, not {key!r}{hint}")


def unpack_any_keys(path: Any, arrays: Mapping[str, Array], kind: str | None) -> Sequence[Hashable]:
    """The keys that `pack_any_keys` stored.

    Raises:
        ValueError: they are damaged.
    """
    if kind != "json":
        return unpack_keys(path, arrays, kind)
    return [_from_json(parse_json(str(text))) for text in unpack_keys(path, arrays, "str")]


def _from_json(value: Any) -> Hashable:
    if isinstance(value, dict):
        raise ValueError("a key is an object")
    return tuple(_from_json(part) for part in value) if isinstance(value, list) else value
