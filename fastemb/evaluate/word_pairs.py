"""How well cosines agree with people about which words are similar."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from ..io.input_file import numbered_lines
from ..io.paths import AnyPath, local_path
from ..vectors.interface import KeyedVectorsLike
from ..vectors.norms import cosine
from .statistics import Correlation, pearson, spearman
from .words import folded, rows_by_word

logger = logging.getLogger(__name__)


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
    theirs: list[float] = []
    ours: list[float] = []
    unknown = 0
    for first, second, score in _read_pairs(pairs, delimiter, encoding, case_insensitive):
        known = first in rows and second in rows
        unknown += not known
        if known or dummy4unknown:
            theirs.append(score)
            ours.append(float(cosine(self.vectors[rows[first]], self.vectors[rows[second]])) if known else 0.0)
    if len(ours) < 2:
        raise ValueError(f"{pairs}: fewer than two pairs with a score of which both words are known")
    ratio = 100 * unknown / (len(ours) + (0 if dummy4unknown else unknown))
    found = pearson(theirs, ours), spearman(theirs, ours), ratio
    log_evaluate_word_pairs(*found, pairs)
    return found


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
