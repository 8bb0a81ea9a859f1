"""A model as the package ``fasttext`` has it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import number, warn, whole
from ..classify.answering import Question, answered
from ..classify.files import read_state, write_state
from ..classify.lines import BLOCK, blocks
from ..classify.not_finite import no_score
from ..classify.predict import Predictions, Predictor
from ..classify.product import Quantising, pruned, quantised
from ..classify.retraining import Retraining, retrained
from ..classify.state import HIERARCHICAL, ClassifierState
from ..config import available_cpus, isa
from ..io.formats.fasttext_matrix import Matrix, QuantisedMatrix
from ..io.formats.fasttext_model import Whole, kept_rows, stored_rows, word_vectors
from ..io.formats.fasttext_subwords import subword_rows
from ..io.paths import AnyPath, any_path, local_path
from ..signals import slices
from .meter import Meter
from .names import CannotOpenError, TrainedWith, hashed, ngrams_of
from .words import line_bytes, line_words, several, until_end, word_bytes

Floats = NDArray[np.float32]
Neighbours = list[tuple[float, str]]

_TOGETHER = 1 << 20  # characters of texts that a thread reads at once
_MOST = 2**31 - 1


class FastTextModel:
    """A model of fastText: vectors of words, or labels of texts, as `load_model` and training give it.

    Args:
        model_path: A ``.bin`` or ``.ftz`` file. Default None: an empty model, for `train_supervised` and the like.
        args: Settings by which it was trained, which become its attributes.
    """

    def __init__(self, model_path: AnyPath | None = None, args: TrainedWith | None = None) -> None:
        self._held: ClassifierState | None = None
        self._words: list[str] | None = None
        self._labels: list[str] | None = None
        self.set_args(args)
        if model_path is not None:
            self._take(_opened(model_path), any_path(model_path))

    @classmethod
    def _of(cls, state: ClassifierState, args: TrainedWith | None = None) -> FastTextModel:
        made = cls(args=args)
        made._take(state)
        return made

    def _take(self, state: ClassifierState, origin: str | None = None) -> None:
        self._held = state
        self._origin = origin
        self._inputs = stored_rows(state.inputs)
        self._predictor: Predictor | None = None
        self._unit_vectors: Floats | None = None
        self._words = self._labels = None
        self._names: tuple[str, list[str]] | None = None

    @property
    def _state(self) -> ClassifierState:
        if self._held is None:
            raise ValueError("Model never trained: use load_model, train_supervised or train_unsupervised")
        return self._held

    def set_args(self, args: TrainedWith | None = None) -> None:
        """Make these settings attributes of the model."""
        if args is not None:
            for name, value in args.shown().items():
                setattr(self, name, value)

    def __repr__(self) -> str:
        if self._held is None:
            return "<FastTextModel, empty>"
        held = self._held
        what = f"{len(held.labels):,} labels" if held.is_supervised else "no labels"
        kind = ", quantised" if self.is_quantized() else ""
        return f"<FastTextModel: {held.dictionary.words:,} words, {what}, {held.arguments.dim} dimensions{kind}>"

    # ---- what it is ----

    def is_quantized(self) -> bool:
        """Whether the rows of words and n-grams are product quantised."""
        return isinstance(self._state.inputs, QuantisedMatrix)

    def get_dimension(self) -> int:
        """Return the length of the vectors."""
        return self._state.arguments.dim

    @property
    def words(self) -> list[str]:
        """All words, the most frequent first."""
        found = self._words
        if found is None:
            found = self._words = self.get_words()
        return found

    @property
    def labels(self) -> list[str]:
        """All labels; in a model without labels all words."""
        found = self._labels
        if found is None:
            found = self._labels = self.get_labels()
        return found

    def get_words(self, include_freq: bool = False, on_unicode_error: str = "strict") -> Any:
        """Return all words; with ``include_freq`` also how often each was in the text, int64 (words,).

        Args:
            include_freq: Return a pair of both.
            on_unicode_error: What to do about words that are no UTF-8, as in ``bytes.decode``.

        Raises:
            UnicodeDecodeError: A word is no UTF-8, and ``on_unicode_error`` is "strict".
        """
        state = self._state
        return _with_counts(state.words, state.word_counts, include_freq, on_unicode_error)

    def get_labels(self, include_freq: bool = False, on_unicode_error: str = "strict") -> Any:
        """Return all labels, as `get_words` does words; in a model without labels all words."""
        state = self._state
        if not state.is_supervised:
            return self.get_words(include_freq, on_unicode_error)
        return _with_counts(state.labels, state.label_counts, include_freq, on_unicode_error)

    def get_word_id(self, word: str) -> int:
        """Return the number of a word, which is its row in the input matrix; -1 for one that is not there."""
        return self._state.features.names.find(word_bytes("word", word))

    def get_label_id(self, label: str) -> int:
        """Return the number of a label; -1 for one that is not there."""
        found = self.get_word_id(label)
        return found if found < 0 else found - self._state.dictionary.words

    def get_subword_id(self, subword: str) -> int:
        """Return the row of an n-gram in the input matrix, as if the model kept all of them.

        Raises:
            ValueError: The model has no rows for n-grams.
        """
        return self._state.dictionary.words + self._bucket(word_bytes("subword", subword))

    def _bucket(self, ngram: bytes) -> int:
        bucket = self._state.arguments.bucket
        if bucket < 1:
            raise ValueError("the model has no rows for n-grams (bucket is 0)")
        return hashed(ngram) % bucket

    def __contains__(self, word: object) -> bool:
        """Whether a word is one of `words`."""
        return isinstance(word, str) and 0 <= self.get_word_id(word) < self._state.dictionary.words

    def __getitem__(self, word: str) -> Floats:
        """Return the vector of a word."""
        return self.get_word_vector(word)

    # ---- vectors ----

    def get_word_vector(self, word: str) -> Floats:
        """Return the vector of a word, float32 (dim,): the mean of its row and of those of its n-grams.

        That of a word which is not there is made of its n-grams; zeros where there are none.
        """
        vector: Floats = self._vectors_of([word_bytes("word", word)])[0]
        return vector

    def _rows_of(self, word: bytes) -> list[int]:
        """The rows of the input matrix of a word."""
        state = self._state
        number = state.features.names.find(word)
        own = [number] if 0 <= number < state.dictionary.words else []
        numbers, _ = subword_rows([word], state.arguments.minn, max(0, state.arguments.maxn), state.arguments.bucket)
        rows = kept_rows(numbers, state.dictionary.pruned)
        ngrams: list[int] = (rows[rows >= 0] + state.dictionary.words).tolist()
        return own + ngrams

    def _vectors_of(self, words: Sequence[bytes]) -> Floats:
        bags = [self._rows_of(word) for word in words]
        offsets = np.cumsum([0, *map(len, bags)], dtype=np.int64)
        made = np.empty((len(words), self.get_dimension()), np.float32)
        self._inputs.means(isa(), np.array([row for bag in bags for row in bag], np.int32), offsets, made)
        return made

    def get_sentence_vector(self, text: str) -> Floats:
        """Return the vector of a text of one line, float32 (dim,).

        In a model with labels it is the mean of all rows that the text has there; in others the mean of its words'
        vectors, each scaled to length 1.

        Raises:
            ValueError: There is a line end in the text.
        """
        data, state = line_bytes("predict", text), self._state
        if state.is_supervised:
            documents = state.features.documents(data + b"\n", whole=False)
            made = np.empty((1, self.get_dimension()), np.float32)
            self._inputs.means(isa(), documents.rows, documents.offsets, made)
            found: Floats = made[0]
            return found
        vectors = self._vectors_of(data.split())
        lengths = np.sqrt((vectors**2).sum(axis=1))
        some = lengths > 0
        if not some.any():
            return np.zeros(self.get_dimension(), np.float32)
        mean: Floats = (vectors[some] / lengths[some, np.newaxis]).mean(axis=0, dtype=np.float32)
        return mean

    def get_subwords(self, word: str, on_unicode_error: str = "strict") -> tuple[list[str], NDArray[np.int64]]:
        """Return a word's n-grams of characters as text, the word itself first if it is known; and their rows."""
        state, data = self._state, word_bytes("word", word)
        is_known = state.features.names.find(data) in range(state.dictionary.words)
        ngrams = list(ngrams_of(data, state.arguments.minn, state.arguments.maxn))
        texts = [one.decode("utf-8", on_unicode_error) for one in ([data] if is_known else []) + ngrams]
        return texts, np.array(self._rows_of(data), np.int64)

    def get_input_vector(self, ind: int) -> Floats:
        """Return a row of the input matrix, float32 (dim,).

        Raises:
            IndexError: There is no such row.
        """
        rows = self._state.inputs.shape[0]
        if not 0 <= (row := whole("ind", ind, -_MOST, _MOST)) < rows:
            raise IndexError(f"there is no row {ind}: the input matrix has {rows:,}")
        made = np.empty((1, self.get_dimension()), np.float32)
        self._inputs.means(isa(), np.array([row], np.int32), np.array([0, 1], np.int64), made)
        found: Floats = made[0]
        return found

    def get_input_matrix(self) -> Floats:
        """Return a copy of the rows of words and n-grams, float32 (words + buckets, dim).

        Raises:
            ValueError: The model is quantised.
        """
        return self._dense(self._state.inputs)

    def get_output_matrix(self) -> Floats:
        """Return a copy of the rows of labels, float32 (labels, dim), or of words in a model without labels.

        Raises:
            ValueError: The model is quantised.
        """
        return self._dense(self._state.outputs)

    def _dense(self, matrix: Matrix) -> Floats:
        if self.is_quantized() or isinstance(matrix, QuantisedMatrix):
            raise ValueError("Can't get quantized Matrix")
        return np.array(matrix, np.float32)

    def set_matrices(self, input_matrix: NDArray[Any], output_matrix: NDArray[Any]) -> None:
        """Put other rows in place of the model's; the number of rows must stay, that of columns may change.

        Raises:
            ValueError: The shapes do not fit.
        """
        inputs, outputs = (np.array(given, np.float32, order="C") for given in (input_matrix, output_matrix))
        state = self._state
        wanted = [matrix.shape[0] for matrix in (state.inputs, state.outputs)]
        if [len(inputs), len(outputs)] != wanted or inputs.ndim != 2 or inputs.shape[1:] != outputs.shape[1:]:
            raise ValueError(
                f"the matrices have the shapes {inputs.shape} and {outputs.shape}, where {wanted[0]:,} and "
                f"{wanted[1]:,} rows are needed, with as many columns in both"
            )
        arguments = replace(state.arguments, dim=inputs.shape[1])
        self._take(replace(state, arguments=arguments, inputs=inputs, outputs=outputs))

    # ---- neighbours ----

    def get_nearest_neighbors(self, word: str, k: int = 10, on_unicode_error: str = "strict") -> Neighbours:
        """Return the ``k`` words with the highest cosine to a word, which may be unknown, and these cosines first."""
        data = word_bytes("word", word)
        return self._nearest(self._vectors_of([data])[0], [data], k, on_unicode_error)

    def get_analogies(
        self,
        wordA: str,  # noqa: N803
        wordB: str,  # noqa: N803
        wordC: str,  # noqa: N803
        k: int = 10,
        on_unicode_error: str = "strict",
    ) -> Neighbours:
        """Return the words nearest to A - B + C, without these three, and their cosines first."""
        words = [word_bytes("word", word) for word in (wordA, wordB, wordC)]
        vectors = self._vectors_of(words)
        lengths = np.sqrt((vectors**2).sum(axis=1, keepdims=True)) + np.float32(1e-8)
        first, second, third = vectors / lengths
        return self._nearest(first - second + third, words, k, on_unicode_error)

    def _nearest(self, query: Floats, banned: list[bytes], k: int, on_unicode_error: str) -> Neighbours:
        state, many = self._state, whole("k", k, 0, _MOST)
        if not np.isfinite(query).all():
            words = " or ".join(repr(word.decode("utf-8", "replace")) for word in banned)
            whose = self._origin or "the model"
            raise ValueError(f"{whose}: the vector of {words} holds NaN or infinity, and nothing is near to that")
        if self._unit_vectors is None:
            self._unit_vectors = self._all_unit_vectors()
        length = float(np.sqrt((query**2).sum())) or 1.0
        scores = np.concatenate(
            [np.empty(0, np.float32), *(self._unit_vectors[part] @ query for part in slices(len(self._unit_vectors)))]
        ) / np.float32(length)
        numbers = {state.features.names.find(word) for word in banned}
        scores[[number for number in numbers if 0 <= number < len(scores)]] = -np.inf
        many = min(many, len(scores))
        best = np.argpartition(-scores, many - 1)[:many] if many else np.empty(0, np.intp)
        best = best[np.argsort(-scores[best], kind="stable")]
        data, offsets = state.dictionary.data, state.dictionary.offsets
        return [
            (float(scores[row]), data[offsets[row] : offsets[row + 1]].tobytes().decode("utf-8", on_unicode_error))
            for row in best.tolist()
            if scores[row] > -np.inf
        ]

    def _all_unit_vectors(self) -> Floats:
        state = self._state
        vectors = word_vectors(Whole(state.arguments, state.dictionary, state.inputs, None))
        made = np.empty(vectors.shape, np.float32)
        for part in slices(len(vectors)):
            lengths = np.sqrt((vectors[part] ** 2).sum(axis=1, keepdims=True))
            np.divide(vectors[part], lengths, out=made[part], where=lengths > 0)
            made[part][lengths[:, 0] == 0] = 0
            made[part][~np.isfinite(lengths[:, 0])] = np.nan  # which is near to nothing
        return made

    # ---- labels ----

    def predict(
        self, text: Any, k: int = 1, threshold: float = 0.0, on_unicode_error: str = "strict"
    ) -> tuple[Any, Any]:
        """Tell the most probable labels of a text, or of each of a list of texts.

        Args:
            text: One line, or a list of lines; a list is answered on all CPUs.
            k: How many labels at most; -1: all.
            threshold: Labels with a smaller probability are left out.
            on_unicode_error: What to do about labels that are no UTF-8, as in ``bytes.decode``.

        Returns:
            For a text a tuple of labels and their probabilities, float64 (labels,); none where nothing in the text is
            known. For a list two lists of these, labels as lists and probabilities as float32.

        Raises:
            ValueError: There is a line end in a text; ``k`` is 0; or the model has no labels.
            FloatingPointError: A score is no finite number.
        """
        state, predictor = self._state, self._predicting()
        names = self._label_names(on_unicode_error)
        question = Question(whole("k", k, -1, _MOST), number("threshold", threshold))
        if not several(text):
            documents = state.features.documents(line_bytes("predict", text) + b"\n", whole=False)
            with self._scoring():
                found = predictor.predict(documents, question.k, question.threshold)
            count = int(found.counts[0])
            labels = tuple(names[label] for label in found.labels[0, :count].tolist())
            return labels, found.probabilities[0, :count].astype(np.float64)
        texts = text if isinstance(text, list) else list(text)
        all_labels: list[list[str]] = []
        all_probabilities: list[Floats] = []
        threads = min(available_cpus(), 1 + sum(map(_length, texts[:_TOGETHER])) // _TOGETHER)
        with self._scoring():
            for _, found in answered(_pieces(texts), state.features, predictor, question, threads):
                _unpack(found, names, all_labels, all_probabilities)
        return all_labels, all_probabilities

    @contextmanager
    def _scoring(self) -> Iterator[None]:
        """Names the model, and the row that is to blame, where a score is no finite number."""
        try:
            yield
        except FloatingPointError:
            state = self._state
            tree = state.arguments.loss == HIERARCHICAL
            why = no_score(self._origin, state.dictionary, state.inputs, state.outputs, has_tree=tree)
            raise FloatingPointError(why) from None

    def _label_names(self, on_unicode_error: str) -> list[str]:
        if self._names is None or self._names[0] != on_unicode_error:
            labels = [label.decode("utf-8", on_unicode_error) for label in self._state.labels]
            self._names = on_unicode_error, labels
        return self._names[1]

    def _predicting(self) -> Predictor:
        if self._predictor is None:
            self._predictor = Predictor(self._state)
        return self._predictor

    def get_line(self, text: Any, on_unicode_error: str = "strict") -> tuple[Any, Any]:
        """Split a line, or each of a list, into words and labels; the end of the line is the word ``</s>``.

        Labels that the model does not know are left out.

        Raises:
            ValueError: There is a line end in a text.
        """
        if not several(text):
            return self._line(text, on_unicode_error)
        pairs = [self._line(one, on_unicode_error) for one in text]
        return [words for words, _ in pairs], [labels for _, labels in pairs]

    def _line(self, text: str, on_unicode_error: str) -> tuple[list[str], list[str]]:
        state = self._state
        words: list[str] = []
        labels: list[str] = []
        for word in until_end(line_words(line_bytes("get_line", text) + b"\n")):
            number = state.features.names.find(word)
            if number >= state.dictionary.words:
                labels.append(word.decode("utf-8", on_unicode_error))
            elif number >= 0 or not word.startswith(state.prefix):
                words.append(word.decode("utf-8", on_unicode_error))
        return words, labels

    def _measured(self, path: AnyPath, k: int, threshold: float, *, missed: bool = False) -> Meter:
        """What is right in the file at ``path``."""
        state, predictor = self._state, self._predicting()
        meter = Meter(state.labels, missed=missed)
        question = Question(whole("k", k, -1, _MOST), number("threshold", threshold), whole=True)
        try:
            threads = min(available_cpus(), 1 + os.path.getsize(local_path(path)) // BLOCK)
            with self._scoring():
                for documents, found in answered(blocks(path), state.features, predictor, question, threads):
                    meter.add(documents, found)
        except FileNotFoundError as error:
            raise CannotOpenError(f"Test file cannot be opened! {any_path(path)}: there is no such file") from error
        if not meter.texts:
            warn(
                f"{any_path(path)}: no line has words and a label that the model knows, so nothing is measured; its "
                f"labels are such as {', '.join(map(repr, self._label_names('replace')[:3]))}"
            )
        return meter

    def test(self, path: AnyPath, k: int = 1, threshold: float = 0.0) -> tuple[int, float, float]:
        """Return how many texts of a file have labels, and the precision and recall of ``k`` labels for each.

        Args:
            path: A file of texts with labels, one a line.
            k: How many labels are predicted; -1: all.
            threshold: Labels with a smaller probability are not.

        Raises:
            ValueError: The model has no labels.
            OSError: The file cannot be read.
        """
        meter = self._measured(path, k, threshold)
        return meter.texts, meter.precision(), meter.recall()

    def test_label(self, path: AnyPath, k: int = 1, threshold: float = 0.0) -> dict[str, dict[str, float]]:
        """Return "precision", "recall" and "f1score" of each label; NaN where there is nothing to divide by."""
        meter = self._measured(path, k, threshold)
        return {
            label: {"precision": meter.precision(row), "recall": meter.recall(row), "f1score": meter.f1_score(row)}
            for row, label in enumerate(self.get_labels())
        }

    def get_meter(self, path: AnyPath, k: int = -1) -> Meter:
        """Return what tells precision at a recall, recall at a precision, and the curve of both, of a file's texts."""
        return self._measured(path, k, 0.0, missed=True)

    # ---- smaller models ----

    def quantize(
        self,
        input: AnyPath | None = None,
        qout: bool = False,
        cutoff: int = 0,
        retrain: bool = False,
        epoch: int | None = None,
        lr: float | None = None,
        thread: int | None = None,
        verbose: int | None = None,
        dsub: int = 2,
        qnorm: bool = False,
    ) -> None:
        """Make the model smaller, by product quantisation: a byte in place of ``dsub`` floats of a row.

        Models without labels are quantised, too, which fastText does not do, but reads.

        Args:
            input: A file of texts with labels, for ``retrain``.
            qout: Quantise the output matrix, too.
            cutoff: Keep so many words and n-grams, those with the longest rows; 0: all.
            retrain: Train what ``cutoff`` kept again on ``input``, before it is quantised.
            epoch: Passes of that. Default: those of the model.
            lr: First learning rate of that. Default: that of the model.
            thread: Threads. Default: all CPUs.
            verbose: 0 shows no progress.
            dsub: Values of a row that a byte stands for.
            qnorm: Quantise the lengths of rows by themselves.

        Raises:
            ValueError: The model is quantised already; a value makes no sense; or ``retrain`` without ``input``.
            OSError: ``input`` cannot be read.
        """
        if retrain and not input:
            raise ValueError("Need input file path if retraining")
        state, kept = self._state, whole("cutoff", cutoff, 0, _MOST)
        threads = available_cpus() if thread is None else whole("thread", thread, 1, _MOST)
        by = Quantising(whole("dsub", dsub, 1, _MOST), bool(qnorm), bool(qout), threads=threads)
        if 0 < kept < state.inputs.shape[0]:
            state = pruned(state, kept)
            if retrain and input:
                passes, rate = epoch or state.arguments.epoch, lr or state.lr
                state = retrained(state, Retraining(input, passes, rate, thread, False if verbose == 0 else None))
        self._take(quantised(state, by))

    # ---- files ----

    def save_model(self, path: AnyPath) -> None:
        """Write the model as fastText does; it is there whole or not at all.

        Raises:
            OSError: The file cannot be written; one that was there stays.
        """
        write_state(self._state, path)


def _opened(path: AnyPath) -> ClassifierState:
    try:
        return read_state(path)
    except FileNotFoundError as error:
        raise CannotOpenError(f"{any_path(path)} cannot be opened for loading!") from error


def _with_counts(names: list[bytes], counts: NDArray[np.int64], include_freq: bool, on_unicode_error: str) -> Any:
    texts = [name.decode("utf-8", on_unicode_error) for name in names]
    return (texts, counts.copy()) if include_freq else texts


def _length(text: Any) -> int:
    return len(text) if isinstance(text, str) else 0


def _pieces(texts: list[Any]) -> Iterator[bytes]:
    """Texts as lines, some at a time.

    Raises:
        ValueError: There is a line end in a text.
        TypeError: One is no str.
    """
    begin, size = 0, 0
    for end, text in enumerate(texts, 1):
        size += _length(text)
        if size >= _TOGETHER or end == len(texts):
            yield _joined(texts[begin:end])
            begin, size = end, 0


def _joined(texts: list[Any]) -> bytes:
    try:
        data = "\n".join([*texts, ""]).encode("utf-8")
    except TypeError:
        data = b""
    if data.count(b"\n") != len(texts):
        for text in texts:
            line_bytes("predict", text)
    return data


def _unpack(found: Predictions, names: list[str], labels: list[list[str]], probabilities: list[Floats]) -> None:
    """Add the labels of each text to both lists."""
    values, counts = found.probabilities, found.counts.tolist()
    if found.labels.shape[1] == 1 and min(counts, default=0) == 1:
        labels += [[names[label]] for label in found.labels[:, 0].tolist()]
        probabilities += list(values)
        return
    for row, some in enumerate(found.labels.tolist()):
        labels.append([names[label] for label in some[: counts[row]]])
        probabilities.append(values[row, : counts[row]])
