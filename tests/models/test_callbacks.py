"""Callbacks, and what happens to a model when something fails in the middle of training."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from reference.planted import topic_sentences

from fastemb import Corpus, Word2Vec
from fastemb.train.hogwild import Hogwild
from fastemb.train.run import Run, Totals
from fastemb.train.schedule import Schedule
from fastemb.train.task import Task

SENTENCES = topic_sentences()
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 20, "workers": 2, "sample": 0, "epochs": 3}
EVENTS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")


class Recorder:
    """Notes every event, and which model it was told of."""

    def __init__(self, log: list[tuple[str, str]], name: str = "") -> None:
        self.log = log
        self.name = name
        self.models: set[int] = set()

    def __getattr__(self, event: str) -> Any:
        if event not in EVENTS:
            raise AttributeError(event)

        def note(model: Word2Vec) -> None:
            self.models.add(id(model))
            self.log.append((event, self.name))

        return note


class BoomError(Exception):
    """Raised by the tests' own code."""


class Failing:
    """Raises at the ``nth`` time that ``event`` happens."""

    def __init__(self, event: str, nth: int = 1) -> None:
        self.left = nth
        setattr(self, event, self.fail)

    def fail(self, model: Word2Vec) -> None:
        self.left -= 1
        if not self.left:
            raise BoomError


def built(**settings: Any) -> Word2Vec:
    model = Word2Vec(**OPTIONS | settings)
    model.build_vocab(SENTENCES)
    return model


def require_usable(model: Word2Vec) -> None:
    assert np.isfinite(model.wv.vectors).all()
    assert len(model.wv.most_similar("t0w0", topn=5)) == 5
    assert model.train(SENTENCES, epochs=1) == (2700, 2700)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastemb")]


# ---- order ----


def test_events_come_in_order_to_each_callback_in_turn() -> None:
    log: list[tuple[str, str]] = []
    first, second = Recorder(log, "first"), Recorder(log, "second")
    model = Word2Vec(SENTENCES, callbacks=[first, second], **OPTIONS)
    events = ["on_train_begin", *["on_epoch_begin", "on_epoch_end"] * 3, "on_train_end"]
    assert log == [(event, name) for event in events for name in ("first", "second")]
    assert first.models == second.models == {id(model)}


def test_every_call_of_train_has_events_of_its_own() -> None:
    model = built()
    log: list[tuple[str, str]] = []
    model.train(SENTENCES, epochs=1, callbacks=(Recorder(log),))
    model.train(SENTENCES, epochs=1)
    model.train(SENTENCES, epochs=0, callbacks=(Recorder(log),))
    events = ["on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end", "on_train_begin", "on_train_end"]
    assert [event for event, _ in log] == events


def test_a_callback_may_lack_any_of_the_methods() -> None:
    class OnlyEnd:
        ends = 0

        def on_epoch_end(self, model: Word2Vec) -> None:
            self.ends += 1

    only = OnlyEnd()
    Word2Vec(SENTENCES, callbacks=[object(), only], **OPTIONS)
    assert only.ends == 3


def test_callbacks_see_the_model_as_it_is_then() -> None:
    class Watcher:
        def __init__(self) -> None:
            self.losses: list[float] = []
            self.vectors: list[bytes] = []
            self.neighbours: list[float] = []

        def on_epoch_end(self, model: Word2Vec) -> None:
            self.losses.append(model.get_latest_training_loss())
            self.vectors.append(model.wv.vectors.tobytes())
            self.neighbours.append(model.wv.most_similar("t0w0", topn=1)[0][1])
            vector = model.wv.vectors[0]
            np.testing.assert_allclose(model.wv.get_vector("t0w0", norm=True), vector / np.linalg.norm(vector), 1e-5)

    watcher = Watcher()
    sentences = [["t0w0", "t0w0", *sentence] for sentence in SENTENCES]
    model = Word2Vec(sentences, callbacks=[watcher], compute_loss=True, **OPTIONS)
    assert watcher.losses == sorted(set(watcher.losses))
    assert watcher.losses[-1] == model.get_latest_training_loss()
    assert len(set(watcher.vectors)) == 3
    assert max(watcher.neighbours) <= 1.001  # a cosine


# ---- failures ----


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_in_a_callback_surfaces_as_itself(event: str, workers: int) -> None:
    model = built(workers=workers)
    with pytest.raises(BoomError):
        model.train(SENTENCES, callbacks=[Failing(event, 2 if "epoch" in event else 1)])
    require_usable(model)


def test_the_loss_until_an_exception_is_kept() -> None:
    model = built()
    with pytest.raises(BoomError):
        model.train(SENTENCES, compute_loss=True, callbacks=[Failing("on_epoch_end", 2)])
    assert model.get_latest_training_loss() > 0
    assert model.total_train_time > 0


def test_norms_are_right_after_an_interrupt_within_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    train_epoch = Hogwild.train_epoch

    def interrupted(self: Hogwild, *arguments: Any) -> None:
        train_epoch(self, *arguments)
        raise KeyboardInterrupt

    model = built(alpha=0.1)
    model.wv.fill_norms()
    monkeypatch.setattr(Hogwild, "train_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.train(SENTENCES)
    model.wv.fill_norms()
    np.testing.assert_allclose(model.wv.norms, np.linalg.norm(model.wv.vectors, axis=1), rtol=1e-6)


@pytest.mark.parametrize("raised", [BoomError, StopIteration, KeyboardInterrupt])
def test_an_exception_in_the_callers_iterator_surfaces_as_itself(raised: type[BaseException]) -> None:
    class Broken:
        def __iter__(self) -> Broken:
            self.left = 5
            return self

        def __next__(self) -> Iterator[str]:
            self.left -= 1
            return iter(["a", "b"]) if self.left else self.fail()

        def fail(self) -> Iterator[str]:
            raise raised("mine")

    model = built()
    if raised is StopIteration:  # the way an iterator says that it is done
        with pytest.warns(UserWarning, match="none of its words is in the vocabulary"):
            model.train(Broken())
        return
    for action in (model.train, model.build_vocab, lambda source: Word2Vec(source, **OPTIONS)):
        with pytest.raises(raised, match="mine"):
            action(Broken())
    require_usable(model)


def test_an_exception_in_the_trim_rule_surfaces_as_itself() -> None:
    def rule(word: str, count: int, min_count: int) -> int:
        raise BoomError(word)

    with pytest.raises(BoomError, match="t"):
        Word2Vec(SENTENCES, trim_rule=rule, **OPTIONS)


class BrokenTrainer:
    """Fails at the ``nth`` block; the blocks that are taken are counted."""

    def __init__(self, nth: int, error: BaseException) -> None:
        self.nth, self.error, self.blocks = nth, error, 0
        self.lock = threading.Lock()

    def workspace(self) -> bytearray:
        return bytearray()

    def train_block(self, epoch: int, begin: int, end: int, alpha: float, workspace: bytearray) -> Any:
        with self.lock:
            self.blocks += 1
            fails = self.blocks == self.nth
        if fails:
            raise self.error
        return end - begin, end - begin, 1, 0.5

    def stop(self) -> None:
        """No block takes long."""


def run_of(words: int) -> Run:
    return Run(epochs=1, words=words, block=256, seed=1, schedule=Schedule(0.1, 0.1, 1))


@pytest.mark.parametrize("error", [BoomError("in a worker"), MemoryError(), SystemExit(3)])
@pytest.mark.parametrize("workers", [1, 3])
def test_an_exception_in_a_worker_stops_all_and_surfaces(error: BaseException, workers: int) -> None:
    trainer = BrokenTrainer(5, error)
    with pytest.raises(type(error)) as caught:
        Hogwild(workers).train_epoch(run_of(10**8), trainer, lambda: None)
    assert caught.value is error
    assert trainer.blocks < 10**5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastemb")]


def test_an_exception_in_a_worker_reaches_the_caller_of_train(monkeypatch: pytest.MonkeyPatch) -> None:
    model = built()
    with monkeypatch.context() as patch:
        patch.setattr(Task, "bind", lambda *_: BrokenTrainer(3, BoomError("in a worker")))
        with pytest.raises(BoomError, match="in a worker"):
            model.train(SENTENCES)
    require_usable(model)


def test_an_exception_in_the_waiting_thread_stops_the_workers() -> None:
    trainer = BrokenTrainer(0, BoomError())

    def watch() -> None:
        if trainer.blocks > 100:
            raise BoomError("while watching")

    with pytest.raises(BoomError, match="while watching"):
        Hogwild(2).train_epoch(run_of(10**8), trainer, watch)
    assert trainer.blocks < 10**8 // 256
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastemb")]


def test_threads_that_cannot_be_started_stop_those_that_were(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    started = []

    def limited(thread: threading.Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        Hogwild(4).train_epoch(run_of(10**8), BrokenTrainer(0, BoomError()), lambda: None)
    assert not any(thread.is_alive() for thread in started)


def test_every_block_is_trained_once_and_added_up() -> None:
    run = run_of(100_001)
    trainer = BrokenTrainer(0, BoomError())
    Hogwild(4).train_epoch(run, trainer, lambda: None)
    assert trainer.blocks == 391
    assert run.totals == Totals(words=100_001, kept=100_001, pairs=391, loss=195.5)


def test_vectors_that_a_callback_replaces_are_the_ones_trained_on() -> None:
    class Replace:
        def on_epoch_end(self, model: Word2Vec) -> None:
            model.wv.vectors = model.wv.vectors.copy()

    untouched = Word2Vec([["a", "b", "c"]] * 50, min_count=1, workers=1, sample=0, epochs=4)
    replaced = Word2Vec([["a", "b", "c"]] * 50, min_count=1, workers=1, sample=0, epochs=4, callbacks=[Replace()])
    assert np.array_equal(untouched.wv.vectors, replaced.wv.vectors)


def test_a_callback_alone_is_an_error_before_the_corpus_is_read() -> None:
    def sentences() -> Iterator[list[str]]:
        raise AssertionError("read")
        yield []

    with pytest.raises(TypeError, match="callbacks must be a list"):
        Word2Vec(sentences(), callbacks=object())  # type: ignore[arg-type]


def test_a_running_loss_that_a_callback_sets_back_starts_anew() -> None:
    class Reset:
        def __init__(self) -> None:
            self.losses: list[float] = []

        def on_epoch_end(self, model: Word2Vec) -> None:
            self.losses.append(model.get_latest_training_loss())
            model.running_training_loss = 0.0

    reset = Reset()
    Word2Vec(SENTENCES, **OPTIONS, compute_loss=True, callbacks=[reset])
    assert len(reset.losses) == 3
    assert reset.losses[2] < 1.2 * reset.losses[0]


def test_no_seed_is_a_seed_of_its_own() -> None:
    one, two = (Word2Vec(SENTENCES, **OPTIONS, seed=None) for _ in range(2))
    assert one.seed != two.seed


@pytest.mark.parametrize("change", ["ids", "offsets"])
def test_a_corpus_that_a_callback_changes_is_refused(change: str) -> None:
    corpus = Corpus.from_sentences(SENTENCES)

    class Changing:
        def on_epoch_end(self, model: Word2Vec) -> None:
            getattr(corpus, change)[1:] = 2**30

    model = Word2Vec(**OPTIONS | {"epochs": 2})
    model.build_vocab(corpus)
    with pytest.raises(ValueError, match=r"out of range|offsets do not go from 0"):
        model.train(corpus, total_examples=1, epochs=2, callbacks=[Changing()])
    require_usable(model)


def test_a_shallow_copy_changes_without_the_original() -> None:
    model = built()
    before = model.syn1neg.copy()
    other = copy.copy(model)
    other.syn1neg = np.ones_like(before)
    assert (model.syn1neg == before).all()
    assert (other.syn1neg == 1).all()
