# Operations on rows that need no padding.

cdef extern from "rows/rows.h" nogil:
    struct fe_const_rows:
        const float *values
        int64_t stride
        int64_t size

    struct fe_rows:
        float *values
        int64_t stride
        int64_t size

    struct fe_bags:
        const int64_t *items
        const int64_t *offsets
        int64_t count
        const double *weights

    void fe_rows_gather(const fe_const_rows *source, const int64_t *indices, int64_t count, float *out)
    void fe_rows_scatter(const fe_kernel *kernel, const fe_rows *to, const int64_t *indices, int64_t count,
                         const float *changes, const float *scale)
    void fe_rows_mean(const fe_kernel *kernel, const fe_const_rows *source, const fe_bags *bags, float *means)
    void fe_rows_renormalise(const fe_kernel *kernel, const fe_rows *to, const int64_t *indices, int64_t count,
                             float longest)


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

    Zero where a bag is empty or its weights sum to zero.
    """
    cdef const fe_kernel *kernel = _kernel(isa)
    cdef fe_const_rows source
    cdef fe_bags bags
    source.stride = _row_stride(rows)
    source.values = &rows[0, 0]
    source.size = rows.shape[1]
    _require(rows.shape[1] == means.shape[1], "means must have rows like those of rows")
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
