"""A file that came to the wrong reader: the error says what it is and what reads it, and that works."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import re
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Item2Vec, KeyedVectors, Word2Vec, load_vectors
from fastemb.io.kinds import kind_of
from fastemb.io.safetensors import write_tensors
from fastemb.layers import (
    Adam,
    Embedding,
    EmbeddingBag,
    Linear,
    LogUniformSampler,
    PatchEmbedding,
    PositionEmbedding,
    SampledSoftmaxLoss,
    TokenAndPositionEmbedding,
)
from fastemb.phrases import FrozenPhrases, Phrases

SENTENCES = [["new", "york", "is", "big"], ["new", "york", "is", "old"]] * 5
WORDS = [f"w{row}" for row in range(40)]
ROWS = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)


def vectors() -> KeyedVectors:
    made = KeyedVectors(8)
    made.add_vectors(WORDS, ROWS)
    return made


def tar_of(content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo("vectors.txt")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def zip_of(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"content")
    return file.getvalue()


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, ROWS)
    return file.getvalue()


def text(header: bool = True) -> bytes:
    file = io.BytesIO()
    vectors().save_word2vec_format(file, write_header=header)
    return file.getvalue()


def binary() -> bytes:
    file = io.BytesIO()
    vectors().save_word2vec_format(file, binary=True)
    return file.getvalue()


# The first bytes of what other programs write, and a part of what is said about them.
OTHERS: dict[str, tuple[bytes, str]] = {
    "pickle": (pickle.dumps({"king": [1.0]}), "a pickle, which may run any code.*add_vectors"),
    "pickle of gensim": (
        b"\x80\x04\x95\x00\x01\x00\x00\x00\x00\x00\x00\x8c\x1agensim.models.keyedvectors\x94\x8c\x0cKeyedVectors\x94\x93",
        "vectors that gensim saved: KeyedVectors.from_gensim",
    ),
    "torch, old": (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M", "torch.save: load it with torch.load"),
    "torch": (zip_of("archive/data.pkl"), "torch.load"),
    "npz": (zip_of("arr_0.npy"), "(load_vectors|holds no numbers)"),
    "zip": (zip_of("vectors.txt"), "unpack it first"),
    "npy": (npy(), "an array of NumPy.*load_vectors reads it, with words="),
    "fastText": (
        struct.pack("<ii", 793712314, 12) + bytes(100),
        "(a model of fastText: load_vectors reads its vectors of words|0 dimensions)",
    ),
    "tar": (tar_of(text()), "tar archive: unpack it first"),
    "tar.gz": (gzip.compress(tar_of(text())), "tar archive: unpack it first"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(20), "HDF5"),
    "Parquet": (b"PAR1" + bytes(20), "Parquet"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
    "web page": (b"\n<!DOCTYPE html><html>404</html>", "a web page: the download went wrong"),
    "UTF-16": ("king 1 2\n".encode("utf-16"), "UTF-16"),
}

LOADERS: dict[str, Callable[[Path], Any]] = {
    "KeyedVectors.load": KeyedVectors.load,
    "load_vectors": load_vectors,
    "load_word2vec_format": KeyedVectors.load_word2vec_format,
    "load_word2vec_format, binary": lambda path: KeyedVectors.load_word2vec_format(path, binary=True),
    "Word2Vec.load": Word2Vec.load,
    "Item2Vec.load": Item2Vec.load,
    "Phrases.load": Phrases.load,
    "FrozenPhrases.load": FrozenPhrases.load,
    "layers.Embedding.load": Embedding.load,
    "layers.EmbeddingBag.load": EmbeddingBag.load,
    "layers.Linear.load": Linear.load,
    "layers.PatchEmbedding.load": PatchEmbedding.load,
    "layers.PositionEmbedding.load": PositionEmbedding.load,
    "layers.SampledSoftmaxLoss.load": SampledSoftmaxLoss.load,
    "layers.TokenAndPositionEmbedding.load": TokenAndPositionEmbedding.load,
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("loader", LOADERS)
def test_files_of_other_programs_are_named(loader: str, other: str, tmp_path: Path) -> None:
    content, message = OTHERS[other]
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError, match=rf"x: .*{message}"):
        LOADERS[loader](tmp_path / "x")


def own_files() -> dict[str, Callable[[Path], object]]:
    model = Word2Vec(SENTENCES, vector_size=4, min_count=1, epochs=1, workers=1, sample=0)
    items = Item2Vec(vector_size=4, epochs=1, workers=1, progress=False, min_count=1).fit(SENTENCES)
    phrases = Phrases(SENTENCES, min_count=1, threshold=0.1)
    return {
        "KeyedVectors": vectors().save,
        "Word2Vec": model.save,
        "Item2Vec": items.save,
        "Phrases": phrases.save,
        "FrozenPhrases": phrases.freeze().save,
        "layers.Embedding": Embedding(3, 2, optimizer=Adam()).save,
        "layers.EmbeddingBag": EmbeddingBag(3, 2).save,
        "layers.Linear": Linear(3, 2).save,
        "layers.PatchEmbedding": PatchEmbedding(2, 2).save,
        "layers.PositionEmbedding": PositionEmbedding(3, 2).save,
        "layers.SampledSoftmaxLoss": SampledSoftmaxLoss(LogUniformSampler(3), 2, 2).save,
        "layers.TokenAndPositionEmbedding": TokenAndPositionEmbedding(Embedding(3, 2), PositionEmbedding(3, 2)).save,
        "Corpus": Corpus.from_sentences(SENTENCES).save,
    }


READERS: dict[str, Callable[[Path], object]] = {
    "KeyedVectors.load": KeyedVectors.load,
    "Word2Vec.load": Word2Vec.load,
    "Item2Vec.load": Item2Vec.load,
    "Phrases.load": Phrases.load,
    "FrozenPhrases.load": FrozenPhrases.load,
    "layers.Embedding.load": Embedding.load,
    "layers.EmbeddingBag.load": EmbeddingBag.load,
    "layers.Linear.load": Linear.load,
    "layers.PatchEmbedding.load": PatchEmbedding.load,
    "layers.PositionEmbedding.load": PositionEmbedding.load,
    "layers.SampledSoftmaxLoss.load": SampledSoftmaxLoss.load,
    "layers.TokenAndPositionEmbedding.load": TokenAndPositionEmbedding.load,
    "Corpus.open": Corpus.open,
}


def test_each_of_our_files_names_its_reader_to_all_others(tmp_path: Path) -> None:
    refused = []
    for kind, save in own_files().items():
        save(tmp_path / kind)
        reader = next(name for name in READERS if name.startswith(kind + "."))
        READERS[reader](tmp_path / kind)
        for name, load in LOADERS.items():
            try:
                load(tmp_path / kind)
            except ValueError as error:
                refused.append((kind, reader, name, str(error)))
    for kind, reader, name, message in refused:
        assert f"{kind}: " in message, name
        assert reader in message, name
        assert "reads it" in message, name
    assert len(refused) == 178  # readers of vectors take those of models


def test_our_own_vectors_in_a_reader_of_text(tmp_path: Path) -> None:
    vectors().save(tmp_path / "x")
    with pytest.raises(ValueError, match=r"vectors in fastemb's own format: KeyedVectors\.load reads it"):
        KeyedVectors.load_word2vec_format(tmp_path / "x")
    assert KeyedVectors.load(tmp_path / "x").index_to_key == WORDS


# ---- word2vec's formats: the remedy that is named works ----


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("limit", [None, 1, 3])
@pytest.mark.parametrize(
    ("content", "options", "message", "remedy"),
    [
        (text(), {"binary": True}, "this is word2vec's text format: read it with binary=False", {"binary": False}),
        (binary(), {}, "this is word2vec's binary format: read it with binary=True", {"binary": True}),
        (text(False), {}, "text without a header, as GloVe's.*with no_header=True", {"no_header": True}),
        (text(False), {"binary": True}, "text without a header.*with no_header=True", {"no_header": True}),
        (text(), {"no_header": True}, "", {}),
    ],
)
def test_the_wrong_option_names_the_right_one(
    content: bytes,
    options: dict[str, Any],
    message: str,
    remedy: dict[str, Any],
    limit: int | None,
    pack: Callable[[bytes], bytes],
    tmp_path: Path,
) -> None:
    (tmp_path / "x").write_bytes(pack(content))
    if message:
        with pytest.raises(ValueError, match=f"x: .*{message}"):
            KeyedVectors.load_word2vec_format(tmp_path / "x", limit=limit, **options)
    found = KeyedVectors.load_word2vec_format(tmp_path / "x", limit=limit, **remedy)
    assert found.index_to_key == WORDS[:limit]
    assert found.vectors.tobytes() == ROWS[:limit].tobytes()


@pytest.mark.parametrize("content", [text(), text(False), binary()])
@pytest.mark.parametrize("loader", ["Word2Vec.load", "Item2Vec.load", "Phrases.load"])
def test_readers_of_models_name_the_reader_of_vectors(content: bytes, loader: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError, match=r"KeyedVectors\.load_word2vec_format reads it, with") as caught:
        LOADERS[loader](tmp_path / "x")
    option = re.search(r"reads it, with (\w+)=(\w+)", str(caught.value))
    assert option is not None
    found = KeyedVectors.load_word2vec_format(tmp_path / "x", **{option[1]: option[2] == "True"})
    assert found.index_to_key == WORDS


def test_keys_with_line_ends_are_no_binary_records(tmp_path: Path) -> None:
    records = [b"a " + b"\0\1\2\3", b"b\nc " + b"\0\1\2\3", b"d " + b"\0\1\2\3"]
    (tmp_path / "x").write_bytes(b"3 1\n" + b"".join(records))
    with pytest.raises(ValueError, match="x: record 1 or one after it has a key with a line end in it"):
        KeyedVectors.load_word2vec_format(tmp_path / "x", binary=True)


def test_short_binary_files_are_read_where_their_format_is_said(tmp_path: Path) -> None:
    for count in (1, 2, 5):
        for dims in (1, 2, 3):
            made = KeyedVectors(dims)
            made.add_vectors(WORDS[:count], np.frombuffer(b"AbCd" * count * dims, np.float32).reshape(count, dims))
            made.save_word2vec_format(tmp_path / "x", binary=True)
            for found in (
                load_vectors(tmp_path / "x", format="word2vec-binary"),
                KeyedVectors.load_word2vec_format(tmp_path / "x", binary=True),
            ):
                assert found.vectors.tobytes() == made.vectors.tobytes()


def test_text_with_a_damaged_first_line_is_still_text(tmp_path: Path) -> None:
    damaged = text().replace(b"w0 ", b"w0 oops ", 1)
    (tmp_path / "x").write_bytes(damaged.replace(b" 8\n", b" 9\n", 1))
    with pytest.raises(ValueError, match="x: line 2"):
        load_vectors(tmp_path / "x")


# ---- keys with spaces ----


def test_keys_with_spaces_are_read_from_the_right(tmp_path: Path) -> None:
    lines = [
        ", 1.5 2 3",
        ". . . 4 5 6",
        "at name@domain.com 7 8 9 ",
        "to  two\u00a0spaces 1 1 1\r",
        "3 1/2 2 2 2",
        "end 3 3 3",
    ]
    expected = [",", ". . .", "at name@domain.com", "to  two\u00a0spaces", "3 1/2", "end"]
    for header in ("", "6 3\n"):
        (tmp_path / "x").write_text(header + "\n".join(lines) + "\n", encoding="utf-8", newline="")
        for found in (
            load_vectors(tmp_path / "x"),
            KeyedVectors.load_word2vec_format(tmp_path / "x", no_header=not header),
            KeyedVectors.load_word2vec_format(tmp_path / "x", no_header=not header, datatype=np.float64),
        ):
            assert found.index_to_key == expected
            assert found.vectors.sum(axis=1).tolist() == [6.5, 15, 24, 3, 6, 9]


@pytest.mark.parametrize(
    "line", ["a 1 2 3 4", "a b 1 2 3 4", "a b 1 2", " a 1 2 3 4", "a b", "a b x y z", "a\tb\t1\t2\t3"]
)
def test_lines_with_too_many_or_too_few_numbers_are_still_errors(line: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(f"2 3\nok 1 2 3\n{line}\n")
    with pytest.raises(ValueError, match="x: line 3"):
        KeyedVectors.load_word2vec_format(tmp_path / "x")


# ---- safetensors of other programs ----


def foreign(path: Path) -> None:
    write_tensors(path, {"emb.weight": ROWS, "bias": ROWS[0], "ids": np.arange(40).reshape(40, 1)}, {"format": "pt"})


@pytest.mark.parametrize("loader", ["KeyedVectors.load", "load_vectors"])
def test_a_foreign_safetensors_file_lists_its_arrays(loader: str, tmp_path: Path) -> None:
    foreign(tmp_path / "x")
    message = r"x: no file of vectors; its arrays: .*'emb.weight' \(F32 \[40, 8\]\).*key= .*words="
    with pytest.raises(ValueError, match=message):
        LOADERS[loader](tmp_path / "x")
    (tmp_path / "words").write_text("\n".join(WORDS), encoding="utf-8")
    for words in (WORDS, tuple(WORDS), tmp_path / "words", str(tmp_path / "words")):
        found = load_vectors(tmp_path / "x", key="emb.weight", words=words)
        assert found.index_to_key == WORDS
        assert found.vectors.tobytes() == ROWS.tobytes()


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    short = (ROWS.view(np.uint32) >> 16).astype(np.uint16)
    header = json.dumps({"w": {"dtype": "BF16", "shape": [40, 8], "data_offsets": [0, 640]}}).encode()
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header + short.tobytes())
    found = load_vectors(tmp_path / "x", key="w", words=WORDS)
    np.testing.assert_allclose(found.vectors, ROWS, rtol=0.01)
    with pytest.raises(ValueError, match=r"'w' \(BF16 \[40, 8\]\)"):
        load_vectors(tmp_path / "x")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key": "nope", "words": WORDS}, "no array 'nope'.*emb.weight"),
        ({"key": "bias", "words": WORDS}, "'bias' is no matrix of floats"),
        ({"key": "ids", "words": WORDS}, "'ids' is no matrix of floats"),
        ({"key": "emb.weight", "words": WORDS[1:]}, "39 words for the 40 rows"),
        ({"key": "emb.weight", "words": [*WORDS[1:], "w5"]}, "the word 'w5' comes twice"),
        ({"key": "emb.weight"}, "give words= too"),
        ({"words": WORDS}, "load_vectors reads one of its arrays, with key="),
    ],
)
def test_arrays_and_words_that_do_not_fit(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    foreign(tmp_path / "x")
    with pytest.raises(ValueError, match=message):
        load_vectors(tmp_path / "x", **options)


def test_what_nobody_knows() -> None:
    for start in (b"", b"\0" * 100, b"just words\n", b"{", b"PK", b"\x80"):
        assert kind_of(start) is None


@pytest.mark.parametrize("line", [b"the quick brown fox", b"#!/bin/sh", b"key,1,2,3"])
def test_text_that_is_no_vectors_shows_its_line(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(line + b"\njumps over\n")
    with pytest.raises(ValueError, match=rf"x: no file of vectors .*line 1 is neither .*{line.decode()}"):
        load_vectors(tmp_path / "x")
