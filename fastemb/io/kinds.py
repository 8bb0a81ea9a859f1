"""What a file is, by its first bytes: for errors that say what to do with a file that came to the wrong reader."""

from __future__ import annotations

import codecs
import pickletools
import re
from collections.abc import Mapping
from typing import Any

START_BYTES = 1 << 20
"""How much of a file's start is looked at."""

MOST_DIGITS = 18
"""Of a count: more do not fit in 64 bits."""

LONGEST_HEADER = 1000
"""Bytes of the first line of word2vec's files."""

_PAIR = 2
_TEXT_BYTES = 4096  # that are looked at to tell text from numbers in binary
_LEAST_TEXT_BYTES = 256  # in fewer, numbers in binary may look like text of another encoding than UTF-8
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NUMBER_START = re.compile(rb"[-+]?\.?[0-9]|nan|[-+]?inf", re.IGNORECASE)
_TAR = slice(257, 262)

NUMPY = b"\x93NUMPY"
"""How a file that numpy.save wrote begins."""

PARQUET = b"PAR1"
"""How a Parquet file begins."""

VECTOR_COMMANDS = "fastemb similar, nearest, analogy, index, eval, convert and info"
"""The commands that read vectors in any format."""

_LAYERS = (  # that have a file
    "Embedding",
    "EmbeddingBag",
    "Linear",
    "PatchEmbedding",
    "PositionEmbedding",
    "SampledSoftmaxLoss",
    "TokenAndPositionEmbedding",
)

_OWN = {  # by the format that they name: what reads them, as a sentence, and what they are
    "fastemb.KeyedVectors": (
        f"KeyedVectors.load reads it (commands: {VECTOR_COMMANDS})",
        "vectors in fastemb's own format",
    ),
    "fastemb.Word2Vec": (
        f"Word2Vec.load reads it, and KeyedVectors.load its vectors alone (commands: {VECTOR_COMMANDS})",
        "a Word2Vec model",
    ),
    "fastemb.FastText": (
        f"FastText.load reads it, and KeyedVectors.load its vectors alone (commands: {VECTOR_COMMANDS})",
        "a FastText model",
    ),
    "fastemb.Doc2Vec": (
        "Doc2Vec.load reads it (commands: fastemb documents infer and fastemb documents similar), and "
        f"KeyedVectors.load its vectors of words alone (commands: {VECTOR_COMMANDS})",
        "a Doc2Vec model",
    ),
    "fastemb.TextClassifier": (
        "TextClassifier.load reads it (commands: fastemb classify predict and fastemb classify test)",
        "a TextClassifier model",
    ),
    "fastemb.Graph": (
        "fastemb.graphs.Graph.load reads it (commands: fastemb graph train and fastemb graph walks)",
        "a graph",
    ),
    "fastemb.Node2Vec": ("fastemb.graphs.Node2Vec.load reads it", "a Node2Vec model"),
    "fastemb.DeepWalk": ("fastemb.graphs.DeepWalk.load reads it", "a DeepWalk model"),
    "fastemb.Item2Vec": (
        "Item2Vec.load reads it (commands: fastemb items similar and fastemb items recommend)",
        "an Item2Vec model",
    ),
    **{f"fastemb.{layer}": (f"layers.{layer}.load reads it", "a layer") for layer in _LAYERS},
    "fastemb.ItemIndex": ("ItemIndex.load reads it", "an index of items"),
    "fastemb.VectorIndex": ("VectorIndex.load reads it", "an index of vectors"),
    "fastemb.Phrases": ("Phrases.load reads it", "counts of phrases"),
    "fastemb.FrozenPhrases": ("FrozenPhrases.load reads it", "phrases with scores"),
    "fastemb.Corpus": (
        "Corpus.open reads it (commands: fastemb train and fastemb corpus info)",
        "an encoded corpus",
    ),
}
_LOAD = "KeyedVectors.load_word2vec_format reads it"
_FOREIGN = (
    "a safetensors file of another program: load_vectors reads one of its arrays, with key= its name and words= the "
    f"keys of its rows (commands: {VECTOR_COMMANDS})"
)
_WITH_GENSIM = "with gensim installed and the .npy files that belong to it beside it"
_GENSIM_VECTORS = f"vectors that gensim saved: KeyedVectors.from_gensim reads them, {_WITH_GENSIM}"
_NO_PARTS = "KeyedVectors.from_gensim reads its vectors of words, but not those of"
_PHRASES = "phrases that gensim saved, which are not read: Phrases(sentences) counts them anew"
_GENSIM = {  # by class
    "Word2Vec": (
        "a Word2Vec model that gensim saved: Word2Vec.from_gensim reads it, and KeyedVectors.from_gensim its vectors "
        f"alone, {_WITH_GENSIM}"
    ),
    **dict.fromkeys(("KeyedVectors", "Word2VecKeyedVectors", "EuclideanKeyedVectors"), _GENSIM_VECTORS),
    **dict.fromkeys(
        ("FastText", "FastTextKeyedVectors"), f"FastText that gensim saved: {_NO_PARTS} parts of words, {_WITH_GENSIM}"
    ),
    "Doc2Vec": f"a Doc2Vec model that gensim saved: {_NO_PARTS} documents, {_WITH_GENSIM}",
    **dict.fromkeys(("Phrases", "FrozenPhrases", "Phraser"), _PHRASES),
}
_PICKLE = (
    "a pickle, which may run any code when it is loaded: load it with the program that made it, and give a dict from "
    "key to vector to KeyedVectors.from_dict, or keys and vectors to add_vectors"
)
_TORCH = (
    "a file of torch.save: load it with torch.load, and give the weights and keys to KeyedVectors.from_torch, or save "
    "the weights as safetensors"
)
_STARTS = (
    (rb"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", _TORCH),
    (rb"\x80[\x02-\x05]", _PICKLE),
    (rb"PK\x03\x04.{26}[^/]{1,100}/(data\.pkl|\.format_version|\.data/)", _TORCH),
    (
        rb"PK\x03\x04.{26}[^/]{1,100}\.npy",
        f"an .npz file: load_vectors reads vectors and keys from one (commands: {VECTOR_COMMANDS})",
    ),
    (rb"PK\x03\x04", "a zip archive: unpack it first"),
    (
        NUMPY,
        "an array of NumPy, without keys: load_vectors reads it, with words= the keys of its rows "
        f"(commands: {VECTOR_COMMANDS})",
    ),
    (
        rb"\xba\x16O/",  # 793712314
        f"a model of fastText: load_vectors reads its vectors of words (commands: {VECTOR_COMMANDS})",
    ),
    (rb"\x89HDF\r\n", "an HDF5 file, which is not read: save the vectors as text or safetensors"),
    (
        PARQUET,
        "a Parquet file, whose name should end in .parquet: Corpus.from_parquet, Interactions.from_file and "
        f"load_vectors read those (commands: fastemb train --column, fastemb items train and {VECTOR_COMMANDS})",
    ),
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
    """Whether a header and then text come first; without a header, a key and numbers, two at least."""
    line, rest = _first_line(start)
    shape = header_shape(line)
    if shape is not None:
        return goes_on_as_text(rest, shape[1])
    fields = line.split()
    return len(fields) > _PAIR and _are_numbers(fields[1:2], 1)  # a key and one number are a count or an id


def has_header(start: bytes) -> bool:
    """Whether the first line is a header of word2vec's tools."""
    return header_shape(_first_line(start)[0]) is not None


def is_glove(start: bytes) -> bool:
    """Whether a key and numbers come first, two at least, and no header."""
    return not (has_header(start) or is_tab_separated(start)) and is_word2vec_text(start)


def is_tab_separated(start: bytes) -> bool:
    """Whether numbers that tabs part, and nothing else, come first."""
    fields = _first_line(start)[0].rstrip(b"\r\n").split(b"\t")
    return len(fields) > 1 and not any(b" " in field for field in fields) and _are_numbers(fields[:-1], len(fields) - 1)


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
    """Whether what follows a header is empty, a line of a key and so many numbers, or bytes that text has."""
    return _is_surely_text(rest, dims) or _is_printable(rest)


def is_text_after_all(rest: bytes, dims: int) -> bool:
    """Whether what follows a header is text, even if somebody says that it is binary.

    One or two numbers in binary may be bytes that text has. So a short text must have as many fields in its first line
    as there are dimensions, each of which begins as a number does.
    """
    if _is_surely_text(rest, dims):
        return True
    fields = rest.partition(b"\n")[0].split()[1:]
    return len(fields) == dims and all(map(_NUMBER_START.match, fields)) and _is_printable(rest)


def _is_surely_text(rest: bytes, dims: int) -> bool:
    line = rest.partition(b"\n")[0]
    if not rest or _are_numbers(line.partition(b" ")[2].split(), dims) or tab_after_key(line) is not None:
        return True
    numbers = rest.partition(b" ")[2][:_TEXT_BYTES]
    return len(numbers) >= _LEAST_TEXT_BYTES and _CONTROL.search(numbers) is None


def _is_printable(rest: bytes) -> bool:
    numbers = rest.partition(b" ")[2][:_TEXT_BYTES]
    return _CONTROL.search(numbers) is None and _is_utf8(numbers)


def _is_utf8(text: bytes) -> bool:
    """Whether this may be the start of UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text)
    except UnicodeDecodeError:
        return False
    return True


def tab_after_key(line: bytes) -> str | None:
    """What is wrong with a line of vectors as text in which a tab stands between the key and its numbers, else None."""
    key, _, rest = line.partition(b"\t")
    numbers = rest.split()
    if not key or b" " in key or not numbers or not _are_numbers(numbers, len(numbers)):
        return None
    return (
        f"a tab follows the key {key[:60]!r}, where a space must stand: write spaces in place of tabs, as with "
        "tr '\\t' ' ' < FILE > NEW"
    )


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
    return f"; it is {what}: {reader}"


def require_format(path: Any, metadata: Mapping[str, str], wanted: str, version: str) -> None:
    """Check that a file holds what its reader wants, in the version that it knows.

    Raises:
        ValueError: it holds something else; the message says what, and what reads it.
    """
    if metadata.get("format") != wanted:
        raise ValueError(f"{path}: holds no {wanted.removeprefix('fastemb.')}{reader_of(metadata)}")
    if metadata.get("version") != version:
        raise ValueError(f"{path}: written by a newer fastemb (format {metadata.get('version')})")


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
        return f"{what}: {reader}"
    if start[_TAR] == b"ustar":
        return "a tar archive: unpack it first, with tar xf"
    module, name = pickled_class(start)
    if module.partition(".")[0] == "gensim":
        return _GENSIM.get(name, f"a {name} that gensim saved, which stays with gensim")
    for pattern, what in _STARTS:
        if re.match(pattern, start, re.DOTALL):
            return what
    if is_word2vec_binary(start):
        return f"word2vec's binary format: {_LOAD}, with binary=True (commands: {VECTOR_COMMANDS})"
    if texts and is_word2vec_text(start):
        line, _ = _first_line(start)
        if header_shape(line) is not None:
            return f"word2vec's text format: {_LOAD}, with binary=False (commands: {VECTOR_COMMANDS})"
        what = f"{_LOAD}, with no_header=True (commands: {VECTOR_COMMANDS})"
        return f"text without a header, as GloVe's: {tab_after_key(line) or what}"
    return None


def pickled_class(start: bytes) -> tuple[str, str]:
    """The module and the name of the first class in a pickle, whose code is not run; empty if there is none."""
    if not re.match(rb"\x80[\x02-\x05]", start):
        return "", ""
    texts: list[str] = []
    try:
        for opcode, value, _ in pickletools.genops(start):
            if opcode.name in ("GLOBAL", "INST"):
                module, _, name = str(value).partition(" ")
                return module, name
            if opcode.name == "STACK_GLOBAL":
                return texts[-2], texts[-1]
            if isinstance(value, str):
                texts.append(value)
    except (ValueError, IndexError, UnicodeDecodeError):  # damaged, or longer than what was read
        pass
    return "", ""


def first_line_of_text(start: bytes) -> bytes | None:
    """The first line of what looks like text, else None."""
    if not start.strip() or _CONTROL.search(start[:_TEXT_BYTES]):
        return None
    return start.removeprefix(codecs.BOM_UTF8).partition(b"\n")[0]
