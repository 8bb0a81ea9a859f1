"""Inference: rows of new documents learn, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..checks import number, whole
from ..config import isa
from ..signals import Deferred, slices
from ..threads import in_threads
from .documents import bound
from .matrices import Matrix, padded_zeros
from .sampling import HuffmanPaths, keep_thresholds, noise_weights
from .schedule import require_falling
from .settings import DocumentSettings, Settings
from .task import warn_of_large_alpha

POOL = 2048
"""Negatives that inference draws from: their rows are few, and so are in cache."""

FEW = 1 << 12
"""Words of all passes, up to which one thread infers all texts, and reads rows where they are."""

SHORT = 1 << 16
"""Words of all passes, less than which inference by one worker starts no thread: a millisecond or two."""


@dataclass(frozen=True)
class InferenceTables:
    """What inference draws by, made once for many texts.

    Attributes:
        keep: Thresholds below which an occurrence of each word stays, uint32 (words,); None where all stay.
        pool: Different words that are drawn as negatives, by frequency, int32; empty without negative sampling.
        often: Each one's chance, of `POOL`, int64.
        noise: Their alias table, uint32 (len(pool), 2); or None.
        first: What each vector starts from, float32 (vector_size,).
    """

    keep: NDArray[np.uint32] | None
    pool: NDArray[np.int32]
    often: NDArray[np.int64]
    noise: NDArray[np.uint32] | None
    first: NDArray[np.float32]

    @classmethod
    def of(cls, counts: NDArray[np.int64], settings: Settings) -> InferenceTables:
        """Those of words with these counts.

        The pool is a systematic sample of what training draws from: a word with n times 1 / POOL of all chances is in
        it n times, rounded up or down by chance.
        """
        keep, noise = keep_thresholds(counts, settings.sample), None
        pool, often = np.empty(0, np.int32), np.empty(0, np.int64)
        if settings.negative:
            chances = np.cumsum(noise_weights(counts, settings.ns_exponent))
            start = np.random.default_rng([settings.seed, 2]).random()
            places = (np.arange(POOL) + start) * (chances[-1] / POOL)
            drawn = np.minimum(np.searchsorted(chances, places, "right"), len(counts) - 1)
            words, often = np.unique(drawn, return_counts=True)
            pool, noise = words.astype(np.int32), np.empty((len(words), 2), np.uint32)
            _native.alias_table(often.astype(np.float64), noise)
        uniform = np.random.default_rng([settings.seed, 1]).random(settings.vector_size, dtype=np.float32)
        return cls(keep, pool, often, noise, (2.0 * uniform - 1.0) / np.float32(settings.vector_size))


@dataclass(frozen=True)
class Frozen:
    """A trained model as inference reads it.

    Attributes:
        settings: Its settings.
        tables: What it draws by.
        by: The same for the core; None for settings with which `AnyTexts` infers.
        paths: Through the Huffman tree, or None.
        inputs: Input vectors of words, (words, vector_size).
        outputs: Output vectors of negative sampling, or None.
        nodes: Vectors of the inner nodes of the Huffman tree, or None.
        null_word: The row of the word that stands where none is; of concatenation.
    """

    settings: DocumentSettings
    tables: InferenceTables
    by: _native.Inference | None
    paths: HuffmanPaths | None
    inputs: NDArray[Any]
    outputs: NDArray[Any] | None
    nodes: NDArray[Any] | None
    null_word: int


def core_tables(
    settings: DocumentSettings,
    negatives: NDArray[np.int32],
    keep: NDArray[np.uint32] | None,
) -> _native.Inference | None:
    """What the core infers texts by; None for settings with which only `AnyTexts` does."""
    if settings.hs or settings.negatives_per_pair or settings.concatenates or not settings.negative:
        return None
    documents = bound(settings, 1, 0, tags_only=True)
    return _native.Inference(
        isa(),
        settings.vector_size,
        _contexts(settings, 0),
        _native.Inputs(bool(settings.sg), bool(settings.cbow_mean), settings.cbow_exact, False, documents),
        settings.negative,
        negatives,
        keep,
        settings.seed,
    )


def _contexts(settings: DocumentSettings, longest: int) -> _native.Contexts:
    return _native.Contexts(max(1, min(settings.window, 2**30)), settings.shrink_windows, longest)


def inference_rates(
    settings: Settings, alpha: float | None, min_alpha: float | None, epochs: int | None
) -> NDArray[np.float32]:
    """The learning rate of each pass of inference; None stands for the value of the settings.

    Raises:
        ValueError: a value makes no sense.
        TypeError: one is no number.
    """
    first = settings.alpha if alpha is None else number("alpha", alpha, at_least=0.0)
    if alpha is not None and not 0.0 < first <= float(np.finfo(np.float32).max):
        raise ValueError(f"alpha must be above 0 and fit in float32, not {alpha!r}; without it, it is the model's")
    last = settings.min_alpha if min_alpha is None else number("min_alpha", min_alpha, at_least=0.0)
    require_falling(first, last)
    passes = whole("epochs", settings.epochs if epochs is None else epochs, 1, 2**31 - 1)
    warn_of_large_alpha(first)
    rates = first - (first - last) / max(passes - 1, 1) * np.arange(passes)
    return rates.astype(np.float32)


def infer(
    frozen: Frozen,
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    rates: NDArray[np.float32],
    workers: int,
) -> Matrix:
    """Vectors of texts, as rows of new documents that alone learn; float32 (texts, vector_size).

    That of a text depends on its words, the rates and the seed alone.

    Args:
        frozen: The model.
        ids: Words of the texts, one text after the other.
        offsets: Text i has ``ids[offsets[i]:offsets[i + 1]]``. One without words has zeros.
        rates: The learning rate of each epoch.
        workers: Threads.

    Raises:
        FloatingPointError: a score or a vector is not finite.
    """
    size, texts, work_there = frozen.settings.vector_size, len(offsets) - 1, len(ids) * len(rates)
    rows = padded_zeros(texts, size)
    if not len(ids):
        return rows[:, :size].copy()
    rows[offsets[1:] > offsets[:-1], :size] = frozen.tables.first
    task = _task(frozen, ids, offsets, rows, work_there)
    cuts = _cuts(offsets, max(1, min(16 * workers, texts))) if work_there > FEW else [0, texts]
    waiting = iter(range(len(cuts) - 1))
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.stop()

    def work(_: int) -> None:
        for part in waiting:
            if stopped:
                return
            task.infer(cuts[part], cuts[part + 1], rates)

    try:
        if len(cuts) == 2 and work_there <= FEW:
            work(0)
        else:
            with Deferred():
                in_threads(min(workers, len(cuts) - 1), work, stop, None if work_there < SHORT else lambda: None)
    except _native.DivergedError:
        raise FloatingPointError("inference diverged: a score is no finite number. Lower alpha") from None
    if not np.isfinite(rows).all():
        raise FloatingPointError("inference diverged: a vector holds NaN or infinity. Lower alpha")
    return rows[:, :size].copy() if rows.shape[1] != size else rows


class _Task(Protocol):
    """Texts whose rows learn, each on its own."""

    def infer(self, begin: int, end: int, alphas: NDArray[np.float32]) -> None:
        """Train the rows of texts [begin, end), an epoch at each rate."""
        ...

    def stop(self) -> None:
        """Return soon from `infer`, in whatever thread."""
        ...


def _task(frozen: Frozen, ids: NDArray[np.int32], offsets: NDArray[np.int64], rows: Matrix, work_there: int) -> _Task:
    """What infers these texts. From copied rows or from those of the model vectors are the same to the last bit."""
    if frozen.by is None:
        return AnyTexts.of(frozen, ids, offsets, rows)
    settings, inputs, outputs = frozen.settings, frozen.inputs if frozen.settings.dm else None, frozen.outputs
    assert outputs is not None
    if work_there <= FEW and _can_be_read(outputs) and (inputs is None or _can_be_read(inputs)):
        return _native.InferredTexts(frozen.by, inputs, outputs, ids, offsets, rows)
    local = _Local.of(frozen, ids)
    assert local.outputs is not None
    by = core_tables(
        settings, np.arange(len(frozen.tables.pool), dtype=np.int32).repeat(frozen.tables.often), local.keep
    )
    assert by is not None
    return _native.InferredTexts(by, local.inputs if settings.dm else None, local.outputs, local.ids, offsets, rows)


def _can_be_read(values: NDArray[Any]) -> bool:
    return values.dtype == np.float32 and values.flags.c_contiguous


@dataclass(frozen=True)
class AnyTexts:
    """`_Task` of any settings: the training of documents, where nothing else learns."""

    trainer: _native.Trainer
    view: _native.TokenView

    @classmethod
    def of(cls, frozen: Frozen, ids: NDArray[np.int32], offsets: NDArray[np.int64], rows: Matrix) -> Self:
        """That of texts whose rows these are."""
        settings, texts, local = frozen.settings, len(rows), _Local.of(frozen, ids)
        count = settings.dm_tag_count if settings.concatenates else 1
        tags = np.arange(texts, dtype=np.int32).repeat(count)
        ends = np.arange(texts + 1) * count
        view = _native.TokenView(local.ids, offsets, local.words, tags=tags, tag_offsets=ends, tag_rows=texts)
        is_longer, paths = settings.layer1_size != settings.vector_size, local.paths
        matrices = _native.Matrices(
            local.inputs,
            local.outputs,
            local.nodes,
            settings.vector_size,
            None,
            rows,
            None,
            settings.layer1_size if is_longer else 0,
        )
        inputs = _native.Inputs(
            bool(settings.sg),
            bool(settings.cbow_mean),
            settings.cbow_exact,
            settings.negatives_per_pair,
            bound(settings, count, local.null_word, tags_only=True),
        )
        trainer = _native.Trainer(
            isa(),
            matrices,
            _contexts(settings, view.longest_sentence),
            inputs,
            None if local.noise is None else _native.Negatives(local.noise, settings.negative),
            None if paths is None else _native.Paths(paths.offsets, paths.nodes, paths.codes, False),
            local.keep,
            settings.seed,
            False,
        )
        return cls(trainer, view)

    def infer(self, begin: int, end: int, alphas: NDArray[np.float32]) -> None:
        """As `_Task` says."""
        self.trainer.infer(self.view, begin, end, alphas, self.trainer.workspace())

    def stop(self) -> None:
        """As `_Task` says."""
        self.trainer.stop()


def _cuts(offsets: NDArray[np.int64], parts: int) -> list[int]:
    """Where parts of about as many words each begin, and the last one ends."""
    at = np.searchsorted(offsets, np.linspace(0, offsets[-1], parts + 1))
    at[0], at[-1] = 0, len(offsets) - 1
    return sorted(set(at.tolist()))


@dataclass(frozen=True)
class _Local:
    """The part of a model that some texts need: their words, and the negatives of a pool.

    Words of the pool come first, in an order of their own, so that what is drawn does not depend on the texts.
    """

    ids: NDArray[np.int32]
    words: int
    inputs: Matrix
    outputs: Matrix | None
    nodes: Matrix | None
    noise: NDArray[np.uint32] | None
    paths: HuffmanPaths | None
    keep: NDArray[np.uint32] | None
    null_word: int

    @classmethod
    def of(cls, frozen: Frozen, ids: NDArray[np.int32]) -> _Local:
        tables, total, pool = frozen.tables, len(frozen.inputs), frozen.tables.pool
        is_there = np.zeros(total, bool)
        is_there[ids] = True
        if frozen.settings.concatenates:
            is_there[frozen.null_word] = True
        is_read = is_there.copy()
        is_there[pool] = False
        words = np.concatenate([pool, np.flatnonzero(is_there).astype(np.int32)])
        numbers = np.zeros(total, np.int32)
        numbers[words] = np.arange(len(words), dtype=np.int32)
        outputs = None if frozen.outputs is None else padded_rows(frozen.outputs, words)
        nodes, paths = _local_paths(frozen, words)
        inputs = outputs if outputs is not None else nodes
        if frozen.settings.dm:
            inputs = padded_rows(frozen.inputs, words, is_read[words])
        elif outputs is None:  # nobody reads it
            inputs = padded_zeros(len(words), frozen.settings.vector_size)
        assert inputs is not None
        keep = None if tables.keep is None else tables.keep[words]
        null_word = int(numbers[frozen.null_word]) if frozen.settings.concatenates else 0
        return cls(numbers[ids], len(words), inputs, outputs, nodes, tables.noise, paths, keep, null_word)


def padded_rows(values: NDArray[Any], rows: NDArray[np.int32], wanted: NDArray[np.bool_] | None = None) -> Matrix:
    """These rows of a matrix, as the kernel wants them; those that are not ``wanted`` are zero."""
    made = padded_zeros(len(rows), values.shape[1])
    if wanted is None:
        for part in slices(len(rows)):
            made[part, : values.shape[1]] = np.take(values, rows[part], 0)
        return made
    places = np.flatnonzero(wanted)
    for part in slices(len(places)):
        made[places[part], : values.shape[1]] = np.take(values, rows[places[part]], 0)
    return made


def _local_paths(frozen: Frozen, words: NDArray[np.int32]) -> tuple[Matrix | None, HuffmanPaths | None]:
    paths = frozen.paths
    if frozen.nodes is None or paths is None:
        return None, None
    lengths = np.diff(paths.offsets)[words]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    places = np.repeat(paths.offsets[words] - offsets[:-1], lengths) + np.arange(offsets[-1])
    used, nodes = np.unique(paths.nodes[places], return_inverse=True)
    spare = len(words) - len(used)  # the core wants a row for each word but one
    rows = np.concatenate([used, np.zeros(max(spare, 0), used.dtype)]).astype(np.int32)
    local = HuffmanPaths(
        offsets,
        np.append(nodes, 0).astype(np.int32),
        np.append(paths.codes[places], 0).astype(np.uint8),
        int(lengths.max(initial=0)),
    )
    return padded_rows(frozen.nodes, rows), local
