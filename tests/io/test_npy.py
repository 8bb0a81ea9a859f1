"""Arrays as numpy.save writes them, at the bounds of what is read, and in pieces of any size."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from fastemb.io.formats import npy
from fastemb.io.formats.npy import Header
from fastemb.io.formats.rows import MOST_DIMENSIONS
from fastemb.io.unpack import TruncatedFileError

VALUES = np.arange(12, dtype=np.float32).reshape(4, 3)


def header_of(text: str, version: bytes = b"\1\0") -> bytes:
    size = 2 if version == b"\1\0" else 4
    return b"\x93NUMPY" + version + len(text).to_bytes(size, "little") + text.encode()


def shape_of(shape: str, kind: str = "<f4") -> io.BytesIO:
    return io.BytesIO(header_of(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n"))


def test_a_header_tells_size_and_what_it_is() -> None:
    found = npy.read_header("f", shape_of("(4, 3)"))
    assert found == ((4, 3), False, np.dtype("<f4"))
    assert (found.size, str(found)) == (48, "float32 [4, 3]")
    assert npy.read_header("f", shape_of("()", "<f8")).size == 8


def test_longer_headers_have_a_second_version() -> None:
    text = "{'descr': '<f4', 'fortran_order': True, 'shape': (4, 3), }\n"
    assert npy.read_header("f", io.BytesIO(header_of(text, b"\2\0"))) == ((4, 3), True, np.dtype("<f4"))
    long = io.BytesIO(header_of(text + " " * 10_000, b"\2\0"))
    with pytest.raises(ValueError, match=r"^f: the file is damaged, or holds no numbers: Header info length"):
        npy.read_header("f", long)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (f"({1 << 62}, 1)", "|u1"),
        (f"({1 << 61}, 2)", "|u1"),
        (f"({1 << 60},)", "<f4"),
        ("(-1,)", "<f4"),
        (f"({1 << 62}, 0)", "|u1"),
    ],
)
def test_headers_that_promise_more_than_files_hold(shape: str, kind: str) -> None:
    with pytest.raises(ValueError, match=r"^f: the header promises more than any file has bytes for: "):
        npy.read_header("f", shape_of(shape, kind))
    assert npy.read_header("f", shape_of(f"({(1 << 62) - 1},)", "|u1")).size == (1 << 62) - 1
    assert npy.read_header("f", shape_of("(0, 5)")).size == 0


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8", ">i2"])
@pytest.mark.parametrize("known", [True, False])
def test_arrays_are_read_in_pieces(order: Any, kind: str, known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.asarray(VALUES, kind, order=order)
    file = io.BytesIO()
    np.save(file, values)
    for block, first in ((1, 1), (8, 4), (7, 20), (1 << 20, 1 << 20)):
        monkeypatch.setattr(npy, "_BLOCK_BYTES", block)
        monkeypatch.setattr(npy, "_FIRST_BYTES", first)
        file.seek(0)
        header = npy.read_header("f", file)
        found = npy.read_array("f", file, header, values.nbytes if known else None)
        assert found.tolist() == VALUES.tolist()
        assert found.dtype == np.dtype(kind).newbyteorder("=")


@pytest.mark.parametrize("shape", [(3, 0), (0, 3), (0,)])
@pytest.mark.parametrize("fortran", [False, True])
def test_arrays_without_numbers_have_their_shape(shape: tuple[int, ...], fortran: bool) -> None:
    found = npy.read_array("f", io.BytesIO(), Header(shape, fortran, np.dtype("<f4")), 0)
    assert (found.shape, found.dtype) == (shape, np.float32)


def test_bytes_that_are_missing_or_left_over_are_counted() -> None:
    header = Header((4, 3), False, np.dtype("<f4"))
    with pytest.raises(TruncatedFileError, match=r"^f: the file ends early: float32 \[4, 3\] needs 48 bytes, 47 foll"):
        npy.read_array("f", io.BytesIO(bytes(47)), header, 47)
    with pytest.raises(ValueError, match=r"^f: 2 bytes too many after the array"):
        npy.read_array("f", io.BytesIO(bytes(50)), header, 50)
    for fortran in (False, True):
        with pytest.raises(TruncatedFileError, match=r"^f: the file ends early, within the array"):
            npy.read_array("f", io.BytesIO(bytes(47)), header._replace(fortran=fortran), 48)
    with pytest.raises(ValueError, match=r"^f: more follows after the array"):
        npy.read_array("f", io.BytesIO(bytes(49)), header, None)


@pytest.mark.parametrize(
    ("shape", "kind", "message"),
    [
        ((4,), "<f4", r"vectors are a matrix of float16, float32 or float64; this is float32 \[4\]"),
        ((4, 3), "<i4", "vectors are a matrix"),
        ((4, 3), "<f16", "vectors are a matrix"),
        ((4, 3), "<c8", "vectors are a matrix"),
        ((4, 0), "<f4", "0 dimensions, where 1 to 1,048,576 can be read"),
        ((4, MOST_DIMENSIONS + 1), "<f4", "1,048,577 dimensions, where 1 to 1,048,576 can be read"),
    ],
)
def test_what_are_no_vectors(shape: tuple[int, ...], kind: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^f: {message}"):
        npy.refuse_no_matrix("f", Header(shape, False, np.dtype(kind)))


@pytest.mark.parametrize(("dims", "kind"), [(1, "<f2"), (1, "<f8"), (MOST_DIMENSIONS, "<f4")])
def test_what_are_vectors(dims: int, kind: str) -> None:
    npy.refuse_no_matrix("f", Header((0, dims), False, np.dtype(kind)))


class Parts(io.BytesIO):
    """Notes how long the parts are that are written."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def write(self, data: Any, /) -> int:
        self.sizes.append(len(data))
        return super().write(data)


@pytest.mark.parametrize(
    ("block", "parts"), [(1, [12] * 4), (12, [12] * 4), (24, [24] * 2), (36, [36, 12]), (99, [48])]
)
def test_arrays_are_written_some_rows_at_a_time(block: int, parts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npy, "_BLOCK_BYTES", block)
    padded = np.zeros((4, 5), np.float32)
    padded[:, :3] = VALUES
    for values in (VALUES, padded[:, :3], VALUES.astype(">f4")):
        file = Parts()
        npy.write_array(file, values)
        expected = io.BytesIO()
        np.save(expected, np.ascontiguousarray(values))
        assert file.getvalue() == expected.getvalue()
        assert file.sizes[-len(parts) :] == parts
