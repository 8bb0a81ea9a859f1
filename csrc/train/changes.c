/* Changes of pieces that were trained on copies: how much room they need, and how they come into the matrices. */
#include "common/carve.h"
#include "kernels/kernel.h"
#include "train/copies.h"
#include "train/inputs.h"
#include "train/made.h"

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

static int64_t most_negatives(const struct fe_job *job, int64_t words, float alpha) {
    if (job->negatives.count == 0) return 0;
    const int64_t pool = job->contexts.basket > 0 ? FE_POOL + FE_LEAST_SHARES * fe_most_draws(job) : 0;
    const int64_t of_centre = 1 + fe_most_blocks_of_centre(job, alpha) * fe_most_draws(job);
    return at_most(words * of_centre + pool, job->negatives.words);
}

static int64_t most_nodes(const struct fe_job *job, int64_t words) {
    return job->matrices.out_hs == NULL ? 0 : at_most(words * job->paths.longest, word_count(job));
}

static void lay_out(const struct fe_job *job, int64_t most, struct fe_copies *copies, struct carver *c) {
    copies->ids = carve(c, most, sizeof *copies->ids);
    copies->pairs = carve(c, most, sizeof *copies->pairs);
    copies->next = carve(c, most, sizeof *copies->next);
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
        fe_made_lay_out(&crew->lanes[k].made, job, FE_PIECE, alpha, &c);
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

/* Rows of all matrices. */
static int64_t row_count(const struct fe_job *job) {
    const int64_t outputs = (job->matrices.out_ns != NULL) + (job->matrices.out_hs != NULL);
    return job->matrices.in_rows + outputs * word_count(job);
}

int64_t fe_slots_count(const struct fe_job *job, float alpha) {
    int64_t most = most_inputs(job, FE_PIECE);
    if (most_negatives(job, FE_PIECE, alpha) > most) most = most_negatives(job, FE_PIECE, alpha);
    if (most_nodes(job, FE_PIECE) > most) most = most_nodes(job, FE_PIECE);
    return row_count(job) + FE_LANES * most;
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

int64_t fe_tally_count(const struct fe_job *job) { return row_count(job); }

/* Each piece moves a row towards where its pairs would have it, and the more pairs, the further: pairs / (pairs +
 * enough) of the way. Pieces that go most of the way each would together throw the row far beyond, if their changes
 * were added up; all their pairs one after the other would not. So this share of the sum is taken. */
static const float BY_PAIR = 0.05f; /* of the way, for each pair, at a rate of 1 and a length of 0 */

/* square: the squared length of the row, by which its pairs pull harder. */
static float share_of(const struct fe_tally *tally, float alpha, float square) {
    const float all = (float)tally->pairs * (BY_PAIR * alpha * (1.0f + square));
    return (1.0f + all / (float)tally->pieces) / (1.0f + all);
}

/* Rows are parted among workers by a hash of their number (Knuth's multiplicative one). */
static inline int is_of(int32_t row, const struct fe_crew *crew, int32_t worker) {
    const uint32_t hash = (uint32_t)row * 2654435761u;
    return (int32_t)((uint64_t)hash * (uint32_t)crew->meeting.workers >> 32) == worker;
}

/* The copies of a matrix in all lanes. Copy i of lane k is number i * FE_LANES + k. */
struct taken {
    struct fe_copies *lanes[FE_LANES];
    uint32_t lane_count;
};

static inline int32_t row_of(const struct taken *taken, uint32_t copy) {
    return taken->lanes[copy % FE_LANES]->ids[copy / FE_LANES];
}

enum { AHEAD = 6 }; /* rows that are sent for */

static inline void send_for(const float *row, int64_t stride) {
    for (int64_t c = 0; c < stride; c += FE_LINE) FE_PREFETCH_WRITE(row + c);
}

/* Of one matrix. list: room for all copies. */
static void apply(const struct fe_kernel *kernel, float *matrix, const struct fe_matrices *shape,
                  const struct taken *taken, const struct fe_crew *crew, int32_t worker, float alpha,
                  struct fe_tally *tallies, uint32_t *list) {
    const int64_t stride = shape->stride;
    int32_t count = 0, rows = 0;
    for (uint32_t k = 0; k < taken->lane_count; k++)
        for (uint32_t i = 0; i < taken->lanes[k]->count; i++) { /* no branch: it would be mispredicted */
            list[count] = i * FE_LANES + k;
            count += is_of(taken->lanes[k]->ids[i], crew, worker);
        }
    for (int32_t j = 0; j < count; j++) {
        const uint32_t k = list[j] % FE_LANES, i = list[j] / FE_LANES;
        struct fe_copies *lane = taken->lanes[k];
        struct fe_tally *tally = tallies + lane->ids[i];
        tally->pairs += lane->pairs[i];
        if (tally->pieces++ == 0) {
            lane->next[i] = list[j];
            list[rows++] = list[j];
        } else { /* a ring, from the last to the first */
            struct fe_copies *last = taken->lanes[tally->last % FE_LANES];
            lane->next[i] = last->next[tally->last / FE_LANES];
            last->next[tally->last / FE_LANES] = list[j];
        }
        tally->last = list[j];
    }
    for (int32_t j = 0; j < rows; j++) {
        if (j + AHEAD < rows) send_for(matrix + row_of(taken, list[j + AHEAD]) * stride, stride);
        const int32_t row = row_of(taken, list[j]);
        float *own = matrix + row * stride;
        struct fe_tally *tally = tallies + row;
        const float *copies[FE_LANES];
        uint32_t copy = list[j];
        int32_t n = 0;
        do {
            const struct fe_copies *lane = taken->lanes[copy % FE_LANES];
            copies[n++] = lane->rows + copy / FE_LANES * stride;
            copy = lane->next[copy / FE_LANES];
        } while (copy != list[j]);
        if (n == 1) memcpy(own, copies[0], (size_t)stride * sizeof *own);
        else {
            const float square = kernel->dot(own, 1.0f, own, shape->size);
            kernel->merge(own, copies, n, share_of(tally, alpha, square), shape->size);
        }
        *tally = (struct fe_tally){0, 0, 0};
    }
}

void fe_apply_changes(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_crew *crew, int32_t worker,
                      float alpha, int32_t *slots) {
    const struct fe_matrices *matrices = &job->matrices;
    uint32_t *list = (uint32_t *)slots + row_count(job);
    struct taken taken = {.lane_count = (uint32_t)crew->lane_count};
    struct fe_tally *tallies = crew->tallies;
    for (int32_t k = 0; k < crew->lane_count; k++) taken.lanes[k] = &crew->lanes[k].changes.in;
    apply(kernel, matrices->in, matrices, &taken, crew, worker, alpha, tallies, list);
    tallies += matrices->in_rows;
    if (matrices->out_ns != NULL) {
        for (int32_t k = 0; k < crew->lane_count; k++) taken.lanes[k] = &crew->lanes[k].changes.out_ns;
        apply(kernel, matrices->out_ns, matrices, &taken, crew, worker, alpha, tallies, list);
        tallies += word_count(job);
    }
    if (matrices->out_hs != NULL) {
        for (int32_t k = 0; k < crew->lane_count; k++) taken.lanes[k] = &crew->lanes[k].changes.out_hs;
        apply(kernel, matrices->out_hs, matrices, &taken, crew, worker, alpha, tallies, list);
    }
}
