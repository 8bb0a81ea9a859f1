"""Vocabularies of limited size and memory: exact, whatever had to wait in a file."""

import gc
import os
import random
import re
import resource
import tempfile
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.corpus_oracle import check_shape, least_count

from fastemb import Word2Vec
from fastemb.corpus import RULE_DISCARD, RULE_KEEP, Corpus, Vocabulary, counting, spill, text

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def shared_path(tmp_path_factory):
    return tmp_path_factory.mktemp("texts") / "text.txt"


@pytest.fixture
def tiny(monkeypatch):
    """Tables are put aside after every block of a few bytes."""
    monkeypatch.setattr(text, "BLOCK_BYTES", 16)
    monkeypatch.setattr(counting, "TABLES_BYTES", 1)
    monkeypatch.setattr(counting, "BYTES_A_WORD", 0)


def with_tiny_memory(call, bits=8):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "BLOCK_BYTES", 16)
        patch.setattr(counting, "TABLES_BYTES", 1)
        patch.setattr(counting, "BYTES_A_WORD", 0)
        patch.setattr(spill, "PART_BITS", bits)
        return call()


WORDS = ["a", "b", "A", "é", "É", "日本", "x" * 8, "x" * 9, "x" * 16, "x" * 17, "y" * 40]
words = st.sampled_from(WORDS) | st.integers(0, 60).map(lambda k: f"w{k}")
sentences = st.lists(st.lists(words, max_size=12), min_size=1, max_size=40).filter(any)


def write(path, lines):
    path.write_text("".join(" ".join(line) + "\n" for line in lines), encoding="utf-8")


@given(sentences, st.integers(1, 30), st.integers(1, 4), st.integers(1, 3), st.booleans(), st.sampled_from([1, 8]))
@settings(max_examples=150)
def test_the_top_words_are_those_of_a_count_of_all(shared_path, lines, most, min_count, workers, lower, bits):
    write(shared_path, lines)
    if lower:
        lines = [[word.lower() for word in line] for line in lines]
    counter = Counter(word for line in lines for word in line)
    kept = [(word, count) for word, count in counter.most_common(most) if count >= min_count]
    options = {"max_vocab_size": most, "min_count": min_count, "workers": workers, "lower": lower}
    if not kept:
        with pytest.raises(ValueError, match="lower min_count"):
            with_tiny_memory(lambda: Corpus.from_file(shared_path, **options), bits)
        return
    corpus = with_tiny_memory(lambda: Corpus.from_file(shared_path, **options), bits)
    known = {word for word, _ in kept}
    assert list(zip(corpus.vocabulary.keys, corpus.vocabulary.counts.tolist(), strict=True)) == kept
    assert list(corpus) == [[word for word in line if word in known] for line in lines]
    assert corpus.raw_words == counter.total()
    check_shape(corpus)


@given(sentences, st.integers(1, 30), st.none() | st.integers(1, 30), st.booleans(), st.integers(1, 3))
@settings(max_examples=100)
def test_all_options_choose_as_they_do_in_memory(shared_path, lines, most, final, use_rule, workers):
    write(shared_path, lines)
    rule = (lambda word, count, least: {"a": RULE_KEEP, "w7": RULE_DISCARD}.get(word)) if use_rule else None
    options = {"max_vocab_size": most, "max_final_vocab": final, "trim_rule": rule}
    message = None
    try:
        expected = Corpus.from_file(shared_path, **options)
    except ValueError as error:
        message = str(error)
    if message is not None:
        with pytest.raises(ValueError, match=re.escape(message)):
            with_tiny_memory(lambda: Corpus.from_file(shared_path, workers=workers, **options))
        return
    corpus = with_tiny_memory(lambda: Corpus.from_file(shared_path, workers=workers, **options))
    assert corpus.vocabulary.keys == expected.vocabulary.keys
    assert corpus.vocabulary.least_count == expected.vocabulary.least_count
    assert corpus.ids.tolist() == expected.ids.tolist()
    if not use_rule:
        counter = Counter(word for line in lines for word in line)
        least = least_count(counter, 1, final)
        assert expected.vocabulary.keys == [word for word, count in counter.most_common(most) if count >= least]


@given(st.lists(st.sampled_from([b"a", b"\xff", b"a\xff", b"b\xfe", b"\xfe\xff", b" ", b"\n"]), min_size=1))
def test_invalid_bytes_are_the_same_words_in_a_file(shared_path, pieces):
    shared_path.write_bytes(b"word " + b"".join(pieces))
    for errors in ("replace", "ignore"):
        expected = Corpus.from_file(shared_path, unicode_errors=errors)
        corpus = with_tiny_memory(
            lambda errors=errors: Corpus.from_file(shared_path, unicode_errors=errors, max_vocab_size=99, workers=2)
        )
        assert corpus.vocabulary.keys == expected.vocabulary.keys
        assert list(corpus) == list(expected)
        assert corpus.raw_words == expected.raw_words


@given(sentences, st.integers(1, 3))
@settings(max_examples=60)
def test_a_given_vocabulary_needs_no_more_memory_for_other_words(shared_path, lines, workers):
    write(shared_path, [["a"], *lines])
    vocabulary = Vocabulary(["w3", "a", "é", 7], [1, 1, 1, 1])
    corpus = with_tiny_memory(lambda: Corpus.from_file(shared_path, vocabulary=vocabulary, workers=workers))
    assert corpus.vocabulary is vocabulary
    assert list(corpus) == [["a"], *([word for word in line if word in ("w3", "a", "é")] for line in lines)]
    assert corpus.raw_words == 1 + sum(map(len, lines))


def test_words_are_numbered_as_they_come_where_that_is_asked_for(tmp_path, tiny):
    path = tmp_path / "text"
    write(path, [["c", "b", "a", "a", "b", "a"]] * 3 + [["d"]])
    model = Word2Vec(corpus_file=str(path), max_vocab_size=3, sorted_vocab=0, min_count=1, vector_size=4, sample=0)
    assert model.wv.index_to_key == ["c", "b", "a"]


def test_tables_are_small_and_files_go(tmp_path, monkeypatch):
    monkeypatch.setattr(counting, "TABLES_BYTES", 1 << 20)
    monkeypatch.setattr(counting, "BYTES_A_WORD", 16)
    monkeypatch.setattr(text, "BLOCK_BYTES", 1 << 14)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / "text"
    rng = random.Random(1)
    tokens = [f"w{int(rng.paretovariate(0.15)) % 10**9}" for _ in range(200_000)]
    path.write_text("\n".join(tokens))
    largest, written = [], []
    write_table = spill.Spill.write

    def watched(self, number, table, places):
        largest.append(table.memory)
        written.append(number)
        assert os.listdir(tmp_path) == ["text"], "the file has no name"
        write_table(self, number, table, places)

    monkeypatch.setattr(spill.Spill, "write", watched)
    corpus = Corpus.from_file(path, max_vocab_size=500, workers=2)
    assert sorted(written) == list(range(len(written)))
    assert len(written) > 10
    assert max(largest) < 1 << 20
    assert list(zip(corpus.vocabulary.keys, corpus.vocabulary.counts, strict=True)) == Counter(tokens).most_common(500)


def test_small_corpora_need_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(spill.Spill, "write", lambda *_: pytest.fail("written"))
    (tmp_path / "text").write_text("a b a")
    assert Corpus.from_file(tmp_path / "text", max_vocab_size=1).vocabulary.keys == ["a"]


def test_a_disk_without_room_is_an_error_that_names_the_folder(tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / "text"
    path.write_text("one two three four five six\n" * 1000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        for workers in (1, 2):
            with pytest.raises(OSError, match="in the folder for temporary files") as caught:
                Corpus.from_file(path, max_vocab_size=3, workers=workers)
            assert caught.value.filename == str(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    gc.collect()
    assert os.listdir(tmp_path) == ["text"]


# ---- merged ----


@given(st.lists(sentences, min_size=1, max_size=4), st.none() | st.integers(1, 20), st.integers(1, 3))
def test_vocabularies_of_shards_make_that_of_the_whole(shards, most, min_count):
    whole = Corpus.from_sentences([line for shard in shards for line in shard]).vocabulary
    parts = [Corpus.from_sentences(shard).vocabulary for shard in shards]
    merged = Vocabulary.merged(parts)
    assert dict(zip(merged.keys, merged.counts, strict=True)) == dict(zip(whole.keys, whole.counts, strict=True))
    assert merged.counts.tolist() == whole.counts.tolist()
    kept = [(key, count) for key, count in zip(merged.keys, merged.counts, strict=True) if count >= min_count][:most]
    if kept:
        chosen = Vocabulary.merged(iter(parts), min_count=min_count, max_vocab_size=most)
        assert list(zip(chosen.keys, chosen.counts, strict=True)) == kept
        assert chosen.least_count == min_count
    else:
        with pytest.raises(ValueError, match="the vocabularies: no word occurs"):
            Vocabulary.merged(parts, min_count=min_count)


def test_merging_nothing_is_an_error():
    for nothing in ([], [Vocabulary([], [])]):
        with pytest.raises(ValueError, match="no token"):
            Vocabulary.merged(nothing)
