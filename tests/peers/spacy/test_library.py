"""spaCy itself: it reads our folders, and our texts by its command ``init vectors``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors, save_vectors
from peers.spacy.questions import KEYS, VECTORS

spacy = pytest.importorskip("spacy")


def vectors_of(keys: list[str]) -> KeyedVectors:
    return KeyedVectors._from_arrays(keys, np.array(VECTORS, np.float32)[: len(keys)])


def test_spacy_reads_our_folder_and_we_what_it_makes_of_it(tmp_path: Path) -> None:
    save_vectors(vectors_of(KEYS), tmp_path / "x", format="spacy")
    nlp = spacy.blank("en")
    nlp.vocab.from_disk(tmp_path / "x")
    for key, vector in zip(KEYS, VECTORS, strict=True):
        assert nlp.vocab.has_vector(key)
        assert nlp.vocab[key].vector.tolist() == vector
    assert nlp("cat")[0].vector.tolist() == VECTORS[0]
    nlp.to_disk(tmp_path / "pipeline")
    found = load_vectors(tmp_path / "pipeline")
    assert found.index_to_key == KEYS
    assert found.vectors.tolist() == VECTORS


def test_vectors_alone_go_into_a_vocabulary(tmp_path: Path) -> None:
    save_vectors(vectors_of(KEYS), tmp_path / "x", format="spacy")
    vectors = spacy.vectors.Vectors().from_disk(tmp_path / "x")
    assert vectors.shape == (len(KEYS), 4)
    assert vectors[spacy.strings.get_string_id("NOUN")].tolist() == VECTORS[1]


def test_init_vectors_reads_our_text(tmp_path: Path) -> None:
    keys = [key for key in KEYS if len(key.split()) == 1 and "\0" not in key and "\ufeff" not in key]
    keys = [key for key in keys if key == key.strip()]
    ours = vectors_of(keys)
    save_vectors(ours, tmp_path / "x.txt")
    command = [sys.executable, "-m", "spacy", "init", "vectors", "en", str(tmp_path / "x.txt"), str(tmp_path / "out")]
    subprocess.run(command, check=True, capture_output=True)
    found = load_vectors(tmp_path / "out")
    assert set(keys) <= set(found.index_to_key)
    for key in keys:
        assert found[key].tolist() == ours[key].tolist()
