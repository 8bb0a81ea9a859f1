"""FastTextKeyedVectors: vectors of words and of their n-grams, of which unseen words get vectors too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _native
from ..arguments import names_arguments
from ..checks import whole
from ..config import isa
from ..io.atomic import StrPath
from ..io.formats import VectorTable
from ..io.formats.fasttext_subwords import WITHOUT_NGRAMS, subword_rows
from ..io.user_attributes import set_attributes
from ..signals import Deferred, slices
from ..train.bags import joined
from ..train.matrices import random_rows, zeros
from ..train.weights import Bags, checked_factors
from .keyedvectors import KeyedVectors
from .lock_factors import LockFactors, NoLockFactors
from .missing import absent
from .norms import row_norms, scaled_one
from .store import Array, Key

_PART = 1 << 14  # words whose n-grams are numbered at once
MOST_BUCKETS = 2**31 - 1
"""Of n-grams: their rows have numbers of 32 bits."""

_CACHED = "_bags"
_SORTED = "_sorted_buckets"


def word_bytes(word: str) -> bytes:
    """A word as its n-grams are made of it. Bytes that are no text, as a file may hold them, come back as they were."""
    try:
        return word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return word.encode("utf-8", "surrogatepass")


def numbered(keys: Sequence[Key], min_n: int, max_n: int, bucket: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The buckets of the n-grams of these words, those of a word after another's, and (words + 1,) offsets.

    Whole numbers have no n-grams.
    """
    numbers, offsets = [np.empty(0, np.int64)], [np.zeros(1, np.int64)]
    for part in slices(len(keys), _PART):
        words = [word_bytes(key) if isinstance(key, str) else WITHOUT_NGRAMS for key in keys[part]]
        found, begins = subword_rows(words, min_n, max_n if bucket else 0, bucket)
        numbers.append(found)
        offsets.append(begins[1:] + offsets[-1][-1])
    return np.concatenate(numbers), np.concatenate(offsets)


@dataclass(frozen=True)
class Ngrams:
    """Which n-grams words have.

    Attributes:
        buckets: Each once; None: there is a row for each bucket.
        rows: Of the n-grams of a word, those of one word after another's: places in ``buckets``, or buckets.
        offsets: (words + 1,), where those of each word begin.
        count: Rows of n-grams in all.
    """

    buckets: NDArray[np.int64] | None
    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]
    count: int

    def bags(self) -> Bags:
        """A row for each word, then those of n-grams."""
        words = len(self.offsets) - 1
        return joined(np.arange(words), self.rows + words, self.offsets, words + self.count)


def found_ngrams(keys: Sequence[Key], counts: NDArray[np.int64], min_n: int, max_n: int, bucket: int) -> Ngrams:
    """The n-grams of words with these counts, the most frequent buckets first, so that what is read most lies close."""
    found, places, offsets = [np.empty(0, np.int64)], [], [np.zeros(1, np.int64)]
    often: list[NDArray[Any]] = [np.empty(0)]
    for part in slices(len(keys), _PART):
        numbers, ends = numbered(keys[part], min_n, max_n, bucket)
        own, place = np.unique(numbers, return_inverse=True)
        often.append(np.bincount(place, np.repeat(counts[part], np.diff(ends)), len(own)))
        found.append(own)
        places.append(place)
        offsets.append(ends[1:] + offsets[-1][-1])
    buckets, which = np.unique(np.concatenate(found), return_inverse=True)
    order = np.argsort(-np.bincount(which, np.concatenate(often), len(buckets)), kind="stable")
    rank = np.empty(len(buckets), np.int64)
    rank[order] = np.arange(len(buckets))
    begins = np.cumsum([len(own) for own in found])
    rows = [rank[which[begin:][place]] for begin, place in zip(begins[:-1], places, strict=True)]
    return Ngrams(buckets[order], np.concatenate([np.empty(0, np.int64), *rows]), np.concatenate(offsets), len(buckets))


class FastTextKeyedVectors(KeyedVectors):
    """Vectors by word that know the n-grams of characters in a word; with gensim 4's names.

    The vector of a word is the mean of a row of its own and the rows of its n-grams, which are numbered by a hash,
    modulo ``bucket``. That of a word which is not there is the mean of the rows of those of its n-grams that are known;
    it is zero where none is.

    All questions take such words: `get_vector`, ``[]``, `similarity`, `most_similar` and the others. ``in`` is true of
    every str where there are n-grams; ``word in wv.key_to_index`` says whether there is a row of its own. What is
    assigned to a word's vector lasts until `adjust_vectors` or training makes it of its rows anew.

    Args:
        vector_size: Dimensions of each vector.
        min_n: Characters of the shortest n-grams.
        max_n: Characters of the longest; 0: there are none.
        bucket: How many numbers n-grams may have.
        count: Rows to reserve. Default 0.
        dtype: Of the vectors. Default np.float32.

    Attributes:
        vectors: (n, vector_size) array, the vector of each word. It is made of the rows: see `adjust_vectors`.
        input_vectors: (rows, vector_size) array: a row for each word, then one for each n-gram. This is trained.
        buckets: The bucket of each row of ``vectors_ngrams``, or None where row i is that of bucket i.
        vectors_vocab_lockf: Factors on changes of ``vectors_vocab`` in training: one, or one a row. 0 freezes it.
        vectors_ngrams_lockf: The same of ``vectors_ngrams``.
    """

    input_vectors: Array
    buckets: NDArray[np.int64] | None
    vectors_lockf: Any = NoLockFactors(
        "vectors", "vectors of words are made of rows here; set vectors_vocab_lockf, vectors_ngrams_lockf or both"
    )
    vectors_vocab_lockf: Any = LockFactors("vectors_vocab")
    vectors_ngrams_lockf: Any = LockFactors("vectors_ngrams")

    @names_arguments()
    def __init__(
        self,
        vector_size: int,
        min_n: int,
        max_n: int,
        bucket: int,
        count: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(vector_size, count, dtype)
        self.min_n = whole("min_n", min_n, 0, 2**30)
        self.max_n = whole("max_n", max_n, 0, 2**30)
        self.bucket = whole("bucket", bucket, 0, MOST_BUCKETS)
        self.input_vectors = np.zeros((count, self.vector_size), np.float32)
        self.buckets = np.empty(0, np.int64)
        self.vectors_vocab_lockf = np.ones(1, np.float32)
        self.vectors_ngrams_lockf = np.ones(1, np.float32)

    # ---- rows ----

    def _ngram_count(self) -> int:
        if self.buckets is not None:
            return len(self.buckets)
        return self.bucket if self.max_n else 0

    @property
    def vectors_vocab(self) -> Array:
        """(n, vector_size) array, the row of each word itself: the first rows of ``input_vectors``."""
        return self.input_vectors[: len(self.input_vectors) - self._ngram_count()]

    @vectors_vocab.setter
    def vectors_vocab(self, value: Any) -> None:
        self.vectors_vocab[:] = value

    @property
    def vectors_ngrams(self) -> Array:
        """(n-grams, vector_size) array, a row for each bucket that is known: the last rows of ``input_vectors``."""
        return self.input_vectors[len(self.input_vectors) - self._ngram_count() :]

    @vectors_ngrams.setter
    def vectors_ngrams(self, value: Any) -> None:
        self.vectors_ngrams[:] = value

    @property
    def buckets_word(self) -> list[NDArray[np.int64]]:
        """For each word the rows of ``vectors_ngrams`` that are those of its n-grams."""
        numbers, offsets = numbered(self.index_to_key, self.min_n, self.max_n, self.bucket)
        return np.split(self._rows_of(numbers), offsets[1:-1])

    def _rows_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of ``vectors_ngrams`` for buckets, -1 for one that is not known."""
        if self.buckets is None:
            return numbers
        if not len(self.buckets):
            return np.full(len(numbers), -1, np.int64)
        cached = vars(self).get(_SORTED)
        if cached is None or cached[0] is not self.buckets:
            order = np.argsort(self.buckets)
            cached = vars(self)[_SORTED] = (self.buckets, order, self.buckets[order])
        _, order, rising = cached
        places = np.minimum(np.searchsorted(rising, numbers), len(rising) - 1)
        found: NDArray[np.int64] = np.where(rising[places] == numbers, order[places], -1)
        return found

    def bags(self) -> Bags:
        """Which rows of ``input_vectors`` make the vector of each word.

        Raises:
            ValueError: ``input_vectors`` has not a row for each word, or a word was added to these vectors.
        """
        keys, cached, made_of = self.index_to_key, vars(self).get(_CACHED), self._bags_are_of()
        if cached is not None and all(
            a is b or (type(a) is int and a == b) for a, b in zip(cached[0], made_of, strict=True)
        ):
            found: Bags = cached[1]
            return found
        words = len(self.vectors_vocab)
        if words != len(keys):
            raise ValueError(
                f"there are {len(keys):,} words and {words:,} rows of words in input_vectors: words are added by the "
                "model, with build_vocab(..., update=True)"
            )
        numbers, offsets = numbered(keys, self.min_n, self.max_n, self.bucket)
        rows = self._rows_of(numbers)
        made = joined(np.arange(words), np.where(rows < 0, -1, rows + words), offsets, len(self.input_vectors))
        vars(self)[_CACHED] = (made_of, made)
        return made

    def _bags_are_of(self) -> tuple[Any, ...]:
        """What bags follow from."""
        keys = self.index_to_key
        return keys, len(keys), self.buckets, self.min_n, self.max_n, self.bucket, len(self.input_vectors)

    def _keep_bags(self, bags: Bags) -> None:
        """Take over what `bags` would find."""
        vars(self)[_CACHED] = (self._bags_are_of(), bags)

    @names_arguments()
    def recalc_char_ngram_buckets(self) -> None:
        """Number the n-grams of all words anew, after keys were changed in place."""
        vars(self).pop(_CACHED, None)

    def adjust_vectors(self) -> None:
        """Make ``vectors`` of ``input_vectors``, after values of these were changed. Training does so by itself."""
        bags, inputs = self.bags(), self.input_vectors
        made = self.vectors
        if (
            made.shape != (len(self.index_to_key), inputs.shape[1])
            or made.dtype != np.float32
            or not made.flags.c_contiguous
            or not made.flags.writeable
        ):
            made = zeros(len(self.index_to_key), inputs.shape[1])
        fill_means(made, inputs, bags)
        with Deferred():
            if made is not self.vectors:
                self.vectors = made
            self.norms = cast("Array | None", None)

    # ---- looking up ----

    def __contains__(self, key: Key) -> bool:
        """Whether there is a vector of ``key``: of each str, where there are n-grams."""
        return self.has_index_for(key) or (isinstance(key, str) and self._ngram_count() > 0)

    def get_vector(self, key: Key, norm: bool = False) -> Array:
        """Return the vector of ``key``, (vector_size,), read-only; with ``norm``, scaled to length 1.

        That of a word which is not there is made of its n-grams; zeros where none of them is known.

        Raises:
            KeyError: There is no such key, and there are no n-grams, or it is no str.
        """
        if self.has_index_for(key):
            return super().get_vector(key, norm)
        made = self._made_of_ngrams([key])
        vector: Array = made[0]
        if norm:
            vector = scaled_one(vector, row_norms(made)[0])
        vector.flags.writeable = False
        return vector

    def __getitem__(self, key_or_keys: Key | Iterable[Key]) -> Array:
        """Return the vector of one key, or of several as (k, vector_size); a slice is one of rows."""
        if isinstance(key_or_keys, str | bytes | slice) or not isinstance(key_or_keys, Iterable):
            return super().__getitem__(key_or_keys)
        keys = list(key_or_keys)
        rows = np.array([self.get_index(key, -1) for key in keys], np.intp)
        unseen = np.flatnonzero(rows < 0)
        found: Array = self.vectors[rows] if len(self.vectors) else np.zeros((len(keys), self.vector_size), np.float32)
        found[unseen] = self._made_of_ngrams([keys[at] for at in unseen.tolist()])
        return found

    def _made_of_ngrams(self, keys: Sequence[Key]) -> Array:
        """Vectors of words by their n-grams alone.

        Raises:
            KeyError: There are no n-grams, or a key is no str.
        """
        for key in keys:
            if not isinstance(key, str) or not self._ngram_count():
                raise absent(key, self.key_to_index)
        numbers, offsets = numbered(keys, self.min_n, self.max_n, self.bucket)
        rows = self._rows_of(numbers)
        ends = np.concatenate(([0], np.cumsum(rows >= 0)))
        made = np.zeros((len(keys), self.vector_size), np.float32)
        if len(keys):
            _native.mean_rows(isa(), self.vectors_ngrams, rows[rows >= 0], ends[offsets], None, made)
        return made

    # ---- changing ----

    def resize_vectors(self, seed: int = 0) -> None:
        """Make ``input_vectors`` and ``vectors`` as long as there are words.

        New rows are uniform in [-1, 1) / vector_size.

        Raises:
            ValueError: There are more rows than words.
        """
        words, count = len(self.vectors_vocab), len(self.index_to_key)
        if words > count:
            raise ValueError(f"there are {words} rows of words for {count} words")
        grown = zeros(count + self._ngram_count(), self.vector_size)
        random_rows(grown, seed)
        grown[:words], grown[count:] = self.vectors_vocab, self.vectors_ngrams
        with Deferred():
            self.input_vectors = grown
            self.vectors = zeros(count, self.vector_size)
            self.adjust_vectors()
            self.allocate_vecattrs()

    def sort_by_descending_frequency(self) -> None:
        """Reorder words, their rows and attributes by falling attribute "count"; equal counts keep their order.

        Raises:
            KeyError: There is no attribute "count".
        """
        before = self.index_to_key
        with Deferred():
            super().sort_by_descending_frequency()
            if self.index_to_key is before:
                return
            rows = {key: row for row, key in enumerate(before)}
            order = np.array([rows[key] for key in self.index_to_key], np.intp)
            inputs = self.input_vectors.copy()
            inputs[: len(order)] = self.input_vectors[order]
            self.input_vectors = inputs
            if len(self.vectors_vocab_lockf) == len(order):
                self.vectors_vocab_lockf = self.vectors_vocab_lockf[order]

    def intersect_word2vec_format(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse vectors of words alone, which the rows that they are made of would not follow.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            "the vectors of words are made of rows here: read a model of fastText with load_facebook_model, or assign "
            "to rows of vectors_vocab and call adjust_vectors"
        )

    # ---- files ----

    def _table(self, ignore: set[str]) -> VectorTable:
        """What is saved: rows of words and n-grams beside the rest."""
        return super()._table({_CACHED, _SORTED, *ignore})

    def _take(self, path: StrPath, table: VectorTable) -> None:
        """Become what was read from ``path``.

        Raises:
            ValueError: The file holds no n-grams, or is damaged.
        """
        needed = ("min_n", "max_n", "bucket", "input_vectors", "vectors_vocab_lockf", "vectors_ngrams_lockf")
        if any(name not in table.own for name in needed):
            raise ValueError(f"{path}: holds vectors without n-grams: read it with KeyedVectors.load")
        own = table.own
        try:
            sizes = [whole(name, own[name], 0, MOST_BUCKETS) for name in ("min_n", "max_n", "bucket")]
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: damaged n-grams: {error}") from None
        buckets, inputs = own.get("buckets"), own["input_vectors"]
        has_buckets = buckets is None or (
            isinstance(buckets, np.ndarray)
            and buckets.dtype == np.int64
            and buckets.ndim == 1
            and len(np.unique(buckets)) == len(buckets)
        )
        count = len(table.keys) + ((sizes[2] if sizes[1] else 0) if buckets is None else len(buckets))
        shape = (count, table.vectors.shape[1])
        if not has_buckets or not isinstance(inputs, np.ndarray) or (inputs.shape, inputs.dtype) != (shape, np.float32):
            raise ValueError(
                f"{path}: damaged n-grams: input_vectors must be float32 of shape {shape}, buckets different"
            )
        self._become(table.keys, table.vectors)
        self.expandos.update(table.attributes)
        self.buckets = None
        set_attributes(path, self, own, set(vars(KeyedVectors(1))))

    @classmethod
    def _from_arrays(cls, keys: Any, vectors: Array, counts: Array | None = None) -> NoReturn:
        """Refuse what has no n-grams."""
        raise TypeError(f"{cls.__name__} has n-grams, which this does not give: take KeyedVectors")

    # ---- training ----

    def row_lock_factors(self) -> Array:
        """Factors on changes of ``input_vectors``: one, or one a row.

        Raises:
            TypeError: They are no numbers.
            ValueError: One is negative, NaN or infinite; there are neither 1 nor as many factors as rows.
        """
        parts = []
        for name, count in (("vectors_vocab", len(self.vectors_vocab)), ("vectors_ngrams", self._ngram_count())):
            factors = checked_factors(f"wv.{name}_lockf", getattr(self, f"{name}_lockf"))
            if len(factors) not in (1, count):
                raise ValueError(
                    f"wv.{name}_lockf has {len(factors)} entries; it takes 1 or one for each of {count} rows of "
                    f"wv.{name}"
                )
            parts.append((factors, count))
        if all(len(factors) == 1 and factors[0] == 1.0 for factors, _ in parts):
            return np.ones(1, np.float32)
        return np.concatenate([np.broadcast_to(factors, count) for factors, count in parts])


def fill_means(made: Array, inputs: Array, bags: Bags) -> None:
    """Fill ``made`` with the vectors of words, of rows of ``inputs``."""
    for part in slices(len(made), _PART):
        begin, end = bags.offsets[part.start], bags.offsets[part.stop]
        items = bags.rows[begin:end].astype(np.int64)
        _native.mean_rows(isa(), inputs, items, bags.offsets[part.start : part.stop + 1] - begin, None, made[part])
