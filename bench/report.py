"""What is printed: where it ran, a table a case, and the ratios."""

from __future__ import annotations

import os
import platform
import re
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .cases import Case
from .measure import Runs, ratios
from .process import UNSET

_OF_INTEREST = re.compile(r"(FASTEMB|OMP|MKL|OPENBLAS|GOTO|BLIS)_[A-Z0-9_]+")
QUESTIONS = "questions"  # not a quality: how many analogies were answered
_BUILT_BY = re.compile(rb"GCC: \([^)]*\) [\d.]+|clang version [\d.]+")


def machine() -> dict[str, Any]:
    """Where and when this ran; without names of hosts, users or folders."""
    names = ("numpy", "scipy", "gensim", "fasttext")
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": _cpu(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "libraries": {name: found for name in names if (found := _version(name))},
        "environment": {name: value for name, value in sorted(os.environ.items()) if _OF_INTEREST.fullmatch(name)},
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    fields = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    found = {name.strip(): value.strip() for name, value in fields.items()}
    place = f" (family {found['cpu family']}, model {found['model']})" if "cpu family" in found else ""
    return found.get("model name", "unknown") + place


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def built_by(program: str) -> str:
    """The compiler that a program's file names."""
    found = _BUILT_BY.search(Path(program).read_bytes())
    return found.group().decode() if found else "unknown compiler"


def header(where: dict[str, Any], about: dict[str, Any], programs: dict[str, str], settings: dict[str, Any]) -> str:
    """The lines before the tables."""
    libraries = ", ".join(f"{name} {found}" for name, found in where["libraries"].items())
    lines = {
        "date": f"{where['date']}, load average {' '.join(map(str, where['load']))}",
        "machine": f"{where['cpu']}, {where['cpus']} CPUs, {where['system']}",
        "Python": f"{where['python']}, {libraries}",
        "fastemb": f"{about['fastemb']}, instruction set {about['isa']}, built by {about['compiler']}",
        "programs": _by_compiler(programs),
        "environment": ", ".join(f"{name}={value}" for name, value in where["environment"].items()),
        "BLAS": ", ".join(f"{name} {_was_set(where['environment'], name)}" for name in UNSET),
        "corpus": (
            f"{about['corpus']}, {about['bytes'] / 1e6:,.1f} MB, {about['sentences']:,} lines, "
            f"{about['raw_words']:,} words, {about['words']:,} of them in the vocabulary of {about['vocabulary']:,}"
        ),
        "settings": ", ".join(f"{name} {value}" for name, value in settings.items()),
    }
    return "\n".join(f"{name:<12}{text}" for name, text in lines.items() if text)


def _was_set(environment: dict[str, str], name: str) -> str:
    return f"unset (was {environment[name]})" if name in environment else "unset"


def _by_compiler(programs: dict[str, str]) -> str:
    grouped: dict[str, list[str]] = {}
    for name, compiler in programs.items():
        grouped.setdefault(compiler, []).append(name)
    return "; ".join(f"{', '.join(names)} built by {compiler}" for compiler, names in grouped.items())


def table(case: Case, found: list[Runs], peak_gflops: dict[str, float]) -> str:
    """One case: times, speed, memory and quality of each trainer, then the ratios, then what went wrong.

    ``peak_gflops`` is the most that the threads can do, by instruction set, where that is known.
    """
    summaries = {runs.trainer: runs.summary() for runs in found if runs.runs}
    tests = [name for name in next(iter(summaries.values()), {}).get("quality", {}) if name != QUESTIONS]
    head = ["trainer", "vocab s", "train s", "k words/s: best", "median", "spread", "own", "CPU s", "peak MB", *tests]
    rows = [head]
    for runs in found:
        if runs.trainer in summaries:
            rows.append(_row(runs.trainer, summaries[runs.trainer], tests))
        else:
            rows.append([runs.trainer, "failed" if runs.error else "-"] + [""] * (len(head) - 2))
    blocks = [case.title, _aligned(rows)]
    ours = {runs.trainer: summaries[runs.trainer] for runs in found if runs.isa and runs.runs}
    theirs = {name: summary for name, summary in summaries.items() if name not in ours}
    asked = {f"{summary['quality'][QUESTIONS]['mean']:,.0f}" for summary in summaries.values() if "analogies" in tests}
    if asked:
        blocks.append(f"analogy questions: {' or '.join(sorted(asked))}")
    if theirs:
        blocks += [_ratio_table(name, summary, theirs) for name, summary in ours.items()]
    shares = [
        f"{runs.trainer}: {ours[runs.trainer]['gflops']:.0f} GFLOP/s in dot products and changes, "
        f"{100 * ours[runs.trainer]['gflops'] / most:.0f}% of the {most:.0f} that these threads can do at most"
        for runs in found
        if runs.trainer in ours and (most := peak_gflops.get(runs.isa or ""))
    ]
    if shares:
        blocks.append("\n".join(shares))
    blocks += [f"{runs.trainer}: {runs.refusal}" for runs in found if runs.refusal]
    blocks += [f"{runs.trainer} FAILED: {runs.error}" for runs in found if runs.error]
    return "\n\n".join(blocks)


def _row(name: str, summary: dict[str, Any], tests: list[str]) -> list[str]:
    speed, own = summary["words_per_s"], summary["own_words_per_s"]
    quality = summary["quality"]
    return [
        name,
        f"{summary['vocabulary_s']['best']:.2f}",
        f"{summary['training_s']['best']:.2f}",
        f"{speed['best'] / 1e3:,.0f}",
        f"{speed['median'] / 1e3:,.0f}",
        f"{100 * speed['spread']:.0f}%",
        f"{own / 1e3:,.0f}" if own else "",
        f"{summary['cpu_s']['best']:.1f}",
        f"{summary['peak_mb']:,.0f}",
        *(_quality(quality[test]) for test in tests),
    ]


def _quality(value: dict[str, float]) -> str:
    half = (value["max"] - value["min"]) / 2
    return f"{value['mean']:.1f}" + (f" ±{half:.1f}" if half >= 0.05 else "")


def _ratio_table(name: str, ours: dict[str, Any], theirs: dict[str, dict[str, Any]]) -> str:
    rows = [[f"{name} is faster than", "training: best", "median", "text to vectors: best", "median", "CPU time"]]
    rows += [[peer, *(f"{ratio:.2f}x" for ratio in ratios(ours, summary).values())] for peer, summary in theirs.items()]
    return _aligned(rows)


def overview(cases: list[dict[str, Any]]) -> str:
    """Of saved cases: how many times as fast fastemb trains, best against best (median against median)."""
    others = {t["trainer"]: None for case in cases for t in case["trainers"] if t["fastemb_ratios"]}
    rows = [["fastemb trains faster: best (median)", *others]]
    for case in cases:
        ratios_of = {t["trainer"]: t["fastemb_ratios"] for t in case["trainers"]}
        ours = [t["trainer"] for t in case["trainers"] if t["isa"] and t["summary"]]
        for name in ours:
            cells = [ratios_of.get(other, {}).get(name) for other in others]
            shown = [f"{c['training_best']:.1f}x ({c['training_median']:.1f}x)" if c else "-" for c in cells]
            title = case["title"].partition(": ")[2]
            rows.append([title if name == "fastemb" else f"{title}: {name}", *shown])
    return _aligned(rows)


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells[1:]]).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def as_json(case: Case, found: list[Runs], where: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    """One case with every run, on what, and when: cases of several files can be put into one."""
    summaries = {runs.trainer: runs.summary() for runs in found}
    ours = {runs.trainer: summaries[runs.trainer] for runs in found if runs.isa and runs.runs}
    trainers = []
    for runs in found:
        summary = summaries[runs.trainer]
        beside = {} if runs.isa or not summary else {name: ratios(our, summary) for name, our in ours.items()}
        saved = {"runs": [vars(run) for run in runs.runs], "summary": summary, "fastemb_ratios": beside}
        trainers.append({**vars(runs), **saved})
    made = {"date": where["date"], "load": where["load"], "bytes": about["bytes"], "words": about["words"]}
    return {**vars(case), "title": case.title, **made, "trainers": trainers}
