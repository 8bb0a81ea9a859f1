"""Pairs of keys and the way from one to the other: parallel where an analogy holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import names_arguments
from ..vectors.store import Key
from .colours import FAINT, INK, style_of
from .labels import Placer, warn_of_no_room
from .layout import check_spread, flat
from .picture import Canvas, Look, Picture, written
from .sources import source_of, units_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAIR = 2


@names_arguments()
def plot_analogies(
    vectors: Any, pairs: Iterable[tuple[Key, Key]], *, ax: Axes | None = None, look: Look | None = None
) -> Picture:
    """Draw an arrow from the first to the second key of each pair, on the plane of most variance.

    With two pairs it is the parallelogram of an analogy, whose other sides are dashed:

        plot_analogies(wv, [("man", "woman"), ("king", "queen")])

    A plane may show as parallel what is not, and the reverse. So the result's ``numbers`` have "parallel", the mean
    cosine between the ways of two pairs in the whole space, 1 where all are parallel and about 0 by chance; and
    "variance", the share that the plane shows. Needs ``fastemb[plot]``.

    Args:
        vectors: `KeyedVectors`, a model, or a layer that has keys.
        pairs: Two keys each; two pairs or more.
        ax: Axes of matplotlib to draw on. Default None: a new picture.
        look: Size, font, title, and what is written for keys.

    Raises:
        KeyError: There is no such key.
        ValueError: There are fewer than two pairs, a pair holds a key twice, a vector is not finite, all point the
            same way, or no font has a character.
        TypeError: A pair is none, or something else is of another type.
        ImportError: matplotlib is missing.
    """
    source = source_of(vectors)
    given = _pairs(pairs)
    keys = list(dict.fromkeys(key for pair in given for key in pair))
    units = units_of(source.vectors, keys).astype(np.float64)
    check_spread(units)
    rows = {key: row for row, key in enumerate(keys)}
    ends = np.array([[rows[key] for key in pair] for pair in given], np.intp)
    titles = look.titles if isinstance(look, Look) else {}
    texts = [written(key, source.text, titles) for key in keys]
    canvas = Canvas(ax, look, texts)
    positions, shares = flat(units)
    ways = units[ends[:, 1]] - units[ends[:, 0]]
    ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)
    parallel = float((ways @ ways.T)[np.triu_indices(len(given), 1)].mean())
    axes = canvas.axes
    axes.scatter(positions[:, 0], positions[:, 1], s=14, color=INK, linewidths=0, zorder=3)
    for number, (start, end) in enumerate(ends.tolist()):
        how = {"arrowstyle": "-|>", "color": style_of(number % 6)[0], "linewidth": 1.3, "shrinkA": 3, "shrinkB": 3}
        axes.annotate("", xy=tuple(positions[end]), xytext=tuple(positions[start]), arrowprops=how, zorder=2)
    if len(given) == _PAIR:
        for one, other in zip(*ends.tolist(), strict=True):
            side = positions[[one, other]]
            axes.plot(side[:, 0], side[:, 1], color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.margins(0.14)
    canvas.blank()
    canvas.note(f"PCA, {shares.sum():.0%} of variance; mean cosine between the ways of two pairs {parallel:.2f}")
    canvas.settle()
    lines = np.vstack([ends, ends.T]) if len(given) == _PAIR else ends
    placer = Placer(canvas, np.vstack([positions, *_ways(positions, lines)]))
    found = placer.place(texts, positions, [INK] * len(texts))
    warn_of_no_room(len(texts) - len(found), len(texts))
    return Picture(canvas, keys, positions, {"parallel": parallel, "variance": float(shares.sum())})


def _pairs(pairs: Any) -> list[tuple[Key, Key]]:
    if isinstance(pairs, str) or not isinstance(pairs, Iterable):
        raise TypeError(f"pairs must be a list of pairs of keys, not {pairs!r}")
    found = []
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != _PAIR:
            raise TypeError(f"pairs must be of two keys each, such as ('man', 'woman'), not {pair!r}")
        if pair[0] == pair[1]:
            raise ValueError(f"the pair {tuple(pair)!r} has one key twice, and there is no way from a key to itself")
        found.append((pair[0], pair[1]))
    if len(found) < _PAIR:
        raise ValueError(f"pairs must be at least two, to be compared, not {len(found)}")
    return found


def _ways(positions: Any, ends: Any) -> list[Any]:
    """Points along lines, which labels should not cover."""
    steps = np.linspace(0.1, 0.9, 12)[:, None]
    return [positions[start] + steps * (positions[end] - positions[start]) for start, end in ends]
