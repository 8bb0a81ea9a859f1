"""Indexes of faiss behind the same calls as graphs of usearch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from ..vectors.topk import Floats, Indices
from .graph import Bytes


class FaissGraph:
    """An index of faiss, for vectors that are all as long, so that angles, products and distances rank alike.

    Args:
        index: faiss's.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self.dimensions: int = index.d

    @classmethod
    def of_bytes(cls, stored: Bytes, dimensions: int) -> Self:
        """One that `stored` gave, of a source that you trust.

        Raises:
            ValueError: These are no bytes of such an index.
        """
        try:
            index = faiss_module().deserialize_index(np.array(stored))
        except RuntimeError as error:
            raise ValueError(f"faiss cannot read the index: {str(error).splitlines()[0]}") from None
        if index.d != dimensions:
            raise ValueError("the index does not fit the vectors")
        return cls(index)

    @classmethod
    def of_empty(cls, index: Any, dimensions: int, metric: str) -> Self:
        """One of faiss's, into which nothing was put yet.

        Raises:
            TypeError: It is no index of faiss.
            ValueError: It has other dimensions, or something in it.
        """
        faiss = faiss_module()
        if not isinstance(index, faiss.Index):
            raise TypeError(
                f"faiss= must be an index of faiss, such as faiss.IndexHNSWFlat({dimensions}, 32), not {index!r}"
            )
        if index.d != dimensions:
            why = " (one more than the vectors have, for dot products)" if metric == "dot" else ""
            raise ValueError(f"faiss= must be an index of {dimensions} dimensions{why}, not of {index.d}")
        if index.ntotal:
            raise ValueError(f"faiss= must be an index without vectors; this one has {index.ntotal:,}")
        return cls(index)

    @property
    def kind(self) -> str:
        """The name of faiss's class."""
        return type(self._index).__name__

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def expansion_search(self) -> int:
        """Candidates looked at for each query, or with an inverted file its lists; 0 for neither."""
        if hasattr(self._index, "hnsw"):
            return int(self._index.hnsw.efSearch)
        return int(getattr(self._index, "nprobe", 0))

    @expansion_search.setter
    def expansion_search(self, value: int) -> None:
        if hasattr(self._index, "hnsw"):
            self._index.hnsw.efSearch = value
        elif hasattr(self._index, "nprobe"):
            self._index.nprobe = value
        else:
            raise ValueError(f"{self.kind} has neither candidates nor lists to set a number of")

    def train(self, sample: Floats, threads: int) -> None:
        """Let faiss find clusters, where its index has some."""
        if not self._index.is_trained:
            with _threads(threads):
                self._index.train(np.ascontiguousarray(sample))

    def add(self, numbers: Indices, vectors: Floats, threads: int) -> None:
        """Add vectors (k, dimensions); their numbers must follow those there are."""
        if len(numbers) and int(numbers[0]) != len(self):
            raise ValueError(f"faiss numbers its rows itself: the next is {len(self)}, not {numbers[0]}")
        with _threads(threads):
            self._index.add(np.ascontiguousarray(vectors))

    def neighbours(self, queries: Floats, count: int, threads: int) -> Indices:
        """Rows found for each query (q, dimensions), nearest first, -1 for nothing: (q, count)."""
        if not len(self) or not len(queries) or not count:
            return np.full((len(queries), count), -1, np.int64)
        with _threads(threads):
            _, rows = self._index.search(np.ascontiguousarray(queries), count)
        found: Indices = rows.astype(np.int64, copy=False)
        return found

    def stored(self) -> Bytes:
        """What `of_bytes` reads."""
        found: Bytes = faiss_module().serialize_index(self._index)
        return found


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let faiss use so many threads: its number is one for the whole process."""
    faiss = faiss_module()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def faiss_module() -> Any:
    """The package.

    Raises:
        ImportError: It is not installed.
    """
    try:
        import faiss
    except ImportError:
        raise ImportError('this index needs faiss: pip install "fastemb[faiss]"') from None
    return faiss
