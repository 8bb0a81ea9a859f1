"""Are vectors of texts worth their cost? A classifier on those of Doc2Vec, beside means of words and words alone.

    PYTHON bench/labelled.py TRAIN TEST [--skip 3] [--characters] [--library gensim] [--seed 1 2 3]

PYTHON has scikit-learn, and gensim if that is the library. A line of TRAIN and TEST is a label, a tab and a text, whose
tokens lie between white space, or with ``--characters`` are its characters; the first ``--skip`` lines are left out.

Doc2Vec learns from the texts of TRAIN alone, without labels. Texts of TEST are inferred, and so are those of TRAIN, as
rows that were learned differ from inferred ones; with ``learned`` the classifier has these. On the vectors, each number
scaled to a variance of one, logistic regression learns the labels of TRAIN. How much it is held back (C) is chosen by a
tenth of TRAIN. Shown is the share of labels of TEST that are right; nothing saw them, or the texts, before. Beside it:
means of words (`KeyedVectors.embed`, of the words that were trained beside PV-DBOW), logistic regression on tf-idf of
words, and `TextClassifier`.
"""

from __future__ import annotations

import argparse
import importlib
import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS: dict[str, dict[str, int]] = {
    "PV-DBOW": {"dm": 0},
    "PV-DBOW, words beside": {"dm": 0, "dbow_words": 1},
    "PV-DM": {"dm": 1},
}
STRENGTHS = (0.01, 0.1, 1.0, 10.0)
HELD_OUT = 10


def read(path: str, skip: int, characters: bool) -> tuple[list[list[str]], NDArray[Any]]:
    """Texts and their labels."""
    texts, labels = [], []
    with open(path, encoding="utf-8") as file:
        for line in list(file)[skip:]:
            label, _, text = line.rstrip("\n").partition("\t")
            if label and text:
                labels.append(label)
                texts.append(list("".join(text.split())) if characters else text.split())
    return texts, np.array(labels)


def score(train: Any, test: Any, labels: NDArray[Any], answers: NDArray[Any]) -> float:
    """Share of right labels of logistic regression."""
    from sklearn.linear_model import LogisticRegression

    rows = np.random.default_rng(0).permutation(len(labels))
    held, others = rows[: len(rows) // HELD_OUT], rows[len(rows) // HELD_OUT :]

    def learned(strength: float, rows: NDArray[Any]) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of steps that did not suffice
            return LogisticRegression(C=strength, max_iter=300).fit(train[rows], labels[rows])

    found = [learned(strength, others).score(train[held], labels[held]) for strength in STRENGTHS]
    return float(learned(STRENGTHS[int(np.argmax(found))], rows).score(test, answers))


def scaled(train: NDArray[Any], test: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Each number less its mean, divided by its deviation, of ``train``."""
    mean, deviation = train.mean(axis=0), np.maximum(train.std(axis=0), 1e-12)
    return (train - mean) / deviation, (test - mean) / deviation


def of_words(texts: list[list[str]], labels: NDArray[Any], tests: list[list[str]], answers: NDArray[Any]) -> None:
    """Without vectors of texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    begun = time.process_time()
    counter = TfidfVectorizer(analyzer=list, min_df=2, sublinear_tf=True)
    train = counter.fit_transform(texts)
    share = score(train, counter.transform(tests), labels, answers)
    print(f"tf-idf of words, logistic regression: {share:.3f}, {time.process_time() - begun:.1f} CPU s", flush=True)


def by_classifier(
    texts: list[list[str]], labels: NDArray[Any], tests: list[list[str]], answers: NDArray[Any], seeds: list[int]
) -> None:
    """By `TextClassifier`, whose epochs and rate are chosen by a tenth of the training texts."""
    from fastemb import TextClassifier

    lines, others = [" ".join(text) for text in texts], [" ".join(text) for text in tests]
    rows = np.random.default_rng(0).permutation(len(lines))
    held, rest = rows[: len(rows) // HELD_OUT], rows[len(rows) // HELD_OUT :]

    def learned(rows: NDArray[Any], **settings: Any) -> Any:
        return TextClassifier(workers=1, **settings).fit([lines[row] for row in rows], labels[rows].tolist())

    begun, best, settings = time.process_time(), -1.0, {}
    for epochs in (5, 25):
        for alpha in (0.1, 0.5):
            model = learned(rest, epochs=epochs, alpha=alpha)
            share = model.score([lines[row] for row in held], labels[held].tolist())
            if share > best:
                best, settings = share, {"epochs": epochs, "alpha": alpha}
    shares = [learned(rows, random_state=seed, **settings).score(others, answers.tolist()) for seed in seeds]
    seconds = time.process_time() - begun
    print(f"TextClassifier, {settings}: {shown(shares)}, {seconds:.1f} CPU s with all trials", flush=True)


def shown(values: list[float]) -> str:
    """The mean, and each."""
    return f"{np.mean(values):.3f} ({', '.join(f'{value:.3f}' for value in values)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--skip", type=int, default=0, metavar="LINES")
    parser.add_argument("--characters", action="store_true", help="are the tokens")
    parser.add_argument("--library", choices=("fastemb", "gensim"), default="fastemb")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--kind", choices=list(KINDS), nargs="*", default=list(KINDS), metavar="KIND")
    parser.add_argument("--training-only", action="store_true", help="leave out what needs no Doc2Vec")
    options = parser.parse_args()
    texts, labels = read(options.train, options.skip, options.characters)
    tests, answers = read(options.test, options.skip, options.characters)
    words = sum(map(len, texts))
    print(f"{len(texts):,} texts, {words:,} words, {len(set(labels))} labels; {len(tests):,} to test", flush=True)
    if options.library == "fastemb" and not options.training_only:
        of_words(texts, labels, tests, answers)
        by_classifier(texts, labels, tests, answers, options.seed)
    library: Any = importlib.import_module(f"{options.library}.models.doc2vec")
    documents = [library.TaggedDocument(text, [number]) for number, text in enumerate(texts)]
    for name in options.kind:
        learned, inferred, means, seconds, more = [], [], [], 0.0, 0.0
        for seed in options.seed:
            begun = time.process_time()
            model = library.Doc2Vec(documents, epochs=options.epochs, seed=seed, workers=1, **KINDS[name])
            seconds += time.process_time() - begun
            begun = time.process_time()
            train, test = (infer(options.library, model, some) for some in (texts, tests))
            more += time.process_time() - begun
            learned.append(score(*scaled(model.dv.vectors, test), labels, answers))
            inferred.append(score(*scaled(train, test), labels, answers))
            if options.library == "fastemb" and name == "PV-DBOW, words beside":
                train, test = (model.wv.embed(some).vectors for some in (texts, tests))
                means.append(score(*scaled(train, test), labels, answers))
        runs = len(options.seed)
        print(f"{options.library}, {name}: {shown(inferred)}, learned {shown(learned)}", flush=True)
        print(f"  CPU s: training {seconds / runs:.1f}, inference of all texts {more / runs:.1f}", flush=True)
        if means:
            print(f"means of words, embed: {shown(means)}", flush=True)


def infer(library: str, model: Any, texts: list[list[str]]) -> NDArray[Any]:
    """Vectors of texts, by gensim one after the other."""
    if library == "gensim":
        return np.array([model.infer_vector(text) for text in texts])
    vectors: NDArray[Any] = model.infer_vectors(texts, workers=1)
    return vectors


if __name__ == "__main__":
    main()
