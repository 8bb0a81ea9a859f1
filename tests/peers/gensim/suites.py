"""gensim's own tests, run on fastemb's classes: PYTHONPATH=tests python -P -m peers.gensim.suites [--check]

The tests are those that are installed with gensim. Before they are imported, everything public in gensim's modules that
fastemb has under the same name is replaced. Without --check they also run on gensim's own classes, and suites.json
keeps which of those that gensim passes fastemb passes too. With --check nothing is written, and the exit status is 1 if
fastemb fails one that it is recorded to pass. docs/migrating-from-gensim.md tells why it fails others.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import sys
import tempfile
import unittest
import warnings
from pathlib import Path

import gensim.models

import fastemb.models

SUITES = (
    "gensim.test.test_word2vec",
    "gensim.test.test_keyedvectors",
    "gensim.test.test_phrases",
    "gensim.test.test_doc2vec",
    "gensim.test.test_fasttext",
)
MODULES = ("word2vec", "keyedvectors", "phrases", "callbacks", "doc2vec", "fasttext")
PRIVATE = {"keyedvectors": ["_load_word2vec_format"]}  # gensim's tests call it; it would run gensim's code, not ours
RECORDED = Path(__file__).with_name("suites.json")


class Outcomes(unittest.TestResult):
    """What came of each test: None if it passed, else why not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str | None] = {}

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        self.found[test.id()] = None

    def addFailure(self, test: unittest.TestCase, err: tuple) -> None:  # noqa: N802
        self.found[test.id()] = f"{err[0].__name__}: {err[1]}"

    addError = addFailure  # noqa: N815

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        self.found[test.id()] = f"skipped: {reason}"


def use_fastemb() -> None:
    """Put fastemb's classes and functions where gensim has its own."""
    for name in fastemb.models.__all__:
        if name not in MODULES:
            setattr(gensim.models, name, getattr(fastemb.models, name))
    for name in MODULES:
        ours, theirs = getattr(fastemb.models, name), importlib.import_module(f"gensim.models.{name}")
        for public in ours.__all__:
            setattr(theirs, public, getattr(ours, public))
        for private in PRIVATE.get(name, []):
            delattr(theirs, private)


def outcomes() -> dict[str, str | None]:
    """Run all suites, imported anew, in a folder for temporary files."""
    result = Outcomes()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), warnings.catch_warnings():
        tempfile.tempdir = folder
        warnings.simplefilter("ignore")
        for suite in SUITES:
            sys.modules.pop(suite, None)
            with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
                unittest.defaultTestLoader.loadTestsFromName(suite).run(result)
    tempfile.tempdir = None
    return result.found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m peers.gensim.suites")
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, and write nothing")
    check = parser.parse_args().check
    if check:
        recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
        tests: list[str] = [*recorded["passed"], *recorded["failed"]]
    else:
        tests = [test for test, reason in outcomes().items() if reason is None]
    use_fastemb()
    ours = outcomes()
    failed = {test: ours.get(test, "there is no such test") for test in tests if ours.get(test, "") is not None}
    for suite in SUITES:
        passed = sum(test.startswith(suite) and test not in failed for test in tests)
        print(
            f"{suite}: fastemb passes {passed} of the {sum(test.startswith(suite) for test in tests)} that gensim does"
        )
    for test, reason in failed.items():
        print(f"  {test.removeprefix('gensim.test.')}: {str(reason).splitlines()[0][:140]}")
    if not check:
        about = {"peer": "gensim", "version": gensim.__version__, "script": "tests/peers/gensim/suites.py"}
        kept = {**about, "passed": [test for test in tests if test not in failed], "failed": list(failed)}
        RECORDED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        return 0
    for test in recorded["failed"]:
        if test not in failed:
            print(f"note: {test} passes now; run this without --check to record it")
    worse = [test for test in recorded["passed"] if test in failed]
    print(
        "\n".join(f"PASSED BEFORE: {test}" for test in worse)
        or f"All {len(recorded['passed'])} that passed before pass."
    )
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
