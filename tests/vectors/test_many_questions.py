"""Many questions in one call: filters, dot products, negatives, tables; and vectors that are read where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.vectors import search

N, SIZE = 600, 8


def made(dtype: Any = np.float32, seed: int = 0) -> KeyedVectors:
    rng = np.random.default_rng(seed)
    vectors = KeyedVectors(SIZE, dtype=dtype)
    rows = rng.normal(size=(N, SIZE)) * rng.uniform(0.5, 2, (N, 1))
    vectors.add_vectors([f"w{row}" for row in range(N)], rows.astype(dtype))
    vectors.expandos["lang"] = np.array(["de", "en", "fr"])[rng.integers(0, 3, N)]
    vectors.expandos["year"] = rng.integers(1900, 2000, N)
    vectors.expandos["tags"] = np.array([[], ["a"], None] * (N // 3), object)
    return vectors


WV = made()
LANG, YEAR = WV.expandos["lang"], WV.expandos["year"]


def ranking(mask: Any, queries: Any, dot: bool = False, n: int = 10) -> Any:
    """Rows by falling score, of queries (q, d) in float64."""
    rows = WV.vectors.astype(np.float64)
    scores = np.asarray(queries, np.float64) @ rows.T
    if not dot:
        scores /= np.linalg.norm(rows, axis=1)
    return np.argsort(np.where(mask, -scores, np.inf), axis=1, kind="stable")[:, :n]


FILTERS: list[tuple[Any, Any]] = [
    ({"lang": "de"}, LANG == "de"),
    ({"lang": ["de", "fr"]}, LANG != "en"),
    ({"lang": {"de"}, "year": lambda years: years >= 1950}, (LANG == "de") & (YEAR >= 1950)),
    ({"year": 1950}, YEAR == 1950),
    ({"year": np.array([1950, 1951])}, (YEAR == 1950) | (YEAR == 1951)),
    ({"tags": [["a"]]}, np.arange(N) % 3 == 1),
    ({"tags": None}, np.arange(N) % 3 == 2),
    ({"year": "1950"}, np.zeros(N, bool)),
    ({}, np.ones(N, bool)),
    (LANG == "en", LANG == "en"),
    ((LANG == "en").tolist(), LANG == "en"),
    ([f"w{row}" for row in range(0, N, 7)], np.arange(N) % 7 == 0),
    (np.array([f"w{row}" for row in range(0, N, 7)]), np.arange(N) % 7 == 0),
    ([], np.zeros(N, bool)),
]


@pytest.mark.parametrize(("where", "mask"), FILTERS)
@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_only_what_the_filter_names_is_found(where: Any, mask: Any, metric: Any) -> None:
    queries = np.random.default_rng(1).normal(size=(5, SIZE)).astype(np.float32)
    count = min(10, int(mask.sum()))
    wanted = ranking(mask, queries, metric == "dot", count)
    rows, scores = WV.most_similar_rows(queries, 10, where=where, metric=metric)
    np.testing.assert_array_equal(rows[:, :count], wanted)
    assert (rows[:, count:] == -1).all()
    assert (scores[:, count:] == -np.inf).all()
    for query, best in zip(queries, wanted, strict=True):
        found = WV.most_similar([query], topn=10, where=where, metric=metric)
        assert [key for key, _ in found] == [f"w{row}" for row in best]
    all_scores = WV.most_similar([queries[0]], topn=None, where=where, metric=metric)
    assert len(all_scores) == mask.sum()


def test_more_neighbours_than_there_are_take_no_room() -> None:
    assert len(WV.most_similar_batch(["w1"], 10**12)[0]) == len(WV.most_similar("w1", topn=10**12)) == N - 1


def test_filters_and_clipping_hold_together() -> None:
    mask = (LANG == "de") & (np.arange(N) < 100)
    rows, _ = WV.most_similar_rows(["w0", "w5"], 500, restrict_vocab=100, where={"lang": "de"})
    for own, found in zip((0, 5), rows, strict=True):
        assert set(found[found >= 0].tolist()) == set(np.flatnonzero(mask).tolist()) - {own}
    assert (
        len(WV.most_similar("w0", topn=500, clip_start=10, clip_end=20, where=LANG == "de"))
        == (LANG[10:20] == "de").sum()
    )


@pytest.mark.parametrize(
    ("where", "error", "words"),
    [
        ({"lan": "de"}, KeyError, "did you mean 'lang'"),
        ({"zzz": "de"}, KeyError, "there is lang, year, tags"),
        (["w1", "W2"], KeyError, r"\[key for key in keys if key in vectors\]; did you mean 'w2'"),
        ("w1", TypeError, "a mask of bool, a list of keys, or a dict"),
        (3, TypeError, "a mask of bool"),
        (np.ones(3, bool), ValueError, r"\(600,\), one bool a row"),
        ([True, False], ValueError, r"\(600,\), one bool a row"),
        ({"year": lambda years: years[:3] > 0}, TypeError, r"must return \(600,\) of bool"),
        ({"year": lambda years: years}, TypeError, r"must return \(600,\) of bool, not int64"),
    ],
)
def test_wrong_filters(where: Any, error: Any, words: str) -> None:
    for ask in (
        lambda: WV.most_similar("w1", where=where),
        lambda: WV.most_similar_batch(["w1"], where=where),
        lambda: WV.most_similar_rows(["w1"], where=where),
    ):
        with pytest.raises(error, match=words):
            ask()


def test_an_attribute_of_another_length_is_refused() -> None:
    vectors = made()
    vectors.expandos["short"] = np.arange(3)
    with pytest.raises(ValueError, match="'short' has 3 values for 600 keys"):
        vectors.most_similar("w1", where={"short": 1})


def test_other_metrics_are_refused() -> None:
    for ask in (WV.most_similar, WV.most_similar_batch):
        with pytest.raises(ValueError, match="metric must be one of 'cosine', 'dot', not 'l2'"):
            ask(["w1"], metric="l2")  # type: ignore[operator]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dot_products_of_a_key_are_those_of_its_vector(dtype: Any) -> None:
    vectors = made(dtype)
    products = vectors.vectors.astype(np.float64) @ vectors["w3"].astype(np.float64)
    best = [row for row in np.argsort(-products) if row != 3][:4]
    found = vectors.most_similar("w3", topn=4, metric="dot")
    assert [key for key, _ in found] == [f"w{row}" for row in best]
    np.testing.assert_allclose([score for _, score in found], products[best], rtol=2e-3)
    assert [key for key, _ in vectors.most_similar_batch(["w3"], 4, metric="dot")[0]] == [f"w{row}" for row in best]


def test_many_questions_are_answered_as_one_by_one() -> None:
    questions: list[Any] = [["w1", "w2"], "w3", WV["w4"], [("w5", 0.5), "w6"], ["w7", WV["w8"]], [1.0] * SIZE]
    negative: list[Any] = ["w9", None, ["w10", "w11"], [], [("w12", -0.3)], "w13"]
    for metric in ("cosine", "dot"):
        many = WV.most_similar_batch(questions, 5, negative=negative, metric=metric)  # type: ignore[arg-type]
        for one, less, found in zip(questions, negative, many, strict=True):
            alone = WV.most_similar(one, less, topn=5, metric=metric)  # type: ignore[arg-type]
            assert [key for key, _ in found] == [key for key, _ in alone]
            np.testing.assert_allclose([score for _, score in found], [score for _, score in alone], rtol=1e-5)
    assert [key for key, _ in WV.most_similar_batch([["w1", "w2"]], 3)[0]] == [
        key for key, _ in WV.most_similar(["w1", "w2"], topn=3)
    ]
    with pytest.raises(ValueError, match="negative must have one entry for each query: 1 for 2"):
        WV.most_similar_batch(["w1", "w2"], negative=["w3"])
    with pytest.raises(KeyError, match="'nothing' not present"):
        WV.most_similar_batch([["w1", "nothing"]])


def test_a_table_holds_what_lists_hold() -> None:
    pytest.importorskip("pyarrow")
    table = WV.most_similar_table(["w1", "w2"], 3, where={"lang": "de"})
    lists = WV.most_similar_batch(["w1", "w2"], 3, where={"lang": "de"})
    assert table.column_names == ["query", "rank", "key", "score"]
    assert table["query"].to_pylist() == ["w1"] * 3 + ["w2"] * 3
    assert table["rank"].to_pylist() == [1, 2, 3] * 2
    assert list(zip(table["key"].to_pylist(), table["score"].to_pylist(), strict=True)) == lists[0] + lists[1]
    numbered = KeyedVectors._from_arrays(list(range(5)), WV.vectors[:5])
    found = numbered.most_similar_table(WV.vectors[:2], 2)
    assert found["query"].to_pylist() == [0, 0, 1, 1]
    assert found["key"].to_pylist()[::2] == [0, 1]
    assert str(found["key"].type) == "int64"
    assert WV.most_similar_table(["w1"], 3, where=[]).num_rows == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("extreme", [False, True])
def test_vectors_that_are_converted_in_parts(monkeypatch: pytest.MonkeyPatch, dtype: Any, extreme: bool) -> None:
    vectors = made(dtype)
    if extreme and dtype != np.float16:
        vectors["w50"] = vectors["w50"] * np.array(1e-20, dtype)
    whole = vectors.most_similar_rows(["w1", "w55", "w599"], 25, where={"lang": ["de", "en"]})
    clipped = vectors.most_similar_rows(["w1", "w55"], 700, clip_start=40, clip_end=130)
    monkeypatch.setattr(search, "_PART_BYTES", 4 * SIZE * 37)
    parts = vectors.most_similar_rows(["w1", "w55", "w599"], 25, where={"lang": ["de", "en"]})
    for one, other in zip(
        whole + clipped, parts + vectors.most_similar_rows(["w1", "w55"], 700, clip_start=40, clip_end=130), strict=True
    ):
        np.testing.assert_array_equal(one, other)
