"""What the package calls settings, and small things of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

DEFAULT_BUCKETS = 2_000_000


class CannotOpenError(ValueError, FileNotFoundError):
    """A file that is not there: a ValueError as in the package, and a FileNotFoundError as everywhere else."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass
class TrainedWith:
    """Settings by which a model was trained; the names, and defaults for models without labels, are the package's."""

    lr: float = 0.05
    dim: int = 100
    ws: int = 5
    epoch: int = 5
    minCount: int = 5  # noqa: N815
    minCountLabel: int = 0  # noqa: N815
    minn: int = 3
    maxn: int = 6
    neg: int = 5
    wordNgrams: int = 1  # noqa: N815
    loss: str = "ns"
    bucket: int = DEFAULT_BUCKETS
    thread: int | None = None
    lrUpdateRate: int = 100  # noqa: N815
    t: float = 1e-4
    label: str = "__label__"
    verbose: int = 2
    pretrainedVectors: str = ""  # noqa: N815

    def shown(self) -> dict[str, Any]:
        """The attributes of a model."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def hashed(ngram: bytes) -> int:
    """FastText's hash of an n-gram: FNV-1a of 32 bits with bytes as signed numbers."""
    value = 2166136261
    for byte in ngram:
        value = ((value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) & 0xFFFFFFFF
    return value


def ngrams_of(word: bytes, minn: int, maxn: int) -> Iterator[bytes]:
    """The n-grams of a word's characters, in the order of their rows; those of ``</s>`` are none."""
    if word == b"</s>" or maxn < 1:
        return
    data = b"<" + word + b">"
    starts = [at for at, byte in enumerate(data) if byte & 0xC0 != 0x80] + [len(data)]
    count = len(starts) - 1
    for first in range(count):
        for size in range(max(1, minn), min(maxn, count - first) + 1):
            if size > 1 or 0 < first < count - 1:
                yield data[starts[first] : starts[first + size]]
