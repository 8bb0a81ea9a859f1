"""Files of texts with labels: labels by a prefix in each line, or columns of a table."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Self

import numpy as np

from ..arguments import names_arguments
from ..checks import warn
from ..corpus.delimited import Delimited
from ..io.paths import AnyPath, local_path
from ..signals import deliver
from ..tables.columns import columns_of, factorize
from ..tables.files import read_table
from .core import only
from .features import Documents, Features
from .lines import blocks

_LEAST_ROWS = 2  # of a text with a word: the end of the line is one, too


@names_arguments()
@dataclass(frozen=True)
class LabelledFile:
    """A file of texts with labels.

    Attributes:
        path: The file.
        label_prefix: With which labels begin in a line, if no columns are named.
        text: The column of the texts.
        labels: The column of the labels.
        columns: Names of all columns, for a table whose first line has none.
        sep: What stands between the fields of a table.
    """

    path: str
    label_prefix: str
    text: str | None = None
    labels: str | None = None
    columns: tuple[str, ...] | None = None
    sep: str | None = None

    @classmethod
    def checked(cls, path: AnyPath, label_prefix: Any, text: Any, labels: Any, columns: Any, sep: Any) -> Self:
        """One of what a user gave.

        Raises:
            ValueError: one column is named without the other, or options do not go together.
            TypeError: one is of another type.
        """
        if (text is None) != (labels is None):
            named, other = ("text", "labels") if labels is None else ("labels", "text")
            raise ValueError(f"{named} names a column of a table: give {other}, the column of the {other}, too")
        if text is None and (columns is not None or sep is not None):
            raise ValueError("columns and sep are for tables: give text and labels, the names of the two columns")
        if not isinstance(label_prefix, str) or not label_prefix or label_prefix.split() != [label_prefix]:
            raise ValueError(
                f"label_prefix must be a text without white space, such as '__label__', not {label_prefix!r}"
            )
        names = None if columns is None else tuple(columns)
        return cls(local_path(path), label_prefix, text, labels, names, sep)

    @property
    def is_table(self) -> bool:
        """Whether it has columns."""
        return self.text is not None

    @property
    def prefix(self) -> bytes:
        """The prefix as bytes."""
        return self.label_prefix.encode()

    def origin(self) -> dict[str, Any]:
        """All of it in plain values."""
        return {"door": "labelled file", **asdict(self)}

    @classmethod
    def of_origin(cls, values: Any) -> Self:
        """What `origin` gave.

        Raises:
            ValueError: it is damaged.
        """
        try:
            fields: dict[str, Any] = {name: value for name, value in values.items() if name != "door"}
            columns = fields.get("columns")
            fields["columns"] = None if columns is None else tuple(columns)
            return cls(**fields)
        except (TypeError, AttributeError):
            raise ValueError("the origin of its texts makes no sense") from None

    def read_table(self) -> tuple[list[str], list[Hashable]]:
        """Texts and labels of a table."""
        assert self.text is not None
        assert self.labels is not None
        options = Delimited() if self.sep is None else Delimited(sep=self.sep)
        made = read_table(self.path, self.columns, keyed=(self.text, self.labels), options=options)
        texts, labels = columns_of(made, (self.text, self.labels))
        (codes, keys), (label_codes, label_keys) = factorize(texts, self.text), factorize(labels, self.labels)
        return [str(keys[code]) for code in codes.tolist()], [label_keys[code] for code in label_codes.tolist()]

    def documents(self, features: Features) -> Documents:
        """The texts of lines as rows and labels, those without a known label left out.

        Raises:
            ValueError: there is no line, or none of them has a known label.
            OSError: the file cannot be read.
        """
        parts = []
        for block in blocks(self.path):
            parts += list(features.parts(block))
            deliver()
        made = Documents.joined(parts)
        labelled, rows = np.diff(made.label_offsets) > 0, np.diff(made.offsets)
        if not labelled.any():
            raise ValueError(self._without_labels())
        self._warn(labelled, rows)
        return made if labelled.all() else only(made, labelled)

    def _warn(self, labelled: Any, rows: Any) -> None:
        missing = np.flatnonzero(~labelled & (rows >= _LEAST_ROWS))
        if len(missing):
            warn(
                f"{self.path}: {len(missing):,} lines have words but no label that is known, the first of them is line "
                f"{int(missing[0]) + 1}: they teach nothing. A label is a word that begins with {self.label_prefix}"
            )
        empty = np.flatnonzero(labelled & (rows < _LEAST_ROWS))
        if len(empty):
            warn(
                f"{self.path}: {len(empty):,} lines have a label but no word that is known, the first of them is line "
                f"{int(empty[0]) + 1}: they teach how frequent the label is, and no more"
            )

    def _without_labels(self) -> str:
        with_words = next(islice((block for block in blocks(self.path) if block.strip()), 1), None)
        if with_words is None:
            return f"{self.path}: there is nothing to learn from: the file has no words"
        first = with_words.strip().splitlines()[0][:60].decode("utf-8", "replace")
        if any(word.startswith(self.label_prefix) for word in first.split()):
            return (
                f"{self.path}: no label in it is known (the first line is {first!r}): the model has other labels, or "
                "all of these are rarer than min_count_label=; spell them as the model does, or lower that"
            )
        return (
            f"{self.path}: no word begins with {self.label_prefix!r}, or none that is known does, so there are no "
            f"labels (the first line is {first!r}). Give label_prefix=, or name the columns of a table by text= and "
            "labels="
        )
