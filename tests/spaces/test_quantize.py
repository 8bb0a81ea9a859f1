"""Vectors in fewer bits: what they answer, what is lost, files, and what is refused."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors, save_vectors
from fastemb.cli import main
from fastemb.io.quantised import QuantisedRows
from fastemb.io.safetensors import read_tensors, write_tensors
from fastemb.spaces.product_quantiser import nearest_centroids

PRECISIONS = ("float16", "int8", "pq")
QUANTISED = ("int8", "pq")
TOLERANCE = {"float16": 1e-3, "int8": 2e-6, "pq": 2e-6}


def vectors(count: int = 600, size: int = 12, seed: int = 0) -> KeyedVectors:
    """Groups of ten vectors near each other, of several lengths."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.standard_normal((count // 10 + 1, size)), 10, axis=0)[:count]
    rows = (centres + 0.3 * rng.standard_normal((count, size))) * rng.uniform(0.5, 2, (count, 1))
    made = KeyedVectors(size)
    made.add_vectors([f"w{row}" for row in range(count)], rows.astype(np.float32))
    made.expandos["count"] = np.arange(count, 0, -1)
    return made


WV = vectors()
SMALL = {precision: WV.quantize(precision) for precision in PRECISIONS}  # type: ignore[arg-type]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_answers_are_those_of_the_unpacked_vectors(precision: str) -> None:
    small = SMALL[precision]
    plain, near = small.dequantize(), TOLERANCE[precision]
    assert plain.vectors.dtype == np.float32
    assert plain.index_to_key == small.index_to_key
    for metric in ("cosine", "dot"):
        for clip in (0, 7):
            asked: dict[str, Any] = {"metric": metric, "clip_start": clip}
            one, other = (wv.most_similar("w5", ["w9"], topn=3, **asked) for wv in (small, plain))
            assert [score for _, score in one] == pytest.approx([score for _, score in other], rel=near, abs=near)
            if precision != "float16":
                assert [key for key, _ in one] == [key for key, _ in other]
                rows, scores = small.most_similar_rows(["w1", "w2", "w3", "w4"], 5, **asked)
                expected = plain.most_similar_rows(["w1", "w2", "w3", "w4"], 5, **asked)
                np.testing.assert_array_equal(rows, expected[0])
                np.testing.assert_allclose(scores, expected[1], rtol=near, atol=near)
    np.testing.assert_array_equal(small["w3"], plain["w3"])
    np.testing.assert_array_equal(small[["w3", "w1"]], plain[["w3", "w1"]])
    np.testing.assert_array_equal(small[2:4], plain[2:4])
    asks: list[Callable[[KeyedVectors], Any]] = [
        lambda wv: wv.similarity("w1", "w2"),
        lambda wv: wv.distances("w1"),
        lambda wv: wv.most_similar("w1", topn=None),
        lambda wv: [score for _, score in wv.most_similar_cosmul(["w1", "w2"], ["w3"])],
        lambda wv: wv.get_normed_vectors(),
        lambda wv: wv.most_similar("w1", where=["w2", "w300"])[0][1],
        lambda wv: wv.get_mean_vector(["w1", "w2"]),
    ]
    for ask in asks:
        np.testing.assert_allclose(ask(small), ask(plain), rtol=2 * near, atol=2 * near)
    assert small.rank("w1", "w2") == plain.rank("w1", "w2")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_quantised_vectors_are_asked_with(precision: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = SMALL[precision]
    expected = WV.most_similar_batch(small.dequantize().vectors[:20], 3)
    assert WV.most_similar_batch(small.vectors[:20], 3) == expected
    small.save(tmp_path / "small")
    WV.save(tmp_path / "all")
    assert main(["nearest", str(tmp_path / "all"), str(tmp_path / "small"), "-n", "3", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [[near["word"] for near in line["neighbours"]] for line in lines[:20]] == [
        [key for key, _ in found] for found in expected
    ]


def test_int8_is_off_by_half_a_step_at_most() -> None:
    steps = np.abs(WV.vectors).max(axis=1, keepdims=True) / 127
    assert (np.abs(SMALL["int8"].dequantize().vectors - WV.vectors) <= 0.5001 * steps).all()


def test_few_different_vectors_are_kept_by_centroids() -> None:
    rows = np.random.default_rng(1).integers(-2, 3, (400, 6)).astype(np.float32)
    made = KeyedVectors(6)
    made.add_vectors(list(range(400)), rows)
    np.testing.assert_allclose(made.quantize("pq", norms=False).dequantize().vectors, rows, atol=1e-6)


def test_more_bytes_keep_more() -> None:
    lost = [WV.quantization_loss(WV.quantize("pq", subvectors=parts)) for parts in (2, 4, 12)]
    assert lost[0].mean_cosine < lost[1].mean_cosine < lost[2].mean_cosine
    assert lost[0].neighbours_kept < lost[2].neighbours_kept


@pytest.mark.parametrize("precision", PRECISIONS)
def test_loss(precision: str) -> None:
    loss = WV.quantization_loss(SMALL[precision], keys=100, k=5)
    plain = SMALL[precision].dequantize()
    chosen = [key for key in WV if key in WV][:600]
    near = [[{key for key, _ in one} for one in wv.most_similar_batch(chosen, 5)] for wv in (WV, plain)]
    kept = sum(len(a & b) for a, b in zip(*near, strict=True)) / (5 * 600)
    assert loss.neighbours_kept == pytest.approx(kept, abs=0.1)
    assert (loss.precision, loss.k, loss.keys, loss.bytes_before) == (precision, 5, 100, 600 * 12 * 4)
    assert 0.9 < loss.mean_cosine <= 1.0
    assert "recall@5" in str(loss)
    assert precision in str(loss)
    if precision == "int8":
        assert loss.bytes_after == 600 * 12 + 600 * 4
    same = WV.quantization_loss(WV)
    assert (same.neighbours_kept, same.mean_cosine) == (1.0, pytest.approx(1.0))


def test_threads_and_seeds() -> None:
    one, two, other = (WV.quantize("pq", workers=w, seed=s).dequantize().vectors for w, s in ((1, 1), (3, 1), (1, 2)))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
    sampled = WV.quantize("pq", sample=300, seed=3)
    assert WV.quantization_loss(sampled).mean_cosine > 0.9


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("mmap", [None, "r", "c"])
def test_files(precision: str, mmap: str | None, tmp_path: Path) -> None:
    small, path = SMALL[precision], tmp_path / "small.safetensors"
    small.save(path)
    read = KeyedVectors.load(path, mmap=mmap)
    assert read.most_similar("w1") == small.most_similar("w1")
    assert read.index_to_key == WV.index_to_key
    np.testing.assert_array_equal(read.expandos["count"], WV.expandos["count"])
    assert type(read.vectors) is type(small.vectors)
    for name in ("vectors.txt", "vectors.bin", "vectors.npy", "vectors.npz"):
        save_vectors(read, tmp_path / name)
        np.testing.assert_allclose(load_vectors(tmp_path / name).vectors, small.dequantize().vectors, rtol=1e-6)


@pytest.mark.parametrize("precision", QUANTISED)
def test_copies(precision: str) -> None:
    small = SMALL[precision]
    small_too = [copy.copy(small), copy.deepcopy(small), pickle.loads(pickle.dumps(small))]
    for one in small_too:
        assert one.most_similar("w1") == small.most_similar("w1")
    backwards = copy.deepcopy(small)
    backwards.expandos["count"] = np.arange(600)
    backwards.sort_by_descending_frequency()
    assert isinstance(backwards.vectors, QuantisedRows)
    assert backwards.index_to_key[0] == "w599"
    np.testing.assert_array_equal(backwards["w7"], small["w7"])


def test_attributes_of_ones_own_stay() -> None:
    wv = vectors()
    wv.language = "en"  # type: ignore[attr-defined]
    assert wv.quantize().language == "en"  # type: ignore[attr-defined]
    assert wv.quantize().dequantize().language == "en"  # type: ignore[attr-defined]


@pytest.mark.parametrize("precision", QUANTISED)
def test_rows_stand_in_for_an_array(precision: str) -> None:
    rows: Any = SMALL[precision].vectors
    plain = np.asarray(rows)
    assert (rows.shape, rows.dtype, len(rows)) == (plain.shape, plain.dtype, len(plain))
    mask = np.arange(600) % 7 == 0
    for index in (3, -1, [1, 2], np.array([5, 5]), mask, (2, 3), (slice(2, 5), slice(0, 2)), (slice(4), 1), [], ...):
        np.testing.assert_array_equal(rows[index], plain[index])
    for part in (slice(3, 9), slice(None, None, 5), slice(None, None, -1)):
        np.testing.assert_array_equal(np.asarray(rows[part]), plain[part])
        assert isinstance(rows[part], QuantisedRows)
    np.testing.assert_allclose(rows @ plain[0], plain @ plain[0], rtol=1e-5, atol=1e-5)
    with pytest.raises(IndexError):
        rows[600]
    with pytest.raises(TypeError, match=r"dequantize\(\)"):
        rows[0] = 1
    with pytest.raises(AttributeError, match=r"'T'.*dequantize\(\)"):
        _ = rows.T
    backwards = SMALL[precision].dequantize()
    backwards.vectors = rows[::-1]
    assert backwards.most_similar_rows(["w0", "w1", "w2"], 2)[1].shape == (3, 2)


@pytest.mark.parametrize("precision", QUANTISED)
@pytest.mark.parametrize(
    "change",
    [
        lambda wv: wv.add_vector("new", np.ones(12)),
        lambda wv: wv.add_vectors(["w1"], np.ones((1, 12)), replace=True),
        lambda wv: wv.__setitem__("w1", np.ones(12)),
        lambda wv: wv.unit_normalize_all(),
        lambda wv: wv.quantize("int8"),
    ],
)
def test_what_changes_vectors_is_refused_until_they_are_unpacked(change: Callable[[Any], Any], precision: str) -> None:
    small = SMALL[precision]
    before = small.dequantize().vectors
    with pytest.raises(ValueError, match=r"dequantize\(\)"):
        change(small)
    np.testing.assert_array_equal(small.dequantize().vectors, before)
    change(small.dequantize())


@pytest.mark.parametrize("scale", [1e-40, 1e-30, 1e-8, 1.0, 1e8, 1e14])
@pytest.mark.parametrize("precision", QUANTISED)
def test_any_magnitude(precision: Any, scale: float) -> None:
    wv = vectors()
    wv.vectors = (wv.vectors * np.float64(scale)).astype(np.float32)
    loss = wv.quantization_loss(wv.quantize(precision))
    assert loss.mean_cosine > (0.9 if scale > 1e-39 else 0.5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_zeros_and_equal_vectors(precision: Any) -> None:
    wv = KeyedVectors(4)
    wv.add_vectors(list(range(300)), np.zeros((300, 4)))
    assert not wv.quantize(precision).dequantize().vectors.any()
    assert wv.quantization_loss(wv.quantize(precision)).mean_cosine == 1.0
    wv.vectors[:] = [1, -2, 3, 4]
    np.testing.assert_allclose(wv.quantize(precision).dequantize().vectors, wv.vectors, rtol=0.02)
    wv.vectors[5] = 0
    np.testing.assert_allclose(wv.quantize(precision).dequantize().vectors[5], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "int4"}, "precision must be one of 'float16', 'int8', 'pq', not 'int4'"),
        ({"precision": "int8", "subvectors": 4}, "subvectors= is for precision='pq'"),
        (
            {"precision": "pq", "subvectors": 5},
            "12 dimensions cannot be cut into 5 .*: give subvectors=2 or 3",
        ),
        ({"precision": "pq", "subvectors": 0}, "subvectors must be at least 1"),
        ({"precision": "pq", "subvectors": 24}, "12 dimensions cannot be cut into 24"),
        ({"precision": "pq", "sample": 10}, "sample must be at least 256"),
        ({"precision": "pq", "seed": -1}, "seed must be at least 0"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WV.quantize(**options)


def test_a_misspelt_argument_is_named() -> None:
    with pytest.raises(TypeError, match="subvectors"):
        WV.quantize("pq", subvector=4)  # type: ignore[call-arg]


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_vectors_that_are_not_finite(precision: Any, wrong: float) -> None:
    wv = vectors()
    wv.vectors[7, 3] = wrong
    with pytest.raises(ValueError, match="the vector of 'w7' holds NaN or infinity"):
        wv.quantize(precision)


@pytest.mark.parametrize(("precision", "value"), [("float16", 1e6), ("int8", 1e300), ("pq", 1e39)])
def test_numbers_that_are_too_large(precision: Any, value: float) -> None:
    wv = vectors()
    wv.vectors = wv.vectors.astype(np.float64)
    wv.vectors[7, 3] = value
    with pytest.raises(ValueError, match=f"{precision} cannot hold the vector of 'w7'"):
        wv.quantize(precision)


def test_few_vectors() -> None:
    with pytest.raises(ValueError, match=r"needs 256 vectors at least.*there are 100: use 'int8'"):
        vectors(100).quantize("pq")
    vectors(100).quantize("int8")
    with pytest.raises(ValueError, match="no vectors to quantise"):
        KeyedVectors(3).quantize()
    with pytest.raises(ValueError, match="other keys or dimensions"):
        WV.quantization_loss(vectors(100))
    with pytest.raises(TypeError, match="quantized must be KeyedVectors"):
        WV.quantization_loss(WV.vectors)  # type: ignore[arg-type]


@pytest.mark.parametrize("precision", QUANTISED)
def test_damaged_files(precision: str, tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    SMALL[precision].save(path)
    tensors, metadata = read_tensors(path)
    for name in [name for name in tensors if name.startswith("vectors")]:
        for changed in (None, tensors[name][:-1], tensors[name].astype(np.float64)):
            others = {other: array for other, array in tensors.items() if other != name}
            write_tensors(path, others if changed is None else {**others, name: changed}, metadata)
            with pytest.raises(ValueError, match=r"small.safetensors: .*damaged"):
                KeyedVectors.load(path)
    write_tensors(path, tensors, {**metadata, "precision": "int2"})
    with pytest.raises(ValueError, match=r"unknown here: 'int2'.*newer"):
        KeyedVectors.load(path)


@pytest.mark.parametrize("dtype", QUANTISED)
def test_save_vectors_names_the_way(dtype: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="quantize"):
        save_vectors(WV, tmp_path / "small.safetensors", dtype=dtype)


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_nearest_centroids(width: int) -> None:
    rng = np.random.default_rng(width)
    rows, centroids = (rng.standard_normal((count, width)).astype(np.float32) for count in (500, 256))
    codes = np.empty(500, np.uint8)
    nearest_centroids(rows, centroids, codes)
    distances = ((rows[:, np.newaxis].astype(np.float64) - centroids) ** 2).sum(axis=2)
    np.testing.assert_allclose(distances[np.arange(500), codes], distances.min(axis=1), atol=1e-5)


@pytest.mark.parametrize("name", ["half.safetensors", "half.npy", "half.parquet"])
def test_convert_to_float16_says_what_is_lost(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if "parquet" in name:
        pytest.importorskip("pyarrow")
    source, half = str(tmp_path / "x.safetensors"), str(tmp_path / name)
    WV.save(source)
    assert main(["convert", source, half, "--dtype", "float16", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    expected = WV.quantization_loss(WV.quantize("float16"))
    assert told["loss"] == expected.as_dict()
    assert told["lost"]["precision"] == "float32 to float16"
    assert main(["convert", source, half, "--dtype", "float16"]) == 0
    assert str(expected) in capsys.readouterr().err
    assert main(["convert", half, str(tmp_path / "again.npy"), "--dtype", "float16", "--json"]) == 0
    assert "loss" not in json.loads(capsys.readouterr().out)  # nothing is lost


@pytest.mark.parametrize("dtype", QUANTISED)
def test_convert(dtype: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, small, text = (str(tmp_path / name) for name in ("a.safetensors", "b.safetensors", "c.txt"))
    WV.save(source)
    assert main(["convert", source, small, "--dtype", dtype, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["dtype"] == told["loss"]["precision"] == dtype
    assert main(["convert", source, small, "--dtype", dtype]) == 0
    assert f"{dtype}: 0.0 MB became 0.0 MB" in "".join(capsys.readouterr())
    assert main(["info", small, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dtype"] == dtype
    assert main(["convert", small, text]) == 0
    np.testing.assert_allclose(load_vectors(text).vectors, KeyedVectors.load(small).dequantize().vectors, rtol=1e-6)
    capsys.readouterr()
    assert main(["convert", source, text, "--dtype", dtype]) != 0
    assert "fastemb's own format" in capsys.readouterr().err


def test_subvectors_are_for_pq(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = str(tmp_path / "a.safetensors")
    WV.save(source)
    assert main(["convert", source, str(tmp_path / "b.safetensors"), "--dtype", "int8", "--subvectors", "4"]) != 0
    assert "--subvectors is for --dtype pq" in capsys.readouterr().err
    assert main(["convert", source, str(tmp_path / "b.safetensors"), "--dtype", "pq", "--subvectors", "4"]) == 0
