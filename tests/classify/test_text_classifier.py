"""TextClassifier: what it learns, how it is asked, and what it says of wrong input."""

from __future__ import annotations

import pickle
import signal
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import CallbackAny2Vec, KeyedVectors, StopTraining, TextClassifier, Word2Vec, fasttext
from fastemb.classify.lines import blocks
from fastemb.io.safetensors import read_tensors, write_tensors
from fastemb.train.hogwild import Hogwild
from fastemb.train.run import Run
from fastemb.train.strategy import BlockTrainer, Watch

LABELS = ["animal", "city", "tool"]
LOSSES = ["softmax", "hs", "ova", "ns"]


def texts_of(count: int, seed: int = 1, labels: int = 3) -> tuple[list[str], list[str]]:
    """Texts of words that all share and of words of their label."""
    rng = np.random.default_rng(seed)
    texts, own = [], []
    for number in range(count):
        label = number % labels
        words = [f"w{one}" for one in rng.integers(0, 30, 8)] + [f"l{label}x{one}" for one in rng.integers(0, 10, 3)]
        texts.append(" ".join(rng.permutation(words)))
        own.append(LABELS[label])
    return texts, own


X, Y = texts_of(300)
MORE, MORE_Y = texts_of(90, seed=2)


def model_of(**options: Any) -> TextClassifier:
    usual = {"vector_size": 12, "alpha": 0.5, "epochs": 5, "workers": 1, "progress": False}
    return TextClassifier(**usual | options)


def bits(model: TextClassifier) -> bytes:
    weights = model._known().core.weights
    return weights.padded_inputs.tobytes() + weights.padded_outputs.tobytes()


def write_lines(path: Path, texts: list[str], labels: list[str], prefix: str = "__label__") -> Path:
    path.write_text("".join(f"{prefix}{label} {text}\n" for text, label in zip(texts, labels, strict=True)), "utf-8")
    return path


# ---- learning ----


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("more", [{}, {"word_ngrams": 2, "bucket": 500}, {"min_n": 2, "max_n": 3, "bucket": 500}])
def test_labels_are_learned(loss: str, more: dict[str, Any]) -> None:
    model = model_of(loss=loss, epochs=15, **more).fit(X, Y)
    assert model.score(MORE, MORE_Y) > 0.95
    assert list(model.classes_) == LABELS
    found = model.predict_proba(MORE)
    assert found.shape == (90, 3)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-12)
    assert (model.classes_[found.argmax(axis=1)] == model.predict(MORE)).all()


def test_a_file_is_learned_as_lists_are(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "train.txt", X, Y)
    of_file, of_lists = model_of().fit_file(path), model_of().fit(X, Y)
    assert bits(of_file) == bits(of_lists)
    assert of_file.evaluate_file(write_lines(tmp_path / "t", MORE, MORE_Y)) == of_lists.evaluate(MORE, MORE_Y)


def test_another_prefix_and_tables(tmp_path: Path) -> None:
    whole = model_of().fit(X, Y)
    path = write_lines(tmp_path / "train.txt", X, Y, "#")
    assert list(model_of().fit_file(path, label_prefix="#").classes_) == LABELS
    table = tmp_path / "train.csv"
    table.write_text("kind,said\n" + "".join(f"{label},{text}\n" for text, label in zip(X, Y, strict=True)), "utf-8")
    model = model_of().fit_file(table, text="said", labels="kind")
    assert bits(model) == bits(whole)
    assert model.evaluate_file(table, text="said", labels="kind").precision == whole.score(X, Y)


def test_the_order_of_texts_and_labels_in_a_line_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text("".join(f"{text} __label__{label}\n" for text, label in zip(X, Y, strict=True)), "utf-8")
    assert bits(model_of().fit_file(path)) == bits(model_of().fit(X, Y))


def test_texts_that_stand_by_label_are_learned_by_shuffling() -> None:
    order = np.argsort(Y, kind="stable")
    texts, labels = [X[one] for one in order], [Y[one] for one in order]
    assert model_of(alpha=1.0).fit(texts, labels).score(MORE, MORE_Y) > 0.9
    assert bits(model_of(shuffle=False).fit(texts, labels)) != bits(model_of().fit(texts, labels))


@pytest.mark.parametrize("workers", [2, 3, None])
def test_workers(workers: int | None) -> None:
    assert model_of(workers=workers, epochs=15).fit(X * 10, Y * 10).score(MORE, MORE_Y) > 0.95
    alone = model_of(deterministic=True).fit(X, Y)
    assert bits(model_of(deterministic=True, workers=workers).fit(X, Y)) == bits(alone)


def test_the_seed() -> None:
    first, second, other = (model_of(random_state=seed).fit(X, Y) for seed in (7, 7, 8))
    assert bits(first) == bits(second)
    assert bits(first) != bits(other)


def test_several_labels_a_text() -> None:
    texts = [*X, *(f"{one} {two}" for one, two in zip(X[::3], X[1::3], strict=False))]
    labels = [[label] for label in Y] + [["animal", "city"]] * 100
    model = model_of(loss="ova", epochs=20).fit(texts, labels)
    found = model.predict([MORE[0], f"{MORE[0]} {MORE[1]}", "w1 w2"])
    assert found[0] == ["animal"]
    assert sorted(found[1]) == ["animal", "city"]
    assert model.score(texts, labels) > 0.9
    matrix = np.array([[label in own for label in LABELS] for own in labels], int)
    twin = model_of(loss="ova", epochs=20).fit(texts, matrix)
    assert list(twin.classes_) == [0, 1, 2]
    assert (twin.predict(texts) == matrix).all(axis=1).mean() == twin.score(texts, matrix) > 0.9
    assert model_of(loss="softmax", epochs=20).fit(texts, labels).predict(MORE[:1]) == [["animal"]]


def test_a_text_without_a_label_is_learned_by_ova_alone() -> None:
    texts, labels = X[:100], [["animal"] if label == "animal" else [] for label in Y[:100]]
    model = model_of(loss="ova", epochs=40).fit(texts, labels)
    assert model.predict(MORE[:2]) == [["animal"], []]
    with pytest.warns(UserWarning, match="have no label, and teach nothing"):
        model_of().fit(X[:30], [[label] for label in Y[:29]] + [[]])


def test_weights() -> None:
    heavy = model_of(class_weight={"animal": 50.0}, alpha=0.05).fit(X, Y).predict_proba(["w1 w2 w3"])[0]
    even = model_of(alpha=0.05).fit(X, Y).predict_proba(["w1 w2 w3"])[0]
    assert heavy[0] > even[0] + 0.1
    assert bits(model_of(class_weight="balanced").fit(X, Y)) == bits(model_of().fit(X, Y))  # they are balanced
    weights = np.where(np.array(Y) == "animal", 50.0, 1.0)
    assert bits(model_of(class_weight={"animal": 50.0}).fit(X, Y)) == bits(model_of().fit(X, Y, sample_weight=weights))
    skewed = (X[:90:3] * 3 + X[1:90:3], Y[:90:3] * 3 + Y[1:90:3])
    assert bits(model_of(class_weight="balanced").fit(*skewed)) != bits(model_of().fit(*skewed))


def test_pretrained_vectors(tmp_path: Path) -> None:
    vectors = KeyedVectors(12)
    vectors.add_vectors(["l0x1", "unseen"], np.ones((2, 12), np.float32) * [[1.0], [2.0]])
    with pytest.warns(UserWarning, match="epochs is 0"):
        core = model_of(vectors=vectors, epochs=0, min_count=2).fit(X, Y)._known().core
    names = core.dictionary.names
    assert (core.weights.inputs[names.index(b"l0x1")] == 1).all()
    assert (core.weights.inputs[names.index(b"unseen")] == 2).all()
    vectors.save_word2vec_format(str(tmp_path / "v.txt"))
    assert bits(model_of(vectors=tmp_path / "v.txt").fit(X, Y)) == bits(model_of(vectors=vectors).fit(X, Y))
    with pytest.raises(ValueError, match="give vector_size=12"):
        model_of(vectors=vectors, vector_size=10).fit(X, Y)


def test_growing() -> None:
    model = model_of().fit(X[::3] + X[1::3], Y[::3] + Y[1::3])
    before = bits(model)
    with pytest.raises(ValueError, match="alpha must be"):
        model.set_params(alpha=-1).partial_fit(X, Y)
    assert bits(model) == before
    model.set_params(alpha=0.5, epochs=15).partial_fit([f"{text} novel" for text in X], Y)
    assert list(model.classes_) == LABELS
    assert b"novel" in model._known().core.dictionary.names
    assert model.score(MORE, MORE_Y) > 0.95
    with pytest.raises(ValueError, match="vector_size was changed"):
        model.set_params(vector_size=13).partial_fit(X, Y)
    tree = model_of(loss="hs").fit(X[:200:3] + X[1:200:3], Y[:200:3] + Y[1:200:3])
    with pytest.raises(ValueError, match="'tool' is new"):
        tree.partial_fit(X, Y)
    assert tree.partial_fit(X[::3], Y[::3]).score(X[::3], Y[::3]) > 0.9
    first = model_of().partial_fit(X[::3], Y[::3], classes=LABELS)
    assert list(first.classes_) == LABELS
    assert first.set_params(epochs=15).partial_fit(X, Y).score(MORE, MORE_Y) > 0.95


def test_growing_with_ngrams_keeps_what_was_learned() -> None:
    model = model_of(word_ngrams=2, bucket=100).fit(X, Y)
    before = model.predict_proba(MORE)
    model.set_params(epochs=0)
    with pytest.warns(UserWarning, match="epochs is 0"):
        model.partial_fit(["one more word"], ["tool"])
    assert np.allclose(model.predict_proba(MORE), before)


# ---- asking ----


def test_best_labels_and_thresholds() -> None:
    model = model_of(epochs=15).fit(X, Y)
    found = model.predict_labels(MORE[:4], k=2)
    probabilities = model.predict_proba(MORE[:4])
    for own, row in zip(found, probabilities, strict=True):
        assert [one for _, one in own] == sorted(row, reverse=True)[:2]
    assert model.predict(MORE[:1], k=3) == [[label for label, _ in model.predict_labels(MORE[:1], k=None)[0]]]
    assert model.predict(["w1 w2"], threshold=1.0) == [[]]
    assert model.predict([]).tolist() == []
    assert model.predict_proba([""]).shape == (1, 3)
    with pytest.raises(ValueError, match="k must be"):
        model.predict(MORE, k=0)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_file_is_predicted_as_its_lines_are(workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(epochs=5).fit(X, Y).set_params(workers=workers)
    lines = [*MORE, "", "w1 " * 500, *MORE]
    (tmp_path / "lines").write_text("\n".join(lines), encoding="utf-8")
    expected = [model.predict_labels([line], k=2, threshold=0.1)[0] for line in lines]
    monkeypatch.setattr("fastemb.classify.asking.blocks", lambda path: blocks(path, 100))
    found = list(model.predict_file(tmp_path / "lines", k=2, threshold=0.1))
    assert {len(own) for own in expected} == {1, 2}
    monkeypatch.setattr("fastemb.classify.given._PIECE", 100)
    for some in (found, model.predict_labels(lines, k=2, threshold=0.1)):
        assert [[label for label, _ in own] for own in some] == [[label for label, _ in own] for own in expected]
        values = [[value for own in rows for _, value in own] for rows in (some, expected)]
        assert values[0] == pytest.approx(values[1], abs=1e-6)  # products of matrices add in an order of their own
    assert model.predict(lines).tolist() == [own[0][0] for own in model.predict_labels(lines)]
    with pytest.raises(FileNotFoundError):
        list(model.predict_file(tmp_path / "absent"))


def test_the_threshold_for_a_precision() -> None:
    model = model_of(epochs=2, alpha=0.1).fit(X, Y)
    rng = np.random.default_rng(1)
    labels = [label if rng.random() < 0.8 else "tool" for label in MORE_Y]
    threshold = model.threshold_for(MORE, labels, precision=0.85)
    given = model.predict(MORE, k=1, threshold=threshold)
    hits = [own == [label] for own, label in zip(given, labels, strict=True) if own]
    assert np.mean(hits) >= 0.85
    wanted = model.threshold_for(MORE, labels, precision=0.6, label="animal")
    column = model.predict_proba(MORE)[:, 0]
    assert np.mean([label == "animal" for label in np.array(labels)[column >= wanted]]) >= 0.6
    # with labels that are predicted each for itself, every pair of a text and a label counts
    several = model_of(loss="ova", epochs=2, alpha=0.1).fit(X, [[label] for label in Y])
    threshold = several.threshold_for(MORE, [[label] for label in labels], precision=0.6)
    chosen, own = several.predict_proba(MORE) >= threshold, np.array(labels)[:, None] == several.classes_
    assert np.mean(own[chosen]) >= 0.6
    assert chosen.sum() > 90 / 4
    with pytest.raises(ValueError, match="no threshold gives a precision of 1 "):
        model.threshold_for(MORE, ["tool" if label == "animal" else "animal" for label in MORE_Y], precision=1)
    with pytest.raises(ValueError, match="there is no label 'x'"):
        model.threshold_for(MORE, labels, label="x")
    with pytest.raises(ValueError, match="precision must be"):
        model.threshold_for(MORE, labels, precision=1.5)


def test_measures_are_those_of_counting() -> None:
    model = model_of(epochs=1, alpha=0.05).fit(X, Y)
    given, found = model.predict(MORE), model.evaluate(MORE, MORE_Y)
    assert found.precision == found.recall == model.score(MORE, MORE_Y) == np.mean(given == np.array(MORE_Y))
    one = found.labels["city"]
    assert one.texts == MORE_Y.count("city")
    hits = sum(a == b == "city" for a, b in zip(given, MORE_Y, strict=True))
    assert one.recall == hits / one.texts
    all_three = model.evaluate(MORE, MORE_Y, k=3)
    assert (all_three.precision, all_three.recall) == (pytest.approx(1 / 3), 1.0)
    assert model.evaluate([*MORE, "w1"], [*MORE_Y, "other"]).recall == found.recall * 90 / 91


def test_line_ends_tokens_and_prefixes_within_texts() -> None:
    model = model_of().fit(X, Y)
    assert (model.predict_proba(["w1\nw2\r\nl0x1"]) == model.predict_proba(["w1 w2 l0x1"])).all()
    assert (model.predict_proba([["w1", "w2"]]) == model.predict_proba(["w1 w2"])).all()
    assert (model.predict_proba(["w1 __label__tool"]) == model.predict_proba(["w1"])).all()
    assert (model.predict_proba(["w1 </s> l0x1"]) == model.predict_proba(["w1"])).all()
    assert bits(model_of().fit([f"{text} __label__x" for text in X], Y)) == bits(model)


# ---- validation ----


def test_the_best_epoch_on_validation_stays() -> None:
    rng = np.random.default_rng(3)
    noisy = [label if rng.random() < 0.5 else LABELS[rng.integers(3)] for label in Y[:60]]
    model = model_of(epochs=60, alpha=2.0).fit(X[:60], noisy, validation=(MORE, MORE_Y), patience=2)
    losses = [row["validation_loss"] for row in model.history if "validation_loss" in row]
    best = int(np.argmin(losses))
    assert len(losses) == best + 3 < 60
    scores = model.predict_proba(MORE)[np.arange(90), [LABELS.index(label) for label in MORE_Y]]
    assert -np.log(scores).mean() == pytest.approx(losses[best], rel=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_validation_with_every_loss(loss: str) -> None:
    model = model_of(loss=loss).fit(X, Y, validation=(MORE, MORE_Y))
    assert all(row["validation_loss"] > 0 for row in model.history if float(row["epoch"]).is_integer())


def test_validation_that_makes_no_sense() -> None:
    with pytest.raises(ValueError, match=r"no text of validation has a label that is trained: it has .*'x'"):
        model_of().fit(X, Y, validation=(["w1"], ["x"]))
    with pytest.raises(TypeError, match="validation must be"):
        model_of().fit(X, Y, validation=MORE)
    with pytest.raises(ValueError, match="1 labels"):
        model_of().fit(X, Y, validation=(MORE, ["tool"]))
    with pytest.warns(UserWarning, match="not trained do not count, such as 'x'"):
        model_of().fit(X, Y, validation=([*MORE, "w1"], [*MORE_Y, "x"]))


def test_the_prefix_alone_is_a_label_as_in_fasttext(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "texts", ["a b c", "d e f"] * 50, ["", "x"] * 50)
    made = model_of(epochs=20).fit_file(path)
    assert made.classes_.tolist() == ["", "x"]
    assert made.predict(["a b c", "d e f"]).tolist() == ["", "x"]
    made.save_fasttext(tmp_path / "model.bin")
    assert fasttext.load_model(tmp_path / "model.bin").predict("a b c")[0] == ("__label__",)
    assert TextClassifier.load_fasttext(tmp_path / "model.bin").predict(["a b c"]).tolist() == [""]


def test_validation_of_a_file(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "train", X, Y)
    held_out = write_lines(tmp_path / "held", MORE, MORE_Y)
    model = model_of().fit_file(path, validation=held_out)
    assert any("validation_loss" in row for row in model.history)
    strange = write_lines(tmp_path / "strange", MORE, ["x"] * 90)
    with pytest.raises(ValueError, match=f"{strange}: no label in it is known .*: the model has other labels"):
        model_of().fit_file(path, validation=strange)


# ---- wrong input ----


@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        (X, Y[:-1], ValueError, r"300 texts, but 299 labels"),
        (X[:-1], Y, ValueError, r"299 texts, but 300 labels"),
        ([], [], ValueError, "no texts"),
        (X, ["one"] * 300, ValueError, "all texts have the label 'one'"),
        ("a text", Y, TypeError, "must be a list of texts"),
        (None, Y, TypeError, "X must be a list of texts"),
        (X, None, ValueError, "y must be given"),
        (X, "animal", TypeError, "must be a list of labels"),
        ([*X[:-1], None], Y, TypeError, r"text 299 .*is missing"),
        ([float("nan"), *X[1:]], Y, TypeError, r"text 0 .*is missing"),
        ([*X[:-1], b"bytes"], Y, TypeError, r"text 299 .*decode"),
        ([5, *X[1:]], Y, TypeError, r"text 0 .*is the int 5: give a str"),
        (X, [*Y[:-1], None], ValueError, r"label of text 299 .*is missing"),
        (X, [float("nan"), *Y[1:]], ValueError, r"label of text 0 .*is missing"),
        (X, ["", *Y[1:]], ValueError, r"label of text 0 .*is missing"),
        (X, [{"a": 1}, *Y[1:]], TypeError, r"label of text 0"),
        (X, [["animal"], *Y[1:]], TypeError, r"give lists for all"),
        (X, [1, "1"] * 150, ValueError, r"two labels are both written '1'"),
        (X, [[]] * 300, ValueError, "no text has a label"),
        (X, np.full((300, 2), 2), ValueError, "must hold 0 and 1"),
        (X, np.zeros((299, 2), int), ValueError, "299 rows of labels"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*texts have no label")
def test_texts_and_labels_that_make_no_sense(texts: Any, labels: Any, error: type[Exception], message: str) -> None:
    model = model_of()
    with pytest.raises(error, match=message):
        model.fit(texts, labels)
    assert not model.__sklearn_is_fitted__()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"loss": "softmx"}, ValueError, "did you mean 'softmax'"),
        ({"loss": "one-vs-rest"}, ValueError, "did you mean 'ova'"),
        ({"loss": 3}, TypeError, "loss must be one of"),
        ({"vector_size": 0}, ValueError, "vector_size must be"),
        ({"alpha": float("nan")}, ValueError, "alpha must be"),
        ({"epochs": -1}, ValueError, "epochs must be"),
        ({"word_ngrams": 0}, ValueError, "word_ngrams must be"),
        ({"word_ngrams": 2, "bucket": 0}, ValueError, "n-grams need rows"),
        ({"min_n": 3, "max_n": 2}, ValueError, "min_n=3 is above max_n=2"),
        ({"min_n": 3}, ValueError, "needs max_n"),
        ({"min_alpha": 1.0}, ValueError, "min_alpha=1 is above"),
        ({"min_count": 10_000}, ValueError, "no word occurs min_count=10000"),
        ({"class_weight": {"x": 1}}, ValueError, "label 'x', which no text has"),
        ({"class_weight": {"tool": -1}}, ValueError, "class_weight of 'tool'"),
        ({"class_weight": "even"}, TypeError, "class_weight must be"),
        ({"vectors": 5}, TypeError, "vectors must be"),
        ({"workers": 0}, ValueError, "workers must be"),
        ({"random_state": "x"}, TypeError, "random_state must be"),
    ],
)
def test_parameters_that_make_no_sense(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        model_of(**options).fit(X, Y)


def test_misspelt_arguments_are_named() -> None:
    for given, meant in {"lr": "alpha", "dim": "vector_size", "wordNgrams": "word_ngrams", "epoch": "epochs"}.items():
        with pytest.raises(TypeError, match=f"did you mean '{meant}'"):
            TextClassifier(**{given: 1})
    with pytest.raises(TypeError, match="did you mean 'sample_weight'"):
        model_of().fit(X, Y, sample_weights=[1])  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="did you mean 'alpha'"):
        model_of().set_params(lr=1)


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1.0], ValueError, "a number for each of 300 texts"),
        ([-1.0] * 300, ValueError, "that of text 0 is -1"),
        ([1.0] * 299 + [float("nan")], ValueError, "that of text 299 is nan"),
        (["x"] * 300, TypeError, "must be numbers"),
    ],
)
def test_sample_weights_that_make_no_sense(weights: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        model_of().fit(X, Y, sample_weight=weights)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no words"),
        ("\n\n", "no words"),
        ("one two\nthree\n", "no word begins with '__label__'"),
        ("__label__a one\n__label__a two\n", "all texts have the label 'a'"),
    ],
)
def test_files_that_make_no_sense(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=message):
        model_of().fit_file(path)


def test_lines_without_labels_or_words_are_warned_of(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "train.txt", X, Y)
    with path.open("a", encoding="utf-8") as file:
        file.write("\nno label here\n")
    with pytest.warns(UserWarning, match=r"1 lines have words but no label.* line 302"):
        model = model_of().fit_file(path)
    assert bits(model) != b""
    path = write_lines(tmp_path / "train.txt", [*X, ""], [*Y, "tool"])
    with pytest.warns(UserWarning, match=r"1 lines have a label but no word.* line 301"):
        model_of().fit_file(path)


def test_options_of_files_that_do_not_go_together(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "train.txt", X, Y)
    with pytest.raises(ValueError, match="give labels, the column"):
        model_of().fit_file(path, text="a")
    with pytest.raises(ValueError, match="are for tables"):
        model_of().fit_file(path, sep=",")
    with pytest.raises(ValueError, match="label_prefix must be"):
        model_of().fit_file(path, label_prefix="a b")
    with pytest.raises(FileNotFoundError):
        model_of().fit_file(tmp_path / "absent")
    with pytest.raises(TypeError, match="validation of fit_file must be a file"):
        model_of().fit_file(path, validation=(X, Y))  # type: ignore[arg-type]


def test_training_that_diverges_says_so() -> None:
    with pytest.warns(UserWarning, match="so large"), pytest.raises(FloatingPointError, match=r"diverged.*Lower alpha"):
        model_of(alpha=1e30).fit(X, Y)


def test_a_model_that_is_not_fitted() -> None:
    for ask in ("predict", "predict_proba", "transform"):
        with pytest.raises(ValueError, match="not fitted"):
            getattr(model_of(), ask)(X)
    with pytest.raises(ValueError, match="not fitted"):
        model_of().save("x")


# ---- files ----


@pytest.mark.parametrize("loss", LOSSES)
def test_a_model_that_was_saved_is_the_same_and_goes_on_alike(loss: str, tmp_path: Path) -> None:
    model = model_of(loss=loss, word_ngrams=2, bucket=300).fit(X, Y)
    model.save(tmp_path / "model")
    for twin in (TextClassifier.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        assert bits(twin) == bits(model)
        assert (twin.predict(MORE) == model.predict(MORE)).all()
        assert twin.get_params()["word_ngrams"] == 2
        one, two = replaced(model).partial_fit(X, Y), twin.set_params(progress=False).partial_fit(X, Y)
        assert bits(one) == bits(two)


def replaced(model: TextClassifier) -> TextClassifier:
    """A model with the same knowledge, which may learn on while the first one stays."""
    made = model_of(**{name: value for name, value in model.get_params().items() if name != "callbacks"})
    made._fitted = replace(model._known())
    return made


def test_a_classifier_says_what_it_is() -> None:
    model = model_of(loss="hs")
    made = repr(model)
    assert made.startswith("TextClassifier(")
    assert "loss='hs'" in made
    model.fit(X, Y)
    assert repr(model) == f"{made}, fitted: 3 labels, 61 words"
    shown = model._repr_html_()
    assert "3 labels, 61 words" in shown
    assert all(label in shown for label in LABELS)


def test_labels_of_several_kinds_are_in_order_of_their_kinds() -> None:
    model = model_of().fit(X, [{"animal": 1, "city": "1b", "tool": 0.5}[label] for label in Y])
    assert model.classes_.dtype == object
    assert model.classes_.tolist() == [0.5, 1, "1b"]
    found = model.predict(MORE)
    assert found.dtype == object
    assert {type(label) for label in found} == {float, int, str}


def test_texts_are_scored_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of().fit(X, Y)
    whole, labels = model.predict(MORE), model.predict_labels(MORE)
    monkeypatch.setattr("fastemb.classify.answers._MANY", 30)
    assert model.predict(MORE).tolist() == whole.tolist()
    assert model.predict_labels(MORE) == labels


def test_a_weight_that_is_no_number_is_found() -> None:
    weights = model_of().fit(X, Y)._known().core.weights
    assert weights.not_finite() is None
    weights.padded_outputs[2, 5] = np.inf
    assert weights.not_finite() == ("outputs", 2)
    weights.padded_inputs[[7, 9], 3] = np.nan
    assert weights.not_finite() == ("inputs", 7)


def test_labels_keep_their_kind(tmp_path: Path) -> None:
    numbers = [LABELS.index(label) for label in Y]
    model = model_of().fit(X, numbers)
    model.save(tmp_path / "model")
    twin = TextClassifier.load(tmp_path / "model")
    assert twin.predict(MORE[:3]).tolist() == [0, 1, 2]
    assert twin.classes_.dtype.kind == "i"


def test_a_file_of_the_other_kind_is_said_to_be_one(tmp_path: Path) -> None:
    model = model_of().fit(X, Y)
    model.save(tmp_path / "model")
    model.save_fasttext(tmp_path / "model.bin")
    with pytest.raises(ValueError, match=r"TextClassifier\.load_fasttext reads it"):
        TextClassifier.load(tmp_path / "model.bin")
    with pytest.raises(ValueError, match=r"TextClassifier\.load reads"):
        TextClassifier.load_fasttext(tmp_path / "model")
    with pytest.raises(ValueError, match=r"holds no Word2Vec.*TextClassifier\.load reads it"):
        Word2Vec.load(tmp_path / "model")


def test_sets_of_labels_are_learned_alike_in_every_process() -> None:
    sets = [{label, "text", "a", "b"} for label in Y]
    lists = [sorted(one) for one in sets]
    assert bits(model_of().fit(X, sets)) == bits(model_of().fit(X, lists))


def test_damaged_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "model"
    model_of().fit(X, Y).save(path)
    tensors, metadata = read_tensors(path)
    state = metadata["state"]
    wrong: list[tuple[dict[str, Any], dict[str, str]]] = [
        (tensors | {"inputs": tensors["inputs"][:-1]}, metadata),
        (tensors | {"outputs": tensors["outputs"][:-1]}, metadata),
        (tensors | {"counts": tensors["counts"] - 10**6}, metadata),
        (tensors | {"name_offsets": tensors["name_offsets"][::-1].copy()}, metadata),
        (tensors, metadata | {"state": state.replace('"softmax"', '"x"')}),
        (tensors, metadata | {"state": state.replace('"one"', '"x"')}),
        (tensors, metadata | {"state": "{}"}),
        ({name: one for name, one in tensors.items() if name != "names"}, metadata),
    ]
    for arrays, texts in wrong:
        write_tensors(tmp_path / "wrong", arrays, texts)
        with pytest.raises(ValueError, match=f"{tmp_path / 'wrong'}: "):
            TextClassifier.load(tmp_path / "wrong")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=str(path)):
        TextClassifier.load(path)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("more", [{}, {"word_ngrams": 2, "bucket": 300}])
def test_fasttexts_files(loss: str, more: dict[str, Any], tmp_path: Path) -> None:
    model = model_of(loss=loss, **more).fit(X, Y)
    path = tmp_path / "model.bin"
    model.save_fasttext(path)
    twin = TextClassifier.load_fasttext(path)
    assert bits(twin) == bits(model)
    assert (twin.predict_proba(MORE) == model.predict_proba(MORE)).all()
    import fastemb.fasttext

    there = fastemb.fasttext.load_model(str(path))
    for text, own in zip(MORE[:5], model.predict_labels(MORE[:5]), strict=True):
        labels, probabilities = there.predict(text)
        assert labels[0] == f"__label__{own[0][0]}"
        assert loss == "ns" or probabilities[0] == pytest.approx(own[0][1], abs=0.01) or loss == "ova"


# ---- checkpoints, callbacks, interrupts ----


class CutError(Exception):
    pass


class Cut(CallbackAny2Vec):
    def __init__(self, event: str, number: int) -> None:
        self._left = number
        setattr(self, event, self._note)

    def _note(self, model: Any) -> None:
        self._left -= 1
        if not self._left:
            raise CutError


@pytest.mark.parametrize(("event", "number"), [("on_epoch_begin", 1), ("on_epoch_begin", 2), ("on_epoch_end", 3)])
@pytest.mark.parametrize("loss", ["softmax", "ns"])
def test_training_that_is_resumed_ends_with_the_same_bits(event: str, number: int, loss: str, tmp_path: Path) -> None:
    weights = np.linspace(0, 2, 300)
    whole = model_of(loss=loss, compute_loss=True).fit(X, Y, sample_weight=weights)
    with pytest.raises(CutError):
        model_of(loss=loss, compute_loss=True, callbacks=[Cut(event, number)]).fit(
            X, Y, sample_weight=weights, checkpoint=tmp_path / "c", checkpoint_every="1w"
        )
    assert TextClassifier.load(tmp_path / "c").predict(MORE).shape == (90,)
    resumed = TextClassifier.resume(tmp_path / "c", X, Y, sample_weight=weights, progress=False)
    assert bits(resumed) == bits(whole)
    assert resumed.get_latest_training_loss() == whole.get_latest_training_loss() > 0


@pytest.mark.parametrize("blocks", [1, 3, 8])
def test_a_checkpoint_between_any_two_blocks(blocks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_lines(tmp_path / "train.txt", X, Y)
    whole, left = model_of().fit_file(path), blocks

    def in_turn(_: Hogwild, run: Run, trainer: BlockTrainer, watch: Watch) -> None:
        nonlocal left
        workspace = trainer.workspace()
        while (span := run.take()) is not None:
            run.totals.add(*trainer.train_block(run.draw_epoch, *span, run.alpha(span[0]), workspace))
            watch(nullcontext)
            left -= 1
            if not left:
                raise CutError

    monkeypatch.setattr(Hogwild, "train_epoch", in_turn)
    with pytest.raises(CutError):
        model_of().fit_file(path, checkpoint=tmp_path / "c", checkpoint_every="1w")
    monkeypatch.undo()
    resumed = TextClassifier.resume(tmp_path / "c", progress=False)  # which reads the file again
    assert bits(resumed) == bits(whole)
    assert bits(TextClassifier.resume(tmp_path / "c")) == bits(whole)


def test_a_table_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("".join(f"{text},{label}\n" for text, label in [("text", "label"), *zip(X, Y, strict=True)]))
    table = {"text": "text", "labels": "label"}
    whole = model_of().fit_file(path, **table)
    with pytest.raises(CutError):
        model_of(callbacks=[Cut("on_epoch_end", 2)]).fit_file(
            path, **table, checkpoint=tmp_path / "c", checkpoint_every="1w"
        )
    resumed = TextClassifier.resume(tmp_path / "c", progress=False, workers=1)
    assert bits(resumed) == bits(whole)
    assert resumed.workers == 1
    with pytest.raises(ValueError, match="workers must be between 1 and"):
        TextClassifier.resume(tmp_path / "c", workers=0)


def test_other_texts_are_no_resumption(tmp_path: Path) -> None:
    with pytest.raises(CutError):
        model_of(callbacks=[Cut("on_epoch_end", 2)]).fit(X, Y, checkpoint=tmp_path / "c", checkpoint_every="1w")
    for texts, labels in ((X[:-1], Y[:-1]), (X, Y[1:] + Y[:1]), (["q"], ["q"])):
        with pytest.raises(ValueError, match="these are not the texts that the checkpoint was made with"):
            TextClassifier.resume(tmp_path / "c", texts, labels)
    with pytest.raises(ValueError, match="give them, as in resume"):
        TextClassifier.resume(tmp_path / "c")
    with pytest.raises(ValueError, match=r"has not ended.*TextClassifier\.resume"):
        model_of().fit(X, Y, checkpoint=tmp_path / "c")


def test_callbacks_see_the_model_and_may_stop_it() -> None:
    class Watcher(CallbackAny2Vec):
        scores: list[float]

        def on_train_begin(self, model: Any) -> None:
            self.scores = []

        def on_epoch_end(self, model: Any) -> None:
            self.scores.append(model.score(MORE, MORE_Y))
            if len(self.scores) == 3:
                raise StopTraining

    watcher = Watcher()
    model = model_of(epochs=50, callbacks=[watcher], compute_loss=True).fit(X, Y)
    assert len(watcher.scores) == 3
    assert model.score(MORE, MORE_Y) == watcher.scores[-1]
    losses = [row["loss"] for row in model.history if float(row["epoch"] or 0).is_integer()]
    assert losses[0] > losses[-1] > 0  # type: ignore[operator]


def test_an_interrupt_stops_soon_and_leaves_the_model_as_it_was() -> None:
    model = model_of().fit(X, Y)
    before = bits(model)
    model.set_params(epochs=10**6, workers=2)
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    timer.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X * 20, Y * 20)
    assert time.monotonic() - begun < 20
    timer.join()
    assert bits(model) == before
    assert not [one for one in threading.enumerate() if one.name.startswith("fastemb") and one.is_alive()]


# ---- scikit-learn ----


def test_scikit_learns_tools() -> None:
    pytest.importorskip("sklearn")
    from sklearn.base import clone, is_classifier
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    model = model_of(epochs=10)
    assert is_classifier(model)
    assert clone(model).get_params() == model.get_params()
    assert cross_val_score(model, X, Y, cv=3).mean() > 0.9
    search = GridSearchCV(model, {"alpha": [1e-6, 0.5]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"alpha": 0.5}
    assert search.best_estimator_.score(MORE, MORE_Y) > 0.9
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = make_pipeline(lower, model_of(epochs=10)).fit([text.upper() for text in X], Y)
    assert pipeline.score(MORE, MORE_Y) > 0.9


def test_arrays_and_frames() -> None:
    whole = bits(model_of().fit(X, Y))
    assert bits(model_of().fit(np.array(X), np.array(Y))) == whole
    assert bits(model_of().fit(np.array(X, object), np.array(Y).reshape(-1, 1))) == whole
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": X, "label": Y}, index=range(300, 0, -1))
    assert bits(model_of().fit(frame["text"], frame["label"])) == whole
