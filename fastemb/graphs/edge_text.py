"""Edge lists as text: an edge a line, its ends and perhaps its weight parted by white space."""

from __future__ import annotations

import io
from collections.abc import Hashable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from ..checks import warn
from ..corpus import Corpus
from ..corpus.inputs import InputFile, find_inputs, open_text
from ..io.input_file import hint
from .rows import Ints, Weights

_PIECE = 1 << 20  # bytes
_SOURCE, _TARGET, _WEIGHT = range(3)


class EdgeList(NamedTuple):
    """Edges by the numbers of their nodes.

    Attributes:
        source: Nodes that edges begin at, (edges,).
        target: Nodes that they lead to.
        weights: One an edge, or None.
        nodes: The nodes by number.
    """

    source: Ints
    target: Ints
    weights: Weights | None
    nodes: Sequence[Hashable]


def read_edge_text(path: Any, encoding: str, weighted: bool | None, workers: int | None) -> EdgeList:
    """Edges of text files; nodes are numbered by how often they occur, the most frequent first.

    Lines before the first edge that begin with "# " or "% " are skipped, as the files of SNAP and KONECT have them.

    Args:
        path: As `Corpus.from_file` takes it.
        encoding: Of the text.
        weighted: Whether lines have a third field, the weight; None: look at the first line.
        workers: Threads.

    Raises:
        ValueError: a line has another number of fields; a weight is no number; with file and line.
        OSError: a file cannot be read.
    """
    parts = [_read(source, encoding, workers) for source in find_inputs(path)]
    widths = {part.width for part in parts}
    if len(widths) > 1:
        named = ", ".join(f"{part.name}: {part.width}" for part in parts[:10])
        raise ValueError(f"the files have lines of different numbers of fields ({named}): give those alike alone")
    width = widths.pop()
    if weighted is not None and width != 2 + weighted:
        wanted = "source, target and weight" if weighted else "source and target"
        raise ValueError(
            f"{parts[0].name}: lines have {width} fields, but weighted={weighted} means {wanted}: "
            f"give weighted={not weighted}"
        )
    return parts[0].edges() if len(parts) == 1 else _joined(parts)


class _Part:
    """The tokens of one file, `width` of them a line."""

    def __init__(self, name: str, skipped: int, corpus: Corpus, width: int) -> None:
        self.name = name
        self.width = width
        self._skipped = skipped
        self._corpus = corpus
        self._ids = corpus.ids.reshape(-1, width)

    def edges(self) -> EdgeList:
        """What it holds."""
        keys = self._corpus.vocabulary.keys
        self._warn_of_names(keys)
        if self.width == 2:
            return EdgeList(self._ids[:, _SOURCE], self._ids[:, _TARGET], None, keys)
        is_node = np.zeros(len(keys), bool)
        is_node[self._ids[:, _SOURCE]] = True
        is_node[self._ids[:, _TARGET]] = True
        numbers = np.cumsum(is_node, dtype=np.int32) - 1
        nodes = [keys[key] for key in np.flatnonzero(is_node).tolist()]
        return EdgeList(numbers[self._ids[:, _SOURCE]], numbers[self._ids[:, _TARGET]], self._weights(keys), nodes)

    def _warn_of_names(self, keys: Sequence[Hashable]) -> None:
        """Say which nodes are none, it seems: names of columns, and comments."""
        ends = [str(keys[key]) for key in self._ids[0, :_WEIGHT].tolist()]
        others = (str(key) for key in keys if key not in ends)
        if self.width == _WEIGHT < len(keys) and not any(map(_is_number, ends)) and all(map(_is_number, others)):
            warn(
                f"{_place(self.name, self._skipped, self._corpus, 0)}: {' '.join(ends)!r} is taken as an edge, though "
                f"all other nodes are numbers: if these name columns, {_with_names(ends)}"
            )
        marks = [mark for mark in ("#", "%") if mark in keys]
        if marks:
            warn(
                f"{self.name}: {marks[0]!r} is taken as a node: lines that begin with '{marks[0]} ' are comments "
                "before the first edge alone"
            )

    def _weights(self, keys: Sequence[Hashable]) -> Weights:
        used = np.unique(self._ids[:, _WEIGHT])
        values = np.zeros(len(keys), np.float64)
        for key in used.tolist():
            try:
                values[key] = float(str(keys[key]))
            except ValueError:
                row = int((self._ids[:, _WEIGHT] == key).argmax())
                names = [str(keys[field])[:40] for field in self._ids[row].tolist()]
                hint = "" if row else f"; if this line names columns, {_with_names(names)}"
                raise ValueError(
                    f"{self._place(key)}: the weight is {names[_WEIGHT]!r}, which is no number: a line holds source, "
                    f"target and weight, parted by white space{hint}"
                ) from None
            if not 0 <= values[key] < np.finfo(np.float32).max:
                raise ValueError(
                    f"{self._place(key)}: the weight is {keys[key]}: weights must be finite numbers of 0 or more"
                )
        return values.astype(np.float32)[self._ids[:, _WEIGHT]]

    def _place(self, key: int) -> str:
        return _place(self.name, self._skipped, self._corpus, int((self._ids[:, _WEIGHT] == key).argmax()))


def _joined(parts: list[_Part]) -> EdgeList:
    index: dict[Hashable, int] = {}
    lists = [part.edges() for part in parts]
    sources, targets = [], []
    for edges in lists:
        numbers = np.array([index.setdefault(node, len(index)) for node in edges.nodes], np.int32)
        sources.append(numbers[edges.source])
        targets.append(numbers[edges.target])
    weights = [edges.weights for edges in lists if edges.weights is not None]
    return EdgeList(
        np.concatenate(sources), np.concatenate(targets), np.concatenate(weights) if weights else None, list(index)
    )


def _read(source: InputFile, encoding: str, workers: int | None) -> _Part:
    with ExitStack() as stack:
        pieces = stack.enter_context(open_text(source, encoding, "strict", _PIECE))
        file = _WithoutComments(pieces)
        try:
            corpus = Corpus.from_file(file, workers=workers)
        except ValueError as error:
            if file.is_empty:
                raise ValueError(f"{source.name}: there is no edge in it") from None
            what = hint(source.name, texts=False)
            if what:
                raise ValueError(f"{source.name}: this is no list of edges{what}") from None
            raise ValueError(str(error).replace(file.name, source.name)) from None
    lengths = np.diff(corpus.offsets)
    width = int(lengths[lengths.argmax()]) if not len(lengths[lengths > 0]) else int(lengths[lengths > 0][0])
    wrong = np.flatnonzero((lengths != width) & (lengths > 0)) if width in (2, 3) else np.flatnonzero(lengths > 0)
    if len(wrong):
        line = int(wrong[0])
        fields = [corpus.vocabulary.keys[id] for id in corpus.ids[corpus.offsets[line] : corpus.offsets[line + 1]][:4]]
        shown = " ".join(map(str, fields))[:60]
        sep = next((sep for sep in ",;|" if sep in shown), None)
        how = f"sep={sep!r}, columns=['source', 'target'], source='source', target='target'"
        remedy = "" if sep is None else f"; where {sep!r} parts them, give {how}; without columns if line 1 names them"
        if shown.startswith("%%MatrixMarket"):
            remedy = "; Graph.from_csr(scipy.io.mmread(path)) reads files of Matrix Market"
        first = "" if width not in (2, 3) else f", and the first has {width}"
        raise ValueError(
            f"{_line(source.name, file.skipped, line)}: a line holds two nodes, and perhaps a weight, parted by white "
            f"space, but this has {int(lengths[line])} fields{first}: {shown!r}{remedy}"
        )
    return _Part(source.name, file.skipped, corpus, width)


def _is_number(key: str) -> bool:
    return key.lstrip("-").isdecimal()


def _with_names(names: Sequence[str]) -> str:
    """How a table with these names of columns is read."""
    given = zip(("source", "target", "weight"), names, strict=False)
    return f"give {', '.join(f'{one}={name!r}' for one, name in given)}, and sep, what stands between them"


def _place(name: str, skipped: int, corpus: Corpus, edge: int) -> str:
    line = int(np.flatnonzero(np.diff(corpus.offsets) > 0)[edge])
    return _line(name, skipped, line)


def _line(name: str, skipped: int, line: int) -> str:
    return f"{name}, line {skipped + line + 1}"


class _WithoutComments(io.RawIOBase):
    """The bytes of a text but for the comments before its first edge."""

    name = "<edges>"

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.skipped = 0
        self.is_empty = True
        self._pieces = pieces
        self._rest = b""
        self._in_comments = True

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._rest and (piece := next(self._pieces, b"")):
            self._rest = self._without(piece) if self._in_comments else piece
        given = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(given) :]
        self.is_empty = self.is_empty and not given.strip()
        return given

    def _without(self, piece: bytes) -> bytes:
        while piece[:1] in (b"#", b"%", b""):
            if b"\n" not in piece:
                more = next(self._pieces, b"")
                if more:
                    piece += more
                    continue
                return b"" if piece[:2] in (b"# ", b"% ", b"#", b"%") else piece
            if piece[:2] not in (b"# ", b"% ", b"#\n", b"%\n", b"#\t", b"%\t"):
                break
            piece = piece.partition(b"\n")[2]
            self.skipped += 1
        self._in_comments = False
        return piece
