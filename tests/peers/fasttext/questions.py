"""What fastText is asked: small models of a text with words of all kinds, by their arguments."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from peers import plain

WORDS = [
    "the",
    "of",
    "a",
    "cat",
    "Zürich",
    "naïve",
    "東京",
    "🙂🙃",
    "don't",
    "x" * 40,
    "e\u0301te\u0301",
    "-1.5",
    "<a>",
    "ab",
]

MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"model": "skipgram", "minn": 3, "maxn": 6},
    "bags of words, from one character on": {"model": "cbow", "minn": 1, "maxn": 3},
    "no n-grams": {"model": "skipgram", "minn": 0, "maxn": 0},
    "hierarchical softmax": {"model": "skipgram", "minn": 2, "maxn": 2, "loss": "hs"},
    "supervised": {"minn": 2, "maxn": 4},
    "supervised, pairs of words": {"minn": 0, "maxn": 0, "wordNgrams": 2},
}
"""Arguments of fastText's training, by name; without a ``model`` it is supervised."""

# fastText 0.9.3 draws the start of a matrix in ten parts, by as many threads, and leaves the rest to chance.
COMMON = {"dim": 10, "thread": 10, "epoch": 2, "bucket": 40, "minCount": 1, "verbose": 0}


def text(labels: bool) -> str:
    """Lines of the words, with one of two labels at the start of each if wanted."""
    chance = random.Random(1)
    lines = [" ".join(chance.choices(WORDS, range(1, len(WORDS) + 1), k=8)) for _ in range(100)]
    return "".join(f"__label__{number % 2} {line}\n" if labels else f"{line}\n" for number, line in enumerate(lines))


LABELLED: dict[str, dict[str, Any]] = {
    "softmax": {"wordNgrams": 2},
    "tree": {"loss": "hs", "minn": 2, "maxn": 3},
    "negatives": {"loss": "ns", "wordNgrams": 2},
    "one-vs-all": {"loss": "ova", "minn": 1, "maxn": 2, "wordNgrams": 3},
    "quantised": {"minn": 2, "maxn": 4, "bucket": 300, "quantize": {}},
    "quantised tree with lengths": {
        "loss": "hs",
        "bucket": 300,
        "wordNgrams": 2,
        "quantize": {"qnorm": True, "dsub": 3},
    },
    "pruned": {"minn": 2, "maxn": 3, "wordNgrams": 2, "bucket": 500, "quantize": {"cutoff": 270}},
}
"""Arguments of training with labels, by name, and those of quantising."""

ASKED = [
    "the",
    "Zürich",
    "東京",
    "unknown",
    "</s>",
    "",
    "the the Zürich __label__0 a\tcat",
    "\xa0",
    "x </s> y",
]
"""Words and texts."""


def labelled_text() -> str:
    """Lines with one or two of six labels each, whose words depend on them."""
    chance = random.Random(2)
    lines = []
    for _ in range(240):
        label = min(chance.randrange(6), chance.randrange(6))
        words = chance.choices([*WORDS[label * 2 : label * 2 + 4], *WORDS], k=chance.randrange(1, 9))
        second = f"__label__{chance.randrange(6)} " if chance.random() < 0.2 else ""
        lines.append(f"__label__{label} {second}{' '.join(words)}")
    return "\n".join(lines) + "\n"


def say(function: Callable[[], Any]) -> Any:
    """What a call gives, in plain values, or that it fails by ValueError."""
    try:
        return plain(function())
    except ValueError:
        return "ValueError"


def ask_model(module: Any, path: str, text: str) -> dict[str, Any]:
    """What a module, the package or ours, answers about the model and the text at these paths."""
    model = module.load_model(path)
    found: dict[str, Any] = {
        "words": say(lambda: model.get_words(include_freq=True)),
        "labels": say(lambda: model.get_labels(include_freq=True)),
        "kind": [model.get_dimension(), model.is_quantized()],
        "matrices": [say(lambda: model.get_input_matrix().shape), say(lambda: model.get_output_matrix().tolist())],
        "rows": [say(lambda row=row: model.get_input_vector(row)) for row in (0, 5)],
        "many": say(lambda: model.predict(ASKED, k=2)),
        "precision": [say(lambda k=k: model.test(text, k, 0.1)) for k in (1, 3, -1)],
        "lines": say(lambda: model.get_line(ASKED)),
        "refused": [say(lambda: model.predict("a\nb")), say(lambda: model.predict("the", k=0))],
    }
    for asked in ASKED:
        found[f"of {asked!r}"] = _of_text(model, asked)
    return found


def _of_text(model: Any, asked: str) -> list[Any]:
    """What is said of a word or text."""
    kinds = ((1, 0.0), (-1, 0.0), (4, 0.2))
    return [
        say(lambda: model.get_word_vector(asked)),
        say(lambda: model.get_sentence_vector(asked)),
        model.get_word_id(asked),
        say(lambda: model.get_subword_id(asked)) if model.get_subwords("catcat")[0] else None,  # else it may crash
        asked in model,
        say(lambda: model.get_subwords(asked)[0]),
        say(lambda: [int(row) for row in model.get_subwords(asked)[1]]),
        [say(lambda k=k, t=t: model.predict(asked, k=k, threshold=t)) for k, t in kinds],
    ]
