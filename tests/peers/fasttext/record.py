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
from peers.fasttext.questions import COMMON, MODELS, text


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
    return found


if __name__ == "__main__":
    sys.exit(run(__file__, version("fasttext"), ask))
