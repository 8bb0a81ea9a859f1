"""Folders for spaCy: round trips, damaged files, and keys that they cannot hold."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors, save_vectors
from fastemb.io.formats import VectorTable, write_vectors
from fastemb.io.formats.spacy_strings import SYMBOLS, hashes
from fastemb.io.unpack import TruncatedFileError

KEYS = ["cat", "NOUN", "new york", "東京", 7, "a\nb", "\t", "\ufeffx", "a\0b"]


def slow_hash(data: bytes) -> int:
    """MurmurHash64A with the seed 1, a step at a time."""
    factor, mask = 0xC6A4A7935BD1E995, 2**64 - 1
    made = 1 ^ (len(data) * factor & mask)
    whole = len(data) // 8 * 8
    for at in range(0, whole, 8):
        word = int.from_bytes(data[at : at + 8], "little") * factor & mask
        word = (word ^ word >> 47) * factor & mask
        made = (made ^ word) * factor & mask
    if data[whole:]:
        made = (made ^ int.from_bytes(data[whole:], "little")) * factor & mask
    made = (made ^ made >> 47) * factor & mask
    return made ^ made >> 47


def test_hashes_of_all_lengths() -> None:
    strings = [bytes(range(length)) for length in range(40)] + [b"\xff" * 100, b"cat"]
    assert hashes(strings).tolist() == [slow_hash(string) for string in strings]
    assert hashes([b"cat"]).tolist() == [5439657043933447811]  # spaCy's own
    assert hashes([]).tolist() == []


def test_names_that_spacy_has_itself() -> None:
    known = {"IS_ALPHA": 1, "IS_CURRENCY": 18, "FLAG19": 19, "FLAG63": 63, "ID": 64, "NOUN": 92, "SPACE": 103}
    known |= {"DEPRECATED001": 104, "DEPRECATED276": 379, "PERSON": 380, "acomp": 398, "acl": 451, "_": 456}
    assert {name: SYMBOLS[name] for name in known} == known
    assert len(SYMBOLS) == 456


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vectors = np.arange(len(KEYS) * 3, dtype=np.float64).reshape(-1, 3)
    write_vectors(tmp_path / "x", VectorTable(KEYS, vectors), format="spacy")
    return tmp_path / "x"


def test_round_trip(folder: Path) -> None:
    found = load_vectors(folder)
    assert found.index_to_key == [str(key) for key in KEYS]
    assert found.vectors.dtype == np.float32
    assert found.vectors.ravel().tolist() == list(range(27))
    save_vectors(found, folder, format="spacy")  # in place of the old one
    assert load_vectors(folder).index_to_key == found.index_to_key


@pytest.mark.parametrize(
    "start", [b"\x89", b"\xde\0\x09", b"\xdf\0\0\0\x09"], ids=["short", "of 16 bits", "of 32 bits"]
)
def test_maps_of_every_length(start: bytes, folder: Path) -> None:
    found, pairs = load_vectors(folder), (folder / "key2row").read_bytes()[5:]
    (folder / "key2row").write_bytes(start + pairs)
    again = load_vectors(folder)
    assert again.index_to_key == found.index_to_key
    assert np.array_equal(again.vectors, found.vectors)


@pytest.mark.parametrize(("code", "size"), [(0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)])
@pytest.mark.parametrize("row", [0, 1, 127, 128, 255])
def test_rows_in_numbers_of_every_size(code: int, size: int, row: int, folder: Path) -> None:
    vectors = np.arange(256, dtype=np.float32).reshape(256, 1)
    np.save(folder / "vectors.npy", vectors)
    (folder / "vectors.npy").replace(folder / "vectors")
    key = struct.pack(">BQ", 0xCF, slow_hash(b"cat"))
    for written in [bytes([code]) + row.to_bytes(size), *([bytes([row])] if row < 128 else [])]:
        (folder / "key2row").write_bytes(b"\x81" + key + written)
        assert load_vectors(folder)["cat"].tolist() == [row]


def test_the_folder_of_a_pipeline_has_one_of_its_vocabulary(folder: Path, tmp_path: Path) -> None:
    found = load_vectors(folder)
    (tmp_path / "pipeline").mkdir()
    folder.rename(tmp_path / "pipeline" / "vocab")
    again = load_vectors(tmp_path / "pipeline", format="spacy")
    assert again.index_to_key == found.index_to_key
    assert np.array_equal(again.vectors, found.vectors)
    for name in ("key2row", "vectors", "strings.json"):  # the folder's own come before those of a vocabulary
        (tmp_path / "pipeline" / name).write_bytes((tmp_path / "pipeline" / "vocab" / name).read_bytes())
        (tmp_path / "pipeline" / "vocab" / name).unlink()
    assert load_vectors(tmp_path / "pipeline", format="spacy").index_to_key == found.index_to_key


def map_of(pairs: list[tuple[Any, Any]]) -> bytes:
    return bytes([0x80 | len(pairs)]) + b"".join(struct.pack(">BQBB", 0xCF, key, 0xCC, row) for key, row in pairs)


@pytest.mark.parametrize("start", [b"\x83", b"\xde\0\3", b"\xdf\0\0\0\3"])
def test_several_keys_share_a_row_and_rows_are_left_over(start: bytes, folder: Path) -> None:
    cat, york, noun = (slow_hash(b"cat"), slow_hash(b"new york"), 92)
    pairs = struct.pack(">BQB", 0xCF, york, 4) + struct.pack(">BBBI", 0xCC, noun, 0xCE, 1)
    pairs += struct.pack(">BQBH", 0xCF, cat, 0xCD, 4)
    (folder / "key2row").write_bytes(start + pairs)
    found = load_vectors(folder)
    assert found.index_to_key == ["NOUN", "new york", "cat"]
    assert found.vectors.tolist() == [[3, 4, 5], [12, 13, 14], [12, 13, 14]]


def test_keys_without_text(folder: Path) -> None:
    (folder / "strings.json").write_text('["cat"]', encoding="utf-8")
    with pytest.warns(match=r"7 of 9 keys have no text in .*strings.json, such as [0-9]+: they are left out"):
        assert load_vectors(folder).index_to_key == ["cat", "NOUN"]
    (folder / "strings.json").write_text("[]", encoding="utf-8")
    (folder / "key2row").write_bytes(map_of([(slow_hash(b"cat"), 0)]))
    with pytest.raises(ValueError, match=r"1 of 1 keys have no text.*nlp.vocab.to_disk"):
        load_vectors(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vectors.cfg", b'{"mode":"floret"}', "mode of these vectors is 'floret': only 'default' has a vector"),
        ("vectors.cfg", b"{", "vectors.cfg: damaged JSON"),
        ("strings.json", b"{}", "strings.json: no list of strings"),
        ("strings.json", b'["a", 1]', "strings.json: no list of strings"),
        ("strings.json", b'["\\ud800"]', "half a character"),
        ("strings.json", b'["a', "strings.json: damaged JSON"),
        ("key2row", b"", "ends after 0 bytes"),
        ("key2row", b"\x80!", "1 bytes too many after 0 keys"),
        ("key2row", b"\x93abc", "no map from key to row in MessagePack"),
        ("key2row", b"\xdf\xff\xff\xff\xff\1\1", "4,294,967,295 keys do not fit in 7 bytes"),
        ("key2row", b"\x81\xcf\1", "ends after 3 bytes, within the map"),
        ("key2row", b"\x81\xd3\1\1\1", "byte 1 begins no positive number"),
        ("key2row", b"\x81\1\1!", "1 bytes too many after 1 keys"),
        ("key2row", b"\x82\1\1\1\2", "a key comes twice"),
        ("key2row", map_of([(slow_hash(b"cat"), 9)]), "names rows that there are not: the 9 vectors"),
        ("key2row", b"\x81\1\xcf" + b"\xff" * 8, "names rows that there are not"),
        ("vectors", b"\x93NUMPY", "vectors: the file is damaged, or holds no numbers"),
        ("vectors", b"", "vectors: the file is damaged, or holds no numbers"),
    ],
)
def test_damaged_files(name: str, content: bytes, message: str, folder: Path) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_vectors(folder)


def test_files_that_end_early(folder: Path) -> None:
    content = (folder / "key2row").read_bytes()
    for end in range(len(content)):
        (folder / "key2row").write_bytes(content[:end])
        with pytest.raises(TruncatedFileError, match="key2row: "):
            load_vectors(folder)


@pytest.mark.parametrize("name", ["vectors", "strings.json"])
def test_files_that_are_missing(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        load_vectors(folder)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["", "a"], "spaCy cannot hold an empty key"),
        (["\ud800", "a"], r"spaCy cannot hold the key '\\ud800', which has half a character"),
        ([None, "a"], "a row has no key"),
        ([], "cannot hold no vectors at all"),
        ([7, "7"], "two keys have the same number in spaCy"),
    ],
)
def test_keys_that_spacy_cannot_hold(keys: list[Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        write_vectors(tmp_path / "x", VectorTable(keys, np.zeros((len(keys), 2), np.float32)), format="spacy")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_stays(folder: Path) -> None:
    (folder / "lookups.bin").write_bytes(b"x")
    with pytest.raises(FileExistsError, match=r"other files in it, such as lookups.bin"):
        save_vectors(load_vectors(folder), folder, format="spacy")
    assert (folder / "lookups.bin").exists()
    assert json.loads((folder / "strings.json").read_text(encoding="utf-8"))[0] == "cat"


def test_folders_of_nothing_known_name_spacy(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=r"vectors and key2row and strings.json \(spaCy\)"):
        KeyedVectors.load(tmp_path)
