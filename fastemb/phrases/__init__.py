"""Phrases: words that are found side by side more often than their counts explain, made one word.

Mikolov et al. 2013, "Distributed representations of words and phrases and their compositionality", section 4;
Bouma 2009, "Normalized (pointwise) mutual information in collocation extraction". Names and defaults are gensim's.
"""

from .model import FrozenPhrases, Phrases
from .scoring import npmi_scorer, original_scorer
from .settings import ENGLISH_CONNECTOR_WORDS

__all__ = ["ENGLISH_CONNECTOR_WORDS", "FrozenPhrases", "Phrases", "npmi_scorer", "original_scorer"]
