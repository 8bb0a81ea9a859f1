"""The Word2Vec model: a vocabulary, its matrices, and how they are trained."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..config import ISA, available_cpus
from ..corpus import Corpus, TrimRule, Vocabulary
from ..vectors import KeyedVectors
from .matrices import Matrix, is_view_of, padded_copy, padded_zeros, random_rows
from .model_file import read_model, write_model
from .progress import make_progress
from .run import Epoch, Schedule, Totals, block_words
from .sampling import huffman_paths, keep_thresholds, noise_table
from .settings import Settings, check_number

Sentences = Iterable[Iterable[Hashable]] | Corpus
CorpusFile = str | os.PathLike[str]


class Word2Vec:
    """Skip-gram or CBOW, trained with negative sampling, hierarchical softmax, or both.

    Mikolov et al. 2013, "Distributed representations of words and phrases and their compositionality". Parameters
    have gensim 4's names, order and defaults.

    Args:
        sentences: Token lists, a generator of them (it is read once), or a `Corpus`. Without ``sentences`` and
            ``corpus_file`` the model stays empty; call `build_vocab` and `train`.
        corpus_file: Path of a UTF-8 text, one sentence a line, tokens separated by white space.
        vector_size: Length of the vectors.
        alpha: Learning rate at the start; it falls linearly to ``min_alpha``.
        window: Largest distance between a word and its context.
        min_count: Words that occur less often are dropped.
        sample: Share of the corpus above which a word is thinned out; 0 keeps all.
        seed: Of everything random. With ``workers=1`` the same seed gives the same bits on the same
            instruction set; what is sampled does not depend on ``workers``.
        workers: Threads; None (default) uses every CPU available.
        min_alpha: Learning rate at the end.
        sg: 1 for skip-gram, 0 for CBOW.
        hs: 1 for hierarchical softmax (with ``negative`` > 0 both are trained).
        negative: Negatives a window; 0 for none.
        ns_exponent: Negatives are drawn by count ** ns_exponent.
        cbow_mean: 1 averages the context vectors, 0 adds them up.
        epochs: Passes over the corpus.
        trim_rule: Function (word, count, min_count) that returns one of RULE_DEFAULT, RULE_DISCARD, RULE_KEEP.
        compute_loss: Add up the loss; see `get_latest_training_loss`.
        callbacks: Objects with any of on_train_begin, on_epoch_begin, on_epoch_end, on_train_end, each taking the
            model.
        comment: Kept as an attribute.
        max_final_vocab: Raise ``min_count`` until at most this many words are left.
        shrink_windows: Draw each window's reach from 1 .. window; False always uses the whole window.
        negatives_per_pair: Draw negatives anew for every context, as word2vec does, instead of once for each
            window (at most 16 contexts). Slower; quality is no better.
        cbow_exact: Divide the CBOW gradient by the number of contexts when they are averaged (arXiv 2012.15332).
            word2vec and gensim do not, and so neither does the default; it wants a higher ``alpha``.
        progress: True or False; None (default) shows progress when standard error is a terminal.
        max_vocab_size, null_word, sorted_vocab: Only gensim's defaults are supported.
        hashfxn, batch_words: Without effect; anything but the default gives a warning.

    Raises:
        ValueError: a setting makes no sense; the corpus is empty or unreadable, or no word reaches ``min_count``.
        FloatingPointError: training diverged.
    """

    wv: KeyedVectors
    """The input vectors: shape (words, vector_size), float32, a view of rows padded to 64 bytes."""

    def __init__(
        self,
        sentences: Sentences | None = None,
        corpus_file: CorpusFile | None = None,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        sample: float = 1e-3,
        seed: int = 1,
        workers: int | None = None,
        min_alpha: float = 0.0001,
        sg: int = 0,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Callable[[Any], int] = hash,
        epochs: int = 5,
        null_word: int = 0,
        trim_rule: TrimRule | None = None,
        sorted_vocab: int = 1,
        batch_words: int = 10000,
        compute_loss: bool = False,
        callbacks: Sequence[Any] = (),
        comment: str | None = None,
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        *,
        negatives_per_pair: bool = False,
        cbow_exact: bool = False,
        progress: bool | None = None,
    ) -> None:
        _refuse(max_vocab_size is not None, "max_vocab_size is not supported; use max_final_vocab")
        _refuse(bool(null_word), "null_word is not supported")
        _refuse(not sorted_vocab, "sorted_vocab=0 is not supported: words are always in order of falling count")
        if hashfxn is not hash or batch_words != 10000:
            warnings.warn("hashfxn and batch_words have no effect in fastemb", UserWarning, stacklevel=2)
        self.vector_size = vector_size
        self.alpha = alpha
        self.window = window
        self.min_count = min_count
        self.sample = sample
        self.seed = seed
        self.workers = workers
        self.min_alpha = min_alpha
        self.sg = sg
        self.hs = hs
        self.negative = negative
        self.ns_exponent = ns_exponent
        self.cbow_mean = cbow_mean
        self.epochs = epochs
        self.max_final_vocab = max_final_vocab
        self.shrink_windows = shrink_windows
        self.negatives_per_pair = negatives_per_pair
        self.cbow_exact = cbow_exact
        self.comment = comment
        self._settings()

        self.corpus_count = 0
        """Sentences of the corpus that the vocabulary comes from."""
        self.corpus_total_words = 0
        """Tokens of that corpus, dropped ones included."""
        self.running_training_loss = 0.0
        self.total_train_time = 0.0
        """Seconds spent in `train` so far."""
        self._epochs_trained = 0  # every epoch ever trained draws its own samples
        self._vocabulary: Vocabulary | None = None
        self._in = self._out_ns = self._out_hs = padded_zeros(0, vector_size)
        self.wv = KeyedVectors(vector_size)

        if sentences is not None or corpus_file is not None:
            corpus = self._read(sentences, corpus_file, trim_rule)
            self._start(corpus)
            self.train(corpus, epochs=epochs, compute_loss=compute_loss, callbacks=callbacks, progress=progress)
        elif trim_rule is not None or callbacks:
            raise ValueError("trim_rule and callbacks need a corpus: give them to build_vocab and train instead")

    # ---- vocabulary ----

    def build_vocab(
        self,
        corpus_iterable: Sentences | None = None,
        corpus_file: CorpusFile | None = None,
        *,
        trim_rule: TrimRule | None = None,
    ) -> None:
        """Count the words of a corpus, drop the rare ones, and make fresh matrices.

        Takes what the constructor takes. A generator is used up by this: make a `Corpus` of it first and give that
        to both `build_vocab` and `train`.
        """
        self._start(self._read(corpus_iterable, corpus_file, trim_rule))

    def _read(self, sentences: Sentences | None, corpus_file: CorpusFile | None, trim_rule: TrimRule | None) -> Corpus:
        """The corpus with this model's choice of words."""
        source = _one_source(sentences, corpus_file)
        if isinstance(source, Corpus):
            return source.select(min_count=self.min_count, max_final_vocab=self.max_final_vocab, trim_rule=trim_rule)
        return self._encode(
            source,
            corpus_file is not None,
            {"min_count": self.min_count, "max_final_vocab": self.max_final_vocab, "trim_rule": trim_rule},
        )

    def _encode(self, source: Any, is_file: bool, choice: dict[str, Any]) -> Corpus:
        if is_file:
            return Corpus.from_file(source, workers=self._threads(), **choice)
        return Corpus.from_sentences(source, **choice)

    def _start(self, corpus: Corpus) -> None:
        settings = self._settings()
        vocabulary = corpus.vocabulary
        words = len(vocabulary)
        self._vocabulary = vocabulary
        self.corpus_count = len(corpus)
        self.corpus_total_words = corpus.raw_words
        self._in = padded_zeros(words, settings.vector_size)
        random_rows(self._in, settings.vector_size, settings.seed)
        self._out_ns = padded_zeros(words if settings.negative else 0, settings.vector_size)
        self._out_hs = padded_zeros(words if settings.hs else 0, settings.vector_size)
        self.wv = self._keyed(self._in)
        self._epochs_trained = 0

    def _keyed(self, matrix: Matrix) -> KeyedVectors:
        vocabulary = self._trained_vocabulary()
        return KeyedVectors._from_arrays(vocabulary.keys, matrix[:, : self.vector_size], vocabulary.counts)

    # ---- matrices ----

    @property
    def syn1neg(self) -> Matrix:
        """Output vectors of negative sampling, shape (words, vector_size); a view, so writes reach the model."""
        self._require(len(self._out_ns) > 0, "syn1neg", "negative > 0")
        return self._out_ns[:, : self.vector_size]

    @property
    def syn1(self) -> Matrix:
        """Vectors of the Huffman tree's inner nodes, shape (words, vector_size), the last row unused; a view."""
        self._require(len(self._out_hs) > 0, "syn1", "hs=1")
        return self._out_hs[:, : self.vector_size]

    @property
    def wv_out(self) -> KeyedVectors:
        """Output vectors by word: what a retrieval system serves for queries made of input vectors.

        Shares memory with ``syn1neg``. The dot product of an input and an output vector is the model's score for
        the two words occurring together.
        """
        self._require(len(self._out_ns) > 0, "wv_out", "negative > 0")
        return self._keyed(self._out_ns)

    def _require(self, there: bool, name: str, setting: str) -> None:
        if not there:
            raise AttributeError(f"this model has no {name}: it needs {setting} and a vocabulary")

    def _trained_vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            raise RuntimeError("the model has no vocabulary yet: call build_vocab first")
        return self._vocabulary

    def _gather_inputs(self) -> None:
        """Take over input vectors that were replaced from outside (``model.wv.vectors = ...``)."""
        vectors = self.wv.vectors
        if vectors.shape != (len(self._trained_vocabulary()), self.vector_size):
            raise ValueError(
                f"wv.vectors has shape {vectors.shape}; training needs "
                f"{(len(self._trained_vocabulary()), self.vector_size)}"
            )
        if not is_view_of(vectors, self._in):
            self._in = padded_copy(vectors)
            self.wv.vectors = self._in[:, : self.vector_size]

    # ---- training ----

    def train(
        self,
        corpus_iterable: Sentences | None = None,
        corpus_file: CorpusFile | None = None,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        *,
        compute_loss: bool = False,
        callbacks: Sequence[Any] = (),
        progress: bool | None = None,
    ) -> tuple[int, int]:
        """Train on a corpus; words outside the vocabulary are skipped.

        Args:
            corpus_iterable: Token lists or a `Corpus`; or give ``corpus_file``.
            corpus_file: Path of a text file.
            total_examples: Sentences an epoch, when the learning rate should fall as over a corpus of another size.
            total_words: The same in words; counts before ``total_examples``.
            epochs: Passes over the corpus; default: the model's.
            start_alpha: Learning rate at the start; default: the model's ``alpha``.
            end_alpha: At the end; default: the model's ``min_alpha``.
            compute_loss: Add up the loss of this call; see `get_latest_training_loss`.
            callbacks: As in the constructor.
            progress: As in the constructor.

        Returns:
            Words trained on as centres, and words of the vocabulary passed, both over all epochs.

        Raises:
            KeyboardInterrupt: after Ctrl-C; the model keeps what it has learned until then.
            FloatingPointError: training diverged.
        """
        self._trained_vocabulary()
        settings = self._settings()
        if epochs is not None:
            settings.epochs = epochs
            settings.check()
        start_alpha = self.alpha if start_alpha is None else start_alpha
        end_alpha = self.min_alpha if end_alpha is None else end_alpha
        check_number("start_alpha", start_alpha, at_least=0.0)
        check_number("end_alpha", end_alpha, at_least=0.0)
        for name, size in (("total_examples", total_examples), ("total_words", total_words)):
            if size is not None:
                check_number(name, size, at_least=1.0)
        corpus = self._known_words(corpus_iterable, corpus_file)
        self._gather_inputs()
        trainer = self._trainer(settings, corpus, compute_loss)
        schedule_words = settings.epochs * _schedule_words(corpus, total_examples, total_words)
        schedule = Schedule(start_alpha, end_alpha, schedule_words)
        totals = Totals()
        self.running_training_loss = 0.0
        start = time.perf_counter()
        try:
            self._train_epochs(trainer, settings, corpus.words, schedule, totals, compute_loss, callbacks, progress)
        finally:
            self.running_training_loss = totals.loss
            self.total_train_time += time.perf_counter() - start
            self.wv.norms = None  # they are no longer those of the vectors
        if totals.pairs == 0 and settings.epochs > 0:
            warnings.warn(
                "nothing was trained: no sentence was left with two words that min_count and sample keep",
                UserWarning,
                stacklevel=2,
            )
        return totals.kept, totals.words

    def _train_epochs(
        self,
        trainer: _native.Trainer,
        settings: Settings,
        words: int,
        schedule: Schedule,
        totals: Totals,
        with_loss: bool,
        callbacks: Sequence[Any],
        progress: bool | None,
    ) -> None:
        workers = self._threads()
        block = block_words(words, _flops_per_word(settings))
        display = make_progress(progress, settings.epochs * words)

        def watch() -> None:
            loss = totals.loss / totals.words if with_loss and totals.words else None
            display.update(totals.words, schedule.alpha(totals.words), loss)
            self.running_training_loss = totals.loss

        try:
            _notify(callbacks, "on_train_begin", self)
            for epoch in range(settings.epochs):
                _notify(callbacks, "on_epoch_begin", self)
                number = self._epochs_trained
                self._epochs_trained += 1
                Epoch(trainer, number, words, block, epoch * words, schedule, totals).run(workers, watch)
                watch()
                self.wv.norms = None  # for callbacks that ask the vectors something
                _notify(callbacks, "on_epoch_end", self)
            _notify(callbacks, "on_train_end", self)
        except _native.DivergedError:
            raise FloatingPointError(
                f"training diverged: a score is no finite number any more. Lower alpha (now {schedule.start_alpha:g})"
            ) from None
        finally:
            display.close()

    def _known_words(self, sentences: Sentences | None, corpus_file: CorpusFile | None) -> Corpus:
        """The corpus in ids of this model's vocabulary."""
        vocabulary = self._trained_vocabulary()
        source = _one_source(sentences, corpus_file)
        if isinstance(source, Corpus):
            return source if source.vocabulary is vocabulary else source.encode_with(vocabulary)
        return self._encode(source, corpus_file is not None, {"vocabulary": vocabulary})

    def _trainer(self, settings: Settings, corpus: Corpus, want_loss: bool) -> _native.Trainer:
        counts = self._trained_vocabulary().counts
        paths = huffman_paths(counts) if settings.hs else None
        if bool(settings.negative) != bool(len(self._out_ns)) or bool(settings.hs) != bool(len(self._out_hs)):
            raise ValueError("hs and negative cannot be switched on or off once the vocabulary is built")
        return _native.Trainer(
            ISA,
            corpus.ids,
            corpus.offsets,
            self._in,
            self._out_ns if settings.negative else None,
            self._out_hs if settings.hs else None,
            self._input_scale(),
            settings.vector_size,
            keep_thresholds(counts, settings.sample),
            noise_table(counts, settings.ns_exponent) if settings.negative else None,
            paths.offsets if paths else None,
            paths.nodes if paths else None,
            paths.codes if paths else None,
            paths.longest if paths else 0,
            settings.window,
            settings.negative,
            bool(settings.sg),
            bool(settings.shrink_windows),
            bool(settings.negatives_per_pair),
            bool(settings.cbow_mean),
            bool(settings.cbow_exact),
            want_loss,
            settings.seed,
        )

    def _input_scale(self) -> NDArray[np.float32] | None:
        """``wv.vectors_lockf``: a factor on every change of an input vector (0 freezes it), one or one a word."""
        factors = getattr(self.wv, "vectors_lockf", None)
        if factors is None:
            return None
        factors = np.asarray(factors, dtype=np.float32).ravel()
        if len(factors) == 1:
            return None if factors[0] == 1.0 else np.full(len(self._in), factors[0], dtype=np.float32)
        if len(factors) != len(self._in):
            raise ValueError(
                f"wv.vectors_lockf has {len(factors)} entries; it takes 1 or one for each of {len(self._in)} words"
            )
        return np.ascontiguousarray(factors)

    def get_latest_training_loss(self) -> float:
        """Sum of -log sigmoid over everything trained by the last `train` with ``compute_loss=True``."""
        return self.running_training_loss

    # ---- the rest ----

    def _threads(self) -> int:
        return self.workers or available_cpus()

    def _settings(self) -> Settings:
        settings = Settings(**{field.name: getattr(self, field.name) for field in fields(Settings)})
        settings.check()
        return settings

    def __str__(self) -> str:
        return f"Word2Vec<vocab={len(self.wv)}, vector_size={self.vector_size}, alpha={self.alpha}>"

    def save(self, path: CorpusFile) -> None:
        """Write the model in fastemb's own format: one safetensors file, no pickle.

        Holds the settings, the vocabulary with counts, and every matrix, so that `load` can go on training.

        Raises:
            TypeError: keys are neither all str nor all int.
            OSError: the file cannot be written; nothing is left half-written.
        """
        self._gather_inputs()
        write_model(self, self._trained_vocabulary(), self._epochs_trained, path)

    @classmethod
    def load(cls, path: CorpusFile) -> Word2Vec:
        """Read a model that `save` wrote.

        Raises:
            ValueError: the file is something else, or damaged.
        """
        settings, state, vocabulary, matrices = read_model(path)
        model = cls(**asdict(settings))
        for name, value in state.items():
            if name != "epochs_trained":
                setattr(model, name, value)
        model._vocabulary = vocabulary
        model._epochs_trained = state["epochs_trained"]
        model._in = padded_copy(matrices["vectors"])
        model._out_ns = padded_copy(matrices["syn1neg"]) if settings.negative else model._out_ns
        model._out_hs = padded_copy(matrices["syn1"]) if settings.hs else model._out_hs
        model.wv = model._keyed(model._in)
        return model


def _one_source(sentences: Sentences | None, corpus_file: CorpusFile | None) -> Any:
    if (sentences is None) == (corpus_file is None):
        raise TypeError("give either sentences or corpus_file")
    return corpus_file if sentences is None else sentences


def _refuse(condition: bool, message: str) -> None:
    if condition:
        raise ValueError(message)


def _schedule_words(corpus: Corpus, total_examples: int | None, total_words: int | None) -> float:
    if total_words is not None:
        return total_words * corpus.words / max(corpus.raw_words, 1)
    if total_examples is not None and len(corpus):
        return total_examples * corpus.words / len(corpus)
    return corpus.words


def _flops_per_word(settings: Settings) -> float:
    """A rough cost of one token: 6 flops for each number in each (input, output) pair of its window."""
    inputs = settings.window + 1 if settings.sg else 1
    outputs = settings.negative + 1 + 15 * settings.hs
    return 6.0 * settings.vector_size * (inputs * outputs + settings.window)


def _notify(callbacks: Sequence[Any], event: str, model: Word2Vec) -> None:
    for callback in callbacks:
        getattr(callback, event, _nothing)(model)


def _nothing(model: Word2Vec) -> None:
    """Stand in for a callback's missing method."""
