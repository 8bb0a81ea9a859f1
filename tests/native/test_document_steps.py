"""Whole blocks of training of documents, and inference, every instruction set, against the float64 oracle."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from reference.documents_oracle import DocumentModel, infer, train_documents
from reference.harness import SIZES, alias_table, document_run, random_rows
from reference.oracle import huffman_paths

from fastemb import _native

ISAS = [name for name, _, supported in _native.kernels() if supported]
WORDS, ALPHA = 12, 0.05
TOLERANCE = 1e-5  # of a learned value near one: many updates, each rounded to float32 (6e-8)
TARGETS = {"ns": (True, False), "hs": (False, True), "hs and ns": (True, True)}
KINDS: dict[str, dict[str, Any]] = {
    "DBOW": {"sg": True},
    "DBOW, words beside": {"sg": True, "words_beside": True},
    "DBOW, negatives per pair": {"sg": True, "negatives_per_pair": True},
    "DM mean": {"sg": False},
    "DM mean, exact": {"sg": False, "cbow_exact": True},
    "DM mean, negatives per pair": {"sg": False, "negatives_per_pair": True},
    "DM sum": {"sg": False, "cbow_mean": False},
    "DM concatenation": {"sg": False, "side_tags": 2},
    "DM concatenation, negatives per pair": {"sg": False, "side_tags": 2, "negatives_per_pair": True},
}
# Documents: empty ones, of one word, with a word next to itself, short ones that share a block, and a long one.
DOCUMENTS: list[list[int]] = [
    [],
    [3],
    [0, 1],
    [],
    [2, 2, 2, 5],
    [7, 0, 4, 9, 6],
    [11],
    np.random.default_rng(0).integers(0, WORDS, 60).tolist(),
    [1, 10, 1, 8],
    [5, 6, 7],
]
# Tags: one, none, two, the same twice, one of several documents, and more than a block has inputs.
TAGS: list[list[int]] = [[1], [0], [2, 3], [], [4, 4], [], [0, 2], [5, 0], [*range(30)], [6]]
LONE_TAGS: list[list[int]] = [[1], [0], [3], [], [4], [], [3], [5], [8], [7]]
ROWS = 30


def fresh(targets: str, size: int, documents: int = ROWS, **settings: Any) -> DocumentModel:
    """Random matrices and skewed tables, the same ones every time."""
    rng = np.random.default_rng(size)
    ns, hs = TARGETS[targets]
    counts = [int(1000 / (rank + 1)) for rank in range(WORDS)]
    model = DocumentModel(random_rows(rng, WORDS, size), tags=random_rows(rng, documents, size), window=3)
    model.null_word = WORDS - 1
    for name, value in settings.items():
        assert hasattr(model, name)
        setattr(model, name, value)
    inputs = model.side_tags + 2 * model.window if model.side_tags else 1
    if ns:
        model.out_ns, model.negative = random_rows(rng, WORDS, size * inputs), settings.get("negative", 5)
        model.noise = alias_table(np.array(counts) ** 0.75).tolist()
    else:
        model.negative = 0
    if hs:
        model.out_hs, model.paths = random_rows(rng, WORDS - 1, size * inputs), huffman_paths(counts)
    return model


def matrices(run: Any, model: DocumentModel) -> list[tuple[Any, Any]]:
    return [(run.inputs, model.inputs), (run.tags, model.tags), (run.out_ns, model.out_ns), (run.out_hs, model.out_hs)]


def check(run: Any, model: DocumentModel, tolerance: float = TOLERANCE) -> None:
    """All matrices agree."""
    for found, wanted in matrices(run, model):
        assert (found is None) == (wanted is None)
        if found is not None:
            size = wanted.shape[1]
            np.testing.assert_allclose(found[:, :size], wanted, rtol=0, atol=tolerance)
            assert not found[:, size:].any()


@pytest.mark.slow
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", range(8))
def test_blocks_of_documents_equal_the_oracle(isa: str, targets: str, kind: str, case: int) -> None:
    turn = case + 8 * list(KINDS).index(kind)
    tags, kinds = TAGS, KINDS[kind]
    if case % 4 > 1:
        tags, kinds = LONE_TAGS, {**kinds, "side_tags": min(kinds.get("side_tags", 0), 1)}
    shrink, thinned, scaled = (bool(case >> bit & 1) for bit in range(3))
    rng = np.random.default_rng(turn)
    model = fresh(
        targets,
        SIZES[turn % len(SIZES)],
        shrink_windows=shrink,
        window=[3, 1, 5][turn % 3],
        negative=[5, 1, 9][turn // 3 % 3],
        seed=turn,
        thinned_paths=thinned and targets == "hs and ns",
        **kinds,
    )
    if thinned:
        model.keep = [2**32 - 1 if word % 3 else 2**31 for word in range(WORDS)]
    if scaled:
        model.in_scale = rng.choice([0.0, 0.5, 1.0], WORDS).tolist()
        model.tag_scale = rng.choice([0.0, 0.5, 1.0], ROWS).tolist()
    run = document_run(isa, model, DOCUMENTS, tags)
    before = copy.deepcopy(model)
    for epoch, (begin, end) in enumerate([(0, run.tokens), (4, 40), (0, run.tokens)]):
        words, kept, pairs, loss = run.train(epoch, ALPHA, begin, end)
        expected = train_documents(model, DOCUMENTS, tags, epoch, ALPHA, begin, end)
        assert (words, kept, pairs) == (end - begin, expected.kept, expected.pairs)
        np.testing.assert_allclose(loss, expected.loss, rtol=1e-5)
    check(run, model)
    assert np.abs(model.tags - before.tags).max() > 0.01
    assert (model.inputs != before.inputs).any() == (kind == "DBOW, words beside" or not model.sg)


@pytest.mark.parametrize("kind", ["DBOW", "DM mean"])
@pytest.mark.parametrize("words", [3, WORDS])
@pytest.mark.parametrize("sizes", [(50, 1, 40, 60, 55, 30, 0, 45), (50, 1, 200, 30, 0, 45)])
def test_parts_of_the_tokens_in_different_documents(kind: str, words: int, sizes: tuple[int, ...]) -> None:
    """Blocks have four documents as a rule, whose words are often the same; with three words they always are. A long
    document is in two parts."""
    rng = np.random.default_rng(words)
    documents = [rng.integers(0, words, size).tolist() for size in sizes]
    tags = [[number] for number in range(len(documents))]
    model = fresh("ns", 20, **KINDS[kind])
    model.keep = [2**32 - 1 if word % 3 else 2**31 for word in range(WORDS)]
    run = document_run("base", model, documents, tags)
    for epoch in range(3):
        *done, loss = run.train(epoch, ALPHA)
        expected = train_documents(model, documents, tags, epoch, ALPHA)
        assert done == [run.tokens, expected.kept, expected.pairs]
        np.testing.assert_allclose(loss, expected.loss, rtol=1e-5)
    check(run, model)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("negative", [1, 2, 5, 6, 7, 8])
@pytest.mark.parametrize("kind", ["DBOW", "DM mean", "DM concatenation"])
def test_rows_learn_the_same_whether_the_loss_is_asked_for(isa: str, negative: int, kind: str) -> None:
    """Documents share blocks, also with themselves, whose negatives are more and weigh less."""
    settings = {**KINDS[kind], "side_tags": 1 if "concatenation" in kind else 0, "negative": negative}
    documents = [words for words in DOCUMENTS if words]
    tags = [[number] for number in range(len(documents))]
    model = fresh("ns", 20, **settings)
    asked, quiet = (document_run(isa, model, documents, tags, want_loss=want) for want in (True, False))
    for epoch in range(3):
        *done, loss = asked.train(epoch, ALPHA)
        assert quiet.train(epoch, ALPHA) == (*done, 0.0)
        assert loss > 0
        train_documents(model, documents, tags, epoch, ALPHA)
    assert quiet.bits() == asked.bits()
    assert quiet.tags.tobytes() == asked.tags.tobytes()
    check(quiet, model)


@pytest.mark.parametrize("alpha", [0.3, 0.02])
@pytest.mark.parametrize("kind", ["DBOW", "DM mean"])
def test_high_rates_make_smaller_blocks_of_tags(kind: str, alpha: float) -> None:
    model = fresh("ns", 16, **KINDS[kind])
    run = document_run("base", model, DOCUMENTS, TAGS)
    run.train(0, alpha)
    train_documents(model, DOCUMENTS, TAGS, 0, alpha)
    check(run, model)


@pytest.mark.parametrize("kind", ["DBOW", "DM mean"])
def test_each_block_of_a_long_document_draws_its_own_negatives(kind: str) -> None:
    """A pool of 1,024 would come round here. A row changes thousands of times, each rounded."""
    document = np.random.default_rng(1).integers(0, WORDS, 400).tolist()
    model = fresh("ns", 7, negative=64, **KINDS[kind])
    run = document_run("base", model, [document], [[0]])
    run.train(0, 0.001)
    train_documents(model, [document], [[0]], 0, 0.001)
    check(run, model, 10 * TOLERANCE)


@pytest.mark.parametrize("words", [WORDS, WORDS // 4])
@pytest.mark.parametrize("kind", ["DBOW", "DM mean", "DM concatenation"])
def test_a_block_of_documents_that_takes_long_is_broken_off(kind: str, words: int) -> None:
    """As many words of each part, a document here, were trained, or one more; and the counts are of these.

    Documents have all words in common, or none.
    """
    settings = {**KINDS[kind], "side_tags": 1 if "concatenation" in kind else 0}
    rng = np.random.default_rng(1)
    documents = [(words * number % WORDS + rng.integers(0, words, 1500)).tolist() for number in range(4)]
    tags = [[number] for number in range(4)]
    model = fresh("ns", 1200 if "concatenation" in kind else 3600, 4, negative=16, window=5, **settings)
    stopped = document_run("base", model, documents, tags)
    stopped.trainer.stop()
    done, kept, pairs, loss = stopped.train(2, 0.0001)
    assert 0 < done < stopped.tokens
    assert kept == done
    if kind != "DBOW":  # windows reach further
        return
    passed = [done // 4 + (number < done % 4) for number in range(4)]
    model.event_keep = [(2**32 - 1) * (place < passed[number]) for number in range(4) for place in range(1500)]
    prefix = document_run("base", model, documents, tags)
    assert prefix.train(2, 0.0001) == (stopped.tokens, kept, pairs, loss)
    assert prefix.bits() == stopped.bits()
    assert prefix.tags.tobytes() == stopped.tags.tobytes()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("kind", KINDS)
def test_inference_equals_the_oracle_and_changes_rows_of_documents_alone(isa: str, targets: str, kind: str) -> None:
    settings = {**KINDS[kind], "words_beside": False, "tags_only": True}
    tags = [[2 * number, 2 * number + 1] for number in range(len(DOCUMENTS))]
    model = fresh(targets, 20, shrink_windows=True, **settings)
    model.keep = [2**32 - 1 if word % 3 else 2**31 for word in range(WORDS)]
    run, before = document_run(isa, model, DOCUMENTS, tags), copy.deepcopy(model)
    alphas = [0.05, 0.03, 0.01]
    run.trainer.infer(run.view, 0, 6, np.array(alphas, np.float32), run.workspace)
    run.trainer.infer(run.view, 6, len(DOCUMENTS), np.array(alphas, np.float32), run.workspace)
    infer(model, DOCUMENTS, tags, alphas)
    check(run, model)
    for found, start in ((run.inputs, before.inputs), (run.out_ns, before.out_ns), (run.out_hs, before.out_hs)):
        assert found is None or (found[:, : start.shape[1]] == start.astype(np.float32)).all()
    assert np.abs(model.tags - before.tags).max() > 0.01
