"""Arguments of Word2Vec, the readers and the callback beside gensim's; KeyedVectors has this in tests/vectors."""

import inspect
from typing import Any

import pytest

import fastemb

# Differences that are meant, by class and name: what gensim has and what fastemb has, in the order of the arguments.
ADDED = {
    ("Word2Vec", "__init__"): {"negatives_per_pair", "cbow_exact", "progress"},
    ("Word2Vec", "build_vocab"): {"min_count", "sample"},  # gensim: among **kwargs
    ("Word2Vec", "train"): {"progress"},
    ("Phrases", "__init__"): {"workers"},
}
DEFAULTS = {
    ("Word2Vec", "__init__", "workers"): (3, None),
    ("Word2Vec", "score", "total_sentences"): (1_000_000, None),
}
DROPPED = {("Word2Vec", "build_vocab"): {"kwargs"}, ("Word2Vec", "train"): {"kwargs"}}  # **kwargs for other methods
OWN = {
    (name, method) for name in ("Word2Vec", "Phrases", "FrozenPhrases") for method in ("save", "load")
}  # gensim: *args
CLASSES = [
    "Word2Vec",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "BrownCorpus",
    "CallbackAny2Vec",
    "Phrases",
    "FrozenPhrases",
]


def class_of_gensims(name: str) -> Any:
    module = {"CallbackAny2Vec": "callbacks", "Phrases": "phrases", "FrozenPhrases": "phrases"}.get(name, "word2vec")
    return getattr(pytest.importorskip(f"gensim.models.{module}"), name)


def arguments(function: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


def methods(one: Any, other: Any) -> list[str]:
    shared = [name for name in dir(one) if name == "__init__" or (not name.startswith("_") and hasattr(other, name))]
    return [name for name in shared if callable(getattr(one, name))]


@pytest.mark.parametrize("name", CLASSES)
def test_arguments_and_defaults_are_gensims_but_for_those_listed(name: str) -> None:
    theirs, ours = class_of_gensims(name), getattr(fastemb, name)
    for method in methods(theirs, ours):
        if (name, method) in OWN:
            continue
        there, here = arguments(getattr(theirs, method)), arguments(getattr(ours, method))
        dropped, added = DROPPED.get((name, method), set()), ADDED.get((name, method), set())
        assert dropped <= set(there)
        assert {argument for argument in here if argument not in there} == added, method
        assert all(here[argument].kind is inspect.Parameter.KEYWORD_ONLY for argument in added), method
        assert [a for a in there if a not in dropped] == [a for a in here if a not in added], method
        for argument in set(there) & set(here):
            pair = (there[argument].default, here[argument].default)
            assert pair == DEFAULTS.get((name, method, argument), (pair[0], pair[0])), (method, argument)
            assert there[argument].kind is here[argument].kind, (method, argument)


def test_save_and_load_take_a_path_first() -> None:
    for method in (fastemb.Word2Vec.save, fastemb.Word2Vec.load):
        required = [p for p in arguments(method).values() if p.default is p.empty and p.name != "self"]
        assert len(required) == 1
