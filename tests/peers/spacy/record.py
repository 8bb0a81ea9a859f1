"""Ask spaCy: PYTHONPATH=tests python -P -m peers.spacy.record [--check]"""

import base64
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.strings import get_string_id
from spacy.symbols import IDS
from spacy.vocab import Vocab

from peers import run
from peers.spacy.questions import KEYS, VECTORS


def ask() -> dict[str, Any]:
    vocab = Vocab()
    vocab.reset_vectors(width=len(VECTORS[0]))
    for key, vector in zip(KEYS, VECTORS, strict=True):
        vocab.set_vector(key, np.array(vector, np.float32))
    row = vocab.vectors.key2row[vocab.strings["cat"]]
    vocab.vectors.add("tomcat", row=row)
    vocab.strings.add("tomcat")
    with tempfile.TemporaryDirectory() as folder:
        vocab.to_disk(folder)
        files = {
            name: base64.b64encode((Path(folder) / name).read_bytes()).decode()
            for name in ("vectors", "key2row", "strings.json", "vectors.cfg")
        }
    return {
        "symbols": dict(IDS),
        "numbers": {key: str(get_string_id(key)) for key in KEYS},
        "files": files,
    }


if __name__ == "__main__":
    sys.exit(run(__file__, spacy.__version__, ask))
