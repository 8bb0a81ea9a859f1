"""What fastText is asked: small models of a text with words of all kinds, by their arguments."""

from __future__ import annotations

import random
from typing import Any

WORDS = [
    "the",
    "of",
    "a",
    "cat",
    "Zürich",
    "naïve",
    "東京",
    "🙂🙃",
    "don't",
    "x" * 40,
    "e\u0301te\u0301",
    "-1.5",
    "<a>",
    "ab",
]

MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"model": "skipgram", "minn": 3, "maxn": 6},
    "bags of words, from one character on": {"model": "cbow", "minn": 1, "maxn": 3},
    "no n-grams": {"model": "skipgram", "minn": 0, "maxn": 0},
    "hierarchical softmax": {"model": "skipgram", "minn": 2, "maxn": 2, "loss": "hs"},
    "supervised": {"minn": 2, "maxn": 4},
    "supervised, pairs of words": {"minn": 0, "maxn": 0, "wordNgrams": 2},
}
"""Arguments of fastText's training, by name; without a ``model`` it is supervised."""

# fastText 0.9.3 draws the start of a matrix in ten parts, by as many threads, and leaves the rest to chance.
COMMON = {"dim": 10, "thread": 10, "epoch": 2, "bucket": 40, "minCount": 1, "verbose": 0}


def text(labels: bool) -> str:
    """Lines of the words, with one of two labels at the start of each if wanted."""
    chance = random.Random(1)
    lines = [" ".join(chance.choices(WORDS, range(1, len(WORDS) + 1), k=8)) for _ in range(100)]
    return "".join(f"__label__{number % 2} {line}\n" if labels else f"{line}\n" for number, line in enumerate(lines))
