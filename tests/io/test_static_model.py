"""Folders for sentence-transformers and model2vec: what is in them, which tokens they find, and damaged ones."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastemb import KeyedVectors, load_vectors, save_vectors
from fastemb.io.formats import VectorTable, static_model
from fastemb.io.formats.static_model import write_folder
from fastemb.io.formats.word_tokenizer import Splitting, make_word_tokenizer
from fastemb.io.safetensors import read_tensors, write_tensors

KEYS = ["the", "york", "new", "in", "new_york", "new_york_city", "city", "los_angeles", "a.b", "don't"]
FILES = ["README.md", "config.json", "model.safetensors", "modules.json", "tokenizer.json"]


def table(keys: list[Any]) -> VectorTable:
    return VectorTable(keys, np.arange(1, 2 * len(keys) + 1, dtype=np.float32).reshape(len(keys), 2))


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(change(content) or content), encoding="utf-8")


def found_keys(keys: list[str], text: str, **options: Any) -> list[str | None]:
    """The keys that the library tokenizers finds in a text; None for unknown words."""
    tokenizers = pytest.importorskip("tokenizers")
    made = make_word_tokenizer(keys, Splitting(**options))
    ids = tokenizers.Tokenizer.from_str(made.text.decode()).encode(text, add_special_tokens=False).ids
    return [None if number == 0 else keys[made.rows[number - 1]] for number in ids]


# ---- what is written ----


def test_the_files_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    saved = write_folder(folder, table(KEYS))
    assert (saved.keys, saved.phrases, saved.lost, saved.lower) == (10, 3, [], True)
    assert sorted(os.listdir(folder)) == FILES
    tensors, _ = read_tensors(folder / "model.safetensors")
    assert list(tensors) == ["embeddings"]
    assert tensors["embeddings"].tolist() == [[0, 0], *table(KEYS).vectors.tolist()]
    modules = json.loads((folder / "modules.json").read_text())
    assert [one["type"] for one in modules] == ["sentence_transformers.models.StaticEmbedding"]
    config = json.loads((folder / "config.json").read_text())
    assert (config["max_length"], config["normalize"], config["embedding_dtype"]) == (None, False, "float32")
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    assert tokenizer["model"]["unk_token"] == "[UNK]"
    assert tokenizer["model"]["vocab"]["[UNK]"] == 0
    assert [one["content"] for one in tokenizer["added_tokens"]] == ["new york", "new york city", "los angeles"]
    assert "10 words, 3 of them" in (folder / "README.md").read_text()


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_what_is_written_is_read(dtype: Any, tmp_path: Path) -> None:
    written = table([*KEYS, "[UNK]", "[[UNK]]"])._replace(vectors=np.eye(12, 3, dtype=dtype))
    static_model.write(tmp_path / "x", written)
    found = load_vectors(tmp_path / "x")
    assert found.index_to_key == written.keys
    assert found.vectors.dtype == dtype
    assert found.vectors.tolist() == written.vectors.tolist()


def test_save_vectors_writes_it_by_its_name(tmp_path: Path) -> None:
    wv = KeyedVectors._from_arrays(["b", "a"], np.eye(2, dtype=np.float64))
    save_vectors(wv, tmp_path / "x", format="sentence-transformers")
    assert load_vectors(tmp_path / "x", format="sentence-transformers").index_to_key == ["b", "a"]


def test_an_old_folder_is_replaced_and_others_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    static_model.write(tmp_path / "x", table(["a"]))
    static_model.write(tmp_path / "x", table(["b", "c"]))
    assert load_vectors(tmp_path / "x").index_to_key == ["b", "c"]
    monkeypatch.setattr(static_model, "_card", lambda *_: "\ud800")
    with pytest.raises(UnicodeEncodeError):
        static_model.write(tmp_path / "x", table(["d"]))
    assert load_vectors(tmp_path / "x").index_to_key == ["b", "c"]
    with pytest.raises(UnicodeEncodeError):
        static_model.write(tmp_path / "y", table(["d"]))
    assert os.listdir(tmp_path) == ["x"]
    monkeypatch.undo()
    (tmp_path / "x" / "notes.txt").touch()
    with pytest.raises(FileExistsError, match=r"other files in it, such as notes\.txt; name a new one.*x'"):
        static_model.write(tmp_path / "x", table(["d"]))
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="a file, where a folder is to be written"):
        static_model.write(tmp_path / "file", table(["d"]))
    with pytest.raises(FileNotFoundError, match="does not exist"):
        static_model.write(tmp_path / "none" / "x", table(["d"]))
    with pytest.raises(ValueError, match="URL"):
        static_model.write("s3://bucket/x", table(["d"]))


@pytest.mark.parametrize(
    ("keys", "vectors", "message"),
    [
        ([], np.empty((0, 2), np.float32), "cannot hold no vectors at all"),
        (["a", "b"], np.array([[1, 2], [np.nan, 1]], np.float32), "the vector of 'b' has NaN, infinite or too large"),
        (["a", "b"], np.array([[1, 1e300], [2, 1]]), "the vector of 'a' has NaN, infinite or too large"),
        ([" ", ""], np.ones((2, 2), np.float32), "no text gives any of these keys, such as ' '"),
    ],
)
def test_what_cannot_be_written(keys: list[str], vectors: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        static_model.write(tmp_path / "x", VectorTable(keys, vectors))
    assert list(tmp_path.iterdir()) == []


# ---- tokens ----


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In the NEW\tcity", ["in", "the", "new", "city"]),
        ("new york", ["new_york"]),
        ("  new \n york  city  new  york ", ["new_york_city", "new_york"]),
        ("new york new york new york", ["new_york"] * 3),
        ("new new york york", ["new", "new_york", "york"]),
        ("anew york newer", [None, "york", None]),
        ("new yorker new york.", ["new", None, "new", None]),
        ("new\x1cyork\x1fin\u3000the\xa0city", ["new_york", "in", "the", "city"]),
        ("new_york", [None]),
        ("a.b don't los angeles", ["a.b", "don't", "los_angeles"]),
        ("[UNK] new", [None, "new"]),
        ("", []),
        (" \n", []),
    ],
)
def test_words_that_white_space_parts(text: str, expected: list[str | None]) -> None:
    assert found_keys(KEYS, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In New York, the city's", ["in", "new_york", "the", "city", None]),
        ("new york's (new  york) anew york", ["new_york", None, "new_york", None, "york"]),
        ("new,york (city) new", ["new_york_city", "new"]),
        ("new_york", [None]),
        ("न\u092eस\u094dते the", [None, None, "the"]),
        ("\x1c\u3000, the,\n", ["the"]),
        (",", []),
    ],
)
@pytest.mark.parametrize("pattern", [r"\w+", r"(?u)\b\w+\b", re.compile(r"[\w]+"), r"[\w\u0966-\u096f]+"])
def test_words_that_a_pattern_matches(text: str, expected: list[str | None], pattern: Any) -> None:
    keys = [key for key in KEYS if key not in ("a.b", "don't")]
    assert found_keys(keys, text, token_pattern=pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\b\w\w+\b", ["new_york", "the", "don", "the"]),  # that of scikit-learn
        (r"[a-z]+|\d", ["new_york", "the", "don", None, None, "the"]),
        (r"[a-z]+(?:'[a-z]+)*", ["new_york", "the", "don't", "the"]),
        (r"[^\W\d]+", ["new_york", "the", "don", None, "the"]),
        (r"[^\s.]+", ["new_york", "the", "don't", None, "the"]),
    ],
)
def test_other_patterns(pattern: str, expected: list[str | None]) -> None:
    text = "new york. The don't 7 the"
    keys = ["new_york", "the", "don", "don't"]
    found = found_keys(keys, text, token_pattern=pattern, lower=True)
    assert [key for key in found if key is not None] == [key for key in expected if key is not None]
    words = re.findall(pattern, text.lower())
    assert len(found) == len(words) - ("new_york" in expected)


@pytest.mark.parametrize("pattern", [None, r"\b\w\w+\b", r"[a-z]+|\d", r"[a-z]+(?:'[a-z]+)*", r"\w+"])
def test_a_phrase_begins_and_ends_with_whole_words(pattern: str | None) -> None:
    found = found_keys(["new_york", "the"], "anew york the new yorker the new york", token_pattern=pattern)
    assert [key for key in found if key is not None] == ["the", "the", "new_york"]


def test_upper_case() -> None:
    assert found_keys(["The", "the"], "The the THE") == ["The", "the", None]
    assert found_keys(["the"], "The", lower=False) == [None]
    assert found_keys(["The", "the"], "The the", lower=True) == ["the", "the"]
    text = "ΟΔΟΣ ΣΑΣ Σ ΣΑΣ.Α İÇ STRASSE"  # noqa: RUF001
    assert found_keys(text.lower().split(), text) == text.lower().split()


def test_keys_of_several_words_that_are_none() -> None:
    keys = ["new", "york", "new_york", "_", "__init__", "a_", "new york city"]
    assert found_keys(keys, "new york _ __init__ a_ new_york", delimiter=None) == [
        "new", "york", "_", "__init__", "a_", "new_york"
    ]  # fmt: skip
    assert found_keys(keys, "new york _ __init__ a_ new york city") == [
        "new_york", "_", "__init__", "a_", "new york city"
    ]  # fmt: skip
    assert found_keys(["new+york", "new"], "new york new", delimiter="+") == ["new+york", "new"]


@pytest.mark.parametrize(
    ("keys", "options", "lost", "reason"),
    [
        (["a", " b", "b ", "b  c", "", "\t", "x\ny"], {}, [" b", "b ", "b  c", "", "\t", "x\ny"], "white space"),
        (["a_b", "a b", "a"], {}, ["a b"], "the second of two that are spelt alike"),
        (["A", "a", "B"], {"lower": True}, ["A", "B"], "upper-case letters"),
        (["a", "a-b", "c_d", "c_-"], {"token_pattern": r"\w+"}, ["a-b", "c_-"], "token_pattern does not match"),
        (["a", "half \ud800"], {}, ["half \ud800"], ""),
    ],
)
def test_keys_that_no_text_gives_are_said(
    keys: list[str], options: dict[str, Any], lost: list[str], reason: str, tmp_path: Path
) -> None:
    with pytest.warns(
        UserWarning, match=f"{len(lost)} of {len(keys)} keys are left out.*{reason}.*{re.escape(repr(lost[0]))}"
    ):
        saved = write_folder(tmp_path / "x", table(keys), Splitting(**options))
    assert saved.lost == lost
    assert load_vectors(tmp_path / "x").index_to_key == [key for key in keys if key not in lost]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lower": 1}, TypeError, "lower must be True, False or None, not 1"),
        ({"delimiter": ""}, ValueError, "delimiter must not be empty"),
        ({"delimiter": 1}, TypeError, "delimiter must be a str or None"),
        ({"token_pattern": "(a)(b)"}, ValueError, r"has groups, .*write \(\?:"),
        ({"token_pattern": "["}, ValueError, "is no regular expression"),
        ({"token_pattern": b"a"}, TypeError, "regular expression of str"),
        ({"token_pattern": re.compile("a", re.IGNORECASE)}, ValueError, "has flags"),
    ],
)
def test_wrong_ways_to_split(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Splitting(**options)


WORDS = st.sampled_from(["a", "b", "c", "d", "e"])


@given(phrases=st.lists(st.lists(WORDS, min_size=2, max_size=4), max_size=6), text=st.lists(WORDS, max_size=20))
@settings(deadline=None)
def test_phrases_are_found_from_left_to_right_the_longest_first(phrases: list[list[str]], text: list[str]) -> None:
    keys = list(dict.fromkeys(["a", "b", "c", "d", *map("_".join, phrases)]))
    expected: list[str | None] = []
    rest = list(text)
    while rest:
        length = next((n for n in range(4, 1, -1) if n <= len(rest) and "_".join(rest[:n]) in keys), 1)
        key = "_".join(rest[:length])
        expected.append(key if key in keys else None)
        del rest[:length]
    assert found_keys(keys, " ".join(text)) == expected
    assert found_keys(keys, " ".join(text), token_pattern=r"\w+") == expected


# ---- folders of others ----

ROWS = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
ADDED = {"id": 2, "content": "[PAD]", "special": True}
TOKENIZERS: dict[str, Any] = {
    "WordPiece": {"model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "##ing": 2, "go": 1}}},
    "BPE": {"model": {"type": "BPE", "vocab": {"Ġgo": 1, "g": 0, "o": 2}, "merges": [["g", "o"]]}, "added_tokens": []},
    "Unigram": {"model": {"type": "Unigram", "unk_id": 1, "vocab": [["▁go", 0.0], ["<unk>", -1.5], ["s", -2]]}},
    "added": {"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}}, "added_tokens": [ADDED]},
    "added, known": {"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1, "[PAD]": 2}}, "added_tokens": [ADDED]},
}
NAMES = {"WordPiece": ["[UNK]", "go", "##ing"], "BPE": ["g", "Ġgo", "o"], "Unigram": ["▁go", "<unk>", "s"]}
NAMES |= {kind: ["a", "b", "[PAD]"] for kind in ("added", "added, known")}
STATIC = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}


def folder_of(folder: Path, tokenizer: Any, tensors: dict[str, Any], modules: Any = None, inner: str = "") -> Path:
    (folder / inner).mkdir(parents=True)
    (folder / inner / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    write_tensors(folder / inner / "model.safetensors", tensors, {})
    if modules is not None:
        (folder / "modules.json").write_text(json.dumps(modules))
    return folder


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_tokens_of_subwords_are_keys(kind: str, tmp_path: Path) -> None:
    found = load_vectors(folder_of(tmp_path / "x", TOKENIZERS[kind], {"embeddings": ROWS}))
    assert found.index_to_key == NAMES[kind]
    assert found.vectors.tolist() == ROWS.tolist()


@pytest.mark.parametrize("kind", ["WordPiece", "Unigram"])
def test_an_unknown_token_without_a_vector_is_left_out(kind: str, tmp_path: Path) -> None:
    unknown = {"WordPiece": 0, "Unigram": 1}[kind]
    rows = ROWS.copy()
    rows[unknown] = 0
    found = load_vectors(folder_of(tmp_path / "x", TOKENIZERS[kind], {"embeddings": rows}))
    assert found.index_to_key == [name for number, name in enumerate(NAMES[kind]) if number != unknown]
    assert found.vectors.tolist() == np.delete(ROWS, unknown, axis=0).tolist()


@pytest.mark.parametrize(
    ("inner", "modules"),
    [
        ("", None),
        ("", [STATIC]),
        ("", [STATIC | {"path": "."}]),
        (
            "",
            [STATIC | {"type": "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"}],
        ),
        (
            "",
            [STATIC, {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}],
        ),
        ("0_StaticEmbedding", None),
        ("0_StaticEmbedding", [STATIC | {"path": "0_StaticEmbedding"}]),
        ("other", [STATIC | {"path": "other"}]),
    ],
)
@pytest.mark.parametrize("name", ["embeddings", "embedding.weight"])
def test_layouts(inner: str, modules: Any, name: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "x", TOKENIZERS["BPE"], {name: ROWS}, modules, inner)
    assert load_vectors(folder).vectors.tolist() == ROWS.tolist()


def test_tokens_that_share_rows(tmp_path: Path) -> None:
    tensors = {"embeddings": ROWS[:2], "mapping": np.array([1, 0, 1]), "weights": np.array([1, 0.5, 2], np.float32)}
    found = load_vectors(folder_of(tmp_path / "x", TOKENIZERS["BPE"], tensors))
    assert found.vectors.tolist() == [[3, 4], [0.5, 1], [6, 8]]
    assert found.vectors.dtype == np.float32


@pytest.mark.parametrize(("dtype", "becomes"), [("int8", "float32"), ("float16", "float16"), ("float64", "float64")])
def test_dtypes(dtype: str, becomes: str, tmp_path: Path) -> None:
    found = load_vectors(folder_of(tmp_path / "x", TOKENIZERS["BPE"], {"embeddings": ROWS.astype(dtype)}))
    assert (found.vectors.dtype, found.vectors.tolist()) == (becomes, ROWS.tolist())


# ---- damaged folders ----


def vocabulary(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def on(folder: Path) -> None:
        edit(folder / "tokenizer.json", change)

    return on


def modules(**changed: Any) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "modules.json", lambda found: [found[0] | changed])


def tensors(**arrays: Any) -> Callable[[Path], None]:
    return lambda folder: write_tensors(folder / "model.safetensors", arrays, {})


def huge(folder: Path) -> None:
    path = folder / "model.safetensors"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"shape":[4,2]', b'"shape":[4294967296,2]'.ljust(len(b'"shape":[4,2]'))))


ONE = np.ones((4, 2), np.float32)
DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), r"tokenizer\.json: there is no such file"),
    "no tensors": (
        lambda folder: (folder / "model.safetensors").unlink(),
        r"model\.safetensors: there is no such file",
    ),
    "a pickle": (
        lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
        r"model\.safetensors: .*pytorch_model\.bin, which is a pickle, is not read: load",
    ),
    "fewer tokens": (
        vocabulary(lambda found: found["model"]["vocab"].__delitem__("c")),
        r"tokenizer\.json: 3 tokens for 4 rows in .*model\.safetensors",
    ),
    "more tokens": (vocabulary(lambda found: found["model"]["vocab"].update(d=4)), "5 tokens for 4 rows"),
    "a gap": (
        vocabulary(lambda found: found["model"]["vocab"].update(c=7)),
        "no token has the number 3, and one has 7",
    ),
    "one number twice": (vocabulary(lambda found: found["model"]["vocab"].update(c=1)), "two tokens have one number"),
    "a number that is none": (
        vocabulary(lambda found: found["model"]["vocab"].update(c="3")),
        "does not give a number",
    ),
    "a negative number": (vocabulary(lambda found: found["model"]["vocab"].update(c=-1)), "does not give a number"),
    "a list": (vocabulary(lambda found: found["model"].update(vocab=["a"])), "no list of different tokens"),
    "no vocabulary": (vocabulary(lambda found: found.pop("model")), r'tokenizer\.json: no tokenizer .*no "vocab"'),
    "not an object": (vocabulary(lambda _: [1]), r"tokenizer\.json: no tokenizer"),
    "no unknown": (vocabulary(lambda found: found["model"].update(unk_token="x")), "unknown words, 'x', is not in the"),
    "bad added": (vocabulary(lambda found: found.update(added_tokens=[{"id": 1}])), 'one of the "added_tokens"'),
    "two for one number": (
        vocabulary(lambda found: found.update(added_tokens=[{"id": 1, "content": "z"}])),
        "two tokens have the number 1: 'a' and 'z'",
    ),
    "no JSON": (
        lambda folder: (folder / "tokenizer.json").write_text("{"),
        r"tokenizer\.json: damaged JSON: .*line 1",
    ),
    "not UTF-8": (lambda folder: (folder / "tokenizer.json").write_bytes(b'{"\xff'), r"tokenizer\.json: damaged JSON"),
    "a name twice": (
        lambda folder: (folder / "tokenizer.json").write_text('{"model": {"vocab": {"a": 0, "a": 1}}}'),
        r"tokenizer\.json: damaged JSON: the name 'a' comes twice",
    ),
    "a bomb of values": (
        lambda folder: (folder / "tokenizer.json").write_text("[" + "0," * 300_000 + "0]"),
        r"tokenizer\.json: damaged JSON: more than",
    ),
    "other tensors": (
        tensors(**{"bert.embeddings.weight": ONE}),
        r"model\.safetensors: there is neither an array 'embeddings' nor 'embedding.weight' in it, but 'bert",
    ),
    "no matrix": (tensors(embeddings=np.ones(4, np.float32)), r"model\.safetensors: .* the shape \(4,\)"),
    "no columns": (tensors(embeddings=np.ones((4, 0), np.float32)), r"the shape \(4, 0\)"),
    "integers": (tensors(embeddings=np.ones((4, 2), np.int64)), "the dtype I64, which vectors do not have"),
    "NaN": (tensors(embeddings=np.full((4, 2), np.nan, np.float32)), r"vector of 'a', number 1, has nan"),
    "fewer weights": (tensors(embeddings=ONE, weights=np.ones(3)), r"different numbers of tokens: \[3, 4\]"),
    "a wrong mapping": (tensors(embeddings=ONE, mapping=np.array([0, 1, 2, 4])), "names rows that there are not in"),
    "a mapping of floats": (tensors(embeddings=ONE, mapping=np.ones(4)), "names rows that there are not in"),
    "a square mapping": (tensors(embeddings=ONE, mapping=np.ones((2, 2), np.int64)), "not one dimension"),
    "a huge size": (huge, r"model\.safetensors: .*(does not fit|ends)"),
    "outside": (modules(path="../other"), r"modules\.json: the path '../other' leads out of the folder"),
    "outside, of Windows": (modules(path="..\\other"), r"leads out of the folder"),
    "absolute": (modules(path="/etc"), r"modules\.json: the path '/etc' leads out of the folder"),
    "another drive": (modules(path="C:x"), r"leads out of the folder"),
    "another folder": (modules(path="elsewhere"), r"elsewhere.model\.safetensors: there is no such file"),
    "a transformer": (
        modules(type="sentence_transformers.models.Transformer"),
        r"modules\.json: this model has a 'Transformer': only a StaticEmbedding",
    ),
    "another layer": (
        lambda folder: edit(folder / "modules.json", lambda found: [*found, found[0] | {"type": "a.Dense"}]),
        r"modules\.json: this model has a 'Dense'",
    ),
    "no modules": (
        lambda folder: edit(folder / "modules.json", lambda _: [None]),
        r"modules\.json: no list of modules",
    ),
    "modules of text": (lambda folder: (folder / "modules.json").write_text("x"), r"modules\.json: damaged JSON"),
    "config of text": (lambda folder: (folder / "config.json").write_text("x"), r"config\.json: damaged JSON"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_folders(damage: str, tmp_path: Path) -> None:
    change, message = DAMAGE[damage]
    folder = tmp_path / "x"
    static_model.write(folder, table(["a", "b", "c"]))
    if damage == "NaN":
        edit(folder / "tokenizer.json", lambda found: found["model"].update(unk_token=None))
        edit(folder / "tokenizer.json", lambda found: found["model"].update(vocab={"a": 0, "b": 1, "c": 2, "d": 3}))
    change(folder)
    with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
        load_vectors(folder)
    assert str(folder) in str(error.value)


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors", "modules.json", "config.json"])
def test_files_that_end_early(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    static_model.write(folder, table([f"word{number}_of" for number in range(200)]))
    whole = (folder / name).read_bytes()
    for length in sorted({*range(0, len(whole), max(1, len(whole) // 20)), len(whole) - 2}):
        (folder / name).write_bytes(whole[:length])
        with pytest.raises(ValueError, match=re.escape(str(folder / name))):
            load_vectors(folder)


def test_phrases_keep_their_spaces_and_their_delimiters(tmp_path: Path) -> None:
    keys = ["new york", "los_angeles", "a"]
    write_folder(tmp_path / "x", VectorTable(keys, np.eye(3, dtype=np.float32)))
    assert list(static_model.read(tmp_path / "x").keys) == keys
