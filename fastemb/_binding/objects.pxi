# Tokens that are Python objects. C knows none: these two loops are written here.

cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(dict, object) except? NULL


def number_tokens(dict indices not None, list sentences not None, int32_t[::1] ids not None):
    """Write indices[token] for every token of every sentence, new tokens added to the dict; returns how many."""
    cdef Py_ssize_t count = 0, room = ids.shape[0]
    cdef PyObject *found
    for sentence in sentences:
        for token in sentence:
            found = PyDict_GetItemWithError(indices, token)
            _require(count < room, "the sentences have more tokens than ids has places")
            if found != NULL:
                ids[count] = <object>found
            else:
                ids[count] = len(indices)
                indices[token] = len(indices)
            count += 1
    return count


def find_tokens(dict rows not None, list sentences not None, int32_t[::1] ids not None):
    """Write rows[token] for every token of every sentence, or -1; returns how many."""
    cdef Py_ssize_t count = 0, room = ids.shape[0]
    cdef PyObject *found
    for sentence in sentences:
        for token in sentence:
            found = PyDict_GetItemWithError(rows, token)
            _require(count < room, "the sentences have more tokens than ids has places")
            ids[count] = -1 if found == NULL else <object>found
            count += 1
    return count
