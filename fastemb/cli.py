"""The ``fastemb`` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from .config import ISA, available_cpus, package_version, show_config
from .corpus import Corpus
from .demo import run_demo
from .io import load_vectors, save_vectors
from .io.source import refuse_compressed_name
from .items.cli import add_items
from .train import Word2Vec
from .vectors import KeyedVectors

_FORMATS = "by its ending: .txt or .vec for word2vec text, .bin for word2vec binary, anything else for fastemb's own"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, 1 for an error, 2 for wrong usage, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        status = int(options.run(options) or 0)
        print(end="", flush=True)
        return status
    except BrokenPipeError:  # whoever reads the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyError as error:
        print(f"fastemb: error: {error.args[0] if error.args else error}", file=sys.stderr)
    except (ValueError, OSError, RuntimeError, FloatingPointError, MemoryError) as error:
        print(f"fastemb: error: {str(error) or type(error).__name__}", file=sys.stderr)
    except KeyboardInterrupt:
        print("fastemb: interrupted", file=sys.stderr)
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fastemb",
        description="Learn word vectors from text, and ask them questions.",
        epilog="Start with 'fastemb demo'; 'fastemb COMMAND --help' explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"fastemb {package_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_train, _add_similar, _add_analogy, _add_eval, _add_convert, _add_info, _add_demo, add_items):
        add(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add_train(commands: Commands) -> None:
    parser = commands.add_parser(
        "train",
        help="learn vectors from a text file",
        description="Learn word vectors from a text file: one sentence a line, words separated by blanks.",
    )
    parser.add_argument("corpus", help="text file (UTF-8)")
    parser.add_argument("-o", "--output", required=True, help=f"where to save the vectors; format {_FORMATS}")
    parser.add_argument("--save-model", metavar="PATH", help="also save the whole model, to train it further")
    model = parser.add_argument_group("model")
    model.add_argument(
        "--model", choices=("skipgram", "cbow"), default="skipgram", help="what predicts what (%(default)s)"
    )
    model.add_argument(
        "--loss", choices=("ns", "hs"), default="ns", help="negative sampling or hierarchical softmax (%(default)s)"
    )
    whole: dict[str, Any] = {"type": int, "metavar": "N"}
    real: dict[str, Any] = {"type": float, "metavar": "X"}
    model.add_argument("-d", "--vector-size", **whole, default=100, help="length of the vectors (%(default)s)")
    model.add_argument("-w", "--window", **whole, default=5, help="words of context on either side (%(default)s)")
    model.add_argument("--negative", **whole, help="negatives a window, with --loss ns (5)")
    model.add_argument(
        "--ns-exponent", **real, default=0.75, help="negatives are drawn by count to the power of X (%(default)s)"
    )
    model.add_argument("--min-count", **whole, default=5, help="drop words that occur less often (%(default)s)")
    model.add_argument("--max-vocab", **whole, help="keep at most this many words")
    model.add_argument(
        "--sample", **real, default=1e-3, help="thin out words above this share of the text; 0: none (%(default)s)"
    )
    run = parser.add_argument_group("training")
    run.add_argument("-e", "--epochs", **whole, default=5, help="passes over the text (%(default)s)")
    run.add_argument("--alpha", **real, default=0.025, help="first learning rate (%(default)s)")
    run.add_argument("--min-alpha", **real, default=0.0001, help="last learning rate (%(default)s)")
    run.add_argument("-t", "--workers", **whole, default=available_cpus(), help="threads (all CPUs: %(default)s)")
    run.add_argument(
        "--seed", **whole, default=1, help="with one worker, the same seed gives the same vectors (%(default)s)"
    )
    run.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    _check_writable(options.corpus, options.output, options.save_model)
    if options.loss == "hs" and options.negative is not None:
        raise ValueError("--negative is for --loss ns: hierarchical softmax has no negatives")
    negative = 5 if options.negative is None else options.negative
    model = Word2Vec(
        vector_size=options.vector_size,
        alpha=options.alpha,
        window=options.window,
        min_count=options.min_count,
        sample=options.sample,
        seed=options.seed,
        workers=options.workers,
        min_alpha=options.min_alpha,
        sg=int(options.model == "skipgram"),
        hs=int(options.loss == "hs"),
        negative=0 if options.loss == "hs" else negative,
        ns_exponent=options.ns_exponent,
        epochs=options.epochs,
        max_final_vocab=options.max_vocab,
    )
    say = (lambda *_: None) if options.quiet else _say
    corpus = Corpus.from_file(
        options.corpus, min_count=options.min_count, max_final_vocab=options.max_vocab, workers=options.workers
    )
    model.build_vocab(corpus)
    say(f"read {corpus.raw_words:,} words in {len(corpus):,} sentences; {len(model.wv):,} different words kept")
    status = 0
    try:
        model.train(corpus, progress=False if options.quiet else None)
    except KeyboardInterrupt:
        _say("interrupted; saving what was learned so far")
        status = 130
    save_vectors(model.wv, options.output)
    say(f"saved {len(model.wv):,} vectors to {options.output} ({model.total_train_time:.1f} s of training, {ISA})")
    if options.save_model:
        model.save(options.save_model)
        say(f"saved the model to {options.save_model}")
    return status


def _check_writable(source: str | None, *outputs: str | None) -> None:
    """Fail before training rather than after it, and never replace the file that is read."""
    taken = set() if source is None else {os.path.realpath(source)}
    for path in outputs:
        if path is None:
            continue
        if os.path.isdir(path):
            raise IsADirectoryError(f"cannot save to {path}: it is a folder")
        if os.path.exists(path) and not os.path.isfile(path):
            continue  # a pipe or a device
        refuse_compressed_name(path)
        target = os.path.realpath(path)
        if target in taken:
            raise ValueError(f"cannot save to {path}: it is also the input or another output")
        taken.add(target)
        folder = Path(target).parent
        if not folder.is_dir():
            raise FileNotFoundError(f"cannot save to {path}: the folder {folder} does not exist")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(f"cannot save to {path}: the folder {folder} is not writable")


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def _positive(text: str) -> int:
    """For argparse: a whole number above 0."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _add_similar(commands: Commands) -> None:
    parser = commands.add_parser(
        "similar",
        help="nearest neighbours of words",
        description="Print each word's nearest neighbours by cosine similarity.",
    )
    parser.add_argument("vectors", help="file with vectors")
    parser.add_argument("words", nargs="*", help="words; without any they are read from standard input, one a line")
    parser.add_argument("-n", "--topn", type=_positive, default=10, metavar="N", help="how many neighbours (10)")
    parser.set_defaults(run=_similar)


def _similar(options: argparse.Namespace) -> int:
    vectors = load_vectors(options.vectors)
    missing = 0
    for word in options.words or (line.strip() for line in sys.stdin):
        if not word:
            continue
        if word not in vectors:
            print(_unknown(vectors, word), file=sys.stderr)
            missing = 1
            continue
        print(word)
        _print_ranking(vectors.most_similar(word, topn=options.topn))
    return missing


def _unknown(vectors: KeyedVectors, word: str) -> str:
    hint = next((form for form in (word.lower(), word.capitalize(), word.upper()) if form in vectors), None)
    return f"fastemb: {word!r} is not in the vocabulary" + (f"; did you mean {hint!r}?" if hint else "")


def _print_ranking(ranking: list[tuple[str, float]]) -> None:
    for word, score in ranking:
        print(f"  {score:.4f}  {word}")


def _add_analogy(commands: Commands) -> None:
    parser = commands.add_parser(
        "analogy",
        help="A is to B as C is to ?",
        description="A is to B as C is to what? Prints the words nearest to B - A + C.",
    )
    parser.add_argument("vectors", help="file with vectors")
    for name, example in (("A", "man"), ("B", "king"), ("C", "woman")):
        parser.add_argument(name, help=f"for example: {example}")
    parser.add_argument("-n", "--topn", type=_positive, default=5, metavar="N", help="how many answers (5)")
    parser.set_defaults(run=_analogy)


def _analogy(options: argparse.Namespace) -> int:
    vectors = load_vectors(options.vectors)
    a, b, c = options.A, options.B, options.C
    missing = [word for word in (a, b, c) if word not in vectors]
    for word in missing:
        print(_unknown(vectors, word), file=sys.stderr)
    if missing:
        return 1
    print(f"{a} : {b} = {c} : ?")
    _print_ranking(vectors.most_similar(positive=[b, c], negative=[a], topn=options.topn))
    return 0


def _add_eval(commands: Commands) -> None:
    parser = commands.add_parser(
        "eval",
        help="score vectors on analogies and word pairs",
        description="Score vectors on analogy questions and on human judgements of word similarity.",
    )
    parser.add_argument("vectors", help="file with vectors")
    parser.add_argument("--analogies", metavar="FILE", help="questions in the format of questions-words.txt")
    parser.add_argument(
        "--similarity", metavar="FILE", nargs="+", default=[], help="word pairs: 'word word score' a line"
    )
    parser.add_argument(
        "--restrict-vocab", type=int, default=300000, metavar="N", help="use the N most frequent words only (300000)"
    )
    parser.set_defaults(run=_eval)


def _eval(options: argparse.Namespace) -> int:
    if not options.analogies and not options.similarity:
        raise ValueError("nothing to evaluate: give --analogies FILE or --similarity FILE")
    vectors = load_vectors(options.vectors)
    if options.analogies:
        score, sections = vectors.evaluate_word_analogies(options.analogies, restrict_vocab=options.restrict_vocab)
        for section in sections:
            answered = len(section["correct"]) + len(section["incorrect"])
            if answered:
                share = 100 * len(section["correct"]) / answered
                print(f"{share:6.2f}%  of {answered:6,} questions  {section['section']}")
        print(f"{100 * score:6.2f}%  analogies answered correctly")
    for path in options.similarity:
        _, spearman, unknown = vectors.evaluate_word_pairs(path, delimiter=None, restrict_vocab=options.restrict_vocab)
        print(f"{100 * spearman[0]:6.2f}   Spearman's rho x 100  {Path(path).name} ({unknown:.1f}% of pairs unknown)")
    return 0


def _add_convert(commands: Commands) -> None:
    parser = commands.add_parser(
        "convert",
        help="change the format of a file of vectors",
        description=f"Convert vectors. The input's format is recognised, the output's is told {_FORMATS}.",
    )
    parser.add_argument("input", help="file with vectors")
    parser.add_argument("output", help="file to write")
    parser.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> int:
    _check_writable(options.input, options.output)
    vectors = load_vectors(options.input)
    save_vectors(vectors, options.output)
    _say(f"wrote {len(vectors):,} vectors of {vectors.vector_size} dimensions to {options.output}")
    return 0


def _add_info(commands: Commands) -> None:
    parser = commands.add_parser(
        "info",
        help="what is in a file, or what this installation can do",
        description="Describe a file of vectors or, without a file, this installation.",
    )
    parser.add_argument("vectors", nargs="?", help="file with vectors")
    parser.set_defaults(run=_info)


def _info(options: argparse.Namespace) -> int:
    if options.vectors is None:
        show_config()
        return 0
    vectors = load_vectors(options.vectors)
    print(f"vectors     {len(vectors):,} of {vectors.vector_size} dimensions, {vectors.vectors.dtype}")
    print(f"size        {Path(options.vectors).stat().st_size / 1e6:,.1f} MB")
    print(f"first words {', '.join(map(str, vectors.index_to_key[:10]))}")
    return 0


def _add_demo(commands: Commands) -> None:
    parser = commands.add_parser(
        "demo",
        help="learn from Python's own source in seconds",
        description="Train on the source of the running Python's standard library, and show what was learned.",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("fastemb-demo.safetensors"),
        help="where to save the vectors (%(default)s)",
    )
    parser.add_argument("-t", "--workers", type=int, default=None, metavar="N", help="threads (all CPUs)")
    parser.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    _check_writable(None, str(options.output))
    run_demo(options.output, options.workers)
    return 0
