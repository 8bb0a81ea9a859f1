# Tokens that are Python objects. C knows none: loops over them are written here.

cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(dict, object) except? NULL
    Py_ssize_t Py_REFCNT(object)
    char *PyByteArray_AsString(object)


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


cdef enum:
    KEPT_TOKENS = 1 << 13


cdef struct kept_token:
    PyObject *token
    int32_t number


cdef class FoundTokens:
    """Numbers of tokens: ``rows[token]``, or -1.

    Words of texts are the same few ones again and again, and often the same objects. What was found last for such an
    object is kept, as a look-up in a large dict waits for memory several times.

    Args:
        rows: The numbers. It must stay as it is.

    Attributes:
        odd: Whether a token without a number was neither a str nor an int.
    """

    cdef dict rows
    cdef kept_token *kept
    cdef bytearray memory
    cdef list kept_alive
    cdef readonly bint odd

    def __cinit__(self, dict rows not None):
        self.rows = rows

    def write(self, list sentences not None, int32_t[::1] ids not None):
        """Write the number of every token of every sentence; returns how many."""
        cdef Py_ssize_t count = 0, room = ids.shape[0]
        if self.kept_alive is None and room > KEPT_TOKENS // 8:  # not for a few short texts
            self.memory = bytearray(KEPT_TOKENS * sizeof(kept_token))
            self.kept = <kept_token *>PyByteArray_AsString(self.memory)
            self.kept_alive = [None] * KEPT_TOKENS
        for sentence in sentences:
            for token in sentence:
                _require(count < room, "the sentences have more tokens than ids has places")
                ids[count] = self.look_up(token) if self.kept_alive is None else self.find(token)
                count += 1
        return count

    cdef int32_t find(self, token) except? -2:
        cdef size_t address = <size_t><PyObject *>token
        cdef uint32_t slot = <uint32_t>(address >> 4) * <uint32_t>2654435769 >> 19
        cdef kept_token *kept = self.kept + slot
        if kept.token == <PyObject *>token:
            return kept.number
        cdef int32_t number = self.look_up(token)
        if Py_REFCNT(token) > 3 and type(token) is str:  # an object that is met once has the list and two names here
            kept.token, kept.number = <PyObject *>token, number
            self.kept_alive[slot] = token
        return number

    cdef int32_t look_up(self, token) except? -2:
        cdef PyObject *found = PyDict_GetItemWithError(self.rows, token)
        if found != NULL:
            return <object>found
        if type(token) is not str and type(token) is not int:
            self.odd = True
        return -1
