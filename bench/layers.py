"""`fastemb.layers` beside torch on the CPU: look-up, backward and update, bags; the same threads, in one process.

    python -m bench.layers [--rows 1000000 --size 64] [--threads 1 2] [--rounds 15] [--only adam]

Needs torch. Rows "torch's" are of fastemb.torch with torch's optimiser, rows "inside" of fastemb.torch that makes the
step in backward. Each round times torch and then fastemb on the same batch; ids follow Zipf's law, on rows in random
order. Both work on the same table. "x" is torch's time divided by ours. Idle threads of torch sleep
(OMP_WAIT_POLICY=passive, unless it is set), as they would else spin on the CPUs that the other one needs.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import torch
from numpy.typing import NDArray

import fastemb.torch
from fastemb.layers import SGD, Adagrad, Adam, Embedding, EmbeddingBag, Optimizer, RowwiseAdagrad

BATCH, BAG, BATCHES = 65_536, 32, 8
RATE = 1e-3
Ids = NDArray[np.int64]
Pair = tuple[Callable[[Ids], object], Callable[[Ids], object]]  # torch's and ours


def zipf(generator: np.random.Generator, rows: int, order: Ids) -> Ids:
    """A batch: rank r with a probability proportional to 1 / r."""
    ranks = np.exp(generator.random(BATCH) * np.log(rows)).astype(np.int64) - 1
    return order[np.minimum(ranks, rows - 1)]


OPTIMIZERS: dict[str, tuple[Callable[..., Any], Optimizer]] = {
    "sgd": (torch.optim.SGD, SGD(RATE)),
    "adagrad": (torch.optim.Adagrad, Adagrad(RATE)),
    "adam": (torch.optim.SparseAdam, Adam(RATE)),
    "rowwise adagrad": (torch.optim.Adagrad, RowwiseAdagrad(RATE)),
}


def cases(weight: NDArray[np.float32], threads: int, grad: NDArray[np.float32]) -> Iterator[tuple[str, Pair]]:
    """Name -> what torch and fastemb do with a batch."""
    rows, size = weight.shape
    shared, torch_grad = torch.from_numpy(weight), torch.from_numpy(grad)
    offsets = np.arange(0, BATCH, BAG)
    bag_grad = grad[: len(offsets)].copy()
    torch_bag_grad, torch_offsets = torch.from_numpy(bag_grad), torch.from_numpy(offsets)

    theirs = torch.nn.Embedding(rows, size, sparse=True, _weight=shared)
    ours = Embedding(rows, size, sparse=True, weight=weight, workers=threads)

    def look_up(ids: Ids) -> object:
        with torch.no_grad():
            return theirs(torch.from_numpy(ids))

    yield "look-up", (look_up, ours.forward)
    for name, (make, settings) in OPTIMIZERS.items():
        steps = make(theirs.parameters(), RATE)
        trained = Embedding(rows, size, sparse=True, weight=weight, optimizer=settings, workers=threads)

        def step(ids: Ids, steps: Any = steps) -> None:
            steps.zero_grad()
            theirs(torch.from_numpy(ids)).backward(torch_grad)
            steps.step()

        def update(ids: Ids, trained: Embedding = trained) -> None:
            trained.forward(ids)
            trained.update(ids, grad)

        yield name, (step, update)
        module = fastemb.torch.Embedding.from_layer(Embedding(rows, size, sparse=True, weight=weight, workers=threads))
        module_steps = make(module.parameters(), RATE)

        def step_of_module(ids: Ids, module: Any = module, steps: Any = module_steps) -> None:
            steps.zero_grad()
            module(torch.from_numpy(ids)).backward(torch_grad)
            steps.step()

        yield f"{name}, torch's", (step, step_of_module)
        del module_steps, step_of_module
        module = fastemb.torch.Embedding.from_layer(trained)

        def step_in_backward(ids: Ids, module: Any = module) -> None:
            module(torch.from_numpy(ids)).backward(torch_grad)

        yield f"{name}, inside", (step, step_in_backward)
        del steps, trained, module, step, update, step_in_backward
    their_bag = torch.nn.EmbeddingBag(rows, size, sparse=True, _weight=shared)
    our_bag = EmbeddingBag(rows, size, sparse=True, weight=weight, optimizer=SGD(RATE), workers=threads)
    bag_steps = torch.optim.SGD(their_bag.parameters(), RATE)

    def look_bags_up(ids: Ids) -> object:
        with torch.no_grad():
            return their_bag(torch.from_numpy(ids), torch_offsets)

    yield "bags", (look_bags_up, lambda ids: our_bag.forward(ids, offsets))

    def step_of_bags(ids: Ids) -> None:
        bag_steps.zero_grad()
        their_bag(torch.from_numpy(ids), torch_offsets).backward(torch_bag_grad)
        bag_steps.step()

    def update_of_bags(ids: Ids) -> None:
        our_bag.forward(ids, offsets)
        our_bag.update(ids, bag_grad, offsets)

    yield "bags, sgd", (step_of_bags, update_of_bags)


def forget_peak() -> None:
    """Let the kernel measure the peak of memory anew (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def memory(name: str) -> float:
    """MB: "VmRSS" now, "VmHWM" the peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/self/status has no {name}")


def peak_of(work: Callable[[Ids], object], ids: Ids) -> float:
    """MB by which a call raises the memory of the process at most, its result with it."""
    work(ids)
    forget_peak()
    before = memory("VmRSS")
    kept = work(ids)
    del kept
    return memory("VmHWM") - before


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.layers")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--cpu", action="store_true", help="time of CPUs, not of the clock: where others use the machine"
    )
    parser.add_argument("--only", nargs="+", help="names of cases")
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    warnings.simplefilter("ignore")
    generator = np.random.default_rng(1)
    weight = generator.standard_normal((options.rows, options.size), np.float32)
    grad = generator.standard_normal((BATCH, options.size), np.float32)
    order = generator.permutation(options.rows)
    batches = [zipf(generator, options.rows, order) for _ in range(BATCHES)]
    print(f"table {options.rows:,} x {options.size}, {BATCH:,} ids, {len(np.unique(batches[0])):,} different")
    unit = "ms of CPU" if options.cpu else "ms"
    print(f"torch {torch.__version__}; {unit}: best, median, median / best; MB: peak above the table and its state")
    first: dict[str, float] = {}
    for threads in options.threads:
        torch.set_num_threads(threads)
        for name, pair in cases(weight, threads, grad):
            if options.only and name not in options.only:
                continue
            times: tuple[list[float], list[float]] = ([], [])
            for number in range(options.rounds):
                for work, taken in zip(pair, times, strict=True):
                    start = clock()
                    work(batches[number % BATCHES])
                    taken.append((clock() - start) * 1e3)
            (their_best, their_median), (best, median) = ((min(t), float(np.median(t))) for t in times)
            their_peak, peak = (peak_of(work, batches[0]) for work in pair)
            threaded = f"  {first[name] / best:.2f}x of one thread" if name in first else ""
            first.setdefault(name, best)
            print(
                f"{threads} thread{'s' if threads > 1 else ' '} {name:24s}"
                f" torch {their_best:8.2f} {their_median:8.2f} {their_median / their_best:5.2f} {their_peak:7.1f} MB"
                f"  fastemb {best:7.2f} {median:7.2f} {median / best:5.2f} {peak:6.1f} MB"
                f"  x best {their_best / best:6.2f} median {their_median / median:6.2f}{threaded}",
                flush=True,
            )


if __name__ == "__main__":
    main()
