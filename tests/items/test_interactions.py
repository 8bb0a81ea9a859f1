"""Every door gives the same sessions, and what cannot be a session is refused with its row."""

from __future__ import annotations

import gzip
import math
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb.items import Interactions

pytestmark = pytest.mark.filterwarnings("ignore:.*rows of a matrix of ratings")

BASKETS: list[list[Any]] = [["milk", "bread"], [], ["bread", "eggs", "milk"], ["tea"]]
TABLE: dict[str, Any] = {
    "user": ["b", "a", "b", "a", "c", "a"],
    "item": ["milk", "tea", "bread", "milk", "tea", "milk"],
    "time": [5.0, 2.0, 1.0, 1.0, 0.0, 9.0],
    "weight": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
}
BY_TIME = {"b": ["bread", "milk"], "a": ["milk", "tea", "milk"], "c": ["tea"]}


def by_key(data: Interactions) -> dict[Any, list[Any]]:
    return dict(zip(data.session_keys, data, strict=True))


# ---- baskets, ids, matrices ----


def test_baskets_come_back_as_they_were() -> None:
    data = Interactions.from_baskets(iter(BASKETS))
    assert list(data) == BASKETS
    assert data.shape == (4, 4)
    assert list(data.session_keys) == [0, 1, 2, 3]


def test_items_may_be_of_any_hashable_kind() -> None:
    baskets: list[list[Any]] = [[("a", 1), 2, "x"], [2.5, frozenset({1})]]
    assert list(Interactions.from_baskets(baskets)) == baskets


def test_baskets_keep_their_numbers_over_many_batches() -> None:
    many: list[Any] = [[f"item {number % 700}", "tea"] for number in range(6000)]
    late: list[Any] = [(number, "tea") for number in range(50)]
    data = Interactions.from_baskets([*many, [], *late])
    assert list(data) == [*many, [], *map(list, late)]
    with pytest.raises(ValueError, match="basket 6000: an item is missing"):
        Interactions.from_baskets([*many, ["tea", None], [math.nan]])
    with pytest.raises(TypeError, match=r"basket 6001 is not a list of hashable items: it holds the list \[\]"):
        Interactions.from_baskets([*many, ["tea"], ["tea", []]])
    with pytest.raises(TypeError, match="basket 6000 is a str, not a list of items: the str 'tea'"):
        Interactions.from_baskets([*many, "tea"])


def test_only_the_columns_named_are_read_of_parquet_and_others_are_listed(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    (tmp_path / "t.parquet").mkdir()
    for name, items in (("a", ["x", "y"]), ("b", ["z"])):
        table = pa.table({"user": [7] * len(items), "item": items, "other": [[{"a": 1}]] * len(items)})
        pq.write_table(table, tmp_path / "t.parquet" / f"{name}.parquet")
    data = Interactions.from_file(tmp_path / "t.parquet", session="user", item="item")
    assert list(data) == [["x", "y", "z"]]
    with pytest.raises(KeyError, match=r"a\.parquet: the table has no column 'z'; it has 'user', 'item', 'other'"):
        Interactions.from_file(tmp_path / "t.parquet", session="user", item="z")


@pytest.mark.parametrize("bad", ["milk", 5, [["milk"]], None])
def test_what_is_no_basket_is_refused(bad: Any) -> None:
    with pytest.raises(TypeError, match="basket 1"):
        Interactions.from_baskets([["milk"], bad])


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_item_is_refused(missing: Any) -> None:
    with pytest.raises(ValueError, match="basket 1: an item is missing"):
        Interactions.from_baskets([["milk"], ["tea", missing]])


def test_session_keys_must_fit() -> None:
    assert list(Interactions.from_baskets([["a"], ["b"]], session_keys=["x", "y"]).session_keys) == ["x", "y"]
    for keys, told in (
        (["x"], "2 sessions"),
        (["x", "x"], "'x' comes more than once"),
        (["x", "y", "z"], "2 sessions"),
    ):
        with pytest.raises(ValueError, match=told):
            Interactions.from_baskets([["a"], ["b"]], session_keys=keys)


def test_ids_with_and_without_keys() -> None:
    ids, offsets = [5, 7, 5], [0, 2, 2, 3]
    assert list(Interactions.from_ids(ids, offsets)) == [[5, 7], [], [5]]
    assert list(Interactions.from_ids([0, 1, 0], offsets, keys=["x", "y"])) == [["x", "y"], [], ["x"]]


@pytest.mark.parametrize(
    ("ids", "offsets", "keys", "error"),
    [
        ([0.5], [0, 1], None, TypeError),
        ([[0]], [0, 1], None, ValueError),
        ([-1], [0, 1], None, ValueError),
        ([0], [0, 2], None, ValueError),
        ([0], [1, 1], None, ValueError),
        ([0, 1], [0, 2, 1, 2], None, ValueError),
        ([0], [], None, ValueError),
        ([2], [0, 1], ["a", "b"], ValueError),
        ([-1], [0, 1], ["a", "b"], ValueError),
        ([0], [0, 1], ["a", "a"], ValueError),
    ],
)
def test_ids_that_do_not_fit_are_refused(ids: Any, offsets: Any, keys: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Interactions.from_ids(ids, offsets, keys=keys)


class Csr:
    """What SciPy's matrices look like from here."""

    format = "csr"

    def __init__(self, indptr: Any, indices: Any, data: Any) -> None:
        self.indptr, self.indices, self.data = (np.array(part) for part in (indptr, indices, data))


def test_a_sparse_matrix_has_weights_where_its_values_differ() -> None:
    plain = Interactions.from_csr(Csr([0, 2, 3], [4, 1, 4], [1, 1, 1]))
    assert list(plain) == [[4, 1], [4]]
    assert plain.weights is None
    weighted = Interactions.from_csr(Csr([0, 2, 3], [4, 1, 4], [1, 0, 3]))
    assert list(weighted) == [[4], [4]]
    assert weighted.weights is not None
    assert weighted.weights.tolist() == [1, 3]
    assert list(Interactions.from_csr((np.array([0, 1]), np.array([0])), keys=["x"])) == [["x"]]


def test_scipy_matrices() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[1, 0, 2], [0, 0, 0]])
    for made in (sparse.csr_matrix(dense), sparse.csr_array(dense)):
        assert list(Interactions.from_any(made)) == [[0, 2], []]
    assert list(Interactions.from_any(sparse.coo_array(dense))) == [[0, 2], []]
    with pytest.raises(TypeError, match="tocsr"):
        Interactions.from_csr(sparse.csc_matrix(dense))


def test_pairs_of_arrays_are_baskets_and_spare_room_of_a_matrix_is_none() -> None:
    assert list(Interactions.from_any((np.array([0, 2]), np.array([3, 4])))) == [[0, 2], [3, 4]]
    assert list(Interactions.from_csr(Csr([0, 2, 3], [4, 1, 4, 9, 9], [1, 1, 1, -5, 0]))) == [[4, 1], [4]]
    with pytest.raises(ValueError, match="offsets"):
        Interactions.from_csr(Csr([0, 2, 9], [4, 1, 4], [1, 1, 1]))


def test_ids_of_64_bits_without_a_sign() -> None:
    assert list(Interactions.from_ids(np.array([2**63 - 1], np.uint64), [0, 1])) == [[2**63 - 1]]
    with pytest.raises(ValueError, match=r"ids must be below 2\*\*63"):
        Interactions.from_ids(np.array([2**63], np.uint64), [0, 1])


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_bad_values_of_a_matrix_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"row 1 \(counting from 0\): the value is"):
        Interactions.from_csr(Csr([0, 2], [0, 1], [1.0, value]))


# ---- tables ----


def pandas_table() -> Any:
    return pytest.importorskip("pandas").DataFrame(TABLE)


def polars_table() -> Any:
    return pytest.importorskip("polars").DataFrame(TABLE)


def arrow_table() -> Any:
    return pytest.importorskip("pyarrow").table(TABLE)


class Stream:
    """Nothing but an Arrow stream, as many data frames export."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


TABLES: dict[str, Callable[[], Any]] = {
    "dict of lists": lambda: TABLE,
    "dict of arrays": lambda: {name: np.array(column) for name, column in TABLE.items()},
    "pandas": pandas_table,
    "polars": polars_table,
    "Arrow": arrow_table,
    "Arrow stream": lambda: Stream(arrow_table()),
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_of_table_gives_the_same_sessions(kind: str) -> None:
    table = TABLES[kind]()
    data = Interactions.from_table(table, session="user", item="item", time="time", weight="weight")
    assert by_key(data) == BY_TIME
    assert data.weights is not None
    assert data.weights.tolist() == [3, 1, 4, 2, 6, 5]
    assert data.times is not None
    assert data.times.tolist() == [1, 5, 1, 2, 9, 0]
    unordered = Interactions.from_table(table, session="user", item="item")
    assert by_key(unordered) == {"b": ["milk", "bread"], "a": ["tea", "milk", "milk"], "c": ["tea"]}


MOMENTS = [datetime(2024, 5, 17, 12, minute) for minute in (0, 10, 55)]


@pytest.mark.parametrize(
    "times",
    [
        MOMENTS,
        [moment.isoformat() for moment in MOMENTS],
        np.array(MOMENTS, "datetime64[ns]"),
        [moment.timestamp() for moment in MOMENTS],
    ],
)
@pytest.mark.parametrize("gap", [1800, 1800.0, timedelta(minutes=30), np.timedelta64(30, "m")])
def test_sessions_are_split_at_gaps(times: Any, gap: Any) -> None:
    table = {"user": ["u", "u", "u"], "item": [1, 2, 3], "time": times}
    data = Interactions.from_table(table, session="user", item="item", time="time", gap=gap)
    assert by_key(data) == {("u", 0): [1, 2], ("u", 1): [3]}


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_dates_of_data_frames_are_seconds(library: str) -> None:
    frame = pytest.importorskip(library).DataFrame({"user": ["u"] * 3, "item": [1, 2, 3], "time": MOMENTS})
    data = Interactions.from_table(frame, session="user", item="item", time="time")
    assert data.times is not None
    np.testing.assert_allclose(np.diff(data.times), [600, 2700])


def test_a_gap_of_exactly_that_length_does_not_split() -> None:
    table = {"user": [1, 1, 1, 2], "item": [1, 2, 3, 4], "time": [-10, 0, 11, 12]}
    data = Interactions.from_table(table, session="user", item="item", time="time", gap=10)
    assert by_key(data) == {(1, 0): [1, 2], (1, 1): [3], (2, 0): [4]}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("user", None, r"row 1 \(counting from 0\): the user is missing"),
        ("item", None, r"row 1 \(counting from 0\): the item is missing"),
        ("item", float("nan"), r"row 1 \(counting from 0\): the item is missing"),
        ("time", float("nan"), r"row 1 \(counting from 0\): the time is missing"),
        ("time", None, r"row 1 \(counting from 0\): the time is missing"),
        ("time", float("inf"), r"row 1 \(counting from 0\): the time is infinite"),
        ("time", "soon", r"row 1 \(counting from 0\): the time must be numbers, or dates .* not 'soon'"),
        ("weight", float("nan"), r"row 1 \(counting from 0\): the weight is missing"),
        ("weight", -1.0, r"row 1 \(counting from 0\): the weight is negative"),
        ("weight", float("-inf"), r"row 1 \(counting from 0\): the weight is infinite"),
        ("weight", "much", r"row 1 \(counting from 0\): the weight must be numbers, not 'much'"),
    ],
)
def test_bad_values_are_refused_with_their_row(column: str, value: Any, message: str) -> None:
    table = TABLE | {column: [TABLE[column][0], value, *TABLE[column][2:]]}
    with pytest.raises(ValueError, match=message):
        Interactions.from_table(table, session="user", item="item", time="time", weight="weight")


@pytest.mark.parametrize("library", ["pandas", "polars", "Arrow"])
@pytest.mark.parametrize("column", ["user", "item", "time", "weight"])
def test_missing_values_of_every_kind_of_table_are_refused(library: str, column: str) -> None:
    values = TABLE | {column: [TABLE[column][0], None, *TABLE[column][2:]]}
    name = "pyarrow" if library == "Arrow" else library
    module = pytest.importorskip(name)
    table = module.table(values) if library == "Arrow" else module.DataFrame(values)
    with pytest.raises(ValueError, match=rf"row 1 \(counting from 0\): the {column} is missing"):
        Interactions.from_table(table, session="user", item="item", time="time", weight="weight")


def items_of(values: Any) -> list[Any]:
    table = {"user": [0] * len(values), "item": values}
    return Interactions.from_table(table, session="user", item="item")[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "values",
    [
        [1, "a"],
        [2**63 + 1, 2**63 + 3, -1],
        [2**53 + 1, 2**53, 0.5],
        [2**64, 2**64 + 1],
        [("a", 1), 2.5, "x"],
        [0.5, 1.0],
        [True, False],
        [datetime(2024, 1, 1), datetime(2025, 1, 1)],
    ],
)
def test_items_of_lists_stay_what_they_are(values: list[Any]) -> None:
    assert items_of(values) == values
    assert [type(item) for item in items_of(values)] == [type(value) for value in values]


def test_a_missing_item_among_text_is_missing() -> None:
    with pytest.raises(ValueError, match=r"row 0 \(counting from 0\): the item is missing"):
        items_of([float("nan"), "a"])


@pytest.mark.parametrize("values", [[34.0, 7.0, 34.0], np.array([34.0, 7.0, 34.0]), [34, 7.0, 34]])
def test_whole_numbers_are_int_whatever_their_type(values: Any) -> None:
    assert [(type(item), item) for item in items_of(values)] == [(int, 34), (int, 7), (int, 34)]
    baskets = Interactions.from_baskets([values])
    assert [(type(item), item) for item in baskets[0]] == [(int, 34), (int, 7), (int, 34)]


@pytest.mark.parametrize("kind", ["string", "Int64", "category"])
def test_missing_values_of_the_types_of_pandas(kind: str) -> None:
    pandas = pytest.importorskip("pandas")
    column = pandas.Series(["1", None, "2"] if kind != "Int64" else [1, None, 2], dtype=kind)
    with pytest.raises(ValueError, match=r"row 1 \(counting from 0\): the item is missing"):
        items_of(column)
    with pytest.raises(ValueError, match=r"basket 0: an item is missing"):
        Interactions.from_baskets([[1, pandas.NA]])
    numbers = pandas.Series([1, None, 2], dtype="Int64")
    with pytest.raises(ValueError, match=r"row 1 \(counting from 0\): the time is missing"):
        Interactions.from_table({"u": [1] * 3, "i": [1] * 3, "time": numbers}, session="u", item="i", time="time")


def test_dictionaries_of_arrow() -> None:
    arrow = pytest.importorskip("pyarrow")

    def column(codes: list[int], values: Any) -> Any:
        return arrow.DictionaryArray.from_arrays(arrow.array(codes, arrow.int8()), arrow.array(values))

    assert items_of(column([2, 0, 1, 2], ["a", "b", "a", None])) == ["a", "a", "b", "a"]
    data = Interactions.from_table({"u": [1, 1], "i": column([1, 1], ["x", "y"])}, session="u", item="i")
    assert data.item_keys == ["y"]
    for missing in (None, ""):
        with pytest.raises(ValueError, match=r"row 1 \(counting from 0\): the item is missing"):
            items_of(column([0, 1], ["a", missing]))
    with pytest.raises(ValueError, match=r"row 1 \(counting from 0\): the item is missing"):
        items_of(arrow.array(["a", ""]))


AWARE = ["2024-05-17T12:00:00+02:00", "2024-05-17T12:00:00Z", "2024-05-17T12:00"]


@pytest.mark.filterwarnings("error")
def test_time_zones_count(tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    path.write_text("u,i,t\n" + "".join(f"1,{number},{text}\n" for number, text in enumerate(AWARE)))
    moments = [datetime.fromisoformat(text) for text in AWARE]
    wanted = datetime(2024, 5, 17, 10, tzinfo=UTC).timestamp() + np.array([0, 7200, 7200])
    table = {"u": [1] * 3, "i": [0, 1, 2]}
    for times in (AWARE, moments, np.array(AWARE)):
        made = Interactions.from_table(table | {"t": times}, session="u", item="i", time="t")
        np.testing.assert_array_equal(made.times, wanted)
    np.testing.assert_array_equal(Interactions.from_file(path, session="u", item="i", time="t").times, wanted)


def test_events_of_weight_zero_are_dropped_and_negative_times_are_times() -> None:
    table = {"user": [1, 1, 1], "item": [1, 2, 3], "time": [0, -5, 3], "weight": [1, 2, 0]}
    data = Interactions.from_table(table, session="user", item="item", time="time", weight="weight")
    assert by_key(data) == {1: [2, 1]}


def test_wrong_tables() -> None:
    with pytest.raises(KeyError, match="no column 'film'; it has 'user'"):
        Interactions.from_table(TABLE, session="user", item="film")
    with pytest.raises(TypeError, match="not a table"):
        Interactions.from_table(5, session="user", item="item")
    with pytest.raises(ValueError, match="differ in length"):
        Interactions.from_table({"user": [1], "item": [1, 2]}, session="user", item="item")
    with pytest.raises(ValueError, match="one dimension"):
        Interactions.from_table({"user": np.ones((2, 2)), "item": np.ones(2)}, session="user", item="item")
    with pytest.raises(ValueError, match="name the column of times"):
        Interactions.from_table(TABLE, session="user", item="item", gap=5)
    for gap in (0, -1, float("nan"), timedelta(0)):
        with pytest.raises(ValueError, match="gap must be above 0"):
            Interactions.from_table(TABLE, session="user", item="item", time="time", gap=gap)
    for wrong in ([1], True, int):
        with pytest.raises(TypeError, match='gap must be a number, a timedelta or text such as "30min", not'):
            Interactions.from_table(TABLE, session="user", item="item", time="time", gap=wrong)
    for column, kind in (("text", "str"), ({1: 2}, "dict"), (5, "int")):
        with pytest.raises(TypeError, match=f"'item' is no column but a {kind}: give a list or an array"):
            Interactions.from_table({"user": [1, 2], "item": column}, session="user", item="item")
    with pytest.raises(TypeError, match="a dict may hold columns or baskets"):
        Interactions.from_any(TABLE)


def test_an_empty_table_has_no_sessions() -> None:
    for table in ({"user": [], "item": []}, {"user": np.array([], int), "item": np.array([], int)}):
        assert Interactions.from_table(table, session="user", item="item").shape == (0, 0)


# ---- files ----


def test_text_with_and_without_a_line_of_names(tmp_path: Path) -> None:
    lines = ["user,item,time", 'a,"milk, fresh",2024-01-02', "a,tea,2024-01-01", "b,tea,2024-01-03"]
    expected = {"a": ["tea", "milk, fresh"], "b": ["tea"]}
    options = {"session": "user", "item": "item", "time": "time"}
    (tmp_path / "named.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "bare.csv").write_text("\n".join(lines[1:]))
    with gzip.open(tmp_path / "named.csv.gz", "wt") as file:
        file.write("\ufeff" + "\r\n".join(lines))
    assert by_key(Interactions.from_file(tmp_path / "named.csv", **options)) == expected
    assert by_key(Interactions.from_file(tmp_path / "named.csv.gz", **options)) == expected
    bare = Interactions.from_file(tmp_path / "bare.csv", columns=["user", "item", "time"], **options)
    assert by_key(bare) == expected
    (tmp_path / "u.tsv").write_text("user\titem\n1\t2\n")
    assert list(Interactions.from_file(tmp_path / "u.tsv", session="user", item="item")) == [["2"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"user,item\na\n", "line 2: 1 field instead of 2"),
        (b'user,item\n\n"a\n",b\na,b,c\n', "line 5: 3 fields instead of 2"),
        (b"user,user\na,b\n", "comes twice"),
        (b"user,item\na,\xff\n", "not UTF-8"),
        (b'user,item\na,"b\n', "line"),
        (b"user,item\na,\n", "line 2: the item is missing"),
        (b"user,film\na,b\n", "no column 'item'"),
    ],
)
def test_damaged_text_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises((ValueError, KeyError), match=message) as caught:
        Interactions.from_file(path, session="user", item="item")
    assert "bad.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("folder", "name", "tabs"),
    [
        ("a.tsv.d", "t.csv", False),
        ("b", "t.txt.csv", False),
        ("c.csv", "t.tsv.gz", True),
        ("d", "T.TXT", True),
        ("e", "t.tsv.old", False),
    ],
)
def test_the_ending_of_the_name_tells_what_parts_fields(tmp_path: Path, folder: str, name: str, tabs: bool) -> None:
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / name
    text = "user,item\na,b\n".replace(",", "\t" if tabs else ",").encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert list(Interactions.from_file(path, session="user", item="item")) == [["b"]]


def test_numbers_and_times_of_a_text_are_told_by_the_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    options = {"session": "u", "item": "i", "time": "t", "weight": "w"}
    for row, message in (
        ("a,b,nan,1", "line 4: the t is missing"),
        ("a,b,1,-1", "line 4: the w is negative"),
        ("a,b,1,inf", "line 4: the w is infinite"),
        ("a,b,1,many", "line 4: the w must be numbers, not 'many'"),
        (f"a,b,1,{'9' * 70}", "line 4: the w must be numbers or times"),
    ):
        path.write_text(f'u,i,t,w\n"a\n",b,1,1\n{row}\n')
        with pytest.raises(ValueError, match=rf"t\.csv.*{message}"):
            Interactions.from_file(path, **options)


@pytest.mark.integration
def test_long_text_is_read_part_by_part(tmp_path: Path) -> None:
    rows = 300_000
    path = tmp_path / "long.csv"
    with open(path, "w") as file:
        file.write("user,item,time,unused\n")
        file.writelines(f"u{row % 7},i{row % 11},{2000 + row % 3}-01-01,\n" for row in range(rows))
    tracemalloc.start()
    data = Interactions.from_file(path, session="user", item="item", time="time")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert data.shape == (7, 11)
    assert len(data.items) == rows
    assert data.times is not None
    assert sorted(set(data.times)) == [946684800.0, 978307200.0, 1009843200.0]
    assert peak < 110 * rows + (48 << 20)  # and a block; lists of all fields take 300 bytes a row


def test_parquet(tmp_path: Path) -> None:
    table = arrow_table()
    import pyarrow.parquet

    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(table, path)
    assert by_key(Interactions.from_file(path, session="user", item="item", time="time")) == BY_TIME
    with pytest.raises(ValueError, match="names its columns itself"):
        Interactions.from_file(path, columns=["a"], session="user", item="item")
    text = pyarrow.Array.from_buffers(
        pyarrow.string(), 1, [None, pyarrow.py_buffer(np.array([0, 1], np.int32)), pyarrow.py_buffer(b"\xff")]
    )
    pyarrow.parquet.write_table(pyarrow.table({"user": [1], "item": text}), path)
    with pytest.raises(ValueError, match=r"t\.parquet: the item is not UTF-8"):
        Interactions.from_file(path, session="user", item="item")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(ValueError, match=r"bad\.parquet"):
        Interactions.from_file(tmp_path / "bad.parquet", session="user", item="item")


# ---- changes ----

sessions = st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=6)


@given(sessions)
def test_merging_keeps_each_item_once_where_it_came_first(baskets: list[list[int]]) -> None:
    merged = Interactions.from_baskets(baskets).merged()
    assert list(merged) == [list(dict.fromkeys(basket)) for basket in baskets]


@given(sessions, st.data())
def test_merging_adds_weights_up(baskets: list[list[int]], data: st.DataObject) -> None:
    made = Interactions.from_baskets(baskets)
    made.weights = np.array(data.draw(st.lists(st.integers(1, 9), min_size=len(made.items), max_size=len(made.items))))
    merged = made.merged()
    assert merged.weights is not None
    for session in range(len(made)):
        mine = slice(made.offsets[session], made.offsets[session + 1])
        for item, weight in zip(
            merged[session], merged.weights[merged.offsets[session] : merged.offsets[session + 1]], strict=True
        ):
            total = sum(w for i, w in zip(made[session], made.weights[mine], strict=True) if i == item)
            assert weight == total


@given(sessions, sessions)
def test_joined_sessions_continue_those_of_the_same_key(one: list[list[int]], two: list[list[int]]) -> None:
    first = Interactions.from_baskets(one, session_keys=[f"u{n}" for n in range(len(one))])
    second = Interactions.from_baskets(two, session_keys=[f"u{n + 2}" for n in range(len(two))])
    expected = {f"u{n}": list(basket) for n, basket in enumerate(one)}
    for number, basket in enumerate(two):
        expected.setdefault(f"u{number + 2}", []).extend(basket)
    assert by_key(first.joined(second)) == expected


def test_sessions_without_keys_are_new_ones_when_joined() -> None:
    first, second = Interactions.from_baskets([["a"], ["b"]]), Interactions.from_baskets([["c"]])
    assert by_key(first.joined(second)) == {0: ["a"], 1: ["b"], 2: ["c"]}
    keyed = Interactions.from_baskets([["a"], ["b"]], session_keys=[7, 1])
    assert by_key(keyed.joined(second)) == {7: ["a"], 1: ["b"], 8: ["c"]}


@given(sessions)
def test_picking_sessions(baskets: list[list[int]]) -> None:
    data = Interactions.from_baskets(baskets)
    numbers = np.arange(len(baskets))
    assert list(data[numbers[::-1]]) == baskets[::-1]
    assert list(data[numbers % 2 == 1]) == baskets[1::2]
    assert list(data[1:]) == baskets[1:]
    if baskets:
        assert data[-1] == baskets[-1]
    with pytest.raises(IndexError):
        data[len(baskets)]
