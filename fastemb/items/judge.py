"""How good the recommendations of a model are, beside what popularity alone would reach."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .interactions import Interactions
from .metrics import Ints, check_k, held_out, most_popular, rank_metrics
from .model import Item2Vec

_METRICS = ("recall", "precision", "ndcg", "map", "hit_rate", "coverage", "popularity")


@dataclass(frozen=True)
class Evaluation:
    """Metrics of a model and of the popularity baseline; printing shows them side by side.

    Attributes:
        k: Recommendations for each session.
        sessions: Sessions that had something held out.
        model: "recall", "precision", "ndcg", "map", "hit_rate" (means over sessions, see `rank_metrics`), "coverage",
            the share of all training items that are recommended to anyone, and "popularity", the share of
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


def evaluate(model: Item2Vec, train: Any, test: Any, k: int = 20) -> Evaluation:
    """Recommend k items to every session with something held out, from all items but those of its own history.

    Args:
        model: Fitted on ``train``.
        train: The histories, in any form that `Item2Vec.fit` takes.
        test: What was held out, matched to the histories by session key. A session without a history is recommended
            the most popular items. Items that its history holds too are left out; items that the model does not know
            count as missed.
        k: How many recommendations.

    Raises:
        ValueError: nothing is held out; ``k`` is below 1.
    """
    check_k(k)
    histories, held = Interactions.from_any(train), Interactions.from_any(test)
    keys, numbers = model.wv.index_to_key, model.wv.key_to_index
    known = histories.with_items(numbers, keys).merged()
    shown = _matched(known, held.session_keys)
    truth_offsets, truth = held_out(held, numbers, shown)
    counts = known.item_counts()
    sessions = max(int((np.diff(known.offsets) > 0).sum()), 1)
    judged = np.flatnonzero(np.diff(truth_offsets) > 0)
    share = counts / sessions

    def judge(recommended: Ints) -> dict[str, float]:
        found = rank_metrics(recommended, truth_offsets, truth, k)
        picked = recommended[judged]
        picked = picked[picked >= 0]
        found["coverage"] = float(len(np.unique(picked)) / len(keys))
        found["popularity"] = float(share[picked].mean()) if len(picked) else 0.0
        return found

    ours = judge(model._known().best(shown, k, workers=model.workers)[0])
    theirs = judge(most_popular(counts, shown, k))
    inside = truth[truth >= 0]
    of_truth = float(share[inside].mean()) if len(inside) else 0.0
    return Evaluation(k, int(ours.pop("sessions")), ours, {name: theirs[name] for name in ours}, of_truth)


def _matched(histories: Interactions, session_keys: Sequence[Hashable]) -> Interactions:
    """The history of each key, empty where there is none."""
    if session_keys == histories.session_keys:
        return histories
    places = {key: row for row, key in enumerate(histories.session_keys)}
    rows = np.array([places.get(key, -1) for key in session_keys], np.int64)
    offsets = np.append(histories.offsets, histories.offsets[-1])  # an empty session at the end, for -1
    padded = Interactions(histories.items, offsets, histories.item_keys)
    chosen: Interactions = padded[np.where(rows < 0, len(histories), rows)]
    return chosen
