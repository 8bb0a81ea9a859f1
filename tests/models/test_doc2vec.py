"""Doc2Vec: vectors of documents, learned and inferred."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Doc2Vec, Documents, KeyedVectors, TaggedDocument, TaggedLineDocument

RNG = np.random.default_rng(5)
TOPICS = [[f"{topic}{number}" for number in range(30)] for topic in "abcd"]
TEXTS = [RNG.choice(TOPICS[number % 4], 40).tolist() for number in range(80)]
DOCUMENTS = [TaggedDocument(words, [f"d{number}"]) for number, words in enumerate(TEXTS)]
KINDS: dict[str, dict[str, Any]] = {
    "DBOW": {"dm": 0},
    "DBOW, words beside": {"dm": 0, "dbow_words": 1},
    "mean": {"dm": 1},
    "sum": {"dm": 1, "dm_mean": 0},
    "concatenation": {"dm": 1, "dm_concat": 1, "window": 2},
    "DBOW, tree": {"dm": 0, "hs": 1, "negative": 0},
    "mean, both outputs": {"dm": 1, "hs": 1},
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def made(kind: str = "DBOW", documents: Any = None, **options: Any) -> Doc2Vec:
    defaults = {"vector_size": 20, "min_count": 1, "epochs": 20, "workers": 1, "progress": False, "sample": 0}
    return Doc2Vec(DOCUMENTS if documents is None else documents, **{**defaults, **KINDS[kind], **options})


def topic_share(vectors: np.ndarray) -> float:
    """How often the nearest other document is of the same topic."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    return float(np.mean(cosines.argmax(axis=1) % 4 == np.arange(len(unit)) % 4))


@pytest.mark.parametrize(
    ("kind", "least"),  # the words around each tell PV-DM as much as the document does
    [("DBOW", 0.95), ("DBOW, words beside", 0.95), ("DBOW, tree", 0.95), ("mean", 0.5), ("concatenation", 0.4)],
)
def test_documents_of_a_topic_lie_together_learned_and_inferred(kind: str, least: float) -> None:
    model = made(kind, epochs=60, alpha=0.05)
    assert topic_share(model.dv.vectors) > least
    assert topic_share(model.infer_vectors(TEXTS, epochs=60)) > least


@each_kind
def test_an_inferred_vector_depends_on_its_text_alone(kind: str) -> None:
    model = made(kind)
    alone = np.array([model.infer_vector(words) for words in TEXTS])
    assert np.isfinite(alone).all()
    assert (model.infer_vectors(TEXTS[::-1], workers=3)[::-1] == alone).all()
    assert (model.infer_vectors(DOCUMENTS[10:20]) == alone[10:20]).all()
    assert (alone[0] != alone[1]).any()


@each_kind
def test_inference_changes_nothing(kind: str) -> None:
    model = made(kind)
    names = [name for name in ("syn1neg", "syn1") if hasattr(model, name)]
    before = [array.copy() for array in (model.wv.vectors, model.dv.vectors, *(getattr(model, n) for n in names))]
    model.infer_vectors(TEXTS, workers=2)
    after = [model.wv.vectors, model.dv.vectors, *(getattr(model, name) for name in names)]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_a_text_without_a_known_word_has_zeros_and_a_warning() -> None:
    model = made()
    with pytest.warns(UserWarning, match="the text has no word that the model knows"):
        assert not model.infer_vector(["unheardof"]).any()
    with pytest.warns(UserWarning, match="2 of 3 texts have no word"):
        assert model.infer_vectors([[], TEXTS[0], ["x"]]).any(axis=1).tolist() == [False, True, False]


def test_only_words_of_dbow_stay_as_they_began() -> None:
    one, other = made("DBOW", epochs=1), made("DBOW", epochs=5)
    assert (one.wv.vectors == other.wv.vectors).all()
    assert (made("DBOW, words beside").wv.vectors != one.wv.vectors).any()


@each_kind
def test_a_saved_model_is_the_same(kind: str, tmp_path: Path) -> None:
    model = made(kind)
    model.save(tmp_path / "model")
    again = Doc2Vec.load(tmp_path / "model")
    assert again.dv.index_to_key == model.dv.index_to_key
    assert (again.dv.vectors == model.dv.vectors).all()
    assert (again.infer_vector(TEXTS[3]) == model.infer_vector(TEXTS[3])).all()
    assert again.dv.get_vecattr("d3", "doc_count") == 1
    again.train(DOCUMENTS, epochs=1)
    assert (again.dv.vectors != model.dv.vectors).any()


def test_tags_of_both_kinds_and_several_a_document() -> None:
    documents = [TaggedDocument(words, [number % 3, "all"]) for number, words in enumerate(TEXTS)]
    model = made(documents=documents)
    assert model.dv.index_to_key == [0, 1, 2, "all"]
    assert model.dv.get_vecattr("all", "doc_count") == len(TEXTS)
    assert model["all"].shape == (20,)


def test_tags_that_are_added_later() -> None:
    model = made()
    before = model.dv.vectors.copy()
    model.build_vocab([TaggedDocument(TEXTS[0], ["new"])], update=True)
    assert model.dv.index_to_key[-1] == "new"
    assert (model.dv.vectors[:-1] == before).all()
    with pytest.warns(UserWarning, match="1 tags are not in the model, such as 'other'"):
        model.train([TaggedDocument(TEXTS[0], ["new", "other"])], epochs=1)


def test_frozen_documents_stay() -> None:
    model = made()
    before = model.dv.vectors.copy()
    model.dv.vectors_lockf = np.zeros(1, np.float32)
    model.train(DOCUMENTS, epochs=2)
    assert (model.dv.vectors == before).all()


def test_doors_give_the_same_model(tmp_path: Path) -> None:
    lines, table, folder = tmp_path / "lines.txt", tmp_path / "table.csv", tmp_path / "texts"
    lines.write_text("".join(" ".join(words) + "\n" for words in TEXTS))
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([f"d{n}", " ".join(words)] for n, words in enumerate(TEXTS))])
    folder.mkdir()
    for number, words in enumerate(TEXTS):
        (folder / f"{number:03}.txt").write_text("\n".join(words))
    wanted = made().dv.vectors
    doors = {
        "file": Documents.from_file(lines),
        "lines": TaggedLineDocument(lines),
        "table": Documents.from_table(str(table), "text", "id"),
        "files": Documents.from_files(folder),
        "corpus": Corpus.from_sentences(TEXTS),
        "tagged": Documents.from_tagged(iter(DOCUMENTS)),
    }
    for name, door in doors.items():
        assert (made(documents=door).dv.vectors == wanted).all(), name
    assert doors["table"].tags.of(2) == ["d2"]  # type: ignore[union-attr]
    assert doors["files"].tags.of(0) == ["000.txt"]  # type: ignore[union-attr]


def test_rows_on_a_map_learn_the_same(tmp_path: Path) -> None:
    model = made(dv_mapfile=tmp_path / "rows.npy")
    assert (model.dv.vectors == made().dv.vectors).all()
    assert (np.load(tmp_path / "rows.npy", mmap_mode="r")[:, :20] == model.dv.vectors).all()


def test_vectors_in_the_format_of_word2vec(tmp_path: Path) -> None:
    model = made()
    model.save_word2vec_format(tmp_path / "both", doctag_vec=True)
    both = KeyedVectors.load_word2vec_format(tmp_path / "both")
    assert len(both) == len(model.wv) + len(model.dv)
    np.testing.assert_allclose(both["*dt_d3"], model.dv["d3"], atol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: Doc2Vec(TEXTS), TypeError, "document 0 is .* without words and tags"),
        (lambda: Doc2Vec(["a text"]), TypeError, r"TaggedDocument\(text.split\(\), \[tag\]\)"),
        (lambda: Doc2Vec([TaggedDocument(["a"], "tag")]), TypeError, "tags of document 0 must be a list"),
        (lambda: Doc2Vec([TaggedDocument("a text", ["tag"])]), TypeError, "not a list of tokens"),
        (lambda: Doc2Vec([TaggedDocument(["a"], [1.5])]), TypeError, "neither a str nor a whole number"),
        (lambda: Doc2Vec([TaggedDocument(["a"], [-1])]), ValueError, "a tag of document 0 is -1"),
        (lambda: Documents.of(Corpus.from_sentences(TEXTS), ["one"]), ValueError, "1 tags for 80 documents"),
        (lambda: Doc2Vec(dm=2), ValueError, "dm must be"),
        (lambda: Doc2Vec(dm_tag_cuont=2), TypeError, "dm_tag_count"),  # type: ignore[call-arg]
        (lambda: made().infer_vector("a text"), TypeError, "must be a list of strings"),
        (lambda: made().docvecs, AttributeError, "model.dv"),
        (lambda: Doc2Vec().infer_vector(["a"]), RuntimeError, "no vocabulary"),
    ],
)
def test_wrong_input_is_named(wrong: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wrong()


def test_settings_without_effect_give_a_warning() -> None:
    with pytest.warns(UserWarning, match="dbow_words has no effect"):
        Doc2Vec(dm=1, dbow_words=1)
    with pytest.warns(UserWarning, match="dm_mean and dm_concat have no effect"):
        Doc2Vec(dm=0, dm_concat=1)
