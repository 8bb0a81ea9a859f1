"""Models of fastText, .bin, read as FastText and written again."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import FastText, KeyedVectors, Word2Vec
from fastemb.io.formats.fasttext_parts import Arguments, Dictionary, matrix_bytes, matrix_start, parts
from fastemb.io.unpack import TruncatedFileError
from fastemb.models.fasttext import (
    FastTextKeyedVectors,
    load_facebook_model,
    load_facebook_vectors,
    save_facebook_model,
)

NAMES = [b"</s>", b"cat", "Zürich".encode(), b"half\xe4\xb8", b"a"]
BUCKET, DIMS = 11, 4
SMALL: dict[str, Any] = {"epochs": 1, "vector_size": 4, "bucket": 10, "sample": 0}
EVENT = [["cat", "a", "Zürich"]] * 30


def content(
    names: list[bytes] = NAMES, outputs: tuple[int, int] = (5, DIMS), labels: int = 0, **arguments: Any
) -> bytes:
    """A file as fastText writes it."""
    rng = np.random.default_rng(3)
    every = names + [b"__label__%d" % number for number in range(labels)]
    settings = {"minn": 2, "maxn": 4, "bucket": BUCKET, "ws": 3, "epoch": 7, "lr_update_rate": 50, "word_ngrams": 2}
    found = Arguments(DIMS, **settings | arguments)
    dictionary = Dictionary.of(every, len(names), np.arange(len(every), 0, -1) * 5, 123)
    inputs = rng.normal(size=(len(names) + found.bucket, DIMS)).astype(np.float32)
    after = rng.normal(size=outputs).astype(np.float32)
    matrices = matrix_start(*inputs.shape) + matrix_bytes(inputs) + matrix_start(*outputs) + matrix_bytes(after)
    return b"".join(parts(found, dictionary)) + matrices


KINDS: dict[str, dict[str, Any]] = {
    "skip-gram": {"model": 2, "loss": 2},
    "CBOW": {"model": 1, "loss": 2, "neg": 3},
    "hierarchical softmax": {"model": 2, "loss": 1, "neg": 9},
    "no n-grams": {"model": 2, "minn": 0, "maxn": 0, "bucket": 0},
    "n-grams of one character": {"minn": 1, "maxn": 1},
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_is_written_byte_for_byte(kind: str, tmp_path: Path) -> None:
    data = content(**KINDS[kind])
    (tmp_path / "in.bin").write_bytes(data)
    model = load_facebook_model(tmp_path / "in.bin")
    save_facebook_model(model, tmp_path / "out.bin")
    assert (tmp_path / "out.bin").read_bytes() == data
    model.save(tmp_path / "own")
    save_facebook_model(FastText.load(tmp_path / "own"), tmp_path / "again.bin.gz")
    assert gzip.decompress((tmp_path / "again.bin.gz").read_bytes()) == data
    assert (model.window, model.epochs, model.vector_size, model.min_n) == (3, 7, DIMS, KINDS[kind].get("minn", 2))
    assert (model.sg, model.hs) == (KINDS[kind].get("model", 2) - 1, int(KINDS[kind].get("loss") == 1))
    assert model.corpus_total_words == 123
    (tmp_path / "old.bin").write_bytes(data[:4] + struct.pack("<i", 11) + data[8:])
    save_facebook_model(load_facebook_model(tmp_path / "old.bin"), tmp_path / "new.bin")
    assert (tmp_path / "new.bin").read_bytes() == data


@pytest.mark.parametrize("kind", KINDS)
def test_training_goes_on(kind: str, tmp_path: Path) -> None:
    (tmp_path / "in.bin").write_bytes(content(**KINDS[kind]))
    model = load_facebook_model(tmp_path / "in.bin")
    before = model.wv.input_vectors.copy()
    model.sample = 0.0
    model.train(EVENT, total_examples=len(EVENT), epochs=2, progress=False)
    assert not np.array_equal(model.wv.input_vectors, before)
    model.build_vocab([["newcomer", "cat"]] * 5, update=True, min_count=1)
    model.train([["newcomer", "cat"]] * 5, total_examples=5, epochs=1, progress=False)
    assert "newcomer" in model.wv.key_to_index
    save_facebook_model(model, tmp_path / "out.bin")
    assert np.array_equal(load_facebook_vectors(tmp_path / "out.bin").vectors, model.wv.vectors)


def test_vectors_alone_are_those_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "in.bin").write_bytes(content())
    model, vectors = load_facebook_model(tmp_path / "in.bin"), load_facebook_vectors(tmp_path / "in.bin")
    assert isinstance(vectors, FastTextKeyedVectors)
    assert vectors.index_to_key == ["</s>", "cat", "Zürich", "half\udce4\udcb8", "a"]
    for word in [*vectors.index_to_key, "unheard", "Zürcher"]:
        assert np.array_equal(vectors[word], model.wv[word])
    assert np.array_equal(vectors["</s>"], vectors.vectors_vocab[0])
    assert vectors.expandos["count"].tolist() == [25, 20, 15, 10, 5]


def test_a_model_of_few_rows_is_written_with_zeros_for_the_others(tmp_path: Path) -> None:
    model = FastText([["walking", "talking"]] * 10, min_count=1, vector_size=4, bucket=1000, epochs=1, sample=0)
    save_facebook_model(model, tmp_path / "x.bin")
    again = load_facebook_model(tmp_path / "x.bin")
    assert again.wv.vectors_ngrams.shape == (1000, 4)
    assert model.wv.buckets is not None
    assert np.array_equal(again.wv.vectors_ngrams[model.wv.buckets], model.wv.vectors_ngrams)
    assert np.count_nonzero(again.wv.vectors_ngrams.any(axis=1)) == len(model.wv.buckets)
    assert np.array_equal(again.wv.vectors, model.wv.vectors)
    assert np.array_equal(again.syn1neg, model.syn1neg)
    assert (again.window, again.sample, again.min_count) == (model.window, model.sample, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (content(model=3, labels=2, outputs=(2, DIMS)), "was trained with labels, .* load_facebook_vectors reads"),
        (content(loss=3), "was trained by the loss softmax, .* load_facebook_vectors reads"),
        (content(loss=4), "was trained by the loss one-vs-all"),
        (content(outputs=(3, DIMS)), r"an output matrix of shape \(3, 4\), where \(5, 4\) is expected"),
        (content(names=[b"cat", b"cat"], outputs=(2, DIMS)), "the word 'cat' comes twice: the file is damaged"),
        (content(ws=0), "the file is damaged, or no model of fastText: window"),
        (content(epoch=-3), "the file is damaged, or no model of fastText: epochs"),
        (b"no model", "is no model of fastText"),
    ],
)
def test_files_that_hold_no_such_model_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        load_facebook_model(tmp_path / "x.bin")


@pytest.mark.parametrize("kind", [{"model": 3, "labels": 2, "outputs": (2, DIMS)}, {"loss": 3}, {"loss": 4}])
def test_the_remedy_reads_their_vectors(kind: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(content(**kind))
    assert load_facebook_vectors(tmp_path / "x.bin")["unheard"].shape == (DIMS,)


@pytest.mark.parametrize("load", [load_facebook_model, load_facebook_vectors])
def test_a_file_that_ends_anywhere_is_refused(load: Any, tmp_path: Path) -> None:
    data = content()
    for end in range(0, len(data), 7):
        (tmp_path / "x.bin").write_bytes(data[:end])
        with pytest.raises(TruncatedFileError):
            load(tmp_path / "x.bin")


def test_what_fasttext_cannot_hold_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    both = FastText([["a", "b"]] * 9, min_count=1, hs=1, **SMALL)
    with pytest.raises(ValueError, match="by negatives or by hierarchical softmax, and this model by both"):
        save_facebook_model(both, tmp_path / "x.bin")
    for word, message in (("two words", "white space"), ("nul\0", "zero byte"), ("", "empty key"), (7, "is no str")):
        model = FastText([[word, "b"]] * 9, min_count=1, **SMALL)
        with pytest.raises((ValueError, TypeError), match=message):
            save_facebook_model(model, tmp_path / "x.bin")
    with pytest.raises(TypeError, match=r"takes a FastText, not Word2Vec: save_vectors"):
        save_facebook_model(Word2Vec(), tmp_path / "x.bin")  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="no vocabulary"):
        save_facebook_model(FastText(), tmp_path / "x.bin")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["latin-1", "no such"])
def test_other_encodings_are_refused(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(content())
    with pytest.raises(ValueError, match="numbered by UTF-8"):
        load_facebook_model(tmp_path / "x.bin", encoding=encoding)


def test_vectors_of_words_can_be_had_from_a_saved_file_of_such(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(content(names=[b"cat", b"a"], outputs=(2, DIMS)))
    load_facebook_vectors(tmp_path / "x.bin").save(tmp_path / "own")
    assert KeyedVectors.load(tmp_path / "own").index_to_key == ["cat", "a"]
    assert np.array_equal(
        FastTextKeyedVectors.load(tmp_path / "own")["unheard"], load_facebook_vectors(tmp_path / "x.bin")["unheard"]
    )
