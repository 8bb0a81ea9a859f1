# Documents with labels, as fastText reads them.

cdef extern from "text/text.h" nogil:
    int64_t fe_words_list(const char *bytes, int64_t length, char *list)

    struct fe_pruned:
        uint64_t *slots
        uint64_t mask
    int64_t fe_pruned_enter(const fe_pruned *pruned, const int32_t *pairs, int64_t count)

    struct fe_dictionary:
        const fe_keys *names
        int64_t words
        const char *prefix
        int64_t prefix_length
        fe_ngrams characters
        int32_t word_ngrams
        const fe_pruned *pruned

    struct fe_documents:
        int32_t *rows
        int64_t row_room
        int64_t row_count
        int64_t *offsets
        int64_t *label_offsets
        int64_t document_room
        int64_t document_count
        int32_t *labels
        int64_t label_room
        int64_t label_count
        int64_t *scratch
        int64_t needed
    int64_t fe_documents_read(const fe_dictionary *dictionary, const char *bytes, int64_t length, int whole,
                              fe_documents *documents)


def list_words(const unsigned char[::1] data not None, unsigned char[::1] words not None):
    """The words of a text by fastText's white space, each followed by a zero byte; returns how many bytes.

    ``words`` has room for 5 bytes for each byte of ``data``, and one.
    """
    cdef int64_t used = 0
    _require(words.shape[0] > 5 * data.shape[0], "words must have room for five times as many bytes, and one")
    if data.shape[0]:
        with nogil:
            used = fe_words_list(<const char *>&data[0], data.shape[0], <char *>&words[0])
    return used


cdef class DocumentReader:
    """Makes rows and labels of lines, with a dictionary of fastText; for any number of threads.

    Args:
        names: The table of all words and, behind them, labels.
        words: How many of the names are words.
        prefix: With which labels begin.
        shortest: Characters of the shortest n-grams.
        longest: Characters of the longest; 0: there are none.
        buckets: Of n-grams.
        word_ngrams: Words in the longest n-gram of words; 1: there are none.
        pruned: (n, 2), n-grams that are kept and their new numbers; None: all are.
        slots: Memory of a table of these: zeros, a power of two of places, more than there are n-grams.
    """

    cdef fe_dictionary dictionary
    cdef fe_pruned kept
    cdef object kept_alive

    def __cinit__(self, KeyTable names not None, int64_t words, bytes prefix not None, int32_t shortest,
                  int32_t longest, uint32_t buckets, int32_t word_ngrams, const int32_t[:, ::1] pruned,
                  uint64_t[::1] slots):
        cdef int64_t twice = -1
        cdef Py_ssize_t places, i
        _require(0 <= words <= names.count, "there are fewer names than words")
        _require(buckets > 0 or (longest <= 0 and word_ngrams <= 1), "n-grams need buckets")
        _require(words + <int64_t>buckets < 1 << 31, "rows must have numbers of 32 bits")
        self.kept_alive = (names, prefix, slots)
        self.dictionary.names = &names.keys
        self.dictionary.words = words
        self.dictionary.prefix = prefix
        self.dictionary.prefix_length = len(prefix)
        self.dictionary.characters.shortest = shortest
        self.dictionary.characters.longest = longest
        self.dictionary.characters.buckets = max(buckets, <uint32_t>1)
        self.dictionary.word_ngrams = word_ngrams
        if pruned is None:
            return
        places = slots.shape[0]
        _require(pruned.shape[1] == 2, "pruned must be pairs")
        _require(places > pruned.shape[0] and places & (places - 1) == 0, "slots must be a power of two, more than pairs")
        for i in range(pruned.shape[0]):
            _require(pruned[i, 0] >= 0 and pruned[i, 1] >= 0, "numbers of n-grams must not be negative")
        self.kept.slots = &slots[0]
        self.kept.mask = <uint64_t>places - 1
        if pruned.shape[0]:
            with nogil:
                twice = fe_pruned_enter(&self.kept, &pruned[0, 0], pruned.shape[0])
        _require(twice < 0, "an n-gram is kept twice")
        self.dictionary.pruned = &self.kept

    def read(self, const unsigned char[::1] data not None, bint whole, int32_t[::1] rows not None,
             int64_t[::1] offsets not None, int32_t[::1] labels not None, int64_t[::1] label_offsets not None,
             int64_t[::1] scratch not None):
        """Read lines, as many as there is room for.

        A document ends with its line; with ``whole`` it also ends after the word </s>, without, the rest of the line
        is left out then. ``scratch`` is as long as ``rows``. Returns how many bytes were read, documents, rows, labels
        and, where there was no room for a line, how long ``rows``, ``labels`` and ``offsets`` must be for it.
        """
        cdef fe_documents out
        cdef int64_t used = 0
        _require(rows.shape[0] > 0 and scratch.shape[0] >= rows.shape[0] and labels.shape[0] > 0,
                 "there must be room for rows and labels")
        _require(offsets.shape[0] > 1 and label_offsets.shape[0] == offsets.shape[0],
                 "there must be as many offsets of labels as of rows")
        out.rows, out.row_room, out.row_count = &rows[0], rows.shape[0], 0
        out.offsets, out.label_offsets = &offsets[0], &label_offsets[0]
        out.document_room, out.document_count = offsets.shape[0] - 1, 0
        out.labels, out.label_room, out.label_count = &labels[0], labels.shape[0], 0
        out.scratch, out.needed = &scratch[0], 0
        offsets[0] = label_offsets[0] = 0
        if data.shape[0]:
            with nogil:
                used = fe_documents_read(&self.dictionary, <const char *>&data[0], data.shape[0], whole, &out)
        return used, out.document_count, out.row_count, out.label_count, out.needed
