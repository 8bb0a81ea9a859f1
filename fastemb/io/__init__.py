"""Files: safetensors, formats of vectors, compressed input, and writing a file whole or not at all."""

from .atomic import atomic_write
from .safetensors import read_tensors, write_tensors
from .unpack import TruncatedFileError

__all__ = ["TruncatedFileError", "atomic_write", "read_tensors", "write_tensors"]
