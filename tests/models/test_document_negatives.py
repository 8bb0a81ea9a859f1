"""What documents learn from negatives: the mean of many draws, against plain arithmetic in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastemb import Doc2Vec, TaggedDocument

Floats = NDArray[np.float64]
KINDS = [
    pytest.param({"dm": 0}, id="DBOW"),
    pytest.param({"dm": 0, "dbow_words": 1}, id="DBOW with words"),
    pytest.param({"dm": 1}, id="DM mean"),
    pytest.param({"dm": 1, "dm_mean": 0}, id="DM sum"),
    pytest.param({"dm": 1, "dm_concat": 1, "dm_tag_count": 2}, id="DM concatenation"),
]
RATE, TIMES = 2e-5, 150
OPTIONS: dict[str, Any] = {
    "vector_size": 6,
    "min_count": 1,
    "sample": 0,
    "window": 2,
    "shrink_windows": False,
    "workers": 1,
    "negative": 4,
    "negatives_per_pair": True,
    "alpha": RATE,
    "min_alpha": RATE,
    "epochs": 1,
    "progress": False,
}


def documents() -> list[TaggedDocument]:
    """Eight of ten words, with two tags each."""
    generator = np.random.default_rng(2)
    words = [[f"w{k}" for k in generator.integers(0, 10, 6)] for _ in range(8)]
    return [TaggedDocument(each, [number, "all"]) for number, each in enumerate(words)]


class Expected:
    """Sums of -d loss / d row over a pass, by matrices as they are halfway, with the mean over all draws."""

    def __init__(self, model: Doc2Vec, matrices: list[Floats]) -> None:
        self.words, self.tags, self.outputs = matrices
        counts = np.array([model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key], np.float64)
        self.chances = counts**model.ns_exponent / (counts**model.ns_exponent).sum()
        self.negative = model.negative
        self.of_words, self.of_tags, self.of_outputs = (np.zeros_like(m) for m in (self.words, self.tags, self.outputs))

    def step(self, hidden: Floats, word: int) -> Floats:
        """Of one hidden row that predicts a word: what comes back to it. A draw of the word itself is left out."""
        weights = -self.negative * self.chances / (1 + np.exp(-self.outputs @ hidden))
        weights[word] = 1 - 1 / (1 + np.exp(-self.outputs[word] @ hidden))
        self.of_outputs += np.outer(weights, hidden)
        back: Floats = weights @ self.outputs
        return back

    def read(self, model: Doc2Vec, document: TaggedDocument) -> None:
        """A document, as the model's settings say."""
        ids = [model.wv.key_to_index[word] for word in document.words]
        rows = [model.dv.key_to_index[tag] for tag in document.tags]
        for place, word in enumerate(ids):
            near = [k for k in range(place - model.window, place + model.window + 1) if k != place]
            there = [ids[k] for k in near if 0 <= k < len(ids)]
            if model.dbow:
                for row in rows:
                    self.of_tags[row] += self.step(self.tags[row], word)
                for other in there if model.dbow_words else []:
                    self.of_words[other] += self.step(self.words[other], word)
            elif model.dm_concat:
                around = [ids[k] if 0 <= k < len(ids) else model.wv.key_to_index["\0"] for k in near]
                back = self.step(np.concatenate([self.tags[rows].ravel(), self.words[around].ravel()]), word)
                parts = back.reshape(-1, model.vector_size)
                np.add.at(self.of_tags, rows, parts[: len(rows)])
                np.add.at(self.of_words, around, parts[len(rows) :])
            else:
                count = len(rows) + len(there)
                total = self.tags[rows].sum(0) + self.words[there].sum(0)
                back = self.step(total / (count if model.dm_mean else 1), word)
                back /= 1 if model.dm_mean else count  # as in gensim, without cbow_exact
                np.add.at(self.of_tags, rows, back)
                np.add.at(self.of_words, there, back)


def copies(model: Doc2Vec) -> list[Floats]:
    return [np.array(matrix, np.float64) for matrix in (model.wv.vectors, model.dv.vectors, model.syn1neg)]


@pytest.mark.parametrize("options", KINDS)
def test_many_small_steps_go_along_the_mean_gradient(options: dict[str, Any]) -> None:
    given = documents()
    model = Doc2Vec(**OPTIONS, **options)
    model.build_vocab(given * TIMES)
    generator = np.random.default_rng(3)
    for matrix in (model.wv.vectors, model.dv.vectors, model.syn1neg):
        matrix[:] = generator.normal(0, 0.5, matrix.shape)
    before = copies(model)
    model.train(given * TIMES)
    after = copies(model)
    expected = Expected(model, [(old + new) / 2 for old, new in zip(before, after, strict=True)])
    for document in given:
        expected.read(model, document)
    for old, new, gradient in zip(
        before, after, (expected.of_words, expected.of_tags, expected.of_outputs), strict=True
    ):
        found = (new - old) / (RATE * TIMES)
        assert np.abs(found - gradient).max() <= 0.08 * np.abs(gradient).max()
