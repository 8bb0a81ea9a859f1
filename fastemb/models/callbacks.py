"""A base for callbacks of training; the module has the name of gensim's."""

from __future__ import annotations

from typing import Any


class CallbackAny2Vec:
    """What training calls; override what you need. Any object with some of these methods will do."""

    def on_train_begin(self, model: Any) -> None:
        """Training begins."""

    def on_epoch_begin(self, model: Any) -> None:
        """An epoch begins."""

    def on_epoch_end(self, model: Any) -> None:
        """An epoch has ended; the model can be asked, changed and saved."""

    def on_train_end(self, model: Any) -> None:
        """Training has ended."""


__all__ = ["CallbackAny2Vec"]
