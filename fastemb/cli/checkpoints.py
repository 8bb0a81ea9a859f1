"""Checkpoints on the command line: their options, and the text that training goes on with."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Collection
from typing import Any

from ..corpus import Corpus
from ..corpus.origin import Origin
from ..io.paths import is_url
from ..models.resuming import COMMAND
from .reading import corpus_of
from .values import STDIN, file_path

_ANY_COMMAND = {"run", "resume", "checkpoint_every", "quiet"}
_PATHS = ("cache", "connector_words")
_NOT_TEXT = {
    "output",
    "save_model",
    "save_vectors",
    "checkpoint",
    "save_phrases",
}  # these are not written again, or by other names


def add_checkpoints(parser: argparse.ArgumentParser, unit: str) -> None:
    """Add how checkpoints are written, and that training goes on from one; ``unit`` names another unit than time."""
    group = parser.add_argument_group(
        "checkpoints", "A file from which training goes on after the process was killed, with nothing lost before it."
    )
    group.add_argument(
        "--checkpoint", type=file_path, metavar="PATH", help="write one before, during and after training"
    )
    group.add_argument(
        "--checkpoint-every",
        metavar="TIME",
        help=f"how often: 30s, 1.5min, 2h, or {unit} (10min, and at most 1%% of the time is spent on it)",
    )
    group.add_argument(
        "--resume",
        type=file_path,
        metavar="PATH",
        help="go on from this checkpoint, and write it further; it knows the input and all settings",
    )


def refuse_beside_resume(parser: argparse.ArgumentParser, options: argparse.Namespace, known: Collection[str]) -> None:
    """Refuse options that would do nothing, as the checkpoint has what they say.

    Raises:
        ValueError: one was given that is not ``known``.
    """
    for name, value in vars(options).items():
        if name in _ANY_COMMAND or name in known or value == parser.get_default(name):
            continue
        shown = f"--{name.replace('_', '-')}"
        if name == "checkpoint":
            raise ValueError("--resume goes on writing to its own file: leave --checkpoint out")
        raise ValueError(f"{shown} has no effect beside --resume: the checkpoint has all settings")


def origin_of(options: argparse.Namespace) -> Origin:
    """Where the text of a command comes from, as a checkpoint keeps it."""
    kept = {name: value for name, value in vars(options).items() if name not in _ANY_COMMAND | _NOT_TEXT}
    kept["corpus"] = [_absolute(path) for path in options.corpus]
    for name in _PATHS:
        if kept.get(name) is not None and os.path.exists(kept[name]):
            kept[name] = os.path.abspath(kept[name])
    return {"door": COMMAND, "source": kept["corpus"], "options": kept}


def corpus_again(
    path: str, origin: Any, options: argparse.Namespace, read: Callable[[argparse.Namespace], Corpus] | None = None
) -> Corpus | str | None:
    """The text that a checkpoint was made with; None where it knows that better than the command line.

    Args:
        path: The checkpoint.
        origin: What it says of that.
        options: Of the command, which may name files.
        read: Reads what options name. Default None: as ``fastemb train`` does.

    Raises:
        ValueError: it came from standard input, and is not given again.
    """
    named: list[str] = options.corpus
    if not isinstance(origin, dict) or origin.get("door") != COMMAND:
        if not named:
            return None
        return named[0] if len(named) == 1 else Corpus.from_file(named)
    kept: dict[str, Any] = origin.get("options", {})
    try:
        recorded = argparse.Namespace(**{**kept, "save_phrases": None, "quiet": options.quiet})
        if named:
            recorded.corpus = named
        elif STDIN in recorded.corpus:
            raise ValueError(f"{path}: the text came from standard input: give it again, as - beside --resume")
        return corpus_of(recorded, recorded.workers, cache=recorded.cache) if read is None else read(recorded)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"{path}: damaged checkpoint: {error}") from None


def go_on_later(command: str, checkpoint: str, output: str) -> str:
    """What to say after an interrupt."""
    return f"go on later by: fastemb {command} --resume {shlex.quote(checkpoint)} -o {shlex.quote(output)}"


class Held:
    """A callback that holds the model, for when training is interrupted."""

    model: Any = None

    def on_train_begin(self, model: Any) -> None:
        """Training begins."""
        self.model = model


def _absolute(path: str) -> str:
    return path if path == STDIN or is_url(path) else os.path.abspath(path)
