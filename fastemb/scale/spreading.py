"""The tokens of a task in parts, one for each node: text that the nodes read, and what this process has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import warn
from ..corpus import Corpus, Vocabulary
from ..corpus.checksums import ArraySum, digest_of
from ..corpus.origin import Origin
from ..corpus.vocabulary import NothingKeptError, Selection
from ..graphs.walks import WalkTokens
from ..train.task import CorpusTokens, Tokens
from .shards import Shard, counted
from .together import MOST_FAILURES, Spread
from .transport import NodeLostError, Transport


class SpreadText(Corpus):
    """Text whose sentences are on nodes, each of which has read a part and keeps it.

    Args:
        transport: Reaches the nodes.
        shards: What each reads.
        source: What errors call all of it.
        origin: How it is read again.
    """

    def __init__(self, transport: Transport, shards: Sequence[Shard], source: str, origin: Origin | None) -> None:
        self._transport = transport
        self._shards = shards
        self._source = source
        found = self._each("read", lambda node: (shards[node],), lambda _: None)
        self._counted = [(keys, counts) for keys, counts, _, _ in found]
        self._sentences: int = sum(sentences for _, _, sentences, _ in found)
        self._words: tuple[int, ...] = ()
        raw_words = sum(raw for _, _, _, raw in found)
        super().__init__(_nothing(np.int32), _nothing(np.int64), Vocabulary([], []), raw_words, None, origin)

    def _numbered_by(self, target: Selection | Vocabulary) -> Corpus:
        """This text in the ids of ``target``, which are given on the nodes."""
        known = self.vocabulary.keys
        if isinstance(target, Vocabulary) and known and target.keys[: len(known)] == known:
            return self
        vocabulary = target if isinstance(target, Vocabulary) else counted(self._counted, target, self._source)
        self._numbers = [vocabulary.ids_of(keys) for keys, _ in self._counted]
        self._words = tuple(self._each("encode", lambda node: (self._numbers[node],), self._read_again))
        self.vocabulary = vocabulary
        if not self.words:
            raise NothingKeptError(f"{self._source}: none of its words is in the vocabulary", self.raw_words)
        return self

    @property
    def words(self) -> int:
        """How many words were kept, on all nodes."""
        return sum(self._words)

    def __len__(self) -> int:
        return self._sentences

    def _digest(self, *more: NDArray[Any]) -> str:
        """As of a corpus that is here: each node goes on where the one before ended."""
        ids, offsets, first = ArraySum(np.int32), ArraySum(np.int64), 0
        for node in range(self._transport.nodes):
            handle = self._transport.call(node, "digest", ids, offsets, first)[0]
            ids, offsets = self._transport.gather([(node, handle)])[0]
            first += self._words[node]
        return digest_of([ids, offsets, *(ArraySum(array.dtype).add(array) for array in more)])

    def spread(self) -> Spread:
        """The parts that the nodes have."""
        firsts = np.cumsum([0, *self._words]).tolist()
        return Spread(self._words, 1, lambda node: (None, firsts[node]), self._fill)

    def _each(
        self, method: str, arguments: Callable[[int], tuple[Any, ...]], restore: Callable[[int], None]
    ) -> list[Any]:
        """Call a method of every node; one that is lost is replaced, restored, and called again."""
        transport, found = self._transport, dict[int, Any]()
        for _ in range(MOST_FAILURES):
            called = {
                node: transport.call(node, method, *arguments(node))[0]
                for node in range(transport.nodes)
                if node not in found
            }
            for node, handle in called.items():
                try:
                    found[node] = transport.gather([(node, handle)])[0]
                except NodeLostError as lost:
                    warn(f"{lost}; it is replaced, and reads its part again")
                    transport.replace(node)
                    restore(node)
            if len(found) == transport.nodes:
                return [found[node] for node in range(transport.nodes)]
        raise RuntimeError(f"{self._source}: nodes that read it are lost again and again")

    def _read_again(self, node: int) -> None:
        read = self._transport.call(node, "read", self._shards[node])[0]
        keys, counts, _, _ = self._transport.gather([(node, read)])[0]
        known_keys, known_counts = self._counted[node]
        if keys != known_keys or not np.array_equal(counts, known_counts):
            raise ValueError(f"{self._source}: the part of node {node} was changed since it was read first")

    def _fill(self, node: int) -> None:
        self._read_again(node)
        self._transport.gather([(node, self._transport.call(node, "encode", self._numbers[node])[0])])


def _nothing(dtype: Any) -> NDArray[Any]:
    return np.zeros(1 if dtype == np.int64 else 0, dtype)


def spread_corpus(tokens: CorpusTokens, nodes: int) -> Spread:
    """Sentences that this process has, cut to parts of about as many words.

    Raises:
        ValueError: sentences have weights.
    """
    corpus = tokens.corpus
    if corpus.weights is not None:
        raise ValueError("sentences with weights are not trained on a cluster: give corpus.weighted(None)")
    cuts = [int(np.searchsorted(corpus.offsets, corpus.words * node / nodes)) for node in range(nodes)]
    cuts.append(len(corpus))
    nothing = Vocabulary([], [])

    def part(node: int) -> tuple[Tokens | None, int]:
        offsets = np.asarray(corpus.offsets[cuts[node] : cuts[node + 1] + 1])
        first, last = int(offsets[0]), int(offsets[-1])
        ids = np.ascontiguousarray(corpus.ids[first:last])
        keep = None if tokens.event_keep is None else tokens.event_keep[first:last]
        return CorpusTokens(Corpus(ids, offsets - first, nothing, last - first), keep, first), 0

    words = tuple(int(corpus.offsets[last] - corpus.offsets[first]) for first, last in pairwise(cuts))
    return Spread(words, 1, part, lambda _: None)


def spread_walks(tokens: WalkTokens, transport: Transport) -> Spread:
    """Walks of a graph, which all nodes have: each makes a part of them."""
    length, nodes = tokens.walks.walk_length, transport.nodes
    count = tokens.walks.count(tokens.graph, tokens.starts)
    firsts = [count * node // nodes * length for node in range(nodes + 1)]
    sent = transport.put(tokens)
    words = tuple(last - first for first, last in pairwise(firsts))
    return Spread(words, length, lambda node: (sent, firsts[node]), lambda _: None)
