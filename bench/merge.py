"""How good are vectors that were trained apart on parts of a text, and merged?

A text is cut into parts of like size. Skip-gram is trained on the whole and on each part alone, with the part's own
counts of the words that occur five times in the whole; then the parts are put together in several ways:

- best of three parts: the highest score that any of the first three parts has, score by score
- mean: of the parts' vectors as they are, without a map
- PCA: the parts' vectors side by side, zeros where a part lacks a word, reduced to as many dimensions
- merge: `fastemb.merge`, with orthogonal and with linear maps

Printed are analogies (3CosAdd among the 30,000 most frequent words) and Spearman's rho x 100 of pairs of words, means
of the seeds. With ``--models`` models are kept, and taken from there where they are.

    python -m bench.merge wiki100m.txt --parts 2 4 8 --analogies questions-words.txt \\
        --similarity EN-WS-353-ALL.txt EN-MEN-TR-3k.txt
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from fastemb import RULE_DISCARD, RULE_KEEP, Corpus, KeyedVectors, Vocabulary, Word2Vec, merge
from fastemb.evaluate import judge

ANSWERS = 30_000  # most frequent words that an analogy's answer is looked for among


class Models:
    """Models of the parts of a text, trained when they are asked for."""

    def __init__(self, text: str, folder: Path, vector_size: int) -> None:
        self._data = Path(text).read_bytes()
        self._folder = folder
        self._size = vector_size
        self.vocabulary: Vocabulary = Corpus.from_file(text, min_count=5).vocabulary

    def of(self, parts: int, epochs: int, seed: int) -> list[KeyedVectors]:
        """The vectors of each of so many parts."""
        found = []
        for number in range(parts):
            path = self._folder / f"{epochs}-{seed}-{parts}-{number}.safetensors"
            if not path.exists():
                corpus = self._corpus(parts, number)
                model = Word2Vec(corpus, vector_size=self._size, sg=1, epochs=epochs, seed=seed, workers=1, min_count=1)
                model.wv.save(str(path))
            found.append(KeyedVectors.load(str(path)))
        return found

    def _corpus(self, parts: int, number: int) -> Corpus:
        ends = [0, *(self._data.rindex(b"\n", 0, len(self._data) * part // parts) + 1 for part in range(1, parts))]
        ends.append(len(self._data))
        known = self.vocabulary.key_to_index
        part = self._folder / "part.txt"
        part.write_bytes(self._data[ends[number] : ends[number + 1]])
        rule = {True: RULE_KEEP, False: RULE_DISCARD}
        return Corpus.from_file(str(part), trim_rule=lambda word, count, least: rule[word in known])


def side_by_side(parts: Sequence[KeyedVectors], keys: list[str]) -> np.ndarray:
    """The vectors (parts, n, d) of all keys, zeros where a part lacks one."""
    made = np.zeros((len(parts), len(keys), parts[0].vector_size), np.float32)
    for block, wv in zip(made, parts, strict=True):
        known = [row for row, key in enumerate(keys) if key in wv]
        block[known] = wv[[keys[row] for row in known]]
    return made


def vectors(rows: np.ndarray, keys: list[str]) -> KeyedVectors:
    """Rows by key."""
    made = KeyedVectors(rows.shape[1])
    made.add_vectors(keys, rows)
    return made


def ways(parts: Sequence[KeyedVectors], keys: list[str]) -> dict[str, Callable[[], KeyedVectors]]:
    """How parts are put together."""
    return {
        "mean": lambda: vectors(side_by_side(parts, keys).mean(axis=0), keys),
        "PCA": lambda: vectors(np.hstack(list(side_by_side(parts, keys))), keys).reduce(parts[0].vector_size),
        "merge": lambda: merge(parts),
        "merge, linear": lambda: merge(parts, maps="linear"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--analogies", required=True)
    parser.add_argument("--similarity", nargs="+", required=True)
    parser.add_argument("--parts", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--epochs", type=int, default=5, help="of each part (5)")
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", metavar="DIR", help="where models are kept (nowhere)")
    options = parser.parse_args()

    def scores(wv: KeyedVectors) -> list[float]:
        found = judge(wv, analogies=options.analogies, similarity=options.similarity, restrict_vocab=ANSWERS, workers=1)
        return [100 * one.score for one in found.scores if one.level == "all"]

    with tempfile.TemporaryDirectory() as temporary:
        models = Models(options.text, Path(options.models or temporary), options.vector_size)
        keys = [str(key) for key in models.vocabulary.keys]
        for count in options.parts:
            found: dict[str, list[list[float]]] = {}
            for seed in range(1, options.seeds + 1):
                parts = models.of(count, options.epochs, seed)
                if count == 1:
                    found.setdefault("whole", []).append(scores(parts[0]))
                    continue
                each = [scores(wv) for wv in parts[:3]]
                found.setdefault("best of three parts", []).append(np.max(each, axis=0).tolist())
                for name, way in ways(parts, keys).items():
                    found.setdefault(name, []).append(scores(way()))
            for name, rows in found.items():
                low, high = np.min(rows, axis=0), np.max(rows, axis=0)
                shown = "  ".join(
                    f"{mean:5.1f} ({least:.1f} to {most:.1f})"
                    for mean, least, most in zip(np.mean(rows, axis=0), low, high, strict=True)
                )
                print(f"{count} parts, {options.epochs} epochs, {name:20} {shown}", flush=True)


if __name__ == "__main__":
    main()
