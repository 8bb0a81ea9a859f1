"""``fastemb documents``: vectors of documents, learned, inferred and asked."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import compress
from typing import Any

import numpy as np

from ..arguments import did_you_mean
from ..config import isa
from ..corpus import Corpus
from ..models.doc2vec_model import Doc2Vec
from ..train.checkpoint import Target
from ..train.settings import DocumentSettings
from ..vectors import KeyedVectors
from ..vectors.missing import spelled_alike
from ..vectors.store import Array
from .asking import blocks
from .checkpoints import add_checkpoints, origin_of, refuse_beside_resume
from .document_texts import add_documents_read, check_documents, documents_of
from .outputs import FORMATS, check_writable, require_model_name, save_output
from .reading import add_words, add_workers, check_files, text_options
from .saying import say, tell
from .values import STDIN, STDOUT, Commands, file_path, positive
from .word_models import Command, add_loss, add_training, settings_given

_MODEL = {"vector_size": "-d", "window": "-w", "dm_tag_count": None, "ns_exponent": None, "sample": None}
_COMBINE = ("mean", "sum", "concat")
_BESIDE_RESUME = ("corpus", "output", "save_vectors", "workers")
_BLOCK = 1000  # questions that are answered together


def add_documents(parser: argparse.ArgumentParser) -> None:
    """Add ``documents`` with its commands."""
    parser.description = (
        "Learn vectors of documents (Doc2Vec), infer those of other texts, and find what is near. A document is a line "
        "of a text, a row of a table, or a file."
    )
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_train, _add_infer, _add_similar):
        add(parts)


# ---- train ----


def _add_train(commands: Commands) -> None:
    parser = commands.add_parser(
        "train",
        help="learn vectors of documents",
        description="Learn vectors of documents. Ctrl-C, SIGTERM and SIGHUP end the training and save what was "
        "learned.",
    )
    add_documents_read(parser, DocumentSettings.min_count)
    parser.add_argument(
        "-o", "--output", type=file_path, required=True, help="where to save the model, which infers (safetensors)"
    )
    parser.add_argument(
        "--save-vectors", type=file_path, metavar="FILE", help=f"also save the vectors of documents; format {FORMATS}"
    )
    add_checkpoints(parser, "1000000w for words")
    model = parser.add_argument_group("model")
    model.add_argument(
        "--model",
        choices=("dbow", "dm"),
        default="dbow",
        help="dbow: the document alone predicts words; dm: with the words around (%(default)s); in Python the default "
        "of Doc2Vec is dm=1, as gensim's",
    )
    model.add_argument("--dbow-words", action="store_true", help="train words beside documents, with --model dbow")
    model.add_argument(
        "--combine", choices=_COMBINE, help="how document and words come together, with --model dm (mean)"
    )
    add_loss(model)
    add_training(parser, model, DocumentSettings, _MODEL)
    parser.set_defaults(run=partial(_train, parser))


def _train(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.resume is not None:
        return _resume(parser, options)
    if not options.corpus:
        parser.error("the following arguments are required: corpus (or --resume)")
    require_model_name(options.output, "models of documents")
    check_documents(options)
    check_files(options, None, options.output, options.checkpoint, vectors=options.save_vectors)
    Target.of(options.checkpoint, options.checkpoint_every)
    model = _model(options)
    documents = documents_of(options)
    model.build_vocab(documents)
    tell(
        options,
        f"read {documents.raw_words:,} words in {len(documents):,} documents of {len(model.dv):,} tags; "
        f"{len(model.wv):,} different words kept",
    )
    documents._origin = origin_of(options)
    return _COMMAND.train(model, documents, options)


def _model(options: argparse.Namespace) -> Doc2Vec:
    """The model as it is asked for, checked before anything is read."""
    settings = settings_given(options, _MODEL)
    if options.model == "dm" and options.dbow_words:
        raise ValueError("--dbow-words is for --model dbow: dm trains words anyway")
    if options.model == "dbow" and options.combine is not None:
        raise ValueError("--combine is for --model dm: in dbow the document is alone")
    return Doc2Vec(
        **settings,
        dm_mean=0 if options.combine == "sum" else None,
        dm_concat=int(options.combine == "concat"),
        dm=int(options.model == "dm"),
        dbow_words=int(options.dbow_words),
    )


def _resume(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    require_model_name(options.output, "models of documents")
    refuse_beside_resume(parser, options, _BESIDE_RESUME)
    check_writable([options.resume, *options.corpus], options.output, vectors=options.save_vectors)
    return _COMMAND.resume(parser, options)


def _save(model: Doc2Vec, options: argparse.Namespace) -> None:
    model.save(options.output)
    seconds = f"{model.total_train_time:.1f} s of training, {isa()}"
    tell(options, f"saved a model of {len(model.dv):,} tags to {options.output} ({seconds})")
    if options.save_vectors is not None:
        save_output(model.dv, options.save_vectors)
        tell(options, f"saved vectors of {len(model.dv):,} tags to {options.save_vectors}")


_COMMAND = Command("documents train", Doc2Vec, _save, documents_of)


# ---- infer ----


def _add_infer(commands: Commands) -> None:
    parser = commands.add_parser(
        "infer",
        help="vectors of other texts",
        description="Infer the vectors of other texts, which get the same ones always. Read them as the model's own "
        "texts were read. Without any they come from standard input, one a line.",
    )
    _add_model(parser)
    add_documents_read(parser, None)
    parser.add_argument(
        "-o", "--output", type=_vectors, default=STDOUT, help=f"where to save the vectors (-); format {FORMATS}"
    )
    parser.add_argument("-e", "--epochs", type=positive, metavar="N", help="passes over each text (the model's)")
    parser.add_argument("--alpha", type=float, metavar="X", help="learning rate at the start (the model's)")
    add_workers(parser)
    parser.set_defaults(run=_infer, quiet=True)


def _infer(options: argparse.Namespace) -> int:
    options.corpus = options.corpus or [STDIN]
    check_documents(options)
    check_files(options, None, vectors=options.output)
    model = Doc2Vec.load(options.model)
    documents = documents_of(options)
    names = [", ".join(map(str, documents.tags.of(number))) for number in range(len(documents))]
    name, often = Counter(names).most_common(1)[0]
    if often > 1:
        raise ValueError(f"{name!r} names {often:,} texts: without --tags they have numbers")
    found = model.infer_vectors(documents, options.alpha, epochs=options.epochs, workers=options.workers)
    vectors = KeyedVectors(model.vector_size)
    vectors.add_vectors(names, found)
    save_output(vectors, options.output)
    return 0


def _vectors(text: str) -> str:
    return text if text == STDOUT else file_path(text)


# ---- similar ----


def _add_similar(commands: Commands) -> None:
    parser = commands.add_parser(
        "similar",
        help="documents near a document, a word or a text",
        description="Print the documents, or words, nearest to documents, words or other texts.",
    )
    _add_model(parser)
    parser.add_argument(
        "queries", nargs="*", help="tags, words or texts; without any they are read from standard input, one a line"
    )
    parser.add_argument(
        "--by", choices=("tag", "word", "text"), default="tag", help="what the queries are (%(default)s)"
    )
    parser.add_argument(
        "--find", choices=("documents", "words"), default="documents", help="what is found (%(default)s)"
    )
    parser.add_argument("-n", "--topn", type=positive, default=10, metavar="N", help="how many (10)")
    add_words(parser.add_argument_group("reading of texts"))
    parser.add_argument("-t", "--workers", type=positive, metavar="N", help="threads (all CPUs)")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each query")
    parser.set_defaults(run=_similar)


def _similar(options: argparse.Namespace) -> int:
    if options.by != "text" and text_options(options):
        raise ValueError("--lower and --token-pattern are for --by text")
    from_input = options.queries in ([], [STDIN])
    if not from_input and not all(query.strip() for query in options.queries):
        raise ValueError("a query is empty")
    model = Doc2Vec.load(options.model)
    if "word" in (options.by, options.find.removesuffix("s")) and model.dbow and not model.dbow_words:
        raise ValueError(f"{options.model}: its words learned nothing: train with --dbow-words, or with --model dm")
    missing = 0
    at_once = 1 if from_input and sys.stdin.isatty() else _BLOCK
    for block in blocks(sys.stdin if from_input else options.queries, at_once):
        names, asked = _asked(model, block, options)
        missing |= len(names) < len(block)
        if names:
            _show(model, names, asked, options)
    return int(missing)


def _asked(model: Doc2Vec, queries: list[str], options: argparse.Namespace) -> tuple[list[Any], Sequence[Any] | Array]:
    """Those of the queries that have vectors, as the model names them, and their keys or vectors."""
    if options.by == "text":
        return _inferred(model, queries, options)
    store = model.dv if options.by == "tag" else model.wv
    rows = []
    for query in queries:
        rows_there = [query] if query in store else spelled_alike(query, store.key_to_index)
        if rows_there and str(rows_there[0]) == query:
            rows.append(rows_there[0])
        else:
            say(f"fastemb: unknown {options.by}: {query!r}{did_you_mean(map(str, rows_there))}")
    is_own = (store is model.dv) == (options.find == "documents")
    return rows, rows if is_own else store.vectors[[store.key_to_index[row] for row in rows]]


def _inferred(model: Doc2Vec, queries: list[str], options: argparse.Namespace) -> tuple[list[str], Array]:
    texts = list(Corpus.from_sentences(queries, split=True, **text_options(options)))
    are_known = [any(word in model.wv for word in words) for words in texts]
    for query in compress(queries, [not known for known in are_known]):
        say(f"fastemb: no word of this text is known: {query!r}")
    return [*compress(queries, are_known)], model.infer_vectors(compress(texts, are_known), workers=options.workers)


def _show(model: Doc2Vec, names: list[Any], asked: Sequence[Any] | Array, options: argparse.Namespace) -> None:
    store, kind = (model.dv, "tag") if options.find == "documents" else (model.wv, "word")
    found = store.most_similar_batch(asked, topn=options.topn, workers=options.workers)
    for name, ranking in zip(names, found, strict=True):
        if options.json:
            near = [{kind: _plain(key), "score": float(f"{score:.6g}")} for key, score in ranking]
            print(json.dumps({options.by: _plain(name), "neighbours": near}, ensure_ascii=False))
            continue
        print(name)
        for key, score in ranking:
            print(f"  {score:.4f}  {key}")


def _plain(key: Any) -> Any:
    return key.item() if isinstance(key, np.generic) else key


# ---- all ----


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=file_path, help="what 'documents train' or Doc2Vec.save wrote")
