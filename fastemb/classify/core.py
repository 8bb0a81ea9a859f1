"""What a model of texts and labels knows while it learns: dictionary, labels, matrices."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..io.formats.fasttext_parts import SUPERVISED, Arguments, Dictionary
from ..train.matrices import Matrix, padded_zeros
from ..train.sampling import HuffmanPaths
from .dictionary import LABEL_PREFIX
from .features import Documents, Features
from .settings import ClassifierSettings
from .state import LOSSES, ClassifierState
from .training import ClassTask, ClassWeights, TextTokens, fresh_weights

Ints = NDArray[np.int64]
Pretrained = tuple[list[bytes], Matrix]
"""Words and their vectors."""


@dataclass(eq=False)
class ClassCore:
    """A model that learns, or has learned.

    Attributes:
        settings: By which it learns.
        dictionary: Words, then labels, in the order of their rows.
        classes: The labels as the user gave them, in the order of their rows.
        weights: What was learned.
        features: What makes rows of texts.
        prefix: With which labels begin in a text.
    """

    settings: ClassifierSettings
    dictionary: Dictionary
    classes: Sequence[Hashable]
    weights: ClassWeights
    features: Features
    prefix: bytes = LABEL_PREFIX

    @classmethod
    def fresh(
        cls,
        settings: ClassifierSettings,
        classes: Sequence[Hashable],
        dictionary: Dictionary,
        features: Features,
        documents: Documents,
        pretrained: Pretrained | None = None,
        prefix: bytes = LABEL_PREFIX,
    ) -> Self:
        """One that has learned nothing; ``documents`` are those to learn from."""
        words, labels = dictionary.words, len(dictionary) - dictionary.words
        rows = max(words + arguments_of(settings).bucket, 1)
        weights = fresh_weights(rows, words, labels, documents.rows, settings)
        if pretrained is not None:
            index = {word: row for row, word in enumerate(dictionary.names[:words])}
            for word, vector in zip(*pretrained, strict=True):
                row = index.get(word)
                if row is not None:
                    weights.inputs[row] = vector
        return cls(settings, dictionary, classes, weights, features, prefix)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "features"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, features=features_of(state["settings"], state["dictionary"], state["prefix"]))

    @property
    def label_counts(self) -> Ints:
        """How often each label was in the texts, by row."""
        return self.dictionary.counts[self.dictionary.words :]

    def state(self) -> ClassifierState:
        """All of it as a value, with copies of the matrices."""
        inputs, outputs = (np.ascontiguousarray(one) for one in (self.weights.inputs, self.weights.outputs))
        return self._state(inputs, outputs)

    def _state(self, inputs: Matrix, outputs: Matrix) -> ClassifierState:
        arguments = arguments_of(self.settings)
        return ClassifierState(arguments, self.dictionary, inputs, outputs, self.prefix, self.settings.alpha)

    @property
    def paths(self) -> HuffmanPaths | None:
        """The path of each label, with hierarchical softmax.

        Raises:
            ValueError: a label is in no text.
        """
        return self._state(self.weights.inputs, self.weights.outputs).paths if self.settings.loss == "hs" else None

    def task(self, tokens: TextTokens, class_weights: NDArray[np.float32] | None, *, want_loss: bool) -> ClassTask:
        """What a run over texts trains."""
        return ClassTask(self.settings, tokens, self.weights, self.label_counts, self.paths, class_weights, want_loss)

    def grown(
        self,
        settings: ClassifierSettings,
        words: Dictionary,
        classes: Sequence[Hashable],
        names: Sequence[bytes],
        counts: Ints,
    ) -> ClassCore:
        """A copy that knows more words and labels, to be trained on.

        Args:
            settings: As they are now; the vectors, n-grams and the loss must be as before.
            words: Of the new texts, counted.
            classes: Labels of the new texts.
            names: What these are called in a dictionary.
            counts: How often each is there.

        Raises:
            ValueError: a setting was changed that a model cannot change; or a label is new and there is a tree.
        """
        for name in ("vector_size", "loss", "word_ngrams", "min_n", "max_n", "bucket"):
            if getattr(settings, name) != getattr(self.settings, name):
                raise ValueError(f"{name} was changed, from {getattr(self.settings, name)!r}: call fit")
        old = self.dictionary
        known = set(old.names)
        more = [number for number, name in enumerate(words.names[: words.words]) if name not in known]
        row_of = {label: row for row, label in enumerate(self.classes)}
        fresh = [number for number, label in enumerate(classes) if label not in row_of]
        if fresh and settings.loss == "hs":
            raise ValueError(
                f"the label {classes[fresh[0]]!r} is new, and the tree of hierarchical softmax does not grow: "
                "call fit, or use another loss"
            )
        label_counts = self.label_counts.copy()
        if settings.loss != "hs":  # whose tree depends on them
            for number, label in enumerate(classes):
                if label in row_of:
                    label_counts[row_of[label]] += counts[number]
        dictionary = Dictionary.of(
            [
                *old.names[: old.words],
                *(words.names[number] for number in more),
                *old.names[old.words :],
                *(names[number] for number in fresh),
            ],
            old.words + len(more),
            np.concatenate([old.counts[: old.words], words.counts[more], label_counts, counts[fresh]]).astype(np.int64),
            old.tokens + words.tokens,
        )
        weights = self.weights
        added = fresh_weights(
            max(len(more), 1),
            len(more),
            len(weights.outputs) + len(fresh),
            np.empty(0, np.int32),
            replace(settings, random_state=settings.random_state + old.words),
        )
        added.padded_outputs[: len(weights.outputs)] = weights.padded_outputs
        inputs = padded_zeros(len(weights.inputs) + len(more), settings.vector_size)
        inputs[: old.words] = weights.padded_inputs[: old.words]
        inputs[old.words : old.words + len(more)] = added.padded_inputs[: len(more)]
        inputs[old.words + len(more) :] = weights.padded_inputs[old.words :]
        grown = ClassWeights(inputs, added.padded_outputs, settings.vector_size, weights.epochs_trained)
        all_classes = [*self.classes, *(classes[one] for one in fresh)]
        features = features_of(settings, dictionary, self.prefix)
        return ClassCore(settings, dictionary, all_classes, grown, features, self.prefix)


def arguments_of(settings: ClassifierSettings) -> Arguments:
    """Settings as a file of fastText has them."""
    return Arguments(
        dim=settings.vector_size,
        epoch=settings.epochs,
        min_count=settings.min_count,
        neg=settings.negative,
        word_ngrams=settings.word_ngrams,
        loss=LOSSES[settings.loss],
        model=SUPERVISED,
        bucket=settings.bucket if settings.has_ngrams else 0,
        minn=settings.min_n,
        maxn=settings.max_n,
    )


def features_of(settings: ClassifierSettings, dictionary: Dictionary, prefix: bytes = LABEL_PREFIX) -> Features:
    """What makes rows of texts.

    Raises:
        ValueError: a name is in the dictionary twice, or there are too many rows.
    """
    return Features(dictionary, arguments_of(settings), prefix)


def with_labels(words: Dictionary, names: Sequence[bytes], counts: Ints, more: Sequence[bytes] = ()) -> Dictionary:
    """The words of a dictionary, other words behind them, and these labels.

    Args:
        words: Of texts; what it has besides words is left out.
        names: Of the labels, in the order of their rows.
        counts: How often each is there.
        more: Other words.
    """
    some = [*words.names[: words.words], *more]
    all_counts = np.concatenate([words.counts[: words.words], np.zeros(len(more), np.int64), counts]).astype(np.int64)
    return Dictionary.of([*some, *names], len(some), all_counts, words.tokens + int(counts.sum()))


def only(documents: Documents, chosen: NDArray[np.bool_]) -> Documents:
    """Some of the documents."""
    return Documents(
        *_only(documents.rows, documents.offsets, chosen), *_only(documents.labels, documents.label_offsets, chosen)
    )


def _only(values: NDArray[np.int32], offsets: Ints, chosen: NDArray[np.bool_]) -> tuple[NDArray[np.int32], Ints]:
    lengths = np.diff(offsets)
    kept = np.zeros(int(chosen.sum()) + 1, np.int64)
    np.cumsum(lengths[chosen], out=kept[1:])
    return values[np.repeat(chosen, lengths)], kept
