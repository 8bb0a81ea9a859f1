/* Centre -> output rows and labels: drawn negatives, or the centre's Huffman path. */
#ifndef FE_TARGETS_H
#define FE_TARGETS_H

#include "kernels/kernel.h"
#include "train/sample.h"

/* Random bits for `count` negatives; the table's entries that they meet are sent for. `random` is the key of the
 * centre's draws, `first` the number of the first one. */
static inline void fe_target_aim(const struct fe_job *job, uint64_t random, uint64_t first, int32_t count,
                                 uint64_t *aims) {
    for (int32_t k = 0; k < count; k++) {
        aims[k] = fe_draw(random, first + (uint64_t)k);
        FE_PREFETCH_WRITE(job->negatives.noise + fe_alias_slot((uint32_t)job->negatives.words, aims[k]));
    }
}

static inline void fe_target_prefetch_path(const struct fe_job *job, int32_t centre) {
    const int64_t from = job->paths.offsets[centre], to = job->paths.offsets[centre + 1];
    for (int64_t i = from; i < to; i += FE_LINE) FE_PREFETCH_WRITE(job->paths.nodes + i);
    FE_PREFETCH_WRITE(job->paths.codes + from);
}

/* Add a drawn row to the outputs. A draw that hits a centre is dropped, as word2vec does. Returns their number. */
FE_INLINE int32_t fe_target_add(int32_t row, const int32_t *centres, int32_t count, int32_t *rows, int32_t n) {
    int hit = 0;
    for (int32_t i = 0; i < count; i++) hit |= row == centres[i];
    rows[n] = row;
    return n + !hit;
}

/* The centres (label 1), then the rows that the bits draw (label 0). */
FE_INLINE int32_t fe_target_rows(const struct fe_job *job, const int32_t *centres, int32_t count, const uint64_t *aims,
                                 int32_t drawn, int32_t *rows) {
    int32_t n = count;
    for (int32_t i = 0; i < count; i++) rows[i] = centres[i];
    for (int32_t k = 0; k < drawn; k++) {
        const int32_t row = fe_alias_draw(job->negatives.noise, (uint32_t)job->negatives.words, aims[k]);
        n = fe_target_add(row, centres, count, rows, n);
    }
    return n;
}

/* The same with rows that were drawn before. */
FE_INLINE int32_t fe_target_pooled(const int32_t *centres, int32_t count, const int32_t *pooled, int32_t drawn,
                                   int32_t *rows) {
    int32_t n = count;
    for (int32_t i = 0; i < count; i++) rows[i] = centres[i];
    for (int32_t k = 0; k < drawn; k++) n = fe_target_add(pooled[k], centres, count, rows, n);
    return n;
}

/* Inner nodes from the root down; label 1, as a bit, where the path turns to 0 (Mikolov et al. 2013, equation 3).
 * Returns their number. */
static inline int32_t fe_target_path(const struct fe_job *job, int32_t centre, const int32_t **rows, uint8_t *labels) {
    const int64_t from = job->paths.offsets[centre];
    const int32_t n = (int32_t)(job->paths.offsets[centre + 1] - from);
    *rows = job->paths.nodes + from;
    const uint8_t *codes = job->paths.codes + from;
    for (int32_t i = 0; i < n; i += 8) {
        uint32_t turns = 0;
        for (int32_t k = 0; k < 8 && i + k < n; k++) turns |= (uint32_t)codes[i + k] << k;
        labels[i / 8] = (uint8_t)~turns;
    }
    return n;
}

#endif
