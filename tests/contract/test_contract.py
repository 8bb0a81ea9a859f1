"""What every model does alike: fit, save and load, seed, workers, bad input, progress, callbacks, interrupts."""

from __future__ import annotations

import errno
import os
import pickle
import sys
import threading
import types
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adapters import MODELS, Adapter, bits, counts_of, keys_of, matrices, rows_of, words_of

from fastemb import CallbackAny2Vec, TextClassifier
from fastemb.io.safetensors import read_tensors, write_tensors
from fastemb.train import checkpoint
from fastemb.train.hogwild import Hogwild
from fastemb.train.run import Run
from fastemb.train.strategy import BlockTrainer, Watch

TOKENS = [f"t{number}" for number in range(40)]
FOREVER = 1_000_000  # epochs, more than any test waits for


def sequences(count: int, seed: int = 1) -> list[list[str]]:
    """Sequences of 2 to 12 tokens, each from one half of them: something can be learned."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        drawn = random.integers(0, 20, random.integers(2, 13)) + 20 * (number % 2)
        found.append([TOKENS[token] for token in drawn.tolist()])
    return found


DATA = sequences(300)
pytestmark = pytest.mark.filterwarnings("ignore:nothing was trained")


@pytest.fixture(params=MODELS)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    return MODELS[request.param]


def check(model: Any, tokens: int = 40) -> None:
    """The matrices are whole, whatever happened to the model."""
    keys = keys_of(model)
    assert len(keys) == len(set(keys)) == tokens
    for matrix, rows in zip(matrices(model), rows_of(model, tokens), strict=True):
        assert matrix.dtype == np.float32
        assert len(matrix) == rows
        assert matrix.shape[1] % matrices(model)[0].shape[1] == 0  # more where vectors lie side by side
        assert matrix.flags.c_contiguous
        assert matrix.flags.writeable
        assert np.isfinite(matrix).all()


# ---- fit ----


def test_a_fitted_model_has_a_vector_for_each_token(adapter: Adapter) -> None:
    model = adapter.fit(DATA)
    check(model)
    assert set(keys_of(model)) == set(TOKENS)
    counts = counts_of(model)
    assert min(counts) > 0
    assert not adapter.orders_by_count or counts == sorted(counts, reverse=True)
    assert all(matrix.any() for matrix in matrices(model))


def test_tokens_that_come_together_lie_closer_than_others(adapter: Adapter) -> None:
    model = adapter.fit(sequences(3000), epochs=20, **adapter.seeded(3))
    if isinstance(model, TextClassifier):  # its outputs are labels
        found = [label for (label,) in model.predict(keys_of(model), k=1)]
        assert found == ["even" if TOKENS.index(key) < 20 else "odd" for key in keys_of(model)]
        return
    outputs = model.wv_out.vectors if hasattr(model, "wv_out") else model.wv.vectors  # a tree has no outputs by token
    inputs, tokens = matrices(model)[0], len(keys_of(model))
    places = outputs.reshape(len(outputs), -1, inputs.shape[1])  # more than one where vectors lie side by side,
    outputs = places[:, -4:].sum(axis=1)  # the last four of which are those of the words around
    scores = inputs[:tokens] @ outputs[:tokens].T
    half = np.array([TOKENS.index(key) < 20 for key in keys_of(model)])
    same = half[:, None] == half[None, :]
    assert scores[same].mean() > scores[~same].mean()


def test_a_generator_is_read_once(adapter: Adapter) -> None:
    assert bits(adapter.fit(sequence for sequence in DATA)) == bits(adapter.fit(DATA))  # type: ignore[arg-type]


# ---- seed and workers ----


def test_the_same_seed_gives_the_same_bits_with_one_worker(adapter: Adapter) -> None:
    first, second, other = (adapter.fit(DATA, **adapter.seeded(seed)) for seed in (7, 7, 8))
    assert bits(first) == bits(second)
    assert bits(first) != bits(other)


@pytest.mark.integration
@pytest.mark.parametrize("workers", [2, 3, None, -1])
def test_any_number_of_workers_learns(adapter: Adapter, workers: int | None) -> None:
    model = adapter.fit(DATA * 20, workers=workers)
    check(model)
    assert keys_of(model) == keys_of(adapter.fit(DATA * 20, epochs=1))


@pytest.mark.parametrize("workers", [2, 3, 20, None])
def test_with_deterministic_any_number_of_workers_learns_the_same_bits(adapter: Adapter, workers: int | None) -> None:
    alone = adapter.fit(DATA * 20, workers=1, deterministic=True, compute_loss=True)
    model = adapter.fit(DATA * 20, workers=workers, deterministic=True, compute_loss=True)
    check(model)
    assert bits(model) == bits(alone)
    assert model.get_latest_training_loss() == alone.get_latest_training_loss() > 0
    assert (bits(model) != bits(adapter.fit(DATA * 20, workers=1))) == adapter.rounds
    adapter.go_on(model, DATA)
    assert bits(model) != bits(alone)


@pytest.mark.parametrize("workers", [1, 3])
def test_deterministic_training_that_is_resumed_by_other_threads_ends_with_the_same_bits(
    adapter: Adapter, workers: int, tmp_path: Path
) -> None:
    options = {"deterministic": True, "compute_loss": True}
    whole = adapter.fit(DATA, **options)
    cut = Cut("on_epoch_end", 2)
    with pytest.raises(CutError):
        adapter.checkpointed(DATA, tmp_path / "c", "1w", workers=2, callbacks=[cut], **options)
    resumed = adapter.resume(tmp_path / "c", DATA, workers=workers)
    assert bits(resumed) == bits(whole)
    assert resumed.get_latest_training_loss() == whole.get_latest_training_loss()


@pytest.mark.parametrize(("workers", "error"), [(0, ValueError), (-2, ValueError), (1.5, TypeError), ("x", TypeError)])
def test_a_number_of_workers_that_makes_no_sense_is_named(
    adapter: Adapter, workers: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match="workers must be"):
        adapter.fit(DATA, workers=workers)


# ---- files ----


def test_a_model_that_was_saved_is_the_same_and_goes_on_alike(adapter: Adapter, tmp_path: Path) -> None:
    model = adapter.fit(DATA)
    model.save(tmp_path / "model")
    twin = adapter.load(tmp_path / "model")
    check(twin)
    assert keys_of(twin) == keys_of(model)
    assert bits(twin) == bits(model)
    for one in (model, twin):
        adapter.go_on(one, DATA)
    assert bits(twin) == bits(model)


def test_a_pickled_model_is_the_same_and_goes_on_alike(adapter: Adapter) -> None:
    model = adapter.fit(DATA)
    twin = pickle.loads(pickle.dumps(model))
    assert bits(twin) == bits(model)
    for one in (model, twin):
        adapter.go_on(one, DATA)
    assert bits(twin) == bits(model)


def test_a_damaged_file_is_an_error_that_names_it(adapter: Adapter, tmp_path: Path) -> None:
    path = tmp_path / "model"
    adapter.fit(DATA).save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=str(path)):
        adapter.load(path)
    with pytest.raises(FileNotFoundError):
        adapter.load(tmp_path / "absent")


# ---- checkpoints ----


class CutError(Exception):
    pass


class Cut(CallbackAny2Vec):
    """Breaks training off at the n-th event, as an error of a callback does."""

    def __init__(self, event: str, number: int) -> None:
        self._left = number
        setattr(self, event, self._note)

    def _note(self, model: Any) -> None:
        self._left -= 1
        if not self._left:
            raise CutError


@pytest.mark.parametrize(
    ("event", "number"),
    [("on_train_begin", 1), ("on_epoch_begin", 1), ("on_epoch_begin", 2), ("on_epoch_end", 2), ("on_epoch_end", 3)],
)
def test_training_that_is_resumed_ends_with_the_bits_of_one_that_never_stopped(
    adapter: Adapter, event: str, number: int, tmp_path: Path
) -> None:
    whole = adapter.fit(DATA, compute_loss=True)
    with pytest.raises(CutError):
        adapter.checkpointed(DATA, tmp_path / "c", "1w", compute_loss=True, callbacks=[Cut(event, number)])
    if event == "on_train_begin" and not adapter.begins_empty:
        return  # nothing is written before the first block, which is soon afterwards
    check(adapter.load(tmp_path / "c"))
    resumed = adapter.resume(tmp_path / "c", DATA)
    assert bits(resumed) == bits(whole)
    assert resumed.get_latest_training_loss() == whole.get_latest_training_loss()
    adapter.go_on(resumed, DATA)
    adapter.go_on(whole, DATA)
    assert bits(resumed) == bits(whole)


@pytest.mark.parametrize("blocks", [1, 2, 7, 8, 9, 20])
def test_a_checkpoint_between_any_two_blocks_leads_to_the_same_bits(
    adapter: Adapter, blocks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = adapter.fit(DATA, compute_loss=True)
    left = blocks

    def in_turn(_: Hogwild, run: Run, trainer: BlockTrainer, watch: Watch) -> None:
        nonlocal left
        workspace = trainer.workspace()
        while (span := run.take()) is not None:
            run.totals.add(*trainer.train_block(run.draw_epoch, *span, run.alpha(span[0]), workspace))
            watch(nullcontext)
            left -= 1
            if not left:
                raise CutError

    monkeypatch.setattr(Hogwild, "train_epoch", in_turn)
    with pytest.raises(CutError):
        adapter.checkpointed(DATA, tmp_path / "c", "1w", compute_loss=True)
    monkeypatch.undo()
    resumed = adapter.resume(tmp_path / "c", DATA)
    assert bits(resumed) == bits(whole)
    assert resumed.get_latest_training_loss() == whole.get_latest_training_loss()


@pytest.mark.integration
@pytest.mark.parametrize("workers", [1, 2])
def test_checkpoints_while_threads_train_change_nothing_and_are_shown(
    adapter: Adapter, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bars(monkeypatch, Bar)
    model = adapter.checkpointed(DATA * 60, tmp_path / "c", "0.001s", workers=workers, progress=True, epochs=8)
    check(model)
    assert any("saved at" in bar.text for bar in made)
    if workers == 1:
        assert bits(model) == bits(adapter.fit(DATA * 60, epochs=8))


def test_a_resumed_run_writes_on_and_one_that_ended_is_only_read(adapter: Adapter, tmp_path: Path) -> None:
    with pytest.raises(CutError):
        adapter.checkpointed(DATA, tmp_path / "c", "1w", callbacks=[Cut("on_epoch_end", 2)])
    before = (tmp_path / "c").read_bytes()
    resumed = adapter.resume(tmp_path / "c", DATA)
    ended = (tmp_path / "c").read_bytes()
    assert ended != before
    assert bits(adapter.resume(tmp_path / "c", DATA, callbacks=[Cut("on_train_begin", 1)])) == bits(resumed)
    assert (tmp_path / "c").read_bytes() == ended
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_checkpoint_of_training_that_has_not_ended_is_not_replaced(adapter: Adapter, tmp_path: Path) -> None:
    path = tmp_path / "c"
    with pytest.raises(CutError):
        adapter.checkpointed(DATA, path, "1w", callbacks=[Cut("on_epoch_end", 2)])
    before = path.read_bytes()
    with pytest.raises(ValueError, match=rf"{path}: a checkpoint of training that has not ended.*\w\.resume\("):
        adapter.checkpointed(DATA, path, "1w")
    assert path.read_bytes() == before
    adapter.resume(path, DATA)
    adapter.checkpointed(DATA, path, "1w")


@pytest.mark.parametrize("content", ["nothing", "text", "model"])
def test_another_file_is_not_replaced_by_a_checkpoint(adapter: Adapter, content: str, tmp_path: Path) -> None:
    path = tmp_path / "c"
    if content == "model":
        adapter.fit(DATA).save(path)
    else:
        path.write_text("" if content == "nothing" else "some text", encoding="utf-8")
    if content == "nothing":
        adapter.checkpointed(DATA, path, "1h")
        return
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"{path}: holds something else than a checkpoint"):
        adapter.checkpointed(DATA, path, "1h")
    with pytest.raises(ValueError, match=f"{path}: (no checkpoint|not a safetensors file)"):
        adapter.resume(path, DATA)
    assert path.read_bytes() == before


def test_a_damaged_checkpoint_is_named(adapter: Adapter, tmp_path: Path) -> None:
    adapter.checkpointed(DATA, tmp_path / "c", "1h")
    tensors, metadata = read_tensors(tmp_path / "c")
    for damage in (b"{}", b"[]", b"1", b'{"version": 2}', metadata["checkpoint"].encode().replace(b'"words"', b'"w"')):
        write_tensors(tmp_path / "d", tensors, metadata | {"checkpoint": damage.decode()})
        with pytest.raises(ValueError, match=f"{tmp_path / 'd'}: (damaged checkpoint|a checkpoint of a newer fastemb)"):
            adapter.resume(tmp_path / "d", DATA)


def test_where_no_checkpoint_can_be_written_nothing_is_trained(adapter: Adapter, tmp_path: Path) -> None:
    cut = Cut("on_train_end", 1)
    for path in (tmp_path / "absent" / "c", tmp_path):
        with pytest.raises(OSError, match=str(path)):
            adapter.checkpointed(DATA, path, "1h", callbacks=[cut])


def test_a_disk_that_is_full_later_ends_no_training(
    adapter: Adapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = checkpoint.write_tensors, []

    def full(file: Any, *content: Any) -> None:
        written.append(file)
        if len(written) == 2:
            file.write(b"half of it")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file, *content)

    monkeypatch.setattr(checkpoint, "write_tensors", full)
    with pytest.warns(UserWarning, match=r"no checkpoint could be written: .*No space left.*; training goes on"):
        model = adapter.checkpointed(DATA, tmp_path / "c", "1w")
    assert len(written) >= 3
    assert bits(model) == bits(adapter.fit(DATA))
    assert bits(adapter.resume(tmp_path / "c", DATA)) == bits(model)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_callback_writes_a_checkpoint(adapter: Adapter, tmp_path: Path) -> None:
    class Writer(CallbackAny2Vec):
        epochs = 0

        def on_epoch_end(self, model: Any) -> None:
            self.epochs += 1
            model.save_checkpoint(tmp_path / str(self.epochs))

    writer = Writer()
    model = adapter.fit(DATA, callbacks=[writer])
    for epoch in range(writer.epochs):
        assert bits(adapter.resume(tmp_path / str(epoch + 1), DATA)) == bits(model)
    with pytest.raises(RuntimeError, match=r"save_checkpoint is for callbacks.*saved by save"):
        model.save_checkpoint(tmp_path / "x")


# ---- bad input ----


@pytest.mark.parametrize("data", [[], [[]], [[], [], []]])
def test_nothing_to_learn_from_is_an_error(adapter: Adapter, data: list[Any]) -> None:
    with pytest.raises(ValueError, match=r".{10,}"):
        adapter.fit(data)


@pytest.mark.parametrize(
    "data",
    [None, 5, "text", [5], [["a", ["b"]]], [["a", {}]], [None]],
    ids=["None", "a number", "a str", "a number in it", "a list as token", "a dict as token", "None in it"],
)
def test_what_is_no_sequences_of_tokens_is_an_error(adapter: Adapter, data: Any) -> None:
    if data is None and adapter.begins_empty:
        pytest.skip("the model stays empty")
    with pytest.raises((TypeError, ValueError), match=r".{10,}"):
        adapter.fit(data)


@pytest.mark.parametrize(
    "data",
    [
        [["", " ", "\n", "\t"]] * 50,
        [["日本語", "ß", "İ", "\U0001f600", "e\u0301", "\u202e"]] * 50,
        [["\0", "a\0b", "\ufeff"]] * 50,
        [["x" * 100_000, "y"]] * 20,
        [[str(number % 7) for number in range(100_000)]],
        [[1, 2, 3, -(2**63)]] * 50,
        [["a", "b"], [], ["a"], [], ["b", "a"]] * 50,
    ],
    ids=["white space", "scripts", "control", "long tokens", "a long sequence", "numbers", "gaps"],
)
def test_any_text_and_any_whole_number_will_do(adapter: Adapter, data: list[Any]) -> None:
    tokens = {token for sequence in data for token in sequence}
    if adapter.makes_text and any(isinstance(token, int) for token in tokens):
        with pytest.raises(TypeError, match="give a str"):
            adapter.fit(data)
        return
    tokens = words_of(tokens, adapter)
    refused = "missing" if "" in tokens and not adapter.takes_empty else "nothing to learn from"
    if refused == "missing" or not tokens:
        with pytest.raises(ValueError, match=refused):
            adapter.fit(data)
        return
    model = adapter.fit(data)
    check(model, len(tokens))
    assert set(keys_of(model)) == tokens


def test_a_token_that_no_file_holds_is_refused_before_training(adapter: Adapter) -> None:
    with pytest.raises(TypeError, match=r"b'bytes'.*str"):
        adapter.fit([["a", b"bytes"]] * 50)


@pytest.mark.filterwarnings("ignore:1 of 1 nodes have no edge")
def test_one_token_alone_is_no_crash(adapter: Adapter) -> None:
    message = "nothing to learn from"  # what a model may say that does not learn from a token beside itself
    try:
        check(adapter.fit([["a"] * 5] * 20), 1)
    except ValueError as error:
        message = str(error)
    assert "nothing to learn from" in message


@pytest.mark.parametrize("name", ["vector_size", "alpha", "epochs", "window", "negative"])
@pytest.mark.parametrize("value", [-1, "many", float("nan"), [1]])
def test_a_setting_that_makes_no_sense_is_named(adapter: Adapter, name: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{name} must be|unexpected keyword argument {name!r}"):
        adapter.fit(DATA, **{name: value})


def test_training_that_diverges_says_so(adapter: Adapter) -> None:
    with pytest.warns(UserWarning, match="so large"), pytest.raises(FloatingPointError, match="diverged"):
        adapter.fit(DATA, alpha=1e30)


# ---- progress, callbacks, interrupts ----


class Bar:
    """In place of a bar of tqdm."""

    def __init__(self, total: int, **_: Any) -> None:
        self.total, self.n, self.closed = total, 0, False
        self.made.append(self)

    made: list[Bar]

    def set_postfix_str(self, text: str, refresh: bool) -> None:
        assert text.startswith("alpha ")
        self.text = text

    def update(self, words: int) -> None:
        self.n += words

    def close(self) -> None:
        self.closed = True


class InterruptedBar(Bar):
    """The user presses Ctrl-C as soon as something was trained."""

    def update(self, words: int) -> None:
        super().update(words)
        if self.n and not self.closed and not getattr(self, "pressed", False):
            self.pressed = True
            raise KeyboardInterrupt


def bars(monkeypatch: pytest.MonkeyPatch, kind: type[Bar]) -> list[Bar]:
    """Make tqdm's bars these; the list is of those that are made."""
    kind.made = []
    package, auto = types.ModuleType("tqdm"), types.ModuleType("tqdm.auto")
    auto.tqdm = kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", package)
    monkeypatch.setitem(sys.modules, "tqdm.auto", auto)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)  # else there would be lines of a log
    return kind.made


def test_progress_is_shown_when_asked_for(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bars(monkeypatch, Bar)
    adapter.fit(DATA, progress=False)
    assert not made
    adapter.fit(DATA, progress=True)
    assert made
    assert all(bar.closed and bar.n == bar.total > 0 for bar in made)


class Diary(CallbackAny2Vec):
    """What happened, with the model as it was then."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("on_"):
            return lambda model: self.note(name, model)
        return super().__getattribute__(name)

    def note(self, event: str, model: Any) -> None:
        check(model)
        self.events.append(event)


def test_callbacks_are_called_in_turn_and_see_whole_matrices(adapter: Adapter) -> None:
    diary = Diary()
    model = adapter.fit(DATA, callbacks=[diary], epochs=2)
    epoch, epochs = ["on_epoch_begin", "on_epoch_end"], diary.events.count("on_epoch_begin")
    assert diary.events == ["on_train_begin", *epoch * epochs, "on_train_end"]
    assert epochs in (2, 4)  # Item2Vec learns baskets in two parts
    assert bits(model) == bits(adapter.fit(DATA, epochs=2))


@pytest.mark.integration
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_stops_soon_and_leaves_a_whole_model(
    adapter: Adapter, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bars(monkeypatch, InterruptedBar)
    model = adapter.fit(DATA * 20, workers=workers)
    before, held = bits(model), matrices(model)
    with pytest.raises(KeyboardInterrupt):
        adapter.go_on(model, DATA * 20, epochs=FOREVER, progress=True)
    assert [bar.closed for bar in made] == [True]
    assert 0 < made[0].n < made[0].total
    for thread in threading.enumerate():
        if thread.name.startswith("fastemb"):  # it trains no more, but Python may not have cleared it away yet
            thread.join(timeout=20)
            assert not thread.is_alive()
    check(model)
    assert (bits(model) == before) == adapter.keeps_what_it_had
    assert all(mine is matrix for mine, matrix in zip(held, matrices(model), strict=True))
    adapter.go_on(model, DATA)
    check(model)
