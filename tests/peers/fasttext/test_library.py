"""fastText itself opens models that are written here, and reads words the same way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastemb import FastText, KeyedVectors, load_vectors, save_vectors
from fastemb.models.fasttext import load_facebook_model, save_facebook_model
from peers import ABSOLUTE, RELATIVE
from peers.fasttext.questions import COMMON, WORDS

fasttext = pytest.importorskip("fasttext")


def test_fasttext_gives_our_vectors(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    keys = [*WORDS, "</s>"]
    vectors = KeyedVectors._from_arrays(
        keys, rng.normal(size=(len(keys), 7)).astype(np.float32), np.arange(len(keys), 0, -1) * 3
    )
    save_vectors(vectors, tmp_path / "x.bin", format="fasttext")
    model = fasttext.load_model(str(tmp_path / "x.bin"))
    words, counts = model.get_words(include_freq=True)
    assert words == keys
    assert counts.tolist() == vectors.expandos["count"].tolist()
    for word in keys:
        assert model.get_word_vector(word).tolist() == vectors[word].tolist()
    assert {word for _, word in model.get_nearest_neighbors("cat", k=3)} == {
        word for word, _ in vectors.most_similar("cat", topn=3)
    }
    model.save_model(str(tmp_path / "again.bin"))
    assert (tmp_path / "again.bin").read_bytes() == (tmp_path / "x.bin").read_bytes()


def test_words_of_characters_of_one_to_four_bytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    ranges = [(97, 123), (192, 592), (0x4E00, 0x5000), (0x1F600, 0x1F640)]
    words = sorted(
        {
            "".join(chr(int(rng.integers(*ranges[kind]))) for kind in rng.integers(0, 4, int(size)))
            for size in rng.integers(1, 12, 3000)
        }
    )
    (tmp_path / "text").write_text("\n".join(words), encoding="utf-8")
    options = {**COMMON, "bucket": 5000, "minn": 1, "maxn": 5, "t": 1.0}
    model = fasttext.train_unsupervised(str(tmp_path / "text"), **options)
    model.save_model(str(tmp_path / "x.bin"))
    found = load_vectors(tmp_path / "x.bin")
    for word in found.index_to_key:
        assert found[word] == pytest.approx(model.get_word_vector(word), rel=RELATIVE, abs=ABSOLUTE)


@pytest.mark.parametrize("options", [{"sg": 1}, {"sg": 0}, {"sg": 1, "hs": 1, "negative": 0}, {"max_n": 0}])
def test_fasttext_reads_a_model_that_was_trained_here(options: dict[str, int], tmp_path: Path) -> None:
    sentences = [[WORDS[(start * step) % len(WORDS)] for step in range(8)] for start in range(200)]
    model = FastText(sentences, min_count=1, vector_size=10, bucket=500, min_n=1, all_buckets=True, **options)
    save_facebook_model(model, tmp_path / "x.bin")
    theirs = fasttext.load_model(str(tmp_path / "x.bin"))
    assert theirs.get_words() == model.wv.index_to_key
    unseen = [] if "max_n" in options else ["Zürcher", "東", "catlike", "q"]
    for word in [*WORDS, *unseen]:
        assert theirs.get_word_vector(word) == pytest.approx(model.wv[word], rel=RELATIVE, abs=ABSOLUTE)
    theirs.save_model(str(tmp_path / "again.bin"))
    assert (tmp_path / "again.bin").read_bytes() == (tmp_path / "x.bin").read_bytes()
    again = load_facebook_model(tmp_path / "again.bin")
    assert again.wv.input_vectors.tobytes() == model.wv.input_vectors.tobytes()
