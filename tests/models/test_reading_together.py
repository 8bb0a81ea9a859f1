"""Several threads ask one model at once; none may train it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from fastemb import Doc2Vec, FastText, Graph, Item2Vec, Node2Vec, TaggedDocument, Word2Vec

SENTENCES = [["a", "b", "c", "d", "e", "a"][k % 3 :] for k in range(60)]
EDGES = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e")]
OPTIONS: dict[str, Any] = {"vector_size": 8, "workers": 1}


def documents() -> Doc2Vec:
    return Doc2Vec([TaggedDocument(words, [k]) for k, words in enumerate(SENTENCES)], min_count=1, **OPTIONS)


def words(kind: type[Word2Vec]) -> Any:
    return kind(SENTENCES, min_count=1, **OPTIONS)


ASKED: dict[str, Callable[[], Callable[[], Any]]] = {
    "infer_vector": lambda: (lambda model: lambda: model.infer_vector(["a", "c", "e"] * 40))(documents()),
    "infer_vectors": lambda: (lambda model: lambda: model.infer_vectors(SENTENCES))(documents()),
    "Word2Vec.held_out_loss": lambda: (lambda model: lambda: model.held_out_loss(SENTENCES))(words(Word2Vec)),
    "FastText.held_out_loss": lambda: (lambda model: lambda: model.held_out_loss(SENTENCES))(words(FastText)),
    "Item2Vec.held_out_loss": lambda: (lambda model: lambda: model.held_out_loss(SENTENCES))(
        Item2Vec(min_count=1, **OPTIONS).fit(SENTENCES)
    ),
    "Node2Vec.held_out_loss": lambda: (lambda model: lambda: model.held_out_loss(Graph.from_edges(EDGES)))(
        Node2Vec(**OPTIONS).fit(Graph.from_edges(EDGES))
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_threads_get_what_one_alone_gets(name: str) -> None:
    ask = ASKED[name]()
    alone = ask()
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: ask(), range(40)):
            np.testing.assert_array_equal(found, alone)


def test_no_thread_trains_what_another_reads() -> None:
    model = documents()
    caught: list[str] = []

    def texts() -> Iterator[list[str]]:
        def train() -> None:
            try:
                model.train([TaggedDocument(["a", "b"], [0])])
            except RuntimeError as error:
                caught.append(str(error))

        with ThreadPoolExecutor(1) as pool:
            pool.submit(train).result()
        yield ["a", "b"]

    before = model.train_count
    model.infer_vectors(texts())
    assert len(caught) == 1
    assert "another thread is inferring vectors with this model or measuring its loss: wait until" in caught[0]
    assert model.train_count == before
    model.train([TaggedDocument(["a", "b"], [0])])  # what the message says
    assert model.train_count == before + 1
