"""Files that are there whole or not at all."""

import errno
import os
import stat

import pytest

from fastemb.io.atomic import atomic_write


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "x"
    for content in (b"old and long", b"new"):
        with atomic_write(path) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert names(tmp_path) == ["x"]


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
