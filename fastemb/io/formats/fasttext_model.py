"""Models of fastText, ``.bin``: the vectors of their words, each the mean of its row and of those of its n-grams.

What is written is a model without n-grams, which fastText opens and which gives each word its vector.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ... import _native
from ...config import available_cpus, isa
from ...signals import slices
from ...threads import in_threads
from ..atomic import StrPath, atomic_write
from ..input_file import open_source
from ..pack import packed, split_packing
from .about import About, Values
from .fasttext_parts import (
    MAGIC,
    SUPERVISED,
    Arguments,
    Dictionary,
    ModelFile,
    matrix_bytes,
    matrix_start,
    parts,
)
from .fasttext_subwords import subword_rows
from .reading import DEFAULT, Buffers, Reading
from .rows import refuse_none
from .table import VectorTable
from .word2vec_file import AS_USUAL, key_bytes, table_of

ABOUT = About(
    name="fastText model",
    option="fasttext",
    options=frozenset(("encoding", "unicode_errors")),
    packed=True,
    values=Values.COUNT,
)

_WITHOUT_NGRAMS = 11  # version of supervised models that have none, whatever they say
_PART = 1 << 14  # words whose n-grams are numbered at once
_MOST_THREADS = 4  # more wait for memory
_MOST_COUNT = (1 << 63) - 1


def recognises(start: bytes) -> bool:
    """Whether the mark of fastText comes first."""
    return start.startswith(MAGIC)


# ---- reading ----


@dataclass(frozen=True)
class Whole:
    """All parts of a model that is not quantised."""

    arguments: Arguments
    """``maxn`` is 0 where n-grams are not used, whatever the file says."""

    dictionary: Dictionary
    inputs: NDArray[np.float32]
    """A row for each word, then one for each bucket of n-grams."""

    outputs: NDArray[np.float32] | None
    """A row for each word or label; None where they were not asked for."""


def read_whole(path: StrPath, buffers: Buffers = DEFAULT.buffers, *, outputs: bool = True) -> Whole:
    """Read all parts of a model, or leave out its output matrix.

    Raises:
        TruncatedFileError: The file ends early; it is both a ValueError and an EOFError.
        ValueError: The model is quantised or of another version, or anything else is wrong with the file.
    """
    name = os.fspath(path)
    with open_source(path) as (raw, size):
        file = ModelFile(name, raw, size, buffers)
        version = file.header()
        arguments = file.arguments()
        dictionary = file.dictionary()
        if dictionary.pruned is not None or file.flag("the input matrix is quantised"):
            raise ValueError(
                f"{name}: this model of fastText is quantised (.ftz), which is not read: take the .bin file that it "
                "was made from, or let fastText write vectors as text, with print-word-vectors"
            )
        if version == _WITHOUT_NGRAMS and arguments.model == SUPERVISED:
            arguments = replace(arguments, maxn=0)  # as fastText does
        rows, columns = file.shape("input")
        if columns != arguments.dim or rows != dictionary.words + arguments.bucket:
            raise file.damaged(
                f"an input matrix of shape ({rows:,}, {columns:,}), where {dictionary.words:,} words, "
                f"{arguments.bucket:,} rows for n-grams and {arguments.dim:,} dimensions are expected"
            )
        if arguments.maxn > 0 and arguments.bucket == 0:
            raise file.damaged("there are n-grams, but no rows for them")
        inputs, out = file.matrix("input", rows, columns), None
        file.flag("the output matrix is quantised")  # which holds for quantised models alone
        shape = file.shape("output")
        if outputs:
            out = file.matrix("output", *shape)
        else:
            file.skip("output", *shape)
        file.end()
    return Whole(arguments, dictionary, inputs, out)


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read the words, their vectors as ``fasttext print-word-vectors`` gives them, and their counts.

    Labels of supervised models are left out.

    Raises:
        TruncatedFileError: The file ends early; it is both a ValueError and an EOFError.
        UnicodeDecodeError: A word is no valid text.
        ValueError: The model is quantised or of another version, or anything else is wrong with the file.
    """
    whole = read_whole(path, reading.buffers, outputs=False)
    arguments, dictionary = whole.arguments, whole.dictionary
    words = dictionary.names[: dictionary.words]
    if any(b"\n" in word for word in words):
        raise ValueError(
            f"{os.fspath(path)}: a word has a line end in it: the file is damaged, or no model of fastText"
        )
    vectors = _means(words, whole.inputs, arguments.minn, arguments.maxn, arguments.bucket)
    counts = dictionary.counts[: dictionary.words]
    return table_of(path, [b"\n".join(words) + b"\n"], vectors, reading, counts)


def _means(words: list[bytes], inputs: NDArray[np.float32], minn: int, maxn: int, bucket: int) -> NDArray[np.float32]:
    """The vector of each word."""
    if maxn <= 0:
        return inputs[: len(words)]
    vectors = np.empty((len(words), inputs.shape[1]), np.float32)
    stopped, threads = threading.Event(), min(available_cpus(), _MOST_THREADS)
    spans = list(slices(len(words), _PART))

    def work(thread: int) -> None:
        for part in spans[thread::threads]:
            if stopped.is_set():
                return
            numbers, offsets = subword_rows(words[part], minn, maxn, bucket)
            count = len(offsets) - 1
            items = np.empty(len(numbers) + count, np.int64)
            own = offsets[:-1] + np.arange(count)  # a word's own row comes before its n-grams
            others = np.ones(len(items), bool)
            others[own] = False
            items[own] = np.arange(part.start, part.stop)
            items[others] = numbers + len(words)
            _native.mean_rows(isa(), inputs, items, offsets + np.arange(count + 1), None, vectors[part])

    in_threads(threads, work, stopped.set)
    return vectors


# ---- writing ----


def write(path: StrPath, table: VectorTable) -> None:
    """Write a model without n-grams, whose output matrix is zero; it is there whole or not at all.

    Words come in the order of falling counts, as fastText has them; counts of 0, or none, become 1.

    Raises:
        ValueError: A key is empty or has white space or a zero byte in it, which fastText does not read in a word; or
            there are no vectors.
    """
    name = os.fspath(path)
    refuse_none(name, "a model of fastText", table)
    order = AS_USUAL.order(table)
    keys, dims = list(table.keys), table.vectors.shape[1]
    names = [key_bytes(name, keys[row], what="models of fastText") for row in order.tolist()]
    for word in names:
        if b"\0" in word:
            raise ValueError(f"{name}: models of fastText cannot hold the zero byte in the key {word.decode()!r}")
    counts = np.ones(len(names), np.int64)
    if "count" in table.attributes:
        counts = np.clip(table.attributes["count"][order], 1, _MOST_COUNT).astype(np.int64)
    dictionary = Dictionary.of(names, len(names), counts, int(counts.sum()))
    write_whole(
        path,
        Arguments(dims),
        dictionary,
        (table.vectors[order[some]] for some in slices(len(names), _PART)),
        (np.zeros((some.stop - some.start, dims), np.float32) for some in slices(len(names), _PART)),
    )


def write_whole(
    path: StrPath,
    arguments: Arguments,
    dictionary: Dictionary,
    inputs: Iterable[NDArray[np.float32]],
    outputs: Iterable[NDArray[np.float32]],
) -> None:
    """Write a model, whole or not at all; its matrices come in pieces, and have as many rows as fastText expects."""
    with atomic_write(path) as raw, packed(raw, split_packing(os.fspath(path))[1]) as file:
        for part in parts(arguments, dictionary):
            file.write(part)
        for rows, pieces in ((dictionary.words + arguments.bucket, inputs), (dictionary.words, outputs)):
            file.write(matrix_start(rows, arguments.dim))
            for piece in pieces:
                file.write(matrix_bytes(piece))
