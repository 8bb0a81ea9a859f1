"""Vectors of one number, the row that an error names, and rows of quantised vectors chosen in every way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb
from fastemb import Corpus, KeyedVectors
from fastemb.io.formats import FORMATS
from fastemb.phrases import Phrases


def vectors(size: int) -> KeyedVectors:
    made = KeyedVectors(size)
    made.add_vectors(["king", "queen", "man"], np.arange(1, 3 * size + 1, dtype=np.float32).reshape(3, size) / 7)
    return made


@pytest.mark.parametrize("option", [known.ABOUT.option for known in FORMATS])
def test_vectors_of_one_number(option: str, tmp_path: Path) -> None:
    made = vectors(1)
    fastemb.save_vectors(made, tmp_path / "x", format=option)
    words = {"words": made.index_to_key} if option == "npy" else {}
    found = fastemb.load_vectors(tmp_path / "x", format=option, **words)
    assert list(found.index_to_key) == made.index_to_key
    assert np.allclose(found.vectors, made.vectors, rtol=1e-5)


@pytest.mark.parametrize("row", range(3))
def test_the_vector_that_float16_cannot_hold_is_named(row: int, tmp_path: Path) -> None:
    made = vectors(2)
    changed = made.vectors.copy()
    changed[row, 1] = 1e6
    made = KeyedVectors.from_dict(dict(zip(made.index_to_key, changed, strict=True)))
    with pytest.raises(ValueError, match=f"float16 cannot hold the vector of '{made.index_to_key[row]}'"):
        fastemb.save_vectors(made, tmp_path / "x", dtype="float16")


@pytest.mark.parametrize(
    "chosen",
    [1, -1, [0, 2], [], (slice(0, 2),), (slice(1, 3), 1), slice(None), np.array([2, 0]), np.array([True, False, True])],
    ids=str,
)
def test_rows_of_quantised_vectors(chosen: object) -> None:
    rows = vectors(4).quantize("int8").vectors
    whole = np.asarray(rows)
    assert np.array_equal(rows[chosen], whole[chosen])  # type: ignore[index]
    assert np.asarray(rows, np.float64).dtype == np.float64
    assert np.array_equal(np.asarray(rows, np.float64), whole.astype(np.float64))


@pytest.mark.parametrize("given", [list, Corpus.from_sentences], ids=["list", "corpus"])
def test_a_first_sentence_of_one_word_is_kept(given: Callable[[list[list[str]]], Any]) -> None:
    sentences = [["york"], ["new", "york", "is"], ["new", "york"]] * 5
    joined = list(Phrases(sentences, min_count=1, threshold=0.1)[given(sentences)])
    assert [list(sentence) for sentence in joined[:3]] == [["york"], ["new_york", "is"], ["new_york"]]


@pytest.mark.parametrize("end", ["", " ", "\t \r"])
@pytest.mark.parametrize("rows_before", range(4))
def test_keys_with_spaces_and_numbers_that_take_the_exact_way(rows_before: int, end: str, tmp_path: Path) -> None:
    lines = [f"key-{k} {k} 0.5 1e-60" for k in range(rows_before)]
    lines += [f"new york 1e-60 2 3{end}", f"a b c 4 1e-60 6{end}", f"last 7 8 1e-60{end}"]
    (tmp_path / "x").write_text("\n".join(lines) + "\n", newline="")
    found = fastemb.load_vectors(tmp_path / "x", format="glove")
    assert list(found.index_to_key)[rows_before:] == ["new york", "a b c", "last"]
    assert found.vectors[rows_before:].tolist() == [[0, 2, 3], [4, 0, 6], [7, 8, 0]]
