# Pairs of neighbours, counted and joined.

cdef extern from "text/text.h" nogil:
    struct fe_chain:
        int32_t before
        int32_t word
        int32_t chain

    struct fe_pair:
        uint64_t key
        int64_t value

    struct fe_sentences:
        const int32_t *ids
        const int64_t *offsets
        int64_t sentences
        const uint8_t *connectors
        const fe_chain *chain_slots
        uint64_t chain_mask
        uint64_t words
        uint64_t chains
    int64_t fe_chains_collect(const fe_sentences *text, int64_t begin, int64_t end, fe_chain *slots, uint64_t mask,
                              int64_t *used, int64_t room)
    int64_t fe_chains_move(const fe_chain *source, int64_t count, fe_chain *slots, uint64_t mask)
    int64_t fe_pairs_count(const fe_sentences *text, int64_t begin, int64_t end, uint64_t low, uint64_t high,
                           fe_pair *slots, uint64_t mask, int64_t *used, int64_t room)
    int64_t fe_pairs_move(const fe_pair *source, int64_t count, uint64_t low, uint64_t high, fe_pair *slots,
                          uint64_t mask)
    int64_t fe_pairs_pack(fe_pair *slots, int64_t count)

    struct fe_join:
        int64_t at
        int64_t sentence
        int64_t start
        int64_t written
        int32_t chain
    struct fe_phrases:
        const fe_pair *slots
        uint64_t mask
        const uint64_t *filter
        uint64_t filter_mask
    void fe_filter_add(const fe_pair *pairs, int64_t count, uint64_t *filter, uint64_t filter_mask)
    void fe_phrases_join(const fe_sentences *text, const fe_phrases *phrases, int64_t end, int64_t tokens,
                         fe_join *join, int32_t *out, int64_t *ends)


cdef uint64_t _mask(Py_ssize_t slots) except? 0:
    """The mask of a hash table of so many slots."""
    _require(slots > 1 and slots & (slots - 1) == 0, "a table needs a power of two of slots")
    return <uint64_t>(slots - 1)


def move_chains(const int32_t[:, ::1] source not None, int32_t[:, ::1] slots not None):
    """Add the rows of ``source`` that are no free slots to a table that lacks them; returns how many. n x 3 each."""
    cdef uint64_t mask = _mask(slots.shape[0])
    cdef int64_t count
    _require(slots.shape[1] == 3 and source.shape[1] == 3 and source.shape[0] < slots.shape[0],
             "both tables must have three columns, and slots more rows than source")
    if source.shape[0] == 0:
        return 0
    with nogil:
        count = fe_chains_move(<const fe_chain *>&source[0, 0], source.shape[0], <fe_chain *>&slots[0, 0], mask)
    return count


def move_pairs(const uint64_t[:, ::1] source not None, uint64_t low, uint64_t high, uint64_t[:, ::1] slots not None,
               int64_t used):
    """Add those rows of ``source`` with a hash of low ... high to a table that lacks them and has one free slot at
    least when ``used`` of its rows are added; returns how many. n x 2 each."""
    cdef uint64_t mask = _mask(slots.shape[0])
    cdef int64_t count
    _require(slots.shape[1] == 2 and source.shape[1] == 2 and used < slots.shape[0],
             "both tables must have two columns, and slots a free row")
    if source.shape[0] == 0:
        return 0
    with nogil:
        count = fe_pairs_move(<const fe_pair *>&source[0, 0], source.shape[0], low, high, <fe_pair *>&slots[0, 0],
                              mask)
    return count


def pack_pairs(uint64_t[:, ::1] slots not None):
    """Move the rows that are no free slots to the front; returns how many."""
    cdef int64_t count
    _require(slots.shape[0] > 0 and slots.shape[1] == 2, "slots must have rows, of two columns")
    with nogil:
        count = fe_pairs_pack(<fe_pair *>&slots[0, 0], slots.shape[0])
    return count


def add_to_filter(const uint64_t[:, ::1] pairs not None, uint64_t[::1] filter_ not None):
    """Set the bits of pairs (n x 2) in a filter, a power of two of words."""
    cdef uint64_t mask = _mask(64 * filter_.shape[0])
    _require(pairs.shape[1] == 2, "pairs must have two columns")
    if pairs.shape[0]:
        with nogil:
            fe_filter_add(<const fe_pair *>&pairs[0, 0], pairs.shape[0], &filter_[0], mask)


cdef class Sentences:
    """Sentences of ids in which pairs of neighbours are counted and joined.

    ``connectors`` (uint8) says of each word whether it is a connector word, ``chains`` are the connector words that
    may stand between two words: a table (n x 3) and how many there are, the empty one included.
    """

    cdef fe_sentences text
    cdef object kept_alive

    def __cinit__(self, const int32_t[::1] ids not None, const int64_t[::1] offsets not None,
                  const uint8_t[::1] connectors not None, const int32_t[:, ::1] chain_slots not None, uint64_t chains):
        self.kept_alive = (ids, offsets, connectors, chain_slots)
        _check_offsets(offsets, ids.shape[0])
        _check_range(ids, connectors.shape[0])
        _require(offsets.shape[0] > 1 and ids.shape[0] > 0, "there must be sentences")
        _require(chain_slots.shape[1] == 3 and 0 < chains <= <uint64_t>chain_slots.shape[0],
                 "chain_slots must have three columns, and as many rows as there are chains or more")
        self.text.chain_mask = _mask(chain_slots.shape[0])
        self.text.ids = &ids[0]
        self.text.offsets = &offsets[0]
        self.text.sentences = offsets.shape[0] - 1
        self.text.connectors = &connectors[0]
        self.text.chain_slots = <const fe_chain *>&chain_slots[0, 0]
        self.text.words = <uint64_t>connectors.shape[0]
        self.text.chains = chains

    cdef _check_block(self, int64_t begin, int64_t end):
        _require(0 <= begin <= end <= self.text.offsets[self.text.sentences],
                 "a block must lie within the tokens")

    def collect_chains(self, int64_t begin, int64_t end, int32_t[:, ::1] slots not None, int64_t used, int64_t room):
        """Add the chains of tokens [begin, end) to a table; returns (where it stopped, chains in the table)."""
        cdef uint64_t mask = _mask(slots.shape[0])
        cdef int64_t reached
        self._check_block(begin, end)
        _require(slots.shape[1] == 3 and 0 <= used <= room < min(slots.shape[0], <Py_ssize_t>0x7FFFFFFF),
                 "slots must have three columns, and more rows than room, which is at least used")
        with nogil:
            reached = fe_chains_collect(&self.text, begin, end, <fe_chain *>&slots[0, 0], mask, &used, room)
        return reached, used

    def count_pairs(self, int64_t begin, int64_t end, uint64_t low, uint64_t high, uint64_t[:, ::1] slots not None,
                    int64_t used, int64_t room):
        """Count pairs with a hash of low ... high; returns (where it stopped, pairs in the table)."""
        cdef uint64_t mask = _mask(slots.shape[0])
        cdef int64_t reached
        self._check_block(begin, end)
        _require(slots.shape[1] == 2 and 0 <= used <= room < slots.shape[0] and low <= high,
                 "slots must have two columns, and more rows than room, which is at least used")
        with nogil:
            reached = fe_pairs_count(&self.text, begin, end, low, high, <fe_pair *>&slots[0, 0], mask, &used, room)
        return reached, used

    def join(self, const uint64_t[:, ::1] slots not None, const uint64_t[::1] filter_ not None, int64_t begin,
             int64_t end, int64_t tokens, check, int32_t[::1] out not None, int64_t[::1] ends not None):
        """Write sentences [begin, end) with the pairs of a table joined, and where each ends in ``out``.

        ``check()`` is called before every ``tokens`` tokens. Returns how many ids were written.
        """
        cdef fe_phrases phrases
        cdef fe_join state
        _require(slots.shape[1] == 2 and 0 <= begin <= end <= self.text.sentences and tokens > 0,
                 "slots must have two columns, and the range lie within the sentences")
        _require(out.shape[0] > self.text.offsets[end] - self.text.offsets[begin]
                 and ends.shape[0] == self.text.sentences,
                 "out must have one place more than there are tokens, and ends one for each sentence")
        phrases.mask = _mask(slots.shape[0])
        phrases.filter_mask = _mask(64 * filter_.shape[0])
        phrases.slots = <const fe_pair *>&slots[0, 0]
        phrases.filter = &filter_[0]
        state.at = self.text.offsets[begin]
        state.sentence = begin
        state.start = -1
        state.written = 0
        state.chain = 0
        while state.sentence < end:
            check()
            with nogil:
                fe_phrases_join(&self.text, &phrases, end, tokens, &state, &out[0], &ends[0])
        return state.written
