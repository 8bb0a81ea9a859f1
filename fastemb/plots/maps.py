"""Maps of a space: every key a point, alike ones near each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import integer, number
from ..vectors import KeyedVectors
from ..vectors.questions import single_keys
from ..vectors.store import Key
from .colours import FAINT, INK, MOST_GROUPS, SCALE, style_of
from .extra import library
from .groups import Groups, Values, clustered, coloured
from .labels import Placer, warn_of_no_room
from .layout import belief, check_spread, flat, tsne
from .picture import Canvas, Look, Picture, on_a_line, written
from .sources import source_of, units_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = Literal["tsne", "pca"]

METHODS: tuple[Method, ...] = ("tsne", "pca")
LABELS = 60
FIRST = 2000  # keys that are drawn where none are named
LEAST = 3  # points of a map
_FEW = 10  # points; of fewer, principal components are the better map
_PERPLEXITY = 30.0
_TRIED = 8  # labels that are tried, as a multiple of those that are wanted
_LOGARITHMIC = 100.0  # the ratio of the largest number to the smallest from which colours follow the logarithm


def plot(
    self: Any,
    keys: Iterable[Key] | None = None,
    *,
    neighbours_of: Key | Iterable[Key] | None = None,
    topn: int = 20,
    restrict_vocab: int | None = None,
    method: Method | None = None,
    perplexity: float | None = None,
    seed: int = 1,
    color: str | Mapping[Key, Any] | Sequence[Any] | None = None,
    clusters: int | None = None,
    labels: int | None = None,
    ax: Axes | None = None,
    look: Look | None = None,
) -> Picture:
    """Draw a map of keys: those that are alike lie near each other.

    Below it stands how far it can be believed, which the result has as ``numbers``: "trustworthiness", 1 where all that
    is near on the map is near in truth, about 0.5 by chance; and "neighbours_kept", the share of the 10 nearest keys in
    truth that are among the 10 nearest on the map. Both are measured on up to 500 keys. Needs ``fastemb[plot]``.

        wv.plot(["cat", "dog", "car"]).save("map.png")

    Args:
        keys: What is drawn. Default None: the first ``restrict_vocab`` keys, which as a rule are the most frequent.
        neighbours_of: A key, or several, which are drawn with their nearest keys, coloured by whose they are; in place
            of ``keys``.
        topn: How many nearest keys of each. Default 20.
        restrict_vocab: Draw, or look for neighbours among, the first so many keys. Default None: 2,000 are drawn, and
            neighbours are looked for among all.
        method: "tsne", which shows groups and no distances, by openTSNE; or "pca", the two directions of most variance.
            Default None: "tsne" from 10 keys on.
        perplexity: Of t-SNE, about how many neighbours count; less than a third of the keys. Default None: 30, or less
            where there are fewer keys.
        seed: The same seed gives the same map. Default 1.
        color: What colours stand for: the name of an attribute, a dict from key to value, or a value for each key.
        clusters: Colour by so many clusters, found by k-means of the vectors, each named by its most typical keys.
        labels: Write at most so many keys. Default None: all of those that were given, up to 60 of others.
        ax: Axes of matplotlib to draw on. Default None: a new picture.
        look: Size, font, title, and what is written for keys.

    Returns:
        The picture, with the places of the keys.

    Raises:
        KeyError: There is no such key.
        ValueError: There are fewer than 3 keys, or too few for ``perplexity``; a vector is not finite, or all
            point the same way; ``color`` has another number of values, no value for any key, or no attribute of this
            name; options exclude each other; or no font has a character.
        TypeError: Something is of another type.
        ImportError: matplotlib or openTSNE is missing.
    """
    source = source_of(self)
    vectors = source.vectors
    if clusters is not None and color is not None:
        raise ValueError("color and clusters exclude each other: give one")
    chosen, found = _chosen(vectors, keys, neighbours_of, topn, restrict_vocab)
    method, perplexity = checked_method(method, perplexity, len(chosen))
    seed = integer("seed", seed, 0)
    most = len(chosen) if labels is None and (keys is not None or found is not None) else labels
    most = LABELS if most is None else integer("labels", most, 0)
    units = units_of(vectors, chosen)
    check_spread(units)
    titles = look.titles if isinstance(look, Look) else {}
    texts = [written(key, source.text, titles) for key in chosen]
    groups: Groups | Values | None = None
    if found is not None:
        groups = Groups(texts[: len(found.names)], found.of)  # keys that were asked for come first
    if color is not None:
        groups = coloured(color, vectors, chosen)
    elif clusters is not None:
        if not 1 <= integer("clusters", clusters) <= min(MOST_GROUPS, len(chosen)):
            raise ValueError(f"clusters must be 1 to {min(MOST_GROUPS, len(chosen))}, not {clusters!r}")
        groups = clustered(units, texts, clusters, seed)
    names = groups.names if isinstance(groups, Groups) else []
    canvas = Canvas(ax, look, [*texts, *map(on_a_line, names)])
    positions, shares = flat(units)
    if method == "tsne":
        positions = tsne(units, perplexity, seed)
    believed = belief(units, positions)
    numbers = {"trustworthiness": believed.trustworthiness, "neighbours_kept": believed.kept}
    how = how_made(method, perplexity, seed, shares)
    canvas.blank()
    canvas.note(
        f"{how}; {counted(len(chosen), len(vectors))}; trustworthiness {believed.trustworthiness:.2f}; "
        f"{believed.kept:.0%} of the {believed.nearest} nearest kept"
    )
    _points(canvas, positions, groups)
    canvas.settle()
    left_out = _label(canvas, positions, texts, groups, most, keys is not None)
    if method == "pca":
        numbers["variance"] = float(shares.sum())
    if left_out:
        numbers["labels_left_out"] = left_out
    of = groups.of if isinstance(groups, Groups) else None
    return Picture(canvas, chosen, positions, numbers, names, of)


def _chosen(
    vectors: KeyedVectors, keys: Any, neighbours_of: Any, topn: int, restrict_vocab: int | None
) -> tuple[list[Key], Groups | None]:
    """The keys of a map, each once, and whose neighbours they are, if they are somebody's."""
    limit = None if restrict_vocab is None else integer("restrict_vocab", restrict_vocab, 1)
    if keys is not None and neighbours_of is not None:
        raise ValueError("keys and neighbours_of exclude each other: give one")
    if keys is not None and limit is not None:
        raise ValueError("keys and restrict_vocab exclude each other: give one")
    if keys is not None:
        chosen = list(dict.fromkeys(single_keys("keys", keys)))
        for key in chosen:
            vectors.get_index(key)
        return enough(chosen), None
    if neighbours_of is None:
        return enough([key for key in vectors.index_to_key[: limit or FIRST] if key is not None]), None
    asked = list(dict.fromkeys(single_keys("neighbours_of", neighbours_of)))
    if not 1 <= len(asked) <= MOST_GROUPS:
        raise ValueError(f"neighbours_of must be 1 to {MOST_GROUPS} keys, not {len(asked)}")
    of: dict[Key, int] = {key: place for place, key in enumerate(asked)}
    near = vectors.most_similar_batch(asked, integer("topn", topn, 1), restrict_vocab=limit)
    nearest: dict[Key, tuple[float, int]] = {}
    for place, found in enumerate(near):
        for key, cosine in found:
            nearest[key] = max(nearest.get(key, (-2.0, 0)), (cosine, -place))
    for key, (_, place) in nearest.items():
        of.setdefault(key, -place)
    chosen = enough(list(of))
    return chosen, Groups([str(key) for key in asked], np.array([of[key] for key in chosen], np.int64))


def enough(keys: list[Key]) -> list[Key]:
    """These keys.

    Raises:
        ValueError: They are too few for a map.
    """
    if len(keys) < LEAST:
        raise ValueError(f"a map needs at least {LEAST} keys, not {len(keys)}")
    return keys


def checked_method(method: Any, perplexity: Any, count: int) -> tuple[Method, float]:
    """How a map of so many keys is made, and its perplexity.

    Raises:
        ValueError: There is no such method, or there are too few keys for the perplexity.
        TypeError: ``perplexity`` is no number.
    """
    if method is None:
        method = "tsne" if count >= _FEW or perplexity is not None else "pca"
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}, not {method!r}")
    most = (count - 1) / 3
    if perplexity is None:
        return method, min(_PERPLEXITY, max(most, 1.0))
    wanted = number("perplexity", perplexity)
    if method == "pca":
        raise ValueError(f"perplexity={wanted:g} is for method='tsne': leave it out")
    if wanted < 1:
        raise ValueError(f"perplexity must be at least 1, not {perplexity!r}")
    if wanted > most:
        raise ValueError(
            f"perplexity={wanted:g} needs at least {int(np.ceil(3 * wanted)) + 1:,} keys, and there are {count:,}: "
            f"leave it out, or give at most {most:.3g}"
        )
    return method, wanted


def how_made(method: Method, perplexity: float, seed: int, shares: Doubles) -> str:
    """What is written about a map: the settings of t-SNE, or the share of the variance that PCA shows."""
    if method == "tsne":
        return f"t-SNE, perplexity {perplexity:.3g}, seed {seed}"
    return f"PCA, {shares.sum():.0%} of variance"


def counted(drawn: int, total: int) -> str:
    """How many keys are on a map, of how many."""
    return f"{drawn:,} keys" if drawn == total else f"{drawn:,} of {total:,} keys"


def _points(canvas: Canvas, positions: Doubles, groups: Groups | Values | None) -> None:
    """Draw the points, and the legend or the scale of their colours."""
    axes = canvas.axes
    size = float(np.clip(3000 / len(positions), 1.5, 16))
    how: dict[str, Any] = {"s": size, "linewidths": 0, "zorder": 2, "rasterized": len(positions) > 2000}
    if groups is None:
        axes.scatter(positions[:, 0], positions[:, 1], color=style_of(0)[0], alpha=0.6, **how)
    elif isinstance(groups, Values):
        _scale(canvas, positions, groups, how)
    else:
        rest = positions[groups.of < 0]
        if len(rest):
            axes.scatter(rest[:, 0], rest[:, 1], color=FAINT, alpha=0.5, **how)
        handles = []
        for number in range(len(groups.names)):
            mine = positions[groups.of == number]
            colour, mark = style_of(number)
            handles.append(axes.scatter(mine[:, 0], mine[:, 1], color=colour, marker=mark, alpha=0.75, **how))
        _legend(canvas, handles, [on_a_line(name) for name in groups.names])
    axes.margins(0.06)


def _legend(canvas: Canvas, handles: list[Any], names: list[str]) -> None:
    """Names of groups below the axes, in as many columns as fit."""
    axes = canvas.axes
    figure = axes.get_figure(root=True)
    assert figure is not None
    longest = max(len(name) for name in names) * 0.52 * canvas.small + 2 * canvas.small
    columns = int(np.clip(canvas.width // longest, 1, min(5, len(names))))
    below = 1.4 * canvas.small * (axes.get_xlabel().count("\n") + 1.7) * figure.dpi / 72
    legend = axes.legend(
        handles,
        [f" {name}" for name in names],  # matplotlib leaves out what begins with "_"
        loc="upper left",
        bbox_to_anchor=(0, -below / axes.get_window_extent().height),
        ncols=columns,
        frameon=False,
        prop=canvas.sized(canvas.small),
        handletextpad=0.2,
        columnspacing=1.0,
        borderaxespad=0,
        borderpad=0,
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
        text.set_parse_math(False)
        text.set_color(INK)
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_sizes([22])  # type: ignore[attr-defined]
            handle.set_alpha(1)


def _scale(canvas: Canvas, positions: Doubles, values: Values, how: dict[str, Any]) -> None:
    axes = canvas.axes
    figure = axes.get_figure(root=True)
    assert figure is not None
    known = np.isfinite(values.of)
    rest = positions[~known]
    if len(rest):
        axes.scatter(rest[:, 0], rest[:, 1], color=FAINT, alpha=0.5, **how)
    shown = values.of[known]
    colors = library("matplotlib.colors")
    is_wide = shown.min() > 0 and shown.max() / shown.min() >= _LOGARITHMIC
    norm = (colors.LogNorm if is_wide else colors.Normalize)(shown.min(), shown.max())
    order = np.argsort(shown, kind="stable")  # the highest are drawn last
    mine = positions[known][order]
    drawn = axes.scatter(mine[:, 0], mine[:, 1], c=shown[order], cmap=SCALE, norm=norm, **how)
    canvas.add_scale(drawn, values.name)


def _label(
    canvas: Canvas, positions: Doubles, texts: list[str], groups: Groups | Values | None, most: int, given: bool
) -> int:
    """Write keys, the first ones first; returns how many of those that were asked for found no room."""
    far = len(texts) <= most
    placer = Placer(canvas, positions, far=far)
    tried = len(texts) if far else min(len(texts), _TRIED * most)
    colours = [INK] * tried
    if isinstance(groups, Groups) and len(groups.names) > 1:
        colours = [_dark(style_of(group)[0]) if group >= 0 else INK for group in groups.of[:tried].tolist()]
    found = placer.place(texts[:tried], positions[:tried], colours, most)
    left_out = len(texts) - len(found) if far else 0
    if given:
        warn_of_no_room(left_out, len(texts))
    return left_out


def _dark(colour: str) -> Any:
    """A colour, darker, so that small letters in it are read well on white."""
    rgb = np.array(library("matplotlib.colors").to_rgb(colour))
    return tuple((0.62 * rgb).tolist())
