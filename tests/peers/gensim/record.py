"""Ask gensim: PYTHONPATH=tests python -P -m peers.gensim.record [--check]"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import gensim.models

from peers import run
from peers.gensim.questions import answers, examples, public_names, signatures, text_file


def ask() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {"text file": text_file(gensim.models, folder), **answers(gensim.models, folder)}
        for kind, example in examples(gensim.models, folder).items():
            found |= {f"names: {kind}": public_names(example), f"arguments: {kind}": signatures(type(example))}
        return found


if __name__ == "__main__":
    sys.exit(run(__file__, gensim.__version__, ask))
