"""Links of every page, as the repository shows them, lead to a file and a heading that are there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "bench", "csrc", "examples")
MADE = ("docs/made", "docs/reference")  # by the build of the site
PAGES = [
    page
    for page in sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))])
    if not page.relative_to(ROOT).as_posix().startswith(MADE)
]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text: str) -> str:
    return re.sub(r"^(```+|:::+).*?^\1$|`[^`\n]+`", "", text, flags=re.MULTILINE | re.DOTALL)


def slug(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


@cache
def anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def dead_links(page: Path, root: Path = ROOT) -> list[str]:
    """Those that lead nowhere; addresses of the web are left to ``make linkcheck``."""
    found = []
    for target in LINK.findall(without_code(page.read_text(encoding="utf-8"))):
        path, _, anchor = target.partition("#")
        if re.match(r"\w+:", target):
            continue
        there = (page.parent / path).resolve() if path else page
        if "reference" in Path(path).parts:
            continue  # written by the build of the site, which fails if it is not there
        if (
            not there.exists()
            or not there.is_relative_to(root)
            or (anchor and there.suffix == ".md" and anchor not in anchors(there))
        ):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert dead_links(page) == []


def test_dead_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "other.md").write_text("# A `name`, and more\n\n```sh\n# no heading\n```\n")
    page.write_text(
        "[a](other.md) [b](other.md#a-name-and-more) [c](#here) [d](https://example.org) `[e](none.md)`\n\n# Here\n\n"
        "```\n[f](none.md)\n```\n\n[g](none.md) [h](other.md#no-heading) [i](#there) ![j](none.png) [k](../x.md)\n"
    )
    assert dead_links(page, tmp_path) == ["none.md", "other.md#no-heading", "#there", "none.png", "../x.md"]
