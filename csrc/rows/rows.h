/* Operations on the rows of a matrix that is not ours: torch's, Arrow's, that of a memory map. Its rows need no
 * alignment and no padding; nothing past the `size` values of a row is read or written. */
#ifndef FE_ROWS_H
#define FE_ROWS_H

#include "common/common.h"
#include "kernels/kernels.h"

/* Rows of `size` floats, each `stride` floats after the one before. */
struct fe_const_rows {
    const float *values;
    int64_t stride, size;
};
struct fe_rows {
    float *values;
    int64_t stride, size;
};

/* out, count x size: row i is row indices[i] of `from`. */
void fe_rows_gather(const struct fe_const_rows *from, const int64_t *indices, int64_t count, float *out);

/* Row indices[i] of `to` += scale[i] * row i of changes, count x size; scale NULL is 1. An index that is there
 * twice adds twice, in order. */
void fe_rows_scatter(const struct fe_kernel *kernel, const struct fe_rows *to, const int64_t *indices, int64_t count,
                     const float *changes, const float *scale);

/* Bag b is items[offsets[b]] ... items[offsets[b + 1] - 1], rows of `from`, by their weights or, if that is NULL, all
 * alike. */
struct fe_bags {
    const int64_t *items;
    const int64_t *offsets; /* count + 1 */
    int64_t count;
    const double *weights;
};

/* means, count x size: of each bag; zero where a bag is empty or its weights sum to zero. */
void fe_rows_mean(const struct fe_kernel *kernel, const struct fe_const_rows *from, const struct fe_bags *bags,
                  float *means);

/* Shortens rows indices[i] of `to` that are longer than `longest` (Euclidean length) to that length. Rows that
 * hold NaN or an infinity stay as they are. */
void fe_rows_renormalise(const struct fe_kernel *kernel, const struct fe_rows *to, const int64_t *indices,
                         int64_t count, float longest);

#endif
