"""Whole models of documents, trained and asked as people do it, against the float64 oracle."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from reference.documents_oracle import DocumentModel, infer, train_documents
from reference.harness import alias_table, together
from reference.inference_oracle import infer_texts
from reference.oracle import huffman_paths, keep_thresholds
from reference.planted import topic_sentences

from fastemb import Doc2Vec, TaggedDocument
from fastemb.config import isa
from fastemb.train.inference import InferenceTables

pytestmark = [
    pytest.mark.filterwarnings("ignore:2 of 41 documents do not have 2 tags each"),  # and are passed over
    pytest.mark.filterwarnings("ignore:2 of 41 rows are of whole numbers that no document has"),
]

TARGETS: dict[str, dict[str, Any]] = {"ns": {}, "hs": {"hs": 1, "negative": 0}, "ns and hs": {"hs": 1, "negative": 3}}
KINDS: dict[str, dict[str, Any]] = {
    "DBOW": {"dm": 0},
    "DBOW, words beside": {"dm": 0, "dbow_words": 1},
    "DBOW, negatives per pair": {"dm": 0, "negatives_per_pair": True},
    "DM mean": {"dm": 1},
    "DM mean, exact": {"dm": 1, "cbow_exact": True},
    "DM sum": {"dm": 1, "dm_mean": 0},
    "DM concatenation": {"dm": 1, "dm_concat": 1, "dm_tag_count": 2, "window": 2},
}
PAIRS = [pair for pair in itertools.product(KINDS, TARGETS) if pair != ("DBOW, negatives per pair", "hs")]
SEED, SIZE, EPOCHS, START, END = 7, 10, 2, 0.05, 0.01
BLOCK = 256  # tokens that share a learning rate in a corpus this small


def documents() -> list[TaggedDocument]:
    """Some 700 words; most documents have two tags, one of a few that many have; some have none, one many."""
    words = topic_sentences(40, 9)
    words[3], words[20] = [], ["t0w0"]
    rng = np.random.default_rng(1)
    words.insert(25, [f"t1w{word}" for word in np.minimum(rng.geometric(0.35, 350), 8) - 1])
    tags: list[list[Any]] = [[number, f"part {number % 3}"] for number in range(len(words))]
    tags[5], tags[6], tags[7] = [], [f"many {number}" for number in range(30)], [7, 7]
    return [TaggedDocument(*both) for both in zip(words, tags, strict=True)]


def built(kind: str, targets: str) -> Doc2Vec:
    settings = {"vector_size": SIZE, "seed": SEED, "sample": 0.05, "min_count": 1, "epochs": EPOCHS, "workers": 1}
    model = Doc2Vec(alpha=START, min_alpha=END, **settings | TARGETS[targets] | KINDS[kind])
    model.build_vocab(documents())
    return model


def oracle_of(model: Doc2Vec) -> DocumentModel:
    """The oracle's model in the state that ``model`` is in."""
    counts = np.array([model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key])
    made = DocumentModel(
        model.wv.vectors.astype(np.float64),
        tags=model.dv.vectors.astype(np.float64),
        keep=keep_thresholds(counts, model.sample).tolist(),
        window=model.window,
        sg=model.dbow,
        negatives_per_pair=bool(model.negatives_per_pair),
        cbow_mean=bool(model.dm_mean),
        cbow_exact=bool(model.cbow_exact),
        words_beside=bool(model.dbow_words),
        seed=SEED,
        together=together(isa()),
    )
    if model.dm_concat:
        made.side_tags, made.null_word = model.dm_tag_count, model.wv.key_to_index["\0"]
    if model.negative:
        made.out_ns, made.negative = model.syn1neg.astype(np.float64), model.negative
        made.noise = alias_table(counts**0.75).tolist()
    if model.hs:
        made.out_hs, made.paths = model.syn1.astype(np.float64), huffman_paths(counts.tolist())
    return made


def rows(model: Doc2Vec) -> tuple[list[list[int]], list[list[int]]]:
    """Words and tags of the documents, as rows."""
    words, tags = model.wv.key_to_index, model.dv.key_to_index
    given = documents()
    return [[words[word] for word in each.words] for each in given], [
        [tags[tag] for tag in each.tags] for each in given
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "targets"), PAIRS)
def test_two_epochs_of_documents_equal_the_oracle(kind: str, targets: str) -> None:
    model = built(kind, targets)
    oracle = oracle_of(model)
    kept, passed = model.train(documents(), compute_loss=True)
    words, tags = rows(model)
    total = sum(map(len, words))
    expected_kept, loss = 0, 0.0
    for epoch in range(EPOCHS):
        for begin in range(0, total, BLOCK):
            alpha = START - (START - END) * (epoch * total + begin) / (EPOCHS * total)
            done = train_documents(oracle, words, tags, epoch, alpha, begin, min(begin + BLOCK, total))
            expected_kept += done.kept
            loss += done.loss
    assert (kept, passed) == (expected_kept, EPOCHS * total)
    assert model.get_latest_training_loss() == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(model.wv.vectors, oracle.inputs, atol=1e-5)
    np.testing.assert_allclose(model.dv.vectors, oracle.tags, atol=1e-5)
    for name, wanted in (("syn1neg", oracle.out_ns), ("syn1", oracle.out_hs)):
        if wanted is not None:
            np.testing.assert_allclose(getattr(model, name), wanted, atol=1e-5)
            assert np.abs(wanted).max() > 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "targets"), PAIRS)
def test_inferred_vectors_equal_the_oracle(kind: str, targets: str) -> None:
    """Negatives come from a pool of words, which stand in the order of the pool."""
    model = built(kind, targets)
    model.train(documents())
    oracle, asked = oracle_of(model), [each for each in rows(model)[0] if each]
    counts = np.array([model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key])
    tables = InferenceTables.of(counts, model._settings()) if model.negative else None
    if tables is not None:
        assert tables.noise is not None
        others = [word for word in range(len(counts)) if word not in tables.pool]
        order = np.array([*tables.pool.tolist(), *others])
        new = np.argsort(order)
        asked = [new[each].tolist() for each in asked]
        assert oracle.out_ns is not None
        assert oracle.keep is not None
        oracle.inputs, oracle.out_ns, oracle.noise = oracle.inputs[order], oracle.out_ns[order], tables.noise.tolist()
        oracle.keep, oracle.null_word = [oracle.keep[word] for word in order], int(new[oracle.null_word])
        if oracle.paths is not None:
            oracle.paths = [oracle.paths[word] for word in order]
    first = (2.0 * np.random.default_rng([SEED, 1]).random(SIZE, dtype=np.float32) - 1.0) / np.float32(SIZE)
    oracle.tags = np.tile(first.astype(np.float64), (len(asked), 1))
    rates = [START - (START - END) * epoch / 4 for epoch in range(5)]
    if tables is None or targets != "ns" or oracle.negatives_per_pair or oracle.side_tags:
        infer(oracle, asked, [[row] * max(oracle.side_tags, 1) for row in range(len(asked))], rates)
    else:
        infer_texts(oracle, asked, rates, np.arange(len(tables.pool)).repeat(tables.often).tolist())
    texts = [each.words for each in documents() if each.words]
    found = model.infer_vectors(texts, epochs=5)
    np.testing.assert_allclose(found, oracle.tags, rtol=1e-5, atol=1e-5)
    assert np.abs(oracle.tags - first).max() > 0.05
