"""Messages of the library in the words of the command line: ``encoding="latin-1"`` is ``--encoding latin-1`` there."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence

_OPTIONS = {"max_final_vocab": "max-vocab", "format": "to"}  # others are called as in Python
_NAMES = (
    "min_count|max_final_vocab|max_vocab_size|max_sentence_length|token_pattern|unicode_errors|vector_size|min_alpha|"
    "ns_exponent|random_state|checkpoint_every"
)

# What says more than the name of an option, with what stands in its place. The first that fits counts.
_PHRASES = (
    (r'as with Corpus\.from_file\(path, encoding="([\w-]+)"\)', r"as with --encoding \1"),
    (r", or give encoding=$", ""),  # of word pairs, which commands read as UTF-8 only
    (r"give format='(\w+)' to load_vectors", r"give --from \1"),
    (r"read it with binary=\w+, or in load_vectors with format='([\w-]+)'", r"read it with --from \1"),
    (r"\b(need|with|as that,) format='([\w-]+)'", r"\1 --from \2"),
    (r"Lower alpha \(now", "Lower --alpha (now"),
    (r"a lower alpha \(now", "a lower --alpha (now"),
    (r"lower vector_size, or keep fewer rows.*", "lower --vector-size, or keep fewer words, as by --min-count"),
    (r": (KeyedVectors\.load\(path, )?mmap='r'\)? maps .* instead", ""),
    (r"init_vectors has", "--init-vectors has"),
    (r" or negative \(now", " or --negative (now"),
    (r"nothing was trained: epochs is 0", "nothing was trained: --epochs is 0"),
    (r"that min_count and sample keep", "that --min-count and --sample keep"),
    (r"contexts is for baskets without an order: .*", "--contexts is for baskets without an order: leave it out"),
    (r"look=Look\(size=\((\d+), (\d+)\)\)", r"--size \1 \2"),
    (r"look=Look\(font=PATH\)", "--font PATH"),
    (r"or a smaller font_size", "or a smaller --font-size"),
    (r"keys and neighbours_of exclude", "--words and --neighbours-of exclude"),
    (r"keys and restrict_vocab exclude", "--words and --restrict-vocab exclude"),
    (r"color and clusters exclude", "--color and --clusters exclude"),
    (r", or bring each to (\d+) by its method reduce", ""),
    (r"other forms can be read by pandas\.to_datetime\(.*\)", "write dates as 2020-01-31 or 2020-01-31 14:30"),
    (
        r"(checkpoint|text|corpus)\b(.*): go on from it by \w+\.resume\('([^']*)'\), or remove",
        r"\1\2: go on from it by --resume \3, without the text and its options, or remove",
    ),
    (r"checkpoint_every must be", "--checkpoint-every must be"),
    (r"Give the same text, or train on this one anew", "Name the same text, or leave it out"),
    (r"give the text where it is now, as in resume\(.*\)", "name the text where it is now, beside --resume"),
    (r"(\w+\.)?load reads it, and training begins anew with train", "training cannot go on from it here"),
    (r"give them again, as in resume\(.*\)", "name them again beside --resume"),
    (r": gap must be above", ": --gap must be above"),
    (r": give save_to=", ": encode it first, by 'fastemb corpus build'"),
    (
        r"set negative > 0 \(negative sampling\) or hs=1 \(hierarchical softmax\)",
        "give --negative 5, or --loss hs",
    ),
    (r"no item occurs min_count=(\d+) times", r"no item occurs \1 times (--min-count)"),
    (
        r"Corpus\.from_csv reads a table of text, .*",
        "the name of a table of text ends in .csv or .tsv, and text without columns is read without --column",
    ),
    (r"such as Corpus\.save writes", "such as 'fastemb corpus build' writes"),
    (r"histories=False leaves users out", "--no-histories leaves users out"),
    (r"sep, quotechar and encoding are for text", "--sep, --quotechar and --encoding are for text"),
    (r"what KeyedVectors\.save writes can", "fastemb's own format can: let the name end in .safetensors"),
    (r"an encoded corpus: open it with Corpus\.open", "an encoded corpus, which is read alone: name that file only"),
    (r"\bload_vectors reads (\w+)([^;()]*) \(commands: ([^)]+)\)", r"\3 read \1\2"),
    (r"\b[A-Z]\w+\.\w+[^:;()]* reads? [^:;()]*\(commands: ([^)]+)\)", r"\1 read it"),
    (r"(?<!in Python )\b((?:[A-Z]\w+\.\w+ (?:and|or) )?[A-Z]\w+\.\w+ reads?)\b", r"in Python \1"),
)
_LEARN = re.compile(r"to learn from text call \w+\(corpus_file=.*\)")  # with a path in it
_EMPTY = '""'  # as shells of all systems take it
_CALL = r"[\w.]+\([^()]*\)"
_NAMED = re.compile(r"""(?<![\w/.-])([a-z][a-z_]*)=("[^"]*"|'[^']*'|[\w.+-]*\w)?""")


def in_options(message: str, arguments: Sequence[str] = (), *, prefix: str = "") -> str:
    """The message with options in place of Python's arguments.

    Args:
        message: An error or a warning of the library.
        arguments: What the command was given; paths among it stay as they are.
        prefix: Of the names of options, such as "titles-" for ``--titles-encoding``.
    """
    message = _LEARN.sub("'fastemb train' and 'fastemb documents train' learn from text", message)
    paths = sorted((path for path in arguments if os.path.exists(path)), key=len, reverse=True)
    kept = [re.escape(path) for path in paths if re.search("[=_.]", path)]
    pieces = re.split(f"({'|'.join(kept)})", message) if kept else [message]
    pieces[::2] = [_translated(piece, prefix) for piece in pieces[::2]]
    return "".join(pieces)


def _translated(text: str, prefix: str) -> str:
    for pattern, words in _PHRASES:
        text = re.sub(pattern, words, text)
    parts = re.split(f"({_CALL})", text)  # calls of Python stay whole
    for place in range(0, len(parts), 2):
        named = re.sub(r"^([a-z_]+) must (be|lie) ", r"\1= must \2 ", parts[place]) if place == 0 else parts[place]
        named = _NAMED.sub(lambda found: _option(found[1], found[2], prefix), named)
        parts[place] = re.sub(
            rf"(?<![\w/.-])(?:{_NAMES})\b(?!\.)", lambda found: _option(found[0], None, prefix), named
        )
    return "".join(parts)


def _option(name: str, value: str | None, prefix: str) -> str:
    option = f"--{prefix}{_OPTIONS.get(name, name.replace('_', '-'))}"
    if value is None:
        return option
    plain = value[1:-1] if value[0] in "\"'" else value
    return f"{option} {shlex.quote(plain) if plain else _EMPTY}"
