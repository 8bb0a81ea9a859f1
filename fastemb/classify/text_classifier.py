"""TextClassifier: the labels of a text by its words and their n-grams, as fastText learns them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import names_arguments
from ..checks import number, warn, whole
from ..corpus.messages import short
from ..estimator import Estimator, seed_of
from ..io.atomic import StrPath
from ..io.paths import AnyPath, any_path, local_path
from ..io.safetensors import starts_like_tensors
from ..models.fitting import Standing, learn
from ..models.training import SavesCheckpoints, alone_with
from ..models.watching import EarlyStopping
from ..signals import Deferred
from ..summary import table
from ..threads import checked_workers, thread_count
from ..train.checkpoint import Target, Text, mark_of
from ..train.history import Row
from ..train.run import Run
from ..vectors import KeyedVectors, load_vectors
from .core import ClassCore, Pretrained, features_of
from .encoding import (
    check_class_weight,
    class_weights_of,
    file_again,
    fitted_of_state,
    grown,
    lists_again,
    of_file,
    of_lists,
    sample_weights,
)
from .features import Documents
from .files import read_state, write_state
from .given import GivenLabels, as_lines, documents_of, labels_of
from .lesson import ClassLesson
from .measures import Measures, given_labels, measured, threshold_of, true_labels
from .model_file import Fitted, read_model, write_model
from .names import FIT, PARAMETERS
from .probabilities import Floats, label_probabilities, text_vectors
from .reading import LabelledFile
from .settings import ClassifierSettings
from .training import TextTokens

_MANY = 1 << 24  # probabilities that are held at once

Ints = NDArray[np.int64]


class TextClassifier(SavesCheckpoints, Estimator):
    """Labels of texts, learned from the mean of the vectors of their words and n-grams (Joulin et al. 2017).

    Defaults are fastText's, names gensim's where gensim has them: ``vector_size`` is fastText's dim, ``alpha`` its lr,
    ``epochs`` its epoch, ``negative`` its neg, ``min_n`` and ``max_n`` its minn and maxn, ``workers`` its thread. Texts
    are split at white space and nowhere else: part words from punctuation, and lower them, before.

    Args:
        vector_size: Length of the vectors. 10 to 20 are often enough for few labels.
        loss: "softmax" for one label a text; "hs", a Huffman tree over labels, much faster for thousands of them;
            "ova", each label for itself, for texts with several labels or none; "ns", the label and some that are
            drawn. With several labels a text, all but "ova" learn one of them in each pass, drawn anew.
        alpha: Learning rate at the start; it falls linearly to ``min_alpha``. 0.1 to 1 is usual.
        min_alpha: Learning rate at the end.
        epochs: Passes over the texts.
        min_count: Words that occur less often are left out.
        min_count_label: The same of labels.
        word_ngrams: Words of the longest n-grams of words; 2 adds pairs of neighbours.
        min_n: Characters of the shortest n-grams of characters.
        max_n: Characters of the longest; 0 for none.
        bucket: How many rows n-grams share, by their hash. Without n-grams there are none.
        negative: With loss "ns", labels that are drawn.
        class_weight: Factors on the steps of texts, by label; those not named have 1. "balanced" weighs labels by how
            rare they are, as scikit-learn does. None (default): 1 for all.
        vectors: `KeyedVectors`, or a file of vectors, from which words start; words that are there alone are known,
            too. They have ``vector_size`` numbers.
        shuffle: Whether each pass takes the texts in an order of its own; otherwise as they are given, which learns
            badly where those of a label stand together.
        random_state: Seed of everything random: a number, a NumPy generator, or None to pick one. With ``workers=1``
            the same number gives the same bits.
        workers: Threads; None (default) or -1 uses every CPU available.
        deterministic: Let the same number give the same bits with any number of ``workers``: one of them trains,
            as every text changes the rows of all labels, and threads would only wait for each other.
        compute_loss: Add up the loss; see `history`.
        callbacks: Objects with any of on_train_begin, on_epoch_begin, on_epoch_end, on_train_end, each taking the
            model, which can be asked and saved there. One that raises `StopTraining` ends the training, and what was
            learned stays.
        progress: True or False; None (default) shows progress in a notebook, and when standard error is a terminal.

    It follows scikit-learn's conventions (parameters are checked by ``fit``, not before), without needing it.
    """

    _other_names = PARAMETERS
    _estimator_type = "classifier"

    @names_arguments(PARAMETERS)
    def __init__(
        self,
        vector_size: int = 100,
        *,
        loss: str = "softmax",
        alpha: float = 0.1,
        min_alpha: float = 0.0,
        epochs: int = 5,
        min_count: int = 1,
        min_count_label: int = 0,
        word_ngrams: int = 1,
        min_n: int = 0,
        max_n: int = 0,
        bucket: int = 2_000_000,
        negative: int = 5,
        class_weight: Mapping[Any, float] | str | None = None,
        vectors: KeyedVectors | StrPath | None = None,
        shuffle: bool = True,
        random_state: Any = 1,
        workers: int | None = None,
        deterministic: bool = False,
        compute_loss: bool = False,
        callbacks: Sequence[Any] = (),
        progress: bool | None = None,
    ) -> None:
        self.vector_size = vector_size
        self.loss = loss
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.epochs = epochs
        self.min_count = min_count
        self.min_count_label = min_count_label
        self.word_ngrams = word_ngrams
        self.min_n = min_n
        self.max_n = max_n
        self.bucket = bucket
        self.negative = negative
        self.class_weight = class_weight
        self.vectors = vectors
        self.shuffle = shuffle
        self.random_state = random_state
        self.workers = workers
        self.deterministic = deterministic
        self.compute_loss = compute_loss
        self.callbacks = callbacks
        self.progress = progress
        self._fitted: Fitted | None = None
        self._loss = 0.0
        self._history: list[Row] = []

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return self._fitted is not None

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of a classifier."""
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(multi_label=True)
        tags.target_tags.required = True
        tags.input_tags.string = True
        return tags

    def __repr__(self) -> str:
        made = self._made()
        if self._fitted is None:
            return made
        core = self._fitted.core
        return f"{made}, fitted: {len(core.classes):,} labels, {core.dictionary.words:,} words"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        rows = {"parameters": self._changed() or "the defaults"}
        if self._fitted is None:
            return table(type(self).__name__, rows | {"fitted": "not yet"}, {})
        core = self._fitted.core
        rows["fitted"] = f"{len(core.classes):,} labels, {core.dictionary.words:,} words"
        return table(type(self).__name__, rows, {"labels": core.classes})

    # ---- learning ----

    @names_arguments(FIT)
    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        *,
        sample_weight: ArrayLike | None = None,
        validation: tuple[Any, Any] | None = None,
        patience: int = 2,
        checkpoint: AnyPath | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Learn from scratch.

        If it fails or is interrupted, as by Ctrl-C, the model stays as it was. A callback that raises `StopTraining`
        ends it and keeps what was learned.

        Args:
            X: Texts: str, or lists of tokens. Line ends within a text are white space; words that begin with
                ``__label__`` are left out.
            y: A label for each text, a str or a number; or a list of labels for each text; or a matrix of 0 and 1 with
                a column for each label.
            sample_weight: A factor on the steps of each text.
            validation: Texts and labels that are not trained on, (X, y). The loss on them is added to `history`;
                training ends when it has not fallen for some epochs, and what was learned after the best one stays. A
                copy of it is held meanwhile.
            patience: For how many epochs.
            checkpoint: A file to which all that `resume` needs besides the texts is written before, during and after
                training. It is a whole checkpoint at any time, and `load` reads it as a model.
            checkpoint_every: How often: a time, such as "30s" or "1.5min", a number of texts, such as "1000000w", or a
                timedelta. Default None: every 10 minutes, and less often where writing takes more than 6 seconds.

        Raises:
            ValueError: a parameter makes no sense; there are not as many labels as texts, or but one of them; no text
                of ``validation`` has a label that is trained.
            TypeError: a parameter, a text or a label is of another type.
            OSError: no checkpoint can be written before training begins. A failure later gives a warning.
            RuntimeError: another thread trains the model, or a callback calls this.
            FloatingPointError: training diverged: lower ``alpha``.
        """
        settings, target = self._settings(), Target.of(checkpoint, checkpoint_every)
        fitted, tokens = of_lists(settings, as_lines(X), y, sample_weight, self._pretrained(settings))
        self._learn(fitted, tokens, target, first=_watched(fitted, validation, patience))
        return self

    @names_arguments(FIT)
    def fit_file(
        self,
        path: AnyPath,
        *,
        label_prefix: str = "__label__",
        text: str | None = None,
        labels: str | None = None,
        columns: Sequence[str] | None = None,
        sep: str | None = None,
        validation: AnyPath | None = None,
        patience: int = 2,
        checkpoint: AnyPath | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Learn from scratch from a file with a text a line, as fastText takes it, or from a table.

        Args:
            path: The file, also compressed. Labels are words that begin with ``label_prefix``, anywhere in the line.
            label_prefix: With which labels begin; they are known without it.
            text: The column of the texts, of a table with a row a text: CSV, TSV, or Parquet (with pyarrow).
            labels: The column of the labels.
            columns: Names of all columns, for a table whose first line has none.
            sep: What stands between the fields of a table. Default None: found out.
            validation: Another such file, not trained on; as in `fit`.
            patience: As in `fit`.
            checkpoint: As in `fit`.
            checkpoint_every: As in `fit`.

        Raises:
            ValueError: as in `fit`; or no word of the file begins with the prefix.
            KeyError: the table has no such column.
            OSError: the file cannot be read, or no checkpoint be written.
            TypeError: as in `fit`.
            RuntimeError: as in `fit`.
            FloatingPointError: as in `fit`.
        """
        settings, target = self._settings(), Target.of(checkpoint, checkpoint_every)
        source = LabelledFile.checked(path, label_prefix, text, labels, columns, sep)
        pretrained = self._pretrained(settings)
        if source.is_table:
            texts, own = source.read_table()
            fitted, tokens = of_lists(settings, as_lines(texts), own, None, pretrained)
            tokens = replace(tokens, origin=source.origin())
        else:
            fitted, tokens = of_file(settings, source, pretrained)
        first: list[Any] = []
        if isinstance(validation, tuple | list):
            raise TypeError("validation of fit_file must be a file like the one that is trained on; texts are for fit")
        if validation is not None:
            held_out = replace(source, path=local_path(validation))
            first = [_Validation(fitted, file_again(fitted.core, held_out), patience)]
        self._learn(fitted, tokens, target, first=first)
        return self

    @names_arguments(FIT)
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        classes: Sequence[Any] | None = None,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Learn on from more texts: ``epochs`` passes over these, with a rate that falls from ``alpha`` again.

        New words are learned, too, and with any loss but "hs" new labels.

        Args:
            X: As in `fit`.
            y: As in `fit`; for a model that is not fitted yet all may have one label, if ``classes`` are given.
            classes: All labels that there will be; looked at where the model is not fitted yet.
            sample_weight: As in `fit`.

        Raises:
            ValueError: as in `fit`; or a parameter was changed that a model cannot change.
            TypeError: as in `fit`.
            RuntimeError: as in `fit`.
            FloatingPointError: as in `fit`.
        """
        settings, lines = self._settings(), as_lines(X)
        known = self._fitted
        if known is None:
            fitted, tokens = of_lists(settings, lines, y, sample_weight, self._pretrained(settings), classes)
        else:
            fitted, tokens = grown(known, settings, lines, y, sample_weight)
        self._learn(fitted, tokens, None)
        return self

    def _settings(self) -> ClassifierSettings:
        made = ClassifierSettings.among(self.get_params() | {"random_state": seed_of(self.random_state)}).checked()
        check_class_weight(self.class_weight)
        return made

    def _pretrained(self, settings: ClassifierSettings) -> Pretrained | None:
        if self.vectors is None:
            return None
        given = self.vectors
        if not isinstance(given, KeyedVectors | str | bytes) and not hasattr(given, "__fspath__"):
            raise TypeError(f"vectors must be KeyedVectors or a file of vectors, not {short(given)}")
        found = given if isinstance(given, KeyedVectors) else load_vectors(given)
        if found.vector_size != settings.vector_size:
            raise ValueError(
                f"vectors have {found.vector_size} numbers, and vector_size is {settings.vector_size}: give "
                f"vector_size={found.vector_size}"
            )
        words = [str(key).encode("utf-8", "replace") for key in found.index_to_key]
        return words, np.asarray(found.vectors, np.float32)

    def _learn(
        self,
        fitted: Fitted,
        tokens: TextTokens,
        target: Target | None,
        begun: tuple[Run, bool] | None = None,
        first: Sequence[Any] = (),
    ) -> None:
        """Train what is made of texts, and become it, or stay what this is if that fails."""
        core, before = fitted.core, (self._fitted, self._loss, self._history)
        class_weights = class_weights_of(self.class_weight, core.classes, core.label_counts)

        def show(loss: float, histories: dict[int, list[Row]]) -> None:
            self._fitted, self._loss = fitted, loss
            self._history = histories.get(1, [])

        start = None if begun is None else (Standing(0, begun[0].totals.loss), *begun)
        lesson = ClassLesson(self._saved_params(), fitted, tokens, class_weights)
        with Deferred(), alone_with(self, trains=True):
            try:
                learn(self, lesson, show, target, start, first)
            except BaseException:
                self._fitted, self._loss, self._history = before
                raise

    @classmethod
    @names_arguments()
    def resume(
        cls,
        path: AnyPath,
        X: Any = None,  # noqa: N803
        y: Any = None,
        *,
        sample_weight: ArrayLike | None = None,
        workers: int | None = None,
        callbacks: Sequence[Any] = (),
        progress: bool | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Go on with `fit` or `fit_file` from a checkpoint, to its end.

        With one worker the model has the same bits as one whose training never stopped. From a checkpoint that was
        written when training had ended nothing is left to do. ``validation`` is not gone on with.

        Args:
            path: A file that ``checkpoint`` of `fit`, or `save_checkpoint`, wrote.
            X: The same texts again; those of `fit_file` are read again from where they were.
            y: Their labels.
            sample_weight: As in `fit`, the same again.
            workers: Threads; -1 uses every CPU available. Default None: as many as before.
            callbacks: As in the class.
            progress: As in the class.
            checkpoint_every: As in `fit`. Default None: as before.

        Returns:
            The model, as `fit` leaves it.

        Raises:
            ValueError: the file is no checkpoint, or damaged; the texts are others, or are not given.
            OSError: a file cannot be read, or the folder is not writable.
            KeyboardInterrupt: after Ctrl-C; the checkpoint stays, and this can be called again.
            FloatingPointError: training diverged.
        """
        path = local_path(path)
        params, fitted, metadata = read_model(path, cls._parameter_names())
        mark = mark_of(path, metadata)
        made = cls(**params | {"progress": progress, "callbacks": callbacks})
        core = fitted.core
        if workers is not None:
            made.set_params(workers=checked_workers(workers))
            core.settings.workers = checked_workers(workers)
        target = Target.again(path, mark, checkpoint_every)
        made._fitted, made._loss = fitted, mark.run.totals.loss
        if mark.ended:
            return made
        if X is None and mark.origin is None:
            raise ValueError(
                f"{path}: a checkpoint does not hold the texts: give them, as in resume(path, texts, labels)"
            )
        try:
            if X is None:
                tokens = file_again(core, LabelledFile.of_origin(mark.origin))
            else:
                tokens = lists_again(core, as_lines(X), y, sample_weight)
            mark.text.require(path, Text.of(core.task(tokens, None, want_loss=False)))
        except ValueError as error:
            raise ValueError(
                f"{path}: these are not the texts that the checkpoint was made with; give the same ones, in the same "
                f"order, with their labels ({str(error).removeprefix(f'{path}: ')})"
            ) from None
        made._learn(fitted, tokens, target, (mark.run, mark.model.get("want_loss") is True))
        return made

    # ---- what was learned ----

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels in order, as columns of `predict_proba` have them."""
        return _as_array(_sorted_classes(self._known().core)[0])

    def get_latest_training_loss(self) -> float:
        """The sum of the loss over all epochs of the latest training, with ``compute_loss``; else 0."""
        return self._loss

    @property
    def history(self) -> list[Row]:
        """How the latest training went, as `Word2Vec.history`, where words are texts. It is not saved.

        With ``validation`` the last row of each epoch has a "validation_loss".
        """
        return self._history

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
        """
        core = self._known().core
        return self._probabilities(self._documents(X))[:, _sorted_classes(core)[1]]

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
        if k is not None or threshold is not None:
            asked = self.predict_labels(X, k=k, threshold=0.0 if threshold is None else threshold)
            return [[label for label, _ in own] for own in asked]
        documents, (classes, order) = self._documents(X), _sorted_classes(fitted.core)
        most, least = (None, 0.5) if self._separate(fitted) else (1, 0.0)
        found: list[Any] = []
        for part in _parts(len(documents), len(classes)):
            probabilities = self._probabilities(_part_of(documents, part))[:, order]
            if fitted.form == "one":
                found.append(probabilities.argmax(axis=1))
                continue
            given = given_labels(probabilities, most, least)
            found += [given.astype(np.int64)] if fitted.form == "matrix" else _best(probabilities, given)
        if fitted.form == "one":
            return _as_array(classes)[np.concatenate([np.empty(0, np.int64), *found])]
        if fitted.form == "matrix":
            return np.concatenate([np.empty((0, len(classes)), np.int64), *found])
        return [[classes[one] for one, _ in own] for own in found]

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
        classes, order = _sorted_classes(self._known().core)
        most, least = None if k is None else whole("k", k, 1, 2**31), number("threshold", threshold)
        documents = self._documents(X)
        found: list[list[tuple[Any, float]]] = []
        for part in _parts(len(documents), len(classes)):
            probabilities = self._probabilities(_part_of(documents, part))[:, order]
            for own in _best(probabilities, given_labels(probabilities, most, least)):
                found.append([(classes[one], probability) for one, probability in own])
        return found

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
        classes, order = _sorted_classes(fitted.core)
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
        return self._measured(self._rows(lines), given, most, number("threshold", threshold))

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
        if source.is_table:
            texts, own = source.read_table()
            return self.evaluate(texts, own, k=most, threshold=threshold)
        features = (
            features_of(core.settings, core.dictionary, source.prefix) if prefix.encode() != core.prefix else None
        )
        documents = source.documents(core.features if features is None else features)
        codes, offsets = documents.labels, documents.label_offsets
        given = GivenLabels(list(core.classes), codes, offsets, "several")
        return self._measured(documents, given, most, number("threshold", threshold))

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
        classes, order = _sorted_classes(fitted.core)
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
        classes, order = _sorted_classes(core)
        codes, offsets, _ = given.among(classes)
        counted_in = np.diff(given.offsets) > 0
        if not len(codes):
            raise ValueError("no text has a label that the model knows, so nothing can be measured")
        true, predicted = true_labels(codes, offsets, len(classes)), np.zeros((len(documents), len(classes)), bool)
        for part in _parts(len(documents), len(classes)):
            predicted[part] = given_labels(self._probabilities(_part_of(documents, part))[:, order], k, threshold)
        return measured(predicted[counted_in], true[counted_in], classes, len(given.codes) - len(codes))

    def _known(self) -> Fitted:
        if self._fitted is None:
            raise self._not_fitted()
        return self._fitted

    @staticmethod
    def _separate(fitted: Fitted) -> bool:
        """Whether labels are predicted each for itself."""
        return fitted.form != "one" and fitted.core.settings.loss == "ova"

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
        return label_probabilities(vectors, core.weights.outputs, core.settings.loss, core.paths, one=one)

    # ---- files ----

    def save(self, path: StrPath) -> None:
        """Write the model to a safetensors file, whole or not at all.

        Raises:
            ValueError: the model is not fitted.
            OSError: the file cannot be written.
        """
        write_model(path, self._saved_params(), self._known())

    @classmethod
    def load(cls, path: AnyPath) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: the file holds no such model, or is damaged.
            OSError: it cannot be read.
        """
        try:
            params, fitted, _ = read_model(path, cls._parameter_names())
        except ValueError as error:
            if "model of fastText" in str(error):
                raise ValueError(
                    f"{any_path(path)}: a model of fastText: TextClassifier.load_fasttext reads it"
                ) from None
            raise
        made = cls(**params)
        made._fitted = fitted
        return made

    def save_fasttext(self, path: StrPath) -> None:
        """Write the model as a ``.bin`` file, which fastText and `fastemb.fasttext` load; it lacks some settings.

        Raises:
            ValueError: the model is not fitted.
            OSError: the file cannot be written; one that was there stays.
        """
        write_state(self._known().core.state(), path)

    @classmethod
    @names_arguments()
    def load_fasttext(cls, path: AnyPath) -> Self:
        """Read a ``.bin`` file of a model with labels that fastText, or `save_fasttext`, wrote.

        Probabilities are exact: fastText's are some 1e-5 larger, and with loss "hs" or "ova" rounded. Labels lose the
        prefix ``__label__``. Models that were made smaller, ``.ftz``, are for `fastemb.fasttext.load_model`.

        Raises:
            ValueError: it is no such file, or damaged; or it has no labels.
            OSError: it cannot be read.
        """
        name = local_path(path)
        with open(name, "rb") as file:
            if starts_like_tensors(file.read(16)):
                raise ValueError(f"{name}: no file of fastText: TextClassifier.load reads what save wrote")
        fitted = fitted_of_state(read_state(path), name)
        settings = fitted.core.settings
        names = set(cls._parameter_names())
        made = cls(**{name: value for name, value in settings.values().items() if name in names and name != "workers"})
        made._fitted = fitted
        return made

    def _saved_params(self) -> dict[str, Any]:
        left_out = ("callbacks", "progress", "vectors", "random_state")
        params = {name: value for name, value in self.get_params().items() if name not in left_out}
        if isinstance(self.class_weight, Mapping):  # JSON would make texts of its keys
            params["class_weight"] = None
        seed = self.random_state
        return params | {"random_state": seed if isinstance(seed, int) else 1}


class _Validation:
    """Watches the loss on texts that are not trained on; ends training when it does not fall any more."""

    def __init__(self, fitted: Fitted, tokens: TextTokens, patience: int) -> None:
        self._core, self._tokens = fitted.core, tokens
        self._task = fitted.core.task(tokens, None, want_loss=True)
        self._stop = EarlyStopping(self._loss, patience=patience, mode="min")
        self._best: Any = None

    def _loss(self, model: Any) -> float:
        loss = self._task.mean_loss(self._tokens, self._core.settings.random_state)
        if model.history:
            model.history[-1]["validation_loss"] = loss
        return loss

    def on_train_begin(self, model: Any) -> None:
        self._stop.on_train_begin(model)

    def on_epoch_end(self, model: Any) -> None:
        try:
            self._stop.on_epoch_end(model)
        finally:
            if self._stop.best_epoch == len(self._stop.scores):
                self._best = self._core.weights.copy()

    def on_train_end(self, model: Any) -> None:
        if self._best is not None and self._stop.best_epoch < len(self._stop.scores):
            self._core.weights.put_back(self._best)


def _watched(fitted: Fitted, validation: Any, patience: Any) -> list[Any]:
    if validation is None:
        return []
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError(f"validation must be (texts, labels), not {short(validation)}")
    lines = as_lines(validation[0], "validation")
    given = labels_of(validation[1], len(lines), "the labels of validation")
    codes, offsets, unknown = given.among(fitted.core.classes)
    if not len(codes):
        raise ValueError(
            f"no text of validation has a label that is trained: it has {short(unknown)}, and these are trained: "
            f"{short(list(fitted.core.classes))}"
        )
    if unknown:
        warn(f"labels of validation that are not trained do not count, such as {unknown[0]!r}")
    documents = documents_of(lines, fitted.core.features, thread_count(fitted.core.settings.workers))
    tokens = TextTokens(replace(documents, labels=codes, label_offsets=offsets))
    return [_Validation(fitted, tokens, patience)]


def _sorted_classes(core: ClassCore) -> tuple[list[Hashable], Ints]:
    """The labels in order, and the row of each."""
    labels = list(core.classes)
    try:
        order = sorted(range(len(labels)), key=cast(Any, labels.__getitem__))
    except TypeError:
        order = sorted(range(len(labels)), key=lambda one: (type(labels[one]).__name__, str(labels[one])))
    return [labels[one] for one in order], np.array(order, np.int64)


def _as_array(classes: Sequence[Hashable]) -> NDArray[Any]:
    if all(type(label) is str for label in classes) or all(type(label) in (bool, int) for label in classes):
        return np.array(classes)
    made = np.empty(len(classes), object)
    made[:] = classes
    return made


def _best(probabilities: Floats, given: NDArray[np.bool_]) -> list[list[tuple[int, float]]]:
    """For each text the numbers and probabilities of the labels that it is given, the most probable first."""
    found: list[list[tuple[int, float]]] = []
    for row, own in zip(probabilities, given, strict=True):
        best = np.flatnonzero(own)
        best = best[np.argsort(-row[best], kind="stable")]
        found.append(list(zip(best.tolist(), row[best].tolist(), strict=True)))
    return found


def _parts(texts: int, labels: int) -> list[slice]:
    """Texts whose probabilities are held at once."""
    step = max(1, _MANY // max(labels, 1))
    return [slice(start, min(start + step, texts)) for start in range(0, texts, step)]


def _part_of(documents: Documents, part: slice) -> Documents:
    if part.start == 0 and part.stop == len(documents):
        return documents
    offsets = documents.offsets[part.start : part.stop + 1]
    own = documents.label_offsets[part.start : part.stop + 1]
    return Documents(
        documents.rows[offsets[0] : offsets[-1]], offsets - offsets[0], documents.labels[own[0] : own[-1]], own - own[0]
    )
