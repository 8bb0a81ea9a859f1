"""Folders that spaCy wrote are read, and strings have the numbers that it gives them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import load_vectors
from fastemb.io.formats.spacy_strings import SYMBOLS, string_numbers
from peers import recorded
from peers.spacy.questions import KEYS, VECTORS

ANSWERS: dict[str, Any] = recorded("spacy")["answers"]


def test_numbers_of_strings() -> None:
    assert ANSWERS["symbols"] == {"": 0, **SYMBOLS}
    assert string_numbers(KEYS).tolist() == [int(ANSWERS["numbers"][key]) for key in KEYS]


@pytest.mark.parametrize("inner", ["", "vocab"])
def test_a_folder_of_spacy_is_read(inner: str, tmp_path: Path) -> None:
    (tmp_path / "model" / inner).mkdir(parents=True)
    for name, content in ANSWERS["files"].items():
        (tmp_path / "model" / inner / name).write_bytes(base64.b64decode(content))
    vectors = load_vectors(tmp_path / "model")
    assert vectors.vectors.dtype == np.float32
    assert {key: vectors[key].tolist() for key in vectors.index_to_key} == {
        "tomcat": VECTORS[0],
        **dict(zip(KEYS, VECTORS, strict=True)),
    }
