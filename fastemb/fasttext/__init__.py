"""The functions of the package ``fasttext``, so that programs change one import.

    import fastemb.fasttext as fasttext

Names, arguments, results and files are the package's. What differs is in docs/guide/fasttext.md.
"""

from . import FastText, util
from .FastText import (
    BOW,
    EOS,
    EOW,
    cbow,
    load_model,
    skipgram,
    supervised,
    tokenize,
    train_supervised,
    train_unsupervised,
)

__all__ = [
    "BOW",
    "EOS",
    "EOW",
    "FastText",
    "cbow",
    "load_model",
    "skipgram",
    "supervised",
    "tokenize",
    "train_supervised",
    "train_unsupervised",
    "util",
]
