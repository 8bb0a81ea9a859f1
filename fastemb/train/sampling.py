"""Tables that sampling reads: what stays, what is drawn as a negative, which path leads to a word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..signals import slices
from .settings import Settings


def keep_probabilities(counts: NDArray[np.int64], sample: float) -> NDArray[np.float64]:
    """Probability that one occurrence of each word is trained on, as in word2vec's code.

    With f the word's share of all tokens it is sqrt(sample / f) + sample / f, at most 1. ``sample`` of 1 or more
    is a count in place of a share (gensim's rule); 0 keeps everything.
    """
    if sample <= 0:
        return np.ones(len(counts))
    threshold = sample * counts.sum() if sample < 1 else sample * (3 + np.sqrt(5)) / 2
    ratio = threshold / np.maximum(counts, 1)
    probabilities: NDArray[np.float64] = np.minimum(np.sqrt(ratio) + ratio, 1.0)
    return probabilities


def keep_thresholds(counts: NDArray[np.int64], sample: float) -> NDArray[np.uint32] | None:
    """The same as thresholds on 32 random bits; None when everything stays."""
    probabilities = keep_probabilities(counts, sample)
    if (probabilities == 1.0).all():
        return None
    return keep_shares(probabilities)


def keep_shares(probabilities: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Probabilities with which things stay as thresholds on 32 random bits."""
    thresholds: NDArray[np.uint32] = np.clip(np.rint(probabilities * 2.0**32) - 1, 0, 2**32 - 1).astype(np.uint32)
    return thresholds


def noise_weights(counts: NDArray[np.int64], ns_exponent: float) -> NDArray[np.float64]:
    """Chances to be drawn as a negative: count ** ns_exponent, the highest of them 1."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        logs = ns_exponent * np.log(counts.astype(np.float64))
        logs[counts == 0] = -np.inf
        weights: NDArray[np.float64] = np.exp(logs - logs.max())
    return weights


def noise_table(counts: NDArray[np.int64], ns_exponent: float) -> NDArray[np.uint32]:
    """Alias table (n x 2) that draws each word with a probability proportional to count ** ns_exponent."""
    weights = noise_weights(counts, ns_exponent)
    table = np.empty((len(counts), 2), dtype=np.uint32)
    _native.alias_table(weights, table)
    return table


@dataclass(frozen=True)
class HuffmanPaths:
    """For word i, entries offsets[i]:offsets[i + 1] hold its path: rows of ``syn1`` and the turn at each."""

    offsets: NDArray[np.int64]
    nodes: NDArray[np.int32]
    codes: NDArray[np.uint8]
    longest: int

    def of_words(self, words: NDArray[np.intp]) -> HuffmanPaths:
        """The paths of the same words in another order: first that of ``words[0]``."""
        lengths = np.diff(self.offsets)[words]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        nodes, codes = np.empty_like(self.nodes), np.empty_like(self.codes)
        nodes[-1:], codes[-1:] = self.nodes[-1:], self.codes[-1:]
        for part in slices(len(words)):
            first, last = int(offsets[part.start]), int(offsets[part.stop])
            source = np.repeat(self.offsets[words[part]] - offsets[part], lengths[part]) + np.arange(first, last)
            nodes[first:last], codes[first:last] = self.nodes[source], self.codes[source]
        return HuffmanPaths(offsets, nodes, codes, self.longest)


def huffman_paths(counts: NDArray[np.int64]) -> HuffmanPaths:
    """Paths through the Huffman tree over ``counts`` in any order; rare words have the long ones.

    Counts of zero are taken as one: many of them would make a path as long as the vocabulary.

    Raises:
        ValueError: the counts add up to 2**63 or more.
    """
    counts = np.maximum(counts, 1)
    order = np.argsort(-counts, kind="stable")
    paths = tree_paths(np.ascontiguousarray(counts[order]))
    if np.array_equal(order, np.arange(len(counts))):
        return paths
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return paths.of_words(rank)


def tree_paths(counts: NDArray[np.int64]) -> HuffmanPaths:
    """Paths through the tree over ``counts`` as word2vec builds it, which is a Huffman tree where they fall.

    Raises:
        ValueError: one is negative, or they add up to 2**63 or more.
    """
    tree = _native.HuffmanTree(counts)
    offsets = np.empty(len(counts) + 1, dtype=np.int64)
    nodes = np.empty(tree.total + 1, dtype=np.int32)  # one spare entry: a single word has an empty path
    codes = np.empty(tree.total + 1, dtype=np.uint8)
    tree.paths(offsets, nodes, codes)
    nodes[-1], codes[-1] = 0, 0
    return HuffmanPaths(offsets, nodes, codes, int(np.diff(offsets).max()))


@dataclass(frozen=True)
class Tables:
    """What sampling reads, made once a run.

    Attributes:
        rows: Words.
        counts: How often each occurs, int64 (rows,).
        keep: Thresholds below which an occurrence of each word stays, uint32 (rows,); None where all stay.
        noise: Alias table of the negatives, uint32 (rows, 2); None without negative sampling.
        paths: Paths through the Huffman tree; None without hierarchical softmax.
    """

    rows: int
    counts: NDArray[np.int64]
    keep: NDArray[np.uint32] | None
    noise: NDArray[np.uint32] | None
    paths: HuffmanPaths | None

    @classmethod
    def of(cls, counts: NDArray[np.int64], settings: Settings, paths: HuffmanPaths | None) -> Tables:
        """The tables for words with these counts; ``paths`` are theirs, where there is hierarchical softmax."""
        noise = noise_table(counts, settings.ns_exponent) if settings.negative else None
        return cls(len(counts), counts, keep_thresholds(counts, settings.sample), noise, paths if settings.hs else None)
