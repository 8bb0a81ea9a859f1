"""Small parts of training at their bounds: blocks, rates, runs, tables, lengths, bags, checkpoints' numbers."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus
from fastemb.io.quantised import Int8Rows, as_array
from fastemb.train import checkpoint, history, lengths, matrices, progress, sentence_draws, task, weights
from fastemb.train.bags import BagWeights, joined
from fastemb.train.checkpoint import Interval, Mark, Target, Text
from fastemb.train.history import Recorder
from fastemb.train.lengths import LengthWatch
from fastemb.train.matrices import mapped_zeros, random_rows, require_array_file
from fastemb.train.progress import Lines, Notebook, Plain, Silent, _clock, _saved_at, checked_progress, make_progress
from fastemb.train.run import Run, Totals
from fastemb.train.sampling import HuffmanPaths, Tables, huffman_paths, keep_shares, noise_weights
from fastemb.train.schedule import Schedule, block_words, flops_per_word, require_falling
from fastemb.train.sentence_draws import SentenceDraws
from fastemb.train.settings import Settings
from fastemb.train.task import CorpusTokens, Task
from fastemb.train.weights import Bags, Rows, Weights, checked_factors, fitting, fresh_inputs, grown_inputs

# ---- schedules and runs ----


@pytest.mark.parametrize(
    ("done", "alpha"), [(0, 0.08), (25, 0.06), (50, 0.04), (75, 0.02), (100, 0.02), (10**9, 0.02), (-25, 0.1)]
)
def test_the_rate_falls_evenly(done: float, alpha: float) -> None:
    assert Schedule(0.1, 0.02, 100, 25).alpha(done) == pytest.approx(alpha)


def test_a_run_of_no_words_has_its_last_rate() -> None:
    assert Schedule(0.1, 0.02, 0).alpha(0) == pytest.approx(0.02)
    assert Schedule(0.1, 0.02, 0.5).alpha(0) == 0.1
    assert Schedule(0.1, 0.02, 100).before == 0


def test_a_rate_may_stay_but_not_rise() -> None:
    require_falling(0.1, 0.1)
    message = "end=0.2 is above the first learning rate, 0.1, from which it falls: give end=0.1 for a rate that stays"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        require_falling(0.1, 0.2, "end")


@pytest.mark.parametrize(
    ("words", "flops", "block"),
    [
        (10**9, 1e5, 10_000),
        (10**9, 1e9, 256),
        (10**9, 1.0, 32_768),
        (10**9, 0.0, 32_768),
        (64 * 300, 1e5, 300),
        (64 * 255, 1e5, 256),
        (0, 1e5, 256),
        (10**9, 3e5, 3333),
    ],
)
def test_blocks_are_neither_long_nor_short(words: int, flops: float, block: int) -> None:
    assert block_words(words, flops) == block


@pytest.mark.parametrize(
    ("settings", "flops"),
    [
        ({"sg": 1}, 600 * (6 * 6 + 5)),
        ({"sg": 0}, 600 * (6 + 5)),
        ({"sg": 1, "hs": 1, "negative": 0}, 600 * (6 * 16 + 5)),
        ({"sg": 1, "window": 5000}, 600 * (1001 * 6 + 1000)),
    ],
)
def test_a_rough_cost_of_a_word(settings: dict[str, Any], flops: float) -> None:
    assert flops_per_word(Settings(**settings)) == flops


def test_a_run_hands_out_blocks() -> None:
    run = Run(2, 1000, 256, 1, Schedule(0.1, 0.0, 2000.0))
    assert [run.take() for _ in range(5)] == [(0, 256), (256, 512), (512, 768), (768, 1000), None]
    assert not run.is_whole
    run.totals.add(1000, 900, 4000, 2.0)
    assert run.is_whole
    assert not run.ended
    assert run.alpha(500) == pytest.approx(0.075)
    run.end_epoch()
    assert (run.epoch, run.next_word, run.ended, run.is_whole) == (1, 0, False, True)
    assert run.alpha(500) == pytest.approx(0.025)
    run.end_epoch()
    assert run.ended


def test_a_run_of_nodes_is_written_with_how_it_was_cut() -> None:
    run = Run(2, 1000, 256, 1, Schedule(0.1, 0.0, 2000.0), cut=(3, 4))
    values = json.loads(json.dumps(run.to_dict()))
    assert values["cut"] == [3, 4]
    assert Run.from_dict(values) == run
    assert "cut" not in Run(2, 1000, 256, 1, Schedule(0.1, 0.0, 2000.0)).to_dict()


# ---- tables ----


def test_shares_as_thresholds() -> None:
    assert keep_shares(np.array([0.0, 2.0**-32, 0.5, 1.0])).tolist() == [0, 0, 2**31 - 1, 2**32 - 1]


def test_chances_of_negatives() -> None:
    assert noise_weights(np.array([16, 1, 0]), 0.5).tolist() == pytest.approx([1, 0.25, 0])
    assert noise_weights(np.array([16, 4]), -0.5).tolist() == pytest.approx([0.5, 1])


def test_paths_in_another_order() -> None:
    paths = huffman_paths(np.array([9, 5, 3, 1]))
    order = np.array([2, 0, 3, 1])
    found = paths.of_words(order)
    assert isinstance(found, HuffmanPaths)
    assert (found.longest, len(found.nodes)) == (paths.longest, len(paths.nodes))
    for row, word in enumerate(order):
        here, there = slice(*found.offsets[row : row + 2]), slice(*paths.offsets[word : word + 2])
        assert found.nodes[here].tolist() == paths.nodes[there].tolist()
        assert found.codes[here].tolist() == paths.codes[there].tolist()
    assert (found.nodes[-1], found.codes[-1]) == (0, 0)


@pytest.mark.parametrize(("negative", "hs"), [(5, 0), (0, 1), (5, 1)])
def test_tables_that_settings_need(negative: int, hs: int) -> None:
    counts = np.array([900, 90, 10])
    made = Tables.of(counts, Settings(negative=negative, hs=hs, sample=0.01), huffman_paths(counts))
    assert (made.rows, made.counts is counts) == (3, True)
    assert (made.noise is not None, made.paths is not None, made.keep is not None) == (negative > 0, hs > 0, True)
    assert Tables.of(counts, Settings(sample=0), None).keep is None


# ---- lengths of vectors ----


def of_length(inputs: float, outputs: float, **settings: Any) -> Weights:
    made = Weights(Rows(np.full((5, 4), inputs / 2, np.float32)))
    made.start_outputs(5, Settings(vector_size=4, **settings))
    matrix = made.syn1neg if made.syn1neg is not None else made.syn1
    assert matrix is not None
    matrix[:] = outputs / 2
    return made


@pytest.mark.parametrize("settings", [{}, {"negative": 0, "hs": 1}])
def test_lengths_that_ruin_a_model_are_told_once(settings: dict[str, Any]) -> None:
    made = of_length(10, 99, **settings)
    watch = LengthWatch(made)
    watch.look(0.5, 5)
    made.holder.vectors *= 2
    message = "have grown to lengths of 44.5, where 1 to 7 is usual, .* with a lower alpha .now 0.5.$"
    with pytest.warns(UserWarning, match=message):
        watch.look(0.5, 20)
    watch.look(0.5, 20)
    watch = LengthWatch(of_length(10, 99, **settings))
    watch._weights = made
    with pytest.warns(UserWarning, match=r"a lower alpha \(now 0.5\) or negative \(now 21\)$"):
        watch.look(0.5, 21)


def test_lengths_that_were_there_before_are_not_told() -> None:
    LengthWatch(of_length(100, 99)).look(0.5, 5)
    watch = LengthWatch(of_length(1, 1))
    watch._weights = of_length(np.inf, 99)
    watch.look(0.5, 5)
    without = Weights(Rows(np.full((5, 4), 1e6, np.float32)))
    assert lengths._product(without) == 0


def test_lengths_of_some_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lengths, "_LOOKED_AT", 1)
    matrix = np.zeros((640, 4), np.float32)
    matrix[::10] = 1
    assert lengths._length(matrix) == 2
    assert lengths._length(matrix[:63]) == pytest.approx((7 * 4 / 63) ** 0.5)
    assert lengths._length(matrix[:0]) == 0


# ---- bags ----


def test_bags_of_a_row_and_further_ones() -> None:
    found = joined(np.array([7, 8, 9]), np.array([1, -1, 2, 3]), np.array([0, 2, 2, 4]), 12)
    assert found.rows.tolist() == [7, 1, 8, 9, 2, 3]
    assert (found.offsets.tolist(), found.count, found.rows.dtype) == ([0, 2, 3, 6], 12, np.int32)
    plain = joined(np.array([0, 1]), np.array([4, 5, 6]), np.array([0, 1, 3]), 7)
    assert (plain.rows.tolist(), plain.offsets.tolist()) == ([0, 4, 1, 5, 6], [0, 2, 5])


class Holder:
    """Holds rows that bags are made of."""

    def __init__(self, bags: Bags) -> None:
        self.vectors = np.ones((bags.count, 4), np.float32)
        self._bags = bags
        self.heard = 0

    def bags(self) -> Bags:
        return self._bags

    def learned(self) -> None:
        self.heard += 1


@pytest.mark.parametrize(("rows", "count", "are_bags"), [([0, 1], 2, False), ([0, 1], 3, True), ([0, 2, 1], 3, True)])
def test_bags_are_none_where_each_word_has_its_row_alone(rows: list[int], count: int, are_bags: bool) -> None:
    offsets = np.array([0, len(rows) - 1, len(rows)])
    holder = Holder(Bags(offsets, np.array(rows, np.int32), count))
    made = BagWeights(holder, name="it")
    assert (made.bags() is not None) == are_bags
    assert (made.input_name, made.input_rows(2)) == ("it.input_vectors", count)
    made.unpad()
    assert holder.heard == 0
    made.pad((2, 4))
    made.unpad()
    assert holder.heard == 1


# ---- weights ----


def test_output_vectors_begin_at_zero_and_grow() -> None:
    made = Weights(Rows(np.ones((3, 4), np.float32)), epochs_trained=7)
    made.start_outputs(3, Settings(vector_size=4, hs=1))
    assert made.syn1neg is not None
    assert made.syn1 is not None
    assert (made.syn1neg.shape, made.syn1.shape, made.epochs_trained) == ((3, 4), (3, 4), 0)
    assert not made.have_learned()
    made.syn1[2, 3] = 1
    assert made.have_learned()
    made.syn1neg[:] = [[1], [2], [3]]
    moved = made.reordered(np.array([2, 0, 1]))
    assert moved.syn1neg is not None
    assert moved.syn1neg[:, 0].tolist() == [3, 1, 2]
    assert moved.syn1 is made.syn1
    made.grow_outputs(5)
    assert made.syn1neg[:, 0].tolist() == [1, 2, 3, 0, 0]
    assert made.syn1.shape == (5, 4)
    other = Weights(Rows(np.ones((5, 4), np.float32)))
    made.epochs_trained = 3
    other.take_outputs(made)
    assert (other.syn1neg is made.syn1neg, other.syn1 is made.syn1, other.epochs_trained) == (True, True, 3)
    paths = Weights(Rows(np.ones((3, 4), np.float32)))
    paths.start_outputs(3, Settings(vector_size=4, hs=1, negative=0))
    assert paths.syn1neg is None
    assert paths.reordered(np.array([2, 0, 1])) is paths
    paths.grow_outputs(4)
    assert paths.syn1neg is None


@pytest.mark.parametrize(("negative", "hs"), [(5, 0), (0, 1), (5, 1)])
def test_outputs_are_those_that_settings_train(negative: int, hs: int) -> None:
    made = Weights(Rows(np.ones((3, 4), np.float32)))
    made.start_outputs(3, Settings(vector_size=4, negative=negative, hs=hs))
    for others in ((5, 0), (0, 1), (5, 1)):
        settings = Settings(negative=others[0], hs=others[1])
        if others == (negative, hs):
            made.require(settings)
        else:
            with pytest.raises(ValueError, match="hs and negative cannot be switched on or off once the vocabulary"):
                made.require(settings)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.array([["a"]]), "the model.vectors must be an array of real numbers, not <U1"),
        ([[1.0]], "the model.vectors must be an array of real numbers, not list"),
        (np.ones((3, 4), complex), "the model.vectors must be an array of real numbers, not complex128"),
        (np.ones((3, 4), bool), "the model.vectors must be an array of real numbers, not bool"),
        (
            as_array(Int8Rows(np.ones((3, 4), np.int8), np.ones(3, np.float32))),
            r"not quantised vectors, which cannot be trained: take those of dequantize\(\)",
        ),
        (np.ones((4, 3)), r"the model.vectors has shape \(4, 3\); the model needs \(3, 4\)"),
    ],
)
def test_input_vectors_that_cannot_be_trained(vectors: Any, message: str) -> None:
    made = Weights(Rows(vectors))
    with pytest.raises(ValueError, match=f"{message}$"):
        made.inputs((3, 4))
    for kind in (np.float64, np.int32, np.uint8):
        made.holder.vectors = np.ones((3, 4), kind)
        assert made.inputs((3, 4)) is made.holder.vectors


class Locked(Rows):
    """Rows with factors on their changes."""

    vectors_lockf: Any = 1.0


@pytest.mark.parametrize(
    ("factors", "scale"),
    [(1.0, None), (1, None), (0.5, [0.5] * 3), (0, [0] * 3), ([0, 1, 2], [0, 1, 2]), ([1, 1, 1], [1] * 3)],
)
def test_factors_on_changes(factors: Any, scale: Any) -> None:
    made = Weights(Locked(np.ones((3, 4), np.float32)))
    made.holder.vectors_lockf = factors  # type: ignore[attr-defined]
    found = made.input_scale(3)
    assert (None if found is None else found.tolist()) == scale
    assert found is None or found.dtype == np.float32
    assert Weights(Rows(np.ones((3, 4), np.float32))).input_scale(3) is None


@pytest.mark.parametrize("count", [0, 2, 4])
def test_factors_for_another_number_of_rows(count: int) -> None:
    made = Weights(Locked(np.ones((3, 4), np.float32)))
    made.holder.vectors_lockf = np.ones(count)  # type: ignore[attr-defined]
    message = rf"^the model.vectors_lockf has {count} entries; it takes 1 or one for each of 3 words$"
    with pytest.raises(ValueError, match=message):
        made.input_scale(3)


@pytest.mark.parametrize(("wrong", "shown"), [(-0.5, "-0.5"), (np.nan, "nan"), (np.inf, "inf")])
def test_factors_that_make_no_sense(wrong: float, shown: str) -> None:
    message = rf"^x must be factors from 0, which freezes a vector, but entry 2 is {shown}$"
    with pytest.raises(ValueError, match=message):
        checked_factors("x", [0, 1, wrong, -7])
    for given in ("a", [[1], [2, 3]], None, [1j]):
        with pytest.raises(TypeError, match=r"^x must be numbers, one or one for each word, not "):
            checked_factors("x", given)
    assert checked_factors("x", [[True, 2], [3, 0]]).tolist() == [1, 2, 3, 0]


def test_matrices_that_are_put_in_place() -> None:
    given = np.ones((2, 3), np.float32)
    assert fitting("x", given, (2, 3)) is given
    for other in (np.ones((2, 3), bool), [[1, 2, 3]] * 2, given[::-1], np.ones((2, 3), np.float32, order="F")):
        made = fitting("x", other, (2, 3))
        assert made.dtype == np.float32
        assert made.flags.c_contiguous
        assert made.tolist() == np.asarray(other).tolist()
    frozen = given.copy()
    frozen.flags.writeable = False
    assert fitting("x", frozen, (2, 3)).flags.writeable
    for wrong, kind in ((np.array(["a"]), "<U1"), ("a", "str"), ([[1], [2, 3]], "list"), (None, "NoneType")):
        with pytest.raises(TypeError, match=rf"^x must be an array of real numbers of shape \(2, 3\), not {kind}$"):
            fitting("x", wrong, (2, 3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^x must have shape \(2, 3\), not \(3, 2\)$"):
        fitting("x", given.T, (2, 3))
    for value in (np.nan, np.inf, 1e300):
        with pytest.raises(ValueError, match=r"^x holds NaN or infinite numbers, first in row 1: give finite ones$"):
            fitting("x", [[1, 2, 3], [1, value, 3]], (2, 3))


def test_fresh_and_grown_input_vectors() -> None:
    made = fresh_inputs(3, Settings(vector_size=4, seed=5))
    expected = np.empty((3, 4), np.float32)
    random_rows(expected, 5)
    assert made.tolist() == expected.tolist()
    grown = grown_inputs(made, 5, 5)
    assert grown[:3].tolist() == made.tolist()
    fresh = np.zeros((5, 4), np.float32)
    random_rows(fresh, 5, 3)
    assert grown[3:].tolist() == fresh[3:].tolist()
    assert not np.isin(grown[3:], made).any()


@pytest.mark.parametrize(
    ("rows", "size", "count", "numbers"), [(10, 16, 1, 160), (10, 16, 2, 320), (10, 20, 1, 640), (10, 20, 3, 1280)]
)
def test_memory_of_a_model(rows: int, size: int, count: int, numbers: int) -> None:
    what, needed, advice = weights._needed(rows, size, count)
    assert (what, needed) == (f"a model of {rows:,} rows and {size:,} dimensions", 4 * numbers)
    assert advice == "lower vector_size, or keep fewer rows, as by min_count or max_final_vocab"


# ---- matrices ----


@pytest.mark.parametrize("seed", [1, 7])
def test_rows_are_drawn_as_numpy_draws(seed: int) -> None:
    matrix = np.zeros((8200, 3), np.float32)
    random_rows(matrix, seed)
    values = np.random.default_rng(seed).random((8192, 3), dtype=np.float32)
    assert matrix[:8192].tolist() == ((2 * values - 1) / np.float32(3)).tolist()
    assert matrix[8192:].all()
    later = np.zeros((5, 3), np.float32)
    random_rows(later, seed, 2)
    values = np.random.default_rng([seed, 2]).random((3, 3), dtype=np.float32)
    assert later[2:].tolist() == ((2 * values - 1) / np.float32(3)).tolist()
    assert not later[:2].any()


def test_files_that_are_replaced_by_an_array(tmp_path: Path) -> None:
    path = str(tmp_path / "x.npy")
    require_array_file(path)
    for content in (b"", b"\x93NUMP", b"other things"):
        Path(path).write_bytes(content)
        with pytest.raises(
            ValueError, match=r"holds something else than an array of NumPy's, and is not replaced: choo"
        ):
            mapped_zeros(path, 2, 3)
        assert Path(path).read_bytes() == content
    np.save(path, np.ones(3))
    found = mapped_zeros(path, 2, 20)
    assert (found.shape, np.load(path).shape, np.load(path).dtype) == ((2, 20), (2, 32), np.float32)
    assert [one.name for one in tmp_path.iterdir()] == ["x.npy"]
    with pytest.raises(IsADirectoryError, match="this is a folder, not a file"):
        mapped_zeros(str(tmp_path), 2, 3)
    with pytest.raises(FileNotFoundError, match=r"the folder .*none does not exist"):
        mapped_zeros(str(tmp_path / "none" / "x.npy"), 2, 3)


def test_a_map_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError("no")

    monkeypatch.setattr(matrices.os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        mapped_zeros(str(tmp_path / "x"), 2, 3)
    assert list(tmp_path.iterdir()) == []


def test_a_map_in_the_folder_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert mapped_zeros("x", 2, 3).shape == (2, 3)
    assert (tmp_path / "x").exists()


# ---- what is shown ----


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (59.4, "0:59"),
        (59.6, "1:00"),
        (61, "1:01"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (36_061, "10:01:01"),
    ],
)
def test_times_on_a_clock(seconds: float, text: str) -> None:
    assert _clock(seconds) == text


def test_places_of_checkpoints() -> None:
    assert _saved_at(25, 100) == ", saved at 25.0%"
    assert _saved_at(25, 0) == ""


@pytest.mark.parametrize(("show", "checked"), [(None, None), (True, True), (False, False), (np.True_, True)])
def test_whether_progress_is_shown(show: Any, checked: bool | None) -> None:
    assert checked_progress(show) is checked
    for wrong in (1, 0, "yes", print):
        with pytest.raises(
            TypeError, match=r"^progress must be True, False or None, not .*; for a function of your own"
        ):
            checked_progress(wrong)


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now

    perf_counter = monotonic


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (progress, history):
        monkeypatch.setattr(module, "time", made)
    return made


class Stream:
    """Takes text."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Do nothing."""


def test_lines_are_written_at_their_moments_and_not_before(clock: Clock) -> None:
    for make in (Plain, Lines):
        stream = Stream()
        shown: Any = make(1000, stream, done=100)  # type: ignore[arg-type]
        for seconds, words in ((0.49, 200), (0.5, 200), (0.7, 301), (0.75, 301), (0.76, 302)):
            clock.now = 100 + seconds
            shown.update(words, 0.1, None)
        expected = [200, 301]
        assert [f"{words / 10:.1f}%" for words in expected] == re.findall(r"\d+\.\d%", stream.text)
        clock.now = 100


def test_what_was_done_before_is_nothing_unless_it_is_said(clock: Clock) -> None:
    for make in (Plain, Lines):
        plain: Any = make(1000, Stream())  # type: ignore[arg-type]
        assert "  1:23:10 left" in plain._text.line(2, 0.1, None, clock.now + 10)
        later: Any = make(1000, Stream(), done=1)  # type: ignore[arg-type]
        assert "  2:46:20 left" in later._text.line(2, 0.1, None, clock.now + 10)


def test_a_line_after_a_minute_and_not_before(clock: Clock) -> None:
    stream = Stream()
    lines = Lines(10**9, stream)  # type: ignore[arg-type]
    for seconds in (59.9, 60, 119.9, 120):
        clock.now = 100 + seconds
        lines.update(int(seconds * 1000), 0.1, None)
    assert stream.text.count("\n") == 2
    assert stream.text.startswith("  0.0%  1 k words/s  alpha 0.10000  ")


def test_runs_of_few_words_have_a_line_for_each(clock: Clock) -> None:
    stream = Stream()
    lines = Lines(5, stream)  # type: ignore[arg-type]
    clock.now += 1
    for words in (0, 1, 1, 2):
        lines.update(words, 0.1, None)
    assert re.findall(r"\d+\.\d%", stream.text) == ["20.0%", "40.0%"]


def test_a_display_without_anybody_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Silent()
    silent.update(1, 0.1, None)
    silent.saved(1)
    silent.status("x")
    silent.close()
    monkeypatch.setattr(progress.sys, "stderr", None)
    monkeypatch.setitem(progress.sys.modules, "IPython", None)  # type: ignore[arg-type]
    assert isinstance(make_progress(True, 5), Silent)


def test_a_bar_in_a_notebook_moves_at_its_moments_and_not_before(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    made, shown = Notebook(1000, 0), []
    monkeypatch.setattr(made, "_show", shown.append)
    for seconds in (0.49, 0.5, 0.74, 0.75, 0.99, 1.0):
        clock.now = 100 + seconds
        made.update(10, 0.1, None)
    assert len(shown) == 3
    made.close()
    assert len(shown) == 3  # nothing was shown in a cell
    made._handle = object()
    made.close()
    assert len(shown) == 4


def test_a_notebook_of_no_words(clock: Clock) -> None:
    made = Notebook(0, 0)
    assert made._total == 1
    clock.now += 2
    made._words = 10
    assert made._speed(clock.now) == 5


# ---- rows of a history ----


def test_a_row_for_each_hundredth(clock: Clock) -> None:
    run = Run(2, 1000, 10, 1, Schedule(0.2, 0.0, 2000))
    recorder = Recorder(run, False, Settings())
    recorder.start()
    for _ in range(100):
        clock.now += 1
        run.totals.add(10, 0, 0, 0.0)
        recorder.note()
    assert [row["words"] for row in recorder.rows] == list(range(20, 1001, 20))
    assert {row["words_per_second"] for row in recorder.rows} == {10.0}
    assert recorder.rows[0] == {
        "epoch": 0.02,
        "words": 20.0,
        "seconds": 2.0,
        "alpha": pytest.approx(0.198),
        "loss": None,
        "words_per_second": 10.0,
    }


def test_what_a_log_says_of_an_epoch(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "fastemb.train.history")
    for with_loss in (False, True):
        caplog.clear()
        run = Run(2, 1000, 1000, 1, Schedule(0.2, 0.0, 2000))
        recorder = Recorder(run, with_loss, Settings(vector_size=7))
        recorder.start()
        for _ in range(2):
            clock.now += 4
            run.totals.add(1000, 0, 0, 500.0)
            run.epoch += 1
            recorder.note(ends=True)
        loss = ", loss 0.500000 a word" if with_loss else ""
        first, *epochs = [record.getMessage() for record in caplog.records]
        assert first.startswith("training 2 epochs of 1000 words: vector_size=7, alpha=0.025, ")
        assert epochs == [
            f"epoch {number} of 2: 1,000 words in 4.0 s, 250 words/s, alpha {alpha}{loss}"
            for number, alpha in ((1, "0.1"), (2, "0"))
        ]


# ---- numbers of checkpoints ----


@pytest.mark.parametrize(
    ("text", "words"), [("1w", 1), ("2 word", 2), ("3 words", 3), ("4event", 4), ("1.5e3w", 1500), ("1_0,0w", 100)]
)
def test_words_between_checkpoints(text: str, words: float) -> None:
    assert Interval.of(text) == Interval(text, words=words)
    assert Interval("x") == Interval("x", 0, 0.0, False)


RUN = Run(2, 100, 10, 1, Schedule(0.1, 0.0, 200.0), 1, 50, 3, Totals(150, 20, 30, 1.5))


def mark_text(path: list[str], value: Any) -> str:
    found: dict[str, Any] = {
        "version": 1,
        "run": RUN.to_dict(),
        "text": {"sentences": 4, "words": 100, "raw_words": 120, "digest": "x"},
        "origin": None,
        "every": None,
        "ended": False,
        "model": {},
    }
    place = found
    for name in path[:-1]:
        place = place[name]
    if path:
        place[path[-1]] = value
    return json.dumps(found)


def test_a_mark_is_read() -> None:
    found = Mark.of("f", mark_text([], None))
    assert (found.run, found.text, found.origin) == (RUN, Text(4, 100, 120, "x"), None)
    assert (found.every, found.ended, found.model) == (None, False, {})


@pytest.mark.parametrize(
    ("path", "taken", "refused"),
    [
        (["run", "epochs"], [1, 2**64 - 1], [-1, 2**64, 1.5, "x"]),
        (["run", "seed"], [0, 2**64 - 1], [-1, 2**64]),
        (["run", "draw_epoch"], [0, 2**64 - 1], [-1, 2**64]),
        (["run", "block"], [1, 2**32], [0, 2**32 + 1]),
        (["run", "next_word"], [50], [49, 51, -1]),
        (["run", "epoch"], [1], [0, 2]),
        (["run", "totals", "words"], [150], [149, 2**64]),
        (["run", "totals", "kept"], [0, 2**64 - 1], [-1, 2**64]),
        (["run", "totals", "pairs"], [0, 2**64 - 1], [-1, 2**64]),
        (["run", "totals", "loss"], [0, -1.5], ["1", None, True]),
        (["run", "schedule", "start_alpha"], [1, 0.5], ["1", None]),
        (["run", "schedule", "total"], [1, 0.5], ["1", None]),
        (["run", "schedule", "before"], [1, 0], ["1", None]),
        (["run", "schedule", "end_alpha"], [1, 0.5], ["1", None]),
        (["text", "words"], [100], [99, 101]),
        (["model"], [{"a": 1}], [[], None, "x"]),
    ],
)
def test_numbers_of_a_mark_at_their_bounds(path: list[str], taken: list[Any], refused: list[Any]) -> None:
    for value in taken:
        Mark.of("f", mark_text(path, value))
    for value in refused:
        with pytest.raises(ValueError, match=r"^f: damaged checkpoint: "):
            Mark.of("f", mark_text(path, value))


def test_a_run_that_is_further_than_its_words() -> None:
    run = RUN.to_dict() | {"next_word": 101}
    run["totals"] = run["totals"] | {"words": 201}
    with pytest.raises(ValueError, match=r"^f: damaged checkpoint: the numbers of the run make no sense$"):
        Mark.of("f", mark_text(["run"], run))
    run = RUN.to_dict() | {"next_word": 100}
    run["totals"] = run["totals"] | {"words": 200}
    assert Mark.of("f", mark_text(["run"], run)).run.next_word == 100


def test_marks_of_other_versions() -> None:
    with pytest.raises(ValueError, match=r"^f: a checkpoint of a newer fastemb \(format 2\)$"):
        Mark.of("f", mark_text(["version"], 2))
    with pytest.raises(ValueError, match=r"^f: no checkpoint, but a model that was saved: load reads it, and training"):
        Mark.of("f", None)
    with pytest.raises(ValueError, match=r"^f: damaged checkpoint: "):
        Mark.of("f", "{")


def test_a_text_that_is_another_one() -> None:
    had = Text(4, 1000, 1200, "x")
    had.require("f", Text(4, 1000, 1200, "x"))
    message = (
        "^f: this is not the text that the checkpoint was made with: it had 1,000 known words of 1,200 in 4 sentences, "
        "and this has 999 known words of 1,200 in 4 sentences. Give the same text, or train on this one anew$"
    )
    with pytest.raises(ValueError, match=message):
        had.require("f", Text(4, 999, 1200, "x"))
    with pytest.raises(
        ValueError, match="both have 1,000 known words of 1,200 in 4 sentences, but others or in another o"
    ):
        had.require("f", Text(4, 1000, 1200, "y"))


def test_where_checkpoints_go_on(tmp_path: Path) -> None:
    mark = Mark.of("f", mark_text(["every"], "30s"))
    path = str(tmp_path / "c")
    assert Target.again(path, mark, None) == Target(path, Interval.of("30s"))
    assert Target.again(path, mark, "5w").every.words == 5
    nowhere = str(tmp_path / "none" / "c")
    with pytest.raises(FileNotFoundError, match="no checkpoint can be written: the folder"):
        Target.again(nowhere, mark, None)
    assert Target.again(nowhere, Mark.of("f", mark_text(["ended"], True)), None).path == nowhere


def test_what_is_quick_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(str(tmp_path / "c"), Interval.of(None))
    made = checkpoint.Checkpoints(target, RUN, None, lambda: None)  # type: ignore[arg-type, return-value]
    assert not made._is_quick(target.path)
    (tmp_path / "c").write_bytes(b"x" * 10)
    for small, quick in ((10, True), (9, False)):
        monkeypatch.setattr(checkpoint, "_SMALL", small)
        assert made._is_quick(target.path) is quick
    for seconds, quick in ((checkpoint._QUICK, True), (checkpoint._QUICK + 0.01, False)):
        made._seconds = seconds
        assert made._is_quick(target.path) is quick


@pytest.mark.parametrize(
    ("every", "writing", "waits"),
    [(None, 0.0, 600), (None, 6.0, 600), (None, 7.0, 700), ("30s", 7.0, 30), ("0.5s", 0.0, 0.5)],
)
def test_time_between_checkpoints(
    every: str | None, writing: float, waits: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(checkpoint, "time", clock)
    made = checkpoint.Checkpoints(Target("c", Interval.of(every)), RUN, None, lambda: None)  # type: ignore[arg-type, return-value]
    made._seconds = writing
    for seconds, due in ((waits - 0.01, False), (waits, True)):
        clock.now = 100 + seconds
        assert made._is_due(Interval.of(every)) is due


def test_words_until_a_checkpoint_is_due() -> None:
    run = Run(2, 100, 10, 1, Schedule(0.1, 0.0, 200.0), totals=Totals(50))
    made = checkpoint.Checkpoints(Target("c", Interval.of("10w")), run, None, lambda: None)  # type: ignore[arg-type, return-value]
    for words, due in ((59, False), (60, True), (61, True)):
        run.totals.words = words
        assert made._is_due(Interval.of("10w")) is due


# ---- tasks ----


def corpus_task(**settings: Any) -> Task:
    corpus = Corpus.from_ids(np.arange(60).reshape(6, 10) % 7, keys=[str(word) for word in range(7)])
    made = Settings(vector_size=4, **settings).checked()
    learned = Weights(Rows(fresh_inputs(7, made)))
    learned.start_outputs(7, made)
    counts = corpus.vocabulary.counts
    return Task(
        made, CorpusTokens(corpus), Tables.of(counts, made, huffman_paths(counts) if made.hs else None), learned
    )


def test_why_nothing_was_trained() -> None:
    nothing = "no sentence was left with two words that min_count and sample keep"
    assert corpus_task(sample=0).why_nothing() == nothing
    assert corpus_task(sample=0.1).why_nothing() == f"{nothing}; sample=0 thins out none"


@pytest.mark.parametrize(
    ("negative", "remedy"), [(5, "Lower alpha (now 0.5)"), (256, "Lower alpha (now 0.5)"), (257, None)]
)
def test_what_to_change_when_training_diverged(negative: int, remedy: str | None) -> None:
    found = corpus_task(negative=negative).remedy(Schedule(0.5, 0.0, 1.0))
    assert found == (remedy or "Lower alpha (now 0.5) or negative (now 257)")


def test_rates_and_negatives_that_are_warned_of(recwarn: pytest.WarningsRecorder) -> None:
    corpus_task(negative=256).begins(Schedule(1.0, 0.0, 1.0))
    corpus_task(negative=300, cbow_exact=True).begins(Schedule(0.1, 0.0, 1.0))
    assert not recwarn.list
    with pytest.warns(
        UserWarning, match=r"^alpha=1.01 is so large that nothing useful is learned: 0.025 to 0.2 is usual$"
    ):
        corpus_task().begins(Schedule(1.01, 0.0, 1.0))
    with pytest.warns(
        UserWarning, match=r"^negative=257 takes long, and training easily diverges with so many negatives"
    ):
        corpus_task(negative=257).begins(Schedule(0.1, 0.0, 1.0))


def test_what_a_corpus_is_described_by() -> None:
    made = corpus_task()
    sentences, words, raw_words, digest = made.tokens.described()
    assert (sentences, words, raw_words) == (6, 60, 60)
    assert isinstance(made.tokens, CorpusTokens)
    other = CorpusTokens(made.tokens.corpus, np.zeros(60, np.uint32))
    assert other.described()[3] != digest
    assert made.tokens.described_with(np.ones(3))[3] != digest
    assert made.part == 0
    assert corpus_task(sg=1).part == 1


@pytest.mark.parametrize(
    ("start", "settings", "thinned"), [(7, {}, True), (8, {}, False), (7, {"hs_exact": True}, False)]
)
def test_paths_of_many_words_are_thinned(
    start: int, settings: dict[str, Any], thinned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    real = task._native.Paths
    monkeypatch.setattr(task, "THINNED_FROM", start)
    monkeypatch.setattr(task._native, "Paths", lambda *given: (asked.append(given[3]), real(*given))[1])
    made = corpus_task(hs=1, negative=0, **settings)
    made.bind(1)
    made.weights.unpad()
    assert asked == [thinned]


# ---- signals ----


def test_signals_are_handled_between_matrices_and_parts_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    handled: list[int] = []
    for module in (weights, checkpoint, task):
        monkeypatch.setattr(module, "deliver", lambda: handled.append(1))
    made = Weights(Rows(np.ones((3, 4), np.float32)))
    made.start_outputs(3, Settings(vector_size=4, hs=1))
    made.pad((3, 4))
    assert len(handled) == 3
    made.pad((3, 4))
    assert len(handled) == 3
    written: list[bytes] = []
    heard = checkpoint._Heard(Stream())  # type: ignore[arg-type]
    monkeypatch.setattr(Stream, "write", lambda _, data: written.append(data) or len(data))
    assert heard.write(b"abc") == 3
    assert (written, len(handled)) == ([b"abc"], 4)
    task._part_checked(memoryview(b""))
    assert len(handled) == 5


# ---- sentences with weights ----


@pytest.mark.parametrize("epoch", [0, 5])
def test_the_sentences_of_an_epoch_are_drawn_by_their_shares(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus.from_ids(np.arange(400).reshape(100, 4) % 7, keys=[str(word) for word in range(7)])
    draws = CorpusTokens(corpus.weighted(np.linspace(0, 2, 100))).begin_epoch(7)
    assert isinstance(draws, SentenceDraws)
    assert draws.shares.tolist() == pytest.approx(np.linspace(0, 1, 100).tolist())
    made: list[Any] = []
    real = sentence_draws._native.TokenView
    monkeypatch.setattr(
        sentence_draws._native, "TokenView", lambda *given, **more: (made.append(more["keep"]), real(*given, **more))[1]
    )
    view = draws.view(3, epoch)
    # the same in every version, so that a checkpoint of an older one is gone on with
    stays = np.random.default_rng([3, epoch, 0x5E17]).random(100) < draws.shares
    assert made[0].tolist() == np.repeat(np.where(stays, 2**32 - 1, 0), 4).tolist()
    assert draws.view(3, epoch) is view
    assert draws.view(3, epoch + 1) is not view
    assert draws.view(4, epoch + 1) is not view
    assert len(made) == 3
