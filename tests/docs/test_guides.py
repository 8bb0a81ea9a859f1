"""Every Python and shell snippet of the README and of the pages in docs/guide runs.

The snippets of a page run one after the other in one folder, which is empty for the README and holds ``corpus.txt`` for
a guide; the Python ones share their names. (The README's set-up is marked ``bash`` and does not run here.) A snippet
that needs an optional package says so in the line above it: ``<!-- needs: zstandard -->``.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *(page for page in sorted((ROOT / "docs" / "guide").glob("*.md")) if page.name != "index.md")]
SNIPPET = re.compile(r"(?:^<!-- needs: ([\w. ]+) -->\n)?^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEXT = "the cat sat on the mat\nthe dog sat on the rug\nA cat and a dog met on the mat\n" * 20


def run_python(code: str, page: Path, line: int, names: dict[str, Any]) -> None:
    # blank lines put the code at its own line of the page, in tracebacks
    exec(compile("\n" * (line - 1) + code, str(page), "exec"), names)


def run_shell(code: str, page: Path, line: int) -> None:
    shells = f'fastemb() {{ "{sys.executable}" -m fastemb "$@"; }}\npython() {{ "{sys.executable}" "$@"; }}'
    command = f"set -euo pipefail\n{shells}\n{code}"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{page}:{line}\n{done.stdout}{done.stderr}"


def missing(packages: str) -> list[str]:
    return [name for name in packages.split() if not is_installed(name)]


def is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the package around it
        return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_snippets_of_the_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if page != README:
        (tmp_path / "corpus.txt").write_text(TEXT, encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "guide"}
    left_out: list[str] = []
    found = list(SNIPPET.finditer(text))
    assert len(found) == len(re.findall(r"^```(?:python|sh)$", text, re.MULTILINE)) > 0
    for snippet in found:
        needs, language, code = snippet.groups()
        if needs and missing(needs):
            left_out += missing(needs)
            continue
        line = text.count("\n", 0, snippet.start(3)) + 1
        if language == "python":
            run_python(code, page, line, names)
        else:
            run_shell(code, page, line)
    if left_out:
        pytest.skip(f"the rest of the page ran; not installed: {', '.join(left_out)}")
