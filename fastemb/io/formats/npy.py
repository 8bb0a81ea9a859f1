"""Arrays as numpy.save writes them: read without trust in their headers, and written without a copy."""

from __future__ import annotations

import math
import os
import sys
from tokenize import TokenError
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from ..input_file import read_into
from ..unpack import TruncatedFileError
from .rows import MOST_DIMENSIONS

Array = NDArray[Any]

_BLOCK_BYTES = 8 << 20
_FIRST_BYTES = 64 << 20  # of an array whose file is compressed, so that nobody knows whether all of it follows
_LONGEST_HEADER = 10_000
_READERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}
_BROKEN = (
    ValueError,
    LookupError,
    EOFError,
    OverflowError,
    TypeError,
    SyntaxError,
    TokenError,  # of a header of Python 2, which NumPy cuts into tokens
    RecursionError,
    MemoryError,
)


class Header(NamedTuple):
    """What stands before the numbers."""

    shape: tuple[int, ...]
    fortran: bool
    """Whether the first index runs fastest."""

    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.shape)}"


def read_header(where: str, file: BinaryIO) -> Header:
    """Read what stands before the numbers of an array.

    Args:
        where: The file, for messages.
        file: The file, at the start of the array.

    Raises:
        ValueError: This is no array, or one of Python's objects.
    """
    try:
        version = npy_format.read_magic(file)
        if version == (3, 0):
            raise ValueError("names of fields that are not ASCII")
        header = Header(*_READERS[version](file, max_header_size=_LONGEST_HEADER))
    except _BROKEN as error:
        raise ValueError(f"{where}: the file is damaged, or holds no numbers: {str(error)[:200]}") from None
    if header.dtype.hasobject:
        raise ValueError(f"{where}: the file is damaged, or holds no numbers: an array of objects is a pickle")
    if header.dtype.itemsize == 0:
        raise ValueError(f"{where}: the file is damaged, or holds no numbers: {header}")
    if not all(0 <= length < 1 << 62 for length in header.shape) or header.size >= 1 << 62:
        raise ValueError(f"{where}: the header promises more than any file has bytes for: {header}")
    return header


def read_array(where: str, file: BinaryIO, header: Header, size: int | None) -> Array:
    """Read the numbers of an array of one or two dimensions, in this machine's order of bytes and C's of indices.

    Args:
        where: The file, for messages.
        file: The file, after the header.
        header: What was read before.
        size: How many bytes follow. None: nobody knows, and room is made as they come.

    Raises:
        TruncatedFileError: Fewer follow than the header promises.
        ValueError: More follow.
    """
    if size is not None and size < header.size:
        raise TruncatedFileError(f"{where}: the file ends early: {header} needs {header.size:,} bytes, {size:,} follow")
    if size is not None and size > header.size:
        raise ValueError(f"{where}: {size - header.size:,} bytes too many after the array")
    native = header.dtype.newbyteorder("=")
    if header.fortran and len(header.shape) == 2:
        return _read_columns(where, file, header).astype(native, copy=False)
    count = math.prod(header.shape)
    item = header.dtype.itemsize
    made = np.empty(count if size is not None else min(count, _FIRST_BYTES // item + 1), header.dtype)
    done = 0
    while done < count:
        if done == len(made):
            made.resize(min(count, 2 * len(made)), refcheck=False)
        stop = min(len(made), done + _BLOCK_BYTES // item + 1)
        _fill(where, file, made[done:stop])
        done = stop
    if size is None and file.read(1):
        raise ValueError(f"{where}: more follows after the array")
    return made.reshape(header.shape).astype(native, copy=False)


def _read_columns(where: str, file: BinaryIO, header: Header) -> Array:
    """Read a matrix that has one column after the other."""
    rows, columns = header.shape
    made: Array | None = None
    column = np.empty(rows, header.dtype)
    for at in range(columns):
        _fill(where, file, column)
        if made is None:
            made = np.empty(header.shape, header.dtype)
        made[:, at] = column
    return np.empty(header.shape, header.dtype) if made is None else made


def _fill(where: str, file: BinaryIO, part: Array) -> None:
    target = part.view(np.uint8).data
    if read_into(file, target) < len(target):
        raise TruncatedFileError(f"{where}: the file ends early, within the array")


def refuse_no_matrix(where: str, header: Header) -> None:
    """Refuse what are no vectors.

    Raises:
        ValueError: It is no matrix of float16, float32 or float64.
    """
    if len(header.shape) != 2 or header.dtype.kind != "f" or header.dtype.itemsize > 8:
        raise ValueError(f"{where}: vectors are a matrix of float16, float32 or float64; this is {header}")
    if not 0 < header.shape[1] <= MOST_DIMENSIONS:
        raise ValueError(f"{where}: {header.shape[1]:,} dimensions, where 1 to {MOST_DIMENSIONS:,} can be read")


def write_array(file: BinaryIO, array: Array) -> None:
    """Write an array as numpy.save does, a piece at a time; rows may lie further apart than they are long."""
    little = array.dtype.newbyteorder("<") if sys.byteorder == "big" else array.dtype
    about = {"descr": npy_format.dtype_to_descr(little), "fortran_order": False, "shape": array.shape}
    npy_format.write_array_header_1_0(file, about)
    if array.size == 0:
        return
    step = max(1, _BLOCK_BYTES * len(array) // array.nbytes)
    for start in range(0, len(array), step):
        file.write(np.ascontiguousarray(array[start : start + step], little).reshape(-1).view(np.uint8).data)


def map_array(path: str, header: Header, begin: int, mode: str) -> Array:
    """Map an array of a file instead of reading it.

    Args:
        path: The file.
        header: What was read before the numbers.
        begin: Bytes before the numbers.
        mode: "r", "r+" or "c", as of numpy.memmap.

    Raises:
        TruncatedFileError: The file ends early.
    """
    left = os.path.getsize(path) - begin
    if left < header.size:
        raise TruncatedFileError(f"{path}: the file ends early: {header} needs {header.size:,} bytes, {left:,} follow")
    if header.size == 0:
        return np.empty(header.shape, header.dtype)
    order = "F" if header.fortran else "C"
    mapped = np.memmap(path, header.dtype, mode, begin, header.shape, order)  # type: ignore[call-overload]
    return mapped.view(np.ndarray)  # type: ignore[no-any-return]
