"""``fastemb documents``: vectors of documents from the command line."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.called import Run, caller

from fastemb import Doc2Vec, KeyedVectors, load_vectors
from fastemb.models.doc2vec import Documents
from fastemb.train.hogwild import Hogwild

TOPICS = [[f"{kind}{n}" for n in range(9)] for kind in "abc"]
SMALL = ("--min-count", 1, "-d", 8, "-t", 1, "-e", 20, "--sample", 0)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Call ``main`` in a folder with texts of three topics in turn; status, output and errors."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(1)
    lines = [" ".join(TOPICS[n % 3][k] for k in generator.integers(0, 9, 12)) for n in range(60)]
    Path("t.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = [f"id{n};{line.upper()}" for n, line in enumerate(lines)]
    Path("t.csv").write_text("\n".join(["name;text", *rows]) + "\n", encoding="utf-8")
    Path("folder").mkdir()
    for n, line in enumerate(lines[:6]):
        Path("folder", f"{n}.txt").write_text(line.replace(" ", "\n"), encoding="utf-8")

    return caller(capsys)


def near(found: str) -> list[list[int]]:
    """The tags of each line of JSON."""
    return [[one["tag"] for one in json.loads(line)["neighbours"]] for line in found.splitlines()]


def test_train_similar_and_infer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    status, _, said = run("documents", "train", "t.txt", "-o", "m", "--dbow-words", "--save-vectors", "v.txt", *SMALL)
    assert status == 0
    assert "read 720 words in 60 documents of 60 tags; 27 different words kept" in said
    same = Doc2Vec(
        Documents.from_file("t.txt"), dm=0, dbow_words=1, vector_size=8, min_count=1, workers=1, epochs=20, sample=0
    )
    np.testing.assert_array_equal(Doc2Vec.load("m").dv.vectors, same.dv.vectors)
    assert KeyedVectors.load_word2vec_format("v.txt")["7"].tolist() == pytest.approx(same.dv[7].tolist(), rel=1e-4)
    for asked, query in (((), "4"), (("--by", "word"), "b3"), (("--by", "text"), "B1 b2 b7")):
        more = ("--lower",) if "text" in asked else ()
        status, found, _ = run("documents", "similar", "m", *asked, "--json", "-n", 5, *more, query)
        assert status == 0
        assert {tag % 3 for tag in near(found)[0]} == {1}, asked
    status, found, _ = run("documents", "similar", "m", "--find", "words", "5", "-n", 3)
    assert [line.split()[1][0] for line in found.splitlines()[1:]] == ["c"] * 3
    monkeypatch.setattr("sys.stdin", io.StringIO("a1 a2 a3\nb1 b2\n"))
    assert run("documents", "infer", "m", "-o", "found.vec", "-t", 1)[0] == 0
    expected = same.infer_vectors([["a1", "a2", "a3"], ["b1", "b2"]])
    np.testing.assert_allclose(load_vectors("found.vec").vectors, expected, rtol=1e-5, atol=1e-7)


def test_tags_are_columns_and_names_of_files(run: Run) -> None:
    table = ("t.csv", "--column", "text", "--tags", "name", "--sep", ";", "--lower")
    assert run("documents", "train", *table, "-o", "m", "-q", *SMALL) == (0, "", "")
    model = Doc2Vec.load("m")
    assert model.dv.index_to_key == [f"id{n}" for n in range(60)]
    assert "a1" in model.wv
    assert run("documents", "infer", "m", *table, "-o", "v.safetensors", "-t", 1)[0] == 0
    assert load_vectors("v.safetensors").index_to_key == model.dv.index_to_key
    assert run("documents", "train", "folder", "--whole-files", "-o", "f", "-q", *SMALL)[0] == 0
    assert Doc2Vec.load("f").dv.index_to_key == [f"{n}.txt" for n in range(6)]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ((), "dbow"),
        (("--model", "dm"), "dm/m"),
        (("--model", "dm", "--combine", "sum"), "dm/s"),
        (("--model", "dm", "--combine", "concat", "--loss", "hs", "-w", 2), "dm/c"),
    ],
)
def test_models(options: tuple[Any, ...], shown: str, run: Run) -> None:
    assert run("documents", "train", "t.txt", "-o", "m", "-q", *SMALL, *options)[0] == 0
    assert str(Doc2Vec.load("m")).startswith(f"Doc2Vec<{shown},d8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "t.txt", "-o", "m", "--tags", "id"), "--tags names a column of tables"),
        (("train", "t.csv", "-o", "m", "--column", "text", "--tags", "id", "--sep", ";"), "no column 'id'; it has"),
        (("train", "folder", "-o", "m", "--whole-files", "--column", "text"), "--column has no effect beside"),
        (("train", "-", "-o", "m", "--whole-files"), "standard input has no name"),
        (("train", "t.txt", "-o", "m.vec"), "m.vec: models of documents are saved as safetensors"),
        (("train", "t.txt", "-o", "t.txt"), "models of documents"),
        (("train", "t.txt", "-o", "m", "--model", "dm", "--dbow-words"), "--dbow-words is for --model dbow"),
        (("train", "t.txt", "-o", "m", "--combine", "sum"), "--combine is for --model dm"),
        (("train", "t.txt", "-o", "m", "--loss", "hs", "--negative", 3), "--negative is for --loss ns"),
        (("train", "t.txt", "-o", "m", "--alpha", "nan"), "--alpha must be"),
        (("similar", "t.txt", "3"), "'fastemb documents train' learn from text"),
        (("infer", "absent", "t.txt"), "No such file"),
    ],
)
def test_wrong_options_and_files_are_named(arguments: tuple[Any, ...], message: str, run: Run) -> None:
    status, _, said = run("documents", *arguments)
    assert (status, message in said) == (1, True), said
    assert not Path("m").exists()


def test_wrong_queries_are_named(run: Run) -> None:
    run("documents", "train", "t.txt", "-o", "m", "-q", *SMALL)
    status, found, said = run("documents", "similar", "m", "3", "99", "-n", 1, "4x")
    assert status == 1
    assert found.splitlines()[0] == "3"
    assert [line.split()[-1] for line in said.splitlines()] == ["'99'", "'4x'"]
    status, found, said = run("documents", "similar", "m", "--by", "text", "none", "a1 none")
    assert (status, found.splitlines()[0]) == (1, "a1 none")
    assert said == "fastemb: no word of this text is known: 'none'\n"
    for options in (("--by", "word", "a1"), ("--find", "words", "3")):
        assert "its words learned nothing: train with --dbow-words" in run("documents", "similar", "m", *options)[2]
    for queries in (("",), ("a1", " ")):
        status, found, said = run("documents", "similar", "m", "--by", "text", *queries)
        assert (status, found, said) == (1, "", "fastemb: error: a query is empty\n")
    assert "are for --by text" in run("documents", "similar", "m", "3", "--lower")[2]
    Path("twice.csv").write_text("name,text\nx,a1\ny,a2\nx,b1\n", encoding="utf-8")
    said = run("documents", "infer", "m", "twice.csv", "--column", "text", "--tags", "name")[2]
    assert "'x' names 2 texts: without --tags they have numbers" in said


@pytest.mark.parametrize("reading", [("t.txt",), ("t.csv", "--column", "text", "--tags", "name", "--sep", ";")])
def test_training_that_was_interrupted_goes_on_to_the_same_vectors(
    reading: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("documents", "train", *reading, *SMALL, "-e", 5, "--checkpoint", "c", "--checkpoint-every", "1w", "-o")
    assert run(*command, "wanted")[0] == 0
    real, left = Hogwild.train_epoch, [3]

    def train_epoch(self: Hogwild, *arguments: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            signal.raise_signal(signal.SIGINT)
        real(self, *arguments)

    monkeypatch.setattr(Hogwild, "train_epoch", train_epoch)
    status, _, said = run(*command, "m")
    assert status == 130
    assert said.endswith("go on later by: fastemb documents train --resume c -o m\n")
    wanted = Doc2Vec.load("wanted")
    assert (Doc2Vec.load("m").dv.vectors != wanted.dv.vectors).any()
    assert "has no effect beside --resume" in run("documents", "train", "--resume", "c", "-o", "m", "--lower")[2]
    assert "it is a Doc2Vec model" in run("train", "--resume", "c", "-o", "v")[2]
    assert run("documents", "train", "--resume", "c", "-o", "m", "-q") == (0, "", "")
    assert (
        "training had ended: nothing is left to do but to save"
        in run("documents", "train", "--resume", "c", "-o", "again")[2]
    )
    np.testing.assert_array_equal(Doc2Vec.load("again").dv.vectors, wanted.dv.vectors)
    np.testing.assert_array_equal(Doc2Vec.load("m").dv.vectors, wanted.dv.vectors)
    assert Doc2Vec.load("m").dv.index_to_key == wanted.dv.index_to_key


def test_training_that_was_interrupted_without_a_checkpoint_saves_what_it_learned(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Hogwild.train_epoch

    def train_epoch(self: Hogwild, *arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        real(self, *arguments)

    monkeypatch.setattr(Hogwild, "train_epoch", train_epoch)
    status, _, said = run("documents", "train", "t.txt", "-o", "m", *SMALL)
    assert status == 130
    assert "interrupted; saving what was learned so far" in said
    assert "go on later" not in said
    assert len(Doc2Vec.load("m").dv) == 60


def test_texts_are_named(run: Run) -> None:
    status, _, said = run("documents", "train", "-o", "m")
    assert status == 2
    assert "the following arguments are required: corpus (or --resume)" in said


def test_questions_are_answered_in_blocks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("documents", "train", "t.txt", "-o", "m", "-q", *SMALL)
    asked = ("documents", "similar", "m", "3", "98", "99", "4", "5", "--json")
    whole = run(*asked)
    monkeypatch.setattr("fastemb.cli.documents._BLOCK", 2)
    assert run(*asked)[:2] == whole[:2]  # of the second block no tag is known
    assert len(whole[1].splitlines()) == 3


def test_tags_have_one_type_in_json(run: Run) -> None:
    run("documents", "train", "t.txt", "-o", "m", "-q", *SMALL)
    found = json.loads(run("documents", "similar", "m", "--json", "-n", 2, "4")[1])
    assert found["tag"] == 4
    assert [type(one["tag"]) for one in found["neighbours"]] == [int, int]
    run("documents", "train", "t.csv", "--column", "text", "--tags", "name", "--sep", ";", "-o", "n", "-q", *SMALL)
    assert json.loads(run("documents", "similar", "n", "--json", "id4")[1])["tag"] == "id4"


def test_info_tells_tags(run: Run) -> None:
    run("documents", "train", "t.csv", "--column", "text", "--tags", "name", "--sep", ";", "-o", "m", "-q", *SMALL)
    shown = run("info", "m")[1]
    assert "\ntags        60, the first are id0, id1, id2," in shown
    assert "\nkeys        27 str" in shown  # words
    assert json.loads(run("info", "m", "--json")[1])["tags"] == 60
    run("train", "t.txt", "-o", "v", "--min-count", 1, "-q", "-e", 1)
    assert "tags" not in run("info", "v")[1]


def test_help_speaks_of_documents(run: Run) -> None:
    assert "text, a document a line" in run("documents", "train", "--help")[1]
    assert "text, a sentence a line" in run("train", "--help")[1]


def test_a_checkpoint_of_words_is_none_of_documents(run: Run) -> None:
    run("train", "t.txt", "-o", "v", "--min-count", 1, "--checkpoint", "c", "-q", "-e", 1)
    assert "holds no Doc2Vec model; it is a Word2Vec model" in run("documents", "train", "--resume", "c", "-o", "m")[2]


def test_words_of_documents_are_asked_with_a_warning(run: Run) -> None:
    run("documents", "train", "t.txt", "-o", "m", "-q", "--model", "dm", *SMALL)
    status, _, said = run("similar", "m", "a1")
    assert status == 0
    assert "m is a Doc2Vec model, and its words are compared here: 'fastemb documents similar'" in said
