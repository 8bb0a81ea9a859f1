"""A fitted Item2Vec in one safetensors file: parameters, items, both matrices and, when wanted, the histories."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus import Vocabulary
from ..io.atomic import StrPath
from ..io.json_text import parse_json
from ..io.keys import pack_any_keys, pack_keys, unpack_any_keys, unpack_keys
from ..io.kinds import START_BYTES, first_line_of_text, require_format
from ..io.safetensors import read_tensors, write_tensors
from .interactions import Interactions
from .parameters import Parameters

Floats = NDArray[np.float32]
Arrays = dict[str, NDArray[Any]]

_FORMAT = "fastemb.Item2Vec"
_VERSION = "1"
ITEM_HINT = ": give str(item)"
"""The end of the error of an item that no file holds."""

_LARGEST = 2**62  # counts; sums of a few of them stay below 2**63


@dataclass(frozen=True)
class Learned:
    """What a model knows of its items.

    Attributes:
        vocabulary: The items, by row.
        inputs: float32 (items, vector_size).
        outputs: Of the same shape.
        titles: The title of each item, empty where there is none.
    """

    vocabulary: Vocabulary
    inputs: Floats
    outputs: Floats
    titles: Sequence[str]


def write_items(path: StrPath, learned: Learned, state: dict[str, Any], histories: Interactions | None) -> None:
    """Write a model; see `packed_items`. The file is there whole or not at all."""
    write_tensors(path, *packed_items(learned, state, histories))


def packed_items(
    learned: Learned, state: dict[str, Any], histories: Interactions | None
) -> tuple[Arrays, dict[str, str]]:
    """The arrays and metadata of a model's file; ``state`` has "params", "sessions" and "epochs".

    Raises:
        ValueError: the histories do not fit the items, or themselves.
        TypeError: an item or a user is of a kind that no file holds.
    """
    keys, key_type = pack_any_keys(learned.vocabulary.keys, "items", ITEM_HINT)
    arrays: Arrays = {
        **keys,
        "vectors": learned.inputs,
        "syn1neg": learned.outputs,
        "attribute.count": learned.vocabulary.counts,  # so that KeyedVectors can read the file
    }
    metadata = {
        "format": _FORMAT,
        "version": _VERSION,
        "key_type": key_type,
        "state": packed_state(state),
        "user_type": "none",
    }
    if any(learned.titles):
        arrays |= {f"title_{name}": array for name, array in pack_keys(learned.titles)[0].items()}
    if histories is not None:
        try:
            histories = _sound(histories, learned.vocabulary.keys)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"model.histories was changed by hand so that it does not fit: {error}; histories=False leaves it out"
            ) from None
        arrays["history_offsets"], arrays["history_items"] = histories.offsets, histories.items.astype(np.int32)
        if histories.weights is not None:
            arrays["history_weights"] = histories.weights
        users, metadata["user_type"] = pack_any_keys(
            histories.session_keys, "users", "; histories=False leaves users out"
        )
        arrays |= {f"user_{name}": array for name, array in users.items()}
    return arrays, metadata


def packed_state(state: dict[str, Any]) -> str:
    """The state as a text of the metadata."""
    return json.dumps(state, default=_plain)


def packed_data(data: Interactions) -> Arrays:
    """The arrays by which a checkpoint keeps what is trained on, where that is not the histories."""
    arrays: Arrays = {"data_offsets": data.offsets, "data_items": data.items.astype(np.int32)}
    return arrays if data.weights is None else {**arrays, "data_weights": data.weights}


def check_storable(data: Interactions, *, histories: bool) -> None:
    """Refuse before training what `write_items` would refuse after it.

    Raises:
        TypeError: items, or users (if ``histories`` are kept), are of a kind that no file holds.
    """
    pack_any_keys(data.item_keys, "items", ITEM_HINT)
    if histories:
        pack_any_keys(data.session_keys, "users", "; histories=False leaves users out")


def check_titles(titles: Mapping[Hashable, Any]) -> None:
    """Check that all titles are text.

    Raises:
        TypeError: one is something else.
    """
    for item, title in titles.items():
        if not isinstance(title, str):
            raise TypeError(f"the title of {item!r} must be a str, not {title!r}")


def read_own(path: StrPath, wanted: str) -> tuple[Arrays, dict[str, str]]:
    """The arrays and the metadata of a file of this room.

    Raises:
        ValueError: it is something else; the message says what reads it, or learns from it.
    """
    try:
        arrays, metadata = read_tensors(path)
    except ValueError as error:
        if "it looks like" in str(error) or not os.path.isfile(path):
            raise
        with open(path, "rb") as file:
            is_text = first_line_of_text(file.read(START_BYTES)) is not None
        if is_text:
            raise ValueError(
                f"{error}; it looks like text: Interactions.from_file reads a table to fit a model on (commands: "
                "fastemb items train)"
            ) from None
        raise
    require_format(path, metadata, wanted, _VERSION)
    return arrays, metadata


@dataclass(frozen=True)
class ItemFile:
    """What is in the file of a model.

    Attributes:
        state: "params", "sessions" and "epochs".
        learned: What it knows of its items.
        histories: Those of users.
        data: What a checkpoint trains on, where that is not the histories.
        metadata: The texts of the file.
    """

    state: dict[str, Any]
    learned: Learned
    histories: Interactions
    data: Interactions | None
    metadata: dict[str, str]


def read_items(path: StrPath) -> ItemFile:
    """The state, what was learned, and the histories.

    Raises:
        ValueError: the file holds no Item2Vec model, or is damaged.
    """
    arrays, metadata = read_own(path, _FORMAT)
    try:
        state = _state(parse_json(metadata["state"]))
        keys = unpack_any_keys(path, arrays, metadata.get("key_type"))
        counts = _typed(arrays, "attribute.count", np.int64, 1)
        if counts.size and not 0 <= counts.min() <= counts.max() <= _LARGEST // len(counts):
            raise ValueError("a count makes no sense")
        vocabulary = Vocabulary(keys, counts)
        inputs, outputs = _typed(arrays, "vectors", np.float32, 2), _typed(arrays, "syn1neg", np.float32, 2)
        if not len(keys) or len(inputs) != len(keys) or inputs.shape != outputs.shape:
            raise ValueError("the vectors do not fit the keys")
        titles = [""] * len(keys)
        if "title_keys" in arrays:
            titles = [str(title) for title in unpack_keys(path, _starting(arrays, "title_"), "str")]
        if len(titles) != len(keys):
            raise ValueError("the titles do not fit the keys")
        histories = _histories(path, arrays, metadata, vocabulary.keys)
        data = _data(arrays, vocabulary.keys)
    except RecursionError:
        raise ValueError(f"{path}: damaged: lists within lists, too deep to be read") from None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        missing = "there is no " if isinstance(error, KeyError) else ""
        raise ValueError(f"{path}: damaged: {missing}{str(error).removeprefix(f'{path}: ')}") from None
    return ItemFile(state, Learned(vocabulary, inputs, outputs, titles), histories, data, metadata)


def _state(state: Any) -> dict[str, Any]:
    if not isinstance(state, dict) or not isinstance(state["params"], dict) or not isinstance(state["epochs"], list):
        raise ValueError("the settings make no sense")
    if not all(type(one) is int and 0 <= one < _LARGEST for one in [state["sessions"], *state["epochs"]]):
        raise ValueError("the settings make no sense")
    unknown = sorted(set(state["params"]) - {*Parameters.declared(), "progress"})
    if unknown:
        raise ValueError(f"there is no setting {unknown[0]!r}")
    if state["params"].get("progress") is not None:
        raise ValueError("the setting 'progress' makes no sense")
    return state


def _typed(arrays: Mapping[str, NDArray[Any]], name: str, dtype: Any, dimensions: int) -> NDArray[Any]:
    array = arrays[name]
    if array.dtype != dtype or array.ndim != dimensions:
        raise ValueError(f"the array {name!r} is of another type: {array.dtype} of shape {array.shape}")
    return array


def _starting(arrays: Mapping[str, NDArray[Any]], start: str) -> Arrays:
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def _histories(path: Any, arrays: Arrays, metadata: Mapping[str, str], keys: Sequence[Hashable]) -> Interactions:
    if metadata.get("user_type") == "none":
        return Interactions._of(np.empty(0, np.int64), np.zeros(1, np.int64), keys)
    session_keys = unpack_any_keys(path, _starting(arrays, "user_"), metadata["user_type"])
    return _events(_starting(arrays, "history_"), keys, session_keys)


def _data(arrays: Arrays, keys: Sequence[Hashable]) -> Interactions | None:
    own = _starting(arrays, "data_")
    return _events(own, keys, range(len(own["offsets"]) - 1)) if own else None


def _events(arrays: Arrays, keys: Sequence[Hashable], session_keys: Sequence[Hashable]) -> Interactions:
    offsets = _typed(arrays, "offsets", np.int64, 1)
    items = _typed(arrays, "items", np.int32, 1).astype(np.int64)
    weights = _typed(arrays, "weights", np.float64, 1) if "weights" in arrays else None
    return _sound(Interactions._of(items, offsets, keys, session_keys, None, weights), keys)


def _sound(histories: Interactions, keys: Sequence[Hashable]) -> Interactions:
    """The same without times, of items with these keys.

    Raises:
        ValueError: sizes, numbers of items, users or weights make no sense.
        TypeError: items or offsets are no integers, or a user is not hashable.
    """
    made = Interactions.from_ids(histories.items, histories.offsets, keys=keys)
    weights = None
    if histories.weights is not None:
        weights = np.asarray(histories.weights, np.float64)
        if weights.shape != made.items.shape or not (weights > 0).all() or not np.isfinite(weights).all():
            raise ValueError("the weights of the histories make no sense")
    users = histories.session_keys
    if len(users) != len(made) or len(set(users)) != len(made):
        raise ValueError("the users do not fit the histories")
    return Interactions._of(made.items, made.offsets, keys, users, None, weights)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot save {value!r}")
