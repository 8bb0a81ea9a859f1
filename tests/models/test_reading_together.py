"""Several threads infer with one model at once; none may train it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from fastemb import Doc2Vec, TaggedDocument

SENTENCES = [["a", "b", "c", "d", "e", "a"][k % 3 :] for k in range(60)]
OPTIONS: dict[str, Any] = {"vector_size": 8, "workers": 1}


def documents(**options: Any) -> Doc2Vec:
    given = [TaggedDocument(words, [k]) for k, words in enumerate(SENTENCES)]
    return Doc2Vec(given, min_count=1, **OPTIONS | options)


KINDS: list[dict[str, Any]] = [{"dm": 0}, {"dm": 1}, {"dm": 1, "dm_concat": 1}, {"dm": 0, "hs": 1, "vector_size": 16}]


@pytest.mark.parametrize("options", KINDS)
def test_threads_infer_what_one_alone_infers(options: dict[str, Any]) -> None:
    model = documents(**options)
    text, alone = ["a", "c", "e"] * 40, model.infer_vectors(SENTENCES)
    one = model.infer_vector(text)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: (model.infer_vector(text), model.infer_vectors(SENTENCES)), range(40)):
            np.testing.assert_array_equal(found[0], one)
            np.testing.assert_array_equal(found[1], alone)


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
    assert "another thread is inferring vectors with this model: wait until that has ended" in caught[0]
    assert model.train_count == before
    model.train([TaggedDocument(["a", "b"], [0])])  # what the message says
    assert model.train_count == before + 1


def test_the_loss_is_measured_by_one_thread_at_a_time() -> None:
    """Matrices are padded for it, and so are other ones meanwhile."""
    model = documents()
    given = [TaggedDocument(words, [0]) for words in SENTENCES]
    caught: list[str] = []

    def texts() -> Iterator[TaggedDocument]:
        def measure() -> None:
            try:
                model.held_out_loss(given)
            except RuntimeError as error:
                caught.append(str(error))

        with ThreadPoolExecutor(1) as pool:
            pool.submit(measure).result()
        yield from given

    loss = model.held_out_loss(texts())
    assert len(caught) == 1
    assert "another thread is training this model, measuring its loss or building its vocabulary" in caught[0]
    assert model.held_out_loss(given) == loss
