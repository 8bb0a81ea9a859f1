"""What `Doc2Vec` keeps from one inference to the next is never of a model that has changed since."""

from __future__ import annotations

import copy
import os
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fastemb.train.inference
from fastemb import Doc2Vec, TaggedDocument

WORDS = [f"w{number}" for number in range(60)]
KINDS: list[dict[str, Any]] = [
    {"dm": 0},
    {"dm": 1},
    {"dm": 0, "vector_size": 16},
    {"dm": 1, "vector_size": 16},
    {"dm": 0, "hs": 1},
    {"dm": 1, "dm_concat": 1, "window": 2},
]


def documents(seed: int = 1) -> list[TaggedDocument]:
    generator = np.random.default_rng(seed)
    return [TaggedDocument([WORDS[k] for k in generator.integers(0, 60, 30)], [n]) for n in range(80)]


def trained(**options: Any) -> Doc2Vec:
    return Doc2Vec(documents(), **{"vector_size": 10, "min_count": 1, "workers": 1, "epochs": 3} | options)


TEXT = documents(seed=7)[0].words


def alone(model: Doc2Vec) -> NDArray[np.float32]:
    """The vector of a text, which is the same among so many others that rows are copied first."""
    found = model.infer_vector(TEXT)
    many = [document.words for document in documents(seed=8)] * 3
    assert len(many) * 30 * model.epochs > fastemb.train.inference.FEW > len(TEXT) * model.epochs
    for workers in (1, 2):
        np.testing.assert_array_equal(model.infer_vectors([*many, TEXT, *many], workers=workers)[len(many)], found)
    return found


def trains(model: Doc2Vec) -> None:
    model.train(documents(seed=2))


def assigns_outputs(model: Doc2Vec) -> None:
    model.syn1neg = model.syn1neg * 2.0


def writes_outputs(model: Doc2Vec) -> None:
    model.syn1neg[:] *= 2.0


def assigns_words(model: Doc2Vec) -> None:
    model.wv.vectors = model.wv.vectors * 2.0


def writes_words(model: Doc2Vec) -> None:
    model.wv.vectors[:] *= 2.0


def other_setting(name: str, value: Any) -> Callable[[Doc2Vec], None]:
    return lambda model: setattr(model, name, value)


def resets(model: Doc2Vec) -> None:
    model.init_weights()
    model.train(documents(seed=3))


def more_words(model: Doc2Vec) -> None:
    model.build_vocab([TaggedDocument(["new", *WORDS], ["x"])], update=True)


CHANGES: dict[str, Callable[[Doc2Vec], None]] = {
    "train": trains,
    "syn1neg assigned": assigns_outputs,
    "syn1neg written": writes_outputs,
    "init_weights": resets,
    "build_vocab": more_words,
    "seed": other_setting("seed", 9),
    "negative": other_setting("negative", 7),
    "sample": other_setting("sample", 0.01),
    "alpha": other_setting("alpha", 0.05),
    "epochs": other_setting("epochs", 4),
    "min_alpha": other_setting("min_alpha", 0.01),
}
OF_WORDS: dict[str, Callable[[Doc2Vec], None]] = {
    "wv.vectors assigned": assigns_words,
    "wv.vectors written": writes_words,
    "window": other_setting("window", 3),
    "shrink_windows": other_setting("shrink_windows", False),
    "dm_mean": other_setting("dm_mean", 0),
    "cbow_exact": other_setting("cbow_exact", True),
}


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("name", [*CHANGES, *OF_WORDS])
def test_after_a_change_all_is_as_in_a_model_that_never_inferred(name: str, options: dict[str, Any]) -> None:
    if name in OF_WORDS and (not options["dm"] or options.get("dm_concat")):
        pytest.skip("words, and their windows, are read in PV-DM alone; concatenation has its own")
    change = {**CHANGES, **OF_WORDS}[name]
    model, fresh = trained(**options), trained(**options)
    before = alone(model)
    for one in (model, fresh):
        change(one)
    np.testing.assert_array_equal(alone(model), fresh.infer_vector(TEXT))
    assert not np.array_equal(alone(model), before)


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_what_is_written_by_a_reference_from_before_or_after_is_seen(options: dict[str, Any]) -> None:
    model, fresh = trained(**options), trained(**options)
    taken_before = model.syn1neg
    found = [alone(model)]
    taken_after = model.syn1neg
    for reference in (taken_before, taken_after):
        reference[:] += 0.1
        fresh.syn1neg[:] += 0.1
        found.append(alone(model))
        np.testing.assert_array_equal(found[-1], fresh.infer_vector(TEXT))
    assert not np.array_equal(found[0], found[1])
    assert not np.array_equal(found[1], found[2])


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("duplicate", ["copy", "deepcopy", "pickle", "load", "mapped"])
def test_copies_infer_the_same_and_follow_their_own_matrices(
    duplicate: str, options: dict[str, Any], tmp_path: Path
) -> None:
    model = trained(**options)
    before = alone(model)
    path = str(tmp_path / "model")
    model.save(path)
    made: dict[str, Callable[[], Doc2Vec]] = {
        "copy": lambda: copy.copy(model),
        "deepcopy": lambda: copy.deepcopy(model),
        "pickle": lambda: pickle.loads(pickle.dumps(model)),
        "load": lambda: Doc2Vec.load(path),
        "mapped": lambda: Doc2Vec.load(path, mmap="r"),
    }
    other = made[duplicate]()
    np.testing.assert_array_equal(alone(other), before)
    other.syn1neg = other.syn1neg * 2.0
    changed = alone(other)
    assert not np.array_equal(changed, before)
    np.testing.assert_array_equal(alone(model), before)
    np.testing.assert_array_equal(alone(other), changed)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("options", KINDS[:2], ids=str)
def test_a_child_process_infers_the_same(options: dict[str, Any]) -> None:
    model = trained(**options)
    before = model.infer_vector(TEXT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the child does not use
        child = os.fork()
    if child == 0:
        same = np.array_equal(model.infer_vector(TEXT), before)
        model.syn1neg[:] *= 2.0
        os._exit(0 if same and not np.array_equal(model.infer_vector(TEXT), before) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    np.testing.assert_array_equal(model.infer_vector(TEXT), before)


@pytest.mark.parametrize("kind", [np.float64, np.float16])
@pytest.mark.parametrize("options", KINDS[:2], ids=str)
def test_matrices_of_another_kind_are_read_as_float32(options: dict[str, Any], kind: Any) -> None:
    model, same = trained(**options), trained(**options)
    vectors = model.wv.vectors.astype(kind)
    model.wv.vectors = vectors
    same.wv.vectors = vectors.astype(np.float32)
    np.testing.assert_array_equal(alone(model), alone(same))


@pytest.mark.parametrize("options", KINDS[:4], ids=str)
def test_a_callback_of_training_may_infer(options: dict[str, Any]) -> None:
    """Matrices are padded then, and what people see of them are views."""
    found: list[NDArray[np.float32]] = []

    class Infers:
        def on_epoch_end(self, model: Doc2Vec) -> None:
            found.append(alone(model))

    model = trained(callbacks=[Infers()], **options)
    np.testing.assert_array_equal(alone(model), found[-1])
    assert not np.array_equal(found[0], found[-1])
