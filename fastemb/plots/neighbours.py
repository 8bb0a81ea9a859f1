"""The nearest keys of one key, as a fan around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import names_arguments
from ..checks import integer
from ..vectors.questions import single_keys
from ..vectors.store import Key
from .colours import INK, PALE, style_of
from .labels import Placer, warn_of_no_room
from .order import alike_beside
from .picture import Canvas, Look, Picture, written
from .sources import source_of, units_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RINGS = 3


@names_arguments()
def plot_neighbours(
    vectors: Any,
    key: Key,
    topn: int = 16,
    *,
    restrict_vocab: int | None = None,
    ax: Axes | None = None,
    look: Look | None = None,
) -> Picture:
    """Draw the nearest keys of a key around it, each as far away as it is in truth: 1 - cosine.

    Neighbours that are alike stand side by side. For the neighbours of several keys draw a map: `plot` with
    ``neighbours_of``. Needs ``fastemb[plot]``.

    Args:
        vectors: `KeyedVectors`, a model, or a layer that has keys.
        key: In the middle.
        topn: How many neighbours. Default 16.
        restrict_vocab: Look for them among the first so many keys only. Default None: all.
        ax: Axes of matplotlib to draw on. Default None: a new picture.
        look: Size, font, title, and what is written for keys.

    Returns:
        The picture; its ``keys`` are the key and its neighbours, nearest first.

    Raises:
        KeyError: There is no such key.
        ValueError: ``topn`` is less than 1, there is no other key, or no font has a character.
        TypeError: ``key`` is a list, or something else is of another type.
        ImportError: matplotlib is missing.
    """
    source = source_of(vectors)
    asked = single_keys("key", key)
    if len(asked) != 1 or isinstance(key, list):
        raise TypeError(f"plot_neighbours draws the neighbours of one key, not {key!r}: for several call plot")
    near = source.vectors.most_similar_batch(asked, integer("topn", topn, 1), restrict_vocab=restrict_vocab)[0]
    if not near:
        raise ValueError(f"there is no key besides {key!r} to be its neighbour")
    keys = [asked[0], *(name for name, _ in near)]
    cosines = np.array([cosine for _, cosine in near], np.float64)
    units = units_of(source.vectors, keys[1:]).astype(np.float64)
    titles = look.titles if isinstance(look, Look) else {}
    texts = [written(one, source.text, titles) for one in keys]
    canvas = Canvas(ax, look, texts, (5.0, 4.6))
    angles = np.empty(len(near))
    angles[alike_beside(units)] = np.pi / 2 - 2 * np.pi * np.arange(len(near)) / len(near)
    away = np.maximum(1 - cosines, 0)
    positions = np.zeros((len(keys), 2))
    positions[1:] = away[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    axes = canvas.axes
    reach = max(float(away.max()), 1e-6)
    turn = np.linspace(0, 2 * np.pi, 200)
    for ring in reach * np.arange(1, _RINGS + 1) / _RINGS:
        axes.plot(ring * np.cos(turn), ring * np.sin(turn), color=PALE, linewidth=0.5, zorder=1)
    for x, y in positions[1:]:
        axes.plot([0, x], [0, y], color=style_of(0)[0], linewidth=0.9, alpha=0.55, zorder=2)
    axes.scatter(positions[1:, 0], positions[1:, 1], s=18, color=style_of(0)[0], linewidths=0, zorder=3)
    axes.scatter([0], [0], s=30, color=style_of(3)[0], linewidths=0, zorder=4)
    axes.set_xlim(-1.55 * reach, 1.55 * reach)
    axes.set_ylim(-1.2 * reach, 1.2 * reach)
    axes.set_aspect("equal", adjustable="box")
    canvas.blank()
    for spine in axes.spines.values():
        spine.set_visible(False)
    canvas.note(
        f"circles: cosines {', '.join(f'{1 - ring:.2f}' for ring in reach * np.arange(1, _RINGS + 1) / _RINGS)}"
    )
    canvas.settle()
    spokes = [positions[1:] * share for share in np.linspace(0.2, 0.9, 8)]
    placer = Placer(canvas, np.vstack([positions, *spokes]))
    found = placer.place(texts, positions, [style_of(3)[0], *[INK] * len(near)])
    warn_of_no_room(len(texts) - len(found), len(texts))
    return Picture(canvas, keys, positions, {"nearest": float(cosines.max()), "farthest": float(cosines.min())})
