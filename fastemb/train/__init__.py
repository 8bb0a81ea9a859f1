"""Training: settings, sampling tables, threads, and the Word2Vec model."""

from .callbacks import CallbackAny2Vec
from .word2vec import Word2Vec

__all__ = ["CallbackAny2Vec", "Word2Vec"]
