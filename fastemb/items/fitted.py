"""What a fitted item model knows, and which items it recommends, in row numbers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..checks import warn
from ..config import isa
from ..corpus import Vocabulary
from ..vectors import KeyedVectors
from ..vectors.topk import top_k
from .baskets import require_items
from .core import Core
from .grouping import blocks, grouped
from .interactions import Interactions
from .lookup import Lookup, kinds_of
from .metrics import within
from .parameters import check_count
from .rules import Rules, best_allowed, leaning

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

NO_RULES = Rules()
_LOOKED_AT = 1000  # histories of which nothing is known


class Fitted:
    """A fitted state; with two kinds of model their vectors stand side by side.

    Args:
        cores: One for each kind of model.
        vocabulary: The items, by row.
        histories: What they were fitted on, in rows.
        sessions: How many of these hold something, where the histories were not kept.
    """

    def __init__(
        self, cores: list[Core], vocabulary: Vocabulary, histories: Interactions, sessions: int | None = None
    ) -> None:
        self.cores = cores
        self.vocabulary = vocabulary
        self.histories = histories
        self.sessions = int((np.diff(histories.offsets) > 0).sum()) if sessions is None else sessions
        self.keys: Sequence[Hashable] = vocabulary.keys
        self.rows = Lookup(vocabulary.key_to_index)
        self.inputs = side_by_side([core.inputs for core in cores])
        self.outputs = side_by_side([core.outputs for core in cores])
        self.wv = self._shown(self.inputs)
        self.wv_out = self._shown(self.outputs)
        self._users: Lookup | None = None
        self._unit: Floats | None = None

    def _shown(self, vectors: Floats) -> KeyedVectors:
        """These vectors for people, who may write to them; keys and counts are copies."""
        return KeyedVectors._from_arrays(list(self.keys), vectors, self.vocabulary.counts.copy())

    def current_cores(self) -> list[Core]:
        """The cores with the vectors as they are now: people may have written to ``wv``."""
        if len(self.cores) == 1:
            return self.cores
        cores, begin = [], 0
        for core in self.cores:
            end = begin + core.plan.settings.vector_size
            of_core = self.inputs[:, begin:end], self.outputs[:, begin:end]
            cores.append(Core.of(core.plan, *of_core, core.weights.epochs_trained))
            begin = end
        return cores

    def require_untouched(self) -> None:
        """Check that ``wv`` and ``wv_out`` have the rows of the model, whatever is in them.

        Raises:
            ValueError: rows, keys or counts of one were changed by hand, which the model does not take over.
        """
        for name, shown, vectors in (("wv", self.wv, self.inputs), ("wv_out", self.wv_out, self.outputs)):
            counts = shown.expandos.get("count")
            if (
                shown.vectors.shape == vectors.shape
                and np.shares_memory(shown.vectors, vectors)
                and shown.index_to_key == list(self.keys)
                and counts is not None
                and np.array_equal(counts, self.vocabulary.counts)
            ):
                continue
            raise ValueError(
                f"the rows, keys or counts of model.{name} were changed by hand, which the model does not take over: "
                f"change a copy, copy.deepcopy(model.{name}), and save that by its own method save"
            )

    def require_finite(self) -> None:
        """Check that the vectors are numbers.

        Raises:
            ValueError: one was set to NaN or infinity by hand; an item with it would never be recommended.
        """
        for name, vectors in (("wv", self.inputs), ("wv_out", self.outputs)):
            flat = vectors.reshape(-1)
            with np.errstate(all="ignore"):
                if np.isfinite(np.dot(flat, flat)):  # half the time of looking at each number
                    continue
            wrong = ~np.isfinite(vectors).all(axis=1)
            if wrong.any():
                raise ValueError(
                    f"the vector of {self.keys[int(wrong.argmax())]!r} in model.{name} holds NaN or infinite numbers: "
                    "set it to finite ones, or call fit"
                )

    def require_kind(self, data: Interactions) -> None:
        """Check that items of data are not str where those of the model are numbers, or the reverse.

        Raises:
            TypeError: they are, so that each known item would become another one.
        """
        mine, others = set(map(type, self.keys)), set(map(type, data.item_keys))
        for one, other, remedy in ((str, int, "str"), (int, str, "int")):
            if mine == {one} and others == {other}:
                raise TypeError(
                    f"the model's items are {self.examples()}, but those given are {kinds_of(data.item_keys)}, such as "
                    f"{data.item_keys[0]!r}: give them as {remedy}, as with table['item'].astype({remedy})"
                )

    def examples(self) -> str:
        """The kinds of the items and one of them, for messages."""
        return f"{kinds_of(self.keys)}, such as {self.keys[0]!r}"

    def unit_vectors(self) -> Floats:
        """What items are compared by: products are cosines, or their mean."""
        if self._unit is None:
            self.require_finite()
            kinds = [core.plan.settings.sg for core in self.cores]
            parts = [
                core.inputs if sg else core.outputs - core.outputs.mean(axis=0)
                for core, sg in zip(self.current_cores(), kinds, strict=True)
            ]
            lengths = [np.linalg.norm(part, axis=1, keepdims=True) * np.sqrt(len(parts)) for part in parts]
            unit = [part / np.where(length > 0, length, 1) for part, length in zip(parts, lengths, strict=True)]
            self._unit = np.hstack(unit).astype(np.float32)
        return self._unit

    def users(self) -> Lookup:
        """The session of each user."""
        if self._users is None:
            self._users = Lookup({key: row for row, key in enumerate(self.histories.session_keys)})
        return self._users

    def popularity(self) -> Floats:
        """Share of sessions with each item, as rows of one number."""
        share: Floats = (self.vocabulary.counts / max(self.sessions, 1)).astype(np.float32)
        return share[:, None]

    def encoded(self, data: object, *, quiet: bool = False) -> Interactions:
        """Sessions, in any form that `Item2Vec.fit` takes, in rows; unknown items are left out.

        Warns of sessions of which nothing is left, unless it is to be quiet.
        """
        given = Interactions.from_any(data)
        made = given.with_items(self.rows, self.keys).merged()
        if not quiet:
            self._warn_of_unknown(given, np.flatnonzero((np.diff(given.offsets) > 0) & (np.diff(made.offsets) == 0)))
        return made

    def _warn_of_unknown(self, given: Interactions, unknown: Ints) -> None:
        if not len(unknown):
            return
        mine = set(map(type, self.keys))
        looked_at = (given[row] for row in unknown[:_LOOKED_AT].tolist())
        of_other_kind = next((one for one in looked_at if mine.isdisjoint(map(type, one))), None)
        first: list[Hashable] = given[int(unknown[0])] if of_other_kind is None else of_other_kind
        kinds = f"its items are {self.examples()}; those given are {kinds_of(first)}"
        hint = f"one of its items is {self.keys[0]!r}" if of_other_kind is None else kinds
        shown = ", ".join(map(repr, first[:3])) + (", ..." if len(first) > 3 else "")
        warn(
            f"the model knows no item of {len(unknown):,} of {len(given):,} histories, such as [{shown}] "
            f"({hint}): for such a history the most popular items are recommended"
        )

    def of_users(self, users: Sequence[Hashable] | None) -> Interactions:
        """The histories of these users, or of all.

        Raises:
            KeyError: one is unknown.
        """
        if users is None:
            if not len(self.histories):
                raise KeyError("the model has no users: their histories were not saved")
            return self.histories.merged()
        rows = []
        for user in users:
            row = self.users().get(user, -1)
            if row < 0:
                raise KeyError(
                    f"unknown user {user!r}: it is no session key of the data that the model was fitted on"
                    f"{self._like_user(user)}"
                )
            rows.append(row)
        chosen: Interactions = self.histories[np.array(rows, np.int64)]
        return chosen.merged()

    def _like_user(self, user: Hashable) -> str:
        """The end of an error: keys of users that there are, if any."""
        keys = self.histories.session_keys
        if not len(keys):
            return ", which were not saved"
        of_user = [key for key in keys if isinstance(key, tuple) and key[:1] == (user,)]
        if of_user:  # see Interactions.split_at_gaps
            return f"; as sessions were split at gaps, the latest of the {len(of_user)} of {user!r} is {of_user[-1]!r}"
        return f", such as {keys[0]!r}"

    def queries(self, histories: Interactions) -> Floats:
        """The mean of each session's input vectors, zero for an empty one: (sessions, vector_size)."""
        self.require_finite()
        vectors = self.inputs
        queries = np.empty((len(histories), vectors.shape[1]), np.float32)
        offsets, weights = histories.offsets, histories.weights
        for begin, end in blocks(offsets):  # an interrupt is noticed between two of them
            some = slice(offsets[begin], offsets[end])
            ends = offsets[begin : end + 1] - some.start
            own = None if weights is None else weights[some]
            _native.mean_rows(isa(), vectors, histories.items[some], ends, own, queries[begin:end])
        return queries

    def best(self, histories: Interactions, n: int, rules: Rules = NO_RULES) -> tuple[Ints, Floats]:
        """The ``n`` items with the highest scores for each history, the most popular ones for an empty history.

        Args:
            histories: In rows.
            n: How many for each.
            rules: What may be recommended.

        Returns:
            Rows and scores, (histories, m), best first; m is n, or the number of all items where that is smaller. What
            is missing at the end is -1 and -infinity.

        Raises:
            ValueError: ``n`` is below 1, there are more or fewer lists for histories, or no candidate is known; or as
                of `leaning`.
            TypeError: as of `leaning`.
        """
        rules.check_sizes(len(histories))
        forbidden = _forbidden(histories, rules)
        check_count("n", n)
        n = min(n, len(self.keys))
        rows = np.full((len(histories), n), -1, np.int64)
        scores = np.full((len(histories), n), -np.inf, np.float32)
        cold = np.diff(histories.offsets) == 0
        for chosen, popular in ((~cold, False), (cold, True)):
            if not chosen.any():
                continue
            every = bool(chosen.all())
            some = histories if every else histories[chosen]
            queries = np.ones((len(some), 1), np.float32) if popular else self.queries(some)
            outputs = self.popularity() if popular else self.outputs
            without = forbidden if every or forbidden is None else forbidden[chosen]
            allowed = rules.allowed if every or rules.allowed is None else rules.allowed[chosen]
            rows[chosen], scores[chosen] = self._ranked(queries, outputs, n, rules, without, allowed)
        return rows, scores

    def best_of_vectors(self, vectors: Floats, n: int, rules: Rules) -> tuple[Ints, Floats]:
        """The same for query vectors, (q, vector_size), which have no histories."""
        rules.check_sizes(len(vectors))
        check_count("n", n)
        self.require_finite()
        n = min(n, len(self.keys))
        return self._ranked(vectors, self.outputs, n, rules, rules.exclude, rules.allowed)

    def _ranked(
        self,
        queries: Floats,
        outputs: Floats,
        n: int,
        rules: Rules,
        without: Interactions | None,
        allowed: Interactions | None,
    ) -> tuple[Ints, Floats]:
        """The ``n`` rows with the highest products with each query, and these."""
        if rules.toward is not None:
            queries, outputs = leaning(queries, outputs, self.keys, rules.toward)
        mask = None if rules.candidates is None else self._mask(rules.candidates)
        if allowed is not None:
            return best_allowed(queries, outputs, _less(allowed, without, mask, len(self.keys)), n)
        exclude = None if without is None else (without.offsets, without.items)
        return top_k(queries, outputs, n, exclude=exclude, mask=mask, workers=rules.workers)

    def _mask(self, candidates: Iterable[Hashable]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.keys), bool)
        mask[[row for item in require_items("candidates", candidates) if (row := self.rows.get(item, -1)) >= 0]] = True
        if not mask.any():
            raise ValueError("none of the candidates is a known item")
        return mask


def _forbidden(histories: Interactions, rules: Rules) -> Interactions | None:
    """What is not to be recommended to each history."""
    forbidden = histories if rules.exclude_history else None
    if rules.exclude is None or not len(rules.exclude.items):
        return forbidden
    return rules.exclude if forbidden is None else _both(forbidden, rules.exclude)


def _less(
    allowed: Interactions, without: Interactions | None, mask: NDArray[np.bool_] | None, items: int
) -> Interactions:
    """The lists without what is forbidden to each, and what the mask leaves out."""
    stays = np.ones(len(allowed.items), bool) if mask is None else mask[allowed.items]
    if without is not None:
        pairs, known = (one._owners() * items + one.items for one in (allowed, without))
        stays &= ~within(pairs, known, without.offsets)
    return allowed.where(stays)


def side_by_side(parts: list[Floats]) -> Floats:
    """The vectors of several kinds as one matrix; that of one kind itself."""
    return parts[0] if len(parts) == 1 else np.hstack(parts)


def _both(one: Interactions, other: Interactions) -> Interactions:
    """The events of both, session by session."""
    order, offsets = grouped(np.concatenate([one._owners(), other._owners()]), len(one))
    return Interactions._of(np.concatenate([one.items, other.items])[order], offsets, one.item_keys)
