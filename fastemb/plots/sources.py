"""What can be drawn: vectors by key, of models, item models and layers' tables alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..items import Item2Vec
from ..layers.table import Table
from ..vectors import KeyedVectors
from ..vectors.finite import check_finite
from ..vectors.store import Array, Key


class Source(NamedTuple):
    """Vectors, and how their keys are written.

    Attributes:
        vectors: By key.
        text: What is written for a key.
    """

    vectors: KeyedVectors
    text: Callable[[Key], str]


def source_of(given: Any) -> Source:
    """The vectors of what people have.

    Args:
        given: `KeyedVectors`; an `Item2Vec`, whose items are compared as the model compares them and written by their
            titles; a layer of `fastemb.layers` that was made from KeyedVectors; or a model with such vectors as ``wv``.

    Raises:
        TypeError: It is none of these, or a layer without keys.
    """
    if isinstance(given, KeyedVectors):
        return Source(given, str)
    if isinstance(given, Item2Vec):
        return Source(given.compared, given.title)
    if isinstance(given, Table):
        if given.key_to_index is None:
            raise TypeError(
                "the layer has no keys to write into a picture: make it with from_pretrained(KeyedVectors), or give "
                "KeyedVectors made of its weight"
            )
        rows = list(given.key_to_index.values())
        return Source(KeyedVectors._from_arrays(list(given.key_to_index), given.weight[rows]), str)
    held = getattr(given, "wv", None)
    if isinstance(held, KeyedVectors):
        return Source(held, str)
    raise TypeError(f"what is drawn must be KeyedVectors, a model, or a layer with keys, not {type(given).__name__}")


def units_of(vectors: KeyedVectors, keys: list[Key]) -> Array:
    """The vectors of these keys, scaled to length 1, (n, d); zeros stay zeros.

    Raises:
        KeyError: There is no such key.
        ValueError: One holds NaN or infinity; its key is named.
    """
    chosen = vectors.vectors_for_all(keys)
    if len(chosen) < len(keys):
        for key in keys:
            vectors.get_index(key)  # its error says which keys are spelled alike
    check_finite(keys, chosen.vectors)
    return chosen.get_normed_vectors()
