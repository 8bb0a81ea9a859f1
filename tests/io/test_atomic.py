"""Files that are there whole or not at all."""

import errno
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fastemb.corpus import Corpus
from fastemb.io import atomic
from fastemb.io.atomic import atomic_folder, atomic_write, clear_drafts, draft_folder, is_draft, open_named
from fastemb.models.word2vec import BrownCorpus, PathLineSentences

HAS_NAMELESS = hasattr(os, "O_TMPFILE")


@pytest.fixture(params=["nameless", "named"], autouse=True)
def drafts(request, monkeypatch):
    """Both kinds of drafts; where there are none without a name, both are the same."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "x"
    for content in (b"old and long", b"new"):
        with atomic_write(path) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("opened", [atomic_write, lambda path: open_named(path, "wb")], ids=["atomic", "named"])
def test_much_is_written_in_pieces_between_which_signals_are_handled(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_PIECE", 1000)
    data = np.arange(20_000, dtype=np.float32)
    with opened(tmp_path / "x") as file:
        file.write(data)
    assert (tmp_path / "x").read_bytes() == data.tobytes()
    counted = []

    def piece(part):
        counted.append(len(part))
        if len(counted) == 3:
            signal.raise_signal(signal.SIGINT)
        return memoryview(part)

    monkeypatch.setattr(atomic, "memoryview", piece, raising=False)
    with opened(tmp_path / "x") as file, pytest.raises(KeyboardInterrupt):
        file.write(data)
    assert counted == [80_000, 79_000, 78_000]


def test_the_old_file_is_there_until_the_end(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"


def write_half(path, error):
    with atomic_write(path) as file:
        file.write(b"half")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_remains_of_a_failed_write(tmp_path, error):
    (tmp_path / "x").write_bytes(b"old")
    for name in ("x", "y"):
        with pytest.raises(error):
            write_half(tmp_path / name, error)
    assert names(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_full_disk(tmp_path, monkeypatch, function):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, function, fail)
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(OSError, match="No space"), atomic_write(tmp_path / "x") as file:
        file.write(b"new")
    assert names(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"


def test_a_really_full_disk():
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with pytest.raises(OSError, match="No space"), atomic_write("/dev/full") as file:
        file.write(b"new")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_permissions_follow_the_umask(tmp_path):
    with open(tmp_path / "plain", "wb"), atomic_write(tmp_path / "x"):
        pass
    assert os.stat(tmp_path / "x").st_mode == os.stat(tmp_path / "plain").st_mode


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with atomic_write(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_devices_are_written_and_not_replaced():
    with atomic_write("/dev/null") as file:
        file.write(b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_folder_or_a_missing_folder(tmp_path):
    with pytest.raises(IsADirectoryError), atomic_write(tmp_path):
        pass
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "no" / "x"):
        pass


def test_the_name_of_a_folder_that_is_not_there(tmp_path):
    wanted = "the name of a folder, where one of a file is needed"
    with pytest.raises(IsADirectoryError, match=wanted), atomic_write(f"{tmp_path / 'new'}{os.sep}"):
        pass
    assert not any(tmp_path.iterdir())


def test_a_folder_that_cannot_be_put_in_its_place_leaves_the_old_one(tmp_path, monkeypatch):
    name, real = tmp_path / "folder", os.rename

    def rename(source, target):
        if os.path.basename(source) == "made":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(source, target)

    def new_folder():
        with atomic_folder(str(name), ["a"]) as made:
            Path(made, "a").write_bytes(b"new")

    for old in (None, b"old"):
        if old is not None:
            name.mkdir()
            (name / "a").write_bytes(old)
        with monkeypatch.context() as patched:
            patched.setattr(os, "rename", rename)
            with pytest.raises(OSError, match=os.strerror(errno.EIO)):
                new_folder()
        assert [path.name for path in tmp_path.iterdir()] == ([] if old is None else ["folder"])
        assert old is None or (name / "a").read_bytes() == old


def test_long_names(tmp_path):
    with atomic_write(tmp_path / ("x" * 250)) as file:
        file.write(b"new")
    assert names(tmp_path) == ["x" * 250]


@pytest.mark.skipif(os.name != "posix", reason="the limit counts bytes on Linux")
@pytest.mark.parametrize("name", ["x" * 255, "ж" * 127, "漢" * 85, "😀" * 63])
def test_names_whose_bytes_are_as_many_as_may_be(tmp_path, name):
    with atomic_write(tmp_path / name) as file:
        file.write(b"new")
    assert names(tmp_path) == [name]


@pytest.mark.skipif(os.name != "posix", reason="folders are synced on POSIX")
@pytest.mark.parametrize("old", [False, True])
def test_content_is_on_the_disk_before_it_has_its_name_and_then_the_name(tmp_path, monkeypatch, old):
    with atomic_write(tmp_path / "y"):  # whether a file without a name can get one is tried once a folder
        pass
    if old:
        (tmp_path / "x").write_bytes(b"old")
    done = []
    for function in ("fsync", "link", "replace"):
        real = getattr(os, function)

        def noted(*given, function=function, real=real, **options):
            is_folder = function == "fsync" and stat.S_ISDIR(os.fstat(given[0]).st_mode)
            done.append("fsync of the folder" if is_folder else function)
            if done == ["fsync"]:
                assert os.fstat(given[0]).st_size == 3
            return real(*given, **options)

        monkeypatch.setattr(os, function, noted)
    with atomic_write(tmp_path / "x") as file:
        file.write(b"new")
    assert done[0] == "fsync"
    assert done[-1] == "fsync of the folder"
    assert set(done[1:-1]) <= {"link", "replace"}
    assert len(done) > 2
    done.clear()
    with atomic_folder(str(tmp_path / "folder"), []):
        pass
    assert done == ["fsync of the folder"]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs the list of open files")
def test_no_file_stays_open(tmp_path):
    def save_all():
        with atomic_write(tmp_path / "x") as file:
            file.write(b"new")
        with pytest.raises(ValueError, match=r"^$"):
            write_half(tmp_path / "x", ValueError)
        with atomic_folder(str(tmp_path / "folder"), []):
            pass
        with open_named(str(tmp_path / "z"), "ab") as file:
            file.write(b"new")
        draft(tmp_path)
        clear_drafts(str(tmp_path))
        with draft_folder(str(tmp_path)):
            clear_drafts(str(tmp_path))

    atomic._can_be_named.cache_clear()
    save_all()
    before = len(os.listdir("/proc/self/fd"))
    atomic._can_be_named.cache_clear()
    save_all()
    assert len(os.listdir("/proc/self/fd")) == before
    assert names(tmp_path) == ["folder", "x", "z"]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs the list of open files")
def test_a_draft_that_somebody_removed_before_it_was_locked_is_made_anew(tmp_path, monkeypatch):
    real, locked = atomic._lock, []

    def lock(file):
        if len(locked) < 2:
            for path in tmp_path.glob(".*"):
                path.unlink()
        locked.append(file)
        real(file)

    monkeypatch.setattr(atomic, "_lock", lock)
    before = len(os.listdir("/proc/self/fd"))
    with atomic_write(tmp_path / "x") as file:
        file.write(b"new")
    assert (tmp_path / "x").read_bytes() == b"new"
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(locked) == (1 if hasattr(os, "O_TMPFILE") else 3)


# ---- rights of what is replaced ----

posix = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o666, 0o777, 0o400])
def test_the_mode_of_what_is_replaced_stays(tmp_path, mode):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(mode)
    (tmp_path / "link").symlink_to(path)
    for name in ("x", "link"):
        with atomic_write(tmp_path / name) as file:
            file.write(b"new")
            assert [mode_of(draft) for draft in tmp_path.glob(".*")] in ([], [mode])
        assert mode_of(path) == mode
    assert path.read_bytes() == b"new"


@posix
def test_bits_that_change_who_runs_a_file_do_not_stay(tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    (tmp_path / "x").chmod(0o6755)
    with atomic_write(tmp_path / "x"):
        pass
    assert mode_of(tmp_path / "x") == 0o755


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_of_what_is_replaced_stays(tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    os.chown(tmp_path / "x", 12345, 23456)
    (tmp_path / "x").chmod(0o640)
    with atomic_write(tmp_path / "x"):
        pass
    state = os.stat(tmp_path / "x")
    assert (state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode)) == (12345, 23456, 0o640)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_the_group_that_a_folder_gives_stays(tmp_path):
    os.chown(tmp_path, -1, 23456)
    tmp_path.chmod(0o2775)
    (tmp_path / "x").write_bytes(b"old")
    os.chown(tmp_path / "x", 12345, -1)
    with atomic_write(tmp_path / "x"):
        pass
    state = os.stat(tmp_path / "x")
    assert (state.st_uid, state.st_gid) == (12345, 23456)


@posix
@pytest.mark.parametrize(("mode", "left"), [(0o640, 0o600), (0o664, 0o644), (0o660, 0o600), (0o600, 0o600)])
def test_another_group_gets_no_rights_that_only_the_old_one_had(tmp_path, monkeypatch, mode, left):
    def refused(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    (tmp_path / "x").write_bytes(b"old")
    (tmp_path / "x").chmod(mode)
    monkeypatch.setattr(os, "fchown", refused)
    with atomic_write(tmp_path / "x"):
        pass
    assert mode_of(tmp_path / "x") == left


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="access lists are Linux's here")
def test_an_access_list_stays(tmp_path):
    entries = [(1, 6, 0xFFFFFFFF), (2, 4, 12345), (4, 0, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
    listed = (2).to_bytes(4, "little") + b"".join(
        tag.to_bytes(2, "little") + rights.to_bytes(2, "little") + who.to_bytes(4, "little")
        for tag, rights, who in entries
    )
    (tmp_path / "x").write_bytes(b"old")
    try:
        os.setxattr(tmp_path / "x", "system.posix_acl_access", listed)
    except OSError:
        pytest.skip("this file system has no access lists")
    with atomic_write(tmp_path / "x"):
        pass
    assert os.getxattr(tmp_path / "x", "system.posix_acl_access") == listed


# ---- errors name the file that was asked for ----


def name_of_error(path, write=lambda file: file.write(b"new")):
    with pytest.raises(OSError, match=re.escape(repr(str(path)))) as caught, atomic_write(path) as file:
        write(file)
    assert caught.value.filename == str(path)
    return type(caught.value)


def test_errors_name_the_file_that_was_asked_for(tmp_path):
    assert name_of_error(tmp_path / "no" / "x") is FileNotFoundError
    assert name_of_error(tmp_path) is IsADirectoryError
    (tmp_path / "file").write_bytes(b"")
    assert name_of_error(tmp_path / "file" / "x") in (NotADirectoryError, FileNotFoundError)
    if os.name == "posix":
        assert name_of_error(tmp_path / ("x" * 256)) is OSError
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        assert name_of_error(tmp_path / "loop") is OSError
        assert (tmp_path / "loop").is_symlink()
    assert names(tmp_path) == sorted(["file", *["loop"] * (os.name == "posix")])


@pytest.mark.parametrize("function", ["fsync", "replace", "open"])
def test_errors_of_each_step_name_the_file(tmp_path, monkeypatch, function):
    def fail(*_, **__):
        raise OSError(errno.EIO, "Input/output error", "something else")

    (tmp_path / "x").write_bytes(b"old")
    with atomic_write(tmp_path / "y"):
        pass
    monkeypatch.setattr(os, function, fail)
    assert name_of_error(tmp_path / "x") is OSError


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of files")
@pytest.mark.parametrize("size", [10, 100_000])
def test_a_full_disk_names_the_file(tmp_path, size):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1, hard))
    try:
        name_of_error(tmp_path / "x", lambda file: file.write(b"n" * size))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_named():
    name_of_error("/dev/full")
    with pytest.raises(OSError, match="'/dev/full'"), open_named("/dev/full", "ab") as file:
        file.write(b"new")


def test_errors_of_something_else_keep_their_names(tmp_path):
    with pytest.raises(FileNotFoundError, match="other"), atomic_write(tmp_path / "x"):
        (tmp_path / "other").read_bytes()


# ---- drafts of processes that were killed ----

KILLED = """
import os, sys
if sys.argv[2] == "named" and hasattr(os, "O_TMPFILE"):
    del os.O_TMPFILE
from fastemb.io.atomic import atomic_write, draft_folder
with (draft_folder(sys.argv[1]) if sys.argv[2] == "folder" else atomic_write(sys.argv[1] + "/x")) as file:
    if sys.argv[2] == "folder":
        open(file + "/words", "wb").write(b"half")
    else:
        file.write(b"half")
        file.flush()
    print("ready", flush=True)
    sys.stdin.read()
"""


def writing(folder, kind):
    """A process that has written half a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline().strip() == b"ready"
    return process


def age(path):
    then = time.time() - 3600
    os.utime(path, (then, then))


@pytest.mark.integration
@pytest.mark.skipif(os.name != "posix", reason="needs locks")
@pytest.mark.parametrize("kind", ["nameless", "named", "folder"])
def test_the_next_save_removes_what_a_killed_one_left(tmp_path, kind):
    process = writing(tmp_path, kind)
    try:
        for path in tmp_path.iterdir():
            age(path)
        before = names(tmp_path)
        assert all(map(is_draft, before))
        assert len(before) == (kind != "nameless" or not HAS_NAMELESS)
        with atomic_write(tmp_path / "y"):  # somebody writes there
            pass
        assert names(tmp_path) == [*before, "y"]
    finally:
        process.kill()
        process.communicate()
    assert names(tmp_path) == [*before, "y"]
    with atomic_write(tmp_path / "y"):
        pass
    assert names(tmp_path) == ["y"]


@pytest.mark.skipif(os.name != "posix", reason="needs locks")
def test_drafts_of_this_process_stay_while_they_are_written(tmp_path):
    with draft_folder(str(tmp_path)) as folder, atomic_write(tmp_path / "x") as file:
        file.write(b"new")
        age(folder)
        clear_drafts(str(tmp_path))
        with atomic_write(tmp_path / "y"):
            pass
        assert os.path.isdir(folder)
    assert names(tmp_path) == ["x", "y"]
    assert (tmp_path / "x").read_bytes() == b"new"


def draft(folder, host=None):
    name = f".fastemb-{atomic._host() if host is None else host}-0123456789abcdef.tmp"
    (folder / name).write_bytes(b"half")
    return folder / name


def test_a_folder_that_was_just_begun_stays(tmp_path):
    begun = tmp_path / f".fastemb-{atomic._host()}-0123456789abcdef.tmp"
    begun.mkdir()  # its writer has not locked it yet
    clear_drafts(str(tmp_path))
    assert begun.is_dir()
    age(begun)
    clear_drafts(str(tmp_path))
    assert not begun.exists()


def test_drafts_of_other_machines_stay_for_a_day(tmp_path):
    other = draft(tmp_path, "00000000")
    age(other)
    clear_drafts(str(tmp_path))
    assert other.exists()
    os.utime(other, (0, 0))
    clear_drafts(str(tmp_path))
    assert not other.exists()


def test_files_of_other_names_stay(tmp_path):
    others = [".fastemb-x.tmp", ".0123456789abcdef.tmp", "fastemb-00000000-0123456789abcdef.tmp", ".tmp"]
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
        os.utime(tmp_path / name, (0, 0))
    with atomic_write(tmp_path / "x"):
        pass
    assert names(tmp_path) == sorted([*others, "x"])


def test_a_link_by_the_name_of_a_draft_leads_nowhere(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "x").write_bytes(b"mine")
    (tmp_path / f".fastemb-{atomic._host()}-0123456789abcdef.tmp").symlink_to(tmp_path / "precious")
    with atomic_write(tmp_path / "x"):
        pass
    assert (tmp_path / "precious" / "x").read_bytes() == b"mine"


def test_no_reader_of_folders_sees_drafts(tmp_path):
    (tmp_path / "a").write_text("a/nn b/vb\n")
    draft(tmp_path).write_text("half/nn\n")
    assert list(PathLineSentences(tmp_path)) == [["a/nn", "b/vb"]]
    assert list(BrownCorpus(tmp_path)) == [["a/nn", "b/vb"]]
    assert Corpus.from_file(tmp_path).words == 2
    assert Corpus.from_file(tmp_path / "*").words == 2
    with pytest.raises(FileNotFoundError, match="no file matches"):
        Corpus.from_file(tmp_path / ".*")


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    "kind",
    [
        "vectors",
        "word2vec text",
        "word2vec binary",
        "word2vec text.gz",
        "model",
        "phrases",
        "frozen phrases",
        "items",
        "corpus",
        "corpus on disk",
    ],
)
def test_killed_saves_harm_nothing_and_leave_nothing(kind, request):
    script = Path(__file__).with_name("killed_saves.py")
    named = ["named"] * ("named]" in request.node.name or "[named" in request.node.name)
    done = subprocess.run([sys.executable, script, "5", kind, *named], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{kind}: 5 kills" in done.stdout


def test_all_files_are_written_here() -> None:
    """What writes a file in another way would leave half of it behind."""
    package = Path(atomic.__file__).parents[1]
    found = [
        f"{path.relative_to(package)}: {line.strip()}"
        for path in sorted(package.rglob("*.py"))
        if path != Path(atomic.__file__)
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\.write_(text|bytes)\(|open\([^)]*[\"'](w|a|x)b?\+?[\"']|tofile\(|np\.save", line)
        and not re.search("open_named|_native|archive.open", line)  # within a file that is written here
    ]
    assert found == []
