"""Attributes that models had in gensim 3: errors say what to write."""

from __future__ import annotations

from ..vectors import KeyedVectors

_OLD_ATTRIBUTES = {
    "iter": "epochs",
    "size": "vector_size",
    "vocab": "wv.key_to_index",
    "index2word": "wv.index_to_key",
    "index2entity": "wv.index_to_key",
    "syn0": "wv.vectors",
    "syn0norm": "wv.get_normed_vectors()",
    "syn0_lockf": "wv.vectors_lockf",
    "accuracy": "wv.evaluate_word_analogies",
    "vectors": "wv.vectors",
    "trainables": "syn1neg, syn1",
    "vocabulary": "wv.key_to_index",
}


def missing_attribute(model: object, name: str) -> AttributeError:
    """The error for an attribute that a model does not have."""
    meant = _OLD_ATTRIBUTES.get(name)
    if meant is None and not name.startswith("_") and hasattr(KeyedVectors, name):
        meant = f"wv.{name}"
    hint = "" if meant is None else f"; use model.{meant}"
    return AttributeError(f"{type(model).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=model)
