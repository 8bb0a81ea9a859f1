# Graphs: edges -> rows of neighbours, random walks.

cdef extern from "graph/graph.h" nogil:
    struct fe_edges:
        const int32_t *from_ "from"
        const int32_t *to
        const float *weights
        int64_t count
        int32_t both_ways
    void fe_edges_count(const fe_edges *edges, int64_t *counts)
    void fe_edges_place(const fe_edges *edges, int64_t *next, int32_t *neighbours, float *weights)

    struct fe_tidy:
        int64_t row
        int64_t read
        int64_t written
    void fe_rows_tidy(fe_tidy *tidy, int64_t end, int64_t *offsets, int32_t *neighbours, float *weights,
                      uint64_t *scratch)
    void fe_rows_shares(int64_t begin, int64_t end, const int64_t *offsets, const float *weights, uint32_t *shares)
    void fe_rows_filter(int64_t begin, int64_t end, const int64_t *offsets, const int32_t *neighbours, uint8_t *filter)

    struct fe_graph:
        int64_t nodes
        const int64_t *offsets
        const int32_t *neighbours
        const uint32_t *shares
        const uint8_t *filter
        int32_t is_symmetric

    struct fe_walk_plan:
        int32_t length
        double p
        double q
        double restart
        const int32_t *starts
        int64_t start_count
        uint64_t seed

    struct fe_walked:
        int64_t steps
        int64_t trials
    void fe_walk(const fe_graph *graph, const fe_walk_plan *plan, int64_t epoch, int64_t first, int64_t count,
                 int32_t *ids, int64_t *offsets, fe_walked *walked)


cdef class Edges:
    """A part of the edges of a graph with ``nodes`` nodes.

    Args:
        from_: Numbers of nodes, below ``nodes``.
        to: As many.
        weights: As many, finite and above 0; or None.
        both_ways: Whether an edge leads from either end to the other.
        nodes: How many there are.
    """

    cdef fe_edges edges
    cdef int64_t nodes
    cdef object kept_alive

    def __cinit__(self, const int32_t[::1] from_ not None, const int32_t[::1] to not None, const float[::1] weights,
                  bint both_ways, int64_t nodes):
        self.kept_alive = (from_, to, weights)
        self.nodes = nodes
        _require(from_.shape[0] == to.shape[0], "an edge has two ends")
        _require(weights is None or weights.shape[0] == to.shape[0], "there must be a weight for each edge")
        _check_range(from_, nodes)
        _check_range(to, nodes)
        self.edges.count = to.shape[0]
        self.edges.both_ways = both_ways
        if to.shape[0]:
            self.edges.from_ = &from_[0]
            self.edges.to = &to[0]
            if weights is not None:
                self.edges.weights = &weights[0]

    def count(self, int64_t[::1] counts not None):
        """Add to ``counts`` (nodes) the number of entries that each node's row receives."""
        _require(counts.shape[0] == self.nodes, "there must be a count for each node")
        with nogil:
            fe_edges_count(&self.edges, &counts[0])

    def place(self, int64_t[::1] next_ not None, int32_t[::1] neighbours not None, float[::1] weights):
        """Put entries at ``next_`` (nodes), the next free place of each row, in neighbours and weights.

        The places must be those that `count` told, for the same edges.
        """
        _require(next_.shape[0] == self.nodes, "there must be a next place for each node")
        _require((weights is not None) == (self.edges.weights != NULL or self.edges.count == 0)
                 or self.edges.count == 0, "weights and edges do not fit")
        _require(weights is None or weights.shape[0] == neighbours.shape[0], "an entry has one weight")
        if self.edges.count == 0:
            return
        with nogil:
            fe_edges_place(&self.edges, &next_[0], &neighbours[0], NULL if weights is None else &weights[0])


cdef class Tidying:
    """Sorts rows and joins equal entries, in place and some rows at a time.

    Args:
        offsets: Where rows begin and, at last, end (nodes + 1); changed.
        neighbours: Entries; changed.
        weights: As many; changed. Or None.
    """

    cdef fe_tidy tidy
    cdef int64_t[::1] offsets
    cdef int32_t[::1] neighbours
    cdef float[::1] weights
    cdef bytearray scratch

    def __cinit__(self, int64_t[::1] offsets not None, int32_t[::1] neighbours not None, float[::1] weights):
        longest = _check_offsets(offsets, neighbours.shape[0])
        _require(weights is None or weights.shape[0] == neighbours.shape[0], "an entry has one weight")
        self.offsets = offsets
        self.neighbours = neighbours
        self.weights = weights
        self.scratch = bytearray(2 * longest * sizeof(uint64_t) + sizeof(uint64_t))

    def rows(self, int64_t end):
        """Go on up to row ``end``; returns the number of entries so far."""
        cdef unsigned char[::1] scratch = self.scratch
        _require(self.tidy.row <= end < self.offsets.shape[0], "there is no such row")
        if self.neighbours.shape[0] == 0:
            return 0
        with nogil:
            fe_rows_tidy(&self.tidy, end, &self.offsets[0], &self.neighbours[0],
                         NULL if self.weights is None else &self.weights[0], <uint64_t *>&scratch[0])
        return self.tidy.written


def row_shares(int64_t begin, int64_t end, const int64_t[::1] offsets not None, const float[::1] weights not None,
               uint32_t[::1] shares not None):
    """Fill ``shares`` of rows [begin, end), which `RowGraph` draws neighbours by; offsets must have been checked."""
    _require(0 <= begin <= end < offsets.shape[0], "there are no such rows")
    _require(weights.shape[0] == shares.shape[0] and offsets[offsets.shape[0] - 1] == shares.shape[0],
             "an entry has one weight and one share")
    if shares.shape[0]:
        with nogil:
            fe_rows_shares(begin, end, &offsets[0], &weights[0], &shares[0])


def row_filter(int64_t begin, int64_t end, const int64_t[::1] offsets not None, const int32_t[::1] neighbours not None,
               uint8_t[::1] filter_ not None):
    """Add rows [begin, end) to ``filter_``, zeros at first; offsets must have been checked."""
    _require(0 <= begin <= end < offsets.shape[0], "there are no such rows")
    _require(neighbours.shape[0] == filter_.shape[0] and offsets[offsets.shape[0] - 1] == filter_.shape[0],
             "an entry has one byte")
    if filter_.shape[0]:
        with nogil:
            fe_rows_filter(begin, end, &offsets[0], &neighbours[0], &filter_[0])


cdef bint _rows_rise(const int64_t[::1] offsets, const int32_t[::1] neighbours) noexcept:
    cdef Py_ssize_t row
    cdef int64_t k
    cdef bint rising = True
    with nogil:
        for row in range(offsets.shape[0] - 1):
            for k in range(offsets[row] + 1, offsets[row + 1]):
                rising = rising and neighbours[k - 1] < neighbours[k]
    return rising


cdef class RowGraph:
    """A graph by rows of neighbours, checked once: the arrays must be read-only.

    Args:
        offsets: Where rows begin and, at last, end (nodes + 1).
        neighbours: Numbers of nodes, rising within a row, none twice.
        shares: What `row_shares` filled; None where all neighbours are as likely.
        filter_: What `row_filter` filled; or None.
        is_symmetric: Whether every edge leads both ways.
        look: Called with each part that was checked.
    """

    cdef fe_graph graph
    cdef object kept_alive

    def __cinit__(self, offsets not None, neighbours not None, shares, filter_, bint is_symmetric, look not None):
        _require(memoryview(offsets).readonly and memoryview(neighbours).readonly, "the arrays must be read-only")
        cdef const int64_t[::1] places = offsets
        cdef const int32_t[::1] entries = neighbours
        cdef const uint32_t[::1] chances = shares
        cdef const uint8_t[::1] bits = filter_
        self.kept_alive = (places, entries, chances, bits)
        cdef int64_t nodes = places.shape[0] - 1
        _require(0 < nodes <= 0x7FFFFFFF, "a graph has 1 to 2**31 - 1 nodes")
        CheckedSentences(neighbours, offsets, nodes, look)
        _require(_rows_rise(places, entries), "the neighbours of a node do not rise")
        _require(shares is None or chances.shape[0] == entries.shape[0], "an entry has one share")
        self.graph.nodes = nodes
        self.graph.offsets = &places[0]
        self.graph.neighbours = &entries[0] if entries.shape[0] else NULL
        self.graph.shares = &chances[0] if shares is not None and entries.shape[0] else NULL
        _require(filter_ is None or bits.shape[0] == entries.shape[0], "an entry has one byte in the filter")
        self.graph.filter = &bits[0] if filter_ is not None and entries.shape[0] else NULL
        self.graph.is_symmetric = is_symmetric

    @property
    def nodes(self):
        """How many there are."""
        return self.graph.nodes


cdef class Walker:
    """Makes random walks: node2vec's with p and q, or with 1 and 1 of the first order.

    Args:
        graph: Where.
        length: Nodes of a walk.
        p: Return parameter, above 0.
        q: In-out parameter, above 0.
        restart: Probability, below 1, that a step leads back to where the walk began.
        starts: Nodes at which walks begin; None for all.
        seed: Of all random draws.
    """

    cdef fe_walk_plan plan
    cdef readonly RowGraph graph
    cdef object kept_alive

    def __cinit__(self, RowGraph graph not None, int32_t length, double p, double q, double restart,
                  const int32_t[::1] starts, uint64_t seed):
        _require(length > 0, "a walk has at least one node")
        _require(p > 0 and q > 0 and p < 1e300 and q < 1e300 and p > 1e-300 and q > 1e-300, "p and q must be above 0")
        _require(0 <= restart < 1, "restart is a probability below 1")
        self.graph = graph
        self.kept_alive = starts
        self.plan.length = length
        self.plan.p = p
        self.plan.q = q
        self.plan.restart = restart
        self.plan.start_count = graph.graph.nodes
        if starts is not None:
            _require(starts.shape[0] > 0, "there is no node to start from")
            _check_range(starts, graph.graph.nodes)
            self.plan.starts = &starts[0]
            self.plan.start_count = starts.shape[0]
        self.plan.seed = seed

    def walk(self, int64_t epoch, int64_t first, int32_t[::1] ids not None, int64_t[::1] offsets not None):
        """Make walks from number ``first`` on, as many as ``offsets`` has room for (less one).

        They fill ``ids``, which has room for as many of full length, and ``offsets``. Returns (steps, trials).
        """
        cdef fe_walked walked
        cdef int64_t count = offsets.shape[0] - 1
        _require(count >= 0 and first >= 0 and ids.shape[0] >= count * self.plan.length, "ids has too little room")
        if count == 0:
            offsets[0] = 0
            return 0, 0
        with nogil:
            fe_walk(&self.graph.graph, &self.plan, epoch, first, count, &ids[0], &offsets[0], &walked)
        return walked.steps, walked.trials
