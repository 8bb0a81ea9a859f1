"""Item2Vec learns which items belong together, recommends them, and keeps its promises."""

from __future__ import annotations

import contextlib
import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from interrupts import Moments, interrupted_everywhere
from shops import baskets, share_of_kind, small_model

from fastemb import KeyedVectors
from fastemb.items import Interactions, Item2Vec, evaluate, leave_one_out
from fastemb.items.model_file import check_storable
from fastemb.models import fitting

SHOP = baskets()
NEW = baskets(60, seed=9, least=2, most=3)


def model(**params: object) -> Item2Vec:
    return small_model(**params).fit(SHOP)


# ---- learning ----

WAYS: dict[str, dict[str, Any]] = {
    "baskets, both": {},
    "baskets, mean": {"sg": 0},
    "baskets, each alone": {"sg": 1},
    "ordered, mean": {"window": 3},
    "ordered, each alone": {"window": 3, "sg": 1},
    "one context": {"contexts": 1, "alpha": 0.1},
    "negatives against popularity": {"ns_exponent": -0.5},
    "thinned": {"sample": 0.02, "epochs": 60},
    "two workers": {"workers": 2},
}


@pytest.mark.integration
@pytest.mark.parametrize("way", WAYS)
def test_recommended_and_similar_items_are_of_the_same_kind(way: str) -> None:
    made = model(**WAYS[way])
    assert share_of_kind(made, NEW) > 0.9
    similar = [near for item in made.wv.index_to_key for near, _ in made.similar_items(item, 1)]
    same = [near[:2] == item[:2] for item, near in zip(made.wv.index_to_key, similar, strict=True)]
    assert sum(same) / len(same) > 0.8


def test_the_order_within_baskets_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    scores = []
    for seed in range(3):
        shuffled = [[basket[place] for place in rng.permutation(len(basket))] for basket in SHOP]
        for shop in (SHOP, shuffled):
            scores.append(small_model(random_state=seed).fit(shop).score(baskets(300, seed=77)))
    same, other = np.array(scores).reshape(3, 2).T
    assert abs(same.mean() - other.mean()) < 0.05
    assert min(scores) > 0.35  # by chance 0.05


def test_with_a_window_the_order_matters() -> None:
    """a is followed by b, c by d; all four are in every session."""
    sessions = [["a", "b", *["x", "y"], "c", "d"], ["c", "d", *["y", "x"], "a", "b"]] * 100
    near = small_model(window=1, sg=1, epochs=20).fit(sessions)
    scores = dict(near.recommend(["a"], 10))
    assert max(scores, key=lambda item: scores[item]) == "b"


def test_repeats_in_a_basket_count_once() -> None:
    repeated = [basket + basket[:1] * 3 for basket in SHOP]
    once, twice = model(), small_model().fit(repeated)
    assert once.wv.index_to_key == twice.wv.index_to_key
    np.testing.assert_array_equal(once.wv.vectors, twice.wv.vectors)


@pytest.mark.filterwarnings("ignore:nothing was trained")
def test_empty_baskets_and_baskets_of_one_teach_nothing_but_are_users() -> None:
    made = small_model().fit([*SHOP, [], ["lonely"]])
    start = small_model(epochs=0).fit([*SHOP, [], ["lonely"]])
    np.testing.assert_array_equal(made.wv["lonely"], start.wv["lonely"])
    assert len(made.histories) == len(SHOP) + 2
    assert len(made.recommend(user=len(SHOP) + 1, n=2)) == 2
    assert made.recommend(user=len(SHOP), n=3) == made.recommend([], 3)


@pytest.mark.parametrize("shop", [[], [[]], [["a"]], [["a"], ["b"]], [["a", "a"]]])
def test_a_shop_without_pairs_teaches_nothing(shop: Any) -> None:
    with pytest.raises(ValueError, match=r"no (session|item)"):
        small_model().fit(shop)


def test_a_large_basket_costs_what_many_small_ones_do() -> None:
    """Pairs of one basket of 100,000 items: linear in it, where all pairs would be ten thousand million."""
    made = Item2Vec(vector_size=4, contexts=4, negative=1, epochs=1, workers=1)
    made.fit(Interactions.from_ids(np.arange(100_000), np.array([0, 100_000])))
    assert len(made.wv) == 100_000
    assert len(made.recommend(user=0, n=5)) == 0


def test_heavy_events_teach_more() -> None:
    """Each session has one item of each of two partners; the weights tell which bond is real."""
    rng = np.random.default_rng(2)
    rows = []
    for session in range(600):
        kind = int(rng.integers(4))
        rows += [(session, f"k{kind}a", 1.0), (session, f"k{kind}b", 1.0), (session, f"noise{rng.integers(4)}", 0.001)]
    user, item, weight = (list(column) for column in zip(*rows, strict=True))
    data = Interactions.from_table({"u": user, "i": item, "w": weight}, session="u", item="i", weight="w")
    made = small_model().fit(data)
    norms = {key: float(np.linalg.norm(made.wv_out[key])) for key in made.wv.index_to_key}
    assert max(norm for key, norm in norms.items() if key.startswith("noise")) < min(
        norm for key, norm in norms.items() if not key.startswith("noise")
    )


def test_rare_items_are_dropped() -> None:
    made = small_model(min_count=5).fit([*SHOP, ["rare", "k0i0"]])
    assert "rare" not in made.wv
    with pytest.warns(UserWarning, match="knows no item"):
        assert made.recommend(["rare"], 1)[0][1] < 1  # nothing is known of it: the most popular item


def test_items_are_sorted_by_count_and_then_by_first_occurrence() -> None:
    made = small_model(epochs=1).fit([["c", "b"], ["a", "b"], ["a", "d"]])
    assert made.wv.index_to_key == ["b", "a", "c", "d"]
    assert made.wv.get_vecattr("b", "count") == 2


def test_one_worker_repeats_bit_for_bit() -> None:
    one, two, other = model(), model(), model(random_state=2)
    np.testing.assert_array_equal(one.wv.vectors, two.wv.vectors)
    assert not np.array_equal(one.wv.vectors, other.wv.vectors)


@pytest.mark.parametrize("state", [None, 5, np.random.default_rng(1), np.random.RandomState(1), np.int64(3)])
def test_kinds_of_random_state(state: Any) -> None:
    assert len(small_model(epochs=1, random_state=state).fit(SHOP).wv) == 40


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vector_size", 0),
        ("window", 0),
        ("contexts", 0),
        ("contexts", 2.5),
        ("vector_size", 1),
        ("sg", 2),
        ("negative", 0),
        ("negative", -1),
        ("ns_exponent", float("nan")),
        ("sample", -1),
        ("epochs", -1),
        ("alpha", float("inf")),
        ("min_count", -1),
        ("workers", 0),
        ("random_state", -1),
        ("random_state", "x"),
        ("random_state", 2.5),
        ("random_state", True),
        ("alpha", True),
        ("min_count", False),
        ("epochs", True),
        ("min_alpha", 5),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=name):
        small_model(**{name: value}).fit(SHOP)


def test_a_sample_of_none_keeps_all_items() -> None:
    none, zero = (small_model(sample=sample).fit(SHOP) for sample in (None, 0))
    assert np.array_equal(none.wv.vectors, zero.wv.vectors)


@pytest.mark.parametrize(("sg", "least"), [(None, 2), (0, 1), (1, 1)])
def test_the_least_vector_size_is_that_of_the_kind(sg: int | None, least: int) -> None:
    with pytest.raises(ValueError, match=f"vector_size must be at least {least}, not {least - 1}"):
        small_model(vector_size=least - 1, sg=sg).fit(SHOP)
    small_model(vector_size=least, sg=sg).fit(SHOP)


def test_options_that_would_be_ignored_are_refused() -> None:
    with pytest.raises(ValueError, match="contexts=5 is for baskets"):
        small_model(window=3, contexts=5).fit(SHOP)


def test_divergence_says_what_to_do() -> None:
    with pytest.warns(UserWarning, match="so large"), pytest.raises(FloatingPointError, match="Lower alpha"):
        model(alpha=1e30)


def small_shop(items: int, count: int) -> Interactions:
    """Baskets of neighbours on a circle of items, all equally popular."""
    rng = np.random.default_rng(3)
    spread = max(items // 10, 1)
    first = rng.integers(0, items, count)
    return Interactions.from_baskets(
        [((start + rng.integers(0, 2 * spread + 1, 4)) % items).tolist() for start in first.tolist()]
    )


@pytest.mark.parametrize("items", [5, 30, 300])
def test_the_defaults_suit_small_catalogues(items: int) -> None:
    train, test = leave_one_out(small_shop(items, 600).merged())
    for settings in ({"sg": 0}, {"epochs": 10}):
        made = Item2Vec(workers=1, progress=False, **settings).fit(train)  # type: ignore[arg-type]
        assert np.abs(made.wv.vectors).max() < 10
        judged = evaluate(made, train, test, k=max(items // 10, 1))
        assert judged.model["recall"] > judged.baseline["recall"]


def test_random_baskets_do_not_diverge() -> None:
    rng = np.random.default_rng(1)
    shop = [rng.choice(40, 3, replace=False).tolist() for _ in range(300)]
    made = Item2Vec(sg=0, workers=1, progress=False).fit(shop)
    assert np.abs(made.wv.vectors).max() < 10
    assert Item2Vec(sg=0, workers=1, progress=False).partial_fit(shop).partial_fit([[1, 2, 41]] * 20)
    assert len(Item2Vec(progress=False, workers=1).fit([[1, 2, 3], [2, 3], [1, 3, 4], [4, 2]] * 20).wv) == 4


def test_negatives_that_are_given_are_used_as_they_are() -> None:
    shop = small_shop(40, 500)
    few, cut = (small_model(sg=0, epochs=1, negative=count, alpha=0.01).fit(shop) for count in (60, 10))
    assert not np.array_equal(few.wv_out.vectors, cut.wv_out.vectors)
    quarter = small_model(sg=0, epochs=1, negative=None, alpha=0.01).fit(shop)
    np.testing.assert_array_equal(quarter.wv_out.vectors, cut.wv_out.vectors)


# ---- recommending ----


@pytest.fixture(scope="module")
def shop_model() -> Item2Vec:
    return model()


def test_scores_are_products_of_the_mean_input_and_the_output_vectors(shop_model: Item2Vec) -> None:
    history = ["k1i1", "k1i2", "k1i2", "unknown"]
    query = shop_model.wv[["k1i1", "k1i2"]].mean(axis=0)
    np.testing.assert_allclose(shop_model.transform([history])[0], query, rtol=1e-6)
    expected = {item: float(query @ shop_model.wv_out[item]) for item in shop_model.wv.index_to_key}
    del expected["k1i1"], expected["k1i2"]
    got = shop_model.recommend(history, 100)
    assert len(got) == 38
    assert [item for item, _ in got] == sorted(expected, key=lambda item: -expected[item])
    assert dict(got) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_what_is_excluded_or_no_candidate_is_not_recommended(shop_model: Item2Vec) -> None:
    history = ["k2i0", "k2i1"]
    plain = [item for item, _ in shop_model.recommend(history, 5)]
    assert not set(plain) & set(history)
    without = [item for item, _ in shop_model.recommend(history, 4, exclude=[plain[0], "unknown"])]
    assert without == plain[1:]
    only = [item for item, _ in shop_model.recommend(history, 9, candidates=[plain[3], plain[1], "k2i0", "unknown"])]
    assert only == [plain[1], plain[3]]
    everything = [item for item, _ in shop_model.recommend(history, 40, exclude_history=False)]
    assert set(history) < set(everything)
    assert len(everything) == 40
    with pytest.raises(ValueError, match="none of the candidates"):
        shop_model.recommend(history, candidates=["unknown"])


@pytest.mark.filterwarnings("ignore:the model knows no item")
def test_many_at_once_are_as_one_by_one(shop_model: Item2Vec) -> None:
    histories: list[list[str]] = [*NEW, [], ["unknown"], ["k0i1", "unknown"]]
    exclude = [[f"k{number % 4}i{item}" for item in range(number % 5)] for number in range(len(histories))]
    candidates = [f"k{kind}i{item}" for kind in range(4) for item in range(7)]
    items, scores = shop_model.recommend_many(histories, 8, exclude=exclude, candidates=candidates)
    assert items.shape == scores.shape == (len(histories), 8)
    for number, history in enumerate(histories):
        one = shop_model.recommend(history, 8, exclude=exclude[number], candidates=candidates)
        there = [item for item in items[number] if item is not None]
        assert there == [item for item, _ in one]
        np.testing.assert_allclose(scores[number][: len(one)], [score for _, score in one], rtol=1e-5, atol=1e-6)
        assert (scores[number][len(one) :] == -np.inf).all()


def test_no_more_columns_than_items(shop_model: Item2Vec) -> None:
    items, scores = shop_model.recommend_many([["k0i0"], []], 2**29)
    assert items.shape == scores.shape == (2, 40)
    assert items[0, -1] is None
    assert len(shop_model.recommend(["k0i0"], 2**29)) == 39


def test_users_are_recommended_by_what_they_had(shop_model: Item2Vec) -> None:
    users = [5, 0, 17]
    items, _ = shop_model.recommend_many(users=users, n=4)
    by_history, _ = shop_model.recommend_many([SHOP[user] for user in users], n=4)
    assert items.tolist() == by_history.tolist()
    everyone, _ = shop_model.recommend_many(n=2)
    assert len(everyone) == len(SHOP)
    assert [item for item, _ in shop_model.recommend(user=5, n=4)] == items[0].tolist()
    assert not any(set(row) & set(had) for row, had in zip(everyone.tolist(), SHOP, strict=True))


@pytest.mark.filterwarnings("ignore:the model knows no item")
def test_a_history_of_nothing_known_gets_what_is_popular() -> None:
    made = small_model().fit([["a", "b"]] * 5 + [["a", "c"]] * 3 + [["c", "d"]])
    assert made.recommend([], 2) == [("a", pytest.approx(8 / 9)), ("b", pytest.approx(5 / 9))]
    assert [item for item, _ in made.recommend(["new"], 2, exclude=["a"])] == ["b", "c"]
    assert not made.transform([[], ["new"]]).any()


def test_weights_of_a_history_count() -> None:
    made = model()
    table = {"u": [0, 0], "i": ["k0i0", "k3i0"], "w": [3.0, 1.0]}
    data = Interactions.from_table(table, session="u", item="i", weight="w")
    expected = (3 * made.wv["k0i0"] + made.wv["k3i0"]) / 4
    np.testing.assert_allclose(made.transform(data)[0], expected, rtol=1e-5, atol=1e-7)


def test_queries_of_many_histories() -> None:
    made = model()
    long = [[f"k{number % 4}i{item}" for item in range(10)] for number in range(8000)]
    queries = made.transform(long)
    for number in (0, 1, 6553, 6554, 7999):
        np.testing.assert_allclose(queries[number], made.wv[long[number]].mean(axis=0), rtol=1e-5, atol=1e-6)


def test_wrong_questions(shop_model: Item2Vec) -> None:
    for call in (lambda: shop_model.recommend(), lambda: shop_model.recommend(["k0i0"], user=1)):
        with pytest.raises(ValueError, match="a history or a user"):
            call()
    with pytest.raises(ValueError, match="histories, users or vectors"):
        shop_model.recommend_many([["k0i0"]], users=[1])
    with pytest.raises(KeyError, match="unknown user 'nobody'"):
        shop_model.recommend(user="nobody")
    with pytest.raises(KeyError, match="unknown item 'nothing'"):
        shop_model.similar_items("nothing")
    with pytest.raises(ValueError, match="2 lists of items to exclude for 1"):
        shop_model.recommend_many([["k0i0"]], exclude=[[], []])
    for n in (0, -1):
        for ask in (lambda n: shop_model.recommend(["k0i0"], n), lambda n: shop_model.similar_items("k0i0", n)):
            with pytest.raises(ValueError, match="n must be at least 1"):
                ask(n)
    with pytest.raises(TypeError, match="n must be a whole number"):
        shop_model.recommend(["k0i0"], 2.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not fitted"):
        Item2Vec().recommend(["k0i0"])


# ---- learning on ----


def test_new_items_and_users_join_what_is_known() -> None:
    made = small_model().fit(Interactions.from_baskets(SHOP, session_keys=[f"u{n}" for n in range(len(SHOP))]))
    before = made.wv.index_to_key.copy()
    more = [["fresh", "k2i0", "k2i1"], ["fresh", "k2i3"], ["k2i4", "fresh", "k2i5"], ["once"], *baskets(16, 3)] * 10
    keys = ["u0", *(f"v{n}" for n in range(199))]
    made.set_params(alpha=0.05).partial_fit(Interactions.from_baskets(more, session_keys=keys))
    assert made.wv.index_to_key == [*before, "fresh", "once"]
    assert made.recommend(["fresh"], 1)[0][0].startswith("k2")  # type: ignore[attr-defined]
    assert "fresh" in [item for item, _ in made.recommend(["k2i0", "k2i3"], 3)]
    assert made.histories[0] == [*SHOP[0], *(item for item in more[0] if item not in SHOP[0])]
    assert len(made.histories) == len(SHOP) + 199
    assert share_of_kind(made, NEW) > 0.8


def test_learning_on_respects_min_count_and_starts_from_nothing() -> None:
    made = small_model(min_count=3).partial_fit(SHOP)
    made.partial_fit([["rare", "k0i0"], ["common", "k0i0"], ["common", "k0i1"], ["common", "k0i2"]])
    assert "rare" not in made.wv
    assert "common" in made.wv
    with pytest.raises(ValueError, match="call fit"):
        made.set_params(vector_size=7).partial_fit(SHOP)


def test_an_interrupt_while_a_failure_is_dealt_with_leaves_the_model_as_it_was() -> None:
    class Fails:
        def on_epoch_end(self, model: Item2Vec) -> None:
            assert model.wv.index_to_key == ["a", "b", "c", "d"]  # looks at what is learned
            raise ZeroDivisionError

    model = Item2Vec(vector_size=4, sg=0, epochs=1, negative=2, alpha=0.05, workers=1, progress=False)
    model.fit([["a", "b"], ["a", "b", "c"]])
    before = model._trained
    model.callbacks = [Fails()]
    more = Interactions.from_baskets([["a", "d"], ["d", "b"]])

    def call() -> None:
        with contextlib.suppress(ZeroDivisionError):
            model.partial_fit(more)

    with Moments(None) as moments:
        call()
    assert model._trained is before
    for where, _ in interrupted_everywhere(call, start=moments.count - 250):
        assert model._trained is before, where


@pytest.mark.filterwarnings("ignore:the model knows no item")
@pytest.mark.parametrize("failure", ["diverges", "is interrupted"])
def test_learning_on_that_fails_leaves_the_model_as_it_was(failure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = model()
    before, again = pickle.loads(pickle.dumps(made)), [["fresh", "k0i0"], ["fresh", "newer", "k0i1"]]
    settings = made.get_params()
    if failure == "diverges":
        made.set_params(alpha=1e30)
        with pytest.warns(UserWarning, match="so large"), pytest.raises(FloatingPointError):
            made.partial_fit(SHOP + again)
    else:
        trained = fitting.train_watched

        def interrupted(*args: Any) -> None:
            trained(*args)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(fitting, "train_watched", interrupted)
            with pytest.raises(KeyboardInterrupt):
                made.partial_fit(SHOP + again)
    made.set_params(**settings)
    np.testing.assert_array_equal(made.wv.vectors, before.wv.vectors)
    np.testing.assert_array_equal(made.wv_out.vectors, before.wv_out.vectors)
    assert made.recommend(["unknown"]) == before.recommend(["unknown"])
    made.partial_fit(again)
    np.testing.assert_array_equal(made.wv.vectors, before.partial_fit(again).wv.vectors)


# ---- files and copies ----


def test_a_saved_model_is_the_same_model(tmp_path: Path) -> None:
    users = [f"u{n}" for n in range(len(SHOP))]
    made = small_model(ns_exponent=-0.25).fit(Interactions.from_baskets(SHOP, session_keys=users))
    path = tmp_path / "shop.safetensors"
    made.save(path)
    loaded = Item2Vec.load(path)
    assert loaded.get_params() == made.get_params() | {"workers": None}
    assert loaded.recommend(user="u3") == made.recommend(user="u3")
    assert loaded.similar_items("k0i0") == made.similar_items("k0i0")
    assert loaded.recommend([]) == made.recommend([])
    np.testing.assert_array_equal(KeyedVectors.load(path).vectors, made.wv.vectors)
    loaded.set_params(workers=1).partial_fit(NEW)
    made.partial_fit(NEW)
    np.testing.assert_array_equal(loaded.wv.vectors, made.wv.vectors)


USERS: dict[str, list[Any]] = {
    "after gaps": [("u", n) for n in range(len(SHOP))],
    "mixed": ["u", *range(1, len(SHOP))],
    "floats": [n + 0.5 for n in range(len(SHOP))],
    "large": [2**63 + n for n in range(len(SHOP))],
    "nested": [((None, True), f"{n}") for n in range(len(SHOP))],
}


@pytest.mark.parametrize("kind", USERS)
def test_users_of_many_kinds_are_saved(kind: str, tmp_path: Path) -> None:
    users = USERS[kind]
    made = small_model(epochs=1).fit(Interactions.from_baskets(SHOP, session_keys=users))
    made.save(tmp_path / "shop.safetensors")
    loaded = Item2Vec.load(tmp_path / "shop.safetensors")
    assert list(loaded.histories.session_keys) == users
    assert list(map(type, loaded.histories.session_keys)) == list(map(type, users))
    assert loaded.recommend(user=users[3]) == made.recommend(user=users[3])


def test_baskets_that_join_users_with_names_are_saved(tmp_path: Path) -> None:
    users = [f"u{n}" for n in range(len(SHOP))]
    made = small_model(epochs=1).fit(Interactions.from_baskets(SHOP, session_keys=users)).partial_fit(NEW)
    made.save(tmp_path / "shop.safetensors")
    loaded = Item2Vec.load(tmp_path / "shop.safetensors")
    assert loaded.histories.session_keys == [*users, *range(len(NEW))]


@pytest.mark.parametrize(
    "items",
    [[("a", 1), ("b", 2)], ["a", 1], ["1", 1], [2**63, 1], [2**64, 2**65], [-(2**64), "x"], [0.5, 1.5], [True, "a"]],
)
def test_items_of_many_kinds_are_saved(items: list[Any], tmp_path: Path) -> None:
    data = Interactions.from_baskets([items] * 3)
    check_storable(data, histories=True)
    made = small_model(epochs=1, negative=1, alpha=0.01).fit(data)
    made.save(tmp_path / "m.safetensors")
    loaded = Item2Vec.load(tmp_path / "m.safetensors")
    assert loaded.wv.index_to_key == made.wv.index_to_key
    assert list(map(type, loaded.wv.index_to_key)) == list(map(type, made.wv.index_to_key))
    assert loaded.recommend(items[:1]) == made.recommend(items[:1])
    assert list(loaded.histories) == list(made.histories)


@pytest.mark.parametrize("items", [[frozenset({1}), "a"], [b"a", "b"], [("a", b"b"), "c"]])
def test_items_that_no_file_holds(items: list[Any]) -> None:
    with pytest.raises(TypeError, match="items: a file holds str, numbers and tuples of them"):
        small_model(epochs=1, negative=1, alpha=0.01).fit([items])
    with pytest.raises(TypeError, match="items: "):
        check_storable(Interactions.from_baskets([items]), histories=False)


def test_a_model_without_histories(tmp_path: Path) -> None:
    data = Interactions.from_baskets(SHOP, session_keys=[frozenset({n}) for n in range(len(SHOP))])
    made = small_model().fit(data)
    with pytest.raises(TypeError, match="histories=False"):
        made.save(tmp_path / "no.safetensors")
    with pytest.raises(TypeError, match="histories=False"):
        check_storable(data, histories=True)
    assert not list(tmp_path.iterdir())
    made.save(tmp_path / "yes.safetensors", histories=False)
    loaded = Item2Vec.load(tmp_path / "yes.safetensors")
    assert loaded.recommend(["k0i0"]) == made.recommend(["k0i0"])
    assert loaded.recommend([], 3) == made.recommend([], 3)
    with pytest.raises(KeyError):
        loaded.recommend(user=frozenset({1}))


def test_damaged_files_are_refused_by_name(tmp_path: Path) -> None:
    path, other = tmp_path / "shop.safetensors", tmp_path / "vectors.safetensors"
    made = model()
    made.save(path)
    made.wv.save(other)
    with pytest.raises(ValueError, match=r"vectors\.safetensors: holds no Item2Vec; it is .*: KeyedVectors\.load"):
        Item2Vec.load(other)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"shop\.safetensors"):
        Item2Vec.load(path)
    for old, new in ((b'"contexts', b'"contests'), (b'vector_size\\": 12', b'vector_size\\": 13')):
        assert old in data
        path.write_bytes(data.replace(old, new))
        with pytest.raises(ValueError, match=r"shop\.safetensors: damaged"):
            Item2Vec.load(path)


def test_copies_are_independent() -> None:
    made = model()
    for copied in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert copied.recommend(["k0i0"]) == made.recommend(["k0i0"])
        copied.partial_fit(NEW)
        assert not np.array_equal(copied.wv.vectors, made.wv.vectors)


# ---- scikit-learn's conventions ----


def test_parameters_come_and_go_by_name() -> None:
    made = Item2Vec(vector_size=7, sg=1)
    assert Item2Vec(**made.get_params()).get_params() == made.get_params()
    assert repr(made) == "Item2Vec(vector_size=7, sg=1)"
    assert made.set_params(epochs=3) is made
    assert made.epochs == 3
    with pytest.raises(ValueError, match="argument 'size'; did you mean 'vector_size'"):
        made.set_params(size=3)


@pytest.mark.filterwarnings("ignore:nothing was trained")
def test_the_score_tells_models_apart() -> None:
    good = model().score(baskets(300, seed=5))
    bad = model(epochs=0).score(baskets(300, seed=5))
    assert good > bad + 0.2
    with pytest.raises(ValueError, match="nothing is held out"):
        model().score([["k0i0"]])


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore:nothing was trained")
def test_grid_search_and_pipeline() -> None:
    pytest.importorskip("sklearn")
    from sklearn.base import clone
    from sklearn.exceptions import NotFittedError
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    assert clone(small_model()).get_params() == small_model().get_params()
    search = GridSearchCV(small_model(), {"epochs": [0, 30]}, cv=3)
    search.fit(Interactions.from_baskets(SHOP))
    assert search.best_params_ == {"epochs": 30}
    assert search.best_estimator_.recommend(["k0i0"])
    pipeline = make_pipeline(FunctionTransformer(lambda shop: [basket[:4] for basket in shop]), small_model())
    assert pipeline.fit(SHOP).transform(NEW).shape == (60, 12)
    assert pipeline.set_params(item2vec__epochs=1).get_params()["item2vec__epochs"] == 1
    with pytest.raises(NotFittedError):
        Item2Vec().transform(SHOP)
