/* Pieces: how much room they need, which of their rows are shared, and how changes of these come into the matrices. */
#include "common/carve.h"
#include "kernels/kernel.h"
#include "train/changes.h"
#include "train/piece.h"

static int64_t at_most(int64_t value, int64_t most) { return value < most ? value : most; }

/* The most rows of IN that a block of so many tokens takes: with windows these, and those that a window reaches at both
 * ends. Each of several windows has its own. */
static int64_t most_inputs(const struct fe_job *job, int64_t words) {
    const int64_t span = fe_span(&job->contexts);
    const int64_t most = job->contexts.basket > 0 ? words * (span + 1) : words + fe_window_count(job) * (2 * span + 1);
    return at_most(most + 1, job->matrices.in_rows);
}

/* The most words that are bags, and the most rows in all these bags. */
static int64_t most_bags(const struct fe_job *job) {
    return job->subwords.offsets != NULL ? at_most(most_inputs(job, FE_PIECE), job->subwords.words) : 0;
}

static int64_t most_in_bags(const struct fe_job *job) {
    if (job->subwords.offsets == NULL) return 0;
    return at_most(most_bags(job) * job->subwords.longest, job->subwords.offsets[job->subwords.words]);
}

/* The most rows of documents: those of all tokens, each in a document of its own. */
static int64_t most_tags(const struct fe_job *job, int64_t words) {
    return at_most(words * job->documents.longest, job->matrices.tag_rows);
}

static int64_t most_negatives(const struct fe_job *job, int64_t words, float alpha) {
    if (job->negatives.count == 0) return 0;
    const int64_t pool = job->contexts.basket > 0 ? FE_POOL + FE_LEAST_SHARES * fe_most_draws(job) : 0;
    const int64_t of_centre = 1 + fe_most_blocks_of_centre(job, alpha) * fe_most_draws_beside(job);
    return at_most(words * of_centre + pool, job->negatives.words);
}

static int64_t most_nodes(const struct fe_job *job, int64_t words) {
    return at_most(words * job->paths.longest, fe_rows_in(job, FE_OUT_HS));
}

static int64_t most_taken(const struct fe_job *job, int kind, float alpha) {
    if (!fe_takes(job, kind)) return 0;
    return kind == FE_IN       ? most_inputs(job, FE_PIECE)
           : kind == FE_TAGS   ? most_tags(job, FE_PIECE)
           : kind == FE_OUT_NS ? most_negatives(job, FE_PIECE, alpha)
                               : most_nodes(job, FE_PIECE);
}

static void lay_out(int64_t stride, int64_t most, struct fe_visited *taken, struct carver *c) {
    taken->rows = carve(c, most, sizeof *taken->rows);
    taken->shared = carve(c, most + 1, sizeof *taken->shared);
    taken->copied = carve(c, most, sizeof *taken->copied);
    taken->copies = carve(c, most * stride, sizeof *taken->copies);
    taken->count = 0;
}

static size_t lay_out_all(const struct fe_job *job, int lanes, float alpha, void *memory, struct fe_crew *crew) {
    const int64_t blocks = FE_PIECE * fe_most_blocks_of_centre(job, alpha), marks = fe_mark_words(job, FE_MATRICES);
    struct carver c = {memory, 0};
    for (int k = 0; k < lanes; k++) {
        struct fe_piece *piece = crew->lanes[k].pieces, *other = piece + 1;
        for (int kind = 0; kind < FE_MATRICES; kind++)
            lay_out(fe_stride_of(job, kind), most_taken(job, kind, alpha), &piece->taken[kind], &c);
        piece->bags.words = carve(&c, most_bags(job), sizeof *piece->bags.words);
        piece->bags.pairs = carve(&c, most_bags(job), sizeof *piece->bags.pairs);
        piece->bags.changes = carve(&c, most_bags(job) * job->matrices.stride, sizeof *piece->bags.changes);
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

int fe_lanes_of(const struct fe_job *job) { return job->subwords.offsets != NULL ? FE_BAG_LANES : FE_LANES; }

size_t fe_lanes_size(const struct fe_job *job, int lanes, float alpha) {
    struct fe_crew crew;
    return lay_out_all(job, lanes, alpha, NULL, &crew);
}

void fe_lanes_start(const struct fe_job *job, int lanes, float alpha, void *memory, struct fe_crew *crew) {
    lay_out_all(job, lanes, alpha, memory, crew);
    crew->alpha = alpha;
}

/* Rows of all matrices. */
static int64_t row_count(const struct fe_job *job) {
    int64_t rows = 0;
    for (int kind = 0; kind < FE_MATRICES; kind++) rows += fe_rows_in(job, kind);
    return rows;
}

/* What a worker finds of its rows: a copy, or a change of a bag that the row is in, and a row that has some. */
struct found_copy {
    const float *copy;
    int64_t next; /* another one of the same row, or -1 */
};
struct found_row {
    int64_t pairs; /* in all pieces */
    int32_t row, count, first, last;
};

/* The most copies that a worker may have in a round, of one matrix. */
static int64_t most_copies(const struct fe_job *job, float alpha) {
    int64_t most = 0;
    for (int kind = 0; kind < FE_MATRICES; kind++)
        if (most_taken(job, kind, alpha) > most) most = most_taken(job, kind, alpha);
    if (most_in_bags(job) > most) most = most_in_bags(job);
    return fe_lanes_of(job) * most;
}

/* Behind the slots, of which there is one for each row. */
struct found {
    struct found_copy *copies;
    struct found_row *rows;
    const float **changes; /* of one row, which may be in a bag more than once */
    float *factors;        /* on these */
    int32_t *own;          /* rows of two bags that are the worker's */
};

static size_t lay_out_found(const struct fe_job *job, float alpha, void *memory, struct found *found) {
    struct carver c = {memory, 0};
    carve(&c, row_count(job), sizeof(int32_t));
    found->copies = carve(&c, most_copies(job, alpha), sizeof *found->copies);
    found->rows = carve(&c, most_copies(job, alpha), sizeof *found->rows);
    found->changes = carve(&c, fe_lanes_of(job) * most_in_bags(job), sizeof *found->changes);
    found->own = carve(&c, 2 * (int64_t)job->subwords.longest, sizeof *found->own);
    found->factors = carve(&c, fe_lanes_of(job) * most_in_bags(job), sizeof *found->factors);
    return c.used;
}

int64_t fe_slots_count(const struct fe_job *job, float alpha) {
    struct found found;
    return (int64_t)(lay_out_found(job, alpha, NULL, &found) / sizeof(int32_t));
}

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
/* Rows of n-grams and of tags are in nearly all lanes; if they learn much less than other rows, more is lost than by
 * some that go too far. */
static const float BY_PAIR_OF_BAG = 0.01f, BY_PAIR_OF_TAG = 0.005f;

/* by: of the way, for each pair, at this rate. square: the squared length of the row, by which its pairs pull harder.
 */
static float share_of(const struct found_row *row, float by, float square) {
    const float all = (float)row->pairs * (by * (1.0f + square));
    return (1.0f + all / (float)row->count) / (1.0f + all);
}

enum {
    AHEAD = 6,       /* rows that are sent for */
    COPIES_AHEAD = 2 /* of which the copies are, too */
};

/* Copy number `count` is one of a row, which is in so many more pairs; returns the number of rows. */
FE_INLINE int32_t note_copy(const struct found *found, int32_t *slot, int32_t rows, int32_t id, int64_t pairs,
                            int32_t count) {
    if (*slot == 0) {
        found->rows[rows] = (struct found_row){pairs, id, 1, count, count};
        return *slot = rows + 1;
    }
    struct found_row *row = &found->rows[*slot - 1];
    row->pairs += pairs;
    row->count++;
    found->copies[row->last].next = count;
    row->last = count;
    return rows;
}

/* Find the copies of a matrix's rows that are a worker's; those of a row follow each other in the order of the lanes.
 * Returns the number of rows. slots: 0 for each row of the matrix. */
static int32_t find_copies(const struct fe_job *job, const struct fe_crew *crew, int kind, int32_t worker,
                           int32_t *slots, const struct found *found) {
    const int64_t stride = fe_stride_of(job, kind);
    int32_t count = 0, rows = 0;
    for (int32_t k = 0; k < crew->lane_count; k++) {
        const struct fe_visited *taken = &crew->lanes[k].pieces[crew->turn].taken[kind];
        for (int32_t j = taken->ends[worker]; j < taken->ends[worker + 1]; j++) {
            const struct fe_copied *copied = &taken->copied[j];
            if (copied->pairs == 0) continue; /* only read */
            found->copies[count] = (struct found_copy){taken->copies + j * stride, -1};
            rows = note_copy(found, &slots[copied->id], rows, copied->id, copied->pairs, count++);
        }
    }
    for (int32_t n = 0; n < rows; n++) slots[found->rows[n].row] = 0;
    return rows;
}

/* Of one matrix. */
static void apply(const struct fe_kernel *kernel, const struct fe_job *job, const struct fe_crew *crew, int kind,
                  int32_t worker, float alpha, int32_t *slots, const struct found *found) {
    const int64_t stride = fe_stride_of(job, kind), size = fe_size_of(job, kind);
    const float by = (kind == FE_TAGS ? BY_PAIR_OF_TAG : BY_PAIR) * alpha;
    float *matrix = fe_matrix(job, kind);
    const int32_t count = find_copies(job, crew, kind, worker, slots, found);
    for (int32_t n = 0; n < count; n++) {
        if (n + AHEAD < count) {
            const float *later = matrix + found->rows[n + AHEAD].row * stride;
            for (int64_t c = 0; c < stride; c += FE_LINE) FE_PREFETCH_WRITE(later + c);
        }
        if (n + COPIES_AHEAD < count)
            for (int64_t i = found->rows[n + COPIES_AHEAD].first; i >= 0; i = found->copies[i].next)
                for (int64_t c = 0; c < stride; c += FE_LINE) FE_PREFETCH(found->copies[i].copy + c);
        const struct found_row *row = &found->rows[n];
        float *own = matrix + row->row * stride;
        const float *copies[FE_LANES];
        int32_t pieces = 0;
        for (int64_t i = row->first; i >= 0; i = found->copies[i].next) copies[pieces++] = found->copies[i].copy;
        if (pieces == 1) memcpy(own, copies[0], (size_t)stride * sizeof *own);
        else {
            const float square = kernel->dot(own, 1.0f, own, size);
            kernel->merge(own, copies, pieces, share_of(row, by, square), size);
        }
    }
}

enum { LISTS_AHEAD = 4 }; /* words whose lists of rows are sent for */

/* The rows of a word's bag that are a worker's; returns how many. */
FE_INLINE int32_t find_own(const struct fe_job *job, int32_t word, int32_t worker, int32_t workers,
                           const int32_t *slots, int32_t *own) {
    int32_t count = 0;
    for (int64_t i = job->subwords.offsets[word]; i < job->subwords.offsets[word + 1]; i++) {
        const int32_t id = job->subwords.rows[i];
        own[count] = id; /* no branch: it would be mispredicted */
        count += fe_owner(id, workers) == worker;
        FE_PREFETCH_WRITE(&slots[id]);
    }
    return count;
}

/* Find the rows of bags that are a worker's; the changes of a row follow each other in the order of the lanes and of
 * their words. Returns the number of rows. */
static int32_t find_changes(const struct fe_job *job, const struct fe_crew *crew, int32_t worker, int32_t *slots,
                            const struct found *found) {
    const int64_t stride = job->matrices.stride;
    int32_t count = 0, rows = 0, *own = found->own, *next = own + job->subwords.longest;
    for (int32_t k = 0; k < crew->lane_count; k++) {
        const struct fe_changed *bags = &crew->lanes[k].pieces[crew->turn].bags;
        const int32_t workers = crew->meeting.workers, *words = bags->words;
        int32_t owned = bags->count > 0 ? find_own(job, words[0], worker, workers, slots, own) : 0;
        for (int32_t j = 0; j < bags->count; j++) {
            if (j + LISTS_AHEAD < bags->count) fe_send_for_list(job, words[j + LISTS_AHEAD]);
            const int32_t then = j + 1 < bags->count ? find_own(job, words[j + 1], worker, workers, slots, next) : 0;
            for (int32_t i = 0; i < owned; i++) {
                found->copies[count] = (struct found_copy){bags->changes + j * stride, -1};
                rows = note_copy(found, &slots[own[i]], rows, own[i], bags->pairs[j], count++);
            }
            int32_t *const passed = own;
            own = next;
            next = passed;
            owned = then;
        }
    }
    for (int32_t n = 0; n < rows; n++) slots[found->rows[n].row] = 0;
    return rows;
}

/* Where words are bags: rows of IN receive the changes of words. */
static void apply_to_bags(const struct fe_kernel *kernel, const struct fe_job *job, const struct fe_crew *crew,
                          int32_t worker, float alpha, int32_t *slots, const struct found *found) {
    const int64_t stride = job->matrices.stride, size = job->matrices.size;
    const int32_t count = find_changes(job, crew, worker, slots, found);
    for (int32_t n = 0; n < count; n++) {
        if (n + AHEAD < count) {
            const float *later = job->matrices.in + found->rows[n + AHEAD].row * stride;
            for (int64_t c = 0; c < stride; c += FE_LINE) FE_PREFETCH_WRITE(later + c);
        }
        const struct found_row *row = &found->rows[n];
        float *own = job->matrices.in + row->row * stride;
        float factor = job->matrices.in_scale != NULL ? job->matrices.in_scale[row->row] : 1.0f;
        if (row->count > 1) factor *= share_of(row, BY_PAIR_OF_BAG * alpha, kernel->dot(own, 1.0f, own, size));
        int32_t changes = 0;
        for (int64_t i = row->first; i >= 0; i = found->copies[i].next) {
            found->changes[changes] = found->copies[i].copy;
            found->factors[changes++] = factor;
        }
        kernel->combine(found->changes, found->factors, changes, stride, 1, own);
    }
}

void fe_apply_changes(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_crew *crew, int32_t worker,
                      float alpha, int32_t *slots) {
    struct found found;
    lay_out_found(job, crew->alpha, slots, &found);
    for (int kind = 0; kind < FE_MATRICES; kind++)
        apply(kernel, job, crew, kind, worker, alpha, fe_slots_of(job, slots, kind), &found);
    if (job->subwords.offsets != NULL) apply_to_bags(kernel, job, crew, worker, alpha, slots, &found);
}
