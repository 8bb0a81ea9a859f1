"""What training says to `logging`."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fastemb import DeepWalk, Item2Vec, Word2Vec
from fastemb.graphs import Graph

TEXTS = [["a", "b", "c", "d"] * 5] * 100
LINE = r"epoch (\d+) of (\d+): [\d,]+ words in \d+\.\d s, [\d,]+ words/s, alpha [\d.e-]+"


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "fastemb.train.history" and record.levelno == level
    ]


def test_a_line_an_epoch_at_info(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="fastemb"):
        model = Word2Vec(TEXTS, vector_size=4, min_count=1, sample=0, epochs=3, compute_loss=True)
    said = lines(caplog, logging.INFO)
    assert [re.fullmatch(LINE + r", loss (\d+\.\d{6}) a word", line).group(1, 2) for line in said] == [  # type: ignore[union-attr]
        ("1", "3"),
        ("2", "3"),
        ("3", "3"),
    ]
    losses = [float(line.split("loss ")[1].split()[0]) for line in said]
    assert sum(losses) * 2000 == pytest.approx(model.get_latest_training_loss(), rel=1e-5)  # each is of its own epoch
    assert not lines(caplog, logging.DEBUG)


def test_settings_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="fastemb"):
        Word2Vec(TEXTS, vector_size=4, min_count=1, sample=0, epochs=3, alpha=0.03)
    (line,) = lines(caplog, logging.DEBUG)
    assert line.startswith("training 3 epochs of 2000 words: vector_size=4, alpha=0.03, window=5")
    assert "negative=5" in line


def test_checkpoints_at_debug(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    path = tmp_path / "run.ckpt"
    with caplog.at_level(logging.DEBUG, logger="fastemb.train.checkpoint"):
        Word2Vec(TEXTS, vector_size=4, min_count=1, sample=0, epochs=1, checkpoint=path)
    said = [record.getMessage() for record in caplog.records]
    assert re.fullmatch(rf"checkpoint {re.escape(str(path))} after 0 words, in \d+\.\d\d\d s", said[0])


def test_items_and_graphs_say_the_same(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="fastemb"):
        Item2Vec(vector_size=4, epochs=2, progress=False).fit([[1, 2, 3], [2, 3, 4]] * 5)
        DeepWalk(vector_size=4, epochs=1, num_walks=2, progress=False).fit(Graph.from_edges([(1, 2), (2, 3)]))
    said = lines(caplog, logging.INFO)
    assert [re.match(LINE, line).group(1) for line in said] == ["1", "2", "1", "2", "1"]  # type: ignore[union-attr]


@pytest.mark.integration
def test_a_program_that_does_not_ask_sees_nothing(tmp_path: Path) -> None:
    code = (
        "import logging, fastemb\n"
        "logging.getLogger('fastemb').warning('a warning')\n"
        "fastemb.Word2Vec([['a', 'b']] * 99, min_count=1, vector_size=2)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("", "")
