"""Vectors that hold NaN or infinity: as queries they are refused by name, as answers they come last or are NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, cli

KEYS = list("abcde")


def vectors(wrong: float, dtype: Any = np.float32) -> KeyedVectors:
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(dtype)
    rows[4, 1] = wrong
    return KeyedVectors._from_arrays(KEYS, rows)


REFUSED: dict[str, tuple[Callable[[KeyedVectors, Any], Any], str]] = {
    "most_similar": (lambda wv, e: wv.most_similar("e"), "key"),
    "most_similar, all": (lambda wv, e: wv.most_similar("e", topn=None), "key"),
    "most_similar, several": (lambda wv, e: wv.most_similar(["a", "e"]), "key"),
    "most_similar, negative": (lambda wv, e: wv.most_similar(["a"], ["e"]), "key"),
    "most_similar, dot": (lambda wv, e: wv.most_similar("e", metric="dot"), "key"),
    "most_similar, vector": (lambda wv, e: wv.most_similar(e), "a vector that is asked with"),
    "most_similar, pair": (lambda wv, e: wv.most_similar([("e", 0.5)]), "key"),
    "similar_by_word": (lambda wv, e: wv.similar_by_word("e"), "key"),
    "similar_by_vector": (lambda wv, e: wv.similar_by_vector(e), "a vector that is asked with"),
    "most_similar_batch": (lambda wv, e: wv.most_similar_batch(["a", "e"]), "key"),
    "most_similar_batch, dot": (lambda wv, e: wv.most_similar_batch(["a", "e"], metric="dot"), "key"),
    "most_similar_batch, vectors": (lambda wv, e: wv.most_similar_batch(np.stack([wv["a"], e])), "query 1"),
    "most_similar_batch, questions": (lambda wv, e: wv.most_similar_batch([["a", "e"], ["b"]]), "key"),
    "most_similar_batch, negative": (lambda wv, e: wv.most_similar_batch(["a"], negative=[["e"]]), "key"),
    "most_similar_rows": (lambda wv, e: wv.most_similar_rows(["a", "e"]), "key"),
    "most_similar_rows, vectors": (lambda wv, e: wv.most_similar_rows([wv["a"], e]), "query 1"),
    "most_similar_cosmul": (lambda wv, e: wv.most_similar_cosmul(["a"], ["e"]), "key"),
    "most_similar_cosmul, vector": (lambda wv, e: wv.most_similar_cosmul([e]), "a vector that is asked with"),
    "relative_cosine_similarity": (lambda wv, e: wv.relative_cosine_similarity("e", "a"), "key"),
    "rank": (lambda wv, e: wv.rank("a", "e"), "key"),
    "rank, first": (lambda wv, e: wv.rank("e", "a"), "key"),
    "closer_than": (lambda wv, e: wv.closer_than("a", "e"), "key"),
    "doesnt_match": (lambda wv, e: wv.doesnt_match(["a", "b", "e"]), "key"),
    "rank_by_centrality": (lambda wv, e: wv.rank_by_centrality(["a", "b", "e"], use_norm=False), "key"),
    "most_similar_to_given": (lambda wv, e: wv.most_similar_to_given("e", ["a", "b"]), "key"),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
@pytest.mark.parametrize("name", REFUSED)
def test_queries_that_are_not_finite_are_refused_by_name(name: str, wrong: float, dtype: Any) -> None:
    ask, what = REFUSED[name]
    given = vectors(1, dtype)
    ask(given, given["e"])
    given = vectors(wrong, dtype)
    what = "the vector of 'e'" if what == "key" else what
    with pytest.raises(ValueError, match=f"{what} holds NaN or infinity"):
        ask(given, given["e"])


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_refused(wrong: float) -> None:
    wv = vectors(1)
    for ask in (
        lambda: wv.most_similar([("a", wrong)]),
        lambda: wv.most_similar([(wv["a"], wrong)], topn=None),
        lambda: wv.most_similar(["a"], [("b", wrong)]),
        lambda: wv.most_similar_batch([["a", ("b", wrong)]]),
    ):
        with pytest.raises(ValueError, match=f"a weight must be a finite number, not {wrong}"):
            ask()


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_cosines_of_what_is_not_finite_are_nan(wrong: float) -> None:
    wv = vectors(wrong)
    found = [
        wv.similarity("a", "e"),
        wv.similarity("e", "e"),
        wv.distance("e", "a"),
        wv.n_similarity(["a"], ["b", "e"]),
    ]
    assert np.isnan(found).all()
    assert np.isnan(wv.distances("a")).tolist() == [False, False, False, False, True]
    assert np.isnan(wv.distances("e")).all()


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_not_finite_is_the_last_answer(wrong: float) -> None:
    wv = vectors(wrong)
    for key in "bcd":
        assert wv.most_similar_to_given("a", ["e", key]) == key
    assert wv.most_similar("a")[-1][0] == "e"
    assert [len(found) for found in wv.most_similar_batch(["a", "b"])] == [3, 3]


def test_the_command_refuses_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vectors(math.nan).save(tmp_path / "v")
    assert cli.main(["similar", str(tmp_path / "v"), "e"]) == 1
    assert "the vector of 'e' holds NaN or infinity" in capsys.readouterr().err
