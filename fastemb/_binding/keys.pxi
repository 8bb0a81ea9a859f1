# The keys of a file, where they lie.

cdef extern from "text/text.h" nogil:
    struct fe_keys:
        const char *bytes
        int64_t size
        const int64_t *offsets
        uint64_t *slots
        uint64_t mask
        uint64_t seed

    int64_t fe_keys_enter(const fe_keys *keys, int64_t begin, int64_t end, int64_t *same)
    int64_t fe_keys_find(const fe_keys *keys, const char *key, int64_t length)


cdef class KeyTable:
    """The number of each key of a file, by its bytes.

    Args:
        data: Bytes of all keys, one after the other.
        offsets: Where they begin and, at last, end: from 0 to the number of bytes. None: each has eight bytes.
        slots: Memory of the table, zeros: a power of two of places, more than there are keys.
        seed: Random bits.
    """

    cdef fe_keys keys
    cdef int64_t count
    cdef object kept_alive

    def __cinit__(self, const unsigned char[::1] data not None, const int64_t[::1] offsets,
                  uint64_t[::1] slots not None, uint64_t seed):
        cdef Py_ssize_t places = slots.shape[0]
        self.kept_alive = (data, offsets, slots)
        if offsets is None:
            _require(data.shape[0] % 8 == 0, "keys without offsets have eight bytes each")
            self.count = data.shape[0] // 8
        else:
            _check_offsets(offsets, data.shape[0])
            self.count = offsets.shape[0] - 1
            self.keys.offsets = &offsets[0]
        _require(places > self.count and places & (places - 1) == 0, "slots must be a power of two, more than keys")
        self.keys.bytes = b""
        if data.shape[0]:
            self.keys.bytes = <const char *>&data[0]
        self.keys.size = data.shape[0]
        self.keys.slots = &slots[0]
        self.keys.mask = <uint64_t>places - 1
        self.keys.seed = seed

    def enter(self, int64_t begin, int64_t end):
        """Enter keys [begin, end), each once; returns None, or two numbers of the same key, the later one first."""
        cdef int64_t at, same = -1
        _require(0 <= begin <= end <= self.count, "the range must lie within the keys")
        with nogil:
            at = fe_keys_enter(&self.keys, begin, end, &same)
        return None if same < 0 else (at, same)

    def find(self, bytes key not None):
        """The number of a key that was entered, -1 for any other."""
        cdef const char *at = key
        return fe_keys_find(&self.keys, at, len(key))
