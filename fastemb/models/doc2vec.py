"""gensim.models.doc2vec's names."""

from __future__ import annotations

from .doc2vec_model import Doc2Vec
from .documents import Documents, TaggedDocument, TaggedLineDocument

__all__ = ["Doc2Vec", "Documents", "TaggedDocument", "TaggedLineDocument"]
