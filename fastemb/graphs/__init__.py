"""Graphs: vectors of nodes, learned from random walks that training makes for itself."""

from .graph import Graph
from .model import DeepWalk, Node2Vec

__all__ = ["DeepWalk", "Graph", "Node2Vec"]
