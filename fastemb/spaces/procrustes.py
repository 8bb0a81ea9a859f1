"""Several sets of vectors turned into one space, by what their shared keys tell of the turns between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..checks import switch
from ..vectors import KeyedVectors
from ..vectors.finite import check_finite
from ..vectors.missing import MissingKeyError
from ..vectors.norms import row_norms, scaled
from ..vectors.questions import several, single_keys
from ..vectors.store import Key

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_ROUNDS = 5  # of turning all to their mean: what moves later is hardly seen
_STILL = 1e-6  # mean squared change of a rotation's numbers at which the rounds end


class Turn(NamedTuple):
    """What brings the vectors of one set into the common space.

    Attributes:
        centre: (d,), the mean of the anchors' vectors of length 1; zeros without centring.
        rotation: (d, d), orthogonal.
    """

    centre: Floats
    rotation: Floats

    def of(self, model: KeyedVectors, keys: Sequence[Key]) -> Floats:
        """Vectors (n, d) of keys at length 1, less the centre, scaled again and turned; those of zeros stay zero."""
        return _centred(_units(model, keys), self.centre) @ self.rotation


def models_of(name: str, given: KeyedVectors | Iterable[KeyedVectors]) -> list[KeyedVectors]:
    """One set of vectors or several as a list.

    Raises:
        TypeError: It is something else, or there are none.
    """
    models = [given] if isinstance(given, KeyedVectors) else list(given) if isinstance(given, Iterable) else []
    wrong = [model for model in models if not isinstance(model, KeyedVectors)] if models else [given]
    if wrong:
        hint = ": give its attribute wv" if hasattr(wrong[0], "wv") else ""
        what = "an empty list" if isinstance(given, list) and not given else type(wrong[0]).__name__
        raise TypeError(f"{name} must be KeyedVectors or a list of them, not {what}{hint}")
    return models


def shared_keys(models: Sequence[KeyedVectors]) -> list[Key]:
    """The keys that all have, in the order of the first."""
    others = [model.key_to_index for model in models[1:]]
    return [key for key in models[0] if all(key in other for other in others)]


def turns(models: Sequence[KeyedVectors], anchors: Iterable[Key] | None, center: bool) -> list[Turn]:
    """How each of several sets is turned into one space, whose axes are those of the last.

    Orthogonal Procrustes (Schönemann 1966): of two sets A and B, (n, d), A comes nearest to B when it is turned by
    U V', where U S V' is the singular value decomposition of A' B. More than two are all turned to their mean, which
    is made anew until it stays (Gower 1975): none of them is special, so that differences between any two can be
    compared.

    Args:
        models: At least two.
        anchors: Keys that fix the turns. Default None: all shared ones.
        center: Subtract the mean of the anchors.

    Raises:
        ValueError: They differ in dimensions, or have fewer anchors in common than dimensions, or a vector is not
            finite.
        KeyError: An anchor is missing in one of them.
    """
    center = switch("center", center)
    size = models[0].vector_size
    for model in models:
        if model.vector_size != size:
            raise ValueError(
                f"the vectors have {size} and {model.vector_size} dimensions, and only spaces of the same dimensions "
                f"can be aligned: train with the same vector_size, or bring each to {min(size, model.vector_size)} by "
                "its method reduce"
            )
    keys = shared_keys(models) if anchors is None else _checked_anchors(models, anchors)
    if len(keys) < size:
        there = "keys in common" if anchors is None else "anchors"
        raise ValueError(
            f"aligning {size} dimensions needs at least {size} {there}, better several times as many, not {len(keys):,}"
        )
    units = [_units(model, keys) for model in models]
    if not all(unit.any() for unit in units):
        raise ValueError("all vectors of a model are zero, so that it cannot be turned: it was not trained")
    centres = [(unit.mean(axis=0) if center else np.zeros(size)).astype(np.float32) for unit in units]
    centred = [_centred(unit, centre) for unit, centre in zip(units, centres, strict=True)]
    return [Turn(centre, rotation) for centre, rotation in zip(centres, _rotations(centred), strict=True)]


def _checked_anchors(models: Sequence[KeyedVectors], anchors: Iterable[Key]) -> list[Key]:
    keys = list(dict.fromkeys(single_keys("anchors", several("anchors", anchors))))
    for model in models:
        for key in keys:
            if key not in model.key_to_index:
                raise MissingKeyError(
                    f"the anchor {key!r} is missing in some of the vectors; anchors must be in all: leave it out",
                    key,
                    model.key_to_index,
                )
    return keys


def _units(model: KeyedVectors, keys: Sequence[Key]) -> Floats:
    made = np.array(model[keys])
    check_finite(keys, made)
    return scaled(made, row_norms(made)).astype(np.float32, copy=False)


def _centred(units: Floats, centre: Floats) -> Floats:
    made = units - centre
    made[~units.any(axis=1)] = 0
    return scaled(made, row_norms(made))


def _rotations(spaces: Sequence[Floats]) -> list[Floats]:
    """What turns each of several (n, d) to their mean, in the axes of the last."""
    products = np.array([[one.T @ other for other in spaces] for one in spaces], np.float64)  # all that is needed of n
    found = nearest_rotations(products[:, -1])  # to the last; of two, that is to their mean already
    for _ in range(_ROUNDS if len(spaces) > 2 else 0):
        before = found
        found = nearest_rotations(np.einsum("pqij,qjk->pik", products, before, optimize=True))  # of A' mean
        if np.square(found - before).mean() < _STILL:
            break
    return [(rotation @ found[-1].T).astype(np.float32) for rotation in found]


def nearest_rotations(products: Doubles) -> Doubles:
    """The rotations (..., k, d) that bring sets A nearest to sets B, of the products A' B (..., k, d), k up to d."""
    left, _, right = np.linalg.svd(products, full_matrices=False)
    made: Doubles = left @ right
    return made
