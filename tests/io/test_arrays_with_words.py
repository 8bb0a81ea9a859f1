"""Arrays that NumPy and other programs saved, as vectors with a list of words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors
from fastemb.io import write_tensors

ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize("rows", [ROWS, ROWS.astype(">f8"), ROWS.astype(np.float16), np.asfortranarray(ROWS)])
def test_an_array_of_numpy(rows: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", rows)
    (tmp_path / "words").write_bytes("café\ntea\n".encode("latin-1"))
    for words, encoding in ((["café", "tea"], None), (tmp_path / "words", "latin-1")):
        found = load_vectors(tmp_path / "a.npy", words=words, encoding=encoding)
        assert found.index_to_key == ["café", "tea"]
        assert found.vectors.tolist() == ROWS.tolist()
        assert found.vectors.dtype == rows.dtype.newbyteorder("=")
        found.vectors[0] = 1  # no map of the file
    assert np.load(tmp_path / "a.npy").tolist() == ROWS.tolist()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.arange(6).reshape(2, 3), r"vectors are a matrix of float16, float32 or float64; this is int64 \[2, 3\]"),
        (ROWS[0], r"this is float32 \[3\]"),
        (np.array([{}], object), "holds no numbers"),
        (ROWS[:1], "2 words for the 1 rows in"),
    ],
)
def test_arrays_of_numpy_that_are_no_vectors(rows: Any, message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", rows)
    with pytest.raises(ValueError, match=message):
        load_vectors(tmp_path / "a.npy", words=["a", "b"])


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (None, "is missing"),
        (np.nan, "is missing"),
        (1.5, "is the float 1.5: keys must be str or int"),
        (b"x", "is the bytes b'x'"),
        (2**63, ".*must fit in 64 bits"),
        (True, "is the bool"),
    ],
)
def test_words_that_no_file_can_hold_are_refused(word: Any, message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", ROWS)
    with pytest.raises(ValueError, match=r"words\[1\] " + message):
        load_vectors(tmp_path / "a.npy", words=["a", word])
    assert load_vectors(tmp_path / "a.npy", words=["a", str(word)]).index_to_key == ["a", str(word)]


@pytest.mark.parametrize("size", [0, 5, 7, 60, 100, 150])
def test_an_array_of_numpy_that_is_cut_off(size: int, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", ROWS)
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:size])
    with pytest.raises(ValueError, match=r"a\.npy: "):
        load_vectors(tmp_path / "a.npy", words=["a", "b"])


@pytest.mark.parametrize("options", [{"encoding": "latin-1"}, {"unicode_errors": "replace"}])
def test_options_of_text_are_refused_elsewhere(options: dict[str, Any], tmp_path: Path) -> None:
    made = KeyedVectors(3)
    made.add_vectors(["a", "b"], ROWS)
    made.save(tmp_path / "own")
    with pytest.raises(ValueError, match="whose keys are UTF-8: leave encoding= and unicode_errors= out"):
        load_vectors(tmp_path / "own", **options)
    assert load_vectors(tmp_path / "own")["b"].tolist() == [3, 4, 5]


def test_an_array_without_its_name(tmp_path: Path) -> None:
    write_tensors(tmp_path / "a", {"emb": ROWS}, {})
    with pytest.raises(ValueError, match="with key="):
        load_vectors(tmp_path / "a", words=["a", "b"])
    assert load_vectors(tmp_path / "a", key="emb", words=["a", "b"])["b"].tolist() == [3, 4, 5]
    with pytest.raises(ValueError, match="unicode_errors= is for files in word2vec's formats"):
        load_vectors(tmp_path / "a", key="emb", words=["a", "b"], unicode_errors="replace")
