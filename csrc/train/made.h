/* Blocks of a piece that are made before it is trained, so that their rows are known: in memory of the lane's, one after
 * the other. */
#ifndef FE_MADE_H
#define FE_MADE_H

#include <string.h>

#include "common/carve.h"
#include "train/inputs.h"
#include "train/train.h"

/* Blocks of one centre at most. */
static inline int64_t fe_most_blocks_of_centre(const struct fe_job *job, float alpha) {
    if (job->inputs.kind == FE_BAG_INPUTS) return 1;
    const int64_t contexts = 2 * (int64_t)fe_span(&job->contexts) + 1;
    int64_t together = fe_most_contexts(job, alpha);
    if (job->contexts.basket > 0) {
        const int64_t shared = fe_most_at_rate(alpha, 0, FE_MOST_CONTEXTS) / FE_CENTRES;
        if (shared < together) together = shared;
    }
    return together > 1 ? (contexts + together - 1) / together : contexts;
}

/* Room for the blocks of so many centres, in bytes. */
static inline int64_t fe_made_size(const struct fe_job *job, int64_t centres, float alpha) {
    const int64_t inputs = centres * (2 * (int64_t)fe_span(&job->contexts) + 1 + FE_CENTRES);
    const int64_t outputs = fe_most_draws(job) + FE_CENTRES + 1;
    const int64_t of_block = (int64_t)sizeof(struct fe_pending) + 4 * (outputs + job->paths.longest) +
                             job->paths.longest / 8 + 1 + 7 * 15; /* parts of it begin at multiples of 16 */
    return centres * fe_most_blocks_of_centre(job, alpha) * of_block + 13 * inputs;
}

static inline void fe_made_lay_out(struct fe_made *made, const struct fe_job *job, int64_t centres, float alpha,
                                   struct carver *c) {
    made->blocks = carve(c, centres * fe_most_blocks_of_centre(job, alpha), sizeof *made->blocks);
    made->memory = carve(c, fe_made_size(job, centres, alpha), 1);
    made->used = 0;
    made->count = 0;
}

/* A copy of `size` bytes, with room for `room` of them. */
static inline void *fe_made_copy(struct fe_made *made, const void *values, size_t size, size_t room) {
    void *copy = made->memory + made->used;
    memcpy(copy, values, size);
    made->used += (room + 15) & ~(size_t)15;
    return copy;
}

/* Keep a block whose outputs are found. */
static inline void fe_made_keep(struct fe_made *made, const struct fe_job *job, const struct fe_pending *p) {
    const size_t rows = (size_t)fe_row_count(p), path = (size_t)job->paths.longest; /* all of it is found for the loss */
    struct fe_pending *kept = fe_made_copy(made, p, sizeof *p, sizeof *p);
    kept->rows = fe_made_copy(made, p->rows, 4 * rows, 4 * rows);
    if (p->numbers != NULL) kept->numbers = fe_made_copy(made, p->numbers, 8 * rows, 8 * rows);
    if (p->own != NULL) kept->own = fe_made_copy(made, p->own, rows, rows);
    kept->drawn = fe_made_copy(made, p->drawn, 4 * (size_t)p->drawn_count, 4 * (size_t)p->drawn_count);
    if (p->node_count > 0) {
        kept->nodes = fe_made_copy(made, p->nodes, 4 * (size_t)p->node_count, 4 * path);
        kept->labels = fe_made_copy(made, p->labels, ((size_t)p->node_count + 7) / 8, path / 8 + 1);
    }
    made->blocks[made->count++] = kept;
}

#endif
