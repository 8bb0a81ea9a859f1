"""Many questions on the command line: indexes, filters, JSON, vectors as queries, and what a file holds."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli.called import Result, Run, caller

from fastemb import KeyedVectors
from fastemb.index import VectorIndex

N, SIZE = 300, 8


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, given: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        return caller(capsys)(*arguments)

    return call


@pytest.fixture
def wv(tmp_path: Path) -> KeyedVectors:
    vectors = KeyedVectors(SIZE)
    vectors.add_vectors([f"w{row}" for row in range(N)], np.random.default_rng(0).normal(size=(N, SIZE)))
    vectors.expandos["count"] = np.arange(N, 0, -1)
    vectors.expandos["lang"] = np.array(["de", "en"] * (N // 2), object)
    vectors.save(tmp_path / "v.safetensors")
    return vectors


def answers(output: str, name: str) -> dict[str, list[str]]:
    lines = [json.loads(line) for line in output.splitlines()]
    return {line[name]: [near["word"] for near in line["neighbours"]] for line in lines}


def test_many_words_from_standard_input(run: Run, wv: KeyedVectors) -> None:
    words = [f"w{row}" for row in range(0, 200, 3)]
    for more in ((), ("-",)):
        found = run("similar", "v.safetensors", *more, "--json", "-n", 3, given="\n".join(words) + "\n\n")
        assert (found.status, found.errors) == (0, "")
        assert answers(found.output, "word") == {
            word: [key for key, _ in near] for word, near in zip(words, wv.most_similar_batch(words, 3), strict=True)
        }
    found = run("similar", "v.safetensors", "-", "--json", given="w1\nW2\n")
    assert found.status == 1
    assert list(answers(found.output, "word")) == ["w1"]
    assert "'W2' is not in the vocabulary; did you mean 'w2'" in found.errors


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("count>=250", lambda row: N - row >= 250),
        ("count < 5", lambda row: N - row < 5),
        ("count=7", lambda row: N - row == 7),
        ("lang=de", lambda row: row % 2 == 0),
        ("lang!=de", lambda row: row % 2 == 1),
    ],
)
def test_conditions(run: Run, wv: KeyedVectors, condition: str, holds: Callable[[int], bool]) -> None:
    found = run("similar", "v.safetensors", "w1", "--json", "-n", N, "--where", condition)
    assert found.status == 0
    assert set(answers(found.output, "word")["w1"]) == {f"w{row}" for row in range(N) if holds(row) and row != 1}


def test_conditions_and_lists_hold_together(run: Run, wv: KeyedVectors, tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("w4\nw5\nw299\nother\n")
    found = run(
        *("similar", "v.safetensors", "w1", "--json", "--among", "some.txt", "--where", "lang=de"),
        *("--where", "count>9", "-t", 1),
    )
    assert answers(found.output, "word") == {"w1": ["w4"]}
    assert found.errors == "fastemb: 1 of 4 words of some.txt have no vectors\n"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--where", "count"), "'count' is no condition such as count>=5"),
        (("--where", "cout>5"), "no attribute 'cout'; did you mean 'count'?"),
        (("--where", "count>x"), "the attribute 'count' holds numbers, and 'x' is none"),
        (("--index", "v.safetensors"), "holds no VectorIndex"),
        (("--index", "none"), "none"),
        (("--metric", "l2"), "invalid choice"),
    ],
)
def test_wrong_questions(run: Run, wv: KeyedVectors, more: tuple[str, ...], words: str) -> None:
    found = run("similar", "v.safetensors", "w1", *more)
    assert found.status in (1, 2)
    assert words in found.errors


def test_vectors_are_queries(run: Run, wv: KeyedVectors, tmp_path: Path) -> None:
    wv.vectors_for_all(["w3", "w9"]).save_word2vec_format(tmp_path / "q.txt")
    wanted = {"w3": ["w3"], "w9": ["w9"]}
    found = run("nearest", "v.safetensors", "q.txt", "-n", 1, "--json")
    assert answers(found.output, "query") == wanted
    lines = "".join(f"{word} {' '.join(map(str, wv[word].tolist()))}\n" for word in wanted)
    found = run("nearest", "v.safetensors", "-", "-n", 1, "--json", given=lines)
    assert answers(found.output, "query") == wanted
    found = run("nearest", "v.safetensors", "-", "-n", 1, given=lines)
    assert found.output == "w3\n  1.0000  w3\nw9\n  1.0000  w9\n"
    found = run("nearest", "v.safetensors", "-", given="x 1 2\n")
    assert (found.status, found.output) == (1, "")
    assert "vector 1: expected a name and 8 numbers, not 'x 1 2'" in found.errors
    KeyedVectors(3, 0).save(tmp_path / "three")
    found = run("nearest", "v.safetensors", "three")
    assert "vectors of 3 dimensions, where 8 are asked for" in found.errors


def test_an_index_is_built_and_asked(run: Run, wv: KeyedVectors, tmp_path: Path) -> None:
    pytest.importorskip("usearch")
    found = run("index", "v.safetensors", "-o", "v.index", "--json", "-t", 1)
    told = json.loads(found.output)
    assert found.status == 0
    assert (told["vectors"], told["dimensions"], told["metric"]) == (N, SIZE, "cosine")
    assert told["recall@10"] == round(VectorIndex.load(tmp_path / "v.index").recall(wv), 4) > 0.95
    for command in (("similar", "w1", "w7"), ("analogy", "w1", "w2", "w3")):
        one, other = (run(command[0], "v.safetensors", *command[1:], *more) for more in ((), ("--index", "v.index")))
        assert one == other
    assert run("index", "v.safetensors", "-o", "dot.index", "--metric", "dot").output.startswith("recall@10   ")
    by_dot = run("similar", "v.safetensors", "w1", "--index", "dot.index")
    assert by_dot == run("similar", "v.safetensors", "w1", "--metric", "dot")
    refused = run("similar", "v.safetensors", "w1", "--index", "dot.index", "--metric", "cosine")
    assert refused.status == 1
    for output, words in (
        ("v.safetensors", "it is also the input"),
        ("-", "it needs a file"),
        ("no/x", "does not exist"),
    ):
        found = run("index", "v.safetensors", "-o", output)
        assert (found.status, found.output) == (1, "")
        assert words in found.errors
    wv.vectors = wv.vectors + 1
    wv.save(tmp_path / "v.safetensors")
    assert "built from other vectors" in run("similar", "v.safetensors", "w1", "--index", "v.index").errors


def test_what_a_file_holds(run: Run, wv: KeyedVectors, tmp_path: Path) -> None:
    wv["w3"] = np.zeros(SIZE)
    wv["w5"] = np.full(SIZE, np.nan)
    wv["w7"] = wv["w8"]
    wv.save(tmp_path / "v.safetensors")
    told = json.loads(run("info", "v.safetensors", "--json").output)
    assert (told["vectors"], told["dimensions"], told["dtype"]) == (N, SIZE, "float32")
    assert (told["zero"], told["not_finite"], told["repeated"]) == (1, 1, 1)
    assert -1 <= told["mean_cosine"] <= 1
    assert 1 <= told["effective_dimensions"] <= SIZE
    assert told["keys"] == {"str": N}
    assert told["attributes"] == {"count": "int64", "lang": "object"}
    assert told["bytes"] == (tmp_path / "v.safetensors").stat().st_size
    text = run("info", "v.safetensors").output
    for line in ("1 of zeros", "1 with NaN or infinity", "1 like one before", "lang (object)"):
        assert line in text
    assert "spread      like" in text
    assert "collapsed" not in text
    assert run("info", "--json").status == 1


@pytest.mark.parametrize("kind", ["one point", "one line", "one direction and noise"])
def test_vectors_that_have_collapsed_are_told(run: Run, tmp_path: Path, kind: str) -> None:
    random = np.random.default_rng(0)
    direction = random.normal(size=200)
    rows = {
        "one point": np.tile(direction, (300, 1)),
        "one line": random.choice([-1.0, 1.0], 300)[:, None] * direction,
        "one direction and noise": direction + 0.1 * random.normal(size=(300, 200)),
    }[kind]
    made = KeyedVectors(200)
    made.add_vectors([str(number) for number in range(300)], rows.astype(np.float32))
    made.save(tmp_path / "v.safetensors")
    assert "collapsed: the vectors hardly differ" in run("info", "v.safetensors").output


def test_the_spread_of_vectors_is_that_of_their_cosines(run: Run, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(50, 4)) + 1
    made = KeyedVectors(4)
    made.add_vectors([str(number) for number in range(50)], rows)
    made.save(tmp_path / "v.safetensors")
    units = rows.astype(np.float32).astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(np.cov(units.T))
    told = json.loads(run("info", "v.safetensors", "--json").output)
    assert told["mean_cosine"] == pytest.approx((units @ units.T)[np.triu_indices(50, 1)].mean(), abs=1e-4)
    assert told["effective_dimensions"] == pytest.approx(values.sum() ** 2 / (values**2).sum(), rel=1e-3)
