"""`fastemb.fasttext` answers as the package does, about models that it wrote."""

from __future__ import annotations

import base64
import lzma
from pathlib import Path
from typing import Any

import pytest

import fastemb.fasttext
from peers import differences, plain, recorded
from peers.fasttext.questions import ASKED, LABELLED, MODELS, ask_model, labelled_text

ANSWERS: dict[str, Any] = recorded("fasttext")["answers"]


@pytest.mark.parametrize("name", [*MODELS, *LABELLED])
def test_what_the_package_says_of_a_model(name: str, tmp_path: Path) -> None:
    content = lzma.decompress(base64.b64decode(ANSWERS[name]["file"]))
    (tmp_path / "x.bin").write_bytes(content)
    (tmp_path / "x.txt").write_text(labelled_text(), encoding="utf-8")
    expected = ANSWERS[name]["asked"]
    found = plain(ask_model(fastemb.fasttext, str(tmp_path / "x.bin"), str(tmp_path / "x.txt")))
    if not expected["labels"][0][0].startswith("__label__"):  # there it measures nothing, here it says so
        found["precision"] = expected["precision"]
    assert list(differences(expected, found)) == []
    fastemb.fasttext.load_model(tmp_path / "x.bin").save_model(tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == content


def test_tokens() -> None:
    assert [fastemb.fasttext.tokenize(one) for one in [*ASKED, "a\nb\0 c\r\n"]] == ANSWERS["tokens"]
