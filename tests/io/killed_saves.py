"""Kills saves at random moments, and looks at what is left: python killed_saves.py KILLS [named] [KIND...]

For each kind of save, a process saves one thing and another in turn to the same path until it is killed. Each time the
file must be one of the two, bit for bit, and after the next save nothing else may be there. Prints a line a kind:
kills, those after which a draft was left for the next save to remove, and what went wrong.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import fastemb
from fastemb.io import atomic
from fastemb.io.atomic import is_draft
from fastemb.models import Word2Vec
from fastemb.phrases import Phrases

Save = Callable[[str], Any]

_SENTENCES = [[f"w{(row * 7 + column) % 900}" for column in range(20)] for row in range(600)]
_MOST_SECONDS = 0.06


def _vectors(scale: float) -> fastemb.KeyedVectors:
    made = fastemb.KeyedVectors(50)
    made.add_vectors([f"w{row}" for row in range(4000)], scale * np.arange(200_000, dtype=np.float32).reshape(-1, 50))
    return made


def _pairs() -> dict[str, tuple[Save, Save, str]]:
    """For each kind: two saves, and the file's name."""
    one, two = _vectors(1.0), _vectors(0.37)
    models = [Word2Vec(_SENTENCES, vector_size=size, min_count=1, epochs=1, workers=1) for size in (50, 60)]
    phrases = [Phrases(_SENTENCES[:count], min_count=1, threshold=0.1) for count in (300, 600)]
    items = [
        fastemb.Item2Vec(vector_size=size, epochs=1, workers=1, progress=False, min_count=1).fit(_SENTENCES)
        for size in (20, 30)
    ]
    corpora = [fastemb.Corpus.from_sentences(_SENTENCES * count) for count in (10, 12)]
    lists = [_SENTENCES[:500], _SENTENCES]
    return {
        "vectors": (one.save, two.save, "x.safetensors"),
        "word2vec text": (one.save_word2vec_format, two.save_word2vec_format, "x.vec"),
        "word2vec binary": (
            lambda path: one.save_word2vec_format(path, binary=True),
            lambda path: two.save_word2vec_format(path, binary=True),
            "x.bin",
        ),
        "word2vec text.gz": (one.save_word2vec_format, two.save_word2vec_format, "x.vec.gz"),
        "model": (models[0].save, models[1].save, "x.model"),
        "phrases": (phrases[0].save, phrases[1].save, "x.phrases"),
        "frozen phrases": (phrases[0].freeze().save, phrases[1].freeze().save, "x.frozen"),
        "items": (items[0].save, items[1].save, "x.items"),
        "corpus": (corpora[0].save, corpora[1].save, "x.corpus"),
        "corpus on disk": (
            lambda path: fastemb.Corpus.from_sentences(lists[0], save_to=path),
            lambda path: fastemb.Corpus.from_sentences(lists[1], save_to=path),
            "y.corpus",
        ),
    }


def _save_for_ever(saves: tuple[Save, Save], path: str) -> None:
    while True:
        for save in saves:
            save(path)


def _fork(saves: tuple[Save, Save], path: str) -> int:
    process = os.fork()
    if process == 0:
        try:
            _save_for_ever(saves, path)
        finally:
            os._exit(1)
    return process


def _kill_many(one: Save, two: Save, name: str, kills: int, rng: random.Random) -> tuple[int, list[str]]:
    """Kills after which a draft was left, and what went wrong."""
    wrong: list[str] = []
    left = 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("FASTEMB_KILL_FOLDER")) as folder:
        path = os.path.join(folder, name)
        wanted = []
        for save in (one, two):
            save(path)
            wanted.append(Path(path).read_bytes())
        for kill in range(kills):
            process = _fork((one, two), path)
            time.sleep(rng.uniform(0.001, _MOST_SECONDS))
            os.kill(process, signal.SIGKILL)
            _, status = os.waitpid(process, 0)
            if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
                wrong.append(f"kill {kill}: the saves had ended")
            if not any(_same(path, content) for content in wanted):
                wrong.append(f"kill {kill}: the file is harmed")
            others = [other for other in os.listdir(folder) if other != name]
            left += bool(others)
            wrong += [f"kill {kill}: {other} is left" for other in others if not is_draft(other)]
            if others:
                one(path)
                wrong += [f"kill {kill}: {other} stays" for other in os.listdir(folder) if other != name]
    return left, wrong


def _same(path: str, content: bytes) -> bool:
    """Whether the file has this content; lifecycle notes, which models carry, may differ in their times."""
    found = Path(path).read_bytes()
    if found == content:
        return True
    if not path.endswith(".model"):
        return False
    return Word2Vec.load(path).wv.vectors.tobytes() in content


def main(arguments: list[str]) -> int:
    """Kill as often as the first argument says; returns how much went wrong."""
    if "named" in arguments:
        vars(atomic)["_can_be_named"] = lambda _: False
    kinds = [kind for kind in arguments[1:] if kind != "named"]
    failures = 0
    for kind, (one, two, name) in _pairs().items():
        if kinds and kind not in kinds:
            continue
        left, wrong = _kill_many(one, two, name, int(arguments[0]), random.Random(kind))
        print(f"{kind}: {arguments[0]} kills, {left} left a draft, {len(wrong)} went wrong", *wrong[:5], flush=True)
        failures += len(wrong)
    return failures


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
