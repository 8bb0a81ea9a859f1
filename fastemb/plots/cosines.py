"""Cosines of every key with every other, as colours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..arguments import names_arguments
from ..vectors.questions import single_keys
from ..vectors.store import Key
from .colours import INK, SCALE
from .order import alike_beside
from .picture import Canvas, Look, Picture, written
from .sources import source_of, units_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FEW = 12  # keys whose cosines are written as numbers, too
_MOST = 150
_DARK = 0.55  # of the scale; numbers on darker fields are white
ORDERS = ("similar", "given")


@names_arguments()
def plot_cosines(
    vectors: Any,
    keys: Iterable[Key],
    *,
    order: Literal["similar", "given"] = "similar",
    ax: Axes | None = None,
    look: Look | None = None,
) -> Picture:
    """Draw a heat map of the cosines of keys with each other.

    Up to 12 keys, the cosines stand in it as numbers. Needs ``fastemb[plot]``.

    Args:
        vectors: `KeyedVectors`, a model, or a layer that has keys.
        keys: 2 to 150 keys.
        order: "similar" (default): alike keys stand side by side; "given": as in ``keys``.
        ax: Axes of matplotlib to draw on. Default None: a new picture.
        look: Size, font, title, and what is written for keys.

    Returns:
        The picture, with ``keys`` in the order in which they are drawn.

    Raises:
        KeyError: There is no such key.
        ValueError: There are fewer than 2 or more than 150 keys, ``order`` is neither, a vector is not finite, or no
            font has a character.
        TypeError: Something is of another type.
        ImportError: matplotlib is missing.
    """
    source = source_of(vectors)
    if order not in ORDERS:
        raise ValueError(f"order must be 'similar' or 'given', not {order!r}")
    chosen = list(dict.fromkeys(single_keys("keys", keys)))
    if not 2 <= len(chosen) <= _MOST:
        raise ValueError(f"a heat map takes 2 to {_MOST} keys, not {len(chosen):,}; for more of them draw a map")
    units = units_of(source.vectors, chosen).astype(np.float64)
    if order == "similar":
        rows = alike_beside(units)
        chosen, units = [chosen[row] for row in rows.tolist()], units[rows]
    titles = look.titles if isinstance(look, Look) else {}
    texts = [written(key, source.text, titles) for key in chosen]
    side_length = max(4.4, 0.115 * len(chosen) + 1.2)
    canvas = Canvas(ax, look, texts, (side_length + 0.6, side_length))
    cosines = units @ units.T
    others = cosines[~np.eye(len(chosen), dtype=bool)]
    axes = canvas.axes
    figure = axes.get_figure(root=True)
    assert figure is not None
    low, high = float(others.min()), max(float(others.max()), float(others.min()) + 1e-6)
    shown = np.where(np.eye(len(chosen), dtype=bool), np.nan, cosines)
    image = axes.imshow(shown, cmap=SCALE, vmin=low, vmax=high, interpolation="none")
    fit = 0.62 * 72 * min(figure.get_figwidth(), figure.get_figheight()) / len(chosen)
    size = float(np.clip(fit, 2.5, canvas.look.font_size))
    for side, turn in ((axes.set_xticks, 90), (axes.set_yticks, 0)):
        for label in _ticks(side, texts):
            label.set_fontproperties(canvas.sized(size))
            label.set_rotation(turn)
            label.set_parse_math(False)
            label.set_color(INK)
    axes.tick_params(length=0)
    if len(chosen) <= _FEW:
        for row, column in np.ndindex(cosines.shape):
            if row != column:
                dark = (cosines[row, column] - low) / (high - low) < _DARK
                how: dict[str, Any] = {"ha": "center", "va": "center", "color": "white" if dark else "black"}
                axes.text(column, row, f"{cosines[row, column]:.2f}", fontproperties=canvas.sized(0.9 * size), **how)
    canvas.add_scale(image, "cosine")
    for spine in axes.spines.values():
        spine.set_visible(False)
    canvas.settle()
    places = np.column_stack([np.arange(len(chosen))] * 2).astype(np.float64)
    return Picture(
        canvas, chosen, places, {"least": low, "mean": float(others.mean()), "greatest": float(others.max())}
    )


def _ticks(side: Any, texts: list[str]) -> list[Any]:
    """Write keys along a side; the texts are matplotlib's."""
    side(np.arange(len(texts)), labels=[""] * len(texts))
    ticks = side(np.arange(len(texts)), labels=[text.replace("$", r"\$") for text in texts])
    return [tick.label1 for tick in ticks]
