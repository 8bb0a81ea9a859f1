/* The best rows for many queries. */
#ifndef FE_SEARCH_H
#define FE_SEARCH_H

#include "common/common.h"
#include "kernels/kernels.h"

/* How rows are stored. All but floats are unpacked a panel at a time, to the values that they stand for. */
enum fe_coding {
    FE_FLOATS,
    FE_HALVES,  /* floating-point numbers of 16 bits */
    FE_INT8,    /* whole numbers of 8 bits with sign */
    FE_PRODUCT, /* bytes: number p is that of a centroid, which is the p-th part of the row */
};
struct fe_codes {
    enum fe_coding coding;
    const uint8_t *rows;    /* NULL for FE_FLOATS */
    int64_t stride;         /* bytes */
    const float *centroids; /* FE_PRODUCT: parts x FE_CENTROIDS x width, parts * width == size of the row */
    int64_t parts, width;
};

/* For each query the n rows with the highest dot products. */
struct fe_top {
    const float *rows; /* 2^32 rows at most, of `stride` floats, `size` of them used; NULL where they are in `codes` */
    int64_t stride, size;
    struct fe_codes codes;
    const float *scale;        /* factor on each row, or NULL */
    const int64_t *candidates; /* the rows to look at, rising, or NULL: all */
    const float *queries;      /* count x size */
    int64_t count;
    const int64_t *exclude_offsets; /* query q does without exclude[exclude_offsets[q] .. exclude_offsets[q + 1]);
                                       or NULL */
    const int64_t *exclude;         /* rows, rising within a query */
    int64_t n;                      /* >= 1 */
    uint64_t *heaps;                /* count x n */
    int64_t *kept;                  /* count: how many of n; 0 at first */
};

/* Bytes of scratch memory that fe_top_scan needs, 64-byte aligned by the caller. */
size_t fe_top_workspace_size(const struct fe_kernel *kernel, const struct fe_top *top);
/* Look at the rows, or candidates, at [begin, end); ranges must rise. NaN and -infinity never come in. */
void fe_top_scan(const struct fe_kernel *kernel, const struct fe_top *top, int64_t begin, int64_t end, void *workspace);
/* What was found, count x n: highest score first, of equal ones the lower row; -infinity and row -1 for what is
 * missing. Empties the heaps. */
void fe_top_results(const struct fe_top *top, float *scores, int64_t *rows);

/* Rows as numbers of centroids: codes[i * code_stride] is that of the nearest to the `width` floats at rows[i *
 * stride]. centroids: width x FE_CENTROIDS; bias: of each, -|c|^2 / 2. */
void fe_nearest_centroids(const struct fe_kernel *kernel, const float *rows, int64_t stride, int64_t count,
                          int64_t width, const float *centroids, const float *bias, uint8_t *codes,
                          int64_t code_stride);

#endif
