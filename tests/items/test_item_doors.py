"""What came to the wrong door is told the right one, and that one takes it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fastemb.cli import main
from fastemb.items import Interactions, Item2Vec, ItemIndex, evaluate, read_titles

COLUMNS: dict[str, Any] = {"session": "user", "item": "film"}
DICT = {"ann": ["a", "b"], "bob": ["b"]}
TABLE = {"user": ["ann", "ann", "bob"], "film": ["a", "b", "b"]}


class Frame(dict[str, Any]):
    """Has columns, as tables of pandas do."""

    columns = property(list)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rows = zip(TABLE["user"], TABLE["film"], strict=True)
    (tmp_path / "t.csv").write_text("user,film\n" + "".join(f"{user},{film}\n" for user, film in rows))
    return tmp_path / "t.csv"


def contents(data: Interactions) -> dict[Any, list[Any]]:
    return dict(zip(data.session_keys, data, strict=True))


@pytest.mark.parametrize("door", [Interactions.from_baskets, Interactions.from_any, Item2Vec().fit])
def test_a_dict_is_columns_or_baskets(door: Callable[[Any], Any]) -> None:
    message = (
        r"from_table\(data, session=..., item=...\), .* Interactions.from_baskets\(data.values\(\), "
        r"session_keys=list\(data\)\)"
    )
    for data in (DICT, TABLE):
        with pytest.raises(TypeError, match=message):
            door(data)
    assert contents(Interactions.from_baskets(DICT.values(), session_keys=list(DICT))) == DICT
    assert contents(Interactions.from_table(TABLE, **COLUMNS)) == DICT


@pytest.mark.parametrize("given", [{}, {"session": "user"}, {"item": "film"}])
def test_a_file_needs_the_names_of_its_columns(given: dict[str, str], path: Path) -> None:
    message = r"t\.csv: name the columns .* Interactions\.from_file\(path, session=..., item=...\)"
    with pytest.raises(TypeError, match=message) as error:
        Interactions.from_file(path, **given)
    assert "from_table" not in str(error.value)
    assert contents(Interactions.from_file(path, **COLUMNS)) == DICT


@pytest.mark.parametrize("columns", [{}, COLUMNS])
@pytest.mark.parametrize("kind", [str, Path, str.encode, open])
def test_a_table_is_no_path(columns: dict[str, Any], kind: Callable[[str], Any], path: Path) -> None:
    given = kind(str(path))
    with pytest.raises(TypeError, match=r"Interactions\.from_file\(path, session=..., item=...\) reads it"):
        Interactions.from_table(given, **columns)
    if kind is open:
        given.close()
    else:
        assert contents(Interactions.from_file(given, **COLUMNS)) == DICT


@pytest.mark.parametrize("columns", [{}, COLUMNS])
@pytest.mark.parametrize("kind", [dict, Frame])
def test_a_file_is_no_table(columns: dict[str, Any], kind: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"by its path, not a \w+: Interactions\.from_table\(table, session"):
        Interactions.from_file(kind(TABLE), **columns)
    with pytest.raises(TypeError, match=r"Interactions\.from_table\(table, session"):
        Interactions.from_basket_file(kind(TABLE))
    with pytest.raises(TypeError, match=r"dict\(zip\(table\['item'\], table\['title'\]\)\)"):
        read_titles(kind(TABLE))


def test_a_file_is_no_list_and_no_open_file(path: Path) -> None:
    for door in (Interactions.from_basket_file, Interactions.from_file):
        with pytest.raises(TypeError, match=r"not a list: Interactions\.from_baskets takes lists of items"):
            door([["a", "b"]])  # type: ignore[arg-type]
        with open(path) as file, pytest.raises(TypeError, match="give its path"):
            door(file)  # type: ignore[arg-type]
    with open(path) as file, pytest.raises(TypeError, match=r"Interactions\.from_file\(path, session"):
        Interactions.from_baskets(file)


def test_a_column_may_be_called_read() -> None:
    pandas = pytest.importorskip("pandas")
    data = Interactions.from_table(pandas.DataFrame(TABLE | {"read": [1, 2, 3]}), **COLUMNS)
    assert contents(data) == DICT


def test_rows_that_are_read_once(path: Path) -> None:
    with open(path) as file:
        reader = csv.DictReader(file)
        with pytest.raises(TypeError, match=r"a DictReader is read but once: give list\(rows\)"):
            Interactions.from_table(reader, **COLUMNS)
        assert contents(Interactions.from_table(list(reader), **COLUMNS)) == DICT


def test_text_is_no_sparse_matrix() -> None:
    with pytest.raises(TypeError, match="not a sparse matrix: str"):
        Interactions.from_csr("t.csv")


def test_a_table_is_no_model(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("usearch")
    for load in (Item2Vec.load, ItemIndex.load):
        with pytest.raises(ValueError, match=r"it looks like text: Interactions\.from_file reads a table to fit"):
            load(path)
    made = Item2Vec(vector_size=4, epochs=1, workers=1).fit(Interactions.from_file(path, **COLUMNS))
    assert len(made.wv) == 2
    assert main(["items", "similar", str(path), "a"]) == 1
    assert "it looks like text: fastemb items train read it" in capsys.readouterr().err


def test_an_evaluation_of_paths_names_the_door(path: Path) -> None:
    made = Item2Vec(vector_size=4, epochs=1, workers=1).fit(DICT.values())
    with pytest.raises(TypeError, match=r"Interactions\.from_file\(path, session"):
        evaluate(made, str(path), str(path))


# ---- several files ----


def test_files_of_several_kinds_are_told_by_name_and_columns(path: Path) -> None:
    path.with_name("u.csv").write_text("film,title,year\na,A,1990\n")
    message = r"u\.csv: all files .* has 'film', 'title', 'year', and \S*t\.csv has 'user', 'film': name those files"
    with pytest.raises(ValueError, match=message):
        Interactions.from_file(path.parent, **COLUMNS)
    assert contents(Interactions.from_file(path.parent / "t*.csv", **COLUMNS)) == DICT


def test_parquet_files_of_several_kinds_are_told_by_name(path: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table(TABLE), path.with_name("a.parquet"))
    parquet.write_table(pa.table({"film": ["a"], "title": ["A"]}), path.with_name("b.parquet"))
    with pytest.raises(KeyError, match=r"b\.parquet: the table has no column 'user'; it has 'film', 'title'"):
        Interactions.from_file(path.parent / "*.parquet", **COLUMNS)
    assert contents(Interactions.from_file(path.parent / "a*.parquet", **COLUMNS)) == DICT


# ---- titles ----


@pytest.mark.parametrize(
    ("text", "warns"),
    [
        ("item,title\na,A\nb,B\n", True),
        ("movieId,title,genres\n1,A,x\n2,B,y\n", True),
        ("film,what\n1,A\n2,B\n", True),  # a word over numbers
        ("sku,Title\nx1,A\nx2,B\n", True),
        ("a,A\nb,B\n", False),
        ("1,A\n2,B\n", False),
        ("a,A\n1,B\n", False),  # one line tells nothing
    ],
)
def test_a_line_of_names_above_titles_is_warned_about(
    text: str, warns: bool, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    (tmp_path / "titles.csv").write_text(text)
    read_titles(tmp_path / "titles.csv")
    told = [str(one.message) for one in recwarn]
    assert [("titles.csv: the first line" in one, "remove that line" in one) for one in told] == [(True, True)] * warns
    recwarn.clear()
    (tmp_path / "titles.csv").write_text(text.split("\n", 1)[1])
    read_titles(tmp_path / "titles.csv")
    assert not recwarn.list


def test_items_with_several_titles_are_warned_about(path: Path, tmp_path: Path) -> None:
    (tmp_path / "titles.csv").write_text("a,A\nb,B\na,A\n")
    assert read_titles(tmp_path / "titles.csv") == {"a": "A", "b": "B"}  # the same title twice is no matter
    (tmp_path / "titles.csv").write_text("a,A\nb,B\na,C\na,D\nb,E\n")
    with pytest.warns(UserWarning, match=r"titles\.csv, line 3: 'a' has another title before, as have 2 of 2 items"):
        assert read_titles(tmp_path / "titles.csv") == {"a": "D", "b": "E"}


def test_titles_that_are_none_are_told_by_the_command(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = ["--session", "user", "--item", "film", "--vector-size", "4", "--epochs", "1", "-q"]
    given = ["items", "train", str(path), *columns, "-o", str(path.with_name("m"))]
    assert main([*given, "--titles", str(path)]) == 0
    told = capsys.readouterr().err
    assert "t.csv, line 3: 'ann' has another title before" in told
    path.with_name("titles.csv").write_text("item,title\na,A\nb,B\n")
    assert main([*given, "--titles", str(path.with_name("titles.csv"))]) == 0
    assert "warning: " in (told := capsys.readouterr().err)
    assert "looks like names of columns" in told
