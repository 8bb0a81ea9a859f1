"""How good the recommendations of a model are, beside what popularity alone would reach."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import names_arguments
from ..checks import integer, warn
from .interactions import Interactions
from .lookup import Lookup, kinds_of
from .metrics import Ints, held_out, most_popular, rank_metrics, within
from .model import Item2Vec

_LEAK = 0.3  # share of events held out; fewer are in both by chance where sessions only have numbers

_METRICS = ("recall", "precision", "ndcg", "map", "mrr", "hit_rate", "coverage", "popularity")


@dataclass(frozen=True)
class Evaluation:
    """Metrics of a model and of the popularity baseline; printing shows them side by side.

    Attributes:
        k: Recommendations for each session.
        sessions: Sessions that had something held out.
        model: "recall", "precision", "ndcg", "map", "mrr", "hit_rate" (means over sessions, see `rank_metrics`),
            "coverage", the share of all training items that are recommended to anyone, and "popularity", the share of
            training sessions that an average recommended item is in.
        baseline: The same when everyone is recommended the most popular items that they do not have yet.
        held_out_popularity: "popularity" of the items held out: an unbiased model would come close to it.
    """

    k: int
    sessions: int
    model: dict[str, float]
    baseline: dict[str, float]
    held_out_popularity: float

    def __str__(self) -> str:
        lines = [f"{self.sessions:,} sessions", f"{'':16}{'model':>10}{'popularity':>12}"]
        for name in _METRICS:
            label = name if name in ("coverage", "popularity") else f"{name}@{self.k}"
            lines.append(f"{label:16}{self.model[name]:10.4f}{self.baseline[name]:12.4f}")
        lines.append(f"popularity of what was held out: {self.held_out_popularity:.4f}")
        return "\n".join(lines)


@names_arguments({"n": "k", "topn": "k"})
def evaluate(model: Item2Vec, train: Any, test: Any, k: int = 20) -> Evaluation:
    """Recommend k items to every session with something held out, from all items but those of its own history.

    Args:
        model: Fitted on ``train``.
        train: The histories, in any form that `Item2Vec.fit` takes.
        test: What was held out, matched to the histories by session key (3 finds "3" where only that is there, and
            the reverse). A session without a history is recommended the most popular items. Items that its history
            holds too are left out; items that the model does not know count as missed.
        k: How many recommendations.

    Warns, by the histories that the model keeps, when it was fitted on what is held out, and when no session of
    ``test`` has a history.

    Raises:
        ValueError: nothing is held out, or nothing that is not in ``train`` too; ``k`` is below 1.
        TypeError: ``k`` is no whole number.
    """
    integer("k", k, 1)
    histories, held = Interactions.from_any(train), Interactions.from_any(test)
    keys = model.histories.item_keys
    numbers = Lookup({key: row for row, key in enumerate(keys)})
    known = histories.with_items(numbers, keys).merged()
    shown = _matched(known, held.session_keys)
    truth_offsets, truth = held_out(held, numbers, len(keys), shown)
    if not len(truth):
        raise ValueError(f"nothing is held out: {_why_nothing(held)}")
    _warn_of_strangers(known, held)
    _warn_of_leaks(model.histories, known, held, truth_offsets, truth)
    counts = known.item_counts()
    sessions = max(int((np.diff(known.offsets) > 0).sum()), 1)
    judged = np.flatnonzero(np.diff(truth_offsets) > 0)
    share = counts / sessions

    def judge(recommended: Ints) -> dict[str, float]:
        found = rank_metrics(recommended, truth_offsets, truth, k)
        picked = recommended[judged]
        picked = picked[picked >= 0]
        found["coverage"] = float(np.count_nonzero(np.bincount(picked, minlength=len(keys))) / len(keys))
        found["popularity"] = float(share[picked].mean()) if len(picked) else 0.0
        return found

    recommended, _ = model.recommend_many(shown, k)
    rows = [numbers.get(item, -1) for item in recommended.ravel().tolist()]
    ours = judge(np.array(rows, np.int64).reshape(recommended.shape))
    theirs = judge(most_popular(counts, shown, k))
    inside = truth[truth >= 0]
    of_truth = float(share[inside].mean()) if len(inside) else 0.0
    return Evaluation(k, int(ours.pop("sessions")), ours, {name: theirs[name] for name in ours}, of_truth)


def _why_nothing(held: Interactions) -> str:
    if not len(held.items):
        return "test has no events"
    return (
        f"all {len(held.items):,} events of test are in train too, in the sessions of the same keys: test must hold "
        "others, such as leave_one_out parts from train (commands: leave --test out)"
    )


def _warn_of_strangers(known: Interactions, held: Interactions) -> None:
    """Warn when no session that is held out has a history, as with keys of another type."""
    histories, tested = list(known.session_keys), list(held.session_keys)
    if not histories or not tested or (_places(known, tested) >= 0).any():
        return
    warn(
        f"no session of test is one of train, so that all are judged by the most popular items: their keys are "
        f"{kinds_of(tested)}, such as {tested[0]!r}, those of train {kinds_of(histories)}, such as "
        f"{histories[0]!r}. A session must have the same key in both"
    )


def _warn_of_leaks(
    fitted: Interactions, known: Interactions, held: Interactions, truth_offsets: Ints, truth: Ints
) -> None:
    """Warn when the model was fitted on what is held out, so that it is asked what it was told."""
    if not len(fitted) or not len(truth):
        return
    events = Interactions._of(truth, truth_offsets, held.item_keys, held.session_keys)
    seen = _share_within(events, fitted, known.shape[1])
    if seen < _LEAK:
        return
    swapped = _share_within(known, fitted, known.shape[1]) < _LEAK
    reason = "are train and test swapped?" if swapped else "fit it on train alone, or the figures say nothing"
    warn(f"the model was fitted on {seen:.0%} of the events that are held out: {reason}")


def _share_within(events: Interactions, histories: Interactions, items: int) -> float:
    """The share of events, in rows of the model, that the histories hold in the session of the same key."""
    owners = _places(histories, events.session_keys)[events._owners()]
    pairs = histories._owners() * items + histories.items
    found = (owners >= 0) & (events.items >= 0) & within(owners * items + events.items, pairs, histories.offsets)
    return float(found.mean()) if len(found) else 0.0


def _places(histories: Interactions, session_keys: Sequence[Hashable]) -> Ints:
    """The session of each key, -1 where there is none; 3 finds "3" where only that is there, and the reverse."""
    rows = Lookup({key: row for row, key in enumerate(histories.session_keys)})
    return np.array([rows.get(key, -1) for key in session_keys], np.int64)


def _matched(histories: Interactions, session_keys: Sequence[Hashable]) -> Interactions:
    """The history of each key, empty where there is none."""
    if session_keys == histories.session_keys:
        return histories
    rows = _places(histories, session_keys)
    offsets = np.append(histories.offsets, histories.offsets[-1])  # an empty session at the end, for -1
    padded = Interactions._of(histories.items, offsets, histories.item_keys)
    chosen: Interactions = padded[np.where(rows < 0, len(histories), rows)]
    return chosen
