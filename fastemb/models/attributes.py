"""Further values of each word of a model: its count, and what sampling and the Huffman tree make of the counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..train.sampling import HuffmanPaths, keep_probabilities

Ints = NDArray[np.int64]


class Attributes(dict[str, NDArray[Any]]):
    """Arrays of one value a word, by gensim's names; "sample_int", "point" and "code" are made when asked for."""

    derived = ("sample_int", "point", "code")

    def __init__(self, values: Mapping[str, NDArray[Any]], sample: float, paths: HuffmanPaths | None) -> None:
        super().__init__(values)
        self._sample = sample
        self._paths = paths

    def __missing__(self, name: str) -> NDArray[Any]:
        if name == "sample_int":
            self[name] = (keep_probabilities(self["count"], self._sample) * (2.0**32 - 1)).astype(np.uint32)
        elif name in ("point", "code") and self._paths is not None:
            self["point"] = _cut(self._paths.nodes.astype(np.uint32), self._paths.offsets)
            self["code"] = _cut(self._paths.codes, self._paths.offsets)
        else:
            raise KeyError(name)
        return self[name]

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), (dict(self), self._sample, self._paths)


def _cut(values: NDArray[Any], offsets: Ints) -> NDArray[Any]:
    """values[offsets[i]:offsets[i + 1]] for every i, as an array of arrays."""
    pieces = np.empty(len(offsets) - 1, dtype=object)
    for row, (begin, end) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
        pieces[row] = values[begin:end]
    return pieces
