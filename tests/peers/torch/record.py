"""Ask torch: PYTHONPATH=tests python -P -m peers.torch.record [--check]"""

import sys
import warnings
from typing import Any

import torch
from torch import nn

from peers import plain, run
from peers.torch.questions import INFINITY, ROWS, SIZE, WEIGHT, bags, embeddings, optimizers

DENSE = ("Adam", "AdamW")  # they refuse sparse gradients


def settings_of(options: dict[str, Any]) -> dict[str, Any]:
    """For torch, which refuses scale_grad_by_freq for sparse gradients: of the dense one with the same values."""
    found = {name: float("inf") if value == INFINITY else value for name, value in options.items()}
    if found.get("scale_grad_by_freq"):
        found.pop("sparse", None)
    return found


def weight() -> torch.Tensor:
    return torch.tensor(WEIGHT)


def dense(gradient: Any) -> Any:
    return plain((gradient.to_dense() if gradient.is_sparse else gradient).tolist())


def embedding(case: dict[str, Any]) -> dict[str, Any]:
    layer = nn.Embedding(ROWS, SIZE, _weight=weight(), **settings_of(case["options"]))
    out = layer(torch.tensor(case["ids"]))
    out.backward(torch.tensor(case["grad"]))
    return {"out": plain(out.tolist()), "weight": plain(layer.weight.tolist()), "grad": dense(layer.weight.grad)}


def bag(case: dict[str, Any]) -> dict[str, Any]:
    layer = nn.EmbeddingBag(ROWS, SIZE, _weight=weight(), **settings_of(case["options"]))
    offsets = None if case["offsets"] is None else torch.tensor(case["offsets"])
    weights = None if case["weights"] is None else torch.tensor(case["weights"], requires_grad=True)
    out = layer(torch.tensor(case["ids"]), offsets, weights)
    out.backward(torch.tensor(case["grad"]))
    found = {"out": plain(out.tolist()), "weight": plain(layer.weight.tolist()), "grad": dense(layer.weight.grad)}
    return found | ({} if weights is None else {"per_sample_weights": plain(weights.grad.tolist())})


def optimizer(case: dict[str, Any]) -> Any:
    layer = nn.Embedding(ROWS, SIZE, _weight=weight(), sparse=case["name"] not in DENSE)
    steps = getattr(torch.optim, case["name"])(layer.parameters(), **case["settings"])
    for ids, grad in zip(case["ids"], case["grads"], strict=True):
        steps.zero_grad()
        layer(torch.tensor(ids)).backward(torch.tensor(grad))
        steps.step()
    return plain(layer.weight.tolist())


def ask() -> dict[str, Any]:
    warnings.simplefilter("ignore")
    found: dict[str, Any] = {name: embedding(case) for name, case in embeddings().items()}
    found |= {name: bag(case) for name, case in bags().items()}
    return found | {name: optimizer(case) for name, case in optimizers().items()}


if __name__ == "__main__":
    sys.exit(run(__file__, torch.__version__.partition("+")[0], ask))
