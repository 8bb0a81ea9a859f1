"""Texts and labels that a user gives, as rows and labels of a model that is to learn from them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import number, warn
from ..corpus.messages import short
from ..threads import thread_count
from .core import ClassCore, Pretrained, features_of, with_labels
from .dictionary import LABEL_PREFIX, Limits, counted, names_of
from .given import GivenLabels, as_lines, documents_of, label_names, labels_of
from .lines import blocks, joined
from .model_file import Fitted
from .reading import LabelledFile
from .settings import ClassifierSettings
from .state import LOSSES, ClassifierState
from .training import ClassWeights, TextTokens

Ints = NDArray[np.int64]


def of_lists(
    settings: ClassifierSettings,
    lines: Sequence[bytes],
    labels: Any,
    sample_weight: Any,
    pretrained: Pretrained | None,
    classes: Sequence[Any] | None = None,
) -> tuple[Fitted, TextTokens]:
    """A model that has learned nothing, and the texts that it is to learn from."""
    given = _frequent(labels_of(labels, len(lines)), settings.min_count_label)
    if not lines:
        raise ValueError("there is nothing to learn from: X has no texts")
    names = list(given.classes)
    if classes is not None:
        further = labels_of(list(classes), len(list(classes)), "classes").classes
        absent = [label for label in names if label not in further]
        if absent:
            raise ValueError(f"y has the label {absent[0]!r}, which is not among classes")
        names = further
    _check_classes(names, given, settings.loss)
    counts = np.bincount(given.among(names)[0], minlength=len(names)).astype(np.int64)
    order = np.argsort(-counts, kind="stable")
    row_names = [names[one] for one in order.tolist()]
    written = label_names(row_names)
    words = counted(joined(lines), Limits(settings.min_count), thread_count(settings.workers))
    more = _further_words(words.names[: words.words], pretrained)
    stored_counts = np.maximum(counts[order], 1) if settings.loss == "hs" else counts[order]
    dictionary = with_labels(words, written, stored_counts, more)
    features = features_of(settings, dictionary)
    documents = documents_of(lines, features, thread_count(settings.workers))
    _require_words(dictionary.words, settings)
    codes, offsets, _ = given.among(row_names)
    documents = replace(documents, labels=codes, label_offsets=offsets)
    core = ClassCore.fresh(settings, row_names, dictionary, features, documents, pretrained)
    return Fitted(core, given.form), TextTokens(documents, sample_weights(sample_weight, len(lines)))


def of_file(
    settings: ClassifierSettings, source: LabelledFile, pretrained: Pretrained | None
) -> tuple[Fitted, TextTokens]:
    """The same of a file of lines with labels."""
    limits = Limits(settings.min_count, settings.min_count_label, source.prefix)
    found = counted(blocks(source.path), limits, thread_count(settings.workers))
    rows = range(found.words, len(found))
    written = names_of(found, rows)
    classes = [name[len(source.prefix) :].decode("utf-8", "replace") for name in written]
    if pretrained is not None:
        more = _further_words(found.names[: found.words], pretrained)
        found = replace(with_labels(found, written, found.counts[found.words :], more), tokens=found.tokens)
    features = features_of(settings, found, source.prefix)
    documents = source.documents(features)
    if len(classes) < 2:
        raise ValueError(
            f"{source.path}: all texts have the label {classes[0]!r}: there is nothing to tell apart; give texts of at "
            "least two labels"
        )
    _require_words(found.words, settings)
    several = bool((np.diff(documents.label_offsets) > 1).any())
    core = ClassCore.fresh(settings, classes, found, features, documents, pretrained, source.prefix)
    return Fitted(core, "several" if several else "one"), TextTokens(documents, None, source.origin())


def file_again(core: ClassCore, source: LabelledFile) -> TextTokens:
    """The texts of a file by a model's words and labels."""
    if source.is_table:
        texts, labels = source.read_table()
        return replace(lists_again(core, as_lines(texts), labels, None), origin=source.origin())
    same = core.prefix == source.prefix
    features = core.features if same else features_of(core.settings, core.dictionary, source.prefix)
    return TextTokens(source.documents(features), None, source.origin())


def lists_again(core: ClassCore, lines: Sequence[bytes], labels: Any, sample_weight: Any) -> TextTokens:
    """Texts and labels by a model's words and labels.

    Raises:
        ValueError: no label is one of the model's.
    """
    given = labels_of(labels, len(lines))
    codes, offsets, unknown = given.among(core.classes)
    if not len(codes):
        raise ValueError(f"no text has a label that the model knows: {short(unknown)}")
    documents = documents_of(lines, core.features, thread_count(core.settings.workers))
    weights = sample_weights(sample_weight, len(lines))
    return TextTokens(replace(documents, labels=codes, label_offsets=offsets), weights)


def grown(
    known: Fitted, settings: ClassifierSettings, lines: Sequence[bytes], labels: Any, sample_weight: Any
) -> tuple[Fitted, TextTokens]:
    """A copy of a model that knows the words and labels of more texts, and these texts."""
    given = labels_of(labels, len(lines))
    if not lines:
        raise ValueError("there is nothing to learn from: X has no texts")
    if given.form != known.form:
        raise ValueError(f"y has {_FORMS[given.form]}, and the model was fitted with {_FORMS[known.form]}: give these")
    if given.form == "matrix" and len(given.classes) != len(known.core.classes):
        raise ValueError(f"y has {len(given.classes)} columns, and the model knows {len(known.core.classes)} labels")
    words = counted(joined(lines), Limits(settings.min_count), thread_count(settings.workers))
    core = known.core.grown(settings, words, given.classes, label_names(given.classes), given.counts)
    return Fitted(core, known.form), lists_again(core, lines, labels, sample_weight)


_FORMS = {"one": "a label for each text", "several": "a list of labels for each text", "matrix": "a matrix"}


def fitted_of_state(state: ClassifierState, path: str) -> Fitted:
    """A model of a file of fastText, which can be asked and trained on.

    Raises:
        ValueError: it has no labels, or it was made smaller.
    """
    arguments, dictionary = state.arguments, state.dictionary
    if not state.is_supervised or len(dictionary) == dictionary.words:
        raise ValueError(f"{path}: a model without labels: FastText.load_fasttext_format reads its vectors")
    inputs, outputs = state.inputs, state.outputs
    if state.is_quantised or not (isinstance(inputs, np.ndarray) and isinstance(outputs, np.ndarray)):
        raise ValueError(f"{path}: a model that was made smaller (quantised): fastemb.fasttext.load_model reads it")
    names = {number: name for name, number in LOSSES.items()}
    if arguments.loss not in names:
        raise ValueError(f"{path}: damaged: loss {arguments.loss} is none that fastText has")
    has_ngrams = arguments.word_ngrams > 1 or arguments.maxn > 0
    try:
        settings = ClassifierSettings(
            vector_size=arguments.dim,
            epochs=arguments.epoch,
            loss=names[arguments.loss],
            negative=max(arguments.neg, 1),
            min_count=arguments.min_count,
            word_ngrams=max(arguments.word_ngrams, 1),
            min_n=arguments.minn if arguments.maxn > 0 else 0,
            max_n=max(arguments.maxn, 0),
            bucket=arguments.bucket,
            alpha=state.lr,
        ).checked()
    except ValueError as error:
        raise ValueError(f"{path}: damaged: {error}") from None
    rows = max(dictionary.words + (arguments.bucket if has_ngrams else 0), 1)
    labels = len(dictionary) - dictionary.words
    if len(inputs) < rows or len(outputs) != labels:
        raise ValueError(f"{path}: damaged: the matrices do not fit the words and labels")
    classes = [name.removeprefix(LABEL_PREFIX).decode("utf-8", "replace") for name in state.labels]
    if len(set(classes)) < len(classes):
        raise ValueError(f"{path}: two labels are the same without their prefix")
    weights = ClassWeights.of(inputs[:rows], outputs, 1)
    core = ClassCore(settings, dictionary, classes, weights, features_of(settings, dictionary))
    return Fitted(core, "one", path)


def _further_words(known: Sequence[bytes], pretrained: Pretrained | None) -> list[bytes]:
    """Words that have vectors, but are in no text; those with white space or a zero byte in them never will be."""
    if pretrained is None:
        return []
    there = set(known)
    return [
        word
        for word in dict.fromkeys(pretrained[0])
        if word not in there and word.split() == [word] and b"\0" not in word and not word.startswith(LABEL_PREFIX)
    ]


def _require_words(words: int, settings: ClassifierSettings) -> None:
    if words < 2 and not settings.has_ngrams:  # the end of a line is a word, too
        raise ValueError(
            f"there is nothing to learn from: no word occurs min_count={settings.min_count} times or more in the texts"
        )


def _frequent(given: GivenLabels, least: int) -> GivenLabels:
    """Without the labels that occur less often."""
    rare = given.counts < least
    if not rare.any():
        return given
    names = [label for label, out in zip(given.classes, rare.tolist(), strict=True) if not out]
    codes, offsets, _ = given.among(names)
    lost = int(((np.diff(offsets) == 0) & (np.diff(given.offsets) > 0)).sum())
    if lost:
        warn(f"{lost:,} texts have no label that occurs min_count_label={least} times: they teach nothing")
    return GivenLabels(names, codes, offsets, given.form)


def _check_classes(classes: Sequence[Hashable], given: GivenLabels, loss: str) -> None:
    unlabelled = np.diff(given.offsets) == 0
    if loss == "ova" and given.form != "one" and len(classes) and len(given.codes):
        if len(classes) > 1 or unlabelled.any():
            return
    elif unlabelled.any() and len(given.codes):
        warn(
            f"{int(unlabelled.sum()):,} texts have no label, and teach nothing with loss={loss!r}; 'ova' learns of them"
        )
    if len(classes) == 1:
        raise ValueError(
            f"all texts have the label {classes[0]!r}: there is nothing to tell apart; give texts of at least two "
            "labels"
        )
    if not len(given.codes):
        raise ValueError("there is nothing to learn from: no text has a label")


def sample_weights(given: Any, texts: int) -> NDArray[np.float32] | None:
    """Factors on the steps of texts; None for none.

    Raises:
        TypeError: they are no numbers.
        ValueError: they are not as many as texts, or one is negative, NaN or infinite.
    """
    if given is None:
        return None
    try:
        weights = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"sample_weight must be numbers, one for each text, not {short(given)}") from None
    if weights.shape != (texts,):
        raise ValueError(f"sample_weight must have a number for each of {texts:,} texts, not the shape {weights.shape}")
    wrong = ~((weights >= 0) & (weights < np.inf))
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(f"sample_weight must be numbers of 0 or more, but that of text {place} is {weights[place]}")
    return weights.astype(np.float32)


def check_class_weight(given: Any) -> None:
    """Check factors by label.

    Raises:
        TypeError: they are no dict, or one is no number.
        ValueError: one is negative, NaN or infinite.
    """
    if given is None or given == "balanced":
        return
    if not isinstance(given, Mapping):
        raise TypeError(f"class_weight must be a dict of numbers by label, 'balanced' or None, not {given!r}")
    for label, weight in given.items():
        number(f"class_weight of {label!r}", weight, at_least=0.0)


def class_weights_of(given: Any, classes: Sequence[Hashable], counts: Ints) -> NDArray[np.float32] | None:
    """Factors by row; None for none.

    Raises:
        ValueError: one is of a label that there is not.
    """
    if given is None:
        return None
    if isinstance(given, str):
        balanced: NDArray[np.float64] = counts.sum() / (len(counts) * np.maximum(counts, 1))
        return balanced.astype(np.float32)
    known = set(classes)
    unknown = [label for label in given if label not in known]
    if unknown:
        raise ValueError(f"class_weight has the label {unknown[0]!r}, which no text has")
    return np.array([float(given.get(label, 1.0)) for label in classes], np.float32)
