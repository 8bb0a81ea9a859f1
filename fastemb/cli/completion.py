"""``fastemb completion``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from .parser import command_line

_SHELLS = ("bash", "zsh", "fish")
_FILES = ("FILE", "TABLE")  # what stands for a path in --help, and nothing else does
_PATHS = ("file_path", "vectors_path", "expanded", "_questions_path", "_path")  # functions that read a path
_EPILOG = """\
for this shell and those to come:
  bash  fastemb completion bash > ~/.local/share/bash-completion/completions/fastemb
  zsh   fastemb completion zsh > ~/.zfunc/_fastemb, with 'fpath+=~/.zfunc; autoload -Uz compinit; compinit' in ~/.zshrc
  fish  fastemb completion fish > ~/.config/fish/completions/fastemb.fish
"""


def add_completion(parser: argparse.ArgumentParser) -> None:
    """Add ``completion``."""
    parser.description = "Print a script that lets a shell complete commands, options and files."
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shell", choices=_SHELLS, help="bash, zsh or fish")
    parser.set_defaults(run=_completion)


def _completion(options: argparse.Namespace) -> int:
    try:
        import shtab
    except ImportError:
        raise ImportError("completions are made by the package shtab: pip install 'fastemb[completion]'") from None
    whole = command_line(None)
    for action in _actions(whole):
        if action.metavar in _FILES or getattr(action.type, "__name__", "") in _PATHS:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(whole, options.shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """What a command line takes, and its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
