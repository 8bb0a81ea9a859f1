"""Word and item embeddings on a CPU: word2vec's models behind gensim's names."""

from . import models
from .config import package_version, show_config
from .corpus import (
    ENGLISH_CONNECTOR_WORDS,
    RULE_DEFAULT,
    RULE_DISCARD,
    RULE_KEEP,
    BrownCorpus,
    Corpus,
    FrozenPhrases,
    LineSentence,
    PathLineSentences,
    Phrases,
    Text8Corpus,
    Vocabulary,
)
from .io import load_vectors, save_vectors
from .train import CallbackAny2Vec, Word2Vec
from .vectors import KeyedVectors

__version__ = package_version()

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "BrownCorpus",
    "CallbackAny2Vec",
    "Corpus",
    "FrozenPhrases",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Phrases",
    "Text8Corpus",
    "Vocabulary",
    "Word2Vec",
    "load_vectors",
    "models",
    "save_vectors",
    "show_config",
]
