"""gensim.models.word2vec's names."""

from ..corpus import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus
from ..train import Word2Vec
from ..vectors import KeyedVectors

__all__ = ["BrownCorpus", "KeyedVectors", "LineSentence", "PathLineSentences", "Text8Corpus", "Word2Vec"]
