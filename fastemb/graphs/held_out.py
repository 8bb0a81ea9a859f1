"""The loss of a graph model on walks through a graph that it does not learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..corpus import Corpus, Vocabulary
from ..train.held_out import pair_loss
from ..train.sampling import Tables, huffman_paths
from ..train.task import CorpusTokens, Task
from .core import GraphCore
from .graph import Graph
from .walks import tokens_of, walk_rows

_MOST_TOKENS = 1 << 22  # so many tell the loss to three digits
_OTHER_WALKS = 0x9E3779B97F4A7C15  # than those of training, also through the same graph


def held_out_loss(core: GraphCore, graph: Graph, workers: int) -> float:
    """The mean of -log sigmoid over all pairs of nodes in walks through a graph.

    Args:
        core: What the model knows.
        graph: All of its nodes are known.
        workers: Threads.

    Raises:
        ValueError: a node is unknown, or no walk has two nodes.
        FloatingPointError: a score is no finite number.
    """
    index = {node: row for row, node in enumerate(core.nodes)}
    rows = np.array([index.get(node, -1) for node in graph.nodes], np.int32)
    unknown = np.flatnonzero(rows < 0)
    if len(unknown):
        raise ValueError(
            f"the graph has {len(unknown):,} nodes that the model lacks, such as {graph.nodes[int(unknown[0])]!r}: "
            "leave their edges out, or learn them by partial_fit"
        )
    walks, settings = core.parameters.walks(), replace(core.parameters.settings(), sample=0.0)
    passes = max(1, min(walks.num_walks, _MOST_TOKENS // (len(graph) * walks.walk_length)))
    walkable = graph._walkable(second_order=walks.is_second_order)
    own = replace(walks, num_walks=passes, seed=(walks.seed + _OTHER_WALKS) % 2**64)
    ids, offsets = tokens_of(walk_rows(walkable, own, None, workers))
    corpus = Corpus(rows[ids], offsets, Vocabulary(core.nodes, core.counts), len(ids))
    paths = huffman_paths(core.counts) if settings.hs else None
    task = Task(settings, CorpusTokens(corpus), Tables.of(core.counts, settings, paths), core.weights)
    found = pair_loss(task, corpus.words, workers)
    if np.isnan(found):
        raise ValueError("there is no loss: no walk through the graph has two nodes")
    return found
