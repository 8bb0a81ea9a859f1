"""What torch answered once, for every question; torch is not needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb.layers import SGD, Adagrad, Adam, Embedding, EmbeddingBag, SparseRows
from peers import differences, plain, recorded
from peers.torch.questions import INFINITY, ROWS, SIZE, WEIGHT, bags, embeddings, optimizers

ANSWERS = recorded("torch")["answers"]
DTYPES = [np.float32, np.float64]


def settings_of(options: dict[str, Any]) -> dict[str, Any]:
    return {name: float("inf") if value == INFINITY else value for name, value in options.items()}


def arguments(options: dict[str, Any], dtype: Any) -> dict[str, Any]:
    return settings_of(options) | {"weight": np.array(WEIGHT, dtype), "dtype": dtype}


def dense(gradient: Any, options: dict[str, Any]) -> Any:
    assert isinstance(gradient, SparseRows) == options.get("sparse", False)
    return plain(gradient.to_dense() if isinstance(gradient, SparseRows) else gradient)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", embeddings())
def test_embedding(name: str, dtype: Any) -> None:
    case = embeddings()[name]
    layer = Embedding(ROWS, SIZE, **arguments(case["options"], dtype))
    out = layer(case["ids"])
    grad = layer.backward(case["grad"])
    found = {"out": plain(out), "weight": plain(layer.weight), "grad": dense(grad, case["options"])}
    assert list(differences(ANSWERS[name], found)) == []
    if "max_norm" not in case["options"] and dtype == np.float32:  # rows are copied: the same bits
        assert np.array_equal(np.array(ANSWERS[name]["out"], np.float32), out)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", bags())
def test_bag(name: str, dtype: Any) -> None:
    case = bags()[name]
    layer = EmbeddingBag(ROWS, SIZE, **arguments(case["options"], dtype))
    out = layer(case["ids"], case["offsets"], case["weights"])
    grad = layer.backward(case["grad"])
    found = {"out": plain(out), "weight": plain(layer.weight), "grad": dense(grad, case["options"])}
    if case["weights"] is not None:
        found["per_sample_weights"] = plain(layer.gradients["per_sample_weights"])
    assert list(differences(ANSWERS[name], found)) == []


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", ["update", "sparse", "dense"])
@pytest.mark.parametrize("name", optimizers())
def test_optimizer(name: str, way: str, dtype: Any) -> None:
    case = optimizers()[name]
    is_dense = case["name"] in ("Adam", "AdamW")
    if is_dense != (way == "dense") and case["name"] != "Adagrad":
        pytest.skip("Adam moves all rows where the gradient is dense, and only those that have one where it is sparse")
    kind: Any = {"SGD": SGD, "Adagrad": Adagrad}.get(case["name"], Adam)
    layer = Embedding(ROWS, SIZE, sparse=way == "sparse", optimizer=kind(**case["settings"]), **arguments({}, dtype))
    for ids, grad in zip(case["ids"], case["grads"], strict=True):
        if way == "update":
            layer.update(ids, grad)
        else:
            layer(ids)
            layer.backward(grad)
            layer.step()
    assert list(differences(ANSWERS[name], plain(layer.weight))) == []


def test_every_question_was_recorded() -> None:
    assert list(ANSWERS) == [*embeddings(), *bags(), *optimizers()]
