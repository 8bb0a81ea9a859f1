"""`InferredTexts`, every instruction set: against `Trainer.infer` to the bit, and against the float64 oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reference.documents_oracle import DocumentModel, infer
from reference.harness import alias_table, document_run, random_rows

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


def texts() -> list[list[int]]:
    """Empty ones, of one word, of a word next to itself, and more than learn together."""
    generator = np.random.default_rng(0)
    lengths = [0, 1, 3, 60, 0, *generator.integers(0, 30, 30).tolist(), 200]
    return [[4, 4, 4, 7], *(generator.integers(0, WORDS, length).tolist() for length in lengths)]


def model_of(size: int, count: int, **settings: Any) -> DocumentModel:
    """Random matrices, and skewed tables; negatives are of all words."""
    rng = np.random.default_rng(size)
    model = DocumentModel(random_rows(rng, WORDS, size), tags=random_rows(rng, count, size), window=3)
    model.out_ns, model.negative, model.tags_only, model.shrink_windows = random_rows(rng, WORDS, size), 5, True, True
    model.noise = alias_table(np.array([1000 / (rank + 1) for rank in range(WORDS)]) ** 0.75).tolist()
    model.keep = [2**32 - 1 if word % 3 else 2**31 for word in range(WORDS)]
    for name, value in settings.items():
        assert hasattr(model, name)
        setattr(model, name, value)
    return model


def tables_of(model: DocumentModel, isa: str, size: int, pool: NDArray[np.int32] | None = None) -> Any:
    documents = _native.Documents(1, not model.sg, tags_only=True)
    return _native.Inference(
        isa,
        size,
        _native.Contexts(model.window, model.shrink_windows, 0),
        _native.Inputs(model.sg, model.cbow_mean, model.cbow_exact, False, documents),
        _native.Negatives(np.array(model.noise, np.uint32), model.negative),
        np.arange(WORDS, dtype=np.int32) if pool is None else pool,
        np.array(model.keep, np.uint32),
        model.seed,
    )


def flat(lists: list[list[int]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    return np.array([word for each in lists for word in each], np.int32), np.cumsum([0, *map(len, lists)])


def padded(values: NDArray[Any]) -> NDArray[np.float32]:
    made = padded_zeros(*values.shape)
    made[:, : values.shape[1]] = values
    return made


@pytest.mark.parametrize("is_padded", [False, True])
@pytest.mark.parametrize("size", [1, 20, 32, 100])
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_learn_as_in_the_training_of_documents(kind: str, isa: str, size: int, is_padded: bool) -> None:
    """To the last bit; rows of words stay as they are, padded or not."""
    asked = texts()
    model = model_of(size, len(asked), **KINDS[kind])
    run = document_run(isa, model, asked, [[number] for number in range(len(asked))])
    run.trainer.infer(run.view, 0, len(asked), RATES, run.workspace)
    ids, offsets = flat(asked)
    rows, start = padded(model.tags), padded(model.tags)
    shape = padded if is_padded else lambda values: np.ascontiguousarray(values, np.float32)
    inputs, outputs = None if model.sg else shape(model.inputs), shape(np.array(model.out_ns))
    before = outputs.copy(), None if inputs is None else inputs.copy()
    task = _native.InferredTexts(tables_of(model, isa, size), inputs, outputs, ids, offsets, rows)
    for begin, end in ((0, 3), (3, 3), (3, len(asked))):
        task.infer(begin, end, RATES)
    np.testing.assert_array_equal(rows, run.tags)
    assert (rows != start).any(axis=1).tolist() == [len(text) > 0 for text in asked]
    np.testing.assert_array_equal(outputs, before[0])
    assert inputs is None or (inputs == before[1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_equal_the_oracle(kind: str) -> None:
    asked = texts()[:12]
    model = model_of(20, len(asked), **KINDS[kind])
    rows, (ids, offsets) = padded(model.tags), flat(asked)
    outputs = np.array(model.out_ns, np.float32)
    inputs = None if model.sg else np.array(model.inputs, np.float32)
    _native.InferredTexts(tables_of(model, "base", 20), inputs, outputs, ids, offsets, rows).infer(0, 12, RATES)
    infer(model, asked, [[number] for number in range(12)], RATES.tolist())
    np.testing.assert_allclose(rows[:, :20], model.tags, atol=1e-5)


@pytest.mark.parametrize("kind", ["DBOW", "DM mean"])
def test_negatives_are_words_of_the_pool(kind: str) -> None:
    """With other numbers for the words, and a pool that says which they are, the rows are the same."""
    asked = texts()
    model = model_of(20, len(asked), **KINDS[kind])
    order = np.random.default_rng(3).permutation(WORDS).astype(np.int32)  # word k is now called order[k]
    place = np.argsort(order)
    found = []
    for numbers, pool in ((np.arange(WORDS), None), (order, order)):
        rows, (ids, offsets) = padded(model.tags), flat([[int(numbers[word]) for word in text] for text in asked])
        back = place if pool is not None else np.arange(WORDS)
        renamed = model_of(20, len(asked), **KINDS[kind])
        assert model.keep is not None
        renamed.keep = [model.keep[word] for word in back]
        outputs = np.array(model.out_ns, np.float32)[back]
        inputs = None if model.sg else np.array(model.inputs, np.float32)[back]
        tables = tables_of(renamed, "base", 20, pool)
        _native.InferredTexts(tables, inputs, outputs, ids, offsets, rows).infer(0, len(asked), RATES)
        found.append(rows)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("negative", [100, 5000])
def test_many_draws_and_epochs_are_more_than_are_kept(negative: int) -> None:
    """Random numbers of places are kept up to a limit, and fewer texts learn together; the rows are the same."""
    asked = [np.random.default_rng(5).integers(0, WORDS, length).tolist() for length in (150, 20, 3)]
    model = model_of(7, 3, sg=True, negative=negative)
    rates = np.full(12, 0.0001, np.float32)
    run = document_run("base", model, asked, [[0], [1], [2]])
    run.trainer.infer(run.view, 0, 3, rates, run.workspace)
    rows, (ids, offsets) = padded(model.tags), flat(asked)
    outputs = np.array(model.out_ns, np.float32)
    _native.InferredTexts(tables_of(model, "base", 7), None, outputs, ids, offsets, rows).infer(0, 3, rates)
    np.testing.assert_array_equal(rows, run.tags)


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
    [(np.arange(WORDS - 1, dtype=np.int32), "pool must have a word"), (np.full(WORDS, -1, np.int32), "of the pool")],
)
def test_a_pool_that_does_not_fit_is_refused(pool: NDArray[np.int32], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tables_of(model_of(20, 1, sg=True), "base", 20, pool)
