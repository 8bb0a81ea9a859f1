"""The FastText model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Self

from numpy.typing import NDArray

from ..arguments import names_arguments
from ..corpus import Corpus, TrimRule
from ..io.paths import AnyPath
from ..signals import Allowed, Deferred
from ..train.checkpoint import Contents
from ..train.settings import Settings, SubwordSettings
from ..train.task import Task
from ..vectors.fasttext import FastTextKeyedVectors
from .building import CorpusFile, Sentences
from .gensim_import import read_gensims_fasttext
from .known_subwords import KnownSubwords
from .known_words import KnownWords, NewWords
from .resuming import Books
from .training import alone_with
from .word2vec import Word2Vec
from .word2vec_file import Saved


class FastText(Word2Vec):
    """Skip-gram or CBOW over words and their n-grams of characters.

    Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information". A word's vector is the mean of a row of
    its own and of one for each of its n-grams, so that rare words learn from frequent ones that are spelled alike, and
    words that were never seen have vectors too: ``model.wv["unheardof"]``. Parameters have gensim 4's names, order and
    defaults; everything that `Word2Vec` can do works here too.

    Args:
        sentences: As in `Word2Vec`. Tokens that are whole numbers have no n-grams.
        corpus_file: As in `Word2Vec`.
        sg: 1 for skip-gram, 0 for CBOW.
        hs: 1 for hierarchical softmax (with ``negative`` > 0 both are trained).
        vector_size: Length of the vectors.
        alpha: Learning rate at the start; it falls linearly to ``min_alpha``.
        window: Largest distance between a word and its context.
        min_count: Words that occur less often are dropped.
        max_vocab_size: Keep at most this many words, the most frequent ones.
        word_ngrams: 0 leaves out n-grams; the model then learns what `Word2Vec` does.
        sample: Share of the corpus above which a word is thinned out; 0 keeps all.
        seed: Of everything random; see `Word2Vec`.
        workers: Threads; None (default) or -1 uses every CPU available.
        min_alpha: Learning rate at the end.
        negative: Negatives of a draw; 0 for none.
        ns_exponent: Negatives are drawn by count ** ns_exponent.
        cbow_mean: 1 averages the rows of all context words, 0 adds them up.
        hashfxn: Without effect; anything but the default gives a warning.
        epochs: Passes over the corpus.
        null_word: 1 adds a word that occurs nowhere.
        min_n: Characters of the shortest n-grams, with < before a word and > after it.
        max_n: Characters of the longest; below ``min_n`` for no n-grams.
        sorted_vocab: 0 keeps words in the order in which they first occur, instead of the most frequent first.
        bucket: How many numbers n-grams may have, by their hash, so that several may share one; 0 for no n-grams.
        trim_rule: As in `Word2Vec`.
        batch_words: Without effect; anything but the default gives a warning.
        callbacks: As in `Word2Vec`. ``wv.vectors`` follow the training at the end of each epoch.
        max_final_vocab: Raise ``min_count`` until at most this many words are left.
        shrink_windows: Draw each window's reach from 1 .. window; False always uses the whole window.
        all_buckets: Keep a row for each of the ``bucket`` numbers, as gensim and fastText do, also for those that no
            n-gram of the vocabulary has. Default False: memory is taken by what occurs.
        compute_loss: Add up the loss; see `get_latest_training_loss`.
        comment: Kept as an attribute.
        negatives_per_pair: As in `Word2Vec`.
        cbow_exact: As in `Word2Vec`.
        hs_exact: As in `Word2Vec`.
        deterministic: As in `Word2Vec`; more than 8 threads have nothing to do then.
        progress: As in `Word2Vec`.
        checkpoint: As in `Word2Vec`.
        checkpoint_every: As in `Word2Vec`.

    Raises:
        ValueError: a setting makes no sense; the corpus is empty or unreadable, or no word reaches ``min_count``.
        TypeError: a token is neither str nor int.
        FloatingPointError: training diverged.
    """

    wv: FastTextKeyedVectors  # pyright: ignore[reportIncompatibleVariableOverride]
    """The vectors of words, and the rows that they are made of."""
    word_ngrams: int
    min_n: int
    max_n: int
    bucket: int
    all_buckets: bool
    _settings_of: ClassVar[type[Settings]] = SubwordSettings
    _kind: ClassVar[str] = "fastemb.FastText"

    @names_arguments({"size": "vector_size", "iter": "epochs"})
    def __init__(
        self,
        sentences: Sentences | None = None,
        corpus_file: CorpusFile | None = None,
        sg: int = 0,
        hs: int = 0,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        word_ngrams: int = 1,
        sample: float | None = 1e-3,
        seed: int | None = 1,
        workers: int | None = None,
        min_alpha: float = 0.0001,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Callable[[Any], int] = hash,
        epochs: int = 5,
        null_word: int = 0,
        min_n: int = 3,
        max_n: int = 6,
        sorted_vocab: int = 1,
        bucket: int = 2000000,
        trim_rule: TrimRule | None = None,
        batch_words: int = 10000,
        callbacks: Sequence[Any] = (),
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        *,
        all_buckets: bool = False,
        compute_loss: bool = False,
        comment: str | None = None,
        negatives_per_pair: bool = False,
        cbow_exact: bool = False,
        hs_exact: bool = False,
        deterministic: bool = False,
        progress: bool | None = None,
        checkpoint: AnyPath | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> None:
        self._start(locals())
        self._first_train(sentences, corpus_file, locals())

    @classmethod
    def _no_words(cls, settings: Settings) -> tuple[FastTextKeyedVectors, KnownWords]:
        """What holds the words of a model, empty."""
        assert isinstance(settings, SubwordSettings)
        longest = settings.max_n if settings.has_ngrams else 0
        wv = FastTextKeyedVectors(settings.vector_size, settings.min_n, longest, settings.bucket)
        return wv, KnownSubwords(wv)

    def init_weights(self) -> None:
        """Fresh matrices for the vocabulary: small random rows of words and n-grams, output vectors of zero.

        Raises:
            RuntimeError: the model has no vocabulary yet; another thread trains the model or builds its vocabulary.
            ValueError: a setting makes no sense, or ``wv`` was changed by hand so that it does not fit.
        """
        with Deferred(), alone_with(self, trains=False), Allowed():
            settings = self._settings().checked()
            self._take(self._known.fresh(self.wv, self._known_vocabulary(), settings), {})

    def _checked_inputs(self) -> NDArray[Any]:
        """``wv.vectors``, which follow the rows; these are checked.

        Raises:
            ValueError: ``wv.vectors`` has another shape; or as in the base.
        """
        super()._checked_inputs()
        shape = (len(self.wv), self.vector_size)
        if self.wv.vectors.shape != shape:
            raise ValueError(f"wv.vectors has shape {self.wv.vectors.shape}; the model needs {shape}")
        return self.wv.vectors

    def _take_vocabulary(self, words: NewWords) -> None:
        if words.start is not None:
            raise ValueError(
                "init_vectors are those of words, which are made of rows here: go on with a model, as "
                "load_facebook_model reads it, or assign to rows of wv.vectors_vocab"
            )
        super()._take_vocabulary(words)

    def _task(self, settings: Settings, corpus: Corpus, compute_loss: bool) -> Task:
        self._require_same_ngrams(settings)
        return super()._task(settings, corpus, compute_loss)

    def _saved(self, left_out: Collection[str]) -> Saved:
        self._require_same_ngrams(self._settings().checked())
        return super()._saved(left_out)

    def _require_same_ngrams(self, settings: Settings) -> None:
        """Refuse settings of n-grams that were changed after the rows were made.

        Raises:
            ValueError: they were.
        """
        assert isinstance(self._known, KnownSubwords)
        self._known.require_same_ngrams(self.wv, settings)

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Bytes that a model of these settings takes.

        Args:
            vocab_size: Words; default: those of the vocabulary.
            report: A dict to add the entries to.

        Returns:
            As in `Word2Vec`, and "input_vectors", the rows of words and n-grams. Where no vocabulary tells how many
            n-grams occur, and ``all_buckets`` is not set, four for each word are assumed, but no more than ``bucket``.
        """
        report = {} if report is None else report
        words = vocab_size or len(self.wv)
        ngrams = len(self.wv.vectors_ngrams)
        if words != len(self.wv):
            settings = self._settings().checked()
            assert isinstance(settings, SubwordSettings)
            ngrams = self.bucket if self.all_buckets else min(4 * words, self.bucket)
            ngrams *= settings.has_ngrams
        report["input_vectors"] = 4 * self.vector_size * (words + ngrams)
        return super().estimate_memory(vocab_size, report)

    def _prepared(self, task: Task, books: Books) -> Contents:
        """As in the base; the vectors of words are made as the checkpoint is written."""
        contents = super()._prepared(task, books)

        def now() -> Any:
            self.wv.adjust_vectors()
            return contents()

        return now

    @classmethod
    def from_gensim(cls, model: Any) -> Self:
        """A copy of a gensim model, with which training can go on; every bucket keeps its row.

        Args:
            model: A ``gensim.models.FastText``, or the path of one that gensim saved. gensim reads the file, by
                unpickling it: only load files that you trust.

        Raises:
            ImportError: a path, but gensim is not installed.
            ValueError: the model has no vocabulary, or is of a gensim that numbered n-grams in a way of its own.
            TypeError: this is something else.
        """
        if isinstance(model, FastText):
            raise TypeError("this is a FastText of fastemb already: copy.deepcopy(model) copies it")
        return cls._of_gensims(model, *read_gensims_fasttext(model))
