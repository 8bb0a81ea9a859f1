"""The doors in: text files, sentences and ids become a `Corpus`."""

from .corpus import Corpus, read_corpus
from .readers import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus
from .vocabulary import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP, TrimRule, Vocabulary

__all__ = [
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "BrownCorpus",
    "Corpus",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "TrimRule",
    "Vocabulary",
    "read_corpus",
]
