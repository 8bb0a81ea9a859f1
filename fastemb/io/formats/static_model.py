"""A folder that model2vec and sentence-transformers load as it is: vectors of tokens, and their tokenizer.

A text's vector is the mean of those of its tokens. model2vec leaves unknown tokens out of the mean, and
sentence-transformers takes the unknown token's vector, which is therefore zero: the direction is the same in both.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._version import __version__
from ...checks import warn
from ...signals import slices
from ..atomic import StrPath, atomic_folder, atomic_write
from ..paths import local_path
from ..safetensors import Place, read_header, read_one, write_tensors
from .about import About
from .reading import DEFAULT, Reading
from .rows import refuse_none
from .table import VectorTable
from .word_tokenizer import Splitting, WordTokenizer, make_word_tokenizer, read_json, read_tokens

Array = NDArray[Any]

_TOKENIZER, _TENSORS, _MODULES, _CONFIG, _CARD = (
    "tokenizer.json",
    "model.safetensors",
    "modules.json",
    "config.json",
    "README.md",
)
_FILES = (_TOKENIZER, _TENSORS, _MODULES, _CONFIG, _CARD)
_NESTED = "0_StaticEmbedding"  # where sentence-transformers 3 put the first two
_TENSOR_NAMES = ("embeddings", "embedding.weight")  # model2vec's, which the other one takes, too; and the other one's
_WEIGHTS, _MAPPING = "weights", "mapping"  # of model2vec, where several tokens share a row
_MODULE = "sentence_transformers.models.StaticEmbedding"
_HARMLESS = ("Normalize",)  # modules that leave the directions as they are
_MOST_VALUES = 1 << 20  # of the small files
_OWN = "fastemb"
_SPACED = "keys_with_spaces"  # of our note: those that have spaces where other phrases have the delimiter

ABOUT = About(
    name="sentence-transformers and model2vec",
    option="sentence-transformers",
    holds=(_TOKENIZER, _TENSORS),
    enough=(_MODULES, _TOKENIZER, f"{_NESTED}/{_TOKENIZER}"),
    dtypes=("float32", "float16"),
)

logger = logging.getLogger(__name__)


class SavedModel(NamedTuple):
    """What was written into a folder for sentence-transformers and model2vec."""

    keys: int
    """How many keys have a token."""

    phrases: int
    """How many of these are of several words."""

    lost: list[str]
    """Keys that are not in the folder, as no text gives them with this splitting."""

    lower: bool
    """Whether texts are put in lower case."""


def recognises(start: bytes) -> bool:
    """No single file is in this format."""
    return False


# ---- writing ----


def write(path: StrPath, table: VectorTable) -> None:
    """Write a folder for words that white space parts; see `write_folder`."""
    write_folder(path, table)


def write_folder(
    path: StrPath, table: VectorTable, splitting: Splitting | None = None, note: Mapping[str, Any] | None = None
) -> SavedModel:
    """Write a folder, which is there whole or not at all. One with the same files is replaced.

    Args:
        path: The folder.
        table: Keys and vectors.
        splitting: How texts become keys. Default None: at white space.
        note: What was done to the vectors, for config.json.

    Raises:
        ValueError: No key is left, a vector has NaN or infinite values, or ``path`` is a URL.
        FileExistsError: There is a file of this name, or a folder with other files in it.
    """
    name = local_path(path)
    refuse_none(name, "such a folder", table)
    splitting = splitting or Splitting()
    made = make_word_tokenizer(table.keys, splitting)
    if not made.rows:
        raise ValueError(
            f"{name}: no text gives any of these keys, such as {made.lost[0]!r}: look at lower=, token_pattern= and "
            "delimiter="
        )
    vectors = _with_unknown(name, table, made.rows)
    delimiter = splitting.delimiter if made.phrases else None
    keys = list(table.keys)
    spaced = [str(keys[row]) for row in made.rows if " " in str(keys[row])] if delimiter is not None else []
    kept = {_SPACED: spaced} if spaced else {}
    with atomic_folder(name, _FILES) as folder:
        write_tensors(os.path.join(folder, _TENSORS), {_TENSOR_NAMES[0]: vectors}, {"format": "np"})
        _write(folder, _TOKENIZER, made.text)
        _write_json(
            folder, _CONFIG, _config(vectors, {"delimiter": delimiter, "lower": made.lower, **kept, **(note or {})})
        )
        _write_json(folder, _MODULES, [{"idx": 0, "name": "0", "path": "", "type": _MODULE}])
        _write(folder, _CARD, _card(os.path.basename(os.path.abspath(name)), made, vectors, note or {}).encode())
    _tell(name, made, splitting)
    return SavedModel(len(made.rows), made.phrases, made.lost, made.lower)


def _with_unknown(path: str, table: VectorTable, rows: list[int]) -> Array:
    """The vectors of tokens: zeros for the unknown one, then those of the rows."""
    dtype = table.vectors.dtype if table.vectors.dtype == np.float16 else np.dtype(np.float32)
    vectors = np.zeros((len(rows) + 1, table.vectors.shape[1]), dtype)
    taken = np.array(rows, np.intp)
    for part in slices(len(rows)):
        with np.errstate(over="ignore"):
            block = vectors[1:][part]
            block[:] = table.vectors[taken[part]]
        wrong = ~np.isfinite(block).all(axis=1)
        if wrong.any():
            key = list(table.keys)[taken[part][int(wrong.argmax())]]
            raise ValueError(f"{path}: the vector of {key!r} has NaN, infinite or too large values: leave it out")
    return vectors


def _config(vectors: Array, note: Mapping[str, Any]) -> dict[str, Any]:
    """What model2vec reads; without a greatest length it reads texts to their ends."""
    return {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "normalize": False,
        "max_length": None,
        "hidden_dim": vectors.shape[1],
        "embedding_dtype": vectors.dtype.name,
        _OWN: {"version": __version__, **note},
    }


def _write(folder: str, name: str, content: bytes) -> None:
    with atomic_write(os.path.join(folder, name)) as file:
        file.write(content)


def _write_json(folder: str, name: str, content: Any) -> None:
    _write(folder, name, json.dumps(content, indent=4).encode() + b"\n")


_CARD_TEXT = """\
---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
tags:
- sentence-transformers
- model2vec
- static-embeddings
- feature-extraction
---

# {name}

Vectors of {keys:,} words, {phrases}in {size} dimensions, made by fastemb {version}. A text's vector is the mean of its
words' vectors. Texts are split {splitting}{lower}; words that have no vector count nothing.

{weights}

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
vectors = model.encode(["a text", "another text"])
```

```python
from model2vec import StaticModel

model = StaticModel.from_pretrained("path/to/this/folder")
vectors = model.encode(["a text", "another text"])
```

Compare vectors by the cosine. The lengths of the two libraries' vectors differ where a text has unknown words, the
directions do not.
"""


def _card(name: str, made: WordTokenizer, vectors: Array, note: Mapping[str, Any]) -> str:
    """The model card."""
    weights = note.get("weights", "mean")
    how = f"Words are weighted ({weights})" if weights != "mean" else "All words count the same"
    removed = note.get("removed", 0)
    return _CARD_TEXT.format(
        name=name or "Vectors of words",
        keys=len(made.rows),
        phrases=f"{made.phrases:,} of them of several words, " if made.phrases else "",
        size=vectors.shape[1],
        version=__version__,
        splitting="at white space" if made.pattern is None else f"by the pattern `{made.pattern}`",
        lower=" and put in lower case" if made.lower else "",
        weights=f"{how}, and {removed} principal components are removed." if removed else f"{how}.",
    )


def _tell(path: str, made: WordTokenizer, splitting: Splitting) -> None:
    """Say what became of the keys."""
    logger.info("%s: %d keys, %d of them of several words", path, len(made.rows), made.phrases)
    if not made.lost:
        return
    why = [
        "those with upper-case letters, as texts are put in lower case" if made.lower else "",
        "those that token_pattern does not match" if splitting.token_pattern is not None else "",
        "those with white space at an end or in a row",
        "the second of two that are spelt alike",
    ]
    examples = ", ".join(map(repr, made.lost[:5]))
    warn(
        f"{path}: {len(made.lost):,} of {len(made.lost) + len(made.rows):,} keys are left out, as no text would give "
        f"them ({'; '.join(filter(None, why))}): {examples}"
    )


# ---- reading ----


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read a folder that either library saved, or this one; its keys are the tokens, also where these are subwords.

    The token that stands for unknown words is left out if its vector is zero. Nothing is unpickled.

    Raises:
        ValueError: A file is damaged or missing, or the folder holds another kind of model; the message names the file.
    """
    name = local_path(path)
    inner = _inner(name)
    tensors, tokenizer = os.path.join(inner, _TENSORS), os.path.join(inner, _TOKENIZER)
    _require(tensors)
    _require(tokenizer)
    places, _ = read_header(tensors)
    array, count = _checked(tensors, places)
    tokens = read_tokens(tokenizer, count, f"rows in {tensors}")
    vectors = _vectors(tensors, array, places)
    names = tokens.names
    note = _own_note(name)
    delimiter, spaced = note.get("delimiter"), note.get(_SPACED, [])
    if isinstance(delimiter, str):
        as_they_are = set(spaced) if isinstance(spaced, list) and all(isinstance(key, str) for key in spaced) else set()
        names = [
            token.replace(" ", delimiter) if number in tokens.added and token not in as_they_are else token
            for number, token in enumerate(names)
        ]
    if tokens.unknown is not None and tokens.unknown < count and not vectors[tokens.unknown].any():
        del names[tokens.unknown]
        vectors = vectors[1:] if tokens.unknown == 0 else np.delete(vectors, tokens.unknown, axis=0)
    return VectorTable(names, vectors)


def _inner(folder: str) -> str:
    """The folder that holds tensors and tokenizer, as modules.json tells, if there is one."""
    path = os.path.join(folder, _MODULES)
    if not os.path.isfile(path):
        nested = os.path.join(folder, _NESTED)
        return nested if os.path.isfile(os.path.join(nested, _TOKENIZER)) else folder
    modules = read_json(path, _MOST_VALUES)
    if not isinstance(modules, list) or not modules or not all(_is_module(one) for one in modules):
        raise ValueError(f'{path}: no list of modules, each with a "type" and a "path"')
    first, *further = (str(one["type"]).rpartition(".")[2] for one in modules)
    other = first if first != "StaticEmbedding" else next((one for one in further if one not in _HARMLESS), None)
    if other is not None:
        raise ValueError(
            f"{path}: this model has a {other[:60]!r}: only a StaticEmbedding gives each token one "
            "vector, the same in all texts"
        )
    within = modules[0]["path"].replace("\\", "/")
    if within.startswith("/") or ":" in within or ".." in within.split("/"):
        raise ValueError(f"{path}: the path {within[:200]!r} leads out of the folder")
    found = os.path.normpath(os.path.join(folder, within))
    nested = os.path.join(folder, _NESTED)
    if not os.path.isfile(os.path.join(found, _TOKENIZER)) and os.path.isfile(os.path.join(nested, _TOKENIZER)):
        return nested
    return found


def _is_module(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("type"), str) and isinstance(one.get("path"), str)


def _require(path: str) -> None:
    if os.path.isfile(path):
        return
    pickled = os.path.join(os.path.dirname(path), "pytorch_model.bin")
    if path.endswith(_TENSORS) and os.path.isfile(pickled):
        raise ValueError(
            f"{path}: there is no such file, and {os.path.basename(pickled)}, which is a pickle, is not read: load the "
            "folder in sentence-transformers and save it anew"
        )
    raise FileNotFoundError(f"{path}: there is no such file, which a folder of {ABOUT.name} has")


def _checked(path: str, places: Mapping[str, Place]) -> tuple[str, int]:
    """The name of the array of vectors, and how many tokens there are; sizes fit before anything is read.

    Raises:
        ValueError: There is no such array, or shapes do not fit.
    """
    array = next((name for name in _TENSOR_NAMES if name in places), None)
    if array is None:
        raise ValueError(
            f"{path}: there is neither an array {_TENSOR_NAMES[0]!r} nor {_TENSOR_NAMES[1]!r} in it, but "
            f"{', '.join(map(repr, list(places)[:5])) or 'none'}"
        )
    shape = places[array].shape
    if len(shape) != 2 or 0 in shape:
        raise ValueError(f"{path}: the array {array!r} has the shape {shape}, which is no matrix of vectors")
    if places[array].code not in ("F64", "F32", "F16", "BF16", "I8"):
        raise ValueError(f"{path}: the array {array!r} has the dtype {places[array].code}, which vectors do not have")
    counts = {shape[0]} if _MAPPING not in places else set()
    for name in (_MAPPING, _WEIGHTS):
        if name in places:
            if len(places[name].shape) != 1:
                raise ValueError(f"{path}: the array {name!r} has the shape {places[name].shape}, not one dimension")
            counts.add(places[name].shape[0])
    if len(counts) > 1:
        raise ValueError(f"{path}: the arrays are for different numbers of tokens: {sorted(counts)}")
    return array, counts.pop()


def _vectors(path: str, array: str, places: Mapping[str, Place]) -> Array:
    """A vector for each token."""
    vectors = read_one(path, array)
    if vectors.dtype == np.int8:
        vectors = vectors.astype(np.float32)
    if _MAPPING in places:
        mapping = read_one(path, _MAPPING)
        if mapping.dtype.kind not in "iu" or not len(mapping) or mapping.min() < 0 or mapping.max() >= len(vectors):
            raise ValueError(f"{path}: the array {_MAPPING!r} names rows that there are not in {array!r}")
        vectors = vectors[mapping]
    if _WEIGHTS in places:
        vectors = (vectors * read_one(path, _WEIGHTS)[:, np.newaxis]).astype(np.result_type(vectors, np.float16))
    return vectors


def _own_note(folder: str) -> Mapping[str, Any]:
    """What `write_folder` noted in config.json; empty in folders of others."""
    path = os.path.join(folder, _CONFIG)
    if not os.path.isfile(path):
        return {}
    config = read_json(path, _MOST_VALUES)
    note = config.get(_OWN) if isinstance(config, dict) else None
    return note if isinstance(note, dict) else {}
