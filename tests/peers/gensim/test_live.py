"""gensim's own objects and files, both ways; these tests need gensim: `make peers` runs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb.models
from fastemb import KeyedVectors, Word2Vec
from peers import differences, plain
from peers.gensim.questions import SIZE, WORDS, sentences, uniform, vectors

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
