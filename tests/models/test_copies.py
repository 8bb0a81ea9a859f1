"""``copy.copy`` of a model: one of its own kind that goes on as a deep copy does."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from fastemb import Doc2Vec, FastText, TaggedDocument, Word2Vec

SENTENCES = [["aba", "bab", "cac"] * 5] * 20
DOCUMENTS = [TaggedDocument(words, [number]) for number, words in enumerate(SENTENCES)]


@pytest.mark.parametrize(
    ("kind", "given", "options"),
    [(Word2Vec, SENTENCES, {}), (FastText, SENTENCES, {"bucket": 100}), (Doc2Vec, DOCUMENTS, {})],
)
def test_a_copy_trains_as_a_deep_copy_does(kind: Any, given: Any, options: dict[str, Any]) -> None:
    model = kind(given, min_count=1, vector_size=8, workers=1, **options)
    deep, made = copy.deepcopy(model), copy.copy(model)
    for one in (deep, made):
        one.train(given, total_examples=len(given), epochs=1)
    np.testing.assert_array_equal(made.syn1neg, deep.syn1neg)
    np.testing.assert_array_equal(made.wv.vectors, deep.wv.vectors)
    assert type(made._known) is type(model._known)
