"""Files that are there whole or not at all.

What is written goes to a draft first: where the system can, a file without a name, which is gone when its process is;
else one whose name `is_draft` recognises. Its writer holds a lock on it, so that the next save in the same folder can
tell the draft of a process that was killed from one that somebody is writing.
"""

from __future__ import annotations

import errno
import io
import os
import platform
import re
import secrets
import shutil
import stat
import tempfile
import time
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, BinaryIO, cast

from .paths import AnyPath, any_path, file_system, is_url, local_path

try:
    import fcntl
except ImportError:  # Windows, which refuses to remove a file that somebody has open
    fcntl = None  # type: ignore[assignment]

StrPath = str | os.PathLike[str]

_ACCESS_LIST = "system.posix_acl_access"  # of Linux
_PIECE = 16 << 20  # bytes that are written between two looks at signals
_DRAFT = re.compile(r"\.fastemb-([0-9a-f]{8})-[0-9a-f]{16}\.tmp")
_OTHER_HOST_SECONDS = 24 * 3600  # of quiet, before a draft of another machine is removed: its locks may not reach here
_NO_LOCK_SECONDS = 60  # the same where there may be no lock


def is_draft(path: str) -> bool:
    """Whether a file or folder has the name of a draft: it belongs to a save that goes on, or was killed."""
    return _DRAFT.fullmatch(os.path.basename(path)) is not None


@contextmanager
def atomic_write(path: AnyPath) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of ``path`` when the block ends without an exception.

    On any exception, a full disk included, ``path`` is as it was before and nothing else remains. On success nothing
    of an old file remains but its mode and, where possible, its owner; a symbolic link stays and its target is
    replaced. What exists and is no regular file, such as a pipe or ``/dev/stdout``, is written directly. What goes to a
    URL is written here first, and then sent.

    Raises:
        OSError: The file cannot be made, written or moved; it names ``path``.
    """
    name = any_path(path)
    if is_url(name):
        with _upload(name) as file:
            yield file
        return
    if os.path.exists(name) and not os.path.isfile(name):
        with open_named(name, "wb") as file:
            yield file
        return
    with _naming(name):
        target, old = _replaced(name)
        clear_drafts(os.path.dirname(target))
        draft = _Draft(target, old)
    try:
        with io.BufferedWriter(_NamedFile(draft.file, "wb", name)) as file:
            yield cast(BinaryIO, file)
            file.flush()
            with _naming(name):
                os.fsync(draft.file)
                if os.name == "posix":
                    draft.move(target)
        if os.name != "posix":  # where open files cannot be moved
            with _naming(name):
                draft.move(target)
    finally:
        draft.remove()


@contextmanager
def _upload(url: str) -> Iterator[BinaryIO]:
    """A file on this machine that goes to a URL in one piece when the block ends without an exception."""
    system, there = file_system(url)
    with tempfile.TemporaryDirectory() as folder:
        draft = os.path.join(folder, "draft")
        with open(draft, "wb") as file:
            yield file
        with _naming(url):
            system.put_file(draft, there)


@contextmanager
def draft_folder(beside: str) -> Iterator[str]:
    """A folder in the folder ``beside`` for files that are not needed later; it goes with them when the block ends.

    Raises:
        OSError: It cannot be made.
    """
    clear_drafts(beside)
    path = os.path.join(beside, _draft_name())
    os.mkdir(path, 0o700)
    lock = None
    try:
        if fcntl is not None:
            lock = os.open(path, os.O_RDONLY)
            _lock(lock)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)


@contextmanager
def atomic_folder(path: AnyPath, names: Collection[str]) -> Iterator[str]:
    """A new folder, to put files into, that takes the place of ``path`` when the block ends without an exception.

    On any exception ``path`` is as it was before and nothing else remains. An old folder goes, with what is in it.

    Args:
        path: The folder.
        names: The files that an old folder of the same kind has. One that has others is not replaced.

    Raises:
        FileExistsError: ``path`` is a file, or a folder with other files in it.
        OSError: The folder cannot be made or moved.
    """
    name = os.path.realpath(local_path(path))
    _require_folder(os.path.dirname(name))
    if os.path.lexists(name) and not os.path.isdir(name):
        raise FileExistsError(errno.EEXIST, "a file, where a folder is to be written", path)
    if os.path.isdir(name):
        other = next((one for one in sorted(os.listdir(name)) if one not in names), None)
        if other is not None:
            raise FileExistsError(
                errno.EEXIST, f"the folder has other files in it, such as {other}; name a new one", path
            )
    with draft_folder(os.path.dirname(name)) as draft:
        made, old = os.path.join(draft, "made"), os.path.join(draft, "old")
        os.mkdir(made)
        yield made
        had_old = os.path.isdir(name)
        if had_old:
            os.rename(name, old)
        try:
            os.rename(made, name)
        except BaseException:
            if had_old:
                os.rename(old, name)
            raise
    _sync(os.path.dirname(name))


def open_named(path: str, mode: str) -> BinaryIO:
    """Open a file for writing ("wb") or adding ("ab"); errors from writing name it.

    Raises:
        OSError: It cannot be opened.
    """
    with _naming(path):
        _require_folder(os.path.dirname(os.path.realpath(path)))
        return cast(BinaryIO, io.BufferedWriter(_NamedFile(path, mode, path)))


class _NamedFile(io.FileIO):
    """A file, by its path or descriptor, whose errors from writing have ``name`` in them."""

    def __init__(self, file: str | int, mode: str, name: str) -> None:
        super().__init__(file, mode)
        self.name = name

    def write(self, data: Any, /) -> int:
        """Write the first `_PIECE` bytes at most, so that Ctrl-C ends the writing of a large array soon."""
        with _naming(self.name):
            return super().write(memoryview(data).cast("B")[:_PIECE])


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Let an OSError name this file, and no other."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename == name:
            raise
        raise OSError(error.errno, error.strerror, name) from None


def _replaced(name: str) -> tuple[str, os.stat_result | None]:
    """The path to write, behind symbolic links, and the state of what is there."""
    target = os.path.realpath(name)
    if os.path.islink(target):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if name.endswith(os.sep):
        raise IsADirectoryError(errno.EISDIR, "the name of a folder, where one of a file is needed")
    _require_folder(os.path.dirname(target))
    try:
        return target, os.stat(target)
    except FileNotFoundError:
        return target, None


def _require_folder(folder: str) -> None:
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, f"the folder {folder} does not exist")


# ---- drafts ----


class _Draft:
    """A file that is to take the place of ``target``, beside it; ``old`` is the state of what is there.

    Attributes:
        file: Its descriptor, which whoever writes closes.
    """

    def __init__(self, target: str, old: os.stat_result | None) -> None:
        self._folder = os.path.dirname(target)
        self._path: str | None = None
        mode = 0o666 if old is None else stat.S_IMODE(old.st_mode) & 0o777
        self.file = self._nameless(mode)
        while self.file < 0:
            self._make(mode)
        if old is not None:
            _keep_rights(self.file, target, old, mode)

    def _nameless(self, mode: int) -> int:
        """Open a file without a name; -1 where that cannot be, or where none could be given to it later."""
        if not hasattr(os, "O_TMPFILE") or not _can_be_named(self._folder):
            return -1
        try:
            file = os.open(self._folder, os.O_TMPFILE | os.O_WRONLY, mode)
        except OSError:
            return -1
        _lock(file)
        return file

    def _make(self, mode: int) -> None:
        """Make one with a name; it has none any more when somebody removed it before it was locked."""
        self._path = os.path.join(self._folder, _draft_name())
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        file = os.open(self._path, flags, mode)
        _lock(file)
        if os.fstat(file).st_nlink == 0:
            os.close(file)
        else:
            self.file = file

    def move(self, target: str) -> None:
        """Give it the name of the target, in whose place it is from then on."""
        if self._path is None:
            with suppress(FileExistsError):
                _link(self.file, target)
                _sync(self._folder)
                return
            self._path = os.path.join(self._folder, _draft_name())
            _link(self.file, self._path)
        os.replace(self._path, target)
        self._path = None
        _sync(self._folder)

    def remove(self) -> None:
        """Remove what was not moved."""
        if self._path is not None:
            with suppress(OSError):
                os.unlink(self._path)


@lru_cache(maxsize=64)
def _can_be_named(folder: str) -> bool:
    """Whether files without a name can be made in a folder and named later: neither NFS nor old containers let one."""
    path = os.path.join(folder, _draft_name())
    try:
        file = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
        try:
            _link(file, path)
            os.unlink(path)
        finally:
            os.close(file)
    except OSError:
        return False
    return True


def _link(file: int, path: str) -> None:
    """Give a name to a file without one."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY)  # with it, Python calls linkat, which goes through the link
    try:
        os.link(f"/proc/self/fd/{file}", os.path.basename(path), dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _draft_name() -> str:
    return f".fastemb-{_host()}-{secrets.token_hex(8)}.tmp"


def _host() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _lock(file: int) -> None:
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)


def _keep_rights(file: int, target: str, old: os.stat_result, mode: int) -> None:
    """Give a file the owner, the mode and the access list of the target, as far as that is allowed."""
    if not hasattr(os, "fchown"):
        return
    new = os.fstat(file)
    with suppress(OSError):
        os.fchown(file, old.st_uid if old.st_uid != new.st_uid else -1, -1)
    try:
        os.fchown(file, -1, old.st_gid if old.st_gid != new.st_gid else -1)
        _copy_access_list(target, file)
    except OSError:
        mode = mode & 0o707 | (mode & 0o007) << 3  # another group may do no more than everybody
    with suppress(OSError):
        os.fchmod(file, mode)


def _copy_access_list(target: str, file: int) -> None:
    """With an access list, the mode's bits of the group are what anybody on it may do at most."""
    try:
        listed = os.getxattr(target, _ACCESS_LIST)
    except (OSError, AttributeError):  # there is none, or none on this system
        return
    os.setxattr(file, _ACCESS_LIST, listed)


def _sync(folder: str) -> None:
    """Make a new name in a folder last."""
    if os.name != "posix":
        return
    with suppress(OSError):
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


# ---- what killed processes left ----


def clear_drafts(folder: str) -> None:
    """Remove the drafts in a folder that nobody writes any more."""
    with suppress(OSError):
        drafts = [name for name in os.listdir(folder) if is_draft(name)]
        for name in drafts:
            with suppress(OSError):
                _clear(os.path.join(folder, name))


def _clear(path: str) -> None:
    found = _DRAFT.fullmatch(os.path.basename(path))
    state = os.lstat(path)
    quiet = 0 if found is not None and found[1] == _host() else _OTHER_HOST_SECONDS
    if fcntl is None or stat.S_ISDIR(state.st_mode):  # a folder is there before its lock
        quiet = max(quiet, _NO_LOCK_SECONDS)
    if time.time() - state.st_mtime < quiet:
        return
    if fcntl is None:
        _remove(path, state)
        return
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # refused while its writer holds the lock
        _remove(path, state)
    finally:
        os.close(file)


def _remove(path: str, state: os.stat_result) -> None:
    if stat.S_ISDIR(state.st_mode):
        shutil.rmtree(path)
    else:
        os.unlink(path)
