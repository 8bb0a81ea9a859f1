"""The ``fastemb`` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from ..config import package_version
from ..items.cli import add_items
from .ask import add_analogy, add_similar
from .corpora import add_corpus
from .files import add_convert, add_demo, add_eval, add_info
from .train import add_train


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
    except (ValueError, TypeError, OSError, ImportError, RuntimeError, ArithmeticError, MemoryError) as error:
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
    for add in (add_train, add_corpus, add_similar, add_analogy, add_eval, add_convert, add_info, add_items, add_demo):
        add(commands)
    return parser
