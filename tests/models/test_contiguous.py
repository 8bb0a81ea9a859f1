"""Matrices that people see are C-contiguous float32 arrays, and those that they hold are trained."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from reference.planted import topic_sentences

from fastemb import KeyedVectors, Word2Vec

SENTENCES = topic_sentences()
OPTIONS: dict[str, Any] = {"min_count": 1, "workers": 1, "sample": 0, "epochs": 2, "hs": 1}
SIZES = [1, 16, 20, 31, 100]


def built(vector_size: int, **settings: Any) -> Word2Vec:
    model = Word2Vec(vector_size=vector_size, **OPTIONS | settings)
    model.build_vocab(SENTENCES)
    return model


def matrices(model: Word2Vec) -> list[Any]:
    return [model.wv.vectors, model.syn1neg, model.syn1]


def check(model: Word2Vec) -> None:
    """Whoever reads the memory of a matrix as it lies reads its numbers."""
    for matrix in matrices(model):
        assert matrix.shape == (len(model.wv), model.vector_size)
        assert matrix.dtype == np.float32
        assert matrix.flags.c_contiguous
        assert matrix.flags.writeable
        raw = ctypes.cast(matrix.ctypes.data, ctypes.POINTER(ctypes.c_float * matrix.size)).contents
        assert np.array_equal(np.frombuffer(raw, np.float32), matrix.ravel())
        assert memoryview(matrix).c_contiguous


class Checking:
    """Checks a model whenever it is told of it."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def check(self, model: Word2Vec) -> None:
        check(model)
        self.seen.append(model.wv.vectors.tobytes())

    on_train_begin = on_epoch_begin = on_epoch_end = on_train_end = check


@pytest.mark.parametrize("size", SIZES)
def test_at_any_time_that_people_can_look(size: int, tmp_path: Any) -> None:
    model = built(size)
    check(model)
    callback = Checking()
    model.train(SENTENCES, callbacks=[callback])
    assert len(set(callback.seen)) == 3  # before, and after each epoch
    check(model)
    model.train(SENTENCES)
    check(model)
    model.build_vocab([["new", "words"]], update=True)
    check(model)
    model.init_weights()
    check(model)
    model.save(tmp_path / "model")
    check(Word2Vec.load(tmp_path / "model"))
    assert KeyedVectors.load(tmp_path / "model").vectors.flags.c_contiguous
    check(Word2Vec(SENTENCES, vector_size=size, **OPTIONS))


@pytest.mark.parametrize("callbacks", [[], [Checking()]])
@pytest.mark.parametrize("size", SIZES)
def test_whoever_holds_a_matrix_sees_what_was_learned(size: int, callbacks: list[Any]) -> None:
    model = built(size)
    held, before = matrices(model), [matrix.copy() for matrix in matrices(model)]
    wv, output = model.wv, model.wv_out
    model.train(SENTENCES, callbacks=callbacks)
    for mine, matrix, old in zip(held, matrices(model), before, strict=True):
        assert mine is matrix
        assert (mine != old).any()
    assert wv is model.wv
    assert output.vectors is model.syn1neg


@pytest.mark.parametrize("size", [16, 20])
def test_an_array_of_ones_own_is_trained_in_place(size: int) -> None:
    model, twin = built(size), built(size)
    pretrained = np.random.default_rng(1).random((24, size), np.float32) - 0.5
    twin.wv.vectors = np.asarray(pretrained, np.float64)
    mine = pretrained.copy()
    model.wv.vectors = mine
    model.train(SENTENCES)
    assert model.wv.vectors is mine
    assert (mine != pretrained).any()
    twin.train(SENTENCES)
    assert twin.wv.vectors.dtype == np.float32
    assert np.array_equal(twin.wv.vectors, mine)


@pytest.mark.parametrize("size", [16, 20])
def test_callbacks_and_sizes_do_not_change_what_is_learned(size: int) -> None:
    plain, watched = built(size), built(size)
    plain.train(SENTENCES)
    watched.train(SENTENCES, callbacks=[Checking()])
    for one, other in zip(matrices(plain), matrices(watched), strict=True):
        assert np.array_equal(one, other)


class Interrupting:
    """Ctrl-C in the middle of an epoch."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]) -> None:
        self.left = 3

        def alpha(schedule: Any, done: float) -> float:
            self.left -= 1
            if not self.left:
                raise error
            return 0.05

        monkeypatch.setattr("fastemb.train.schedule.Schedule.alpha", alpha)


@pytest.mark.parametrize("error", [KeyboardInterrupt, FloatingPointError, MemoryError])
@pytest.mark.parametrize("size", [16, 20])
def test_what_was_learned_before_a_failure_is_there(
    size: int, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = built(size)
    held, before = matrices(model), [matrix.copy() for matrix in matrices(model)]
    with monkeypatch.context() as patched:
        interrupting = Interrupting(patched, error)
        with pytest.raises(error):
            model.train(SENTENCES * 20, epochs=50)
        assert interrupting.left <= 0
    check(model)
    for mine, matrix, old in zip(held, matrices(model), before, strict=True):
        assert mine is matrix
        assert (mine != old).any()
    assert model.wv.norms is None
    model.train(SENTENCES)


@pytest.mark.parametrize("size", [16, 20])
def test_output_matrices_can_be_replaced(size: int) -> None:
    model, twin = built(size), built(size)
    model.train(SENTENCES)
    saved = [matrix.copy() for matrix in matrices(model)]
    twin.wv.vectors, twin.syn1neg, twin.syn1 = saved
    twin._known.weights.epochs_trained = model._known.weights.epochs_trained
    assert twin.syn1neg is saved[1]
    for trained in (model, twin):
        trained.train(SENTENCES)
    for one, other, mine in zip(matrices(model), matrices(twin), saved, strict=True):
        assert np.array_equal(one, other)
        assert other is mine
    twin.syn1 = np.zeros((24, size))
    assert twin.syn1.dtype == np.float32
    twin.syn1neg = np.ones((size, 24), np.float32).T
    check(twin)
    for name in ("syn1", "syn1neg"):
        with pytest.raises(ValueError, match=rf"{name} must have shape \(24, {size}\), not \(3, {size}\)"):
            setattr(twin, name, np.zeros((3, size)))
        with pytest.raises(AttributeError, match=f"this model has no {name}"):
            setattr(Word2Vec(**OPTIONS), name, np.zeros((24, 100)))


@pytest.mark.parametrize("size", [16, 20])
def test_a_model_can_be_asked_while_an_epoch_runs(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = built(size)
    seen: list[Any] = []

    def alpha(schedule: Any, done: float) -> float:
        seen.append(model.wv["t0w0"].copy())
        assert len(model.wv.most_similar("t0w0")) == 10
        assert all(np.isfinite(matrix).all() and matrix.shape == (24, size) for matrix in matrices(model))
        return 0.05

    with monkeypatch.context() as patched:
        patched.setattr("fastemb.train.schedule.Schedule.alpha", alpha)
        model.train(SENTENCES * 20, epochs=1)
    assert len({vector.tobytes() for vector in seen}) > 3
