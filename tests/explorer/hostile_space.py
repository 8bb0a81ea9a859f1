"""Vectors for the tests of maps, whose keys are such as nobody controls."""

from __future__ import annotations

import numpy as np

from fastemb import KeyedVectors

KINDS = ("animal", "colour", "river")
HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "<!-- <script>",
    "two\nlines\r\n",
    "{{about}} {{program}} ${window.hacked = 1}",
    "&lt;b&gt;",
    "\u202egnp.exe\u2066",
    "half \ud800 a character",
    "null\0byte",
    "\U0001d518\U0001d52b \U0001f469\u200d\U0001f680",
    "x" * 100_000,
    " ",
]
KEYS = [*HOSTILE, *(f"{kind}{number}" for number in range(40) for kind in KINDS)]


def space(size: int = 8) -> KeyedVectors:
    """132 keys of three kinds, each kind in a direction of its own, some of them hostile."""
    random = np.random.default_rng(0)
    of = np.arange(len(KEYS)) % 3
    made = KeyedVectors(size)
    made.add_vectors(KEYS, (np.eye(3, size)[of] * 3 + random.normal(0, 0.6, (len(KEYS), size))).astype(np.float32))
    made.expandos["count"] = np.arange(len(KEYS), 0, -1) ** 3
    made.expandos["kind"] = np.array([KINDS[one] for one in of])
    made.expandos["<b>length</b>"] = np.array([len(key) % 9 for key in KEYS])
    return made
