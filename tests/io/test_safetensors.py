"""fastemb's own files: round trips and damage."""

import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fastemb.io import safetensors
from fastemb.io.keys import pack_keys, unpack_keys
from fastemb.io.safetensors import read_tensors, write_tensors

DTYPES = ["?", "u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "u8", "i8", "f8"]
SHARED_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def some_arrays():
    shapes = array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
    return st.dictionaries(st.text(max_size=5), st.sampled_from(DTYPES).flatmap(lambda code: arrays(code, shapes)))


@SHARED_FOLDER
@given(
    tensors=some_arrays(),
    metadata=st.dictionaries(st.text(max_size=5), st.text(max_size=9)),
    mmap=st.sampled_from([None, "r", "r+", "c"]),
)
def test_round_trip(tmp_path, tensors, metadata, mmap):
    write_tensors(tmp_path / "x", tensors, metadata)
    got, got_metadata = read_tensors(tmp_path / "x", mmap)
    assert got_metadata == metadata
    assert got.keys() == tensors.keys()
    for name, array in tensors.items():
        assert (got[name].dtype, got[name].shape) == (array.dtype, array.shape)
        assert got[name].tobytes() == array.tobytes()


def test_strided_and_big_endian_arrays(tmp_path):
    padded = np.arange(60_000 * 48, dtype=np.float32).reshape(-1, 48)
    write_tensors(tmp_path / "x", {"a": padded[:, :40], "b": np.arange(5, dtype=">i4"), "c": padded.T}, {})
    got, _ = read_tensors(tmp_path / "x")
    np.testing.assert_array_equal(got["a"], padded[:, :40])
    np.testing.assert_array_equal(got["b"], np.arange(5))
    np.testing.assert_array_equal(got["c"], padded.T)
    assert got["b"].dtype == np.int32


def test_layout(tmp_path):
    write_tensors(tmp_path / "x", {"b": np.arange(3, dtype=np.uint8), "a": np.arange(2.0)}, {"k": "v"})
    data = (tmp_path / "x").read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert (8 + length) % 64 == 0
    assert json.loads(data[8 : 8 + length]) == {
        "__metadata__": {"k": "v"},
        "a": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]},
        "b": {"dtype": "U8", "shape": [3], "data_offsets": [16, 19]},
    }
    assert data[8 + length :] == np.arange(2.0).tobytes() + b"\0\1\2"


def test_mapped_arrays_are_read_only_and_the_data_are_aligned(tmp_path):
    write_tensors(tmp_path / "x", {"a": np.ones((3, 5), np.float32)}, {})
    array = read_tensors(tmp_path / "x", mmap="r")[0]["a"]
    assert not array.flags.writeable
    assert not array.flags.owndata
    assert array.ctypes.data % 64 == 0


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([None]), np.array([1j]), np.array(["2020"], "M8[s]")])
def test_dtypes_that_cannot_be_stored(tmp_path, array):
    with pytest.raises(TypeError, match="'bad'"):
        write_tensors(tmp_path / "x", {"bad": array}, {})
    assert list(tmp_path.iterdir()) == []


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype="U8", shape=(2,), offsets=(0, 2)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a safetensors file"),
        (b"1234567", "not a safetensors file"),
        (b"12345678", "not a safetensors file"),
        (b"\x80\x04\x95abcdefghijk", "pickle"),
        (b"\xff" * 7 + b"\x7f{", "not a safetensors file"),
        ((1000).to_bytes(8, "little") + b"{}", "ends within its header"),
        (file_of(b"{nonsense}"), "damaged header"),
        (file_of(b'{"a":\xff}'), "damaged header"),
        (file_of(b'{"a":' * 20000), "damaged header"),
        (file_of(b'{"a":1,"a":1}'), "twice"),
        (file_of({"a": 1}), "not described"),
        (file_of({"a": {**entry(), "more": 1}}, b"12"), "not described"),
        (file_of({"a": entry("X8")}, b"12"), "unknown dtype"),
        (file_of({"a": entry(["U8"])}, b"12"), "unknown dtype"),
        (file_of({"a": entry(shape=[-1])}, b"12"), "bad shape"),
        (file_of({"a": entry(shape=[2.0])}, b"12"), "bad shape"),
        (file_of({"a": entry(shape=[True])}, b"1"), "bad shape"),
        (file_of({"a": entry(offsets=[0])}, b"12"), "bad offsets"),
        (file_of({"a": entry(offsets=[2, 0])}, b"12"), "does not fit"),
        (file_of({"a": entry(shape=[3])}, b"12"), "does not fit"),
        (file_of({"a": entry(shape=[1 << 40, 1 << 40], offsets=[0, 1 << 61])}, b"12"), "does not fit"),
        (file_of({"a": entry(shape=[1 << 63])}, b"12"), "bad shape"),
        (file_of({"a": entry(shape=[1] * 64 + [2])}, b"12"), "does not fit"),
        (file_of({"a": entry("F32", [1 << 40], [0, 1 << 42])}, b"12"), "ends early"),
        (file_of({"a": entry()}, b"1"), "ends early"),
        (file_of({"a": entry()}, b"123"), "1 bytes too many"),
        (file_of({"a": entry(offsets=[1, 3])}, b"123"), "gap"),
        (file_of({"a": entry(), "b": entry(offsets=[1, 3])}, b"123"), "overlaps"),
        (file_of({"__metadata__": {"a": 1}}), "metadata"),
        (file_of({"__metadata__": []}), "metadata"),
    ],
)
@pytest.mark.parametrize("mmap", [None, "r", "r+", "c"])
def test_damaged_files(tmp_path, content, message, mmap):
    path = tmp_path / "vectors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_tensors(path, mmap)
    assert str(path) in str(caught.value)


@SHARED_FOLDER
@given(
    at=st.integers(0, 400),
    junk=st.binary(min_size=1, max_size=4),
    cut=st.integers(0, 100),
    mmap=st.sampled_from([None, "r", "r+", "c"]),
)
def test_mangled_files_never_crash(tmp_path, at, junk, cut, mmap):
    path = tmp_path / "x"
    write_tensors(path, {"a": np.arange(20.0), "b": np.ones((2, 2), np.int16)}, {"k": "v"})
    data = path.read_bytes()
    at %= len(data)
    path.write_bytes((data[:at] + junk + data[at + len(junk) :])[: len(data) - cut])
    try:
        tensors, _ = read_tensors(path, mmap)
    except ValueError:
        return
    assert all(isinstance(array, np.ndarray) for array in tensors.values())


whole_numbers = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.text()) | st.lists(whole_numbers, min_size=1) | st.lists(st.text() | whole_numbers))
def test_keys_come_back(keys):
    tensors, key_type = pack_keys(keys)
    assert unpack_keys("x", tensors, key_type) == keys
    assert list(map(type, unpack_keys("x", tensors, key_type))) == list(map(type, keys))


@pytest.mark.parametrize(
    "text", ["", "x", "i", "i1.5", "i٣", "i9223372036854775808", "i-9223372036854775809", "i" + "1" * 9000]
)
def test_mixed_keys_that_are_damaged(text):
    tensors, _ = pack_keys([text])
    with pytest.raises(ValueError, match="x: the keys are missing or damaged"):
        unpack_keys("x", tensors, "mixed")


def test_mixed_keys_at_the_ends_of_64_bits() -> None:
    ends = ["a", -(2**63), 2**63 - 1]
    assert unpack_keys("x", *pack_keys(ends)) == ends


@pytest.mark.parametrize("keys", [[2**63], [-(2**63) - 1], ["a", 2**63]])
def test_integers_that_do_not_fit_are_refused(keys):
    with pytest.raises(OverflowError, match=r"integer keys must fit in 64 bits with sign to be saved; make .* a str"):
        pack_keys(keys)


@pytest.mark.parametrize("keys", [["a", 1.5], [1, "a", None], [1.5], [None], [("a",)], [True], ["a", True], [b"a"]])
def test_keys_of_other_types_are_refused(keys):
    with pytest.raises(TypeError, match="keys must be"):
        pack_keys(keys)


@pytest.mark.parametrize(
    ("keys", "offsets"),
    [
        ([65, 66], [0, 1]),
        ([65, 66], [1, 2]),
        ([65, 66], [0, 3, 2]),
        ([65, 66], []),
        ([65, 255], [0, 1, 2]),
        ([65, 66], [0.0, 2.0]),
    ],
)
def test_damaged_keys(keys, offsets):
    tensors = {"keys": np.array(keys, np.uint8), "key_offsets": np.array(offsets)}
    if not offsets:
        tensors["key_offsets"] = np.array([], np.int64)
    with pytest.raises(ValueError, match="key"):
        unpack_keys("x", tensors, "str")
    with pytest.raises(ValueError, match="key"):
        unpack_keys("x", {}, "str")
    with pytest.raises(ValueError, match="key"):
        unpack_keys("x", tensors, None)


# ---- bounds ----


@pytest.mark.parametrize("mmap", [None, "r"])
def test_sizes_at_their_bounds(tmp_path, mmap):
    path = tmp_path / "x"
    path.write_bytes(file_of({"a": entry(shape=[1] * 31 + [2])}, b"12"))
    assert read_tensors(path, mmap)[0]["a"].shape == (1,) * 31 + (2,)
    path.write_bytes(file_of({"a": entry(shape=[1] * 33, offsets=[0, 1])}, b"1"))
    with pytest.raises(ValueError, match=r"array 'a' of shape \[1, .* does not fit its offsets \[0, 1\]"):
        read_tensors(path, mmap)
    path.write_bytes(file_of({"a": entry(shape=[(1 << 62) - 1], offsets=[0, 2])}, b"12"))
    with pytest.raises(ValueError, match=r"array 'a' of shape \[4611686018427387903\] does not fit"):
        read_tensors(path, mmap)
    path.write_bytes(file_of({"a": entry(shape=[1 << 62], offsets=[0, 2])}, b"12"))
    with pytest.raises(ValueError, match="array 'a' has a bad shape or bad offsets"):
        read_tensors(path, mmap)


def test_a_header_has_the_longest_length_or_is_none():
    longest = safetensors._LONGEST_HEADER
    assert safetensors.starts_like_tensors(longest.to_bytes(8, "little") + b"{")
    assert not safetensors.starts_like_tensors((longest + 1).to_bytes(8, "little") + b"{")
    assert not safetensors.starts_like_tensors(longest.to_bytes(8, "little") + b"[{")


def test_a_header_of_the_longest_length_is_written(monkeypatch):
    monkeypatch.setattr(safetensors, "_LONGEST_HEADER", 200)
    empty = len(json.dumps({"__metadata__": {"k": ""}}, separators=(",", ":")))
    most = 200 - 64 - empty
    assert len(safetensors.tensor_header([], {"k": "x" * most})) + 8 == 192
    with pytest.raises(ValueError, match="takes 137 bytes, of which a file holds 200; the largest part is 'k'"):
        safetensors.tensor_header([], {"k": "x" * (most + 1)})
    long = {"a": "x" * 50, "b": "x" * 100, "c": "x" * 80}
    with pytest.raises(ValueError, match="the largest part is 'b'"):
        safetensors.tensor_header([], long)


@pytest.mark.parametrize("room", [0, 30, 100, 200])
def test_a_header_has_as_much_room_as_is_asked_for(room):
    header = safetensors.tensor_header([("a", np.zeros(2))], {}, room)
    plain = safetensors.tensor_header([("a", np.zeros(2))], {})
    assert header.rstrip() == plain.rstrip()
    assert (8 + len(header)) % 64 == 0
    assert max(room, len(plain.rstrip())) <= len(header) < max(room, len(plain.rstrip())) + 64


def test_a_header_of_many_values_is_refused(tmp_path, monkeypatch):
    write_tensors(tmp_path / "x", {"a": np.zeros(2)}, {})
    monkeypatch.setattr(safetensors, "_MOST_VALUES", 4)  # commas
    assert list(read_tensors(tmp_path / "x")[0]) == ["a"]
    monkeypatch.setattr(safetensors, "_MOST_VALUES", 3)
    with pytest.raises(ValueError, match="x: damaged header: more than 3 values"):
        read_tensors(tmp_path / "x")


def test_arrays_that_are_not_aligned(tmp_path):
    path = tmp_path / "x"
    numbers = np.array([1.5, -2.0], "<f4")
    header = {"b": entry(shape=[1], offsets=[0, 1]), "a": entry("F32", [2], [1, 9])}
    path.write_bytes(file_of(header, b"7" + numbers.tobytes()))
    for mmap in (None, "r", "c"):
        tensors, _ = read_tensors(path, mmap)
        assert tensors["a"].tolist() == [1.5, -2]
        assert tensors["b"].tolist() == [ord("7")]
        assert tensors["a"].flags.writeable == (mmap is None)
        assert tensors["b"].flags.writeable == (mmap != "r")
    with pytest.raises(
        ValueError, match=f"^{path}: mmap='r\\+' needs arrays that are aligned in the file; save it anew"
    ):
        read_tensors(path, "r+")


def test_what_is_changed_in_a_map(tmp_path):
    for mmap, stays in (("c", 1.0), ("r+", 5.0)):
        write_tensors(tmp_path / "x", {"a": np.ones(3, np.float32)}, {})
        array = read_tensors(tmp_path / "x", mmap)[0]["a"]
        array[1] = 5
        assert array.tolist() == [1, 5, 1]
        assert read_tensors(tmp_path / "x")[0]["a"].tolist() == [1, stays, 1]


def test_one_array_of_a_file(tmp_path):
    halves = np.array([0x3F80, 0xC000, 0x0001], np.uint16)  # 1, -2 and the least of bfloat16
    write_tensors(tmp_path / "x", {"a": halves, "b": np.arange(3.0)}, {"k": "v"})
    whole = (tmp_path / "x").read_bytes()
    (tmp_path / "x").write_bytes(whole.replace(b'"U16"', b'"BF16"').replace(b"  ", b" ", 1))
    found = safetensors.read_one(tmp_path / "x", "a")
    assert found.dtype == np.float32
    assert found.tolist() == [1.0, -2.0, 2.0**-133]
    assert safetensors.read_one(tmp_path / "x", "b").tolist() == [0, 1, 2]
    with pytest.raises(KeyError, match="c"):
        safetensors.read_one(tmp_path / "x", "c")
    places, metadata = safetensors.read_header(tmp_path / "x")
    assert metadata == {"k": "v"}
    assert {name: tuple(place) for name, place in places.items()} == {
        "a": ("BF16", (3,), 24, 30),
        "b": ("F64", (3,), 0, 24),
    }


@pytest.mark.parametrize("block", [1, 8, 12, 1 << 20])
def test_arrays_go_in_blocks_of_any_size(tmp_path, block, monkeypatch):
    monkeypatch.setattr(safetensors, "_BLOCK_BYTES", block)
    values = np.arange(35, dtype=np.float32).reshape(7, 5)
    tensors = {"a": values[:, 1:4], "b": np.array(3.5), "c": np.zeros((0, 4)), "d": values.T}
    write_tensors(tmp_path / "x", tensors, {})
    for mmap in (None, "r"):
        found, _ = read_tensors(tmp_path / "x", mmap)
        for name, array in tensors.items():
            assert found[name].shape == array.shape
            assert found[name].tolist() == array.tolist()


class Parts(io.BytesIO):
    """Notes how long the parts are that are written."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def write(self, data, /):
        self.sizes.append(len(data))
        return super().write(data)


@pytest.mark.parametrize(("block", "parts"), [(1, [12] * 4), (24, [24] * 2), (36, [36, 12]), (99, [48])])
def test_arrays_are_written_some_rows_at_a_time(block, parts, monkeypatch):
    monkeypatch.setattr(safetensors, "_BLOCK_BYTES", block)
    file = Parts()
    write_tensors(file, {"a": np.zeros((4, 3), np.float32)}, {})
    assert file.sizes[2:] == parts
