# The best rows for many queries.

cdef extern from "search/search.h" nogil:
    enum fe_coding:
        FE_FLOATS
        FE_HALVES
        FE_INT8
        FE_PRODUCT
    enum:
        FE_CENTROIDS

    struct fe_codes:
        fe_coding coding
        const uint8_t *rows
        int64_t stride
        const float *centroids
        int64_t parts
        int64_t width

    struct fe_top:
        const float *rows
        int64_t stride
        int64_t size
        fe_codes codes
        const float *scale
        const int64_t *candidates
        const float *queries
        int64_t count
        const int64_t *exclude_offsets
        const int64_t *exclude
        int64_t n
        uint64_t *heaps
        int64_t *kept

    void fe_nearest_centroids(const fe_kernel *kernel, const float *rows, int64_t stride, int64_t count, int64_t width,
                              const float *centroids, const float *bias, uint8_t *codes, int64_t code_stride)
    size_t fe_top_workspace_size(const fe_kernel *kernel, const fe_top *top)
    void fe_top_scan(const fe_kernel *kernel, const fe_top *top, int64_t begin, int64_t end, void *workspace)
    void fe_top_results(const fe_top *top, float *scores, int64_t *rows)


cdef class TopRows:
    """The ``n`` rows with the highest dot products, for a block of queries.

    ``rows`` may be strided from row to row; ``scale``, ``candidates`` (rows to look at, rising) and the two arrays of
    exclusions (rising within a query) may be None. ``rows`` are float32; or uint16, the bits of float16; or int8; or
    uint8, the numbers of ``centroids``, float32 of shape (columns of ``rows``, 256, width).
    """

    cdef fe_top top
    cdef const fe_kernel *kernel
    cdef int64_t places
    cdef object kept_alive

    def __cinit__(self, str isa, rows not None, const float[::1] scale,
                  const int64_t[::1] candidates, const float[:, ::1] queries not None,
                  const int64_t[::1] exclude_offsets, const int64_t[::1] exclude, Py_ssize_t n,
                  const float[:, :, ::1] centroids=None):
        cdef Py_ssize_t count = queries.shape[0], k, j, have
        cdef bint fits = True
        self.kernel = _kernel(isa)
        have = self._take_rows(rows, centroids)
        _require(count > 0 and queries.shape[1] > 0 and queries.shape[1] == self.top.size and n > 0,
                 "queries and rows")
        _require(0 < have <= 1 << 32, "number of rows")
        self.top.queries = &queries[0, 0]
        self.top.count = count
        self.top.n = n
        self.places = have
        if scale is not None:
            _require(scale.shape[0] == have, "scale")
            self.top.scale = &scale[0]
        if candidates is not None:
            for k in range(candidates.shape[0]):
                fits = fits and (candidates[k - 1] if k else -1) < candidates[k] < have
            _require(fits, "candidates must rise and be rows")
            self.places = candidates.shape[0]
            self.top.candidates = &candidates[0] if candidates.shape[0] else NULL
        if exclude_offsets is not None:
            _require(exclude is not None and exclude_offsets.shape[0] == count + 1 and exclude_offsets[0] >= 0
                     and exclude_offsets[count] <= exclude.shape[0], "exclusions")
            for k in range(count):
                fits = fits and exclude_offsets[k] <= exclude_offsets[k + 1]
            _require(fits, "offsets of exclusions must rise")
            for k in range(count):
                for j in range(exclude_offsets[k] + 1, exclude_offsets[k + 1]):
                    fits = fits and exclude[j - 1] <= exclude[j]
            _require(fits, "excluded rows must rise within a query")
            self.top.exclude_offsets = &exclude_offsets[0]
            self.top.exclude = &exclude[0] if exclude.shape[0] else NULL
        cdef unsigned char[::1] heaps = bytearray(<object>count * n * sizeof(uint64_t))
        cdef unsigned char[::1] kept = bytearray(count * sizeof(int64_t))
        self.top.heaps = <uint64_t *>&heaps[0]
        self.top.kept = <int64_t *>&kept[0]
        self.kept_alive = (rows, scale, candidates, queries, exclude_offsets, exclude, heaps, kept, centroids)

    cdef Py_ssize_t _take_rows(self, rows, const float[:, :, ::1] centroids) except -1:
        """Say where the rows are, and of which kind; return how many there are."""
        cdef const float[:, :] floats
        cdef const uint16_t[:, :] halves
        cdef const int8_t[:, :] numbers
        cdef const uint8_t[:, :] parts
        cdef str kind = memoryview(rows).format
        if kind == "H":
            halves = rows
            _require(halves.shape[0] > 0 and halves.shape[1] > 0, "there are no rows")
            self.top.size = halves.shape[1]
            self._take_codes(FE_HALVES, <const uint8_t *>&halves[0, 0], halves.shape[1], halves.strides[0],
                             halves.strides[1], sizeof(uint16_t))
            return halves.shape[0]
        if kind == "b":
            numbers = rows
            _require(numbers.shape[0] > 0 and numbers.shape[1] > 0, "there are no rows")
            self.top.size = numbers.shape[1]
            self._take_codes(FE_INT8, <const uint8_t *>&numbers[0, 0], numbers.shape[1], numbers.strides[0],
                             numbers.strides[1], 1)
            return numbers.shape[0]
        if kind == "B":
            parts = rows
            _require(parts.shape[0] > 0 and parts.shape[1] > 0, "there are no rows")
            _require(centroids is not None and centroids.shape[0] == parts.shape[1]
                     and centroids.shape[1] == FE_CENTROIDS and centroids.shape[2] > 0, "centroids")
            self.top.size = centroids.shape[0] * centroids.shape[2]
            self.top.codes.centroids = &centroids[0, 0, 0]
            self.top.codes.parts, self.top.codes.width = centroids.shape[0], centroids.shape[2]
            self._take_codes(FE_PRODUCT, &parts[0, 0], parts.shape[1], parts.strides[0], parts.strides[1], 1)
            return parts.shape[0]
        floats = rows
        self.top.stride = _row_stride(floats)
        self.top.rows = &floats[0, 0]
        self.top.size = floats.shape[1]
        return floats.shape[0]

    cdef int _take_codes(self, fe_coding coding, const uint8_t *at, Py_ssize_t columns, Py_ssize_t stride,
                         Py_ssize_t apart, Py_ssize_t itemsize) except -1:
        _require((columns == 1 or apart == itemsize) and stride >= 0 and stride % itemsize == 0,
                 "the values of a row must lie one after another")
        self.top.codes.coding = coding
        self.top.codes.rows = at
        self.top.codes.stride = stride
        return 0

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


def nearest_centroids(str isa, const float[:, :] rows not None, const float[:, ::1] centroids not None,
                      const float[::1] bias not None, uint8_t[:] codes not None):
    """Fill ``codes`` (n,) with the numbers of the centroids that are nearest to ``rows`` (n, width).

    ``centroids`` is (width, 256); ``bias`` (256,) is -|c|^2 / 2 of each.
    """
    cdef const fe_kernel *kernel = _kernel(isa)
    cdef int64_t stride = _row_stride(rows)
    _require(centroids.shape[0] == rows.shape[1] and centroids.shape[1] == FE_CENTROIDS
             and bias.shape[0] == FE_CENTROIDS, "centroids")
    _require(codes.shape[0] == rows.shape[0], "codes must have one number for each row")
    cdef const float *values = &rows[0, 0]
    cdef const float *known = &centroids[0, 0]
    with nogil:
        fe_nearest_centroids(kernel, values, stride, rows.shape[0], rows.shape[1], known, &bias[0], &codes[0],
                             codes.strides[0])
