"""Training: settings, sampling tables, threads, and the Word2Vec model."""

from .word2vec import Word2Vec

__all__ = ["Word2Vec"]
