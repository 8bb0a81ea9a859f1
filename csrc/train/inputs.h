/* Contexts -> inputs: which rows of IN make the next block, and whose contexts they are. An input maker is chosen once
 * a run: skip-gram has two, CBOW one, documents two more. All of them fill a struct fe_pending, and the step does not
 * know which did.
 *
 * An input is one row of IN, or the mean or sum of a bag of them; a bag of one row need not be copied. The row of a
 * context is that of its word, or where a word is a bag itself, of its n-grams, what is held of it (held.h). A
 * document's tags have rows of their own, which join each bag of it, or are the inputs of all its words.
 *
 * Centres of a block share negatives. A document's row that met the same ones with several words would learn from too
 * few different ones. So where documents learn, the tokens are parted among FE_CENTRES windows that take turns: a
 * block's centres are in several documents as a rule, and each row meets new negatives with each word, though
 * FE_CENTRES rows share them. A block with k centres of one document has k times as many, which weigh as much less.
 * (That documents of a block have a tag in common is not looked at.) */
#ifndef FE_INPUTS_H
#define FE_INPUTS_H

#include <string.h>

#include "common/carve.h"
#include "kernels/kernel.h"
#include "train/ahead.h"
#include "train/targets.h"
#include "train/tokens.h"
#include "train/train.h"

enum {
    FE_FEW_CONTEXTS = 16,   /* may share the usual number of negatives, or a path */
    FE_MOST_CONTEXTS = 40,  /* of several centres in a block */
    FE_INFERRED_DRAWS = 2,  /* times the usual number, in inference, where all centres are of one document and nothing
                               else learns */
    FE_LEAST_DRAWS = 7,     /* for more than a few contexts; in place of fewer they weigh less each */
    FE_SLOTS = 4 * FE_LINE, /* for the tokens that a block's windows pass */
    FE_POOL = 1024,         /* negatives in the pool of baskets: with 128 floats their rows fill half a megabyte */
    FE_LEAST_SHARES = 8,    /* blocks until a negative's next turn, at least */
    FE_NEAR_ROWS = 2048,    /* of words, and as many of n-grams, that are not sent for where words are bags */
    FE_LISTS_AHEAD = 8,     /* tokens from sending for a bag's list of rows to its entry, and before it for its place */
    FE_POOL_ROUNDS = 8,     /* turns of a negative before it is drawn anew */
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

/* In baskets of centres that are not alone: negatives that serve several blocks, so that their rows stay in cache. It
 * is cut into shares for one block each, which take turns. A basket's centres follow each other; if they met the same
 * negatives one block after the other, these would learn too much from one basket at a time. */
struct fe_pool {
    int32_t *words;
    int32_t share, shares; /* words in a share; number of shares, 0 without a pool */
    int32_t at, round;     /* the next share, and how often all have had their turn */
};

struct fe_maker {
    void (*make)(struct fe_maker *maker, struct fe_pending *p);
    const struct fe_job *job;
    const struct fe_view *view;
    struct fe_ahead *ahead;
    int32_t most_centres;                 /* in a block */
    int32_t most_contexts, most_together; /* in a block of fe_next_contexts, of fe_next_windows */
    uint64_t negatives_key, paths_key;
    struct fe_pool pool;
    struct fe_window windows[FE_CENTRES]; /* among which the tokens are parted, and which take turns */
    struct fe_window *open[FE_CENTRES];   /* those with tokens left */
    int32_t window_count, open_count, turn;
    struct fe_window *window;    /* that of the current centre */
    int32_t centre;              /* the window's current one */
    struct fe_reach reach;       /* its window */
    int32_t context_count, used; /* how many contexts and tags it has, and how many of them blocks have taken */
    int32_t *contexts;           /* these, if they are a basket's or of fe_next_contexts */
    /* of fe_next_baskets: numbers in the view of the contexts and of the centres that share them */
    int64_t *context_tokens, centre_tokens[FE_CENTRES];
    int32_t centres[FE_CENTRES], centre_count;
    int64_t kept;     /* centres so far */
    int64_t numbered; /* contexts of baskets so far, where words are bags: each has a number of its own */
};

/* ---- workspace ---- */

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

/* Of a block with so many centres in one document. */
static inline int32_t fe_draws(const struct fe_job *job, int32_t sharing) {
    if (!fe_shares_tags(job)) return job->negatives.count;
    return (job->documents.tags_only ? FE_INFERRED_DRAWS : sharing) * job->negatives.count;
}

static inline void fe_pool_lay_out(struct fe_pool *pool, const struct fe_job *job, struct carver *c) {
    const int is_of_baskets = job->contexts.basket > 0 && job->inputs.kind == FE_CONTEXT_INPUTS && !fe_is_alone(job);
    const int has_pool = job->negatives.count > 0 && is_of_baskets;
    pool->share = (int32_t)fe_most_draws(job);
    pool->shares = !has_pool ? 0 : FE_POOL / pool->share > FE_LEAST_SHARES ? FE_POOL / pool->share : FE_LEAST_SHARES;
    pool->words = carve(c, (int64_t)pool->shares * pool->share, sizeof *pool->words);
}

static inline void fe_maker_lay_out(struct fe_maker *maker, const struct fe_job *job, struct carver *c) {
    const int64_t contexts = 2 * (int64_t)fe_span(&job->contexts) + 1;
    maker->window_count = fe_window_count(job);
    for (int32_t k = 0; k < maker->window_count; k++) {
        struct fe_window *w = &maker->windows[k];
        w->most_centres = FE_WINDOW_CENTRES / maker->window_count;
        w->kept = carve(c, w->most_centres + contexts, sizeof *w->kept);
        w->ids = carve(c, w->most_centres + contexts + FE_LINE, sizeof *w->ids);
    }
    maker->contexts = carve(c, contexts + FE_LINE, sizeof *maker->contexts);
    maker->context_tokens = carve(c, job->contexts.basket > 0 ? contexts : 0, sizeof *maker->context_tokens);
    fe_pool_lay_out(&maker->pool, job, c);
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

/* ---- centres ---- */

/* The rows of a bag go on the list; but for those of the most frequent words and n-grams, which stay near. */
FE_INLINE void fe_send_for_bag(struct fe_ahead *ahead, const struct fe_job *job, int32_t id) {
    const int32_t *bag = job->subwords.rows + job->subwords.offsets[id];
    const int32_t size = (int32_t)(job->subwords.offsets[id + 1] - job->subwords.offsets[id]);
    const int32_t far = job->negatives.words + FE_NEAR_ROWS; /* rows of n-grams follow those of words */
    const float *in = job->matrices.in, **rows = ahead->rows;
    const int64_t stride = job->matrices.stride;
    int32_t count = ahead->count;
    if (count + size > FE_MOST_AHEAD) return;
    for (int32_t k = 1; k < size; k++) { /* written in any case: a branch would be mispredicted */
        rows[count] = in + bag[k] * stride;
        count += bag[k] >= far;
    }
    rows[count] = in + bag[0] * stride;
    ahead->count = count + (id >= FE_NEAR_ROWS);
}

FE_INLINE void fe_send_for_word(const struct fe_maker *maker, int32_t id) {
    if (maker->job->subwords.offsets == NULL) fe_send_for(maker->ahead, maker->job, maker->job->matrices.in, id);
    else fe_send_for_bag(maker->ahead, maker->job, id);
}

FE_INLINE void fe_send_for_list(const struct fe_job *job, int32_t id) {
    const int64_t *bounds = job->subwords.offsets + id;
    for (int64_t k = bounds[0]; k < bounds[1]; k += FE_LINE) FE_PREFETCH(job->subwords.rows + k);
}

/* Where words are bags: the lists of the rows of words that will enter later. */
FE_INLINE void fe_send_for_lists(const struct fe_maker *maker, int32_t entry) {
    const struct fe_window *w = maker->window;
    const int64_t *offsets = maker->job->subwords.offsets;
    if (offsets == NULL || entry + 2 * FE_LISTS_AHEAD >= w->count) return;
    FE_PREFETCH(offsets + w->ids[entry + 2 * FE_LISTS_AHEAD]);
    fe_send_for_list(maker->job, w->ids[entry + FE_LISTS_AHEAD]);
}

FE_INLINE void fe_prefetch_input(const struct fe_maker *maker, int32_t entry) {
    const int32_t id = maker->window->ids[entry];
    fe_send_for_word(maker, id);
    fe_send_for_lists(maker, entry);
    if (maker->job->matrices.out_hs != NULL) FE_PREFETCH_WRITE(maker->job->paths.offsets + id);
}

static inline int64_t fe_token_of_centre(const struct fe_maker *maker) {
    return maker->window->kept[maker->window->centre].token;
}

/* The tags of the document that a window is in. */
FE_INLINE void fe_find_tags(struct fe_maker *maker, struct fe_window *w) {
    if (w->sentence == w->tagged) return;
    const int64_t *bounds = w->view->tag_offsets + w->sentence;
    w->tagged = w->sentence;
    w->tags = w->view->tags + bounds[0];
    w->tag_count = (int32_t)(bounds[1] - bounds[0]);
    for (int32_t k = 0; k < w->tag_count && k < FE_MAX_INPUTS; k++)
        fe_send_for(maker->ahead, maker->job, maker->job->matrices.tags, w->tags[k]);
}

/* The tags of the current centre's document join its contexts. Where rows lie side by side there are as many for every
 * centre, and only whether it has them is told. */
FE_INLINE void fe_join_tags(struct fe_maker *maker) {
    const struct fe_job *job = maker->job;
    struct fe_window *w = maker->window;
    fe_find_tags(maker, w);
    if (job->inputs.kind == FE_SIDE_INPUTS) maker->context_count = w->tag_count == job->documents.side_tags;
    else maker->context_count += w->tag_count;
}

FE_INLINE int32_t fe_next_turn(const struct fe_maker *maker) {
    return maker->turn + 1 < maker->open_count ? maker->turn + 1 : 0;
}

/* No token is left in the window whose turn it is: it is that of the one after it. */
static inline void fe_close(struct fe_maker *maker, int32_t turn) {
    maker->open[turn]->reached = maker->open[turn]->end;
    maker->open_count--;
    for (int32_t k = turn; k < maker->open_count; k++) maker->open[k] = maker->open[k + 1];
    maker->turn = turn - 1;
}

/* Step onto the next token that is kept, of the next window in turn; 0 when there is none. */
FE_INLINE int fe_next_kept(struct fe_maker *maker, int (*next)(struct fe_window *w)) {
    while (maker->open_count > 0) {
        const int32_t turn = fe_next_turn(maker);
        struct fe_window *w = maker->open[turn];
        if (next(w)) {
            maker->turn = turn;
            maker->window = w;
            w->reached = w->kept[w->centre].token + 1;
            maker->kept++;
            return 1;
        }
        fe_close(maker, turn);
    }
    maker->used = maker->context_count = 0;
    return 0;
}

/* Step onto the next centre that has contexts or tags; 0 when there is none. */
FE_INLINE int fe_next_centre(struct fe_maker *maker) {
    const struct fe_job *job = maker->job;
    const int has_tags = job->inputs.kind != FE_CONTEXT_INPUTS && maker->view->tags != NULL;
    do {
        if (!(job->contexts.basket > 0 ? fe_next_kept(maker, fe_basket_next) : fe_next_kept(maker, fe_window_next)))
            return 0;
        if (job->contexts.basket > 0) {
            maker->context_count = fe_basket_contexts(maker->window, fe_token_of_centre(maker), 1, maker->contexts,
                                                      NULL);
        } else {
            const int32_t entering = maker->window->centre + maker->window->span;
            if (entering < maker->window->count) fe_prefetch_input(maker, entering);
            if (maker->window->centre == 0) /* a sentence's first window reaches several at once */
                for (int32_t e = 0; e < maker->window->span && e < maker->window->count; e++)
                    fe_prefetch_input(maker, e);
            maker->reach = fe_window_reach(maker->window);
            maker->context_count = maker->reach.to - maker->reach.from;
            if (has_tags) fe_join_tags(maker);
        }
        maker->turn -= maker->context_count == 0; /* its window has another turn */
    } while (maker->context_count == 0);
    maker->centre = maker->window->ids[maker->window->centre];
    maker->used = 0;
    return 1;
}

/* The lowest number that the current centre or a later one may need. */
static inline int64_t fe_first_needed(const struct fe_maker *maker) {
    const struct fe_window *w = maker->window;
    if (maker->job->contexts.basket > 0) return maker->numbered;
    return w->passed + (w->centre > w->span ? w->centre - w->span : 0);
}

/* Whether the current centre's contexts have numbers too high to be held with those of the block's first centre. */
static inline int fe_is_far(const struct fe_maker *maker, const struct fe_pending *p, int32_t count) {
    if (p->numbers == NULL) return 0;
    const int64_t last = maker->job->contexts.basket > 0 ? maker->numbered + count + maker->context_count
                                                         : maker->window->passed + maker->reach.to;
    return last - p->needed >= fe_numbers_held(maker->job);
}

/* Where words are bags, the numbers of the current centre's contexts from `used` on. */
static inline void fe_number(const struct fe_maker *maker, int32_t count, int64_t *numbers) {
    if (numbers == NULL || maker->job->contexts.basket > 0) return;
    for (int32_t e = maker->used; e < maker->used + count; e++) {
        const int32_t entry = maker->reach.from + e;
        *numbers++ = maker->window->passed + entry + (entry >= maker->window->centre);
    }
}

/* Whether a word is a centre of the block already: centres of a block are different words, so it begins the next. */
static inline int fe_is_centre(const struct fe_pending *p, int32_t centre) {
    int found = 0;
    FE_UNROLL for (int32_t i = 0; i < FE_CENTRES; i++) found |= p->centres[i] == centre;
    return found;
}

/* Random bits for `count` negatives, from the one with number `first` on of those that are drawn at a token. */
static inline void fe_aim(struct fe_maker *maker, struct fe_pending *p, int64_t token, uint64_t first, int32_t count) {
    struct fe_pool *pool = &maker->pool;
    p->token = token;
    p->negative_count = p->aim_count = count;
    p->pooled = NULL;
    if (pool->shares > 0) {
        p->pooled = pool->words + (int64_t)pool->at * pool->share;
        p->aim_count = pool->round == 0 ? pool->share : 0;
        if (++pool->at == pool->shares) {
            pool->at = 0;
            pool->round = (pool->round + 1) % FE_POOL_ROUNDS;
        }
    }
    if (p->aim_count > 0)
        fe_target_aim(maker->job, fe_draw(maker->negatives_key, (uint64_t)token), first, p->aim_count, p->aims);
}

/* ---- makers ---- */

/* The numbers of the tags' rows. */
static inline void fe_put_tags(const struct fe_maker *maker, int32_t from, int32_t count, int32_t *rows) {
    const int32_t *tags = maker->window->tags + from, first = (int32_t)maker->job->matrices.in_rows;
    for (int32_t k = 0; k < count; k++) rows[k] = first + tags[k];
}

/* The documents of a block's centres; -1 for those that are not there. */
struct fe_sharing {
    int64_t documents[FE_CENTRES];
    int32_t most; /* centres in one document */
};

static const struct fe_sharing FE_NONE_SHARE = {{-1, -1, -1, -1}, 1};
_Static_assert(FE_CENTRES == 4, "FE_NONE_SHARE lists them");

/* The first centre in a document, or -1. */
FE_INLINE int32_t fe_first_in(const struct fe_sharing *sharing, int64_t document) {
    int32_t first = -1;
    FE_UNROLL for (int32_t k = FE_CENTRES - 1; k >= 0; k--) first = sharing->documents[k] == document ? k : first;
    return first;
}

FE_INLINE void fe_share(struct fe_sharing *sharing, int32_t centre, int64_t document, int32_t first) {
    int32_t count = 0;
    sharing->documents[centre] = document;
    if (first < 0) return;
    for (int32_t k = 0; k < FE_CENTRES; k++) count += sharing->documents[k] == document;
    if (count > sharing->most) sharing->most = count;
}

/* CBOW: the next centres, and for each a bag of all its contexts. */
static void fe_next_bags(struct fe_maker *maker, struct fe_pending *p) {
    const int has_tags = maker->view->tags != NULL;
    int32_t count = 0;
    int64_t token = 0;
    struct fe_sharing sharing = FE_NONE_SHARE;
    while (p->centre_count < maker->most_centres) {
        if (maker->used == maker->context_count && !fe_next_centre(maker)) break;
        if (fe_is_centre(p, maker->centre)) break;
        if (p->centre_count == 0) {
            token = fe_token_of_centre(maker);
            p->needed = fe_first_needed(maker);
        } else if (fe_is_far(maker, p, count)) break;
        int32_t *rows = p->rows + count;
        fe_number(maker, maker->context_count, p->numbers != NULL ? p->numbers + count : NULL);
        if (maker->job->contexts.basket > 0) memcpy(rows, maker->contexts, (size_t)maker->context_count * sizeof *rows);
        else fe_window_contexts(maker->window, maker->reach, rows);
        if (has_tags) {
            const int32_t tags = maker->window->tag_count;
            fe_put_tags(maker, 0, tags, rows + (maker->context_count - tags));
            const int64_t document = maker->window->sentence;
            fe_share(&sharing, p->centre_count, document, fe_first_in(&sharing, document));
        }
        maker->used = maker->context_count;
        count += maker->context_count;
        p->centres[p->centre_count] = maker->centre;
        p->ends[p->centre_count++] = count;
    }
    p->has_bags = 1;
    p->m = p->own_pairs = p->centre_count;
    if (p->m > 0) fe_aim(maker, p, token, 0, fe_draws(maker->job, sharing.most));
}

/* How many of `count` a block takes when they are shared out evenly over the fewest blocks of at most `most`. */
static inline int32_t fe_even_share(int32_t count, int32_t most) {
    const int32_t parts = (count + most - 1) / most;
    return (count + parts - 1) / parts;
}

/* PV-DM with concatenation: the next centres, and for each its tags, then its contexts from the left to the right, each
 * in its place. */
static void fe_next_side_by_side(struct fe_maker *maker, struct fe_pending *p) {
    const int32_t window = maker->job->contexts.window;
    int32_t count = 0;
    int64_t token = 0;
    struct fe_sharing sharing = FE_NONE_SHARE;
    while (p->centre_count < maker->most_centres) {
        if (maker->used == maker->context_count && !fe_next_centre(maker)) break;
        if (fe_is_centre(p, maker->centre)) break;
        if (p->centre_count == 0) token = fe_token_of_centre(maker);
        const struct fe_window *w = maker->window;
        fe_put_tags(maker, 0, w->tag_count, p->rows + count);
        count += w->tag_count;
        for (int32_t e = w->centre - window; e <= w->centre + window; e++)
            if (e != w->centre) p->rows[count++] = e >= 0 && e < w->count ? w->ids[e] : maker->job->documents.null_word;
        maker->used = maker->context_count;
        p->centres[p->centre_count] = maker->centre;
        const int64_t document = maker->window->sentence;
        fe_share(&sharing, p->centre_count, document, fe_first_in(&sharing, document));
        p->ends[p->centre_count++] = count;
    }
    p->has_bags = 1;
    p->m = p->own_pairs = p->centre_count;
    if (p->m > 0) fe_aim(maker, p, token, 0, fe_draws(maker->job, sharing.most));
}

/* Step onto the next word of a document with tags; 0 when there is none. */
static inline int fe_next_tagged(struct fe_maker *maker) {
    do {
        if (!fe_next_kept(maker, fe_document_next)) return 0;
        maker->context_count = 0;
        fe_join_tags(maker);
        maker->turn -= maker->context_count == 0; /* its window has another turn */
    } while (maker->context_count == 0);
    maker->centre = maker->window->ids[maker->window->centre];
    maker->used = 0;
    return 1;
}

/* PV-DBOW: the next centres, whose inputs are the tags of their documents. A centre with too many tags is alone, and
 * these are shared out evenly over blocks. */
static void fe_next_tags(struct fe_maker *maker, struct fe_pending *p) {
    const int32_t negative = maker->job->negatives.count;
    const int32_t together = maker->most_together < FE_MAX_INPUTS ? maker->most_together : FE_MAX_INPUTS;
    const int32_t most = maker->most_centres > 1 ? together : maker->most_contexts;
    struct fe_sharing sharing = FE_NONE_SHARE;
    const int32_t first_row = (int32_t)maker->job->matrices.in_rows;
    int32_t first[FE_CENTRES], m = 0; /* the first input of each centre */
    int64_t token = 0;
    while (p->centre_count < maker->most_centres) {
        if (maker->used == maker->context_count && !fe_next_tagged(maker)) break;
        const struct fe_window *w = maker->window;
        const int32_t count = w->tag_count, k = p->centre_count, same = fe_first_in(&sharing, w->sentence);
        if (k == 0) token = fe_token_of_centre(maker);
        else if (count > most || (same < 0 && m + count > most) || p->own_pairs + count > maker->most_together ||
                 fe_is_centre(p, maker->centre))
            break;
        const int32_t from = maker->used, taken = count > most ? fe_even_share(count - from, most) : count;
        first[k] = same < 0 ? m : first[same];
        if (same < 0)
            for (int32_t i = from; i < from + taken; i++) {
                p->rows[m] = first_row + w->tags[i];
                p->own[m++] = (uint8_t)(1 << k);
            }
        else
            for (int32_t i = 0; i < taken; i++) p->own[first[k] + i] |= (uint8_t)(1 << k);
        fe_share(&sharing, k, w->sentence, same);
        p->path_is_new = from == 0;
        p->own_pairs += taken;
        p->centres[p->centre_count++] = maker->centre;
        maker->used += taken;
        if (count > most) {
            p->m = m;
            fe_aim(maker, p, token, (uint64_t)from * (uint64_t)fe_most_draws(maker->job), negative);
            return;
        }
    }
    if (m == 0) return;
    p->m = m;
    p->is_matched = m > 1 && m == p->own_pairs && m == p->centre_count; /* a tag each */
    fe_aim(maker, p, token, 0, fe_draws(maker->job, sharing.most));
}

/* The buffer of a window whose document has a tag; 0 when there is none left. */
static inline int fe_fill_tagged(struct fe_maker *maker, struct fe_window *w) {
    while (fe_document_fill(w)) {
        fe_find_tags(maker, w);
        if (w->tag_count > 0) return 1;
        maker->kept += w->count;
        w->reached = w->kept[w->count - 1].token + 1;
    }
    return 0;
}

/* The same blocks as of fe_next_tags, made faster: no document has more than one tag. */
static void fe_next_lone_tags(struct fe_maker *maker, struct fe_pending *p) {
    const int32_t first_row = (int32_t)maker->job->matrices.in_rows;
    struct fe_sharing sharing = FE_NONE_SHARE;
    int32_t input[FE_CENTRES], m = 0, count = 0; /* the input of each centre */
    int64_t token = 0;
    while (count < FE_CENTRES && maker->open_count > 0) {
        const int32_t turn = fe_next_turn(maker);
        struct fe_window *w = maker->open[turn];
        if (w->centre + 1 >= w->count && !fe_fill_tagged(maker, w)) {
            fe_close(maker, turn);
            continue;
        }
        const int32_t word = w->ids[w->centre + 1], same = fe_first_in(&sharing, w->sentence);
        if (fe_is_centre(p, word)) break;
        const int64_t number = w->kept[++w->centre].token;
        maker->turn = turn;
        w->reached = number + 1;
        if (count == 0) token = number;
        if (same < 0) {
            input[count] = m;
            p->own[m] = (uint8_t)(1 << count);
            p->rows[m++] = first_row + w->tags[0];
        } else {
            input[count] = input[same];
            p->own[input[same]] |= (uint8_t)(1 << count);
        }
        fe_share(&sharing, count, w->sentence, same);
        p->centres[count++] = word;
    }
    if (count == 0) return;
    p->m = m;
    p->centre_count = p->own_pairs = count;
    p->is_matched = m > 1 && m == count;
    maker->kept += count;
    fe_aim(maker, p, token, 0, fe_draws(maker->job, sharing.most));
}

/* Skip-gram: the next contexts of one centre, which are shared out evenly, e.g. 20 as 10 + 10. */
static void fe_next_contexts(struct fe_maker *maker, struct fe_pending *p) {
    const int32_t most = maker->most_contexts, negative = maker->job->negatives.count;
    if (maker->used == maker->context_count && !fe_next_centre(maker)) return;
    p->path_is_new = maker->used == 0;
    if (p->path_is_new && maker->job->contexts.basket == 0)
        fe_window_contexts(maker->window, maker->reach, maker->contexts);
    p->m = maker->context_count - maker->used;
    p->m = fe_even_share(p->m, most);
    memcpy(p->rows, maker->contexts + maker->used, (size_t)p->m * sizeof *p->rows);
    fe_number(maker, p->m, p->numbers);
    p->needed = fe_first_needed(maker);
    fe_aim(maker, p, fe_token_of_centre(maker), (uint64_t)maker->used * (uint64_t)negative, negative);
    p->centres[0] = maker->centre;
    p->centre_count = 1;
    p->own_pairs = p->m;
    maker->used += p->m;
}

/* Skip-gram in baskets: the next centres of a basket, and contexts that are drawn once for all of them and shared out
 * evenly over blocks. A centre is no context of its own. */
static void fe_next_baskets(struct fe_maker *maker, struct fe_pending *p) {
    const int32_t negative = maker->job->negatives.count;
    int32_t first = 0, m = 0;
    while (m == 0) {
        if (maker->used == maker->context_count) {
            maker->centre_count = fe_basket_centres(maker->window, maker->most_centres, maker->centres,
                                                    maker->centre_tokens);
            if (maker->centre_count == 0) return;
            maker->kept += maker->centre_count;
            maker->used = 0;
            maker->context_count = fe_basket_contexts(maker->window, maker->centre_tokens[0], 0, maker->contexts,
                                                      maker->context_tokens);
            if (maker->context_count == 0) continue;
        }
        int32_t most = maker->most_together / maker->centre_count;
        if (most > FE_MAX_INPUTS) most = FE_MAX_INPUTS;
        first = maker->used;
        maker->used += fe_even_share(maker->context_count - first, most > 0 ? most : 1);
        for (int32_t e = first; e < maker->used; e++) {
            int own = 0;
            for (int32_t k = 0; k < maker->centre_count; k++) {
                const int is_own = maker->context_tokens[e] != maker->centre_tokens[k];
                own |= is_own << k;
                p->own_pairs += is_own;
            }
            p->rows[m] = maker->contexts[e];
            p->own[m] = (uint8_t)own;
            m += own != 0;
        }
    }
    for (int32_t k = 0; k < maker->centre_count; k++)
        if (m > 1 || p->own[0] >> k & 1) p->centres[p->centre_count++] = maker->centres[k];
    if (m == 1) /* a lone input has one centre: it is there once for each */
        for (m = 0; m < p->centre_count; m++) {
            p->rows[m] = p->rows[0];
            p->own[m] = (uint8_t)(1 << m);
        }
    p->m = m;
    p->kept = maker->kept - maker->centre_count;
    p->needed = fe_first_needed(maker);
    const int32_t drawn = p->own_pairs > FE_FEW_CONTEXTS && negative < FE_LEAST_DRAWS ? FE_LEAST_DRAWS : negative;
    fe_aim(maker, p, maker->centre_tokens[0], (uint64_t)first * (uint64_t)fe_most_draws(maker->job), drawn);
}

/* Windows of centres in a row overlap. What such a run passes goes into slots in a row; a token's slot is its number in
 * the window (fe_window.passed) less `origin`. */
struct fe_run {
    int64_t origin, first, last, centre; /* numbers: in slot 0; the ends of what is in a window; the latest centre */
    int32_t inputs_before;               /* of earlier runs */
};

/* For a line of slots from `first` on: bit k of `own` says whether it is in from[k] ... from[k] + length[k], but not
 * centre[k]. */
FE_INLINE void fe_find_own(int32_t first, const uint8_t *from, const uint8_t *length, const uint8_t *centre,
                           uint8_t *own) {
    for (int s = 0; s < FE_LINE; s++) {
        const uint8_t slot = (uint8_t)(first + s);
        int bits = 0;
        for (int k = 0; k < FE_CENTRES; k++)
            bits |= -((uint8_t)(slot - from[k]) <= length[k]) & -(slot != centre[k]) & 1 << k;
        own[s] = (uint8_t)bits;
    }
}

/* From the numbers of slots, where words are bags, to those of inputs. */
static inline void fe_number_inputs(struct fe_pending *p, int32_t slots, const uint8_t *from, const uint8_t *length,
                                    const uint8_t *centre) {
    uint8_t own[FE_SLOTS];
    int32_t m = 0;
    for (int32_t line = 0; line < slots; line += FE_LINE) fe_find_own(line, from, length, centre, own + line);
    for (int32_t s = 0; s < slots; s++) {
        p->numbers[m] = p->numbers[s];
        m += own[s] != 0;
    }
}

/* Skip-gram: the windows of the next centres. Every token that is a context of one or several is one input. A centre
 * with too many contexts is alone. */
static void fe_next_windows(struct fe_maker *maker, struct fe_pending *p) {
    const struct fe_window *w = maker->window;
    const int32_t negative = maker->job->negatives.count;
    uint8_t from[FE_CENTRES], length[FE_CENTRES], centre[FE_CENTRES]; /* slots */
    memset(from, FE_SLOTS, sizeof from);
    memset(length, 0, sizeof length);
    memset(centre, FE_SLOTS, sizeof centre);
    struct fe_run run = {.centre = -2};
    int64_t token = 0;
    int32_t slots = 0, inputs = 0;
    while (p->centre_count < maker->most_centres) {
        if (maker->used == maker->context_count && !fe_next_centre(maker)) break;
        if (maker->context_count > FE_MAX_INPUTS || maker->context_count > maker->most_together) {
            if (p->centre_count == 0) fe_next_contexts(maker, p);
            break;
        }
        const int64_t number = w->passed + w->centre;
        const int64_t left = w->passed + maker->reach.from, right = w->passed + maker->reach.to;
        const int goes_on = number == run.centre + 1;
        struct fe_run next = {run.origin, left, right, number, goes_on ? run.inputs_before : inputs};
        if (goes_on) {
            if (run.first < left) next.first = run.first;
            if (run.last > right) next.last = run.last;
        } else { /* later centres reach further to the left at times, by no more than this */
            int32_t room = maker->job->contexts.window < FE_MAX_INPUTS ? maker->job->contexts.window : FE_MAX_INPUTS;
            if (w->centre < room) room = w->centre;
            next.origin = number - room - slots;
        }
        /* In a run of one the centre is no context; in one of two, each is the other's. */
        const int32_t inputs_then = next.inputs_before + (int32_t)(next.last - next.first) + goes_on;
        const int is_full = inputs_then > FE_MAX_INPUTS || p->own_pairs + maker->context_count > maker->most_together ||
                            fe_is_far(maker, p, 0);
        if (p->centre_count == 0) {
            token = fe_token_of_centre(maker);
            p->needed = fe_first_needed(maker);
        } else if (is_full || fe_is_centre(p, maker->centre)) break;
        run = next;
        inputs = inputs_then;
        const int32_t new_slots = (int32_t)(right - run.origin) + 1 - slots;
        fe_copy_ids(p->rows + slots, w->ids + (run.origin + slots - w->passed), new_slots);
        for (int32_t s = slots; p->numbers != NULL && s < slots + new_slots; s++) p->numbers[s] = run.origin + s;
        if (new_slots > 0) slots += new_slots;
        from[p->centre_count] = (uint8_t)(left - run.origin);
        length[p->centre_count] = (uint8_t)(right - left);
        centre[p->centre_count] = (uint8_t)(number - run.origin);
        p->centres[p->centre_count++] = maker->centre;
        p->own_pairs += maker->context_count;
        maker->used = maker->context_count;
    }
    if (inputs == 0) return;
    int32_t m = 0, *ids = p->rows;
    uint8_t *owns = p->own;
    if (p->numbers != NULL) fe_number_inputs(p, slots, from, length, centre);
    for (int32_t line = 0; line < slots; line += FE_LINE) {
        uint8_t own[FE_LINE];
        fe_find_own(line, from, length, centre, own);
        for (int s = 0; s < FE_LINE; s++) {
            ids[m] = ids[line + s];
            owns[m] = own[s];
            m += own[s] != 0;
        }
    }
    p->m = m;
    const int is_thinned = p->own_pairs > FE_FEW_CONTEXTS && negative < FE_LEAST_DRAWS;
    fe_aim(maker, p, token, 0, is_thinned ? FE_LEAST_DRAWS : negative);
}

/* Tokens that windows have passed, without the current centre if no block has it yet. */
static inline int64_t fe_passed(const struct fe_maker *maker) {
    int64_t passed = -(maker->used == 0 && maker->context_count > 0);
    for (int32_t k = 0; k < maker->window_count; k++) passed += maker->windows[k].reached - maker->windows[k].begin;
    return passed;
}

/* Fill p with the next block; its m is 0 when there is none. */
static inline void fe_next_block(struct fe_maker *maker, struct fe_pending *p) {
    const struct fe_job *job = maker->job;
    p->m = p->has_bags = p->is_matched = p->centre_count = p->own_pairs = 0;
    FE_UNROLL for (int32_t i = 0; i < FE_CENTRES; i++) p->centres[i] = -1;
    p->path_is_new = 1;
    p->kept = maker->kept - (maker->used == 0 && maker->context_count > 0);
    if (maker->window_count > 1) p->passed = fe_passed(maker);
    maker->make(maker, p);
    if (p->m == 0) return;
    if (maker->window_count == 1) p->passed = p->token - maker->window->begin;
    if (job->matrices.out_hs != NULL && p->path_is_new) fe_target_prefetch_path(job, p->centres[0]);
    const uint32_t bits = (uint32_t)fe_draw(maker->paths_key, (uint64_t)p->token);
    p->path_part = job->paths.thinned ? (int32_t)fe_below(bits, FE_TOP_PARTS) : FE_WHOLE;
    if (job->contexts.basket == 0) return;
    for (int32_t i = 0; i < fe_row_count(p); i++) fe_send_for_word(maker, p->rows[i]);
    for (int32_t i = 0; p->numbers != NULL && i < fe_row_count(p); i++) p->numbers[i] = maker->numbered++;
}

/* How many contexts may share outputs at this rate. All of them are scored before any has moved an output: with many
 * more training diverges at a rate of 0.1 on paths, of which the first nodes are the same, and at 0.2 on negatives. */
static inline int32_t fe_most_at_rate(float alpha, int has_paths, int32_t limit) {
    const float most = (has_paths ? 0.41f : 1.25f) / alpha;
    return most >= (float)limit ? limit : most > 1.0f ? (int32_t)most : 1;
}

/* How many contexts of one centre may share outputs. */
static inline int32_t fe_most_contexts(const struct fe_job *job, float alpha) {
    return job->inputs.per_pair ? 1 : fe_most_at_rate(alpha, job->matrices.out_hs != NULL, FE_FEW_CONTEXTS);
}

/* Tokens that a maker reads: [begin, end), or the piece of them that begins after `piece_from` others, which are
 * pieces, too. */
struct fe_span {
    int64_t begin, end;
    int64_t piece_from; /* -1: all */
};

/* Among how many windows. In PV-DBOW a row that the pieces of several lanes take learns less in a round. Where
 * documents have tags in common, pieces of one document take fewer such rows. */
static inline int32_t fe_parts(const struct fe_maker *maker, struct fe_span span) {
    const struct fe_view *view = maker->view;
    const int is_piece_of_tags = span.piece_from >= 0 && maker->job->inputs.kind == FE_TAG_INPUTS;
    if (is_piece_of_tags && view->tag_offsets[view->sentences] > maker->job->matrices.tag_rows) return 1;
    return maker->window_count;
}

/* Part the tokens among windows. A piece has the next tokens of each. */
static inline void fe_maker_open(struct fe_maker *maker, int64_t epoch, struct fe_span span) {
    const int64_t size = span.end - span.begin;
    const int32_t parts = fe_parts(maker, span);
    maker->turn = -1;
    maker->open_count = 0;
    maker->window = maker->windows;
    for (int32_t k = 0; k < maker->window_count; k++) {
        struct fe_window *w = &maker->windows[k];
        int64_t from = span.begin + size * k / parts, to = span.begin + size * (k + 1) / parts;
        if (span.piece_from >= 0) {
            from += span.piece_from / parts;
            if (to - from > FE_PIECE / parts) to = from + FE_PIECE / parts;
        }
        w->begin = w->reached = from; /* an empty one, too */
        if (k >= parts || from >= to) continue;
        fe_window_start(w, maker->job, maker->view, epoch, from, to);
        maker->open[maker->open_count++] = w;
    }
}

/* Before the first block; maker and p are laid out. */
static inline void fe_maker_start(struct fe_maker *maker, const struct fe_job *job, const struct fe_view *view,
                                  int64_t epoch, float alpha, struct fe_ahead *ahead) {
    const int is_alone = fe_is_alone(job);
    const uint64_t key = fe_key(job->seed, (uint64_t)epoch, FE_STREAM_NEGATIVES);
    maker->job = job;
    maker->view = view;
    maker->ahead = ahead;
    maker->most_centres = is_alone ? 1 : FE_CENTRES;
    maker->most_contexts = fe_most_contexts(job, alpha);
    maker->most_together = fe_most_at_rate(alpha, 0, FE_MOST_CONTEXTS);
    if (job->contexts.basket > 0 && job->inputs.kind == FE_CONTEXT_INPUTS) /* not fewer inputs than centres */
        while (maker->most_centres * maker->most_centres > maker->most_together) maker->most_centres--;
    maker->negatives_key = fe_key_from(key, (uint64_t)view->first_position);
    maker->paths_key = fe_key_from(fe_key(job->seed, (uint64_t)epoch, FE_STREAM_PATHS), (uint64_t)view->first_position);
    if (job->inputs.kind == FE_BAG_INPUTS) maker->make = fe_next_bags;
    else if (job->inputs.kind == FE_SIDE_INPUTS) maker->make = fe_next_side_by_side;
    else if (job->inputs.kind == FE_TAG_INPUTS) {
        const int has_lone = job->documents.longest <= 1 && maker->most_together >= FE_CENTRES;
        maker->make = has_lone && fe_window_count(job) > 1 ? fe_next_lone_tags : fe_next_tags;
    } else if (is_alone) maker->make = fe_next_contexts;
    else maker->make = job->contexts.basket > 0 ? fe_next_baskets : fe_next_windows;
    maker->pool.at = maker->pool.round = 0;
    maker->used = maker->context_count = 0;
    maker->kept = maker->numbered = 0;
}

#endif
