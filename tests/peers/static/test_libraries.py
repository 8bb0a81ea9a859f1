"""Folders in sentence-transformers and model2vec themselves: ours in them, and theirs read here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors
from fastemb.io.formats.static_model import write_folder
from fastemb.io.formats.table import VectorTable
from peers.static.questions import COUNTS, FOLDERS, KEYS, VECTORS, texts

model2vec = pytest.importorskip("model2vec")
sentence_transformers = pytest.importorskip("sentence_transformers")
tokenizers = pytest.importorskip("tokenizers")

pytestmark = pytest.mark.filterwarnings("ignore:.* bags have no key", "ignore:.*keys are left out")


@pytest.fixture
def wv() -> KeyedVectors:
    return KeyedVectors._from_arrays(KEYS, np.array(VECTORS, np.float32), np.array(COUNTS))


def both(path: Path, sentences: list[str]) -> tuple[Any, Any]:
    """What model2vec and sentence-transformers make of texts."""
    encoder = sentence_transformers.SentenceTransformer(str(path), device="cpu")
    return (
        model2vec.StaticModel.from_pretrained(str(path)).encode(sentences),
        encoder.encode(sentences, show_progress_bar=False),
    )


def cosines(one: Any, other: Any) -> Any:
    sizes = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return ((one * other).sum(axis=1) / np.where(sizes > 0, sizes, 1))[sizes > 0]


@pytest.mark.parametrize("name", FOLDERS)
def test_a_thousand_texts_point_the_same_way_in_both(wv: KeyedVectors, name: str, tmp_path: Path) -> None:
    wv.save_sentence_transformers(tmp_path / "x", **FOLDERS[name])
    static, encoder = both(tmp_path / "x", texts(1000))
    assert (static.any(axis=1) == encoder.any(axis=1)).all()
    found = cosines(static.astype(np.float64), encoder.astype(np.float64))
    assert len(found) > 900
    assert found == pytest.approx(1, abs=1e-6)


def test_a_thousand_texts_have_the_vectors_of_embed(wv: KeyedVectors, tmp_path: Path) -> None:
    bags = [text.replace("new york", "x").replace("los angeles", "x").split() for text in texts(1000)]
    sentences = [" ".join(bag) for bag in bags]
    joined = [(" ".join(bag) + " ").replace("of the ", "of_the ").split() for bag in bags]
    for weights in ("mean", "sif"):
        expected = wv.embed(joined, weights, remove=True)  # type: ignore[arg-type]
        wv.save_sentence_transformers(
            tmp_path / "x",
            weights=weights,
            remove=expected.component,
            lower=False,  # type: ignore[arg-type]
        )
        keys = load_vectors(tmp_path / "x").key_to_index
        assert "new_york" in keys
        plain = [number for number, bag in enumerate(bags) if not _has_other_phrases(bag)]
        assert len(plain) > 400
        for found in both(tmp_path / "x", sentences):
            assert cosines(found[plain], expected.vectors[plain]) == pytest.approx(1, abs=1e-6)


def _has_other_phrases(bag: list[str]) -> bool:
    text = f" {' '.join(bag)} "
    return " new york " in text or " los angeles " in text


def test_long_texts_are_read_to_their_ends(wv: KeyedVectors, tmp_path: Path) -> None:
    wv.save_sentence_transformers(tmp_path / "x")
    for found in both(tmp_path / "x", ["the " * 5000 + "river " * 5000]):
        assert found[0] == pytest.approx((wv["the"] + wv["river"]) / 2, abs=1e-5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_dtypes(dtype: Any, tmp_path: Path) -> None:
    write_folder(tmp_path / "x", VectorTable(KEYS, np.array(VECTORS, dtype)))
    for found in both(tmp_path / "x", ["new york city", "old garden"]):
        assert found[0] == pytest.approx(VECTORS[KEYS.index("new_york_city")], abs=1e-3)


def test_many_keys(tmp_path: Path) -> None:
    keys = [f"w{number}" for number in range(50_000)] + [f"w{number}_w{number + 1}" for number in range(0, 20_000, 2)]
    rows = np.random.default_rng(1).normal(size=(len(keys), 4)).astype(np.float32)
    write_folder(tmp_path / "x", VectorTable(keys, rows))
    for found in both(tmp_path / "x", ["w4 w5", "w5 w4", "w49999 none"]):
        assert cosines(found, rows[[50_002, 5, 49_999]] + [[0] * 4, rows[4], [0] * 4]) == pytest.approx(1, abs=1e-6)


# ---- theirs, read here ----


def word_piece() -> Any:
    names = ["[PAD]", "[UNK]", "new", "##er", "york", "##s", "the"]
    model = tokenizers.models.WordPiece({name: row for row, name in enumerate(names)}, unk_token="[UNK]")
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    return made


def unigram() -> Any:
    names = ["<unk>", "▁new", "▁york", "er", "s", "▁the", "▁"]
    made = tokenizers.Tokenizer(tokenizers.models.Unigram([(name, -1.0) for name in names], unk_id=0))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    return made


def byte_pairs() -> Any:
    names = ["n", "e", "w", "ne", "new", "r", "Ġ"]
    model = tokenizers.models.BPE({name: row for row, name in enumerate(names)}, [("n", "e"), ("ne", "w")])
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel()
    return made


ROWS = np.arange(1, 22, dtype=np.float32).reshape(7, 3)


@pytest.mark.parametrize("tokenizer", [word_piece, unigram, byte_pairs])
@pytest.mark.parametrize("library", ["model2vec", "sentence-transformers", "normalized"])
def test_what_they_save_is_read(tokenizer: Any, library: str, tmp_path: Path) -> None:
    if library == "sentence-transformers":
        module = sentence_transformers.sentence_transformer.modules.StaticEmbedding(tokenizer(), embedding_weights=ROWS)
        sentence_transformers.SentenceTransformer(modules=[module], device="cpu").save(str(tmp_path / "x"))
    else:
        static = model2vec.StaticModel(ROWS, tokenizer(), normalize=library == "normalized")
        static.save_pretrained(tmp_path / "x")
    found = load_vectors(tmp_path / "x")
    numbers = tokenizer().get_vocab()
    assert found.index_to_key == sorted(numbers, key=numbers.__getitem__)
    assert found.vectors.tolist() == ROWS.tolist()


@pytest.mark.parametrize(
    "options", [{"vocabulary_quantization": 3}, {"quantize_to": "float16"}, {"quantize_to": "int8"}]
)
def test_what_model2vec_makes_smaller_is_read(options: dict[str, Any], tmp_path: Path) -> None:
    model2vec.StaticModel(ROWS, word_piece()).save_pretrained(tmp_path / "x")
    small = model2vec.StaticModel.from_pretrained(tmp_path / "x", **options)
    small.save_pretrained(tmp_path / "y")
    found = load_vectors(tmp_path / "y")
    expected = small.encode(["new", "york", "the"])
    assert found[["new", "york", "the"]] == pytest.approx(expected.astype(np.float32), abs=1e-5)


def test_ours_saved_anew_by_both_is_read_again(wv: KeyedVectors, tmp_path: Path) -> None:
    wv.save_sentence_transformers(tmp_path / "x", lower=False)
    model2vec.StaticModel.from_pretrained(str(tmp_path / "x")).save_pretrained(tmp_path / "y")
    sentence_transformers.SentenceTransformer(str(tmp_path / "x"), device="cpu").save(str(tmp_path / "z"))
    assert load_vectors(tmp_path / "y").index_to_key == KEYS
    assert json.loads((tmp_path / "z" / "modules.json").read_text())
    assert load_vectors(tmp_path / "z").vectors.tolist() == wv.vectors.tolist()
