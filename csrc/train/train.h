/* Training: sampling tables (sample.c), and the block that a thread trains on (train.c). */
#ifndef FE_TRAIN_H
#define FE_TRAIN_H

#include "common/common.h"
#include "kernels/kernels.h"

/* ---- sampling tables (sample.c) ---- */

/* One entry of an alias table: Walker 1977, Vose 1991. */
struct fe_alias {
    uint32_t threshold; /* stay here when 32 random bits are below it */
    int32_t other;
};

/* The lowest id k with keep[k] = keep[k + 1] = ... = keep[size - 1]. For ids above k the entry of k may be read
 * instead: most words are rare and always kept, so that the part of the table that is read stays in cache. */
int32_t fe_keep_last(const uint32_t *keep, int32_t size);

/* An alias table over weights[i] >= 0, at least one of them > 0. Overwrites weights; work: size int32. */
void fe_alias_build(double *weights, int32_t size, struct fe_alias *table, int32_t *work);

/* The first `count` negatives that the trainer draws at token `position`, when it draws there: for tests. */
void fe_draw_negatives(const struct fe_alias *noise, int32_t size, uint64_t seed, int64_t epoch, int64_t position,
                       int64_t count, int32_t *rows);

/* Huffman tree over counts[size], which must not increase (Mikolov et al. 2013, section 2.1).
 * work: 4 * size int64, read again by fe_huffman_paths. Returns the summed length of all codes. */
int64_t fe_huffman_build(const int64_t *counts, int32_t size, int64_t *work);
/* For each word, from the root down: the rows of the inner nodes on its path, the turn (0 or 1) taken at each.
 * offsets: size + 1; nodes, codes: the summed length of all codes. */
void fe_huffman_paths(int32_t size, const int64_t *work, int64_t *offsets, int32_t *nodes, uint8_t *codes);

/* ---- training (train.c) ---- */

/* What a run of training reads and writes. Matrices have one row of `stride` floats a word or node, 64-byte
 * aligned; floats past the vector size are zero and stay zero. */
struct fe_job {
    /* corpus: tokens [offsets[s], offsets[s + 1]) are sentence s */
    const int32_t *ids;
    const int64_t *offsets;
    int64_t sentences;
    /* matrices */
    float *in;             /* words x stride */
    float *out_ns;         /* words x stride, or NULL */
    float *out_hs;         /* (words - 1) x stride, or NULL */
    const float *in_scale; /* factor on the change of each input row, or NULL */
    int64_t stride;
    int64_t vector_size;
    int32_t words;
    /* sampling */
    const uint32_t *keep;       /* a token stays when 32 random bits are <= keep[id]; NULL keeps all */
    int32_t keep_last;          /* fe_keep_last */
    const uint32_t *event_keep; /* one a token: it stays with (event_keep + 1) / 2^32 of the above; or NULL */
    const struct fe_alias *noise;
    const int64_t *path_offsets;
    const int32_t *path_nodes;
    const uint8_t *path_codes;
    int32_t longest_path;
    /* model */
    int32_t window;
    int32_t span;   /* contexts that a centre can have on either side: window, or less in short sentences */
    int32_t basket; /* 0: windows. Else sentences are baskets without an order, of at most 2^31 - 1 tokens:
                       contexts are all other tokens of the basket, or this many drawn among them; `span` is at
                       least the number of contexts that a centre can have, `window` is not read */
    int32_t negative;
    int32_t sg;
    int32_t shrink_windows;
    int32_t negatives_per_pair; /* a fresh draw for every context, or CBOW's centre, instead of one for several */
    int32_t cbow_mean;
    int32_t cbow_exact; /* the true CBOW gradient (arXiv 2012.15332) instead of word2vec's */
    int32_t want_loss;
    uint64_t seed;
};

struct fe_done {
    int64_t words; /* tokens passed, dropped ones included */
    int64_t kept;  /* centres trained */
    int64_t pairs; /* (input, output) pairs trained, each once however much it weighs */
    double loss;   /* sum of -log sigmoid, 0 unless want_loss */
};

/* Bytes of scratch memory that fe_train_block needs, 64-byte aligned by the caller. */
size_t fe_workspace_size(const struct fe_job *job);

/* Train on the centres at tokens [begin, end); contexts may lie outside, but within their sentences.
 * What is drawn at a token depends on (seed, epoch, token) alone; which tokens share a draw also on where a block
 * begins. */
int fe_train_block(const struct fe_kernel *kernel, const struct fe_job *job, int64_t epoch, int64_t begin, int64_t end,
                   float alpha, void *workspace, struct fe_done *done);

#endif
