# Training of texts that are given to classes.

cdef extern from "train/labels.h" nogil:
    enum fe_class_kind:
        FE_SOFTMAX
        FE_EACH_CLASS
        FE_CLASS_PATHS
        FE_CLASS_NEGATIVES

    struct fe_classes:
        fe_class_kind kind
        int32_t count
        const float *weights
        fe_negatives negatives
        fe_paths paths

    struct fe_class_job:
        float *in_ "in"
        float *out
        int64_t stride
        int64_t size
        fe_classes classes
        uint64_t seed
        int32_t want_loss
        const int32_t *stop

    struct fe_texts:
        const int64_t *offsets
        const int32_t *rows
        const int64_t *class_offsets
        const int32_t *classes
        const float *weights
        const int64_t *order
        int64_t count

    size_t fe_class_workspace_size(const fe_class_job *job)
    int fe_train_texts(const fe_kernel *kernel, const fe_class_job *job, const fe_texts *texts, int64_t epoch,
                       int64_t begin, int64_t end, float alpha, void *workspace, fe_done *done)


cdef class ClassTargets:
    """What a text learns from its classes.

    Args:
        count: How many classes there are.
        each: Every class for itself; else, without paths and negatives, all as one distribution.
        weights: For each class, by how much steps of its texts are multiplied; or None.
        negatives: Over all classes; or None.
        paths: Of all classes, where code 1 is label 1; or None.
    """

    cdef fe_classes classes
    cdef int64_t rows
    cdef object kept_alive

    def __cinit__(self, int32_t count, bint each=False, const float[::1] weights=None, Negatives negatives=None,
                  Paths paths=None):
        self.kept_alive = (weights, negatives, paths)
        _require(count > 0, "there must be a class")
        _require(each + (negatives is not None) + (paths is not None) <= 1, "classes are learned in one way only")
        self.classes.kind = FE_EACH_CLASS if each else FE_SOFTMAX
        self.classes.count = count
        self.rows = count
        if weights is not None:
            _require(weights.shape[0] == count, "there must be one weight for each class")
            self.classes.weights = &weights[0]
        if negatives is not None:
            _require(negatives.negatives.words == count, "noise must have one row for each class")
            self.classes.kind = FE_CLASS_NEGATIVES
            self.classes.negatives = negatives.negatives
        if paths is not None:
            _require(paths.words == count, "there must be one path for each class")
            self.classes.kind = FE_CLASS_PATHS
            self.classes.paths = paths.paths
            self.rows = max(count - 1, 1)
            _check_range(paths.nodes[:paths.nodes.shape[0] - 1], self.rows)


cdef class Texts:
    """Texts as bags of rows, each with its classes.

    Args:
        offsets: Text i has rows ``offsets[i]`` up to ``offsets[i + 1]``.
        rows: Below ``in_rows``.
        class_offsets: The same for its classes.
        classes: Below ``class_count``.
        in_rows: Rows of the input matrix.
        class_count: How many classes there are.
        weights: For each text, by how much its step is multiplied; or None.
    """

    cdef fe_texts texts
    cdef int64_t in_rows, class_count
    cdef object kept_alive, order

    def __cinit__(self, const int64_t[::1] offsets not None, const int32_t[::1] rows not None,
                  const int64_t[::1] class_offsets not None, const int32_t[::1] classes not None, int64_t in_rows,
                  int64_t class_count, const float[::1] weights=None):
        self.kept_alive = (offsets, rows, class_offsets, classes, weights)
        _require(offsets.shape[0] == class_offsets.shape[0], "there must be classes for each text")
        _require(_check_offsets(offsets, rows.shape[0]) <= 0x7FFFFFFF, "a text is too long")
        _require(_check_offsets(class_offsets, classes.shape[0]) <= 0x7FFFFFFF, "a text has too many classes")
        _check_range(rows, in_rows)
        _check_range(classes, class_count)
        self.in_rows = in_rows
        self.class_count = class_count
        self.texts.offsets = &offsets[0]
        self.texts.rows = &rows[0] if rows.shape[0] else NULL
        self.texts.class_offsets = &class_offsets[0]
        self.texts.classes = &classes[0] if classes.shape[0] else NULL
        self.texts.count = offsets.shape[0] - 1
        if weights is not None:
            _require(weights.shape[0] == self.texts.count, "there must be one weight for each text")
            self.texts.weights = &weights[0] if self.texts.count else NULL

    def arrange(self, const int64_t[::1] order):
        """Let texts come in this order, numbers of texts, from now on; None: as they are. Nobody may be training."""
        if order is None:
            self.order, self.texts.order = None, NULL
            return
        cdef Py_ssize_t k
        cdef bint known = order.shape[0] == self.texts.count
        for k in range(order.shape[0]):
            known = known and 0 <= order[k] < self.texts.count
        _require(known, "the order must have a number of a text for each text")
        self.order = order
        self.texts.order = &order[0] if order.shape[0] else NULL


cdef class ClassTrainer:
    """A run of training texts: what all its blocks share.

    Args:
        isa: Name of the kernel.
        in_: Input rows, float32 with a stride of a multiple of 16, 64-byte aligned, zeros past ``vector_size``.
        out: A row for each class, or for each inner node of the paths; like ``in_``.
        vector_size: The floats of a row that count.
        targets: What a text learns from.
        seed: Of all random draws.
        want_loss: Whether the loss is added up.
    """

    cdef fe_class_job job
    cdef const fe_kernel *kernel
    cdef int64_t in_rows
    cdef int32_t stopped
    cdef object kept_alive

    def __cinit__(self, str isa, float[:, ::1] in_ not None, float[:, ::1] out not None, int64_t vector_size,
                  ClassTargets targets not None, uint64_t seed, bint want_loss):
        self.kernel = _kernel(isa)
        self.kept_alive = (in_, out, targets)
        _require(in_.shape[0] > 0 and in_.shape[1] % 16 == 0, "the input matrix needs rows of a multiple of 16 floats")
        _require(0 < vector_size <= in_.shape[1], "vector_size must be from 1 to the length of a row")
        _require(out.shape[0] >= targets.rows and out.shape[1] == in_.shape[1], "there must be a row for each output")
        _require(<size_t>&in_[0, 0] % 64 == 0 and <size_t>&out[0, 0] % 64 == 0, "matrices must be aligned to 64 bytes")
        self.in_rows = in_.shape[0]
        self.job.in_ = &in_[0, 0]
        self.job.out = &out[0, 0]
        self.job.stride = in_.shape[1]
        self.job.size = vector_size
        self.job.classes = targets.classes
        self.job.seed = seed
        self.job.want_loss = want_loss
        self.job.stop = &self.stopped

    def stop(self):
        """Break off blocks that take long, in whatever thread."""
        self.stopped = 1

    def workspace(self):
        """Scratch memory for one thread."""
        return bytearray(fe_class_workspace_size(&self.job) + 64)

    def train_block(self, Texts texts not None, int64_t epoch, int64_t begin, int64_t end, float alpha,
                    unsigned char[::1] workspace not None):
        """Train on texts [begin, end) of their order; returns (texts passed, texts trained, outputs, loss).

        After `stop` it trains as much as a block of usual length only, and the first number says how far it came.
        """
        cdef fe_done done
        cdef int status
        _require(texts.in_rows <= self.in_rows and texts.class_count <= self.job.classes.count, "texts are of another model")
        _require(0 <= begin <= end <= texts.texts.count, "the block is not within the texts")
        _require(<size_t>workspace.shape[0] >= fe_class_workspace_size(&self.job) + 64, "the workspace is too small")
        cdef unsigned char *memory = _aligned(workspace)
        with nogil:
            status = fe_train_texts(self.kernel, &self.job, &texts.texts, epoch, begin, end, alpha, memory, &done)
        _check(status)
        return done.words, done.kept, done.pairs, done.loss
