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
from .building import require_counts

WORD2VEC = "fastemb.Word2Vec"
"""The kind of a model's file, by the class that reads it."""

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
        kind: Of the file.
        owned: Nobody else has the matrices, so that they need not be copied.
        is_mapped: The arrays are views of the file.
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
    kind: str = WORD2VEC
    owned: bool = False
    is_mapped: bool = False


def write_model(target: str | os.PathLike[str] | BinaryIO, model: Saved) -> None:
    """Write a model to a file, which is there whole or not at all, or to one that is open."""
    write_tensors(target, *packed_model(model))


def packed_model(model: Saved) -> tuple[dict[str, Any], dict[str, str]]:
    """The arrays and the texts of a model's file.

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
        "format": model.kind,
        "version": _VERSION,
        "settings": json.dumps(settings, default=_plain),
        "state": json.dumps(state, default=_plain),
        "model": plain,
    }
    return arrays | further, metadata


def read_model(
    path: str | os.PathLike[str],
    kind: str = WORD2VEC,
    settings_of: type[Settings] = Settings,
    mmap: str | None = None,
) -> Saved:
    """What `write_model` wrote of a model of this kind, which has these settings; ``mmap`` as in `read_tensors`.

    Raises:
        ValueError: the file is something else, or damaged.
    """
    try:
        arrays, metadata = read_tensors(path, mmap)
    except ValueError as error:
        if _is_text(path):
            name = kind.rpartition(".")[2]
            raise ValueError(f"{error}; to learn from text call {name}(corpus_file={str(path)!r})") from None
        raise
    if metadata.get("format") != kind:
        raise ValueError(f"{path}: holds no {kind.rpartition('.')[2]} model{reader_of(metadata)}")
    if metadata.get("version") != _VERSION:
        raise ValueError(f"{path}: written by a newer fastemb (model format {metadata.get('version')})")
    try:
        saved = parse_json(metadata["state"])
        state = {name: saved[name] for name in (*STATE, "epochs_trained")}
        moved = {name: saved[name] for name in _IN_STATE}
        settings = settings_of(**parse_json(metadata["settings"]), **moved).checked()
        check_state(state)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: damaged settings: {error}") from None
    vocabulary = _vocabulary(path, unpack_keys(path, arrays, metadata.get("key_type")), _counts(path, arrays))
    shapes = {"vectors": (len(vocabulary), settings.vector_size)}
    outputs = (len(vocabulary), settings.layer1_size)
    return Saved(
        settings,
        state,
        state.pop("epochs_trained"),
        vocabulary,
        {name: _matrix(path, arrays, name, shapes.get(name, outputs)) for name in _matrix_names(settings)},
        _paths(path, arrays, len(vocabulary)) if settings.hs else None,
        checked_own(path, unpack_attributes(path, metadata.get("model"), arrays, _OWN)),
        arrays,
        metadata,
        kind,
        is_mapped=mmap is not None,
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


def check_state(state: dict[str, Any]) -> None:
    """Check what a model keeps besides its settings, before it is written and when it was read.

    Raises:
        ValueError: a value makes no sense; the message names the first.
        TypeError: one is of another type.
    """
    for name in ("corpus_count", "corpus_total_words", "effective_min_count", "train_count", "epochs_trained"):
        whole(name, state[name], 0, 2**62)
    for name in ("total_train_time", "min_alpha_yet_reached"):
        number(name, state[name])
    loss = state["running_training_loss"]  # which may be infinite, where training diverged
    if isinstance(loss, bool | np.bool_) or not isinstance(loss, int | float | np.integer | np.floating):
        raise TypeError(f"running_training_loss must be a number, not {loss!r}")


def checked_own(path: Any, own: dict[str, Any]) -> dict[str, Any]:
    """What was hung on a model, where those of its own attributes that are among it are of the right type.

    Raises:
        ValueError: one is not.
    """
    events, counts = own.get("lifecycle_events"), own.get("raw_vocab", {})
    if events is not None and not (isinstance(events, list) and all(isinstance(event, dict) for event in events)):
        raise ValueError(f"{path}: damaged attributes: lifecycle_events must be a list of dicts")
    if not isinstance(counts, dict) or not all(type(count) is int and count >= 0 for count in counts.values()):
        raise ValueError(f"{path}: damaged attributes: raw_vocab must be counts by word")
    return own


def _vocabulary(path: Any, keys: Sequence[Any], counts: Any) -> Vocabulary:
    try:
        require_counts(counts)
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
    if counts is None or counts.dtype != np.int64 or counts.ndim != 1:
        raise ValueError(f"{path}: the counts are missing or damaged")
    return counts


def _is_text(path: str | os.PathLike[str]) -> bool:
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        start = file.read(1000)
    return bool(start) and b"\0" not in start and "\ufffd" not in start.decode("utf-8", "replace")[:-3]


def _plain(value: Any) -> Any:
    """NumPy scalars as Python numbers."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot save {value!r}")
