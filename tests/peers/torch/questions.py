"""What torch and fastemb.layers are both asked: cases in plain numbers, every option alone and in pairs."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

ROWS, SIZE, IDS, STEPS = 7, 3, 12, 4
INFINITY = "inf"  # JSON has none

_OPTIONS: dict[str, dict[str, Any]] = {
    "padding_idx=2": {"padding_idx": 2},
    "padding_idx=-1": {"padding_idx": -1},
    "max_norm=1": {"max_norm": 1.0},
    "norm_type=1": {"max_norm": 1.0, "norm_type": 1.0},
    "norm_type=3.5": {"max_norm": 1.0, "norm_type": 3.5},
    "norm_type=inf": {"max_norm": 0.5, "norm_type": INFINITY},
    "scale_grad_by_freq": {"scale_grad_by_freq": True},
    "sparse": {"sparse": True},
}
_BAG_OPTIONS: dict[str, dict[str, Any]] = {
    "mode=sum": {"mode": "sum"},
    "mode=max": {"mode": "max"},
    **{name: options for name, options in _OPTIONS.items() if name != "scale_grad_by_freq"},  # see `bags`
    "include_last_offset": {"include_last_offset": True},
    "per_sample_weights": {"per_sample_weights": True, "mode": "sum"},
    "two dimensions": {"two_dimensions": True},
}
_SHAPES = {"0-d": (), "1-d": (IDS,), "2-d": (3, 4), "3-d": (2, 3, 2)}
_OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.1},
    "Adagrad": {"lr": 0.1},
    "Adagrad, all": {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-3},
    "SparseAdam": {"lr": 0.1},
    "SparseAdam, all": {"lr": 0.1, "betas": (0.7, 0.9), "eps": 1e-8},
    "Adam": {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-2},
    "AdamW": {"lr": 0.1, "weight_decay": 0.3},
}


def numbers(seed: int, *shape: int) -> Any:
    """Floats in [-1.5, 1.5), in lists of this shape."""
    generator = random.Random(seed)

    def draw(rest: tuple[int, ...]) -> Any:
        return [draw(rest[1:]) for _ in range(rest[0])] if rest else round(3 * generator.random() - 1.5, 3)

    return draw(shape)


def ids(seed: int, shape: tuple[int, ...]) -> Any:
    """Rows in lists of this shape; many are there several times, and the last is."""
    generator = random.Random(seed)

    def draw(rest: tuple[int, ...]) -> Any:
        return [draw(rest[1:]) for _ in range(rest[0])] if rest else generator.choice([0, 1, 2, 2, 4, ROWS - 1])

    return draw(shape)


def _mixed(options: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """No option, each alone, and each pair of which neither undoes the other."""
    cases: dict[str, dict[str, Any]] = {"no option": {}} | options
    for (one, first), (other, second) in combinations(options.items(), 2):
        if all(second.get(name, value) == value for name, value in first.items()):
            cases[f"{one}, {other}"] = first | second
    return cases


def embeddings() -> dict[str, dict[str, Any]]:
    """Name -> options, weight, ids and gradient of a look-up."""
    cases = {
        f"embedding: {name}": {"options": options, "ids": ids(1, (3, 4)), "grad": numbers(2, 3, 4, SIZE)}
        for name, options in _mixed(_OPTIONS).items()
    }
    for name, shape in _SHAPES.items():
        cases[f"embedding: {name}"] = {"options": {}, "ids": ids(3, shape), "grad": numbers(4, *shape, SIZE)}
    return cases


def bags() -> dict[str, dict[str, Any]]:
    """Name -> options, weight, ids, offsets, weights and gradient of a look-up of bags, of which one is empty.

    Not with scale_grad_by_freq, of which torch 2.13 divides by the count of another row on the CPU
    (tests/layers/test_bag.py has the definition), nor of "max" with sparse gradients, which it refuses,
    and with the norm of infinity, which makes the greatest values of rows equal.
    """
    cases = {}
    for name, mixed in _mixed(_BAG_OPTIONS).items():
        options = dict(mixed)
        if options.get("mode") == "max" and ("sparse" in options or options.get("norm_type") == INFINITY):
            continue
        flat, weighted = not options.pop("two_dimensions", False), options.pop("per_sample_weights", False)
        shape = (IDS,) if flat else (4, 3)
        offsets = [0, 5, 5, 6] + ([IDS] if options.get("include_last_offset") else [])
        cases[f"bag: {name}"] = {
            "options": options,
            "ids": ids(5, shape),
            "offsets": offsets if flat else None,
            "weights": numbers(6, *shape) if weighted else None,
            "grad": numbers(7, 4, SIZE),
        }
    return cases


def optimizers() -> dict[str, dict[str, Any]]:
    """Name -> torch's name of an optimiser, its settings, and the ids and gradients of each step."""
    return {
        f"optimizer: {name}": {
            "name": name.partition(",")[0],
            "settings": settings,
            "ids": [ids(10 + step, (IDS,)) for step in range(STEPS)],
            "grads": [numbers(20 + step, IDS, SIZE) for step in range(STEPS)],
        }
        for name, settings in _OPTIMIZERS.items()
    }


WEIGHT = numbers(0, ROWS, SIZE)
