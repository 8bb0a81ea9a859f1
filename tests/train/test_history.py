"""How training went, as data: the rows of a model's history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fastemb import Item2Vec, StopTraining, Word2Vec
from fastemb.train import history
from fastemb.train.history import Recorder
from fastemb.train.run import Run
from fastemb.train.schedule import Schedule
from fastemb.train.settings import Settings

TEXTS = [["a", "b", "c", "d"] * 5] * 400


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_of_a_run(workers: int) -> None:
    model = Word2Vec(TEXTS, vector_size=8, min_count=1, sample=0, epochs=3, workers=workers, compute_loss=True)
    rows = model.history
    ends = [row for row in rows if row["epoch"] in (1.0, 2.0, 3.0)]
    assert [row["words"] for row in ends] == [8000, 16000, 24000]
    assert rows[-1] is ends[-1]
    for name in ("epoch", "words", "seconds"):
        values = [row[name] for row in rows]
        assert values == sorted(values)  # type: ignore[type-var]
    assert [row["alpha"] for row in ends] == pytest.approx(
        [0.025 - (0.025 - 0.0001) * share / 3 for share in (1, 2, 3)]
    )
    words = [0.0, *(row["words"] or 0.0 for row in rows)]
    total = sum((row["loss"] or 0.0) * (now - before) for row, now, before in zip(rows, words[1:], words, strict=False))
    assert total == pytest.approx(model.get_latest_training_loss())
    assert all((row["words_per_second"] or 0) > 0 for row in rows)
    assert (rows[-1]["seconds"] or 0) <= model.total_train_time


def test_without_a_loss_there_is_none_and_each_call_begins_anew() -> None:
    model = Word2Vec(TEXTS, vector_size=8, min_count=1, epochs=2)
    first = model.history
    assert {row["loss"] for row in first} == {None}
    model.train(TEXTS, total_examples=len(TEXTS), epochs=1)
    assert model.history is not first
    assert model.history[-1]["epoch"] == 1.0
    assert Word2Vec(vector_size=4).history == []


def test_callbacks_see_the_rows_so_far_and_may_stop() -> None:
    seen: list[float | None] = []

    class Watch:
        def on_epoch_end(self, model: Any) -> None:
            seen.append(model.history[-1]["epoch"])
            if len(seen) == 2:
                raise StopTraining

    model = Word2Vec(TEXTS, vector_size=8, min_count=1, epochs=5, callbacks=[Watch()])
    assert seen == [1.0, 2.0]
    assert model.history[-1]["epoch"] == 2.0


def test_it_is_saved_with_the_model(tmp_path: Path) -> None:
    model = Word2Vec(TEXTS, vector_size=8, min_count=1, epochs=2, compute_loss=True)
    model.save(tmp_path / "model.safetensors")
    assert Word2Vec.load(tmp_path / "model.safetensors").history == model.history


def test_both_kinds_of_item_models_have_rows() -> None:
    model = Item2Vec(vector_size=4, epochs=2, progress=False, compute_loss=True)
    assert model.history == []
    model.fit([[1, 2, 3], [2, 3, 4]] * 50)
    assert [(row["sg"], row["epoch"]) for row in model.history if row["epoch"] in (1.0, 2.0)] == [
        (0.0, 1.0),
        (0.0, 2.0),
        (1.0, 1.0),
        (1.0, 2.0),
    ]
    before = model.history
    model.partial_fit([[1, 2], [2, 3]] * 20)
    assert model.history != before


class Clock:
    now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        # each step: seconds, words, whether an epoch ends; expected: words and speed of each row
        ([(1, 500, False), (1, 500, True)], [(500, 500), (1000, 500)]),
        ([(1, 500, False), (1, 495, False), (0.001, 5, True)], [(500, 500), (1000, 500 / 1.001)]),
        ([(1, 500, False), (0.0001, 500, True)], [(1000, 1000 / 1.0001)]),
        ([(1, 1000, False), (0.5, 0, True)], [(1000, 1000 / 1.5)]),
        ([(0.001, 1000, True)], [(1000, 1e6)]),
        ([(1, 1000, False), (0, 0, True), (0.01, 1000, True)], [(1000, 1000), (2000, 1e5)]),
        ([(1, 1000, True), (0.01, 1000, True)], [(1000, 1000), (2000, 1e5)]),
    ],
)
def test_a_few_blocks_in_no_time_are_no_speed(
    monkeypatch: pytest.MonkeyPatch, steps: list[tuple[float, int, bool]], expected: list[tuple[float, float]]
) -> None:
    clock = Clock()
    monkeypatch.setattr(history, "time", clock)
    run = Run(2, 1000, 100, 1, Schedule(0.025, 0.0, 2000))
    recorder = Recorder(run, True, Settings())
    recorder.start()
    for seconds, words, ends in steps:
        clock.now += seconds
        run.totals.add(words, words, words, 2.0 * words)
        run.epoch += ends
        recorder.note(ends=ends)
    rows = recorder.rows
    assert [row["words"] for row in rows] == [words for words, _ in expected]
    assert [row["words_per_second"] for row in rows] == pytest.approx([speed for _, speed in expected])
    assert [row["loss"] for row in rows] == [2.0] * len(rows)
    assert rows[-1]["epoch"] == run.epoch
