"""The loss on texts that are held out, which ends training when it does not fall any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..checks import warn
from ..corpus.messages import short
from ..models.watching import EarlyStopping
from ..threads import thread_count
from .given import as_lines, documents_of, labels_of
from .model_file import Fitted
from .training import TextTokens


class Validation:
    """Watches the loss on texts that are not trained on; ends training when it does not fall any more."""

    def __init__(self, fitted: Fitted, tokens: TextTokens, patience: int) -> None:
        self._core, self._tokens = fitted.core, tokens
        self._task = fitted.core.task(tokens, None, want_loss=True)
        self._stop = EarlyStopping(self._loss, patience=patience, mode="min")
        self._best: Any = None

    def _loss(self, model: Any) -> float:
        loss = self._task.mean_loss(self._tokens, self._core.settings.random_state)
        if model.history:
            model.history[-1]["validation_loss"] = loss
        return loss

    def on_train_begin(self, model: Any) -> None:
        """Begin anew."""
        self._stop.on_train_begin(model)

    def on_epoch_end(self, model: Any) -> None:
        """Note the loss, and keep what was learned if it is the lowest so far."""
        try:
            self._stop.on_epoch_end(model)
        finally:
            if self._stop.best_epoch == len(self._stop.scores):
                self._best = self._core.weights.copy()

    def on_train_end(self, model: Any) -> None:
        """Put back what the best epoch had learned."""
        if self._best is not None and self._stop.best_epoch < len(self._stop.scores):
            self._core.weights.put_back(self._best)


def watched(fitted: Fitted, validation: Any, patience: Any) -> list[Any]:
    """What watches the loss on ``validation``, a pair of texts and labels; nothing for None.

    Raises:
        TypeError: it is no such pair.
        ValueError: no text has a label that is trained.
    """
    if validation is None:
        return []
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError(f"validation must be (texts, labels), not {short(validation)}")
    lines = as_lines(validation[0], "validation")
    given = labels_of(validation[1], len(lines), "the labels of validation")
    codes, offsets, unknown = given.among(fitted.core.classes)
    if not len(codes):
        raise ValueError(
            f"no text of validation has a label that is trained: it has {short(unknown)}, and these are trained: "
            f"{short(list(fitted.core.classes))}"
        )
    if unknown:
        warn(f"labels of validation that are not trained do not count, such as {unknown[0]!r}")
    documents = documents_of(lines, fitted.core.features, thread_count(fitted.core.settings.workers))
    tokens = TextTokens(replace(documents, labels=codes, label_offsets=offsets))
    return [Validation(fitted, tokens, patience)]
