"""How well cosines agree with people about which words are similar."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..io.input_file import numbered_lines
from ..io.paths import AnyPath, local_path
from ..signals import slices
from ..vectors.interface import KeyedVectorsLike
from ..vectors.norms import cosine
from ..vectors.topk import Indices
from .statistics import Correlation, pearson, spearman
from .words import folded, rows_by_word

logger = logging.getLogger(__name__)

_BLOCK_PAIRS = 4096


def evaluate_word_pairs(
    self: KeyedVectorsLike,
    pairs: AnyPath,
    delimiter: str | None = "\t",
    encoding: str = "utf8",
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> tuple[Correlation, Correlation, float]:
    """Compare cosines with people's judgement of similarity.

    Args:
        pairs: File of two words and a score a line; lines that start with "#" are left out.
        delimiter: What separates the fields. Default tab; None: any white space.
        encoding: Of the file.
        restrict_vocab: Use the first so many keys only; None: all. Default 300000.
        case_insensitive: Compare words in upper case; of keys that differ only in case the first is used.
        dummy4unknown: Give pairs with unknown words a cosine of 0 instead of leaving them out.

    Returns:
        Pearson's and Spearman's correlation, each (statistic, pvalue), and the percentage of pairs with unknown
        words.

    Raises:
        ValueError: There are fewer than two usable pairs, or ``restrict_vocab`` is below 1.
    """
    pairs = local_path(pairs)
    rows = rows_by_word(self.index_to_key, restrict_vocab, case_insensitive)
    read = list(_read_pairs(pairs, delimiter, encoding, case_insensitive))
    found = np.array([[rows.get(first, -1), rows.get(second, -1)] for first, second, _ in read], np.int64).reshape(
        -1, 2
    )
    known = (found >= 0).all(axis=1)
    unknown = len(read) - int(known.sum())
    ours = np.zeros(len(read))
    ours[known] = pair_cosines(self, found[known])
    theirs = np.array([score for _, _, score in read])
    if not dummy4unknown:
        theirs, ours = theirs[known], ours[known]
    if len(ours) < 2:
        raise ValueError(f"{pairs}: fewer than two pairs with a score of which both words are known")
    ratio = 100 * unknown / (len(ours) + (0 if dummy4unknown else unknown))
    result = pearson(theirs, ours), spearman(theirs, ours), ratio
    log_evaluate_word_pairs(*result, pairs)
    return result


def pair_cosines(vectors: KeyedVectorsLike, rows: Indices) -> NDArray[np.float64]:
    """Cosines of pairs of rows, (n, 2), as (n,): each what `similarity` gives for the two keys."""
    made = np.empty(len(rows))
    for part in slices(len(rows), _BLOCK_PAIRS):
        first, second = (vectors.vectors[side].astype(np.float64) for side in rows[part].T)
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            scale = np.sqrt(np.einsum("nd,nd->n", first, first) * np.einsum("nd,nd->n", second, second))
            found = (np.einsum("nd,nd->n", first, second) / scale).astype(vectors.vectors.dtype)
        for row in np.flatnonzero(~((scale > 1e-120) & (scale < 1e120))).tolist():
            found[row] = cosine(*vectors.vectors[rows[part][row]])
        made[part] = found
    return made


def _read_pairs(
    path: str, delimiter: str | None, encoding: str, case_insensitive: bool
) -> Iterator[tuple[str, str, float]]:
    for number, line in numbered_lines(path, encoding, "strict", "save it as UTF-8, or give encoding="):
        if line.startswith("#"):
            continue
        fields = [field.strip() for field in line.strip().split(delimiter)]
        try:
            first, second, score = fields
            yield folded(first, case_insensitive), folded(second, case_insensitive), float(score)
        except ValueError:
            logger.info("%s: line %d is no pair with a score and left out", path, number)


def log_evaluate_word_pairs(pearson: Correlation, spearman: Correlation, oov: float, pairs: AnyPath) -> None:
    """Log what `evaluate_word_pairs` found."""
    logger.info("Pearson's correlation with %s: %.4f", pairs, pearson[0])
    logger.info("Spearman's rank correlation with %s: %.4f", pairs, spearman[0])
    logger.info("pairs with unknown words: %.1f%%", oov)
