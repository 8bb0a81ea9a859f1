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
    cdef uint64_t signs = 0  # bit 63: one is negative, or its distance from the last row is
    with nogil:
        for k in range(indices.shape[0]):
            signs |= <uint64_t> indices[k] | (<uint64_t> (rows - 1) - <uint64_t> indices[k])
    _require(signs >> 63 == 0, "indices must be rows")


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


# ---- tables in training ----

cdef extern from "kernels/kernels.h" nogil:
    struct fe_step_sizes:
        float rate
        float eps
        float beta1
        float beta2
        float keep
        float root

cdef extern from "rows/rows.h" nogil:
    struct fe_taken:
        pass

    struct fe_share:
        int64_t rows
        int64_t padding
        int worker
        int workers

    struct fe_gradients:
        const float *rows
        int64_t size
        const int64_t *source
        const float *factors
        const int64_t *winners
        int by_frequency

    enum:
        FE_SGD
        FE_ADAGRAD
        FE_ROWWISE_ADAGRAD
        FE_ADAM

    struct fe_rule:
        int kind
        fe_step_sizes sizes

    struct fe_trained:
        fe_rows table
        float *first
        float *second

    struct fe_id_bags:
        const int64_t *ids
        const int64_t *offsets
        const float *factors
        int mean
        int64_t begin
        int64_t end

    int64_t fe_group_take(const int64_t *ids, int64_t count, const fe_share *share, fe_taken *taken)
    fe_taken *fe_group_sort(fe_taken *taken, fe_taken *spare, int64_t count, int64_t rows)
    int64_t fe_group_rows(const fe_taken *taken, int64_t count, int64_t *rows)
    void fe_group_rank(const int64_t *own, int64_t n, const int64_t *other, int64_t m, int64_t *places)
    void fe_rows_sum(const fe_kernel *kernel, const fe_gradients *gradients, const fe_taken *taken, int64_t count,
                     const int64_t *places, float *values)
    void fe_rows_apply(const fe_kernel *kernel, const fe_trained *to, const fe_rule *rule, const int64_t *indices,
                       int64_t count, const float *values)
    void fe_rows_learn(const fe_kernel *kernel, const fe_trained *to, const fe_rule *rule,
                       const fe_gradients *gradients, const fe_taken *taken, int64_t count, float *sum)
    void fe_rows_descend(const fe_kernel *kernel, const fe_rows *to, float rate, const fe_gradients *gradients,
                         const fe_taken *taken, int64_t count)
    void fe_rows_shorten(const fe_kernel *kernel, const fe_rows *to, const fe_taken *taken, int64_t count,
                         double longest, double p)
    int fe_rows_finite(const fe_kernel *kernel, const float *values, int64_t count)
    void fe_bags_pool(const fe_kernel *kernel, const fe_const_rows *source, const fe_id_bags *bags, float *out)
    void fe_bags_max(const fe_const_rows *source, const fe_id_bags *bags, float *out, int64_t *winners)
    void fe_bags_products(const fe_kernel *kernel, const fe_const_rows *source, const fe_id_bags *bags,
                          const float *grads, float *products)

_RULES = {"sgd": FE_SGD, "adagrad": FE_ADAGRAD, "rowwise_adagrad": FE_ROWWISE_ADAGRAD, "adam": FE_ADAM}


cdef class RowGradients:
    """The gradients of ``count`` ids: of id i, ``factors[i] * rows[source[i]]``.

    Args:
        count: Ids.
        rows: (m, D).
        source: The row of each id; None: row i.
        factors: One an id; None: 1.
        winners: (m, D), the id that a value of ``rows`` goes to; None: it goes to all.
        by_frequency: The sum of an id's gradients is divided by their number.
    """

    cdef fe_gradients gradients
    cdef int64_t count
    cdef object kept_alive

    def __cinit__(self, int64_t count, const float[:, ::1] rows not None, const int64_t[::1] source,
                  const float[::1] factors, const int64_t[:, ::1] winners, bint by_frequency):
        self.kept_alive = (rows, source, factors, winners)
        _require(rows.shape[1] > 0, "rows must have values")
        if source is None:
            _require(rows.shape[0] == count, "rows must be as many as ids")
        else:
            _require(source.shape[0] == count, "source must have one row an id")
            _check_indices(source, rows.shape[0])
        _require(factors is None or factors.shape[0] == count, "factors must be as many as ids")
        _require(winners is None or (winners.shape[0] == rows.shape[0] and winners.shape[1] == rows.shape[1]),
                 "winners must be shaped like rows")
        self.count = count
        self.gradients.rows = &rows[0, 0] if rows.shape[0] else NULL
        self.gradients.size = rows.shape[1]
        self.gradients.source = &source[0] if source is not None and count else NULL
        self.gradients.factors = &factors[0] if factors is not None and count else NULL
        self.gradients.winners = &winners[0, 0] if winners is not None and rows.shape[0] else NULL
        self.gradients.by_frequency = by_frequency


cdef class RowOptimizer:
    """A step of an optimiser on a table: ``rule`` is a name of csrc/rows/rows.h in small letters, without FE.

    Args:
        isa: Kernel.
        table: (rows, D), strided from row to row if need be.
        first: (rows, D), only for "adam".
        second: (rows, D), or (rows, 1) for "rowwise_adagrad"; None for "sgd".
        rule: Name.
        sizes: rate, eps, beta1, beta2, keep, root.
    """

    cdef const fe_kernel *kernel
    cdef fe_trained trained
    cdef fe_rule rule
    cdef int64_t rows
    cdef object kept_alive

    def __cinit__(self, str isa, float[:, :] table not None, float[:, ::1] first, float[:, ::1] second,
                  str rule not None, sizes not None):
        cdef Py_ssize_t width
        self.kernel = _kernel(isa)
        self.kept_alive = (table, first, second)
        _require(rule in _RULES, "there is no such rule")
        self.rule.kind = _RULES[rule]
        (self.rule.sizes.rate, self.rule.sizes.eps, self.rule.sizes.beta1, self.rule.sizes.beta2,
         self.rule.sizes.keep, self.rule.sizes.root) = sizes
        self.trained.table.stride = _row_stride(table)
        self.trained.table.values = &table[0, 0]
        self.trained.table.size = table.shape[1]
        self.rows = table.shape[0]
        width = 1 if self.rule.kind == FE_ROWWISE_ADAGRAD else table.shape[1]
        _require((first is not None) == (self.rule.kind == FE_ADAM), "first goes with adam")
        _require((second is not None) == (self.rule.kind != FE_SGD), "second goes with all rules but sgd")
        _require(first is None or (first.shape[0] == self.rows and first.shape[1] == width), "first does not fit")
        _require(second is None or (second.shape[0] == self.rows and second.shape[1] == width), "second does not fit")
        self.trained.first = &first[0, 0] if first is not None else NULL
        self.trained.second = &second[0, 0] if second is not None else NULL

    def apply(self, const int64_t[::1] indices, const float[:, ::1] values not None, int64_t begin, int64_t end):
        """Make the step on rows ``indices[begin:end]``, each there once, or ``begin:end``, by these rows of values."""
        cdef fe_trained to = self.trained
        cdef const int64_t *at = NULL
        cdef int64_t count = values.shape[0] if indices is None else indices.shape[0]
        _require(values.shape[0] == count and values.shape[1] == to.table.size, "values must have one row an index")
        _require(0 <= begin <= end <= count, "begin and end must lie within the rows")
        if indices is None:
            _require(count == self.rows, "values must have one row for each of the table")
        elif begin < end:
            _check_indices(indices[begin:end], self.rows)
            at = &indices[begin]
        if begin == end:
            return
        if indices is None:
            to.table.values += begin * to.table.stride
            if to.first != NULL:
                to.first += begin * to.table.size
            if to.second != NULL:
                to.second += begin * (1 if self.rule.kind == FE_ROWWISE_ADAGRAD else to.table.size)
        with nogil:
            fe_rows_apply(self.kernel, &to, &self.rule, at, end - begin, &values[begin, 0])


cdef class RowGroups:
    """The ids of one worker: `learn` by plain SGD takes them in order, all else equal ones together, by rising row.

    Args:
        ids: All ids that were looked up, below ``rows``; fewer than 2**32.
        rows: Of the table; fewer than 2**32.
        padding: Row whose ids are left out; -1: none.
        worker: Whose ids these are, of ``workers``.
    """

    cdef fe_taken *first
    cdef fe_taken *second
    cdef fe_taken *taken
    cdef int64_t count, ids, table_rows

    def __cinit__(self, const int64_t[::1] ids not None, int64_t rows, int64_t padding, int worker, int workers):
        cdef fe_share share
        cdef int64_t n = ids.shape[0]
        _require(0 < rows < 1LL << 32 and n < 1LL << 32, "rows and ids must be fewer than 2**32")
        _require(0 <= worker < workers, "worker must be one of workers")
        share.rows = rows
        share.padding = padding
        share.worker = worker
        share.workers = workers
        self.ids = n
        self.table_rows = rows
        if n == 0:
            return
        self.first = <fe_taken *>malloc(<size_t>n * sizeof(fe_taken))
        if self.first == NULL:
            raise MemoryError()
        with nogil:
            self.count = fe_group_take(&ids[0], n, &share, self.first)
        _require(self.count >= 0, "an id is out of range")

    cdef _sort(self):
        if self.taken != NULL or self.count == 0:
            return
        self.second = <fe_taken *>malloc(<size_t>self.count * sizeof(fe_taken))
        if self.second == NULL:
            raise MemoryError()
        with nogil:
            self.taken = fe_group_sort(self.first, self.second, self.count, self.table_rows)

    def __dealloc__(self):
        free(self.first)
        free(self.second)

    def distinct(self):
        """How many different rows there are."""
        self._sort()
        return fe_group_rows(self.taken, self.count, NULL)

    def rows(self, int64_t[::1] out not None):
        """Write the different rows, rising."""
        _require(out.shape[0] == self.distinct(), "out must have one place for each row")
        if self.count:
            with nogil:
                fe_group_rows(self.taken, self.count, &out[0])

    def sum(self, str isa, RowGradients gradients not None, const int64_t[::1] places not None,
            float[:, ::1] values not None):
        """Write the sum of the gradients of the k-th row to row ``places[k]`` of ``values``."""
        cdef const fe_kernel *kernel = _kernel(isa)
        _require(gradients.count == self.ids, "the gradients must be those of the ids")
        _require(values.shape[1] == gradients.gradients.size, "values must have rows like the gradients")
        _require(places.shape[0] == self.distinct(), "places must be one for each row")
        _check_indices(places, values.shape[0])
        if self.count:
            with nogil:
                fe_rows_sum(kernel, &gradients.gradients, self.taken, self.count, &places[0], &values[0, 0])

    def learn(self, RowOptimizer optimizer not None, RowGradients gradients not None):
        """Make a step on each row by the sum of its gradients."""
        cdef int64_t size = gradients.gradients.size
        cdef float *scratch
        _require(gradients.count == self.ids, "the gradients must be those of the ids")
        _require(size == optimizer.trained.table.size, "the gradients must have rows like the table")
        _require(optimizer.rows == self.table_rows, "the table must have as many rows as were said")
        if self.count == 0:
            return
        if (optimizer.rule.kind == FE_SGD and gradients.gradients.winners == NULL
                and not gradients.gradients.by_frequency):
            with nogil:
                fe_rows_descend(optimizer.kernel, &optimizer.trained.table, optimizer.rule.sizes.rate,
                                &gradients.gradients, self.first, self.count)
            return
        self._sort()
        scratch = <float *>malloc(<size_t>size * sizeof(float))
        if scratch == NULL:
            raise MemoryError()
        with nogil:
            fe_rows_learn(optimizer.kernel, &optimizer.trained, &optimizer.rule, &gradients.gradients, self.taken,
                          self.count, scratch)
        free(scratch)

    def shorten(self, str isa, float[:, :] table not None, double longest, double p):
        """Shorten the rows whose p-norm is above ``longest``."""
        cdef const fe_kernel *kernel = _kernel(isa)
        cdef fe_rows into
        _require(table.shape[0] == self.table_rows, "the table must have as many rows as were said")
        _require(longest >= 0 and p > 0, "longest must not be negative, and p must be above 0")
        into.stride = _row_stride(table)
        into.values = &table[0, 0]
        into.size = table.shape[1]
        self._sort()
        if self.count:
            with nogil:
                fe_rows_shorten(kernel, &into, self.taken, self.count, longest, p)


def rank_rows(const int64_t[::1] own not None, const int64_t[::1] other not None, int64_t[::1] places not None):
    """Add to ``places[i]`` how many of ``other`` are below ``own[i]``; both rise."""
    _require(places.shape[0] == own.shape[0], "places must be as many as own")
    if own.shape[0] and other.shape[0]:
        with nogil:
            fe_group_rank(&own[0], own.shape[0], &other[0], other.shape[0], &places[0])


def all_finite(str isa, const float[::1] values not None):
    """Whether no value is NaN or infinite."""
    cdef const fe_kernel *kernel = _kernel(isa)
    cdef bint finite = True
    if values.shape[0]:
        with nogil:
            finite = fe_rows_finite(kernel, &values[0], values.shape[0])
    return finite


cdef class RowBags:
    """Bags of rows of a table: bag b is ``ids[offsets[b]:offsets[b + 1]]``, times ``factors`` if they are not None."""

    cdef const fe_kernel *kernel
    cdef fe_const_rows source
    cdef fe_id_bags bags
    cdef int64_t count, ids
    cdef object kept_alive

    def __cinit__(self, str isa, const float[:, :] table not None, const int64_t[::1] ids not None,
                  const int64_t[::1] offsets not None, const float[::1] factors, bint mean):
        self.kernel = _kernel(isa)
        self.kept_alive = (table, ids, offsets, factors)
        self.source.stride = _row_stride(table)
        self.source.values = &table[0, 0]
        self.source.size = table.shape[1]
        _check_offsets(offsets, ids.shape[0])
        _check_indices(ids, table.shape[0])
        _require(factors is None or factors.shape[0] == ids.shape[0], "factors must be as many as ids")
        self.ids = ids.shape[0]
        self.count = offsets.shape[0] - 1
        self.bags.ids = &ids[0] if self.ids else NULL
        self.bags.offsets = &offsets[0]
        self.bags.factors = &factors[0] if factors is not None and self.ids else NULL
        self.bags.mean = mean

    cdef fe_id_bags part(self, int64_t begin, int64_t end) except *:
        cdef fe_id_bags some = self.bags
        _require(0 <= begin <= end <= self.count, "begin and end must lie within the bags")
        some.begin = begin
        some.end = end
        return some

    cdef _check_out(self, const float[:, ::1] out):
        _require(out.shape[0] == self.count and out.shape[1] == self.source.size, "there must be one row a bag")

    def pool(self, int64_t begin, int64_t end, float[:, ::1] out not None):
        """Fill rows ``begin:end`` of ``out`` with the sums or means of these bags; zero where one is empty."""
        cdef fe_id_bags some = self.part(begin, end)
        self._check_out(out)
        if begin < end:
            with nogil:
                fe_bags_pool(self.kernel, &self.source, &some, &out[0, 0])

    def max(self, int64_t begin, int64_t end, float[:, ::1] out not None, int64_t[:, ::1] winners not None):
        """The same with the greatest value of each column, and at which id it stands; 0 and -1 where one is empty."""
        cdef fe_id_bags some = self.part(begin, end)
        self._check_out(out)
        _require(winners.shape[0] == out.shape[0] and winners.shape[1] == out.shape[1], "winners must be like out")
        if begin < end:
            with nogil:
                fe_bags_max(&self.source, &some, &out[0, 0], &winners[0, 0])

    def products(self, int64_t begin, int64_t end, const float[:, ::1] grads not None, float[::1] out not None):
        """Fill ``out`` for the ids of bags ``begin:end`` with the product of their row and the bag's of ``grads``."""
        cdef fe_id_bags some = self.part(begin, end)
        self._check_out(grads)
        _require(out.shape[0] == self.ids, "out must have one value an id")
        if begin < end and self.ids:
            with nogil:
                fe_bags_products(self.kernel, &self.source, &some, &grads[0, 0], &out[0])
