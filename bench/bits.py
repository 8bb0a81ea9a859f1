"""Hashes of what fastemb learns and answers, to show that a change of the code changes no bit.

    python bench/bits.py --write before.json      # with the build from before the change
    python bench/bits.py --compare before.json    # with the build after it: exit status 1 if a row differs

Everything runs on one thread over generated input, through the public API. A row is a model or an answer, and the start
of a SHA-256 over its numbers. Hashes depend on the instruction set, the compiler and NumPy: compare two builds by the
same compiler, on one machine, with one NumPy. Nothing here judges whether the numbers are right.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastemb
from fastemb import Corpus, KeyedVectors, Phrases, Word2Vec, config
from fastemb.config import ISA_VARIABLE
from fastemb.items import Interactions, Item2Vec

Sentences = list[list[str]]
Options = dict[str, Any]
Rows = Iterator[tuple[str, Callable[[], str]]]

VECTOR_SIZE = 33  # no multiple of any register's 4, 8 or 16 floats
VECTOR_SIZES = (1, 7, 16, 33, 100, 300)
HIGH_ALPHA = 0.4
OBJECTIVES: dict[str, Options] = {
    "ns": {"negative": 5},
    "hs": {"hs": 1, "negative": 0},
    "ns+hs": {"hs": 1, "negative": 5},
}
KINDS: dict[str, Options] = {
    "sg": {"sg": 1},
    "cbow mean": {"sg": 0, "cbow_mean": 1},
    "cbow sum": {"sg": 0, "cbow_mean": 0},
    "cbow mean exact": {"sg": 0, "cbow_mean": 1, "cbow_exact": True},
    "cbow sum exact": {"sg": 0, "cbow_mean": 0, "cbow_exact": True},
}


# ---- input ----


def zipf_sentences(seed: int, words: int, lengths: Iterable[int]) -> Sentences:
    """Sentences of these lengths; word r of ``words`` is drawn with a share that falls as 1 / (r + 1)."""
    random = np.random.default_rng(seed)
    shares = 1 / np.arange(1, words + 1)
    cumulative = np.cumsum(shares / shares.sum())
    found = []
    for length in lengths:
        drawn = np.minimum(np.searchsorted(cumulative, random.random(length)), words - 1)
        found.append([f"w{word}" for word in drawn.tolist()])
    return found


def mixed_lengths(seed: int, sentences: int) -> list[int]:
    """Mostly 2 to 20 words, among them sentences of 1 and two of 1,000."""
    lengths = np.random.default_rng(seed).integers(1, 13, sentences)
    lengths[::7] = 1
    lengths[5::50] = 40
    lengths[[100, sentences - 1]] = 1000
    found: list[int] = lengths.tolist()
    return found


CORPUS = zipf_sentences(1, 600, mixed_lengths(1, 3000))
FEW_WORDS = zipf_sentences(2, 9, mixed_lengths(2, 300))
SHORT = 600  # sentences for the rows that vary something else
LATER = zipf_sentences(3, 900, mixed_lengths(3, 300))


# ---- hashes ----


def digest(*parts: Any) -> str:
    """Of arrays, by type, shape and bytes; of anything else, by what JSON makes of it."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, bytes):
            found.update(part)
        elif isinstance(part, np.ndarray):
            found.update(f"{part.dtype.str}{part.shape}".encode())
            found.update(np.ascontiguousarray(part).tobytes())
        else:
            found.update(json.dumps(part).encode())
    return found.hexdigest()[:16]


def of_model(model: Word2Vec) -> str:
    """Of the words, their counts and every matrix; the loss to the last bit."""
    outputs: list[NDArray[np.float32]] = []
    if model.negative:
        outputs.append(model.syn1neg)
    if model.hs:
        outputs.append(model.syn1)
    counts = [int(model.wv.get_vecattr(word, "count")) for word in model.wv.index_to_key]
    matrices = digest(list(model.wv.index_to_key), counts, model.wv.vectors, *outputs)
    return f"{matrices} loss {model.get_latest_training_loss()!r}"


def trained(sentences: Sentences, options: Options) -> str:
    """Of a model after an epoch without its loss and one with it, from the middle of the learning rate."""
    settings: Options = {"vector_size": VECTOR_SIZE, "min_count": 2, "sample": 0.0, "alpha": 0.05, "seed": 7} | options
    model = Word2Vec(workers=1, **settings)
    corpus = Corpus.from_sentences(sentences)
    model.build_vocab(corpus)
    try:
        model.train(corpus, epochs=1, progress=False)
        model.train(corpus, epochs=1, start_alpha=model.alpha / 2, compute_loss=True, progress=False)
    except FloatingPointError:
        return "diverged"
    return of_model(model)


# ---- models ----


def kinds() -> Iterator[tuple[str, Options]]:
    """Every model with every objective; draws of one's own for each pair wherever there are draws."""
    for (kind, settings), (objective, more) in itertools.product(KINDS.items(), OBJECTIVES.items()):
        yield f"{kind}, {objective}", settings | more
        if more["negative"]:
            yield f"{kind}, {objective} per pair", settings | more | {"negatives_per_pair": True}


def windows() -> Rows:
    """Every kind with every window, with windows shrunk and not, with words thinned out and not."""
    for (name, options), window in itertools.product(kinds(), (1, 5, 12)):
        for shrink, sample in itertools.product((True, False), (0.0, 1e-3)):
            words = f"{name}, window {window}{'' if shrink else ' whole'}{', sample' if sample else ''}"
            chosen = options | {"window": window, "shrink_windows": shrink, "sample": sample}
            yield words, partial(trained, CORPUS, chosen)


def sizes() -> Rows:
    for size, (name, options) in itertools.product(VECTOR_SIZES, kinds()):
        yield f"D={size}, {name}", partial(trained, CORPUS[:SHORT], options | {"vector_size": size})


def extremes() -> Rows:
    """Large steps, few words that repeat within windows, rare words dropped, other numbers of negatives."""
    for name, options in kinds():
        yield f"alpha={HIGH_ALPHA}, {name}", partial(trained, CORPUS[:SHORT], options | {"alpha": HIGH_ALPHA})
        yield f"9 words, {name}", partial(trained, FEW_WORDS, options | {"window": 8})
        yield f"alpha=1e30, {name}", partial(trained, FEW_WORDS, options | {"alpha": 1e30})
        rare = {"min_count": 20, "ns_exponent": -0.5, "seed": 2**40}
        yield f"min_count=20, {name}", partial(trained, CORPUS[:SHORT], options | rare)
    for negative, window, per_pair in itertools.product((1, 2, 6, 13, 20), (2, 10), (False, True)):
        for kind in ("sg", "cbow mean"):
            settings = KINDS[kind] | {"negative": negative, "window": window, "negatives_per_pair": per_pair}
            words = f"negative={negative}, {kind}, window {window}{', per pair' if per_pair else ''}"
            yield words, partial(trained, CORPUS[:SHORT], settings)


def updated(options: Options) -> str:
    model = Word2Vec(CORPUS, vector_size=VECTOR_SIZE, min_count=2, epochs=2, workers=1, progress=False, **options)
    model.build_vocab(LATER, update=True)
    model.train(LATER, total_examples=len(LATER), epochs=2, compute_loss=True, progress=False)
    return of_model(model)


def locked(options: Options) -> str:
    model = Word2Vec(vector_size=VECTOR_SIZE, min_count=2, workers=1, **options)
    model.build_vocab(CORPUS)
    model.wv.vectors_lockf = np.linspace(0, 1, len(model.wv), dtype=np.float32)
    model.train(CORPUS, epochs=1, progress=False)
    return of_model(model)


def scored(options: Options) -> str:
    model = Word2Vec(CORPUS, vector_size=VECTOR_SIZE, hs=1, seed=3, workers=1, progress=False, **options)
    guesses = [model.predict_output_word(sentence) for sentence in CORPUS[100:110]]
    return digest(model.score(CORPUS[:50]), guesses)


def further() -> Rows:
    """What a model does besides its first training."""
    for kind in ("sg", "cbow mean"):
        for objective, more in OBJECTIVES.items():
            yield f"build_vocab(update=True), {kind}, {objective}", partial(updated, KINDS[kind] | more)
            yield f"vectors_lockf, {kind}, {objective}", partial(locked, KINDS[kind] | more)
        yield f"score and predict_output_word, {kind}", partial(scored, KINDS[kind])


# ---- items ----


def of_items(model: Item2Vec, baskets: Sentences) -> str:
    items, scores = model.recommend_many(baskets[:50], n=10)
    return digest(list(model.wv.index_to_key), model.wv.vectors, model.wv_out.vectors, items.tolist(), scores)


def fitted(options: Options, weighted: bool) -> str:
    """Of a model that was fitted, and of what it is after more baskets."""
    baskets = CORPUS[:SHORT]
    events = [(number, item) for number, basket in enumerate(baskets) for item in basket]
    table = {"basket": [number for number, _ in events], "item": [item for _, item in events]}
    table["weight"] = [1 + len(item) % 4 for _, item in events]
    weight = "weight" if weighted else None
    data = Interactions.from_table(table, session="basket", item="item", weight=weight)
    model = Item2Vec(random_state=5, workers=1, progress=False, **({"epochs": 3} | options))
    model.fit(data)
    before = of_items(model, baskets)
    model.partial_fit(LATER[:100])
    return f"{before}, then {of_items(model, baskets)}"


def items() -> Rows:
    """Baskets without an order with few and with many contexts, sessions with a window, weights of events."""
    modes: dict[str, Options] = {"baskets": {}, "contexts=2": {"contexts": 2}, "contexts=40": {"contexts": 40}}
    modes |= {"window=3": {"window": 3}, "whole sessions": {"window": 2000}}
    for sg, (mode, options), weighted in itertools.product((0, 1, None), modes.items(), (False, True)):
        kind = {0: "sg=0", 1: "sg=1", None: "both"}[sg]
        settings = options | {"sg": sg, "vector_size": VECTOR_SIZE, "alpha": 0.05}
        yield f"items, {kind}, {mode}{', weights' if weighted else ''}", partial(fitted, settings, weighted)
    for sg in (0, 1):
        thinned = {"sg": sg, "sample": 1e-3, "vector_size": 100, "negative": 5, "ns_exponent": 0.75, "min_count": 3}
        yield f"items, sg={sg}, sample", partial(fitted, thinned, False)


# ---- everything else ----


def of_corpus(corpus: Corpus) -> str:
    return digest(corpus.vocabulary.keys, corpus.vocabulary.counts, corpus.ids, corpus.offsets)


def read_again(min_count: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.txt"
        path.write_text("".join(f"{' '.join(sentence)}\n" for sentence in CORPUS), encoding="utf-8")
        return of_corpus(Corpus.from_file(path, min_count=min_count, workers=1))


def with_phrases(sentences: Sentences) -> Sentences:
    """The same with "w0 b" put in after some words a, so that a and b belong together."""
    found = []
    for sentence in sentences:
        follow = [[word, "w0", f"b{word}"] if word[-1] == "3" else [word] for word in sentence]
        found.append(list(itertools.chain.from_iterable(follow)))
    return found


def phrased(options: Options) -> str:
    text = with_phrases(CORPUS)
    phrases = Phrases(text, min_count=3, workers=1, **options)
    phrases.add_vocab(LATER)
    joined = [phrases[sentence] for sentence in text[:200]]
    applied = phrases.freeze().apply(Corpus.from_sentences(text), workers=1)
    return digest(phrases.export_phrases(), joined, of_corpus(applied))


def made_up_vectors(words: int, size: int) -> KeyedVectors:
    vectors = KeyedVectors(size)
    rows = np.random.default_rng(8).normal(size=(words, size)).astype(np.float32)
    vectors.add_vectors([f"w{word}" for word in range(words)], rows)
    return vectors


def neighbours(size: int) -> str:
    vectors = made_up_vectors(2000, size)
    batches = [
        vectors.most_similar_batch(vectors.index_to_key[:300], topn=10, workers=1),
        vectors.most_similar_batch(-vectors.vectors[:40], topn=100, clip_start=5, restrict_vocab=900, workers=1),
    ]
    one = vectors.most_similar(positive=["w1", "w2"], negative=["w3"], topn=20)
    return digest(batches, [(word, float(score)) for word, score in one])


def files(binary: bool) -> str:
    vectors = made_up_vectors(500, VECTOR_SIZE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors"
        vectors.save_word2vec_format(path, binary=binary)
        again = KeyedVectors.load_word2vec_format(path, binary=binary)
        return digest(path.read_bytes(), list(again.index_to_key), again.vectors)


def others() -> Rows:
    for min_count in (1, 5):
        yield f"corpus from a file, min_count={min_count}", partial(read_again, min_count)
    for scoring, threshold in {"default": 2.0, "npmi": 0.1}.items():
        for links in ((), ("w0", "w1")):
            options = {"scoring": scoring, "threshold": threshold, "connector_words": frozenset(links)}
            yield f"phrases, {scoring}{', connector words' if links else ''}", partial(phrased, options)
    for size in VECTOR_SIZES:
        yield f"neighbours, D={size}", partial(neighbours, size)
    for name, binary in {"text": False, "binary": True}.items():
        yield f"word2vec's {name} file", partial(files, binary)


# ---- the program ----


def header() -> dict[str, str]:
    return {
        "fastemb": fastemb.__version__,
        "isa": config.isa(),
        "platform": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "compiler": "not known to this program",
    }


def differences(before: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    for name in [*before, *(name for name in now if name not in before)]:
        if before.get(name) != now.get(name):
            yield f"{name}\n  before  {before.get(name, '(no such row)')}\n  now     {now.get(name, '(no such row)')}"


def compared(path: Path, earlier: dict[str, Any], now: dict[str, str], only: str) -> int:
    """Say what differs from the file; the exit status."""
    before = {name: value for name, value in earlier["rows"].items() if only in name}
    for name, value in header().items():
        if earlier["header"].get(name) != value:
            print(f"note: {name} was {earlier['header'].get(name)} in {path}, and is {value}")
    found = list(differences(before, now))
    print("\n".join(found) if found else f"All {len(now)} rows are those of {path}.")
    if found:
        print(f"{len(found)} of {len(before | now)} rows differ from {path}.")
    return 1 if found else 0


def read_table(parser: argparse.ArgumentParser, path: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        isa = table["header"]["isa"]
        dict(table["rows"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"{path}: no table that --write made: {error}")
    if isa != config.isa():
        parser.error(f"{path} was made with {isa}, this runs {config.isa()}: add --isa {isa}")
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python bench/bits.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--isa", help=f"instruction set, as {ISA_VARIABLE}; default: the widest of this CPU")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose name contains this")
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep the table, as JSON")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show only rows that differ from FILE's")
    options = parser.parse_args()
    if options.isa and options.isa != config.isa():  # it is chosen once in a process: the same again, in another one
        if os.environ.get(ISA_VARIABLE) == options.isa:
            parser.error(f"--isa {options.isa}: fastemb runs {config.isa()} in spite of {ISA_VARIABLE}")
        environment = os.environ | {ISA_VARIABLE: options.isa}
        return subprocess.call([sys.executable, *sys.orig_argv[1:]], env=environment)
    earlier = read_table(parser, options.compare) if options.compare else None

    print(", ".join(f"{name} {value}" for name, value in header().items()))
    print(f"of {Path(fastemb.__file__).parent}", flush=True)
    start = time.perf_counter()
    found: dict[str, str] = {}
    for name, compute in itertools.chain(windows(), sizes(), extremes(), further(), items(), others()):
        if options.only in name:
            assert name not in found, name
            found[name] = compute()
            if earlier is None:
                print(f"{name:56} {found[name]}", flush=True)
    print(f"{len(found)} rows in {time.perf_counter() - start:.0f} s")
    if not found:
        parser.error(f"--only {options.only}: no row has this in its name")
    if options.write:
        options.write.write_text(json.dumps({"header": header(), "rows": found}, indent=1) + "\n", encoding="utf-8")
    return compared(options.compare, earlier, found, options.only) if earlier else 0


if __name__ == "__main__":
    sys.exit(main())
