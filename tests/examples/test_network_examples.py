"""The examples run on small data and learn what is in it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import load_vectors

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[2] / "examples"
ABOVE = [[], ["--torch"]]


def main_of(name: str) -> Any:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"]


def options(above: list[str]) -> list[str]:
    if above:
        pytest.importorskip("torch")
    return above


@pytest.mark.parametrize("above", ABOVE, ids=["numpy", "torch"])
def test_five_grams(above: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    kinds = [[f"{kind}{number}" for number in range(6)] for kind in "abcde"]
    lines = [" ".join(str(random.choice(words)) for words in kinds) for _ in range(2000)]
    text, pairs, saved = tmp_path / "text.txt", tmp_path / "pairs.txt", tmp_path / "vectors.safetensors"
    text.write_text("\n".join(lines))
    pairs.write_text("\n".join(f"{a}{i} {b}{i + 1} {a == b:d}" for a in "abc" for b in "abc" for i in range(5)))
    sizes = [
        "--ngrams",
        "4000",
        "--batch",
        "50",
        "--passes",
        "6",
        "--dimension",
        "8",
        "--hidden",
        "16",
        "--sample",
        "0",
    ]
    main_of("five_grams")([str(text), "--pairs", str(pairs), "--save", str(saved), *sizes, *options(above)])
    last = capsys.readouterr().out.split("pass 6: ")[1].splitlines()[0]
    assert float(last.split("accuracy ")[1].split(",")[0]) > 0.8
    assert "45 of 45 pairs known" in last
    nearest = [word for word, _ in load_vectors(saved).most_similar("c0", topn=5)]
    assert sum(word[0] == "c" for word in nearest) >= 4


@pytest.mark.parametrize("above", ABOVE, ids=["numpy", "torch"])
def test_sentences(above: list[str], tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    words = {"good": ["fine", "great", "the", "film"], "bad": ["dull", "poor", "the", "film"]}
    lines = [
        f"{label}\t{' '.join(random.choice(words[label], 8))}" for label in random.choice(["good", "bad"], size=400)
    ]
    file = tmp_path / "sentences.tsv"
    file.write_text("\n".join(lines))
    assert main_of("sentences")([str(file), "--epochs", "5", *options(above)]) > 0.95


def test_sentences_without_a_class_are_named(tmp_path: Path) -> None:
    file = tmp_path / "sentences.tsv"
    file.write_text("good\tfine\nbad film\n")
    with pytest.raises(SystemExit, match=r"sentences\.tsv:2: a class, a tab"):
        main_of("sentences")([str(file)])


@pytest.mark.parametrize("above", ABOVE, ids=["numpy", "torch"])
def test_candidates(above: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random, lines = np.random.default_rng(0), ([], [])
    for user in range(300):
        visited = 40 * (user % 5) + random.permutation(40)[:20]  # five towns of 40 places
        for part, items in zip(lines, (visited[:15], visited[15:]), strict=True):
            part.append(" ".join(map(str, [user, *items])))
    for name, part in zip(("train.txt", "test.txt"), lines, strict=True):
        (tmp_path / name).write_text("\n".join(part))
    index = ["--index"] if not above and has_usearch() else []
    files = [str(tmp_path / name) for name in ("train.txt", "test.txt")]
    sizes = ["--dimension", "16", "--batch", "30", "--epochs", "20", "--sampled", "50"]
    assert main_of("candidates")([*files, *sizes, *index, *options(above)]) > 0.6  # by chance 0.1; in town 0.8
    if index:
        assert "nearest to the first user" in capsys.readouterr().out


def has_usearch() -> bool:
    try:
        import usearch  # noqa: F401
    except ImportError:
        return False
    return True
