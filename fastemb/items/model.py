"""Item2Vec: items that are taken together lie close, and the next item for a history is a dot product away."""

from __future__ import annotations

import inspect
import os
import secrets
import sys
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..config import isa
from ..corpus import Corpus, Vocabulary
from ..train import Word2Vec
from ..vectors import KeyedVectors
from ..vectors.topk import top_k
from .interactions import Interactions
from .judge import held_out, leave_one_out, rank_metrics
from .model_file import read_items, write_items

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# What None stands for, by sg; chosen on held-out parts of training data.
_DEFAULTS: dict[int, dict[str, Any]] = {
    0: {"vector_size": 128, "contexts": 8, "negative": 200, "ns_exponent": -0.2, "epochs": 20, "alpha": 0.2},
    1: {"vector_size": 128, "contexts": 32, "negative": 5, "ns_exponent": 0.4, "epochs": 80, "alpha": 0.05},
}
_ITEMS_PER_NEGATIVE = 4  # more negatives by default, and one item is drawn so often for a prediction that it diverges


class Item2Vec:
    """Item vectors learned from baskets, sessions or histories, and recommendations made of them.

    Barkan and Koenigstein 2016, "Item2vec: neural item embedding for collaborative filtering"; Grbovic et al. 2015,
    "E-commerce in your inbox" (prod2vec). An item is predicted from the mean of the input vectors of other items of
    its basket (``sg=0``), or from each of them alone (``sg=1``), with negative sampling. The score of an item for a
    history is the dot product of the mean of the history's input vectors and the item's output vector. By default
    both are trained, each with half of the dimensions, and their scores are added: they err on different items, and
    together do better than either with all dimensions.

    Settings have gensim's names where gensim has them. Those that are None by default have the value that did best for
    the kind of model: with sg=0 / sg=1, vector_size 128 / 128 (so 256 for both), contexts 8 / 32, negative 200 / 5,
    ns_exponent -0.2 / 0.4, epochs 20 / 80, alpha 0.2 / 0.05. The default of ``negative`` is at most a quarter of the
    number of items (and 1 at least), as many negatives out of few items make training diverge.

    Args:
        vector_size: length of the vectors.
        window: None (default): sessions are baskets without an order, in which each item counts once, and every item
            may be a context of every other. A number: they have an order, and contexts are at most so far away.
        contexts: in baskets, how many of the other items an item is predicted from, at most; drawn anew in each epoch,
            each with the same probability. Bounds the cost of large baskets; with ``sg=0`` few of them regularise.
        sg: 0 predicts from the contexts' mean (CBOW, with its true gradient), 1 from each context alone (skip-gram),
            None (default): both.
        negative: negatives for each item that is predicted. A number that is given is used however few items there are.
        ns_exponent: negatives are drawn by count ** ns_exponent; may be negative (Caselles-Dupré et al. 2018). 0 draws
            all items alike, which lets popular items win where they are likelier; 0.75, word2vec's, and 1 take more of
            popularity out.
        sample: share of all events above which an item is thinned out; 0 (default) keeps all.
        epochs: passes over the data.
        alpha: learning rate at the start; it falls linearly to ``min_alpha``.
        min_alpha: learning rate at the end.
        min_count: items that occur less often are dropped.
        random_state: seed of everything random: a number, a NumPy generator, or None to pick one. With ``workers=1``
            the same number gives the same bits.
        workers: threads; None (default) or -1 uses every CPU available.
        progress: True or False; None (default) shows progress when standard error is a terminal.

    Attributes:
        wv: input vectors of the items, most frequent first.
        wv_out: output vectors, by the same rows.
        histories: what the model was fitted on, in its own item numbers; users are its ``session_keys``.

    It follows scikit-learn's conventions (parameters are checked by ``fit``, not before), without needing it.
    """

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
        self._trained: _Trained | None = None

    # ---- scikit-learn's conventions ----

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters by name; ``deep`` changes nothing."""
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises:
            ValueError: there is no such parameter.
        """
        known = self._parameter_names()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"Item2Vec has no parameter {name!r}; it has {', '.join(known)}")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator."""
        from sklearn.utils import InputTags, Tags, TargetTags

        tags = Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=InputTags())
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return self._trained is not None

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        changed = {name: value for name, value in self.get_params().items() if value != defaults[name].default}
        return f"Item2Vec({', '.join(f'{name}={value!r}' for name, value in changed.items())})"

    # ---- learning ----

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803
        """Learn from scratch.

        Args:
            X: `Interactions`, or what `Interactions.from_any` takes: lists of items, or a sparse matrix of sessions x
                items. Empty baskets and baskets of one item teach nothing; repeats in a basket count once.
            y: not used.

        Raises:
            ValueError: a setting makes no sense; no item reaches ``min_count``; no basket has two different items.
            FloatingPointError: training diverged: lower ``alpha``, or ``negative``.
        """
        seed = _seed(self.random_state)
        data = self._prepared(X).frequent(self.min_count)
        if not len(data.items):
            raise ValueError(f"no item occurs min_count={self.min_count} times")
        counts = data.item_counts()
        first = np.full(len(counts), len(data.items))
        np.minimum.at(first, data.items, np.arange(len(data.items)))
        order = np.lexsort((first, -counts))[: int((counts > 0).sum())]
        keys = [data.item_keys[item] for item in order.tolist()]
        vocabulary = Vocabulary(keys, counts[order])
        data = data.with_items(vocabulary.key_to_index, keys)
        cores = [_Core(**settings, seed=seed) for settings in self._core_settings(len(vocabulary))]
        for core in cores:
            core._start(vocabulary)
        self._train(cores, data)
        self._trained = _Trained(cores, data)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803
        """Learn on: vectors and histories are kept, new items and users come after those there are.

        Passes over ``X`` alone, ``epochs`` times, from ``alpha`` down to ``min_alpha``. What ``X`` does not hold is
        slowly forgotten, the less the smaller ``alpha`` is (see `set_params`). Sessions whose key is known continue
        that history. New items must reach ``min_count`` in ``X``. If it fails or is interrupted, the model stays as it
        was.

        Raises:
            ValueError: as in `fit`; or ``vector_size`` or ``sg`` was changed.
            FloatingPointError: as in `fit`.
        """
        if self._trained is None:
            return self.fit(X)
        known = self._trained.histories
        kinds = [(core.sg, core.vector_size) for core in self._trained.cores]
        if [(one["sg"], one["vector_size"]) for one in self._core_settings()] != kinds:
            raise ValueError("vector_size or sg was changed: call fit")
        data = self._prepared(X)
        vocabulary = self._trained.vocabulary()
        counts = data.item_counts()
        enough = np.array(
            [count >= self.min_count or key in vocabulary for key, count in zip(data.item_keys, counts, strict=True)],
            bool,
        )
        data = data.where(enough[data.items]) if len(data.items) else data
        counts = data.item_counts()
        present = np.flatnonzero(counts)
        seen = Vocabulary([data.item_keys[item] for item in present.tolist()], counts[present])
        grown = vocabulary.extended(seen)
        data = data.with_items(grown.key_to_index, grown.keys)
        _check_trainable(data)
        cores = []
        for core, settings in zip(self._trained.cores, self._core_settings(len(grown)), strict=True):
            cores.append(_Core(**settings, seed=core.seed))
            cores[-1]._continue(core, grown)
        self._train(cores, data)
        histories = known.with_items(grown.key_to_index, grown.keys).joined(data)
        merged = histories.merged() if self.window is None else histories
        sessions = None if len(known) else self._trained.sessions + int((np.diff(data.offsets) > 0).sum())
        self._trained = _Trained(cores, merged, sessions)
        return self

    def _prepared(self, X: Any) -> Interactions:  # noqa: N803
        self._core_settings()  # refuses what makes no sense before the data are read
        data = Interactions.from_any(X)
        return data.merged() if self.window is None else data

    def _core_settings(self, items: int | None = None) -> list[dict[str, Any]]:
        """Word2Vec's settings, for each kind of model that is trained; and ``contexts``.

        ``items``, the size of the vocabulary once it is known, bounds the default of ``negative``.
        """
        if self.sg not in (None, 0, 1):
            raise ValueError(f"sg must be 0, 1 or None, not {self.sg!r}")
        if self.vector_size is not None:
            _check_count("vector_size", self.vector_size, 1 if self.sg is not None else 2)
        if self.window is not None and self.contexts is not None:
            raise ValueError("contexts is for baskets without an order: leave window or contexts at None")
        kinds = [0, 1] if self.sg is None else [self.sg]
        sizes: list[int | None] = [self.vector_size]
        if len(kinds) == 2:
            sizes = [None, None] if self.vector_size is None else [self.vector_size // 2, -(-self.vector_size // 2)]
        found = []
        for kind, size in zip(kinds, sizes, strict=True):
            chosen = {name: getattr(self, name) for name in _DEFAULTS[kind]} | {"vector_size": size}
            chosen = {name: _DEFAULTS[kind][name] if value is None else value for name, value in chosen.items()}
            for name in ("contexts", "negative"):
                _check_count(name, chosen[name])
            if self.negative is None and items is not None:
                chosen["negative"] = max(1, min(chosen["negative"], items // _ITEMS_PER_NEGATIVE))
            shared = {name: getattr(self, name) for name in ("sample", "min_alpha", "min_count", "workers")}
            window = (chosen["contexts"] + 1) // 2 if self.window is None else self.window
            found.append(
                {"vector_size": size, "window": window, "sg": kind, "cbow_exact": not kind, **shared, **chosen}
            )
            Word2Vec(**{name: value for name, value in found[-1].items() if name != "contexts"})
        return found

    def _train(self, cores: list[_Core], data: Interactions) -> None:
        _check_trainable(data)
        event_keep = None if data.weights is None else _thresholds(data.weights)
        corpus = Corpus(data.items.astype(np.int32), data.offsets, cores[0]._known_vocabulary(), len(data.items))
        for core in cores:
            core.in_baskets = self.window is None
            core.event_keep = event_keep
            core.train(corpus, progress=self.progress)
            core.event_keep = None

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

    def _known(self) -> _Trained:
        if self._trained is None:
            raise _not_fitted()
        return self._trained

    def similar_items(self, item: Hashable, n: int = 10) -> list[tuple[Hashable, float]]:
        """The ``n`` items most like ``item``, with their cosines.

        With ``sg=1`` cosines of input vectors. With ``sg=0`` of output vectors less their mean: items are alike that
        the same others predict. (Input vectors that are averaged learn to complement each other, and tell less.) With
        both, the mean of the two cosines.

        Raises:
            KeyError: the item is unknown.
            ValueError: ``n`` is below 1.
        """
        row = self.wv.key_to_index.get(item, -1)
        if row < 0:
            raise KeyError(f"unknown item {item!r}")
        unit = self._known().unit_vectors()
        _check_count("n", n)
        rows, cosines = top_k(unit[row : row + 1], unit, min(n, len(unit)), exclude=([0, 1], [row]))
        keys = self.wv.index_to_key
        pairs = zip(rows[0].tolist(), cosines[0].tolist(), strict=True)
        return [(keys[near], cosine) for near, cosine in pairs if near >= 0]

    def transform(self, X: Any) -> Floats:  # noqa: N803
        """Query vectors of sessions: the mean of their known items' input vectors, zero where none is known.

        Args:
            X: as in `fit`. Events with weights count as much.

        Returns:
            float32 (sessions, vector_size).
        """
        return self._queries(self._encoded(X))

    def recommend(
        self,
        history: Iterable[Hashable] | None = None,
        n: int = 10,
        *,
        user: Hashable = None,
        exclude: Iterable[Hashable] = (),
        candidates: Iterable[Hashable] | None = None,
        exclude_history: bool = True,
    ) -> list[tuple[Hashable, float]]:
        """The ``n`` items with the highest scores for one history or one known user.

        Args:
            history: items, of which unknown ones are skipped. When none is known, the most popular items are returned,
                with the share of sessions that they are in as scores.
            n: how many.
            user: a session key of the training data, whose items are the history; instead of ``history``.
            exclude: items not to recommend; unknown ones are skipped.
            candidates: recommend only these; unknown ones are skipped. Default None: all.
            exclude_history: do not recommend the items of the history.

        Returns:
            (item, score) pairs, best first; fewer than ``n`` where no more are left.

        Raises:
            KeyError: the user is unknown.
            ValueError: neither history nor user, or both; no candidate is known.
        """
        if (history is None) == (user is None):
            raise ValueError("give a history or a user")
        rows, scores = self._recommend(
            self._of_users([user]) if history is None else self._encoded([history]),
            n,
            self._encoded([exclude]),
            candidates,
            exclude_history,
        )
        keys = self.wv.index_to_key
        return [(keys[row], score) for row, score in zip(rows[0].tolist(), scores[0].tolist(), strict=True) if row >= 0]

    def recommend_many(
        self,
        histories: Any = None,
        n: int = 10,
        *,
        users: Sequence[Hashable] | None = None,
        exclude: Any = None,
        candidates: Iterable[Hashable] | None = None,
        exclude_history: bool = True,
    ) -> tuple[NDArray[np.object_], Floats]:
        """`recommend` for many histories at once, on all CPUs.

        Args:
            histories: as ``X`` of `fit`. Default: those of ``users``.
            n: how many for each.
            users: session keys of the training data. Default, without histories: all.
            exclude: for each history the items not to recommend, in any form that histories have. Default None.
            candidates: as in `recommend`.
            exclude_history: the same.

        Returns:
            Items, object (histories, m), and scores, float32 (histories, m), best first; m is n, or the number of all
            items where that is smaller. What is missing at the end of a row is None and -infinity.

        Raises:
            KeyError: a user is unknown.
            ValueError: histories and users; as many ``exclude`` as histories are needed; no candidate is known.
        """
        if histories is not None and users is not None:
            raise ValueError("give histories or users, not both")
        encoded = self._of_users(users) if histories is None else self._encoded(histories)
        excluded = None if exclude is None else self._encoded(exclude)
        rows, scores = self._recommend(encoded, n, excluded, candidates, exclude_history)
        keys = np.fromiter((*self.wv.index_to_key, None), object, len(self.wv) + 1)
        return keys[rows], scores

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """NDCG@10 of one item of each session, picked at random and hidden: what a grid search maximises.

        Args:
            X: as in `fit`; sessions of fewer than two different items are left out.
            y: not used.

        Raises:
            ValueError: no session has two items.
        """
        data = Interactions.from_any(X)
        shown, hidden = leave_one_out(data.merged(), last=False)
        known = self._encoded(shown)
        rows, _ = self._recommend(known, 10, None, None, True)
        return rank_metrics(rows, *held_out(hidden, self.wv.key_to_index, known), k=10)["ndcg"]

    # ---- recommending, in rows ----

    def _encoded(self, data: Any) -> Interactions:
        vectors = self.wv
        return Interactions.from_any(data).with_items(vectors.key_to_index, vectors.index_to_key).merged()

    def _of_users(self, users: Sequence[Hashable] | None) -> Interactions:
        known = self._known()
        if users is None:
            return known.histories.merged()
        rows = []
        for user in users:
            row = known.users().get(user, -1)
            if row < 0:
                raise KeyError(f"unknown user {user!r}: it is no session key of the data that the model was fitted on")
            rows.append(row)
        chosen: Interactions = known.histories[np.array(rows, np.int64)]
        return chosen.merged()

    def _queries(self, histories: Interactions) -> Floats:
        vectors = self.wv.vectors
        queries = np.empty((len(histories), vectors.shape[1]), np.float32)
        _native.mean_rows(isa(), vectors, histories.items, histories.offsets, histories.weights, queries)
        return queries

    def _recommend(
        self,
        histories: Interactions,
        n: int,
        exclude: Interactions | None,
        candidates: Iterable[Hashable] | None,
        exclude_history: bool,
    ) -> tuple[Ints, Floats]:
        _check_count("n", n)
        if exclude is not None and len(exclude) != len(histories):
            raise ValueError(f"{len(exclude)} lists of items to exclude for {len(histories)} histories")
        mask = None if candidates is None else self._mask(candidates)
        forbidden = histories if exclude_history else None
        if exclude is not None and len(exclude.items):
            forbidden = exclude if forbidden is None else _both(forbidden, exclude)
        known = self._known()
        n = min(n, len(self.wv))
        rows = np.full((len(histories), n), -1, np.int64)
        scores = np.full((len(histories), n), -np.inf, np.float32)
        cold = np.diff(histories.offsets) == 0
        for chosen, popular in ((~cold, False), (cold, True)):
            if not chosen.any():
                continue
            every = bool(chosen.all())
            some = histories if every else histories[chosen]
            without = forbidden if every or forbidden is None else forbidden[chosen]
            queries = np.ones((len(some), 1), np.float32) if popular else self._queries(some)
            found = top_k(
                queries,
                known.popularity() if popular else known.wv_out.vectors,
                n,
                exclude=None if without is None else (without.offsets, without.items),
                mask=mask,
                workers=self.workers,
            )
            rows[chosen], scores[chosen] = found
        return rows, scores

    def _mask(self, candidates: Iterable[Hashable]) -> NDArray[np.bool_]:
        rows = self.wv.key_to_index
        mask = np.zeros(len(rows), bool)
        mask[[rows[item] for item in candidates if item in rows]] = True
        if not mask.any():
            raise ValueError("none of the candidates is a known item")
        return mask

    # ---- files ----

    def save(self, path: str | os.PathLike[str], *, histories: bool = True) -> None:
        """Write the model to a safetensors file; `load` reads it, and `KeyedVectors.load` its input vectors.

        The file is there whole or not at all.

        Args:
            path: the file.
            histories: whether to keep the histories, for `recommend` by user and for users who come back.

        Raises:
            TypeError: items are not all str or all int of 64 bits; or a user is no str, number or tuple of such.
                Without users: ``histories=False``.
        """
        known = self._known()
        params = self.get_params() | {"random_state": known.cores[0].seed, "progress": None, "workers": None}
        state = {"params": params, "sessions": known.sessions, "epochs": [core._epochs_trained for core in known.cores]}
        write_items(path, known.wv, known.wv_out, state, known.histories if histories else None)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote; ``workers`` and ``progress`` have their defaults.

        Raises:
            ValueError: the file is something else, or damaged.
        """
        state, vocabulary, vectors, outputs, histories = read_items(path)
        try:
            made = cls(**state["params"])
            settings = made._core_settings(len(vocabulary))
            cores = [_Core(**one, seed=state["params"]["random_state"]) for one in settings]
            if sum(core.vector_size for core in cores) != vectors.shape[1] or len(cores) != len(state["epochs"]):
                raise ValueError(f"vector_size does not fit vectors of {vectors.shape[1]}")
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: damaged settings: {error}") from None
        begin = 0
        for core, epochs in zip(cores, state["epochs"], strict=True):
            end = begin + core.vector_size
            core._adopt(vocabulary, {"vectors": vectors[:, begin:end], "syn1neg": outputs[:, begin:end]}, None)
            core._epochs_trained = epochs
            begin = end
        made._trained = _Trained(cores, histories, state["sessions"])
        return made


class _Core(Word2Vec):
    """A trainer, with baskets in place of windows and with weights of events."""

    in_baskets = True
    event_keep: NDArray[np.uint32] | None = None

    def __init__(self, contexts: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.contexts = contexts

    def _continue(self, other: _Core, vocabulary: Vocabulary) -> None:
        """Take over copies of another one's vectors; the vocabulary begins with the other's words."""
        self._adopt(other._known_vocabulary(), {"vectors": other.wv.vectors, "syn1neg": other.syn1neg}, None)
        self._epochs_trained = other._epochs_trained
        self._grow(vocabulary)

    def _baskets(self, corpus: Corpus) -> tuple[int, NDArray[np.uint32] | None]:
        return self.contexts if self.in_baskets else 0, self.event_keep


class _Trained:
    """A fitted state; with two kinds of model their vectors stand side by side."""

    def __init__(self, cores: list[_Core], histories: Interactions, sessions: int | None = None) -> None:
        self.cores = cores
        self.histories = histories
        self.sessions = int((np.diff(histories.offsets) > 0).sum()) if sessions is None else sessions
        self.wv = self._keyed([core.wv.vectors for core in cores])
        self.wv_out = self._keyed([core.syn1neg for core in cores])
        self._users: dict[Hashable, int] | None = None
        self._unit: Floats | None = None

    def vocabulary(self) -> Vocabulary:
        """The items, by row."""
        return self.cores[0]._known_vocabulary()

    def _keyed(self, parts: list[Floats]) -> KeyedVectors:
        vocabulary = self.vocabulary()
        vectors = parts[0] if len(parts) == 1 else np.hstack(parts)
        return KeyedVectors._from_arrays(vocabulary.keys, vectors, vocabulary.counts)

    def unit_vectors(self) -> Floats:
        """What items are compared by: products are cosines, or their mean."""
        if self._unit is None:
            parts = [core.wv.vectors if core.sg else core.syn1neg - core.syn1neg.mean(axis=0) for core in self.cores]
            lengths = [np.linalg.norm(part, axis=1, keepdims=True) * np.sqrt(len(parts)) for part in parts]
            unit = [part / np.where(length > 0, length, 1) for part, length in zip(parts, lengths, strict=True)]
            self._unit = np.hstack(unit).astype(np.float32)
        return self._unit

    def users(self) -> dict[Hashable, int]:
        """The session of each user."""
        if self._users is None:
            self._users = {key: row for row, key in enumerate(self.histories.session_keys)}
        return self._users

    def popularity(self) -> Floats:
        """Share of sessions with each item, as rows of one number."""
        counts = self.vocabulary().counts
        share: Floats = (counts / max(self.sessions, 1)).astype(np.float32)
        return share[:, None]


def _both(one: Interactions, other: Interactions) -> Interactions:
    """The events of both, session by session."""
    owners = np.concatenate([one._owners(), other._owners()])
    order = np.argsort(owners, kind="stable")
    items = np.concatenate([one.items, other.items])[order]
    return Interactions(items, one.offsets + other.offsets, one.item_keys)


def _thresholds(weights: NDArray[np.float64]) -> NDArray[np.uint32]:
    """An event stays with the probability weight / largest weight, as a threshold on 32 random bits."""
    share = weights / weights.max()
    thresholds: NDArray[np.uint32] = np.clip(np.rint(share * 2.0**32) - 1, 0, 2**32 - 1).astype(np.uint32)
    return thresholds


def _check_trainable(data: Interactions) -> None:
    lengths = np.diff(data.offsets)
    if not (lengths > 1).any():
        raise ValueError("nothing to learn from: no session has two items that are kept")
    if len(lengths) and lengths.max() > 2**31 - 1:
        raise ValueError("a session has more than 2**31 - 1 events")


def _check_count(name: str, value: Any, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    if not least <= value < 2**30:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")


def _seed(random_state: Any) -> int:
    if random_state is None:
        return secrets.randbits(32)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**32))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**32, dtype=np.uint64))
    return int(random_state)


def _not_fitted() -> ValueError:
    """scikit-learn's error where it is in use, which is a ValueError too."""
    kind: type[ValueError] = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", ValueError)
    return kind("the model is not fitted yet: call fit")
