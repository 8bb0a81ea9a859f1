"""Times and numbers from what tables hold in their place: text, objects of Python, NumPy's dates."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from numbers import Real
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..checks import is_missing
from ..durations import seconds_of

Array = NDArray[Any]
Floats = NDArray[np.float64]
Place = Callable[[int], str]
"""What errors call a row."""

DATE_FORMS = (
    "2024-05-17, 2024/5/17, 2024-05-17 12:30, 2024-05-17T12:30:00.5, each also with UTC, Z or +02:00 at the end"
)

_MISSING = frozenset(["", "na", "n/a", "<na>", "nan", "nat", "null", "none", "\\n"])  # in lower case
_SLICE = 1 << 16  # rows; between two of them an interrupt is noticed
_SHOWN = 40  # characters
_MOMENT = re.compile(
    r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?"
    r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)

_LAST_SECOND = 253_402_300_800  # after the year 9999; in milliseconds it lies in 1978
_FINER = ((1e3, 1000, "milliseconds"), (1e6, 10**6, "microseconds"), (np.inf, 10**9, "nanoseconds"))
_EPOCHS = (631_152_000, 4_102_444_800)  # 1990 and 2100, in seconds since 1970

NUMBER, MOMENT, CLOCK, LENGTH = "a number", "a date", "a time of day", "a length of time"


class Values:
    """Collects the values of a column that must all be of one kind.

    Args:
        name: The column.
        place: What errors call a row.
        times: Whether dates and times are taken besides numbers.
    """

    def __init__(self, name: str, place: Place, *, times: bool) -> None:
        self._name = name
        self._place = place
        self._times = times
        self._first: dict[str, tuple[int, Any]] = {}

    def read_text(self, parts: Iterable[NDArray[np.bytes_]]) -> Floats:
        """Parts of a column of text, in UTF-8.

        Raises:
            ValueError: a value is missing, neither number nor date, or of another kind than one before it.
        """
        found, begin = [np.empty(0)], 0
        for part in parts:
            found.append(self._part(part, begin))
            begin += len(part)
        return np.concatenate(found)

    def read_objects(self, values: Array) -> Floats:
        """A column of objects of any kind; the errors are those of `read_text`."""
        found = [np.empty(0)]
        for begin in range(0, len(values), _SLICE):
            part = values[begin : begin + _SLICE].tolist()
            if all(type(value) is str for value in part) and max(map(len, part)) <= _SHOWN:
                found.append(self._part(np.array([value.encode() for value in part]), begin))
            else:
                found.append(np.array([self._object(value, row) for row, value in enumerate(part, begin)], np.float64))
        return np.concatenate(found)

    def missing(self, row: int, value: Any) -> NoReturn:
        """Raise the error of a value that is missing."""
        shown = "it is empty" if isinstance(value, str | bytes) and not value.strip() else f"it is {_shown(value)}"
        raise ValueError(f"{self._place(row)}: the {self._name} is missing ({shown})")

    def _part(self, part: NDArray[np.bytes_], begin: int) -> Floats:
        numbers = _numbers(part)
        if numbers is not None and not np.isnan(numbers).any():
            self._note(NUMBER, begin, part[0])
            return numbers
        moments = _moments(part) if self._times and numbers is None else None
        if moments is not None:
            self._note(MOMENT, begin, part[0])
            return moments
        return np.array([self._text(text.decode(), row) for row, text in enumerate(part.tolist(), begin)], np.float64)

    def _text(self, text: str, row: int) -> float:
        if text.strip().lower() in _MISSING:
            self.missing(row, text)
        try:
            number = float(text) if "_" not in text else None
        except ValueError:
            number = None
        if number is not None:
            self._note(NUMBER, row, text)
            return number
        moment = moment_of(text) if self._times else None
        if moment is None:
            self._refuse(row, text)
        self._note(MOMENT, row, text)
        return moment

    def _object(self, value: Any, row: int) -> float:
        if isinstance(value, str | bytes):
            return self._text(value.decode("utf-8", "replace") if isinstance(value, bytes) else value, row)
        if is_missing(value):
            self.missing(row, value)
        if isinstance(value, Real | Decimal | np.bool_) and not isinstance(value, np.timedelta64):
            self._note(NUMBER, row, value)
            return float(value)
        found = _seconds_of(value) if self._times else None
        if found is None:
            self._refuse(row, value)
        self._note(found[0], row, value)
        return found[1]

    def _note(self, kind: str, row: int, value: Any) -> None:
        if kind in self._first:
            return
        self._first[kind] = row, value
        if len(self._first) > 1:
            (one, (first, before)), (other, (second, after)) = sorted(self._first.items(), key=lambda item: item[1][0])
            raise ValueError(
                f"{self._place(first)}: the {self._name} is {one}, {_shown(before)}, but {self._place(second)}: it is "
                f"{other}, {_shown(after)}; give one kind in all rows"
            )

    def _refuse(self, row: int, value: Any) -> NoReturn:
        what = f"numbers, or dates and times as in {DATE_FORMS}" if self._times else "numbers"
        hint = "; other forms can be read by pandas.to_datetime(column, format=...)" if self._times else ""
        raise ValueError(f"{self._place(row)}: the {self._name} must be {what}, not {_shown(value)}{hint}")


def moment_of(text: str) -> float | None:
    """A date, or date and time, as seconds since 1970; None if it is none of the forms that are read.

    Without a time zone it is in UTC.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    year, _, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        made = datetime(
            int(year),
            int(month),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "")[:6].ljust(6, "0")),
            _zone(zone),
        )
    except ValueError:  # the 31st of June
        return None
    return made.timestamp()


def seconds_of_dates(values: Array) -> Floats:
    """NumPy's dates as seconds since 1970, NaT as NaN."""
    seconds: Floats = values.astype("datetime64[us]").astype(np.int64) / 1e6
    seconds[np.isnat(values)] = np.nan
    return seconds


def gap_seconds(gap: Any) -> float:
    """A length of time: a number, a timedelta, or text such as "30min", "1h30m", "2 days" or "1800".

    Raises:
        ValueError: it is no such text, or not above 0.
        TypeError: it is something else.
    """
    seconds: Any = gap
    if isinstance(gap, str):
        seconds = seconds_of("gap", gap)
    elif isinstance(gap, timedelta):
        seconds = gap.total_seconds()
    elif isinstance(gap, np.timedelta64):
        seconds = gap / np.timedelta64(1, "s")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | np.number):
        raise TypeError(f'gap must be a number, a timedelta or text such as "30min", not {gap!r}')
    if not seconds > 0:
        raise ValueError(f"gap must be above 0, not {gap!r}")
    return float(seconds)


def are_compact_dates(times: Floats) -> bool:
    """Whether all of these numbers look like dates written as 20240517."""
    if not len(times) or times.min() < 19_000_101 or times.max() > 21_001_231 or (times % 1).any():
        return False
    days = times.astype(np.int64)
    months = days // 100 % 100
    return bool(((months >= 1) & (months <= 12) & (days % 100 >= 1) & (days % 100 <= 31)).all())


def check_gap(times: Floats, gap: Any, name: str) -> None:
    """Refuse a gap that does not count in the unit of these times.

    Raises:
        ValueError: the times are dates written as numbers; or they are in milliseconds or less, and the gap is a
            timedelta or text with a unit, which comes to seconds.
    """
    if are_compact_dates(times):
        raise ValueError(
            f"the {name} looks like dates written as {times[0]:.0f}: as numbers, a day and the next are 1 apart, "
            "so that gap would not count in seconds; write them as in 2024-05-17"
        )
    length, largest = gap_seconds(gap), float(np.abs(times).max(initial=0))
    if largest < _LAST_SECOND or _is_plain_number(gap):
        return
    parts, unit = next((parts, unit) for below, parts, unit in _FINER if largest < below * _LAST_SECOND)
    raise ValueError(
        f"the {name} has {largest:.0f}, which looks like {unit}, and gap={gap!r} counts in seconds: divide the {name} "
        f"by {parts}, or give gap={length * parts:.0f}, in {unit}"
    )


def first_of_other_unit(times: Floats) -> int | None:
    """The first of these times that is not in the unit of the one before it, where all look like seconds since 1970.

    Each counts in seconds, milliseconds, microseconds or nanoseconds; None where all count in the same.
    """
    if not len(times) or times.min() < _EPOCHS[0] or times.max() < _EPOCHS[1]:
        return None
    units = np.floor(np.log10(times / _EPOCHS[0]) / 3)
    scaled = times / 1000.0**units
    if (scaled > _EPOCHS[1]).any() or units.max() > 3 or (units == units[0]).all():
        return None
    return int((units != units[0]).argmax())


def _is_plain_number(gap: Any) -> bool:
    """Whether this gap has no unit, so that it is in that of the times."""
    if not isinstance(gap, str):
        return not isinstance(gap, timedelta | np.timedelta64)
    try:
        float(gap)
    except ValueError:
        return False
    return True


def _seconds_of(value: Any) -> tuple[str, float] | None:
    if isinstance(value, datetime):
        return MOMENT, (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return MOMENT, datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    if isinstance(value, time):
        return CLOCK, value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    if isinstance(value, timedelta):
        return LENGTH, value.total_seconds()
    if isinstance(value, np.datetime64):
        return MOMENT, float(value.astype("datetime64[us]").astype(np.int64)) / 1e6
    if isinstance(value, np.timedelta64):
        return LENGTH, float(value / np.timedelta64(1, "s"))
    return None


def _zone(text: str | None) -> timezone:
    if text is None or text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[3:].lstrip(":") or 0)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _numbers(part: NDArray[np.bytes_]) -> Floats | None:
    """Text as numbers, None if some is none."""
    if b"_" in part.tobytes():  # NumPy takes 1_5 for 15
        return None
    try:
        return part.astype(np.float64)
    except ValueError:
        return None


def _moments(part: NDArray[np.bytes_]) -> Floats | None:
    """Text of one common form as seconds since 1970, None where each has to be looked at."""
    width = part.dtype.itemsize
    if width < 8:
        return None
    letters = part.view(np.uint8).reshape(len(part), width)
    if not ((letters[:, :4] >= ord("0")) & (letters[:, :4] <= ord("9"))).all():  # digits alone would be a year
        return None
    if not (letters[:, 4] == ord("-")).all() or not (letters[:, 7] == ord("-")).all():
        return None
    plain = part
    if letters[:, -1].all():  # all as long: the end can be cut off
        for end in (b" UTC", b"+00:00", b"Z"):
            if np.char.endswith(part, end).all():
                kept = np.ascontiguousarray(letters[:, : width - len(end)])
                plain = kept.view(f"S{kept.shape[1]}").reshape(-1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy's, of time zones
            return seconds_of_dates(np.char.decode(plain, "ascii").astype("datetime64[us]"))
    except (ValueError, Warning):
        return None


def _shown(value: Any) -> str:
    text = repr(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
