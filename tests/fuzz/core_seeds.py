"""Writes the first inputs of the fuzzers of the core: `python -m fuzz.core_seeds`, once a target takes other bytes."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

KEPT = Path(__file__).parent / "kept"


def numbers(*values: int) -> bytes:
    """As take_number reads them."""
    return struct.pack(f"<{len(values)}H", *values)


def seeds() -> dict[str, list[bytes]]:
    rng = np.random.default_rng(0)
    lines = b"king 0.25 -1.5e-3 1e-45\nnew york 1.0 nan -inf\nqueen 3.4028235e38 .5 12345678901234567890123\n"
    record = b"king " + np.array([0.25, -1, 3], "<f4").tobytes() + b"\n"
    edges = numbers(*rng.integers(0, 9, 60).tolist())
    sentence = bytes(rng.integers(0, 256, 60).tolist())
    return {
        "text": [
            numbers(1) + "the old king\u00a0of Köln\u3000met \x1d the queen \U0001f600\n\n two\t lines\r\n".encode(),
            numbers(1) + b"good \xff\xfe bad \xed\xa0\x80 \xf4\x90\x80\x80 \xc0\xaf",
            numbers(0) + b"a\0b " + b"x" * 300 + b" " + b"y " * 200,
        ],
        "numbers": [numbers(2, 9, 5) + lines, numbers(2, 9, 5) + record * 3, numbers(0, 1, 0) + b"a 1\nb  2 \n"],
        "graph": [
            numbers(8, both, weights, kept, 7, p, q, 1, 3) + edges
            for both, weights, kept, p, q in [(1, 1, 1, 1, 2), (0, 0, 0, 0, 0), (1, 0, 1, 2, 1), (0, 1, 0, 3, 4)]
        ],
        "phrases": [numbers(30000, 2, 3) + sentence, numbers(0, 0, 0) + sentence[::-1] * 4],
        "rows": [numbers(kind, 20) + bytes(rng.integers(0, 256, 400).tolist()) for kind in range(5)],
    }


def main() -> None:
    for target, inputs in seeds().items():
        folder = KEPT / f"core-{target}"
        folder.mkdir(parents=True, exist_ok=True)
        for k, data in enumerate(inputs):
            (folder / f"seed-{k}").write_bytes(data)


if __name__ == "__main__":
    main()
