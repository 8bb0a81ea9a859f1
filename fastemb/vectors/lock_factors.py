"""Lock factors of vectors: an attribute that takes nothing that training would refuse later."""

from __future__ import annotations

from typing import Any

from ..train.weights import checked_factors


class LockFactors:
    """Factors on changes of rows in training: one, or one a row; float32.

    Args:
        rows: The attribute whose rows they are of.
    """

    is_saved = True
    """As other attributes of an object are; see `can_be_set`."""

    def __init__(self, rows: str) -> None:
        self._rows = rows

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, vectors: Any, owner: type | None = None) -> Any:
        if vectors is None:
            return self
        try:
            return vars(vectors)[self._name]
        except KeyError:
            raise AttributeError(self._name) from None

    def __set__(self, vectors: Any, value: Any) -> None:
        factors = checked_factors(f"wv.{self._name}", value)
        count = len(getattr(vectors, self._rows))
        if len(factors) not in (1, count):
            raise ValueError(
                f"wv.{self._name} has {len(factors)} entries; it takes 1 or one for each of {count} rows of "
                f"wv.{self._rows}"
            )
        vars(vectors)[self._name] = factors

    def __delete__(self, vectors: Any) -> None:
        self.__get__(vectors)
        del vars(vectors)[self._name]


class NoLockFactors(LockFactors):
    """The same of vectors that are not trained themselves, but made of rows that are: only 1 is taken.

    Args:
        rows: The attribute whose rows they are of.
        remedy: What to set instead.
    """

    def __init__(self, rows: str, remedy: str) -> None:
        super().__init__(rows)
        self._remedy = remedy

    def __set__(self, vectors: Any, value: Any) -> None:
        if not (checked_factors(f"wv.{self._name}", value) == 1).all():
            raise ValueError(f"wv.{self._name} would have no effect: {self._remedy}")
        super().__set__(vectors, value)
