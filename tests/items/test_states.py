"""Whatever people do to models, interactions and indexes: what is saved loads, and is the same; rows follow keys."""

from __future__ import annotations

import contextlib
import copy
import pickle
import tempfile
from collections.abc import Callable
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


TOUCHES: dict[str, Callable[[KeyedVectors], object]] = {
    "add": lambda wv: wv.add_vector("added by hand", np.ones(4, np.float32)),
    "replace": lambda wv: setattr(wv, "vectors", np.ones_like(wv.vectors)),
    "cut": lambda wv: setattr(wv, "vectors", wv.vectors[:-1]),
    "order": lambda wv: setattr(wv, "index_to_key", wv.index_to_key[::-1]),
    "swap in place": lambda wv: wv.index_to_key.reverse(),
    "counts": lambda wv: wv.expandos.update(count=wv.expandos["count"] + 1),
    "counts in place": lambda wv: wv.set_vecattr(wv.index_to_key[0], "count", 1000),
    "no counts": lambda wv: setattr(wv, "expandos", {"count": np.empty(0)}),
    "sort": lambda wv: wv.sort_by_descending_frequency(),
    "values": lambda wv: wv.set_vecattr(wv.index_to_key[0], "kind", 3),
    "normalise": lambda wv: wv.unit_normalize_all(),
    "norms": lambda wv: wv.fill_norms(),
    "one vector": lambda wv: wv.__setitem__(wv.index_to_key[0], np.full(4, 0.5)),
    "known vectors": lambda wv: wv.add_vectors(
        wv.index_to_key[:2], np.ones((len(wv.index_to_key[:2]), 4)), replace=True
    ),
}
"""What people do to the vectors of a model."""

BREAKS: dict[str, Callable[[Item2Vec], object]] = {
    "epochs": lambda model: setattr(model, "epochs", -1),
    "alpha": lambda model: setattr(model, "alpha", float("nan")),
    "min_alpha": lambda model: setattr(model, "min_alpha", "x"),
    "negative": lambda model: setattr(model, "negative", 2.5),
    "sample": lambda model: model.set_params(sample=-1),
    "min_count": lambda model: model.set_params(min_count=None),
    "random_state": lambda model: model.set_params(random_state=object()),
    "random_state None": lambda model: model.set_params(random_state=None),
    "random_state of NumPy": lambda model: model.set_params(random_state=np.random.RandomState(1)),
    "a large seed": lambda model: model.set_params(random_state=2**70),
    "callbacks": lambda model: setattr(model, "callbacks", [print]),
    "compute_loss": lambda model: setattr(model, "compute_loss", "yes"),
    "progress": lambda model: setattr(model, "progress", "x"),
    "workers": lambda model: setattr(model, "workers", -7),
    "an attribute of one's own": lambda model: setattr(model, "mine", object()),
    "titles": lambda model: setattr(model, "titles", {"a": 3}),
    "titles in place": lambda model: model.titles.update(a=3),  # type: ignore[call-overload]
    "title of None": lambda model: model.titles.update({None: "x"}),
    "title of a tuple": lambda model: model.titles.update({(1, 2): "x"}),
    "half a letter": lambda model: model.titles.update({"a": "\ud800"}),
    "session keys": lambda model: model.histories.session_keys.append("one more"),
    "session key of no kind": lambda model: model.histories.session_keys.__setitem__(slice(0, 1), [object()]),
    "item keys": lambda model: model.histories.item_keys.append("one more"),
    "items": lambda model: model.histories.items.__iadd__(100),
    "offsets": lambda model: model.histories.offsets.__iadd__(1),
    "weights": lambda model: setattr(model.histories, "weights", np.ones(1)),
    "floats": lambda model: setattr(model.histories, "items", model.histories.items.astype(float)),
    "negative weights": lambda model: setattr(model.histories, "weights", -np.ones(len(model.histories.items))),
    "narrow offsets": lambda model: setattr(model.histories, "offsets", model.histories.offsets.astype(np.int32)),
    "narrow weights": lambda model: setattr(model.histories, "weights", np.ones(len(model.histories.items), "f4")),
    "users twice": lambda model: setattr(model.histories, "session_keys", ["u"] * len(model.histories)),
    "users that are no keys": lambda model: setattr(model.histories, "session_keys", [[]] * len(model.histories)),
    "times": lambda model: setattr(model.histories, "times", np.full(len(model.histories.items), np.nan)),
    "NaN": lambda model: model.wv.vectors.fill(np.nan),
    "dtype": lambda model: setattr(model.wv, "vectors", model.wv.vectors.astype(np.float64)),
}
"""What makes no sense, in everything that people can reach."""


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

    @rule(way=st.sampled_from(["copy", "deepcopy", "pickle"]))
    def replace(self, way: str) -> None:
        if way == "pickle":
            self.model = pickle.loads(pickle.dumps(self.model))
        else:
            self.model = getattr(copy, way)(self.model)

    @precondition(lambda self: self.fitted)
    @rule(how=st.sampled_from(sorted(TOUCHES)), out=st.booleans())
    def touch(self, how: str, out: bool) -> None:
        wv = self.model.wv_out if out else self.model.wv
        before = wv.vectors.shape, list(wv.index_to_key), wv.expandos["count"].copy()
        with contextlib.suppress(ValueError):  # integers of more than 64 bits, which vectors do not take
            TOUCHES[how](wv)
        same_keys = before[0] == wv.vectors.shape and before[1] == wv.index_to_key
        same = same_keys and np.array_equal(before[2], wv.expandos.get("count", []))
        self.touched = self.touched or not same or how == "replace"

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


TestModels = pytest.mark.filterwarnings("ignore:alpha=", "ignore:training does not learn")(Models.TestCase)
TestModels.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.parametrize("users", [None, ["u", "v", "w"]], ids=["numbered", "named"])
@pytest.mark.parametrize("name", BREAKS)
def test_what_makes_no_sense_is_refused_or_loads(name: str, users: list[str] | None, tmp_path: Path) -> None:
    data = Interactions.from_baskets([["a", "b"], ["a", "c", "b"], ["b"]], session_keys=users)
    model = Item2Vec(**SMALL).fit(data)
    try:
        BREAKS[name](model)
        model.save(tmp_path / "m")
    except (ValueError, TypeError, OverflowError, AttributeError):
        assert not (tmp_path / "m").exists()
    else:
        Item2Vec.load(tmp_path / "m")


@pytest.mark.parametrize("name", ["items", "offsets", "floats", "session keys", "weights", "negative weights"])
def test_histories_that_do_not_fit_are_refused_and_may_be_left_out(name: str, tmp_path: Path) -> None:
    model = Item2Vec(**SMALL).fit(Interactions.from_baskets([["a", "b"], ["a", "c"]], session_keys=["u", "v"]))
    BREAKS[name](model)
    with pytest.raises(ValueError, match=r"model\.histories was changed by hand .*; histories=False leaves it out"):
        model.save(tmp_path / "m")
    assert not (tmp_path / "m").exists()
    model.save(tmp_path / "m", histories=False)
    assert Item2Vec.load(tmp_path / "m").wv.index_to_key == model.wv.index_to_key


def test_titles_that_are_refused_leave_those_there_were() -> None:
    model = Item2Vec(**SMALL)
    model.titles = {"a": "One"}
    wrong: Any = {"a": 3}
    with pytest.raises(TypeError, match="the title of 'a' must be a str"):
        model.titles = wrong
    assert model.titles == {"a": "One"}


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


CHANGED_KEYS: dict[str, Callable[[ItemIndex], object]] = {
    "one more": lambda index: index.index_to_key.append("more"),
    "one twice": lambda index: index.index_to_key.__setitem__(1, index.index_to_key[0]),
    "fewer": lambda index: setattr(index, "index_to_key", index.index_to_key[:1]),
}


@pytest.mark.parametrize("name", CHANGED_KEYS)
def test_an_index_whose_keys_do_not_fit_is_not_saved(name: str, tmp_path: Path) -> None:
    pytest.importorskip("usearch")
    keyed = KeyedVectors(4)
    keyed.add_vectors(["a", "b", "c"], np.eye(3, 4))
    index = ItemIndex(keyed, workers=1)
    CHANGED_KEYS[name](index)
    with pytest.raises(ValueError, match="index_to_key was changed by hand: it must hold 3 different items"):
        index.save(tmp_path / "i")
    assert not (tmp_path / "i").exists()


TestIndexes = Indexes.TestCase
TestIndexes.settings = settings(max_examples=12, stateful_step_count=8, deadline=None)
TestIndexes = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("usearch") is None, reason="usearch is not installed"
)(TestIndexes)
