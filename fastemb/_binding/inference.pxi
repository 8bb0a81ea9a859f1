# Inference (csrc/train/infer.h).

cdef extern from "train/infer.h" nogil:
    struct fe_frozen:
        const fe_job *job
        const int32_t *pool
        int32_t pool_size
        int32_t copied

    size_t fe_infer_size(const fe_frozen *frozen, int64_t texts, int64_t longest, int32_t epochs)
    int fe_infer_texts(const fe_kernel *kernel, const fe_frozen *frozen, const fe_view *view, int64_t begin,
                       int64_t end, int64_t longest, int32_t epochs, const float *alphas, void *workspace)


cdef class Inference:
    """What texts are inferred by, but for the matrices: for texts that have a tag each, and shared negatives.

    Args:
        isa: Name of the kernel.
        vector_size: Length of the vectors.
        contexts: Which tokens are contexts of a centre; its ``longest_sentence`` is not read.
        inputs: How contexts become inputs. Its documents have one tag, and nothing else learns.
        negative: How many negatives a word has; there are fewer, which weigh more, where words share them.
        pool: Words that are drawn as negatives, each as often as its chance is; similar ones lie side by side.
        keep: For each word the threshold of 32 random bits up to which a token stays; None keeps all.
        seed: Of all random draws.
    """

    cdef fe_job job
    cdef const fe_kernel *kernel
    cdef const int32_t[::1] pool
    cdef Py_ssize_t thresholds
    cdef int32_t words
    cdef object kept_alive

    def __cinit__(self, str isa, int64_t vector_size, Contexts contexts not None, Inputs inputs not None,
                  int32_t negative, const int32_t[::1] pool not None, const uint32_t[::1] keep,
                  uint64_t seed):
        cdef Documents documents = inputs.documents
        cdef Py_ssize_t k
        _require(documents is not None and documents.documents.tags_only and not documents.documents.side_tags,
                 "rows of tags alone must learn, and none lie side by side")
        _require((inputs.inputs.kind == FE_BAG_INPUTS) == documents.dm, "PV-DM has bags, PV-DBOW has none")
        _require(not inputs.inputs.per_pair and contexts.contexts.basket == 0, "negatives must be shared in windows")
        _require(0 < pool.shape[0] <= 0x7FFFFFFF, "pool must have a word")
        _require(0 < negative <= 1 << 28, "negative is out of range")
        _require(0 < vector_size <= 1 << 30, "vector_size is out of range")
        self.kernel = _kernel(isa)
        self.kept_alive = keep
        self.pool = pool
        for k in range(pool.shape[0]):
            _require(pool[k] >= 0, "a word of the pool is out of range")
            self.words = max(self.words, pool[k] + 1)
        self.job.matrices.size = self.job.matrices.out_size = vector_size
        self.job.contexts = contexts.contexts
        self.job.inputs = inputs.inputs
        self.job.inputs.kind = FE_BAG_INPUTS if documents.dm else FE_TAG_INPUTS
        self.job.documents = documents.documents
        self.job.negatives.count = negative
        self.job.seed = seed
        if keep is not None:
            _require(0 < keep.shape[0] <= 0x7FFFFFFF, "keep must have a threshold for each word")
            self.thresholds = keep.shape[0]
            self.job.subsampling.keep = &keep[0]
            self.job.subsampling.last = fe_keep_last(&keep[0], <int32_t>keep.shape[0])


cdef class InferredTexts:
    """Texts whose rows are to learn.

    Rows of matrices are ``vector_size`` floats, or that rounded up to 16 with zeros. Where they are not of whole cache
    lines, or the first one is not aligned to 64 bytes, each is copied before it is used.

    Args:
        by: What they are inferred by.
        inputs: Input rows of words, only read; None for PV-DBOW.
        outputs: Output rows of words, only read.
        ids: Words of the texts, one text after the other.
        offsets: Text i has ``ids[offsets[i]:offsets[i + 1]]``.
        rows: One a text, padded and aligned, which learn.
    """

    cdef fe_job job
    cdef fe_frozen frozen
    cdef fe_view view
    cdef Inference by
    cdef int32_t stopped
    cdef int64_t longest
    cdef object kept_alive

    def __cinit__(self, Inference by not None, const float[:, ::1] inputs, const float[:, ::1] outputs not None,
                  const int32_t[::1] ids not None, const int64_t[::1] offsets not None, float[:, ::1] rows not None):
        cdef int64_t size = by.job.matrices.size, padded = -(-size // 16) * 16
        cdef Py_ssize_t k, words = outputs.shape[0]
        self.by = by
        self.kept_alive = (inputs, outputs, ids, offsets, rows)
        self.job = by.job
        self.job.stop = &self.stopped
        _require((inputs is not None) == (by.job.inputs.kind == FE_BAG_INPUTS), "PV-DM alone has input rows")
        _require(outputs.shape[1] in (size, padded) and by.words <= words, "outputs must have a row for each word")
        _require(by.thresholds in (0, words), "keep must have one threshold for each word")
        self.job.matrices.out_ns = <float *>&outputs[0, 0]
        self.job.matrices.out_stride = outputs.shape[1]
        self.frozen.copied = outputs.shape[1] != padded or <size_t>&outputs[0, 0] % 64 != 0
        if inputs is not None:
            _require(inputs.shape[0] == words and inputs.shape[1] in (size, padded),
                     "inputs must have a row for each word")
            self.job.matrices.in_ = <float *>&inputs[0, 0]
            self.job.matrices.in_rows = words
            self.job.matrices.stride = inputs.shape[1]
            if inputs.shape[1] != padded or <size_t>&inputs[0, 0] % 64 != 0:
                self.frozen.copied = 1
        self.longest = _check_offsets(offsets, ids.shape[0])
        _require(ids.shape[0] > 0 and self.longest <= 0x7FFFFFFF, "there must be words, and no text of 2**31")
        _check_range(ids, words)
        _require(rows.shape[0] == offsets.shape[0] - 1 and rows.shape[1] == padded,
                 "there must be a padded row for each text")
        _require(<size_t>&rows[0, 0] % 64 == 0, "rows must be aligned to 64 bytes")
        self.job.matrices.tags = &rows[0, 0]
        self.job.matrices.tag_rows = rows.shape[0]
        self.frozen.job = &self.job
        self.frozen.pool = &by.pool[0]
        self.frozen.pool_size = <int32_t>by.pool.shape[0]
        self.view.ids = &ids[0]
        self.view.offsets = &offsets[0]
        self.view.sentences = rows.shape[0]

    def stop(self):
        """Return soon from `infer`, in whatever thread."""
        self.stopped = 1

    def infer(self, int64_t begin, int64_t end, const float[::1] alphas not None):
        """Train the rows of texts [begin, end), an epoch at each rate; after `stop` not to the end."""
        cdef int32_t epochs = <int32_t>alphas.shape[0]
        cdef int status
        _require(0 <= begin <= end <= self.view.sentences, "the texts are not there")
        _require(0 < alphas.shape[0] <= 0x7FFFFFFF, "there must be a rate")
        workspace = bytearray(fe_infer_size(&self.frozen, end - begin, self.longest, epochs) + 64)
        cdef unsigned char[::1] scratch = workspace
        cdef unsigned char *memory = _aligned(scratch)
        with nogil:
            status = fe_infer_texts(self.by.kernel, &self.frozen, &self.view, begin, end, self.longest, epochs,
                                    &alphas[0], memory)
        _check(status)
