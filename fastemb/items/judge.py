"""How good recommendations are: splits, ranking metrics, and what popularity alone would reach."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .interactions import Interactions

if TYPE_CHECKING:
    from .model import Item2Vec

Ints = NDArray[np.int64]
Split = tuple[Interactions, Interactions]

_METRICS = ("recall", "precision", "ndcg", "map", "hit_rate", "coverage", "popularity")


# ---- splits: (training, held out), with the same sessions in the same order ----


def split_by_time(data: Interactions, share: float = 0.2, *, at: float | None = None) -> Split:
    """Hold out the latest events of all: what is judged lies in the future of everything that is learned.

    Args:
        data: with times.
        share: share of the events to hold out. Events of one moment stay together, so it may be a little less.
        at: instead of ``share``, the time from which on events are held out.

    Raises:
        ValueError: there are no times; ``share`` is not between 0 and 1.
    """
    if data.times is None:
        raise ValueError("to split by time the data need times: name their column")
    if at is None:
        _check_share(share)
        at = float(np.quantile(data.times, 1 - share, method="higher")) if len(data.times) else 0.0
    return data.where(data.times < at), data.where(data.times >= at)


def split_random(data: Interactions, share: float = 0.2, *, seed: int = 1) -> Split:
    """Hold out a random share of each session's events: of n events round(share n), and never all.

    Raises:
        ValueError: ``share`` is not between 0 and 1.
    """
    _check_share(share)
    lengths = np.diff(data.offsets)
    held = np.minimum(np.rint(share * lengths), np.maximum(lengths - 1, 0)).astype(np.int64)
    owners = data._owners()
    order = np.lexsort((np.random.default_rng(seed).random(len(owners)), owners))
    place = np.empty(len(owners), np.int64)
    place[order] = np.arange(len(owners)) - data.offsets[:-1][owners]
    test = place < held[owners]
    return data.where(~test), data.where(test)


def leave_one_out(data: Interactions, *, last: bool = True, seed: int = 1) -> Split:
    """Hold out one event of each session that has two or more: its last one, or one at random.

    Sessions of one event stay in the training data and have nothing held out.
    """
    lengths = np.diff(data.offsets)
    many = np.flatnonzero(lengths > 1)
    place = lengths[many] - 1
    if not last:
        place = (np.random.default_rng(seed).random(len(many)) * lengths[many]).astype(np.int64)
    test = np.zeros(len(data.items), bool)
    test[data.offsets[many] + place] = True
    return data.where(~test), data.where(test)


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"share must be between 0 and 1, not {share!r}")


# ---- metrics ----


def _check_k(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k!r}")


def rank_metrics(recommended: Ints, offsets: Ints, truth: Ints, k: int) -> dict[str, float]:
    """Means over the sessions that have something held out.

    Args:
        recommended: (sessions, any) item numbers, best first, -1 for nothing.
        offsets: (sessions + 1,), session s has ``truth[offsets[s]:offsets[s + 1]]`` held out.
        truth: item numbers, none twice in a session; -1 for an item that cannot be recommended, always a miss.
        k: how many recommendations count.

    Returns:
        With h hits among the first k of a session and t items held out, the means of
        "recall" h / t; "precision" h / k; "hit_rate" 1 if h > 0; "ndcg", the sum of 1 / log2(1 + rank) over the hits
        divided by that of the best ranking, min(t, k) hits first (Järvelin and Kekäläinen 2002); "map", the sum over
        hits of the precision up to each, divided by min(t, k). "sessions": how many they are means of.

    Raises:
        ValueError: ``k`` is below 1; nothing is held out.
    """
    _check_k(k)
    sizes = np.diff(offsets)
    judged = np.flatnonzero(sizes > 0)
    if not len(judged):
        raise ValueError("nothing is held out: there is no session to judge")
    top, sizes = recommended[judged, :k], sizes[judged]
    span = int(max(truth.max(initial=0), top.max(initial=0))) + 1
    owners = np.repeat(np.arange(len(judged)), sizes)
    known = truth >= 0
    pairs = np.sort(owners[known] * span + truth[known])
    asked = np.arange(len(judged))[:, None] * span + top
    found = np.searchsorted(pairs, asked)
    hit = (top >= 0) & (pairs[np.minimum(found, len(pairs) - 1)] == asked) if len(pairs) else np.zeros(top.shape, bool)
    hits = hit.sum(axis=1)
    ranks = np.arange(1, top.shape[1] + 1)
    best = np.minimum(sizes, k)
    gains = 1 / np.log2(1 + np.arange(1, max(top.shape[1], int(best.max())) + 1))
    precisions = np.cumsum(hit, axis=1) / ranks
    return {
        "recall": float((hits / sizes).mean()),
        "precision": float((hits / k).mean()),
        "ndcg": float(((hit * gains[: top.shape[1]]).sum(axis=1) / np.cumsum(gains)[best - 1]).mean()),
        "map": float(((hit * precisions).sum(axis=1) / best).mean()),
        "hit_rate": float((hits > 0).mean()),
        "sessions": float(len(judged)),
    }


@dataclass(frozen=True)
class Evaluation:
    """Metrics of a model and of the popularity baseline; printing shows them side by side.

    Attributes:
        k: recommendations for each session.
        sessions: sessions that had something held out.
        model: "recall", "precision", "ndcg", "map", "hit_rate" (means over sessions, see `rank_metrics`), "coverage",
            the share of all training items that are recommended to anyone, and "popularity", the share of
            training sessions that an average recommended item is in.
        baseline: the same when everyone is recommended the most popular items that they do not have yet.
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
        model: fitted on ``train``.
        train: the histories, in any form that `Item2Vec.fit` takes.
        test: what was held out, matched to the histories by session key. A session without a history is recommended
            the most popular items. Items that its history holds too are left out; items that the model does not know
            count as missed.
        k: how many recommendations.

    Raises:
        ValueError: nothing is held out; ``k`` is below 1.
    """
    _check_k(k)
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

    ours = judge(model._recommend(shown, k, None, None, True)[0])
    theirs = judge(most_popular(counts, shown, k))
    inside = truth[truth >= 0]
    of_truth = float(share[inside].mean()) if len(inside) else 0.0
    return Evaluation(k, int(ours.pop("sessions")), ours, {name: theirs[name] for name in ours}, of_truth)


def most_popular(counts: Ints, histories: Interactions, k: int) -> Ints:
    """For each history the k items with the highest counts that it lacks, -1 where there are no more.

    Returns:
        (sessions, min(k, items)).
    """
    k = min(k, len(counts))
    lengths = np.diff(histories.offsets)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    rows = np.full((len(histories), k), -1, np.int64)
    for session in range(len(histories)):
        first = order[: k + lengths[session]]
        own = rank[histories.items[histories.offsets[session] : histories.offsets[session + 1]]]
        stays = np.ones(len(first), bool)
        stays[own[own < len(first)]] = False
        chosen = first[stays][:k]
        rows[session, : len(chosen)] = chosen
    return rows


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


def held_out(held: Interactions, numbers: dict[Hashable, int], shown: Interactions) -> tuple[Ints, Ints]:
    """Held-out items in the model's rows, -1 where it does not know them, without those that were shown."""
    merged = held.merged()
    remap = np.fromiter((numbers.get(key, -1) for key in merged.item_keys), np.int64, len(merged.item_keys))
    rows = remap[merged.items]
    span = len(numbers) + 1
    mine = shown._owners() * span + shown.items
    new = ~np.isin(merged._owners() * span + np.where(rows < 0, span - 1, rows), mine)
    before = np.concatenate([[0], np.cumsum(new)]).astype(np.int64)
    return before[merged.offsets], rows[new]
