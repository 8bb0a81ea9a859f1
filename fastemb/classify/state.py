"""What a model of texts and labels is: its words, labels, matrices, and how it was trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..io.formats.fasttext_matrix import Matrix, QuantisedMatrix
from ..io.formats.fasttext_parts import SUPERVISED, Arguments, Dictionary
from ..train.sampling import HuffmanPaths, tree_paths
from .dictionary import LABEL_PREFIX
from .features import Features

HIERARCHICAL, NEGATIVES, SOFTMAX, ONE_VS_ALL = 1, 2, 3, 4
LOSSES = {"hs": HIERARCHICAL, "ns": NEGATIVES, "softmax": SOFTMAX, "ova": ONE_VS_ALL}
"""fastText's names of losses, and their numbers in its files."""


@dataclass(frozen=True, eq=False)
class ClassifierState:
    """A model as a value: all that its file holds, and what is trained.

    The rows of ``inputs`` are those of the words, in the order of the dictionary, then a row for each of
    ``arguments.bucket`` buckets of n-grams of characters and of words; in a pruned model for each n-gram that is kept.
    Those of ``outputs`` are those of the labels; with hierarchical softmax those of the inner nodes of a Huffman tree
    over the labels' counts, of which the last is not used.
    """

    arguments: Arguments
    dictionary: Dictionary
    inputs: Matrix
    """(words + buckets, dim)"""

    outputs: Matrix
    """(labels, dim); (words, dim) in a model without labels"""

    prefix: bytes = LABEL_PREFIX
    """With which labels begin in a text. fastText's files do not keep it."""

    lr: float = 0.1
    """The rate at which training began. fastText's files do not keep it."""

    @property
    def is_supervised(self) -> bool:
        """Whether there are labels."""
        return self.arguments.model == SUPERVISED

    @property
    def is_quantised(self) -> bool:
        """Whether it was made smaller, and cannot be trained on."""
        matrices = (self.inputs, self.outputs)
        return self.dictionary.pruned is not None or any(isinstance(one, QuantisedMatrix) for one in matrices)

    @property
    def words(self) -> list[bytes]:
        """In the order of their rows."""
        return self.dictionary.names[: self.dictionary.words]

    @property
    def labels(self) -> list[bytes]:
        """In the order of their rows, with their prefix."""
        return self.dictionary.names[self.dictionary.words :]

    @property
    def word_counts(self) -> NDArray[np.int64]:
        """How often each word was in the text."""
        return self.dictionary.counts[: self.dictionary.words]

    @property
    def label_counts(self) -> NDArray[np.int64]:
        """How often each label was in the text."""
        return self.dictionary.counts[self.dictionary.words :]

    @cached_property
    def features(self) -> Features:
        """What makes rows of texts."""
        arguments = self.arguments if self.is_supervised else replace(self.arguments, word_ngrams=1)
        return Features(self.dictionary, arguments, self.prefix)

    @cached_property
    def paths(self) -> HuffmanPaths:
        """The path of each label: inner nodes from the root on, which are rows of ``outputs``, and the turn at each.

        The sigmoid of a node's score is the probability of turn 1, as in fastText. (In `FastText` it is that of turn
        0.) The tree is fastText's for labels in this order, whether or not their counts fall.

        Raises:
            ValueError: A count is less than 1, or their sum too large.
        """
        counts = self.label_counts
        if len(counts) < 1 or counts.min() < 1:
            raise ValueError("hierarchical softmax needs labels, each with a count of 1 or more")
        return tree_paths(np.ascontiguousarray(counts))
