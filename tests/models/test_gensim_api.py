"""What gensim's Word2Vec offers beyond training: growing vocabularies, scoring, prediction, readers, other names."""

import bz2
import copy
import gzip
import inspect
import os
import pickle
import re
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb
from fastemb import Corpus, FastText, LineSentence, PathLineSentences, Text8Corpus, Word2Vec
from fastemb.corpus.readers import BrownCorpus

SENTENCES = [["the", "cat", "sat"], ["the", "dog", "sat"], ["a", "cat", "and", "a", "dog"]] * 30
MORE = [["the", "bird", "sang"], ["a", "bird", "and", "the", "cat"]] * 20
OPTIONS: dict[str, Any] = {"vector_size": 11, "min_count": 1, "workers": 1, "epochs": 3, "sample": 0}


@pytest.fixture(params=[{"negative": 3}, {"hs": 1, "negative": 0}, {"hs": 1, "negative": 3}], ids=str)
def model(request: pytest.FixtureRequest) -> Word2Vec:
    return Word2Vec(SENTENCES, **OPTIONS, **request.param)


# ---- vocabulary ----


def test_an_update_adds_new_words_at_the_end_and_keeps_what_was_learned(model: Word2Vec) -> None:
    words, before = list(model.wv.index_to_key), model.wv.vectors.copy()
    counts = {word: model.wv.get_vecattr(word, "count") for word in words}
    outputs = model.syn1neg.copy() if model.negative else None
    model.build_vocab(MORE, update=True)
    assert model.wv.index_to_key == [*words, "bird", "sang"]
    assert np.array_equal(model.wv.vectors[: len(words)], before)
    assert model.wv.get_vecattr("cat", "count") == counts["cat"] + 20
    assert model.wv.get_vecattr("bird", "count") == 40
    assert np.abs(model.wv.vectors[len(words) :]).max() <= 1 / 11
    assert np.ptp(model.wv.vectors[len(words) :]) > 0
    if outputs is not None:
        assert np.array_equal(model.syn1neg[: len(words)], outputs)
        assert not model.syn1neg[len(words) :].any()
    fresh = model.wv["bird"].copy()
    model.train(MORE, total_examples=len(MORE), epochs=2)
    assert not np.array_equal(model.wv["bird"], fresh)


def test_an_update_without_new_words_changes_nothing(model: Word2Vec) -> None:
    model.min_count = 5
    words = list(model.wv.index_to_key)
    model.build_vocab([["some", "new", "words", "once"]], update=True)
    assert model.wv.index_to_key == words


def test_new_rows_do_not_repeat_the_first_random_rows() -> None:
    model = Word2Vec(**OPTIONS)
    model.build_vocab(SENTENCES)
    first = model.wv.vectors.copy()
    model.build_vocab(MORE, update=True)
    assert not np.isclose(model.wv["bird"], first).all(axis=1).any()


def test_one_factor_for_all_words_survives_an_update(model: Word2Vec) -> None:
    model.wv.vectors_lockf = np.array([0.5], np.float32)
    model.build_vocab(MORE, update=True)
    assert model.wv.vectors_lockf.tolist() == [0.5]


def test_an_update_applies_min_count_to_the_new_corpus_only(model: Word2Vec) -> None:
    model.min_count = 30
    model.build_vocab(MORE, update=True)
    assert "bird" in model.wv
    assert "sang" not in model.wv
    assert model.wv.get_vecattr("cat", "count") == 80  # 20 of them here, which would be too few for a new word


def test_new_words_of_an_update_come_as_they_occur_and_the_vectors_stay_the_same_object(model: Word2Vec) -> None:
    wv = model.wv
    wv.set_vecattr("cat", "kind", "animal")
    model.build_vocab([["late", "often", "often"]], update=True)
    assert model.wv is wv
    assert wv.index_to_key[-2:] == ["late", "often"]
    assert wv.get_vecattr("cat", "kind") == "animal"
    assert wv.get_vecattr("late", "kind") == 0
    assert wv.get_vecattr("often", "count") == 2
    model.build_vocab_from_freq({"cat": 5, "newest": 1}, update=True)
    assert (wv.get_vecattr("cat", "count"), wv.index_to_key[-1]) == (65, "newest")


def test_counting_and_choosing_in_two_calls() -> None:
    model, at_once = Word2Vec(**OPTIONS | {"min_count": 40}, hs=1), Word2Vec(**OPTIONS | {"min_count": 40}, hs=1)
    assert model.scan_vocab(SENTENCES) == (sum(map(len, SENTENCES)), 90)
    assert list(model.raw_vocab.items()) == [("the", 60), ("cat", 60), ("sat", 60), ("dog", 60), ("a", 60), ("and", 30)]
    for least, words in ((1, 6), (60, 5)):
        report = model.prepare_vocab(min_count=least, sample=0.01, dry_run=True)
        assert report["num_retained_words"] == words
        assert report["drop_unique"] == 6 - words
        assert report["retain_total"] == (330 if words == 6 else 300)
        assert 0 < report["downsample_total"] < report["retain_total"]
        assert report["downsample_unique"] == words
    assert len(model.wv) == 0
    assert (model.min_count, model.sample) == (40, 0)
    report = model.prepare_vocab()
    assert (report["drop_unique"], report["num_retained_words"]) == (1, 5)
    model.prepare_weights()
    assert model.raw_vocab == {}
    at_once.build_vocab(SENTENCES)
    model.train(SENTENCES)
    at_once.train(SENTENCES)
    assert np.array_equal(model.wv.vectors, at_once.wv.vectors)
    with pytest.raises(ValueError, match="call scan_vocab first"):
        model.prepare_vocab()


def test_min_count_and_sample_can_be_given_with_the_corpus() -> None:
    model = Word2Vec(**OPTIONS)
    model.build_vocab(SENTENCES, min_count=40, sample=0.5)
    assert len(model.wv) == 5
    assert (model.min_count, model.effective_min_count, model.sample) == (40, 40, 0.5)
    model.build_vocab([["rare"] * 3, ["once"]], update=True, min_count=2)
    assert model.wv.index_to_key[5:] == ["rare"]
    assert model.min_count == 40


def test_values_of_words_that_training_derives_from_counts(model: Word2Vec) -> None:
    model.sample = 0.05
    model.build_vocab([*SENTENCES, ["rare"]])
    assert set(model.wv.expandos) == {"count"}
    share = 0.05 * 331 / 60
    assert model.wv.get_vecattr("cat", "sample_int") == pytest.approx((share**0.5 + share) * (2**32 - 1), rel=1e-6)
    assert model.wv.get_vecattr("rare", "sample_int") == 2**32 - 1
    if not model.hs:
        with pytest.raises(KeyError):
            model.wv.get_vecattr("cat", "code")
        return
    paths = model._huffman_paths()
    for word in ("cat", "rare"):
        row = model.wv.get_index(word)
        own = slice(paths.offsets[row], paths.offsets[row + 1])
        assert np.array_equal(model.wv.get_vecattr(word, "point"), paths.nodes[own])
        assert np.array_equal(model.wv.get_vecattr(word, "code"), paths.codes[own])
    assert len(model.wv.get_vecattr("rare", "code")) > len(model.wv.get_vecattr("cat", "code"))


def test_derived_values_are_copied_and_not_saved(tmp_path: Path) -> None:
    model = Word2Vec(SENTENCES, **OPTIONS, hs=1)
    code = model.wv.get_vecattr("cat", "code").tolist()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.wv.get_vecattr("cat", "code").tolist() == code
    model.wv.save(tmp_path / "wv")
    assert set(fastemb.KeyedVectors.load(tmp_path / "wv").expandos) == {"count"}
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").wv.get_vecattr("cat", "code").tolist() == code


def test_what_happened_is_noted() -> None:
    model = Word2Vec(**OPTIONS)
    model.build_vocab(SENTENCES)
    model.train(SENTENCES)
    model.add_lifecycle_event("deployed", log_level=False, to="production")
    assert [event["event"] for event in model.lifecycle_events or ()] == [
        "created",
        "build_vocab",
        "train",
        "train",
        "deployed",
    ]
    assert (model.lifecycle_events or ())[-2]["pairs"] > 0
    model.lifecycle_events = None
    model.add_lifecycle_event("nothing")
    assert model.lifecycle_events is None


def test_an_empty_corpus_is_both_errors() -> None:
    for corpus, options in (([], {}), (SENTENCES, {"min_count": 1000})):
        for error in (ValueError, RuntimeError):
            with pytest.raises(error):
                Word2Vec(corpus, **OPTIONS | options)


def test_old_names(model: Word2Vec) -> None:
    with pytest.warns(DeprecationWarning, match="init_sims"):
        model.init_sims(replace=True)
    assert np.linalg.norm(model.wv.vectors, axis=1) == pytest.approx(np.ones(len(model.wv)), rel=1e-6)
    assert fastemb.models.keyedvectors.REAL is np.float32
    weak = fastemb.models.keyedvectors.pseudorandom_weak_vector
    one, again, other = weak(50, "seed", len), weak(50, "four", len), weak(50)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert one.dtype == np.float32
    assert np.abs(one).max() <= 0.01


def test_factors_of_frozen_words_survive_an_update(model: Word2Vec) -> None:
    model.wv.vectors_lockf = np.zeros(len(model.wv), dtype=np.float32)
    model.build_vocab(MORE, update=True)
    before = model.wv.vectors.copy()
    model.train(MORE, total_examples=len(MORE), epochs=1)
    assert np.array_equal(model.wv["cat"], before[model.wv.get_index("cat")])
    assert not np.array_equal(model.wv["bird"], before[model.wv.get_index("bird")])


@pytest.mark.parametrize("build", ["build_vocab", "build_vocab_from_freq"])
def test_an_update_needs_a_vocabulary(build: str) -> None:
    with pytest.raises(RuntimeError, match="no prior vocabulary"):
        getattr(Word2Vec(**OPTIONS), build)({"a": 1} if build.endswith("freq") else SENTENCES, update=True)


def test_counts_that_are_known_make_the_same_model_as_the_corpus() -> None:
    counted = {"the": 60, "cat": 60, "sat": 60, "dog": 60, "a": 60, "and": 30}
    one, two = Word2Vec(**OPTIONS), Word2Vec(**OPTIONS)
    one.build_vocab(SENTENCES)
    two.build_vocab_from_freq(counted, keep_raw_vocab=True, corpus_count=90)
    assert two.raw_vocab == counted
    assert (one.corpus_count, one.corpus_total_words) == (two.corpus_count, two.corpus_total_words) == (90, 330)
    one.train(SENTENCES)
    two.train(SENTENCES)
    assert one.wv.index_to_key == two.wv.index_to_key
    assert np.array_equal(one.wv.vectors, two.wv.vectors)


@pytest.mark.parametrize("bad", [{}, {"a": -1}])
def test_counts_that_make_no_sense_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="word_freq"):
        Word2Vec(**OPTIONS).build_vocab_from_freq(bad)


@pytest.mark.parametrize(
    ("word", "error", "message"),
    [
        (None, ValueError, r"a token is missing \(None\): put a word in its place"),
        (2**70, ValueError, "a token is 1180591620717411303424: integers must fit in 64 bits with sign; make it a str"),
        (1.5, TypeError, "tokens must be str or int, for a model to be saved, but one is the float 1.5: make them str"),
    ],
)
def test_counted_words_that_no_file_can_hold_are_refused(word: Any, error: type[Exception], message: str) -> None:
    model = Word2Vec(**OPTIONS)
    with pytest.raises(error, match=message):
        model.build_vocab_from_freq({"a": 3, word: 2})
    assert len(model.wv) == 0


def test_counts_can_update_a_vocabulary(model: Word2Vec) -> None:
    model.build_vocab_from_freq({"cat": 5, "fish": 2}, update=True)
    assert model.wv.get_vecattr("cat", "count") == 65
    assert model.wv.index_to_key[-1] == "fish"


def test_raw_counts_are_kept_on_request() -> None:
    model = Word2Vec(**{**OPTIONS, "min_count": 50})
    model.build_vocab(SENTENCES, keep_raw_vocab=True)
    assert model.raw_vocab == {"the": 60, "cat": 60, "sat": 60, "dog": 60, "a": 60, "and": 30}
    assert "and" not in model.wv
    model.build_vocab(SENTENCES)
    assert model.raw_vocab == {}


def test_max_vocab_size_keeps_exactly_the_most_frequent() -> None:
    model = Word2Vec([["a"] * 5 + ["b"] * 4 + ["c"] * 4 + ["d"]], **OPTIONS, max_vocab_size=2)
    assert model.wv.index_to_key == ["a", "b"]


def test_an_unsorted_vocabulary_is_in_order_of_appearance_and_learns() -> None:
    rare_first = [["rare", *sentence] for sentence in SENTENCES[:1]] + SENTENCES
    model = Word2Vec(rare_first, **OPTIONS, sorted_vocab=0, hs=1)
    assert model.wv.index_to_key[:3] == ["rare", "the", "cat"]
    lengths = np.diff(model._huffman_paths().offsets)
    assert lengths[0] == lengths.max()


def test_a_null_word_is_there_and_occurs_nowhere() -> None:
    with_null = Word2Vec(SENTENCES, **OPTIONS, null_word=1)
    assert with_null.wv.index_to_key[-1] == "\0"
    assert with_null.wv.get_vecattr("\0", "count") == 1


def test_reset_from_takes_the_vocabulary_and_forgets_the_vectors(model: Word2Vec) -> None:
    other = Word2Vec(**OPTIONS, hs=1, negative=2)
    other.reset_from(model)
    assert other.wv.index_to_key == model.wv.index_to_key
    assert not other.syn1neg.any()
    other.train(SENTENCES)
    assert other.syn1neg.any()


def test_memory_is_estimated_for_every_matrix(model: Word2Vec) -> None:
    report = model.estimate_memory(vocab_size=1000)
    parts = set(report) - {"total"}
    assert report["vectors"] == 1000 * OPTIONS["vector_size"] * 4
    assert ("syn1neg" in parts) == bool(model.negative)
    assert ("syn1" in parts) == bool(model.hs)
    assert report["total"] == sum(report[part] for part in parts)


# ---- questions ----


@pytest.mark.parametrize(("settings", "ngrams"), [({}, 40), ({"all_buckets": True}, 70), ({"max_n": 0}, 0)])
def test_memory_of_ngrams_is_estimated_for_words_that_are_not_there_yet(settings: dict[str, Any], ngrams: int) -> None:
    model = FastText(**{**OPTIONS, "vector_size": 8, "bucket": 70, **settings})
    assert model.estimate_memory(10)["input_vectors"] == 4 * 8 * (10 + ngrams)
    assert model.estimate_memory(1000)["input_vectors"] == 4 * 8 * (1000 + (70 if ngrams else 0))


def test_predicted_words_are_a_softmax_of_the_output_scores() -> None:
    model = Word2Vec(SENTENCES, **OPTIONS, cbow_mean=1)
    hidden = (model.wv["the"].astype(float) + model.wv["sat"]) / 2
    odds = np.exp(model.syn1neg.astype(float) @ hidden)
    expected = sorted(zip(odds / odds.sum(), model.wv.index_to_key, strict=True), reverse=True)
    answer = model.predict_output_word(["the", "sat", "unknown"], topn=3)
    assert answer is not None
    assert [word for word, _ in answer] == [word for _, word in expected[:3]]
    assert [odd for _, odd in answer] == pytest.approx([odd for odd, _ in expected[:3]], rel=1e-5)
    everything = model.predict_output_word(["the"], topn=None)
    assert everything is not None
    assert sum(odd for _, odd in everything) == pytest.approx(1)


@pytest.mark.parametrize("number", [0, -1, -100])
def test_predicting_less_than_one_word_gives_none(number: int) -> None:
    assert Word2Vec(SENTENCES, **OPTIONS).predict_output_word([SENTENCES[0][0]], topn=number) == []


def test_predicting_needs_known_words_and_negative_sampling() -> None:
    model = Word2Vec(SENTENCES, **OPTIONS)
    with pytest.warns(UserWarning, match="none of the given words"):
        assert model.predict_output_word(["unknown"]) is None
    with pytest.raises(RuntimeError, match="negative sampling"):
        Word2Vec(SENTENCES, **OPTIONS, hs=1, negative=0).predict_output_word(["the"])
    with pytest.raises(RuntimeError, match="first build vocabulary"):
        Word2Vec(**OPTIONS).predict_output_word(["the"])


@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("cbow_mean", [0, 1])
def test_a_sentence_scores_the_log_probability_of_its_paths(sg: int, cbow_mean: int) -> None:
    model = Word2Vec(SENTENCES, **OPTIONS, hs=1, negative=0, sg=sg, cbow_mean=cbow_mean, window=2)
    paths = model._huffman_paths()

    def log_probability(word: str, hidden: Any) -> float:
        row, total = model.wv.get_index(word), 0.0
        for at in range(paths.offsets[row], paths.offsets[row + 1]):
            score = float(model.syn1[paths.nodes[at]].astype(float) @ hidden)
            total -= np.log1p(np.exp(score if paths.codes[at] else -score))
        return total

    expected = 0.0
    sentence = ["the", "cat", "sat", "and"]
    for place, word in enumerate(sentence):
        context = [
            model.wv[near].astype(float)
            for near in sentence[max(0, place - 2) : place] + sentence[place + 1 : place + 3]
        ]
        if sg:
            expected += sum(log_probability(word, hidden) for hidden in context)
        else:
            expected += log_probability(word, sum(context) / (len(context) if cbow_mean else 1))
    scores = model.score([["the", "unknown", "cat", "sat", "and"], [], ["the"]], total_sentences=3)
    paths = model._huffman_paths()
    turns = int(np.diff(paths.offsets)[model.wv.key_to_index["the"]])
    alone = 0.0 if sg else turns * np.log(0.5)  # without a context CBOW takes each turn with a probability of 1/2
    assert scores == pytest.approx([expected, 0.0, alone], rel=1e-5)
    assert len(model.score(SENTENCES, total_sentences=2)) == 2


def test_scoring_needs_hierarchical_softmax() -> None:
    with pytest.raises(RuntimeError, match="hs=1"):
        Word2Vec(SENTENCES, **OPTIONS).score(SENTENCES)


def test_words_already_trained_on_count_for_the_learning_rate() -> None:
    model = Word2Vec(**OPTIONS)
    model.build_vocab(SENTENCES)
    model.train(SENTENCES, epochs=1, start_alpha=0.1, end_alpha=0.0, word_count=330)
    assert not model.syn1neg.any()
    assert model.min_alpha_yet_reached == 0.0
    with pytest.warns(UserWarning, match="no effect"):
        model.train(SENTENCES, epochs=1, queue_factor=3)
    assert model.train_count == 2


# ---- readers ----


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text"
    path.write_text("a b c\n\n d é\ne", encoding="utf-8")
    return path


def test_lines_are_read_again_and_again_and_cut_without_loss(text: Path) -> None:
    sentences = LineSentence(text)
    assert list(sentences) == list(sentences) == [["a", "b", "c"], ["d", "é"], ["e"]]
    assert list(LineSentence(str(text), max_sentence_length=2)) == [["a", "b"], ["c"], ["d", "é"], ["e"]]
    assert list(LineSentence(text, limit=2)) == [["a", "b", "c"]]
    with open(text, "rb") as file:
        again = LineSentence(file)
        assert list(again) == list(again) == list(sentences)
    assert list(LineSentence(["x y", b"z"])) == [["x", "y"], ["z"]]


def test_lines_of_a_pipe_are_read_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a b\nc\n")
    os.close(writing)
    with open(reading, "rb") as file:
        assert list(LineSentence(file)) == [["a", "b"], ["c"]]


def test_invalid_utf8_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(b"a b\n\nc \xff\n")
    for lines in (LineSentence(path), PathLineSentences(tmp_path)):
        with pytest.raises(ValueError, match="bad, line 3: invalid UTF-8"):
            list(lines)
    with open(path, "rb") as file, pytest.raises(ValueError, match="bad, line 3: invalid UTF-8"):
        list(LineSentence(file))
    for start in (b"", b"word " * (1 << 18)):
        path.write_bytes(start + b"c d\xff e")
        with pytest.raises(ValueError, match=f"bad, byte {len(start) + 3}: invalid UTF-8"):
            list(Text8Corpus(path))


@pytest.mark.parametrize("reader", [LineSentence, PathLineSentences, Text8Corpus])
def test_lengths_and_limits_are_checked_at_once(text: Path, reader: Any) -> None:
    for length, error in ((0, ValueError), (-1, ValueError), (2.5, TypeError), ("3", TypeError)):
        with pytest.raises(error, match="max_sentence_length must be"):
            reader(text, length)
    if reader is not Text8Corpus:
        assert list(reader(text, limit=0)) == []
        for limit, error in ((-1, ValueError), (1.0, TypeError)):
            with pytest.raises(error, match="limit must be"):
                reader(text, limit=limit)


def test_compressed_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.gz").write_bytes(gzip.compress(b"a b\n"))
    (tmp_path / "t.bz2").write_bytes(bz2.compress(b"c\n"))
    assert list(PathLineSentences(tmp_path)) == [["c"], ["a", "b"]]
    assert list(PathLineSentences(tmp_path / "t.gz")) == [["a", "b"]]
    with pytest.raises(ValueError, match="absent"):
        PathLineSentences(tmp_path / "absent")


def test_a_text_without_lines_is_cut_evenly(tmp_path: Path) -> None:
    words = [f"w{k}" for k in range(400_000)]
    (tmp_path / "text8").write_text(" ".join(words), encoding="utf-8")
    read = list(Text8Corpus(tmp_path / "text8", max_sentence_length=999))
    assert [word for sentence in read for word in sentence] == words
    assert {len(sentence) for sentence in read[:-1]} == {999}


def test_the_brown_corpus_is_read_with_short_tags(tmp_path: Path) -> None:
    (tmp_path / "ca01").write_text("The/at Fulton/np-tl 1/cd ,/, ``/`` x/y/z foo\n\nOR/Cc\n", encoding="utf-8")
    assert list(BrownCorpus(tmp_path)) == [["the/at", "fulton/np", "1/cd"], ["or/Cc"]]
    (tmp_path / "cb02").write_bytes(b"the/at\nf\xfflton/np\n")
    with pytest.raises(ValueError, match=f"{tmp_path / 'cb02'}, line 2: invalid UTF-8"):
        list(BrownCorpus(tmp_path))


def test_a_model_learns_from_a_reader(text: Path) -> None:
    corpus = Word2Vec(Corpus.from_file(text), **OPTIONS)
    lines = Word2Vec(LineSentence(text), **OPTIONS)
    assert np.array_equal(lines.wv.vectors, corpus.wv.vectors)


# ---- names ----


def test_gensims_modules_have_their_names_here() -> None:
    from fastemb.models import KeyedVectors, word2vec
    from fastemb.models.callbacks import CallbackAny2Vec
    from fastemb.models.keyedvectors import Word2VecKeyedVectors

    assert fastemb.models.Word2Vec is word2vec.Word2Vec is Word2Vec
    assert Word2VecKeyedVectors is KeyedVectors is fastemb.KeyedVectors
    assert word2vec.LineSentence is LineSentence

    class Counter(CallbackAny2Vec):
        def __init__(self) -> None:
            self.losses: list[float] = []

        def on_epoch_end(self, model: Any) -> None:
            self.losses.append(model.get_latest_training_loss())

    counter = Counter()
    Word2Vec(SENTENCES, **OPTIONS, compute_loss=True, callbacks=[counter])
    assert all(earlier < later for earlier, later in pairwise(counter.losses))
    assert len(counter.losses) == 3


# ---- names of gensim 3, and misspelt ones ----


@pytest.mark.parametrize(
    ("call", "given", "meant"),
    [
        ("__init__", "size", "vector_size"),
        ("__init__", "iter", "epochs"),
        ("__init__", "mincount", "min_count"),
        ("__init__", "window_size", "window"),
        ("__init__", "worker", "workers"),
        ("build_vocab", "sentences", "corpus_iterable"),
        ("train", "sentences", "corpus_iterable"),
        ("train", "iter", "epochs"),
        ("train", "total_example", "total_examples"),
    ],
)
def test_an_argument_of_another_name_says_which_was_meant(call: str, given: str, meant: str) -> None:
    method = Word2Vec if call == "__init__" else getattr(Word2Vec(SENTENCES, **OPTIONS), call)
    name = "Word2Vec" if call == "__init__" else f"Word2Vec.{call}"
    expected = rf"^{name}\(\) got an unexpected keyword argument '{given}'; did you mean '{meant}'\?$"
    with pytest.raises(TypeError, match=expected):
        method(**{given: 3})
    assert meant in inspect.signature(method).parameters


def test_an_argument_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'qqq'; it takes sentences, corpus_file,"):
        Word2Vec(qqq=1)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("old", "meant"),
    [
        ("most_similar", "wv.most_similar"),
        ("similarity", "wv.similarity"),
        ("vocab", "wv.key_to_index"),
        ("index2word", "wv.index_to_key"),
        ("key_to_index", "wv.key_to_index"),
        ("syn0", "wv.vectors"),
        ("iter", "epochs"),
        ("size", "vector_size"),
    ],
)
def test_an_attribute_of_gensim_3_says_what_to_use(old: str, meant: str) -> None:
    model = Word2Vec(SENTENCES, **OPTIONS)
    with pytest.raises(AttributeError, match=rf"'Word2Vec' object has no attribute '{old}'; use model\.{meant}$"):
        getattr(model, old)
    attrgetter(meant)(model)
    assert not hasattr(model, "something_else")


def test_a_model_is_no_table_of_vectors() -> None:
    model = Word2Vec(SENTENCES, **OPTIONS)
    for act in (lambda: model["the"], lambda: "the" in model, lambda: list(model)):
        with pytest.raises(TypeError, match=r"a Word2Vec model has no items: vectors by word are in model\.wv"):
            act()
    assert "the" in model.wv


def test_the_error_of_a_property_is_not_hidden() -> None:
    class Broken(Word2Vec):
        @property
        def broken(self) -> int:
            raise AttributeError("this one")

    with pytest.raises(AttributeError, match="this one"):
        Broken().broken  # noqa: B018
    with pytest.raises(AttributeError, match="this model has no syn1: it needs hs=1"):
        Word2Vec(SENTENCES, **OPTIONS).syn1  # noqa: B018


def test_the_representation_says_what_it_is() -> None:
    settings = OPTIONS | {"vector_size": 20, "epochs": 3}
    assert re.fullmatch(
        r"<Word2Vec: \d+ words, 20 dimensions, skip-gram, negative=5, hs=1, 3 epochs trained>",
        repr(Word2Vec(SENTENCES, **settings | {"sg": 1, "hs": 1})),
    )
    assert repr(Word2Vec(vector_size=20)) == "<Word2Vec: 0 words, 20 dimensions, CBOW, negative=5, not trained>"


def test_settings_assigned_as_text_count_as_numbers_in_questions() -> None:
    model = Word2Vec(SENTENCES, **OPTIONS, hs=1)
    asked = [SENTENCES[0], ["the", "cat"]]
    model.window, model.cbow_mean = 1, 0
    scores, odds = model.score(asked), model.predict_output_word(["the", "cat"])
    model.window, model.cbow_mean = "1", "0"  # type: ignore[assignment]
    assert (model.score(asked) == scores).all()
    assert model.predict_output_word(["the", "cat"]) == odds
