"""Approximate search: indexes that find nearly the nearest vectors without looking at all."""

from .vector_index import VectorIndex

__all__ = ["VectorIndex"]
