"""Quality of vectors of words and their n-grams, beside the fasttext package.

    python -m bench.subwords scores text.txt --peer PYTHON --analogies FILE --similarity FILE ...
    python -m bench.subwords forms german.txt --peer PYTHON

--trainers chooses some of: fastemb; FastText, which is fastemb's class with the same settings, where pairs of words
share their negatives; fasttext.

PYTHON has the package fasttext (or fasttext-wheel). Both train by the same call of `train_unsupervised`, with one
thread and the package's defaults but for what is named here; they take turns, each run a process of its own.

`scores` prints per cent: analogies right among the 30,000 most frequent words, of which those whose section begins with
"gram" are syntactic; and Spearman's rho x 100 of pairs of words, of those pairs whose words both are in the text, and
of all pairs, where words that were never seen have the vectors of their n-grams. Means of the seeds, and half their
range: as the package takes no seed, each puts the lines of the text into another order.

`forms` is for a language of which there is a text alone. It takes words that occur with an ending and without one, such
as "fremd" and "fremden", leaves the longer ones out of the text, trains, and asks for the words that are nearest to
them. It prints how often the shorter one is the first, and among the first ten. The same is printed for words that
share the most n-grams, which takes no training.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from fastemb import KeyedVectors
from fastemb.fasttext.names import ngrams_of

ANSWERS = 30_000  # most frequent words that an analogy's answer is looked for among
TRAINERS = ("fastemb", "FastText", "fasttext")
MODELS = {"skip-gram": {"model": "skipgram"}, "CBOW": {"model": "cbow"}}
TRAIN = """
import importlib, json, sys, time
import numpy as np
module, text, asked, out, options = sys.argv[1:6]
fasttext = importlib.import_module(module)
begun = time.process_time()
model = fasttext.train_unsupervised(text, verbose=0, thread=1, **json.loads(options))
took = time.process_time() - begun
known = [word for word in model.get_words() if word != "</s>"]
words = list(dict.fromkeys(known + json.loads(open(asked).read())))
np.savez(out, words=words, known=len(known), vectors=np.array([model.get_word_vector(word) for word in words]))
print(took)
"""
CLASS = """
import json, sys, time
import numpy as np
from fastemb import FastText
_, text, asked, out, options = sys.argv[1:6]
given = json.loads(options)
begun = time.process_time()
model = FastText(
    corpus_file=text, sg=int(given.get("model") != "cbow"), vector_size=given["dim"], epochs=given["epoch"], alpha=0.05,
    min_alpha=0.0, min_count=given.get("minCount", 5), sample=1e-4, ns_exponent=0.5, workers=1,
    progress=False,
)
took = time.process_time() - begun
known = model.wv.index_to_key
words = list(dict.fromkeys(known + json.loads(open(asked).read())))
np.savez(out, words=words, known=len(known), vectors=model.wv[words])
print(took)
"""
ENDINGS = ("e", "en", "er", "es", "em", "n", "s", "t", "te", "ten", "st", "est")
LEAST_LENGTH, LEAST_COUNT, LINE = 4, 5, 200
FORMS: dict[str, Any] = {"minCount": 2, "epoch": 20}


def trained(
    trainer: str, options: argparse.Namespace, text: Path, asked: list[str], given: dict[str, Any]
) -> tuple[KeyedVectors, int, float]:
    """Vectors of the words of a text and of those that are asked for, how many the first are, and CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        words, out = Path(folder) / "words", Path(folder) / "out.npz"
        words.write_text(json.dumps(asked), encoding="utf-8")
        module = "fastemb.fasttext" if trainer == "fastemb" else trainer
        python = os.path.abspath(options.peer) if trainer == "fasttext" else sys.executable
        program = CLASS if trainer == "FastText" else TRAIN
        command = [python, "-c", program, module, str(text), str(words), str(out), json.dumps(given)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{trainer}: {done.stderr.strip().splitlines()[-1]}")
        with np.load(out) as found:
            vectors = KeyedVectors(found["vectors"].shape[1])
            vectors.add_vectors(found["words"].tolist(), found["vectors"].astype(np.float32))
            return vectors, int(found["known"]), float(done.stdout)


def about(values: list[float]) -> str:
    """The mean, and half the range."""
    return f"{statistics.fmean(values):5.1f} ± {(max(values) - min(values)) / 2:.1f}"


def analogies(vectors: KeyedVectors, path: str) -> dict[str, float]:
    """All, syntactic and semantic ones."""
    sections = vectors.evaluate_word_analogies(path, ANSWERS)[1]
    right, asked = Counter[str](), Counter[str]()
    for section in sections:
        if section["section"] != "Total accuracy":
            kind = "syntactic" if section["section"].startswith("gram") else "semantic"
            for name in (kind, "analogies"):
                right[name] += len(section["correct"])
                asked[name] += len(section["correct"]) + len(section["incorrect"])
    return {name: 100 * right[name] / max(asked[name], 1) for name in ("analogies", "syntactic", "semantic")}


def rho(vectors: KeyedVectors, path: str) -> float:
    """Of pairs of words."""
    return 100 * float(vectors.evaluate_word_pairs(path, delimiter=None, restrict_vocab=None)[1][0])


def scores(options: argparse.Namespace) -> None:
    """Print a line for each model and trainer."""
    asked = sorted({word for path in options.similarity for word in Path(path).read_text().lower().split()})
    for name in options.models:
        found: dict[tuple[str, str], list[float]] = {}
        for seed in range(1, options.seeds + 1):
            with tempfile.TemporaryDirectory() as folder:
                path = shuffled(options.text, Path(folder) / "text", seed)
                for trainer in options.trainers:
                    given = {"epoch": options.epochs, "dim": 100, **MODELS[name]}
                    for what, value in judged(*trained(trainer, options, path, asked, given), options).items():
                        found.setdefault((trainer, what), []).append(value)
        for trainer in options.trainers:
            line = (f"{what} {about(some)}" for (whose, what), some in found.items() if whose == trainer)
            print(name, trainer, "; ".join(line), flush=True)


def shuffled(text: Path, path: Path, seed: int) -> Path:
    """The lines of a text in another order, in another file."""
    lines = text.read_bytes().splitlines(keepends=True)
    random.Random(seed).shuffle(lines)
    path.write_bytes(b"".join(lines))
    return path


def judged(every: KeyedVectors, known: int, seconds: float, options: argparse.Namespace) -> dict[str, float]:
    """Each score by its name, and CPU seconds."""
    seen = KeyedVectors(every.vector_size)
    seen.add_vectors(every.index_to_key[:known], every.vectors[:known])
    row = analogies(seen, options.analogies) if options.analogies else {}
    for path in options.similarity:
        row |= {Path(path).stem: rho(seen, path), f"{Path(path).stem}, all": rho(every, path)}
    return row | {"CPU s": seconds}


def held_out(words: list[str], most: int, seed: int) -> dict[str, str]:
    """Words with an ending, and the same without, one of each."""
    counts = Counter(words)
    pairs = [
        (word + ending, word)
        for word in sorted(counts)
        for ending in ENDINGS
        if len(word) >= LEAST_LENGTH and min(counts[word], counts[word + ending]) >= LEAST_COUNT
    ]
    random.Random(seed).shuffle(pairs)
    forms: dict[str, str] = {}
    for form, stem in pairs:
        if form not in forms.values() and stem not in forms and stem not in forms.values() and len(forms) < most:
            forms.setdefault(form, stem)
    return forms


def ranks(scores_of: Any, index: dict[str, int], forms: dict[str, str]) -> list[int]:
    """How many words are nearer to each form than its stem."""
    found = []
    for form, stem in forms.items():
        values = scores_of(form)
        found.append(int((values > values[index[stem]]).sum()))
    return found


def told(name: str, places: list[int]) -> str:
    """Shares in per cent."""
    first, ten = (100 * statistics.fmean(place < n for place in places) for n in (1, 10))
    return f"{name}: first {first:.1f}, among ten {ten:.1f}"


def forms(options: argparse.Namespace) -> None:
    """Print a line for each trainer and seed."""
    text = Path(options.text).read_text(encoding="utf-8").lower()
    words = re.findall(r"[^\W\d_]+", text)
    for seed in range(1, options.seeds + 1):
        chosen = held_out(words, options.forms, seed)
        kept = [word for word in words if word not in chosen]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "text"
            lines = (" ".join(kept[at : at + LINE]) for at in range(0, len(kept), LINE))
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            print(f"seed {seed}: {len(words):,} words, {len(chosen)} forms are left out")
            for trainer in options.trainers:
                vectors, known, _ = trained(trainer, options, path, list(chosen), {**FORMS, "dim": 100})
                unit = vectors.get_normed_vectors()
                index = vectors.key_to_index
                places = ranks(lambda form, u=unit, i=index, n=known: u[:n] @ u[i[form]], index, chosen)
                print(told(f"  {trainer}", places), flush=True)
        counts = Counter(kept)
        index = {word: row for row, word in enumerate(word for word in counts if counts[word] >= FORMS["minCount"])}
        sets = [set(ngrams_of(word.encode(), 3, 6)) for word in index]

        def shared(form: str, sets: list[set[bytes]] = sets) -> Any:
            own = set(ngrams_of(form.encode(), 3, 6))
            return np.array([len(own & other) / len(own | other) for other in sets])

        print(told("  n-grams shared, untrained", ranks(shared, index, chosen)), flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["scores", "forms"])
    parser.add_argument("text", type=Path)
    parser.add_argument("--peer", help="a Python that has the package fasttext")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--forms", type=int, default=300, help="how many forms are left out")
    parser.add_argument("--analogies")
    parser.add_argument("--similarity", nargs="*", default=[])
    parser.add_argument("--trainers", nargs="*", default=list(TRAINERS), choices=list(TRAINERS))
    options = parser.parse_args()
    if "fasttext" in options.trainers and not options.peer:
        parser.error("--peer is needed for fasttext; or leave it out, by --trainers")
    {"scores": scores, "forms": forms}[options.what](options)


if __name__ == "__main__":
    main()
