/* A block on its way to the step, and how much memory the blocks of a job take. */
#ifndef FE_PENDING_H
#define FE_PENDING_H

#include "common/carve.h"
#include "kernels/kernel.h"
#include "train/tokens.h"
#include "train/train.h"

enum {
    FE_FEW_CONTEXTS = 16,   /* may share the usual number of negatives, or a path */
    FE_MOST_CONTEXTS = 40,  /* of several centres in a block */
    FE_INFERRED_DRAWS = 2,  /* times the usual number, in inference, where all centres are of one document and nothing
                               else learns */
    FE_LEAST_DRAWS = 7,     /* for more than a few contexts; in place of fewer they weigh less each */
    FE_SLOTS = 4 * FE_LINE, /* for the tokens that a block's windows pass */
};
_Static_assert(2 * FE_MAX_INPUTS + FE_CENTRES <= FE_SLOTS, "room to the left, inputs, centres that are no inputs");

/* A block on its way to the step. */
struct fe_pending {
    int32_t m;                /* inputs; 0 when no block is left */
    int32_t *rows;            /* of IN: those of input 0, those of input 1 ...; or words, where these are bags */
    int64_t *numbers;         /* of the tokens that these words are; NULL: words are rows */
    int64_t needed;           /* neither this block nor later ones have lower numbers */
    int32_t has_bags;         /* 0: an input is one row. 1: input i is a bag, which ends before row number ends[i] */
    int32_t ends[FE_CENTRES]; /* of bags: a block has one a centre */
    uint8_t *own;             /* bit k of own[i]: input i is a context of centre k. NULL: input i is that of centre i */
    int32_t is_matched;       /* as if own were NULL */
    int32_t own_pairs;        /* of an input and a centre that is its own */
    int32_t centres[FE_CENTRES], centre_count; /* -1 past the last one */
    int32_t negative_count;
    uint64_t *aims;       /* random bits of negatives, */
    int32_t aim_count;    /* none if they are in the pool already */
    int32_t *pooled;      /* the negatives' place in the pool; NULL: they are this block's alone */
    int32_t path_is_new;  /* not that of the block before */
    int64_t token;        /* number of the first centre's */
    int64_t passed, kept; /* tokens and centres before this block */
    int32_t path_part;    /* of the top nodes, which the centre trains; or FE_WHOLE */
    /* outputs, which are found later */
    int32_t *drawn;  /* centres and negatives */
    int32_t *nodes;  /* of the path */
    uint8_t *labels; /* of these, as bits */
    int32_t drawn_count, node_count;
};

/* Where words are bags: numbers that may be held at a time, a power of 2. Else 0. */
static inline int32_t fe_numbers_held(const struct fe_job *job) {
    const int64_t least = 2 * (int64_t)fe_span(&job->contexts) + FE_SLOTS;
    int32_t entries = FE_SLOTS;
    if (job->subwords.offsets == NULL) return 0;
    while (entries < least) entries *= 2;
    return entries;
}

/* The most rows of IN in a block. */
static inline int64_t fe_most_rows(const struct fe_job *job) {
    const int64_t contexts = 2 * (int64_t)fe_span(&job->contexts) + 1 + job->documents.longest;
    const int64_t side = job->documents.side_tags + 2 * (int64_t)job->contexts.window;
    if (job->inputs.kind == FE_SIDE_INPUTS) return FE_CENTRES * side;
    return FE_CENTRES * (contexts > FE_MAX_INPUTS ? contexts : FE_MAX_INPUTS);
}

static inline int fe_is_alone(const struct fe_job *job) { return job->inputs.per_pair || job->matrices.out_hs != NULL; }

/* Whether centres of a block share the rows of their document's tags. */
static inline int fe_shares_tags(const struct fe_job *job) {
    return job->matrices.tags != NULL && job->inputs.kind != FE_CONTEXT_INPUTS && !fe_is_alone(job);
}

/* Among so many the tokens are parted. Inference reads one document from its beginning to its end. */
static inline int32_t fe_window_count(const struct fe_job *job) {
    return fe_shares_tags(job) && !job->documents.tags_only ? FE_CENTRES : 1;
}

static inline int64_t fe_most_draws(const struct fe_job *job) {
    if (fe_shares_tags(job)) return FE_CENTRES * (int64_t)job->negatives.count;
    return job->negatives.count > FE_LEAST_DRAWS ? job->negatives.count : FE_LEAST_DRAWS;
}

/* Of all blocks, also of words that are trained beside documents: these have FE_LEAST_DRAWS at times. */
static inline int64_t fe_most_draws_beside(const struct fe_job *job) {
    const int64_t most = fe_most_draws(job);
    return job->documents.beside && most < FE_LEAST_DRAWS ? FE_LEAST_DRAWS : most;
}

/* Of a block with so many centres in one document. */
static inline int32_t fe_draws(const struct fe_job *job, int32_t sharing) {
    if (!fe_shares_tags(job)) return job->negatives.count;
    return (job->documents.tags_only ? FE_INFERRED_DRAWS : sharing) * job->negatives.count;
}

static inline void fe_pending_lay_out(struct fe_pending *p, const struct fe_job *job, struct carver *c) {
    p->rows = carve(c, fe_most_rows(job) + FE_LINE, sizeof *p->rows);
    p->numbers = carve(c, job->subwords.offsets != NULL ? fe_most_rows(job) + FE_LINE : 0, sizeof *p->numbers);
    if (job->subwords.offsets == NULL) p->numbers = NULL;
    p->own = carve(c, FE_SLOTS, 1);
    if (job->inputs.kind == FE_BAG_INPUTS || job->inputs.kind == FE_SIDE_INPUTS) p->own = NULL;
    p->aims = carve(c, fe_most_draws(job), sizeof *p->aims);
    p->drawn = carve(c, fe_most_draws(job) + FE_CENTRES + 1, sizeof *p->drawn);
    p->nodes = carve(c, job->paths.longest, sizeof *p->nodes);
    p->labels = carve(c, job->paths.longest / 8 + 1, 1);
}

/* The rows of IN in a block. */
static inline int32_t fe_row_count(const struct fe_pending *p) { return p->has_bags ? p->ends[p->m - 1] : p->m; }

/* Whether a word is a centre of the block already: centres of a block are different words, so it begins the next. */
static inline int fe_is_centre(const struct fe_pending *p, int32_t centre) {
    int found = 0;
    FE_UNROLL for (int32_t i = 0; i < FE_CENTRES; i++) found |= p->centres[i] == centre;
    return found;
}

/* How many of `count` a block takes when they are shared out evenly over the fewest blocks of at most `most`. */
static inline int32_t fe_even_share(int32_t count, int32_t most) {
    const int32_t parts = (count + most - 1) / most;
    return (count + parts - 1) / parts;
}

#endif
