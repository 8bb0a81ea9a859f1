"""Phrases joined in what commands read."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..corpus import Corpus
from ..phrases import ENGLISH_CONNECTOR_WORDS, Phrases
from .saying import say
from .values import file_path, positive
from .wording import in_options

_THRESHOLD = 10.0
_ENGLISH = "english"
_OPTIONS = ("threshold", "min_count", "scoring", "passes")


def add_phrases(parser: argparse.ArgumentParser) -> None:
    """Add how phrases are found."""
    group = parser.add_argument_group(
        "phrases", "Words that stand side by side more often than their counts explain become one: new_york."
    )
    group.add_argument("--phrases", action="store_true", help="join phrases; rare words are dropped afterwards")
    group.add_argument(
        "--phrase-threshold",
        type=_numbers,
        metavar="X[,X...]",
        help="the score that phrases exceed; of several one a pass (10 for default scoring)",
    )
    group.add_argument(
        "--phrase-min-count", type=int, metavar="N", help="words and pairs that occur less often make no phrase (5)"
    )
    group.add_argument(
        "--phrase-scoring", choices=("default", "npmi"), help="word2vec's score, or from -1 to 1 (default)"
    )
    group.add_argument(
        "--phrase-passes", type=positive, metavar="N", help="more than one joins phrases to longer ones (1)"
    )
    group.add_argument(
        "--connector-words",
        type=file_path,
        metavar="FILE",
        help="words that may stand inside a phrase, as in bank_of_america: a UTF-8 text file of them, or 'english' for "
        f"{', '.join(sorted(ENGLISH_CONNECTOR_WORDS))}",
    )
    group.add_argument(
        "--save-phrases",
        type=file_path,
        metavar="FILE",
        help="also save the phrases, to join new text by FrozenPhrases.load; of several passes name.1.ending, "
        "name.2.ending and so on",
    )


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number or several with commas between them") from None


def phrase_passes(options: argparse.Namespace, workers: int) -> list[Phrases]:
    """What will find phrases in each pass; empty without ``--phrases``."""
    if not options.phrases:
        for name in (*(f"phrase_{name}" for name in _OPTIONS), "connector_words", "save_phrases"):
            if getattr(options, name) is not None:
                raise ValueError(f"--{name.replace('_', '-')} has no effect without --phrases")
        return []
    scoring = options.phrase_scoring or "default"
    if scoring == "npmi" and options.phrase_threshold is None:
        raise ValueError("--phrase-scoring npmi needs --phrase-threshold, from -1 to 1, such as 0.5")
    thresholds = options.phrase_threshold or [_THRESHOLD]
    passes = options.phrase_passes or len(thresholds)
    if len(thresholds) not in (1, passes):
        raise ValueError(f"--phrase-threshold has {len(thresholds)} numbers, and there are {passes} passes")
    connector_words = _connector_words(options.connector_words)
    try:
        return [
            Phrases(
                min_count=5 if options.phrase_min_count is None else options.phrase_min_count,
                threshold=threshold,
                scoring=scoring,
                connector_words=connector_words,
                workers=workers,
            )
            for threshold in (thresholds * passes if len(thresholds) == 1 else thresholds)
        ]
    except ValueError as error:
        raise ValueError(in_options(str(error), prefix="phrase-")) from None


def _connector_words(source: str | None) -> frozenset[str]:
    if source is None:
        return frozenset()
    if source == _ENGLISH:
        return ENGLISH_CONNECTOR_WORDS
    data = Path(source).read_bytes()
    try:
        words = frozenset(data.decode("utf-8-sig").split())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{source}, line {line}: connector words must be UTF-8 text") from None
    if not words:
        raise ValueError(f"{source}: there is no word in it")
    return words


def connector_files(options: argparse.Namespace) -> list[str]:
    """The file that connector words are read from, if there is one."""
    return [] if options.connector_words in (None, _ENGLISH) else [options.connector_words]


def phrase_files(options: argparse.Namespace) -> list[str]:
    """Where the phrases of each pass are saved."""
    if not options.phrases or options.save_phrases is None:
        return []
    path = Path(options.save_phrases)
    passes = options.phrase_passes or len(options.phrase_threshold or [_THRESHOLD])
    if passes == 1:
        return [str(path)]
    return [str(path.with_name(f"{path.stem}.{number}{path.suffix}")) for number in range(1, passes + 1)]


def join_phrases(corpus: Corpus, passes: list[Phrases], options: argparse.Namespace, workers: int) -> Corpus:
    """The corpus with its phrases joined; saves them when that is asked for."""
    if corpus.words < corpus.raw_words:
        raise ValueError(
            "this corpus lacks its rare words, so that words which stood left and right of one would count as "
            "neighbours: build it with --min-count 1"
        )
    files = phrase_files(options)
    for number in range(len(passes)):
        phrases = passes.pop(0)  # so that the counts go
        phrases.add_vocab(corpus)
        found = phrases.freeze()
        del phrases
        corpus = found.apply(corpus, workers)
        if files:
            found.save(files[number])
        if not options.quiet:
            where = f", saved to {files[number]}" if files else ""
            say(f"joined {len(found.phrasegrams):,} different phrases{where}")
    return corpus
