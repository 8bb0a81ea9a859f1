"""Word and item embeddings on a CPU: word2vec's models behind gensim's names."""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ._version import __version__

try:
    from . import _native  # noqa: F401  (to fail here, if at all)
except ImportError:
    if any(Path(__file__).parent.glob("_native*.so")) or any(Path(__file__).parent.glob("_native*.pyd")):
        raise  # it is there and cannot be loaded: Python's own message says why
    raise ImportError(
        f"fastemb's sources in {Path(__file__).parents[1]} come before any installed fastemb, and their C core is not "
        "compiled. To use these sources, run 'make build' there and start .venv/bin/python, or install them into "
        "another environment with 'pip install -e .'; to use an installed fastemb, start Python in another folder."
    ) from None

if TYPE_CHECKING:
    from . import models
    from .classify import TextClassifier
    from .config import show_config
    from .corpus import (
        RULE_DEFAULT,
        RULE_DISCARD,
        RULE_KEEP,
        BrownCorpus,
        Corpus,
        LineSentence,
        PathLineSentences,
        Text8Corpus,
        Vocabulary,
    )
    from .graphs import DeepWalk, Graph, Node2Vec
    from .items import Interactions, Item2Vec
    from .models.callbacks import CallbackAny2Vec, StopTraining
    from .models.doc2vec import Doc2Vec, Documents, TaggedDocument, TaggedLineDocument
    from .models.fasttext import FastText
    from .models.watching import EarlyStopping, Metrics
    from .models.word2vec import Word2Vec
    from .phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phrases
    from .scale.merging import merge
    from .vectors import KeyedVectors, load_vectors, save_vectors

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "BrownCorpus",
    "CallbackAny2Vec",
    "Corpus",
    "DeepWalk",
    "Doc2Vec",
    "Documents",
    "EarlyStopping",
    "FastText",
    "FrozenPhrases",
    "Graph",
    "Interactions",
    "Item2Vec",
    "KeyedVectors",
    "LineSentence",
    "Metrics",
    "Node2Vec",
    "PathLineSentences",
    "Phrases",
    "StopTraining",
    "TaggedDocument",
    "TaggedLineDocument",
    "Text8Corpus",
    "TextClassifier",
    "Vocabulary",
    "Word2Vec",
    "__version__",
    "load_vectors",
    "merge",
    "models",
    "save_vectors",
    "show_config",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())  # quiet, unless the program says otherwise

# A name is imported when it is first used: the command line answers --help without waiting for NumPy.
_HOMES = {
    "classify": ["TextClassifier"],
    "config": ["show_config"],
    "corpus": [
        "RULE_DEFAULT",
        "RULE_DISCARD",
        "RULE_KEEP",
        "BrownCorpus",
        "Corpus",
        "LineSentence",
        "PathLineSentences",
        "Text8Corpus",
        "Vocabulary",
    ],
    "evaluate": [],
    "graphs": ["DeepWalk", "Graph", "Node2Vec"],
    "index": [],
    "io": [],
    "items": ["Interactions", "Item2Vec"],
    "layers": [],
    "models": [],
    "models.callbacks": ["CallbackAny2Vec", "StopTraining"],
    "models.doc2vec": ["Doc2Vec", "Documents", "TaggedDocument", "TaggedLineDocument"],
    "models.fasttext": ["FastText"],
    "models.watching": ["EarlyStopping", "Metrics"],
    "models.word2vec": ["Word2Vec"],
    "plots": [],
    "phrases": ["ENGLISH_CONNECTOR_WORDS", "FrozenPhrases", "Phrases"],
    "scale": [],
    "scale.merging": ["merge"],
    "spaces": [],
    "train": [],
    "vectors": ["KeyedVectors", "load_vectors", "save_vectors"],
}
_HOME = {name: room for room, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOME[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    rooms = (home.partition(".")[0] for home in _HOMES)
    return sorted({*globals(), *rooms, *_HOME})
