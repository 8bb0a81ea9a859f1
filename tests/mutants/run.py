"""Puts sampled faults into copies of the sources, one at a time, and runs the tests that cover them.

    python -m mutants.run c --count 100 --seed 0
    python -m mutants.run python --count 100 --seed 0
    python -m mutants.run python --again log-of-that

A fault that does not compile, or that gives the compiler's same code, is replaced by another one. Survivors are listed,
and fewer than --least percent killed end in exit code 1.

In C, files are compiled and linked anew with the fault: first to the program of tests/portable, which takes a second,
then to the package, on which tests in Python run, then to the program again, now under the sanitizers. Each is asked
only if those before it noticed nothing. In both languages the tests in Python are some of those that reach the changed
line, those of the file's own room first; for faults in Python, those of the rest of the file follow. They run in a
child that is forked from this process, which has imported pytest and most of what the tests import beside fastemb.
Which tests reach which lines is found out first, and again with --anew, as is needed after tests were added.
"""

from __future__ import annotations

import argparse
import bisect
import concurrent.futures
import dataclasses
import hashlib
import math
import multiprocessing
import os
import queue
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy  # noqa: F401 (children have it then)
import pytest

from .covering import FLAGS, Covering, Noting, read_covering
from .sites import Mutant, c_mutants, python_mutants

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build" / "mutants"
Trial = Callable[[Mutant], str | None]  # what noticed a fault: "": nothing did; None: it is none
_FORK = multiprocessing.get_context("fork")
PROGRAM_HANGS, TESTS_HANG = 60, 240  # after so many seconds, even on a busy machine
CALCULATES_FOR_EVER = 45  # after so many seconds of the processor beyond those that tests in Python have
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
QUICK = ["--hypothesis-profile", "quick"]
FEW_CASES = ["--cases", "25", *QUICK]  # where tests of C are found out
EVERY_CASE = [*PYTEST, "--slow", "100"]  # of those that are named
MOST_TESTS = 150  # of one mutant of C
NEAR_LINES = 6  # whose tests come before those of the rest of a file
MOST_CASES = 40  # of a line
MOST_SECONDS = 15  # of the processor, for the tests of one mutant: in C as they took without a fault


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("language", choices=["c", "python"])
    parser.add_argument("--count", type=int, default=100, help="faults to try (100)")
    parser.add_argument("--seed", default="0", help="another seed samples other faults (0)")
    parser.add_argument("--least", type=float, default=80, help="percent that must be killed (80)")
    parser.add_argument("--only", default="", help="of files whose name has this in it")
    parser.add_argument("--anew", action="store_true", help="find out again which tests reach which lines")
    parser.add_argument("--skip", type=int, default=0, help="so many of the sample, which another run tried (0)")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help=f"of tests of a fault ({MOST_SECONDS})")
    parser.add_argument("--again", type=Path, help="only the survivors that this log of an earlier run lists")
    parser.add_argument("--workers", type=int, default=1, help="processes that try faults at once (1)")
    options = parser.parse_args()
    survived = options.again.read_text() if options.again else ""
    os.chdir(ROOT)
    prepare = prepare_c if options.language == "c" else prepare_python
    trial_within = prepare(options.anew, options.seconds, options.workers)
    mutants = [
        (number, mutant)
        for number, mutant in enumerate(sampled(options.language, options.seed, options.only))
        if number >= options.skip
        and (not survived or f"SURVIVED: {mutant.described(mutant.path.read_text())}\n" in survived)
    ]
    survivors: list[str] = []
    killed: dict[str, int] = defaultdict(int)
    begin = time.monotonic()
    for number, mutant, by in tried_by(options.workers, trial_within, mutants):
        if by is None:
            continue
        text = mutant.described(mutant.path.read_text())
        if by:
            killed[by] += 1
        else:
            survivors.append(text)
        done = sum(killed.values()) + len(survivors)
        print(
            f"[{done}, {time.monotonic() - begin:.0f} s, {number}] {f'killed by {by}' if by else 'SURVIVED'}: {text}",
            flush=True,
        )
        if done == options.count:
            break
    tried = sum(killed.values()) + len(survivors)
    percent = 100 * sum(killed.values()) / max(tried, 1)
    print(f"\n== survivors\n{chr(10).join(survivors) or 'none'}")
    by_whom = ", ".join(f"{count} by {by}" for by, count in sorted(killed.items()))
    share = f"{tried - len(survivors)} of {tried} killed ({percent:.0f}%)"
    print(f"\n{options.language}: {share}: {by_whom}; seed {options.seed}")
    return int(percent < options.least)


def tried_by(
    workers: int, trial_within: Callable[[int], Trial], mutants: list[tuple[int, Mutant]]
) -> Iterator[tuple[int, Mutant, str | None]]:
    """Each fault with what noticed it, in their order. Each worker is a process with sources of its own to change."""
    orders, done = _FORK.Queue(), _FORK.Queue()

    def work(k: int) -> None:
        trial = trial_within(k)
        while (place := orders.get()) is not None:
            done.put((place, trial(mutants[place][1])))

    processes = [_FORK.Process(target=work, args=(k,)) for k in range(workers)]
    for process in processes:
        process.start()
    found: dict[int, str | None] = {}
    given = 0
    try:
        for place, (number, mutant) in enumerate(mutants):
            while given < min(place + 8 * workers, len(mutants)):
                orders.put(given)
                given += 1
            while place not in found:
                try:
                    other, by = done.get(timeout=1)
                except queue.Empty:
                    if any(process.exitcode for process in processes):
                        raise SystemExit("a worker ended: what it said is above") from None
                    continue
                found[other] = by
            yield number, mutant, found[place]
    finally:
        orders.cancel_join_thread()  # what nobody takes any more
        for process in processes:
            process.terminate()


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


def ending_of(
    arguments: list[str],
    folder: Path,
    package: Path,
    plugins: Sequence[object] = (),
    hangs: int = TESTS_HANG,
    most: float = math.inf,
) -> int:
    """What pytest ends with, in a forked child that imports fastemb from a folder: 0: all pass; below 0: it hangs.

    It hangs after so many seconds, or after ``most`` seconds of the processor.
    """
    child = os.fork()
    if child == 0:
        code = 3
        try:
            os.setpgid(0, 0)
            if most < math.inf:
                resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(most), math.ceil(most)))
            nowhere = os.open(os.devnull, os.O_RDWR)
            for number in range(3):
                os.dup2(nowhere, number)
            os.chdir(folder)
            os.environ |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}  # for children of tests
            sys.dont_write_bytecode = True
            sys.path[:] = [str(package), *(path for path in sys.path if path != str(ROOT / "tests"))]
            for name in [name for name in sys.modules if name.partition(".")[0] in ("mutants", "fastemb")]:
                del sys.modules[name]
            code = int(pytest.main(arguments, plugins))
        finally:
            os._exit(code)
    end = time.monotonic() + hangs
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
_SANITIZED = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
_ROOMS_C = [
    "native",
    "vectors",
    "corpus",
    "layers",
    "graphs",
    "classify",
    "phrases",
    "io",
    "train",
    "models",
    "contract",
]


@dataclass(frozen=True)
class Build:
    """A copy of the core and of tests/portable, and its objects: *.o, those under the sanitizers *.checked.o."""

    tree: Path
    units: list[str]
    extension: str
    binding: Path
    compiler: str

    def compiled(self, unit: str, kind: str = ".o", flags: Sequence[str] = ()) -> bool:
        """Whether a file compiles, to an object beside it."""
        command = [self.compiler, *_FLAGS, *flags, "-c", unit, "-o", self.object(unit, kind)]
        return subprocess.run(command, cwd=self.tree, capture_output=True, check=False).returncode == 0

    def compile_all(self, kind: str = ".o", flags: Sequence[str] = ()) -> None:
        units = [unit for unit in self.units if self.kind_checked(unit) == kind or kind != ".checked.o"]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            if not all(pool.map(lambda unit: self.compiled(unit, kind, flags), units)):
                raise SystemExit("the core does not compile without a fault")

    def object(self, unit: str, kind: str = ".o") -> str:
        return str(Path(unit).with_suffix(kind))

    def needed(self, unit: str) -> set[str]:
        """The files that a file is compiled from."""
        command = [self.compiler, *_FLAGS, "-MM", unit]
        rule = subprocess.run(command, cwd=self.tree, capture_output=True, text=True, check=True).stdout
        return {os.path.normpath(name) for name in rule.replace("\\\n", " ").partition(":")[2].split()}

    def linked(self, name: str, objects: list[str], *flags: str) -> None:
        subprocess.run([self.compiler, *objects, *flags, "-lm", "-o", name], cwd=self.tree, check=True)

    def kind_checked(self, unit: str) -> str:
        """The object that is linked where sanitizers look: kernels, which compile for minutes there, are as usual."""
        return ".o" if "/isa_" in unit else ".checked.o"

    def program(self) -> bool:
        """Whether tests/portable passes."""
        self.linked("check", [self.object(unit) for unit in self.units])
        return not fails([str(self.tree / "check")], PROGRAM_HANGS)

    def checked_program(self, touched: Sequence[str]) -> bool:
        """Whether it passes under the sanitizers."""
        for unit in touched:
            kind = self.kind_checked(unit)
            if kind != ".o" and not self.compiled(unit, kind, _SANITIZED):
                return True
        self.linked("checked", [self.object(unit, self.kind_checked(unit)) for unit in self.units], *_SANITIZED)
        return not fails([str(self.tree / "checked")], 5 * PROGRAM_HANGS)

    def package(self, folder: str = "package", kind: str = ".o", *more: str) -> Path:
        """Link the extension into a copy of the package."""
        core = [self.object(unit, kind) for unit in self.units if unit.startswith("csrc")]
        self.linked(f"{folder}/{self.extension}", [*core, *more], str(ROOT / self.binding), "-shared")
        return self.tree / folder


def prepare_c(anew: bool, seconds: float, workers: int) -> Callable[[int], Trial]:
    """Compile everything without a fault; what makes a copy of it and gives the trial of a mutant there."""
    tree = WORK / "c"
    kept = [WORK / "reached", WORK / "reached.so"]
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree("csrc", tree / "csrc")
    shutil.copytree("tests/portable", tree / "tests/portable")
    without = shutil.ignore_patterns("__pycache__", "_native.c", "*.so")
    shutil.copytree("fastemb", tree / "package/fastemb", ignore=without)
    units = sorted(str(path.relative_to(tree)) for path in tree.rglob("*.c") if path.stem != "isa_neon")
    (extension,) = Path("fastemb").glob("_native.*so")
    (binding,) = Path("build").glob(f"objects-usual-{sys.implementation.cache_tag}/fastemb/_native.o")
    build = Build(tree, units, str(extension), binding, os.environ.get("CC", "cc"))
    if anew or not all(path.exists() for path in kept):
        print("== finding out which tests reach which lines: some minutes", flush=True)
        find_covering(build, *kept, workers)
    covering = read_covering(*kept)
    build.compile_all()
    if not build.program():
        raise SystemExit("tests/portable fails without a fault")
    if ending_of([*PYTEST, "tests/native/test_numbering.py"], ROOT, build.package()):
        raise SystemExit("tests/native fails without a fault")
    build.compile_all(".checked.o", _SANITIZED)
    if not build.checked_program([]):
        raise SystemExit("tests/portable fails under the sanitizers without a fault")

    def within(worker: int) -> Trial:
        tree = WORK / f"c-{worker}"
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(WORK / "c", tree)
        return trial_c(dataclasses.replace(build, tree=tree), covering, seconds)

    return within


def trial_c(build: Build, covering: Covering, seconds: float) -> Trial:
    """The trial of a mutant in a tree where all is compiled."""
    tree, units = build.tree, build.units
    needs = {unit: build.needed(unit) for unit in units}
    originals = {unit: (tree / unit).with_suffix(".o").read_bytes() for unit in units}
    checked = {unit: (tree / build.object(unit, build.kind_checked(unit))).read_bytes() for unit in units}

    def trial(mutant: Mutant) -> str | None:
        place = tree / mutant.path
        source = mutant.path.read_text()
        place.write_text(mutant.applied(source))
        touched = [unit for unit in units if str(mutant.path) in needs[unit]]
        try:
            if not touched or not all(build.compiled(unit) for unit in touched):
                return None
            if all((tree / unit).with_suffix(".o").read_bytes() == originals[unit] for unit in touched):
                return None
            if not build.program():
                return "tests/portable"
            if tests := tests_of(covering, mutant, seconds):
                (tree / "chosen").write_text("\n".join(tests))
                ending = ending_of([*EVERY_CASE, f"@{tree / 'chosen'}"], ROOT, build.package())
                if ending in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
                    raise SystemExit("a test has another name now: run with --anew")
                if ending:
                    return "tests in Python"
            if not build.checked_program(touched):
                return "the sanitizers"
            return ""
        finally:
            place.write_text(source)
            for unit in touched:
                (tree / unit).with_suffix(".o").write_bytes(originals[unit])
                (tree / build.object(unit, build.kind_checked(unit))).write_bytes(checked[unit])

    return trial


def find_covering(build: Build, log: Path, library: Path, workers: int) -> None:
    """Run the tests on a core that notes its lines, those of each room in a process of their own."""
    build.compile_all(".noting.o", FLAGS)
    shutil.copy("tests/mutants/reached.c", build.tree)
    build.compiled("reached.c")
    package = build.package("package", ".noting.o", "reached.o")
    shutil.copy(build.tree / "package" / build.extension, library)
    logs = {room: log.with_name(f"reached-{room}") for room in _ROOMS_C}

    def noted(room: str) -> None:
        logs[room].write_text("")
        ending_of([*PYTEST[:1], *PYTEST[2:], *FEW_CASES, f"tests/{room}"], ROOT, package, [Noting(logs[room])], 7200)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(noted, _ROOMS_C))
    log.write_text("".join(path.read_text() for path in logs.values()))


def tests_of(covering: Covering, mutant: Mutant, most: float) -> list[str]:
    """Those that reach a line, those of the core's own room first, as many as take some seconds."""
    tests = chosen(covering.at(str(mutant.path), mutant.line), "tests/native/", covering.seconds)
    left, some = most, []
    for test in tests:
        if covering.seconds[test] <= left or not some:
            some.append(test)
            left -= covering.seconds[test]
    return some


# ---- Python ----

# Of the rooms of the files all cases, of others some.
_COVERING = {
    ("tests/train", "tests/io"): (),
    ("tests/vectors", "tests/models", "tests/contract", "tests/corpus/test_wrong_files.py"): ("--cases", "25"),
}


def prepare_python(anew: bool, seconds: float, workers: int) -> Callable[[int], Trial]:
    """Find out which tests reach which lines; what gives the trial of a mutant in a copy of the sources."""
    WORK.mkdir(parents=True, exist_ok=True)
    data, said = WORK / "coverage", WORK / "coverage-said"
    version = hashlib.sha256(b"".join(path.read_bytes() for path in python_files())).hexdigest()
    note = WORK / "coverage-of"
    if anew or not data.exists() or not note.exists() or note.read_text() != version:
        print("== finding out which tests reach which lines: some minutes", flush=True)
        where = [f"--cov={Path('fastemb', folder)}" for folder in ("train", "io")]
        command = [sys.executable, "-P", "-m", "pytest", *PYTEST[:1], *PYTEST[2:], *QUICK, "-rfE"]
        command += ["--durations=0", "--durations-min=0.001"]
        command += ["-n", str(workers)] if workers > 1 else []
        command += [*where, "--cov-context=test", "--cov-report="]
        told = ""
        for number, (rooms, options) in enumerate(_COVERING.items()):
            told += subprocess.run(
                [*command, *options, *["--cov-append"] * (number > 0), *rooms],
                env=os.environ | {"COVERAGE_FILE": str(data)},
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            ).stdout
        said.write_text(told)
        note.write_text(version)
    useless = set(re.findall(r"^(?:FAILED|ERROR) (\S+)", said.read_text(), re.M))
    seconds_of: dict[str, float] = defaultdict(float)
    for spent, test in re.findall(r"^(\d+\.\d+)s (?:call|setup|teardown) +(\S.*)$", said.read_text(), re.M):
        seconds_of[test] += float(spent)
    reached: dict[str, dict[int, list[str]]] = defaultdict(dict)
    for (path, line), tests in tests_by_line(data).items():
        reached[path][line] = sorted({test for test in tests if test.split(" ")[0] not in useless and "\n" not in test})

    def within(worker: int) -> Trial:
        tree = WORK / f"python-{worker}"
        shutil.rmtree(tree, ignore_errors=True)
        for name in ("fastemb", "tests", "bench", "docs", "typings"):
            shutil.copytree(name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "made"))
        for name in ("pyproject.toml", "README.md", "setup.py", "csrc"):
            (tree / name).symlink_to(ROOT / name)
        if ending_of([*PYTEST, "tests/io/test_paths.py"], tree, tree):
            raise SystemExit("tests/io fails without a fault: run 'make build' first")
        return trial_python(tree, Covering(reached, seconds_of), seconds)

    return within


def trial_python(tree: Path, covering: Covering, seconds: float) -> Trial:
    """The trial of a mutant in a copy of the sources."""
    good: set[str] = set()  # tests that pass without a fault

    def trial(mutant: Mutant) -> str | None:
        path = str(mutant.path)
        near, further = tests_of_python(covering, mutant)
        source = mutant.path.read_text()
        try:
            compile(mutant.applied(source), path, "exec")
        except (SyntaxError, ValueError):
            return None
        (tree / mutant.path).write_text(mutant.applied(source))
        try:
            ending, failed = tried(near, tree, seconds) if near else (0, "")
            if ending == 0 and further:
                ending, failed = tried(further, tree, seconds)
        finally:
            (tree / mutant.path).write_text(source)
        if ending == 0:
            return ""
        suspects = [failed.partition("[")[0]] if failed else [*near, *further]
        if not good.issuperset(suspects) and tried(suspects, tree, seconds)[0]:
            print(f"left out, as {failed or 'a test'} fails without it: {path}:{mutant.line}", flush=True)
            return None
        good.update(suspects)
        return "the tests at its line"

    return trial


def tests_of_python(covering: Covering, mutant: Mutant) -> tuple[list[str], list[str]]:
    """The cases that reach a line or those before it, the quick ones first; and all functions that reach its file.

    A line may run on import alone, or in rare cases of a test: so those of lines before it count, too.
    """
    path = str(mutant.path)
    lines = covering.tests.get(path, {})
    reached = sorted(lines)
    place = bisect.bisect_right(reached, mutant.line)
    room = f"tests/{mutant.path.parts[1]}/"
    own = f"{room}test_{mutant.path.stem}.py"

    def by_place(test: str) -> tuple[bool, float, str]:
        return not test.startswith(room), covering.seconds.get(test, 0.0), test

    near: list[str] = []
    for line in reached[:place][: -NEAR_LINES - 1 : -1]:
        near += sorted(set(lines[line]).difference(near), key=by_place)[:MOST_CASES]
    whole: dict[str, float] = defaultdict(float)
    for test in {test for tests in lines.values() for test in tests}:
        whole[test.partition("[")[0]] += covering.seconds.get(test, 0.0)
    further = sorted(whole, key=lambda test: (not test.startswith(room), whole[test], test))
    return near, [own] * Path(own).exists() + further


class Failure:
    """A plugin of pytest that writes which test failed, and ends after some seconds as if no other one would."""

    def __init__(self, where: Path, seconds: float) -> None:
        self._where = where
        self._seconds = seconds

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._where.write_text(report.nodeid)
        elif report.when == "teardown" and time.process_time() > self._seconds:  # of this process, which was forked
            pytest.exit("enough", returncode=0)


def tried(tests: list[str], tree: Path, seconds: float) -> tuple[int, str]:
    """What the tests end with, and which one failed, if one did."""
    where = tree / "failed"
    where.write_text("")
    (tree / "chosen").write_text("\n".join(tests))
    most = seconds + CALCULATES_FOR_EVER
    ending = ending_of([*PYTEST, *QUICK, "@chosen"], tree, tree, [Failure(where, seconds)], most=most)
    return ending, where.read_text()


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


def chosen(tests: list[str], own: str, seconds: Mapping[str, float] = MappingProxyType({})) -> list[str]:
    """Some of many tests, those of a room first, then quick ones: a case of each function before a second of any."""
    by_function: dict[str, list[str]] = defaultdict(list)
    for test in sorted(set(tests)):
        if "\n" not in test:
            by_function[test.partition("[")[0]].append(test)
    order = random.Random(0)
    for cases in by_function.values():
        order.shuffle(cases)
    slowest = {name: max(seconds.get(case, 0.0) for case in cases) for name, cases in by_function.items()}
    functions = sorted(by_function, key=lambda name: (not name.startswith(own), slowest[name]))
    rounds = [[by_function[name][k] for name in functions if k < len(by_function[name])] for k in range(MOST_TESTS)]
    return [test for one in rounds for test in one][:MOST_TESTS]


if __name__ == "__main__":
    raise SystemExit(main())
