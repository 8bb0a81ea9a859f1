"""Items written otherwise, histories of which nothing is known, titles, hints for names, and what prints."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shops import baskets, small_model

from fastemb.items import Interactions, Item2Vec, evaluate, leave_one_out, read_titles

SHOP = [[int(item[1]) * 10 + int(item[3]) + 100 for item in basket] for basket in baskets()]
TEXT = [[str(item) for item in basket] for basket in SHOP]


@pytest.fixture(scope="module")
def by_number() -> Item2Vec:
    return small_model().fit(SHOP)


@pytest.fixture(scope="module")
def by_text() -> Item2Vec:
    return small_model().fit(TEXT)


KINDS = [int, str, np.int64, float, np.str_]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["by_number", "by_text"])
def test_numbers_find_text_and_text_finds_numbers(name: str, kind: Any, request: pytest.FixtureRequest) -> None:
    model: Item2Vec = request.getfixturevalue(name)
    own: Any = int if name == "by_number" else str
    other = kind if kind is not float or own is int else int  # a list of floats that are whole is one of int
    history, more = [100, 101], [102, 103, 999]

    def as_own(items: list[int]) -> list[Any]:
        return list(map(own, items))

    def as_other(items: list[int]) -> list[Any]:
        return list(map(other, items))

    assert model.recommend(as_other(history)) == model.recommend(as_own(history))
    assert model.similar_items(other(100)) == model.similar_items(own(100))
    for option in ("exclude", "candidates"):
        assert model.recommend(as_own(history), **{option: as_other(more)}) == model.recommend(  # type: ignore[arg-type]
            as_own(history),
            **{option: as_own(more)},  # type: ignore[arg-type]
        )
    np.testing.assert_array_equal(model.transform([as_other(history)]), model.transform([as_own(history)]))
    found = model.recommend_many([as_other(history), as_other(more)], 4)
    assert not found.popular.any()
    assert found.items.tolist() == model.recommend_many([as_own(history), as_own(more)], 4).items.tolist()
    assert (
        model.score([as_other(basket) for basket in SHOP[:50]])
        == model.score(  # type: ignore[arg-type]
            [as_own(basket) for basket in SHOP[:50]]
        )
    )


@pytest.mark.parametrize("key", ["0100", " 100", "1e2", "100.0", True, 100.5, (100,), "x" * 5000, "9" * 5000])
def test_what_is_written_otherwise_still_is_another_item(by_number: Item2Vec, key: Any) -> None:
    with pytest.raises(KeyError, match=r"unknown item .*: the model's 40 items are int, such as \d+"):
        by_number.similar_items(key)


def test_both_spellings_are_two_items_where_both_are_there() -> None:
    made = small_model(epochs=1).fit([[1, "1", 2], ["1", 2], [1, 2, "a"]])
    assert made.similar_items(1, 1) != made.similar_items("1", 1)
    assert made.histories[0] == [1, "1", 2]


def test_users_are_found_by_number_and_text() -> None:
    for keys in (list(range(len(SHOP))), [str(number) for number in range(len(SHOP))]):
        made = small_model(epochs=1).fit(Interactions.from_baskets(SHOP, session_keys=keys))
        assert made.recommend(user=7) == made.recommend(user="7")
    with pytest.raises(KeyError, match="unknown user 'x'"):
        made.recommend(user="x")


def test_a_history_of_nothing_known_warns_with_both_types(by_number: Item2Vec) -> None:
    with pytest.warns(
        UserWarning, match=r"no item of 1 of 1 histories, such as \['x', 'y'\] \(its items are int, .* str\)"
    ):
        found = by_number.recommend(["x", "y"], 3)
    assert found == by_number.recommend([], 3)  # without a warning
    with pytest.warns(UserWarning, match="no item of 2 of 4 histories"):
        many = by_number.recommend_many([["x"], [], [100], [7, "z"]], 3)
    assert many.popular.tolist() == [True, True, False, True]
    items, scores = many
    assert (items is many.items, scores is many.scores) == (True, True)
    assert items[0].tolist() == items[1].tolist() == [item for item, _ in by_number.recommend([], 3)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        by_number.recommend([100], exclude=["x"])


def test_types_are_told_only_where_they_differ(by_number: Item2Vec, by_text: Item2Vec) -> None:
    def told(model: Item2Vec, histories: list[list[Any]]) -> str:
        with pytest.warns(UserWarning, match="knows no item of") as found:
            model.recommend_many(histories, 1)
        (one,) = found
        return str(one.message)

    for model, unknown in ((by_number, 999), (by_text, "nix")):
        first = model.wv.index_to_key[0]
        assert f"such as [{unknown!r}] (one of its items is {first!r}): " in told(model, [[unknown], []])
        other = told(model, [[unknown], [("x", 1)], []])
        assert "2 of 3 histories, such as [('x', 1)] (its items are " in other
        assert "those given are tuple)" in other


def test_the_marks_survive_copies(by_number: Item2Vec) -> None:
    many = by_number.recommend_many([[], [100]], 2)
    assert repr(many) == "Recommendations(2 histories, 2 items each, 1 by popularity alone)"
    for copied in (copy.copy(many), copy.deepcopy(many), pickle.loads(pickle.dumps(many))):
        assert copied.popular.tolist() == [True, False]
        assert copied.items.tolist() == many.items.tolist()


@pytest.mark.parametrize(("known", "given"), [(SHOP, TEXT), (TEXT, SHOP)])
def test_learning_on_refuses_items_of_the_other_kind(known: Any, given: Any) -> None:
    made = small_model(epochs=1).fit(known)
    before = made.wv.vectors.copy()
    with pytest.raises(TypeError, match=r"give them as (str|int), as with table\['item'\]\.astype"):
        made.partial_fit(given)
    np.testing.assert_array_equal(made.wv.vectors, before)
    made.partial_fit([[type(known[0][0])(item) for item in basket] for basket in given])  # the remedy
    assert len(made.wv) == 40


@pytest.mark.parametrize("wrong", ["100", b"100", 100])
def test_one_item_is_no_list_of_items(by_text: Item2Vec, wrong: Any) -> None:
    for name, ask in {
        "history": lambda: by_text.recommend(wrong),
        "exclude": lambda: by_text.recommend(["100"], exclude=wrong),
        "candidates": lambda: by_text.recommend(["100"], candidates=wrong),
        "users": lambda: by_text.recommend_many(users=wrong),
    }.items():
        with pytest.raises(TypeError, match=rf"{name} must be a list of items, not the .*: give \[b?'?100'?\]"):
            ask()
    assert by_text.recommend(["100"], candidates=["101"])  # the remedy


# ---- judging ----


@pytest.fixture(scope="module")
def parts() -> tuple[Interactions, Interactions]:
    return leave_one_out(Interactions.from_baskets(TEXT), last=False)


def test_a_model_that_was_fitted_on_what_is_tested_is_warned_about(parts: tuple[Interactions, Interactions]) -> None:
    train, test = parts
    both = small_model(epochs=1).fit(TEXT)
    with pytest.warns(UserWarning, match="fitted on 100% of the events that are held out: fit it on train alone"):
        evaluate(both, train, test)
    honest = small_model(epochs=1).fit(train)
    with pytest.warns(UserWarning, match="fitted on 100% of the events that are held out: are train and test swapped"):
        evaluate(honest, test, train)


@pytest.mark.filterwarnings("error")
def test_honest_judgements_are_silent(parts: tuple[Interactions, Interactions], tmp_path: Path) -> None:
    train, test = parts
    for window in (None, 2):
        model = small_model(epochs=1, window=window).fit(train)
        evaluate(model, train, test)
        model.save(tmp_path / "m", histories=False)
        evaluate(Item2Vec.load(tmp_path / "m"), train, test)
    other = Interactions.from_baskets([basket[::-1] for basket in TEXT[::-1]])  # other people, with the same numbers
    evaluate(model, *leave_one_out(other, last=False, seed=2))


def test_sessions_that_do_not_match_are_warned_about(parts: tuple[Interactions, Interactions]) -> None:
    train, test = parts
    model = small_model(epochs=1).fit(train)
    test = test[:]
    test.session_keys = [f"u{key}" for key in test.session_keys]
    with pytest.warns(
        UserWarning, match=r"no session of test is one of train.* str, such as 'u0', those of train int, such as 0"
    ):
        evaluate(model, train, test)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("kind", [str, float, np.int64])
def test_sessions_written_otherwise_are_the_same(
    part: str, kind: Any, parts: tuple[Interactions, Interactions]
) -> None:
    train, test = parts
    model = small_model().fit(train)
    found = evaluate(model, train, test)
    other = {"train": train, "test": test}[part][:]
    other.session_keys = [kind(key) for key in other.session_keys]
    assert evaluate(model, *({"train": train, "test": test} | {part: other}).values()) == found
    with pytest.warns(UserWarning, match="fitted on 100% of the events"):
        evaluate(small_model(epochs=1).fit(TEXT), *({"train": train, "test": test} | {part: other}).values())


def test_a_test_that_is_in_train_is_told(parts: tuple[Interactions, Interactions]) -> None:
    train, _ = parts
    model = small_model(epochs=1).fit(train)
    message = rf"all {len(train.items):,} events of test are in train too, .* such as leave_one_out parts"
    with pytest.raises(ValueError, match=message):
        evaluate(model, train, train)
    evaluate(small_model(epochs=1).fit(leave_one_out(train)[0]), *leave_one_out(train))  # the remedy
    for nothing in ([], [[], []]):
        with pytest.raises(ValueError, match="nothing is held out: test has no events"):
            evaluate(model, train, nothing)


@pytest.mark.filterwarnings("error")
def test_a_table_of_numbers_judges_a_model_of_text(parts: tuple[Interactions, Interactions]) -> None:
    train, test = parts
    model = small_model().fit(train)
    as_numbers = [
        Interactions.from_baskets([[int(str(item)) for item in basket] for basket in part]) for part in (train, test)
    ]
    assert evaluate(model, *as_numbers) == evaluate(model, train, test)


# ---- titles ----


def test_titles(by_text: Item2Vec, tmp_path: Path) -> None:
    made = copy.deepcopy(by_text)
    made.titles = {item: f"film {item}" for item in range(100, 120)}
    assert (made.title("100"), made.title(100), made.title("130")) == ("film 100", "film 100", "130")
    plain, titled = made.recommend(["100"], 30), made.recommend(["100"], 30, titled=True)
    assert titled == [(made.title(item), score) for item, score in plain]
    assert made.similar_items("100", 3, titled=True) == [(made.title(i), s) for i, s in made.similar_items("100", 3)]
    made.save(tmp_path / "m")
    loaded = Item2Vec.load(tmp_path / "m")
    assert loaded.titles == {str(item): f"film {item}" for item in range(100, 120)}
    assert loaded.partial_fit([["100", "500"]]).title("100") == "film 100"
    assert loaded.fit(TEXT).title("100") == "film 100"
    for bad in ({"100": 5}, {"100": float("nan")}, {"100": None}):
        with pytest.raises(TypeError, match="the title of '100' must be a str"):
            made.titles = bad  # type: ignore[assignment]
    with pytest.raises(TypeError, match="titles must be a dict"):
        made.titles = ["a"]  # type: ignore[assignment]
    made.titles["100"] = 5  # type: ignore[assignment]
    with pytest.raises(TypeError, match="the title of '100' must be a str"):
        made.save(tmp_path / "n")
    assert not (tmp_path / "n").exists()


def test_titles_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "u.item"
    path.write_bytes("1|Caf\xe9|1995\n2|Toy, Story|1995\n".encode("latin-1"))
    assert read_titles(path, sep="|", encoding="latin-1") == {"1": "Caf\xe9", "2": "Toy, Story"}
    made = small_model(epochs=1).fit([[1, 2], [2, 3]])
    made.titles = read_titles(path, sep="|", encoding="latin-1")
    assert made.title(2) == "Toy, Story"
    with pytest.raises(ValueError, match=r"u\.item, line 1: this is not UTF-8"):
        read_titles(path, sep="|")


# ---- names ----


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("size", "vector_size"),
        ("iter", "epochs"),
        ("factors", "vector_size"),
        ("iterations", "epochs"),
        ("seed", "random_state"),
        ("negativ", "negative"),
        ("Alpha", "alpha"),
        ("n_jobs", "workers"),
    ],
)
def test_names_that_do_not_exist_are_told_with_the_one_that_was_meant(name: str, meant: str) -> None:
    for call, ask, error in (
        ("Item2Vec", lambda **given: Item2Vec(**given), TypeError),
        ("Item2Vec.set_params", Item2Vec().set_params, ValueError),
    ):
        expected = rf"^{call}\(\) got an unexpected keyword argument '{name}'; did you mean '{meant}'\?$"
        with pytest.raises(error, match=expected):
            ask(**{name: 1})


@pytest.mark.parametrize(
    ("name", "meant"), [("user", "session"), ("rating", "weight"), ("timestamp", "time"), ("sessoin", "session")]
)
def test_names_of_columns(name: str, meant: str, tmp_path: Path) -> None:
    expected = rf"\(\) got an unexpected keyword argument '{name}'; did you mean '{meant}'\?$"
    with pytest.raises(TypeError, match=r"^Interactions\.from_table" + expected):
        Interactions.from_table({}, **{name: "x"})
    with pytest.raises(TypeError, match=r"^Interactions\.from_file" + expected):
        Interactions.from_file(tmp_path / "x.csv", **{name: "x"})
    with pytest.raises(TypeError, match="unexpected keyword argument 'delimiter'; did you mean 'sep'"):
        Interactions.from_file(tmp_path / "x.csv", delimiter=";")


def test_signatures_stay() -> None:
    assert list(inspect.signature(Item2Vec).parameters)[:2] == ["vector_size", "window"]
    assert "gap" in inspect.signature(Interactions.from_table).parameters
    with pytest.raises(TypeError, match="argument 'bogus'; it takes vector_size"):
        Item2Vec(bogus=1)  # type: ignore[call-arg]


def test_what_prints(by_text: Item2Vec) -> None:
    assert repr(Item2Vec(sg=1)) == "Item2Vec(sg=1)"
    assert repr(by_text).endswith("), fitted: 40 items, 600 sessions")
    assert repr(Interactions.from_baskets(TEXT)).startswith("Interactions(600 sessions, ")
