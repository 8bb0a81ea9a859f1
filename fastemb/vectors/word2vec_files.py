"""Vectors to and from files in the formats of word2vec's tools, with gensim's options."""

from __future__ import annotations

import logging
import os
from typing import BinaryIO, Protocol

import numpy as np

from ..arguments import names_arguments
from ..checks import warn
from ..io.formats import VectorTable, word2vec_binary, word2vec_text
from ..io.formats.reading import Reading
from ..io.formats.word2vec_counts import read_counts, write_counts
from ..io.formats.word2vec_file import Layout
from ..io.paths import AnyPath, any_path, any_target
from ..memory import memory_for
from ..signals import Deferred
from .editing import check_writeable
from .files import check_text, table_of
from .interface import KeyedVectorsLike
from .store import Array

logger = logging.getLogger(__name__)


@names_arguments()
def save_word2vec_format(
    self: KeyedVectorsLike,
    fname: AnyPath | BinaryIO,
    fvocab: AnyPath | None = None,
    binary: bool = False,
    total_vec: int | None = None,
    write_header: bool = True,
    prefix: str = "",
    append: bool = False,
    sort_attr: str = "count",
) -> None:
    """Write the keys and vectors in the format of word2vec's tools.

    Args:
        fname: File to write; it is there whole or not at all, unless ``append`` is set. A name that ends in .gz, .bz2,
            .xz or .zst makes a compressed file. Or a file that is open for writing bytes.
        fvocab: File for keys and counts, one a line. Default None: none is written.
        binary: Write float32 in binary; otherwise text that reads back as the same numbers.
        total_vec: Number of vectors to put in the header. Default None: as many as are written.
        write_header: Whether to write the first line.
        prefix: Put before every key.
        append: Add to the end of the file. When that fails half way, what was added stays.
        sort_attr: Attribute by whose falling values the rows are sorted, if it exists. Default "count".

    Raises:
        ValueError: A key is empty or has white space in it, or ``fvocab`` is given without the attribute; or something
            was assigned that does not fit the rest, as in `KeyedVectors.save`.
    """
    layout = Layout(sort_attr, total_vec, write_header, prefix, append)
    table = table_of(self, vars(self))
    check_text(table.keys)
    if fvocab is not None:
        if sort_attr not in table.attributes:
            raise ValueError(f"fvocab needs the attribute {sort_attr!r}")
        order = layout.order(table)
        keys = [table.keys[row] for row in order.tolist()]
        write_counts(any_path(fvocab), keys, table.attributes[sort_attr][order], prefix=prefix)
    (word2vec_binary if binary else word2vec_text).write(any_target(fname), table, layout)


def read_word2vec(
    path: AnyPath, reading: Reading, *, binary: bool, no_header: bool = False, counts: AnyPath | None = None
) -> VectorTable:
    """Read a file in one of the formats of word2vec's tools.

    Args:
        path: File to read.
        reading: How to read it.
        binary: Whether it is in binary.
        no_header: The file is text and has no first line of counts.
        counts: File of keys and counts. Default None: attribute "count" falls by 1 from row to row.

    Raises:
        NotImplementedError: ``no_header`` with a file in binary.
        ValueError: A file is damaged.
    """
    if binary and no_header:
        raise NotImplementedError("no_header works only with text: binary files need their header")
    path = any_path(path)
    counts = None if counts is None else any_path(counts)
    known = None if counts is None else read_counts(counts, reading.unicode_errors)
    size = 0 if reading.limit is not None or not os.path.isfile(path) else os.path.getsize(path)
    with memory_for(f"what is in {path}", size if binary else size / 3, "limit=1000000 reads the first rows alone"):
        table = word2vec_binary.read(path, reading) if binary else word2vec_text.read(path, reading, not no_header)
    if known is None:
        return table
    missing = [key for key in table.keys if key not in known]
    if missing:
        shown = ", ".join(map(repr, missing[:5])) + ", ..." * (len(missing) > 5)
        warn(f"{counts} lacks {len(missing):,} keys, which get the count 0: {shown}")
    return table._replace(attributes={"count": np.array([known.get(key, 0) for key in table.keys], np.int64)})


class _Trainable(KeyedVectorsLike, Protocol):
    vectors_lockf: Array


@names_arguments()
def intersect_word2vec_format(
    self: _Trainable,
    fname: AnyPath,
    lockf: float = 0.0,
    binary: bool = False,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
) -> None:
    """Take over the vectors of those keys that exist here from a file in the format of word2vec's tools.

    Args:
        fname: File to read.
        lockf: Factor on what further training may change in these vectors, put in ``vectors_lockf``; 0.0, the default,
            changes nothing.
        binary: Whether the file is in binary.
        encoding: Of the keys.
        unicode_errors: As in `load_word2vec_format`.

    Raises:
        ValueError: The file is damaged or its vectors have another size.
    """
    fname = any_path(fname)
    table = read_word2vec(fname, Reading(encoding, unicode_errors), binary=binary)
    if table.vectors.shape[1] != self.vector_size:
        raise ValueError(f"{fname}: vectors of {table.vectors.shape[1]} dimensions, expected {self.vector_size}")
    shared = [(row, self.key_to_index[key]) for row, key in enumerate(table.keys) if key in self.key_to_index]
    theirs, ours = np.array(shared, np.intp).reshape(-1, 2).T
    check_writeable(self.vectors)
    locks = np.ones(len(self), np.float32)
    locks[:] = vars(self).get("vectors_lockf", 1.0)
    locks[ours] = lockf
    taken = table.vectors[theirs]
    with Deferred():
        self.vectors[ours] = taken
        self.norms = None
        self.vectors_lockf = locks
    logger.info("took over %d vectors from %s", len(ours), fname)
