"""One measured run, and what several of them come to."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .cases import Case, Job, Settings
from .peers import Trainer, run_task


@dataclass(frozen=True)
class Texts:
    """The corpus that is trained on, what it holds, and the files that vectors are tested with."""

    corpus: Path
    vocabulary: Path
    words: int
    raw_words: int
    analogies: Path | None = None
    similarity: tuple[Path, ...] = ()

    @property
    def tests(self) -> bool:
        return bool(self.analogies or self.similarity)


@dataclass
class Run:
    """What one run of one trainer took."""

    vocabulary_s: float
    training_s: float
    words_per_s: float
    own_words_per_s: float | None
    gflops: float | None
    cpu_s: float
    peak_mb: float
    quality: dict[str, float] = field(default_factory=dict)


@dataclass
class Runs:
    """All runs of one trainer on one case."""

    trainer: str
    isa: str | None = None  # of fastemb; None for all others
    runs: list[Run] = field(default_factory=list)
    error: str | None = None
    refusal: str | None = None

    def values(self, name: str) -> list[float]:
        return [getattr(run, name) for run in self.runs]

    def summary(self) -> dict[str, Any]:
        """Best (least time, most words/s), median and spread; the most memory; mean and range of quality."""
        if not self.runs:
            return {}
        speeds = self.values("words_per_s")
        totals = [run.vocabulary_s + run.training_s for run in self.runs]
        quality = {}
        for name in self.runs[0].quality:
            found = [run.quality[name] for run in self.runs]
            quality[name] = {"mean": statistics.fmean(found), "min": min(found), "max": max(found)}
        own = [value for value in self.values("own_words_per_s") if value is not None]
        gflops = [value for value in self.values("gflops") if value is not None]
        return {
            "words_per_s": {
                "best": max(speeds),
                "median": statistics.median(speeds),
                "spread": (max(speeds) - min(speeds)) / statistics.median(speeds),
            },
            "own_words_per_s": max(own) if own else None,
            "gflops": max(gflops) if gflops else None,
            "vocabulary_s": _least(self.values("vocabulary_s")),
            "training_s": _least(self.values("training_s")),
            "total_s": _least(totals),
            "cpu_s": _least(self.values("cpu_s")),
            "peak_mb": max(self.values("peak_mb")),
            "quality": quality,
        }


def _least(values: list[float]) -> dict[str, float]:
    return {"best": min(values), "median": statistics.median(values)}


def ratios(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float]:
    """How many times as fast we are, best against best and median against median."""
    return {
        "training_best": ours["words_per_s"]["best"] / theirs["words_per_s"]["best"],
        "training_median": ours["words_per_s"]["median"] / theirs["words_per_s"]["median"],
        "total_best": theirs["total_s"]["best"] / ours["total_s"]["best"],
        "total_median": theirs["total_s"]["median"] / ours["total_s"]["median"],
        "cpu_best": theirs["cpu_s"]["best"] / ours["cpu_s"]["best"],
    }


def measure(trainer: Trainer, job: Job, texts: Texts, timeout: float) -> Run:
    """Train once, then test the vectors in another process.

    Raises:
        ChildError: it failed.
    """
    job.vectors.parent.mkdir(parents=True)
    timing, child = trainer.run(job, timeout)
    quality: dict[str, float] = {}
    if texts.tests:
        arguments = {
            "vectors": str(job.vectors),
            "binary": trainer.binary_vectors,
            "words": str(texts.vocabulary),
            "analogies": str(texts.analogies) if texts.analogies else None,
            "similarity": [str(path) for path in texts.similarity],
        }
        quality, _ = run_task("evaluate", arguments, job.folder, timeout)
    words = trainer.words(texts.words, texts.raw_words) * job.settings.epochs
    return Run(
        timing.vocabulary_s,
        timing.training_s,
        words / timing.training_s,
        timing.own_words_per_s,
        timing.gflops,
        child.cpu_s,
        child.peak_mb,
        quality,
    )


def refused(trainer: Trainer, case: Case, settings: Settings) -> Runs:
    """No runs yet, or none ever."""
    only_files = "reads files only" if settings.lists and not trainer.takes_lists else None
    return Runs(trainer.name, trainer.isa, refusal=trainer.refuses(case) or only_files)
