"""A graph model in one safetensors file: parameters, nodes and matrices."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from ..io.atomic import StrPath
from ..io.json_text import parse_json
from ..io.keys import pack_any_keys, unpack_any_keys
from ..io.kinds import require_format
from ..io.paths import AnyPath, any_path
from ..io.safetensors import read_tensors, write_tensors
from ..train.checkpoint import Contents
from ..train.weights import Rows, Weights
from .core import GraphCore
from .parameters import GraphParameters
from .rows import Ints

_VERSION = "1"
_HINT = ": give str(node)"


def require_storable(nodes: Sequence[Hashable]) -> None:
    """Refuse before training what `write_model` would refuse after it.

    Raises:
        TypeError: a node is of a kind that no file holds.
    """
    if not isinstance(nodes, range) and not {type(node) for node in nodes} <= {str}:
        pack_any_keys(nodes, "nodes", _HINT)


def write_model(path: StrPath, name: str, params: Mapping[str, Any], core: GraphCore) -> None:
    """Write a model; see `packed_model`. The file is there whole or not at all."""
    arrays, metadata = packed_model(name, params, core)
    write_tensors(path, arrays | _matrices(core), metadata)


def packed_model(name: str, params: Mapping[str, Any], core: GraphCore) -> tuple[dict[str, Any], dict[str, str]]:
    """The arrays and metadata of a model's file, but for the matrices.

    Raises:
        TypeError: a node, or a parameter, is of a kind that no file holds.
    """
    keys, kind = pack_any_keys(list(core.nodes), "nodes", _HINT)
    arrays = {**keys, "attribute.count": core.counts}
    metadata = {"format": f"fastemb.{name}", "version": _VERSION, "key_type": kind}
    return arrays, metadata | packed_state(params, core)


def packed_state(params: Mapping[str, Any], core: GraphCore) -> dict[str, str]:
    """Parameters and the number of epochs as metadata."""
    state = {"params": {**params, "random_state": core.parameters.random_state}, "epochs": core.weights.epochs_trained}
    return {"state": json.dumps(state)}


def contents_of(name: str, params: Mapping[str, Any], core: GraphCore, *, freeze: bool) -> Contents:
    """What a checkpoint holds; what stays the same is packed before."""
    arrays, metadata = packed_model(name, params, core)
    if core.tokens is not None and core.tokens.starts is not None:
        arrays["starts"] = core.tokens.starts
        if core.kept_outputs is not None:
            arrays["kept_outputs"] = core.kept_outputs

    def contents() -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        return arrays | _matrices(core), metadata | packed_state(params, core), {"freeze": freeze}

    return contents


def _matrices(core: GraphCore) -> dict[str, Any]:
    """By name; "vectors" are what nodes are known by, and "inputs" are there where these are not the input vectors."""
    vectors = core.node_vectors()
    found = {"vectors": vectors, "syn1neg": core.weights.syn1neg, "syn1": core.weights.syn1}
    if vectors is not core.vectors:
        found["inputs"] = core.vectors
    return {name: matrix for name, matrix in found.items() if matrix is not None}


def read_model(
    path: AnyPath, kind: str, known: Sequence[str], fixed: Mapping[str, Any]
) -> tuple[dict[str, Any], GraphCore, Mapping[str, str], Ints | None]:
    """The parameters, what was learned, the texts of the file, and of a checkpoint where walks begin.

    Raises:
        ValueError: the file holds no such model, or is damaged.
    """
    arrays, metadata = read_tensors(path)
    name = any_path(path)
    require_format(name, metadata, f"fastemb.{kind}", _VERSION)
    try:
        state = parse_json(metadata["state"])
        params = state["params"]
        unknown = sorted(set(params) - set(known))
        if unknown:
            raise ValueError(f"there is no setting {unknown[0]!r}")
        declared = GraphParameters.declared()
        given = {key: value for key, value in params.items() if key in declared}
        parameters = GraphParameters(**{**fixed, **given}).checked()
        nodes = unpack_any_keys(path, arrays, metadata.get("key_type"))
        vectors, counts = arrays["inputs" if parameters.takes_mean else "vectors"], arrays["attribute.count"]
        shape = (len(nodes), parameters.vector_size)
        matrices = {one: arrays.get(one) for one in ("syn1neg", "syn1")}
        if counts.shape != shape[:1] or counts.dtype != np.int64 or (counts < 1).any() or len(set(nodes)) != len(nodes):
            raise ValueError("the nodes do not fit")
        kept = arrays.get("kept_outputs")
        for matrix in (vectors, *matrices.values(), kept):
            if matrix is not None and (matrix.shape != shape or matrix.dtype != np.float32):
                raise ValueError("the matrices do not fit the nodes")
        if type(state["epochs"]) is not int or not 0 <= state["epochs"] < 2**62:
            raise ValueError("the number of epochs makes no sense")
        starts = arrays.get("starts")
        if starts is not None and (starts.dtype != np.int32 or starts.ndim != 1 or not starts.size):
            raise ValueError("the nodes that walks begin at make no sense")
        if starts is not None and not 0 <= starts.min() <= starts.max() < len(nodes):
            raise ValueError("the nodes that walks begin at make no sense")
        weights = Weights(Rows(vectors), matrices["syn1neg"], matrices["syn1"], state["epochs"])
        weights.require(parameters.settings())
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        missing = "there is no " if isinstance(error, KeyError) else ""
        raise ValueError(f"{name}: damaged: {missing}{str(error).removeprefix(f'{name}: ')}") from None
    return params, GraphCore(parameters, nodes, counts, weights, kept_outputs=kept), metadata, starts
