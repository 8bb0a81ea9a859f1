"""`fastemb.fasttext`: training, what is asked of models, files, and wrong input. tests/peers has recorded answers."""

from __future__ import annotations

import inspect
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb.fasttext as fasttext
from fastemb import TextClassifier
from fastemb.classify.product import Quantising, quantised_matrix
from fastemb.fasttext.wording import in_the_packages_names
from fastemb.models.fasttext import load_facebook_model

WORDS = [f"word{number}" for number in range(60)]
SUPERVISED = {"dim": 12, "lr": 0.5, "epoch": 20, "bucket": 500, "verbose": 0, "thread": 1}
UNSUPERVISED = {"dim": 12, "epoch": 2, "minCount": 1, "bucket": 400, "verbose": 0, "thread": 1}


def lines(count: int = 300) -> list[str]:
    chance = random.Random(4)
    made = []
    for number in range(count):
        words = chance.choices(WORDS[number % 3 * 20 : number % 3 * 20 + 20], k=8) + chance.choices(WORDS, k=4)
        made.append(f"__label__{number % 3} {' '.join(words)}")
    return made


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "labelled.txt"
    path.write_text("\n".join(lines()) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(text: Path) -> Any:
    return fasttext.train_supervised(str(text), wordNgrams=2, minn=2, maxn=3, **SUPERVISED)


@pytest.fixture(scope="module")
def vectors(text: Path) -> Any:
    return fasttext.train_unsupervised(text, **UNSUPERVISED)


# ---- training ----


@pytest.mark.parametrize("loss", ["softmax", "hs", "ns", "ova"])
def test_labels_are_learned(loss: str, text: Path, tmp_path: Path) -> None:
    made = fasttext.train_supervised(input=str(text), loss=loss, **SUPERVISED)
    count, precision, recall = made.test(str(text))
    assert (count, precision == recall) == (300, True)
    assert precision > 0.95
    assert (made.lr, made.dim, made.epoch, made.loss, made.wordNgrams, made.label) == (
        0.5,
        12,
        20,
        loss,
        1,
        "__label__",
    )
    made.save_model(tmp_path / "x.bin")
    again = fasttext.load_model(str(tmp_path / "x.bin"))
    assert again.predict(WORDS, k=-1)[0] == made.predict(WORDS, k=-1)[0]
    assert again.get_labels() == ["__label__0", "__label__1", "__label__2"]
    assert not hasattr(again, "lr")


@pytest.mark.parametrize("kind", ["skipgram", "cbow"])
@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_vectors_are_learned(kind: str, loss: str, text: Path, tmp_path: Path) -> None:
    made = fasttext.train_unsupervised(str(text), model=kind, loss=loss, **UNSUPERVISED)
    assert set(made.words) == {*WORDS, "</s>"}
    assert made.get_words(include_freq=True)[1].sum() == 300 * 13
    assert made.labels == made.words
    assert made.get_input_matrix().shape == (61 + 400, 12)
    assert np.abs(made.get_output_matrix()).sum() > 0
    made.save_model(str(tmp_path / "x.bin"))
    again = fasttext.load_model(tmp_path / "x.bin")
    for word in ("word1", "word", "unseen"):
        assert again[word].tolist() == made[word].tolist()
    further = load_facebook_model(tmp_path / "x.bin")
    assert (further.sg, further.hs, further.wv.index_to_key) == (kind == "skipgram", loss == "hs", made.words)
    assert again.get_nearest_neighbors("word1", k=3) == made.get_nearest_neighbors("word1", k=3)


def test_the_packages_other_names_of_arguments(text: Path) -> None:
    some = {**UNSUPERVISED, "minn": 0, "maxn": 0}
    del some["minCount"]
    made = fasttext.train_unsupervised(str(text), "cbow", min_count=65, label_prefix="__", **some)
    assert 2 < len(made.words) < 50
    assert (made.minCount, made.label, made.get_input_matrix().shape) == (65, "__", (len(made.words), 12))


def test_vectors_to_begin_with(text: Path, tmp_path: Path) -> None:
    (tmp_path / "x.vec").write_text("2 12\n" + "".join(f"{word} {' '.join(['7'] * 12)}\n" for word in ("word3", "no")))
    for train, options in ((fasttext.train_supervised, SUPERVISED), (fasttext.train_unsupervised, UNSUPERVISED)):
        made = train(str(text), pretrainedVectors=str(tmp_path / "x.vec"), **{**options, "epoch": 1, "lr": 1e-6})
        assert made.get_input_vector(made.get_word_id("word3")) == pytest.approx(np.full(12, 7.0), abs=0.01)
        with pytest.raises(ValueError, match="12"):
            train(str(text), pretrained_vectors=str(tmp_path / "x.vec"), **{**options, "dim": 5})


def test_signatures_name_the_arguments() -> None:
    shown = inspect.signature(fasttext.train_supervised).parameters
    assert [*shown][:3] == ["input", "lr", "dim"]
    assert (shown["lr"].default, shown["loss"].default, shown["minCount"].default) == (0.1, "softmax", 1)
    shown = inspect.signature(fasttext.train_unsupervised).parameters
    assert (shown["model"].default, shown["lr"].default, shown["minCount"].default) == ("skipgram", 0.05, 5)


@pytest.mark.parametrize("train", [fasttext.train_supervised, fasttext.train_unsupervised])
@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"wordNgram": 2}, TypeError, "unexpected keyword argument 'wordNgram'; did you mean 'wordNgrams'"),
        ({"epochs": 2}, TypeError, "did you mean 'epoch'"),
        ({"vector_size": 2}, TypeError, "did you mean 'dim'"),
        ({"min_count": 2, "minCount": 2}, TypeError, "multiple values for argument 'minCount'"),
        ({"loss": "hinge"}, ValueError, "Unrecognized loss name: 'hinge'"),
        ({"dim": 0}, ValueError, r"vector_size|dim"),
        ({"dim": "many"}, TypeError, r"vector_size|dim"),
        ({"lr": -1}, ValueError, r"alpha|lr"),
        ({"epoch": -1}, ValueError, "epoch"),
        ({"thread": 0}, ValueError, r"workers|thread"),
    ],
)
def test_arguments_that_make_no_sense(train: Any, options: Any, kind: Any, message: str, text: Path) -> None:
    with pytest.raises(kind, match=message):
        train(str(text), verbose=0, **options)


def test_warnings_of_training_name_arguments_as_the_package_does(text: Path) -> None:
    with pytest.warns(UserWarning, match=r"^lr=6 is so large") as caught:
        fasttext.train_supervised(str(text), **SUPERVISED | {"lr": 6.0, "epoch": 1})
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"^neg=300 takes long"):
        fasttext.train_unsupervised(str(text), **UNSUPERVISED | {"neg": 300, "epoch": 1})
    ruined = "Build the model anew with a lower alpha (now 2) or negative (now 30)"
    assert in_the_packages_names(ruined) == "Build the model anew with a lower lr (now 2) or neg (now 30)"
    with pytest.warns(UserWarning, match=r"^alpha=6 is so large"):  # elsewhere they keep their names
        TextClassifier(alpha=6.0, epochs=1, progress=False).fit(["a", "b"], ["x", "y"])


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"dim": 0}, ValueError, "^dim must be between 1 and"),
        ({"epoch": -1}, ValueError, "^epoch must be between 0 and"),
        ({"thread": 0}, ValueError, "^thread must be between 1 and"),
        ({"minCount": 1000}, ValueError, "no word occurs minCount=1000 times"),
        ({"minCountLabel": 1000}, ValueError, "no label in it is known .*rarer than minCountLabel="),
        ({"label": "#"}, ValueError, r"no word begins with '#', .* Give the prefix that they have by label=$"),
        (
            {"wordNgrams": 2, "bucket": 0},
            ValueError,
            "give bucket, such as 2000000, or wordNgrams=1 and maxn=0 for none",
        ),
        ({"lr": 1e30}, FloatingPointError, r"training diverged: .* Lower lr \(now 1e\+30\)"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_errors_name_the_packages_arguments(options: Any, kind: Any, message: str, text: Path) -> None:
    with pytest.raises(kind, match=message):
        fasttext.train_supervised(str(text), **SUPERVISED | options)


def test_errors_of_vectors_name_the_packages_arguments(text: Path) -> None:
    for options, message in (({"ws": 0}, "^ws must be between 1"), ({"neg": 0}, "set neg > 0, or loss='hs'$")):
        with pytest.raises(ValueError, match=message):
            fasttext.train_unsupervised(str(text), **UNSUPERVISED | options)


@pytest.mark.parametrize("given", [["__label__a x"], None, 3, "__label__a the cat\n__label__b a dog"])
def test_input_that_is_no_path(given: Any) -> None:
    for train, lists in ((fasttext.train_supervised, "TextClassifier"), (fasttext.train_unsupervised, "FastText")):
        with pytest.raises((TypeError, ValueError), match=rf"^input must be the path of a file.*fastemb\.{lists}\b"):
            train(given)


def test_vectors_to_begin_with_that_are_not_there(text: Path) -> None:
    for train, options in ((fasttext.train_supervised, SUPERVISED), (fasttext.train_unsupervised, UNSUPERVISED)):
        with pytest.raises(ValueError, match="Pretrained vectors file cannot be opened! absent: no such file"):
            train(str(text), pretrainedVectors="absent", **options)


def test_thresholds_and_rows_that_are_no_numbers(model: Any) -> None:
    for threshold, kind in ((float("nan"), ValueError), ("a", TypeError)):
        with pytest.raises(kind, match=r"^threshold must be a"):
            model.predict("word1", threshold=threshold)
    with pytest.raises(TypeError, match=r"^ind must be a whole number, not 'a'"):
        model.get_input_vector("a")


def test_a_file_in_which_nothing_can_be_measured_is_named(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.write_text("the cat sat\n")
    with pytest.warns(UserWarning, match=f"^{path}: no line has words and a label that the model knows.*'__label__"):
        texts, precision, recall = model.test(path)
    assert texts == 0
    assert np.isnan([precision, recall]).all()


def test_files_of_other_kinds_are_said_to_be_such(tmp_path: Path) -> None:
    path = tmp_path / "words.vec"
    path.write_text("2 3\na 1 2 3\nb 4 5 6\n")
    with pytest.raises(ValueError, match=f"^{path}: this is no model of fastText.*looks like word2vec's text format"):
        fasttext.load_model(path)


def test_input_that_is_not_there(tmp_path: Path) -> None:
    for call in (fasttext.train_supervised, fasttext.train_unsupervised):
        with pytest.raises(TypeError, match="needs input"):
            call()
        with pytest.raises(ValueError, match=r"no\.txt cannot be opened for training!"):
            call(str(tmp_path / "no.txt"))
    with pytest.raises(FileNotFoundError, match=r"no\.bin cannot be opened for loading!"):
        fasttext.load_model(str(tmp_path / "no.bin"))
    (tmp_path / "x.bin").write_bytes(b"this is no model of fastText")
    with pytest.raises(ValueError, match="no model of fastText"):
        fasttext.load_model(tmp_path / "x.bin")
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(ValueError, match="Empty vocabulary"):
        fasttext.train_unsupervised(tmp_path / "empty.txt")
    (tmp_path / "rare.txt").write_text("a b c\n")
    with pytest.raises(ValueError, match=r"rare.txt: Empty vocabulary. Try a smaller minCount"):
        fasttext.train_unsupervised(tmp_path / "rare.txt")
    with pytest.raises(ValueError, match="model name: 'sg'"):
        fasttext.train_unsupervised(tmp_path / "empty.txt", model="sg")
    with pytest.raises(ValueError, match=r"autotuneValidationFile.*GridSearchCV"):
        fasttext.train_supervised("x", autotuneValidationFile="y")


def test_functions_that_are_gone() -> None:
    for name in ("cbow", "skipgram", "supervised"):
        with pytest.raises(RuntimeError, match=f"`{name}` is not supported any more"):
            getattr(fasttext, name)("text.txt")


def test_too_many_arguments() -> None:
    with pytest.raises(TypeError, match=r"train_supervised\(\) takes at most \d+ arguments, not 99"):
        fasttext.train_supervised(*range(99))


def test_names_of_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (fasttext.EOS, fasttext.BOW, fasttext.EOW) == ("</s>", "<", ">")
    assert isinstance(fasttext.FastText._FastText(), fasttext.FastText._FastText)
    monkeypatch.setattr(fasttext.FastText, "eprint", lambda *_: None)  # as programs do, to silence the package
    assert fasttext.FastText.load_model is fasttext.load_model
    with pytest.raises(ValueError, match="Model never trained"):
        _ = fasttext.FastText._FastText().words


# ---- asking ----


def test_predict_takes_texts_and_lists(model: Any) -> None:
    labels, values = model.predict("word1 word2")
    assert labels == ("__label__0",)
    assert (values.dtype, values.shape) == (np.float64, (1,))
    several, probabilities = model.predict(["word1 word2", "word45 word50"], k=2)
    assert [row[0] for row in several] == ["__label__0", "__label__2"]
    assert [len(row) for row in several] == [2, 2]
    assert probabilities[0].dtype == np.float32
    assert model.predict([]) == ([], [])
    assert model.predict(("word1", "word2"))[0] == model.predict(["word1", "word2"])[0]
    assert model.predict("word1", threshold=1.5)[0] == ()
    assert len(model.predict("word1", k=99)[0]) == 3


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (b"word1", TypeError, "decode it"),
        (3, TypeError, "must be a str, or a list"),
        (None, TypeError, "must be a str, or a list"),
        (["word1", 3], TypeError, "must be a str, not 3"),
        (["word1", b"x"], TypeError, "decode it"),
        ("a\nb", ValueError, r"one line at a time \(remove '\\n'\)"),
        (["a", "b\n"], ValueError, "one line at a time"),
        ("\ud800", UnicodeEncodeError, "surrogates"),
    ],
)
def test_texts_that_cannot_be_answered(given: Any, kind: Any, message: str, model: Any) -> None:
    with pytest.raises(kind, match=message):
        model.predict(given)


@pytest.mark.parametrize("kind", ["skipgram", "cbow"])
def test_rows_of_ngrams_that_do_not_occur_are_zero(kind: str, text: Path) -> None:
    model = fasttext.train_unsupervised(text, **UNSUPERVISED | {"bucket": 5000, "model": kind})
    used = sorted(
        {int(row) for word in model.words for row in model.get_subwords(word)[1]} - set(range(len(model.words)))
    )
    rows = model.get_input_matrix()
    assert len(rows) == len(model.words) + 5000
    assert rows[: len(model.words)].any(axis=1).all()
    assert np.flatnonzero(rows.any(axis=1)).tolist()[len(model.words) :] == used
    assert np.allclose(model.get_word_vector("word1"), rows[model.get_subwords("word1")[1]].mean(axis=0), atol=1e-6)


def test_words_may_be_bytes(model: Any, vectors: Any) -> None:
    word = vectors.words[1]
    given = word.encode()
    assert np.array_equal(vectors.get_word_vector(given), vectors.get_word_vector(word))
    assert np.array_equal(vectors[given], vectors[word])
    assert vectors.get_word_id(given) == vectors.get_word_id(word) > 0
    assert vectors.get_nearest_neighbors(given, k=2) == vectors.get_nearest_neighbors(word, k=2)
    assert vectors.get_subwords(given)[0] == vectors.get_subwords(word)[0]
    assert model.get_subword_id(b"<w") == model.get_subword_id("<w")
    assert not np.array_equal(vectors.get_word_vector(b"caf\xe9"), vectors.get_word_vector("caf\xe9"))
    with pytest.raises(TypeError, match="word must be a str, not 3"):
        vectors.get_word_vector(3)


def test_many_texts_are_answered_as_one_by_one(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastemb.fasttext.model._TOGETHER", 50)
    texts = [line.partition(" ")[2] for line in lines(100)] + [""] * 3
    labels, values = model.predict(texts, k=2)
    for row, text in enumerate(texts):
        one = model.predict(text, k=2)
        assert (tuple(labels[row]), values[row].tolist()) == (one[0], one[1].tolist())


def test_a_model_without_labels_tells_none(vectors: Any, text: Path) -> None:
    for call in (lambda: vectors.predict("word1"), lambda: vectors.test(str(text)), lambda: vectors.test_label(text)):
        with pytest.raises(ValueError, match="Model needs to be supervised for prediction!"):
            call()


def test_measures(model: Any, text: Path, tmp_path: Path) -> None:
    found = model.test_label(str(text))
    assert {*found} == {"__label__0", "__label__1", "__label__2"}
    assert {*found["__label__0"]} == {"precision", "recall", "f1score"}
    (tmp_path / "x").write_text("__label__0 word1\n__label__0 __label__1 word2\n__label__9 word1\nword1\n__label__0\n")
    count, precision, recall = model.test(tmp_path / "x")
    assert count == 3  # the end of a line is a word, too
    assert precision * 3 == pytest.approx(recall * 4)
    with pytest.raises(ValueError, match="Test file cannot be opened!"):
        model.test(tmp_path / "no")
    meter = model.get_meter(str(text))
    precisions, recalls = meter.precision_recall_curve()
    assert (precisions[-1], recalls[-1]) == (1.0, 0.0)
    assert meter.recall_at_precision(0.9) > 0.9
    assert meter.precision_at_recall(0.9, "__label__1") > 0.9
    scores, true = meter.score_vs_true("__label__1")
    assert len(scores) == len(true) == 300
    with pytest.raises(ValueError, match="does not know the label 'x'"):
        meter.score_vs_true("x")


def test_rows_that_are_not_there(vectors: Any) -> None:
    for row in (-1, 61 + 400):
        with pytest.raises(IndexError, match=f"no row {row}"):
            vectors.get_input_vector(row)


def test_a_model_says_what_it_is(model: Any, vectors: Any) -> None:
    assert repr(fasttext.FastText._FastText()) == "<FastTextModel, empty>"
    assert "12" in repr(model)
    assert repr(model) != repr(vectors)
    assert vectors.labels == vectors.words
    assert model.labels is model.labels
    assert sorted(model.labels) == ["__label__0", "__label__1", "__label__2"]


def test_vectors_of_texts(model: Any, vectors: Any, tmp_path: Path) -> None:
    units = [vectors[word] / np.linalg.norm(vectors[word]) for word in ("word1", "word2", "unheard")]
    np.testing.assert_allclose(vectors.get_sentence_vector("word1 word2  unheard"), np.mean(units, 0), rtol=1e-5)
    assert vectors.get_sentence_vector("").tolist() == [0] * 12
    (tmp_path / "plain").write_text("a b c\n" * 9)
    plain = fasttext.train_unsupervised(tmp_path / "plain", maxn=0, t=1.0, **UNSUPERVISED)
    one = plain["a"] / np.linalg.norm(plain["a"])
    np.testing.assert_allclose(plain.get_sentence_vector("unheard a"), one, rtol=1e-5)
    assert plain.get_sentence_vector("unheard").tolist() == [0] * 12
    rows = model._state.features.documents(b"word1 word2\n").rows
    expected = model.get_input_matrix()[rows].mean(0)
    np.testing.assert_allclose(model.get_sentence_vector("word1 word2"), expected, rtol=1e-5, atol=1e-7)
    with pytest.raises(ValueError, match="one line at a time"):
        vectors.get_sentence_vector("a\nb")


def test_ngrams_of_words(model: Any, vectors: Any, text: Path) -> None:
    texts, rows = vectors.get_subwords("word1")
    assert texts[:4] == ["word1", "<wo", "<wor", "<word"]
    assert rows[0] == vectors.get_word_id("word1")
    assert rows[1:].tolist() == [vectors.get_subword_id(one) for one in texts[1:]]
    texts, rows = model.get_subwords("\u00e9a")
    assert texts == ["<\u00e9", "<\u00e9a", "\u00e9a", "\u00e9a>", "a>"]
    assert rows.tolist() == [model.get_subword_id(one) for one in texts]
    assert vectors.get_subwords("</s>")[0] == ["</s>"]
    plain = fasttext.train_supervised(str(text), **{**SUPERVISED, "bucket": 0})
    assert plain.get_subwords("word1")[0] == ["word1"]
    with pytest.raises(ValueError, match=r"the model has no rows for n-grams \(bucket is 0\)"):
        plain.get_subword_id("<wo")


def test_words_and_labels_of_a_line(model: Any, text: Path, tmp_path: Path) -> None:
    fasttext.train_unsupervised(text, label="none", **UNSUPERVISED).save_model(tmp_path / "x.bin")
    without = fasttext.load_model(tmp_path / "x.bin")  # to which the first label of these is a word
    assert without.get_line("__label__0 word1 __label__9") == (["__label__0", "word1", "</s>"], [])
    assert model.get_line("word1 __label__2 unheard __label__9") == (["word1", "unheard", "</s>"], ["__label__2"])
    assert model.get_line(["word1", "__label__0 x"]) == ([["word1", "</s>"], ["x", "</s>"]], [[], ["__label__0"]])


def test_neighbours_and_analogies(vectors: Any) -> None:
    found = vectors.get_nearest_neighbors("word1", k=5)
    units = {word: vectors[word] / np.linalg.norm(vectors[word]) for word in vectors.words}
    expected = sorted((float(units["word1"] @ units[word]), word) for word in units if word != "word1")[::-1]
    assert [word for _, word in found] == [word for _, word in expected[:5]]
    assert [score for score, _ in found] == pytest.approx([score for score, _ in expected[:5]], abs=1e-5)
    assert len(vectors.get_nearest_neighbors("unseen", k=1000)) == 61
    assert vectors.get_nearest_neighbors("word1", k=0) == []
    words = [word for _, word in vectors.get_analogies("word1", "word2", "word3")]
    assert len(words) == 10
    assert not {"word1", "word2", "word3"} & {*words}


def test_other_matrices(text: Path) -> None:
    made = fasttext.train_supervised(str(text), **SUPERVISED)
    inputs, outputs = made.get_input_matrix(), made.get_output_matrix()
    made.set_matrices(inputs[:, :4], outputs[:, :4])
    assert (made.get_dimension(), made["word1"].shape) == (4, (4,))
    with pytest.raises(ValueError, match="rows are needed"):
        made.set_matrices(inputs[1:], outputs)
    reduced = fasttext.util.reduce_model(fasttext.train_supervised(str(text), **SUPERVISED), 5)
    assert reduced.get_dimension() == 5
    assert reduced.test(str(text))[1] > 0.9
    with pytest.raises(ValueError, match="target_dim"):
        fasttext.util.reduce_model(reduced, 5)


def test_other_matrices_of_a_quantised_model(model: Any, text: Path) -> None:
    small = fasttext.train_supervised(str(text), **SUPERVISED)
    small.quantize()
    with pytest.raises(ValueError, match="the model is quantised: reduce it before"):
        fasttext.util.reduce_model(small, 5)


def test_helpers() -> None:
    for texts, labels in (([], []), ([["a"]], [[]])):
        with pytest.raises(ValueError, match="there are no texts with labels"):
            fasttext.util.test(texts, labels)
    assert fasttext.util.test([["a"], ["b"]], [["a", "c"], ["c"]]) == (0.5, 1 / 3)
    rows = np.eye(3)
    assert fasttext.util.find_nearest_neighbor(np.array([0.1, 0.9, 0.5]), rows, {1}) == 2
    assert fasttext.tokenize("a b\nc\0d  é") == ["a", "b", "</s>", "c", "d", "é"]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"__label__a caf\xe9 x\n__label__\xe9 y z\n" * 20)
    made = fasttext.train_unsupervised(tmp_path / "x", label="none", t=1.0, **UNSUPERVISED)
    with pytest.raises(UnicodeDecodeError):
        made.get_words()
    assert "caf\ufffd" in made.get_words(on_unicode_error="replace")
    told = fasttext.train_supervised(tmp_path / "x", **SUPERVISED)
    with pytest.raises(UnicodeDecodeError):
        told.predict("y")
    assert told.predict("y", on_unicode_error="ignore")[0] == ("__label__",)


# ---- smaller ----


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"qnorm": True, "dsub": 5},
        {"qout": True, "thread": 1},
        {"cutoff": 150, "verbose": 0},
        {"cutoff": 100, "qout": True, "qnorm": True},
    ],
)
def test_quantised_models_tell_the_same(options: dict[str, Any], model: Any, text: Path, tmp_path: Path) -> None:
    model.save_model(tmp_path / "x.bin")
    small = fasttext.load_model(tmp_path / "x.bin")
    small.quantize(**options)
    assert small.is_quantized()
    assert small.test(str(text))[1] > 0.9
    small.save_model(tmp_path / "x.ftz")
    again = fasttext.load_model(tmp_path / "x.ftz")
    assert again.predict(WORDS, k=3)[0] == small.predict(WORDS, k=3)[0]
    assert again["word1"].tolist() == small["word1"].tolist()
    if "cutoff" in options:
        assert again._state.inputs.shape[0] == options["cutoff"]
        assert "</s>" in again
    for call in (small.quantize, small.get_input_matrix, small.get_output_matrix):
        with pytest.raises(ValueError, match=r"quanti[sz]ed"):
            call()


def test_retraining_mends_what_was_left_out(text: Path) -> None:
    made = [fasttext.train_supervised(str(text), wordNgrams=2, **SUPERVISED) for _ in range(2)]
    made[0].quantize(cutoff=20)
    made[1].quantize(input=str(text), cutoff=20, retrain=True, epoch=10, lr=0.5, verbose=0, thread=1)
    before, after = (one.test(str(text))[1] for one in made)
    assert after > before
    with pytest.raises(ValueError, match="Need input file path if retraining"):
        made[0].quantize(retrain=True, cutoff=5)


def test_vectors_are_quantised_too(text: Path, tmp_path: Path) -> None:
    made = fasttext.train_unsupervised(str(text), **UNSUPERVISED)
    before = made["word1"]
    made.quantize(cutoff=300, qnorm=True)
    after = made["word1"]
    assert float(before @ after / np.linalg.norm(before) / np.linalg.norm(after)) > 0.8
    made.save_model(tmp_path / "x.ftz")
    assert fasttext.load_model(tmp_path / "x.ftz")["word1"].tolist() == after.tolist()
    tree = fasttext.train_unsupervised(str(text), loss="hs", **UNSUPERVISED)
    with pytest.raises(ValueError, match="over all words: none can be left out"):
        tree.quantize(cutoff=10)
    with pytest.raises(ValueError, match="only models with labels are trained again"):
        fasttext.train_unsupervised(str(text), **UNSUPERVISED).quantize(input=str(text), cutoff=400, retrain=True)


def test_centroids_are_of_a_sample_of_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).normal(size=(3000, 4)).astype(np.float32)
    rows = rows[np.argsort(rows[:, 0])]
    whole = quantised_matrix(rows, "input", Quantising(2))
    monkeypatch.setattr("fastemb.classify.product._SAMPLE", 1000)
    one, again, other = (quantised_matrix(rows, "input", Quantising(2, seed=seed)) for seed in (1, 1, 2))
    assert one.codes.tobytes() == again.codes.tobytes() != other.codes.tobytes()
    assert one.centroids.tobytes() != whole.centroids.tobytes()
    errors = [np.linalg.norm(made.unpacked() - rows) / np.linalg.norm(rows) for made in (whole, one)]
    assert errors[0] < errors[1] < 1.5 * errors[0]


def test_codes_do_not_depend_on_threads() -> None:
    rows = np.random.default_rng(1).normal(size=(9000, 7)).astype(np.float32)
    one, three = (quantised_matrix(rows, "input", Quantising(3, lengths=True, threads=count)) for count in (1, 3))
    assert one.codes.tobytes() == three.codes.tobytes()
    assert one.centroids.tobytes() == three.centroids.tobytes()
    error = np.linalg.norm(one.unpacked() - rows, axis=1) / np.linalg.norm(rows, axis=1)
    assert error.mean() < 0.3
    rows[8888, 2] = np.inf
    with pytest.raises(ValueError, match="row 8,888 of the input matrix has a value that is no finite number"):
        quantised_matrix(rows, "input", Quantising())
