from collections.abc import Callable, Hashable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

_Bytes = bytes | bytearray | memoryview

class DivergedError(FloatingPointError): ...

class BadTextError(ValueError):
    offset: int
    nul: bool
    def __init__(self, offset: int, nul: bool) -> None: ...

def trim_memory() -> None: ...
def kernels() -> list[tuple[str, int, bool]]: ...
def alias_table(weights: NDArray[np.float64], table: NDArray[np.uint32]) -> None: ...
def draw_negatives(
    table: NDArray[np.uint32], seed: int, epoch: int, position: int, rows: NDArray[np.int32]
) -> None: ...

@disjoint_base
class HuffmanTree:
    @property
    def total(self) -> int: ...
    def __new__(cls, counts: NDArray[np.int64]) -> Self: ...
    def paths(self, offsets: NDArray[np.int64], nodes: NDArray[np.int32], codes: NDArray[np.uint8]) -> None: ...

@disjoint_base
class CheckedSentences:
    def __new__(
        cls, ids: NDArray[np.int32], offsets: NDArray[np.int64], bound: int, look: Callable[[memoryview], None]
    ) -> Self: ...

@disjoint_base
class TokenView:
    @property
    def longest_sentence(self) -> int: ...
    def __new__(
        cls,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        words: int,
        first_position: int = ...,
        keep: NDArray[np.uint32] | None = ...,
        checked: CheckedSentences | None = ...,
        tags: NDArray[np.int32] | None = ...,
        tag_offsets: NDArray[np.int64] | None = ...,
        tag_rows: int = ...,
    ) -> Self: ...

@disjoint_base
class Matrices:
    def __new__(
        cls,
        in_: NDArray[np.float32],
        out_ns: NDArray[np.float32] | None,
        out_hs: NDArray[np.float32] | None,
        vector_size: int,
        in_scale: NDArray[np.float32] | None = ...,
        tags: NDArray[np.float32] | None = ...,
        tag_scale: NDArray[np.float32] | None = ...,
        out_size: int = ...,
    ) -> Self: ...

@disjoint_base
class Contexts:
    def __new__(cls, window: int, shrink: bool, longest_sentence: int, basket: int = ...) -> Self: ...

@disjoint_base
class Inputs:
    def __new__(
        cls,
        sg: bool,
        mean: bool = ...,
        exact: bool = ...,
        per_pair: bool = ...,
        documents: Documents | None = ...,
    ) -> Self: ...

@disjoint_base
class Documents:
    def __new__(
        cls,
        longest: int,
        dm: bool,
        words: bool = ...,
        side_tags: int = ...,
        null_word: int = ...,
        tags_only: bool = ...,
    ) -> Self: ...

@disjoint_base
class Negatives:
    def __new__(cls, noise: NDArray[np.uint32], count: int) -> Self: ...

@disjoint_base
class Paths:
    def __new__(
        cls, offsets: NDArray[np.int64], nodes: NDArray[np.int32], codes: NDArray[np.uint8], thinned: bool = ...
    ) -> Self: ...

@disjoint_base
class Edges:
    def __new__(
        cls,
        from_: NDArray[np.int32],
        to: NDArray[np.int32],
        weights: NDArray[np.float32] | None,
        both_ways: bool,
        nodes: int,
    ) -> Self: ...
    def count(self, counts: NDArray[np.int64]) -> None: ...
    def place(
        self, next_: NDArray[np.int64], neighbours: NDArray[np.int32], weights: NDArray[np.float32] | None
    ) -> None: ...

@disjoint_base
class Tidying:
    def __new__(
        cls, offsets: NDArray[np.int64], neighbours: NDArray[np.int32], weights: NDArray[np.float32] | None
    ) -> Self: ...
    def rows(self, end: int) -> int: ...

def row_shares(
    begin: int, end: int, offsets: NDArray[np.int64], weights: NDArray[np.float32], shares: NDArray[np.uint32]
) -> None: ...
def row_filter(
    begin: int, end: int, offsets: NDArray[np.int64], neighbours: NDArray[np.int32], filter_: NDArray[np.uint8]
) -> None: ...

@disjoint_base
class RowGraph:
    @property
    def nodes(self) -> int: ...
    def __new__(
        cls,
        offsets: NDArray[np.int64],
        neighbours: NDArray[np.int32],
        shares: NDArray[np.uint32] | None,
        filter_: NDArray[np.uint8] | None,
        is_symmetric: bool,
        look: Callable[[memoryview], None],
    ) -> Self: ...

@disjoint_base
class Walker:
    @property
    def graph(self) -> RowGraph: ...
    def __new__(
        cls,
        graph: RowGraph,
        length: int,
        p: float,
        q: float,
        restart: float,
        starts: NDArray[np.int32] | None,
        seed: int,
    ) -> Self: ...
    def walk(self, epoch: int, first: int, ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> tuple[int, int]: ...

@disjoint_base
class Subwords:
    def __new__(cls, offsets: NDArray[np.int64], rows: NDArray[np.int32]) -> Self: ...

@disjoint_base
class Trainer:
    @property
    def seed(self) -> int: ...
    def __new__(
        cls,
        isa: str,
        matrices: Matrices,
        contexts: Contexts,
        inputs: Inputs,
        negatives: Negatives | None,
        paths: Paths | None,
        keep: NDArray[np.uint32] | None,
        seed: int,
        want_loss: bool,
        subwords: Subwords | None = ...,
    ) -> Self: ...
    def workspace(self) -> bytearray: ...
    def slots(self, alpha: float) -> bytearray: ...
    def stop(self) -> None: ...
    def train_block(
        self, view: TokenView, epoch: int, begin: int, end: int, alpha: float, workspace: bytearray
    ) -> tuple[int, int, int, float]: ...
    def infer(
        self, view: TokenView, begin: int, end: int, alphas: NDArray[np.float32], workspace: bytearray
    ) -> int: ...

@disjoint_base
class Inference:
    def __new__(
        cls,
        isa: str,
        vector_size: int,
        contexts: Contexts,
        inputs: Inputs,
        negative: int,
        pool: NDArray[np.int32],
        keep: NDArray[np.uint32] | None,
        seed: int,
    ) -> Self: ...

@disjoint_base
class InferredTexts:
    def __new__(
        cls,
        by: Inference,
        inputs: NDArray[np.float32] | None,
        outputs: NDArray[np.float32],
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        rows: NDArray[np.float32],
    ) -> Self: ...
    def stop(self) -> None: ...
    def infer(self, begin: int, end: int, alphas: NDArray[np.float32]) -> None: ...

@disjoint_base
class ClassTargets:
    def __new__(
        cls,
        count: int,
        each: bool = ...,
        weights: NDArray[np.float32] | None = ...,
        negatives: Negatives | None = ...,
        paths: Paths | None = ...,
    ) -> Self: ...

@disjoint_base
class Texts:
    def __new__(
        cls,
        offsets: NDArray[np.int64],
        rows: NDArray[np.int32],
        class_offsets: NDArray[np.int64],
        classes: NDArray[np.int32],
        in_rows: int,
        class_count: int,
        weights: NDArray[np.float32] | None = ...,
    ) -> Self: ...
    def arrange(self, order: NDArray[np.int64] | None) -> None: ...

@disjoint_base
class ClassTrainer:
    def __new__(
        cls,
        isa: str,
        in_: NDArray[np.float32],
        out: NDArray[np.float32],
        vector_size: int,
        targets: ClassTargets,
        seed: int,
        want_loss: bool,
    ) -> Self: ...
    def workspace(self) -> bytearray: ...
    def stop(self) -> None: ...
    def train_block(
        self, texts: Texts, epoch: int, begin: int, end: int, alpha: float, workspace: bytearray
    ) -> tuple[int, int, int, float]: ...

@disjoint_base
class Crew:
    def __new__(cls, trainer: Trainer, workers: int, alpha: float, memory: NDArray[np.uint8]) -> Self: ...
    @staticmethod
    def size(trainer: Trainer, alpha: float) -> int: ...
    @staticmethod
    def lanes(trainer: Trainer) -> int: ...
    def begin(self, lanes: list[tuple[TokenView, int, int]]) -> None: ...
    def train(self, worker: int, epoch: int, alpha: float, workspace: bytearray, slots: bytearray) -> None: ...
    def call_off(self) -> None: ...
    def done(self) -> tuple[int, int, int, float]: ...

def step(
    isa: str,
    h: NDArray[np.float32],
    h_rows: NDArray[np.int32],
    o: NDArray[np.float32],
    o_rows: NDArray[np.int32],
    labels: NDArray[np.uint8],
    vector_size: int,
    alpha: float,
    in_turn: bool = ...,
) -> float: ...

@disjoint_base
class TopRows:
    def __new__(
        cls,
        isa: str,
        rows: NDArray[np.float32] | NDArray[np.uint16] | NDArray[np.int8] | NDArray[np.uint8],
        scale: NDArray[np.float32] | None,
        candidates: NDArray[np.int64] | None,
        queries: NDArray[np.float32],
        exclude_offsets: NDArray[np.int64] | None,
        exclude: NDArray[np.int64] | None,
        n: int,
        centroids: NDArray[np.float32] | None = ...,
    ) -> Self: ...
    def workspace(self) -> bytearray: ...
    def scan(self, begin: int, end: int, workspace: bytearray) -> None: ...
    def results(self, scores: NDArray[np.float32], rows: NDArray[np.int64]) -> None: ...

def nearest_centroids(
    isa: str,
    rows: NDArray[np.float32],
    centroids: NDArray[np.float32],
    bias: NDArray[np.float32],
    codes: NDArray[np.uint8],
) -> None: ...
def gather_rows(rows: NDArray[np.float32], indices: NDArray[np.int64], out: NDArray[np.float32]) -> None: ...
def scatter_rows(
    isa: str,
    rows: NDArray[np.float32],
    indices: NDArray[np.int64],
    changes: NDArray[np.float32],
    scale: NDArray[np.float32] | None = ...,
) -> None: ...
def renormalise_rows(isa: str, rows: NDArray[np.float32], indices: NDArray[np.int64], longest: float) -> None: ...
def mean_rows(
    isa: str,
    rows: NDArray[np.float32],
    items: NDArray[np.int64],
    offsets: NDArray[np.int64],
    weights: NDArray[np.float64] | None,
    means: NDArray[np.float32],
) -> None: ...
def number_ngrams(
    words: bytes,
    offsets: NDArray[np.int64],
    shortest: int,
    longest: int,
    buckets: int,
    begins: NDArray[np.int64],
    numbers: NDArray[np.int64] | None,
) -> int: ...
def count_lines(data: _Bytes) -> int: ...
def count_words(data: _Bytes) -> int: ...
def lower_ascii(data: _Bytes) -> bytearray: ...

@disjoint_base
class TokenTable:
    def __new__(cls) -> Self: ...
    def __len__(self) -> int: ...
    @property
    def memory(self) -> int: ...
    def read(
        self, data: _Bytes, position: int, strict: bool, ids: NDArray[np.int32], ends: NDArray[np.int64]
    ) -> int: ...
    def merge(self, source: TokenTable, remap: NDArray[np.int32]) -> None: ...
    def counts(self, counts: NDArray[np.int64], first_positions: NDArray[np.int64]) -> None: ...
    def list(self, indices: NDArray[np.int32]) -> bytearray: ...
    def partition(self, bits: int, order: NDArray[np.int32], ends: NDArray[np.int64]) -> None: ...
    def add(
        self,
        tokens: _Bytes,
        counts: NDArray[np.int64] | None,
        firsts: NDArray[np.int64] | None,
        position: int,
        ids: NDArray[np.int32],
    ) -> None: ...
    def find(self, tokens: _Bytes, ids: NDArray[np.int32]) -> None: ...

def number_tokens(indices: dict[Hashable, int], sentences: list[Sequence[Hashable]], ids: NDArray[np.int32]) -> int: ...

@disjoint_base
class FoundTokens:
    def __new__(cls, rows: dict[Hashable, int]) -> Self: ...
    @property
    def odd(self) -> bool: ...
    def write(self, sentences: list[Sequence[Hashable]], ids: NDArray[np.int32]) -> int: ...

@disjoint_base
class KeyTable:
    def __new__(
        cls, data: NDArray[np.uint8], offsets: NDArray[np.int64] | None, slots: NDArray[np.uint64], seed: int
    ) -> Self: ...
    def enter(self, begin: int, end: int) -> tuple[int, int] | None: ...
    def find(self, key: bytes) -> int: ...

def list_words(data: _Bytes, words: NDArray[np.uint8] | bytearray) -> int: ...

@disjoint_base
class DocumentReader:
    def __new__(
        cls,
        names: KeyTable,
        words: int,
        prefix: bytes,
        shortest: int,
        longest: int,
        buckets: int,
        word_ngrams: int,
        pruned: NDArray[np.int32] | None,
        slots: NDArray[np.uint64] | None,
    ) -> Self: ...
    def read(
        self,
        data: _Bytes,
        whole: bool,
        rows: NDArray[np.int32],
        offsets: NDArray[np.int64],
        labels: NDArray[np.int32],
        label_offsets: NDArray[np.int64],
        scratch: NDArray[np.int64],
    ) -> tuple[int, int, int, int, int]: ...

def remap_ids(ids: NDArray[np.int32], remap: NDArray[np.int32], ends: NDArray[np.int64]) -> int: ...
def count_ids(
    ids: NDArray[np.int32], begin: int, end: int, counts: NDArray[np.int64], first: NDArray[np.int64]
) -> None: ...
def move_chains(source: NDArray[np.int32], slots: NDArray[np.int32]) -> int: ...
def move_pairs(source: NDArray[np.uint64], low: int, high: int, slots: NDArray[np.uint64], used: int) -> int: ...
def pack_pairs(slots: NDArray[np.uint64]) -> int: ...
def add_to_filter(pairs: NDArray[np.uint64], filter_: NDArray[np.uint64]) -> None: ...

@disjoint_base
class Sentences:
    def __new__(
        cls,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        connectors: NDArray[np.uint8],
        chain_slots: NDArray[np.int32],
        chains: int,
    ) -> Self: ...
    def collect_chains(
        self, begin: int, end: int, slots: NDArray[np.int32], used: int, room: int
    ) -> tuple[int, int]: ...
    def count_pairs(
        self, begin: int, end: int, low: int, high: int, slots: NDArray[np.uint64], used: int, room: int
    ) -> tuple[int, int]: ...
    def join(
        self,
        slots: NDArray[np.uint64],
        filter_: NDArray[np.uint64],
        begin: int,
        end: int,
        tokens: int,
        check: Callable[[], object],
        out: NDArray[np.int32],
        ends: NDArray[np.int64],
    ) -> int: ...

def find_binary(data: _Bytes, dims: int, room: int, keys: bytearray) -> tuple[int, int, int]: ...
def read_binary(data: _Bytes, rows: NDArray[Any]) -> int: ...
def read_text(
    data: _Bytes,
    floats: NDArray[Any] | None,
    doubles: NDArray[Any] | None,
    keys: bytearray,
    hard: NDArray[np.int64],
) -> tuple[bool, int, int, int, int]: ...
def write_text(rows: NDArray[np.float32], keys: _Bytes, key_ends: NDArray[np.int64]) -> bytearray: ...

@disjoint_base
class RowGradients:
    def __new__(
        cls,
        count: int,
        rows: NDArray[np.float32],
        source: NDArray[np.int64] | None,
        factors: NDArray[np.float32] | None,
        winners: NDArray[np.int64] | None,
        by_frequency: bool,
    ) -> Self: ...

@disjoint_base
class RowOptimizer:
    def __new__(
        cls,
        isa: str,
        table: NDArray[np.float32],
        first: NDArray[np.float32] | None,
        second: NDArray[np.float32] | None,
        rule: str,
        sizes: Sequence[float],
    ) -> Self: ...
    def apply(self, indices: NDArray[np.int64] | None, values: NDArray[np.float32], begin: int, end: int) -> None: ...

@disjoint_base
class RowGroups:
    def __new__(cls, ids: NDArray[np.int64], rows: int, padding: int, worker: int, workers: int) -> Self: ...
    def distinct(self) -> int: ...
    def rows(self, out: NDArray[np.int64]) -> None: ...
    def sum(
        self, isa: str, gradients: RowGradients, places: NDArray[np.int64], values: NDArray[np.float32]
    ) -> None: ...
    def learn(self, optimizer: RowOptimizer, gradients: RowGradients) -> None: ...
    def shorten(self, isa: str, table: NDArray[np.float32], longest: float, p: float) -> None: ...

@disjoint_base
class RowBags:
    def __new__(
        cls,
        isa: str,
        table: NDArray[np.float32],
        ids: NDArray[np.int64],
        offsets: NDArray[np.int64],
        factors: NDArray[np.float32] | None,
        mean: bool,
    ) -> Self: ...
    def pool(self, begin: int, end: int, out: NDArray[np.float32]) -> None: ...
    def max(self, begin: int, end: int, out: NDArray[np.float32], winners: NDArray[np.int64]) -> None: ...
    def products(self, begin: int, end: int, grads: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...

def rank_rows(own: NDArray[np.int64], other: NDArray[np.int64], places: NDArray[np.int64]) -> None: ...
def all_finite(isa: str, values: NDArray[np.float32]) -> bool: ...

@disjoint_base
class StoredRows:
    def __new__(
        cls,
        size: int,
        values: NDArray[np.uint8] | None,
        codes: NDArray[np.uint8] | None = ...,
        centroids: NDArray[np.float32] | None = ...,
        width: int = ...,
        length_codes: NDArray[np.uint8] | None = ...,
        lengths: NDArray[np.float32] | None = ...,
    ) -> Self: ...
    def means(
        self, isa: str, rows: NDArray[np.int32], offsets: NDArray[np.int64], vectors: NDArray[np.float32]
    ) -> None: ...

@disjoint_base
class LabelTable:
    def __new__(
        cls,
        isa: str,
        inputs: StoredRows,
        outputs: StoredRows,
        loss: int,
        transposed: NDArray[np.float32] | None,
        children: NDArray[np.int32] | None,
        sigmoids: NDArray[np.float32],
    ) -> Self: ...
    def workspace(self) -> bytearray: ...
    def predict(
        self,
        rows: NDArray[np.int32],
        offsets: NDArray[np.int64],
        threshold: float,
        logs: NDArray[np.float32],
        labels: NDArray[np.int32],
        counts: NDArray[np.int64],
        workspace: bytearray,
    ) -> None: ...
