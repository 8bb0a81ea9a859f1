"""Corpus.from_file."""

import gzip
import io
import os
import random
import signal
import sys
import tarfile
import threading
import time
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.corpus_oracle import check, split
from sized import Sized

from fastemb.corpus import RULE_DISCARD, Corpus, LineSentence, Text8Corpus, Vocabulary, encoder, text
from fastemb.corpus.blocks import EncodedBlock
from fastemb.corpus.memory import join_blocks

SPACES = [chr(c) for c in range(sys.maxunicode + 1) if chr(c).isspace()]
NEAR_SPACES = [
    "\x01",
    "\x1b",
    "\x7f",
    "\x84",
    "\xa1",
    "\u1681",
    "\u167f",
    "\u200b",
    "\u2030",
    "\u3001",
    "\ufeff",
    "\u2060",
]
WORDS = ["a", "b", "ab", "ba", "é", "é", "ß", "日本", "пример", "😀", "x" * 7, "x" * 8, "x" * 9, "y" * 40]
texts = st.lists(st.sampled_from(SPACES + ["\n", "\r\n", " "] * 4 + NEAR_SPACES + WORDS * 2), max_size=60).map("".join)
any_text = st.one_of(texts, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "text.txt"


@pytest.fixture(scope="module")
def shared_path(tmp_path_factory):
    return tmp_path_factory.mktemp("texts") / "text.txt"


def marked(content):
    """Keep a leading U+FEFF from being read as a byte order mark."""
    return content if not content.startswith("\ufeff") else " " + content


# ---- what is read ----


@pytest.mark.slow
@given(any_text.map(marked), st.sampled_from([1, 2, 3, 7, 64, 1 << 20]), st.integers(1, 4))
@settings(max_examples=400, deadline=None)
def test_words_lines_and_counts_are_those_of_str_split(shared_path, content, size, workers):
    shared_path.write_bytes(content.encode())
    sentences = split(content)
    if not any(sentences):
        with pytest.raises(ValueError, match="no word"):
            Sized(block_bytes=size).from_file(shared_path, workers=workers)
        return
    check(Sized(block_bytes=size).from_file(shared_path, workers=workers), sentences)


@pytest.mark.slow
@given(st.binary(max_size=60), st.sampled_from(["replace", "ignore"]), st.sampled_from([2, 5, 1 << 20]))
@settings(max_examples=300, deadline=None)
def test_invalid_bytes_are_replaced_or_ignored_as_by_decode(shared_path, noise, errors, size):
    content = b"word " + noise.replace(b"\0", b"\n")
    shared_path.write_bytes(content)
    corpus = Sized(block_bytes=size).from_file(shared_path, unicode_errors=errors, workers=2)
    lines = content.removesuffix(b"\n").split(b"\n")
    check(corpus, [line.decode("utf-8", errors).split() for line in lines])


@pytest.mark.slow
@given(st.binary(max_size=12))
@settings(max_examples=300, deadline=None)
def test_strict_reading_fails_exactly_where_decode_does(shared_path, noise):
    content = b"word\n" + noise.replace(b"\0", b"")
    shared_path.write_bytes(content)
    try:
        expected = split(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        with pytest.raises(ValueError, match=f"line {line}: invalid UTF-8"):
            Corpus.from_file(shared_path)
    else:
        check(Corpus.from_file(shared_path), expected)


def test_every_kind_of_white_space_parts_words(path):
    path.write_bytes("".join(f"w{i}{space}" for i, space in enumerate(SPACES)).encode())
    corpus = Corpus.from_file(path)
    assert len(corpus) == 2
    assert corpus.words == len(SPACES)


def test_only_the_line_feed_ends_a_line(path):
    path.write_bytes("a\u2028b\x85c\rd\x0be\r\nf".encode())
    assert list(Corpus.from_file(path)) == [list("abcde"), ["f"]]


def test_empty_lines_stay_and_a_last_line_needs_no_end(path):
    path.write_bytes(b"\na\n\n b ")
    assert list(Corpus.from_file(path)) == [[], ["a"], [], ["b"]]
    path.write_bytes(b"a\n\n")
    assert list(Corpus.from_file(path)) == [["a"], []]


@pytest.mark.parametrize("size", [1, 2, 1 << 20])
def test_byte_order_mark_at_the_start_is_skipped_and_kept_elsewhere(path, size):
    sized = Sized(block_bytes=size)
    path.write_bytes("\ufeffa \ufeffb".encode())
    assert list(sized.from_file(path)) == [["a", "\ufeffb"]]


def test_a_line_and_a_word_may_be_longer_than_a_block(path):
    sized = Sized(block_bytes=16)
    words = ["x" * 1000, *(f"w{i % 7}" for i in range(500)), "日" * 300]
    path.write_text(" ".join(words), encoding="utf-8")
    for workers in (1, 3):
        check(sized.from_file(path, workers=workers), [words])


def test_words_of_equal_count_keep_the_order_of_the_file_whatever_the_workers(path):
    sized = Sized(block_bytes=64)
    random.seed(1)
    lines = [[f"w{random.randrange(300)}" for _ in range(random.randrange(12))] for _ in range(400)]
    path.write_text("\n".join(map(" ".join, lines)))
    for workers in (1, 2, 3, 4, 9):
        for min_count in (1, 6):
            check(sized.from_file(path, workers=workers, min_count=min_count), lines, min_count=min_count)


def test_options_choose_the_words(path):
    path.write_text("a a a b b c\nc d\n")
    assert Corpus.from_file(path, max_final_vocab=2).vocabulary.keys == ["a"]
    assert Corpus.from_file(path, max_final_vocab=3).vocabulary.keys == ["a", "b", "c"]
    rule = {"a": RULE_DISCARD}.get
    assert Corpus.from_file(path, min_count=2, trim_rule=lambda w, c, m: rule(w)).vocabulary.keys == ["b", "c"]


def test_a_given_vocabulary_is_used_as_it_is(path):
    path.write_text("a b\nb z\nz\n")
    vocabulary = Vocabulary(["q", "b", "a"], [5, 4, 4])
    corpus = Corpus.from_file(path, vocabulary=vocabulary)
    assert corpus.vocabulary is vocabulary
    assert corpus.ids.tolist() == [2, 1, 1]
    assert list(corpus) == [["a", "b"], ["b"], []]
    assert corpus.raw_words == 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_can_be_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"a b\n" * 50000,))
    writer.start()
    corpus = Corpus.from_file(pipe)
    writer.join()
    assert (len(corpus), corpus.words) == (50000, 100000)


def test_words_made_equal_by_replacing_are_one(path):
    path.write_bytes(b"x \xff \xfe \xfd x\xff x\n\xff\n")
    corpus = Corpus.from_file(path, unicode_errors="replace")
    assert corpus.vocabulary.keys == ["\ufffd", "x", "x\ufffd"]
    corpus = Corpus.from_file(path, unicode_errors="ignore")
    assert list(corpus) == [["x", "x", "x"], []]
    assert corpus.raw_words == 3


def test_words_made_equal_are_as_early_as_the_first_of_them(path):
    path.write_bytes(b"\xff a a \xfe")
    assert Corpus.from_file(path, unicode_errors="replace").vocabulary.keys == ["\ufffd", "a"]


# ---- what cannot be read ----


def raises(path, pattern, error=ValueError, doors=Corpus, **options):
    with pytest.raises(error, match=pattern) as caught:
        doors.from_file(path, **options)
    assert str(path) in str(caught.value)


def test_missing_file_raises_what_open_raises(path):
    raises(path, "No such file", FileNotFoundError)


@pytest.mark.parametrize("content", [b"", b" \n\n \xe3\x80\x80", b"\xef\xbb\xbf"])
def test_file_without_words_is_an_error(path, content):
    path.write_bytes(content)
    raises(path, "no word")
    raises(path, "no word", unicode_errors="replace")


def test_ignoring_all_there_is_leaves_no_words(path):
    path.write_bytes(b"\xff\xfd \xff")
    raises(path, "no word", unicode_errors="ignore")


def test_unreached_min_count_names_the_highest_count(path):
    path.write_text("a a b")
    raises(path, "no word occurs 5 times .*most frequent 2.*lower min_count", min_count=5)


def test_unknown_words_only_is_an_error(path):
    path.write_text("a a b")
    raises(path, "none of its words", vocabulary=Vocabulary(["z"], [1]))


def test_text_that_starts_like_bzip2_is_text(path):
    path.write_text("BZh is how it starts")
    assert Corpus.from_file(path).words == 5


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_utf16_is_recognised(path, encoding):
    path.write_bytes("hello".encode(encoding))
    raises(path, "UTF-16", unicode_errors="replace")


@pytest.mark.parametrize("errors", ["strict", "replace", "ignore"])
@pytest.mark.parametrize("size", [4, 1 << 20])
def test_nul_byte_is_an_error_with_its_line(path, errors, size):
    sized = Sized(block_bytes=size)
    path.write_bytes(b"a b\nc d\n\ne f\0g\n")
    raises(path, "line 4: NUL byte", doors=sized, unicode_errors=errors)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_first_fault_of_a_file_is_reported_whatever_the_workers(path, workers):
    sized = Sized(block_bytes=32)
    lines = [b"some words on a line"] * 400
    for at in (123, 124, 125, 130, 200, 399):
        lines[at] = b"some w\xffrds"
    path.write_bytes(b"\n".join(lines))
    for _ in range(5):
        raises(path, 'line 124: invalid UTF-8.*unicode_errors="replace"', doors=sized, workers=workers)


def test_of_two_faults_found_at_once_the_first_is_reported(path, monkeypatch):
    path.write_bytes(b"ok\n\xff\n\xfe\n")
    both_there = threading.Barrier(2)

    class Table(encoder.TokenTable):
        def read(self, data, position, *rest):
            if position > 0:
                both_there.wait(10)
            if position == 3:
                time.sleep(0.05)
            return super().read(data, position, *rest)

    monkeypatch.setattr(encoder, "TokenTable", Table)
    sized = Sized(block_bytes=2)
    raises(path, "line 2: invalid UTF-8", doors=sized, workers=2)


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        ({"unicode_errors": "surrogateescape"}, "unicode_errors"),
        ({"workers": 0}, "workers"),
        ({"min_count": -1}, "min_count"),
        ({"max_final_vocab": 0}, "max_final_vocab"),
        ({"vocabulary": Vocabulary(["a"], [1]), "min_count": 2}, "vocabulary="),
        ({"vocabulary": Vocabulary(["a"], [1]), "max_final_vocab": 2}, "vocabulary="),
        ({"vocabulary": Vocabulary(["a"], [1]), "trim_rule": lambda *_: None}, "vocabulary="),
    ],
)
def test_senseless_options_are_errors(path, options, pattern):
    path.write_text("a")
    with pytest.raises(ValueError, match=pattern):
        Corpus.from_file(path, **options)


# ---- threads ----


class BoomError(Exception):
    pass


def test_an_error_in_a_thread_surfaces_as_itself_and_stops_the_others(path, monkeypatch):
    path.write_bytes(b"a b c\n" * 1000)
    read = []

    class Table(encoder.TokenTable):
        def read(self, data, position, *rest):
            read.append(position)
            if len(read) == 3:
                raise BoomError
            time.sleep(0.001)
            return super().read(data, position, *rest)

    monkeypatch.setattr(encoder, "TokenTable", Table)
    sized = Sized(block_bytes=6)
    threads = threading.active_count()
    with pytest.raises(BoomError):
        sized.from_file(path, workers=4)
    assert len(read) < 900
    assert threading.active_count() == threads


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_keyboard_interrupt_stops_soon(path, monkeypatch):
    path.write_bytes(b"a b c\n" * 10000)

    class Table(encoder.TokenTable):
        def read(self, *arguments):
            time.sleep(0.01)
            return super().read(*arguments)

    monkeypatch.setattr(encoder, "TokenTable", Table)
    sized = Sized(block_bytes=6)
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.2, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        sized.from_file(path, workers=2)
    assert time.monotonic() - sent[0] < 5
    timer.join()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_keyboard_interrupt_ends_the_wait_for_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    os.write(writer, b"a b c\n" * 10)
    given_up = threading.Event()

    def close():
        given_up.set()
        os.close(writer)

    main = threading.main_thread().ident
    interrupt = threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT))
    give_up = threading.Timer(5, close)
    give_up.start()
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        Corpus.from_file(pipe, workers=4)
    give_up.cancel()
    assert not given_up.is_set()
    os.close(writer)


def test_tables_are_few_and_gone_once_they_are_merged(path, monkeypatch):
    path.write_bytes(b"a b c\n" * 100)
    made, alive, seen = [], weakref.WeakSet(), []

    class Table(encoder.TokenTable):
        def __init__(self):
            made.append(True)
            alive.add(self)

    monkeypatch.setattr(encoder, "TokenTable", Table)
    sized = Sized(block_bytes=6)
    sized.from_file(path, workers=50, trim_rule=lambda *_: seen.append(len(alive)))
    assert len(made) == 8
    assert set(seen) == {1}


@pytest.mark.parametrize("workers", [1, 3])
def test_memory_holds_ids_once(workers):
    """Blocks give their pages back while the whole is put together."""
    blocks = [EncodedBlock(i, 0, np.full(3, i, np.int32), np.array([2])) for i in range(4)]
    ids, offsets = join_blocks(blocks, workers)
    assert blocks == []
    assert ids.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert offsets.tolist() == [0, 2, 5, 8, 11]


# ---- words and lines without end ----


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_word_without_end_is_refused_with_its_line(path, pack, workers):
    path.write_bytes(pack(b"a\nb c\n" + b"x" * (text.LONGEST_TOKEN + (4 << 20))))
    with pytest.raises(ValueError, match=f"{path}, line 3: a word of more than 16,777,216 bytes, without white space"):
        Corpus.from_file(path, workers=workers)


@pytest.mark.parametrize("option", [{"token_pattern": "x+"}, {"tokenizer": str.split}])
def test_a_line_without_end_is_refused_where_lines_are_split_whole(path, option, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_LINE", 1000)
    monkeypatch.setattr(text, "LONGEST_TOKEN", 10)
    sized = Sized(block_bytes=100)
    path.write_bytes(b"a\n" + b"x " * 300 + b"\n")
    assert sized.from_file(path, **option).words > 300 - 1
    path.write_bytes(b"a\n" + b"x " * 3000 + b"\n")
    with pytest.raises(ValueError, match=f"{path}, line 2: a line of more than 1,000 bytes, .* cut it to several"):
        sized.from_file(path, **option)
    assert sized.from_file(path).words == 3001, "split at white space, a line may have any length"


@pytest.mark.parametrize("space", SPACES)
def test_white_space_of_any_kind_ends_a_word(path, space, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_TOKEN", 100)
    path.write_bytes(f"abcé{space}".encode() * 200)
    assert Sized(block_bytes=30).from_file(path).words == 200


def test_text8_refuses_a_word_without_end_too(path):
    path.write_bytes(gzip.compress(b"a b " + b"x" * (text.LONGEST_TOKEN + (2 << 20))))
    with pytest.raises(ValueError, match=f"{path}, byte 4: a word of more than 16,777,216 bytes"):
        list(Text8Corpus(path))


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz", "a.txt"])
def test_an_archive_is_named_and_what_to_do(tmp_path, name):
    inside, archive = tmp_path / "inside.txt", tmp_path / name
    inside.write_text("a b c\n")
    with tarfile.open(archive, f"w:{name.partition('.tar.')[2]}") as tar:
        tar.add(inside, "inside.txt")
    with pytest.raises(ValueError, match=f"{name}: a tar archive: unpack it, as with tar -xf .*{name}, and give the"):
        Corpus.from_file(archive)
    with tarfile.open(archive) as tar:
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from Python 3.11.4 on
        tar.extractall(tmp_path / "out", **safely)
    assert list(Corpus.from_file(tmp_path / "out")) == [["a", "b", "c"]]


# ---- byte order marks ----

MARKED = "\ufeffking queen\nking \ufeffx\n"


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path,
        lambda path: io.BytesIO(MARKED.encode()),
        lambda path: io.StringIO(MARKED),
        lambda path: MARKED.splitlines(),
        lambda path: MARKED.encode().splitlines(),
    ],
    ids=["path", "bytes", "text", "list of str", "list of bytes"],
)
def test_line_sentence_skips_a_byte_order_mark_at_the_start_only(path, make):
    path.write_text(MARKED, encoding="utf-8")
    sentences = LineSentence(make(path))
    for _ in range(2):
        assert list(sentences) == [["king", "queen"], ["king", "\ufeffx"]]
