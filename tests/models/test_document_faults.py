"""What newcomers to `Doc2Vec` run into: it is refused, or said."""

from __future__ import annotations

import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Doc2Vec, FastText, KeyedVectors, TaggedDocument, TextClassifier, Word2Vec
from fastemb.models.doc2vec import Documents
from fastemb.phrases import Phrases

WORDS = ["ape", "bee", "cat", "dog"] * 5
ONE = TaggedDocument(["ape", "bee"], ["first"])
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 8, "workers": 1, "epochs": 2, "progress": False}


def documents(*tags: Any) -> list[TaggedDocument]:
    return [TaggedDocument(WORDS, [tag]) for tag in tags]


def trained(*tags: Any, **options: Any) -> Doc2Vec:
    return Doc2Vec(documents(*tags), **OPTIONS | options)


# ---- one document in place of a list ----


@pytest.mark.parametrize(
    "call",
    [
        lambda: trained(0).infer_vectors(ONE),
        lambda: Doc2Vec(ONE, **OPTIONS),
        lambda: trained(0).train(ONE),
        lambda: trained(0).held_out_loss(ONE),
        lambda: Word2Vec(ONE),
        lambda: FastText(ONE),
        lambda: Corpus.from_sentences(ONE),
        lambda: Phrases(ONE),
        lambda: trained(0).wv.embed(ONE),
        lambda: TextClassifier().fit(ONE, ["a", "b"]),
        lambda: Word2Vec([WORDS], min_count=1, hs=1, epochs=1).score(ONE),
    ],
)
def test_one_document_is_not_taken_for_two_texts(call: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match=r"must be .*, not one(: give \[TaggedDocument\(...\)\]$| TaggedDocument: )"):
        call()


def test_one_document_has_a_vector_where_one_text_is_meant() -> None:
    model = trained(0)
    np.testing.assert_array_equal(model.infer_vector(ONE), model.infer_vector(ONE.words))
    np.testing.assert_array_equal(model.infer_vectors([ONE, ONE])[1], model.infer_vector(ONE.words))


# ---- tags ----


def test_rows_that_no_document_has_are_told() -> None:
    message = "3 of 6 rows are of whole numbers that no document has as its tag, such as 1: "
    with pytest.warns(UserWarning, match=message) as caught:
        model = trained(0, 3, 5, "name")
    assert len(caught) == 1
    assert model.dv.index_to_key == [0, 1, 2, 3, 4, 5, "name"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained(0, 1, 2, "name")
        model.build_vocab(documents(0, 5, "other"), update=True)  # what was told before
    with pytest.warns(UserWarning, match="1 of 8 rows are of whole numbers .*, such as 6: "):
        trained(*range(6)).build_vocab(documents(7), update=True)


def test_many_rows_are_told_once() -> None:
    with pytest.warns(UserWarning, match="the highest tag is 2,000") as caught:
        trained(2000)
    assert len(caught) == 1


def test_a_whole_number_that_is_not_its_row_is_told() -> None:
    model = trained(0, "name")
    with pytest.warns(UserWarning, match=r"the tag 1 has row 2, as row 1 is that of 'name': ask for it by dv\[1\]"):
        model.build_vocab(documents(1, 2), update=True)
    assert model.dv.index_to_key == [0, "name", 1, 2]
    np.testing.assert_array_equal(model.dv[1], model.dv.vectors[2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.build_vocab(documents(1, 2), update=True)
        model.build_vocab(documents("more"), update=True)


@pytest.mark.parametrize(
    ("document", "error", "message"),
    [
        (99, IndexError, "there is no document 99: there are 2, from number 0 on"),
        (2, IndexError, "there is no document 2"),
        (-1, IndexError, "there is no document -1"),
        ("a", TypeError, "asked for by its number from 0, not by the str 'a'"),
        (1.0, TypeError, "asked for by its number"),
        (True, TypeError, "asked for by its number"),
        (None, TypeError, "asked for by its number"),
    ],
)
def test_tags_of_no_document(document: Any, error: type[Exception], message: str) -> None:
    for tags in (
        Documents.from_tagged(documents("x", "y")).tags,
        Documents.of(Corpus.from_sentences([WORDS] * 2)).tags,
    ):
        with pytest.raises(error, match=message):
            tags.of(document)
        assert len(tags.of(np.int64(1))) == 1


# ---- words and tags ----


def test_a_word_that_is_asked_for_among_tags_and_a_tag_among_words() -> None:
    model = trained("first", "second")
    for ask in (model.dv.__getitem__, model.dv.most_similar, model.dv.get_index):
        with pytest.raises(KeyError, match="Key 'ape' not present; words are in the model's wv"):
            ask("ape")
    for ask in (model.wv.__getitem__, model.wv.most_similar, model.wv.get_index):
        with pytest.raises(KeyError, match="Key 'second' not present; tags of documents are in the model's dv"):
            ask("second")
    with pytest.raises(KeyError, match=r"Key 'firsd' not present; did you mean 'first'\?"):
        model.dv["firsd"]
    with pytest.raises(KeyError, match=r"'zebra' is neither a word nor a tag\"?$"):
        model["zebra"]
    with pytest.raises(KeyError, match="'firsd' is neither a word nor a tag; did you mean 'first'"):
        model["firsd"]
    with pytest.raises(KeyError, match=r"Key 'zebra' not present\"?$"):
        Word2Vec([WORDS], min_count=1, epochs=1).wv["zebra"]


def test_a_key_that_is_nowhere_costs_no_copy_of_all_keys() -> None:
    model = Doc2Vec([TaggedDocument([f"w{i}" for i in range(5000)], ["first"])], **OPTIONS | {"sample": 0, "epochs": 1})
    tracemalloc.start()
    with pytest.raises(KeyError) as found:
        model["w4321x"]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 50_000  # a dict of as many has 200,000
    assert "did you mean 'w4321'" in str(found.value)


@pytest.mark.parametrize("options", [{}, {"dm": 0}, {"dm": 1, "dm_concat": 1}, {"hs": 1, "negative": 0}])
def test_inference_without_a_vocabulary(options: dict[str, Any]) -> None:
    model = Doc2Vec(**OPTIONS | options)
    with pytest.raises(RuntimeError, match="no vocabulary yet: you must first build vocabulary with build_vocab"):
        model.infer_vector(["ape"])


def test_the_hint_is_there_after_loading_and_not_in_files(tmp_path: Path) -> None:
    model = trained("first", "second")
    model.save(tmp_path / "model")
    with pytest.raises(KeyError, match="words are in the model's wv"):
        Doc2Vec.load(tmp_path / "model").dv["ape"]
    model.dv.save(tmp_path / "dv")
    with pytest.raises(KeyError, match=r"Key 'ape' not present\"?$"):
        KeyedVectors.load(tmp_path / "dv")["ape"]


# ---- vectors that are given ----


def test_vectors_with_keys_are_refused_in_place_of_losing_these() -> None:
    given = KeyedVectors(8)
    given.add_vectors(["old"], np.ones((1, 8), np.float32))
    for more in ({}, {"documents": documents("x")}):
        with pytest.raises(ValueError, match=r"dv has 1 keys, such as 'old', .*: give KeyedVectors\(8\)"):
            Doc2Vec(dv=given, **OPTIONS, **more)
    assert given.index_to_key == ["old"]


# ---- a map of vectors, after an interrupted training ----


class Stop:
    """Breaks off training after the first epoch."""

    def on_epoch_end(self, model: Doc2Vec) -> None:
        raise KeyError


def interrupted(folder: Path, **options: Any) -> str:
    path = str(folder / "checkpoint")
    with pytest.raises(KeyError):
        Doc2Vec(documents(*range(6)), checkpoint=path, checkpoint_every="1w", callbacks=[Stop()], **OPTIONS | options)
    return path


@pytest.mark.parametrize("size", [8, 16])
def test_resumed_training_goes_on_in_the_file_that_is_mapped(size: int, tmp_path: Path) -> None:
    rows, given = tmp_path / "rows.npy", documents(*range(6))
    path = interrupted(tmp_path, dv_mapfile=rows, vector_size=size)
    model = Doc2Vec.resume(path, given, progress=False)
    on_disk = np.load(rows, mmap_mode="r")
    np.testing.assert_array_equal(on_disk[:, :size], model.dv.vectors)
    base: Any = model.dv.vectors
    while base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    np.testing.assert_array_equal(model.dv.vectors, trained(*range(6), vector_size=size).dv.vectors)


def test_resumed_training_without_a_map_and_where_the_folder_is_gone(tmp_path: Path) -> None:
    path = interrupted(tmp_path)
    expected = trained(*range(6)).dv.vectors
    np.testing.assert_array_equal(Doc2Vec.resume(path, documents(*range(6)), progress=False).dv.vectors, expected)
    (tmp_path / "other").mkdir()
    path = interrupted(tmp_path, dv_mapfile=tmp_path / "other" / "rows.npy")
    (tmp_path / "other" / "rows.npy").unlink()
    (tmp_path / "other").rmdir()
    with pytest.warns(UserWarning, match=r"are in memory, and no more in .*rows.npy: it is no file of as many"):
        model = Doc2Vec.resume(path, documents(*range(6)), progress=False)
    np.testing.assert_array_equal(model.dv.vectors, expected)


@pytest.mark.parametrize("dm", [0, 1])
def test_inference_names_a_matrix_that_is_not_finite(dm: int) -> None:
    model = trained(0, 1, dm=dm, sample=0)
    model.syn1neg[1] = np.nan
    word = model.wv.index_to_key[1]
    with pytest.raises(ValueError, match=rf"^syn1neg holds NaN .* first in row 1 \('{word}'\).* before inference"):
        model.infer_vectors([[word]] * 3)


@pytest.mark.parametrize("there", [np.arange(12.0), np.ones((6, 8), np.float32), np.ones((7, 16), np.float32), None])
def test_a_checkpoint_replaces_no_file_but_its_own(there: Any, tmp_path: Path) -> None:
    rows = tmp_path / "rows.npy"
    path = interrupted(tmp_path, dv_mapfile=rows)
    if there is None:
        rows.unlink()
    else:
        np.save(rows, there)
    before = sorted(file.name for file in tmp_path.iterdir()), None if there is None else rows.read_bytes()
    with pytest.warns(UserWarning, match="vectors of tags are in memory"):
        Doc2Vec.resume(path, documents(*range(6)), progress=False)
    assert before == (sorted(file.name for file in tmp_path.iterdir()), None if there is None else rows.read_bytes())
