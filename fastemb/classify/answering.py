"""Labels of many texts: pieces of lines, which several threads read and answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from ..threads import in_threads
from .features import Documents, Features
from .predict import Predictions, Predictor


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked about each text.

    Attributes:
        k: How many labels at most; -1: all.
        threshold: Labels with a smaller probability are left out.
        whole: Whether the pieces are a file, in which ``</s>`` ends a text; else each line is a text.
    """

    k: int = 1
    threshold: float = 0.0
    whole: bool = False


def answered(
    pieces: Iterator[bytes], features: Features, predictor: Predictor, question: Question, threads: int
) -> list[tuple[Documents, Predictions]]:
    """The texts of each piece, and what is predicted of them, in the order of the pieces.

    Raises:
        ValueError: As in `Predictor.predict`.
        FloatingPointError: A score is no finite number.
    """
    found: dict[int, tuple[Documents, Predictions]] = {}
    numbered, lock, stopped = enumerate(pieces), threading.Lock(), threading.Event()

    def next_piece() -> tuple[int, bytes] | None:
        with lock:
            return None if stopped.is_set() else next(numbered, None)

    def work(_: int) -> None:
        while (piece := next_piece()) is not None:
            documents = features.documents(piece[1], whole=question.whole)
            found[piece[0]] = documents, predictor.predict(documents, question.k, question.threshold)

    in_threads(threads, work, stopped.set)
    return [found[number] for number in sorted(found)]
