"""Options of gensim's ``save`` that have a meaning for pickles only: they are accepted, with a warning."""

from __future__ import annotations

from typing import Any

from ..checks import warn

SEP_LIMIT = 10 * 1024**2  # gensim's default
PICKLE_PROTOCOL = 4  # the same


def warn_of_pickle_options(separately: Any, sep_limit: int, pickle_protocol: int) -> None:
    """Warn the caller of a save method when one of these options is not its default."""
    if separately or sep_limit != SEP_LIMIT or pickle_protocol != PICKLE_PROTOCOL:
        warn("separately, sep_limit and pickle_protocol have no effect: everything goes to one file, without pickle")
