"""Files of questions: analogies, similar words, odd ones out and categories."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..io.input_file import numbered_lines
from .words import Words

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]
Line = tuple[int, str]

_ANSWERS = "/"  # between answers that are all right, in BATS
_HEADERS = {"category", "categories", "class", "classes", "cluster", "concept", "group", "label", "labels", "type"}


class Kind(NamedTuple):
    """Questions of one kind.

    Attributes:
        name: What the file calls it.
        group: The kind of kinds that it belongs to, such as a folder of BATS; "" for none.
    """

    name: str
    group: str = ""


@dataclass(frozen=True)
class Questions:
    """Questions, with words as numbers.

    Attributes:
        sections: What kinds there are.
        section: (n,) the kind of each question.
        given: (n, k) words, or of questions with fewer than k words -1 at the end.
        answers: Right answers as (offsets, words): those of question i are ``words[offsets[i]:offsets[i + 1]]``.
        parts: Numbers of two parts that each question is made of, (n,) each. Questions with a part in common are not
            independent of each other. Twice the same where a question has one.
    """

    sections: list[Kind]
    section: Ints
    given: Ints
    answers: tuple[Ints, Ints]
    parts: tuple[Ints, Ints]


@dataclass(frozen=True)
class Pairs:
    """Pairs of words, (n, 2) numbers, with what people said, (n,)."""

    words: Ints
    scores: Doubles


@dataclass(frozen=True)
class Categories:
    """Words, (n,) numbers, with the class of each, (n,), and the classes' names."""

    words: Ints
    classes: Ints
    names: list[str]


@dataclass
class _Analogies:
    """What has been read."""

    sections: list[Kind] = field(default_factory=list)
    section: list[Ints] = field(default_factory=list)
    given: list[Ints] = field(default_factory=list)
    counts: list[Ints] = field(default_factory=list)
    answers: list[Ints] = field(default_factory=list)
    parts: list[Ints] = field(default_factory=list)
    pairs: dict[tuple[int, int], int] = field(default_factory=dict)

    def pair(self, one: int, other: int) -> int:
        """The number of a pair of words."""
        return self.pairs.setdefault((one, other), len(self.pairs))

    def add(self, given: Ints, counts: Ints, answers: Ints, parts: Ints) -> None:
        """Add questions of the last section."""
        self.section.append(np.full(len(given), len(self.sections) - 1, np.int64))
        self.given.append(given)
        self.counts.append(counts)
        self.answers.append(answers)
        self.parts.append(parts)


def read_analogies(path: str, words: Words) -> Questions:
    """Read analogies in the layout of word2vec's questions-words.txt, or of BATS: a folder, or one of its files.

    In BATS a file is a relation, and a line a word and what answers it, the right answers parted by "/". Each two lines
    make a question of how the second word is answered, given the first word and the first of its answers.

    Raises:
        ValueError: A line is no question, or there are none.
    """
    found = _Analogies()
    top = Path(path)
    for file in _files(path):
        lines = [(number, line) for number, line in _lines(str(file)) if not line.startswith("//")]
        if not lines:
            continue
        group = file.parent.name if file.parent != top and top.is_dir() else ""
        if _is_word2vec(lines):
            _read_word2vec(str(file), lines, group, words, found)
        else:
            _read_bats(str(file), lines, group, words, found)
    if not found.section:
        raise ValueError(f"{path}: there are no analogies in it")
    if not any(section.group for section in found.sections) and any(s.name.startswith("gram") for s in found.sections):
        found.sections = [  # as compute-accuracy, the tool beside word2vec, sums them up
            Kind(name, "syntactic" if name.startswith("gram") else "semantic") for name, _ in found.sections
        ]
    parts = np.concatenate(found.parts)
    return Questions(
        found.sections,
        np.concatenate(found.section),
        np.concatenate(found.given),
        (np.append(0, np.cumsum(np.concatenate(found.counts))), np.concatenate(found.answers)),
        (parts[:, 0], parts[:, 1]),
    )


def _is_word2vec(lines: list[Line]) -> bool:
    first = lines[0][1]
    return first.startswith(":") or ("\t" not in first and len(first.split()) == 4)


def _read_word2vec(path: str, lines: list[Line], group: str, words: Words, found: _Analogies) -> None:
    questions: list[list[int]] = []

    def end() -> None:
        if questions:
            made = np.array(questions, np.int64)
            parts = np.array([[found.pair(a, b), found.pair(c, d)] for a, b, c, d in questions], np.int64)
            found.add(made[:, :3], np.ones(len(made), np.int64), made[:, 3], parts)
            questions.clear()

    if not lines[0][1].startswith(":"):
        found.sections.append(Kind(Path(path).stem, group))
    for number, line in lines:
        if line.startswith(":"):
            end()
            found.sections.append(Kind(line[1:].strip() or "(no name)", group))
            continue
        fields = line.split()
        if len(fields) != 4:
            raise ValueError(f"{path}: line {number}: a question has four words, not {len(fields)}: {line[:80]!r}")
        questions.append([words.number(word) for word in fields])
    end()


def _read_bats(path: str, lines: list[Line], group: str, words: Words, found: _Analogies) -> None:
    asked, answers = [], []
    for number, line in lines:
        fields = [part.strip() for part in line.split("\t" if "\t" in line else None)]
        right = [word for word in fields[-1].split(_ANSWERS) if word]
        if len(fields) != 2 or not right:
            what = "four words, or a word and its answers parted by '/'"
            raise ValueError(f"{path}: line {number}: an analogy is {what}: {line[:80]!r}")
        asked.append(words.number(fields[0]))
        answers.append([words.number(word) for word in dict.fromkeys(right)])
    if len(asked) < 2:
        raise ValueError(f"{path}: a relation needs two lines at least, as two make a question")
    found.sections.append(Kind(Path(path).stem, group))
    first, second = np.nonzero(~np.eye(len(asked), dtype=bool))
    shown = np.array([right[0] for right in answers], np.int64)
    word = np.array(asked, np.int64)
    pairs = np.array([found.pair(one, other) for one, other in zip(asked, shown.tolist(), strict=True)], np.int64)
    found.add(
        np.stack([word[first], shown[first], word[second]], axis=1),
        np.array([len(right) for right in answers], np.int64)[second],
        np.concatenate([np.array(answers[place], np.int64) for place in second.tolist()]),
        np.stack([pairs[first], pairs[second]], axis=1),
    )


def read_odd_one_out(path: str, words: Words) -> Questions:
    """Read groups of words of which one does not belong.

    A line is a group whose last word is the odd one, in sections that start with a line ": name", if there are any. Or
    a file is a group, as in 8-8-8: its words one a line, an empty line, and then words each of which is odd among them.
    A folder's files are sections.

    Raises:
        ValueError: A group has fewer than three words, or there are none.
    """
    sections: list[Kind] = []
    section: list[int] = []
    groups: list[list[int]] = []
    for file in _files(path):
        name = str(file)
        numbered = list(_lines(name, empty=True))
        lines = [(number, line) for number, line in numbered if line]
        if not lines:
            continue
        if not lines[0][1].startswith(":"):
            sections.append(Kind(file.stem))
        if all(len(_fields(line)) == 1 for _, line in lines):
            made = [(0, group) for group in _outliers(name, [line for _, line in numbered])]
        else:
            made = [(number, [line] if line.startswith(":") else _fields(line)) for number, line in lines]
        for number, fields in made:
            if len(fields) == 1 and fields[0].startswith(":"):
                sections.append(Kind(fields[0][1:].strip() or "(no name)"))
                continue
            if len(fields) < 3:
                raise ValueError(f"{name}: line {number}: a group has three words at least, the odd one last: {fields}")
            section.append(len(sections) - 1)
            groups.append([words.number(word) for word in fields])
    if not groups:
        raise ValueError(f"{path}: there are no groups of words in it")
    given = np.full((len(groups), max(map(len, groups))), -1, np.int64)
    for row, group in enumerate(groups):
        given[row, : len(group)] = group
    odd = np.array([group[-1] for group in groups], np.int64)
    numbers: dict[tuple[int, ...], int] = {}
    parts = np.array([numbers.setdefault(tuple(sorted(group[:-1])), len(numbers)) for group in groups], np.int64)
    return Questions(sections, np.array(section, np.int64), given, (np.arange(len(groups) + 1), odd), (parts, parts))


def _outliers(path: str, lines: list[str]) -> Iterator[list[str]]:
    """Groups of a file in the layout of 8-8-8."""
    blocks = [list(block) for filled, block in groupby(lines, bool) if filled]
    if len(blocks) != 2 or len(blocks[0]) < 2:
        raise ValueError(
            f"{path}: a word a line, so two words at least that belong together, an empty line, and words that do not "
            f"belong to them were expected; there are {len(blocks)} blocks of lines"
        )
    for odd in blocks[1]:
        yield [*blocks[0], odd]


def read_pairs(path: str, words: Words) -> Pairs:
    """Read pairs of words with people's scores: two words, and the first column of numbers after them.

    Tabs, commas, semicolons or white space part the fields; a first line of names is passed over.

    Raises:
        ValueError: A line has no score, or there are none.
    """
    lines = [(number, line) for number, line in _lines(path) if not line.startswith("#")]
    if not lines:
        raise ValueError(f"{path}: there are no pairs of words in it")
    rows = _table(lines, 3)
    if rows is None:
        number, line = next(((n, line) for n, line in lines if len(_fields(line)) < 3), lines[0])
        raise ValueError(
            f"{path}: line {number}: two words and a score were expected, parted by tabs, commas, semicolons or spaces "
            f"(the same in all lines): {line[:80]!r}"
        )
    body = rows[1:] or rows
    width = min(len(fields) for _, fields in rows)
    column = max(range(2, width), key=lambda place: sum(_number(fields[place]) is not None for _, fields in body))
    numbers = [_number(fields[column]) for _, fields in rows]
    begin = 1 if numbers[0] is None and len(rows) > 1 else 0
    for (number, fields), score in zip(rows[begin:], numbers[begin:], strict=True):
        if score is None:
            raise ValueError(f"{path}: line {number}: {fields[column]!r} is no score, which is field {column + 1} here")
    pairs = [[words.number(word) for word in fields[:2]] for _, fields in rows[begin:]]
    return Pairs(np.array(pairs, np.int64), np.array(numbers[begin:], np.float64))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def read_categories(path: str, words: Words) -> Categories:
    """Read words with the class of each: two fields a line, parted by tabs, commas, semicolons or white space.

    Raises:
        ValueError: A line has not both, the classes seem to stand first, or there are fewer than two.
    """
    lines = [(number, line) for number, line in _lines(path) if not line.startswith("#")]
    rows = _table(lines, 2)
    if rows is not None and all("\t" not in line and not set(line) & set(";,") for _, line in lines):
        rows = rows if all(len(fields) == 2 for _, fields in rows) else None  # spaces may be anything
    if rows is None:
        number, line = next(((n, line) for n, line in lines if len(_fields(line)) != 2), lines[0] if lines else (0, ""))
        raise ValueError(f"{path}: line {number}: a word and its class were expected: {line[:80]!r}")
    if rows[0][1][1].lower() in _HEADERS and all(fields[1] != rows[0][1][1] for _, fields in rows[1:]):
        rows = rows[1:]
    found = [(words.number(fields[0]), fields[1]) for _, fields in rows]
    names = list(dict.fromkeys(name for _, name in found))
    if len(names) > len({number for number, _ in found}):
        raise ValueError(f"{path}: there are more classes than words: write the word first, then its class")
    if len(names) < 2:
        raise ValueError(f"{path}: there are fewer than two classes")
    numbers = {name: number for number, name in enumerate(names)}
    classes = np.array([numbers[name] for _, name in found], np.int64)
    return Categories(np.array([number for number, _ in found], np.int64), classes, names)


def _table(lines: list[Line], least: int) -> list[tuple[int, list[str]]] | None:
    """Lines cut into fields by what parts them into at least so many each; None where nothing does."""
    for separator in ("\t", ";", ",", None):
        rows = [(number, _cut(line, separator)) for number, line in lines]
        if rows and all(len(fields) >= least and all(fields[:least]) for _, fields in rows):
            return rows
    return None


def _cut(line: str, separator: str | None) -> list[str]:
    if separator in (";", ",") and '"' in line:
        with suppress(csv.Error):  # a line end of another system in it, or a field without end
            return [part.strip() for part in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
    return [part.strip() for part in line.split(separator)]


def _fields(line: str) -> list[str]:
    for separator in ("\t", ";", ","):
        if separator in line:
            return [part for part in _cut(line, separator) if part]
    return line.split()


def _lines(path: str, *, empty: bool = False) -> Iterator[Line]:
    """Lines of a file with their numbers, without white space around them; empty ones only where they are wanted."""
    for number, line in numbered_lines(path, "utf8", "strict", "save it as UTF-8"):
        text = line.strip()
        if text or empty:
            yield number, text


def _files(path: str) -> list[Path]:
    """A file, or the text files in a folder and the folders in it."""
    if not os.path.isdir(path):
        return [Path(path)]
    found = sorted(file for file in Path(path).rglob("*.txt") if not file.name.startswith("."))
    files = [file for file in found if file.stem.lower() not in ("readme", "license")]
    if not files:
        raise ValueError(f"{path}: there are no files in this folder whose names end in .txt")
    return files
