"""Delimited text, beside Python's csv module where that knows the same rules."""

import bz2
import csv
import gzip
import io
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb.corpus import delimited
from fastemb.corpus.delimited import Delimited, open_rows, open_table
from fastemb.corpus.inputs import find_inputs


def rows_of(source, **options):
    (file,) = find_inputs(source)
    with open_rows(file, Delimited(**options)) as rows:
        return [row for block in rows for row in block.rows]


def lines_of(source, **options):
    (file,) = find_inputs(source)
    with open_rows(file, Delimited(**options)) as rows:
        return [line for block in rows for line in block.lines]


def table_of(source, names=None, **options):
    (file,) = find_inputs(source)
    with open_table(file, Delimited(**options), names) as table:
        return table.names, [row for block in table for row in block.rows]


def fields(alphabet):
    return st.lists(st.lists(st.text(alphabet, max_size=5), min_size=1, max_size=4), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.csv", 'a,"b,c"\n"d ""e""",f\n', [["a", "b,c"], ['d "e"', "f"]]),
        ("a.csv", 'a,"b\nc\r\nd",e\n', [["a", "b\nc\r\nd", "e"]]),
        ("a.csv", 'a"b,c"\n', [['a"b', 'c"']]),
        ("a.csv", '"",""\n""\n', [["", ""], [""]]),
        ("a.csv", "a,\n\n,b\r\n\r\n", [["a", ""], ["", "b"]]),
        ("a.csv", "a\rb\r\nc", [["a"], ["b"], ["c"]]),
        ("a", "a,b\tc", [["a", "b\tc"]]),
        ("a.dat", "a,b", [["a", "b"]]),
        ("a.csv", "a\u2028b\x0bc,d\x1ee", [["a\u2028b\x0bc", "d\x1ee"]]),
        *(
            (name, '1\t"Foo\n2\t"Weird Al" Yankovic\n3\t"Heroes"\n4\t5,6\n', rows)
            for rows in [[["1", '"Foo'], ["2", '"Weird Al" Yankovic'], ["3", '"Heroes"'], ["4", "5,6"]]]
            for name in ("a.tsv", "a.txt", "a.TAB", "a.tsv.gz")
        ),
    ],
)
def test_the_name_tells_what_parts_fields_and_whether_quotes_count(tmp_path, name, content, rows):
    (tmp_path / name).write_bytes(content.encode())
    assert rows_of(tmp_path / name) == rows


@pytest.mark.parametrize(
    ("options", "content", "rows"),
    [
        ({"sep": ";"}, 'a;"b;c";1,5\n', [["a", "b;c", "1,5"]]),
        ({"sep": "|"}, 'a|"b|c"\n', [["a", "b|c"]]),
        ({"sep": "|", "quotechar": ""}, 'a|"b|c"\n', [["a", '"b', 'c"']]),
        ({"sep": "::"}, '1::"Great" Cats (1998)::a:b\n', [["1", '"Great" Cats (1998)', "a:b"]]),
        ({"sep": "::", "quotechar": '"'}, '1::"a::b"\n', [["1", "a::b"]]),
        ({"sep": "\t", "quotechar": '"'}, '1\t"a\tb"\n', [["1", "a\tb"]]),
        ({"quotechar": "'"}, "1,'a,b',\"c\n", [["1", "a,b", '"c']]),
        ({"quotechar": ""}, '1,"a\n', [["1", '"a']]),
        ({"sep": "ü"}, "aübüc\n", [["a", "b", "c"]]),
        ({"sep": '"'}, 'a"b\n', [["a", "b"]]),
        ({"sep": " "}, "a  b\n", [["a", "", "b"]]),
    ],
)
def test_separator_and_quote_may_be_given(tmp_path, options, content, rows):
    for name in ("a.csv", "a.tsv"):
        (tmp_path / name).write_bytes(content.encode())
        assert rows_of(tmp_path / name, **{"sep": ",", **options}) == rows


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32", "utf-8", "utf-8-sig"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("größe,é\n1,ü\n".encode(encoding))
    assert rows_of(path, encoding=encoding) == [["größe", "é"], ["1", "ü"]]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path, pack):
    path = tmp_path / "a.csv"
    path.write_bytes(pack(b'\xef\xbb\xbf"user",item\n1,2\n'))
    assert table_of(path) == (["user", "item"], [["1", "2"]])


def test_open_files_of_bytes_and_of_text():
    assert rows_of(io.BytesIO(b"a,b\n")) == rows_of(io.StringIO("a,b\n")) == [["a", "b"]]


def test_names_come_from_the_first_row_or_are_given(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("user,item\n1,2\n")
    assert table_of(path) == (["user", "item"], [["1", "2"]])
    assert table_of(path, ["a", "b"]) == (["a", "b"], [["user", "item"], ["1", "2"]])


def test_rows_come_in_blocks_with_the_lines_on_which_they_begin(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_PIECE", 6)
    path = tmp_path / "a.csv"
    path.write_text('a\n\n"b\nc"\nd\r"e"\nf')
    (file,) = find_inputs(path)
    with open_rows(file, Delimited()) as rows:
        blocks = list(rows)
    assert [row for block in blocks for row in block.rows] == [["a"], ["b\nc"], ["d"], ["e"], ["f"]]
    assert len(blocks) > 1
    assert [line for block in blocks for line in block.lines] == [1, 3, 5, 6, 7]


@pytest.mark.parametrize("quoted", [False, True])
def test_fields_may_be_longer_than_what_python_allows(tmp_path, quoted):
    path = tmp_path / "a.csv"
    field = "x" * 3_000_000
    path.write_text(f'1,"{field}"\n' if quoted else f"1,{field}\n2,b\n")
    assert rows_of(path)[0] == ["1", field]
    assert csv.field_size_limit() < len(field), "the limit of other code in the process stays as it was"


BAD = {
    "not closed": (b'a,b\n1,"2\n3,4\n', {}, "line 2: a quote that opens in this row is never closed"),
    "text after a quote": (b'a,b\n"Weird Al" Yankovic,2\n', {}, "line 2: ' Yankovic,2' follows a closing quote"),
    "not UTF-8": (b"a,b\n1,2\r\n1,\xfc\n", {}, "line 3: this is not UTF-8: give its encoding"),
    "a cut character": (b"a,b\n\n1,\xc3", {}, "line 3: this is not UTF-8: give its encoding"),
    "not of this encoding": (b"a,b\n1,\xfc\n", {"encoding": "ascii"}, "line 2: this is not ascii"),
    "UTF-16": ("a,b\n".encode("utf-16"), {}, "this is UTF-16"),
}


@pytest.mark.parametrize("kind", BAD)
def test_errors_name_file_and_line(tmp_path, kind):
    content, options, message = BAD[kind]
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        rows_of(path, **options)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("kind", ["not closed", "text after a quote"])
def test_without_quoting_such_files_are_read(tmp_path, kind):
    path = tmp_path / "a.csv"
    path.write_bytes(BAD[kind][0])
    assert len(rows_of(path, quotechar="")) == BAD[kind][0].count(b"\n")


@pytest.mark.parametrize("kind", ["not UTF-8", "a cut character"])
def test_in_the_encoding_that_the_message_names_such_files_are_read(tmp_path, kind):
    path = tmp_path / "a.csv"
    path.write_bytes(BAD[kind][0])
    assert rows_of(path, encoding="latin-1")[0] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x" * 5000, "line 1: a row of more than 1,000 characters"),
        (b"a\nb\n" + b"x" * 5000, "line 3: a row of more than 1,000 characters"),
        (b'a\n"' + b"x\n" * 5000, "line 2: a row of more than 1,000 characters; is a quote not closed"),
    ],
)
def test_a_row_without_end_is_refused_before_it_fills_memory(tmp_path, monkeypatch, content, message):
    monkeypatch.setattr(delimited, "LONGEST_ROW", 1000)
    monkeypatch.setattr(delimited, "_PIECE", 100)
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(ValueError, match=message):
        rows_of(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("a,a\n", "a column name comes twice: a, a"),
        ("a,b\n1,2\n\n3\n", "line 4: 1 field instead of 2: 3"),
        ('a,b\n1,"2\n3"\n1,2,3\n', "line 4: 3 fields instead of 2: 1, 2, 3"),
    ],
)
def test_tables_have_a_field_a_column(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        table_of(path)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sep": ""}, ValueError, "sep=''"),
        ({"sep": "a\n"}, ValueError, "sep="),
        ({"sep": 1}, TypeError, "sep must be a str, not int"),
        ({"quotechar": "''"}, ValueError, "quotechar"),
        ({"quotechar": "\n"}, ValueError, "quotechar"),
        ({"quotechar": False}, TypeError, "quotechar must be a str, not bool"),
        ({"quotechar": ","}, ValueError, "is a part of sep="),
        ({"encoding": "no"}, ValueError, "encoding='no'"),
        ({"encoding": None}, TypeError, "encoding must be a str, not NoneType"),
    ],
)
def test_options_that_make_no_sense(tmp_path, options, error, message):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    with pytest.raises(error, match=message):
        rows_of(path, **options)


@given(
    fields("ab,;|\"' \t\r\n\u2028"), st.sampled_from(",;|\t"), st.sampled_from("\"'"), st.sampled_from(["\n", "\r\n"])
)
def test_what_csv_writes_comes_back(rows, sep, quote, end):
    text = io.StringIO()
    csv.writer(text, delimiter=sep, quotechar=quote, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    assert rows_of(io.StringIO(text.getvalue(), newline=""), sep=sep, quotechar=quote) == rows


@pytest.mark.parametrize("sep", [",", "::"])
@given(text=st.text('ab,"\r\n', max_size=30), size=st.integers(1, 7))
def test_the_same_rows_and_errors_as_of_csv(sep, text, size):
    try:
        expected = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        expected = None
    content = text.replace(",", sep).encode()
    if expected is not None:
        expected = [[field.replace(",", sep) for field in row] for row in expected]

    class Slow(io.BytesIO):
        def read(self, most=-1):
            return super().read(min(size, most) if most >= 0 else size)

    try:
        found = rows_of(Slow(content), sep=sep, quotechar='"')
    except ValueError:
        found = None
    assert found == expected


@given(st.text("ab:\r\n", max_size=30))
def test_several_characters_part_fields_as_str_split_does(text):
    lines = io.StringIO(text, newline=None).read().split("\n")
    assert rows_of(io.StringIO(text, newline=""), sep="::") == [line.split("::") for line in lines if line]
