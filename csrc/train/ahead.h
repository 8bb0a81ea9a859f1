/* Rows that later blocks take, on a list until an update sends for them (fe_block.ahead). */
#ifndef FE_AHEAD_H
#define FE_AHEAD_H

#include "kernels/kernel.h"
#include "train/copies.h"
#include "train/train.h"

enum { FE_MOST_AHEAD = 256 }; /* some five blocks of words, or one of baskets */

struct fe_ahead {
    int32_t count;
    const float *rows[FE_MOST_AHEAD];
    const struct fe_apart *apart; /* copies of rows; or NULL */
};

/* Put a row of a matrix on the list; where that is full, send for it at once. */
FE_INLINE void fe_send_for(struct fe_ahead *ahead, const struct fe_job *job, const float *matrix, int64_t row) {
    const struct fe_matrices *m = &job->matrices;
    const float *at = matrix + row * m->stride;
    if (ahead->apart != NULL) {
        const struct fe_changes *changes = ahead->apart->changes;
        const struct fe_slots *slots = &ahead->apart->slots;
        const struct fe_marks *shared = ahead->apart->shared;
        if (matrix == m->in) at = fe_row_now(&changes->in, shared->in, slots->in, matrix, m->stride, row);
        else if (matrix == m->out_ns) at = fe_row_now(&changes->out_ns, shared->out_ns, slots->out_ns, matrix, m->stride, row);
        else at = fe_row_now(&changes->out_hs, shared->out_hs, slots->out_hs, matrix, m->stride, row);
        if (at == NULL) {
            at = matrix + row * m->stride;
            for (int64_t c = 0; c < m->size; c += FE_LINE) FE_PREFETCH(at + c);
            return;
        }
    }
    if (ahead->count < FE_MOST_AHEAD) ahead->rows[ahead->count++] = at;
    else
        for (int64_t c = 0; c < m->size; c += FE_LINE) FE_PREFETCH_WRITE(at + c);
}

#endif
