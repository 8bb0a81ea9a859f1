"""Keys along axes that mean something: each axis runs from a few examples to others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer
from ..spaces import Axis
from ..vectors import KeyedVectors
from ..vectors.finite import check_finite
from ..vectors.questions import single_keys
from ..vectors.store import Key
from .colours import INK, PALE, style_of
from .labels import Placer, warn_of_no_room
from .picture import Canvas, Look, Picture, written
from .sources import source_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Doubles = NDArray[np.float64]
Ends = Axis | tuple[Iterable[Key], Iterable[Key]]

_ENDS = 12  # keys of each end of a single axis that are shown where none are given
_ENDS_OF_TWO = 8
_EXAMPLES = 3  # that name an end
_STOREY = 1.35  # of labels above a single axis, in sizes of letters


@names_arguments()
def plot_axes(
    vectors: Any,
    x: Ends,
    y: Ends | None = None,
    *,
    keys: Iterable[Key] | None = None,
    restrict_vocab: int | None = 20000,
    ax: Axes | None = None,
    look: Look | None = None,
) -> Picture:
    """Draw keys along one axis, or on the plane of two, each of which examples at both its ends give.

    Books from those for children to those for adults, and across from art to action:

        plot_axes(wv, (["child", "toy"], ["adult", "war"]), (["art", "poetry"], ["battle", "race"]), keys=books)

    The place of a key is the cosine of its vector with the axis (see `KeyedVectors.axis`); examples have another
    colour. The result's ``numbers`` have, for each axis, "x_told_apart": the share of its examples that an axis made
    without them puts on their own side, 1 for a clear axis, 0.5 for one that tells nothing, and NaN where an end has
    a single example; for two axes also "cosine_of_axes", 0 for axes that have nothing in common. Needs
    ``fastemb[plot]``.

    Args:
        vectors: `KeyedVectors`, a model, or a layer that has keys.
        x: What `KeyedVectors.axis` made of the same vectors; or two lists of keys, of the left end and the right one.
        y: The same for a second axis, from its lower end to its upper one. Default None: keys lie along ``x`` alone.
        keys: What is drawn, besides the examples. Default None: the keys that are farthest to each end of each axis.
        restrict_vocab: Of these, the first so many keys are looked at, as rare ones are seldom known well. Default
            20,000; None: all.
        ax: Axes of matplotlib to draw on. Default None: a new picture.
        look: Size, font, title, and what is written for keys.

    Raises:
        KeyError: There is no such key.
        ValueError: An end has no key; both ends are at the same place; an axis is of other vectors; a vector is not
            finite; or no font has a character.
        TypeError: Something is of another type.
        ImportError: matplotlib is missing.
    """
    source = source_of(vectors)
    axes = [_axis(source.vectors, name, ends) for name, ends in (("x", x), ("y", y)) if ends is not None]
    examples = list(dict.fromkeys(key for axis in axes for key in [*axis.negative, *axis.positive]))
    if keys is not None:
        chosen = list(dict.fromkeys(single_keys("keys", keys)))
    else:
        limit = None if restrict_vocab is None else integer("restrict_vocab", restrict_vocab, 1)
        topn = _ENDS if len(axes) == 1 else _ENDS_OF_TWO
        found = (end for axis in axes for end in axis.ends(topn, restrict_vocab=limit))
        chosen = list(dict.fromkeys(key for end in found for key, _ in end))
    chosen = [*examples, *(key for key in chosen if key not in set(examples))]
    check_finite(chosen, np.array([source.vectors.get_vector(key) for key in chosen]))
    titles = look.titles if isinstance(look, Look) else {}
    texts = [written(key, source.text, titles) for key in chosen]
    positions = np.zeros((len(chosen), 2))
    for column, axis in enumerate(axes):
        positions[:, column] = [axis[key] for key in chosen]
    canvas = Canvas(ax, look, texts, (5.0, 3.2) if len(axes) == 1 else (5.0, 4.6))
    numbers = {f"{name}_told_apart": axis.told_apart for name, axis in zip("xy", axes, strict=False)}
    if len(axes) == 2:
        numbers["cosine_of_axes"] = float(axes[0].direction @ axes[1].direction)
    ends = [[_end(side, source.text, titles) for side in (axis.negative, axis.positive)] for axis in axes]
    is_example = np.arange(len(chosen)) < len(examples)
    colours = [style_of(3)[0] if one else INK for one in is_example.tolist()]
    if len(axes) == 1:
        left_out = _along_line(canvas, positions, texts, colours, ends[0])
    else:
        left_out = _on_plane(canvas, positions, texts, colours, ends)
    warn_of_no_room(left_out, len(texts))
    return Picture(canvas, chosen, positions, numbers, ["examples"], np.where(is_example, 0, -1))


def _axis(vectors: KeyedVectors, name: str, ends: Any) -> Axis:
    if isinstance(ends, Axis):
        if len(ends.scores) != len(vectors):
            raise ValueError(f"{name} is an axis of {len(ends.scores):,} keys, and these vectors have {len(vectors):,}")
        return ends
    if isinstance(ends, str) or not isinstance(ends, tuple | list) or len(ends) != 2:
        raise TypeError(f"{name} must be an Axis, or two lists of keys, one for each end, not {ends!r}")
    return vectors.axis(ends[1], ends[0])


def _end(keys: list[Key], text: Any, titles: Any) -> str:
    shown = ", ".join(written(key, text, titles) for key in keys[:_EXAMPLES])
    return shown + ", …" * (len(keys) > _EXAMPLES)


def _range(values: Doubles, share: float) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = share * max(high - low, 1e-6)
    return low - margin, high + margin


def _name_ends(canvas: Canvas, ends: list[str], *, upright: bool) -> None:
    """Write the examples of both ends along an axis, with arrows."""
    axes = canvas.axes
    low, high = f"← {ends[0]}", f"{ends[1]} →"
    for place, (text, align) in enumerate(((low, "left"), (high, "right"))):
        at = (-0.015, place) if upright else (place, -0.015 if len(axes.get_xticks()) == 0 else -0.09)
        label = axes.text(
            at[0],
            at[1],
            text,
            transform=axes.transAxes,
            ha="right" if upright else align,
            va={"left": "bottom", "right": "top"}[align] if upright else "top",
            rotation=90 if upright else 0,
            color=style_of(3)[0],
            fontproperties=canvas.sized(canvas.small),
        )
        label.set_parse_math(False)


def _on_plane(canvas: Canvas, positions: Doubles, texts: list[str], colours: list[str], ends: list[list[str]]) -> int:
    axes = canvas.axes
    axes.scatter(positions[:, 0], positions[:, 1], s=14, c=colours, linewidths=0, zorder=2)
    axes.set_xlim(*_range(positions[:, 0], 0.08))
    axes.set_ylim(*_range(positions[:, 1], 0.08))
    for line, middle in ((axes.axvline, positions[:, 0]), (axes.axhline, positions[:, 1])):
        line(float(np.median(middle)), color=PALE, linewidth=0.6, zorder=1)
    canvas.blank()
    _name_ends(canvas, ends[0], upright=False)
    _name_ends(canvas, ends[1], upright=True)
    canvas.settle()
    return len(texts) - len(Placer(canvas, positions, far=True).place(texts, positions, colours))


def _along_line(canvas: Canvas, positions: Doubles, texts: list[str], colours: list[str], ends: list[str]) -> int:
    axes = canvas.axes
    axes.scatter(positions[:, 0], positions[:, 1], s=14, c=colours, linewidths=0, zorder=3, clip_on=False)
    axes.axhline(0, color=PALE, linewidth=0.8, zorder=1)
    axes.set_xlim(*_range(positions[:, 0], 0.06))
    axes.set_ylim(-1, 1)
    canvas.blank()
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
    _name_ends(canvas, ends, upright=False)
    canvas.settle()
    order = np.argsort(positions[:, 0], kind="stable").tolist()
    placer = Placer(canvas, positions, storeys=_STOREY * canvas.look.font_size)
    found = placer.place([texts[at] for at in order], positions[order], [colours[at] for at in order])
    return len(texts) - len(found)
