"""fastText's own tests, run on `fastemb.fasttext`: PYTHONPATH=tests python -P -m peers.fasttext.suites [--check]

The tests are those that are installed with the package. Without --check they run on the package and on fastemb, and
suites.json keeps which of those that the package passes fastemb passes too. With --check nothing is written, and the
exit status is 1 if fastemb fails one that it is recorded to pass. Those that fail want models without labels to be
refused by quantize, which takes them here.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import random
import sys
import unittest
import warnings
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import fasttext
import numpy as np

import fastemb.fasttext

TESTS = "fasttext.tests.test_script"
RECORDED = Path(__file__).with_name("suites.json")


class Outcomes(unittest.TestResult):
    """What came of each test: None if it passed, else why not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str | None] = {}

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        self.found[name_of(test)] = None

    def addFailure(self, test: unittest.TestCase, err: tuple) -> None:  # noqa: N802
        self.found[name_of(test)] = f"{err[0].__name__}: {err[1]}"

    addError = addFailure  # noqa: N815


def name_of(test: unittest.TestCase) -> str:
    return test.id().rpartition(".")[2]


def outcomes(module: ModuleType) -> dict[str, str | None]:
    """Run the tests with this module as ``fasttext``."""
    before = {name: found for name, found in sys.modules.items() if name.partition(".")[0] == "fasttext"}
    sys.modules.pop(TESTS, None)
    sys.modules["fasttext"] = module
    random.seed(1)
    np.random.seed(1)
    result = Outcomes()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            cases = importlib.import_module(TESTS).gen_unit_tests()
            unittest.defaultTestLoader.loadTestsFromTestCase(cases).run(result)
    finally:
        sys.modules.pop(TESTS, None)
        sys.modules.update(before)
    return result.found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m peers.fasttext.suites")
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, and write nothing")
    check = parser.parse_args().check
    importlib.import_module("fasttext.tests.test_configurations")
    if check:
        recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
        tests: list[str] = [*recorded["passed"], *recorded["failed"]]
    else:
        recorded = {}
        tests = [test for test, reason in outcomes(fasttext).items() if reason is None]
    ours = outcomes(fastemb.fasttext)
    failed = {test: ours.get(test, "there is no such test") for test in tests if ours.get(test, "") is not None}
    print(f"fastemb passes {len(tests) - len(failed)} of the {len(tests)} tests that fasttext does")
    for test, reason in failed.items():
        print(f"  {test}: {str(reason).splitlines()[0][:140]}")
    if not check:
        about = {"peer": "fasttext", "version": version("fasttext"), "script": "tests/peers/fasttext/suites.py"}
        kept = {**about, "passed": [test for test in tests if test not in failed], "failed": list(failed)}
        RECORDED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        return 0
    worse = [test for test in recorded["passed"] if test in failed]
    print("\n".join(f"PASSED BEFORE: {test}" for test in worse) or f"All {len(recorded['passed'])} pass as before.")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
