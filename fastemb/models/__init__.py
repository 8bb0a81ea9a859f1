"""The names under which gensim has these classes, so that an import of them needs one word changed."""

from ..phrases import FrozenPhrases, Phrases
from ..vectors import KeyedVectors
from . import callbacks, doc2vec, fasttext, keyedvectors, phrases, word2vec
from .doc2vec import Doc2Vec
from .fasttext import FastText
from .word2vec import Word2Vec

__all__ = [
    "Doc2Vec",
    "FastText",
    "FrozenPhrases",
    "KeyedVectors",
    "Phrases",
    "Word2Vec",
    "callbacks",
    "doc2vec",
    "fasttext",
    "keyedvectors",
    "phrases",
    "word2vec",
]
