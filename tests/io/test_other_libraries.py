"""NumPy, pyarrow and pandas read what is written here, and their files are read here: the same keys and numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors, save_vectors

KEYS = ["cat", "new york", "東京", "🙂"]
ROWS = np.array([[1, 2.5, -3], [0.1, 1e-20, 7], [1e10, 0, -0.0], [3, 1 / 3, 5]], np.float32)
COUNTS = [9, 7, 4, 1]


@pytest.fixture
def vectors() -> KeyedVectors:
    return KeyedVectors._from_arrays(KEYS, ROWS, np.array(COUNTS))


def check(found: KeyedVectors, counts: bool = False) -> None:
    assert found.index_to_key == KEYS
    assert found.vectors.tobytes() == ROWS.tobytes()
    assert found.vectors.dtype == np.float32
    if counts:
        assert found.expandos["count"].tolist() == COUNTS


def test_numpy_arrays(vectors: KeyedVectors, tmp_path: Path) -> None:
    save_vectors(vectors, tmp_path / "x.npy")
    assert np.load(tmp_path / "x.npy", allow_pickle=False).tobytes() == ROWS.tobytes()
    assert (tmp_path / "x.words.txt").read_text(encoding="utf-8").splitlines() == KEYS
    np.save(tmp_path / "theirs.npy", ROWS)
    check(load_vectors(tmp_path / "theirs.npy", words=KEYS))


def test_numpy_archives(vectors: KeyedVectors, tmp_path: Path) -> None:
    save_vectors(vectors, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as archive:
        assert archive["vectors"].tobytes() == ROWS.tobytes()
        assert archive["keys"].tolist() == KEYS
        assert archive["count"].tolist() == COUNTS
    np.savez_compressed(tmp_path / "theirs.npz", vectors=ROWS, keys=np.array(KEYS), count=np.array(COUNTS))
    check(load_vectors(tmp_path / "theirs.npz"), counts=True)


def test_files_of_pyarrow(vectors: KeyedVectors, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    feather = pytest.importorskip("pyarrow.feather")
    parquet = pytest.importorskip("pyarrow.parquet")
    column = pa.FixedSizeListArray.from_arrays(pa.array(ROWS.ravel()), ROWS.shape[1])
    table = pa.table({"key": KEYS, "vector": column, "count": COUNTS})
    for ending, read, write in (
        (".arrow", feather.read_table, feather.write_feather),
        (".parquet", parquet.read_table, parquet.write_table),
    ):
        save_vectors(vectors, tmp_path / f"ours{ending}")
        found = read(tmp_path / f"ours{ending}")
        assert found["key"].to_pylist() == KEYS
        assert found["count"].to_pylist() == COUNTS
        assert np.array(found["vector"].to_pylist(), np.float32).tobytes() == ROWS.tobytes()
        write(table, str(tmp_path / f"theirs{ending}"))
        check(load_vectors(tmp_path / f"theirs{ending}"), counts=True)


def test_files_of_pandas(vectors: KeyedVectors, tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    frame: Any = pd.DataFrame({"key": KEYS, "vector": list(ROWS), "count": COUNTS})
    save_vectors(vectors, tmp_path / "ours.parquet")
    save_vectors(vectors, tmp_path / "ours.jsonl")
    for found in (
        pd.read_parquet(tmp_path / "ours.parquet"),
        pd.read_json(tmp_path / "ours.jsonl", lines=True, dtype=False),
    ):
        assert found["key"].tolist() == KEYS
        assert found["count"].tolist() == COUNTS
        assert np.array(found["vector"].tolist(), np.float32).tobytes() == ROWS.tobytes()
    frame.to_parquet(tmp_path / "theirs.parquet")
    check(load_vectors(tmp_path / "theirs.parquet"), counts=True)
    frame.to_json(tmp_path / "theirs.jsonl", orient="records", lines=True, double_precision=15)
    found = load_vectors(tmp_path / "theirs.jsonl")
    assert found.index_to_key == KEYS
    assert found.vectors == pytest.approx(ROWS, rel=1e-6, abs=1e-14)  # to_json writes 15 places after the point


def test_files_of_the_projector(vectors: KeyedVectors, tmp_path: Path) -> None:
    """TensorFlow's projector takes numbers with tabs between them, and a column of metadata without a heading."""
    pd = pytest.importorskip("pandas")
    keys = KeyedVectors._from_arrays(KEYS, ROWS)
    save_vectors(keys, tmp_path / "ours", format="projector")
    numbers = pd.read_csv(tmp_path / "ours" / "vectors.tsv", sep="\t", header=None, dtype=np.float32)
    assert np.ascontiguousarray(numbers.to_numpy()).tobytes() == ROWS.tobytes()
    assert (tmp_path / "ours" / "metadata.tsv").read_text(encoding="utf-8").splitlines() == KEYS
    config = (tmp_path / "ours" / "projector_config.pbtxt").read_text(encoding="utf-8")
    assert config == 'embeddings {\n  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n}\n'
    np.savetxt(tmp_path / "vectors.tsv", ROWS, delimiter="\t", fmt="%.9g")
    (tmp_path / "metadata.tsv").write_text("".join(f"{key}\n" for key in KEYS), encoding="utf-8")
    check(load_vectors(tmp_path / "vectors.tsv"))
    save_vectors(vectors, tmp_path / "counts", format="projector")
    assert pd.read_csv(tmp_path / "counts" / "metadata.tsv", sep="\t")["count"].tolist() == COUNTS


def test_lines_that_jsons_own_module_reads(vectors: KeyedVectors, tmp_path: Path) -> None:
    save_vectors(vectors, tmp_path / "x.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["key"] for line in lines] == KEYS
    assert np.array([line["vector"] for line in lines], np.float32).tobytes() == ROWS.tobytes()


@pytest.mark.parametrize("ending", ["safetensors", "npy", "npz", "arrow", "parquet", "jsonl"])
def test_numbers_whose_bytes_are_in_another_order(ending: str, vectors: KeyedVectors, tmp_path: Path) -> None:
    if ending in ("arrow", "parquet"):
        pytest.importorskip("pyarrow")
    vectors.vectors = ROWS.astype(ROWS.dtype.newbyteorder("S"))  # swapped
    vectors.expandos["count"] = np.array(COUNTS).astype(np.dtype(np.int64).newbyteorder("S"))
    save_vectors(vectors, tmp_path / f"x.{ending}")
    check(load_vectors(tmp_path / f"x.{ending}"))
