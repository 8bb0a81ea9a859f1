"""`fastemb.layers` beside torch on the CPU: look-up, backward and update, bags; the same threads, in one process.

    python -m bench.layers [--rows 1000000 --size 64] [--threads 1 2] [--rounds 15] [--only adam]
    python -m bench.layers --memory [--rows ...] [--threads ...] [--only ...]

Needs torch. Rows "torch's" are of fastemb.torch with torch's optimiser, rows "inside" of fastemb.torch that makes the
step in backward. Each round times torch and then fastemb on the same batch; ids follow Zipf's law, on rows in random
order. Both work on the same table. "x" is torch's time divided by ours. Idle threads of torch sleep
(OMP_WAIT_POLICY=passive, unless it is set), as they would else spin on the CPUs that the other one needs.

--memory prints, and times nothing, how much memory a call takes above the table and the state of its optimiser: each
library in a process of its own, which repeats the call; the peak of its resident memory less what is resident when all
calls are over. Freed memory goes back to the system at once there. Needs Linux.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import torch
from numpy.typing import NDArray

import fastemb.torch
from fastemb.layers import SGD, Adagrad, Adam, Embedding, EmbeddingBag, Optimizer, RowwiseAdagrad

BATCH, BAG, BATCHES = 65_536, 32, 8
RATE = 1e-3
MB = 1e6
CALLS = 3  # of which the peak of memory is taken
GIVES_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
Ids = NDArray[np.int64]
Work = Callable[[Ids], object]  # done with a batch


class Case(NamedTuple):
    """What makes the work of torch, and ours."""

    torch: Callable[[], Work]
    fastemb: Callable[[], Work]


def zipf(generator: np.random.Generator, rows: int, order: Ids) -> Ids:
    """A batch: rank r with a probability proportional to 1 / r."""
    ranks = np.exp(generator.random(BATCH) * np.log(rows)).astype(np.int64) - 1
    return order[np.minimum(ranks, rows - 1)]


def zipf_batches(rows: int) -> list[Ids]:
    generator = np.random.default_rng(1)
    order = generator.permutation(rows)
    return [zipf(generator, rows, order) for _ in range(BATCHES)]


OPTIMIZERS: dict[str, tuple[Callable[..., Any], Optimizer]] = {
    "sgd": (torch.optim.SGD, SGD(RATE)),
    "adagrad": (torch.optim.Adagrad, Adagrad(RATE)),
    "adam": (torch.optim.SparseAdam, Adam(RATE)),
    "rowwise adagrad": (torch.optim.Adagrad, RowwiseAdagrad(RATE)),
}
NAMES = (
    "look-up",
    *(f"{name}{way}" for name in OPTIMIZERS for way in ("", ", torch's", ", inside")),
    *("bags", "bags, sgd"),
)


class Table:
    """A table of which both libraries make layers, and the gradients that these get."""

    def __init__(self, rows: int, size: int, threads: int) -> None:
        self.rows, self.size, self.threads = rows, size, threads
        self.weight = Embedding(rows, size, seed=2).weight
        self.grad = np.random.default_rng(2).standard_normal((BATCH, size), np.float32)
        self.offsets = np.arange(0, BATCH, BAG)
        self.bag_grad = self.grad[: len(self.offsets)].copy()

    def torchs(self) -> torch.nn.Embedding:
        return torch.nn.Embedding(self.rows, self.size, sparse=True, _weight=torch.from_numpy(self.weight))

    def ours(self, optimizer: Optimizer | None = None) -> Embedding:
        return Embedding(
            self.rows, self.size, sparse=True, weight=self.weight, optimizer=optimizer, workers=self.threads
        )

    def case(self, name: str) -> Case:
        if name == "look-up":
            return Case(self._torch_look_up, lambda: self.ours().forward)
        if name == "bags":
            return Case(self._torch_bags, self._bags)
        if name == "bags, sgd":
            return Case(self._torch_bag_steps, self._bag_steps)
        kind, _, way = name.partition(", ")
        make, settings = OPTIMIZERS[kind]
        if way == "torch's":
            return Case(lambda: self._steps(make, self.torchs()), lambda: self._steps(make, self._module()))
        if way == "inside":
            return Case(lambda: self._steps(make, self.torchs()), lambda: self._steps(None, self._module(settings)))
        return Case(lambda: self._steps(make, self.torchs()), lambda: self._updates(settings))

    def _module(self, optimizer: Optimizer | None = None) -> fastemb.torch.Embedding:
        return fastemb.torch.Embedding.from_layer(self.ours(optimizer))

    def _torch_look_up(self) -> Work:
        layer = self.torchs()

        def look_up(ids: Ids) -> object:
            with torch.no_grad():
                return layer(torch.from_numpy(ids))

        return look_up

    def _steps(self, make: Callable[..., Any] | None, layer: Any) -> Work:
        """Forward, backward, and the step of a torch optimiser, unless backward makes it."""
        steps = None if make is None else make(layer.parameters(), RATE)
        grad = torch.from_numpy(self.grad)

        def step(ids: Ids) -> None:
            layer(torch.from_numpy(ids)).backward(grad)
            if steps is not None:
                steps.step()
                steps.zero_grad()

        return step

    def _updates(self, settings: Optimizer) -> Work:
        layer = self.ours(settings)

        def update(ids: Ids) -> None:
            layer.forward(ids)
            layer.update(ids, self.grad)

        return update

    def _torch_bag_layer(self) -> torch.nn.EmbeddingBag:
        return torch.nn.EmbeddingBag(self.rows, self.size, sparse=True, _weight=torch.from_numpy(self.weight))

    def _bag_layer(self, optimizer: Optimizer | None) -> EmbeddingBag:
        return EmbeddingBag(
            self.rows, self.size, sparse=True, weight=self.weight, optimizer=optimizer, workers=self.threads
        )

    def _torch_bags(self) -> Work:
        layer, offsets = self._torch_bag_layer(), torch.from_numpy(self.offsets)

        def look_up(ids: Ids) -> object:
            with torch.no_grad():
                return layer(torch.from_numpy(ids), offsets)

        return look_up

    def _bags(self) -> Work:
        layer = self._bag_layer(None)
        return lambda ids: layer.forward(ids, self.offsets)

    def _torch_bag_steps(self) -> Work:
        layer, offsets, grad = self._torch_bag_layer(), torch.from_numpy(self.offsets), torch.from_numpy(self.bag_grad)
        steps = torch.optim.SGD(layer.parameters(), RATE)

        def step(ids: Ids) -> None:
            layer(torch.from_numpy(ids), offsets).backward(grad)
            steps.step()
            steps.zero_grad()

        return step

    def _bag_steps(self) -> Work:
        layer = self._bag_layer(SGD(RATE))

        def update(ids: Ids) -> None:
            layer.forward(ids, self.offsets)
            layer.update(ids, self.bag_grad, self.offsets)

        return update


# ---- time ----


def times_of(case: Case, batches: list[Ids], rounds: int, clock: Callable[[], float]) -> list[list[float]]:
    """Milliseconds of each round, torch's and ours."""
    pair = [make() for make in case]
    times: list[list[float]] = [[], []]
    for number in range(rounds):
        for work, taken in zip(pair, times, strict=True):
            start = clock()
            work(batches[number % BATCHES])
            taken.append((clock() - start) * 1e3)
    return times


def print_times(options: argparse.Namespace) -> None:
    clock = time.process_time if options.cpu else time.perf_counter
    unit = "ms of CPU" if options.cpu else "ms"
    print(f"torch {torch.__version__}; {unit}: best, median, median / best")
    batches = zipf_batches(options.rows)
    table = Table(options.rows, options.size, 1)
    first: dict[str, float] = {}
    for threads in options.threads:
        torch.set_num_threads(threads)
        table.threads = threads
        for name in options.only:
            times = times_of(table.case(name), batches, options.rounds, clock)
            (their_best, their_median), (best, median) = ((min(t), float(np.median(t))) for t in times)
            threaded = f"  {first[name] / best:.2f}x of one thread" if name in first else ""
            first.setdefault(name, best)
            print(
                f"{threads} thread{'s' if threads > 1 else ' '} {name:24s}"
                f" torch {their_best:8.2f} {their_median:8.2f} {their_median / their_best:5.2f}"
                f"  fastemb {best:7.2f} {median:7.2f} {median / best:5.2f}"
                f"  x best {their_best / best:6.2f} median {their_median / median:6.2f}{threaded}",
                flush=True,
            )


# ---- memory ----


def resident(path: str, name: str) -> float:
    """A line of /proc/self, in MB."""
    for line in Path("/proc/self", path).read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / MB
    raise SystemExit(f"/proc/self/{path} has no {name}")


def peak_of(work: Work, ids: Ids) -> float:
    """MB that a call takes at most and gives back, its result included.

    What a first call makes to stay, such as the state of an optimiser, is there when all are over. Nothing before may
    have taken more than there is then.
    """
    for _ in range(CALLS):
        kept = work(ids)
        del kept
    return resident("status", "VmHWM") - resident("smaps_rollup", "Rss")


def print_own_peak(options: argparse.Namespace) -> None:
    """The peak of one library at one case, in this process."""
    batches = zipf_batches(options.rows)  # before the table, which is larger than what this takes
    if options.peak_of == "nothing":
        table = np.ones((options.rows, options.size), np.float32)
        print(peak_of(lambda _: np.ones(len(table) * 8), batches[0]))
        return
    (threads,), (name,) = options.threads, options.only
    torch.set_num_threads(threads)
    make = getattr(Table(options.rows, options.size, threads).case(name), options.peak_of)
    print(peak_of(make(), batches[0]))


def peak_in_child(options: argparse.Namespace, whose: str, name: str, threads: int) -> float:
    command = [sys.executable, "-m", "bench.layers", "--peak-of", whose, "--only", name, "--threads", str(threads)]
    command += ["--rows", str(options.rows), "--size", str(options.size)]
    done = subprocess.run(command, env=os.environ | GIVES_BACK, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def print_memory(options: argparse.Namespace) -> None:
    different = len(np.unique(zipf_batches(options.rows)[0]))
    gradients = different * (options.size * 4 + 8) / MB
    print(f"MB that a call takes above the table and its state; gradients of the rows it touches: {gradients:.1f}")
    known = options.rows * 8 * 8 / MB
    print(
        f"to judge by: {known:.1f} MB taken and given back read as {peak_in_child(options, 'nothing', NAMES[0], 1):.1f}"
    )
    for threads in options.threads:
        for name in options.only:
            theirs, ours = (peak_in_child(options, whose, name, threads) for whose in Case._fields)
            print(
                f"{threads} thread{'s' if threads > 1 else ' '} {name:24s} torch {theirs:8.1f}  fastemb {ours:6.1f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.layers")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--cpu", action="store_true", help="time of CPUs, not of the clock: where others use the machine"
    )
    parser.add_argument("--memory", action="store_true", help="memory instead of time")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--peak-of", choices=("nothing", *Case._fields), help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.peak_of:
        print_own_peak(options)
        return
    different = len(np.unique(zipf_batches(options.rows)[0]))
    print(f"table {options.rows:,} x {options.size}, {BATCH:,} ids, {different:,} different")
    (print_memory if options.memory else print_times)(options)


if __name__ == "__main__":
    main()
