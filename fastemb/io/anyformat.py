"""Vectors in whatever format: told from the content when reading, from the name's ending when writing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .atomic import StrPath
from .input_file import open_source, require_file
from .safetensors import starts_like_tensors

if TYPE_CHECKING:
    from ..vectors import KeyedVectors

_PEEK = 1 << 20


def load_vectors(path: StrPath) -> KeyedVectors:
    """Read vectors from fastemb's own file or from word2vec text or binary, whichever it is.

    Text may lack the header; gzip, bzip2, xz and zstd are unpacked on the way.

    Raises:
        ValueError: the file is damaged or in none of these formats, or a pipe.

    """
    from ..vectors import KeyedVectors

    require_file(path)
    with open_source(path) as (file, _):
        start = file.read(_PEEK)
    if starts_like_tensors(start) or start[:1] == b"\x80":
        return KeyedVectors.load(path)
    header, _, rest = start.partition(b"\n")
    fields = header.split()
    if len(fields) == 2 and all(field.isdigit() for field in fields):
        return KeyedVectors.load_word2vec_format(path, binary=not _is_row(rest, int(fields[1])))
    return KeyedVectors.load_word2vec_format(path, no_header=True)


def _is_row(text: bytes, dims: int) -> bool:
    """Whether text starts with a line of a key and ``dims`` numbers, or is empty."""
    line = text.partition(b"\n")[0]
    fields = line.partition(b" ")[2].split()
    try:
        numbers = [float(field) for field in fields]
    except ValueError:
        return False
    return not text or len(numbers) == dims


def save_vectors(vectors: KeyedVectors, path: StrPath) -> None:
    """Write vectors in the format that the name's ending says.

    ``.txt`` and ``.vec``: word2vec text; ``.bin``: word2vec binary; anything else: fastemb's own.

    Raises:
        ValueError: the format cannot hold a key.

    """
    ending = Path(path).suffix.lower()
    if ending in (".txt", ".vec", ".bin"):
        vectors.save_word2vec_format(path, binary=ending == ".bin")
    else:
        vectors.save(path)
