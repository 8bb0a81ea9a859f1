"""Questions to `Item2Vec`: what is alike, and what to recommend. The class binds them as its methods."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import names_arguments
from ..corpus.messages import short
from ..spaces.axis import Axis
from ..vectors import KeyedVectors
from ..vectors.topk import top_k
from .baskets import require_items
from .fitted import Fitted, Floats
from .interactions import Interactions
from .lookup import unknown_item
from .metrics import held_out, rank_metrics
from .names import HOW_MANY
from .parameters import check_count
from .recommendations import Recommendations
from .rules import Rules
from .splits import leave_one_out


class ItemModel(Protocol):
    """What they ask of the model."""

    workers: int | None

    def title(self, item: Hashable) -> str:
        """The title of an item, or the item as text."""
        ...

    def _known(self) -> Fitted:
        """What was learned; raises ValueError where nothing was."""
        ...


@names_arguments(HOW_MANY)
def similar_items(
    self: ItemModel, item: Hashable, n: int = 10, *, titled: bool = False
) -> list[tuple[Hashable, float]]:
    """The ``n`` items most like ``item``, with their cosines.

    With ``sg=1`` cosines of input vectors. With ``sg=0`` of output vectors less their mean: items are alike that
    the same others predict. (Input vectors that are averaged learn to complement each other, and tell less.) With
    both, the mean of the two cosines. They are computed once: later changes of ``wv`` by hand have no effect here.

    Args:
        item: The item; 3 finds "3" where only that is there, and the reverse.
        n: How many.
        titled: Give titles in place of items, where `titles` has them.

    Raises:
        KeyError: the item is unknown.
        TypeError: it is a list.
        ValueError: ``n`` is below 1.
    """
    known = self._known()
    if isinstance(item, list | np.ndarray):
        raise TypeError(f"similar_items takes one item, not {short(item)}: for several call recommend")
    row = known.rows.get(item, -1)
    if row < 0:
        raise KeyError(unknown_item(item, known.keys))
    unit = known.unit_vectors()
    check_count("n", n)
    rows, cosines = top_k(unit[row : row + 1], unit, min(n, len(unit)), exclude=([0, 1], [row]))
    return _pairs(self, rows[0], cosines[0], titled)


def transform(self: ItemModel, X: Any) -> Floats:  # noqa: N803
    """Query vectors of sessions: the mean of their known items' input vectors, zero where none is known.

    Args:
        X: As in `fit`. Events with weights count as much.

    Returns:
        float32 (sessions, vector_size).
    """
    known = self._known()
    return known.queries(known.encoded(X, quiet=True))


@names_arguments(HOW_MANY)
def recommend(
    self: ItemModel,
    history: Iterable[Hashable] | None = None,
    n: int = 10,
    *,
    user: Hashable = None,
    exclude: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
    exclude_history: bool = True,
    toward: Mapping[Axis, float] | None = None,
    titled: bool = False,
) -> list[tuple[Hashable, float]]:
    """The ``n`` items with the highest scores for one history or one known user.

    Args:
        history: Items, of which unknown ones are skipped; 3 finds "3" where only that is there, and the reverse.
            When none is known, the most popular items are returned, with the share of sessions that they are in as
            scores, and a warning unless the history is empty.
        n: How many.
        user: A session key of the training data, whose items are the history; instead of ``history``.
        exclude: Items not to recommend; unknown ones are skipped.
        candidates: Recommend only these; unknown ones are skipped. Default None: all.
        exclude_history: Do not recommend the items of the history.
        toward: Axes to lean on, with weights: ``{model.wv.axis(["Alien"], ["Bambi"]): 0.5}`` prefers films that
            are more like Alien than like Bambi. With weight 1, a standard deviation along the axis is worth as much
            as one of the history's scores; a negative weight leans away. Scores include it. Default None.
        titled: Give titles in place of items, where `titles` has them.

    Returns:
        (item, score) pairs, best first; fewer than ``n`` where no more are left.

    Raises:
        KeyError: the user is unknown.
        ValueError: neither history nor user, or both; no candidate is known; an axis does not know all items; a
            vector of the model was set to NaN.
        TypeError: ``toward`` is no dict of axes and numbers.
    """
    if (history is None) == (user is None):
        raise ValueError("give a history or a user")
    known = self._known()
    require_items("exclude", exclude)
    rows, scores = known.best(
        known.of_users([user]) if history is None else known.encoded([require_items("history", history)]),
        n,
        Rules(
            exclude=known.encoded([exclude], quiet=True),
            candidates=candidates,
            exclude_history=exclude_history,
            toward=toward,
            workers=self.workers,
        ),
    )
    return _pairs(self, rows[0], scores[0], titled)


@names_arguments(HOW_MANY)
def recommend_many(
    self: ItemModel,
    histories: Any = None,
    n: int = 10,
    *,
    users: Sequence[Hashable] | None = None,
    vectors: ArrayLike | None = None,
    exclude: Any = None,
    candidates: Iterable[Hashable] | None = None,
    allowed: Any = None,
    exclude_history: bool = True,
    toward: Mapping[Axis, float] | None = None,
) -> Recommendations:
    """`recommend` for many histories at once, on all CPUs.

    Args:
        histories: As ``X`` of `fit`. Default: those of ``users``.
        n: How many for each.
        users: Session keys of the training data. Default, without histories: all.
        vectors: (q, vector_size), query vectors such as `transform` and `user_vectors` give, in place of
            histories: none of their items is left out.
        exclude: For each history the items not to recommend, in any form that histories have. Default None.
        candidates: As in `recommend`.
        allowed: For each history the only items to recommend, in any form that histories have; unknown ones are
            skipped. Default None: all.
        exclude_history: As in `recommend`.
        toward: The same.

    Returns:
        A pair of items, object (histories, m), and scores, float32 (histories, m), best first; m is n, or the
        number of all items where that is smaller. What is missing at the end of a row is None and -infinity. Its
        attribute ``popular``, bool (histories,), marks rows of the most popular items, for histories of which
        nothing is known: their scores are shares of sessions. A warning tells of those that are not empty.

    Raises:
        KeyError: a user is unknown, or all users are asked for and the model was saved without them.
        ValueError: more than one of histories, users and vectors; vectors of another length, or not finite; as many
            ``exclude`` and ``allowed`` as histories are needed; no candidate is known; an axis does not know all
            items.
        TypeError: ``toward`` is no dict of axes and numbers.
    """
    if sum(given is not None for given in (histories, users, vectors)) > 1:
        raise ValueError("give histories, users or vectors, not several of them")
    known = self._known()
    if users is not None:
        require_items("users", users)
    rules = Rules(
        exclude=None if exclude is None else known.encoded(exclude, quiet=True),
        candidates=candidates,
        allowed=None if allowed is None else known.encoded(allowed, quiet=True),
        exclude_history=exclude_history,
        toward=toward,
        workers=self.workers,
    )
    if vectors is not None:
        given = _checked_vectors(vectors, known.wv.vector_size)
        rows, scores = known.best_of_vectors(given, n, rules)
        popular = np.zeros(len(given), bool)
    else:
        asked = known.of_users(users) if histories is None else known.encoded(histories)
        rows, scores = known.best(asked, n, rules)
        popular = np.diff(asked.offsets) == 0
    keys = np.fromiter((*known.keys, None), object, len(known.keys) + 1)
    return Recommendations(keys[rows], scores, popular)


def user_vectors(self: ItemModel, users: Sequence[Hashable] | None = None) -> KeyedVectors:
    """The query vectors of users, by user: what `recommend_many` and `ItemIndex.search` take.

    Args:
        users: Session keys of the training data. Default None: all.

    Returns:
        float32 vectors of vector_size, zero for a user without items: the mean of the input vectors of theirs.

    Raises:
        KeyError: a user is unknown.
        ValueError: a user comes twice; or there are none, as where the histories were not saved.
    """
    known = self._known()
    keys = list(known.histories.session_keys if users is None else require_items("users", users))
    if not keys:
        raise ValueError("the model has no users: their histories were not kept")
    if len(set(keys)) != len(keys):
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)!r} comes twice among users")
    return KeyedVectors._from_arrays(keys, known.queries(known.of_users(keys)))


def score(self: ItemModel, X: Any, y: Any = None) -> float:  # noqa: N803
    """NDCG@10 of one item of each session, picked at random and hidden: what a grid search maximises.

    Args:
        X: As in `fit`; sessions of fewer than two different items are left out.
        y: Not used.

    Raises:
        ValueError: no session has two items.
    """
    data = Interactions.from_any(X)
    shown, hidden = leave_one_out(data.merged(), last=False)
    known = self._known()
    encoded = known.encoded(shown, quiet=True)
    rows, _ = known.best(encoded, 10, Rules(workers=self.workers))
    return rank_metrics(rows, *held_out(hidden, known.rows, len(known.keys), encoded), k=10)["ndcg"]


def _pairs(self: ItemModel, rows: NDArray[np.int64], scores: Floats, titled: bool) -> list[tuple[Hashable, float]]:
    keys = self._known().keys
    pairs = [(keys[row], score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True) if row >= 0]
    return [(self.title(item), score) for item, score in pairs] if titled else pairs


def _checked_vectors(vectors: ArrayLike, size: int) -> Floats:
    given = np.ascontiguousarray(vectors, np.float32)
    if given.ndim != 2 or given.shape[1] != size:
        raise ValueError(f"vectors must be (queries, {size}), as transform gives them, not {given.shape}")
    wrong = ~np.isfinite(given).all(axis=1)
    if wrong.any():
        raise ValueError(f"vector {int(wrong.argmax())} (counting from 0) is not finite")
    return given
