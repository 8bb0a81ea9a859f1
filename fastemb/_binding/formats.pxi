# The numbers in word2vec's files.

cdef extern from "text/text.h" nogil:
    int64_t fe_binary_read(const char *bytes, int64_t length, int64_t dims, int64_t room, float *rows, char *keys,
                           int64_t *keys_used, int64_t *used)

    struct fe_field:
        int64_t index
        int64_t begin
        int64_t end

    struct fe_text:
        int64_t dims
        int64_t room
        float *floats
        double *doubles
        char *keys
        fe_field *hard
        int64_t hard_room
        int64_t count
        int64_t keys_used
        int64_t hard_count
        int64_t used
    int fe_text_read_rows(fe_text *text, const char *bytes, int64_t length)

    enum:
        FE_FLOAT_CHARS
    int64_t fe_text_write_rows(const float *rows, int64_t count, int64_t dims, const char *keys,
                               const int64_t *key_ends, char *out)


def find_binary(const unsigned char[::1] data not None, int64_t dims, int64_t room, unsigned char[::1] keys not None):
    """Find whole binary records, at most ``room``, and copy their keys, a line end after each, into ``keys``.

    Returns (records found, bytes of ``keys``, bytes of ``data``).
    """
    cdef int64_t count = 0, keys_used = 0, used = 0
    _require(keys.shape[0] >= data.shape[0] and 0 < dims <= 1 << 40 and room >= 0,
             "keys must have as many bytes as data, and dims must be 1 to 2**40")
    if data.shape[0]:
        with nogil:
            count = fe_binary_read(<const char *>&data[0], data.shape[0], dims, room, NULL, <char *>&keys[0],
                                   &keys_used, &used)
    return count, keys_used, used


def read_binary(const unsigned char[::1] data not None, float[:, ::1] rows not None):
    """Copy the floats of binary records to ``rows``; returns how many were copied."""
    cdef int64_t count = 0, used = 0
    _require(rows.shape[1] > 0, "rows must have columns")
    if data.shape[0] and rows.shape[0]:
        with nogil:
            count = fe_binary_read(<const char *>&data[0], data.shape[0], rows.shape[1], rows.shape[0], &rows[0, 0],
                                   NULL, NULL, &used)
    return count


def read_text(const unsigned char[::1] data not None, float[:, ::1] floats, double[:, ::1] doubles,
              unsigned char[::1] keys not None, int64_t[:, ::1] hard not None):
    """Read whole lines of numbers into ``floats``, or ``doubles`` when that is None, and their keys as above.

    ``hard`` takes (index of the value, begin, end) of the fields that are left to the caller. Returns (whether the
    next line fits, rows read, bytes of ``keys``, fields in ``hard``, bytes of ``data``).
    """
    cdef fe_text text
    cdef int fits = 1
    _require((floats is None) != (doubles is None), "one of floats and doubles must be None")
    text.dims = doubles.shape[1] if floats is None else floats.shape[1]
    text.room = doubles.shape[0] if floats is None else floats.shape[0]
    _require(keys.shape[0] >= data.shape[0] and text.dims > 0 and hard.shape[1] == 3 and hard.shape[0] >= text.dims,
             "keys must have as many bytes as data, and hard a row of three for each column")
    if data.shape[0] == 0 or text.room == 0:
        return True, 0, 0, 0, 0
    text.floats = NULL if floats is None else &floats[0, 0]
    text.doubles = NULL if doubles is None else &doubles[0, 0]
    text.keys = <char *>&keys[0]
    text.hard = <fe_field *>&hard[0, 0]
    text.hard_room = hard.shape[0]
    with nogil:
        fits = fe_text_read_rows(&text, <const char *>&data[0], data.shape[0])
    return fits != 0, text.count, text.keys_used, text.hard_count, text.used


def write_text(const float[:, ::1] rows not None, const unsigned char[::1] keys not None,
               const int64_t[::1] key_ends not None):
    """Lines of text as a bytearray: row r with the key that ends at key_ends[r] of ``keys``."""
    cdef int64_t count = rows.shape[0], dims = rows.shape[1], length = 0
    _require(key_ends.shape[0] == count, "key_ends must have one end for each row")
    if count == 0:
        return bytearray()
    _require(dims > 0, "rows must have columns")
    cdef int64_t k
    cdef bint rising = key_ends[0] >= 0 and key_ends[count - 1] == keys.shape[0]
    for k in range(1, count):
        rising = rising and key_ends[k] >= key_ends[k - 1]
    _require(rising, "key_ends must rise to the number of bytes of keys")
    lines = bytearray(keys.shape[0] + count * (dims * FE_FLOAT_CHARS + 1))
    cdef unsigned char[::1] out = lines
    cdef const char *keys_at = b""
    if keys.shape[0]:
        keys_at = <const char *>&keys[0]
    with nogil:
        length = fe_text_write_rows(&rows[0, 0], count, dims, keys_at, &key_ends[0], <char *>&out[0])
    out = None
    del lines[length:]
    return lines
