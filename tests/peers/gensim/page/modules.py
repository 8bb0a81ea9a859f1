"""The rows of the other names of gensim's modules."""

from __future__ import annotations

import importlib
import inspect
import itertools
import re
from pathlib import Path
from typing import Any

from peers.gensim.lines import MODULES, section
from peers.gensim.page.asked import LINES, PHRASES, Asked, Question, brown, shape_of, table_of
from peers.gensim.questions import sentences

CLASSES = {
    "callbacks": ["CallbackAny2Vec"],
    "doc2vec": ["Doc2Vec", "TaggedDocument", "TaggedLineDocument"],
    "keyedvectors": ["EuclideanKeyedVectors", "KeyedVectors", "Word2VecKeyedVectors"],
    "phrases": ["FrozenPhrases", "Phraser", "Phrases"],
    "word2vec": ["BrownCorpus", "KeyedVectors", "LineSentence", "PathLineSentences", "Text8Corpus", "Word2Vec"],
}
COUNTS = [(10, 20, 5, 100, 1, 1000), (10, 20, 0, 100, 1, 1000), (10, 20, 5, 100, 6, 1000), (1, 1, 1, 3, 0, 9)]
TEXTS = ["The cat SAT on the mat, didn't it?", "_under_ score 3rd x2y a_b", "Straße İstanbul ünïcode " + "long" * 5, ""]


def number_of(text: str) -> int:
    return sum(map(ord, text))


def utils() -> Any:
    return importlib.import_module("gensim.utils")


def of_the_page(name: str) -> Any:
    """A function of the code under the table."""
    found: dict[str, Any] = {"re": re}
    code = re.search(rf"^def {name}\(.*?\n\n\n", section(MODULES), flags=re.MULTILINE | re.DOTALL)
    assert code is not None
    exec(code[0], found)
    return found[name]


def saved_as_lines(a: Asked) -> str:
    utils().save_as_line_sentence(PHRASES, a.path("lines"))
    return Path(a.path("lines")).read_text(encoding="utf-8")


def resized(vectors: Any, resize: Any) -> Any:
    vectors.index_to_key.append("new")
    resize(vectors)
    return vectors.vectors[-2:]


def glove(a: Asked) -> str:
    return a.file("glove", "x 1 2\ny 3 4.5\n")


def converted(a: Asked) -> Any:
    importlib.import_module("gensim.scripts.glove2word2vec").glove2word2vec(glove(a), a.path("converted"))
    return table_of(a.models.KeyedVectors.load_word2vec_format(a.path("converted")))


SAME: dict[str, Question] = {
    **{
        f"{module}.{name}": lambda a, module=module, name=name: getattr(getattr(a.models, module), name).__name__
        for module, names in CLASSES.items()
        for name in names
    },
    "phrases.ENGLISH_CONNECTOR_WORDS": lambda a: sorted(a.models.phrases.ENGLISH_CONNECTOR_WORDS),
    "phrases.npmi_scorer": lambda a: [a.models.phrases.npmi_scorer(*one) for one in COUNTS],
    "phrases.npmi_scorer: arguments": lambda a: list(inspect.signature(a.models.phrases.npmi_scorer).parameters),
    "phrases.original_scorer": lambda a: [a.models.phrases.original_scorer(*one) for one in COUNTS],
    "phrases.original_scorer: arguments": lambda a: list(
        inspect.signature(a.models.phrases.original_scorer).parameters
    ),
    "keyedvectors.pseudorandom_weak_vector: shape": lambda a: [
        shape_of(a.models.keyedvectors.pseudorandom_weak_vector(4, *more)) for more in ((), ("x",), ("x", number_of))
    ],
}

DIFFERS: dict[str, tuple[Question, Any]] = {
    "keyedvectors.pseudorandom_weak_vector": (
        lambda a: a.models.keyedvectors.pseudorandom_weak_vector(2, "abc", number_of),
        [-0.192384182, 0.0733682215],
    ),
    **{
        f"utils.{name}": (lambda a, name=name: hasattr(importlib.import_module(a.library), name), True)
        for name in ("RULE_DEFAULT", "RULE_DISCARD", "RULE_KEEP")
    },
}

REPLACED: dict[str, tuple[Question, Question]] = {
    "doc2vec.TaggedBrownCorpus": (
        lambda a: [list(each.words) for each in a.models.doc2vec.TaggedBrownCorpus(brown(a, "ca01"))],
        lambda a: list(a.models.word2vec.BrownCorpus(brown(a, "ca01"))),
    ),
    "doc2vec.pseudorandom_weak_vector": (
        lambda a: shape_of(a.models.doc2vec.pseudorandom_weak_vector(4, "x")),
        lambda a: shape_of(a.models.keyedvectors.pseudorandom_weak_vector(4, "x")),
    ),
    "keyedvectors.load_word2vec_format": (
        lambda a: table_of(a.models.keyedvectors.load_word2vec_format(glove(a), no_header=True)),
        lambda a: table_of(a.models.KeyedVectors.load_word2vec_format(glove(a), no_header=True)),
    ),
    "keyedvectors.prep_vectors": (
        lambda a: a.models.keyedvectors.prep_vectors((48, 8), prior_vectors=a.kv().vectors, seed=0)[-2:],
        lambda a: resized(a.kv(), lambda kv: kv.resize_vectors()),
    ),
    "phrases.NEGATIVE_INFINITY": (
        lambda a: str(a.models.phrases.NEGATIVE_INFINITY),
        lambda _a: str(float("-inf")),
    ),
    "scripts.glove2word2vec": (
        converted,
        lambda a: table_of(a.models.KeyedVectors.load_word2vec_format(glove(a), no_header=True)),
    ),
    "utils.ClippedCorpus": (
        lambda _a: list(utils().ClippedCorpus(sentences(3), 4)),
        lambda _a: list(itertools.islice(sentences(3), 4)),
    ),
    "utils.RepeatCorpusNTimes": (
        lambda a: a.trained(utils().RepeatCorpusNTimes(PHRASES, 2), epochs=1).train_count,
        lambda a: a.trained(PHRASES, epochs=2).train_count,
    ),
    "utils.save_as_line_sentence": (
        saved_as_lines,
        lambda _a: "".join(" ".join(sentence) + "\n" for sentence in PHRASES),
    ),
    "utils.simple_preprocess": (
        lambda _a: [utils().simple_preprocess(text) for text in [*TEXTS, LINES]],
        lambda _a: [of_the_page("simple_preprocess")(text) for text in [*TEXTS, LINES]],
    ),
    "word2vec.MAX_WORDS_IN_BATCH": (
        lambda a: a.models.word2vec.MAX_WORDS_IN_BATCH,
        lambda a: a.models.word2vec.LineSentence("x").max_sentence_length,
    ),
    "word2vec.pseudorandom_weak_vector": (
        lambda a: shape_of(a.models.word2vec.pseudorandom_weak_vector(4, "x")),
        lambda a: shape_of(a.models.keyedvectors.pseudorandom_weak_vector(4, "x")),
    ),
}

OF_TOPICS = "of gensim's topic models"
OLD = "only files of old gensims need it"
INSIDE = "an inner function of gensim's training; what is named instead is asked above"
COMPILED = "says whether gensim was compiled"
NOT_ASKED: dict[str, str] = {
    **{f"callbacks.{name}": OF_TOPICS for name in ("Callback", "Metric", "VISDOM_INSTALLED")},
    **{f"callbacks.{name}Metric": OF_TOPICS for name in ("Coherence", "Convergence", "Diff", "Perplexity")},
    **{f"keyedvectors.{name}": OLD for name in ("CompatVocab", "Vocab")},
    **{f"doc2vec.{name}": OLD for name in ("Doc2VecTrainables", "Doc2VecVocab", "Doctag")},
    **{
        f"doc2vec.{name}": INSIDE
        for name in ("d2v_train_epoch_dbow", "d2v_train_epoch_dm", "d2v_train_epoch_dm_concat")
    },
    **{f"doc2vec.train_document_{name}": INSIDE for name in ("dbow", "dm", "dm_concat")},
    **{f"doc2vec.{name}": "gensim imports it there from its own module" for name in ("KeyedVectors", "Word2Vec")},
    **{f"doc2vec.{name}": COMPILED for name in ("CORPUSFILE_VERSION", "FAST_VERSION")},
    **{f"word2vec.{name}": OLD for name in ("Vocab", "Word2VecTrainables", "Word2VecVocab")},
    **{f"word2vec.{name}": INSIDE for name in ("score_sentence_cbow", "score_sentence_sg")},
    **{f"word2vec.train_{name}": INSIDE for name in ("batch_cbow", "batch_sg", "epoch_cbow", "epoch_sg")},
    "keyedvectors.Doc2VecKeyedVectors": "an old name; KeyedVectors is asked",
    "keyedvectors.FastTextKeyedVectors": "there is no FastText here",
    "scripts.word2vec2tensor": "the code under the table runs as a test",
    "utils.keep_vocab_item": "trim_rule is asked in Word2Vec.build_vocab",
    "utils.tokenize": "simple_preprocess is asked",
    **{f"word2vec.{name}": COMPILED for name in ("CORPUSFILE_VERSION", "FAST_VERSION")},
    "word2vec.Heapitem": "codes are asked in Word2Vec.create_binary_tree",
}
