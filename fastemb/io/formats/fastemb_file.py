"""fastemb's own files of vectors: safetensors, with keys, values of each key, and attributes set by users.

Models are written to files of this layout too, with their further matrices and settings beside it, so that the vectors
of a model can be read without knowing the model.
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..atomic import StrPath
from ..keys import pack_keys, packed_keys, unpack_keys
from ..kinds import reader_of
from ..packed_keys import PackedKeys
from ..quantised import QuantisedRows, as_array, read_rows
from ..safetensors import read_header, read_tensors, starts_like_tensors, write_tensors
from ..user_attributes import pack_attributes, unpack_attributes
from . import foreign
from .about import About, Values
from .reading import DEFAULT, Reading
from .table import VectorTable

Array = NDArray[Any]
Packed = tuple[dict[str, Array], dict[str, str]]  # arrays and strings of a safetensors file

ABOUT = About(
    name="fastemb's own",
    option="fastemb",
    endings=(".safetensors",),
    options=frozenset(("key", "words", "mmap")),
    dtypes=("float32", "float16", "float64"),
    integers=True,
    values=Values.ALL,
    own=True,
)
KIND = "fastemb.KeyedVectors"
_MODELS = ("Word2Vec", "FastText", "Doc2Vec", "Item2Vec", "Node2Vec", "DeepWalk")
KINDS = (KIND, *(f"fastemb.{name}" for name in _MODELS))
"""The string "format" in the files that hold vectors in this layout."""

_VERSION = "1"
_QUANTISED_VERSION = "2"  # so that who cannot read quantised vectors says so
_ATTRIBUTE = "attribute."
_OWN = "own."
_PRECISION = "precision"  # a string of files of quantised vectors


def recognises(start: bytes) -> bool:
    """Whether it is a safetensors file; or a pickle, so that the error from reading says what to do about it."""
    return starts_like_tensors(start) or start[:1] == b"\x80"


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read the vectors of a file of one of `KINDS`, or an array of another program's file.

    Args:
        path: File to read.
        reading: Its ``mmap`` maps the file instead of reading it, see `fastemb.io.safetensors.read_tensors`; ``key``
            and ``words`` name an array and its keys.

    Raises:
        ValueError: The file is damaged or of another kind.
    """
    if reading.key is not None or reading.words is not None:
        return foreign.read(os.fspath(path), reading)
    metadata = read_header(path)[1]
    kind = metadata.get("format")
    if kind not in KINDS:
        raise ValueError(f"{path}: no file of vectors{reader_of(metadata) or foreign.choice(path)}")
    if metadata.get("version") not in (_VERSION, _QUANTISED_VERSION):
        raise ValueError(f"{path}: written by a newer fastemb (vectors of format {metadata.get('version')})")
    return unpack(path, *read_tensors(path, reading.mmap), stay=reading.mmap is not None)


def write(path: StrPath | BinaryIO, table: VectorTable) -> None:
    """Write vectors to a file, or to one that is open for writing bytes.

    Raises:
        TypeError: A key is neither str nor int.
    """
    tensors, metadata = pack(table)
    version = _QUANTISED_VERSION if _PRECISION in metadata else _VERSION
    write_tensors(path, tensors, {"format": KIND, "version": version, **metadata})


def pack(table: VectorTable) -> Packed:
    """Return the arrays and strings of a safetensors file that hold the vectors.

    Raises:
        TypeError: A key is neither str nor int.
    """
    keys, key_type = pack_keys(list(table.keys))
    lists = {name: values.tolist() for name, values in table.attributes.items() if values.dtype == object}
    numeric = {_ATTRIBUTE + name: values for name, values in table.attributes.items() if name not in lists}
    own, arrays = pack_attributes(table.own, _OWN)
    listed, _ = pack_attributes(lists, _ATTRIBUTE)
    rows: dict[str, Array] = {"vectors": table.vectors}
    precision: dict[str, str] = {}
    if isinstance(table.vectors, QuantisedRows):
        rows, precision = table.vectors.tensors(), {_PRECISION: table.vectors.precision}
    tensors = {**rows, **keys, **numeric, **arrays}
    return tensors, {"key_type": key_type, "own": own, "attributes": listed, **precision}


def unpack(path: StrPath, tensors: dict[str, Array], metadata: dict[str, str], *, stay: bool = False) -> VectorTable:
    """Return what `pack` was given; ``path`` is for messages.

    Args:
        path: The file.
        tensors: Its arrays.
        metadata: Its strings.
        stay: Leave keys that are strings in the memory of these arrays, as `packed_keys` does. Default False.

    Raises:
        ValueError: Something is missing or does not fit.
    """
    keys = (packed_keys if stay else unpack_keys)(path, tensors, metadata.get("key_type"))
    vectors = tensors.get("vectors")
    if _PRECISION in metadata:
        try:
            vectors = as_array(read_rows(metadata[_PRECISION], tensors))
        except ValueError as error:
            raise ValueError(f"{path}: {error}: the file is damaged, or written by a newer fastemb") from None
    if vectors is None or vectors.ndim != 2 or len(vectors) != len(keys) or vectors.dtype.kind != "f":
        raise ValueError(f"{path}: the vectors are missing or do not fit the {len(keys)} keys")
    rows = keys if isinstance(keys, PackedKeys) else {key: row for row, key in enumerate(keys)}
    if len(rows) != len(keys):
        raise ValueError(f"{path}: a key occurs twice")
    attributes = unpack_attributes(path, metadata.get("attributes"), tensors, _ATTRIBUTE)
    of_each_key = {name: _values(path, name, values, len(keys)) for name, values in attributes.items()}
    return VectorTable(rows, vectors, of_each_key, unpack_attributes(path, metadata.get("own"), tensors, _OWN))


def _values(path: StrPath, name: str, values: Any, count: int) -> Array:
    """One value for each of ``count`` keys; lists become arrays of objects."""
    array = values if isinstance(values, np.ndarray) else _as_objects(values)
    if array.shape != (count,):
        raise ValueError(f"{path}: the attribute {name!r} does not fit the {count} keys")
    return array


def _as_objects(values: Any) -> Array:
    entries = values if isinstance(values, list) else []
    array = np.empty(len(entries), dtype=object)
    for row, entry in enumerate(entries):
        array[row] = entry
    return array
