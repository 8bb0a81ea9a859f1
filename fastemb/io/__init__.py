"""Files: fastemb's own format, word2vec's, and writing a file whole or not at all."""

from .anyformat import load_vectors, save_vectors
from .atomic import atomic_write
from .safetensors import read_tensors, write_tensors
from .unpack import TruncatedFileError

__all__ = ["TruncatedFileError", "atomic_write", "load_vectors", "read_tensors", "save_vectors", "write_tensors"]
