"""The Doc2Vec model."""

from __future__ import annotations

import os
import warnings
from collections import ChainMap
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import flag, no_text, warn
from ..corpus import Corpus, TrimRule
from ..io.paths import AnyPath, local_path, optional_path
from ..signals import Allowed, Deferred
from ..threads import thread_count
from ..train.documents import DocumentTask, DocumentTokens, DocumentWeights
from ..train.inference import Frozen, infer, inference_rates
from ..train.matrices import copy_of, require_array_file
from ..train.sampling import Tables
from ..train.settings import DocumentSettings, Settings
from ..train.task import Task
from ..vectors import KeyedVectors
from ..vectors.missing import MissingKeyError
from .building import CorpusFile, Source, selection_of
from .document_inference import Kept, ids_of
from .documents import Documents, DocumentSource
from .gensim_import import read_gensims_doc2vec, values_of_words
from .interface import WordModel
from .known_documents import DocumentChange, KnownDocuments, copied_rows
from .known_words import Change, KnownWords, NewWords
from .own_vectors import OwnDocuments
from .training import reading
from .word2vec import Word2Vec
from .word2vec_file import Saved

_CHANGE = "documents"
_TENSORS = "documents."
_MAPFILE = "dv_mapfile"
_OLD_NAMES = {  # of gensim 3, of Word2Vec, and of what is asked for by another word
    "size": "vector_size",
    "iter": "epochs",
    "docvecs": "dv",
    "docvecs_mapfile": "dv_mapfile",
    "sentences": "documents",
    "corpus_iterable": "documents",
    "corpus": "documents",
    "lr": "alpha",
    "learning_rate": "alpha",
    "threads": "workers",
    "dbow": "dm",
    "cbow_mean": "dm_mean",
}
_INSTEAD = {"sg": "documents have dm in its place: dm=0 is like sg=1 (skip-gram), dm=1 like sg=0 (CBOW)"}


class Doc2Vec(Word2Vec):
    r"""Paragraph vectors: vectors of documents, beside those of words.

    Le and Mikolov 2014, "Distributed representations of sentences and documents". Every tag of a document has a row,
    that learns to predict the words of the documents that have it: alone (PV-DBOW, ``dm=0``), or together with the
    words around each (PV-DM, ``dm=1``). Parameters have gensim 4's names, order and defaults; everything that
    `Word2Vec` can do with words works here, too.

    Args:
        documents: A list or generator (it is read once) of `TaggedDocument`, or `Documents`; or a `Corpus`, whose
            sentences have their numbers as tags. Without ``documents`` and ``corpus_file`` the model stays empty; call
            `build_vocab` and `train`.
        corpus_file: Path of a UTF-8 text, one document a line, tokens separated by white space; the tag of each is its
            number from 0. Or anything else that `Corpus.from_file` reads.
        vector_size: Length of the vectors.
        dm_mean: 1 averages the vectors of the tags and of the context, 0 adds them up. Default None: 1.
        dm: 1 for PV-DM, 0 for PV-DBOW.
        dbow_words: 1 trains words as skip-gram beside documents, with ``dm=0``. Otherwise ``wv`` stays as it began.
        dm_concat: 1 puts the vectors of the tags and of the context side by side, with ``dm=1``. The model is then
            much larger, and slower; a context that is not there is the word "\0".
        dm_tag_count: Tags of each document, for ``dm_concat``. A document that has not as many is passed over.
        dv: `KeyedVectors` to hold the vectors of tags. Default None: new ones.
        dv_mapfile: A file to keep the vectors of tags in, from which they are mapped, so that they may be larger than
            memory. It is of NumPy's format, and changes as the model learns; `save` copies it.
        comment: Kept as an attribute.
        trim_rule: As in `Word2Vec`.
        callbacks: As in `Word2Vec`.
        window: Largest distance between a word and its context; of ``dm=0`` alone also 0, as it has none.
        epochs: Passes over the documents.
        shrink_windows: As in `Word2Vec`.
        alpha: Learning rate at the start; it falls linearly to ``min_alpha``.
        min_count: Words that occur less often are dropped.
        max_vocab_size: As in `Word2Vec`.
        sample: Share of the corpus above which a word is thinned out; 0 keeps all.
        seed: Of everything random; see `Word2Vec`.
        workers: Threads; None (default) or -1 uses every CPU available.
        min_alpha: Learning rate at the end.
        hs: 1 for hierarchical softmax (with ``negative`` > 0 both are trained).
        negative: Negatives of a draw; 0 for none.
        ns_exponent: Negatives are drawn by count ** ns_exponent.
        hashfxn: Without effect; anything but the default gives a warning.
        sorted_vocab: As in `Word2Vec`.
        batch_words: Without effect; anything but the default gives a warning.
        compute_loss: Add up the loss; see `get_latest_training_loss`.
        max_final_vocab: As in `Word2Vec`.
        negatives_per_pair: Draw negatives anew for every word and tag, instead of once for up to four words in a row.
        cbow_exact: As in `Word2Vec`, for ``dm=1``.
        hs_exact: As in `Word2Vec`.
        deterministic: As in `Word2Vec`.
        progress: As in `Word2Vec`.
        checkpoint: As in `Word2Vec`.
        checkpoint_every: As in `Word2Vec`.

    Raises:
        ValueError: a setting makes no sense; the corpus is empty or unreadable, or no word reaches ``min_count``.
        TypeError: a document has no words and tags, or a tag is neither a str nor a whole number.
        FloatingPointError: training diverged.
    """

    dv: KeyedVectors = cast(KeyedVectors, OwnDocuments())
    """The vectors of tags: ``dv.vectors`` has shape (tags, vector_size), float32."""
    dbow_words: int
    dm_concat: int
    dm_tag_count: int
    dv_mapfile: str | None
    _settings_of: ClassVar[type[Settings]] = DocumentSettings
    _source_type: ClassVar[type[Source]] = DocumentSource
    _kind: ClassVar[str] = "fastemb.Doc2Vec"
    _inference: Kept | None

    @names_arguments(_OLD_NAMES, instead=_INSTEAD)
    def __init__(
        self,
        documents: Iterable[Any] | None = None,
        corpus_file: CorpusFile | None = None,
        vector_size: int = 100,
        dm_mean: int | None = None,
        dm: int = 1,
        dbow_words: int = 0,
        dm_concat: int = 0,
        dm_tag_count: int = 1,
        dv: KeyedVectors | None = None,
        dv_mapfile: AnyPath | None = None,
        comment: str | None = None,
        trim_rule: TrimRule | None = None,
        callbacks: Sequence[Any] = (),
        window: int = 5,
        epochs: int = 10,
        shrink_windows: bool = True,
        *,
        alpha: float = 0.025,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        sample: float | None = 1e-3,
        seed: int | None = 1,
        workers: int | None = None,
        min_alpha: float = 0.0001,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        hashfxn: Callable[[Any], int] = hash,
        sorted_vocab: int = 1,
        batch_words: int = 10000,
        compute_loss: bool = False,
        max_final_vocab: int | None = None,
        negatives_per_pair: bool = False,
        cbow_exact: bool = False,
        hs_exact: bool = False,
        deterministic: bool = False,
        progress: bool | None = None,
        checkpoint: AnyPath | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> None:
        is_dm = flag("dm", dm)
        given = locals() | {
            "sg": 1 - is_dm,
            "cbow_mean": 1 if dm_mean is None else flag("dm_mean", dm_mean),
            "null_word": flag("dm_concat", dm_concat) and is_dm,
        }
        _warn_of_ignored(is_dm, dm_mean, dbow_words, dm_concat)
        self._start(given)
        self.dv_mapfile = optional_path(dv_mapfile)
        if self.dv_mapfile is not None:
            require_array_file(self.dv_mapfile)
        if dv is not None:
            if not isinstance(dv, KeyedVectors) or dv.vector_size != self.vector_size:
                raise ValueError(f"dv must be KeyedVectors of vector_size={self.vector_size}, not {dv!r}")
            if len(dv):
                raise ValueError(
                    f"dv has {len(dv):,} keys, such as {dv.index_to_key[0]!r}, in whose place the tags of documents "
                    f"would come: give KeyedVectors({self.vector_size}). Tags that a model has stay with "
                    "build_vocab(documents, update=True)"
                )
            self.dv = dv
            dv.vectors_lockf = np.ones(1, np.float32)
        self._first_train(documents, corpus_file, given)

    @classmethod
    def _blank(cls, settings: Settings) -> dict[str, Any]:
        values = super()._blank(settings)
        dv = KeyedVectors(settings.vector_size)
        dv.vectors_lockf = np.ones(1, np.float32)
        values["_known"].weights_with(values["wv"], dv)
        return {**values, "dv": dv, "dv_mapfile": None, "_inference": None}

    @classmethod
    def _no_words(cls, settings: Settings) -> tuple[KeyedVectors, KnownWords]:
        """What holds the words of a model, empty."""
        wv = KeyedVectors(settings.vector_size)
        return wv, KnownDocuments(wv, KeyedVectors(settings.vector_size))

    @property
    def dm(self) -> bool:
        """Whether this is PV-DM; else it is PV-DBOW."""
        return not self.sg

    @property
    def dbow(self) -> bool:
        """Whether this is PV-DBOW."""
        return bool(self.sg)

    @property
    def dm_mean(self) -> int:
        """Whether vectors are averaged (1) or added up (0), with ``dm=1``."""
        return self.cbow_mean

    @dm_mean.setter
    def dm_mean(self, value: int) -> None:
        self.cbow_mean = value

    @property
    def layer1_size(self) -> int:
        """Length of output vectors: with ``dm_concat`` that of all that lies side by side."""
        return self._settings().layer1_size

    @property
    def docvecs(self) -> KeyedVectors:
        """An older name of ``dv``, which warns, as in gensim 4."""
        text = "docvecs was renamed in gensim 4: the vectors of documents are model.dv"
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return self.dv

    def __str__(self) -> str:
        kind = "dbow" + "+w" * self.dbow_words
        if self.dm:
            kind = "dm/c" if self.dm_concat else "dm/m" if self.cbow_mean else "dm/s"
        parts = [f'"{self.comment}"'] * bool(self.comment) + [kind, f"d{self.vector_size}"]
        parts += [f"n{self.negative}"] * bool(self.negative) + ["hs"] * bool(self.hs)
        parts += [f"w{self.window}"] * bool(self.dm or self.dbow_words)
        parts += [f"mc{self.min_count}"] * (self.min_count > 1) + [f"s{self.sample:g}"] * (self.sample > 0)
        parts += [f"t{self.workers}"] * (self.workers > 1)
        return f"{type(self).__name__}<{','.join(parts)}>"

    def __repr__(self) -> str:
        """What kind of model it is, how large, and how far it was trained."""
        return (
            f"<{type(self).__name__}: {len(self.dv):,} tags, {len(self.wv):,} words, {self.vector_size} dimensions, "
            f"{self._method()}, {self._how_trained()}>"
        )

    def _method(self) -> str:
        if not self.dm:
            return "PV-DBOW" + ", words beside" * self.dbow_words
        return "PV-DM, " + ("concatenation" if self.dm_concat else "mean" if self.cbow_mean else "sum")

    def __getitem__(self, tag: Any) -> NDArray[np.float32]:  # type: ignore[override]
        """The vector of a word, or of a tag that is no word; of a list of these, a matrix."""
        if isinstance(tag, str | int | np.integer):
            try:
                found: NDArray[np.float32] = self.wv[tag] if tag in self.wv.key_to_index else self.dv[tag]
            except MissingKeyError:
                both = ChainMap(self.wv.key_to_index, self.dv.key_to_index)
                raise MissingKeyError(f"{tag!r} is neither a word nor a tag", tag, both) from None
            return found
        return np.vstack([self[one] for one in tag])

    __iter__ = None  # __getitem__ would be asked for 0, 1, 2 ...

    def __contains__(self, tag: Any) -> bool:
        """Whether this is a word or a tag."""
        return tag in self.wv or tag in self.dv

    # ---- vocabulary ----

    def _further_of(self, corpus: Corpus) -> dict[str, Any]:
        return {_CHANGE: Documents.of(corpus)}

    @names_arguments({"documents": "corpus_iterable", "sentences": "corpus_iterable"})
    def scan_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: CorpusFile | None = None,
        progress_per: int = 10000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> tuple[int, int]:
        """Count words as `Word2Vec.scan_vocab`, and make fresh rows for the tags.

        Args:
            corpus_iterable: Documents, as in the constructor.
            corpus_file: Path of a text file.
            progress_per: Without effect.
            workers: Without effect.
            trim_rule: Without effect; give it to `prepare_vocab`.

        Returns:
            How many words and how many documents were read.

        Raises:
            ValueError: the corpus is empty or unreadable.
        """
        source = self._source_type.of(corpus_iterable, corpus_file)
        documents = source.read(selection_of(self._settings(), None, 0), self._workers)
        found = super().scan_vocab(documents)
        self._take_documents(self._change_documents(documents, update=False))
        return found

    def _change_documents(self, documents: Corpus, *, update: bool) -> DocumentChange:
        return DocumentChange.of(self.dv, documents, self._settings(), update=update, path=self.dv_mapfile)

    def _take_vocabulary(self, words: NewWords) -> None:
        if words.start is not None:
            raise ValueError(
                "init_vectors are those of words: assign to rows of wv.vectors between build_vocab and train"
            )
        documents = words.further.pop(_CHANGE, None)
        if documents is not None:
            with Allowed():
                words.further[_CHANGE] = self._change_documents(documents, update=words.update)
        super()._take_vocabulary(words)

    def _take(self, change: Change, further: dict[str, Any]) -> None:
        documents: DocumentChange | None = further.pop(_CHANGE, None)
        with Deferred():
            super()._take(change, further)
            if documents is not None:
                self._take_documents(documents)
            self._inference = None

    def init_weights(self) -> None:
        """Fresh matrices for the vocabulary and the tags, as `Word2Vec.init_weights`.

        Raises:
            RuntimeError: the model has no vocabulary yet; another thread trains the model or builds its vocabulary.
            ValueError: a setting makes no sense, or ``wv`` was changed by hand so that it does not fit.
        """
        super().init_weights()
        self._take_fresh(self.dv)

    def reset_from(self, other_model: WordModel) -> None:
        """Take over another model's vocabulary and tags, with fresh matrices.

        Args:
            other_model: The model that has them. It stays as it is.

        Raises:
            RuntimeError: as `Word2Vec.reset_from`.
            ValueError: as `Word2Vec.reset_from`.
            TypeError: the other model has no tags.
        """
        if not isinstance(other_model, Doc2Vec):
            raise TypeError(f"other_model must be a Doc2Vec, not {type(other_model).__name__}")
        super().reset_from(other_model)
        self._take_fresh(other_model.dv)

    def _take_fresh(self, dv: KeyedVectors) -> None:
        """Fresh rows for the tags of ``dv``."""
        self._take_documents(DocumentChange.fresh(dv, self._settings(), self.dv_mapfile))

    def _take_documents(self, documents: DocumentChange) -> None:
        with Deferred():
            documents.take(self.dv)
            self.dv.mapfile_path = self.dv_mapfile

    # ---- training ----

    def _task(self, settings: Settings, corpus: Corpus, compute_loss: bool) -> Task:
        documents, weights = Documents.of(corpus), self._weights()
        if len(self.dv.vectors) != len(self.dv):
            raise ValueError(f"dv.vectors has {len(self.dv.vectors):,} rows, and dv has {len(self.dv):,} tags")
        weights.require(settings)
        tables = Tables.of(self._known_vocabulary().counts, settings, self._known.paths)
        tags = documents.tags.rows_in(self.dv.key_to_index, len(self.dv))
        if not len(tags.rows):
            if not len(documents.tags.rows):
                raise ValueError("no document has a tag: give each one, as in TaggedDocument(words, [number])")
            raise ValueError(
                "no document has a tag that the model knows: build_vocab(documents, update=True) adds them"
            )
        assert isinstance(settings, DocumentSettings)
        passed_over = int((np.diff(tags.offsets) != settings.dm_tag_count).sum()) if settings.concatenates else 0
        if passed_over:
            warn(
                f"{passed_over:,} of {len(documents):,} documents do not have {settings.dm_tag_count} tags each, as "
                "dm_tag_count says for dm_concat=1, and are passed over"
            )
        self._inference = None
        return DocumentTask(settings, DocumentTokens(documents, tags=tags), tables, weights, compute_loss)

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Bytes that a model of these settings takes.

        Args:
            vocab_size: Words; default: those of the vocabulary.
            report: A dict to add the entries to.

        Returns:
            As in `Word2Vec`, and "doctag_syn0", the vectors of tags, and "doctag_lookup", a rough guess of what finding
            them takes.
        """
        report = {} if report is None else report
        words = vocab_size or len(self.wv)
        report["doctag_lookup"] = self.estimated_lookup_memory()
        report["doctag_syn0"] = 4 * len(self.dv) * self.vector_size
        super().estimate_memory(vocab_size, report)
        for name in ("syn1neg", "syn1"):
            if name in report:
                report["total"] += 4 * words * self.layer1_size - report[name]
                report[name] = 4 * words * self.layer1_size
        return report

    def estimated_lookup_memory(self) -> int:
        """Bytes that finding tags takes, a rough guess."""
        return 200 * len(self.dv)

    # ---- inference ----

    @names_arguments({"steps": "epochs"})
    def infer_vector(
        self,
        doc_words: Sequence[Hashable],
        alpha: float | None = None,
        min_alpha: float | None = None,
        epochs: int | None = None,
    ) -> NDArray[np.float32]:
        """The vector of a text that was not trained on: as that of a new document, which alone learns.

        The same text, settings and seed give the same vector, always; see `infer_vectors`.

        Args:
            doc_words: Its tokens; unknown ones are left out.
            alpha: Learning rate at the start, above 0; default: the model's.
            min_alpha: At the end; default: the model's.
            epochs: Passes over the text, at least 1; default: the model's.

        Returns:
            Shape (vector_size,), float32: zeros for a text without a known word, with a warning.

        Raises:
            RuntimeError: the model has no vocabulary yet; another thread trains the model or builds its vocabulary.
            TypeError: ``doc_words`` is one str.
            ValueError: a setting makes no sense.
            FloatingPointError: a score or the vector is not finite.
        """
        if isinstance(doc_words, str):
            raise TypeError(
                "Parameter doc_words of infer_vector() must be a list of strings (not a single string): "
                "infer_vector(text.split())"
            )
        found: NDArray[np.float32] = self.infer_vectors([doc_words], alpha, min_alpha, epochs, workers=1)[0]
        return found

    @names_arguments({"doc_words": "documents", "steps": "epochs"})
    def infer_vectors(
        self,
        documents: Iterable[Any],
        alpha: float | None = None,
        min_alpha: float | None = None,
        epochs: int | None = None,
        *,
        workers: int | None = None,
    ) -> NDArray[np.float32]:
        """The vectors of many texts at once, on several threads.

        Each has the bits that it would have alone: they depend on the text, the settings and the seed, and neither on
        other texts, nor on their order, nor on ``workers``. Nothing in the model changes.

        Args:
            documents: Lists of tokens, objects of `TaggedDocument`, or a `Corpus`; unknown words are left out.
            alpha: As in `infer_vector`.
            min_alpha: As in `infer_vector`.
            epochs: As in `infer_vector`.
            workers: Threads; default: the model's.

        Returns:
            Shape (documents, vector_size), float32, in their order. A text without a known word has zeros; a warning
            says how many there are.

        Raises:
            RuntimeError: as `infer_vector`.
            TypeError: a document is no list of tokens.
            ValueError: a setting makes no sense, or a matrix holds numbers that are not finite.
            FloatingPointError: a score or a vector is not finite.
            KeyboardInterrupt: after Ctrl-C.
        """
        kept = Kept.checked(self._inference, self)
        rates = inference_rates(kept.settings, alpha, min_alpha, epochs)
        threads = self.workers if workers is None else thread_count(workers)
        with Deferred(), reading(self), Allowed():
            frozen = self._frozen(kept)
            ids, offsets = ids_of(self.wv.key_to_index, documents)
            try:
                found = infer(frozen, ids, offsets, rates, threads)
            except FloatingPointError:
                self._known.require_finite(self._known.followed(self.wv, self.sample), "inference")
                raise
        empty = int((offsets[1:] == offsets[:-1]).sum())
        if empty:
            which = "the text has" if len(found) == 1 else f"{empty:,} of {len(found):,} texts have"
            warn(f"{which} no word that the model knows: the vector is all zeros")
        return found

    @names_arguments({"steps": "epochs"})
    def similarity_unseen_docs(
        self,
        doc_words1: Sequence[Hashable],
        doc_words2: Sequence[Hashable],
        alpha: float | None = None,
        min_alpha: float | None = None,
        epochs: int | None = None,
    ) -> float:
        """The cosine of the vectors of two texts that were not trained on; see `infer_vector`.

        Args:
            doc_words1: Tokens of the one.
            doc_words2: Tokens of the other.
            alpha: As in `infer_vector`.
            min_alpha: As in `infer_vector`.
            epochs: As in `infer_vector`.
        """
        for words in (doc_words1, doc_words2):
            no_text("doc_words", words, "words", "{}.split()")
        found = self.infer_vectors([doc_words1, doc_words2], alpha, min_alpha, epochs, workers=1)
        first, second = found.astype(np.float64)
        lengths = float(np.sqrt((first @ first) * (second @ second)))  # of equal vectors just their product
        return float(first @ second) / lengths if lengths else 0.0

    def _frozen(self, kept: Kept) -> Frozen:
        """The model for inference."""
        kept = self._inference = kept.with_tables(self.wv, self._known_counts)  # first: there may be no vocabulary yet
        assert kept.tables is not None
        settings, weights = kept.settings, self._weights()
        weights.require(settings)
        inputs = weights.inputs((len(self.wv), settings.vector_size))
        weights.check_shapes(inputs.shape)
        null_word = self.wv.key_to_index["\0"] if settings.concatenates else 0
        paths, outputs, nodes = self._known.paths, weights.syn1neg, weights.syn1
        return Frozen(settings, kept.tables, kept.by, paths, inputs, outputs, nodes, null_word)

    def _known_counts(self) -> NDArray[np.int64]:
        return self._known_vocabulary().counts

    # ---- files ----

    @classmethod
    @names_arguments()
    def load(cls, fname: CorpusFile, mmap: str | None = None, *, rethrow: bool = False) -> Self:
        """Read a model that `save` wrote. For a file that gensim wrote see `from_gensim`.

        Args:
            fname: File to read.
            mmap: "r" or "c" map the vectors of tags from the file, which may be larger than memory, in place of
                reading them; "c" lets them be changed, and keeps changes in memory. Training takes a copy of what it
                cannot change. Default None.
            rethrow: Without effect: errors are always raised.

        Raises:
            ValueError: the file is something else, or damaged; or ``mmap`` is something else.
            MemoryError: there is too little for the matrices.
        """
        if mmap not in (None, "r", "c"):
            raise ValueError(f"mmap must be None, 'r' or 'c', not {mmap!r}")
        fname = local_path(fname)
        model, _ = cls._loaded(fname, mmap)
        model.add_lifecycle_event("loaded", fname=fname)
        return model

    @classmethod
    def _loaded_to_train(cls, fname: str) -> tuple[Self, dict[str, str]]:
        """As in the base; vectors of tags go into ``dv_mapfile`` piece by piece, where there is one."""
        model, metadata = cls._loaded(fname, "r")
        model.dv_mapfile = model.dv.mapfile_path = metadata.get(_MAPFILE)
        model.dv.vectors = copied_rows(model.dv.vectors, model.dv_mapfile)
        return model, metadata

    def _weights(self) -> DocumentWeights:
        """The matrices, with the vectors of words and of tags as they are now."""
        assert isinstance(self._known, KnownDocuments)
        return self._known.weights_with(self.wv, self.dv)

    def _checked_inputs(self) -> NDArray[Any]:
        """As in the base.

        Raises:
            ValueError: vectors of tags were replaced by others that do not fit; or as in the base.
        """
        self._weights()
        return super()._checked_inputs()

    def _saved(self, left_out: Collection[str]) -> Saved:
        saved = super()._saved(left_out)
        self.dv.vectors_lockf = self._weights().of_documents().lock_factors()
        tensors, metadata = self.dv._packed(set(left_out))
        saved.tensors = saved.tensors | {_TENSORS + name: array for name, array in tensors.items()}
        saved.metadata = saved.metadata | {_TENSORS + name: text for name, text in metadata.items()}
        if self.dv_mapfile is not None:
            saved.metadata[_MAPFILE] = os.path.abspath(self.dv_mapfile)
        return saved

    def _unpack(self, fname: str, saved: Saved) -> None:
        super()._unpack(fname, saved)
        try:
            self.dv._unpack(fname, _of_documents(saved.tensors), _of_documents(saved.metadata))
        except ValueError as error:
            raise ValueError(f"{error} (of documents)") from None
        if self.dv.vectors.shape[1] != self.vector_size:
            raise ValueError(f"{fname}: the vectors of documents are not of {self.vector_size} dimensions")
        if not saved.is_mapped:
            self.dv.vectors = copy_of(self.dv.vectors)

    @names_arguments()
    def save_word2vec_format(
        self,
        fname: AnyPath,
        doctag_vec: bool = False,
        word_vec: bool = True,
        prefix: str = "*dt_",
        fvocab: AnyPath | None = None,
        binary: bool = False,
    ) -> None:
        """Write vectors in the format of word2vec's tools.

        Args:
            fname: The file.
            doctag_vec: Write those of tags, too, after those of words.
            word_vec: Write those of words.
            prefix: Comes before each tag, so that none is taken for a word.
            fvocab: A file to write words and their counts to.
            binary: Whether to write the binary format.

        Raises:
            ValueError: neither is to be written; or a tag with ``prefix`` before it is a word.
            OSError: the file cannot be written.
        """
        if not (doctag_vec or word_vec):
            raise ValueError("nothing to write: doctag_vec and word_vec are both False")
        words = self.wv.index_to_key if word_vec else []
        tags = [f"{prefix}{tag}" for tag in self.dv.index_to_key] if doctag_vec else []
        clashing = next(iter({*map(str, words)}.intersection(tags)), None)
        if clashing is not None:
            raise ValueError(
                f"{clashing!r} is a word, and a tag with prefix={prefix!r} before it: give another prefix, with which "
                "no tag is named as a word"
            )
        parts = [self.wv.vectors] * bool(word_vec) + [self.dv.vectors] * bool(doctag_vec)
        counts = [self.wv.expandos["count"]] * bool(word_vec) + [np.zeros(len(tags), np.int64)] * bool(doctag_vec)
        both = KeyedVectors._from_arrays([*words, *tags], np.concatenate(parts), np.concatenate(counts))
        both.save_word2vec_format(fname, fvocab, binary, sort_attr="")

    @classmethod
    def from_gensim(cls, model: Any) -> Self:
        """A copy of a gensim model, with which training and inference can go on.

        Args:
            model: A ``gensim.models.Doc2Vec``, or the path of one that gensim saved. gensim reads the file, by
                unpickling it: only load files that you trust.

        Raises:
            ImportError: a path, but gensim is not installed.
            ValueError: the model has no vocabulary.
            TypeError: this is something else.
        """
        if isinstance(model, Doc2Vec):
            raise TypeError("this is a Doc2Vec of fastemb already: copy.deepcopy(model) copies it")
        saved, words, tags = read_gensims_doc2vec(model)
        made = cls._of_gensims(model, saved, words)
        made.dv._become(list(tags.index_to_key), copy_of(tags.vectors))
        for name, values in values_of_words(tags).items():
            made.dv.expandos[name] = values
        return made


def _of_documents(parts: Mapping[str, Any]) -> dict[str, Any]:
    """What of a file belongs to documents."""
    return {name.removeprefix(_TENSORS): part for name, part in parts.items() if name.startswith(_TENSORS)}


def _warn_of_ignored(is_dm: int, dm_mean: int | None, dbow_words: int, dm_concat: int) -> None:
    """Warn of settings that do nothing beside the others."""
    if is_dm and dbow_words:
        warn("dbow_words has no effect with dm=1: PV-DM trains words anyway")
    if not is_dm and (dm_concat or dm_mean is not None):
        warn("dm_mean and dm_concat have no effect with dm=0 (PV-DBOW)")
    elif is_dm and dm_concat and dm_mean is not None:
        warn("dm_mean has no effect with dm_concat")
