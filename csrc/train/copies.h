/* Pieces on copies: a piece trains copies of the rows that it takes, while the matrices stay as they are.
 *
 * A row is copied when the piece first takes it. Copies lie one after the other, in that order: close together, however
 * large the matrix is. */
#ifndef FE_COPIES_H
#define FE_COPIES_H

#include <string.h>

#include "common/compiler.h"
#include "train/train.h"

/* For each row of a matrix 1 + the number of its copy, or 0 where there is none. */
struct fe_slots {
    int32_t *in, *out_ns, *out_hs;
};

/* The copies of a piece, and how they are found. */
struct fe_apart {
    struct fe_changes *changes;
    struct fe_slots slots;
    const struct fe_marks *shared; /* rows that are copied */
};

/* Before a piece: no copies; `slots` are fe_slots_count numbers of the thread's. */
struct fe_apart fe_apart_start(const struct fe_job *job, struct fe_changes *changes, const struct fe_marks *shared,
                               int32_t *slots);
/* After it: the slots are 0 again. */
void fe_apart_end(const struct fe_apart *apart);

FE_INLINE void fe_mark(uint64_t *marks, int32_t row) {
    const uint32_t bit = (uint32_t)row % FE_MARKS;
    marks[bit / 64] |= (uint64_t)1 << bit % 64;
}

FE_INLINE int fe_is_marked(const uint64_t *marks, int32_t row) {
    const uint32_t bit = (uint32_t)row % FE_MARKS;
    return marks[bit / 64] >> bit % 64 & 1;
}

/* Where a piece finds a row, which is in so many more pairs: the copy of one that is shared, else the row itself. */
FE_INLINE float *fe_copy_of(struct fe_copies *copies, const uint64_t *shared, int32_t *slots, float *matrix,
                            int64_t stride, int32_t row, int32_t pairs) {
    int32_t slot = slots[row];
    if (slot == 0) {
        if (!fe_is_marked(shared, row)) return matrix + row * stride;
        memcpy(copies->rows + copies->count * stride, matrix + row * stride, (size_t)stride * sizeof *matrix);
        copies->ids[copies->count] = row;
        copies->pairs[copies->count] = 0;
        slots[row] = slot = (int32_t)++copies->count;
    }
    copies->pairs[slot - 1] += pairs;
    return copies->rows + (slot - 1) * stride;
}

/* Of the rows that all lanes have marked, find those that are shared; a worker's part of them. */
void fe_find_shared(const struct fe_crew *crew, int32_t worker);
/* Let the changes of all lanes come into a worker's rows of the matrices. Copies are overwritten. */
void fe_apply_changes(const struct fe_kernel *kernel, const struct fe_job *job, struct fe_crew *crew, int32_t worker,
                      float alpha, int32_t *slots);

#endif
