"""Options of commands that do not go together, and files of theirs that cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.cli import main
from fastemb.cli.ranked import _write_json, _write_parquet, _write_tsv, _writer_of

TABLE = "user,item\n" + "".join(f"u{k % 3},i{k % 4}\n" for k in range(12))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b", "c"], np.arange(6, dtype=np.float32).reshape(3, 2) + 1)
    kv.save("v.safetensors")
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "text").write_text("a b c\n" * 9)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("convert v.safetensors out --to sentence-transformers --dtype float16", "--dtype is not for --to"),
        ("convert v.safetensors - --to sentence-transformers", "is a folder, so it needs a name"),
        ("convert v.safetensors - --json", "--json prints to standard output, where the vectors go"),
        ("convert v.safetensors out.safetensors --subvectors 2", "--subvectors is for --dtype pq"),
        ("convert v.safetensors out.txt --dtype int8", "--dtype int8 is for fastemb's own format"),
        ("train text -o v.txt --nodes 2", "--nodes is for training on a cluster: give --ray"),
        ("train text -o v.txt --rounds 2", "--rounds is for training on a cluster: give --ray"),
        ("train - -o v.txt --ray local", "standard input does not go with --ray"),
        ("merge v.safetensors w.safetensors -o - --json", "--json prints to standard output, where the vectors go"),
        (
            "train t.csv -o v.txt --column item --unicode-errors ignore",
            "--unicode-errors is for plain text: name the encoding of CSV files by --encoding",
        ),
        ("plot v.safetensors -o a.svg --axis a->b --axis b->c --axis c->a", "--axis is given once or twice, not 3"),
        ("items train t.csv -o m.safetensors --session user --item item --titles-sep ;", "are for --titles"),
        ("align v.safetensors v.safetensors", "the same file of vectors is named twice"),
        ("items train t.csv -o m.safetensors", "name the columns by --session and --item, or give --baskets"),
        ("items train t.csv -o m.safetensors --keyed --session user --item item", "--keyed is for --baskets"),
        ("items train t.csv -o m.safetensors --baskets --item item", "--baskets has no columns: leave --item out"),
        ("items train t.csv -o m.txt --session user --item item", "models of items are saved as safetensors"),
        (
            "items eval t.csv --session user --item item --test t.csv --split time",
            "--test names what is held out: leave --split out",
        ),
        ("items eval t.csv --session user --item item --share 0.5", "--share is for --split random and --split time"),
    ],
)
def test_what_does_not_go_together(
    command: str, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in folder.iterdir())
    assert main(command.split()) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    assert message in errors
    assert errors.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == before


def test_files_of_recommendations(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns, rows = ("user", "rank", "item"), [("ü", 1, 3), (("u", 2), 2, "x")]
    made = {}
    for name, write in (("a.tsv", _write_tsv), ("a.jsonl", _write_json), ("a.parquet", _write_parquet)):
        assert _writer_of(name) is write
        with open(tmp_path / name, "wb") as file:
            write(file, columns, iter(rows))
        made[name] = tmp_path / name
    assert made["a.tsv"].read_text("utf-8").splitlines() == ["user\trank\titem", "ü\t1\t3", "('u', 2)\t2\tx"]
    assert made["a.jsonl"].read_text("utf-8").splitlines()[0] == '{"user": "ü", "rank": 1, "item": 3}'
    found = parquet.read_table(made["a.parquet"]).to_pydict()
    assert found == {"user": ["ü", "('u', 2)"], "rank": [1, 2], "item": ["3", "x"]}
    with open(tmp_path / "b", "wb") as file:
        _write_parquet(file, columns, iter([(5, 1, 2)]))
    assert parquet.read_table(tmp_path / "b").to_pydict() == {"user": [5], "rank": [1], "item": [2]}
    with open(tmp_path / "b", "wb") as file, pytest.raises(ValueError, match="has a tab or a line end"):
        _write_tsv(file, columns, iter([("a\tb", 1, 2)]))
    with pytest.raises(ValueError, match=r"cannot save to a\.doc: its name does not say in which format"):
        _writer_of("a.doc")


def test_a_change_is_told_in_words_and_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(2)
    words = [f"w{number}" for number in range(30)]
    for name in ("old", "new"):
        kv = KeyedVectors(4)
        kv.add_vectors(words, rng.standard_normal((30, 4), np.float32))
        kv.save(f"{name}.safetensors")
    Path("anchors").write_text("\n".join(words[:20]) + "\n\n")
    assert main(["align", "old.safetensors", "new.safetensors", "--words", "w1", "--anchors", "anchors"]) == 0
    output, _ = capsys.readouterr()
    assert output.splitlines()[1].endswith("w1")
    assert "old: w" in output
    assert main(["align", "old.safetensors", "new.safetensors", "--words", "w1", "--json"]) == 0
    output, _ = capsys.readouterr()
    assert '"key": "w1"' in output
    assert '"old": {' in output
    for options in ([], ["--json"]):
        asked = ["align", "old.safetensors", "new.safetensors", "--words", "w1", "--neighbours", "0", *options]
        assert main(asked) == 0
        output, _ = capsys.readouterr()
        assert "w1" in output
        assert "old" not in output


def test_vectors_without_a_length_or_a_direction_are_described(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, rows in (("zeros", np.zeros((3, 2))), ("none", np.full((1, 2), np.nan)), ("one", np.ones((1, 2)))):
        KeyedVectors._from_arrays(list("abc")[: len(rows)], rows.astype(np.float32)).save(f"{name}.safetensors")
    shown = {}
    for name in ("zeros", "none", "one"):
        assert main(["info", f"{name}.safetensors"]) == 0
        shown[name] = capsys.readouterr().out
    assert "lengths     0 to 0, median 0\n            3 of zeros" in shown["zeros"]
    assert "lengths" not in shown["none"]
    assert "1 with NaN or infinity" in shown["none"]
    assert "lengths     1.41421 to 1.41421" in shown["one"]
    assert all("spread" not in found for found in shown.values())


def test_words_among_which_to_look_are_told_where_some_are_unknown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in (("b\nc\n", ""), ("b\nx\n", "fastemb: 1 of 2 words of some have no vectors\n")):
        Path("some").write_text(words)
        assert main(["similar", "v.safetensors", "a", "--among", "some", "-n", "1"]) == 0
        output, errors = capsys.readouterr()
        assert errors == said
        assert {"b", "c"} & {*output.split()} == {"b"}
