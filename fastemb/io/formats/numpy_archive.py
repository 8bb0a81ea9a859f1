"""An archive of numpy.savez: arrays by name, of which ``keys`` and ``vectors`` are what they say."""

from __future__ import annotations

import errno
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np

from ..atomic import StrPath, atomic_write
from ..input_file import open_file
from ..unpack import TruncatedFileError
from . import npy
from .about import About, Values
from .npy import Array, Header
from .reading import DEFAULT, Reading
from .rows import key_rows
from .table import VectorTable
from .words import given_words

ABOUT = About(
    name="NumPy archive",
    option="npz",
    endings=(".npz",),
    options=frozenset(("key", "words")),
    dtypes=("float32", "float16", "float64"),
    integers=True,
    values=Values.NUMBERS,
)

_VECTORS, _KEYS = "vectors", "keys"
_MOST_RATIO = 1032  # of what deflate packs
_MOST_ARRAYS = 10_000
_ROOM = 64 << 20  # bytes of keys that are written whatever the longest of them is
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those that NumPy writes
_BROKEN = (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OverflowError, RuntimeError, struct.error)
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, zlib.error)


def recognises(start: bytes) -> bool:
    """Whether numpy.savez wrote it: a zip archive whose first file is an array."""
    name = start[30 : 30 + int.from_bytes(start[26:28], "little")]
    return start.startswith(b"PK\x03\x04") and name.endswith(b".npy") and b"/" not in name


# ---- reading ----


class _Member(NamedTuple):
    """An array of an archive."""

    info: zipfile.ZipInfo
    header: Header


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read vectors and keys, and all other arrays of one number for each key as values of each.

    Without ``reading.key`` the vectors are the array of that name, or the only matrix of floats. Without
    ``reading.words`` the keys are the array of that name, or the only one of text or whole numbers.

    Raises:
        ValueError: There are no such arrays, they do not fit together, a key comes twice, or the file is damaged.
    """
    name = os.fspath(path)
    with _opened(name) as archive:
        members = _members(name, archive)
        vectors_name = _chosen(name, members, reading.key, _VECTORS, _is_matrix, "a matrix of floats")
        found = members.pop(vectors_name)
        npy.refuse_no_matrix(f"{name}: array {vectors_name!r}", found.header)
        count = found.header.shape[0]
        if reading.words is not None:
            rows = given_words(name, reading, count, f" of {vectors_name!r}")
        else:
            keys_name = _chosen(name, members, None, _KEYS, _are_keys, "an array of text or whole numbers")
            member = members.pop(keys_name)
            if member.header.shape != (count,):
                raise ValueError(
                    f"{name}: keys {keys_name!r} of shape {list(member.header.shape)} for vectors of shape "
                    f"{list(found.header.shape)}"
                )
            keys = _array(name, archive, keys_name, member).tolist()
            rows = key_rows(name, keys, "row")
        vectors = _array(name, archive, vectors_name, found)
        further = {
            other: _array(name, archive, other, member)
            for other, member in members.items()
            if member.header.shape == (count,) and member.header.dtype.kind in "biuf"
        }
    return VectorTable(rows, vectors, further)


@contextmanager
def _opened(path: str) -> Iterator[zipfile.ZipFile]:
    with open_file(path) as file:
        with _named(f"{path}: the archive is damaged, or was cut off", _BROKEN):
            archive = zipfile.ZipFile(file)
        with archive:
            yield archive


@contextmanager
def _named(what: str, errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Errors of zipfile as a ValueError that begins with ``what``."""
    those: tuple[type[Exception], ...] = (*errors, OSError)
    try:
        yield
    except TruncatedFileError:  # ours, and has a name already
        raise
    except those as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # that is for places outside of the file
            raise
        raise ValueError(f"{what}: {str(error)[:200]}") from None


def _members(path: str, archive: zipfile.ZipFile) -> dict[str, _Member]:
    """The arrays by their names."""
    infos = archive.infolist()
    if len(infos) > _MOST_ARRAYS:
        raise ValueError(f"{path}: {len(infos):,} arrays, where vectors have some few")
    found: dict[str, _Member] = {}
    for info in infos:
        name = info.filename.removesuffix(".npy")
        where = f"{path}: array {name[:60]!r}"
        if info.compress_type not in _METHODS or info.flag_bits & 1:
            raise ValueError(f"{where}: packed in a way that NumPy does not write")
        if info.file_size > _MOST_RATIO * info.compress_size + 64:
            raise TruncatedFileError(
                f"{where}: {info.file_size:,} bytes are promised, and {info.compress_size:,} bytes cannot hold them"
            )
        if name in found:
            raise ValueError(f"{where}: two arrays have this name")
        with _member(where, archive, info) as file:
            found[name] = _Member(info, npy.read_header(where, file))
    return found


@contextmanager
def _member(where: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[BinaryIO]:
    """Open a file of an archive; errors name it."""
    what = f"{where}: the archive is damaged"
    with _named(what, _BROKEN):  # a name that is no UTF-8, too
        opened = archive.open(info)
    with opened as file, _named(what, _DAMAGED):
        yield cast(BinaryIO, file)


def _array(path: str, archive: zipfile.ZipFile, name: str, member: _Member) -> Array:
    where = f"{path}: array {name!r}"
    with _member(where, archive, member.info) as file:
        header = npy.read_header(where, file)
        return npy.read_array(where, file, header, member.info.file_size - file.tell())


def _chosen(path: str, members: dict[str, _Member], given: str | None, usual: str, fits: Any, what: str) -> str:
    """The name of an array: the one that is given, or the usual one, or the only one that fits."""
    shown = ", ".join(f"{name!r} ({member.header})" for name, member in list(members.items())[:20]) or "none"
    if given is not None or usual in members:
        name = usual if given is None else given
        if name not in members:
            raise ValueError(f"{path}: there is no array {given!r}; its arrays: {shown}")
        return name
    fitting = [name for name, member in members.items() if fits(member.header)]
    if len(fitting) != 1:
        option = "key= the name of the vectors" if usual == _VECTORS else "words= the keys of the rows"
        raise ValueError(
            f"{path}: {len(fitting) or 'no'} arrays are {what}, and none is called {usual!r}: give {option}; "
            f"its arrays: {shown}"
        )
    return fitting[0]


def _is_matrix(header: Header) -> bool:
    return len(header.shape) == 2 and header.dtype.kind == "f"


def _are_keys(header: Header) -> bool:
    return len(header.shape) == 1 and header.dtype.kind in "Uiu"


# ---- writing ----


def write(path: StrPath, table: VectorTable) -> None:
    """Write an archive, which is there whole or not at all: ``keys``, ``vectors``, and values of each key.

    Raises:
        TypeError: A key is neither text nor an integer.
        ValueError: A key ends with a null character, which NumPy takes for padding; there are keys of both kinds; one
            is so long that the array would have it many times over; or values are called as one of the arrays.
    """
    name = os.fspath(path)
    arrays = {_KEYS: _key_array(name, list(table.keys)), _VECTORS: table.vectors}
    for other, values in table.attributes.items():
        if other in arrays:
            raise ValueError(f"{name}: a NumPy archive cannot hold values called {other!r}: rename them")
        if values.dtype.kind in "biuf":
            arrays[other] = values
    with atomic_write(name) as file, zipfile.ZipFile(file, "w") as archive:
        for other, array in arrays.items():
            info = zipfile.ZipInfo(f"{other}.npy")
            info.external_attr = 0o600 << 16
            with archive.open(info, "w", force_zip64=True) as member:
                npy.write_array(cast(BinaryIO, member), array)


def _key_array(path: str, keys: list[Any]) -> Array:
    texts = sum(isinstance(key, str) for key in keys)
    for key in keys:
        if isinstance(key, bool) or not isinstance(key, str | int | np.integer):
            raise TypeError(f"keys must be str or int to be saved, but one is {key!r}")
    if texts == 0 and keys:
        if not all(-(2**63) <= key < 2**63 for key in keys):
            raise ValueError(f"{path}: a NumPy archive cannot hold integers of more than 64 bits as keys")
        return np.array(keys, np.int64)
    if texts < len(keys):
        raise ValueError(f"{path}: a NumPy archive cannot hold keys that are text and keys that are integers together")
    longest = max(keys, key=len, default="")
    if 4 * len(longest) * len(keys) > max(_ROOM, 16 * sum(map(len, keys))):
        raise ValueError(
            f"{path}: a NumPy archive cannot hold the key {longest[:40]!r}... of {len(longest):,} characters, as all "
            "keys would take as much room; fastemb's own format can"
        )
    ended = next((key for key in keys if key.endswith("\0")), None)
    if ended is not None:
        raise ValueError(
            f"{path}: a NumPy archive cannot hold the key {ended!r}, as null characters at its end are lost"
        )
    return np.array(keys, f"<U{max(1, len(longest))}")
