/* Words that are bags of rows, held while the window passes over them.
 *
 * The input of such a word is the mean of its own row and those of its n-grams. A token is an input of several blocks
 * in a row, as it is in the windows of several centres: its rows are gathered once, before the first of these, and
 * what all of them change goes back to the rows once, when no later block can need it. Meanwhile blocks see and change
 * what is held. Each row receives the whole change of its word's input, as in fastText, so that a mean changes by just
 * that.
 *
 * Of skip-gram means are held; of CBOW sums, as its input is the mean of all rows of all contexts.
 *
 * In rounds the rows stay as they are while a piece is trained. What goes back is kept in the piece for each word
 * (fe_changed), and a word that is held once more in the same piece is as it was left. */
#ifndef FE_HELD_H
#define FE_HELD_H

#include "common/carve.h"
#include "kernels/kernel.h"
#include "train/inputs.h"
#include "train/piece.h"
#include "train/train.h"

struct fe_held {
    const struct fe_kernel *kernel;
    const struct fe_job *job;
    struct fe_changed *changed; /* of a piece; or NULL: rows change at once */
    int32_t *places;            /* 1 + a word's place in `changed`, or 0 */
    int32_t entries;            /* a power of 2; 0: words are rows. The numbers that are held lie within so many */
    int64_t oldest;             /* no number below it is held */
    int32_t *slots;             /* of number n in slots[n % entries], or -1 */
    int32_t *unused;            /* a stack of slots: the latest ones are in cache */
    int32_t unused_count;
    int32_t *words;         /* in each slot */
    float *values, *before; /* slots x stride: what is held, now and as it was gathered */
    int32_t *pairs;         /* slots: of an input and an output */
    float *factors;         /* slots: by which a block's change of the input is multiplied there */
    float **rows, *scale;   /* of one bag */
};

static inline void fe_held_lay_out(struct fe_held *held, const struct fe_job *job, struct carver *c) {
    const int64_t entries = held->entries = fe_numbers_held(job);
    const int64_t longest = entries > 0 ? job->subwords.longest : 0;
    held->slots = carve(c, entries, sizeof *held->slots);
    held->unused = carve(c, entries, sizeof *held->unused);
    held->words = carve(c, entries, sizeof *held->words);
    held->values = carve(c, entries * job->matrices.stride, sizeof(float));
    held->before = carve(c, entries * job->matrices.stride, sizeof(float));
    held->pairs = carve(c, entries, sizeof *held->pairs);
    held->factors = carve(c, entries, sizeof(float));
    held->rows = carve(c, longest, sizeof *held->rows);
    held->scale = carve(c, longest, sizeof(float));
}

static inline void fe_held_start(struct fe_held *held, const struct fe_kernel *kernel, const struct fe_job *job,
                                 struct fe_changed *changed, int32_t *places) {
    held->kernel = kernel;
    held->job = job;
    held->changed = changed;
    held->places = places;
    held->oldest = 0;
    held->unused_count = held->entries;
    for (int32_t k = 0; k < held->entries; k++) {
        held->slots[k] = -1;
        held->unused[k] = held->entries - 1 - k;
    }
}

static inline int32_t fe_bag_size(const struct fe_job *job, int32_t word) {
    return (int32_t)(job->subwords.offsets[word + 1] - job->subwords.offsets[word]);
}

/* The rows of a word's bag. */
static inline void fe_find_bag(struct fe_held *held, int32_t word) {
    const struct fe_job *job = held->job;
    const int32_t *bag = job->subwords.rows + job->subwords.offsets[word], count = fe_bag_size(job, word);
    float *in = job->matrices.in, **rows = held->rows;
    const int64_t stride = job->matrices.stride;
    for (int32_t k = 0; k < count; k++) rows[k] = in + bag[k] * stride;
}

/* The factors on the changes of a bag's rows, times `factor`; returns their sum. */
static inline float fe_find_scale(struct fe_held *held, int32_t word, float factor) {
    const struct fe_job *job = held->job;
    const int32_t *bag = job->subwords.rows + job->subwords.offsets[word], count = fe_bag_size(job, word);
    float sum = 0.0f;
    if (job->matrices.in_scale == NULL) {
        for (int32_t k = 0; k < count; k++) held->scale[k] = factor;
        return factor * (float)count;
    }
    for (int32_t k = 0; k < count; k++) {
        held->scale[k] = factor * job->matrices.in_scale[bag[k]];
        sum += held->scale[k];
    }
    return sum;
}

/* The slot of a token's word, which is gathered unless it is held, and is in so many more pairs. */
static inline int32_t fe_hold(struct fe_held *held, int64_t number, int32_t word, int32_t pairs) {
    const struct fe_matrices *matrices = &held->job->matrices;
    int32_t *entry = held->slots + (number & (held->entries - 1));
    if (*entry >= 0) {
        held->pairs[*entry] += pairs;
        return *entry;
    }
    const int32_t slot = *entry = held->unused[--held->unused_count], count = fe_bag_size(held->job, word);
    const float share = held->job->inputs.kind == FE_CONTEXT_INPUTS ? 1.0f / (float)count : 1.0f;
    float *values = held->values + slot * matrices->stride;
    held->words[slot] = word;
    held->pairs[slot] = pairs;
    held->factors[slot] = fe_find_scale(held, word, share);
    fe_find_bag(held, word);
    held->kernel->gather(held->rows, count, share, matrices->size, values);
    if (held->changed != NULL && held->places[word] > 0)
        held->kernel->add(values, held->factors[slot],
                          held->changed->changes + (held->places[word] - 1) * matrices->stride, matrices->size);
    memcpy(held->before + slot * matrices->stride, values, (size_t)matrices->stride * sizeof *values);
    return slot;
}

/* Let the piece keep a word's change. */
static inline void fe_keep_change(struct fe_held *held, int32_t word, int32_t pairs, float factor,
                                  const float *change) {
    const int64_t stride = held->job->matrices.stride;
    struct fe_changed *changed = held->changed;
    int32_t *place = &held->places[word];
    if (*place == 0) {
        changed->words[changed->count] = word;
        changed->pairs[changed->count] = 0;
        memset(changed->changes + changed->count * stride, 0, (size_t)stride * sizeof *change);
        *place = ++changed->count;
    }
    changed->pairs[*place - 1] += pairs;
    held->kernel->add(changed->changes + (*place - 1) * stride, factor, change, held->job->matrices.size);
}

static inline void fe_let_go(struct fe_held *held, int32_t slot) {
    const struct fe_matrices *matrices = &held->job->matrices;
    const int32_t word = held->words[slot], rows = fe_bag_size(held->job, word);
    float *values = held->values + slot * matrices->stride;
    held->unused[held->unused_count++] = slot;
    if (held->factors[slot] == 0.0f) return; /* all rows of the word are locked */
    const float factor = 1.0f / held->factors[slot];
    held->kernel->add(values, -1.0f, held->before + slot * matrices->stride, matrices->size);
    if (held->changed != NULL) {
        const int is_mean = held->job->inputs.kind == FE_CONTEXT_INPUTS || held->job->inputs.mean;
        fe_keep_change(held, word, fe_pairs_of_row(is_mean, held->pairs[slot], rows), factor, values);
        return;
    }
    fe_find_scale(held, word, factor);
    fe_find_bag(held, word);
    held->kernel->scatter(held->rows, rows, held->scale, matrices->size, values);
}

/* What was changed in words with numbers below `needed` goes back to their rows. */
static inline void fe_let_go_below(struct fe_held *held, int64_t needed) {
    int64_t end = held->oldest + held->entries;
    if (needed < end) end = needed;
    for (int64_t number = held->oldest; number < end; number++) {
        int32_t *entry = held->slots + (number & (held->entries - 1));
        if (*entry < 0) continue;
        fe_let_go(held, *entry);
        *entry = -1;
    }
    if (needed > held->oldest) held->oldest = needed;
}

#endif
