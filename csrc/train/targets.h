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

/* Add a drawn row to the outputs. A draw that hits one of the FE_CENTRES centres, of which some may be -1, is dropped,
 * as word2vec does. Returns their number. */
FE_INLINE int32_t fe_target_add(int32_t row, const int32_t *centres, int32_t *rows, int32_t n) {
    int hit = 0;
    FE_UNROLL for (int32_t i = 0; i < FE_CENTRES; i++) hit |= row == centres[i];
    rows[n] = row;
    return n + !hit;
}

/* The centres (label 1), `count` of FE_CENTRES, then the rows that the bits draw (label 0). */
FE_INLINE int32_t fe_target_rows(const struct fe_job *job, const int32_t *centres, int32_t count, const uint64_t *aims,
                                 int32_t drawn, int32_t *rows) {
    int32_t n = count;
    for (int32_t i = 0; i < count; i++) rows[i] = centres[i];
    for (int32_t k = 0; k < drawn; k++) {
        const int32_t row = fe_alias_draw(job->negatives.noise, (uint32_t)job->negatives.words, aims[k]);
        n = fe_target_add(row, centres, rows, n);
    }
    return n;
}

/* The same with rows that were drawn before. */
FE_INLINE int32_t fe_target_pooled(const int32_t *centres, int32_t count, const int32_t *pooled, int32_t drawn,
                                   int32_t *rows) {
    int32_t n = count;
    for (int32_t i = 0; i < count; i++) rows[i] = centres[i];
    for (int32_t k = 0; k < drawn; k++) n = fe_target_add(pooled[k], centres, rows, n);
    return n;
}

enum {
    FE_TOP_NODES = 6, /* of a path; one that is shorter is trained whole */
    FE_TOP_PARTS = 3, /* these are parted by their level: levels 0 and 3, 1 and 4, 2 and 5 */
    FE_WHOLE = -1,    /* in place of the number of a part */
};

static inline int32_t fe_path_length(const struct fe_job *job, int32_t centre) {
    return (int32_t)(job->paths.offsets[centre + 1] - job->paths.offsets[centre]);
}

/* Adds a node to the n of a block; returns their number. */
FE_INLINE int32_t fe_add_node(int32_t node, uint8_t code, int32_t n, int32_t *rows, uint8_t *labels) {
    const int before = n % 8 == 0 ? 0 : labels[n / 8];
    rows[n] = node;
    labels[n / 8] = (uint8_t)(before | (code == 0) << n % 8);
    return n + 1;
}

/* Inner nodes from the root down, of the top nodes only those of a part, unless it is FE_WHOLE; label 1, as a bit,
 * where the path turns to 0 (Mikolov et al. 2013, equation 3). Returns their number. */
static inline int32_t fe_target_path(const struct fe_job *job, int32_t centre, int32_t part, int32_t *rows,
                                     uint8_t *labels) {
    const int32_t *nodes = job->paths.nodes + job->paths.offsets[centre];
    const uint8_t *codes = job->paths.codes + job->paths.offsets[centre];
    const int32_t length = fe_path_length(job, centre);
    int32_t n = 0, i = 0;
    if (part != FE_WHOLE && length >= FE_TOP_NODES)
        for (; i < FE_TOP_NODES; i += FE_TOP_PARTS) n = fe_add_node(nodes[i + part], codes[i + part], n, rows, labels);
    for (; i < length; i++) n = fe_add_node(nodes[i], codes[i], n, rows, labels);
    return n;
}

#endif
