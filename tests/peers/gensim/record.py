"""Ask gensim: PYTHONPATH=tests python -P -m peers.gensim.record [--check]"""

import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import gensim.models

from peers import plain, run
from peers.gensim.documents import answers_about_documents
from peers.gensim.page import DIFFERS, REPLACED, SAME, Asked
from peers.gensim.questions import answers, examples, names_of_modules, public_names, signatures, text_file
from peers.gensim.recipes import RECIPES


def answers_for_the_page() -> dict[str, Any]:
    """Of every case and recipe, each in a folder of its own."""
    found = {}
    questions = SAME | {name: pair[0] for name, pair in (DIFFERS | REPLACED).items()}
    for name, question in questions.items():
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[f"page: {name}"] = plain(question(Asked(gensim.models, Path(folder))))
    for name, recipe in RECIPES.items():
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[f"recipe: {name}"] = plain(recipe(gensim.models, Path(folder)))
    return found


def ask() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {"text file": text_file(gensim.models, folder), **answers(gensim.models, folder)}
        for kind, example in examples(gensim.models, folder).items():
            found |= {f"names: {kind}": public_names(example), f"arguments: {kind}": signatures(type(example))}
        return (
            found
            | {"names: modules": names_of_modules()}
            | answers_for_the_page()
            | plain(answers_about_documents(gensim.models))
        )


if __name__ == "__main__":
    sys.exit(run(__file__, gensim.__version__, ask))
