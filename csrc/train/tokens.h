/* Tokens -> centres with their contexts: the tokens that subsampling keeps, seen through a sliding window or as whole
 * baskets.
 *
 * Whether a token stays and how far its window reaches depends on the key and its position alone, so a block may begin
 * and end anywhere in a sentence and still sees the contexts beyond its edges. */
#ifndef FE_TOKENS_H
#define FE_TOKENS_H

#include <string.h>

#include "kernels/kernel.h"
#include "train/sample.h"
#include "train/train.h"

enum {
    FE_WINDOW_CENTRES = 2048, /* kept tokens in the buffer beside the contexts on both sides */
    FE_DOCUMENT_TOKENS = 64,  /* read at a time where there are no contexts, so that the buffer stays in cache */
};

struct fe_kept {
    int64_t token;   /* its number in the view */
    uint32_t random; /* for the reach of its window */
};

/* Contexts that a centre can have: on either side of it, or of a basket in all. */
static inline int32_t fe_span(const struct fe_contexts *contexts) {
    const int32_t most = contexts->basket > 0 ? contexts->basket : contexts->window;
    return most < contexts->longest_sentence ? most : (int32_t)contexts->longest_sentence;
}

struct fe_window {
    const struct fe_job *job;
    const struct fe_view *view;
    int32_t span;             /* contexts that a centre can have on either side */
    uint64_t key, basket_key; /* of draws by the number of a token in the view */
    struct fe_kept *kept;     /* most_centres + 2 * span entries */
    int32_t *ids;             /* theirs, and room for FE_LINE more */
    int64_t sentence;
    int64_t begin, end;        /* the block: centres are the kept tokens in [begin, end) */
    int64_t next, centres_end; /* next token to read; the block's end within the sentence */
    int64_t passed;            /* entry e is number passed + e; neighbours' numbers follow each other, others' not */
    int32_t most_centres;      /* kept tokens in the buffer beside the contexts on both sides */
    int64_t reached;           /* the token after the last centre */
    int64_t tagged;            /* the sentence, a document, whose tags these are; -1 at first */
    const int32_t *tags;
    int32_t tag_count;
    int32_t count, centre, after; /* entries in `kept`; the current centre; entries past centres_end */
};

/* Writes entry `at` in any case: a branch would be mispredicted. Returns whether the token stays. */
FE_INLINE int fe_window_keep(const struct fe_window *w, int64_t token, int32_t at) {
    const uint64_t random = fe_draw(w->key, (uint64_t)token);
    const int32_t id = w->view->ids[token];
    uint64_t keep = UINT32_MAX;
    if (w->job->subsampling.keep != NULL) {
        const int32_t last = w->job->subsampling.last, is_frequent = -(id < last); /* no branch, as above */
        keep = w->job->subsampling.keep[(id & is_frequent) | (last & ~is_frequent)];
    }
    if (w->view->keep != NULL) keep = ((keep + 1) * ((uint64_t)w->view->keep[token] + 1) - 1) >> 32;
    w->kept[at] = (struct fe_kept){token, (uint32_t)(random >> 32)};
    w->ids[at] = id;
    return fe_keeps((uint32_t)keep, random);
}

/* The entries from `from` on move to the front. */
static inline void fe_window_shift(struct fe_window *w, int32_t from) {
    memmove(w->kept, w->kept + from, (size_t)w->count * sizeof *w->kept);
    memmove(w->ids, w->ids + from, (size_t)w->count * sizeof *w->ids);
}

/* Begin the part of sentence w->sentence that lies in the block, with the contexts to its left. */
static inline void fe_window_enter(struct fe_window *w) {
    const int64_t *bounds = w->view->offsets + w->sentence;
    const int64_t first = bounds[0] > w->begin ? bounds[0] : w->begin;
    const int32_t span = w->span;
    int32_t at = span;
    w->passed += w->count + 1;
    for (int64_t t = first - 1; t >= bounds[0] && at > 0; t--) at -= fe_window_keep(w, t, at - 1);
    w->count = span - at;
    fe_window_shift(w, at);
    w->centre = w->count;
    w->after = 0;
    w->next = first;
    w->centres_end = bounds[1] < w->end ? bounds[1] : w->end;
}

/* Fill the buffer as far as it goes, keeping the contexts left of the next centre. */
static inline void fe_window_fill(struct fe_window *w) {
    const int32_t span = w->span, room = w->most_centres + 2 * span;
    const int64_t sentence_end = w->view->offsets[w->sentence + 1];
    if (w->centre > span) {
        const int32_t passed = w->centre - span;
        w->count -= passed;
        w->passed += passed;
        w->centre = span;
        fe_window_shift(w, passed);
    }
    while (w->count < room && w->next < w->centres_end) {
        w->count += fe_window_keep(w, w->next, w->count);
        w->next++;
    }
    if (w->next < w->centres_end) return;
    while (w->count < room && w->next < sentence_end && w->after < span) {
        const int stays = fe_window_keep(w, w->next, w->count);
        w->count += stays;
        w->after += stays;
        w->next++;
    }
}

static inline int fe_window_sentence_read(const struct fe_window *w) {
    return w->next >= w->view->offsets[w->sentence + 1] || (w->next >= w->centres_end && w->after >= w->span);
}

static inline void fe_window_start(struct fe_window *w, const struct fe_job *job, const struct fe_view *view,
                                   int64_t epoch, int64_t begin, int64_t end) {
    const uint64_t first = (uint64_t)view->first_position;
    w->job = job;
    w->view = view;
    w->span = fe_span(&job->contexts);
    w->passed = w->count = w->centre = 0;
    w->key = fe_key_from(fe_key(job->seed, (uint64_t)epoch, FE_STREAM_TOKENS), first);
    w->basket_key = fe_key_from(fe_key(job->seed, (uint64_t)epoch, FE_STREAM_BASKETS), first);
    w->begin = w->reached = begin;
    w->end = end;
    w->tagged = -1;
    /* The sentence that holds token `begin`: the last one with offsets[s] <= begin that is not empty. */
    int64_t low = 0, high = view->sentences;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (view->offsets[middle] <= begin) low = middle;
        else high = middle;
    }
    w->sentence = low;
    w->next = begin;
    if (job->contexts.basket > 0 || job->inputs.kind == FE_TAG_INPUTS) return; /* no windows */
    fe_window_enter(w);
    w->centre--; /* the first fe_window_next steps onto the first centre */
}

/* Move to the next centre; 0 when the block is done. */
static inline int fe_window_next(struct fe_window *w) {
    const int32_t span = w->span;
    w->centre++;
    for (;;) {
        const int read = fe_window_sentence_read(w);
        if (w->centre < w->count - w->after && (read || w->centre + span < w->count)) return 1;
        if (!read) {
            fe_window_fill(w);
            continue;
        }
        if (w->view->offsets[w->sentence + 1] >= w->end) return 0;
        w->sentence++;
        fe_window_enter(w);
    }
}

/* Copies at least `count`, by the line: the number is hard to predict. */
FE_INLINE void fe_copy_ids(int32_t *to, const int32_t *from, int32_t count) {
    do {
        memcpy(to, from, FE_LINE * sizeof *to);
        to += FE_LINE;
        from += FE_LINE;
        count -= FE_LINE;
    } while (count > 0);
}

/* The first and last entry of the current centre's window. */
struct fe_reach {
    int32_t from, to;
};

FE_INLINE struct fe_reach fe_window_reach(const struct fe_window *w) {
    const int32_t window = w->job->contexts.window;
    const uint32_t random = w->kept[w->centre].random;
    const int32_t reach = w->job->contexts.shrink ? window - (int32_t)fe_below(random, (uint32_t)window) : window;
    return (struct fe_reach){w->centre > reach ? w->centre - reach : 0,
                             w->centre + reach < w->count - 1 ? w->centre + reach : w->count - 1};
}

/* Ids of the current centre's contexts, left to right. contexts: 2 * span, and FE_LINE more. */
FE_INLINE void fe_window_contexts(const struct fe_window *w, struct fe_reach reach, int32_t *contexts) {
    fe_copy_ids(contexts, w->ids + reach.from, w->centre - reach.from);
    fe_copy_ids(contexts + (w->centre - reach.from), w->ids + w->centre + 1, reach.to - w->centre);
}

/* ---- documents, whose tags are the inputs: kept tokens of one document at a time are buffered ---- */

/* Fill the buffer from the next document that has some, and stand before the first; 0 when the block is done. */
static inline int fe_document_fill(struct fe_window *w) {
    const int64_t *offsets = w->view->offsets;
    w->centre = -1;
    w->count = 0;
    while (w->count == 0 && w->next < w->end) {
        while (offsets[w->sentence + 1] <= w->next) w->sentence++;
        const struct fe_window read = *w; /* nothing that is written changes it */
        int64_t end = w->next + FE_DOCUMENT_TOKENS;
        if (end > offsets[w->sentence + 1]) end = offsets[w->sentence + 1];
        if (end > w->end) end = w->end;
        int32_t count = 0;
        for (int64_t token = w->next; token < end; token++) count += fe_window_keep(&read, token, count);
        w->count = count;
        w->next = end;
    }
    return w->count > 0;
}

FE_INLINE int fe_document_next(struct fe_window *w) {
    if (w->centre + 1 >= w->count && !fe_document_fill(w)) return 0;
    w->centre++;
    return 1;
}

/* ---- baskets, where any token may be a context of any other: nothing is buffered but the centre, entry 0 ---- */

static inline int fe_basket_next(struct fe_window *w) {
    w->centre = 0;
    w->count = 1;
    while (w->next < w->end) {
        const int64_t token = w->next++;
        while (w->view->offsets[w->sentence + 1] <= token) w->sentence++;
        if (fe_window_keep(w, token, 0)) return 1;
    }
    return 0;
}

/* The next centres of one basket: up to `most` kept tokens of different words. Returns how many; their ids and numbers
 * in the view. */
static inline int32_t fe_basket_centres(struct fe_window *w, int32_t most, int32_t *ids, int64_t *tokens) {
    int32_t count = 0;
    for (; count < most && w->next < w->end; w->next++) {
        const int64_t token = w->next;
        if (count > 0 && w->view->offsets[w->sentence + 1] <= token) break;
        while (w->view->offsets[w->sentence + 1] <= token) w->sentence++;
        if (!fe_window_keep(w, token, 0)) continue;
        int is_there = 0;
        for (int32_t k = 0; k < count; k++) is_there |= ids[k] == w->ids[0];
        if (is_there) break;
        ids[count] = w->ids[0];
        tokens[count++] = token;
    }
    return count;
}

/* Tokens of the basket that token `from` is in, as many as `basket` but for those that are not kept; without `from`
 * itself if `is_alone`. Fills their ids and, if not NULL, numbers; each has room for one more than `span`. Returns how
 * many.
 *
 * A basket with more than `basket` tokens is cut, from a random token on, into `basket` arcs of the same length or one
 * more, and one token is drawn in each. The cut's rotation draws each token with the same probability, and none
 * twice. */
FE_INLINE int32_t fe_basket_contexts(const struct fe_window *w, int64_t from, int is_alone, int32_t *ids,
                                     int64_t *tokens) {
    const int64_t first = w->view->offsets[w->sentence];
    const uint32_t size = (uint32_t)(w->view->offsets[w->sentence + 1] - first) - (uint32_t)is_alone;
    const uint32_t most = (uint32_t)w->job->contexts.basket, arcs = size < most ? size : most;
    const uint32_t left_out = is_alone ? (uint32_t)(from - first) : size;
    if (arcs == 0) return 0;
    const uint64_t key = fe_draw(w->basket_key, (uint64_t)from);
    const uint32_t length = size / arcs, longer = size % arcs;
    uint32_t at = size > arcs ? fe_below((uint32_t)fe_draw(key, 0), size) : 0;
    int32_t m = 0;
    for (uint32_t k = 0; k < arcs; k++) {
        const uint32_t arc = length + (k < longer);
        uint32_t place = at + (arc > 1 ? fe_below((uint32_t)fe_draw(key, k + 1), arc) : 0);
        if (place >= size) place -= size;
        const int64_t token = first + place + (place >= left_out);
        const int stays = fe_window_keep(w, token, 1);
        ids[m] = w->ids[1];
        if (tokens != NULL) tokens[m] = token;
        m += stays;
        at += arc;
        if (at >= size) at -= size;
    }
    return m;
}

#endif
