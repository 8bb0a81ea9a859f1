"""Readers read the file made for them, and hold to what is promised for all that once made one of them fail."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from .every import every_reader
from .readers import Reader, check, seed

KEPT = Path(__file__).parent / "kept"
READERS = every_reader()
FOUND = [(path.parent.name, path) for path in sorted(KEPT.glob("*/*")) if not path.parent.name.startswith("core-")]


@pytest.mark.parametrize("name", READERS)
def test_what_was_made_for_a_reader_is_read(name: str, tmp_path: Path) -> None:
    whole = seed(READERS[name], tmp_path)
    assert check(name, READERS[name], whole, tmp_path) == ""


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_file_that_ends_early_is_named(name: str, share: float, tmp_path: Path) -> None:
    whole = seed(READERS[name], tmp_path)
    check(name, READERS[name], whole[: int(share * len(whole))], tmp_path)


@pytest.mark.parametrize(("name", "path"), FOUND, ids=[f"{name}-{path.name}" for name, path in FOUND])
def test_what_once_failed(name: str, path: Path, tmp_path: Path) -> None:
    check(name, READERS[name], path.read_bytes(), tmp_path)


def test_what_must_not_happen_is_noticed(tmp_path: Path) -> None:
    def wrong(act: object) -> Reader:
        return Reader("none", lambda path: path.write_text("x"), act)  # type: ignore[arg-type]

    def unnamed(path: Path) -> None:
        raise ValueError("something is wrong")

    def runs(path: Path) -> None:
        exec("1 + 1")

    def reads(path: Path) -> None:
        Path("/etc/hostname").read_bytes()

    def writes(path: Path) -> None:
        path.with_name("other").write_text("x")

    def takes(path: Path) -> None:
        most_so_far = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10  # more than that shows
        bytearray(b"x") * (most_so_far + (200 << 20))

    for act in (unnamed, runs, reads, writes, takes):
        with pytest.raises(BaseException, match=r"not named|exec|opened|written|MiB"):
            check("wrong", wrong(act), b"x", tmp_path)
