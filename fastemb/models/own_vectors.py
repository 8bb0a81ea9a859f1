"""``model.wv`` and ``model.dv``: what does not fit is refused when it is assigned, not when the model is next used."""

from __future__ import annotations

from typing import Any

from ..vectors import KeyedVectors
from .known_words import require_floats


class OwnVectors:
    """The attribute ``wv`` of a model of words, which asks the model's ``_known`` about what is assigned."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        if model is None:
            return self
        try:
            return vars(model)[self._name]
        except KeyError:
            name = type(model).__name__
            raise AttributeError(f"this {name} has no {self._name}: was its __init__ called?") from None

    def __set__(self, model: Any, value: Any) -> None:
        self._require_fitting(model, value)
        vars(model)[self._name] = value

    def _require_fitting(self, model: Any, value: Any) -> None:
        """Check vectors that are to be the model's.

        Raises:
            TypeError: they are no KeyedVectors.
            ValueError: they do not fit the model.
        """
        model._known.require_fitting(value, model.vector_size)


class OwnDocuments(OwnVectors):
    """The attribute ``dv`` of a model of documents: of any tags, as documents bring new ones."""

    def _require_fitting(self, model: Any, value: Any) -> None:
        """As in the base."""
        if not isinstance(value, KeyedVectors):
            raise TypeError(
                f"model.dv must be KeyedVectors, not {type(value).__name__}; gensim's go through from_gensim"
            )
        if value.vector_size != model.vector_size:
            raise ValueError(
                f"model.dv cannot have vectors of {value.vector_size} dimensions; the model needs {model.vector_size}"
            )
        require_floats("dv", value)
