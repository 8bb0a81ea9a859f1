"""The tokens of a task in parts, one for each node."""

from __future__ import annotations

import numpy as np

from ..corpus import Corpus, Vocabulary
from ..train.task import CorpusTokens, Tokens
from .together import Spread


def spread_corpus(tokens: CorpusTokens, nodes: int) -> Spread:
    """Sentences that this process has, cut to parts of about as many words."""
    corpus = tokens.corpus
    cuts = [int(np.searchsorted(corpus.offsets, corpus.words * node / nodes)) for node in range(nodes)]
    cuts.append(len(corpus))
    nothing = Vocabulary([], [])

    def part(node: int) -> tuple[Tokens | None, int]:
        offsets = np.asarray(corpus.offsets[cuts[node] : cuts[node + 1] + 1])
        first, last = int(offsets[0]), int(offsets[-1])
        ids = np.ascontiguousarray(corpus.ids[first:last])
        keep = None if tokens.event_keep is None else tokens.event_keep[first:last]
        return CorpusTokens(Corpus(ids, offsets - first, nothing, last - first), keep, first), 0

    words = tuple(int(corpus.offsets[last] - corpus.offsets[first]) for first, last in zip(cuts, cuts[1:], strict=False))
    return Spread(words, 1, part, lambda _: None)
