"""Questions to a model with labels: labels and probabilities of texts, how good they are, and thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import names_arguments
from ..checks import number, whole
from ..corpus.messages import short
from ..io.paths import AnyPath
from ..tables.files import errors_name
from ..threads import thread_count
from .answering import in_order
from .answers import Best, as_array, best_labels, part_of, parts, sorted_classes
from .core import features_of
from .encoding import sample_weights
from .features import Documents
from .given import GivenLabels, as_lines, documents_of, labels_of, pieces_of
from .lines import blocks
from .measures import Measures, given_labels, measured, threshold_of, true_labels
from .model_file import Fitted
from .names import FIT
from .not_finite import no_score
from .probabilities import Floats, label_probabilities, text_vectors
from .reading import LabelledFile


def least_probability(threshold: Any) -> float:
    """A threshold that was given.

    Raises:
        TypeError: it is no number.
        ValueError: it is no probability.
    """
    found = number("threshold", threshold)
    if not 0 <= found <= 1:
        raise ValueError(f"threshold must be a probability, from 0 to 1, not {threshold!r}")
    return found


class TellsLabels:
    """What a model with labels can be asked. It needs ``workers``, and `_known`."""

    workers: int | None

    def _known(self) -> Fitted:
        """What was learned.

        Raises:
            ValueError: the model is not fitted.
        """
        raise NotImplementedError

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels in order, as columns of `predict_proba` have them."""
        return as_array(sorted_classes(self._known().core)[0])

    @names_arguments()
    def transform(self, X: Any) -> NDArray[np.float32]:  # noqa: N803
        """The mean of the vectors of each text's words and n-grams: float32 (texts, vector_size)."""
        core = self._known().core
        return text_vectors(core.weights.inputs, self._documents(X))

    @names_arguments()
    def predict_proba(self, X: Any) -> Floats:  # noqa: N803
        """The probability of each label for each text: float64 (texts, labels), in the order of `classes_`.

        Those of a text add up to 1. With loss "ova" and several labels a text each is that of its label alone.

        Raises:
            ValueError: the model is not fitted.
            TypeError: X are no texts.
            FloatingPointError: the model holds numbers that are not finite.
        """
        core = self._known().core
        return self._probabilities(self._documents(X))[:, sorted_classes(core)[1]]

    @names_arguments({"topn": "k", "n": "k", "top_k": "k", "th": "threshold"})
    def predict(self, X: Any, *, k: int | None = None, threshold: float | None = None) -> Any:  # noqa: N803
        """The labels of texts.

        Without ``k`` and ``threshold``: the most probable label of each, as an array; or, where the model was given
        lists of labels, lists, and where it was given a matrix, a matrix: of all labels of a probability of 0.5 or more
        with loss "ova", of the most probable one with others.

        Args:
            X: As in `fit`.
            k: Give a list for each text: of so many labels at most, the most probable first.
            threshold: Give a list for each text, of labels with this probability or more; see `threshold_for`.

        Raises:
            ValueError: the model is not fitted, or an argument makes no sense.
            TypeError: X are no texts.
        """
        fitted = self._known()
        classes, _ = sorted_classes(fitted.core)
        if k is not None or threshold is not None:
            least = least_probability(0.0 if threshold is None else threshold)
            return [one for best in self._best(self._asked(X), k, least) for one in best.named(classes)]
        if fitted.form == "one":
            codes = [best.numbers[:, 0] for best in self._best(self._asked(X), 1, 0.0)]
            return as_array(classes)[np.concatenate([np.empty(0, np.int64), *codes])]
        most, least = (None, 0.5) if self._separate(fitted) else (1, 0.0)
        found = list(self._best(self._asked(X), most, least))
        if fitted.form == "several":
            return [one for best in found for one in best.named(classes)]
        return np.concatenate([np.empty((0, len(classes)), np.int64), *(best.matrix(len(classes)) for best in found)])

    @names_arguments({"topn": "k", "n": "k", "top_k": "k", "th": "threshold"})
    def predict_labels(
        self,
        X: Any,  # noqa: N803
        *,
        k: int | None = 1,
        threshold: float = 0.0,
    ) -> list[list[tuple[Any, float]]]:
        """The most probable labels of texts, each with its probability.

        Args:
            X: As in `fit`.
            k: How many at most; None for all.
            threshold: Those of a lower probability are left out.

        Returns:
            A list for each text, the most probable label first.

        Raises:
            ValueError: the model is not fitted, or an argument makes no sense.
            TypeError: X are no texts.
        """
        classes, _ = sorted_classes(self._known().core)
        found = self._best(self._asked(X), k, least_probability(threshold))
        return [one for best in found for one in best.pairs(classes)]

    @names_arguments({"topn": "k", "n": "k", "top_k": "k", "th": "threshold"})
    def predict_file(
        self, path: AnyPath, *, k: int | None = 1, threshold: float = 0.0
    ) -> Iterator[list[tuple[Any, float]]]:
        """`predict_labels` of each line of a file, which is read as it is needed: the fastest way, for any size.

        Args:
            path: The file, also compressed. Words that begin with the prefix of labels are left out.
            k: As in `predict_labels`.
            threshold: As in `predict_labels`.

        Returns:
            An iterator with a list for each line, the most probable label first.

        Raises:
            ValueError: the model is not fitted, or an argument makes no sense.
            OSError: the file cannot be read.
        """
        classes, _ = sorted_classes(self._known().core)
        return (one for best in self._best_of_file(path, k, threshold) for one in best.pairs(classes))

    def _lines_of_file(self, path: AnyPath, k: int, threshold: float, *, probabilities: bool) -> Iterator[str]:
        """The labels of each line as text, many lines at a time: see `Best.lines`."""
        classes, _ = sorted_classes(self._known().core)
        return (best.lines(classes, probabilities=probabilities) for best in self._best_of_file(path, k, threshold))

    def _lines_of_texts(self, texts: Any, k: int, threshold: float, *, probabilities: bool) -> Iterator[str]:
        """The same of texts."""
        classes, _ = sorted_classes(self._known().core)
        return (
            best.lines(classes, probabilities=probabilities) for best in self._best(self._asked(texts), k, threshold)
        )

    def _best_of_file(self, path: AnyPath, k: int | None, threshold: float) -> Iterator[Best]:
        pieces = (piece if piece.endswith(b"\n") else piece + b"\n" for piece in blocks(path))
        return self._best(pieces, k, least_probability(threshold))

    @names_arguments(FIT)
    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:  # noqa: N803
        """The share of texts whose labels are predicted exactly: of one label a text, the accuracy.

        Raises:
            ValueError: the model is not fitted; there are not as many labels as texts, or no text.
            TypeError: X are no texts, or y no labels.
        """
        fitted, lines = self._known(), as_lines(X)
        given = labels_of(y, len(lines))
        if not lines:
            raise ValueError("there is no text to score")
        classes, order = sorted_classes(fitted.core)
        codes, offsets, unknown = given.among(classes)
        true = true_labels(codes, offsets, len(classes))
        strange = np.diff(offsets) < np.diff(given.offsets) if unknown else np.zeros(len(lines), bool)
        probabilities = self._probabilities(self._rows(lines))[:, order]
        separate = self._separate(fitted) and given.form != "one"
        predicted = given_labels(probabilities, *((None, 0.5) if separate else (1, 0.0)))
        right = (predicted == true).all(axis=1) & ~strange
        weights = sample_weights(sample_weight, len(lines))
        return float(np.average(right, weights=weights))

    @names_arguments(FIT | {"topn": "k", "n": "k"})
    def evaluate(self, X: Any, y: Any, *, k: int | None = 1, threshold: float = 0.0) -> Measures:  # noqa: N803
        """Precision, recall and F1, over all labels together, as fastText's test, and of each label.

        Args:
            X: As in `fit`; texts without a label do not count.
            y: As in `fit`.
            k: How many labels each text is given at most; None for all.
            threshold: Labels of a lower probability are not given.

        Raises:
            ValueError: the model is not fitted; no text has a label that the model knows.
            TypeError: X are no texts, or y no labels.
        """
        most = None if k is None else whole("k", k, 1, 2**31)
        lines = as_lines(X)
        given = labels_of(y, len(lines))
        return self._measured(self._rows(lines), given, most, least_probability(threshold))

    @names_arguments(FIT | {"topn": "k", "n": "k"})
    def evaluate_file(
        self,
        path: AnyPath,
        *,
        label_prefix: str | None = None,
        text: str | None = None,
        labels: str | None = None,
        columns: Sequence[str] | None = None,
        sep: str | None = None,
        k: int | None = 1,
        threshold: float = 0.0,
    ) -> Measures:
        """`evaluate` on a file, as `fit_file` takes it. Lines whose labels are all unknown do not count.

        Raises:
            ValueError: as `evaluate` and `fit_file`.
            KeyError: the table has no such column.
            OSError: the file cannot be read.
        """
        core = self._known().core
        prefix = core.prefix.decode() if label_prefix is None else label_prefix
        source = LabelledFile.checked(path, prefix, text, labels, columns, sep)
        most = None if k is None else whole("k", k, 1, 2**31)
        least = least_probability(threshold)
        with errors_name(source.path):
            if source.is_table:
                texts, own = source.read_table()
                return self.evaluate(texts, own, k=most, threshold=least)
            features = (
                features_of(core.settings, core.dictionary, source.prefix) if prefix.encode() != core.prefix else None
            )
            documents = source.documents(core.features if features is None else features)
            codes, offsets = documents.labels, documents.label_offsets
            given = GivenLabels(list(core.classes), codes, offsets, "several")
            return self._measured(documents, given, most, least)

    @names_arguments(FIT)
    def threshold_for(
        self,
        X: Any,  # noqa: N803
        y: Any,
        *,
        precision: float = 0.9,
        label: Any = None,
    ) -> float:
        """The lowest threshold with which predicted labels have a precision, measured on texts that are held out.

            threshold = model.threshold_for(texts, labels, precision=0.95)
            model.predict(others, k=1, threshold=threshold)

        Args:
            X: As in `fit`.
            y: As in `fit`.
            precision: The share of labels that are to be right, above 0 and up to 1.
            label: Look at this label alone, as in a filter that keeps texts of one kind: its probability counts,
                whether or not it is the highest. Default None: the most probable label of each text counts; where the
                model was given lists or a matrix of labels and has loss "ova", every label does.

        Returns:
            The threshold, a probability.

        Raises:
            ValueError: no threshold gives this precision; or as in `evaluate`.
            TypeError: X are no texts, or y no labels.
        """
        wanted = number("precision", precision)
        if not 0 < wanted <= 1:
            raise ValueError(f"precision must be above 0 and at most 1, not {precision!r}")
        fitted, lines = self._known(), as_lines(X)
        given = labels_of(y, len(lines))
        classes, order = sorted_classes(fitted.core)
        codes, offsets, _ = given.among(classes)
        if not len(codes):
            raise ValueError("no text has a label that the model knows, so no precision can be measured")
        true = true_labels(codes, offsets, len(classes))
        probabilities = self._probabilities(self._rows(lines))[:, order]
        if label is not None:
            if label not in classes:
                raise ValueError(f"there is no label {label!r}; the model knows {short(classes)}")
            column = classes.index(label)
            scores, right = probabilities[:, column], true[:, column]
        elif self._separate(fitted):
            scores, right = probabilities.ravel(), true.ravel()
        else:
            best = probabilities.argmax(axis=1)
            places = np.arange(len(best))
            scores, right = probabilities[places, best], true[places, best]
        found = threshold_of(scores, right, wanted)
        if found is None:
            order_best = np.argsort(-scores, kind="stable")
            shares = np.cumsum(right[order_best]) / np.arange(1, len(right) + 1)
            raise ValueError(
                f"no threshold gives a precision of {wanted:g} on these {len(lines):,} texts: the best is "
                f"{shares.max():.3f}"
            )
        return found

    def _measured(self, documents: Documents, given: GivenLabels, k: int | None, threshold: float) -> Measures:
        core = self._known().core
        classes, order = sorted_classes(core)
        codes, offsets, _ = given.among(classes)
        counted_in = np.diff(given.offsets) > 0
        if not len(codes):
            raise ValueError("no text has a label that the model knows, so nothing can be measured")
        true, predicted = true_labels(codes, offsets, len(classes)), np.zeros((len(documents), len(classes)), bool)
        for part in parts(len(documents), len(classes)):
            predicted[part] = given_labels(self._probabilities(part_of(documents, part))[:, order], k, threshold)
        return measured(predicted[counted_in], true[counted_in], classes, len(given.codes) - len(codes))

    @staticmethod
    def _separate(fitted: Fitted) -> bool:
        """Whether labels are predicted each for itself."""
        return fitted.form != "one" and fitted.core.settings.loss == "ova"

    def _asked(self, texts: Any) -> Iterator[bytes]:
        self._known()
        return pieces_of(as_lines(texts))

    def _best(self, pieces: Iterator[bytes], k: int | None, threshold: float) -> Iterator[Best]:
        """The best labels of the texts of each piece."""
        core, most = self._known().core, None if k is None else whole("k", k, 1, 2**31)
        labels, order = len(core.classes), sorted_classes(core)[1]

        def answer(piece: bytes) -> Iterator[Best]:
            documents = core.features.documents(piece, whole=False)
            for part in parts(len(documents), labels):
                yield best_labels(self._probabilities(part_of(documents, part))[:, order], most, threshold)

        return in_order(pieces, answer, thread_count(self.workers))

    def _documents(self, texts: Any) -> Documents:
        self._known()
        return self._rows(as_lines(texts))

    def _rows(self, lines: Sequence[bytes]) -> Documents:
        return documents_of(lines, self._known().core.features, thread_count(self.workers))

    def _probabilities(self, documents: Documents) -> Floats:
        """Of labels in the order of their rows."""
        fitted = self._known()
        core = fitted.core
        vectors = text_vectors(core.weights.inputs, documents)
        one = not self._separate(fitted)
        weights = core.weights
        try:
            return label_probabilities(vectors, weights.outputs, core.settings.loss, core.paths, one=one)
        except FloatingPointError:
            tree = core.settings.loss == "hs"
            why = no_score(fitted.origin, core.dictionary, weights.inputs, weights.outputs, has_tree=tree)
            raise FloatingPointError(why) from None
