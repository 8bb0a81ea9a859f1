"""Who took what: sessions, baskets or histories of items as numbers."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any, Protocol, Self, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import names_arguments
from ..checks import are_offsets
from ..corpus.delimited import Delimited
from ..corpus.ids import csr_arrays
from ..corpus.inputs import UTF8
from ..io.paths import AnyPath, local_path
from ..summary import table
from ..tables.columns import (
    columns_of,
    factorize,
    number_integers,
    ordered_keys,
    times_of,
    weights_of,
    whole,
)
from ..tables.files import errors_name, read_table
from ..tables.times import check_gap, gap_seconds
from .baskets import number_baskets, refuse_path, refuse_tables, require_path
from .files import read_baskets
from .grouping import blocks, firsts_and_groups, grouped, owners_of, sorted_within
from .names import COLUMNS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


F = TypeVar("F", bound=Callable[..., Any])


def _refusing_paths(function: F) -> F:
    """Let `Interactions.from_table` refuse a path before it asks for the names of columns."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        refuse_path(args[1] if args[1:] else kwargs.get("table"))
        return function(*args, **kwargs)

    return cast("F", call)


class Numbers(Protocol):
    """A dict of keys and their numbers, or what looks keys up as it does."""

    def get(self, key: Hashable, default: int, /) -> int:
        """The number of a key."""
        ...


class Interactions:
    """Sessions of items: baskets, visits, or the histories of users.

    Make one with `from_baskets`, `from_ids`, `from_csr`, `from_table` or `from_file`. ``len`` is the number of
    sessions, iterating yields each as a list of keys, and an index, slice or array of them picks sessions.

    Attributes:
        items: int64 (events,), rows of ``item_keys``.
        offsets: int64 (sessions + 1,), session s is ``items[offsets[s]:offsets[s + 1]]``.
        item_keys: The items.
        session_keys: The key of each session; by default its number.
        times: float64 (events,), or None; in seconds where the table had dates. They rise within a session.
        weights: float64 (events,), or None; above 0.
    """

    @names_arguments()
    def __init__(
        self,
        items: ArrayLike,
        offsets: ArrayLike,
        item_keys: Sequence[Hashable],
        session_keys: Sequence[Hashable] | None = None,
        times: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> None:
        """Make one of arrays, which are checked.

        Raises:
            TypeError: items or offsets are not integers, or keys no list.
            ValueError: an item has no key, offsets do not cut the items, a key is missing or comes twice, or sizes,
                times or weights do not fit.
        """
        numbers, ends, keys = _whole_numbers("items", items), _whole_numbers("offsets", offsets), item_keys
        if not isinstance(keys, range):
            keys = ordered_keys("item_keys", keys)
        _require_numbers("items", numbers, len(keys))
        _require_offsets(ends, len(numbers), "items")
        sessions = None if session_keys is None else _session_keys(session_keys, len(ends) - 1)
        events = len(numbers)
        moments = None if times is None else _numbers_of_events("times", times_of(times, "times"), events)
        if moments is not None:
            falls = np.diff(moments) < 0
            falls[ends[1:-1][(ends[1:-1] > 0) & (ends[1:-1] < len(numbers))] - 1] = False
            if falls.any():
                raise ValueError(f"times must not fall within a session, but number {int(falls.argmax()) + 1} does")
        shares = (
            None if weights is None else _numbers_of_events("weights", weights_of(weights, "weights"), len(numbers))
        )
        if shares is not None and not shares.all():
            raise ValueError(f"weights must be above 0, but number {int((shares == 0).argmax())} is 0")
        self._set(numbers, ends, keys, sessions, moments, shares)

    def _set(
        self,
        items: Ints,
        offsets: Ints,
        item_keys: Sequence[Hashable],
        session_keys: Sequence[Hashable] | None,
        times: Floats | None,
        weights: Floats | None,
    ) -> None:
        self.items = items
        self.offsets = offsets
        self.item_keys = item_keys
        self.session_keys: Sequence[Hashable] = range(len(offsets) - 1) if session_keys is None else session_keys
        self.times = times
        self.weights = weights

    @classmethod
    def _of(
        cls,
        items: Ints,
        offsets: Ints,
        item_keys: Sequence[Hashable],
        session_keys: Sequence[Hashable] | None = None,
        times: Floats | None = None,
        weights: Floats | None = None,
    ) -> Self:
        """One of arrays that are known to be right."""
        made = cls.__new__(cls)
        made._set(items, offsets, item_keys, session_keys, times, weights)
        return made

    # ---- doors ----

    @classmethod
    def from_any(cls, data: Any) -> Interactions:
        """What scikit-learn would hand over: one of these, a sparse matrix with ``indptr`` or ``tocsr``, or baskets.

        Raises:
            TypeError: it is none of them; a table needs its columns named, see `from_table`.
        """
        if isinstance(data, Interactions):
            return data
        if hasattr(data, "indptr"):
            return cls.from_csr(data)
        if hasattr(data, "tocsr"):
            return cls.from_csr(data.tocsr())
        refuse_tables(data)
        return cls.from_baskets(data)

    @classmethod
    @names_arguments()
    def from_baskets(cls, baskets: Iterable[Iterable[Hashable]], *, session_keys: Any = None) -> Self:
        """Baskets as lists of keys of any hashable kind; a generator will do. Empty baskets stay, empty.

        Where all keys are whole numbers they become int.

        Args:
            baskets: The baskets, also as an array of lists of Arrow or a column of lists of pandas or polars.
            session_keys: A key for each. Default: its number.

        Raises:
            TypeError: a basket is a str, a dict or not iterable, or an item is not hashable; ``baskets`` are a table or
                a dense matrix.
            ValueError: an item is None or NaN, there are more or fewer session keys than baskets, or one is missing.
        """
        refuse_tables(baskets)
        items, offsets, item_keys = number_baskets(baskets)
        keys = None if session_keys is None else _session_keys(session_keys, len(offsets) - 1)
        return cls._of(items, offsets, whole(item_keys), keys)

    @classmethod
    @names_arguments()
    def from_ids(cls, ids: ArrayLike, offsets: ArrayLike, *, keys: Sequence[Hashable] | None = None) -> Self:
        """Item numbers one session after the other.

        Args:
            ids: Integers (events,), not negative.
            offsets: Integers (sessions + 1,): session s is ``ids[offsets[s]:offsets[s + 1]]``.
            keys: The item with each number. Default: the numbers themselves.

        Raises:
            TypeError: ids or offsets are not integers; keys are one str, a dict or a set.
            ValueError: an id is negative, masked or has no key; offsets do not start with 0, fall, or do not end with
                the number of ids; a key is missing or comes twice.
        """
        given = None if keys is None else ordered_keys("keys", keys)
        items = _whole_numbers("ids", ids)
        ends = _whole_numbers("offsets", offsets)
        _require_offsets(ends, len(items), "ids")
        if given is None:
            items, item_keys = number_integers(items)
            if any(key < 0 for key in item_keys):  # type: ignore[operator]
                raise ValueError("ids must not be negative")
            return cls._of(items, ends, item_keys)
        _require_numbers("ids", items, len(given))
        return cls._of(items, ends, given)

    @classmethod
    @names_arguments()
    def from_csr(cls, matrix: Any, *, keys: Sequence[Hashable] | None = None) -> Self:
        """A sparse matrix of sessions x items.

        It may be anything with ``indptr``, ``indices`` and ``data``, as SciPy's ``csr_matrix`` and ``csr_array``, or a
        tuple of arrays (indptr, indices) or (indptr, indices, data). Values are the events' weights unless all are
        equal; those of 0 are no events.

        Args:
            matrix: The matrix.
            keys: The item of each column. Default: the column numbers.

        Raises:
            TypeError: it is no such matrix, for example a csc_matrix.
            ValueError: a value is negative or not finite, or indices and indptr do not fit together.
        """
        form = getattr(matrix, "format", "csr")
        if isinstance(form, str) and form != "csr":
            raise TypeError(f"a matrix in {form.upper()} format; call its tocsr() first")
        if isinstance(matrix, tuple):
            indptr, indices, *rest = matrix
            data = rest[0] if rest else None
        else:
            try:
                indptr, indices, data = csr_arrays(matrix)
            except AttributeError:
                raise TypeError(f"not a sparse matrix: {type(matrix).__name__}") from None
        used = int(indptr[-1]) if len(indptr) and 0 <= indptr[-1] <= len(indices) else len(indices)
        made = cls.from_ids(indices[:used], indptr, keys=keys)  # SciPy may leave room after the last row
        return made if data is None else made._weighted(weights_of(data[:used], "value"))

    @classmethod
    @_refusing_paths
    @names_arguments(COLUMNS)
    def from_table(
        cls,
        table: Any,
        *,
        session: str,
        item: str,
        time: str | None = None,
        weight: str | None = None,
        gap: float | str | timedelta | np.timedelta64 | None = None,
    ) -> Self:
        """A row an event, of a table of pandas, polars, Arrow, DuckDB or Hugging Face, or a dict of arrays.

        Anything else that exports an Arrow stream will do, and so will a list of dicts, one for each row.

        Rows may come in any order. With ``time``, the events of a session are sorted by it (equal times stay in the
        order of the rows); without, they stay in the order of the rows.

        Args:
            table: The table.
            session: Column of the session, basket or user.
            item: Column of the item.
            time: Column of the time: numbers, or dates and times, also as text such as "2024-05-17",
                "2024-05-17 12:30:00 UTC" or "2024-05-17T12:30:00+02:00". Numbers may be negative.
            weight: Column of the event's weight: numbers. Events of weight 0 are dropped.
            gap: Begin a new session where more than this lies between two events of a session: a timedelta, text such
                as "30min" or "1h30m", or, in the unit of the times (seconds for dates), a number. Times that are
                numbers must be in seconds for a gap with a unit; those too large for that, such as milliseconds since
                1970, are refused. Sessions then have keys (session, 0), (session, 1), ...

        Raises:
            KeyError: there is no such column.
            ValueError: a value is missing (None, NaN, masked or empty), a time or weight not finite, a weight negative
                (with its row, counting from 0); some times are numbers and some are dates, or some in seconds and some
                in milliseconds; ``gap`` without ``time``, or not above 0, or in another unit than the times; columns of
                different lengths.
            TypeError: it is no table, or holds no rows yet; ImportError: its kind needs pyarrow.
        """
        names = [name for name in (session, item, time, weight) if name is not None]
        columns = dict(zip(names, columns_of(table, names), strict=True))
        sessions, session_keys = factorize(columns[session], session)
        items, item_keys = factorize(columns[item], item)
        times = None if time is None else times_of(columns[time], time)
        if times is not None and gap is not None:
            check_gap(times, gap, str(time))
        order, offsets = grouped(sessions, len(session_keys))
        if times is not None:
            order = order[sorted_within(times[order], offsets)]
        made = cls._of(items[order], offsets, item_keys, session_keys, None if times is None else times[order])
        if gap is not None:
            made = made.split_at_gaps(gap)
        if weight is None:
            return made
        weights = weights_of(columns[weight], weight)
        return made._weighted(weights[order])

    @classmethod
    @names_arguments(COLUMNS, ("session", "item", "time", "weight", "gap"))
    def from_file(
        cls,
        path: AnyPath,
        *,
        columns: Sequence[str] | None = None,
        sep: str | None = None,
        quotechar: str | None = None,
        encoding: str = UTF8,
        **options: Any,
    ) -> Self:
        """A CSV or Parquet file with a row an event, or a folder or pattern of such files.

        Args:
            path: The file; it is Parquet where its name ends in .parquet or .pq, which needs pyarrow, and else text,
                which may be compressed. All items of text are str.
            columns: Names of the columns of a text whose first line does not name them.
            sep: What stands between the fields of a text, of one character or several. Default: a tab where the name
                ends in .tsv, .tab or .txt (an ending of compression after it does not count), else a comma.
            quotechar: What a quoted field of a text begins and ends with; "" where quotes are text like any other.
                Default: "" with tabs and separators of several characters, else a double quote.
            encoding: Of a text.
            options: As in `from_table`.

        Raises:
            TypeError: it is no path, or ``session`` or ``item`` is not given.
            OSError: the file cannot be read; ValueError: it is damaged, with its line. The rest as in `from_table`.
        """
        require_path(path)
        path = local_path(path)
        if options.get("session") is None or options.get("item") is None:
            raise TypeError(
                f"{path}: name the columns of sessions and items: Interactions.from_file(path, session=..., item=...); "
                "a text with a basket a line is read by Interactions.from_basket_file(path)"
            )
        with errors_name(path):
            keyed = [options[name] for name in ("session", "item") if options.get(name) is not None]
            measured = [options[name] for name in ("time", "weight") if options.get(name) is not None]
            form = Delimited(sep, quotechar, encoding)
            return cls.from_table(read_table(path, columns, keyed=keyed, measured=measured, options=form), **options)

    @classmethod
    @names_arguments()
    def from_basket_file(
        cls, path: AnyPath, *, keyed: bool = False, sep: str | None = None, encoding: str = UTF8
    ) -> Self:
        """A text with a basket a line, also compressed, or a folder or pattern of such files. All items are str.

        Args:
            path: The file. Empty lines are skipped.
            keyed: Whether the first field of each line is the key of the basket, such as a user. Default: baskets have
                their numbers as keys.
            sep: What stands between items, such as ",". Default: white space.
            encoding: Of the file.

        Raises:
            ValueError: an item is missing or the text is damaged, with the line; a key comes twice.
            OSError: the file cannot be read.
        """
        require_path(path)
        path = local_path(path)
        keys: list[Hashable] = []
        items, offsets, item_keys = number_baskets(_noting_keys(read_baskets(path, sep, encoding, keyed=keyed), keys))
        if len(set(keys)) != len(keys):
            twice = max(keys, key=Counter(keys).__getitem__)
            raise ValueError(f"{path}: two baskets have the key {twice!r}")
        return cls._of(items, offsets, item_keys, keys if keyed else None)

    # ---- changes, each a new object ----

    def split_at_gaps(self, gap: float | str | timedelta | np.timedelta64) -> Self:
        """Begin a new session wherever more than ``gap`` lies between two events; see `from_table`."""
        if self.times is None:
            raise ValueError("sessions are split at gaps in time: name the column of times by time=")
        longest = gap_seconds(gap)
        check_gap(self.times, gap, "time")
        begins = np.zeros(len(self.items), bool)
        begins[self.offsets[:-1][np.diff(self.offsets) > 0]] = True
        begins[1:] |= np.diff(self.times) > longest
        offsets = np.concatenate([np.flatnonzero(begins), [len(self.items)]]).astype(np.int64)
        owners = self._owners()[offsets[:-1]]
        number = np.arange(len(owners)) - np.searchsorted(owners, owners)
        keys = [(self.session_keys[owner], part) for owner, part in zip(owners.tolist(), number.tolist(), strict=True)]
        return self._of(self.items, offsets, self.item_keys, keys, self.times, self.weights)

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        """The events that ``chosen`` (events,) marks; sessions stay, some perhaps empty."""
        before = np.concatenate([[0], np.cumsum(chosen)]).astype(np.int64)
        kept = np.flatnonzero(chosen)
        return self._of(
            self.items.take(kept),  # Python looks for Ctrl-C after a call only
            before.take(self.offsets),
            self.item_keys,
            self.session_keys,
            None if self.times is None else self.times.take(kept),
            None if self.weights is None else self.weights.take(kept),
        )

    def merged(self) -> Self:
        """Each item once in a session, where it came first; weights are added up, and without any all count 1."""
        stays = np.zeros(len(self.items), bool)
        sums = None if self.weights is None else np.zeros(len(self.items))
        for begin, end in blocks(self.offsets):
            some = slice(self.offsets[begin], self.offsets[end])
            order, first = firsts_and_groups(self.items[some], owners_of(self.offsets[begin : end + 1] - some.start))
            if not len(order):
                continue
            stays[some][order[first]] = True
            if sums is not None and self.weights is not None:
                sums[some][order[first]] = np.add.reduceat(self.weights[some][order], np.flatnonzero(first))
        if stays.all():
            return self
        made = self.where(stays)
        if sums is not None:
            made.weights = sums[stays]
        return made

    def frequent(self, min_count: int) -> Self:
        """Without events of items that occur less than ``min_count`` times."""
        counts = np.bincount(self.items, minlength=len(self.item_keys))
        return self if min_count <= 1 else self.where(counts[self.items] >= min_count)

    def with_items(self, numbers: Numbers, keys: Sequence[Hashable]) -> Self:
        """The same in other item numbers; events of items that ``numbers``, a dict, lacks are dropped."""
        if self.item_keys is keys:
            return self
        remap = np.fromiter((numbers.get(key, -1) for key in self.item_keys), np.int64, len(self.item_keys))
        rows = remap[self.items]
        made = self.where(rows >= 0)
        return self._of(rows[rows >= 0], made.offsets, keys, made.session_keys, made.times, made.weights)

    def joined(self, other: Interactions) -> Self:
        """The sessions of both: those with a key of this one are continued, new ones come after them.

        Sessions of ``other`` that have numbers in place of keys are all new, and are numbered on.
        """
        if isinstance(other.session_keys, range):
            start = max((key for key in self.session_keys if isinstance(key, int)), default=-1) + 1
            other = other[:]
            other.session_keys = range(start, start + len(other))
        numbers: dict[Hashable, int] = {key: row for row, key in enumerate(self.item_keys)}
        keys = [*self.item_keys, *(key for key in other.item_keys if key not in numbers)]
        other = other.with_items({key: row for row, key in enumerate(keys)}, keys)
        sessions: dict[Hashable, int] = {key: row for row, key in enumerate(self.session_keys)}
        places = np.array([sessions.setdefault(key, len(sessions)) for key in other.session_keys], np.int64)
        order, offsets = grouped(np.concatenate([self._owners(), places[other._owners()]]), len(sessions))
        items = np.concatenate([self.items, other.items]).take(order)  # Python looks for Ctrl-C after a call only
        times = None
        if self.times is not None and other.times is not None:
            times = np.concatenate([self.times, other.times]).take(order)
        weights = None
        if self.weights is not None or other.weights is not None:
            parts = [np.ones(len(one.items)) if one.weights is None else one.weights for one in (self, other)]
            weights = np.concatenate(parts).take(order)
        return self._of(items, offsets, keys, list(sessions), times, weights)

    def _weighted(self, weights: Floats) -> Self:
        """The same with weights that `weights_of` made, without events of weight 0."""
        if len(weights) != len(self.items):
            raise ValueError(f"{len(weights)} weights for {len(self.items)} events")
        made = self._of(self.items, self.offsets, self.item_keys, self.session_keys, self.times, weights)
        made = made.where(weights > 0) if not weights.all() else made
        if made.weights is not None and (not len(made.weights) or made.weights.min() == made.weights.max()):
            made.weights = None
        return made

    # ---- looking ----

    def _owners(self) -> Ints:
        """The session of each event."""
        return owners_of(self.offsets)

    def item_counts(self) -> Ints:
        """How often each item occurs: int64 (items,)."""
        return np.bincount(self.items, minlength=len(self.item_keys)).astype(np.int64)

    @property
    def shape(self) -> tuple[int, int]:
        """(sessions, items)."""
        return len(self), len(self.item_keys)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[list[Hashable]]:
        for session in range(len(self)):
            yield self._session(session)

    def _session(self, session: int) -> list[Hashable]:
        begin, end = self.offsets[session : session + 2]
        return [self.item_keys[item] for item in self.items[begin:end].tolist()]

    def __getitem__(self, chosen: Any) -> Any:
        """One session as a list of keys, or those of a slice or an array of numbers or marks."""
        of_pair = isinstance(chosen, tuple) and len(chosen) == 2 and chosen[1] is Ellipsis
        picked: Any = chosen[0] if of_pair else chosen  # scikit-learn picks rows by a pair
        if not isinstance(picked, slice | list | np.ndarray):
            number = operator.index(picked)
            if not -len(self) <= number < len(self):
                raise IndexError(f"there are {len(self)} sessions, not one with number {number}")
            return self._session(number % len(self))
        rows = np.arange(len(self))[picked]
        counts = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        events = np.repeat(self.offsets[rows] - offsets[:-1], counts) + np.arange(offsets[-1])
        return self._of(
            self.items[events],
            offsets,
            self.item_keys,
            [self.session_keys[row] for row in rows.tolist()],
            None if self.times is None else self.times[events],
            None if self.weights is None else self.weights[events],
        )

    def __repr__(self) -> str:
        return f"Interactions({len(self):,} sessions, {len(self.items):,} events, {len(self.item_keys):,} items)"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        known = [name for name, values in (("times", self.times), ("weights", self.weights)) if values is not None]
        rows = {
            "sessions": f"{len(self):,}",
            "events": f"{len(self.items):,}" + (f", with {' and '.join(known)}" if known else ""),
            "items": f"{len(self.item_keys):,}",
        }
        first = self.items[: self.offsets[1]][:20].tolist() if len(self) else []
        examples = {"first items": self.item_keys, "first session": (self.item_keys[number] for number in first)}
        return table(type(self).__name__, rows, examples)


def _noting_keys(baskets: Iterable[tuple[str | None, list[str]]], keys: list[Hashable]) -> Iterator[list[str]]:
    """The baskets alone; their keys are appended to ``keys``."""
    for key, basket in baskets:
        if key is not None:
            keys.append(key)
        yield basket


def _require_offsets(offsets: Ints, events: int, name: str) -> None:
    if not are_offsets(offsets, events):
        raise ValueError(f"offsets must rise from 0 to the number of {name}, {events}")


def _require_numbers(name: str, numbers: Ints, keys: int) -> None:
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < keys):
        raise ValueError(f"{name} must be between 0 and {keys - 1}, the last of the keys")


def _numbers_of_events(name: str, values: Floats, events: int) -> Floats:
    if len(values) != events:
        raise ValueError(f"{len(values)} {name} for {events} events")
    return values


def _whole_numbers(name: str, values: ArrayLike) -> Ints:
    masked = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    if masked is not None and masked.any():
        raise ValueError(f"{name}: number {int(masked.argmax())} (counting from 0) is missing (masked)")
    array = np.asarray(values)
    if array.dtype.kind == "u" and array.size and array.max() >= 2**63:
        raise ValueError(f"{name} must be below 2**63, not {array.max()}")
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, not {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not shape {array.shape}")
    return array.astype(np.int64)


def _session_keys(keys: Iterable[Hashable], count: int) -> Sequence[Hashable]:
    made = keys if isinstance(keys, range) else ordered_keys("session_keys", keys)
    if len(made) != count:
        raise ValueError(f"{count} sessions need as many different keys; there are {len(made)}")
    return made
