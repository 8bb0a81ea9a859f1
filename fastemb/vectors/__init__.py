"""Vectors by key: look-up, queries, evaluation, files."""

from .keyedvectors import KeyedVectors
from .statistics import Correlation

__all__ = ["Correlation", "KeyedVectors"]
