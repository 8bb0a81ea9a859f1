"""The slow twin of `csrc/train/infer.c`: rows of new texts learn from matrices that stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .documents_oracle import DocumentModel
from .oracle import NEGATIVES, TOKENS, Vectors, below, draw, is_kept, low, sigmoid, stream_key

WORDS = 8  # of a block, at most; 4 in PV-DM
MANY = 10  # negatives; with more of them a block of PV-DBOW has fewer words
GOLDEN = 2654435769


def infer_texts(
    model: DocumentModel, texts: Sequence[Sequence[int]], alphas: Sequence[float], pool: Sequence[int]
) -> None:
    """Row i of ``model.tags`` learns from text i; negatives are words of the pool."""
    for row, text in zip(model.tags, texts, strict=True):
        for epoch, alpha in enumerate(alphas):
            infer_epoch(model, row, text, epoch, alpha, pool)


def infer_epoch(
    model: DocumentModel, row: Vectors, text: Sequence[int], epoch: int, alpha: float, pool: Sequence[int]
) -> None:
    """Change the row by one pass over its text."""
    bits = [draw(stream_key(model.seed, epoch, TOKENS), place) for place in range(len(text))]
    kept = [place for place, word in enumerate(text) if is_kept(model, bits[place], word, place)]
    words = [text[place] for place in kept]
    most = max(1, min(WORDS, int(1.25 / (alpha * max(model.negative / MANY, 1))))) if model.sg else 4
    for number, places in enumerate(blocks(words, most)):
        drawn = negatives(model, epoch, number, pool)
        change: Vectors = np.zeros_like(row)
        for place in places:
            reach = model.window - (below(bits[kept[place]] >> 32, model.window) if model.shrink_windows else 0)
            around = range(max(place - reach, 0), min(place + reach + 1, len(words)))
            contexts = [] if model.sg else [words[at] for at in around if at != place]
            total = row + sum(model.inputs[word] for word in contexts)
            share = 1 / (1 + len(contexts))
            hidden = total * share if model.cbow_mean else total
            factor = share if model.cbow_mean == model.cbow_exact and not model.sg else 1.0
            centres = [words[at] for at in places]
            change += alpha * factor * pull(model, hidden, words[place], centres, drawn, pool)
        row += change


def blocks(words: Sequence[int], most: int) -> Iterator[range]:
    """Places of words that follow each other and are different, up to ``most``."""
    first = 0
    for place, word in enumerate(words):
        if place - first == most or word in words[first:place]:
            yield range(first, place)
            first = place
    if first < len(words):
        yield range(first, len(words))


def negatives(model: DocumentModel, epoch: int, number: int, pool: Sequence[int]) -> list[int]:
    """Those of block ``number`` of a text: one from each of so many parts of the pool, at the same place in each."""
    count = -(-WORDS * model.negative // 5) if model.sg else model.negative
    start = low(draw(stream_key(model.seed, epoch, NEGATIVES), 0))
    within = low(start + number * GOLDEN)
    return [pool[below(((part << 32) + within) // count, len(pool))] for part in range(count)]


def pull(
    model: DocumentModel,
    hidden: Vectors,
    word: int,
    centres: Sequence[int],
    drawn: Sequence[int],
    pool: Sequence[int],
) -> Vectors:
    """What a word and its share in the negatives of its block add to its input."""
    assert model.out_ns is not None
    rows = model.out_ns
    expected = 1 / (1 + model.negative)
    errors = expected - np.where(np.isin(drawn, centres), 0.0, sigmoid(rows[list(drawn)] @ hidden))
    parts = errors @ rows[list(drawn)] - expected * len(drawn) * rows[list(pool)].mean(axis=0)
    pulled: Vectors = (1 - sigmoid(hidden @ rows[word])) * rows[word] + model.negative / len(drawn) * parts
    return pulled
