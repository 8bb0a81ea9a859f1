"""What a file is, by its first bytes: for errors that say what to do with a file that came to the wrong reader."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

START_BYTES = 1 << 20
"""How much of a file's start is looked at."""

MOST_DIGITS = 18
"""Of a count: more do not fit in 64 bits."""

LONGEST_HEADER = 1000
"""Bytes of the first line of word2vec's files."""

_TEXT_BYTES = 4096  # that are looked at to tell text from numbers in binary
_LEAST_TEXT_BYTES = 256  # in fewer, numbers in binary may look like text
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAR = slice(257, 262)

_OWN = {
    "fastemb.KeyedVectors": ("KeyedVectors.load", "vectors in fastemb's own format (commands: fastemb similar, eval)"),
    "fastemb.Word2Vec": ("Word2Vec.load", "a Word2Vec model, of which KeyedVectors.load takes the vectors alone"),
    "fastemb.Item2Vec": ("Item2Vec.load", "an Item2Vec model (commands: fastemb items similar, recommend)"),
    "fastemb.ItemIndex": ("ItemIndex.load", "an index of items"),
    "fastemb.Phrases": ("Phrases.load", "counts of phrases"),
    "fastemb.FrozenPhrases": ("FrozenPhrases.load", "phrases with scores"),
    "fastemb.Embedding": ("layers.Embedding.load", "a layer"),
    "fastemb.EmbeddingBag": ("layers.EmbeddingBag.load", "a layer"),
    "fastemb.Corpus": ("Corpus.open", "an encoded corpus (commands: fastemb train, corpus info)"),
}
_FOREIGN = "a safetensors file of another program: load_vectors reads one of its arrays, with key= and words="
_GENSIM = (
    "a pickle of gensim: KeyedVectors.from_gensim or Word2Vec.from_gensim reads it, with gensim installed and the .npy "
    "files that belong to it beside it"
)
_TORCH = (
    "a file of torch.save: load it with torch.load, and give keys and weights to KeyedVectors.add_vectors, or save the "
    "weights as safetensors"
)
_STARTS = (
    (rb"\x80[\x02-\x05].{0,300}gensim", _GENSIM),
    (rb"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", _TORCH),
    (
        rb"\x80[\x02-\x05]",
        "a pickle, which may run any code when it is loaded: load it with the program that made it, and give keys and "
        "vectors to KeyedVectors.add_vectors",
    ),
    (rb"PK\x03\x04.{26}[^/]{1,100}/(data\.pkl|\.format_version|\.data/)", _TORCH),
    (
        rb"PK\x03\x04.{26}[^/]{1,100}\.npy",
        "an .npz file: numpy.load reads it, KeyedVectors.add_vectors takes what is in it",
    ),
    (rb"PK\x03\x04", "a zip archive: unpack it first"),
    (rb"\x93NUMPY", "an array of NumPy, without keys: give those and numpy.load of it to KeyedVectors.add_vectors"),
    (
        rb"\xba\x16O/",  # 793712314
        "a model of fastText, which is not read: use the .vec file that fastText writes beside it, or "
        "load_facebook_vectors of gensim and then KeyedVectors.from_gensim",
    ),
    (rb"\x89HDF\r\n", "an HDF5 file, which is not read: save the vectors as text or safetensors"),
    (rb"PAR1", "a Parquet file: Corpus.from_parquet and Interactions.from_file read those"),
    (rb"version https://git-lfs", "no more than a pointer of Git LFS to the file: run git lfs pull"),
    (rb"(?i)\s*<(!doctype|html|\?xml)", "a web page: the download went wrong"),
    (rb"(\xff\xfe|\xfe\xff)", "UTF-16 or UTF-32 text; save it as UTF-8"),
)


# ---- formats of word2vec's tools ----


def header_shape(line: bytes) -> tuple[int, int] | None:
    """The two numbers of the first line of a file of word2vec's tools, None when it is none."""
    fields = line.split()
    if len(fields) != 2 or not all(field.isdigit() and len(field) <= MOST_DIGITS for field in fields):
        return None
    return int(fields[0]), int(fields[1])


def is_word2vec_text(start: bytes) -> bool:
    """Whether a header and then text come first; without a header, a key and a number."""
    line, rest = _first_line(start)
    shape = header_shape(line)
    return goes_on_as_text(rest, shape[1]) if shape is not None else _are_numbers(line.split()[1:2], 1)


def is_word2vec_binary(start: bytes) -> bool:
    """Whether a header comes first, and then no text."""
    line, rest = _first_line(start)
    shape = header_shape(line)
    return shape is not None and not goes_on_as_text(rest, shape[1])


def is_surely_binary(start: bytes) -> bool:
    """Whether a header comes first, and then bytes that no text has."""
    line, rest = _first_line(start)
    return header_shape(line) is not None and _CONTROL.search(rest[:_TEXT_BYTES]) is not None


def _first_line(start: bytes) -> tuple[bytes, bytes]:
    line, _, rest = start.removeprefix(codecs.BOM_UTF8).partition(b"\n")
    return line[:LONGEST_HEADER], rest


def goes_on_as_text(rest: bytes, dims: int) -> bool:
    """Whether what follows a header is empty, a line of a key and so many numbers, or looks like text at least."""
    if not rest or _are_numbers(rest.partition(b"\n")[0].partition(b" ")[2].split(), dims):
        return True
    numbers = rest.partition(b" ")[2][:_TEXT_BYTES]
    return len(numbers) >= _LEAST_TEXT_BYTES and _CONTROL.search(numbers) is None


def _are_numbers(fields: list[bytes], count: int) -> bool:
    try:
        return len([float(field) for field in fields]) == count
    except ValueError:
        return False


# ---- all kinds ----


def reader_of(metadata: Mapping[str, str]) -> str:
    """The end of an error about a safetensors file with these metadata: what it is, and who reads it."""
    if metadata.get("format") not in _OWN:
        return ""
    reader, what = _OWN[metadata["format"]]
    return f"; {reader} reads it, as it is {what}"


def kind_of(start: bytes, *, texts: bool = True) -> str | None:
    """What a file that starts with these bytes is and what to do with it; None when nobody knows.

    Args:
        start: The bytes.
        texts: Whether vectors as text count.
    """
    if start[8:9] == b"{" and b'"data_offsets"' in start:
        own = re.search(rb'"format": ?"(fastemb\.[A-Za-z0-9]+)"', start)
        if own is None or own[1].decode() not in _OWN:
            return _FOREIGN
        reader, what = _OWN[own[1].decode()]
        return f"{what}: {reader} reads it"
    if start[_TAR] == b"ustar":
        return "a tar archive: unpack it first, with tar xf"
    for pattern, what in _STARTS:
        if re.match(pattern, start, re.DOTALL):
            return what
    if is_word2vec_binary(start):
        return "word2vec's binary format: KeyedVectors.load_word2vec_format reads it, with binary=True"
    if texts and is_word2vec_text(start):
        line, _ = _first_line(start)
        if header_shape(line) is not None:
            return "word2vec's text format: KeyedVectors.load_word2vec_format reads it, with binary=False"
        return "text without a header, as GloVe's: KeyedVectors.load_word2vec_format reads it, with no_header=True"
    return None


def first_line_of_text(start: bytes) -> bytes | None:
    """The first line of what looks like text, else None."""
    if not start.strip() or _CONTROL.search(start[:_TEXT_BYTES]):
        return None
    return start.removeprefix(codecs.BOM_UTF8).partition(b"\n")[0]
