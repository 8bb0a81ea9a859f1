"""Ctrl-C at any line: training keeps what it learned, in a sound model; all else changes everything or nothing."""

from __future__ import annotations

import copy
import functools
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from interrupts import interrupted_everywhere

from fastemb import Corpus, Interactions, Item2Vec, KeyedVectors, Phrases, Word2Vec

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them"),
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),  # of files
]

PARTS = 12
UNTIMED = {"lifecycle_events", "total_train_time", "norms", "_integer_keys", "_room", "_unit", "_made", "load"}
UNTIMED |= {"history", "_histories"}
OLD = Corpus.from_sentences([["a", "b", "c", "a"], ["c", "b", "d"]] * 3)
NEW = Corpus.from_sentences([["a", "e", "f", "e"], ["f", "c", "g"]] * 3)
OPTIONS: dict[str, Any] = {"vector_size": 5, "min_count": 1, "workers": 1, "epochs": 2, "sample": 0, "progress": False}
MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"sg": 1},
    "CBOW with paths": {"hs": 1},
    "without padding": {"vector_size": 16},
    "null word": {"null_word": 1},
}


def frozen(value: Any) -> Any:
    """A value with all that hangs on it, for comparison; without clocks and what is made when asked for."""
    if isinstance(value, Phrases):
        value = copy.deepcopy(value)
        return dict(value.vocab), value.corpus_word_count
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tolist()
    if isinstance(value, dict):
        return [(key, frozen(part)) for key, part in value.items() if key not in UNTIMED]
    if isinstance(value, list | tuple):
        return [frozen(part) for part in value]
    return frozen(dict(sorted(vars(value).items()))) if hasattr(value, "__dict__") and not callable(value) else value


def require_sound(model: Word2Vec) -> None:
    """Everything has the same number of rows, is contiguous and can be used; and nothing runs any more."""
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastemb-")]
    rows = len(model.wv.index_to_key)
    matrices = [model.wv.vectors]
    matrices += [model.syn1neg] if model.negative else []
    matrices += [model.syn1] if model.hs else []
    for matrix in matrices:
        assert matrix.shape == (rows, model.vector_size)
        assert matrix.flags.c_contiguous
        assert np.isfinite(matrix).all()
    assert {len(values) for values in model.wv.expandos.values()} <= {rows}
    assert model.wv.key_to_index == {key: row for row, key in enumerate(model.wv.index_to_key)}
    assert not model._known.weights._paddings
    if model.wv.norms is not None:
        np.testing.assert_allclose(model.wv.norms, np.linalg.norm(model.wv.vectors, axis=1), rtol=1e-5)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", MODELS)
def test_training_keeps_what_it_learned(kind: str, part: int) -> None:
    made = Word2Vec(**OPTIONS | MODELS[kind])
    made.build_vocab(OLD)
    seen: list[Any] = []

    class Callback:
        def on_epoch_end(self, model: Word2Vec) -> None:
            seen.append(model.wv.vectors.flags.c_contiguous and model.wv.vectors.copy())

    def call() -> None:
        models.append(copy.deepcopy(made))
        seen.clear()
        models[-1].train(OLD, callbacks=[Callback()], compute_loss=True)

    models: list[Word2Vec] = []
    count = 0
    for where, _ in interrupted_everywhere(call, start=part, step=PARTS):
        count += 1
        if not models:
            continue
        model = models.pop()
        assert all(vectors is not False for vectors in seen), where
        try:
            require_sound(model)
        except AssertionError:
            pytest.fail(where)
        assert len(seen) <= model._known.weights.epochs_trained <= len(seen) + 1, where
        if seen:
            assert (model.wv.vectors != made.wv.vectors).any(), where
            assert model.running_training_loss > 0, where
        events = len(model.lifecycle_events or ())  # two of the vocabulary, and two of each training that began
        assert events in {2, 4}, where
        assert 2 * model.train_count <= events - 2, where
        model.train(OLD, epochs=1)
        require_sound(model)
    assert count > 100


def counted(model: Word2Vec) -> Word2Vec:
    model.scan_vocab(NEW)
    return model


def old_model(**options: Any) -> Word2Vec:
    model = Word2Vec(**OPTIONS | options)
    model.build_vocab(OLD)
    model.train(OLD)
    model.wv.set_vecattr("a", "mark", 3)
    assert model._known.vocabulary is not None
    assert "a" in model._known.vocabulary  # which makes its index of keys, once
    return model


@functools.cache
def other_model() -> Word2Vec:
    return Word2Vec(NEW, **OPTIONS)


def old_vectors() -> KeyedVectors:
    vectors = KeyedVectors(4, count=2)
    vectors.add_vectors(["x", "y", "z"], np.arange(12).reshape(3, 4), {"count": np.array([1, 3, 2])})
    return vectors


WORD2VEC_FORMAT = "3 4\nx 9 9 9 9\nq 1 1 1 1\nz 8 8 8 8\n"
FREQUENCIES = {"a": 3, "k": 2, "l": 2}

CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "add_vector": (old_vectors, lambda wv: wv.add_vector("n", np.ones(4))),
    "add_vectors": (old_vectors, lambda wv: wv.add_vectors(["n", "x", "m"], np.ones((3, 4)))),
    "add_vectors, replacing": (
        old_vectors,
        lambda wv: wv.add_vectors(["n", "x"], np.ones((2, 4)), {"new": np.ones(2), "count": np.ones(2, int)}, True),
    ),
    "setting items": (old_vectors, lambda wv: wv.__setitem__(["z", "n"], np.ones((2, 4)))),
    "assigning vectors": (old_vectors, lambda wv: setattr(wv, "vectors", np.ones((3, 4), np.float32))),
    "resize_vectors": (old_vectors, lambda wv: (wv.index_to_key.append("n"), wv.resize_vectors())[1]),
    "sort_by_descending_frequency": (old_vectors, lambda wv: wv.sort_by_descending_frequency()),
    "allocate_vecattrs": (old_vectors, lambda wv: wv.allocate_vecattrs(["one", "two"], [int, float])),
    "set_vecattr": (old_vectors, lambda wv: wv.set_vecattr("x", "mark", 7)),
    "unit_normalize_all": (old_vectors, lambda wv: wv.unit_normalize_all()),
    "intersect_word2vec_format": (old_vectors, lambda wv: wv.intersect_word2vec_format("vectors.txt")),
    "build_vocab": (old_model, lambda model: model.build_vocab(NEW, min_count=2, sample=0.1)),
    "build_vocab, counts kept": (old_model, lambda model: model.build_vocab(NEW, keep_raw_vocab=True)),
    "build_vocab, update": (old_model, lambda model: model.build_vocab(NEW, update=True)),
    "build_vocab, update of paths": (lambda: old_model(hs=1), lambda model: model.build_vocab(NEW, update=True)),
    "build_vocab_from_freq": (old_model, lambda model: model.build_vocab_from_freq(FREQUENCIES, corpus_count=9)),
    "build_vocab_from_freq, update": (
        old_model,
        lambda model: model.build_vocab_from_freq(FREQUENCIES, keep_raw_vocab=True, update=True),
    ),
    "scan_vocab": (old_model, lambda model: model.scan_vocab(NEW)),
    "prepare_vocab": (lambda: counted(old_model()), lambda model: model.prepare_vocab(update=True, sample=0.1)),
    "init_weights": (lambda: old_model(hs=1), lambda model: model.init_weights()),
    "reset_from": (old_model, lambda model: model.reset_from(other_model())),
    "Word2Vec.save": (old_model, lambda model: model.save(io.BytesIO())),
    "Phrases.add_vocab": (lambda: Phrases(OLD, min_count=1, workers=1), lambda phrases: phrases.add_vocab(NEW)),
    "Phrases.vocab": (lambda: added(Phrases(OLD, min_count=1, workers=1)), lambda phrases: len(phrases.vocab)),
}


def added(phrases: Phrases) -> Phrases:
    """The same, with something that is still to be added up."""
    phrases.add_vocab(Corpus.from_sentences([["a", "b"]]))
    return phrases


@pytest.mark.parametrize("change", CHANGES)
def test_all_else_changes_everything_or_nothing(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vectors.txt").write_text(WORD2VEC_FORMAT)
    make, call = CHANGES[change]
    made = make()
    given: list[Any] = [None]

    def on_a_copy() -> None:
        call(given[0])

    done = copy.deepcopy(made)
    call(done)
    before, after = frozen(made), frozen(done)
    states = {"before": 0, "after": 0}
    given[0] = copy.deepcopy(made)
    if change == "resize_vectors":
        before = None  # a key is appended by hand
    for where, _ in interrupted_everywhere(on_a_copy):
        now = frozen(given[0])
        if change == "resize_vectors":
            store = given[0]._store
            assert len(store.vectors) == len(store.expandos["count"]), where
        elif now != after:
            assert now == before, where
            states["before"] += 1
        else:
            states["after"] += 1
        given[0] = copy.deepcopy(made)
    assert change == "resize_vectors" or before == after or states["before"] > 0, states


SHOP = Interactions.from_baskets([["a", "b", "c"], ["b", "c"], ["a", "d"]] * 4)
MORE = Interactions.from_baskets([["a", "e"], ["e", "f", "b"]] * 3)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("again", ["fit", "partial_fit"])
def test_items_are_learned_whole_or_not_at_all(again: str, part: int) -> None:
    made = Item2Vec(vector_size=4, epochs=1, workers=1, progress=False).fit(SHOP)
    done = copy.deepcopy(made)
    getattr(done, again)(MORE)
    before, after = frozen(made), frozen(done)
    given = [copy.deepcopy(made)]
    for where, _ in interrupted_everywhere(lambda: getattr(given[0], again)(MORE), start=part, step=PARTS):
        assert frozen(given[0]) in (before, after), where
        given[0] = copy.deepcopy(made)
