"""A folder that spaCy's ``Vectors.to_disk`` and ``Vocab.to_disk`` write and ``from_disk`` reads: no pickle in it.

``vectors`` is an array of NumPy, ``key2row`` has the row of each key in MessagePack, where keys are numbers of strings,
and ``strings.json`` has the strings, from which the numbers are computed.
"""

from __future__ import annotations

import json
import os
import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...checks import warn
from ...signals import slices
from ..atomic import StrPath, atomic_folder, atomic_write
from ..input_file import open_source
from ..paths import local_path
from ..unpack import TruncatedFileError
from . import npy
from .about import About
from .reading import DEFAULT, Reading
from .rows import refuse_none
from .spacy_strings import SYMBOLS, string_numbers
from .table import VectorTable
from .word_tokenizer import read_json

_VECTORS, _ROWS, _STRINGS, _CONFIG = "vectors", "key2row", "strings.json", "vectors.cfg"
_VOCAB = "vocab"  # the folder of a pipeline that holds these
_MOST_VALUES = 1 << 27  # of the small files
_MODE = "default"

ABOUT = About(
    name="spaCy",
    option="spacy",
    holds=(_VECTORS, _ROWS, _STRINGS),
    enough=(_ROWS, f"{_VOCAB}/{_ROWS}"),
)


class _Rows(NamedTuple):
    """What key2row holds."""

    keys: NDArray[np.uint64]
    rows: NDArray[np.int64]


def recognises(start: bytes) -> bool:
    """No single file is in this format."""
    return False


# ---- reading ----


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read a folder of vectors, of a vocabulary, or of a whole pipeline, which has one in ``vocab``.

    Keys come in the order of their rows; several may share a vector. Keys whose text is not in strings.json are left
    out with a warning.

    Raises:
        ValueError: A file is damaged, no key has a text, or the vectors are those of floret.
        FileNotFoundError: One is missing.
    """
    folder = local_path(path)
    if not os.path.isfile(os.path.join(folder, _ROWS)) and os.path.isfile(os.path.join(folder, _VOCAB, _ROWS)):
        folder = os.path.join(folder, _VOCAB)
    for name in (_VECTORS, _ROWS, _STRINGS):
        if not os.path.isfile(os.path.join(folder, name)):
            raise FileNotFoundError(f"{os.path.join(folder, name)}: there is no such file, which a folder of spaCy has")
    _refuse_floret(os.path.join(folder, _CONFIG))
    numbers, strings = os.path.join(folder, _ROWS), os.path.join(folder, _STRINGS)
    vectors = _array(os.path.join(folder, _VECTORS))
    found = _read_rows(numbers)
    if len(found.rows) and not (found.rows.min() >= 0 and found.rows.max() < len(vectors)):
        raise ValueError(f"{numbers}: it names rows that there are not: the {len(vectors):,} vectors are in {_VECTORS}")
    texts = _texts(strings)
    order = np.argsort(found.rows, kind="stable")
    keys: dict[str, int] = {}
    rows: list[int] = []
    lost: list[int] = []
    for number, row in zip(found.keys[order].tolist(), found.rows[order].tolist(), strict=True):
        text = texts.get(number)
        if text is None:
            lost.append(number)
        elif text not in keys:
            keys[text] = len(keys)
            rows.append(row)
    if lost:
        what = f"{len(lost):,} of {len(lost) + len(keys):,} keys have no text in {strings}, such as {lost[0]}"
        if not keys:
            raise ValueError(
                f"{numbers}: {what}: save the vectors together with their vocabulary, by nlp.vocab.to_disk"
            )
        warn(f"{what}: they are left out")
    taken = np.array(rows, np.int64)
    if not np.array_equal(taken, np.arange(len(vectors))):
        vectors = vectors[taken]
    return VectorTable(keys, vectors)


def _refuse_floret(path: str) -> None:
    if not os.path.isfile(path):
        return
    config = read_json(path, _MOST_VALUES)
    mode = config.get("mode", _MODE) if isinstance(config, dict) else None
    if mode != _MODE:
        raise ValueError(
            f"{path}: the mode of these vectors is {str(mode)[:60]!r}: only {_MODE!r} has a vector for each key"
        )


def _array(path: str) -> NDArray[np.floating[Any]]:
    with open_source(path) as (file, size):
        header = npy.read_header(path, file)
        npy.refuse_no_matrix(path, header)
        return npy.read_array(path, file, header, None if size is None else size - file.tell())


def _texts(path: str) -> dict[int, str]:
    """The text of each number."""
    strings = read_json(path, _MOST_VALUES)
    if not isinstance(strings, list) or not all(isinstance(one, str) for one in strings):
        raise ValueError(f"{path}: no list of strings")
    try:
        numbers = string_numbers(strings)
    except UnicodeEncodeError:
        raise ValueError(f"{path}: a string has half a character in it: the file is damaged") from None
    return {number: name for name, number in SYMBOLS.items()} | dict(zip(numbers.tolist(), strings, strict=True))


def _read_rows(path: str) -> _Rows:
    """The map from number to row."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        count, at = _map_start(path, data)
        if 2 * count > len(data) - at:
            raise TruncatedFileError(f"{path}: {count:,} keys do not fit in {len(data):,} bytes: the file ends early")
        flat = np.empty(2 * count, np.uint64)
        for part in slices(2 * count):
            for number in range(part.start, part.stop):
                code = data[at]
                if code < 0x80:  # the number itself
                    flat[number] = code
                    at += 1
                elif 0xCC <= code <= 0xCF:  # 1, 2, 4 or 8 bytes follow
                    end = at + 1 + (1 << (code - 0xCC))
                    if end > len(data):
                        raise IndexError
                    flat[number] = int.from_bytes(data[at + 1 : end])
                    at = end
                else:
                    raise ValueError(f"{path}: byte {at:,} begins no positive number: no map from key to row")
    except (IndexError, struct.error):
        raise TruncatedFileError(f"{path}: the file ends after {len(data):,} bytes, within the map of keys") from None
    if at != len(data):
        raise ValueError(f"{path}: {len(data) - at:,} bytes too many after {count:,} keys")
    keys, rows = flat[::2], flat[1::2]
    if len(np.unique(keys)) != count:
        raise ValueError(f"{path}: a key comes twice: the file is damaged")
    return _Rows(keys, np.minimum(rows, 1 << 62).astype(np.int64))


def _map_start(path: str, data: bytes) -> tuple[int, int]:
    """How many pairs there are, and where the first begins."""
    match data[0]:
        case code if 0x80 <= code < 0x90:
            return code & 0x0F, 1
        case 0xDE:
            return struct.unpack_from(">H", data, 1)[0], 3
        case 0xDF:
            return struct.unpack_from(">I", data, 1)[0], 5
    raise ValueError(f"{path}: no map from key to row in MessagePack: it begins with {data[:8]!r}")


# ---- writing ----


def write(path: StrPath, table: VectorTable) -> None:
    """Write a folder, which is there whole or not at all; vectors are float32. One with the same files is replaced.

    Raises:
        ValueError: A key is empty or has half a character in it, two have the same number, or there are none; or
            ``path`` is a URL.
        FileExistsError: There is a file of this name, or a folder with other files in it.
    """
    name = local_path(path)
    refuse_none(name, "a folder for spaCy", table)
    keys = _key_texts(name, table)
    numbers = string_numbers(keys)
    if len(np.unique(numbers)) < len(keys):
        raise ValueError(f"{name}: two keys have the same number in spaCy, which then has one vector for both")
    pairs = np.empty(len(keys), np.dtype([("key code", "u1"), ("key", ">u8"), ("row code", "u1"), ("row", ">u4")]))
    pairs["key code"], pairs["key"] = 0xCF, numbers
    pairs["row code"], pairs["row"] = 0xCE, np.arange(len(keys))
    with atomic_folder(name, (_VECTORS, _ROWS, _STRINGS, _CONFIG)) as folder:
        with atomic_write(os.path.join(folder, _VECTORS)) as file:
            npy.write_array(file, table.vectors.astype("<f4", copy=False))
        _write(folder, _ROWS, struct.pack(">BI", 0xDF, len(keys)) + pairs.tobytes())
        _write(folder, _STRINGS, json.dumps(keys, ensure_ascii=False, indent=0).encode())
        _write(folder, _CONFIG, json.dumps({"mode": _MODE}).encode())


def _key_texts(path: str, table: VectorTable) -> list[str]:
    texts = []
    for key in table.keys:
        text = str(key)
        if key is None or not text:
            raise ValueError(f"{path}: {'a row has no key' if key is None else 'spaCy cannot hold an empty key'}")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{path}: spaCy cannot hold the key {text!r}, which has half a character in it") from None
        texts.append(text)
    return texts


def _write(folder: str, name: str, content: bytes) -> None:
    with atomic_write(os.path.join(folder, name)) as file:
        file.write(content)
