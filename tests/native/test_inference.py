"""`InferredTexts`, every instruction set, against the float64 oracle."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reference.documents_oracle import DocumentModel
from reference.harness import random_rows
from reference.inference_oracle import infer_texts
from reference.oracle import sigmoid

from fastemb import _native
from fastemb.train.matrices import padded_zeros

ISAS = [name for name, _, supported in _native.kernels() if supported]
WORDS = 30
KINDS: dict[str, dict[str, Any]] = {
    "DBOW": {"sg": True},
    "DM mean": {"sg": False},
    "DM mean, exact": {"sg": False, "cbow_exact": True},
    "DM sum": {"sg": False, "cbow_mean": False},
}
RATES = np.array([0.05, 0.4, 0.03], np.float32)  # the second one makes smaller blocks in PV-DBOW
POOL = np.random.default_rng(4).geometric(0.1, 50).clip(1, WORDS).astype(np.int32) - 1


def texts() -> list[list[int]]:
    """Empty ones, of one word, of a word next to itself, and more than learn together."""
    generator = np.random.default_rng(0)
    lengths = [0, 1, 3, 60, 0, *generator.integers(0, 30, 30).tolist(), 200]
    return [[4, 4, 4, 7], *(generator.integers(0, WORDS, length).tolist() for length in lengths)]


def model_of(size: int, count: int, **settings: Any) -> DocumentModel:
    """Random matrices, and subsampling of some words."""
    rng = np.random.default_rng(size)
    model = DocumentModel(random_rows(rng, WORDS, size), tags=random_rows(rng, count, size), window=3)
    model.out_ns, model.negative, model.tags_only, model.shrink_windows = random_rows(rng, WORDS, size), 5, True, True
    model.keep = [2**32 - 1 if word % 3 else 2**31 for word in range(WORDS)]
    for name, value in settings.items():
        assert hasattr(model, name)
        setattr(model, name, value)
    return model


def tables_of(model: DocumentModel, isa: str, size: int, pool: NDArray[np.int32] = POOL) -> Any:
    documents = _native.Documents(1, not model.sg, tags_only=True)
    return _native.Inference(
        isa,
        size,
        _native.Contexts(model.window, model.shrink_windows, 0),
        _native.Inputs(model.sg, model.cbow_mean, model.cbow_exact, False, documents),
        model.negative,
        pool,
        np.array(model.keep, np.uint32),
        model.seed,
    )


def flat(lists: list[list[int]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    return np.array([word for each in lists for word in each], np.int32), np.cumsum([0, *map(len, lists)])


def padded(values: NDArray[Any]) -> NDArray[np.float32]:
    made = padded_zeros(*values.shape)
    made[:, : values.shape[1]] = values
    return made


@pytest.mark.slow
@pytest.mark.parametrize("is_padded", [False, True])
@pytest.mark.parametrize("size", [1, 20, 32, 100])
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_equal_the_oracle(kind: str, isa: str, size: int, is_padded: bool) -> None:
    """Rows of words stay as they are, padded or not."""
    asked = texts()
    model = model_of(size, len(asked), **KINDS[kind])
    ids, offsets = flat(asked)
    rows, start = padded(model.tags), padded(model.tags)
    shape = padded if is_padded else lambda values: np.ascontiguousarray(values, np.float32)
    inputs, outputs = None if model.sg else shape(model.inputs), shape(np.array(model.out_ns))
    before = outputs.copy(), None if inputs is None else inputs.copy()
    task = _native.InferredTexts(tables_of(model, isa, size), inputs, outputs, ids, offsets, rows)
    for begin, end in ((0, 3), (3, 3), (3, len(asked))):
        task.infer(begin, end, RATES)
    infer_texts(model, asked, RATES.tolist(), POOL.tolist())
    np.testing.assert_allclose(rows[:, :size], model.tags, rtol=1e-4, atol=1e-5)
    assert not rows[:, size:].any()
    assert (rows != start).any(axis=1).tolist() == [len(text) > 0 for text in asked]
    np.testing.assert_array_equal(outputs, before[0])
    assert inputs is None or (inputs == before[1]).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_depends_on_its_text_alone(kind: str, isa: str) -> None:
    """To the last bit: neither on the others nor on their order, nor on whether rows are padded."""
    asked = texts()
    model = model_of(20, 1, **KINDS[kind])
    order = np.random.default_rng(8).permutation(len(asked))
    found = []
    for shape, numbers in ((padded, np.arange(len(asked))), (np.float32, order)):
        inputs = None if model.sg else np.array(shape(model.inputs))
        outputs = padded(np.array(model.out_ns)) if shape is padded else np.array(model.out_ns, np.float32)
        rows, (ids, offsets) = padded(np.tile(model.tags, (len(asked), 1))), flat([asked[n] for n in numbers])
        task = _native.InferredTexts(tables_of(model, isa, 20), inputs, outputs, ids, offsets, rows)
        cuts = [0, len(asked)] if shape is padded else range(len(asked) + 1)
        for begin, end in itertools.pairwise(cuts):
            task.infer(begin, end, RATES)
        found.append(rows[np.argsort(numbers)])
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("kind", ["DBOW", "DM mean"])
@pytest.mark.parametrize("negative", [1, 2, 100, 500])
def test_few_and_many_negatives_and_epochs(kind: str, negative: int) -> None:
    """Random numbers of places are kept up to a limit, and with many outputs fewer texts learn together."""
    asked = [np.random.default_rng(5).integers(0, WORDS, length).tolist() for length in (1400, 20, 3)]
    asked = asked[negative > 50 :]
    model = model_of(7, len(asked), **KINDS[kind], negative=negative)
    rates = np.full(12, 0.05 / negative, np.float32)
    rows, (ids, offsets) = padded(model.tags), flat(asked)
    inputs, outputs = None if model.sg else np.array(model.inputs, np.float32), np.array(model.out_ns, np.float32)
    _native.InferredTexts(tables_of(model, "base", 7), inputs, outputs, ids, offsets, rows).infer(0, len(asked), rates)
    infer_texts(model, asked, rates.tolist(), POOL.tolist())
    np.testing.assert_allclose(rows[:, :7], model.tags, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(("negative", "alpha"), [(20, 0.1), (100, 0.03), (500, 0.01), (100, 0.1)])
def test_blocks_of_many_negatives_have_fewer_words(negative: int, alpha: float) -> None:
    """Six words, four, two and one."""
    model = model_of(7, 1, sg=True, negative=negative)
    text = np.random.default_rng(5).permutation(WORDS).tolist()
    rows, (ids, offsets) = padded(model.tags), flat([text])
    outputs, rates = np.array(model.out_ns, np.float32), np.full(2, alpha, np.float32)
    _native.InferredTexts(tables_of(model, "base", 7), None, outputs, ids, offsets, rows).infer(0, 1, rates)
    infer_texts(model, [text], rates.tolist(), POOL.tolist())
    np.testing.assert_allclose(rows[:, :7], model.tags, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_is_that_of_training_in_the_mean(kind: str) -> None:
    """Over many seeds, with negatives from the same distribution, of which some are words of the text."""
    model, text = model_of(6, 1, **KINDS[kind]), [3, 1, 4, 9, 2]
    model.keep, model.shrink_windows = [2**32 - 1] * WORDS, False
    start, rates = model.tags.copy(), [0.001]
    inputs, outputs = None if model.sg else np.array(model.inputs, np.float32), np.array(model.out_ns, np.float32)
    ids, offsets = flat([text])
    changes = []
    for model.seed in range(4000):
        rows = padded(start)
        task = _native.InferredTexts(tables_of(model, "base", 6), inputs, outputs, ids, offsets, rows)
        task.infer(0, 1, np.array(rates, np.float32))
        changes.append((rows[0, :6] - start[0]) / rates[0])
    wanted = expected_change(model, start[0], text)
    error = np.std(changes, axis=0) / len(changes) ** 0.5
    np.testing.assert_array_less(np.abs(np.mean(changes, axis=0) - wanted), 5 * error + 2e-3)
    assert np.abs(wanted).max() > 0.1


def expected_change(model: DocumentModel, row: Any, text: list[int]) -> Any:
    """Of word2vec's step: a word draws `negative` words of the pool, and those that are in its block are left out."""
    total = np.zeros_like(row)
    most = 8 if model.sg else 4
    for place, word in enumerate(text):
        around = text[max(place - model.window, 0) : place] + text[place + 1 : place + model.window + 1]
        contexts = [] if model.sg else around
        share = 1 / (1 + len(contexts))
        hidden = (row + sum(model.inputs[each] for each in contexts)) * (share if model.cbow_mean else 1.0)
        factor = share if model.cbow_mean == model.cbow_exact and not model.sg else 1.0
        block = text[place // most * most :][:most]
        others = [drawn for drawn in POOL.tolist() if drawn not in block]
        rows = np.array(model.out_ns)
        pull = (1 - sigmoid(hidden @ rows[word])) * rows[word]
        pull -= model.negative / len(POOL) * (sigmoid(rows[others] @ hidden) @ rows[others])
        total += factor * pull
    return total


def test_a_stopped_task_returns_before_the_last_epoch() -> None:
    model = model_of(20, 1, sg=True)
    rows, (ids, offsets) = padded(model.tags), flat([[1, 2, 3]])
    outputs = np.array(model.out_ns, np.float32)
    task = _native.InferredTexts(tables_of(model, "base", 20), None, outputs, ids, offsets, rows)
    task.stop()
    task.infer(0, 1, RATES)
    once = padded(model.tags)
    _native.InferredTexts(tables_of(model, "base", 20), None, outputs, ids, offsets, once).infer(0, 1, RATES[:1])
    np.testing.assert_array_equal(rows, once)


def test_scores_that_are_not_finite_are_an_error() -> None:
    model = model_of(20, 1, sg=True)
    rows, (ids, offsets) = padded(model.tags), flat([[1, 2, 3]])
    outputs = np.full((WORDS, 20), np.inf, np.float32)
    with pytest.raises(_native.DivergedError):
        _native.InferredTexts(tables_of(model, "base", 20), None, outputs, ids, offsets, rows).infer(0, 1, RATES)


IDS, OFFSETS = flat([[1, 2, 3]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outputs": np.zeros((WORDS - 1, 20), np.float32)}, "outputs must have a row for each word"),
        ({"outputs": np.zeros((WORDS, 19), np.float32)}, "outputs must have a row for each word"),
        ({"outputs": np.zeros((WORDS + 1, 20), np.float32)}, "keep must have one threshold for each word"),
        ({"inputs": np.zeros((WORDS, 20), np.float32)}, "PV-DM alone has input rows"),
        ({"ids": np.array([1, 2, WORDS], np.int32)}, "an id is out of range"),
        ({"ids": np.array([1, 2, -1], np.int32)}, "an id is out of range"),
        ({"offsets": np.array([0, 2])}, "offsets must rise"),
        ({"rows": padded_zeros(2, 20)}, "there must be a padded row for each text"),
        ({"rows": np.zeros((1, 20), np.float32)}, "there must be a padded row for each text"),
        ({"rows": padded_zeros(2, 20).ravel()[1:33].reshape(1, 32)}, "rows must be aligned"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    model = model_of(20, 1, sg=True)
    given: dict[str, Any] = {"inputs": None, "outputs": np.array(model.out_ns, np.float32), "ids": IDS}
    given |= {"offsets": OFFSETS, "rows": padded_zeros(1, 20)}
    with pytest.raises(ValueError, match=message):
        _native.InferredTexts(tables_of(model, "base", 20), *(given | change).values())


@pytest.mark.parametrize("part", [(0, 2), (-1, 1), (1, 0)])
def test_texts_that_are_not_there_are_refused(part: tuple[int, int]) -> None:
    model = model_of(20, 1, sg=True)
    outputs = np.array(model.out_ns, np.float32)
    task = _native.InferredTexts(tables_of(model, "base", 20), None, outputs, IDS, OFFSETS, padded_zeros(1, 20))
    with pytest.raises(ValueError, match="the texts are not there"):
        task.infer(*part, RATES)
    with pytest.raises(ValueError, match="there must be a rate"):
        task.infer(0, 1, RATES[:0])


@pytest.mark.parametrize(
    ("pool", "message"),
    [(np.empty(0, np.int32), "pool must have a word"), (np.full(WORDS, -1, np.int32), "of the pool")],
)
def test_a_pool_that_does_not_fit_is_refused(pool: NDArray[np.int32], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tables_of(model_of(20, 1, sg=True), "base", 20, pool)
