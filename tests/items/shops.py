"""Small made-up shops in which something is there to be learned."""

from __future__ import annotations

import numpy as np

from fastemb.items import Item2Vec

KINDS = 4
ITEMS = 10


def baskets(count: int = 600, seed: int = 0, least: int = 2, most: int = 6) -> list[list[str]]:
    """Baskets of one kind each: k0i0 .. k0i9, k1i0 and so on; no item twice."""
    rng = np.random.default_rng(seed)
    return [
        [f"k{kind}i{item}" for item in rng.choice(ITEMS, rng.integers(least, most + 1), replace=False)]
        for kind in rng.integers(0, KINDS, count)
    ]


def small_model(**params: object) -> Item2Vec:
    """Settings that learn such a shop in a blink."""
    settings: dict[str, object] = {"vector_size": 12, "epochs": 30, "negative": 5, "alpha": 0.25, "workers": 1}
    return Item2Vec(**(settings | params))  # type: ignore[arg-type]


def share_of_kind(model: Item2Vec, histories: list[list[str]], n: int = 3) -> float:
    """Share of recommended items that are of the history's kind."""
    items, _ = model.recommend_many(histories, n)
    right = [
        item is not None and item[:2] == history[0][:2]
        for history, row in zip(histories, items, strict=True)
        for item in row
    ]
    return sum(right) / len(right)
