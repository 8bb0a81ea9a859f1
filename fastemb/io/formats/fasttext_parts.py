"""The parts of fastText's model files, ``.bin`` and ``.ftz``: header, arguments, dictionary and matrices in this order.

All numbers are little-endian. Nothing here knows what vectors are made of the parts.
"""

from __future__ import annotations

import mmap
import struct
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from ...signals import deliver
from ..input_file import hint, read_into
from ..unpack import TruncatedFileError
from .fasttext_matrix import CENTROIDS, QuantisedMatrix
from .reading import LONGEST_KEY, Buffers
from .rows import MOST_DIMENSIONS

MAGIC = struct.pack("<i", 793712314)
"""How a file begins."""

VERSIONS = (11, 12)
"""Those that can be read; 12 is written."""

OLDEST = 0
"""In place of a version: files of before fastText 0.1 have neither mark nor version, and nothing about n-grams that are
left out or quantised matrices."""

SKIPGRAM, SUPERVISED = 2, 3
"""Kinds of models; 1 is that by continuous bags of words."""

NEGATIVE_SAMPLING = 2
"""A kind of loss."""

UNPRUNED = -1
"""In place of the number of n-grams that are kept where all of them are."""

_ARGUMENTS = struct.Struct("<12id")
_COUNTS = struct.Struct("<3i2q")
_OLDEST_COUNTS = struct.Struct("<3iq")
_SHAPE = struct.Struct("<2q")
_QUANTISED = struct.Struct("<2qi")
_QUANTISER = struct.Struct("<4i")
_ENTRY_BYTES = 9  # after a word and its zero byte: its count and whether it is a label
_LEAST_ENTRY = 11  # of a word of one byte


@dataclass(frozen=True)
class Arguments:
    """How a model was trained, in the order of the file."""

    dim: int
    ws: int = 5
    epoch: int = 5
    min_count: int = 1
    neg: int = 5
    word_ngrams: int = 1
    loss: int = NEGATIVE_SAMPLING
    model: int = SKIPGRAM
    bucket: int = 0
    minn: int = 0
    maxn: int = 0
    lr_update_rate: int = 100
    t: float = 1e-4


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Words and, in supervised models, labels behind them: their bytes, one after the other, and what counts them."""

    data: NDArray[np.uint8]
    """Bytes of all names."""

    offsets: NDArray[np.int64]
    """(names + 1,), where each begins and, at last, ends."""

    words: int
    """How many of the names are words."""

    counts: NDArray[np.int64]
    """How often each name was in the text."""

    tokens: int
    """Length of the text."""

    pruned: NDArray[np.int32] | None = None
    """(n, 2): in a pruned model the buckets of n-grams that are kept, and their new numbers; None: all are kept."""

    @classmethod
    def of(cls, names: Sequence[bytes], words: int, counts: NDArray[np.int64], tokens: int) -> Self:
        """The dictionary of these names, words first."""
        offsets = np.zeros(len(names) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, names), np.int64, len(names)), out=offsets[1:])
        return cls(np.frombuffer(b"".join(names), np.uint8), offsets, words, counts, tokens)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def names(self) -> list[bytes]:
        """Words, then labels."""
        data, ends = self.data.tobytes(), self.offsets.tolist()
        return [data[begin:end] for begin, end in pairwise(ends)]


def _are_usual(arguments: Arguments) -> bool:
    """Whether these can be settings, rather than the first bytes of any file."""
    return (
        0 < arguments.dim <= MOST_DIMENSIONS
        and 0 < arguments.ws <= 1000
        and 0 < arguments.epoch <= 1_000_000
        and 0 <= arguments.minn <= arguments.maxn <= 1000
        and arguments.loss in (1, 2, 3)
        and arguments.model in (1, SKIPGRAM, SUPERVISED)
    )


class ModelFile:
    """A file that is being read, and the errors that name what is wrong with it.

    Args:
        path: Where the file is, for messages.
        file: The file, at its start.
        size: Its length in bytes; None where that is unknown, as it is compressed.
        buffers: How much is read at once.
    """

    def __init__(self, path: str, file: BinaryIO, size: int | None, buffers: Buffers) -> None:
        self.path = path
        self.file = file
        self.size = size
        self.at = 0  # bytes that were read
        self._buffers = buffers
        self._rest = b""  # of what was read from the file, those after ``at``

    def header(self) -> int:
        """Read the mark at the start, and return the version, or `OLDEST` where there is no mark.

        Raises:
            ValueError: It is no model of fastText, or of a version that cannot be read.
        """
        mark = self._take(len(MAGIC), "the header")
        if mark != MAGIC:
            return self._oldest(mark)
        (version,) = struct.unpack("<i", self._take(4, "the header"))
        if version not in VERSIONS:
            those = " and ".join(map(str, VERSIONS))
            raise ValueError(f"{self.path}: a model of fastText in version {version}; versions {those} can be read")
        return int(version)

    def _oldest(self, begin: bytes) -> int:
        """`OLDEST`, if the file begins with settings, which are read again then."""
        try:
            start = begin + self._take(_ARGUMENTS.size - len(begin), "the header")
        except TruncatedFileError:
            start = bytes(_ARGUMENTS.size)
        if not _are_usual(Arguments(*_ARGUMENTS.unpack(start))):
            raise ValueError(f"{self.path}: this is no model of fastText: its first bytes are others{hint(self.path)}")
        self._rest = start + self._rest
        self.at -= len(start)
        return OLDEST

    def arguments(self) -> Arguments:
        """Read how the model was trained.

        Raises:
            ValueError: A number is none that fastText writes.
        """
        found = Arguments(*_ARGUMENTS.unpack(self._take(_ARGUMENTS.size, "the arguments")))
        if not 0 < found.dim <= MOST_DIMENSIONS:
            raise self.damaged(f"{found.dim:,} dimensions, where 1 to {MOST_DIMENSIONS:,} can be read")
        if found.bucket < 0 or found.model not in (1, SKIPGRAM, SUPERVISED):
            raise self.damaged(f"{found.bucket} rows for n-grams and a model of kind {found.model}")
        return found

    def dictionary(self, version: int) -> Dictionary:
        """Read words and labels, as they are in this version.

        Raises:
            ValueError: Numbers do not fit each other or the file, or a label stands among the words.
        """
        counts = self._take(_COUNTS.size if version != OLDEST else _OLDEST_COUNTS.size, "the dictionary")
        if version == OLDEST:
            counts += struct.pack("<q", UNPRUNED)
        size, words, labels, tokens, pruned = _COUNTS.unpack(counts)
        if words < 1 or labels < 0 or words + labels != size or pruned < UNPRUNED:
            raise self.damaged(f"a dictionary of {size} names, {words} words and {labels} labels")
        self._refuse_beyond(size * _LEAST_ENTRY, f"{size:,} words and labels")
        names, tails = self._entries(size)
        entries = np.frombuffer(tails, np.dtype([("count", "<i8"), ("label", "u1")]))
        wrong = (entries["label"] > 1) | (entries["label"].astype(bool) != (np.arange(size) >= words))
        if wrong.any():
            raise self.damaged(
                f"in the dictionary name {int(wrong.argmax()) + 1:,} is of the wrong kind, word or label"
            )
        made = Dictionary.of(names, words, entries["count"].astype(np.int64), tokens)
        return made if pruned == UNPRUNED else replace(made, pruned=self._pruned(pruned))

    def _pruned(self, count: int) -> NDArray[np.int32]:
        """The n-grams that a pruned model keeps, and their new numbers."""
        return self._table("the table of n-grams that are kept", count, 2, "<i4").astype(np.int32, copy=False)

    def flag(self, what: str) -> bool:
        """Read whether ``what`` is so."""
        value = self._take(1, f"whether {what}")
        if value not in (b"\0", b"\1"):
            raise self.damaged(f"byte {self.at:,}, which says whether {what}, is neither 0 nor 1")
        return value == b"\1"

    def shape(self, name: str) -> tuple[int, int]:
        """Read how many rows and columns a matrix has, which follows.

        Raises:
            ValueError: It would not fit in the file.
        """
        rows, columns = _SHAPE.unpack(self._take(_SHAPE.size, f"the {name} matrix"))
        if rows < 0 or not 0 < columns <= MOST_DIMENSIONS:
            raise self.damaged(f"the {name} matrix has the shape ({rows}, {columns})")
        self._refuse_beyond(4 * rows * columns, f"the {name} matrix of shape ({rows:,}, {columns:,})")
        return rows, columns

    def matrix(self, name: str, rows: int, columns: int) -> NDArray[np.float32]:
        """Read a matrix of floats."""
        return self._table(f"the {name} matrix", rows, columns, "<f4").astype(np.float32, copy=False)

    def mapped(self, name: str, rows: int, columns: int) -> NDArray[np.float32]:
        """Map a matrix of floats, which may lie at any address, in place of reading it.

        Raises:
            ValueError: The file is compressed, or not on this machine.
        """
        if self.size is None or not hasattr(self.file, "fileno") or sys.byteorder != "little":
            raise ValueError(f"{self.path}: only files that are not compressed are mapped: read it without mmap")
        size = 4 * rows * columns
        self._refuse_beyond(size, f"the {name} matrix of shape ({rows:,}, {columns:,})")
        whole = np.frombuffer(mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
        found = whole[self.at : self.at + size].view(np.float32).reshape(rows, columns)
        self.skip(name, rows, columns)
        return found

    def _table(self, what: str, rows: int, columns: int, kind: str) -> NDArray[Any]:
        """Read rows of numbers. Where the length of the file is unknown, room is made as they come."""
        size = np.dtype(kind).itemsize * max(1, columns)
        self._refuse_beyond(size * rows, f"{what} of shape ({rows:,}, {columns:,})")
        first = rows if self.size is not None else min(rows, self._buffers.first_rows // size + 1)
        made, done = np.empty((first, columns), kind), 0
        step = max(1, self._buffers.block // size)
        while done < rows:
            if done == len(made):
                made.resize((min(rows, 2 * done), columns), refcheck=False)
            end = min(done + step, len(made))
            self._fill(made[done:end].data.cast("B"), f"{what}, row {done + 1:,} of {rows:,}")
            done = end
            deliver()
        return made

    def quantised(self, name: str) -> QuantisedMatrix:
        """Read a matrix that is product quantised.

        Raises:
            ValueError: Its numbers do not fit each other.
        """
        has_lengths = self.flag(f"the lengths of the {name} matrix are quantised")
        rows, dim, count = _QUANTISED.unpack(self._take(_QUANTISED.size, f"the {name} matrix"))
        if rows < 0 or not 0 < dim <= MOST_DIMENSIONS or count < rows or count % max(1, rows):
            raise self.damaged(f"the {name} matrix has the shape ({rows}, {dim}) and {count} codes")
        codes = self._table(f"the codes of the {name} matrix", rows, count // max(1, rows), "u1")
        width, centroids = self._quantiser(name, dim)
        if rows and codes.shape[1] != -(-dim // width):
            raise self.damaged(
                f"the {name} matrix of {dim:,} dimensions has {codes.shape[1]:,} codes a row, for {width:,} values each"
            )
        if not has_lengths:
            return QuantisedMatrix(codes, centroids, dim, width)
        length_codes = self._table(f"the lengths of the {name} matrix", rows, 1, "u1")[:, 0]
        return QuantisedMatrix(codes, centroids, dim, width, length_codes, self._quantiser(f"{name} lengths'", 1)[1])

    def _quantiser(self, name: str, dim: int) -> tuple[int, NDArray[np.float32]]:
        """How many values a code stands for, and the centroids."""
        found, parts, width, last = _QUANTISER.unpack(self._take(_QUANTISER.size, f"the {name} quantiser"))
        if found != dim or not 0 < width <= dim or parts != -(-dim // width) or last != (dim % width or width):
            raise self.damaged(
                f"the {name} quantiser has {found} dimensions in {parts} parts of {width} values, the last of {last}, "
                f"where {dim:,} dimensions are expected"
            )
        values = self._table(f"the centroids of the {name} matrix", CENTROIDS * dim, 1, "<f4")
        return width, values[:, 0].astype(np.float32, copy=False)

    def skip(self, name: str, rows: int, columns: int) -> None:
        """Pass over a matrix of floats, which must be there."""
        left = 4 * rows * columns
        if self.size is not None:
            self._rest = b""
            self.at = self.file.seek(self.at + left)
            return
        block = memoryview(bytearray(min(left, self._buffers.block)))
        while left:
            some = min(left, len(block))
            self._fill(block[:some], f"the {name} matrix")
            left -= some
            deliver()

    def end(self) -> None:
        """Refuse what follows after all parts."""
        if self._rest or self.file.read(1):
            raise self.damaged("the file goes on after the last matrix")

    def damaged(self, what: str) -> ValueError:
        """An error about a number that fastText does not write."""
        return ValueError(f"{self.path}: {what}: the file is damaged, or no model of fastText")

    def _entries(self, count: int) -> tuple[list[bytes], bytearray]:
        """So many names of the dictionary, and what follows each of them."""
        names: list[bytes] = []
        tails = bytearray()
        data, at = b"", 0
        while len(names) < count:
            end = data.find(0, at)
            if end < 0 or end + 1 + _ENTRY_BYTES > len(data):
                if len(data) - at > LONGEST_KEY + _LEAST_ENTRY:
                    raise self.damaged(
                        f"name {len(names) + 1:,} in the dictionary is longer than {LONGEST_KEY:,} bytes"
                    )
                more = self._more(self._buffers.block)
                if not more:
                    raise self._ends(f"name {len(names) + 1:,} of {count:,} in the dictionary")
                data, at = data[at:] + more, 0
                deliver()
                continue
            if end - at > LONGEST_KEY or end == at:
                raise self.damaged(f"name {len(names) + 1:,} of the dictionary has {end - at:,} bytes")
            names.append(data[at:end])
            at = end + 1 + _ENTRY_BYTES
            tails += data[end + 1 : at]
        self._rest = data[at:]
        self.at -= len(self._rest)
        return names, tails

    def _more(self, size: int) -> bytes:
        """Some more bytes; what is left of them must be given back in ``_rest``."""
        if self._rest:
            found, self._rest = self._rest, b""
        else:
            found = self.file.read(size)
        self.at += len(found)
        return found

    def _fill(self, buffer: memoryview, what: str) -> None:
        begin = min(len(self._rest), len(buffer))
        buffer[:begin] = self._rest[:begin]
        self._rest = self._rest[begin:]
        got = begin + read_into(self.file, buffer[begin:])
        self.at += got
        if got < len(buffer):
            raise self._ends(what)

    def _take(self, size: int, what: str) -> bytes:
        self._refuse_beyond(size, what)
        found = bytearray(size)
        self._fill(memoryview(found), what)
        return bytes(found)

    def _ends(self, what: str) -> ValueError:
        return TruncatedFileError(f"{self.path}: the file ends after {self.at:,} bytes, in {what}")

    def _refuse_beyond(self, needed: int, what: str) -> None:
        if self.size is not None and needed > self.size - self.at:
            raise TruncatedFileError(
                f"{self.path}: {what} would take {needed:,} bytes or more, but only {self.size - self.at:,} follow: "
                "the file ends early"
            )


def parts(arguments: Arguments, dictionary: Dictionary) -> Iterator[bytes]:
    """What stands before the matrices of a model that is not quantised."""
    yield MAGIC + struct.pack("<i", VERSIONS[-1])
    yield _ARGUMENTS.pack(*astuple(arguments))
    size, kept = len(dictionary), dictionary.pruned
    pruned = UNPRUNED if kept is None else len(kept)
    yield _COUNTS.pack(size, dictionary.words, size - dictionary.words, dictionary.tokens, pruned)
    for row, (name, count) in enumerate(zip(dictionary.names, dictionary.counts.tolist(), strict=True)):
        yield name + struct.pack("<bqb", 0, count, row >= dictionary.words)
    if kept is not None:
        yield kept.astype("<i4").tobytes()


def matrix_start(rows: int, columns: int) -> bytes:
    """What stands before the numbers of a matrix of floats: that it is not quantised, and its shape."""
    return b"\0" + _SHAPE.pack(rows, columns)


def matrix_bytes(values: NDArray[Any]) -> bytes:
    """Rows of a matrix as they are written."""
    return np.ascontiguousarray(values, "<f4").tobytes()


def quantised_parts(matrix: QuantisedMatrix) -> Iterator[bytes]:
    """A matrix that is product quantised as it is written, with the mark that it is."""
    rows, dim = matrix.shape
    yield struct.pack("<2b", 1, matrix.length_codes is not None) + _QUANTISED.pack(rows, dim, matrix.codes.size)
    yield np.ascontiguousarray(matrix.codes).tobytes()
    yield from _quantiser_parts(dim, matrix.width, matrix.centroids)
    if matrix.length_codes is not None and matrix.lengths is not None:
        yield np.ascontiguousarray(matrix.length_codes).tobytes()
        yield from _quantiser_parts(1, 1, matrix.lengths)


def _quantiser_parts(dim: int, width: int, centroids: NDArray[np.float32]) -> Iterator[bytes]:
    yield _QUANTISER.pack(dim, -(-dim // width), width, dim % width or width)
    yield matrix_bytes(centroids)
