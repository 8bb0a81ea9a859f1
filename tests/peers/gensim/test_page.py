"""docs/migrating-from-gensim.md, line by line: fastemb's answers beside those that gensim gave."""

from __future__ import annotations

import importlib.util
import json
import re
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import fastemb.models
from peers import differences, plain, recorded
from peers.gensim.lines import TEXT, paragraphs, rows_of_classes, rows_of_modules
from peers.gensim.page import DIFFERS, NOT_ASKED, REPLACED, SAME, Asked, Question

ANSWERS = recorded("gensim")["answers"]
ROWS = {f"{owner}.{name}": state for owner, table in rows_of_classes().items() for name, state in table.items()}
ROWS |= rows_of_modules()
LINES = [*ROWS, *paragraphs()]
NEEDS = {"KeyedVectors.wmdistance": "ot"}  # by case


def line_of(case: str) -> str:
    """The row or paragraph that a case belongs to."""
    found = [line for line in LINES if case == line or case.startswith(f"{line}: ")]
    return max(found, key=len, default="")


def answer(question: Question, folder: Path) -> Any:
    """As it is after a way through JSON, as what was recorded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return json.loads(json.dumps(plain(question(Asked(fastemb.models, folder)))))


@pytest.mark.parametrize("case", SAME)
def test_where_the_page_says_same_the_answer_is_gensims(case: str, tmp_path: Path) -> None:
    if case in NEEDS:
        pytest.importorskip(NEEDS[case])
    assert list(differences(ANSWERS[f"page: {case}"], answer(SAME[case], tmp_path))) == []


@pytest.mark.parametrize("case", DIFFERS)
def test_where_the_page_says_differs_the_answer_is_another_and_known(case: str, tmp_path: Path) -> None:
    question, expected = DIFFERS[case]
    found = answer(question, tmp_path)
    assert list(differences(json.loads(json.dumps(plain(expected))), found)) == []
    assert list(differences(ANSWERS[f"page: {case}"], found)) != [], "gensim answers so, too"


@pytest.mark.parametrize("case", REPLACED)
def test_what_the_page_names_instead_of_an_absent_name_gives_the_same(case: str, tmp_path: Path) -> None:
    assert list(differences(ANSWERS[f"page: {case}"], answer(REPLACED[case][1], tmp_path))) == []


def test_every_line_of_the_page_has_a_case() -> None:
    lines: dict[str, set[str]] = {line: set() for line in LINES}
    for kind, cases in (("same", SAME), ("differs", DIFFERS), ("absent", REPLACED), ("not asked", NOT_ASKED)):
        for case in cases:
            if not case.startswith("What stays: "):
                assert line_of(case), f"{case}: no such line"
                lines[line_of(case)].add(kind)
    for line, kinds in lines.items():
        state = ROWS.get(line)
        assert state is None or kinds & {state, "not asked"}, f"{line}: no case in the table for what {state}"
        assert state != "same" or kinds == {"same"}, f"{line}: a difference is known"
        assert kinds, f"{line}: no case"


def statements() -> list[tuple[str, str]]:
    """The imports of the first table: gensim's and fastemb's."""
    return re.findall(r"^\| `(from gensim.+)` \| `(from .+)` \|$", TEXT, flags=re.MULTILINE)


@pytest.mark.parametrize(("theirs", "ours"), statements())
def test_the_imports_of_the_first_table_bring_the_same_names(theirs: str, ours: str) -> None:
    found: dict[str, Any] = {}
    exec(ours, found)
    names = theirs.partition(" import ")[2].split(", ")
    assert {*names} == {*found} - {"__builtins__"}
    if importlib.util.find_spec("gensim"):
        exec(theirs)


def test_the_numbers_of_gensims_own_tests_are_those_recorded() -> None:
    suites = json.loads(Path(__file__).with_name("suites.json").read_text(encoding="utf-8"))
    passed, failed = (Counter(test.split(".")[2] for test in suites[name]) for name in ("passed", "failed"))
    movers = sum(".TestWMD." in test for test in suites["passed"])
    good = passed["test_word2vec"] + passed["test_keyedvectors"] - movers
    bad = failed["test_word2vec"] + failed["test_keyedvectors"]
    assert f"of its own two suites {good} of {good + bad}" in " ".join(TEXT.split())
    assert f"{passed.total()} of {(passed + failed).total()}\npass" in TEXT
    for kind, expected in (
        ("gensim's tests", bad),
        ("gensim's tests of phrases", failed["test_phrases"]),
        ("gensim's tests of documents", failed["test_doc2vec"]),
        ("gensim's tests of subwords", failed["test_fasttext"]),
    ):
        rows = re.findall(rf"^\| {kind}: (.+?) \|", TEXT, flags=re.MULTILINE)
        assert sum(int(number) for row in rows for number in re.findall(r"\b\d+", row)) == expected


def test_a_line_without_a_case_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in ("KeyedVectors.not_yet_written", "Files: A new paragraph"):
        monkeypatch.setattr("peers.gensim.test_page.LINES", [*LINES, line])
        with pytest.raises(AssertionError, match="no case"):
            test_every_line_of_the_page_has_a_case()
