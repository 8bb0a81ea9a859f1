"""Ids that a model read for itself are dropped after the last epoch; those of others are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Doc2Vec, FastText, TaggedDocument, Word2Vec
from fastemb.models.documents import Documents
from fastemb.train.matrices import Padding

TEXTS = [[f"w{(number * number + place) % 23}" for place in range(9)] for number in range(60)]
TAGGED = [TaggedDocument(words, [number]) for number, words in enumerate(TEXTS)]
OPTIONS: dict[str, Any] = {"vector_size": 20, "min_count": 1, "epochs": 2, "workers": 1}


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many ids there are when matrices become contiguous, one after the other."""
    found: list[int] = []
    corpora: list[Corpus] = []
    undo, begins = Padding.undo, Corpus.checked_sentences

    def noted(self: Padding) -> None:
        found.append(len(corpora[-1].ids))
        undo(self)

    def met(self: Corpus) -> Any:
        corpora.append(self)
        return begins(self)

    monkeypatch.setattr(Padding, "undo", noted)
    monkeypatch.setattr(Corpus, "checked_sentences", met)
    return found


@pytest.mark.parametrize("model", [Word2Vec, FastText, Doc2Vec])
@pytest.mark.parametrize("at_once", [True, False])
def test_ids_of_lists_are_dropped_before_matrices_become_contiguous(left: list[int], model: Any, at_once: bool) -> None:
    texts = TAGGED if model is Doc2Vec else TEXTS
    if at_once:
        made = model(texts, **OPTIONS)
    else:
        made = model(**OPTIONS)
        made.build_vocab(texts)
        made.train(texts, total_examples=len(texts), epochs=2)
    assert set(left) == {0}
    expected = model(Documents.from_tagged(TAGGED) if model is Doc2Vec else Corpus.from_sentences(TEXTS), **OPTIONS)
    np.testing.assert_array_equal(made.wv.vectors, expected.wv.vectors)
    made.train(texts, total_examples=len(texts), epochs=1)  # reads them again
    assert set(left) == {0, len(TEXTS) * 9}


def test_ids_of_a_file_are_dropped(left: list[int], tmp_path: Path) -> None:
    (tmp_path / "text").write_text("\n".join(map(" ".join, TEXTS)))
    Word2Vec(corpus_file=str(tmp_path / "text"), **OPTIONS)
    assert set(left) == {0}


@pytest.mark.parametrize("kind", ["corpus", "documents", "other ids", "on disk"])
def test_a_corpus_that_was_given_keeps_its_ids(left: list[int], kind: str, tmp_path: Path) -> None:
    corpus: Any = Documents.from_tagged(TAGGED) if kind == "documents" else Corpus.from_sentences(TEXTS)
    if kind == "on disk":
        corpus.save(tmp_path / "corpus")
        corpus = Corpus.open(tmp_path / "corpus")
    before = corpus.ids.copy()
    more = {"min_count": 24} if kind == "other ids" else {}
    (Doc2Vec if kind == "documents" else Word2Vec)(corpus, **OPTIONS | more)
    np.testing.assert_array_equal(corpus.ids, before)
    assert set(left) == ({0} if kind == "other ids" else {len(before)})


@pytest.mark.parametrize("who", ["a callback", "a checkpoint"])
def test_who_may_ask_for_the_text_finds_it(left: list[int], who: str, tmp_path: Path) -> None:
    class Watcher:
        def on_train_end(self, model: Any) -> None:
            model.save_checkpoint(tmp_path / "c")

    more: dict[str, Any] = {"callbacks": [Watcher()]} if who == "a callback" else {"checkpoint": tmp_path / "c"}
    model = Word2Vec(TEXTS, **OPTIONS, **more)
    assert set(left) == {len(TEXTS) * 9}
    again = Word2Vec.resume(tmp_path / "c", TEXTS)
    np.testing.assert_array_equal(again.wv.vectors, model.wv.vectors)


def test_no_checkpoint_is_written_without_ids(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As a handler of a signal may ask for, whenever it comes."""
    model, undo, refused = Word2Vec(**OPTIONS), Padding.undo, []

    def interrupted(self: Padding) -> None:
        with pytest.raises(RuntimeError, match="while the model is being trained"):
            model.save_checkpoint(tmp_path / "c")
        refused.append(self)
        undo(self)

    model.build_vocab(TEXTS)
    monkeypatch.setattr(Padding, "undo", interrupted)
    model.train(TEXTS, total_examples=len(TEXTS), epochs=2)
    assert refused
    assert not (tmp_path / "c").exists()
