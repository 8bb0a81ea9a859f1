"""Ids that are already numbered: arrays, sequences, sparse matrices."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import in_order, no_text
from ..io.keys import unfit_key
from .batching import in_batches
from .blocks import Parts
from .feed import Feed
from .given import is_table, python_value
from .messages import short
from .task import ReadSizes, Task
from .vocabulary import Ids, Ints

LARGEST_TABLE = 1 << 24


class Numbering:
    """Numbers integers in the order in which they first occur.

    Args:
        largest_table: Integers below this are looked up in a table, others in a dict.

    Attributes:
        values: The integers so far.
    """

    def __init__(self, largest_table: int = LARGEST_TABLE) -> None:
        self._largest = largest_table
        self.values: list[int] = []
        self._table: Ids = np.full(1024, -1, np.int32)  # the number of each small integer
        self._rest: dict[int, int] = {}  # and of each larger one

    def encode(self, values: NDArray[Any]) -> Ids:
        """The number of each of these integers."""
        if not len(values):
            return np.empty(0, np.int32)
        numbers = self._find(values)
        unknown = numbers < 0
        if unknown.any():
            fresh, first = np.unique(values[unknown], return_index=True)
            self._add(fresh[np.argsort(first)])
            numbers[unknown] = self._find(values[unknown])
        return numbers

    def _find(self, values: NDArray[Any]) -> Ids:
        highest = int(values.max())
        if highest < self._largest and values.min() >= 0:
            self._make_room(highest)
            known: Ids = self._table[values]
            return known
        found, places = np.unique(values, return_inverse=True)
        small = (found >= 0) & (found < self._largest)
        numbers = np.empty(len(found), np.int32)
        if small.any():
            self._make_room(int(found[small].max()))
            numbers[small] = self._table[found[small]]
        numbers[~small] = [self._rest.get(value, -1) for value in found[~small].tolist()]
        return numbers[places]

    def _make_room(self, highest: int) -> None:
        if highest >= len(self._table):
            more = np.full(max(highest + 1, 2 * len(self._table)) - len(self._table), -1, np.int32)
            self._table = np.concatenate([self._table, more])

    def _add(self, values: NDArray[Any]) -> None:
        numbers = np.arange(len(self.values), len(self.values) + len(values), dtype=np.int32)
        small = (values >= 0) & (values < self._largest)
        self._table[values[small]] = numbers[small]
        self._rest.update(zip(values[~small].tolist(), numbers[~small].tolist(), strict=True))
        self.values += values.tolist()


def encode_ids(
    ids: Any,
    offsets: ArrayLike | None,
    keys: Sequence[Hashable] | None,
    task: Task,
) -> Parts:
    """The corpus of these ids; the errors are those of `Corpus.from_ids`."""
    numbering = Numbering()
    feed = Feed(task)
    if keys is not None:
        keys = _checked_keys(keys)
    for part, ends in _id_parts(ids, offsets, task.sizes):
        _require_known(part, ends, feed, None if keys is None else len(keys))
        feed.add(numbering.encode(part), ends)
    values = numbering.values

    def keys_at(numbers: Ids) -> list[Hashable]:
        chosen = [values[number] for number in numbers.tolist()]
        return list(chosen) if keys is None else [_python_value(keys[value]) for value in chosen]

    return feed.finish(keys_at, len(values), "ids")


def _checked_keys(keys: Any) -> Sequence[Hashable]:
    """The keys by their places: of a series those in its order, not those of its index.

    Raises:
        TypeError: they are no list, or have no order.
        ValueError: one is missing, or an integer of more than 64 bits.
    """
    no_text("keys", keys, "keys")
    in_order("keys", keys)
    if isinstance(keys, range):
        return keys
    keys = python_value(keys)
    if not isinstance(keys, list | tuple):
        if not isinstance(keys, Iterable) or is_table(keys) or (isinstance(keys, np.ndarray) and keys.ndim != 1):
            raise TypeError(f"keys must be a list of keys, not {short(keys)}")
        keys = keys.tolist() if isinstance(keys, np.ndarray) else list(keys)
    keys = [python_value(key) for key in keys] if any(map(_is_foreign, set(map(type, keys)))) else keys
    unfit = unfit_key(keys, saved=False)
    if unfit is not None:
        raise ValueError(f"keys[{unfit[0]}] {unfit[1]}")
    return list(keys)


def _is_foreign(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "pyarrow"


def _python_value(key: Hashable) -> Hashable:
    """NumPy's scalars as Python's, which print and pickle as people expect."""
    return key.item() if isinstance(key, np.generic) else key


IdParts = Iterator[tuple[NDArray[Any], Ints]]


def _id_parts(ids: Any, offsets: ArrayLike | None, sizes: ReadSizes) -> IdParts:
    """Ids in parts of bearable size, each with the number of its ids before every end of a sentence."""
    if hasattr(ids, "tocsr"):
        matrix = ids.tocsr()
        _refuse_offsets(offsets, "a sparse matrix has its rows")
        return _csr_parts(matrix, sizes.block_tokens)
    if _is_ragged(ids):
        _refuse_offsets(offsets, "sequences of ids are sentences already")
        return _ragged_parts(ids, sizes.id_rows)
    array = np.asanyarray(ids)
    _refuse_masked(array, "ids")
    if array.size and isinstance(ids, (list, tuple)) and array.dtype.kind in "fO" and {int}.issuperset(map(type, ids)):
        array = _large(ids)
    return _array_parts(*_checked(array, offsets), sizes.block_tokens)


def _refuse_offsets(offsets: ArrayLike | None, why: str) -> None:
    if offsets is not None:
        raise ValueError(f"offsets are for ids in one dimension: {why}")


def _array_parts(ids: NDArray[Any], offsets: Ints, most: int) -> IdParts:
    done = 1  # offsets
    for start in range(0, max(len(ids), 1), most):
        part = ids[start : start + most]
        last = int(np.searchsorted(offsets, start + len(part), side="right"))
        yield part, offsets[done:last] - start
        done = last


def _is_ragged(ids: Any) -> bool:
    """Whether these are sequences of ids, and no array of one or two dimensions."""
    if isinstance(ids, np.ndarray):
        return ids.dtype == object and ids.ndim == 1
    if isinstance(ids, (list, tuple)):
        return len(ids) > 0 and isinstance(ids[0], (list, tuple, np.ndarray))
    return isinstance(ids, Iterator)


def _ragged_parts(rows: Iterable[Any], most: int) -> IdParts:
    read = 0
    for batch in in_batches(rows, most):
        yield _concatenated(batch, read), np.cumsum([len(row) for row in batch], dtype=np.int64)
        read += len(batch)


def _concatenated(rows: list[Any], before: int) -> NDArray[Any]:
    """The ids of these rows; those that NumPy does not join to integers at once are looked at one by one."""
    types = set(map(type, rows))
    if not types <= {np.ndarray, list, tuple}:
        for number, row in enumerate(rows, before):
            _refuse_masked(row, f"row {number}")
    try:
        whole = np.concatenate(rows) if types == {np.ndarray} else np.array(list(chain.from_iterable(rows)))
    except (TypeError, ValueError):
        whole = np.empty(0)
    if whole.dtype.kind in "iu" and whole.ndim == 1 and types <= {np.ndarray, list, tuple}:
        return whole
    arrays = [_row(row, number) for number, row in enumerate(rows, before)]
    if any(row.dtype == np.uint64 for row in arrays):  # with int64 they would become floats
        arrays = [row.astype(np.uint64) for row in arrays]
    return np.concatenate(arrays)


def _row(row: Any, number: int) -> NDArray[Any]:
    """One sentence of ids."""
    try:
        array = np.asarray(row)
    except ValueError:
        array = np.empty((0, 0))
    if array.ndim != 1:
        raise ValueError(f"row {number} must be a sequence of ids in one dimension, not {short(row)}")
    if not array.size:
        return np.empty(0, np.uint8)
    if array.dtype.kind in "fO" and all(type(value) is int for value in row):
        return _large(row, f"row {number}: ")
    if array.dtype.kind not in "iu":
        raise TypeError(f"row {number}: ids must be integers, not {array.dtype}")
    if array.min() < 0:
        raise ValueError(f"row {number}: ids must not be negative, but one is {array.min()}")
    return array


def _refuse_masked(array: Any, name: str) -> None:
    """Raise ValueError where an entry of a masked array is missing."""
    if isinstance(array, np.ma.MaskedArray):
        masked = np.argwhere(np.ma.getmaskarray(array))
        if len(masked):
            place = ", ".join(map(str, masked[0].tolist()))
            raise ValueError(f"{name}[{place}] is masked, so missing: leave it out, as with a.compressed()")


def _large(ids: Sequence[int], place: str = "") -> NDArray[Any]:
    """Ids of which NumPy makes no integers at once, as some have more than 63 bits: an error as a rule."""
    if min(ids) < 0 or max(ids) >= 2**63:
        raise ValueError(f"{place}ids must be from 0 to 2**63 - 1")
    return np.array(ids, np.int64)


def csr_arrays(matrix: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Where rows of a compressed sparse row matrix begin and end, the columns of its entries, and their values.

    Raises:
        AttributeError: it is no such matrix.
    """
    return np.asarray(matrix.indptr), np.asarray(matrix.indices), np.asarray(matrix.data)


def _csr_parts(matrix: Any, most: int) -> IdParts:
    """Rows of a compressed sparse row matrix: column j as often as the value there says."""
    indptr, columns, values = csr_arrays(matrix)
    begin, rows = 0, len(indptr) - 1
    while begin < rows:
        end = max(int(np.searchsorted(indptr, indptr[begin] + most, side="right")) - 1, begin + 1)
        places = slice(indptr[begin], indptr[end])
        times = _times(values[places], columns[places], indptr[begin : end + 1], begin)
        before = np.concatenate([[0], np.cumsum(times)])  # ids before each entry
        yield np.repeat(columns[places], times), before[indptr[begin + 1 : end + 1] - indptr[begin]]
        begin = end


def _times(values: NDArray[Any], columns: NDArray[Any], indptr: NDArray[Any], row: int) -> Ints:
    with np.errstate(invalid="ignore"):
        times = values.astype(np.int64)
    wrong = np.flatnonzero((times != values) | (times < 0))
    if len(wrong):
        at = int(wrong[0])
        row += int(np.searchsorted(indptr - indptr[0], at, side="right")) - 1
        raise ValueError(
            f"row {row}, column {columns[at]} is {values[at]}: values must be whole numbers, how often an item is in "
            "its basket; for one time each give matrix != 0"
        )
    return times


def _checked(ids: NDArray[Any], offsets: ArrayLike | None) -> tuple[NDArray[Any], Ints]:
    if ids.size == 0:
        raise ValueError("ids: there is no id in them")
    if ids.dtype.kind not in "iu":
        raise TypeError(f"ids must be integers, not {ids.dtype}")
    if ids.ndim == 2 and offsets is None:
        return ids.reshape(-1), np.arange(ids.shape[0] + 1, dtype=np.int64) * ids.shape[1]
    if ids.ndim != 1:
        raise ValueError(f"ids must have one dimension, or two and no offsets, not {ids.ndim}")
    if offsets is None:
        return ids, np.array([0, len(ids)])
    _refuse_masked(offsets, "offsets")
    return ids, _checked_offsets(np.asarray(offsets), len(ids))


def _checked_offsets(offsets: NDArray[Any], words: int) -> Ints:
    if offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        raise TypeError(f"offsets must be integers in one dimension, not {offsets.dtype} in {offsets.ndim}")
    if len(offsets) < 2:
        raise ValueError(f"offsets need a start and an end for each sentence, but have {len(offsets)} entries")
    if offsets[0] != 0:
        raise ValueError(f"offsets must start with 0, not {offsets[0]}")
    falls = np.flatnonzero(offsets[1:] < offsets[:-1])
    if len(falls):
        at = falls[0]
        raise ValueError(f"offsets must not decrease, but offsets[{at + 1}] is {offsets[at + 1]} after {offsets[at]}")
    if offsets[-1] != words:
        raise ValueError(f"offsets must end with the number of ids, {words}, not {offsets[-1]}")
    return np.ascontiguousarray(offsets, np.int64)


def _require_known(ids: NDArray[Any], ends: Ints, feed: Feed, keys: int | None) -> None:
    """Every id of this part is one of so many keys."""
    if not len(ids):
        return
    if ids.min() < 0:
        at = int(np.argmax(ids < 0))
        raise ValueError(f"ids must not be negative, but {_place(at, ends, feed)} is {ids[at]}")
    if ids.max() >= 2**63:
        at = int(np.argmax(ids >= 2**63))
        raise ValueError(f"ids must be from 0 to 2**63 - 1, but {_place(at, ends, feed)} is {ids[at]}")
    if keys is not None and ids.max() >= keys:
        at = int(np.argmax(ids >= keys))
        raise ValueError(f"{_place(at, ends, feed)} is {ids[at]}, but there are {keys} keys")


def _place(at: int, ends: Ints, feed: Feed) -> str:
    row = feed.sentences + int(np.searchsorted(ends, at, side="right"))
    return f"ids[{feed.words + at}] (row {row})"
