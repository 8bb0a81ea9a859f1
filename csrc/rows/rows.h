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

/* ---- tables in training ----
 *
 * Ids are looked up; each has a gradient; equal ids are brought together, and the sum of their gradients makes one
 * step on their row. A row belongs to one worker, which alone writes to it, and adds gradients in the order of their
 * ids: the results have the same bits with any number of workers. */

/* An id that was looked up: which row, and where the id stands among all. */
struct fe_taken {
    uint32_t row, position;
};

/* What a worker takes of ids: those of rows that are its own by their hash, and not `padding` (-1: there is none). */
struct fe_share {
    int64_t rows; /* of the table; at most 2^32 - 1 */
    int64_t padding;
    int worker, workers;
};

/* Fills taken, room for `count` (at most 2^32 - 1), with the worker's ids in order. Returns how many; -1 when an id is
 * no row of the table. */
int64_t fe_group_take(const int64_t *ids, int64_t count, const struct fe_share *share, struct fe_taken *taken);

/* Sorts by row, and keeps the order of positions within a row. spare: like taken. Returns which of both is sorted. */
struct fe_taken *fe_group_sort(struct fe_taken *taken, struct fe_taken *spare, int64_t count, int64_t rows);

/* How many different rows sorted `taken` has; they are written to rows if it is not NULL. */
int64_t fe_group_rows(const struct fe_taken *taken, int64_t count, int64_t *rows);

/* places[i] += how many of other, m rising numbers, are below own[i], n rising numbers. */
void fe_group_rank(const int64_t *own, int64_t n, const int64_t *other, int64_t m, int64_t *places);

/* The gradient of id i: factors[i] * row source[i] of `rows`. */
struct fe_gradients {
    const float *rows;
    int64_t size;
    const int64_t *source;  /* NULL: row i */
    const float *factors;   /* NULL: 1 */
    const int64_t *winners; /* shaped like rows: the id that a value goes to, others get 0; NULL: it goes to all */
    int by_frequency;       /* the sum of an id's gradients is divided by their number */
};

/* Row places[k] of values, `size` floats each, is the sum of the gradients of the k-th different row of `taken`. */
void fe_rows_sum(const struct fe_kernel *kernel, const struct fe_gradients *gradients, const struct fe_taken *taken,
                 int64_t count, const int64_t *places, float *values);

/* A step of an optimiser on w, a row of the table, by its gradient g:
 *
 *     FE_SGD                  w -= rate g
 *     FE_ADAGRAD              v += g^2                         w -= rate g / (sqrt(v) + eps)
 *     FE_ROWWISE_ADAGRAD      v += mean of g^2 over the row    the same; one v a row
 *     FE_ADAM                 m += (1 - beta1) (g - m)         v = beta2 v + (1 - beta2) g^2
 *                             w = keep w - rate m / (root sqrt(v) + eps)
 */
enum fe_rule_kind { FE_SGD, FE_ADAGRAD, FE_ROWWISE_ADAGRAD, FE_ADAM };
struct fe_rule {
    int kind;
    struct fe_step_sizes sizes;
};

/* A table and what its optimiser remembers: v in `second`, m in `first`, as many rows of `size` floats each, one after
 * another; of FE_ROWWISE_ADAGRAD one float a row; NULL where the rule has none. */
struct fe_trained {
    struct fe_rows table;
    float *first, *second;
};

/* A step on rows indices[i], each there once, or if that is NULL on rows 0 ... count - 1, by row i of values. */
void fe_rows_apply(const struct fe_kernel *kernel, const struct fe_trained *to, const struct fe_rule *rule,
                   const int64_t *indices, int64_t count, const float *values);

/* The sums of fe_rows_sum, and the step of fe_rows_apply with each. sum: `size` floats of scratch. */
void fe_rows_learn(const struct fe_kernel *kernel, const struct fe_trained *to, const struct fe_rule *rule,
                   const struct fe_gradients *gradients, const struct fe_taken *taken, int64_t count, float *sum);

/* FE_SGD on each id in turn, which needs no sums: `taken` need not be sorted. Not with winners or by_frequency. */
void fe_rows_descend(const struct fe_kernel *kernel, const struct fe_rows *to, float rate,
                     const struct fe_gradients *gradients, const struct fe_taken *taken, int64_t count);

/* Shortens those of the rows of sorted `taken` whose p-norm is above `longest`: times longest / (norm + 1e-7), as
 * torch. Rows that hold NaN or an infinity stay as they are. */
void fe_rows_shorten(const struct fe_kernel *kernel, const struct fe_rows *to, const struct fe_taken *taken,
                     int64_t count, double longest, double p);

/* Whether all values are finite. */
int fe_rows_finite(const struct fe_kernel *kernel, const float *values, int64_t count);

/* Bags b in [begin, end) are ids[offsets[b]] ... ids[offsets[b + 1] - 1]. */
struct fe_id_bags {
    const int64_t *ids;
    const int64_t *offsets;
    const float *factors; /* on the rows of the ids; NULL: 1 */
    int mean;             /* sums are divided by the size of the bag */
    int64_t begin, end;
};

/* Row b of out, `size` floats each: the sum or mean of bag b; zero where it is empty. */
void fe_bags_pool(const struct fe_kernel *kernel, const struct fe_const_rows *from, const struct fe_id_bags *bags,
                  float *out);

/* Row b of out: the greatest value of each column, and of winners: at which id it stands; 0 and -1 where bag b is
 * empty. The first of equal values wins; NaN beats numbers. */
void fe_bags_max(const struct fe_const_rows *from, const struct fe_id_bags *bags, float *out, int64_t *winners);

/* products[i] = the row of id i times row b of grads, b being its bag. */
void fe_bags_products(const struct fe_kernel *kernel, const struct fe_const_rows *from, const struct fe_id_bags *bags,
                      const float *grads, float *products);

#endif
