"""Texts with a basket a line, and texts of titles."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

from ..arguments import names_arguments
from ..checks import warn
from ..corpus.delimited import LONGEST_ROW, Delimited, open_rows
from ..corpus.inputs import UTF8, find_inputs, open_text
from ..corpus.messages import NOT_UTF8, no_text_in
from ..io.paths import AnyPath

_OTHER_SEPARATORS = (",", ";", "|")
_PIECE = 1 << 20  # bytes


def read_baskets(path: str, sep: str | None, encoding: str, *, keyed: bool) -> Iterator[tuple[str | None, list[str]]]:
    """Baskets of a text, one a line, each with its key if the first field of a line is one, else None.

    Empty lines are skipped.

    Args:
        path: The file.
        sep: What stands between items; None: white space.
        encoding: Of the file.
        keyed: Whether the first field of each line is the key of the basket.

    Raises:
        ValueError: a field is empty, or the text is damaged, with the line.
        OSError: it cannot be read.
    """
    counted = _Separators()
    for name, line, fields in _lines(path, sep, encoding):
        if sep is None:
            counted.count(fields)
        if "" in fields:
            raise ValueError(f"{name}, line {line}: an item is missing: there is nothing between two separators")
        yield (fields[0], fields[1:]) if keyed else (None, fields)
    counted.warn(path)


class _Separators:
    """Counts lines that are parted at white space, and look as if something else parted their items."""

    def __init__(self) -> None:
        self._lines = 0
        self._with = dict.fromkeys(_OTHER_SEPARATORS, 0)
        self._example: dict[str, str] = {}

    def count(self, fields: list[str]) -> None:
        """Count a line, which has these fields."""
        self._lines += 1
        for sep in _OTHER_SEPARATORS:
            within = next((field for field in fields if sep in field.strip(sep) or (sep in field and fields[1:])), None)
            if within is not None:
                self._with[sep] += 1
                self._example.setdefault(sep, within)

    def warn(self, path: str) -> None:
        """Warn if most lines look so."""
        for sep, lines in self._with.items():
            if 2 * lines > self._lines:
                warn(
                    f"{path}: white space parts items, so that one is {self._example[sep][:60]!r}, as in {lines:,} of "
                    f"{self._lines:,} lines: if {sep!r} parts them, give sep={sep!r}"
                )
                return


def _lines(path: str, sep: str | None, encoding: str) -> Iterator[tuple[str, int, list[str]]]:
    for source in find_inputs(path):
        if sep is not None:
            with open_rows(source, Delimited(sep, None, encoding)) as blocks:
                for rows, lines in blocks:
                    for row, line in zip(rows, lines, strict=True):
                        yield source.name, line, [field.strip() for field in row]
            continue
        with open_text(source, Delimited(encoding=encoding).of_file(source.name).encoding, "strict", _PIECE) as pieces:
            for line, text in enumerate(_split_lines(source.name, pieces), 1):
                try:
                    fields = text.decode(UTF8).split()
                except UnicodeDecodeError:
                    what = no_text_in(source.name, NOT_UTF8)
                    raise ValueError(f"{source.name}, line {line}: {what}") from None
                if fields:
                    yield source.name, line, fields


def _split_lines(name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest, count = b"", 1
    for piece in pieces:
        if len(rest) > LONGEST_ROW:
            raise ValueError(f"{name}, line {count}: a line of more than {LONGEST_ROW:,} bytes")
        *lines, rest = (rest + piece).split(b"\n")
        count += len(lines)
        yield from lines
    if rest:
        yield rest


@names_arguments()
def read_titles(path: AnyPath, *, sep: str | None = None, encoding: str = UTF8) -> dict[Hashable, str]:
    """Titles of items: the first field of each line is the item, as a str, and the second its title.

    `Item2Vec.titles` takes them, also where its items are numbers. Of an item with several lines the last one counts.

    Warns of a first line that looks like names of columns, and of items with different titles.

    Args:
        path: A text file.
        sep: What stands between fields, as in `Interactions.from_file`.
        encoding: Of the file.

    Raises:
        ValueError: a line has one field only, or the text is damaged.
        OSError: the file cannot be read.
    """
    if isinstance(path, Mapping) or hasattr(path, "columns"):
        raise TypeError("titles are read from a file; those of a table are dict(zip(table['item'], table['title']))")
    titles: dict[Hashable, str] = {}
    twice: dict[str, tuple[str, int]] = {}
    sources = find_inputs(path)
    for source in sources:
        with open_rows(source, Delimited(sep, None, encoding)) as blocks:
            for rows, lines in blocks:
                for row, line in zip(rows, lines, strict=True):
                    if len(row) < 2:
                        raise ValueError(
                            f"{source.name}, line {line}: a line must hold an item and its title, which are told "
                            f"apart by sep=, but this is {row[0][:60]!r}"
                        )
                    if titles.setdefault(row[0], row[1]) != row[1]:
                        twice.setdefault(row[0], (source.name, line))
                        titles[row[0]] = row[1]
    _warn_of_titles(sources[0].name, titles, twice)
    return titles


_ITEMS, _TITLES = {"item", "items", "itemid", "id", "movieid", "product", "productid"}, {"title", "titles", "name"}


def _warn_of_titles(path: str, titles: dict[Hashable, str], twice: dict[str, tuple[str, int]]) -> None:
    """Warn of titles that look as if they were none."""
    items = [str(item) for item in titles]
    if items:
        first, others = items[0].strip(), items[1:]
        plain = first.lower().replace("_", "")
        is_named = plain in _ITEMS or titles[items[0]].strip().lower() in _TITLES
        if is_named or (len(others) > 1 and not first.isdecimal() and all(map(str.isdecimal, others))):
            warn(
                f"{path}: the first line, {first[:60]!r} with the title {titles[items[0]][:60]!r}, looks like names of "
                "columns, and is kept as an item: remove that line if it is none"
            )
    for item, (name, line) in list(twice.items())[:1]:
        warn(
            f"{name}, line {line}: {item[:60]!r} has another title before, as have {len(twice):,} of {len(items):,} "
            "items; the last one counts. The first two fields of each line must be an item and its title"
        )
