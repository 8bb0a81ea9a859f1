"""Vectors for sentence-transformers and model2vec, with the weights of words and the removal of components baked in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import names_arguments
from ..checks import integer, switch
from ..io.formats.static_model import SavedModel, write_folder
from ..io.formats.word_tokenizer import Splitting
from ..io.paths import AnyPath, local_path
from ..signals import slices
from ..vectors import KeyedVectors
from ..vectors.files import check_text
from ..vectors.finite import check_finite
from ..vectors.norms import row_norms, scaled
from ..vectors.questions import checked_vector
from ..vectors.store import Key
from .embed import SMOOTHING, by_rank, key_weights, known_counts
from .reduce import components

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_OTHER_NAMES = {
    "weighting": "weights",
    "remove_components": "remove",
    "lowercase": "lower",
    "sif_coefficient": "smoothing",
    "joiner": "delimiter",
    "folder": "path",
    "output_path": "path",
}


def save_sentence_transformers(
    self: KeyedVectors,
    path: AnyPath,
    *,
    weights: Literal["mean", "sif", "zipf"] | Mapping[Key, float] | ArrayLike = "mean",
    remove: bool | int | ArrayLike | None = None,
    counts: Mapping[Key, float] | ArrayLike | None = None,
    smoothing: float = SMOOTHING,
    pre_normalize: bool = False,
    lower: bool | None = None,
    token_pattern: str | re.Pattern[str] | None = None,
    delimiter: str | None = "_",
) -> SavedModel:
    """Write a folder that sentence-transformers and model2vec load as it is, to make vectors of texts.

    ``SentenceTransformer(path)`` and ``StaticModel.from_pretrained(path)`` then give what `embed` gives with the same
    ``weights``, up to the lengths of the vectors: compare them by the cosine. `load_vectors` reads such folders.

    Args:
        path: The folder. One that was written so before is replaced.
        weights: How much each key counts, as in `embed`: "mean" (default), "sif", "zipf", or own weights as a dict or
            an array.
        remove: How many directions to take out of the vectors, which all texts have in common: the first principal
            components (uncentred) of the weighted vectors, in which each key counts as often as it occurs. Or these
            directions, (vector_size,) or (n, vector_size), such as ``component`` of what `embed` returned. Default
            None: 1 for "sif" and "zipf", 0 otherwise.
        counts: How often each key occurs, for "sif" and for ``remove``, as a dict or an array with one number for each
            row. Default None: the attribute "count" of the vectors; where they have none, each key counts once.
        smoothing: For "sif" and "zipf", the parameter a of the paper. Default 1e-3.
        pre_normalize: Scale the keys' vectors to length 1 first. Default False.
        lower: Put texts in lower case. Default None: if no key has an upper-case letter.
        token_pattern: A regular expression without groups that matches the words of a text, such as ``[a-z]+``.
            Default None: words are what white space parts, as in `Corpus.from_file`.
        delimiter: What stands between the words of a key of several, such as new_york, which is then found where these
            words stand side by side, parted by white space alone. Default "_", as `Phrases` has it; None: such keys are
            words like others.

    Returns:
        How many keys have a token, how many of these are of several words, and which keys no text gives: these are left
        out, with a warning.

    Raises:
        ValueError: The vectors have no counts, which "sif" needs; a weight, count or vector is negative or not finite
            where it must not be; ``remove`` is more than the vectors have dimensions; the pattern has groups or is
            none; or no key is left.
        FileExistsError: ``path`` is a file, or a folder with other files in it.
    """
    name = local_path(path)
    splitting = Splitting(lower, token_pattern, delimiter)
    by_row = key_weights(self, weights, counts, smoothing)
    table = self._table(set())
    check_text(table.keys)
    vectors: Any = table.vectors
    check_finite(list(table.keys), vectors)
    pre_normalize = switch("pre_normalize", pre_normalize)
    if pre_normalize:
        vectors = np.array(vectors, np.float32)
        vectors = scaled(vectors, row_norms(vectors))
    if by_row is not None:
        vectors = _weighted(vectors, by_row[: len(vectors)])
    kind = weights if isinstance(weights, str) else "own"
    is_smooth = kind in ("sif", "zipf")
    if counts is not None and kind != "sif" and (kind == "zipf" or not _is_number(remove) or not remove):
        raise ValueError("counts are for weights='sif' and for components to remove=, and would be ignored")
    directions = _directions(self, vectors, is_smooth if remove is None else remove, kind, counts)
    if len(directions):
        vectors = _without(vectors, directions)
    note = {
        "weights": kind,
        "smoothing": smoothing if is_smooth else None,
        "removed": len(directions),
    }
    return write_folder(name, table._replace(vectors=vectors), splitting, note)


if not TYPE_CHECKING:  # type checkers would need the class, which takes this method, to know the decorator's result
    save_sentence_transformers = names_arguments(_OTHER_NAMES)(save_sentence_transformers)


def _weighted(vectors: NDArray[Any], by_row: Doubles) -> Floats:
    """Each row times its weight."""
    made = np.empty(vectors.shape, np.float32)
    for part in slices(len(vectors)):
        made[part] = vectors[part] * by_row[part, np.newaxis]
    return made


def _without(vectors: NDArray[Any], directions: Doubles) -> Floats:
    """The rows without their parts along orthonormal directions (n, d)."""
    made = np.empty(vectors.shape, np.float32)
    for part in slices(len(vectors)):
        block = vectors[part].astype(np.float64)
        made[part] = block - (block @ directions.T) @ directions
    return made


def _is_number(remove: Any) -> bool:
    """Whether this says how many components to remove, not which."""
    return isinstance(remove, bool | int | np.integer)


def _directions(of: KeyedVectors, vectors: NDArray[Any], remove: Any, kind: str, counts: Any) -> Doubles:
    """Orthonormal directions, (n, vector_size)."""
    if _is_number(remove):
        wanted = int(remove) if isinstance(remove, bool) else integer("remove", remove, 0)
        if wanted > of.vector_size:
            raise ValueError(f"remove must be at most {of.vector_size}, the dimensions of the vectors, not {wanted}")
        if not wanted:
            return np.empty((0, of.vector_size))
        occurrences = by_rank(len(of)) if kind == "zipf" else known_counts(of, counts)
        weighted = vectors if occurrences is None else _weighted(vectors, np.sqrt(occurrences[: len(vectors)]))
        found: Doubles = components(weighted, np.zeros(of.vector_size))[1][:, :wanted].T
        return found
    given = np.atleast_2d(np.asarray(remove))
    rows = np.array([checked_vector(of, one) for one in given], np.float64).reshape(len(given), -1)
    if not np.isfinite(rows).all():
        raise ValueError("the directions to remove hold NaN or infinity")
    orthonormal, sizes = np.linalg.qr(rows.T)
    if not (np.abs(np.diag(sizes)) > 1e-9 * np.abs(sizes).max()).all():
        raise ValueError("the directions to remove are zero, or one of them is a sum of others")
    made: Doubles = orthonormal.T
    return made
