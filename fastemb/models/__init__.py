"""The names under which gensim has these classes, so that an import of them needs one word changed."""

from ..phrases import FrozenPhrases, Phrases
from ..vectors import KeyedVectors
from . import callbacks, fasttext, keyedvectors, phrases, word2vec
from .fasttext import FastText
from .word2vec import Word2Vec

__all__ = [
    "FastText",
    "FrozenPhrases",
    "KeyedVectors",
    "Phrases",
    "Word2Vec",
    "callbacks",
    "fasttext",
    "keyedvectors",
    "phrases",
    "word2vec",
]
