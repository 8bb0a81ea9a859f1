"""The doors of Corpus with other sizes of what is done at a time, on which nothing may depend."""

from __future__ import annotations

from typing import Any

from fastemb.corpus import Corpus
from fastemb.corpus.reading import ReadOptions, read_column, read_files, read_ids, read_parquet, read_sentences
from fastemb.corpus.task import ReadSizes


class Sized:
    def __init__(self, **sizes: int) -> None:
        self._sizes = ReadSizes(**sizes)

    def _with(self, options: dict[str, Any]) -> ReadOptions:
        return ReadOptions(sizes=self._sizes, **options)

    def from_file(self, source: Any, **options: Any) -> Corpus:
        return Corpus(*read_files(source, self._with(options)))

    def from_sentences(self, sentences: Any, split: bool = False, **options: Any) -> Corpus:
        return Corpus(*read_sentences(sentences, split, self._with(options)))

    def from_ids(self, ids: Any, offsets: Any = None, keys: Any = None, **options: Any) -> Corpus:
        return Corpus(*read_ids(ids, offsets, keys, self._with(options)))

    def from_arrow(self, data: Any, column: str | None = None, **options: Any) -> Corpus:
        return Corpus(*read_column(data, column, self._with(options)))

    def from_parquet(self, path: Any, column: str | None = None, **options: Any) -> Corpus:
        return Corpus(*read_parquet(path, column, self._with(options)))


TINY = {"block_bytes": 16, "counting_bytes": 1, "counting_bytes_a_word": 0}
"""Token tables are put aside after every block of a few bytes."""


def tiny_sizes() -> ReadSizes:
    return ReadSizes(**TINY)


def tiny_tables(spill_bits: int = 8) -> Sized:
    return Sized(**TINY, spill_bits=spill_bits)
