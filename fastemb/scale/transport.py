"""How nodes are reached: what every way of doing that has, and the way within this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from .node import Node

Handle = Any
"""Stands for a value that may still be made, where it is made; a transport knows what it is."""


class NodeLostError(Exception):
    """A node does not answer any more, or what it held is gone."""


class Transport(Protocol):
    """Nodes, which are called without waiting for them.

    Attributes:
        nodes: How many there are.
        threads: That train on each.
    """

    nodes: int
    threads: int

    def call(self, node: int, method: str, *arguments: Any, returns: int = 1) -> list[Handle]:
        """Have a method of a node called, after what it was called for before.

        Args:
            node: Which.
            method: Of `Node`.
            arguments: Values, or handles of them.
            returns: How many values it returns; with more than one they come as a list.
        """
        ...

    def put(self, value: Any) -> Handle:
        """A handle of a value, which is then sent to each node once at most."""
        ...

    def gather(self, handles: Sequence[tuple[int, Handle]], patience: float | None = None) -> list[Any]:
        """The values; each is given with the node that makes it.

        Args:
            handles: Of the values.
            patience: Seconds that the last nodes may take longer than the others, before they are taken for lost.

        Raises:
            NodeLostError: a node is lost.
            BaseException: what a node raised, or what a signal's handler did.
        """
        ...

    def alive(self, seconds: float) -> list[int]:
        """The nodes that answer within so many seconds, once they have broken off what they train."""
        ...

    def replace(self, node: int) -> None:
        """Begin a node anew, with nothing in it.

        Raises:
            NodeLostError: there is no room for it.
        """
        ...

    def close(self) -> None:
        """End all nodes."""
        ...


def _same(value: Any) -> Any:
    return value


@dataclass
class _Later:
    """A value that is made when it is asked for."""

    make: Callable[[], Any]
    made: bool = False
    value: Any = None

    def get(self) -> Any:
        if not self.made:
            self.value, self.made = self.make(), True
        return self.value


class InProcess:
    """`Transport` to nodes of this process, which work one after the other.

    Args:
        nodes: How many.
        threads: Of each.
    """

    def __init__(self, nodes: int, threads: int) -> None:
        self.nodes = nodes
        self.threads = threads
        self._all: list[Node | None] = [Node(number, nodes, threads) for number in range(nodes)]

    def call(self, node: int, method: str, *arguments: Any, returns: int = 1) -> list[Handle]:
        """As `Transport` says."""
        called = self._all[node]
        if called is None:
            raise NodeLostError(f"node {node} is lost")
        values = [one.get() if isinstance(one, _Later) else one for one in arguments]
        found = getattr(called, method)(*values)
        return [_Later(partial(_same, value)) for value in (found if returns > 1 else [found])]

    def put(self, value: Any) -> Handle:
        """As `Transport` says."""
        return _Later(partial(_same, value))

    def gather(self, handles: Sequence[tuple[int, Handle]], patience: float | None = None) -> list[Any]:
        """As `Transport` says."""
        return [handle.get() for _, handle in handles]

    def alive(self, seconds: float) -> list[int]:
        """As `Transport` says."""
        return [number for number, node in enumerate(self._all) if node is not None]

    def replace(self, node: int) -> None:
        """As `Transport` says."""
        self._all[node] = Node(node, self.nodes, self.threads)

    def lose(self, node: int) -> None:
        """Lose a node, as a machine that dies."""
        self._all[node] = None

    def close(self) -> None:
        """As `Transport` says."""
        self._all = [None] * self.nodes
