"""Models of fastText, ``.bin``: the vectors of their words, each the mean of its row and of those of its n-grams.

What is written is a model without n-grams, which fastText opens and which gives each word its vector.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
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
from .fasttext_matrix import Matrix, QuantisedMatrix
from .fasttext_parts import (
    MAGIC,
    OLDEST,
    SUPERVISED,
    Arguments,
    Dictionary,
    ModelFile,
    matrix_bytes,
    matrix_start,
    parts,
    quantised_parts,
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


@dataclass(frozen=True, eq=False)
class Whole:
    """All parts of a model."""

    arguments: Arguments
    """``maxn`` is 0 where n-grams are not used, whatever the file says."""

    dictionary: Dictionary
    inputs: Matrix
    """A row for each word, then one for each bucket of n-grams, or each n-gram that is kept."""

    outputs: Matrix | None
    """A row for each word or label; None where they were not asked for."""

    @property
    def is_quantised(self) -> bool:
        """Whether the rows of words are codes."""
        return isinstance(self.inputs, QuantisedMatrix)


def read_whole(path: StrPath, buffers: Buffers = DEFAULT.buffers, *, outputs: bool = True, mmap: bool = False) -> Whole:
    """Read all parts of a model, or leave out its output matrix.

    Args:
        path: A ``.bin`` or ``.ftz`` file.
        buffers: How much is read at once.
        outputs: Whether the output matrix is read.
        mmap: Map the input matrix, if it is not quantised, in place of reading it; it is read-only then.

    Raises:
        TruncatedFileError: The file ends early; it is both a ValueError and an EOFError.
        ValueError: The model is of another version, or anything else is wrong with the file; or it is compressed, and
            ``mmap`` is set.
    """
    name = os.fspath(path)
    with open_source(path) as (raw, size):
        file = ModelFile(name, raw, size, buffers)
        version = file.header()
        arguments = file.arguments()
        dictionary = file.dictionary(version)
        if version in (_WITHOUT_NGRAMS, OLDEST) and arguments.model == SUPERVISED:
            arguments = replace(arguments, maxn=0)  # as fastText does
        if version != OLDEST and file.flag("the input matrix is quantised"):
            inputs: Matrix = file.quantised("input")
        elif dictionary.pruned is not None:
            raise file.damaged("n-grams are left out, but the input matrix is not quantised")
        else:
            shape = file.shape("input")
            _require_shape(file, arguments, dictionary, shape)
            inputs = file.mapped("input", *shape) if mmap else file.matrix("input", *shape)
        _require_shape(file, arguments, dictionary, inputs.shape)
        out: Matrix | None = None
        is_quantised = version != OLDEST and file.flag("the output matrix is quantised")
        if is_quantised and isinstance(inputs, QuantisedMatrix):
            out = file.quantised("output")
        else:
            shape = file.shape("output")
            if outputs:
                out = file.matrix("output", *shape)
            else:
                file.skip("output", *shape)
        file.end()
    return Whole(arguments, dictionary, inputs, out)


def _require_shape(file: ModelFile, arguments: Arguments, dictionary: Dictionary, shape: tuple[int, ...]) -> None:
    """Refuse input matrices that have not the rows that words and n-grams ask for."""
    kept = dictionary.pruned
    ngrams = arguments.bucket if kept is None else len(kept)
    if shape != (dictionary.words + ngrams, arguments.dim):
        raise file.damaged(
            f"an input matrix of shape ({shape[0]:,}, {shape[1]:,}), where {dictionary.words:,} words, {ngrams:,} rows "
            f"for n-grams and {arguments.dim:,} dimensions are expected"
        )
    of_words = arguments.model == SUPERVISED and arguments.word_ngrams > 1
    if (arguments.maxn > 0 or of_words) and arguments.bucket == 0:
        raise file.damaged("there are n-grams, but no rows for them")
    if kept is not None and not _is_numbering(kept, arguments.bucket):
        raise file.damaged(f"the {len(kept):,} n-grams that are kept are not numbered from 0 on")


def _is_numbering(kept: NDArray[np.int32], bucket: int) -> bool:
    """Whether each of these buckets comes once, and has a row of its own."""
    buckets, rows = np.sort(kept[:, 0]), np.sort(kept[:, 1])
    return bool(
        (not len(kept) or (buckets[0] >= 0 and buckets[-1] < bucket))
        and (np.diff(buckets) > 0).all()
        and np.array_equal(rows, np.arange(len(kept)))
    )


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read the words, their vectors as ``fasttext print-word-vectors`` gives them, and their counts.

    Labels of supervised models are left out.

    Raises:
        TruncatedFileError: The file ends early; it is both a ValueError and an EOFError.
        UnicodeDecodeError: A word is no valid text.
        ValueError: The model is quantised or of another version, or anything else is wrong with the file.
    """
    whole = read_whole(path, reading.buffers, outputs=False)
    dictionary = whole.dictionary
    words = dictionary.names[: dictionary.words]
    if any(b"\n" in word for word in words):
        raise ValueError(
            f"{os.fspath(path)}: a word has a line end in it: the file is damaged, or no model of fastText"
        )
    counts = dictionary.counts[: dictionary.words]
    return table_of(path, [b"\n".join(words) + b"\n"], word_vectors(whole), reading, counts)


def word_vectors(whole: Whole) -> NDArray[np.float32]:
    """The vector of each word, (words, dim): the mean of its row and those of its n-grams."""
    arguments, count = whole.arguments, whole.dictionary.words
    if arguments.maxn <= 0:
        part = slice(count)
        return whole.inputs.rows(part) if isinstance(whole.inputs, QuantisedMatrix) else whole.inputs[part]
    inputs, words = whole.inputs, whole.dictionary.names[:count]
    vectors = np.empty((count, arguments.dim), np.float32)
    stopped, threads = threading.Event(), min(available_cpus(), _MOST_THREADS)
    spans = list(slices(count, _PART))

    def work(thread: int) -> None:
        for part in spans[thread::threads]:
            if stopped.is_set():
                return
            rows, offsets = word_rows(words[part], part.start, whole)
            if isinstance(inputs, QuantisedMatrix) or not inputs.flags.aligned:
                stored_rows(inputs).means(isa(), rows, offsets, vectors[part])
            else:
                _native.mean_rows(isa(), inputs, rows.astype(np.int64), offsets, None, vectors[part])

    in_threads(threads, work, stopped.set)
    return vectors


def word_rows(words: list[bytes], first: int, whole: Whole) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The rows of the input matrix that make each of some words, of which the first has the row ``first``.

    Returns:
        The rows, those of a word after another's, its own first; and (words + 1,) offsets.
    """
    arguments, count = whole.arguments, whole.dictionary.words
    numbers, offsets = subword_rows(words, arguments.minn, arguments.maxn, arguments.bucket)
    rows = kept_rows(numbers, whole.dictionary.pruned)
    ends = np.concatenate(([0], np.cumsum(rows >= 0)))[offsets]
    items = np.empty(int(ends[-1]) + len(words), np.int32)
    own = ends[:-1] + np.arange(len(words))  # a word's own row comes before its n-grams
    others = np.ones(len(items), bool)
    others[own] = False
    items[own] = np.arange(first, first + len(words))
    items[others] = rows[rows >= 0] + count
    return items, ends + np.arange(len(words) + 1)


def kept_rows(numbers: NDArray[np.int64], pruned: NDArray[np.int32] | None) -> NDArray[np.int64]:
    """The rows of n-grams with these numbers, behind those of words; -1 for those that a pruned model left out."""
    if pruned is None:
        return numbers
    if not len(pruned):
        return np.full(len(numbers), -1, np.int64)
    order = np.argsort(pruned[:, 0])
    rising = pruned[order, 0]
    places = np.minimum(np.searchsorted(rising, numbers), len(rising) - 1)
    found: NDArray[np.int64] = np.where(rising[places] == numbers, pruned[order[places], 1].astype(np.int64), -1)
    return found


def stored_rows(matrix: Matrix) -> _native.StoredRows:
    """The same rows for the core, which reads them where they lie."""
    if isinstance(matrix, QuantisedMatrix):
        return _native.StoredRows(
            matrix.dim, None, matrix.codes, matrix.centroids, matrix.width, matrix.length_codes, matrix.lengths
        )
    return _native.StoredRows(matrix.shape[1], matrix.view(np.uint8))


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
    dictionary = Dictionary.of(names, len(names), counts, _sum(counts))
    write_whole(
        path,
        Arguments(dims),
        dictionary,
        (table.vectors[order[some]] for some in slices(len(names), _PART)),
        (np.zeros((some.stop - some.start, dims), np.float32) for some in slices(len(names), _PART)),
    )


def _sum(counts: NDArray[np.int64]) -> int:
    """The sum, or the largest that a file holds."""
    high, low = int((counts >> 32).sum()), int((counts & 0xFFFFFFFF).sum())
    return min((high << 32) + low, _MOST_COUNT)


def write_whole(
    path: StrPath,
    arguments: Arguments,
    dictionary: Dictionary,
    inputs: Matrix | Iterable[NDArray[np.float32]],
    outputs: Matrix | Iterable[NDArray[np.float32]],
) -> None:
    """Write a model, whole or not at all.

    Matrices may come in pieces, and then have as many rows as fastText expects of a model without labels.
    """
    with atomic_write(path) as raw, packed(raw, split_packing(os.fspath(path))[1]) as file:
        for part in parts(arguments, dictionary):
            file.write(part)
        for count, matrix in ((dictionary.words + arguments.bucket, inputs), (dictionary.words, outputs)):
            if isinstance(matrix, QuantisedMatrix):
                for part in quantised_parts(matrix):
                    file.write(part)
                continue
            if isinstance(matrix, np.ndarray):
                count, matrix = len(matrix), in_pieces(matrix)
            file.write(matrix_start(count, arguments.dim))
            for piece in matrix:
                file.write(matrix_bytes(piece))


def in_pieces(matrix: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Some rows after the others."""
    for part in slices(len(matrix), _PART):
        yield matrix[part]
