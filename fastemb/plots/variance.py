"""How the variance of a space is spread over its dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import names_arguments
from ..checks import integer
from ..spaces.reduce import components
from .colours import style_of
from .picture import Canvas, Look, Picture
from .sources import source_of, units_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHARES = (0.5, 0.9)


@names_arguments()
def plot_variance(
    vectors: Any, *, restrict_vocab: int | None = None, ax: Axes | None = None, look: Look | None = None
) -> Picture:
    """Draw the share of the variance along each principal component (a scree plot), and along the first so many.

    The vectors count with length 1, less their mean. The result's ``numbers`` have "half" and "nine_tenths", the
    components that hold so much of the variance, and "effective_dimensions": (sum of variances)^2 / sum of their
    squares, which is the number of dimensions where all have the same variance, and 1 where all vectors lie along a
    line. Needs ``fastemb[plot]``.

    Args:
        vectors: `KeyedVectors`, a model, or a layer that has keys.
        restrict_vocab: The first so many keys only. Default None: all.
        ax: Axes of matplotlib to draw on. Default None: a new picture.
        look: Size, font and title.

    Raises:
        ValueError: There are fewer than two keys, all vectors are the same, or one is not finite.
        TypeError: Something is of another type.
        ImportError: matplotlib is missing.
    """
    source = source_of(vectors)
    limit = None if restrict_vocab is None else integer("restrict_vocab", restrict_vocab, 2)
    keys = [key for key in source.vectors.index_to_key[:limit] if key is not None]
    if len(keys) < 2:
        raise ValueError(f"there must be at least two keys, not {len(keys)}")
    units = units_of(source.vectors, keys)
    values, _ = components(units, units.mean(axis=0, dtype=np.float64))
    if not values.sum() > 1e-9 * len(keys):
        raise ValueError("all vectors point the same way, so they have no variance")
    shares = values / values.sum()
    total = np.cumsum(shares)
    half, most = (int(np.searchsorted(total, share - 1e-12)) + 1 for share in _SHARES)
    effective = float(1 / (shares**2).sum())
    canvas = Canvas(ax, look, [], (5.0, 3.2))
    axes = canvas.axes
    numbers = np.arange(1, len(shares) + 1)
    axes.bar(numbers, 100 * shares, width=1.0, color=style_of(5)[0], linewidth=0)
    axes.set_ylabel("% of variance, of each", fontproperties=canvas.sized(canvas.small))
    axes.set_xlabel("principal components", fontproperties=canvas.sized(canvas.small))
    axes.set_xlim(0.5, len(shares) + 0.5)
    so_far = axes.twinx()
    so_far.plot(numbers, 100 * total, color=style_of(0)[0], linewidth=1.4)
    so_far.set_ylabel("% of all so far", fontproperties=canvas.sized(canvas.small), color=style_of(0)[0])
    so_far.set_ylim(0, 103)
    so_far.tick_params(labelsize=canvas.small, color="#bbbbbb", labelcolor=style_of(0)[0], length=2.5)
    for share, count in zip(_SHARES, (half, most), strict=True):
        way = [count, count, len(shares) + 0.5], [0, 100 * share, 100 * share]
        so_far.plot(*way, color=style_of(3)[0], linewidth=0.7, linestyle=(0, (4, 3)))
        so_far.annotate(
            f"{share:.0%}: {count}",
            (count, 100 * share),
            xytext=(3, -3),
            textcoords="offset points",
            va="top",
            color=style_of(3)[0],
            fontproperties=canvas.sized(canvas.small),
        )
    for one in (axes, so_far):
        for side, spine in one.spines.items():
            spine.set_visible(side != "top")
            spine.set_color("#bbbbbb")
            spine.set_linewidth(0.6)
    canvas.settle()
    found = {"half": float(half), "nine_tenths": float(most), "effective_dimensions": effective}
    return Picture(canvas, [], None, found)
