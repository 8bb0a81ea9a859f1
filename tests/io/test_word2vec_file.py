"""What word2vec's formats share: headers, room, keys and order, at their bounds."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from fastemb.io.formats import VectorTable, word2vec_binary, word2vec_file, word2vec_text
from fastemb.io.formats.reading import LONGEST_KEY, Buffers, Reading
from fastemb.io.formats.rows import MOST_DIMENSIONS
from fastemb.io.formats.word2vec_file import AS_USUAL, Layout, VectorFile, key_bytes, table_of
from fastemb.io.kinds import LONGEST_HEADER
from fastemb.io.unpack import TruncatedFileError


def source(content: bytes, size: int | None = -1, unit: str = "line") -> VectorFile:
    return VectorFile("f", io.BufferedReader(io.BytesIO(content)), len(content) if size == -1 else size, unit)  # type: ignore[arg-type]


# ---- headers ----


@pytest.mark.parametrize(
    ("line", "shape"),
    [(b"2 3\n", (2, 3)), (b"0 1\n", (0, 1)), (b" 7\t5 \r\n", (7, 5)), (b"999999999999999999 1\n", (10**18 - 1, 1))],
)
def test_headers(line: bytes, shape: tuple[int, int]) -> None:
    assert source(line + b"rest").header() == shape


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"1000000000000000000 5\n", "the header promises more than any file has bytes for: b'1000000000000000000 5"),
        (b"5 1000000000000000000\n", "the header promises more than any file has bytes for: b'5 10000"),
        (b"1000000000000000000 5", "line 1 is no header of two numbers, vectors and dimensions: b'1000"),
        (b"1000000000000000000 x\n", "line 1 is no header of two numbers"),
        (b"1000000000000000000\n", "line 1 is no header of two numbers"),
        (b"2 3", "line 1 is no header of two numbers, vectors and dimensions: b'2 3'$"),
        (b"2 3 4\n", "line 1 is no header of two numbers"),
        (b"2 0\n", "the header says 0 dimensions$"),
    ],
)
def test_lines_that_are_no_header(line: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=f"^f: {message}"):
        source(line).header()


def test_a_header_of_the_longest_length() -> None:
    spaces = b" " * (LONGEST_HEADER - 4)
    assert source(b"2 " + spaces + b"3\n").header() == (2, 3)
    with pytest.raises(ValueError, match=r"^f: line 1 is no header of two numbers"):
        source(b"2 " + spaces + b" 3\n").header()


# ---- room ----


def test_room_for_what_a_header_promises() -> None:
    file = source(b"3 2\n" + b"x" * 12)
    file.header()
    file.check_room(3, 2, 4)
    with pytest.raises(
        TruncatedFileError, match=r"^f: 3 vectors of 2 dimensions need 15 bytes or more, but only 12 follow the header"
    ):
        file.check_room(3, 2, 5)
    source(b"", None).check_room(10**9, MOST_DIMENSIONS, 9)
    source(b"").check_room(0, MOST_DIMENSIONS, 9)
    for size in (-1, None):
        with pytest.raises(ValueError, match=r"^f: 1048577 dimensions are more than can be read \(1048576\)"):
            source(b"", size).check_room(0, MOST_DIMENSIONS + 1, 9)


def test_rows_that_are_made_at_first() -> None:
    buffers = Buffers(first_rows=80)
    assert source(b"").first_rows(100, 2, np.float64, buffers).shape == (100, 2)
    unknown = source(b"", None)
    assert unknown.first_rows(100, 2, np.float64, buffers).shape == (6, 2)
    assert unknown.first_rows(3, 2, np.float32, buffers).shape == (3, 2)
    assert unknown.first_rows(3, 2, np.float32, buffers).dtype == np.float32


def test_blocks_have_room_for_a_key_and_a_vector() -> None:
    buffers = Buffers(block=100, longest_key=30)
    assert source(b"", None).block_size(60, buffers) == 100
    assert source(b"", None).block_size(80, buffers) == 110
    assert source(b"x" * 50).block_size(80, buffers) == 51
    assert source(b"x" * 500).block_size(80, buffers) == 110


def test_why_a_file_was_not_read_to_its_end() -> None:
    ended = source(b"").incomplete(3, 5, too_long=False, first=2)
    assert isinstance(ended, TruncatedFileError)
    assert str(ended) == "f: the file ends after 3 of 5 vectors"
    longer = source(b"", unit="record").incomplete(3, 5, too_long=True, first=2)
    assert str(longer) == "f: record 5 is too long: keys of 65,536 bytes can be read, longer ones may not"


def test_white_space_may_follow_the_last_vector() -> None:
    for rest, after in ((b"", b""), (b" \n", b"\n" * 100), (b"\r\n", b"\t")):
        source(after).check_end(rest, 5, "data")
    for rest, after in ((b"x", b""), (b"", b"  x"), (b"\n", b"\n\n.")):
        with pytest.raises(ValueError, match=r"^f: more after the 5 vectors that the header promises: data$"):
            source(after).check_end(rest, 5, "data")


def test_text_where_numbers_in_binary_are_expected() -> None:
    source(b"\1\2\3").refuse_text(2)
    source(b"").refuse_text(2)
    with pytest.raises(ValueError, match=r"^f: this is word2vec's text format: read it with binary=False, or in load_"):
        source(b"key 1 2\n").refuse_text(2)


# ---- tables ----


def test_rows_become_a_table() -> None:
    rows = np.array([[1.5], [1e5], [3]])
    found = table_of("f", [b"a\nb\n", b"c\n"], rows, Reading(datatype=np.float16))
    assert found.keys == {"a": 0, "b": 1, "c": 2}
    assert found.vectors.dtype == np.float16
    assert found.vectors.tolist() == [[1.5], [np.inf], [3]]
    assert found.attributes["count"].tolist() == [3, 2, 1]
    given = table_of("f", [b"a\nb\nc\n"], rows, Reading(datatype=np.float64), np.array([7, 7, 9]))
    assert given.attributes["count"].tolist() == [7, 7, 9]
    assert table_of("f", [], rows[:0], Reading()).keys == {}


def test_of_keys_that_come_twice_the_first_stays() -> None:
    names, rows = [b"a\nb\na\nb\nc\n"], np.arange(5.0).reshape(5, 1)
    with pytest.warns(UserWarning, match=r"^f: 2 vectors are left out, whose key came before, such as 'a'$"):
        found = table_of("f", names, rows, Reading(), np.array([9, 8, 7, 6, 5]))
    assert found.keys == {"a": 0, "b": 1, "c": 2}
    assert found.vectors[:, 0].tolist() == [0, 1, 4]
    assert found.attributes["count"].tolist() == [9, 8, 5]


def test_the_key_that_is_in_another_encoding_is_named() -> None:
    for encoding in ("utf8", "shift_jis"):
        with pytest.raises(
            UnicodeDecodeError, match=r"in the key of vector 3 of f; name the encoding, such as encoding="
        ):
            table_of("f", [b"a\nb\n\x81\n"], np.zeros((3, 1)), Reading(encoding=encoding))


# ---- keys and order ----


@pytest.mark.parametrize(("prefix", "spaces"), [("", False), ("*", True)])
def test_keys_as_they_are_written(prefix: str, spaces: bool) -> None:
    assert key_bytes("f", "ä", prefix, spaces) == (prefix + "ä").encode()
    assert key_bytes("f", 7, prefix, spaces) == (prefix + "7").encode()
    longest = "x" * (LONGEST_KEY - len(prefix))
    assert len(key_bytes("f", longest, prefix, spaces)) == LONGEST_KEY
    with pytest.raises(
        ValueError, match=rf"cannot hold a key of 65,537 bytes, '{'x' * 40}'\.\.\., as 65,536 are the mo"
    ):
        key_bytes("f", longest + "x", prefix, spaces)


@pytest.mark.parametrize(
    ("key", "options", "message"),
    [
        ("a b", {}, "word2vec's formats cannot hold white space in the key 'a b'; what KeyedVectors.save writes can"),
        ("a  b", {"spaces": True}, "GloVe files cannot hold this white space in the key 'a  b'"),
        (" a", {"spaces": True}, "GloVe files cannot hold this white space in the key ' a'"),
        ("a\tb", {"spaces": True}, "GloVe files cannot hold this white space"),
        ("", {}, "word2vec's formats cannot hold an empty key"),
        ("", {"what": "such files"}, "such files cannot hold an empty key"),
        ("\ud800", {}, r"text cannot hold the key '\\ud800', which has half a character in it"),
        (None, {}, "a row has no key"),
    ],
)
def test_keys_that_are_not_written(key: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^f: {message}"):
        key_bytes("f", key, **options)


def test_single_spaces_are_written_where_they_may_be() -> None:
    assert key_bytes("f", "new york city", spaces=True) == b"new york city"


def test_the_order_is_that_of_falling_values() -> None:
    table = VectorTable(["a", "b", "c", "d"], np.zeros((4, 1)), {"count": np.array([1, 5, 5, 2]), "n": np.arange(4)})
    assert AS_USUAL.order(table).tolist() == [1, 2, 3, 0]
    assert Layout(sort_by="n").order(table).tolist() == [3, 2, 1, 0]
    assert Layout(sort_by="other").order(table).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("module", [word2vec_text, word2vec_binary])
@pytest.mark.parametrize("values", [1, 4, 6, 1000])
def test_rows_are_written_some_at_a_time(module: Any, values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = VectorTable([f"k{row}" for row in range(7)], np.arange(14, dtype=np.float32).reshape(7, 2))
    expected, found = io.BytesIO(), io.BytesIO()
    module.write(expected, table)
    monkeypatch.setattr(word2vec_file, "_BLOCK_VALUES", values)
    module.write(found, table)
    assert found.getvalue() == expected.getvalue()
    sizes: list[int] = []
    word2vec_file.write_rows(io.BytesIO(), table, AS_USUAL, lambda names, rows: b"" * (sizes.append(len(names)) or 0))
    rows = max(1, values // 2)
    assert sizes == [rows] * (7 // rows) + [7 % rows] * (7 % rows > 0)


def test_headers_that_are_written() -> None:
    table = VectorTable(["a", "b"], np.ones((2, 3), np.float32))
    for layout, header in ((AS_USUAL, b"2 3\n"), (Layout(total=9), b"9 3\n"), (Layout(header=False), b"")):
        file = io.BytesIO()
        word2vec_text.write(file, table, layout)
        assert file.getvalue() == header + b"a 1.0 1.0 1.0\nb 1.0 1.0 1.0\n"


def test_threads_of_a_binary_file() -> None:
    assert word2vec_binary._threads(Reading(threads=3), 1000, 100) == 3
    assert word2vec_binary._threads(Reading(threads=30), 1000, 100) == 11
    assert word2vec_binary._threads(Reading(threads=30), 99, 100) == 1
    assert 1 <= word2vec_binary._threads(Reading(), 10**9, 100) <= 4


# ---- text without a header ----


def test_lines_and_dimensions_of_text_without_a_header(tmp_path: Any) -> None:
    path = tmp_path / "f"
    for text, shape in (
        (b"a 1 2\nb 3 4\n", (2, 2)),
        (b"a 1 2\nb 3 4\n\n \n", (2, 2)),
        (b"a 1 2\n\n\nb 3 4", (4, 2)),
        (b"new york 1 2 3\n", (1, 3)),
        (b"a b 1", (1, 1)),
    ):
        path.write_bytes(text)
        line = text.partition(b"\n")[0]
        for block in (4, 5, 7, 1000):
            assert word2vec_text._count_lines(path, max(block, len(line) + 1)) == shape
        with pytest.raises(ValueError, match=f"^{path}: line 1 is longer than {len(line) - 1} bytes, which a line of"):
            word2vec_text._count_lines(path, len(line) - 1)
    path.write_bytes(b"1 2 3\n4 5 6\n")
    assert word2vec_text._count_lines(path, 100, keyed=False) == (2, 3)
    path.write_bytes(b"a b c\n")
    with pytest.raises(ValueError, match=f"^{path}: line 1 has no numbers after its key"):
        word2vec_text._count_lines(path, 100)
    path.write_bytes(b"a\t1 2\n")
    with pytest.raises(ValueError, match=f"^{path}: line 1: a tab follows the key"):
        word2vec_text._count_lines(path, 100)


def test_a_line_with_fewer_numbers_than_the_first_is_named(tmp_path: Any) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a 1 2 3 4 5 6 7 8 9\nb 1\nc\n")
    with pytest.raises(ValueError, match=rf"^{path}: line 2 has 1 values after its key, and line 1 has 9 numbers: vec"):
        word2vec_text.read(path, header=False)
    path.write_bytes(b"a 1 2 3 4 5 6 7 8 9\n\n" + b"c\n" * 3)
    with pytest.raises(ValueError, match=rf"^{path}: line 2 has 0 values after its key, and line 1 has 9 numbers: vec"):
        word2vec_text.read(path, header=False)


def test_binary_read_as_text_says_so(tmp_path: Any) -> None:
    path = tmp_path / "f"
    vectors = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    word2vec_binary.write(path, VectorTable([f"k{row}" for row in range(300)], vectors))
    with pytest.raises(ValueError, match=f"^{path}: this is word2vec's binary format: read it with binary=True, or in"):
        word2vec_text.read(path, header=True)


def test_a_header_read_as_a_key_says_so(tmp_path: Any) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"2 3\na 1 2 3\nb 4 5 6\n")
    with pytest.raises(
        ValueError, match=rf"^{path}: line 2 .*; line 1 is a header, as word2vec's text format has: read"
    ):
        word2vec_text.read(path, header=False)
    path.write_bytes(b"a 1\nb 2 3\n")
    with pytest.raises(ValueError, match=rf"^{path}: line 2 has 2 values after the key b'b', expected 1$"):
        word2vec_text.read(path, header=False)


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_numbers_without_keys_in_blocks_of_any_size(
    block: int, end: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_text("1 2.5\n-3\t4\n5 6" + end)
    monkeypatch.setattr(word2vec_text, "BLOCK", block)
    assert word2vec_text.read_numbers(tmp_path / "f").tolist() == [[1, 2.5], [-3, 4], [5, 6]]
    (tmp_path / "f").write_text("1 2.5\n-3 4 5\n")
    with pytest.raises(ValueError, match=r"f: line 2 has 3 numbers, expected 2$"):
        word2vec_text.read_numbers(tmp_path / "f")
