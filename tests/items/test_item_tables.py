"""Tables as people have them: separators, quotes, encodings, times in many forms, columns of every library."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb.cli import main
from fastemb.items import Interactions, Item2Vec
from fastemb.tables.times import gap_seconds, moment_of

# ---- text ----

QUOTED = ['"Foo', '"Weird Al" Yankovic', '"Heroes"', "plain", 'a "b" c']


@pytest.mark.parametrize(
    ("name", "options", "sep"),
    [
        ("t.tsv", {}, "\t"),
        ("t.csv", {"sep": "\t"}, "\t"),
        ("t.csv", {"sep": "::"}, "::"),
        ("t.csv", {"sep": ";", "quotechar": ""}, ";"),
        ("t.csv", {"sep": "|", "quotechar": ""}, "|"),
    ],
)
def test_quotes_are_text_where_nothing_is_quoted(
    name: str, options: dict[str, str], sep: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text("".join(f"{user}{sep}{item}\n" for user, item in [("user", "item"), *(("u", i) for i in QUOTED)]))
    assert list(Interactions.from_file(path, session="user", item="item", **options)) == [QUOTED]  # type: ignore[arg-type]
    given = [f"--{option}={value}" for option, value in options.items()]
    arguments = [str(path), "--session", "user", "--item", "item", *given, "--epochs=1", "-q", "--no-histories"]
    assert main(["items", "train", *arguments, "-o", str(tmp_path / "m.safetensors")]) == 0
    assert sorted(Item2Vec.load(tmp_path / "m.safetensors").wv.index_to_key) == sorted(QUOTED)


def test_quotes_and_encodings_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes("user\titem\nu\t'caf\xe9\tau lait'\n".encode("latin-1"))
    options: dict[str, Any] = {"session": "user", "item": "item"}
    data = Interactions.from_file(path, **options, quotechar="'", encoding="latin-1")
    assert list(data) == [["caf\xe9\tau lait"]]
    with pytest.raises(
        ValueError, match=r't\.tsv, line 2: this is not UTF-8: give its encoding, such as encoding="lat'
    ):
        Interactions.from_file(path, **options)
    long = "x" * 200_000
    path.write_text(f"user\titem\nu\t{long}\n")
    assert list(Interactions.from_file(path, **options)) == [[long]]


def test_options_of_text_are_refused_for_parquet(tmp_path: Path) -> None:
    for option in ({"sep": ";"}, {"quotechar": "'"}, {"encoding": "latin-1"}):
        with pytest.raises(ValueError, match="are for text"):
            Interactions.from_file(tmp_path / "t.parquet", session="u", item="i", **option)


def test_several_files_are_one_table(tmp_path: Path) -> None:
    for name, rows in (("a.csv", "u,x\nv,y\n"), ("b.csv", "u,z\n")):
        (tmp_path / name).write_text(f"user,item\n{rows}")
    options: dict[str, Any] = {"session": "user", "item": "item"}
    data = Interactions.from_file(tmp_path / "*.csv", **options)
    assert dict(zip(data.session_keys, data, strict=True)) == {"u": ["x", "z"], "v": ["y"]}
    (tmp_path / "b.csv").write_text("user,item,stars\nu,z,1\nu,,2\n")
    with pytest.raises(ValueError, match=r"b\.csv: all files must have the same columns"):
        Interactions.from_file(tmp_path, **options)
    (tmp_path / "b.csv").write_text("user,item\nu,z\nu,\n")
    with pytest.raises(ValueError, match=r"b\.csv, line 3: the item is missing"):
        Interactions.from_file(tmp_path, **options)


def test_a_bad_number_is_told_with_its_own_file(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.csv").write_text(f"user,item,stars\nu,x,1\nu,y,{'many' if name == 'b' else 2}\n")
    with pytest.raises(ValueError, match=r"b\.csv, line 3: the stars must be numbers, not 'many'"):
        Interactions.from_file(tmp_path, session="user", item="item", weight="stars")


def test_a_first_line_without_names_is_not_printed_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",".join(f"{'value' * 100}{number}" for number in range(500)) + "\n")
    with pytest.raises(
        KeyError, match=r"no column 'user'; it has 'value.* and 480 more; .* name them by columns"
    ) as told:
        Interactions.from_file(path, session="user", item="item")
    assert len(str(told.value)) < 1500
    (tmp_path / "t.csv").write_text("1,2\n")
    names = Interactions.from_file(path, session="user", item="item", columns=["user", "item"])  # the remedy
    assert list(names) == [["2"]]


# ---- times ----

NOON = datetime(2019, 10, 1, 12, 30, tzinfo=UTC).timestamp()
FORMS = [
    "2019-10-01 12:30:00 UTC",
    "2019-10-01 12:30:00",
    "2019-10-01T12:30:00",
    "2019-10-01T12:30",
    "2019-10-01T12:30:00Z",
    "2019-10-01 12:30:00+00:00",
    "2019-10-01 14:30:00 +0200",
    "2019-10-01 14:30+02",
    "2019/10/01 12:30:00",
    "2019.10.1 12:30:00 GMT",
    "2019-10-1 12:30:00.000",
    "2019-10-01T12:30:00.000000000",
]


def from_column(column: Any, **options: Any) -> Interactions:
    rows = len(column)
    table = {"user": ["u"] * rows, "item": list(range(rows)), "when": column}
    return Interactions.from_table(table, session="user", item="item", time="when", **options)


def from_text(path: Path, values: list[str], role: str = "time", **options: Any) -> Interactions:
    path.write_text("user,item,when\n" + "".join(f'u,{row},"{value}"\n' for row, value in enumerate(values)))
    return Interactions.from_file(path, session="user", item="item", **{role: "when"}, **options)


@pytest.mark.parametrize("form", FORMS)
def test_common_forms_of_times_are_read(form: str, tmp_path: Path) -> None:
    for data in (
        from_text(tmp_path / "t.csv", [form] * 3),
        from_text(tmp_path / "t.csv", [form, "2019-10-01 12:30"]),
        from_column([form]),
        from_column(np.array([form] * 2)),
    ):
        assert data.times is not None
        assert set(data.times) == {NOON}


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.sampled_from([" ", "T"]), st.booleans())
def test_moments_are_those_of_python(moment: datetime, between: str, alone: bool) -> None:
    wanted = moment.replace(tzinfo=UTC).timestamp()
    text = moment.isoformat(between)
    assert moment_of(text) == pytest.approx(wanted, abs=1e-6)
    found = from_column([text, text] if alone else [text, "2000-01-01"]).times
    assert found is not None
    assert min(abs(found - wanted)) < 1e-6


MIXES: dict[str, tuple[list[Any], str, str]] = {
    "seconds and a date": (["1569888000", "2019-10-01"], "a number, '1569888000'", "a date, '2019-10-01'"),
    "a date and seconds": (["2019-10-01", "1569888000"], "a date, '2019-10-01'", "a number, '1569888000'"),
    "digits alone": (["2019-10-01", "20191002"], "a date, '2019-10-01'", "a number, '20191002'"),
    "a year": (["2019-10-01", "2019"], "a date, '2019-10-01'", "a number, '2019'"),
}
OBJECTS: dict[str, tuple[list[Any], str, str]] = {
    "numbers and a date": ([5, datetime(2019, 10, 1)], "a number, 5", "a date, datetime.datetime"),
    "a date and numbers": ([date(2019, 10, 1), 5.5], "a date, datetime.date", "a number, 5.5"),
    "text and numbers": (["2019-10-01", 5], "a date, '2019-10-01'", "a number, 5"),
    "times of day": ([time(12, 30), date(2019, 10, 1)], "a time of day", "a date"),
    "lengths": ([timedelta(1), 5], "a length of time", "a number, 5"),
}


@pytest.mark.parametrize("mix", [*MIXES, *OBJECTS])
@pytest.mark.parametrize("far", [False, True])
def test_a_mix_of_kinds_of_times_shows_both(mix: str, far: bool, tmp_path: Path) -> None:
    values, one, other = (MIXES | OBJECTS)[mix]
    values = values[:1] * (70_000 if far else 1) + values[1:]
    row = len(values) - 1
    with pytest.raises(ValueError, match=rf"row 0 .*: the when is {one}.* row {row} .*: it is {other}"):
        from_column(values)
    if mix in MIXES:
        lines = rf"t\.csv, line 2: the when is {one}, but .*t\.csv, line {row + 2}: it is {other}"
        with pytest.raises(ValueError, match=lines):
            from_text(tmp_path / "t.csv", values)


@pytest.mark.parametrize(
    "value", ["05/17/2024", "17.05.2024", "May 17, 2024", "2024-06-31", "2024-05-17 25:00", "soon"]
)
def test_a_time_that_is_not_read_says_which_forms_are(value: str, tmp_path: Path) -> None:
    message = rf"the when must be numbers, or dates and times as in 2024-05-17, .* not '{value}'"
    with pytest.raises(ValueError, match=rf"t\.csv, line 3: {message}"):
        from_text(tmp_path / "t.csv", ["2024-05-17", value])
    with pytest.raises(ValueError, match=rf"row 1 \(counting from 0\): {message}"):
        from_column(["2024-05-17", value])


def test_the_forms_that_a_message_names_are_read() -> None:
    for form in ("2024-05-17", "2024/5/17", "2024-05-17 12:30", "2024-05-17T12:30:00.5"):
        for end in ("", "Z", " UTC", "+02:00"):
            assert moment_of(form + end) is not None


def test_a_gap_between_dates_as_digits_is_refused(tmp_path: Path) -> None:
    for made in (
        lambda **more: from_text(tmp_path / "t.csv", ["20190131", "20190201"], **more),
        lambda **more: from_column([20190131, 20190201], **more),
    ):
        with pytest.raises(ValueError, match="looks like dates written as 20190131"):
            made(gap=5)
        assert made().times.tolist() == [20190131, 20190201]  # numbers, in the right order


@pytest.mark.parametrize(
    ("gap", "seconds"),
    [
        ("30min", 1800),
        ("30 min", 1800),
        ("1h30m", 5400),
        ("2 days", 172_800),
        ("1.5h", 5400),
        ("90", 90),
        ("1w", 604_800),
    ],
)
def test_gaps_as_text(gap: str, seconds: float) -> None:
    assert gap_seconds(gap) == seconds
    table = {"user": ["u"] * 3, "item": [1, 2, 3], "time": [0, seconds, 2 * seconds + 1]}
    data = Interactions.from_table(table, session="user", item="item", time="time", gap=gap)
    assert list(data) == [[1, 2], [3]]


@pytest.mark.parametrize("gap", ["half an hour", "30 minuets", "", "-5", "0s", "nan", "1h, 2m"])
def test_gaps_that_are_not_read(gap: str) -> None:
    with pytest.raises(ValueError, match="gap"):
        gap_seconds(gap)


# ---- weights ----


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", r"the when is missing \(it is empty\)"),
        ("NA", r"the when is missing \(it is 'NA'\)"),
        ("nan", r"the when is missing \(it is 'nan'\)"),
        ("NULL", r"the when is missing \(it is 'NULL'\)"),
        ("1,5", "the when must be numbers, not '1,5'"),
        ("1_5", "the when must be numbers, not '1_5'"),
        ("2024-05-17", "the when must be numbers, not '2024-05-17'"),
        ("-3", r"the when is negative \(-3\)"),
        ("inf", r"the when is infinite \(inf\)"),
    ],
)
def test_one_bad_weight_is_told_with_its_line_and_value(value: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"t\.csv, line 4: {message}"):
        from_text(tmp_path / "t.csv", ["1.5", "2", value, "3"], role="weight")
    table = {"user": ["u"] * 3, "item": [1, 2, 3], "when": ["1.5", "2", value]}
    with pytest.raises(ValueError, match=rf"row 2 \(counting from 0\): {message}"):
        Interactions.from_table(table, session="user", item="item", weight="when")


# ---- columns of every library ----


def library(name: str) -> Callable[[str, list[Any]], Any]:
    """Makes a table with the columns user, item, and one more."""

    def make(column: str, values: list[Any]) -> Any:
        values = [*values]
        table = {"user": ["u"] * len(values), "item": list(range(len(values))), column: values}
        if name == "dict":
            return table
        if name == "rows":
            return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        if name == "pandas":
            return pytest.importorskip("pandas").DataFrame(table)
        if name == "polars":
            return pytest.importorskip("polars").DataFrame(table)
        pa = pytest.importorskip("pyarrow")
        if name == "Arrow":
            return pa.table(table)
        if name == "record batch":
            return pa.RecordBatch.from_pydict(table)
        if name == "reader":
            return pa.table(table).to_reader()
        assert name == "arrays of Arrow"
        return {key: pa.array(one) for key, one in table.items()}

    return make


LIBRARIES = ["dict", "rows", "pandas", "polars", "Arrow", "record batch", "reader", "arrays of Arrow"]
TIMES: dict[str, list[Any]] = {
    "dates": [date(1970, 1, 2), date(1970, 1, 1)],
    "moments": [datetime(1970, 1, 2), datetime(1970, 1, 1)],
    "moments with a zone": [datetime(1970, 1, 2, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)],
    "text": ["1970-01-02", "1970-01-01 00:00:00"],
    "numbers as text": ["86400", "0"],
    "lengths of time": [timedelta(1), timedelta(0)],
    "decimals": [Decimal("86400.00"), Decimal("0.00")],
    "whole numbers": [86400, 0],
}


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("kind", TIMES)
def test_times_of_every_library(name: str, kind: str) -> None:
    table = library(name)("when", TIMES[kind])
    data = Interactions.from_table(table, session="user", item="item", time="when")
    assert list(data) == [[1, 0]]
    assert data.times is not None
    assert data.times.tolist() == [0, 86400]


@pytest.mark.parametrize(
    "values",
    [
        [np.datetime64("1970-01-02"), datetime(1970, 1, 1, tzinfo=UTC)],
        [np.timedelta64(24, "h"), timedelta(0)],
        [np.timedelta64(86_400_000, "ms"), np.timedelta64(0, "s")],
    ],
)
def test_times_of_numpy_among_others(values: list[Any]) -> None:
    column = np.empty(2, object)
    column[:] = values
    table = {"user": [1, 1], "item": [0, 1], "when": column}
    data = Interactions.from_table(table, session="user", item="item", time="when")
    assert data.times is not None
    assert data.times.tolist() == [0, 86400]
    column[1] = 1j
    with pytest.raises(ValueError, match="1j"):
        Interactions.from_table(table, session="user", item="item", time="when")


@pytest.mark.parametrize("name", LIBRARIES)
def test_times_of_day_of_every_library(name: str) -> None:
    table = library(name)("when", [time(1, 0, 0, 500_000), time(0, 30)])
    data = Interactions.from_table(table, session="user", item="item", time="when")
    assert data.times is not None
    assert data.times.tolist() == [1800, 3600.5]


WEIGHTS: dict[str, list[Any]] = {
    "floats": [2.0, 0.5, 0.0],
    "text": ["2", "0.5", "0"],
    "decimals": [Decimal("2.00"), Decimal("0.50"), Decimal("0.00")],
}


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights_of_every_library(name: str, kind: str) -> None:
    table = library(name)("stars", WEIGHTS[kind])
    data = Interactions.from_table(table, session="user", item="item", weight="stars")
    assert list(data) == [[0, 1]]
    assert data.weights is not None
    assert data.weights.tolist() == [2, 0.5]


@pytest.mark.parametrize("name", LIBRARIES)
def test_switches_are_weights_and_moments_are_none(name: str) -> None:
    data = Interactions.from_table(library(name)("on", [True, False, True]), session="user", item="item", weight="on")
    assert list(data) == [[0, 2]]
    for values in ([datetime(2024, 5, 17)], [date(2024, 5, 17)], [timedelta(1)]):
        with pytest.raises(ValueError, match="the when must be numbers, not "):
            Interactions.from_table(library(name)("when", values), session="user", item="item", weight="when")


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("role", ["time", "weight"])
@pytest.mark.parametrize("values", [[1.0, None, 2.0], ["1", None, "2"], [True, None, False]])
def test_what_is_missing_is_told_in_every_library(name: str, role: str, values: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"row 1 \(counting from 0\): the when is missing"):
        Interactions.from_table(library(name)("when", values), session="user", item="item", **{role: "when"})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize(
    "keys", [["a", "b", "a"], [3, 1, 3], [True, False, True], [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 1)]]
)
def test_items_of_every_library(name: str, keys: list[Any]) -> None:
    table = library(name)("film", keys)
    assert list(Interactions.from_table(table, session="user", item="film")) == [keys]


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_column_of_lists_is_no_column_of_items(name: str) -> None:
    table = library(name)("films", [["a"], ["b", "c"]])
    with pytest.raises(TypeError, match="films"):
        Interactions.from_table(table, session="user", item="films")


def test_tables_that_hold_no_rows_yet_say_what_to_call() -> None:
    polars = pytest.importorskip("polars")
    lazy = polars.LazyFrame({"user": ["u"], "item": ["i"]})
    for ask in (
        lambda: Interactions.from_table(lazy, session="user", item="item"),
        lambda: Interactions.from_any(lazy),
        lambda: Interactions.from_baskets(lazy),
    ):
        with pytest.raises(TypeError, match=r"LazyFrame holds no rows yet: give frame\.collect\(\)"):
            ask()
    assert list(Interactions.from_table(lazy.collect(), session="user", item="item")) == [["i"]]


class Splits:
    """What a DatasetDict of Hugging Face's looks like."""


class Dataset(Splits):
    """What one of its splits looks like."""

    def __init__(self, table: Any, streamed: bool) -> None:
        self.table = table
        self.column_names = None if streamed else table.column_names

    def select_columns(self, names: list[str]) -> Dataset:
        return Dataset(self.table.select(names), False)

    def with_format(self, name: str) -> Dataset:
        assert name == "arrow"
        return self

    def iter(self, batch_size: int) -> Any:
        return (self.table.slice(row, 2) for row in range(0, len(self.table), 2))


class Relation:
    """What a relation of DuckDB looks like: columns, but no rows by index."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.columns = table.column_names

    def __getitem__(self, name: str) -> Any:
        raise AssertionError("this is another relation")

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


class OldRelation:
    """The same before DuckDB spoke of streams."""

    def __init__(self, table: Any) -> None:
        self.columns = table.column_names
        self.fetch_arrow_table = lambda: table


@pytest.mark.parametrize("streamed", [False, True])
def test_datasets(streamed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (Splits, Dataset):
        monkeypatch.setattr(kind, "__module__", "datasets.arrow_dataset")
    table = library("Arrow")("when", [5, 4, 3, 2, 1])
    data = Interactions.from_table(Dataset(table, streamed), session="user", item="item", time="when")
    assert list(data) == [[4, 3, 2, 1, 0]]
    with pytest.raises(KeyError, match="no column 'film'"):
        Interactions.from_table(Dataset(table, streamed), session="user", item="film")
    with pytest.raises(TypeError, match=r"take one, as in data\['train'\]"):
        Interactions.from_table(Splits(), session="user", item="item")


@pytest.mark.parametrize("kind", [Relation, OldRelation])
def test_relations(kind: Any) -> None:
    table = library("Arrow")("when", [2, 1])
    assert list(Interactions.from_table(kind(table), session="user", item="item", time="when")) == [[1, 0]]


def test_arrow_in_chunks_and_categories() -> None:
    pa = pytest.importorskip("pyarrow")
    text = pa.chunked_array([["b", "a"], [], ["b"]])
    for column in (text, text.dictionary_encode(), text.cast(pa.string_view())):
        assert list(Interactions.from_table({"u": [1] * 3, "i": column}, session="u", item="i")) == [["b", "a", "b"]]
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"u": [1, 1], "i": polars.Series(["b", "a"], dtype=polars.Categorical)})
    assert list(Interactions.from_table(frame, session="u", item="i")) == [["b", "a"]]
