"""How good a ranking is beside what was held out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer
from .grouping import PART, blocks
from .interactions import Interactions, Numbers

Ints = NDArray[np.int64]

_ROWS = 1 << 13  # sessions; between two parts an interrupt is noticed


@names_arguments()
def rank_metrics(recommended: Ints, offsets: Ints, truth: Ints, k: int) -> dict[str, float]:
    """Means over the sessions that have something held out.

    Args:
        recommended: (sessions, any) item numbers, best first, -1 for nothing.
        offsets: (sessions + 1,), session s has ``truth[offsets[s]:offsets[s + 1]]`` held out.
        truth: Item numbers, none twice in a session; -1 for an item that cannot be recommended, always a miss.
        k: How many recommendations count.

    Returns:
        With h hits among the first k of a session and t items held out, the means of
        "recall" h / t; "precision" h / k; "hit_rate" 1 if h > 0; "ndcg", the sum of 1 / log2(1 + rank) over the hits
        divided by that of the best ranking, min(t, k) hits first (Järvelin and Kekäläinen 2002); "map", the sum over
        hits of the precision up to each, divided by min(t, k); "mrr", 1 / rank of the first hit, 0 without one.
        "sessions": how many they are means of.

    Raises:
        ValueError: ``k`` is below 1; nothing is held out.
        TypeError: ``k`` is no whole number.
    """
    integer("k", k, 1)
    sizes = np.diff(offsets)
    judged = np.flatnonzero(sizes > 0)
    if not len(judged):
        raise ValueError("nothing is held out: there is no session to judge")
    top, sizes = recommended[judged, :k], sizes[judged]
    span = int(max(truth.max(initial=0), top.max(initial=0))) + 1
    owners = np.repeat(np.arange(len(judged)), sizes)
    known = truth >= 0
    pairs = np.sort(owners[known] * span + truth[known])
    hit = np.zeros(top.shape, bool)
    for start in range(0, len(judged) if len(pairs) else 0, _ROWS):
        some = slice(start, start + _ROWS)
        asked = np.arange(len(judged))[some, None] * span + top[some]
        found = np.minimum(np.searchsorted(pairs, asked), len(pairs) - 1)
        hit[some] = (top[some] >= 0) & (pairs[found] == asked)
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
        "mrr": float(np.where(hits > 0, 1 / (1 + hit.argmax(axis=1)), 0).mean()) if hit.size else 0.0,
        "hit_rate": float((hits > 0).mean()),
        "sessions": float(len(judged)),
    }


def held_out(held: Interactions, numbers: Numbers, items: int, shown: Interactions) -> tuple[Ints, Ints]:
    """Held-out items in the model's rows, -1 where it does not know them, without those that were shown.

    Args:
        held: What was held out, a session for each one that was shown.
        numbers: The rows of the model's items.
        items: How many these are.
        shown: In the model's rows.
    """
    merged = held.merged()
    remap = np.fromiter((numbers.get(key, -1) for key in merged.item_keys), np.int64, len(merged.item_keys))
    rows = remap[merged.items]
    span = items + 1
    mine = shown._owners() * span + shown.items
    pairs = merged._owners() * span + np.where(rows < 0, span - 1, rows)
    new = ~within(pairs, mine, shown.offsets)
    before = np.concatenate([[0], np.cumsum(new)]).astype(np.int64)
    return before[merged.offsets], rows[new]


def within(pairs: Ints, known: Ints, offsets: Ints) -> NDArray[np.bool_]:
    """Which pairs are among the known ones, part by part, so that an interrupt is noticed.

    Args:
        pairs: session * n + item, for the same n as ``known``.
        known: The same, session by session.
        offsets: Where sessions of ``known`` begin, (sessions + 1,).
    """
    found = np.zeros(len(pairs), bool)
    if not len(known):
        return found
    ordered = known.copy()
    for begin, end in blocks(offsets):
        ordered[offsets[begin] : offsets[end]].sort()
    for start in range(0, len(pairs), PART):
        some = pairs[start : start + PART]
        places = np.minimum(np.searchsorted(ordered, some), len(ordered) - 1)
        found[start : start + PART] = ordered[places] == some
    return found


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
