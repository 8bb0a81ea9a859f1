"""Lines of JSON and tables parted by tabs: what is read, what is written, and what is said of either."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.io.formats import VectorTable, json_lines, projector
from fastemb.io.formats.projector import metadata_beside
from fastemb.io.formats.reading import Reading

VECTORS = np.array([[1, 0.1], [-2.5, 3], [1e-3, 4]], np.float32)
TABLE = VectorTable(
    ["a", "b", "c"],
    VECTORS,
    {
        "n": np.array([3, -2, 10**17]),
        "x": np.array([1.5, 2, -3]),
        "t": np.array(["p", "q", "r s"], object),
        "odd": np.array([1, "x", None], object),
    },
)

# ---- a line of JSON for each key ----


def test_lines_of_json_are_written_as_they_look(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    json_lines.write(path, TABLE._replace(keys=["a", 7, np.int64(8)]))
    assert path.read_text().splitlines() == [
        '{"key": "a", "vector": [1.0, 0.1], "n": 3, "x": 1.5, "t": "p"}',
        '{"key": 7, "vector": [-2.5, 3.0], "n": -2, "x": 2.0, "t": "q"}',
        '{"key": 8, "vector": [0.001, 4.0], "n": 100000000000000000, "x": -3.0, "t": "r s"}',
    ]
    found = json_lines.read(path)
    assert list(found.keys) == ["a", 7, 8]
    assert found.vectors.tolist() == VECTORS.tolist()
    assert {name: values.tolist() for name, values in found.attributes.items()} == {
        "n": [3, -2, 10**17],
        "x": [1.5, 2, -3],
        "t": ["p", "q", "r s"],
    }


@pytest.mark.parametrize("values", [1, 2, 5, 1 << 18])
def test_lines_of_json_are_written_some_at_a_time(values: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_BLOCK_VALUES", values)
    monkeypatch.setattr(projector, "_BLOCK_VALUES", values)
    json_lines.write(tmp_path / "v.jsonl", TABLE)
    assert json_lines.read(tmp_path / "v.jsonl").vectors.tolist() == VECTORS.tolist()
    projector.write(tmp_path / "vectors.tsv", TABLE)
    assert projector.read(tmp_path / "vectors.tsv").vectors.tolist() == VECTORS.tolist()


@pytest.mark.parametrize("row", [0, 2])
def test_the_vector_that_json_cannot_hold_is_named(row: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for values in (1, 1 << 18):
        monkeypatch.setattr(json_lines, "_BLOCK_VALUES", values)
        vectors = VECTORS.copy()
        vectors[row, 1] = np.nan
        with pytest.raises(
            ValueError, match=f"v.jsonl: JSON cannot hold the vector of '{'abc'[row]}', which has NaN or"
        ):
            json_lines.write(tmp_path / "v.jsonl", TABLE._replace(vectors=vectors))
    with pytest.raises(ValueError, match=r"v.jsonl: a file of JSON lines cannot hold no vectors at all"):
        json_lines.write(tmp_path / "v.jsonl", VectorTable([], VECTORS[:0]))


@pytest.mark.parametrize("key", [True, 1.5, None, ("a",)])
def test_keys_that_json_lines_do_not_have(key: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"^keys must be str or int to be saved, but one is"):
        json_lines.write(tmp_path / "v.jsonl", VectorTable(["a", key], VECTORS[:2]))


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (b'{"key": "a", "vector": [1]}\n', True),
        (b'\xef\xbb\xbf {"vector": [1], "key": "a"}', True),
        (b'{"key": "a"}\n{"vector": [1]}', False),
        (b'{"vector": [1]}', False),
        (b'["key", "vector"]', False),
        (b'{"a\\"b": 1, "key": 1, "vector": []}', True),
        (b"{key: 1, vector: 1}", False),
    ],
)
def test_lines_of_json_are_recognised(start: bytes, told: bool) -> None:
    assert json_lines.recognises(start) is told


def test_lines_of_json_at_the_longest_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = '{"key": "a", "vector": [1, 2]}\n'
    (tmp_path / "v").write_text("\n" + line)
    monkeypatch.setattr(json_lines, "_LONGEST_LINE", len(line))
    assert json_lines.read(tmp_path / "v").vectors.tolist() == [[1, 2]]
    monkeypatch.setattr(json_lines, "_LONGEST_LINE", len(line) - 1)
    with pytest.raises(ValueError, match=r"v: line 2 is longer than 30 bytes$"):
        json_lines.read(tmp_path / "v")
    monkeypatch.undo()
    monkeypatch.setattr(json_lines, "_MOST_VALUES", 2)
    assert json_lines.read(tmp_path / "v").vectors.tolist() == [[1, 2]]
    monkeypatch.setattr(json_lines, "_MOST_VALUES", 1)
    with pytest.raises(ValueError, match=r"v: line 2 is no JSON: more than 1 values$"):
        json_lines.read(tmp_path / "v")


def test_what_is_said_of_a_line_is_short(tmp_path: Path) -> None:
    for text, message in (
        ({"k": "x" * 100}, 'v: line 1 is no object with "key" and "vector": b\'' + '{"k": "' + "x" * 53 + "'$"),
        (
            {"key": [1] * 100, "vector": [1]},
            rf"v: line 1: the key '{str([1] * 100)[:60]}' is neither".replace("[", r"\["),
        ),
        ({"key": "a", "vector": "y" * 100}, f"v: line 1: the vector is no list of numbers: {'y' * 60}$"),
        ({"key": "a", "vector": [1], **{f"k{n}": 1 for n in range(100)}}, None),
    ):
        lines = json.dumps(text) + "\n"
        if message is None:
            lines += '{"key": "b", "vector": [1], ' + ", ".join(f'"q{n}": 1' for n in range(100)) + "}\n"
            names = ", ".join(["key", "vector", *(f"q{n}" for n in range(100))])
            message = f"v: line 2 has {names[:200]}, expected key, vector, k0, "
        (tmp_path / "v").write_text(lines)
        with pytest.raises(ValueError, match=message):
            json_lines.read(tmp_path / "v")


def test_numbers_that_are_too_large_for_floats_are_infinite(tmp_path: Path) -> None:
    (tmp_path / "v").write_text('{"key": "a", "vector": [1e39, -1e300, 1e-50]}\n')
    assert json_lines.read(tmp_path / "v").vectors.tolist() == [[np.inf, -np.inf, 0]]


# ---- tables parted by tabs ----


@pytest.mark.parametrize(
    ("vectors", "metadata"),
    [
        ("vectors.tsv", "metadata.tsv"),
        ("vector.tsv", "metadata.tsv"),
        ("Tensors.tsv", "metadata.tsv"),
        ("x.tsv", "x_metadata.tsv"),
        ("x_vectors.tsv", "x_metadata.tsv"),
        ("xtensor.tsv.gz", "x_metadata.tsv.gz"),
        ("folder/vectors.tsv.bz2", "folder/metadata.tsv.bz2"),
        ("vectors_x.tsv", "vectors_x_metadata.tsv"),
    ],
)
def test_the_file_of_keys_beside_one_of_vectors(vectors: str, metadata: str) -> None:
    assert metadata_beside(vectors) == metadata


def test_a_folder_for_the_projector(tmp_path: Path) -> None:
    for name in ("x", "y.tsv.d", "z/"):
        folder = tmp_path / name
        projector.write(f"{tmp_path}/{name}", TABLE)
        assert sorted(path.name for path in folder.iterdir()) == [
            "metadata.tsv",
            "projector_config.pbtxt",
            "vectors.tsv",
        ]
        assert (folder / "vectors.tsv").read_bytes() == b"1.0\t0.1\n-2.5\t3.0\n0.001\t4.0\n"
        assert (folder / "metadata.tsv").read_bytes() == (
            b"key\tn\tx\tt\na\t3\t1.5\tp\nb\t-2\t2.0\tq\nc\t100000000000000000\t-3.0\tr s\n"
        )
        assert (folder / "projector_config.pbtxt").read_text() == (
            'embeddings {\n  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n}\n'
        )
        found = projector.read(folder)
        assert list(found.keys) == ["a", "b", "c"]
        assert found.vectors.tolist() == VECTORS.tolist()
        assert {column: values.dtype for column, values in found.attributes.items()} == {
            "n": np.dtype(np.int64),
            "x": np.dtype(np.float64),
            "t": np.dtype(object),
        }
    projector.write(tmp_path / "x", TABLE._replace(attributes={}))  # in place of the old one
    assert (tmp_path / "x" / "metadata.tsv").read_bytes() == b"a\nb\nc\n"


@pytest.mark.parametrize("name", ["v.tsv", "V.TSV", "v.tsv.gz"])
def test_files_for_the_projector(name: str, tmp_path: Path) -> None:
    projector.write(tmp_path / name, TABLE)
    beside = name.lower().replace("v.tsv", "v_metadata.tsv") if name.islower() else "V_metadata.tsv"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, beside])
    assert projector.read(tmp_path / name).vectors.tolist() == VECTORS.tolist()
    content = (tmp_path / name).read_bytes()
    content = gzip.decompress(content) if name.endswith(".gz") else content
    assert content == b"1.0\t0.1\n-2.5\t3.0\n0.001\t4.0\n"


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["1", "-2", "0"], np.int64),
        (["9" * 18], np.int64),
        (["9" * 19], np.float64),
        (["01"], np.float64),
        (["1", "2.5"], np.float64),
        (["1e5", "inf", "-inf", "nan", "3."], np.float64),
        (["+1"], object),
        (["1", ""], object),
        (["1", "x"], object),
        ([], object),
    ],
)
def test_columns_of_numbers(texts: list[str], found: Any) -> None:
    column = projector._column(texts)
    assert column.dtype == found
    assert len(column) == len(texts)
    assert found is object or column.tolist() == pytest.approx([float(text) for text in texts], nan_ok=True)


def read(folder: Path, metadata: str, encoding: str = "utf8") -> Any:
    (folder / "vectors.tsv").write_text("1\t2\n3\t4\n")
    (folder / "metadata.tsv").write_text(metadata, encoding=encoding)
    return projector.read(folder, Reading(encoding=encoding))


def test_keys_beside_vectors(tmp_path: Path) -> None:
    assert list(read(tmp_path, "a\nb\n").keys) == ["a", "b"]
    assert list(read(tmp_path, "a\nb\n\n\n").keys) == ["a", "b"]
    assert list(read(tmp_path, "ä\nb\n", "latin-1").keys) == ["ä", "b"]
    assert list(read(tmp_path, "a\n\n").keys) == ["a", ""]
    several = read(tmp_path, "word\tn\na\t1\nb\t2\n")
    assert (list(several.keys), several.attributes["n"].tolist()) == (["a", "b"], [1, 2])


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("a\nb\nc\n", "keys for 3 vectors, and .* has 2; one column has no line of names above it$"),
        ("a\nb\nc\nd\n", "keys for 4 vectors, and .*vectors.tsv has 2$"),
        ("a\n", "keys for 1 vectors, and .*vectors.tsv has 2$"),
        ("", "keys for 0 vectors, and .*vectors.tsv has 2$"),
        ("k\tn\na\t1\nb\t2\nc\t3\n", "keys for 3 vectors, and .*vectors.tsv has 2$"),
        ("k\tn\na\t1\nb\t2\t3\n", "line 3 has 3 columns, expected 2$"),
        ("a\nb\tx\n", "line 2 has 2 columns, expected 1$"),
        ("a\na\n", "the key 'a' comes twice, as row 1 and 2: rename one$"),
        ("k\tk\na\t1\nb\t2\n", "line 1: two columns have the same name: k, k$"),
        ("\t".join(["n" * 150] * 2) + "\n", f"line 1: two columns have the same name: {'n' * 150}, {'n' * 48}$"),
    ],
)
def test_keys_that_do_not_fit(metadata: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^{tmp_path / 'metadata.tsv'}: {message}"):
        read(tmp_path, metadata)


def test_no_file_of_keys(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("1\t2\n")
    with pytest.raises(
        ValueError, match=r"x.tsv: numbers without keys, and there is no x_metadata.tsv beside it: put a"
    ):
        projector.read(tmp_path / "x.tsv")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["a", ""], "cannot hold the key '', as lines without text are skipped"),
        (["a", " "], "cannot hold the key ' ', as lines without text are skipped"),
        (["a", "b\tc"], r"cannot hold 'b\\tc', which has a tab in it"),
        (["a", "b\r"], r"cannot hold the key 'b\\r', which has a line end in it"),
        (["\ufeffa", "b"], "in its first line: it begins like a byte order mark"),
        (["a", "\ud800"], r"cannot hold the key '\\ud800', which has half a character in it"),
        (["a", None], "a row has no key"),
    ],
)
def test_keys_that_a_table_cannot_hold(keys: list[Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        projector.write(tmp_path / "x.tsv", VectorTable(keys, VECTORS[:2]))
    assert list(tmp_path.iterdir()) == []


def test_a_mark_may_stand_in_later_lines(tmp_path: Path) -> None:
    projector.write(tmp_path / "x.tsv", VectorTable(["a", "\ufeffb"], VECTORS[:2]))
    assert list(projector.read(tmp_path / "x.tsv").keys) == ["a", "\ufeffb"]
    named = VectorTable(["\ufeffa", "b"], VECTORS[:2], {"n": np.array([1, 2])})  # below a line of names
    projector.write(tmp_path / "y.tsv", named)
    assert list(projector.read(tmp_path / "y.tsv").keys) == ["\ufeffa", "b"]
