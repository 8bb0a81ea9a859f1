"""The public API is usable under mypy --strict without casts, and mistakes are found."""

import os
import re
from pathlib import Path

import pytest

import fastemb

api = pytest.importorskip("mypy.api")

PROGRAMS = Path(__file__).parent / "programs"
PACKAGES = Path(fastemb.__file__).parents[1]


def check(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    """What mypy --strict prints of a program, and its exit status."""
    monkeypatch.setenv("MYPYPATH", os.fspath(PACKAGES) if PACKAGES.name != "site-packages" else "")
    monkeypatch.chdir(folder)  # away from any settings of mypy's
    options = ["--strict", "--follow-imports=silent", "--warn-unreachable", f"--cache-dir={folder / 'cache'}"]
    output, errors, status = api.run([*options, "--config-file=", os.fspath(PROGRAMS / program)])
    assert not errors
    return output, status


@pytest.mark.integration
@pytest.mark.parametrize("program", ["training.py", "querying.py"])
def test_a_typed_program_needs_no_casts(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(program, tmp_path, monkeypatch) == ("Success: no issues found in 1 source file\n", 0)


@pytest.mark.integration
def test_mistakes_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (PROGRAMS / "mistakes.py").read_text(encoding="utf-8").splitlines()
    expected = {number for number, line in enumerate(lines, start=1) if line.endswith("# error")}
    output, status = check("mistakes.py", tmp_path, monkeypatch)
    assert status == 1
    assert {int(number) for number in re.findall(r"mistakes\.py:(\d+): error", output)} == expected, output
