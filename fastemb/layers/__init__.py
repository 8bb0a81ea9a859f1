"""Layers: embeddings inside a network, under torch's names, on NumPy arrays."""

from __future__ import annotations

from .activations import ReLU, Tanh
from .bag import EmbeddingBag
from .embedding import Embedding
from .linear import Linear
from .losses import BCEWithLogitsLoss, CrossEntropyLoss
from .optimizers import SGD, Adagrad, Adam, Optimizer, OptimizerState, RowwiseAdagrad
from .patches import PatchEmbedding
from .pooling import Pooling
from .positions import PositionalEncoding, PositionEmbedding, RotaryEmbedding, TokenAndPositionEmbedding
from .sampled import LogUniformSampler, SampledSoftmaxLoss, UnigramSampler
from .sparse import SparseRows

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "Embedding",
    "EmbeddingBag",
    "Linear",
    "LogUniformSampler",
    "Optimizer",
    "OptimizerState",
    "PatchEmbedding",
    "Pooling",
    "PositionEmbedding",
    "PositionalEncoding",
    "ReLU",
    "RotaryEmbedding",
    "RowwiseAdagrad",
    "SampledSoftmaxLoss",
    "SparseRows",
    "Tanh",
    "TokenAndPositionEmbedding",
    "UnigramSampler",
]
