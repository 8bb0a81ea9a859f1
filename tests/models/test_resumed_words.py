"""Word2Vec from a checkpoint: every setting and door, the text, callbacks, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import CallbackAny2Vec, Corpus, LineSentence, Word2Vec
from fastemb.models.callbacks import StopTraining
from fastemb.train.hogwild import Hogwild
from fastemb.train.run import Run
from fastemb.train.strategy import BlockTrainer, Watch

NUMBERS = np.random.default_rng(3).zipf(1.3, (200, 15)) % 50
SENTENCES = [[f"w{word}" for word in row] for row in NUMBERS.tolist()]
SENTENCES[7].append("rare")  # which min_count drops
OPTIONS: dict[str, Any] = {"vector_size": 12, "min_count": 2, "epochs": 3, "workers": 1, "progress": False}
KINDS: dict[str, dict[str, Any]] = {
    "skip-gram": {"sg": 1, "sample": 1e-2},
    "CBOW": {"sample": 1e-2, "cbow_mean": 0},
    "CBOW, true gradient": {"cbow_exact": True},
    "hierarchical softmax": {"sg": 1, "hs": 1, "negative": 0, "hs_exact": True},
    "both outputs": {"sg": 1, "hs": 1, "sample": 1e-2},
    "own negatives": {"sg": 1, "negatives_per_pair": True, "shrink_windows": False},
    "another vocabulary": {"max_final_vocab": 30, "sorted_vocab": 0, "null_word": 1, "seed": 2**40},
}


class CutError(Exception):
    pass


class Cut(CallbackAny2Vec):
    """Breaks training off at the end of an epoch."""

    def __init__(self, epoch: int) -> None:
        self._left = epoch

    def on_epoch_end(self, model: Word2Vec) -> None:
        self._left -= 1
        if not self._left:
            raise CutError


def bits(model: Word2Vec) -> bytes:
    found = [model.wv.vectors, *(getattr(model, name) for name in ("syn1neg", "syn1") if hasattr(model, name))]
    return repr(model.wv.index_to_key).encode() + b"".join(matrix.tobytes() for matrix in found)


def cut(path: Path, *callbacks: Any, epoch: int = 2, sentences: Any = SENTENCES, **options: Any) -> None:
    """Leave a checkpoint of training that was broken off."""
    with pytest.raises(CutError):
        Word2Vec(
            sentences,
            **OPTIONS | options,
            callbacks=[*callbacks, Cut(epoch)],
            checkpoint=path,
            checkpoint_every="1w",
        )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_goes_on_alike(kind: str, tmp_path: Path) -> None:
    cut(tmp_path / "c", **KINDS[kind])
    resumed = Word2Vec.resume(tmp_path / "c", SENTENCES, progress=False)
    whole = Word2Vec(SENTENCES, **OPTIONS | KINDS[kind])
    assert bits(resumed) == bits(whole)
    for name in ("epochs", "train_count", "min_alpha_yet_reached", "corpus_count", "corpus_total_words", "workers"):
        assert getattr(resumed, name) == getattr(whole, name), name
    assert repr(resumed) == repr(whole)
    assert resumed.total_train_time > 0


DOORS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "corpus_file": lambda path: {"corpus_file": path},
    "Corpus.from_file": lambda path: {"sentences": Corpus.from_file(path, lower=True)},
    "Corpus.open": lambda path: {"sentences": Corpus.from_file(path, save_to=path.with_name("corpus"))},
    "an encoded file": lambda path: {"corpus_file": path.with_name("encoded")},
}


@pytest.mark.parametrize("door", DOORS)
def test_text_in_files_is_found_again(door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_text("\n".join(map(" ".join, SENTENCES)), encoding="utf-8")
    Corpus.from_file(path).save(tmp_path / "encoded")
    given = DOORS[door](path)
    with pytest.raises(CutError):
        Word2Vec(**given, **OPTIONS, callbacks=[Cut(1)], checkpoint=tmp_path / "c", checkpoint_every="1w")
    monkeypatch.chdir("/")
    assert bits(Word2Vec.resume(tmp_path / "c")) == bits(Word2Vec(**given, **OPTIONS))


@pytest.mark.parametrize("given", ["lists", "a corpus", "a path", "LineSentence", "a generator"])
def test_text_that_is_given_again_may_have_another_form(given: str, tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("\n".join(map(" ".join, SENTENCES)), encoding="utf-8")
    again = {
        "lists": SENTENCES,
        "a corpus": Corpus.from_sentences(SENTENCES, min_count=3),
        "a path": path,
        "LineSentence": LineSentence(path),
        "a generator": (sentence for sentence in SENTENCES),
    }
    cut(tmp_path / "c", min_count=3)
    resumed = Word2Vec.resume(tmp_path / "c", again[given])
    assert bits(resumed) == bits(Word2Vec(SENTENCES, **OPTIONS | {"min_count": 3}))


def test_rates_and_epochs_of_the_call_count(tmp_path: Path) -> None:
    call: dict[str, Any] = {
        "epochs": 4,
        "start_alpha": 0.1,
        "end_alpha": 0.02,
        "total_words": 5000,
        "word_count": 700,
        "compute_loss": True,
    }
    models = [Word2Vec(**OPTIONS) for _ in range(2)]
    for model in models:
        model.build_vocab(SENTENCES)
        model.train(SENTENCES, epochs=2)  # draws of later epochs are others
    models[0].train(SENTENCES, **call)
    with pytest.raises(CutError):
        models[1].train(SENTENCES, **call, callbacks=[Cut(3)], checkpoint=tmp_path / "c", checkpoint_every="1w")
    resumed = Word2Vec.resume(tmp_path / "c", SENTENCES)
    assert bits(resumed) == bits(models[0])
    assert resumed.get_latest_training_loss() == models[0].get_latest_training_loss()
    for model in (resumed, models[0]):
        model.train(SENTENCES, epochs=1)
    assert bits(resumed) == bits(models[0])


class Busy(CallbackAny2Vec):
    """Changes the model after every epoch, in each way that is allowed."""

    def on_epoch_end(self, model: Word2Vec) -> None:
        epoch = model._known.weights.epochs_trained
        model.wv.vectors[3] *= 0.5
        model.alpha, model.window = 0.9, 1  # count from the next call on
        model.running_training_loss = 0.0
        model.build_vocab([[f"new{epoch}", "rare"] * 5], update=True)
        model.wv.vectors_lockf = np.linspace(0, 1, len(model.wv), dtype=np.float32)
        model.seen = epoch  # type: ignore[attr-defined]


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_what_callbacks_changed_stays_changed(epoch: int, tmp_path: Path) -> None:
    cut(tmp_path / "c", Busy(), epoch=epoch, sg=1, compute_loss=True)
    resumed = Word2Vec.resume(tmp_path / "c", SENTENCES, callbacks=[Busy()])
    whole = Word2Vec(SENTENCES, **OPTIONS | {"sg": 1, "compute_loss": True}, callbacks=[Busy()])
    assert bits(resumed) == bits(whole)
    assert resumed.wv.vectors_lockf.tolist() == whole.wv.vectors_lockf.tolist()
    assert vars(resumed)["seen"] == vars(whole)["seen"] == 3
    assert (resumed.alpha, resumed.get_latest_training_loss()) == (whole.alpha, whole.get_latest_training_loss())


class Events(CallbackAny2Vec):
    def __init__(self) -> None:
        self.events: list[str] = []

    def on_train_begin(self, model: Word2Vec) -> None:
        self.events.append("train")

    def on_epoch_begin(self, model: Word2Vec) -> None:
        self.events.append("epoch")

    def on_epoch_end(self, model: Word2Vec) -> None:
        self.events.append("epoch end")

    def on_train_end(self, model: Word2Vec) -> None:
        self.events.append("train end")


def test_callbacks_hear_of_epochs_that_are_left(tmp_path: Path) -> None:
    cut(tmp_path / "c", epoch=3)
    events = Events()
    Word2Vec.resume(tmp_path / "c", SENTENCES, callbacks=[events])
    assert events.events == ["train", "epoch", "epoch end", "train end"]


def test_an_epoch_that_had_begun_does_not_begin_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def five_blocks(_: Hogwild, run: Run, trainer: BlockTrainer, watch: Watch) -> None:
        for _ in range(5):
            watch(nullcontext)
            span = run.take()
            assert span is not None
            run.totals.add(*trainer.train_block(run.draw_epoch, *span, run.alpha(span[0]), trainer.workspace()))
        watch(nullcontext)
        raise CutError

    monkeypatch.setattr(Hogwild, "train_epoch", five_blocks)
    with pytest.raises(CutError):
        Word2Vec(SENTENCES, **OPTIONS, checkpoint=tmp_path / "c", checkpoint_every="1w")
    monkeypatch.undo()
    events = Events()
    Word2Vec.resume(tmp_path / "c", SENTENCES, callbacks=[events])
    assert events.events == ["train", "epoch end", *["epoch", "epoch end"] * 2, "train end"]


def test_training_that_a_callback_stopped_has_ended(tmp_path: Path) -> None:
    class Stop(CallbackAny2Vec):
        def on_epoch_end(self, model: Word2Vec) -> None:
            raise StopTraining

    stopped = Word2Vec(SENTENCES, **OPTIONS, callbacks=[Stop()], checkpoint=tmp_path / "c", checkpoint_every="1w")
    assert bits(Word2Vec.resume(tmp_path / "c")) == bits(stopped)
    assert "1 epoch trained" in repr(stopped)


def test_a_subclass_and_its_attributes_come_back(tmp_path: Path) -> None:
    class Mine(Word2Vec):
        pass

    model = Mine(**OPTIONS)
    model.build_vocab(SENTENCES)
    model.note = {"a": [1, 2]}  # type: ignore[attr-defined]
    model.train(SENTENCES, checkpoint=tmp_path / "c")
    resumed = Mine.resume(tmp_path / "c")
    assert type(resumed) is Mine
    assert vars(resumed)["note"] == {"a": [1, 2]}


def test_workers_may_be_others(tmp_path: Path) -> None:
    cut(tmp_path / "c")
    assert Word2Vec.resume(tmp_path / "c", SENTENCES, workers=3).workers == 3


def test_lists_must_be_given_again_and_be_the_same(tmp_path: Path) -> None:
    path = tmp_path / "c"
    cut(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=rf"{path}: .*give them again, as in resume\('{path}', sentences\)"):
        Word2Vec.resume(path)
    others = [SENTENCES[1:], [*SENTENCES, ["w1"]], SENTENCES[::-1], [["x", "y"]]]
    for other in others:
        with pytest.raises(ValueError, match=f"{path}: this is not the text that the checkpoint was made with"):
            Word2Vec.resume(path, other)
    assert path.read_bytes() == before


def test_a_text_that_was_changed_moved_or_removed_is_noticed(tmp_path: Path) -> None:
    text, path = tmp_path / "t.txt", tmp_path / "c"
    content = "\n".join(map(" ".join, SENTENCES))
    text.write_text(content, encoding="utf-8")
    with pytest.raises(CutError):
        Word2Vec(corpus_file=text, **OPTIONS, callbacks=[Cut(2)], checkpoint=path, checkpoint_every="1w")
    whole = Word2Vec(corpus_file=text, **OPTIONS)
    text.write_text(content + " w1", encoding="utf-8")
    with pytest.raises(ValueError, match=r"3,001 in 200 sentences, and this has .* 3,002 in 200 sentences\. Give the"):
        Word2Vec.resume(path)
    text.unlink()
    with pytest.raises(FileNotFoundError, match=r"give the text where it is now, as in resume\(.*t\.txt"):
        Word2Vec.resume(path)
    (tmp_path / "moved").write_text(content, encoding="utf-8")
    assert bits(Word2Vec.resume(path, tmp_path / "moved")) == bits(whole)


def test_words_that_are_misspelt_are_named(tmp_path: Path) -> None:
    cut(tmp_path / "c")
    resume: Any = Word2Vec.resume
    with pytest.raises(TypeError, match=r"'sentences'; did you mean 'corpus'"):
        resume(tmp_path / "c", sentences=SENTENCES)
    with pytest.raises(TypeError, match=r"checkpoint_evry.*did you mean 'checkpoint_every'"):
        Word2Vec(SENTENCES, checkpoint_evry="1s")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"worker.*did you mean 'workers'"):
        resume(tmp_path / "c", SENTENCES, worker=1)


def test_a_checkpoint_without_a_corpus_does_nothing_and_says_so(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="checkpoint have no effect without a corpus"):
        Word2Vec(checkpoint=tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_no_other_thread_writes_a_checkpoint(tmp_path: Path) -> None:
    import threading

    errors: list[BaseException] = []

    class Other(CallbackAny2Vec):
        def on_epoch_end(self, model: Word2Vec) -> None:
            def write() -> None:
                try:
                    model.save_checkpoint(tmp_path / "x")
                except RuntimeError as error:
                    errors.append(error)

            thread = threading.Thread(target=write)
            thread.start()
            thread.join()

    Word2Vec(SENTENCES, **OPTIONS | {"epochs": 1}, callbacks=[Other()])
    assert len(errors) == 1
    assert not (tmp_path / "x").exists()


@pytest.mark.integration
@pytest.mark.parametrize("only", ["skip-gram", "callbacks", "corpus on disk", "items", "graph"])
def test_no_kill_loses_more_than_what_came_after_the_checkpoint(only: str) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, str(root / "bench" / "kills.py"), "--kills", "3", "--only", only]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kills" in done.stdout
