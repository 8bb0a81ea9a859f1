"""The parts of fastText's models, byte by byte: each number at its bounds, and where a file ends or goes on."""

from __future__ import annotations

import io
import struct
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import pytest

from fastemb.io.formats.fasttext_matrix import QuantisedMatrix
from fastemb.io.formats.fasttext_parts import (
    OLDEST,
    Arguments,
    Dictionary,
    ModelFile,
    matrix_start,
    parts,
    quantised_parts,
)
from fastemb.io.formats.reading import LONGEST_KEY, Buffers
from fastemb.io.formats.rows import MOST_DIMENSIONS
from fastemb.io.unpack import TruncatedFileError

SETTINGS = Arguments(3, 4, 6, 2, 7, 8, 1, 1, 9, 10, 11, 12, 0.5)
AS_BYTES = struct.pack("<12id", 3, 4, 6, 2, 7, 8, 1, 1, 9, 10, 11, 12, 0.5)


def reader(content: bytes, size: int | None = -1, block: int = 1 << 16, first_rows: int = 1 << 20) -> ModelFile:
    """A reader of these bytes; their length is known unless ``size`` is None."""
    known = len(content) if size == -1 else size
    return ModelFile("f", io.BytesIO(content), known, Buffers(block=block, first_rows=first_rows))


# ---- header and arguments ----


def test_arguments_have_the_defaults_of_fasttext() -> None:
    assert astuple(Arguments(3)) == (3, 5, 5, 1, 5, 1, 2, 2, 0, 0, 0, 100, 1e-4)


def test_what_stands_before_the_matrices() -> None:
    dictionary = Dictionary.of([b"ab", b"c", b"__label__d"], 2, np.array([5, 2**40, 1]), 99)
    pruned = replace(dictionary, pruned=np.array([[7, 0], [9, 1]], np.int32))
    start = struct.pack("<2i", 793712314, 12) + AS_BYTES
    names = b"ab\0" + struct.pack("<qb", 5, 0) + b"c\0" + struct.pack("<qb", 2**40, 0)
    names += b"__label__d\0" + struct.pack("<qb", 1, 1)
    assert b"".join(parts(SETTINGS, dictionary)) == start + struct.pack("<3i2q", 3, 2, 1, 99, -1) + names
    written = b"".join(parts(SETTINGS, pruned))
    assert written == start + struct.pack("<3i2q", 3, 2, 1, 99, 2) + names + struct.pack("<4i", 7, 0, 9, 1)
    file = reader(written)
    assert (file.header(), file.arguments()) == (12, SETTINGS)
    found = file.dictionary(12)
    assert (found.names, found.words, found.tokens, len(found)) == ([b"ab", b"c", b"__label__d"], 2, 99, 3)
    assert found.counts.tolist() == [5, 2**40, 1]
    assert found.pruned is not None
    assert found.pruned.tolist() == [[7, 0], [9, 1]]
    file.end()


@pytest.mark.parametrize(
    ("field", "taken", "refused"),
    [
        ("dim", [1, MOST_DIMENSIONS], [0, -1, MOST_DIMENSIONS + 1]),
        ("ws", [1, 1000], [0, 1001]),
        ("epoch", [1, 1_000_000], [0, 1_000_001]),
        ("minn", [0, 11], [-1, 12]),
        ("maxn", [10, 1000], [9, 1001]),
        ("loss", [1, 2, 3], [0, 4]),
        ("model", [1, 2, 3], [0, 4]),
    ],
)
def test_a_file_without_a_mark_is_a_model_if_it_begins_with_settings(
    field: str, taken: list[int], refused: list[int]
) -> None:
    for value in taken:
        changed = replace(SETTINGS, **{field: value})
        file = reader(struct.pack("<12id", *astuple(changed)))
        assert file.header() == OLDEST
        assert file.at == 0
        assert file.arguments() == changed
        assert file.at == len(AS_BYTES)
    for value in refused:
        with pytest.raises(ValueError, match=r"^f: this is no model of fastText: its first bytes are others"):
            reader(struct.pack("<12id", *astuple(replace(SETTINGS, **{field: value})))).header()


@pytest.mark.parametrize("size", [-1, None])
def test_settings_that_end_early_are_no_model(size: int | None) -> None:
    with pytest.raises(ValueError, match=r"^f: this is no model of fastText: its first bytes are others"):
        reader(AS_BYTES[:-1], size).header()


@pytest.mark.parametrize(
    ("field", "taken", "refused"),
    [
        ("dim", [1, MOST_DIMENSIONS], [0, MOST_DIMENSIONS + 1]),
        ("bucket", [0, 2**31 - 1], [-1]),
        ("model", [1, 2, 3], [0, 4]),
    ],
)
def test_arguments_at_their_bounds(field: str, taken: list[int], refused: list[int]) -> None:
    for value in taken:
        changed = replace(SETTINGS, **{field: value})
        assert reader(struct.pack("<12id", *astuple(changed))).arguments() == changed
    for value in refused:
        with pytest.raises(ValueError, match=r"^f: .*: the file is damaged, or no model of fastText"):
            reader(struct.pack("<12id", *astuple(replace(SETTINGS, **{field: value})))).arguments()


# ---- the dictionary ----


def entry(name: bytes, count: int = 1, label: int = 0) -> bytes:
    return name + b"\0" + struct.pack("<qb", count, label)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((0, 0, 0), "a dictionary of 0 names, 0 words and 0 labels"),
        ((1, 0, 1), "a dictionary of 1 names, 0 words and 1 labels"),
        ((1, 2, -1), "a dictionary of 1 names, 2 words and -1 labels"),
        ((2, 1, 0), "a dictionary of 2 names, 1 words and 0 labels"),
    ],
)
def test_counts_of_a_dictionary_that_do_not_fit(counts: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^f: {message}: the file is damaged"):
        reader(struct.pack("<3i2q", *counts, 0, -1) + entry(b"a")).dictionary(12)


def test_fewer_ngrams_than_none_are_kept_in_no_model() -> None:
    with pytest.raises(ValueError, match=r"^f: a dictionary of 1 names, 1 words and 0 labels: the file is damaged"):
        reader(struct.pack("<3i2q", 1, 1, 0, 0, -2) + entry(b"a")).dictionary(12)
    found = reader(struct.pack("<3i2q", 1, 1, 0, 0, 0) + entry(b"a")).dictionary(12)
    assert found.pruned is not None
    assert found.pruned.shape == (0, 2)


def test_more_names_than_a_file_has_bytes_for_are_refused_before_they_are_read() -> None:
    content = struct.pack("<3i2q", 3, 3, 0, 0, -1) + entry(b"a") * 3
    assert reader(content).dictionary(12).names == [b"a"] * 3
    with pytest.raises(TruncatedFileError, match=r"^f: 3 words and labels would take 33 bytes or more, but only 32 "):
        reader(content[:-1]).dictionary(12)


@pytest.mark.parametrize(("labels", "wrong"), [((0, 2), 2), ((1, 1), 1), ((0, 0), 2), ((3, 1), 1)])
def test_labels_stand_behind_words(labels: tuple[int, int], wrong: int) -> None:
    content = struct.pack("<3i2q", 2, 1, 1, 0, -1)
    assert reader(content + entry(b"a") + entry(b"b", 1, 1)).dictionary(12).words == 1
    with pytest.raises(ValueError, match=f"in the dictionary name {wrong} is of the wrong kind, word or label"):
        reader(content + entry(b"a", 1, labels[0]) + entry(b"b", 1, labels[1])).dictionary(12)


@pytest.mark.parametrize("size", [-1, None])
@pytest.mark.parametrize("block", [1, 7, 1 << 16])
def test_names_at_the_longest_length(size: int | None, block: int) -> None:
    start = struct.pack("<3i2q", 2, 2, 0, 0, -1)
    block = max(block, 4096) if block > 1 else 1 << 10
    content = start + entry(b"x" * LONGEST_KEY, 3) + entry(b"y", 4) + b"rest"
    file = reader(content, size, block)
    found = file.dictionary(12)
    assert [len(name) for name in found.names] == [LONGEST_KEY, 1]
    assert found.counts.tolist() == [3, 4]
    assert file.at == len(content) - 4
    assert file._take(4, "the rest") == b"rest"
    with pytest.raises(ValueError, match=f"^f: name 1 .*the dictionary .*{LONGEST_KEY + 1:,} bytes: the file is dam"):
        reader(start + entry(b"x" * (LONGEST_KEY + 1)) + entry(b"y"), size, 1 << 20).dictionary(12)
    with pytest.raises(ValueError, match=f"^f: name 1 in the dictionary is longer than {LONGEST_KEY:,} bytes: the fi"):
        reader(start + b"x" * (2 * LONGEST_KEY), size, block).dictionary(12)


def test_a_name_of_no_bytes_and_one_that_the_file_ends_in() -> None:
    start = struct.pack("<3i2q", 2, 2, 0, 0, -1)
    with pytest.raises(ValueError, match=r"^f: name 2 of the dictionary has 0 bytes: the file is damaged"):
        reader(start + entry(b"abc") + entry(b"") + b"x").dictionary(12)
    with pytest.raises(TruncatedFileError, match=r"^f: the file ends after 57 bytes, in name 2 of 2 in the dictionary"):
        reader(start + entry(b"a") + b"longer than the rest"[:18], None).dictionary(12)


# ---- matrices ----


def test_whether_something_is_so() -> None:
    file = reader(b"\0\1\2")
    assert [file.flag("it is"), file.flag("it is")] == [False, True]
    with pytest.raises(ValueError, match=r"^f: byte 3, which says whether it is, is neither 0 nor 1: the file is"):
        file.flag("it is")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((-1, 2), r"the input matrix has the shape \(-1, 2\)"),
        ((1, 0), r"the input matrix has the shape \(1, 0\)"),
        ((1, MOST_DIMENSIONS + 1), r"the input matrix has the shape \(1, "),
        ((3, 2), r"the input matrix of shape \(3, 2\) would take 24 bytes or more, but only 23 follow: the file ends"),
    ],
)
def test_shapes_that_no_matrix_has(shape: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^f: {message}"):
        reader(struct.pack("<2q", *shape) + b"x" * 23).shape("input")


@pytest.mark.parametrize("shape", [(0, 2), (3, 2), (6, 1)])
def test_shapes_of_matrices(shape: tuple[int, int]) -> None:
    assert reader(struct.pack("<2q", *shape) + b"x" * 24).shape("input") == shape
    assert reader(struct.pack("<2q", 2**40, MOST_DIMENSIONS), None).shape("input") == (2**40, MOST_DIMENSIONS)
    assert matrix_start(*shape) == b"\0" + struct.pack("<2q", *shape)


@pytest.mark.parametrize("size", [-1, None])
@pytest.mark.parametrize(("block", "first_rows"), [(1, 1), (8, 8), (20, 24), (1 << 16, 1 << 20)])
def test_a_matrix_is_read_in_blocks_of_any_size(size: int | None, block: int, first_rows: int) -> None:
    values = np.arange(14, dtype="<f4").reshape(7, 2)
    file = reader(values.tobytes() + b"!", size, block, first_rows)
    found = file.matrix("input", 7, 2)
    assert found.tolist() == values.tolist()
    assert (found.dtype, file.at) == (np.float32, 56)
    with pytest.raises(ValueError, match="the file goes on after the last matrix"):
        file.end()
    file = reader(values.tobytes()[:-1], None, block, first_rows)
    with pytest.raises(TruncatedFileError, match=r"^f: the file ends after 55 bytes, in the input matrix, row \d of 7"):
        file.matrix("input", 7, 2)


def test_the_row_in_which_a_file_ends_is_named() -> None:
    with pytest.raises(TruncatedFileError, match=r"^f: the file ends after 30 bytes, in the input matrix, row 4 of 7$"):
        reader(b"x" * 30, None, block=8).matrix("input", 7, 2)
    with pytest.raises(TruncatedFileError, match=r"^f: the input matrix of shape .* 56 bytes or more, but only 30 fol"):
        reader(b"x" * 30).matrix("input", 7, 2)


@pytest.mark.parametrize("block", [5, 8, 1 << 16])
def test_a_matrix_is_passed_over(block: int) -> None:
    for size in (-1, None):
        file = reader(b"x" * 24 + b"\1", size, block)
        file.skip("input", 3, 2)
        assert file.at == 24
        assert file.flag("it is so")
        file.end()
    with pytest.raises(TruncatedFileError, match=r"^f: the file ends after 23 bytes, in the input matrix"):
        reader(b"x" * 23, None, block).skip("input", 3, 2)
    reader(b"", None, block).skip("input", 0, 2)


# ---- matrices of codes ----


def quantised(**changes: Any) -> bytes:
    """Two rows of five values in three parts, without lengths; some numbers are others."""
    numbers = {"rows": 2, "dim": 5, "count": 6, "found": 5, "parts": 3, "width": 2, "last": 1} | changes
    values = list(numbers.values())
    codes = bytes(range(6))
    return b"\0" + struct.pack("<2qi", *values[:3]) + codes + struct.pack("<4i", *values[3:]) + bytes(4 * 256 * 5)


def test_a_matrix_of_codes_is_read_as_it_is_written() -> None:
    found = reader(quantised()).quantised("input")
    assert (found.shape, found.width, found.codes.tolist()) == ((2, 5), 2, [[0, 1, 2], [3, 4, 5]])
    assert b"".join(quantised_parts(found)) == b"\1" + quantised()
    whole = QuantisedMatrix(
        found.codes, found.centroids, 5, 2, np.array([7, 8], np.uint8), np.arange(256, dtype=np.float32)
    )
    content = b"".join(quantised_parts(whole))
    assert content == (
        b"\1\1" + quantised()[1:] + b"\7\x08" + struct.pack("<4i", 1, 1, 1, 1) + np.arange(256, dtype="<f4").tobytes()
    )
    file = reader(content[1:])
    again = file.quantised("input")
    assert again.length_codes is not None
    assert again.length_codes.tolist() == [7, 8]
    file.end()


def test_a_matrix_of_codes_without_rows() -> None:
    content = quantised(rows=0, count=0)
    found = reader(content[:21] + content[27:]).quantised("input")
    assert found.shape == (0, 5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": -1}, r"the input matrix has the shape \(-1, 5\) and 6 codes"),
        ({"dim": 0}, r"the input matrix has the shape \(2, 0\) and 6 codes"),
        ({"dim": MOST_DIMENSIONS + 1}, r"the input matrix has the shape"),
        ({"count": 1}, r"the input matrix has the shape \(2, 5\) and 1 codes"),
        ({"count": 5}, r"the input matrix has the shape \(2, 5\) and 5 codes"),
        ({"rows": 0}, "the codes of the input|the input quantiser has"),
        ({"found": 4}, "the input quantiser has 4 dimensions in 3 parts of 2 values, the last of 1, where 5 dimens"),
        ({"parts": 2}, "the input quantiser has 5 dimensions in 2 parts of 2 values, the last of 1, where 5 dimens"),
        ({"width": 6, "parts": 1, "last": 5}, "the input quantiser has 5 dimensions in 1 parts of 6 values"),
        ({"width": 0, "parts": 0, "last": 0}, "the input quantiser has 5 dimensions in 0 parts of 0 values"),
        ({"last": 2}, "the input quantiser has 5 dimensions in 3 parts of 2 values, the last of 2"),
        ({"width": 5, "parts": 1, "last": 5}, "the input matrix of 5 dimensions has 3 codes a row, for 5 values each"),
    ],
)
def test_numbers_of_a_matrix_of_codes_that_do_not_fit(changes: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^f: {message}"):
        reader(quantised(**changes)).quantised("input")


@pytest.mark.parametrize(("width", "parts_of_it", "last"), [(1, 5, 1), (4, 2, 1), (5, 1, 5), (3, 2, 2)])
def test_parts_of_any_width(width: int, parts_of_it: int, last: int) -> None:
    count = 2 * parts_of_it
    start = b"\0" + struct.pack("<2qi", 2, 5, count) + bytes(count)
    content = start + struct.pack("<4i", 5, parts_of_it, width, last) + bytes(4 * 256 * 5)
    assert reader(content).quantised("input").width == width


def test_signals_are_handled_after_each_block(monkeypatch: pytest.MonkeyPatch) -> None:
    handled: list[int] = []
    monkeypatch.setattr("fastemb.io.formats.fasttext_parts.deliver", lambda: handled.append(1))
    reader(b"x" * 56, block=16).matrix("input", 7, 2)
    assert len(handled) == 4
    reader(b"x" * 56, None, block=16).skip("input", 7, 2)
    assert len(handled) == 8
    content = struct.pack("<3i2q", 9, 9, 0, 0, -1) + entry(b"abcde") * 9
    assert len(reader(content, block=30).dictionary(12).names) == 9
    assert len(handled) == 8 + 9 * 15 // 30 + 1
