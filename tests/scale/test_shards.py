"""A text that nodes read in parts is the same text, with the same vocabulary, as one machine reads."""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb import Corpus
from fastemb.corpus.splitting import TextOptions
from fastemb.corpus.vocabulary import NothingKeptError, Selection
from fastemb.scale.pieces import Piece
from fastemb.scale.shards import counted, parquet_shards, text_shards

LINES = st.lists(st.text("ab \nä", max_size=12), min_size=1, max_size=30)


def read(shards: list, selection: Selection) -> tuple[list, list, list]:
    """The sentences of all shards, and the vocabulary."""
    parts, sentences = [], []
    for shard in shards:
        try:
            corpus = shard.read(1)
        except NothingKeptError:
            continue
        parts.append((corpus.vocabulary.keys, corpus.vocabulary.counts))
        sentences += list(corpus)
    vocabulary = counted(parts, selection, "text")
    return sentences, vocabulary.keys, vocabulary.counts.tolist()


@given(LINES, st.integers(1, 7), st.booleans(), st.integers(1, 3), st.none() | st.integers(1, 3))
def test_shards_together_are_the_text(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], nodes: int, ends: bool, least: int, most: int | None
) -> None:
    folder = tmp_path_factory.mktemp("text")
    (folder / "one.txt").write_bytes(("\n".join(lines) + "\n" * ends).encode())
    (folder / "two.txt").write_bytes(b"a b\nc")
    try:
        whole = Corpus.from_file(folder, min_count=least, max_vocab_size=most)
    except NothingKeptError:
        return
    shards = text_shards(folder, TextOptions(), nodes)
    assert len(shards) == nodes
    sentences, keys, counts = read(shards, Selection(least, None, None, most))
    assert (keys, counts) == (whole.vocabulary.keys, whole.vocabulary.counts.tolist())
    known = set(keys)
    found = [[word for word in sentence if word in known] for sentence in sentences]
    assert [one for one in found if one] == [one for one in whole if one]


def test_sentences_without_words_stay_in_place(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a b\n\n\nc d\n\n", encoding="utf-8")
    whole = Corpus.from_file(path)
    for nodes in range(1, 6):
        lengths = [len(shard.read(1)) for shard in text_shards(path, TextOptions(), nodes) if _has_words(shard)]
        assert sum(lengths) <= len(whole)


def _has_words(shard: object) -> bool:
    try:
        shard.read(1)  # type: ignore[attr-defined]
    except NothingKeptError:
        return False
    return True


def test_a_compressed_file_goes_to_one_node(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.gz", "wt", encoding="utf-8") as file:
        file.write("x y z\n" * 500)
    (tmp_path / "b.txt").write_text("x y\n" * 10, encoding="utf-8")
    shards = text_shards(tmp_path, TextOptions(), 3)
    paths = [piece.path for shard in shards for piece in shard.pieces]
    assert paths.count(str(tmp_path / "a.gz")) == 1
    assert all(piece.end is None for shard in shards for piece in shard.pieces if piece.path.endswith("gz"))
    assert len(read(shards, Selection())[0]) == 510


def test_a_part_that_begins_as_a_compressed_file_does_is_text(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a b\n" * 10 + "BZh9x b\n" * 5, encoding="utf-8")
    shards = text_shards(path, TextOptions(), 2)
    assert list(shards[1].read(1)) == [["BZh9x", "b"]] * 5
    assert read(shards, Selection())[1] == ["b", "a", "BZh9x"]


def test_text_that_is_not_utf8_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("añ b\n" * 50, encoding="utf-16")
    shards = text_shards(path, TextOptions(encoding="utf-16"), 4)
    assert sorted(len(shard.pieces) for shard in shards) == [0, 0, 0, 1]
    assert read(shards, Selection())[1] == ["añ", "b"]


def test_an_error_names_the_file_and_the_byte_from_which_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"a b\n" * 100 + b"bad \xff\n" + b"a b\n" * 5)
    shards = text_shards(path, TextOptions(), 2)
    with pytest.raises(ValueError, match=r"text from byte \d+ on, line \d+: .*UTF-8"):
        shards[1].read(1)


def test_what_no_node_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("a b\n", encoding="utf-8")
    with path.open("rb") as file, pytest.raises(TypeError, match="give a path instead"):
        text_shards(file, TextOptions(), 2)
    with pytest.raises(FileNotFoundError):
        text_shards(tmp_path / "none", TextOptions(), 2)


def test_a_piece_that_begins_within_the_last_line_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("one long line without an end", encoding="utf-8")
    with Piece(str(path), 5, 20).opened().open() as file:
        assert file.read() == codecs.BOM_UTF8  # which a reader takes away
        assert file.read() == b""
    with Piece(str(path), 0, 5).opened().open() as file:
        assert file.read() == path.read_bytes()


def test_row_groups_are_shared_out(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [f"w{n} w{n % 7}" for n in range(100)]
    parquet.write_table(pa.table({"text": rows, "other": rows}), tmp_path / "a.parquet", row_group_size=9)
    parquet.write_table(pa.table({"text": rows[:20]}), tmp_path / "b.parquet")
    whole = Corpus.from_parquet(tmp_path, "text")
    for nodes in (1, 2, 5, 20):
        sentences, keys, counts = read(parquet_shards(tmp_path, "text", TextOptions(), nodes), Selection())
        assert (keys, counts) == (whole.vocabulary.keys, whole.vocabulary.counts.tolist())
        assert sentences == list(whole)
    with pytest.raises(ValueError, match="there is no column 'txt'"):
        parquet_shards(tmp_path, "txt", TextOptions(), 2)
    with pytest.raises(ValueError, match="give column="):
        parquet_shards(tmp_path / "a.parquet", None, TextOptions(), 2)


def test_words_that_tie_keep_the_order_in_which_they_first_occur() -> None:
    parts = [(["b", "a"], np.array([1, 2])), (["c", "b"], np.array([2, 1]))]
    vocabulary = counted(parts, Selection(), "text")
    assert (vocabulary.keys, vocabulary.counts.tolist()) == (["b", "a", "c"], [2, 2, 2])
    with pytest.raises(NothingKeptError, match="text: there is no word"):
        counted([([], np.array([], np.int64))], Selection(), "text")
