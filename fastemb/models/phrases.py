"""gensim.models.phrases' names."""

from ..phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phrases, npmi_scorer, original_scorer

Phraser = FrozenPhrases
"""gensim's old name."""

__all__ = ["ENGLISH_CONNECTOR_WORDS", "FrozenPhrases", "Phraser", "Phrases", "npmi_scorer", "original_scorer"]
