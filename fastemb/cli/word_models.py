"""What ``train`` and ``documents train`` share: options of a model of words, its training, and how that ends."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..corpus import Corpus
from ..io.safetensors import read_header
from ..models import Word2Vec
from ..train.checkpoint import mark_of
from ..train.settings import Settings
from .checkpoints import Held, corpus_again, go_on_later
from .reading import add_workers, workers_given
from .saying import add_quiet, progress_of, say, tell
from .settings import add_settings, settings_of
from .stopping import hear_again, status_of

_RUN = {"epochs": "-e", "alpha": None, "min_alpha": None, "seed": None, "deterministic": None}
ENDED = "training had ended: nothing is left to do but to save"


def add_loss(group: Any) -> None:
    """Add how it learns."""
    group.add_argument(
        "--loss", choices=("ns", "hs"), default="ns", help="negative sampling or hierarchical softmax (%(default)s)"
    )


def add_training(
    parser: argparse.ArgumentParser, group: Any, kind: type[Settings], names: Mapping[str, str | None]
) -> None:
    """Add settings of these names, of the class ``kind``, to a group, and to the parser those of every training."""
    add_settings(group, kind, names)
    group.add_argument("--negative", type=int, metavar="N", help="negatives drawn at once, with --loss ns (5)")
    run = parser.add_argument_group("training")
    add_settings(run, kind, _RUN)
    add_workers(run)
    add_quiet(run)


def settings_given(options: argparse.Namespace, names: Mapping[str, str | None]) -> dict[str, Any]:
    """What the command line gave for these settings and those of every training, as a model takes it.

    Raises:
        ValueError: some do not go together.
    """
    if options.loss == "hs" and options.negative is not None:
        raise ValueError("--negative is for --loss ns: hierarchical softmax has no negatives")
    negative = Settings.negative if options.negative is None else options.negative
    return {
        **settings_of(options, names),
        **settings_of(options, _RUN),
        "hs": int(options.loss == "hs"),
        "negative": 0 if options.loss == "hs" else negative,
        "min_count": options.min_count,
        "max_final_vocab": options.max_vocab,
        "max_vocab_size": options.max_vocab_size,
        "workers": options.workers,
    }


@dataclass(frozen=True)
class Command:
    """A command that trains a model of words.

    Attributes:
        name: What comes after ``fastemb``.
        kind: Of the model.
        save: Writes it to the files that the options name.
        read: Reads the text that options name. Default None: as ``fastemb train`` does.
    """

    name: str
    kind: type[Word2Vec]
    save: Callable[[Any, argparse.Namespace], None]
    read: Callable[[argparse.Namespace], Corpus] | None = None

    def train(self, model: Word2Vec, text: Corpus, options: argparse.Namespace) -> int:
        """Train a model that has a vocabulary, and save it; returns the exit status."""
        try:
            model.train(
                text,
                progress=progress_of(options),
                checkpoint=options.checkpoint,
                checkpoint_every=options.checkpoint_every,
            )
            self.save(model, options)
        except KeyboardInterrupt as error:
            return self.interrupted(model, options, error)
        return 0

    def resume(self, parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
        """Go on from the checkpoint that the options name, and save the model; returns the exit status."""
        held, text = Held(), None
        metadata = read_header(options.resume)[1]
        mark = mark_of(options.resume, metadata)
        if metadata.get("format") == self.kind._kind:  # else its `resume` says what it is
            if mark.ended:
                tell(options, ENDED)
            else:
                text = corpus_again(options.resume, mark.origin, options, self.read)
        try:
            model = self.kind.resume(
                options.resume,
                text,
                workers=workers_given(parser, options),
                callbacks=[held],
                progress=progress_of(options),
                checkpoint_every=options.checkpoint_every,
            )
            self.save(model, options)
        except KeyboardInterrupt as error:
            if held.model is None:  # before training began
                raise
            return self.interrupted(held.model, options, error)
        return 0

    def interrupted(self, model: Word2Vec, options: argparse.Namespace, error: KeyboardInterrupt) -> int:
        """Save what was learned until a signal came; returns the exit status."""
        hear_again()  # a second one ends the saving, too
        say("interrupted; saving what was learned so far")
        self.save(model, options)
        checkpoint = options.resume or options.checkpoint
        if checkpoint is not None:
            tell(options, go_on_later(self.name, checkpoint, options.output))
        return status_of(error)
