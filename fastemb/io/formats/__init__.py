"""Formats of vectors: a module each, told apart by content when they are read, and by a name when they are written.

A new format is a new module with what `Format` lists, and one more entry in `FORMATS`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from ...arguments import did_you_mean, nearest_name
from ...checks import warn
from ...memory import memory_for
from ...signals import slices
from ..atomic import StrPath
from ..input_file import hint, open_file, open_source, require_file
from ..kinds import first_line_of_text, tab_after_key
from ..pack import split_packing
from ..paths import AnyPath
from ..quantised import QuantisedRows
from . import (
    arrow_file,
    fastemb_file,
    fasttext_model,
    glove,
    json_lines,
    numpy_archive,
    numpy_array,
    parquet_file,
    projector,
    spacy_vectors,
    static_model,
    word2vec_binary,
    word2vec_text,
)
from .about import About, Lost, lost_by
from .reading import DEFAULT, Reading
from .table import VectorTable

__all__ = [
    "FORMATS",
    "Format",
    "Lost",
    "VectorTable",
    "format_named",
    "format_of",
    "lost_in",
    "read_vectors",
    "recognised",
    "write_vectors",
]

_START_BYTES = 1 << 20
_LOOKS_LIKE = "; it looks like "  # as `hint` says it, too
_FRACTION = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?(nan|inf)")


class Format(Protocol):
    """What the module of a format has.

    Attributes:
        ABOUT: Its names, the options of ``read``, and what it keeps of vectors.
        recognises: Whether a file that starts with these bytes, which are all of a short one, is in the format. One
            that has folders only says False.
        read: Reads a file or a folder; it raises a ValueError that names the file, the place and what is wrong, and
            looks at sizes before it makes room for them.
        write: Writes a file, which is there whole or not at all, or a folder.
    """

    ABOUT: About

    def recognises(self, start: bytes, /) -> bool: ...  # noqa: D102
    def read(self, path: str, reading: Reading, /) -> VectorTable: ...  # noqa: D102
    def write(self, path: StrPath, table: VectorTable, /) -> None: ...  # noqa: D102


FORMATS: tuple[Format, ...] = (
    fastemb_file,
    word2vec_binary,
    word2vec_text,
    fasttext_model,
    glove,
    numpy_array,
    numpy_archive,
    arrow_file,
    parquet_file,
    projector,
    json_lines,
    static_model,
    spacy_vectors,
)
"""All formats. The first one that recognises a file reads it; names without an ending belong to the first."""


# ---- names ----


def format_named(option: str) -> Format:
    """The format that ``format=``, ``--from`` and ``--to`` call so.

    Raises:
        ValueError: There is none.
    """
    for known in FORMATS:
        if known.ABOUT.option == option:
            return known
    names = [known.ABOUT.option for known in FORMATS]
    hint = did_you_mean(nearest_name(str(option), names)) or f"; there are {', '.join(names)}"
    raise ValueError(f"there is no format {option!r}{hint}")


def format_of(path: StrPath, option: str | None = None) -> Format:
    """The format in which a file or folder is written.

    Args:
        path: The file. Without ``option`` its ending says the format; without an ending it is fastemb's own.
        option: The name of the format.

    Raises:
        ValueError: The ending is that of no format, or of a compressed file that the format is not; or there is no
            format of the name.
        ImportError: The package for this kind of compression is not installed.
    """
    name = os.fspath(path)
    if option is None and name.endswith(("/", os.sep)):
        folders = " or ".join(known.ABOUT.option for known in FORMATS if known.ABOUT.holds)
        raise ValueError(f"{name}: the name of a folder does not say the format: give format={folders}")
    stem, packing = split_packing(name)
    ending = os.path.splitext(stem)[1].lower()
    if option is not None:
        found = format_named(option)
    else:
        fitting = [known for known in FORMATS if ending in known.ABOUT.endings]
        if not fitting and (ending or packing):
            known = ", ".join(
                f"{'/'.join(one.ABOUT.endings)} ({one.ABOUT.name})" for one in FORMATS if one.ABOUT.endings
            )
            raise ValueError(f"{name}: the name's ending says the format, and {ending or packing} is none of {known}")
        found = fitting[0] if fitting else FORMATS[0]
    if packing and not found.ABOUT.packed:
        raise ValueError(f"{name}: {found.ABOUT.name} files are not compressed: leave {packing} out of the name")
    return found


# ---- reading ----


def read_vectors(
    path: StrPath,
    *,
    format: str | None = None,
    key: str | None = None,
    words: AnyPath | Sequence[Any] | None = None,
    encoding: str | None = None,
    unicode_errors: str | None = None,
    mmap: str | None = None,
) -> VectorTable:
    """Read vectors from a file or a folder in any of the formats.

    Args:
        path: The file.
        format: Name of its format. Default None: its content tells.
        key: Name of an array in a file of another program, or of a column of vectors. Default None: the file is in one
            of the formats, and has one only.
        words: The keys of the rows of an array, or a text file with one a line; for a table the name of the column of
            keys.
        encoding: Of the keys in formats of text, or of a file of words. Default None: UTF-8.
        unicode_errors: What to do about keys in formats of text that are no valid text, as in ``bytes.decode``.
            Default None: raise an error.
        mmap: Maps the vectors from the file: "r" read-only, "c" with changes that stay in memory, "r+" with changes
            that reach the file. Default None: they are read.

    Raises:
        ValueError: The file is in none of the formats, is damaged, or is a pipe; or an option is given that does not
            belong to a file of this kind.
        MemoryError: There is too little for the vectors.
    """
    given: dict[str, Any] = {
        "key": key,
        "words": words,
        "encoding": encoding,
        "unicode_errors": unicode_errors,
        "mmap": mmap,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if mmap not in (None, "r", "r+", "c"):
        raise ValueError(f"mmap must be None, 'r', 'r+' or 'c', not {mmap!r}")
    path = os.fspath(path)
    found = recognised(path) if format is None else format_named(format)
    _refuse_options(path, found.ABOUT, given)
    estimated = _estimated(path, found, mmap)
    with (
        nullcontext() if format is None else _naming_other(path, found),
        memory_for(f"what is in {path}", estimated, "mmap='r' maps .safetensors and .npy instead"),
    ):
        table = found.read(path, replace(DEFAULT, **given))
    if found is glove and format is None and not split_packing(path)[0].lower().endswith(found.ABOUT.endings):
        _doubt(path, table)
    if mmap is None and found is not FORMATS[0]:
        _refuse_missing_numbers(path, table)
    return table


def _told_by_content(path: str) -> Format | None:
    """The format of a file or folder; None for other files, and for pickles, which no format reads."""
    try:
        found = recognised(path)
        is_pickle = os.path.isfile(path) and _start(path)[0].startswith(b"\x80")
    except (OSError, ValueError, ImportError):
        return None
    return None if is_pickle else found


@contextmanager
def _naming_other(path: str, named: Format) -> Iterator[None]:
    """Add to errors of a file that was said to be in a format that it is in another, where its content says so."""
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        if "format='" in str(error):
            raise
        found = _told_by_content(path)
        if found is None:
            other = hint(path, texts=False)
            if not other or _LOOKS_LIKE in str(error):
                raise
            raise ValueError(f"{error}{other}") from None
        if found is named or {found, named} == {word2vec_text, glove}:  # which a damaged line may turn into each other
            raise
        about = found.ABOUT
        said = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        wrong = re.split(f"{_LOOKS_LIKE}|: name its encoding", said)[0]
        raise ValueError(f"{wrong}{_LOOKS_LIKE}{about.name}: read it with format={about.option!r}") from None


def _estimated(path: str, found: Format, mmap: str | None) -> float:
    """Bytes that the vectors of a file take, at a guess: numbers of text take three times as many in the file."""
    if mmap is not None or not os.path.isfile(path):
        return 0
    return os.path.getsize(path) / (3 if "encoding" in found.ABOUT.options else 1)


def recognised(path: str) -> Format:
    """The format of a file or folder, by its content.

    Raises:
        ValueError: None recognises it; or it is a pipe.
        IsADirectoryError: None recognises this folder.
    """
    if os.path.isdir(path):
        for known in FORMATS:
            holds = known.ABOUT.holds
            if holds and all(os.path.isfile(os.path.join(path, name)) for name in holds):
                return known
        for known in FORMATS:
            if any(os.path.isfile(os.path.join(path, name)) for name in known.ABOUT.enough):
                return known
        folders = "; ".join(f"{' and '.join(one.ABOUT.holds)} ({one.ABOUT.name})" for one in FORMATS if one.ABOUT.holds)
        known_ones = f", or a folder with {folders}" if folders else ""
        raise IsADirectoryError(f"{path}: this is a folder: name a file in it{known_ones}")
    require_file(path)
    start, is_packed = _start(path)
    for known in FORMATS:
        about = known.ABOUT
        if known.recognises(start):
            if is_packed and not about.packed and not start.startswith(b"\x80"):  # but for pickles
                raise ValueError(f"{path}: {about.name} files are not read while they are packed: unpack it first")
            return known
    names = ", ".join(known.ABOUT.name for known in FORMATS)
    line = first_line_of_text(start)
    if line is None:
        wrong = ""
    elif (tabbed := tab_after_key(line)) is not None:
        wrong = f"; {tabbed}"
    else:
        wrong = (
            f"; line 1 is neither a header of two numbers nor a key and two numbers or more: {line[:60]!r} (vectors of "
            "one number without a header need format='glove')"
        )
    raise ValueError(f"{path}: no file of vectors in a format that can be read ({names}){hint(path) or wrong}")


def _start(path: str) -> tuple[bytes, bool]:
    """The first bytes of a file, unpacked, and whether it is packed."""
    with open_file(path) as raw:
        start = raw.read(_START_BYTES)
    if numpy_archive.recognises(start):  # which is a packed file, too
        return start, False
    with open_source(path) as (file, size):
        return file.read(_START_BYTES), size is None


def _refuse_options(path: str, about: About, given: dict[str, Any]) -> None:
    """Refuse what would have no effect."""
    for name in given:
        if name in about.options or (name == "encoding" and "words" in given):  # of the file of words
            continue
        if name == "mmap":
            what = (
                "mmap needs a file in fastemb's own format: load this one without mmap, write it with save(), and map "
                "that"
            )
        elif name in ("key", "words"):
            what = (
                f"this file is in {about.name} format, which has its keys in it: leave key= and words= out; they are "
                "for arrays of NumPy and safetensors files of other programs"
            )
        elif "words" in given:
            what = "unicode_errors= is for files in word2vec's formats: leave it out"
        else:
            what = f"this file is in {about.name} format, whose keys are UTF-8: leave encoding= and unicode_errors= out"
        raise ValueError(f"{path}: {what}")


def _doubt(path: str, table: VectorTable) -> None:
    """Refuse or warn of lines of numbers that may be no vectors, as nothing but their look says so.

    Raises:
        ValueError: All keys are numbers with a fraction.
    """
    keys, rows = table.keys, table.vectors
    if keys and all(map(_FRACTION.fullmatch, keys)):
        raise ValueError(
            f"{path}: line 1 begins with {next(iter(keys))!r}, and so do all with a number, as numpy.savetxt writes "
            "rows without keys: give keys and the array to KeyedVectors.add_vectors; if these are the keys, "
            "load_vectors reads the file with format='glove'"
        )
    if all((rows[part] == np.rint(rows[part])).all() for part in slices(len(rows))):
        warn(
            f"{path}: all numbers are whole: these may be counts or ids, not vectors; if they are vectors, give "
            "format='glove' to load_vectors"
        )


def _refuse_missing_numbers(path: str, table: VectorTable) -> None:
    """Refuse vectors with NaN or infinite values, which spoil every answer."""
    rows = table.vectors
    for part in slices(len(rows)):
        with np.errstate(all="ignore"):
            sums = rows[part] @ np.zeros(rows.shape[1], rows.dtype)  # NaN where a value is NaN or infinite
        if np.isnan(sums).any():
            row = part.start + int(np.isnan(sums).argmax())
            wrong = rows[row][~np.isfinite(rows[row])][0]
            raise ValueError(
                f"{path}: the vector of {list(table.keys)[row]!r}, number {row + 1}, has {wrong} in it: the training "
                "that made it went wrong, or the file is damaged; leave the vector out"
            )


# ---- writing ----


def write_vectors(path: StrPath, table: VectorTable, *, format: str | None = None, dtype: str | None = None) -> None:
    """Write vectors in the format that `format_of` tells.

    Args:
        path: The file or folder.
        table: What to write.
        format: Name of the format. Default None: the ending of the name says it.
        dtype: Of the vectors: "float16", "float32" or "float64". Default None: that which they have, as far as the
            format has it.

    Raises:
        ValueError: The format cannot hold a key, or not this dtype; or the name belongs to none.
        TypeError: The format cannot hold a key.
    """
    found = format_of(path, format)
    found.write(path, converted(path, found.ABOUT, table, dtype))


def converted(path: StrPath, about: About, table: VectorTable, dtype: str | None) -> VectorTable:
    """The table with its vectors in this dtype.

    Raises:
        ValueError: The format does not keep it, or a number is too large for it.
    """
    if dtype is None:
        unpacks = isinstance(table.vectors, QuantisedRows) and about is not fastemb_file.ABOUT
        return table._replace(vectors=np.asarray(table.vectors)) if unpacks else table
    if dtype in ("int8", "pq"):
        raise ValueError(f"{dtype} takes more than a change of dtype: save what KeyedVectors.quantize({dtype!r}) makes")
    if dtype not in ("float16", "float32", "float64"):
        raise ValueError(f"dtype must be 'float16', 'float32' or 'float64', not {dtype!r}")
    if dtype not in about.dtypes:
        those = ", ".join(known.ABOUT.option for known in FORMATS if dtype in known.ABOUT.dtypes)
        raise ValueError(f"{os.fspath(path)}: {about.name} cannot hold {dtype}; these formats can: {those}")
    with np.errstate(over="ignore"):
        vectors = table.vectors.astype(dtype)
    for part in slices(len(vectors)):
        too_large = ~np.isfinite(vectors[part]) & np.isfinite(table.vectors[part])
        if too_large.any():
            row = part.start + int(too_large.any(axis=1).argmax())
            key = list(table.keys)[row]
            raise ValueError(f"{os.fspath(path)}: {dtype} cannot hold the vector of {key!r}: its numbers are too large")
    return table._replace(vectors=vectors)


def lost_in(found: Format, table: VectorTable, dtype: str | None = None) -> Lost:
    """What a file in this format does not keep of a table, whose vectors are converted to ``dtype`` before."""
    return lost_by(found.ABOUT, table, dtype)
