"""What people do to a model's vectors by hand: rows follow keys, or there is an error at that moment."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, KeyedVectors, Word2Vec

SENTENCES = [["a", "b", "c", "d", "e"], ["a", "b", "c"], ["d", "b"], ["b", "c", "a"], ["b", "e"]] * 8
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 6, "workers": 1, "sample": 0, "epochs": 2}
WORDS = ["b", "a", "c", "d", "e"]


def trained(**settings: Any) -> Word2Vec:
    return Word2Vec(SENTENCES, **OPTIONS | settings)


def rows(model: Word2Vec) -> dict[str, tuple[list[float], list[float], int]]:
    """What each word has: input vector, output vector, count."""
    return {
        word: (model.wv[word].tolist(), model.wv_out[word].tolist(), int(model.wv.get_vecattr(word, "count")))
        for word in WORDS
    }


def other_vectors(model: Word2Vec, keys: list[str], counts: Any = None) -> KeyedVectors:
    made = KeyedVectors(6)
    made.add_vectors(keys, np.array([model.wv[key] if key in model.wv else np.ones(6) for key in keys]))
    if counts is not None:
        made.expandos["count"] = np.array(counts)
    return made


def sort_by_other_counts(model: Word2Vec) -> None:
    for word, count in zip("edcba", (90, 80, 70, 60, 50), strict=True):
        model.wv.set_vecattr(word, "count", count)
    model.wv.sort_by_descending_frequency()


def assign_in_another_order(model: Word2Vec) -> None:
    model.wv = other_vectors(model, list("ecadb"), [9, 8, 7, 6, 5])


def assign_without_counts(model: Word2Vec) -> None:
    model.wv = other_vectors(model, list("ecadb"))


def assign_all_by_hand(model: Word2Vec) -> None:
    order = [4, 2, 0, 1, 3]
    model.wv.vectors = model.wv.vectors[order]
    model.wv.index_to_key = [WORDS[row] for row in order]
    model.wv.key_to_index = {WORDS[row]: place for place, row in enumerate(order)}
    model.wv.expandos["count"] = model.wv.expandos["count"][order]


REORDERED = [sort_by_other_counts, assign_in_another_order, assign_without_counts, assign_all_by_hand]


@pytest.mark.parametrize("reorder", REORDERED)
@pytest.mark.parametrize("settings", [{}, {"sg": 1, "hs": 1}, {"negative": 3, "vector_size": 6, "hs": 1}])
def test_rows_follow_keys_that_were_put_in_another_order(
    reorder: Callable[[Word2Vec], None], settings: dict[str, Any], tmp_path: Path
) -> None:
    model = trained(**settings)
    outputs = {word: model.wv_out[word].tolist() for word in WORDS}
    scores = model.score([["a", "c"], ["d", "e", "b"]]) if model.hs else None
    expected = dict(model.predict_output_word(["a", "c"], topn=5) or ())
    reorder(model)
    assert model.wv.index_to_key != WORDS
    assert {word: model.syn1neg[model.wv.get_index(word)].tolist() for word in WORDS} == outputs
    assert {word: model.wv_out[word].tolist() for word in WORDS} == outputs
    assert dict(model.predict_output_word(["a", "c"], topn=5) or ()) == pytest.approx(expected)
    if scores is not None:
        assert model.score([["a", "c"], ["d", "e", "b"]]) == pytest.approx(scores)
    before = rows(model)
    model.save(tmp_path / "model")
    assert rows(Word2Vec.load(tmp_path / "model")) == before
    model.train([["e", "c"]] * 20, epochs=3)
    after = rows(model)
    moved = {word for word in WORDS if after[word][0] != before[word][0]}
    assert moved == {"e", "c"}


@pytest.mark.parametrize("reorder", REORDERED)
def test_a_model_in_another_order_learns_as_one_that_always_had_it(
    reorder: Callable[[Word2Vec], None], tmp_path: Path
) -> None:
    model = trained(sg=1)
    reorder(model)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    for each in (model, loaded):
        each.train(SENTENCES)
        each.build_vocab([["new", "b"]] * 3, update=True)
    assert rows(model) == rows(loaded)
    assert model.wv.index_to_key == loaded.wv.index_to_key


def remove(model: Word2Vec) -> None:
    """A well-known recipe for fewer words."""
    kept = ["a", "c", "e"]
    vectors = np.array([model.wv[word] for word in kept])
    model.wv.vectors = vectors
    model.wv.index_to_key = kept
    model.wv.key_to_index = {word: row for row, word in enumerate(kept)}


def rename(model: Word2Vec) -> None:
    model.wv.index_to_key[2] = "x"
    del model.wv.key_to_index["c"]
    model.wv.key_to_index["x"] = 2


def swap_rows_of_keys(model: Word2Vec) -> None:
    model.wv.key_to_index["a"], model.wv.key_to_index["c"] = 2, 1


def swap_keys(model: Word2Vec) -> None:
    keys = model.wv.index_to_key
    keys[1], keys[2] = keys[2], keys[1]


def repeat_a_key(model: Word2Vec) -> None:
    model.wv.index_to_key = ["b", "a", "a", "d", "e"]


def negative_counts(model: Word2Vec) -> None:
    model.wv.expandos["count"][1] = -5


def half_counts(model: Word2Vec) -> None:
    model.wv.expandos["count"] = np.full(5, 1.5)


def few_counts(model: Word2Vec) -> None:
    model.wv.expandos["count"] = np.arange(3)


def huge_counts(model: Word2Vec) -> None:
    model.wv.expandos["count"][:] = 2**61


WRONG: dict[Callable[[Word2Vec], object], str] = {
    remove: "model.wv has 3 words, and the model's vocabulary 5: '[bd]' is missing",
    rename: "model.wv has 5 words, and the model's vocabulary 5: 'x' is new; 'c' is missing",
    lambda model: model.wv.add_vector("new", np.ones(6)): "model.wv has 6 words.*'new' is new",
    swap_rows_of_keys: "key_to_index does not say where the keys",
    swap_keys: "key_to_index does not say where the keys",
    lambda model: setattr(model.wv, "key_to_index", {}): "key_to_index does not say where the keys",
    repeat_a_key: "'c' is missing",
    negative_counts: "counts must not be negative, but one is -5",
    half_counts: "attribute 'count' does not fit: counts must be whole numbers",
    few_counts: "attribute 'count' does not fit: 5 keys need as many counts",
    huge_counts: r"counts add up to 2\*\*62 or more",
}


@pytest.mark.parametrize("vectors", [np.ones((5, 6), complex), np.full((5, 6), "1"), None])
def test_vectors_that_are_no_numbers_are_an_error(vectors: Any, tmp_path: Path) -> None:
    model = trained()
    before = model.wv.vectors.copy()
    with pytest.raises(TypeError, match=r"vectors must be an array of floats of shape \(n, vector_size\), not"):
        model.wv.vectors = vectors
    np.testing.assert_array_equal(model.wv.vectors, before)
    model.save(tmp_path / "model")


@pytest.mark.parametrize("change", WRONG)
def test_vectors_that_do_not_fit_are_an_error_in_all_that_uses_rows(
    change: Callable[[Word2Vec], object], tmp_path: Path
) -> None:
    model = trained(hs=1)
    outputs = model.syn1neg.copy()
    change(model)
    uses: list[Callable[[], object]] = [
        lambda: model.train(SENTENCES),
        lambda: model.save(tmp_path / "model"),
        lambda: model.score([["a", "c"]]),
        lambda: model.predict_output_word(["a"]),
        lambda: model.build_vocab([["new"]], update=True),
        lambda: model.wv_out,
        lambda: model.init_weights(),
        lambda: Word2Vec(**OPTIONS).reset_from(model),
    ]
    for use in uses:
        with pytest.raises(ValueError, match=WRONG[change]):
            use()
    assert not any(tmp_path.iterdir())
    assert (model._known.weights.syn1neg == outputs).all()


def test_key_to_index_may_be_filled_in_any_order(tmp_path: Path) -> None:
    model = trained()
    model.wv.key_to_index = {key: row for row, key in reversed(list(enumerate(model.wv.index_to_key)))}
    model.train(SENTENCES)
    model.wv.save(tmp_path / "vectors")
    assert KeyedVectors.load(tmp_path / "vectors").index_to_key == model.wv.index_to_key
    model.wv.key_to_index["a"], model.wv.key_to_index["c"] = model.wv.key_to_index["c"], model.wv.key_to_index["a"]
    with pytest.raises(ValueError, match="key_to_index does not say where"):
        model.train(SENTENCES)
    with pytest.raises(ValueError, match="key_to_index"):
        model.wv.save(tmp_path / "wrong")
    assert not (tmp_path / "wrong").exists()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda model: other_vectors(model, list("abxyz")), ValueError, "'x' is new"),
        (lambda model: other_vectors(model, ["a", "c"]), ValueError, "model.wv has 2 words.*'b' is missing"),
        (lambda model: KeyedVectors(6), ValueError, "model.wv has 0 words"),
        (lambda model: KeyedVectors(6, 5), ValueError, "None is new"),
        (lambda model: None, TypeError, "model.wv must be KeyedVectors, not NoneType"),
        (lambda model: {"a": np.ones(6)}, TypeError, "model.wv must be KeyedVectors, not dict"),
        (lambda model: model, TypeError, "model.wv must be KeyedVectors, not Word2Vec"),
        (lambda model: model.wv.vectors, TypeError, "model.wv must be KeyedVectors, not ndarray"),
        (
            lambda model: KeyedVectors._from_arrays(WORDS, np.ones((5, 7))),
            ValueError,
            r"vectors of shape \(5, 7\); the model needs \(5, 6\)",
        ),
        (
            lambda model: model.wv.quantize("int8"),
            ValueError,
            r"model.wv cannot have quantised vectors, which cannot be trained: give its dequantize\(\)",
        ),
    ],
)
def test_other_vectors_are_refused_when_they_are_assigned(
    make: Callable[[Word2Vec], Any], error: type[Exception], message: str
) -> None:
    model = trained()
    before = model.wv
    with pytest.raises(error, match=message):
        model.wv = make(model)
    assert model.wv is before
    model.train(SENTENCES)


def test_quantised_vectors_put_into_those_of_a_model_are_not_trained(tmp_path: Path) -> None:
    model = trained()
    plain = model.wv.vectors
    model.wv.vectors = model.wv.quantize("int8").vectors
    assert model.wv.most_similar("a", topn=1)[0][0] in WORDS
    for use in (lambda: model.train(SENTENCES), lambda: model.save(tmp_path / "model")):
        with pytest.raises(ValueError, match=r"quantised vectors, which cannot be trained: take those of dequantize"):
            use()
    assert not any(tmp_path.iterdir())
    model.wv.vectors = plain
    model.train(SENTENCES)


def test_vectors_of_fewer_words_are_asked_and_saved_on_their_own(tmp_path: Path) -> None:
    model = trained()
    fewer = other_vectors(model, ["a", "c"])
    with pytest.raises(ValueError, match="Vectors of other words are asked and saved on their own"):
        model.wv = fewer
    fewer.save(tmp_path / "vectors")
    assert KeyedVectors.load(tmp_path / "vectors").index_to_key == ["a", "c"]
    empty = Word2Vec(**OPTIONS)
    empty.wv = fewer
    assert empty.wv.most_similar("a")[0][0] == "c"


def test_counts_of_a_model_are_its_own() -> None:
    corpus = Corpus.from_sentences(SENTENCES)
    models = [Word2Vec(corpus, **OPTIONS) for _ in range(2)]
    models.append(Word2Vec(**OPTIONS))
    models[2].reset_from(models[0])
    models[0].wv.set_vecattr("a", "count", 1000)
    assert [int(model.wv.get_vecattr("a", "count")) for model in models] == [1000, 24, 24]
    assert corpus.vocabulary.counts[corpus.vocabulary.key_to_index["a"]] == 24


@pytest.mark.parametrize("reorder", REORDERED)
def test_nodes_of_the_tree_stay_when_words_change_places(reorder: Callable[[Word2Vec], None]) -> None:
    model = trained(negative=0, hs=1)
    asked = [["a", "c"], ["d", "e", "b"]]
    scores, nodes = model.score(asked), model.syn1.copy()
    reorder(model)
    assert model.score(asked) == pytest.approx(scores)
    assert (model.syn1 == nodes).all()


def test_the_class_has_the_attribute_for_tools_that_ask() -> None:
    assert inspect.isdatadescriptor(Word2Vec.wv)
    assert Word2Vec.wv is vars(Word2Vec)["wv"]
    with pytest.raises(AttributeError, match=r"this Word2Vec has no wv: was its __init__ called\?"):
        Word2Vec.__new__(Word2Vec).wv  # noqa: B018


def test_locked_rows_stay_locked_in_another_order() -> None:
    model = trained()
    model.wv.vectors_lockf = np.array([1, 0, 1, 1, 1], np.float32)
    before = model.wv["a"].copy()
    sort_by_other_counts(model)
    model.train(SENTENCES)
    assert (model.wv["a"] == before).all()
    assert (model.wv["b"] != trained().wv["b"]).any()


def test_vectors_without_counts_take_those_of_the_model() -> None:
    model = trained()
    counts = {word: model.wv.get_vecattr(word, "count") for word in WORDS}
    assign_without_counts(model)
    model.train(SENTENCES, epochs=1)
    assert {word: model.wv.get_vecattr(word, "count") for word in WORDS} == counts


def scan_and_prepare(model: Word2Vec) -> None:
    model.scan_vocab([["new", "new"]])
    model.prepare_vocab(update=True)


@pytest.mark.parametrize(
    "grow",
    [
        lambda model: model.build_vocab([["new", "new"]], update=True),
        lambda model: model.build_vocab_from_freq({"new": 2}, update=True),
        scan_and_prepare,
    ],
)
def test_a_vocabulary_that_grows_after_a_sort_keeps_vectors_with_their_words(
    grow: Callable[[Word2Vec], object],
) -> None:
    model = trained()
    before = {key: model.wv[key].copy() for key in model.wv.index_to_key}
    for number, key in enumerate(model.wv.index_to_key):
        model.wv.set_vecattr(key, "count", number + 1)
    model.wv.sort_by_descending_frequency()
    grow(model)
    assert "new" in model.wv
    for key, vector in before.items():
        np.testing.assert_array_equal(model.wv[key], vector)
