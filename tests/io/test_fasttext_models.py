"""Models of fastText: n-grams as a slow twin finds them, damaged files, and what is written."""

from __future__ import annotations

import gzip
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb.io.formats import VectorTable, fasttext_model, read_vectors, write_vectors
from fastemb.io.formats.fasttext_parts import Arguments, Dictionary, matrix_bytes, matrix_start, parts
from fastemb.io.formats.fasttext_subwords import subword_rows
from fastemb.io.unpack import TruncatedFileError

NAMES = [b"cat", "Zürich".encode(), "東京".encode(), b"</s>", b"a", "🙂".encode()]
BUCKET = 7


def slow_rows(name: bytes, minn: int, maxn: int, bucket: int) -> list[int]:
    """The n-grams of a word, one after the other."""
    if name == b"</s>":
        return []
    characters: list[bytes] = []
    for byte in b"<" + name + b">":
        if byte & 0xC0 == 0x80:
            characters[-1] += bytes([byte])
        else:
            characters.append(bytes([byte]))
    found = []
    for begin in range(len(characters)):
        for length in range(max(1, minn), maxn + 1):
            end = begin + length
            if end <= len(characters) and not (length == 1 and (begin == 0 or end == len(characters))):
                hashed = 2166136261
                for byte in b"".join(characters[begin:end]):
                    hashed ^= (byte if byte < 128 else byte - 256) % 2**32
                    hashed = hashed * 16777619 % 2**32
                found.append(hashed % bucket)
    return found


words = st.one_of(
    st.text(min_size=1, max_size=12).map(lambda text: text.encode("utf8", "replace")), st.binary(min_size=1, max_size=9)
)


@given(
    st.lists(words.filter(lambda word: b"\0" not in word), max_size=6),
    st.integers(0, 4),
    st.integers(0, 7),
    st.sampled_from([1, 50, 2_000_000, 2**31 - 1]),
)
def test_ngrams_are_those_of_a_slow_twin(names: list[bytes], minn: int, maxn: int, bucket: int) -> None:
    numbers, offsets = subword_rows([*names, b"</s>"], minn, maxn, bucket)
    expected = [slow_rows(name, minn, maxn, bucket) for name in [*names, b"</s>"]]
    found = [numbers[begin:end].tolist() for begin, end in pairwise(offsets)]
    assert found == expected


def model(minn: int = 2, maxn: int = 4, kind: int = 2, labels: int = 0) -> tuple[bytes, np.ndarray, np.ndarray]:
    """A file, and its input matrix and counts."""
    rng = np.random.default_rng(3)
    names = NAMES + [b"__label__%d" % number for number in range(labels)]
    counts = np.arange(len(names), 0, -1) * 5
    inputs = rng.normal(size=(len(NAMES) + BUCKET, 3)).astype(np.float32)
    start = b"".join(
        parts(
            Arguments(3, minn=minn, maxn=maxn, bucket=BUCKET, model=kind), Dictionary.of(names, len(NAMES), counts, 99)
        )
    )
    outputs = np.zeros((4, 3))
    content = matrix_start(*inputs.shape) + matrix_bytes(inputs) + matrix_start(4, 3) + matrix_bytes(outputs)
    return start + content, inputs, counts


def of_the_oldest(content: bytes) -> bytes:
    """The same model as fastText wrote it before its version 0.1."""
    outputs = len(content) - 4 * 12 - 17  # where the output matrix begins
    names = content[8 + 56 + 28 :]
    inputs = len(content) - 4 * 12 - 17 - 4 * 3 * (len(NAMES) + BUCKET) - 17
    return (
        content[8 : 8 + 56 + 20]
        + names[: inputs - (8 + 56 + 28)]
        + content[inputs + 1 : outputs]
        + content[outputs + 1 : outputs + 17]
        + struct.pack("<12f", *np.zeros(12))
    )


@pytest.mark.parametrize("compressed", [False, True])
def test_files_of_before_there_were_versions_are_read(compressed: bool, tmp_path: Path) -> None:
    content, _, counts = model()
    new, old = tmp_path / "new.bin", tmp_path / ("old.bin.gz" if compressed else "old.bin")
    new.write_bytes(content)
    old.write_bytes(gzip.compress(of_the_oldest(content)) if compressed else of_the_oldest(content))
    expected, found = fasttext_model.read_whole(new), fasttext_model.read_whole(old)
    assert found.arguments == expected.arguments
    assert found.dictionary.names == expected.dictionary.names
    np.testing.assert_array_equal(found.dictionary.counts, counts)
    np.testing.assert_array_equal(found.inputs, expected.inputs)
    np.testing.assert_array_equal(found.outputs, expected.outputs)
    for size in (3, 20, 59, 100, len(of_the_oldest(content)) - 1):
        old.write_bytes(of_the_oldest(content)[:size])
        with pytest.raises(ValueError, match=r"no model of fastText|the file ends"):
            fasttext_model.read_whole(old)
    for place, most in ((4, 1000), (8, 1_000_000)):  # ws, epoch
        for usual in (1, most):
            changed = bytearray(of_the_oldest(content))
            changed[place : place + 4] = struct.pack("<i", usual)
            old.write_bytes(changed)
            read = fasttext_model.read_whole(old).arguments
            assert usual == (read.ws if place == 4 else read.epoch)
    others = ((24, 4), (28, 0), (36, 9))  # loss, model, minn
    for place, wrong in ((0, 2**30), (4, 0), (4, 1001), (8, 0), (8, 1_000_001), *others):
        damaged = bytearray(of_the_oldest(content))
        damaged[place : place + 4] = struct.pack("<i", wrong)
        old.write_bytes(damaged)
        with pytest.raises(ValueError, match="this is no model of fastText: its first bytes are others"):
            fasttext_model.read_whole(old)


@pytest.mark.parametrize("version", [11, 12])
@pytest.mark.parametrize(("kind", "labels"), [(1, 0), (2, 0), (3, 2)])
def test_a_word_has_the_mean_of_its_rows(version: int, kind: int, labels: int, tmp_path: Path) -> None:
    content, inputs, counts = model(kind=kind, labels=labels)
    (tmp_path / "x.bin").write_bytes(content[:4] + struct.pack("<i", version) + content[8:])
    found = read_vectors(tmp_path / "x.bin")
    assert list(found.keys) == [name.decode() for name in NAMES]
    assert found.attributes["count"].tolist() == counts[: len(NAMES)].tolist()
    for row, name in enumerate(NAMES):
        rows = [] if (version, kind) == (11, 3) else slow_rows(name, 2, 4, BUCKET)
        taken = [row, *(len(NAMES) + number for number in rows)]
        assert found.vectors[row] == pytest.approx(inputs[taken].astype(np.float64).mean(axis=0), rel=1e-6)


def test_many_words_take_several_parts(tmp_path: Path) -> None:
    names = [b"%d" % number for number in range(40_000)]
    inputs = np.random.default_rng(4).normal(size=(len(names) + BUCKET, 2)).astype(np.float32)
    dictionary = Dictionary.of(names, len(names), np.ones(len(names), np.int64), 5)
    with open(tmp_path / "x", "wb") as file:
        file.writelines(parts(Arguments(2, minn=3, maxn=3, bucket=BUCKET), dictionary))
        file.write(matrix_start(*inputs.shape) + matrix_bytes(inputs) + matrix_start(0, 2))
    found = read_vectors(tmp_path / "x")
    assert list(found.keys)[-1] == "39999"
    for row in (0, 16_383, 16_384, 39_999):
        taken = [row, *(len(names) + number for number in slow_rows(names[row], 3, 3, BUCKET))]
        assert found.vectors[row] == pytest.approx(inputs[taken].astype(np.float64).mean(axis=0), rel=1e-6)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_ends_anywhere_is_refused(packed: bool, tmp_path: Path) -> None:
    content, _, _ = model(labels=1, kind=3)
    for end in range(4, len(content)):
        (tmp_path / "x").write_bytes(gzip.compress(content[:end]) if packed else content[:end])
        with pytest.raises(TruncatedFileError, match=r"x: .*(the file ends)"):
            read_vectors(tmp_path / "x")


START = 8  # of the arguments
COUNTS = START + 12 * 4 + 8
SHAPE = len(model()[0]) - 4 * 3 * 4 - 17 - 4 * 3 * (len(NAMES) + BUCKET) - 16


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("at", "kind", "value", "message"),
    [
        (4, "<i", 13, "version 13; versions 11 and 12 can be read"),
        (4, "<i", -1, "version -1"),
        (START, "<i", 0, "0 dimensions"),
        (START, "<i", 2**30, "1,073,741,824 dimensions"),
        (START, "<i", 4, "input matrix of shape"),
        (START + 28, "<i", 7, "a model of kind 7"),
        (START + 32, "<i", -1, "-1 rows for n-grams"),
        (START + 32, "<i", 8, "6 words, 8 rows for n-grams and 3 dimensions are expected"),
        (COUNTS, "<i", 2**31 - 1, "a dictionary of 2147483647 names, 6 words and 0 labels"),
        (COUNTS, "<3i", (2**31 - 1, 2**31 - 1, 0), "the file ends|of the wrong kind|zero|longer than|has 0 bytes"),
        (COUNTS, "<3i", (6, 5, 1), "name 6 is of the wrong kind"),
        (COUNTS, "<3i", (0, 0, 0), "a dictionary of 0 names"),
        (COUNTS + 20, "<q", 3, "the file ends|neither 0 nor 1"),
        (COUNTS + 20, "<q", 2**62, "n-grams that are kept"),
        (SHAPE - 1, "<b", 1, "the lengths of the input matrix are quantised, is neither 0 nor 1"),
        (SHAPE - 1, "<b", 2, "neither 0 nor 1"),
        (SHAPE, "<q", 2**62, "the input matrix of shape|an input matrix of shape"),
        (SHAPE, "<q", -1, "shape"),
        (SHAPE + 8, "<q", 2**40, "shape"),
        (len(model()[0]) - 64, "<q", 2**40, "the output matrix"),
    ],
)
def test_numbers_that_do_not_fit(
    packed: bool, at: int, kind: str, value: int | tuple[int, ...], message: str, tmp_path: Path
) -> None:
    content = bytearray(model()[0])
    struct.pack_into(kind, content, at, *(value if isinstance(value, tuple) else (value,)))
    (tmp_path / "x").write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(ValueError, match=message):
        read_vectors(tmp_path / "x")


def test_more_after_the_end_and_line_ends_in_words(tmp_path: Path) -> None:
    content, _, _ = model()
    (tmp_path / "x").write_bytes(content + b"!")
    with pytest.raises(ValueError, match="goes on after the last matrix"):
        read_vectors(tmp_path / "x")
    (tmp_path / "x").write_bytes(content.replace(b"cat\0", b"c\nt\0"))
    with pytest.raises(ValueError, match="a word has a line end in it"):
        read_vectors(tmp_path / "x")


def test_words_of_another_encoding_and_those_that_come_twice(tmp_path: Path) -> None:
    content, _, counts = model()
    (tmp_path / "x").write_bytes(content.replace(b"cat\0", b"c\xe4t\0"))
    with pytest.raises(UnicodeDecodeError, match=r"key of vector 1 of .*latin-1"):
        read_vectors(tmp_path / "x")
    assert "c\xe4t" in read_vectors(tmp_path / "x", encoding="latin-1").keys
    (tmp_path / "x").write_bytes(content.replace(b"cat\0", b"a\xe4\0"))
    with pytest.warns(match="1 vectors are left out, whose key came before, such as 'a'"):
        found = read_vectors(tmp_path / "x", unicode_errors="ignore")
    assert list(found.keys) == ["a", "Zürich", "東京", "</s>", "🙂"]
    assert found.attributes["count"].tolist() == counts[[0, 1, 2, 3, 5]].tolist()
    assert len(found.vectors) == 5


def test_what_is_written_has_counts_and_no_ngrams(tmp_path: Path) -> None:
    table = VectorTable(["b", "a", "c"], np.eye(3, dtype=np.float32), {"count": np.array([2, 2**40, 0])})
    write_vectors(tmp_path / "x.gz", table, format="fasttext")
    found = read_vectors(tmp_path / "x.gz")
    assert list(found.keys) == ["a", "b", "c"]
    assert found.vectors.tolist() == table.vectors[[1, 0, 2]].tolist()
    assert found.attributes["count"].tolist() == [2**40, 2, 1]


@pytest.mark.parametrize("key", ["", "new york", "a\nb", "a\0b", "a\tb", "\ud800", "x" * 70_000, None])
def test_keys_that_fasttext_does_not_read(key: str | None, tmp_path: Path) -> None:
    table = VectorTable([key, "a"], np.eye(2, dtype=np.float32))
    with pytest.raises(ValueError, match=r"x: .*(key|fastText cannot hold)"):
        write_vectors(tmp_path / "x", table, format="fasttext")
    with pytest.raises(ValueError, match="cannot hold no vectors"):
        write_vectors(tmp_path / "x", VectorTable([], np.zeros((0, 2), np.float32)), format="fasttext")
    assert list(tmp_path.iterdir()) == []


def test_ngrams_of_words_without_rows_are_refused(tmp_path: Path) -> None:
    start = b"".join(
        parts(Arguments(3, word_ngrams=2, model=3), Dictionary.of([b"a", b"__label__b"], 1, np.ones(2, int), 2))
    )
    matrix = matrix_start(1, 3) + matrix_bytes(np.ones((1, 3)))
    content = start + matrix + matrix
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{path}: there are n-grams, but no rows for them"):
        fasttext_model.read_whole(path)
    path.write_bytes(content.replace(struct.pack("<6i", 3, 5, 5, 1, 5, 2), struct.pack("<6i", 3, 5, 5, 1, 5, 1)))
    assert fasttext_model.read_whole(path).inputs.shape == (1, 3)
