"""The Word2Vec model: a vocabulary, its matrices, and how they are trained."""

from __future__ import annotations

import os
import secrets
import time
import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import numpy as np

from .. import _native
from ..config import ISA, available_cpus
from ..corpus import Corpus, TrimRule, Vocabulary
from ..corpus.vocabulary import NothingKeptError, Selection
from .gensim_model import model_parts
from .model_file import read_model, write_model
from .progress import make_progress
from .run import Epoch, Schedule, Totals, block_words
from .sampling import keep_thresholds, noise_table
from .scoring import Scoring
from .settings import Settings, check_number, check_whole

Sentences = Iterable[Iterable[Hashable]] | Corpus
CorpusFile = str | os.PathLike[str]


class Word2Vec(Scoring):
    r"""Skip-gram or CBOW, trained with negative sampling, hierarchical softmax, or both.

    Mikolov et al. 2013, "Distributed representations of words and phrases and their compositionality". Parameters
    have gensim 4's names, order and defaults.

    Args:
        sentences: Token lists, a generator of them (it is read once), or a `Corpus`. Without ``sentences`` and
            ``corpus_file`` the model stays empty; call `build_vocab` and `train`.
        corpus_file: Path of a UTF-8 text, one sentence a line, tokens separated by white space; or anything else that
            `Corpus.from_file` reads.
        vector_size: Length of the vectors.
        alpha: Learning rate at the start; it falls linearly to ``min_alpha``.
        window: Largest distance between a word and its context.
        min_count: Words that occur less often are dropped.
        sample: Share of the corpus above which a word is thinned out; 0 keeps all.
        seed: Of everything random. With ``workers=1`` the same seed gives the same bits on the same
            instruction set; what is sampled does not depend on ``workers``. None picks one.
        workers: Threads; None (default) or -1 uses every CPU available.
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
            word2vec and gensim do not, and so neither does the default. Learning is slower at the same ``alpha``:
            after 5 epochs of 17 million words 18% of analogies were right instead of 31%.
        progress: True or False; None (default) shows progress when standard error is a terminal.
        max_vocab_size: Keep at most this many words, the most frequent ones. Memory for counting those of a
            ``corpus_file`` is limited too; see `Corpus.from_file`.
        null_word: 1 adds a word "\0" that occurs nowhere.
        sorted_vocab: 0 keeps words in the order in which they first occur, instead of the most frequent first.
        hashfxn: Without effect; anything but the default gives a warning.
        batch_words: The same.

    Raises:
        ValueError: a setting makes no sense; the corpus is empty or unreadable, or no word reaches ``min_count``.
        FloatingPointError: training diverged.
    """

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
        seed: int | None = 1,
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
        if hashfxn is not hash or batch_words != 10000:
            warnings.warn("hashfxn and batch_words have no effect in fastemb", UserWarning, stacklevel=2)
        self.vector_size = vector_size
        self.alpha = alpha
        self.window = window
        self.min_count = min_count
        self.sample = sample
        self.seed = secrets.randbits(32) if seed is None else seed
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
        self.max_vocab_size = max_vocab_size
        self.null_word = null_word
        self.sorted_vocab = sorted_vocab
        self.hashfxn = hashfxn
        self.batch_words = batch_words
        self.compute_loss = compute_loss
        self.comment = comment
        self._settings()
        if max_vocab_size is not None:
            check_whole("max_vocab_size", max_vocab_size, 1, 2**62)
        super().__init__()

        self.corpus_count = 0
        """Sentences of the corpus that the vocabulary comes from."""
        self.corpus_total_words = 0
        """Tokens of that corpus, dropped ones included."""
        self.raw_vocab: dict[Hashable, int] = {}
        """Counts of all words of that corpus, when `build_vocab` was asked to keep them."""
        self.effective_min_count = min_count
        """The count from which words were kept, after ``max_final_vocab``."""
        self.running_training_loss = 0.0
        self.train_count = 0
        """Calls of `train` so far."""
        self.total_train_time = 0.0
        """Seconds spent in `train` so far."""
        self.min_alpha_yet_reached = float(alpha)
        """The lowest learning rate so far."""

        _check_callbacks(callbacks)
        if sentences is not None or corpus_file is not None:
            corpus = self._read(_one_source(sentences, corpus_file), corpus_file is not None, trim_rule)
            self._count_corpus(corpus)
            self._take_vocabulary(corpus.vocabulary, update=False)
            self.train(corpus, epochs=epochs, compute_loss=compute_loss, callbacks=callbacks, progress=progress)
        elif trim_rule is not None or callbacks:
            raise ValueError("trim_rule and callbacks need a corpus: give them to build_vocab and train instead")

    # ---- vocabulary ----

    def build_vocab(
        self,
        corpus_iterable: Sentences | None = None,
        corpus_file: CorpusFile | None = None,
        update: bool = False,
        progress_per: int = 10000,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
    ) -> None:
        """Count the words of a corpus, drop the rare ones, and make fresh matrices or let those there are grow.

        A generator is used up by this: make a `Corpus` of it first and give that to both `build_vocab` and `train`.

        Args:
            corpus_iterable: Token lists or a `Corpus`; or give ``corpus_file``.
            corpus_file: Path of a text file.
            update: Keep what was learned: words that are new get small random vectors at the end of the vocabulary,
                known ones keep theirs, and counts are added up. Words must reach ``min_count`` in this corpus.
            progress_per: Without effect.
            keep_raw_vocab: Keep the counts of all words, dropped ones included, in ``raw_vocab``.
            trim_rule: As in the constructor.

        Raises:
            RuntimeError: an update of a model that has no vocabulary yet.
            ValueError: the corpus is empty or unreadable, or no word reaches ``min_count``.
        """
        if update:
            self._require_vocabulary()
        source = _one_source(corpus_iterable, corpus_file)
        self.raw_vocab = {}
        if keep_raw_vocab:
            source = Corpus._read(source, corpus_file is not None, Selection(), self._threads())
            words = source.vocabulary
            self.raw_vocab = dict(zip(words.keys, words.counts.tolist(), strict=True))
        try:
            corpus = self._read(source, corpus_file is not None, trim_rule)
        except NothingKeptError:
            if not update:
                raise
            return  # no word is new, and no count is large enough to be added
        self._count_corpus(corpus)
        self._take_vocabulary(corpus.vocabulary, update)

    def build_vocab_from_freq(
        self,
        word_freq: Mapping[Hashable, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: TrimRule | None = None,
        update: bool = False,
    ) -> None:
        """Make the vocabulary from counts that are known already.

        Args:
            word_freq: How often each word occurs.
            keep_raw_vocab: Keep ``word_freq`` in ``raw_vocab``.
            corpus_count: Sentences of the corpus, to be kept in the attribute of this name.
            trim_rule: As in the constructor.
            update: As in `build_vocab`.

        Raises:
            RuntimeError: an update of a model that has no vocabulary yet.
            ValueError: there are no words, or none reaches ``min_count``; a count is negative.
        """
        if update:
            self._require_vocabulary()
        if not word_freq:
            raise ValueError("word_freq must hold at least one word")
        for word, count in word_freq.items():
            check_whole(f"word_freq[{word!r}]", count, 0, 2**40)
        keys, counts = list(word_freq), np.array(list(word_freq.values()), dtype=np.int64)
        vocabulary, _ = self._selection(trim_rule).number(
            counts, np.arange(len(keys)), lambda rows: [keys[row] for row in rows.tolist()], "word_freq"
        )
        self.raw_vocab = dict(word_freq) if keep_raw_vocab else {}
        self.corpus_count = corpus_count or 0
        self.corpus_total_words = int(counts.sum())
        self._take_vocabulary(vocabulary, update)

    def _require_vocabulary(self) -> None:
        if self._vocabulary is None:
            raise RuntimeError(
                "You cannot do an online vocabulary-update of a model which has no prior vocabulary: "
                "first call build_vocab without update"
            )

    def _count_corpus(self, corpus: Corpus) -> None:
        self.corpus_count = len(corpus)
        self.corpus_total_words = corpus.raw_words
        self.effective_min_count = max(self.min_count, corpus.vocabulary.least_count)

    def _take_vocabulary(self, vocabulary: Vocabulary, update: bool) -> None:
        if self.null_word and "\0" not in vocabulary:
            vocabulary = Vocabulary([*vocabulary.keys, "\0"], [*vocabulary.counts.tolist(), 1])
        if update:
            self._grow(self._known_vocabulary().extended(vocabulary))
        else:
            self._start(vocabulary)

    def _selection(self, trim_rule: TrimRule | None) -> Selection:
        return Selection(
            self.min_count, self.max_final_vocab, trim_rule, self.max_vocab_size, in_order=not self.sorted_vocab
        )

    def _read(self, source: Any, is_file: bool, trim_rule: TrimRule | None) -> Corpus:
        """The corpus with this model's choice of words."""
        return Corpus._read(source, is_file, self._selection(trim_rule), self._threads())

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
        word_count: int = 0,
        queue_factor: int = 2,
        report_delay: float = 1.0,
        compute_loss: bool = False,
        callbacks: Sequence[Any] = (),
        *,
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
            word_count: Words already trained on, for the learning rate.
            queue_factor: Without effect; anything but the default gives a warning.
            report_delay: The same.
            compute_loss: Add up the loss of this call; see `get_latest_training_loss`.
            callbacks: As in the constructor.
            progress: As in the constructor.

        Returns:
            Words trained on as centres, and words of the vocabulary passed, both over all epochs.

        Raises:
            KeyboardInterrupt: after Ctrl-C; the model keeps what it has learned until then.
            FloatingPointError: training diverged.
        """
        self._known_vocabulary()
        if queue_factor != 2 or report_delay != 1.0:
            warnings.warn("queue_factor and report_delay have no effect in fastemb", UserWarning, stacklevel=2)
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
        check_whole("word_count", word_count, 0, 2**62)
        _check_callbacks(callbacks)
        try:
            corpus = self._known_words(corpus_iterable, corpus_file)
        except NothingKeptError as error:
            warnings.warn(f"nothing was trained: {error}", UserWarning, stacklevel=2)
            return 0, 0
        schedule_words = settings.epochs * _schedule_words(corpus, total_examples, total_words)
        schedule = Schedule(start_alpha, end_alpha, schedule_words, word_count)
        totals = Totals()
        self.running_training_loss = 0.0
        self.compute_loss = compute_loss
        self.train_count += 1
        start = time.perf_counter()
        try:
            self._train_epochs(settings, corpus, schedule, totals, compute_loss, callbacks, progress)
        finally:
            self.total_train_time += time.perf_counter() - start
            self.min_alpha_yet_reached = min(self.min_alpha_yet_reached, schedule.alpha(totals.words))
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
        settings: Settings,
        corpus: Corpus,
        schedule: Schedule,
        totals: Totals,
        with_loss: bool,
        callbacks: Sequence[Any],
        progress: bool | None,
    ) -> None:
        workers, words = self._threads(), corpus.words
        block = block_words(words, _flops_per_word(settings))
        display = make_progress(progress, settings.epochs * words)

        told = 0.0  # of the loss: callbacks may set the running loss back

        def watch() -> None:
            nonlocal told
            loss = totals.loss / totals.words if with_loss and totals.words else None
            display.update(totals.words, schedule.alpha(totals.words), loss)
            corpus._passed(totals.words)
            self.running_training_loss += totals.loss - told
            told = totals.loss

        try:
            _notify(callbacks, "on_train_begin", self)
            for epoch in range(settings.epochs):
                _notify(callbacks, "on_epoch_begin", self)
                self._gather_inputs()  # a callback may have replaced them
                trainer = self._trainer(settings, corpus, with_loss)
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
            watch()
            display.close()

    def _known_words(self, sentences: Sentences | None, corpus_file: CorpusFile | None) -> Corpus:
        """The corpus in ids of this model's vocabulary."""
        source = _one_source(sentences, corpus_file)
        return Corpus._read(source, corpus_file is not None, self._known_vocabulary(), self._threads())

    def _trainer(self, settings: Settings, corpus: Corpus, want_loss: bool) -> _native.Trainer:
        counts = self._known_vocabulary().counts
        paths = self._huffman_paths() if settings.hs else None
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
            min(settings.window, 2**30),
            settings.negative,
            bool(settings.sg),
            bool(settings.shrink_windows),
            bool(settings.negatives_per_pair),
            bool(settings.cbow_mean),
            bool(settings.cbow_exact),
            want_loss,
            settings.seed,
            checked=corpus._checked(),
        )

    def get_latest_training_loss(self) -> float:
        """Sum of -log sigmoid over everything trained by the last `train` with ``compute_loss=True``."""
        return self.running_training_loss

    # ---- the rest ----

    def _threads(self) -> int:
        return available_cpus() if self.workers in (None, -1) else self.workers

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
        write_model(self, path)

    @classmethod
    def load(cls, path: CorpusFile, mmap: str | None = None) -> Self:
        """Read a model that `save` wrote. For a file that gensim wrote see `from_gensim`.

        Args:
            path: File to read.
            mmap: Without effect; anything but None gives a warning. `KeyedVectors.load` can map a model's vectors.

        Raises:
            ValueError: the file is something else, or damaged.
        """
        if mmap is not None:
            warnings.warn(
                "mmap has no effect on a whole model; KeyedVectors.load maps its vectors", UserWarning, stacklevel=2
            )
        settings, state, vocabulary, matrices, paths = read_model(path)
        model = cls(**asdict(settings))
        epochs_trained = state.pop("epochs_trained")
        for name, value in state.items():
            setattr(model, name, value)
        model._adopt(vocabulary, matrices, paths)
        model._epochs_trained = epochs_trained
        return model

    @classmethod
    def from_gensim(cls, model: Any) -> Self:
        """A copy of a gensim model, with which training can go on.

        Args:
            model: A ``gensim.models.Word2Vec``, or the path of one that gensim saved. gensim reads the file, by
                unpickling it: only load files that you trust.

        Raises:
            ImportError: a path, but gensim is not installed.
            ValueError: the model has no vocabulary.
        """
        settings, state, vocabulary, matrices, paths = model_parts(model)
        made = cls(**settings)
        for name, value in state.items():
            setattr(made, name, value)
        made._adopt(vocabulary, matrices, paths)
        return made


def _one_source(sentences: Sentences | None, corpus_file: CorpusFile | None) -> Any:
    if (sentences is None) == (corpus_file is None):
        raise TypeError("give either sentences or corpus_file")
    return corpus_file if sentences is None else sentences


def _check_callbacks(callbacks: Any) -> None:
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks must be a list of callbacks, not {callbacks!r}")


def _schedule_words(corpus: Corpus, total_examples: int | None, total_words: int | None) -> float:
    if total_words is not None:
        return total_words * corpus.words / max(corpus.raw_words, 1)
    if total_examples is not None and len(corpus):
        return total_examples * corpus.words / len(corpus)
    return corpus.words


def _flops_per_word(settings: Settings) -> float:
    """A rough cost of one token: 6 flops for each number in each (input, output) pair of its window."""
    window = min(settings.window, 1000)
    inputs = window + 1 if settings.sg else 1
    outputs = settings.negative + 1 + 15 * settings.hs
    return 6.0 * settings.vector_size * (inputs * outputs + window)


def _notify(callbacks: Sequence[Any], event: str, model: Word2Vec) -> None:
    for callback in callbacks:
        getattr(callback, event, _nothing)(model)


def _nothing(model: Word2Vec) -> None:
    """Stand in for a callback's missing method."""
