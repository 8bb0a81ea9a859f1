"""TextClassifier: the labels of a text by its words and their n-grams, as fastText learns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import names_arguments
from ..corpus.messages import short
from ..estimator import Estimator, seed_of
from ..io.atomic import StrPath
from ..io.paths import AnyPath, any_path, local_path
from ..io.safetensors import starts_like_tensors
from ..models.fitting import Standing, learn
from ..models.training import SavesCheckpoints, alone_with
from ..signals import Deferred
from ..summary import table
from ..tables.files import errors_name
from ..threads import checked_workers
from ..train.checkpoint import Target, Text, mark_of
from ..train.history import Row
from ..train.run import Run
from ..vectors import KeyedVectors, load_vectors
from .asking import TellsLabels
from .core import Pretrained
from .encoding import (
    check_class_weight,
    class_weights_of,
    file_again,
    fitted_of_state,
    grown,
    lists_again,
    of_file,
    of_lists,
)
from .files import read_state, write_state
from .given import as_lines
from .lesson import ClassLesson
from .model_file import Fitted, read_model, write_model
from .names import FIT, PARAMETERS
from .reading import LabelledFile
from .settings import ClassifierSettings
from .training import TextTokens
from .validation import Validation, watched


class TextClassifier(TellsLabels, SavesCheckpoints, Estimator):
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
        self._learn(fitted, tokens, target, first=watched(fitted, validation, patience))
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
            label_prefix: With which labels begin; they are known without it. A word that is the prefix and nothing else
                is a label, too, as in fastText: "".
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
        with errors_name(source.path):
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
            first = [Validation(fitted, file_again(fitted.core, held_out), patience)]
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

    def get_latest_training_loss(self) -> float:
        """The sum of the loss over all epochs of the latest training, with ``compute_loss``; else 0."""
        return self._loss

    @property
    def history(self) -> list[Row]:
        """How the latest training went, as `Word2Vec.history`, where words are texts. It is not saved.

        With ``validation`` the last row of each epoch has a "validation_loss".
        """
        return self._history

    def _known(self) -> Fitted:
        if self._fitted is None:
            raise self._not_fitted()
        return self._fitted

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
        checked_workers(self.workers)  # which questions need, and `load` looks at
        left_out = ("callbacks", "progress", "vectors", "random_state")
        params = {name: value for name, value in self.get_params().items() if name not in left_out}
        if isinstance(self.class_weight, Mapping):  # JSON would make texts of its keys
            params["class_weight"] = None
        seed = self.random_state
        return params | {"random_state": seed if isinstance(seed, int) else 1}
