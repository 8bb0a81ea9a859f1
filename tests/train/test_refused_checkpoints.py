"""Places where no checkpoint can be made, and files that are none, or damaged ones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fastemb import Word2Vec
from fastemb.io.safetensors import read_tensors, write_tensors

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
