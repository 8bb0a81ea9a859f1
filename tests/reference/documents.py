"""What fastText makes of a text, slowly: words, labels, n-grams and their hashes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

SPACE = b" \n\r\t\v\f\0"
END = b"</s>"


def tokens(data: bytes) -> Iterator[bytes]:
    """Words parted by white space; a line end is a word, too."""
    word = b""
    for byte in data:
        if byte not in SPACE:
            word += bytes([byte])
            continue
        if word:
            yield word
        word = b""
        if byte == 10:
            yield END
    if word:
        yield word


def fnv(word: bytes) -> int:
    """FNV-1a of 32 bits with bytes as signed numbers."""
    value = 2166136261
    for byte in word:
        value = ((value ^ (byte if byte < 128 else byte - 256)) & 0xFFFFFFFF) * 16777619 & 0xFFFFFFFF
    return value


def ngrams(word: bytes, minn: int, maxn: int) -> Iterator[bytes]:
    """Those of characters, of a word in < and >."""
    if word == END:
        return
    whole = b"<" + word + b">"
    starts = [at for at, byte in enumerate(whole) if byte & 0xC0 != 0x80] + [len(whole)]
    for first in range(len(starts) - 1):
        for size in range(1, maxn + 1):
            if first + size >= len(starts):
                break
            if size < minn or (size == 1 and (first == 0 or first + size == len(starts) - 1)):
                continue
            yield whole[starts[first] : starts[first + size]]


def counted(data: bytes, min_count: int, min_count_label: int, prefix: bytes) -> tuple[list[bytes], int, list[int]]:
    """The names of a dictionary, words first, how many are words, and their counts."""
    found = Counter(tokens(data))
    words = [(word, count) for word, count in found.items() if not word.startswith(prefix) and count >= min_count]
    labels = [(word, count) for word, count in found.items() if word.startswith(prefix) and count >= min_count_label]
    both = [*sorted(words, key=lambda one: -one[1]), *sorted(labels, key=lambda one: -one[1])]
    return [word for word, _ in both], len(words), [count for _, count in both]


def documents(
    data: bytes,
    names: list[bytes],
    words: int,
    *,
    minn: int = 0,
    maxn: int = 0,
    bucket: int = 0,
    word_ngrams: int = 1,
    prefix: bytes = b"__label__",
    pruned: dict[int, int] | None = None,
) -> Iterator[tuple[list[int], list[int]]]:
    """Rows and labels of each document of a file."""
    numbers = {name: number for number, name in enumerate(names)}
    rows: list[int] = []
    hashes: list[int] = []
    labels: list[int] = []

    def push(ngram: int) -> None:
        if pruned is None:
            rows.append(words + ngram)
        elif ngram in pruned:
            rows.append(words + pruned[ngram])

    def end() -> tuple[list[int], list[int]]:
        for first in range(len(hashes)):
            value = hashes[first] % 2**64
            for other in hashes[first + 1 : first + word_ngrams]:
                value = (value * 116049371 + other) % 2**64
                push(value % bucket)
        made = rows.copy(), labels.copy()
        for some in (rows, hashes, labels):
            some.clear()
        return made

    begun = False
    for word in tokens(data):
        begun = True
        number = numbers.get(word, -1)
        if number >= words:
            labels.append(number - words)
        elif number >= 0 or not word.startswith(prefix):
            if number >= 0:
                rows.append(number)
            for ngram in ngrams(word, minn, maxn):
                push(fnv(ngram) % bucket)
            value = fnv(word)
            hashes.append(value - 2**32 if value >= 2**31 else value)
        if word == END:
            yield end()
            begun = False
    if begun:
        yield end()
