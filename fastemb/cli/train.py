"""``fastemb train``."""

from __future__ import annotations

import argparse
from functools import partial

from ..config import isa
from ..io.safetensors import read_header
from ..models import Word2Vec
from ..models.warm_start import WarmStart
from ..train.checkpoint import Target, mark_of
from ..train.settings import Settings
from ..vectors import load_vectors
from .checkpoints import Held, add_checkpoints, origin_of, refuse_beside_resume
from .cluster import (
    add_cluster,
    check_cluster,
    fit_on_cluster,
    refuse_without_cluster,
    resume_on_cluster,
    what_nodes_did,
)
from .outputs import FORMATS, check_writable, save_output
from .phrases import phrase_files
from .reading import add_reading, check_files, corpus_of
from .saying import tell
from .values import file_path
from .word_models import ENDED, Command, add_loss, add_training, settings_given

_MODEL = {"vector_size": "-d", "window": "-w", "ns_exponent": None, "sample": None}
_BESIDE_RESUME = ("corpus", "output", "save_model", "workers", "ray", "nodes")


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
    add_loss(model)
    model.add_argument(
        "--init-vectors",
        type=file_path,
        metavar="FILE",
        help="vectors, in any format, that words start from, as far as it has them; of as many dimensions",
    )
    add_training(parser, model, Settings, _MODEL)
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
    model = Word2Vec(**settings_given(options, _MODEL), sg=int(options.model == "skipgram"))
    if options.ray is not None:
        return _train_on_cluster(parser, options, model)
    start = None if options.init_vectors is None else load_vectors(options.init_vectors)
    WarmStart.of(start, model.vector_size)  # whether it fits, before the corpus is read
    corpus = corpus_of(options, options.workers, cache=options.cache)
    model.build_vocab(corpus, init_vectors=start)
    tell(
        options, f"read {corpus.raw_words:,} words in {len(corpus):,} sentences; {len(model.wv):,} different words kept"
    )
    corpus._origin = origin_of(options)
    return _COMMAND.train(model, corpus, options)


def _train_on_cluster(parser: argparse.ArgumentParser, options: argparse.Namespace, model: Word2Vec) -> int:
    check_cluster(parser, options)
    try:
        fit_on_cluster(model, parser, options)
        tell(options, what_nodes_did(model))
        _save(model, options)
    except KeyboardInterrupt as error:
        if not model.history:  # before anything was learned
            raise
        return _COMMAND.interrupted(model, options, error)
    return 0


def _resume(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    refuse_beside_resume(parser, options, _BESIDE_RESUME)
    check_writable([options.resume, *options.corpus], options.save_model, vectors=options.output)
    return _COMMAND.resume(parser, options) if options.ray is None else _resume_on_cluster(parser, options)


def _resume_on_cluster(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    held = Held()
    metadata = read_header(options.resume)[1]
    has_ended = mark_of(options.resume, metadata).ended
    if has_ended and metadata.get("format") == Word2Vec._kind:
        tell(options, ENDED)
    try:
        model = resume_on_cluster(parser, options, [held])
        if not has_ended:
            tell(options, what_nodes_did(model))
        _save(model, options)
    except KeyboardInterrupt as error:
        if held.model is None:  # before training began
            raise
        return _COMMAND.interrupted(held.model, options, error)
    return 0


def _save(model: Word2Vec, options: argparse.Namespace) -> None:
    save_output(model.wv, options.output)
    seconds = f"{model.total_train_time:.1f} s of training, {isa()}"
    tell(options, f"saved {len(model.wv):,} vectors to {options.output} ({seconds})")
    if options.save_model:
        model.save(options.save_model)
        tell(options, f"saved the model to {options.save_model}")


_COMMAND = Command("train", Word2Vec, _save)
