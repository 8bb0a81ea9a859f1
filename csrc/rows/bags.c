/* Bags of ids: the sum, mean or maximum of the rows of each. */
#include "rows/rows.h"

#include <math.h>
#include <string.h>

#include "kernels/kernel.h"

enum {
    AHEAD = 16,   /* rows that are sent for before their turn */
    TOGETHER = 16 /* rows that are added at a time */
};

static inline void send_for(const struct fe_const_rows *from, const struct fe_id_bags *bags, int64_t i) {
    if (i >= bags->offsets[bags->end]) return;
    const float *const row = from->values + bags->ids[i] * from->stride;
    for (int64_t c = 0; c < from->size; c += FE_LINE) FE_PREFETCH(row + c);
}

void fe_bags_pool(const struct fe_kernel *kernel, const struct fe_const_rows *from, const struct fe_id_bags *bags,
                  float *out) {
    for (int64_t bag = bags->begin; bag < bags->end; bag++) {
        const int64_t begin = bags->offsets[bag], end = bags->offsets[bag + 1];
        float *const sum = out + bag * from->size;
        if (begin == end) memset(sum, 0, (size_t)from->size * sizeof *sum);
        for (int64_t at = begin; at < end; at += TOGETHER) {
            const float *rows[TOGETHER];
            const int m = (int)(end - at < TOGETHER ? end - at : TOGETHER);
            for (int i = 0; i < m; i++) {
                send_for(from, bags, at + i + AHEAD);
                rows[i] = from->values + bags->ids[at + i] * from->stride;
            }
            kernel->combine(rows, bags->factors != NULL ? bags->factors + at : NULL, m, from->size, at > begin, sum);
        }
        if (bags->mean && end - begin > 1) kernel->multiply(sum, 1.0f / (float)(end - begin), from->size);
    }
}

void fe_bags_max(const struct fe_const_rows *from, const struct fe_id_bags *bags, float *out, int64_t *winners) {
    for (int64_t bag = bags->begin; bag < bags->end; bag++) {
        const int64_t begin = bags->offsets[bag], end = bags->offsets[bag + 1];
        float *const most = out + bag * from->size;
        int64_t *const won = winners + bag * from->size;
        for (int64_t c = 0; c < from->size; c++) {
            most[c] = 0.0f;
            won[c] = -1;
        }
        for (int64_t i = begin; i < end; i++) {
            send_for(from, bags, i + AHEAD);
            const float *const row = from->values + bags->ids[i] * from->stride;
            for (int64_t c = 0; c < from->size; c++) {
                const int wins = i == begin || row[c] > most[c] || (isnan(row[c]) && !isnan(most[c]));
                most[c] = wins ? row[c] : most[c];
                won[c] = wins ? i : won[c];
            }
        }
    }
}

void fe_bags_products(const struct fe_kernel *kernel, const struct fe_const_rows *from, const struct fe_id_bags *bags,
                      const float *grads, float *products) {
    for (int64_t bag = bags->begin; bag < bags->end; bag++)
        for (int64_t i = bags->offsets[bag]; i < bags->offsets[bag + 1]; i++) {
            send_for(from, bags, i + AHEAD);
            products[i] = kernel->dot(from->values + bags->ids[i] * from->stride, 1.0f, grads + bag * from->size,
                                      from->size);
        }
}
