"""How much memory a model takes, by the number of its words: arithmetic that a corpus and a model share."""

from __future__ import annotations

import numpy as np

from .._native import HuffmanTree
from .vocabulary import Ints

_VOCABULARY_BYTES = 500  # a word: its text, entries of a list and a dict, its count; a rough guess
_PATH_BYTES = 200  # a word with its place in the Huffman tree takes so much more


def model_memory(words: int, vector_size: int, negative: int, hs: int) -> dict[str, int]:
    """Bytes that a model of so many words takes, by part.

    While it trains, rows are padded to a multiple of 64 bytes, and one more matrix is held for a moment.

    Args:
        words: Rows of each matrix.
        vector_size: Columns, of 4 bytes each.
        negative: Negatives of a draw; 0 for a model without output vectors of words.
        hs: 0 for a model without output vectors of Huffman nodes.

    Returns:
        "vocab" (a rough guess), "vectors", and "syn1" (``hs``) and "syn1neg" (``negative``) where the model has them.
    """
    matrix = words * vector_size * 4
    memory = {"vocab": words * (_VOCABULARY_BYTES + (_PATH_BYTES if hs else 0)), "vectors": matrix}
    if hs:
        memory["syn1"] = matrix
    if negative:
        memory["syn1neg"] = matrix
    return memory


def table_memory(counts: Ints, negative: int, hs: int) -> int:
    """Bytes of the tables that words and negatives are drawn with, and of the Huffman paths.

    Args:
        counts: How often each word of the model occurs, int64 (words,), in any order.
        negative: As for `model_memory`.
        hs: As for `model_memory`.
    """
    words = len(counts)
    keep = 4 * words
    noise = 8 * words if negative else 0
    paths = 8 * words + 5 * HuffmanTree(np.maximum(-np.sort(-counts), 1)).total if hs else 0
    return keep + noise + paths
