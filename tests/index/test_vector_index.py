"""An index finds nearly what exact search finds, with the same scores, and knows the vectors that it is of."""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.index import VectorIndex
from fastemb.io.safetensors import read_tensors, write_tensors

pytest.importorskip("usearch")

N, SIZE = 4000, 16
RNG = np.random.default_rng(0)
CENTRES = RNG.normal(size=(100, SIZE))
ROWS = (CENTRES[RNG.integers(0, 100, N)] + 0.5 * RNG.normal(size=(N, SIZE))).astype(np.float32)
ROWS *= RNG.uniform(0.5, 1.5, (N, 1)).astype(np.float32)
QUERIES = [f"w{row}" for row in range(0, N, 50)]
KINDS = ("usearch", "faiss graph", "faiss lists")


def keyed(rows: Any = ROWS, dtype: Any = np.float32) -> KeyedVectors:
    vectors = KeyedVectors(rows.shape[1], dtype=dtype)
    vectors.add_vectors([f"w{row}" for row in range(len(rows))], rows.astype(dtype))
    vectors.expandos["lang"] = np.array(["de", "en"])[np.arange(len(rows)) % 2]
    return vectors


def options(kind: str, metric: str) -> dict[str, Any]:
    if kind == "usearch":
        return {}
    faiss = pytest.importorskip("faiss")
    size = SIZE + (metric == "dot")
    if kind == "faiss graph":
        graph = faiss.IndexHNSWFlat(size, 32, faiss.METRIC_L2)
        graph.hnsw.efSearch = 128
        return {"faiss": graph}
    made = faiss.IndexIVFFlat(faiss.IndexFlatL2(size), size, 20, faiss.METRIC_L2)
    made.nprobe = 10
    return {"faiss": made}


@pytest.fixture(scope="module", params=[(kind, metric) for kind in KINDS for metric in ("cosine", "dot")])
def case(request: pytest.FixtureRequest) -> tuple[KeyedVectors, VectorIndex, Any]:
    kind, metric = request.param
    vectors = keyed()
    return vectors, vectors.build_index(metric=metric, workers=1, **options(kind, metric)), metric


def test_nearly_the_nearest_are_found_with_their_scores(case: Any) -> None:
    vectors, index, metric = case
    assert index.recall(vectors) >= 0.95
    assert index.recall(vectors, 3, queries=QUERIES) >= 0.95
    assert index.recall(vectors, 3, queries=ROWS[:20]) >= 0.95
    found, scores = vectors.most_similar_rows(QUERIES, 10, metric=metric, indexer=index)
    exact, exact_scores = vectors.most_similar_rows(QUERIES, 10, metric=metric)
    same = found == exact
    assert same.mean() > 0.9
    np.testing.assert_allclose(scores[same], exact_scores[same], rtol=1e-5)
    assert (np.diff(scores, axis=1) <= 0).all()
    assert (found >= 0).all()
    assert not (found == np.arange(0, N, 50)[:, None]).any()


def test_one_question_is_answered_as_one_of_many(case: Any) -> None:
    vectors, index, metric = case
    many = vectors.most_similar_batch(QUERIES[:5], 4, metric=metric, indexer=index)
    for query, found in zip(QUERIES, many, strict=False):
        alone = vectors.most_similar(query, topn=4, metric=metric, indexer=index)
        assert [key for key, _ in alone] == [key for key, _ in found]
        np.testing.assert_allclose([score for _, score in alone], [score for _, score in found], rtol=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.04, 0.1, 0.5, 1.0])
def test_filters(case: Any, share: float) -> None:
    vectors, index, metric = case
    mask = np.random.default_rng(1).random(N) < share
    found, _ = vectors.most_similar_rows(QUERIES, 10, metric=metric, indexer=index, where=mask)
    exact, _ = vectors.most_similar_rows(QUERIES, 10, metric=metric, where=mask)
    assert ((found < 0) == (exact < 0)).all()
    assert mask[found[found >= 0]].all()
    there = exact >= 0
    hits = sum(len(np.intersect1d(a, b[good])) for a, b, good in zip(found, exact, there, strict=True))
    assert hits >= 0.9 * there.sum()


def test_the_first_rows_alone(case: Any) -> None:
    vectors, index, metric = case
    for end in (5, 1000):
        found = vectors.most_similar("w3", metric=metric, indexer=index, restrict_vocab=end, topn=10)
        assert len(found) == min(10, end - 1)
        assert all(int(key[1:]) < end for key, _ in found)


def test_all_rows(case: Any) -> None:
    vectors, index, metric = case
    found = vectors.most_similar("w3", metric=metric, indexer=index, topn=N)
    assert found == vectors.most_similar("w3", metric=metric, topn=N)


def test_queries_without_a_direction(case: Any) -> None:
    vectors, index, metric = case
    queries = np.zeros((2, SIZE), np.float32)
    for indexer in (index, None):
        rows, scores = vectors.most_similar_rows(queries, 2, metric=metric, indexer=indexer)
        assert rows.tolist() == [[0, 1], [0, 1]]
        assert scores.tolist() == [[0, 0], [0, 0]]
    queries[1] = np.nan
    for indexer in (index, None):
        with pytest.raises(ValueError, match="query 1 holds NaN or infinity"):
            vectors.most_similar_rows(queries, 2, metric=metric, indexer=indexer)
    assert vectors.most_similar_rows(queries[:0], 2, metric=metric, indexer=index)[0].shape == (0, 2)


def test_a_file_gives_it_back(case: Any, tmp_path: Path) -> None:
    vectors, index, metric = case
    index.expansion_search = 9
    index.save(tmp_path / "it.index")
    wanted = vectors.most_similar_rows(QUERIES, 10, metric=metric, indexer=index)
    for mmap in (None, "r"):
        if mmap and "faiss" in repr(index):
            with pytest.raises(ValueError, match="load it without mmap"):
                VectorIndex.load(tmp_path / "it.index", mmap)
            continue
        loaded = VectorIndex.load(tmp_path / "it.index", mmap)  # type: ignore[arg-type]
        assert (repr(loaded), len(loaded), loaded.expansion_search) == (repr(index), N, 9)
        for one, other in zip(
            vectors.most_similar_rows(QUERIES, 10, metric=metric, indexer=loaded), wanted, strict=True
        ):
            np.testing.assert_array_equal(one, other)
    index.expansion_search = 128


def test_it_is_mapped_beside_vectors_that_are_mapped(tmp_path: Path) -> None:
    vectors = keyed()
    vectors.save(tmp_path / "v.safetensors")
    vectors.build_index(workers=1).save(tmp_path / "v.index")
    mapped = KeyedVectors.load(tmp_path / "v.safetensors", mmap="r")
    index = VectorIndex.load(tmp_path / "v.index", mmap="r")
    found = mapped.most_similar_batch(QUERIES, indexer=index)
    assert mapped.norms is None  # which would have read all of the file
    assert found == vectors.most_similar_batch(QUERIES, indexer=index)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_other_dtypes(dtype: Any, metric: Any) -> None:
    vectors = keyed(dtype=dtype)
    index = vectors.build_index(metric=metric, workers=1)
    assert index.recall(vectors) > 0.95
    found = vectors.most_similar("w9", topn=5, indexer=index, metric=metric)
    exact = vectors.most_similar("w9", topn=5, metric=metric)
    np.testing.assert_allclose([score for _, score in found], [score for _, score in exact], rtol=1e-4)


def test_vectors_of_zeros_are_found_where_they_belong() -> None:
    rows = np.zeros((30, 3), np.float32)
    rows[:10, 0], rows[10:20, 0] = 1, -1
    vectors = keyed(rows)
    index = vectors.build_index(workers=1)
    found = vectors.most_similar([np.array([1.0, 0, 0])], topn=20, indexer=index)
    assert [score for _, score in found] == [1] * 10 + [0] * 10


# ---- the vectors that it is of ----


CHANGES: dict[str, Any] = {
    "other": lambda wv: keyed(ROWS[::-1].copy()),
    "fewer": lambda wv: keyed(ROWS[:-1]),
    "dtype": lambda wv: keyed(dtype=np.float64),
    "assigned": lambda wv: setattr(wv, "vectors", wv.vectors * 2) or wv,
    "one": lambda wv: wv.__setitem__("w1777", np.ones(SIZE)) or wv,
    "added": lambda wv: wv.add_vector("new", np.ones(SIZE)) is None or wv,
    "scaled": lambda wv: wv.unit_normalize_all() or wv,
    "written": lambda wv: wv.vectors.__setitem__((1777, 3), 9) or wv.fill_norms(force=True) or wv,
    "sorted": lambda wv: (wv.expandos.update(count=np.arange(N)), wv.sort_by_descending_frequency()) and wv,
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("asked_before", [False, True])
def test_other_vectors_are_refused_and_the_remedy_helps(name: str, asked_before: bool) -> None:
    vectors = keyed()
    index = vectors.build_index(workers=1)
    if asked_before:
        vectors.most_similar("w1", indexer=index)
    changed = CHANGES[name](vectors)
    for ask in (
        lambda: changed.most_similar("w1", indexer=index),
        lambda: changed.most_similar_batch(["w1"], indexer=index),
        lambda: index.recall(changed),
    ):
        with pytest.raises(ValueError, match=r"built from other vectors \(.*\): build it anew by build_index\(\)"):
            ask()
    anew = changed.build_index(workers=1)
    assert changed.most_similar("w1", indexer=anew)


def test_another_file_that_is_mapped_is_refused(tmp_path: Path) -> None:
    vectors = keyed()
    index = vectors.build_index(workers=1)
    vectors.vectors = vectors.vectors + 1
    vectors.save(tmp_path / "v.safetensors")
    mapped = KeyedVectors.load(tmp_path / "v.safetensors", mmap="r")
    with pytest.raises(ValueError, match="their values differ"):
        mapped.most_similar("w1", indexer=index)


def test_the_other_metric_is_refused_and_the_remedies_help() -> None:
    vectors = keyed()
    index = vectors.build_index(workers=1)
    with pytest.raises(ValueError, match=r"ranks by metric='cosine'.*build_index\(metric='dot'\)"):
        vectors.most_similar("w1", metric="dot", indexer=index)
    assert vectors.most_similar("w1", metric="dot", indexer=vectors.build_index(metric="dot", workers=1))


# ---- wrong arguments and damaged files ----


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"metric": "l2"}, ValueError, "metric must be one of"),
        ({"connectivity": 0}, ValueError, "connectivity must be at least 1"),
        ({"expansion_add": "x"}, TypeError, "expansion_add must be a whole number"),
        ({"expansion_search": 1.5}, TypeError, "expansion_search"),
        ({"workers": 0}, ValueError, "workers"),
        ({"expansion_serch": 3}, TypeError, "did you mean 'expansion_search'"),
    ],
)
def test_wrong_arguments(given: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        keyed(ROWS[:10]).build_index(**given)


def test_vectors_that_cannot_be_indexed() -> None:
    rows = ROWS[:10].copy()
    rows[3, 2] = np.inf
    with pytest.raises(ValueError, match=r"the vector of 'w3' \(row 3\) is not finite"):
        keyed(rows).build_index()
    with pytest.raises(ValueError, match="no vectors"):
        KeyedVectors(3).build_index()


def test_wrong_indexes_of_faiss() -> None:
    faiss = pytest.importorskip("faiss")
    vectors = keyed(ROWS[:100])
    full = faiss.IndexFlatIP(SIZE)
    full.add(ROWS[:3])
    for given, metric, error, words in (
        (faiss.IndexFlatIP(3), "cosine", ValueError, "an index of 16 dimensions, not of 3"),
        (faiss.IndexFlatIP(SIZE), "dot", ValueError, r"an index of 17 dimensions \(one more"),
        (full, "cosine", ValueError, "without vectors; this one has 3"),
        ("HNSW32", "cosine", TypeError, r"faiss\.IndexHNSWFlat\(16, 32\), not 'HNSW32'"),
    ):
        with pytest.raises(error, match=words):
            vectors.build_index(metric=metric, faiss=given)
    with pytest.raises(ValueError, match="connectivity is a size of usearch's graph"):
        vectors.build_index(connectivity=8, faiss=faiss.IndexFlatIP(SIZE))
    index = vectors.build_index(faiss=faiss.IndexFlatIP(SIZE))
    assert index.recall(vectors) == 1
    with pytest.raises(ValueError, match="neither candidates nor lists"):
        index.expansion_search = 3


def test_what_is_no_index() -> None:
    vectors = keyed(ROWS[:10])
    with pytest.raises(TypeError, match=r"indexer must be an index of build_index\(\)"):
        vectors.most_similar("w1", indexer=3)
    with pytest.raises(TypeError, match=r"indexer must be an index of build_index\(\)"):
        vectors.most_similar_batch(["w1"], indexer=object())  # type: ignore[arg-type]

    class Other:
        def most_similar(self, vector: Any, topn: int) -> list[tuple[str, float]]:
            return [("x", 1.0)] * topn

    assert vectors.most_similar("w1", topn=2, indexer=Other()) == [("x", 1.0)] * 2
    with pytest.raises(ValueError, match=r"where and metric need an index of build_index\(\), not a Other"):
        vectors.most_similar("w1", indexer=Other(), where=["w2"])


@pytest.mark.parametrize(("package", "remedy"), [("usearch.index", "index"), ("faiss", "faiss")])
def test_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch, package: str, remedy: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"pip install \"fastemb\[{remedy}\]\""):
        keyed(ROWS[:10]).build_index(**({"faiss": 1} if package == "faiss" else {}))


def test_no_queries_have_no_recall() -> None:
    vectors = keyed(ROWS[:10])
    index = vectors.build_index()
    with pytest.raises(ValueError, match="no queries"):
        index.recall(vectors, queries=[])
    with pytest.raises(ValueError, match="n must be at least 1"):
        index.recall(vectors, 0)


def _damages() -> dict[str, Any]:
    def state(change: Any) -> Any:
        def apply(arrays: Any, metadata: Any) -> None:
            found = json.loads(metadata["state"])
            change(found)
            metadata["state"] = json.dumps(found)

        return apply

    return {
        "checksum": lambda arrays, metadata: arrays.update(graph=arrays["graph"] ^ 1),
        "cut": lambda arrays, metadata: arrays.update(graph=arrays["graph"][:100]),
        "gone": lambda arrays, metadata: arrays.pop("graph"),
        "dtype": lambda arrays, metadata: arrays.update(graph=arrays["graph"].astype(np.int64)),
        "metric": state(lambda found: found.update(metric="l2")),
        "no settings": state(lambda found: found.pop("settings")),
        "settings": state(lambda found: found["settings"].update(connectivity="x")),
        "dtype of the graph": state(lambda found: found["settings"].update(dtype="x")),
        "more": state(lambda found: found["settings"].update(other=1)),
        "longest": state(lambda found: found.update(longest=-1.0)),
        "fingerprint": state(lambda found: found["fingerprint"].update(rows=-1)),
        "rows": state(lambda found: found["fingerprint"].update(rows=1)),
        "size": state(lambda found: found["fingerprint"].update(vector_size=3)),
        "text": lambda arrays, metadata: metadata.update(state="{"),
        "list": lambda arrays, metadata: metadata.update(state="[]"),
    }


@pytest.mark.parametrize("name", _damages())
def test_damaged_files(tmp_path: Path, name: str) -> None:
    keyed(ROWS[:100]).build_index(workers=1).save(tmp_path / "it.index")
    arrays, metadata = read_tensors(tmp_path / "it.index")
    _damages()[name](arrays, metadata)
    write_tensors(tmp_path / "it.index", arrays, metadata)
    with pytest.raises(ValueError, match=r"it\.index: damaged: "):
        VectorIndex.load(tmp_path / "it.index")


def test_files_of_something_else(tmp_path: Path) -> None:
    vectors = keyed(ROWS[:10])
    vectors.save(tmp_path / "v.safetensors")
    with pytest.raises(ValueError, match=r"holds no VectorIndex.*KeyedVectors\.load reads it"):
        VectorIndex.load(tmp_path / "v.safetensors")
    vectors.build_index().save(tmp_path / "v.index")
    with pytest.raises(ValueError, match=r"VectorIndex\.load reads it"):
        KeyedVectors.load(tmp_path / "v.index")
    with pytest.raises(ValueError, match="mmap must be None or 'r'"):
        VectorIndex.load(tmp_path / "v.index", "r+")  # type: ignore[arg-type]
    arrays, metadata = read_tensors(tmp_path / "v.index")
    write_tensors(tmp_path / "v.index", arrays, metadata | {"version": "99"})
    with pytest.raises(ValueError, match=r"v\.index: written by a newer fastemb \(index of format 99\)"):
        VectorIndex.load(tmp_path / "v.index")


def test_a_stored_index_of_faiss_that_is_of_other_vectors(tmp_path: Path) -> None:
    faiss = pytest.importorskip("faiss")
    for size in (SIZE, SIZE - 1):
        rows = np.ascontiguousarray(ROWS[:10, :size])
        keyed(rows).build_index(faiss=faiss.IndexFlatL2(size)).save(tmp_path / str(size))
    arrays, metadata = read_tensors(tmp_path / str(SIZE))
    arrays["graph"] = read_tensors(tmp_path / str(SIZE - 1))[0]["graph"]
    state = json.loads(metadata["state"]) | {"checksum": zlib.crc32(arrays["graph"].tobytes())}
    write_tensors(tmp_path / "mixed", arrays, metadata | {"state": json.dumps(state)})
    with pytest.raises(ValueError, match=r"mixed: .*the index does not fit the vectors"):
        VectorIndex.load(tmp_path / "mixed")
