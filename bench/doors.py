"""How fast each door turns a text into ids: python -m bench.doors text.txt

Every door is opened once a round, in turn, in this process; `DOORS` is the list of them. What a door needs, such as a
compressed copy of the text, is made beforehand and not timed.
"""

from __future__ import annotations

import argparse
import bz2
import gc
import gzip
import lzma
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastemb import Corpus
from fastemb.io.unpack import zstd_module


class Setting(NamedTuple):
    """What every door gets."""

    text: Path
    folder: Path
    workers: int
    min_count: int

    def read(self, source: Any, **options: Any) -> Callable[[], Any]:
        return lambda: Corpus.from_file(source, workers=self.workers, min_count=self.min_count, **options)


Run = Callable[[], Any]
Door = Callable[[Setting], Run]
"""Prepares a run; raises ImportError when a package is missing."""


def packed(pack: Callable[[bytes], bytes]) -> Door:
    def prepare(setting: Setting) -> Run:
        path = setting.folder / "packed"
        path = path.with_name(f"packed{len(os.listdir(setting.folder))}")
        path.write_bytes(pack(setting.text.read_bytes()))
        return setting.read(path)

    return prepare


def zstd(data: bytes) -> bytes:
    compressed: bytes = zstd_module().compress(data)
    return compressed


def utf16(setting: Setting) -> Run:
    path = setting.folder / "utf16"
    path.write_text(setting.text.read_text(encoding="utf-8"), encoding="utf-16")
    return setting.read(path, encoding="utf-16")


def capitals(setting: Setting) -> Run:
    path = setting.folder / "capitals"
    path.write_text(setting.text.read_text(encoding="utf-8").title(), encoding="utf-8")
    return setting.read(path, lower=True)


def hugging_face(setting: Setting) -> Run:
    import tokenizers

    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=5000, show_progress=False)
    start = setting.text.open("rb").read(1 << 20).decode("utf-8", "ignore")
    tokenizer.train_from_iterator(start.split("\n"), trainer)
    return setting.read(setting.text, tokenizer=tokenizer)


def lines_of(setting: Setting) -> list[str]:
    return setting.text.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def lists(setting: Setting) -> Run:
    sentences = [line.split() for line in lines_of(setting)]
    return lambda: Corpus.from_sentences(sentences, min_count=setting.min_count)


def generator(setting: Setting) -> Run:
    sentences = [line.split() for line in lines_of(setting)]
    return lambda: Corpus.from_sentences((sentence for sentence in sentences), min_count=setting.min_count)


def split_by_the_caller(setting: Setting) -> Run:
    lines = lines_of(setting)
    return lambda: Corpus.from_sentences((line.split() for line in lines), min_count=setting.min_count)


def texts(setting: Setting) -> Run:
    lines = lines_of(setting)
    return lambda: Corpus.from_sentences(lines, split=True, min_count=setting.min_count)


def ids(setting: Setting) -> Run:
    corpus = Corpus.from_file(setting.text)
    return lambda: Corpus.from_ids(corpus.ids, corpus.offsets, min_count=setting.min_count)


def sparse(setting: Setting) -> Run:
    from scipy.sparse import csr_array

    corpus = Corpus.from_file(setting.text)
    shape = len(corpus), len(corpus.vocabulary)
    matrix = csr_array((np.ones(corpus.words, np.int32), corpus.ids, corpus.offsets), shape=shape)
    return lambda: Corpus.from_ids(matrix, min_count=setting.min_count)


def arrow_table(setting: Setting, column: str) -> Any:
    import pyarrow

    lines = lines_of(setting)
    return pyarrow.table({column: lines if column == "text" else [line.split() for line in lines]})


def arrow(column: str) -> Door:
    def prepare(setting: Setting) -> Run:
        table = arrow_table(setting, column)
        return lambda: Corpus.from_arrow(table, column, workers=setting.workers, min_count=setting.min_count)

    return prepare


def parquet(column: str) -> Door:
    def prepare(setting: Setting) -> Run:
        import pyarrow.parquet

        path = setting.folder / f"{column}.parquet"
        pyarrow.parquet.write_table(arrow_table(setting, column), path, compression="zstd", row_group_size=1 << 14)
        return lambda: Corpus.from_parquet(path, column, workers=setting.workers, min_count=setting.min_count)

    return prepare


def pandas(setting: Setting) -> Run:
    frame = arrow_table(setting, "text").to_pandas()
    return lambda: Corpus.from_arrow(frame, "text", workers=setting.workers, min_count=setting.min_count)


def polars(column: str) -> Door:
    def prepare(setting: Setting) -> Run:
        import polars

        frame = polars.from_arrow(arrow_table(setting, column))
        return lambda: Corpus.from_arrow(frame, column, workers=setting.workers, min_count=setting.min_count)

    return prepare


def hugging_face_dataset(streamed: bool) -> Door:
    def prepare(setting: Setting) -> Run:
        import datasets

        data = datasets.Dataset(arrow_table(setting, "text"))
        if streamed:
            data = data.to_iterable_dataset()
        return lambda: Corpus.from_arrow(data, "text", workers=setting.workers, min_count=setting.min_count)

    return prepare


def to_disk(setting: Setting) -> Run:
    return setting.read(setting.text, save_to=setting.folder / "encoded")


def opened(setting: Setting) -> Run:
    Corpus.from_file(setting.text, min_count=setting.min_count).save(setting.folder / "saved")
    return lambda: Corpus.open(setting.folder / "saved")


def gensim_lists(setting: Setting) -> Run:
    from gensim.models import Word2Vec

    sentences = [line.split() for line in lines_of(setting)]
    return lambda: Word2Vec(min_count=setting.min_count).build_vocab(sentences)


def gensim_scan(setting: Setting) -> Run:
    from gensim.models import Word2Vec

    return lambda: Word2Vec(min_count=setting.min_count, workers=setting.workers).build_vocab(
        corpus_file=str(setting.text)
    )


DOORS: list[tuple[str, Door]] = [
    ("plain", lambda setting: setting.read(setting.text)),
    ("gzip", packed(gzip.compress)),
    ("bzip2", packed(bz2.compress)),
    ("xz", packed(lzma.compress)),
    ("zstd", packed(zstd)),
    ("UTF-16", utf16),
    ("lower=True, every word in capitals", capitals),
    ("max_vocab_size=10,000", lambda setting: setting.read(setting.text, max_vocab_size=10_000)),
    ("max_sentence_length=1,000", lambda setting: setting.read(setting.text, max_sentence_length=1000)),
    (r"token_pattern=\w+", lambda setting: setting.read(setting.text, token_pattern=r"\w+")),
    ("tokenizer=str.split", lambda setting: setting.read(setting.text, tokenizer=str.split)),
    ("tokenizer: Hugging Face BPE", hugging_face),
    ("plain, straight to disk", to_disk),
    ("encoded before, opened", opened),
    ("token lists", lists),
    ("generator of token lists", generator),
    ("generator that splits texts", split_by_the_caller),
    ("texts, split=True", texts),
    ("ids and offsets", ids),
    ("SciPy CSR", sparse),
    ("Arrow, text", arrow("text")),
    ("Arrow, lists", arrow("lists")),
    ("Parquet, text", parquet("text")),
    ("Parquet, lists", parquet("lists")),
    ("pandas, text", pandas),
    ("polars, text", polars("text")),
    ("polars, lists", polars("lists")),
    ("Hugging Face dataset, text", hugging_face_dataset(streamed=False)),
    ("Hugging Face dataset, streamed", hugging_face_dataset(streamed=True)),
    ("gensim: vocabulary scan, no ids", gensim_scan),
    ("gensim: the same of token lists", gensim_lists),
]


def measure(doors: list[tuple[str, Door]], setting: Setting, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Wall-clock and CPU seconds of every run of every door."""
    runs: dict[str, Run] = {}
    for name, door in doors:
        try:
            runs[name] = door(setting)
        except ImportError as error:
            print(f"{name}: left out, {error}", file=sys.stderr)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return times


def report(times: dict[str, list[tuple[float, float]]], megabytes: float) -> None:
    print(f"| {'door':<34} | best MB/s | median MB/s | CPU s | spread |")
    print(f"|{'-' * 36}|{'-' * 10}:|{'-' * 12}:|{'-' * 6}:|{'-' * 7}:|")
    for name, runs in times.items():
        walls = [wall for wall, _ in runs]
        best, median = min(walls), statistics.median(walls)
        spread = (max(walls) - best) / median
        cpu = min(cpu for _, cpu in runs)
        print(f"| {name:<34} | {megabytes / best:9,.0f} | {megabytes / median:11,.0f} | {cpu:5.2f} | {spread:6.0%} |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.doors", description=__doc__)
    parser.add_argument("text", type=Path, help="a text in UTF-8")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each door (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="threads (%(default)s)")
    parser.add_argument("--min-count", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--doors", nargs="+", metavar="PART", help="only those with one of these in their name")
    options = parser.parse_args()
    doors = [door for door in DOORS if not options.doors or any(part in door[0] for part in options.doors)]
    megabytes = options.text.stat().st_size / 1e6
    print(f"{megabytes:,.1f} MB of text, {options.workers} threads, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(options.text, Path(folder), options.workers, options.min_count)
        report(measure(doors, setting, options.rounds), megabytes)


if __name__ == "__main__":
    main()
