/* What an instruction set offers to training and search. Every file isa_*.c fills one table, struct fe_kernel.
 *
 * Letters and shapes, here and in the files *.inc.h. Matrices are row-major; m and n are small, D is up to some
 * hundreds.
 *
 *     D   the vector size, `size` in code: the floats of a row that count
 *     H   m x D  inputs of a step: rows of the matrix IN, or means or sums of several of its rows; m <= FE_MAX_INPUTS
 *     O   n x D  outputs of a step: rows of a matrix OUT
 *     Y   m x n  labels: 1 where the output belongs to the input, 0 where it was drawn as noise or the path turns to 1
 *     S   m x n  scores, H O'
 *     G   m x n  what the sigmoid misses, times the learning rate: alpha (Y - sigmoid(S))
 *     dH  m x D  the changes of H
 *
 * Rows of a step are 64-byte aligned and padded with zeros to whole cache lines (FE_LINE floats); code for D may read
 * and write the padding. Code that says so touches nothing past D. */
#ifndef FE_KERNEL_H
#define FE_KERNEL_H

#include "common/compiler.h"
#include "kernels/kernels.h"

enum { FE_LINE = 16 };         /* floats in a cache line; rows are padded to it */
enum { FE_CENTRES = 4 };       /* at most that share a block */
enum { FE_SCORE_QUERIES = 6 }; /* queries that are scored side by side */

/* One block: m inputs against n outputs.
 *
 *     S = H O'    G = alpha (Y - sigmoid(S))    dH += scale G O    O += G' H
 *
 * All scores are made before any row changes. A row may be in h, or in o, more than once, and receives every change.
 * The update takes all inputs at once, or if there are more than fe_kernel.together groups of up to so many, of even
 * size. A group reads its rows before it changes them, so that an input that is there twice is read by a later group
 * after its first change. The last group takes one output after the other: an output that is there twice is read by it
 * the second time after its first change. */
struct fe_block {
    float *const *h;       /* m rows, only read */
    float *const *dh;      /* m rows that receive the change of h: the same rows, or others */
    const float *scale;    /* m factors on that change */
    float *const *o;       /* n rows */
    const uint8_t *labels; /* n bits, the same for every input, eight in a byte; or NULL: 1 for the first, else 0 */

    /* Several centres in a block: the first `paired` outputs (FE_CENTRES at most) are centres, the others negatives. An
     * input learns from its own centres with label 1, from every negative with label 0, and nothing from the centres of
     * other inputs. 0: every input learns from every output, as `labels` say. */
    int paired;
    /* m: bit k of own[i] says whether output k is a centre of input i. NULL: output i is the centre of input i, for all
     * m >= 2 inputs. */
    const uint8_t *own;
    /* 1 << FE_CENTRES: times[own[i]] is how often input i meets each negative. An input that is a context of three
     * centres meets it three times. NULL, only where `own` is, too: once. */
    const float *times;

    /* 1: the inputs take an output one after the other, each as the inputs before have left it, though scores are made
     * first; no output may be there twice. 0: all inputs see the output as it was. */
    int in_turn;
    int m; /* 1 ... FE_MAX_INPUTS */
    int n; /* >= 1 */

    /* Rows that later blocks take, of `size` floats: `update` sends for them, for a cache line of each as it reaches
     * the same columns of its own rows. Sent for all at once they would fill the processor's queue of cache misses. */
    const float *const *ahead;
    int ahead_count;
};

/* Rows and queries quantised to whole numbers of 16 bits, two of them in a word:
 *
 *     value = (number + residual) / inverse_scale,    |residual| <= 1/2
 *
 * The rows of a panel have one scale, every query has its own. It gives the longest vector a length of
 * FE_QUANTISED_LENGTH, so that products and their sums fit 32 bits. */
#define FE_QUANTISED_LENGTH 32000.0f
#define FE_SHORTEST 1e-15f /* shorter or longer vectors are not quantised: their squares lose precision */
#define FE_LONGEST 1e15f

struct fe_panel {
    uint32_t *words;      /* (D + 1) / 2 x rows of the panel: word w of row r holds columns 2 w and 2 w + 1 */
    uint64_t unquantised; /* bit r: row r could not be quantised */
    float inverse_scale;
    float residual; /* the length of a row's residuals, of the row where it is greatest */
};

/* |estimate - true product| <= error + error_per_residual * (the panel's residual), all in units of both scales. */
struct fe_query {
    float inverse_scale; /* 0: could not be quantised */
    float threshold;     /* times inverse_scale */
    float error, error_per_residual;
};

struct fe_kernel {
    const char *name;
    int lanes;
    int together; /* inputs in a group of the update; the matched ones of four centres are always one group */
    int (*supported)(void);

    /* ---- the step and its bags (step.inc.h, rows.inc.h) ----
     *
     * Hogwild (Niu et al. 2011): several threads may call these on the same matrices at once, without locks. `update`
     * and `scatter` load a row, add to it and store it; another thread's change in between is lost, and `gradient` and
     * `gather` may see a row that is half changed. So does `add`, below, where rows lie side by side. This data race is
     * meant: blocks seldom share rows, and a lost change is noise. It is in these five functions and nowhere else; all
     * other memory that a thread writes is its own. */
    /* Fills g, FE_STEP_G(n) floats, for `update`. Returns 0 when a score was not finite. loss is added to, or NULL. */
    int (*gradient)(const struct fe_block *block, int64_t size, float alpha, double *loss, float *g);
    /* The same for one input, m = 1, whose outputs are classes that exclude each other; `own` is its class:
     * S = H O'    G = alpha (Y - e^S / sum of e^S), and the loss is -log of what it gives its class. */
    int (*softmax)(const struct fe_block *block, int own, int64_t size, float alpha, double *loss, float *g);
    /* Adds the changes. change: FE_STEP_CHANGE(n) floats of scratch. */
    void (*update)(const struct fe_block *block, int64_t size, const float *g, float *change);
    /* out = factor * sum of m rows */
    void (*gather)(float *const *rows, int m, float factor, int64_t size, float *out);
    /* rows[i] += scale[i] * change */
    void (*scatter)(float *const *rows, int m, const float *scale, int64_t size, const float *change);

    /* row += share * the sum of copies[i] - row; padded rows, as in training */
    void (*merge)(float *row, const float *const *copies, int count, float share, int64_t size);

    /* ---- single rows (rows.inc.h): nothing past `size` values is read or written ---- */
    /* scale row' query */
    float (*dot)(const float *row, float scale, const float *query, int64_t size);
    /* Of scale row; no number, or infinite, where its squares do not fit a float. */
    float (*length)(const float *row, float scale, int64_t size);
    /* row += factor other */
    void (*add)(float *row, float factor, const float *other, int64_t size);
    /* row *= factor */
    void (*multiply)(float *row, float factor, int64_t size);
    /* sum = the rows times their factors (NULL: 1), one after the other; with `more` they are added to sum */
    void (*combine)(const float *const *rows, const float *factors, int count, int64_t size, int more, float *sum);
    int (*finite)(const float *values, int64_t size);
    /* Numbers of 16 or 8 bits as floats, exactly. */
    void (*widen_halves)(const uint16_t *halves, int64_t size, float *values);
    void (*widen_int8)(const int8_t *numbers, int64_t size, float *values);
    /* Which of FE_CENTROIDS scores is the highest, of equal ones the first: bias[c] + sum over k of values[k] *
     * centroids[k * FE_CENTROIDS + c]. With bias = -|c|^2 / 2 that is the nearest centroid. */
    int (*nearest_centroid)(const float *values, int64_t width, const float *centroids, const float *bias);
    /* Steps of optimisers on a row (rows/rows.h). */
    void (*adagrad)(float *row, float *second, const float *gradient, int64_t size, const struct fe_step_sizes *by);
    void (*adam)(float *row, float *first, float *second, const float *gradient, int64_t size,
                 const struct fe_step_sizes *by);

    /* ---- quantised products (quantise.inc.h, estimate.inc.h): the same ---- */
    int panel_rows; /* at most 64 */
    /* Fills a panel with `count` rows times their scales. */
    void (*quantise_rows)(const float *const *rows, const float *scales, int count, int64_t size,
                          struct fe_panel *panel);
    void (*quantise_query)(const float *query, int64_t size, uint32_t *words, struct fe_query *quantised);
    /* Bit r of above[j]: whether the product of query j with row r of the panel may be above the query's threshold; for
     * 1 ... FE_SCORE_QUERIES queries whose words lie one after another. */
    void (*estimate)(const struct fe_panel *panel, int64_t words, const uint32_t *queries,
                     const struct fe_query *quantised, int count, uint64_t *above);
    /* The same of rows of whole numbers of 8 bits times their scales, for one query. rows: `count`, and then repeated
     * up to a multiple of 8. scales: panel_rows. words: the query's, its columns past the last multiple of 2 lanes laid
     * out by lay_out_int8 in search/topk.c. */
    uint64_t (*estimate_int8)(const int8_t *const *rows, const float *scales, int count, int64_t size,
                              const uint32_t *words, const struct fe_query *quantised);
};

extern const struct fe_kernel fe_kernel_base, fe_kernel_avx2, fe_kernel_avx512, fe_kernel_neon;

enum {
    G_ROW = 8,            /* floats of G that a tile of scores writes for an input */
    FE_STEP_COLUMNS = 32, /* of an output's change that waits while all inputs pass by, at most */
};
#define FE_STEP_G(n) (3 * ((int64_t)FE_MAX_INPUTS * ((n) + 2 * G_ROW) + 2 * FE_LINE)) /* G, labels, weights */
#define FE_STEP_CHANGE(n) ((int64_t)(n) * FE_STEP_COLUMNS)

enum { FE_TILE_O = 6 }; /* outputs in a tile of dot products: a centre and the usual five negatives */

/* Of `left` things, as many as the next of evenly sized groups of at most `most` takes. */
static inline int fe_group_size(int left, int most) {
    const int groups = (left + most - 1) / most;
    if (groups <= 1) return left;
    return (left + groups - 1) / groups;
}

/* Floats of a row of G: tiles of dot products write G_ROW of them, the last one too. */
static inline int fe_g_stride(int n) {
    if (n <= FE_TILE_O) return G_ROW;
    const int groups = (n + FE_TILE_O - 1) / FE_TILE_O, last = n - n / groups;
    return (last + 2 * G_ROW - 1) / G_ROW * G_ROW;
}

/* Where m inputs are matched with the first of n outputs, a row of G has the input's own output and the n - m others.
 */
static inline int fe_matched_n(int m, int n) { return n - m + 1; }

#endif
