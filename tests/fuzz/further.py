"""Readers of text a line at a time, of packed text, of files whose kind is found out, and of indexes."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import fastemb
from fastemb import (
    Corpus,
    Documents,
    Interactions,
    KeyedVectors,
    LineSentence,
    PathLineSentences,
    Text8Corpus,
    Word2Vec,
)
from fastemb.corpus.readers import BrownCorpus
from fastemb.graphs import read_labels
from fastemb.index import VectorIndex
from fastemb.io.unpack import zstd_module
from fastemb.items import ItemIndex, read_titles
from fastemb.layers import Embedding, PatchEmbedding, PositionEmbedding, TokenAndPositionEmbedding
from fastemb.models.fasttext import load_facebook_vectors

from .learned import LINES, classifier, of_facebook
from .readers import SENTENCES, TABLE, TRAINED, Reader, look, plain_vectors, reading, text

WORDS = "the old king\nmet the queen of Köln\n\nnew\tyork\n"
MOST = 100  # of what an iterator gives

Kind = Iterator[tuple[str, Reader]]


def listed(read: Callable[[Any], Any]) -> Callable[[Path], None]:
    """Look at what an iterator gives."""
    return lambda path: look(list(islice(read(path), MOST)))


def of_lines() -> Kind:
    def brown(folder: Path) -> None:
        folder.mkdir()
        (folder / "ca01").write_text("The/at Fulton/np-tl 1/cd ,/,\n\nOR/Cc\n")

    known, model = classifier(), Word2Vec(SENTENCES, **TRAINED)
    yield "LineSentence", Reader("lines", text(WORDS), listed(LineSentence))
    yield "PathLineSentences", Reader("lines", text(WORDS), listed(PathLineSentences))
    yield "Text8Corpus", Reader("lines", text(WORDS), listed(Text8Corpus))
    yield "BrownCorpus", Reader("lines", brown, lambda path: look(list(BrownCorpus(path))), "ca01")
    yield "Documents from files", Reader("lines", text(WORDS), reading(Documents.from_files, min_count=1))
    yield "labels of nodes", Reader("lines", text("a x y\nb z\n"), reading(read_labels))
    yield "titles of items", Reader("lines", text("1,King\n2,Queen\n"), reading(read_titles, sep=","))
    yield "keyed baskets", Reader("lines", text("u a b\nv c\n"), reading(Interactions.from_basket_file, keyed=True))
    yield "lines to predict", Reader("lines", text(LINES), listed(known.predict_file))
    yield "lines to learn from", Reader("lines", text(LINES), lambda path: look(classifier().fit_file(path)))
    yield (
        "corpus_file",
        Reader("lines", text(WORDS), lambda path: look(Word2Vec(corpus_file=str(path), **TRAINED))),
    )
    yield (
        "sentences scored",
        Reader("lines", text(WORDS), lambda path: look(model.build_vocab(corpus_file=str(path), update=True))),
    )
    yield (
        "questions as gensim asks",
        Reader(
            "lines",
            text(": x\nking queen man é\nman é king queen\n"),
            lambda path: look(plain_vectors().evaluate_word_analogies(path)),
        ),
    )
    yield (
        "pairs as gensim asks",
        Reader(
            "lines",
            text("king\tqueen\t7.5\nman\té\t0.5\nking\tman\t2\n"),
            lambda path: look(plain_vectors().evaluate_word_pairs(path)),
        ),
    )


def of_packed() -> Kind:
    """Text in each packing, and vectors whose format is found out."""
    packings: dict[str, Callable[[bytes], bytes]] = {
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "zstd": lambda data: bytes(zstd_module().compress(data)),
    }

    def packed(pack: Callable[[bytes], bytes]) -> Callable[[Path], object]:
        return lambda path: path.write_bytes(pack(WORDS.encode()))

    for name, pack in packings.items():
        yield f"text {name}", Reader("packed", packed(pack), reading(Corpus.from_file))

    def words_beside(path: Path) -> None:
        array = path.with_name("of-words.npy")
        np.save(array, np.asarray(plain_vectors().vectors))
        path.write_text("king\nqueen\nman\né\n")

    def taken_over(path: Path) -> None:
        vectors = plain_vectors()
        vectors.vectors_lockf = np.ones(len(vectors), np.float32)
        vectors.intersect_word2vec_format(path, binary=True)

    def binary(path: Path) -> None:
        plain_vectors().save_word2vec_format(path, binary=True)

    def gzipped(path: Path) -> None:
        fastemb.save_vectors(plain_vectors(), path.with_name("a.txt.gz"), format="glove")
        path.with_name("a.txt.gz").rename(path)

    yield "any vectors, text", Reader("packed", plain_vectors().save_word2vec_format, reading(fastemb.load_vectors))
    yield "any vectors, binary", Reader("packed", binary, reading(fastemb.load_vectors))
    yield "any vectors, packed", Reader("packed", gzipped, reading(fastemb.load_vectors, format="glove"))
    yield "any vectors, own", Reader("packed", plain_vectors().save, reading(fastemb.load_vectors))
    yield (
        "words of an array",
        Reader(
            "packed",
            words_beside,
            lambda path: look(fastemb.load_vectors(path.with_name("of-words.npy"), words=path)),
        ),
    )
    yield "vectors taken over", Reader("packed", binary, taken_over)
    yield "facebook vectors, any", Reader("packed", of_facebook, reading(load_facebook_vectors))
    yield "csv of other columns", Reader("packed", text(TABLE), reading(Corpus.from_csv, column="item", sep=","))


def of_indexes() -> Kind:
    """Graphs themselves are trusted: a checksum tells of damage."""
    some = KeyedVectors(4)
    some.add_vectors([f"k{row}" for row in range(12)], np.random.default_rng(0).standard_normal((12, 4), np.float32))
    yield "VectorIndex", Reader("indexes", some.build_index(workers=1).save, reading(VectorIndex.load))
    yield "ItemIndex", Reader("indexes", ItemIndex(some, workers=1).save, reading(ItemIndex.load, workers=1))
    yield "Corpus not verified", Reader("indexes", saved_corpus, reading(Corpus.open, verify=False))
    embedding = Embedding(4, 3, seed=1)
    yield "Embedding mapped", Reader("indexes", embedding.save, reading(Embedding.load, mmap="r"))
    patches = PatchEmbedding(2, 4, in_channels=1, seed=1)
    yield "PatchEmbedding", Reader("indexes", patches.save, reading(PatchEmbedding.load))
    tokens = TokenAndPositionEmbedding(embedding, PositionEmbedding(5, 3, seed=1))
    yield "TokenAndPositionEmbedding", Reader("indexes", tokens.save, reading(TokenAndPositionEmbedding.load))


def saved_corpus(path: Path) -> None:
    Corpus.from_sentences(SENTENCES).save(path)


def further() -> dict[str, Reader]:
    """All of them, by their names."""
    return dict([*of_lines(), *of_packed(), *of_indexes()])
