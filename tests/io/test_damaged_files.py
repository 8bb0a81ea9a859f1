"""Files that are damaged or made to harm, and disks that are full: one clear error that names the file."""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from damage import damaged

import fastemb
from fastemb import Corpus, Item2Vec, KeyedVectors, Word2Vec, load_vectors
from fastemb.io.formats.word2vec_file import LONGEST_KEY
from fastemb.io.json_text import parse_json
from fastemb.io.safetensors import read_tensors, write_tensors
from fastemb.phrases import FrozenPhrases, Phrases

SENTENCES = [["new", "york", "is", "big"], ["new", "york", "is", "old"]] * 5
Save = Callable[[Any], object]


def vectors() -> KeyedVectors:
    made = KeyedVectors(3)
    made.add_vectors(["king", "queen", "man", "woman"], np.arange(12, dtype=np.float32).reshape(4, 3) + 1)
    return made


def word2vec(**options: Any) -> Word2Vec:
    return Word2Vec(SENTENCES, vector_size=4, min_count=1, epochs=1, workers=1, sample=0, **options)


def items() -> Item2Vec:
    return Item2Vec(vector_size=4, epochs=1, workers=1, progress=False, min_count=1).fit(SENTENCES)


def phrases() -> Phrases:
    return Phrases(SENTENCES, min_count=1, threshold=0.1)


def saves() -> dict[str, Save]:
    return {
        "KeyedVectors": vectors().save,
        "word2vec text": vectors().save_word2vec_format,
        "word2vec text, added": lambda path: vectors().save_word2vec_format(path, append=True),
        "word2vec binary": lambda path: vectors().save_word2vec_format(path, binary=True),
        "fvocab": save_counts,
        "save_vectors": lambda path: fastemb.save_vectors(vectors(), path),
        "Word2Vec": word2vec().save,
        "Item2Vec": items().save,
        "Phrases": phrases().save,
        "FrozenPhrases": phrases().freeze().save,
        "Corpus": Corpus.from_sentences(SENTENCES).save,
        "Corpus save_to": lambda path: Corpus.from_sentences(SENTENCES, save_to=path),
    }


def save_counts(path: Any) -> None:
    made = vectors()
    made.set_vecattr("king", "count", 2)
    made.save_word2vec_format(os.devnull, fvocab=path)


LOADS: dict[str, Callable[[Any], object]] = {
    "KeyedVectors": KeyedVectors.load,
    "KeyedVectors, mapped": lambda path: KeyedVectors.load(path, mmap="r"),
    "word2vec text": KeyedVectors.load_word2vec_format,
    "word2vec binary": lambda path: KeyedVectors.load_word2vec_format(path, binary=True),
    "save_vectors": load_vectors,
    "Word2Vec": Word2Vec.load,
    "Item2Vec": Item2Vec.load,
    "Phrases": Phrases.load,
    "FrozenPhrases": FrozenPhrases.load,
    "Corpus": Corpus.open,
}


# ---- full disks, and names that are none ----


@contextmanager
def full_disk() -> Iterator[None]:
    """Files may have so few bytes only."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("kind", saves())
def test_a_full_disk_names_the_file(kind: str, tmp_path: Path) -> None:
    save = saves()[kind]
    with full_disk(), pytest.raises(OSError, match=r"File too large: .*x'") as caught:
        save(tmp_path / "x")
    if kind != "Corpus save_to":  # whose blocks wait in the folder first
        assert caught.value.filename == str(tmp_path / "x")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("kind", [kind for kind in saves() if not kind.startswith("Corpus")])
def test_a_full_device_is_named(kind: str) -> None:
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        saves()[kind]("/dev/full")


@pytest.mark.parametrize("kind", saves())
def test_a_missing_folder_and_no_name(kind: str, tmp_path: Path) -> None:
    save = saves()[kind]
    with pytest.raises(FileNotFoundError, match=r"the folder .*absent does not exist"):
        save(tmp_path / "absent" / "x")
    with pytest.raises(ValueError, match="the path is empty"):
        save("")
    with pytest.raises((IsADirectoryError, ValueError), match=str(tmp_path)):
        save(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", LOADS)
def test_loading_what_is_not_there(kind: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        LOADS[kind](tmp_path / "absent")
    with pytest.raises(OSError, match=str(tmp_path)):
        LOADS[kind](tmp_path)


# ---- keys ----


def test_keys_that_no_reader_takes_are_not_written(tmp_path: Path) -> None:
    for binary in (False, True):
        for length in (LONGEST_KEY, LONGEST_KEY + 1):
            made = KeyedVectors(2)
            made.add_vectors(["k" * length, "é" * (LONGEST_KEY // 2)], np.ones((2, 2), np.float32))
            if length > LONGEST_KEY:
                with pytest.raises(ValueError, match=r"x: word2vec.* of 65,537 bytes, 'kkk.*KeyedVectors\.save writes"):
                    made.save_word2vec_format(tmp_path / "x", binary=binary)
                made.save(tmp_path / "y")
                assert KeyedVectors.load(tmp_path / "y").index_to_key == made.index_to_key
                continue
            made.save_word2vec_format(tmp_path / "x", binary=binary)
            found = KeyedVectors.load_word2vec_format(tmp_path / "x", binary=binary)
            assert found.index_to_key == made.index_to_key


@pytest.mark.integration
@pytest.mark.parametrize("start", [b"", b"1 2\n"])
@pytest.mark.parametrize("options", [{}, {"binary": True}, {"no_header": True}, {"any": True}])
def test_a_token_without_end_takes_little_memory(start: bytes, options: dict[str, bool], tmp_path: Path) -> None:
    with gzip.open(tmp_path / "x", "wb", 1) as file:
        file.write(start)
        for _ in range(200):
            file.write(b"x" * (1 << 20))
    load = (
        "fastemb.load_vectors(path)"
        if "any" in options
        else "fastemb.KeyedVectors.load_word2vec_format(path, **options)"
    )
    program = (
        "import sys, json, resource, fastemb\n"
        "path, options = sys.argv[1], json.loads(sys.argv[2])\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"try: {load}\n"
        "except ValueError as error: assert path in str(error) and len(str(error)) < 600, error\n"
        "else: raise SystemExit('no error')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "x"), json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 120_000  # KiB


# ---- JSON in our files ----


def with_header(path: Path, header: bytes) -> None:
    path.write_bytes(len(header).to_bytes(8, "little") + header)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b'{"a":' + b"[" * 100_000, "damaged header: lists and objects are too deep"),
        (b'{"a":[' + b"[]," * 1_000_001 + b"[]]}", "more than 1,000,000 lists and objects"),
        (b'{"a":{' + b'"":{},' * 1_000_001 + b'"":{}}}', "more than 1,000,000 lists and objects"),
        (b'{"a":[' + b"1," * 2_000_001 + b"1]}", "more than 2,000,000 values"),
        (b'{"a":' + b"1" * 5000 + b"}", "damaged header"),
    ],
    ids=["deep", "lists", "objects", "numbers", "digits"],
)
@pytest.mark.parametrize("kind", ["KeyedVectors", "Word2Vec", "Item2Vec", "Phrases", "FrozenPhrases", "Corpus"])
def test_headers_made_to_harm(kind: str, header: bytes, message: str, tmp_path: Path) -> None:
    with_header(tmp_path / "x", header)
    with pytest.raises(ValueError, match="x: .*" + ("not an encoded corpus" if kind == "Corpus" else message)):
        LOADS[kind](tmp_path / "x")


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[" + "[]," * 1_000_001 + "[]]", '{"a":' * 100_000, "1" * 5000, "[", ""],
    ids=["deep", "lists", "objects", "digits", "cut", "nothing"],
)
@pytest.mark.parametrize("kind", ["KeyedVectors", "Word2Vec", "Item2Vec", "Phrases", "FrozenPhrases"])
def test_json_within_headers(kind: str, text: str, tmp_path: Path) -> None:
    saves()[kind](tmp_path / "x")
    tensors, metadata = read_tensors(tmp_path / "x")
    for name in set(metadata) & {"own", "attributes", "settings", "state", "model"}:
        if not text and name in ("own", "attributes", "model"):
            continue  # no attributes
        write_tensors(tmp_path / "x", tensors, metadata | {name: text})
        with pytest.raises(ValueError, match=r"x: (damaged|the keys)") as caught:
            LOADS[kind](tmp_path / "x")
        assert len(str(caught.value)) < 500


def test_brackets_in_strings_do_not_count() -> None:
    text = json.dumps({"a": '[{"\\' * 600_000})
    assert parse_json(text) == json.loads(text)
    assert parse_json(json.dumps(",,"[:1] * 3_000_000), most_values=10) == "," * 3_000_000


@pytest.mark.parametrize("name", ["__metadata__", "a"])
def test_what_could_not_be_read_back_is_not_written(name: str, tmp_path: Path) -> None:
    made = vectors()
    made.__dict__["note"] = name * (101_000_000 // len(name))
    with pytest.raises(ValueError, match="a file holds 100,000,000; the largest part is 'own'"):
        made.save(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


# ---- parts of the wrong type ----

WRONG: list[Any] = [None, True, -1, 2**62 + 1, 2**64, 1.5, "x", "", [], {}, [1], {"a": 1}, float("nan"), float("inf")]


def use(kind: str, path: Path) -> None:
    """Load a file and do with it what people do."""
    found: Any = LOADS[kind](path)
    found.save(path.with_name("again"))
    repr(found)
    if kind == "Word2Vec":
        found.add_lifecycle_event("x")
        found.train(SENTENCES, total_examples=10, epochs=1)
        found.build_vocab(SENTENCES, update=True)
        found.save(path.with_name("again"))
    elif kind == "Item2Vec":
        found.recommend(["new"], 2)
        found.partial_fit(SENTENCES)
    else:
        list(found[SENTENCES])


@pytest.mark.filterwarnings("ignore:alpha=", "ignore:training does not learn but ruins the vectors")
@pytest.mark.parametrize("kind", ["Word2Vec", "Item2Vec", "Phrases", "FrozenPhrases"])
def test_a_part_of_the_wrong_type_is_found_by_load(kind: str, tmp_path: Path) -> None:
    saves()[kind](tmp_path / "x")
    tensors, metadata = read_tensors(tmp_path / "x")
    refused = 0
    for name in sorted(set(metadata) & {"settings", "state", "model"}):
        parts = json.loads(metadata[name])
        for part in parts:
            for value in WRONG:
                write_tensors(tmp_path / "y", tensors, metadata | {name: json.dumps(parts | {part: value})})
                try:
                    use(kind, tmp_path / "y")
                except FloatingPointError:
                    pass  # with that alpha
                except ValueError as error:
                    named = str(tmp_path / "y") in str(error) or part == "min_alpha"  # whose bound is the rate's
                    assert named, (part, value)
                    refused += 1
    assert refused > 30


# ---- random damage ----


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*whose key came before")  # a record that stands there twice
@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("kind", LOADS)
def test_damaged_files_give_one_clear_error(kind: str, seed: int, tmp_path: Path) -> None:
    rng = random.Random(f"{kind} {seed}")
    saves()[kind.removesuffix(", mapped")](tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    for _ in range(20):
        (tmp_path / "x").write_bytes(damaged(whole, rng))
        try:
            LOADS[kind](tmp_path / "x")
        except (ValueError, OSError) as error:
            assert str(tmp_path / "x") in str(error)  # noqa: PT017
            assert len(str(error)) < 1000  # noqa: PT017


# ---- memory that is mapped ----


@pytest.mark.skipif(sys.platform == "win32", reason="needs memmove into a mapping")
@pytest.mark.parametrize("mmap", ["r", "c"])
def test_a_write_to_mapped_memory_neither_ends_the_process_nor_reaches_the_file(mmap: str, tmp_path: Path) -> None:
    vectors().save(tmp_path / "x")
    before = (tmp_path / "x").read_bytes()
    array = read_tensors(tmp_path / "x", mmap=mmap)[0]["vectors"]
    assert array.flags.writeable == (mmap == "c")
    ctypes.memset(array.ctypes.data, 0, array.nbytes)  # as torch.from_numpy(array).zero_() does
    assert not array.any()
    assert (tmp_path / "x").read_bytes() == before
    assert KeyedVectors.load(tmp_path / "x", mmap="r").vectors.any()
