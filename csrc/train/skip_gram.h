/* Makers of blocks whose inputs are contexts, one by one: skip-gram, in windows and in baskets. */
#ifndef FE_SKIP_GRAM_H
#define FE_SKIP_GRAM_H

#include <string.h>

#include "train/maker.h"

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

#endif
