"""The trainers: what starts each, which cases it does, and how its times are taken."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .cases import Case, Job
from .process import Child, ChildError, run_child

WORKER = Path(__file__).parent / "worker.py"


@dataclass(frozen=True)
class Timing:
    """Seconds until training began, seconds of training, the words/s that the trainer itself printed, its GFLOP/s."""

    vocabulary_s: float
    training_s: float
    own_words_per_s: float | None = None
    gflops: float | None = None


def run_task(
    task: str, arguments: dict[str, Any], folder: Path, timeout: float, environment: dict[str, str] | None = None
) -> tuple[dict[str, Any], Child]:
    """Run a task of worker.py. -P keeps the current folder off the path: the fastemb that is installed is meant."""
    result = folder / f"{task}.json"
    command = [sys.executable, "-P", str(WORKER), task, json.dumps(arguments), str(result)]
    child = run_child(command, folder, timeout, environment)
    return json.loads(result.read_text(encoding="utf-8")), child


@dataclass(frozen=True)
class Trainer:
    """Something that trains; subclasses say how."""

    name: str
    isa: str | None = field(default=None, kw_only=True)  # fastemb's instruction set; None for all others
    binary_vectors = True
    takes_lists = False  # of words, in place of a file

    def refuses(self, case: Case) -> str | None:
        """Why it cannot do a case; None when it can."""
        return None

    def words(self, words: int, raw_words: int) -> int:
        """Words of the vocabulary that it passes in what it calls one epoch."""
        return words

    def run(self, job: Job, timeout: float) -> tuple[Timing, Child]:
        """Train once."""
        raise NotImplementedError


def _model(job: Job) -> dict[str, Any]:
    """A job as keyword arguments of gensim's, and so fastemb's, Word2Vec."""
    case, settings = job.case, job.settings
    return {
        "vector_size": case.vector_size,
        "window": case.window,
        "sg": case.sg,
        "hs": case.hs,
        "negative": case.negative,
        "min_count": settings.min_count,
        "sample": settings.sample,
        "alpha": settings.alpha,
        "epochs": settings.epochs,
        "workers": settings.threads,
        "seed": job.seed,
    }


def _sources(job: Job) -> dict[str, Any]:
    kind = "FastText" if job.case.subwords else "Word2Vec"
    return {"corpus": str(job.corpus), "lists": job.settings.lists, "vectors": _kept(job), "kind": kind}


def _ngrams(case: Case, prefix: str = "") -> dict[str, Any]:
    """fastText's options."""
    return {f"{prefix}minn": 3, f"{prefix}maxn": 6} if case.subwords else {f"{prefix}minn": 0, f"{prefix}maxn": 0}


def _kept(job: Job) -> str | None:
    return str(job.vectors) if job.keep_vectors else None


@dataclass(frozen=True)
class Fastemb(Trainer):
    """This library."""

    options: dict[str, Any] = field(default_factory=dict)
    takes_lists = True

    def refuses(self, case: Case) -> str | None:
        per_pair = self.options.get("negatives_per_pair")
        return "the same as fastemb here" if per_pair and not case.negative else None

    def run(self, job: Job, timeout: float) -> tuple[Timing, Child]:
        arguments = {**_sources(job), "model": _model(job), "options": self.options}
        environment = {"FASTEMB_ISA": self.isa} if self.isa else None
        times, child = run_task("fastemb", arguments, job.folder, timeout, environment)
        return Timing(**times), child


@dataclass(frozen=True)
class Gensim(Trainer):
    """gensim, reading the file in its compiled code (corpus_file), or fed with lists."""

    takes_lists = True

    def run(self, job: Job, timeout: float) -> tuple[Timing, Child]:
        arguments = {**_sources(job), "model": _model(job)}
        times, child = run_task("gensim", arguments, job.folder, timeout)
        return Timing(**times), child


@dataclass(frozen=True)
class FastTextLibrary(Trainer):
    """The fasttext package of Python."""

    def words(self, words: int, raw_words: int) -> int:
        return raw_words  # it goes on until it has passed as many known words as the file has words in all

    def run(self, job: Job, timeout: float) -> tuple[Timing, Child]:
        case, settings = job.case, job.settings
        options = {
            "model": "skipgram" if case.sg else "cbow",
            "loss": "hs" if case.hs else "ns",
            "dim": case.vector_size,
            "ws": case.window,
            "neg": case.negative,
            "t": settings.sample,
            "minCount": settings.min_count,
            "lr": settings.alpha,
            "epoch": settings.epochs,
            "thread": settings.threads,
            **_ngrams(case),
        }
        arguments = {"corpus": str(job.corpus), "vectors": _kept(job), "options": options}
        result, child = run_task("fasttext", arguments, job.folder, timeout)
        return _fasttext_timing(child, result["started"], settings.threads), child


@dataclass(frozen=True)
class FastTextProgram(FastTextLibrary):
    """fastText's program."""

    path: str = ""
    binary_vectors = False

    def run(self, job: Job, timeout: float) -> tuple[Timing, Child]:
        case, settings = job.case, job.settings
        options = {
            "-input": job.corpus,
            "-output": job.vectors.with_suffix(""),
            "-loss": "hs" if case.hs else "ns",
            "-dim": case.vector_size,
            "-ws": case.window,
            "-neg": case.negative,
            "-t": settings.sample,
            "-minCount": settings.min_count,
            "-lr": settings.alpha,
            "-epoch": settings.epochs,
            "-thread": settings.threads,
            **_ngrams(case, "-"),
        }
        child = run_child([self.path, "skipgram" if case.sg else "cbow", *_flat(options)], job.folder, timeout)
        job.vectors.with_suffix(".vec").replace(job.vectors)
        return _fasttext_timing(child, child.started, settings.threads), child


def _fasttext_timing(child: Child, started: float, threads: int) -> Timing:
    """Training lasts from the report of the vocabulary to the last report of progress."""
    ready = child.find(r"Number of labels:\s*(\d+)")
    progress = child.find(r"Progress:\s*([\d.]+)%")
    rates = child.find(r"words/sec/thread:\s*(\d+)")
    if not ready or not progress or not rates:
        raise ChildError(f"reported no progress:\n{child.last_lines()}")
    return Timing(ready[0][0] - started, progress[-1][0] - ready[0][0], float(rates[-1][1]) * threads)


@dataclass(frozen=True)
class Word2VecProgram(Trainer):
    """word2vec.c, and the programs that share its options."""

    path: str = ""
    skip_gram_only: bool = False
    rate_per_thread: bool = True

    def refuses(self, case: Case) -> str | None:
        if case.subwords:
            return "has no subwords"
        only = self.skip_gram_only and not (case.sg and case.negative and not case.hs)
        return "does skip-gram with negative sampling only" if only else None

    def run(self, job: Job, timeout: float) -> tuple[Timing, Child]:
        case, settings = job.case, job.settings
        options = {
            "-train": job.corpus,
            "-output": job.vectors,
            "-size": case.vector_size,
            "-window": case.window,
            "-negative": case.negative,
            "-sample": settings.sample,
            "-min-count": settings.min_count,
            "-alpha": settings.alpha,
            "-iter": settings.epochs,
            "-threads": settings.threads,
            "-binary": 1,
        }
        if not self.skip_gram_only:
            options |= {"-cbow": 1 - case.sg, "-hs": case.hs}
        child = run_child([self.path, *_flat(options)], job.folder, timeout)
        if not job.vectors.is_file():
            raise ChildError(f"wrote no vectors:\n{child.last_lines()}")
        return self._timing(job, child), child

    def _timing(self, job: Job, child: Child) -> Timing:
        """Training begins at the first report of progress, less what that reports; it ends when vectors are written."""
        progress = child.find(r"Progress:\s*([\d.]+)%")
        rates = child.find(r"Words/(?:thread/)?sec:\s*([\d.]+)k")
        if not progress or not rates:
            raise ChildError(f"reported no progress; is the corpus too small?\n{child.last_lines()}")
        epochs = job.settings.epochs
        (first, share), reached = progress[0], max(float(percent) for _, percent in progress)
        if reached < 100 * (1 - 0.5 / epochs):
            raise ChildError(f"stopped at {reached} % of its training: this build does not do {epochs} epochs")
        end = job.vectors.parent.stat().st_mtime_ns / 1e9
        done = float(share) / 100
        begin = first - (end - first) * done / (1 - done)
        own = float(rates[-1][1]) * 1e3 * (job.settings.threads if self.rate_per_thread else 1)
        return Timing(begin - child.started, end - begin, own)


@dataclass(frozen=True)
class PsgnsccProgram(Word2VecProgram):
    """pSGNScc: reports progress by large chunks, but writes down how long it trained, all threads together."""

    def _timing(self, job: Job, child: Child) -> Timing:
        timing = super()._timing(job, child)
        report = job.folder / "pSGNScc_time"
        fields = report.read_text().split() if report.is_file() else []
        if fields[:1] != ["Elapsed"]:
            return timing
        training = float(fields[1])
        return Timing(timing.vocabulary_s + timing.training_s - training, training, timing.own_words_per_s)


def _flat(options: dict[str, Any]) -> list[str]:
    return [str(part) for option in options.items() for part in option]
