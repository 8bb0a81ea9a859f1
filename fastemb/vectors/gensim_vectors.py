"""Vectors of gensim taken over, and given to it."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..io.formats import VectorTable
from ..io.paths import local_path
from .interface import KeyedVectorsLike


def table_of_gensims(vectors: Any) -> VectorTable:
    """A copy of gensim's vectors, of those of a model as its ``wv``, or of those in a file that gensim saved.

    Raises:
        ImportError: A path, but gensim is not installed.
    """
    if isinstance(vectors, str | bytes | os.PathLike):
        path = local_path(vectors)
        vectors = _gensims_class(path).load(path)
    theirs = getattr(vectors, "wv", vectors)
    attributes = {
        name: np.array(values) for name, values in theirs.expandos.items() if np.asarray(values).dtype != object
    }
    return VectorTable(theirs.index_to_key, np.array(theirs.vectors), attributes)


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
