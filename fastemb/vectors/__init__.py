"""Vectors by key: look-up, questions, changes, files."""

from .any_format import load_vectors, save_vectors
from .keyedvectors import KeyedVectors

__all__ = ["KeyedVectors", "load_vectors", "save_vectors"]
