"""A graph model in one safetensors file: parameters, nodes and matrices."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from ..io.atomic import StrPath
from ..io.json_text import parse_json
from ..io.paths import AnyPath, any_path
from ..io.safetensors import read_tensors, write_tensors
from ..items.model_file import packed, require_format, unpacked
from ..train.weights import Rows, Weights
from .core import GraphCore
from .parameters import GraphParameters

_VERSION = "1"
_HINT = ": give str(node)"


def require_storable(nodes: Sequence[Hashable]) -> None:
    """Refuse before training what `write_model` would refuse after it.

    Raises:
        TypeError: a node is of a kind that no file holds.
    """
    if not isinstance(nodes, range) and not {type(node) for node in nodes} <= {str}:
        packed(nodes, "nodes", _HINT)


def write_model(path: StrPath, name: str, params: Mapping[str, Any], core: GraphCore) -> None:
    """Write a model; the file is there whole or not at all.

    Raises:
        TypeError: a node, or a parameter, is of a kind that no file holds.
    """
    keys, kind = packed(list(core.nodes), "nodes", _HINT)
    arrays = {**keys, "vectors": core.vectors, "attribute.count": core.counts}
    for matrix in ("syn1neg", "syn1"):
        values = getattr(core.weights, matrix)
        if values is not None:
            arrays[matrix] = values
    state = {"params": {**params, "random_state": core.parameters.random_state}, "epochs": core.weights.epochs_trained}
    metadata = {"format": f"fastemb.{name}", "version": _VERSION, "key_type": kind, "state": json.dumps(state)}
    write_tensors(path, arrays, metadata)


def read_model(
    path: AnyPath, kind: str, known: Sequence[str], fixed: Mapping[str, Any]
) -> tuple[dict[str, Any], GraphCore]:
    """The parameters and what was learned.

    Raises:
        ValueError: the file holds no such model, or is damaged.
    """
    arrays, metadata = read_tensors(path)
    name = any_path(path)
    require_format(name, metadata, f"fastemb.{kind}")
    try:
        state = parse_json(metadata["state"])
        params = state["params"]
        unknown = sorted(set(params) - set(known))
        if unknown:
            raise ValueError(f"there is no setting {unknown[0]!r}")
        declared = GraphParameters.declared()
        given = {key: value for key, value in params.items() if key in declared}
        parameters = GraphParameters(**{**fixed, **given}).checked()
        nodes = unpacked(path, arrays, metadata.get("key_type"))
        vectors, counts = arrays["vectors"], arrays["attribute.count"]
        shape = (len(nodes), parameters.vector_size)
        matrices = {one: arrays.get(one) for one in ("syn1neg", "syn1")}
        if counts.shape != shape[:1] or counts.dtype != np.int64 or (counts < 1).any() or len(set(nodes)) != len(nodes):
            raise ValueError("the nodes do not fit")
        for matrix in (vectors, *matrices.values()):
            if matrix is not None and (matrix.shape != shape or matrix.dtype != np.float32):
                raise ValueError("the matrices do not fit the nodes")
        if type(state["epochs"]) is not int or not 0 <= state["epochs"] < 2**62:
            raise ValueError("the number of epochs makes no sense")
        weights = Weights(Rows(vectors), matrices["syn1neg"], matrices["syn1"], state["epochs"])
        weights.require(parameters.settings())
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        missing = "there is no " if isinstance(error, KeyError) else ""
        raise ValueError(f"{name}: damaged: {missing}{str(error).removeprefix(f'{name}: ')}") from None
    return params, GraphCore(parameters, nodes, counts, weights)
