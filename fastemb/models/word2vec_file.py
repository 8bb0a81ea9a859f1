"""A whole Word2Vec model in one safetensors file: settings, vocabulary and every matrix."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from ..checks import number, whole
from ..corpus import Vocabulary
from ..io.json_text import parse_json
from ..io.keys import unpack_keys
from ..io.kinds import reader_of
from ..io.safetensors import read_tensors, write_tensors
from ..io.user_attributes import pack_attributes, unpack_attributes
from ..train.sampling import HuffmanPaths
from ..train.settings import Settings

_FORMAT = "fastemb.Word2Vec"
_VERSION = "1"
_COUNTS = "attribute.count"  # so that KeyedVectors can read the file
_OWN = "model."
_IN_STATE = ("max_vocab_size", "null_word", "sorted_vocab", "compute_loss")  # settings that version 1 has in "state"
STATE = (
    "corpus_count",
    "corpus_total_words",
    "effective_min_count",
    "train_count",
    "total_train_time",
    "min_alpha_yet_reached",
    "running_training_loss",
    "comment",
)
"""Attributes of a model that are no settings, and are saved."""


@dataclass
class Saved:
    """A model as parts.

    Attributes:
        settings: Its settings.
        state: Attributes by the names in `STATE`.
        epochs_trained: Epochs that its matrices have seen.
        vocabulary: Its words.
        matrices: "vectors", and "syn1neg" and "syn1" where it has them; taken out of here one by one.
        paths: Through the Huffman tree that belongs to "syn1".
        own: What was hung on the model, by name.
        tensors: All arrays of the file.
        metadata: The texts of the file.
    """

    settings: Settings
    state: dict[str, Any]
    epochs_trained: int
    vocabulary: Vocabulary
    matrices: dict[str, Any]
    paths: HuffmanPaths | None
    own: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


def write_model(target: str | os.PathLike[str] | BinaryIO, model: Saved) -> None:
    """Write a model to a file, which is there whole or not at all, or to one that is open.

    ``tensors`` and ``metadata`` are what the file holds of the input vectors and their words.
    """
    arrays = model.tensors | {name: matrix for name, matrix in model.matrices.items() if name != "vectors"}
    if model.paths is not None:
        paths = model.paths
        arrays |= {"path_offsets": paths.offsets, "path_nodes": paths.nodes, "path_codes": paths.codes}
    values = model.settings.values()
    settings = {name: value for name, value in values.items() if name not in _IN_STATE}
    state = model.state | {name: values[name] for name in _IN_STATE} | {"epochs_trained": model.epochs_trained}
    plain, further = pack_attributes(model.own, _OWN)
    metadata = model.metadata | {
        "format": _FORMAT,
        "version": _VERSION,
        "settings": json.dumps(settings, default=_plain),
        "state": json.dumps(state, default=_plain),
        "model": plain,
    }
    write_tensors(target, arrays | further, metadata)


def read_model(path: str | os.PathLike[str]) -> Saved:
    """What `write_model` wrote.

    Raises:
        ValueError: the file is something else, or damaged.
    """
    arrays, metadata = read_tensors(path)
    if metadata.get("format") != _FORMAT:
        raise ValueError(f"{path}: holds no Word2Vec model{reader_of(metadata)}")
    if metadata.get("version") != _VERSION:
        raise ValueError(f"{path}: written by a newer fastemb (model format {metadata.get('version')})")
    try:
        saved = parse_json(metadata["state"])
        state = {name: saved[name] for name in (*STATE, "epochs_trained")}
        moved = {name: saved[name] for name in _IN_STATE}
        settings = Settings(**parse_json(metadata["settings"]), **moved).checked()
        _check_state(state)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged settings: {error}") from None
    vocabulary = _vocabulary(path, unpack_keys(path, arrays, metadata.get("key_type")), _counts(path, arrays))
    shape = (len(vocabulary), settings.vector_size)
    return Saved(
        settings,
        state,
        state.pop("epochs_trained"),
        vocabulary,
        {name: _matrix(path, arrays, name, shape) for name in _matrix_names(settings)},
        _paths(path, arrays, len(vocabulary)) if settings.hs else None,
        _checked_own(path, unpack_attributes(path, metadata.get("model"), arrays, _OWN)),
        arrays,
        metadata,
    )


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
    for name in ("corpus_count", "corpus_total_words", "epochs_trained", "train_count", "effective_min_count"):
        state[name] = whole(name, state[name], 0, 2**62)
    for name in ("total_train_time", "running_training_loss", "min_alpha_yet_reached"):
        state[name] = number(name, state[name])


def _checked_own(path: Any, own: dict[str, Any]) -> dict[str, Any]:
    """What was hung on a model, in which the model's own lists are what it takes them for."""
    events, counts = own.get("lifecycle_events"), own.get("raw_vocab", {})
    if not (events is None or (isinstance(events, list) and all(isinstance(event, dict) for event in events))):
        raise ValueError(f"{path}: damaged attributes: lifecycle_events is no list of events")
    if not isinstance(counts, dict) or not all(type(count) is int and 0 <= count < 2**62 for count in counts.values()):
        raise ValueError(f"{path}: damaged attributes: raw_vocab holds no counts")
    return own


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


def _plain(value: Any) -> Any:
    """NumPy scalars as Python numbers."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot save {value!r}")
