/* Random walks, many at a time: a walk that waits for memory lets the next one go on.
 *
 * A graph is larger than any cache, and a step needs two places of it at least: where the row of its node lies, and one
 * entry of that row. So a call makes LANES walks in turn. Each visit of a walk reads what the visit before sent for,
 * decides, and sends for what it needs next.
 *
 * node2vec's second-order step from `before` over `node` to x has weight w(node, x) times 1/p if x is `before`, 1 if an
 * edge leads from `before` to x, else 1/q. It is drawn by rejection, without tables of pairs (as in KnightKing, Yang et
 * al. 2019), from three parts, whose weights add up to at least these:
 *   - every edge with the smaller of 1 and 1/q, which is taken unseen;
 *   - the rest up to the larger one, which edges of one kind alone have: with q above 1 those whose end is also a
 *     neighbour of `before`. These may as well be drawn from the row of `before`, and the shorter of the two rows is
 *     taken, so that few are drawn in vain;
 *   - what the edge back has above the other two.
 * Whether there is an edge is asked of a filter first, which says "no" for nearly all that there are not. As that is
 * what it mostly says, what follows then is sent for together with the question. After MOST_TRIALS in vain the row is
 * gone through once: trials are independent, so that the next one has the right distribution whichever way it is made.
 */
#include <string.h>

#include "common/compiler.h"
#include "common/rng.h"
#include "graph/filter.h"
#include "graph/graph.h"

enum {
    LANES = 64, /* walks in turn; their state is to stay in the first cache beside what they read */
    NEAR = 16,  /* entries that are looked through one by one: a cache line */
    SMALL = 64, /* a row so short is searched whatever other row there is */
    MOST_TRIALS = 64,
};

/* What a visit finds in cache. */
enum stage {
    AT_NODE,
    AT_BACK,
    AT_SHARE,
    AT_NEIGHBOUR,
    AT_EXTRA,
    AT_FILTER,
    AT_FILTER_AND_NEXT,
    AT_CANDIDATE,
    AT_EDGE,
    ENDED,
    STAGES
};

struct row {
    int64_t begin;
    int32_t degree, node; /* node: -1 for none */
};

enum { HERE, BEHIND }; /* the row of the present node, and of the one before */

/* Two cache lines. No bytes, as a store of one would make the compiler read all else again. */
struct walker {
    _Alignas(64) uint64_t draws; /* the key of the next draw */
    struct row rows[2];
    double all, some, total; /* weight of the first part, of the first two, of all three */
    int64_t low;             /* what was drawn; or the first entry of a search; or the byte of the filter */
    int64_t high;            /* the end of a search; or the entry that the next trial draws, if this one is in vain */
    uint64_t bits;           /* a random share, or those that are asked of the filter */
    int32_t *walk;           /* its nodes so far */
    int32_t length, start, candidate, wanted;
    int32_t stage;
    int32_t trials;    /* for the present step */
    int16_t is_second; /* whether the step depends on the node before */
    int16_t is_extra;  /* whether a neighbour was drawn from the second part */
    int32_t pool;      /* the row that the second part is drawn from */
};

/* The walks of each stage. Those of one stage are visited one after the other, which the processor foresees. */
struct waiting {
    int16_t lanes[STAGES][2 * LANES]; /* those that are visited, and those that come meanwhile */
    int32_t counts[STAGES];
};

struct walking {
    struct fe_graph graph; /* a copy, so that what it points to is one load away */
    const struct fe_walk_plan *plan;
    uint64_t key;
    int is_second_order;
    double extra;         /* of an edge in the second part; in the first it is 1 */
    double per_factor[2]; /* 1 divided by what an edge of the first part weighs, which is 1, and one of the second */
    int extra_is_near;    /* whether the second part is of edges to neighbours of the node before */
    int may_choose;       /* whether the second part may come from either row */
    int looks_ahead;      /* whether the next trial is sent for together with one that is likely in vain */
    int seeks_back;       /* whether there may be no edge back, or its weight must be found */
    double above[2];      /* what the edge back has above the first two parts, by the pool of the second; or 0 */
    int back_is_sure;     /* whether it is taken where it was drawn from the first part */
    uint64_t back[2];     /* how likely it is to be taken from the first part and from the second, of 2^32 */
    uint64_t restart;     /* of 2^32 */
    int64_t round, first, stride; /* the order of starts in a round */
    int32_t *ids;
    int64_t *lengths;
    struct fe_walked done;
    struct waiting waiting;
    struct walker lanes[LANES];
};

static uint64_t next_draw(const struct walker *w) { return fe_draw(w->draws, 0); }

static void skip_draw(struct walker *w) { w->draws = fe_key_from(w->draws, 1); }

static uint64_t draw(struct walker *w) {
    const uint64_t drawn = next_draw(w);
    skip_draw(w);
    return drawn;
}

static double unit_of(uint64_t drawn) { return (double)(drawn >> 11) * 0x1p-53; }

static double draw_unit(struct walker *w) { return unit_of(draw(w)); }

static int happens(struct walker *w, uint64_t of_32_bits) { return (draw(w) & UINT32_MAX) < of_32_bits; }

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

static void end(struct walking *t, struct walker *w) {
    t->lengths[(w->walk - t->ids) / t->plan->length] = w->length;
    w->stage = ENDED;
}

static void arrive(struct walking *t, struct walker *w) {
    w->walk[w->length++] = w->rows[HERE].node;
    if (w->length == t->plan->length) {
        end(t, w);
        return;
    }
    FE_PREFETCH(t->graph.offsets + w->rows[HERE].node);
    w->stage = AT_NODE;
}

static void step_to(struct walking *t, struct walker *w, int32_t node) {
    w->rows[BEHIND] = w->rows[HERE];
    w->rows[HERE].node = node;
    t->done.steps++;
    arrive(t, w);
}

static void begin_at(struct walking *t, struct walker *w, int32_t node) {
    w->rows[BEHIND].node = -1;
    w->rows[HERE].node = node;
    arrive(t, w);
}

static void begin(struct walking *t, struct walker *w, int64_t walk, int64_t number) {
    w->draws = fe_draw(t->key, (uint64_t)walk);
    w->walk = t->ids + number * t->plan->length;
    w->length = 0;
    w->start = start_of(t, walk);
    begin_at(t, w, w->start);
}

static void search(struct walker *w, enum stage stage, const void *middle) {
    FE_PREFETCH(middle);
    w->stage = (int32_t)stage;
}

/* Look for `wanted` in a row. */
static void search_row(struct walking *t, struct walker *w, enum stage stage, const struct row *row, int32_t wanted) {
    w->low = row->begin;
    w->high = row->begin + row->degree;
    w->wanted = wanted;
    search(w, stage, t->graph.neighbours + row->begin + row->degree / 2);
}

/* Narrow it: -1 not done, 0 it is not there, 1 it is entry `low`. */
static int narrowed(struct walking *t, struct walker *w) {
    const int32_t *neighbours = t->graph.neighbours;
    if (w->high - w->low > NEAR) {
        const int64_t middle = w->low + (w->high - w->low) / 2;
        const int64_t upper = -(int64_t)(neighbours[middle] <= w->wanted); /* no branch, as nobody can foresee it */
        w->low += upper & (middle - w->low);
        w->high += ~upper & (middle - w->high);
        FE_PREFETCH(neighbours + w->low + (w->high - w->low) / 2);
        return -1;
    }
    if (w->low == w->high) return 0;
    const int64_t last = w->high - 1;
    int64_t at = w->low; /* as many steps whatever is there, as nobody can foresee branches */
    FE_UNROLL
    for (int half = NEAR / 2; half > 0; half /= 2) {
        const int64_t next = at + half <= last ? at + half : last;
        at = neighbours[next] <= w->wanted ? next : at;
    }
    w->low = at;
    return neighbours[at] == w->wanted;
}

/* node2vec's weight of an entry of the present row. seen: where to look on in the row of the node before. */
static double weight_of(const struct walking *t, const struct walker *w, int64_t entry, int64_t *seen) {
    const struct fe_graph *graph = &t->graph;
    const struct row *here = &w->rows[HERE], *behind = &w->rows[BEHIND];
    const int64_t end = behind->begin + behind->degree;
    const int32_t x = graph->neighbours[entry];
    double weight = 1.0;
    if (graph->shares != NULL)
        weight += (double)graph->shares[entry] - (entry > here->begin ? (double)graph->shares[entry - 1] + 1.0 : 0.0);
    while (*seen < end && graph->neighbours[*seen] < x) ++*seen;
    if (x == behind->node) return weight / t->plan->p;
    return *seen < end && graph->neighbours[*seen] == x ? weight : weight / t->plan->q;
}

/* Draw among all weights of the row. */
FE_NOINLINE void step_by_weights(struct walking *t, struct walker *w) {
    const int64_t first = w->rows[HERE].begin, end = first + w->rows[HERE].degree, before = w->rows[BEHIND].begin;
    double total = 0.0, sum = 0.0;
    for (int64_t k = first, seen = before; k < end; k++) total += weight_of(t, w, k, &seen);
    const double point = draw_unit(w) * total;
    int64_t chosen = first;
    for (int64_t k = first, seen = before; k < end && sum <= point; k++) {
        const double weight = weight_of(t, w, k, &seen);
        if (weight > 0.0) chosen = k;
        sum += weight;
    }
    step_to(t, w, t->graph.neighbours[chosen]);
}

/* Go to the entry that a share of the row's weight stands for. */
static void go_by_share(struct walking *t, struct walker *w, uint32_t share) {
    w->bits = share;
    w->low = w->rows[HERE].begin;
    w->high = w->low + w->rows[HERE].degree - 1;
    search(w, AT_SHARE, t->graph.shares + w->low + (w->high - w->low) / 2);
}

static void go_to_entry(struct walking *t, struct walker *w, int64_t entry) {
    w->low = entry;
    search(w, (enum stage)(AT_NEIGHBOUR + w->is_extra), t->graph.neighbours + entry);
}

/* Draw a neighbour that is taken in any case. */
static void draw_any(struct walking *t, struct walker *w) {
    const uint32_t random = (uint32_t)(draw(w) >> 32);
    t->done.trials++;
    w->is_second = w->is_extra = 0;
    if (t->graph.shares != NULL) go_by_share(t, w, random);
    else go_to_entry(t, w, w->rows[HERE].begin + fe_below(random, (uint32_t)w->rows[HERE].degree));
}

/* The entry of the row of a part that a point in the part's weight stands for. */
static int64_t entry_at(const struct walking *t, const struct walker *w, int is_extra, double point) {
    const struct row *row = &w->rows[is_extra & w->pool];
    const int64_t at = (int64_t)(point * t->per_factor[is_extra]), last = row->degree - 1;
    return row->begin + (at < last ? at : last); /* which rounding may have gone past */
}

/* Draw a neighbour from one of the three parts. Few branches, as nobody can foresee them. */
FE_INLINE void propose_first(struct walking *t, struct walker *w) {
    t->done.trials++;
    if (++w->trials > MOST_TRIALS) {
        step_by_weights(t, w);
        return;
    }
    const double point = draw_unit(w) * w->total;
    if (point >= w->some) {
        step_to(t, w, w->rows[BEHIND].node);
        return;
    }
    const int is_extra = point >= w->all;
    w->is_extra = (int16_t)is_extra;
    if (t->graph.shares != NULL) {
        go_by_share(t, w, (uint32_t)(draw(w) >> 32));
        return;
    }
    go_to_entry(t, w, entry_at(t, w, is_extra, point - is_extra * w->all));
}

FE_NOINLINE void propose(struct walking *t, struct walker *w) { propose_first(t, w); }

/* Weigh the parts; the edge back has so much above the first two. */
FE_INLINE void weigh(struct walking *t, struct walker *w, double above) {
    if (t->graph.shares != NULL) { /* those of a row add up to 1 */
        w->all = 1.0;
        w->some = 1.0 + t->extra;
    } else {
        w->all = w->rows[HERE].degree;
        w->some = w->all + t->extra * w->rows[w->pool].degree;
    }
    w->total = w->some + above;
    propose_first(t, w);
}

FE_INLINE void at_node(struct walking *t, struct walker *w) {
    struct row *here = &w->rows[HERE];
    if (t->restart > 0 && w->length > 1 && happens(w, t->restart)) {
        t->done.steps++;
        t->done.trials++;
        begin_at(t, w, w->start);
        return;
    }
    here->begin = t->graph.offsets[here->node];
    here->degree = (int32_t)(t->graph.offsets[here->node + 1] - here->begin);
    if (here->degree == 0) end(t, w);
    else if (!t->is_second_order || w->rows[BEHIND].node < 0) draw_any(t, w);
    else {
        w->is_second = 1;
        w->trials = 0;
        w->pool = t->may_choose & (w->rows[BEHIND].degree < here->degree);
        if (t->seeks_back) search_row(t, w, AT_BACK, here, w->rows[BEHIND].node);
        else weigh(t, w, t->above[w->pool]);
    }
}

/* As step_to, where the place of the node's row was sent for already. */
static void step_on_to(struct walking *t, struct walker *w, int32_t node) {
    step_to(t, w, node);
    if (w->stage == AT_NODE) at_node(t, w);
}

/* Is there an edge back, and how heavy? */
static void at_back(struct walking *t, struct walker *w) {
    const int found = narrowed(t, w);
    if (found < 0) return;
    double above = found ? t->above[w->pool] : 0.0;
    if (found && t->graph.shares != NULL) {
        const uint32_t *shares = t->graph.shares;
        const int64_t from = w->low > w->rows[HERE].begin ? (int64_t)shares[w->low - 1] : -1;
        above *= (double)((int64_t)shares[w->low] - from) * 0x1p-32;
    }
    weigh(t, w, above);
}

/* The first entry whose share is not below the one that was drawn. */
static void at_share(struct walking *t, struct walker *w) {
    const uint32_t *shares = t->graph.shares;
    if (w->high - w->low > NEAR) {
        const int64_t middle = w->low + (w->high - w->low) / 2;
        if (shares[middle] < w->bits) w->low = middle + 1;
        else w->high = middle;
        FE_PREFETCH(shares + w->low + (w->high - w->low) / 2);
        return;
    }
    while (shares[w->low] < w->bits) w->low++;
    go_to_entry(t, w, w->low);
}

/* Where to look for what was drawn from the second part: in the row that it was not drawn from. */
static const struct row *other_row(const struct walker *w) { return &w->rows[1 - w->pool]; }

static void look_for_edge(struct walking *t, struct walker *w) {
    search_row(t, w, AT_EDGE, other_row(w), w->candidate);
}

/* The edge stands in both rows of a symmetric graph: the shorter one is searched. */
static void ask_rows(struct walking *t, struct walker *w) {
    if (t->graph.is_symmetric && other_row(w)->degree > SMALL) search(w, AT_CANDIDATE, t->graph.offsets + w->candidate);
    else look_for_edge(t, w);
}

static void decide(struct walking *t, struct walker *w, int is_near) {
    if (is_near == t->extra_is_near) step_to(t, w, w->candidate);
    else propose(t, w);
}

/* What a candidate most likely comes to is sent for, too: it is no neighbour of the node before. So with q below 1 it
 * is stepped to. With q above 1 it is dropped, and more often than not the next trial is of the first part. */
static void ask_filter(struct walking *t, struct walker *w) {
    const struct row *other = other_row(w);
    const struct fe_bits bits = fe_bits_of(w->candidate, other->begin, other->degree);
    w->low = bits.byte;
    w->bits = bits.mask;
    search(w, AT_FILTER, t->graph.filter + w->low);
    if (t->looks_ahead) {
        const double next = unit_of(next_draw(w)) * w->total;
        const int is_first_part = (next < w->all) & (w->trials < MOST_TRIALS);
        w->high = w->rows[HERE].begin + (int64_t)next; /* of use in the first part alone */
        FE_PREFETCH(t->graph.neighbours + w->high);
        w->stage = AT_FILTER + is_first_part;
    } else if (!t->extra_is_near) FE_PREFETCH(t->graph.offsets + w->candidate);
}

static int may_be_near(const struct walking *t, const struct walker *w) {
    return fe_bits_are_set(t->graph.filter + w->low, w->bits);
}

static void at_filter(struct walking *t, struct walker *w) {
    if (may_be_near(t, w)) ask_rows(t, w);
    else if (t->extra_is_near) propose(t, w);
    else step_on_to(t, w, w->candidate);
}

/* Step to what was drawn from the first part. */
FE_INLINE void go_from_first_part(struct walking *t, struct walker *w, int64_t entry) {
    const int32_t node = t->graph.neighbours[entry];
    if (t->back_is_sure || !w->is_second || node != w->rows[BEHIND].node || happens(w, t->back[0])) step_to(t, w, node);
    else propose(t, w);
}

static void at_filter_and_next(struct walking *t, struct walker *w) {
    if (may_be_near(t, w)) ask_rows(t, w);
    else {
        t->done.trials++;
        w->trials++;
        skip_draw(w);
        go_from_first_part(t, w, w->high);
    }
}

static void at_neighbour(struct walking *t, struct walker *w) { go_from_first_part(t, w, w->low); }

/* Drawn from the second part. */
static void at_extra(struct walking *t, struct walker *w) {
    w->candidate = t->graph.neighbours[w->low];
    if (w->candidate == w->rows[BEHIND].node) { /* in its own row it is a loop */
        if (w->pool == HERE && happens(w, t->back[1])) step_to(t, w, w->candidate);
        else propose(t, w);
    } else if (t->graph.filter == NULL || other_row(w)->degree < FE_LEAST_FILTERED) ask_rows(t, w);
    else ask_filter(t, w);
}

static void at_candidate(struct walking *t, struct walker *w) {
    const struct row *other = other_row(w);
    const int64_t begin = t->graph.offsets[w->candidate], degree = t->graph.offsets[w->candidate + 1] - begin;
    const struct row row = {begin, (int32_t)degree, w->candidate};
    if (row.degree < other->degree) search_row(t, w, AT_EDGE, &row, other->node);
    else look_for_edge(t, w);
}

static void at_edge(struct walking *t, struct walker *w) {
    const int found = narrowed(t, w);
    if (found >= 0) decide(t, w, found);
}

typedef void handler(struct walking *t, struct walker *w);

static inline void wait_in_stage(struct walking *t, int lane) {
    const int stage = t->lanes[lane].stage;
    t->waiting.lanes[stage][t->waiting.counts[stage]++] = (int16_t)lane;
}

/* Forget the first lanes of a stage, which were visited. */
static inline void close_up(struct waiting *waiting, enum stage stage, int visited) {
    int16_t *lanes = waiting->lanes[stage];
    const int left = waiting->counts[stage] -= visited;
    for (int k = 0; k < left; k++) lanes[k] = lanes[visited + k];
}

FE_INLINE void visit_all(struct walking *t, enum stage stage, handler *visit) {
    const int count = t->waiting.counts[stage];
    for (int k = 0; k < count; k++) {
        const int lane = t->waiting.lanes[stage][k];
        visit(t, &t->lanes[lane]);
        wait_in_stage(t, lane);
    }
    close_up(&t->waiting, stage, count);
}

static uint64_t of_32_bits(double probability) {
    return probability < 1.0 ? (uint64_t)(probability * 0x1p32 + 0.5) : (uint64_t)1 << 32;
}

static void plan_steps(struct walking *t) {
    const struct fe_graph *graph = &t->graph;
    const double far = 1.0 / t->plan->q, base = far < 1.0 ? far : 1.0; /* all weights are divided by base */
    const double back = 1.0 / (t->plan->p * base), extra = (far < 1.0 ? 1.0 - far : far - 1.0) / base;
    t->is_second_order = t->plan->p != 1.0 || t->plan->q != 1.0;
    t->extra_is_near = far < 1.0;
    t->may_choose = t->looks_ahead = t->extra_is_near && graph->shares == NULL;
    t->extra = extra;
    t->per_factor[0] = 1.0;
    t->per_factor[1] = extra > 0.0 ? 1.0 / extra : 0.0;
    t->above[HERE] = back > 1.0 + extra ? back - 1.0 - extra : 0.0;
    t->above[BEHIND] = back > 1.0 ? back - 1.0 : 0.0;
    t->seeks_back = t->above[t->may_choose ? BEHIND : HERE] > 0.0 && (graph->shares != NULL || !graph->is_symmetric);
    t->back_is_sure = back >= 1.0;
    t->back[0] = of_32_bits(back);
    t->back[1] = extra > 0.0 ? of_32_bits(t->above[BEHIND] / extra) : 0;
    t->restart = of_32_bits(t->plan->restart);
}

void fe_walk(const struct fe_graph *graph, const struct fe_walk_plan *plan, int64_t epoch, int64_t first, int64_t count,
             int32_t *ids, int64_t *offsets, struct fe_walked *walked) {
    struct walking t;
    t.graph = *graph;
    t.plan = plan;
    t.key = fe_key(plan->seed, (uint64_t)epoch, FE_STREAM_WALKS);
    t.round = -1;
    t.ids = ids;
    t.lengths = offsets + 1;
    t.done = (struct fe_walked){0, 0};
    for (int stage = 0; stage < STAGES; stage++) t.waiting.counts[stage] = 0;
    plan_steps(&t);
    int64_t begun = 0;
    int busy = count < LANES ? (int)count : LANES;
    for (int lane = 0; lane < busy; lane++) {
        t.lanes[lane].stage = ENDED;
        wait_in_stage(&t, lane);
    }
    while (busy > 0) {
        const int ended = t.waiting.counts[ENDED];
        for (int k = 0; k < ended; k++) {
            const int lane = t.waiting.lanes[ENDED][k];
            if (begun == count) busy--;
            else {
                begin(&t, &t.lanes[lane], first + begun, begun);
                wait_in_stage(&t, lane);
                begun++;
            }
        }
        close_up(&t.waiting, ENDED, ended);
        visit_all(&t, AT_EDGE, at_edge); /* last stages first: what they need was sent for the longest time ago */
        visit_all(&t, AT_CANDIDATE, at_candidate);
        visit_all(&t, AT_FILTER_AND_NEXT, at_filter_and_next);
        visit_all(&t, AT_FILTER, at_filter);
        visit_all(&t, AT_EXTRA, at_extra);
        visit_all(&t, AT_NEIGHBOUR, at_neighbour);
        visit_all(&t, AT_SHARE, at_share);
        visit_all(&t, AT_BACK, at_back);
        visit_all(&t, AT_NODE, at_node);
    }
    offsets[0] = 0;
    for (int64_t k = 0; k < count; k++) {
        const int64_t length = offsets[k + 1];
        memmove(ids + offsets[k], ids + k * plan->length, (size_t)length * sizeof *ids);
        offsets[k + 1] = offsets[k] + length;
    }
    *walked = t.done;
}
