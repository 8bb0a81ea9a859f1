"""Tables as text, a row a line: CSV, TSV, and whatever else has a separator between fields."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, NoReturn

from ..checks import no_text, warn
from .inputs import UTF8, InputFile, check_encoding, open_text
from .messages import NOT_UTF8, no_text_in

LONGEST_ROW = 1 << 24  # characters

_PIECE = 1 << 20  # bytes
_HEADER_ROWS = 1000  # that tell whether the first row is one like the others
_TAB_ENDINGS = (".tsv", ".tab", ".txt")
_SEPARATORS = (",", ";", "\t", "|", "::")  # that people use
_COMPRESSED_ENDINGS = (".gz", ".bz2", ".xz", ".zst")


class RowBlock(NamedTuple):
    """Some rows.

    Attributes:
        rows: The fields of each row.
        lines: The line of the file on which each row begins; the first is 1.
    """

    rows: list[list[str]]
    lines: list[int]


@dataclass(frozen=True)
class Delimited:
    """How fields are told apart. The names are pandas': ``sep``, ``quotechar``, ``encoding``.

    Attributes:
        sep: What stands between fields, of one character or several, such as ``";"``, ``"|"`` or ``"::"``. Default,
            None: a tab where the file's name ends in .tsv, .tab or .txt, before the ending of its compression if it
            has one; else a comma.
        quotechar: One character. A field that begins with it goes on to the next one, whatever lies between, line ends
            included; within the field it is written twice. ``""``: no field is quoted, so that quotes are text like
            any other. Default, None: ``""`` where ``sep`` is a tab or has several characters, else a double quote.
        encoding: Of the file, by the name that Python gives it. A byte order mark is skipped.
    """

    sep: str | None = None
    quotechar: str | None = None
    encoding: str = UTF8

    def of_file(self, name: str) -> Delimited:
        """The same, checked, and with what a file of this name has by default.

        Raises:
            ValueError: ``sep`` is empty or holds a line end, ``quotechar`` has several characters or is a part of
                ``sep``, or Python does not know ``encoding``.
            TypeError: one of them is no str.
        """
        given = {"sep": self.sep, "quotechar": self.quotechar, "encoding": self.encoding}
        for option, value in given.items():
            if not isinstance(value, str) and (value is not None or option == "encoding"):
                raise TypeError(f"{option} must be a str, not {type(value).__name__}")
        sep = _usual_separator(name) if self.sep is None else self.sep
        if not sep or "\n" in sep or "\r" in sep:
            raise ValueError(f"sep={sep!r}: give the characters that stand between fields, without a line end")
        quote = self.quotechar
        if quote is None:
            quote = "" if sep == "\t" or len(sep) > 1 or sep == '"' else '"'
        if len(quote) > 1 or quote in ("\n", "\r"):
            raise ValueError(f'quotechar={quote!r}: give one character, or "" where no field is quoted')
        if quote and quote in sep:
            raise ValueError(f"quotechar={quote!r} is a part of sep={sep!r}")
        return Delimited(sep, quote, check_encoding(self.encoding))


class Rows:
    """The rows of an open file; each may have any number of fields. Iterating yields a `RowBlock` at a time."""

    def __init__(self, name: str, pieces: Iterator[bytes], sep: str, quote: str) -> None:
        self._name = name
        self.sep = sep
        self._quote = quote
        self._blocks: Iterator[RowBlock] = filter(lambda block: block.rows, self._split(pieces))

    def header(self) -> list[str] | None:
        """The next row, None at the end of the file."""
        for block in self._blocks:
            self._blocks = chain([RowBlock(block.rows[1:], block.lines[1:])], self._blocks)
            return block.rows[0]
        return None

    def __iter__(self) -> Iterator[RowBlock]:
        return filter(lambda block: block.rows, self._blocks)

    def _fail(self, line: int, what: str) -> NoReturn:
        raise ValueError(f"{self._name}, line {line}: {what}")

    def _split(self, pieces: Iterator[bytes]) -> Iterator[RowBlock]:
        decoder = codecs.getincrementaldecoder(UTF8)()
        rest, line = "", 1  # a row that has not ended yet, and the line on which it begins
        enough = 0  # characters: a row whose quote is open is looked at again when it is twice as long
        for piece in chain(pieces, [b""]):
            if len(rest) > LONGEST_ROW:
                self._fail(line, f"a row of more than {LONGEST_ROW:,} characters; is a quote not closed?")
            try:
                text = rest + decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                before = _plain_ends(rest + error.object[: error.start].decode())
                self._fail(line + before.count("\n"), no_text_in(self._name, NOT_UTF8))
            if "\0" in text and (what := no_text_in(self._name, "")):
                self._fail(line + text.count("\n", 0, text.index("\0")), what)
            if piece and len(text) < enough:
                rest = text
                continue
            # A carriage return at the very end may be the first half of a line end.
            end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1 if piece else len(text)
            whole, rest = text[:end], text[end:]
            if self._quote and self._quote in whole:
                block, used = self._split_quoted(whole, line, is_last=not piece)
                yield block
                line += used
                rest = "".join([*list(io.StringIO(whole, newline=""))[used:], rest])
                enough = 0 if used else 2 * len(rest)
            elif whole:
                lines = _plain_ends(whole).removesuffix("\n").split("\n")
                numbers = list(range(line, line + len(lines)))
                if "" in lines:
                    numbers = [number for number, one in zip(numbers, lines, strict=True) if one]
                yield RowBlock([one.split(self.sep) for one in lines if one], numbers)
                line += len(lines)

    def _split_quoted(self, text: str, line: int, is_last: bool) -> tuple[RowBlock, int]:
        """The rows that end in this text, which begins on this line of the file, and how many lines they take."""
        block = RowBlock([], [])
        lines = list(io.StringIO(text, newline=""))
        at = self._split_by_csv(lines, line, block) if len(self.sep) == 1 else 0
        while at < len(lines):
            row, end = self._quoted_row(lines, at, line)
            if row is None:
                if is_last:
                    hint = 'where quotes are text, give quotechar=""'
                    self._fail(line + at, f"a quote that opens in this row is never closed; {hint}")
                break
            if row != [""] or self._quote in lines[at]:
                block.rows.append(row)
                block.lines.append(line + at)
            at = end
        return block, at

    def _split_by_csv(self, lines: list[str], line: int, block: RowBlock) -> int:
        """Append rows as the csv module finds them, which is fast, up to one that it refuses: the lines they take.

        It refuses long fields too, by a limit that all code in the process shares.
        """
        reader = csv.reader(lines, delimiter=self.sep, quotechar=self._quote, strict=True)
        used = 0
        with suppress(csv.Error):
            for row in reader:
                if row:
                    block.rows.append(row)
                    block.lines.append(line + used)
                used = reader.line_num
        return used

    def _quoted_row(self, lines: list[str], at: int, first: int) -> tuple[list[str] | None, int]:
        """The row that begins with a line, None if a quote is still open, and the line after it."""
        sep, quote = self.sep, self._quote
        if quote not in lines[at]:
            return lines[at].rstrip("\r\n").split(sep), at + 1
        text, place = lines[at], 0
        fields: list[str] = []
        while True:
            if not text.startswith(quote, place):
                end = text.find(sep, place)
                if end < 0:
                    fields.append(text[place:].rstrip("\r\n"))
                    return fields, at + 1
                fields.append(text[place:end])
                place = end + len(sep)
                continue
            parts: list[str] = []
            place += 1
            while True:
                end = text.find(quote, place)
                if end < 0:
                    parts.append(text[place:])
                    at, place = at + 1, 0
                    if at == len(lines):
                        return None, at
                    text = lines[at]
                elif text.startswith(quote, end + 1):  # twice: one that is text
                    parts.append(text[place : end + 1])
                    place = end + 2
                else:
                    parts.append(text[place:end])
                    place = end + 1
                    break
            fields.append("".join(parts))
            after = text[place:].rstrip("\r\n") if not text.startswith(sep, place) else None
            if after == "":
                return fields, at + 1
            if after is not None:
                hint = 'where quotes are text, give quotechar=""'
                self._fail(first + at, f"{after[:20]!r} follows a closing quote instead of {sep!r}; {hint}")
            place += len(sep)


def _plain_ends(text: str) -> str:
    """Text whose lines all end with a line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class Table:
    """An open file with named columns. Iterating yields a `RowBlock` at a time, each row with a field a column.

    Attributes:
        names: The columns.
    """

    def __init__(self, name: str, rows: Rows, names: Sequence[str] | None) -> None:
        no_text("columns", names, "str")
        found = rows.header() if names is None else list(names)
        if not found:
            raise ValueError(f"{name}: the file is empty")
        if len(set(found)) != len(found):
            hint = "" if names is not None else "; if this is a row like the others, name the columns by columns="
            raise ValueError(f"{name}: a column name comes twice: {', '.join(found)}{hint}")
        self.names: list[str] = found
        self._are_given = names is not None
        self._name = name
        self._rows = rows

    def __iter__(self) -> Iterator[RowBlock]:
        width = len(self.names)
        for number, block in enumerate(self._rows):
            for row, line in zip(block.rows, block.lines, strict=True):
                if len(row) != width:
                    shown = ", ".join(row)[:200]
                    fields = f"{len(row)} field{'s' * (len(row) != 1)}"
                    what = f"{fields} instead of {width}: {shown}{self._hint(row)}"
                    raise ValueError(f"{self._name}, line {line}: {what}")
            if self._are_given and number == 0 and _starts_with_names(block.rows, self.names):
                warn(
                    f"{self._name}, line {block.lines[0]}: {', '.join(block.rows[0])[:200]!r} looks like names of "
                    "columns, and is read as data since columns= was given: leave that out, and use the names there"
                )
            yield block

    def _hint(self, row: list[str]) -> str:
        """What seems to part the fields instead."""
        sep = self._rows.sep
        width = len(self.names)
        for other in _SEPARATORS:
            if other == sep:
                continue
            wanted = width if self._are_given else len(sep.join(self.names).split(other))
            if wanted > 1 and len(sep.join(row).split(other)) == wanted:
                return f"; if {other!r} parts them, give sep={other!r}"
        return ""


def _starts_with_names(rows: list[list[str]], names: list[str]) -> bool:
    """Whether the first row looks like a header: it has one of the names, or no number where all others have one."""
    first, others = rows[0], rows[1:_HEADER_ROWS]
    if any(value.strip().casefold() == name.casefold() for value, name in zip(first, names, strict=True)):
        return True
    if len(others) < 2:
        return False
    return any(
        value.strip() and not _is_number(value) and all(_is_number(row[place]) for row in others)
        for place, value in enumerate(first)
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@contextmanager
def open_rows(source: InputFile, options: Delimited) -> Iterator[Rows]:
    """Open a delimited file whose rows may have any number of fields.

    Args:
        source: The file, as `find_inputs` tells it of a path, a URL, "-" or an open file. Compressed ones are unpacked.
        options: How fields are told apart.

    Raises:
        ValueError: here or from the rows, with the file and, but for damaged compression, the line: an option makes no
            sense; a quote is not closed, or followed by something else than ``sep``; text in another encoding; a row of
            more than 16,777,216 characters, while a field may be as long as its row.
        OSError: the file cannot be read.
    """
    found = options.of_file(source.name)
    assert found.sep is not None
    assert found.quotechar is not None
    with open_text(source, found.encoding, "strict", _PIECE) as pieces:
        yield Rows(source.name, pieces, found.sep, found.quotechar)


@contextmanager
def open_table(source: InputFile, options: Delimited, names: Sequence[str] | None = None) -> Iterator[Table]:
    """Open a delimited file with a field a column.

    Args:
        source: As for `open_rows`.
        options: How fields are told apart.
        names: The columns of a file without a header. Default: its first row names them.

    Raises:
        ValueError: as for `open_rows`; the file is empty; a column comes twice; a row has more or fewer fields than
            there are columns.
        OSError: the file cannot be read.
    """
    with open_rows(source, options) as rows:
        yield Table(source.name, rows, names)


def _usual_separator(name: str) -> str:
    stem, ending = os.path.splitext(name.lower())
    if ending in _COMPRESSED_ENDINGS:
        ending = os.path.splitext(stem)[1]
    return "\t" if ending in _TAB_ENDINGS else ","
