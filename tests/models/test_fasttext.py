"""FastText: words and their n-grams, unseen words, growth, files."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.harness import alias_table, together
from reference.oracle import Model, keep_thresholds, train

from fastemb import CallbackAny2Vec, EarlyStopping, FastText, KeyedVectors, Word2Vec
from fastemb.config import isa
from fastemb.io.formats.fasttext_subwords import subword_rows
from fastemb.models.fasttext import FastTextKeyedVectors

STEMS = ("walk", "jump", "read", "paint", "climb", "laugh")
ENDINGS = {"": "they", "s": "she", "ed": "yesterday", "ing": "now"}
SETTINGS: dict[str, Any] = {
    "vector_size": 12,
    "min_count": 1,
    "sample": 0.0,
    "workers": 1,
    "epochs": 3,
    "bucket": 5000,
    "progress": False,
}


def sentences(count: int = 600, left_out: str = "") -> list[list[str]]:
    """The ending of a verb decides the word beside it."""
    rng = np.random.default_rng(1)
    made = []
    for _ in range(count):
        stem, (ending, beside) = STEMS[rng.integers(len(STEMS))], list(ENDINGS.items())[rng.integers(len(ENDINGS))]
        made.append([beside, stem + ending, "the", stem + "er"])
    return [sentence for sentence in made if left_out not in sentence or not left_out]


def fitted(**options: Any) -> FastText:
    return FastText(sentences(), **SETTINGS | options)


# ---- learning ----


@pytest.mark.parametrize("sg", [0, 1])
def test_a_model_learns_what_the_oracle_learns(sg: int) -> None:
    options = SETTINGS | {"sample": 0.05, "epochs": 1, "sg": sg, "seed": 3, "alpha": 0.02, "min_alpha": 0.02}
    corpus = sentences(60)
    model = FastText(**options)
    model.build_vocab(corpus)
    words, counts = model.wv.index_to_key, model.wv.expandos["count"]
    numbers, offsets = subword_rows([word.encode() for word in words], 3, 6, 5000)
    assert model.wv.buckets is not None
    row = {bucket: len(words) + at for at, bucket in enumerate(model.wv.buckets.tolist())}
    bags = [[at, *[row[n] for n in numbers[offsets[at] : offsets[at + 1]].tolist()]] for at in range(len(words))]
    oracle = Model(model.wv.input_vectors.astype(np.float64), seed=3, sg=bool(sg), bags=bags, negative=5)
    oracle.together = together(isa())
    oracle.keep = keep_thresholds(counts, 0.05).tolist()
    oracle.out_ns, oracle.noise = np.zeros((len(words), 12)), alias_table(counts**0.75).tolist()
    before = oracle.inputs.copy()
    model.train(corpus)
    ids = [[model.wv.key_to_index[word] for word in sentence] for sentence in corpus]
    total = sum(map(len, ids))
    for begin in range(0, total, 256):
        train(oracle, ids, 0, 0.02, begin, min(begin + 256, total))
    np.testing.assert_allclose(model.wv.input_vectors, oracle.inputs, atol=1e-5)
    np.testing.assert_allclose(model.syn1neg, oracle.out_ns, atol=1e-5)
    assert np.abs(oracle.inputs - before).max() > 1e-3
    means = [oracle.inputs[bag].mean(axis=0) for bag in bags]
    np.testing.assert_allclose(model.wv.vectors, means, atol=1e-5)


@pytest.mark.parametrize("options", [{"sg": 1}, {"sg": 0}, {"sg": 1, "hs": 1, "negative": 0}])
def test_unseen_words_lie_beside_words_of_their_ending(options: dict[str, Any]) -> None:
    words = sentences(3000)
    model = FastText(words, **SETTINGS | options | {"epochs": 10, "alpha": 0.05, "window": 1, "min_n": 2})
    for ending, other in (("ing", "ed"), ("ed", "ing")):
        own = model.wv.n_similarity([f"swimm{ending}"], [stem + ending for stem in STEMS])
        assert own > model.wv.n_similarity([f"swimm{ending}"], [stem + other for stem in STEMS])


@pytest.mark.parametrize("none", [{"word_ngrams": 0}, {"max_n": 0, "all_buckets": True}, {"min_n": 7}, {"bucket": 0}])
@pytest.mark.parametrize("sg", [0, 1])
def test_without_ngrams_it_is_word2vec_bit_for_bit(none: dict[str, Any], sg: int) -> None:
    model = fitted(sg=sg, **none)
    options = {name: value for name, value in SETTINGS.items() if name != "bucket"}
    assert model.estimate_memory()["input_vectors"] == model.wv.input_vectors.nbytes == model.wv.vectors.nbytes
    assert np.array_equal(model.wv.vectors, Word2Vec(sentences(), sg=sg, **options).wv.vectors)
    assert "swimming" not in model.wv
    with pytest.raises(KeyError, match="Key 'swimming' not present"):
        model.wv["swimming"]


@pytest.mark.parametrize("options", [{"sg": 1}, {"sg": 0}, {"sg": 1, "hs": 1, "negative": 0}])
def test_deterministic_training_learns_the_same_with_any_number_of_threads(options: dict[str, Any]) -> None:
    one, three = (fitted(deterministic=True, **options | {"workers": workers}) for workers in (1, 3))
    assert np.array_equal(one.wv.input_vectors, three.wv.input_vectors)
    assert np.array_equal(one.wv.vectors, three.wv.vectors)
    before = FastText(**SETTINGS | options)
    before.build_vocab(sentences())
    assert np.abs(one.wv.input_vectors - before.wv.input_vectors).max() > 0.01
    assert np.isfinite(one.wv.input_vectors).all()


def test_every_bucket_or_those_that_occur() -> None:
    few, every = fitted(), fitted(all_buckets=True)
    assert every.wv.buckets is None
    assert few.wv.buckets is not None
    assert every.wv.vectors_ngrams.shape == (5000, 12)
    assert few.wv.vectors_ngrams.shape == (len(few.wv.buckets), 12)
    assert len(few.wv.buckets) < 500
    numbers, _ = subword_rows([word.encode() for word in few.wv.index_to_key], 3, 6, 5000)
    assert set(few.wv.buckets.tolist()) == set(numbers.tolist())
    assert few.estimate_memory()["input_vectors"] == few.wv.input_vectors.nbytes
    assert every.estimate_memory()["input_vectors"] == every.wv.input_vectors.nbytes


def test_callbacks_see_vectors_of_the_epoch() -> None:
    seen = []

    class Look(CallbackAny2Vec):
        def on_epoch_end(self, model: FastText) -> None:
            rows = model.wv.buckets_word[0] + len(model.wv)
            mean = np.concatenate([model.wv.input_vectors[:1], model.wv.input_vectors[rows]]).mean(axis=0)
            np.testing.assert_allclose(model.wv.vectors[0], mean, atol=1e-6)
            seen.append(mean)

    fitted(callbacks=[Look()])
    assert len(seen) == 3
    assert not np.allclose(seen[0], seen[2])


def test_the_best_epoch_comes_back_with_its_rows() -> None:
    scores = iter([1.0, 5.0, 4.0])
    kept: list[np.ndarray] = []

    def score(model: FastText) -> float:
        kept.append(model.wv.input_vectors.copy())
        return next(scores)

    model = fitted(callbacks=[EarlyStopping(score, mode="max", restore_best=True)])
    assert len(kept) == 3
    assert np.array_equal(model.wv.input_vectors, kept[1])
    vectors = model.wv.vectors.copy()
    model.wv.adjust_vectors()
    assert np.array_equal(model.wv.vectors, vectors)
    assert 0 < model.held_out_loss(sentences(40)) < 1


@pytest.mark.parametrize("name", ["vectors_vocab_lockf", "vectors_ngrams_lockf"])
@pytest.mark.parametrize("whole", [True, False])
def test_locked_rows_stay(name: str, whole: bool) -> None:
    model = FastText(**SETTINGS)
    model.build_vocab(sentences())
    locked, other = ("vectors_vocab", "vectors_ngrams")[:: 1 if "vocab" in name else -1]
    rows = len(getattr(model.wv, locked))
    setattr(model.wv, name, np.zeros(1 if whole else rows, np.float32))
    before, others = getattr(model.wv, locked).copy(), getattr(model.wv, other).copy()
    model.train(sentences())
    assert np.array_equal(getattr(model.wv, locked), before)
    assert not np.allclose(getattr(model.wv, other), others)
    for wrong, error, message in (
        (np.zeros(rows + 1), ValueError, f"has {rows + 1} entries; it takes 1 or one for each of {rows} rows of wv"),
        (-1, ValueError, "must be factors from 0"),
        ("0", TypeError, "must be numbers"),
    ):
        with pytest.raises(error, match=f"wv.{name} {message}"):
            setattr(model.wv, name, wrong)
    vars(model.wv)[name] = np.zeros(rows + 1, np.float32)
    with pytest.raises(
        ValueError, match=rf"wv.{name} has {rows + 1} entries; it takes 1 or one for each of {rows} rows"
    ):
        model.train(sentences())


def test_factors_of_vectors_that_are_made_of_rows_are_refused_and_the_remedy_works() -> None:
    model = FastText(sentences(), **SETTINGS)
    model.wv.vectors_lockf = np.ones(1)
    with pytest.raises(ValueError, match=r"no effect: .* set vectors_vocab_lockf, vectors_ngrams_lockf or both"):
        model.wv.vectors_lockf = np.zeros(1)
    before = model.wv.vectors.copy()
    model.wv.vectors_vocab_lockf = model.wv.vectors_ngrams_lockf = np.zeros(1)
    model.train(sentences())
    assert (model.wv.vectors == before).all()


# ---- words ----


def test_new_words_join_and_what_is_known_stays() -> None:
    model = FastText(sentences(left_out="now"), **SETTINGS)
    before = {word: model.wv.vectors_vocab[row].copy() for word, row in model.wv.key_to_index.items()}
    ngrams, buckets = model.wv.vectors_ngrams.copy(), model.wv.buckets
    assert buckets is not None
    factors = np.arange(len(ngrams), dtype=np.float32)
    model.wv.vectors_ngrams_lockf = factors
    model.build_vocab([["now", "yodelling"]] * 3, update=True)
    assert "yodelling" in model.wv.key_to_index
    assert all(np.array_equal(model.wv.vectors_vocab[model.wv.key_to_index[word]], row) for word, row in before.items())
    assert model.wv.buckets is not None
    places = {bucket: row for row, bucket in enumerate(model.wv.buckets.tolist())}
    rows = [places[bucket] for bucket in buckets.tolist()]
    assert np.array_equal(model.wv.vectors_ngrams[rows], ngrams)
    assert np.array_equal(model.wv.vectors_ngrams_lockf[rows], factors)
    assert len(model.wv.buckets) > len(buckets)
    model.wv.vectors_ngrams_lockf = np.ones(1, np.float32)
    model.train([["now", "yodelling"]] * 30, total_examples=30, epochs=2)
    assert model.wv.similarity("now", "yodelling") > -1


@pytest.mark.parametrize("all_buckets", [False, True])
def test_rows_of_words_are_those_that_their_spelling_gives(all_buckets: bool, tmp_path: Path) -> None:
    fresh = fitted(all_buckets=all_buckets, epochs=1)
    grown = copy.deepcopy(fresh)
    grown.build_vocab([["jumpily", "the", "walkers"]], update=True)
    fresh.save(tmp_path / "m")
    for model in (fresh, grown, FastText.load(tmp_path / "m")):
        bags = model.wv.bags()
        model.wv.recalc_char_ngram_buckets()
        anew = model.wv.bags()
        assert anew is not bags
        np.testing.assert_array_equal(bags.offsets, anew.offsets)
        np.testing.assert_array_equal(bags.rows, anew.rows)
        assert bags.count == anew.count == len(model.wv.input_vectors)


def test_words_that_were_sorted_keep_their_rows() -> None:
    model = fitted(sorted_vocab=0, epochs=1)
    before = {
        word: (model.wv[word].copy(), model.wv.vectors_vocab[row].copy()) for word, row in model.wv.key_to_index.items()
    }
    model.wv.sort_by_descending_frequency()
    assert list(model.wv.expandos["count"]) == sorted(model.wv.expandos["count"], reverse=True)
    for word, row in model.wv.key_to_index.items():
        assert np.array_equal(model.wv[word], before[word][0])
        assert np.array_equal(model.wv.vectors_vocab[row], before[word][1])
    model.wv.adjust_vectors()
    np.testing.assert_allclose(model.wv["walking"], before["walking"][0], atol=1e-6)
    model.train(sentences(), epochs=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bucket": -1}, "bucket must be"),
        ({"min_n": -1}, "min_n must be"),
        ({"word_ngrams": 2}, "word_ngrams"),
        ({"bucket": 2**31}, "bucket must be"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FastText(**SETTINGS | options)


def test_a_misspelt_argument_is_named() -> None:
    with pytest.raises(TypeError, match=r"minn.*min_n"):
        FastText(minn=3)


@pytest.mark.parametrize(("name", "value"), [("bucket", 77), ("min_n", 2), ("max_n", 5), ("word_ngrams", 0)])
@pytest.mark.parametrize("of_wv", [False, True])
def test_ngrams_that_were_changed_later_are_refused(name: str, value: int, of_wv: bool, tmp_path: Path) -> None:
    if of_wv and name == "word_ngrams":
        pytest.skip("it is the model's")
    model = fitted(epochs=1)
    setattr(model.wv if of_wv else model, name, value)
    for call in (
        lambda: model.train(sentences()),
        lambda: model.save(tmp_path / "model"),
        lambda: model.build_vocab([["a", "b"]], update=True),
    ):
        with pytest.raises(ValueError, match=r"cannot be changed once the vocabulary is built: model.wv has min_n="):
            call()
    if not of_wv:  # the remedy
        model.build_vocab(sentences())
        model.train(sentences())


def test_vectors_of_words_alone_do_not_join() -> None:
    with pytest.raises(ValueError, match="read a model of fastText with load_facebook_model"):
        fitted(epochs=1).wv.intersect_word2vec_format("vectors.txt")


def test_vectors_to_start_from_are_refused() -> None:
    given = KeyedVectors._from_arrays(["the"], np.ones((1, 12), np.float32))
    with pytest.raises(ValueError, match="init_vectors are those of words, which are made of rows here"):
        FastText(**SETTINGS).build_vocab(sentences(), init_vectors=given)


def test_a_model_of_ours_is_none_of_gensims() -> None:
    model = fitted(epochs=1)
    with pytest.raises(TypeError, match="this is a FastText of fastemb already"):
        FastText.from_gensim(model)
    assert np.array_equal(copy.deepcopy(model).wv["unheard"], model.wv["unheard"])
    with pytest.raises(TypeError, match=r"takes a gensim.models.FastText or the path of one, not int"):
        FastText.from_gensim(3)


def test_wv_must_have_ngrams() -> None:
    model = fitted(epochs=1)
    before = model.wv
    with pytest.raises(ValueError, match=r"model.wv must be FastTextKeyedVectors, not KeyedVectors"):
        model.wv = KeyedVectors._from_arrays(model.wv.index_to_key, model.wv.vectors)  # type: ignore[assignment]
    assert model.wv is before
    model.wv = copy.deepcopy(before)
    model.train(sentences())


@pytest.mark.parametrize(
    ("name", "message"), [("input_vectors", "rows of words in input_vectors"), ("vectors", "wv.vectors")]
)
def test_matrices_of_other_shapes_are_refused(name: str, message: str, tmp_path: Path) -> None:
    model = fitted(epochs=1)
    setattr(model.wv, name, np.zeros((3, 12), np.float32))
    with pytest.raises(ValueError, match=message):
        model.save(tmp_path / "model")


def test_nan_in_the_row_of_an_ngram_is_refused() -> None:
    model = fitted(epochs=1)
    model.wv.vectors_ngrams[2] = np.nan
    with pytest.raises(ValueError, match=r"wv.input_vectors holds NaN .* \(of an n-gram\)"):
        model.train(sentences())


# ---- files ----


def test_a_saved_model_goes_on_as_it_would_have(tmp_path: Path) -> None:
    model = fitted(sg=1, min_n=2, max_n=4)
    model.save(tmp_path / "model")
    loaded = FastText.load(tmp_path / "model")
    loaded.workers = 1
    assert (loaded.min_n, loaded.max_n, loaded.bucket) == (2, 4, 5000)
    assert (loaded.wv.min_n, loaded.wv.max_n, loaded.wv.bucket) == (2, 4, 5000)
    assert np.array_equal(loaded.wv["unheard"], model.wv["unheard"])
    for each in (model, loaded):
        each.train(sentences(), epochs=1)
    assert np.array_equal(loaded.wv.input_vectors, model.wv.input_vectors)
    assert np.array_equal(loaded.wv.vectors, model.wv.vectors)


def test_a_checkpoint_is_a_model_whose_vectors_are_those_of_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"

    class Stop(CallbackAny2Vec):
        def on_epoch_end(self, model: FastText) -> None:
            model.save_checkpoint(path)

    whole = fitted(sg=1, callbacks=[Stop()])
    loaded = FastText.load(path)
    vectors = loaded.wv.vectors.copy()
    loaded.wv.adjust_vectors()
    assert np.array_equal(loaded.wv.vectors, vectors)
    assert np.array_equal(KeyedVectors.load(path)["walking"], vectors[loaded.wv.key_to_index["walking"]])
    again = FastText.resume(path, sentences(), progress=False)
    assert np.array_equal(again.wv.input_vectors, whole.wv.input_vectors)


def test_files_of_other_models_are_refused_by_name(tmp_path: Path) -> None:
    Word2Vec(sentences(), min_count=1, vector_size=4).save(tmp_path / "words")
    fitted(epochs=1).save(tmp_path / "subwords")
    with pytest.raises(ValueError, match=r"holds no FastText model; it is a Word2Vec model: Word2Vec.load reads it"):
        FastText.load(tmp_path / "words")
    with pytest.raises(ValueError, match=r"holds no Word2Vec model; it is a FastText model: FastText.load reads it"):
        Word2Vec.load(tmp_path / "subwords")
    with pytest.raises(ValueError, match=r"holds vectors without n-grams: read it with KeyedVectors.load"):
        FastTextKeyedVectors.load(tmp_path / "words")


# ---- vectors alone ----


def test_vectors_keep_their_ngrams_in_files_copies_and_pickles(tmp_path: Path) -> None:
    wv = fitted(epochs=1).wv
    wv.save(tmp_path / "vectors")
    wv.save(tmp_path / "again")
    for other in (
        FastTextKeyedVectors.load(tmp_path / "vectors"),
        pickle.loads(pickle.dumps(wv)),
        copy.copy(wv),
        copy.deepcopy(wv),
    ):
        assert np.array_equal(other["unheard"], wv["unheard"])
        assert np.array_equal(other["walking"], wv["walking"])
        assert np.array_equal(other.input_vectors, wv.input_vectors)
    assert np.array_equal(KeyedVectors.load(tmp_path / "vectors")["walking"], wv["walking"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("min_n", -1), ("bucket", "many"), ("buckets", np.zeros(3)), ("input_vectors", np.zeros((2, 12), np.float32))],
)
def test_damaged_files_of_vectors_are_refused(name: str, value: Any, tmp_path: Path) -> None:
    wv = fitted(epochs=1).wv
    vars(wv)[name] = value
    wv.save(tmp_path / "vectors")
    with pytest.raises(ValueError, match="damaged n-grams"):
        FastTextKeyedVectors.load(tmp_path / "vectors")


def test_vectors_of_unseen_words_are_the_means_of_known_ngrams() -> None:
    wv = fitted(epochs=1).wv
    numbers = subword_rows([b"walkinger"], 3, 6, 5000)[0].tolist()
    assert wv.buckets is not None
    rows = [np.flatnonzero(wv.buckets == number)[0] for number in numbers if number in wv.buckets]
    assert 0 < len(rows) < len(numbers)
    np.testing.assert_allclose(wv["walkinger"], wv.vectors_ngrams[rows].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(wv.get_vector("walkinger", norm=True)), 1.0, rtol=1e-5)
    assert not wv["walkinger"].flags.writeable
    assert np.array_equal(wv[["walkinger", "walking", "qqq"]], [wv["walkinger"], wv["walking"], np.zeros(12)])
    assert wv[[]].shape == (0, 12)


def test_questions_take_unseen_words() -> None:
    wv = fitted(epochs=1).wv
    assert "walkinger" in wv
    assert "walkinger" not in wv.key_to_index
    assert 3 not in wv or wv.has_index_for(3)
    found = wv.most_similar("walkinger", topn=3)
    assert [word for word, _ in found] == [word for word, _ in wv.similar_by_vector(wv["walkinger"], topn=3)]
    assert wv.similarity("walkinger", "walking") == pytest.approx(wv.similarity("walking", "walkinger"))
    assert wv.distance("walkinger", "walking") == pytest.approx(1 - wv.similarity("walkinger", "walking"))
    assert wv.doesnt_match(["walkinger", "walking", "the"]) in ("walkinger", "walking", "the")
    assert wv.vectors_for_all(["walkinger", "walking"]).index_to_key == ["walkinger", "walking"]
    with pytest.raises(KeyError):
        wv[2.5]


def test_words_are_added_by_a_model() -> None:
    wv = fitted(epochs=1).wv
    wv.add_vector("stranger", np.ones(12))
    assert np.array_equal(wv["stranger"], np.ones(12))
    with pytest.raises(ValueError, match="rows of words in input_vectors: words are added by the model"):
        wv.adjust_vectors()
    wv.index_to_key.pop()
    wv.index_to_key.append("other")
    wv.resize_vectors(seed=4)
    assert len(wv.vectors_vocab) == len(wv.index_to_key)


def test_vectors_without_ngrams_do_not_become_such_with_them() -> None:
    with pytest.raises(
        TypeError, match="FastTextKeyedVectors has n-grams, which this does not give: take KeyedVectors"
    ):
        FastTextKeyedVectors.from_dict({"a": [1.0]})
