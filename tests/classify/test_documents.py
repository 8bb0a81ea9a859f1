"""Texts as rows and labels, against a slow twin of fastText's dictionary."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import documents as slow

from fastemb.classify.dictionary import Limits, counted, key_table
from fastemb.classify.features import Documents, Features
from fastemb.classify.lines import blocks, joined
from fastemb.io.formats.fasttext_parts import Arguments, Dictionary

PIECES = [
    "the", "of", "Zürich", "東京", "🙂", "e\u0301te\u0301", "x" * 50, "a", "</s>", "<", ">", "__label__", "__label__a",
    "__label__b", "__label__ü", "__labe", "\u00a0", "\u2003", " ", "  ", "\t", "\r\n", "\n", "\n\n", "\v", "\f", "\0",
]  # fmt: skip
TEXT = (
    "".join(random.Random(1).choices([*(piece + " " for piece in PIECES[:18]), *PIECES], k=3000)).encode()
    + b"\xff \x80\xa0 \xc3\n"
)
KINDS = {
    "words": {},
    "n-grams of characters": {"minn": 2, "maxn": 4, "bucket": 97},
    "n-grams of one character on": {"minn": 0, "maxn": 3, "bucket": 1 << 30},
    "pairs of words": {"word_ngrams": 2, "bucket": 1000},
    "all": {"minn": 3, "maxn": 3, "word_ngrams": 5, "bucket": 1},
}


def lists(found: Documents) -> list[tuple[list[int], list[int]]]:
    ends = zip(found.offsets, found.offsets[1:], found.label_offsets, found.label_offsets[1:], strict=False)
    return [(found.rows[a:b].tolist(), found.labels[c:d].tolist()) for a, b, c, d in ends]


def dictionary_of(data: bytes, **limits: int) -> Dictionary:
    return counted(iter([data]), Limits(**limits), threads=1)


@pytest.mark.parametrize("limits", [{}, {"min_count": 3, "min_count_label": 50}, {"min_count": 0}])
@pytest.mark.parametrize("threads", [1, 3])
def test_words_and_labels_are_counted(limits: dict[str, int], threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastemb.classify.dictionary._PIECE", 100)
    names, words, counts = slow.counted(
        TEXT, limits.get("min_count", 1), limits.get("min_count_label", 0), b"__label__"
    )
    lines = TEXT.splitlines(keepends=True)
    found = counted(iter(b"".join(lines[at : at + 7]) for at in range(0, len(lines), 7)), Limits(**limits), threads)
    assert found.names == names
    assert (found.words, found.counts.tolist()) == (words, counts)
    assert found.tokens == len(list(slow.tokens(TEXT)))


def test_another_prefix() -> None:
    found = counted(iter([b"#a b #a #\n"]), Limits(prefix=b"#"))
    assert (found.names, found.words) == ([b"b", b"</s>", b"#a", b"#"], 2)


@pytest.mark.parametrize("text", [b"", b"\0", b"  \t"])
def test_a_text_without_words(text: bytes) -> None:
    found = dictionary_of(text)
    assert (found.names, found.tokens) == ([], 0)
    assert lists(Features(found, Arguments(1)).documents(b"a\n")) == [([], [])]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", [TEXT, TEXT[: len(TEXT) // 20], b"other\n"], ids=["all", "some", "none"])
def test_rows_and_labels_of_a_file(kind: str, known: bytes) -> None:
    found = dictionary_of(known)
    features = Features(found, Arguments(1, **KINDS[kind]))
    for data in (TEXT, TEXT[:-1], b"</s>", b"a </s> b", b"\n\n", b"a"):
        assert lists(features.documents(data)) == list(slow.documents(data, found.names, found.words, **KINDS[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_labels_of_lines(kind: str) -> None:
    found = dictionary_of(TEXT)
    features = Features(found, Arguments(1, **KINDS[kind]))
    lines = TEXT.split(b"\n")
    expected = [next(slow.documents(line + b"\n", found.names, found.words, **KINDS[kind])) for line in lines]
    assert lists(features.documents(b"\n".join([*lines, b""]), whole=False)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_any_length_anywhere_before_the_end(kind: str) -> None:
    words = [bytes([97 + number % 5]) * number for number in range(1, 30)] + [b"\x01", b"a\x02b", b"aaaaaaa\x1f"]
    data = b" ".join(random.Random(2).choices(words, k=300)) + b"\n"
    found = dictionary_of(data)
    features = Features(found, Arguments(1, **KINDS[kind]))
    for cut in range(1, 80):
        whole = bytes(bytearray(data[-cut:-1]))  # which ends where its memory does
        assert lists(features.documents(whole)) == list(slow.documents(whole, found.names, found.words, **KINDS[kind]))
    assert lists(features.documents(data)) == list(slow.documents(data, found.names, found.words, **KINDS[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_room_is_made_as_it_is_needed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dictionary_of(TEXT)
    features = Features(found, Arguments(1, **KINDS[kind]))
    expected = lists(features.documents(TEXT))
    monkeypatch.setattr("fastemb.classify.features._FIRST_ROOM", 1)
    assert lists(Documents.joined(part for line in TEXT.splitlines(True) for part in features.parts(line))) == expected


def test_a_pruned_model_keeps_some_ngrams() -> None:
    found = dictionary_of(TEXT)
    kept = {7: 0, 96: 1, 3: 2, 50: 3}
    pruned = replace(found, pruned=np.array(list(kept.items()), np.int32))
    options = {**KINDS["n-grams of characters"], "word_ngrams": 3}
    for pairs, table in ((pruned.pruned, kept), (np.empty((0, 2), np.int32), {})):
        features = Features(replace(found, pruned=pairs), Arguments(1, **options))
        expected = list(slow.documents(TEXT, found.names, found.words, pruned=table, **options))
        assert lists(features.documents(TEXT)) == expected


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3)), st.sampled_from(sorted(KINDS)))
def test_any_text(pieces: list[str], kind: str) -> None:
    data = "".join(pieces).encode("utf-8", "surrogatepass")
    found = dictionary_of(data)
    names, words, counts = slow.counted(data, 1, 0, b"__label__")
    assert (found.names, found.words, found.counts.tolist()) == (names, words, counts)
    made = Features(found, Arguments(1, **KINDS[kind])).documents(data)
    assert lists(made) == list(slow.documents(data, names, words, **KINDS[kind]))


@given(st.binary(), st.integers(1, 30))
def test_pieces_of_a_file_are_whole_lines(data: bytes, block: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(b"." + data)
        pieces = list(blocks(path, block))
    assert b"".join(pieces) == b"." + data
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])


def test_a_line_that_never_ends_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastemb.classify.lines.LONGEST_LINE", 1000)
    path = tmp_path / "x"
    path.write_bytes(b"short\n" + b"a" * 1000 + b"\nend")
    assert b"".join(blocks(path, 100)) == path.read_bytes()
    path.write_bytes(b"short\n" + b"a" * 1200)
    with pytest.raises(ValueError, match=f"{path}: a line of more than 1,000 bytes: this is no text, or has no lines"):
        list(blocks(path, 100))


def test_lines_are_joined() -> None:
    assert list(joined([b"a", b"", b"ccc"], 3)) == [b"a\n\n", b"ccc\n"]
    assert list(joined([])) == []


def test_a_name_that_comes_twice_is_refused() -> None:
    twice = Dictionary.of([b"a", b"b", b"a"], 3, np.ones(3, np.int64), 3)
    with pytest.raises(ValueError, match="'a' is in the dictionary twice"):
        key_table(twice)


@pytest.mark.parametrize(
    ("arguments", "pruned", "message"),
    [
        (Arguments(1, word_ngrams=2), None, "n-grams need buckets"),
        (Arguments(1, maxn=3), None, "n-grams need buckets"),
        (Arguments(1, bucket=2**31 - 1), None, "32 bits"),
        (Arguments(1, maxn=3, bucket=9), [[1, 0], [1, 1]], "kept twice"),
        (Arguments(1, maxn=3, bucket=9), [[-1, 0]], "negative"),
        (Arguments(1, maxn=3, bucket=9), [[1, -1]], "negative"),
    ],
)
def test_features_that_make_no_sense(arguments: Arguments, pruned: list[list[int]] | None, message: str) -> None:
    found = replace(dictionary_of(b"a b\n"), pruned=None if pruned is None else np.array(pruned, np.int32))
    with pytest.raises(ValueError, match=message):
        Features(found, arguments)
