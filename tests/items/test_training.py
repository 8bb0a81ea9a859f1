"""Callbacks, the loss and the display of Item2Vec, and what its files refuse."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shops import baskets, small_model

from fastemb import CallbackAny2Vec, Corpus, KeyedVectors, StopTraining, Word2Vec
from fastemb.cli import main
from fastemb.io.safetensors import read_tensors, write_tensors
from fastemb.items import Interactions, Item2Vec
from fastemb.train import progress

SHOP = baskets(200)


class Notes(CallbackAny2Vec):
    """Writes down what it hears, and looks at the model each time."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.heard: list[str] = []
        self.vectors: list[Any] = []
        self.losses: list[float] = []
        self.fails_at = fails_at

    def _note(self, event: str, model: Item2Vec) -> None:
        self.heard.append(event)
        self.vectors.append(model.wv.vectors.copy())
        self.losses.append(model.get_latest_training_loss())
        assert model.recommend([SHOP[0][0]], 1)
        if len(self.heard) == self.fails_at:
            raise RuntimeError("enough")

    def on_train_begin(self, model: Item2Vec) -> None:
        self._note("begin", model)

    def on_epoch_begin(self, model: Item2Vec) -> None:
        self._note("epoch begins", model)

    def on_epoch_end(self, model: Item2Vec) -> None:
        self._note("epoch ends", model)

    def on_train_end(self, model: Item2Vec) -> None:
        self._note("end", model)


@pytest.mark.parametrize(("sg", "epochs"), [(None, 4), (0, 2), (1, 2)])
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_callbacks_hear_of_every_epoch_and_see_the_vectors(sg: int | None, epochs: int, how: str) -> None:
    notes = Notes()
    made = small_model(epochs=2, sg=sg, callbacks=[notes], compute_loss=True)
    plain = small_model(epochs=2, sg=sg)
    if how == "partial_fit":
        made.fit(SHOP[:100])
        plain.fit(SHOP[:100])
    notes.heard, notes.vectors, notes.losses = [], [], []
    getattr(made, how)(SHOP)
    getattr(plain, how)(SHOP)
    assert notes.heard == ["begin", *["epoch begins", "epoch ends"] * epochs, "end"]
    np.testing.assert_array_equal(made.wv.vectors, plain.wv.vectors)  # looking changes nothing
    np.testing.assert_array_equal(notes.vectors[-1], made.wv.vectors)
    assert not np.array_equal(notes.vectors[1], notes.vectors[2])
    assert notes.losses == sorted(notes.losses)
    assert made.get_latest_training_loss() == notes.losses[-1] > 0
    assert plain.get_latest_training_loss() == 0


def test_the_loss_of_both_kinds_is_that_of_each() -> None:
    def loss(**params: Any) -> float:
        return small_model(epochs=2, compute_loss=True, **params).fit(SHOP).get_latest_training_loss()

    assert loss() == pytest.approx(loss(sg=0, vector_size=6) + loss(sg=1, vector_size=6), rel=1e-6)


@pytest.mark.parametrize("at", [1, 2, 3, 10])
def test_a_callback_that_fails_leaves_the_model_as_it_was(at: int) -> None:
    made = small_model(epochs=2, callbacks=[Notes(fails_at=at)])
    with pytest.raises(RuntimeError, match="enough"):
        made.fit(SHOP)
    with pytest.raises(ValueError, match="not fitted"):
        _ = made.wv
    made.set_params(callbacks=[]).fit(SHOP)
    before = made.wv.vectors.copy()
    made.set_params(callbacks=[Notes(fails_at=at)])
    with pytest.raises(RuntimeError, match="enough"):
        made.partial_fit(SHOP)
    np.testing.assert_array_equal(made.wv.vectors, before)


def test_callbacks_stay_out_of_files(tmp_path: Path) -> None:
    made = small_model(epochs=1, callbacks=[Notes()], compute_loss=True).fit(SHOP)
    made.save(tmp_path / "m")
    loaded = Item2Vec.load(tmp_path / "m")
    assert (loaded.callbacks, loaded.compute_loss) == ((), False)
    with pytest.raises(TypeError, match="callbacks must be a list"):
        small_model(callbacks=5).fit(SHOP)
    with pytest.raises(ValueError, match="compute_loss must be 0 or 1, not 'no'"):
        small_model(compute_loss="no").fit(SHOP)


def test_one_display_shows_both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, heard = io.StringIO(), []
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(stream, "isatty", lambda: True)

    class Display:
        def __init__(self, total: int, stream: Any, done: int = 0) -> None:
            heard.append(total)

        def update(self, words: int, alpha: float, loss: float | None) -> None:
            heard.append(words)
            assert loss is None or loss > 0

        def close(self) -> None:
            heard.append(-1)

    monkeypatch.setattr(progress, "Tqdm", Display)
    small_model(epochs=3, progress=True, compute_loss=True).fit(SHOP)
    events = 3 * sum(map(len, SHOP))
    assert heard[0] == 2 * events
    assert heard[-2:] == [2 * events, -1]
    assert heard.count(-1) == 1
    assert heard[1:-1] == sorted(heard[1:-1])


# ---- files ----


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "shop.safetensors"
    data = Interactions.from_baskets([*SHOP, []], session_keys=[("u", n) for n in range(len(SHOP) + 1)])
    data.weights = np.arange(1.0, len(data.items) + 1)
    made = small_model(epochs=1).fit(data)
    made.titles = {"k0i0": "first"}
    made.save(path)
    return path


def change(path: Path, edit: Callable[[dict[str, Any], dict[str, str]], None]) -> None:
    arrays, metadata = read_tensors(path)
    edit(arrays, metadata)
    write_tensors(path, arrays, metadata)


def state(**values: Any) -> Callable[[dict[str, Any], dict[str, str]], None]:
    def edit(_: dict[str, Any], metadata: dict[str, str]) -> None:
        metadata["state"] = json.dumps(json.loads(metadata["state"]) | values)

    return edit


def params(**values: Any) -> Callable[[dict[str, Any], dict[str, str]], None]:
    def edit(_: dict[str, Any], metadata: dict[str, str]) -> None:
        found = json.loads(metadata["state"])
        found["params"] |= values
        metadata["state"] = json.dumps(found)

    return edit


def array(name: str, make: Callable[[Any], Any]) -> Callable[[dict[str, Any], dict[str, str]], None]:
    def edit(arrays: dict[str, Any], _: dict[str, str]) -> None:
        arrays[name] = make(arrays[name])

    return edit


def drop(name: str) -> Callable[[dict[str, Any], dict[str, str]], None]:
    def edit(arrays: dict[str, Any], metadata: dict[str, str]) -> None:
        arrays.pop(name, None)
        metadata.pop(name, None)

    return edit


def text(name: str, value: str) -> Callable[[dict[str, Any], dict[str, str]], None]:
    return lambda _, metadata: metadata.update({name: value})


DEEP = "[" * 100_000 + "]" * 100_000
ARRAYS = ["vectors", "syn1neg", "attribute.count", "keys", "key_offsets", "history_items", "history_offsets"]
ARRAYS += ["history_weights", "user_keys", "user_key_offsets", "title_keys", "title_key_offsets"]
DAMAGE: dict[str, Any] = {
    "deep state": text("state", DEEP),
    "state of a list": text("state", "[]"),
    "state of a number": text("state", "5"),
    "no JSON": text("state", "{"),
    "no state": drop("state"),
    "sessions as text": state(sessions="5"),
    "sessions as a switch": state(sessions=True),
    "sessions beyond all": state(sessions=10**30),
    "epochs as a number": state(epochs=5),
    "epochs of text": state(epochs=["a", "b"]),
    "an epoch too many": state(epochs=[1, 1, 1]),
    "parameters as a list": state(params=[]),
    "an unknown parameter": params(callbacks=["x"]),
    "a display": params(progress="yes"),
    "size as text": params(vector_size="x"),
    "size as a list": params(vector_size=[]),
    "window as text": params(window="x"),
    "kind as a dict": params(sg={}),
    "seed as a list": params(random_state=[]),
    "seed beyond all": params(random_state=-1),
    "counts below 0": array("attribute.count", lambda counts: counts - 10**6),
    "counts beyond all": array("attribute.count", lambda counts: counts + 2**61),
    "a user of an object": text("user_type", "str5"),
    "users of another type": text("user_type", "int"),
    "keys of another type": text("key_type", "int"),
    "weights of zero": array("history_weights", np.zeros_like),
    "weights that are no numbers": array("history_weights", lambda weights: weights * np.nan),
    "items that are not there": array("history_items", lambda items: items + 1000),
    "items below 0": array("history_items", lambda items: items - 1000),
    **{f"{name} of float16": array(name, lambda values: values.astype(np.float16)) for name in ARRAYS},
    **{f"{name} of switches": array(name, lambda values: values != 0) for name in ARRAYS},
    **{f"{name} in two dimensions": array(name, lambda values: values[None]) for name in ARRAYS},
    **{f"{name} cut": array(name, lambda values: values[:-1]) for name in ARRAYS if name != "attribute.count"},
    **{f"without {name}": drop(name) for name in ARRAYS if name not in ("history_weights", "title_keys")},
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_refused_with_the_name_of_the_file(what: str, saved: Path) -> None:
    change(saved, DAMAGE[what])
    with pytest.raises(ValueError, match=r"shop\.safetensors: damaged"):
        Item2Vec.load(saved)


def test_a_file_of_another_kind_says_what_reads_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [["a", "b", "c"]] * 10
    model = Word2Vec(words, min_count=1, vector_size=4, epochs=1, sample=0, workers=1)
    path = tmp_path / "x.safetensors"
    for save, what, door in (
        (lambda: model.save(path), r"; it is .*: Word2Vec\.load reads it", lambda: Word2Vec.load(path)),
        (lambda: model.wv.save(path), r"; it is .*: KeyedVectors\.load reads it", lambda: KeyedVectors.load(path)),
        (lambda: write_tensors(path, {}, {"format": "of others"}), "$", None),
    ):
        save()
        with pytest.raises(ValueError, match=rf"x\.safetensors: holds no Item2Vec{what}"):
            Item2Vec.load(path)
        assert main(["items", "similar", str(path), "a"]) == 1
        assert "x.safetensors: holds no Item2Vec" in capsys.readouterr().err
        if door is not None:
            door()  # the remedy
    Corpus.from_sentences(words).save(path)
    with pytest.raises(ValueError, match=r"x\.safetensors"):
        Item2Vec.load(path)


def test_vectors_of_items_of_mixed_kinds(tmp_path: Path) -> None:
    small_model(epochs=1).fit([["a", 1], [1, 2]]).save(tmp_path / "m.safetensors")
    assert set(KeyedVectors.load(tmp_path / "m.safetensors").index_to_key) == {"a", 1, 2}
    assert Item2Vec.load(tmp_path / "m.safetensors").recommend([1])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = small_model(epochs=1).fit(SHOP)
    with pytest.raises(OSError, match="No space") as caught:
        made.save("/dev/full")
    assert caught.value.errno == errno.ENOSPC
    made.save(tmp_path / "m")
    assert main(["items", "recommend", str(tmp_path / "m"), "--all", "-o", "/dev/full"]) == 1
    assert "No space" in capsys.readouterr().err


def test_a_callback_may_stop_and_what_was_learned_stays() -> None:
    class Stopper(CallbackAny2Vec):
        epochs = 0

        def on_epoch_end(self, model: Item2Vec) -> None:
            self.epochs += 1
            if self.epochs == 2:
                raise StopTraining

    stopper = Stopper()
    carts = [["a", "b", "c"], ["a", "b"], ["c", "d"]] * 5
    options: dict[str, Any] = {"sg": 0, "vector_size": 4, "workers": 1, "min_alpha": 0.2, "alpha": 0.2}
    stopped = Item2Vec(epochs=9, callbacks=[stopper], **options).fit(carts)
    assert stopper.epochs == 2
    np.testing.assert_array_equal(stopped.wv.vectors, Item2Vec(epochs=2, **options).fit(carts).wv.vectors)
    assert stopped.recommend(["a"], 1)


def test_a_callback_cannot_train_the_model_that_is_being_trained() -> None:
    class Trainer(CallbackAny2Vec):
        def on_epoch_end(self, model: Item2Vec) -> None:
            model.partial_fit(SHOP)

    made = small_model(epochs=1)
    made.callbacks = [Trainer()]
    with pytest.raises(RuntimeError, match="a callback cannot train the model"):
        made.fit(SHOP)
    made.callbacks = []
    assert made.fit(SHOP).recommend([SHOP[0][0]], 1)


def test_a_model_is_saved_under_no_name_of_another_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("user;item\n" + "".join(f"{n // 3};{n % 5}\n" for n in range(60)))
    asked = ["items", "train", "t.csv", "--session", "user", "--item", "item", "--epochs", "1", "-q"]
    assert main([*asked, "--sep", ";", "-o", "m.npy"]) == 1
    assert "m.npy: models of items are saved as safetensors" in capsys.readouterr().err
    assert main([*asked, "-o", "m.safetensors"]) == 1
    assert "give that by --sep" in capsys.readouterr().err
    assert main([*asked, "--sep", ";", "-o", "m.safetensors"]) == 0
    with pytest.raises(TypeError, match=r"takes one item, not .*: for several call recommend"):
        Item2Vec.load("m.safetensors").similar_items(["0", "1"])


@pytest.mark.parametrize("sg", [None, 0, 1])
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"epochs": 0}, "nothing was trained: epochs is 0"),
        ({"sample": 1e-12}, "nothing was trained: no sentence was left"),
    ],
)
def test_a_training_that_taught_nothing_is_told_once(
    sg: int | None, params: dict[str, Any], message: str, tmp_path: Path
) -> None:
    made = small_model(sg=sg, **params)
    for teach in (made.fit, made.partial_fit):
        with pytest.warns(UserWarning, match=message) as told:
            teach(SHOP)
        assert len(told) == 1
        assert f"not trained: {len(made.wv)} items" in repr(made)
        assert "fitted" not in repr(made)
    made.save(tmp_path / "m")
    assert ", not trained: " in repr(Item2Vec.load(tmp_path / "m"))
    made.set_params(epochs=1, sample=0).partial_fit(SHOP)
    assert ", fitted: " in repr(made)


def test_no_epochs_are_told_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.csv").write_text("user,item\n" + "1,a\n1,b\n2,a\n2,b\n" * 3)
    table = [str(tmp_path / "r.csv"), "--session", "user", "--item", "item", "--vector-size", "8"]
    assert main(["items", "train", *table, "--epochs", "0", "-o", str(tmp_path / "m")]) == 0
    told = capsys.readouterr().err
    assert told.count("fastemb: warning: nothing was trained: --epochs is 0") == 1
