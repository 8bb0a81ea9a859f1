"""Vectors as a file holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class VectorTable(NamedTuple):
    """Keys, their vectors, and what else is known of them."""

    keys: Sequence[Any] | dict[Any, int]
    """n keys; a dict holds the row of each and has them in the order of the rows. `PackedKeys` lie in a map."""

    vectors: NDArray[np.floating[Any]]
    """Shape (n, dimensions). Rows may lie further apart in memory than they are long."""

    attributes: Mapping[str, NDArray[Any]] = {}
    """Arrays of one value a key, by name, such as "count"."""

    own: Mapping[str, Any] = {}
    """What users set as attributes of the object that holds the vectors, by name."""
