/* Rows that later blocks take, on a list until an update sends for them (fe_block.ahead). */
#ifndef FE_AHEAD_H
#define FE_AHEAD_H

#include "kernels/kernel.h"
#include "train/train.h"

enum { FE_MOST_AHEAD = 256 }; /* some five blocks of words, or one of baskets */

struct fe_ahead {
    int32_t count;
    const float *rows[FE_MOST_AHEAD];
};

/* Put a row of a matrix on the list; where that is full, send for it at once. */
FE_INLINE void fe_send_for(struct fe_ahead *ahead, const struct fe_job *job, const float *matrix, int64_t row) {
    const struct fe_matrices *m = &job->matrices;
    const int64_t stride = matrix == m->in || matrix == m->tags ? m->stride : m->out_stride;
    const float *at = matrix + row * stride;
    if (ahead->count < FE_MOST_AHEAD) ahead->rows[ahead->count++] = at;
    else
        for (int64_t c = 0; c < m->size; c += FE_LINE) FE_PREFETCH_WRITE(at + c);
}

/* The same with `count` rows of a matrix. */
FE_INLINE void fe_send_for_all(struct fe_ahead *ahead, const struct fe_job *job, const float *matrix,
                               const int32_t *ids, int32_t count) {
    const struct fe_matrices *m = &job->matrices;
    const int64_t stride = matrix == m->in || matrix == m->tags ? m->stride : m->out_stride;
    const float **rows = ahead->rows + ahead->count;
    if (ahead->count + count > FE_MOST_AHEAD) {
        for (int32_t k = 0; k < count; k++) fe_send_for(ahead, job, matrix, ids[k]);
        return;
    }
    for (int32_t k = 0; k < count; k++) rows[k] = matrix + ids[k] * stride;
    ahead->count += count;
}

#endif
