"""Sentences from files in parts: LineSentence and PathLineSentences."""

import gzip
import io
import tracemalloc
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb.corpus import LineSentence, PathLineSentences, readers
from fastemb.corpus.text import LONGEST_TOKEN

pieces = st.lists(
    st.sampled_from(["a", "bc", "\u00c4", "\u65e5", " ", " ", "\t", "\r\n", "\n", "\u3000", "\x1c", "\ufeff"])
)


def sentences_of(text, most, limit):
    """What the sentences of a text are, by whole lines."""
    lines = text.removeprefix("\ufeff").split("\n")[:limit]
    return [line.split()[at : at + most] for line in lines for at in range(0, len(line.split()), most)]


@given(
    pieces.map("".join),
    st.integers(4, 9),
    st.integers(1, 4),
    st.sampled_from([None, 0, 1, 2]),
    st.sampled_from(["", "\ufeff"]),
)
def test_lines_in_parts_give_the_sentences_of_whole_lines(text, piece, most, limit, mark):
    text = mark + text.removeprefix("\ufeff")
    data = text.encode()
    sources = [io.BytesIO(data), io.StringIO(text, newline="\n"), io.BufferedReader(io.BytesIO(data))]
    lines = data.split(b"\n")
    with mock.patch.object(readers, "PIECE", piece):
        for source in (*sources, lines, [line.decode() for line in lines], [line + b"\n" for line in lines]):
            assert list(LineSentence(source, most, limit)) == sentences_of(text, most, limit)


def test_a_limit_leaves_the_rest_of_an_open_pipe_unread():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    file = Pipe(b"a\nb\nc\n")
    assert list(LineSentence(file, limit=2)) == [["a"], ["b"]]
    assert file.read() == b"c\n"


@pytest.mark.parametrize("make", [LineSentence, PathLineSentences])
def test_memory_does_not_grow_with_a_line(tmp_path, make):
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(b"word " * (5 << 20)))
    tracemalloc.start()
    words = sum(map(len, make(path)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert words == 5 << 20
    assert peak < 60 << 20


@pytest.mark.parametrize("make", [LineSentence, PathLineSentences])
def test_a_word_that_is_too_long_is_an_error_with_file_and_line(tmp_path, make):
    path = tmp_path / "text"
    path.write_bytes(b"a b\n" + b"x" * LONGEST_TOKEN)
    assert sum(map(len, make(path))) == 3
    path.write_bytes(b"a b\n" + b"\0" * (LONGEST_TOKEN + (2 << 20)))
    with pytest.raises(ValueError, match=f"{path}, line 2: a word of more than 16,777,216 bytes"):
        list(make(path))


@pytest.mark.parametrize("tail", [b"\xff", b"\xe6\x97"])
@pytest.mark.parametrize("before", range(9))
def test_bytes_that_are_no_text_are_named_by_their_line(tail, before):
    with mock.patch.object(readers, "PIECE", 4), pytest.raises(ValueError, match="source, line 2: invalid UTF-8"):
        list(LineSentence(io.BytesIO(b"a\n" + b"x" * before + tail)))


@pytest.mark.parametrize("source", [None, 3])
def test_what_holds_no_lines_is_refused(source):
    with pytest.raises(TypeError, match="source must be a path, an open file or an iterable of lines, not the"):
        LineSentence(source)


@pytest.mark.parametrize("line", [None, ["a", "b"], 3])
def test_lines_are_text(line):
    with pytest.raises(TypeError, match="source, line 2: a line is str or bytes, not the"):
        list(LineSentence(["a", line]))
