"""Questions about vectors: what is near, what does not fit, how far apart."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks import integer
from .store import Array, Key, Store, divided, is_integer, row_norms
from .topk import Floats, Indices, top_k

logger = logging.getLogger(__name__)

Scored = list[tuple[Key, float]]


def _as_list(value: Any) -> list[Any]:
    """One key or vector, several of them, or None, as a list."""
    if value is None:
        return []
    if isinstance(value, str) or is_integer(value) or (isinstance(value, np.ndarray) and value.ndim == 1):
        return [value]
    return list(value)


def _weighted(items: Iterable[Any], weight: float) -> list[tuple[Any, float]]:
    """Give ``weight`` to keys and vectors that come without one."""
    return [_as_pair(item) if isinstance(item, tuple | list) else (item, weight) for item in items]


def _as_pair(item: Sequence[Any]) -> tuple[Any, float]:
    if len(item) != 2:
        raise TypeError(f"expected a key, a vector as an array, or a pair (key or vector, weight), not {item!r}")
    return item[0], float(item[1])


def _unit(vector: Array) -> Array:
    norm = np.linalg.norm(vector)
    return vector / norm if norm > 0 else vector


def _cosine(one: Array, other: Array) -> Any:
    """Cosine of two vectors, in their dtype: exactly 1 for equal ones, 0 where one is zero."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    scale = np.sqrt((first @ first) * (second @ second))
    return one.dtype.type(first @ second / scale if scale > 0 else 0.0)


def _best(scores: Array, count: int) -> Array:
    """Return where the ``count`` highest scores are, highest first; of equal ones the lower index, NaN last."""
    falling = -scores
    if count < len(scores):
        threshold = np.partition(falling, count - 1)[count - 1]
        chosen = np.flatnonzero(~(falling > threshold))  # NaN is neither above nor below; the sort puts it last
        return chosen[np.argsort(falling[chosen], kind="stable")[:count]]
    return np.argsort(falling, kind="stable")


def _searched(clip_start: int, clip_end: int | None, restrict_vocab: int | None) -> slice:
    return slice(0, restrict_vocab) if restrict_vocab else slice(clip_start, clip_end or None)


class Queries(Store):
    """A store that answers questions."""

    # ---- means ----

    def get_mean_vector(
        self,
        keys: Any,
        weights: ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Array:
        """Return the weighted mean of vectors: their weighted sum over the sum of the weights' sizes.

        Args:
            keys: keys, or vectors as arrays; one or several.
            weights: one number for each. Default None: all 1.
            pre_normalize: scale the keys' vectors (but no vectors given as arrays) to length 1 first.
            post_normalize: scale the result to length 1.
            ignore_missing: leave out keys that do not exist; with none left the result is zero.

        Returns:
            An array (vector_size,) of the vectors' dtype.

        Raises:
            KeyError: a key does not exist and ``ignore_missing`` is False.
            ValueError: no keys, or not as many weights as keys.

        """
        items = _as_list(keys)
        if not items:
            raise ValueError("cannot compute mean with no input")
        factors = np.ones(len(items)) if weights is None else np.asarray(weights, np.float64)
        if factors.shape != (len(items),):
            raise ValueError("keys and weights must have the same number of elements")
        total, size = np.zeros(self.vector_size), 0.0
        for item, factor in zip(items, factors.tolist(), strict=True):
            if isinstance(item, np.ndarray):
                total += factor * item
            elif self.has_index_for(item):
                total += factor * self.get_vector(item, norm=pre_normalize)
            elif ignore_missing:
                continue
            else:
                raise KeyError(f"Key '{item}' not present")
            size += abs(factor)
        mean = total / size if size > 0 else total
        return (_unit(mean) if post_normalize else mean).astype(self.vectors.dtype)

    # ---- neighbours ----

    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
    ) -> Any:
        """Find the keys whose vectors have the highest cosine with the mean of the given ones.

        The given vectors count with length 1, those of ``negative`` with weight -1 (Mikolov et al. 2013, NAACL).
        With ``positive=["king", "woman"], negative=["man"]`` it answers: man is to king as woman is to what?

        Args:
            positive: keys, vectors as arrays, or pairs (key or vector, weight); one or several.
            negative: the same; a weight in a pair is taken as it stands, so give a negative one.
            topn: how many to return; None: the cosines of all rows instead, in their order.
            clip_start: first row to look at. Default 0.
            clip_end: row to stop before. Default None: the end.
            restrict_vocab: look at the first so many rows only; comes before the two above.
            indexer: an approximate index whose ``most_similar(vector, topn)`` is asked instead.

        Returns:
            A list of (key, cosine), highest first, without the given keys; or an array of cosines.

        Raises:
            KeyError: a key does not exist.
            ValueError: neither positive nor negative is given.

        """
        if topn is not None and integer("topn", topn) < 1:
            return []
        pairs = _weighted(_as_list(positive), 1.0) + _weighted(_as_list(negative), -1.0)
        items, weights = [item for item, _ in pairs], [weight for _, weight in pairs]
        mean = self.get_mean_vector(items, weights, post_normalize=True, ignore_missing=False)
        if indexer is not None and topn is not None:
            return indexer.most_similar(mean, topn)
        rows = _searched(clip_start, clip_end, restrict_vocab)
        scores = divided(self.vectors[rows] @ mean, self._filled_norms()[rows])
        if topn is None:
            return scores
        return self._named(scores, integer("topn", topn), rows.indices(len(self.vectors))[0], self._rows_of(items))

    def most_similar_batch(
        self,
        queries: Iterable[Key] | Array,
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        workers: int | None = None,
    ) -> list[Scored]:
        """Find the neighbours of many keys or vectors at once: much faster than `most_similar` for each.

        It looks at all rows and computes in float32. Vectors with a cosine of NaN are left out, and of equal cosines
        the lower row comes first.

        Args:
            queries: keys, or vectors as one array (n, vector_size).
            topn: how many neighbours to return of each.
            clip_start: first row to look at. Default 0.
            clip_end: row to stop before. Default None: the end.
            restrict_vocab: look at the first so many rows only; comes before the two above.
            workers: threads. Default None: one for each CPU that the process may use.

        Returns:
            For each query a list of (key, cosine), highest first; a key is not its own neighbour.

        Raises:
            KeyError: a key does not exist.
            ValueError: the vectors have another shape.
            TypeError: ``queries`` is one key.

        """
        rows, cosines = self.most_similar_rows(queries, topn, clip_start, clip_end, restrict_vocab, workers)
        keys = self.index_to_key
        return [
            [(keys[row], cosine) for row, cosine in zip(*found, strict=True) if row >= 0]
            for found in zip(rows.tolist(), cosines.tolist(), strict=True)
        ]

    def most_similar_rows(
        self,
        queries: Iterable[Key] | Array,
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        workers: int | None = None,
    ) -> tuple[Indices, Floats]:
        """Do the same as `most_similar_batch`, but return arrays.

        Returns:
            Rows of the neighbours, (n, topn) int64, whose keys are in ``index_to_key``, and cosines, (n, topn)
            float32; -1 and -infinity where there are fewer.

        Raises:
            KeyError: a key does not exist.
            ValueError: the vectors have another shape.
            TypeError: ``queries`` is one key.

        """
        units, given = self._unit_queries(queries)
        span = _searched(clip_start, clip_end, restrict_vocab)
        first, stop, _ = span.indices(len(self.vectors))
        exclude = None
        if given is not None:
            inside = (given >= first) & (given < stop)
            exclude = np.append(0, np.cumsum(inside)), given[inside] - first
        lengths = self._filled_norms()[span].astype(np.float32)
        factors = divided(np.ones_like(lengths), lengths)
        rows, cosines = top_k(units, self.vectors[span], topn, scale=factors, exclude=exclude, workers=workers)
        rows[rows >= 0] += first
        return rows, cosines

    def _unit_queries(self, queries: Iterable[Key] | Array) -> tuple[Floats, Indices | None]:
        """Vectors of length 1, (n, vector_size), and the rows of keys; None for vectors that were given as such."""
        if isinstance(queries, list | tuple) and queries and isinstance(queries[0], np.ndarray):
            queries = np.stack(queries)
        if isinstance(queries, np.ndarray) and (queries.ndim != 1 or queries.dtype.kind == "f"):
            if queries.ndim != 2 or queries.shape[1] != self.vector_size:
                raise ValueError(f"vectors must be (n, {self.vector_size}), not {queries.shape}")
            vectors = queries.astype(np.float32)
            return divided(vectors, row_norms(vectors)[:, np.newaxis]), None
        if isinstance(queries, str | bytes) or not isinstance(queries, Iterable):
            raise TypeError(f"queries must be several keys or vectors; use most_similar for one: {queries!r}")
        rows = np.array([self.get_index(key) for key in queries], np.int64)
        vectors = self.vectors[rows].astype(np.float32)
        return divided(vectors, self._filled_norms()[rows].astype(np.float32)[:, np.newaxis]), rows

    def _rows_of(self, items: Iterable[Any]) -> set[int]:
        return {self.get_index(item) for item in items if not isinstance(item, np.ndarray)}

    def _named(self, scores: Array, topn: int, first: int, without: set[int]) -> Scored:
        """Return the best keys with their scores; scores[0] is that of row ``first``."""
        rows = [(at, at + first) for at in _best(scores, topn + len(without)).tolist()]
        return [(self.index_to_key[row], float(scores[at])) for at, row in rows if row not in without][:topn]

    def similar_by_word(self, word: Key, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Find the keys nearest to ``word``; see `most_similar`."""
        return self.most_similar(positive=[word], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_key(self, key: Key, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Find the keys nearest to ``key``; see `most_similar`."""
        return self.most_similar(positive=[key], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_vector(self, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Find the keys nearest to a vector, (vector_size,); see `most_similar`."""
        return self.most_similar(positive=[np.asarray(vector)], topn=topn, restrict_vocab=restrict_vocab)

    def most_similar_cosmul(
        self, positive: Any = None, negative: Any = None, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """Find keys near all of ``positive`` and far from all of ``negative``, by products of cosines.

        3CosMul of Levy and Goldberg 2014 (CoNLL): cosines are moved to [0, 1]; the score is the product of those
        with ``positive`` over the product of those with ``negative`` plus 1e-6.

        Args:
            positive: keys or vectors as arrays; one or several.
            negative: the same.
            topn: how many to return; None: the scores of all rows instead, in their order.
            restrict_vocab: look at the first so many rows only.

        Returns:
            A list of (key, score), highest first, without the given keys; or an array of scores.

        Raises:
            KeyError: a key does not exist.
            ValueError: ``positive`` is empty.

        """
        if topn is not None and integer("topn", topn) < 1:
            return []
        near, far = _as_list(positive), _as_list(negative)
        if not near:
            raise ValueError("cannot compute similarity with no input")
        rows = slice(0, restrict_vocab or None)
        scores = self._shifted_cosines(near, rows) / (self._shifted_cosines(far, rows) + 1e-6)
        if topn is None:
            return scores
        return self._named(scores, integer("topn", topn), 0, self._rows_of(near + far))

    def _shifted_cosines(self, items: Iterable[Any], rows: slice) -> Array:
        """Product over items of (1 + cosine) / 2, for each row."""
        norms = self._filled_norms()[rows]
        product = np.ones(len(norms), self.vectors.dtype)
        for item in items:
            vector = _unit(item) if isinstance(item, np.ndarray) else self.get_vector(item, norm=True)
            product *= (1 + divided(self.vectors[rows] @ vector.astype(product.dtype), norms)) / 2
        return product

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """Return the key of ``keys_list`` that is nearest to ``key1``.

        Raises:
            KeyError: a key does not exist.
            ValueError: ``keys_list`` is empty.

        """
        return keys_list[int(np.argmax([self.similarity(key1, key) for key in keys_list]))]

    def closer_than(self, key1: Key, key2: Key) -> list[Key]:
        """Return all keys that are nearer to ``key1`` than ``key2`` is, in the order of their rows.

        Raises:
            KeyError: a key does not exist.

        """
        distances = self.distances(key1)
        own, other = self.get_index(key1), self.get_index(key2)
        rows = np.flatnonzero(distances < distances[other]).tolist()
        return [self.index_to_key[row] for row in rows if row != own]

    def words_closer_than(self, word1: Key, word2: Key) -> list[Key]:
        """Do the same as `closer_than`. Deprecated."""
        warnings.warn("words_closer_than is deprecated; use closer_than", DeprecationWarning, stacklevel=2)
        return self.closer_than(word1, word2)

    def rank(self, key1: Key, key2: Key) -> int:
        """Return the place of ``key2`` among the neighbours of ``key1``; the nearest has place 1.

        Raises:
            KeyError: a key does not exist.

        """
        return len(self.closer_than(key1, key2)) + 1

    # ---- sets of keys ----

    def rank_by_centrality(self, words: Iterable[Key], use_norm: bool = True) -> list[tuple[float, Key]]:
        """Sort keys by the cosine with their mean, highest first; keys that do not exist are left out.

        Of equal cosines the key that sorts last comes first; keys that cannot be sorted keep their order.

        Args:
            words: keys.
            use_norm: scale their vectors to length 1 first.

        Returns:
            Pairs (cosine, or dot product without ``use_norm``, and key).

        Raises:
            ValueError: none of the keys exists.

        """
        given = _as_list(words)
        used = [word for word in given if word in self]
        if len(used) < len(given):
            missing = [word for word in given if word not in self]
            logger.warning("these words have no vectors and are left out: %s", missing)
        if not used:
            raise ValueError("cannot select a word from an empty list")
        vectors = np.stack([self.get_vector(word, norm=use_norm) for word in used])
        mean = self.get_mean_vector(list(vectors), post_normalize=True)
        pairs = list(zip(vectors @ mean, used, strict=True))
        try:
            return sorted(pairs, reverse=True)
        except TypeError:  # equal cosines of keys that cannot be compared
            return sorted(pairs, reverse=True, key=lambda pair: pair[0])

    def doesnt_match(self, words: Iterable[Key]) -> Key:
        """Return the key that fits least with the others, by `rank_by_centrality`.

        Raises:
            ValueError: none of the keys exists.

        """
        return self.rank_by_centrality(words)[-1][1]

    def n_similarity(self, ws1: Iterable[Key], ws2: Iterable[Key]) -> Any:
        """Return the cosine of the mean vectors of two sets of keys; keys that do not exist are left out.

        Raises:
            ZeroDivisionError: a set is empty.

        """
        sets = [_as_list(ws1), _as_list(ws2)]
        if not all(sets):
            raise ZeroDivisionError("n_similarity needs at least one key on either side")
        return _cosine(*(self.get_mean_vector(keys, pre_normalize=False) for keys in sets))

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """Return the cosine of two keys over the sum of those of ``wa`` with its ``topn`` neighbours.

        Leeuwenberg et al. 2016 (PBML 105): above 0.10 for 10 neighbours, the two are more likely synonyms.

        Raises:
            KeyError: a key does not exist.

        """
        total = float(sum(score for _, score in self.similar_by_word(wa, topn)))
        return float(self.similarity(wa, wb)) / total

    # ---- two keys ----

    def similarity(self, w1: Key, w2: Key) -> Any:
        """Return the cosine of two keys' vectors.

        Raises:
            KeyError: a key does not exist.

        """
        return _cosine(self.get_vector(w1), self.get_vector(w2))

    def distance(self, w1: Key, w2: Key) -> Any:
        """Return 1 - `similarity`.

        Raises:
            KeyError: a key does not exist.

        """
        return 1 - self.similarity(w1, w2)

    def distances(self, word_or_vector: Any, other_words: Iterable[Key] = ()) -> Array:
        """Return 1 - cosine of a key or vector with other keys; by default with all, in the order of their rows.

        Raises:
            KeyError: a key does not exist.

        """
        is_vector = isinstance(word_or_vector, np.ndarray | list)
        vector = np.asarray(word_or_vector) if is_vector else self.get_vector(word_or_vector)
        others = [self.get_index(word) for word in _as_list(other_words)]
        vectors, norms = self.vectors, self._filled_norms()
        if others:
            vectors, norms = vectors[others], norms[others]
        unit = _unit(vector.astype(vectors.dtype))
        return 1 - divided(vectors @ unit, norms)

    @staticmethod
    def cosine_similarities(vector_1: Array, vectors_all: Array) -> Array:
        """Return the cosines of a vector (d,) with each row of (n, d), as (n,); 0 for vectors of zeros."""
        return divided(np.dot(vectors_all, _unit(vector_1)), row_norms(vectors_all))

    def wmdistance(self, document1: Iterable[Key], document2: Iterable[Key], norm: bool = True) -> float:
        """Return the word mover's distance of two lists of words; needs the package POT.

        Kusner et al. 2015 (ICML): the least work that moves one document's words onto the other's. Words that do not
        exist are left out.

        Args:
            document1: words; not one string.
            document2: words; not one string.
            norm: scale the vectors to length 1 first. Default True.

        Returns:
            The distance; infinity when a document has no known word.

        Raises:
            ImportError: POT is not installed.

        """
        try:
            from ot import emd2  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            raise ImportError("wmdistance needs the package POT: pip install POT") from error
        documents = [[self.get_index(word) for word in words if word in self] for words in (document1, document2)]
        if not all(documents):
            return float("inf")
        (rows1, counts1), (rows2, counts2) = (np.unique(rows, return_counts=True) for rows in documents)
        costs = self._distances_between(rows1, rows2, norm)
        return float(emd2(counts1 / counts1.sum(), counts2 / counts2.sum(), costs))

    def _distances_between(self, rows1: Array, rows2: Array, norm: bool) -> Array:
        """Euclidean distances of rows, (len(rows1), len(rows2)), float64."""
        first, second = self.vectors[rows1].astype(np.float64), self.vectors[rows2].astype(np.float64)
        if norm:
            first, second = (divided(rows, row_norms(rows)[:, np.newaxis]) for rows in (first, second))
        return np.stack([np.linalg.norm(second - row, axis=1) for row in first])
