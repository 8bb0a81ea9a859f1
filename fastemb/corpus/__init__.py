"""The doors in: text files, sentences and ids become a `Corpus`."""

from .corpus import Corpus
from .vocabulary import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP, TrimRule, Vocabulary

__all__ = ["RULE_DEFAULT", "RULE_DISCARD", "RULE_KEEP", "Corpus", "TrimRule", "Vocabulary"]
