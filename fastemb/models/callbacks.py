"""A base for callbacks of training; the module has the name of gensim's."""

from __future__ import annotations

from typing import Any


class StopTraining(Exception):  # noqa: N818 (a wish, not an error)
    """Raised by a callback: training ends now, and well.

    The model keeps what it has learned, the other callbacks hear of the same event, ``on_train_end`` is called, and
    ``train`` returns the words of the epochs until then. The learning rate stays where it was, above ``min_alpha``.
    """


class Interrupted(StopTraining):
    """Raised by a handler of signals in place of KeyboardInterrupt: the same, but its checkpoint has not ended."""


class CallbackAny2Vec:
    """What training calls; override what you need. Any object with some of these methods will do.

    A callback that raises `StopTraining` ends the training early.
    """

    def on_train_begin(self, model: Any) -> None:
        """Training begins."""

    def on_epoch_begin(self, model: Any) -> None:
        """An epoch begins."""

    def on_epoch_end(self, model: Any) -> None:
        """An epoch has ended; the model can be asked, changed and saved."""

    def on_train_end(self, model: Any) -> None:
        """Training has ended."""


__all__ = ["CallbackAny2Vec", "StopTraining"]
