"""The page: HTML, style and program of this folder, the library that draws, and the data, in one text.

Keys are data that nobody controls. Whatever comes from them goes into the page as base64 of compressed bytes, which the
program puts on the screen as text alone. The page's own policy lets only the two programs run that are in it, and
nothing be fetched.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..plots.colours import COLOURS
from ..plots.extra import library
from ..plots.groups import Groups
from ..vectors.store import Array
from .columns import Column

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

SYMBOLS = ("circle", "triangle-up", "square", "diamond", "triangle-down", "cross")  # plotly's names of plots' marks
_MOST_16 = 1 << 16
_STEPS = 65535  # along the longer side of the map
_COSINE = 32767  # stands for 1
_NO_GROUP = 255
_LEVEL = 6  # of compression; more takes longer and saves little
_SLOT = re.compile(r"\{\{(\w+)\}\}")


class Map(NamedTuple):
    """What is on a map of n keys; k neighbours of each are known.

    Attributes:
        names: Of the n keys, and after them of m neighbours that are not on the map.
        titles: What is shown for them; None where it is the names.
        positions: (n, 2).
        near: (n, k), places of neighbours among the names, nearest first; -1 for none.
        cosines: (n, k) float32.
    """

    names: list[str]
    titles: list[str] | None
    positions: Doubles
    near: Ints
    cosines: Array


def page_of(data: Map, columns: list[Column], title: str, note: str) -> str:
    """The page as HTML.

    Args:
        data: What is on the map.
        columns: What it can be coloured by; by the first one at first.
        title: Of the page.
        note: How the map was made.
    """
    arrays = [*_places(data), *(_values(column) for column in columns)]
    about = {
        "count": len(data.positions),
        "nearest": data.near.shape[1],
        "title": title,
        "note": note,
        "names": data.names,
        "titles": data.titles,
        "columns": [_about(column) for column in columns],
        "colours": COLOURS,
        "symbols": SYMBOLS,
        "scale": list(library("plotly.colors", "explore").sequential.Viridis),
        "arrays": [{"type": _TYPES[array.dtype.str[1:]], "bytes": array.nbytes} for array in arrays],
    }
    described = json.dumps(about, ensure_ascii=False).encode("utf-8", "replace")  # of keys with half a character, too
    drawing = library("plotly.offline", "explore").get_plotlyjs()
    program = _part("page.js")
    parts = {
        "policy": _policy(program, drawing),
        "title": html.escape(title),
        "style": _part("page.css"),
        "library": _packed(drawing.encode()),
        "about": _packed(described),
        "arrays": _packed(b"".join(array.tobytes() for array in arrays)),
        "program": program,
    }
    return _SLOT.sub(lambda slot: parts[slot[1]], _part("page.html"))


def _part(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath(name).read_text(encoding="utf-8")


def _policy(*programs: str) -> str:
    """What the page may do: run these programs, and fetch nothing. The library makes functions of texts of its own."""
    hashes = " ".join(f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'" for text in programs)
    return (
        f"default-src 'none'; script-src {hashes} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _packed(data: bytes) -> str:
    return _base64(gzip.compress(data, _LEVEL, mtime=0))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


_TYPES = {"u1": "Uint8Array", "u2": "Uint16Array", "i2": "Int16Array", "i4": "Int32Array", "f8": "Float64Array"}


def _places(data: Map) -> list[Array]:
    """Places as whole numbers of 16 bits, both ways in the same unit, neighbours, and cosines."""
    low = data.positions.min(axis=0)
    side = max(float((data.positions - low).max()), 1e-30)
    places: Any = np.round((data.positions - low) * (_STEPS / side)).astype("<u2")
    none = len(data.names)  # no neighbour
    near: Any = np.where(data.near < 0, none, data.near).astype("<u2" if none < _MOST_16 else "<i4")
    cosines = np.where(data.near < 0, 0, np.nan_to_num(data.cosines, nan=0)).clip(-1, 1)
    return [places.T.copy(), near, np.round(cosines * _COSINE).astype("<i2")]


def _about(column: Column) -> dict[str, Any]:
    groups = column.values.names if isinstance(column.values, Groups) else None
    return {"name": column.name, "groups": groups}


def _values(column: Column) -> Array:
    """Numbers of groups as bytes, 255 for none, or numbers as they are."""
    if isinstance(column.values, Groups):
        return np.where(column.values.of < 0, _NO_GROUP, column.values.of).astype("u1")
    return column.values.of.astype("<f8")
