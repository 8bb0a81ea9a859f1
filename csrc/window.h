/* Sentence -> inputs and centre: a walk over the tokens that subsampling keeps.
 *
 * Whether a token stays and how far its window reaches depends on (key, token) alone, so a block may begin and end
 * anywhere in a sentence and still sees the contexts beyond its edges. */
#ifndef FE_WINDOW_H
#define FE_WINDOW_H

#include <string.h>

#include "kernel.h"
#include "sample.h"

enum { FE_WALK_CENTRES = 2048 }; /* kept tokens in the buffer beside the contexts on both sides */

struct fe_kept {
    int64_t position; /* of the token in the corpus */
    int32_t id;
    uint32_t random; /* for the reach of its window */
};

struct fe_walk {
    const struct fe_job *job;
    uint64_t key;
    struct fe_kept *kept; /* FE_WALK_CENTRES + 2 * span entries */
    int64_t sentence;
    int64_t begin, end;           /* the block: centres are the kept tokens in [begin, end) */
    int64_t next, centres_end;    /* next token to read; the block's end within the sentence */
    int32_t count, centre, after; /* entries in `kept`; the current centre; entries past centres_end */
};

/* Writes `kept` in any case: a branch would be mispredicted. Returns whether the token stays. */
FE_INLINE int fe_walk_keep(const struct fe_walk *w, int64_t position, struct fe_kept *kept) {
    const uint64_t random = fe_draw(w->key, (uint64_t)position);
    const int32_t id = w->job->ids[position];
    *kept = (struct fe_kept){position, id, (uint32_t)(random >> 32)};
    return w->job->keep == NULL || fe_keeps(w->job->keep[id], random);
}

/* Begin the part of sentence w->sentence that lies in the block, with the contexts to its left. */
static inline void fe_walk_enter(struct fe_walk *w) {
    const int64_t *bounds = w->job->offsets + w->sentence;
    const int64_t first = bounds[0] > w->begin ? bounds[0] : w->begin;
    const int32_t span = w->job->span;
    int32_t at = span;
    for (int64_t t = first - 1; t >= bounds[0] && at > 0; t--) at -= fe_walk_keep(w, t, &w->kept[at - 1]);
    w->count = span - at;
    memmove(w->kept, w->kept + at, (size_t)w->count * sizeof *w->kept);
    w->centre = w->count;
    w->after = 0;
    w->next = first;
    w->centres_end = bounds[1] < w->end ? bounds[1] : w->end;
}

/* Fill the buffer as far as it goes, keeping the contexts left of the next centre. */
static inline void fe_walk_fill(struct fe_walk *w) {
    const int32_t span = w->job->span, room = FE_WALK_CENTRES + 2 * span;
    const int64_t sentence_end = w->job->offsets[w->sentence + 1];
    if (w->centre > span) {
        const int32_t passed = w->centre - span;
        w->count -= passed;
        w->centre = span;
        memmove(w->kept, w->kept + passed, (size_t)w->count * sizeof *w->kept);
    }
    while (w->count < room && w->next < w->centres_end) {
        w->count += fe_walk_keep(w, w->next, &w->kept[w->count]);
        w->next++;
    }
    if (w->next < w->centres_end) return;
    while (w->count < room && w->next < sentence_end && w->after < span) {
        const int stays = fe_walk_keep(w, w->next, &w->kept[w->count]);
        w->count += stays;
        w->after += stays;
        w->next++;
    }
}

static inline int fe_walk_sentence_read(const struct fe_walk *w) {
    return w->next >= w->job->offsets[w->sentence + 1] || (w->next >= w->centres_end && w->after >= w->job->span);
}

static inline void fe_walk_start(struct fe_walk *w, const struct fe_job *job, int64_t epoch, int64_t begin,
                                 int64_t end) {
    w->job = job;
    w->key = fe_key(job->seed, (uint64_t)epoch, FE_STREAM_TOKENS);
    w->begin = begin;
    w->end = end;
    /* The sentence that holds token `begin`: the last one with offsets[s] <= begin that is not empty. */
    int64_t low = 0, high = job->sentences;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (job->offsets[middle] <= begin) low = middle;
        else high = middle;
    }
    w->sentence = low;
    fe_walk_enter(w);
    w->centre--; /* the first fe_walk_next steps onto the first centre */
}

/* Move to the next centre; 0 when the block is done. */
static inline int fe_walk_next(struct fe_walk *w) {
    const int32_t span = w->job->span;
    w->centre++;
    for (;;) {
        const int read = fe_walk_sentence_read(w);
        if (w->centre < w->count - w->after && (read || w->centre + span < w->count)) return 1;
        if (!read) {
            fe_walk_fill(w);
            continue;
        }
        if (w->job->offsets[w->sentence + 1] >= w->end) return 0;
        w->sentence++;
        fe_walk_enter(w);
    }
}

/* Ids of the current centre's contexts, left to right; returns how many. contexts: 2 * span. */
FE_INLINE int32_t fe_walk_contexts(const struct fe_walk *w, int32_t *contexts) {
    const int32_t window = w->job->window;
    const struct fe_kept centre = w->kept[w->centre];
    const int32_t reach = w->job->shrink_windows ? window - (int32_t)fe_below(centre.random, (uint32_t)window) : window;
    const int32_t from = w->centre > reach ? w->centre - reach : 0;
    const int32_t to = w->centre + reach < w->count - 1 ? w->centre + reach : w->count - 1;
    int32_t m = 0;
    for (int32_t i = from; i <= to; i++) {
        contexts[m] = w->kept[i].id;
        m += i != w->centre;
    }
    return m;
}

#endif
