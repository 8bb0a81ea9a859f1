"""Every public name and its arguments, as they stand in public_api.txt.

A change of that file is a change for users: say so in CHANGELOG.md. To write it anew:

    .venv/bin/python tests/compat/test_public_api.py > tests/compat/public_api.txt
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SNAPSHOT = Path(__file__).with_name("public_api.txt")
MODULES = (
    "fastemb",
    "fastemb.index",
    "fastemb.evaluate",
    "fastemb.explorer",
    "fastemb.fasttext",
    "fastemb.fasttext.FastText",
    "fastemb.fasttext.util",
    "fastemb.graphs",
    "fastemb.items",
    "fastemb.layers",
    "fastemb.models",
    "fastemb.models.callbacks",
    "fastemb.models.doc2vec",
    "fastemb.models.fasttext",
    "fastemb.models.keyedvectors",
    "fastemb.models.phrases",
    "fastemb.models.word2vec",
    "fastemb.plots",
    "fastemb.scale",
    "fastemb.spaces",
)


def public_api() -> list[str]:
    """A line for each public name, and for each public member of a class."""
    lines = []
    for module in MODULES:
        home = importlib.import_module(module)
        for name in home.__all__:
            lines += described(f"{module}.{name}", getattr(home, name))
    return lines


def described(name: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        yield f"{name}{signature(value)}"
        inherited = dict if issubclass(value, dict) else BaseException
        for member in sorted(dir(value)):
            if not member.startswith("_") and not hasattr(inherited, member):
                found = inspect.getattr_static(value, member)
                kind = type(found).__name__ if isinstance(found, property | classmethod | staticmethod) else ""
                yield f"    .{member}{signature(getattr(value, member))}{f'  ({kind})' if kind else ''}"
    elif inspect.ismodule(value):
        yield f"{name}  (module)"
    elif callable(value):
        yield f"{name}{signature(value)}"
    else:
        yield name


def signature(value: Any) -> str:
    """Names, kinds and defaults; annotations may become more precise."""
    if not callable(value) or (isinstance(value, type) and issubclass(value, Exception | dict)):
        return ""
    found = inspect.signature(value)
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in found.parameters.values()]
    return str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def test_public_names_and_arguments_are_those_of_the_snapshot() -> None:
    assert public_api() == SNAPSHOT.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    print(*public_api(), sep="\n")
