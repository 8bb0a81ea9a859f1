"""What importing fastemb and asking for help cost, and what a folder of sources without a build says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fastemb

SOURCES = Path(fastemb.__file__).parent
NO_NUMPY = """
import sys
sys.modules["numpy"] = None  # an import of it fails
from fastemb.cli import main
sys.exit(main(sys.argv[1:]))
"""


def python(code: str, *arguments: str, path: Path = SOURCES.parent) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run(command, cwd=path, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_do_without_numpy(option: str) -> None:
    done = python(NO_NUMPY, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert fastemb.__version__ in done.stdout or "nearest neighbours of words" in done.stdout


def test_other_commands_say_that_numpy_is_missing() -> None:
    done = python(NO_NUMPY, "similar", "vectors.txt", "king")
    assert done.returncode == 1
    assert done.stderr.startswith("fastemb: error: import of numpy")


def test_importing_fastemb_imports_no_room_of_it_and_no_slow_module() -> None:
    done = python("import sys, fastemb; print(*sys.modules)")
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.startswith("fastemb")} == {"fastemb", "fastemb._native", "fastemb._version"}
    assert not loaded & {"numpy", "importlib.metadata"}


def test_no_name_of_the_package_imports_package_metadata_or_an_extra() -> None:
    done = python("import sys, fastemb; [getattr(fastemb, name) for name in dir(fastemb)]; print(*sys.modules)")
    assert done.stderr == ""
    unwanted = {"importlib.metadata", "email", "pandas", "polars", "pyarrow", "scipy", "sklearn", "fsspec", "usearch"}
    assert not set(done.stdout.split()) & unwanted


def test_every_public_name_is_there() -> None:
    for name in fastemb.__all__:
        assert getattr(fastemb, name) is not None
        assert name in dir(fastemb)
    with pytest.raises(AttributeError, match="module 'fastemb' has no attribute 'Word3Vec'"):
        fastemb.Word3Vec  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Word3Vec' from 'fastemb'"):
        from fastemb import Word3Vec  # type: ignore[attr-defined]  # noqa: F401


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The package's Python files alone."""
    shutil.copytree(
        SOURCES, tmp_path / "clone" / "fastemb", ignore=shutil.ignore_patterns("*.so", "*.pyd", "_native.c")
    )
    return tmp_path / "clone"


def test_sources_without_a_build_say_what_to_do(clone: Path) -> None:
    done = python("import fastemb", path=clone)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: fastemb's sources in {clone} come before any installed fastemb")
    assert "make build" in last
    assert "pip install -e ." in last
    assert "start Python in another folder" in last


def test_a_core_that_cannot_be_loaded_is_reported_in_pythons_own_words(clone: Path) -> None:
    (clone / "fastemb" / "_native.abi3.so").write_bytes(b"no library")
    done = python("import fastemb", path=clone)
    assert done.returncode == 1
    assert "_native.abi3.so" in done.stderr.splitlines()[-1]
    assert "make build" not in done.stderr
