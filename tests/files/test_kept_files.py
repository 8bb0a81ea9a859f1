"""Files of every released version are read as they were; those of a newer one are refused by a message that says so."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest

import fastemb
from fastemb import load_vectors
from fastemb.io.safetensors import read_tensors, write_tensors
from files.kept import HERE, KINDS

RELEASES = sorted(path.parent.name for path in HERE.glob("*/expected.json"))
FILES = [(release, name) for release in RELEASES for name in json.loads((HERE / release / "expected.json").read_text())]
NEEDS_USEARCH = {"index", "items-index"}


def expected(release: str, name: str) -> Any:
    return json.loads((HERE / release / "expected.json").read_text(encoding="utf-8"))[name]


class Among(dict[str, Any]):
    """Equal to dicts that have these items and perhaps others: settings that a later version has."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and all(name in other and other[name] == value for name, value in self.items())

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


def near(value: Any) -> Any:
    """The same, with numbers that may differ in the last digit from one instruction set to another."""
    if isinstance(value, dict):
        return Among({name: near(one) for name, one in value.items()})
    if isinstance(value, list | tuple):
        return [near(one) for one in value]
    return pytest.approx(value, rel=1e-5, abs=1e-5) if isinstance(value, float) else value


@pytest.mark.parametrize(("release", "name"), FILES)
def test_a_file_of_a_release_is_read_as_it_was(release: str, name: str, tmp_path: Path) -> None:
    if name in NEEDS_USEARCH:
        pytest.importorskip("usearch")
    path = tmp_path / name
    shutil.copy(HERE / release / name, path)  # a checkpoint is written anew
    found = KINDS[name].described(KINDS[name].load(path))
    assert json.loads(json.dumps(found)) == near(expected(release, name))


def test_each_kind_of_file_was_kept_by_the_latest_release() -> None:
    assert fastemb.__version__ in RELEASES, "make its files: PYTHONPATH=tests .venv/bin/python -m files.kept"
    assert {name for release, name in FILES if release == fastemb.__version__} == set(KINDS)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_file_of_a_newer_version_says_so(name: str, tmp_path: Path) -> None:
    if name in NEEDS_USEARCH:
        pytest.importorskip("usearch")
    path = tmp_path / name
    tensors, metadata = read_tensors(HERE / fastemb.__version__ / name)
    if name.startswith("words-checkpoint"):
        parts = json.loads(metadata["checkpoint"])
        write_tensors(path, tensors, metadata | {"checkpoint": json.dumps(parts | {"version": "999"})})
    else:
        assert "version" in metadata
        write_tensors(path, tensors, metadata | {"version": "999"})
    with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}: .*(newer|another version of) fastemb.*999"):
        KINDS[name].load(path)


@pytest.mark.parametrize("name", ["words", "words-hs", "items", "nodes", "vectors"])
def test_vectors_of_each_kind_are_read_by_load_vectors(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that an item model's vectors are of items
        assert len(load_vectors(HERE / fastemb.__version__ / name)) > 0


# ---- what is deprecated ----


def test_what_is_deprecated_warns_and_works() -> None:
    """A name goes one minor version after the first one that warned, and not before."""
    vectors = KINDS["vectors"].load(HERE / fastemb.__version__ / "vectors")
    for call, instead in (
        (lambda: vectors.word_vec("w1"), "get_vector"),
        (lambda: vectors.init_sims(), "fill_norms"),
        (lambda: vectors.words_closer_than("w1", "w2"), "closer_than"),
    ):
        with pytest.warns(DeprecationWarning, match=rf"deprecated; use {instead}"):
            call()
