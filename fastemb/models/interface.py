"""What the functions of this folder ask of the model of words that they are methods of."""

# ruff: noqa: D102  (Word2Vec has the docstrings)

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Protocol

from numpy.typing import NDArray

from ..corpus import Corpus, Vocabulary
from ..train.checkpoint import Contents
from ..train.history import Row
from ..train.matrices import Matrix
from ..train.sampling import HuffmanPaths
from ..train.settings import Settings
from ..train.task import Task
from ..vectors import KeyedVectors
from .building import Counts, Source
from .known_words import Change, KnownWords, NewWords
from .resuming import Books
from .word2vec_file import Saved


class WordModel(Protocol):
    """Word2Vec, or a subclass that has more than rows of words, such as those of n-grams or of documents.

    The functions are written with ``self`` first, and Word2Vec binds them by assignment: each of them is a method of
    the class and can be overridden like any other. What a subclass does in its own way they call as a method.
    """

    vector_size: int
    sample: float
    min_count: int
    null_word: int
    hs: int
    negative: int
    corpus_count: int
    corpus_total_words: int
    raw_vocab: Counts
    effective_min_count: int
    running_training_loss: float
    total_train_time: float
    train_count: int
    min_alpha_yet_reached: float
    history: list[Row]
    _workers: int | None
    _kind: ClassVar[str]
    _settings_of: ClassVar[type[Settings]]
    _source_type: ClassVar[type[Source]]

    @property
    def wv(self) -> KeyedVectors: ...
    @property
    def workers(self) -> int: ...
    @property
    def syn1neg(self) -> Matrix: ...
    @property
    def syn1(self) -> Matrix: ...
    @property
    def _known(self) -> KnownWords: ...

    def add_lifecycle_event(self, event_name: str, log_level: int = ..., **event: Any) -> None: ...
    def _blank(self, settings: Settings, /) -> dict[str, Any]: ...
    def _settings(self) -> Settings: ...
    def _known_vocabulary(self) -> Vocabulary: ...
    def _checked_inputs(self) -> NDArray[Any]: ...
    def _huffman_paths(self) -> HuffmanPaths: ...
    def _further_of(self, corpus: Corpus, /) -> dict[str, Any]: ...
    def _take_vocabulary(self, words: NewWords) -> None: ...
    def _take(self, change: Change, further: dict[str, Any]) -> None: ...
    def _task(self, settings: Settings, corpus: Corpus, compute_loss: bool) -> Task: ...
    def _prepared(self, task: Task, books: Books) -> Contents: ...
    def _saved(self, left_out: Collection[str]) -> Saved: ...
