"""Training of texts that are given to classes: every instruction set against the float64 oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.harness import Matrix, alias_table, flat_paths, padded
from reference.labels_oracle import ClassModel

from fastemb import _native

ISAS = [name for name, _, supported in _native.kernels() if supported]
LOSSES = ["softmax", "ova", "hs", "ns"]
PATHS = [[(2, 0), (1, 1)], [(2, 1), (3, 0)], [(2, 0), (1, 0), (0, 1)], [(2, 0), (1, 0), (0, 0)], [(2, 1), (3, 1)]]


def texts_of(rng: np.random.Generator, rows: int, classes: int, count: int = 40) -> tuple[list[Any], list[Any]]:
    """Texts of up to 30 rows, some of them twice, some texts empty, and some without a class or with several."""
    texts = [rng.integers(rows, size=size).tolist() for size in rng.integers(0, 30, count)]
    sizes = rng.choice([0, 1, 1, 1, min(3, classes)], count)
    own = [rng.choice(classes, size=size, replace=False).tolist() for size in sizes]
    return texts, own


def flat(lists: list[list[int]]) -> tuple[Any, Any]:
    offsets = np.cumsum([0] + [len(one) for one in lists]).astype(np.int64)
    return offsets, np.array([value for one in lists for value in one], np.int32)


def native_texts(texts: list[Any], own: list[Any], rows: int, classes: int, weights: Any = None) -> _native.Texts:
    given = None if weights is None else np.array(weights, np.float32)
    return _native.Texts(*flat(texts), *flat(own), rows, classes, given)


def targets(model: ClassModel, classes: int) -> _native.ClassTargets:
    weights = None if model.class_weights is None else np.array(model.class_weights, np.float32)
    if model.loss == "hs":
        return _native.ClassTargets(classes, weights=weights, paths=_native.Paths(*flat_paths(model.paths)))
    if model.loss == "ns":
        assert model.noise is not None
        negatives = _native.Negatives(model.noise, model.negatives)
        return _native.ClassTargets(classes, weights=weights, negatives=negatives)
    return _native.ClassTargets(classes, model.loss == "ova", weights)


def trained(
    isa: str, model: ClassModel, texts: list[Any], own: list[Any], classes: int, alpha: float, weights: Any = None
) -> tuple[Matrix, Matrix, float, tuple[int, int, int, float]]:
    """The core's matrices after two passes, its loss, and what the last block returned."""
    inputs, outputs = padded(model.inputs), padded(model.outputs)
    size = model.inputs.shape[1]
    trainer = _native.ClassTrainer(isa, inputs, outputs, size, targets(model, classes), model.seed, True)
    given = native_texts(texts, own, len(inputs), classes, weights)
    workspace, loss = trainer.workspace(), 0.0
    for epoch in range(2):
        for begin in range(0, len(texts), 7):
            done = trainer.train_block(given, epoch, begin, min(begin + 7, len(texts)), alpha, workspace)
            loss += done[3]
    assert not inputs[:, size:].any()
    assert not outputs[:, size:].any()
    return inputs[:, :size], outputs[:, :size], loss, done


def model_of(rng: np.random.Generator, loss: str, classes: int, size: int, rows: int = 50) -> ClassModel:
    nodes = classes if loss != "hs" else classes - 1
    values = (rng.normal(size=(n, size)).astype(np.float32).astype(np.float64) * 0.5 for n in (rows, nodes))
    noise = alias_table(np.arange(1.0, classes + 1)) if loss == "ns" else None
    return ClassModel(*values, loss, PATHS if loss == "hs" else [], noise, negatives=3, seed=5)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("size", [1, 10, 16, 100])
def test_two_passes_are_the_oracles(isa: str, loss: str, size: int) -> None:
    rng = np.random.default_rng(size)
    model = model_of(rng, loss, 5, size)
    model.class_weights = [1.0, 0.5, 2.0, 0.0, 1.5]
    texts, own = texts_of(rng, 50, 5)
    weights = rng.uniform(0, 2, len(texts)).astype(np.float32)
    inputs, outputs, total, _ = trained(isa, model, texts, own, 5, 0.3, weights)
    expected = sum(model.train(texts, own, epoch, 0.3, weights.tolist()) for epoch in range(2))
    assert np.allclose(inputs, model.inputs, rtol=1e-4, atol=1e-5)
    assert np.allclose(outputs, model.outputs, rtol=1e-4, atol=1e-5)
    assert total == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("classes", [2, 3, 4, 7, 8, 9, 15, 16, 17, 33, 100])
@pytest.mark.parametrize("loss", ["softmax", "ova"])
def test_any_number_of_classes(isa: str, classes: int, loss: str) -> None:
    rng = np.random.default_rng(classes)
    model = model_of(rng, loss, classes, 20)
    texts, own = texts_of(rng, 50, classes)
    inputs, outputs, total, _ = trained(isa, model, texts, own, classes, 0.2)
    expected = sum(model.train(texts, own, epoch, 0.2) for epoch in range(2))
    assert np.allclose(inputs, model.inputs, rtol=1e-4, atol=1e-5)
    assert np.allclose(outputs, model.outputs, rtol=1e-4, atol=1e-5)
    assert total == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("isa", ISAS)
def test_scores_that_are_far_apart_are_no_nan(isa: str) -> None:
    model = ClassModel(np.full((1, 4), 10.0), np.array([[20.0] * 4, [-20.0] * 4, [0.0] * 4]))
    inputs, outputs, loss, _ = trained(isa, model, [[0]], [[1]], 3, 1e-3)
    expected = sum(model.train([[0]], [[1]], epoch, 1e-3) for epoch in range(2))
    assert loss == pytest.approx(expected, rel=1e-4)
    assert np.allclose(inputs, model.inputs, rtol=1e-4)
    assert np.allclose(outputs, model.outputs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_rate_of_0_asks_for_the_loss_alone(isa: str, loss: str) -> None:
    rng = np.random.default_rng(1)
    model = model_of(rng, loss, 5, 10)
    texts, own = texts_of(rng, 50, 5)
    inputs, outputs, total, _ = trained(isa, model, texts, own, 5, 0.0)
    assert (inputs == model.inputs.astype(np.float32)).all()
    assert (outputs == model.outputs.astype(np.float32)).all()
    assert total == pytest.approx(sum(model.train(texts, own, epoch, 0.0) for epoch in range(2)), rel=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_named(loss: str, value: float) -> None:
    model = model_of(np.random.default_rng(1), loss, 5, 10)
    model.inputs[3, 2] = value
    with pytest.raises(_native.DivergedError):
        trained("base", model, [[1, 3]], [[2]], 5, 0.1)


def test_a_block_counts_texts_and_outputs() -> None:
    model = model_of(np.random.default_rng(1), "softmax", 5, 10)
    texts, own = [[1, 2], [], [3], [4, 4]], [[0], [1], [], [2, 3]]
    done = trained("base", model, texts, own, 5, 0.1)[3]
    assert done[:3] == (4, 2, 10)


def test_stopped_training_says_how_far_it_came() -> None:
    rng = np.random.default_rng(1)
    size, count = 4096, 40
    inputs, outputs = padded(rng.normal(size=(50, size))), padded(np.zeros((2, size)))
    trainer = _native.ClassTrainer("base", inputs, outputs, size, _native.ClassTargets(2), 1, False)
    given = native_texts([[1] * 8192] * count, [[0]] * count, 50, 2)
    trainer.stop()
    done = trainer.train_block(given, 0, 0, count, 0.1, trainer.workspace())
    assert 0 < done[0] < count


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": np.array([0, 9], np.int32)}, "out of range"),
        ({"classes": np.array([5], np.int32)}, "out of range"),
        ({"classes": np.array([-1], np.int32)}, "out of range"),
        ({"offsets": np.array([0, 1], np.int64)}, "offsets must rise"),
        ({"class_offsets": np.array([0, 1, 1], np.int64)}, "classes for each text"),
        ({"weights": np.ones(2, np.float32)}, "one weight for each text"),
    ],
)
def test_texts_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {
        "offsets": np.array([0, 2], np.int64),
        "rows": np.array([0, 1], np.int32),
        "class_offsets": np.array([0, 1], np.int64),
        "classes": np.array([0], np.int32),
    }
    _native.Texts(**given, in_rows=3, class_count=2)
    with pytest.raises(ValueError, match=message):
        _native.Texts(**{**given, **change}, in_rows=3, class_count=2)


def test_targets_and_matrices_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one weight for each class"):
        _native.ClassTargets(3, weights=np.ones(2, np.float32))
    paths = _native.Paths(*flat_paths(PATHS))
    with pytest.raises(ValueError, match="one path for each class"):
        _native.ClassTargets(4, paths=paths)
    with pytest.raises(ValueError, match="one way only"):
        _native.ClassTargets(5, each=True, paths=paths)
    inputs = padded(np.zeros((3, 8)))
    with pytest.raises(ValueError, match="row for each output"):
        _native.ClassTrainer("base", inputs, padded(np.zeros((4, 8))), 8, _native.ClassTargets(5), 1, False)
    trainer = _native.ClassTrainer("base", inputs, padded(np.zeros((5, 8))), 8, _native.ClassTargets(5), 1, False)
    with pytest.raises(ValueError, match="another model"):
        trainer.train_block(native_texts([[3]], [[0]], 4, 5), 0, 0, 1, 0.1, trainer.workspace())
    with pytest.raises(ValueError, match="within the texts"):
        trainer.train_block(native_texts([[2]], [[0]], 3, 5), 0, 0, 2, 0.1, trainer.workspace())
