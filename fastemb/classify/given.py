"""Texts and labels that are given as lists: texts as lines, labels as numbers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import is_missing, no_document, no_text
from ..corpus.messages import short
from ..signals import deliver
from ..threads import in_threads
from .dictionary import LABEL_PREFIX
from .features import Documents, Features

_PART = 4096  # texts between two looks at signals
_PIECE = 1 << 20  # bytes that a thread reads at once

Ints = NDArray[np.int64]


# ---- texts ----


def as_lines(texts: Any, name: str = "X") -> list[bytes]:
    """Texts as lines of UTF-8; line ends within a text become blanks, a text of tokens is joined by blanks.

    Raises:
        TypeError: they are no list of texts; the message names the first that is none.
    """
    no_text(name, texts, "texts")
    no_document(name, texts, "a list of texts", "give [document.words]")
    if isinstance(texts, dict | set | frozenset) or not isinstance(texts, Iterable):
        raise TypeError(f"{name} must be a list of texts, not {short(texts)}")
    lines: list[bytes] = []
    some: Iterator[Any] = iter(texts)
    while part := list(islice(some, _PART)):
        lines += _plain_lines(part) or [_line(text, len(lines) + number, name) for number, text in enumerate(part)]
        deliver()
    return lines


def _plain_lines(texts: list[Any]) -> list[bytes] | None:
    """Some texts as lines; None if one of them is no str or has a line end."""
    try:
        lines = "\n".join(texts).encode("utf-8", "replace").split(b"\n")
    except TypeError:
        return None
    return lines if len(lines) == len(texts) else None


def _line(text: Any, number: int, name: str) -> bytes:
    if isinstance(text, list | tuple | np.ndarray) and all(isinstance(token, str) for token in text):
        text = " ".join(text)
    if not isinstance(text, str):
        what = "missing" if is_missing(text) else short(text)
        remedy = "drop it, or give ''" if is_missing(text) else "give a str, or a list of tokens"
        if isinstance(text, bytes):
            remedy = "decode it, as by text.decode()"
        raise TypeError(f"{name}: text {number} (counting from 0) is {what}: {remedy}")
    return text.replace("\n", " ").encode("utf-8", "replace")


def documents_of(lines: Sequence[bytes], features: Features, workers: int) -> Documents:
    """The rows of each text; labels that stand in a text are left out."""
    pieces = list(pieces_of(lines))
    found: list[Documents | None] = [None] * len(pieces)
    numbers, lock, stopped = iter(range(len(pieces))), Lock(), False

    def work(_: int) -> None:
        while not stopped:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            found[number] = features.documents(pieces[number], whole=False)
            pieces[number] = b""

    def stop() -> None:
        nonlocal stopped
        stopped = True

    in_threads(min(workers, len(pieces)) or 1, work, stop)
    made = Documents.joined(part for part in found if part is not None)
    assert len(made) == len(lines)
    return replace(made, labels=np.empty(0, np.int32), label_offsets=np.zeros(len(lines) + 1, np.int64))


def pieces_of(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Lines in pieces of so many bytes or one line, each with its end."""
    begin, size = 0, 0
    for end, line in enumerate(lines, 1):
        size += len(line) + 1
        if size >= _PIECE or end == len(lines):
            yield b"\n".join([*lines[begin:end], b""])
            begin, size = end, 0


# ---- labels ----


@dataclass(frozen=True)
class GivenLabels:
    """The labels of texts.

    Attributes:
        classes: Each label once, in order.
        codes: Of all texts, one after the other: numbers of classes.
        offsets: (texts + 1,), text i has codes[offsets[i]:offsets[i + 1]].
        form: "one" for one a text, "several" for a list a text, "matrix" for rows of 0 and 1.
    """

    classes: list[Hashable]
    codes: NDArray[np.int32]
    offsets: Ints
    form: str

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def counts(self) -> Ints:
        """How often each class is there."""
        return np.bincount(self.codes, minlength=len(self.classes)).astype(np.int64)

    def among(self, classes: Sequence[Hashable]) -> tuple[NDArray[np.int32], Ints, list[Hashable]]:
        """Codes and offsets by the numbers of other ``classes``, and labels that are left out, as they are none."""
        index = {label: number for number, label in enumerate(classes)}
        numbers = np.array([index.get(label, -1) for label in self.classes], np.int32)
        codes = numbers[self.codes] if len(self.codes) else self.codes
        known = np.concatenate([[0], np.cumsum(codes >= 0)])
        unknown = [label for label in self.classes if label not in index]
        return codes[codes >= 0], known[self.offsets].astype(np.int64), unknown


def labels_of(labels: Any, texts: int, name: str = "y") -> GivenLabels:
    """One label a text, a list of labels a text, or a matrix of 0 and 1 with a column a label.

    Raises:
        TypeError: they are no list, or one cannot be a label.
        ValueError: they are not as many as texts, or one is missing.
    """
    no_text(name, labels, "labels")
    if labels is None:
        raise ValueError(f"{name} must be given: a label, or a list of labels, for each text")
    if hasattr(labels, "toarray"):
        labels = labels.toarray()
    if isinstance(labels, dict | set | frozenset) or not isinstance(labels, Iterable):
        raise TypeError(f"{name} must be a list of labels, not {short(labels)}")
    if isinstance(labels, np.ndarray) and labels.ndim == 2 and labels.shape[1] != 1:
        return _of_matrix(labels, texts, name)
    given: Any = labels.ravel() if isinstance(labels, np.ndarray) else labels
    values = given.tolist() if hasattr(given, "tolist") else list(given)
    if len(values) != texts:
        raise ValueError(f"there are {texts:,} texts, but {len(values):,} labels: {name} must have one for each text")
    several = [isinstance(value, list | tuple | set | frozenset | np.ndarray) for value in values]
    if any(several) and not all(several):
        place = several.index(not several[0])
        raise TypeError(
            f"{name}: text 0 has {short(values[0])} and text {place} {short(values[place])}: give lists for all"
        )
    form = "several" if several and several[0] else "one"
    index: dict[Hashable, int] = {}
    codes: list[int] = []
    offsets = np.zeros(texts + 1, np.int64)
    for number, value in enumerate(values):
        given_here = value if form == "several" else (value,)
        if isinstance(value, set | frozenset):  # whose order differs from process to process
            given_here = sorted(value, key=lambda one: (type(one).__name__, str(one)))
        own = dict.fromkeys(_checked(label, number, name) for label in given_here)
        codes += [index.setdefault(label, len(index)) for label in own]
        offsets[number + 1] = len(codes)
        if number % _PART == 0:
            deliver()
    return _sorted(list(index), np.array(codes, np.int32), offsets, form)


def _checked(label: Any, number: int, name: str) -> Hashable:
    if is_missing(label) or (isinstance(label, str) and not label):
        raise ValueError(f"{name}: the label of text {number} (counting from 0) is missing ({label!r}): drop the text")
    if isinstance(label, np.generic):
        label = label.item()
    if isinstance(label, float) and label.is_integer():
        return int(label)
    if not isinstance(label, str | int | float):
        raise TypeError(f"{name}: the label of text {number} is {short(label)}: a label is a str or a number")
    return label


def _of_matrix(labels: NDArray[Any], texts: int, name: str) -> GivenLabels:
    if len(labels) != texts:
        raise ValueError(f"there are {texts:,} texts, but {len(labels):,} rows of labels in {name}")
    if labels.dtype.kind not in "biuf" or not np.isin(labels, (0, 1)).all():
        raise ValueError(f"{name} with a column for each label must hold 0 and 1 alone")
    rows, codes = np.nonzero(labels)
    offsets = np.searchsorted(rows, np.arange(texts + 1)).astype(np.int64)
    return GivenLabels(list(range(labels.shape[1])), codes.astype(np.int32), offsets, "matrix")


def _sorted(classes: list[Hashable], codes: NDArray[np.int32], offsets: Ints, form: str) -> GivenLabels:
    """With classes in order, as scikit-learn has them; labels of several types are ordered by type, then by text."""
    try:
        order = sorted(range(len(classes)), key=classes.__getitem__)  # type: ignore[arg-type]
    except TypeError:
        order = sorted(range(len(classes)), key=lambda one: (type(classes[one]).__name__, str(classes[one])))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return GivenLabels([classes[one] for one in order], rank[codes] if len(codes) else codes, offsets, form)


def label_names(classes: Sequence[Hashable], prefix: bytes = LABEL_PREFIX) -> list[bytes]:
    """What labels are called in a dictionary.

    Raises:
        ValueError: two would have the same name, or one holds a zero byte.
    """
    names = [prefix + str(label).encode("utf-8", "replace") for label in classes]
    if len(set(names)) < len(names):
        twice = next(label for label, name in zip(classes, names, strict=True) if names.count(name) > 1)
        raise ValueError(f"two labels are both written {str(twice)!r}: give texts or numbers, not both")
    for label, name in zip(classes, names, strict=True):
        if b"\0" in name:
            raise ValueError(f"the label {label!r} holds a zero byte, which no model file takes")
    return names
