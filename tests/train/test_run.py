"""A run that is stopped between two blocks, written down and taken up again ends as if it had never stopped."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus
from fastemb.train.hogwild import Hogwild
from fastemb.train.progress import Silent
from fastemb.train.run import Run, Totals
from fastemb.train.sampling import Tables, huffman_paths
from fastemb.train.schedule import Schedule
from fastemb.train.settings import Settings
from fastemb.train.strategy import BlockTrainer, Strategy, Watch
from fastemb.train.task import CorpusTokens, Task
from fastemb.train.training import Training, train
from fastemb.train.weights import Rows, Weights, fresh_inputs

WORDS = 60
KINDS: dict[str, dict[str, Any]] = {
    "skip-gram": {"sg": 1},
    "skip-gram, a size without padding": {"sg": 1, "vector_size": 16},
    "CBOW": {"sg": 0},
    "both outputs": {"sg": 1, "hs": 1},
}


class StoppedError(Exception):
    pass


@dataclass
class InTurn:
    """A strategy of one thread, this one, that stops after so many blocks."""

    blocks: int = 10**9

    def train_epoch(self, run: Run, trainer: BlockTrainer, watch: Watch) -> None:
        workspace = trainer.workspace()
        while (span := self.take(run)) is not None:
            run.totals.add(*trainer.train_block(run.draw_epoch, *span, run.alpha(span[0]), workspace))
            watch(nullcontext)

    def take(self, run: Run) -> tuple[int, int] | None:
        if not self.blocks:
            raise StoppedError
        self.blocks -= 1
        return run.take()


@dataclass
class Impatient(Silent):
    """A display that breaks off training in the middle of an epoch."""

    words: int

    def update(self, words: int, alpha: float, loss: float | None) -> None:
        if words % self.words and words > self.words:
            raise KeyboardInterrupt


def corpus_of(tokens: int) -> Corpus:
    ids = np.random.default_rng(5).zipf(1.3, tokens).astype(np.int64) % WORDS
    return Corpus.from_ids(ids.reshape(-1, 20), keys=[str(word) for word in range(WORDS)])


CORPUS = corpus_of(4000)


def settings_of(options: dict[str, Any]) -> Settings:
    return Settings(**{"vector_size": 20, "window": 3, "epochs": 3, "sample": 0.01, "seed": 3} | options).checked()


def new_weights(settings: Settings) -> Weights:
    weights = Weights(Rows(fresh_inputs(WORDS, settings)))
    weights.start_outputs(WORDS, settings)
    return weights


def task_of(settings: Settings, weights: Weights, corpus: Corpus = CORPUS) -> Task:
    counts = corpus.vocabulary.counts
    tables = Tables.of(counts, settings, huffman_paths(counts) if settings.hs else None)
    return Task(settings, CorpusTokens(corpus), tables, weights, want_loss=True)


def new_run(settings: Settings, corpus: Corpus = CORPUS) -> Run:
    schedule = Schedule(settings.alpha, settings.min_alpha, settings.epochs * corpus.words)
    return Run.planned(settings, corpus.words, schedule)


def written(run: Run, weights: Weights) -> str:
    """Everything as text."""
    matrices = {"vectors": weights.holder.vectors, "syn1neg": weights.syn1neg, "syn1": weights.syn1}
    values = {name: None if matrix is None else matrix.tolist() for name, matrix in matrices.items()}
    return json.dumps({"run": run.to_dict(), "epochs_trained": weights.epochs_trained, **values})


def read(text: str) -> tuple[Run, Weights]:
    values = json.loads(text)

    def matrix(name: str) -> Any:
        return None if values[name] is None else np.array(values[name], np.float32)

    weights = Weights(Rows(matrix("vectors")), matrix("syn1neg"), matrix("syn1"), values["epochs_trained"])
    return Run.from_dict(values["run"]), weights


def finished(settings: Settings, strategy: Strategy) -> str:
    run, weights = new_run(settings), new_weights(settings)
    train(run, task_of(settings, weights), strategy, Silent())
    assert run.totals.words == run.epochs * run.words
    return written(run, weights)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("blocks", [0, 1, 7, 15, 16, 17, 40, 47])
def test_a_run_taken_up_again_ends_with_the_bits_of_one_that_never_stopped(kind: str, blocks: int) -> None:
    settings = settings_of(KINDS[kind])
    run, weights = new_run(settings), new_weights(settings)
    assert -(-run.words // run.block) == 16
    with pytest.raises(StoppedError):
        train(run, task_of(settings, weights), InTurn(blocks), Silent())
    assert run.epoch == weights.epochs_trained == blocks // 17  # the end of an epoch is asked for, too
    taken, matrices = read(written(run, weights))
    train(taken, task_of(settings, matrices), Hogwild(1), Silent())
    assert written(taken, matrices) == finished(settings, Hogwild(1))


@pytest.mark.slow
def test_an_interrupted_team_leaves_a_run_that_can_be_taken_up() -> None:
    settings, corpus = settings_of({"sg": 1, "vector_size": 100, "negative": 20, "epochs": 4}), corpus_of(400_000)
    run, weights = new_run(settings, corpus), new_weights(settings)
    with pytest.raises(KeyboardInterrupt):
        train(run, task_of(settings, weights, corpus), Hogwild(1), Impatient(run.words))
    assert 0 < run.next_word < run.words
    assert run.totals.words == run.epoch * run.words + run.next_word
    taken, matrices = read(written(run, weights))
    train(taken, task_of(settings, matrices, corpus), Hogwild(1), Silent())
    whole, expected = new_run(settings, corpus), new_weights(settings)
    train(whole, task_of(settings, expected, corpus), Hogwild(1), Silent())
    assert written(taken, matrices) == written(whole, expected)


def test_an_epoch_counts_when_it_ends() -> None:
    settings = settings_of({})
    run, weights = new_run(settings), new_weights(settings)
    task = task_of(settings, weights)
    with Training(run, task, Hogwild(2), Silent()) as training:
        assert (run.epoch, weights.epochs_trained) == (0, 0)
        training.epoch()
        assert (run.epoch, weights.epochs_trained, run.next_word) == (1, 1, 0)
    with pytest.raises(StoppedError):
        train(run, task, InTurn(3), Silent())
    assert (run.epoch, weights.epochs_trained, run.next_word) == (1, 1, 3 * run.block)


def test_a_run_begins_with_nothing_done() -> None:
    run = Run(2, 1000, 256, 1, Schedule(0.1, 0.01, 2000.0, 5))
    assert (run.epoch, run.next_word, run.draw_epoch, run.cut) == (0, 0, 0, None)
    assert (run.totals.words, run.totals.kept, run.totals.pairs, run.totals.loss) == (0, 0, 0, 0.0)
    run.totals.add(10, 8, 40, 2.5)
    run.totals.add(1, 2, 3, 0.5)
    assert run.totals == Totals(11, 10, 43, 3.0)


def test_a_run_is_plain_values() -> None:
    run = Run(2, 1000, 256, 2**60, Schedule(0.1, 0.01, 2000.0, 5), 1, 512, 7, Totals(1512, 900, 4000, 0.1 + 0.2))
    assert Run.from_dict(json.loads(json.dumps(run.to_dict()))) == run
    with pytest.raises(TypeError, match="unknown"):
        Run.from_dict(run.to_dict() | {"unknown": 1})


def test_ids_out_of_range_are_noticed_before_anything_is_trained() -> None:
    settings = settings_of({})
    corpus = Corpus(np.array([0, WORDS], np.int32), np.array([0, 2]), CORPUS.vocabulary, 2)
    with pytest.raises(ValueError, match="out of range"):
        task_of(settings, new_weights(settings), corpus).bind(1)


def test_outputs_that_the_settings_do_not_train_are_refused() -> None:
    weights = new_weights(settings_of({}))
    with pytest.raises(ValueError, match="hs and negative cannot be switched on or off"):
        task_of(settings_of({"hs": 1}), weights)
