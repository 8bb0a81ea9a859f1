"""Places where no checkpoint can be made, and files that are none, or damaged ones."""

from __future__ import annotations

import errno
import json
import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from fastemb import Word2Vec
from fastemb.io.safetensors import read_tensors, write_tensors
from fastemb.train import checkpoint

SENTENCES = [["a", "b", "c"]] * 4
USUAL: dict[str, Any] = {"vector_size": 4, "min_count": 1, "epochs": 1, "workers": 1, "sample": 0}


def test_where_no_checkpoint_can_be_made(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("something else")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    places = [
        (tmp_path, IsADirectoryError, "a folder, where the file of a checkpoint is needed"),
        (tmp_path / "nowhere" / "c", FileNotFoundError, "the folder .*nowhere does not exist"),
        (file, ValueError, "holds something else than a checkpoint, and is not replaced"),
    ]
    if os.geteuid() != 0:
        places.append((locked / "c", PermissionError, "the folder .*locked is not writable"))
    for path, kind, message in places:
        with pytest.raises(kind, match=message):
            Word2Vec(SENTENCES, checkpoint=path, **USUAL)
    assert file.read_text() == "something else"


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ValueError, match=f"^{pipe}: holds something else than a checkpoint, and is not replaced"):
        Word2Vec(SENTENCES, checkpoint=pipe, **USUAL)
    assert pipe.is_fifo()


def test_a_folder_that_the_system_says_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(os, "access", lambda *what: asked.append(what))  # root may write anywhere
    with pytest.raises(PermissionError, match=f"no checkpoint can be written: the folder {tmp_path} is not writable"):
        Word2Vec(SENTENCES, checkpoint=tmp_path / "c", **USUAL)
    assert asked == [(str(tmp_path), os.W_OK | os.X_OK)]
    assert not any(tmp_path.iterdir())


def test_checkpoints_that_fail_one_after_the_other_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tried = checkpoint.write_tensors, []

    def full(*content: Any) -> None:
        tried.append(content)
        if len(tried) in (2, 3, 5):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(*content)

    monkeypatch.setattr(checkpoint, "write_tensors", full)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model = Word2Vec(
            [["a", "b", "c"]] * 9000, checkpoint=tmp_path / "c", checkpoint_every="1w", **USUAL | {"epochs": 4}
        )
    assert len(tried) > 5
    assert len(told) == 2  # of the second and the fifth; the third followed a failure
    assert all("no checkpoint could be written" in str(one.message) for one in told)
    again = Word2Vec.resume(tmp_path / "c", [["a", "b", "c"]] * 9000)
    assert (again.wv.vectors == model.wv.vectors).all()


def test_an_empty_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.touch()
    Word2Vec(SENTENCES, checkpoint=path, **USUAL)
    assert Word2Vec.resume(path).wv.index_to_key == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "no checkpoint, but a model that was saved: load reads it"),
        (lambda c: c.update(version=99), r"a checkpoint of a newer fastemb \(format 99\)"),
        (lambda c: c.pop("version"), "damaged checkpoint"),
        (lambda c: c.update(model=[]), "damaged checkpoint: its parts do not fit together"),
        (lambda c: c["text"].update(words=1), "damaged checkpoint: its parts do not fit together"),
        (lambda c: c["run"].update(next_word=2**40), "damaged checkpoint: the numbers of the run make no sense"),
        (lambda c: c["run"].update(block=0), "damaged checkpoint: .*block"),
        (lambda c: c["run"]["totals"].update(loss="x"), "damaged checkpoint: the numbers of the run make no sense"),
        (lambda c: c.update(every="0w", ended=False), "damaged checkpoint: checkpoint_every must be above 0, not '0w'"),
        (lambda c: c.update(every=[1], ended=False), "damaged checkpoint: checkpoint_every"),
        (lambda c: c["run"].update(seed=-1), "damaged checkpoint: .*seed"),
    ],
)
def test_what_is_no_checkpoint(change: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "c"
    Word2Vec(SENTENCES, checkpoint=path, **USUAL)
    arrays, metadata = read_tensors(path)
    found = json.loads(metadata.pop("checkpoint"))
    if change is not None:
        change(found)
        metadata["checkpoint"] = json.dumps(found)
    write_tensors(path, arrays, metadata)
    with pytest.raises(ValueError, match=f"^{path}: {message}"):
        Word2Vec.resume(path, SENTENCES)
