"""Settings that make no sense, and options that would be ignored, are refused by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from fastemb import (
    RULE_KEEP,
    CallbackAny2Vec,
    Corpus,
    Doc2Vec,
    FastText,
    Item2Vec,
    Node2Vec,
    TextClassifier,
    Vocabulary,
    Word2Vec,
    config,
)
from fastemb.classify.settings import ClassifierSettings
from fastemb.config import available_cpus
from fastemb.graphs.parameters import GraphParameters
from fastemb.items.parameters import Parameters
from fastemb.train.settings import Checked, DocumentSettings, Settings, SubwordSettings

OUT_OF_RANGE: list[tuple[str, Any]] = [
    *((name, value) for name in ("compute_loss", "null_word", "sorted_vocab") for value in ("no", 2, -1, None, "x")),
    ("vector_size", 0),
    ("vector_size", -5),
    ("vector_size", 2**24 + 1),
    ("window", 0),
    ("window", 2**64),
    ("min_count", -1),
    ("negative", -1),
    ("negative", 2**20 + 1),
    ("epochs", -1),
    ("seed", -1),
    ("seed", 2**64),
    ("workers", 0),
    ("workers", -2),
    ("workers", 5000),
    ("max_final_vocab", 0),
    ("sg", 2),
    ("hs", -1),
    ("cbow_mean", "yes"),
    ("shrink_windows", None),
    ("negatives_per_pair", 0.5),
    ("cbow_exact", 7),
    ("hs_exact", 7),
    ("alpha", -0.1),
    ("alpha", float("nan")),
    ("alpha", 10**400),
    ("min_alpha", float("inf")),
    ("sample", -1e-3),
    ("ns_exponent", float("nan")),
    ("ns_exponent", float("-inf")),
]
WRONG_TYPE: list[tuple[str, Any]] = [
    ("vector_size", "a hundred"),
    ("vector_size", "100.0"),
    ("vector_size", 100.5),
    ("vector_size", None),
    ("window", 2.5),
    ("window", float("nan")),
    ("min_count", [5]),
    ("epochs", 5.2),
    ("negative", None),
    ("seed", "one"),
    ("workers", 1.5),
    ("max_final_vocab", 1e6 + 0.5),
    ("alpha", "0,1"),
    ("alpha", None),
    ("sample", "all"),
    ("ns_exponent", [0.75]),
    ("ns_exponent", 1j),
]


WRONG_TYPE += [
    (name, value)
    for name, declared in Settings.declared().items()
    if declared.kind is float or getattr(Settings, name) is None or type(getattr(Settings, name)) is int
    for value in (True, False, np.True_)
    if name not in ("sg", "hs", "cbow_mean", "null_word", "sorted_vocab")
]


@pytest.mark.parametrize(("name", "value"), OUT_OF_RANGE)
def test_a_value_out_of_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be ") as caught:
        Word2Vec(**{name: value})
    assert repr(value) in str(caught.value)


# The least and the largest value, and the default.
WHOLE_NUMBERS: list[tuple[type[Settings], str, int, int, int | None]] = [
    (Settings, "vector_size", 1, 2**24, 100),
    (Settings, "window", 1, 2**63, 5),
    (Settings, "min_count", 0, 2**62, 5),
    (Settings, "seed", 0, 2**64 - 1, 1),
    (Settings, "negative", 0, 2**20, 5),
    (Settings, "epochs", 0, 2**40, 5),
    (Settings, "max_final_vocab", 1, 2**62, None),
    (Settings, "max_vocab_size", 1, 2**62, None),
    *((Settings, name, 0, 1, 0) for name in ("sg", "hs", "null_word")),
    *((Settings, name, 0, 1, 1) for name in ("cbow_mean", "sorted_vocab")),
    (SubwordSettings, "word_ngrams", 0, 1, 1),
    (SubwordSettings, "min_n", 0, 2**30, 3),
    (SubwordSettings, "max_n", 0, 2**30, 6),
    (SubwordSettings, "bucket", 0, 2**31 - 1, 2_000_000),
    (DocumentSettings, "window", 0, 2**63, 5),
    (DocumentSettings, "epochs", 0, 2**40, 10),
    (DocumentSettings, "dm_tag_count", 1, 2**16, 1),
    *((DocumentSettings, name, 0, 1, 0) for name in ("dbow_words", "dm_concat")),
]


@pytest.mark.parametrize(("kind", "name", "low", "high", "default"), WHOLE_NUMBERS)
def test_whole_numbers_reach_from_their_least_to_their_largest_value(
    kind: type[Settings], name: str, low: int, high: int, default: int | None
) -> None:
    check = kind.declared()[name].check
    assert getattr(kind(), name) == default
    assert [check(name, low), check(name, high)] == [low, high]
    for value in (low - 1, high + 1):
        with pytest.raises(ValueError, match=f"^{name} must be "):
            check(name, value)


@pytest.mark.parametrize(("name", "default"), [("alpha", 0.025), ("min_alpha", 0.0001), ("sample", 0.001)])
def test_rates_and_shares_reach_down_to_0(name: str, default: float) -> None:
    check = Settings.declared()[name].check
    assert getattr(Settings(), name) == default
    assert [check(name, 0), check(name, 0.5)] == [0.0, 0.5]
    with pytest.raises(ValueError, match=f"^{name} must be "):
        check(name, -1e-300)


def test_an_exponent_of_counts_may_be_below_0() -> None:
    assert Settings().ns_exponent == 0.75
    assert Settings.declared()["ns_exponent"].check("ns_exponent", -2) == -2.0


SWITCHES = {"shrink_windows": True, "negatives_per_pair": False, "cbow_exact": False, "hs_exact": False}
SWITCHES |= {"compute_loss": False, "deterministic": False, "all_buckets": False}


@pytest.mark.parametrize(("name", "default"), SWITCHES.items())
def test_switches_have_their_defaults(name: str, default: bool) -> None:
    assert getattr(SubwordSettings(), name) is default


@pytest.mark.parametrize(
    ("ngrams", "has"),
    [
        ({}, True),
        ({"word_ngrams": 0}, False),
        ({"bucket": 0}, False),
        ({"bucket": 1}, True),
        ({"max_n": 3}, True),
        ({"max_n": 2}, False),
        ({"min_n": 0, "max_n": 0}, False),
        ({"min_n": 0, "max_n": 1}, True),
    ],
)
def test_ngrams_are_there_unless_a_setting_leaves_none(ngrams: dict[str, int], has: bool) -> None:
    assert SubwordSettings(**ngrams).has_ngrams is has


def test_output_vectors_of_concatenation_have_all_that_lies_side_by_side() -> None:
    documents = DocumentSettings(vector_size=10, window=3, dm_concat=1, dm_tag_count=2)
    assert documents.layer1_size == 10 * (2 + 6)
    assert DocumentSettings(vector_size=10, window=3, dm_concat=1, sg=1).layer1_size == 10
    assert DocumentSettings(vector_size=10, window=3).layer1_size == Settings(vector_size=10).layer1_size == 10
    largest = DocumentSettings(vector_size=2**14, window=5, dm_concat=1, dm_tag_count=2**10 - 10)
    largest.check()
    largest.dm_tag_count += 1
    with pytest.raises(ValueError, match="makes output vectors of 16,793,600 numbers"):
        largest.check()


@pytest.mark.parametrize(("name", "value"), WRONG_TYPE)
def test_a_value_of_the_wrong_type_is_named(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be a (whole )?number, not "):
        Word2Vec(**{name: value})


def test_numpy_numbers_are_numbers() -> None:
    model = Word2Vec(
        [["a", "b"]] * 20,
        vector_size=np.int64(7),
        window=np.uint8(3),
        alpha=np.float32(0.1),
        seed=np.uint64(2**63),
        sg=np.True_,
        epochs=np.int32(2),
        workers=np.int16(1),
        sample=0,
    )
    assert model.wv.vectors.shape == (2, 7)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"negative": 0}, "nothing to train: set negative > 0 .* or hs=1"),
        ({"negatives_per_pair": True, "hs": 1, "negative": 0}, "negatives_per_pair applies to negative sampling"),
        ({"hs_exact": True}, r"hs_exact applies to hierarchical softmax \(hs=1\) only"),
        ({"cbow_exact": True, "sg": 1}, r"cbow_exact applies to CBOW \(sg=0\) only"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Word2Vec(**settings)


@pytest.mark.parametrize("option", [{"trim_rule": lambda *_: RULE_KEEP}, {"callbacks": [CallbackAny2Vec()]}])
def test_options_that_need_a_corpus_give_a_warning_without_one(option: dict[str, Any]) -> None:
    with pytest.warns(UserWarning, match="trim_rule and callbacks have no effect without a corpus"):
        Word2Vec(**option)


def test_what_is_unambiguous_is_taken_as_gensim_takes_it() -> None:
    model = Word2Vec(
        vector_size="7", window=5.0, sg="1", hs=True, negative=3.0, epochs=2.0, sample=None, alpha="0.1", workers="2"
    )
    taken = {name: getattr(model, name) for name in ("vector_size", "window", "sg", "hs", "negative", "epochs")}
    assert taken == {"vector_size": 7, "window": 5, "sg": 1, "hs": 1, "negative": 3, "epochs": 2}
    assert all(type(value) is int for value in taken.values())
    assert (model.sample, model.alpha, model.workers) == (0.0, 0.1, 2)


def test_workers_is_a_number_of_threads_whatever_was_asked_for() -> None:
    for all_of_them in (None, -1):
        assert Word2Vec(workers=all_of_them).workers == available_cpus()
    model = Word2Vec(workers=3)
    assert model.workers == 3
    model.workers = -1
    assert model.workers == available_cpus()
    with pytest.raises(ValueError, match="workers must be between 1 and"):
        model.workers = 0


@pytest.mark.parametrize("option", [{"hashfxn": len}, {"batch_words": 500}])
def test_an_option_without_effect_gives_a_warning_at_the_callers_line(option: dict[str, Any]) -> None:
    with pytest.warns(UserWarning, match="hashfxn and batch_words have no effect in fastemb") as caught:
        Word2Vec(**option)
    assert caught[0].filename == __file__


def test_settings_changed_after_construction_are_checked_again() -> None:
    model = Word2Vec(min_count=1)
    model.build_vocab([["a", "b"]])
    model.window = 0
    with pytest.raises(ValueError, match="window must be between 1"):
        model.train([["a", "b"]])
    model.window, model.alpha = 5, float("nan")
    with pytest.raises(ValueError, match="alpha must be a finite number"):
        model.train([["a", "b"]])
    with pytest.raises(ValueError, match="alpha must be a finite number"):
        model.build_vocab([["a", "b"]])


# Each model, the settings that its constructor repeats, and those that it makes of others. DeepWalk has other defaults.
CONSTRUCTORS: list[tuple[type, type[Checked], set[str]]] = [
    (Word2Vec, Settings, set()),
    (FastText, SubwordSettings, set()),
    (Doc2Vec, DocumentSettings, {"sg", "cbow_mean", "null_word"}),
    (Item2Vec, Parameters, set()),
    (Node2Vec, GraphParameters, set()),
    (TextClassifier, ClassifierSettings, set()),
]


@pytest.mark.parametrize(("model", "settings", "made"), CONSTRUCTORS)
def test_every_setting_is_an_argument_with_the_same_default(
    model: type, settings: type[Checked], made: set[str]
) -> None:
    parameters = inspect.signature(model).parameters
    defaults = settings().values()
    assert set(defaults) - set(parameters) == made
    for name in set(defaults) - made:
        assert parameters[name].default == defaults[name], name
        assert type(parameters[name].default) is type(defaults[name]), name


def test_arguments_have_gensims_order() -> None:
    names = list(inspect.signature(Word2Vec).parameters)
    assert names[:27] == [
        "sentences",
        "corpus_file",
        "vector_size",
        "alpha",
        "window",
        "min_count",
        "max_vocab_size",
        "sample",
        "seed",
        "workers",
        "min_alpha",
        "sg",
        "hs",
        "negative",
        "ns_exponent",
        "cbow_mean",
        "hashfxn",
        "epochs",
        "null_word",
        "trim_rule",
        "sorted_vocab",
        "batch_words",
        "compute_loss",
        "callbacks",
        "comment",
        "max_final_vocab",
        "shrink_windows",
    ]


@pytest.mark.parametrize("value", [True, np.False_, "many", float("nan"), 1.5])
def test_values_of_one_call_are_checked_alike(value: Any) -> None:
    model = Word2Vec(min_count=1, sample=0, vector_size=4)
    sentences = [["a", "b"]] * 5
    with pytest.raises((TypeError, ValueError), match="min_count"):
        model.build_vocab(sentences, min_count=value)
    model.build_vocab(sentences, min_count=1)
    for name in ("epochs", "word_count"):
        with pytest.raises((TypeError, ValueError), match=name):
            model.train(sentences, **{name: value})
    for name in ("start_alpha", "end_alpha", "total_words", "total_examples"):
        if value != 1.5:
            with pytest.raises((TypeError, ValueError), match=name):
                model.train(sentences, **{name: value})


@pytest.mark.parametrize("made", ["Word2Vec", "build_vocab", "train", "Item2Vec"])
def test_a_wrong_kernel_is_noticed_before_anything_is_read(made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unread() -> Iterator[list[str]]:
        raise AssertionError("read")
        yield []

    model = Word2Vec(min_count=1, vector_size=4)
    if made == "train":
        model.build_vocab([["a", "b"]])
    acts: dict[str, Callable[[], object]] = {
        "Word2Vec": lambda: Word2Vec(unread()),
        "build_vocab": lambda: model.build_vocab(unread()),
        "train": lambda: model.train(unread()),
        "Item2Vec": lambda: Item2Vec().fit(unread()),
    }
    monkeypatch.setenv("FASTEMB_ISA", "nonsense")
    config.isa.cache_clear()
    try:
        with pytest.raises(RuntimeError, match="FASTEMB_ISA='nonsense' is not a kernel of this build; use one of"):
            acts[made]()
    finally:
        monkeypatch.undo()
        config.isa.cache_clear()


@pytest.mark.parametrize("value", ["no", 2, -1])
def test_train_refuses_what_is_no_switch(value: Any) -> None:
    model = Word2Vec([["a", "b"]] * 20, min_count=1, sample=0, vector_size=2)
    with pytest.raises(ValueError, match="compute_loss must be 0 or 1"):
        model.train([["a", "b"]], total_examples=1, epochs=1, compute_loss=value)


@pytest.mark.parametrize("rule", ["x", 3, RULE_KEEP, {"a": RULE_KEEP}])
def test_a_trim_rule_is_a_function(rule: Any) -> None:
    sentences = [["a", "b"]] * 20
    for build in (
        lambda: Word2Vec(sentences, min_count=1, trim_rule=rule),
        lambda: Word2Vec().build_vocab(sentences, trim_rule=rule),
        lambda: Word2Vec().build_vocab_from_freq({"a": 9}, trim_rule=rule),
        lambda: Corpus.from_sentences(sentences, trim_rule=rule),
        lambda: Corpus.from_ids([1, 2], trim_rule=rule),
        lambda: Corpus.from_sentences(sentences).select(trim_rule=rule),
        lambda: Vocabulary.merged([Corpus.from_sentences(sentences).vocabulary], trim_rule=rule),
    ):
        with pytest.raises(TypeError, match="trim_rule must be a function of word, count and min_count"):
            build()
