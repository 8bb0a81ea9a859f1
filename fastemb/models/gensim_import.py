"""A gensim model as the parts of one of fastemb's."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus import Vocabulary
from ..io.paths import local_path
from ..train.sampling import HuffmanPaths
from ..train.settings import DocumentSettings, Settings, SubwordSettings
from ..vectors.gensim_vectors import loaded_by, require_gensims_file
from .attributes import Attributes
from .word2vec_file import STATE, Saved


def _loaded(model: Any, kind: str) -> Any:
    """``model`` itself, or what gensim reads from that path.

    Raises:
        ImportError: a path, but gensim is not installed.
        ValueError: the file is not one that gensim saved, or holds something else than a model of this kind.
    """
    if not isinstance(model, str | bytes | os.PathLike):
        return model
    path = local_path(model)
    require_gensims_file(path, (kind,))
    try:
        import gensim.models
    except ImportError:
        raise ImportError(f"{path}: reading gensim's own files takes gensim: pip install gensim") from None
    return loaded_by(getattr(gensim.models, kind), path)


def _require_word2vec(model: Any) -> None:
    """Refuse what is no Word2Vec: gensim's other models are made of that class, too.

    Raises:
        TypeError: It is something else; the message says what takes it.
    """
    kinds = [kind.__name__ for kind in type(model).__mro__ if kind.__module__.partition(".")[0] == "gensim"]
    name = type(model).__name__
    for other, parts, remedy in (
        (
            "FastText",
            "parts of words",
            "FastText.from_gensim takes it whole, and KeyedVectors.from_gensim takes the vectors of its words",
        ),
        (
            "Doc2Vec",
            "documents",
            "Doc2Vec.from_gensim takes it whole, and KeyedVectors.from_gensim takes the vectors of its words",
        ),
    ):
        if other in kinds:
            raise TypeError(
                f"Word2Vec.from_gensim takes a Word2Vec, and this {name} would lose its vectors of {parts}: {remedy}"
            )
    if "KeyedVectors" in kinds:
        raise TypeError(
            f"Word2Vec.from_gensim takes a model, and these are vectors alone ({name}): KeyedVectors.from_gensim takes "
            "them"
        )
    if not all(hasattr(model, attribute) for attribute in ("wv", "negative", "hs")):
        raise TypeError(f"Word2Vec.from_gensim takes a gensim.models.Word2Vec or the path of one, not {name}")


def read_gensim(model: Any) -> tuple[Saved, Any]:
    """A ``gensim.models.Word2Vec``, or one that gensim saved at a path, as parts, and its ``wv``.

    Raises:
        ImportError: a path, but gensim is not installed.
        ValueError: the model has no vocabulary, or the file is not one that gensim saved, or holds something else.
        TypeError: this is something else.
    """
    model = _loaded(model, "Word2Vec")
    _require_word2vec(model)
    return _parts(model, Settings.among(_settings(model)), {"vectors": model.wv.vectors})


def read_gensims_fasttext(model: Any) -> tuple[Saved, Any]:
    """The same of a ``gensim.models.FastText``: a row for each word, then one for each bucket, are its "inputs".

    Raises:
        ImportError: a path, but gensim is not installed.
        ValueError: the model has no vocabulary; its n-grams were numbered by a fault of old gensims; or the file is not
            one that gensim saved, or holds something else.
        TypeError: this is something else.
    """
    model = _loaded(model, "FastText")
    vectors: Any = getattr(model, "wv", None)
    if not all(hasattr(vectors, name) for name in ("vectors_vocab", "vectors_ngrams", "bucket")):
        name = type(model).__name__
        raise TypeError(f"FastText.from_gensim takes a gensim.models.FastText or the path of one, not {name}")
    if not getattr(vectors, "compatible_hash", True):
        raise ValueError("the gensim model is of a version that numbered n-grams in a way of its own: train it anew")
    there = _settings(model) | {name: getattr(vectors, name) for name in ("min_n", "max_n", "bucket")}
    settings = SubwordSettings.among(there | {"all_buckets": True})
    ngrams = vectors.vectors_ngrams[: settings.bucket if settings.has_ngrams else 0]
    inputs = np.concatenate([vectors.vectors_vocab, ngrams])
    return _parts(model, settings, {"inputs": inputs})


def read_gensims_doc2vec(model: Any) -> tuple[Saved, Any, Any]:
    """The same of a ``gensim.models.Doc2Vec``, and its ``dv``.

    Raises:
        ImportError: a path, but gensim is not installed.
        ValueError: the model has no vocabulary; or the file is not one that gensim saved, or holds something else.
        TypeError: this is something else.
    """
    model = _loaded(model, "Doc2Vec")
    if not all(hasattr(model, name) for name in ("wv", "dv", "dm_concat", "negative", "hs")):
        name = type(model).__name__
        raise TypeError(f"Doc2Vec.from_gensim takes a gensim.models.Doc2Vec or the path of one, not {name}")
    saved, words = _parts(model, DocumentSettings.among(_settings(model)), {"vectors": model.wv.vectors})
    return saved, words, model.dv


def _settings(model: Any) -> dict[str, Any]:
    declared = {**SubwordSettings.declared(), **DocumentSettings.declared()}
    there = {name: getattr(model, name) for name in declared if hasattr(model, name)}
    return there | {"workers": None}  # as many as there are CPUs, whatever gensim used


def _parts(model: Any, settings: Settings, matrices: dict[str, Any]) -> tuple[Saved, Any]:
    """Raises ValueError where the model has no vocabulary."""
    vectors = model.wv
    if not len(vectors):
        raise ValueError("the gensim model has no vocabulary")
    if model.negative:
        matrices["syn1neg"] = model.syn1neg
    if model.hs:
        matrices["syn1"] = model.syn1
    saved = Saved(
        settings.checked(),
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
