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

/* ---- labels of documents (predict.c) ---- */

/* A matrix as it is stored: floats at any address, or a number of a centroid for each part of a row. */
struct fe_stored {
    const char *values;          /* rows x size floats; NULL where there are codes */
    const uint8_t *codes;        /* rows x parts */
    const float *centroids;      /* of part p from p * FE_CENTROIDS * width on, one after the other */
    const uint8_t *length_codes; /* rows: which of `lengths` is the factor on a row; or NULL: 1 */
    const float *lengths;        /* FE_CENTROIDS */
    int64_t rows, size;
    int64_t parts, width; /* the last part has the rest of `size`, which may be less than `width` */
};

enum fe_loss { FE_BY_TREE = 1, FE_BY_NEGATIVES = 2, FE_BY_SOFTMAX = 3, FE_BY_SIGMOIDS = 4 }; /* numbers of fastText */

enum { FE_SIGMOIDS = 512 }; /* of fastText's table, less one */

struct fe_labels {
    struct fe_stored inputs, outputs;
    const float *transposed; /* size x rows of the outputs, 64-byte aligned rows are not needed; NULL: not made */
    enum fe_loss loss;
    const int32_t *children; /* FE_BY_TREE: of inner node i children[2 i] and [2 i + 1]; below `labels` a label, others
                                are inner node number - labels; the last inner node is the root */
    const float *sigmoids;   /* FE_SIGMOIDS + 1, from -8 to 8, for FE_BY_NEGATIVES and FE_BY_SIGMOIDS */
    int64_t labels;
};

/* Document d is rows[offsets[d]] ... of the inputs, numbers below inputs.rows. */
struct fe_asked {
    const int32_t *rows;
    const int64_t *offsets;
    int64_t k;       /* labels at most, 1 ... labels */
    float threshold; /* least probability */
};

/* vectors: for documents begin ... end - 1 the means of their rows; zero where there are none. */
void fe_documents_mean(const struct fe_kernel *kernel, const struct fe_stored *inputs, const struct fe_asked *asked,
                       int64_t begin, int64_t end, float *vectors);

/* Bytes of scratch memory that fe_labels_predict needs, 64-byte aligned by the caller. */
size_t fe_labels_workspace_size(const struct fe_labels *labels);
/* For documents begin ... end - 1 the most probable labels: `k` numbers and logarithms of probabilities plus 1e-5 each,
 * and how many they are; none where a document has no rows. Returns FE_DIVERGED where a score is no finite number. */
int fe_labels_predict(const struct fe_kernel *kernel, const struct fe_labels *labels, const struct fe_asked *asked,
                      int64_t begin, int64_t end, float *logs, int32_t *found, int64_t *counts, void *workspace);

#endif
