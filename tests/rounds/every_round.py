"""Training in threads, in forked children and in pools of processes, again and again: ``make rounds``.

Each kind does fifty rounds, none of which may hang or fail; what one worker learns must have the same bits everywhere.
Prints a line a kind, and ends with status 1 where one is not borne. joblib is tried where it is installed.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fastemb import Item2Vec, Node2Vec, Word2Vec

SECONDS = 120  # of one round, after which it hangs
TEXTS = [[f"w{word}" for word in row] for row in (np.random.default_rng(0).zipf(1.4, (400, 15)) % 300).tolist()]
WORDS: dict[str, Any] = {"vector_size": 24, "min_count": 1, "epochs": 2, "progress": False}
EDGES = [(number, number * 7 % 40) for number in range(40)]
KINDS = ("words", "items", "nodes", "asked")


def learned(kind: str, workers: int = 1) -> bytes:
    """The bits that a model learns, or what it answers."""
    if kind == "items":
        vectors = Item2Vec(8, epochs=2, progress=False, workers=workers).fit(TEXTS[:100]).wv.vectors
    elif kind == "nodes":
        vectors = Node2Vec(8, epochs=1, num_walks=2, progress=False, workers=workers).fit(EDGES).wv.vectors
    else:
        model = Word2Vec(TEXTS, **WORDS, workers=workers)
        vectors = model.wv.vectors
        if kind == "asked":
            return repr(model.wv.most_similar_batch(model.wv.index_to_key[:50], topn=5, workers=workers)).encode()
    assert np.isfinite(vectors).all()
    found: bytes = vectors.tobytes()
    return found


EXPECTED: dict[str, bytes] = {}


def same(kind: str, bits: bytes) -> None:
    """Refuse other bits than those of the first time."""
    assert bits == EXPECTED[kind], f"other bits: {kind}"


def child_of(call: Callable[[], None]) -> int:
    """Fork; the status of the child, which makes a call."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(SECONDS // 2)  # ends it: the watchdog of faulthandler does not survive a fork
            call()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def both(kind: str) -> None:
    """One worker, whose bits are known, and two."""
    same(kind, learned(kind))
    learned(kind, 2)


def in_a_thread(kind: str) -> None:
    """Outside the main thread."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            both(kind)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def in_several_threads(_: str) -> None:
    """A model in each of four threads at once."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(both, kind) for kind in KINDS]:
            done.result()


def in_a_fork(kind: str) -> None:
    """In a child, after the parent has trained."""
    learned(kind, 2)
    assert child_of(lambda: both(kind)) == 0


def in_a_fork_meanwhile(kind: str) -> None:
    """In a child that is forked while another thread trains."""
    thread = threading.Thread(target=learned, args=(kind, 2))
    thread.start()
    try:
        assert child_of(lambda: same(kind, learned(kind))) == 0
    finally:
        thread.join()


def in_a_pool(kind: str, method: str) -> None:
    """In two processes of multiprocessing."""
    with multiprocessing.get_context(method).Pool(2) as pool:
        for bits in pool.map(learned, [kind, kind]):
            same(kind, bits)


def in_joblib(kind: str) -> None:
    """In two processes of joblib's, and in two threads."""
    import joblib

    for backend in ("loky", "threading"):
        for bits in joblib.Parallel(2, backend=backend)(joblib.delayed(learned)(kind) for _ in range(2)):
            same(kind, bits)


def main() -> int:
    """Do the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, metavar="N", help="of each kind (50)")
    parser.add_argument("--only", default="", metavar="NAME", help="kinds whose name has this in it")
    options = parser.parse_args()
    EXPECTED.update({kind: learned(kind) for kind in KINDS})
    kinds: dict[str, Callable[[str], None]] = {
        "a thread": in_a_thread,
        "several threads": in_several_threads,
        "a forked child": in_a_fork,
        "a child forked while a thread trains": in_a_fork_meanwhile,
        "multiprocessing, fork": lambda kind: in_a_pool(kind, "fork"),
        "multiprocessing, forkserver": lambda kind: in_a_pool(kind, "forkserver"),
        "multiprocessing, spawn": lambda kind: in_a_pool(kind, "spawn"),
        "joblib": in_joblib,
    }
    failed = 0
    for name, work in kinds.items():
        if options.only not in name:
            continue
        start, wrong, longest = time.monotonic(), 0, 0.0
        for number in range(options.rounds):
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            began = time.monotonic()
            try:
                work(KINDS[number % len(KINDS)])
            except ImportError as error:
                print(f"{name}: left out, {error}", flush=True)
                break
            except Exception as error:
                wrong += 1
                print(f"    round {number}: {type(error).__name__}: {error}", flush=True)
            longest = max(longest, time.monotonic() - began)
        else:
            took = time.monotonic() - start
            print(
                f"{name}: {options.rounds} rounds, {wrong} failed, none hung; the longest took {longest:.1f} s "
                f"({took:.0f} s in all)",
                flush=True,
            )
        failed += wrong
    faulthandler.cancel_dump_traceback_later()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
