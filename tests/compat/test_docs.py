"""Every Python snippet of the README and of docs/migrating-from-gensim.md runs."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "docs/migrating-from-gensim.md"]
TEXT = "the cat sat on the mat\nthe dog sat on the rug\na cat and a dog met on the mat\n" * 20


def snippets() -> list[tuple[str, int, str]]:
    """Page, line and code of every block marked as Python."""
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for block in re.finditer(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
            found.append((page, text.count("\n", 0, block.start()) + 2, block[1]))
    return found


SNIPPETS = snippets()


def test_every_page_has_snippets() -> None:
    assert {page for page, _, _ in SNIPPETS} == set(PAGES)


@pytest.mark.parametrize(("page", "line", "code"), SNIPPETS, ids=[f"{page}:{line}" for page, line, _ in SNIPPETS])
def test_the_snippet_runs(page: str, line: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus.txt").write_text(TEXT, encoding="utf-8")
    # blank lines put the code at its own line of the page, in tracebacks
    earlier = "" if "import" in code else "import fastemb"
    (tmp_path / "snippet.py").write_text(earlier + "\n" * (line - 1) + code, encoding="utf-8")
    runpy.run_path(str(tmp_path / "snippet.py"))
