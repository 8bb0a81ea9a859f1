"""A gensim model taken over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..corpus import Vocabulary
from ..train.sampling import HuffmanPaths
from ..train.settings import Settings
from .attributes import Attributes

if TYPE_CHECKING:
    from .word2vec import Word2Vec

_STATE = (
    "comment",
    "corpus_count",
    "corpus_total_words",
    "effective_min_count",
    "min_alpha_yet_reached",
    "train_count",
    "total_train_time",
    "running_training_loss",
)


def _loaded(model: Any) -> Any:
    """``model`` itself, or what gensim reads from that path.

    Raises:
        ImportError: a path, but gensim is not installed.
    """
    if not isinstance(model, str | os.PathLike):
        return model
    try:
        import gensim.models
    except ImportError:
        raise ImportError(f"{model}: reading gensim's own files takes gensim: pip install gensim") from None
    return gensim.models.Word2Vec.load(str(model))


def take_model(made: Word2Vec, model: Any) -> None:
    """Make ``made``, which is empty, a copy of a ``gensim.models.Word2Vec`` or of one that gensim saved at a path.

    Raises:
        ImportError: a path, but gensim is not installed.
        ValueError: the model has no vocabulary.
    """
    model = _loaded(model)
    vectors = model.wv
    if not len(vectors):
        raise ValueError("the gensim model has no vocabulary")
    there = {name: getattr(model, name) for name in Settings.declared() if hasattr(model, name)}
    made._start_empty(Settings(**there | {"workers": None}))
    for name in _STATE:
        if getattr(model, name, None) is not None:
            setattr(made, name, getattr(model, name))
    matrices = {"vectors": vectors.vectors}
    if model.negative:
        matrices["syn1neg"] = model.syn1neg
    if model.hs:
        matrices["syn1"] = model.syn1
    vocabulary = Vocabulary(vectors.index_to_key, vectors.expandos["count"])
    made._adopt(vocabulary, matrices, _paths(vectors) if model.hs else None)
    for name, values in vectors.expandos.items():
        if name not in ("count", *Attributes.derived):
            made.wv.expandos[name] = np.array(values)
    if len(getattr(vectors, "vectors_lockf", ())) > 1:
        made.wv.vectors_lockf = np.array(vectors.vectors_lockf)


def _paths(vectors: Any) -> HuffmanPaths:
    """The paths of gensim's own tree: ties may be broken otherwise there, and ``syn1`` belongs to it."""
    points, codes = vectors.expandos["point"], vectors.expandos["code"]
    lengths = np.array([len(path) for path in points], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    spare = [0]  # an entry past the end, for a vocabulary of one word
    nodes = np.concatenate([*points, spare]).astype(np.int32)
    turns = np.concatenate([*codes, spare]).astype(np.uint8)
    return HuffmanPaths(offsets, nodes, turns, int(lengths.max()))
