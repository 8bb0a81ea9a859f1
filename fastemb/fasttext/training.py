"""Training with the package's arguments."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import unknown_argument
from ..checks import number, whole
from ..classify.dictionary import Limits, counted
from ..classify.features import Features
from ..classify.lines import blocks
from ..classify.state import HIERARCHICAL, LOSSES, NEGATIVES, ClassifierState
from ..classify.text_classifier import TextClassifier
from ..corpus import Corpus
from ..corpus.messages import short
from ..io.formats.fasttext_parts import SKIPGRAM, Arguments, Dictionary
from ..io.paths import AnyPath, any_path
from ..models.fasttext_model import FastText
from ..signals import slices
from ..vectors import KeyedVectors
from ..vectors.any_format import load_vectors
from ..vectors.fasttext import FastTextKeyedVectors
from .model import FastTextModel
from .names import CannotOpenError, TrainedWith
from .wording import packages_names

Settings = Mapping[str, Any]
Trainer = Callable[..., FastTextModel]

_CBOW = 1
_KINDS = {"skipgram": SKIPGRAM, "cbow": _CBOW}
_MOST = 2**31 - 1
_SAME = {
    "min_count": "minCount",
    "word_ngrams": "wordNgrams",
    "lr_update_rate": "lrUpdateRate",
    "label_prefix": "label",
    "pretrained_vectors": "pretrainedVectors",
}
"""Names by which the package also knows arguments."""

_ELSEWHERE = {
    "size": "dim",
    "vector_size": "dim",
    "window": "ws",
    "epochs": "epoch",
    "iter": "epoch",
    "alpha": "lr",
    "learning_rate": "lr",
    "negative": "neg",
    "workers": "thread",
    "threads": "thread",
    "min_n": "minn",
    "max_n": "maxn",
    "sample": "t",
}


def _given(function: str, args: Sequence[Any], kwargs: Settings, defaults: Settings) -> dict[str, Any]:
    """All arguments by the package's names; the first is the input.

    Raises:
        TypeError: One is unknown, or given twice; or there is no input.
    """
    names = ["input", *defaults]
    if len(args) > len(names):
        raise TypeError(f"{function}() takes at most {len(names)} arguments, not {len(args)}")
    found = dict(zip(names, args, strict=False))
    for spelt, value in kwargs.items():
        name = _SAME.get(spelt, spelt)
        if name not in names:
            raise TypeError(unknown_argument(function, spelt, names, _ELSEWHERE))
        if name in found:
            raise TypeError(f"{function}() got multiple values for argument {name!r}")
        found[name] = value
    if "input" not in found:
        raise TypeError(f"{function}() needs input, the path of a file")
    _check_input(found["input"], _LISTS[function])
    return {**defaults, **found}


def _check_input(given: Any, lists: str) -> None:
    """Refuse what is no path.

    Raises:
        TypeError: It is a list, or anything else.
        ValueError: It is a text.
    """
    if not isinstance(given, str | bytes | os.PathLike):
        raise TypeError(f"input must be the path of a file of texts, not {short(given)}; {lists}")
    if isinstance(given, str) and "\n" in given:
        raise ValueError(f"input must be the path of a file, not a text, {short(given)}: write it to a file; {lists}")


def _with_signature(defaults: Settings) -> Callable[[Trainer], Trainer]:
    """Show the arguments where a function is looked up."""

    def decorate(function: Trainer) -> Trainer:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter("input", kind)]
        parameters += [inspect.Parameter(name, kind, default=value) for name, value in defaults.items()]
        function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return function

    return decorate


_LISTS = {
    "train_supervised": "fastemb.TextClassifier().fit(texts, labels) takes lists",
    "train_unsupervised": "fastemb.FastText(sentences) takes lists of tokens",
}
"""What takes texts that are in memory."""

_COMMON = {one.name: one.default for one in fields(TrainedWith)}
_UNSUPERVISED = {"model": "skipgram", **_COMMON, "seed": 0}


@_with_signature(_UNSUPERVISED)
def train_unsupervised(*args: Any, **kwargs: Any) -> FastTextModel:
    """Train vectors of words, by skip-gram or CBOW with n-grams of characters.

    Defaults are the package's; ``thread`` None means all CPUs. As in the package there is a row for each of ``bucket``
    numbers of n-grams, but those of n-grams that do not occur are zero; `fastemb.FastText` has no rows for them, and
    takes more kinds of input.

    Args:
        *args: The path of a text in UTF-8 and, in their order, the values of the arguments; labels in the text are left
            out. Or by name:
        **kwargs: ``model``: "skipgram" or "cbow". ``lr``: first learning rate, which falls to 0. ``dim``: length of the
            vectors. ``ws``: words on each side. ``epoch``: passes over the text. ``minCount`` (``min_count``): rarer
            words are dropped. ``minn``, ``maxn``: characters of the shortest and longest n-grams; 0 for none.
            ``neg``: negatives. ``loss``: "ns" or "hs". ``bucket``: numbers of n-grams. ``thread``. ``t``: frequent
            words above this share are thinned. ``label`` (``label_prefix``): how labels begin. ``verbose``: 0 for no
            progress. ``pretrainedVectors`` (``pretrained_vectors``): vectors of words to begin with. ``seed``.
            ``minCountLabel``, ``wordNgrams`` and ``lrUpdateRate`` are taken and do nothing, as in the package.

    Raises:
        TypeError: An argument is unknown.
        ValueError: A value makes no sense; the file is not there, or no word is frequent enough.
        FloatingPointError: Training diverged.
    """
    asked = _given("train_unsupervised", args, kwargs, _UNSUPERVISED)
    trained = TrainedWith(**{name: asked[name] for name in _COMMON})
    kind, loss, seed = asked["model"], trained.loss, whole("seed", asked["seed"], 0, 2**64 - 1)
    if kind not in _KINDS:
        raise ValueError(f"Unrecognized model name: {kind!r}; train_unsupervised takes 'skipgram' or 'cbow'")
    if loss not in ("ns", "hs"):
        raise ValueError(f"Unrecognized loss name: {loss!r}; train_unsupervised takes 'ns' or 'hs'")
    limits = Limits(whole("minCount", trained.minCount, 0, _MOST), 0, trained.label.encode())
    path = asked["input"]
    found = _counted(path, limits)
    tokens = found.tokens
    if not found.words:
        raise ValueError(f"{any_path(path)}: Empty vocabulary. Try a smaller minCount value.")
    corpus = _corpus(path, found, limits)
    maxn = whole("maxn", trained.maxn, 0, _MOST)
    if maxn < trained.minn or not trained.bucket:
        maxn = 0
    t = number("t", trained.t, at_least=0.0)
    with packages_names():
        made = FastText(
            sg=int(kind == "skipgram"),
            hs=int(loss == "hs"),
            negative=0 if loss == "hs" else trained.neg,
            ns_exponent=0.5,  # fastText's
            vector_size=trained.dim,
            alpha=trained.lr,
            min_alpha=0.0,
            window=trained.ws,
            min_count=1,
            sample=t if t < 1 else 0.0,
            seed=seed,
            workers=trained.thread,
            epochs=trained.epoch,
            min_n=trained.minn,
            max_n=maxn,
            bucket=trained.bucket if maxn else 0,
            negatives_per_pair=kind == "skipgram" and loss == "ns",  # shared ones lose some of rare words
        )
        made.build_vocab(corpus)
        if trained.pretrainedVectors:
            _begin_with(made, trained.pretrainedVectors)
        made.train(
            corpus,
            total_examples=made.corpus_count,
            epochs=made.epochs,
            progress=None if trained.verbose else False,
        )
    return FastTextModel._of(_state_of(made, kind, loss, tokens, trained), trained)


_SUPERVISED = {
    **_COMMON,
    "lr": 0.1,
    "minCount": 1,
    "minn": 0,
    "maxn": 0,
    "loss": "softmax",
    "seed": 0,
    "autotuneValidationFile": "",
    "autotuneMetric": "f1",
    "autotunePredictions": 1,
    "autotuneDuration": 300,
    "autotuneModelSize": "",
}


@_with_signature(_SUPERVISED)
def train_supervised(*args: Any, **kwargs: Any) -> FastTextModel:
    """Train a model that tells the labels of texts.

    Defaults are the package's; ``thread`` None means all CPUs. `fastemb.TextClassifier` takes lists and tables, too.

    Args:
        *args: The path of a file with a text a line in UTF-8, in which labels are words that begin with ``label``; and,
            in their order, the values of the arguments. Or by name:
        **kwargs: ``lr``: first learning rate, which falls to 0. ``dim``: length of the vectors. ``epoch``: passes over
            the texts. ``minCount`` (``min_count``): rarer words are dropped. ``minCountLabel``: the same of labels.
            ``minn``, ``maxn``: characters of the shortest and longest n-grams; 0 for none. ``wordNgrams``
            (``word_ngrams``): words of the longest n-grams of words. ``neg``: labels drawn with loss "ns". ``loss``:
            "softmax", "hs", "ns" or "ova". ``bucket``: numbers of n-grams. ``thread``. ``label`` (``label_prefix``):
            how labels begin. ``verbose``: 0 for no progress. ``pretrainedVectors`` (``pretrained_vectors``): a file of
            vectors to begin with. ``seed``. ``ws``, ``t`` and ``lrUpdateRate`` are taken and do nothing, as in the
            package.

    Raises:
        TypeError: An argument is unknown.
        ValueError: A value makes no sense; the file is not there, or has no labels; or settings are to be found by
            ``autotuneValidationFile``, which is not done here.
        FloatingPointError: Training diverged.
    """
    asked = _given("train_supervised", args, kwargs, _SUPERVISED)
    trained = TrainedWith(**{name: asked[name] for name in _COMMON})
    if asked["autotuneValidationFile"]:
        raise ValueError(
            "autotuneValidationFile: settings are not tuned here: GridSearchCV of scikit-learn tries those of "
            "fastemb.TextClassifier"
        )
    if trained.loss not in LOSSES:
        raise ValueError(f"Unrecognized loss name: {trained.loss!r}; train_supervised takes {', '.join(LOSSES)}")
    maxn = whole("maxn", trained.maxn, 0, _MOST)
    minn = whole("minn", trained.minn, 0, _MOST)
    maxn = 0 if maxn < minn else maxn
    has_ngrams = maxn > 0 or trained.wordNgrams > 1
    made = TextClassifier(
        trained.dim,
        loss=trained.loss,
        alpha=trained.lr,
        epochs=trained.epoch,
        min_count=trained.minCount,
        min_count_label=trained.minCountLabel,
        word_ngrams=max(1, whole("wordNgrams", trained.wordNgrams, 0, _MOST)),
        min_n=minn if maxn else 0,
        max_n=maxn,
        bucket=trained.bucket if has_ngrams else 0,
        negative=trained.neg,
        vectors=_pretrained(trained.pretrainedVectors) if trained.pretrainedVectors else None,
        random_state=asked["seed"],
        workers=trained.thread,
        progress=None if trained.verbose else False,
    )
    try:
        with packages_names():
            made.fit_file(asked["input"], label_prefix=trained.label)
    except FileNotFoundError as error:
        raise CannotOpenError(f"{any_path(asked['input'])} cannot be opened for training!") from error
    state = made._known().core.state()
    arguments = replace(
        state.arguments, ws=trained.ws, min_count=trained.minCount, lr_update_rate=trained.lrUpdateRate, t=trained.t
    )
    return FastTextModel._of(replace(state, arguments=arguments), trained)


def _counted(path: AnyPath, limits: Limits) -> Dictionary:
    try:
        return counted(blocks(path), limits)
    except FileNotFoundError as error:
        raise CannotOpenError(f"{any_path(path)} cannot be opened for training!") from error


def _corpus(path: AnyPath, found: Dictionary, limits: Limits) -> Corpus:
    """The lines of a text as sentences of the words that are kept, with ``</s>`` at the end of each."""
    features = Features(found, Arguments(1), limits.prefix)
    parts = [features.documents(block) for block in blocks(path)]
    ids = np.concatenate([np.empty(0, np.int32), *(part.rows for part in parts)])
    lengths = np.concatenate([np.empty(0, np.int64), *(np.diff(part.offsets) for part in parts)])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    keys = [name.decode("utf-8", "surrogateescape") for name in found.names[: found.words]]
    return Corpus.from_ids(ids, offsets, keys=keys)


def _pretrained(path: AnyPath) -> KeyedVectors:
    try:
        return load_vectors(path)
    except FileNotFoundError as error:
        raise CannotOpenError(f"Pretrained vectors file cannot be opened! {any_path(path)}: no such file") from error


def _begin_with(model: FastText, path: AnyPath) -> None:
    """Let the rows of words be those of a file of vectors.

    Raises:
        ValueError: It has vectors of another length.
    """
    given = _pretrained(path)
    if given.vector_size != model.vector_size:
        raise ValueError(
            f"Dimension of pretrained vectors ({given.vector_size}) does not match dimension ({model.vector_size})!"
        )
    known = [(row, key) for row, key in enumerate(model.wv.index_to_key) if given.has_index_for(key)]
    if known:
        rows, keys = zip(*known, strict=True)
        model.wv.vectors_vocab[list(rows)] = given[list(keys)]
        model.wv.adjust_vectors()


def _state_of(model: FastText, kind: str, loss: str, tokens: int, trained: TrainedWith) -> ClassifierState:
    wv = model.wv
    names = [key.encode("utf-8", "surrogateescape") for key in wv.index_to_key]
    counts = np.asarray(wv.expandos["count"], np.int64)
    arguments = Arguments(
        dim=model.vector_size,
        ws=model.window,
        epoch=model.epochs,
        min_count=trained.minCount,
        neg=trained.neg,
        word_ngrams=trained.wordNgrams,
        loss=HIERARCHICAL if loss == "hs" else NEGATIVES,
        model=_KINDS[kind],
        bucket=wv.bucket if wv.max_n else 0,
        minn=trained.minn,
        maxn=wv.max_n,
        lr_update_rate=trained.lrUpdateRate,
        t=trained.t,
    )
    outputs = -model.syn1 if model.hs else model.syn1neg  # of a path fastText's label is 1 where ours is 0
    dictionary = Dictionary.of(names, len(names), counts, tokens)
    return ClassifierState(arguments, dictionary, _every_row(wv), outputs, trained.label.encode(), trained.lr)


def _every_row(wv: FastTextKeyedVectors) -> NDArray[np.float32]:
    """Rows of words, then one for each bucket, zero for those of n-grams that do not occur."""
    words, known = len(wv), wv.input_vectors
    if wv.buckets is None or not wv.max_n:
        return known
    made = np.zeros((words + wv.bucket, known.shape[1]), np.float32)
    made[:words] = known[:words]
    for part in slices(len(wv.buckets)):
        made[words + wv.buckets[part]] = known[words:][part]
    return made
