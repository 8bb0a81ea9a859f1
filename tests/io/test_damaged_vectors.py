"""Files of vectors in every format, damaged in every file that belongs to them: one clear error, and little memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from damage import ALLOWED, damaged, peak_of

from fastemb import KeyedVectors, load_vectors, save_vectors
from fastemb.io import formats
from fastemb.io.formats import FORMATS, VectorTable, write_vectors
from fastemb.io.unpack import TruncatedFileError

ROWS, SIZE = 1237, 11


def vectors(count: int = ROWS, size: int = SIZE) -> KeyedVectors:
    rng = np.random.default_rng(0)
    made = KeyedVectors(size)
    made.add_vectors([f"wörd{row}" for row in range(count)], rng.standard_normal((count, size)).astype(np.float32))
    made.expandos["count"] = np.arange(count, 0, -1)
    return made


WHOLE = vectors()


class Case(NamedTuple):
    """A way to save vectors."""

    name: str
    save: Callable[[Path], object]
    parts: tuple[str, ...] = ("",)
    """The files that belong to it, in a folder; "": it is one file."""

    load: Callable[[Path], Any] = load_vectors


def by_name(name: str, *parts: str, **options: Any) -> Case:
    return Case(name, lambda path: save_vectors(WHOLE, path, **options), parts or ("",))


def mapped(path: Path) -> KeyedVectors:
    return KeyedVectors.load(path, mmap="r")


def quantised(name: str, precision: Any, load: Callable[[Path], Any] = load_vectors) -> Case:
    return Case(name, WHOLE.quantize(precision).save, ("",), load)


def in_order(path: Path) -> None:
    """A stream of Arrow, not a file."""
    pa = pytest.importorskip("pyarrow")
    save_vectors(WHOLE, path.with_name("whole.arrow"))
    table = pa.ipc.open_file(path.with_name("whole.arrow")).read_all()
    with pa.ipc.new_stream(path, table.schema) as stream:
        stream.write_table(table)
    path.with_name("whole.arrow").unlink()


CASES = {
    case.name: case
    for case in (
        by_name("x.safetensors"),
        quantised("int8.safetensors", "int8"),
        quantised("pq.safetensors", "pq"),
        quantised("half.safetensors", "float16"),
        quantised("mapped.safetensors", "int8", mapped),
        by_name("x.bin"),
        by_name("x.bin.gz"),
        by_name("x.vec"),
        by_name("x.vec.gz"),
        by_name("x.glove"),
        by_name("x.glove.bz2"),
        by_name("x.npy", "x.npy", "x.words.txt"),
        by_name("x.npy.xz", "x.npy.xz", "x.words.txt"),
        by_name("x.npz"),
        by_name("x.arrow"),
        Case("stream.arrow", in_order),
        by_name("x.parquet"),
        by_name("x.tsv", "x.tsv", "x_metadata.tsv"),
        by_name("x.tsv.gz", "x.tsv.gz", "x_metadata.tsv.gz"),
        by_name("x.jsonl"),
        by_name("x.jsonl.gz"),
        by_name("spacy", "spacy/vectors", "spacy/key2row", "spacy/strings.json", "spacy/vectors.cfg", format="spacy"),
        by_name(
            "static",
            "static/model.safetensors",
            "static/tokenizer.json",
            "static/modules.json",
            "static/config.json",
            format="sentence-transformers",
        ),
        by_name("fasttext.bin", format="fasttext"),
    )
}
PACKERS: dict[str, Any] = {".gz": gzip, ".bz2": bz2, ".xz": lzma}
ENDS = [(case.name, part) for case in CASES.values() for part in case.parts]


def saved(case: Case, folder: Path) -> Path:
    if "arrow" in case.name or "parquet" in case.name:
        pytest.importorskip("pyarrow")
    case.save(folder / case.name)
    return folder / case.name


def refused(case: Case, path: Path) -> str:
    """What loading says, which names the file; "" where it succeeds, with as many keys as vectors."""
    size = sum(file.stat().st_size for file in path.parent.rglob("*") if file.is_file())
    unpacked = max(size, WHOLE_BYTES)
    message = ""
    with peak_of() as peak, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = case.load(path)
        except (ValueError, OSError) as error:
            message = str(error)
        else:
            assert len(found.index_to_key) == len(found.vectors)
    assert peak.grown <= 2 * unpacked + ALLOWED, (message, peak.grown)
    if message:
        assert str(path.parent) in message, message
        assert len(message) < 1200, message
    return message


WHOLE_BYTES = 1 << 18
"""More than any of these files takes when it is unpacked."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for one file of vectors."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


SILENT = (
    "x.vec",
    "x.glove",
    "x.words.txt",
    "x.tsv",
    "x_metadata.tsv",
    "x.jsonl",
    "static/modules.json",
    "static/config.json",
)
"""Whose last line end may be missing."""
UNCOUNTED = ("x.glove", "x.jsonl")
"""Where nothing says how many lines there are."""


@pytest.mark.parametrize(("name", "part"), ENDS)
def test_files_that_end_at_any_kilobyte(name: str, part: str, place: Path) -> None:
    path = saved(CASES[name], place)
    at = place / part if part else path
    whole = at.read_bytes()
    for end in [*range(0, len(whole), 1024), len(whole) - 1]:
        at.write_bytes(whole[:end])
        message = refused(CASES[name], path)
        if not message:
            assert name in UNCOUNTED or (at.relative_to(place).as_posix() in SILENT and end == len(whole) - 1), end


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("name", "part"), ENDS)
def test_random_damage(name: str, part: str, seed: int, place: Path) -> None:
    path = saved(CASES[name], place)
    at = place / part if part else path
    whole, rng = at.read_bytes(), random.Random(f"{name} {part} {seed}")
    for _ in range(20):
        at.write_bytes(damaged(whole, rng))
        refused(CASES[name], path)


# ---- numbers that say how much there is ----

WRONG_NUMBERS = (0, -1, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1)


KINDS = ("digits", "<i", "<q", ">I", "thrift")
"""How formats write a number: digits, whole numbers of 4 or 8 bytes, and those of Parquet, of seven bits a byte."""


def written(number: int, kind: str) -> bytes:
    if kind == "digits":
        return str(number).encode()
    if kind != "thrift":
        return (number & (1 << 8 * struct.calcsize(kind)) - 1).to_bytes(
            struct.calcsize(kind), "big" if kind[0] == ">" else "little"
        )
    zigzag = (number << 1 ^ (-1 if number < 0 else 0)) & 2**64 - 1
    found = bytearray()
    while zigzag >= 0x80:
        found.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes([*found, zigzag])


def places_of(whole: bytes, number: bytes) -> list[int]:
    """Where a number is within the first and last thousand bytes, where formats say how much there is."""
    found = [match.start() for match in re.finditer(re.escape(number), whole)]
    return [at for at in found if at < 1000 or at > len(whole) - 1500][:12]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "part"), ENDS)
def test_numbers_of_vectors_and_dimensions(name: str, part: str, kind: str, place: Path) -> None:
    path = saved(CASES[name], place)
    at = place / part if part else path
    whole, packing = at.read_bytes(), PACKERS.get(at.suffix)
    if packing is not None:
        whole = packing.decompress(whole)
    for number in (ROWS, SIZE, ROWS * SIZE, 4 * ROWS * SIZE):
        right = written(number, kind)
        for begin in places_of(whole, right):
            for wrong in WRONG_NUMBERS:
                data = whole[:begin] + written(wrong, kind) + whole[begin + len(right) :]
                at.write_bytes(data if packing is None else packing.compress(data))
                refused(CASES[name], path)


# ---- files of other formats, NaN ----

OTHERS = [known.ABOUT.option for known in FORMATS if not known.ABOUT.holds] + ["projector"]


@pytest.mark.parametrize("format", OTHERS)
@pytest.mark.parametrize("name", [case.name for case in CASES.values() if case.parts == ("",)])
def test_files_that_are_said_to_be_in_another_format(name: str, format: str, place: Path) -> None:
    path = saved(CASES[name], place)
    found = refused(Case(name, CASES[name].save, ("",), lambda path: load_vectors(path, format=format)), path)
    if not found:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert set(WHOLE.index_to_key) <= set(load_vectors(path, format=format).index_to_key)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", CASES)
def test_a_vector_with_what_is_no_number(name: str, value: float, place: Path) -> None:
    if name.endswith("safetensors"):
        return  # fastemb's own files keep such vectors, or cannot hold them
    rows = WHOLE.vectors.copy()
    rows[700, 3] = value
    spoilt = KeyedVectors(SIZE)
    spoilt.add_vectors(WHOLE.index_to_key, rows)
    option = formats.recognised(str(saved(CASES[name], place))).ABOUT.option
    path = place / name
    try:
        save_vectors(spoilt, path, format=option)
    except ValueError as error:
        assert re.search(f"{path}: .*wörd700", str(error))  # noqa: PT017
    else:
        with pytest.raises(ValueError, match=r"wörd700.*, number 701, has -?(nan|inf) in it"):
            load_vectors(path)


@pytest.mark.parametrize("lost", [1, 12, 100])
def test_an_archive_whose_array_ends_early_says_so(lost: int, tmp_path: Path) -> None:
    saved = VectorTable(["a", "b"], np.ones((2, 20), np.float32))
    write_vectors(tmp_path / "x.npz", saved, format="npz")
    with zipfile.ZipFile(tmp_path / "x.npz") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "cut.npz", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content[: -lost if "vectors" in name else None])
    message = f"array 'vectors': the file ends early: .* needs 160 bytes, {160 - lost} follow"
    with pytest.raises(TruncatedFileError, match=message):
        load_vectors(tmp_path / "cut.npz")
