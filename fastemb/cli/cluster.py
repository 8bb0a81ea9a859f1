"""Training on a Ray cluster: its options on the command line, and what they have done."""

from __future__ import annotations

import argparse
from typing import Any

from ..models import Word2Vec
from ..scale import fit, resume
from .phrases import phrase_files
from .reading import workers_given
from .saying import progress_of
from .values import positive

_OPTIONS = ("nodes", "rounds")
_TEXT = ("column", "encoding", "unicode_errors", "lower", "token_pattern", "max_sentence_length")
_NOT_THERE = ("cache", "sep", "quotechar", "columns", "init_vectors", "phrases", "save_phrases", "connector_words")


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Add where nodes are, and how many."""
    group = parser.add_argument_group(
        "cluster", "Train on the machines of a Ray cluster, each of which reads and learns a part of the text."
    )
    group.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="HOST:6379 or ray://HOST:10001; auto: the cluster that runs here; local: processes of this machine",
    )
    group.add_argument(
        "--nodes",
        type=positive,
        metavar="N",
        help="parts of the text, with a process for each (machines of the cluster); --workers are threads of each",
    )
    group.add_argument(
        "--rounds", type=positive, metavar="N", help="how often an epoch the nodes merge all vectors (6 a node)"
    )


def refuse_without_cluster(options: argparse.Namespace) -> None:
    """Refuse options that would do nothing.

    Raises:
        ValueError: one was given.
    """
    for name in _OPTIONS:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name} is for training on a cluster: give --ray, as --ray local")


def check_cluster(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse what nodes cannot do.

    Raises:
        ValueError: it was asked for.
    """
    for name in _NOT_THERE:
        if hasattr(options, name) and getattr(options, name) != parser.get_default(name):
            raise ValueError(
                f"--{name.replace('_', '-')} does not go with --ray: encode the text first, by 'fastemb corpus build', "
                "and train on that in Python: fastemb.scale.fit takes a Corpus"
            )
    if "-" in options.corpus:
        raise ValueError("standard input does not go with --ray: nodes read files by their paths")
    assert not phrase_files(options)


def fit_on_cluster(model: Word2Vec, parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Train a model on the text that the options name."""
    text = {name: getattr(options, name) for name in _TEXT if getattr(options, name) not in (None, False)}
    fit(
        model,
        options.corpus,
        **_where(parser, options),
        **text,
        rounds=options.rounds,
        progress=progress_of(options),
        checkpoint=options.checkpoint,
        checkpoint_every=options.checkpoint_every,
    )


def resume_on_cluster(parser: argparse.ArgumentParser, options: argparse.Namespace, callbacks: list[Any]) -> Word2Vec:
    """Go on from the checkpoint that the options name."""
    made: Word2Vec = resume(
        options.resume,
        options.corpus or None,
        **_where(parser, options),
        callbacks=callbacks,
        progress=progress_of(options),
        checkpoint_every=options.checkpoint_every,
    )
    return made


def what_nodes_did(model: Word2Vec) -> str:
    """A line for people."""
    found: dict[str, Any] = next(
        (event for event in reversed(model.lifecycle_events or []) if event["event"] == "trained on a cluster"), {}
    )
    if not found:
        return "trained on a cluster"
    replaced = f", {found['replaced']} of them replaced" if found["replaced"] else ""
    return (
        f"{found['nodes']:,} nodes{replaced}: {found['rounds']:,} rounds, {found['bytes'] / 1e6:,.0f} MB exchanged, "
        f"{found['seconds_to_train']:.1f} s of training and {found['seconds_to_merge']:.1f} s of merging"
    )


def _where(parser: argparse.ArgumentParser, options: argparse.Namespace) -> dict[str, Any]:
    workers = workers_given(parser, options)
    return {"address": options.ray, "nodes": options.nodes, "workers_per_node": workers}
