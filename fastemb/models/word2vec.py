"""The Word2Vec model, and what else gensim.models.word2vec has."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import names_arguments
from ..checks import warn
from ..corpus import (
    BrownCorpus,
    Corpus,
    LineSentence,
    PathLineSentences,
    Text8Corpus,
    TrimRule,
    Vocabulary,
)
from ..corpus.estimate import model_memory
from ..io.paths import AnyPath, local_path
from ..io.user_attributes import set_attributes
from ..lifecycle import Lifecycle
from ..signals import Deferred
from ..summary import changed_settings, table
from ..threads import checked_workers, thread_count
from ..train.checkpoint import Target, mark_of
from ..train.matrices import Matrix
from ..train.progress import checked_progress
from ..train.sampling import HuffmanPaths, Tables
from ..train.schedule import require_falling
from ..train.settings import Settings
from ..train.task import CorpusTokens, Task
from ..train.weights import fitting
from ..vectors import KeyedVectors
from . import saving, scoring, vocabulary, word_training
from .building import CorpusFile, Counts, Sentences, Source, selection_of
from .gensim_import import read_gensim, values_of_words
from .known_words import Change, KnownWords, NewWords
from .older import missing_attribute
from .own_vectors import OwnVectors
from .saving import LIKE_OWN
from .training import SavesCheckpoints, checked_callbacks
from .warm_start import WarmStart
from .word2vec_file import WORD2VEC, Saved, read_model

if TYPE_CHECKING:
    _Attributes = Settings  # so that type checkers know an attribute for every setting
else:
    _Attributes = object

__all__ = ["BrownCorpus", "KeyedVectors", "LineSentence", "PathLineSentences", "Text8Corpus", "Word2Vec"]

_FROM_GENSIM = "from_gensim"  # the event of a model that was taken over, which is its first one and so is kept


# Words and their matrices are in `KnownWords`, which this class owns. Methods that are assigned here are functions of
# other files of this folder, a file for each kind.
class Word2Vec(SavesCheckpoints, Lifecycle, _Attributes):
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
            model; see `CallbackAny2Vec`.
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
        hs_exact: Train every node of a word's Huffman path each time, as word2vec does. Otherwise, from 50,000 words
            on, it trains a third of the first six nodes, drawn anew each time: these are on the paths of most words and
            learn enough. The loss is always that of whole paths. Exact paths take 1.27 times as long with skip-gram;
            after 5 epochs of 17 million words 39.3% of analogies were right instead of 39.9%, with CBOW 25.4% instead
            of 28.5%, but SimLex-999 was 23.8 instead of 23.3 with skip-gram; seeds are as far apart there.
        deterministic: Let the same ``seed`` give the same bits with any number of ``workers``, on the same instruction
            set. Threads then train copies of rows in short rounds (see the guide), which takes one and
            a half to two times as long. The bits are others than those of ``workers=1`` without it.
        progress: True or False; None (default) shows progress in a notebook, and when standard error is a terminal.
        checkpoint: A file to which all that `resume` needs is written before, during and after training. It is a
            whole checkpoint at any time, however the process ends, and `load` reads it as a model.
        checkpoint_every: How often: a time, such as "30s", "1.5min" or "2h", a number of words, such as "1000000w", or
            a timedelta. Default None: every 10 minutes, and less often where writing takes more than 6 seconds, so that
            training takes 1% longer at most.
        init_vectors: What words start from, in place of small random vectors, as far as it has them: a file in any
            format of `load_vectors`, or `KeyedVectors`, of ``vector_size`` dimensions. Output vectors start at zero as
            always. ``wv.vectors_lockf``, set between `build_vocab` and `train`, keeps some of them as they are.
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

    wv: KeyedVectors = cast(KeyedVectors, OwnVectors())
    """The input vectors: ``wv.vectors`` has shape (words, vector_size), float32, contiguous."""
    comment: str | None
    hashfxn: Callable[[Any], int]
    batch_words: int
    corpus_count: int
    """Sentences of the corpus that the vocabulary comes from."""
    corpus_total_words: int
    """Tokens of that corpus, dropped ones included."""
    raw_vocab: Counts
    """Counts of all words of the corpus, when `build_vocab` was asked to keep them or after `scan_vocab`."""
    effective_min_count: int
    """The count from which words were kept, after ``max_final_vocab``."""
    running_training_loss: float
    """The loss of the latest `train` so far."""
    train_count: int
    """Calls of `train` that reached their end; an interrupted one does not count."""
    total_train_time: float
    """Seconds spent in `train` so far."""
    min_alpha_yet_reached: float
    """The learning rate where training stands, told anew after each epoch."""
    history: list[dict[str, float | None]]
    """How the latest `train` went: a dict for each hundredth of it and for each epoch's end, with "epoch" (passes done,
    a whole number at the end of one), "words", "seconds", "alpha", "loss" (the mean a word since the one before; None
    without ``compute_loss``) and "words_per_second". `fastemb.plots.plot_training` draws it."""
    _workers: int | None
    _known: KnownWords
    _settings_of: ClassVar[type[Settings]] = Settings
    _source_type: ClassVar[type[Source]] = Source
    _kind: ClassVar[str] = WORD2VEC

    @names_arguments({"size": "vector_size", "iter": "epochs"})
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
        hs_exact: bool = False,
        deterministic: bool = False,
        progress: bool | None = None,
        checkpoint: AnyPath | None = None,
        checkpoint_every: str | timedelta | None = None,
        init_vectors: AnyPath | KeyedVectors | None = None,
    ) -> None:
        self._start(locals())
        self._first_train(sentences, corpus_file, locals())

    def _start(self, given: Mapping[str, Any]) -> None:
        """Check the settings among the arguments of a constructor, and become a model of them without a vocabulary."""
        sample, seed = given["sample"], given["seed"]
        chosen = {"sample": 0.0 if sample is None else sample, "seed": secrets.randbits(32) if seed is None else seed}
        settings = self._settings_of.among({**given, **chosen}).checked()
        require_falling(settings.alpha, settings.min_alpha)
        if given["hashfxn"] is not hash or given["batch_words"] != 10000:
            warn("hashfxn and batch_words have no effect in fastemb")
        self._start_empty(settings)
        for name in ("hashfxn", "batch_words", "comment"):
            setattr(self, name, given[name])

    def _first_train(
        self, sentences: Sentences | None, corpus_file: CorpusFile | None, given: Mapping[str, Any]
    ) -> None:
        """Take up the vocabulary of a corpus and train on it, if the constructor was given one."""
        told = {name: given[name] for name in ("callbacks", "progress", "checkpoint", "checkpoint_every")}
        told["callbacks"], told["progress"] = checked_callbacks(told["callbacks"]), checked_progress(told["progress"])
        trim_rule, target = given["trim_rule"], Target.of(told["checkpoint"], told["checkpoint_every"])
        start = WarmStart.of(given.get("init_vectors"), self.vector_size)
        if sentences is not None or corpus_file is not None:
            selection = selection_of(self._settings(), trim_rule, self.min_count)
            kind = self._source_type
            corpus = kind.of(sentences, corpus_file, kind.called).read(selection, self._workers)
            self.corpus_count = len(corpus)
            self.corpus_total_words = corpus.raw_words
            words = NewWords(corpus.vocabulary, self.min_count, False, self._further_of(corpus), start)
            self._take_vocabulary(words)
            self.train(corpus, **told)
        elif trim_rule is not None or told["callbacks"] or target is not None or start is not None:
            names = "trim_rule and callbacks" if target is None else "trim_rule, callbacks and checkpoint"
            names = names if start is None else "trim_rule, callbacks, checkpoint and init_vectors"
            warn(f"{names} have no effect without a corpus: give them to build_vocab and train")
        self.add_lifecycle_event("created", params=str(self))

    def _start_empty(self, settings: Settings) -> None:
        """Become a model of these settings, which were checked, without a vocabulary."""
        vars(self).update(self._blank(settings))

    @classmethod
    def _blank(cls, settings: Settings) -> dict[str, Any]:
        """The attributes of a model of these settings that has no vocabulary yet."""
        wv, known = cls._no_words(settings)
        wv.vectors_lockf = np.ones(1, dtype=np.float32)
        values = settings.values()
        return {
            "_workers": values.pop("workers"),
            **values,
            "wv": wv,
            "_known": known,
            "hashfxn": hash,
            "batch_words": 10000,
            "comment": None,
            "corpus_count": 0,
            "corpus_total_words": 0,
            "raw_vocab": {},
            "effective_min_count": settings.min_count,
            "running_training_loss": 0.0,
            "train_count": 0,
            "total_train_time": 0.0,
            "min_alpha_yet_reached": settings.alpha,
            "lifecycle_events": [],
            "history": [],
            "load": _only_of_the_class,
        }

    @classmethod
    def _no_words(cls, settings: Settings) -> tuple[KeyedVectors, KnownWords]:
        """What holds the words of a model, empty."""
        wv = KeyedVectors(settings.vector_size)
        return wv, KnownWords(wv)

    def _settings(self) -> Settings:
        """The settings as the attributes are now, unchecked."""
        values = {name: getattr(self, name) for name in self._settings_of.declared() if name != "workers"}
        return self._settings_of(**values, workers=self._workers)

    @property
    def workers(self) -> int:
        """Threads that train; set it to None or -1 for as many as there are CPUs available."""
        return thread_count(self._workers)

    @workers.setter
    def workers(self, value: int | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._workers = checked_workers(value)

    @property
    def layer1_size(self) -> int:
        """Another name of ``vector_size``."""
        return self.vector_size

    def __str__(self) -> str:
        return f"{type(self).__name__}<vocab={len(self.wv)}, vector_size={self.vector_size}, alpha={self.alpha}>"

    def __repr__(self) -> str:
        """What kind of model it is, how large, and how far it was trained."""
        kind = ["skip-gram" if self.sg else "CBOW"]
        kind += [f"negative={self.negative}"] * bool(self.negative) + ["hs=1"] * bool(self.hs)
        return (
            f"<{type(self).__name__}: {len(self.wv):,} words, {self.vector_size} dimensions, {', '.join(kind)}, "
            f"{self._how_trained()}>"
        )

    def _repr_html_(self) -> str:
        """What notebooks show."""
        losses = [row["loss"] for row in self.history if row["loss"] is not None]
        rows = {
            "vectors": f"{len(self.wv):,} words, {self.vector_size:,} dimensions",
            "kind": "skip-gram" if self.sg else "CBOW",
            "settings": changed_settings(self._settings().values(), Settings().values()) or "the defaults",
            "training": self._how_trained(),
            "latest loss": f"{losses[-1]:.4f} a word" if losses else None,
        }
        return table(type(self).__name__, rows, {"first words": self.wv})

    def _how_trained(self) -> str:
        """What is known of its training, whoever did that."""
        weights = self._known.weights
        if not weights.have_learned():
            return "not trained"
        epochs = weights.epochs_trained
        counted = f"{epochs} epoch{'s' * (epochs != 1)} trained" if epochs else "no full epoch trained"
        if self._is_from_gensim():
            return f"trained by gensim, {counted} since" if epochs else "trained by gensim"
        return counted

    def _is_from_gensim(self) -> bool:
        return any(event.get("event") == _FROM_GENSIM for event in self.lifecycle_events or ())

    def __getitem__(self, _: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} model has no items: vectors by word are in model.wv")

    if not TYPE_CHECKING:  # type checkers would take any name for granted

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):  # a property, whose own error is the one to show
                return object.__getattribute__(self, name)
            raise missing_attribute(self, name)

    # ---- vocabulary ----

    build_vocab = vocabulary.build_vocab
    build_vocab_from_freq = vocabulary.build_vocab_from_freq
    scan_vocab = vocabulary.scan_vocab
    prepare_vocab = vocabulary.prepare_vocab
    prepare_weights = vocabulary.prepare_weights
    init_weights = vocabulary.init_weights
    reset_from = vocabulary.reset_from
    _take_vocabulary = vocabulary.take_vocabulary

    def _further_of(self, corpus: Corpus) -> dict[str, Any]:
        """What else of a corpus a model takes over with its vocabulary."""
        return {}

    def _known_vocabulary(self) -> Vocabulary:
        """The vocabulary, in the order and with the counts that ``wv`` has; see `KnownWords.followed`."""
        return self._known.followed(self.wv, self.sample)

    # ---- matrices ----

    def _take(self, change: Change, further: dict[str, Any]) -> None:
        """Take over words with their matrices, and set further attributes: all at one moment."""
        with Deferred():
            vars(self).update(further)
            self._known.take(self.wv, change)

    def __copy__(self) -> Self:
        """A model of its own that shares the arrays, until one of the two replaces or grows its own."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._known = self._known.copy()
        return made

    def _checked_inputs(self) -> NDArray[Any]:
        """``wv.vectors``, which may have been replaced from outside; see `KnownWords.inputs`."""
        return self._known.inputs(self.wv, self.sample, self.vector_size)

    @property
    def syn1neg(self) -> Matrix:
        """Output vectors of negative sampling: shape (words, vector_size), float32, contiguous."""
        if self._known.weights.syn1neg is None:
            self._lacks("syn1neg", "negative > 0")
        if self._known.are_behind(self.wv):
            self._known_vocabulary()
        return self._known.weights.syn1neg

    @syn1neg.setter
    def syn1neg(self, value: ArrayLike) -> None:
        if self._known.weights.syn1neg is None:
            self._lacks("syn1neg", "negative > 0")
        self._known.weights.syn1neg = fitting("syn1neg", value, self._output_shape())

    @property
    def syn1(self) -> Matrix:
        """Vectors of the Huffman tree's inner nodes: shape (words, vector_size), the last row unused."""
        if self._known.weights.syn1 is None:
            self._lacks("syn1", "hs=1")
        return self._known.weights.syn1

    @syn1.setter
    def syn1(self, value: ArrayLike) -> None:
        if self._known.weights.syn1 is None:
            self._lacks("syn1", "hs=1")
        self._known.weights.syn1 = fitting("syn1", value, self._output_shape())

    def _output_shape(self) -> tuple[int, int]:
        return len(self._known_vocabulary()), self.layer1_size

    @property
    def wv_out(self) -> KeyedVectors:
        """Output vectors by word: what a retrieval system serves for queries made of input vectors.

        Shares memory with ``syn1neg``. The dot product of an input and an output vector is the model's score for
        the two words occurring together.
        """
        if self._known.weights.syn1neg is None:
            self._lacks("wv_out", "negative > 0")
        vocabulary = self._known_vocabulary()
        return KeyedVectors._from_arrays(vocabulary.keys, self._known.weights.syn1neg, vocabulary.counts)

    def _lacks(self, name: str, setting: str) -> NoReturn:
        raise AttributeError(f"this model has no {name}: it needs {setting} and a vocabulary")

    def _huffman_paths(self) -> HuffmanPaths:
        if self._known.paths is None:
            self._lacks("Huffman tree", "hs=1")
        return self._known.paths

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Bytes that a model of these settings takes.

        While it trains, rows are padded to a multiple of 64 bytes, and one more matrix is held for a moment.

        Args:
            vocab_size: Words; default: those of the vocabulary.
            report: A dict to add the entries to.

        Returns:
            Bytes by part: "vocab" (a rough guess), "vectors", "syn1neg", "syn1" where the model has them, and
            "total", the sum of all entries.
        """
        report = {} if report is None else report
        report |= model_memory(vocab_size or len(self.wv), self.vector_size, self.negative, self.hs)
        report["total"] = sum(report.values())
        return report

    def init_sims(self, replace: bool = False) -> None:
        """Do the same as ``wv.init_sims``. Deprecated."""
        self.wv.init_sims(replace)

    # ---- training ----

    train = word_training.train
    get_latest_training_loss = word_training.get_latest_training_loss
    _prepared = word_training.prepared

    def _task(self, settings: Settings, corpus: Corpus, compute_loss: bool) -> Task:
        weights = self._known.weights_of(self.wv)
        weights.require(settings)
        tables = Tables.of(self._known_vocabulary().counts, settings, self._known.paths)
        return Task(settings, CorpusTokens(corpus), tables, weights, compute_loss)

    @classmethod
    @names_arguments({"sentences": "corpus", "corpus_file": "corpus", "corpus_iterable": "corpus"})
    def resume(
        cls,
        path: AnyPath,
        corpus: Sentences | AnyPath | None = None,
        *,
        workers: int | None = None,
        callbacks: Sequence[Any] = (),
        progress: bool | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Go on with training from a checkpoint, to its end.

        With one worker the model has the same bits as one whose training never stopped. With several it draws the same
        samples; see ``seed`` of the class. Checkpoints are written to the same file on the way. From one that was
        written when training had ended nothing is left to do, and no text is read.

        Args:
            path: A file that ``checkpoint`` of the class or of `train`, or `save_checkpoint`, wrote.
            corpus: The same text as before: token lists (for `Doc2Vec` documents), a `Corpus`, or the path of a file.
                Default None: the files that the checkpoint names. It knows those of ``corpus_file`` and of each door
                of `Corpus` that reads files, with the options of that, unless a ``tokenizer`` split them; lists and
                streams must be given again.
            workers: Threads; -1 uses every CPU available. Default None: as many as before.
            callbacks: As in the class. ``on_train_begin`` is called again, ``on_epoch_begin`` only of epochs that had
                not begun. What callbacks keep is theirs to save.
            progress: As in the class.
            checkpoint_every: As in the class. Default None: as before.

        Returns:
            The model, as `train` leaves it.

        Raises:
            ValueError: the file is no checkpoint, or damaged; the text is another one than before, or nobody knows
                where it is.
            OSError: the checkpoint or the text cannot be read, or the checkpoint's folder is not writable.
            KeyboardInterrupt: after Ctrl-C, as in `train`; the checkpoint stays, and this can be called again.
            FloatingPointError: training diverged.
        """
        path = local_path(path)
        model, metadata = cls._loaded_to_train(path)
        mark = mark_of(path, metadata)
        callbacks, progress = checked_callbacks(callbacks), checked_progress(progress)
        target = Target.again(path, mark, checkpoint_every)
        if workers is not None:
            model.workers = workers
        if not mark.ended:
            word_training.go_on(model, target, mark, corpus, callbacks, progress)
        model.add_lifecycle_event("resumed", fname=path)
        return model

    # ---- questions ----

    held_out_loss = scoring.held_out_loss
    predict_output_word = scoring.predict_output_word
    score = scoring.score

    # ---- files ----

    save = saving.save
    _saved = saving.saved

    @classmethod
    @names_arguments()
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
            warn("mmap has no effect on a whole model; KeyedVectors.load maps its vectors")
        fname = local_path(fname)
        model, _ = cls._loaded(fname)
        model.add_lifecycle_event("loaded", fname=fname)
        return model

    @classmethod
    def _loaded(cls, fname: str, mmap: str | None = None) -> tuple[Self, dict[str, str]]:
        """The model of a file, and all metadata of that; with ``mmap`` what a subclass does not copy stays there."""
        model = cls.__new__(cls)
        saved = read_model(fname, cls._kind, cls._settings_of, mmap)
        model._start_empty(saved.settings)
        vars(model).update(saved.state)
        model._unpack(fname, saved)
        saved.tensors.clear()  # copies of the matrices are made one by one
        own = saved.own
        for name in set(own) & LIKE_OWN:
            setattr(model, name, own.pop(name))
        set_attributes(fname, model, own, set(vars(model)))
        model._take(model._known.restored(model.wv, saved), {})
        return model, saved.metadata

    @classmethod
    def _loaded_to_train(cls, fname: str) -> tuple[Self, dict[str, str]]:
        """`_loaded`, for training to go on."""
        return cls._loaded(fname)

    def _unpack(self, fname: str, saved: Saved) -> None:
        """Take what is hung on the vectors of a file."""
        self.wv._unpack(fname, saved.tensors, saved.metadata)

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
        return cls._of_gensims(model, *read_gensim(model))

    @classmethod
    def _of_gensims(cls, model: Any, saved: Saved, theirs: Any) -> Self:
        """A model of the parts of ``model``, whose vectors are ``theirs``."""
        made = cls.__new__(cls)
        made._start_empty(saved.settings)
        vars(made).update(saved.state)
        if isinstance(model, Word2Vec):
            saved.epochs_trained = model._known.weights.epochs_trained
        if not isinstance(model, Word2Vec) or model._is_from_gensim():
            made.add_lifecycle_event(_FROM_GENSIM)
        made._take(made._known.restored(made.wv, saved), {})
        for name, values in values_of_words(theirs).items():
            made.wv.expandos[name] = values
        if len(getattr(theirs, "vectors_lockf", ())) > 1:
            made.wv.vectors_lockf = np.array(theirs.vectors_lockf)
        return made


def _only_of_the_class(*_args: Any, **_kwargs: Any) -> NoReturn:
    """In place of `Word2Vec.load` on a model, which would not change that model."""
    raise AttributeError("load makes a new model: call Word2Vec.load on the class, not on a model")
