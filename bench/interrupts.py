"""Ctrl-C at random moments of long calls: whether what is left is sound, and how long until the call has raised.

    python bench/interrupts.py                        # 20 moments of each call
    python bench/interrupts.py --moments 2000         # as many as a claim needs
    python bench/interrupts.py --load 10 --only fit   # beside 10 busy processes; calls with "fit" in their name

Prints a line a call: moments, how many left a bad state or another exception than KeyboardInterrupt, and the 50th, 99th
and 100th percentile of the seconds between the signal and the exception. Exit status 1 if a state was bad. A call that
ends before its moment is made again with another.
"""

from __future__ import annotations

import argparse
import copy
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fastemb import Corpus, Interactions, Item2Vec, KeyedVectors, Phrases, Word2Vec

WORDS = 20_000
State = tuple[Any, ...]


def corpus_of(tokens: int, length: int = 20) -> Corpus:
    ids = np.random.default_rng(0).zipf(1.2, tokens) % WORDS
    return Corpus.from_ids(ids.reshape(-1, length), keys=[f"w{number}" for number in range(WORDS)])


def model_state(model: Word2Vec) -> State:
    """Sizes and layout of all parts; they agree in a sound model."""
    wv, weights = model.wv, model._weights
    matrices = [m for m in (wv.vectors, weights.syn1neg, weights.syn1) if m is not None]
    rows = {len(wv.index_to_key), len(wv.key_to_index), *map(len, matrices), *map(len, wv.expandos.values())}
    layout = all(m.flags.c_contiguous and m.shape[1] == model.vector_size for m in matrices)
    return tuple(sorted(rows)), layout, not weights._paddings, bool(np.isfinite(wv.vectors[::97]).all())


def sound_model(model: Word2Vec) -> bool:
    rows, *rest = model_state(model)
    first = model.wv.vectors.copy()
    time.sleep(0.002)
    return len(rows) == 1 and all(rest) and (first == model.wv.vectors).all()


def sound_vectors(wv: KeyedVectors) -> bool:
    return len(wv.vectors) == len(wv.index_to_key) == len(wv.key_to_index) and len(wv) in (WORDS, WORDS + 50_000)


def calls(folder: Path) -> dict[str, tuple[Callable[[], Any], Callable[[Any], Any], Callable[[Any], bool]]]:
    """Name -> what is made for each call, the call, and whether what is left is sound."""
    corpus, long_rows = corpus_of(4_000_000), corpus_of(1_000_000, 1_000_000)
    text = folder / "text.txt"
    text.write_text("".join(f"w{n % 991} w{n % 7919} w{n % 31} w{n}\n" for n in range(400_000)), encoding="utf-8")
    other = Corpus.from_sentences([[f"n{n}", f"w{n}"] for n in range(100_000)])
    events = np.random.default_rng(1)
    owners, items = np.sort(events.integers(0, 300_000, 3_000_000)), events.zipf(1.2, 3_000_000) % 20_000
    offsets = np.searchsorted(owners, np.arange(300_001))
    shop = Interactions.from_ids(items, offsets)
    fitted = Item2Vec(epochs=1, progress=False).fit(shop[:20_000])
    model_file, keyed = folder / "model", KeyedVectors(100)
    keyed.add_vectors([f"w{n}" for n in range(WORDS)], np.random.default_rng(2).random((WORDS, 100), np.float32))

    def model(**options: Any) -> Callable[[], Word2Vec]:
        made = Word2Vec(**{"min_count": 1, "epochs": 10**6, "progress": False} | options)
        made.build_vocab(corpus)
        return lambda: copy.deepcopy(made)

    big = model()()
    big.save(model_file)
    saved = model_file.read_bytes()

    def train(made: Word2Vec) -> None:
        made.train(corpus)

    def nothing() -> None:
        pass

    def fine(*_: object) -> bool:
        return not [thread for thread in threading.enumerate() if thread.name.startswith("fastemb-")]

    return {
        "train sg": (model(sg=1), train, sound_model),
        "train cbow": (model(), train, sound_model),
        "train hs": (model(sg=1, hs=1, negative=0), train, sound_model),
        "train sg, window 100,000": (model(sg=1, window=100_000), lambda made: made.train(long_rows), sound_model),
        "train cbow, window 100,000": (model(window=100_000), lambda made: made.train(long_rows), sound_model),
        "build_vocab": (model(), lambda made: made.build_vocab(corpus_file=str(text)), sound_model),
        "build_vocab, update": (model(), lambda made: made.build_vocab(other, update=True), sound_model),
        "add_vectors": (
            lambda: copy.deepcopy(keyed),
            lambda wv: wv.add_vectors([f"x{n}" for n in range(50_000)], np.ones((50_000, 100), np.float32)),
            sound_vectors,
        ),
        "Phrases": (nothing, lambda _: Phrases(corpus), fine),
        "Corpus.from_file": (nothing, lambda _: Corpus.from_file(text), fine),
        "Corpus.from_file, pattern": (nothing, lambda _: Corpus.from_file(text, token_pattern=r"\w+"), fine),
        "Item2Vec.fit": (lambda: Item2Vec(progress=False), lambda made: made.fit(shop), fine),
        "Item2Vec.partial_fit": (lambda: copy.deepcopy(fitted), lambda made: made.partial_fit(shop), fine),
        "Interactions.merged": (nothing, lambda _: shop.merged(), fine),
        "load": (nothing, lambda _: Word2Vec.load(model_file), fine),
        "save": (nothing, lambda _: big.save(model_file), lambda *_: model_file.stat().st_size >= len(saved) // 2),
        "most_similar_batch": (nothing, lambda _: keyed.most_similar_batch(keyed.index_to_key), fine),
    }


def interrupted(
    make: Callable[[], Any], call: Callable[[Any], Any], sound: Callable[[Any], bool], most: float
) -> tuple[float | None, str, float]:
    """Seconds from a random signal to the exception, None when the call ended before; what was bad; how long it ran."""
    made, sent = make(), [0.0]

    def send() -> None:
        sent[0] = time.perf_counter()
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(random.uniform(0, most), send)
    begin = time.perf_counter()
    try:
        timer.start()
        call(made)
        ended = time.perf_counter()
        timer.cancel()
        timer.join()
        time.sleep(0.001)
        return None, "", ended - begin
    except KeyboardInterrupt:
        seconds = time.perf_counter() - sent[0]
        return seconds, "" if sound(made) else "bad state", 0.0
    except Exception as error:
        if not sent[0]:
            timer.cancel()
            raise
        return time.perf_counter() - sent[0], repr(error), 0.0


def busy() -> None:
    while True:
        sum(range(10**6))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=20, help="interrupted calls of each kind (%(default)s)")
    parser.add_argument("--load", type=int, default=0, help="busy processes beside it (%(default)s)")
    parser.add_argument("--only", default="", help="calls with this in their name")
    parser.add_argument("--longest", type=float, default=1.5, help="latest moment in seconds (%(default)s)")
    options = parser.parse_args()
    beside = [multiprocessing.get_context("spawn").Process(target=busy, daemon=True) for _ in range(options.load)]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        todo = calls(Path(folder))
        for process in beside:
            process.start()
        print(
            f"{'call':28} {'moments':>7} {'bad':>4} {'p50':>7} {'p99':>7} {'most':>7}   load {os.getloadavg()[0]:.1f}"
        )
        for name, (make, call, sound) in todo.items():
            if options.only not in name:
                continue
            times: list[float] = []
            bad: list[str] = []
            most = options.longest
            while len(times) < options.moments:
                try:
                    seconds, problem, took = interrupted(make, call, sound, most)
                except KeyboardInterrupt:  # it came as the call ended
                    continue
                if seconds is None:
                    most = min(most, max(took, 0.001))
                    continue
                times.append(seconds)
                bad += [problem] if problem else []
            at = np.percentile(times, [50, 99, 100])
            print(f"{name:28} {len(times):7} {len(bad):4} {at[0]:7.3f} {at[1]:7.3f} {at[2]:7.3f}   {' '.join(bad[:2])}")
            sys.stdout.flush()
            failed += len(bad)
    for process in beside:
        process.kill()
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
