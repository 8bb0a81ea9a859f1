"""``fastemb items`` from a table to recommendations."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from shops import baskets

from fastemb.cli import main
from fastemb.items import Item2Vec

COLUMNS = ["--session", "user", "--item", "film", "--time", "when", "--weight", "stars"]
SETTINGS = ["--vector-size", "12", "--negative", "5", "--epochs", "30", "--alpha", "0.25", "--workers", "1", "-q"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "events.csv"
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user", "film", "when", "stars"])
        for user, basket in enumerate(baskets(400)):
            for day, film in enumerate(basket, 1):
                writer.writerow([f"u{user}", film, f"2024-01-{day:02d}", 1])
    return path


@pytest.fixture(scope="module")
def model(table: Path) -> Path:
    path = table.with_name("model.safetensors")
    assert main(["items", "train", str(table), *COLUMNS, *SETTINGS, "-o", str(path)]) == 0
    return path


def test_similar_items(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["items", "similar", str(model), "k0i0", "k1i0", "-n", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert sum(line.split()[1].startswith("k0") for line in lines[1:4]) >= 2
    assert main(["items", "similar", str(model), "nothing"]) == 1
    assert "unknown item 'nothing'" in capsys.readouterr().err


def test_recommendations(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["items", "recommend", str(model), "--history", "k2i1", "k2i2", "-n", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "history"
    plain = [line.split()[1] for line in lines[1:]]
    assert all(item.startswith("k2") for item in plain[:2])
    options = ["--exclude", plain[0], "--candidates", plain[0], plain[2], "--with-history"]
    assert main(["items", "recommend", str(model), "--history", "k2i1", *options]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]] == [plain[2]]
    options = ["--exclude", plain[0], "--candidates", plain[0], "--exclude", plain[1], "--candidates", *plain[1:3]]
    assert main(["items", "recommend", str(model), "--history", "k2i1", *options]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]] == [plain[2]]
    assert main(["items", "recommend", str(model), "--users", "u0", "u1", "-n", "2"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 6
    assert main(["items", "recommend", str(model), "--users", "nobody"]) == 1
    assert "unknown user 'nobody'" in capsys.readouterr().err


def test_everyone_into_a_file(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = model.with_name("all.csv")
    assert main(["items", "recommend", str(model), "--all", "-n", "3", "-o", str(path)]) == 0
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 400 * 3
    assert rows[0].keys() == {"user", "rank", "item", "score"}
    assert [row["rank"] for row in rows[:4]] == ["1", "2", "3", "1"]
    assert main(["items", "recommend", str(model), "--all"]) == 1
    assert "-o" in capsys.readouterr().err


@pytest.mark.parametrize("how", [[], ["--split", "one"], ["--split", "random"], ["--split", "time", "--share", "0.3"]])
def test_judging_a_split(table: Path, how: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["items", "eval", str(table), *COLUMNS, *SETTINGS, *how, "-k", "5"]) == 0
    out = capsys.readouterr().out
    assert "recall@5" in out
    recall, baseline = map(float, next(line for line in out.splitlines() if "recall" in line).split()[1:])
    assert recall > 2 * baseline


def test_judging_a_given_part(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = tmp_path / "held.csv"
    held.write_text("user,film,when,stars\nu0,k0i0,2024-02-01,1\nu0,k1i0,2024-02-01,1\nnew,k0i1,2024-02-01,1\n")
    assert main(["items", "eval", str(table), *COLUMNS, *SETTINGS, "--test", str(held)]) == 0
    assert capsys.readouterr().out.startswith("2 sessions")


def test_a_file_without_names_of_columns(table: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.csv"
    bare.write_text(table.read_text().split("\n", 1)[1])
    arguments = ["items", "train", str(bare), "--columns", "user,film,when,stars", *COLUMNS, *SETTINGS]
    assert (
        main([*arguments, "-o", str(tmp_path / "m.safetensors"), "--gap", "1000", "--no-histories"]) == 1
    )  # less than a day
    assert main([*arguments, "-o", str(tmp_path / "m.safetensors"), "--no-histories"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "TABLE", "--session", "user", "--item", "movie", "-o", "x"], "no column 'movie'"),
        (["train", "missing.csv", "--session", "user", "--item", "film", "-o", "x"], "missing.csv"),
        (["train", "TABLE", "--session", "user", "--item", "film", "-o", "TABLE"], "also the input"),
        (["train", "TABLE", "--session", "user", "--item", "film", "-o", "no/such/x"], "does not exist"),
        (["train", "TABLE", "--session", "user", "--item", "film", "--weight", "film", "-o", "x"], "must be numbers"),
        (["eval", "TABLE", "--session", "user", "--item", "film", "--split", "time"], "need times"),
        (["eval", "TABLE", "--session", "user", "--item", "film", "--share", "0.3"], "--share is for"),
        (["eval", "TABLE", *COLUMNS, "--test", "TABLE", "--split", "random"], "leave --split out"),
        (["eval", "TABLE", *COLUMNS, "--test", "TABLE", "--share", "0.3"], "--share is for"),
        (["similar", "TABLE", "k0i0"], "not a safetensors file"),
    ],
)
def test_mistakes_are_told(
    table: Path, tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(table) if part == "TABLE" else part for part in arguments]
    given = [str(tmp_path / part) if part in ("x", "no/such/x") else part for part in given]
    assert main(["items", *given]) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_small_table_with_the_defaults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cafe = tmp_path / "cafe.csv"
    shop = baskets(300)
    cafe.write_text("receipt,product\n" + "".join(f"{n},{item}\n" for n, basket in enumerate(shop) for item in basket))
    columns = ["--session", "receipt", "--item", "product", "-q"]
    assert main(["items", "train", str(cafe), *columns, "--epochs", "10", "-o", str(tmp_path / "m")]) == 0
    assert main(["items", "eval", str(cafe), *columns, "--epochs", "10"]) == 0


def test_sessions_split_at_gaps_are_saved(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "m.safetensors")
    assert main(["items", "train", str(table), *COLUMNS, *SETTINGS, "--gap", "90000", "-o", path]) == 0
    assert main(["items", "recommend", path, "--users", "('u0', 0)", "-n", "1"]) == 0
    assert capsys.readouterr().out.startswith("('u0', 0)\n")


def test_items_that_no_file_holds_are_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    monkeypatch.delattr(Item2Vec, "fit")
    pyarrow.parquet.write_table(arrow.table({"user": [1, 1], "item": [0.5, 1.5]}), tmp_path / "t.parquet")
    arguments = [str(tmp_path / "t.parquet"), "--session", "user", "--item", "item", "-o", str(tmp_path / "m")]
    assert main(["items", "train", *arguments]) == 1
    assert "all str, or all int" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["similar", "M", "k0i0", "-n", "0"], ["recommend", "M", "--all", "-n", "-4"]])
def test_numbers_below_one_are_refused(model: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["items", *(str(model) if part == "M" else part for part in options)])
    assert "not a whole number above 0" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["items", "eval", "t.csv", "--session", "a", "--item", "b", "-k", "0"])


def test_unknown_items_are_told(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--history", "k2i1", "odd", "--exclude", "strange", "--candidates", "k2i2", "queer"]
    assert main(["items", "recommend", str(model), *options]) == 0
    told = capsys.readouterr()
    assert told.out.split()[2:] == ["k2i2"]
    for name in ("odd", "strange", "queer"):
        assert f"unknown item {name!r}" in told.err
