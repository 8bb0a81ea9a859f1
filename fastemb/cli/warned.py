"""Warnings as the command line shows them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .wording import in_options


@contextmanager
def plain_warnings(arguments: Sequence[str]) -> Iterator[None]:
    """Print each UserWarning as a line, without the file of Python that gives it, in the words of the command line."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        shown = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, UserWarning):
                print(f"fastemb: warning: {in_options(str(message), arguments)}", file=sys.stderr)
            else:
                shown(message, category, *where, **more)

        warnings.showwarning = show
        yield
