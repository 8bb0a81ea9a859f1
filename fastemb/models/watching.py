"""Callbacks that watch training: one ends it when a score stops to improve, one hands its numbers on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import Any

import numpy as np

from ..arguments import names_arguments
from ..checks import number, switch, whole
from ..train.matrices import Matrix
from .callbacks import CallbackAny2Vec, StopTraining

Score = Callable[[Any], float]


class EarlyStopping(CallbackAny2Vec):
    """Ends training when a score has not improved for some epochs.

        stop = EarlyStopping(held_out_sentences, patience=2)
        model = Word2Vec(sentences, epochs=50, callbacks=[stop])
        stop.scores, stop.best_epoch

    Args:
        score: What is not trained on, for the model's ``held_out_loss``, which is to fall: sentences, of `Item2Vec`
            sessions, of `Node2Vec` and `DeepWalk` a graph. Or a function that takes the model and returns a number,
            which is to rise, as with ``lambda model: judge(model.wv)``. A generator of sentences is read at once, as it
            is needed after each epoch.
        patience: How many epochs without a better score end training.
        min_delta: By how much a score must be better to count.
        mode: "min" for a score that is to fall, "max" for one that is to rise. Default None: "max" for a function, else
            "min".
        restore_best: Whether the matrices become those after the best epoch again when training ends, for `Word2Vec`
            alone. A copy of them is held meanwhile.

    Attributes:
        scores: The score after each epoch of the latest training.
        best_score: The best of these; None before the first.
        best_epoch: The epoch after which it was reached, counted from 1; 0 before the first.
        stopped: Whether it ended the latest training.

    A model with both kinds of `Item2Vec` (``sg=None``) trains one after the other: the score is looked at while the
    second one is trained, as a stop would leave that untrained.

    Raises:
        TypeError: ``score`` is neither sentences nor a function; or a score is no number.
        ValueError: an option makes no sense; or a score is NaN, with which nothing can be compared.
    """

    @names_arguments({"monitor": "score", "min_improvement": "min_delta", "restore_best_weights": "restore_best"})
    def __init__(
        self,
        score: Iterable[Any] | Sized | Score,
        *,
        patience: int = 2,
        min_delta: float = 0.0,
        mode: str | None = None,
        restore_best: bool = False,
    ) -> None:
        is_held_out = isinstance(score, Iterable) or hasattr(score, "__len__")  # a Graph has a length alone
        if isinstance(score, str | bytes) or not (callable(score) or is_held_out):
            raise TypeError(
                "score must be sentences that are held out, or a function that takes the model; for items sessions, "
                f"for graph models a graph; not {score!r}"
            )
        if mode not in (None, "min", "max"):
            raise ValueError(f"mode must be 'min', 'max' or None, not {mode!r}")
        self._sentences = None if callable(score) else list(score) if isinstance(score, Iterator) else score
        self._score = score if callable(score) else self._held_out
        self._rises = callable(score) if mode is None else mode == "max"
        self._patience = whole("patience", patience, 1, 2**40)
        self._min_delta = number("min_delta", min_delta, at_least=0.0)
        self._restore = switch("restore_best", restore_best)
        self._begin()

    def _begin(self) -> None:
        self.scores: list[float] = []
        self.best_score: float | None = None
        self.best_epoch = 0
        self.stopped = False
        self._kept: list[Matrix] = []

    def _held_out(self, model: Any) -> float:
        loss: float = model.held_out_loss(self._sentences)
        return loss

    def on_train_begin(self, model: Any) -> None:
        """Forget an earlier training; and refuse a model that cannot do what is asked for."""
        self._begin()
        if self._sentences is not None and not hasattr(model, "held_out_loss"):
            raise TypeError(
                f"{type(model).__name__} has no held-out loss: give EarlyStopping a function, such as "
                "lambda model: model.score(held_out)"
            )
        if self._restore and not hasattr(model, "syn1neg") and not hasattr(model, "syn1"):
            raise TypeError(f"restore_best is for Word2Vec, not {type(model).__name__}")
        if self._sentences is not None:
            self._held_out(model)  # which tells now, not after an epoch, that no word of them is known

    def on_epoch_end(self, model: Any) -> None:
        """Look at the score."""
        if _has_more_kinds(model):
            return
        found = number("score", self._score(model))
        self.scores.append(found)
        best = self.best_score
        gain = math.inf if best is None else (found - best if self._rises else best - found)
        if gain > self._min_delta:
            self.best_score, self.best_epoch = found, len(self.scores)
            if self._restore:
                self._kept = [matrix.copy() for matrix in _matrices(model)]
        elif len(self.scores) - self.best_epoch >= self._patience:
            self.stopped = True
            raise StopTraining

    def on_train_end(self, model: Any) -> None:
        """Put the best matrices back, if that is asked for."""
        if self._kept and self.best_epoch < len(self.scores):
            for matrix, best in zip(_matrices(model), self._kept, strict=True):
                matrix[:] = best
        self._kept = []


class Metrics(CallbackAny2Vec):
    """Hands the numbers of each epoch to a function, such as ``wandb.log`` or ``mlflow.log_metrics``.

        Word2Vec(sentences, compute_loss=True, callbacks=[Metrics(print)])

    Args:
        log: Called after each epoch with a dict of str to float: the latest row of the model's ``history``, without
            what is None, and what ``further`` adds.
        further: More scores by name, each a function that takes the model and returns a number.

    Raises:
        TypeError: ``log`` or one of ``further`` is no function; or a score is no number.
    """

    @names_arguments({"hook": "log", "function": "log", "metrics": "further"})
    def __init__(self, log: Callable[[dict[str, float]], Any], *, further: Mapping[str, Score] | None = None) -> None:
        if further is not None and not isinstance(further, Mapping):
            raise TypeError(f"further must be a dict of names and functions, not {further!r}")
        for name, function in {"log": log, **(further or {})}.items():
            if not callable(function):
                raise TypeError(f"{name} must be a function, not {function!r}")
        self._log = log
        self._further = dict(further or {})

    def on_epoch_end(self, model: Any) -> None:
        """Hand on what is known of the epoch."""
        values = {name: float(value) for name, value in model.history[-1].items() if value is not None}
        for name, score in self._further.items():
            values[name] = float(score(model))
        self._log(values)


def _has_more_kinds(model: Any) -> bool:
    """Whether another kind of an item model's two is trained after this one."""
    rows = model.history
    return getattr(model, "sg", 0) is None and bool(rows) and rows[-1].get("sg") == 0.0


def _matrices(model: Any) -> list[Matrix]:
    """What a Word2Vec model, or one of subwords, has learned, in place."""
    names = [name for name in ("syn1neg", "syn1") if hasattr(model, name)]
    inputs = [getattr(model.wv, name) for name in ("vectors", "input_vectors") if hasattr(model.wv, name)]
    return [*map(np.asarray, inputs), *(np.asarray(getattr(model, name)) for name in names)]
