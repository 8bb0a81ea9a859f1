"""A graph in one safetensors file: rows of neighbours, weights and nodes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import are_offsets
from ..io.atomic import StrPath
from ..io.keys import pack_any_keys, unpack_any_keys
from ..io.kinds import require_format
from ..io.paths import AnyPath, any_path
from ..io.safetensors import read_tensors, write_tensors
from ..signals import slices
from .rows import Rows

_FORMAT = "fastemb.Graph"
_VERSION = "1"


def write_graph(path: StrPath, rows: Rows, nodes: Sequence[Hashable], *, directed: bool) -> None:
    """Write a graph; the file is there whole or not at all.

    Raises:
        TypeError: a node is of a kind that no file holds.
    """
    arrays: dict[str, NDArray[Any]] = {"offsets": rows.offsets, "neighbours": rows.neighbours}
    if rows.weights is not None:
        arrays["weights"] = rows.weights
    metadata = {"format": _FORMAT, "version": _VERSION, "directed": str(int(directed)), "key_type": "range"}
    if not isinstance(nodes, range):
        keys, metadata["key_type"] = pack_any_keys(nodes, "nodes", ": give str(node)")
        arrays |= keys
    write_tensors(path, arrays, metadata)


def read_graph(path: AnyPath, mmap: str | None) -> tuple[Rows, Sequence[Hashable], bool]:
    """The rows, the nodes, and whether edges lead one way.

    Raises:
        ValueError: the file holds no graph, or is damaged.
        OSError: it cannot be read.
    """
    if mmap not in (None, "r"):
        raise ValueError(f"mmap must be None or 'r', not {mmap!r}")
    arrays, metadata = read_tensors(path, mmap)
    name = any_path(path)
    require_format(name, metadata, _FORMAT, _VERSION)
    try:
        rows = Rows(arrays["offsets"], arrays["neighbours"], arrays.get("weights"))
        count = len(rows.offsets) - 1
        if (
            rows.offsets.dtype != np.int64
            or rows.neighbours.dtype != np.int32
            or rows.neighbours.ndim != 1
            or not are_offsets(rows.offsets, len(rows.neighbours))
            or count < 1
        ):
            raise ValueError("the rows make no sense")
        if rows.weights is not None and (
            rows.weights.dtype != np.float32
            or rows.weights.shape != rows.neighbours.shape
            or not all((rows.weights[part] > 0).all() for part in slices(len(rows.weights)))
            or not all(np.isfinite(rows.weights[part]).all() for part in slices(len(rows.weights)))
        ):
            raise ValueError("the weights make no sense")
        kind = metadata.get("key_type")
        nodes: Sequence[Hashable] = range(count) if kind == "range" else unpack_any_keys(path, arrays, kind)
        if len(nodes) != count or (kind != "range" and len(set(nodes)) != count):
            raise ValueError("the nodes do not fit the rows")
        if metadata.get("directed") not in ("0", "1"):
            raise ValueError("it is not said whether edges lead one way")
    except (KeyError, TypeError, ValueError) as error:
        missing = "there is no " if isinstance(error, KeyError) else ""
        raise ValueError(f"{name}: damaged: {missing}{str(error).removeprefix(f'{name}: ')}") from None
    return rows, nodes, metadata["directed"] == "1"
