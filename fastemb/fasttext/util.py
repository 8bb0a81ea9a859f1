"""The module of the same name in the package: small helpers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..io.formats.fasttext_matrix import QuantisedMatrix
from ..signals import slices
from .model import FastTextModel

__all__ = ["find_nearest_neighbor", "reduce_model", "test"]

_SEEN = 100_000  # rows by which the axes are found, as in the package


def test(predictions: Iterable[Sequence[Any]], labels: Iterable[Sequence[Any]], k: int = 1) -> tuple[float, float]:  # noqa: PT028
    """Return the precision and recall of predicted labels, of which each text has ``k``.

    Raises:
        ValueError: There are no texts, or no labels.
    """
    right, texts, known = 0, 0, 0
    for predicted, own in zip(predictions, labels, strict=False):
        right += sum(one in own for one in predicted)
        texts += 1
        known += len(own)
    if not texts or not known:
        raise ValueError("there are no texts with labels")
    return right / (k * texts), right / known


def find_nearest_neighbor(
    query: NDArray[Any],
    vectors: NDArray[Any],
    ban_set: Iterable[int],
    cossims: NDArray[Any] | None = None,
) -> int:
    """Return the row of ``vectors`` (n, d), which have length 1, with the highest product with ``query`` (d,).

    Args:
        query: A vector.
        vectors: Where to look.
        ban_set: Rows that are left out, and come last if there is nothing else.
        cossims: (n,), room for the products.
    """
    products = np.matmul(vectors, query, out=cossims)
    banned = set(ban_set)
    order = np.argsort(-products, kind="stable")
    return next((int(row) for row in order if int(row) not in banned), int(order[0]))


def reduce_model(ft_model: FastTextModel, target_dim: int) -> FastTextModel:
    """Give a model vectors of fewer dimensions, those in which the first 100,000 rows of its input matrix differ most.

    Raises:
        ValueError: The model is quantised, or has no more than ``target_dim`` dimensions.
    """
    state = ft_model._state
    inputs, outputs = state.inputs, state.outputs
    if isinstance(inputs, QuantisedMatrix) or isinstance(outputs, QuantisedMatrix):
        raise ValueError("the model is quantised: reduce it before")
    if not 0 < target_dim < state.arguments.dim:
        raise ValueError(
            f"target_dim must be 1 to {state.arguments.dim - 1}, less than the model has, not {target_dim}"
        )
    some = inputs[:_SEEN].astype(np.float64)
    _, axes = np.linalg.eigh(np.cov(some, rowvar=False))
    chosen = axes[:, ::-1][:, :target_dim].astype(np.float32)
    made = np.empty((len(inputs), target_dim), np.float32)
    for part in slices(len(inputs)):
        made[part] = inputs[part] @ chosen
    arguments = replace(state.arguments, dim=target_dim)
    ft_model._take(replace(state, arguments=arguments, inputs=made, outputs=outputs @ chosen))
    return ft_model


test.__test__ = False  # type: ignore[attr-defined]
