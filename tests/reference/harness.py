"""From the oracle's model to the C core: the same run, with float32 matrices padded as the core wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastemb import _native
from reference.documents_oracle import DocumentModel
from reference.oracle import TOGETHER, Model, Vectors

Matrix = npt.NDArray[np.float32]

SIZES = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 100, 300]  # around the registers of every instruction set


def aligned(rows: int, stride: int) -> Matrix:
    """Zeros, 64-byte aligned."""
    memory = np.zeros(rows * stride + 16, np.float32)
    start = -memory.ctypes.data // 4 % 16
    matrix: Matrix = memory[start : start + rows * stride].reshape(rows, stride)
    return matrix


def padded(values: Vectors) -> Matrix:
    """Rows as float32, zeros up to the next cache line."""
    rows, size = values.shape
    matrix = aligned(rows, -(-size // 16) * 16)
    matrix[:, :size] = values
    return matrix


def random_rows(rng: np.random.Generator, rows: int, size: int) -> Vectors:
    """Rows whose dot products are of the order of one; exactly float32."""
    values: Vectors = (rng.normal(size=(rows, size)) * size**-0.25).astype(np.float32).astype(np.float64)
    return values


def alias_table(weights: Sequence[float] | npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
    table = np.empty((len(weights), 2), np.uint32)
    _native.alias_table(np.array(weights, np.float64), table)
    return table


@dataclass
class NativeRun:
    """A Trainer with the matrices that it changes."""

    trainer: Any
    view: _native.TokenView
    inputs: Matrix
    out_ns: Matrix | None
    out_hs: Matrix | None
    workspace: bytearray
    tokens: int

    def train(
        self, epoch: int = 0, alpha: float = 0.0, begin: int = 0, end: int | None = None
    ) -> tuple[int, int, int, float]:
        """(words, kept, pairs, loss) of one block."""
        done: tuple[int, int, int, float] = self.trainer.train_block(
            self.view, epoch, begin, self.tokens if end is None else end, alpha, self.workspace
        )
        return done

    def bits(self) -> bytes:
        """Everything that was learned."""
        return b"".join(matrix.tobytes() for matrix in (self.inputs, self.out_ns, self.out_hs) if matrix is not None)


def flat_paths(paths: list[list[tuple[int, int]]]) -> tuple[Any, Any, Any]:
    """Offsets, nodes and codes, the latter two with room for one more."""
    offsets = np.cumsum([0] + [len(path) for path in paths]).astype(np.int64)
    nodes = np.array([node for path in paths for node, _ in path] + [0], np.int32)
    codes = np.array([code for path in paths for _, code in path] + [0], np.uint8)
    return offsets, nodes, codes


def flat_bags(bags: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    """Offsets and rows."""
    offsets = np.cumsum([0] + [len(bag) for bag in bags]).astype(np.int64)
    return offsets, np.array([row for bag in bags for row in bag], np.int32)


def token_view(model: Model, sentences: Sequence[Sequence[int]], first_position: int = 0) -> _native.TokenView:
    """Sentences of which the first token is at a position of the model's corpus."""
    ids = np.array([word for sentence in sentences for word in sentence], np.int32)
    offsets = np.cumsum([0] + [len(sentence) for sentence in sentences]).astype(np.int64)
    keep = None
    if model.event_keep is not None:
        keep = np.array(model.event_keep[first_position : first_position + len(ids)], np.uint32)
    return _native.TokenView(ids, offsets, words_of(model), first_position, keep)


def together(isa: str) -> int:
    """Inputs that an update takes at a time."""
    return 6 if isa == "avx512" else TOGETHER


def native_run(isa: str, model: Model, sentences: Sequence[Sequence[int]], want_loss: bool = True) -> NativeRun:
    """A Trainer that starts where the oracle's model stands; the model then trains as this instruction set does."""
    model.together = together(isa)
    inputs = padded(model.inputs)
    out_ns = None if model.out_ns is None else padded(model.out_ns)
    out_hs = None if model.out_hs is None else padded(model.out_hs)
    view = token_view(model, sentences)
    trainer = _native.Trainer(
        isa,
        _native.Matrices(
            inputs,
            out_ns,
            out_hs,
            model.inputs.shape[1],
            None if model.in_scale is None else np.array(model.in_scale, np.float32),
        ),
        _native.Contexts(model.window, model.shrink_windows, view.longest_sentence, model.basket),
        _native.Inputs(model.sg, model.cbow_mean, model.cbow_exact, model.negatives_per_pair),
        None if model.noise is None else _native.Negatives(np.array(model.noise, np.uint32), model.negative),
        None if model.paths is None else _native.Paths(*flat_paths(model.paths), model.thinned_paths),
        None if model.keep is None else np.array(model.keep, np.uint32),
        model.seed,
        want_loss,
        None if model.bags is None else _native.Subwords(*flat_bags(model.bags)),
    )
    return NativeRun(trainer, view, inputs, out_ns, out_hs, trainer.workspace(), sum(map(len, sentences)))


@dataclass
class DocumentRun(NativeRun):
    """`NativeRun` with rows of documents."""

    tags: Matrix


def document_run(
    isa: str,
    model: DocumentModel,
    documents: Sequence[Sequence[int]],
    tags: Sequence[Sequence[int]],
    want_loss: bool = True,
) -> DocumentRun:
    """A Trainer of documents that starts where the oracle's model stands."""
    model.together = together(isa)
    size = model.inputs.shape[1]
    inputs, rows = padded(model.inputs), padded(model.tags)
    out_ns = None if model.out_ns is None else padded(model.out_ns)
    out_hs = None if model.out_hs is None else padded(model.out_hs)
    (offsets, ids), (tag_offsets, tag_ids) = flat_bags(documents), flat_bags(tags)
    keep = None if model.event_keep is None else np.array(model.event_keep, np.uint32)
    view = _native.TokenView(
        ids, offsets, words_of(model), keep=keep, tags=tag_ids, tag_offsets=tag_offsets, tag_rows=len(model.tags)
    )
    factors = None if model.in_scale is None else np.array(model.in_scale, np.float32)
    tag_factors = None if model.tag_scale is None else np.array(model.tag_scale, np.float32)
    out_size = size * (model.side_tags + 2 * model.window) if model.side_tags else 0
    how = _native.Documents(
        max(map(len, tags)), not model.sg, model.words_beside, model.side_tags, model.null_word, model.tags_only
    )
    trainer = _native.Trainer(
        isa,
        _native.Matrices(inputs, out_ns, out_hs, size, factors, rows, tag_factors, out_size),
        _native.Contexts(model.window, model.shrink_windows, view.longest_sentence),
        _native.Inputs(model.sg, model.cbow_mean, model.cbow_exact, model.negatives_per_pair, how),
        None if model.noise is None else _native.Negatives(np.array(model.noise, np.uint32), model.negative),
        None if model.paths is None else _native.Paths(*flat_paths(model.paths), model.thinned_paths),
        None if model.keep is None else np.array(model.keep, np.uint32),
        model.seed,
        want_loss,
    )
    return DocumentRun(trainer, view, inputs, out_ns, out_hs, trainer.workspace(), len(ids), rows)


def words_of(model: Model) -> int:
    """The size of its vocabulary: an input row need not be a word's."""
    table = model.noise if model.paths is None else model.paths
    assert table is not None
    return len(table)
