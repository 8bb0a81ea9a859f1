"""Tokenizers of words without the library that reads them: each part of the file, and folders at their edges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.io.formats import VectorTable, static_model, word_tokenizer
from fastemb.io.formats.static_model import write_folder
from fastemb.io.formats.word_tokenizer import (
    Splitting,
    _complement,
    _content,
    _translated,
    make_word_tokenizer,
    read_tokens,
)
from fastemb.io.safetensors import write_tensors


def made(keys: list[Any], **options: Any) -> Any:
    return json.loads(make_word_tokenizer(keys, Splitting(**options)).text)


# ---- the file of a tokenizer ----


def test_a_tokenizer_of_words() -> None:
    assert made(["the", "new_york", "a b", 7]) == {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": content,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": True,
                "special": False,
            }
            for number, content in ((2, "new york"), (3, "a b"))
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {
                    "type": "Replace",
                    "pattern": {"Regex": r"(?<=\p{L})Σ(?![\p{Mn}\p{Me}\p{Cf}\p{Sk}'.:·\u2019]*[\p{Lu}\p{Ll}\p{Lt}])"},
                    "content": "ς",
                },
                {"type": "Lowercase"},
                {"type": "Replace", "pattern": {"Regex": r"[\s\x1c-\x1f]+"}, "content": " "},
                {"type": "Strip", "strip_left": True, "strip_right": True},
                {"type": "Replace", "pattern": {"String": " "}, "content": "  "},
                {"type": "Replace", "pattern": {"Regex": r"\A|\z"}, "content": " "},
            ],
        },
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {"[UNK]": 0, "the": 1, "new york": 2, "a b": 3, "7": 4},
            "unk_token": "[UNK]",
        },
    }


@pytest.mark.parametrize(
    ("keys", "options", "kinds"),
    [
        (["a"], {}, ["Replace", "Lowercase", "Replace"]),
        (["a"], {"lower": False}, ["Replace"]),
        (["A"], {}, ["Replace"]),
        (["A", "b_c"], {}, ["Replace", "Strip", "Replace", "Replace"]),
        (["A", "b_c"], {"token_pattern": r"\w+"}, ["Replace", "Strip", "Replace", "Replace"]),
        (["A", "b_c"], {"token_pattern": r"\w\w"}, ["Replace"]),
        (["A", "b_c"], {"delimiter": None}, ["Replace"]),
    ],
)
def test_what_is_done_to_a_text(keys: list[str], options: dict[str, Any], kinds: list[str]) -> None:
    assert [one["type"] for one in made(keys, **options)["normalizer"]["normalizers"]] == kinds


@pytest.mark.parametrize(
    ("pattern", "splitter", "single"),
    [
        (None, {"type": "WhitespaceSplit"}, False),
        (r"\w+", {"type": "WhitespaceSplit"}, False),
        (
            r"\w\w+",
            {
                "type": "Split",
                "pattern": {"Regex": r"[\p{L}\p{N}_][\p{L}\p{N}_]+"},
                "behavior": "Removed",
                "invert": True,
            },
            True,
        ),
    ],
)
def test_how_words_are_parted(pattern: str | None, splitter: Any, single: bool) -> None:
    found = made(["ab_cd"], token_pattern=pattern)
    assert found["pre_tokenizer"] == splitter
    assert [one["single_word"] for one in found["added_tokens"]] == [single]


def test_letters_are_written_as_they_are() -> None:
    text = make_word_tokenizer(["café", "new_york"], Splitting()).text
    assert '"vocab":{"[UNK]":0,"café":1,"new york":2}'.encode() in text


def test_what_became_of_keys() -> None:
    found = make_word_tokenizer(["b", "a_c", "B", "a c", "[UNK]"], Splitting(lower=True))
    assert (found.rows, found.phrases, found.lost) == ([0, 1], 1, ["B", "a c", "[UNK]"])
    assert (found.lower, found.pattern) == (True, None)
    found = make_word_tokenizer(["[UNK]", "[[UNK]]"], Splitting(token_pattern=r"\S+"))
    assert json.loads(found.text)["model"]["unk_token"] == "[[[UNK]]]"
    assert (found.rows, found.phrases, found.lost, found.lower, found.pattern) == ([0, 1], 0, [], False, r"\S+")


@pytest.mark.parametrize(
    ("text", "options", "content"),
    [
        ("ab", {}, "ab"),
        ("a_b", {}, "a b"),
        ("a_b", {"delimiter": None}, "a_b"),
        ("a+b_c", {"delimiter": "+"}, "a b_c"),
        ("_a", {}, "_a"),
        ("a__b", {}, "a__b"),
        ("a b", {}, "a b"),
        ("a  b", {}, None),
        (" a", {}, None),
        ("", {}, None),
        ("A", {"lower": True}, None),
        ("A", {"lower": False}, "A"),
        ("\ud800", {}, None),
        ("a_-", {"pattern": r"\w+"}, None),
        ("a_b", {"pattern": r"\w+"}, "a b"),
        ("ab", {"pattern": r"\w"}, None),
    ],
)
def test_a_key_as_a_text_has_it(text: str, options: dict[str, Any], content: str | None) -> None:
    pattern = Splitting(token_pattern=options.get("pattern")).compiled()
    assert _content(text, options.get("delimiter", "_"), pattern, options.get("lower", False)) == content


@pytest.mark.parametrize(
    ("pattern", "between"),
    [
        (r"\w+", r"[^\p{L}\p{N}_]+"),
        (r"(?u)\b\w+\b", r"[^\p{L}\p{N}_]+"),
        (r"[a-z]+", "[^a-z]+"),
        (r"[^\s,]+", r"[\s,]+"),
        (r"[\w']+", r"[^\p{L}\p{N}_']+"),
        (r"\w", None),
        (r"\w\w+", None),
        (r"[a-z ]+", None),
        (r"[a-z&&b]+", None),
        (r"[a\b]+", None),
    ],
)
@pytest.mark.filterwarnings("ignore:Possible set intersection")
def test_what_stands_between_words(pattern: str, between: str | None) -> None:
    assert _complement(pattern) == between


@pytest.mark.parametrize(
    ("pattern", "translated"),
    [
        (r"(?u)\w", r"[\p{L}\p{N}_]"),
        (r"\W", r"[^\p{L}\p{N}_]"),
        (r"[\w.]\w", r"[\p{L}\p{N}_.][\p{L}\p{N}_]"),
        (r"[\W]", r"[\W]"),
        (r"[a]\W", r"[a][^\p{L}\p{N}_]"),
        (r"\[\w", r"\[[\p{L}\p{N}_]"),
        ("a\n.", "a\n."),
    ],
)
def test_patterns_for_the_library(pattern: str, translated: str) -> None:
    assert _translated(pattern) == translated


# ---- tokens that are read ----


def tokens(tmp_path: Path, count: int, **document: Any) -> Any:
    (tmp_path / "t.json").write_text(json.dumps(document))
    return read_tokens(str(tmp_path / "t.json"), count, "rows")


def test_tokens_by_their_numbers(tmp_path: Path) -> None:
    added = [{"id": 2, "content": "c"}, {"id": 0, "content": "a"}]
    found = tokens(tmp_path, 3, model={"vocab": {"b": 1, "a": 0}, "unk_token": "c"}, added_tokens=added)
    assert (found.names, found.unknown, found.added) == (["a", "b", "c"], 2, frozenset({0, 2}))
    assert tokens(tmp_path, 1, model={"vocab": {"a": 0}}).unknown is None
    listed = [["a", -1.5], ["b", 0]]
    assert tokens(tmp_path, 2, model={"vocab": listed, "unk_id": 0}).unknown == 0
    for unknown in (-1, True, "0", None):
        assert tokens(tmp_path, 2, model={"vocab": listed, "unk_id": unknown}).unknown is None


@pytest.mark.parametrize(
    ("count", "document", "message"),
    [
        (1, {}, 'no tokenizer of the library tokenizers: there is no "vocab" in a "model"'),
        (1, {"model": {}}, 'no tokenizer of the library tokenizers: there is no "vocab"'),
        (2, {"model": {"vocab": {"a": 0}}}, "1 tokens for 2 rows"),
        (2, {"model": {"vocab": {"a": 0, "b": 2}}}, "no token has the number 1, and one has 2: row 1 is lost"),
        (2, {"model": {"vocab": {"a": 0, "b": 0}}}, "a token comes twice, or two tokens have one number"),
        (1, {"model": {"vocab": {"a": True}}}, 'the "vocab" does not give a number to each token'),
        (1, {"model": {"vocab": "a"}}, 'the "vocab" does not give a number'),
        (2, {"model": {"vocab": [["a", 1], ["a", 2]]}}, 'the "vocab" is no list of different tokens with their scores'),
        (1, {"model": {"vocab": [["a", 1, 2]]}}, 'the "vocab" is no list'),
        (1, {"model": {"vocab": [[1, 2]]}}, 'the "vocab" is no list'),
        (
            2,
            {"model": {"vocab": {"a": 0}}, "added_tokens": [{"id": 0, "content": "b"}]},
            "two tokens have the number 0: 'a' and 'b'",
        ),
        (
            2,
            {"model": {"vocab": {"a": 0}}, "added_tokens": [{"id": 1, "content": "a"}]},
            "a token comes twice, or two tokens have one number",
        ),
        (
            1,
            {"model": {"vocab": {"a": 0}}, "added_tokens": [{"id": True, "content": "b"}]},
            'one of the "added_tokens"',
        ),
        (1, {"model": {"vocab": {"a": 0}}, "added_tokens": [{"id": -1, "content": "b"}]}, 'one of the "added_tokens"'),
        (1, {"model": {"vocab": {"a": 0}}, "added_tokens": [{"id": 1, "content": 2}]}, 'one of the "added_tokens"'),
        (1, {"model": {"vocab": {"a": 0}}, "added_tokens": ["x" * 200]}, f"no number or no text: {'x' * 100}$"),
        (1, {"model": {"vocab": {"a": 0}, "unk_token": "u" * 70}}, f"unknown words, '{'u' * 60}', is not in the vocab"),
    ],
)
def test_tokens_that_make_no_sense(count: int, document: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^{tmp_path / 't.json'}: .*{message}" if " rows" in message else message):
        tokens(tmp_path, count, **document)


def test_as_many_values_and_bytes_as_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"model": {"vocab": {"a": 0, "b": 1}}, "more": [0] * 10}
    monkeypatch.setattr(word_tokenizer, "_OTHER_VALUES", 0)
    monkeypatch.setattr(word_tokenizer, "_VALUES_A_TOKEN", 6)
    assert tokens(tmp_path, 2, **document).names == ["a", "b"]
    document["more"] = [0] * 12
    with pytest.raises(ValueError, match="damaged JSON: more than 12 values"):
        tokens(tmp_path, 2, **document)
    monkeypatch.undo()
    monkeypatch.setattr(word_tokenizer, "_LONGEST_BYTES", (tmp_path / "t.json").stat().st_size)
    assert tokens(tmp_path, 2, **document).names == ["a", "b"]
    monkeypatch.setattr(word_tokenizer, "_LONGEST_BYTES", (tmp_path / "t.json").stat().st_size - 1)
    with pytest.raises(ValueError, match=r"t.json: larger than \d+ bytes, of which no such file has as many"):
        tokens(tmp_path, 2, **document)


def test_a_name_that_comes_twice(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"a": 1, "' + "b" * 70 + '": 2, "' + "b" * 70 + '": 3, "a": 4}')
    with pytest.raises(ValueError, match=f"damaged JSON: the name '{'b' * 60}' comes twice$"):
        word_tokenizer.read_json(str(tmp_path / "t.json"), 100)


# ---- folders ----

ONE = np.array([[0, 0], [1, 2], [3, 4]], np.float32)
VOCABULARY = {"model": {"vocab": {"[UNK]": 0, "a": 1, "b": 2}, "unk_token": "[UNK]"}}


def folder_of(path: Path, vocabulary: Any = VOCABULARY, **tensors: Any) -> Path:
    path.mkdir(exist_ok=True)
    (path / "tokenizer.json").write_text(json.dumps(vocabulary))
    write_tensors(path / "model.safetensors", tensors or {"embeddings": ONE}, {})
    return path


@pytest.mark.parametrize(
    ("tensors", "vectors"),
    [
        ({"embeddings": ONE}, [[1, 2], [3, 4]]),
        ({"embedding.weight": ONE}, [[1, 2], [3, 4]]),
        ({"embeddings": ONE, "embedding.weight": 2 * ONE}, [[1, 2], [3, 4]]),
        ({"embeddings": ONE.astype(np.int8)}, [[1, 2], [3, 4]]),
        ({"embeddings": ONE, "weights": np.array([1, 0.5, 2])}, [[0.5, 1], [6, 8]]),
        ({"embeddings": ONE[1:], "mapping": np.array([1, 0, 0]), "weights": np.zeros(3)}, [[0, 0], [0, 0]]),
        ({"embeddings": ONE[::-1], "mapping": np.array([2, 0, 1], np.uint8)}, [[3, 4], [1, 2]]),
    ],
)
def test_vectors_of_a_folder(tensors: dict[str, Any], vectors: Any, tmp_path: Path) -> None:
    found = static_model.read(folder_of(tmp_path / "x", **tensors))
    assert list(found.keys) == ["a", "b"]
    assert found.vectors.tolist() == vectors
    assert found.vectors.dtype == np.float32


def test_the_unknown_token_is_left_out_where_it_is_zero(tmp_path: Path) -> None:
    for row, names in ((0, ["a", "b"]), (1, ["[UNK]", "b"]), (2, ["[UNK]", "a"])):
        vectors = np.ones((3, 2), np.float32)
        vectors[row] = 0
        model = {"vocab": VOCABULARY["model"]["vocab"], "unk_token": ["[UNK]", "a", "b"][row]}
        found = static_model.read(folder_of(tmp_path / "x", {"model": model}, embeddings=vectors))
        assert list(found.keys) == names
        assert found.vectors.tolist() == [[1, 1], [1, 1]]
    found = static_model.read(folder_of(tmp_path / "x", embeddings=ONE + 1))
    assert list(found.keys) == ["[UNK]", "a", "b"]


def test_notes_in_the_folder(tmp_path: Path) -> None:
    table = VectorTable(["new york", "los_angeles", "a", "St"], np.arange(8, dtype=np.float64).reshape(4, 2))
    saved = write_folder(tmp_path / "x", table, note={"weights": "sif", "removed": 2})
    assert saved == (4, 2, [], False)
    config = json.loads((tmp_path / "x" / "config.json").read_text())
    note = config.pop("fastemb")
    assert config == {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "normalize": False,
        "max_length": None,
        "hidden_dim": 2,
        "embedding_dtype": "float32",
    }
    assert note.pop("version")
    assert note == {
        "delimiter": "_",
        "lower": False,
        "keys_with_spaces": ["new york"],
        "weights": "sif",
        "removed": 2,
    }
    card = (tmp_path / "x" / "README.md").read_text()
    for text in (
        "# x\n",
        "Vectors of 4 words, 2 of them of several words, in 2 dimensions, made by fastemb ",
        "Texts are split at white space; words",
        "Words are weighted (sif), and 2 principal components are removed.\n",
    ):
        assert text in card
    modules = json.loads((tmp_path / "x" / "modules.json").read_text())
    assert modules == [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}]
    assert static_model.read(tmp_path / "x").vectors.tolist() == table.vectors.tolist()


def test_a_folder_of_words_alone(tmp_path: Path) -> None:
    write_folder(tmp_path / "x", VectorTable(["a", "b"], np.ones((2, 2), np.float32)), Splitting(token_pattern=r"\w+"))
    config = json.loads((tmp_path / "x" / "config.json").read_text())
    assert config["fastemb"].keys() == {"version", "delimiter", "lower"}
    assert (config["fastemb"]["delimiter"], config["fastemb"]["lower"]) == (None, True)
    card = (tmp_path / "x" / "README.md").read_text()
    for text in (
        "of 2 words, in 2 dim",
        r"split by the pattern `\w+` and put in lower case; w",
        "All words count the same.\n",
    ):
        assert text in card


@pytest.mark.parametrize("count", [5, 6])
def test_some_keys_that_are_left_out_are_shown(count: int, tmp_path: Path) -> None:
    lost = [f" {number}" for number in range(count)]
    shown = ", ".join(map(repr, lost[:5]))
    message = (
        rf"^.*x: {count} of {count + 1} keys are left out, as no text would give them \(those with upper-case lett"
    )
    with pytest.warns(UserWarning, match=message) as told:
        write_folder(tmp_path / "x", VectorTable(["a", *lost], np.ones((count + 1, 2), np.float32)))
    assert str(told[0].message).endswith(f"): {shown}")


@pytest.mark.parametrize("row", [0, 3])
def test_the_vector_that_cannot_be_written_is_named(row: int, tmp_path: Path) -> None:
    vectors = np.ones((4, 2))
    vectors[row, 1] = 1e300
    with pytest.raises(
        ValueError, match=f"x: the vector of 'k{row}' has NaN, infinite or too large values: leave it out"
    ):
        write_folder(tmp_path / "x", VectorTable([f"k{number}" for number in range(4)], vectors))


def test_arrays_that_there_are(tmp_path: Path) -> None:
    arrays = {f"a{number}": np.ones(1) for number in range(6)}
    with pytest.raises(
        ValueError,
        match=r"neither an array 'embeddings' nor 'embedding.weight' in it, but 'a0', 'a1', 'a2', 'a3', 'a4'$",
    ):
        static_model.read(folder_of(tmp_path / "x", **arrays))
