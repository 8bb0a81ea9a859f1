/* Changes of pieces that were trained on copies: how much room they need, and how they come into the matrices. */
#include "common/carve.h"
#include "train/copies.h"
#include "train/inputs.h"

/* The words that have outputs. */
static int64_t word_count(const struct fe_job *job) {
    return job->negatives.count > 0 ? job->negatives.words : job->matrices.in_rows;
}

static int64_t at_most(int64_t value, int64_t most) { return value < most ? value : most; }

/* The most rows of IN that a block of so many tokens takes: with windows these, and those that a window reaches at both
 * ends. */
static int64_t most_inputs(const struct fe_job *job, int64_t words) {
    const int64_t span = fe_span(&job->contexts);
    const int64_t each = job->subwords.offsets != NULL ? job->subwords.longest : 1;
    return at_most(each * (job->contexts.basket > 0 ? words * (span + 1) : words + 2 * span + 1),
                   job->matrices.in_rows);
}

/* The most draws of negatives for one centre. */
static int64_t most_draws_of_centre(const struct fe_job *job, float alpha) {
    if (job->inputs.kind == FE_BAG_INPUTS) return 1;
    const int64_t contexts = 2 * (int64_t)fe_span(&job->contexts) + 1;
    int64_t together = fe_most_contexts(job, alpha);
    if (job->contexts.basket > 0)
        together = at_most(together, fe_most_at_rate(alpha, 0, FE_MOST_CONTEXTS) / FE_CENTRES);
    return together > 1 ? (contexts + together - 1) / together : contexts;
}

static int64_t most_negatives(const struct fe_job *job, int64_t words, float alpha) {
    if (job->negatives.count == 0) return 0;
    const int64_t pool = job->contexts.basket > 0 ? FE_POOL + FE_LEAST_SHARES * fe_most_draws(job) : 0;
    const int64_t of_centre = 1 + most_draws_of_centre(job, alpha) * fe_most_draws(job);
    return at_most(words * of_centre + pool, job->negatives.words);
}

static int64_t most_nodes(const struct fe_job *job, int64_t words) {
    return job->matrices.out_hs == NULL ? 0 : at_most(words * job->paths.longest, word_count(job));
}

static void lay_out(const struct fe_job *job, int64_t most, struct fe_copies *copies, struct carver *c) {
    copies->ids = carve(c, most, sizeof *copies->ids);
    copies->pairs = carve(c, most, sizeof *copies->pairs);
    copies->rows = carve(c, most * job->matrices.stride, sizeof *copies->rows);
    copies->count = 0;
}

static size_t lay_out_all(const struct fe_job *job, int lanes, float alpha, void *memory, struct fe_crew *crew) {
    struct carver c = {memory, 0};
    for (int k = 0; k < lanes; k++) {
        struct fe_changes *changes = &crew->lanes[k].changes;
        lay_out(job, most_inputs(job, FE_PIECE), &changes->in, &c);
        lay_out(job, most_negatives(job, FE_PIECE, alpha), &changes->out_ns, &c);
        lay_out(job, most_nodes(job, FE_PIECE), &changes->out_hs, &c);
        crew->lanes[k].marks = carve(&c, 1, sizeof(struct fe_marks));
    }
    crew->shared = carve(&c, 1, sizeof(struct fe_marks));
    return c.used;
}

size_t fe_lanes_size(const struct fe_job *job, int lanes, float alpha) {
    struct fe_crew crew;
    return lay_out_all(job, lanes, alpha, NULL, &crew);
}

void fe_lanes_start(const struct fe_job *job, int lanes, float alpha, void *memory, struct fe_crew *crew) {
    lay_out_all(job, lanes, alpha, memory, crew);
}

/* ---- slots ---- */

int64_t fe_slots_count(const struct fe_job *job) {
    const int64_t outputs = (job->matrices.out_ns != NULL) + (job->matrices.out_hs != NULL);
    return job->matrices.in_rows + outputs * word_count(job);
}

struct fe_apart fe_apart_start(const struct fe_job *job, struct fe_changes *changes, const struct fe_marks *shared,
                               int32_t *slots) {
    int32_t *const outputs = slots + job->matrices.in_rows;
    changes->in.count = changes->out_ns.count = changes->out_hs.count = 0;
    return (struct fe_apart){
        .changes = changes,
        .shared = shared,
        .slots = {slots, outputs, outputs + (job->matrices.out_ns != NULL ? word_count(job) : 0)},
    };
}

static void forget(struct fe_copies *copies, int32_t *slots) {
    for (int64_t i = 0; i < copies->count; i++) slots[copies->ids[i]] = 0;
}

void fe_apart_end(const struct fe_apart *apart) {
    forget(&apart->changes->in, apart->slots.in);
    forget(&apart->changes->out_ns, apart->slots.out_ns);
    forget(&apart->changes->out_hs, apart->slots.out_hs);
}

/* ---- rows that are shared ---- */

/* Of the marks from `from` to `to`, of all lanes, those that are there twice. */
static void find_shared(const struct fe_crew *crew, int64_t from, int64_t to) {
    const uint64_t *marks[FE_LANES];
    uint64_t *shared = (uint64_t *)crew->shared;
    for (int32_t k = 0; k < crew->lane_count; k++) marks[k] = (const uint64_t *)crew->lanes[k].marks;
    for (int64_t at = from; at < to; at++) {
        uint64_t once = 0, twice = 0;
        for (int32_t k = 0; k < crew->lane_count; k++) {
            twice |= once & marks[k][at];
            once |= marks[k][at];
        }
        shared[at] = twice;
    }
}

void fe_find_shared(const struct fe_crew *crew, int32_t worker) {
    const int64_t all = sizeof(struct fe_marks) / sizeof(uint64_t), workers = crew->meeting.workers;
    find_shared(crew, all * worker / workers, all * (worker + 1) / workers);
}

/* ---- changes ---- */

int64_t fe_tally_count(const struct fe_job *job) { return fe_slots_count(job); }

/* Each piece moves a row towards where its pairs would have it, and the more pairs, the further: pairs / (pairs +
 * enough) of the way. Pieces that go most of the way each would together throw the row far beyond, if their changes
 * were added up; all their pairs one after the other would not. So this share of the sum is taken. */
static const float BY_PAIR = 0.05f; /* of the way, for each pair, at a rate of 1 and a length of 0 */

/* square: the squared length of the row, by which its pairs pull harder. */
static float share_of(const struct fe_tally *tally, float alpha, float square) {
    const float all = (float)tally->pairs * (BY_PAIR * alpha * (1.0f + square));
    return (1.0f + all / (float)tally->pieces) / (1.0f + all);
}

/* row += share of what its pieces would change */
static void take_up(float *row, const float *sum, const struct fe_tally *tally, float alpha, int64_t stride) {
    float square = 0.0f;
    for (int64_t c = 0; c < stride; c++) square += row[c] * row[c];
    const float share = share_of(tally, alpha, square);
    for (int64_t c = 0; c < stride; c++) row[c] += share * sum[c];
}

/* Rows are parted among workers by a hash of their number (Knuth's multiplicative one). */
static inline int is_of(int32_t row, const struct fe_crew *crew, int32_t worker) {
    const uint32_t hash = (uint32_t)row * 2654435761u;
    return (int32_t)((uint64_t)hash * (uint32_t)crew->meeting.workers >> 32) == worker;
}

enum { AHEAD = 6 }; /* rows that are sent for */

/* Of one matrix. */
static void apply(float *matrix, int64_t stride, struct fe_copies *const *lanes, const struct fe_crew *crew,
                  int32_t worker, float alpha, struct fe_tally *tallies) {
#define EACH_ROW                                           \
    for (int32_t k = 0; k < crew->lane_count; k++)         \
        for (int64_t i = 0, row; i < lanes[k]->count; i++) \
            if (is_of((int32_t)(row = lanes[k]->ids[i]), crew, worker))

    EACH_ROW {
        struct fe_tally *tally = tallies + row;
        tally->pieces++;
        tally->pairs += lanes[k]->pairs[i];
    }
    EACH_ROW {
        struct fe_tally *tally = tallies + row;
        if (i + AHEAD < lanes[k]->count) {
            const float *next = matrix + lanes[k]->ids[i + AHEAD] * stride;
            for (int64_t c = 0; c < stride; c += FE_LINE) FE_PREFETCH_WRITE(next + c);
        }
        float *copy = lanes[k]->rows + i * stride, *own = matrix + row * stride;
        if (tally->pieces == 1) {
            memcpy(own, copy, (size_t)stride * sizeof *copy);
            continue;
        }
        /* differences, so that a row that no piece changes stays as it is to the last bit */
        if (tally->added++ == 0) {
            tally->sum = copy;
            for (int64_t c = 0; c < stride; c++) copy[c] -= own[c];
        } else
            for (int64_t c = 0; c < stride; c++) tally->sum[c] += copy[c] - own[c];
        if (tally->added == tally->pieces) take_up(own, tally->sum, tally, alpha, stride);
    }
    EACH_ROW tallies[row] = (struct fe_tally){0, 0, 0, NULL};
#undef EACH_ROW
}

void fe_apply_changes(const struct fe_job *job, struct fe_crew *crew, int32_t worker, float alpha) {
    const struct fe_matrices *matrices = &job->matrices;
    struct fe_copies *lanes[FE_LANES];
    struct fe_tally *tallies = crew->tallies;
    for (int32_t k = 0; k < crew->lane_count; k++) lanes[k] = &crew->lanes[k].changes.in;
    apply(matrices->in, matrices->stride, lanes, crew, worker, alpha, tallies);
    tallies += matrices->in_rows;
    if (matrices->out_ns != NULL) {
        for (int32_t k = 0; k < crew->lane_count; k++) lanes[k] = &crew->lanes[k].changes.out_ns;
        apply(matrices->out_ns, matrices->stride, lanes, crew, worker, alpha, tallies);
        tallies += word_count(job);
    }
    if (matrices->out_hs != NULL) {
        for (int32_t k = 0; k < crew->lane_count; k++) lanes[k] = &crew->lanes[k].changes.out_hs;
        apply(matrices->out_hs, matrices->stride, lanes, crew, worker, alpha, tallies);
    }
}
