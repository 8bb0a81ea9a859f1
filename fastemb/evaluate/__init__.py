"""How good vectors are: by analogies, similar words, odd ones out and categories, and the statistics for it."""

from .analogies import Section, evaluate_word_analogies
from .judgement import Comparison, Judgement, Score
from .judging import judge
from .statistics import Correlation, pearson, spearman
from .word_pairs import evaluate_word_pairs

__all__ = [
    "Comparison",
    "Correlation",
    "Judgement",
    "Score",
    "Section",
    "evaluate_word_analogies",
    "evaluate_word_pairs",
    "judge",
    "pearson",
    "spearman",
]
