"""A library that is asked, and what questions need."""

from __future__ import annotations

import inspect
import io
import logging
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from peers.gensim.questions import SIZE, WORDS, sentences, uniform, vectors

TEXT = sentences(3)  # ten words, no two of which are equally frequent
NEW = [["city", "harbour"]] * 7
PHRASES = [["new", "york", "is", "a", "city"], ["the", "new", "york", "of", "old"]] * 6 + [["a", "city", "is", "new"]]
LINES = "a b c\n\nd e\n f  g \n"


class Asked:
    """One of the two libraries, with what questions need."""

    def __init__(self, models: Any, folder: Path) -> None:
        self.models, self.folder = models, folder
        self.library = models.__name__.partition(".")[0]

    def kv(self) -> Any:
        return vectors(self.models)

    def counted(self) -> Any:
        """Vectors with counts, no two alike."""
        made = self.kv()
        for row, word in enumerate(WORDS):
            made.set_vecattr(word, "count", (row * 17) % 53 + 1)
        return made

    def model(self, text: Any = None, **options: Any) -> Any:
        """A model with a vocabulary, untrained."""
        made = self.models.Word2Vec(**{"vector_size": SIZE, "min_count": 1, "workers": 1, "sample": 0, **options})
        made.build_vocab(TEXT if text is None else text)
        return made

    def trained(self, text: Any = None, **options: Any) -> Any:
        given = {"vector_size": SIZE, "min_count": 1, "workers": 1, "epochs": 2, "sample": 0, **options}
        return self.models.Word2Vec(TEXT if text is None else text, **given)

    def filled(self, **options: Any) -> Any:
        """A model whose matrices are the same in both libraries."""
        made = self.model(**options)
        made.wv.vectors[:] = uniform(len(made.wv), SIZE)
        for name, set_ in (("syn1neg", made.negative), ("syn1", made.hs)):
            if set_:
                getattr(made, name)[:] = uniform(2 * len(made.wv), SIZE)[::2]
        made.wv.fill_norms(force=True)
        return made

    def phrases(self, text: Any = None, **options: Any) -> Any:
        return self.models.Phrases(PHRASES if text is None else text, **{"min_count": 1, "threshold": 0.1, **options})

    def file(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def vector_file(self, binary: bool = False, **options: Any) -> str:
        self.counted().save_word2vec_format(self.path("vectors"), binary=binary, **options)
        return self.path("vectors")


Question = Callable[[Asked], Any]


def same(table: dict[str, Question], name: str) -> Callable[[Question], Question]:
    """Put the function that follows in a table of questions."""

    def put(question: Question) -> Question:
        table[name] = question
        return question

    return put


def differs(table: dict[str, tuple[Question, Any]], name: str, expected: Any) -> Callable[[Question], Question]:
    """Put the function that follows in a table of questions, with the answer of fastemb."""

    def put(question: Question) -> Question:
        table[name] = question, expected
        return question

    return put


def raised(ask: Callable[[], Any], expected: type[Exception] | None = None) -> Any:
    """The answer, or the name of the error: Python's own class that it is one of, ``expected`` before others."""
    try:
        return ask()
    except Exception as error:  # every kind is an answer
        if expected and isinstance(error, expected):
            return expected.__name__
        return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")


def after(thing: Any, method: str, *args: Any, **options: Any) -> Any:
    """The thing, once its method was called."""
    getattr(thing, method)(*args, **options)
    return thing


def warned(ask: Callable[[], Any]) -> list[str]:
    """Classes of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ask()
    return sorted({each.category.__name__ for each in caught})


def logged(name: str, ask: Callable[[], Any]) -> list[str]:
    """Lines of the log with numbers in them."""
    stream, logger = io.StringIO(), logging.getLogger(name)
    handler = logging.StreamHandler(stream)
    level, logger.disabled = logger.level, False
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        ask()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return re.findall(r"\d+\.\d+", stream.getvalue())


def default(function: Any, name: str) -> Any:
    return inspect.signature(function).parameters[name].default


def has(function: Any, *names: str) -> list[bool]:
    """Whether a function takes arguments of these names."""
    return [name in inspect.signature(function).parameters for name in names]


def counts(wv: Any) -> dict[str, int]:
    return {word: int(wv.get_vecattr(word, "count")) for word in sorted(wv.index_to_key)}


def shape_of(array: Any) -> list[Any]:
    return [array.dtype.name, list(array.shape), bool(array.flags.c_contiguous)]


def table_of(wv: Any) -> list[Any]:
    return [list(wv.index_to_key), some(wv.vectors)]


def some(vectors: Any) -> Any:
    """A few of the rows, and the sums of all."""
    return [vectors[::12], vectors.sum(axis=1)] if len(vectors) > 20 else vectors


def setting(name: str, value: Any) -> Question:
    """The default, the value given, and that after training and a file."""
    return setting_of("Word2Vec", lambda _a: TEXT, name, value)


def setting_of(kind: str, text: Callable[[Asked], Any], name: str, value: Any) -> Question:
    """The same of another model."""

    def ask(a: Asked) -> Any:
        made = getattr(a.models, kind)
        options = {"vector_size": SIZE, "min_count": 1, "workers": 1, "epochs": 2, "sample": 0, name: value}
        empty, model = made(), made(text(a), **options)
        model.save(a.path("model"))
        loaded = made.load(a.path("model"))
        return [getattr(each, name) for each in (empty, model, loaded)]

    return ask


def told(a: Asked) -> list[tuple[str, int, float]]:
    """`train_count` and `total_train_time` when a first training begins, after each epoch and when it ends."""
    seen: list[tuple[str, int, float]] = []

    class Noted(a.models.callbacks.CallbackAny2Vec):
        def on_train_begin(self, model: Any) -> None:
            seen.append(("train begins", model.train_count, model.total_train_time))

        def on_epoch_end(self, model: Any) -> None:
            seen.append(("epoch ends", model.train_count, model.total_train_time))

        def on_train_end(self, model: Any) -> None:
            seen.append(("train ends", model.train_count, model.total_train_time))

    a.trained(callbacks=[Noted()])
    return seen


def interrupted_calls(a: Asked) -> list[int]:
    """`train_count` after a callback raised an error during a first training."""
    found = []
    for event in ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end"):
        model, callback = a.model(), a.models.callbacks.CallbackAny2Vec()
        setattr(callback, event, lambda _model: 1 / 0)
        raised(
            lambda model=model, callback=callback: model.train(TEXT, total_examples=40, epochs=2, callbacks=[callback])
        )
        found.append(model.train_count)
    return found


def discard(word: str, _count: int, _min_count: int) -> int:
    return 1 if word in {"a", "new"} else 2 if word == "b" else 0  # RULE_DISCARD, RULE_KEEP, RULE_DEFAULT


class Recorder:
    """A callback that notes what is called when."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def on_train_begin(self, model: Any) -> None:
        self.calls.append(["train begins", len(model.wv)])

    def on_epoch_begin(self, _model: Any) -> None:
        self.calls.append("epoch begins")

    def on_epoch_end(self, model: Any) -> None:
        self.calls.append(
            ["epoch ends", len(model.wv.most_similar("new", topn=2)), model.wv.vectors.flags.c_contiguous]
        )

    def on_train_end(self, model: Any) -> None:
        self.calls.append(["train ends", model.epochs])


class Index:
    """An approximate index, as `most_similar` takes one."""

    def most_similar(self, vector: Any, topn: int) -> list[tuple[str, float]]:
        return [("asked", float(np.abs(vector).sum())), ("topn", float(topn))]


def state_of(model: Any) -> list[Any]:
    """What a model counts."""
    return [model.corpus_count, model.corpus_total_words, model.epochs, model.train_count, model.effective_min_count]


def matrices(model: Any) -> dict[str, list[Any]]:
    names = ("syn1neg", "syn1")
    return {name: shape_of(getattr(model, name)) for name in names if hasattr(model, name)}


def roundtrip(a: Asked, what: Any) -> Any:
    what.save(a.path("saved"))
    return type(what).load(a.path("saved"))


def one_step(a: Asked, first: float, **options: Any) -> Any:
    """How one pair moves an entry of `syn1`: hierarchical softmax over two words draws nothing at random."""
    model = a.model([["a", "b", "b"]], hs=1, negative=0, sg=1, alpha=1.0, min_alpha=1.0, window=1, **options)
    model.wv.vectors[:] = 0
    model.wv.vectors[:, 0] = first
    model.syn1[:] = 0
    model.syn1[0, 0] = 1
    model.train([["a", "b"]], total_examples=1, epochs=1, start_alpha=1.0, end_alpha=1.0, compute_loss=True)
    return [float(model.syn1[0, 0]), model.get_latest_training_loss()]


def Rates(models: Any) -> Any:  # noqa: N802
    class Rates(models.callbacks.CallbackAny2Vec):
        def __init__(self) -> None:
            self.rates: list[float] = []

        def on_epoch_end(self, model: Any) -> None:
            self.rates.append(model.min_alpha_yet_reached)

    return Rates()


def Losses(models: Any) -> Any:  # noqa: N802
    class Losses(models.callbacks.CallbackAny2Vec):
        def __init__(self) -> None:
            self.losses: list[float] = []

        def on_epoch_end(self, model: Any) -> None:
            self.losses.append(float(model.get_latest_training_loss()))
            model.running_training_loss = 0.0

    return Losses()


def own_score(
    worda_count: int, wordb_count: int, bigram_count: int, len_vocab: int, min_count: int, corpus_word_count: int
) -> float:
    return bigram_count / max(worda_count, wordb_count) + len_vocab / 100 + min_count / 10 + corpus_word_count / 1000


def intersected(a: Asked, content: bytes, **options: Any) -> list[Any]:
    """Vectors and factors after another file's vectors were taken over."""
    kv = a.kv()
    kv.vectors_lockf = np.ones(len(kv), np.float32)
    kv.intersect_word2vec_format(a.file("theirs", content), lockf=0.25, **options)
    return [kv["w3"], kv["w4"], len(kv), kv.vectors_lockf]


def locked(a: Asked) -> list[bool]:
    """Which vectors stay as they are when all but one are locked."""
    model = a.model()
    model.wv.vectors_lockf = np.zeros(len(model.wv), np.float32)
    model.wv.vectors_lockf[1] = 1
    before = model.wv.vectors.copy()
    model.train(TEXT, total_examples=len(TEXT), epochs=2)
    return (model.wv.vectors == before).all(axis=1).tolist()


def at_home(a: Asked, ask: Callable[[], Any]) -> Any:
    """The answer while the home of the user is the folder, with a file of vectors in it."""
    a.file("vectors.txt", "2 2\nx 1 2\ny 3 4.5\n")
    before = {name: os.environ.get(name) for name in ("HOME", "USERPROFILE")}
    os.environ.update(dict.fromkeys(before, str(a.folder)))
    try:
        return ask()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def files(a: Asked) -> str:
    """A folder of two texts."""
    a.file("texts/b.txt", LINES)
    a.file("texts/a.txt", "first line\n")
    return a.path("texts")


def brown(a: Asked, *names: str) -> str:
    """A folder as NLTK's."""
    for name in names:
        a.file(f"brown/{name}", f"The/at Jury/nn-tl said/vbd {name}/nn ./.\n\nTwo/cd words/nns and/or/cc\n")
    return a.path("brown")


def nan_score(
    worda_count: int, wordb_count: int, bigram_count: int, len_vocab: int, min_count: int, corpus_word_count: int
) -> float:
    return float("nan")


def named(a: Asked, keys: Any) -> Any:
    made = a.models.KeyedVectors(2)
    made.add_vectors(list(keys), uniform(len(keys), 2))
    return made


def integers(a: Asked) -> Any:
    """Vectors whose keys are 10 and 11."""
    return named(a, [10, 11])


def lengths_of_codes(model: Any) -> dict[str, int]:
    """How long the path of each word in the Huffman tree is."""
    return {word: len(model.wv.get_vecattr(word, "code")) for word in sorted(model.wv.index_to_key)}


def shares(model: Any) -> Any:
    """How often each word is drawn as a negative."""
    weights = np.array([model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key]) ** model.ns_exponent
    return weights / weights.sum()
