"""The file tokenizer.json of the library tokenizers: one that knows whole words, and the tokens of any."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..json_text import parse_json

_UNKNOWN = "[UNK]"
_VALUES_A_TOKEN = 16  # in files of subwords: number, score, two merges, and seven of a token that was added
_OTHER_VALUES = 1 << 16
_LONGEST_BYTES = 1 << 30

# Python's white space, of which the library does not know the four separators.
_SPACE: dict[str, Any] = {"type": "Replace", "pattern": {"Regex": r"[\s\x1c-\x1f]+"}, "content": " "}
_LETTERS = r"\p{L}\p{N}_"  # Python's \w
_PARTS = re.compile(r"\\.|.", re.DOTALL)
_ONE_SET = re.compile(r"(?:\(\?u\))?(?:(?:\\b)?\\w\+(?:\\b)?|\[(?P<inner>(?:[^\[\]\\]|\\[^bB])+)\]\+)")

# At the end of a word, where str.lower makes another letter of it: marks and some signs do not end one.
_LAST_SIGMA = r"(?<=\p{L})Σ(?![\p{Mn}\p{Me}\p{Cf}\p{Sk}'.:·\u2019]*[\p{Lu}\p{Ll}\p{Lt}])"
_LOWER: tuple[dict[str, Any], ...] = (
    {"type": "Replace", "pattern": {"Regex": _LAST_SIGMA}, "content": "ς"},
    {"type": "Lowercase"},
)
# Two spaces between words and one at either end: so a phrase with its borders, " new  york ", is found between words
# alone, and shares no character with the phrase that follows.
_BORDERS: tuple[dict[str, Any], ...] = (
    {"type": "Strip", "strip_left": True, "strip_right": True},
    {"type": "Replace", "pattern": {"String": " "}, "content": "  "},
    {"type": "Replace", "pattern": {"Regex": r"\A|\z"}, "content": " "},
)


@dataclass(frozen=True)
class Splitting:
    """How texts become keys.

    Attributes:
        lower: Put texts in lower case. None: if no key has an upper-case letter.
        token_pattern: A regular expression that matches words. None: words are what white space parts.
        delimiter: What stands between the words of a key of several. None: there are no such keys.

    Raises:
        TypeError: One is of another type.
        ValueError: The delimiter is empty, or the pattern is no regular expression or has groups.
    """

    lower: bool | None = None
    token_pattern: str | re.Pattern[str] | None = None
    delimiter: str | None = "_"

    def __post_init__(self) -> None:
        if self.lower is not None and not isinstance(self.lower, bool):
            raise TypeError(f"lower must be True, False or None, not {self.lower!r}")
        if self.delimiter is not None and not isinstance(self.delimiter, str):
            raise TypeError(f"delimiter must be a str or None, not {self.delimiter!r}")
        if self.delimiter == "":
            raise ValueError('delimiter must not be empty: it is what stands between words, such as "_"; or None')
        self.compiled()

    def compiled(self) -> re.Pattern[str] | None:
        """The pattern, if there is one."""
        given = self.token_pattern
        if given is None:
            return None
        text = given.pattern if isinstance(given, re.Pattern) else given
        if not isinstance(text, str):
            raise TypeError(f"token_pattern must be a regular expression of str, not {given!r}")
        if isinstance(given, re.Pattern) and given.flags & ~re.UNICODE:
            raise ValueError(f"token_pattern has flags, which the tokenizer does not take: write {text!r} without them")
        try:
            found = re.compile(text)
        except re.error as error:
            raise ValueError(f"token_pattern={text!r} is no regular expression: {error}") from None
        if found.groups:
            raise ValueError(f"token_pattern={text!r} has groups, which the tokenizer does not take: write (?:...)")
        return found


@dataclass
class WordTokenizer:
    """A tokenizer of whole words.

    Attributes:
        text: The file tokenizer.json.
        rows: The row of each token but the first, which is the unknown word.
        phrases: How many tokens are of several words.
        lost: Keys that no text gives, and so have no token.
        lower: Whether texts are put in lower case.
        pattern: What words match, or None.
    """

    text: bytes
    rows: list[int]
    lower: bool
    pattern: str | None
    phrases: int = 0
    lost: list[str] = field(default_factory=list)


def make_word_tokenizer(keys: Iterable[Any], splitting: Splitting) -> WordTokenizer:
    """Make a tokenizer that gives the keys of a text, as `Corpus` and then `Phrases` would make them.

    A key of several words stands for these words side by side; of two that begin at one word the longer is found.
    """
    texts = [str(key) for key in keys]
    lower = splitting.lower
    if lower is None:
        lower = all(text == text.lower() for text in texts)
    pattern = splitting.compiled()
    found: dict[str, int] = {}
    words_only = pattern is None or _complement(pattern.pattern) is not None
    phrases: list[str] = []
    lost: list[str] = []
    for row, text in enumerate(texts):
        content = _content(text, splitting.delimiter, pattern, lower)
        if content is None or content in found:
            lost.append(text)
            continue
        if " " in content:
            phrases.append(content)
        found[content] = row
    unknown = _UNKNOWN
    while unknown in found:
        unknown = f"[{unknown}]"
    vocabulary = {unknown: 0} | {content: number for number, content in enumerate(found, start=1)}
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(vocabulary[phrase], phrase, not words_only) for phrase in phrases],
        "normalizer": {"type": "Sequence", "normalizers": _normalizers(lower, bool(phrases), pattern)},
        "pre_tokenizer": _pre_tokenizer(pattern),
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": unknown},
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return WordTokenizer(text.encode(), list(found.values()), lower, pattern and pattern.pattern, len(phrases), lost)


def _content(text: str, delimiter: str | None, pattern: re.Pattern[str] | None, lower: bool) -> str | None:
    """A key as a text has it, with single spaces between its words; None if no text has it."""
    if (lower and text != text.lower()) or not _is_text(text):
        return None
    parts = [text] if delimiter is None else text.split(delimiter)
    spaced = " ".join(parts) if all(parts) else text
    words = spaced.split()
    if not words or " ".join(words) != spaced:
        return None
    if pattern is not None and any(pattern.findall(word) != [word] for word in words):
        return None
    return spaced


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character
        return False
    return True


def _added(number: int, phrase: str, between_letters: bool) -> dict[str, Any]:
    return {
        "id": number,
        "content": phrase,
        "single_word": between_letters,
        "lstrip": False,
        "rstrip": False,
        "normalized": True,
        "special": False,
    }


def _normalizers(lower: bool, phrases: bool, pattern: re.Pattern[str] | None) -> list[dict[str, Any]]:
    other = None if pattern is None else _complement(pattern.pattern)
    space = [_SPACE if other is None else _SPACE | {"pattern": {"Regex": other}}]
    whole = phrases and (pattern is None or other is not None)
    return [*(_LOWER if lower else ()), *space, *(_BORDERS if whole else ())]


def _pre_tokenizer(pattern: re.Pattern[str] | None) -> dict[str, Any]:
    if pattern is None or _complement(pattern.pattern) is not None:
        return {"type": "WhitespaceSplit"}
    return {"type": "Split", "pattern": {"Regex": _translated(pattern.pattern)}, "behavior": "Removed", "invert": True}


def _complement(pattern: str) -> str | None:
    """What stands between words, for a pattern that is one set of characters, any number of them; else None.

    With white space in its place, phrases are found across commas and brackets, as where words come from the pattern.
    """
    simple = _ONE_SET.fullmatch(pattern)
    if simple is None or re.search(pattern, " ") or "&&" in pattern:
        return None
    inner = simple["inner"]
    inner = "\\w" if inner is None else inner
    inside = inner.removeprefix("^")
    return f"[{'' if inner.startswith('^') else '^'}{_translated(inside, in_set=True)}]+"


def _translated(pattern: str, *, in_set: bool = False) -> str:
    """A pattern of Python for the library, to which letters are also the marks above and below letters."""
    made: list[str] = []
    for part in _PARTS.findall(pattern.removeprefix("(?u)")):  # which is so anyway, and not known by this name
        if part == "\\w":
            made.append(_LETTERS if in_set else f"[{_LETTERS}]")
        elif part == "\\W" and not in_set:
            made.append(f"[^{_LETTERS}]")
        else:
            in_set = part == "[" or (in_set and part != "]")
            made.append(part)
    return "".join(made)


# ---- reading ----


@dataclass(frozen=True)
class Tokens:
    """The tokens of a tokenizer.

    Attributes:
        names: Each token, by its number.
        unknown: Number of the one that stands for all others, or None.
        added: Numbers of the tokens that were added to the model's own.
    """

    names: list[str]
    unknown: int | None
    added: frozenset[int]


def read_tokens(path: str, count: int, rows: str) -> Tokens:
    """Read the tokens of a tokenizer.json.

    Args:
        path: The file.
        count: How many tokens there are to be, one for each row of an array.
        rows: What has the rows, for messages.

    Raises:
        ValueError: The file is damaged, or has more or fewer tokens.
        OSError: It cannot be read.
    """
    document = read_json(path, _VALUES_A_TOKEN * count + _OTHER_VALUES)
    model = document.get("model") if isinstance(document, dict) else None
    if not isinstance(model, dict) or "vocab" not in model:
        raise ValueError(f'{path}: no tokenizer of the library tokenizers: there is no "vocab" in a "model"')
    numbered = _own_tokens(path, model["vocab"])
    added = _added_tokens(path, document.get("added_tokens"))
    by_number = {number: token for token, number in numbered.items()}
    for number, token in added.items():
        if by_number.setdefault(number, token) != token:
            raise ValueError(f"{path}: two tokens have the number {number}: {by_number[number]!r} and {token!r}")
    if len(by_number) != len(numbered.keys() | added.values()):
        raise ValueError(f"{path}: a token comes twice, or two tokens have one number")
    if len(by_number) != count:
        raise ValueError(f"{path}: {len(by_number):,} tokens for {count:,} {rows}")
    missing = next((number for number in range(count) if number not in by_number), None)
    if missing is not None:
        raise ValueError(
            f"{path}: no token has the number {missing}, and one has {max(by_number)}: row {missing} is lost"
        )
    names = [by_number[number] for number in range(count)]
    return Tokens(
        names, _unknown(path, model, numbered | {token: number for number, token in added.items()}), frozenset(added)
    )


def read_json(path: str, most_values: int) -> Any:
    """What a JSON file holds.

    Raises:
        ValueError: It is no JSON, or too large.
        OSError: It cannot be read.
    """
    if os.path.getsize(path) > _LONGEST_BYTES:
        raise ValueError(f"{path}: larger than {_LONGEST_BYTES:,} bytes, of which no such file has as many")
    with open(path, "rb") as file:
        text = file.read()
    try:
        return parse_json(text, _without_repeats, most_values)
    except ValueError as error:
        raise ValueError(f"{path}: damaged JSON: {error}") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the name {twice[:60]!r} comes twice")
    return found


def _own_tokens(path: str, vocabulary: Any) -> dict[str, int]:
    """Of the model: an object from token to number, or a list of tokens with scores."""
    if isinstance(vocabulary, list):
        tokens = [one[0] if isinstance(one, list) and len(one) == 2 else None for one in vocabulary]
        vocabulary = {token: number for number, token in enumerate(tokens) if isinstance(token, str)}
        if len(vocabulary) != len(tokens):
            raise ValueError(f'{path}: the "vocab" is no list of different tokens with their scores')
    if not isinstance(vocabulary, dict) or not all(_is_number(number) for number in vocabulary.values()):
        raise ValueError(f'{path}: the "vocab" does not give a number to each token')
    found: dict[str, int] = vocabulary
    return found


def _added_tokens(path: str, added: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for one in added or ():
        number, token = (one.get("id"), one.get("content")) if isinstance(one, dict) else (None, None)
        if not isinstance(number, int) or not _is_number(number) or not isinstance(token, str):
            raise ValueError(f'{path}: one of the "added_tokens" has no number or no text: {str(one)[:100]}')
        found[number] = token
    return found


def _unknown(path: str, model: dict[str, Any], numbers: dict[str, int]) -> int | None:
    token = model.get("unk_token")
    number = model.get("unk_id") if token is None else numbers.get(token)
    if token is not None and number is None:
        raise ValueError(f"{path}: the token for unknown words, {str(token)[:60]!r}, is not in the vocabulary")
    return number if _is_number(number) else None


def _is_number(value: Any) -> bool:
    return type(value) is int and value >= 0
