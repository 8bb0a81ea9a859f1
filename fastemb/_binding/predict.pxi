# The labels of documents.

cdef extern from "search/search.h" nogil:
    struct fe_stored:
        const char *values
        const uint8_t *codes
        const float *centroids
        const uint8_t *length_codes
        const float *lengths
        int64_t rows
        int64_t size
        int64_t parts
        int64_t width

    enum fe_loss:
        FE_BY_TREE
        FE_BY_NEGATIVES
        FE_BY_SOFTMAX
        FE_BY_SIGMOIDS
    enum:
        FE_SIGMOIDS

    struct fe_labels:
        fe_stored inputs
        fe_stored outputs
        const float *transposed
        fe_loss loss
        const int32_t *children
        const float *sigmoids
        int64_t labels

    struct fe_asked:
        const int32_t *rows
        const int64_t *offsets
        int64_t k
        float threshold

    void fe_documents_mean(const fe_kernel *kernel, const fe_stored *inputs, const fe_asked *asked, int64_t begin,
                           int64_t end, float *vectors)
    size_t fe_labels_workspace_size(const fe_labels *labels)
    int fe_labels_predict(const fe_kernel *kernel, const fe_labels *labels, const fe_asked *asked, int64_t begin,
                          int64_t end, float *logs, int32_t *found, int64_t *counts, void *workspace)


cdef class StoredRows:
    """A matrix as it is stored, which is read where it lies.

    Args:
        size: Columns.
        values: (n, 4 * size) bytes of floats, at any address; or None.
        codes: (n, parts), which centroid each part of a row is; or None.
        centroids: (256 * size,), those of a part after another's. The last part may have fewer than ``width`` values.
        width: Values of a part.
        length_codes: (n,), which of ``lengths`` is the factor on a row; or None: 1.
        lengths: (256,).
    """

    cdef fe_stored stored
    cdef object kept_alive

    def __cinit__(self, int64_t size, const unsigned char[:, ::1] values, const unsigned char[:, ::1] codes=None,
                  const float[::1] centroids=None, int64_t width=1, const unsigned char[::1] length_codes=None,
                  const float[::1] lengths=None):
        self.kept_alive = (values, codes, centroids, length_codes, lengths)
        self.stored.size = size
        _require(size > 0 and (values is None) != (codes is None), "rows are values or codes, of a column or more")
        if values is not None:
            _require(values.shape[1] == 4 * size, "a row of values has four bytes for each column")
            self.stored.rows = values.shape[0]
            _require(values.shape[0] > 0, "there are no rows")
            self.stored.values = <const char *>&values[0, 0]
            return
        _require(0 < width <= size and codes.shape[1] == (size + width - 1) // width, "there must be a code a part")
        _require(centroids is not None and centroids.shape[0] == FE_CENTROIDS * size, "256 centroids a part")
        self.stored.rows = codes.shape[0]
        self.stored.parts, self.stored.width = codes.shape[1], width
        _require(codes.shape[0] > 0, "there are no rows")
        self.stored.codes = &codes[0, 0]
        self.stored.centroids = &centroids[0]
        if length_codes is None:
            return
        _require(length_codes.shape[0] == codes.shape[0] and lengths is not None and lengths.shape[0] == FE_CENTROIDS,
                 "there must be a length a row, of 256")
        self.stored.length_codes = &length_codes[0]
        self.stored.lengths = &lengths[0]

    def means(self, str isa, const int32_t[::1] rows not None, const int64_t[::1] offsets not None,
              float[:, ::1] vectors not None):
        """Fill row d of ``vectors`` with the mean of rows[offsets[d]:offsets[d + 1]]; zero where there are none."""
        cdef const fe_kernel *kernel = _kernel(isa)
        cdef fe_asked asked
        _require(vectors.shape[0] == offsets.shape[0] - 1 and vectors.shape[1] == self.stored.size,
                 "vectors must have a row for each document")
        _check_offsets(offsets, rows.shape[0])
        _check_range(rows, self.stored.rows)
        asked.rows = &rows[0] if rows.shape[0] else NULL
        asked.offsets = &offsets[0]
        if vectors.shape[0]:
            with nogil:
                fe_documents_mean(kernel, &self.stored, &asked, 0, vectors.shape[0], &vectors[0, 0])


cdef class LabelTable:
    """Tells labels of documents; for any number of threads.

    Args:
        isa: Name of the kernel.
        inputs: The rows of words and n-grams.
        outputs: The rows of labels, or of inner nodes of a tree.
        loss: Number of the loss, as fastText has it.
        transposed: The outputs as (columns, labels), which is faster; or None.
        children: (labels, 2), for hierarchical softmax: what lies below each inner node, labels, or other inner nodes
            plus the number of labels; the last row is not used.
        sigmoids: fastText's table of 513 values.
    """

    cdef fe_labels table
    cdef const fe_kernel *kernel
    cdef object kept_alive

    def __cinit__(self, str isa, StoredRows inputs not None, StoredRows outputs not None, int loss,
                  const float[:, ::1] transposed, const int32_t[:, ::1] children, const float[::1] sigmoids not None):
        self.kernel = _kernel(isa)
        self.kept_alive = (inputs, outputs, transposed, children, sigmoids)
        self.table.inputs, self.table.outputs = inputs.stored, outputs.stored
        self.table.labels = outputs.stored.rows
        self.table.loss = <fe_loss>loss
        _require(outputs.stored.rows > 0 and outputs.stored.size == inputs.stored.size, "outputs must have rows")
        _require(FE_BY_TREE <= loss <= FE_BY_SIGMOIDS, "there is no such loss")
        _require(sigmoids.shape[0] == FE_SIGMOIDS + 1, "there are 513 values of the sigmoid")
        self.table.sigmoids = &sigmoids[0]
        if transposed is not None:
            _require(transposed.shape[0] == outputs.stored.size and transposed.shape[1] == outputs.stored.rows,
                     "transposed must have a column a label")
            self.table.transposed = &transposed[0, 0]
        if loss == FE_BY_TREE:
            _require(children is not None and children.shape[0] == outputs.stored.rows and children.shape[1] == 2,
                     "there must be two children of each inner node")
            self._check_tree(children)
            self.table.children = &children[0, 0]

    cdef _check_tree(self, const int32_t[:, ::1] children):
        """Inner nodes have lower numbers than the one that they lie below, so that there is no circle."""
        cdef int64_t labels = self.table.labels, inner
        cdef Py_ssize_t i, k
        cdef bint fits = True
        for i in range(labels - 1):
            for k in range(2):
                inner = children[i, k]
                fits = fits and 0 <= inner < labels + i
        _require(fits, "a tree must have its inner nodes below each other")

    def workspace(self):
        """Scratch memory, for one thread at a time."""
        return bytearray(fe_labels_workspace_size(&self.table) + 64)

    def predict(self, const int32_t[::1] rows not None, const int64_t[::1] offsets not None, float threshold,
                float[:, ::1] logs not None, int32_t[:, ::1] labels not None, int64_t[::1] counts not None,
                unsigned char[::1] workspace not None):
        """Fill ``labels`` with the most probable ones of each document, ``logs`` and ``counts``.

        As many as there are columns, or fewer; logs are those of the probabilities plus 1e-5. A document without rows
        has none.
        """
        cdef fe_asked asked
        cdef Py_ssize_t documents = offsets.shape[0] - 1
        cdef int status = FE_OK
        _require(logs.shape[0] == documents and labels.shape[0] == documents and counts.shape[0] == documents
                 and 0 < logs.shape[1] <= self.table.labels and labels.shape[1] == logs.shape[1],
                 "there must be room for the labels of each document")
        _require(<size_t>workspace.shape[0] >= fe_labels_workspace_size(&self.table) + 64, "workspace")
        _check_offsets(offsets, rows.shape[0])
        _check_range(rows, self.table.inputs.rows)
        if documents == 0:
            return
        asked.rows = &rows[0] if rows.shape[0] else NULL
        asked.offsets = &offsets[0]
        asked.k, asked.threshold = logs.shape[1], threshold
        with nogil:
            status = fe_labels_predict(self.kernel, &self.table, &asked, 0, documents, &logs[0, 0], &labels[0, 0],
                                       &counts[0], _aligned(workspace))
        _check(status)
