"""A whole model, trained as people train one, against the float64 oracle with the same schedule."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from reference.harness import alias_table, together
from reference.oracle import Model, huffman_paths, keep_thresholds, train
from reference.planted import topic_sentences

from fastemb import Word2Vec
from fastemb.config import isa

TARGETS = {"ns": {}, "hs": {"hs": 1, "negative": 0}, "ns and hs": {"hs": 1, "negative": 3}}
MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"sg": 1},
    "skip-gram, whole windows": {"sg": 1, "shrink_windows": False, "window": 12},
    "skip-gram, negatives per pair": {"sg": 1, "negatives_per_pair": True},
    "CBOW mean": {"cbow_mean": 1},
    "CBOW mean, exact": {"cbow_mean": 1, "cbow_exact": True},
    "CBOW sum": {"cbow_mean": 0},
    "CBOW sum, exact": {"cbow_mean": 0, "cbow_exact": True},
}
SEED, SIZE, EPOCHS, START, END = 7, 10, 2, 0.05, 0.01
BLOCK = 256  # tokens that share a learning rate in a corpus this small


def corpus() -> list[list[str]]:
    """Some 700 words with counts that differ, a few sentences empty or of one word, one longer than a block."""
    sentences = topic_sentences(40, 9)
    sentences[3], sentences[20] = [], ["t0w0"]
    rng = np.random.default_rng(1)
    long = [f"t1w{word}" for word in np.minimum(rng.geometric(0.35, 350), 8) - 1]
    return [*sentences[:25], long, *sentences[25:], []]


def counted(sentences: list[list[str]]) -> dict[str, int]:
    """Words by falling count, then by first occurrence."""
    counts: dict[str, int] = {}
    for sentence in sentences:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def oracle_of(model: Word2Vec, counts: dict[str, int]) -> Model:
    """The oracle's model in the state that ``model`` starts from."""
    numbers = np.array(list(counts.values()))
    made = Model(model.wv.vectors.astype(np.float64), seed=SEED, window=model.window, sg=bool(model.sg))
    made.shrink_windows = bool(model.shrink_windows)
    made.negatives_per_pair = bool(model.negatives_per_pair)
    made.cbow_mean, made.cbow_exact = bool(model.cbow_mean), bool(model.cbow_exact)
    made.keep = keep_thresholds(numbers, model.sample).tolist()
    if model.negative:
        made.negative = model.negative
        made.out_ns = np.zeros((len(counts), SIZE))
        made.noise = alias_table(numbers**0.75).tolist()
    if model.hs:
        made.out_hs = np.zeros((len(counts), SIZE))
        made.paths = huffman_paths(numbers.tolist())
    return made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "targets"),
    [pair for pair in itertools.product(MODELS, TARGETS) if pair != ("skip-gram, negatives per pair", "hs")],
)
def test_two_epochs_equal_the_oracle(kind: str, targets: str) -> None:
    settings = {"vector_size": SIZE, "seed": SEED, "sample": 0.05, "min_count": 1, "epochs": EPOCHS, "workers": 1}
    # The true gradient of a sum moves the hidden row once for every context, so it overshoots sooner.
    scale = 0.2 if kind == "CBOW sum, exact" else 1.0
    start, end = START * scale, END * scale
    model = Word2Vec(alpha=start, min_alpha=end, **settings | TARGETS[targets] | MODELS[kind])
    sentences = corpus()
    model.build_vocab(sentences)
    counts = counted(sentences)
    assert model.wv.index_to_key == list(counts)
    oracle = oracle_of(model, counts)
    oracle.together = together(isa())

    kept, passed = model.train(sentences, compute_loss=True)

    indices = {word: index for index, word in enumerate(counts)}
    ids = [[indices[word] for word in sentence] for sentence in sentences]
    words = sum(counts.values())
    expected_kept, loss = 0, 0.0
    for epoch in range(EPOCHS):
        for begin in range(0, words, BLOCK):
            alpha = start - (start - end) * (epoch * words + begin) / (EPOCHS * words)
            done = train(oracle, ids, epoch, alpha, begin, min(begin + BLOCK, words))
            expected_kept += done.kept
            loss += done.loss
    assert (kept, passed) == (expected_kept, EPOCHS * words)
    assert model.get_latest_training_loss() == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(model.wv.vectors, oracle.inputs, atol=1e-5)
    if oracle.out_ns is not None:
        np.testing.assert_allclose(model.syn1neg, oracle.out_ns, atol=1e-5)
        assert np.abs(oracle.out_ns).max() > 0.05
    if oracle.out_hs is not None:
        np.testing.assert_allclose(model.syn1, oracle.out_hs, atol=1e-5)
        assert np.abs(oracle.out_hs).max() > 0.05
