"""Ask both libraries: PYTHONPATH=tests python -P -m peers.static.record [--check]"""

import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import model2vec
import numpy as np
import sentence_transformers

from fastemb import KeyedVectors
from peers import plain, run
from peers.static.questions import COUNTS, FOLDERS, KEYS, VECTORS, texts

VERSION = f"sentence-transformers {sentence_transformers.__version__}, model2vec {model2vec.__version__}"
TEXTS = 25


def ask() -> dict[str, Any]:
    logging.disable(logging.WARNING)
    wv = KeyedVectors._from_arrays(KEYS, np.array(VECTORS, np.float32), np.array(COUNTS))
    found: dict[str, Any] = {}
    for name, options in FOLDERS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "model")
            wv.save_sentence_transformers(path, **options)
            static = model2vec.StaticModel.from_pretrained(path).encode(texts(TEXTS))
            encoder = sentence_transformers.SentenceTransformer(path, device="cpu")
            found[name] = {
                "model2vec": plain(static),
                "sentence-transformers": plain(encoder.encode(texts(TEXTS), show_progress_bar=False)),
            }
    return found


if __name__ == "__main__":
    sys.exit(run(__file__, VERSION, ask))
