"""The table of names in docs/migrating-from-gensim.md is complete and true."""

import re
from pathlib import Path
from typing import Any

import pytest

import fastemb

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # gensim's own

PAGE = Path(__file__).parents[2] / "docs" / "migrating-from-gensim.md"
SENTENCES = [["the", "cat", "sat"], ["a", "dog", "sat"]] * 5
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 4, "workers": 1, "epochs": 1, "hs": 1, "sample": 0}
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


def public(thing: Any) -> set[str]:
    """Names of a class, and of its objects."""
    return {name for name in {*dir(type(thing)), *vars(thing)} if not name.startswith("_")}


def objects(module: Any, model: Any, folder: Path) -> dict[str, Any]:
    return {
        "Word2Vec": model,
        "KeyedVectors": model.wv,
        "LineSentence": module.LineSentence("text"),
        "PathLineSentences": module.PathLineSentences(str(folder)),
        "Text8Corpus": module.Text8Corpus("text"),
        "BrownCorpus": module.BrownCorpus("folder"),
    }


@pytest.fixture
def ours(tmp_path: Path) -> dict[str, Any]:
    model = fastemb.Word2Vec(SENTENCES, **OPTIONS)
    phrases = fastemb.Phrases(SENTENCES)
    others = {"CallbackAny2Vec": fastemb.CallbackAny2Vec(), "Phrases": phrases, "FrozenPhrases": phrases.freeze()}
    return {**objects(fastemb, model, tmp_path), **others}


@pytest.fixture
def theirs(tmp_path: Path) -> dict[str, Any]:
    module = pytest.importorskip("gensim.models.word2vec")
    callbacks = pytest.importorskip("gensim.models.callbacks")
    model = module.Word2Vec(SENTENCES, **OPTIONS)
    phrases = pytest.importorskip("gensim.models.phrases").Phrases(SENTENCES)
    others = {"CallbackAny2Vec": callbacks.CallbackAny2Vec(), "Phrases": phrases, "FrozenPhrases": phrases.freeze()}
    return {**objects(module, model, tmp_path), **others}


def test_there_is_a_table_for_every_class() -> None:
    assert list(STATES) == CLASSES


@pytest.mark.parametrize("name", CLASSES)
def test_every_name_of_gensims_is_in_the_table_and_no_other(name: str, theirs: dict[str, Any]) -> None:
    assert public(theirs[name]) | {name} == set(STATES[name])


@pytest.mark.parametrize("name", CLASSES)
def test_what_the_table_calls_absent_is_and_the_rest_is_there(name: str, ours: dict[str, Any]) -> None:
    for entry, state in STATES[name].items():
        if entry != name:
            assert hasattr(ours[name], entry) == (state != "absent"), entry
