"""Decimal numbers to floats and back."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb import _native
from fastemb.io.formats import word2vec_text
from fastemb.io.formats.word2vec_file import Reading
from fastemb.io.numbers import parse_double, parse_float

HARD = [
    "0",
    "-0",
    "+0.0",
    ".5",
    "5.",
    "-.5e-3",
    "1e22",
    "1e23",
    "9007199254740993",
    "9007199254740992.5",
    "16777217",
    "16777217.000000000000000000001",
    "16777216.999999999999999999999",
    "1.00000005960464477539062500",
    "1.00000005960464477539062501",
    "1.00000017881393432617187499",
    "3.4028235e38",
    "3.4028235677973366e38",
    "3.4028235677973365e38",
    "1e39",
    "1e400",
    "-1e400",
    "1.1754943508222875e-38",
    "1.1754942807573643e-38",
    "1e-45",
    "7.006492321624085e-46",
    "7.006492321624086e-46",
    "1e-400",
    "0." + "0" * 60 + "1e60",
    "1" + "0" * 60 + "e-60",
    "123456789012345678901234567890",
    "1234567890123456789.12345678901234567890",
    "2.2250738585072011e-308",
    "4.9e-324",
    "2.4703282292062327e-324",
    "8.5e-1",
    "1E5",
    "1e+05",
    "0.1",
    "0.30000001192092896",
    "99999999999999999999e-20",
]


def nearest_float(text: str) -> np.float32:
    """The float32 nearest to a decimal number, ties to even, by exact arithmetic."""
    exact = abs(Fraction(Decimal(text)))
    sign = np.float32(-1 if text.startswith("-") else 1)
    if exact >= Fraction(2) ** 128 - Fraction(2) ** 103:
        return sign * np.float32(np.inf)
    with np.errstate(over="ignore"):
        guess = min(np.float32(abs(float(text))), np.finfo(np.float32).max)
        around = [guess, np.nextafter(guess, np.float32(0)), np.nextafter(guess, np.float32(np.inf))]

    def badness(value: np.float32) -> tuple[Fraction, int]:
        return abs(Fraction(float(value)) - exact), int(value.view(np.uint32)) & 1

    return np.copysign(min((value for value in around if np.isfinite(value)), key=badness), sign)


def parsed(texts, dtype, tmp_path_factory):
    path = tmp_path_factory.mktemp("numbers") / "x.txt"
    path.write_text(f"{len(texts)} 1\n" + "".join(f"k{at} {text}\n" for at, text in enumerate(texts)))
    return word2vec_text.read(path, Reading(datatype=dtype)).vectors[:, 0]


def bits(values):
    return values.view(np.uint32 if values.dtype == np.float32 else np.uint64)


def assert_same(texts, got, want):
    wrong = [(text, a, b) for text, a, b in zip(texts, got, want, strict=True) if bits(a) != bits(b)]
    assert not wrong


def test_hard_floats(tmp_path_factory):
    got = parsed(HARD, np.float32, tmp_path_factory)
    assert_same(HARD, got, [nearest_float(text) for text in HARD])


def test_hard_doubles(tmp_path_factory):
    got = parsed(HARD, np.float64, tmp_path_factory)
    assert_same(HARD, got, [np.float64(text) for text in HARD])


def test_numbers_next_to_the_middle_of_two_floats(tmp_path_factory):
    rng = np.random.default_rng(1)
    floats = rng.integers(1 << 23, 0xFE << 23, 3000, dtype=np.uint32).view(np.float32)
    texts = []
    for low in floats:
        middle = (Decimal(float(low)) + Decimal(float(np.nextafter(low, np.float32(np.inf))))) / 2
        texts += [f"{middle:.17e}", f"{middle:.8e}", f"{middle:.60e}"]
    got = parsed(texts, np.float32, tmp_path_factory)
    assert_same(texts, got, [nearest_float(text) for text in texts])


@given(st.lists(st.floats(width=64, allow_nan=False), min_size=1))
def test_any_double_reads_back(tmp_path_factory, values):
    texts = [repr(value) for value in values]
    got = parsed(texts, np.float64, tmp_path_factory)
    assert_same(texts, got, np.array(values))


DECIMALS = st.from_regex(r"[+-]?([0-9]{1,25}\.?[0-9]{0,25}|\.[0-9]{1,25})([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@given(st.lists(DECIMALS.filter(str.isascii), min_size=1))
def test_any_decimal(tmp_path_factory, texts):
    assert_same(texts, parsed(texts, np.float64, tmp_path_factory), np.array([float(text) for text in texts]))
    assert_same(texts, parsed(texts, np.float32, tmp_path_factory), [nearest_float(text) for text in texts])


@pytest.mark.parametrize("field", [b"", b"x", b"1_0", b"1e", b"1e+", b".", b"-", b"0x1", b"1.2.3", b"--1", b"1f"])
def test_no_numbers(field):
    for parse in (parse_double, parse_float):
        with pytest.raises(ValueError, match=r"not a number|could not convert"):
            parse(field)


def written(values):
    rows = np.ascontiguousarray(values, np.float32).reshape(-1, 1)
    text = bytes(_native.write_text(rows, b"", np.zeros(len(rows), np.int64))).decode()
    return [line.removeprefix(" ") for line in text.split("\n")[:-1]]


def test_written_floats_look_like_pythons():
    values = [0.0, -0.0, 1.0, -2.5, 0.1, 1e-4, 1e-5, 1.5e-7, 1e15, 1e16, 123456.7, np.inf, -np.inf, np.nan, 1e-45]
    assert written(values)[:8] == ["0.0", "-0.0", "1.0", "-2.5", "0.1", "0.0001", "1e-05", "1.5e-07"]
    assert written(values)[8:] == ["1000000000000000.0", "1e+16", "123456.7", "inf", "-inf", "nan", "1e-45"]


def test_written_floats_are_as_short_as_numpys_and_read_back():
    rng = np.random.default_rng(2)
    values = np.concatenate(
        [
            rng.integers(0, 0x7F800000, 20_000, dtype=np.uint32).view(np.float32),
            -rng.normal(size=20_000).astype(np.float32),
            np.ldexp(np.float32(1), np.arange(-149, 128)).astype(np.float32),
        ]
    )
    texts = written(values)
    assert [Decimal(text) for text in texts] == [Decimal(str(value)) for value in values]
    assert_same(texts, np.array([parse_float(text.encode()) for text in texts], np.float32), values)
