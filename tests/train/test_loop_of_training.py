"""The loop of training step by step: what is shown, saved and counted, and which threads take what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, _native
from fastemb.train import hogwild, pausing, rounds, training
from fastemb.train.held_out import pair_loss
from fastemb.train.hogwild import Hogwild
from fastemb.train.pausing import Pausing
from fastemb.train.progress import Silent
from fastemb.train.rounds import Rounds
from fastemb.train.run import Run
from fastemb.train.sampling import Tables, huffman_paths
from fastemb.train.schedule import Schedule
from fastemb.train.settings import Settings
from fastemb.train.strategy import Watch
from fastemb.train.task import CorpusTokens, Task, strategy_of
from fastemb.train.training import Elsewhere, Training
from fastemb.train.weights import Rows, Weights, fresh_inputs

CORPUS = Corpus.from_ids(np.arange(600).reshape(60, 10) % 7, keys=[str(word) for word in range(7)])


def task_of(want_loss: bool = True, **settings: Any) -> Task:
    made = Settings(**{"vector_size": 4, "epochs": 2} | settings).checked()
    weights = Weights(Rows(fresh_inputs(7, made)))
    weights.start_outputs(7, made)
    return Task(made, CorpusTokens(CORPUS), Tables.of(CORPUS.vocabulary.counts, made, None), weights, want_loss)


def run_of(**changes: Any) -> Run:
    return Run(**{"epochs": 2, "words": 600, "block": 200, "seed": 1, "schedule": Schedule(0.1, 0.0, 1200)} | changes)


class Shown(Silent):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def update(self, words: int, alpha: float, loss: float | None) -> None:
        self.heard.append((words, round(alpha, 6), loss))

    def saved(self, words: int) -> None:
        self.heard.append(("saved", words))

    def status(self, text: str) -> None:
        self.heard.append(text)


class Blocks:
    """A strategy that counts blocks, each with a loss of 0.5 a word, and trains nothing."""

    def __init__(self, fail_after: int = 10**9, error: type[BaseException] = KeyError) -> None:
        self._left, self._error = fail_after, error

    def train_epoch(self, run: Run, trainer: Any, watch: Watch) -> None:
        watch(nullcontext)
        while (span := run.take()) is not None:
            if self._left == 0:
                raise self._error
            self._left -= 1
            words = span[1] - span[0]
            run.totals.add(words, words, words, 0.5 * words)
            watch(nullcontext)


class Saved:
    """Checkpoints that note when they are asked for, and are written each time."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def watch(self, pause: Any) -> bool:
        self.asked.append("watch")
        return True

    def interrupted(self) -> None:
        self.asked.append("interrupted")


# ---- one epoch after the other ----


@pytest.mark.parametrize("want_loss", [True, False])
def test_what_a_display_hears(want_loss: bool) -> None:
    shown, saved, run = Shown(), Saved(), run_of()
    with Training(run, task_of(want_loss), Blocks(), shown, saved) as made:  # type: ignore[arg-type]
        made.epoch()
        loss = 0.5 if want_loss else None
        assert shown.heard == [
            (0, 0.1, None),
            (200, 0.083333, loss),
            ("saved", 200),
            (400, 0.066667, loss),
            ("saved", 400),
            (600, 0.05, loss),
            ("saved", 600),
            (600, 0.05, loss),
        ]
        made.epoch_ended()
        assert shown.heard[-1] == ("saved", 600)
        assert saved.asked == ["watch"] * 4
    assert shown.heard[-1] == (600, 0.05, loss)
    assert [row["epoch"] for row in made.history][-1] == 1.0


def trained(run: Run, saved: Any, strategy: Any, after: Callable[[], None] = lambda: None) -> None:
    with Training(run, task_of(), strategy, Silent(), saved) as made:
        while not run.ended:
            made.epoch()
        after()


@pytest.mark.parametrize("blocks", [0, 1, 3, 4])
def test_a_checkpoint_is_written_after_an_error_within_an_epoch(blocks: int) -> None:
    saved, run = Saved(), run_of()
    with pytest.raises(KeyError):
        trained(run, saved, Blocks(blocks))
    assert run.next_word == (blocks % 3 + 1) * 200
    assert saved.asked[-1] == "interrupted"


def test_no_checkpoint_is_written_after_an_error_between_epochs() -> None:
    def fail() -> None:
        raise KeyError

    saved = Saved()
    trained(run_of(), saved, Blocks())
    assert set(saved.asked) == {"watch"}
    with pytest.raises(KeyError):
        trained(run_of(), saved, Blocks(), fail)
    assert set(saved.asked) == {"watch"}

    class Unable(Blocks):
        def train_epoch(self, run: Run, trainer: Any, watch: Watch) -> None:
            raise KeyError  # before a block was taken

    with pytest.raises(KeyError):
        trained(run_of(), saved, Unable())
    assert set(saved.asked) == {"watch"}


def test_a_run_draws_by_the_epochs_that_its_matrices_have_seen() -> None:
    task, run = task_of(), run_of()
    task.weights.epochs_trained = 7
    with Training(run, task, Blocks(), Silent()) as made:
        made.epoch()
        assert (run.draw_epoch, task.weights.epochs_trained, run.epoch) == (7, 8, 1)
    with pytest.raises(KeyError), Training(run, task, Blocks(1), Silent()) as made:
        made.epoch()
    assert (run.draw_epoch, task.weights.epochs_trained, run.next_word) == (8, 8, 400)
    run.draw_epoch, run.next_word = 3, 200
    with Training(run, task, Blocks(), Silent()) as made:
        made.epoch()
    assert (run.draw_epoch, task.weights.epochs_trained, run.ended) == (3, 9, True)


def test_matrices_are_contiguous_between_epochs() -> None:
    task = task_of()
    with Training(run_of(), task, Blocks(), Silent()) as made:
        made.epoch()
        assert not task.weights.holder.vectors.flags.c_contiguous
        made.release()
        assert task.weights.holder.vectors.flags.c_contiguous
        made.epoch()
    assert task.weights.holder.vectors.flags.c_contiguous


def test_training_that_diverged_says_so() -> None:
    task = task_of()
    message = r"^training diverged: a score is no finite number any more\. Lower alpha \(now 0.1\)$"
    with (
        pytest.raises(FloatingPointError, match=message),
        Training(run_of(), task, Blocks(1, _native.DivergedError), Silent()) as made,
    ):
        made.epoch()
    task.weights.holder.vectors[2] = np.nan
    with Training(run_of(), task, Blocks(), Silent()) as made:
        made.epoch()
        with pytest.raises(
            FloatingPointError, match=r"^training diverged: the model.vectors holds NaN or infinite numbers\. Lower al"
        ):
            made.epoch()


def test_what_nodes_have_begun_is_not_gone_on_with_alone() -> None:
    run = run_of(cut=(3, 4), next_word=200)
    with Training(run, task_of(), Blocks(), Silent()) as made:
        with pytest.raises(
            ValueError, match=r"^3 nodes of a cluster trained a part of this epoch, each at its own place: "
        ):
            made.epoch()
        run.next_word = 0
        made.epoch()
    assert (run.cut, run.epoch) == (None, 1)


def test_epochs_that_are_trained_elsewhere() -> None:
    class Far(Elsewhere):
        status = "2 nodes"

        def train_epoch_elsewhere(self, run: Run, watch: Watch) -> None:
            Blocks().train_epoch(run, None, watch)

    token = training.elsewhere.set(lambda _: Far())
    try:
        shown, run = Shown(), run_of(cut=(2, 2))
        with Training(run, task_of(), Hogwild(1), shown) as made:
            made.epoch()
    finally:
        training.elsewhere.reset(token)
    assert (run.epoch, run.cut) == (1, (2, 2))
    assert shown.heard[:2] == ["2 nodes", (0, 0.1, None)]


def test_a_closed_terminal_ends_no_training() -> None:
    class Closed(Silent):
        def update(self, words: int, alpha: float, loss: float | None) -> None:
            raise BrokenPipeError

    run = run_of()
    training.train(run, task_of(), Blocks(), Closed())
    assert run.ended


# ---- threads ----


@pytest.mark.parametrize(("deterministic", "kind"), [(False, Hogwild), (True, Rounds)])
def test_threads_share_blocks_as_settings_say(deterministic: bool, kind: type) -> None:
    made = strategy_of(Settings(workers=3, deterministic=deterministic))
    assert isinstance(made, kind)
    assert made.workers == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("workers", "words", "block", "threads"), [(4, 1000, 250, 4), (5, 1000, 250, 4), (5, 1001, 250, 5), (2, 10, 250, 1)]
)
def test_no_more_threads_than_blocks(
    workers: int, words: int, block: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(hogwild, "in_threads", lambda count, *_: asked.append(count))
    Hogwild(workers).train_epoch(run_of(words=words, block=block), SimpleNamespace(), lambda _: None)  # type: ignore[arg-type]
    assert asked == [threads]


class Trainer:
    """Trains blocks by calling a function."""

    def __init__(self, act: Callable[[int], None] = lambda _: None) -> None:
        self._act = act
        self.trained: list[Any] = []
        self.stopped = 0

    def workspace(self) -> bytearray:
        return bytearray()

    def train_block(self, epoch: int, begin: int, end: int, alpha: float, _: bytearray) -> tuple[int, int, int, float]:
        self._act(begin)
        self.trained.append((epoch, begin, end, round(alpha, 6)))
        return end - begin, 1, 2, 0.5

    def stop(self) -> None:
        self.stopped += 1


def test_blocks_have_their_place_and_rate() -> None:
    run, trainer = run_of(draw_epoch=5), Trainer()
    Hogwild(1).train_epoch(run, trainer, lambda _: None)  # type: ignore[arg-type]
    assert trainer.trained == [(5, 0, 200, 0.1), (5, 200, 400, 0.083333), (5, 400, 600, 0.066667)]
    totals = run.totals
    assert (totals.words, totals.kept, totals.pairs, totals.loss) == (600, 3, 6, 1.5)


def test_a_block_that_fails_is_not_counted() -> None:
    def fail(begin: int) -> None:
        if begin == 200:
            raise KeyError

    run, trainer = run_of(), Trainer(fail)
    with pytest.raises(KeyError):
        Hogwild(1).train_epoch(run, trainer, lambda _: None)  # type: ignore[arg-type]
    assert (run.totals.words, run.next_word, trainer.stopped) == (200, 400, 1)
    assert not run.is_whole


def test_nobody_takes_a_block_after_a_stop_or_in_a_pause() -> None:
    run = run_of()
    team = hogwild._Team(run, Trainer())  # type: ignore[arg-type]
    assert team._take() == (0, 200)
    assert team.pausing.busy == 1
    team.pausing.paused = True
    taken: list[Any] = []
    waiting = threading.Thread(target=lambda: taken.append(team._take()))
    waiting.start()
    waiting.join(0.05)
    assert (waiting.is_alive(), taken) == (True, [])
    team.stop()
    waiting.join(5)
    assert (taken, run.next_word, team.pausing.busy) == ([None], 200, 1)
    team.pausing.paused = False
    assert team._take() is None


def test_a_pause_waits_for_what_is_being_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    made, delivered = Pausing(), []

    def deliver() -> None:
        delivered.append(made.paused)
        made.busy -= 1

    monkeypatch.setattr(pausing, "deliver", deliver)
    monkeypatch.setattr(pausing, "_POLL", 0.0)
    with made.pause():
        assert made.paused
    assert (delivered, made.paused) == ([], False)
    made.busy = 2
    with made.pause():
        assert (made.busy, made.paused) == (0, True)
    assert (delivered, made.paused) == ([True, True], False)
    with pytest.raises(KeyError), made.pause():
        raise KeyError
    assert not made.paused


# ---- lanes ----


class FakeCrew:
    """What a team asks of a crew."""

    begun: list[Any]

    def __init__(self, *_: Any) -> None:
        FakeCrew.begun = []
        self.told: Any = (0, 0, 0, 0.0)

    @staticmethod
    def lanes(_: Any) -> int:
        return 4

    @staticmethod
    def size(_: Any, alpha: float) -> int:
        return int(alpha * 1000)

    def begin(self, lanes: list[Any]) -> None:
        FakeCrew.begun = lanes

    def done(self) -> Any:
        return self.told


def team_of(unit: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(rounds, "_native", SimpleNamespace(Crew=FakeCrew))
    return rounds._Team(run, SimpleNamespace(core=None, unit=unit), 3)  # type: ignore[arg-type]


def begin(team: Any, span: Any) -> None:
    with team._changed:
        team._begin(span)


@pytest.mark.parametrize(
    ("span", "unit", "lanes"),
    [
        ((0, 10), 1, [(0, 3), (3, 6), (6, 9), (9, 10)]),
        ((5, 13), 1, [(5, 7), (7, 9), (9, 11), (11, 13)]),
        ((0, 32), 5, [(0, 10), (10, 20), (20, 30), (30, 32)]),
        ((0, 3), 1, [(0, 1), (1, 2), (2, 3)]),
        ((40, 61), 5, [(40, 50), (50, 60), (60, 61)]),
    ],
)
def test_a_block_is_cut_into_lanes(
    span: tuple[int, int], unit: int, lanes: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    team = team_of(unit, run_of(), monkeypatch)
    begin(team, span)
    assert (team._lanes, team._tasks, team.pausing.busy, team._given, team._trains) == (
        lanes, len(lanes), len(lanes), 0, False
    )  # fmt: skip


@pytest.mark.parametrize(("words", "counted"), [(30, 200), (29, 29)])
def test_a_block_is_counted_when_all_have_trained(words: int, counted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of()
    team = team_of(1, run, monkeypatch)
    begin(team, run.take())
    team._made = {lane: ("view", lane * 10, lane * 10 + (10 if lane < 3 else 0)) for lane in range(4)}
    for _ in range(3):
        team._ended()
        assert (FakeCrew.begun, team._trains) == ([], False)
    team._given = 4
    team._ended()
    assert FakeCrew.begun == [team._made[lane] for lane in range(4)]
    assert (team._trains, team._tasks, team.pausing.busy, team._given) == (True, 3, 3, 0)
    team._crew.told = (words, 7, 8, 0.5)
    for _ in range(2):
        team._ended()
        assert run.totals.words == 0
    team._ended()
    assert (run.totals.words, run.totals.kept, run.totals.pairs, run.totals.loss) == (counted, 7, 8, 0.5)
    assert (team._trains, team._tasks, team._given) == (False, 0, 0)


@pytest.mark.parametrize(
    ("busy", "trains", "given", "next_word"),
    [(2, False, 1, 200), (2, True, 0, 200), (2, True, 1, 400), (0, False, 0, 400)],
)
def test_a_block_that_was_not_trained_is_forgotten(
    busy: int, trains: bool, given: int, next_word: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of()
    run.take()
    team = team_of(1, run, monkeypatch)
    begin(team, run.take())
    team.pausing.busy, team._trains, team._given = busy, trains, given
    team.forget()
    assert run.next_word == next_word


@pytest.mark.parametrize(("alphas", "memory"), [((0.1, 0.2), 200), ((0.3, 0.2), 300)])
def test_a_crew_has_room_for_the_highest_rate(
    alphas: tuple[float, float], memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(FakeCrew, "__init__", lambda self, *given: asked.append(len(given[3])))
    team_of(1, run_of(schedule=Schedule(*alphas, 1200)), monkeypatch)
    assert asked == [memory]


# ---- loss on other data ----


@pytest.mark.parametrize("settings", [{}, {"sg": 1}, {"hs": 1, "negative": 0}])
def test_a_model_that_has_learned_nothing_has_a_loss_of_log_2(settings: dict[str, Any]) -> None:
    made = Settings(**{"vector_size": 4, "epochs": 7, "sample": 0.0} | settings).checked()
    weights = Weights(Rows(fresh_inputs(7, made)))
    weights.start_outputs(7, made)
    counts = CORPUS.vocabulary.counts
    task = Task(made, CorpusTokens(CORPUS), Tables.of(counts, made, huffman_paths(counts)), weights)
    before = weights.holder.vectors.tolist()
    assert pair_loss(task, 600, 1) == pytest.approx(np.log(2), rel=1e-6)
    assert weights.holder.vectors.tolist() == before
    assert weights.holder.vectors.flags.c_contiguous
    assert (task.settings.epochs, task.want_loss) == (7, False)
    weights.holder.vectors[:] = np.nan
    with pytest.raises(FloatingPointError, match=r"^there is no loss: a score is no finite number$"):
        pair_loss(task, 600, 1)
    assert np.isnan(pair_loss(task, 0, 1))
