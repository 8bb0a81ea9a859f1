"""KeyedVectors: vectors by key, with gensim 4's names."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, Self

import numpy as np
from numpy.typing import DTypeLike

from ..io.atomic import StrPath
from ..io.formats import VectorTable, fastemb_file, word2vec_binary, word2vec_text
from ..io.formats.word2vec_counts import read_counts, write_counts
from ..io.formats.word2vec_file import Layout, Reading
from ..io.pickle_options import PICKLE_PROTOCOL, SEP_LIMIT, warn_of_pickle_options
from ..io.user_attributes import set_attributes
from . import evaluation
from .evaluation import Section
from .query import Queries
from .statistics import Correlation
from .store import Array, Key, Store

logger = logging.getLogger(__name__)

_DERIVED = ("sample_int", "point", "code")  # a model makes them from the counts
_REMOVED = {
    "vocab": "use key_to_index, index_to_key, get_vecattr and set_vecattr",
    "index2word": "use index_to_key",
    "index2entity": "use index_to_key",
    "syn0": "use vectors",
    "syn0norm": "use get_normed_vectors()",
    "vectors_norm": "use get_normed_vectors()",
    "wv": "these are the vectors already",
}


class KeyedVectors(Queries):
    """Vectors by key, as gensim 4's class of this name.

    Args:
        vector_size: dimensions of each vector.
        count: rows to reserve. Default 0.
        dtype: of the vectors. Default np.float32.
        mapfile_path: kept for compatibility, not used.

    Attributes:
        vectors: (n, vector_size) array, row i the vector of ``index_to_key[i]``.
        index_to_key: list of keys, None for a reserved row.
        key_to_index: dict from key to row.
        vector_size: dimensions.
        norms: (n,) array, lengths of the vectors, or None while they are not computed; see `fill_norms`.
        expandos: dict from name to an array of one value a key; see `set_vecattr`.

    Integers that are no keys count as row numbers, unless some key is an integer.

    """

    vectors_lockf: Array  # only where training uses it

    if not TYPE_CHECKING:  # type checkers would take any name for granted

        def __getattr__(self, name: str) -> NoReturn:
            hint = f"; {_REMOVED[name]}" if name in _REMOVED else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=self)

    # ---- gensim ----

    @classmethod
    def from_gensim(cls, vectors: Any) -> Self:
        """A copy of gensim's vectors, with their counts and other numeric attributes.

        Args:
            vectors: A ``gensim.models.KeyedVectors`` or a model that has one as ``wv``, or the path of a file that
                gensim saved. gensim reads the file, by unpickling it: only load files that you trust.

        Raises:
            ImportError: a path, but gensim is not installed.
        """
        if isinstance(vectors, str | os.PathLike):
            vectors = _gensim(vectors).load(str(vectors))
        theirs = getattr(vectors, "wv", vectors)
        made = cls._from_arrays(theirs.index_to_key, np.array(theirs.vectors))
        for name, values in theirs.expandos.items():
            if np.asarray(values).dtype != object:
                made.expandos[name] = np.array(values)
        return made

    def to_gensim(self) -> Any:
        """A ``gensim.models.KeyedVectors`` with a copy of these vectors and their attributes.

        Raises:
            ImportError: gensim is not installed.
        """
        made = _gensim("to_gensim")(self.vector_size, dtype=self.vectors.dtype)
        made.add_vectors(self.index_to_key, np.array(self.vectors))
        for name, values in self.expandos.items():
            made.expandos[name] = np.array(values)
        return made

    # ---- evaluation ----

    def evaluate_word_analogies(
        self,
        analogies: StrPath,
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
    ) -> tuple[float, list[Section]]:
        """Answer analogy questions, of the kind: a is to b as c is to d.

        Args:
            analogies: file of questions of four words a line, in sections that start with a line ": name".
            restrict_vocab: look at the first so many keys only. Default 300000.
            case_insensitive: compare words in upper case; of keys that differ only in case the first is used.
            dummy4unknown: count questions with unknown words as wrong instead of leaving them out.
            similarity_function: method that answers; "most_similar" (many questions at once) or another one with the
                same arguments, such as "most_similar_cosmul" (one at a time).

        Returns:
            The share of right answers, and for each section and in the end for all a dict with "section" (its name),
            "correct" and "incorrect" (lists of questions, four words each).

        Raises:
            ValueError: a question comes before the first section, or none has only known words.

        """
        return evaluation.evaluate_word_analogies(
            self, analogies, restrict_vocab, case_insensitive, dummy4unknown, similarity_function
        )

    def evaluate_word_pairs(
        self,
        pairs: StrPath,
        delimiter: str | None = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Correlation, Correlation, float]:
        """Compare cosines with people's judgement of similarity.

        Args:
            pairs: file of two words and a score a line; lines that start with "#" are left out.
            delimiter: what separates the fields. Default tab; None: any white space.
            encoding: of the file.
            restrict_vocab: use the first so many keys only. Default 300000.
            case_insensitive: compare words in upper case; of keys that differ only in case the first is used.
            dummy4unknown: give pairs with unknown words a cosine of 0 instead of leaving them out.

        Returns:
            Pearson's and Spearman's correlation, each (statistic, pvalue), and the percentage of pairs with unknown
            words.

        Raises:
            ValueError: there are fewer than two usable pairs.

        """
        return evaluation.evaluate_word_pairs(
            self, pairs, delimiter, encoding, restrict_vocab, case_insensitive, dummy4unknown
        )

    @staticmethod
    def log_accuracy(section: Section) -> None:
        """Log a section's share of right answers."""
        evaluation.log_accuracy(section)

    @staticmethod
    def log_evaluate_word_pairs(pearson: Correlation, spearman: Correlation, oov: float, pairs: StrPath) -> None:
        """Log what `evaluate_word_pairs` found."""
        evaluation.log_evaluate_word_pairs(pearson, spearman, oov, pairs)

    # ---- other vectors ----

    def vectors_for_all(
        self, keys: Iterable[Key], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> KeyedVectors:
        """Return the vectors of those ``keys`` that exist as a new object, without repeats and in their order.

        Args:
            keys: keys.
            allow_inference: let classes that can do so make up vectors of unknown keys; this one cannot.
            copy_vecattrs: copy the attributes too. Default False: "count" falls from n to 1.

        """
        lookup = self if allow_inference else self.key_to_index
        chosen = [key for key in dict.fromkeys(keys) if key in lookup]
        made = KeyedVectors._from_arrays(chosen, self[chosen], np.arange(len(chosen), 0, -1))
        if copy_vecattrs:
            rows = [self.get_index(key) for key in chosen if self.has_index_for(key)]
            if len(rows) == len(chosen):
                made.expandos.update({attr: values[rows] for attr, values in self.expandos.items()})
        return made

    # ---- files ----

    def save(
        self,
        fname_or_handle: StrPath | BinaryIO,
        separately: Sequence[str] | None = None,
        sep_limit: int = SEP_LIMIT,
        ignore: Iterable[str] = frozenset(),
        pickle_protocol: int = PICKLE_PROTOCOL,
    ) -> None:
        """Write everything to a file in fastemb's own format, a safetensors file; `load` reads it.

        Attributes of your own are written too, as far as they are plain: None, bool, int, float, str, lists and dicts
        of these, and arrays of numbers. For the rest there is a warning.

        Args:
            fname_or_handle: file, which is there whole or not at all; or one that is open for writing bytes.
            separately: without effect, as there is one file; anything but the default gives a warning.
            sep_limit: the same.
            ignore: names of attributes of your own to leave out.
            pickle_protocol: without effect; anything but the default gives a warning.

        Raises:
            TypeError: keys are not all str or all int.

        """
        warn_of_pickle_options(separately, sep_limit, pickle_protocol)
        fastemb_file.write(fname_or_handle, self._table(set(ignore)))

    def _table(self, ignore: set[str]) -> VectorTable:
        """What is saved."""
        values = {name: values for name, values in self.expandos.items() if name not in _DERIVED}
        known = {*vars(KeyedVectors(1)), *ignore}
        own = {name: value for name, value in vars(self).items() if name not in known}
        return VectorTable(self.index_to_key, self.vectors, values, own)

    def _packed(self, ignore: set[str]) -> tuple[dict[str, Array], dict[str, str]]:
        """Tensors and strings to write."""
        return fastemb_file.pack(self._table(ignore))

    @classmethod
    def load(cls, fname: StrPath, mmap: str | None = None) -> Self:
        """Read what `save` wrote, or the input vectors of a model that `Word2Vec.save` wrote.

        A subclass's ``__init__`` is not called: its own attributes are those that were saved.

        Args:
            fname: file.
            mmap: maps the vectors from the file instead of reading them: "r" read-only, "c" with changes that stay
                in memory, "r+" with changes that reach the file. Default None.

        Raises:
            ValueError: the file is damaged or of another kind, or ``mmap`` is something else.

        """
        return cls._from_table(fname, fastemb_file.read(fname, mmap))

    @classmethod
    def _from_table(cls, path: StrPath, table: VectorTable) -> Self:
        """Make one of what was read from ``path``, without calling a subclass's ``__init__``."""
        made = cls.__new__(cls)
        Store.__init__(made, table.vectors.shape[1])
        made._take(path, table)
        return made

    def _take(self, path: StrPath, table: VectorTable) -> None:
        """Become what was read from ``path``; values of each key are added to those there are."""
        self._become(table.keys, table.vectors)
        self.expandos.update(table.attributes)
        set_attributes(path, self, table.own, set(vars(KeyedVectors(1))))

    def _unpack(self, fname: StrPath, tensors: dict[str, Array], metadata: dict[str, str]) -> None:
        """Take what `_packed` gave."""
        self._take(fname, fastemb_file.unpack(fname, tensors, metadata))

    def save_word2vec_format(
        self,
        fname: StrPath,
        fvocab: StrPath | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",
    ) -> None:
        """Write the keys and vectors in the format of word2vec's tools.

        Args:
            fname: file; there whole or not at all, unless ``append`` is set.
            fvocab: file for keys and counts, one a line. Default None: none is written.
            binary: write float32 in binary; otherwise text that reads back as the same numbers.
            total_vec: number of vectors to put in the header. Default None: as many as are written.
            write_header: whether to write the first line.
            prefix: put before every key.
            append: add to the end of the file. When that fails half way, what was added stays.
            sort_attr: attribute by whose falling values the rows are sorted, if it exists. Default "count".

        Raises:
            ValueError: a key is empty or has white space in it, or ``fvocab`` is given without the attribute.

        """
        layout = Layout(sort_attr, total_vec, write_header, prefix, append)
        table = VectorTable(self.index_to_key, self.vectors, self.expandos)
        if fvocab is not None:
            if sort_attr not in self.expandos:
                raise ValueError(f"fvocab needs the attribute {sort_attr!r}")
            order = layout.order(table)
            keys = [self.index_to_key[row] for row in order.tolist()]
            write_counts(fvocab, keys, self.expandos[sort_attr][order], prefix=prefix)
        (word2vec_binary if binary else word2vec_text).write(fname, table, layout)

    @classmethod
    def load_word2vec_format(
        cls,
        fname: StrPath,
        fvocab: StrPath | None = None,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: DTypeLike = np.float32,
        no_header: bool = False,
    ) -> Self:
        """Read a file in the format of word2vec's tools; gzip, bzip2, xz and zstd are unpacked on the way.

        Attribute "count" comes from ``fvocab``; without it, it falls by 1 from row to row. Of a key that occurs twice
        only the first vector is kept.

        Args:
            fname: file.
            fvocab: file of keys and counts, as written by word2vec's ``-save-vocab``. Default None.
            binary: whether the file is in binary.
            encoding: of the keys.
            unicode_errors: what to do about keys that are no valid text; "ignore" and "replace" help with files of
                word2vec.c, which cuts long keys anywhere.
            limit: read only so many vectors from the start. Default None: all.
            datatype: dtype to keep the vectors in: np.float16, np.float32 (the default) or np.float64.
            no_header: the file is text and has no first line of counts, as GloVe's.

        Raises:
            ValueError: the file is damaged; the message names the line or record. A file that ends early gives an
                error that is also an EOFError, a key that is no text a UnicodeDecodeError.

        """
        if binary and no_header:
            raise NotImplementedError("no_header works only with text: binary files need their header")
        counts = None if fvocab is None else read_counts(fvocab, unicode_errors)
        table = _read_word2vec(fname, binary, not no_header, Reading(encoding, unicode_errors, limit, datatype))
        if counts is not None:
            missing = [key for key in table.keys if key not in counts]
            if missing:
                logger.warning("%s lacks %d keys, which get the count 0: %s ...", fvocab, len(missing), missing[:5])
            given = np.array([counts.get(key, 0) for key in table.keys], np.int64)
            table = table._replace(attributes={"count": given})
        return cls._from_arrays(table.keys, table.vectors, table.attributes["count"])

    def intersect_word2vec_format(
        self,
        fname: StrPath,
        lockf: float = 0.0,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> None:
        """Take over the vectors of those keys that exist here from a file in the format of word2vec's tools.

        Args:
            fname: file.
            lockf: factor on what further training may change in these vectors, put in ``vectors_lockf``; 0.0, the
                default, changes nothing.
            binary: whether the file is in binary.
            encoding: of the keys.
            unicode_errors: as in `load_word2vec_format`.

        Raises:
            ValueError: the file is damaged or its vectors have another size.

        """
        table = _read_word2vec(fname, binary, True, Reading(encoding, unicode_errors))
        vectors = table.vectors
        if vectors.shape[1] != self.vector_size:
            raise ValueError(f"{fname}: vectors of {vectors.shape[1]} dimensions, expected {self.vector_size}")
        shared = [(row, self.key_to_index[key]) for row, key in enumerate(table.keys) if key in self.key_to_index]
        ours = [row for _, row in shared]
        self.vectors[ours] = vectors[[row for row, _ in shared]]
        self.norms = None
        locks = np.ones(len(self), np.float32)
        locks[:] = self.__dict__.get("vectors_lockf", 1.0)
        locks[ours] = lockf
        self.vectors_lockf = locks
        logger.info("took over %d vectors from %s", len(ours), fname)

    # ---- kept for older code ----

    def word_vec(self, key: Key, norm: bool = False) -> Array:
        """Do the same as `get_vector`. Deprecated."""
        warnings.warn("word_vec is deprecated; use get_vector", DeprecationWarning, stacklevel=2)
        return self.get_vector(key, norm)

    def init_sims(self, replace: bool = False) -> None:
        """Do the same as `fill_norms`, or with ``replace`` as `unit_normalize_all`. Deprecated."""
        warnings.warn("init_sims is deprecated; use fill_norms", DeprecationWarning, stacklevel=2)
        self.fill_norms()
        if replace:
            self.unit_normalize_all()

    def similarity_unseen_docs(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Raise NotImplementedError: there is no document model here."""
        raise NotImplementedError("there is no document model")


def _read_word2vec(path: StrPath, binary: bool, header: bool, reading: Reading) -> VectorTable:
    return word2vec_binary.read(path, reading) if binary else word2vec_text.read(path, reading, header)


def _gensim(purpose: Any) -> Any:
    try:
        from gensim.models import KeyedVectors as Theirs
    except ImportError:
        raise ImportError(f"{purpose}: this takes gensim: pip install gensim") from None
    return Theirs
