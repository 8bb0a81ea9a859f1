"""Quantised and pruned models of fastText: byte for byte, mapped, and damaged in every way."""

from __future__ import annotations

import gzip
import struct
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastemb import load_vectors
from fastemb.io.formats.fasttext_matrix import CENTROIDS, QuantisedMatrix
from fastemb.io.formats.fasttext_model import read_whole, word_vectors, write_whole
from fastemb.io.formats.fasttext_parts import SUPERVISED, Arguments, Dictionary
from fastemb.io.unpack import TruncatedFileError
from fastemb.models.fasttext import load_facebook_model, load_facebook_vectors

WORDS = ["the", "cat", "Zürich", "</s>"]
DIM, KEPT = 5, 6
NAMES = [*(word.encode() for word in WORDS), b"__label__a", b"__label__b", b"__label__c"]


def matrix(rows: int, seed: int, *, lengths: bool, dim: int = DIM, width: int = 2) -> QuantisedMatrix:
    rng = np.random.default_rng(seed)
    parts = -(-dim // width)
    return QuantisedMatrix(
        rng.integers(0, 256, (rows, parts), dtype=np.uint8),
        rng.normal(size=CENTROIDS * dim).astype(np.float32),
        dim,
        width,
        rng.integers(0, 256, rows, dtype=np.uint8) if lengths else None,
        rng.random(256, dtype=np.float32) if lengths else None,
    )


def write(path: Path, *, pruned: bool = True, lengths: bool = True, outputs: bool = True) -> None:
    kept = np.stack([np.arange(3, 3 + KEPT), np.random.default_rng(0).permutation(KEPT)], axis=1).astype(np.int32)
    dictionary = Dictionary.of(NAMES, len(WORDS), np.arange(7, 0, -1), 99)
    bucket = 40
    arguments = Arguments(DIM, model=SUPERVISED, loss=3, minn=2, maxn=4, bucket=bucket, word_ngrams=2)
    rows = len(WORDS) + (KEPT if pruned else bucket)
    out = matrix(3, 2, lengths=lengths) if outputs else np.random.default_rng(3).random((3, DIM), dtype=np.float32)
    if pruned:
        dictionary = replace(dictionary, pruned=kept)
    write_whole(path, arguments, dictionary, matrix(rows, 1, lengths=lengths), out)


def write_dense(path: Path) -> None:
    dictionary = Dictionary.of(NAMES, len(WORDS), np.arange(7, 0, -1), 99)
    arguments = Arguments(DIM, model=SUPERVISED, loss=3, minn=2, maxn=4, bucket=40)
    rng = np.random.default_rng(4)
    inputs, outputs = (rng.random((rows, DIM), dtype=np.float32) for rows in (len(WORDS) + 40, 3))
    write_whole(path, arguments, dictionary, inputs, outputs)


KINDS = {"pruned": {}, "all n-grams": {"pruned": False}, "no lengths": {"lengths": False}, "floats": {"outputs": False}}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_models_are_read_and_written_as_they_were(kind: str, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / ("x.ftz.gz" if packed else "x.ftz")
    write(path, **KINDS[kind])
    whole = read_whole(path)
    assert whole.outputs is not None
    write_whole(tmp_path / "again", whole.arguments, whole.dictionary, whole.inputs, whole.outputs)
    content = path.read_bytes()
    assert (tmp_path / "again").read_bytes() == (gzip.decompress(content) if packed else content)


@pytest.mark.parametrize("kind", KINDS)
def test_the_vectors_of_words(kind: str, tmp_path: Path) -> None:
    write(tmp_path / "x.ftz", **KINDS[kind])
    whole = read_whole(tmp_path / "x.ftz")
    assert isinstance(whole.inputs, QuantisedMatrix)
    dense = replace(whole, inputs=whole.inputs.unpacked())
    expected = word_vectors(dense)
    assert word_vectors(whole) == pytest.approx(expected, abs=1e-6)
    assert load_vectors(tmp_path / "x.ftz").vectors == pytest.approx(expected, abs=1e-6)
    known = load_facebook_vectors(tmp_path / "x.ftz")
    assert known.vectors == pytest.approx(expected, abs=1e-6)
    assert known["Zürcher"].shape == (DIM,)
    with pytest.raises(ValueError, match=r"quantised \(\.ftz\).*load_facebook_vectors reads its vectors"):
        load_facebook_model(tmp_path / "x.ftz")


def test_rows_of_codes() -> None:
    found = matrix(9, 5, lengths=True, dim=7, width=3)
    assert found.lengths is not None
    assert found.length_codes is not None
    for row in range(9):
        parts = [
            found.centroids[CENTROIDS * first :].reshape(-1)[: CENTROIDS * size].reshape(CENTROIDS, size)[code]
            for first, size, code in zip((0, 3, 6), (3, 3, 1), found.codes[row], strict=True)
        ]
        expected = np.concatenate(parts) * found.lengths[found.length_codes[row]]
        assert found.rows(slice(row, row + 1))[0].tolist() == expected.tolist()
    assert found.unpacked().shape == found.shape == (9, 7)
    assert found.nbytes == 9 * 3 + 4 * 256 * 7 + 9 + 4 * 256


def test_mapped_rows_are_those_that_are_read(tmp_path: Path) -> None:
    for extra in range(4):  # where the matrix begins in the file
        dictionary = Dictionary.of([b"x" * (extra + 1)], 1, np.ones(1, np.int64), 1)
        inputs = np.random.default_rng(extra).random((1, DIM), dtype=np.float32)
        write_whole(tmp_path / "x.bin", Arguments(DIM), dictionary, inputs, inputs)
        mapped = read_whole(tmp_path / "x.bin", mmap=True)
        assert isinstance(mapped.inputs, np.ndarray)
        assert mapped.inputs.tolist() == inputs.tolist()
        assert not mapped.inputs.flags.writeable
        assert word_vectors(mapped).tolist() == inputs.tolist()
        write_whole(tmp_path / "x.bin", mapped.arguments, mapped.dictionary, mapped.inputs, inputs)  # over itself
        assert read_whole(tmp_path / "x.bin").inputs.tolist() == inputs.tolist()
    (tmp_path / "x.gz").write_bytes(gzip.compress((tmp_path / "x.bin").read_bytes()))
    with pytest.raises(ValueError, match=r"x\.gz: only files that are not compressed are mapped"):
        read_whole(tmp_path / "x.gz", mmap=True)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_ends_anywhere(packed: bool, tmp_path: Path) -> None:
    write(tmp_path / "x.ftz")
    content = (tmp_path / "x.ftz").read_bytes()
    for end in [*range(0, 600, 3), *range(600, len(content), 997), len(content) - 1]:
        cut = gzip.compress(content[:end], 1) if packed else content[:end]
        (tmp_path / "cut").write_bytes(cut)
        with pytest.raises(TruncatedFileError, match=r"cut: .*(ends|early)"):
            read_whole(tmp_path / "cut")


def test_a_file_that_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "x.ftz")
    (tmp_path / "x.ftz").write_bytes((tmp_path / "x.ftz").read_bytes() + b"\0")
    with pytest.raises(ValueError, match="goes on after the last matrix"):
        read_whole(tmp_path / "x.ftz")


TABLE = 8 + 56 + 28 + sum(len(name) + 10 for name in NAMES)  # where the n-grams that are kept stand
INPUT = TABLE + 8 * KEPT  # whether the input matrix is quantised
QUANTISER = INPUT + 2 + 20 + 3 * (len(WORDS) + KEPT)


@pytest.mark.parametrize(
    ("at", "kind", "values", "message"),
    [
        (TABLE, "<i", (40,), "6 n-grams that are kept are not numbered from 0 on"),
        (TABLE, "<i", (-1,), "not numbered from 0 on"),
        (TABLE, "<2i", (4, 0), "not numbered from 0 on"),
        (TABLE + 4, "<i", (6,), "not numbered from 0 on"),
        (INPUT, "<b", (0,), "n-grams are left out, but the input matrix is not quantised"),
        (INPUT, "<b", (7,), "neither 0 nor 1"),
        (INPUT + 1, "<b", (2,), "lengths of the input matrix are quantised, is neither 0 nor 1"),
        (INPUT + 2, "<q", (2**40,), "shape|early"),
        (INPUT + 2, "<q", (-1,), "has the shape"),
        (INPUT + 2, "<q", (0,), "shape|codes|dimensions|quantis"),
        (INPUT + 10, "<q", (6,), "quantiser has 5 dimensions"),
        (INPUT + 10, "<q", (2**50,), "has the shape"),
        (INPUT + 18, "<i", (31,), "31 codes"),
        (INPUT + 18, "<i", (-30,), "-30 codes"),
        (INPUT + 18, "<i", (40,), "quantiser|codes"),
        (QUANTISER, "<4i", (5, 3, 2, 2), "the last of 2"),
        (QUANTISER, "<4i", (5, 2, 3, 2), "of 5 dimensions has 3 codes a row, for 3 values each"),
        (QUANTISER, "<4i", (5, 3, 0, 0), "parts of 0 values"),
        (QUANTISER, "<4i", (5, 3, -2, 1), "parts of -2 values"),
        (QUANTISER, "<4i", (5, 4, 2, 1), "in 4 parts"),
        (QUANTISER, "<4i", (2**30, 2**29, 2, 2), "1073741824 dimensions"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_numbers_that_do_not_fit_each_other(
    at: int, kind: str, values: tuple[int, ...], message: str, packed: bool, tmp_path: Path
) -> None:
    write(tmp_path / "x.ftz")
    content = bytearray((tmp_path / "x.ftz").read_bytes())
    struct.pack_into(kind, content, at, *values)
    (tmp_path / "x").write_bytes(gzip.compress(content, 1) if packed else content)
    with pytest.raises(ValueError, match=message) as caught:
        read_whole(tmp_path / "x")
    assert str(tmp_path / "x") in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_bytes_changed(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        (write if data.draw(st.booleans()) else write_dense)(path)
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, min(len(content), 500) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content)
        try:
            whole = read_whole(path)
        except (ValueError, EOFError):
            return
        if whole.arguments.maxn < 1000:
            word_vectors(whole)
