"""The rows of the readers, callbacks and phrases."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

from peers.gensim.page.asked import (
    LINES,
    PHRASES,
    Asked,
    Question,
    Recorder,
    at_home,
    brown,
    differs,
    files,
    has,
    logged,
    own_score,
    raised,
    roundtrip,
    same,
)


def with_threshold(found: Any, threshold: float) -> list[str]:
    """A phrase joined once the threshold is another."""
    found.threshold = threshold
    return list(found[["new", "york"]])


SAME: dict[str, Question] = {
    "LineSentence.LineSentence: a path": lambda a: [
        list(a.models.word2vec.LineSentence(a.file("lines", LINES))),
        list(a.models.word2vec.LineSentence(a.file("lines.gz", gzip.compress(LINES.encode())))),
        list(a.models.word2vec.LineSentence(Path(a.file("lines", LINES)))),
        list(a.models.word2vec.LineSentence(io.BytesIO(LINES.encode()))),
        *(list(lines) for lines in [a.models.word2vec.LineSentence(a.file("lines", LINES))] * 2),
    ],
    "LineSentence.LineSentence: ~ and file://": lambda a: at_home(
        a,
        lambda: [
            list(a.models.word2vec.LineSentence(path)) for path in ("~/vectors.txt", "file://" + a.path("vectors.txt"))
        ],
    ),
    "LineSentence.limit": lambda a: [
        [a.models.word2vec.LineSentence("x").limit, a.models.word2vec.LineSentence("x", limit=2).limit],
        *(list(a.models.word2vec.LineSentence(a.file("lines", LINES), limit=limit)) for limit in (0, 1, 3, 9)),
    ],
    "LineSentence.max_sentence_length": lambda a: [
        a.models.word2vec.LineSentence("x").max_sentence_length,
        list(a.models.word2vec.LineSentence(a.file("lines", LINES), max_sentence_length=2)),
    ],
    "LineSentence.source": lambda a: a.models.word2vec.LineSentence("a path").source,
    "PathLineSentences.PathLineSentences: files": lambda a: [
        list(a.models.word2vec.PathLineSentences(files(a))),
        list(a.models.word2vec.PathLineSentences(a.file("lines", LINES))),
        raised(lambda: a.models.word2vec.PathLineSentences(a.path("nothing"))),
    ],
    "PathLineSentences.input_files": lambda a: [
        Path(one).relative_to(a.folder).as_posix() for one in a.models.word2vec.PathLineSentences(files(a)).input_files
    ],
    "PathLineSentences.limit": lambda a: [
        a.models.word2vec.PathLineSentences(files(a), limit=1).limit,
        list(a.models.word2vec.PathLineSentences(files(a), limit=1)),
    ],
    "PathLineSentences.max_sentence_length": lambda a: [
        a.models.word2vec.PathLineSentences(files(a), max_sentence_length=2).max_sentence_length,
        list(a.models.word2vec.PathLineSentences(files(a), max_sentence_length=2)),
    ],
    "Text8Corpus.Text8Corpus": lambda a: [
        list(a.models.word2vec.Text8Corpus(a.file("text8", " a b c\nd e f g"), 3)),
        list(a.models.word2vec.Text8Corpus(a.file("text8", "a b c d"), 2)),
        list(a.models.word2vec.Text8Corpus(a.file("text8", "a b c "))),
        list(a.models.word2vec.Text8Corpus(a.file("text8", ""))),
    ],
    "Text8Corpus.fname": lambda a: a.models.word2vec.Text8Corpus("a path").fname,
    "Text8Corpus.max_sentence_length": lambda a: [
        a.models.word2vec.Text8Corpus("x").max_sentence_length,
        a.models.word2vec.Text8Corpus("x", 5).max_sentence_length,
    ],
    "BrownCorpus.BrownCorpus: one file": lambda a: list(a.models.word2vec.BrownCorpus(brown(a, "ca01"))),
    "BrownCorpus.dirname": lambda a: a.models.word2vec.BrownCorpus("a folder").dirname,
    **{
        f"CallbackAny2Vec.on_{event}": lambda a: (lambda seen: [a.trained(callbacks=[seen]), seen.calls][1])(Recorder())
        for event in ("epoch_begin", "epoch_end", "train_begin", "train_end")
    },
    "Phrases.Phrases: defaults": lambda a: str(a.models.Phrases(PHRASES)).replace(" object", "")[:70],
    "Phrases.Phrases: sentences": lambda a: [
        a.phrases()[["new", "york"]],
        list(a.phrases()[("new", "york")]),
        len(a.phrases()[PHRASES]),
        *(len(list(joined)) for joined in [a.phrases()[PHRASES]] * 2),
        list(a.phrases()[[]]),
        list(a.phrases()[[[]]]),
    ],
    "Phrases.analyze_sentence": lambda a: list(
        a.phrases().analyze_sentence(["new", "york", "city", "is", "new", "york"])
    ),
    "Phrases.connector_words": lambda a: [
        sorted(a.phrases().connector_words),
        sorted(a.phrases(connector_words=a.models.phrases.ENGLISH_CONNECTOR_WORDS).connector_words),
        list(a.phrases(connector_words=frozenset(["of"]))[["york", "of", "old"]]),
    ],
    "Phrases.corpus_word_count": lambda a: [a.models.Phrases().corpus_word_count, a.phrases().corpus_word_count],
    "Phrases.delimiter": lambda a: [
        a.phrases().delimiter,
        a.phrases(delimiter="+").delimiter,
        list(a.phrases(delimiter="+")[["new", "york"]]),
    ],
    "Phrases.export_phrases: scores": lambda a: dict(sorted(a.phrases().export_phrases().items())),
    "Phrases.find_phrases": lambda a: dict(
        sorted(a.phrases().find_phrases([["new", "york", "city"], ["a", "city"]]).items())
    ),
    "Phrases.freeze": lambda a: [
        type(a.phrases().freeze()).__name__,
        dict(sorted(a.phrases().freeze().phrasegrams.items())),
        list(a.phrases().freeze()[["in", "new", "york"]]),
    ],
    "Phrases.max_vocab_size: its value": lambda a: [
        a.models.Phrases().max_vocab_size,
        a.phrases(max_vocab_size=1000).max_vocab_size,
    ],
    "Phrases.min_count": lambda a: [
        a.models.Phrases().min_count,
        a.phrases(min_count=7).min_count,
        a.phrases(min_count=7).export_phrases(),
    ],
    "Phrases.score_candidate": lambda a: [
        a.phrases().score_candidate(*pair, []) for pair in (("new", "york"), ("a", "new"))
    ],
    "Phrases.scoring": lambda a: [
        a.phrases().scoring.__name__,
        a.phrases(scoring="npmi").scoring.__name__,
        dict(sorted(a.phrases(scoring="npmi").export_phrases().items())),
        dict(sorted(a.phrases(scoring=own_score).export_phrases().items())),
        raised(lambda: a.phrases(scoring="unheard of")),
        raised(lambda: a.phrases(scoring="npmi", threshold=2)),
    ],
    "Phrases.threshold: values": lambda a: [
        a.models.Phrases().threshold,
        a.phrases(threshold=2.0).threshold,
        dict(sorted(a.phrases(threshold=1.5).export_phrases().items())),
        raised(lambda: a.phrases(threshold=-1)),
    ],
    "Phrases.vocab: counts": lambda a: dict(sorted(a.phrases().vocab.items())),
    "FrozenPhrases.analyze_sentence": lambda a: list(a.phrases().freeze().analyze_sentence(["new", "york", "city"])),
    "FrozenPhrases.connector_words": lambda a: sorted(a.phrases(connector_words=["of"]).freeze().connector_words),
    "FrozenPhrases.delimiter": lambda a: a.phrases(delimiter="+").freeze().delimiter,
    "FrozenPhrases.find_phrases": lambda a: dict(
        sorted(a.phrases().freeze().find_phrases([["new", "york", "city"]]).items())
    ),
    "FrozenPhrases.min_count": lambda a: a.phrases(min_count=3).freeze().min_count,
    "FrozenPhrases.phrasegrams: scores": lambda a: dict(sorted(a.phrases(scoring="npmi").freeze().phrasegrams.items())),
    "FrozenPhrases.score_candidate": lambda a: [
        a.phrases().freeze().score_candidate(*pair, []) for pair in (("new", "york"), ("a", "new"), ("x", "y"))
    ],
    "FrozenPhrases.scoring: of gensim's own": lambda a: a.phrases(scoring="npmi").freeze().scoring.__name__,
    "FrozenPhrases.threshold": lambda a: [
        a.phrases(threshold=0.3).freeze().threshold,
        *(with_threshold(a.phrases(scoring="npmi").freeze(), threshold) for threshold in (0.2, 0.99, 2)),
    ],
    "FrozenPhrases.save: what comes back": lambda a: dict(
        sorted(roundtrip(a, a.phrases().freeze()).phrasegrams.items())
    ),
}

DIFFERS: dict[str, tuple[Question, Any]] = {
    "LineSentence.LineSentence": (
        lambda a: raised(lambda: list(a.models.word2vec.LineSentence(["a b", b"c d"]))),
        [["a", "b"], ["c", "d"]],
    ),
    "PathLineSentences.source": (
        lambda a: a.models.word2vec.PathLineSentences(files(a)).source == a.path("texts"),
        True,
    ),
    "Phrases.Phrases": (lambda a: has(a.models.Phrases, "workers"), [True]),
    "Phrases.export_phrases": (
        lambda a: list(a.phrases().export_phrases()),
        ["of_old", "a_city", "is_a", "new_york", "york_of", "the_new", "york_is"],
    ),
    "LineSentence.LineSentence: invalid UTF-8": (
        lambda a: raised(lambda: list(a.models.word2vec.LineSentence(a.file("bad", b"a \xff\n")))),
        "ValueError",
    ),
    "Phrases.load: of a file of FrozenPhrases": (
        lambda a: (
            a.phrases().freeze().save(a.path("saved")),
            raised(lambda: type(a.models.Phrases.load(a.path("saved"))).__name__),
        )[1],
        "ValueError",
    ),
    "FrozenPhrases.load: of a file of Phrases": (
        lambda a: (
            a.phrases().save(a.path("saved")),
            raised(lambda: type(a.models.phrases.FrozenPhrases.load(a.path("saved"))).__name__),
        )[1],
        "ValueError",
    ),
    "Phrases.threshold": (lambda a: raised(lambda: with_threshold(a.phrases(scoring="npmi"), 2)), "ValueError"),
    "Phrases.load": (
        lambda a: raised(lambda: roundtrip(a, a.phrases(scoring=own_score)).scoring is own_score),
        "ValueError",
    ),
    "Phrases.max_vocab_size": (
        lambda a: dict(sorted(a.phrases(max_vocab_size=3).vocab.items())),
        {"new": 13, "new_york": 12, "york": 12},
    ),
    "Phrases.progress_per": (lambda a: logged(a.library, lambda: a.phrases(progress_per=1)) == [], True),
    "Phrases.save": (
        lambda a: [
            *has(a.models.Phrases.save, "path"),
            raised(lambda: a.phrases().save(a.path("p"), pickle_protocol=2)),
        ],
        [True, "TypeError"],
    ),
    "Phrases.vocab": (lambda a: raised(lambda: a.phrases().vocab.update(x=1)), "AttributeError"),
    "FrozenPhrases.phrasegrams": (
        lambda a: raised(lambda: a.phrases().freeze().phrasegrams.update(x=1)),
        "AttributeError",
    ),
    "FrozenPhrases.save": (
        lambda a: raised(lambda: a.phrases().freeze().save(a.path("p"), pickle_protocol=2)),
        "TypeError",
    ),
}

NOT_ASKED: dict[str, str] = {
    "BrownCorpus.BrownCorpus": "the order of a folder is by chance what it is; one file is asked",
    "Phrases.add_lifecycle_event": "nothing takes its place",
    "Phrases.lifecycle_events": "nothing takes its place",
    "Phrases.min_reduce": "nothing takes its place",
    "FrozenPhrases.add_lifecycle_event": "nothing takes its place",
    "FrozenPhrases.lifecycle_events": "nothing takes its place",
}


@same(SAME, "CallbackAny2Vec.CallbackAny2Vec")
def _(a: Asked) -> Any:
    base = a.models.callbacks.CallbackAny2Vec()
    return [base.on_train_begin(None), base.on_epoch_begin(None), base.on_epoch_end(None), base.on_train_end(None)]


@same(SAME, "Phrases.add_vocab")
def _(a: Asked) -> Any:
    found = a.phrases()
    return [found.add_vocab([["old", "city"]] * 5), dict(sorted(found.vocab.items())), found.corpus_word_count]


@same(SAME, "Phrases.add_vocab: of an empty model")
def _(a: Asked) -> Any:
    found = a.models.Phrases(min_count=1, threshold=0.1)
    return [found.add_vocab(PHRASES), dict(sorted(found.vocab.items()))]


@same(SAME, "Phrases.save: what comes back")
def _(a: Asked) -> Any:
    found = roundtrip(a, a.phrases(scoring="npmi"))
    return [dict(sorted(found.vocab.items())), dict(sorted(found.export_phrases().items())), found.corpus_word_count]


@same(SAME, "FrozenPhrases.FrozenPhrases")
def _(a: Asked) -> Any:
    frozen = a.models.phrases.FrozenPhrases(a.phrases())
    return [list(frozen[["in", "new", "york"]]), list(frozen[PHRASES[:2]]), str(frozen)[:40]]


@differs(DIFFERS, "PathLineSentences.PathLineSentences", [["a", "b", "c"], ["d", "e"], ["f", "g"]])
def _(a: Asked) -> Any:
    a.file("texts/one.txt", LINES)
    (a.folder / "texts" / "inside").mkdir()
    return raised(lambda: list(a.models.word2vec.PathLineSentences(a.path("texts"))))


@differs(DIFFERS, "FrozenPhrases.load", False)
def _(a: Asked) -> Any:
    a.phrases().freeze().save(a.path("p"))
    return Path(a.path("p")).read_bytes()[:1] == b"\x80"


@differs(DIFFERS, "FrozenPhrases.scoring", None)
def _(a: Asked) -> Any:
    found = roundtrip(a, a.phrases(scoring=own_score).freeze()).scoring
    return found and found.__name__
