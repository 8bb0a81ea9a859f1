"""KeyedVectors: vectors by key, with gensim 4's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .. import lifecycle
from ..arguments import names_arguments
from ..checks import integer, no_text
from ..io.atomic import StrPath
from ..io.formats import VectorTable, fastemb_file, read_vectors
from ..io.formats.reading import Reading
from ..io.packed_keys import PackedKeys
from ..io.paths import AnyPath, any_path, any_target
from ..io.pickle_options import PICKLE_PROTOCOL, SEP_LIMIT, warn_of_pickle_options
from ..io.user_attributes import set_attributes
from ..signals import Deferred
from . import (
    cosines,
    description,
    editing,
    files,
    gensim_vectors,
    late,
    means,
    nearest,
    older,
    python_objects,
    word2vec_files,
    word_mover,
)
from .interface import keys_by_row, norms_of, rows_by_key
from .lock_factors import LockFactors
from .missing import absent
from .norms import row_norms, scaled, scaled_one
from .questions import several
from .store import STORE_NAMES, Array, Key, Store, is_integer, store_attribute

if TYPE_CHECKING:
    from ..corpus.vocabulary import Vocabulary

_DERIVED = ("sample_int", "point", "code")  # a model makes them from the counts
_REMOVED = {
    "vocab": "use key_to_index, index_to_key, get_vecattr and set_vecattr",
    "index2word": "use index_to_key",
    "index2entity": "use index_to_key",
    "syn0": "use vectors",
    "syn0norm": "use get_normed_vectors()",
    "vectors_norm": "use get_normed_vectors()",
    "wv": "these are the vectors already",
    "accuracy": "use evaluate_word_analogies",
    "add": "use add_vectors",
    "count": "use len(...)",
    "doctag_syn0": "use vectors",
    "doctag_syn0norm": "use get_normed_vectors()",
    "doctags": "use key_to_index, and get_vecattr for doc_count and word_count",
    "get_keras_embedding": "give vectors to an embedding layer as its weights",
    "index_to_doctag": "use index_to_key",
    "items": "use index_to_key and vectors, which have the same order",
    "keys": "use index_to_key",
    "max_rawint": "use len(...): whole numbers are rows",
    "offset2doctag": "use index_to_key",
    "shape": "use vectors.shape",
    "similarity_matrix": "use vectors, or most_similar_batch for the nearest keys of many",
    "syn1neg": "that is an attribute of a model",
    "train": "these are vectors only; a model is trained",
    "values": "use vectors",
    "vectors_docs": "use vectors",
    "vectors_docs_norm": "use get_normed_vectors()",
    "words": "use index_to_key",
}


# Keys, vectors and further values are in a `Store`, which this class owns. Methods that are assigned here are functions
# of other files of this folder, a file for each kind of question.
class KeyedVectors:
    """Vectors by key, as gensim 4's class of this name.

    Args:
        vector_size: Dimensions of each vector.
        count: Rows to reserve. Default 0.
        dtype: Of the vectors. Default np.float32.
        mapfile_path: Kept for compatibility, not used.

    Attributes:
        vectors: (n, vector_size) array, row i the vector of ``index_to_key[i]``.
        index_to_key: List of keys, None for a reserved row.
        key_to_index: Dict from key to row.
        vector_size: Dimensions.
        norms: (n,) array, lengths of the vectors, or None while they are not computed; see `fill_norms`.
        expandos: Dict from name to an array of one value a key; see `set_vecattr`.

    Integers that are no keys count as row numbers, unless some key is an integer.

    A subclass may override any method, and these attributes by properties: the other methods call and read them. Keys
    are added to the lists, dicts and arrays that this class holds, so a subclass that holds its own must also override
    `add_vectors`, and `save` and `load` if files are to hold them.
    """

    vectors: Array = store_attribute(
        "vectors",
        "All vectors, (n, vector_size), row i that of ``index_to_key[i]``.\n\n"
        "After changing values in place call ``fill_norms(force=True)``.",
    )
    index_to_key: list[Key] = store_attribute(
        "index_to_key", "List of keys in the order of their rows; None for a reserved row."
    )
    key_to_index: dict[Key, int] = store_attribute("key_to_index", "Dict from key to row.")
    vector_size: int = store_attribute("vector_size", "Dimensions of each vector.")
    norms: Array | None = store_attribute(
        "norms", "(n,) array, lengths of the vectors; None while they are not computed."
    )
    expandos: dict[str, Array] = store_attribute("expandos", "Dict from name to an array of one value a key.")
    next_index: int = store_attribute("next_index", "First row that may be reserved and not used.")

    vectors_lockf: Any = LockFactors("vectors")  # only where training uses it
    lifecycle_events: list[dict[str, Any]] | None  # only after the first event

    @names_arguments()
    def __init__(
        self, vector_size: int, count: int = 0, dtype: DTypeLike = np.float32, mapfile_path: Any = None
    ) -> None:
        self._store = Store(integer("vector_size", vector_size, 0), integer("count", count, 0), dtype)
        self.mapfile_path = mapfile_path

    if not TYPE_CHECKING:  # type checkers would take any name for granted

        def __getattr__(self, name: str) -> NoReturn:
            hint = f"; {_REMOVED[name]}" if name in _REMOVED else ""
            if name in ("vectors", "_store", *STORE_NAMES):
                made = "_store" in vars(self)
                hint = ", which was deleted" if made else ": the __init__ of a subclass must call super().__init__"
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=self)

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled, by the names that attributes have."""
        return {name: value for name, value in vars(self).items() if name != "_store"} | self._store.state()

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = dict(state)
        self._store = Store.of_state(own)
        vars(self).update(own)

    def __copy__(self) -> Self:
        """Vectors of their own that share the arrays, until either of the two replaces or grows its own."""
        made = type(self).__new__(type(self))
        vars(made).update(vars(self))
        made._store = self._store.twin()
        return made

    def __len__(self) -> int:
        return len(keys_by_row(self))

    def __iter__(self) -> Iterator[Key]:
        """Iterate over the keys, in the order of their rows."""
        return (key for key in keys_by_row(self) if key is not None)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        """All vectors, for `numpy.asarray` and libraries that call it."""
        array = np.asarray(self.vectors, dtype)
        if copy is False and array is not self.vectors:
            raise ValueError(f"vectors of {self.vectors.dtype} become {array.dtype} only by a copy")
        return array.copy() if copy and array is self.vectors else array

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return description.as_html(self, self)

    # ---- looking up ----

    @property
    def vocabulary(self) -> Vocabulary:
        """The keys and their counts, 0 where there are none: a new `Vocabulary`, whose ids are the rows.

        ``wv.vocabulary.encode(texts, length=20)`` makes ids for a layer that was made from these vectors.

        Raises:
            ValueError: A row is reserved and has no key.
        """
        from ..corpus.vocabulary import Vocabulary  # takes a while, and few need it

        keys = list(self.index_to_key)
        if None in keys:
            raise ValueError(f"row {keys.index(None)} is reserved and has no key: fill it by add_vector first")
        counts = self.expandos.get("count")
        return Vocabulary(keys, np.zeros(len(keys), np.int64) if counts is None else counts)

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Return the row of ``key``.

        An integer that is no key counts as a row number, unless some key is an integer.

        Raises:
            KeyError: There is no such key and ``default`` is None.
        """
        packed = self._store.packed  # as rows_by_key, without a call
        rows = self.key_to_index if packed is None else packed.rows
        try:
            row = rows.get(key, -1)
        except TypeError:
            raise TypeError(f"expected one key, a str or an int, not {type(key).__name__}: {key!r}") from None
        try:
            if row >= 0:
                return row
        except TypeError:
            raise TypeError(f"key_to_index[{key!r}] must be the number of a row, not {row!r}: assign that") from None
        if is_integer(key) and 0 <= key < len(self) and not self._store.has_integers(rows):
            return int(key)
        if default is not None:
            return default
        raise absent(key, rows, self._store.others)

    def has_index_for(self, key: Key) -> bool:
        """Whether `get_index` finds ``key``."""
        return self.get_index(key, -1) >= 0

    def __contains__(self, key: Key) -> bool:
        return self.has_index_for(key)

    def get_vector(self, key: Key, norm: bool = False) -> Array:
        """Return the vector of ``key``, (vector_size,), read-only; with ``norm``, scaled to length 1.

        A vector of zeros stays as it is.

        Raises:
            KeyError: There is no such key.
        """
        row = self.get_index(key)
        try:
            vector: Array = self.vectors[row]
        except IndexError:
            count = len(self.vectors)
            raise IndexError(f"the key {key!r} has row {row!r}, but there are {count} vectors: assign both") from None
        if norm:
            vector = scaled_one(vector, norms_of(self)[row])
        vector.flags.writeable = False
        return vector

    def __getitem__(self, key_or_keys: Key | Iterable[Key]) -> Array:
        """Return the vector of one key (a read-only view) or the vectors of several as (k, vector_size).

        A slice is one of rows: ``vectors[:5]`` are the vectors of the first five keys, as a read-only view.

        Raises:
            KeyError: There is no such key.
        """
        if isinstance(key_or_keys, str):
            return self.get_vector(key_or_keys)
        if isinstance(key_or_keys, slice):
            part: Array = np.asarray(self.vectors[key_or_keys])
            part.flags.writeable = False
            return part
        if isinstance(key_or_keys, Iterable) and not isinstance(key_or_keys, bytes):
            if type(self).get_vector is KeyedVectors.get_vector:
                found: Array = self.vectors[np.array([self.get_index(key) for key in key_or_keys], np.intp)]
                return found
            made = [self.get_vector(key) for key in key_or_keys]  # perhaps of keys without a row
            return np.array(made, self.vectors.dtype).reshape(-1, self.vector_size)
        return self.get_vector(key_or_keys)

    @names_arguments()
    def vectors_for_all(
        self, keys: Iterable[Key], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> KeyedVectors:
        """Return the vectors of those ``keys`` that exist as a new object, without repeats and in their order.

        Args:
            keys: What to look up.
            allow_inference: Let classes that can do so make up vectors of unknown keys; this one cannot.
            copy_vecattrs: Copy the attributes too. Default False: "count" falls from n to 1.
        """
        lookup = self if allow_inference else rows_by_key(self)
        chosen = [key for key in dict.fromkeys(several("keys", keys)) if key in lookup]
        made = KeyedVectors._from_arrays(chosen, self[chosen], np.arange(len(chosen), 0, -1))
        if copy_vecattrs:
            rows = [self.get_index(key) for key in chosen if self.has_index_for(key)]
            if len(rows) == len(chosen):
                made.expandos.update({attr: values[rows] for attr, values in self.expandos.items()})
        return made

    # ---- lengths ----

    def fill_norms(self, force: bool = False) -> None:
        """Compute ``norms``, the lengths of all vectors; only when they are None, or with ``force``."""
        if force or self.norms is None or len(self.norms) != len(self.vectors):
            self.norms = row_norms(self.vectors)

    def get_normed_vectors(self) -> Array:
        """Return a copy of all vectors, each scaled to length 1; vectors of zeros stay as they are."""
        return scaled(np.array(self.vectors, order="C"), norms_of(self))

    def unit_normalize_all(self) -> None:
        """Scale all vectors to length 1 in place; training them further makes no sense afterwards."""
        norms, vectors = norms_of(self), self.vectors
        editing.check_writeable(vectors)
        with Deferred():
            scaled(vectors, norms)
            if self.vectors is not vectors:  # a subclass makes them anew each time
                self.vectors = vectors
            self.norms = (norms > 0).astype(norms.dtype)

    # ---- asking ----

    most_similar = nearest.most_similar
    most_similar_batch = nearest.most_similar_batch
    most_similar_rows = nearest.most_similar_rows
    most_similar_table = nearest.most_similar_table
    most_similar_cosmul = nearest.most_similar_cosmul
    similar_by_word = nearest.similar_by_word
    similar_by_key = nearest.similar_by_key
    similar_by_vector = nearest.similar_by_vector

    similarity = cosines.similarity
    distance = cosines.distance
    distances = cosines.distances
    cosine_similarities = staticmethod(cosines.cosine_similarities)
    closer_than = cosines.closer_than
    rank = cosines.rank
    most_similar_to_given = cosines.most_similar_to_given
    relative_cosine_similarity = nearest.relative_cosine_similarity
    wmdistance = word_mover.wmdistance

    get_mean_vector = means.get_mean_vector
    rank_by_centrality = means.rank_by_centrality
    doesnt_match = means.doesnt_match
    n_similarity = means.n_similarity

    axis = late.axis
    reduce = late.reduce
    quantize = late.quantize
    dequantize = late.dequantize
    quantization_loss = late.quantization_loss
    embed = late.embed
    build_index = late.build_index
    plot = late.plot
    explore = late.explore
    save_sentence_transformers = late.save_sentence_transformers

    # ---- adding and changing ----

    add_vector = editing.add_vector
    add_vectors = editing.add_vectors
    __setitem__ = editing.set_vectors
    resize_vectors = editing.resize_vectors
    sort_by_descending_frequency = editing.sort_by_descending_frequency
    allocate_vecattrs = editing.allocate_vecattrs
    set_vecattr = editing.set_vecattr
    get_vecattr = editing.get_vecattr
    add_lifecycle_event = lifecycle.add_lifecycle_event

    # ---- evaluating ----

    evaluate_word_analogies = late.evaluate_word_analogies
    evaluate_word_pairs = late.evaluate_word_pairs
    log_accuracy = late.log_accuracy
    log_evaluate_word_pairs = late.log_evaluate_word_pairs

    # ---- files ----

    save_word2vec_format = word2vec_files.save_word2vec_format
    intersect_word2vec_format = word2vec_files.intersect_word2vec_format
    to_gensim = gensim_vectors.to_gensim
    to_torch = python_objects.to_torch
    to_dict = python_objects.to_dict

    @names_arguments()
    def save(
        self,
        fname_or_handle: AnyPath | BinaryIO,
        separately: Sequence[str] | None = None,
        sep_limit: int = SEP_LIMIT,
        ignore: Iterable[str] = frozenset(),
        pickle_protocol: int = PICKLE_PROTOCOL,
    ) -> None:
        """Write everything to a file in fastemb's own format, a safetensors file; `load` reads it.

        Rows that are reserved and not used are left out. Attributes of your own are written too, as far as they are
        plain: None, bool, int, float, str, lists and dicts of these, and arrays of numbers. For the rest there is a
        warning.

        Args:
            fname_or_handle: File, which is there whole or not at all; or one that is open for writing bytes.
            separately: Without effect, as there is one file; anything but the default gives a warning.
            sep_limit: The same.
            ignore: Names of attributes of your own to leave out.
            pickle_protocol: Without effect; anything but the default gives a warning.

        Raises:
            TypeError: A key is neither str nor int.
            ValueError: Something was assigned that does not fit the rest: vectors, keys, or values of each key.
        """
        warn_of_pickle_options(separately, sep_limit, pickle_protocol)
        no_text("ignore", ignore, "names")
        fastemb_file.write(any_target(fname_or_handle), self._table(set(ignore)))

    def _table(self, ignore: set[str]) -> VectorTable:
        """What is saved."""
        return files.table_of(self, {*vars(KeyedVectors(1)), *ignore}, _DERIVED)

    def _packed(self, ignore: set[str]) -> tuple[dict[str, Array], dict[str, str]]:
        """Tensors and strings to write."""
        return fastemb_file.pack(self._table(ignore))

    @classmethod
    @names_arguments()
    def load(cls, fname: AnyPath, mmap: str | None = None) -> Self:
        """Read what `save` wrote, the input vectors of a model that `Word2Vec.save` wrote, or word2vec text or binary.

        It opens what `fastemb.load_vectors` opens; `load_word2vec_format` has options for the formats of word2vec.

        A subclass's ``__init__`` is not called: its own attributes are those that were saved.

        Args:
            fname: File.
            mmap: Maps the vectors from a file in fastemb's own format instead of reading them: "r" read-only, "c" with
                changes that stay in memory, "r+" with changes that reach the file. Keys stay in the file, too, until
                ``index_to_key`` or ``key_to_index`` is read or keys are added; so in a damaged file a key that comes
                twice is an error of the first look-up. Default None.

        Raises:
            ValueError: The file is damaged or of another kind, or ``mmap`` is something else, or given for a file in
                another format.
        """
        fname = any_path(fname)
        return cls._from_table(fname, read_vectors(fname, mmap=mmap))

    def _unpack(self, fname: StrPath, tensors: dict[str, Array], metadata: dict[str, str]) -> None:
        """Take what `_packed` gave."""
        self._take(fname, fastemb_file.unpack(fname, tensors, metadata))

    @classmethod
    @names_arguments()
    def load_word2vec_format(
        cls,
        fname: AnyPath,
        fvocab: AnyPath | None = None,
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
            fname: File.
            fvocab: File of keys and counts, as written by word2vec's ``-save-vocab``. Default None.
            binary: Whether the file is in binary.
            encoding: Of the keys.
            unicode_errors: What to do about keys that are no valid text; "ignore" and "replace" help with files of
                word2vec.c, which cuts long keys anywhere.
            limit: Read only so many vectors from the start. Default None: all.
            datatype: Dtype to keep the vectors in: np.float16, np.float32 (the default) or np.float64.
            no_header: The file is text and has no first line of counts, as GloVe's.

        Raises:
            ValueError: The file is damaged; the message names the line or record. A file that ends early gives an
                error that is also an EOFError, a key that is no text a UnicodeDecodeError.
        """
        limit = None if limit is None else integer("limit", limit, 0)
        reading = Reading(encoding, unicode_errors, limit, datatype)
        return cls._of_table(
            word2vec_files.read_word2vec(fname, reading, binary=binary, no_header=no_header, counts=fvocab)
        )

    @classmethod
    def from_gensim(cls, vectors: Any) -> Self:
        """A copy of gensim's vectors, with their counts and other numeric attributes.

        Args:
            vectors: A ``gensim.models.KeyedVectors`` or a model that has one as ``wv``, or the path of a file that
                gensim saved. gensim reads the file, by unpickling it: only load files that you trust.

        Raises:
            ImportError: A path, but gensim is not installed.
        """
        return cls._of_table(gensim_vectors.table_of_gensims(vectors))

    @classmethod
    @names_arguments()
    def from_dict(cls, vectors: Mapping[Key, ArrayLike]) -> Self:
        """Vectors of a dict from key to vector, copied into one array; `to_dict` is the way back.

        Args:
            vectors: All of one length, (vector_size,). Lists become float32; arrays and tensors keep their dtype of
                floats, the widest one if there are several.

        Raises:
            TypeError: This is no dict, or a vector is no vector of numbers.
            ValueError: It is empty, a key is None or NaN, or the lengths differ.
        """
        return cls._of_table(python_objects.table_of_dict(vectors))

    @classmethod
    @names_arguments()
    def from_torch(cls, embedding: Any, keys: Sequence[Key], *, copy: bool = False) -> Self:
        """The table of a ``torch.nn.Embedding``, with keys for its rows; `to_torch` is the way back.

        Args:
            embedding: The module, an ``nn.EmbeddingBag`` or one of ``fastemb.torch``, or its weight, a tensor of shape
                (n, vector_size). Its memory is shared where it is on the CPU, but for bfloat16, which becomes float32.
            keys: The key of each row, in their order.
            copy: Copy the table. Default False: what changes it later, such as training, changes these vectors too;
                call ``fill_norms(force=True)`` then.

        Raises:
            TypeError: ``embedding`` is neither, or the keys are a set or a dict.
            ValueError: There are not as many keys as rows, or a key is missing or comes twice.
        """
        return cls._of_table(python_objects.table_of_torch(embedding, keys, copy))

    # ---- other ways to make one ----

    @classmethod
    def _from_arrays(cls, keys: Sequence[Key] | dict[Key, int], vectors: Array, counts: Array | None = None) -> Self:
        """Make one that shares the memory of ``vectors`` (n, d), which may be strided; ``counts``: (n,) or None."""
        made = cls(vectors.shape[1], 0, vectors.dtype)
        made._become(keys, vectors)
        if counts is not None:
            made.expandos["count"] = np.asarray(counts)
        return made

    @classmethod
    def _of_table(cls, table: VectorTable) -> Self:
        """Make one of keys, vectors and attributes, by calling the class."""
        made = cls._from_arrays(table.keys, table.vectors)
        made.expandos.update(table.attributes)
        return made

    def _become(self, keys: Sequence[Key] | dict[Key, int], vectors: Array) -> None:
        """Take these keys and vectors in place of all there were; attributes stay as they are."""
        names = ("index_to_key", "key_to_index")
        overrides = any(getattr(type(self), name) is not getattr(KeyedVectors, name) for name in names)
        if isinstance(keys, PackedKeys) and overrides:  # whoever asks must get what the subclass shows
            keys = keys.rows.as_dict()
        self._store.replace(keys, vectors)

    @classmethod
    def _from_table(cls, path: StrPath, table: VectorTable) -> Self:
        """Make one of what was read from ``path``, without calling a subclass's ``__init__``."""
        made = cls.__new__(cls)
        KeyedVectors.__init__(made, table.vectors.shape[1])
        made._take(path, table)
        return made

    def _take(self, path: StrPath, table: VectorTable) -> None:
        """Become what was read from ``path``; values of each key are added to those there are."""
        self._become(table.keys, table.vectors)
        self.expandos.update(table.attributes)
        set_attributes(path, self, table.own, set(vars(KeyedVectors(1))))

    # ---- for older code ----

    word_vec = older.word_vec
    init_sims = older.init_sims
    words_closer_than = older.words_closer_than
    similarity_unseen_docs = older.similarity_unseen_docs
