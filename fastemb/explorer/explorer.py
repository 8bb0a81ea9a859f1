"""A page with a map: its keys, their places, their neighbours, and what colours stand for."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer
from ..io.atomic import atomic_write
from ..io.paths import AnyPath, any_path
from ..plots.colours import MOST_GROUPS
from ..plots.extra import library
from ..plots.groups import clustered
from ..plots.layout import belief, check_spread, flat, tsne
from ..plots.maps import Method, checked_method, counted, enough, how_made
from ..plots.sources import Source, source_of, units_of
from ..vectors import KeyedVectors
from ..vectors.questions import single_keys
from ..vectors.store import Key
from .columns import Column, column_of, columns_of
from .page import Map, page_of

Doubles = NDArray[np.float64]

FIRST = 10_000  # keys on a map where none are named
CLUSTERS = 6
ENDINGS = (".html", ".htm")
_HEIGHT = 640  # of the page inside a notebook, in pixels
_NEAREST = 100


class Explorer:
    """A map to walk through in a browser. In a notebook it shows itself, unless it was written to a file.

    Attributes:
        keys: The n keys on the map.
        positions: (n, 2) float64, where they are.
        numbers: "trustworthiness" and "neighbours_kept", as of `fastemb.plots.plot`.
        columns: Names of what the page can colour by.
        html: The page.
        path: The file that it was written to by `explore`; None for none.
    """

    def __init__(self, keys: list[Key], positions: Doubles, numbers: dict[str, float], columns: list[str]) -> None:
        self.keys = keys
        self.positions = positions
        self.numbers = numbers
        self.columns = columns
        self.html = ""
        self.path: str | None = None

    def __repr__(self) -> str:
        told = "".join(f", {name}={value:.3g}" for name, value in self.numbers.items())
        return f"Explorer({len(self.keys):,} keys{told}{f', {self.path}' if self.path else ''})"

    @names_arguments()
    def save(self, path: AnyPath) -> None:
        """Write the page to a file, which opens in a browser without a network. The same map gives the same bytes.

        Args:
            path: The file, whose name ends in .html.

        Raises:
            ValueError: The name has another ending.
            OSError: The file cannot be written.
        """
        check_ending(path)
        with atomic_write(path) as file:
            file.write(self.html.encode())

    def _repr_html_(self) -> str | None:
        if self.path is not None:
            return None
        # the frame can reach neither the notebook nor its cookies
        return (
            '<iframe sandbox="allow-scripts" allow="clipboard-write" style="width: 100%; border: 0" '
            f'height="{_HEIGHT}" srcdoc="{html.escape(self.html)}"></iframe>'
        )


def explore(
    self: Any,
    path: AnyPath | None = None,
    *,
    keys: Iterable[Key] | None = None,
    restrict_vocab: int | None = None,
    topn: int = 10,
    method: Method | None = None,
    perplexity: float | None = None,
    seed: int = 1,
    color: str | Mapping[Key, Any] | Sequence[Any] | None = None,
    clusters: int | None = None,
    title: str | None = None,
) -> Explorer:
    """Make a map to walk through: one page of HTML that opens in a browser, without a network.

    It pans and zooms, finds keys, shows the neighbours of a key, colours by attributes and clusters, and copies the
    keys of an area. Without ``path`` it shows itself in a notebook. t-SNE of 10,000 keys takes about a minute, of
    50,000 some minutes. Needs ``fastemb[explore]``.

        wv.explore("map.html")

    Args:
        path: The file to write, which ends in .html. Default None: none is written.
        keys: What is on the map. Default None: the first ``restrict_vocab`` keys, as a rule the most frequent ones.
        restrict_vocab: How many of the first keys, where ``keys`` does not say which. Default None: 10,000.
        topn: How many neighbours of each key the page knows, among all keys, as ``most_similar`` finds them; 1 to 100.
            Default 10.
        method: "tsne", which shows groups and no distances; or "pca", the two directions of most variance, in a moment.
            Default None: "tsne" from 10 keys on.
        perplexity: Of t-SNE, about how many neighbours count; less than a third of the keys. Default None: 30, or less
            where there are fewer keys.
        seed: The same seed gives the same page. Default 1.
        color: What the page colours by at first: the name of an attribute, a dict from key to value, or a value for
            each key. The attributes of the vectors can be chosen on the page. Default None: the clusters.
        clusters: How many clusters are found, by k-means of the vectors, each named by its most typical keys; 0 for
            none. Default None: 6, or fewer where there are few keys.
        title: Of the page. Default None: the number of keys.

    Returns:
        The page, with the places of the keys.

    Raises:
        KeyError: There is no such key.
        ValueError: There are fewer than 3 keys, or too few for ``perplexity``; ``path`` has another ending; a vector is
            not finite, or all point the same way; ``color`` has another number of values, no value for any key, or no
            attribute of this name.
        TypeError: Something is of another type.
        ImportError: plotly or openTSNE is missing.
        OSError: The file cannot be written.
    """
    if path is not None:
        check_ending(path)
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title must be a str, not {type(title).__name__}")
    source = source_of(self)
    chosen = _chosen(source.vectors, keys, restrict_vocab)
    method, perplexity = checked_method(method, perplexity, len(chosen))
    seed, topn = integer("seed", seed, 0), integer("topn", topn)
    if not 1 <= topn <= _NEAREST:
        raise ValueError(f"topn must be 1 to {_NEAREST}, not {topn!r}")
    count = _cluster_count(clusters, len(chosen))
    library("plotly.offline", "explore")  # before minutes of work
    if method == "tsne":
        library("openTSNE", "explore")
    texts = [str(source.text(key)) for key in chosen]
    units = units_of(source.vectors, chosen)
    check_spread(units)
    columns = [] if color is None else [column_of(color, source.vectors, chosen)]
    if count:
        columns.append(Column("clusters", clustered(units, texts, count, seed)))
    columns += columns_of(source.vectors, chosen, without=[column.name for column in columns])
    positions, shares = flat(units)
    if method == "tsne":
        positions = tsne(units, perplexity, seed)
    believed = belief(units, positions)
    how = how_made(method, perplexity, seed, shares)
    note = (
        f"{how}. Trustworthiness {believed.trustworthiness:.2f}; {believed.kept:.0%} of the {believed.nearest} nearest "
        "keys are among the nearest on the map."
    )
    numbers = {"trustworthiness": believed.trustworthiness, "neighbours_kept": believed.kept}
    made = Explorer(chosen, positions, numbers, [column.name for column in columns])
    heading = counted(len(chosen), len(source.vectors)) if title is None else title
    made.html = page_of(_map(source, chosen, texts, positions, topn), columns, heading, note)
    if path is not None:
        made.save(path)
        made.path = any_path(path)
    return made


def check_ending(path: AnyPath) -> None:
    """Refuse a name that does not end as pages do.

    Raises:
        ValueError: It ends otherwise.
    """
    name = any_path(path)
    ending = os.path.splitext(name)[1]
    if ending.lower() not in ENDINGS:
        raise ValueError(
            f"{name}: the map is a page of HTML, and its name must end with .html"
            + (f", not {ending}" if ending else "")
        )


def _chosen(vectors: KeyedVectors, keys: Iterable[Key] | None, restrict_vocab: int | None) -> list[Key]:
    """The keys of a map, each once."""
    if keys is None:
        first = FIRST if restrict_vocab is None else integer("restrict_vocab", restrict_vocab, 1)
        return enough([key for key in vectors.index_to_key[:first] if key is not None])
    if restrict_vocab is not None:
        raise ValueError("keys and restrict_vocab exclude each other: give one")
    chosen = list(dict.fromkeys(single_keys("keys", keys)))
    for key in chosen:
        vectors.get_index(key)
    return enough(chosen)


def _cluster_count(clusters: int | None, total: int) -> int:
    if clusters is None:
        return min(CLUSTERS, total // 3)
    if not 0 <= integer("clusters", clusters) <= min(MOST_GROUPS, total):
        raise ValueError(f"clusters must be 0 to {min(MOST_GROUPS, total)}, not {clusters!r}")
    return clusters


def _map(source: Source, keys: list[Key], texts: list[str], positions: Doubles, topn: int) -> Map:
    """The keys with their places and neighbours; of neighbours that are not on the map there are the texts alone."""
    vectors = source.vectors
    rows, cosines = vectors.most_similar_rows(keys, min(topn, max(len(vectors) - 1, 1)))
    place = np.full(len(vectors) + 1, -1, np.int64)  # the last one is for row -1, which is no neighbour
    place[[vectors.get_index(key) for key in keys]] = np.arange(len(keys))
    found = np.unique(rows)
    beyond = found[(found >= 0) & (place[found] < 0)]
    place[beyond] = np.arange(len(keys), len(keys) + len(beyond))
    others = [vectors.index_to_key[row] for row in beyond.tolist()]
    names = [str(key) for key in (*keys, *others)]
    titles = [*texts, *(str(source.text(key)) for key in others)]
    return Map(names, None if titles == names else titles, positions, place[rows], cosines)
