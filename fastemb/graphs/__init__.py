"""Graphs: vectors of nodes, learned from random walks that training makes for itself."""

from .graph import Graph
from .judge import (
    LinkScores,
    LinkSplit,
    NodeScores,
    Scores,
    classify_nodes,
    edge_features,
    predict_links,
    split_links,
)
from .labels import read_labels
from .model import DeepWalk, Node2Vec

__all__ = [
    "DeepWalk",
    "Graph",
    "LinkScores",
    "LinkSplit",
    "Node2Vec",
    "NodeScores",
    "Scores",
    "classify_nodes",
    "edge_features",
    "predict_links",
    "read_labels",
    "split_links",
]
