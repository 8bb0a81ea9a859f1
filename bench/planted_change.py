"""Is a word whose use was changed found, and how often is one that was not? A trial of fastemb.spaces.align.

The articles of a text are dealt out at random to two periods and to parts of these. In the new period, some occurrences
of a word are put in the place of another word, which gives it a second meaning. It prints how many intervals of
all other words hold 0, by frequency, and what moved most; and the same for models that differ by their seed alone.

    python -m bench.planted_change wiki100m.txt --megabytes 60
"""

from __future__ import annotations

import argparse
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from fastemb import KeyedVectors, Word2Vec
from fastemb.spaces import Alignment, align
from fastemb.spaces.change import change_of_pair, pairwise_distances
from fastemb.spaces.procrustes import shared_keys, turns
from fastemb.vectors.store import Key

LINE = 1000  # words of a line that the article goes on after
PLANTED = {"engine": ("church", 0.5), "village": ("music", 0.5), "bishop": ("software", 0.5), "guitar": ("army", 0.2)}
PLANTED |= {"poet": ("railway", 0.3)}  # word -> the word that it takes the place of, and how often

Sentences = list[list[str]]
Doubles = NDArray[np.float64]


def articles(path: str, megabytes: int) -> list[Sentences]:
    """The articles at the start of a text, of which each line holds 1000 words at most."""
    found: list[Sentences] = [[]]
    with open(path, encoding="utf-8") as file:
        for line in file.read(megabytes * 1_000_000).splitlines():
            found[-1].append(line.split())
            if len(found[-1][-1]) < LINE:
                found.append([])
    return found


def planted(sentences: Sentences, seed: int) -> Sentences:
    """The same sentences, with words in the place of others."""
    random = np.random.default_rng(seed)
    places = {replaced: (word, share) for word, (replaced, share) in PLANTED.items()}
    return [
        [places[word][0] if word in places and random.random() < places[word][1] else word for word in sentence]
        for sentence in sentences
    ]


def trained(sentences: Sentences, seed: int) -> KeyedVectors:
    return Word2Vec(sentences, vector_size=100, sg=1, epochs=5, min_count=5, seed=seed, workers=1).wv


def show(name: str, found: Alignment) -> None:
    others = np.array([key not in PLANTED for key in found.keys])
    hold = (found.low <= 0) & (found.high >= 0)
    print(f"{name}: of {others.sum():,} other words, {hold[others].mean():.1%} have an interval that holds 0")
    for rows in np.array_split(np.flatnonzero(others), 4):
        print(f"    rank {rows[0] + 1:,} to {rows[-1] + 1:,}: {hold[rows].mean():.1%}")
    for one in found.moved(6):
        print(f"    {one.change:6.3f} [{one.low:6.3f}, {one.high:6.3f}]  fdr {one.fdr:.3f}  {one.key}")


def by_models(old: list[KeyedVectors], new: list[KeyedVectors], draws: int) -> tuple[list[Key], Doubles]:
    """The change of each key, (draws, n), where the models of each period are drawn with replacement."""
    keys = shared_keys([*new, *old])
    found = turns([*old, *new], None, True)
    distances = pairwise_distances(np.stack([turn.of(wv, keys) for turn, wv in zip(found, [*old, *new], strict=True)]))
    random = np.random.default_rng(1)
    changes = []
    while len(changes) < draws:
        first = random.integers(0, len(old), len(old))
        second = random.integers(len(old), len(old) + len(new), len(new))
        if len(set(first.tolist())) > 1 and len(set(second.tolist())) > 1:
            within = [
                np.mean([distances[i, j] for i, j in combinations(some.tolist(), 2) if i != j], axis=0)
                for some in (first, second)
            ]
            changes.append(distances[np.ix_(first, second)].mean(axis=(0, 1)) - (within[0] + within[1]) / 2)
    return keys, np.array(changes)


def by_anchors(old: KeyedVectors, new: KeyedVectors, draws: int) -> tuple[list[Key], Doubles]:
    """The change of each key, (draws, n), where the turn is fixed by words drawn with replacement, each once."""
    keys = shared_keys([new, old])
    ranks = np.array([max(old.key_to_index[key], new.key_to_index[key]) for key in keys], np.intp)
    random = np.random.default_rng(1)
    changes = []
    for _ in range(draws):
        anchors = [keys[row] for row in random.integers(0, len(keys), len(keys)).tolist()]
        spaces = np.stack(
            [turn.of(wv, keys) for turn, wv in zip(turns([old, new], anchors, True), (old, new), strict=True)]
        )
        changes.append(change_of_pair(pairwise_distances(spaces)[0, 1], ranks).change)
    return keys, np.array(changes)


def show_drawn(name: str, keys: list[Key], changes: Doubles) -> None:
    """The intervals of percentiles of a bootstrap."""
    low, high = np.quantile(changes, [0.025, 0.975], axis=0)
    others = np.array([key not in PLANTED for key in keys])
    hold = (low <= 0) & (high >= 0)
    print(f"{name}: of {others.sum():,} other words, {hold[others].mean():.1%} have an interval that holds 0")
    print(f"    first: {', '.join(str(keys[row]) for row in np.argsort(-low)[:6])}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text")
    parser.add_argument("--megabytes", type=int, default=60)
    parser.add_argument("--parts", type=int, default=5)
    options = parser.parse_args()
    texts = articles(options.text, options.megabytes)
    deal = np.random.default_rng(7).permutation(len(texts)) % (2 * options.parts)
    parts: list[Sentences] = [
        [line for number in np.flatnonzero(deal == part).tolist() for line in texts[number]]
        for part in range(2 * options.parts)
    ]
    old = [trained(part, seed) for seed, part in enumerate(parts[: options.parts])]
    new = [trained(planted(part, seed), seed) for seed, part in enumerate(parts[options.parts :], start=options.parts)]
    for count in range(options.parts, 1, -1):
        show(f"{count} models of each period, of parts", align(old[:count], new[:count]))
    show_drawn(f"bootstrap over {options.parts} models of each period", *by_models(old, new, 500))
    show_drawn("bootstrap over the words that fix the turn, one model of each period", *by_anchors(old[0], new[0], 50))
    halves = [list(chain(*half)) for half in (parts[: options.parts], parts[options.parts :])]
    show("3 models of each period, by seed", align(*([trained(half, seed) for seed in range(3)] for half in halves)))


if __name__ == "__main__":
    main()
