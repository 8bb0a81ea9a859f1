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
_OF_DOCUMENTS = {
    "doctags": "dv.key_to_index",
    "doctag_syn0": "dv.vectors",
    "docvec": "dv",
    "docs": "dv",
    "offset2doctag": "dv.index_to_key",
}
_NOT_NEEDED = {"delete_temporary_training_data": "leave it out: nothing temporary is kept"}


def missing_attribute(model: object, name: str) -> AttributeError:
    """The error for an attribute that a model does not have."""
    has_documents = "dv" in vars(model)
    meant = _OLD_ATTRIBUTES.get(name) or (_OF_DOCUMENTS.get(name) if has_documents else None)
    if meant is None and not name.startswith("_") and hasattr(KeyedVectors, name):
        meant = f"dv.{name} for documents, model.wv.{name} for words" if has_documents else f"wv.{name}"
    hint = f"; use model.{meant}" if meant is not None else f"; {_NOT_NEEDED[name]}" if name in _NOT_NEEDED else ""
    return AttributeError(f"{type(model).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=model)
