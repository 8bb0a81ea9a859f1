"""Texts with labels: models that tell the labels of a text by its words and their n-grams, as fastText's do."""

from .measures import LabelScore, Measures
from .text_classifier import TextClassifier

__all__ = ["LabelScore", "Measures", "TextClassifier"]
