"""Folders for sentence-transformers give texts the vectors of `embed`, with weights and components in them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors
from fastemb.io.safetensors import read_tensors

WORDS = [f"w{number}" for number in range(200)]
PHRASES = ["w1_w2", "w3_w4_w5", "w6_w7"]
KEYS = WORDS + PHRASES
NUMBERS = np.random.default_rng(1)
ROWS = NUMBERS.normal(0.3, 1, (len(KEYS), 20)).astype(np.float32)
COUNTS = np.sort(NUMBERS.zipf(1.3, len(KEYS)) % 10_000)[::-1] + 1


@pytest.fixture
def wv() -> KeyedVectors:
    return KeyedVectors._from_arrays(KEYS, ROWS.copy(), COUNTS)


def texts(number: int = 1000) -> list[list[str]]:
    """Sentences of keys; some have no vector."""
    chance = random.Random(1)
    known = [key for key in KEYS if key not in ("w1", "w2", "w3", "w4", "w5", "w6", "w7")]
    return [chance.choices([*known, "unknown", "other"], k=chance.randint(1, 30)) for _ in range(number)]


def encoded(folder: Path, sentences: list[str], *, with_unknown: bool) -> Any:
    """What the two libraries compute: the mean of the rows of tokens, with the unknown one or without."""
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    rows = read_tensors(folder / "model.safetensors")[0]["embeddings"].astype(np.float64)
    found = np.zeros((len(sentences), rows.shape[1]))
    for number, one in enumerate(tokenizer.encode_batch(sentences, add_special_tokens=False)):
        ids = [token for token in one.ids if with_unknown or token]
        found[number] = rows[ids].mean(axis=0) if ids else 0
    return found


def cosines(one: Any, other: Any) -> Any:
    sizes = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (one * other).sum(axis=1) / np.where(sizes > 0, sizes, 1)


OWN = {key: 1 + number % 7 for number, key in enumerate(KEYS)}


@pytest.mark.parametrize("with_unknown", [False, True])
@pytest.mark.parametrize("weights", ["mean", "sif", "zipf", OWN])
@pytest.mark.parametrize("options", [{}, {"pre_normalize": True}])
@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.filterwarnings("ignore:.* bags have no key")
def test_texts_have_the_vectors_of_embed(
    wv: KeyedVectors, weights: Any, options: dict[str, Any], remove: bool, with_unknown: bool, tmp_path: Path
) -> None:
    bags = texts()
    expected = wv.embed(bags, weights, remove=remove, **options)
    direction = expected.component if remove else False
    saved = wv.save_sentence_transformers(tmp_path / "x", weights=weights, remove=direction, **options)  # type: ignore[arg-type]
    assert (saved.keys, saved.phrases, saved.lost) == (len(KEYS), len(PHRASES), [])
    found = encoded(tmp_path / "x", [" ".join(bag).replace("_", " ") for bag in bags], with_unknown=with_unknown)
    known = expected.expandos["known"] > 0
    assert known.sum() > 900
    assert not found[~known].any()
    assert cosines(found, expected.vectors)[known] == pytest.approx(1, abs=1e-6)


def test_components_are_those_of_keys_as_often_as_they_occur(wv: KeyedVectors, tmp_path: Path) -> None:
    repeated = np.repeat(ROWS.astype(np.float64), COUNTS, axis=0)
    directions = np.linalg.svd(repeated, full_matrices=False)[2]
    for remove in (1, 3):
        wv.save_sentence_transformers(tmp_path / "x", remove=remove)
        expected = ROWS - (ROWS @ directions[:remove].T) @ directions[:remove]
        assert load_vectors(tmp_path / "x").vectors == pytest.approx(expected, abs=1e-4)
        note = json.loads((tmp_path / "x" / "config.json").read_text())["fastemb"]
        assert (note["removed"], note["weights"]) == (remove, "mean")
    wv.save_sentence_transformers(tmp_path / "y", remove=directions[:3])
    assert load_vectors(tmp_path / "y").vectors == pytest.approx(load_vectors(tmp_path / "x").vectors, abs=1e-4)


def test_without_counts_each_key_counts_once(wv: KeyedVectors, tmp_path: Path) -> None:
    del wv.expandos["count"]
    direction = np.linalg.svd(ROWS, full_matrices=False)[2][:1]
    wv.save_sentence_transformers(tmp_path / "x", remove=1)
    assert load_vectors(tmp_path / "x").vectors == pytest.approx(ROWS - (ROWS @ direction.T) @ direction, abs=1e-4)
    with pytest.raises(ValueError, match=r"give counts=, .*or weights='zipf'"):
        wv.save_sentence_transformers(tmp_path / "y", weights="sif")
    wv.save_sentence_transformers(tmp_path / "y", weights="zipf")
    wv.save_sentence_transformers(tmp_path / "z", weights="sif", counts=1 / np.arange(1, len(KEYS) + 1))
    assert load_vectors(tmp_path / "y").vectors == pytest.approx(load_vectors(tmp_path / "z").vectors, abs=1e-6)


@pytest.mark.parametrize(("weights", "removed"), [("mean", 0), ("sif", 1), ("zipf", 1), (OWN, 0)])
def test_frequent_words_count_less_and_a_component_goes_with_them(
    wv: KeyedVectors, weights: Any, removed: int, tmp_path: Path
) -> None:
    wv.save_sentence_transformers(tmp_path / "x", weights=weights)
    note = json.loads((tmp_path / "x" / "config.json").read_text())["fastemb"]
    assert note["removed"] == removed
    assert wv.vectors.tobytes() == ROWS.tobytes()


def test_rows_that_are_reserved_are_left_out(tmp_path: Path) -> None:
    wv = KeyedVectors(2, 4)
    wv.add_vectors(["a", "b"], np.eye(2, dtype=np.float32))
    assert wv.save_sentence_transformers(tmp_path / "x", pre_normalize=True, remove=[0, 2]).keys == 2
    assert load_vectors(tmp_path / "x").vectors.tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"weights": "idf"}, ValueError, "weights must be 'mean', 'sif', 'zipf' or own weights, not 'idf'"),
        ({"weights": "counts"}, ValueError, "weights must be 'mean', 'sif', 'zipf' or own weights"),
        ({"weights": [1.0]}, ValueError, "one number for each of 203 keys"),
        ({"weights": "sif", "smoothing": 0}, ValueError, "smoothing must be above 0"),
        ({"weights": "sif", "counts": {}}, ValueError, "counts must not all be 0"),
        ({"remove": 21}, ValueError, "remove must be at most 20"),
        ({"remove": -1}, ValueError, "remove must be at least 0"),
        ({"remove": [1.0, 2.0]}, ValueError, "a vector of 20 numbers"),
        ({"remove": np.zeros(20)}, ValueError, "the directions to remove are zero"),
        ({"remove": np.ones((2, 20))}, ValueError, "one of them is a sum of others"),
        ({"remove": np.full(20, np.nan)}, ValueError, "NaN"),
        ({"counts": COUNTS}, ValueError, "counts are for weights='sif' and for components to remove="),
        ({"counts": COUNTS, "weights": "zipf"}, ValueError, "and would be ignored"),
        ({"counts": COUNTS, "remove": np.ones(20)}, ValueError, "and would be ignored"),
        ({"remove": "one"}, TypeError, "'one'"),
        ({"weighting": "sif"}, TypeError, "did you mean 'weights'"),
        ({"lowercase": True}, TypeError, "did you mean 'lower'"),
        ({"tokenpattern": "a"}, TypeError, "did you mean 'token_pattern'"),
    ],
)
def test_wrong_arguments(
    wv: KeyedVectors, options: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        wv.save_sentence_transformers(tmp_path / "x", **options)
    assert list(tmp_path.iterdir()) == []
