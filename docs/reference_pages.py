"""The pages of the reference: one for each public module and one for each of its classes.

`tests/compat/public_api.txt` says which names are public. A name that stands in several modules is described in the
first, and the others link there. The pages are written by the build into docs/reference, and only when they change.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
PUBLIC = HERE.parent / "tests" / "compat" / "public_api.txt"
INDEX = """\
Reference
=========

Every public name, with its arguments, their types and defaults, and the errors that it raises. Names and defaults are
those of gensim 4 where gensim has the thing, and those of PyTorch in the layers.

.. toctree::

"""


def public_names() -> dict[str, list[str]]:
    """The names of each public module, in the order of the file."""
    found: dict[str, list[str]] = {}
    for line in PUBLIC.read_text(encoding="utf-8").splitlines():
        if line.startswith("fastemb"):
            module, _, name = line.partition("(")[0].split()[0].rpartition(".")
            found.setdefault(module, []).append(name)
    if importlib.util.find_spec("torch"):
        found["fastemb.torch"] = ["Embedding", "EmbeddingBag"]  # not in the file, as torch need not be installed
    return found


def title(text: str) -> str:
    """A heading."""
    return f"{text}\n{'=' * len(text)}\n"


def class_page(module: str, name: str) -> str:
    """A class with its members."""
    lines = [f".. currentmodule:: {module}", f".. autoclass:: {name}", "   :members:", "   :undoc-members:"]
    lines += ["   :inherited-members: dict, list, object, BaseException"]
    return f"{title(f'{module}.{name}')}\n{lines[0]}\n\n" + "\n".join(lines[1:]) + "\n"


class Reference:
    """All pages, by name."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self._homes: dict[int, str] = {}  # the id of a class or function, and where it is described
        for module, names in public_names().items():
            self._module(importlib.import_module(module), module, names)
        self.pages["index"] = INDEX + "".join(f"   {module}\n" for module in public_names())

    def _module(self, home: ModuleType, module: str, names: list[str]) -> None:
        classes, here, elsewhere = [], [], []
        for name in names:
            value = getattr(home, name)
            full = f"{module}.{name}"
            first = self._home(value, full)
            if inspect.ismodule(value):
                continue  # it has a page
            if first != full:
                elsewhere.append(f"- ``{name}`` is {first}")
            elif inspect.isclass(value):
                classes.append(name)
                self.pages[full] = class_page(module, name)
            else:
                here.append(f".. {'autofunction' if callable(value) else 'autodata'}:: {name}")
        self.pages[module] = "\n".join(self._parts(module, classes, here, elsewhere))

    def _home(self, value: Any, full: str) -> str:
        """Where a value is described: a link, or ``full`` if it is here."""
        if inspect.isclass(value) and not value.__module__.startswith("fastemb"):
            return f"``{value.__module__}.{value.__qualname__}``"
        if not callable(value):
            return full
        first = self._homes.setdefault(id(value), full)
        return full if first == full else f":py:obj:`{first}`"

    @staticmethod
    def _parts(module: str, classes: list[str], here: list[str], elsewhere: list[str]) -> Iterator[str]:
        yield title(module)
        yield f".. automodule:: {module}\n   :no-members:\n\n.. currentmodule:: {module}\n"
        if classes:
            yield ".. rubric:: Classes\n\n.. autosummary::\n"
            yield "\n".join(f"   {name}" for name in classes)
            yield "\n.. toctree::\n   :hidden:\n"
            yield "\n".join(f"   {name} <{module}.{name}>" for name in classes) + "\n"
        if here:
            yield ".. rubric:: Functions and constants\n"
            yield "\n\n".join(here) + "\n"
        if elsewhere:
            yield ".. rubric:: Also under this name\n"
            yield "\n".join(elsewhere) + "\n"


def write_reference() -> None:
    """Write the pages that changed, and remove those of names that are gone."""
    folder = HERE / "reference"
    folder.mkdir(exist_ok=True)
    pages = {f"{name}.rst": text for name, text in Reference().pages.items()}
    for path in folder.glob("*.rst"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
