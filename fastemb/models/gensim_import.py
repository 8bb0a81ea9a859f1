"""A gensim model as the parts of one of fastemb's."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus import Vocabulary
from ..io.paths import local_path
from ..train.sampling import HuffmanPaths
from ..train.settings import Settings
from .attributes import Attributes
from .word2vec_file import STATE, Saved


def _loaded(model: Any) -> Any:
    """``model`` itself, or what gensim reads from that path.

    Raises:
        ImportError: a path, but gensim is not installed.
    """
    if not isinstance(model, str | bytes | os.PathLike):
        return model
    path = local_path(model)
    try:
        import gensim.models
    except ImportError:
        raise ImportError(f"{path}: reading gensim's own files takes gensim: pip install gensim") from None
    return gensim.models.Word2Vec.load(path)


def read_gensim(model: Any) -> tuple[Saved, Any]:
    """A ``gensim.models.Word2Vec``, or one that gensim saved at a path, as parts, and its ``wv``.

    Raises:
        ImportError: a path, but gensim is not installed.
        ValueError: the model has no vocabulary.
    """
    model = _loaded(model)
    vectors = model.wv
    if not len(vectors):
        raise ValueError("the gensim model has no vocabulary")
    there: dict[str, Any] = {name: getattr(model, name) for name in Settings.declared() if hasattr(model, name)}
    there["workers"] = None  # as many as there are CPUs, whatever gensim used
    matrices = {"vectors": vectors.vectors}
    if model.negative:
        matrices["syn1neg"] = model.syn1neg
    if model.hs:
        matrices["syn1"] = model.syn1
    saved = Saved(
        Settings(**there).checked(),
        {name: getattr(model, name) for name in STATE if getattr(model, name, None) is not None},
        0,
        Vocabulary(vectors.index_to_key, vectors.expandos["count"]),
        matrices,
        _paths(vectors) if model.hs else None,
    )
    return saved, vectors


def values_of_words(vectors: Any) -> dict[str, NDArray[Any]]:
    """Copies of what was hung on each word of gensim's vectors, without what follows from its count."""
    return {
        name: np.array(values)
        for name, values in vectors.expandos.items()
        if name not in ("count", *Attributes.derived)
    }


def _paths(vectors: Any) -> HuffmanPaths:
    """The paths of gensim's own tree: ties may be broken otherwise there, and ``syn1`` belongs to it."""
    points, codes = vectors.expandos["point"], vectors.expandos["code"]
    lengths = np.array([len(path) for path in points], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    spare = [0]  # an entry past the end, for a vocabulary of one word
    nodes = np.concatenate([*points, spare]).astype(np.int32)
    turns = np.concatenate([*codes, spare]).astype(np.uint8)
    return HuffmanPaths(offsets, nodes, turns, int(lengths.max()))
