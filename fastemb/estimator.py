"""scikit-learn's conventions, without needing it: parameters are attributes, and ``fit`` checks them."""

from __future__ import annotations

import inspect
import secrets
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from .arguments import unknown_argument
from .checks import whole
from .summary import changed_settings


class Estimator:
    """Parameters by name, as scikit-learn asks for them; for classes whose ``__init__`` only keeps its arguments."""

    _other_names: ClassVar[Mapping[str, str]] = {}
    """What parameters are called elsewhere, in lower case."""

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters by name; ``deep`` changes nothing."""
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises:
            ValueError: there is no such parameter.
        """
        known = self._parameter_names()
        for name, value in params.items():
            if name not in known:
                function = f"{type(self).__name__}.set_params"
                raise ValueError(unknown_argument(function, name, known, self._other_names))
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator."""
        from sklearn.utils import InputTags, Tags, TargetTags

        tags = Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=InputTags())
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        return tags

    def _made(self) -> str:
        """How it was made: the class, and the parameters that are not the defaults."""
        return f"{type(self).__name__}({self._changed()})"

    def _changed(self) -> str:
        """The parameters that are not the defaults."""
        parameters = inspect.signature(type(self).__init__).parameters
        return changed_settings(self.get_params(), {name: parameter.default for name, parameter in parameters.items()})

    @staticmethod
    def _not_fitted() -> ValueError:
        """scikit-learn's error where it is in use, which is a ValueError too."""
        kind: type[ValueError] = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", ValueError)
        return kind("the model is not fitted yet: call fit")


def seed_of(random_state: Any) -> int:
    """The seed that a number, a NumPy generator or None (any) stands for.

    Raises:
        TypeError: it is something else.
        ValueError: the number is negative, or too large.
    """
    if random_state is None:
        return secrets.randbits(32)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**32))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**32, dtype=np.uint64))
    if isinstance(random_state, str | float | np.floating):
        raise TypeError(f"random_state must be a whole number, a NumPy generator or None, not {random_state!r}")
    return whole("random_state", random_state, 0, 2**64 - 1)
