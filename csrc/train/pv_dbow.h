/* Makers of blocks whose inputs are the tags of documents: PV-DBOW. */
#ifndef FE_PV_DBOW_H
#define FE_PV_DBOW_H

#include "train/maker.h"
#include "train/sharing.h"

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

/* The usual block of fe_next_lone_tags: a word of each of FE_CENTRES windows, whose buffers have one left; then it is
 * the same window's turn again. Returns 0, and nothing has changed, where two of them are in one document or at the
 * same word. */
FE_INLINE int fe_next_apart(struct fe_maker *maker, struct fe_pending *p) {
    const int32_t first_row = (int32_t)maker->job->matrices.in_rows, first = fe_next_turn(maker);
    struct fe_window *windows[FE_CENTRES];
    int32_t words[FE_CENTRES];
    int is_other = 0;
    if (maker->open_count < FE_CENTRES) return 0;
    FE_UNROLL for (int32_t k = 0; k < FE_CENTRES; k++) {
        struct fe_window *w = windows[k] = maker->open[(uint32_t)(first + k) % FE_CENTRES];
        if (w->centre + 1 >= w->count) return 0;
        words[k] = w->ids[w->centre + 1];
        FE_UNROLL for (int32_t i = 0; i < k; i++)
            is_other |= (words[i] == words[k]) | (windows[i]->sentence == w->sentence);
    }
    if (is_other) return 0;
    FE_UNROLL for (int32_t k = 0; k < FE_CENTRES; k++) {
        struct fe_window *w = windows[k];
        const int64_t number = w->kept[++w->centre].token;
        w->reached = number + 1;
        if (k == 0) p->token = number;
        p->own[k] = (uint8_t)(1 << k);
        p->rows[k] = first_row + w->tags[0];
        p->centres[k] = words[k];
    }
    p->m = p->centre_count = p->own_pairs = FE_CENTRES;
    p->is_matched = 1;
    maker->kept += FE_CENTRES;
    fe_aim(maker, p, p->token, 0, fe_draws(maker->job, 1));
    return 1;
}

/* The same blocks as of fe_next_tags, made faster: no document has more than one tag. */
static void fe_next_lone_tags(struct fe_maker *maker, struct fe_pending *p) {
    if (fe_next_apart(maker, p)) return;
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

#endif
