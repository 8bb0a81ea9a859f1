"""Readers of what learns from labelled texts, documents and parts of words, of checkpoints, and of counted words."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import fastemb
from fastemb import (
    Corpus,
    DeepWalk,
    Doc2Vec,
    Documents,
    FastText,
    Graph,
    Interactions,
    Item2Vec,
    KeyedVectors,
    TaggedDocument,
    TaggedLineDocument,
    TextClassifier,
    Word2Vec,
    fasttext,
)
from fastemb.layers import EmbeddingBag, LogUniformSampler, PositionEmbedding, SampledSoftmaxLoss
from fastemb.models.fasttext import FastTextKeyedVectors, load_facebook_model, load_facebook_vectors

from .readers import EDGES, SENTENCES, TABLE, TRAINED, Enough, Reader, Stop, look, reading, text

TEXTS = ["the cat sleeps", "a dog barks", "the cat eats", "dogs and a dog"] * 3
LABELS = ["cat", "dog", "cat", "dog"] * 3
LINES = "".join(f"__label__{label} {line}\n" for label, line in zip(LABELS, TEXTS, strict=True))
CLASSIFIER: dict[str, Any] = {"vector_size": 4, "epochs": 1, "workers": 1, "progress": False, "bucket": 20, "max_n": 2}
PARQUET = "table.parquet"
CSV = "table.csv"
LABELLED: dict[str, Any] = {"dim": 4, "epoch": 1, "bucket": 20, "verbose": 0, "thread": 1}
WORDS: dict[str, Any] = {"minCount": 1, "t": 1.0}
SUBWORDS: dict[str, Any] = TRAINED | {"bucket": 20, "min_n": 2, "max_n": 3}
WALKS: dict[str, Any] = {"vector_size": 4, "walk_length": 4, "num_walks": 1, "workers": 1, "progress": False}
OF_MODELS: dict[str, Any] = {"callbacks": [Stop()], "progress": False, "workers": 1}

Kind = Iterator[tuple[str, Reader]]


def documents() -> list[TaggedDocument]:
    return [TaggedDocument(words, [f"d{number}"]) for number, words in enumerate(SENTENCES)]


def classifier(**options: Any) -> TextClassifier:
    return TextClassifier(**CLASSIFIER | options).fit(TEXTS, LABELS)


def asked(model: Any) -> None:
    """Ask what was read for its words and its labels."""
    look(model)
    model.predict(["the cat"])


def asked_of_fasttext(model: Any) -> None:
    repr(model)
    model.get_words(on_unicode_error="replace")
    model.get_word_vector("cat")
    model.get_nearest_neighbors("cat", k=2, on_unicode_error="replace")
    if model._state.is_supervised:
        with contextlib.suppress(ValueError):  # a model without a label
            model.predict("the cat", on_unicode_error="replace")


def going_on(read: Callable[[Path], object]) -> Callable[[Path], None]:
    """What resumes: there is no need to train on."""

    def resumed(path: Path) -> None:
        with contextlib.suppress(Enough):
            read(path)

    return resumed


def of_labels() -> Kind:
    for loss in ("softmax", "hs", "ova"):
        made = classifier(loss=loss)
        yield f"TextClassifier {loss}", Reader("labels", made.save, lambda path: asked(TextClassifier.load(path)))
    made = classifier(loss="hs", word_ngrams=2)
    yield (
        "TextClassifier bin",
        Reader("labels", made.save_fasttext, lambda path: asked(TextClassifier.load_fasttext(path))),
    )

    def ask(path: Path) -> None:
        asked_of_fasttext(fasttext.load_model(path))

    def trained(path: Path, train: Any, small: dict[str, Any] | None, **options: Any) -> None:
        source = path.with_name("of-labels")
        source.write_text(LINES)
        model = train(str(source), **LABELLED | options)
        if small is not None:
            model.quantize(**small)
        model.save_model(path)

    def door(train: Any, small: dict[str, Any] | None = None, **options: Any) -> Reader:
        return Reader("labels", lambda path: trained(path, train, small, **options), ask)

    source = {"input": None}
    yield "fasttext supervised", door(fasttext.train_supervised, wordNgrams=2, minn=2, maxn=3)
    yield "fasttext hs", door(fasttext.train_supervised, loss="hs")
    yield "fasttext unsupervised", door(fasttext.train_unsupervised, **WORDS)
    yield "fasttext ftz", door(fasttext.train_supervised, source, wordNgrams=2)
    yield "fasttext ftz qnorm", door(fasttext.train_supervised, source | {"qnorm": True}, minn=2, maxn=3)
    yield "fasttext ftz qout", door(fasttext.train_supervised, source | {"qout": True})
    yield "fasttext ftz cutoff", door(fasttext.train_supervised, source | {"cutoff": 8}, wordNgrams=2)

    known = classifier()
    yield "labelled lines", Reader("labels", text(LINES), lambda path: look(known.evaluate_file(path)))
    yield (
        "labelled table",
        Reader(
            "labels",
            text(TABLE.replace("i1", "cat")),
            lambda path: look(known.evaluate_file(path, text="text", labels="item")),
        ),
    )


def of_facebook(path: Path) -> None:
    fastemb.models.fasttext.save_facebook_model(FastText(SENTENCES, **SUBWORDS), path)


def of_learned() -> Kind:
    words = FastText(SENTENCES, **SUBWORDS)
    yield "FastText", Reader("learned", words.save, reading(FastText.load))
    yield "FastTextKeyedVectors", Reader("learned", words.wv.save, reading(FastTextKeyedVectors.load))

    yield "facebook model", Reader("learned", of_facebook, reading(load_facebook_model))
    yield "facebook vectors", Reader("learned", of_facebook, reading(load_facebook_vectors))
    for name, options in (("dm", {"dm": 1}), ("concat", {"dm": 1, "dm_concat": 1}), ("dbow", {"dm": 0})):
        made = Doc2Vec(documents(), **TRAINED | options)
        yield f"Doc2Vec {name}", Reader("learned", made.save, reading(Doc2Vec.load))
    yield (
        "Word2Vec hs",
        Reader("learned", Word2Vec(SENTENCES, hs=1, negative=0, **TRAINED).save, reading(Word2Vec.load)),
    )
    yield "Word2Vec mapped", Reader("learned", Word2Vec(SENTENCES, **TRAINED).save, reading(Word2Vec.load, mmap="r"))
    grown = Item2Vec(vector_size=4, epochs=1, workers=1, progress=False, min_count=1).fit(SENTENCES)
    yield "Item2Vec of two runs", Reader("learned", grown.partial_fit(SENTENCES).save, reading(Item2Vec.load))
    weighted = Graph.from_edges([(*edge, 1.5 + k) for k, edge in enumerate(EDGES)], directed=True)
    yield "Graph of weights", Reader("learned", weighted.save, reading(Graph.load))
    yield "Graph mapped", Reader("learned", Graph.from_edges(EDGES).save, reading(Graph.load, mmap="r"))
    yield "EmbeddingBag", Reader("learned", EmbeddingBag(4, 3, seed=1).save, reading(EmbeddingBag.load))
    yield "PositionEmbedding", Reader("learned", PositionEmbedding(4, 3, seed=1).save, reading(PositionEmbedding.load))
    yield (
        "SampledSoftmaxLoss",
        Reader(
            "learned", SampledSoftmaxLoss(LogUniformSampler(9), 4, 3, seed=1).save, reading(SampledSoftmaxLoss.load)
        ),
    )


def of_checkpoints() -> Kind:
    every: dict[str, Any] = {"checkpoint_every": "1w"}
    docs, graph = documents(), Graph.from_edges(EDGES)
    items = Item2Vec(vector_size=4, epochs=1, workers=1, progress=False, min_count=1)

    def reader(write: Callable[[Path], object], read: Callable[[Path], object]) -> Reader:
        return Reader("checkpoints", write, going_on(read))

    yield (
        "checkpoint of FastText",
        reader(
            lambda path: FastText(SENTENCES, checkpoint=path, **every, **SUBWORDS),
            lambda path: FastText.resume(path, SENTENCES, **OF_MODELS),
        ),
    )
    yield (
        "checkpoint of Doc2Vec",
        reader(
            lambda path: Doc2Vec(docs, checkpoint=path, **every, **TRAINED),
            lambda path: Doc2Vec.resume(path, docs, **OF_MODELS),
        ),
    )
    yield (
        "checkpoint of Item2Vec",
        reader(
            lambda path: items.fit(SENTENCES, checkpoint=path, **every),
            lambda path: Item2Vec.resume(path, **OF_MODELS),
        ),
    )
    yield (
        "checkpoint of DeepWalk",
        reader(
            lambda path: DeepWalk(**WALKS).fit(graph, checkpoint=path, **every),
            lambda path: DeepWalk.resume(path, graph, **OF_MODELS),
        ),
    )
    yield (
        "checkpoint of TextClassifier",
        reader(
            lambda path: TextClassifier(**CLASSIFIER).fit(TEXTS, LABELS, checkpoint=path, **every),
            lambda path: TextClassifier.resume(path, TEXTS, LABELS, **OF_MODELS),
        ),
    )


def of_tables() -> Kind:
    classes = classifier()

    def parquet(folder: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder.mkdir()
        pq.write_table(pa.table({"text": TEXTS, "user": LABELS, "weight": np.arange(12) / 3}), folder / PARQUET)

    def table(folder: Path) -> None:
        folder.mkdir()
        (folder / CSV).write_text(TABLE)

    def of_parquet(read: Callable[[Path], object]) -> Reader:
        return Reader("tables", parquet, lambda folder: look(read(folder / PARQUET)), PARQUET)

    def tagged(path: Path) -> None:
        for document in TaggedLineDocument(path):
            look(document)

    def columns(path: Path) -> Graph:
        return Graph.from_file(path, source="user", target="item", weight="weight", sep=",")

    yield "Corpus parquet", of_parquet(lambda path: Corpus.from_parquet(path, column="text"))
    yield "interactions parquet", of_parquet(lambda path: Interactions.from_file(path, session="user", item="text"))
    yield "edges parquet", of_parquet(lambda path: Graph.from_file(path, source="user", target="text", weight="weight"))
    yield "documents parquet", of_parquet(lambda path: Documents.from_table(path, "text", "user"))
    yield (
        "documents csv",
        Reader("tables", table, lambda folder: look(Documents.from_table(folder / CSV, "text", "user")), CSV),
    )
    yield "labels parquet", of_parquet(lambda path: classes.evaluate_file(path, text="text", labels="user"))
    yield "tagged lines", Reader("tables", text("a b c\nb é\n\nd\n"), tagged)
    yield "edges of columns", Reader("tables", text(TABLE), lambda path: look(columns(path)))
    vectors = KeyedVectors(4)
    vectors.add_vectors([str(k) for k in range(30)], np.random.default_rng(0).standard_normal((30, 4), np.float32))
    half = vectors.quantize("float16")
    yield "KeyedVectors half", Reader("tables", half.save, reading(KeyedVectors.load))
    yield "KeyedVectors half mapped", Reader("tables", half.save, reading(KeyedVectors.load, mmap="r"))


def learned() -> dict[str, Reader]:
    """All of them, by their names."""
    return dict([*of_labels(), *of_learned(), *of_checkpoints(), *of_tables()])
