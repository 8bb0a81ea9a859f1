"""The table of names in docs/migrating-from-gensim.md is complete and true."""

import re
from pathlib import Path
from typing import Any

import pytest
from peers import recorded
from peers.gensim.questions import examples

import fastemb

PAGE = Path(__file__).parents[2] / "docs" / "migrating-from-gensim.md"
CLASSES = [
    "Word2Vec",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "BrownCorpus",
    "CallbackAny2Vec",
    "Phrases",
    "FrozenPhrases",
]


def states() -> dict[str, dict[str, str]]:
    """State of every name, by class."""
    tables: dict[str, dict[str, str]] = {}
    rows: dict[str, str] = {}
    for line in PAGE.read_text(encoding="utf-8").split("## Every public name")[1].splitlines():
        if line.startswith("### "):
            rows = tables.setdefault(line[4:], {})
        elif row := re.fullmatch(r"\| `(\w+)(?:\(\.\.\.\))?` \| (same|differs|absent)(.*) \|", line):
            assert row[1] not in rows
            assert row[2] == "same" or len(row[3]) > 2, f"{row[1]}: no word on what to do"
            rows[row[1]] = row[2]
        else:
            assert not line.startswith("| `"), line
    return tables


STATES = states()


@pytest.fixture
def ours(tmp_path: Path) -> dict[str, Any]:
    return examples(fastemb.models, tmp_path)


def test_there_is_a_table_for_every_class() -> None:
    assert list(STATES) == CLASSES


@pytest.mark.parametrize("name", CLASSES)
def test_every_name_of_gensims_is_in_the_table_and_no_other(name: str) -> None:
    assert {*recorded("gensim")["answers"][f"names: {name}"], name} == set(STATES[name])


@pytest.mark.parametrize("name", CLASSES)
def test_what_the_table_calls_absent_is_and_the_rest_is_there(name: str, ours: dict[str, Any]) -> None:
    for entry, state in STATES[name].items():
        if entry != name:
            assert hasattr(ours[name], entry) == (state != "absent"), entry
