"""Files of phrases, in the safetensors format: counts with settings, or phrases with their scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..checks import are_offsets, whole
from ..corpus.vocabulary import Ints, Vocabulary
from ..io.atomic import StrPath
from ..io.json_text import parse_json
from ..io.keys import pack_keys, unpack_keys
from ..io.kinds import reader_of
from ..io.safetensors import read_tensors, write_tensors
from .pairs import Pairs, Phrase, word_keys
from .scoring import find_scorer
from .settings import check_settings, checked_connectors

_PHRASES, _FROZEN, _VERSION = "fastemb.Phrases", "fastemb.FrozenPhrases", "1"

Settings = dict[str, Any]


def plain_number(name: str, value: Any) -> int | float:
    """A number of NumPy or another library as Python's, which JSON holds.

    Raises:
        TypeError: it is no number.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, not {value!r}")
    return int(value) if isinstance(value, Integral) else float(value)


def write_pairs(path: StrPath, pairs: Pairs, settings: Settings) -> None:
    """Write counts, and the settings of a `Phrases`.

    Raises:
        TypeError: a setting was changed to something of another type.
        ValueError: a setting was changed to what makes no sense, so that `read_pairs` would refuse it.
    """
    settings = {**settings, "different": pairs.different}
    _check_saved(settings, has_counts=True)
    keys, key_type = pack_keys(pairs.keys)
    arrays = {**keys, "counts": pairs.counts, "chains": pairs.chains, "pairs": pairs.table}
    metadata = {"format": _PHRASES, "version": _VERSION, "key_type": key_type, "settings": json.dumps(settings)}
    write_tensors(path, arrays, metadata)


def read_pairs(path: StrPath) -> tuple[Pairs, Settings]:
    """What `write_pairs` wrote.

    Raises:
        ValueError: the file is something else or damaged.
    """
    arrays, metadata, settings = _read_file(path, _PHRASES)
    keys, counts = unpack_keys(path, arrays, metadata.get("key_type")), arrays.get("counts")
    if counts is None or counts.dtype != np.int64:
        raise ValueError(f"{path}: the counts are missing or damaged")
    try:
        words = word_keys(vocabulary := Vocabulary(keys, counts))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged vocabulary: {error}") from None
    chains, table = (arrays.get(name, np.empty(0)) for name in ("chains", "pairs"))
    if (chains.dtype, chains.shape[1:], table.dtype, table.shape[1:]) == (np.int32, (2,), np.uint64, (2,)):
        different, read = settings["different"], settings["corpus_word_count"]
        pairs = Pairs(words, counts, chains, [table], different, read, vocabulary.key_to_index)
        if pairs.is_sound():
            return pairs, settings
    raise ValueError(f"{path}: the pairs are missing or damaged")


def write_frozen(path: StrPath, scores: Mapping[Phrase, float], settings: Settings) -> None:
    """Write phrases with their scores, and the settings of a `FrozenPhrases`; the errors are those of `write_pairs`."""
    _check_saved(settings, has_counts=False)
    keys, _ = pack_keys([word for phrase in scores for word in phrase])
    arrays = {**keys, "phrase_offsets": _offsets(scores), "scores": np.array([*scores.values()], np.float64)}
    write_tensors(path, arrays, {"format": _FROZEN, "version": _VERSION, "settings": json.dumps(settings)})


def read_frozen(path: StrPath) -> tuple[dict[Phrase, float], Settings]:
    """What `write_frozen` wrote.

    Raises:
        ValueError: the file is something else or damaged.
    """
    arrays, _, settings = _read_file(path, _FROZEN)
    words, scores = unpack_keys(path, arrays, "str"), arrays.get("scores")
    phrases = _groups(arrays.get("phrase_offsets"), words)
    if (
        phrases is None
        or any(len(phrase) < 2 for phrase in phrases)
        or scores is None
        or scores.dtype != np.float64
        or scores.shape != (len(phrases),)
    ):
        raise ValueError(f"{path}: the phrases are missing or damaged")
    return dict(zip(phrases, scores.tolist(), strict=True)), settings


def _offsets(groups: Iterable[Phrase]) -> Ints:
    return np.append(0, np.cumsum([len(group) for group in groups], dtype=np.int64))


def _groups(offsets: Any, words: Sequence[Any]) -> list[Phrase] | None:
    """The words from each offset to the next; None when these are no offsets."""
    if offsets is None or offsets.dtype != np.int64 or not are_offsets(offsets, len(words)):
        return None
    return [tuple(words[begin:end]) for begin, end in pairwise(offsets.tolist())]


def _read_file(path: StrPath, wanted: str) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    arrays, metadata = read_tensors(path)
    found = metadata.get("format", "")
    if found != wanted:
        raise ValueError(f"{path}: holds no {wanted.removeprefix('fastemb.')}{reader_of(metadata)}")
    if metadata.get("version") != _VERSION:
        raise ValueError(f"{path}: written by a newer fastemb (phrases format {metadata.get('version')})")
    try:
        settings = parse_json(metadata["settings"])
        _check_saved(settings, has_counts=wanted == _PHRASES)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: damaged settings: {error}") from None
    return arrays, metadata, settings


def _check_saved(settings: Any, has_counts: bool) -> None:
    """Raise KeyError, TypeError, ValueError or OverflowError for settings that a file must not have."""
    scoring = settings["scoring"]
    if scoring is not None and not isinstance(scoring, str):
        raise TypeError(f"scoring must be a name, not {scoring!r}")
    scorer = (lambda **_: 0.0) if scoring is None else find_scorer(scoring)
    check_settings(settings["min_count"], settings["threshold"], settings["delimiter"], scorer)
    checked_connectors(settings["connector_words"])
    if has_counts:
        for name, least in (("max_vocab_size", 1), ("corpus_word_count", 1), ("different", 0)):
            whole(name, settings[name], least, 2**62)
        plain_number("progress_per", settings["progress_per"])
