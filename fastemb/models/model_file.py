"""A whole model in one safetensors file: settings, vocabulary and every matrix."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ..checks import number, whole
from ..corpus import Vocabulary
from ..io.attributes import pack_attributes, set_attributes, unpack_attributes
from ..io.native import read_tensors, unpack_keys, write_tensors
from ..train.sampling import HuffmanPaths
from ..train.settings import Settings

if TYPE_CHECKING:
    from .word2vec import Word2Vec

_FORMAT = "fastemb.Word2Vec"
_VERSION = "1"
_COUNTS = "attribute.count"  # so that KeyedVectors can read the file
_OWN = "model."
KEPT = {"raw_vocab", "lifecycle_events"}  # saved like attributes of a user's own
_IN_STATE = (
    "max_vocab_size",
    "null_word",
    "sorted_vocab",
    "compute_loss",
)  # settings that files of version 1 have there
_STATE = (
    "corpus_count",
    "corpus_total_words",
    "effective_min_count",
    "max_vocab_size",
    "null_word",
    "sorted_vocab",
    "train_count",
    "total_train_time",
    "min_alpha_yet_reached",
    "compute_loss",
    "running_training_loss",
    "comment",
)


def write_model(model: Word2Vec, target: str | os.PathLike[str] | BinaryIO, ignore: set[str]) -> None:
    """Write ``model`` to a file, which is there whole or not at all, or to one that is open."""
    vectors = model._checked_inputs()
    if vectors.dtype != np.float32:
        model.wv.vectors = vectors.astype(np.float32)
    arrays, metadata = model.wv._packed(ignore)
    if model.negative:
        arrays["syn1neg"] = model.syn1neg
    if model.hs:
        paths = model._huffman_paths()
        arrays["syn1"] = model.syn1
        arrays |= {"path_offsets": paths.offsets, "path_nodes": paths.nodes, "path_codes": paths.codes}
    settings = {name: getattr(model, name) for name in Settings.declared() if name not in _IN_STATE}
    settings["workers"] = model._workers
    state = {name: getattr(model, name) for name in _STATE} | {"epochs_trained": model._epochs_trained}
    own = {name: value for name, value in model._own_attributes().items() if name not in ignore}
    plain, further = pack_attributes(own, _OWN)
    metadata |= {
        "format": _FORMAT,
        "version": _VERSION,
        "settings": json.dumps(settings, default=_plain),
        "state": json.dumps(state, default=_plain),
        "model": plain,
    }
    write_tensors(target, arrays | further, metadata)


def read_model(model: Word2Vec, path: str | os.PathLike[str]) -> None:
    """Make ``model``, whose ``__init__`` was not called, what `write_model` wrote.

    Raises:
        ValueError: the file is something else, or damaged.
    """
    arrays, metadata = read_tensors(path)
    if metadata.get("format") != _FORMAT:
        raise ValueError(f"{path}: holds no Word2Vec model" + _hint(metadata))
    if metadata.get("version") != _VERSION:
        raise ValueError(f"{path}: written by a newer fastemb (model format {metadata.get('version')})")
    try:
        saved = json.loads(metadata["state"])
        state = {name: saved[name] for name in (*_STATE, "epochs_trained")}
        settings = Settings(
            **json.loads(metadata["settings"]), **{name: state.pop(name) for name in _IN_STATE}
        ).checked()
        _check_state(state)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged settings: {error}") from None
    model._start_empty(settings)
    model._epochs_trained = state.pop("epochs_trained")
    for name, value in state.items():
        setattr(model, name, value)
    vocabulary = _vocabulary(path, unpack_keys(path, arrays, metadata.get("key_type")), _counts(path, arrays))
    shape = (len(vocabulary), settings.vector_size)
    matrices = {name: _matrix(path, arrays, name, shape) for name in _matrix_names(settings)}
    model.wv._unpack(path, arrays, metadata)
    own = unpack_attributes(path, metadata.get("model"), arrays, _OWN)
    paths = _paths(path, arrays, len(vocabulary)) if settings.hs else None
    del arrays
    for name in set(own) & KEPT:
        setattr(model, name, own.pop(name))
    set_attributes(path, model, own, set(vars(model)))
    model._adopt(vocabulary, matrices, paths)


def _paths(path: Any, arrays: dict[str, Any], words: int) -> HuffmanPaths:
    parts: list[Any] = [arrays.get(f"path_{name}") for name in ("offsets", "nodes", "codes")]
    if not _are_paths(parts, words):
        raise ValueError(f"{path}: the Huffman paths are missing or damaged")
    offsets, nodes, codes = parts
    return HuffmanPaths(offsets, nodes, codes, int(np.diff(offsets).max()))


def _are_paths(parts: list[Any], words: int) -> bool:
    if any(part is None for part in parts):
        return False
    offsets, nodes, codes = parts
    return bool(
        [part.dtype for part in parts] == [np.int64, np.int32, np.uint8]
        and offsets.shape == (words + 1,)
        and nodes.shape == codes.shape == (offsets[-1] + 1,)
        and offsets[0] == 0
        and (np.diff(offsets) >= 0).all()
        and ((nodes[:-1] >= 0) & (nodes[:-1] < max(words - 1, 1)) & (codes[:-1] <= 1)).all()
    )


def _check_state(state: dict[str, Any]) -> None:
    for name in ("corpus_count", "corpus_total_words", "epochs_trained"):
        whole(name, state[name], 0, 2**62)
    for name in ("total_train_time", "running_training_loss"):
        number(name, state[name])


def _vocabulary(path: Any, keys: Sequence[Any], counts: Any) -> Vocabulary:
    try:
        return Vocabulary(keys, counts)
    except ValueError as error:
        raise ValueError(f"{path}: damaged vocabulary: {error}") from None


def _matrix_names(settings: Settings) -> list[str]:
    return ["vectors", *["syn1neg"] * bool(settings.negative), *["syn1"] * bool(settings.hs)]


def _matrix(path: Any, arrays: dict[str, Any], name: str, shape: tuple[int, int]) -> Any:
    array = arrays.get(name)
    if array is None or array.shape != shape or array.dtype != np.float32:
        raise ValueError(f"{path}: the matrix {name!r} is missing, or is not float32 of shape {shape}")
    return array


def _counts(path: Any, arrays: dict[str, Any]) -> Any:
    counts = arrays.get(_COUNTS)
    if counts is None or counts.dtype != np.int64 or counts.ndim != 1 or (counts < 0).any():
        raise ValueError(f"{path}: the counts are missing or damaged")
    return counts


def _hint(metadata: dict[str, str]) -> str:
    return "; KeyedVectors.load reads it" if metadata.get("format", "").startswith("fastemb") else ""


def _plain(value: Any) -> Any:
    """NumPy scalars as Python numbers."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot save {value!r}")
