"""What the ``fastemb`` command takes."""

from __future__ import annotations

import argparse
from importlib import import_module

from .. import __version__
from .arguments import Parser

# Command -> the module whose function add_COMMAND says what the command takes, and a line of help. Only the module of
# the command that is called is imported: --help and --version need no NumPy.
_COMMANDS = {
    "train": ("train", "learn vectors from text or tables"),
    "corpus": ("corpora", "encode text or tables once, to train on them many times"),
    "similar": ("ask", "nearest neighbours of words"),
    "nearest": ("ask", "nearest words of vectors"),
    "analogy": ("ask", "A is to B as C is to ?"),
    "index": ("ask", "build an index, for faster answers"),
    "align": ("spaces", "what moved between two files of vectors"),
    "merge": ("merge", "one file of vectors from several that were trained apart"),
    "plot": ("plot", "pictures of vectors: maps, axes, neighbours, analogies"),
    "explore": ("explore", "a map of vectors to walk through in a browser, as one file"),
    "eval": ("evaluate", "score vectors on questions: analogies, similar words, odd ones out, categories"),
    "convert": ("files", "change the format of a file of vectors"),
    "quantize": ("quantize", "make a model of fastText smaller, with labels or without"),
    "info": ("files", "what is in a file, or what this installation can do"),
    "items": ("items", "item embeddings and recommendations from a table of purchases, ratings or clicks"),
    "graph": ("graphs", "vectors of the nodes of a graph, from a list or table of edges"),
    "documents": ("documents", "vectors of documents, learned and inferred"),
    "classify": ("classify", "labels of texts: learned, tested and predicted"),
    "demo": ("files", "learn from Python's own source in seconds"),
    "completion": ("completion", "a script that lets bash, zsh or fish complete commands and options"),
}


def command_line(called: str | None) -> argparse.ArgumentParser:
    """The whole command line, in which only the command that is ``called`` knows its options; None: all do."""
    parser = Parser(
        prog="fastemb",
        description="Learn word vectors from text, and ask them questions.",
        epilog="Start with 'fastemb demo'; 'fastemb COMMAND --help' explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"fastemb {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module, summary) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        if called in (name, None):
            getattr(import_module(f".{module}", __package__), f"add_{name}")(command)
    return parser
