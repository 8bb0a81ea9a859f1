"""What sentence-transformers and model2vec are asked: folders by how they are written, and texts to encode."""

from __future__ import annotations

import random
from typing import Any

SIZE = 8
WORDS = [
    "the",
    "a",
    "of",
    "in",
    "new",
    "york",
    "city",
    "los",
    "angeles",
    "is",
    "was",
    "old",
    "big",
    "river",
    "bank",
    "garden",
    "house",
    "Zürich",
    "naïve",
    "東京",
    "don't",
]
KEYS = [*WORDS, "new_york", "new_york_city", "los_angeles", "of_the"]
COUNTS = [1000 // (row + 1) for row in range(len(KEYS))]
VECTORS = [[((row * 7 + column * 3) % 11 - 4) / 8 for column in range(SIZE)] for row in range(len(KEYS))]

FOLDERS: dict[str, dict[str, Any]] = {
    "mean": {},
    "sif": {"weights": "sif"},
    "sif, three components": {"weights": "sif", "smoothing": 1e-2, "remove": 3},
    "zipf, unit vectors": {"weights": "zipf", "pre_normalize": True, "remove": 0},
    "lower": {"lower": True},
    "pattern": {"token_pattern": r"\w+", "lower": True},
    "no phrases": {"delimiter": None},
}
"""Arguments of ``save_sentence_transformers``, by name."""


def texts(number: int) -> list[str]:
    """Texts of known and unknown words, with odd white space and some capitals; the first are empty or all unknown."""
    chance = random.Random(number)
    made = ["", " \t ", "unknown words", "the", "New York City is big"]
    while len(made) < number:
        words = chance.choices([*WORDS, "quokka", "York.", "new york", "(the"], k=chance.randint(1, 40))
        made.append("".join(word + chance.choice([" ", " ", " ", "  ", "\n", "\u3000"]) for word in words))
    return made
