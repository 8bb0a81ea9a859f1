"""Labels of documents in the core, against plain arithmetic in float64."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb import _native
from fastemb.classify.answering import Question, answered, in_order
from fastemb.classify.features import Documents
from fastemb.classify.predict import Predictor, sigmoid_table
from fastemb.classify.product import Quantising, quantised
from fastemb.classify.state import LOSSES, ClassifierState
from fastemb.config import isa
from fastemb.io.formats.fasttext_matrix import QuantisedMatrix
from fastemb.io.formats.fasttext_model import stored_rows
from fastemb.io.formats.fasttext_parts import SUPERVISED, Arguments, Dictionary

WORDS = 300
TOLERANCE = 1e-5


def state_of(loss: str, labels: int = 7, dim: int = 19, seed: int = 0) -> ClassifierState:
    rng = np.random.default_rng(seed)
    names = [*(b"w%d" % number for number in range(WORDS)), *(b"__label__%d" % number for number in range(labels))]
    counts = np.concatenate([np.ones(WORDS), np.sort(rng.integers(1, 99, labels))[::-1]]).astype(np.int64)
    inputs = rng.normal(size=(WORDS, dim)).astype(np.float32)
    outputs = rng.normal(size=(labels, dim)).astype(np.float32)
    arguments = Arguments(dim, loss=LOSSES[loss], model=SUPERVISED)
    return ClassifierState(arguments, Dictionary.of(names, WORDS, counts, WORDS), inputs, outputs)


def documents_of(count: int = 60, seed: int = 1) -> Documents:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 40, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = rng.integers(0, WORDS, offsets[-1]).astype(np.int32)
    return Documents(rows, offsets, np.empty(0, np.int32), np.zeros(count + 1, np.int64))


def dense(matrix: Any) -> np.ndarray[Any, Any]:
    return (matrix.unpacked() if isinstance(matrix, QuantisedMatrix) else matrix).astype(np.float64)


def probabilities(state: ClassifierState, documents: Documents, loss: str) -> np.ndarray[Any, Any]:
    """(documents, labels), without what fastText adds."""
    inputs, outputs = dense(state.inputs), dense(state.outputs)
    bags = [documents.rows[a:b] for a, b in zip(documents.offsets, documents.offsets[1:], strict=False)]
    vectors = np.array([inputs[bag].mean(axis=0) if len(bag) else np.zeros(inputs.shape[1]) for bag in bags])
    scores = vectors @ outputs.T
    if loss == "softmax":
        found = np.exp(scores - scores.max(axis=1, keepdims=True))
        return found / found.sum(axis=1, keepdims=True)
    if loss in ("ns", "ova"):
        places = np.floor((scores + 8) * 32)
        return np.where(scores < -8, 0, np.where(scores > 8, 1, 1 / (1 + np.exp(8 - places / 32))))
    found = np.ones(scores.shape)
    paths = state.paths
    for label in range(len(outputs)):
        for at in range(paths.offsets[label], paths.offsets[label + 1]):
            right = 1 / (1 + np.exp(-scores[:, paths.nodes[at]]))
            found[:, label] *= (right if paths.codes[at] else 1 - right) + 1e-5
    return found - 1e-5


QUANTISED: dict[str, Quantising | None] = {
    "floats": None,
    "codes": Quantising(),
    "codes of rows and labels": Quantising(width=4, outputs=True),
    "codes and lengths": Quantising(width=5, lengths=True, outputs=True),
}


@pytest.mark.parametrize("quantising", QUANTISED)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("labels", "dim"), [(1, 3), (2, 16), (7, 19), (600, 8)])
def test_labels_and_probabilities(loss: str, labels: int, dim: int, quantising: str) -> None:
    state = state_of(loss, labels, dim)
    by = QUANTISED[quantising]
    if by is not None:
        state = quantised(state, by)
    documents = documents_of()
    expected, found = probabilities(state, documents, loss), Predictor(state).predict(documents, -1)
    for number, count in enumerate(found.counts.tolist()):
        if documents.offsets[number] == documents.offsets[number + 1]:
            assert count == 0
            continue
        own, values = found.labels[number, :count], found.probabilities[number, :count]
        if loss != "hs":  # which leaves out labels with a probability below 1e-5
            assert sorted(own.tolist()) == list(range(labels))
        assert (np.delete(expected[number], own) < 2e-5).all()
        assert (np.diff(values) <= 0).all()
        near = np.abs(values - 1e-5 - expected[number, own]) < TOLERANCE
        assert near.all() if loss in ("softmax", "hs") else near.mean() > 0.98  # a score at the edge of a step


@pytest.mark.parametrize("loss", LOSSES)
def test_k_threshold_threads_and_parts(loss: str) -> None:
    predictor, documents = Predictor(state_of(loss, 40)), documents_of(3000)
    every = predictor.predict(documents, -1)
    for threads in (1, 3):
        best = predictor.predict(documents, 3, 0.03, threads)
        for number in range(len(documents)):
            known = every.counts[number] > 0
            kept = int((every.probabilities[number, :3] - 1e-5 >= 0.03).sum()) if known else 0
            assert abs(int(best.counts[number]) - kept) <= (loss == "hs")  # whose threshold is one of logarithms
            some = int(best.counts[number])
            assert best.logs[number, :some].tolist() == every.logs[number, :some].tolist()


def test_more_labels_than_there_are() -> None:
    found = Predictor(state_of("softmax", 2)).predict(documents_of(), 10)
    assert found.labels.shape[1] == 2


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([9] * 9, {1: [8], 2: [8, 7], 3: [8, 1, 7], 5: [3, 1, 4, 8, 7], 9: [3, 1, 4, 7, 5, 8, 6, 2, 0]}),
        (
            [9, 1, 9, 1, 9, 2, 2, 9, 1],
            {1: [7], 2: [7, 4], 3: [7, 0, 4], 5: [0, 4, 2, 7, 6], 9: [7, 4, 0, 2, 6, 5, 8, 3, 1]},
        ),
    ],
)
def test_equal_probabilities_come_in_fasttexts_order(scores: list[float], expected: dict[int, list[int]]) -> None:
    state = state_of("ova", 9, 2)
    assert isinstance(state.inputs, np.ndarray)
    assert isinstance(state.outputs, np.ndarray)
    state.inputs[:] = [1, 0]
    state.outputs[:] = [[score, 0] for score in scores]
    one = Documents(np.zeros(1, np.int32), np.array([0, 1]), np.empty(0, np.int32), np.zeros(2, np.int64))
    found = {k: Predictor(state).predict(one, k).labels[0].tolist() for k in expected}
    assert found == expected  # as fastText 0.9.2 answers


def test_the_means_of_documents() -> None:
    state, documents = state_of("softmax"), documents_of()
    assert isinstance(state.inputs, np.ndarray)
    expected = np.array(
        [
            state.inputs[documents.rows[a:b]].mean(axis=0) if b > a else np.zeros(19)
            for a, b in zip(documents.offsets, documents.offsets[1:], strict=False)
        ]
    )
    assert Predictor(state).vectors(documents) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_rows_at_any_address(shift: int) -> None:
    state = state_of("hs")
    assert isinstance(state.inputs, np.ndarray)
    room = np.zeros(state.inputs.nbytes + 4, np.uint8)
    room[shift : shift + state.inputs.nbytes] = state.inputs.view(np.uint8).ravel()
    moved = room[shift : shift + state.inputs.nbytes].view(np.float32).reshape(state.inputs.shape)
    assert not moved.flags.aligned
    documents = documents_of()
    expected, found = (Predictor(one).predict(documents, 3) for one in (state, replace(state, inputs=moved)))
    assert found.labels.tolist() == expected.labels.tolist()
    assert found.probabilities == pytest.approx(expected.probabilities, abs=1e-6)


def test_scores_that_are_no_numbers() -> None:
    for loss in LOSSES:
        state = state_of(loss)
        state.inputs[3, 4] = np.nan
        with pytest.raises(FloatingPointError, match="not a finite number"):
            Predictor(state).predict(documents_of())


@pytest.mark.parametrize("k", [0, -2])
def test_k_that_makes_no_sense(k: int) -> None:
    with pytest.raises(ValueError, match="k needs to be 1 or higher"):
        Predictor(state_of("softmax")).predict(documents_of(), k)


def test_models_that_tell_no_labels() -> None:
    state = state_of("softmax")
    with pytest.raises(ValueError, match="Model needs to be supervised"):
        Predictor(replace(state, arguments=replace(state.arguments, model=1)))
    with pytest.raises(ValueError, match="has no labels"):
        Predictor(replace(state, dictionary=Dictionary.of([b"a"], 1, np.ones(1, np.int64), 1)))
    with pytest.raises(ValueError, match=r"shape \(3, 19\), where \(7, 19\) is needed"):
        Predictor(replace(state, outputs=state.outputs[:3]))
    tree = state_of("hs")
    tree.dictionary.counts[-1] = 0
    with pytest.raises(ValueError, match="each with a count of 1 or more"):
        Predictor(tree)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=60))
def test_any_tree_has_each_label_once(counts: list[int]) -> None:
    """But for labels of a probability that fastText calls 0, deep in the tree: it is below 1e-5."""
    state = state_of("hs", len(counts), 2)
    state.dictionary.counts[WORDS:] = counts
    found = Predictor(state).predict(documents_of(5), -1)
    for row, logs, count in zip(found.labels.tolist(), found.logs, found.counts.tolist(), strict=True):
        named = row[:count]
        assert len(set(named)) == count
        assert set(named) <= set(range(len(counts)))
        if count:
            total = float((np.exp(logs[:count].astype(np.float64)) - 1e-5).sum())
            assert total == pytest.approx(1, abs=2e-5 * len(counts) + 1e-4)


def test_pieces_are_answered_in_order() -> None:
    state = state_of("softmax")
    lines = [b"w%d w%d\n" % (number, number * 7 % WORDS) for number in range(WORDS)]
    predictor = Predictor(state)
    expected = predictor.predict(state.features.documents(b"".join(lines)))
    found = answered(iter(lines), state.features, predictor, Question(), 3)
    assert [int(one.labels[0, 0]) for _, one in found] == expected.labels[:, 0].tolist()


def test_a_thread_is_stopped_between_two_answers_to_a_piece() -> None:
    begun, finished = threading.Event(), []

    def answer(piece: bytes) -> Iterator[int]:
        if piece == b"wrong":
            begun.wait()
            raise ValueError("wrong")
        for number in range(3_000_000):
            begun.set()
            yield number
        finished.append(piece)

    with pytest.raises(ValueError, match="wrong"):
        list(in_order(iter([b"long", b"wrong"]), answer, 2))
    assert not finished


def test_what_the_core_refuses() -> None:
    state = state_of("hs", 3)
    inputs, outputs = stored_rows(state.inputs), stored_rows(state.outputs)
    for children in ([[0, 1], [4, 2], [0, 0]], [[0, 1], [-1, 2], [0, 0]]):
        with pytest.raises(ValueError, match="below each other"):
            _native.LabelTable(isa(), inputs, outputs, 1, None, np.array(children, np.int32), sigmoid_table())
    predictor = Predictor(state)
    with pytest.raises(ValueError, match="out of range"):
        predictor.predict(replace(documents_of(), rows=np.full(len(documents_of().rows), WORDS, np.int32)))
    with pytest.raises(ValueError, match="256 centroids"):
        _native.StoredRows(4, None, np.zeros((2, 2), np.uint8), np.zeros(99, np.float32), 2)
