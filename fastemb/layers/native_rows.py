"""Operations on the rows of a float32 table, in C and on several threads.

The work on rows is shared by their owner, and a worker sums in the order of ids, so that the number of workers changes
no bit. `plain_rows` has the same functions in NumPy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..config import isa
from ..kept_threads import in_kept_threads
from .gradients import Array, Bags, Gradients, Ids
from .optimizers import Rule


def look_up(weight: Array, ids: Ids, workers: int) -> Array:
    """Rows ``ids`` of a table, (len(ids), D)."""
    out = np.empty((len(ids), weight.shape[1]), np.float32)
    _in_parts(workers, len(ids), lambda begin, end: _native.gather_rows(weight, ids[begin:end], out[begin:end]))
    return out


def shorten(weight: Array, ids: Ids, longest: float, p: float, workers: int) -> None:
    """Shorten those of the rows ``ids`` whose p-norm is above ``longest``, in place."""

    def work(worker: int) -> None:
        _native.RowGroups(ids, len(weight), -1, worker, workers).shorten(isa(), weight, longest, p)

    in_kept_threads(workers, work, _nothing)


def sums(ids: Ids, gradients: Gradients, rows: int, padding: int, workers: int) -> tuple[Ids, Array]:
    """The rows that have a gradient, rising, and the sums of their gradients, (n, D)."""
    given = _native_gradients(len(ids), gradients)
    owned: list[Ids] = [np.empty(0, np.int64)] * workers
    values = np.empty((0, gradients.rows.shape[1]), np.float32)
    indices = np.empty(0, np.int64)
    grouped = threading.Barrier(workers)

    def work(worker: int) -> None:
        nonlocal values, indices
        groups = _native.RowGroups(ids, rows, padding, worker, workers)
        own = owned[worker] = np.empty(groups.distinct(), np.int64)
        groups.rows(own)
        if grouped.wait() == 0:
            total = sum(map(len, owned))
            values, indices = np.empty((total, values.shape[1]), np.float32), np.empty(total, np.int64)
        grouped.wait()
        places = np.arange(len(own))
        for other in range(workers):
            if other != worker:
                _native.rank_rows(own, owned[other], places)
        indices[places] = own
        groups.sum(isa(), given, places, values)

    in_kept_threads(workers, work, grouped.abort)
    return indices, values


def learn(
    weight: Array, state: Sequence[Array], rule: Rule, ids: Ids, gradients: Gradients, padding: int, workers: int
) -> None:
    """Sum the gradients of equal ids, and make a step of an optimiser on these rows."""
    optimizer = _optimizer(weight, state, rule)
    given = _native_gradients(len(ids), gradients)

    def work(worker: int) -> None:
        _native.RowGroups(ids, len(weight), padding, worker, workers).learn(optimizer, given)

    in_kept_threads(workers, work, _nothing)


def apply(
    weight: Array, state: Sequence[Array], rule: Rule, indices: NDArray[np.int64] | None, values: Array, workers: int
) -> None:
    """Make a step of an optimiser on rows ``indices``, each there once, or on all."""
    size = weight.size // len(weight)
    optimizer = _optimizer(weight.reshape(-1, size), state, rule)
    rows = np.ascontiguousarray(values, np.float32).reshape(-1, size)
    _in_parts(workers, len(rows), lambda begin, end: optimizer.apply(indices, rows, begin, end))


def find_unusual(values: Array, workers: int) -> bool:
    """Whether there is a NaN or an infinite value."""
    flat = values.reshape(-1)
    finite: list[bool] = []
    _in_parts(workers, len(flat), lambda begin, end: finite.append(_native.all_finite(isa(), flat[begin:end])))
    return not all(finite)


def pool(weight: Array, bags: Bags, workers: int) -> Array:
    """The sum or the mean of each bag's rows, (bags, D); zero for an empty bag."""
    out = np.empty((len(bags), weight.shape[1]), np.float32)
    given = _native_bags(weight, bags)
    _in_parts(workers, len(bags), lambda begin, end: given.pool(begin, end, out))
    return out


def pool_max(weight: Array, bags: Bags, workers: int) -> tuple[Array, Ids]:
    """The greatest value of each bag's rows by column, and at which id it stands, both (bags, D); 0 and -1 if empty."""
    out = np.empty((len(bags), weight.shape[1]), np.float32)
    winners = np.empty(out.shape, np.int64)
    given = _native_bags(weight, bags)
    _in_parts(workers, len(bags), lambda begin, end: given.max(begin, end, out, winners))
    return out, winners


def products(weight: Array, bags: Bags, grad: Array, workers: int) -> Array:
    """The product of each id's row with the gradient of its bag, (len(ids),)."""
    out = np.empty(len(bags.ids), np.float32)
    given = _native_bags(weight, bags)
    _in_parts(workers, len(bags), lambda begin, end: given.products(begin, end, grad, out))
    return out


def _in_parts(workers: int, count: int, work: Callable[[int, int], None]) -> None:
    """Call work(begin, end) for as many parts of ``count`` as there are workers."""
    in_kept_threads(workers, lambda at: work(at * count // workers, (at + 1) * count // workers), _nothing)


def _nothing() -> None:
    """No worker runs for long: none has to be told to stop."""


def _native_gradients(count: int, gradients: Gradients) -> _native.RowGradients:
    return _native.RowGradients(
        count, gradients.rows, gradients.source, gradients.factors, gradients.winners, gradients.by_frequency
    )


def _native_bags(weight: Array, bags: Bags) -> _native.RowBags:
    return _native.RowBags(isa(), weight, bags.ids, bags.offsets, bags.factors, bags.mean)


def _optimizer(weight: Array, state: Sequence[Array], rule: Rule) -> _native.RowOptimizer:
    """``state`` holds what the rule calls v last, and m before it."""
    rows = [array.reshape(len(weight), -1) for array in state]
    first, second = [None] * (2 - len(rows)) + rows
    return _native.RowOptimizer(isa(), weight, first, second, rule.name, rule[1:])
