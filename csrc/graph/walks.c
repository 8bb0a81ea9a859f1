/* Random walks, many at a time: a walk that waits for memory lets the next one go on.
 *
 * A graph is larger than any cache, and a step needs two places of it at least: where the row of its node lies, and one
 * entry of that row. So a call makes LANES walks in turn. Each visit of a walk reads what the visit before sent for,
 * decides, and sends for what it needs next.
 *
 * node2vec's second-order step from `before` over `node` to x has weight w(node, x) times 1/p if x is `before`, 1 if an
 * edge leads from `before` to x, else 1/q. It is drawn by rejection, without tables of pairs (as in KnightKing, Yang et
 * al. 2019): x is drawn by w alone and taken with its factor divided by M = max(1, 1/q). Where 1/p is above M, its edge
 * back has a strip of its own beside the other edges, with the part of its weight that is above M, so that one edge
 * does not make all others rare. A trial is taken with a probability of at least min(1, 1/p, 1/q) / M, so a step needs
 * max(1, p, q) * max(1, 1/q) trials at most on average. After MOST_TRIALS in vain the row is gone through once: trials
 * are independent, so that the next one has the right distribution whichever way it is made. */
#include <string.h>

#include "common/compiler.h"
#include "common/rng.h"
#include "graph/filter.h"
#include "graph/graph.h"

enum {
    LANES = 32, /* walks in turn */
    NEAR = 16,  /* entries that are looked through one by one: a cache line */
    SMALL = 64, /* a row so short has its filter in a cache line or two, which are sent for with the row */
    MOST_TRIALS = 64,
};

/* What a visit finds in cache. */
enum stage { AT_NODE, AT_BACK, AT_SHARE, AT_NEIGHBOUR, AT_FILTER, AT_CANDIDATE, AT_EDGE, ENDED };

struct walker {
    enum stage stage;
    int32_t length, start, node, before, candidate, wanted;
    int32_t *walk;                     /* its `length` nodes so far */
    int64_t number;                    /* in the call */
    int64_t trials;                    /* for the present step */
    uint64_t key, drawn;               /* of its draws; how many it made */
    int64_t row, degree;               /* of `node` */
    int64_t before_row, before_degree; /* of `before`, where it is not negative */
    int64_t low, high;                 /* entries in which a search goes on */
    int64_t entry;                     /* of the neighbour that was drawn */
    uint32_t share, bits;              /* random */
    struct fe_bit bit;                 /* of the candidate in the filter of `before` */
    double strip;                      /* of the edge back, beside a row of width 1 */
};

struct walking {
    const struct fe_graph *graph;
    const struct fe_walk_plan *plan;
    uint64_t key;
    int is_second_order, asks;       /* asks: the filter */
    double above;                    /* of the edge back's factor, the part above M, divided by M */
    uint64_t back, near, far, least; /* factors divided by M, of 2^32 */
    uint64_t restart;                /* of 2^32 */
    int64_t round, first, stride;    /* the order of starts in a round */
    int64_t *lengths;
    struct fe_walked done;
};

static uint64_t draw(struct walker *w) { return fe_draw(w->key, w->drawn++); }

/* ---- where walks begin ---- */

static int64_t greatest_divisor(int64_t a, int64_t b) {
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void begin_round(struct walking *t, int64_t round) {
    const int64_t count = t->plan->start_count;
    const uint64_t key = fe_draw(t->key, ~(uint64_t)round); /* walks count from 0 on, rounds from above down */
    t->round = round;
    t->first = (int64_t)(fe_draw(key, 0) % (uint64_t)count);
    for (uint64_t k = 1;; k++) {
        t->stride = (int64_t)(fe_draw(key, k) % (uint64_t)count);
        if (greatest_divisor(count, t->stride) == 1) return; /* so that multiples of it meet every start */
    }
}

static int32_t start_of(struct walking *t, int64_t number) {
    const int64_t count = t->plan->start_count;
    if (number / count != t->round) begin_round(t, number / count);
    const int64_t at = (t->first + number % count * t->stride) % count;
    return t->plan->starts == NULL ? (int32_t)at : t->plan->starts[at];
}

/* ---- steps ---- */

static void arrive(struct walking *t, struct walker *w) {
    w->walk[w->length++] = w->node;
    if (w->length == t->plan->length) {
        t->lengths[w->number] = w->length;
        w->stage = ENDED;
        return;
    }
    FE_PREFETCH(t->graph->offsets + w->node);
    w->stage = AT_NODE;
}

static void step_to(struct walking *t, struct walker *w, int32_t node) {
    w->before = w->node;
    w->before_row = w->row;
    w->before_degree = w->degree;
    w->node = node;
    if (t->asks) FE_PREFETCH(t->graph->filter + w->before_row);
    t->done.steps++;
    arrive(t, w);
}

static void begin(struct walking *t, struct walker *w, int64_t walk, int64_t number, int32_t *ids) {
    w->key = fe_draw(t->key, (uint64_t)walk);
    w->drawn = 0;
    w->number = number;
    w->walk = ids + number * t->plan->length;
    w->length = 0;
    w->node = w->start = start_of(t, walk);
    w->before = -1;
    arrive(t, w);
}

static void search(struct walker *w, enum stage stage, const void *middle) {
    FE_PREFETCH(middle);
    w->stage = stage;
}

/* Look for `wanted` in a row, entries [low, high). */
static void search_row(struct walking *t, struct walker *w, enum stage stage, int64_t row, int64_t degree,
                       int32_t wanted) {
    w->low = row;
    w->high = row + degree;
    w->wanted = wanted;
    search(w, stage, t->graph->neighbours + row + degree / 2);
}

/* Narrow it: -1 not done, 0 it is not there, 1 it is entry `low`. */
static int narrowed(struct walking *t, struct walker *w) {
    const int32_t *neighbours = t->graph->neighbours;
    if (w->high - w->low > NEAR) {
        const int64_t middle = w->low + (w->high - w->low) / 2;
        if (neighbours[middle] <= w->wanted) w->low = middle;
        else w->high = middle;
        FE_PREFETCH(neighbours + w->low + (w->high - w->low) / 2);
        return -1;
    }
    while (w->low < w->high && neighbours[w->low] < w->wanted) w->low++;
    return w->low < w->high && neighbours[w->low] == w->wanted;
}

/* node2vec's weight of an entry of the present row. seen: where to look on in the row of `before`. */
static double weight_of(const struct walking *t, const struct walker *w, int64_t entry, int64_t *seen) {
    const struct fe_graph *graph = t->graph;
    const int64_t end = w->before_row + w->before_degree;
    const int32_t x = graph->neighbours[entry];
    double weight = 1.0;
    if (graph->shares != NULL)
        weight += (double)graph->shares[entry] - (entry > w->row ? (double)graph->shares[entry - 1] + 1.0 : 0.0);
    while (*seen < end && graph->neighbours[*seen] < x) ++*seen;
    if (x == w->before) return weight / t->plan->p;
    return *seen < end && graph->neighbours[*seen] == x ? weight : weight / t->plan->q;
}

/* Draw among all weights of the row. */
static void step_by_weights(struct walking *t, struct walker *w) {
    const int64_t end = w->row + w->degree;
    double total = 0.0, sum = 0.0;
    for (int64_t k = w->row, seen = w->before_row; k < end; k++) total += weight_of(t, w, k, &seen);
    const double point = (double)(draw(w) >> 11) * 0x1p-53 * total;
    int64_t chosen = w->row;
    for (int64_t k = w->row, seen = w->before_row; k < end && sum <= point; k++) {
        const double weight = weight_of(t, w, k, &seen);
        if (weight > 0.0) chosen = k;
        sum += weight;
    }
    step_to(t, w, t->graph->neighbours[chosen]);
}

/* Draw a neighbour. */
static void propose(struct walking *t, struct walker *w) {
    t->done.trials++;
    if (++w->trials > MOST_TRIALS) {
        step_by_weights(t, w);
        return;
    }
    if (w->strip > 0.0) {
        const double point = (double)(draw(w) >> 11) * 0x1p-53 * (1.0 + w->strip);
        if (point >= 1.0) {
            step_to(t, w, w->before);
            return;
        }
    }
    const uint64_t random = draw(w);
    w->bits = (uint32_t)random;
    if (t->graph->shares != NULL) {
        w->share = (uint32_t)(random >> 32);
        w->low = w->row;
        w->high = w->row + w->degree - 1;
        search(w, AT_SHARE, t->graph->shares + w->low + (w->high - w->low) / 2);
        return;
    }
    w->entry = w->row + fe_below((uint32_t)(random >> 32), (uint32_t)w->degree);
    search(w, AT_NEIGHBOUR, t->graph->neighbours + w->entry);
}

static void at_node(struct walking *t, struct walker *w) {
    const struct fe_graph *graph = t->graph;
    if (t->restart > 0 && w->length > 1 && (draw(w) & UINT32_MAX) < t->restart) {
        w->node = w->start;
        w->before = -1;
        t->done.steps++;
        t->done.trials++;
        arrive(t, w);
        return;
    }
    w->row = graph->offsets[w->node];
    w->degree = graph->offsets[w->node + 1] - w->row;
    w->strip = 0.0;
    w->trials = 0;
    if (w->degree == 0) {
        t->lengths[w->number] = w->length;
        w->stage = ENDED;
        return;
    }
    if (t->above > 0.0 && w->before >= 0) {
        if (graph->shares != NULL || !graph->is_symmetric) {
            search_row(t, w, AT_BACK, w->row, w->degree, w->before);
            return;
        }
        w->strip = t->above / (double)w->degree;
    }
    propose(t, w);
}

/* Is there an edge back, and how heavy? */
static void at_back(struct walking *t, struct walker *w) {
    const int found = narrowed(t, w);
    if (found < 0) return;
    if (found) {
        const uint32_t *shares = t->graph->shares;
        if (shares == NULL) w->strip = t->above / (double)w->degree;
        else {
            const int64_t from = w->low > w->row ? (int64_t)shares[w->low - 1] : -1;
            w->strip = t->above * (double)((int64_t)shares[w->low] - from) * 0x1p-32;
        }
    }
    propose(t, w);
}

/* The first entry whose share is not below the one that was drawn. */
static void at_share(struct walking *t, struct walker *w) {
    const uint32_t *shares = t->graph->shares;
    if (w->high - w->low > NEAR) {
        const int64_t middle = w->low + (w->high - w->low) / 2;
        if (shares[middle] < w->share) w->low = middle + 1;
        else w->high = middle;
        FE_PREFETCH(shares + w->low + (w->high - w->low) / 2);
        return;
    }
    while (shares[w->low] < w->share) w->low++;
    w->entry = w->low;
    search(w, AT_NEIGHBOUR, t->graph->neighbours + w->entry);
}

static void look_for_edge(struct walking *t, struct walker *w) {
    search_row(t, w, AT_EDGE, w->before_row, w->before_degree, w->candidate);
}

/* The edge stands in both rows of a symmetric graph: the shorter one is searched. */
static void ask_rows(struct walking *t, struct walker *w) {
    if (t->graph->is_symmetric && w->before_degree > SMALL) search(w, AT_CANDIDATE, t->graph->offsets + w->candidate);
    else look_for_edge(t, w);
}

static void decide(struct walking *t, struct walker *w, int is_near) {
    if (w->bits < (is_near ? t->near : t->far)) step_to(t, w, w->candidate);
    else propose(t, w);
}

static void at_filter(struct walking *t, struct walker *w) {
    if (t->graph->filter[w->before_row + w->bit.byte] & w->bit.mask) ask_rows(t, w);
    else decide(t, w, 0);
}

static void at_neighbour(struct walking *t, struct walker *w) {
    w->candidate = t->graph->neighbours[w->entry];
    if (!t->is_second_order || w->before < 0) step_to(t, w, w->candidate);
    else if (w->candidate == w->before) {
        if (w->bits < t->back) step_to(t, w, w->candidate);
        else propose(t, w);
    } else if (w->bits < t->least) step_to(t, w, w->candidate);
    else if (t->graph->filter == NULL) ask_rows(t, w);
    else {
        w->bit = fe_bit_of(w->candidate, w->before_degree);
        if (w->before_degree <= SMALL) at_filter(t, w);
        else search(w, AT_FILTER, t->graph->filter + w->before_row + w->bit.byte);
    }
}

static void at_candidate(struct walking *t, struct walker *w) {
    const int64_t row = t->graph->offsets[w->candidate], degree = t->graph->offsets[w->candidate + 1] - row;
    if (degree < w->before_degree) search_row(t, w, AT_EDGE, row, degree, w->before);
    else look_for_edge(t, w);
}

static void at_edge(struct walking *t, struct walker *w) {
    const int found = narrowed(t, w);
    if (found >= 0) decide(t, w, found);
}

static void visit(struct walking *t, struct walker *w) {
    switch (w->stage) {
    case AT_NODE: at_node(t, w); break;
    case AT_BACK: at_back(t, w); break;
    case AT_SHARE: at_share(t, w); break;
    case AT_NEIGHBOUR: at_neighbour(t, w); break;
    case AT_FILTER: at_filter(t, w); break;
    case AT_CANDIDATE: at_candidate(t, w); break;
    case AT_EDGE: at_edge(t, w); break;
    case ENDED: break;
    }
}

static uint64_t of_32_bits(double probability) { return (uint64_t)(probability * 0x1p32 + 0.5); }

void fe_walk(const struct fe_graph *graph, const struct fe_walk_plan *plan, int64_t epoch, int64_t first, int64_t count,
             int32_t *ids, int64_t *offsets, struct fe_walked *walked) {
    struct walking t = {.graph = graph, .plan = plan, .round = -1, .lengths = offsets + 1};
    struct walker lanes[LANES];
    const double most = plan->q < 1.0 ? 1.0 / plan->q : 1.0, back = 1.0 / plan->p / most;
    t.key = fe_key(plan->seed, (uint64_t)epoch, FE_STREAM_WALKS);
    t.is_second_order = plan->p != 1.0 || plan->q != 1.0;
    t.above = back > 1.0 ? back - 1.0 : 0.0;
    t.back = of_32_bits(back < 1.0 ? back : 1.0);
    t.near = of_32_bits(1.0 / most);
    t.far = of_32_bits(1.0 / plan->q / most);
    t.least = t.near < t.far ? t.near : t.far;
    t.asks = graph->filter != NULL && t.near != t.far;
    t.restart = of_32_bits(plan->restart);
    int64_t begun = 0;
    int busy = 0;
    for (; busy < LANES && begun < count; busy++, begun++) begin(&t, &lanes[busy], first + begun, begun, ids);
    while (busy > 0) {
        for (int k = 0; k < busy; k++) {
            visit(&t, &lanes[k]);
            while (lanes[k].stage == ENDED && begun < count) {
                begin(&t, &lanes[k], first + begun, begun, ids);
                begun++;
            }
            if (lanes[k].stage == ENDED) lanes[k--] = lanes[--busy];
        }
    }
    offsets[0] = 0;
    for (int64_t k = 0; k < count; k++) {
        const int64_t length = offsets[k + 1];
        memmove(ids + offsets[k], ids + k * plan->length, (size_t)length * sizeof *ids);
        offsets[k + 1] = offsets[k] + length;
    }
    *walked = t.done;
}
