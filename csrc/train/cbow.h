/* Makers of blocks whose inputs are bags, one a centre: CBOW, and PV-DM, where tags join the contexts. */
#ifndef FE_CBOW_H
#define FE_CBOW_H

#include <string.h>

#include "train/maker.h"
#include "train/sharing.h"

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

#endif
