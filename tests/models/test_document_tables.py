"""Documents from tables and folders: each door, with its options, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Doc2Vec, TaggedDocument
from fastemb.models.doc2vec import Documents

TEXTS = ["Cat dog  rug", "ship wave sail", "", "cat; ship"]
IDS = ["a", "b", "c", "a"]
OPTIONS: dict[str, Any] = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 1, "progress": False}


def tags_of(documents: Documents) -> list[list[Any]]:
    return [documents.tags.of(number) for number in range(len(documents))]


def written(folder: Path, name: str, sep: str = ",", encoding: str = "utf-8", header: bool = True) -> str:
    rows = [f"{sep}".join([key, f'"{text}"', "caf\u00e9"]) for key, text in zip(IDS, TEXTS, strict=True)]
    path = folder / name
    path.write_text("\n".join([sep.join(["id", "text", "place"])] * header + rows) + "\n", encoding=encoding)
    return str(path)


def test_options_of_a_text_table_hold_for_texts_and_for_tags(tmp_path: Path) -> None:
    for path, options in (
        (written(tmp_path, "comma.csv"), {}),
        (written(tmp_path, "semicolon.csv", ";"), {"sep": ";"}),
        (written(tmp_path, "bare.csv", header=False), {"columns": ["id", "text", "place"]}),
        (written(tmp_path, "old.csv", encoding="latin-1"), {"encoding": "latin-1"}),
        (written(tmp_path, "tab.tsv", "\t"), {"quotechar": '"'}),
    ):
        found = Documents.from_table(path, "text", "id", **options)
        assert tags_of(found) == [["a"], ["b"], ["c"], ["a"]]
        assert list(found)[1] == ["ship", "wave", "sail"]
    lower = Documents.from_table(path, "text", "place", quotechar='"', lower=True, token_pattern=r"\w+", min_count=2)
    assert [*map(list, lower)] == [["cat"], ["ship"], [], ["cat", "ship"]]
    assert tags_of(lower) == [["caf\u00e9"]] * 4


def test_several_files_are_one_table(tmp_path: Path) -> None:
    first, second = written(tmp_path, "1.csv"), written(tmp_path, "2.csv")
    for paths in ([first, second], str(tmp_path), str(tmp_path / "*.csv")):
        assert tags_of(Documents.from_table(paths, "text", "id")) == [[one] for one in IDS * 2]


def test_parquet_folders_and_frames_have_lists_and_numbers_as_tags(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    table = pandas.DataFrame({"text": TEXTS, "id": [[one, "all"] for one in IDS], "row": [3, 1, 0, 2]})
    (tmp_path / "parts").mkdir()
    table.to_parquet(tmp_path / "parts" / "1.parquet")
    for source in (table, tmp_path / "parts", str(tmp_path / "parts" / "1.parquet"), table.to_dict("list")):
        assert tags_of(Documents.from_table(source, "text", "id")) == [[one, "all"] for one in IDS]
        assert tags_of(Documents.from_table(source, "text", "row")) == [[3], [1], [0], [2]]
        assert tags_of(Documents.from_table(source, "text")) == [[0], [1], [2], [3]]
        with pytest.raises(KeyError, match="no column 'ids'"):
            Documents.from_table(source, "text", "ids")
        with pytest.raises(KeyError, match="no column 'txt'"):
            Documents.from_table(source, "txt", "id")
    with pytest.raises(TypeError, match=r"^tags must be the name of a column, not a Series"):
        Documents.from_table(table, "text", table.id)
    with pytest.raises(ValueError, match="CSV and Parquet files cannot be read together"):
        Documents.from_table([written(tmp_path, "t.csv"), tmp_path / "parts"], "text")


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (["a", None, "b", "c"], TypeError, "column 'id': a tag of document 1 is missing"),
        ([1.0, 2.0, float("nan"), 3.0], TypeError, "column 'id': a tag of document 0 is the float 1.0, neither"),
        ([0, 1, -2, 3], ValueError, "column 'id': a tag of document 2 is -2: a whole number is the row"),
        ([0, 1, 2**40, 3], ValueError, "column 'id': a tag of document 2 is 1099511627776"),
        ([True, False, True, True], TypeError, "column 'id': a tag of document 0 is the bool True, neither a str"),
        ([[["a"]], "b", "c", "d"], TypeError, r"column 'id': a tag of document 0 is the list \['a'\], neither"),
    ],
)
def test_wrong_tags_of_a_table_are_refused_with_the_column(values: Any, error: type[Exception], message: str) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(error, match=message):
        Documents.from_table({"text": TEXTS, "id": values}, "text", "id")


def test_wrong_calls_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv")
    with pytest.raises(KeyError, match="no column 'ids'; it has 'id', 'text'"):
        Documents.from_table(path, "text", "ids")
    with pytest.raises(KeyError, match=r"t\.csv: there is no column 'txt', but 'id', 'text', 'place'"):
        Documents.from_table(path, "txt", "id")
    for text, tags, name in (("text", IDS, "tags"), (TEXTS, "id", "text")):
        with pytest.raises(TypeError, match=rf"^{name} must be the name of a column, not a list: Documents.of\("):
            Documents.from_table(path, text, tags)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'lowr'; did you mean 'lower'"):
        Documents.from_table(path, "text", "id", lowr=True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'max_sentence_length'"):
        Documents.from_table(path, "text", "id", max_sentence_length=5)
    (tmp_path / "t.csv").write_text("id,text\na,x y\n,z\n")
    with pytest.raises(ValueError, match=r"t\.csv, line 3: the id is missing"):
        Documents.from_table(path, "text", "id")


def test_rows_that_no_memory_holds_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    far = [TaggedDocument(["a", "b"], [2**31 - 2, "name"])]
    with pytest.raises(MemoryError, match=r"2,147,483,646 is a tag, takes about 300 GiB.*make a str of each tag"):
        Doc2Vec(far, **OPTIONS)
    monkeypatch.setattr("fastemb.memory.memory_left", lambda: 100 << 20)
    corpus = Corpus.from_ids(np.zeros((300_000, 1), int), keys=["a"])
    with pytest.raises(MemoryError, match=r"vectors of 300,000 tags takes about .* lower vector_size, or keep them in"):
        Doc2Vec(corpus, **OPTIONS | {"vector_size": 100})


def test_numbers_with_holes_are_warned_about() -> None:
    with pytest.warns(UserWarning, match="the highest tag is 30,000, of 1 documents: .* make a str of each tag"):
        model = Doc2Vec([TaggedDocument(["a", "b"], [30_000])], **OPTIONS, sample=0)
    assert len(model.dv) == 30_001


def test_documents_without_tags_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no document has a tag: give each one, as in TaggedDocument"):
        Doc2Vec([TaggedDocument(["a", "b"], []), TaggedDocument(["a"], ())], **OPTIONS)


def test_files_are_documents(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffCat dog\r\nrug\n\nShip\n".encode())
    (tmp_path / "b.txt").write_text("")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "c.txt").write_text("ship")
    found = Documents.from_files(tmp_path, lower=True)
    assert [*map(list, found)] == [["cat", "dog", "rug", "ship"], [], ["ship"]]
    assert tags_of(found) == [["a.txt"], ["b.txt"], ["c.txt"]]
    (tmp_path / "below" / "a.txt").write_bytes(b"caf\xe9")
    with pytest.raises(ValueError, match=r"a\.txt: not UTF-8: .*give encoding="):
        Documents.from_files(tmp_path)
    for name, content, what in (
        ("no", b"\n", "there is no word"),
        ("null", b"a\0b", "NUL byte"),
        ("few", b"a b", "min_count"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"^{tmp_path / name}: .*{what}"):
            Documents.from_files(tmp_path / name, min_count=2)
        (tmp_path / name).unlink()
    named = Documents.from_files(tmp_path, encoding="latin-1", max_final_vocab=9)
    assert sorted(tag for (tag,) in tags_of(named)) == sorted(
        str(tmp_path / name) for name in ("a.txt", "b.txt", "below/a.txt", "below/c.txt")
    )
    with pytest.raises(TypeError, match="'lowr'; did you mean 'lower'"):
        Documents.from_files(tmp_path, lowr=True)
