"""gensim's own objects and files, both ways; these tests need gensim: `make peers` runs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb.models
from fastemb import Doc2Vec, KeyedVectors, Word2Vec
from peers import differences, plain
from peers.gensim.documents import ASKED, KINDS, documents, started
from peers.gensim.questions import SIZE, WORDS, sentences, uniform, vectors

gensim = pytest.importorskip("gensim")
gensim_models = pytest.importorskip("gensim.models")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # gensim's own

CORPUS = [sentence for sentence in sentences(4) if len(sentence) > 1]
OPTIONS: dict[str, Any] = {"vector_size": 12, "min_count": 1, "workers": 1, "epochs": 3, "seed": 5, "sample": 0}


@pytest.mark.parametrize("options", [{"negative": 3}, {"hs": 1, "negative": 0}, {"hs": 1, "sg": 1}])
def test_a_model_of_gensims_goes_on_here(options: dict[str, int]) -> None:
    theirs = gensim_models.Word2Vec(CORPUS, **OPTIONS, **options)
    ours = Word2Vec.from_gensim(theirs)
    assert ours.wv.index_to_key == theirs.wv.index_to_key
    assert np.array_equal(ours.wv.vectors, theirs.wv.vectors)
    if theirs.hs:
        # gensim looks the logarithm up in a table whose index is off by up to 0.03
        assert ours.score(CORPUS[:5]) == pytest.approx(theirs.score(CORPUS[:5]), rel=0.03)
    ours.train(CORPUS)
    assert not np.array_equal(ours.wv.vectors, theirs.wv.vectors)


def test_models_and_vectors_that_gensim_saved(tmp_path: Path) -> None:
    theirs = gensim_models.Word2Vec(CORPUS, **OPTIONS)
    theirs.save(str(tmp_path / "model"))
    theirs.wv.save(str(tmp_path / "vectors"))
    for found in (Word2Vec.from_gensim(tmp_path / "model").wv, KeyedVectors.from_gensim(tmp_path / "vectors")):
        assert found.index_to_key == theirs.wv.index_to_key
        assert np.array_equal(found.vectors, theirs.wv.vectors)
        assert found.get_vecattr("new", "count") == theirs.wv.get_vecattr("new", "count") > 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_doc2vec_of_gensims_goes_on_here_from_memory_and_from_its_file(kind: str, tmp_path: Path) -> None:
    theirs = started(gensim_models, KINDS[kind])
    theirs.save(str(tmp_path / "model"))
    for ours in (Doc2Vec.from_gensim(theirs), Doc2Vec.from_gensim(tmp_path / "model")):
        assert (ours.dm, ours.dm_concat, ours.dbow_words) == (theirs.dm, theirs.dm_concat, theirs.dbow_words)
        assert ours.dv.index_to_key == theirs.dv.index_to_key
        for mine, other in (
            (ours.dv.vectors, theirs.dv.vectors),
            (ours.wv.vectors, theirs.wv.vectors),
            (ours.syn1, theirs.syn1),
        ):
            assert np.array_equal(mine, other)
        for tag in ("part 1", 3):
            assert ours.dv.get_vecattr(tag, "word_count") == theirs.dv.get_vecattr(tag, "word_count")
        here = started(fastemb.models, KINDS[kind])  # with the same matrices
        assert np.array_equal(ours.infer_vector(ASKED[0]), here.infer_vector(ASKED[0]))
        given = documents(fastemb.models)
        ours.train(given, epochs=2)
        assert not np.array_equal(ours.dv.vectors, theirs.dv.vectors)
        ours.build_vocab([fastemb.TaggedDocument(["a", "new"], ["later"])], update=True)
        assert "later" in ours.dv
        assert len(ours.dv) == len(theirs.dv) + 1


def test_vectors_become_gensims() -> None:
    theirs = vectors(fastemb.models).to_gensim()
    assert isinstance(theirs, gensim_models.KeyedVectors)
    assert theirs.index_to_key == WORDS
    assert np.array_equal(theirs.vectors, uniform(len(WORDS), SIZE))


@pytest.mark.parametrize("binary", [False, True])
def test_gensim_reads_our_files_of_vectors(tmp_path: Path, binary: bool) -> None:
    vectors(fastemb.models).save_word2vec_format(tmp_path / "ours", binary=binary)
    loaded = gensim_models.KeyedVectors.load_word2vec_format(str(tmp_path / "ours"), binary=binary)
    assert loaded.index_to_key == WORDS
    assert loaded.vectors.tobytes() == uniform(len(WORDS), SIZE).tobytes()


DOCUMENTS = [["w1", "w2"], ["w3", "king"], ["queen", "w5"]]


def soft_cosine(kv: Any) -> Any:
    from gensim.corpora import Dictionary
    from gensim.similarities import SoftCosineSimilarity, SparseTermSimilarityMatrix, WordEmbeddingSimilarityIndex

    words = Dictionary(DOCUMENTS)
    terms = SparseTermSimilarityMatrix(WordEmbeddingSimilarityIndex(kv), words)
    return SoftCosineSimilarity([words.doc2bow(one) for one in DOCUMENTS], terms)[words.doc2bow(["w1"])]


def word_mover(kv: Any) -> Any:
    from gensim.similarities import WmdSimilarity

    return WmdSimilarity(DOCUMENTS, kv, num_best=2)[["w1", "w2"]]


def translation(kv: Any) -> Any:
    pairs = [(word, word) for word in WORDS[:30]]
    return gensim_models.TranslationMatrix(kv, kv, pairs).translate(["w1", "w2"], topn=2)


def coherence(kv: Any) -> Any:
    from gensim.corpora import Dictionary

    return gensim_models.CoherenceModel(
        topics=DOCUMENTS[:2],
        texts=DOCUMENTS,
        dictionary=Dictionary(DOCUMENTS),
        keyed_vectors=kv,
        coherence="c_w2v",
        processes=1,
    ).get_coherence()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("tool", [soft_cosine, word_mover, translation, coherence])
def test_gensims_tools_take_our_vectors_as_they_are(tool: Callable[[Any], Any]) -> None:
    theirs, ours = tool(vectors(gensim_models)), tool(vectors(fastemb.models))
    assert list(differences(plain(theirs), plain(ours))) == []


def saved(folder: Path) -> dict[str, str]:
    """Files of many of gensim's classes, and what `from_gensim` of models says of those that it does not take."""
    doc2vec = gensim.models.doc2vec
    documents = [doc2vec.TaggedDocument(words, [number]) for number, words in enumerate(CORPUS)]
    options = {"vector_size": 8, "min_count": 1, "workers": 1}
    text = gensim.models.FastText(CORPUS, bucket=50, **options)
    phrases = gensim.models.Phrases(CORPUS, min_count=1, threshold=0.1)
    word2vec = gensim.models.Word2Vec(CORPUS, **options)
    made = {
        "Word2Vec": (word2vec, ""),
        "KeyedVectors": (word2vec.wv, "vectors that gensim saved: KeyedVectors.from_gensim reads them"),
        "FastText": (text, "FastText that gensim saved: KeyedVectors.from_gensim reads its vectors of words"),
        "FastTextKeyedVectors": (text.wv, "FastText that gensim saved: KeyedVectors.from_gensim"),
        "Doc2Vec": (gensim.models.Doc2Vec(documents, **options), "a Doc2Vec model that gensim saved: KeyedVectors"),
        "Phrases": (phrases, "phrases that gensim saved, which are not read: Phrases(sentences)"),
        "FrozenPhrases": (phrases.freeze(), "phrases that gensim saved, which are not read: Phrases(sentences)"),
        "Dictionary": (gensim.corpora.Dictionary(CORPUS), "a Dictionary that gensim saved, which stays with gensim"),
    }
    for name, (thing, _) in made.items():
        thing.save(str(folder / name))
    return {name: message for name, (_, message) in made.items()}


def test_each_file_of_gensim_has_its_name_and_its_reader(tmp_path: Path) -> None:
    for name, message in saved(tmp_path).items():
        path = tmp_path / name
        if not message:
            assert len(Word2Vec.from_gensim(path).wv) == len(KeyedVectors.from_gensim(path))
            continue
        with pytest.raises(ValueError, match=re.escape(message)):
            Word2Vec.from_gensim(path)
        if "KeyedVectors" in message:
            theirs = gensim.utils.SaveLoad.load(str(path))
            ours = KeyedVectors.from_gensim(path)
            found = getattr(theirs, "wv", theirs)
            assert ours.index_to_key == found.index_to_key
            assert np.array_equal(ours.vectors, found.vectors)
        else:
            with pytest.raises(ValueError, match=re.escape(message)):
                KeyedVectors.from_gensim(path)


@pytest.mark.parametrize("name", ["FastText", "Doc2Vec", "KeyedVectors", "FastTextKeyedVectors"])
def test_what_is_no_word2vec_does_not_become_one(name: str, tmp_path: Path) -> None:
    saved(tmp_path)
    theirs = gensim.utils.SaveLoad.load(str(tmp_path / name))
    with pytest.raises(TypeError, match=r"KeyedVectors\.from_gensim takes"):
        Word2Vec.from_gensim(theirs)
    assert len(KeyedVectors.from_gensim(theirs)) == len(getattr(theirs, "wv", theirs))


def test_a_damaged_file_of_gensim(tmp_path: Path) -> None:
    saved(tmp_path)
    whole = (tmp_path / "Word2Vec").read_bytes()
    (tmp_path / "Word2Vec").write_bytes(whole[: len(whole) // 2])
    for kind in (Word2Vec, KeyedVectors):
        with pytest.raises(ValueError, match="Word2Vec: gensim cannot read it"):
            kind.from_gensim(tmp_path / "Word2Vec")
