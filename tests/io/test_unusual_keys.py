"""What each format makes of unusual keys: the table in the guide says what happens, and nothing changes unheard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors, save_vectors
from fastemb.io.formats import FORMATS

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "vectors.md"
KEYS: dict[str, tuple[Any, ...]] = {  # by the heading of their column
    "space within": ("new york",),
    "other white space": (" a", "a ", "a  b", "a\x0bb", "a\x0cb"),
    "tab": ("a\tb",),
    "line end": ("a\nb", "a\rb", "a\r\nb"),
    "emoji": ("🙂", "👩‍👩‍👧", "東京", "e\u0301"),
    "not UTF-8": (b"caf\xe9".decode("utf-8", "surrogateescape"),),
    "integers": (2**63 - 1, -(2**63), 7),
    "empty": ("",),
    "64 KiB": ("x" * (1 << 16),),
    "longer": ("x" * ((1 << 16) + 1), "x" * 1_000_000),
    "zero byte": ("a\0b", "\0a", "a\0"),
    "BOM at the start": ("\ufeffa",),
}
PLAIN = ("zz", "yy")
KEPT, TEXT, REFUSED, LEFT_OUT, NOT_FIRST = "yes", "as text", "no", "left out", "not first"
EXTRA = {("npz", "zero byte"): "not last"}  # NumPy's arrays of text do not keep a zero byte at the end


def outcome(option: str, keys: list[Any], path: Path) -> str:
    """What becomes of keys; a refusal must name one of them."""
    vectors = KeyedVectors(3)
    vectors.add_vectors(keys, np.array([[1, 2, 0.5], [3, 4, 0.25], [5, 6, 0.125]])[: len(keys)])
    warned = pytest.MonkeyPatch()
    messages: list[str] = []
    warned.setattr("warnings.warn", lambda message, *_, **__: messages.append(str(message)))
    try:
        save_vectors(vectors, path, format=option)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = ""
    finally:
        warned.undo()
    if refusal:
        assert any(repr(key)[1:30] in refusal or (key == "" and "empty" in refusal) for key in keys), refusal
        assert not path.exists()
        return REFUSED
    found = load_vectors(path, format=option).index_to_key
    if found == keys:
        return KEPT
    if found == [str(key) for key in keys]:
        return TEXT
    assert messages, f"{option}: {keys} became {found} unheard"
    assert set(found) < set(keys)
    assert any("left out" in message for message in messages)
    return LEFT_OUT


def outcomes(option: str, column: str, path: Path) -> str:
    """The cell of the table."""
    cells: set[str] = set()
    for number, key in enumerate(KEYS[column]):
        orders = [[key], [key, 5]] if column == "integers" else [[key, *PLAIN], [PLAIN[0], key, PLAIN[1]]]
        first, later = (outcome(option, keys, path / f"{number}-{at}") for at, keys in enumerate(orders))
        cells.add(first if first == later else NOT_FIRST if (first, later) == (REFUSED, KEPT) else f"{first}/{later}")
    if cells == {KEPT, REFUSED} and (option, column) in EXTRA:
        return EXTRA[option, column]
    return " or ".join(sorted(cells))


def table() -> Iterator[list[str]]:
    """The cells of the table in the guide, a list for each line, without spaces."""
    text = PAGE.read_text(encoding="utf-8")
    for line in text[text.index("| key |") :].splitlines():
        if not line.startswith("|"):
            return
        if not re.match(r"\|-", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.ABOUT.option)
def test_the_table_of_keys(known: Any, tmp_path: Path) -> None:
    heading, *rows = table()
    assert heading[1:] == list(KEYS)
    (row,) = (row for row in rows if row[0] == f"`{known.ABOUT.option}`")
    found = []
    for number, column in enumerate(KEYS):
        (tmp_path / str(number)).mkdir()
        found.append(outcomes(known.ABOUT.option, column, tmp_path / str(number)))
    assert row[1:] == found


def test_the_table_has_each_format_once() -> None:
    assert [row[0] for row in table()][1:] == [f"`{known.ABOUT.option}`" for known in FORMATS]
