"""Models that fastText wrote have the vectors here that it gives to their words."""

from __future__ import annotations

import base64
import gzip
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import load_vectors
from fastemb.models.fasttext import load_facebook_model, load_facebook_vectors, save_facebook_model
from peers import ABSOLUTE, RELATIVE, recorded
from peers.fasttext.questions import MODELS

ANSWERS: dict[str, Any] = recorded("fasttext")["answers"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_words_counts_and_vectors_are_those_of_fasttext(name: str, packed: bool, tmp_path: Path) -> None:
    answer = ANSWERS[name]
    content = lzma.decompress(base64.b64decode(answer["file"]))
    (tmp_path / "model.bin").write_bytes(gzip.compress(content) if packed else content)
    vectors = load_vectors(tmp_path / "model.bin")
    assert vectors.index_to_key == answer["words"]
    assert vectors.expandos["count"].tolist() == answer["counts"]
    assert vectors.vectors == pytest.approx(np.array(answer["vectors"]), rel=RELATIVE, abs=ABSOLUTE)


@pytest.mark.parametrize("name", MODELS)
def test_models_are_written_as_they_were(name: str, tmp_path: Path) -> None:
    answer = ANSWERS[name]
    content = lzma.decompress(base64.b64decode(answer["file"]))
    (tmp_path / "model.bin").write_bytes(content)
    vectors = load_facebook_vectors(tmp_path / "model.bin")
    assert vectors.vectors == pytest.approx(np.array(answer["vectors"]), rel=RELATIVE, abs=ABSOLUTE)
    if "supervised" in name:
        with pytest.raises(ValueError, match="was trained with labels"):
            load_facebook_model(tmp_path / "model.bin")
        return
    model = load_facebook_model(tmp_path / "model.bin")
    save_facebook_model(model, tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == content
