/* Pieces: how much room they need, which of their rows are shared, and how changes of these come into the matrices. */
#include "common/carve.h"
#include "kernels/kernel.h"
#include "train/changes.h"
#include "train/piece.h"

static int64_t at_most(int64_t value, int64_t most) { return value < most ? value : most; }

/* The most rows of IN that a block of so many tokens takes: with windows these, and those that a window reaches at both
 * ends. */
static int64_t most_inputs(const struct fe_job *job, int64_t words) {
    const int64_t span = fe_span(&job->contexts);
    const int64_t each = job->subwords.offsets != NULL ? job->subwords.longest : 1;
    return at_most(each * (job->contexts.basket > 0 ? words * (span + 1) : words + 2 * span + 1) + 1,
                   job->matrices.in_rows);
}

/* The most rows of documents: those of all tokens, each in a document of its own. */
static int64_t most_tags(const struct fe_job *job, int64_t words) {
    return at_most(words * job->documents.longest, job->matrices.tag_rows);
}

static int64_t most_negatives(const struct fe_job *job, int64_t words, float alpha) {
    if (job->negatives.count == 0) return 0;
    const int64_t pool = job->contexts.basket > 0 ? FE_POOL + FE_LEAST_SHARES * fe_most_draws(job) : 0;
    const int64_t of_centre = 1 + fe_most_blocks_of_centre(job, alpha) * fe_most_draws(job);
    return at_most(words * of_centre + pool, job->negatives.words);
}

static int64_t most_nodes(const struct fe_job *job, int64_t words) {
    return at_most(words * job->paths.longest, fe_rows_in(job, FE_OUT_HS));
}

static int64_t most_taken(const struct fe_job *job, int kind, float alpha) {
    return kind == FE_IN       ? most_inputs(job, FE_PIECE)
           : kind == FE_TAGS   ? most_tags(job, FE_PIECE)
           : kind == FE_OUT_NS ? most_negatives(job, FE_PIECE, alpha)
                               : most_nodes(job, FE_PIECE);
}

static void lay_out(int64_t stride, int64_t most, struct fe_visited *taken, struct carver *c) {
    taken->rows = carve(c, most, sizeof *taken->rows);
    taken->copied = carve(c, most + 1, sizeof *taken->copied);
    taken->next = carve(c, most, sizeof *taken->next);
    taken->copies = carve(c, most * stride, sizeof *taken->copies);
    taken->count = taken->copy_count = 0;
}

static size_t lay_out_all(const struct fe_job *job, int lanes, float alpha, void *memory, struct fe_crew *crew) {
    const int64_t blocks = FE_PIECE * fe_most_blocks_of_centre(job, alpha), marks = fe_mark_words(job, FE_MATRICES);
    struct carver c = {memory, 0};
    for (int k = 0; k < lanes; k++) {
        struct fe_piece *piece = crew->lanes[k].pieces, *other = piece + 1;
        for (int kind = 0; kind < FE_MATRICES; kind++)
            lay_out(fe_stride_of(job, kind), most_taken(job, kind, alpha), &piece->taken[kind], &c);
        piece->marks = carve(&c, marks, sizeof *piece->marks);
        *other = *piece; /* but for what is there before a piece is trained */
        for (int one = 0; one < 2; one++, piece++) {
            for (int kind = 0; kind < FE_MATRICES; kind++) {
                piece->taken[kind].ids = carve(&c, most_taken(job, kind, alpha), sizeof(int32_t));
                piece->taken[kind].pairs = carve(&c, most_taken(job, kind, alpha), sizeof(int64_t));
            }
            piece->blocks = carve(&c, blocks, sizeof(struct fe_made *));
            piece->memory = carve(&c, fe_made_size(job, FE_PIECE, alpha), 1);
        }
    }
    crew->shared = carve(&c, marks, sizeof *crew->shared);
    return c.used;
}

size_t fe_lanes_size(const struct fe_job *job, int lanes, float alpha) {
    struct fe_crew crew;
    return lay_out_all(job, lanes, alpha, NULL, &crew);
}

void fe_lanes_start(const struct fe_job *job, int lanes, float alpha, void *memory, struct fe_crew *crew) {
    lay_out_all(job, lanes, alpha, memory, crew);
}

/* Rows of all matrices. */
static int64_t row_count(const struct fe_job *job) {
    int64_t rows = 0;
    for (int kind = 0; kind < FE_MATRICES; kind++) rows += fe_rows_in(job, kind);
    return rows;
}

int64_t fe_slots_count(const struct fe_job *job, float alpha) {
    int64_t most = 0;
    for (int kind = 0; kind < FE_MATRICES; kind++)
        if (most_taken(job, kind, alpha) > most) most = most_taken(job, kind, alpha);
    return row_count(job) + FE_LANES * most + 1; /* the list of fe_apply_changes */
}

int64_t fe_tally_count(const struct fe_job *job) { return row_count(job); }

void fe_find_shared(const struct fe_job *job, const struct fe_crew *crew, int32_t worker) {
    const int64_t words = fe_mark_words(job, FE_MATRICES), workers = crew->meeting.workers;
    for (int64_t at = words * worker / workers; at < words * (worker + 1) / workers; at++) {
        uint64_t once = 0, twice = 0;
        for (int32_t k = 0; k < crew->lane_count; k++) {
            const uint64_t marks = crew->lanes[k].pieces[!crew->turn].marks[at];
            twice |= once & marks;
            once |= marks;
        }
        crew->shared[at] = twice;
    }
}

/* ---- changes ---- */

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

enum { AHEAD = 6 }; /* rows that are sent for */

static inline void send_for(const float *row, int64_t stride) {
    for (int64_t c = 0; c < stride; c += FE_LINE) FE_PREFETCH_WRITE(row + c);
}

/* The row of a copy. */
static inline int32_t id_of(const struct fe_crew *crew, int kind, uint32_t copy) {
    const struct fe_visited *taken = &crew->lanes[copy % FE_LANES].pieces[crew->turn].taken[kind];
    return taken->ids[taken->copied[copy / FE_LANES]];
}

/* List the copies of a matrix's rows that are a worker's, as numbers j * FE_LANES + k: copy j of lane k. */
static int32_t list_own(const struct fe_crew *crew, int kind, int32_t worker, uint32_t *list) {
    int32_t count = 0;
    for (uint32_t k = 0; k < (uint32_t)crew->lane_count; k++) {
        const struct fe_visited *taken = &crew->lanes[k].pieces[crew->turn].taken[kind];
        for (uint32_t j = 0; j < taken->copy_count; j++) { /* no branch: it would be mispredicted */
            list[count] = j * FE_LANES + k;
            count += is_of(taken->ids[taken->copied[j]], crew, worker);
        }
    }
    return count;
}

/* Of one matrix. list: room for all copies. */
static void apply(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_crew *crew, int kind,
                  int32_t worker, float alpha, struct fe_tally *tallies, uint32_t *list) {
    const int64_t stride = fe_stride_of(job, kind), size = fe_size_of(job, kind);
    float *matrix = fe_matrix(job, kind);
    const int32_t count = list_own(crew, kind, worker, list);
    int32_t rows = 0;
    for (int32_t n = 0; n < count; n++) { /* copies of the same row become a ring, the first ones stay on the list */
        const uint32_t copy = list[n];
        const struct fe_visited *taken = &crew->lanes[copy % FE_LANES].pieces[crew->turn].taken[kind];
        const int32_t number = taken->copied[copy / FE_LANES];
        struct fe_tally *tally = tallies + taken->ids[number];
        if (taken->pairs[number] == 0) continue; /* only read */
        tally->pairs += taken->pairs[number];
        uint32_t *next = taken->next + copy / FE_LANES;
        if (tally->pieces++ == 0) list[rows++] = *next = copy;
        else {
            uint32_t *last = crew->lanes[tally->last % FE_LANES].pieces[crew->turn].taken[kind].next +
                             tally->last / FE_LANES;
            *next = *last;
            *last = copy;
        }
        tally->last = copy;
    }
    for (int32_t n = 0; n < rows; n++) {
        if (n + AHEAD < rows) send_for(matrix + id_of(crew, kind, list[n + AHEAD]) * stride, stride);
        const int32_t row = id_of(crew, kind, list[n]);
        struct fe_tally *tally = tallies + row;
        float *own = matrix + row * stride;
        const float *copies[FE_LANES];
        int32_t pieces = 0;
        uint32_t copy = list[n];
        do {
            const struct fe_visited *taken = &crew->lanes[copy % FE_LANES].pieces[crew->turn].taken[kind];
            copies[pieces++] = taken->copies + copy / FE_LANES * stride;
            copy = taken->next[copy / FE_LANES];
        } while (copy != list[n]);
        if (pieces == 1) memcpy(own, copies[0], (size_t)stride * sizeof *own);
        else {
            const float square = kernel->dot(own, 1.0f, own, size);
            kernel->merge(own, copies, pieces, share_of(tally, alpha, square), size);
        }
        *tally = (struct fe_tally){0, 0, 0};
    }
}

void fe_apply_changes(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_crew *crew, int32_t worker,
                      float alpha, int32_t *slots) {
    uint32_t *list = (uint32_t *)slots + row_count(job);
    struct fe_tally *tallies = crew->tallies;
    for (int kind = 0; kind < FE_MATRICES; kind++) {
        apply(kernel, job, crew, kind, worker, alpha, tallies, list);
        tallies += fe_rows_in(job, kind);
    }
}
