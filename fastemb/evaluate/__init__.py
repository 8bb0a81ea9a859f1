"""How good vectors are: analogies, agreement with people about similar words, and the statistics for it."""

from .analogies import Section, evaluate_word_analogies
from .statistics import Correlation, pearson, spearman
from .word_pairs import evaluate_word_pairs

__all__ = ["Correlation", "Section", "evaluate_word_analogies", "evaluate_word_pairs", "pearson", "spearman"]
