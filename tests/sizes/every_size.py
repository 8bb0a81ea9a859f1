"""Sizes at which 32 bits, or an idea of what is usual, would end: ``make sizes``.

Corpora and matrices of more than 2^32 entries are mappings of zeros that take memory only where something is written:
some gigabytes are enough. Prints a line for each size, and ends with status 1 where one is not borne.
"""

from __future__ import annotations

import argparse
import mmap
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fastemb import Corpus, KeyedVectors, Node2Vec, Vocabulary, Word2Vec, load_vectors
from fastemb.train.hogwild import Hogwild
from fastemb.train.progress import Silent
from fastemb.train.run import Run
from fastemb.train.sampling import Tables
from fastemb.train.schedule import Schedule
from fastemb.train.settings import Settings
from fastemb.train.task import CorpusTokens, Task
from fastemb.train.training import train
from fastemb.train.weights import Rows, Weights

BILLIONS = 2**32
NORESERVE = 0x4000 if sys.platform == "linux" else 0


def sparse(shape: tuple[int, ...], dtype: type) -> Any:
    """Zeros that take memory only where something is written."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE)
    return np.frombuffer(memory, dtype).reshape(shape)


def topics(sentences: int, words: int, seed: int = 0) -> Any:
    """Ids below 2 * words: each sentence of ten is of the lower or of the upper ones."""
    rng = np.random.default_rng(seed)
    upper = rng.integers(0, 2, (sentences, 1))
    return (rng.integers(0, words, (sentences, 10)) + upper * words).astype(np.int32)


def apart(vectors: Any) -> float:
    """How much nearer words are to those of their own half than to the others: mean cosine inside less that across."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    half = len(unit) // 2
    across = float((unit[:half] @ unit[half:].T).mean())
    return float((unit[:half] @ unit[:half].T).mean() + (unit[half:] @ unit[half:].T).mean()) / 2 - across


def tokens_past_32_bits() -> str:
    """A corpus of more than 2^32 words, of which the last million is trained."""
    tail = topics(100_000, 20)
    total = BILLIONS + tail.size + 5_000
    ids = sparse((total,), np.int32)
    ids[-tail.size :] = tail.ravel()
    offsets = np.append(np.arange(0, total - tail.size, 1000), np.arange(total - tail.size, total + 1, 10))
    counts = np.full(40, 10**6, np.int64)
    counts[0] = total  # so that counts, too, need more than 32 bits
    corpus = Corpus(ids, offsets.astype(np.int64), Vocabulary([f"w{n}" for n in range(40)], counts), total)
    settings = Settings(vector_size=16, sample=0.0, sg=1, alpha=0.05, workers=2).checked()
    weights = Weights(Rows(np.random.default_rng(1).normal(0, 0.03, (40, 16)).astype(np.float32)))
    weights.start_outputs(40, settings)
    task = Task(settings, CorpusTokens(corpus), Tables.of(counts, settings, None), weights, want_loss=True)
    run = Run(1, total, 8192, 1, Schedule(0.05, 0.05, total), next_word=BILLIONS + 3_000)
    train(run, task, Hogwild(2), Silent())
    assert run.totals.words == total - BILLIONS - 3_000, run.totals
    assert run.ended
    gap = apart(weights.holder.vectors)
    assert gap > 0.3, gap
    return f"{total:,} words, the last {run.totals.words:,} trained; words of a topic nearer by {gap:.2f}"


def floats_past_32_bits() -> str:
    """Matrices of more than 2^32 numbers, of 4,096 dimensions, whose last rows are trained."""
    size = 4096
    rows = BILLIONS // size + 1000
    inputs, outputs = sparse((rows, size), np.float32), sparse((rows, size), np.float32)
    first = rows - 40
    inputs[first:] = np.random.default_rng(1).normal(0, 1 / size, (40, size))
    counts = np.zeros(rows, np.int64)
    counts[first:] = 10_000
    ids = topics(4_000, 20) + first
    vocabulary = Vocabulary._of(list(range(rows)), counts, 0)
    corpus = Corpus(ids.ravel().astype(np.int32), np.arange(0, ids.size + 1, 10), vocabulary, ids.size)
    settings = Settings(vector_size=size, sample=0.0, sg=1, alpha=0.05, workers=2).checked()
    weights = Weights(Rows(inputs), outputs)
    task = Task(settings, CorpusTokens(corpus), Tables.of(counts, settings, None), weights, want_loss=True)
    run = Run(1, ids.size, 4096, 1, Schedule(0.05, 0.01, ids.size))
    train(run, task, Hogwild(2), Silent())
    gap = apart(inputs[first:])
    assert gap > 0.3, gap
    assert not inputs[: first - 1 : 977].any()
    assert inputs.ravel()[BILLIONS:].any()
    found = KeyedVectors._from_arrays(vocabulary.keys, inputs, counts)
    near = [key for key, _ in found.most_similar(rows - 1, topn=19)]
    right = sum(key >= rows - 20 for key in near)
    assert right >= 18, near
    return (
        f"{rows:,} rows x {size:,} = {inputs.size:,} numbers; words of a topic nearer by {gap:.2f}, {right} of 19 near"
    )


def long_sentence(folder: Path, words: int) -> str:
    """One sentence of so many words, as a list and as a line of a file."""
    sentence = [f"w{word}" for word in topics(words // 10, 20).ravel()]
    options: dict[str, Any] = {"vector_size": 16, "min_count": 1, "epochs": 1, "sample": 0, "workers": 1}
    model = Word2Vec([sentence], **options)
    assert (model.corpus_count, model.corpus_total_words) == (1, words)
    path = folder / "line.txt"
    path.write_text(" ".join(sentence))
    again = Word2Vec(corpus_file=path, **options)
    assert np.array_equal(model.wv.vectors, again.wv.vectors)
    assert model.history[-1]["words"] == words
    return f"{words:,} words in a sentence, the same bits from a list and from a file"


def many_words(folder: Path, words: int) -> str:
    """A vocabulary of so many words: read, trained, saved, loaded, asked."""
    path = folder / "words.txt"
    with open(path, "w", encoding="ascii") as file:
        for start in range(0, words, 1000):
            file.write(" ".join(f"w{word}" for word in range(start, start + 1000)) + "\n")
    model = Word2Vec(corpus_file=path, vector_size=4, min_count=1, epochs=1, sample=0, workers=2, progress=False)
    assert len(model.wv) == words
    model.wv.save(folder / "v")
    del model
    vectors = load_vectors(folder / "v")
    assert len(vectors) == words
    near = vectors.most_similar(f"w{words - 1}", topn=5)
    assert len(near) == 5
    return f"{words:,} words trained, saved, loaded and asked"


def few() -> str:
    """A vocabulary of one word; vectors of one number; more negatives and more neighbours than there are words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = Word2Vec([["a", "a", "a"]] * 20, min_count=1, vector_size=4, sample=0)
        assert one.wv.most_similar("a") == []
        assert np.isfinite(one.wv.vectors).all()
        paths = Word2Vec([["a", "a"]] * 20, min_count=1, vector_size=4, sample=0, hs=1, negative=0)
        assert np.isfinite(paths.wv.vectors).all()
    flat = Word2Vec([["a", "b", "c"]] * 200, min_count=1, vector_size=1, sample=0)
    assert flat.wv.vectors.shape == (3, 1)
    assert len(flat.wv.most_similar("a", topn=99)) == 2
    for sg in (0, 1):
        for per_pair in (False, True):
            many = Word2Vec(
                [["a", "b", "c"]] * 200, min_count=1, vector_size=4, negative=50, sg=sg, negatives_per_pair=per_pair
            )
            assert np.isfinite(many.wv.vectors).all()
    assert Node2Vec(1, num_walks=2, progress=False).fit([(1, 2)]).wv.vectors.shape == (2, 1)
    return "1 word; 1 dimension; 50 negatives of 3 words; 99 neighbours of 2"


def wide() -> str:
    """Vectors of 4,096 numbers."""
    made = []
    for options in ({"sg": 1}, {"sg": 0}, {"hs": 1, "negative": 0}):
        ids = topics(3_000, 20)
        model = Word2Vec(Corpus.from_ids(ids), vector_size=4096, min_count=1, sample=0, epochs=2, alpha=0.05, **options)
        order = sorted(range(40), key=lambda row: int(model.wv.index_to_key[row]))
        made.append(apart(model.wv.vectors[order]))
        assert made[-1] > 0.1, made
    return "4,096 dimensions, three kinds; words of a topic nearer by " + ", ".join(f"{gap:.2f}" for gap in made)


def counts_past_32_bits() -> str:
    """Counts of words past 2^32, and their sum near 2^62."""
    for top in (2**33, 2**60):
        vocabulary = Vocabulary(["a", "b", "c"], [top, top // 2, 3])
        tables = Tables.of(vocabulary.counts, Settings().checked(), None)
        assert tables.rows == 3
        assert tables.keep is not None
        assert tables.keep[2] == 2**32 - 1
    model = Word2Vec(min_count=1, vector_size=4, hs=1, workers=1)
    model.build_vocab_from_freq({"a": 2**33, "b": 2**32, "c": 3})
    assert model.corpus_total_words == 2**33 + 2**32 + 3
    model.train([["a", "b", "c"]] * 20, total_examples=20, epochs=1)
    assert np.isfinite(model.wv.vectors).all()
    return "counts of 2^33 and 2^60"


def main() -> int:
    """Try all sizes, or some."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="NAME", help="sizes whose name has this in it")
    parser.add_argument("--small", action="store_true", help="a tenth of the long sentence and of the many words")
    options = parser.parse_args()
    share = 10 if options.small else 1
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes: dict[str, Callable[[], str]] = {
            "few": few,
            "counts": counts_past_32_bits,
            "wide": wide,
            "long sentence": lambda: long_sentence(folder, 10_000_000 // share),
            "floats past 2^32": floats_past_32_bits,
            "tokens past 2^32": tokens_past_32_bits,
            "many words": lambda: many_words(folder, 10_000_000 // share),
        }
        for size, call in sizes.items():
            if options.only not in size:
                continue
            start = time.monotonic()
            try:
                said = call()
            except Exception:
                said, failed = f"FAILED\n{traceback.format_exc()}", failed + 1
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            print(f"{size}: {said} ({time.monotonic() - start:.0f} s; {most:.1f} GiB at most so far)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
