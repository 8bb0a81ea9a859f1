"""python -m bench.phrases: from a text file to a phrased corpus, beside gensim's Phrases."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Result = dict[str, Any]

CASES = {
    "default": {"scoring": "default", "threshold": 10.0},
    "npmi": {"scoring": "npmi", "threshold": 0.5},
    "default, connectors": {"scoring": "default", "threshold": 10.0, "connectors": True},
    "npmi, connectors": {"scoring": "npmi", "threshold": 0.5, "connectors": True},
}
CONNECTOR_WORDS = "a an and at by for from in of on or the to with without"
STEPS = ("build", "apply", "total", "cpu")


# ---- in a process of its own ----


def _options(case: str) -> Result:
    options = dict(CASES[case])
    if options.pop("connectors", False):
        options["connector_words"] = CONNECTOR_WORDS.split()
    return options


def _timed(steps: list[Callable[[], Any]]) -> list[float]:
    """The moments before, between and after."""
    moments = [time.perf_counter()]
    for step in steps:
        step()
        moments.append(time.perf_counter())
    return moments


def fastemb(path: str, case: str, threads: int) -> Result:
    from fastemb import Corpus, Phrases

    made: Result = {}

    def build() -> None:
        made["corpus"] = Corpus.from_file(path, workers=threads)
        made["phrases"] = Phrases(made["corpus"], workers=threads, **_options(case)).freeze()

    def apply() -> None:
        made["joined"] = made["phrases"].apply(made["corpus"], workers=threads)

    moments = _timed([build, apply])
    cpu = time.process_time()
    return _result(moments, cpu, made["phrases"].phrasegrams, made["joined"].words)


def gensim(path: str, case: str, threads: int) -> Result:
    from gensim.models.phrases import Phrases
    from gensim.models.word2vec import LineSentence

    made: Result = {}
    sentences = LineSentence(path, max_sentence_length=10**9)

    def build() -> None:
        made["phrases"] = Phrases(sentences, max_vocab_size=10**9, **_options(case))

    def apply() -> None:
        made["words"] = sum(map(len, made["phrases"][sentences]))

    moments = _timed([build, apply])
    cpu = time.process_time()
    return _result(moments, cpu, made["phrases"].export_phrases(), made["words"])


def gensim_frozen(path: str, case: str, threads: int) -> Result:
    from gensim.models.phrases import Phrases
    from gensim.models.word2vec import LineSentence

    made: Result = {}
    sentences = LineSentence(path, max_sentence_length=10**9)

    def build() -> None:
        made["phrases"] = Phrases(sentences, max_vocab_size=10**9, **_options(case)).freeze()

    def apply() -> None:
        made["words"] = sum(map(len, made["phrases"][sentences]))

    moments = _timed([build, apply])
    cpu = time.process_time()
    return _result(moments, cpu, made["phrases"].phrasegrams, made["words"])


def _result(moments: list[float], cpu: float, phrases: Any, words: int) -> Result:
    start, built, applied = moments
    scores = json.dumps(sorted(phrases.items())).encode()
    return {
        "build": built - start,
        "apply": applied - built,
        "total": applied - start,
        "cpu": cpu,
        "phrases": len(phrases),
        "words": words,
        "scores": hashlib.sha256(scores).hexdigest(),
    }


TASKS = {"fastemb": fastemb, "gensim": gensim, "gensim, frozen": gensim_frozen}


# ---- comparison ----


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.phrases", description=__doc__)
    parser.add_argument("corpus", type=Path, help="UTF-8 text, a sentence a line")
    parser.add_argument("--rounds", type=int, default=3, help="each runs once a round (default %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="of fastemb (default %(default)s)")
    parser.add_argument("--cases", nargs="+", default=["default"], choices=CASES, metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--timeout", type=float, default=7200, help="seconds for one run (default %(default)s)")
    return parser


def _run(task: str, options: argparse.Namespace, case: str, folder: Path) -> Result:
    from .process import run_child

    result = folder / "result.json"
    arguments = {"path": str(options.corpus.absolute()), "case": case, "threads": options.threads}
    # -P keeps this folder off the path: the fastemb that is installed is meant
    command = [sys.executable, "-P", __file__, "--task", task, json.dumps(arguments), str(result)]
    child = run_child(command, folder, options.timeout)
    return {**json.loads(result.read_text(encoding="utf-8")), "peak": child.peak_mb}


def _table(case: str, runs: dict[str, list[Result]]) -> Iterable[str]:
    first = next(iter(runs.values()))[0]
    yield f"\n{case}: {first['phrases']:,} phrases, {first['words']:,} words once they are joined"
    yield "| | build s | apply s | total s | CPU s | peak MB | total, spread | times fastemb's |"
    yield "|---|---|---|---|---|---|---|---|"
    best = {name: {step: min(run[step] for run in found) for step in STEPS} for name, found in runs.items()}
    for name, found in runs.items():
        totals = [run["total"] for run in found]
        spread = (max(totals) - min(totals)) / statistics.median(totals)
        ratios = [
            f"{best[name][step] / best['fastemb'][step]:.0f} {step}" for step in ("build", "apply", "total", "cpu")
        ]
        columns = [f"{best[name][step]:.2f}" for step in STEPS]
        columns += [f"{max(run['peak'] for run in found):,.0f}", f"{spread:.0%}"]
        yield f"| {name} | {' | '.join(columns)} | {'' if name == 'fastemb' else ', '.join(ratios)} |"
    if len({(run["scores"], run["words"]) for found in runs.values() for run in found}) == 1:
        yield "The phrases, their scores and the number of words are the same in all runs."
    else:
        yield "THE RESULTS DIFFER."


def main() -> int:
    parser = _parser()
    options = parser.parse_args()
    if not options.corpus.is_file():
        parser.error(f"{options.corpus}: no such file")
    tasks = list(TASKS) if importlib.util.find_spec("gensim") else ["fastemb"]
    from .report import machine

    print(json.dumps(machine()))
    same = True
    with tempfile.TemporaryDirectory() as folder:
        for case in options.cases:
            runs: dict[str, list[Result]] = {task: [] for task in tasks}
            for _ in range(options.rounds):
                for task in tasks:
                    runs[task].append(_run(task, options, case, Path(folder)))
            lines = list(_table(case, runs))
            print("\n".join(lines), flush=True)
            same = same and not lines[-1].isupper()
    return 0 if same else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        chosen, arguments, result = sys.argv[2:]
        Path(result).write_text(json.dumps(TASKS[chosen](**json.loads(arguments))), encoding="utf-8")
    else:
        sys.exit(main())
