"""Bytes -> tokens -> counts and ids: the token table against Python's own split and decode."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastemb import _native

SPACES = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000 and chr(code).isspace()]
SPACE_BYTES = re.compile(b"(?:" + b"|".join(re.escape(space.encode()) for space in SPACES) + b")+")


class Table:
    """A token table with arrays of the right size around it."""

    def __init__(self) -> None:
        self.native = _native.TokenTable()

    def read(self, data: bytes, position: int = 0, strict: bool = True) -> tuple[list[int], list[int]]:
        """Ids, and how many of them come before each line end."""
        ids = np.full((len(data) + 1) // 2 + 1, -1, np.int32)
        ends = np.full(_native.count_lines(data) + 1, -1, np.int64)
        count = self.native.read(data, position, strict, ids, ends)
        assert ends[-1] == -1
        return ids[:count].tolist(), ends[:-1].tolist()

    def tokens(self, errors: str = "strict") -> list[str]:
        tokens: bytearray = self.native.list(np.arange(len(self.native), dtype=np.int32))
        return [token.decode("utf-8", errors) for token in tokens.split(b"\0")[:-1]]

    def counts(self) -> tuple[list[int], list[int]]:
        """Of every token: how often, and where first."""
        counts, first = (np.full(len(self.native) + 1, -1, np.int64) for _ in range(2))
        self.native.counts(counts, first)
        assert (counts[-1], first[-1]) == (-1, -1)
        return counts[:-1].tolist(), first[:-1].tolist()


def check_read(text: str) -> None:
    data, table = text.encode(), Table()
    ids, ends = table.read(data)
    expected, tokens = text.split(), table.tokens()
    assert [tokens[index] for index in ids] == expected
    assert tokens == list(dict.fromkeys(expected)), "tokens stand in order of first appearance"
    assert ends == [len(text[: match.start()].split()) for match in re.finditer("\n", text)]
    assert _native.count_words(data) == len(expected)
    counts, first = table.counts()
    assert dict(zip(tokens, counts, strict=True)) == Counter(expected)
    for token, where in zip(tokens, first, strict=True):
        assert data.startswith(token.encode(), where)
        before = data[:where].decode()  # where a token begins is never inside a character
        assert token not in before.split()
        assert not before or before[-1].isspace()


# ---- splitting ----

pieces = st.one_of(
    st.sampled_from([*SPACES, "\n", " ", "a", "b", "ab", "\x01", "\x7f", "é", "\u200b", "\u2007x", "日本", "😀"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(pieces, max_size=40).map("".join))
def test_any_text_is_split_as_python_splits_it(text: str) -> None:
    check_read(text)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: f"U+{ord(space):04X}")
def test_every_kind_of_white_space_splits(space: str) -> None:
    check_read(f"{space}one{space}{space}two{space}three")
    for length in [*range(1, 20), *range(56, 70), *range(120, 132)]:  # around all 64 bytes that are looked at together
        check_read("x" * length + space + "y")
        check_read("x " * (length // 2) + "x" * (length % 2) + space + "\n" + space)


def test_no_other_character_splits() -> None:
    text = "".join(chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000 and not chr(code).isspace())
    table = Table()
    assert table.read(text.encode()) == ([0], [])
    assert table.tokens() == [text]


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "\n\n", "a", "a\n", "\na", "a\nb", "a \n b \n", "a\r\nb\r\n", "\r", "a\x85b\u2028c\u2029d\n"],
)
def test_only_line_feeds_end_lines(text: str) -> None:
    check_read(text)


def test_lines_are_counted() -> None:
    rng = random.Random(1)
    for length in (0, 1, 7, 8, 9, 63, 64, 65, 1000):
        data = bytes(rng.choice(b"a\n\x8a\x0b") for _ in range(length))
        assert _native.count_lines(data) == data.count(b"\n")


# ---- validity ----


def first_invalid_token(data: bytes) -> int | None:
    """Where the first token starts that Python cannot decode."""
    start = 0
    for piece in [*SPACE_BYTES.finditer(data), None]:
        token = data[start : piece.start() if piece else len(data)]
        try:
            token.decode()
        except UnicodeDecodeError:
            return start
        start = piece.end() if piece else 0
    return None


def error_offset(table: Table, data: bytes) -> int | None:
    try:
        table.read(data)
    except _native.BadTextError as error:
        return error.offset
    return None


def check_validity(data: bytes) -> None:
    expected = first_invalid_token(data)
    if expected is None:
        check_read(data.decode())
        return
    with pytest.raises(_native.BadTextError) as caught:
        Table().read(data)
    assert (caught.value.offset, caught.value.nul) == (expected, False)


def test_every_malformed_character_is_found() -> None:
    # Bytes at both sides of every boundary in the table of well-formed UTF-8 (Unicode, table 3-7).
    leads = [
        0x7F,
        0x80,
        0xBF,
        0xC0,
        0xC1,
        0xC2,
        0xDF,
        0xE0,
        0xE1,
        0xEC,
        0xED,
        0xEE,
        0xEF,
        0xF0,
        0xF1,
        0xF3,
        0xF4,
        0xF5,
        0xF7,
        0xF8,
        0xFF,
    ]
    follow = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
    table = Table()
    for length in range(4):
        for rest in itertools.product(follow, repeat=length):
            for lead in leads:
                data = bytes([lead, *rest])
                assert error_offset(table, data) == first_invalid_token(data), data


@pytest.mark.parametrize(
    "bad",
    [
        b"\xc0\x80",
        b"\xc1\xbf",
        b"\xe0\x80\x80",
        b"\xe0\x9f\xbf",
        b"\xf0\x80\x80\x80",
        b"\xf0\x8f\xbf\xbf",  # overlong
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xed\xa0\xbd\xed\xb8\x80",  # surrogates
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xff",
        b"\xfe",  # beyond U+10FFFF
        b"\x80",
        b"\xbf\xbf",
        b"\xc3",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"\xf0\x9f",
        b"\xe2",
        b"\xc3\xc3\xa9",
    ],  # cut short
    ids=bytes.hex,
)
def test_invalid_utf8_is_an_error_where_its_token_starts(bad: bytes) -> None:
    for before in (b"", b"a ", b"one two\nthree ", "é\u3000".encode(), b" " * 70, b"w " * 40):
        for inside in (b"", b"x", b"longer-than-eight-bytes"):
            for after in (b"", b"z", b" next \xff", b"\n"):
                check_validity(before + inside + bad + after)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    st.lists(
        st.one_of(pieces.map(str.encode), st.binary(min_size=1, max_size=4).filter(lambda b: 0 not in b)), max_size=12
    ).map(b"".join)
)
def test_strict_reading_accepts_what_python_decodes(data: bytes) -> None:
    check_validity(data)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=60).filter(lambda b: 0 not in b))
def test_lax_reading_takes_any_bytes(data: bytes) -> None:
    table = Table()
    ids, _ = table.read(data, strict=False)
    tokens = [token.encode("utf-8", "surrogateescape") for token in table.tokens("surrogateescape")]
    assert [tokens[index] for index in ids] == [token for token in SPACE_BYTES.split(data) if token]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"\0", 0),
        (b"a \0", 2),
        (b"a b\0c d", 2),
        (b"b b\0", 2),
        (b"long-long-long\0", 0),
        (b"one two \n three\0 \0", 10),
        (b"x " * 50 + b"\0" + b" y" * 50, 100),
    ],
)
def test_a_nul_byte_is_an_error_where_its_token_starts(data: bytes, offset: int, strict: bool) -> None:
    with pytest.raises(_native.BadTextError) as caught:
        Table().read(data, strict=strict)
    assert (caught.value.offset, caught.value.nul) == (offset, True)


def test_the_first_of_several_errors_is_reported() -> None:
    for words in (0, 1, 31, 32, 33, 100):
        good = b"".join(b"w%d " % k for k in range(words))
        for first, nul in ((b"\xff", False), (b"\0", True)):
            with pytest.raises(_native.BadTextError) as caught:
                Table().read(good + first + b" ok \0 \xff")
            assert (caught.value.offset, caught.value.nul) == (len(good), nul)


def test_tokens_that_cannot_be_decoded_follow_the_error_handler() -> None:
    table = Table()
    table.read(b"ok \xff\xfe", strict=False)
    with pytest.raises(UnicodeDecodeError):
        table.tokens()
    assert table.tokens("replace") == ["ok", "\ufffd\ufffd"]
    assert table.tokens("ignore") == ["ok", ""]


# ---- the table ----


def test_a_table_grows_past_a_hundred_thousand_tokens() -> None:
    table = Table()
    before = table.native.memory
    words = [f"word{k * 7919 % 150_000}" for k in range(150_000)]
    ids, _ = table.read(" ".join(words).encode())
    assert ids == list(range(150_000))
    assert table.read(" ".join(reversed(words)).encode())[0] == ids[::-1]
    assert table.tokens() == words
    assert table.counts()[0] == [2] * 150_000
    assert table.native.memory > before + 150_000 * 8


def test_tokens_that_share_a_prefix_stay_apart() -> None:
    words = ["a" * length for length in range(1, 300)]
    words += ["p" * length + end for length in range(40) for end in "xyz"]
    words += ["s" + "q" * length for length in range(40)] + ["t" + "q" * length for length in range(40)]
    words += [f"{'z' * 64}{k:04}{'z' * 64}" for k in range(1000)]
    words += [chr(1) * length for length in range(1, 20)]
    table = Table()
    assert table.read("\n".join(words).encode())[0] == list(range(len(words)))
    assert table.tokens() == words


def test_tokens_of_one_hash_stay_apart() -> None:
    """Tokens of 24 bytes whose first sixteen are chosen so that csrc/text.c hashes them to the same number."""
    golden, mask = 0x9E3779B97F4A7C15, (1 << 64) - 1

    def mix(value: int) -> int:
        value = value * golden & mask
        return value ^ value >> 32

    start, end = 24 * golden & mask, b"the-same"
    rng = random.Random(3)
    tokens = [b"the-first-of-all" + end]
    state = mix(mix(start ^ int.from_bytes(tokens[0][:8], "little")) ^ int.from_bytes(tokens[0][8:16], "little"))
    inverse = pow(golden, -1, 1 << 64)
    before = (state ^ state >> 32) * inverse & mask
    while len(tokens) < 50:
        first = bytes(rng.choice(b"abcdefgh") for _ in range(8))
        second = (before ^ mix(start ^ int.from_bytes(first, "little"))).to_bytes(8, "little")
        if all(0x21 <= byte < 0x7F or byte >= 0xF0 for byte in second):
            tokens.append(first + second + end)
    table = Table()
    assert table.read(b" ".join(tokens), strict=False)[0] == list(range(50))
    assert table.read(b" ".join(tokens[::-1]), strict=False)[0] == list(range(50))[::-1]


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 1_000_003])
def test_tokens_may_be_longer_than_64_kib(length: int) -> None:
    first, second = "é" * (length // 2) + "a" * (length % 2), "é" * (length // 2) + "b" * (length % 2 + 1)
    check_read(f"x {first} {second} {first}\n{second[:-1]} y")


def test_short_tokens_of_every_two_bytes_stay_apart() -> None:
    letters = [chr(code) for code in range(0x21, 0x7F)]
    words = letters + [a + b for a in letters for b in letters]
    table = Table()
    assert table.read(" ".join(words).encode())[0] == list(range(len(words)))


def test_reading_in_pieces_is_reading_at_once() -> None:
    text = "".join(random.Random(2).choice("ab cdé\n\u3000") for _ in range(5000))
    data, whole, parts = text.encode(), Table(), Table()
    expected_ids, _ = whole.read(data)
    ids, position = [], 0
    for line in data.splitlines(keepends=True):
        ids += parts.read(line, position)[0]
        position += len(line)
    assert (ids, parts.tokens(), parts.counts()) == (expected_ids, whole.tokens(), whole.counts())


word_lists = st.lists(
    st.sampled_from(["a", "b", "c", "dd", "é", "日本語", "longer-than-eight", "longer-than-nine"]), max_size=20
)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(word_lists, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_merged_tables_count_as_one(chunks: list[list[str]], rng: random.Random) -> None:
    datas = [(" ".join(words) + "\n").encode() for words in chunks]
    starts = [0, *itertools.accumulate(map(len, datas))]
    whole = Table()
    whole.read(b"".join(datas))
    tables, ids = [Table() for _ in datas], []
    for table, data, start in zip(tables, datas, starts, strict=False):
        ids.append(table.read(data, start)[0])

    order = rng.sample(range(len(tables)), len(tables))  # threads finish in any order
    merged = Table()
    for k in order:
        remap = np.full(len(tables[k].native) + 1, -7, np.int32)
        merged.native.merge(tables[k].native, remap)
        assert remap[-1] == -7
        tokens = merged.tokens()
        assert [tokens[index] for index in remap[ids[k]]] == chunks[k]

    def facts(table: Table) -> dict[str, tuple[int, int]]:
        return {token: (count, first) for token, count, first in zip(table.tokens(), *table.counts(), strict=True)}

    assert facts(merged) == facts(whole)


def test_merging_a_large_table() -> None:
    words = [f"w{k}" for k in range(30_000)]
    first, second = Table(), Table()
    first.read(" ".join(words[:20_000]).encode())
    second.read(" ".join(words[10_000:]).encode(), 10**9)
    remap = np.empty(len(second.native) + 1, np.int32)
    first.native.merge(second.native, remap)
    assert first.tokens() == words
    assert remap[:-1].tolist() == list(range(10_000, 30_000))
    assert first.counts()[0] == [1] * 10_000 + [2] * 10_000 + [1] * 10_000


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.integers(0, 4), max_size=6), max_size=6),
    st.lists(st.integers(-1, 9), min_size=5, max_size=5),
    st.booleans(),
)
def test_remapping_drops_negative_ids_and_moves_line_ends(
    lines: list[list[int]], remap: list[int], ends_last: bool
) -> None:
    ids = np.array([index for line in lines for index in line], np.int32)
    ends = np.cumsum([len(line) for line in lines]).astype(np.int64)
    if not ends_last:
        ends = ends[:-1]  # the last line may lack its end
    count = _native.remap_ids(ids, np.array(remap, np.int32), ends)
    new_lines = [[remap[index] for index in line if remap[index] >= 0] for line in lines]
    assert ids[:count].tolist() == [index for line in new_lines for index in line]
    assert ends.tolist() == np.cumsum([len(line) for line in new_lines]).tolist()[: len(ends)]


# ---- lists of tokens ----

token_lists = st.lists(
    st.one_of(
        st.sampled_from(["a", "b", "a b", "\n", "日本語", "x" * 8, "x" * 9, "x" * 16, "x" * 17, "y" + "x" * 16]),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40),
    ),
    max_size=80,
)


def listed(tokens: list[str]) -> bytes:
    return "".join(token + "\0" for token in tokens).encode()


def add(table: Table, tokens: list[str], position: int = 0) -> list[int]:
    ids = np.full(len(tokens), -7, np.int32)
    table.native.add(listed(tokens), None, None, position, ids)
    return ids.tolist()


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True)
@given(token_lists, token_lists)
def test_listed_tokens_are_counted_and_found(tokens: list[str], others: list[str]) -> None:
    table = Table()
    ids = add(table, tokens, 1000)
    known = table.tokens()
    assert known == list(dict.fromkeys(tokens))
    assert [known[index] for index in ids] == tokens
    counts, first = table.counts()
    assert dict(zip(known, counts, strict=True)) == Counter(tokens)
    assert first == [1000 + tokens.index(token) for token in known]
    found = np.full(len(others), -7, np.int32)
    table.native.find(listed(others), found)
    assert found.tolist() == [known.index(token) if token in known else -1 for token in others]
    assert table.tokens() == known, "looking up adds nothing"


def test_listed_tokens_may_bring_their_counts_and_places() -> None:
    table = Table()
    add(table, ["b", "a"], 50)
    ids = np.empty(3, np.int32)
    counts, firsts = np.array([5, 2, 10**12]), np.array([7, 99, 3])
    table.native.add(listed(["c", "a", "c"]), counts, firsts, 0, ids)
    assert ids.tolist() == [2, 1, 2]
    assert table.counts() == ([1, 3, 10**12 + 5], [50, 51, 3])


def test_read_and_listed_tokens_are_the_same() -> None:
    words = ["a", "long-" * 9, "日本語", "x" * 16, "x" * 17]
    table = Table()
    table.read(" ".join(words).encode())
    assert add(table, words) == list(range(5))


@pytest.mark.parametrize("bits", [1, 4, 8, 16])
def test_partitions_hold_every_token_once_and_are_those_of_any_table(bits: int) -> None:
    words = [f"w{k * 7919 % 10_000}{'-' * (k % 30)}" for k in range(10_000)]
    groups = []
    for some in (words, words[::-1][:3000]):
        table = Table()
        add(table, some)
        order, ends = np.empty(len(some) + 1, np.int32), np.empty(1 << bits, np.int64)
        table.native.partition(bits, order, ends)
        assert sorted(order[:-1].tolist()) == list(range(len(some)))
        parts = np.split(order[:-1], ends[:-1])
        groups.append({some[index]: part for part, indices in enumerate(parts) for index in indices.tolist()})
    assert groups[1].items() <= groups[0].items()
    if bits <= 8:
        assert max(Counter(groups[0].values()).values()) < 2 * len(words) / (1 << bits), "of even size"


def test_capitals_of_ascii_are_lowered() -> None:
    data = bytes(range(256)) * 3
    assert _native.lower_ascii(data) == data.lower()
