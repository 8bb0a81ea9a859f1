"""Word2Vec of Spark MLlib beside fastemb's, on one text: time and quality by partitions.

Spark trains in local mode, with as many threads as partitions, and needs pyspark and Java; ``--python`` names a Python
that has pyspark. Both get lines of at most 1,000 words, skip-gram, and the same dimensions, window, min_count, learning
rate and epochs. Spark has hierarchical softmax only; so fastemb trains with that, and with its default of negative
samples. Seconds are those of training with the counting of words, without the start of Java and the reading of files.

    python -m bench.scale_spark text.txt --python venv/bin/python --analogies questions-words.txt \\
        --similarity EN-WS-353-ALL.txt EN-MEN-TR-3k.txt
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

from fastemb import Corpus, KeyedVectors, Word2Vec, load_vectors
from fastemb.evaluate import judge

_SPARK = """
import json, sys, time
text, out, partitions, epochs, size, window, seed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
from pyspark.sql import SparkSession
from pyspark.mllib.feature import Word2Vec
spark = (SparkSession.builder.master(f"local[{partitions}]").config("spark.driver.memory", "6g")
         .config("spark.ui.enabled", "false").config("spark.driver.maxResultSize", "4g").getOrCreate())
spark.sparkContext.setLogLevel("ERROR")
lines = spark.sparkContext.textFile(text, partitions).map(str.split).repartition(partitions).cache()
lines.count()
begun = time.time()
model = (Word2Vec().setVectorSize(size).setNumIterations(epochs).setNumPartitions(partitions).setMinCount(5)
         .setWindowSize(window).setLearningRate(0.025).setSeed(seed).fit(lines))
seconds = time.time() - begun
vectors = model.getVectors()
with open(out, "w") as file:
    file.write(f"{len(vectors)} {size}\\n")
    for word in vectors:
        file.write(word + " " + " ".join(map(repr, vectors[word])) + "\\n")
print(json.dumps(seconds))
"""


def spark(options: argparse.Namespace, partitions: int, seed: int, folder: str) -> tuple[float, KeyedVectors]:
    """Seconds, and vectors, of Spark."""
    out = str(Path(folder) / "spark.txt")
    numbers = [partitions, options.epochs, options.size, options.window, seed]
    done = subprocess.run(
        [options.python, "-c", _SPARK, options.text, out, *map(str, numbers)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return float(json.loads(done.stdout.splitlines()[-1])), load_vectors(out)


def ours(options: argparse.Namespace, workers: int, seed: int, hs: int) -> tuple[float, KeyedVectors]:
    """Seconds, and vectors, of fastemb."""
    begun = time.perf_counter()
    corpus = Corpus.from_file(options.text, min_count=5, workers=workers)
    model = Word2Vec(
        corpus,
        vector_size=options.size,
        window=options.window,
        sg=1,
        hs=hs,
        negative=0 if hs else 5,
        epochs=options.epochs,
        seed=seed,
        workers=workers,
    )
    return time.perf_counter() - begun, model.wv


def show(name: str, seconds: float, wv: KeyedVectors, order: list[str], options: argparse.Namespace) -> None:
    """Print a line; words come in one order, by which the most frequent ones are asked for."""
    rows = wv.vectors_for_all(order)
    found = judge(rows, analogies=options.analogies, similarity=options.similarity, restrict_vocab=30_000, workers=1)
    scores = "  ".join(f"{100 * one.score:5.1f}" for one in found.scores if one.level == "all")
    print(f"{name:32} {seconds:8.1f} s  {len(wv):7,} words  {scores}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--python", required=True, help="a Python with pyspark")
    parser.add_argument("--analogies", required=True)
    parser.add_argument("--similarity", nargs="+", required=True)
    parser.add_argument("--partitions", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    order = [str(key) for key in Corpus.from_file(options.text, min_count=5).vocabulary.keys]
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, options.seeds + 1):
            for partitions in options.partitions:
                for name, hs in (("negative sampling", 0), ("hierarchical softmax", 1)):
                    seconds, wv = ours(options, partitions, seed, hs)
                    show(f"fastemb, {name}, {partitions}", seconds, wv, order, options)
                seconds, wv = spark(options, partitions, seed, folder)
                show(f"Spark, {partitions}", seconds, wv, order, options)


if __name__ == "__main__":
    main()
