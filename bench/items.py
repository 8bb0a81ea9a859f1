"""Item embeddings: quality and speed on public data of purchases and check-ins, beside other libraries.

    python -m bench.items gowalla --data DIR [--peers als bpr gensim windowed]   # the split of the LightGCN paper
    python -m bench.items retail --data FILE                                       # leave one out
    python -m bench.items tune --data DIR --set sg=1,epochs=40 [--set ...]          # on a part of the training data
    python -m bench.items speed --data DIR                                         # recommending, and the index

DIR holds train.txt and test.txt: a line a user, the user's number and then items. FILE has a basket a line. Both may be
packed with xz. Seconds are of the CPU, all threads added up, unless said otherwise.
"""

from __future__ import annotations

import argparse
import itertools
import lzma
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import fastemb
from fastemb.items import (
    Interactions,
    Item2Vec,
    ItemIndex,
    evaluate,
    leave_one_out,
    rank_metrics,
    split_random,
)
from fastemb.items.metrics import held_out, most_popular
from fastemb.vectors.topk import top_k

K = 20


def lines_of(path: Path) -> list[list[int]]:
    packed = path.with_name(path.name + ".xz")
    data = path.read_bytes() if path.exists() else lzma.decompress(packed.read_bytes())
    return [[int(token) for token in line.split()] for line in data.splitlines()]


def gowalla(folder: Path) -> tuple[Interactions, Interactions]:
    parts = []
    for name in ("train.txt", "test.txt"):
        rows = lines_of(folder / name)
        parts.append(Interactions.from_baskets((row[1:] for row in rows), session_keys=[row[0] for row in rows]))
    return parts[0], parts[1]


class Clock:
    """Seconds of CPU and of the wall."""

    def __enter__(self) -> Clock:
        self.cpu, self.wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu, self.wall = time.process_time() - self.cpu, time.perf_counter() - self.wall


def told(name: str, found: dict[str, float], clock: Clock) -> None:
    print(
        f"{name:34} recall@{K} {found['recall']:.4f}  ndcg@{K} {found['ndcg']:.4f}  "
        f"{clock.cpu:8.1f} s CPU {clock.wall:8.1f} s wall",
        flush=True,
    )


def judged(rows: Any, known: Interactions, test: Interactions) -> dict[str, float]:
    numbers = {key: row for row, key in enumerate(known.item_keys)}
    return rank_metrics(rows, *held_out(test, numbers, len(numbers), known), k=K)


def by_factors(queries: Any, items: Any, known: Interactions) -> Any:
    return top_k(queries, items, K, exclude=(known.offsets, known.items))[0]


# ---- peers: rows recommended to each user of `known` ----


def popularity(known: Interactions, options: argparse.Namespace) -> Any:
    return most_popular(known.item_counts(), known, K)


def als(known: Interactions, options: argparse.Namespace) -> Any:
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=128, regularization=0.05, alpha=10.0, iterations=15, num_threads=options.workers, random_state=1
    )
    return factors(model, known)


def bpr(known: Interactions, options: argparse.Namespace) -> Any:
    from implicit.bpr import BayesianPersonalizedRanking

    model = BayesianPersonalizedRanking(
        factors=128,
        learning_rate=0.05,
        regularization=0.01,
        iterations=200,
        num_threads=options.workers,
        random_state=1,
    )
    return factors(model, known)


def factors(model: Any, known: Interactions) -> Any:
    from scipy.sparse import csr_matrix

    values = np.ones(len(known.items), np.float32)
    model.fit(csr_matrix((values, known.items, known.offsets), shape=known.shape), show_progress=False)
    return by_factors(model.user_factors, model.item_factors, known)


def gensim(known: Interactions, options: argparse.Namespace) -> Any:
    from gensim.models import Word2Vec

    return by_windows(Word2Vec, known, options)


def windowed(known: Interactions, options: argparse.Namespace) -> Any:
    """As gensim, but that the contexts of a step share their negatives."""
    return by_windows(fastemb.Word2Vec, known, options)


def windowed_per_pair(known: Interactions, options: argparse.Namespace) -> Any:
    """As gensim: negatives for each pair."""
    return by_windows(fastemb.Word2Vec, known, options, negatives_per_pair=True)


def by_windows(kind: Any, known: Interactions, options: argparse.Namespace, **more: Any) -> Any:
    """Whole windows of 16 to both sides, over baskets in the order of the file."""
    model = kind(
        [[str(item) for item in known.items[a:b]] for a, b in itertools.pairwise(known.offsets)],
        vector_size=128,
        window=16,
        shrink_windows=False,
        min_count=1,
        sg=1,
        negative=5,
        ns_exponent=0.1,
        alpha=0.05,
        sample=0.0,
        workers=options.workers,
        epochs=options.epochs,
        **more,
    )
    rows = np.array([model.wv.key_to_index[str(item)] for item in range(known.shape[1])])
    return by_factors(means(known, model.wv.vectors[rows]), model.syn1neg[rows], known)


def means(known: Interactions, vectors: Any) -> Any:
    sums = np.add.reduceat(vectors[known.items], known.offsets[:-1])
    return sums / np.diff(known.offsets)[:, None]


PEERS: dict[str, Callable[[Interactions, argparse.Namespace], Any]] = {
    "popularity": popularity,
    "als": als,
    "bpr": bpr,
    "gensim": gensim,
    "windowed": windowed,
    "windowed_per_pair": windowed_per_pair,
}


# ---- commands ----


def run_gowalla(options: argparse.Namespace) -> None:
    train, test = gowalla(options.data)
    for text in options.set or [""]:
        with Clock() as clock:
            model = Item2Vec(workers=options.workers, **settings_of(text)).fit(train)
        found = evaluate(model, train, test, K)
        told(f"Item2Vec({text})", found.model, clock)
    for name in options.peers:
        with Clock() as clock:
            rows = PEERS[name](train, options)
        told(name, judged(rows, train, test), clock)


def run_tune(options: argparse.Namespace) -> None:
    """A tenth of each user's training items is held out; the test file is not looked at."""
    train, test = split_random(gowalla(options.data)[0], 0.1, seed=1)
    for text in options.set or [""]:
        try:
            with Clock() as clock:
                model = Item2Vec(workers=options.workers, **settings_of(text)).fit(train)
        except FloatingPointError:
            print(f"Item2Vec({text}) diverged", flush=True)
            continue
        told(f"Item2Vec({text})", evaluate(model, train, test, K).model, clock)


def run_retail(options: argparse.Namespace) -> None:
    baskets = Interactions.from_baskets(lines_of(options.data))
    train, test = leave_one_out(baskets, last=False)
    for text in options.set or [""]:
        with Clock() as clock:
            model = Item2Vec(workers=options.workers, **settings_of(text)).fit(train)
        print(f"Item2Vec({text}): {clock.cpu:.1f} s CPU, {clock.wall:.1f} s wall\n{evaluate(model, train, test, K)}")
    rng = np.random.default_rng(1)
    order = np.lexsort((rng.random(len(train.items)), train._owners()))
    shuffled = Interactions(train.items[order], train.offsets, train.item_keys, train.session_keys)
    settings = settings_of((options.set or [""])[0])
    for seed in range(options.seeds):
        both = []
        for data in (train, shuffled):
            model = Item2Vec(workers=options.workers, random_state=seed, **settings).fit(data)
            both.append(evaluate(model, train, test, K).model["hit_rate"])
        print(f"seed {seed}: hit rate {both[0]:.4f}, of shuffled baskets {both[1]:.4f}", flush=True)


def run_speed(options: argparse.Namespace) -> None:
    train, _ = gowalla(options.data)
    if options.model:
        model = Item2Vec.load(options.model).set_params(workers=options.workers)
    else:
        settings = settings_of((options.set or ["sg=1,epochs=1"])[0])
        model = Item2Vec(workers=options.workers, **settings).fit(train)
    model.recommend_many(users=[0], n=K)
    with Clock() as clock:
        items, _ = model.recommend_many(n=K)
    ours = len(items) / clock.wall
    print(f"recommend_many: {len(items):,} users in {clock.wall:.2f} s, {ours:,.0f} users/s")
    histories, vectors, outputs = model.histories, model.wv.vectors, model.wv_out.vectors
    chosen = np.linspace(0, len(histories) - 1, 300).astype(int)
    with Clock() as clock:
        same = 0
        for user in chosen:
            rows = histories.items[histories.offsets[user] : histories.offsets[user + 1]]
            scores = outputs @ vectors[rows].mean(axis=0)
            scores[rows] = -np.inf
            best = np.argsort(-scores)[:K]
            same += sum(model.wv.index_to_key[row] in set(items[user]) for row in best)
    print(
        f"NumPy loop: {len(chosen) / clock.wall:,.0f} users/s; {ours * clock.wall / len(chosen):.0f} times as many; "
        f"{same / len(chosen) / K:.4f} of the items are the same"
    )
    queries = model.transform(train[chosen])
    with Clock() as clock:
        index = ItemIndex(model.wv_out, workers=options.workers)
    print(f"index: built in {clock.wall:.1f} s, recall@{K} {index.recall(queries, K):.4f}")
    with Clock() as clock:
        index.search(queries, K)
    with Clock() as exact:
        top_k(queries, outputs, K, workers=options.workers)
    print(
        f"index: {1e3 * clock.wall / len(queries):.3f} ms a query, exact search {1e3 * exact.wall / len(queries):.3f}"
    )


def settings_of(text: str) -> dict[str, Any]:
    pairs = [part.split("=") for part in text.split(",") if part]
    return {name: float(value) if "." in value or "e" in value else int(value) for name, value in pairs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("gowalla", "tune", "retail", "speed"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", action="append", metavar="A=1,B=2", help="settings of Item2Vec; may be repeated")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=["popularity"])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--model", type=Path, help="a model that was saved, for speed")
    parser.add_argument("--epochs", type=int, default=5, help="of gensim and of windowed ones")
    parser.add_argument("--seeds", type=int, default=0, help="of shuffled baskets (retail)")
    options = parser.parse_args()
    {"gowalla": run_gowalla, "tune": run_tune, "retail": run_retail, "speed": run_speed}[options.what](options)


if __name__ == "__main__":
    main()
