"""``fastemb plot``: every kind of picture, what is printed, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from cli.called import Run, caller

from fastemb import Interactions, Item2Vec, KeyedVectors, Word2Vec

pytest.importorskip("matplotlib")
pytest.importorskip("openTSNE")

KEYS = [f"{kind}{number}" for number in range(10) for kind in ("animal", "colour", "river")]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Call ``main`` in a folder with v.safetensors and a model; its status, output and errors."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    rows = np.eye(3, 8)[np.arange(30) % 3] + random.normal(0, 0.2, (30, 8))
    made = KeyedVectors(8)
    made.add_vectors(KEYS, rows.astype(np.float32))
    made.expandos["count"] = np.arange(30, 0, -1)
    made.save("v.safetensors")

    return caller(capsys)


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ("", ["trustworthiness", "neighbours kept"]),
        ("--clusters 3 --seed 2 --labels 5 --perplexity 4", ["trustworthiness", "neighbours kept"]),
        ("--color count --method pca", ["trustworthiness", "neighbours kept", "variance"]),
        ("--words animal1 animal2 river1", ["trustworthiness", "neighbours kept", "variance"]),
        ("--neighbours-of animal1 -n 5 --restrict-vocab 20", ["trustworthiness", "neighbours kept", "variance"]),
        ("--axis |animal0 -> river0", ["x told apart"]),
        (
            "--axis |animal0 -> river0| --axis |colour0 -> river1| --words river3",
            ["x told apart", "y told apart", "cosine"],
        ),
        ("--analogies animal1 animal2 river1 river2", ["parallel", "variance"]),
        ("--fan river1 -n 4", ["nearest", "farthest"]),
        ("--heat-map --words animal1 river1 colour1", ["least", "mean", "greatest"]),
        ("v.safetensors --drift river1", ["river1 1-2", "variance"]),
        ("--variance", ["half", "nine tenths", "effective dimensions"]),
        ("--title |A $title$| --size 4 4 --font |DejaVu Sans| --font-size 7 --dpi 50", ["trustworthiness"]),
    ],
)
def test_every_picture(run: Run, options: str, numbers: list[str]) -> None:
    parts = [part if number % 2 else part.split() for number, part in enumerate(options.split("|"))]
    arguments = [one for part in parts for one in (part if isinstance(part, list) else [part])]
    ending, start = (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"))[len(options) % 3]
    status, output, errors = run("plot", "v.safetensors", *arguments, "-o", f"a.{ending}")
    assert (status, errors) == (0, f"wrote a.{ending}\n")
    assert Path(f"a.{ending}").read_bytes().startswith(start)
    for line, name in zip(output.splitlines(), numbers, strict=False):
        assert line.startswith(name)


def test_numbers_as_json(run: Run) -> None:
    status, output, _ = run("plot", "v.safetensors", "--words", "animal1", "river1", "colour1", "-o", "a.png", "--json")
    assert status == 0
    told = json.loads(output)
    assert (told["output"], told["words"]) == ("a.png", 3)
    assert 0 <= told["trustworthiness"] <= 1


def test_words_of_a_file(run: Run) -> None:
    Path("words.txt").write_text("animal1\n\nriver1\ncolour1\n")
    status, output, _ = run("plot", "v.safetensors", "--words-from", "words.txt", "-o", "a.png", "--json")
    assert (status, json.loads(output)["words"]) == (0, 3)


def test_items_and_models(run: Run) -> None:
    model = Item2Vec(vector_size=4, epochs=1, progress=False).fit(Interactions.from_any([[1, 2, 3], [2, 3, 4]] * 20))
    model.titles = {1: "One"}
    model.save("items.safetensors")
    assert run("plot", "items.safetensors", "--words", "1", "2", "4", "-o", "a.png")[0] == 0
    assert run("plot", "items.safetensors", "--fan", "3", "-o", "a.png")[0] == 0
    words = Word2Vec([["a", "b", "c"]] * 50, vector_size=4, min_count=1, epochs=2, compute_loss=True)
    words.save("model.safetensors")
    status, output, _ = run("plot", "model.safetensors", "--training", "-o", "a.png")
    assert status == 0
    assert [line.split("  ")[0] for line in output.splitlines()] == ["loss", "alpha", "words per second"]
    assert run("plot", "model.safetensors", "-o", "a.png")[0] == 0


def test_what_is_not_known_is_null_in_json(run: Run) -> None:
    axis = ("plot", "v.safetensors", "--axis", "animal0 -> river0", "-o", "a.png")
    assert run(*axis)[1] == "x told apart  not known\n"
    assert "NaN" not in (output := run(*axis, "--json")[1])
    assert json.loads(output)["x_told_apart"] is None


def test_an_empty_word_is_a_word(run: Run) -> None:
    status, _, errors = run("plot", "v.safetensors", "--fan", "", "-o", "a.png")
    assert status == 1
    assert "Key '' not present" in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "-o a.jpg",
            "a.jpg: pictures are written as .png, .svg or .pdf, and the name must end with one of these, not .jpg",
        ),
        ("-o none/a.png", "the folder .*none does not exist"),
        ("-o a.png --words animal1 anmal1", "'anmal1' not present; did you mean 'animal1'"),
        ("-o a.png --words animal1", "at least 3 keys, not 1"),
        ("-o a.png --words animal1 --words-from v.safetensors", "--words and --words-from exclude each other"),
        ("-o a.png --words animal1 --neighbours-of river1", "--words and --neighbours-of exclude each other"),
        (
            "-o a.png --words animal1 animal2 river1 --restrict-vocab 9",
            "--words and --restrict-vocab exclude each other",
        ),
        ("-o a.png --words animal1 animal2 river1 -n 9", "--topn has no effect without --neighbours-of"),
        ("-o a.png --axis animal1->river1 --words river2 --restrict-vocab 9", "--restrict-vocab has no effect where"),
        ("-o a.png --analogies animal1 river1", "--analogies takes two pairs or more, .* such as man woman king queen"),
        ("-o a.png --training --from npy", "--training takes a file of a Word2Vec model: .* no --from"),
        ("-o a.png --dpi 100000", r"--dpi must be at most 3,\d+ for this picture, not 100,000: or write it as .svg"),
        ("-o a.png --color count --clusters 2", "--color and --clusters exclude each other"),
        ("-o a.png --color cont", "did you mean 'count'"),
        ("-o a.png --perplexity 20", "--perplexity 20 needs at least 61 keys, and there are 30"),
        ("-o a.png --perplexity 5 --method pca", "--perplexity 5 is for --method tsne"),
        ("-o a.png --variance --clusters 3", "--clusters has no effect with --variance: leave it out"),
        ("-o a.png --fan river1 --words river2", "--words has no effect with --fan"),
        ("-o a.png --drift river1", "--drift takes two files of vectors or more"),
        ("v.safetensors -o a.png", "one file of vectors is drawn, not 2, unless with --drift"),
        (
            "-o a.png --axis river1",
            "--axis takes examples of both ends, such as 'child toy -> adult war', not 'river1'",
        ),
        ("-o a.png --analogies river1 river2 river3", "pairs of words, and 3 words are no pairs"),
        ("-o a.png --heat-map", "give --words"),
        ("-o a.png --training", "holds no Word2Vec model"),
        ("-o a.png --font Nonsense", "there is no 'Nonsense'"),
        ("-o a.png --size 0 3", "size must be 1 to 50 inches"),
        ("-o a.png --fan river1 --variance", "not allowed with argument"),
        ("-o v.safetensors", "not .safetensors"),
        ("", "required: -o/--output"),
    ],
)
def test_what_is_refused(run: Run, options: str, message: str) -> None:
    status, _, errors = run("plot", "v.safetensors", *options.split())
    assert status in (1, 2)
    assert re.search(message, errors), errors
    assert not Path("a.png").exists()


def test_small_pictures_name_the_option(run: Run) -> None:
    status, _, errors = run("plot", "v.safetensors", "--words", *KEYS, "--size", "1.2", "1.2", "-o", "a.png")
    assert status == 0
    assert "give a larger picture, such as --size 8 7, or a smaller --font-size" in errors
