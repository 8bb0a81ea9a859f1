"""The table of formats in the guide says what the formats say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastemb.io.formats import FORMATS, Format

PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "vectors.md").read_text(encoding="utf-8")
VALUES = {
    "all": "all",
    "order": "order of counts",
    "count": "counts",
    "none": "none",
    "numbers": "numbers",
    "plain": "numbers and text",
}


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.ABOUT.option)
def test_the_table_of_formats(known: Format) -> None:
    about = known.ABOUT
    table = PAGE[PAGE.index("| format |") :].partition("\n\n")[0]
    (row,) = (line for line in table.splitlines() if f"| `{about.option}` |" in line)
    _, _, _, endings, dtypes, integers, values, _ = (cell.strip() for cell in row.split("|"))
    assert all(f"`{ending}`" in endings for ending in about.endings)
    assert set(dtypes.split(", ")) == set(about.dtypes)
    assert integers == ("yes" if about.integers else "as text")
    assert values == VALUES[about.values]
