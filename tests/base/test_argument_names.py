"""Arguments of names that do not exist."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest

import fastemb
import fastemb.evaluate
import fastemb.items
import fastemb.layers
import fastemb.models
import fastemb.spaces
from fastemb.arguments import did_you_mean, names_arguments, nearest_name

# Loaded when first used, as they lie above their class; or called by fastemb rather than by people.
WITHOUT_HINTS = {"evaluate_word_analogies", "evaluate_word_pairs", "log_evaluate_word_pairs", "axis", "embed", "reduce"}
WITHOUT_HINTS |= {"add_lifecycle_event", "score_candidate", "score_item", "number"}
WITHOUT_HINTS |= {"Evaluation", "Alignment", "Judgement", "Axis", "Stability"}  # results


def public(owner: Any, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public functions, classes and methods of a module or a class, by name."""
    for name in getattr(owner, "__all__", None) or (name for name in dir(owner) if not name.startswith("_")):
        found = getattr(owner, name)
        if inspect.isclass(found) and not issubclass(found, tuple | Exception | dict):
            yield f"{prefix}{name}", found
            yield from public(found, f"{name}.")
        elif inspect.isroutine(found):
            yield f"{prefix}{name}", found


def parameters(called: Callable[..., Any]) -> list[str]:
    """The names of what it takes, without the object that it belongs to."""
    found = inspect.signature(called).parameters.values()
    return [one.name for one in found if one.name not in ("self", "cls") and one.kind != one.VAR_KEYWORD]


def hinted() -> dict[str, Callable[..., Any]]:
    """Those with so many parameters that a name is likely to be misspelt."""
    found = dict(
        chain.from_iterable(
            public(module)
            for module in (fastemb, fastemb.evaluate, fastemb.items, fastemb.layers, fastemb.models, fastemb.spaces)
        )
    )
    found = {
        name: called
        for name, called in found.items()
        if callable(called) and name.rpartition(".")[2] not in WITHOUT_HINTS and len(parameters(called)) >= 3
    }
    layers = {name: getattr(fastemb.layers, name) for name in fastemb.layers.__all__}  # all that take anything
    made = {name: layer for name, layer in layers.items() if inspect.isclass(layer) and parameters(layer)}
    return found | {name: layer for name, layer in made.items() if name != "OptimizerState"}


HINTED = hinted()


@pytest.mark.parametrize("name", HINTED)
def test_every_public_callable_says_which_argument_was_meant(name: str) -> None:
    called = HINTED[name]
    last = parameters(called)[-1]
    with pytest.raises(TypeError, match=rf"unexpected keyword argument '{last.upper()}'; did you mean '{last}'\?$"):
        called(**{last.upper(): 1})


def test_settings_by_the_names_of_other_libraries() -> None:
    with pytest.raises(TypeError, match=r"^Adam\(\) got .* 'learning_rate'; did you mean 'lr'\?"):
        fastemb.layers.Adam(learning_rate=0.1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^RowwiseAdagrad\(\) got .* 'epsilon'; did you mean 'eps'\?"):
        fastemb.layers.RowwiseAdagrad(epsilon=0.1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"'weight'; it takes lr$"):
        fastemb.layers.SGD(weight=0.1)  # type: ignore[call-arg]


def test_many_callables_are_looked_at() -> None:
    wanted = {"Word2Vec", "Word2Vec.train", "Corpus.from_csv", "KeyedVectors.most_similar", "load_vectors"}
    assert wanted | {"Item2Vec", "Interactions.from_table", "ItemIndex.search", "Phrases"} <= set(HINTED)


def options(first: int, *, second: int = 2, **more: int) -> tuple[int, int, dict[str, int]]:
    return first, second, more


def test_right_calls_are_as_before() -> None:
    called = names_arguments(more=["third"])(options)
    assert called(1, second=3, third=4) == (1, 3, {"third": 4})
    assert called(first=1) == (1, 2, {})
    assert inspect.signature(called) == inspect.signature(options)
    assert called.__doc__ is options.__doc__


@pytest.mark.parametrize(
    ("given", "end"),
    [
        ("secnd", "; did you mean 'second'?"),
        ("SECOND", "; did you mean 'second'?"),
        ("zweiter", "; did you mean 'second'?"),
        ("Zweiter", "; did you mean 'second'?"),
        ("thirdd", "; did you mean 'third'?"),
        ("gone", "; it takes first, second, third"),
        ("qqq", "; it takes first, second, third"),
    ],
)
def test_wrong_names(given: str, end: str) -> None:
    called = names_arguments({"zweiter": "second", "gone": "removed"}, ["third"])(options)
    with pytest.raises(TypeError) as caught:
        called(1, **{given: 1})
    assert str(caught.value) == f"options() got an unexpected keyword argument {given!r}{end}"


def test_names_that_are_meant() -> None:
    assert nearest_name("alhpa", ["alpha", "min_alpha"]) == ["alpha"]
    assert nearest_name("qqq", ["alpha"]) == []
    assert did_you_mean([]) == ""
    assert did_you_mean([3]) == "; did you mean 3?"
    assert did_you_mean(["a", "b"]) == "; did you mean 'a' or 'b'?"
