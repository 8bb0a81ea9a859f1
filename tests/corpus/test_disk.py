"""Encoded corpora on disk: save, open, save_to, cache."""

from __future__ import annotations

import copy
import errno
import os
import pickle
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.corpus_oracle import check, check_shape
from sized import Sized

from fastemb import CallbackAny2Vec, Corpus, KeyedVectors, Phrases, Vocabulary, Word2Vec
from fastemb.corpus import disk
from fastemb.corpus.blocks import EncodedBlock
from fastemb.corpus.mapped import RELEASE_WORDS, OnDisk
from fastemb.corpus.memory import MemoryStore, ShortStore
from fastemb.io.safetensors import read_tensors, write_tensors

SENTENCES = [["a", "b", "a"], [], ["c", "é", "日本"], ["b", "c", "a", "d"], []]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.corpus"


@pytest.mark.parametrize("straight", [False, True])
def test_str_and_int_in_one_corpus_are_saved(path: Path, straight: bool) -> None:
    sentences = [["a", 1, "1"], [2**63 - 1, "", 1], [-(2**63), "s1"]]
    made = Corpus.from_sentences(sentences, save_to=path if straight else None)
    if not straight:
        made.save(path)
    assert list(Corpus.open(path)) == sentences
    model = Word2Vec(Corpus.open(path), vector_size=4, min_count=1, sample=0)
    model.save(path.with_name("model"))
    model.wv.save(path.with_name("vectors"))
    assert Word2Vec.load(path.with_name("model")).wv.index_to_key == model.wv.index_to_key
    assert KeyedVectors.load(path.with_name("vectors")).index_to_key == model.wv.index_to_key


def same(one: Corpus, other: Corpus) -> None:
    assert np.array_equal(one.ids, other.ids)
    assert np.array_equal(one.offsets, other.offsets)
    assert one.vocabulary.keys == other.vocabulary.keys
    assert one.vocabulary.counts.tolist() == other.vocabulary.counts.tolist()
    assert one.vocabulary.least_count == other.vocabulary.least_count
    assert one.raw_words == other.raw_words


def random_corpus(words: int, sentences: int) -> Corpus:
    rng = np.random.default_rng(3)
    ids = np.minimum(rng.zipf(1.3, words), 2000)
    offsets = np.concatenate([[0], np.sort(rng.integers(0, len(ids), sentences - 1)), [len(ids)]])
    return Corpus.from_ids(ids, offsets, min_count=2)


def large() -> Corpus:
    return random_corpus(70_000, 40_000)


@pytest.fixture(scope="module")
def huge() -> Corpus:
    """Ids and offsets of more than 16 MiB each: several pieces that have a checksum, and that are written at once."""
    return random_corpus(4_500_000, 2_300_000)


# ---- save and open ----


@pytest.mark.parametrize("verify", [True, False])
def test_what_is_saved_is_opened(path: Path, verify: bool) -> None:
    corpus = Corpus.from_sentences(SENTENCES, min_count=2)
    corpus.save(path)
    opened = Corpus.open(path, verify=verify)
    same(opened, corpus)
    check(opened, SENTENCES, min_count=2)
    assert not opened.ids.flags.writeable
    assert not opened.offsets.flags.writeable


@pytest.mark.integration
@pytest.mark.parametrize("verify", [True, False])
def test_a_corpus_of_many_pieces(path: Path, huge: Corpus, verify: bool) -> None:
    huge.save(str(path))
    opened = Corpus.open(str(path), verify=verify)
    same(opened, huge)
    opened.save(path)  # over the file that it is mapped from
    same(opened, huge)
    same(Corpus.open(path), huge)


def test_any_safetensors_reader_reads_the_file(path: Path) -> None:
    corpus = Corpus.from_ids([[1, 2], [2, 2]])
    corpus.save(path)
    arrays, metadata = read_tensors(path)
    assert {name: array.tolist() for name, array in arrays.items() if name != "checksums"} == {
        "offsets": [0, 2, 4],
        "counts": [3, 1],
        "keys": [2, 1],
        "ids": [1, 0, 0, 0],
    }
    assert metadata["format"] == "fastemb.Corpus"


@pytest.mark.parametrize("keys", [[("a", 1)], [b"a"], ["a", 1, b"a"], [1.5]])
def test_keys_that_have_no_place_in_a_file_are_an_error(path: Path, keys: list[Any]) -> None:
    path.write_bytes(b"as it was")
    with pytest.raises(TypeError, match="keys must be str or int to be saved"):
        Corpus.from_sentences([keys]).save(path)
    with pytest.raises(TypeError, match="keys must be str or int to be saved"):
        Corpus.from_sentences([keys], save_to=path)
    assert path.read_bytes() == b"as it was"
    assert os.listdir(path.parent) == [path.name]


def test_an_opened_corpus_can_be_copied_and_sent_to_other_processes(path: Path) -> None:
    corpus = Corpus.from_sentences(SENTENCES)
    corpus.save(path)
    opened = Corpus.open(path)
    path.unlink()
    for twin in (pickle.loads(pickle.dumps(opened)), copy.deepcopy(opened), copy.copy(opened)):
        same(twin, corpus)


# ---- another vocabulary ----


@pytest.mark.parametrize("min_count", [2, 1000, 200_000])
def test_selecting_words_of_an_opened_corpus(path: Path, huge: Corpus, min_count: int) -> None:
    huge.save(path)
    selected = Corpus.open(path).select(min_count=min_count)
    same(selected, huge.select(min_count=min_count))
    check_shape(selected)
    assert os.listdir(path.parent) == [path.name]
    path.unlink()
    same(selected.select(max_final_vocab=3), huge.select(max_final_vocab=3))


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=9).filter(any),
    st.permutations("abcdefgh").map(lambda keys: keys[:3]),
    st.integers(1, 5),
)
def test_encoding_an_opened_corpus_with_another_vocabulary(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[str]], keys: list[str], part: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "encode_with.corpus"
    corpus, other = Corpus.from_sentences(sentences), Vocabulary(keys, [300, 200, 100])
    corpus.save(path)
    if not set(keys) & {word for sentence in sentences for word in sentence}:
        return
    opened = Corpus.open(path)
    same(opened.encode_with(other), corpus.encode_with(other))
    numbers = other.ids_of(corpus.vocabulary.keys)
    same(Corpus(*disk.renumber_on_disk(opened._parts(), numbers, other, part)), corpus.encode_with(other))


def test_a_folder_that_may_not_be_written_is_no_hindrance(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus.from_sentences(SENTENCES)
    corpus.save(path)
    monkeypatch.setattr(disk.os, "access", lambda *_: False)
    same(Corpus.open(path).select(min_count=2), corpus.select(min_count=2))


# ---- training ----


@pytest.mark.parametrize("options", [{}, {"sg": 1}, {"min_count": 30}])
def test_vectors_are_those_of_the_corpus_in_memory_bit_for_bit(path: Path, options: dict[str, Any]) -> None:
    corpus = large()
    corpus.save(path)
    settings: dict[str, Any] = {"vector_size": 12, "workers": 1, "epochs": 2, "min_count": 1} | options
    models = [Word2Vec(source, **settings) for source in (corpus, Corpus.open(path), Corpus.open(path, verify=False))]
    assert all((model.wv.vectors == models[0].wv.vectors).all() for model in models)


def test_pages_that_were_passed_are_given_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large().save(path)
    opened = Corpus.open(path)
    released: list[int] = []
    monkeypatch.setattr(OnDisk, "release", lambda self: released.append(1))
    for words, times in ((1000, 0), (RELEASE_WORDS, 1), (RELEASE_WORDS + 1000, 1), (2 * RELEASE_WORDS, 2), (0, 3)):
        opened.passed(words)
        assert len(released) == times


def test_training_says_what_it_has_passed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large().save(path)
    opened = Corpus.open(path)
    passed: list[int] = []
    monkeypatch.setattr(OnDisk, "passed", lambda self, words: passed.append(words))
    Word2Vec(opened, vector_size=4, workers=1, min_count=1, epochs=3)
    assert passed[-1] == 3 * opened.words


def test_ids_are_looked_at_once_and_not_for_every_epoch(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large().save(path)
    looks: list[int] = []
    release = OnDisk.release
    monkeypatch.setattr(OnDisk, "release", lambda self: looks.append(1) or release(self))
    opened = Corpus.open(path)
    after_open = len(looks)
    Word2Vec(opened, vector_size=4, epochs=4, min_count=1)
    assert after_open == len(looks) == 2  # ids and offsets


# ---- damage ----


@pytest.fixture
def saved(path: Path) -> Path:
    Corpus.from_sentences(SENTENCES * 20).save(path)
    return path


def test_every_flipped_bit_is_found(saved: Path) -> None:
    Corpus.from_sentences(SENTENCES).save(saved)
    whole = saved.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        saved.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"x\.corpus: .*(damaged|not an encoded corpus|another version)"):
            Corpus.open(saved)


def test_every_truncation_is_found(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in (0, 1, 8, 9, 100, len(whole) // 2, len(whole) - 1):
        saved.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"x\.corpus: "):
            Corpus.open(saved)
    saved.write_bytes(whole + b"\0")
    with pytest.raises(ValueError, match="too many"):
        Corpus.open(saved)


def rewritten(path: Path, metadata: dict[str, str] | None = None, **changes: Any) -> None:
    """The file with other arrays or metadata, without checksums that fit."""
    arrays, texts = read_tensors(path)
    write_tensors(path, arrays | changes, texts | (metadata or {}))


def test_another_version_says_so(saved: Path) -> None:
    rewritten(saved, {"version": "2"})
    with pytest.raises(ValueError, match=r"another version of fastemb \(format 2, this one reads 1\): build it again"):
        Corpus.open(saved)


def test_files_of_another_kind_say_so(path: Path) -> None:
    write_tensors(path, {"a": np.ones(3)}, {"format": "fastemb.Word2Vec"})
    with pytest.raises(ValueError, match=r"not an encoded corpus; it is a Word2Vec model: Word2Vec\.load reads it"):
        Corpus.open(path)
    path.write_text("the cat sat")
    with pytest.raises(ValueError, match="not an encoded corpus"):
        Corpus.open(path)
    with pytest.raises(FileNotFoundError, match="none"):
        Corpus.open(path.with_name("none"))
    with pytest.raises(IsADirectoryError):
        Corpus.open(path.parent)


@pytest.mark.parametrize(
    "changes",
    [
        {"ids": np.zeros(3, np.int64)},
        {"ids": np.zeros((3, 1), np.int32)},
        {"offsets": np.zeros(3, np.int32)},
        {"more": np.zeros(1)},
        {"metadata": {"key_type": "float"}},
        {"metadata": {"raw_words": "many"}},
    ],
)
def test_arrays_of_other_types_are_found_without_a_look_at_ids(saved: Path, changes: dict[str, Any]) -> None:
    rewritten(saved, **changes)
    with pytest.raises(ValueError, match="damaged"):
        Corpus.open(saved, verify=False)


@pytest.mark.parametrize("name", ["counts", "keys", "key_offsets"])
def test_a_damaged_vocabulary_is_found_in_any_case(saved: Path, name: str) -> None:
    array = read_tensors(saved)[0][name].copy()
    array[0] += 1
    rewritten(saved, **{name: array})
    with pytest.raises(ValueError, match=rf"damaged.*checksum of its {name} "):
        Corpus.open(saved, verify=False)


@pytest.mark.parametrize(
    ("name", "at", "value"), [("ids", 7, 99), ("ids", 7, -1), ("offsets", 3, 900), ("offsets", 0, 1)]
)
def test_ids_that_nobody_verified_never_reach_the_core(saved: Path, name: str, at: int, value: int) -> None:
    array = read_tensors(saved)[0][name].copy()
    array[at] = value
    rewritten(saved, **{name: array})
    opened = Corpus.open(saved, verify=False)
    model = Word2Vec(vector_size=4, min_count=1)
    model.build_vocab(opened)
    with pytest.raises(ValueError, match=r"x\.corpus: damaged: "):
        model.train(opened)


USES: dict[str, Callable[[Corpus], Any]] = {
    "iterate": list,
    "the first sentences": lambda corpus: list(islice(corpus, 9)),
    "select": lambda corpus: corpus.select(min_count=corpus.vocabulary.counts.max()),
    "encode_with": lambda corpus: corpus.encode_with(Vocabulary([corpus.vocabulary.keys[1]], [1])),
    "save": lambda corpus: corpus.save(Path(corpus._on_disk.path).with_name("again")),  # type: ignore[union-attr]
    "pickle": pickle.dumps,
    "copy": copy.deepcopy,
    "Phrases": Phrases,
    "join phrases": lambda corpus: Phrases(SENTENCES * 20, min_count=1, threshold=0.1)[corpus],
    "find phrases": lambda corpus: Phrases(SENTENCES * 20, min_count=1, threshold=0.1).find_phrases(corpus),
    "Word2Vec": lambda corpus: Word2Vec(corpus, vector_size=4, min_count=1),
    "Word2Vec, fewer words": lambda corpus: Word2Vec(
        corpus, vector_size=4, min_count=int(corpus.vocabulary.counts.max())
    ),
}


@pytest.mark.filterwarnings("ignore:nothing was trained")
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        *(("ids", 7, value) for value in (-1, 99, -(2**31), 2**31 - 1)),
        *(("offsets", 3, value) for value in (0, -5, 10**9, -(2**63), 2**63 - 1)),
        ("offsets", 0, 1),
        ("offsets", 0, -1),
    ],
)
def test_ids_and_offsets_that_nobody_verified_are_looked_at_by_whatever_uses_them(
    saved: Path, use: str, name: str, at: int, value: int
) -> None:
    USES[use](Corpus.open(saved, verify=False))
    array = read_tensors(saved)[0][name].copy()
    array[at] = value
    rewritten(saved, **{name: array})
    with pytest.raises(ValueError, match=r"x\.corpus: damaged: "):
        USES[use](Corpus.open(saved, verify=False))


def write_in_place(path: Path, mode: str, at: int) -> None:
    """Write a byte until the time of change is another one: the system may count it in steps of milliseconds."""
    before = path.stat().st_mtime_ns
    while path.stat().st_mtime_ns == before:
        with open(path, mode) as file:
            file.seek(at)
            file.write(b"\0")


CHANGES: dict[str, Callable[[Path], Any]] = {
    "written to": lambda path: write_in_place(path, "r+b", 0),
    "appended to": lambda path: write_in_place(path, "ab", 0),
    "touched": lambda path: os.utime(path, (1, 1)),
}


@pytest.mark.filterwarnings("ignore:nothing was trained")
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_was_changed_while_it_was_open_is_refused(saved: Path, use: str, change: str) -> None:
    opened = Corpus.open(saved)
    CHANGES[change](saved)
    with pytest.raises(ValueError, match=r"x\.corpus: the file was changed while it was open: open it again"):
        USES[use](opened)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed_before_the_next_epoch(saved: Path, change: str) -> None:
    class Changing(CallbackAny2Vec):
        epochs = 0

        def on_epoch_end(self, model: Any) -> None:
            self.epochs += 1
            if self.epochs == 2:
                CHANGES[change](saved)

    callback = Changing()
    with pytest.raises(ValueError, match=r"x\.corpus: the file was changed while it was open: open it again"):
        Word2Vec(Corpus.open(saved), vector_size=4, min_count=1, epochs=5, callbacks=[callback])
    assert callback.epochs == 2


def test_a_file_that_is_replaced_or_removed_stays_open(saved: Path) -> None:
    opened = Corpus.open(saved)
    expected = list(opened)
    Corpus.from_sentences([["x"]]).save(saved)
    assert list(opened) == expected
    opened.save(saved)
    saved.unlink()
    assert list(opened) == expected


# ---- straight to disk ----


def doors(folder: Path) -> dict[str, Callable[..., Corpus]]:
    lines = [" ".join(sentence) for sentence in SENTENCES * 50]
    keys = sorted({word for sentence in SENTENCES for word in sentence})
    ids = [[keys.index(word) for word in sentence] for sentence in SENTENCES * 50]
    sized = Sized(block_tokens=100, list_tokens=50, texts=7, id_rows=3)
    return {
        "sentences": lambda **options: sized.from_sentences(iter(SENTENCES * 50), **options),
        "texts": lambda **options: sized.from_sentences(iter(lines), split=True, **options),
        "ids": lambda **options: sized.from_ids(ids, keys=keys, **options),
    }


@pytest.mark.parametrize("door", ["sentences", "texts", "ids"])
@pytest.mark.parametrize("options", [{}, {"min_count": 60}, {"vocabulary": Vocabulary(["c", "a"], [5, 5])}])
def test_every_door_writes_straight_to_disk_what_it_would_give(path: Path, door: str, options: dict[str, Any]) -> None:
    make = doors(path.parent)[door]
    in_memory = make(**options)
    on_disk = make(save_to=path, **options)
    same(on_disk, in_memory)
    assert not on_disk.ids.flags.writeable
    same(Corpus.open(path), in_memory)
    assert os.listdir(path.parent) == [path.name]
    twin = path.with_name("twin")
    in_memory.save(twin)
    assert twin.read_bytes() == path.read_bytes()


@pytest.mark.integration
def test_a_corpus_on_its_way_to_disk_is_never_in_memory(path: Path) -> None:
    """Twelve million ids take 48 MB; so much more memory than one million is not asked for."""
    program = """
import resource, sys
import numpy as np
from fastemb import Corpus
def rows(count):
    rng = np.random.default_rng(0)
    for _ in range(count):
        yield rng.integers(0, 1000, 1000)
Corpus.from_ids(rows(1000), save_to=sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
corpus = Corpus.from_ids(rows(12000), save_to=sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, corpus.words)
"""
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    more, words = map(int, done.stdout.split())
    assert words == 12_000_000
    assert more * (1 if sys.platform == "darwin" else 1024) < 24e6


def test_blocks_may_come_in_any_order_and_from_several_tables(path: Path) -> None:
    vocabulary = Vocabulary(["b", "a", "c"], [3, 2, 1])
    for store in (disk.DiskStore(path), MemoryStore()):
        store.append(EncodedBlock(9, 1, np.array([0, 1, 2, 3], np.int32), np.array([4])))
        store.append(EncodedBlock(0, 0, np.array([1, 0, 0], np.int32), np.array([2, 3])))
        numbers = [np.array([0, 1], np.int32), np.array([2, 1, -1, 0], np.int32)]
        corpus = Corpus(*store.finish(numbers, vocabulary, 7))
        assert list(corpus) == [["a", "b"], ["b"], ["c", "a", "b"]]
        assert corpus.raw_words == 7


def test_blocks_of_short_ids_come_in_their_order() -> None:
    store = ShortStore()
    store.append(EncodedBlock(3, 0, np.array([1, 0, 70_000, 2], np.int32), np.array([0, 2, 4])))
    store.append(EncodedBlock(5, 0, np.array([2, 2, 65_536], np.int32), np.array([2])))
    store.append(EncodedBlock(6, 1, np.array([65_535, 4], np.int32), np.array([1, 2])))
    first, second = np.full(70_001, -1, np.int32), np.full(65_536, 3, np.int32)
    first[[0, 1, 65_536, 70_000]] = 4, 5, 6, 7
    parts = store.finish([first, second], Vocabulary([*"abcdefgh"], [1] * 8), 9)
    assert parts.ids.tolist() == [5, 4, 7, 6, 3, 3]
    assert parts.offsets.tolist() == [0, 0, 2, 3, 3, 5, 6]
    assert parts.raw_words == 9


def test_long_ids_take_no_more_than_four_bytes_while_they_wait() -> None:
    """Those of a vocabulary whose words are about as frequent. What pages hold is not traced."""
    generator, store, blocks = np.random.default_rng(0), ShortStore(), []
    tracemalloc.start()
    try:
        for number in range(10):
            blocks.append(generator.integers(number * 20_000, 200_000, 50_000).astype(np.int32))
            store.append(EncodedBlock(number * 50_000, 0, blocks[-1].copy(), np.array([50_000])))
        left = tracemalloc.get_traced_memory()[0] - sum(block.nbytes for block in blocks)
    finally:
        tracemalloc.stop()
    assert left < 100_000
    parts = store.finish([np.arange(200_000, dtype=np.int32)], Vocabulary([], []), 500_000)
    np.testing.assert_array_equal(parts.ids, np.concatenate(blocks))


@pytest.mark.parametrize("workers", [1, 4])
def test_threads_leave_no_trace_in_the_file(path: Path, workers: int) -> None:
    sized = Sized(block_bytes=64)
    lines = [f"{'a' * (number % 7)} b{number % 11} c" for number in range(3000)]
    path.with_name("text").write_text("\n".join(lines))
    on_disk = sized.from_file(path.with_name("text"), workers=workers, save_to=path)
    same(on_disk, sized.from_sentences(lines, split=True))


def test_an_error_on_the_way_leaves_nothing(path: Path) -> None:
    def sentences() -> Any:
        yield ["a"]
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        Corpus.from_sentences(sentences(), save_to=path)
    with pytest.raises(ValueError, match="no word"):
        Corpus.from_sentences([[]], save_to=path)
    assert os.listdir(path.parent) == []
    with pytest.raises(FileNotFoundError, match=r"the folder .*none does not exist"):
        Corpus.from_sentences(SENTENCES, save_to=path.parent / "none" / "x")
    with pytest.raises(ValueError, match="not a file"):
        Corpus.from_sentences(SENTENCES, save_to=path.parent)
    with pytest.raises(ValueError, match="not a file"):
        Corpus.from_sentences(SENTENCES).save(os.devnull)


def test_counts_that_are_given_with_a_vocabulary_stay(path: Path) -> None:
    corpus = Corpus.from_sentences([["a", "b"], ["a", "b", "a"]])
    corpus.save(path)
    for one in (corpus, Corpus.open(path)):
        encoded = one.encode_with(Vocabulary(["a", "b"], [1000, 2]))
        assert encoded.vocabulary.counts.tolist() == [1000, 2]
        assert list(encoded) == list(corpus)
        assert one.encode_with(Vocabulary(["a", "b"], [3, 2])) is one


# ---- cache ----


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("the cat sat\non the mat\n", encoding="utf-8")
    return path


class Encoded:
    """Whether something was encoded since the last look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        init = disk.DiskStore.__init__

        def count(store: disk.DiskStore, *arguments: Any) -> None:
            self.times += 1
            init(store, *arguments)

        monkeypatch.setattr(disk.DiskStore, "__init__", count)

    def __bool__(self) -> bool:
        times, self.times = self.times, 0
        return times > 0


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> Encoded:
    return Encoded(monkeypatch)


def test_a_cache_is_used_again_until_a_file_changes(text: Path, path: Path, encoded: Encoded) -> None:
    first = Corpus.from_file(text, cache=path)
    assert encoded
    same(first, Corpus.from_file(text))
    for again in (text, str(text), [text], os.path.relpath(text)):
        same(Corpus.from_file(again, cache=path, workers=1), first)
        assert not encoded
    status = text.stat()
    os.utime(text, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    Corpus.from_file(text, cache=path)
    assert encoded
    text.write_text("a dog sat\n", encoding="utf-8")
    assert list(Corpus.from_file(text, cache=path)) == [["a", "dog", "sat"]]
    assert encoded
    assert sorted(os.listdir(path.parent)) == ["text.txt", "x.corpus"]


@pytest.mark.integration
def test_a_cache_is_made_anew_for_other_options_and_files(text: Path, path: Path, encoded: Encoded) -> None:
    other = text.with_name("other.txt")
    other.write_bytes(text.read_bytes())
    os.utime(other, ns=(text.stat().st_atime_ns, text.stat().st_mtime_ns))
    calls: list[tuple[Any, dict[str, Any]]] = [
        (text, {}),
        (text, {"min_count": 2}),
        (text, {"max_final_vocab": 2}),
        (text, {"max_vocab_size": 2}),
        (text, {"lower": True}),
        (text, {"token_pattern": r"\w"}),
        (text, {"max_sentence_length": 2}),
        (text, {"encoding": "latin-1"}),
        (text, {"vocabulary": Vocabulary(["cat"], [1])}),
        (text, {"vocabulary": Vocabulary(["cat"], [2])}),
        (text, {"vocabulary": Vocabulary(["sat"], [2])}),
        (other, {}),
        ([text, other], {}),
        ([other, text], {}),
    ]
    made = [Corpus.from_file(source, cache=path.with_name(str(n)), **opt) for n, (source, opt) in enumerate(calls)]
    assert encoded.times == len(calls)
    status = text.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    for number, (source, options) in enumerate(calls):
        for cache in range(len(calls)):
            encoded.times = 0
            same(Corpus.from_file(source, cache=path.with_name(str(cache)), **options), made[number])
            assert encoded.times == (cache != number), (number, cache)
            if cache != number:
                source_again, options_again = calls[cache]
                Corpus.from_file(source_again, cache=path.with_name(str(cache)), **options_again)


def test_a_cache_tells_long_compiled_patterns_apart(text: Path, path: Path) -> None:
    text.write_text("THE the on a", encoding="utf-8")
    long = "a|" * 300
    for pattern in (re.compile(long + "the"), re.compile(long + "on"), re.compile(long + "on|the", re.IGNORECASE)):
        same(Corpus.from_file(text, token_pattern=pattern, cache=path), Corpus.from_file(text, token_pattern=pattern))


def test_a_cache_of_a_folder_sees_new_and_removed_files(text: Path, encoded: Encoded) -> None:
    folder = text.parent / "texts"
    folder.mkdir()
    (folder / "a").write_text("a b")
    cache = text.parent / "cache"
    for change in (lambda: None, lambda: (folder / "b").write_text("c"), (folder / "b").unlink):
        change()
        same(Corpus.from_file(folder, cache=cache), Corpus.from_file(folder))
        assert encoded
        Corpus.from_file(folder, cache=cache)
        assert not encoded


@pytest.mark.parametrize("damage", ["bit", "short", "header"])
def test_a_damaged_cache_is_made_anew_with_a_warning(text: Path, path: Path, encoded: Encoded, damage: str) -> None:
    whole = bytearray(Corpus.from_file(text, cache=path) and path.read_bytes())
    at = {"bit": len(whole) - 60, "short": 0, "header": 12}[damage]
    path.write_bytes(whole[:-1] if damage == "short" else whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
    encoded.times = 0
    with pytest.warns(UserWarning, match=r"x\.corpus: .*damaged.*it is built again"):
        same(Corpus.from_file(text, cache=path), Corpus.from_file(text))
    assert encoded
    assert path.read_bytes() == whole


def test_a_cache_of_another_version_and_an_empty_file_are_made_anew(text: Path, path: Path, encoded: Encoded) -> None:
    path.touch()
    Corpus.from_file(text, cache=path)
    assert encoded
    rewritten(path, {"version": "0"})
    same(Corpus.from_file(text, cache=path), Corpus.from_file(text))
    assert encoded


def test_a_file_that_is_no_cache_is_never_replaced(text: Path, path: Path) -> None:
    for content in (b"the cat sat", b"\0" * 100):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"x\.corpus: not an encoded corpus"):
            Corpus.from_file(text, cache=path)
        assert path.read_bytes() == content


@pytest.mark.parametrize("change", [{}, {"version": "0"}])
def test_a_corpus_that_was_saved_is_no_cache_and_is_never_replaced(
    text: Path, path: Path, change: dict[str, str]
) -> None:
    for save in (Corpus.from_sentences(SENTENCES).save, lambda path: Corpus.from_file(text, save_to=path)):
        save(path)
        rewritten(path, change)
        before = path.read_bytes()
        with pytest.raises(
            ValueError, match=r"x\.corpus: a corpus that was saved, and no cache, so it is not replaced"
        ):
            Corpus.from_file(text, cache=path)
        assert path.read_bytes() == before


@pytest.mark.parametrize("option", ["save_to", "cache"])
def test_no_file_is_both_read_and_written(text: Path, option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = text.parent
    (folder / "link").symlink_to(text)
    monkeypatch.chdir(folder)
    with text.open() as file:
        for source in (text, "text.txt", ["text.txt"], folder, "*.txt", file):
            for output in (text, folder / "link"):
                with pytest.raises(ValueError, match="this file is to be read, so nothing is saved to it"):
                    Corpus.from_file(source, **{option: output})
    assert text.read_text() == "the cat sat\non the mat\n"
    assert sorted(os.listdir(folder)) == ["link", "text.txt"]


@pytest.mark.parametrize("option", ["save_to", "cache"])
def test_no_parquet_file_is_both_read_and_written(tmp_path: Path, option: str) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": ["a b", "b"]}), path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="this file is to be read"):
        Corpus.from_parquet(tmp_path, **{option: path})
    assert path.read_bytes() == before


def test_a_corpus_in_the_folder_that_it_is_made_of(text: Path, encoded: Encoded) -> None:
    made = text.parent / "all.corpus"
    for source in (text.parent, str(text.parent / "*")):
        for _ in range(2):
            assert len(Corpus.from_file(source, save_to=made)) == 2
    made.unlink()
    for source, is_new in ((text.parent, True), (text.parent, False), (str(text.parent / "*"), False)):
        assert bool(encoded) >= is_new
        same(Corpus.from_file(source, cache=made), Corpus.from_file(text))
        assert bool(encoded) == is_new
    with pytest.raises(ValueError, match=r"all\.corpus: this file is to be read"):
        Corpus.from_file([text, made], save_to=made)
    with pytest.raises(ValueError, match=r"all\.corpus: an encoded corpus: open it"):
        Corpus.from_file(text.parent, save_to=text.parent / "other")
    text.unlink()
    with pytest.raises(FileNotFoundError, match="no other file to read"):
        Corpus.from_file(text.parent, save_to=made)


def test_a_cache_for_what_may_change_unseen_is_refused(text: Path, path: Path) -> None:
    for options in ({"tokenizer": str.split}, {"trim_rule": lambda *_: None}):
        with pytest.raises(ValueError, match=r"cache= cannot see whether the (tokenizer|trim_rule) has changed"):
            Corpus.from_file(text, cache=path, **options)
        Corpus.from_file(text, save_to=path, **options)
        path.unlink()
    with text.open("rb") as file, pytest.raises(ValueError, match="cache= needs files"):
        Corpus.from_file(file, cache=path)
    with pytest.raises(ValueError, match="not both"):
        Corpus.from_file(text, cache=path, save_to=path)
    assert not path.exists()


def test_a_cache_of_parquet_files(tmp_path: Path, path: Path, encoded: Encoded) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"x": ["a b", "b"], "y": [["c"], ["d", "c"]]}), tmp_path / "t.parquet")
    for column in ("x", "y"):
        first = Corpus.from_parquet(tmp_path / "t.parquet", column, cache=path)
        assert encoded
        same(Corpus.from_parquet(tmp_path, column, cache=path), first)
        assert not encoded


def test_a_text_that_tells_of_corpora_is_a_text(text: Path) -> None:
    text.write_text('{"format": "fastemb.Corpus"}')
    assert list(Corpus.from_file(text)) == [['{"format":', '"fastemb.Corpus"}']]
    assert Word2Vec(corpus_file=text, min_count=1, vector_size=4, sample=0).wv.index_to_key == [
        '{"format":',
        '"fastemb.Corpus"}',
    ]


@pytest.mark.integration
def test_a_vocabulary_that_is_much_larger_than_the_corpus(path: Path) -> None:
    vocabulary = Vocabulary([f"{'x' * 50_000}{number}" for number in range(1000)], [1] * 1000)
    corpus = Corpus.from_sentences([[vocabulary.keys[7]]], vocabulary=vocabulary, save_to=path)
    same(Corpus.open(path), corpus)
    assert list(corpus) == [[vocabulary.keys[7]]]


def test_a_model_reads_an_encoded_corpus_as_a_corpus_file(saved: Path, text: Path) -> None:
    settings: dict[str, Any] = {"vector_size": 8, "min_count": 21, "workers": 1}
    model = Word2Vec(corpus_file=saved, **settings)
    assert model.wv.index_to_key == ["a", "b", "c"]
    assert (model.wv.vectors == Word2Vec(SENTENCES * 20, **settings).wv.vectors).all()
    with pytest.raises(ValueError, match=r"an encoded corpus: open it with Corpus.open"):
        Corpus.from_file(saved)
    with pytest.raises(ValueError, match=r"an encoded corpus: open it with Corpus.open"):
        Corpus.from_file([text, saved])


# ---- what training needs ----


@pytest.mark.integration
def test_the_estimate_is_what_training_takes(tmp_path: Path) -> None:
    program = """
import resource, sys
from fastemb import Corpus, Word2Vec
from fastemb._native import trim_memory
import numpy as np
hs, disk = int(sys.argv[1]), sys.argv[2]
rng = np.random.default_rng(0)
ids = np.concatenate([np.arange(200_000), np.minimum(rng.zipf(1.1, 4_000_000), 199_999)])
corpus = Corpus.from_ids(ids, keys=[f"w{i}" for i in range(200_000)], save_to=disk or None)
del ids
Word2Vec([["a", "b"]] * 9, epochs=1)
trim_memory()  # as training does
before = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
needed = corpus.estimate(200, hs=hs, negative=5 * (1 - hs))
model = Word2Vec(vector_size=200, hs=hs, negative=5 * (1 - hs), min_count=1, epochs=1)
model.build_vocab(corpus)
model.train(corpus)
after = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
taken = after - before + (0 if disk else corpus.ids.nbytes)
print(taken, needed["total"], needed["ids"], needed["words"], needed["vocab_size"])
"""
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("reads /proc")
    if "libasan" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("the sanitizer keeps freed memory for a while")
    for hs, disk_path in ((0, ""), (1, ""), (0, str(tmp_path / "corpus"))):
        command = [sys.executable, "-c", program, str(hs), disk_path]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        taken, total, ids, words, size = map(int, done.stdout.split())
        assert (words, size) == (4_200_000, 200_000)
        assert (ids == 0) == bool(disk_path)
        assert 0.7 * total < taken < 1.1 * total, (hs, disk_path, taken, total)


def test_the_estimate_goes_by_the_words_that_stay() -> None:
    corpus = Corpus.from_sentences([["a"] * 9, ["b"] * 5, ["c", "d"]])
    some, all_words = corpus.estimate(100, min_count=5), corpus.estimate(100)
    assert (some["words"], some["vocab_size"]) == (14, 2)
    assert (all_words["words"], all_words["vocab_size"]) == (16, 4)
    assert some["vectors"] == 2 * 100 * 4
    assert corpus.estimate(100, max_final_vocab=1)["vocab_size"] == 1
    for needed in (some, all_words, corpus.estimate(10, hs=1, negative=0)):
        parts = {"vocab", "vectors", "syn1neg", "syn1", "tables", "ids"} & set(needed)
        assert needed["total"] == sum(needed[part] for part in parts)
    assert "syn1neg" not in corpus.estimate(10, hs=1, negative=0)
    with pytest.raises(ValueError, match="leave no word"):
        corpus.estimate(10, min_count=10)
    with pytest.raises(ValueError, match="vector_size"):
        corpus.estimate(0)


# ---- a full disk ----

FULL = """
import resource, sys
from fastemb import Corpus
corpus = Corpus.from_ids(range(5000))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), -1))
try:
    if sys.argv[1] == "save":
        corpus.save(sys.argv[2])
    elif sys.argv[1] == "select":
        Corpus.open(sys.argv[2]).select(max_final_vocab=4000, trim_rule=lambda word, *_: 2 if word % 2 else 1)
    else:
        Corpus.from_ids(range(5000), save_to=sys.argv[2])
except OSError as error:
    print(error.errno, error.filename)
"""


@pytest.mark.integration
@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
@pytest.mark.parametrize("limit", [0, 1000, 30_000, 70_000])
@pytest.mark.parametrize("call", ["save", "save_to"])
@pytest.mark.parametrize("there", [True, False])
def test_a_full_disk_is_an_error_that_names_the_place_and_leaves_nothing(
    path: Path, call: str, limit: int, there: bool
) -> None:
    if there:
        path.write_bytes(b"as it was")
    command = [sys.executable, "-c", FULL, call, path, str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    number, name = done.stdout.split()
    assert int(number) in (errno.EFBIG, errno.ENOSPC)
    assert name in (str(path), str(path.parent))
    assert os.listdir(path.parent) == [path.name] * there
    assert not there or path.read_bytes() == b"as it was"


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
@pytest.mark.integration
def test_a_disk_that_is_full_when_words_are_selected(path: Path) -> None:
    Corpus.from_ids(range(5000)).save(path)
    done = subprocess.run(
        [sys.executable, "-c", FULL, "select", path, "5000"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(errno.EFBIG), str(path.parent)]
    assert os.listdir(path.parent) == [path.name]
