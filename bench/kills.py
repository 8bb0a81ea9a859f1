"""SIGKILL at random moments of training: whether the checkpoint that is left leads to the bits of a run without a kill.

    python bench/kills.py                          # 200 kills of each kind of model
    python bench/kills.py --kills 20 --only items  # fewer, of kinds with "items" in their name

For each kind a process trains with one worker and a checkpoint every few milliseconds until it is killed; then another
goes on from the checkpoint, and may be killed in turn; and so on until one ends. What it learned must be, bit for bit,
what a run without checkpoints learns. Prints a line a kind: kills, those before the first checkpoint (nothing is
trained then, and the run is started anew), runs to the end, and how many ended otherwise. Exit status 1 if one did.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fastemb import Corpus, Item2Vec, Word2Vec
from fastemb.graphs import Graph, Node2Vec
from fastemb.io.atomic import is_draft

_EVERY = "0.005s"
_WORDS: dict[str, Any] = {"min_count": 1, "vector_size": 50, "workers": 1, "epochs": 3, "compute_loss": True}
_ITEMS: dict[str, Any] = {"vector_size": 32, "workers": 1, "epochs": 4, "progress": False, "compute_loss": True}


class Diary:
    """A callback that changes the model, as some do."""

    def on_epoch_end(self, model: Any) -> None:
        """Move a vector."""
        model.wv.vectors[0] += 0.01


def _text(folder: str) -> str:
    path = os.path.join(folder, "text.txt")
    numbers = np.random.default_rng(0).zipf(1.2, (9000, 20)) % 3000
    Path(path).write_text("\n".join(" ".join(map("w{}".format, row)) for row in numbers.tolist()), encoding="utf-8")
    return path


def _lists() -> list[list[str]]:
    numbers = np.random.default_rng(1).zipf(1.3, (6000, 12)) % 800
    return [[f"i{token}" for token in row] for row in numbers.tolist()]


def _of_text(**options: Any) -> Callable[[str], tuple[Callable[[str | None], Any], Callable[[str], Any]]]:
    """Training on a text file by Word2Vec with these options."""

    def kind(folder: str) -> tuple[Callable[[str | None], Any], Callable[[str], Any]]:
        path, callbacks = _text(folder), options.pop("callbacks", [])

        def start(checkpoint: str | None) -> Word2Vec:
            every = None if checkpoint is None else _EVERY
            model = Word2Vec(**_WORDS | options)
            corpus = Corpus.from_file(path, lower=True)
            model.build_vocab(corpus)
            model.train(corpus, start_alpha=0.04, callbacks=callbacks, checkpoint=checkpoint, checkpoint_every=every)
            return model

        return start, lambda checkpoint: Word2Vec.resume(checkpoint, callbacks=callbacks)

    return kind


def _of_lists(folder: str) -> tuple[Callable[[str | None], Any], Callable[[str], Any]]:
    lists = _lists()

    def start(checkpoint: str | None) -> Word2Vec:
        every = None if checkpoint is None else _EVERY
        return Word2Vec(lists, sg=1, **_WORDS | {"vector_size": 30}, checkpoint=checkpoint, checkpoint_every=every)

    return start, lambda checkpoint: Word2Vec.resume(checkpoint, lists)


def _on_disk(folder: str) -> tuple[Callable[[str | None], Any], Callable[[str], Any]]:
    path = os.path.join(folder, "corpus")
    Corpus.from_file(_text(folder), save_to=path)

    def start(checkpoint: str | None) -> Word2Vec:
        every = None if checkpoint is None else _EVERY
        return Word2Vec(corpus_file=path, sg=1, **_WORDS, checkpoint=checkpoint, checkpoint_every=every)

    return start, Word2Vec.resume


def _of_items(**options: Any) -> Callable[[str], tuple[Callable[[str | None], Any], Callable[[str], Any]]]:
    def kind(folder: str) -> tuple[Callable[[str | None], Any], Callable[[str], Any]]:
        lists = _lists()

        def start(checkpoint: str | None) -> Item2Vec:
            every = None if checkpoint is None else _EVERY
            return Item2Vec(**_ITEMS | options).fit(lists, checkpoint=checkpoint, checkpoint_every=every)

        return start, Item2Vec.resume

    return kind


def _of_graph(folder: str) -> tuple[Callable[[str | None], Any], Callable[[str], Any]]:
    edges = np.random.default_rng(2).integers(0, 600, (4000, 2)).tolist()
    options: dict[str, Any] = {"vector_size": 32, "num_walks": 5, "workers": 1, "progress": False, "q": 0.5}

    def start(checkpoint: str | None) -> Node2Vec:
        every = None if checkpoint is None else _EVERY
        return Node2Vec(**options).fit(Graph.from_edges(edges), checkpoint=checkpoint, checkpoint_every=every)

    return start, lambda checkpoint: Node2Vec.resume(checkpoint, Graph.from_edges(edges))


KINDS: dict[str, Callable[[str], tuple[Callable[[str | None], Any], Callable[[str], Any]]]] = {
    "skip-gram": _of_text(sg=1),
    "CBOW": _of_text(sg=0),
    "hierarchical softmax": _of_text(sg=1, hs=1, negative=0, sample=1e-4),
    "CBOW, both outputs": _of_text(sg=0, hs=1),
    "own negatives": _of_text(sg=1, negatives_per_pair=True),
    "callbacks": _of_text(sg=1, callbacks=[Diary()]),
    "lists": _of_lists,
    "corpus on disk": _on_disk,
    "items": _of_items(),
    "items in order": _of_items(window=3, sg=1),
    "graph": _of_graph,
}


def digest(model: Any) -> str:
    """Of all that was learned, and the loss."""
    outputs = [getattr(model, name) for name in ("syn1neg", "syn1") if hasattr(model, name)]
    if isinstance(model, Item2Vec):
        outputs = [model.wv_out.vectors]
    made = hashlib.sha256(f"{model.get_latest_training_loss()!r} {model.wv.index_to_key}".encode())
    for matrix in (model.wv.vectors, *outputs):
        made.update(matrix.tobytes())
    return made.hexdigest()


def _in_process(work: Callable[[], Any], result: str) -> int:
    """The number of a process that does it, and writes the digest of the model to a file."""
    process = os.fork()
    if process == 0:
        try:
            Path(result).write_text(digest(work()), encoding="utf-8")
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    return process


def kill_many(make: Callable[[str], Any], kills: int, rng: random.Random) -> tuple[int, int, list[str]]:
    """Kills before the first checkpoint, runs to the end, and what went wrong."""
    wrong: list[str] = []
    early = ends = 0
    with tempfile.TemporaryDirectory() as folder:
        start, resume = make(folder)
        path, result = os.path.join(folder, "checkpoint"), os.path.join(folder, "digest")
        began = time.monotonic()
        wanted = digest(start(None))
        seconds = 1.5 * (time.monotonic() - began) + 0.02
        done = 0
        while done < kills:
            has = os.path.exists(path)
            process = _in_process((lambda: resume(path)) if has else (lambda: start(path)), result)
            deadline = time.monotonic() + rng.uniform(0, seconds)
            ended = 0
            while not ended and time.monotonic() < deadline:
                ended, status = os.waitpid(process, os.WNOHANG)
                time.sleep(0.001)
            if not ended:
                os.kill(process, signal.SIGKILL)
                _, status = os.waitpid(process, 0)
            if os.WIFSIGNALED(status):
                done += 1
                early += not os.path.exists(path)
                continue
            if os.waitstatus_to_exitcode(status) != 0:
                wrong.append(f"kill {done}: it did not go on")
            elif Path(result).read_text(encoding="utf-8") != wanted:
                wrong.append(f"kill {done}: other bits")
            ends += 1
            os.unlink(path)
        left = [name for name in os.listdir(folder) if is_draft(name)]
        resume(path) if os.path.exists(path) else start(path)
        wrong += [f"{name} stays" for name in left if os.path.exists(os.path.join(folder, name))]
    return early, ends, wrong


def main() -> int:
    """See the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="of each kind (200)")
    parser.add_argument("--only", default="", help="kinds with this in their name")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    options = parser.parse_args()
    failures = 0
    for name, make in KINDS.items():
        if options.only not in name:
            continue
        early, ends, wrong = kill_many(make, options.kills, random.Random(f"{options.seed} {name}"))
        print(
            f"{name}: {options.kills} kills, {early} before the first checkpoint, {ends} runs to the end, "
            f"{len(wrong)} went wrong",
            *wrong[:5],
            flush=True,
        )
        failures += len(wrong)
    return min(1, failures)


if __name__ == "__main__":
    sys.exit(main())
