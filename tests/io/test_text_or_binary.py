"""Text that is hard to tell from other things: printable text is never binary, and lines of counts are no vectors."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors, save_vectors
from fastemb.io.kinds import is_word2vec_binary, is_word2vec_text

GERMAN = b"3 2\nhaus 0,25 1,5\nhof 1,25 2,5\nweg 2,75 0,5\n"  # each row takes 4 * 2 bytes, as in binary
NO_NUMBERS = {
    "comma": (GERMAN, "line 2: b'0,25' is not a number"),
    "comma, other sizes": (b"2 2\nhaus 0,2512 1,5\nhof 1,2 2,5\n", "line 2: b'0,2512' is not a number"),
    "comma, later": (b"2 2\nhaus 0.25 1.5\nhof 1,25 2.5\n", "line 3: b'1,25' is not a number"),
    "NA": (b"2 3\nhaus NA 1 2\nhof 1 2 3\n", "line 2: b'NA' is not a number"),
    "letters": (b"1 1\nhaus x123\n", "line 2: b'x123' is not a number"),
    "letters, as long as binary": (b"1 2\na bcdefgh\n", "line 2 has 1 values after the key b'a', expected 2"),
    "other letters": ("1 1\nhaus äö\n".encode(), "line 2: .* is not a number"),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_text_with_what_is_no_number_is_text(name: str, tmp_path: Path) -> None:
    content, message = NO_NUMBERS[name]
    assert is_word2vec_text(content)
    assert not is_word2vec_binary(content)
    (tmp_path / "de.vec").write_bytes(content)
    for load in (load_vectors, KeyedVectors.load, KeyedVectors.load_word2vec_format):
        with pytest.raises(ValueError, match=rf"de.vec: {message}"):
            load(tmp_path / "de.vec")


@pytest.mark.parametrize("name", ["comma", "comma, other sizes", "comma, later"])
def test_text_is_not_read_as_binary_on_demand(name: str, tmp_path: Path) -> None:
    (tmp_path / "de.vec").write_bytes(NO_NUMBERS[name][0])
    with pytest.raises(ValueError, match="text format: read it with binary=False"):
        KeyedVectors.load_word2vec_format(tmp_path / "de.vec", binary=True)


def test_binary_whose_bytes_are_letters_is_read_where_it_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"1 2\nkey abc?def?")
    found = KeyedVectors.load_word2vec_format(tmp_path / "a.bin", binary=True)
    np.testing.assert_array_equal(found["key"], np.frombuffer(b"abc?def?", "<f4"))
    np.testing.assert_array_equal(load_vectors(tmp_path / "a.bin", format="word2vec-binary").vectors, found.vectors)


@pytest.mark.parametrize("dims", [1, 2, 5])
def test_small_binary_files_are_told(dims: int, tmp_path: Path) -> None:
    vectors = KeyedVectors(dims)
    vectors.add_vectors(list("abc"), np.arange(1, 3 * dims + 1).reshape(3, dims) / 4)
    save_vectors(vectors, tmp_path / "a.bin")
    np.testing.assert_array_equal(load_vectors(tmp_path / "a.bin").vectors, vectors.vectors)


def test_a_key_and_one_number_a_line_are_no_vectors(tmp_path: Path) -> None:
    path = tmp_path / "counts.txt"
    path.write_bytes(b"the 3\ncat 2\n")
    for load in (load_vectors, KeyedVectors.load):
        with pytest.raises(ValueError, match=r"counts.txt: no file of vectors.*b'the 3'.*need format='glove'"):
            load(path)
    assert load_vectors(path, format="glove").vectors.tolist() == [[3], [2]]
    path.write_bytes(b"2 1\nthe 3\ncat 2\n")
    assert load_vectors(path).vectors.tolist() == [[3], [2]]


def test_a_header_in_a_file_that_is_said_to_have_none(tmp_path: Path) -> None:
    path = tmp_path / "x.vec"
    path.write_bytes(b"2 3\nthe 1 2 3.5\ncat 4 5 6\n")
    message = r"x.vec: line 2 has 3 values .*, expected 1; line 1 is a header, .*: .*format='word2vec-text'"
    with pytest.raises(ValueError, match=message):
        load_vectors(path, format="glove")
    with pytest.raises(ValueError, match=message):
        KeyedVectors.load_word2vec_format(path, no_header=True)
    assert load_vectors(path, format="word2vec-text").index_to_key == ["the", "cat"]


def test_whole_numbers_without_a_header_are_doubted(tmp_path: Path) -> None:
    path = tmp_path / "counts.txt"
    path.write_bytes(b"the 3 1\ncat 2 7\n")
    with pytest.warns(UserWarning, match=r"counts.txt: all numbers are whole: .* give format='glove'"):
        found: Any = load_vectors(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(load_vectors(path, format="glove").vectors, found.vectors)
        path.write_bytes(b"the 3 1\ncat 2 7.5\n")
        assert load_vectors(path).vectors.tolist() == [[3, 1], [2, 7.5]]
        path.write_bytes(b"2 2\nthe 3 1\ncat 2 7\n")
        assert load_vectors(path).vectors.tolist() == [[3, 1], [2, 7]]


@pytest.mark.parametrize(
    ("content", "line", "values"),
    [
        (b"0 1 2 3 4 5 6 7 8 9\n" + b"30 31\n" * 30, 2, 1),
        (b"0 1 2 3 4 5 6 7 8 9\n" * 2 + b"3\n" * 90, 3, 0),
    ],
)
def test_baskets_name_the_line_of_another_width(content: bytes, line: int, values: int, tmp_path: Path) -> None:
    (tmp_path / "retail.dat").write_bytes(content)
    for load in (load_vectors, KeyedVectors.load):
        with pytest.raises(ValueError, match=rf"retail.dat: line {line} has {values} values.*line 1 has 9 numbers"):
            load(tmp_path / "retail.dat")


@pytest.mark.parametrize("form", ["%.18e", "%.4f", "%+.1E"])
def test_rows_of_savetxt_are_not_keyed_by_their_first_number(form: str, tmp_path: Path) -> None:
    file = io.BytesIO()
    np.savetxt(file, np.random.default_rng(0).normal(size=(4, 3)), fmt=form)
    path = tmp_path / "a.csv"
    path.write_bytes(file.getvalue())
    with pytest.raises(ValueError, match=r"a.csv: line 1 begins with '.*numpy.savetxt.*format='glove'"):
        load_vectors(path)
    assert load_vectors(path, format="glove").vectors.shape == (4, 2)
    path.write_bytes(file.getvalue() + b"word 0.5 0.5\n")
    assert load_vectors(path).vectors.shape == (5, 2)
