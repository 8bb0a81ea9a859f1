"""``fastemb train``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

from ..config import isa
from ..io.safetensors import read_header
from ..models import Word2Vec
from ..models.warm_start import WarmStart
from ..train.checkpoint import Target, mark_of
from ..train.settings import Settings
from ..vectors import load_vectors
from .checkpoints import Held, add_checkpoints, corpus_again, go_on_later, origin_of, refuse_beside_resume
from .cluster import (
    add_cluster,
    check_cluster,
    fit_on_cluster,
    refuse_without_cluster,
    resume_on_cluster,
    what_nodes_did,
)
from .phrases import phrase_files
from .reading import add_reading, add_workers, check_files, corpus_of
from .saying import say
from .settings import add_settings, settings_of
from .shared import FORMATS, check_writable, file_path, save_output
from .stopping import hear_again, status_of

_MODEL = {"vector_size": "-d", "window": "-w", "ns_exponent": None, "sample": None}
_BESIDE_RESUME = ("corpus", "output", "save_model", "workers", "ray", "nodes")
_RUN = {"epochs": "-e", "alpha": None, "min_alpha": None, "seed": None, "deterministic": None}


def add_train(parser: argparse.ArgumentParser) -> None:
    """Add ``train``."""
    parser.description = (
        "Learn word vectors from text, one sentence a line, from a column of Parquet files, or from a "
        "corpus that was encoded before. Ctrl-C, SIGTERM and SIGHUP end the training and save what was learned."
    )
    add_reading(parser, min_count=5, may_lack=True)
    parser.add_argument(
        "-o", "--output", type=file_path, required=True, help=f"where to save the vectors; format {FORMATS}"
    )
    parser.add_argument(
        "--save-model", type=file_path, metavar="PATH", help="also save the whole model, to train it further"
    )
    parser.add_argument(
        "--cache",
        type=file_path,
        metavar="FILE",
        help="encode to this file, by small parts, and train from it; use it again when nothing has changed",
    )
    add_checkpoints(parser, "1000000w for words")
    add_cluster(parser)
    model = parser.add_argument_group("model")
    model.add_argument(
        "--model",
        choices=("skipgram", "cbow"),
        default="skipgram",
        help="what predicts what (%(default)s); in Python the default of Word2Vec is sg=0, cbow, as gensim's",
    )
    model.add_argument(
        "--loss", choices=("ns", "hs"), default="ns", help="negative sampling or hierarchical softmax (%(default)s)"
    )
    model.add_argument(
        "--init-vectors",
        type=file_path,
        metavar="FILE",
        help="vectors, in any format, that words start from, as far as it has them; of as many dimensions",
    )
    add_settings(model, Settings, _MODEL)
    model.add_argument("--negative", type=int, metavar="N", help="negatives drawn at once, with --loss ns (5)")
    run = parser.add_argument_group("training")
    add_settings(run, Settings, _RUN)
    add_workers(run)
    run.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=partial(_train, parser))


def _train(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.ray is None:
        refuse_without_cluster(options)
    if options.resume is not None:
        return _resume(parser, options)
    if not options.corpus:
        parser.error("the following arguments are required: corpus (or --resume)")
    files = [options.save_model, options.checkpoint, *phrase_files(options)]
    check_files(options, options.cache, *files, vectors=options.output)
    Target.of(options.checkpoint, options.checkpoint_every)
    if options.loss == "hs" and options.negative is not None:
        raise ValueError("--negative is for --loss ns: hierarchical softmax has no negatives")
    negative = Settings.negative if options.negative is None else options.negative
    model = Word2Vec(
        **settings_of(options, _MODEL | _RUN),
        sg=int(options.model == "skipgram"),
        hs=int(options.loss == "hs"),
        negative=0 if options.loss == "hs" else negative,
        min_count=options.min_count,
        max_final_vocab=options.max_vocab,
        max_vocab_size=options.max_vocab_size,
        workers=options.workers,
    )
    tell = (lambda *_: None) if options.quiet else say
    if options.ray is not None:
        return _train_on_cluster(parser, options, model, tell)
    start = None if options.init_vectors is None else load_vectors(options.init_vectors)
    WarmStart.of(start, model.vector_size)  # whether it fits, before the corpus is read
    corpus = corpus_of(options, options.workers, cache=options.cache)
    model.build_vocab(corpus, init_vectors=start)
    tell(f"read {corpus.raw_words:,} words in {len(corpus):,} sentences; {len(model.wv):,} different words kept")
    corpus._origin = origin_of(options)
    try:
        model.train(
            corpus,
            progress=False if options.quiet else None,
            checkpoint=options.checkpoint,
            checkpoint_every=options.checkpoint_every,
        )
        _save(model, options, tell)
    except KeyboardInterrupt as error:
        return _save_interrupted(model, options, tell, error, options.checkpoint)
    return 0


def _train_on_cluster(
    parser: argparse.ArgumentParser, options: argparse.Namespace, model: Word2Vec, tell: Callable[[str], None]
) -> int:
    check_cluster(parser, options)
    try:
        fit_on_cluster(model, parser, options)
        tell(what_nodes_did(model))
        _save(model, options, tell)
    except KeyboardInterrupt as error:
        if not model.history:  # before anything was learned
            raise
        return _save_interrupted(model, options, tell, error, options.checkpoint)
    return 0


def _resume(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    refuse_beside_resume(parser, options, _BESIDE_RESUME)
    check_writable([options.resume, *options.corpus], options.save_model, vectors=options.output)
    tell = (lambda *_: None) if options.quiet else say
    held = Held()
    metadata = read_header(options.resume)[1]
    mark = mark_of(options.resume, metadata)
    corpus = None
    if not mark.ended and options.ray is None and metadata.get("format") == Word2Vec._kind:
        corpus = corpus_again(options.resume, mark.origin, options)
    if mark.ended and metadata.get("format") == Word2Vec._kind:
        tell("training had ended: nothing is left to do but to save")
    try:
        if options.ray is not None:
            model = resume_on_cluster(parser, options, [held])
            if not mark.ended:
                tell(what_nodes_did(model))
        else:
            model = Word2Vec.resume(
                options.resume,
                corpus,
                workers=None if options.workers == parser.get_default("workers") else options.workers,
                callbacks=[held],
                progress=False if options.quiet else None,
                checkpoint_every=options.checkpoint_every,
            )
        _save(model, options, tell)
    except KeyboardInterrupt as error:
        if held.model is None:  # before training began
            raise
        return _save_interrupted(held.model, options, tell, error, options.resume)
    return 0


def _save_interrupted(
    model: Word2Vec,
    options: argparse.Namespace,
    tell: Callable[[str], None],
    error: KeyboardInterrupt,
    checkpoint: str | None,
) -> int:
    hear_again()  # a second one ends the saving, too
    say("interrupted; saving what was learned so far")
    _save(model, options, tell)
    if checkpoint is not None:
        tell(go_on_later("train", checkpoint, options.output))
    return status_of(error)


def _save(model: Word2Vec, options: argparse.Namespace, tell: Callable[[str], None]) -> None:
    save_output(model.wv, options.output)
    tell(f"saved {len(model.wv):,} vectors to {options.output} ({model.total_train_time:.1f} s of training, {isa()})")
    if options.save_model:
        model.save(options.save_model)
        tell(f"saved the model to {options.save_model}")
