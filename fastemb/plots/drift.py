"""The way of a key through several spaces, such as those of periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import names_arguments
from ..checks import integer
from ..spaces import align_many
from ..vectors import KeyedVectors
from ..vectors.missing import MissingKeyError
from ..vectors.questions import single_keys
from ..vectors.store import Key
from .colours import FAINT, style_of
from .labels import Placer, warn_of_no_room
from .layout import flat
from .picture import Canvas, Look, Picture, on_a_line, written
from .sources import source_of, units_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_KEYS = 6


@names_arguments()
def plot_drift(
    spaces: Mapping[str, Any] | Sequence[Any],
    keys: Key | Sequence[Key],
    *,
    topn: int = 5,
    restrict_vocab: int | None = None,
    ax: Axes | None = None,
    look: Look | None = None,
) -> Picture:
    """Draw the way of a key, or of a few, through several spaces, among what was near it in each.

    The spaces are brought into one by `fastemb.spaces.align_many`. The neighbours stand, in grey, where they are in the
    last space that has them, on the plane of most variance of them and of the way. Any two trainings differ, so a short
    way proves nothing: `fastemb.spaces.align` tells change from noise. The result's ``numbers`` have the cosine of each
    step, such as "mouse 1900s-1950s". Needs ``fastemb[plot]``.

    Args:
        spaces: A dict from name, such as "1900s", to vectors, in their order; or a list of vectors, which are numbered.
        keys: One, or up to 6, which all spaces have.
        topn: How many neighbours in each space. Default 5.
        restrict_vocab: Look for them among the first so many keys of each space only. Default None: all.
        ax: Axes of matplotlib to draw on. Default None: a new picture.
        look: Size, font, title, and what is written for keys.

    Raises:
        KeyError: A space does not have a key.
        ValueError: There are fewer than two spaces; they differ in dimensions or share too few keys; there are more
            than 6 keys; or no font has a character.
        TypeError: Something is of another type.
        ImportError: matplotlib is missing.
    """
    names, sources = _spaces(spaces)
    chosen = list(dict.fromkeys(single_keys("keys", keys)))
    if not 1 <= len(chosen) <= _MOST_KEYS:
        raise ValueError(f"keys must be 1 to {_MOST_KEYS}, whose ways can be told apart, not {len(chosen)}")
    topn = integer("topn", topn, 0)
    for name, source in zip(names, sources, strict=True):
        for key in chosen:
            if key not in source.vectors:
                message = f"Key '{key}' is not in the space {name!r}"
                raise MissingKeyError(message, key, source.vectors.key_to_index)
    turned = align_many([source.vectors for source in sources])
    near = list(dict.fromkeys(_neighbours(turned, chosen, topn, restrict_vocab)))
    ways = np.array([units_of(space, chosen) for space in turned], np.float64)  # (spaces, keys, dimensions)
    latest = [next(space for space in reversed(turned) if key in space) for key in near]
    around = np.array([space.get_vector(key, norm=True) for space, key in zip(latest, near, strict=True)], np.float64)
    points = np.vstack([ways.reshape(-1, ways.shape[2]), around.reshape(len(near), ways.shape[2])])
    positions, shares = flat(points)
    titles = look.titles if isinstance(look, Look) else {}
    text = sources[-1].text
    around_texts = [written(key, text, titles) for key in near]
    key_texts = [written(key, text, titles) for key in chosen]
    labels = [f"{key} {on_a_line(name)}" for name in names for key in key_texts]
    canvas = Canvas(ax, look, [*labels, *around_texts])
    axes = canvas.axes
    count = len(names) * len(chosen)
    axes.scatter(positions[count:, 0], positions[count:, 1], s=8, color=FAINT, linewidths=0, zorder=2)
    paths = positions[:count].reshape(len(names), len(chosen), 2)
    numbers: dict[str, float] = {}
    for number, key in enumerate(key_texts):
        path, colour = paths[:, number], style_of(number)[0]
        axes.scatter(path[:, 0], path[:, 1], s=18, color=colour, linewidths=0, zorder=4)
        for step in range(len(names) - 1):
            how = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.2, "shrinkA": 2, "shrinkB": 2}
            axes.annotate("", xy=tuple(path[step + 1]), xytext=tuple(path[step]), arrowprops=how, zorder=3)
            cosine = float(ways[step, number] @ ways[step + 1, number])
            numbers[f"{key} {names[step]}-{names[step + 1]}"] = cosine
    axes.margins(0.12)
    canvas.blank()
    canvas.note(f"PCA, {shares.sum():.0%} of variance; {len(names)} spaces; in grey what was near")
    canvas.settle()
    placer = Placer(canvas, positions)
    colours = [style_of(number)[0] for _ in names for number in range(len(chosen))]
    left = count - len(placer.place(labels, positions[:count], colours))
    left += len(near) - len(placer.place(around_texts, positions[count:], ["#666666"] * len(near)))
    warn_of_no_room(left, len(positions))
    of = np.concatenate([np.tile(np.arange(len(chosen)), len(names)), np.full(len(near), -1)])
    numbers["variance"] = float(shares.sum())
    return Picture(canvas, [*chosen * len(names), *near], positions, numbers, key_texts, of)


def _spaces(spaces: Any) -> tuple[list[str], list[Any]]:
    if isinstance(spaces, Mapping):
        names, given = [str(name) for name in spaces], list(spaces.values())
    elif isinstance(spaces, list | tuple):
        names, given = [str(number) for number in range(1, len(spaces) + 1)], list(spaces)
    else:
        raise TypeError(
            f"spaces must be a dict from name to vectors, or a list of vectors, not {type(spaces).__name__}"
        )
    if len(given) < 2:
        raise ValueError(f"spaces must be at least two, not {len(given)}")
    return names, [source_of(space) for space in given]


def _neighbours(turned: list[KeyedVectors], keys: list[Key], topn: int, limit: int | None) -> list[Key]:
    if topn == 0:
        return []
    found = [near for space in turned for near in space.most_similar_batch(keys, topn, restrict_vocab=limit)]
    return [key for near in found for key, _ in near if key not in keys]
