"""What both libraries made of texts with our folders; they are not needed, and neither is a tokenizer."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors
from peers import recorded
from peers.static.questions import COUNTS, FOLDERS, KEYS, VECTORS, texts

ANSWERS = recorded("static")["answers"]


def keys_of(text: str, options: dict[str, Any]) -> list[str]:
    """The keys of a text, by Python's own means."""
    text = text.lower() if options.get("lower") else text
    words = re.findall(options["token_pattern"], text) if "token_pattern" in options else text.split()
    if options.get("delimiter", "_") is None:
        return words
    found: list[str] = []
    while words:
        length = next((n for n in (3, 2) if "_".join(words[:n]) in KEYS and len(words) >= n), 1)
        found.append("_".join(words[:length]))
        del words[:length]
    return found


@pytest.mark.parametrize("library", ["model2vec", "sentence-transformers"])
@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.filterwarnings("ignore:.* bags have no key", "ignore:.*keys are left out")
def test_texts_have_the_vectors_that_both_libraries_gave(name: str, library: str, tmp_path: Any) -> None:
    options = FOLDERS[name]
    wv = KeyedVectors._from_arrays(KEYS, np.array(VECTORS, np.float32), np.array(COUNTS))
    wv.save_sentence_transformers(tmp_path / "x", **options)
    answers = np.array(ANSWERS[name][library])
    bags = [keys_of(text, options) for text in texts(len(answers))]
    expected = load_vectors(tmp_path / "x").embed(bags).vectors
    sizes = np.linalg.norm(answers, axis=1) * np.linalg.norm(expected, axis=1)
    assert (answers.any(axis=1) == expected.any(axis=1)).all()
    known = sizes > 0
    assert known.sum() > 15
    assert ((answers * expected).sum(axis=1)[known] / sizes[known]) == pytest.approx(1, abs=1e-6)
    if library == "model2vec":  # which leaves unknown words out
        assert answers == pytest.approx(expected, abs=1e-6)
