"""A model of texts and labels in one safetensors file: parameters, dictionary, labels and matrices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks import are_offsets
from ..io.atomic import StrPath
from ..io.formats.fasttext_parts import Dictionary
from ..io.json_text import parse_json
from ..io.keys import pack_any_keys, unpack_any_keys
from ..io.kinds import require_format
from ..io.paths import AnyPath, any_path
from ..io.safetensors import read_tensors, write_tensors
from ..threads import checked_workers
from ..train.checkpoint import Contents
from .core import ClassCore, arguments_of, features_of
from .settings import ClassifierSettings
from .training import ClassWeights

FORMAT = "fastemb.TextClassifier"
_VERSION = "1"
_HINT = ": give str(label)"
_FORMS = ("one", "several", "matrix")


@dataclass(frozen=True)
class Fitted:
    """What a model knows besides its parameters.

    Attributes:
        core: What was learned.
        form: How labels were given: see `GivenLabels`.
        origin: The file that it was read from, if it was.
    """

    core: ClassCore
    form: str
    origin: str | None = None


def write_model(path: StrPath, params: Mapping[str, Any], fitted: Fitted) -> None:
    """Write a model; the file is there whole or not at all."""
    arrays, metadata = _packed(fitted)
    write_tensors(path, arrays | _matrices(fitted.core), metadata | _state(params, fitted))


def contents_of(params: Mapping[str, Any], fitted: Fitted, noted: Mapping[str, Any]) -> Contents:
    """What a checkpoint holds; what stays the same is packed before."""
    arrays, metadata = _packed(fitted)

    def contents() -> tuple[dict[str, Any], dict[str, str], Mapping[str, Any]]:
        return arrays | _matrices(fitted.core), metadata | _state(params, fitted), noted

    return contents


def _packed(fitted: Fitted) -> tuple[dict[str, Any], dict[str, str]]:
    core = fitted.core
    keys, kind = pack_any_keys(list(core.classes), "labels", _HINT)
    names = core.dictionary
    arrays = {**keys, "names": names.data, "name_offsets": names.offsets, "counts": names.counts}
    return arrays, {"format": FORMAT, "version": _VERSION, "key_type": kind}


def _matrices(core: ClassCore) -> dict[str, Any]:
    return {"inputs": core.weights.inputs, "outputs": core.weights.outputs}


def _state(params: Mapping[str, Any], fitted: Fitted) -> dict[str, str]:
    core = fitted.core
    state = {
        "params": params,
        "settings": core.settings.values(),
        "words": core.dictionary.words,
        "tokens": core.dictionary.tokens,
        "prefix": core.prefix.decode("latin-1"),
        "form": fitted.form,
        "epochs": core.weights.epochs_trained,
    }
    return {"state": json.dumps(state)}


def read_model(path: AnyPath, known: Sequence[str]) -> tuple[dict[str, Any], Fitted, Mapping[str, str]]:
    """The parameters, what was learned, and the texts of the file.

    Raises:
        ValueError: the file holds no such model, or is damaged.
    """
    arrays, metadata = read_tensors(path)
    name = any_path(path)
    require_format(name, metadata, FORMAT, _VERSION)
    try:
        state = parse_json(metadata["state"])
        params = state["params"]
        unknown = sorted(set(params) - set(known))
        if unknown:
            raise ValueError(f"there is no setting {unknown[0]!r}")
        checked_workers(params.get("workers"))
        settings = ClassifierSettings(**state["settings"]).checked()
        if type(state["epochs"]) is not int or not 0 <= state["epochs"] < 2**62 or state["form"] not in _FORMS:
            raise ValueError("the number of epochs or the form of labels makes no sense")
        classes = list(unpack_any_keys(path, arrays, metadata.get("key_type")))
        dictionary = _dictionary(arrays, state, len(classes))
        inputs, outputs = arrays["inputs"], arrays["outputs"]
        rows = max(dictionary.words + arguments_of(settings).bucket, 1)
        for matrix, count in ((inputs, rows), (outputs, len(classes))):
            if matrix.shape != (count, settings.vector_size) or matrix.dtype != np.float32:
                raise ValueError("the matrices do not fit the words and labels")
        prefix = _prefix(state["prefix"])
        weights, features = ClassWeights.of(inputs, outputs, state["epochs"]), features_of(settings, dictionary, prefix)
        core = ClassCore(settings, dictionary, classes, weights, features, prefix)
        _ = core.paths
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        missing = "there is no " if isinstance(error, KeyError) else ""
        raise ValueError(f"{name}: damaged: {missing}{str(error).removeprefix(f'{name}: ')}") from None
    return params, Fitted(core, state["form"], name), metadata


def _prefix(text: Any) -> bytes:
    if not isinstance(text, str) or not text:
        raise ValueError("the prefix of labels makes no sense")
    return text.encode("latin-1")


def _dictionary(arrays: Mapping[str, Any], state: Mapping[str, Any], labels: int) -> Dictionary:
    data, offsets, counts = arrays["names"], arrays["name_offsets"], arrays["counts"]
    words, tokens = state["words"], state["tokens"]
    if data.dtype != np.uint8 or data.ndim != 1 or offsets.dtype != np.int64 or not are_offsets(offsets, len(data)):
        raise ValueError("the names do not fit")
    if type(words) is not int or type(tokens) is not int or words + labels != len(offsets) - 1 or words < 0:
        raise ValueError("the words do not fit")
    if counts.dtype != np.int64 or counts.shape != (len(offsets) - 1,) or (counts < 0).any() or labels < 1:
        raise ValueError("the counts do not fit")
    return Dictionary(data, offsets, words, counts, tokens)
