"""What `judge` returns: scores and comparisons as data, and as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

_LONGEST_NAME = 40
_WHOLE = "all"


class Score(NamedTuple):
    """A score of one model.

    Attributes:
        model: Its name.
        task: "analogies", "similarity", "odd one out" or "categories".
        source: The file or folder of questions.
        section: The section of it, or the group of sections; "" for the whole.
        level: "section", "group" or "all".
        measure: What the score is: the share of right answers ("3cosadd", "3cosmul" or "right"), "purity" or
            "spearman".
        score: It; NaN where there is no question to make it of.
        low: Lower end of its confidence interval.
        high: Upper end.
        known: How many questions there are of which the model knows all words.
        asked: How many questions there are.
    """

    model: str
    task: str
    source: str
    section: str
    level: str
    measure: str
    score: float
    low: float
    high: float
    known: int
    asked: int


class Comparison(NamedTuple):
    """Two models on the same questions.

    Attributes:
        one: A model's name.
        other: Another's.
        task: As of `Score`; so are the next four.
        source: See there.
        section: See there.
        level: See there.
        measure: See there.
        difference: How much higher the score of ``other`` is; NaN where there is no question that both know.
        low: Lower end of its confidence interval.
        high: Upper end.
        p: Two-sided p-value of no difference: McNemar's exact test, for as many independent questions as tell the same;
            of "spearman" by the paired bootstrap.
        mcnemar: McNemar's exact test of all questions as if they were independent; NaN for "spearman".
        compared: How many questions were compared.
        asked: How many questions there are.
    """

    one: str
    other: str
    task: str
    source: str
    section: str
    level: str
    measure: str
    difference: float
    low: float
    high: float
    p: float
    mcnemar: float
    compared: int
    asked: int


class Judgement:
    """Scores and comparisons; ``print`` shows tables.

    Attributes:
        models: The models' names.
        scores: A score for each model and section, group of sections and file.
        comparisons: The same for each two models.
        dummy4unknown: Whether questions with unknown words counted as wrong.
        confidence: Of the intervals.
    """

    def __init__(
        self,
        models: list[str],
        scores: list[Score],
        comparisons: list[Comparison],
        dummy4unknown: bool,
        confidence: float,
    ) -> None:
        self.models = models
        self.scores = scores
        self.comparisons = comparisons
        self.dummy4unknown = dummy4unknown
        self.confidence = confidence

    def rows(self) -> list[dict[str, Any]]:
        """Scores, then comparisons, as dicts of what JSON has; None in place of NaN."""
        rows = [*(score._asdict() for score in self.scores), *(one._asdict() for one in self.comparisons)]
        return [{name: _or_none(value) for name, value in row.items()} for row in rows]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        alone = len(self.models) == 1
        if not alone:
            for number, name in enumerate(self.models, start=1):
                if name != str(number):
                    yield f"model {number}: {name}"
            yield ""
        for place, ((task, source), scores) in enumerate(
            groupby(self.scores, lambda score: (score.task, score.source))
        ):
            rows = list(scores)
            if len({score.section for score in rows if score.level == "section"}) == 1:  # which is the whole
                rows = [score for score in rows if score.level == "all"]
            names = [_shown(score.section) for score in rows]
            width = max(20, *map(len, names))
            measure = {"right": "share right", "spearman": "Spearman's rho"}.get(rows[0].measure, rows[0].measure)
            if place:
                yield ""
            yield f"{task}, {measure}: {source}"
            interval = f"{100 * self.confidence:g}% interval"
            model = "" if alone else f"{'model':>6}  "
            head = f"{'':{width}}  {model}{'known':>9} of {'asked':>9}  {'score':>7}  {interval:>16}"
            yield head if alone else f"{head}  p"
            done = 0
            while done < len(rows):
                some = [score for score in rows[done:] if score[3:5] == rows[done][3:5]][: len(self.models)]
                yield from self._section(some, width)
                done += len(some)
        if any(score.known < score.asked for score in self.scores):
            what = "count as wrong" if self.dummy4unknown else "are left out of the scores"
            yield f"\nQuestions with unknown words {what}."

    def _section(self, scores: list[Score], width: int) -> Iterator[str]:
        alone, name = len(self.models) == 1, f"{_shown(scores[0].section):{width}}"
        numbers = {model: str(number) for number, model in enumerate(self.models, start=1)}
        rho = scores[0].measure == "spearman"
        for score in scores:
            model = "" if alone else f"{numbers[score.model]:>6}  "
            counts = f"{score.known:9,} of {score.asked:9,}"
            yield f"{name}  {model}{counts}  {_value(score.score, rho):>7}  {_interval(score.low, score.high, rho):>16}"
            name = f"{'':{width}}"
        for one in self.comparisons:
            if one[2:6] == scores[0][1:5]:
                model = f"{f'{numbers[one.other]} - {numbers[one.one]}':>6}  "
                counts = f"{one.compared:9,} of {one.asked:9,}"
                value = _value(one.difference, rho, signed=True)
                shown = f"{name}  {model}{counts}  {value:>7}  {_interval(one.low, one.high, rho, signed=True):>16}"
                yield f"{shown}  {_p(one.p)}"


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _shown(section: str) -> str:
    name = section or _WHOLE
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."


def _value(value: float, rho: bool, *, signed: bool = False) -> str:
    if math.isnan(value):
        return "-"
    sign = "+" if signed else ""
    return f"{value:{sign}.3f}" if rho else f"{100 * value:{sign}.1f}%"


def _interval(low: float, high: float, rho: bool, *, signed: bool = False) -> str:
    if math.isnan(low):
        return "-"
    sign = "+" if signed else ""
    return f"{low:{sign}.3f} to {high:{sign}.3f}" if rho else f"{100 * low:{sign}.1f} to {100 * high:{sign}.1f}%"


def _p(p: float) -> str:
    if math.isnan(p):
        return "-"
    return "<0.001" if p < 0.001 else f"{p:.3f}"
