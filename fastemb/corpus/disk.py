"""Encoded corpora on disk: one safetensors file, whose ids and offsets are mapped rather than read.

The arrays of a file, one after the other: ``offsets`` (int64, sentences + 1), ``counts`` (int64, one a word), the
words as `pack_keys` packs them, ``ids`` (int32), and ``checksums`` (uint32): CRC-32 of the header with its length, then
of each other array in turn, cut to pieces of 16 MiB. The bytes of words come last, as they end anywhere.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import tempfile
import threading
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BufferedRandom
from typing import Any, BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .._native import CheckedSentences, remap_ids
from ..io.atomic import StrPath, atomic_write
from ..io.keys import pack_keys, unpack_keys
from ..io.safetensors import read_tensors, starts_like_tensors, tensor_header
from .blocks import Encoded, Parts
from .sources import Source
from .vocabulary import Ids, Ints, Vocabulary

FORMAT = "fastemb.Corpus"
VERSION = "1"
PIECE_BYTES = 16 << 20
PART_TOKENS = 1 << 20
RELEASE_WORDS = 16 << 20
_MOST_SUMS = 1 << 40  # more than any file has

Array = NDArray[Any]


class OtherVersionError(ValueError):
    """A corpus file of another version."""


class DamagedError(ValueError):
    """A corpus file whose content is not what was written."""


class OnDisk:
    """The file that the ids and offsets of a corpus are mapped from.

    Pages that were read stay in the system's cache, but count as memory of this process only until `release`.
    """

    def __init__(self, path: str, ids: Ids, offsets: Ints, words: int) -> None:
        self.path = path
        self._arrays = ids, offsets, words
        self._memory = _memory_of(ids)
        self._checked: CheckedSentences | None = None
        self._released = 0

    def release(self) -> None:
        """Give back all pages; reading them again is no error."""
        if self._memory is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
            self._memory.madvise(mmap.MADV_DONTNEED)

    def passed(self, words: int) -> None:
        """Give pages back now and then; ``words``: how many were read in all."""
        if abs(words - self._released) >= RELEASE_WORDS:
            self._released = words
            self.release()

    def checked(self, see: Callable[[memoryview], None] = lambda _: None) -> CheckedSentences:
        """The ids and offsets, once it is known that they can be trusted; ``see`` sees all parts of them, in order.

        Raises:
            DamagedError: an id is out of range, or the offsets are no offsets.
        """
        if self._checked is None:

            def look(part: memoryview) -> None:
                see(part)
                self.release()

            try:
                self._checked = CheckedSentences(*self._arrays, look)
            except ValueError as error:
                raise DamagedError(f"{self.path}: damaged: {error}") from None
        return self._checked


def _memory_of(array: Array) -> mmap.mmap | None:
    """What the array is mapped from."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    base = getattr(base, "obj", base)
    return base if isinstance(base, mmap.mmap) else None


@contextmanager
def naming(path: StrPath) -> Iterator[None]:
    """Errors of the system that name no file, such as that of a full disk, name this one."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


class _Sums:
    """Checksums of the pieces of arrays."""

    def __init__(self) -> None:
        self.sums: list[int] = []
        self._sum = self._size = 0

    def add(self, data: Any) -> None:
        """More of an array, C-contiguous."""
        view = memoryview(data).cast("B")
        while len(view):
            part = view[: PIECE_BYTES - self._size]
            self._sum = zlib.crc32(part, self._sum)
            self._size += len(part)
            if self._size == PIECE_BYTES:
                self.end()
            view = view[len(part) :]

    def end(self) -> list[int]:
        """The array ends, or a piece of it; returns the sums so far."""
        if self._size:
            self.sums.append(self._sum)
        self._sum = self._size = 0
        return self.sums


# ---- writing ----


class _Region:
    """An array in a file, written from front to back."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self.sums = _Sums()
        self.start = self.end = start
        self._file = file

    def write(self, array: Array) -> None:
        """Write more of it."""
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
        self._file.seek(self.end)
        self._file.write(data)
        self.sums.add(data)
        self.end += len(data)


class _Layout:
    """What is in the file of a corpus, and where; how many ids there will be is known last."""

    def __init__(self, sentences: int, vocabulary: Vocabulary, most_words: int, metadata: dict[str, str]) -> None:
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
    """An array of which only dtype and shape count."""
    return np.broadcast_to(np.zeros((), dtype), (count,))


def _write(path: StrPath, layout: _Layout, parts: Iterable[tuple[Ids, Ints]]) -> None:
    """Write a corpus file; parts: some ids, and some offsets."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise ValueError(f"cannot save a corpus to {os.fspath(path)}: it is not a file")
    with naming(path), atomic_write(path) as file:
        regions: list[_Region] = []
        at = layout.start
        for name, array in layout.first.items():
            regions.append(_Region(file, at))
            at += array.nbytes
            if name != "offsets":
                regions[-1].write(array)
        offsets, ids = regions[0], _Region(file, at)
        for some_ids, some_offsets in parts:
            ids.write(some_ids)
            offsets.write(some_offsets)
        regions.append(ids)
        count = 1 + sum(-(-(region.end - region.start) // PIECE_BYTES) for region in regions)
        count += sum(-(-array.nbytes // PIECE_BYTES) for array in layout.last.values())
        at = ids.end + 4 * count
        for array in layout.last.values():
            regions.append(_Region(file, at))
            regions[-1].write(array)
            at = regions[-1].end
        header = layout.header((ids.end - ids.start) // 4, count)
        sums = [zlib.crc32(header), *(one for region in regions for one in region.sums.end())]
        _Region(file, ids.end).write(np.array(sums, np.uint32))
        _Region(file, 0).write(np.frombuffer(header, np.uint8))


def save_corpus(path: StrPath, parts: Parts) -> None:
    """See `Corpus.save`."""
    ids, offsets, vocabulary, raw_words, on_disk = parts
    _require_folder(os.fspath(path))
    layout = _Layout(len(offsets) - 1, vocabulary, len(ids), {"raw_words": str(raw_words), "source": ""})

    def pieces() -> Iterator[tuple[Ids, Ints]]:
        for start in range(0, max(len(ids), len(offsets)), PART_TOKENS):
            yield ids[start : start + PART_TOKENS], offsets[start : start + PART_TOKENS]
            if on_disk is not None:
                on_disk.release()

    _write(path, layout, pieces())


class _Waiting(NamedTuple):
    """A block in the temporary file."""

    position: int
    table: int
    start: int
    ids: int
    ends: int


class DiskStore:
    """A `Store` whose blocks wait in a temporary file, and become a corpus file; memory holds some blocks at a time.

    Args:
        path: the file to make.
        source: what it is made from, for `cached`.
    """

    def __init__(self, path: StrPath, source: str = "") -> None:
        self._path = os.fspath(path)
        self._source = source
        self._folder = _require_folder(self._path)
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()
        self._file = _temporary(self._folder)
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # that of a full disk, again
            self._file.close()

    def append(self, block: Encoded) -> None:
        """See `Store`."""
        with self._lock, naming(self._folder):
            self._waiting.append(_Waiting(block.position, block.table, self._end, len(block.ids), len(block.ends)))
            for array in (block.ids, block.ends):
                self._file.write(np.ascontiguousarray(array).view(np.uint8).data)
                self._end += array.nbytes

    def finish(self, numbers: Sequence[Ids], vocabulary: Vocabulary, raw_words: int) -> Parts:
        """See `Store`."""
        self._waiting.sort()
        metadata = {"raw_words": str(raw_words), "source": self._source}
        sentences = sum(block.ends for block in self._waiting)
        layout = _Layout(sentences, vocabulary, raw_words, metadata)
        _write(self._path, layout, self._numbered(numbers))
        self._file.close()
        return open_corpus(self._path, verify=False)

    def _numbered(self, numbers: Sequence[Ids]) -> Iterator[tuple[Ids, Ints]]:
        yield np.empty(0, np.int32), np.zeros(1, np.int64)
        token = 0
        for block in self._waiting:
            self._file.seek(block.start)
            ids, ends = np.empty(block.ids, np.int32), np.empty(block.ends, np.int64)
            for array in (ids, ends):
                self._file.readinto(array.view(np.uint8).data)
            ids = ids[: remap_ids(ids, numbers[block.table], ends)]
            yield ids, ends + token
            token += len(ids)


def _temporary(folder: str) -> BufferedRandom:
    """A file without a name, which goes when it is closed and no longer mapped."""
    return tempfile.TemporaryFile(dir=folder)


def _require_folder(path: str) -> str:
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"cannot save to {path}: the folder {folder} does not exist")
    return folder


def renumbered(parts: Parts, numbers: Ids, vocabulary: Vocabulary) -> Parts:
    """A corpus with numbers[id] for every id, those with a negative number left out.

    The corpus given is one on disk, and so is the result: in a file without a name, which goes when it is not used
    any more, beside the other, or in the folder for temporary files where that cannot be.
    """
    ids, offsets, _, raw_words, on_disk = parts
    assert on_disk is not None

    def pieces() -> Iterator[tuple[Ids, Ints]]:
        kept = done = 0
        for start in range(0, len(ids), PART_TOKENS):
            part = ids[start : start + PART_TOKENS].copy()
            is_last = start + len(part) == len(ids)
            end = len(offsets) if is_last else int(np.searchsorted(offsets, start + len(part)))
            places = offsets[done:end] - start
            count = remap_ids(part, numbers, places)
            yield part[:count], places + kept
            kept += count
            done = end

    made = temporary(on_disk, len(offsets), pieces(), len(vocabulary))
    return Parts(*made[:2], vocabulary, raw_words, made[2])


def temporary(source: OnDisk, offsets: int, pieces: Iterable[tuple[Ids, Ints]], words: int) -> tuple[Ids, Ints, OnDisk]:
    """Ids and offsets mapped from a file without a name, which goes when it is not used any more.

    It is beside the source, or in the folder for temporary files where that cannot be.

    source: what the pieces are made from; its pages are given back after each.
    offsets: how many there will be.
    pieces: some ids, and some offsets.
    words: how many different ones the ids are of.
    """
    folder = os.path.dirname(os.path.realpath(source.path))
    folder = folder if os.access(folder, os.W_OK) else tempfile.gettempdir()
    with _temporary(folder) as file, naming(folder):
        to_offsets, to_ids = _Region(file, 0), _Region(file, 8 * offsets)
        for some_ids, some_offsets in pieces:
            to_ids.write(some_ids)
            to_offsets.write(some_offsets)
            source.release()
        file.flush()
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    count = (to_ids.end - to_ids.start) // 4
    made_offsets = np.frombuffer(memory, np.int64, offsets)
    made_ids = np.frombuffer(memory, np.int32, count, to_ids.start if count else 0)
    return made_ids, made_offsets, OnDisk(source.path, made_ids, made_offsets, words)


# ---- reading ----

_NAMES = {"str": ("offsets", "counts", "key_offsets", "ids", "keys"), "int": ("offsets", "counts", "keys", "ids")}
_DTYPES = {"offsets": np.int64, "counts": np.int64, "ids": np.int32, "checksums": np.uint32}


def open_corpus(path: StrPath, verify: bool) -> Parts:
    """See `Corpus.open`."""
    with naming(path):
        return _parts(os.fspath(path), *_mapped(path), verify)


def cached(path: StrPath, source: str) -> Parts | None:
    """The corpus at ``path`` when it was made from ``source``, None when one is to be made there.

    Raises:
        ValueError: something else is there.
    """
    name = os.fspath(path)
    if not os.path.exists(name) or (os.path.isfile(name) and os.path.getsize(name) == 0):
        return None
    if is_saved(name):
        raise ValueError(f"{name}: a corpus that was saved, and no cache, so it is not replaced: choose another name")
    try:
        arrays, metadata = _mapped(name)
        return _parts(name, arrays, metadata, verify=True) if metadata.get("source") == source else None
    except OtherVersionError:
        return None
    except DamagedError as error:
        warnings.warn(f"{error}; it is built again", UserWarning, stacklevel=4)
        return None


def _mapped(path: StrPath) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays and metadata of a corpus file of this version."""
    try:
        arrays, metadata = read_tensors(path, mmap="r")
    except ValueError as error:
        if _names_format(path):
            raise DamagedError(f"{error}: the corpus is damaged") from None
        raise ValueError(f"{path}: not an encoded corpus, such as Corpus.save writes") from None
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: not an encoded corpus, but a file of {metadata.get('format', 'other tensors')}")
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


def apart(files: list[Source], made: StrPath | None, *others: StrPath | None) -> list[Source]:
    """The files to read, none of which is one to write.

    made: the corpus file to make. Where one is there already, it is left out of the folder or pattern that it is in.
    others: other files to write.

    Raises:
        ValueError: a file is both read and written.
        FileNotFoundError: nothing else is there to read.
    """
    if not files:
        return files
    written = {os.path.realpath(path) for path in (made, *others) if path is not None and os.path.isfile(path)}
    taken = [file for file in files if os.path.realpath(file.name) in written]
    for file in taken:
        is_made = made is not None and os.path.realpath(file.name) == os.path.realpath(made)
        if not (is_made and file.found and is_corpus(file.name)):
            raise ValueError(f"{file.name}: this file is to be read, so nothing is saved to it: choose another name")
    if len(taken) == len(files):
        raise FileNotFoundError(f"{taken[0].name}: there is no other file to read than this one, which is to be made")
    return [file for file in files if file not in taken]


def _names_format(path: StrPath) -> bool:
    with open(path, "rb") as file:
        start = file.read(4096)
    return starts_like_tensors(start[:9]) and FORMAT.encode() in start


def _parts(path: str, arrays: dict[str, Array], metadata: dict[str, str], verify: bool) -> Parts:
    try:
        _check_shapes(arrays, metadata)
        ids, offsets = arrays["ids"], arrays["offsets"]
        ids.flags.writeable = offsets.flags.writeable = False
        on_disk = OnDisk(path, ids, offsets, len(arrays["counts"]))
        _check_sums(arrays, metadata["key_type"], on_disk, verify)
        keys = unpack_keys(path, arrays, metadata["key_type"])
        vocabulary = Vocabulary(keys, arrays["counts"].copy(), int(metadata["least_count"]))
        return Parts(ids, offsets, vocabulary, int(metadata["raw_words"]), on_disk)
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
    found = {name: _Sums() for name in names}
    if verify:
        on_disk.checked(lambda part: found["ids" if part.itemsize == 4 else "offsets"].add(part))
    for name in set(names) - {"ids", "offsets"}:
        found[name].add(arrays[name])
    sums, at = arrays["checksums"].tolist(), 1
    for name in _NAMES[key_type]:
        count = -(-arrays[name].nbytes // PIECE_BYTES)
        if name in found and found[name].end() != sums[at : at + count]:
            raise ValueError(f"the checksum of its {name} does not match")
        at += count
    memory = _memory_of(arrays["checksums"])
    if memory is not None and sums[:1] != [zlib.crc32(memory[: 8 + int.from_bytes(memory[:8], "little")])]:
        raise ValueError("the checksum of its header does not match")
    if at != len(sums):
        raise ValueError("it has more checksums than it needs")


def source_of(files: Iterable[Source], *options: Any) -> str:
    """A text that is another one when a file (path, size, time of change) or an option is.

    options: those that decide what is encoded.

    Raises:
        ValueError: nobody could tell whether a file or an option changed.
    """
    digest = hashlib.sha256(f"{FORMAT} {VERSION}\n".encode())
    for option in options:
        digest.update(f"{_described(option)}\n".encode())
    for file in files:
        if file.size is None:
            raise ValueError(f"cache= needs files, to see whether they changed, and {file.name} is none: give save_to=")
        status = os.stat(file.name)
        place = os.path.abspath(file.name)
        digest.update(f"{place} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _described(option: Any) -> str:
    if isinstance(option, Vocabulary):
        keys, _ = pack_keys(option.keys)
        return " ".join(hashlib.sha256(array.data).hexdigest() for array in (*keys.values(), option.counts))
    for name in ("trim_rule", "tokenizer"):
        if getattr(option, name, None) is not None:
            raise ValueError(f"cache= cannot see whether the {name} has changed: give save_to=")
    pattern = getattr(option, "token_pattern", None)
    if isinstance(pattern, re.Pattern):  # whose repr may be cut
        return f"{replace(option, token_pattern=None)!r} {pattern.pattern!r} {pattern.flags}"
    return repr(option)
