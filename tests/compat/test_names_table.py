"""The table of names in docs/migrating-from-gensim.md is complete and true."""

import importlib
import warnings
from pathlib import Path
from typing import Any

import pytest
from peers import recorded
from peers.gensim.lines import rows_of_classes, rows_of_modules
from peers.gensim.questions import examples

import fastemb

CLASSES = [
    "Word2Vec",
    "KeyedVectors",
    "Doc2Vec",
    "TaggedDocument",
    "TaggedLineDocument",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "BrownCorpus",
    "CallbackAny2Vec",
    "Phrases",
    "FrozenPhrases",
]
MORE_THAN = {"Doc2Vec": "Word2Vec"}  # whose names stand in its own table


STATES = rows_of_classes()


@pytest.fixture
def ours(tmp_path: Path) -> dict[str, Any]:
    return examples(fastemb.models, tmp_path)


def test_there_is_a_table_for_every_class() -> None:
    assert list(STATES) == CLASSES


@pytest.mark.parametrize("name", CLASSES)
def test_every_name_of_gensims_is_in_the_table_and_no_other(name: str) -> None:
    answers = recorded("gensim")["answers"]
    known = answers[f"names: {MORE_THAN[name]}"] if name in MORE_THAN else []
    assert {*answers[f"names: {name}"], name} - {*known} == set(STATES[name])


@pytest.mark.parametrize("name", CLASSES)
def test_what_the_table_calls_absent_is_and_the_rest_is_there(name: str, ours: dict[str, Any]) -> None:
    for entry, state in STATES[name].items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            assert entry == name or hasattr(ours[name], entry) == (state != "absent"), entry


def test_every_name_of_gensims_modules_is_in_the_table_and_no_other() -> None:
    assert recorded("gensim")["answers"]["names: modules"] == sorted(rows_of_modules())


@pytest.mark.parametrize(("name", "state"), rows_of_modules().items())
def test_what_the_table_of_modules_calls_absent_is_and_the_rest_is_there(name: str, state: str) -> None:
    module, _, entry = name.partition(".")
    if module in ("scripts", "utils"):  # there are no such modules here
        assert hasattr(fastemb, entry) == (state == "differs")
    else:
        assert hasattr(importlib.import_module(f"fastemb.models.{module}"), entry) == (state != "absent")
