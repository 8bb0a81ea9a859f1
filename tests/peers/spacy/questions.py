"""What spaCy is asked: strings of all kinds, some of which are names of its own, and vectors for them."""

from __future__ import annotations

KEYS = [
    "cat",
    "NOUN",
    "nsubj",
    "東京",
    "new york",
    "a\nb",
    "\t",
    "🙂",
    "\ufeffa",
    "a\0b",
    "12345678",
    "123456789",
    "9223372036854775807",
    " ",
    "_",
    "DEPRECATED007",
    "FLAG19",
    "x" * 300,
]
VECTORS = [[((row * 7 + column * 3) % 11 - 4) / 8 for column in range(4)] for row in range(len(KEYS))]
