"""Ctrl-C in calls of fastemb.fasttext: each ends with KeyboardInterrupt, and the model answers as before."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from interrupts import interrupted_everywhere

from fastemb import fasttext
from fastemb.fasttext import model as fasttext_model

LINES = [f"__label__{number % 3} {' '.join(random.Random(number).choices('abcdefgh', k=6))}" for number in range(300)]
TEXTS = [line.split(" ", 1)[1] for line in LINES]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("interrupts") / "train.txt"
    path.write_text("\n".join([*LINES, ""]), encoding="utf-8")
    return path


def trained(text: Path) -> Any:
    return fasttext.train_supervised(str(text), dim=4, epoch=2, thread=1, verbose=0)


CALLS: dict[str, tuple[int, Callable[[Any, Path, Path], object]]] = {
    "train_supervised": (397, lambda _, text, __: trained(text)),
    "train_unsupervised": (
        1997,
        lambda _, text, __: fasttext.train_unsupervised(str(text), dim=4, epoch=1, minCount=1, verbose=0, bucket=10),
    ),
    "predict a text": (7, lambda model, _, __: model.predict(TEXTS[0], k=2)),
    "predict texts": (397, lambda model, _, __: model.predict(TEXTS)),
    "test": (97, lambda model, text, _: model.test(str(text))),
    "save_model": (41, lambda model, _, folder: model.save_model(str(folder / "saved.bin"))),
    "load_model": (41, lambda _, __, folder: fasttext.load_model(str(folder / "whole.bin"))),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_is_interrupted_leaves_the_model_as_it_was(
    name: str, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fasttext_model, "_TOGETHER", 1 << 10)  # several pieces
    model = trained(text)
    model.save_model(str(tmp_path / "whole.bin"))
    before = model.predict(TEXTS, k=-1)
    step, call = CALLS[name]
    interrupted = 0
    for where, error in interrupted_everywhere(lambda: call(model, text, tmp_path), step=step):
        interrupted += error is not None
        assert model.predict(TEXTS, k=-1)[0] == before[0], where
        saved = tmp_path / "saved.bin"
        if saved.exists():
            assert fasttext.load_model(str(saved)).predict(TEXTS, k=-1)[0] == before[0], where
    assert interrupted > 3


def test_quantising_that_is_interrupted_leaves_the_model_whole(text: Path) -> None:
    model = trained(text)
    before = model.predict(TEXTS, k=-1)[0]
    for where, _ in interrupted_everywhere(lambda: model.is_quantized() or model.quantize(thread=2), step=151):
        labels = model.predict(TEXTS, k=-1)[0]
        assert model.is_quantized() or labels == before, where
    assert model.is_quantized()
