"""Work on much data while signals are deferred: it answers them between two parts; or it is done beforehand."""

from __future__ import annotations

import contextlib
import copy
import io
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from interrupts import Moments

from fastemb import Corpus, Interactions, Item2Vec, KeyedVectors, Vocabulary, Word2Vec, signals
from fastemb.io import safetensors
from fastemb.items.fitted import Fitted
from fastemb.signals import PART, Deferred, slices
from fastemb.train import weights as weights_module
from fastemb.train.matrices import Padding, copy_of, gathered
from fastemb.train.sampling import HuffmanPaths, huffman_paths
from fastemb.train.weights import Rows, Weights
from fastemb.vectors.store import Store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")

COUNT = 2 * PART + 5
MATRIX = np.arange(2 * COUNT, dtype=np.float32).reshape(COUNT, 2)
ORDER = np.arange(COUNT)[::-1].copy()


def interrupted(work: Callable[[], object]) -> None:
    """Check that a signal that came before deferred work is raised by the work itself."""
    with Deferred():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            work()


def paths() -> HuffmanPaths:
    return huffman_paths(np.arange(COUNT)[::-1] + 1)


def filled(count: int) -> Store:
    store = Store(2)
    store.replace(list(range(count)), MATRIX[:count].copy())
    return store


def is_as_before(store: Store) -> bool:
    return store._room is None and len(store.vectors) == 5


WORK: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "copying a matrix": (lambda: None, lambda _: copy_of(MATRIX)),
    "gathering rows": (lambda: None, lambda _: gathered(MATRIX, ORDER)),
    "padding a matrix": (lambda: Rows(MATRIX.copy()), lambda rows: Padding(rows, "vectors")),
    "looking for NaN": (lambda: Weights(Rows(MATRIX), MATRIX), lambda weights: weights.not_finite()),
    "growing output vectors": (lambda: Weights(Rows(MATRIX), MATRIX), lambda weights: weights.grow_outputs(COUNT + 1)),
    "sorting Huffman paths": (paths, lambda made: made.of_words(ORDER)),
    "reserving rows": (lambda: Store(2), lambda store: store.reserve([f"w{n}" for n in range(COUNT)])),
    "moving vectors as they grow": (lambda: filled(COUNT), lambda store: store.reserve(["one more"])),
}


@pytest.mark.parametrize("work", WORK)
def test_deferred_signals_are_answered_between_parts(work: str) -> None:
    make, call = WORK[work]
    made = make()
    interrupted(lambda: call(made))


def test_the_first_part_alone_is_done_after_a_signal() -> None:
    seen: list[slice] = []
    interrupted(lambda: seen.extend(slices(10, 3)))
    assert [*slices(10, 3)] == [slice(0, 3), slice(3, 6), slice(6, 9), slice(9, 10)]
    assert [*slices(0)] == []
    store = Store(2)
    interrupted(lambda: store.reserve([f"w{n}" for n in range(COUNT)]))
    assert store.next_index == PART


def test_a_matrix_that_was_being_padded_stays_as_it_was() -> None:
    rows = Rows(MATRIX)
    interrupted(lambda: Padding(rows, "vectors"))
    assert rows.vectors is MATRIX


def test_what_is_done_in_parts_is_right_across_them() -> None:
    np.testing.assert_array_equal(copy_of(MATRIX, COUNT + 3), np.vstack([MATRIX, np.zeros((3, 2), np.float32)]))
    np.testing.assert_array_equal(gathered(MATRIX, ORDER), MATRIX[ORDER])
    rows = Rows(MATRIX)
    np.testing.assert_array_equal(Padding(rows, "vectors").padded[:, :2], MATRIX)
    for bad in (0, PART - 1, PART, COUNT - 1):
        matrix = MATRIX.copy()
        matrix[bad, 1] = np.inf
        assert Weights(Rows(matrix)).not_finite() == ("the model.vectors", bad)
    made, turned = paths(), paths().of_words(ORDER)
    for word in (0, PART - 1, PART, COUNT - 1):
        old, new = COUNT - 1 - word, slice(*turned.offsets[word : word + 2])
        before = slice(*made.offsets[old : old + 2])
        np.testing.assert_array_equal(turned.nodes[new], made.nodes[before])
        np.testing.assert_array_equal(turned.codes[new], made.codes[before])
    assert len(turned.nodes) == len(made.nodes)


def test_vectors_that_are_sorted_or_grow_are_right_across_parts() -> None:
    wv = KeyedVectors(2)
    wv.add_vectors(range(COUNT), MATRIX, {"count": ORDER[::-1]})
    assert wv.index_to_key[PART + 3] == PART + 3
    np.testing.assert_array_equal(wv.vectors, MATRIX)
    wv.sort_by_descending_frequency()
    np.testing.assert_array_equal(wv.vectors, MATRIX[::-1])
    wv.index_to_key = [*wv.index_to_key, *range(COUNT, 2 * COUNT)]
    wv.key_to_index = {key: row for row, key in enumerate(wv.index_to_key)}
    wv.resize_vectors(seed=3)
    fresh = (2 * np.random.default_rng(3).random((2 * COUNT, 2), np.float32) - 1) / 2
    np.testing.assert_array_equal(wv.vectors, np.vstack([MATRIX[::-1], fresh[COUNT:]]))


def test_vectors_are_as_before_when_adding_many_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the handlers of signals run within it."""
    wv = KeyedVectors(2, count=4)
    wv.vectors[:] = 7  # of rows that are reserved too
    wv.add_vectors(["a"], [[1, 2]])
    keys = ["b", *range(COUNT)]
    moment = at = calls = 0

    def deliver() -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise KeyboardInterrupt

    for module in ("fastemb.signals", "fastemb.vectors.store", "fastemb.vectors.editing"):
        monkeypatch.setattr(f"{module}.deliver", deliver)
    while True:
        left = copy.deepcopy(wv)
        moment += 1
        at, calls = moment, 0
        with contextlib.suppress(KeyboardInterrupt):
            left.add_vectors(keys, np.ones((len(keys), 2)), {"new": np.ones(len(keys))})
        at = 0
        if len(left) > 4:
            break
        assert left.index_to_key == ["a", None, None, None]
        assert left.key_to_index == {"a": 0}
        assert left.next_index == wv.next_index
        assert not left.expandos
        np.testing.assert_array_equal(left.vectors, wv.vectors)
    assert moment > 6
    assert left.key_to_index[COUNT - 1] == len(keys)
    assert (left.vectors[1:] == 1).all()


class Key(str):
    """A word that notes whether signals waited while it was looked up."""

    held = False

    def __hash__(self) -> int:
        Key.held |= signals._state.holding and threading.current_thread() is threading.main_thread()
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)


class Callback:
    def on_epoch_begin(self, model: Any) -> None: ...


def test_words_are_looked_up_while_signals_are_answered() -> None:
    """Of a large vocabulary this takes long: its index is made before what is deferred, callbacks' changes in it."""
    words = [Key(f"w{n}") for n in range(20)]
    model = Word2Vec(min_count=1, hs=1, progress=False, workers=1)
    Key.held = False
    model.build_vocab_from_freq({word: 30 - n for n, word in enumerate(words)})
    assert not Key.held
    corpus = Corpus.from_sentences([words] * 3)
    Key.held = False
    model.train(corpus, epochs=1, callbacks=[Callback()])
    model.wv.expandos["count"] = model.wv.expandos["count"][::-1].copy()
    model.wv.sort_by_descending_frequency()
    model.init_weights()
    assert not Key.held


def test_output_vectors_are_sorted_before_signals_are_deferred(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Word2Vec([["a", "b", "b"]] * 3, min_count=1, sample=0, progress=False)
    model.wv.expandos["count"] = np.array([1, 9])
    model.wv.sort_by_descending_frequency()
    held: list[bool] = []

    def noted(*args: Any) -> Any:
        held.append(signals._state.holding)
        return gathered(*args)

    monkeypatch.setattr(weights_module, "gathered", noted)
    assert len(model.syn1neg) == 2
    assert held == [False]


def test_items_are_shown_to_callbacks_while_signals_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []
    plain = Fitted.__init__

    def noted(self: Fitted, *args: Any) -> None:
        held.append(signals._state.holding)
        plain(self, *args)

    monkeypatch.setattr(Fitted, "__init__", noted)
    shop = Interactions.from_baskets([["a", "b"], ["b", "c"]] * 4)
    Item2Vec(vector_size=4, epochs=1, workers=1, progress=False, callbacks=[Callback()]).fit(shop)
    assert len(held) > 1
    assert not any(held)


@pytest.mark.parametrize(
    "index",
    [lambda keys: Vocabulary._of(keys, np.ones(len(keys), np.int64), 1).key_to_index, lambda keys: made_of(keys)],
    ids=["Vocabulary", "KeyedVectors"],
)
def test_ctrl_c_can_come_between_two_keys_of_an_index(index: Callable[[list[int]], dict[int, int]]) -> None:
    keys = list(range(1000))
    with Moments(None, every=True) as moments:
        made = index(keys)
    assert made == dict(zip(keys, keys, strict=True))
    assert moments.count > len(keys)


def made_of(keys: list[int]) -> dict[int, int]:
    return KeyedVectors._from_arrays(keys, np.zeros((len(keys), 1), np.float32)).key_to_index


def test_an_array_is_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safetensors, "_BLOCK_BYTES", 100)
    sizes: list[int] = []

    class File(io.BytesIO):
        def readinto(self, buffer: Any, /) -> int:
            sizes.append(len(buffer))
            return super().readinto(buffer)

    values = np.arange(130, dtype=np.int16)
    read = safetensors._read_array("x", File(b"ab" + values.tobytes()), 2, safetensors.Place("I16", (130,), 0, 260))
    np.testing.assert_array_equal(read, values)
    assert sizes == [100, 100, 60]
