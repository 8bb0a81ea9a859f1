"""The approximate index finds nearly what exact search finds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shops import small_model

from fastemb import KeyedVectors
from fastemb.items import ItemIndex

pytest.importorskip("usearch")

RNG = np.random.default_rng(0)
ITEMS, SIZE = 3000, 16
VECTORS = (RNG.normal(size=(ITEMS, SIZE)) * RNG.uniform(0.5, 1.5, (ITEMS, 1))).astype(np.float32)
QUERIES = RNG.normal(size=(50, SIZE)).astype(np.float32)


def keyed(vectors: np.ndarray) -> KeyedVectors:  # type: ignore[type-arg]
    made = KeyedVectors(vectors.shape[1])
    made.add_vectors([f"item{row}" for row in range(len(vectors))], vectors)
    return made


@pytest.fixture(scope="module")
def index() -> ItemIndex:
    return ItemIndex(keyed(VECTORS), workers=1)


def exact(queries: np.ndarray, mask: np.ndarray, n: int) -> np.ndarray:  # type: ignore[type-arg]
    scores = np.where(mask, queries @ VECTORS.T, -np.inf)
    return np.argsort(-scores, axis=1, kind="stable")[:, :n]


def test_the_highest_products_are_found(index: ItemIndex) -> None:
    rows, scores = index.search(QUERIES, 20)
    assert rows.shape == scores.shape == (50, 20)
    assert index.recall(QUERIES, 20) >= 0.95
    assert np.mean([len(set(a) & set(b)) for a, b in zip(rows, exact(QUERIES, np.True_, 20), strict=True)]) >= 19
    np.testing.assert_allclose(scores, np.einsum("qd,qnd->qn", QUERIES, VECTORS[rows]), rtol=1e-4, atol=1e-4)
    assert (np.diff(scores, axis=1) <= 1e-5).all()


@pytest.mark.parametrize("share", [0.001, 0.03, 0.3, 0.9])
def test_only_candidates_are_found(index: ItemIndex, share: float) -> None:
    mask = np.random.default_rng(1).random(ITEMS) < share
    rows, _ = index.search(QUERIES, 10, candidates=mask)
    wanted = exact(QUERIES, mask, 10)
    count = min(10, int(mask.sum()))
    assert mask[rows[:, :count]].all()
    assert (rows[:, count:] == -1).all()
    assert np.mean([len(set(a) & set(b)) for a, b in zip(rows, wanted[:, :count], strict=True)]) >= 0.95 * count
    by_key, _ = index.search(QUERIES, 10, candidates=[f"item{row}" for row in np.flatnonzero(mask)] + ["unknown"])
    assert (by_key == rows).all()


@pytest.mark.parametrize("candidates", [[], ["nix"], ["nix", -5], {"nix": 1}])
def test_candidates_of_which_none_is_known_are_refused_as_the_model_does(index: ItemIndex, candidates: Any) -> None:
    model = small_model(epochs=1).fit([["a", "b"]] * 5)
    queries = np.ones((1, index._rows.shape[1]), np.float32)
    for ask in (
        lambda: index.search(queries, 3, candidates=candidates),
        lambda: model.recommend(["a"], candidates=candidates),
    ):
        with pytest.raises(ValueError, match="none of the candidates is a known item"):
            ask()
    with pytest.raises(TypeError, match="candidates must be a list of items"):
        index.search(queries, 3, candidates="nix")


def test_rows_that_are_missing_are_not_looked_up(index: ItemIndex) -> None:
    """As the guide and the docstring say, rows below 0 are left out: -1 would be the last item."""
    queries = np.ones((1, index._rows.shape[1]), np.float32)
    wanted = index.index_to_key[:2]
    rows, _ = index.search(queries, 5, candidates=wanted)
    assert (rows < 0).sum() == 3
    assert {index.index_to_key[row] for row in rows[0] if row >= 0} == set(wanted)


def test_cosines() -> None:
    index = ItemIndex(keyed(VECTORS), normalize=True, workers=1)
    rows, scores = index.search(VECTORS[:5], 1)
    assert rows[:, 0].tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(scores[:, 0], np.linalg.norm(VECTORS[:5], axis=1), rtol=1e-4)


def test_fewer_items_than_asked_for() -> None:
    index = ItemIndex(keyed(VECTORS[:3]), workers=1)
    rows, scores = index.search(QUERIES[:2], 5)
    assert (np.sort(rows[:, :3]) == [0, 1, 2]).all()
    assert (rows[:, 3:] == -1).all()
    assert (scores[:, 3:] == -np.inf).all()
    assert len(index) == 3
    assert (index.search(QUERIES[:2], 5, candidates=np.zeros(3, bool))[0] == -1).all()


def test_wrong_arguments(index: ItemIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="must be of shape"):
        index.search(QUERIES[:, :5])
    with pytest.raises(ValueError, match="a mask must have the shape"):
        index.search(QUERIES, candidates=np.ones(5, bool))
    with pytest.raises(ValueError, match="finite"):
        ItemIndex(keyed(np.full((2, 3), np.nan, np.float32)))
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(ImportError, match=r"pip install \"fastemb\[index\]\""):
        ItemIndex(keyed(VECTORS))


@pytest.mark.parametrize("name", ["connectivity", "expansion_add", "expansion_search"])
def test_sizes_of_the_graph(name: str) -> None:
    assert len(ItemIndex(keyed(VECTORS[:20]), **{name: np.int64(16)})) == 20  # type: ignore[arg-type]
    for wrong, error in ((0, ValueError), ("x", TypeError)):
        with pytest.raises(error, match=name):
            ItemIndex(keyed(VECTORS[:20]), **{name: wrong})  # type: ignore[arg-type]


def test_what_is_no_vectors(index: ItemIndex) -> None:
    for ask in (lambda: ItemIndex(VECTORS), lambda: index.add(VECTORS)):  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"give KeyedVectors, such as model\.wv_out"):
            ask()


def test_recall_counts_what_there_is() -> None:
    few = ItemIndex(keyed(VECTORS[:4]), workers=1)
    assert few.recall(QUERIES, 20) == 1
    with pytest.raises(ValueError, match="no queries"):
        few.recall(QUERIES[:0], 20)


def test_workers() -> None:
    for workers in (None, -1, 2):
        assert ItemIndex(keyed(VECTORS[:50]), workers=workers).recall(QUERIES, 5) == 1
    for workers in (0, -2):
        with pytest.raises(ValueError, match="workers"):
            ItemIndex(keyed(VECTORS[:50]), workers=workers)


@pytest.mark.parametrize("share", [None, 0.001, 0.5])
def test_queries_without_a_direction(index: ItemIndex, share: float | None) -> None:
    mask = None if share is None else np.random.default_rng(1).random(ITEMS) < share
    allowed = np.arange(ITEMS) if mask is None else np.flatnonzero(mask)
    queries = np.vstack([QUERIES[:1], np.zeros(SIZE, np.float32), QUERIES[1:2]])
    rows, scores = index.search(queries, 2, candidates=mask)
    assert rows[1].tolist() == allowed[:2].tolist()
    assert scores[1].tolist() == [0, 0]
    alone, _ = index.search(QUERIES[:2], 2, candidates=mask)
    assert rows[[0, 2]].tolist() == alone.tolist()
    for bad in (np.nan, np.inf):
        queries[1, 0] = bad
        with pytest.raises(ValueError, match="query 1"):
            index.search(queries, 2, candidates=mask)
        with pytest.raises(ValueError, match="query 1"):
            index.recall(queries, 2)


@pytest.mark.parametrize("n", [0, -1])
def test_an_n_below_one_is_refused(index: ItemIndex, n: int) -> None:
    for ask in (index.search, index.recall):
        with pytest.raises(ValueError, match="n must be at least 1"):
            ask(QUERIES, n)


# ---- saved, loaded, added to ----


def same(one: ItemIndex, two: ItemIndex) -> bool:
    rows, scores = one.search(QUERIES, 10)
    other_rows, other_scores = two.search(QUERIES, 10)
    return one.index_to_key == two.index_to_key and bool((rows == other_rows).all() and (scores == other_scores).all())


KEYS: dict[str, list[Any]] = {
    "text": [f"item{row}" for row in range(200)],
    "numbers": list(range(200)),
    "mixed": ["a", *range(198), ("b", 2**64)],
}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("normalize", [False, True])
def test_a_saved_index_is_the_same_index(kind: str, normalize: bool, tmp_path: Path) -> None:
    vectors = KeyedVectors(SIZE)
    vectors.add_vectors(KEYS[kind], VECTORS[:200])
    made = ItemIndex(vectors, normalize=normalize, expansion_search=64, workers=1)
    made.save(tmp_path / "index.safetensors")
    loaded = ItemIndex.load(tmp_path / "index.safetensors", workers=1)
    assert same(made, loaded)
    assert repr(loaded) == f"ItemIndex(200 items, 16 dimensions{', normalize=True' if normalize else ''})"
    more = KeyedVectors(SIZE)
    more.add_vectors([f"more{row}" for row in range(100)], VECTORS[200:300])
    made.add(more)
    loaded.add(more)
    assert same(made, loaded)


@pytest.mark.parametrize("longer", [False, True])
@pytest.mark.parametrize("normalize", [False, True])
def test_items_that_are_added_are_found(longer: bool, normalize: bool) -> None:
    order = np.argsort(np.linalg.norm(VECTORS, axis=1) * (1 if longer else -1), kind="stable")
    vectors = KeyedVectors(SIZE)
    vectors.add_vectors(order[:2000].tolist(), VECTORS[order[:2000]])
    more = KeyedVectors(SIZE)
    more.add_vectors(order[2000:].tolist(), VECTORS[order[2000:]])
    made = ItemIndex(vectors, normalize=normalize, workers=1)
    made.add(more)
    assert len(made) == ITEMS
    assert made.index_to_key == order.tolist()
    assert made.recall(QUERIES, 20) >= 0.95
    rows, scores = made.search(QUERIES, 5)
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True) if normalize else VECTORS
    np.testing.assert_allclose(scores, np.einsum("qd,qnd->qn", QUERIES, unit[order[rows]]), rtol=1e-4, atol=1e-4)


def test_what_cannot_be_added_changes_nothing(index: ItemIndex, tmp_path: Path) -> None:
    before = repr(index), index.search(QUERIES, 3)[0].tolist()
    fresh = KeyedVectors(SIZE)
    fresh.add_vectors(["new", "item5"], VECTORS[:2])
    with pytest.raises(ValueError, match="'item5' is in the index already; 1 of these items are"):
        index.add(fresh)
    shorter = KeyedVectors(3)
    shorter.add_vectors(["new"], np.ones((1, 3), np.float32))
    with pytest.raises(ValueError, match="the index holds vectors of 16, not 3"):
        index.add(shorter)
    bad = KeyedVectors(SIZE)
    bad.add_vectors(["new"], np.full((1, SIZE), np.inf, np.float32))
    with pytest.raises(ValueError, match="finite"):
        index.add(bad)
    assert (repr(index), index.search(QUERIES, 3)[0].tolist()) == before


def test_damaged_files_of_an_index_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "index.safetensors"
    vectors = keyed(VECTORS[:50])
    ItemIndex(vectors, workers=1).save(path)
    data = path.read_bytes()
    changes = [
        (b'\\"longest\\": ', b'\\"longesd\\": '),
        (b'\\"connectivity\\": 32', b'\\"connectivity\\": -2'),
        (b'\\"normalize\\": false', b'\\"normalize\\": 12345'),
        (b'\\"checksum\\": ', b'\\"checksum\\":9'),
        (b"fastemb.ItemIndex", b"fastemb.ItemIndes"),
        (b'{\\"normalize\\"', b"[" * 100_000 + b'{\\"normalize\\"'),
        (data[-9:], bytes(9) if data[-9:] != bytes(9) else b"x" * 9),
    ]
    for old, new in changes:
        assert old in data
        changed = data[8:].replace(old, new)
        length = int.from_bytes(data[:8], "little") + (len(changed) - len(data) + 8)
        path.write_bytes(length.to_bytes(8, "little") + changed)
        with pytest.raises(ValueError, match=r"index\.safetensors: (damaged|holds no ItemIndex)"):
            ItemIndex.load(path)
    vectors.save(path)
    with pytest.raises(ValueError, match=r"holds no ItemIndex; it is .*: KeyedVectors\.load reads it"):
        ItemIndex.load(path)
