"""Labels of nodes: a file or a dict, and as a table of which node has which."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..checks import is_missing
from ..corpus.delimited import Delimited
from ..corpus.inputs import UTF8, find_inputs, open_text
from ..corpus.messages import short
from ..io.paths import AnyPath

_PIECE = 1 << 20


class LabelTable(NamedTuple):
    """Which nodes have which labels.

    Attributes:
        nodes: Those that have any and are known.
        labels: The labels, sorted as text.
        has: bool (nodes, labels).
        unknown: Nodes with labels that are not known.
    """

    nodes: list[Hashable]
    labels: list[Hashable]
    has: NDArray[np.bool_]
    unknown: int


def read_labels(path: AnyPath, *, sep: str | None = None, encoding: str = UTF8) -> dict[Hashable, list[str]]:
    """Labels from a text: a node a line and its labels after it, or several lines for a node.

    Args:
        path: The file, which may be compressed.
        sep: What stands between fields. Default: white space.
        encoding: Of the text.

    Returns:
        The labels of each node, both as text.

    Raises:
        ValueError: a line has no label, or the text is damaged.
        OSError: the file cannot be read.
    """
    found: dict[Hashable, list[str]] = {}
    for source in find_inputs(path):
        with open_text(source, Delimited(encoding=encoding).of_file(source.name).encoding, "strict", _PIECE) as pieces:
            text = b"".join(pieces)
        try:
            lines = text.decode(UTF8).splitlines()
        except UnicodeDecodeError as error:
            raise ValueError(f"{source.name}: {error}") from None
        for number, line in enumerate(lines, 1):
            fields = [field.strip() for field in (line.split() if sep is None else line.split(sep))]
            if not any(fields) or (not found and line.startswith(("# ", "% "))):
                continue
            if len(fields) < 2 or "" in fields:
                raise ValueError(f"{source.name}, line {number}: a line holds a node and its labels, not {line[:60]!r}")
            known = found.setdefault(fields[0], [])
            known += [label for label in fields[1:] if label not in known]
    if not found:
        raise ValueError(f"{path!s}: no labels in it")
    return found


def label_table(labels: Mapping[Any, Any], known: Mapping[Any, int]) -> LabelTable:
    """Which of the known nodes have which labels.

    A node that is a number in one and text in the other is the same node.

    Args:
        labels: For each node a label, or several in a list, tuple or set.
        known: The nodes that have vectors.

    Raises:
        ValueError: no node with a label is known, or a label is missing.
        TypeError: it is no dict.
    """
    if not isinstance(labels, Mapping):
        raise TypeError(
            f"labels must be a dict of nodes and their labels, not {short(labels)}: dict(zip(nodes, labels)) makes one"
        )
    if not labels:
        raise ValueError("labels is empty: give each node its label, or several in a list")
    as_text = {str(node): node for node in known}
    of_node: dict[Hashable, list[Hashable]] = {}
    unknown = 0
    for node, value in labels.items():
        several = isinstance(value, Iterable) and not isinstance(value, str | bytes | tuple)
        given: list[Hashable] = list(value) if several or isinstance(value, tuple) else [value]
        if any(is_missing(label) for label in given):
            raise ValueError(f"a label of the node {node!r} is missing: leave the node out")
        mine = node if node in known else as_text.get(str(node))
        if mine is None:
            unknown += 1
        elif given:
            of_node[mine] = list(given)
    if not of_node:
        first, mine = next(iter(labels), None), next(iter(known), None)
        raise ValueError(f"no node with a label has a vector: labels are of nodes such as {first!r}, vectors {mine!r}")
    names = sorted({label for given in of_node.values() for label in given}, key=str)
    index = {label: number for number, label in enumerate(names)}
    has = np.zeros((len(of_node), len(names)), bool)
    for row, given in enumerate(of_node.values()):
        has[row, [index[label] for label in given]] = True
    return LabelTable(list(of_node), names, has, unknown)
