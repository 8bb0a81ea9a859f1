"""Ctrl-C in the middle of training, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them"),
]

PATIENCE = 20.0  # seconds for a slow machine to start
SOON = 5.0  # it takes some 0.1 s

CHILD = """
import sys
import numpy as np
from fastemb import Corpus, Word2Vec

class Ready:
    def on_epoch_begin(self, model):
        print("ready", flush=True)

ids = np.random.default_rng(0).integers(0, 1000, 200_000)
corpus = Corpus.from_ids(ids.reshape(-1, 20), keys=[f"w{i}" for i in range(1000)])
model = Word2Vec(min_count=1, workers=int(sys.argv[1]), epochs=int(sys.argv[2]), sg=1)
model.build_vocab(corpus)
before = model.wv.vectors.copy()
try:
    model.train(corpus, callbacks=[Ready()])
except KeyboardInterrupt:
    assert np.isfinite(model.wv.vectors).all()
    assert (model.wv.vectors != before).any()
    print(len(model.wv.most_similar("w1")), model.train(corpus, epochs=1, start_alpha=0, end_alpha=0)[1])
    sys.exit(7)
print("finished")
"""


def interrupted(process: subprocess.Popen[str], line: str) -> tuple[str, str]:
    """Send SIGINT after a line of output has come; the rest of the output, which must come soon."""
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == line
        time.sleep(0.4)  # somewhere within an epoch
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        output = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - start < SOON
        return output
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("epochs", [1_000_000])
def test_an_interrupt_stops_training_soon_and_the_model_stays_usable(workers: int, epochs: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(workers), str(epochs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    output, errors = interrupted(process, "ready")
    assert process.returncode == 7, errors
    assert output.split()[-2:] == ["10", "200000"]
    assert errors == ""


def test_an_interrupted_command_saves_what_was_learned(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("the quick brown fox jumps over the lazy dog\n" * 20_000, encoding="utf-8")
    options = ["-e", "1000000", "--sample", "0", "--save-model", str(tmp_path / "model")]
    process = subprocess.Popen(
        [sys.executable, "-m", "fastemb", "train", str(text), "-o", str(tmp_path / "vectors.txt"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output, _ = interrupted(process, "read 180,000 words in 20,000 sentences; 8 different words kept")
    assert process.returncode == 130
    lines = output.splitlines()
    assert lines[0] == "interrupted; saving what was learned so far"
    assert lines[1].startswith("saved 8 vectors to ")
    assert lines[2].startswith("saved the model to ")
    assert len(lines) == 3
    assert (tmp_path / "vectors.txt").read_text(encoding="utf-8").startswith("8 100\nthe ")
    assert (tmp_path / "model").stat().st_size > 2 * 8 * 100 * 4
