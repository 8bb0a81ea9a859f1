"""Ask fastText: PYTHONPATH=tests python -P -m peers.fasttext.record [--check]"""

import base64
import lzma
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import fasttext

from peers import plain, recorded, run
from peers.fasttext.questions import ASKED, COMMON, LABELLED, MODELS, ask_model, labelled_text, text


def train(name: str, path: Path) -> None:
    """Train the model of this name and write it to ``path``."""
    arguments = dict(MODELS[name])
    kind = arguments.pop("model", None)
    source = path.with_suffix(".txt")
    source.write_text(text(kind is None), encoding="utf-8")
    if kind is None:
        made = fasttext.train_supervised(str(source), **COMMON, **arguments)
    else:
        made = fasttext.train_unsupervised(str(source), model=kind, t=1.0, **COMMON, **arguments)
    made.save_model(str(path))


def ask() -> dict[str, Any]:
    """The models as files, which are those recorded before when answers are checked, and what fastText says of them."""
    found: dict[str, Any] = {}
    for name in MODELS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.bin"
            if "--check" in sys.argv:
                path.write_bytes(lzma.decompress(base64.b64decode(recorded("fasttext")["answers"][name]["file"])))
            else:
                train(name, path)
            content = path.read_bytes()
            model = fasttext.load_model(str(path))
            words, counts = model.get_words(include_freq=True)
            found[name] = {
                "file": base64.b64encode(lzma.compress(content, preset=9)).decode(),
                "words": words,
                "counts": plain(counts),
                "vectors": [plain(model.get_word_vector(word)) for word in words],
            }
        with tempfile.TemporaryDirectory() as folder:
            found[name]["asked"] = asked_of(Path(folder), content)
    for name in LABELLED:
        with tempfile.TemporaryDirectory() as folder:
            if "--check" in sys.argv:
                content = lzma.decompress(base64.b64decode(recorded("fasttext")["answers"][name]["file"]))
            else:
                content = trained(name, Path(folder) / "model.bin")
            answers = asked_of(Path(folder), content)
        found[name] = {"file": base64.b64encode(lzma.compress(content, preset=9)).decode(), "asked": answers}
    found["tokens"] = [fasttext.tokenize(one) for one in [*ASKED, "a\nb\0 c\r\n"]]
    return found


def trained(name: str, path: Path) -> bytes:
    """The file of a model with labels."""
    arguments = dict(LABELLED[name])
    quantising = arguments.pop("quantize", None)
    source = path.with_suffix(".txt")
    source.write_text(labelled_text(), encoding="utf-8")
    model = fasttext.train_supervised(str(source), **{**COMMON, "lr": 0.5, "epoch": 10, **arguments})
    if quantising is not None:
        model.quantize(**quantising)
    model.save_model(str(path))
    return path.read_bytes()


def asked_of(folder: Path, content: bytes) -> dict[str, Any]:
    """What is said of a model."""
    (folder / "x.bin").write_bytes(content)
    (folder / "x.txt").write_text(labelled_text(), encoding="utf-8")
    return ask_model(fasttext, str(folder / "x.bin"), str(folder / "x.txt"))


if __name__ == "__main__":
    sys.exit(run(__file__, version("fasttext"), ask))
