"""Text files that people give: with a byte order mark, in another encoding, damaged, endless."""

from __future__ import annotations

import bz2
import codecs
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb
from fastemb import KeyedVectors
from fastemb.io.input_file import LONGEST_LINE, open_text_source
from fastemb.models.word2vec import BrownCorpus, PathLineSentences

WORDS = ["king", "queen", "man", "woman"]
ROWS = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0], [0, 1, 0]], np.float32)


@pytest.fixture
def vectors() -> KeyedVectors:
    made = KeyedVectors(3)
    made.add_vectors(WORDS, ROWS)
    return made


def vectors_of(**options: Any) -> Callable[[Path, KeyedVectors], object]:
    def read(path: Path, _: KeyedVectors) -> object:
        found = KeyedVectors.load_word2vec_format(path, **options)
        return found.index_to_key, found.vectors.tolist()

    return read


def counts_of(path: Path, vectors: KeyedVectors) -> object:
    vectors.save_word2vec_format(path.with_name("v"))
    found = KeyedVectors.load_word2vec_format(path.with_name("v"), fvocab=path)
    return [found.get_vecattr(word, "count") for word in WORDS]


def any_vectors(path: Path, _: KeyedVectors) -> object:
    found = fastemb.load_vectors(path)
    return found.index_to_key, found.vectors.tolist()


def binary_file() -> bytes:
    records = (word.encode() + b" " + row.tobytes() for word, row in zip(WORDS, ROWS, strict=True))
    return b"4 3\n" + b"".join(records)


TEXT = "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in zip(WORDS, ROWS.tolist(), strict=True)).encode()
READERS: dict[str, tuple[bytes, Callable[[Path, KeyedVectors], object]]] = {
    "word2vec text": (b"4 3\n" + TEXT, vectors_of()),
    "text without header": (TEXT, vectors_of(no_header=True)),
    "word2vec binary": (binary_file(), vectors_of(binary=True)),
    "load_vectors, text": (b"4 3\n" + TEXT, any_vectors),
    "load_vectors, no header": (TEXT, any_vectors),
    "load_vectors, binary": (binary_file(), any_vectors),
    "intersect": (b"4 3\n" + TEXT, lambda path, vectors: vectors.intersect_word2vec_format(path)),
    "fvocab": (b"king 9\nqueen 7\nman 5\nwoman 3\n", counts_of),
    "word pairs": (
        b"king\tqueen\t7\nking\tman\t5\nqueen\twoman\t4\n",
        lambda path, vectors: vectors.evaluate_word_pairs(path),
    ),
    "analogies": (b": one\nman king woman queen\n", lambda path, vectors: vectors.evaluate_word_analogies(path)),
    "LineSentence": (b"king queen\n", lambda path, _: list(fastemb.LineSentence(path))),
    "PathLineSentences": (b"king queen\n", lambda path, _: list(PathLineSentences(path))),
    "Text8Corpus": (b"king queen\n", lambda path, _: list(fastemb.Text8Corpus(path))),
    "BrownCorpus": (b"king/nn queen/nn\n", lambda path, _: list(BrownCorpus(path.parent))),
    "Corpus": (b"king queen\n", lambda path, _: fastemb.Corpus.from_file(path).vocabulary.keys),
}


@pytest.mark.filterwarnings("ignore:.*all numbers are whole")
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
@pytest.mark.parametrize("reader", READERS)
def test_a_byte_order_mark_is_no_part_of_the_text(
    reader: str, pack: Callable[[bytes], bytes], tmp_path: Path, vectors: KeyedVectors
) -> None:
    if reader == "BrownCorpus" and pack is not bytes:
        pytest.skip("its files are not unpacked")
    data, read = READERS[reader]
    found = []
    for mark in (b"", codecs.BOM_UTF8):
        (tmp_path / str(len(mark))).mkdir()
        (tmp_path / str(len(mark)) / "x").write_bytes(pack(mark + data))
        found.append(read(tmp_path / str(len(mark)) / "x", vectors))
    assert found[0] == found[1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize(
    "reader",
    [name for name in READERS if "binary" not in name and name != "BrownCorpus"],
)
def test_other_unicode_says_so(reader: str, encoding: str, tmp_path: Path, vectors: KeyedVectors) -> None:
    data, read = READERS[reader]
    (tmp_path / "x").write_bytes(data.decode().encode(encoding))
    with pytest.raises(ValueError, match=r"x: .*UTF-(16|8)|x: not UTF-8"):
        read(tmp_path / "x", vectors)


@pytest.mark.parametrize("data", [b"", b"a", b"ab", b"\xef\xbb", b"abc", b"\xef\xbb\xbf", b"\xef\xbb\xbfa"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_files_as_short_as_the_mark(data: bytes, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(pack(data))
    with open_text_source(tmp_path / "x") as (file, _):
        assert file.read() == data.removeprefix(codecs.BOM_UTF8)


LISTS = ["fvocab", "word pairs", "analogies"]


@pytest.mark.parametrize("reader", LISTS)
def test_bytes_that_are_no_text_name_file_line_and_remedy(reader: str, tmp_path: Path, vectors: KeyedVectors) -> None:
    data, read = READERS[reader]
    (tmp_path / "x").write_bytes(data + b"caf\xe9 1 2 3\n")
    number = data.count(b"\n") + 1
    message = rf"byte 0xe9 in position 3: .*x: line {number} is not utf-?8: b'caf.*: \w+"
    with pytest.raises(UnicodeDecodeError, match=message) as caught:
        read(tmp_path / "x", vectors)
    remedies: dict[str, Callable[[], object]] = {
        "see unicode_errors": lambda: KeyedVectors.load_word2vec_format(
            tmp_path / "v", fvocab=tmp_path / "y", unicode_errors="ignore"
        ),
        "save it as UTF-8, or give encoding=": lambda: vectors.evaluate_word_pairs(tmp_path / "x", encoding="latin-1"),
        "save it as UTF-8": lambda: vectors.evaluate_word_analogies(tmp_path / "y"),
    }
    remedy = str(caught.value).rpartition(": ")[2]
    (tmp_path / "y").write_bytes(data + (b"caf\xe9 1\n" if remedy == "see unicode_errors" else "café\n".encode()))
    assert remedies[remedy]() is not None


@pytest.mark.parametrize("reader", LISTS)
def test_a_line_without_end_is_refused_at_once(reader: str, tmp_path: Path, vectors: KeyedVectors) -> None:
    (tmp_path / "x").write_bytes(gzip.compress(b"x" * (LONGEST_LINE + 1)))
    with pytest.raises(ValueError, match=r"x: line 1 is longer than 1,048,576 bytes: b'xxx"):
        READERS[reader][1](tmp_path / "x", vectors)


def test_an_encoding_that_is_none(tmp_path: Path, vectors: KeyedVectors) -> None:
    for encoding in ("x-none", "rot13"):
        with pytest.raises(ValueError, match="no encoding of text"):
            vectors.evaluate_word_pairs(tmp_path / "x", encoding=encoding)


@pytest.mark.parametrize("count", [str(2**63), "9" * 19, "9" * 30_000, "9" * 19 + ".0", "-1", "1e3", "٣"])
def test_counts_that_are_none(count: str, tmp_path: Path, vectors: KeyedVectors) -> None:
    (tmp_path / "x").write_text(f"king 1\nqueen {count}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"x: line 2.*(the count [0-9]+ is too large|is not a key and a count)"):
        counts_of(tmp_path / "x", vectors)


def test_large_counts_with_zeros_before_them(tmp_path: Path, vectors: KeyedVectors) -> None:
    (tmp_path / "x").write_text(f"king {'0' * 30}999999999999999999\nqueen 1\nman 1\nwoman 1\n")
    assert counts_of(tmp_path / "x", vectors) == [999999999999999999, 1, 1, 1]


@pytest.mark.parametrize("number", [str(2**63), str(2**64), "9" * 5000])
@pytest.mark.parametrize("place", ["{} 3", "3 {}", "{} {}"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("binary", [False, True])
def test_headers_with_large_numbers(
    number: str, place: str, pack: Callable[[bytes], bytes], binary: bool, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(pack(place.format(number, number).encode() + b"\n" + TEXT))
    for read in (
        lambda: KeyedVectors.load_word2vec_format(tmp_path / "x", binary=binary),
        lambda: fastemb.load_vectors(tmp_path / "x"),
    ):
        with pytest.raises(ValueError, match="x: "):
            read()


@pytest.mark.parametrize("digits", [5000, 30_000])
def test_numbers_of_many_digits(digits: int, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(f"1 2\nking {'1' * digits} 0.{'1' * digits}\n")
    found = KeyedVectors.load_word2vec_format(tmp_path / "x")
    assert found["king"].tolist() == [np.inf, np.float32(1 / 9)]
