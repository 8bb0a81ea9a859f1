"""What is wrong with a file of labelled texts is told with its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastemb import Documents, Graph, TextClassifier

TEXTS, LABELS = ["the cat sleeps", "a dog barks"] * 2, ["cat", "dog"] * 2
TABLE = {"text": "text", "labels": "label"}


@pytest.fixture
def model() -> TextClassifier:
    return TextClassifier(vector_size=4, epochs=1, workers=1, progress=False)


@pytest.mark.parametrize(
    ("lines", "columns", "said"),
    [
        ("text,label\na dog,bird\n", TABLE, "no text has a label that the model knows"),
        ("text,label\n", TABLE, "no"),
        ("__label__bird a dog\n", {}, "no label in it is known .*: the model has other labels"),
        ("", {}, "the file has no words"),
    ],
)
def test_a_file_without_known_labels(
    lines: str, columns: dict[str, str], said: str, model: TextClassifier, tmp_path: Path
) -> None:
    path = tmp_path / "texts"
    path.write_text(lines)
    model.fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match=f"^{path}.*{said}"):
        model.evaluate_file(path, **columns)


@pytest.mark.parametrize("lines", ["text,label\na dog,dog\na cat,dog\n", "text,label\n"])
def test_a_table_that_teaches_nothing(lines: str, model: TextClassifier, tmp_path: Path) -> None:
    path = tmp_path / "texts"
    path.write_text(lines)
    with pytest.raises(ValueError, match=f"^{path}: "):
        model.fit_file(path, **TABLE)


def test_a_column_that_a_table_lacks(model: TextClassifier, tmp_path: Path) -> None:
    path = tmp_path / "texts"
    path.write_text("text,kind\na dog,dog\n")
    model.fit(TEXTS, LABELS)
    for read in (
        lambda: model.evaluate_file(path, **TABLE),
        lambda: model.fit_file(path, **TABLE),
        lambda: Documents.from_table(path, "text", "label"),
        lambda: Graph.from_file(path, source="text", target="label"),
    ):
        with pytest.raises(KeyError, match=f"{path}: the table has no column 'label'"):
            read()


def test_a_wrong_setting_is_not_the_files_fault(model: TextClassifier, tmp_path: Path) -> None:
    path = tmp_path / "texts"
    path.write_text("__label__dog a dog\n")
    model.fit(TEXTS, LABELS)
    for wrong in ({"k": 0}, {"threshold": "x"}):
        with pytest.raises((ValueError, TypeError)) as caught:
            model.evaluate_file(path, **wrong)  # type: ignore[arg-type]
        assert str(path) not in str(caught.value)
