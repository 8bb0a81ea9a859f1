# Bytes, tokens and ids.

cdef extern from "text/text.h" nogil:
    struct fe_table:
        pass
    fe_table *fe_table_create()
    void fe_table_free(fe_table *table)
    int32_t fe_table_size(const fe_table *table)
    int64_t fe_table_memory(const fe_table *table)
    void fe_table_counts(const fe_table *table, int64_t *counts, int64_t *first_positions)
    int fe_list_add(fe_table *table, const char *list, int64_t length, const int64_t *counts, const int64_t *firsts,
                    int64_t position, int32_t *ids)
    void fe_list_find(const fe_table *table, const char *list, int64_t length, int32_t *ids)
    int64_t fe_table_list_length(const fe_table *table, const int32_t *indices, int64_t count)
    void fe_table_list(const fe_table *table, const int32_t *indices, int64_t count, char *list)
    void fe_table_partition(const fe_table *table, int bits, int32_t *order, int64_t *ends)
    void fe_text_lower(const char *bytes, int64_t length, char *lower)
    int64_t fe_text_lines(const char *bytes, int64_t length)
    int64_t fe_text_words(const char *bytes, int64_t length)
    int fe_text_read(fe_table *table, const char *bytes, int64_t length, int64_t position, int strict, int32_t *ids,
                     int64_t *id_count, int64_t *ends, int64_t *bad)
    int fe_table_merge(fe_table *into, const fe_table *source, int32_t *remap)
    int64_t fe_remap(int32_t *ids, int64_t count, const int32_t *remap, int64_t *ends, int64_t end_count)

    void fe_ids_count(const int32_t *ids, int64_t begin, int64_t end, int64_t *counts, int64_t *first)

    struct fe_ngrams:
        int32_t shortest
        int32_t longest
        uint32_t buckets
    int64_t fe_number_ngrams(const char *words, const int64_t *offsets, int64_t count, const fe_ngrams *which,
                        int64_t *begins, int64_t *numbers)


def count_lines(const unsigned char[::1] data not None):
    """How many line ends there are."""
    cdef int64_t lines = 0
    if data.shape[0]:
        with nogil:
            lines = fe_text_lines(<const char *>&data[0], data.shape[0])
    return lines


def count_words(const unsigned char[::1] data not None):
    """How many words there are, parted by white space."""
    cdef int64_t words = 0
    if data.shape[0]:
        with nogil:
            words = fe_text_words(<const char *>&data[0], data.shape[0])
    return words


def lower_ascii(const unsigned char[::1] data not None):
    """A copy with A-Z as a-z."""
    lower = bytearray(data.shape[0])
    cdef unsigned char[::1] to = lower
    if data.shape[0]:
        with nogil:
            fe_text_lower(<const char *>&data[0], data.shape[0], <char *>&to[0])
    return lower


cdef int64_t _list_size(const unsigned char[::1] tokens) except -1:
    """How many tokens a list has; each must end with a NUL byte."""
    cdef int64_t count = 0
    cdef Py_ssize_t k
    _require(tokens.shape[0] == 0 or tokens[tokens.shape[0] - 1] == 0, "a token without its end")
    with nogil:
        for k in range(tokens.shape[0]):
            count += tokens[k] == 0
    return count


cdef class TokenTable:
    """Different tokens in order of first insertion, with counts. One thread at a time."""

    cdef fe_table *table

    def __cinit__(self):
        self.table = fe_table_create()
        if self.table == NULL:
            raise MemoryError()

    def __dealloc__(self):
        fe_table_free(self.table)

    def __len__(self):
        return fe_table_size(self.table)

    @property
    def memory(self):
        """Bytes held."""
        return fe_table_memory(self.table)

    def read(self, const unsigned char[::1] data not None, int64_t position, bint strict, int32_t[::1] ids not None,
             int64_t[::1] ends not None):
        """Encode bytes into ``ids`` and line ends into ``ends``; returns the number of ids."""
        cdef int64_t count = 0, bad = 0
        cdef int status
        if data.shape[0] == 0:
            return 0
        _require(ids.shape[0] >= (data.shape[0] + 1) // 2 and ends.shape[0] > count_lines(data),
                 "ids must have a place for every second byte, and ends one more than there are lines")
        with nogil:
            status = fe_text_read(self.table, <const char *>&data[0], data.shape[0], position, strict, &ids[0],
                                  &count, &ends[0], &bad)
        if status == FE_BAD_UTF8 or status == FE_NUL_BYTE:
            raise BadTextError(bad, status == FE_NUL_BYTE)
        _check(status)
        return count

    def merge(self, TokenTable source not None, int32_t[::1] remap not None):
        """Add every token of ``source``; remap[i] is where its token i went. remap has room for one more."""
        cdef int status
        _require(source is not self and remap.shape[0] > len(source),
                 "remap must have one place more than the other table has tokens")
        with nogil:
            status = fe_table_merge(self.table, source.table, &remap[0])
        _check(status)

    def counts(self, int64_t[::1] counts not None, int64_t[::1] first_positions not None):
        """Fill each token's count and the smallest position at which it was first read; room for one more."""
        _require(counts.shape[0] > len(self) and first_positions.shape[0] > len(self),
                 "both arrays must have one place more than there are tokens")
        with nogil:
            fe_table_counts(self.table, &counts[0], &first_positions[0])

    def list(self, const int32_t[::1] indices not None):
        """The tokens at these indices as bytes, each followed by a NUL byte."""
        if indices.shape[0] == 0:
            return bytearray()
        _check_range(indices, len(self))
        found = bytearray(fe_table_list_length(self.table, &indices[0], indices.shape[0]))
        cdef unsigned char[::1] to = found
        with nogil:
            fe_table_list(self.table, &indices[0], indices.shape[0], <char *>&to[0])
        return found

    def partition(self, int bits, int32_t[::1] order not None, int64_t[::1] ends not None):
        """Fill ``order`` with all indices, grouped by ``bits`` bits of a hash, and ``ends`` with their ends.

        order has room for one more.
        """
        _require(1 <= bits <= 16 and order.shape[0] > len(self) and ends.shape[0] == 1 << bits,
                 "bits must be 1 to 16, order have one place more than there are tokens, ends one for each group")
        with nogil:
            fe_table_partition(self.table, bits, &order[0], &ends[0])

    def add(self, const unsigned char[::1] tokens not None, const int64_t[::1] counts, const int64_t[::1] firsts,
            int64_t position, int32_t[::1] ids not None):
        """Count tokens, each followed by a NUL byte, and fill ``ids`` with their indices.

        Token i counts counts[i] times, the first time at firsts[i]. None: once, at ``position`` + i.
        """
        cdef int status
        cdef int64_t count = _list_size(tokens)
        _require(ids.shape[0] == count and (counts is None or counts.shape[0] == count)
                 and (firsts is None or firsts.shape[0] == count),
                 "ids, counts and firsts must have one entry for each token")
        if count == 0:
            return
        cdef const int64_t *counts_at = NULL
        cdef const int64_t *firsts_at = NULL
        if counts is not None:
            counts_at = &counts[0]
        if firsts is not None:
            firsts_at = &firsts[0]
        with nogil:
            status = fe_list_add(self.table, <const char *>&tokens[0], tokens.shape[0], counts_at, firsts_at, position,
                                 &ids[0])
        _check(status)

    def find(self, const unsigned char[::1] tokens not None, int32_t[::1] ids not None):
        """Fill ``ids`` with the indices of tokens, each followed by a NUL byte; -1 for those that are not there."""
        _require(ids.shape[0] == _list_size(tokens), "ids must have one entry for each token")
        if ids.shape[0] == 0:
            return
        with nogil:
            fe_list_find(self.table, <const char *>&tokens[0], tokens.shape[0], &ids[0])


def remap_ids(int32_t[::1] ids not None, const int32_t[::1] remap not None, int64_t[::1] ends not None):
    """ids[i] = remap[ids[i]], negative results left out, ``ends`` moved along; returns how many stay.

    Arrays may be empty.
    """
    cdef int64_t count = ids.shape[0], end_count = ends.shape[0], kept = 0
    if count == 0:
        return 0
    _check_range(ids, remap.shape[0])
    cdef int64_t *ends_at = &ends[0] if end_count else NULL
    with nogil:
        kept = fe_remap(&ids[0], count, &remap[0], ends_at, end_count)
    return kept


def count_ids(const int32_t[::1] ids not None, int64_t begin, int64_t end, int64_t[::1] counts not None,
              int64_t[::1] first not None):
    """Add to ``counts`` how often each of ids[begin:end] occurs; ``first`` is where one occurs whose count was 0."""
    _require(counts.shape[0] == first.shape[0] and 0 <= begin <= end <= ids.shape[0],
             "counts and first must be equally long, and the range lie within ids")
    if begin == end:
        return
    _check_range(ids[begin:end], counts.shape[0])
    with nogil:
        fe_ids_count(&ids[0], begin, end, &counts[0], &first[0])


def number_ngrams(const unsigned char[::1] words not None, const int64_t[::1] offsets not None, int32_t shortest,
             int32_t longest, uint32_t buckets, int64_t[::1] begins not None, int64_t[::1] numbers):
    """Number the n-grams of words, which are ``words[offsets[i]:offsets[i + 1]]``, as fastText does.

    ``begins`` (words + 1) receives where those of each word begin; ``numbers`` the numbers, or is None, and they are
    counted only. Returns how many there are.
    """
    cdef fe_ngrams which
    cdef int64_t total
    cdef Py_ssize_t count = offsets.shape[0] - 1
    cdef const char *text = <const char *>&words[0] if words.shape[0] else NULL
    _check_offsets(offsets, words.shape[0])
    _require(begins.shape[0] == count + 1, "begins must have one entry more than there are words")
    _require(buckets > 0, "there must be buckets")
    which.shortest, which.longest, which.buckets = shortest, longest, buckets
    with nogil:
        total = fe_number_ngrams(text, &offsets[0], count, &which, &begins[0], NULL)
    if numbers is None or total == 0:
        return total
    _require(numbers.shape[0] == total, "numbers must have one entry for each n-gram")
    with nogil:
        fe_number_ngrams(text, &offsets[0], count, &which, &begins[0], &numbers[0])
    return total
