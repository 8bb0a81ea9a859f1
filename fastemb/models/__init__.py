"""The names under which gensim has these classes, so that an import of them needs one word changed."""

from ..train import Word2Vec
from ..vectors import KeyedVectors
from . import callbacks, keyedvectors, word2vec

__all__ = ["KeyedVectors", "Word2Vec", "callbacks", "keyedvectors", "word2vec"]
