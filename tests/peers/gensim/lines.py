"""What docs/migrating-from-gensim.md is made of: rows of its tables, and paragraphs."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).parents[3] / "docs" / "migrating-from-gensim.md").read_text(encoding="utf-8")
NAMES, MODULES, DIFFERENCES = "## Every public name", "## Other names of its modules", "## What differs, and why"


def section(title: str) -> str:
    """The text under a heading of the second level."""
    return re.split(r"^## ", TEXT.split(f"{title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> dict[str, str]:
    """Whether a name is the same, differs or is absent, for each row of a table."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if row := re.fullmatch(r"\| `([\w.]+)(?:\(\.\.\.\))?` \| (same|differs|absent)(.*) \|", line):
            assert row[1] not in found
            assert row[2] == "same" or len(row[3]) > 2, f"{row[1]}: no word on what to do"
            found[row[1]] = row[2]
        else:
            assert not line.startswith("| `"), line
    return found


def rows_of_classes() -> dict[str, dict[str, str]]:
    """The same for the table of every class."""
    tables = re.split(r"^### (\w+)\n", section(NAMES), flags=re.MULTILINE)[1:]
    return {name: rows(text) for name, text in zip(tables[::2], tables[1::2], strict=True)}


def rows_of_modules() -> dict[str, str]:
    """The same for names such as word2vec.MAX_WORDS_IN_BATCH."""
    return rows(section(MODULES))


def paragraphs() -> list[str]:
    """The heading and the bold words of every difference, such as "Files: `mmap`"."""
    parts = re.split(r"^### (.+)\n", section(DIFFERENCES), flags=re.MULTILINE)[1:]
    found = []
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        for item in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
            bold = re.match(r"\*\*(.+?)\*\*", " ".join(item.split()))
            assert bold is not None, item
            found.append(f"{heading}: {bold[1].removesuffix('.')}")
    return found
