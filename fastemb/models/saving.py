"""Methods of `Word2Vec` that write it to a file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, BinaryIO

import numpy as np

from ..arguments import names_arguments
from ..checks import no_text
from ..io.paths import local_target
from ..io.pickle_options import PICKLE_PROTOCOL, SEP_LIMIT, warn_of_pickle_options
from ..io.user_attributes import storable
from .building import CorpusFile
from .interface import WordModel
from .word2vec_file import STATE, Saved, check_state, write_model

LIKE_OWN = frozenset(("raw_vocab", "lifecycle_events", "history"))
"""Attributes of a model that are saved like those that a user hung on it."""


@names_arguments()
def save(
    self: WordModel,
    fname_or_handle: CorpusFile | BinaryIO,
    separately: Sequence[str] | None = None,
    sep_limit: int = SEP_LIMIT,
    ignore: Iterable[str] = frozenset(),
    pickle_protocol: int = PICKLE_PROTOCOL,
) -> None:
    """Write the model in fastemb's own format: one safetensors file, no pickle.

    Holds the settings, the vocabulary with counts, every matrix, ``raw_vocab``, and what was hung on the model and
    on ``wv`` (attributes and values of each word), as far as it is plain: None, bool, int, float, str, lists and
    dicts of these, and arrays of numbers. For the rest there is a warning. `load` can go on training.

    Args:
        fname_or_handle: File to write, which is there whole or not at all; or one open for writing bytes.
        separately: Without effect, as there is one file; anything but the default gives a warning.
        sep_limit: The same.
        ignore: Names of attributes of your own to leave out.
        pickle_protocol: Without effect; anything but the default gives a warning.

    Raises:
        TypeError: a key is neither str nor int.
        ValueError: a setting makes no sense; or ``wv`` or a matrix was changed by hand so that it does not fit.
        OSError: the file cannot be written; nothing is left half-written.
    """
    warn_of_pickle_options(separately, sep_limit, pickle_protocol)
    target = local_target(fname_or_handle)
    no_text("ignore", ignore, "names")
    write_model(target, self._saved(set(ignore)))
    self.add_lifecycle_event("saved", fname_or_handle=str(target))


def saved(self: WordModel, left_out: Collection[str]) -> Saved:
    """The model as the parts of its file, without attributes of these names.

    Raises:
        TypeError: a key is neither str nor int.
        ValueError: a setting makes no sense; or ``wv`` or a matrix was changed by hand so that it does not fit.
    """
    settings = self._settings().checked()
    vocabulary, vectors = self._known_vocabulary(), self._checked_inputs()
    self._known.weights.require(settings)
    self._known.weights.check_shapes(vectors.shape)
    self._known.weights.input_scale(len(vocabulary))  # whether the lock factors fit
    state = {name: getattr(self, name) for name in STATE}
    check_state(state | {"epochs_trained": self._known.weights.epochs_trained})
    if vectors.dtype != np.float32:
        self.wv.vectors = vectors.astype(np.float32)
    matrices = {"vectors": self.wv.vectors}
    if self.negative:
        matrices["syn1neg"] = self.syn1neg
    if self.hs:
        matrices["syn1"] = self.syn1
    return Saved(
        settings,
        state,
        self._known.weights.epochs_trained,
        vocabulary,
        matrices,
        self._huffman_paths() if self.hs else None,
        storable(type(self), {name: value for name, value in _own_attributes(self).items() if name not in left_out}),
        *self.wv._packed(set(left_out)),
        kind=self._kind,
    )


def _own_attributes(self: WordModel) -> dict[str, Any]:
    """What was hung on this model, and what else is saved in the same way."""
    blank = self._blank(self._settings_of())
    return {name: value for name, value in vars(self).items() if name not in blank or name in LIKE_OWN}
