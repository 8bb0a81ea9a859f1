"""The loss on data that is not trained on: the core's own pass, with a learning rate of 0."""

from __future__ import annotations

from dataclasses import replace

from .. import _native
from ..signals import Deferred
from .hogwild import Hogwild
from .run import Run
from .schedule import Schedule
from .strategy import Pause
from .task import Task


def pair_loss(task: Task, words: int, workers: int) -> float:
    """The mean of -log sigmoid over all pairs of an input and an output; log 2 for a model that has learned nothing.

    Each pair of a word and a context has negatives of its own, and each Huffman path counts whole, so that every pair
    weighs the same. What is drawn depends on the seed of the settings alone: so two calls can be compared. Losses are
    added up in float64; the order depends on the threads, and so may the last digits.

    Args:
        task: What it is measured on; its settings and ``want_loss`` are those of training, and stay as they are.
        words: How many tokens that is.
        workers: Threads.

    Returns:
        The loss; NaN where there is no pair.

    Raises:
        FloatingPointError: a score is no finite number, as the matrices hold NaN or very large numbers.
        BaseException: what the handler of a signal raises, such as KeyboardInterrupt.
    """
    settings = replace(
        task.settings, negatives_per_pair=task.settings.negative > 0, hs_exact=task.settings.hs > 0, epochs=1
    )
    measured = replace(task, settings=settings, want_loss=True)
    run = Run.planned(settings, words, Schedule(0.0, 0.0, words))
    with Deferred():
        try:
            Hogwild(workers).train_epoch(run, measured.bind(settings.seed), _nothing)
        except _native.DivergedError:
            raise FloatingPointError("there is no loss: a score is no finite number") from None
        finally:
            measured.weights.unpad()
    return run.totals.loss / run.totals.pairs if run.totals.pairs else float("nan")


def _nothing(_: Pause) -> None:
    """Watch nothing."""
