#include "rows/rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/kernel.h"

enum { AHEAD = 8 }; /* rows that are sent for before they are copied */

void fe_rows_gather(const struct fe_const_rows *from, const int64_t *indices, int64_t count, float *out) {
    for (int64_t i = 0; i < count; i++, out += from->size) {
        if (i + AHEAD < count) {
            const float *const next = from->values + indices[i + AHEAD] * from->stride;
            for (int64_t c = 0; c < from->size; c += FE_LINE) FE_PREFETCH(next + c);
        }
        memcpy(out, from->values + indices[i] * from->stride, (size_t)from->size * sizeof *out);
    }
}

void fe_rows_scatter(const struct fe_kernel *kernel, const struct fe_rows *to, const int64_t *indices, int64_t count,
                     const float *changes, const float *scale) {
    for (int64_t i = 0; i < count; i++, changes += to->size)
        kernel->add(to->values + indices[i] * to->stride, scale != NULL ? scale[i] : 1.0f, changes, to->size);
}

void fe_rows_mean(const struct fe_kernel *kernel, const struct fe_const_rows *from, const struct fe_bags *bags,
                  float *means) {
    memset(means, 0, (size_t)(bags->count * from->size) * sizeof *means);
    for (int64_t bag = 0; bag < bags->count; bag++, means += from->size) {
        const int64_t begin = bags->offsets[bag], end = bags->offsets[bag + 1];
        double total = bags->weights != NULL ? 0.0 : (double)(end - begin);
        if (bags->weights != NULL)
            for (int64_t e = begin; e < end; e++) total += bags->weights[e];
        if (total == 0.0) continue;
        for (int64_t e = begin; e < end; e++) {
            const float share = (float)((bags->weights != NULL ? bags->weights[e] : 1.0) / total);
            kernel->add(means, share, from->values + bags->items[e] * from->stride, from->size);
        }
    }
}

/* Of any finite row; the kernel's is fast, but squares floats. */
static double length_of(const struct fe_kernel *kernel, const float *row, int64_t size) {
    const float length = kernel->length(row, 1.0f, size);
    if (length >= FE_SHORTEST && length <= FE_LONGEST) return (double)length;
    double sum = 0.0;
    for (int64_t c = 0; c < size; c++) sum += (double)row[c] * (double)row[c];
    return sqrt(sum);
}

void fe_rows_renormalise(const struct fe_kernel *kernel, const struct fe_rows *to, const int64_t *indices,
                         int64_t count, float longest) {
    for (int64_t i = 0; i < count; i++) {
        float *const row = to->values + indices[i] * to->stride;
        const double length = length_of(kernel, row, to->size);
        if (length > (double)longest && length <= DBL_MAX)
            kernel->multiply(row, (float)((double)longest / length), to->size);
    }
}
