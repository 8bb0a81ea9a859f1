"""Bad arguments to the binding are exceptions before the C core sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reference.harness import alias_table, aligned
from reference.oracle import huffman_paths

from fastemb import _native as typed_native

_native: Any = typed_native  # the arguments here are wrong on purpose

# Past the range of the C integer: Cython raises OverflowError.
BAD = (TypeError, ValueError, OverflowError)


def ints(*values: int) -> Any:
    return np.array(values, np.int32)


def longs(*values: int) -> Any:
    return np.array(values, np.int64)


def raw(*values: int) -> Any:
    return np.array(values, np.uint8)


def read_only(array: Any) -> Any:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


# ---- kernels ----


def test_the_plainest_kernel_is_always_supported() -> None:
    kernels = _native.kernels()
    assert kernels[0][0] == "base"
    assert kernels[0][2]
    assert len({name for name, _, _ in kernels}) == len(kernels)
    assert all(lanes in (1, 4, 8, 16) for _, lanes, _ in kernels)


# ---- step ----

STEP: dict[str, Any] = {
    "isa": "base",
    "h": aligned(3, 16),
    "h_rows": ints(0, 1),
    "o": aligned(4, 16),
    "o_rows": ints(0, 1, 3),
    "labels": raw(1, 0, 0),
    "vector_size": 5,
    "alpha": 0.1,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("isa", "sse9"),
        ("isa", ""),
        ("isa", None),
        ("isa", b"base"),
        ("h", None),
        ("h", aligned(3, 32)),
        ("h", np.zeros((3, 16))),
        ("h", np.zeros(16, np.float32)),
        ("h", np.zeros((3, 32), np.float32)[:, ::2]),
        ("h", np.zeros((3, 15), np.float32)),
        ("h", aligned(1, 16)),
        ("h", np.zeros((0, 16), np.float32)),
        ("h", read_only(aligned(3, 16))),
        ("h", [[0.0] * 16] * 3),
        ("h_rows", None),
        ("h_rows", ints()),
        ("h_rows", ints(*[0] * 25)),
        ("h_rows", ints(3)),
        ("h_rows", ints(-1)),
        ("h_rows", longs(0, 1)),
        ("h_rows", [0, 1]),
        ("h_rows", ints(2**31 - 1)),
        ("o", None),
        ("o", aligned(4, 32)),
        ("o", np.zeros((4, 16))),
        ("o", read_only(aligned(4, 16))),
        ("o", aligned(3, 16)),
        ("o_rows", None),
        ("o_rows", ints()),
        ("o_rows", ints(0, 1, 4)),
        ("o_rows", ints(0, -1, 2)),
        ("o_rows", ints(0, 1)),
        ("labels", None),
        ("labels", raw(1, 0)),
        ("labels", raw(1, 0, 0, 0)),
        ("labels", ints(1, 0, 0)),
        ("vector_size", 0),
        ("vector_size", -1),
        ("vector_size", 17),
        ("vector_size", None),
        ("vector_size", 2**70),
        ("alpha", None),
        ("alpha", "x"),
    ],
)
def test_step_refuses(name: str, value: Any) -> None:
    with pytest.raises(BAD):
        _native.step(*(STEP | {name: value}).values())


def test_step_accepts_what_the_refusals_start_from() -> None:
    assert _native.step(*STEP.values()) > 0


# ---- trainer ----

PATH_LENGTHS = [len(path) for path in huffman_paths([4, 2, 1])]


def trainer_arguments() -> dict[str, Any]:
    """A small run with everything in it: 3 words, 4 tokens, 2 sentences."""
    total = sum(PATH_LENGTHS)
    return {
        "isa": "base",
        "ids": ints(0, 1, 2, 0),
        "offsets": longs(0, 3, 4),
        "words": 3,
        "first_position": 0,
        "event_keep": None,
        "checked": None,
        "in_": aligned(3, 16),
        "out_ns": aligned(3, 16),
        "out_hs": aligned(2, 16),
        "vector_size": 4,
        "in_scale": np.ones(3, np.float32),
        "window": 2,
        "shrink": True,
        "longest_sentence": 3,
        "basket": 0,
        "sg": True,
        "noise": alias_table([4, 2, 1]),
        "negative": 2,
        "path_offsets": longs(0, *np.cumsum(PATH_LENGTHS)),
        "path_nodes": np.zeros(total + 1, np.int32),
        "path_codes": np.zeros(total + 1, np.uint8),
        "keep": np.full(3, 2**32 - 1, np.uint32),
        "seed": 1,
        "want_loss": True,
    }


VIEW = ("ids", "offsets", "words", "first_position", "event_keep", "checked")
GROUPS = {
    "Matrices": ("in_", "out_ns", "out_hs", "vector_size", "in_scale"),
    "Contexts": ("window", "shrink", "longest_sentence", "basket"),
    "Inputs": ("sg",),
    "Negatives": ("noise", "negative"),
    "Paths": ("path_offsets", "path_nodes", "path_codes"),
}


def view_of(**changes: Any) -> Any:
    arguments = trainer_arguments() | changes
    return _native.TokenView(*(arguments[name] for name in VIEW))


def trainer_of(**changes: Any) -> Any:
    arguments = trainer_arguments() | changes
    groups = (getattr(_native, name)(*(arguments[part] for part in parts)) for name, parts in GROUPS.items())
    return _native.Trainer(arguments["isa"], *groups, arguments["keep"], arguments["seed"], arguments["want_loss"])


def unaligned(rows: int, stride: int) -> Any:
    return aligned(rows + 1, stride).ravel()[1 : 1 + rows * stride].reshape(rows, stride)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("isa", "sse9"),
        ("isa", None),
        ("ids", None),
        ("ids", longs(0, 1, 2, 0)),
        ("ids", ints(0, 1, 2)),
        ("ids", ints(0, 1, 2, 0, 1)),
        ("ids", [0, 1, 2, 0]),
        ("offsets", None),
        ("offsets", longs()),
        ("offsets", ints(0, 3, 4)),
        ("offsets", longs(1, 3, 4)),
        ("offsets", longs(0, 3)),
        ("offsets", longs(0, 3, 5)),
        ("in_", None),
        ("in_", np.zeros((3, 16))),
        ("in_", aligned(3, 32)),
        ("in_", aligned(2, 16)),
        ("in_", unaligned(3, 16)),
        ("in_", np.zeros((3, 8), np.float32)),
        ("in_", np.zeros((0, 16), np.float32)),
        ("in_", read_only(aligned(3, 16))),
        ("out_ns", None),
        ("out_ns", np.zeros((3, 16))),
        ("out_ns", aligned(2, 16)),
        ("out_ns", aligned(4, 16)),
        ("out_ns", aligned(3, 32)),
        ("out_ns", read_only(aligned(3, 16))),
        ("out_hs", np.zeros((2, 16))),
        ("out_hs", aligned(1, 16)),
        ("out_hs", aligned(2, 32)),
        ("in_scale", np.ones(2, np.float32)),
        ("in_scale", np.ones(3)),
        ("in_scale", np.ones(4, np.float32)),
        ("vector_size", 0),
        ("vector_size", -1),
        ("vector_size", 17),
        ("vector_size", None),
        ("keep", np.zeros(2, np.uint32)),
        ("keep", np.zeros(4, np.uint32)),
        ("keep", np.zeros(3, np.int64)),
        ("noise", None),
        ("noise", np.zeros((2, 2), np.uint32)),
        ("noise", np.zeros((3, 3), np.uint32)),
        ("noise", np.zeros((3, 2))),
        ("noise", np.zeros(6, np.uint32)),
        ("path_offsets", None),
        ("path_offsets", longs(0, 1, 5)),
        ("path_offsets", ints(0, 1, 3, 5)),
        ("path_offsets", longs(0, 1, 3, 6)),
        ("path_nodes", None),
        ("path_nodes", np.zeros(5, np.int32)),
        ("path_nodes", np.zeros(6, np.int64)),
        ("path_codes", None),
        ("path_codes", np.zeros(5, np.uint8)),
        ("path_codes", np.zeros(6, np.int32)),
        ("window", 0),
        ("window", -3),
        ("window", None),
        ("window", 2**31),
        ("negative", -1),
        ("negative", 0),
        ("negative", None),
        ("negative", 2**31),
        ("longest_sentence", None),
        ("longest_sentence", -1),
        ("words", 2),
        ("words", None),
        ("first_position", -1),
        ("first_position", 2**63),
        ("seed", -1),
        ("seed", 2**64),
        ("seed", None),
        ("basket", -1),
        ("basket", None),
        ("basket", 2**31),
        ("event_keep", np.zeros(3, np.uint32)),
        ("event_keep", np.zeros(4, np.int64)),
        ("event_keep", np.zeros(4)),
    ],
)
def test_trainer_refuses(name: str, value: Any) -> None:
    with pytest.raises(BAD):
        (view_of if name in VIEW else trainer_of)(**{name: value})


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 5])
def test_trainer_refuses_a_group_that_is_missing(missing: int) -> None:
    arguments = trainer_arguments()
    groups = [getattr(_native, name)(*(arguments[part] for part in parts)) for name, parts in GROUPS.items()]
    groups[missing - 1] = None
    with pytest.raises(BAD):
        _native.Trainer("base", *groups, arguments["keep"], 1, True)


def test_trainer_refuses_groups_of_different_vocabularies() -> None:
    paths = {"path_offsets": longs(0, 1, 2), "path_nodes": ints(0, 0, 0), "path_codes": raw(0, 1, 0)}
    with pytest.raises(ValueError, match="different vocabularies"):
        trainer_of(**paths)


def test_trainer_refuses_to_have_nothing_to_train() -> None:
    with pytest.raises(ValueError, match="no output matrix"):
        trainer_of(out_ns=None, out_hs=None)


def test_trainer_refuses_missing_arguments() -> None:
    with pytest.raises(TypeError):
        _native.Trainer()


def test_input_rows_may_outnumber_words() -> None:
    trainer, view = trainer_of(in_=aligned(5, 16), in_scale=np.ones(5, np.float32)), view_of()
    assert trainer.train_block(view, 0, 0, 4, 0.1, trainer.workspace())[0] == 4


@pytest.mark.parametrize(
    ("begin", "end", "epoch", "alpha", "workspace"),
    [
        (-1, 4, 0, 0.1, None),
        (0, 5, 0, 0.1, None),
        (3, 2, 0, 0.1, None),
        (None, 4, 0, 0.1, None),
        (0, 4, None, 0.1, None),
        (0, 4, 0, None, None),
        (0, 4, 0, 0.1, bytearray(10)),
        (0, 4, 0, 0.1, bytearray()),
        (0, 4, 0, 0.1, read_only(np.zeros(10**6, np.uint8))),
        (0, 4, 0, 0.1, np.zeros(10**6, np.float32)),
        (2**70, 2**71, 0, 0.1, None),
    ],
)
def test_train_block_refuses(begin: Any, end: Any, epoch: Any, alpha: Any, workspace: Any) -> None:
    trainer = trainer_of()
    with pytest.raises(BAD):
        trainer.train_block(
            view_of(), epoch, begin, end, alpha, trainer.workspace() if workspace is None else workspace
        )


def test_train_block_refuses_views_that_do_not_fit() -> None:
    trainer = trainer_of()
    with pytest.raises(TypeError):
        trainer.train_block(None, 0, 0, 4, 0.1, trainer.workspace())
    with pytest.raises(ValueError, match="larger vocabulary"):
        trainer.train_block(view_of(words=4), 0, 0, 4, 0.1, trainer.workspace())
    with pytest.raises(ValueError, match="sentence of the view is too long"):
        trainer.train_block(view_of(offsets=longs(0, 4)), 0, 0, 4, 0.1, trainer.workspace())


def test_train_block_refuses_no_workspace() -> None:
    with pytest.raises(BAD):
        trainer_of().train_block(view_of(), 0, 0, 4, 0.1, None)


def test_trainer_accepts_what_the_refusals_start_from() -> None:
    trainer = trainer_of()
    words, kept, pairs, loss = trainer.train_block(view_of(), 0, 0, 4, 0.1, trainer.workspace())
    assert (words, kept) == (4, 4)
    assert pairs > 0
    assert loss > 0


def test_a_view_trusts_what_was_checked_and_nothing_else() -> None:
    arguments = trainer_arguments()
    ids, offsets = read_only(arguments["ids"]), read_only(arguments["offsets"])
    words = arguments["words"]

    def checked(ids: Any, offsets: Any, bound: int) -> Any:
        return _native.CheckedSentences(ids, offsets, bound, lambda part: None)

    view = view_of(ids=ids, offsets=offsets, checked=checked(ids, offsets, words))
    assert view.longest_sentence == 3
    trainer = trainer_of()
    assert trainer.train_block(view, 0, 0, 4, 0.1, trainer.workspace())[0] == 4
    wrong = read_only(ids)
    wrong.flags.writeable = True
    wrong[0] = words
    for known in (checked(ids, offsets, words), checked(read_only(wrong), offsets, words + 1), None):
        with pytest.raises(ValueError, match="an id is out of range"):
            view_of(ids=wrong, offsets=offsets, checked=known)
    wrong.flags.writeable = False
    with pytest.raises(ValueError, match="an id is out of range"):
        view_of(ids=wrong, offsets=offsets, checked=checked(wrong, offsets, words + 1))
    with pytest.raises(ValueError, match="offsets must rise"):
        view_of(ids=ids, offsets=longs(0, 9), checked=checked(ids, offsets, words))
    with pytest.raises(TypeError):
        view_of(checked=True)


def test_a_trainer_keeps_its_arrays_alive() -> None:
    trainer, view = trainer_of(), view_of()
    junk = [np.full(64, 255, np.uint8) for _ in range(1000)]
    assert trainer.train_block(view, 0, 0, 4, 0.1, trainer.workspace())[1] == 4
    assert len(junk) == 1000


# ---- tables and text ----

Call = Callable[[], object]


def tree(*counts: int) -> Any:
    return _native.HuffmanTree(longs(*counts))


def table(data: bytes = b"a b a") -> Any:
    tokens = _native.TokenTable()
    tokens.read(data, 0, True, np.empty(len(data), np.int32), np.empty(9, np.int64))
    return tokens


REFUSED: dict[str, Call] = {
    "alias_table: no weights": lambda: _native.alias_table(np.empty(0), np.empty((0, 2), np.uint32)),
    "alias_table: None": lambda: _native.alias_table(None, np.empty((1, 2), np.uint32)),
    "alias_table: no table": lambda: _native.alias_table(np.ones(1), None),
    "alias_table: small table": lambda: _native.alias_table(np.ones(2), np.empty((1, 2), np.uint32)),
    "alias_table: large table": lambda: _native.alias_table(np.ones(2), np.empty((3, 2), np.uint32)),
    "alias_table: one column": lambda: _native.alias_table(np.ones(2), np.empty((2, 1), np.uint32)),
    "alias_table: three columns": lambda: _native.alias_table(np.ones(2), np.empty((2, 3), np.uint32)),
    "alias_table: float32": lambda: _native.alias_table(np.ones(2, np.float32), np.empty((2, 2), np.uint32)),
    "alias_table: int32": lambda: _native.alias_table(np.ones(2), np.empty((2, 2), np.int32)),
    "alias_table: list": lambda: _native.alias_table([1.0], np.empty((1, 2), np.uint32)),
    "alias_table: read only": lambda: _native.alias_table(read_only(np.ones(1)), np.empty((1, 2), np.uint32)),
    "draw_negatives: None": lambda: _native.draw_negatives(None, 1, 0, 0, ints(0)),
    "draw_negatives: no rows": lambda: _native.draw_negatives(alias_table([1]), 1, 0, 0, None),
    "draw_negatives: empty table": lambda: _native.draw_negatives(np.empty((0, 2), np.uint32), 1, 0, 0, ints(0)),
    "draw_negatives: three columns": lambda: _native.draw_negatives(np.zeros((2, 3), np.uint32), 1, 0, 0, ints(0)),
    "draw_negatives: int64": lambda: _native.draw_negatives(alias_table([1]), 1, 0, 0, longs(0)),
    "draw_negatives: negative seed": lambda: _native.draw_negatives(alias_table([1]), -1, 0, 0, ints(0)),
    "HuffmanTree: None": lambda: _native.HuffmanTree(None),
    "HuffmanTree: no counts": lambda: tree(),
    "HuffmanTree: int32": lambda: _native.HuffmanTree(ints(2, 1)),
    "HuffmanTree: missing": lambda: _native.HuffmanTree(),
    "paths: None": lambda: tree(2, 1).paths(None, ints(0, 0, 0), raw(0, 0, 0)),
    "paths: short offsets": lambda: tree(2, 1).paths(longs(0, 0), ints(0, 0, 0), raw(0, 0, 0)),
    "paths: long offsets": lambda: tree(2, 1).paths(longs(0, 0, 0, 0), ints(0, 0, 0), raw(0, 0, 0)),
    "paths: short nodes": lambda: tree(2, 1).paths(longs(0, 0, 0), ints(0, 0), raw(0, 0, 0)),
    "paths: short codes": lambda: tree(2, 1).paths(longs(0, 0, 0), ints(0, 0, 0), raw(0, 0)),
    "paths: wrong dtype": lambda: tree(2, 1).paths(longs(0, 0, 0), longs(0, 0, 0), raw(0, 0, 0)),
    "count_words: None": lambda: _native.count_words(None),
    "count_words: str": lambda: _native.count_words("text"),
    "count_lines: None": lambda: _native.count_lines(None),
    "count_lines: str": lambda: _native.count_lines("text"),
    "count_lines: int32": lambda: _native.count_lines(ints(1)),
    "read: None": lambda: table().read(None, 0, True, ints(0), longs(0)),
    "read: str": lambda: table().read("a", 0, True, ints(0), longs(0)),
    "read: short ids": lambda: table().read(b"a b", 0, True, ints(0), longs(0)),
    "read: no ids": lambda: table().read(b"a", 0, True, None, longs(0)),
    "read: int64 ids": lambda: table().read(b"a", 0, True, longs(0), longs(0)),
    "read: short ends": lambda: table().read(b"a\nb\n", 0, True, ints(0, 0), longs(0, 0)),
    "read: no ends": lambda: table().read(b"a", 0, True, ints(0), None),
    "read: int32 ends": lambda: table().read(b"a", 0, True, ints(0), ints(0)),
    "read: no position": lambda: table().read(b"a", None, True, ints(0), longs(0)),
    "merge: None": lambda: table().merge(None, ints(0, 0, 0)),
    "merge: another type": lambda: table().merge({}, ints(0, 0, 0)),
    "merge: short remap": lambda: table().merge(table(), ints(0, 0)),
    "merge: no remap": lambda: table().merge(table(), None),
    "merge: int64": lambda: table().merge(table(), longs(0, 0, 0)),
    "counts: short": lambda: table().counts(longs(0, 0), longs(0, 0, 0)),
    "counts: short positions": lambda: table().counts(longs(0, 0, 0), longs(0, 0)),
    "counts: None": lambda: table().counts(None, longs(0, 0, 0)),
    "counts: int32": lambda: table().counts(ints(0, 0, 0), longs(0, 0, 0)),
    "list: past the end": lambda: table().list(ints(2)),
    "list: negative": lambda: table().list(ints(-1)),
    "list: None": lambda: table().list(None),
    "list: int64": lambda: table().list(longs(0)),
    "partition: no bits": lambda: table().partition(0, ints(0, 0, 0), longs(0)),
    "partition: many bits": lambda: table().partition(17, ints(0, 0, 0), np.zeros(1 << 17, np.int64)),
    "partition: short order": lambda: table().partition(1, ints(0, 0), longs(0, 0)),
    "partition: short ends": lambda: table().partition(1, ints(0, 0, 0), longs(0)),
    "partition: None": lambda: table().partition(1, None, longs(0, 0)),
    "add: without an end": lambda: table().add(b"a", None, None, 0, ints(0)),
    "add: short ids": lambda: table().add(b"a\0b\0", None, None, 0, ints(0)),
    "add: long ids": lambda: table().add(b"a\0b\0", None, None, 0, ints(0, 0, 0)),
    "add: short counts": lambda: table().add(b"a\0b\0", longs(1), None, 0, ints(0, 0)),
    "add: short firsts": lambda: table().add(b"a\0b\0", None, longs(1), 0, ints(0, 0)),
    "add: None": lambda: table().add(None, None, None, 0, ints()),
    "add: str": lambda: table().add("a\0", None, None, 0, ints(0)),
    "find: without an end": lambda: table().find(b"a", ints(0)),
    "find: short ids": lambda: table().find(b"a\0b\0", ints(0)),
    "find: None": lambda: table().find(None, ints()),
    "lower_ascii: None": lambda: _native.lower_ascii(None),
    "lower_ascii: str": lambda: _native.lower_ascii("A"),
    "remap_ids: None": lambda: _native.remap_ids(None, ints(0), longs()),
    "remap_ids: no remap": lambda: _native.remap_ids(ints(0), None, longs()),
    "remap_ids: no ends": lambda: _native.remap_ids(ints(0), ints(0), None),
    "remap_ids: int64 ids": lambda: _native.remap_ids(longs(0), ints(0), longs()),
    "remap_ids: int64 remap": lambda: _native.remap_ids(ints(0), longs(0), longs()),
    "remap_ids: int32 ends": lambda: _native.remap_ids(ints(0), ints(0), ints()),
    "remap_ids: read only": lambda: _native.remap_ids(read_only(ints(0)), ints(0), longs()),
    "find_binary: room for keys": lambda: _native.find_binary(b"a 1234", 1, 1, bytearray(5)),
    "find_binary: no dimensions": lambda: _native.find_binary(b"a 1234", 0, 1, bytearray(6)),
    "find_binary: too many dimensions": lambda: _native.find_binary(b"a 1234", 2**62, 1, bytearray(6)),
    "find_binary: negative room": lambda: _native.find_binary(b"a 1234", 1, -1, bytearray(6)),
    "find_binary: text": lambda: _native.find_binary("a 1234", 1, 1, bytearray(6)),
    "read_binary: no dimensions": lambda: _native.read_binary(b"a 1234", np.zeros((1, 0), np.float32)),
    "read_binary: doubles": lambda: _native.read_binary(b"a 1234", np.zeros((1, 1))),
    "read_binary: strided": lambda: _native.read_binary(b"a 1234", np.zeros((2, 2), np.float32)[:, :1]),
    "read_binary: read only": lambda: _native.read_binary(b"a 1234", read_only(np.zeros((1, 1), np.float32))),
}


# ---- rows of layers ----

TABLE = np.zeros((4, 3), np.float32)
GRADS = np.zeros((2, 3), np.float32)


def gradients(**other: Any) -> Any:
    given = {"count": 2, "rows": GRADS, "source": None, "factors": None, "winners": None, "by_frequency": False}
    return _native.RowGradients(*(given | other).values())


def optimizer(rule: str = "sgd", first: Any = None, second: Any = None, table: Any = TABLE, sizes: int = 6) -> Any:
    return _native.RowOptimizer("base", table, first, second, rule, [0.1] * sizes)


def groups(ids: Any = None, rows: int = 4, padding: int = -1, worker: int = 0, workers: int = 1) -> Any:
    return _native.RowGroups(longs(0, 3) if ids is None else ids, rows, padding, worker, workers)


def bags(ids: Any = None, offsets: Any = None, factors: Any = None, table: Any = TABLE) -> Any:
    ids, offsets = longs(0, 3, 1) if ids is None else ids, longs(0, 2, 3) if offsets is None else offsets
    return _native.RowBags("base", table, ids, offsets, factors, True)


REFUSED |= {
    "RowGradients: a row too few": lambda: gradients(count=3),
    "RowGradients: source out of range": lambda: gradients(source=longs(0, 2)),
    "RowGradients: source below 0": lambda: gradients(source=longs(0, -1)),
    "RowGradients: short source": lambda: gradients(source=longs(0)),
    "RowGradients: short factors": lambda: gradients(factors=np.ones(1, np.float32)),
    "RowGradients: double factors": lambda: gradients(factors=np.ones(2)),
    "RowGradients: winners of another shape": lambda: gradients(winners=np.zeros((2, 2), np.int64)),
    "RowGradients: doubles": lambda: gradients(rows=np.zeros((2, 3))),
    "RowGradients: None": lambda: gradients(rows=None),
    "RowOptimizer: no such rule": lambda: optimizer("momentum"),
    "RowOptimizer: no sizes": lambda: optimizer(sizes=2),
    "RowOptimizer: read only": lambda: optimizer(table=read_only(TABLE)),
    "RowOptimizer: double table": lambda: optimizer(table=np.zeros((4, 3))),
    "RowOptimizer: no rows": lambda: optimizer(table=TABLE[:0]),
    "RowOptimizer: sgd has no state": lambda: optimizer(second=TABLE),
    "RowOptimizer: adagrad without state": lambda: optimizer("adagrad"),
    "RowOptimizer: adagrad of fewer rows": lambda: optimizer("adagrad", second=TABLE[:3].copy()),
    "RowOptimizer: adagrad with rows of one value": lambda: optimizer("adagrad", second=TABLE[:, :1].copy()),
    "RowOptimizer: rowwise with whole rows": lambda: optimizer("rowwise_adagrad", second=TABLE.copy()),
    "RowOptimizer: adam without first": lambda: optimizer("adam", second=TABLE.copy()),
    "apply: index out of range": lambda: optimizer().apply(longs(0, 4), GRADS, 0, 2),
    "apply: index below 0": lambda: optimizer().apply(longs(-1, 0), GRADS, 0, 2),
    "apply: fewer values": lambda: optimizer().apply(longs(0, 1, 2), GRADS, 0, 3),
    "apply: not all rows": lambda: optimizer().apply(None, GRADS, 0, 2),
    "apply: past the end": lambda: optimizer().apply(longs(0, 1), GRADS, 0, 3),
    "apply: end before begin": lambda: optimizer().apply(longs(0, 1), GRADS, 2, 1),
    "apply: narrow values": lambda: optimizer().apply(longs(0, 1), GRADS[:, :2].copy(), 0, 2),
    "RowGroups: id out of range": lambda: groups(longs(0, 4)),
    "RowGroups: id below 0": lambda: groups(longs(0, -1)),
    "RowGroups: int32 ids": lambda: groups(ints(0, 1)),
    "RowGroups: no rows": lambda: groups(rows=0),
    "RowGroups: too many rows": lambda: groups(rows=2**32),
    "RowGroups: worker": lambda: groups(worker=1),
    "RowGroups: workers": lambda: groups(workers=0),
    "rows: short": lambda: groups().rows(longs(0)),
    "sum: other ids": lambda: groups(longs(0, 1, 2)).sum("base", gradients(), longs(0, 1, 2), np.zeros_like(TABLE)),
    "sum: short places": lambda: groups().sum("base", gradients(), longs(0), GRADS.copy()),
    "sum: place out of range": lambda: groups().sum("base", gradients(), longs(0, 2), GRADS.copy()),
    "sum: narrow values": lambda: groups().sum("base", gradients(), longs(0, 1), np.zeros((2, 2), np.float32)),
    "learn: other ids": lambda: groups(longs(0)).learn(optimizer(), gradients()),
    "learn: other table": lambda: groups(longs(0, 5), 6).learn(optimizer(), gradients()),
    "learn: narrow gradients": lambda: groups().learn(optimizer(), gradients(rows=GRADS[:, :2].copy())),
    "learn: None": lambda: groups().learn(None, gradients()),
    "shorten: other table": lambda: groups(rows=5).shorten("base", TABLE.copy(), 1.0, 2.0),
    "shorten: norm 0": lambda: groups().shorten("base", TABLE.copy(), 1.0, 0.0),
    "shorten: below 0": lambda: groups().shorten("base", TABLE.copy(), -1.0, 2.0),
    "shorten: read only": lambda: groups().shorten("base", read_only(TABLE), 1.0, 2.0),
    "rank_rows: short places": lambda: _native.rank_rows(longs(0, 1), longs(0), longs(0)),
    "all_finite: doubles": lambda: _native.all_finite("base", np.zeros(2)),
    "RowBags: id out of range": lambda: bags(longs(0, 4, 1)),
    "RowBags: id below 0": lambda: bags(longs(0, -1, 1)),
    "RowBags: offsets fall": lambda: bags(offsets=longs(0, 2, 1)),
    "RowBags: offsets end late": lambda: bags(offsets=longs(0, 2, 4)),
    "RowBags: offsets begin late": lambda: bags(offsets=longs(1, 2, 3)),
    "RowBags: no offsets": lambda: bags(offsets=longs()),
    "RowBags: short factors": lambda: bags(factors=np.ones(2, np.float32)),
    "pool: past the end": lambda: bags().pool(0, 3, GRADS.copy()),
    "pool: below 0": lambda: bags().pool(-1, 2, GRADS.copy()),
    "pool: short out": lambda: bags().pool(0, 2, GRADS[:1].copy()),
    "pool: read only": lambda: bags().pool(0, 2, read_only(GRADS)),
    "max: winners of another shape": lambda: bags().max(0, 2, GRADS.copy(), np.zeros((2, 2), np.int64)),
    "products: short out": lambda: bags().products(0, 2, GRADS, np.zeros(2, np.float32)),
    "products: narrow grads": lambda: bags().products(0, 2, GRADS[:, :2].copy(), np.zeros(3, np.float32)),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(call: Call) -> None:
    with pytest.raises(BAD):
        call()


def test_a_table_cannot_be_merged_into_itself() -> None:
    tokens = table()
    with pytest.raises(BAD):
        tokens.merge(tokens, ints(0, 0, 0))


def test_empty_arrays_are_no_error() -> None:
    _native.draw_negatives(alias_table([1]), 1, 0, 0, ints())
    assert _native.count_lines(b"") == 0
    assert _native.count_words(b"") == 0
    assert table().read(b"", 0, True, ints(), longs()) == 0
    assert table().list(ints()) == b""
    assert _native.lower_ascii(b"") == b""
    table().add(b"", None, None, 0, ints())
    table().find(b"", ints())
    assert _native.remap_ids(ints(), ints(), longs()) == 0
    assert _native.find_binary(b"", 1, 1, bytearray()) == (0, 0, 0)
    assert _native.find_binary(b"a 1234", 1, 0, bytearray(6)) == (0, 0, 0)
    assert _native.read_binary(b"", np.zeros((1, 1), np.float32)) == 0
    assert _native.read_binary(b"a 1234", np.zeros((0, 1), np.float32)) == 0
    empty = _native.TokenTable()
    assert len(empty) == 0
    empty.counts(longs(0), longs(0))
    empty.merge(_native.TokenTable(), ints(0))
