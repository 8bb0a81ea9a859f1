"""What is trained: the named cases, and one run of a trainer on one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One model to train; defaults are those of the most usual one."""

    name: str
    sg: int = 1
    hs: int = 0
    negative: int = 5
    vector_size: int = 100
    window: int = 5
    subwords: bool = False  # n-grams of 3 to 6 characters in 2,000,000 buckets

    @property
    def title(self) -> str:
        model = "skip-gram" if self.sg else "CBOW"
        method = "hierarchical softmax" if self.hs else f"negative sampling K={self.negative}"
        parts = ", subwords" if self.subwords else ""
        return f"{self.name}: {model}{parts}, {method}, D={self.vector_size}, window {self.window}"


CASES = (
    Case("sg-ns"),
    Case("sg-ns-d300", vector_size=300),
    Case("sg-ns-wide", negative=15, window=10),
    Case("cbow-ns", sg=0),
    Case("sg-hs", hs=1, negative=0),
    Case("cbow-hs", sg=0, hs=1, negative=0),
    Case("sg-subwords", subwords=True),
    Case("cbow-subwords", sg=0, subwords=True),
)


def choose_cases(names: list[str], vector_size: int | None) -> list[Case]:
    """The cases of these names, "all" meaning every one, with another vector size if one is given."""
    known = {case.name: case for case in CASES}
    for name in names:
        if name != "all" and name not in known:
            raise ValueError(f"no case named {name!r}; there are: all, {', '.join(known)}")
    chosen = list(CASES) if "all" in names else [known[name] for name in dict.fromkeys(names)]
    return [replace(case, vector_size=vector_size) if vector_size else case for case in chosen]


@dataclass(frozen=True)
class Settings:
    """What is the same for every case and trainer."""

    epochs: int = 1
    threads: int = 1
    min_count: int = 5
    sample: float = 1e-3
    alpha: float = 0.025
    lists: bool = False


@dataclass(frozen=True)
class Job:
    """One run: a case on a corpus, in a folder of its own."""

    case: Case
    settings: Settings
    corpus: Path
    folder: Path
    seed: int
    keep_vectors: bool

    @property
    def vectors(self) -> Path:
        """Where the vectors go: alone in their folder, whose time of change tells when they were begun."""
        return self.folder / "vectors" / "vectors.bin"
