"""The order of rooms: who may import whom.

A room imports only rooms that stand before it, wherever the import is written: at the top of a file, inside a function
or for type checkers only. No two modules import each other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastemb

PACKAGE = Path(fastemb.__file__).parent
ROOMS = (  # from the ground up; those on one line do not see each other
    ("_version", "_native"),
    ("config", "lifecycle", "memory", "signals"),
    ("checks",),
    ("arguments", "durations", "threads", "kept_threads"),
    ("summary",),
    ("estimator",),
    ("io",),
    ("corpus",),
    ("tables", "phrases"),
    ("train",),
    ("vectors",),
    ("index",),
    ("models",),
    ("evaluate",),
    ("spaces",),
    ("items",),
    ("graphs",),
    ("classify",),
    ("fasttext",),
    ("layers",),
    ("plots",),
    ("explorer",),
    ("torch",),
    ("scale",),
    ("demo",),
    ("cli",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
# The one table of methods that are loaded when first used, as the work lies above the class.
LATE = "vectors.late"


def modules() -> dict[str, Path]:
    """Module -> file, without the package itself, whose __init__ stands above all."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name:
            found[name] = path
    return found


MODULES = modules()


def imported(name: str, path: Path) -> Iterator[str]:
    """The modules of this package that a module imports, anywhere in it."""
    is_package = path.name == "__init__.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "fastemb":
                    yield alias.name.partition(".")[2]
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == "fastemb"):
            if node.level:
                parts = name.split(".")
                base = parts[: len(parts) - node.level + is_package]
                home = ".".join([*base, *([node.module] if node.module else [])])
            else:
                home = (node.module or "").partition(".")[2]
            for alias in node.names:
                inner = f"{home}.{alias.name}".lstrip(".")
                yield inner if inner in MODULES or inner in LEVEL else home


def arrows() -> dict[str, set[str]]:
    return {name: {other for other in imported(name, path) if other} - {name} for name, path in MODULES.items()}


ARROWS = arrows()


def room(module: str) -> str:
    return module.split(".")[0]


def test_every_module_belongs_to_a_room() -> None:
    assert {room(name) for name in MODULES} | {"_native"} == set(LEVEL)


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_imported_from_above(name: str) -> None:
    if name == LATE:
        return
    here = room(name)
    for other in ARROWS[name]:
        there = room(other)
        assert there == here or LEVEL[there] < LEVEL[here], f"{name} imports {other}, which stands above or beside"


def test_there_is_no_circle() -> None:
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for other in sorted(ARROWS.get(name, ())):
                if name != LATE:
                    visit(other, (*way, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


def test_the_package_itself_is_imported_for_its_version_only() -> None:
    for name, path in MODULES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module is None
                and node.level == len(name.split(".")) + (path.name == "__init__.py")
            ):
                names = {alias.name for alias in node.names}
                assert names <= {"__version__", *LEVEL}, f"{name} imports {names} from the package"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from ..io import atomic_write", ["io"]),
        ("from .. import _native", ["_native"]),
        ("from .text import read_text", ["corpus.text"]),
        ("def f():\n    import fastemb.items", ["items"]),
        ("def f():\n    from fastemb.io.atomic import atomic_write", ["io.atomic"]),
        ("import numpy", []),
    ],
)
def test_imports_are_seen_wherever_they_stand(source: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(source)
    assert list(imported("corpus.module", tmp_path / "module.py")) == expected
