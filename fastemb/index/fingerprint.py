"""How an index recognises the vectors that it was built from."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Self

import numpy as np

from ..signals import slices
from ..vectors.mapped import is_mapped
from ..vectors.store import Array

_SAMPLE = 1024  # rows


@dataclass(frozen=True)
class Fingerprint:
    """What tells vectors from others.

    Attributes:
        rows: How many.
        vector_size: Their dimensions.
        dtype: Their dtype.
        sample: Checksum of about a thousand rows, evenly spread.
        whole: Checksum of all of them.
    """

    rows: int
    vector_size: int
    dtype: str
    sample: int
    whole: int

    @classmethod
    def of(cls, vectors: Array) -> Self:
        """That of vectors (n, d)."""
        return cls(len(vectors), vectors.shape[1], str(vectors.dtype), _of_sample(vectors), _of_all(vectors))

    def check(self) -> None:
        """Refuse what was not written by an index.

        Raises:
            ValueError: A value is of another type.
        """
        numbers = (self.rows, self.vector_size, self.sample, self.whole)
        if not all(type(one) is int and 0 <= one < 2**62 for one in numbers) or type(self.dtype) is not str:
            raise ValueError("the fingerprint makes no sense")

    def difference(self, vectors: Array) -> str:
        """In what vectors differ from those of this fingerprint, for messages; empty if they do not.

        Of vectors that are mapped from a file only the sample is looked at: the rest is left on disk.
        """
        if vectors.shape != (self.rows, self.vector_size):
            have = f"{len(vectors):,} of {vectors.shape[1]} dimensions"
            return f"these are {have}, those were {self.rows:,} of {self.vector_size}"
        if str(vectors.dtype) != self.dtype:
            return f"these are {vectors.dtype}, those were {self.dtype}"
        if _of_sample(vectors) != self.sample:
            return "their values differ"
        if not is_mapped(vectors) and _of_all(vectors) != self.whole:
            return "some of their values differ"
        return ""


def _of_sample(vectors: Array) -> int:
    some = np.unique(np.linspace(0, max(len(vectors) - 1, 0), _SAMPLE).astype(np.int64))[: len(vectors)]
    return zlib.crc32(np.ascontiguousarray(vectors[some]).view(np.uint8).data)


def _of_all(vectors: Array) -> int:
    checksum = 0
    for part in slices(len(vectors)):
        checksum = zlib.crc32(np.ascontiguousarray(vectors[part]).view(np.uint8).data, checksum)
    return checksum
