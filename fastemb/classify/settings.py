"""Settings of a model of texts and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..arguments import did_you_mean, nearest_name
from ..config import isa
from ..train.schedule import require_falling
from ..train.settings import Checked, declare, real_number, switch, thread_number, whole_number
from .state import LOSSES

_OTHER_LOSSES = {
    "hierarchicalsoftmax": "hs",
    "hierarchical": "hs",
    "negative": "ns",
    "negativesampling": "ns",
    "one-vs-all": "ova",
    "onevsall": "ova",
    "ovr": "ova",
    "one-vs-rest": "ova",
    "sigmoid": "ova",
    "binary_crossentropy": "ova",
    "cross_entropy": "softmax",
    "crossentropy": "softmax",
    "log_loss": "softmax",
}


def checked_loss(name: str, value: Any) -> str:
    """The name of a loss.

    Raises:
        ValueError: there is no such one.
        TypeError: it is no text.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(LOSSES)}, not {value!r}")
    if value not in LOSSES:
        hint = did_you_mean(nearest_name(value, list(LOSSES), _OTHER_LOSSES))
        raise ValueError(f"{name} must be one of {', '.join(LOSSES)}, not {value!r}{hint}")
    return value


@dataclass
class ClassifierSettings(Checked):
    """How labels are learned; defaults are fastText's, names gensim's where it has them."""

    vector_size: int = whole_number(100, "length of the vectors", 1, 2**16)
    alpha: float = real_number(0.1, "first learning rate", at_least=0.0)
    min_alpha: float = real_number(0.0, "last learning rate", at_least=0.0)
    epochs: int = whole_number(5, "passes over the texts", 0, 2**40)
    loss: str = declare(
        "softmax",
        "softmax; hs, a tree, for thousands of labels; ova, each label for itself, for several a text; or ns",
        str,
        checked_loss,
    )
    negative: int = whole_number(5, "labels that are drawn at once with loss ns", 1, 2**20)
    min_count: int = whole_number(1, "drop words that occur less often", 0, 2**62)
    min_count_label: int = whole_number(0, "drop labels that occur less often", 0, 2**62)
    word_ngrams: int = whole_number(1, "words of the longest n-grams of words; 1: none", 1, 100)
    min_n: int = whole_number(0, "characters of the shortest n-grams of characters", 0, 2**30)
    max_n: int = whole_number(0, "characters of the longest n-grams of characters; 0: none", 0, 2**30)
    bucket: int = whole_number(2_000_000, "how many rows n-grams share", 0, 2**31 - 1)
    shuffle: bool = switch(True, "take the texts in another order in each pass")
    random_state: int = whole_number(1, "with one worker, the same seed gives the same model", 0, 2**64 - 1)
    workers: int | None = thread_number("threads (default: all CPUs)")
    deterministic: bool = switch(False, "the same model whatever the number of threads: one of them trains")

    @property
    def has_ngrams(self) -> bool:
        """Whether there are n-grams of words or of characters."""
        return self.word_ngrams > 1 or self.max_n > 0

    def check(self) -> None:
        """As in the base; and refuse settings that do nothing beside the others, and a kernel that cannot run here."""
        isa()
        super().check()
        require_falling(self.alpha, self.min_alpha)
        if self.has_ngrams and not self.bucket:
            raise ValueError("n-grams need rows: give bucket, such as 2000000, or word_ngrams=1 and max_n=0 for none")
        if self.max_n and self.min_n > self.max_n:
            raise ValueError(f"min_n={self.min_n} is above max_n={self.max_n}: there is no n-gram of such a length")
        if self.min_n and not self.max_n:
            raise ValueError(f"min_n={self.min_n} needs max_n, the length of the longest n-grams of characters")
