"""Whatever people do to models, interactions and indexes: what is saved loads, and is the same; rows follow keys."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fastemb import KeyedVectors
from fastemb.items import Interactions, Item2Vec, ItemIndex

SMALL: dict[str, Any] = {"vector_size": 4, "epochs": 1, "negative": 2, "alpha": 0.05, "workers": 1, "progress": False}
keys = st.one_of(st.integers(0, 9), st.sampled_from(["a", "b", "c", "3", "\0", ""]), st.integers(2**63, 2**63 + 2))
baskets = st.lists(st.lists(keys, max_size=5), min_size=1, max_size=6)
texts = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=5), min_size=1, max_size=6)


def trainable(shop: list[list[Any]]) -> bool:
    return any(len(set(basket)) > 1 for basket in shop)


class Models(RuleBasedStateMachine):
    """An Item2Vec under everything public that changes it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.model = Item2Vec(**SMALL)
        self.fitted = False
        self.touched = False

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(sg=st.sampled_from([None, 0, 1]), window=st.sampled_from([None, 2]))
    def start(self, sg: int | None, window: int | None) -> None:
        self.model.set_params(sg=sg, window=window)

    @rule(shop=baskets, users=st.booleans())
    def fit(self, shop: list[list[Any]], users: bool) -> None:
        data = Interactions.from_baskets(shop, session_keys=[f"u{n}" for n in range(len(shop))] if users else None)
        before = self.model._trained
        try:
            self.model.fit(data)
        except (ValueError, FloatingPointError):
            assert self.model._trained is before
            assert self.model.min_count > 1 or self.model.alpha == 2 or not trainable(shop)
        else:
            self.fitted, self.touched = True, False

    @precondition(lambda self: self.fitted)
    @rule(shop=baskets)
    def partial_fit(self, shop: list[list[Any]]) -> None:
        before = self.model.wv.vectors.copy()
        try:
            self.model.partial_fit(shop)
        except (ValueError, TypeError, FloatingPointError):
            np.testing.assert_array_equal(self.model.wv.vectors, before)

    @precondition(lambda self: self.fitted)
    @rule(row=st.integers(0, 3), value=st.floats(-1, 1, width=32), out=st.booleans())
    def write(self, row: int, value: float, out: bool) -> None:
        vectors = (self.model.wv_out if out else self.model.wv).vectors
        vectors[row % len(vectors)] = value

    @precondition(lambda self: self.fitted)
    @rule(how=st.sampled_from(["add", "replace", "cut", "order", "count"]))
    def touch(self, how: str) -> None:
        wv = self.model.wv
        if how == "add":
            wv.add_vector("added by hand", np.ones(4, np.float32))
        elif how == "replace":
            wv.vectors = np.ones_like(wv.vectors)
        elif how == "cut":
            wv.vectors = wv.vectors[:-1]
        elif how == "order":
            wv.index_to_key = wv.index_to_key[::-1]
        else:
            wv.expandos["count"] = wv.expandos["count"] + 1
        self.touched = self.touched or how != "order" or len(wv.index_to_key) > 1

    @precondition(lambda self: self.fitted)
    @rule(titles=st.dictionaries(keys, st.text(max_size=3), max_size=4))
    def titles(self, titles: dict[Any, str]) -> None:
        self.model.titles = titles

    @rule(name=st.sampled_from(["epochs", "alpha", "min_count", "contexts"]), value=st.sampled_from([1, 2, -1]))
    def parameters(self, name: str, value: int) -> None:
        self.model.set_params(**{name: value})
        with contextlib.suppress(ValueError):
            self.model._plans()
            return
        self.model.set_params(**{name: None if name in ("contexts", "alpha", "epochs") else 1})

    @precondition(lambda self: self.fitted)
    @rule(size=st.sampled_from([4, 6]))
    def another_size(self, size: int) -> None:
        self.model.set_params(vector_size=size)
        if size != 4:
            with pytest.raises(ValueError, match=r"vector_size or sg was changed|by hand"):
                self.model.save(Path(self.folder.name) / "m")
            self.model.set_params(vector_size=4)

    @precondition(lambda self: self.fitted)
    @rule(histories=st.booleans())
    def save(self, histories: bool) -> None:
        path = Path(self.folder.name) / "m"
        if self.touched:
            with pytest.raises(ValueError, match="changed by hand"):
                self.model.save(path)
            return
        self.model.save(path, histories=histories)
        loaded = Item2Vec.load(path)
        for one, two in ((loaded.wv, self.model.wv), (loaded.wv_out, self.model.wv_out)):
            assert one.index_to_key == two.index_to_key
            np.testing.assert_array_equal(one.vectors, two.vectors)
            np.testing.assert_array_equal(one.expandos["count"], two.expandos["count"])
        assert [loaded.title(key) for key in loaded.wv.index_to_key] == [
            self.model.title(key) for key in self.model.wv.index_to_key
        ]
        asked = {name: value for name, value in self.model.get_params().items() if name not in ("workers", "progress")}
        assert asked.items() <= loaded.get_params().items()
        first = self.model.wv.index_to_key[0]
        for question in ([], [first], self.model.wv.index_to_key[:2]):
            assert loaded.recommend(question, 5) == self.model.recommend(question, 5)
        if histories:
            assert list(loaded.histories) == list(self.model.histories)
            assert list(loaded.histories.session_keys) == list(self.model.histories.session_keys)
            self.model = loaded.set_params(workers=1, progress=False)
        again = [self.model.wv.index_to_key[:3]] * 2
        if trainable(again):  # they learn on alike
            loaded = Item2Vec.load(path).set_params(workers=1)
            twin = Item2Vec.load(path).set_params(workers=1)
            with contextlib.suppress(ValueError, FloatingPointError):
                loaded.partial_fit(again)
                twin.partial_fit(again)
                np.testing.assert_array_equal(loaded.wv.vectors, twin.wv.vectors)

    @invariant()
    def rows_follow_keys(self) -> None:
        if not self.fitted:
            return
        known = self.model._known()
        assert known.inputs.shape == known.outputs.shape == (len(known.keys), 4)
        assert known.inputs.flags.c_contiguous
        assert all(session is not None for session in self.model.histories)
        counts = self.model.histories.item_counts()
        assert len(counts) == len(known.keys)
        if self.model.window is None:
            assert (counts <= known.vocabulary.counts).all()


TestModels = pytest.mark.filterwarnings("ignore:alpha=")(Models.TestCase)
TestModels.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class Events(RuleBasedStateMachine):
    """Interactions beside lists of (session, item, time, weight) that know nothing of arrays."""

    def __init__(self) -> None:
        super().__init__()
        self.data = Interactions.from_baskets([])
        self.plain: dict[Any, list[tuple[Any, float]]] = {}

    @initialize(shop=texts, weights=st.lists(st.integers(1, 3), min_size=40, max_size=40))
    def start(self, shop: list[list[str]], weights: list[int]) -> None:
        self.data = Interactions.from_baskets(shop, session_keys=[f"u{n}" for n in range(len(shop))])
        self.data.weights = np.array(weights[: len(self.data.items)], float)
        given = iter(weights)
        self.plain = {f"u{n}": [(item, float(next(given))) for item in basket] for n, basket in enumerate(shop)}

    @rule()
    def merged(self) -> None:
        self.data = self.data.merged()
        for key, session in self.plain.items():
            sums: dict[Any, float] = {}
            for item, weight in session:
                sums[item] = sums.get(item, 0) + weight
            self.plain[key] = list(sums.items())

    @rule(least=st.integers(0, 3))
    def frequent(self, least: int) -> None:
        counts: dict[Any, int] = {}
        for session in self.plain.values():
            for item, _ in session:
                counts[item] = counts.get(item, 0) + 1
        self.data = self.data.frequent(least)
        self.plain = {key: [one for one in row if counts[one[0]] >= least] for key, row in self.plain.items()}

    @rule(shop=texts, start=st.integers(0, 9))
    def joined(self, shop: list[list[str]], start: int) -> None:
        more = [f"u{n + start}" for n in range(len(shop))]
        self.data = self.data.joined(Interactions.from_baskets(shop, session_keys=more))
        for key, basket in zip(more, shop, strict=True):
            self.plain.setdefault(key, []).extend((item, 1.0) for item in basket)

    @rule(data=st.data())
    def where(self, data: st.DataObject) -> None:
        size = len(self.data.items)
        chosen = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), bool)
        self.data = self.data.where(chosen)
        marks = iter(chosen.tolist())
        self.plain = {key: [one for one in row if next(marks)] for key, row in self.plain.items()}

    @rule(data=st.data())
    def pick(self, data: st.DataObject) -> None:
        rows = data.draw(st.permutations(range(len(self.data))))[: max(len(self.data) - 1, 1)]
        self.data = self.data[np.array(rows, np.int64)]
        keys = list(self.plain)
        self.plain = {keys[row]: self.plain[keys[row]] for row in rows}

    @rule(letters=st.permutations("abcdefgh"), count=st.integers(1, 8))
    def with_items(self, letters: list[str], count: int) -> None:
        known = letters[:count]
        self.data = self.data.with_items({key: row for row, key in enumerate(known)}, known)
        self.plain = {key: [one for one in row if one[0] in known] for key, row in self.plain.items()}

    @invariant()
    def both_agree(self) -> None:
        assert list(self.data.session_keys) == list(self.plain)
        assert list(self.data) == [[item for item, _ in row] for row in self.plain.values()]
        if self.data.weights is not None:
            assert self.data.weights.tolist() == [weight for row in self.plain.values() for _, weight in row]
        assert self.data.offsets[0] == 0
        assert self.data.offsets[-1] == len(self.data.items)


TestEvents = Events.TestCase
TestEvents.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)


class Indexes(RuleBasedStateMachine):
    """An ItemIndex that is added to, saved and loaded, beside all products."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.rng = np.random.default_rng(0)
        self.vectors = np.empty((0, 4), np.float32)
        self.index: ItemIndex | None = None

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(count=st.integers(1, 20), scale=st.sampled_from([0.0, 0.5, 3.0]))
    def add(self, count: int, scale: float) -> None:
        more = (self.rng.normal(size=(count, 4)) * scale).astype(np.float32)
        keyed = KeyedVectors(4)
        begin = len(self.vectors)
        keyed.add_vectors(list(range(begin, begin + count)), more)
        if self.index is None:
            self.index = ItemIndex(keyed, workers=1)
        else:
            self.index.add(keyed)
        self.vectors = np.vstack([self.vectors, more])

    @precondition(lambda self: self.index is not None)
    @rule()
    def save(self) -> None:
        assert self.index is not None
        self.index.save(Path(self.folder.name) / "i")
        self.index = ItemIndex.load(Path(self.folder.name) / "i", workers=1)

    @invariant()
    def all_products_are_found(self) -> None:
        if self.index is None:
            return
        queries = np.ones((1, 4), np.float32)
        n = len(self.vectors)
        assert self.index.index_to_key == list(range(n))
        rows, scores = self.index.search(queries, 3)
        products = np.sort(self.vectors @ queries[0])[::-1]
        np.testing.assert_allclose(scores[0, : min(3, n)], products[:3], atol=1e-5)
        assert (rows[0, : min(3, n)] >= 0).all()


TestIndexes = Indexes.TestCase
TestIndexes.settings = settings(max_examples=12, stateful_step_count=8, deadline=None)
TestIndexes = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("usearch") is None, reason="usearch is not installed"
)(TestIndexes)
