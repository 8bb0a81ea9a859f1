"""What no answer can be made of is refused by name: vectors that are not finite, switches, seeds, names of bags."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.spaces import align, align_many, sc_weat, stability, weat

KEYS = list("abcdefgh")


def vectors(**changed: Any) -> KeyedVectors:
    made = KeyedVectors(2)
    made.add_vectors(KEYS, np.random.default_rng(0).normal(size=(8, 2)))
    for key, vector in changed.items():
        made[key] = vector
    return made


FUNCTIONS: dict[str, Callable[[KeyedVectors, Path], Any]] = {
    "weat x": lambda wv, _: weat(wv, ["a", "b"], ["c", "d"], ["e"], ["f"]),
    "weat y": lambda wv, _: weat(wv, ["c", "d"], ["a", "b"], ["e"], ["f"]),
    "weat a": lambda wv, _: weat(wv, ["c", "d"], ["g", "b"], ["a"], ["f"]),
    "weat b": lambda wv, _: weat(wv, ["c", "d"], ["g", "b"], ["e"], ["a"]),
    "sc_weat word": lambda wv, _: sc_weat(wv, "a", ["c", "d"], ["e", "f"]),
    "sc_weat a": lambda wv, _: sc_weat(wv, "c", ["a", "d"], ["e", "f"]),
    "sc_weat b": lambda wv, _: sc_weat(wv, "c", ["g", "d"], ["a", "f"]),
    "axis positive": lambda wv, _: wv.axis(["a", "b"], ["c", "d"]),
    "axis negative": lambda wv, _: wv.axis(["c", "d"], ["b", "a"], method="pairs"),
    "axis pca": lambda wv, _: wv.axis(["c", "d"], ["b", "a"], method="pca"),
    "embed": lambda wv, _: wv.embed([["c"], ["b", "a"]]),
    "embed, normalized": lambda wv, _: wv.embed([["c"], ["b", "a"]], pre_normalize=True),
    "embed zipf": lambda wv, _: wv.embed([["c"], ["b", "a"]], "zipf"),
    "embed counts": lambda wv, _: wv.embed([{"c": 1}, {"b": 1, "a": 2}], "counts"),
    "reduce": lambda wv, _: wv.reduce(1),
    "reduce, centred": lambda wv, _: wv.reduce(1, center=True),
    "align": lambda wv, _: align(wv, vectors()),
    "align, new": lambda wv, _: align(vectors(), wv, anchors=["b", "c", "d"]),
    "align_many": lambda wv, _: align_many([vectors(), wv, vectors()]),
    "stability": lambda wv, _: stability([vectors(), wv], k=2),
    "save_sentence_transformers": lambda wv, path: wv.save_sentence_transformers(path / "x"),
}


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_vectors_that_are_not_finite_are_refused_by_key(name: str, wrong: float, tmp_path: Path) -> None:
    FUNCTIONS[name](vectors(), tmp_path)
    with pytest.raises(ValueError, match="the vector of 'a' holds NaN or infinity: leave the key out"):
        FUNCTIONS[name](vectors(a=[1, wrong]), tmp_path)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name.split()[0] in ("weat", "sc_weat", "axis")])
def test_vectors_of_zeros_have_no_direction(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the vector of 'a' is all zeros, which has no direction: leave the key out"):
        FUNCTIONS[name](vectors(a=[0, 0]), tmp_path)


def test_vectors_that_are_not_asked_for_may_be_anything() -> None:
    wv = vectors(h=[np.nan, 1])
    assert 0 < weat(wv, ["a", "b"], ["c", "d"], ["e"], ["f"]).p <= 1
    assert np.isfinite(wv.embed([["a"], ["b", "c"]]).vectors).all()
    assert np.isfinite(wv.axis(["a"], ["b"]).direction).all()


WRONG: dict[str, tuple[Callable[[KeyedVectors, Path], Any], type[Exception], str]] = {
    "align center": (lambda wv, _: align(wv, wv, center="no"), TypeError, "center must be True or False, not 'no'"),  # type: ignore[arg-type]
    "align_many center": (
        lambda wv, _: align_many([wv, wv], center="no"),  # type: ignore[arg-type]
        TypeError,
        "center must be True or False, not 'no'",
    ),
    "stability center": (
        lambda wv, _: stability([wv, wv], k=2, center=None),  # type: ignore[arg-type]
        TypeError,
        "center must be True or False, not None",
    ),
    "reduce center": (lambda wv, _: wv.reduce(1, center="no"), TypeError, "center must be True or False, not 'no'"),
    "embed pre_normalize": (
        lambda wv, _: wv.embed([["a"]], pre_normalize="no"),
        TypeError,
        "pre_normalize must be True or False",
    ),
    "save pre_normalize": (
        lambda wv, path: wv.save_sentence_transformers(path / "x", pre_normalize="no"),
        TypeError,
        "pre_normalize must be True or False",
    ),
    "weat seed": (lambda wv, _: weat(wv, ["a", "b"], ["c", "d"], ["e"], ["f"], seed="x"), TypeError, "seed must be"),  # type: ignore[arg-type]
    "weat seed below 0": (
        lambda wv, _: weat(wv, ["a", "b"], ["c", "d"], ["e"], ["f"], seed=-1),
        ValueError,
        "seed must be at least 0, not -1",
    ),
    "sc_weat seed": (
        lambda wv, _: sc_weat(wv, "a", ["c", "d"], ["e", "f"], seed=-1),
        ValueError,
        "seed must be at least 0, not -1",
    ),
    "weat vector": (
        lambda wv, _: weat(wv, [wv["a"], wv["b"]], ["c", "d"], ["e"], ["f"]),
        TypeError,
        "x must be a list of keys, str or int, not of ndarray",
    ),
    "axis vector": (
        lambda wv, _: wv.axis([wv["a"]], [wv["b"]]),
        TypeError,
        "positive must be a list of keys, str or int, not of ndarray",
    ),
    "anchors": (
        lambda wv, _: align(wv, wv, anchors=[["a"], ["b"]]),
        TypeError,
        "anchors must be a list of keys, str or int, not of list",
    ),
    "counts str": (
        lambda wv, _: wv.embed([["a"]], "sif", counts="x"),
        TypeError,
        "counts must be numbers.*the str 'x'",
    ),
    "counts dict": (lambda wv, _: wv.embed([["a"]], "sif", counts={"a": "x"}), TypeError, "counts must be numbers"),
    "weights": (lambda wv, _: wv.embed([["a"]], {"a": "x"}), TypeError, "weights must be numbers"),
    "names str": (lambda wv, _: wv.embed([["a"], ["b"]], names="ab"), TypeError, "names must be a list of names"),
    "names set": (lambda wv, _: wv.embed([["a"], ["b"]], names={"x", "y"}), TypeError, "names must be in the order"),
    "names None": (lambda wv, _: wv.embed([["a"], ["b"]], names=["x", None]), ValueError, "None cannot be a key"),
    "dict None": (lambda wv, _: wv.embed({"x": ["a"], None: ["b"]}), ValueError, "None cannot be a key"),
    "remove NaN": (lambda wv, _: wv.embed([["a"]], remove=[np.nan, 1.0]), ValueError, "remove must be a direction"),
    "remove zeros": (lambda wv, _: wv.embed([["a"]], remove=[0.0, 0.0]), ValueError, "remove must be a direction"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_refused_by_name(name: str, tmp_path: Path) -> None:
    call, error, message = WRONG[name]
    with pytest.raises(error) as caught:
        call(vectors(), tmp_path)
    assert re.search(message, str(caught.value))
