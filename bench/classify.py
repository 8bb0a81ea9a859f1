"""Labels of texts: speed and accuracy, beside the fasttext package.

    python -m bench.classify make FOLDER                        # two sets, generated
    python -m bench.classify languages FOLDER SOURCE ...        # a set of translations that installed packages have
    python -m bench.classify compare FOLDER --peer PYTHON       # PYTHON has the package fasttext (or fasttext-wheel)
    python -m bench.classify predict FOLDER --peer PYTHON       # labels of many texts by one model
    python -m bench.classify command FOLDER --peer PYTHON       # a million lines by the command line

Sets: "news" has 120,000 texts of some 40 words in 4 classes, as many as AG News has; "many" as many in 1,000 classes.
Words are drawn by Zipf's law, a share of them by a law in which each class has an order of its own. Each run is a
process of its own; ours and the package's take turns. Times are by the wall clock, from the file to the trained model;
the ratio of CPU seconds says more where others use the machine.

The third set, "languages", is of sentences in many languages: those of the files ``locale/LANGUAGE/.../*.mo`` below
each SOURCE. A tenth of the original texts, with all their translations, is for testing. Markup and names of variables
are left out, and so are texts of less than 12 letters, those that are not translated, and languages of less than 500
texts.
"""

from __future__ import annotations

import argparse
import gettext
import json
import os
import re
import statistics
import subprocess
import sys
import time
import zlib
from collections import Counter
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from fastemb import TextClassifier

WORDS = 60_000
SETS = {"news": (4, 1.2), "many": (1000, 8.0)}  # classes, and how much of a text is of its class
TEXTS, TESTS = 120_000, 7_600
LETTERS: dict[str, Any] = {"min_n": 2, "max_n": 4, "vector_size": 16, "epochs": 10}
LEAST_LETTERS, LEAST_TEXTS, EVERY = 12, 500, 10
VARIABLES = r"%\([^)]*\)?[a-z]|%[a-z]|\{[^}]*\}|<[^>]*>|&[a-z]+;|https?:\S+|:\w+:`[^`]*`"
RUNS: list[dict[str, Any]] = [
    {"set": "news", "word_ngrams": ngrams, "workers": workers, "loss": "softmax", "alpha": 0.1}
    for ngrams in (1, 2)
    for workers in (1, 2)
]
RUNS += [{"set": "many", "word_ngrams": 1, "workers": workers, "loss": "hs", "alpha": 0.5} for workers in (1, 2)]
RUNS += [
    {"set": "languages", "word_ngrams": 1, "workers": workers, "loss": loss, "alpha": 0.5} | LETTERS
    for loss in ("softmax", "hs")
    for workers in (1, 2)
]
NAMES = {"word_ngrams": "wordNgrams", "workers": "thread", "alpha": "lr", "min_n": "minn", "max_n": "maxn"}
NAMES |= {"vector_size": "dim", "epochs": "epoch"}

OURS = """
import json, sys, time
from fastemb import TextClassifier
train, test, options = sys.argv[1:4]
begun, cpu = time.perf_counter(), time.process_time()
model = TextClassifier(progress=False, **json.loads(options)).fit_file(train)
print(time.perf_counter() - begun, time.process_time() - cpu, model.evaluate_file(test).precision)
"""
PEER = """
import json, sys, time
import fasttext
train, test, options = sys.argv[1:4]
begun, cpu = time.perf_counter(), time.process_time()
model = fasttext.train_supervised(train, verbose=0, **json.loads(options))
print(time.perf_counter() - begun, time.process_time() - cpu, model.test(test)[1])
"""

ASKED = """
import itertools, sys, time
model, path, texts, call, workers = sys.argv[1:6]
with open(path, encoding="utf-8") as file:
    lines = [line.rstrip("\\n") for line in itertools.islice(file, int(texts))]
if call == "package":
    import fasttext
    tell = fasttext.load_model(model).predict
elif call == "fastemb.fasttext":
    import fastemb.fasttext
    import fastemb.fasttext.model as module
    module.available_cpus = lambda: int(workers)
    tell = fastemb.fasttext.load_model(model).predict
else:
    from fastemb import TextClassifier
    tell = getattr(TextClassifier.load_fasttext(model).set_params(workers=int(workers)), call)
given = path if call == "predict_file" else lines
begun = time.perf_counter()
found = tell(given)
found = list(found) if call == "predict_file" else found
print(time.perf_counter() - begun, len(found))
"""
COMMAND = """
import sys
from fastemb.cli import main
sys.exit(main(["classify", "predict", sys.argv[1], sys.argv[2], "-o", sys.argv[3]]))
"""
LOOP = """
import itertools, sys
import fasttext
model = fasttext.load_model(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as lines, open(sys.argv[3], "w", encoding="utf-8") as out:
    while some := [line.rstrip("\\n") for line in itertools.islice(lines, 10_000)]:
        out.writelines(labels[0].removeprefix("__label__") + "\\n" for labels in model.predict(some)[0])
"""
CALLS = ("predict", "predict_labels", "predict_file", "fastemb.fasttext")


def write_set(path: Path, texts: int, classes: int, share: float, seed: int) -> None:
    """Write texts with their classes, one a line."""
    rng = np.random.default_rng(seed)
    law = np.cumsum(1 / np.arange(1, WORDS + 1) ** 1.05)
    law /= law[-1]
    names = np.array([f"w{word}" for word in range(WORDS)])
    with path.open("w", encoding="utf-8") as file:
        for begin in range(0, texts, 10_000):
            some = min(10_000, texts - begin)
            labels = rng.integers(classes, size=some)
            lengths = np.maximum(5, rng.poisson(40, size=some))
            words = np.minimum(np.searchsorted(law, rng.random(lengths.sum())), WORDS - 1)
            special = rng.random(len(words)) < np.repeat(rng.beta(1, 9, size=some) * share, lengths)
            which = np.repeat(labels, lengths)
            step = 30 * which + 7  # has no factor in common with WORDS, so that each class has an order of its own
            moved = (words * step + 1_009 * which) % WORDS
            words = np.where(special, moved, words)
            at = 0
            for label, length in zip(labels.tolist(), lengths.tolist(), strict=True):
                file.write(f"__label__{label} {' '.join(names[words[at : at + length]])}\n")
                at += length


def make(folder: Path) -> None:
    """Write all sets."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (classes, share) in SETS.items():
        write_set(folder / f"{name}.train", TEXTS, classes, share, seed=1)
        write_set(folder / f"{name}.test", TESTS, classes, share, seed=2)


def translations(path: Path) -> dict[str, str]:
    """What a file of translations has, by the original."""
    try:
        with path.open("rb") as file:
            found: dict[Any, str] = vars(gettext.GNUTranslations(file))["_catalog"]
    except (OSError, UnicodeDecodeError, ValueError):
        return {}
    return {key if isinstance(key, str) else key[0]: text for key, text in found.items()}


def languages(folder: Path, sources: list[Path]) -> None:
    """Write the texts of translations, and a tenth of them apart."""
    texts: dict[tuple[str, str], str] = {}
    for path in sorted(path for source in sources for path in source.glob("**/locale/*/**/*.mo")):
        place = path.parts[len(path.parts) - path.parts[::-1].index("locale")]
        language = re.split("[-_@]", place)[0].lower()
        for original, text in translations(path).items():
            plain = " ".join(re.sub(VARIABLES, " ", text).split())
            if sum(map(str.isalpha, plain)) >= LEAST_LETTERS and (text != original or language == "en"):
                texts.setdefault((language, plain), original)
    counts = Counter(language for language, _ in texts)
    folder.mkdir(parents=True, exist_ok=True)
    written = Counter[str]()
    files = {kind: (folder / f"languages.{kind}").open("w", encoding="utf-8") for kind in ("train", "test")}
    for (language, text), original in texts.items():
        if counts[language] >= LEAST_TEXTS:
            kind = "train" if zlib.crc32(original.encode()) % EVERY else "test"
            print(f"__label__{language} {text}", file=files[kind])
            written[kind] += 1
    for file in files.values():
        file.close()
    many = sum(count >= LEAST_TEXTS for count in counts.values())
    print(f"{many} languages, {written['train']:,} texts to learn from, {written['test']:,} to test")


def run(python: str, program: str, folder: Path, given: dict[str, Any]) -> list[float]:
    """Seconds by the clock and of CPU, and precision, of one training."""
    name = given["set"]
    options = {key: value for key, value in given.items() if key != "set"}
    if program == PEER:
        options = {NAMES.get(key, key): value for key, value in options.items()}
    command = [python, "-c", program, f"{folder}/{name}.train", f"{folder}/{name}.test", json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=None if program == OURS else folder)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return [float(value) for value in done.stdout.split()[-3:]]


def compare(folder: Path, peer: str, runs: int, only: str) -> None:
    """Train in turn, and print medians."""
    print(
        f"{'set':9} {'ngrams':>6} {'threads':>7} {'loss':8} {'fastemb s':>10} {'fasttext s':>10} {'ratio':>6} "
        "of CPU  precision"
    )
    for given in RUNS:
        if only not in " ".join(map(str, given.values())):
            continue
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(run(sys.executable, OURS, folder, given))
            theirs.append(run(peer, PEER, folder, given))
        mine, his = ([statistics.median(one[k] for one in some) for k in (0, 1)] for some in (ours, theirs))
        scores = " / ".join(f"{statistics.mean(one[2] for one in some):.4f}" for some in (ours, theirs))
        print(
            f"{given['set']:9} {given['word_ngrams']:6} {given['workers']:7} {given['loss']:8} {mine[0]:10.2f} "
            f"{his[0]:10.2f} {his[0] / mine[0]:6.2f} {his[1] / mine[1]:6.2f}  {scores}",
            flush=True,
        )


def predict(folder: Path, peer: str, runs: int, texts: int) -> None:
    """Ask one model in turn, and print medians."""
    model, path = folder / "news.bin", folder / "news.texts"
    TextClassifier(progress=False).fit_file(folder / "news.train").save_fasttext(model)
    with (folder / "news.train").open(encoding="utf-8") as source:
        lines = [line.split(" ", 1)[1] for line in source]
    path.write_text("".join(islice(cycle(lines), texts)), encoding="utf-8")
    asked = [("package", 1), *((call, workers) for call in CALLS for workers in (1, 2))]
    seconds: dict[tuple[str, int], list[float]] = {one: [] for one in asked}
    for _ in range(runs):
        for call, workers in asked:
            python = peer if call == "package" else sys.executable
            command = [python, "-c", ASKED, str(model), str(path), str(texts), call, str(workers)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds[call, workers].append(float(done.stdout.split()[0]))
    theirs = statistics.median(seconds["package", 1])
    for (call, workers), some in seconds.items():
        mine = statistics.median(some)
        print(f"{call:18} {workers} threads {mine:8.2f} s {theirs / mine:6.2f}", flush=True)


def command(folder: Path, peer: str, runs: int, texts: int) -> None:
    """Label a file by the command line, and by a loop of the package that takes 10,000 lines at a time, in turn."""
    model, path = folder / "news.bin", folder / "news.lines"
    TextClassifier(progress=False).fit_file(folder / "news.train").save_fasttext(model)
    with (folder / "news.train").open(encoding="utf-8") as source:
        lines = [line.split(" ", 1)[1] for line in source]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(islice(cycle(lines), texts))
    print(f"{texts:,} lines, {path.stat().st_size / 1e6:.0f} MB; seconds by the clock and of CPU, peak MB")
    found: dict[str, list[tuple[float, float, float]]] = {"fastemb": [], "fasttext": []}
    for _ in range(runs):
        for name, python, program in (("fastemb", sys.executable, COMMAND), ("fasttext", peer, LOOP)):
            arguments = [python, "-c", program, str(model), str(path), str(folder / f"labels.{name}")]
            begun = time.perf_counter()
            process = subprocess.Popen(arguments, cwd=None if name == "fastemb" else folder)
            _, status, used = os.wait4(process.pid, 0)
            if status:
                raise RuntimeError(f"{name} failed")
            seconds = time.perf_counter() - begun
            found[name].append((seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3 * 1.024))
    for name, some in found.items():
        print(name, *(f"{statistics.median(values):.2f}" for values in zip(*some, strict=True)), flush=True)
    ours, theirs = ((folder / f"labels.{name}").read_text(encoding="utf-8").splitlines() for name in found)
    print(f"the same label: {sum(map(str.__eq__, ours, theirs)):,} of {len(ours):,}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="task", required=True)
    for name in ("make", "languages", "compare", "predict", "command"):
        part = parts.add_parser(name)
        part.add_argument("folder", type=Path)
        if name == "languages":
            part.add_argument("sources", type=Path, nargs="+", help="folders of installed packages")
        elif name != "make":
            part.add_argument("--peer", required=True, help="a Python that has the package fasttext")
            part.add_argument("--runs", type=int, default=3)
        if name in ("predict", "command"):
            part.add_argument("--texts", type=int, default=200_000 if name == "predict" else 1_000_000)
        if name == "compare":
            part.add_argument("--only", default="", help="runs that have this text, such as 'news 2 1'")
    options = parser.parse_args()
    if options.task == "make":
        make(options.folder)
    elif options.task == "languages":
        languages(options.folder, options.sources)
    elif options.task in ("predict", "command"):
        asked = predict if options.task == "predict" else command
        asked(options.folder.resolve(), os.path.abspath(options.peer), options.runs, options.texts)
    else:
        compare(options.folder.resolve(), os.path.abspath(options.peer), options.runs, options.only)


if __name__ == "__main__":
    main()
