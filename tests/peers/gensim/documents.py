"""Questions about documents, to gensim and to fastemb in the same words, in which nothing is drawn at random.

Hierarchical softmax has no negatives, and windows are not shrunk: so a pass over documents follows from the matrices at
its beginning.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from peers.gensim.questions import uniform

KINDS: dict[str, dict[str, int]] = {
    "DBOW": {"dm": 0},
    "DBOW with words": {"dm": 0, "dbow_words": 1},
    "DM mean": {"dm": 1},
    "DM sum": {"dm": 1, "cbow_mean": 0},  # gensim 4.4 forgets what is given as dm_mean
    "DM concatenation": {"dm": 1, "dm_concat": 1, "dm_tag_count": 2},
}
RATE = 0.001
ASKED = [[*"abcdefcd"], [*"ffedcba"], [*"acdefdb"]]


def documents(models: Any) -> list[Any]:
    """Twelve with two tags each, of six words whose Huffman tree is not a matter of ties."""
    dice = random.Random(1)
    words = [dice.choices("abcdef", weights=(32, 16, 8, 6, 4, 2), k=10) for _ in range(12)]
    return [models.doc2vec.TaggedDocument(each, [number, f"part {number % 3}"]) for number, each in enumerate(words)]


def started(models: Any, options: dict[str, int]) -> Any:
    """A model whose matrices are given, and not yet trained."""
    fixed = {"hs": 1, "negative": 0, "sample": 0, "window": 2, "shrink_windows": False, "min_count": 1, "workers": 1}
    given = {name: value for name, value in options.items() if name != "cbow_mean"}
    model = models.Doc2Vec(vector_size=4, seed=1, epochs=1, alpha=RATE, min_alpha=RATE, **fixed, **given)
    model.hs_exact = True  # gensim has no such setting, and is so always
    model.cbow_mean = options.get("cbow_mean", 1)
    model.build_vocab(documents(models))
    order = {word: row for row, word in enumerate(sorted(model.wv.index_to_key))}
    rows = uniform(len(order), 4)
    for word, row in model.wv.key_to_index.items():
        model.wv.vectors[row] = rows[order[word]]
    model.dv.vectors[:] = uniform(len(model.dv.vectors), 4)[::-1]
    model.syn1[:] = uniform(*model.syn1.shape)[:, ::-1]
    return model


def learned(models: Any, options: dict[str, int]) -> dict[str, Any]:
    """What a pass over the documents changes, in units of the learning rate, by word, tag and inner node."""
    model = started(models, options)
    before = [np.array(matrix, np.float64) for matrix in (model.wv.vectors, model.dv.vectors, model.syn1)]
    given = documents(models)
    model.train(given, total_examples=len(given), epochs=1)
    words, tags, nodes = (
        (np.asarray(after) - old) / RATE
        for after, old in zip((model.wv.vectors, model.dv.vectors, model.syn1), before, strict=True)
    )
    return {
        "words": {word: words[row].tolist() for word, row in sorted(model.wv.key_to_index.items())},
        "tags": [tags[row].tolist() for row in range(len(tags))],
        "nodes": nodes.tolist(),
    }


def inferred(models: Any) -> list[Any]:
    """Vectors of texts after so many passes that they do not depend on where they began: the loss has one minimum."""
    model = started(models, KINDS["DBOW"])
    found = [model.infer_vector(text, alpha=0.05, min_alpha=0.001, epochs=4000) for text in ASKED]
    return np.round(np.array(found, np.float64), 1).tolist()  # gensim begins elsewhere in each process


def answers_about_documents(models: Any) -> dict[str, Any]:
    """Every question's answer, plain."""
    found: dict[str, Any] = {f"documents: {name}": learned(models, options) for name, options in KINDS.items()}
    return found | {"documents: inferred": inferred(models)}
