"""The programs of docs/: that which draws the gallery, and that which writes the pages of the reference."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"
GALLERY = """\
# Gallery

```sh
echo one > first.png
echo two > "second.png"
```

![One](pictures/first.png) ![Two](pictures/second.png)

```python
open("third.png", "w").write("three")
```

![Three](pictures/third.png)

```text
not a command: fourth.png
```
"""


def imported(name: str, monkeypatch: pytest.MonkeyPatch, here: Path) -> ModuleType:
    """A program of docs/, which writes into another folder."""
    monkeypatch.syspath_prepend(DOCS)
    module = importlib.import_module(name)
    monkeypatch.setattr(module, "HERE", here)
    return module


# ---- the gallery ----


@pytest.fixture
def gallery(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    here = tmp_path / "docs"
    (here / "pictures").mkdir(parents=True)
    (here / "gallery.md").write_text(GALLERY)
    return imported("draw_gallery", monkeypatch, here)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def drawn(gallery: ModuleType) -> dict[str, str]:
    return {path.name: path.read_text().strip() for path in sorted((gallery.HERE / "pictures").iterdir())}


@pytest.mark.integration
def test_each_picture_is_drawn_by_its_snippet(gallery: ModuleType, folder: Path) -> None:
    gallery.main(folder, None)
    assert drawn(gallery) == {"first.png": "one", "second.png": "two", "third.png": "three"}


@pytest.mark.integration
def test_one_picture_is_drawn_alone(gallery: ModuleType, folder: Path) -> None:
    gallery.main(folder, "third.png")
    assert drawn(gallery) == {"third.png": "three"}


def test_a_picture_that_nothing_draws_is_an_error(gallery: ModuleType, folder: Path) -> None:
    with pytest.raises(SystemExit, match=r"gallery\.md draws no fourth\.png, but first\.png, second\.png, third\.png"):
        gallery.main(folder, "fourth.png")


@pytest.mark.integration
def test_a_snippet_that_fails_ends_it(gallery: ModuleType, folder: Path) -> None:
    page = gallery.HERE / "gallery.md"
    page.write_text(GALLERY.replace("echo one > first.png", "false\necho one > first.png"))
    with pytest.raises(subprocess.CalledProcessError):
        gallery.main(folder, None)
    assert drawn(gallery) == {}


def test_the_page_shows_what_its_snippets_draw() -> None:
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```(?:sh|python)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    drawn_there = re.findall(r"[\w-]+\.png", code)
    assert sorted(drawn_there) == sorted(re.findall(r"\]\(pictures/([\w-]+\.png)\)", text))
    assert all((DOCS / "pictures" / name).exists() for name in drawn_there)


# ---- the reference ----


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    yield imported("reference_pages", monkeypatch, tmp_path)
    sys.modules.pop("reference_pages", None)


def test_every_public_name_has_a_place(reference: ModuleType) -> None:
    pages = reference.Reference().pages
    for module, names in reference.public_names().items():
        assert f"   {module}\n" in pages["index"]
        for name in names:
            value = getattr(sys.modules[module], name)
            if isinstance(value, ModuleType):
                assert f"{module}.{name}" in pages
            else:
                assert re.search(rf"\b{re.escape(name)}\b", pages[module]), f"{module}.{name}"


def test_a_class_is_described_once(reference: ModuleType) -> None:
    pages = reference.Reference().pages
    described = [page for page, text in pages.items() if ".. autoclass:: KeyedVectors\n" in text]
    assert described == ["fastemb.KeyedVectors"]
    assert "``KeyedVectors`` is :py:obj:`fastemb.KeyedVectors`" in pages["fastemb.models"]
    assert ":members:" in pages["fastemb.KeyedVectors"]


def test_pages_are_written_when_they_change_and_old_ones_go(reference: ModuleType, tmp_path: Path) -> None:
    reference.write_reference()
    folder = tmp_path / "reference"
    pages = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert {"index.rst", "fastemb.rst", "fastemb.Word2Vec.rst"} <= set(pages)
    (folder / "fastemb.Gone.rst").write_text("old")
    (folder / "fastemb.rst").write_text("changed")
    reference.write_reference()
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(after) == set(pages)
    assert [name for name in pages if after[name] != pages[name]] == ["fastemb.rst"]
