# Errors and checks that every room shares, and views of tokens.

cdef extern from "common/memory.h" nogil:
    void fe_trim()

cdef extern from "common/common.h" nogil:
    enum:
        FE_OK
        FE_NO_MEMORY
        FE_DIVERGED
        FE_BAD_UTF8
        FE_NUL_BYTE
        FE_TOO_MANY_TOKENS

    struct fe_view:
        const int32_t *ids
        const int64_t *offsets
        int64_t sentences
        const uint32_t *keep
        int64_t first_position
        const int32_t *tags
        const int64_t *tag_offsets


class DivergedError(FloatingPointError):
    """Training produced a value that is not a finite number."""


class BadTextError(ValueError):
    """Bytes that are no text; ``offset`` is where the token starts, ``nul`` whether it holds a NUL byte."""

    def __init__(self, offset, nul):
        super().__init__(f"{'NUL byte' if nul else 'invalid UTF-8'} in the token at byte {offset}")
        self.offset = offset
        self.nul = nul


cdef _check(int status):
    if status == FE_NO_MEMORY:
        raise MemoryError()
    if status == FE_DIVERGED:
        raise DivergedError("a score is not a finite number")
    if status == FE_TOO_MANY_TOKENS:
        raise OverflowError("more than 2**31 - 1 different tokens")


cdef _require(bint condition, str what):
    if not condition:
        raise ValueError(what)


cdef int64_t _check_offsets(const int64_t[::1] offsets, int64_t total) except -1:
    """The longest distance between neighbours, which must rise from 0 to ``total``."""
    cdef bint ends = offsets.shape[0] > 0 and offsets[0] == 0 and offsets[offsets.shape[0] - 1] == total
    cdef int64_t longest = _longest_step(offsets) if ends else -1
    _require(longest >= 0, "offsets must rise from 0 to the number of entries")
    return longest


cdef int64_t _longest_step(const int64_t[::1] offsets) noexcept:
    """The longest distance between neighbours, -1 when one is below the one before it."""
    cdef int64_t longest = 0
    cdef Py_ssize_t k
    cdef bint rising = True
    with nogil:
        for k in range(1, offsets.shape[0]):
            longest = max(longest, offsets[k] - offsets[k - 1])
            rising = rising and offsets[k] >= offsets[k - 1]
    return longest if rising else -1


cdef _check_range(const int32_t[::1] numbers, int64_t bound):
    """Every number must be in [0, bound)."""
    cdef int32_t low = 0, high = 0
    cdef Py_ssize_t k
    with nogil:
        for k in range(numbers.shape[0]):
            low = min(low, numbers[k])
            high = max(high, numbers[k])
    _require(low >= 0 and high < bound, "an id is out of range")


cdef class CheckedSentences:
    """Ids below ``bound`` and offsets that rise from 0 to their number, checked once: both must be read-only.

    They are checked in parts, first the ids, and ``look`` is called with each part.
    """

    cdef const int32_t[::1] ids
    cdef const int64_t[::1] offsets
    cdef int64_t bound, longest

    def __cinit__(self, ids not None, offsets not None, int64_t bound, look not None):
        cdef Py_ssize_t start, count, part = 1 << 22
        cdef int64_t longest
        _require(memoryview(ids).readonly and memoryview(offsets).readonly, "the arrays must be read-only")
        self.ids = ids
        self.offsets = offsets
        self.bound = bound
        count = self.ids.shape[0]
        for start in range(0, count, part):
            _check_range(self.ids[start:min(start + part, count)], bound)
            look(self.ids[start:min(start + part, count)])
        count = self.offsets.shape[0]
        _require(count > 0 and self.offsets[0] == 0 and self.offsets[count - 1] == self.ids.shape[0],
                 "offsets do not go from 0 to the number of ids")
        for start in range(0, count, part):
            longest = _longest_step(self.offsets[start:min(start + part + 1, count)])
            _require(longest >= 0, "offsets do not rise")
            self.longest = max(self.longest, longest)
            look(self.offsets[start:min(start + part, count)])

    cdef bint holds(self, const int32_t[::1] ids, const int64_t[::1] offsets, int64_t bound) noexcept:
        """Whether these are the arrays that were checked."""
        return (ids.shape[0] > 0 and ids.shape[0] == self.ids.shape[0] and &ids[0] == &self.ids[0]
                and offsets.shape[0] == self.offsets.shape[0] and &offsets[0] == &self.offsets[0]
                and bound >= self.bound)


def trim_memory():
    """Give memory that was freed, but that the allocator keeps, back to the system, where it can."""
    with nogil:
        fe_trim()


cdef class TokenView:
    """Tokens to train on: a whole corpus, or any part of one.

    Args:
        ids: Words, below ``words``.
        offsets: Where sentences begin and, at last, end: from 0 to the number of ids.
        words: Size of the vocabulary.
        first_position: Position of the first token in the corpus; random draws are keyed by positions.
        keep: For each token a threshold, (keep + 1) / 2**32 of its word's probability to stay; or None.
        checked: Spares a look at all of ``ids`` and ``offsets`` when these are the arrays that it has checked.
        tags: Where sentences are documents: rows of their tags; or None.
        tag_offsets: Where those of each sentence begin and, at last, end.
        tag_rows: All tags are below it.

    Attributes:
        longest_sentence: In tokens.
    """

    cdef fe_view view
    cdef int64_t words, tag_rows, most_tags
    cdef readonly int64_t longest_sentence
    cdef object kept_alive

    def __cinit__(self, const int32_t[::1] ids not None, const int64_t[::1] offsets not None, int64_t words,
                  int64_t first_position=0, const uint32_t[::1] keep=None, CheckedSentences checked=None,
                  const int32_t[::1] tags=None, const int64_t[::1] tag_offsets=None, int64_t tag_rows=0):
        self.kept_alive = (ids, offsets, keep, tags, tag_offsets)
        if checked is not None and checked.holds(ids, offsets, words):
            self.longest_sentence = checked.longest
        else:
            self.longest_sentence = _check_offsets(offsets, ids.shape[0])
            _check_range(ids, words)
        _require(first_position >= 0, "first_position must not be negative")
        _require(keep is None or keep.shape[0] == ids.shape[0], "keep must have one threshold for each token")
        self.words = words
        self.view.ids = &ids[0] if ids.shape[0] else NULL
        self.view.offsets = &offsets[0]
        self.view.sentences = offsets.shape[0] - 1
        self.view.first_position = first_position
        self.view.keep = &keep[0] if keep is not None and ids.shape[0] else NULL
        _require((tags is None) == (tag_offsets is None), "tags and their offsets go together")
        if tags is None:
            return
        _require(tags.shape[0] > 0, "there are no tags")
        _require(tag_offsets.shape[0] == offsets.shape[0], "there must be tags for each sentence")
        self.most_tags = _check_offsets(tag_offsets, tags.shape[0])
        _require(self.most_tags <= 0x7FFFFFFF, "a document has too many tags")
        _check_range(tags, tag_rows)
        self.tag_rows = tag_rows
        self.view.tags = &tags[0]
        self.view.tag_offsets = &tag_offsets[0]
