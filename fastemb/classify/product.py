"""Models made smaller: rows that matter little left out, and the others product quantised, as in ``.ftz`` files."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..io.formats.fasttext_matrix import CENTROIDS, QuantisedMatrix
from ..io.formats.fasttext_parts import Dictionary
from ..signals import slices
from ..vectors.k_means import each, k_means, nearest_centroids
from ..vectors.norms import row_norms, scaled
from .state import HIERARCHICAL, ClassifierState

Floats = NDArray[np.float32]

_SAMPLE = 1 << 16  # rows that k-means sees, as in fastText
_BLOCK_ROWS = 4096  # that a thread encodes at once
_OUTPUT_WIDTH = 2  # values a code stands for in the output matrix, as in fastText
_END_OF_LINE = b"</s>"


@dataclass(frozen=True)
class Quantising:
    """How a model is quantised.

    Attributes:
        width: Values of a row that a code of a byte stands for.
        lengths: Quantise the rows at length 1, and their lengths by themselves.
        outputs: Quantise the output matrix, too.
        seed: Of k-means.
        threads: How many work at it.
    """

    width: int = 2
    lengths: bool = False
    outputs: bool = False
    seed: int = 1
    threads: int = 1


def quantised(state: ClassifierState, by: Quantising) -> ClassifierState:
    """A copy whose input matrix and, if asked for, output matrix are product quantised.

    Raises:
        ValueError: It is quantised already; there is nothing to quantise; or values are no finite numbers.
    """
    inputs, outputs = state.inputs, state.outputs
    if isinstance(inputs, QuantisedMatrix) or isinstance(outputs, QuantisedMatrix):
        raise ValueError("the model is quantised already")
    made = replace(state, inputs=quantised_matrix(inputs, "input", by))
    if by.outputs:
        made = replace(made, outputs=quantised_matrix(outputs, "output", replace(by, width=_OUTPUT_WIDTH)))
    return made


def quantised_matrix(matrix: Floats, name: str, by: Quantising) -> QuantisedMatrix:
    """Rows (n, dim) as codes; the last part of a row has what is left, if ``width`` does not divide ``dim``.

    Raises:
        ValueError: There are no rows, or values that are no finite numbers.
    """
    count, dim = matrix.shape
    if not count:
        raise ValueError(f"the {name} matrix has no rows")
    for part in slices(count):
        wrong = ~np.isfinite(matrix[part]).all(axis=1)
        if wrong.any():
            row = part.start + int(wrong.argmax())
            raise ValueError(f"row {row:,} of the {name} matrix has a value that is no finite number")
    width = min(by.width, dim)
    firsts = list(range(0, dim, width))
    chosen = np.arange(count)
    rng = np.random.default_rng(by.seed)
    if count > _SAMPLE:
        chosen = np.sort(rng.choice(count, _SAMPLE, replace=False))
    seen, lengths = _prepared(matrix[chosen], by.lengths)
    centroids = np.empty(CENTROIDS * dim, np.float32)

    def centroids_of(part: int) -> Floats:
        first, last = firsts[part], min(firsts[part] + width, dim)
        return centroids[CENTROIDS * first : CENTROIDS * last].reshape(CENTROIDS, last - first)

    def train(part: int, stopped: threading.Event) -> None:
        own = np.random.default_rng([by.seed, part])
        first = firsts[part]
        centroids_of(part)[:] = k_means(np.ascontiguousarray(seen[:, first : first + width]), own, stopped)

    each(range(len(firsts)), train, by.threads)
    known = k_means(lengths[:, np.newaxis], rng, threading.Event()) if by.lengths else None
    codes = np.empty((count, len(firsts)), np.uint8)
    length_codes = None if known is None else np.empty(count, np.uint8)

    def encode(start: int, stopped: threading.Event) -> None:
        block = slice(start, min(start + _BLOCK_ROWS, count))
        values, long = _prepared(matrix[block], by.lengths)
        if known is not None and length_codes is not None:
            nearest_centroids(long[:, np.newaxis], known, length_codes[block])
        for part, first in enumerate(firsts):
            if stopped.is_set():
                return
            nearest_centroids(values[:, first : first + width], centroids_of(part), codes[block, part])

    each(range(0, count, _BLOCK_ROWS), encode, by.threads)
    return QuantisedMatrix(codes, centroids, dim, width, length_codes, None if known is None else known[:, 0].copy())


def _prepared(rows: Floats, lengths: bool) -> tuple[Floats, Floats]:
    """Rows, of length 1 if asked for, and how long they were."""
    values = np.array(rows, np.float32, order="C")
    norms = row_norms(values)
    return (scaled(values, norms) if lengths else values), norms


def pruned(state: ClassifierState, kept: int) -> ClassifierState:
    """A copy with the ``kept`` rows of the input matrix that are longest; it must be quantised to be written.

    The end of a line stays, whatever its length. Words and n-grams whose rows are left out are as if they were unknown.
    In a model without labels the words' output rows are left out, too.

    Raises:
        ValueError: The model is quantised or pruned already; or it is one of words by hierarchical softmax.
    """
    inputs, dictionary = state.inputs, state.dictionary
    if isinstance(inputs, QuantisedMatrix) or isinstance(state.outputs, QuantisedMatrix):
        raise ValueError("the model is quantised already")
    if kept >= len(inputs):
        return state
    _require_prunable(state)
    lengths = row_norms(inputs)
    end = state.features.names.find(_END_OF_LINE)
    if end >= 0:
        lengths[end] = np.inf
    order = np.argsort(-lengths, kind="stable")[:kept]
    words, ngrams = np.sort(order[order < dictionary.words]), order[order >= dictionary.words]
    numbers = np.stack([ngrams - dictionary.words, np.arange(len(ngrams))], axis=1).astype(np.int32)
    outputs = state.outputs if state.is_supervised else state.outputs[words]
    smaller = _only_words(dictionary, words, numbers)
    return replace(state, dictionary=smaller, inputs=inputs[np.concatenate([words, ngrams])], outputs=outputs)


def _only_words(dictionary: Dictionary, words: NDArray[np.intp], ngrams: NDArray[np.int32]) -> Dictionary:
    """The dictionary with some of its words, and all labels."""
    names = dictionary.names
    rows = [*words.tolist(), *range(dictionary.words, len(names))]
    made = Dictionary.of([names[row] for row in rows], len(words), dictionary.counts[rows], dictionary.tokens)
    return replace(made, pruned=ngrams)


def _require_prunable(state: ClassifierState) -> None:
    """Refuse models of which nothing can be left out.

    Raises:
        ValueError: The tree over the words of a model without labels depends on all of them.
    """
    if not state.is_supervised and state.arguments.loss == HIERARCHICAL:
        raise ValueError("cutoff: the tree of hierarchical softmax is over all words: none can be left out")
