"""Methods kept for older code. Each warns, and says what to use instead."""

from __future__ import annotations

import warnings
from typing import Any, NoReturn, Protocol

from .interface import KeyedVectorsLike
from .store import Array, Key


class _Normed(Protocol):
    def fill_norms(self, force: bool = False) -> None: ...
    def unit_normalize_all(self) -> None: ...


def word_vec(self: KeyedVectorsLike, key: Key, norm: bool = False) -> Array:
    """Do the same as `get_vector`. Deprecated."""
    warnings.warn("word_vec is deprecated; use get_vector", DeprecationWarning, stacklevel=2)
    return self.get_vector(key, norm)


def init_sims(self: _Normed, replace: bool = False) -> None:
    """Do the same as `fill_norms`, or with ``replace`` as `unit_normalize_all`. Deprecated."""
    warnings.warn("init_sims is deprecated; use fill_norms", DeprecationWarning, stacklevel=2)
    self.fill_norms()
    if replace:
        self.unit_normalize_all()


def words_closer_than(self: KeyedVectorsLike, word1: Key, word2: Key) -> list[Key]:
    """Do the same as `closer_than`. Deprecated."""
    warnings.warn("words_closer_than is deprecated; use closer_than", DeprecationWarning, stacklevel=2)
    return self.closer_than(word1, word2)


def similarity_unseen_docs(self: object, *_args: Any, **_kwargs: Any) -> NoReturn:
    """Raise NotImplementedError: vectors alone infer none of texts; `Doc2Vec.similarity_unseen_docs` does."""
    raise NotImplementedError("vectors alone infer none of texts: use model.similarity_unseen_docs of a Doc2Vec model")
