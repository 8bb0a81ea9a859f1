"""Which rows of fastText's matrices make a word, and what is written of words and counts."""

from __future__ import annotations

import struct
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.io.formats import VectorTable, fasttext_matrix, fasttext_model
from fastemb.io.formats.fasttext_matrix import QuantisedMatrix
from fastemb.io.formats.fasttext_model import (
    Whole,
    in_pieces,
    kept_rows,
    read_whole,
    stored_rows,
    word_rows,
    word_vectors,
    write_whole,
)
from fastemb.io.formats.fasttext_parts import SUPERVISED, Arguments, Dictionary
from fastemb.io.formats.fasttext_subwords import subword_rows


def kept(*pairs: tuple[int, int]) -> Any:
    return np.array(pairs, np.int32).reshape(-1, 2)


@pytest.mark.parametrize(
    ("pairs", "bucket", "is_one"),
    [
        ([], 0, True),
        ([(0, 0)], 1, True),
        ([(4, 1), (0, 0)], 5, True),
        ([(4, 1), (0, 0)], 4, False),
        ([(-1, 0)], 5, False),
        ([(3, 0), (3, 1)], 5, False),
        ([(3, 0), (4, 0)], 5, False),
        ([(3, 1), (4, 2)], 5, False),
        ([(3, -1), (4, 0)], 5, False),
    ],
)
def test_ngrams_that_are_kept_are_numbered_from_0_on(pairs: list[tuple[int, int]], bucket: int, is_one: bool) -> None:
    assert fasttext_model._is_numbering(kept(*pairs), bucket) is is_one


def test_rows_of_ngrams_that_are_kept() -> None:
    numbers = np.array([0, 3, 9, 4, 3])
    assert kept_rows(numbers, None).tolist() == [0, 3, 9, 4, 3]
    assert kept_rows(numbers, kept()).tolist() == [-1] * 5
    assert kept_rows(numbers, kept((4, 0), (3, 2), (0, 1))).tolist() == [1, 2, -1, 0, 2]
    assert kept_rows(numbers, kept((5, 0))).tolist() == [-1] * 5


def whole(pruned: Any = None, bucket: int = 7, **changes: Any) -> Whole:
    dictionary = replace(Dictionary.of([b"ab", b"cde", b"</s>"], 3, np.ones(3, np.int64), 3), pruned=pruned)
    arguments = Arguments(2, minn=2, maxn=3, bucket=bucket, **changes)
    count = 3 + (bucket if pruned is None else len(pruned))
    return Whole(arguments, dictionary, np.random.default_rng(2).normal(size=(count, 2)).astype(np.float32), None)


def test_a_word_has_its_own_row_and_then_those_of_its_ngrams() -> None:
    model = whole()
    words = model.dictionary.names
    numbers, offsets = subword_rows(words, 2, 3, 7)
    assert np.diff(offsets).tolist() == [3 + 2, 4 + 3, 0]
    rows, ends = word_rows(words[1:], 1, model)
    assert ends.tolist() == [0, 8, 9]
    assert rows.tolist() == [1, *(3 + number for number in numbers[offsets[1] : offsets[2]]), 2]
    ngrams = numbers[offsets[0] : offsets[1]].tolist()
    some = sorted(set(ngrams))[1:]
    pruned = kept(*((bucket, row) for row, bucket in enumerate(some)))
    rows, ends = word_rows(words[:1], 0, whole(pruned))
    assert rows.tolist() == [0, *(3 + some.index(number) for number in ngrams if number in some)]
    assert ends.tolist() == [0, len(rows)]


@pytest.mark.parametrize("part", [1, 2, 1 << 14])
def test_vectors_of_words_are_means(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasttext_model, "_PART", part)
    model = whole()
    assert isinstance(model.inputs, np.ndarray)
    expected = []
    for row, word in enumerate(model.dictionary.names):
        rows, _ = word_rows([word], row, model)
        expected.append(model.inputs[rows].astype(np.float64).mean(axis=0))
    np.testing.assert_allclose(word_vectors(model), expected, rtol=1e-5, atol=1e-6)
    without = replace(model, arguments=replace(model.arguments, maxn=0))
    assert word_vectors(without).tolist() == model.inputs[:3].tolist()
    moved = np.frombuffer(b"x" + model.inputs.tobytes(), np.uint8)[1:].view(np.float32).reshape(-1, 2)
    np.testing.assert_allclose(word_vectors(replace(model, inputs=moved)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("values", [1, 3, 1 << 20])
def test_codes_become_rows(values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasttext_matrix, "_PART_VALUES", values)
    codes = np.random.default_rng(2).integers(0, 256, (5, 2)).astype(np.uint8)
    made = QuantisedMatrix(codes, np.random.default_rng(2).normal(size=256 * 3).astype(np.float32), 3, 2)
    first, last = made.centroids[:512].reshape(256, 2), made.centroids[512:].reshape(256, 1)
    expected = [[*first[one].tolist(), *last[two].tolist()] for one, two in codes]
    assert made.unpacked().tolist() == expected
    assert made.rows(np.array([4, 0])).tolist() == [expected[4], expected[0]]
    assert (made.shape, len(made), made.nbytes) == ((5, 3), 5, 10 + 4 * 768)
    for matrix in (made, made.unpacked()):
        out = np.empty((2, 3), np.float32)
        stored_rows(matrix).means("base", np.array([1, 4, 0], np.int32), np.array([0, 1, 3]), out)
        mean = (np.array(expected[4]) + expected[0]) / 2
        np.testing.assert_allclose(out, [expected[1], mean], rtol=1e-6)


# ---- shapes that fit ----


def written(path: Path, rows: int, **changes: Any) -> Path:
    arguments = Arguments(2, **{"bucket": 4, "minn": 2, "maxn": 3} | changes)
    dictionary = Dictionary.of([b"ab"], 1, np.array([5]), 5)
    inputs = np.zeros((rows, 2), np.float32)
    write_whole(path, arguments, dictionary, inputs, np.zeros((1, 2), np.float32))
    return path


def test_rows_that_words_and_ngrams_ask_for(tmp_path: Path) -> None:
    assert read_whole(written(tmp_path / "x", 5)).inputs.shape == (5, 2)
    for rows in (4, 6):
        message = rf"an input matrix of shape \({rows}, 2\), where 1 words, 4 rows for n-grams and 2 dimensions are exp"
        with pytest.raises(ValueError, match=message):
            read_whole(written(tmp_path / "x", rows))
    for changes in ({"maxn": 3}, {"minn": 0, "maxn": 1}, {"minn": 0, "maxn": 0, "model": SUPERVISED, "word_ngrams": 2}):
        with pytest.raises(ValueError, match="there are n-grams, but no rows for them"):
            read_whole(written(tmp_path / "x", 1, bucket=0, **changes))
    for changes in (
        {"word_ngrams": 2},
        {"model": SUPERVISED, "word_ngrams": 1},
        {"model": SUPERVISED, "word_ngrams": 0},
    ):
        found = read_whole(written(tmp_path / "x", 1, bucket=0, minn=0, maxn=0, **changes))
        assert found.inputs.shape == (1, 2)


def test_the_output_matrix_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "x", 5)
    outputs = read_whole(path).outputs
    assert outputs is not None
    assert outputs.shape == (1, 2)
    assert read_whole(path, outputs=False).outputs is None
    assert not read_whole(path).is_quantised
    for mmap in (False, True):
        assert read_whole(path, mmap=mmap).inputs.tolist() == np.zeros((5, 2)).tolist()  # type: ignore[union-attr]
    path.write_bytes(path.read_bytes() + b"x")
    for asked in (False, True):
        with pytest.raises(ValueError, match="the file goes on after the last matrix"):
            read_whole(path, outputs=asked)


# ---- writing ----


@pytest.mark.parametrize("part", [1, 2, 1 << 14])
def test_a_model_that_is_written(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasttext_model, "_PART", part)
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    counts = np.array([0, 7, 2**40])
    fasttext_model.write(tmp_path / "x", VectorTable(["a", "b", "c"], vectors, {"count": counts}))
    names = b"".join(name + struct.pack("<bqb", 0, count, 0) for name, count in ((b"c", 2**40), (b"b", 7), (b"a", 1)))
    start = struct.pack("<2i", 793712314, 12) + struct.pack("<12id", *astuple(Arguments(2)))
    start += struct.pack("<3i2q", 3, 3, 0, 2**40 + 8, -1)
    matrix = b"\0" + struct.pack("<2q", 3, 2)
    expected = start + names + matrix + vectors[::-1].astype("<f4").tobytes() + matrix + bytes(24)
    assert (tmp_path / "x").read_bytes() == expected


def test_counts_that_are_not_there_are_1(tmp_path: Path) -> None:
    fasttext_model.write(tmp_path / "x", VectorTable(["b", "a"], np.eye(2, dtype=np.float32)))
    found = read_whole(tmp_path / "x").dictionary
    assert (found.names, found.counts.tolist(), found.tokens) == ([b"b", b"a"], [1, 1], 2)
    largest = {"count": np.array([2**63], np.uint64)}
    fasttext_model.write(tmp_path / "x", VectorTable(["a"], np.ones((1, 2), np.float32), largest))
    assert read_whole(tmp_path / "x").dictionary.counts.tolist() == [2**63 - 1]
    for count, tokens in ((2**62 + 1, 2**63 - 1), (2**61 + 5, 2**62 + 10), (2**32 - 1, 2**33 - 2)):
        counts = {"count": np.array([count, count])}
        fasttext_model.write(tmp_path / "x", VectorTable(["a", "b"], np.ones((2, 2), np.float32), counts))
        assert read_whole(tmp_path / "x").dictionary.tokens == tokens


@pytest.mark.parametrize("part", [1, 2, 3, 10])
def test_rows_in_pieces(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasttext_model, "_PART", part)
    matrix = np.arange(10, dtype=np.float32).reshape(5, 2)
    pieces = list(in_pieces(matrix))
    assert [len(piece) for piece in pieces] == [min(part, 5 - start) for start in range(0, 5, part)]
    assert np.concatenate(pieces).tolist() == matrix.tolist()
