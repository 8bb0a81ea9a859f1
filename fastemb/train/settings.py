"""Settings: each is declared once, with its type, its default, what it may be and what it means.

From the declaration come the check of a value, the attribute of a model (`fastemb.models.word2vec`), the option of the
command line (`fastemb.cli.settings`) and the file of a model. To add one, declare it here, give the constructor of the
model a documented parameter of the same name and default, and read it where the core is given its settings
(`fastemb.train.task`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from ..checks import flag, number, whole
from ..config import isa
from ..threads import checked_workers

Check = Callable[[str, Any], Any]
"""From the name of a setting and a value to the value as the model keeps it; raises ValueError or TypeError."""


@dataclass(frozen=True)
class Declared:
    """What is known of a setting besides its name, type and default."""

    doc: str
    """What it means, in a line that the command line shows."""
    kind: type
    """What the command line reads: int or float."""
    check: Check


def whole_number(default: int | None, doc: str, low: int, high: int) -> Any:
    """Declare a whole number from ``low`` to ``high``; None may be given where it is the default."""

    def check(name: str, value: Any) -> int | None:
        return None if value is None and default is None else whole(name, value, low, high)

    return declare(default, doc, int, check)


def real_number(default: float | None, doc: str, at_least: float | None = None) -> Any:
    """Declare a finite number, not below ``at_least``; None may be given where it is the default."""

    def check(name: str, value: Any) -> float | None:
        if value is None and default is None:
            return None
        return number(name, value) if at_least is None else number(name, value, at_least=at_least)

    return declare(default, doc, float, check)


def switch(default: bool | int, doc: str) -> Any:
    """Declare 0 or 1, or with a bool as default False or True; nothing else is taken."""
    kind = type(default)
    return declare(default, doc, int, lambda name, value: kind(flag(name, value)))


def thread_number(doc: str) -> Any:
    """Declare a number of threads; None, the default, or -1 is all CPUs."""
    return declare(None, doc, int, lambda name, value: checked_workers(value))


def declare(default: Any, doc: str, kind: type, check: Check) -> Any:
    """Declare a setting whose values another check decides on; see `Declared`."""
    return dataclasses.field(default=default, metadata={"declared": Declared(doc, kind, check)})


@dataclass
class Checked:
    """Base of a dataclass whose fields are settings."""

    @classmethod
    def declared(cls) -> dict[str, Declared]:
        """What was declared of each setting, by name, in order."""
        return {field.name: field.metadata["declared"] for field in dataclasses.fields(cls)}

    @classmethod
    def among(cls, values: Mapping[str, Any]) -> Self:
        """Make one of those of ``values`` that are settings; the rest have their defaults."""
        return cls(**{name: values[name] for name in cls.declared() if name in values})

    def values(self) -> dict[str, Any]:
        """All settings by name."""
        return {name: getattr(self, name) for name in self.declared()}

    def check(self) -> None:
        """Check every setting, and turn whole floats and numbers in strings into numbers, as gensim does.

        Raises:
            ValueError: a setting makes no sense; the message names the first.
            TypeError: a setting is no number at all.
        """
        for name, declared in self.declared().items():
            setattr(self, name, declared.check(name, getattr(self, name)))

    def checked(self) -> Self:
        """A copy that was checked; the errors are those of `check`."""
        made = dataclasses.replace(self)
        made.check()
        return made


@dataclass
class Settings(Checked):
    """How vectors are learned; names and defaults are gensim 4's where it has them."""

    vector_size: int = whole_number(100, "length of the vectors", 1, 2**24)
    alpha: float = real_number(0.025, "first learning rate", at_least=0.0)
    window: int = whole_number(5, "words of context on either side", 1, 2**63)
    min_count: int = whole_number(5, "drop words that occur less often", 0, 2**62)
    sample: float = real_number(1e-3, "thin out words above this share of the text; 0: none", at_least=0.0)
    seed: int = whole_number(1, "with one worker, the same seed gives the same vectors", 0, 2**64 - 1)
    workers: int | None = thread_number("threads (default: all CPUs)")
    min_alpha: float = real_number(0.0001, "last learning rate", at_least=0.0)
    sg: int = switch(0, "1 for skip-gram, 0 for CBOW")
    hs: int = switch(0, "1 for hierarchical softmax")
    negative: int = whole_number(5, "negatives drawn at once; 0: none", 0, 2**20)
    ns_exponent: float = real_number(0.75, "negatives are drawn by count to the power of this")
    cbow_mean: int = switch(1, "1 averages the context vectors of CBOW, 0 adds them up")
    epochs: int = whole_number(5, "passes over the text", 0, 2**40)
    max_final_vocab: int | None = whole_number(None, "keep at most this many words, none that tie", 1, 2**62)
    shrink_windows: bool = switch(True, "draw the reach of each window, or always use all of it")
    negatives_per_pair: bool = switch(False, "draw negatives anew for each context or predicted word")
    cbow_exact: bool = switch(False, "divide the CBOW gradient by the number of contexts")
    hs_exact: bool = switch(False, "train every node of a word's Huffman path each time, not a part of the first")
    max_vocab_size: int | None = whole_number(None, "keep at most this many words, the most frequent ones", 1, 2**62)
    null_word: int = switch(0, "1 adds a word that occurs nowhere")
    sorted_vocab: int = switch(1, "0 keeps words in the order in which they first occur")
    compute_loss: bool = switch(False, "add up the loss")
    deterministic: bool = switch(False, "the same vectors with any number of threads, in about twice the time")

    @property
    def layer1_size(self) -> int:
        """Length of output vectors."""
        return self.vector_size

    def check(self) -> None:
        """As in the base; and refuse settings that do nothing beside the others, and a kernel that cannot run here.

        So a wrong FASTEMB_ISA is noticed before a corpus is read.
        """
        isa()
        super().check()
        if self.hs == 0 and self.negative == 0:
            raise ValueError("nothing to train: set negative > 0 (negative sampling) or hs=1 (hierarchical softmax)")
        if self.negatives_per_pair and not self.negative:
            raise ValueError("negatives_per_pair applies to negative sampling (negative > 0) only")
        if self.cbow_exact and self.sg:
            raise ValueError("cbow_exact applies to CBOW (sg=0) only")
        if self.hs_exact and not self.hs:
            raise ValueError("hs_exact applies to hierarchical softmax (hs=1) only")


@dataclass
class SubwordSettings(Settings):
    """How vectors of words and of their n-grams of characters are learned."""

    word_ngrams: int = switch(1, "0 leaves out n-grams of characters")
    min_n: int = whole_number(3, "characters of the shortest n-grams", 0, 2**30)
    max_n: int = whole_number(6, "characters of the longest n-grams; below min_n: none", 0, 2**30)
    bucket: int = whole_number(
        2_000_000, "how many numbers n-grams of characters may have; 0: no n-grams", 0, 2**31 - 1
    )
    all_buckets: bool = switch(False, "keep a row for every bucket, not only for those of the words")

    @property
    def has_ngrams(self) -> bool:
        """Whether there are n-grams of characters."""
        return bool(self.word_ngrams) and self.bucket > 0 and 0 < self.max_n >= self.min_n


@dataclass
class DocumentSettings(Settings):
    """How vectors of documents are learned."""

    window: int = whole_number(5, "words of context on either side; 0 where documents alone predict", 0, 2**63)
    epochs: int = whole_number(10, "passes over the documents", 0, 2**40)
    dbow_words: int = switch(0, "1 trains words as skip-gram beside documents")
    dm_concat: int = switch(0, "1 puts the vectors of the context side by side")
    dm_tag_count: int = whole_number(1, "tags of each document, for dm_concat", 1, 2**16)

    @property
    def dm(self) -> bool:
        """Whether documents' vectors join those of the context (PV-DM), or are alone (PV-DBOW)."""
        return not self.sg

    @property
    def concatenates(self) -> bool:
        """Whether vectors lie side by side."""
        return bool(self.dm_concat) and self.dm

    @property
    def layer1_size(self) -> int:
        """Length of output vectors: with concatenation that of all that lies side by side."""
        return self.vector_size * (self.dm_tag_count + 2 * self.window if self.concatenates else 1)

    def check(self) -> None:
        """As in the base; refuse a window without words, and output vectors that no machine has memory for."""
        super().check()
        if not self.window and (self.dm or self.dbow_words):
            raise ValueError("window=0 leaves words no context: it is for dm=0 without dbow_words")
        if self.layer1_size > 2**24:
            raise ValueError(
                f"dm_concat with window={self.window} and dm_tag_count={self.dm_tag_count} makes output vectors of "
                f"{self.layer1_size:,} numbers: lower window, dm_tag_count or vector_size"
            )
