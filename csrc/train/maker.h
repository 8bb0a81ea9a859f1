/* Tokens -> the next centre with its contexts and tags, and the draws of a block: what all makers of blocks share.
 *
 * Centres of a block share negatives. A document's row that met the same ones with several words would learn from too
 * few different ones. So where documents learn, the tokens are parted among FE_CENTRES windows that take turns: a
 * block's centres are in several documents as a rule, and each row meets new negatives with each word, though
 * FE_CENTRES rows share them. A block with k centres of one document has k times as many, which weigh as much less
 * (sharing.h). (That documents of a block have a tag in common is not looked at.) */
#ifndef FE_MAKER_H
#define FE_MAKER_H

#include "common/carve.h"
#include "train/ahead.h"
#include "train/pending.h"
#include "train/targets.h"
#include "train/tokens.h"
#include "train/train.h"

enum {
    FE_POOL = 1024,      /* negatives in the pool of baskets: with 128 floats their rows fill half a megabyte */
    FE_LEAST_SHARES = 8, /* blocks until a negative's next turn, at least */
    FE_NEAR_ROWS = 2048, /* of words, and as many of n-grams, that are not sent for where words are bags */
    FE_LISTS_AHEAD = 8,  /* tokens from sending for a bag's list of rows to its entry, and before it for its place */
    FE_POOL_ROUNDS = 8,  /* turns of a negative before it is drawn anew */
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

#endif
