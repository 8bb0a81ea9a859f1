"""Texts with labels: models that tell the labels of a text by its words and their n-grams, as fastText's do."""
