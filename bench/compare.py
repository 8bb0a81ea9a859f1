"""python -m bench.compare: train fastemb and every other trainer that is found, in turn, and compare them."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from . import chart, peak
from .cases import CASES, Job, Settings, choose_cases
from .measure import Runs, Texts, measure, refused
from .peers import (
    Fastemb,
    FastTextLibrary,
    FastTextProgram,
    Gensim,
    PsgnsccProgram,
    Trainer,
    Word2VecProgram,
    run_task,
)
from .process import ChildError
from .report import as_json, built_by, header, machine, overview, table

_ISA_NAMES = {"avx2": "AVX2", "avx512": "AVX-512", "neon": "NEON", "base": "baseline"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__.partition(": ")[2])
    add = parser.add_argument
    add("--corpus", type=Path, required=True, help="UTF-8 text, a sentence a line, words parted by white space")
    add("--limit-mb", type=float, help="use only so many MB from the start of the corpus")
    names = ", ".join(["all", *(case.name for case in CASES)])
    add("--cases", nargs="+", default=[CASES[0].name], metavar="NAME", help=f"{names} (default {CASES[0].name})")
    add("--runs", type=int, default=5, help="rounds; each trainer runs once a round (default %(default)s)")
    add("--epochs", type=int, default=1)
    add("--threads", type=int, default=1)
    add("--vector-size", type=int, help="instead of each case's own")
    add("--min-count", type=int, default=5)
    add("--sample", type=float, default=1e-3)
    add("--alpha", type=float, default=0.025)
    for name in ("word2vec", "pWord2Vec", "pSGNScc", "fastText"):
        text = f"{name}'s program; may be given several times"
        add(f"--{name.lower()}", action="append", default=[], metavar="BIN", help=text)
    add(
        "--without",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="trainers to leave out, such as gensim",
    )
    add(
        "--isa",
        nargs="+",
        metavar="NAME",
        help="run fastemb once a round with each of these instruction sets, such as avx2 avx512; all: every one that "
        "this CPU has, but the baseline (default: the one that fastemb chooses)",
    )
    add("--per-pair", action="store_true", help="also run fastemb with negatives_per_pair=True")
    add("--analogies", type=Path, metavar="FILE", help="questions of four words, as word2vec's questions-words.txt")
    add(
        "--similarity",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="lines of two words and a score",
    )
    add("--timeout", type=float, default=7200, help="seconds for one run (default %(default)s)")
    add("--lists", action="store_true", help="give the corpus as lists of words, to trainers that take them")
    add("--json", type=Path, metavar="OUT.json", help="save every run and the summary here")
    add("--chart", type=Path, metavar="OUT.png", help="draw the speeds (needs matplotlib)")
    return parser


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    for path in [options.corpus, *options.similarity, *([options.analogies] if options.analogies else [])]:
        if not path.is_file():
            parser.error(f"{path}: no such file")
    for path in [*options.word2vec, *options.pword2vec, *options.psgnscc, *options.fasttext]:
        if not (os.path.isfile(path) and os.access(path, os.X_OK)):
            parser.error(f"{path}: no such program")
    for name in ("runs", "epochs", "threads", "min_count", "timeout", "limit_mb", "vector_size"):
        value = getattr(options, name)
        if value is not None and value <= 0:
            parser.error(f"--{name.replace('_', '-')} must be above 0")
    for path in filter(None, (options.json, options.chart)):
        if not path.absolute().parent.is_dir():
            parser.error(f"{path}: no such folder")
    if options.chart and not importlib.util.find_spec("matplotlib"):
        parser.error("--chart needs matplotlib: pip install matplotlib")


def _isas(asked: list[str] | None, about: dict[str, Any]) -> list[str]:
    """The instruction sets to run fastemb with."""
    if asked is None:
        return [about["isa"]]
    if unknown := [name for name in asked if name not in ("all", *about["isas"])]:
        sys.exit(f"--isa {' '.join(unknown)}: this CPU has {', '.join(about['isas'])}")
    return [name for name in about["isas"] if name in asked or ("all" in asked and name != "base")]


def _trainers(options: argparse.Namespace, about: dict[str, Any]) -> tuple[list[Trainer], dict[str, str]]:
    """The trainers, fastemb first, and the compiler of those that are programs."""
    found: list[Trainer] = []
    for name, settings in [("fastemb", {}), ("fastemb per pair", {"negatives_per_pair": True})][: 1 + options.per_pair]:
        for isa in _isas(options.isa, about):
            shown = f"{name} ({_ISA_NAMES.get(isa, isa)})" if options.isa else name
            found.append(Fastemb(shown, options=settings, isa=isa))
    if importlib.util.find_spec("gensim"):
        found.append(Gensim("gensim"))
    if importlib.util.find_spec("fasttext"):
        found.append(FastTextLibrary("fasttext package"))
    kinds: list[tuple[list[str], Callable[[str, str], Trainer]]] = [
        (options.word2vec, lambda name, path: Word2VecProgram(name, path)),
        (options.pword2vec, lambda name, path: Word2VecProgram(name, path, skip_gram_only=True, rate_per_thread=False)),
        (options.psgnscc, lambda name, path: PsgnsccProgram(name, path, skip_gram_only=True, rate_per_thread=False)),
        (options.fasttext, lambda name, path: FastTextProgram(name, path)),
    ]
    programs: dict[str, str] = {}
    for paths, make in kinds:
        for path in map(os.path.abspath, paths):
            name = _unused(Path(path).name, [trainer.name for trainer in found])
            programs[name] = built_by(path)
            found.append(make(name, path))
    return [trainer for trainer in found if trainer.name not in options.without], programs


def _unused(name: str, taken: list[str]) -> str:
    """Programs of one name in different folders must not look alike."""
    tried, number = name, 1
    while tried in taken:
        number += 1
        tried = f"{name} ({number})"
    return tried


def _first_megabytes(corpus: Path, megabytes: float, folder: Path) -> Path:
    """A copy of the start of the corpus, in whole lines."""
    part = folder / "corpus.txt"
    size = int(megabytes * 1e6)
    with corpus.open("rb") as source, part.open("wb") as target:
        while size > 0 and (block := source.read(min(size, 1 << 24))):
            target.write(block)
            size -= len(block)
        target.write(source.readline())
    return part


def _read_corpus(options: argparse.Namespace, folder: Path) -> tuple[Texts, dict[str, Any]]:
    corpus = options.corpus.absolute()
    if options.limit_mb:
        corpus = _first_megabytes(corpus, options.limit_mb, folder)
    vocabulary = folder / "vocabulary.txt"
    arguments = {"corpus": str(corpus), "min_count": options.min_count, "words": str(vocabulary)}
    about, _ = run_task("inspect", arguments, folder, options.timeout)
    about |= {"corpus": options.corpus.name, "bytes": corpus.stat().st_size}
    analogies = options.analogies and options.analogies.absolute()
    similarity = tuple(path.absolute() for path in options.similarity)
    return Texts(corpus, vocabulary, about["words"], about["raw_words"], analogies, similarity), about


def _compare(options: argparse.Namespace, folder: Path) -> bool:
    """Every case, round by round; returns whether all runs succeeded."""
    try:
        texts, about = _read_corpus(options, folder)
    except ChildError as error:
        sys.exit(f"fastemb is not installed or cannot read the corpus: {str(error).splitlines()[-1]}")
    trainers, programs = _trainers(options, about)
    settings = Settings(
        options.epochs, options.threads, options.min_count, options.sample, options.alpha, options.lists
    )
    isas = list(dict.fromkeys(trainer.isa for trainer in trainers if trainer.isa))
    meters = {isa: program for isa in isas if (program := peak.build(isa, folder))}
    where = machine()
    print(header(where, about, programs, {**vars(settings), "rounds": options.runs}), flush=True)
    saved = {"machine": where, "about": about, "programs": programs, "settings": vars(settings)}
    done: list[dict[str, Any]] = []
    peaks: dict[str, float] = {}
    succeeded = True
    for case in choose_cases(options.cases, options.vector_size):
        found = [refused(trainer, case, settings) for trainer in trainers]
        for number in range(options.runs):
            for isa, meter in meters.items():
                peaks[isa] = max(peaks.get(isa, 0.0), peak.measure(meter))
            for trainer, runs in zip(trainers, found, strict=True):
                if runs.refusal or runs.error:
                    continue
                place = folder / "run"
                job = Job(case, settings, texts.corpus, place, number + 1, texts.tests)
                _note(f"{case.name}: round {number + 1} of {options.runs}: {trainer.name}")
                _run(runs, trainer, job, texts, options.timeout)
                shutil.rmtree(place)
            about["peak_gflops"] = peaks
            _save(options.json, {**saved, "cases": [*done, as_json(case, found, where, about)]})
        done.append(as_json(case, found, where, about))
        _note("")
        most = {isa: value * settings.threads for isa, value in peaks.items()}
        print(f"\n{table(case, found, most)}", flush=True)
        succeeded &= not any(runs.error for runs in found)
    print(f"\n{overview(done)}")
    if options.chart:
        chart.draw({**saved, "cases": done}, options.chart)
    return succeeded


def _run(runs: Runs, trainer: Trainer, job: Job, texts: Texts, timeout: float) -> None:
    """One run more, or the reason why there will be none."""
    try:
        runs.runs.append(measure(trainer, job, texts, timeout))
    except (ChildError, OSError) as error:
        runs.error = str(error)
        print(f"\n{job.case.name}: {trainer.name} FAILED: {error}", file=sys.stderr, flush=True)


def _note(text: str) -> None:
    """What is going on, on a line that is written over; only for people."""
    if sys.stderr.isatty():
        print(f"\r{text:<78}\r", end="", file=sys.stderr, flush=True)


def _save(path: Path | None, results: dict[str, Any]) -> None:
    if path is not None:
        path.write_text(json.dumps(results, indent=1), encoding="utf-8")


def _stop(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    """0 when every run succeeded, 1 when one failed, 130 after Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(arguments)
    _check(parser, options)
    try:
        choose_cases(options.cases, options.vector_size)
    except ValueError as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, _stop)
    try:
        with tempfile.TemporaryDirectory(prefix="fastemb-bench-") as folder:
            return 0 if _compare(options, Path(folder)) else 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
