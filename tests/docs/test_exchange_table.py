"""Each line of the guide's table of libraries names tests that there are, and all formats are in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastemb.io.formats import FORMATS

ROOT = Path(__file__).parents[2]
WAYS = {"same bits", "tolerance", "same directions", ""}


def lines() -> list[list[str]]:
    page = (ROOT / "docs" / "guide" / "vectors.md").read_text(encoding="utf-8")
    rows = page[page.index("| library |") :].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line[0]}, {line[1]}")
def test_a_line_is_held_by_a_test(line: list[str]) -> None:
    _, _, ours, theirs, held = line
    assert {ours, theirs} <= WAYS
    assert ours or theirs
    file, _, name = held.strip("`").partition("::")
    assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")


def test_each_format_is_read_by_another_library() -> None:
    named = " ".join(line[1] for line in lines())
    assert [known.ABOUT.option for known in FORMATS if f"`{known.ABOUT.option}`" not in named] == []
