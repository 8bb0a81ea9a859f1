"""gensim.models.callbacks' base class."""

from ..train import CallbackAny2Vec

__all__ = ["CallbackAny2Vec"]
