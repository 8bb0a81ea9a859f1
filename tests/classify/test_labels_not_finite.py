"""Models of labels that hold NaN or infinity: whatever asks them says which file, and which row, is to blame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb.fasttext as fasttext
from fastemb import TextClassifier, cli

TEXTS, LABELS = ["the cat sleeps", "a dog barks", "the cat eats", "dogs bark"] * 2, ["cat", "dog"] * 4
WRONG = [np.nan, np.inf, -np.inf]


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines"
    path.write_text("".join(f"__label__{label} {line}\n" for label, line in zip(LABELS, TEXTS, strict=True)))
    return path


def spoiled(lines: Path, loss: str, matrix: str, row: int, value: float) -> Path:
    """The file of a model one of whose rows holds a number that is not finite."""
    small: dict[str, Any] = {"dim": 4, "epoch": 1, "bucket": 20, "minn": 2, "maxn": 2, "thread": 1, "verbose": 0}
    model = fasttext.train_supervised(str(lines), loss=loss, **small)
    both = {"inputs": model.get_input_matrix(), "outputs": model.get_output_matrix()}
    both[matrix][row, 1] = value
    model.set_matrices(both["inputs"], both["outputs"])
    path = lines.with_name("model.bin")
    model.save_model(path)
    return path


def questions(path: Path, lines: Path) -> list[Callable[[], Any]]:
    """All that needs scores."""
    model, classifier = fasttext.load_model(path), TextClassifier.load_fasttext(path)
    saved = path.with_name("model")
    return [
        lambda: model.predict("the cat"),
        lambda: model.predict(["the cat"] * 3, k=2),
        lambda: model.test(lines),
        lambda: model.test_label(lines),
        lambda: classifier.predict(TEXTS),
        lambda: classifier.predict_labels(TEXTS, k=2),
        lambda: classifier.predict_proba(TEXTS),
        lambda: list(classifier.predict_file(lines)),
        lambda: classifier.score(TEXTS, LABELS),
        lambda: classifier.evaluate_file(lines),
        lambda: classifier.threshold_for(TEXTS, LABELS, precision=0.1),
        lambda: (classifier.save(saved), TextClassifier.load(saved).predict(TEXTS)),
    ]


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("loss", ["softmax", "hs", "ova", "ns"])
@pytest.mark.parametrize("matrix", ["inputs", "outputs"])
def test_the_file_and_the_row_are_named(matrix: str, loss: str, value: float, lines: Path) -> None:
    path = spoiled(lines, loss, matrix, 0, value)
    rows = {"inputs": "the word '</s>'", "outputs": "node 0" if loss == "hs" else "the label '__label__cat'"}
    for ask in questions(path, lines):
        with pytest.raises(FloatingPointError, match=rf"model(\.bin)?: a score is not .*: the row of {rows[matrix]}"):
            ask()


def test_a_row_that_is_not_asked_for_does_no_harm(lines: Path) -> None:
    path = spoiled(lines, "softmax", "inputs", 12, np.nan)
    model = fasttext.load_model(path)
    assert model.get_words()[1:3] == ["the", "cat"]
    assert len(model.predict("cat")[0]) == 1  # row 12 is of an n-gram that "cat" does not have
    ngram = int(model.get_subwords("cat")[1][1])
    path = spoiled(lines, "softmax", "inputs", ngram, np.nan)
    number = ngram - len(model.words)
    with pytest.raises(FloatingPointError, match=f"^{path}: .*the row of n-gram number {number} holds"):
        fasttext.load_model(path).predict("cat")


def test_numbers_whose_products_are_too_large(lines: Path) -> None:
    model = TextClassifier.load_fasttext(spoiled(lines, "softmax", "inputs", 0, 0.0))
    core = model._known().core
    core.weights.inputs[:] = core.weights.outputs[:] = 3e38
    with pytest.raises(FloatingPointError, match="its numbers are too large"):
        model.predict(TEXTS)
    core.weights.inputs[:], core.weights.outputs[:] = 1e18, [[1e19], [-1e19]]
    assert model.predict_proba(TEXTS)[0].tolist() == [1.0, 0.0]


def test_neighbours_of_a_word_whose_vector_is_not_finite(lines: Path) -> None:
    path = spoiled(lines, "softmax", "inputs", 2, np.nan)
    model = fasttext.load_model(path)
    word = model.get_words()[2]
    with pytest.raises(ValueError, match=f"^{path}: the vector of '{word}' holds NaN or infinity"):
        model.get_nearest_neighbors(word)
    with pytest.raises(ValueError, match=f"^{path}: the vector of 'a' or '{word}' or 'dog' holds NaN"):
        model.get_analogies("a", word, "dog")
    assert word not in [name for _, name in model.get_nearest_neighbors("dog", k=20)]


def test_a_quantised_model(lines: Path) -> None:
    model = fasttext.train_supervised(str(lines), dim=4, epoch=1, bucket=20, thread=1, verbose=0)
    model.quantize()
    model._state.inputs.centroids[:] = np.nan
    model.save_model(lines.with_name("model.ftz"))
    with pytest.raises(FloatingPointError, match=r"model\.ftz: .*the row of the word '</s>'"):
        fasttext.load_model(lines.with_name("model.ftz")).predict("the cat")


def test_a_model_of_no_file_is_called_the_model(lines: Path) -> None:
    model = TextClassifier(4, epochs=1, workers=1, progress=False).fit(TEXTS, LABELS)
    model._known().core.weights.outputs[0] = np.nan
    with pytest.raises(FloatingPointError, match=r"^the model: a score is not a finite number"):
        model.predict(TEXTS)


def test_the_command_names_the_file(lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = spoiled(lines, "softmax", "outputs", 1, np.nan)
    assert cli.main(["classify", "predict", str(path), str(lines)]) == 1
    assert f"fastemb: error: {path}: a score is not a finite number" in capsys.readouterr().err
