"""The demonstration on Python's own source."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastemb import KeyedVectors, demo
from fastemb.cli import main

SOURCE = """
def read(socket, data): return socket.recv(data)
def write(socket, data): return socket.send(data)
def encode(text, list, set): list.append(text); set.add(text)
"""
WORDS = ["append", "data", "def", "encode", "list", "read", "recv", "return", "send", "set", "socket", "text", "write"]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A standard library of two files, and the working folder beside it."""
    root = tmp_path / "lib"
    for path in (root / "a.py", root / "package" / "b.py", root / "site-packages" / "other.py"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOURCE * 30, encoding="utf-8")
    (root / "package" / "data.txt").write_text("no source", encoding="utf-8")
    monkeypatch.setattr(demo.sysconfig, "get_paths", lambda: {"stdlib": str(root)})
    monkeypatch.chdir(tmp_path)
    return root


def test_the_standard_library_is_every_source_file_but_installed_packages(library: Path) -> None:
    assert demo.standard_library() == [library / "a.py", library / "package" / "b.py"]


@pytest.mark.integration
def test_this_pythons_standard_library_is_found() -> None:
    names = {path.name for path in demo.standard_library()}
    assert {"socket.py", "calendar.py", "argparse.py"} <= names


def test_lines_are_identifiers(tmp_path: Path) -> None:
    path = tmp_path / "source.py"
    path.write_bytes("x1 = f(y_2, 3, 'größe')\n\n# ---\n\t_a0 += 0x1F # 4th \xff".encode("latin-1"))
    assert list(demo.source_lines([path])) == [["x1", "f", "y_2", "gre"], ["_a0", "x1F", "th"]]
    path.write_text("größe = 1\n", encoding="utf-8")
    assert list(demo.source_lines([path, path])) == [["größe"]] * 2
    assert list(demo.source_lines([])) == []


@pytest.mark.usefixtures("library")
def test_the_demo_trains_shows_and_saves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo.run_demo(tmp_path / "demo.safetensors", workers=1)
    shown, errors = capsys.readouterr()
    assert errors == ""
    lines = shown.splitlines()
    assert lines[0].startswith("read      2 files of Python's standard library in ")
    assert "1,620 identifiers, 14 that occur at least 5 times" in lines[1]
    assert "1 threads" in lines[2]
    assert "neighbours" in lines
    neighbours = next(line for line in lines if line.startswith("  socket"))
    assert neighbours.count(",") == 5
    assert not any(line.startswith("  Monday") for line in lines)
    assert any(line.startswith("  list:append") and "set:" in line for line in lines)
    assert any(line.startswith("  read:write") and "recv:" in line for line in lines)
    assert not any("loads:" in line for line in lines)
    assert f"saved     {tmp_path / 'demo.safetensors'}; go on with" in lines
    saved = KeyedVectors.load(tmp_path / "demo.safetensors")
    assert set(WORDS) <= set(saved.index_to_key)
    assert saved.vector_size == 100


@pytest.mark.usefixtures("library")
def test_the_command_saves_where_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-t", "1"]) == 0
    assert (tmp_path / "fastemb-demo.safetensors").exists()
    assert main(["demo", "-o", "there.bin", "--workers", "2"]) == 0
    assert "2 threads" in capsys.readouterr().out.split("saved")[1]
    assert (tmp_path / "there.bin").exists()


def test_a_missing_folder_is_noticed_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fastemb.cli.files.run_demo", lambda *_: pytest.fail("it was trained"))
    assert main(["demo", "-o", str(tmp_path / "absent" / "v")]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_a_python_without_source_files_says_so(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo.sysconfig, "get_paths", lambda: {"stdlib": str(library / "absent")})
    with pytest.raises(RuntimeError, match="no standard library source files"):
        demo.run_demo(tmp_path / "v")
    assert main(["demo"]) == 1
    assert capsys.readouterr().err.startswith("fastemb: error: this Python has no standard library source files")
    assert not (tmp_path / "v").exists()


@pytest.mark.usefixtures("library")
def test_the_text_is_kept_when_asked_for(tmp_path: Path) -> None:
    assert main(["demo", "--save-text", "text.txt", "-o", "vectors", "-t", "1"]) == 0
    lines = (tmp_path / "text.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 180
    assert lines[0] == "def read socket data return socket recv data"
    assert main(["demo", "--save-text", "none/text.txt"]) == 1
    assert main(["demo", "--save-text", "vectors", "-o", "vectors"]) == 1


def test_it_says_how_to_start_what_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "venv" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setattr(demo.sys, "executable", str(folder / "python"))
    monkeypatch.setattr(demo.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert demo._how_to_start() == ("fastemb", "Python")
    monkeypatch.setattr(demo.shutil, "which", lambda name: None)
    near, far = str(Path("venv", "bin")), str(folder)
    assert demo._how_to_start() == (f"{near}/python -m fastemb", f"{near}/python")
    (folder / "fastemb").touch()
    assert demo._how_to_start() == (f"{near}/fastemb", f"{near}/python")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert demo._how_to_start() == (f"{far}/fastemb", f"{far}/python")
