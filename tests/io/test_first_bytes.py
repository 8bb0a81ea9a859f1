"""What a file is by its first bytes: word2vec's formats, at the bounds of what is told apart."""

from __future__ import annotations

import pickle
import struct

import pytest

from fastemb.io import kinds
from fastemb.io.kinds import (
    LONGEST_HEADER,
    first_line_of_text,
    goes_on_as_text,
    has_header,
    header_shape,
    is_glove,
    is_surely_binary,
    is_tab_separated,
    is_text_after_all,
    is_word2vec_binary,
    is_word2vec_text,
    kind_of,
    pickled_class,
    reader_of,
    require_format,
    tab_after_key,
)

FLOATS = struct.pack("<3f", 1.0, -2.5, 1e-3)


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        (b"2 3", (2, 3)),
        (b"2 3\n", (2, 3)),
        (b"9" * 18 + b" 1", (10**18 - 1, 1)),
        (b"1 " + b"9" * 18, (1, 10**18 - 1)),
        (b"9" * 19 + b" 1", None),
        (b"1 " + b"9" * 19, None),
        (b"2", None),
        (b"2 3 4", None),
        (b"a 3", None),
        (b"2 b", None),
        (b"-2 3", None),
        (b"", None),
    ],
)
def test_the_shape_that_a_header_tells(line: bytes, shape: tuple[int, int] | None) -> None:
    assert header_shape(line) == shape


# Of each: whether it is text of word2vec's, binary of word2vec's, GloVe's, parted by tabs; and whether it has a header.
STARTS: dict[bytes, tuple[bool, bool, bool, bool, bool]] = {
    b"2 3\na 1 2 3\n": (True, False, False, False, True),
    b"2 3\n": (True, False, False, False, True),
    b"2 3": (True, False, False, False, True),
    b"\xef\xbb\xbf2 3\na 1 2 3\n": (True, False, False, False, True),
    b"2 3\na " + FLOATS: (False, True, False, False, True),
    b"a 1 2\n": (True, False, True, False, False),
    b"a 1 x\n": (True, False, True, False, False),
    b"a x 1\n": (False, False, False, False, False),
    b"a 1\n": (False, False, False, False, False),
    b"a b\n": (False, False, False, False, False),
    b"": (False, False, False, False, False),
    b"1\t2\n3\t4\n": (True, False, False, True, True),  # its first line may be a header
    b"1.5\t2\t3\n": (True, False, False, True, False),
    b"1\tx\n": (False, False, False, True, False),
    b"x\t1\n": (False, False, False, False, False),
    b"x\t1\t2\n": (True, False, True, False, False),
    b"1 2\t3\n": (True, False, True, False, False),
    b"1\n2\n": (False, False, False, False, False),
}


@pytest.mark.parametrize(("start", "told"), STARTS.items())
def test_what_a_start_tells(start: bytes, told: tuple[bool, ...]) -> None:
    tell = (is_word2vec_text, is_word2vec_binary, is_glove, is_tab_separated, has_header)
    assert tuple(one(start) for one in tell) == told


def test_a_first_line_is_read_as_far_as_a_header_may_reach() -> None:
    spaces = b" " * (LONGEST_HEADER - 2)
    assert has_header(b"2" + spaces + b"3\n")
    assert not has_header(b"2 " + spaces + b"3\n")


def test_bytes_that_no_text_has() -> None:
    assert is_surely_binary(b"2 3\na \x00")
    assert is_surely_binary(b"2 3\n" + b"a" * 4095 + b"\x7f")
    assert not is_surely_binary(b"2 3\n" + b"a" * 4096 + b"\x7f")
    assert not is_surely_binary(b"2 3\na\t\r\n1")
    assert not is_surely_binary(b"x\na \x00")


@pytest.mark.parametrize(
    ("rest", "dims", "goes_on", "after_all"),
    [
        (b"", 2, True, True),
        (b"a 1 2\nb \x00", 2, True, True),
        (b"a 1 2 3\n", 2, True, False),
        (b"a 1 2 3\n\x00", 2, False, False),
        (b"a 1 x\n", 2, True, False),
        (b"a 1 2x\n", 2, True, True),
        (b"a .5 -inf\n", 2, True, True),
        (b"a 1 2x\n\x00", 2, False, False),
        (b"a\t1\t2\n\x00", 2, True, True),
        (b"a x\xff", 1, False, False),
        (b"a x\xc3", 1, True, False),
        (b"a " + b"y" * 255 + b"\xff\x00", 1, False, False),
        (b"a " + b"y" * 255 + b"\xff", 1, True, True),
        (b"a " + b"y" * 254 + b"\xff", 1, False, False),
        (b"a " + b"y" * 4095 + b"\x00", 1, False, False),
        (b"a " + b"y" * 4096 + b"\x00", 1, True, True),
    ],
)
def test_what_follows_a_header(rest: bytes, dims: int, goes_on: bool, after_all: bool) -> None:
    assert goes_on_as_text(rest, dims) is goes_on
    assert is_text_after_all(rest, dims) is after_all


def test_a_tab_after_a_key() -> None:
    told = tab_after_key(b"k" * 61 + b"\t1 2\n")
    assert told == (
        f"a tab follows the key {b'k' * 60!r}, where a space must stand: write spaces in place of tabs, as with "
        "tr '\\t' ' ' < FILE > NEW"
    )
    assert tab_after_key(b"k\t1\t2") is not None
    for line in (b"k 1\t2", b"\t1 2", b"k\t", b"k\tx", b"k\t1 x", b"k 1 2", b""):
        assert tab_after_key(line) is None


def test_the_first_line_of_what_looks_like_text() -> None:
    assert first_line_of_text(b"\xef\xbb\xbfa b\nc") == b"a b"
    assert first_line_of_text(b"a") == b"a"
    assert first_line_of_text(b"a" * 4096 + b"\0") == b"a" * 4096 + b"\0"
    for start in (b"", b" \n\t", b"a\0", b"a" * 4095 + b"\0"):
        assert first_line_of_text(start) is None


class Odd:
    """Something that pickle names by its class."""


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_class_in_a_pickle(protocol: int) -> None:
    assert pickled_class(pickle.dumps(Odd(), protocol)) == (Odd.__module__, "Odd")
    assert pickled_class(pickle.dumps({"a": [1, "b"]}, protocol)) == ("", "")
    assert pickled_class(pickle.dumps("text" * 100, protocol)[:20]) == ("", "")


@pytest.mark.parametrize("start", [b"", b"\x80", b"\x80\x01", b"\x80\x06.", b"\x80\x04\x93.", b"\x80\x04\xff"])
def test_what_is_no_pickle_or_a_damaged_one(start: bytes) -> None:
    assert pickled_class(start) == ("", "")


def test_classes_of_gensim() -> None:
    assert kind_of(b"\x80\x02cgensim.models.word2vec\nWord2Vec\nq\0.") == kinds._GENSIM["Word2Vec"]
    assert kind_of(b"\x80\x02cgensim.models.x\nOther\nq\0.") == "a Other that gensim saved, which stays with gensim"
    assert kind_of(b"\x80\x02cgensimx.models\nWord2Vec\nq\0.") == kinds._PICKLE


@pytest.mark.parametrize("space", [b"", b" "])
def test_a_safetensors_file_is_known_by_its_format(space: bytes) -> None:
    start = bytes(8) + b'{"__metadata__":{"format":' + space + b'"%s"},"a":{"data_offsets":[0,1]}}'
    assert str(kind_of(start % b"fastemb.Phrases")) == "counts of phrases: Phrases.load reads it"
    for other in (b"fastemb.Other", b"pt"):
        assert kind_of(start % other) == kinds._FOREIGN
    assert kind_of(bytes(8) + b'{"a": 1}') is None


def test_vectors_as_text_and_binary() -> None:
    assert str(kind_of(b"1 3\na " + FLOATS)).startswith("word2vec's binary format: KeyedVectors.load_word2vec_format")
    assert str(kind_of(b"1 3\na 1 2 3\n")).startswith("word2vec's text format: KeyedVectors.load_word2vec_format reads")
    assert str(kind_of(b"a 1 2 3\n")).startswith("text without a header, as GloVe's: KeyedVectors.load_word2vec_format")
    assert str(kind_of(b"a\t1 2 3\n")).startswith("text without a header, as GloVe's: a tab follows the key b'a'")
    assert kind_of(b"a 1 2 3\n", texts=False) is None
    assert kind_of(b"1 3\na 1 2 3\n", texts=False) is None
    assert kind_of(b"words and words\n") is None
    assert kind_of(b"x" * 257 + b"ustar" + b"x" * 10) == "a tar archive: unpack it first, with tar xf"
    assert kind_of(b"x" * 256 + b"ustar" + b"x" * 10) is None


def test_what_a_reader_wants() -> None:
    require_format("f", {"format": "fastemb.Phrases", "version": "1"}, "fastemb.Phrases", "1")
    with pytest.raises(ValueError, match=r"^f: holds no Phrases; it is a graph: fastemb\.graphs\.Graph\.load reads it"):
        require_format("f", {"format": "fastemb.Graph", "version": "1"}, "fastemb.Phrases", "1")
    with pytest.raises(ValueError, match=r"^f: holds no Phrases$"):
        require_format("f", {"format": "other"}, "fastemb.Phrases", "1")
    with pytest.raises(ValueError, match=r"^f: written by a newer fastemb \(format 2\)$"):
        require_format("f", {"format": "fastemb.Phrases", "version": "2"}, "fastemb.Phrases", "1")
    assert reader_of({}) == ""
