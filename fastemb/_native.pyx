# cython: language_level=3, boundscheck=False, wraparound=False, embedsignature=False, freethreading_compatible=True
"""Binding of the C core: a buffer in, a call without the GIL, a status turned into an exception.

Nothing is decided here: no defaults, no arithmetic on the data. Callers are the modules of this package; arrays come
in with the right dtype and C-contiguous. What C would trust blindly is checked before it sees it: lengths, ids,
offsets.
"""

from cpython.object cimport PyObject


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


# ---- instruction sets ----

def kernels():
    """Kernels in this binary, plainest first: tuples (name, lanes, supported by this CPU)."""
    found = []
    while fe_kernel_at(len(found)) != NULL:
        kernel = fe_kernel_at(len(found))
        found.append((fe_kernel_name(kernel).decode(), fe_kernel_lanes(kernel), bool(fe_kernel_supported(kernel))))
    return found


cdef const fe_kernel *_kernel(str name) except NULL:
    cdef int index = 0
    while fe_kernel_at(index) != NULL:
        if fe_kernel_name(fe_kernel_at(index)).decode() == name:
            _require(fe_kernel_supported(fe_kernel_at(index)), f"this CPU does not support {name}")
            return fe_kernel_at(index)
        index += 1
    raise ValueError(f"no kernel named {name}")


# ---- sampling tables ----

def alias_table(double[::1] weights not None, uint32_t[:, ::1] table not None):
    """Fill ``table`` (n x 2) with the alias table of ``weights`` (n), which is overwritten."""
    cdef Py_ssize_t size = weights.shape[0]
    _require(0 < size <= 0x7FFFFFFF and table.shape[0] == size and table.shape[1] == 2, "sizes")
    work = bytearray(size * sizeof(int32_t))
    cdef unsigned char[::1] scratch = work
    with nogil:
        fe_alias_build(&weights[0], <int32_t>size, <fe_alias *>&table[0, 0], <int32_t *>&scratch[0])


def draw_negatives(const uint32_t[:, ::1] table not None, uint64_t seed, int64_t epoch, int64_t position,
                   int32_t[::1] rows not None):
    """Fill ``rows`` with the first negatives drawn for the centre at token ``position``."""
    _require(table.shape[0] > 0 and table.shape[1] == 2, "sizes")
    if rows.shape[0] == 0:
        return
    with nogil:
        fe_draw_negatives(<const fe_alias *>&table[0, 0], <int32_t>table.shape[0], seed, epoch, position,
                          rows.shape[0], &rows[0])


cdef class HuffmanTree:
    """Huffman tree over counts in falling order; ``total`` is the summed length of all codes."""

    cdef bytearray work
    cdef readonly int64_t total
    cdef Py_ssize_t size

    def __cinit__(self, const int64_t[::1] counts not None):
        self.size = counts.shape[0]
        _require(0 < self.size <= 0x7FFFFFFF, "sizes")
        self.work = bytearray(4 * self.size * sizeof(int64_t))
        cdef unsigned char[::1] work = self.work
        with nogil:
            self.total = fe_huffman_build(&counts[0], <int32_t>self.size, <int64_t *>&work[0])

    def paths(self, int64_t[::1] offsets not None, int32_t[::1] nodes not None, uint8_t[::1] codes not None):
        """Fill offsets (n + 1), nodes (total) and codes (total); the latter two have room for one more."""
        _require(offsets.shape[0] == self.size + 1 and nodes.shape[0] > self.total
                 and codes.shape[0] > self.total, "sizes")
        cdef const unsigned char[::1] work = self.work
        with nogil:
            fe_huffman_paths(<int32_t>self.size, <const int64_t *>&work[0], &offsets[0], &nodes[0], &codes[0])


# ---- training ----

cdef unsigned char *_aligned(unsigned char[::1] memory) noexcept nogil:
    return <unsigned char *>((<size_t>&memory[0] + 63) & ~<size_t>63)


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


cdef class TokenView:
    """Tokens to train on: a whole corpus, or any part of one.

    Args:
        ids: Words, below ``words``.
        offsets: Where sentences begin and, at last, end: from 0 to the number of ids.
        words: Size of the vocabulary.
        first_position: Position of the first token in the corpus; random draws are keyed by positions.
        keep: For each token a threshold, (keep + 1) / 2**32 of its word's probability to stay; or None.
        checked: Spares a look at all of ``ids`` and ``offsets`` when these are the arrays that it has checked.

    Attributes:
        longest_sentence: In tokens.
    """

    cdef fe_view view
    cdef int64_t words
    cdef readonly int64_t longest_sentence
    cdef object kept_alive

    def __cinit__(self, const int32_t[::1] ids not None, const int64_t[::1] offsets not None, int64_t words,
                  int64_t first_position=0, const uint32_t[::1] keep=None, CheckedSentences checked=None):
        self.kept_alive = (ids, offsets, keep)
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


cdef class Matrices:
    """What is learned: float32, rows x stride, 64-byte aligned, zeros past ``vector_size``.

    Args:
        in_: Input rows: one for each word, and any number of others. The stride is a multiple of 16.
        out_ns: One row a word, for negative sampling; or None.
        out_hs: One row an inner node of the Huffman tree; or None.
        vector_size: The floats of a row that count.
        in_scale: For each input row a factor on its change; or None.
    """

    cdef fe_matrices matrices
    cdef Py_ssize_t ns_rows, hs_rows
    cdef object kept_alive

    def __cinit__(self, float[:, ::1] in_ not None, float[:, ::1] out_ns, float[:, ::1] out_hs, int64_t vector_size,
                  const float[::1] in_scale=None):
        self.kept_alive = (in_, out_ns, out_hs, in_scale)
        _require(in_.shape[0] > 0 and in_.shape[1] % 16 == 0, "the input matrix needs rows of a multiple of 16 floats")
        _require(0 < vector_size <= in_.shape[1], "vector_size must be from 1 to the length of a row")
        _require(<size_t>&in_[0, 0] % 64 == 0, "the input matrix must be aligned to 64 bytes")
        _require(out_ns is not None or out_hs is not None, "there is no output matrix")
        self.matrices.in_ = &in_[0, 0]
        self.matrices.in_rows = in_.shape[0]
        self.matrices.stride = in_.shape[1]
        self.matrices.size = vector_size
        if out_ns is not None:
            _require(out_ns.shape[0] > 0 and out_ns.shape[1] == in_.shape[1], "out_ns must have rows like the input's")
            self.matrices.out_ns = &out_ns[0, 0]
            self.ns_rows = out_ns.shape[0]
        if out_hs is not None:
            _require(out_hs.shape[0] > 0 and out_hs.shape[1] == in_.shape[1], "out_hs must have rows like the input's")
            self.matrices.out_hs = &out_hs[0, 0]
            self.hs_rows = out_hs.shape[0]
        if in_scale is not None:
            _require(in_scale.shape[0] == in_.shape[0], "in_scale must have one factor for each input row")
            self.matrices.in_scale = &in_scale[0]


cdef class Contexts:
    """Which tokens are contexts of a centre.

    Args:
        window: Up to so many tokens on either side.
        shrink: Whether the window of each centre is cut to a random length.
        longest_sentence: No view to train on has a longer sentence, in tokens.
        basket: 0 for windows; else most contexts of a centre, from anywhere in its sentence, and ``window`` is ignored.
    """

    cdef fe_contexts contexts

    def __cinit__(self, int32_t window, bint shrink, int64_t longest_sentence, int32_t basket=0):
        _require(window > 0, "window must be at least 1")
        _require(basket >= 0, "basket must not be negative")
        _require(longest_sentence >= 0 and (basket == 0 or longest_sentence <= 0x7FFFFFFF),
                 "a basket has at most 2**31 - 1 tokens")
        self.contexts.window = window
        self.contexts.shrink = shrink
        self.contexts.longest_sentence = longest_sentence
        self.contexts.basket = basket


cdef class Inputs:
    """How contexts become inputs.

    Args:
        sg: Every context is an input (skip-gram); else those of a centre are one bag (CBOW).
        mean: A bag's input is the mean of its rows; else their sum.
        exact: A bag's rows receive the true gradient, not word2vec's.
        per_pair: Every context, or bag, has negatives of its own.
    """

    cdef fe_inputs inputs

    def __cinit__(self, bint sg, bint mean=True, bint exact=False, bint per_pair=False):
        self.inputs.kind = FE_CONTEXT_INPUTS if sg else FE_BAG_INPUTS
        self.inputs.mean = mean
        self.inputs.exact = exact
        self.inputs.per_pair = per_pair


cdef class Negatives:
    """Negative sampling: the alias table ``noise`` (words x 2), and how many words are drawn at a time."""

    cdef fe_negatives negatives
    cdef object kept_alive

    def __cinit__(self, const uint32_t[:, ::1] noise not None, int32_t count):
        self.kept_alive = noise
        _require(0 < noise.shape[0] <= 0x7FFFFFFF and noise.shape[1] == 2, "noise must be a table of words x 2")
        _require(count > 0, "at least one negative must be drawn")
        self.negatives.noise = <const fe_alias *>&noise[0, 0]
        self.negatives.words = <int32_t>noise.shape[0]
        self.negatives.count = count


cdef class Paths:
    """Huffman paths: what `HuffmanTree.paths` filled; nodes and codes have room for one more."""

    cdef fe_paths paths
    cdef const int32_t[::1] nodes
    cdef Py_ssize_t words
    cdef object kept_alive

    def __cinit__(self, const int64_t[::1] offsets not None, const int32_t[::1] nodes not None,
                  const uint8_t[::1] codes not None):
        self.kept_alive = (offsets, codes)
        self.nodes = nodes
        _require(offsets.shape[0] > 1 and nodes.shape[0] > 0 and codes.shape[0] == nodes.shape[0],
                 "paths need one offset more than words, and as many codes as nodes")
        cdef int64_t longest = _check_offsets(offsets, nodes.shape[0] - 1)
        _require(longest <= 0x7FFFFFFF, "a path is too long")
        self.words = offsets.shape[0] - 1
        self.paths.offsets = &offsets[0]
        self.paths.nodes = &nodes[0]
        self.paths.codes = &codes[0]
        self.paths.longest = <int32_t>longest


cdef class Trainer:
    """A run of training: what all its blocks share.

    Args:
        isa: Name of the kernel.
        matrices: What is learned.
        contexts: Which tokens are contexts of a centre.
        inputs: How contexts become inputs.
        negatives: There where ``matrices`` has ``out_ns``.
        paths: There where ``matrices`` has ``out_hs``.
        keep: For each word the threshold of 32 random bits up to which a token stays; None keeps all.
        seed: Of all random draws.
        want_loss: Whether the loss is added up.
    """

    cdef fe_job job
    cdef const fe_kernel *kernel
    cdef int64_t words
    cdef object kept_alive

    def __cinit__(self, str isa, Matrices matrices not None, Contexts contexts not None, Inputs inputs not None,
                  Negatives negatives, Paths paths, const uint32_t[::1] keep, uint64_t seed, bint want_loss):
        self.kernel = _kernel(isa)
        self.kept_alive = (matrices, negatives, paths, keep)
        _require((negatives is not None) == (matrices.matrices.out_ns != NULL), "negatives and out_ns go together")
        _require((paths is not None) == (matrices.matrices.out_hs != NULL), "paths and out_hs go together")
        self.words = negatives.negatives.words if negatives is not None else paths.words
        _require(self.words <= 0x7FFFFFFF and self.words <= matrices.matrices.in_rows, "a word has no input row")
        self.job.matrices = matrices.matrices
        self.job.contexts = contexts.contexts
        self.job.inputs = inputs.inputs
        if negatives is not None:
            _require(matrices.ns_rows == self.words, "out_ns and noise must have one row for each word")
            self.job.negatives = negatives.negatives
        if paths is not None:
            _require(paths.words == self.words, "noise and paths are of different vocabularies")
            _require(matrices.hs_rows >= self.words - 1, "out_hs must have one row for each inner node")
            _check_range(paths.nodes[:paths.nodes.shape[0] - 1], matrices.hs_rows)
            self.job.paths = paths.paths
        if keep is not None:
            _require(keep.shape[0] == self.words, "keep must have one threshold for each word")
            self.job.subsampling.keep = &keep[0]
            self.job.subsampling.last = fe_keep_last(&keep[0], <int32_t>self.words)
        self.job.seed = seed
        self.job.want_loss = want_loss

    def workspace(self):
        """Scratch memory for one thread."""
        return bytearray(fe_workspace_size(&self.job) + 64)

    def train_block(self, TokenView view not None, int64_t epoch, int64_t begin, int64_t end, float alpha,
                    unsigned char[::1] workspace not None):
        """Train on the centres at tokens [begin, end) of a view; returns (words, kept, pairs, loss)."""
        cdef fe_done done
        cdef int status
        _require(view.words <= self.words, "the view is of a larger vocabulary")
        _require(view.longest_sentence <= self.job.contexts.longest_sentence, "a sentence of the view is too long")
        _require(0 <= begin <= end <= view.view.offsets[view.view.sentences], "the block is not within the view")
        _require(<size_t>workspace.shape[0] >= fe_workspace_size(&self.job) + 64, "the workspace is too small")
        with nogil:
            status = fe_train_block(self.kernel, &self.job, &view.view, epoch, begin, end, alpha, _aligned(workspace),
                                    &done)
        _check(status)
        return done.words, done.kept, done.pairs, done.loss


def step(str isa, float[:, ::1] h not None, const int32_t[::1] h_rows not None, float[:, ::1] o not None,
         const int32_t[::1] o_rows not None, const uint8_t[::1] labels not None, int64_t vector_size, float alpha,
         bint in_turn=False):
    """One block step on rows of h and o, in place; returns its loss."""
    cdef const fe_kernel *kernel = _kernel(isa)
    cdef double loss = 0.0
    cdef fe_step block
    cdef int32_t k
    cdef int status
    block.m = <int32_t>h_rows.shape[0]
    block.n = <int32_t>o_rows.shape[0]
    _require(0 < block.m <= FE_MAX_INPUTS and block.n > 0 and labels.shape[0] == block.n, "block")
    _require(h.shape[1] == o.shape[1] and h.shape[1] % 16 == 0 and 0 < vector_size <= h.shape[1], "matrices")
    for k in range(block.m):
        _require(0 <= h_rows[k] < h.shape[0], "input rows")
    for k in range(block.n):
        _require(0 <= o_rows[k] < o.shape[0], "output rows")
    block.h = &h[0, 0]
    block.o = &o[0, 0]
    block.h_rows = &h_rows[0]
    block.o_rows = &o_rows[0]
    block.labels = &labels[0]
    block.in_turn = in_turn
    block.stride = h.shape[1]
    block.size = vector_size
    cdef unsigned char[::1] workspace = bytearray(fe_step_workspace_size(block.n) + 64)
    with nogil:
        status = fe_step_run(kernel, &block, alpha, &loss, _aligned(workspace))
    _check(status)
    return loss


# ---- best rows ----

cdef class TopRows:
    """The ``n`` rows with the highest dot products, for a block of queries.

    ``rows`` may be strided from row to row; ``scale``, ``candidates`` (rows to look at, rising) and the two arrays of
    exclusions (rising within a query) may be None.
    """

    cdef fe_top top
    cdef const fe_kernel *kernel
    cdef int64_t places
    cdef object kept_alive

    def __cinit__(self, str isa, const float[:, :] rows not None, const float[::1] scale,
                  const int64_t[::1] candidates, const float[:, ::1] queries not None,
                  const int64_t[::1] exclude_offsets, const int64_t[::1] exclude, Py_ssize_t n):
        cdef Py_ssize_t count = queries.shape[0], k
        cdef bint fits = True
        self.kernel = _kernel(isa)
        _require(count > 0 and queries.shape[1] > 0 and queries.shape[1] == rows.shape[1] and n > 0,
                 "queries and rows")
        _require(0 < rows.shape[0] <= 1 << 32, "number of rows")
        self.top.stride = _row_stride(rows)
        self.top.rows = &rows[0, 0]
        self.top.size = rows.shape[1]
        self.top.queries = &queries[0, 0]
        self.top.count = count
        self.top.n = n
        self.places = rows.shape[0]
        if scale is not None:
            _require(scale.shape[0] == rows.shape[0], "scale")
            self.top.scale = &scale[0]
        if candidates is not None:
            for k in range(candidates.shape[0]):
                fits = fits and (candidates[k - 1] if k else -1) < candidates[k] < rows.shape[0]
            _require(fits, "candidates must rise and be rows")
            self.places = candidates.shape[0]
            self.top.candidates = &candidates[0] if candidates.shape[0] else NULL
        if exclude_offsets is not None:
            _require(exclude is not None and exclude_offsets.shape[0] == count + 1 and exclude_offsets[0] >= 0
                     and exclude_offsets[count] <= exclude.shape[0], "exclusions")
            for k in range(count):
                fits = fits and exclude_offsets[k] <= exclude_offsets[k + 1]
            _require(fits, "offsets of exclusions must rise")
            self.top.exclude_offsets = &exclude_offsets[0]
            self.top.exclude = &exclude[0] if exclude.shape[0] else NULL
        cdef unsigned char[::1] heaps = bytearray(<object>count * n * sizeof(uint64_t))
        cdef unsigned char[::1] kept = bytearray(count * sizeof(int64_t))
        self.top.heaps = <uint64_t *>&heaps[0]
        self.top.kept = <int64_t *>&kept[0]
        self.kept_alive = (rows, scale, candidates, queries, exclude_offsets, exclude, heaps, kept)

    def workspace(self):
        """Scratch memory for `scan`."""
        return bytearray(fe_top_workspace_size(self.kernel, &self.top) + 64)

    def scan(self, int64_t begin, int64_t end, unsigned char[::1] workspace not None):
        """Look at the rows, or candidates, at [begin, end); ranges must rise."""
        _require(0 <= begin <= end <= self.places, "range")
        _require(<size_t>workspace.shape[0] >= fe_top_workspace_size(self.kernel, &self.top) + 64, "workspace")
        with nogil:
            fe_top_scan(self.kernel, &self.top, begin, end, _aligned(workspace))

    def results(self, float[:, ::1] scores not None, int64_t[:, ::1] rows not None):
        """Fill ``scores`` and ``rows`` (queries x n), the best first; starts anew."""
        _require(scores.shape[0] == self.top.count and scores.shape[1] == self.top.n
                 and rows.shape[0] == self.top.count and rows.shape[1] == self.top.n, "room for results")
        with nogil:
            fe_top_results(&self.top, &scores[0, 0], &rows[0, 0])


# ---- rows ----

cdef int64_t _row_stride(const float[:, :] rows) except -1:
    """Floats from one row to the next."""
    _require(rows.shape[0] > 0 and rows.shape[1] > 0, "there are no rows")
    _require((rows.shape[1] == 1 or rows.strides[1] == sizeof(float)) and rows.strides[0] >= 0
             and rows.strides[0] % <Py_ssize_t>sizeof(float) == 0, "the values of a row must lie one after another")
    return rows.strides[0] // <Py_ssize_t>sizeof(float)


cdef _check_indices(const int64_t[::1] indices, Py_ssize_t rows):
    cdef Py_ssize_t k
    cdef bint fits = True
    with nogil:
        for k in range(indices.shape[0]):
            fits = fits and 0 <= indices[k] < rows
    _require(fits, "indices must be rows")


def gather_rows(const float[:, :] rows not None, const int64_t[::1] indices not None, float[:, ::1] out not None):
    """Fill row i of ``out`` with ``rows[indices[i]]``. Rows may be strided from row to row, here and below."""
    cdef fe_const_rows source
    cdef Py_ssize_t count = indices.shape[0]
    source.stride = _row_stride(rows)
    source.values = &rows[0, 0]
    source.size = rows.shape[1]
    _require(out.shape[0] == count and out.shape[1] == rows.shape[1], "out must have one row for each index")
    _check_indices(indices, rows.shape[0])
    if count:
        with nogil:
            fe_rows_gather(&source, &indices[0], count, &out[0, 0])


def scatter_rows(str isa, float[:, :] rows not None, const int64_t[::1] indices not None,
                 const float[:, ::1] changes not None, const float[::1] scale=None):
    """Add ``scale[i] * changes[i]`` to ``rows[indices[i]]``, in order; without ``scale`` the changes themselves."""
    cdef const fe_kernel *kernel = _kernel(isa)
    cdef fe_rows into
    cdef Py_ssize_t count = indices.shape[0]
    into.stride = _row_stride(rows)
    into.values = &rows[0, 0]
    into.size = rows.shape[1]
    _require(changes.shape[0] == count and changes.shape[1] == rows.shape[1], "changes must have one row an index")
    _require(scale is None or scale.shape[0] == count, "scale must have one factor an index")
    _check_indices(indices, rows.shape[0])
    cdef const float *scale_at = &scale[0] if scale is not None and count else NULL
    if count:
        with nogil:
            fe_rows_scatter(kernel, &into, &indices[0], count, &changes[0, 0], scale_at)


def mean_rows(str isa, const float[:, :] rows not None, const int64_t[::1] items not None,
              const int64_t[::1] offsets not None, const double[::1] weights, float[:, ::1] means not None):
    """Fill ``means``, row b with the mean of ``rows[items[offsets[b]:offsets[b + 1]]]``, by ``weights`` if not None.

    Zero where there are none.
    """
    cdef const fe_kernel *kernel = _kernel(isa)
    cdef fe_const_rows source
    cdef fe_bags bags
    source.stride = _row_stride(rows)
    source.values = &rows[0, 0]
    source.size = rows.shape[1]
    _require(rows.shape[1] == means.shape[1], "size of the means")
    _require(offsets.shape[0] == means.shape[0] + 1, "offsets must be one more than means")
    _check_offsets(offsets, items.shape[0])
    _require(weights is None or weights.shape[0] == items.shape[0], "weights must be as many as items")
    _check_indices(items, rows.shape[0])
    if items.shape[0] == 0:
        means[:] = 0
        return
    bags.items = &items[0]
    bags.offsets = &offsets[0]
    bags.count = means.shape[0]
    bags.weights = &weights[0] if weights is not None else NULL
    with nogil:
        fe_rows_mean(kernel, &source, &bags, &means[0, 0])


def renormalise_rows(str isa, float[:, :] rows not None, const int64_t[::1] indices not None, float longest):
    """Shorten those of ``rows[indices]`` that are longer than ``longest`` to that length; rows with NaN or infinite
    values stay as they are."""
    cdef const fe_kernel *kernel = _kernel(isa)
    cdef fe_rows into
    cdef Py_ssize_t count = indices.shape[0]
    into.stride = _row_stride(rows)
    into.values = &rows[0, 0]
    into.size = rows.shape[1]
    _require(longest >= 0, "longest must not be negative")
    _check_indices(indices, rows.shape[0])
    if count:
        with nogil:
            fe_rows_renormalise(kernel, &into, &indices[0], count, longest)


# ---- text ----

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
        _require(ids.shape[0] >= (data.shape[0] + 1) // 2 and ends.shape[0] > count_lines(data), "room")
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
        _require(source is not self and remap.shape[0] > len(source), "room")
        with nogil:
            status = fe_table_merge(self.table, source.table, &remap[0])
        _check(status)

    def counts(self, int64_t[::1] counts not None, int64_t[::1] first_positions not None):
        """Fill each token's count and the smallest position at which it was first read; room for one more."""
        _require(counts.shape[0] > len(self) and first_positions.shape[0] > len(self), "room")
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
        _require(1 <= bits <= 16 and order.shape[0] > len(self) and ends.shape[0] == 1 << bits, "room")
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
                 and (firsts is None or firsts.shape[0] == count), "room")
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
        _require(ids.shape[0] == _list_size(tokens), "room")
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


# ---- phrases ----

def count_ids(const int32_t[::1] ids not None, int64_t begin, int64_t end, int64_t[::1] counts not None,
              int64_t[::1] first not None):
    """Add to ``counts`` how often each of ids[begin:end] occurs; ``first`` is where one occurs whose count was 0."""
    _require(counts.shape[0] == first.shape[0] and 0 <= begin <= end <= ids.shape[0], "sizes")
    if begin == end:
        return
    _check_range(ids[begin:end], counts.shape[0])
    with nogil:
        fe_ids_count(&ids[0], begin, end, &counts[0], &first[0])


cdef uint64_t _mask(Py_ssize_t slots) except? 0:
    """The mask of a hash table of so many slots."""
    _require(slots > 1 and slots & (slots - 1) == 0, "a table needs a power of two of slots")
    return <uint64_t>(slots - 1)


def move_chains(const int32_t[:, ::1] source not None, int32_t[:, ::1] slots not None):
    """Add the rows of ``source`` that are no free slots to a table that lacks them; returns how many. n x 3 each."""
    cdef uint64_t mask = _mask(slots.shape[0])
    cdef int64_t count
    _require(slots.shape[1] == 3 and source.shape[1] == 3 and source.shape[0] < slots.shape[0], "sizes")
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
    _require(slots.shape[1] == 2 and source.shape[1] == 2 and used < slots.shape[0], "sizes")
    if source.shape[0] == 0:
        return 0
    with nogil:
        count = fe_pairs_move(<const fe_pair *>&source[0, 0], source.shape[0], low, high, <fe_pair *>&slots[0, 0],
                              mask)
    return count


def pack_pairs(uint64_t[:, ::1] slots not None):
    """Move the rows that are no free slots to the front; returns how many."""
    cdef int64_t count
    _require(slots.shape[0] > 0 and slots.shape[1] == 2, "sizes")
    with nogil:
        count = fe_pairs_pack(<fe_pair *>&slots[0, 0], slots.shape[0])
    return count


def add_to_filter(const uint64_t[:, ::1] pairs not None, uint64_t[::1] filter_ not None):
    """Set the bits of pairs (n x 2) in a filter, a power of two of words."""
    cdef uint64_t mask = _mask(64 * filter_.shape[0])
    _require(pairs.shape[1] == 2, "sizes")
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
        _require(chain_slots.shape[1] == 3 and 0 < chains <= <uint64_t>chain_slots.shape[0], "chains")
        self.text.chain_mask = _mask(chain_slots.shape[0])
        self.text.ids = &ids[0]
        self.text.offsets = &offsets[0]
        self.text.sentences = offsets.shape[0] - 1
        self.text.connectors = &connectors[0]
        self.text.chain_slots = <const fe_chain *>&chain_slots[0, 0]
        self.text.words = <uint64_t>connectors.shape[0]
        self.text.chains = chains

    cdef _check_block(self, int64_t begin, int64_t end):
        _require(0 <= begin <= end <= self.text.offsets[self.text.sentences], "block")

    def collect_chains(self, int64_t begin, int64_t end, int32_t[:, ::1] slots not None, int64_t used, int64_t room):
        """Add the chains of tokens [begin, end) to a table; returns (where it stopped, chains in the table)."""
        cdef uint64_t mask = _mask(slots.shape[0])
        cdef int64_t reached
        self._check_block(begin, end)
        _require(slots.shape[1] == 3 and 0 <= used <= room < min(slots.shape[0], <Py_ssize_t>0x7FFFFFFF), "room")
        with nogil:
            reached = fe_chains_collect(&self.text, begin, end, <fe_chain *>&slots[0, 0], mask, &used, room)
        return reached, used

    def count_pairs(self, int64_t begin, int64_t end, uint64_t low, uint64_t high, uint64_t[:, ::1] slots not None,
                    int64_t used, int64_t room):
        """Count pairs with a hash of low ... high; returns (where it stopped, pairs in the table)."""
        cdef uint64_t mask = _mask(slots.shape[0])
        cdef int64_t reached
        self._check_block(begin, end)
        _require(slots.shape[1] == 2 and 0 <= used <= room < slots.shape[0] and low <= high, "room")
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
        _require(slots.shape[1] == 2 and 0 <= begin <= end <= self.text.sentences and tokens > 0, "sentences")
        _require(out.shape[0] > self.text.offsets[end] - self.text.offsets[begin]
                 and ends.shape[0] == self.text.sentences, "room")
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


cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(dict, object) except? NULL


def number_tokens(dict indices not None, list sentences not None, int32_t[::1] ids not None):
    """Write indices[token] for every token of every sentence, new tokens added to the dict; returns how many."""
    cdef Py_ssize_t count = 0, room = ids.shape[0]
    cdef PyObject *found
    for sentence in sentences:
        for token in sentence:
            found = PyDict_GetItemWithError(indices, token)
            _require(count < room, "room")
            if found != NULL:
                ids[count] = <object>found
            else:
                ids[count] = len(indices)
                indices[token] = len(indices)
            count += 1
    return count


# ---- word2vec's files ----

def find_binary(const unsigned char[::1] data not None, int64_t dims, int64_t room, unsigned char[::1] keys not None):
    """Find whole binary records, at most ``room``, and copy their keys, a space after each, into ``keys``.

    Returns (records found, bytes of ``keys``, bytes of ``data``).
    """
    cdef int64_t count = 0, keys_used = 0, used = 0
    _require(keys.shape[0] >= data.shape[0] and 0 < dims <= 1 << 40 and room >= 0, "room")
    if data.shape[0]:
        with nogil:
            count = fe_binary_read(<const char *>&data[0], data.shape[0], dims, room, NULL, <char *>&keys[0],
                                   &keys_used, &used)
    return count, keys_used, used


def read_binary(const unsigned char[::1] data not None, float[:, ::1] rows not None):
    """Copy the floats of binary records to ``rows``; returns how many were copied."""
    cdef int64_t count = 0, used = 0
    _require(rows.shape[1] > 0, "dimensions")
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
    _require((floats is None) != (doubles is None), "rows")
    text.dims = doubles.shape[1] if floats is None else floats.shape[1]
    text.room = doubles.shape[0] if floats is None else floats.shape[0]
    _require(keys.shape[0] >= data.shape[0] and text.dims > 0 and hard.shape[1] == 3 and hard.shape[0] >= text.dims,
             "room")
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
    _require(key_ends.shape[0] == count, "keys")
    if count == 0:
        return bytearray()
    _require(dims > 0 and key_ends[count - 1] == keys.shape[0], "keys")
    _require(key_ends[0] >= 0, "keys")
    cdef int64_t k
    for k in range(1, count):
        _require(key_ends[k] >= key_ends[k - 1], "keys")
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
