"""Messages of the models that train, in the package's names of arguments: ``vector_size`` is ``dim`` there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..checks import reword_warnings

_NAMES = {
    "vector_size": "dim",
    "window": "ws",
    "epochs": "epoch",
    "alpha": "lr",
    "negative": "neg",
    "workers": "thread",
    "min_n": "minn",
    "max_n": "maxn",
    "min_count": "minCount",
    "min_count_label": "minCountLabel",
    "word_ngrams": "wordNgrams",
    "label_prefix": "label",
    "sample": "t",
}
_PHRASES = (
    (
        r"Give label_prefix=, or name the columns of a table by text= and labels=",
        "Give the prefix that they have by label=",
    ),
    (r"set negative > 0 \(negative sampling\) or hs=1 \(hierarchical softmax\)", "set neg > 0, or loss='hs'"),
    (r"vectors have (\d+) numbers, and vector_size is", r"pretrainedVectors have \1 numbers, and dim is"),
    (r"\balpha \(now", "lr (now"),
    (r"\bnegative \(now", "neg (now"),
)
_NAMED = re.compile(rf"(?<![\w/.-])({'|'.join(_NAMES)})(?==| must be )")


def in_the_packages_names(message: str) -> str:
    """A message with the package's names of arguments."""
    for pattern, words in _PHRASES:
        message = re.sub(pattern, words, message)
    return _NAMED.sub(lambda found: _NAMES[found[1]], message)


reword_warnings(__name__.rpartition(".")[0], in_the_packages_names)


@contextmanager
def packages_names() -> Iterator[None]:
    """Errors of what is done meanwhile name arguments as the package does."""
    try:
        yield
    except (ValueError, TypeError, FloatingPointError) as error:
        if type(error) not in (ValueError, TypeError, FloatingPointError):
            raise
        raise type(error)(in_the_packages_names(str(error))) from None
