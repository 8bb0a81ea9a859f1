"""``model.wv``: vectors of other words are refused when they are assigned, not when the model is next used."""

from __future__ import annotations

from typing import Any


class OwnVectors:
    """The attribute ``wv`` of a model of words, which asks the model's ``_known`` about what is assigned."""

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        if model is None:
            return self
        try:
            return vars(model)["wv"]
        except KeyError:
            raise AttributeError(f"this {type(model).__name__} has no wv: was its __init__ called?") from None

    def __set__(self, model: Any, value: Any) -> None:
        model._known.require_fitting(value, model.vector_size)
        vars(model)["wv"] = value
