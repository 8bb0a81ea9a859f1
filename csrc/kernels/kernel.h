/* What an instruction set must offer to the trainer. One table a file isa_*.c, all made from step.inc.h. */
#ifndef FE_KERNEL_H
#define FE_KERNEL_H

#include "common/compiler.h"
#include "kernels/kernels.h"

enum { FE_LINE = 16 };         /* floats in a cache line; rows are padded to it */
enum { FE_CENTRES = 4 };       /* at most that share a block */
enum { FE_SCORE_QUERIES = 6 }; /* queries that are scored side by side */

/* One block: m inputs against n outputs.
 *     S = H O^T    G = alpha (Y - sigmoid(S))    dH += scale G O    O += G^T H
 * All scores are made before anything changes. A row that stands twice receives both changes. Among o it is seen the
 * second time after its first change, but for those of a group where there are more than six inputs: these take the
 * outputs in groups of up to six, and among h the last group sees a row the second time after its first change. */
struct fe_block {
    float *const *h;       /* m rows, only read */
    float *const *dh;      /* m rows that receive the change of h: the same rows, or others */
    const float *scale;    /* m factors on that change */
    float *const *o;       /* n rows */
    const uint8_t *labels; /* n, 0 or 1; or NULL: the first is 1 */
    int paired;            /* of the first so many outputs, FE_CENTRES at most, an input has some of its own, label 1;
                              of the others nothing is learned. 0: all are as labels say */
    const uint8_t *own;    /* if paired, for each input: bit k says whether output k is its own. NULL: they are matched,
                              output k is input k's, for all inputs, at least two; these meet the others once */
    const float *more;     /* for each value of own: how often its inputs meet the other outputs, less 1 */
    int in_turn;           /* 1: the inputs see an output one after the other, each as those before left it, though not
                              when scores are made; no output may stand twice. 0: all see it as it was */
    int m;                 /* 1 .. FE_MAX_INPUTS */
    int n;                 /* >= 1 */
};

/* Rows and queries in levels: whole numbers of 16 bits, two in a word. A step of a panel's rows, and of a query, is
 * such that the longest row has a length of FE_LEVELS: so products and their sums fit 32 bits. */
#define FE_LEVELS 32000.0f
#define FE_SHORTEST 1e-15f /* what is shorter, or longer, is not brought into levels: its squares lose precision */
#define FE_LONGEST 1e15f

struct fe_panel {
    uint32_t *words;  /* for each two columns: one a row */
    uint64_t unknown; /* bit r: row r could not be brought into levels */
    float per_step;   /* 1 / step */
    float rest;       /* the greatest length, in steps, of what rounding took from a row */
};

struct fe_query {
    float per_step;        /* 0: could not be brought into levels */
    float threshold;       /* in steps */
    float error, per_rest; /* error + per_rest * (the panel's rest): how far off a product can be, in steps of both */
};

struct fe_kernel {
    const char *name;
    int lanes;
    int (*supported)(void);
    /* `size` is the vector size: a kernel may read and write whole registers past it, up to the next FE_LINE. */
    /* Fills g, FE_STEP_G(n) floats, for `update`. Returns 0 when a score was not finite. loss is added to, or NULL. */
    int (*gradient)(const struct fe_block *block, int64_t size, float alpha, double *loss, float *g);
    /* Adds the changes. change: FE_STEP_CHANGE floats of scratch. */
    void (*update)(const struct fe_block *block, int64_t size, const float *g, float *change);
    /* out = factor * sum of m rows */
    void (*gather)(float *const *rows, int m, float factor, int64_t size, float *out);
    /* rows[i] += scale[i] * change */
    void (*scatter)(float *const *rows, int m, const float *scale, int64_t size, const float *change);
    /* scale row' query. Here, and below, no memory past `size` values is read. */
    float (*dot)(const float *row, float scale, const float *query, int64_t size);
    int panel_rows; /* at most 64 */
    /* Fills a panel with `count` rows times their scales. */
    void (*level_rows)(const float *const *rows, const float *scales, int count, int64_t size, struct fe_panel *panel);
    void (*level_query)(const float *query, int64_t size, uint32_t *words, struct fe_query *asked);
    /* Bit r of above[j]: whether the product of query j with row r of the panel may be above the query's threshold; for
     * 1 .. FE_SCORE_QUERIES queries whose words lie one after another. */
    void (*estimate)(const struct fe_panel *panel, int64_t words, const uint32_t *queries, const struct fe_query *asked,
                     int count, uint64_t *above);
};

extern const struct fe_kernel fe_kernel_base, fe_kernel_avx2, fe_kernel_avx512, fe_kernel_neon;

enum {
    G_ROW = 8,             /* floats of G for an input and a group of outputs, where there is more than one input */
    FE_STEP_COLUMNS = 256, /* columns of the inputs' changes that are kept from one group of outputs to the next */
    FE_STEP_CHANGE = FE_MAX_INPUTS * FE_STEP_COLUMNS,
};
#define FE_STEP_G(n) (FE_MAX_INPUTS * G_ROW * (((int64_t)(n) + 5) / 6))

#endif
