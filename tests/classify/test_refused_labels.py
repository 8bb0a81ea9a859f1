"""Labels, texts and models of labels that are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb.fasttext as fasttext
from fastemb import TextClassifier
from fastemb.classify.files import write_state
from fastemb.classify.product import Quantising, pruned, quantised, quantised_matrix
from fastemb.io.formats.fasttext_parts import _QUANTISED
from fastemb.io.safetensors import read_tensors, write_tensors

TEXTS, LABELS = ["the cat sleeps", "a dog barks", "the cat eats", "dogs bark"] * 2, ["cat", "dog"] * 4
USUAL: dict[str, Any] = {"vector_size": 4, "epochs": 1, "workers": 1, "progress": False}


def fitted(**options: Any) -> TextClassifier:
    return TextClassifier(**USUAL | options).fit(TEXTS, LABELS)


# ---- given ----


@pytest.mark.parametrize(
    ("labels", "kind", "message"),
    [
        (None, ValueError, "y must be given: a label, or a list of labels, for each text"),
        ({"a"}, TypeError, "y must be a list of labels, not"),
        (3, TypeError, "y must be a list of labels, not the int 3"),
        (["a"] * 7, ValueError, "there are 8 texts, but 7 labels"),
        ([["a"], *"bcdefgh"], TypeError, "give lists for all"),
        (["a", None, *"bcdefg"], ValueError, "the label of text 1 .* is missing"),
        (["a", "", *"bcdefg"], ValueError, "the label of text 1 .* is missing"),
        (["a", b"x", *"bcdefg"], TypeError, "the label of text 1 is the bytes b'x': a label is a str or a number"),
        (["1", 1, *"bcdefg"], ValueError, "two labels are both written '1'"),
        (["a\0", *"bcdefgh"], ValueError, "holds a zero byte"),
        (np.ones((7, 2), int), ValueError, "there are 8 texts, but 7 rows of labels"),
        (np.full((8, 2), 2), ValueError, "must hold 0 and 1 alone"),
    ],
)
def test_labels_that_are_none(labels: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        TextClassifier(**USUAL).fit(TEXTS, labels)


@pytest.mark.parametrize("labels", [np.array([0, 1] * 4), np.array([0.0, 1.0] * 4), [np.float32(0), np.int8(1)] * 4])
def test_numbers_as_labels_are_whole_where_they_can_be(labels: Any) -> None:
    assert TextClassifier(**USUAL).fit(TEXTS, labels).classes_.tolist() == [0, 1]


def test_a_sparse_matrix_of_labels() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = np.array([[1, 0], [1, 1]] * 4)
    models = [TextClassifier(**USUAL, loss="ova").fit(TEXTS, given) for given in (matrix, sparse.csr_array(matrix))]
    of_both = [model.predict(TEXTS) for model in models]
    assert np.array_equal(*of_both)


def test_texts_that_go_on_must_fit() -> None:
    model = fitted()
    for given, message in (
        ([], "there is nothing to learn from: X has no texts"),
        ([["cat"]] * 8, "y has a list of labels for each text, and the model was fitted with a label for each text"),
    ):
        with pytest.raises(ValueError, match=message):
            model.partial_fit(TEXTS if given else [], given)
    with pytest.raises(ValueError, match="y has the label 'dog', which is not among classes"):
        TextClassifier(**USUAL).partial_fit(TEXTS, LABELS, classes=["cat", "cow"])
    matrix = TextClassifier(**USUAL, loss="ova").fit(TEXTS, np.array([[1, 0], [0, 1]] * 4))
    with pytest.raises(ValueError, match="y has 3 columns, and the model knows 2 labels"):
        matrix.partial_fit(TEXTS, np.eye(3, dtype=int)[[0, 1] * 4])


@pytest.mark.parametrize("threshold", [1.5, -0.1, 2])
def test_a_threshold_that_is_no_probability(threshold: float, tmp_path: Path) -> None:
    model, path = fitted(), tmp_path / "lines"
    path.write_text("the cat\n")
    for ask in (
        lambda: model.predict(TEXTS, threshold=threshold),
        lambda: model.predict_labels(TEXTS, threshold=threshold),
        lambda: list(model.predict_file(path, threshold=threshold)),
        lambda: model.evaluate(TEXTS, LABELS, threshold=threshold),
        lambda: model.evaluate_file(path, threshold=threshold),
    ):
        with pytest.raises(ValueError, match=f"^threshold must be a probability, from 0 to 1, not {threshold}"):
            ask()


def test_labels_that_a_model_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("__label__cow the cat\n")
    with pytest.raises(ValueError, match=f"^{path}: no label in it is known .*__label__cow the cat.*other labels"):
        fitted().evaluate_file(path)


def test_rare_labels_are_left_out() -> None:
    model = TextClassifier(**USUAL, min_count_label=2)
    lost, teaches_nothing = "1 texts have no label that occurs min_count_label=2 times", "1 texts have no label, and"
    with pytest.warns(UserWarning, match=lost), pytest.warns(UserWarning, match=teaches_nothing):
        model.fit([*TEXTS, "a cow"], [*LABELS, "cow"])
    assert model.classes_.tolist() == ["cat", "dog"]


def test_a_rare_label_beside_another_takes_no_text_away() -> None:
    model = TextClassifier(**USUAL, loss="ova", min_count_label=2).fit(
        TEXTS, [["cat", "rare"], *([one] for one in LABELS[1:])]
    )
    assert model.classes_.tolist() == ["cat", "dog"]


@pytest.mark.parametrize("loss", ["softmax", "ova"])
def test_one_label_on_all_texts_tells_nothing_apart(loss: str) -> None:
    for labels in (["cat"] * 8, [["cat"]] * 8):
        with pytest.raises(ValueError, match="all texts have the label 'cat': there is nothing to tell apart"):
            TextClassifier(**USUAL, loss=loss).fit(TEXTS, labels)
    model = TextClassifier(**USUAL, loss="ova").fit(TEXTS, [["cat"], []] * 4)  # a text without it does
    assert model.classes_.tolist() == ["cat"]


# ---- files ----


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, m: m.update(state=m["state"].replace('"bucket"', '"buckets"', 1)), "there is no setting 'buckets'"),
        (lambda a, m: m.update(state=m["state"].replace('"prefix": "__label__"', '"prefix": ""')), "the prefix of"),
        (lambda a, m: m.update(state=m["state"].replace('"form": "one"', '"form": "two"')), "the form of labels"),
        (lambda a, m: a.update(outputs=a["outputs"][1:]), "the matrices do not fit the words and labels"),
        (lambda a, m: a.update(counts=-a["counts"]), "the counts do not fit"),
        (lambda a, m: m.update(state=m["state"].replace('"words": 10', '"words": 9')), "the words do not fit"),
        (lambda a, m: m.update(state=m["state"].replace('"words": 10', '"words": "10"')), "the words do not fit"),
        (lambda a, m: a.update(name_offsets=a["name_offsets"][:-1]), "the (names|words) do not fit"),
        (lambda a, m: a.pop("inputs"), "there is no 'inputs'"),
    ],
)
def test_damaged_files(change: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model"
    fitted().save(path)
    arrays, metadata = read_tensors(path)
    change(arrays, metadata)
    write_tensors(path, arrays, metadata)
    with pytest.raises(ValueError, match=f"^{path}: damaged: .*{message}"):
        TextClassifier.load(path)


def test_files_of_another_kind(tmp_path: Path) -> None:
    text, small, own, words = (tmp_path / name for name in ("text", "model.ftz", "own", "words.bin"))
    text.write_text("".join(f"__label__{label} {line}\n" for label, line in zip(LABELS, TEXTS, strict=True)))
    few = {"dim": 4, "epoch": 1, "bucket": 10, "verbose": 0, "thread": 1}
    model = fasttext.train_supervised(str(text), **few)
    model.quantize()
    model.save_model(small)
    with pytest.raises(ValueError, match=f"^{small}: a model that was made smaller"):
        TextClassifier.load_fasttext(small)
    with pytest.raises(ValueError, match=f"^{small}: a model of fastText: TextClassifier.load_fasttext reads it"):
        TextClassifier.load(small)
    fasttext.train_unsupervised(str(text), minCount=1, t=1.0, **few).save_model(words)
    with pytest.raises(ValueError, match=f"^{words}: a model without labels"):
        TextClassifier.load_fasttext(words)
    fitted().save(own)
    with pytest.raises(ValueError, match=f"^{own}: no file of fastText"):
        TextClassifier.load_fasttext(own)
    with pytest.raises(ValueError, match="the model is quantised already"):
        quantised(model._state, Quantising())
    with pytest.raises(ValueError, match="the model is quantised already"):
        pruned(model._state, 2)


def small_fasttext(folder: Path, **options: Any) -> Any:
    """A model of `fastemb.fasttext` of the texts, which are in the file "text" of a folder."""
    text = folder / "text"
    text.write_text("".join(f"__label__{label} {line}\n" for label, line in zip(LABELS, TEXTS, strict=True)))
    return fasttext.train_supervised(
        str(text), **{"dim": 4, "epoch": 1, "bucket": 10, "verbose": 0, "thread": 1} | options
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: {"arguments": replace(s.arguments, loss=9)}, "damaged: loss 9 is none that fastText has"),
        (lambda s: {"inputs": s.inputs[1:]}, "an input matrix of shape .*, where 10 words.*: the file is damaged"),
        (lambda s: {"outputs": s.outputs[1:]}, "damaged: the matrices do not fit the words and labels"),
    ],
)
def test_damaged_models_of_fasttext(change: Any, message: str, tmp_path: Path) -> None:
    model, path = small_fasttext(tmp_path), tmp_path / "model.bin"
    write_state(replace(model._state, **change(model._state)), path)
    with pytest.raises(ValueError, match=f"^{path}: {message}"):
        TextClassifier.load_fasttext(path)


def test_labels_that_differ_by_their_prefix_alone(tmp_path: Path) -> None:
    path, text = tmp_path / "model.bin", tmp_path / "text"
    text.write_text("__label__cat a\n____label__cat b\n" * 4)
    fasttext.train_supervised(str(text), label="__", dim=4, epoch=1, bucket=10, verbose=0, thread=1).save_model(path)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"____label__cat\0", b"cat\0"))
    with pytest.raises(ValueError, match=f"^{path}: two labels are the same without their prefix"):
        TextClassifier.load_fasttext(path)


def test_a_model_that_keeps_all_its_rows_is_the_same(tmp_path: Path) -> None:
    state = small_fasttext(tmp_path)._state
    assert pruned(state, len(state.inputs)) is state
    assert len(pruned(state, len(state.inputs) - 1).inputs) == len(state.inputs) - 1


def test_a_model_cannot_be_trained_again_without_its_labels(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("__label__bird a dog\n")
    with pytest.raises(ValueError, match=f"^{other}: no text has a label that the model knows"):
        small_fasttext(tmp_path).quantize(input=str(other), cutoff=5, retrain=True)


def test_a_quantised_model_without_codes(tmp_path: Path) -> None:
    text, path = tmp_path / "text", tmp_path / "model.ftz"
    text.write_text("".join(f"__label__{label} {line}\n" for label, line in zip(LABELS, TEXTS, strict=True)))
    model = fasttext.train_supervised(str(text), dim=4, epoch=1, bucket=10, verbose=0, thread=1)
    model.quantize()
    model.save_model(path)
    codes = model._state.inputs.codes
    sizes = _QUANTISED.pack(len(codes), 4, codes.size)
    whole = path.read_bytes()
    assert whole.count(sizes) == 1
    for count in (0, -1, codes.size + 1):
        path.write_bytes(whole.replace(sizes, _QUANTISED.pack(len(codes), 4, count)))
        with pytest.raises(ValueError, match=f"^{path}: .*the input matrix has the shape .* and {count} codes"):
            fasttext.load_model(path)


def test_what_cannot_be_made_smaller() -> None:
    with pytest.raises(ValueError, match="the input matrix has no rows"):
        quantised_matrix(np.empty((0, 2), np.float32), "input", Quantising())
    with pytest.raises(ValueError, match="row 1 of the output matrix has a value that is no finite number"):
        quantised_matrix(np.array([[1, 2], [np.nan, 1]], np.float32), "output", Quantising())


def test_a_model_is_asked_for_what_it_knows() -> None:
    model = fitted()
    with pytest.raises(ValueError, match="there is no text to score"):
        model.score([], [])
    with pytest.raises(ValueError, match="no text has a label that the model knows, so no precision"):
        model.threshold_for(TEXTS, ["cow"] * 8)
    with pytest.raises(ValueError, match="there is no label 'cow'; the model knows"):
        model.threshold_for(TEXTS, LABELS, label="cow")
    for precision in (0.0, 1.5):
        with pytest.raises(ValueError, match="precision must be"):
            model.threshold_for(TEXTS, LABELS, precision=precision)
    assert model.predict([]).shape == (0,)
    assert "not yet" in TextClassifier()._repr_html_()


def test_a_number_of_workers_that_makes_no_sense_is_neither_saved_nor_loaded(tmp_path: Path) -> None:
    model, path = fitted(), tmp_path / "model.safetensors"
    model.set_params(workers=7).save(path)
    path.write_bytes(path.read_bytes().replace(b'\\"workers\\": 7', b'\\"workers\\": 0'))
    with pytest.raises(ValueError, match=f"^{path}: damaged: workers must be between 1 and"):
        TextClassifier.load(path)
    with pytest.raises(ValueError, match="workers must be between 1 and"):
        model.set_params(workers=0).save(path)
