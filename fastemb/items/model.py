"""Item2Vec: items that are taken together lie close, and the next item for a history is a dot product away."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Self

import numpy as np

from ..arguments import names_arguments
from ..corpus import Vocabulary
from ..corpus.messages import short
from ..estimator import Estimator, seed_of
from ..io.keys import pack_any_keys
from ..io.paths import AnyPath, local_path
from ..models.fitting import Standing, learn
from ..models.training import SavesCheckpoints, alone_with
from ..signals import Allowed, Deferred
from ..summary import table
from ..threads import checked_workers, thread_count
from ..train.checkpoint import Target, Text, mark_of
from ..train.history import Row
from ..train.run import Run
from ..vectors import KeyedVectors
from . import asking
from .core import Core
from .fitted import Fitted
from .held_out import held_out_loss
from .interactions import Interactions
from .lookup import other_spelling
from .model_file import ITEM_HINT, ItemFile, Learned, check_titles, read_items, write_items
from .names import PARAMETERS
from .parameters import Parameters, Plan, plans
from .resuming import Lesson, Noted


class Item2Vec(SavesCheckpoints, Estimator):
    """Item vectors learned from baskets, sessions or histories, and recommendations made of them.

    Barkan and Koenigstein 2016, "Item2vec: neural item embedding for collaborative filtering"; Grbovic et al. 2015,
    "E-commerce in your inbox" (prod2vec). An item is predicted from the mean of the input vectors of other items of
    its basket (``sg=0``), or from each of them alone (``sg=1``), with negative sampling. The score of an item for a
    history is the dot product of the mean of the history's input vectors and the item's output vector. By default
    both are trained, each with half of the dimensions, and their scores are added: they err on different items, and
    together do better than either with all dimensions.

    Settings have gensim's names where gensim has them. Those that are None by default have the value that did best for
    the kind of model: with sg=0 / sg=1, vector_size 128 / 128 (so 256 for both), contexts 8 / 16, negative 100 / 20,
    ns_exponent -0.2 / 0.4, epochs 30 / 50, alpha 0.2 / 0.03. The default of ``negative`` is at most a quarter of the
    number of items (and 1 at least), as many negatives out of few items make training diverge.

    Args:
        vector_size: Length of the vectors.
        window: None (default): sessions are baskets without an order, in which each item counts once, and every item
            may be a context of every other. A number: they have an order, and contexts are at most so far away.
        contexts: In baskets, how many of the other items an item is predicted from, at most; drawn anew in each epoch,
            each with the same probability. Bounds the cost of large baskets; with ``sg=0`` few of them regularise.
        sg: 0 predicts from the contexts' mean (CBOW, with its true gradient), 1 from each context alone (skip-gram),
            None (default): both.
        negative: Negatives for each item that is predicted. A number that is given is used however few items there are.
        ns_exponent: Negatives are drawn by count ** ns_exponent; may be negative (Caselles-Dupré et al. 2018). 0 draws
            all items alike, which lets popular items win where they are likelier; 0.75, word2vec's, and 1 take more of
            popularity out.
        sample: Share of all events above which an item is thinned out; 0 (default) keeps all.
        epochs: Passes over the data.
        alpha: Learning rate at the start; it falls linearly to ``min_alpha``.
        min_alpha: Learning rate at the end.
        min_count: Items that occur less often are dropped.
        random_state: Seed of everything random: a number, a NumPy generator, or None to pick one. With ``workers=1``
            the same number gives the same bits.
        workers: Threads; None (default) or -1 uses every CPU available.
        progress: True or False; None (default) shows progress in a notebook, and when standard error is a terminal.
        callbacks: Objects with any of on_train_begin, on_epoch_begin, on_epoch_end, on_train_end, each taking the
            model, which can be asked and saved there. With both kinds of model, all epochs of ``sg=0`` come first.
            One that raises `StopTraining` ends the training, and what was learned stays.
        compute_loss: Add up the loss; see `get_latest_training_loss`.
        deterministic: Let the same number give the same bits with any number of ``workers``, in up to twice
            the time; as `Word2Vec`.

    Attributes:
        wv: Input vectors of the items, most frequent first.
        wv_out: Output vectors, by the same rows.
        histories: What the model was fitted on, in its own item numbers; users are its ``session_keys``.
        titles: Titles of items, such as those of `read_titles`; saved with the model.

    It follows scikit-learn's conventions (parameters are checked by ``fit``, not before), without needing it.
    """

    _other_names = PARAMETERS

    @names_arguments(PARAMETERS)
    def __init__(
        self,
        vector_size: int | None = None,
        window: int | None = None,
        contexts: int | None = None,
        sg: int | None = None,
        negative: int | None = None,
        ns_exponent: float | None = None,
        sample: float = 0.0,
        epochs: int | None = None,
        alpha: float | None = None,
        min_alpha: float = 0.0001,
        min_count: int = 1,
        random_state: Any = 1,
        workers: int | None = None,
        progress: bool | None = None,
        *,
        callbacks: Sequence[Any] = (),
        compute_loss: bool = False,
        deterministic: bool = False,
    ) -> None:
        self.vector_size = vector_size
        self.window = window
        self.contexts = contexts
        self.sg = sg
        self.negative = negative
        self.ns_exponent = ns_exponent
        self.sample = sample
        self.epochs = epochs
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.min_count = min_count
        self.random_state = random_state
        self.workers = workers
        self.progress = progress
        self.callbacks = callbacks
        self.compute_loss = compute_loss
        self.deterministic = deterministic
        self._trained: Fitted | None = None
        self._titles: dict[Hashable, str] = {}
        self._loss = 0.0
        self._histories: dict[int, list[dict[str, float | None]]] = {}

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return self._trained is not None

    def __repr__(self) -> str:
        made = self._made()
        if self._trained is None:
            return made
        how = "fitted" if any(core.weights.have_learned() for core in self._trained.cores) else "not trained"
        return f"{made}, {how}: {len(self._trained.keys):,} items, {self._trained.sessions:,} sessions"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        known = self._trained
        rows = {"parameters": self._changed() or "the defaults"}
        if known is None:
            return table(type(self).__name__, rows | {"fitted": "not yet"}, {})
        kinds = " and ".join("skip-gram" if core.plan.settings.sg else "CBOW" for core in known.cores)
        rows["kind"] = kinds
        rows["fitted"] = (
            f"{len(known.keys):,} items of {known.sessions:,} sessions, {known.inputs.shape[1]:,} dimensions"
        )
        titles = self._titles
        return table(type(self).__name__, rows, {"first items": (titles.get(key, key) for key in known.keys)})

    # ---- learning ----

    @names_arguments()
    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any = None,
        *,
        checkpoint: AnyPath | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Learn from scratch.

        If it fails or is interrupted, as by Ctrl-C, the model stays as it was: fitted before, or not at all. A callback
        that raises `StopTraining` ends it and keeps what was learned.

        Args:
            X: `Interactions`, or what `Interactions.from_any` takes: lists of items, or a sparse matrix of sessions x
                items. Empty baskets and baskets of one item teach nothing; repeats in a basket count once.
            y: Not used.
            checkpoint: A file to which all that `resume` needs, the histories too, is written before, during and after
                training. It is a whole checkpoint at any time, and `load` reads it as a model.
            checkpoint_every: How often: a time, such as "30s" or "1.5min", a number of events, such as "1000000w", or a
                timedelta. Default None: every 10 minutes, and less often where writing takes more than 6 seconds.

        Raises:
            ValueError: a setting makes no sense; no item reaches ``min_count``; no basket has two different items;
                ``checkpoint`` is a file that would be lost.
            OSError: no checkpoint can be written before training begins. A failure later gives a warning.
            TypeError: a setting is of another type; an item is no str, number or tuple of such, as files hold.
            RuntimeError: another thread trains the model, or a callback calls this.
            FloatingPointError: training diverged: lower ``alpha``, or ``negative``.
        """
        seed = seed_of(self.random_state)
        target = Target.of(checkpoint, checkpoint_every)
        data, least = self._prepared(X), self._least_count()
        data = data.frequent(least)
        if not len(data.items):
            raise ValueError(f"no item occurs min_count={least} times")
        vocabulary = _items_by_count(data)
        pack_any_keys(vocabulary.keys, "items", ITEM_HINT)  # refuses what could not be saved
        data = data.with_items(vocabulary.key_to_index, vocabulary.keys)
        _check_trainable(data)
        cores = [Core.fresh(plan, len(vocabulary)) for plan in self._plans(seed, len(vocabulary))]
        self._learn(self._lesson(cores, vocabulary, data, data), target)
        return self

    @names_arguments()
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any = None,
        *,
        checkpoint: AnyPath | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Learn on: vectors and histories are kept, new items and users come after those there are.

        Passes over ``X`` alone, ``epochs`` times, from ``alpha`` down to ``min_alpha``. What ``X`` does not hold is
        slowly forgotten, the less the smaller ``alpha`` is (see `set_params`). Sessions whose key is known continue
        that history. New items must reach ``min_count`` in ``X``. If it fails or is interrupted, the model stays as it
        was. ``checkpoint`` and ``checkpoint_every`` are those of `fit`.

        Raises:
            ValueError: as in `fit`; ``vector_size`` or ``sg`` was changed, or rows of ``wv`` were, by hand; or a vector
                was set to NaN.
            TypeError: as in `fit`; or the model's items are str and those of ``X`` numbers, or the reverse.
            RuntimeError: as in `fit`.
            FloatingPointError: as in `fit`.
        """
        if self._trained is None:
            return self.fit(X, checkpoint=checkpoint, checkpoint_every=checkpoint_every)
        target = Target.of(checkpoint, checkpoint_every)
        known = self._trained.histories
        kinds = [(core.plan.settings.sg, core.plan.settings.vector_size) for core in self._trained.cores]
        if [(plan.settings.sg, plan.settings.vector_size) for plan in self._plans()] != kinds:
            raise ValueError("vector_size or sg was changed: call fit")
        data = self._prepared(X)
        self._trained.require_untouched()
        self._trained.require_finite()
        self._trained.require_kind(data)
        vocabulary = self._trained.vocabulary
        counts, least = data.item_counts(), self._least_count()
        enough = np.array(
            [count >= least or key in vocabulary for key, count in zip(data.item_keys, counts, strict=True)],
            bool,
        )
        data = data.where(enough[data.items]) if len(data.items) else data
        counts = data.item_counts()
        present = np.flatnonzero(counts)
        seen = Vocabulary([data.item_keys[item] for item in present.tolist()], counts[present])
        grown = vocabulary.extended(seen)
        pack_any_keys(seen.keys, "items", ITEM_HINT)
        data = data.with_items(grown.key_to_index, grown.keys)
        _check_trainable(data)
        before = self._trained.current_cores()
        chosen = self._plans(before[0].plan.settings.seed, len(grown))
        cores = [core.grown(plan, len(grown)) for core, plan in zip(before, chosen, strict=True)]
        histories = known.with_items(grown.key_to_index, grown.keys).joined(data)
        merged = histories.merged() if self.window is None else histories
        sessions = None if len(known) else self._trained.sessions + int((np.diff(data.offsets) > 0).sum())
        self._learn(self._lesson(cores, grown, data, merged, sessions), target)
        return self

    def _prepared(self, X: Any) -> Interactions:  # noqa: N803
        self._plans()  # refuses what makes no sense before the data are read
        data = Interactions.from_any(X)
        return data.merged() if self.window is None else data

    def _least_count(self) -> int:
        return Parameters.among(self.get_params()).checked().min_count

    def _plans(self, seed: int = 1, items: int | None = None) -> list[Plan]:
        return plans(Parameters.among(self.get_params()), seed, items)

    def _learn(self, lesson: Lesson, target: Target | None, begun: tuple[Standing, Run, bool] | None = None) -> None:
        """Train a lesson, and become what it is then, or stay what this is if that fails; see `fitting.learn`."""
        before = self._trained, self._loss, self._histories

        def show(loss: float, histories: dict[int, list[Row]]) -> None:
            self._trained, self._loss, self._histories = lesson.fitted(), loss, histories

        with Deferred(), alone_with(self, trains=True):
            try:
                learn(self, lesson, show, target, begun)
            except BaseException:
                self._trained, self._loss, self._histories = before
                raise

    def _lesson(
        self,
        cores: list[Core],
        vocabulary: Vocabulary,
        data: Interactions,
        histories: Interactions,
        sessions: int | None = None,
    ) -> Lesson:
        params, titles = self._saved_params(cores[0]), self._saved_titles(vocabulary.keys)
        return Lesson(params, titles, cores, vocabulary, data, histories, sessions)

    @classmethod
    @names_arguments()
    def resume(
        cls,
        path: AnyPath,
        *,
        workers: int | None = None,
        callbacks: Sequence[Any] = (),
        progress: bool | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Go on with `fit` or `partial_fit` from a checkpoint, to its end.

        With one worker the model has the same bits as one whose training never stopped. The data are in the checkpoint.
        More checkpoints are written to the same file on the way. From one that was written when training had ended
        nothing is left to do.

        Args:
            path: A file that ``checkpoint`` of `fit`, or `save_checkpoint`, wrote.
            workers: Threads; -1 uses every CPU available. Default None: as many as before.
            callbacks: As in the class. ``on_train_begin`` is called again, ``on_epoch_begin`` only of epochs that had
                not begun.
            progress: As in the class.
            checkpoint_every: As in `fit`. Default None: as before.

        Returns:
            The model, as `fit` leaves it.

        Raises:
            ValueError: the file is no checkpoint, or damaged.
            OSError: it cannot be read, or its folder is not writable.
            KeyboardInterrupt: after Ctrl-C; the checkpoint stays, and this can be called again.
            FloatingPointError: training diverged.
        """
        path = local_path(path)
        made, file = cls._loaded(path)
        mark, known = mark_of(path, file.metadata), made._known()
        noted = Noted.read(path, mark.model, known.cores)
        target = Target.again(path, mark, checkpoint_every)
        settings = [plan.settings for plan in noted.plans]
        threads = settings[0].workers if workers is None else checked_workers(workers)
        for one in settings:
            one.workers = threads
        made.workers, made.callbacks, made.progress = threads, callbacks, progress
        made.compute_loss, made._loss = noted.want_loss, noted.standing.loss
        if mark.ended:
            return made
        cores = [Core(plan, core.weights) for plan, core in zip(noted.plans, known.cores, strict=True)]
        data = file.histories if file.data is None else file.data
        lesson = made._lesson(cores, known.vocabulary, data, file.histories, known.sessions)
        mark.text.require(path, Text.of(lesson.part(noted.standing.part, noted.want_loss)[1]))
        made._learn(lesson, target, (noted.standing, mark.run, noted.want_loss))
        return made

    def _saved_params(self, core: Core) -> dict[str, Any]:
        """The parameters as they are saved."""
        params = self.get_params() | {"random_state": core.plan.settings.seed, "progress": None, "workers": None}
        del params["callbacks"], params["compute_loss"]
        return params

    def _saved_titles(self, keys: Sequence[Hashable]) -> list[str]:
        check_titles(self._titles)
        return [found if (found := self.title(item)) != str(item) else "" for item in keys]

    # ---- what was learned ----

    @property
    def wv(self) -> KeyedVectors:
        """Input vectors of the items, most frequent first: float32 (items, vector_size)."""
        return self._known().wv

    @property
    def wv_out(self) -> KeyedVectors:
        """Output vectors of the items, by the rows of ``wv``: what a query is multiplied with."""
        return self._known().wv_out

    @property
    def histories(self) -> Interactions:
        """The sessions that the model was fitted on, in rows of ``wv``; without repeats unless there is a window."""
        return self._known().histories

    @property
    def titles(self) -> dict[Hashable, str]:
        """Titles of items, by item: what the command line shows, and `recommend` with ``titled``.

        Items may be written as text where the model's are numbers. What is assigned is copied.
        """
        return self._titles

    @titles.setter
    def titles(self, value: Mapping[Any, str]) -> None:
        if not hasattr(value, "keys"):
            raise TypeError(f"titles must be a dict of items and titles, not {short(value)}")
        titles = dict(value)
        check_titles(titles)
        self._titles = titles

    def title(self, item: Hashable) -> str:
        """The title of an item, or the item as text where there is none or an empty one."""
        found = self._titles.get(item)
        if found is None:
            found = self._titles.get(other_spelling(item))
        return found or str(item)

    def get_latest_training_loss(self) -> float:
        """The sum of the loss over all epochs of the latest `fit` or `partial_fit`, with ``compute_loss``; else 0."""
        return self._loss

    @property
    def history(self) -> list[dict[str, float | None]]:
        """How the latest `fit` or `partial_fit` went, as `Word2Vec.history`; each dict also has "sg", 0 or 1.

        It is not saved. `fastemb.plots.plot_training` draws it.
        """
        return [row | {"sg": float(sg)} for sg, rows in self._histories.items() for row in rows]

    @names_arguments()
    def held_out_loss(self, X: Any, *, workers: int | None = None) -> float:  # noqa: N803
        """The loss on sessions that are not learned from, for comparing epochs, and models of the same parameters.

        The mean of -log sigmoid over all pairs of an input and an item, in float64: a model that has learned nothing
        has log 2 = 0.693. What is drawn depends on ``random_state`` alone, and no item is thinned out, so two calls
        measure the same. With both kinds of model (``sg=None``) it is the mean of theirs. Items that the model does not
        know are left out. Nothing is learned.

        Args:
            X: Sessions, as in `fit`. Events of larger weight count more.
            workers: Threads; default: the model's.

        Raises:
            ValueError: no session has two items of the model; ``wv`` was changed by hand so that it does not fit.
            TypeError: these are no sessions; or the model's items are str and those of ``X`` numbers, or the reverse.
            FloatingPointError: a score is no finite number.
            RuntimeError: another thread trains the model.
        """
        threads = thread_count(self.workers if workers is None else workers)
        known, data = self._known(), self._prepared(X)
        known.require_untouched()
        known.require_finite()
        known.require_kind(data)
        with Deferred(), alone_with(self, trains=False), Allowed():
            return held_out_loss(known, data, threads)

    @property
    def compared(self) -> KeyedVectors:
        """What `similar_items` compares: vectors of the items whose products are its cosines, as a new object."""
        known = self._known()
        return KeyedVectors._from_arrays(list(known.keys), known.unit_vectors(), known.vocabulary.counts.copy())

    def _known(self) -> Fitted:
        if self._trained is None:
            raise self._not_fitted()
        return self._trained

    # ---- questions: functions of asking.py ----

    similar_items = asking.similar_items
    transform = asking.transform
    recommend = asking.recommend
    recommend_many = asking.recommend_many
    user_vectors = asking.user_vectors
    score = asking.score

    # ---- files ----

    @names_arguments()
    def save(self, path: AnyPath, *, histories: bool = True) -> None:
        """Write the model to a safetensors file; `load` reads it, and `KeyedVectors.load` its input vectors alone.

        Neighbours among those are not the items that `similar_items` finds, which compares output vectors too.
        The file is there whole or not at all.

        Args:
            path: The file.
            histories: Whether to keep the histories, for `recommend` by user and for users who come back.

        Raises:
            TypeError: an item or a user is no str, number or tuple of such. Without users: ``histories=False``.
            ValueError: ``vector_size`` or ``sg`` was changed since `fit`, another parameter makes no sense, or ``wv``
                or ``histories`` was changed by hand, or a vector holds NaN.
        """
        known = self._known()
        known.require_untouched()
        known.require_finite()
        kinds = [(core.plan.settings.sg, core.plan.settings.vector_size) for core in known.cores]
        if [(plan.settings.sg, plan.settings.vector_size) for plan in self._plans()] != kinds:
            raise ValueError("vector_size or sg was changed since fit: set it back, or call fit")
        epochs = [core.weights.epochs_trained for core in known.cores]
        state = {"params": self._saved_params(known.cores[0]), "sessions": known.sessions, "epochs": epochs}
        learned = Learned(known.vocabulary, known.inputs, known.outputs, self._saved_titles(known.keys))
        write_items(local_path(path), learned, state, known.histories if histories else None)

    @classmethod
    def load(cls, path: AnyPath) -> Self:
        """Read what `save` wrote; ``workers``, ``progress``, ``callbacks`` and ``compute_loss`` have their defaults.

        Raises:
            ValueError: the file is something else, or damaged.
        """
        return cls._loaded(local_path(path))[0]

    @classmethod
    def _loaded(cls, path: str) -> tuple[Self, ItemFile]:
        """The model of a file, and all that is in that."""
        file = read_items(path)
        state, learned, histories = file.state, file.learned, file.histories
        vocabulary, inputs = learned.vocabulary, learned.inputs
        try:
            made = cls(**state["params"])
            chosen = made._plans(state["params"]["random_state"], len(vocabulary))
            sizes = [plan.settings.vector_size for plan in chosen]
            if sum(sizes) != inputs.shape[1] or len(sizes) != len(state["epochs"]):
                raise ValueError(f"vector_size does not fit vectors of {inputs.shape[1]}")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{path}: damaged settings: {error}") from None
        cores, begin = [], 0
        for plan, epochs in zip(chosen, state["epochs"], strict=True):
            end = begin + plan.settings.vector_size
            cores.append(Core.of(plan, inputs[:, begin:end], learned.outputs[:, begin:end], epochs))
            begin = end
        made._trained = Fitted(cores, vocabulary, histories, state["sessions"])
        made._titles = {key: title for key, title in zip(vocabulary.keys, learned.titles, strict=True) if title}
        return made, file


def _items_by_count(data: Interactions) -> Vocabulary:
    """The items that occur, the most frequent first, and of those alike the first ones first."""
    counts = data.item_counts()
    first = np.full(len(counts), len(data.items))
    np.minimum.at(first, data.items, np.arange(len(data.items)))
    order = np.lexsort((first, -counts))[: int((counts > 0).sum())]
    return Vocabulary([data.item_keys[item] for item in order.tolist()], counts[order])


def _check_trainable(data: Interactions) -> None:
    lengths = np.diff(data.offsets)
    if not (lengths > 1).any():
        raise ValueError("nothing to learn from: no session has two items that are kept")
    if len(lengths) and lengths.max() > 2**31 - 1:
        raise ValueError("a session has more than 2**31 - 1 events")
