"""When checkpoints are written, that threads wait meanwhile, and what is refused."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus
from fastemb.io.safetensors import read_tensors
from fastemb.train import checkpoint
from fastemb.train.checkpoint import Checkpoints, Interval, Target, Text, mark_of
from fastemb.train.hogwild import Hogwild
from fastemb.train.progress import Plain, Silent
from fastemb.train.run import Run
from fastemb.train.sampling import Tables
from fastemb.train.schedule import Schedule
from fastemb.train.settings import Settings
from fastemb.train.strategy import Pause
from fastemb.train.task import CorpusTokens, Task
from fastemb.train.training import Training
from fastemb.train.weights import Rows, Weights, fresh_inputs

IDS = (np.random.default_rng(5).zipf(1.3, 4000) % 60).astype(np.int64)
CORPUS = Corpus.from_ids(IDS.reshape(-1, 20), keys=[str(word) for word in range(60)])


def task_of(corpus: Corpus = CORPUS, **options: Any) -> Task:
    settings = Settings(**{"vector_size": 20, "epochs": 3, "sg": 1} | options).checked()
    weights = Weights(Rows(fresh_inputs(60, settings)))
    weights.start_outputs(60, settings)
    return Task(settings, CorpusTokens(corpus), Tables.of(corpus.vocabulary.counts, settings, None), weights)


def run_of(task: Task) -> Run:
    settings, words = task.settings, CORPUS.words
    return Run.planned(settings, words, Schedule(settings.alpha, settings.min_alpha, settings.epochs * words))


def checkpoints_of(run: Run, task: Task, path: Path, every: str | None) -> Checkpoints:
    target = Target(str(path), Interval.of(every))
    return Checkpoints(target, run, task, lambda: lambda: ({"vectors": task.weights.holder.vectors}, {}, {}))


@pytest.mark.parametrize(
    ("given", "words", "seconds"),
    [
        ("30s", 0, 30),
        ("1.5min", 0, 90),
        (" 2h ", 0, 7200),
        ("1h30m", 0, 5400),
        ("0.25 s", 0, 0.25),
        ("500ms", 0, 0.5),
        (timedelta(minutes=2), 0, 120),
        ("1000000w", 10**6, 0),
        ("1,000,000 words", 10**6, 0),
        ("1_000W", 1000, 0),
        ("2.5e6w", 2_500_000, 0),
        ("10 events", 10, 0),
        (None, 0, 600),
    ],
)
def test_an_interval_counts_time_or_words(given: Any, words: float, seconds: float) -> None:
    made = Interval.of(given)
    assert (made.words, made.seconds, made.is_default) == (words, seconds, given is None)
    assert Interval.of(made.text).words == words


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (30, TypeError, "must say what it counts"),
        (1e6, TypeError, "must say what it counts"),
        (True, TypeError, "must say what it counts"),
        ("30", ValueError, r'"30s" for seconds, "30w" for words'),
        ("1e6", ValueError, r'"1e6w" for words'),
        ("", ValueError, "is not read"),
        ("soon", ValueError, "is not read"),
        ("5 parsec", ValueError, "is not read"),
        ("-3s", ValueError, "is not read"),
        ("0s", ValueError, "must be above 0"),
        ("0w", ValueError, "must be above 0"),
        (timedelta(0), ValueError, "must be above 0"),
        ("1e999w", ValueError, "must be above 0"),
        ("inf", ValueError, "must be above 0|is not read"),
        ("nan", ValueError, "must be above 0|is not read"),
    ],
)
def test_an_interval_that_makes_no_sense_is_named(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^checkpoint_every.*({message})"):
        Interval.of(given)


def test_an_interval_needs_a_file() -> None:
    assert Target.of(None, None) is None
    with pytest.raises(ValueError, match=r"checkpoint_every='30s' needs a file: give checkpoint="):
        Target.of(None, "30s")


def test_words_count_from_one_checkpoint_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of()
    run, written = run_of(task), []
    checkpoints = checkpoints_of(run, task, tmp_path / "c", "1000w")
    real = checkpoints.write
    monkeypatch.setattr(checkpoints, "write", lambda *given: (written.append(run.totals.words), real(*given)))
    for _ in range(3):
        while (span := run.take()) is not None:
            run.totals.add(span[1] - span[0], 0, 0, 0.0)
            checkpoints.watch(nullcontext)
        run.end_epoch()
    assert written[0] == 1024
    assert all(1000 <= later - before < 1000 + 2 * run.block for before, later in pairwise(written))


def test_the_default_interval_grows_with_the_time_that_writing_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of()
    run, now, written = run_of(task), [0.0], []
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    checkpoints = checkpoints_of(run, task, tmp_path / "c", None)

    def slow(*_: Any) -> None:
        written.append(now[0])
        now[0] += 20

    monkeypatch.setattr(checkpoints, "write", slow)
    while now[0] < 8000:
        checkpoints.watch(nullcontext)
        now[0] += 10
    assert written == [600, 600 + 20 + 2000, 600 + 2 * 2020, 600 + 3 * 2020]


class Sleeping:
    """Trains blocks by sleeping."""

    busy = 0

    def workspace(self) -> bytearray:
        return bytearray()

    def train_block(self, epoch: int, begin: int, end: int, *_: object) -> tuple[int, int, int, float]:
        self.busy += 1
        time.sleep(0.0005)
        self.busy -= 1
        return end - begin, 0, 0, 0.0

    def stop(self) -> None:
        pass


@pytest.mark.parametrize("workers", [1, 3])
def test_no_block_is_trained_in_a_pause(workers: int) -> None:
    run, pauses, wrong = Run(1, 10**9, 256, 1, Schedule(0.1, 0.1, 1.0)), [], []

    trainer = Sleeping()

    class EnoughError(Exception):
        pass

    def watch(pause: Pause) -> None:
        with pause():
            before = run.totals.words
            time.sleep(0.01)
            if trainer.busy or not run.is_whole or run.totals.words != before:
                wrong.append(before)
            pauses.append(before)
        if len(pauses) == 10:
            raise EnoughError

    with pytest.raises(EnoughError):
        Hogwild(workers).train_epoch(run, trainer, watch)
    assert wrong == []
    assert pauses == sorted(set(pauses))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastemb")]


def test_an_error_in_a_pause_ends_training_and_no_thread_waits_for_ever() -> None:
    def watch(pause: Pause) -> None:
        with pause():
            raise KeyError("in a pause")

    with pytest.raises(KeyError, match="in a pause"):
        Hogwild(2).train_epoch(Run(1, 10**9, 256, 1, Schedule(0.1, 0.1, 1.0)), Sleeping(), watch)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastemb")]


def test_nothing_is_written_where_a_block_was_not_trained_to_its_end(tmp_path: Path) -> None:
    task = task_of()
    run = run_of(task)
    checkpoints = checkpoints_of(run, task, tmp_path / "c", "1w")
    run.take()
    run.totals.add(100, 0, 0, 0.0)
    assert not run.is_whole
    assert not checkpoints.watch(nullcontext)
    checkpoints.interrupted()
    assert list(tmp_path.iterdir()) == []


def test_after_an_interrupt_within_an_epoch_one_more_is_written(tmp_path: Path) -> None:
    task = task_of()
    run = run_of(task)

    class Stopping:
        def train_epoch(self, run: Run, trainer: Any, watch: Any) -> None:
            span = run.take()
            assert span is not None
            run.totals.add(*trainer.train_block(0, *span, 0.1, trainer.workspace()))
            raise KeyboardInterrupt

    checkpoints = checkpoints_of(run, task, tmp_path / "c", "1h")
    checkpoints.start()
    with pytest.raises(KeyboardInterrupt), Training(run, task, Stopping(), Silent(), checkpoints) as training:
        training.epoch()
    mark = mark_of("c", read_tensors(tmp_path / "c")[1])
    assert mark.run == run
    assert not mark.ended


def test_nothing_is_written_before_the_first_block_of_an_epoch(tmp_path: Path) -> None:
    task = task_of()
    run = run_of(task)

    class Waiting:
        def train_epoch(self, run: Run, trainer: Any, watch: Any) -> None:
            watch(nullcontext)
            raise KeyboardInterrupt

    checkpoints = checkpoints_of(run, task, tmp_path / "c", "0.0000001s")
    with pytest.raises(KeyboardInterrupt), Training(run, task, Waiting(), Silent(), checkpoints) as training:
        training.epoch()
    assert list(tmp_path.iterdir()) == []


def test_after_an_interrupt_nothing_is_written_that_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of()
    run, now = run_of(task), [0.0]
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    checkpoints = checkpoints_of(run, task, tmp_path / "c", "1h")
    real, written = checkpoints.write, []

    def slow(*given: Any) -> None:
        written.append(given)
        now[0] += 1
        real(*given)

    monkeypatch.setattr(checkpoints, "write", slow)
    checkpoints.start()
    checkpoints.interrupted()
    assert len(written) == 1


def test_a_checkpoint_is_the_file_of_before_until_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of()
    run = run_of(task)
    checkpoints = checkpoints_of(run, task, tmp_path / "c", "1w")
    checkpoints.start()
    before = (tmp_path / "c").read_bytes()
    seen = []

    @contextmanager
    def pause() -> Iterator[None]:
        yield
        seen.append((tmp_path / "c").read_bytes())  # written, but not in its place yet

    task.weights.holder.vectors[:] = 1
    run.totals.words, run.next_word = 256, 256
    assert checkpoints.watch(pause)
    assert seen == [before]
    assert (tmp_path / "c").read_bytes() != before


@pytest.mark.parametrize("change", ["word", "order", "sentence", "length", "weights"])
def test_another_text_is_noticed(change: str) -> None:
    rows = CORPUS.ids.reshape(-1, 20).copy()
    other = task_of()
    if change == "word":
        rows[7, 3] = (rows[7, 3] + 1) % 60
    elif change == "order":
        rows[[3, 4]] = rows[[4, 3]]
    elif change == "length":
        rows = rows[:-1]
    ends = np.arange(0, rows.size + 1, 20)
    if change == "sentence":
        ends[5] += 1
    corpus = Corpus(rows.reshape(-1), ends, CORPUS.vocabulary, rows.size)
    other.tokens = CorpusTokens(corpus, np.full(rows.size, 7, np.uint32) if change == "weights" else None)
    known = Text.of(task_of())
    known.require("c", Text.of(task_of()))
    with pytest.raises(ValueError, match=r"^c: this is not the text that the checkpoint was made with: .*4,000"):
        known.require("c", Text.of(other))


def test_a_display_tells_of_the_latest_checkpoint_and_of_the_speed_since_it_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream, now = io.StringIO(), [0.0]
    monkeypatch.setattr("fastemb.train.progress.time.monotonic", lambda: now[0])
    display = Plain(2_000_000, stream, 1_000_000)
    display.saved(1_000_000)
    now[0] = 2.0
    display.update(1_200_000, 0.02, None)
    assert " 60.0%  100 k words/s" in stream.getvalue()
    assert "saved at 50.0%" in stream.getvalue()
