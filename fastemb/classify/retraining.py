"""Training of a pruned model, so that what is left makes up for what was left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..io.formats.fasttext_matrix import QuantisedMatrix
from ..io.paths import AnyPath, any_path
from .core import ClassCore
from .features import Documents
from .lines import blocks
from .model_file import Fitted
from .settings import ClassifierSettings
from .state import LOSSES, ClassifierState
from .text_classifier import TextClassifier
from .training import ClassWeights, TextTokens


@dataclass(frozen=True)
class Retraining:
    """How a model is trained again.

    Attributes:
        path: A file of texts with labels, one a line.
        epochs: Passes over it.
        alpha: First learning rate, which falls to 0.
        workers: Threads; None: all CPUs.
        progress: Whether to show it; None: on a terminal.
    """

    path: AnyPath
    epochs: int
    alpha: float
    workers: int | None = None
    progress: bool | None = None


def retrained(state: ClassifierState, by: Retraining) -> ClassifierState:
    """A copy that was trained on a file, with the words, n-grams and labels that the model has.

    Raises:
        ValueError: The model has no labels, is quantised, or knows none of the file's labels; or a setting makes no
            sense.
        OSError: The file cannot be read.
        FloatingPointError: Training diverged.
    """
    if not state.is_supervised:
        raise ValueError("retrain: only models with labels are trained again: leave it out")
    if isinstance(state.inputs, QuantisedMatrix) or isinstance(state.outputs, QuantisedMatrix):
        raise ValueError("the model is quantised already")
    arguments, names = state.arguments, {number: name for name, number in LOSSES.items()}
    settings = ClassifierSettings(
        vector_size=arguments.dim,
        loss=names[arguments.loss],
        alpha=by.alpha,
        epochs=by.epochs,
        min_count=0,
        word_ngrams=max(1, arguments.word_ngrams),
        min_n=arguments.minn if arguments.maxn > 0 else 0,
        max_n=max(0, arguments.maxn),
        bucket=arguments.bucket,
        negative=max(1, arguments.neg),
        workers=by.workers,
    ).checked()
    documents = Documents.joined(state.features.documents(block) for block in blocks(by.path))
    if not len(documents.labels):
        raise ValueError(f"{any_path(by.path)}: no text has a label that the model knows")
    weights = ClassWeights.of(np.asarray(state.inputs, np.float32), np.asarray(state.outputs, np.float32))
    labels = [label.decode("utf-8", "replace") for label in state.labels]
    core = ClassCore(settings, state.dictionary, labels, weights, state.features, state.prefix)
    teacher = TextClassifier(
        **{name: getattr(settings, name) for name in ClassifierSettings.declared()}, progress=by.progress
    )
    teacher._learn(Fitted(core, "several"), TextTokens(documents), None)
    inputs, outputs = (np.ascontiguousarray(one) for one in (weights.inputs, weights.outputs))
    return replace(state, inputs=inputs, outputs=outputs)
