"""Vectors that were trained apart, merged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb
from fastemb import KeyedVectors, Word2Vec, load_vectors
from fastemb.scale import merge, merge_rows

COUNT, SIZE = 200, 6


def points(seed: int = 0, count: int = COUNT, size: int = SIZE) -> Any:
    return np.random.default_rng(seed).normal(size=(count, size))


def turn(seed: int, size: int = SIZE) -> Any:
    return np.linalg.qr(points(100 + seed, size, size))[0]


def vectors(rows: Any, keys: Any = None, counts: Any = None) -> KeyedVectors:
    names = [f"w{row}" for row in range(len(rows))] if keys is None else list(keys)
    return KeyedVectors._from_arrays(names, np.asarray(rows, np.float32), counts)


def cosines(rows: Any) -> Any:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T


def overlapping(noise: float = 0.0, maps: Any = turn) -> tuple[Any, list[KeyedVectors]]:
    """True points, and three parts that have half of them each, in axes of their own."""
    true, random = points(), np.random.default_rng(1)
    found = []
    for part in range(3):
        some = np.arange(COUNT) if part == 0 else random.permutation(COUNT)[: COUNT // 2]
        if part == 0:
            some = some[: COUNT // 2]
        rows = (true[some] + noise * random.normal(size=(len(some), SIZE))) @ maps(part)
        found.append(vectors(rows, [f"w{row}" for row in some], np.full(len(some), 10)))
    return true, found


def in_true_order(made: KeyedVectors) -> tuple[Any, Any]:
    known = [row for row in range(COUNT) if f"w{row}" in made]
    return known, made[[f"w{row}" for row in known]]


@pytest.mark.parametrize("maps", ["orthogonal", "linear"])
def test_turned_parts_give_the_cosines_that_all_have(maps: str) -> None:
    true, parts = overlapping()
    made = merge(parts, maps=maps)
    known, rows = in_true_order(made)
    assert len(made) == len(set().union(*(part.key_to_index for part in parts))) == len(known)
    tolerance = {"orthogonal": 2e-4, "linear": 5e-3}[maps]  # linear maps also follow the parts' lengths
    np.testing.assert_allclose(cosines(rows), cosines(true[known]), atol=tolerance)
    assert made.converged
    assert all(part.fit > 0.9999 for part in made.parts)


def test_the_merged_vectors_are_those_of_least_squares() -> None:
    """Against the paper's rounds, in float64: regress, fill missing rows, take the mean."""
    _, parts = overlapping(noise=0.3)
    keys = list(dict.fromkeys(key for part in parts for key in part))
    blocks, has = [], []
    for part in parts:
        block = np.zeros((len(keys), SIZE))
        rows = [keys.index(key) for key in part]
        block[rows] = part.vectors
        blocks.append(block)
        has.append(np.isin(np.arange(len(keys)), rows))
    shared = np.sum(has, axis=0) > 1
    scales = [
        np.sqrt(np.square(block[is_in & shared]).sum(axis=1).mean()) for block, is_in in zip(blocks, has, strict=True)
    ]
    blocks = [block / scale for block, scale in zip(blocks, scales, strict=True)]
    mean = blocks[0] + np.where(has[0][:, None], 0, blocks[1])
    for _ in range(3000):
        filled = []
        for block, is_in in zip(blocks, has, strict=True):
            left, _, right = np.linalg.svd(block[is_in].T @ mean[is_in])
            filled.append(np.where(is_in[:, None], block @ (left @ right), mean))
        mean = np.mean(filled, axis=0)
    made = merge(parts, weights="equal")
    np.testing.assert_allclose(cosines(made[keys]), cosines(mean), atol=1e-3)


def test_general_maps_undo_what_turns_cannot() -> None:
    def stretched(part: int) -> Any:
        return turn(part) * np.linspace(1, 4, SIZE)

    true, parts = overlapping(maps=stretched)
    errors = {}
    for maps in ("orthogonal", "linear"):
        made = merge(parts, maps=maps)
        known, rows = in_true_order(made)
        fitted = rows - true[known] @ np.linalg.lstsq(true[known], rows, rcond=None)[0]
        errors[maps] = np.square(fitted).sum() / np.square(rows).sum()
    assert errors["linear"] < 1e-4 < errors["orthogonal"]


def test_pieces_change_nothing_but_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    _, parts = overlapping(noise=0.3)
    for maps in ("orthogonal", "linear"):
        monkeypatch.undo()
        whole = merge(parts, maps=maps)
        monkeypatch.setattr(merge_rows, "_PIECE", 7 * SIZE)
        pieces = merge(parts, maps=maps)
        np.testing.assert_allclose(pieces.vectors, whole.vectors, atol=1e-4)
        for one, other in zip(pieces.parts, whole.parts, strict=True):
            assert one.fit == pytest.approx(other.fit, abs=1e-4)


def test_counts_are_weights_and_are_added() -> None:
    true = points(count=1000)
    good = vectors(true, counts=np.arange(1000, 0, -1) * 100)
    bad = vectors(points(5, count=1000), counts=np.ones(1000, np.int64))
    with pytest.warns(UserWarning, match="part [12]: its vectors hardly agree.*1,000 keys"):
        made = merge([good, bad])
    assert made.index_to_key == good.index_to_key
    assert made.expandos["count"].tolist() == (np.arange(1000, 0, -1) * 100 + 1).tolist()
    np.testing.assert_allclose(cosines(made.vectors), cosines(true), atol=0.2)
    with pytest.warns(UserWarning, match="hardly agree"):
        equal = merge([good, bad], weights="equal")
    assert np.abs(cosines(equal.vectors) - cosines(true)).max() > 0.5
    assert equal.expandos["count"].tolist() == made.expandos["count"].tolist()


def test_order_is_that_of_added_counts_and_min_count_is_of_them() -> None:
    rows = points(count=20)
    one = vectors(rows[:15], [f"w{row}" for row in range(15)], np.full(15, 3))
    other = vectors(rows[5:], [f"w{row}" for row in range(5, 20)], np.full(15, 2))
    made = merge([one, other])
    assert made.index_to_key == [f"w{row}" for row in (*range(5, 15), *range(5), *range(15, 20))]
    assert made.expandos["count"].tolist() == [5] * 10 + [3] * 5 + [2] * 5
    assert merge([one, other], min_count=3).index_to_key == made.index_to_key[:15]
    with pytest.raises(ValueError, match=r"no key occurs 6 times \(min_count\), the most frequent 5: lower min_count"):
        merge([one, other], min_count=6)


def test_without_counts_rows_take_turns() -> None:
    rows = points(count=20)
    one = vectors(rows[:15], [f"w{row}" for row in range(15)], np.full(15, 3))
    other = vectors(rows[::-1][:15], [f"w{row}" for row in range(19, 4, -1)])
    made = merge([one, other])
    assert made.index_to_key[:6] == ["w0", "w19", "w1", "w18", "w2", "w17"]
    assert "count" not in made.expandos
    with pytest.raises(ValueError, match="part 2: its keys have no counts, which min_count=2 needs"):
        merge([one, other], min_count=2)


@pytest.mark.parametrize("maps", ["orthogonal", "linear"])
def test_fewer_dimensions_are_put_among_more(maps: str) -> None:  # here of points that have no more
    true = points()
    flat = true.copy()
    flat[:, 4:] = 0
    small = vectors((flat @ np.eye(SIZE))[:, :4] @ turn(1, 4))
    for parts in ([small, vectors(flat @ turn(2))], [vectors(flat @ turn(2)), small]):
        made = merge(parts, maps=maps)
        assert made.vector_size == SIZE
        np.testing.assert_allclose(cosines(made.vectors), cosines(flat), atol=1e-3)


def test_a_chain_of_parts_is_joined() -> None:
    true = points()
    parts = [vectors(true[at : at + 80] @ turn(at), [f"w{row}" for row in range(at, at + 80)]) for at in (0, 60, 120)]
    made = merge([parts[0], parts[2], parts[1]])
    known, rows = in_true_order(made)
    np.testing.assert_allclose(cosines(rows), cosines(true[known]), atol=2e-4)


def test_parts_of_any_length_and_vectors_of_zeros() -> None:
    true = points()
    one, other = vectors(true * 1000, counts=np.full(COUNT, 5)), vectors(true @ turn(1), counts=np.full(COUNT, 5))
    other.vectors[3] = 0
    with pytest.warns(UserWarning, match="part 2: 1 keys, such as 'w3', have a vector of zeros"):
        made = merge([one, other])
    np.testing.assert_allclose(cosines(made.vectors), cosines(true), atol=1e-3)
    assert made.get_vecattr("w3", "count") == 10
    other.vectors[:] = 0
    with pytest.raises(ValueError, match="part 2: all of its vectors are zeros: it was not trained"):
        merge([one, other])


@pytest.mark.parametrize("ending", ["safetensors", "txt", "bin", "txt.gz", "npy"])
def test_files_in_any_format(ending: str, tmp_path: Path) -> None:
    true, parts = overlapping()
    paths = []
    for number, part in enumerate(parts):
        paths.append(tmp_path / f"{number}.{ending}")
        fastemb.save_vectors(part, paths[-1])
    made = merge(paths)
    known, rows = in_true_order(made)
    np.testing.assert_allclose(cosines(rows), cosines(true[known]), atol=1e-3)
    assert [part.name for part in made.parts] == list(map(str, paths))


@pytest.mark.parametrize("kind", ["float16", "int8", "pq"])
def test_quantised_vectors(kind: str) -> None:
    true = points(count=300)
    made = merge([vectors(true).quantize(kind), vectors(true @ turn(1))])  # type: ignore[arg-type]
    assert made.vectors.dtype == np.float32
    np.testing.assert_allclose(cosines(made.vectors), cosines(true), atol=0.2)


def test_models_of_any_kind_merge(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = [[f"w{(start + step) % 30}" for step in range(12)] for start in random.integers(0, 30, 300)]
    Word2Vec(lines, vector_size=8, min_count=1, epochs=2).save(str(tmp_path / "words.safetensors"))
    fastemb.FastText(lines, vector_size=8, min_count=1, bucket=50, epochs=2).save(str(tmp_path / "fast.safetensors"))
    fastemb.Item2Vec(vector_size=8, epochs=2).fit(lines).save(tmp_path / "items.safetensors")
    made = merge([tmp_path / f"{name}.safetensors" for name in ("words", "fast", "items")])
    assert len(made) == 30
    made.save(str(tmp_path / "all.safetensors"))
    np.testing.assert_array_equal(load_vectors(tmp_path / "all.safetensors").vectors, made.vectors)


def test_keys_of_integers() -> None:
    true = points()
    keys = range(1000, 1000 + COUNT)
    made = merge([vectors(true, keys), vectors(true @ turn(1), keys)])
    np.testing.assert_allclose(cosines(made.vectors), cosines(true), atol=1e-3)
    with pytest.raises(ValueError, match=r"shares 0 keys with .*keys such as 1000 and 'w0' are"):
        merge([vectors(true), vectors(true, keys)])


WORDS, OTHERS = vectors(points()), vectors(points())
UPPER = vectors(points(), [f"W{row}" for row in range(COUNT)])


@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        ([], {}, ValueError, "at least two parts, not 0"),
        ([WORDS], {}, ValueError, "at least two parts, not 1"),
        (WORDS, {}, TypeError, "parts must be a list of vectors or of files, at least two, not KeyedVectors"),
        ("a.safetensors", {}, TypeError, "parts must be a list"),
        (3, {}, TypeError, "parts must be a list"),
        ([WORDS, WORDS], {}, ValueError, "part 2 is the same as part 1, and given twice"),
        ([WORDS, 3], {}, TypeError, "part 2 must be KeyedVectors or a path, not int"),
        ([WORDS, "nowhere.safetensors"], {}, FileNotFoundError, "nowhere.safetensors"),
        ([WORDS, KeyedVectors(SIZE)], {}, ValueError, "part 2: there is no vector in it"),
        ([WORDS, UPPER], {}, ValueError, "part 2 shares 0 keys.*'W0'.*'w0'"),
        ([WORDS, vectors(points(count=5))], {}, ValueError, "part 2 shares 5 keys with part 1, too few.* 6 dimensions"),
        ([WORDS, vectors(np.full((COUNT, SIZE), np.nan))], {}, ValueError, "part 2: the vector of 'w0' holds NaN"),
        ([WORDS, OTHERS], {"maps": "ortogonal"}, ValueError, "maps must be .*did you mean 'orthogonal'"),
        ([WORDS, OTHERS], {"weights": "count"}, ValueError, "weights must be .*did you mean 'counts'"),
        ([WORDS, OTHERS], {"weights": [1, 2]}, ValueError, "weights must be"),
        ([WORDS, OTHERS], {"min_count": 0}, ValueError, "min_count must be at least 1"),
        ([WORDS, OTHERS], {"mincount": 2}, TypeError, "did you mean 'min_count'"),
    ],
)  # fmt: skip
def test_wrong_input(given: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        merge(given, **options)


def test_a_model_in_place_of_its_vectors() -> None:
    model = Word2Vec([["a", "b"]] * 50, vector_size=2, min_count=1, epochs=1, sample=0)
    with pytest.raises(TypeError, match="part 2 must be KeyedVectors or a path, not Word2Vec: give its attribute wv"):
        merge([WORDS, model])  # type: ignore[list-item]


def test_a_file_by_two_names(tmp_path: Path) -> None:
    WORDS.save(str(tmp_path / "a.safetensors"))
    (tmp_path / "b.safetensors").symlink_to(tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match=r"b\.safetensors is the same as .*a\.safetensors, and given twice"):
        merge([tmp_path / "a.safetensors", tmp_path / "b.safetensors"])


def test_the_name_is_there_in_both_places() -> None:
    assert fastemb.merge is fastemb.scale.merge
    assert "merge" in dir(fastemb.scale)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        fastemb.scale.nothing  # noqa: B018
