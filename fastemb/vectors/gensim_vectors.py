"""Vectors of gensim taken over, and given to it; and what gensim saved, by its class."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

import numpy as np

from ..io.formats import VectorTable
from ..io.input_file import hint, open_source, require_file
from ..io.kinds import START_BYTES, pickled_class
from ..io.paths import local_path
from .interface import KeyedVectorsLike

_VECTORS = ("KeyedVectors", "Word2VecKeyedVectors", "EuclideanKeyedVectors", "FastTextKeyedVectors")
_HOLDERS = (*_VECTORS, "Word2Vec", "FastText", "Doc2Vec")
_OTHERS = ("numpy", "pandas", "collections", "torch", "sklearn", "scipy")  # libraries whose pickles hold no model of it
_NOT_KNOWN = ": this is no pickle"


def table_of_gensims(vectors: Any) -> VectorTable:
    """A copy of gensim's vectors, of those of a model as its ``wv``, or of those in a file that gensim saved.

    Raises:
        ImportError: A path, but gensim is not installed.
        ValueError: The file is not one that gensim saved, or holds no vectors.
        TypeError: This is something else.
    """
    if isinstance(vectors, str | bytes | os.PathLike):
        path = local_path(vectors)
        require_gensims_file(path, _HOLDERS)
        vectors = loaded_by(_gensims_class(path), path)
    theirs = getattr(vectors, "wv", vectors)
    if not all(hasattr(theirs, name) for name in ("expandos", "index_to_key", "vectors")):
        raise TypeError(
            "KeyedVectors.from_gensim takes gensim's vectors, a model with them, or a path, not "
            f"{type(vectors).__name__}"
        )
    attributes = {
        name: np.array(values) for name, values in theirs.expandos.items() if np.asarray(values).dtype != object
    }
    return VectorTable(theirs.index_to_key, np.array(theirs.vectors), attributes)


def require_gensims_file(path: str, wanted: Collection[str]) -> None:
    """Check what a file is, without running its code.

    Args:
        path: The file.
        wanted: Names of gensim's classes.

    Raises:
        ValueError: It is no pickle, or holds an object of another class; the message says what reads it.
    """
    require_file(path)
    with open_source(path) as (file, _):
        start = file.read(START_BYTES)
    module, name = pickled_class(start)
    library = module.partition(".")[0]
    if library == "gensim" and name in wanted:
        return
    if library in ("", "gensim", "fastemb", *_OTHERS) and (b"gensim" not in start or library):
        raise ValueError(f"{path}: from_gensim takes files that gensim's save wrote{hint(path) or _NOT_KNOWN}")


def loaded_by(kind: Any, path: str) -> Any:
    """What gensim's class ``kind`` loads.

    Raises:
        OSError: A file is missing.
        ValueError: gensim cannot read it.
    """
    try:
        return kind.load(path)
    except OSError:
        raise
    except Exception as error:  # whatever unpickling and old formats lead to
        raise ValueError(f"{path}: gensim cannot read it: {type(error).__name__}: {error}") from error


def to_gensim(self: KeyedVectorsLike) -> Any:
    """A ``gensim.models.KeyedVectors`` with a copy of these vectors and their attributes.

    Raises:
        ImportError: Gensim is not installed.
    """
    made = _gensims_class("to_gensim")(self.vector_size, dtype=self.vectors.dtype)
    made.add_vectors(self.index_to_key, np.array(self.vectors))
    for name, values in self.expandos.items():
        made.expandos[name] = np.array(values)
    return made


def _gensims_class(purpose: Any) -> Any:
    try:
        from gensim.models import KeyedVectors
    except ImportError:
        raise ImportError(f"{purpose}: this takes gensim: pip install gensim") from None
    return KeyedVectors
