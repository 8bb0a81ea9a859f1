"""A number that is not finite ends training within the block in which it is met, in every kind of model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastemb import DeepWalk, FastText, Item2Vec, Node2Vec, TextClassifier, Word2Vec
from fastemb.graphs import Graph
from fastemb.train.run import Run

RNG = np.random.default_rng(0)
SENTENCES = [[f"w{word}" for word in row] for row in RNG.integers(0, 300, (15_000, 10)).tolist()]
GRAPH = Graph.from_edges([(int(one), int(two)) for one, two in RNG.integers(0, 300, (3_000, 2)) if one != two])
BASKETS = [sorted(set(row)) for row in RNG.integers(0, 300, (15_000, 6)).tolist()]


Train = Callable[[Any, int], None]


class Spoil:
    """Puts a NaN, or infinity, into one row before the second epoch, and counts the epochs that end."""

    def __init__(self, value: float, matrix: Callable[[Any], Any]) -> None:
        self.value, self.matrix, self.ended = value, matrix, 0

    def on_train_begin(self, model: Any) -> None: ...

    def on_train_end(self, model: Any) -> None: ...

    def on_epoch_begin(self, model: Any) -> None:
        if self.ended == 1:
            self.matrix(model)[7] = self.value

    def on_epoch_end(self, model: Any) -> None:
        self.ended += 1


def words(kind: type[Word2Vec], **options: Any) -> Train:
    def train(spoil: Spoil, workers: int) -> None:
        kind(SENTENCES, vector_size=16, min_count=1, sample=0, epochs=2, callbacks=[spoil], workers=workers, **options)

    return train


def items(**options: Any) -> Train:
    def train(spoil: Spoil, workers: int) -> None:
        Item2Vec(
            vector_size=16, epochs=2, progress=False, negative=5, callbacks=[spoil], workers=workers, **options
        ).fit(BASKETS)

    return train


def nodes(kind: type[Any], **options: Any) -> Train:
    def train(spoil: Spoil, workers: int) -> None:
        kind(vector_size=16, epochs=2, num_walks=20, walk_length=20, callbacks=[spoil], workers=workers, **options).fit(
            GRAPH
        )

    return train


def labels(**options: Any) -> Train:
    def train(spoil: Spoil, workers: int) -> None:
        texts, ten = [" ".join(words) for words in SENTENCES], [number % 10 for number in range(len(SENTENCES))]
        model = TextClassifier(16, epochs=2, progress=False, callbacks=[spoil], workers=workers, **options)
        model.fit(texts, ten)

    return train


def inputs(model: Any) -> Any:
    return model.wv.input_vectors if isinstance(model, FastText) else model.wv.vectors


def outputs(model: Any) -> Any:
    return model.wv_out.vectors if isinstance(model, Item2Vec) else model.syn1neg


def of_core(model: Any) -> Any:
    return model._known().vectors


def of_classifier(matrix: str) -> Callable[[Any], Any]:
    return lambda model: getattr(model._known().core.weights, matrix)


CASES: dict[str, tuple[Train, Callable[[Any], Any]]] = {
    "CBOW": (words(Word2Vec), inputs),
    "CBOW, outputs": (words(Word2Vec), outputs),
    "skip-gram": (words(Word2Vec, sg=1), inputs),
    "skip-gram, paths": (words(Word2Vec, sg=1, hs=1, negative=0), inputs),
    "skip-gram, lanes": (words(Word2Vec, sg=1, deterministic=True), inputs),
    "subwords": (words(FastText, bucket=100), inputs),
    "items, CBOW": (items(sg=0), inputs),
    "items, skip-gram": (items(sg=1), outputs),
    "items in order": (items(sg=1, window=2), inputs),
    "DeepWalk": (nodes(DeepWalk), of_core),
    "Node2Vec, paths": (nodes(Node2Vec, hs=1, negative=0), of_core),
    "labels": (labels(), of_classifier("inputs")),
    "labels, outputs": (labels(), of_classifier("outputs")),
    "labels, paths": (labels(loss="hs"), of_classifier("inputs")),
    "labels, each for itself": (labels(loss="ova", deterministic=True), of_classifier("outputs")),
}


@pytest.mark.parametrize(("value", "workers"), [(np.nan, 1), (np.inf, 2)])
@pytest.mark.parametrize("case", CASES)
def test_training_ends_with_advice(case: str, value: float, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    take = Run.take

    def counted(run: Run) -> tuple[int, int] | None:
        taken.append(run.epoch)
        return take(run)

    monkeypatch.setattr(Run, "take", counted)
    train, matrix = CASES[case]
    spoil = Spoil(value, matrix)
    with pytest.raises(FloatingPointError, match=r"training diverged: .* Lower alpha \(now "):
        train(spoil, workers)
    assert spoil.ended == 1
    assert 0 < taken.count(1) <= 2 * workers < taken.count(0)
