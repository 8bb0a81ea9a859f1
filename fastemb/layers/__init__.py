"""Layers: embeddings inside a network, under torch's names, on NumPy arrays."""

from __future__ import annotations

from .bag import EmbeddingBag
from .embedding import Embedding
from .optimizers import SGD, Adagrad, Adam, Optimizer, OptimizerState, RowwiseAdagrad
from .sparse import SparseRows

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "Embedding",
    "EmbeddingBag",
    "Optimizer",
    "OptimizerState",
    "RowwiseAdagrad",
    "SparseRows",
]
