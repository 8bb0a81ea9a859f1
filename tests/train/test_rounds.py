"""Rounds: what a crew learns beside blocks that are trained one after the other, and what a stop leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from reference.documents_oracle import DocumentModel, parts_of, train_documents
from reference.harness import NativeRun, alias_table, document_run, native_run, random_rows
from reference.oracle import Model, huffman_paths

from fastemb import _native
from fastemb.config import isa
from fastemb.train.rounds import Rounds
from fastemb.train.run import Run
from fastemb.train.schedule import Schedule
from fastemb.train.strategy import Lane

WORDS, SIZE, ALPHA = 400, 20, 0.05
PIECE = 64
TEXT = [np.random.default_rng(seed).zipf(1.3, 150).clip(1, WORDS).astype(int) - 1 for seed in range(8)]
SENTENCES = [sentence.tolist() for sentence in TEXT]
MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"sg": True},
    "negatives per pair": {"sg": True, "negatives_per_pair": True},
    "CBOW": {"sg": False},
    "skip-gram, paths": {"sg": True, "paths": True},
    "skip-gram, thinned paths": {"sg": True, "paths": True, "thinned_paths": True},
    "CBOW, thinned paths": {"sg": False, "paths": True, "thinned_paths": True},
    "baskets": {"sg": True, "basket": 4},
    "CBOW of baskets": {"sg": False, "basket": 4},
    "factors on changes": {"sg": True, "in_scale": [0.5, 0.0] * (WORDS // 2)},
}


def fresh(kind: str) -> NativeRun:
    """Matrices as they are at first, always the same."""
    settings = dict(MODELS[kind])
    rng = np.random.default_rng(1)
    counts = [int(1000 / (rank + 1)) + 1 for rank in range(WORDS)]
    model = Model(random_rows(rng, WORDS, SIZE))
    if settings.pop("paths", False):
        model.out_hs, model.paths = random_rows(rng, WORDS - 1, SIZE), huffman_paths(counts)
    else:
        model.out_ns, model.negative = random_rows(rng, WORDS, SIZE), 5
        model.noise = alias_table(np.array(counts) ** 0.75).tolist()
    for name, value in settings.items():
        assert hasattr(model, name)
        setattr(model, name, value)
    return native_run(isa(), model, SENTENCES)


def train_lanes(run: NativeRun, lanes: Sequence[tuple[int, int]], workers: int) -> tuple[int, int, int, float]:
    """Train lanes of the tokens [begin, end) by so many threads."""
    memory = np.empty(_native.Crew.size(run.trainer, ALPHA), np.uint8)
    crew = _native.Crew(run.trainer, workers, ALPHA, memory)
    crew.begin([(run.view, begin, end) for begin, end in lanes])

    def work(number: int) -> None:
        crew.train(number, 0, ALPHA, run.trainer.workspace(), run.trainer.slots(ALPHA))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return crew.done()


def matrices(run: NativeRun) -> list[np.ndarray[Any, Any]]:
    return [matrix for matrix in (run.inputs, run.out_ns, run.out_hs) if matrix is not None]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("kind", MODELS)
def test_a_lane_alone_learns_what_its_pieces_do_one_after_the_other(kind: str, workers: int) -> None:
    one, other = fresh(kind), fresh(kind)
    found = train_lanes(one, [(0, one.tokens)], workers)
    pieces = [other.train(0, ALPHA, at, min(at + PIECE, other.tokens)) for at in range(0, other.tokens, PIECE)]
    assert one.bits() == other.bits() != fresh(kind).bits()
    sums = [sum(column) for column in zip(*pieces, strict=True)]
    assert found[:3] == tuple(sums[:3])
    assert found[3] == pytest.approx(sums[3])


@pytest.mark.parametrize("size", [0, 3, 130, 200, 333])
@pytest.mark.parametrize(
    "settings",
    [
        {"sg": True},
        {"sg": True, "negatives_per_pair": True},
        {"sg": False},
        {"sg": False, "side_tags": 1, "null_word": WORDS - 1},
    ],
    ids=["PV-DBOW", "negatives per pair", "PV-DM", "PV-DM, concatenation"],
)
@pytest.mark.parametrize("shared", [False, True])
def test_each_piece_of_documents_takes_the_next_tokens_of_each_part(
    size: int, settings: dict[str, Any], shared: bool
) -> None:
    """Against the oracle. In PV-DBOW there is one part where documents have tags in common."""
    rng = np.random.default_rng(size)
    documents = [rng.integers(0, WORDS, length).tolist() for length in (70, 0, 20, 5, 130, 60, 1, 100)]
    tags = [[number // 2 if shared else number] for number in range(len(documents))]
    model = DocumentModel(random_rows(rng, WORDS, 8), tags=random_rows(rng, 8 - 4 * shared, 8), window=3)
    for name, value in settings.items():
        setattr(model, name, value)
    model.negative, model.noise = 3, alias_table(1 / np.arange(1.0, WORDS + 1)).tolist()
    model.out_ns = random_rows(rng, WORDS, 8 * (7 if model.side_tags else 1))
    run = document_run(isa(), model, documents, tags)
    begin, end = 41, 41 + size
    words, kept, pairs, loss = train_lanes(run, [(begin, end)], 2)
    parts = [(begin, end)] if shared and model.sg else parts_of(model, begin, end)
    sums = [0, 0, 0.0]
    for turn in range(0, size, PIECE):
        each = PIECE // len(parts)
        spans = [(first + turn // len(parts), min(first + turn // len(parts) + each, last)) for first, last in parts]
        done = train_documents(model, documents, tags, 0, ALPHA, parts=spans)
        sums = [total + more for total, more in zip(sums, (done.kept, done.pairs, done.loss), strict=True)]
    assert [words, kept, pairs] == [size, size, sums[1]]
    assert sums[0] == size
    assert loss == pytest.approx(sums[2])
    for found, wanted in ((run.inputs, model.inputs), (run.tags, model.tags), (run.out_ns, model.out_ns)):
        assert found is not None
        np.testing.assert_allclose(found[:, : wanted.shape[1]], wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", MODELS)
def test_changes_of_a_round_are_added_less_of_those_of_several_pieces(kind: str) -> None:
    lanes = [(0, PIECE), (500, 500 + PIECE), (900, 900 + PIECE)]
    old, run = fresh(kind), fresh(kind)
    alone = [fresh(kind) for _ in lanes]
    for single, lane in zip(alone, lanes, strict=True):
        single.train(0, ALPHA, *lane)
    train_lanes(run, lanes, 1)
    shared = lone = 0
    for number, before in enumerate(matrices(old)):
        changes = [matrices(single)[number].astype(np.float64) - before for single in alone]
        taken = np.array([change.any(axis=1) for change in changes])
        after = matrices(run)[number]
        np.testing.assert_array_equal(after[~taken.any(axis=0)], before[~taken.any(axis=0)])
        for row in np.flatnonzero(taken.sum(axis=0) == 1):
            lone += 1
            single = alone[int(taken[:, row].argmax())]
            np.testing.assert_allclose(after[row], matrices(single)[number][row], rtol=0, atol=2e-6)
        for row in np.flatnonzero(taken.sum(axis=0) > 1):
            shared += 1
            whole = np.sum([change[row] for change in changes], axis=0)
            got = after[row].astype(np.float64) - before[row]
            share = got @ whole / (whole @ whole)
            assert 1 / len(lanes) < share < 1
            np.testing.assert_allclose(got, share * whole, rtol=0, atol=2e-6)
    assert shared > 10
    assert lone > 10


def of_bags(rows: int, groups: int = WORDS, **settings: Any) -> NativeRun:
    """Words that are bags of so many rows. The first is the word's own, the others are those of its group of words."""
    rng = np.random.default_rng(1)
    bags = [[word] + [word % groups + number * WORDS for number in range(1, rows)] for word in range(WORDS)]
    model = Model(random_rows(rng, 4 * WORDS, SIZE), bags=bags, **settings)
    model.out_ns, model.negative = random_rows(rng, WORDS, SIZE), 5
    model.noise = alias_table(np.array([1000 // (rank + 1) + 1 for rank in range(WORDS)]) ** 0.75).tolist()
    return native_run(isa(), model, SENTENCES)


def pulls(rows: int) -> dict[int, float]:
    """How far the first row of each word's bag has come that two lanes moved: of the way, by the share of the sum."""
    lanes = [(0, PIECE), (500, 500 + PIECE)]
    before, run = of_bags(rows).inputs.astype(np.float64), of_bags(rows)
    alone = [of_bags(rows) for _ in lanes]
    for single, lane in zip(alone, lanes, strict=True):
        single.train(0, ALPHA, *lane)
    train_lanes(run, lanes, 1)
    changes = [single.inputs - before for single in alone]
    found = {}
    for row in range(WORDS):
        if all(change[row].any() for change in changes):
            whole = changes[0][row] + changes[1][row]
            share = (run.inputs[row] - before[row]) @ whole / (whole @ whole)
            found[row] = float((1 - share) / (share - 0.5))
    return found


def test_a_row_of_a_bag_counts_as_moved_by_its_share_of_the_pairs() -> None:
    one, four = pulls(1), pulls(4)
    assert one.keys() == four.keys()
    ratios = [one[row] / four[row] for row in one]
    assert len(ratios) > 5
    assert np.median(ratios) == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("sg", [True, False])
def test_a_lane_of_bags_that_share_no_row_learns_what_its_pieces_do(sg: bool) -> None:
    one, other, first = of_bags(3, sg=sg), of_bags(3, sg=sg), of_bags(3, sg=sg)
    train_lanes(one, [(0, 5 * PIECE)], 1)
    for at in range(0, 5 * PIECE, PIECE):
        other.train(0, ALPHA, at, at + PIECE)
    for got, wanted, before in zip(matrices(one), matrices(other), matrices(first), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=5e-6)
        assert abs(wanted - before).max() > 0.01


def test_a_row_of_several_bags_takes_a_share_of_the_sum_of_their_changes() -> None:
    groups, factors = 5, [0.5, 1.0, 0.25, 1.0] * WORDS
    before, run = (of_bags(2, groups, in_scale=factors) for _ in range(2))
    train_lanes(run, [(0, PIECE)], 1)
    changes = (run.inputs.astype(np.float64) - before.inputs) / np.array(factors)[:, None]
    of_words = changes[:WORDS]
    for group in range(groups):
        count, whole = of_words[group::groups].any(axis=1).sum(), of_words[group::groups].sum(axis=0)
        got = changes[WORDS + group]
        share = got @ whole / (whole @ whole)
        assert count > 2
        assert 1 / count < share < 1
        np.testing.assert_allclose(got, share * whole, rtol=0, atol=2e-5)
    assert not changes[WORDS + groups :].any()


def test_a_row_that_all_bags_hold_several_times_takes_a_share_of_their_changes() -> None:
    rng = np.random.default_rng(1)
    model = Model(random_rows(rng, WORDS + 1, SIZE), bags=[[word] + [WORDS] * 9 for word in range(WORDS)])
    model.out_ns, model.negative = random_rows(rng, WORDS, SIZE), 5
    model.noise = alias_table(np.ones(WORDS)).tolist()
    before, run = native_run(isa(), model, SENTENCES).inputs.astype(np.float64), native_run(isa(), model, SENTENCES)
    train_lanes(run, [(at, at + PIECE) for at in range(0, 8 * PIECE, PIECE)], 2)
    changes = run.inputs - before
    whole = changes[:WORDS].sum(axis=0)
    assert changes[WORDS] @ whole / np.linalg.norm(changes[WORDS]) / np.linalg.norm(whole) > 0.9
    assert 0.1 < changes[WORDS] @ whole / (whole @ whole) < 1


def test_a_row_of_one_bag_in_one_lane_takes_the_whole_change() -> None:
    one, other = of_bags(1), of_bags(1)
    train_lanes(one, [(0, PIECE)], 1)
    other.train(0, ALPHA, 0, PIECE)
    np.testing.assert_allclose(one.inputs, other.inputs, rtol=0, atol=2e-6)


@pytest.mark.parametrize("sg", [True, False])
def test_bags_learn_the_same_bits_with_any_number_of_threads(sg: bool) -> None:
    runs = [of_bags(3, 7, sg=sg, in_scale=[1.0, 0.5, 0.0] * (4 * WORDS // 3) + [1.0]) for _ in range(3)]
    for run, workers in zip(runs, (1, 2, 5), strict=True):
        train_lanes(
            run, [(at, at + 2 * PIECE) for at in range(0, 8 * 2 * PIECE, 2 * PIECE)][: 1200 // (2 * PIECE)], workers
        )
    assert runs[0].bits() == runs[1].bits() == runs[2].bits() != of_bags(3, 7, sg=sg).bits()


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("kind", MODELS)
def test_a_round_begins_where_the_one_before_it_ended(kind: str, workers: int) -> None:
    begins, rounds = (0, 500, 900), 3
    run, other = fresh(kind), fresh(kind)
    train_lanes(run, [(begin, begin + rounds * PIECE) for begin in begins], workers)
    for number in range(rounds):
        train_lanes(other, [(begin + number * PIECE, begin + (number + 1) * PIECE) for begin in begins], 1)
    assert run.bits() == other.bits()


class Trainer:
    """A trainer whose lanes take some time, of which one fails."""

    unit = 1

    def __init__(self, run: NativeRun, fails_at: int) -> None:
        self.core = run.trainer
        self._run = run
        self._left = fails_at

    def workspace(self) -> bytearray:
        return self._run.workspace

    def train_block(self, epoch: int, begin: int, end: int, alpha: float, workspace: Any) -> Any:
        raise NotImplementedError

    def lane(self, epoch: int, begin: int, end: int) -> Lane:
        self._left -= 1
        if not self._left:
            raise KeyError("a lane")
        return self._run.view, begin, end

    def stop(self) -> None:
        self.core.stop()


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("fails_at", [1, 9, 25, 70])
def test_a_block_whose_lanes_are_not_made_does_not_count(workers: int, fails_at: int) -> None:
    made = fresh("skip-gram")
    run = Run(1, made.tokens, 128, 1, Schedule(ALPHA, ALPHA, 1.0))
    with pytest.raises(KeyError, match="a lane"):
        Rounds(workers).train_epoch(run, Trainer(made, fails_at), lambda _: None)
    assert run.is_whole
    assert run.next_word == (fails_at - 1) // 16 * 128
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastemb")]
