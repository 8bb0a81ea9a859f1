"""The Word2Vec model, and what else gensim.models.word2vec has."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO, NoReturn, Self

from ..corpus import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus, TrimRule
from ..io.attributes import PICKLE_PROTOCOL, SEP_LIMIT, warn_of_pickle_options
from ..train.settings import Settings
from ..vectors import KeyedVectors
from .building import CorpusFile, Sentences, one_source
from .gensim_model import take_model
from .model_file import KEPT, read_model, write_model
from .scoring import Scoring
from .training import Training, checked_callbacks

__all__ = ["BrownCorpus", "KeyedVectors", "LineSentence", "PathLineSentences", "Text8Corpus", "Word2Vec"]


class Word2Vec(Training, Scoring):
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
        negative: Negatives of a draw; see ``negatives_per_pair``. 0 for none.
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
        negatives_per_pair: Draw negatives anew for every context of skip-gram and for every word that CBOW predicts, as
            word2vec does, instead of once for up to four words in a row with all their contexts (skip-gram: at least
            seven for more than 16 contexts, of less weight each where ``negative`` is below that).
            Slower; after 5 epochs of 17 million words 38.4% of analogies were right with skip-gram instead of 39.1%,
            with CBOW 30.8% instead of 29.9%, and two seeds are as far apart. With ``window=10`` it was 43.4% instead
            of 44.3%, but 29.1 instead of 27.4 in SimLex-999.
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
        sample: float | None = 1e-3,
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
        given = locals()  # the parameters by name, of which the settings are taken
        settings = Settings.among(
            given
            | {"sample": 0.0 if sample is None else sample, "seed": secrets.randbits(32) if seed is None else seed}
        )
        if hashfxn is not hash or batch_words != 10000:
            warnings.warn("hashfxn and batch_words have no effect in fastemb", UserWarning, stacklevel=2)
        self._start_empty(settings)
        self.hashfxn = hashfxn
        self.batch_words = batch_words
        self.comment = comment
        callbacks = checked_callbacks(callbacks)
        if sentences is not None or corpus_file is not None:
            selection = self._selection(trim_rule, self.min_count)
            corpus = self._read(one_source(sentences, corpus_file), corpus_file is not None, selection)
            self.corpus_count = len(corpus)
            self.corpus_total_words = corpus.raw_words
            self._take_vocabulary(corpus.vocabulary, self.min_count, update=False)
            self.train(corpus, compute_loss=compute_loss, callbacks=callbacks, progress=progress)
        elif trim_rule is not None or callbacks:
            warnings.warn(
                "trim_rule and callbacks have no effect without a corpus: give them to build_vocab and train",
                UserWarning,
                stacklevel=2,
            )
        self.add_lifecycle_event("created", params=str(self))

    def _start_empty(self, settings: Settings) -> None:
        settings.check()
        super()._start_empty(settings)
        self.hashfxn = hash
        self.batch_words = 10000
        self.comment = None
        self.corpus_count = 0
        self.corpus_total_words = 0
        self.raw_vocab = {}
        self.effective_min_count = self.min_count
        self.running_training_loss = 0.0
        self.train_count = 0
        self.total_train_time = 0.0
        self.min_alpha_yet_reached = self.alpha
        self.lifecycle_events = []
        self.__dict__["load"] = _only_of_the_class

    def _own_attributes(self) -> dict[str, Any]:
        """What was hung on this model, and what else is saved in the same way."""
        blank = Word2Vec.__new__(Word2Vec)
        blank._start_empty(Settings())
        return {name: value for name, value in vars(self).items() if name not in vars(blank) or name in KEPT}

    def __str__(self) -> str:
        return f"{type(self).__name__}<vocab={len(self.wv)}, vector_size={self.vector_size}, alpha={self.alpha}>"

    def init_sims(self, replace: bool = False) -> None:
        """Do the same as ``wv.init_sims``. Deprecated."""
        self.wv.init_sims(replace)

    def save(
        self,
        fname_or_handle: CorpusFile | BinaryIO,
        separately: Sequence[str] | None = None,
        sep_limit: int = SEP_LIMIT,
        ignore: Iterable[str] = frozenset(),
        pickle_protocol: int = PICKLE_PROTOCOL,
    ) -> None:
        """Write the model in fastemb's own format: one safetensors file, no pickle.

        Holds the settings, the vocabulary with counts, every matrix, ``raw_vocab``, and what was hung on the model and
        on ``wv`` (attributes and values of each word), as far as it is plain: None, bool, int, float, str, lists and
        dicts of these, and arrays of numbers. For the rest there is a warning. `load` can go on training.

        Args:
            fname_or_handle: File to write, which is there whole or not at all; or one open for writing bytes.
            separately: Without effect, as there is one file; anything but the default gives a warning.
            sep_limit: The same.
            ignore: Names of attributes of your own to leave out.
            pickle_protocol: Without effect; anything but the default gives a warning.

        Raises:
            TypeError: keys are neither all str nor all int.
            OSError: the file cannot be written; nothing is left half-written.
        """
        warn_of_pickle_options(separately, sep_limit, pickle_protocol)
        write_model(self, fname_or_handle, set(ignore))
        self.add_lifecycle_event("saved", fname_or_handle=str(fname_or_handle))

    @classmethod
    def load(cls, fname: CorpusFile, mmap: str | None = None, *, rethrow: bool = False) -> Self:
        """Read a model that `save` wrote. For a file that gensim wrote see `from_gensim`.

        A subclass's ``__init__`` is not called: its own attributes are those that were saved.

        Args:
            fname: File to read.
            mmap: Without effect; anything but None gives a warning. `KeyedVectors.load` can map a model's vectors.
            rethrow: Without effect: errors are always raised.

        Raises:
            ValueError: the file is something else, or damaged.
        """
        if mmap is not None:
            warnings.warn(
                "mmap has no effect on a whole model; KeyedVectors.load maps its vectors", UserWarning, stacklevel=2
            )
        model = cls.__new__(cls)
        read_model(model, fname)
        model.add_lifecycle_event("loaded", fname=str(fname))
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
        made = cls.__new__(cls)
        take_model(made, model)
        return made


def _only_of_the_class(*_args: Any, **_kwargs: Any) -> NoReturn:
    """In place of `Word2Vec.load` on a model, which would not change that model."""
    raise AttributeError("load makes a new model: call Word2Vec.load on the class, not on a model")
