"""Bags of keys in the forms that people have them in."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import no_document
from ..corpus import Corpus
from ..corpus.given import is_table, library_of, python_value
from ..corpus.lists import list_batches, number_lists
from ..corpus.messages import short
from ..corpus.task import ReadSizes
from ..vectors.store import Key

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Bags:
    """Bag b has the keys ``keys[items[i]]`` for i from offsets[b] to offsets[b + 1].

    Attributes:
        names: A name for each bag.
        items: (events,) numbers of keys.
        offsets: (bags + 1,) int64.
        keys: The different keys.
        weights: (events,) float64, how much each counts; None: all the same.
    """

    names: list[Key]
    items: NDArray[np.integer[Any]]
    offsets: Ints
    keys: Sequence[Hashable]
    weights: Doubles | None = None


def read_bags(given: Any, counted: bool, column: str | None) -> Bags:
    """Number the keys of bags; see `embed`.

    Args:
        given: Lists, a dict from name to list, a column, a table or a corpus.
        counted: Bags are dicts from key to count.
        column: Of a table.
    """
    no_document("bags", given, "a list of bags", "give [document.words]")
    is_column = column is not None or is_table(given) or library_of(given) in ("pandas", "polars", "pyarrow")
    if counted and (is_column or isinstance(given, Corpus)):
        raise TypeError(
            "weights='counts' needs dicts from key to count; lists, in which keys are repeated, need it not"
        )
    if is_column:
        names = given.index.tolist() if library_of(given) == "pandas" else None
        return _of_corpus(Corpus.from_arrow(given, column), names)
    if isinstance(given, Corpus):
        return _of_corpus(given, None)
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise TypeError(f"bags must be lists of keys, or a dict from name to list, not {short(given)}")
    if isinstance(given, Mapping):
        return _of_lists(given.values(), list(given), counted)
    return _of_lists(given, None, counted)


def _of_corpus(corpus: Corpus, names: list[Key] | None) -> Bags:
    return Bags(
        list(range(len(corpus))) if names is None else names, corpus.ids, corpus.offsets, corpus.vocabulary.keys
    )


def _of_lists(lists: Iterable[Any], names: list[Key] | None, counted: bool) -> Bags:
    parts: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    ends: list[Ints] = [np.zeros(1, np.int64)]
    weights: list[float] = []

    def take(ids: NDArray[np.int32], batch_ends: Ints) -> None:
        parts.append(ids)
        ends.append(batch_ends + ends[-1][-1])

    batches = list_batches(_keys_of_counted(lists, weights) if counted else lists, ReadSizes(), _keys_of)
    keys = number_lists(batches, take, _unhashable).keys()
    offsets = np.concatenate(ends)
    names = list(range(len(offsets) - 1)) if names is None else names
    return Bags(names, np.concatenate(parts), offsets, keys, np.array(weights, np.float64) if counted else None)


def _keys_of(bag: Any, number: int) -> Sequence[Hashable]:
    """The keys of a bag that is neither a list nor a tuple."""
    bag = python_value(bag)
    if isinstance(bag, list | tuple):
        return bag
    if isinstance(bag, Mapping):
        raise TypeError(f"bag {number} is {short(bag)}: weights='counts' takes the values of dicts as counts")
    if isinstance(bag, str | bytes) or not isinstance(bag, Iterable):
        hint = ": split it first, as with bag.split()" if isinstance(bag, str) else ""
        raise TypeError(f"bag {number} is {short(bag)}, not a list of keys{hint}")
    return list(bag.tolist()) if isinstance(bag, np.ndarray) else list(bag)


def _keys_of_counted(bags: Iterable[Any], weights: list[float]) -> Iterator[list[Hashable]]:
    """The keys of bags that are dicts, whose values are added to ``weights``."""
    for number, bag in enumerate(bags):
        if not isinstance(bag, Mapping):
            raise TypeError(f"bag {number} is {short(bag)}, not a dict from key to count, as weights='counts' needs")
        try:
            values = [float(value) for value in bag.values()]
        except (TypeError, ValueError):
            raise TypeError(f"bag {number} is {short(bag)}, whose values are not all numbers") from None
        wrong = [value for value in values if not 0 <= value < float("inf")]
        if wrong:
            raise ValueError(f"bag {number}: counts must be finite and not negative, but one is {wrong[0]}")
        weights += values
        yield list(bag)


def _unhashable(bags: list[Sequence[Hashable]], before: int) -> str:
    for number, bag in enumerate(bags, before):
        for key in bag:
            try:
                hash(key)
            except TypeError:
                return f"bag {number} holds {short(key)}, which is no key"
    return "keys cannot be compared with one another"
