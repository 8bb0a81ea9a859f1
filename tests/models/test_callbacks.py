"""Callbacks, and what happens to a model when something fails in the middle of training."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.planted import topic_sentences

from fastemb import CallbackAny2Vec, Corpus, StopTraining, Word2Vec
from fastemb.train.hogwild import Hogwild
from fastemb.train.run import Run, Totals
from fastemb.train.schedule import Schedule
from fastemb.train.strategy import Pause
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
    with pytest.warns(UserWarning, match="epochs is 0"):
        model.train(SENTENCES, epochs=0, callbacks=(Recorder(log),))
    events = ["on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end", "on_train_begin", "on_train_end"]
    assert [event for event, _ in log] == events


def test_a_callback_may_lack_any_of_the_methods() -> None:
    class OnlyEnd:
        ends = 0

        def on_epoch_end(self, model: Word2Vec) -> None:
            self.ends += 1

    only = OnlyEnd()
    Word2Vec(SENTENCES, callbacks=[only], **OPTIONS)
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
        Hogwild(workers).train_epoch(run_of(10**8), trainer, lambda _: None)
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

    def watch(_: Pause) -> None:
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
        Hogwild(4).train_epoch(run_of(10**8), BrokenTrainer(0, BoomError()), lambda _: None)
    assert not any(thread.is_alive() for thread in started)


def test_every_block_is_trained_once_and_added_up() -> None:
    run = run_of(100_001)
    trainer = BrokenTrainer(0, BoomError())
    Hogwild(4).train_epoch(run, trainer, lambda _: None)
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


# ---- what is no callback, or wants something else ----


class Epochs:
    """Counts epochs, and stops at one of them."""

    def __init__(self, stop_at: int = 0, event: str = "on_epoch_end") -> None:
        self.stop_at, self.event = stop_at, event
        self.seen: list[str] = []

    def _told(self, event: str) -> None:
        self.seen.append(event)
        if event == self.event and self.seen.count(event) == self.stop_at:
            raise StopTraining

    def on_train_begin(self, model: Word2Vec) -> None:
        self._told("on_train_begin")

    def on_epoch_begin(self, model: Word2Vec) -> None:
        self._told("on_epoch_begin")

    def on_epoch_end(self, model: Word2Vec) -> None:
        self._told("on_epoch_end")

    def on_train_end(self, model: Word2Vec) -> None:
        self._told("on_train_end")


@pytest.mark.parametrize(
    ("event", "nth", "epochs"),
    [
        ("on_epoch_end", 2, 2),
        ("on_epoch_end", 3, 3),
        ("on_epoch_begin", 2, 1),
        ("on_train_begin", 1, 0),
        ("on_train_end", 1, 3),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_callback_can_stop_training(event: str, nth: int, epochs: int, workers: int) -> None:
    model, stopper, other = built(workers=workers), Epochs(nth, event), Epochs()
    assert model.train(SENTENCES, callbacks=[stopper, other]) == (epochs * 2700, epochs * 2700)
    assert stopper.seen == other.seen
    assert stopper.seen[-1] == "on_train_end"
    assert stopper.seen.count("on_train_end") == 1
    assert stopper.seen.count("on_epoch_end") == epochs
    assert model.wv.vectors.flags.c_contiguous
    if workers == 1:
        schedule = built(workers=1)
        rate = schedule.alpha + (schedule.min_alpha - schedule.alpha) * epochs / 3
        if epochs:
            schedule.train(SENTENCES, epochs=epochs, end_alpha=rate)
        assert np.allclose(model.wv.vectors, schedule.wv.vectors, atol=1e-5)
    require_usable(model)


def test_a_constructor_can_be_stopped_too() -> None:
    model = Word2Vec(SENTENCES, callbacks=[Epochs(1)], **OPTIONS)
    assert model.train_count == 1
    require_usable(model)


@pytest.mark.parametrize("callback", [print, object(), len, 3, "on_epoch_end"])
def test_what_is_no_callback_is_refused(callback: Any) -> None:
    with pytest.raises(TypeError, match="a callback has a method on_train_begin, on_epoch_begin, on_epoch_end or"):
        Word2Vec(SENTENCES, callbacks=[callback], **OPTIONS)


def test_a_class_in_place_of_a_callback_is_refused_and_called_it_works() -> None:
    with pytest.raises(TypeError, match=r"objects, not classes: give Epochs\(\)"):
        built().train(SENTENCES, callbacks=[Epochs])
    built().train(SENTENCES, callbacks=[Epochs()])


@pytest.mark.parametrize(("name", "meant"), [("on_epoch_ends", "on_epoch_end"), ("on_training_end", "on_train_end")])
def test_a_misspelt_method_is_named(name: str, meant: str) -> None:
    alone = type("Alone", (), {name: lambda *_: None})()
    with pytest.raises(TypeError, match=f"did you mean '{meant}'"):
        built().train(SENTENCES, callbacks=[alone])
    beside = type("Beside", (CallbackAny2Vec,), {name: lambda *_: None})()
    with pytest.warns(UserWarning, match=f"never calls {name} of the callback Beside; did you mean '{meant}'"):
        built().train(SENTENCES, callbacks=[beside])


def test_a_method_of_gensim_3_is_named() -> None:
    callback = type("Old", (Epochs,), {"on_batch_end": lambda *_: None})()
    with pytest.warns(UserWarning, match="never calls on_batch_end of the callback Old"):
        built().train(SENTENCES, callbacks=[callback])


@pytest.mark.parametrize("progress", [print, "yes", 1, len])
def test_progress_is_a_switch(progress: Any) -> None:
    for action in (
        lambda: Word2Vec(SENTENCES, progress=progress, **OPTIONS),
        lambda: built().train([], progress=progress),
    ):
        with pytest.raises(TypeError, match="progress must be True, False or None"):
            action()


def test_the_constructors_wish_for_the_loss_counts_for_every_training() -> None:
    model = built(compute_loss=True)
    model.train(SENTENCES)
    assert model.get_latest_training_loss() > 0
    model.train(SENTENCES, compute_loss=False)
    assert model.get_latest_training_loss() == 0
    assert model.compute_loss


def test_the_learning_rate_that_was_reached_falls_from_epoch_to_epoch() -> None:
    class Rates:
        def __init__(self) -> None:
            self.seen: list[float] = []

        def on_epoch_end(self, model: Word2Vec) -> None:
            self.seen.append(model.min_alpha_yet_reached)

    model, rates = built(workers=1, epochs=4), Rates()
    assert model.min_alpha_yet_reached == 0.025
    model.train(SENTENCES, callbacks=[rates])
    assert rates.seen == pytest.approx([0.025 - (0.025 - 0.0001) * done / 4 for done in (1, 2, 3, 4)])
    assert model.min_alpha_yet_reached == 0.0001
    model.train(SENTENCES, epochs=1, start_alpha=model.min_alpha_yet_reached)
    model.train(SENTENCES, epochs=2, start_alpha=0.01, end_alpha=0.005, callbacks=[rates])
    assert rates.seen[4:] == pytest.approx([0.0075, 0.005])  # as gensim's does, it tells of the latest training


def test_training_goes_on_from_the_rate_that_was_reached(tmp_path: Path) -> None:
    model = built(workers=1, epochs=4)
    model.train(SENTENCES, callbacks=[Epochs(2)])
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    loaded.train(SENTENCES, epochs=2, start_alpha=loaded.min_alpha_yet_reached)
    whole = built(workers=1, epochs=4)
    whole.train(SENTENCES)
    assert np.allclose(loaded.wv.vectors, whole.wv.vectors, atol=1e-5)


# ---- one thing at a time ----


class Acting:
    """Does something in a callback."""

    def __init__(self, act: Callable[[Word2Vec], object], event: str = "on_epoch_end") -> None:
        self.act = act
        setattr(self, event, self.once)

    def once(self, model: Word2Vec) -> None:
        act, self.act = self.act, lambda _: None
        act(model)


CHANGES: dict[str, Callable[[Word2Vec], object]] = {
    "train": lambda model: model.train(SENTENCES),
    "build_vocab": lambda model: model.build_vocab(SENTENCES),
    "build_vocab(update=True)": lambda model: model.build_vocab([["new"] * 5], update=True),
    "build_vocab_from_freq": lambda model: model.build_vocab_from_freq({"a": 3, "b": 2}),
    "reset_from": lambda model: model.reset_from(built()),
    "init_weights": lambda model: model.init_weights(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_thread_cannot_change_a_model_that_trains(change: str) -> None:
    model, caught = built(), []

    def from_another_thread(model: Word2Vec) -> None:
        def act() -> None:
            try:
                CHANGES[change](model)
            except RuntimeError as error:
                caught.append(str(error))

        thread = threading.Thread(target=act)
        thread.start()
        thread.join()

    before = model.train_count
    model.train(SENTENCES, callbacks=[Acting(from_another_thread)])
    assert len(caught) == 1
    assert "another thread is training this model, measuring its loss or building its vocabulary: wait" in caught[0]
    assert model.train_count == before + 1
    CHANGES[change](model)  # what the message says


def test_a_callback_cannot_train_the_model() -> None:
    model = built()
    with pytest.raises(RuntimeError, match="a callback cannot train the model that is being trained"):
        model.train(SENTENCES, callbacks=[Acting(CHANGES["train"])])
    require_usable(model)


def test_a_callback_can_let_the_vocabulary_grow() -> None:
    model = built()
    model.train(SENTENCES, callbacks=[Acting(CHANGES["build_vocab(update=True)"])])
    assert "new" in model.wv
    require_usable(model)


@pytest.mark.parametrize("event", ["on_epoch_begin", "on_epoch_end", "on_train_begin"])
@pytest.mark.parametrize(
    "change",
    [
        CHANGES["build_vocab_from_freq"],
        lambda model: model.build_vocab([["b", "a"] * 9]),
        lambda model: (
            model.wv.set_vecattr(model.wv.index_to_key[-1], "count", 10**6),
            model.wv.sort_by_descending_frequency(),
        ),
    ],
)
def test_another_vocabulary_within_training_is_refused_at_once(
    change: Callable[[Word2Vec], object], event: str
) -> None:
    model = built()
    with pytest.raises(RuntimeError, match="a callback gave the model another vocabulary, or its words another order"):
        model.train(SENTENCES, epochs=2, callbacks=[Acting(change, event)])
    model.train([list(model.wv.index_to_key)] * 9)


@pytest.mark.parametrize("event", ["on_epoch_begin", "on_epoch_end", "on_train_begin"])
def test_another_vector_size_within_training_is_refused_at_once(event: str) -> None:
    model, epochs = built(), Epochs()
    with pytest.raises(ValueError, match=r"wv.vectors has shape \(24, 20\); the model needs \(24, 30\)"):
        model.train(
            SENTENCES, epochs=3, callbacks=[Acting(lambda model: setattr(model, "vector_size", 30), event), epochs]
        )
    assert epochs.seen.count("on_epoch_end") == (event == "on_epoch_end")
    model.vector_size = 20
    require_usable(model)
