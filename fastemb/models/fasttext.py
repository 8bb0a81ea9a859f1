"""gensim.models.fasttext's names."""

from __future__ import annotations

from ..vectors.fasttext import FastTextKeyedVectors
from .facebook import load_facebook_model, load_facebook_vectors, save_facebook_model
from .fasttext_model import FastText

__all__ = ["FastText", "FastTextKeyedVectors", "load_facebook_model", "load_facebook_vectors", "save_facebook_model"]
