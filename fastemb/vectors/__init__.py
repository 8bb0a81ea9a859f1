"""Vectors by key: look-up, queries, evaluation, files."""

from .any_format import load_vectors, save_vectors
from .keyedvectors import KeyedVectors
from .statistics import Correlation

__all__ = ["Correlation", "KeyedVectors", "load_vectors", "save_vectors"]
