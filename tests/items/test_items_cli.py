"""``fastemb items`` from a table to recommendations."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from shops import baskets

from fastemb import Word2Vec, save_vectors
from fastemb.cli import main
from fastemb.items import Interactions, Item2Vec

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


def test_results_as_json(model: Path, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def lines(*given: object) -> list[Any]:
        assert main(["items", *map(str, given), "--json"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    loaded = Item2Vec.load(model)
    first, second = lines("similar", model, "k0i0", "k1i0", "-n", 3)
    assert (first["item"], second["item"]) == ("k0i0", "k1i0")
    assert [one["item"] for one in first["neighbours"]] == [key for key, _ in loaded.similar_items("k0i0", 3)]
    (history,) = lines("recommend", model, "--history", "k2i1", "-n", 2)
    found = loaded.recommend(["k2i1"], n=2)
    assert history == {
        "basis": "history",
        "recommendations": [{"item": item, "score": float(f"{score:.6g}")} for item, score in found],
    }
    assert [one["user"] for one in lines("recommend", model, "--users", "u1", "u0")] == ["u1", "u0"]
    assert len(lines("recommend", model, "--all", "-n", 1)) == 400
    (judged,) = lines("eval", table, *COLUMNS, *SETTINGS, "-k", 5)
    assert judged["k"] == 5
    assert judged["model"].keys() == judged["baseline"].keys() >= {"recall", "mrr"}
    assert main(["items", "recommend", str(model), "--all", "--json", "-o", "all.jsonl"]) == 1
    assert "--json prints and -o writes a file" in capsys.readouterr().err
    assert main(["items", "similar", str(model), "nothing", "k0i0", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["item"] == "k0i0"


def test_everyone_into_a_file(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = model.with_name("all.csv")
    assert main(["items", "recommend", str(model), "--all", "-n", "3", "-o", str(path)]) == 0
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 400 * 3
    assert rows[0].keys() == {"user", "rank", "item", "score", "basis"}
    assert {row["basis"] for row in rows} == {"history"}
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


@pytest.mark.parametrize("swapped", [False, True])
def test_a_part_in_a_file_of_another_kind_is_judged_alike(
    swapped: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    shop = [[int(film[1]) * 100 + int(film[3]) for film in basket] for basket in baskets(200)]
    parts = {"train": [basket[:-1] for basket in shop], "test": [basket[-1:] for basket in shop]}
    for name, part in parts.items():
        rows = [(user, film) for user, basket in enumerate(part) for film in basket]
        (tmp_path / f"{name}.csv").write_text("user,film\n" + "".join(f"{user},{film}\n" for user, film in rows))
        columns = dict(zip(("user", "film"), zip(*rows, strict=True), strict=True))
        parquet.write_table(pa.table({key: list(values) for key, values in columns.items()}), tmp_path / f"{name}.pq")

    def judged(train: str, test: str) -> str:
        given = ["items", "eval", str(tmp_path / train), "--session", "user", "--item", "film", *SETTINGS]
        assert main([*given, "--test", str(tmp_path / test)]) == 0
        told = capsys.readouterr()
        assert told.err == ""
        return told.out

    mixed = judged("train.pq", "test.csv") if swapped else judged("train.csv", "test.pq")
    assert mixed == judged("train.csv", "test.csv")


def test_a_part_that_is_in_the_table_is_told(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["items", "eval", str(table), *COLUMNS, *SETTINGS]
    assert main([*given, "--test", str(table)]) == 1
    events = len(table.read_text().splitlines()) - 1
    assert f"all {events:,} events of test are in train too" in capsys.readouterr().err
    assert main(given) == 0  # with --test left out


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


def test_sessions_split_at_gaps_have_names_to_ask_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"u{user},i{(user + item) % 9},{time}" for user in range(8) for item, time in enumerate((1, 2, 3, 90, 91))]
    (tmp_path / "t.csv").write_text("\n".join(["user,film,when", *rows]))
    path = str(tmp_path / "m.safetensors")
    named = ["--session", "user", "--item", "film", "--time", "when", "--gap", "30"]
    assert main(["items", "train", str(tmp_path / "t.csv"), *named, *SETTINGS, "-o", path]) == 0
    keys = Item2Vec.load(path).histories.session_keys
    of_user = [key for key in keys if key[0] == "u0"]
    assert len(of_user) > 1
    for name in (f"u0#{len(of_user) - 1}", "u0", str(of_user[-1])):  # the latest one
        assert main(["items", "recommend", path, "--users", name, "-n", "1"]) == 0
        assert capsys.readouterr().out.startswith(f"u0#{len(of_user) - 1}\n")
    assert main(["items", "recommend", path, "--users", "nobody"]) == 1
    shown = re.search(r"unknown user 'nobody': the first ones are '(.+?)'", capsys.readouterr().err)
    assert shown is not None
    assert main(["items", "recommend", path, "--users", shown[1], "-n", "1"]) == 0
    assert main(["items", "recommend", path, "--all", "-n", "1", "-o", str(tmp_path / "all.csv")]) == 0
    with open(tmp_path / "all.csv", newline="") as file:
        users = [row["user"] for row in csv.DictReader(file)]
    assert users == [f"{user}#{number}" for user, number in keys]
    model = Item2Vec.load(path)
    with pytest.raises(KeyError, match="unknown user 'u0'") as caught:
        model.recommend(user="u0")
    assert f"the latest of the {len(of_user)} of 'u0' is {of_user[-1]!r}" in str(caught.value)
    assert model.recommend(user=of_user[-1], n=1)
    with pytest.raises(KeyError, match=re.escape(f"such as {keys[0]!r}")):
        model.recommend(user="nobody")


def test_items_that_no_file_holds_are_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    monkeypatch.delattr(Item2Vec, "fit")
    pyarrow.parquet.write_table(arrow.table({"user": [1, 1], "item": [b"a", b"b"]}), tmp_path / "t.parquet")
    arguments = [str(tmp_path / "t.parquet"), "--session", "user", "--item", "item", "-o", str(tmp_path / "m")]
    assert main(["items", "train", *arguments]) == 1
    assert "items: a file holds str, numbers and tuples" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["similar", "M", "k0i0", "-n", "0"], ["recommend", "M", "--all", "-n", "-4"]])
def test_numbers_below_one_are_refused(model: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["items", *(str(model) if part == "M" else part for part in options)])
    assert "not a whole number above 0" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["items", "eval", "t.csv", "--session", "a", "--item", "b", "-k", "0"])


def test_a_history_of_nothing_known_is_told(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["items", "recommend", str(model), "--history", "odd", "-n", "1"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("history (nothing is known of it: the most popular items)\n")
    assert told.err.startswith("fastemb: unknown item 'odd': ")
    assert told.err.count("\n") == 1


def test_unknown_items_are_told(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--history", "k2i1", "odd", "--exclude", "strange", "--candidates", "k2i2", "queer"]
    assert main(["items", "recommend", str(model), *options]) == 0
    told = capsys.readouterr()
    assert told.out.split()[2:] == ["k2i2"]
    for name in ("odd", "strange", "queer"):
        assert f"unknown item {name!r}" in told.err


# ---- recommendations in every format ----


def read_rows(path: Path) -> list[dict[str, str]]:
    """Whatever the format, as text."""
    if path.suffix == ".parquet":
        found = pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
    elif path.suffix == ".jsonl":
        found = [json.loads(line) for line in path.read_text().splitlines()]
    else:
        with open(path, newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    return [{name: str(value) for name, value in row.items()} for row in found]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet", ".CSV"])
def test_the_name_of_the_file_says_its_format(model: Path, ending: str, tmp_path: Path) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    path, wanted = tmp_path / f"recs{ending}", tmp_path / "wanted.csv"
    for one in (path, wanted):
        assert main(["items", "recommend", str(model), "--users", "u0", "u1", "-n", "3", "-o", str(one)]) == 0
    assert read_rows(path) == read_rows(wanted)
    assert len(read_rows(path)) == 6


@pytest.mark.parametrize("name", ["recs.xlsx", "recs", "recs.csv.gz", "recs.json", "recs.pq", "csv"])
def test_other_names_are_refused_before_anything_is_done(
    model: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["items", "recommend", str(model), "--all", "-o", str(tmp_path / name)]) == 1
    told = capsys.readouterr().err
    assert "let it end in .csv, .tsv, .jsonl, .parquet" in told
    assert name in told
    assert not list(tmp_path.iterdir())


def test_standard_output(model: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["items", "recommend", str(model), "--all", "-n", "1", "-o", "-"]) == 0
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert lines[0] == "user,rank,item,score,basis"
    assert len(lines) == 401


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Item2Vec(vector_size=4, epochs=1, negative=1).fit([["a\tb", "c"], ["d", "c"]] * 3).save(tmp_path / "m")
    arguments = ["items", "recommend", str(tmp_path / "m"), "--history", "c", "-o"]
    assert main([*arguments, str(tmp_path / "r.tsv")]) == 1
    assert "write a .csv file" in capsys.readouterr().err
    assert not (tmp_path / "r.tsv").exists()
    assert main([*arguments, str(tmp_path / "r.csv")]) == 0  # the remedy
    assert "a\tb" in {row["item"] for row in read_rows(tmp_path / "r.csv")}


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_users_after_gaps_and_rows_by_popularity(ending: str, tmp_path: Path) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    data = Interactions.from_baskets([[1, 2], [2, 3], []], session_keys=[("u", 0), ("u", 1), "v"])
    Item2Vec(vector_size=4, epochs=1, negative=1).fit(data).save(tmp_path / "m")
    path = tmp_path / f"r{ending}"
    assert main(["items", "recommend", str(tmp_path / "m"), "--all", "-n", "1", "-o", str(path)]) == 0
    assert [row["basis"] for row in read_rows(path)] == ["history", "history", "popularity"]
    assert [row["item"] for row in read_rows(path)][1:] == ["1", "2"]


# ---- titles ----


def test_titles_are_kept_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, titles, path = tmp_path / "t.csv", tmp_path / "u.item", tmp_path / "m.safetensors"
    shop = [(user, item) for user, basket in enumerate(baskets(100)) for item in basket]
    numbers = {item: number for number, item in enumerate(sorted({item for _, item in shop}))}
    table.write_text("u,i\n" + "".join(f"{user},{numbers[item]}\n" for user, item in shop))
    titles.write_bytes(
        "".join(f"{number}|Caf\xe9 {item}|01-Jan-1995\n" for item, number in numbers.items()).encode("latin-1")
    )
    arguments = ["items", "train", str(table), "--session", "u", "--item", "i", *SETTINGS, "-o", str(path)]
    options = ["--titles", str(titles), "--titles-sep", "|", "--titles-encoding", "latin-1"]
    assert main([*arguments, *options]) == 0
    assert capsys.readouterr().err == ""
    assert main(["items", "similar", str(path), "3", "-n", "2"]) == 0
    assert capsys.readouterr().out.startswith("3  Caf\xe9 k0i3\n")
    assert main(["items", "recommend", str(path), "--history", "3", "-n", "2"]) == 0
    assert all("  Caf\xe9 k" in line for line in capsys.readouterr().out.splitlines()[1:])
    assert main(["items", "recommend", str(path), "--history", "3", "-n", "2", "-o", str(tmp_path / "r.csv")]) == 0
    assert all(row["title"].startswith("Caf\xe9 k") for row in read_rows(tmp_path / "r.csv"))
    titles.write_text("x|y\n")
    assert main([*arguments, "--titles", str(titles), "--titles-sep", "|"]) == 0
    assert "names no item of the table; its first items are x" in capsys.readouterr().err
    assert main([*arguments, "--titles", str(titles)]) == 1
    assert "u.item, line 1: a line must hold an item and its title" in capsys.readouterr().err
    assert main([*arguments, "--titles-sep", "|"]) == 1
    assert "are for --titles" in capsys.readouterr().err


# ---- baskets ----


@pytest.mark.parametrize(("lines", "options"), [("{}\n", []), ("u{n},{}\n", ["--keyed", "--sep", ","])])
def test_a_basket_a_line(lines: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    between = "," if options else " "
    table = tmp_path / "b.dat"
    table.write_text("".join(lines.format(between.join(basket), n=n) for n, basket in enumerate(baskets(200))))
    assert main(["items", "eval", str(table), "--baskets", *options, *SETTINGS, "-k", "5"]) == 0
    recall, baseline = map(float, capsys.readouterr().out.splitlines()[2].split()[1:])
    assert recall > 2 * baseline
    path = str(tmp_path / "m.safetensors")
    assert main(["items", "train", str(table), "--baskets", *options, *SETTINGS, "-o", path]) == 0
    assert main(["items", "recommend", path, "--users", "u7" if options else "7", "-n", "1"]) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--baskets", "--session", "u"], "--baskets has no columns: leave --session out"),
        (["--baskets", "--gap", "5"], "leave --gap out"),
        (["--keyed", "--session", "user", "--item", "film"], "--keyed is for --baskets"),
        (["--session", "user"], "name the columns by --session and --item"),
        ([], "or give --baskets"),
        (["--session", "user", "--item", "film", "--sep", ""], '--sep ""'),
        (["--session", "user", "--item", "film", "--encoding", "klingon"], "no encoding of text"),
        ([*COLUMNS, "--gap", "half an hour"], "--gap 'half an hour' is not read"),
    ],
)
def test_mistakes_about_text_are_told(
    table: Path, options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["items", "train", str(table), *options, "-o", str(tmp_path / "m")]) == 1
    assert message in capsys.readouterr().err


def test_gaps_as_text(table: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    assert main(["items", "train", str(table), *COLUMNS, *SETTINGS, "--gap", "1d 1h", "-o", str(path)]) == 0
    assert len(Item2Vec.load(path).histories) == 400


# ---- settings, before anything is read ----

WRONG_SETTINGS = [
    (["--sg", "2"], "--sg must be 0 or 1, not 2: leave it out to train both kinds"),
    (["--workers", "0"], "--workers must be between 1"),
    (["--window", "0"], "--window must be between 1"),
    (["--random-state", "-1"], "--random-state must be between 0"),
    (["--alpha", "-1"], "--alpha must be"),
    (["--vector-size", "1"], "--vector-size must be at least 2"),
    (["--window", "3", "--contexts", "2"], "--contexts 2 is for baskets without an order, and --window 3"),
]


@pytest.mark.parametrize("command", ["train", "eval"])
@pytest.mark.parametrize(("settings", "message"), WRONG_SETTINGS)
def test_settings_are_checked_before_the_table_is_read(
    command: str, settings: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text("no such columns\n")
    given = ["items", command, str(tmp_path / "t.csv"), "--session", "user", "--item", "film", *settings]
    assert main([*given, *(["-o", str(tmp_path / "m")] if command == "train" else [])]) == 1
    assert message in capsys.readouterr().err


def test_settings_that_a_message_says_to_leave_out_may_be(table: Path, tmp_path: Path) -> None:
    for settings in ([], ["--window", "3"], ["--contexts", "2"]):
        given = ["items", "train", str(table), *COLUMNS, *SETTINGS, *settings, "-o", str(tmp_path / "m")]
        assert main(given) == 0


# ---- models as other commands see them ----


def test_users_that_were_not_saved_are_an_error(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = str(tmp_path / "m"), str(tmp_path / "o.csv")
    train = ["items", "train", str(table), *COLUMNS, *SETTINGS, "-o", path]
    assert main([*train, "--no-histories"]) == 0
    for asked in (["--all", "-o", out], ["--users", "u1", "-o", out], ["--users", "u1"]):
        assert main(["items", "recommend", path, *asked]) == 1
        assert "the model was saved without users (--no-histories)" in capsys.readouterr().err
    assert not Path(out).exists()
    with pytest.raises(KeyError, match="the model has no users: their histories were not saved"):
        Item2Vec.load(path).recommend_many()
    assert main(train) == 0  # as the message says
    assert main(["items", "recommend", path, "--all", "-o", out]) == 0
    assert len(Item2Vec.load(path).recommend_many().items) == 400


@pytest.mark.parametrize("asked", [["similar", "k0i1"], ["analogy", "k0i1", "k0i2", "k0i3"]])
def test_commands_for_words_say_that_a_model_of_items_compares_otherwise(
    model: Path, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([asked[0], str(model), *asked[1:]]) == 0
    told = capsys.readouterr().err
    assert told.count("is an Item2Vec model") == 1
    assert "'fastemb items similar' compares items as the model does" in told
    assert main(["items", "similar", str(model), "k0i1"]) == 0
    assert capsys.readouterr().err == ""
    plain = model.with_name("plain")
    Item2Vec.load(model).wv.save(plain)
    assert main([asked[0], str(plain), *asked[1:]]) == 0
    assert capsys.readouterr().err == ""


def test_info_says_what_kind_of_model_a_file_holds(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def kinds(path: Path) -> list[str]:
        assert main(["info", str(path)]) == 0
        return [line for line in capsys.readouterr().out.splitlines() if line.startswith("kind")]

    (line,) = kinds(model)
    assert "an Item2Vec model: Item2Vec.load reads it" in line
    assert "fastemb items similar" in line
    words = model.with_name("words")
    Word2Vec([["a", "b"]] * 5, vector_size=4, min_count=1, workers=1, epochs=1, sample=0).save(words)
    assert "a Word2Vec model: Word2Vec.load reads it" in kinds(words)[0]
    for name in ("v.safetensors", "v.txt"):
        save_vectors(Item2Vec.load(model).wv, model.with_name(name))
        assert kinds(model.with_name(name)) == []


def test_unknown_items_are_told_with_what_the_items_are(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = Item2Vec.load(model)
    with pytest.raises(KeyError) as error:
        known.similar_items("nix")
    for asked in (["similar", str(model), "nix"], ["recommend", str(model), "--history", "k0i1", "nix"]):
        main(["items", *asked])
        assert error.value.args[0] in capsys.readouterr().err
    assert "the model's 40 items are str, such as" in error.value.args[0]
