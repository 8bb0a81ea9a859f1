"""Puts sampled faults into copies of the sources, one at a time, and runs the tests that cover them.

    python -m mutants.run c --count 100 --seed 0
    python -m mutants.run python --count 100 --seed 0
    python -m mutants.run python --again log-of-that

A fault that does not compile, or that gives the compiler's same code, is replaced by another one. Survivors are listed,
and fewer than --least percent killed end in exit code 1.

In C, files are compiled and linked anew with the fault: first to the program of tests/portable, which takes a second,
then, if that notices nothing, to the package, on which the tests in Python of the room run. In Python, the tests are
those that coverage.py saw at the changed line, those of the file's own room first. They run in a child that is forked
from this process, which has imported pytest and most of what the tests import beside fastemb.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy  # noqa: F401 (children have it then)
import pytest

from .sites import Mutant, c_mutants, python_mutants

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build" / "mutants"
PROGRAM_HANGS, TESTS_HANG = 60, 600  # after so many seconds, even on a busy machine
PYTEST = [
    "-q",
    "-x",
    "-p",
    "no:benchmark",
    "-p",
    "no:cacheprovider",
    "--slow",
    "5",
    "-m",
    "not integration",
]
MOST_TESTS = 150  # of one mutant of Python

# The tests in Python of a file of csrc, or of a folder: those that hold it to known values.
COVERING_C = {
    "common": ["native/test_sampling.py", "native/test_text_table.py", "corpus/test_hard_text.py"],
    "graph": ["graphs/test_walks.py", "graphs/test_graph_doors.py"],
    "kernels": ["native/test_step.py", "native/test_rows.py", "native/test_top_rows.py", "vectors/test_topk.py"],
    "rows": ["native/test_rows.py", "layers/test_embedding.py", "layers/test_bag.py"],
    "search": ["native/test_top_rows.py", "vectors/test_topk.py", "vectors/test_many_questions.py"],
    "text/formats.c": [
        "io/test_numbers.py",
        "io/test_text_files.py",
        "io/test_word2vec_files.py",
        "io/test_formats.py",
    ],
    "text/ids.c": ["native/test_numbering.py", "corpus/test_ids.py", "corpus/test_vocabulary.py"],
    "text/subwords.c": ["native/test_ngrams.py", "native/test_subwords.py"],
    "text/phrases.c": ["native/test_pairs.py", "phrases/test_phrases.py", "io/test_small_shapes.py"],
    "text": ["native/test_text_table.py", "corpus/test_text.py", "corpus/test_hard_text.py"],
    "train/held.h": ["native/test_subwords.py", "native/test_train_block.py", "models/test_fasttext.py"],
    "train": ["native/test_train_block.py", "native/test_baskets.py", "native/test_sampling.py", "train"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("language", choices=["c", "python"])
    parser.add_argument("--count", type=int, default=100, help="faults to try (100)")
    parser.add_argument("--seed", default="0", help="another seed samples other faults (0)")
    parser.add_argument("--least", type=float, default=80, help="percent that must be killed (80)")
    parser.add_argument("--only", default="", help="of files whose name has this in it")
    parser.add_argument("--again", type=Path, help="only the survivors that this log of an earlier run lists")
    options = parser.parse_args()
    survived = options.again.read_text() if options.again else ""
    os.chdir(ROOT)
    trial: Callable[[Mutant], str | None] = prepare_c() if options.language == "c" else prepare_python()
    survivors: list[str] = []
    killed: dict[str, int] = defaultdict(int)
    begin = time.monotonic()
    for mutant in sampled(options.language, options.seed, options.only):
        if sum(killed.values()) + len(survivors) == options.count:
            break
        if survived and f"SURVIVED: {mutant.described(mutant.path.read_text())}\n" not in survived:
            continue
        by = trial(mutant)
        if by is None:
            continue
        text = mutant.described(mutant.path.read_text())
        if by:
            killed[by] += 1
        else:
            survivors.append(text)
        done = sum(killed.values()) + len(survivors)
        print(
            f"[{done}, {time.monotonic() - begin:.0f} s] {f'killed by {by}' if by else 'SURVIVED'}: {text}", flush=True
        )
    tried = sum(killed.values()) + len(survivors)
    percent = 100 * sum(killed.values()) / max(tried, 1)
    print(f"\n== survivors\n{chr(10).join(survivors) or 'none'}")
    by_whom = ", ".join(f"{count} by {by}" for by, count in sorted(killed.items()))
    share = f"{tried - len(survivors)} of {tried} killed ({percent:.0f}%)"
    print(f"\n{options.language}: {share}: {by_whom}; seed {options.seed}")
    return int(percent < options.least)


def sampled(language: str, seed: str, only: str) -> Iterator[Mutant]:
    """All faults, in an order that the seed chooses and that other files do not change."""
    paths = sorted(Path("csrc").rglob("*.[ch]")) if language == "c" else python_files()
    find = c_mutants if language == "c" else python_mutants
    found = [mutant for path in paths if only in str(path) for mutant in find(path, path.read_text())]
    found.sort(key=lambda mutant: hashlib.sha256(f"{seed} {mutant}".encode()).digest())
    yield from found


def python_files() -> list[Path]:
    return sorted(path for folder in ("train", "io") for path in Path("fastemb", folder).rglob("*.py"))


def fails(command: list[str], hangs: int, environment: dict[str, str] | None = None, cwd: Path = ROOT) -> bool:
    """Whether a command fails, or hangs."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=os.environ | (environment or {}),
            capture_output=True,
            timeout=hangs,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def tested(arguments: list[str], folder: Path, package: Path) -> int:
    """What pytest ends with, in a forked child that imports fastemb from a folder: 0: all pass; -9: it hangs."""
    child = os.fork()
    if child == 0:
        code = 3
        try:
            os.setpgid(0, 0)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for number in range(3):
                os.dup2(nowhere, number)
            os.chdir(folder)
            os.environ |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}  # for children of tests
            sys.dont_write_bytecode = True
            sys.path[:] = [str(package), *(path for path in sys.path if path != str(ROOT / "tests"))]
            for name in [name for name in sys.modules if name.partition(".")[0] in ("mutants", "fastemb")]:
                del sys.modules[name]
            code = int(pytest.main(arguments))
        finally:
            os._exit(code)
    end = time.monotonic() + TESTS_HANG
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGKILL


# ---- C ----

_FLAGS = ["-std=c11", "-O2", "-fPIC", "-fvisibility=hidden", "-w", "-Icsrc"]


def prepare_c() -> Callable[[Mutant], str | None]:
    """Compile everything without a fault; the trial of a mutant."""
    tree = WORK / "c"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree("csrc", tree / "csrc")
    shutil.copytree("tests/portable", tree / "tests/portable")
    shutil.copytree(
        "fastemb", tree / "package/fastemb", ignore=shutil.ignore_patterns("__pycache__", "_native.c", "*.so")
    )
    compiler = os.environ.get("CC", "cc")
    sources = sorted(str(path.relative_to(tree)) for path in tree.rglob("*.c"))
    units = [source for source in sources if "isa_neon" not in source]
    (extension,) = Path("fastemb").glob("_native.*so")
    (binding,) = Path("build").glob(f"objects-usual-{sys.implementation.cache_tag}/fastemb/_native.o")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda unit: compiled(compiler, tree, unit), units))
    needs = {unit: needed(compiler, tree, unit) for unit in units}
    originals = {unit: (tree / unit).with_suffix(".o").read_bytes() for unit in units}

    def linked(name: str, objects: list[str], *more: str) -> None:
        command = [compiler, *objects, *more, "-lm", "-o", name]
        subprocess.run(command, cwd=tree, check=True)

    everything = [str(Path(unit).with_suffix(".o")) for unit in units]
    core = [name for name in everything if name.startswith("csrc")]
    linked("check", everything)
    if fails([str(tree / "check")], PROGRAM_HANGS):
        raise SystemExit("tests/portable fails without a fault")

    linked(f"package/{extension}", core, str(ROOT / binding), "-shared")
    if tested([*PYTEST, "tests/native/test_numbering.py"], ROOT, tree / "package"):
        raise SystemExit("tests/native fails without a fault")

    def trial(mutant: Mutant) -> str | None:
        place = tree / mutant.path
        source = mutant.path.read_text()
        place.write_text(mutant.applied(source))
        touched = [unit for unit in units if str(mutant.path) in needs[unit]]
        try:
            if not touched or not all(compiled(compiler, tree, unit) for unit in touched):
                return None
            if all((tree / unit).with_suffix(".o").read_bytes() == originals[unit] for unit in touched):
                return None
            linked("check", everything)
            if fails([str(tree / "check")], PROGRAM_HANGS):
                return "tests/portable"
            linked(f"package/{extension}", core, str(ROOT / binding), "-shared")
            _, room, name = mutant.path.parts
            tests = [f"tests/{test}" for test in COVERING_C.get(f"{room}/{name}", COVERING_C[room])]
            if tested([*PYTEST, *tests], ROOT, tree / "package"):
                return "tests in Python"
            return ""
        finally:
            place.write_text(source)
            for unit in touched:
                (tree / unit).with_suffix(".o").write_bytes(originals[unit])

    return trial


def compiled(compiler: str, tree: Path, unit: str) -> bool:
    """Whether a file compiles, to an object beside it."""
    command = [compiler, *_FLAGS, "-c", unit, "-o", str(Path(unit).with_suffix(".o"))]
    return subprocess.run(command, cwd=tree, capture_output=True, check=False).returncode == 0


def needed(compiler: str, tree: Path, unit: str) -> set[str]:
    """The files that a file is compiled from."""
    command = [compiler, *_FLAGS, "-MM", unit]
    rule = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout
    return {os.path.normpath(name) for name in rule.replace("\\\n", " ").partition(":")[2].split()}


# ---- Python ----

_COVERING = [
    "tests/train",
    "tests/io",
    "tests/vectors",
    "tests/models",
    "tests/contract",
    "tests/corpus/test_wrong_files.py",
]


def prepare_python() -> Callable[[Mutant], str | None]:
    """Find out which tests reach which lines; the trial of a mutant."""
    WORK.mkdir(parents=True, exist_ok=True)
    data = WORK / "coverage"
    version = hashlib.sha256(b"".join(path.read_bytes() for path in python_files())).hexdigest()
    note = WORK / "coverage-of"
    if not data.exists() or not note.exists() or note.read_text() != version:
        print("== finding out which tests reach which lines: some minutes", flush=True)
        where = [f"--cov={Path('fastemb', folder)}" for folder in ("train", "io")]
        command = [
            sys.executable,
            "-P",
            "-m",
            "pytest",
            *PYTEST,
            *where,
            "--cov-context=test",
            "--cov-report=",
            *_COVERING,
        ]
        subprocess.run(command, env=os.environ | {"COVERAGE_FILE": str(data)}, check=True)
        note.write_text(version)
    reached = tests_by_line(data)
    tree = WORK / "python"
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("fastemb", "tests", "bench", "docs", "typings"):
        shutil.copytree(name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "made"))
    for name in ("pyproject.toml", "README.md", "setup.py", "csrc"):
        (tree / name).symlink_to(ROOT / name)

    if tested([*PYTEST, "tests/io/test_paths.py"], tree, tree):
        raise SystemExit("tests/io fails without a fault: run 'make build' first")

    def trial(mutant: Mutant) -> str | None:
        of_file = [test for (path, _), tests in reached.items() if path == str(mutant.path) for test in tests]
        own = f"tests/{mutant.path.parts[1]}/"
        tests = chosen(reached.get((str(mutant.path), mutant.line)) or of_file, own)  # a line may run on import alone
        if not tests:
            return ""
        source = mutant.path.read_text()
        try:
            compile(mutant.applied(source), str(mutant.path), "exec")
        except (SyntaxError, ValueError):
            return None
        (tree / "chosen").write_text("\n".join(tests))
        (tree / mutant.path).write_text(mutant.applied(source))
        try:
            failed = tested([*PYTEST, "@chosen"], tree, tree)
        finally:
            (tree / mutant.path).write_text(source)
        if failed not in (0, 1) and tested([*PYTEST, "@chosen"], tree, tree):  # as where a test has another name now
            print(f"left out, as its tests fail without it: {mutant.path}:{mutant.line}", flush=True)
            return None
        return "the tests at its line" if failed else ""

    return trial


def tests_by_line(data: Path) -> dict[tuple[str, int], list[str]]:
    """The tests that reach a line of a file."""
    from coverage.numbits import numbits_to_nums  # comes with pytest-cov

    reached: dict[tuple[str, int], list[str]] = defaultdict(list)
    with sqlite3.connect(data) as database:
        rows = database.execute(
            "select file.path, context.context, line_bits.numbits from line_bits "
            "join file on file.id = file_id join context on context.id = context_id where context.context != ''"
        )
        for path, context, bits in rows:
            for line in numbits_to_nums(bits):
                reached[os.path.relpath(path, ROOT), line].append(_test_of(context))
        arcs = database.execute(  # in place of lines, where branches were measured, too
            "select distinct file.path, context.context, tono from arc "
            "join file on file.id = file_id join context on context.id = context_id where context.context != ''"
        )
        for path, context, line in arcs:
            reached[os.path.relpath(path, ROOT), line].append(_test_of(context))
    return reached


def _test_of(context: str) -> str:
    return re.sub(r"\|(setup|run|teardown)$", "", context)


def chosen(tests: list[str], own: str) -> list[str]:
    """Some of many tests, those of a room first: a case of each function before a second one of any."""
    by_function: dict[str, list[str]] = defaultdict(list)
    for test in sorted(set(tests)):
        if "\n" not in test:
            by_function[test.partition("[")[0]].append(test)
    order = random.Random(0)
    for cases in by_function.values():
        order.shuffle(cases)
    functions = sorted(by_function, key=lambda name: not name.startswith(own))
    rounds = [[by_function[name][k] for name in functions if k < len(by_function[name])] for k in range(MOST_TESTS)]
    return [test for one in rounds for test in one][:MOST_TESTS]


if __name__ == "__main__":
    raise SystemExit(main())
