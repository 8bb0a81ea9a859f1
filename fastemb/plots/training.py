"""How training went: loss, learning rate and speed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import names_arguments
from ..train.history import Row
from .colours import style_of
from .extra import library
from .picture import Canvas, Look, Picture, on_a_line, open_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KEYS = {"epoch", "loss", "alpha", "words_per_second"}
_MODELS = ("CBOW", "skip-gram")
_CURVES = {"loss": "loss a word", "alpha": "learning rate", "words_per_second": "words a second"}


@names_arguments()
def plot_training(
    models: Any,
    what: str | Sequence[str] | None = None,
    *,
    ax: Axes | Sequence[Axes] | None = None,
    look: Look | None = None,
) -> Picture:
    """Draw how training went, over its epochs: loss, learning rate, words a second. Needs ``fastemb[plot]``.

    Args:
        models: A model that was trained, or its ``history``; or a dict from name to such, which are drawn together.
        what: "loss", "alpha" or "words_per_second", or several of them. Default None: all three, but "loss" only where
            it was added up (``compute_loss=True``).
        ax: Axes of matplotlib to draw on, or a list of as many as curves. Default None: a new picture.
        look: Size, font and title.

    Raises:
        ValueError: Nothing was trained; ``what`` is none of these; the loss was not added up; or ``ax`` are not as
            many.
        TypeError: Something has no history, or is of another type.
        ImportError: matplotlib is missing.
    """
    runs = _runs(models)
    has_loss = any(row["loss"] is not None for rows in runs.values() for row in rows)
    if what is not None and not isinstance(what, Iterable):
        raise TypeError(f"what must be one or more of {', '.join(map(repr, _CURVES))}, not {what!r}")
    shown = [what] if isinstance(what, str) else list(_CURVES if what is None else what)
    for name in shown:
        if name not in _CURVES:
            raise ValueError(f"what must be one or more of {', '.join(map(repr, _CURVES))}, not {name!r}")
    if not has_loss:
        if what is not None and "loss" in shown:
            raise ValueError("the loss was not added up: train with compute_loss=True")
        shown = [name for name in shown if name != "loss"]
    if not shown:
        raise ValueError("what is empty: name one curve at least")
    count = len(ax) if isinstance(ax, Sequence | np.ndarray) else 1
    if ax is not None and count != len(shown):
        raise ValueError(f"there are {len(shown)} curves, {', '.join(shown)}, so ax must be as many axes, not {count}")
    canvas = Canvas(ax, look, list(runs), (5.0, 0.6 + 1.5 * len(shown)), len(shown))
    for axes, name in zip(canvas.rows, shown, strict=True):
        for run, rows in enumerate(runs.values()):
            points = np.array([(row["epoch"], row[name]) for row in rows if row[name] is not None], np.float64)
            colour, mark = style_of(run)
            lone = mark if len(points) == 1 else None
            axes.plot(*points.reshape(-1, 2).T, color=colour, linewidth=1.2, marker=lone, markersize=4)
        axes.set_ylabel(_CURVES[name], fontproperties=canvas.sized(canvas.small))
        if name != "loss":
            axes.set_ylim(bottom=0)
        if name == "words_per_second":
            axes.yaxis.set_major_formatter(library("matplotlib.ticker").EngFormatter(sep=""))
        open_frame(axes)
    canvas.rows[-1].set_xlabel("epochs", fontproperties=canvas.sized(canvas.small))
    if len(runs) > 1:
        names = [on_a_line(label) for label in runs]
        lines = canvas.axes.get_lines()[-len(runs) :]
        spaced = [f" {name}" for name in names]  # matplotlib leaves out what begins with "_"
        legend = canvas.axes.legend(lines, spaced, frameon=False, prop=canvas.sized(canvas.small))
        for text, name in zip(legend.get_texts(), names, strict=True):
            text.set_text(name)
            text.set_parse_math(False)
    canvas.settle()
    ends = {f"{label} {name}".strip(): rows[-1][name] for label, rows in runs.items() for name in shown}
    return Picture(canvas, [], None, {name: value for name, value in ends.items() if value is not None})


def _runs(models: Any) -> dict[str, list[Row]]:
    """The rows of each run, by its name; a single one has none. Both kinds of an `Item2Vec` are runs of their own."""
    if isinstance(models, Mapping):
        if not models:
            raise ValueError("models is empty: give one model at least")
        return {
            " ".join([str(name), *([kind] if kind else [])]): rows
            for name, model in models.items()
            for kind, rows in _kinds(model).items()
        }
    return _kinds(models)


def _kinds(model: Any) -> dict[str, list[Row]]:
    rows = model if isinstance(model, list) else getattr(model, "history", None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.keys() >= _KEYS for row in rows):
        raise TypeError(f"a model that was trained here or its history is drawn, not {type(model).__name__}")
    if not rows:
        raise ValueError("the model has no history: nothing was trained since it was made or loaded")
    kinds = list(dict.fromkeys(row.get("sg") for row in rows))
    if len(kinds) == 1:
        return {"": rows}
    return {_MODELS[int(kind or 0)]: [row for row in rows if row.get("sg") == kind] for kind in kinds}
