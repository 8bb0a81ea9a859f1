/* Contexts -> inputs: which rows of IN make the next block, and whose contexts they are. An input maker is chosen once
 * a run (fe_maker_start): skip-gram has three (skip_gram.h), CBOW one, which is PV-DM's, too, concatenation another
 * (cbow.h), PV-DBOW two (pv_dbow.h). All of them fill a struct fe_pending, and the step does not know which did.
 *
 * An input is one row of IN, or the mean or sum of a bag of them; a bag of one row need not be copied. The row of a
 * context is that of its word, or where a word is a bag itself, of its n-grams, what is held of it (held.h). A
 * document's tags have rows of their own, which join each bag of it, or are the inputs of all its words. */
#ifndef FE_INPUTS_H
#define FE_INPUTS_H

#include "train/cbow.h"
#include "train/maker.h"
#include "train/pv_dbow.h"
#include "train/skip_gram.h"

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
