"""A fitted Item2Vec in one safetensors file: parameters, items, both matrices and, when wanted, the histories."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus import Vocabulary
from ..io.json_text import parse_json
from ..io.keys import pack_keys, unpack_keys
from ..io.kinds import reader_of
from ..io.safetensors import read_tensors, write_tensors
from ..vectors import KeyedVectors
from .interactions import Interactions

Floats = NDArray[np.float32]

_FORMAT = "fastemb.Item2Vec"
_VERSION = "1"


def write_items(
    path: str | os.PathLike[str],
    wv: KeyedVectors,
    wv_out: KeyedVectors,
    state: dict[str, Any],
    histories: Interactions | None,
) -> None:
    """Write a model; ``state`` has "params", "sessions" and "epochs". The file is there whole or not at all."""
    keys, key_type = _packed_items(wv.index_to_key)
    arrays = {
        **keys,
        "vectors": wv.vectors,
        "syn1neg": wv_out.vectors,
        "attribute.count": wv.expandos["count"],  # so that KeyedVectors can read the file
    }
    metadata = {
        "format": _FORMAT,
        "version": _VERSION,
        "key_type": key_type,
        "state": json.dumps(state, default=_plain),
        "user_type": "none",
    }
    if histories is not None:
        arrays["history_offsets"], arrays["history_items"] = histories.offsets, histories.items.astype(np.int32)
        if histories.weights is not None:
            arrays["history_weights"] = histories.weights
        users, metadata["user_type"] = _packed_users(histories.session_keys)
        arrays |= {f"user_{name}": array for name, array in users.items()}
    write_tensors(path, arrays, metadata)


def check_storable(data: Interactions, *, histories: bool) -> None:
    """Refuse before training what `write_items` would refuse after it.

    Raises:
        TypeError: the items are not all str or all int of 64 bits, or users (if ``histories`` are kept) are of a kind
            that no file holds.
    """
    _packed_items(data.item_keys)
    if histories:
        _packed_users(data.session_keys)


def _packed_items(items: Sequence[Hashable]) -> tuple[dict[str, Any], str]:
    try:
        return pack_keys(items)
    except (TypeError, OverflowError) as error:
        raise TypeError(f"items: {error}; a file holds items that are all str, or all int of 64 bits") from None


def _packed_users(users: Sequence[Hashable]) -> tuple[dict[str, Any], str]:
    """As `pack_keys`, or as JSON where they are not all str or all int: after gaps they are tuples."""
    try:
        return pack_keys(users)
    except (TypeError, OverflowError):
        packed, _ = pack_keys([json.dumps(_jsonable(user)) for user in users])
        return packed, "json"


def _jsonable(user: Hashable) -> Any:
    if isinstance(user, tuple):
        return [_jsonable(part) for part in user]
    if isinstance(user, np.generic):
        user = user.item()
    if user is None or isinstance(user, str | int | float):
        return user
    raise TypeError(
        f"users: a file holds str, numbers and tuples of them, not {user!r}; histories=False leaves users out"
    )


def _unpacked_users(path: Any, arrays: dict[str, Any], kind: str) -> Sequence[Hashable]:
    if kind != "json":
        return unpack_keys(path, arrays, kind)
    return [_from_json(parse_json(str(text))) for text in unpack_keys(path, arrays, "str")]


def _from_json(value: Any) -> Hashable:
    if isinstance(value, dict):
        raise ValueError("a user is an object")
    return tuple(_from_json(part) for part in value) if isinstance(value, list) else value


Parts = tuple[dict[str, Any], Vocabulary, Floats, Floats, Interactions]


def read_items(path: str | os.PathLike[str]) -> Parts:
    """The state, the vocabulary, input and output vectors, and the histories.

    Raises:
        ValueError: the file holds no Item2Vec model, or is damaged.
    """
    arrays, metadata = read_tensors(path)
    if metadata.get("format") != _FORMAT:
        raise ValueError(f"{path}: holds no Item2Vec model{reader_of(metadata)}")
    if metadata.get("version") != _VERSION:
        raise ValueError(f"{path}: written by a newer fastemb (model format {metadata.get('version')})")
    try:
        state = parse_json(metadata["state"])
        numbers = [state["sessions"], *state["epochs"]]
        if not isinstance(state["params"], dict) or not all(type(one) is int and 0 <= one < 2**62 for one in numbers):
            raise ValueError("the settings make no sense")
        keys = unpack_keys(path, arrays, metadata.get("key_type"))
        vocabulary = Vocabulary(keys, arrays["attribute.count"])
        vectors, outputs = arrays["vectors"], arrays["syn1neg"]
        if vectors.ndim != 2 or len(vectors) != len(keys) or vectors.shape != outputs.shape:
            raise ValueError("the vectors do not fit the keys")
        if vectors.dtype != np.float32 or outputs.dtype != np.float32:
            raise ValueError("the vectors are not float32")
        histories = _histories(path, arrays, metadata, keys)
    except (KeyError, TypeError, ValueError) as error:
        reason = str(error).removeprefix(f"{path}: ")
        raise ValueError(f"{path}: damaged: {reason}") from None
    return state, vocabulary, vectors, outputs, histories


def _histories(path: Any, arrays: dict[str, Any], metadata: dict[str, str], keys: Any) -> Interactions:
    if metadata.get("user_type") == "none":
        return Interactions(np.empty(0, np.int64), np.zeros(1, np.int64), keys)
    users = {name.removeprefix("user_"): array for name, array in arrays.items() if name.startswith("user_")}
    offsets, items = arrays["history_offsets"], arrays["history_items"].astype(np.int64)
    made = Interactions.from_ids(items, offsets, keys=keys)
    weights = arrays.get("history_weights")
    session_keys = _unpacked_users(path, users, metadata["user_type"])
    if len(session_keys) != len(made) or (weights is not None and weights.shape != items.shape):
        raise ValueError("the histories do not fit together")
    return Interactions(made.items, made.offsets, keys, session_keys, None, weights)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot save {value!r}")
