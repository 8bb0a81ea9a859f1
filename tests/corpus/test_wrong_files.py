"""A file of another kind in a door of text or of tables: its name, what it is, and what reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Interactions, KeyedVectors, Word2Vec
from fastemb.cli import main
from fastemb.models.word2vec import LineSentence, Text8Corpus

ITEMS = {"session": "user", "item": "item"}
TEXTS: dict[str, Callable[[str], Any]] = {
    "Corpus.from_file": Corpus.from_file,
    "a tokenizer": lambda path: Corpus.from_file(path, tokenizer=str.split),
    "Word2Vec": lambda path: Word2Vec(corpus_file=path),
    "LineSentence": lambda path: list(LineSentence(path)),
    "Text8Corpus": lambda path: list(Text8Corpus(path)),
    "Corpus.from_csv": lambda path: Corpus.from_csv(path, "item"),
    "Corpus.from_csv, latin-1": lambda path: Corpus.from_csv(path, "item", encoding="latin-1"),
    "Interactions.from_file": lambda path: Interactions.from_file(path, **ITEMS),
    "baskets": Interactions.from_basket_file,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = tmp_path_factory.mktemp("files")
    made = {name: str(folder / name) for name in ("table.csv", "vectors.csv", "model.csv")}
    users = [f"user {number} \u00e9" for number in range(50)]
    parquet.write_table(pa.table({"user": users, "item": users}), made["table.csv"])
    rows = np.random.default_rng(0).normal(size=(40, 10)).astype(np.float32)
    vectors = KeyedVectors._from_arrays([f"w{number}" for number in range(40)], rows)
    vectors.save_word2vec_format(made["vectors.csv"], binary=True)
    Word2Vec([["a", "b"]] * 5, min_count=1, vector_size=4, sample=0).save(made["model.csv"])
    return made


@pytest.mark.filterwarnings("ignore:.*white space parts items")
@pytest.mark.parametrize("door", TEXTS)
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("table.csv", "a Parquet file, whose name should end in .parquet: Corpus.from_parquet"),
        ("vectors.csv", "word2vec's binary format: KeyedVectors.load_word2vec_format reads it"),
        ("model.csv", "a Word2Vec model: Word2Vec.load reads it"),
    ],
)
def test_a_file_that_is_no_text_is_named_by_its_kind(files: dict[str, str], door: str, name: str, what: str) -> None:
    if name == "vectors.csv" and "latin-1" in door:
        pytest.skip("nothing in it that latin-1 does not have")
    with pytest.raises(ValueError, match="this is no UTF-8 text; it looks like") as caught:
        TEXTS[door](files[name])
    assert str(caught.value).startswith(files[name])
    assert what in str(caught.value)


def test_text_in_another_encoding_is_not_taken_for_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes("na\u00efve caf\u00e9\n".encode("latin-1") * 100)
    with pytest.raises(ValueError, match="line 1: invalid UTF-8; name its encoding"):
        Corpus.from_file(path)


def test_a_parquet_file_by_its_name_that_is_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "table.parquet"
    path.write_text("user,item\nann,tea\nann,milk\n")
    what = r"table\.parquet: not a Parquet file, but text: Corpus\.from_csv reads a table of text"
    with pytest.raises(ValueError, match=what):
        Corpus.from_parquet(path, "item")
    with pytest.raises(ValueError, match=what):
        Interactions.from_file(path, **ITEMS)
    assert Corpus.from_csv(path, "item").words == 2
    assert main(["train", str(path), "--column", "item", "-o", str(tmp_path / "out.vec")]) == 1
    assert "not a Parquet file, but text: the name of a table of text ends in .csv or .tsv" in capsys.readouterr().err
    path.rename(tmp_path / "table.csv")
    remedied = ["train", str(tmp_path / "table.csv"), "--column", "item", "--min-count", "1", "-d", "4"]
    assert main([*remedied, "-o", str(tmp_path / "out.vec")]) == 0


@pytest.mark.parametrize("sep", [";", "\t", "|", "::"])
@pytest.mark.parametrize("columns", [None, ["user", "item", "stars"]])
def test_another_separator_is_named_when_rows_have_commas(sep: str, columns: list[str] | None, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(sep.join(("user", "item", "stars")) + "\n" + sep.join(("ann", "tea", "1,5")) + "\n")
    with pytest.raises(ValueError, match=r"fields? instead of") as caught:
        Interactions.from_file(path, **ITEMS, columns=columns)
    assert str(caught.value).endswith(f"; if {sep!r} parts them, give sep={sep!r}")
    assert len(Interactions.from_file(path, **ITEMS, sep=sep)) == 1
