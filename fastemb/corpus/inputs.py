"""What text is read from: paths, folders, patterns, URLs and open files, each as a stream of UTF-8."""

from __future__ import annotations

import codecs
import glob
import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import IO, Any

from ..io.atomic import is_draft
from ..io.paths import AnyPath, expanded, file_system
from ..io.unpack import START_BYTES, Unpacked, compression
from .given import is_table
from .messages import short

TextSource = AnyPath | IO[Any] | Iterable[AnyPath | IO[Any]]
"""A path, a folder, a pattern, a URL, "-", an open file, or an iterable of these."""

UTF8 = "utf-8"

_TAR_SIGN = slice(257, 262)


@dataclass(frozen=True)
class InputFile:
    """One file.

    Attributes:
        name: For errors.
        open: Opens it, when its turn comes.
        size: Bytes, None when nobody knows before they are read.
        one_thread: Reading may wait for ever, so that only the main thread, which Ctrl-C reaches, should do it.
        found: It was found in a folder or by a pattern, rather than named.
    """

    name: str
    open: Callable[[], AbstractContextManager[IO[Any]]]
    size: int | None = None
    one_thread: bool = False
    found: bool = False


def find_inputs(source: Any) -> list[InputFile]:
    """The files that ``source`` names, in their order; see `Corpus.from_file`.

    Raises:
        FileNotFoundError: a path or folder is not there, or nothing matches a pattern.
        TypeError: this names no file.
        ValueError: nothing is named.
        ImportError: a URL, and fsspec is not installed.
    """
    is_path = isinstance(source, str | os.PathLike)
    if is_path or (isinstance(source, bytes) and (len(source.split()) == 1 or os.path.exists(expanded(source)))):
        return _named(expanded(source))
    if hasattr(source, "read"):
        return [_open_file(source)]
    if isinstance(source, bytes):
        raise TypeError(f"text is read from a path, a list of paths or an open file, and {short(source)} names no file")
    if not isinstance(source, Iterable) or getattr(source, "ndim", 1) == 0:
        raise TypeError(f"text is read from a path, a list of paths or an open file, not {type(source).__name__}")
    if is_table(source):
        raise TypeError(f"text is read from files, not from a table ({type(source).__name__}): see Corpus.from_arrow")
    found: list[InputFile] = []
    for item in source:
        if not isinstance(item, str | bytes | os.PathLike) and isinstance(item, Iterable) and not hasattr(item, "read"):
            raise TypeError(
                f"text is read from files, and a list of them holds paths, not {short(item)}: lists of tokens are "
                "sentences, which Word2Vec and Corpus.from_sentences take"
            )
        found += find_inputs(item)
    if not found:
        raise ValueError("there is no file to read: the list of files is empty")
    return found


# ---- names ----


def _named(path: str) -> list[InputFile]:
    if "\0" in path:
        raise ValueError(f"{path!r}: no path has a null byte in it")
    if path == "-":
        return [_open_file(getattr(sys.stdin, "buffer", sys.stdin), "standard input")]
    if os.path.isdir(path):
        return _of_files(_files_below(path), f"{path}: there is no file in this folder")
    if os.path.exists(path):
        return [_file(path)]
    if "://" in path:
        return _remote(path)
    if glob.has_magic(path):
        matches = [match for match in sorted(glob.glob(path, recursive=True)) if not is_draft(match)]
        return _of_files(
            [match for match in matches if os.path.isfile(match) and not is_draft(match)],
            f"{path}: no file matches this pattern",
        )
    return [_file(path)]


def _of_files(paths: list[str], nothing: str) -> list[InputFile]:
    if not paths:
        raise FileNotFoundError(nothing)
    return [replace(_file(path), found=True) for path in paths]


def _files_below(folder: str) -> list[str]:
    """All files in a folder and those within it, but for hidden ones."""
    found = []
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(at, name) for name in files if not name.startswith(".")]
    return sorted(path for path in found if os.path.isfile(path))


def _file(path: str) -> InputFile:
    status = os.stat(path)
    is_regular = stat.S_ISREG(status.st_mode)
    return InputFile(path, partial(open, path, "rb"), status.st_size if is_regular else None, not is_regular)


def _remote(url: str) -> list[InputFile]:
    system, path = file_system(url)
    paths = [path]
    if not url.startswith(("http://", "https://")):  # where * and ? mean other things, and folders are web pages
        if glob.has_magic(path):
            paths = sorted(match for match, info in system.glob(path, detail=True).items() if info["type"] == "file")
        elif system.isdir(path):
            paths = sorted(system.find(path))
        if not paths:
            raise FileNotFoundError(f"{url}: there is no file")
    return [InputFile(system.unstrip_protocol(one), partial(system.open, one, "rb")) for one in paths]


def _open_file(file: Any, name: str | None = None) -> InputFile:
    """A file object, which stays open."""
    told = name or getattr(file, "name", None)
    return InputFile(told if isinstance(told, str) else "the open file", lambda: nullcontext(file), one_thread=True)


# ---- streams ----


def check_encoding(encoding: str) -> str:
    """The name that Python gives this encoding.

    Raises:
        ValueError: it is not known, or no encoding of text.
    """
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except LookupError:
        raise ValueError(f"encoding={encoding!r} is no encoding of text that Python knows") from None
    return UTF8 if name == "utf-8-sig" else name


@contextmanager
def open_text(source: InputFile, encoding: str, errors: str, size: int) -> Iterator[Iterator[bytes]]:
    """What is in a file as pieces of UTF-8, unpacked, without a byte order mark, of about ``size`` bytes.

    UTF-8 is not looked at here; ``errors`` is for other encodings.

    Raises:
        ValueError: here or from the pieces: the file is compressed in a way that cannot be read, its data are damaged
            or cut off; the text is in another encoding.
        OSError: the file cannot be opened or read.
    """
    with source.open() as file:
        if isinstance(file, io.TextIOBase) or isinstance(file.read(0), str):
            if encoding != UTF8 or errors != "strict":
                raise ValueError(f"{source.name}: encoding and unicode_errors are for bytes, but this file gives text")
            yield _utf8(iter(partial(file.read, size), ""), source.name)
            return
        pieces = _no_archive(_unpacked(file, source.name, size), source.name)
        if encoding == UTF8:
            yield _without_mark(pieces, source.name)
        else:
            yield _utf8(_decoded(pieces, encoding, errors, source.name), source.name)


def _unpacked(file: IO[Any], name: str, size: int) -> Iterator[bytes]:
    start = b""
    while len(start) < START_BYTES and (more := file.read(START_BYTES - len(start))):
        start += more
    kind = compression(start, name)
    if kind is None:
        yield start
        yield from iter(partial(file.read, size), b"")
    else:
        yield from iter(partial(Unpacked(file.read, start, kind, name).read, size), b"")


def _no_archive(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The same pieces; ValueError when they begin as a tar archive does."""
    start = b""
    while len(start) < _TAR_SIGN.stop and (more := next(pieces, b"")):
        start += more
    if start[_TAR_SIGN] == b"ustar":
        raise ValueError(f"{name}: a tar archive: unpack it, as with tar -xf {name}, and give the files in it")
    yield start
    yield from pieces


def _without_mark(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    start = b""
    while len(start) < len(codecs.BOM_UTF8) and (more := next(pieces, b"")):
        start += more
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError(f'{name}: this is UTF-16 or UTF-32 text: read it with encoding="utf-16" or "utf-32"')
    yield start.removeprefix(codecs.BOM_UTF8)
    yield from pieces


def _decoded(pieces: Iterator[bytes], encoding: str, errors: str, name: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    lines = 1
    for piece in chain(pieces, [b""]):
        state = decoder.getstate()
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeError as error:
            decoder.setstate(state)
            line = lines + _lines_before_error(decoder, piece)
            raise ValueError(f"{name}, line {line}: this is not {encoding}: {_reason(error)}") from None
        lines += text.count("\n")
        yield text


def _lines_before_error(decoder: codecs.IncrementalDecoder, piece: bytes) -> int:
    lines = 0
    with suppress(UnicodeError):
        for at in range(len(piece)):
            lines += decoder.decode(piece[at : at + 1]).count("\n")
    return lines


def _reason(error: UnicodeError) -> str:
    return str(getattr(error, "reason", error))


def _utf8(texts: Iterator[str], name: str) -> Iterator[bytes]:
    lines = 1
    is_start = True
    for text in texts:
        piece = text.removeprefix("\ufeff") if is_start else text
        is_start = is_start and not text
        try:
            yield piece.encode()
        except UnicodeEncodeError as error:
            line = lines + piece.count("\n", 0, error.start)
            raise ValueError(f"{name}, line {line}: half a character, {piece[error.start]!r}, is no text") from None
        lines += text.count("\n")
