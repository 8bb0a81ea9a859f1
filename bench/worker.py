"""What runs in a process of its own: python -P worker.py TASK ARGUMENTS RESULT

ARGUMENTS is JSON and RESULT the file to write JSON to. This file stands alone: the process that measures imports none
of the libraries, and this one only those that its task needs.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

Result = dict[str, Any]


def inspect(corpus: str, min_count: int, words: str) -> Result:
    """What fastemb is, what the corpus holds; the vocabulary goes to the file ``words``."""
    from fastemb import Corpus, __version__, _native
    from fastemb.config import isa

    read = Corpus.from_file(corpus, min_count=min_count)
    Path(words).write_text("\n".join(map(str, read.vocabulary.keys)), encoding="utf-8")
    built = re.search(rb"GCC: \([^)]*\) [\d.]+|clang version [\d.]+", Path(_native.__file__).read_bytes())
    return {
        "fastemb": __version__,
        "isa": isa(),
        "isas": [name for name, _, works in _native.kernels() if works],
        "compiler": built.group().decode() if built else "unknown",
        "raw_words": read.raw_words,
        "words": read.words,
        "sentences": len(read),
        "vocabulary": len(read.vocabulary),
    }


def _lists(corpus: str) -> list[list[str]]:
    """The corpus as lists of words, one object a word, as programs that split text themselves have it."""
    with open(corpus, encoding="utf-8") as lines:
        return [line.split() for line in lines]


def fastemb(corpus: str, lists: bool, vectors: str | None, kind: str, model: Result, options: Result) -> Result:
    from fastemb import Corpus, models

    sentences = _lists(corpus) if lists else None
    trainer = getattr(models, kind)(**model, **options, progress=False)
    start = time.perf_counter()
    if sentences is None:
        ids = Corpus.from_file(corpus, min_count=model["min_count"], workers=model["workers"])
    else:
        ids = Corpus.from_sentences(sentences, min_count=model["min_count"])
    trainer.build_vocab(ids)
    ready = time.perf_counter()
    trainer.train(ids, progress=False)
    end = time.perf_counter()
    if vectors:
        trainer.wv.save_word2vec_format(vectors, binary=True)
    pairs = trainer.lifecycle_events[-1]["pairs"]
    # A pair is a dot product and a change to both of its rows.
    gflops = 6e-9 * pairs * model["vector_size"] / (end - ready)
    return {"vocabulary_s": ready - start, "training_s": end - ready, "gflops": gflops}


def gensim(corpus: str, lists: bool, vectors: str | None, kind: str, model: Result) -> Result:
    from gensim import models

    source = _lists(corpus) if lists else corpus
    trainer = getattr(models, kind)(**model)
    start = time.perf_counter()
    trainer.build_vocab(**{"corpus_iterable" if lists else "corpus_file": source})
    ready = time.perf_counter()
    trainer.train(
        **{"corpus_iterable" if lists else "corpus_file": source},
        total_examples=trainer.corpus_count,
        total_words=trainer.corpus_total_words,
        epochs=trainer.epochs,
    )
    end = time.perf_counter()
    if vectors:
        trainer.wv.save_word2vec_format(vectors, binary=True)
    return {"vocabulary_s": ready - start, "training_s": end - ready}


def fasttext(corpus: str, vectors: str | None, options: Result) -> Result:
    import fasttext as library

    start = time.time()
    model = library.train_unsupervised(corpus, **options)
    if vectors:
        words = model.get_words(on_unicode_error="replace")
        with open(vectors, "wb") as file:
            file.write(f"{len(words)} {model.get_dimension()}\n".encode())
            for word in words:
                file.write(word.encode() + b" " + model.get_word_vector(word).tobytes() + b"\n")
    return {"started": start}


def evaluate(vectors: str, binary: bool, words: str, analogies: str | None, similarity: list[str]) -> Result:
    """Quality in per cent, over the words of fastemb's vocabulary, in its order, that the trainer has too."""
    from fastemb import KeyedVectors

    found = KeyedVectors.load_word2vec_format(vectors, binary=binary, unicode_errors="replace")
    common = [word for word in Path(words).read_text(encoding="utf-8").split("\n") if word in found]
    if not common:
        raise ValueError("the vectors have no word in common with the corpus")
    keyed = KeyedVectors(found.vector_size)
    keyed.add_vectors(common, found[common])
    quality: Result = {}
    if analogies:
        share, sections = keyed.evaluate_word_analogies(analogies, restrict_vocab=30000)
        quality["analogies"] = 100 * share
        quality["questions"] = len(sections[-1]["correct"]) + len(sections[-1]["incorrect"])
    for path in similarity:
        _, spearman, _ = keyed.evaluate_word_pairs(path, delimiter=None)
        quality[Path(path).stem] = 100 * float(spearman[0])
    return quality


TASKS = {task.__name__: task for task in (inspect, fastemb, gensim, fasttext, evaluate)}

if __name__ == "__main__":
    name, arguments, result = sys.argv[1:]
    Path(result).write_text(json.dumps(TASKS[name](**json.loads(arguments))), encoding="utf-8")
