"""Labels of many texts: pieces of lines, which several threads read and answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from ..threads import in_threads
from .answers import part_of, parts
from .features import Documents, Features
from .predict import Predictions, Predictor

_A_THREAD = 8  # pieces that are answered before the next ones are read

Answer = TypeVar("Answer")


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


def in_order(pieces: Iterator[bytes], answer: Callable[[bytes], Iterable[Answer]], threads: int) -> Iterator[Answer]:
    """All that ``answer`` says to each piece, in the order of the pieces; some are answered at a time, by threads.

    Between two answers to a piece a thread may be stopped, so that Ctrl-C need not wait for a piece's end.
    """
    while some := list(islice(pieces, threads * _A_THREAD)):
        yield from _answers(some, answer, min(threads, len(some)))


def _answers(pieces: list[bytes], answer: Callable[[bytes], Iterable[Answer]], threads: int) -> Iterator[Answer]:
    found: list[list[Answer]] = [[] for _ in pieces]
    numbers, lock, stopped = iter(range(len(pieces))), threading.Lock(), threading.Event()

    def next_number() -> int | None:
        with lock:
            return None if stopped.is_set() else next(numbers, None)

    def work(_: int) -> None:
        while (number := next_number()) is not None:
            for one in answer(pieces[number]):
                found[number].append(one)
                if stopped.is_set():
                    return

    in_threads(threads, work, stopped.set)
    for number in range(len(pieces)):
        yield from found[number]
        found[number].clear()


def answered(
    pieces: Iterator[bytes], features: Features, predictor: Predictor, question: Question, threads: int
) -> Iterator[tuple[Documents, Predictions]]:
    """The texts of each piece, some at a time, and what is predicted of them, in the order of the pieces.

    Raises:
        ValueError: As in `Predictor.predict`.
        FloatingPointError: A score is no finite number.
    """

    def answer(piece: bytes) -> Iterator[tuple[Documents, Predictions]]:
        documents = features.documents(piece, whole=question.whole)
        for part in parts(len(documents), predictor.labels):
            some = part_of(documents, part)
            yield some, predictor.predict(some, question.k, question.threshold)

    return in_order(pieces, answer, threads)
