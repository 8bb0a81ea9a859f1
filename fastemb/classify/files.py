"""Models of fastText's files, ``.bin`` and ``.ftz``, as values, and back."""

from __future__ import annotations

import numpy as np

from ..io.formats.fasttext_model import read_whole, write_whole
from ..io.paths import AnyPath, local_path
from .state import ClassifierState


def read_state(path: AnyPath, *, mmap: bool = False) -> ClassifierState:
    """Read a model of fastText with or without labels, quantised or not; compressed files are unpacked on the way.

    Args:
        path: A ``.bin`` or ``.ftz`` file of version 11 or 12, or older.
        mmap: Map the rows of words and n-grams from the file, in place of reading them, if they are not quantised.

    Raises:
        TruncatedFileError: The file ends early; it is both a ValueError and an EOFError.
        ValueError: It is no model of fastText, or damaged; the message says what is wrong.
        OSError: It cannot be read.
    """
    whole = read_whole(local_path(path), mmap=mmap)
    assert whole.outputs is not None
    return ClassifierState(whole.arguments, whole.dictionary, whole.inputs, whole.outputs)


def write_state(state: ClassifierState, path: AnyPath) -> None:
    """Write a model as a file of fastText, version 12, whole or not at all; ``.gz`` and other endings compress it."""
    inputs = state.inputs
    if isinstance(inputs, np.ndarray):
        inputs = np.asarray(inputs, np.float32)
    write_whole(local_path(path), state.arguments, state.dictionary, inputs, state.outputs)
