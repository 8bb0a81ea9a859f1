"""Doc2Vec: what it learns, against plain arithmetic; inference; tags; files; wrong input."""

from __future__ import annotations

import copy
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastemb import Corpus, Doc2Vec, KeyedVectors, TaggedDocument, TaggedLineDocument, Word2Vec
from fastemb.io.safetensors import read_tensors, write_tensors
from fastemb.models.doc2vec import Documents

Floats = NDArray[np.float64]
OPTIONS: dict[str, Any] = {"vector_size": 12, "min_count": 1, "workers": 1, "progress": False}
TOPICS = [[f"{kind}{n}" for n in range(12)] for kind in "abcd"]
KINDS = [
    pytest.param({"dm": 0}, id="DBOW"),
    pytest.param({"dm": 0, "dbow_words": 1}, id="DBOW with words"),
    pytest.param({"dm": 1}, id="DM mean"),
    pytest.param({"dm": 1, "dm_mean": 0, "alpha": 0.01}, id="DM sum"),
    pytest.param({"dm": 1, "dm_concat": 1, "window": 2}, id="DM concatenation"),
]


def texts(count: int = 120, seed: int = 1) -> list[list[str]]:
    """Texts of four topics in turn."""
    generator = np.random.default_rng(seed)
    return [[TOPICS[n % 4][k] for k in generator.integers(0, 12, 20)] for n in range(count)]


def tagged(count: int = 120) -> list[TaggedDocument]:
    return [TaggedDocument(words, [number]) for number, words in enumerate(texts(count))]


def trained(**options: Any) -> Doc2Vec:
    return Doc2Vec(tagged(), **OPTIONS | {"epochs": 15, **options})


# ---- against plain arithmetic ----


def sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


class Gradients:
    """Sums of -d loss / d row over a pass, by the matrices at its beginning: Huffman paths alone, nothing is drawn."""

    def __init__(self, model: Doc2Vec) -> None:
        self.paths = model._huffman_paths()
        self.words, self.tags, self.nodes = (
            matrix.astype(np.float64) for matrix in (model.wv.vectors, model.dv.vectors, model.syn1)
        )
        self.of_words, self.of_tags, self.of_nodes = (np.zeros_like(m) for m in (self.words, self.tags, self.nodes))

    def step(self, hidden: Floats, word: int) -> Floats:
        """Of one hidden row that predicts a word: what comes back to it."""
        begin, end = self.paths.offsets[word : word + 2]
        nodes, labels = self.paths.nodes[begin:end], 1.0 - self.paths.codes[begin:end]
        errors = labels - sigmoid(self.nodes[nodes] @ hidden)
        np.add.at(self.of_nodes, nodes, np.outer(errors, hidden))
        back: Floats = errors @ self.nodes[nodes]
        return back


def expected(model: Doc2Vec, documents: list[TaggedDocument]) -> Gradients:
    made, window = Gradients(model), model.window
    index, size, null = model.wv.key_to_index, model.vector_size, model.wv.key_to_index.get("\0")
    for words, tags in documents:
        ids, rows = [index[word] for word in words], [model.dv.key_to_index[tag] for tag in tags]
        for place, word in enumerate(ids):
            near = [k for k in range(place - window, place + window + 1) if k != place]
            there = [ids[k] for k in near if 0 <= k < len(ids)]
            if model.dbow:
                for row in rows:
                    made.of_tags[row] += made.step(made.tags[row], word)
                for other in there if model.dbow_words else []:
                    made.of_words[other] += made.step(made.words[other], word)
            elif model.dm_concat:
                assert null is not None
                around = [ids[k] if 0 <= k < len(ids) else null for k in near]
                back = made.step(np.concatenate([made.tags[rows].ravel(), made.words[around].ravel()]), word)
                parts = back.reshape(-1, size)
                np.add.at(made.of_tags, rows, parts[: len(rows)])
                np.add.at(made.of_words, around, parts[len(rows) :])
            else:
                count = len(rows) + len(there)
                hidden = (made.tags[rows].sum(0) + made.words[there].sum(0)) / (count if model.dm_mean else 1)
                back = made.step(hidden, word) / (count if model.cbow_exact or not model.dm_mean else 1)
                np.add.at(made.of_tags, rows, back)
                np.add.at(made.of_words, there, back)
    return made


@pytest.mark.parametrize(
    "options",
    [
        {"dm": 0},
        {"dm": 0, "dbow_words": 1},
        {"dm": 1},
        {"dm": 1, "dm_mean": 0},
        {"dm": 1, "cbow_exact": True},
        {"dm": 1, "dm_concat": 1, "dm_tag_count": 2},
    ],
)
def test_a_small_step_goes_along_the_gradient(options: dict[str, Any]) -> None:
    """At a small rate the changes of a pass are the sum of gradients at its beginning."""
    documents = [TaggedDocument(words[:7], [number, "all"]) for number, words in enumerate(texts(6))]
    rate = 1e-4
    model = Doc2Vec(
        **OPTIONS | {"hs": 1, "negative": 0, "hs_exact": True, "sample": 0, "window": 2, "shrink_windows": False},
        alpha=rate,
        min_alpha=rate,
        epochs=1,
        **options,
    )
    model.build_vocab(documents)
    generator = np.random.default_rng(3)
    for holder in (model.wv, model.dv):
        holder.vectors[:] = generator.normal(0, 0.4, holder.vectors.shape)
    model.syn1 = generator.normal(0, 0.4, model.syn1.shape).astype(np.float32)
    want = expected(model, documents)
    before = [matrix.astype(np.float64) for matrix in (model.wv.vectors, model.dv.vectors, model.syn1)]
    model.train(documents)
    after = [matrix.astype(np.float64) for matrix in (model.wv.vectors, model.dv.vectors, model.syn1)]
    for old, new, gradient in zip(before, after, (want.of_words, want.of_tags, want.of_nodes), strict=True):
        np.testing.assert_allclose((new - old) / rate, gradient, atol=0.01 * max(np.abs(gradient).max(), 1e-9))


@pytest.mark.parametrize("options", [{"dm": 0}, {"dm": 1}, {"dm": 1, "dm_mean": 0}, {"dm": 1, "dm_concat": 1}])
def test_a_small_step_of_inference_goes_along_the_gradient(options: dict[str, Any]) -> None:
    """Of the new document alone, by Huffman paths; a rate of next to nothing tells where it begins."""
    model = trained(hs=1, negative=0, sample=0, window=2, shrink_windows=False, **options)
    words, rate = ["a1", "a2", "b3", "a2", "unheard", "d11", "c4"], 1e-3
    start, end = (model.infer_vector(words, epochs=1, alpha=alpha, min_alpha=alpha) for alpha in (1e-12, rate))
    model.dv = KeyedVectors._from_arrays([0], start[np.newaxis])
    known = [word for word in words if word != "unheard"]
    gradient = expected(model, [TaggedDocument(known, [0])]).of_tags[0]
    np.testing.assert_allclose((end.astype(np.float64) - start) / rate, gradient, rtol=0.02, atol=0.002)


@pytest.mark.parametrize("length", [1, 40])
@pytest.mark.parametrize("negative", [1, 20])
@pytest.mark.parametrize("options", [{"dm": 0}, {"dm": 1}, {"dm": 1, "dm_concat": 1, "window": 2}])
def test_each_word_meets_as_many_negatives(options: dict[str, Any], negative: int, length: int) -> None:
    """Where all scores are 0, each centre brings half a rate to its row, and each negative takes as much from its."""
    words = [f"w{number}" for number in range(3000)]
    documents = [TaggedDocument(words[at : at + length], [at // length]) for at in range(0, 3000, length)]
    for per_pair in (False, True):
        model = Doc2Vec(**OPTIONS | {"negative": negative, "sample": 0, "epochs": 1}, **options)
        model.negatives_per_pair = per_pair
        model.build_vocab(documents)
        for holder in (model.wv, model.dv):
            holder.vectors[:] = 0.25
        model.alpha = model.min_alpha = 1e-6
        model.train(documents, compute_loss=True)
        change = model.syn1neg.sum(axis=0, dtype=np.float64)[: model.vector_size] / (0.5 * 1e-6 * 0.25)
        np.testing.assert_allclose(change, 3000 * (1 - negative), rtol=0.02, atol=60)
        loss = model.get_latest_training_loss()
        np.testing.assert_allclose(loss, 3000 * (1 + negative) * np.log(2), rtol=0.02)


@pytest.mark.parametrize("options", [{"dm": 0}, {"dm": 0, "dbow_words": 1}, {"dm": 1}])
def test_every_pair_is_counted(options: dict[str, Any]) -> None:
    """A pair of an input and a node of a path has the loss log 2 as long as all scores are 0."""
    documents = [TaggedDocument([f"w{(7 * k + j) % 50}" for j in range(20)], [k]) for k in range(40)]
    model = Doc2Vec(**OPTIONS | {"negative": 0, "hs": 1, "epochs": 1}, **options)
    model.build_vocab(documents)
    model.alpha = model.min_alpha = 1e-6
    model.train(documents, compute_loss=True)
    pairs = model.lifecycle_events[-1]["pairs"]
    assert pairs >= model.corpus_total_words
    assert model.get_latest_training_loss() / pairs == pytest.approx(np.log(2), rel=1e-5)


@pytest.mark.parametrize(
    ("options", "least", "least_inferred"),
    [
        ({"dm": 0}, 0.9, 0.9),
        ({"dm": 0, "dbow_words": 1}, 0.9, 0.9),
        ({"dm": 1}, 0.75, 0.6),
        ({"dm": 1, "dm_mean": 0, "alpha": 0.1}, 0.9, 0.9),
        ({"dm": 1, "dm_concat": 1, "window": 2}, 0.35, 0.35),
    ],
)
def test_texts_of_a_topic_are_near_each_other(options: dict[str, Any], least: float, least_inferred: float) -> None:
    """Of four topics; words tell PV-DM so much here that documents have little to add."""
    model = trained(epochs=60, sample=0, **options)

    def share(asked: list[Any]) -> float:
        near = ([tag for tag, _ in model.dv.most_similar([one], topn=5)] for one in asked)
        return sum(tag % 4 == number % 4 for number, tags in enumerate(near) for tag in tags) / (5 * len(asked))

    assert share(list(range(24))) >= least
    assert share(list(model.infer_vectors(texts(24, seed=9)))) >= least_inferred


def test_words_stay_as_they_began_in_dbow_alone() -> None:
    for options, changes in (({"dm": 0}, False), ({"dm": 0, "dbow_words": 1}, True), ({"dm": 1}, True)):
        model = Doc2Vec(**OPTIONS, **options)
        model.build_vocab(tagged())
        before = model.wv.vectors.copy()
        model.train(tagged(), epochs=2)
        assert (before != model.wv.vectors).any() == changes, options


@pytest.mark.parametrize(("options", "times"), [({"dm": 0}, 1), ({"dm": 0, "dbow_words": 1}, 0), ({"dm": 1}, 0)])
def test_words_that_learn_nothing_are_logged(
    options: dict[str, Any], times: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="fastemb"):
        trained(epochs=2, **options)
    assert caplog.text.count("words learn nothing with dm=0") == times


def test_documents_alone_need_no_window() -> None:
    none, some = trained(dm=0, window=0), trained(dm=0)
    np.testing.assert_array_equal(none.dv.vectors, some.dv.vectors)
    np.testing.assert_array_equal(none.infer_vector(["a1"]), some.infer_vector(["a1"]))
    for options in ({"dm": 1}, {"dm": 0, "dbow_words": 1}):
        with pytest.raises(ValueError, match="window=0 leaves words no context"):
            Doc2Vec(**OPTIONS, **options, window=0)


# ---- inference ----


@pytest.mark.parametrize("options", KINDS)
def test_a_text_has_one_vector(options: dict[str, Any]) -> None:
    """Whatever is inferred beside it, in whatever order, on however many threads, and however often."""
    model = trained(**options)
    asked = texts(40, seed=9)
    one_by_one = np.array([model.infer_vector(words) for words in asked])
    order = np.random.default_rng(2).permutation(len(asked))
    for workers in (1, 2, 5):
        found = model.infer_vectors([asked[number] for number in order], workers=workers)
        np.testing.assert_array_equal(found, one_by_one[order])
    assert model.infer_vectors([TaggedDocument(asked[0], ["any"])])[0].tolist() == one_by_one[0].tolist()


@pytest.mark.parametrize("options", KINDS)
def test_inference_changes_nothing(options: dict[str, Any]) -> None:
    model = trained(**options)
    before = copy.deepcopy(model)
    model.infer_vectors(texts(10, seed=4), epochs=3)
    for name in ("wv", "dv"):
        np.testing.assert_array_equal(getattr(model, name).vectors, getattr(before, name).vectors)
    np.testing.assert_array_equal(model.syn1neg, before.syn1neg)
    for one in (model, before):
        one.train(tagged(), epochs=1)
    np.testing.assert_array_equal(model.dv.vectors, before.dv.vectors)


def test_texts_without_a_known_word_are_zeros_and_that_is_said() -> None:
    model = trained()
    with pytest.warns(UserWarning, match="the text has no word that the model knows"):
        assert not model.infer_vector(["never", "seen"]).any()
    with pytest.warns(UserWarning, match="2 of 3 texts have no word"):
        found = model.infer_vectors([[], ["a1", "a2"], ["never"]])
    assert [row.any() for row in found] == [False, True, False]
    with pytest.warns(UserWarning, match="no word"):
        assert model.similarity_unseen_docs(["a1"], ["never"]) == 0.0
    assert model.infer_vectors([]).shape == (0, 12)


def reversed_words(model: Doc2Vec) -> None:
    keys = model.wv.index_to_key[::-1]
    model.wv.index_to_key, model.wv.key_to_index = keys, {key: row for row, key in enumerate(keys)}
    model.wv.expandos = {"count": model.wv.expandos["count"][::-1].copy()}


def other_counts(model: Doc2Vec) -> None:
    model.wv.expandos["count"] = model.wv.expandos["count"] ** 2


def other_noise(model: Doc2Vec) -> None:
    model.ns_exponent = -1.0


def keys_of_one_row(model: Doc2Vec) -> None:
    model.wv.key_to_index = dict.fromkeys(model.wv.index_to_key, 0)


@pytest.mark.parametrize("change", [reversed_words, other_counts, other_noise])
def test_a_change_between_two_inferences_is_seen(change: Callable[[Doc2Vec], None]) -> None:
    """What inference draws by is kept; it is as if it was made anew."""
    model, words = trained(), texts(1, seed=5)[0]
    fresh = copy.deepcopy(model)
    usual = model.infer_vector(words)
    change(model)
    change(fresh)
    assert model.infer_vector(words).tolist() == fresh.infer_vector(words).tolist() != usual.tolist()
    keys_of_one_row(model)
    with pytest.raises(ValueError, match="key_to_index does not say where"):
        model.infer_vector(words)


def test_a_last_rate_of_zero_is_taken_in_inference() -> None:
    model = trained(epochs=1)
    words = texts(1, seed=7)[0]
    found = model.infer_vector(words, alpha=0.05, min_alpha=0, epochs=2)  # the second pass changes nothing
    np.testing.assert_array_equal(found, model.infer_vector(words, alpha=0.05, min_alpha=0.05, epochs=1))


def test_a_text_is_wholly_similar_to_itself() -> None:
    model = trained(epochs=2)
    for words in texts(20, seed=5):
        assert model.similarity_unseen_docs(words, words) == 1.0


def test_a_large_rate_of_inference_is_warned_about() -> None:
    model = trained(epochs=1)
    with pytest.warns(UserWarning, match="alpha=1e[+]30 is so large that nothing useful is learned"):
        model.infer_vector(["a1"], alpha=1e30)


@pytest.mark.parametrize(("epochs", "message"), [(1, "a vector holds NaN or infinity"), (50, "inference diverged")])
@pytest.mark.filterwarnings("ignore:alpha=")
def test_inference_gives_finite_vectors_or_an_error(epochs: int, message: str) -> None:
    model = trained(epochs=1, sample=0)
    model.syn1neg[:] = 1e10
    with pytest.raises(FloatingPointError, match=message):
        model.infer_vector(["a1"], alpha=1e30, epochs=epochs)


@pytest.mark.parametrize("ask", [lambda model: model.predict_output_word(["a1"]), lambda model: model.score([["a1"]])])
def test_concatenation_answers_no_questions_of_words_alone(ask: Any) -> None:
    model = trained(epochs=1, dm_concat=1, hs=1)
    with pytest.raises(RuntimeError, match="has no meaning with dm_concat=1"):
        ask(model)
    model = trained(epochs=1, hs=1)
    assert len(ask(model)) in (1, 10)


def test_seed_epochs_and_rates_count_in_inference() -> None:
    model, words = trained(), texts(1, seed=5)[0]
    usual = model.infer_vector(words)
    assert model.infer_vector(words, epochs=model.epochs, alpha=model.alpha).tolist() == usual.tolist()
    for options in ({"epochs": 3}, {"alpha": 0.1}, {"min_alpha": 0.01}):
        assert model.infer_vector(words, **options).tolist() != usual.tolist()
    model.seed += 1
    assert model.infer_vector(words).tolist() != usual.tolist()


# ---- tags ----


def test_tags_are_numbers_and_names() -> None:
    documents = [
        TaggedDocument(["a", "b", "c"], [2, "red"]),
        TaggedDocument(["a", "b"], ("blue", "red")),
        TaggedDocument(["c", "a"], np.array([0])),
        TaggedDocument(["b", "c"], []),
    ]
    with pytest.warns(UserWarning, match="1 of 3 rows are of whole numbers that no document has .*, such as 1"):
        model = Doc2Vec(documents, **OPTIONS, sample=0)
    assert model.dv.index_to_key == [0, 1, 2, "red", "blue"]
    assert model.dv.vectors.shape == (5, 12)
    np.testing.assert_array_equal(model["red"], model.dv["red"])
    np.testing.assert_array_equal(model["a"], model.wv["a"])
    np.testing.assert_array_equal(model[["a", 2]], np.vstack([model.wv["a"], model.dv[2]]))
    fresh = Doc2Vec(**OPTIONS, sample=0)
    with pytest.warns(UserWarning, match="1 of 3 rows"):
        fresh.build_vocab(documents)
    moved = (fresh.dv.vectors != model.dv.vectors).any(axis=1)
    assert moved.tolist() == [True, False, True, True, True]  # no document has the tag 1


def test_new_documents_and_words_join() -> None:
    model = trained()
    before = model.dv.vectors.copy()
    more = [TaggedDocument(["a1", "new", "new"], ["later"]), TaggedDocument(["b1", "new"], [200])]
    with pytest.warns(UserWarning, match="2 tags are not in the model, such as"):
        model.train([*tagged(8), *more], epochs=1)
    with (
        pytest.warns(UserWarning, match="2 tags are not in the model"),
        pytest.raises(ValueError, match=r"no document has a tag that the model knows: build_vocab\(documents, update"),
    ):
        model.train(more, epochs=1)
    before = model.dv.vectors.copy()
    with pytest.warns(UserWarning, match="80 of 201 rows are of whole numbers that no document has"):
        model.build_vocab(more, update=True)
    assert model.dv.index_to_key[-1] == "later" or "later" in model.dv
    assert "new" in model.wv
    for tag in range(120):
        np.testing.assert_array_equal(model.dv[tag], before[tag])
    model.train(more, epochs=2)
    np.testing.assert_array_equal(model.dv[5], before[5])
    assert np.isfinite(model.dv["later"]).all()


@pytest.mark.parametrize(
    ("documents", "error", "message"),
    [
        (
            [["a", "b"]],
            TypeError,
            r"document 0 is the list \['a', 'b'\], without words and tags: make it a TaggedDocument",
        ),
        (["a b c"], TypeError, r"TaggedDocument\(text.split\(\), \[tag\]\)"),
        ("a b c", TypeError, "give a path as corpus_file"),
        (
            [TaggedDocument(["a"], "red")],
            TypeError,
            r"the tags of document 0 must be a list, not the str 'red': TaggedDocument\(words, \[tag\]\)$",
        ),
        ([TaggedDocument(["a"], None)], TypeError, r"not the NoneType None: leave the document out, or give it \[\]$"),
        ([TaggedDocument(["a"], [None])], TypeError, "a tag of document 0 is missing"),
        (
            [TaggedDocument(["a"], [1.5])],
            TypeError,
            "a tag of document 0 is the float 1.5, neither a str nor a whole number: make a str",
        ),
        ([TaggedDocument(["a"], [-1])], ValueError, "a tag of document 0 is -1: a whole number is the row"),
        (
            [TaggedDocument("a b", [1])],
            TypeError,
            r"the text of document 0 is the str 'a b', not a list of .* TaggedDocument\(text.split\(\), \[tag\]\)$",
        ),
        (
            [TaggedDocument(None, [1])],
            TypeError,
            r"the text of document 0 is missing \(None\): leave it out, or give an",
        ),  # type: ignore[arg-type]
        ([TaggedDocument([["a"]], [1])], TypeError, "the text of document 0: a token must be hashable, and the list"),
        ([TaggedDocument(["a", None], [1])], ValueError, "the text of document 0: token 1 is missing"),
        (TaggedDocument(["a"], [1]), TypeError, r"must be a list of TaggedDocument, not one: give \[TaggedDocument"),
        ([], ValueError, "^documents: there is no word in them$"),
        (
            iter([]),
            ValueError,
            "a generator can be read only once; make a list, or Documents by Documents.from_tagged, of it first",
        ),
        (5, TypeError, "documents must be an iterable of TaggedDocument"),
    ],
)
def test_wrong_documents_are_refused(documents: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Doc2Vec(documents, **OPTIONS)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda model: model.infer_vector("a1 a2"), TypeError, "infer_vector"),
        (lambda model: model.infer_vectors("a1 a2"), TypeError, "documents"),
        (
            lambda model: model.infer_vectors(["a1 a2"]),
            TypeError,
            r"text 0 is the str 'a1 a2', .* with text.split\(\)$",
        ),
        (lambda model: model.infer_vectors([TaggedDocument("a1", [0])]), TypeError, "text 0 is the str 'a1'"),
        (
            lambda model: model.infer_vectors(None),
            TypeError,
            "documents must be a list of texts, each a list of tokens",
        ),
        (lambda model: model.infer_vector(None), TypeError, "text 0 is missing"),
        (
            lambda model: model.infer_vector([["a1"]]),
            TypeError,
            r"the list \['a1'\] is not: a text is a list of tokens",
        ),
        (lambda model: model.infer_vectors("a1 a2"), TypeError, r"give \['a1 a2'.split\(\)\]$"),
        (lambda model: model.similarity_unseen_docs("a1 a2", ["a1"]), TypeError, r"give 'a1 a2'.split\(\)$"),
        (lambda model: model.infer_vector(["a1"], epochs=-1), ValueError, "epochs must be between 1 and .*, not -1$"),
        (lambda model: model.infer_vector(["a1"], epochs=0), ValueError, "epochs must be between 1 and .*, not 0$"),
        (lambda model: model.infer_vector(["a1"], alpha=0), ValueError, "alpha must be above 0 .*, not 0; without it"),
        (lambda model: model.infer_vector(["a1"], alpha=1e39), ValueError, "alpha must .* fit in float32, not 1e[+]39"),
        (lambda model: Documents(tagged(1)), TypeError, r"^Documents\(\) takes .*: use Documents.from_tagged"),
        (lambda model: Corpus([["a"]]), TypeError, r"not the list \[\['a'\]\]: use Corpus.from_sentences"),
        (lambda model: Doc2Vec(corpus_file=tagged(2)), TypeError, "give a list of TaggedDocument as documents$"),
        (
            lambda model: Word2Vec(tagged(2)),
            TypeError,
            "^sentence 0 is a TaggedDocument, .* are for Doc2Vec",
        ),
        (lambda model: Doc2Vec(tagged(2), corpus_file="a"), TypeError, "^give either documents or corpus_file$"),
        (lambda model: model.infer_vector(["a1"], alpha=-0.1), ValueError, "alpha"),
        (lambda model: model.infer_vector(["a1"], alpha=0.01, min_alpha=0.1), ValueError, "min_alpha"),
        (lambda model: model.infer_vector(["a1"], step=4), TypeError, "infer_vector"),
        (lambda model: model.dv[999], KeyError, "Key 999 not present; whole numbers here go from 0 to 119"),
        (lambda model: Doc2Vec(dm=2), ValueError, "dm"),
        (lambda model: Doc2Vec(dm=1, dm_concat=1, dm_tag_count=0), ValueError, "dm_tag_count"),
        (
            lambda model: Doc2Vec(dm_concat=1, window=10**5, vector_size=1000),
            ValueError,
            "dm_concat with window=100000 and dm_tag_count=1 makes output vectors of 200,001,000 numbers: lower window",
        ),
        (lambda model: Doc2Vec(dv=5), (TypeError, ValueError), "dv must be KeyedVectors"),
        (lambda model: Doc2Vec(dv=KeyedVectors(5), **OPTIONS), ValueError, "dv must be KeyedVectors of vector_size=12"),
        (lambda model: Doc2Vec(tagged(), **OPTIONS, init_vectors=model.wv), TypeError, "init_vectors"),
        (
            lambda model: Doc2Vec(**OPTIONS).build_vocab(tagged(), init_vectors=model.wv),
            ValueError,
            "init_vectors are those of words: assign to rows of wv.vectors between build_vocab and train",
        ),
        (
            lambda model: model.reset_from(Word2Vec(texts(), **OPTIONS, epochs=1)),
            TypeError,
            "other_model must be a Doc2Vec, not Word2Vec",
        ),
        (lambda model: Doc2Vec.from_gensim(model), TypeError, "a Doc2Vec of fastemb already: copy.deepcopy"),
        (lambda model: Doc2Vec.from_gensim(3), TypeError, "takes a gensim.models.Doc2Vec or the path of one, not int"),
    ],
)
def test_wrong_calls_are_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(trained(epochs=1))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("doctag_syn0", "use model.dv.vectors$"),
        ("doctags", "use model.dv.key_to_index$"),
        ("delete_temporary_training_data", "; leave it out: nothing temporary is kept$"),
        ("most_similar", "; use model.dv.most_similar for documents, model.wv.most_similar for words$"),
        ("iter", "use model.epochs$"),
        ("dv.doctag_syn0", "use vectors$"),
        ("dv.vectors_docs_norm", r"use get_normed_vectors\(\)$"),
        ("dv.offset2doctag", "use index_to_key$"),
        ("dv.max_rawint", r"use len\(...\): whole numbers are rows$"),
    ],
)
def test_older_attributes_are_named(name: str, message: str) -> None:
    found: Any = Doc2Vec(tagged(8), **OPTIONS, epochs=1)
    *parts, last = name.split(".")
    for part in parts:
        found = getattr(found, part)
    with pytest.raises(AttributeError, match=message):
        getattr(found, last)


def test_docvecs_is_dv_with_a_warning_as_in_gensim() -> None:
    model = Doc2Vec(tagged(8), **OPTIONS, epochs=1)
    with pytest.warns(DeprecationWarning, match="the vectors of documents are model.dv"):
        assert model.docvecs is model.dv


@pytest.mark.parametrize(
    ("older", "newer"),
    [("size", "vector_size"), ("iter", "epochs"), ("sentences", "documents"), ("cbow_mean", "dm_mean")],
)
def test_older_arguments_are_named(older: str, newer: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{older}'; did you mean '{newer}'?"):
        Doc2Vec(tagged(3), **{older: 1})


def test_skip_gram_and_cbow_are_told_in_words_of_dm() -> None:
    with pytest.raises(TypeError, match=r"^Doc2Vec\(\) got .* 'sg': documents have dm in its place: dm=0 is like sg=1"):
        Doc2Vec(tagged(3), sg=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("method", ["train", "build_vocab", "scan_vocab"])
def test_methods_are_called_by_the_class_of_the_model(method: str) -> None:
    message = rf"^Doc2Vec.{method}\(\) got .* 'documents'; did you mean 'corpus_iterable'\?$"
    with pytest.raises(TypeError, match=message):
        getattr(Doc2Vec(), method)(documents=tagged(3))
    with pytest.raises(TypeError, match=r"^Doc2Vec.load\(\) got .* 'name'"):
        Doc2Vec.load(name="a")  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", [int, bool, np.bool_])
def test_switches_are_numbers_and_truth_values(kind: Any) -> None:
    model = Doc2Vec(**OPTIONS, dm=kind(1), dm_mean=kind(0), dm_concat=kind(0), dbow_words=kind(0))
    assert (model.dm, model.dm_mean, model.dm_concat, model.dbow_words) == (True, 0, 0, 0)
    assert str(Doc2Vec(**OPTIONS, dm=model.dm, dm_mean=model.dm_mean)) == str(model)
    assert Doc2Vec(**OPTIONS, dm=kind(0)).dbow
    concatenating = Doc2Vec(**OPTIONS, dm_concat=kind(1))
    assert concatenating.layer1_size == 12 * 11
    assert [type(value) for value in (model.dm_mean, concatenating.dm_concat)] == [int, int]


def test_settings_that_do_nothing_are_warned_about() -> None:
    for options, message in (
        ({"dm": 1, "dbow_words": 1}, "dbow_words has no effect"),
        ({"dm": 0, "dm_mean": 1}, "dm_mean and dm_concat have no effect"),
        ({"dm": 0, "dm_concat": 1}, "have no effect with dm=0"),
        ({"dm": 1, "dm_concat": 1, "dm_mean": 1}, "dm_mean has no effect with dm_concat"),
    ):
        with pytest.warns(UserWarning, match=message):
            Doc2Vec(**OPTIONS, **options)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda model: None, TypeError, "model.dv must be KeyedVectors, not NoneType"),
        (lambda model: model.dv.vectors, TypeError, "model.dv must be KeyedVectors, not ndarray"),
        (lambda model: KeyedVectors(5), ValueError, "model.dv cannot have vectors of 5 dimensions; the model needs 12"),
        (lambda model: model.dv.quantize("int8"), ValueError, r"model.dv cannot .*: give its dequantize\(\)"),
    ],
)
def test_other_vectors_of_tags_are_refused_when_they_are_assigned(
    make: Any, error: type[Exception], message: str
) -> None:
    model = trained(epochs=1)
    before = model.dv
    with pytest.raises(error, match=message):
        model.dv = make(model)
    assert model.dv is before
    model.train(tagged(), epochs=1, progress=False)


def test_vectors_of_tags_that_are_given_are_those_that_learn() -> None:
    given = KeyedVectors(12)
    model = trained(dv=given)
    assert model.dv is given
    np.testing.assert_array_equal(given.vectors, trained().dv.vectors)
    fewer = KeyedVectors._from_arrays([3, 7], given.vectors[[3, 7]].copy())
    model.dv = fewer
    with pytest.warns(UserWarning, match="118 tags are not in the model, such as 0, and are left out"):
        model.train(tagged(), epochs=1, progress=False)
    assert not (fewer.vectors == given.vectors[[3, 7]]).any()
    assert fewer.index_to_key == [3, 7]


def test_fresh_rows_for_the_tags_of_another_model() -> None:
    model, other = Doc2Vec(**OPTIONS), trained(epochs=1)
    model.reset_from(other)
    assert model.wv.index_to_key == other.wv.index_to_key
    assert model.dv.index_to_key == other.dv.index_to_key
    # as they were before any training
    fresh = Doc2Vec(**OPTIONS)
    fresh.build_vocab(tagged())
    np.testing.assert_array_equal(model.dv.vectors, fresh.dv.vectors)
    np.testing.assert_array_equal(model.dv.expandos["word_count"], fresh.dv.expandos["word_count"])
    model.train(tagged(), epochs=1, progress=False)
    assert len(model.dv) == 120


def test_a_vocabulary_of_counts_has_no_documents() -> None:
    model = Doc2Vec(**OPTIONS)
    model.build_vocab_from_freq({"a1": 5, "b1": 3})
    assert (model.wv.index_to_key, len(model.dv)) == (["a1", "b1"], 0)


def test_texts_of_other_classes_are_the_same_tags() -> None:
    class Name(str):
        pass

    found = Doc2Vec([TaggedDocument(["a", "b"], [Name("x"), "y"]), TaggedDocument(["b", "a"], ["x"])], **OPTIONS).dv
    assert [type(key) for key in found.index_to_key] == [str, str]
    assert found.index_to_key == ["x", "y"]
    assert found.get_vecattr("x", "doc_count") == 2


def test_documents_with_another_number_of_tags_are_passed_over_and_that_is_said() -> None:
    documents = [*tagged(3), TaggedDocument(["a1", "b1"], ["one", "two"])]
    with pytest.warns(UserWarning, match="3 of 4 documents do not have 2 tags each, as dm_tag_count says"):
        Doc2Vec(documents, **OPTIONS, dm_concat=1, dm_tag_count=2)


def test_nothing_trained_is_said_of_documents() -> None:
    message = "nothing was trained: min_count and sample keep no word of a document with tags; sample=0 thins out none$"
    with pytest.warns(UserWarning, match=message):
        Doc2Vec([TaggedDocument(["a"] * 3, [0])], **OPTIONS, sample=1e-6, epochs=1)
    with (
        pytest.warns(UserWarning, match="nothing was trained: no document has dm_tag_count=2 tags$"),
        pytest.warns(UserWarning, match="3 of 3 documents do not have 2 tags each"),
    ):
        Doc2Vec(tagged(3), **OPTIONS, dm_concat=1, dm_tag_count=2)


def test_a_mapped_file_that_cannot_be_is_named(tmp_path: Path) -> None:
    for path, message in ((tmp_path, "this is a folder"), (tmp_path / "none" / "rows", "none does not exist")):
        with pytest.raises(OSError, match=message) as found:
            trained(dv_mapfile=path)
        assert found.value.filename == str(path)


# ---- of gensim ----


def like_gensims(model: Doc2Vec, **others: Any) -> Any:
    """An object with the attributes of a gensim model."""
    names = ("wv", "dv", "dm_concat", "negative", "hs", "syn1neg", "sg", "cbow_mean", "vector_size", "window", "sample")
    return SimpleNamespace(**{name: getattr(model, name) for name in names} | others)


def test_from_gensim_takes_documents_and_what_was_hung_on_them() -> None:
    theirs = trained(epochs=3)
    theirs.dv.set_vecattr(4, "kind", 7)
    model = Doc2Vec.from_gensim(like_gensims(theirs))
    model.workers = 1
    for one, other in ((model.dv, theirs.dv), (model.wv, theirs.wv)):
        np.testing.assert_array_equal(one.vectors, other.vectors)
        assert one.vectors is not other.vectors
        assert one.index_to_key == other.index_to_key
    assert model.dv.get_vecattr(4, "kind") == 7
    assert "120 tags, 48 words, 12 dimensions, PV-DM, mean, trained by gensim" in repr(model)
    words = texts(1, seed=8)[0]
    np.testing.assert_array_equal(model.infer_vector(words, epochs=4), theirs.infer_vector(words, epochs=4))
    model.train(tagged(), epochs=1, progress=False)
    assert (model.dv.vectors != theirs.dv.vectors).any()


def test_from_gensim_refuses_a_model_without_words() -> None:
    with pytest.raises(ValueError, match="the gensim model has no vocabulary"):
        Doc2Vec.from_gensim(like_gensims(trained(epochs=1), wv=KeyedVectors(12)))


# ---- doors ----


def test_lines_are_documents_of_words_with_their_numbers(tmp_path: Path) -> None:
    want = [TaggedDocument(["a", "b"], [0]), TaggedDocument([], [1]), TaggedDocument(["c"], [2])]
    text = b"a b\n\n c \n"
    (tmp_path / "text").write_bytes(text)
    (tmp_path / "text.gz").write_bytes(gzip.compress(text))
    with open(tmp_path / "text") as opened:
        for source in (tmp_path / "text", str(tmp_path / "text.gz"), io.BytesIO(text), opened, ["a b", "", "c"]):
            lines = TaggedLineDocument(source)
            assert [list(lines), list(lines)] == [want, want]
    assert list(TaggedLineDocument(iter(["a b", "", "c"]))) == want
    (tmp_path / "text").write_bytes(b"a\nb \xff\n")
    with pytest.raises(ValueError, match=r"text, line 2 is not UTF-8"):
        list(TaggedLineDocument(tmp_path / "text"))


def test_doors_read_the_same_documents(tmp_path: Path) -> None:
    lines = [" ".join(words) for words in texts(30)]
    path = tmp_path / "text.txt"
    path.write_text("\n".join(lines) + "\n")
    rows = [f'"{line}",{number}' for number, line in enumerate(lines)]
    (tmp_path / "text.csv").write_text("\n".join(["body,number", *rows]) + "\n")
    table = Documents.from_table(tmp_path / "text.csv", "body", "number")
    assert table.tags.of(3) == ["3"]
    want = Doc2Vec([TaggedDocument(line.split(), [number]) for number, line in enumerate(lines)], **OPTIONS)
    for found in (
        Doc2Vec(TaggedLineDocument(path), **OPTIONS),
        Doc2Vec(corpus_file=path, **OPTIONS),
        Doc2Vec(Documents.from_file(path), **OPTIONS),
        Doc2Vec(Corpus.from_file(path), **OPTIONS),
        Doc2Vec(Documents.of(Corpus.from_file(path), range(30)), **OPTIONS),
        Doc2Vec(Documents.of(table, range(30)), **OPTIONS),
    ):
        np.testing.assert_array_equal(found.dv.vectors, want.dv.vectors)
        assert found.dv.index_to_key == want.dv.index_to_key
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, line in zip("xyz", lines, strict=False):
        (folder / name).write_text(line)
    assert Doc2Vec(Documents.from_files(folder), **OPTIONS).dv.index_to_key == ["x", "y", "z"]


def test_documents_that_do_not_fit_are_refused() -> None:
    corpus = Corpus.from_sentences(texts(5))
    with pytest.raises(ValueError, match="there are 4 tags for 5 documents"):
        Documents.of(corpus, range(4))
    with pytest.raises(TypeError, match="tags must be a list"):
        Documents.of(corpus, "abcde")
    with pytest.raises(ValueError, match="documents have no weights"):
        Documents.of(corpus).weighted([1, 2, 3, 4, 5])
    with pytest.raises(ValueError, match="documents have no weights"):
        Doc2Vec(corpus.weighted([1, 2, 3, 4, 5]), **OPTIONS)
    with pytest.raises(TypeError, match=r"takes a Corpus"):
        Documents.of(texts(5))  # type: ignore[arg-type]


# ---- repeatable, saved ----


@pytest.mark.parametrize("options", KINDS)
def test_deterministic_training_does_not_depend_on_workers(options: dict[str, Any]) -> None:
    one, three = (trained(**options | {"deterministic": True, "workers": workers}) for workers in (1, 3))
    np.testing.assert_array_equal(one.dv.vectors, three.dv.vectors)
    np.testing.assert_array_equal(one.syn1neg, three.syn1neg)


def test_many_negatives_do_not_lengthen_inferred_vectors() -> None:
    rng = np.random.default_rng(1)
    words = np.arange(1000)
    chances = [np.where(words % 5 == topic, 8.0, 1.0) / (words + 1) for topic in range(5)]
    asked = [[str(word) for word in rng.choice(words, 40, p=p / p.sum())] for p in chances * 60]
    documents = [TaggedDocument(text, [number]) for number, text in enumerate(asked)]
    options = {"dm": 0, "vector_size": 32, "negative": 500, "sample": 0, "epochs": 10}
    with pytest.warns(UserWarning, match="negative=500 takes long"):
        model = Doc2Vec(documents, **OPTIONS | options)
    found, wanted = (np.linalg.norm(rows, axis=1).mean() for rows in (model.infer_vectors(asked), model.dv.vectors))
    assert 0.5 < found / wanted < 2


def test_deterministic_training_of_words_beside_documents_with_one_negative() -> None:
    """Blocks of words draw more negatives than those of documents do; the workspace has room for both."""
    options = {"dm": 0, "dbow_words": 1, "negative": 1, "window": 9, "deterministic": True}
    for size in (16, 48, 300):
        one, three = (trained(**options, vector_size=size, workers=workers) for workers in (1, 3))
        np.testing.assert_array_equal(one.dv.vectors, three.dv.vectors)
        np.testing.assert_array_equal(one.wv.vectors, three.wv.vectors)


@pytest.mark.parametrize("options", KINDS)
def test_a_saved_model_goes_on_the_same(options: dict[str, Any], tmp_path: Path) -> None:
    model = trained(**options)
    model.save(tmp_path / "model")
    loaded = Doc2Vec.load(tmp_path / "model")
    loaded.workers = 1
    np.testing.assert_array_equal(loaded.dv.vectors, model.dv.vectors)
    assert loaded.dv.index_to_key == model.dv.index_to_key
    assert (loaded.dm, loaded.dm_concat, loaded.dbow_words) == (model.dm, model.dm_concat, model.dbow_words)
    words = texts(1, seed=8)[0]
    np.testing.assert_array_equal(loaded.infer_vector(words), model.infer_vector(words))
    for one in (loaded, model):
        one.train(tagged(), epochs=1, progress=False)
    np.testing.assert_array_equal(loaded.dv.vectors, model.dv.vectors)
    assert isinstance(KeyedVectors.load(tmp_path / "model"), KeyedVectors)


def test_a_checkpoint_asks_for_documents_again(tmp_path: Path) -> None:
    class Stop:
        def on_epoch_end(self, model: Doc2Vec) -> None:
            raise KeyError

    path = str(tmp_path / "c")
    with pytest.raises(KeyError):
        trained(checkpoint=path, checkpoint_every="1w", callbacks=[Stop()])
    with pytest.raises(ValueError, match=rf"where its documents came from .*, as in resume\('{path}', documents\)"):
        Doc2Vec.resume(path)
    assert len(Doc2Vec.resume(path, tagged(), progress=False).dv) == 120


def test_vectors_of_documents_can_lie_in_a_mapped_file(tmp_path: Path) -> None:
    mapped = trained(dv_mapfile=tmp_path / "rows")
    assert (tmp_path / "rows").exists() or list(tmp_path.iterdir())
    np.testing.assert_array_equal(mapped.dv.vectors, trained().dv.vectors)
    mapped.save(tmp_path / "model")
    np.testing.assert_array_equal(Doc2Vec.load(tmp_path / "model").dv.vectors, mapped.dv.vectors)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("vectors", np.zeros((120, 5), np.float32), "model: the vectors of documents are not of 12 dimensions"),
        ("own.vectors_lockf", np.ones(7, np.float32), "model: .*120 rows of .* \\(of documents\\)"),
        ("own.vectors_lockf", np.full(120, -1, np.float32), "model: .*must be factors from 0.* \\(of documents\\)"),
    ],
)
def test_a_damaged_part_of_documents_is_named(name: str, array: Any, message: str, tmp_path: Path) -> None:
    trained(epochs=1).save(tmp_path / "model")
    tensors, texts = read_tensors(tmp_path / "model")
    tensors[f"documents.{name}"] = array
    write_tensors(tmp_path / "model", tensors, texts)
    with pytest.raises(ValueError, match=message):
        Doc2Vec.load(tmp_path / "model")


def test_vectors_are_written_for_other_tools(tmp_path: Path) -> None:
    model = trained(epochs=1)
    model.save_word2vec_format(tmp_path / "both", doctag_vec=True)
    both = KeyedVectors.load_word2vec_format(tmp_path / "both")
    assert len(both) == len(model.wv) + len(model.dv)
    np.testing.assert_allclose(both["*dt_7"], model.dv[7], rtol=1e-5, atol=1e-7)
    with pytest.raises(ValueError, match="nothing to write"):
        model.save_word2vec_format(tmp_path / "none", word_vec=False)


def test_a_tag_written_as_a_word_is_refused(tmp_path: Path) -> None:
    model = Doc2Vec([TaggedDocument(["cat", "dog"], ["cat"])], **OPTIONS, sample=0)
    path = tmp_path / "both.txt"
    with pytest.raises(ValueError, match="'cat' is a word, and a tag with prefix='' before it: give another prefix"):
        model.save_word2vec_format(path, doctag_vec=True, prefix="")
    assert not path.exists()
    model.save_word2vec_format(path, doctag_vec=True, word_vec=False, prefix="")
    assert KeyedVectors.load_word2vec_format(path).index_to_key == ["cat"]


def test_it_says_what_it_is() -> None:
    assert str(Doc2Vec(**OPTIONS, dm=0)) == "Doc2Vec<dbow,d12,n5,s0.001>"
    assert str(Doc2Vec(**OPTIONS, dm=1)) == "Doc2Vec<dm/m,d12,n5,w5,s0.001>"
    for options, method in (
        ({"dm": 0}, "PV-DBOW"),
        ({"dm": 0, "dbow_words": 1}, "PV-DBOW, words beside"),
        ({"dm_mean": 0}, "PV-DM, sum"),
        ({"dm_concat": 1}, "PV-DM, concatenation"),
    ):
        assert repr(Doc2Vec(**OPTIONS, **options)) == (
            f"<Doc2Vec: 0 tags, 0 words, 12 dimensions, {method}, not trained>"
        )
    assert "120 tags, 48 words" in repr(trained(epochs=1))
    report = trained(epochs=1).estimate_memory()
    assert report["doctag_syn0"] == 4 * 120 * 12
    assert report["total"] == sum(value for name, value in report.items() if name != "total")


# ---- vectors of tags in files ----


def test_vectors_of_tags_are_mapped_from_a_models_file(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "m")
    text = ["a1", "a2", "b3"]
    for mode in ("r", "c"):
        mapped = Doc2Vec.load(tmp_path / "m", mmap=mode)
        assert not mapped.dv.vectors.flags.owndata
        assert mapped.wv.vectors.flags.writeable
        np.testing.assert_array_equal(mapped.dv.vectors, model.dv.vectors)
        assert mapped.dv.most_similar(3) == model.dv.most_similar(3)
        np.testing.assert_array_equal(mapped.infer_vector(text), model.infer_vector(text))
    before = (tmp_path / "m").read_bytes()
    model.train(tagged(), epochs=2)
    for mode in ("r", "c"):
        mapped = Doc2Vec.load(tmp_path / "m", mmap=mode)
        mapped.train(tagged(), epochs=2)
        np.testing.assert_array_equal(mapped.dv.vectors, model.dv.vectors)
    assert (tmp_path / "m").read_bytes() == before
    with pytest.raises(ValueError, match=r"mmap must be None, 'r' or 'c', not 'r\+'"):
        Doc2Vec.load(tmp_path / "m", mmap="r+")


def test_a_file_for_vectors_of_tags_replaces_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "thesis.txt"
    path.write_text("a1 a2 a3\n" * 20)
    for options in ({"documents": tagged()}, {"corpus_file": path}, {}):
        with pytest.raises(
            ValueError, match=f"{path}: holds something else than an array of NumPy's, and is not replaced"
        ):
            Doc2Vec(**options, dv_mapfile=path, **OPTIONS)
    assert path.read_text() == "a1 a2 a3\n" * 20
    rows = tmp_path / "rows.npy"
    for _ in range(2):
        model = trained(dv_mapfile=rows)
        assert model.dv.mapfile_path == str(rows)


def test_vectors_of_tags_of_another_number() -> None:
    model = trained()
    model.dv.vectors = model.dv.vectors[:5]
    with pytest.raises(ValueError, match=r"dv\.vectors has 5 rows, and dv has 120 tags"):
        model.train(tagged())


def test_words_and_tags_are_in_a_model() -> None:
    model = Doc2Vec([TaggedDocument(["a", "b"], ["t"])] * 3, **OPTIONS)
    assert [key in model for key in ("a", "t", "x", 9)] == [True, True, False, False]
    with pytest.raises(TypeError, match="not iterable"):
        list(model)


@pytest.mark.parametrize(
    ("token", "error", "message"),
    [
        (None, ValueError, r"text 2: a token is missing \(None\)"),
        (float("nan"), ValueError, r"text 2: a token is missing \(nan\)"),
        (b"a1", TypeError, "text 2: a token must be a str or an int, not "),
        (("a1",), TypeError, "text 2: a token must be a str or an int, not "),
        (1.5, TypeError, "text 2: a token must be a str or an int, not "),
    ],
)
def test_tokens_that_are_no_words_are_not_passed_over(token: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        trained(epochs=1).infer_vectors([["a1"], [], ["a2", "unknown", 3, token], ["a1"]])
