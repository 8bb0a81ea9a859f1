"""What gensim answered once, for every question; gensim is not needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import fastemb.models
from peers import differences, recorded
from peers.gensim.questions import SIZE, WORDS, answers, uniform

ASKED_OF_GENSIM_ALONE = ("names: ", "arguments: ", "text file", "page: ", "recipe: ", "documents: ")
ANSWERS = recorded("gensim")["answers"]
QUESTIONS = [name for name in ANSWERS if not name.startswith(ASKED_OF_GENSIM_ALONE)]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(answers(fastemb.models, tmp_path_factory.mktemp("answers"))))
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_gensims(question: str, ours: dict[str, Any]) -> None:
    assert list(differences(ANSWERS[question], ours[question])) == []


def test_every_question_was_recorded(ours: dict[str, Any]) -> None:
    assert list(ours) == QUESTIONS


def test_some_answers_are_no_trivial_ones() -> None:
    assert len(ANSWERS["phrases: default, 0 connectors"]["phrases"]) > 5
    assert ANSWERS["analogies: defaults"][0] > 0


@pytest.mark.parametrize("binary", [False, True])
def test_gensims_files_of_vectors_are_read(binary: bool, tmp_path: Path) -> None:
    content = bytes.fromhex(ANSWERS["binary file"]) if binary else ANSWERS["text file"].encode()
    (tmp_path / "vectors").write_bytes(content)
    loaded = fastemb.KeyedVectors.load_word2vec_format(tmp_path / "vectors", binary=binary)
    assert list(loaded.index_to_key) == WORDS
    assert loaded.vectors.tobytes() == uniform(len(WORDS), SIZE).tobytes()
