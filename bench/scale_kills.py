"""SIGKILL at random moments of training on a cluster: is anything lost?

Nodes are processes of a Ray cluster on this machine, with one worker each. First a process trains with nodes that take
turns within it, without a kill. Then Ray's nodes train the same, and one of them, drawn at random, is killed again and
again at random moments. Then the program that trains is killed at random moments, and each time another goes on from
its checkpoint. Both must learn, bit for bit, what was learned without a kill. Exit status 1 if one did not.

    python -m bench.scale_kills text.txt --nodes 8 --kills 30 --driver-kills 5
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fastemb import Word2Vec, scale
from fastemb.scale import fitting
from fastemb.scale.on_ray import OnRay, ray_module
from fastemb.scale.transport import InProcess

SETTINGS: dict[str, Any] = {"sg": 1, "vector_size": 100, "seed": 1}


class Killer(threading.Thread):
    """Kills a node of the transport that was made last, at random moments, until it has killed enough."""

    def __init__(self, kills: int, pause: float, seed: int) -> None:
        super().__init__(daemon=True)
        self.kills = 0
        self._most, self._pause, self._random = kills, pause, random.Random(seed)
        self._made: list[OnRay] = []
        self.ends = threading.Event()

    def watch(self, *arguments: Any) -> OnRay:
        """Start nodes as `OnRay` does, which will be killed."""
        self._made.append(OnRay(*arguments))
        return self._made[-1]

    def run(self) -> None:
        """Kill."""
        ray = ray_module()
        while self.kills < self._most and not self.ends.wait(self._random.expovariate(1 / self._pause)):
            for transport in self._made[-1:]:
                actor = transport._actors[self._random.randrange(transport.nodes)]
                try:
                    about = actor.about.options(concurrency_group="control").remote()
                    os.kill(int(ray.get(about, timeout=5)["process"]), signal.SIGKILL)
                    self.kills += 1
                except (ray.exceptions.RayError, ProcessLookupError):  # it was killed, and is not replaced yet
                    continue


def fit(options: argparse.Namespace, **further: Any) -> Word2Vec:
    """Train on nodes."""
    return scale.fit(
        Word2Vec(**SETTINGS, epochs=options.epochs),
        options.text,
        address="local",
        nodes=options.nodes,
        workers_per_node=1,
        rounds=options.rounds,
        progress=False,
        **further,
    )


def started_by(start: Callable[..., Any], options: argparse.Namespace) -> Word2Vec:
    """Train on nodes that ``start`` starts."""
    usual = fitting.OnRay
    fitting.OnRay = start  # type: ignore[assignment, misc]
    try:
        return fit(options)
    finally:
        fitting.OnRay = usual  # type: ignore[misc]


def killed_driver(options: argparse.Namespace, folder: Path) -> tuple[int, Word2Vec]:
    """Kill the program that trains at random moments; returns how often that was, and what was learned."""
    moments = random.Random(options.seed)
    checkpoint, result, kills = folder / "run.checkpoint", folder / "model", 0
    while True:
        command = [sys.executable, "-m", "bench.scale_kills", *sys.argv[1:], "--folder", str(folder)]
        process = subprocess.Popen(command, start_new_session=True)
        if kills < options.driver_kills:
            while kills == 0 and not checkpoint.exists() and process.poll() is None:
                time.sleep(0.1)
            try:
                process.wait(options.pause + moments.uniform(0, 2 * options.pause))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                kills += 1
        if process.wait() == 0:
            return kills, Word2Vec.load(str(result))
        if process.returncode != -signal.SIGKILL:
            raise SystemExit(f"a run ended with status {process.returncode}")


def drive(options: argparse.Namespace) -> None:
    """Train, or go on, with checkpoints: what `killed_driver` kills."""
    checkpoint = Path(options.folder) / "run.checkpoint"
    if checkpoint.exists():
        model = scale.resume(str(checkpoint), address="local", workers_per_node=1, progress=False)
    else:
        model = fit(options, checkpoint=str(checkpoint), checkpoint_every="0.5s")
    model.save(str(Path(options.folder) / "model"))


def same(one: Word2Vec, other: Word2Vec) -> bool:
    """Whether two models are equal to the last bit."""
    return np.array_equal(one.wv.vectors, other.wv.vectors) and np.array_equal(one.syn1neg, other.syn1neg)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--rounds", type=int, help="of an epoch")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--kills", type=int, default=30, help="of nodes (30)")
    parser.add_argument("--driver-kills", type=int, default=5, help="of the program (5)")
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between two kills, on average (3)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        drive(options)
        return
    whole = started_by(lambda *_: InProcess(options.nodes, 1), options)
    failed = False
    if options.kills:
        killer = Killer(options.kills, options.pause, options.seed)
        killer.start()
        begun = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = started_by(killer.watch, options)
        killer.ends.set()
        killer.join()
        told = (model.lifecycle_events or [{}])[-1]
        is_same = same(whole, model)
        failed |= not is_same
        print(
            f"{options.nodes} nodes: {killer.kills} killed, {told['replaced']} replaced, "
            f"{time.perf_counter() - begun:.0f} s: {'the same bits' if is_same else 'OTHER BITS'}",
            flush=True,
        )
    if options.driver_kills:
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            kills, model = killed_driver(options, Path(folder))
        is_same = same(whole, model)
        failed |= not is_same
        print(
            f"the program: {kills} times killed, {time.perf_counter() - begun:.0f} s: "
            f"{'the same bits' if is_same else 'OTHER BITS'}",
            flush=True,
        )
    sys.exit(failed)


if __name__ == "__main__":
    main()
