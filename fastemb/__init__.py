"""Word and item embeddings on a CPU: word2vec's models behind gensim's names."""

from .config import package_version, show_config
from .corpus import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP, Corpus, Vocabulary
from .io import load_vectors, save_vectors
from .train import Word2Vec
from .vectors import KeyedVectors

__version__ = package_version()

__all__ = [
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "Corpus",
    "KeyedVectors",
    "Vocabulary",
    "Word2Vec",
    "load_vectors",
    "save_vectors",
    "show_config",
]
