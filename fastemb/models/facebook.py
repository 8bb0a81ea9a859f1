"""Models of fastText, ``.bin``, as `FastText`, and back."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import whole
from ..corpus import Vocabulary
from ..io.formats.fasttext_matrix import QuantisedMatrix
from ..io.formats.fasttext_model import Whole, read_whole, write_whole
from ..io.formats.fasttext_parts import NEGATIVE_SAMPLING, SKIPGRAM, SUPERVISED, Arguments, Dictionary
from ..io.formats.word2vec_file import key_bytes
from ..io.paths import AnyPath, local_path
from ..signals import slices
from ..train.settings import SubwordSettings
from ..vectors.fasttext import FastTextKeyedVectors, word_bytes
from .fasttext_model import FastText
from .word2vec_file import Saved

_HIERARCHICAL, _CBOW = 1, 1
_LOSSES = {3: "softmax", 4: "one-vs-all"}
_KEPT = "fasttext_arguments"
_DEFAULT_NEGATIVES, _DEFAULT_RATE_UPDATES, _DEFAULT_WORD_NGRAMS = 5, 100, 1
_PART = 1 << 14  # rows that are written at once


@names_arguments()
def load_facebook_model(path: AnyPath, encoding: str = "utf-8") -> FastText:
    """Read a model that fastText trained without labels, or that `save_facebook_model` wrote; training can go on.

    Every bucket keeps its row, so that vectors are those of fastText for all words. Bytes of words that are no UTF-8
    become lone surrogates (Python's "surrogateescape"), and are written again as they were.

    Args:
        path: A ``.bin`` file of version 11 or 12, or older; compressed ones are unpacked on the way.
        encoding: "utf-8": n-grams are numbered by the bytes of that.

    Raises:
        ValueError: The file is damaged or none of fastText's; the model is quantised (.ftz), was trained with labels,
            or by a loss that `FastText` does not have (softmax, one-vs-all): `load_facebook_vectors` reads the vectors
            of the latter.
    """
    name = local_path(path)
    parts = _parts(name, encoding, outputs=True)
    if parts.is_quantised:
        raise ValueError(
            f"{name}: this model is quantised (.ftz), and training cannot go on: load_facebook_vectors reads its "
            "vectors, fastemb.fasttext.load_model all of it"
        )
    arguments, settings = parts.arguments, _settings(name, parts.arguments)
    assert isinstance(parts.inputs, np.ndarray)
    assert isinstance(parts.outputs, np.ndarray)
    shape = (parts.dictionary.words, arguments.dim)
    if parts.outputs.shape != shape:
        raise ValueError(f"{name}: an output matrix of shape {parts.outputs.shape}, where {shape} is expected")
    model = FastText.__new__(FastText)
    model._start_empty(settings)
    vocabulary = Vocabulary(_words(name, parts.dictionary), parts.dictionary.counts[: parts.dictionary.words])
    state: dict[str, Any] = {"corpus_total_words": max(0, parts.dictionary.tokens)}
    saved = Saved(settings, state, arguments.epoch, vocabulary, {"inputs": parts.inputs}, None, owned=True)
    if settings.hs:
        np.negative(parts.outputs, out=parts.outputs)  # fastText's label is 1 where a path turns to 1, ours to 0
    saved.matrices["syn1" if settings.hs else "syn1neg"] = parts.outputs
    vars(model).update(state)
    model._take(model._known.restored(model.wv, saved), {})
    setattr(
        model,
        _KEPT,
        {"neg": arguments.neg, "lr_update_rate": arguments.lr_update_rate, "word_ngrams": arguments.word_ngrams},
    )
    model.add_lifecycle_event("load_facebook_model", fname=name)
    return model


@names_arguments()
def load_facebook_vectors(path: AnyPath, encoding: str = "utf-8") -> FastTextKeyedVectors:
    """Read the vectors of words and n-grams of a model of fastText, without what only training needs.

    Args:
        path: As in `load_facebook_model`; models trained with labels or by any loss are read too, and quantised ones
            (``.ftz``), whose vectors become float32.
        encoding: As in `load_facebook_model`.

    Raises:
        ValueError: The file is damaged or none of fastText's.
    """
    name = local_path(path)
    parts = _parts(name, encoding, outputs=False)
    arguments, dictionary = parts.arguments, parts.dictionary
    made = FastTextKeyedVectors(arguments.dim, *_ngrams(arguments))
    inputs = parts.inputs.unpacked() if isinstance(parts.inputs, QuantisedMatrix) else parts.inputs
    made._become(_words(name, dictionary), inputs[: dictionary.words])
    made.input_vectors, made.buckets = inputs, None
    if dictionary.pruned is not None:
        kept = dictionary.pruned if _ngrams(arguments)[1] else dictionary.pruned[:0]
        made.buckets = kept[np.argsort(kept[:, 1]), 0].astype(np.int64)
    made.expandos["count"] = dictionary.counts[: dictionary.words]
    made.vectors = np.empty((dictionary.words, arguments.dim), np.float32)
    made.adjust_vectors()
    return made


@names_arguments()
def save_facebook_model(
    model: FastText,
    path: AnyPath,
    encoding: str = "utf-8",
    lr_update_rate: int | None = None,
    word_ngrams: int | None = None,
) -> None:
    """Write a model as a ``.bin`` file of fastText, version 12, which is there whole or not at all.

    fastText, gensim and whatever else reads such files open it. A file that `load_facebook_model` has read is written
    byte for byte as it was, if it was of version 12. Where the model has rows only for n-grams that occur, the other
    rows of the file are zeros.

    Args:
        model: It has a vocabulary.
        path: The file; ``.gz`` and other endings compress it.
        encoding: "utf-8".
        lr_update_rate: A number that fastText keeps in the file. Default None: that of the file that the model was read
            from, else 100.
        word_ngrams: The same, 1 where it comes from no file.

    Raises:
        RuntimeError: The model has no vocabulary yet.
        TypeError: This is no `FastText`, or a word of it is no str.
        ValueError: fastText has no such model: it trains by negatives or by hierarchical softmax, not by both; a word
            is empty, or has white space or a zero byte in it.
        OSError: The file cannot be written; one that was there stays.
    """
    if not isinstance(model, FastText):
        raise TypeError(f"save_facebook_model takes a FastText, not {type(model).__name__}: save_vectors writes others")
    _require_utf8(encoding)
    if model.hs and model.negative:
        raise ValueError("fastText trains by negatives or by hierarchical softmax, and this model by both")
    name, wv = local_path(path), model.wv
    vocabulary = model._known_vocabulary()
    model._checked_inputs()
    kept = getattr(model, _KEPT, {})
    kept = kept if isinstance(kept, dict) else {}
    rates = kept.get("lr_update_rate", _DEFAULT_RATE_UPDATES) if lr_update_rate is None else lr_update_rate
    grams = kept.get("word_ngrams", _DEFAULT_WORD_NGRAMS) if word_ngrams is None else word_ngrams
    min_n, max_n, bucket = wv.min_n, wv.max_n, wv.bucket if wv.max_n else 0
    arguments = Arguments(
        dim=model.vector_size,
        ws=whole("window", model.window, 1, _MOST),
        epoch=whole("epochs", model.epochs, 0, _MOST),
        min_count=whole("min_count", model.min_count, 0, _MOST),
        neg=model.negative or whole("neg", kept.get("neg", _DEFAULT_NEGATIVES), 0, _MOST),
        word_ngrams=whole("word_ngrams", grams, 0, _MOST),
        loss=_HIERARCHICAL if model.hs else NEGATIVE_SAMPLING,
        model=SKIPGRAM if model.sg else _CBOW,
        bucket=bucket,
        minn=min_n,
        maxn=max_n,
        lr_update_rate=whole("lr_update_rate", rates, 0, _MOST),
        t=model.sample,
    )
    names = [_written(name, key) for key in vocabulary.keys]
    dictionary = Dictionary.of(names, len(names), vocabulary.counts, model.corpus_total_words)
    outputs = model.syn1 if model.hs else model.syn1neg
    write_whole(name, arguments, dictionary, _input_rows(wv, bucket), _output_rows(outputs, bool(model.hs)))
    model.add_lifecycle_event("save_facebook_model", fname=name)


_MOST = 2**31 - 1


def _parts(name: str, encoding: str, *, outputs: bool) -> Whole:
    _require_utf8(encoding)
    found = read_whole(name, outputs=outputs)
    if _ngrams(found.arguments)[1]:
        return found
    words = slice(found.dictionary.words)  # without rows of n-grams that are not used
    inputs = found.inputs.rows(words) if isinstance(found.inputs, QuantisedMatrix) else found.inputs[words]
    return replace(found, inputs=inputs)


def _require_utf8(encoding: str) -> None:
    try:
        found = codecs.lookup(encoding).name
    except LookupError:
        found = ""
    if found != "utf-8":
        raise ValueError(f"encoding={encoding!r}: fastText's n-grams are numbered by UTF-8, which alone can be read")


def _settings(name: str, arguments: Arguments) -> SubwordSettings:
    """Those of a model whose training can go on.

    Raises:
        ValueError: There is none.
    """
    if arguments.model == SUPERVISED:
        raise ValueError(
            f"{name}: this model was trained with labels, which FastText does not learn: load_facebook_vectors reads "
            "its vectors"
        )
    if arguments.loss in _LOSSES:
        raise ValueError(
            f"{name}: this model was trained by the loss {_LOSSES[arguments.loss]}, which FastText does not have: "
            "load_facebook_vectors reads its vectors"
        )
    is_hierarchical = arguments.loss == _HIERARCHICAL
    min_n, max_n, bucket = _ngrams(arguments)
    try:
        return SubwordSettings(
            vector_size=arguments.dim,
            window=arguments.ws,
            epochs=arguments.epoch,
            min_count=arguments.min_count,
            negative=0 if is_hierarchical else arguments.neg,
            hs=int(is_hierarchical),
            sg=int(arguments.model == SKIPGRAM),
            sample=arguments.t,
            min_n=min_n,
            max_n=max_n,
            bucket=bucket,
            all_buckets=True,
        ).checked()
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: the file is damaged, or no model of fastText: {error}") from None


def _ngrams(arguments: Arguments) -> tuple[int, int, int]:
    """Characters of the shortest and the longest, and buckets."""
    if arguments.maxn <= 0 or arguments.maxn < arguments.minn:
        return max(0, arguments.minn), 0, arguments.bucket
    return max(0, arguments.minn), arguments.maxn, arguments.bucket


def _words(name: str, dictionary: Dictionary) -> list[str]:
    """Raises ValueError where one comes twice."""
    words = [word.decode("utf-8", "surrogateescape") for word in dictionary.names[: dictionary.words]]
    if len(set(words)) < len(words):
        twice = next(word for at, word in enumerate(words) if words.index(word) < at)
        raise ValueError(f"{name}: the word {twice!r} comes twice: the file is damaged, or no model of fastText")
    return words


def _written(path: str, key: Any) -> bytes:
    """A word as it is written.

    Raises:
        TypeError: It is no str.
        ValueError: fastText could not read it.
    """
    if not isinstance(key, str):
        raise TypeError(f"{path}: models of fastText hold words, and the key {key!r} is no str")
    name = word_bytes(key)
    key_bytes(path, name.decode("utf-8", "replace"), what="models of fastText")
    if b"\0" in name:
        raise ValueError(f"{path}: models of fastText cannot hold the zero byte in the key {key!r}")
    return name


def _input_rows(wv: FastTextKeyedVectors, bucket: int) -> Iterator[NDArray[np.float32]]:
    """In pieces: a row for each word, then one for each bucket, zeros where none is known."""
    own, ngrams = wv.vectors_vocab, wv.vectors_ngrams
    for part in slices(len(own), _PART):
        yield own[part]
    if wv.buckets is None:
        for part in slices(bucket, _PART):
            yield ngrams[part]
        return
    order = np.argsort(wv.buckets)
    rising = wv.buckets[order]
    for part in slices(bucket, _PART):
        some = np.zeros((part.stop - part.start, wv.vector_size), np.float32)
        first, last = np.searchsorted(rising, [part.start, part.stop])
        some[rising[first:last] - part.start] = ngrams[order[first:last]]
        yield some


def _output_rows(outputs: NDArray[np.float32], negated: bool) -> Iterator[NDArray[np.float32]]:
    for part in slices(len(outputs), _PART):
        yield -outputs[part] if negated else outputs[part]
