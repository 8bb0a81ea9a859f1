"""What a gensim model consists of, in fastemb's terms."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..corpus import Vocabulary
from .sampling import HuffmanPaths

_SETTINGS = (
    "vector_size",
    "alpha",
    "window",
    "min_count",
    "max_vocab_size",
    "sample",
    "seed",
    "min_alpha",
    "sg",
    "hs",
    "negative",
    "ns_exponent",
    "cbow_mean",
    "epochs",
    "null_word",
    "sorted_vocab",
    "comment",
    "max_final_vocab",
    "shrink_windows",
)
_STATE = ("corpus_count", "corpus_total_words", "train_count", "total_train_time", "running_training_loss")


def load_gensim(model: Any, kind: str) -> Any:
    """``model`` itself, or what gensim reads from that path; ``kind`` names the class in gensim.models.

    Raises:
        ImportError: a path, but gensim is not installed.
    """
    if not isinstance(model, str | os.PathLike):
        return model
    try:
        import gensim.models
    except ImportError:
        raise ImportError(f"{model}: reading gensim's own files takes gensim: pip install gensim") from None
    return getattr(gensim.models, kind).load(str(model))


def model_parts(
    model: Any,
) -> tuple[dict[str, Any], dict[str, Any], Vocabulary, dict[str, Any], HuffmanPaths | None]:
    """Settings, state, vocabulary, matrices and Huffman paths of a ``gensim.models.Word2Vec`` or of one's path.

    Raises:
        ImportError: a path, but gensim is not installed.
        ValueError: the model has no vocabulary.
    """
    model = load_gensim(model, "Word2Vec")
    vectors = model.wv
    if not len(vectors):
        raise ValueError("the gensim model has no vocabulary")
    settings = {name: getattr(model, name) for name in _SETTINGS if hasattr(model, name)}
    state = {name: getattr(model, name) for name in _STATE if hasattr(model, name)}
    vocabulary = Vocabulary(vectors.index_to_key, vectors.expandos["count"])
    matrices = {"vectors": vectors.vectors}
    if model.negative:
        matrices["syn1neg"] = model.syn1neg
    if model.hs:
        matrices["syn1"] = model.syn1
    return settings, state, vocabulary, matrices, _paths(vectors) if model.hs else None


def _paths(vectors: Any) -> HuffmanPaths:
    """The paths of gensim's own tree: ties may be broken otherwise there, and ``syn1`` belongs to it."""
    points, codes = vectors.expandos["point"], vectors.expandos["code"]
    lengths = np.array([len(path) for path in points], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    spare = [0]  # an entry past the end, for a vocabulary of one word
    nodes = np.concatenate([*points, spare]).astype(np.int32)
    turns = np.concatenate([*codes, spare]).astype(np.uint8)
    return HuffmanPaths(offsets, nodes, turns, int(lengths.max()))
