"""gensim.models.keyedvectors' names; the last two are its old names of the same class."""

from ..vectors import KeyedVectors

EuclideanKeyedVectors = Word2VecKeyedVectors = KeyedVectors

__all__ = ["EuclideanKeyedVectors", "KeyedVectors", "Word2VecKeyedVectors"]
