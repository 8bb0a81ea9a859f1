"""The safetensors format: a file of arrays by name and strings by name. All of fastemb's own files are in it.

A file is the length of its header (8 bytes, little-endian), the header as JSON, and the arrays' bytes one after the
other. Nothing in it is ever executed. Any safetensors reader can open it.
"""

from __future__ import annotations

import json
import math
import mmap as memory_map
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..memory import memory_for
from .atomic import StrPath, atomic_write
from .input_file import hint, open_file, require_file, size_of
from .json_text import parse_json
from .paths import AnyPath, any_path, any_target, is_url
from .unpack import TruncatedFileError

Array = NDArray[Any]

_ALIGNMENT = 64
_LONGEST_HEADER = 100_000_000
_MOST_VALUES = 2_000_000  # in a header; an array has nine or so
_NORESERVE = 0x4000 if sys.platform == "linux" else 0  # MAP_NORESERVE, which Python does not name
_BLOCK_BYTES = 8 << 20
_DTYPES = {
    "BOOL": "|b1",
    "U8": "|u1",
    "I8": "|i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}
_ITEM_BYTES = {name: np.dtype(code).itemsize for name, code in _DTYPES.items()} | {
    "BF16": 2,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "F8_E8M0": 1,
    "C64": 8,
}  # also of dtypes that NumPy has not, or that are not read here
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}


# ---- writing ----


def write_tensors(path: AnyPath | BinaryIO, tensors: Mapping[str, Array], metadata: Mapping[str, str]) -> None:
    """Write arrays by name and strings by name; the file is there whole or not at all.

    Args:
        path: File to write, or one that is open for writing bytes.
        tensors: Arrays of bool, (u)int8 to (u)int64 or float16 to float64, of any shape; they may be strided.
        metadata: Strings.

    Raises:
        TypeError: An array has another dtype, or a name or a string is not a str.
        ValueError: The strings are longer than a file holds.
    """
    arrays = sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize)  # so that each is aligned for its dtype
    header = tensor_header(arrays, metadata)
    target = any_target(path)
    with atomic_write(target) if isinstance(target, str) else nullcontext(target) as file:
        file.write(len(header).to_bytes(8, "little"))
        file.write(header)
        for _, array in arrays:
            _write_array(file, array)


def tensor_header(arrays: Sequence[tuple[str, Array]], metadata: Mapping[str, str], room: int = 0) -> bytes:
    """The header of a file in which these arrays follow in this order, without its length; of ``room`` bytes at least.

    Only the shapes and dtypes of the arrays count.
    """
    entries: dict[str, Any] = {"__metadata__": dict(metadata)}
    if not all(isinstance(text, str) for pair in metadata.items() for text in pair):
        raise TypeError("metadata must be strings")
    offset = 0
    for name, array in arrays:
        if not isinstance(name, str) or name == "__metadata__":
            raise TypeError(f"an array cannot be called {name!r}")
        dtype = _NAMES.get(array.dtype.newbyteorder("<"))
        if dtype is None:
            raise TypeError(f"cannot store the array {name!r} of dtype {array.dtype}")
        entries[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(entries, separators=(",", ":")).encode()
    if len(text) > _LONGEST_HEADER - _ALIGNMENT:
        largest = max(metadata, key=lambda name: len(metadata[name]), default="")
        raise ValueError(
            f"what is saved beside the arrays takes {len(text):,} bytes, of which a file holds {_LONGEST_HEADER:,}; "
            f"the largest part is {largest!r}"
        )
    text += b" " * (room - len(text))
    return text + b" " * (-(8 + len(text)) % _ALIGNMENT)


def _write_array(file: BinaryIO, array: Array) -> None:
    little = array.dtype.newbyteorder("<")
    if array.ndim == 0 or array.size == 0:
        file.write(array.astype(little).tobytes())
        return
    step = max(1, _BLOCK_BYTES * len(array) // array.nbytes)
    for start in range(0, len(array), step):
        block = np.ascontiguousarray(array[start : start + step], little)
        file.write(block.reshape(-1).view(np.uint8).data)


# ---- reading ----


def starts_like_tensors(start: bytes) -> bool:
    """Whether a file's first 9 bytes are those of a safetensors file: a plausible length and the start of JSON."""
    return start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= _LONGEST_HEADER


_ADVICE = "mmap='r' maps vectors instead, in KeyedVectors.load, and in Doc2Vec.load those of documents"


def read_tensors(path: AnyPath, mmap: str | None = None) -> tuple[dict[str, Array], dict[str, str]]:
    """Read the arrays and the metadata of a safetensors file.

    Args:
        path: File to read.
        mmap: Map the file and return views of it instead of reading it: "r" read-only; "r+" writes what is changed in
            the arrays to the file; "c" keeps changes in memory. The file must not change otherwise. What is written to
            memory of "r" by other libraries, which do not look at NumPy's flag, stays in memory, too.

    Returns:
        The arrays by name, and the strings by name.

    Raises:
        TruncatedFileError: The file ends early (a ValueError).
        ValueError: The file is no safetensors file or is damaged; the message says what is wrong. Or ``mmap`` is
            something else.
        MemoryError: there is too little for the arrays.
    """
    if mmap not in (None, "r", "r+", "c"):
        raise ValueError(f"mmap must be None, 'r', 'r+' or 'c', not {mmap!r}")
    path = any_path(path)
    require_file(path)
    if mmap is not None and is_url(path):
        raise ValueError(f"{path}: only files on this machine are mapped: download it first, or read it without mmap")
    with open(path, "r+b") if mmap == "r+" else open_file(path) as file:
        start, places, metadata = _checked_header(path, file)
        unknown = next((name for name, place in places.items() if place.code not in _DTYPES), None)
        if unknown is not None:
            code = places[unknown].code
            raise ValueError(f"{path}: damaged header: array {unknown!r} has the unknown dtype {code!r}")
        if mmap is not None:
            data = _map(file, writes=mmap == "r+")
            tensors = {name: _map_array(data, start + place.begin, place) for name, place in places.items()}
            if mmap == "r":
                tensors = {name: _read_only(array) for name, array in tensors.items()}
            elif mmap == "r+" and not all(array.flags.writeable for array in tensors.values()):
                raise ValueError(f"{path}: mmap='r+' needs arrays that are aligned in the file; save it anew")
        else:
            size = sum(place.end - place.begin for place in places.values())
            with memory_for(f"what is in {path}", size, _ADVICE):
                tensors = {name: _read_array(path, file, start + place.begin, place) for name, place in places.items()}
        return tensors, metadata


def read_header(path: AnyPath) -> tuple[dict[str, Place], dict[str, str]]:
    """Read where the arrays of a safetensors file are, by name, and its metadata.

    Raises:
        ValueError: As from `read_tensors`, but arrays may have a dtype that NumPy has not.
    """
    path = any_path(path)
    require_file(path)
    with open_file(path) as file:
        _, places, metadata = _checked_header(path, file)
    return places, metadata


def read_one(path: AnyPath, name: str) -> Array:
    """Read one array of a safetensors file; of bfloat16 as float32.

    Raises:
        KeyError: There is none of this name.
        ValueError: It has a dtype that NumPy has not; else as from `read_tensors`.
    """
    path = any_path(path)
    require_file(path)
    with open_file(path) as file:
        start, places, _ = _checked_header(path, file)
        place = places[name]
        if place.code == "BF16":
            halves = _read_array(path, file, start + place.begin, place.of("U16"))
            return (halves.astype(np.uint32) << 16).view(np.float32)
        if place.code not in _DTYPES:
            raise ValueError(f"{path}: the array {name!r} has the dtype {place.code!r}, which NumPy has not")
        return _read_array(path, file, start + place.begin, place)


class Place(NamedTuple):
    """Where an array is in a file, and what it is."""

    code: str
    """The format's name of the dtype."""

    shape: tuple[int, ...]
    begin: int
    """First byte after the header."""

    end: int
    """Byte to stop before."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's dtype, for one that it has."""
        return np.dtype(_DTYPES[self.code])

    def of(self, code: str) -> Place:
        """The same bytes as another dtype of the same size."""
        return self._replace(code=code)


def _checked_header(path: str, file: BinaryIO) -> tuple[int, dict[str, Place], dict[str, str]]:
    """Bytes before the arrays, where these are, and the metadata."""
    size = size_of(file)
    start, entries = _read_header(path, file, size)
    metadata = _checked_metadata(path, entries.pop("__metadata__", {}))
    return start, _checked_places(path, entries, size - start), metadata


def _read_header(path: StrPath, file: BinaryIO, size: int) -> tuple[int, dict[str, Any]]:
    start = file.read(9)
    if not starts_like_tensors(start):
        raise ValueError(f"{path}: not a safetensors file{hint(path)}")
    length = int.from_bytes(start[:8], "little")
    if 8 + length > size:
        raise TruncatedFileError(f"{path}: the file ends within its header")
    try:
        entries = parse_json(b"{" + file.read(length - 1), _without_repeats, _MOST_VALUES)
    except ValueError as error:
        raise ValueError(f"{path}: damaged header: {error}") from None
    return 8 + length, entries


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _checked_metadata(path: StrPath, metadata: Any) -> dict[str, str]:
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise ValueError(f"{path}: damaged header: the metadata are not strings")
    return metadata


def _checked_places(path: StrPath, entries: Mapping[str, Any], size: int) -> dict[str, Place]:
    """Where the arrays are: they must fill the ``size`` bytes after the header one after the other."""
    places = {name: _checked_place(path, name, entry) for name, entry in entries.items()}
    end = 0
    for name, place in sorted(places.items(), key=lambda item: (item[1].begin, item[1].end)):
        if place.begin != end:
            raise ValueError(f"{path}: damaged header: array {name!r} overlaps another or leaves a gap")
        end = place.end
    if end > size:
        raise TruncatedFileError(f"{path}: the file ends early: {size} bytes of arrays, expected {end}")
    if end < size:
        raise ValueError(f"{path}: {size - end} bytes too many after the arrays")
    return places


def _checked_place(path: StrPath, name: str, entry: Any) -> Place:
    where = f"{path}: damaged header: array {name!r}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{where} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise ValueError(f"{where} has the unknown dtype {str(dtype)[:40]!r}")
    if not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2:
        raise ValueError(f"{where} has a bad shape or bad offsets")
    if len(shape) > 32 or math.prod(shape) * _ITEM_BYTES[dtype] != offsets[1] - offsets[0]:
        raise ValueError(f"{where} of shape {str(shape)[:200]} does not fit its offsets {offsets}")
    return Place(dtype, tuple(shape), offsets[0], offsets[1])


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 62 for value in values)


def _read_array(path: StrPath, file: BinaryIO, start: int, place: Place) -> Array:
    array = np.empty(place.shape, place.dtype)
    file.seek(start)
    target = array.reshape(-1).view(np.uint8).data
    while len(target):
        got = file.readinto(target[:_BLOCK_BYTES])  # type: ignore[attr-defined]  # Ctrl-C waits for one block
        if not got:
            raise TruncatedFileError(f"{path}: the file ends early")
        target = target[got:]
    return _native_order(array)


def _map(file: BinaryIO, *, writes: bool) -> memory_map.mmap:
    """Map a file. Without ``writes``, what is written to the memory stays there, and a write never ends the process."""
    if writes:
        return memory_map.mmap(file.fileno(), 0, access=memory_map.ACCESS_WRITE)
    if hasattr(memory_map, "MAP_PRIVATE"):
        # without room reserved for copies of all pages, so that the file may be larger than memory
        flags = memory_map.MAP_PRIVATE | _NORESERVE
        with suppress(OSError):
            return memory_map.mmap(file.fileno(), 0, flags, memory_map.PROT_READ | memory_map.PROT_WRITE)
    return memory_map.mmap(file.fileno(), 0, access=memory_map.ACCESS_COPY)


def _map_array(data: memory_map.mmap, start: int, place: Place) -> Array:
    array = np.frombuffer(data, place.dtype, math.prod(place.shape), start if place.end > place.begin else 0)
    array = array.reshape(place.shape)
    return _native_order(array) if array.flags.aligned else _read_only(_native_order(array.copy()))


def _read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array


def _native_order(array: Array) -> Array:
    return array.astype(array.dtype.newbyteorder("="), copy=False)
