"""Datasets, weights, ids and iterators of texts that are given to a corpus, and those that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Documents, PathLineSentences, TaggedDocument, TaggedLineDocument, Text8Corpus

SENTENCES = [["the", "old", "king"], ["the", "queen"]]


class Dataset:
    """As much of a dataset of Hugging Face's as is read: in memory, or streamed, where columns are not known."""

    def __init__(self, table: Any, streamed: bool = False) -> None:
        self.table, self.streamed = table, streamed

    @property
    def column_names(self) -> list[str] | None:
        return None if self.streamed else self.table.column_names

    def select_columns(self, names: list[str]) -> Dataset:
        return Dataset(self.table.select(names))

    def with_format(self, kind: str) -> Dataset:
        assert kind == "arrow"
        return self

    def iter(self, batch_size: int) -> Iterator[Any]:
        yield self.table.slice(0, 1)
        yield self.table.slice(1)


class Splits(dict):  # type: ignore[type-arg]
    def with_format(self, kind: str) -> Splits:
        return self


Dataset.__module__ = Splits.__module__ = "datasets.arrow_dataset"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_dataset_is_read_piece_by_piece(streamed: bool) -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"text": [" ".join(one) for one in SENTENCES], "other": [1, 2]})
    found = Corpus.from_arrow(Dataset(table, streamed), "text", min_count=1)
    assert [list(one) for one in found] == [list(one) for one in Corpus.from_sentences(SENTENCES, min_count=1)]
    message = "a streamed dataset does not tell its columns" if streamed else "give column=, one of 'text', 'other'"
    with pytest.raises(ValueError, match=message):
        Corpus.from_arrow(Dataset(table, streamed))
    with pytest.raises(ValueError, match="there is no column 'x', but 'text', 'other'"):
        Corpus.from_arrow(Dataset(table, streamed), "x")


def test_all_splits_of_a_dataset() -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(TypeError, match="take one split of"):
        Corpus.from_arrow(Splits(train=1), "text")


@pytest.mark.parametrize(
    ("weights", "kind", "message"),
    [
        ("ab", TypeError, "weights"),
        ([1, "x"], TypeError, "weights must be numbers, one for each sentence"),
        ([1], ValueError, "there must be one weight for each of the 2 sentences, not 1"),
        ([[1, 1]], ValueError, r"not an array of shape \(1, 2\)"),
        ([1, -1], ValueError, "but that of sentence 1 is -1.0"),
        ([np.nan, 1], ValueError, "but that of sentence 0 is nan"),
        ([1, np.inf], ValueError, "but that of sentence 1 is inf"),
        ([0, 0], ValueError, "all weights are 0: no sentence would be trained on"),
    ],
)
def test_weights_that_are_none(weights: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Corpus.from_sentences(SENTENCES, min_count=1).weighted(weights)


def test_ids_that_are_too_large_or_of_three_dimensions() -> None:
    with pytest.raises(ValueError, match="ids must be from 0 to"):
        Corpus.from_ids([[2**63, 1]])
    with pytest.raises(ValueError, match="ids must have one dimension, or two and no offsets"):
        Corpus.from_ids(np.zeros((2, 2, 2), int))


def test_folders_and_rests_of_iterators(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere: there is no such file or folder"):
        PathLineSentences(tmp_path / "nowhere")
    path = tmp_path / "text8"
    path.write_text("a b c d e f g")
    assert list(Text8Corpus(path, max_sentence_length=3)) == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    path.write_text("")
    assert list(Text8Corpus(path)) == []


def test_lines_as_documents(tmp_path: Path) -> None:
    path = tmp_path / "texts"
    path.write_bytes("a b\n\ncafé\n".encode())
    expected = [TaggedDocument(words, [number]) for number, words in enumerate([["a", "b"], [], ["café"]])]
    with open(path, "rb") as file:
        for source in (path, file, file, ["a b", b"", "café"]):
            assert list(TaggedLineDocument(source)) == expected
    path.write_bytes("a b\ncafé\n".encode("latin-1"))
    with pytest.raises(ValueError, match=f"^{path}, line 2 is not UTF-8"):
        list(TaggedLineDocument(path))
    with open(path, "rb") as file, pytest.raises(ValueError, match=r"^line 2 is not UTF-8"):
        list(TaggedLineDocument(file))


def test_documents_of_a_corpus() -> None:
    corpus = Corpus.from_sentences(SENTENCES, min_count=1)
    made = Documents.of(corpus)
    assert Documents.of(made) is made
    assert made.weighted(None) is made
    for wrong, kind, message in (
        (lambda: Documents.of(SENTENCES), TypeError, "Documents.of takes a Corpus"),
        (lambda: Documents.of(corpus.weighted([1, 2])), ValueError, "documents have no weights"),
        (lambda: made.weighted([1, 2]), ValueError, "documents have no weights"),
        (lambda: Documents.of(corpus, ["a"]), ValueError, "there are 1 tags for 2 documents"),
    ):
        with pytest.raises(kind, match=message):
            wrong()
