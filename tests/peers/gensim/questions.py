"""Questions that gensim and fastemb are asked in the same words: `models` is gensim.models or fastemb.models.

Input is made by integer arithmetic and `random.choices`, which are the same everywhere.
"""

from __future__ import annotations

import importlib.util
import inspect
import random
from pathlib import Path
from typing import Any

import numpy as np

from peers import exact, plain

WORDS = [f"w{number}" for number in range(40)] + ["king", "King", "KING", "queen", "Queen", "man", "woman"]
SIZE = 8
CORPUS = [["the", "cat", "sat"], ["a", "dog", "sat"]] * 5


def uniform(rows: int, columns: int) -> np.ndarray:
    """float32 in [-1, 1)."""
    numbers = np.arange(1, rows * columns + 1, dtype=np.uint64)
    mixed = numbers * np.uint64(2654435761) % np.uint64(2**32) * np.uint64(40503) % np.uint64(65536)
    return (mixed.astype(np.float32) / 32768 - 1).reshape(rows, columns)


def vectors(models: Any) -> Any:
    found = models.KeyedVectors(SIZE)
    found.add_vectors(WORDS, uniform(len(WORDS), SIZE))
    return found


def sentences(seed: int) -> list[list[str]]:
    dice = random.Random(seed)
    words = ["new", "york", "of", "the", "city", "bank", "river", "a", "b", "c"]
    return [dice.choices(words, weights=range(10, 0, -1), k=dice.randint(1, 12)) for _ in range(40)]


OPTIONS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "case": {"case_insensitive": False},
    "dummy4unknown": {"dummy4unknown": True},
    "restrict_vocab": {"restrict_vocab": 30},
}


def analogies(models: Any, folder: Path, options: dict[str, Any]) -> Any:
    found, dice = vectors(models), random.Random(1)
    lines = []
    for section in range(2):
        lines.append(f": section {section}")
        lines += [" ".join(dice.choices([*WORDS, "zz"], k=4)) for _ in range(30)]
        for _ in range(10):
            a, b, c = dice.choices(WORDS, k=3)
            lines.append(f"{a} {b} {c} {found.most_similar([b, c], [a], topn=1)[0][0]}")
    (folder / "analogies").write_text("\n".join(lines))
    return found.evaluate_word_analogies(str(folder / "analogies"), **options)


def word_pairs(models: Any, folder: Path, options: dict[str, Any]) -> Any:
    # a word is never paired with itself: its similarity, 1 but for rounding, would decide its rank
    dice, words = random.Random(1), [*WORDS[:40], "King", "queen", "man", "zz"]
    pairs = ["\t".join([*dice.sample(words, 2), str(dice.randint(0, 10))]) for _ in range(100)]
    (folder / "pairs").write_text("\n".join(pairs))
    pearson, spearman, _ = vectors(models).evaluate_word_pairs(str(folder / "pairs"), **options)
    return [tuple(pearson), tuple(spearman)]


def phrases(models: Any, scoring: str, threshold: float, links: frozenset[str]) -> Any:
    text, other = sentences(1), sentences(2)
    found = models.Phrases(text, min_count=3, threshold=threshold, scoring=scoring, connector_words=links)
    answer = {
        "vocab": dict(sorted(found.vocab.items())),
        "words": found.corpus_word_count,
        "phrases": exact(found.export_phrases()),
        "joined": list(found[text]),
        "found": exact(found.find_phrases(other)),
        "analyzed": [exact(list(found.analyze_sentence(sentence))) for sentence in other],
        "frozen": exact(dict(found.freeze().phrasegrams)),
        "joined by Phraser": list(models.phrases.Phraser(found)[other]),
    }
    found.add_vocab(other)
    return answer | {"phrases of more": exact(found.export_phrases())}


def vocabulary(models: Any, options: dict[str, Any]) -> Any:
    model = models.Word2Vec(vector_size=SIZE, workers=1, **options)
    model.build_vocab(sentences(3))
    counts = {word: model.wv.get_vecattr(word, "count") for word in sorted(model.wv.index_to_key)}
    return {"counts": counts, "sentences": model.corpus_count, "words": model.corpus_total_words}


def answers(models: Any, folder: Path) -> dict[str, Any]:
    """Every question's answer, plain."""
    found: dict[str, Any] = {}
    for name, options in OPTIONS.items():
        found[f"analogies: {name}"] = analogies(models, folder, options)
        found[f"word pairs: {name}"] = word_pairs(models, folder, options)
    for scoring, threshold in {"default": 0.07, "npmi": 0.05}.items():
        for links in (frozenset[str](), frozenset(["of", "the"])):
            found[f"phrases: {scoring}, {len(links)} connectors"] = phrases(models, scoring, threshold, links)
    found["connector words"] = models.phrases.ENGLISH_CONNECTOR_WORDS
    for options in ({"min_count": 1}, {"min_count": 40}, {"min_count": 1, "max_final_vocab": 5}):
        found[f"vocabulary: {options}"] = vocabulary(models, options)
    vectors(models).save_word2vec_format(str(folder / "binary"), binary=True)
    found["binary file"] = (folder / "binary").read_bytes().hex()
    return {name: plain(answer) for name, answer in found.items()}


# ---- what only gensim itself is asked ----


def examples(models: Any, folder: Path) -> dict[str, Any]:
    """An object of every class whose names and arguments are compared."""
    options = {"min_count": 1, "vector_size": 4, "workers": 1, "epochs": 1, "hs": 1, "sample": 0}
    model, found = models.Word2Vec(CORPUS, **options), models.Phrases(CORPUS)
    tagged = [models.doc2vec.TaggedDocument(words, [number]) for number, words in enumerate(CORPUS)]
    return {
        "Word2Vec": model,
        "Doc2Vec": models.Doc2Vec(tagged, **options),
        "TaggedDocument": tagged[0],
        "TaggedLineDocument": models.doc2vec.TaggedLineDocument("text"),
        "KeyedVectors": model.wv,
        "LineSentence": models.word2vec.LineSentence("text"),
        "PathLineSentences": models.word2vec.PathLineSentences(str(folder)),
        "Text8Corpus": models.word2vec.Text8Corpus("text"),
        "BrownCorpus": models.word2vec.BrownCorpus("folder"),
        "CallbackAny2Vec": models.callbacks.CallbackAny2Vec(),
        "Phrases": found,
        "FrozenPhrases": found.freeze(),
    }


def arguments(function: Any) -> list[list[str]]:
    """Name, kind and default of each."""
    parameters = inspect.signature(function).parameters.values()
    return [[one.name, one.kind.name, "" if one.default is one.empty else repr(one.default)] for one in parameters]


def signatures(kind: type) -> dict[str, list[list[str]]]:
    """Arguments of every public method of a class."""
    names = ["__init__", *(name for name in dir(kind) if not name.startswith("_"))]
    return {name: arguments(getattr(kind, name)) for name in names if callable(getattr(kind, name))}


def public_names(example: Any) -> list[str]:
    """Names of a class, and of its objects."""
    own = getattr(example, "__dict__", {})
    return sorted(name for name in {*dir(type(example)), *own} if not name.startswith("_"))


MODULES = ("callbacks", "doc2vec", "keyedvectors", "phrases", "word2vec")
SCRIPTS_AND_TOOLS = (
    *("scripts.glove2word2vec", "scripts.word2vec2tensor"),
    *("utils.ClippedCorpus", "utils.RULE_DEFAULT", "utils.RULE_DISCARD", "utils.RULE_KEEP", "utils.RepeatCorpusNTimes"),
    *("utils.keep_vocab_item", "utils.save_as_line_sentence", "utils.simple_preprocess", "utils.tokenize"),
)


def names_of_modules() -> list[str]:
    """What gensim's modules define, and what of its tools is used with them."""
    found = list(SCRIPTS_AND_TOOLS)
    for module in MODULES:
        for name, value in vars(importlib.import_module(f"gensim.models.{module}")).items():
            defined = getattr(value, "__module__", "").startswith("gensim.models.") or name.isupper()
            if defined and not name.startswith("_") and name != "REAL":
                found.append(f"{module}.{name}")
    assert all(importlib.util.find_spec(f"gensim.{name}") for name in found if name.startswith("scripts."))
    assert all(hasattr(importlib.import_module("gensim.utils"), name[6:]) for name in found if name[:6] == "utils.")
    return sorted(found)


def text_file(models: Any, folder: Path) -> str:
    vectors(models).save_word2vec_format(str(folder / "text"), binary=False)
    return (folder / "text").read_text(encoding="utf-8")
