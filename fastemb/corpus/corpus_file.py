"""The file of an encoded corpus: safetensors, whose ids and offsets are mapped rather than read.

The arrays of a file, one after the other: ``offsets`` (int64, sentences + 1), ``counts`` (int64, one a word), the
words as `pack_keys` packs them, ``ids`` (int32), and ``checksums`` (uint32): CRC-32 of the header with its length, then
of each other array in turn, cut to pieces of 16 MiB. The bytes of words come last, as they end anywhere.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..checks import integer
from ..io.atomic import StrPath, atomic_write
from ..io.input_file import hint, require_file
from ..io.keys import pack_keys, unpack_keys
from ..io.kinds import reader_of
from ..io.safetensors import read_tensors, starts_like_tensors, tensor_header
from .blocks import Parts
from .checksums import Checksums, piece_count
from .mapped import DamagedError, OnDisk, mapped_memory
from .origin import origin_on_disk
from .vocabulary import Ids, Ints, Vocabulary

FORMAT = "fastemb.Corpus"
VERSION = "1"
PART_TOKENS = 1 << 20
_MOST_SUMS = 1 << 40  # more than any file has

Array = NDArray[Any]


class OtherVersionError(ValueError):
    """A corpus file of another version."""


@contextmanager
def naming(path: StrPath) -> Iterator[None]:
    """Add this path to errors of the system that name none, such as that of a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


# ---- writing ----


class Region:
    """An array in a file, written from front to back."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self.sums = Checksums()
        self.start = self.end = start
        self._file = file

    def write(self, array: Array) -> None:
        """Write more of it."""
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
        self._file.seek(self.end)
        self._file.write(data)
        self.sums.add(data)
        self.end += len(data)


class Layout:
    """Which arrays are in the file of a corpus, in their order; how many ids there are is known at the end."""

    def __init__(self, sentences: int, vocabulary: Vocabulary, most_words: int, metadata: dict[str, str]) -> None:
        # again, as people may have changed it
        vocabulary = Vocabulary(vocabulary.keys, vocabulary.counts, integer("least_count", vocabulary.least_count))
        keys, key_type = pack_keys(vocabulary.keys)
        self._metadata = {
            "format": FORMAT,
            "version": VERSION,
            "key_type": key_type,
            "least_count": str(vocabulary.least_count),
            **metadata,
        }
        self.first = {"offsets": _shape(np.int64, sentences + 1), "counts": vocabulary.counts}
        self.first |= {name: array for name, array in keys.items() if array.dtype == np.int64}
        self.last = {name: array for name, array in keys.items() if name not in self.first}
        self._room = 0
        self._room = len(self.header(most_words, _MOST_SUMS)) - 8
        self.start = 8 + self._room

    def header(self, words: int, sums: int) -> bytes:
        """The start of the file; always of the same length."""
        middle = {"ids": _shape(np.int32, words), "checksums": _shape(np.uint32, sums)}
        text = tensor_header(list((self.first | middle | self.last).items()), self._metadata, self._room)
        assert self._room in (0, len(text))
        return len(text).to_bytes(8, "little") + text


def _shape(dtype: Any, count: int) -> Array:
    """An array without content, for its dtype and shape."""
    return np.broadcast_to(np.zeros((), dtype), (count,))


def write_corpus_file(path: StrPath, layout: Layout, parts: Iterable[tuple[Ids, Ints]]) -> None:
    """Write a corpus file.

    Args:
        path: The file.
        layout: What is in it.
        parts: Some ids, and some offsets, one after the other.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise ValueError(f"cannot save a corpus to {os.fspath(path)}: it is not a file")
    with naming(path), atomic_write(path) as file:
        regions: list[Region] = []
        at = layout.start
        for name, array in layout.first.items():
            regions.append(Region(file, at))
            at += array.nbytes
            if name != "offsets":
                regions[-1].write(array)
        offsets, ids = regions[0], Region(file, at)
        for some_ids, some_offsets in parts:
            ids.write(some_ids)
            offsets.write(some_offsets)
        regions.append(ids)
        count = 1 + sum(piece_count(region.end - region.start) for region in regions)
        count += sum(piece_count(array.nbytes) for array in layout.last.values())
        at = ids.end + 4 * count
        for array in layout.last.values():
            regions.append(Region(file, at))
            regions[-1].write(array)
            at = regions[-1].end
        header = layout.header((ids.end - ids.start) // 4, count)
        sums = [zlib.crc32(header), *(one for region in regions for one in region.sums.end())]
        Region(file, ids.end).write(np.array(sums, np.uint32))
        Region(file, 0).write(np.frombuffer(header, np.uint8))


def save_corpus(path: StrPath, parts: Parts, part_tokens: int = PART_TOKENS) -> None:
    """See `Corpus.save`."""
    ids, offsets, vocabulary, raw_words, on_disk, _ = parts
    if on_disk is not None:
        on_disk.checked()
    require_folder(os.fspath(path))
    for name, array, dtype in (("ids", ids, np.int32), ("offsets", offsets, np.int64)):
        if getattr(array, "dtype", None) != dtype or array.ndim != 1:
            raise ValueError(f"the corpus's {name} must be an array of {np.dtype(dtype)} in one dimension")
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(ids):
        raise ValueError(f"the corpus's offsets must go from 0 to the number of ids, {len(ids)}")
    metadata = {"raw_words": str(integer("raw_words", raw_words, 0)), "source": ""}
    layout = Layout(len(offsets) - 1, vocabulary, len(ids), metadata)

    def pieces() -> Iterator[tuple[Ids, Ints]]:
        for start in range(0, max(len(ids), len(offsets)), part_tokens):
            some, ends = ids[start : start + part_tokens], offsets[max(start - 1, 0) : start + part_tokens]
            if some.size and not 0 <= some.min() <= some.max() < len(vocabulary):
                raise ValueError(
                    f"the corpus's ids must be at least 0 and below {len(vocabulary)}, the number of words"
                )
            if (ends[1:] < ends[:-1]).any():
                raise ValueError("the corpus's offsets must not fall")
            yield some, ends[min(start, 1) :]
            if on_disk is not None:
                on_disk.release()

    write_corpus_file(path, layout, pieces())


def require_folder(path: str) -> str:
    """The folder of a file that is to be made; FileNotFoundError when it is not there."""
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"cannot save to {path}: the folder {folder} does not exist")
    return folder


# ---- reading ----

_NAMES = {"str": ("offsets", "counts", "key_offsets", "ids", "keys"), "int": ("offsets", "counts", "keys", "ids")}
_NAMES["mixed"] = _NAMES["str"]
_DTYPES = {"offsets": np.int64, "counts": np.int64, "ids": np.int32, "checksums": np.uint32}


def open_corpus(path: StrPath, verify: bool) -> Parts:
    """See `Corpus.open`."""
    with naming(path):
        return parts_of(os.fspath(path), *map_corpus_file(path), verify)


def map_corpus_file(path: StrPath) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays and metadata of a corpus file of this version."""
    require_file(path)
    try:
        arrays, metadata = read_tensors(path, mmap="r")
    except ValueError as error:
        if _names_format(path):
            raise DamagedError(f"{error}: the corpus is damaged") from None
        raise ValueError(f"{path}: not an encoded corpus, such as Corpus.save writes{hint(path)}") from None
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: not an encoded corpus{reader_of(metadata) or ', but a file of other arrays'}")
    if metadata.get("version") != VERSION:
        raise OtherVersionError(
            f"{path}: a corpus of another version of fastemb (format {metadata.get('version')}, this one reads "
            f"{VERSION}): build it again"
        )
    return arrays, metadata


def is_corpus(path: StrPath) -> bool:
    """Whether the file at this path, if any, begins as a corpus file does, be it damaged or of another version."""
    return os.path.isfile(path) and _names_format(path)


def is_saved(path: StrPath) -> bool:
    """Whether this is a corpus that `save` or ``save_to`` wrote, and no cache."""
    if not is_corpus(path):
        return False
    try:
        return not read_tensors(path, mmap="r")[1].get("source")
    except ValueError:
        return False


def _names_format(path: StrPath) -> bool:
    with open(path, "rb") as file:
        start = file.read(4096)
    return starts_like_tensors(start[:9]) and FORMAT.encode() in start


def parts_of(path: str, arrays: dict[str, Array], metadata: dict[str, str], verify: bool) -> Parts:
    """The parts of a corpus from what `map_corpus_file` found; with ``verify`` all checksums are compared.

    Raises:
        DamagedError: they do not fit together.
    """
    try:
        _check_shapes(arrays, metadata)
        ids, offsets = arrays["ids"], arrays["offsets"]
        ids.flags.writeable = offsets.flags.writeable = False
        on_disk = OnDisk(path, ids, offsets, len(arrays["counts"]), has_name=True)
        _check_sums(arrays, metadata["key_type"], on_disk, verify)
        keys = unpack_keys(path, arrays, metadata["key_type"])
        vocabulary = Vocabulary(keys, arrays["counts"].copy(), int(metadata["least_count"]))
        return Parts(ids, offsets, vocabulary, int(metadata["raw_words"]), on_disk, origin_on_disk(path))
    except (KeyError, ValueError) as error:
        if isinstance(error, DamagedError):
            raise
        raise DamagedError(f"{path}: the corpus is damaged: {error}") from None


def _check_shapes(arrays: dict[str, Array], metadata: dict[str, str]) -> None:
    if set(arrays) != {*_NAMES[metadata["key_type"]], "checksums"}:
        raise ValueError("its arrays are others")
    for name, dtype in _DTYPES.items():
        if arrays[name].dtype != dtype or arrays[name].ndim != 1:
            raise ValueError(f"{name} are no {np.dtype(dtype)} in one dimension")


def _check_sums(arrays: dict[str, Array], key_type: str, on_disk: OnDisk, verify: bool) -> None:
    """Compare checksums: with ``verify`` all, else those of what is small."""
    names = [name for name in _NAMES[key_type] if verify or name not in ("ids", "offsets")]
    found = {name: Checksums() for name in names}
    if verify:
        on_disk.checked(lambda part: found["ids" if part.itemsize == 4 else "offsets"].add(part))
    for name in set(names) - {"ids", "offsets"}:
        found[name].add(arrays[name])
    sums, at = arrays["checksums"].tolist(), 1
    for name in _NAMES[key_type]:
        count = piece_count(arrays[name].nbytes)
        if name in found and found[name].end() != sums[at : at + count]:
            raise ValueError(f"the checksum of its {name} does not match")
        at += count
    memory = mapped_memory(arrays["checksums"])
    if memory is not None and sums[:1] != [zlib.crc32(memory[: 8 + int.from_bytes(memory[:8], "little")])]:
        raise ValueError("the checksum of its header does not match")
    if at != len(sums):
        raise ValueError("it has more checksums than it needs")
