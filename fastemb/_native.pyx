# cython: language_level=3, boundscheck=False, wraparound=False, embedsignature=False, freethreading_compatible=True
"""Binding of the C core: a buffer in, a call without the GIL, a status turned into an exception.

Nothing is decided here: no defaults of a model, no arithmetic on the data. Callers are the modules of this package;
arrays come in with the right dtype and C-contiguous. What C would trust blindly is checked before it sees it: lengths,
ids, offsets. There is a file for each room of csrc, and one for what C cannot do, as it knows no Python objects.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc

include "_binding/common.pxi"
include "_binding/kernels.pxi"
include "_binding/rows.pxi"
include "_binding/text.pxi"
include "_binding/keys.pxi"
include "_binding/documents.pxi"
include "_binding/phrases.pxi"
include "_binding/formats.pxi"
include "_binding/objects.pxi"
include "_binding/train.pxi"
include "_binding/inference.pxi"
include "_binding/labels.pxi"
include "_binding/graph.pxi"
include "_binding/search.pxi"
include "_binding/predict.pxi"
