"""A fitted Item2Vec in one safetensors file: parameters, items, both matrices and, when wanted, the histories."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from ..corpus import Vocabulary
from ..io.native import pack_keys, read_tensors, unpack_keys, write_tensors
from ..train import Word2Vec
from .interactions import Interactions

_FORMAT = "fastemb.Item2Vec"
_VERSION = "1"


def write_items(
    path: str | os.PathLike[str],
    core: Word2Vec,
    params: dict[str, Any],
    sessions: int,
    histories: Interactions | None,
) -> None:
    """Write a model; the file is there whole or not at all."""
    keys, key_type = pack_keys(core.wv.index_to_key)
    arrays = {
        **keys,
        "vectors": core.wv.vectors,
        "syn1neg": core.syn1neg,
        "attribute.count": core.wv.expandos["count"],  # so that KeyedVectors can read the file
    }
    metadata = {
        "format": _FORMAT,
        "version": _VERSION,
        "key_type": key_type,
        "params": json.dumps(params, default=_plain),
        "epochs_trained": str(core._epochs_trained),
        "sessions": str(sessions),
        "user_type": "none",
    }
    if histories is not None:
        arrays["history_offsets"], arrays["history_items"] = histories.offsets, histories.items.astype(np.int32)
        if histories.weights is not None:
            arrays["history_weights"] = histories.weights
        try:
            users, metadata["user_type"] = pack_keys(list(histories.session_keys))
        except TypeError as error:
            raise TypeError(f"users: {error}; save with histories=False to leave them out") from None
        arrays |= {f"user_{name}": array for name, array in users.items()}
    write_tensors(path, arrays, metadata)


Parts = tuple[dict[str, Any], Vocabulary, dict[str, Any], Interactions, int, int]


def read_items(path: str | os.PathLike[str]) -> Parts:
    """Parameters, vocabulary, matrices, histories, epochs trained, and the number of sessions.

    Raises:
        ValueError: the file holds no Item2Vec model, or is damaged.
    """
    arrays, metadata = read_tensors(path)
    if metadata.get("format") != _FORMAT:
        raise ValueError(f"{path}: holds no Item2Vec model")
    if metadata.get("version") != _VERSION:
        raise ValueError(f"{path}: written by a newer fastemb (model format {metadata.get('version')})")
    try:
        params = json.loads(metadata["params"])
        epochs, sessions = int(metadata["epochs_trained"]), int(metadata["sessions"])
        keys = unpack_keys(path, arrays, metadata.get("key_type"))
        vocabulary = Vocabulary(keys, arrays["attribute.count"])
        shape = (len(vocabulary), params["vector_size"])
        matrices = {name: arrays[name] for name in ("vectors", "syn1neg")}
        wrong = [name for name, matrix in matrices.items() if matrix.shape != shape or matrix.dtype != np.float32]
        if not isinstance(params, dict) or wrong or min(epochs, sessions) < 0:
            raise ValueError(f"wrong shape or dtype of {wrong}")
        histories = _histories(path, arrays, metadata, keys)
    except (KeyError, TypeError, ValueError) as error:
        reason = str(error).removeprefix(f"{path}: ")
        raise ValueError(f"{path}: damaged: {reason}") from None
    return params, vocabulary, matrices, histories, epochs, sessions


def _histories(path: Any, arrays: dict[str, Any], metadata: dict[str, str], keys: Any) -> Interactions:
    if metadata.get("user_type") == "none":
        return Interactions(np.empty(0, np.int64), np.zeros(1, np.int64), keys)
    users = {name.removeprefix("user_"): array for name, array in arrays.items() if name.startswith("user_")}
    offsets, items = arrays["history_offsets"], arrays["history_items"].astype(np.int64)
    made = Interactions.from_ids(items, offsets, keys=keys)
    weights = arrays.get("history_weights")
    session_keys = unpack_keys(path, users, metadata["user_type"])
    if len(session_keys) != len(made) or (weights is not None and weights.shape != items.shape):
        raise ValueError("the histories do not fit together")
    return Interactions(made.items, made.offsets, keys, session_keys, None, weights)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot save {value!r}")
