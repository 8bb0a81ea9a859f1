"""Texts, and nodes within this process, for the tests of training on clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fastemb.scale.node import Node
from fastemb.scale.transport import Handle, InProcess

TOPICS = 6
WORDS = 12  # of a topic


def topics(path: Path, sentences: int = 1500, seed: int = 0) -> Path:
    """A text whose sentences are each of one topic, so that words of a topic come to lie near each other."""
    rng = np.random.default_rng(seed)
    lines = []
    for topic in rng.integers(0, TOPICS, sentences).tolist():
        words = rng.integers(0, WORDS, rng.integers(5, 15)).tolist()
        lines.append(" ".join(f"t{topic}w{word}" for word in words))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def separation(wv: Any) -> float:
    """How much nearer words of a topic are to each other than to others: differences of mean cosines."""
    keys = sorted(wv.index_to_key)
    vectors = wv.vectors[[wv.key_to_index[key] for key in keys]]
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    same = np.array([[a.split("w")[0] == b.split("w")[0] for b in keys] for a in keys])
    return float(cosines[same].mean() - cosines[~same].mean())


class Losing(InProcess):
    """Nodes of which some are lost: at the calls with these numbers the node that is called is."""

    def __init__(self, nodes: int, threads: int, at: set[int]) -> None:
        super().__init__(nodes, threads)
        self.calls = 0
        self.lost = 0
        self._at = at

    def call(self, node: int, method: str, *arguments: Any, returns: int = 1) -> list[Handle]:
        if method in ("train", "merge", "take", "commit"):
            self.calls += 1
            if self.calls in self._at:
                self.lose(node)
                self.lost += 1
        return super().call(node, method, *arguments, returns=returns)

    def lose_all(self) -> None:
        for node in range(self.nodes):
            self.lose(node)


__all__ = ["Losing", "Node", "separation", "topics"]
