"""Neighbours of many queries as an Arrow table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..io.arrow import pyarrow
from .store import Key, is_integer
from .topk import Floats, Indices


def require_arrow() -> None:
    """Check that pyarrow is there before the work.

    Raises:
        ImportError: It is not installed.
    """
    pyarrow()


def neighbours_table(names: Sequence[Key] | None, keys: Sequence[Key], rows: Indices, scores: Floats) -> Any:
    """A ``pyarrow.Table`` of query, rank, key and score, a row for each neighbour that was found.

    Args:
        names: The name of each query. Default None: its number, from 0 on.
        keys: The key of each row of vectors.
        rows: (q, n), -1 for nothing.
        scores: (q, n).
    """
    pa = pyarrow()
    queries, places = np.nonzero(rows >= 0)
    named = pa.array(np.arange(len(rows))) if names is None else _keys(pa, names)
    columns = {
        "query": named.take(pa.array(queries)),
        "rank": pa.array(places + 1),
        "key": _found(pa, keys, rows[queries, places]),
        "score": pa.array(scores[queries, places]),
    }
    return pa.table(columns)


def _found(pa: Any, keys: Sequence[Key], rows: NDArray[np.int64]) -> Any:
    """The keys of some rows: those that were found become Arrow's, not all there are."""
    different, places = np.unique(rows, return_inverse=True)
    return _keys(pa, [keys[row] for row in different.tolist()]).take(pa.array(places))


def _keys(pa: Any, keys: Sequence[Key]) -> Any:
    if all(is_integer(key) and -(2**63) <= key < 2**63 for key in keys):
        return pa.array([int(key) for key in keys], pa.int64())
    return pa.array([key if isinstance(key, str) else str(key) for key in keys], pa.string())
