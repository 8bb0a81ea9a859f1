"""gensim's own objects and files, both ways; these tests need gensim: `make peers` runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb.models
from fastemb import KeyedVectors, Word2Vec
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
