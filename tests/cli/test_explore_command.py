"""``fastemb explore``: the page, what is printed, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from cli.called import Run, caller

from fastemb import Interactions, Item2Vec, KeyedVectors

pytest.importorskip("plotly")
pytest.importorskip("openTSNE")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Call ``main`` in a folder with v.safetensors; its status, output and errors."""
    monkeypatch.chdir(tmp_path)
    made = KeyedVectors(8)
    made.add_vectors([f"word{row}" for row in range(30)], np.random.default_rng(0).normal(size=(30, 8)).astype("f4"))
    made.expandos["count"] = np.arange(30, 0, -1)
    made.save("v.safetensors")

    return caller(capsys)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", 30),
        ("--restrict-vocab 20 --method pca --clusters 0 --color count -n 3 --title Words", 20),
        ("--words word1 word2 word3 word4", 4),
        ("--seed 3 --perplexity 4 --clusters 2", 30),
    ],
)
def test_the_page_is_written_and_its_numbers_printed(run: Run, options: str, words: int) -> None:
    status, output, errors = run("explore", "v.safetensors", *options.split(), "-o", "a.html")
    assert status == 0
    assert [line.rpartition(" ")[0].strip() for line in output.splitlines()] == ["trustworthiness", "neighbours kept"]
    assert re.search(rf"wrote a\.html: {words} words, \d\.\d MB", errors)
    assert Path("a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_json_and_words_of_a_file(run: Run) -> None:
    Path("words.txt").write_text("word1\nword5\n\nword7\n", encoding="utf-8")
    status, output, _ = run("explore", "v.safetensors", "--words-from", "words.txt", "-o", "a.html", "--json")
    assert status == 0
    told = json.loads(output)
    assert (told["output"], told["words"]) == ("a.html", 3)
    assert {*told} == {"output", "words", "trustworthiness", "neighbours_kept"}


def test_items_are_shown_by_their_titles(run: Run) -> None:
    items = Item2Vec(8, min_count=1, epochs=1, workers=1)
    items.fit(Interactions.from_baskets([[number, (number + 1) % 12] for number in range(12)] * 5))
    items.titles = {number: f"Thing {number}" for number in range(12)}
    items.save("items.safetensors")
    assert run("explore", "items.safetensors", "--words", "1", "2", "4", "-o", "a.html")[0] == 0


@pytest.mark.parametrize(("options", "waits"), [("--method pca", False), ("--words w1 w2 w3", False), ("", True)])
def test_who_has_to_wait_is_told_so(run: Run, monkeypatch: pytest.MonkeyPatch, options: str, waits: bool) -> None:
    many = KeyedVectors(2)
    many.add_vectors([f"w{row}" for row in range(5000)], np.random.default_rng(0).normal(size=(5000, 2)).astype("f4"))
    many.save("many.safetensors")
    monkeypatch.setattr("fastemb.explorer.explorer.tsne", lambda units, perplexity, seed: units[:, :2].astype(float))
    status, _, errors = run("explore", "many.safetensors", *options.split(), "-o", "a.html")
    assert status == 0
    assert ("placing 5,000 words by t-SNE takes" in errors) is waits


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("-o a.png", r"a\.png: .* must end with \.html, not \.png"),
        ("-o map", r"must end with \.html"),
        ("-o v.safetensors", r"must end with \.html"),
        ("-o nowhere/a.html", r"the folder .*nowhere does not exist"),
        ("-o a.html --color cuont", r"no attribute 'cuont'; did you mean 'count'\?"),
        ("-o a.html --words word1 word2", "at least 3 keys, not 2"),
        ("-o a.html --words word1 word2 wrod3", "did you mean 'word3'"),
        ("-o a.html --words word1 word2 word3 --restrict-vocab 5", "--words and --restrict-vocab exclude each other"),
        ("-o a.html --clusters 40", "--clusters must be 0 to 30, not 40"),
        ("-o a.html -n 101", "--topn must be 1 to 100, not 101"),
        ("-o a.html --perplexity 30", "--perplexity 30 needs at least 91 keys, and there are 30"),
        ("-o a.html --method umap", "invalid choice: 'umap'"),
        ("", "required: -o/--output"),
    ],
)
def test_wrong_options_are_named_and_nothing_is_written(run: Run, options: str, words: str) -> None:
    status, output, errors = run("explore", "v.safetensors", *options.split())
    assert status in (1, 2)
    assert re.search(words, errors)
    assert not output
    assert [path.name for path in Path().iterdir()] == ["v.safetensors"]
