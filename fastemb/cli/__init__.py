"""The ``fastemb`` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from .. import __version__
from .warned import plain_warnings

# Command -> the module whose function add_COMMAND says what the command takes, and a line of help. Only the module of
# the command that is called is imported: --help and --version need no NumPy.
_COMMANDS = {
    "train": ("train", "learn vectors from text or tables"),
    "corpus": ("corpora", "encode text or tables once, to train on them many times"),
    "similar": ("ask", "nearest neighbours of words"),
    "analogy": ("ask", "A is to B as C is to ?"),
    "eval": ("files", "score vectors on analogies and word pairs"),
    "convert": ("files", "change the format of a file of vectors"),
    "info": ("files", "what is in a file, or what this installation can do"),
    "items": ("items", "item embeddings and recommendations from a table of purchases, ratings or clicks"),
    "demo": ("files", "learn from Python's own source in seconds"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, 1 for an error, 2 for wrong usage, 130 for Ctrl-C."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        options = _parser(next(iter(arguments), "")).parse_args(arguments)
        if "FASTEMB_ISA" in os.environ:
            import_module("..config", __name__).isa()  # a wrong name is an error before anything is read
        with plain_warnings():
            status = int(options.run(options) or 0)
        print(end="", flush=True)
        return status
    except BrokenPipeError:  # whoever reads the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyError as error:
        print(f"fastemb: error: {error.args[0] if error.args else error}", file=sys.stderr)
    except (ValueError, TypeError, OSError, ImportError, RuntimeError, ArithmeticError, MemoryError) as error:
        print(f"fastemb: error: {str(error) or type(error).__name__}", file=sys.stderr)
    except KeyboardInterrupt:
        print("fastemb: interrupted", file=sys.stderr)
        return 130
    return 1


def _parser(called: str) -> argparse.ArgumentParser:
    """The whole command line, in which only the command that is ``called`` knows its options."""
    parser = argparse.ArgumentParser(
        prog="fastemb",
        description="Learn word vectors from text, and ask them questions.",
        epilog="Start with 'fastemb demo'; 'fastemb COMMAND --help' explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"fastemb {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module, summary) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        if name == called:
            getattr(import_module(f".{module}", __name__), f"add_{name}")(command)
    return parser
