/* A piece: blocks that are made before any of them is trained, and the rows that they take.
 *
 *     made      every block says by which rows, as numbers among those of the piece; rows are marked
 *     shared    rows that pieces of other lanes take, too, are known by all marks
 *     trained   these rows are copied, and copies change; other rows change where they are */
#ifndef FE_PIECE_H
#define FE_PIECE_H

#include <string.h>

#include "common/carve.h"
#include "common/compiler.h"
#include "train/inputs.h"
#include "train/train.h"

/* A block. Its `rows`, unless words are bags, `drawn` and `nodes` are numbers among those taken. */
struct fe_made {
    struct fe_pending block;
    int64_t ends[FE_MATRICES]; /* rows that this block and those before it take */
    int32_t *path;             /* for the loss: nodes of the whole path, */
    uint8_t *path_labels;
    int32_t path_count; /* none if these are the block's, or there is no loss */
};

FE_INLINE float *fe_matrix(const struct fe_job *job, int kind) {
    const struct fe_matrices *m = &job->matrices;
    return kind == FE_IN ? m->in : kind == FE_TAGS ? m->tags : kind == FE_OUT_NS ? m->out_ns : m->out_hs;
}

static inline int fe_is_input(int kind) { return kind == FE_IN || kind == FE_TAGS; }

/* Floats of a row, with padding and without. */
FE_INLINE int64_t fe_stride_of(const struct fe_job *job, int kind) {
    return fe_is_input(kind) ? job->matrices.stride : job->matrices.out_stride;
}

FE_INLINE int64_t fe_size_of(const struct fe_job *job, int kind) {
    return fe_is_input(kind) ? job->matrices.size : job->matrices.out_size;
}

/* The words that have outputs. */
static inline int64_t fe_word_count(const struct fe_job *job) {
    if (job->negatives.count > 0) return job->negatives.words;
    return job->subwords.offsets != NULL ? job->subwords.words : job->matrices.in_rows;
}

/* Rows of a matrix; 0 if it is not there. */
static inline int64_t fe_rows_in(const struct fe_job *job, int kind) {
    if (fe_matrix(job, kind) == NULL) return 0;
    return kind == FE_IN ? job->matrices.in_rows : kind == FE_TAGS ? job->matrices.tag_rows : fe_word_count(job);
}

/* ---- taken rows ---- */

/* The slots of a thread, of one matrix: for each row 1 + its number among those taken, or 0. */
static inline int32_t *fe_slots_of(const struct fe_job *job, int32_t *slots, int kind) {
    for (int before = 0; before < kind; before++) slots += fe_rows_in(job, before);
    return slots;
}

/* The number of a row, which is in so many more pairs. */
FE_INLINE int32_t fe_take(struct fe_visited *taken, int32_t *slots, int32_t row, int32_t pairs) {
    int32_t slot = slots[row];
    if (slot == 0) {
        taken->ids[taken->count] = row;
        taken->pairs[taken->count] = 0;
        slots[row] = slot = (int32_t)++taken->count;
    }
    taken->pairs[slot - 1] += pairs;
    return slot - 1;
}

/* Let slots be 0 again. */
static inline void fe_forget(const struct fe_visited *taken, int32_t *slots) {
    for (int64_t i = 0; i < taken->count; i++) slots[taken->ids[i]] = 0;
}

/* ---- marks: a bit for a row; rows whose numbers are the same modulo FE_MARKS have one together ---- */

FE_INLINE void fe_mark(uint64_t *marks, int32_t row) {
    const uint32_t bit = (uint32_t)row % FE_MARKS;
    marks[bit / 64] |= (uint64_t)1 << bit % 64;
}

FE_INLINE int fe_is_marked(const uint64_t *marks, int32_t row) {
    const uint32_t bit = (uint32_t)row % FE_MARKS;
    return marks[bit / 64] >> bit % 64 & 1;
}

/* Whether rows of a matrix are taken: it is there, and its rows are inputs or outputs themselves. */
static inline int fe_takes(const struct fe_job *job, int kind) {
    const int has_words = job->inputs.kind != FE_TAG_INPUTS || job->documents.beside;
    return fe_matrix(job, kind) != NULL && (kind != FE_IN || (job->subwords.offsets == NULL && has_words));
}

/* Words of marks: those of a matrix whose rows are taken follow those of the one before. */
static inline int64_t fe_mark_words(const struct fe_job *job, int kinds) {
    int64_t words = 0;
    for (int kind = 0; kind < kinds; kind++) words += fe_takes(job, kind) ? FE_MARKS / 64 : 0;
    return words;
}

static inline void fe_mark_taken(const struct fe_job *job, struct fe_piece *piece) {
    memset(piece->marks, 0, (size_t)fe_mark_words(job, FE_MATRICES) * sizeof *piece->marks);
    for (int kind = 0; kind < FE_MATRICES; kind++) {
        const struct fe_visited *taken = &piece->taken[kind];
        uint64_t *marks = piece->marks + fe_mark_words(job, kind);
        for (int64_t i = 0; i < taken->count; i++) fe_mark(marks, taken->ids[i]);
    }
}

enum { FE_COPIES_AHEAD = 8 }; /* rows that are sent for */

/* The worker that lets changes come into a row: by a hash of its number (Knuth's multiplicative one). */
FE_INLINE int32_t fe_owner(int32_t row, int32_t workers) {
    const uint32_t hash = (uint32_t)row * 2654435761u;
    return (int32_t)((uint64_t)hash * (uint32_t)workers >> 32);
}

/* Sort the rows that are copied by their owners. */
FE_INLINE void fe_sort_copied(struct fe_visited *taken, int32_t count, int32_t workers) {
    int32_t at[FE_LANES] = {0};
    for (int32_t j = 0; j < count; j++) at[fe_owner(taken->ids[taken->shared[j]], workers)]++;
    taken->ends[0] = 0;
    for (int32_t k = 0; k < workers; k++) {
        taken->ends[k + 1] = taken->ends[k] + at[k];
        at[k] = taken->ends[k];
    }
    for (int32_t j = 0; j < count; j++) {
        const int32_t number = taken->shared[j], id = taken->ids[number];
        taken->copied[at[fe_owner(id, workers)]++] = (struct fe_copied){0, id, number};
    }
}

/* Find where the piece's rows are, and copy those that are shared. */
static inline void fe_find_taken(const struct fe_job *job, struct fe_piece *piece, const uint64_t *shared,
                                 int32_t workers) {
    for (int kind = 0; kind < FE_MATRICES; kind++) {
        const int64_t stride = fe_stride_of(job, kind);
        struct fe_visited *taken = &piece->taken[kind];
        const uint64_t *marks = shared + fe_mark_words(job, kind);
        float *matrix = fe_matrix(job, kind);
        int32_t copies = 0;
        for (int64_t i = 0; i < taken->count; i++) {
            taken->shared[copies] = (int32_t)i; /* no branch: it would be mispredicted */
            copies += fe_is_marked(marks, taken->ids[i]);
            taken->rows[i] = matrix + taken->ids[i] * stride;
        }
        fe_sort_copied(taken, copies, workers);
        for (int32_t j = 0; j < copies; j++) {
            if (j + FE_COPIES_AHEAD < copies) {
                const float *next = taken->rows[taken->copied[j + FE_COPIES_AHEAD].number];
                for (int64_t c = 0; c < stride; c += FE_LINE) FE_PREFETCH(next + c);
            }
            float **row = &taken->rows[taken->copied[j].number];
            *row = memcpy(taken->copies + j * stride, *row, (size_t)stride * sizeof **row);
        }
    }
}

/* All blocks are trained: note by how many pairs copies were changed. */
static inline void fe_count_pairs(struct fe_piece *piece, int32_t workers) {
    for (int kind = 0; kind < FE_MATRICES; kind++) {
        struct fe_visited *taken = &piece->taken[kind];
        for (int32_t j = 0; j < taken->ends[workers]; j++) {
            struct fe_copied *copied = &taken->copied[j];
            copied->pairs = taken->pairs[copied->number];
        }
    }
}

/* ---- made blocks ---- */

/* Blocks of one centre at most. */
static inline int64_t fe_most_blocks_of_centre(const struct fe_job *job, float alpha) {
    if (job->inputs.kind == FE_BAG_INPUTS || job->inputs.kind == FE_SIDE_INPUTS) return 1;
    const int64_t of_tags = job->inputs.kind == FE_TAG_INPUTS ? 1 + job->documents.longest : 0;
    if (of_tags > 0 && !job->documents.beside) return of_tags;
    const int64_t contexts = 2 * (int64_t)fe_span(&job->contexts) + 1;
    int64_t together = fe_most_contexts(job, alpha);
    if (job->contexts.basket > 0) {
        const int64_t shared = fe_most_at_rate(alpha, 0, FE_MOST_CONTEXTS) / FE_CENTRES;
        if (shared < together) together = shared;
    }
    return (together > 1 ? (contexts + together - 1) / together : contexts) + of_tags;
}

/* Room for the blocks of so many centres, in bytes. */
static inline int64_t fe_made_size(const struct fe_job *job, int64_t centres, float alpha) {
    const int64_t contexts = 2 * (int64_t)fe_span(&job->contexts) + 1;
    const int64_t inputs = centres * (contexts + job->documents.longest + FE_CENTRES);
    const int64_t outputs = fe_most_draws_beside(job) + FE_CENTRES + 1, path = job->paths.longest;
    const int64_t of_block = (int64_t)sizeof(struct fe_made) + 4 * outputs + 2 * (4 * path + path / 8 + 1) +
                             9 * 15; /* parts begin at multiples of 16 */
    return centres * fe_most_blocks_of_centre(job, alpha) * of_block + 13 * inputs;
}

static inline void *fe_made_room(struct fe_piece *piece, size_t size) {
    void *room = piece->memory + piece->used;
    piece->used += (size + 15) & ~(size_t)15;
    return room;
}

static inline void *fe_made_copy(struct fe_piece *piece, const void *values, size_t size) {
    return memcpy(fe_made_room(piece, size), values, size);
}

/* The numbers of rows, each of which is in so many more pairs. */
FE_INLINE int32_t *fe_take_all(struct fe_piece *piece, int kind, int32_t *slots, const int32_t *rows, int32_t count,
                               int32_t pairs) {
    int32_t *numbers = fe_made_room(piece, (size_t)count * sizeof *numbers);
    for (int32_t i = 0; i < count; i++) numbers[i] = fe_take(&piece->taken[kind], slots, rows[i], pairs);
    return numbers;
}

/* By how many pairs a row was moved that is one of `rows` in a bag: a row takes the bag's whole change, but where the
 * input is a mean, it moves that by its share only. */
static inline int32_t fe_pairs_of_row(int is_mean, int32_t pairs, int32_t rows) {
    return is_mean ? (pairs + rows - 1) / rows : pairs;
}

/* The same of input rows, among which those of documents come after the in_rows; so do their numbers. */
FE_INLINE int32_t *fe_take_inputs(struct fe_piece *piece, const struct fe_job *job, int32_t *const *slots,
                                  const struct fe_pending *p, int32_t pairs) {
    const int32_t words = (int32_t)job->matrices.in_rows, *rows = p->rows;
    const int is_mean = job->inputs.kind == FE_BAG_INPUTS && job->inputs.mean;
    int32_t *numbers = fe_made_room(piece, (size_t)fe_row_count(p) * sizeof *numbers);
    for (int32_t input = 0, i = 0; input < p->m; input++) {
        const int32_t end = p->has_bags ? p->ends[input] : input + 1;
        const int32_t each = fe_pairs_of_row(is_mean, pairs, end - i);
        for (; i < end; i++)
            if (rows[i] < words) numbers[i] = fe_take(&piece->taken[FE_IN], slots[FE_IN], rows[i], each);
            else numbers[i] = words + fe_take(&piece->taken[FE_TAGS], slots[FE_TAGS], rows[i] - words, each);
    }
    return numbers;
}

/* Keep a block whose outputs are found. `slots` are those of FE_MATRICES matrices. */
static inline void fe_made_keep(struct fe_piece *piece, const struct fe_job *job, int32_t *const *slots,
                                const struct fe_pending *p) {
    const int32_t rows = fe_row_count(p), pairs = p->drawn_count + p->node_count;
    struct fe_made *made = fe_made_room(piece, sizeof *made);
    struct fe_pending *block = &made->block;
    *block = *p;
    if (p->numbers != NULL) {
        block->rows = fe_made_copy(piece, p->rows, (size_t)rows * sizeof *p->rows);
        block->numbers = fe_made_copy(piece, p->numbers, (size_t)rows * sizeof *p->numbers);
    } else block->rows = fe_take_inputs(piece, job, slots, p, pairs);
    if (p->own != NULL) block->own = fe_made_copy(piece, p->own, (size_t)rows);
    block->drawn = fe_take_all(piece, FE_OUT_NS, slots[FE_OUT_NS], p->drawn, p->drawn_count, p->m);
    made->path_count = 0;
    if (p->node_count > 0) {
        block->nodes = fe_take_all(piece, FE_OUT_HS, slots[FE_OUT_HS], p->nodes, p->node_count, p->m);
        block->labels = fe_made_copy(piece, p->labels, ((size_t)p->node_count + 7) / 8);
        if (job->want_loss && p->path_part != FE_WHOLE) {
            const int32_t n = fe_target_path(job, p->centres[0], FE_WHOLE, p->nodes, p->labels);
            made->path = fe_take_all(piece, FE_OUT_HS, slots[FE_OUT_HS], p->nodes, n, 0);
            made->path_labels = fe_made_copy(piece, p->labels, ((size_t)n + 7) / 8);
            made->path_count = n;
        }
    }
    for (int kind = 0; kind < FE_MATRICES; kind++) made->ends[kind] = piece->taken[kind].count;
    piece->blocks[piece->count++] = made;
}

#endif
