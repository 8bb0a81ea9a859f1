# Training: sampling tables, and the groups that a run is made of.

cdef extern from "train/train.h" nogil:
    struct fe_alias:
        uint32_t threshold
        int32_t other
    int32_t fe_keep_last(const uint32_t *keep, int32_t size)
    void fe_alias_build(double *weights, int32_t size, fe_alias *table, int32_t *work)
    void fe_draw_negatives(const fe_alias *noise, int32_t size, uint64_t seed, int64_t epoch, int64_t position,
                           int64_t count, int32_t *rows)
    int64_t fe_huffman_build(const int64_t *counts, int32_t size, int64_t *work)
    void fe_huffman_paths(int32_t size, const int64_t *work, int64_t *offsets, int32_t *nodes, uint8_t *codes)

    struct fe_matrices:
        float *in_ "in"
        float *out_ns
        float *out_hs
        const float *in_scale
        int64_t in_rows
        int64_t stride
        int64_t size
        int64_t out_stride
        int64_t out_size
        float *tags
        const float *tag_scale
        int64_t tag_rows

    struct fe_subsampling:
        const uint32_t *keep
        int32_t last

    struct fe_contexts:
        int32_t window
        int32_t shrink
        int32_t basket
        int64_t longest_sentence

    enum fe_input_kind:
        FE_CONTEXT_INPUTS
        FE_BAG_INPUTS
        FE_TAG_INPUTS
        FE_SIDE_INPUTS

    struct fe_inputs:
        fe_input_kind kind
        int32_t mean
        int32_t exact
        int32_t per_pair

    struct fe_tagged:
        int32_t longest
        int32_t beside
        int32_t side_tags
        int32_t null_word
        int32_t tags_only

    struct fe_negatives:
        const fe_alias *noise
        int32_t words
        int32_t count

    struct fe_paths:
        const int64_t *offsets
        const int32_t *nodes
        const uint8_t *codes
        int32_t longest
        int32_t thinned

    struct fe_subwords:
        const int64_t *offsets
        const int32_t *rows
        int32_t longest
        int32_t words

    struct fe_job:
        fe_matrices matrices
        fe_subwords subwords
        fe_subsampling subsampling
        fe_contexts contexts
        fe_inputs inputs
        fe_tagged documents
        fe_negatives negatives
        fe_paths paths
        uint64_t seed
        int32_t want_loss
        const int32_t *stop

    struct fe_done:
        int64_t words
        int64_t kept
        int64_t pairs
        double loss

    size_t fe_workspace_size(const fe_job *job)
    int fe_train_block(const fe_kernel *kernel, const fe_job *job, const fe_view *view, int64_t epoch, int64_t begin,
                       int64_t end, float alpha, void *workspace, fe_done *done)

    int fe_infer(const fe_kernel *kernel, const fe_job *job, const fe_view *view, int64_t begin, int64_t end,
                 int32_t epochs, const float *alphas, void *workspace, int64_t *documents)

    enum:
        FE_LANES

    struct fe_meeting:
        int32_t workers
        int32_t called_off

    struct fe_lane:
        const fe_view *view
        int64_t begin
        int64_t end
        fe_done done

    struct fe_crew:
        fe_meeting meeting
        fe_lane lanes[16]
        int32_t lane_count
        int32_t next[16]
        int32_t begun
        int32_t cut

    size_t fe_lanes_size(const fe_job *job, int lanes, float alpha)
    void fe_lanes_start(const fe_job *job, int lanes, float alpha, void *memory, fe_crew *crew)
    int fe_lanes_of(const fe_job *job)
    int64_t fe_slots_count(const fe_job *job, float alpha)
    int fe_train_rounds(const fe_kernel *kernel, const fe_job *job, fe_crew *crew, int32_t worker, int64_t epoch,
                        float alpha, void *workspace, int32_t *slots)


def alias_table(double[::1] weights not None, uint32_t[:, ::1] table not None):
    """Fill ``table`` (n x 2) with the alias table of ``weights`` (n), which is overwritten."""
    cdef Py_ssize_t size = weights.shape[0]
    _require(0 < size <= 0x7FFFFFFF and table.shape[0] == size and table.shape[1] == 2,
             "table must have a row of two for each weight")
    work = bytearray(size * sizeof(int32_t))
    cdef unsigned char[::1] scratch = work
    with nogil:
        fe_alias_build(&weights[0], <int32_t>size, <fe_alias *>&table[0, 0], <int32_t *>&scratch[0])


def draw_negatives(const uint32_t[:, ::1] table not None, uint64_t seed, int64_t epoch, int64_t position,
                   int32_t[::1] rows not None):
    """Fill ``rows`` with the first negatives drawn for the centre at token ``position``."""
    _require(table.shape[0] > 0 and table.shape[1] == 2, "table must have rows, of two columns")
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
        _require(0 < self.size <= 0x7FFFFFFF, "there must be 1 to 2**31 - 1 counts")
        self.work = bytearray(4 * self.size * sizeof(int64_t))
        cdef unsigned char[::1] work = self.work
        with nogil:
            self.total = fe_huffman_build(&counts[0], <int32_t>self.size, <int64_t *>&work[0])
        if self.total < 0:
            raise ValueError("counts must not be negative, nor add up to 2**63 or more")

    def paths(self, int64_t[::1] offsets not None, int32_t[::1] nodes not None, uint8_t[::1] codes not None):
        """Fill offsets (n + 1), nodes (total) and codes (total); the latter two have room for one more."""
        _require(offsets.shape[0] == self.size + 1 and nodes.shape[0] > self.total
                 and codes.shape[0] > self.total,
                 "offsets must have one entry more than there are words, nodes and codes one more than total")
        cdef const unsigned char[::1] work = self.work
        with nogil:
            fe_huffman_paths(<int32_t>self.size, <const int64_t *>&work[0], &offsets[0], &nodes[0], &codes[0])


cdef class Matrices:
    """What is learned: float32, rows x stride, 64-byte aligned, zeros past ``vector_size``.

    Args:
        in_: Input rows: one for each word, and any number of others. The stride is a multiple of 16.
        out_ns: One row a word, for negative sampling; or None.
        out_hs: One row an inner node of the Huffman tree; or None.
        vector_size: The floats of a row that count.
        in_scale: For each input row a factor on its change; or None.
        tags: Input rows of documents, with the stride of the others; or None.
        tag_scale: For each of these a factor on its change; or None.
        out_size: The floats of an output row that count, where it is longer than ``vector_size``; else 0.
    """

    cdef fe_matrices matrices
    cdef Py_ssize_t ns_rows, hs_rows
    cdef object kept_alive

    def __cinit__(self, float[:, ::1] in_ not None, float[:, ::1] out_ns, float[:, ::1] out_hs, int64_t vector_size,
                  const float[::1] in_scale=None, float[:, ::1] tags=None, const float[::1] tag_scale=None,
                  int64_t out_size=0):
        self.kept_alive = (in_, out_ns, out_hs, in_scale, tags, tag_scale)
        _require(in_.shape[0] > 0 and in_.shape[1] % 16 == 0, "the input matrix needs rows of a multiple of 16 floats")
        _require(0 < vector_size <= in_.shape[1], "vector_size must be from 1 to the length of a row")
        _require(<size_t>&in_[0, 0] % 64 == 0, "the input matrix must be aligned to 64 bytes")
        _require(out_ns is not None or out_hs is not None, "there is no output matrix")
        self.matrices.in_ = &in_[0, 0]
        self.matrices.in_rows = in_.shape[0]
        self.matrices.stride = in_.shape[1]
        self.matrices.size = vector_size
        self.matrices.out_size = out_size if out_size else vector_size
        self.matrices.out_stride = -(-self.matrices.out_size // 16) * 16 if out_size else in_.shape[1]
        _require(0 < self.matrices.out_size <= 1 << 30, "out_size is out of range")
        if tags is not None:
            _require(tags.shape[0] > 0 and tags.shape[1] == in_.shape[1], "tags must have rows like the input's")
            _require(<size_t>&tags[0, 0] % 64 == 0, "tags must be aligned to 64 bytes")
            _require(in_.shape[0] + tags.shape[0] <= 0x7FFFFFFF, "there are too many rows of words and documents")
            self.matrices.tags = &tags[0, 0]
            self.matrices.tag_rows = tags.shape[0]
        if tag_scale is not None:
            _require(tags is not None and tag_scale.shape[0] == tags.shape[0],
                     "tag_scale must have one factor for each row of tags")
            self.matrices.tag_scale = &tag_scale[0]
        if out_ns is not None:
            _require(out_ns.shape[0] > 0 and out_ns.shape[1] == self.matrices.out_stride,
                     "out_ns must have rows like the input's")
            self.matrices.out_ns = &out_ns[0, 0]
            self.ns_rows = out_ns.shape[0]
        if out_hs is not None:
            _require(out_hs.shape[0] > 0 and out_hs.shape[1] == self.matrices.out_stride,
                     "out_hs must have rows like the input's")
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


cdef class Documents:
    """How documents learn.

    Args:
        longest: No document of a view has more tags.
        dm: Rows of tags join the bags of contexts (PV-DM); else they alone are inputs (PV-DBOW), where `Inputs` has
            ``sg``.
        words: With PV-DBOW, words are trained beside, as skip-gram.
        side_tags: 0, or the number of tags that each document has whose rows, and those of its words, are to lie side
            by side.
        null_word: In place of words that are not there, with ``side_tags``.
        tags_only: Rows of tags learn, and all others are only read.
    """

    cdef fe_tagged documents
    cdef bint dm

    def __cinit__(self, int32_t longest, bint dm, bint words=False, int32_t side_tags=0, int32_t null_word=0,
                  bint tags_only=False):
        _require(longest >= 0 and side_tags >= 0 and null_word >= 0, "counts must not be negative")
        _require(dm or not side_tags, "rows lie side by side in PV-DM alone")
        _require(not (dm and words), "words are trained beside in PV-DBOW alone")
        self.dm = dm
        self.documents.longest = longest
        self.documents.beside = words
        self.documents.side_tags = side_tags
        self.documents.null_word = null_word
        self.documents.tags_only = tags_only


cdef class Inputs:
    """How contexts become inputs.

    Args:
        sg: Every context is an input (skip-gram); else those of a centre are one bag (CBOW).
        mean: A bag's input is the mean of its rows; else their sum.
        exact: A bag's rows receive the true gradient, not word2vec's.
        per_pair: Every context, or bag, has negatives of its own.
        documents: How documents learn, where sentences are such.
    """

    cdef fe_inputs inputs
    cdef Documents documents

    def __cinit__(self, bint sg, bint mean=True, bint exact=False, bint per_pair=False, Documents documents=None):
        self.documents = documents
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
    """Huffman paths: what `HuffmanTree.paths` filled; nodes and codes have room for one more.

    With ``thinned`` a centre trains a third of the top nodes of its path.
    """

    cdef fe_paths paths
    cdef const int32_t[::1] nodes
    cdef Py_ssize_t words
    cdef object kept_alive

    def __cinit__(self, const int64_t[::1] offsets not None, const int32_t[::1] nodes not None,
                  const uint8_t[::1] codes not None, bint thinned=False):
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
        self.paths.thinned = thinned


cdef class Subwords:
    """Words whose input is the mean of a bag of input rows: word i has ``rows[offsets[i]:offsets[i + 1]]``."""

    cdef fe_subwords subwords
    cdef const int32_t[::1] rows
    cdef Py_ssize_t words
    cdef object kept_alive

    def __cinit__(self, const int64_t[::1] offsets not None, const int32_t[::1] rows not None):
        self.kept_alive = offsets
        self.rows = rows
        _require(offsets.shape[0] > 1 and rows.shape[0] > 0, "subwords need one offset more than words, and rows")
        cdef int64_t longest = _check_offsets(offsets, rows.shape[0])
        cdef Py_ssize_t i
        for i in range(offsets.shape[0] - 1):
            _require(offsets[i] < offsets[i + 1], "a word has no row")
        _require(longest <= 0x7FFFFFFF, "a word has too many rows")
        self.words = offsets.shape[0] - 1
        self.subwords.offsets = &offsets[0]
        self.subwords.rows = &rows[0]
        self.subwords.longest = <int32_t>longest
        self.subwords.words = <int32_t>(offsets.shape[0] - 1)


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
        subwords: There where words are bags of rows.
    """

    cdef fe_job job
    cdef const fe_kernel *kernel
    cdef int64_t words
    cdef int32_t stopped
    cdef object kept_alive

    def __cinit__(self, str isa, Matrices matrices not None, Contexts contexts not None, Inputs inputs not None,
                  Negatives negatives, Paths paths, const uint32_t[::1] keep, uint64_t seed, bint want_loss,
                  Subwords subwords=None):
        cdef Documents documents = inputs.documents
        self.kernel = _kernel(isa)
        self.kept_alive = (matrices, negatives, paths, keep, subwords)
        _require((negatives is not None) == (matrices.matrices.out_ns != NULL), "negatives and out_ns go together")
        _require((paths is not None) == (matrices.matrices.out_hs != NULL), "paths and out_hs go together")
        self.words = negatives.negatives.words if negatives is not None else paths.words
        if documents is not None and documents.documents.tags_only and negatives is not None:
            self.words = matrices.ns_rows  # of which a few may be drawn
            _require(negatives.negatives.words <= self.words, "a negative has no row")
        _require(self.words <= 0x7FFFFFFF, "there are too many words")
        if subwords is None:
            _require(self.words <= matrices.matrices.in_rows, "a word has no input row")
        else:
            _require(subwords.words == self.words, "there must be one bag of rows for each word")
            _check_range(subwords.rows, matrices.matrices.in_rows)
            self.job.subwords = subwords.subwords
        self.job.matrices = matrices.matrices
        self.job.contexts = contexts.contexts
        self.job.inputs = inputs.inputs
        _require((documents is not None) == (matrices.matrices.tags != NULL), "documents and their rows go together")
        if documents is not None:
            self.take_documents(documents)
        else:
            _require(matrices.matrices.out_size == matrices.matrices.size, "out_size is of rows side by side")
        if negatives is not None:
            _require(matrices.ns_rows == self.words and (negatives.negatives.words == self.words
                                                         or (documents is not None and documents.documents.tags_only)),
                     "out_ns and noise must have one row for each word")
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
        self.job.stop = &self.stopped

    cdef int take_documents(self, Documents documents) except -1:
        cdef fe_tagged *own = &self.job.documents
        cdef int64_t pieces
        own[0] = documents.documents
        _require(self.job.subwords.offsets == NULL and self.job.contexts.basket == 0,
                 "documents have neither subwords nor baskets")
        _require((self.job.inputs.kind == FE_CONTEXT_INPUTS) != documents.dm, "PV-DM has bags, PV-DBOW has none")
        if not documents.dm:
            self.job.inputs.kind = FE_TAG_INPUTS
        elif own.side_tags > 0:
            pieces = own.side_tags + 2 * <int64_t>self.job.contexts.window
            _require(self.job.matrices.out_size == pieces * self.job.matrices.size,
                     "out_size must be that of all rows side by side")
            _require(own.null_word < self.words, "null_word is out of range")
            self.job.inputs.kind = FE_SIDE_INPUTS
        _require(own.side_tags > 0 or self.job.matrices.out_size == self.job.matrices.size,
                 "out_size is of rows side by side")
        return 0
    @property
    def seed(self):
        """Of all random draws."""
        return self.job.seed

    def stop(self):
        """Break off blocks that take long, in whatever thread."""
        self.stopped = 1

    def workspace(self):
        """Scratch memory for one thread."""
        return bytearray(fe_workspace_size(&self.job) + 64)

    def slots(self, float alpha):
        """Memory for one thread of a `Crew` at rates of up to ``alpha``."""
        return bytearray(fe_slots_count(&self.job, alpha) * sizeof(int32_t) + 64)

    cdef int check_span(self, TokenView view, int64_t begin, int64_t end) except -1:
        _require(view.words <= self.words, "the view is of a larger vocabulary")
        _require(view.longest_sentence <= self.job.contexts.longest_sentence, "a sentence of the view is too long")
        _require((view.view.tags != NULL) == (self.job.matrices.tags != NULL), "tags of a view and their rows go together")
        _require(view.tag_rows <= self.job.matrices.tag_rows, "the view has more tags")
        _require(view.most_tags <= self.job.documents.longest, "a document of the view has too many tags")
        _require(0 <= begin <= end <= view.view.offsets[view.view.sentences], "the block is not within the view")
        return 0

    cdef unsigned char *scratch(self, unsigned char[::1] workspace) except NULL:
        _require(<size_t>workspace.shape[0] >= fe_workspace_size(&self.job) + 64, "the workspace is too small")
        return _aligned(workspace)

    def train_block(self, TokenView view not None, int64_t epoch, int64_t begin, int64_t end, float alpha,
                    unsigned char[::1] workspace not None):
        """Train on the centres at tokens [begin, end) of a view; returns (words, kept, pairs, loss).

        After `stop` it trains as much as a block of usual length only, and ``words`` says how far it came.
        """
        cdef fe_done done
        cdef int status
        self.check_span(view, begin, end)
        cdef unsigned char *memory = self.scratch(workspace)
        with nogil:
            status = fe_train_block(self.kernel, &self.job, &view.view, epoch, begin, end, alpha, memory, &done)
        _check(status)
        return done.words, done.kept, done.pairs, done.loss

    def infer(self, TokenView view not None, int64_t begin, int64_t end, const float[::1] alphas not None,
              unsigned char[::1] workspace not None):
        """Train the rows of documents [begin, end) of a view alone, an epoch at each rate; returns how many were done.

        After `stop` these are fewer. There must be tags alone to learn.
        """
        cdef int64_t documents = 0
        cdef int status
        self.check_span(view, 0, 0)
        _require(self.job.documents.tags_only and not self.job.documents.beside, "more than tags would learn")
        _require(view.view.keep == NULL and view.view.tags != NULL, "the view has no tags")
        _require(0 <= begin <= end <= view.view.sentences, "the documents are not within the view")
        _require(0 < alphas.shape[0] <= 0x7FFFFFFF, "there must be a rate")
        cdef unsigned char *memory = self.scratch(workspace)
        with nogil:
            status = fe_infer(self.kernel, &self.job, &view.view, begin, end, <int32_t>alphas.shape[0], &alphas[0],
                              memory, &documents)
        _check(status)
        return documents


cdef class Crew:
    """Threads that train a block together, and learn the same however many they are.

    Args:
        trainer: Of whose run the blocks are.
        workers: The threads.
        alpha: The highest rate.
        memory: `size` bytes of it.
    """

    cdef fe_crew crew
    cdef Trainer trainer
    cdef float alpha
    cdef object memory, views

    def __cinit__(self, Trainer trainer not None, int32_t workers, float alpha, unsigned char[::1] memory not None):
        _require(0 < workers <= FE_LANES and alpha >= 0, "there must be 1 ... 16 workers, and alpha must not be negative")
        _require(<size_t>memory.shape[0] >= Crew.size(trainer, alpha), "the memory is too small")
        self.trainer = trainer
        self.alpha = alpha
        self.memory = memory
        self.crew.meeting.workers = workers
        fe_lanes_start(&trainer.job, fe_lanes_of(&trainer.job), alpha, _aligned(memory), &self.crew)

    @staticmethod
    def size(Trainer trainer not None, float alpha):
        """Bytes of memory that rows of all lanes need at worst; usually far fewer are touched."""
        return fe_lanes_size(&trainer.job, fe_lanes_of(&trainer.job), alpha) + 64

    @staticmethod
    def lanes(Trainer trainer not None):
        """In how many lanes a block is cut; more workers have nothing to do."""
        return fe_lanes_of(&trainer.job)

    def begin(self, list lanes not None):
        """Take up the lanes of a block, each a view, and which tokens [begin, end) of it; nobody may be training."""
        cdef TokenView view
        cdef int64_t begin, end
        cdef int k
        _require(len(lanes) <= fe_lanes_of(&self.trainer.job), "there are too many lanes")
        for k, (view, begin, end) in enumerate(lanes):
            self.trainer.check_span(view, begin, end)
            self.crew.lanes[k].view = &view.view
            self.crew.lanes[k].begin = begin
            self.crew.lanes[k].end = end
            self.crew.lanes[k].done = fe_done(0, 0, 0, 0.0)
        self.views = lanes
        self.crew.lane_count = len(lanes)
        for k in range(FE_LANES):
            self.crew.next[k] = 0
        self.crew.begun = 0

    def train(self, int32_t worker, int64_t epoch, float alpha, unsigned char[::1] workspace not None,
              unsigned char[::1] slots not None):
        """Train the lanes to their ends, as one of the workers; all must call this."""
        cdef int status
        _require(0 <= worker < self.crew.meeting.workers and alpha <= self.alpha, "no such worker, or too high a rate")
        _require(<size_t>slots.shape[0] >= fe_slots_count(&self.trainer.job, self.alpha) * sizeof(int32_t) + 64,
                 "there are too few slots")
        cdef unsigned char *memory = self.trainer.scratch(workspace)
        with nogil:
            status = fe_train_rounds(self.trainer.kernel, &self.trainer.job, &self.crew, worker, epoch, alpha, memory,
                                     <int32_t *>_aligned(slots))
        _check(status)

    def call_off(self):
        """Let nobody wait for a worker that will not come."""
        self.crew.meeting.called_off = 1

    def done(self):
        """Words, kept, pairs and loss of the block."""
        cdef int64_t words = 0, kept = 0, pairs = 0
        cdef double loss = 0.0
        cdef int k
        for k in range(self.crew.lane_count):
            words += self.crew.lanes[k].done.words
            kept += self.crew.lanes[k].done.kept
            pairs += self.crew.lanes[k].done.pairs
            loss += self.crew.lanes[k].done.loss
        return words, kept, pairs, loss
