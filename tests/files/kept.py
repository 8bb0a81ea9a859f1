"""Files of each kind that fastemb writes, which every later version must read.

A folder of this one holds those that a release wrote, with what is in them in ``expected.json``. To make that of a new
release, before its version is changed:

    PYTHONPATH=tests .venv/bin/python -m files.kept

A folder that exists is never written anew: what people have on their disks does not change either.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import fastemb
from fastemb import Corpus, DeepWalk, FrozenPhrases, Graph, Item2Vec, KeyedVectors, Node2Vec, Phrases, Word2Vec
from fastemb.index import VectorIndex
from fastemb.items import ItemIndex
from fastemb.layers import (
    Adagrad,
    Adam,
    Embedding,
    EmbeddingBag,
    Linear,
    LogUniformSampler,
    PositionEmbedding,
    SampledSoftmaxLoss,
)

HERE = Path(__file__).parent
TEXTS = [["new", "york", f"w{number % 5}", "a", "b"] for number in range(30)]
WORDS: dict[str, Any] = {"vector_size": 6, "min_count": 1, "workers": 1, "epochs": 2, "sample": 0, "progress": False}
NODES: dict[str, Any] = {
    "vector_size": 4,
    "epochs": 1,
    "num_walks": 2,
    "walk_length": 5,
    "workers": 1,
    "progress": False,
}
EDGES = [("a", "b", 1.5), ("b", "c", 2.0), ("c", "a", 1.0)]


class Kind(NamedTuple):
    """A kind of file."""

    make: Callable[[Path], object]
    load: Callable[[Path], Any]
    described: Callable[[Any], Any]
    """What is in it, as plain values."""


def digest(array: Any) -> str:
    """Of the shape, the dtype and the bytes."""
    found = np.ascontiguousarray(array)
    return f"{found.dtype}{list(found.shape)} {hashlib.sha256(found.tobytes()).hexdigest()[:16]}"


def words(model: Word2Vec) -> Any:
    """A model's settings, words and matrices."""
    outputs = [digest(getattr(model, name)) for name in ("syn1neg", "syn1") if hasattr(model, name)]
    settings = {name: value for name, value in model._settings().values().items() if name != "workers"}
    counts = model.wv.expandos["count"].tolist()
    return [
        model.wv.index_to_key,
        counts,
        digest(model.wv.vectors),
        outputs,
        settings,
        model.comment,
        len(model.history),
    ]


def vectors(found: KeyedVectors) -> Any:
    """Keys, values and attributes."""
    values = {name: np.asarray(value).tolist() for name, value in sorted(found.expandos.items())}
    return [list(found.index_to_key), digest(np.asarray(found.vectors)), values]


def some_vectors(keys: list[Any] | None = None) -> KeyedVectors:
    """Ten vectors."""
    made = KeyedVectors(4)
    made.add_vectors(keys or [f"w{number}" for number in range(10)], np.arange(40).reshape(10, 4) / 7 - 2)
    made.set_vecattr(made.index_to_key[0], "count", 5)
    return made


def layer(found: Any) -> Any:
    """Weights, and the state of the optimiser by what a step does to them."""
    weight = found.weight.copy()
    if getattr(found, "optimizer", None) is not None:
        found.update(np.array([1, 2]), np.ones((2, weight.shape[1]), np.float32))
    return [repr(found), digest(weight), np.round(np.asarray(found.weight, np.float64), 5).tolist()]


def stepped(made: Any) -> Any:
    """A layer whose optimiser has a state."""
    made.update(np.array([1, 3]), np.full((2, made.weight.shape[1]), 0.5, np.float32))
    return made


def index(found: Any) -> Any:
    """What it finds."""
    return some_vectors().most_similar("w3", topn=3, indexer=found)


def items(found: Item2Vec) -> Any:
    """Settings, items, vectors, what is recommended and titles."""
    params = {name: value for name, value in found.get_params().items() if name not in ("callbacks", "workers")}
    best = [item for item, _ in found.recommend(["a"], 2)]
    return [params, found.wv.index_to_key, digest(found.wv.vectors), digest(found.wv_out.vectors), best, found.titles]


def nodes(found: Any) -> Any:
    """Settings, nodes and vectors."""
    params = {name: value for name, value in found.get_params().items() if name not in ("callbacks", "workers")}
    return [params, list(found.wv.index_to_key), digest(found.wv.vectors)]


def titled() -> Item2Vec:
    """An item model with titles."""
    made = Item2Vec(4, epochs=1, progress=False, workers=1).fit(TEXTS)
    made.titles = {"a": "The A", "b": "The B"}
    return made


class Midway:
    """Writes a checkpoint after the first epoch."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_epoch_end(self, model: Word2Vec) -> None:
        if model.history[-1]["epoch"] == 1.0:
            model.save_checkpoint(self.path)


KINDS: dict[str, Kind] = {
    "words": Kind(lambda p: Word2Vec(TEXTS, **WORDS, comment="kept").save(p), Word2Vec.load, words),
    "words-hs": Kind(lambda p: Word2Vec(TEXTS, **WORDS, hs=1, sg=1).save(p), Word2Vec.load, words),
    "words-checkpoint": Kind(
        lambda p: Word2Vec(TEXTS, **WORDS, checkpoint=p, checkpoint_every="1w"),
        lambda p: Word2Vec.resume(p, TEXTS, progress=False),
        words,
    ),
    "words-checkpoint-midway": Kind(
        lambda p: Word2Vec(TEXTS, **WORDS, callbacks=[Midway(p)]),
        lambda p: Word2Vec.resume(p, TEXTS, progress=False),
        lambda found: [found.wv.index_to_key, found.train_count, found._known.weights.epochs_trained],
    ),
    "vectors": Kind(lambda p: some_vectors().save(p), KeyedVectors.load, vectors),
    "vectors-of-integers": Kind(lambda p: some_vectors(list(range(10))).save(p), KeyedVectors.load, vectors),
    "vectors-int8": Kind(lambda p: some_vectors().quantize("int8").save(p), KeyedVectors.load, vectors),
    "corpus": Kind(
        lambda p: Corpus.from_sentences(TEXTS).save(p),
        Corpus.open,
        lambda found: [
            found.vocabulary.keys,
            found.vocabulary.counts.tolist(),
            digest(found.ids),
            digest(found.offsets),
        ],
    ),
    "phrases": Kind(
        lambda p: Phrases(TEXTS, min_count=1, threshold=0.5).save(p), Phrases.load, lambda found: found[TEXTS[0]]
    ),
    "phrases-frozen": Kind(
        lambda p: Phrases(TEXTS, min_count=1, threshold=0.5).freeze().save(p),
        FrozenPhrases.load,
        lambda found: found[TEXTS[0]],
    ),
    "items": Kind(lambda p: titled().save(p), Item2Vec.load, items),
    "items-index": Kind(
        lambda p: ItemIndex(some_vectors(), users=some_vectors([f"user{number}" for number in range(10)])).save(p),
        ItemIndex.load,
        lambda found: [
            found.index_to_key,
            vectors(found.users),
            found.search(np.ones((1, 4), np.float32), 3)[0].tolist(),
        ],
    ),
    "index": Kind(lambda p: some_vectors().build_index().save(p), VectorIndex.load, index),
    "graph": Kind(
        lambda p: Graph.from_edges(EDGES).save(p),
        Graph.load,
        lambda found: [list(found.nodes), len(found), repr(found)],
    ),
    "nodes": Kind(lambda p: Node2Vec(**NODES, p=0.5).fit(Graph.from_edges(EDGES)).save(p), Node2Vec.load, nodes),
    "nodes-deepwalk": Kind(lambda p: DeepWalk(**NODES).fit(Graph.from_edges(EDGES)).save(p), DeepWalk.load, nodes),
    "layer": Kind(lambda p: stepped(Embedding(5, 3, optimizer=Adam(0.1), seed=1)).save(p), Embedding.load, layer),
    "layer-bag": Kind(
        lambda p: EmbeddingBag(5, 3, optimizer=Adagrad(0.1), seed=1).save(p),
        EmbeddingBag.load,
        lambda found: digest(found.weight),
    ),
    "layer-positions": Kind(
        lambda p: PositionEmbedding(5, 3).save(p),
        PositionEmbedding.load,
        lambda found: digest(found.weight),
    ),
    "layer-linear": Kind(lambda p: Linear(4, 3, seed=1).save(p), Linear.load, lambda found: digest(found.weight)),
    "layer-loss": Kind(
        lambda p: SampledSoftmaxLoss(LogUniformSampler(7), 5, 2, seed=3).save(p),
        SampledSoftmaxLoss.load,
        lambda found: digest(found.weight),
    ),
}


def main() -> None:
    """Make the folder of the present version."""
    folder = HERE / fastemb.__version__
    if folder.exists():
        sys.exit(f"{folder} is there: a release's files are never written anew")
    folder.mkdir()
    expected = {}
    for name, kind in KINDS.items():
        kind.make(folder / name)
        expected[name] = kind.described(kind.load(folder / name))
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
