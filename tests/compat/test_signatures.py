"""Arguments of every public method beside gensim's, as they were recorded in tests/peers/gensim."""

import inspect
from typing import Any

import pytest
from peers import recorded
from peers.gensim.questions import signatures

import fastemb

# Differences that are meant, by class and name: what gensim has and what fastemb has, in the order of the arguments.
ADDED = {
    ("Word2Vec", "__init__"): {
        "negatives_per_pair",
        "cbow_exact",
        "hs_exact",
        "progress",
        "checkpoint",
        "checkpoint_every",
        "init_vectors",
        "deterministic",
    },
    ("Doc2Vec", "__init__"): {  # the first in gensim among **kwargs
        *("alpha", "min_count", "max_vocab_size", "sample", "seed", "workers", "min_alpha", "hs", "negative"),
        *("ns_exponent", "hashfxn", "sorted_vocab", "batch_words", "compute_loss", "max_final_vocab"),
        *(
            "negatives_per_pair",
            "cbow_exact",
            "hs_exact",
            "progress",
            "checkpoint",
            "checkpoint_every",
            "deterministic",
        ),
    },
    ("Doc2Vec", "build_vocab"): {"min_count", "sample", "init_vectors"},  # refused, with what to do
    ("Word2Vec", "build_vocab"): {"min_count", "sample", "init_vectors"},  # the first two: in gensim among **kwargs
    ("Word2Vec", "train"): {"progress", "checkpoint", "checkpoint_every"},
    ("Phrases", "__init__"): {"workers"},
    ("KeyedVectors", "most_similar"): {"where", "metric", "workers"},
}
DEFAULTS = {
    ("Word2Vec", "__init__", "workers"): ("3", "None"),
    ("Word2Vec", "score", "total_sentences"): ("1000000", "None"),
    ("Word2Vec", "train", "compute_loss"): ("False", "None"),
    ("Doc2Vec", "score", "total_sentences"): ("1000000", "None"),
}
DROPPED = {  # **kwargs for other methods
    pair: {"kwargs"}
    for pair in (
        ("Word2Vec", "build_vocab"),
        ("Word2Vec", "train"),
        ("Doc2Vec", "__init__"),
        ("Doc2Vec", "build_vocab"),
    )
}
OWN = {
    (name, method) for name in ("Word2Vec", "Doc2Vec", "Phrases", "FrozenPhrases") for method in ("save", "load")
}  # gensim: *args
OWN |= {("KeyedVectors", name) for name in ("save", "word_vec", "similarity_unseen_docs")}  # gensim: *args, **kwargs
OWN |= {("TaggedDocument", "__init__")}  # a named tuple is made by __new__
OWN |= {("Doc2Vec", name) for name in ("scan_vocab", "train")}  # as those of Word2Vec: with workers and compute_loss
PREFIX = "arguments: "
RECORDED = {name.removeprefix(PREFIX): it for name, it in recorded("gensim")["answers"].items() if PREFIX in name}


def test_every_class_is_recorded() -> None:
    assert set(RECORDED) <= set(fastemb.__all__)
    assert len(RECORDED) == 12


@pytest.mark.parametrize("name", RECORDED)
def test_arguments_and_defaults_are_gensims_but_for_those_listed(name: str) -> None:
    for method, theirs in RECORDED[name].items():
        if (name, method) in OWN or not hasattr(getattr(fastemb, name), method):  # absent: see test_names_table
            continue
        there = {argument: (kind, default) for argument, kind, default in theirs}
        here = {argument: (kind, default) for argument, kind, default in ours(name)[method]}
        dropped, added = DROPPED.get((name, method), set()), ADDED.get((name, method), set())
        assert dropped <= set(there)
        assert {argument for argument in here if argument not in there} == added, method
        assert all(here[argument][0] == "KEYWORD_ONLY" for argument in added), method
        assert [a for a in there if a not in dropped] == [a for a in here if a not in added], method
        for argument in set(there) & set(here):
            (kind, default), (our_kind, our_default) = there[argument], here[argument]
            assert (default, our_default) == DEFAULTS.get((name, method, argument), (default, default)), method
            assert kind == our_kind, (method, argument)


def ours(name: str) -> dict[str, list[list[str]]]:
    return signatures(getattr(fastemb, name))


def test_save_and_load_take_a_path_first() -> None:
    for method in (fastemb.Word2Vec.save, fastemb.Word2Vec.load):
        parameters: Any = inspect.signature(method).parameters
        required = [p for p in parameters.values() if p.default is p.empty and p.name != "self"]
        assert len(required) == 1
