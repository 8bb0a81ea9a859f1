/* fe_infer_texts does what fe_infer in train.c does, for many short texts that have one tag each.
 *
 * Blocks, draws and steps are those of train.c, so that the vectors are the same: up to FE_CENTRES centres of a text
 * share negatives, and the text's row learns from all of them at once. As random numbers depend on the epoch and the
 * place within a text alone, they are made once for all texts. */
#include "train/infer.h"

#include <string.h>

#include "common/carve.h"
#include "common/compiler.h"
#include "kernels/kernel.h"
#include "train/inputs.h"
#include "train/sample.h"
#include "train/targets.h"

enum { NUMBERS_KEPT = 1 << 17 }; /* random numbers of places, of all epochs */

static const uint8_t ALONE[] = {1}; /* the one centre of a lone bag */

/* Some centres of a text, and their output rows: those of the centres, then of the negatives. */
struct block {
    float **o;
    float *copies; /* of these rows, where they are copied */
    int32_t first; /* the first centre, among the tokens that stay */
    int32_t centres, outputs;
};

struct text {
    float *row;
    const int32_t *tokens;
    int64_t length;
    /* tokens that stay in this epoch: their words, their places in the text, random bits for their windows */
    int32_t *ids, *places;
    uint32_t *random;
    uint32_t *thresholds;   /* of all tokens: each stays when random bits are not above it */
    int32_t kept, next;     /* how many these are; the first one that is in no block yet */
    struct block blocks[2]; /* one that is trained, and the one after it */
    float *in_copies;       /* of the rows of all tokens, where they are copied */
    float *hidden[FE_CENTRES], shares[FE_CENTRES];
    float *g;
};

struct inference {
    const struct fe_kernel *kernel;
    const struct fe_frozen *frozen;
    const struct fe_job *job;
    int32_t draws, most_centres;
    int64_t padded;     /* floats of a padded row */
    int64_t places;     /* of an epoch, whose random numbers are kept */
    uint64_t *random;   /* epochs x places: of a token, */
    int32_t *negatives; /* and of a block that begins there: `draws` words, -1 first if not drawn yet */
    int32_t *others;    /* those at a place that is not kept */
    uint64_t tokens_key, negatives_key;
    int32_t epoch;
    int32_t *words; /* of a block's outputs */
    float **bag;
    float *sums;
    int stride;                   /* floats of a row of G: its own output, and as many as are drawn */
    float times[1 << FE_CENTRES]; /* as in struct fe_block */
    int32_t text_count;
    struct text texts[FE_TOGETHER];
};

/* ---- workspace ---- */

static int32_t most_texts(int64_t texts, int64_t longest, int64_t outputs) {
    int64_t most = longest > 0 ? FE_TOGETHER_TOKENS / longest : FE_TOGETHER;
    if (most > FE_TOGETHER) most = FE_TOGETHER;
    if (most > FE_TOGETHER_OUTPUTS / outputs) most = FE_TOGETHER_OUTPUTS / outputs;
    if (most > texts) most = texts;
    return most > 1 ? (int32_t)most : 1;
}

static void lay_out_text(const struct inference *t, struct text *text, int64_t longest, struct carver *c) {
    const int is_bag = t->job->inputs.kind == FE_BAG_INPUTS, copied = t->frozen->copied;
    const int64_t outputs = FE_CENTRES + (int64_t)t->draws;
    text->ids = carve(c, longest, sizeof *text->ids);
    text->places = carve(c, longest, sizeof *text->places);
    text->random = carve(c, longest, sizeof *text->random);
    text->thresholds = carve(c, longest, sizeof *text->thresholds);
    for (int k = 0; k < 2; k++) {
        text->blocks[k].o = carve(c, outputs, sizeof *text->blocks[k].o);
        text->blocks[k].copies = carve(c, copied ? outputs * t->padded : 0, sizeof(float));
    }
    text->in_copies = carve(c, copied && is_bag ? longest * t->padded : 0, sizeof(float));
    for (int k = 0; k < FE_CENTRES; k++) text->hidden[k] = carve(c, is_bag ? t->padded : 0, sizeof(float));
    text->g = carve(c, FE_STEP_G(outputs), sizeof *text->g);
}

static void lay_out(struct inference *t, int64_t texts, int64_t longest, int32_t epochs, struct carver *c) {
    const struct fe_job *job = t->job;
    const int64_t outputs = FE_CENTRES + (int64_t)t->draws;
    const int64_t window = job->contexts.window < longest ? job->contexts.window : longest;
    t->places = NUMBERS_KEPT / (t->draws + 1) / epochs;
    if (t->places > longest) t->places = longest;
    t->random = carve(c, epochs * t->places, sizeof *t->random);
    t->negatives = carve(c, epochs * t->places * t->draws, sizeof *t->negatives);
    t->others = carve(c, t->draws, sizeof *t->others);
    t->words = carve(c, outputs, sizeof *t->words);
    t->bag = carve(c, 2 * window + 2, sizeof *t->bag);
    t->sums = carve(c, 2 * outputs, sizeof *t->sums);
    t->text_count = most_texts(texts, longest, outputs);
    for (int32_t i = 0; i < t->text_count; i++) lay_out_text(t, &t->texts[i], longest, c);
}

static void describe(struct inference *t, const struct fe_frozen *frozen) {
    const struct fe_job *job = t->job = frozen->job;
    t->frozen = frozen;
    t->draws = FE_INFERRED_DRAWS * job->negatives.count;
    t->stride = fe_g_stride(t->draws + 1);
    t->padded = (job->matrices.size + FE_LINE - 1) / FE_LINE * FE_LINE;
}

size_t fe_infer_size(const struct fe_frozen *frozen, int64_t texts, int64_t longest, int32_t epochs) {
    struct inference t;
    struct carver c = {NULL, 0};
    describe(&t, frozen);
    lay_out(&t, texts, longest, epochs, &c);
    return c.used;
}

/* ---- random numbers ---- */

static void begin_epoch(struct inference *t, int32_t epoch, float alpha) {
    const uint64_t seed = t->job->seed;
    const int32_t most = fe_most_at_rate(alpha, 0, FE_MOST_CONTEXTS);
    t->epoch = epoch;
    t->tokens_key = fe_key(seed, (uint64_t)epoch, FE_STREAM_TOKENS);
    t->negatives_key = fe_key(seed, (uint64_t)epoch, FE_STREAM_NEGATIVES);
    t->most_centres = t->job->inputs.kind == FE_TAG_INPUTS && most < FE_CENTRES ? most : FE_CENTRES;
}

static void draw_negatives(const struct inference *t, int32_t place, int32_t *words) {
    const struct fe_negatives *negatives = &t->job->negatives;
    const uint64_t key = fe_draw(t->negatives_key, (uint64_t)place);
    for (int32_t k = 0; k < t->draws; k++)
        words[k] = t->frozen
                       ->pool[fe_alias_draw(negatives->noise, (uint32_t)negatives->words, fe_draw(key, (uint64_t)k))];
}

/* The negatives of a block that begins at this place of its text. */
static const int32_t *negatives_at(const struct inference *t, int32_t place) {
    int32_t *words = t->others;
    if (place < t->places) {
        words = t->negatives + (t->epoch * t->places + place) * t->draws;
        if (words[0] >= 0) return words;
    }
    draw_negatives(t, place, words);
    return words;
}

/* ---- blocks ---- */

/* Find which tokens of a text stay in this epoch. */
static void begin_text(const struct inference *t, struct text *text) {
    const uint64_t *const random = t->random + t->epoch * t->places;
    const int32_t *restrict tokens = text->tokens;
    const uint32_t *restrict thresholds = text->thresholds;
    int32_t *restrict ids = text->ids, *restrict places = text->places;
    uint32_t *restrict windows = text->random;
    int32_t kept = 0;
    for (int32_t place = 0; place < text->length; place++) {
        const uint64_t bits = place < t->places ? random[place] : fe_draw(t->tokens_key, (uint64_t)place);
        ids[kept] = tokens[place]; /* written in any case: a branch would be mispredicted */
        places[kept] = place;
        windows[kept] = (uint32_t)(bits >> 32);
        kept += fe_keeps(thresholds[place], bits);
    }
    text->kept = kept;
    text->next = 0;
}

/* The rows of words of OUT, as steps want them. */
static void find_rows(const struct inference *t, const int32_t *words, int32_t count, const struct block *block) {
    const struct fe_matrices *matrices = &t->job->matrices;
    float *const out = matrices->out_ns;
    const int64_t stride = matrices->out_stride;
    if (!t->frozen->copied) {
        for (int32_t k = 0; k < count; k++) block->o[k] = out + words[k] * stride;
        return;
    }
    for (int32_t k = 0; k < count; k++) {
        block->o[k] = block->copies + k * t->padded;
        memcpy(block->o[k], out + words[k] * stride, (size_t)matrices->size * sizeof *out);
    }
}

/* The next centres of a text, which are different words, and the rows that they meet; without any, `centres` is 0. */
static void make_block(const struct inference *t, struct text *text, struct block *block) {
    int32_t centres[] = {-1, -1, -1, -1}, count = 0, *words = t->words;
    _Static_assert(sizeof centres == FE_CENTRES * sizeof *centres, "each is -1 at first");
    block->first = text->next;
    while (count < t->most_centres && text->next < text->kept) {
        const int32_t id = text->ids[text->next];
        int is_there = 0;
        FE_UNROLL for (int k = 0; k < FE_CENTRES; k++) is_there |= centres[k] == id;
        if (is_there) break;
        words[count] = centres[count] = id;
        count++;
        text->next++;
    }
    block->centres = block->outputs = count;
    if (count == 0) return;
    const int32_t *const negatives = negatives_at(t, text->places[block->first]);
    for (int32_t k = 0; k < t->draws; k++) block->outputs = fe_target_add(negatives[k], centres, words, block->outputs);
    find_rows(t, words, block->outputs, block);
}

/* ---- steps ---- */

/* The mean or sum of the rows of a centre's contexts and of the text's own row. */
static void gather_bag(const struct inference *t, struct text *text, int32_t centre, int k) {
    const struct fe_job *job = t->job;
    const struct fe_matrices *matrices = &job->matrices;
    const int32_t window = job->contexts.window;
    const int32_t reach = job->contexts.shrink ? window - (int32_t)fe_below(text->random[centre], (uint32_t)window)
                                               : window;
    const int32_t from = centre > reach ? centre - reach : 0;
    const int32_t to = centre + reach < text->kept - 1 ? centre + reach : text->kept - 1;
    int32_t count = 0;
    for (int32_t e = from; e <= to; e++) {
        t->bag[count] = t->frozen->copied ? text->in_copies + text->places[e] * t->padded
                                          : matrices->in + text->ids[e] * matrices->stride;
        count += e != centre;
    }
    t->bag[count++] = text->row;
    const float share = 1.0f / (float)count;
    text->shares[k] = (job->inputs.mean != 0) == (job->inputs.exact != 0) ? share : 1.0f;
    t->kernel->gather(t->bag, count, job->inputs.mean ? share : 1.0f, t->padded, text->hidden[k]);
}

/* Returns 0 when a score was not finite. */
static int score(const struct inference *t, struct text *text, const struct block *block, float alpha) {
    static const float once[] = {1.0f};
    const uint8_t own[] = {(uint8_t)((1 << block->centres) - 1)};
    struct fe_block step = {.o = block->o, .n = block->outputs, .paired = block->centres};
    step.times = t->times;
    step.h = &text->row;
    step.scale = once;
    step.m = 1;
    step.own = own;
    if (t->job->inputs.kind == FE_BAG_INPUTS) {
        for (int k = 0; k < block->centres; k++) gather_bag(t, text, block->first + k, k);
        step.h = text->hidden;
        step.scale = text->shares;
        step.m = block->centres;
        step.own = block->centres > 1 ? NULL : ALONE;
    }
    return t->kernel->gradient(&step, t->job->matrices.size, alpha, NULL, text->g);
}

/* Each output's part in the change of a text's row, of all bags together: those of negatives. */
static void add_parts(const float *restrict g, int stride, const float *restrict shares, int bags, int count,
                      float *restrict sums) {
    for (int k = 0; k < count; k++) sums[k] = shares[0] * g[k];
    for (int i = 1; i < bags; i++)
        for (int k = 0; k < count; k++) sums[k] += shares[i] * g[i * stride + k];
}

/* The text's row learns. */
static void learn(const struct inference *t, const struct text *text, const struct block *block) {
    const float *factors = text->g;
    if (t->job->inputs.kind == FE_BAG_INPUTS) {
        const int matched = block->centres > 1 ? block->centres : 0, rest = block->outputs - matched;
        const int stride = rest == t->draws ? t->stride : fe_g_stride(rest + (matched > 0));
        for (int k = 0; k < matched; k++) t->sums[k] = text->shares[k] * text->g[k * stride];
        add_parts(text->g + (matched > 0), stride, text->shares, block->centres, rest, t->sums + matched);
        factors = t->sums;
    }
    t->kernel->combine((const float *const *)block->o, factors, block->outputs, t->padded, 1, text->row);
}

/* Train an epoch of some texts; 0 when a score was not finite. */
static int train_texts(struct inference *t, int32_t count, float alpha) {
    int32_t active[FE_TOGETHER], left = 0, now = 0;
    for (int32_t i = 0; i < count; i++) {
        begin_text(t, &t->texts[i]);
        make_block(t, &t->texts[i], &t->texts[i].blocks[0]);
        active[left] = i;
        left += t->texts[i].blocks[0].centres > 0;
    }
    for (; left > 0; now = 1 - now) {
        int finite = 1;
        for (int32_t i = 0; i < left; i++) make_block(t, &t->texts[active[i]], &t->texts[active[i]].blocks[1 - now]);
        for (int32_t i = 0; i < left; i++)
            finite &= score(t, &t->texts[active[i]], &t->texts[active[i]].blocks[now], alpha);
        if (!finite) return 0;
        for (int32_t i = 0; i < left; i++) learn(t, &t->texts[active[i]], &t->texts[active[i]].blocks[now]);
        const int32_t before = left;
        left = 0;
        for (int32_t i = 0; i < before; i++) {
            active[left] = active[i];
            left += t->texts[active[i]].blocks[1 - now].centres > 0;
        }
    }
    return 1;
}

/* Send for the rows of a text's words: they are far, and from now on are read in each epoch. */
static void send_for_rows(const struct inference *t, const struct text *text) {
    const struct fe_matrices *matrices = &t->job->matrices;
    const int is_bag = t->job->inputs.kind == FE_BAG_INPUTS;
    for (int64_t k = 0; k < text->length; k++) {
        const int64_t id = text->tokens[k];
        for (int64_t c = 0; c < matrices->size; c += FE_LINE) {
            FE_PREFETCH(matrices->out_ns + id * matrices->out_stride + c);
            if (is_bag) FE_PREFETCH(matrices->in + id * matrices->stride + c);
        }
    }
}

/* Take up the text with number `number` of a view. */
static void take_text(const struct inference *t, struct text *text, const struct fe_view *view, int64_t number) {
    const struct fe_matrices *matrices = &t->job->matrices;
    const struct fe_subsampling *by = &t->job->subsampling;
    text->row = matrices->tags + number * t->padded;
    text->tokens = view->ids + view->offsets[number];
    text->length = view->offsets[number + 1] - view->offsets[number];
    for (int64_t k = 0; k < text->length; k++) {
        const int32_t id = text->tokens[k];
        text->thresholds[k] = by->keep != NULL ? by->keep[id < by->last ? id : by->last] : UINT32_MAX;
    }
    send_for_rows(t, text);
    if (!t->frozen->copied || t->job->inputs.kind != FE_BAG_INPUTS) return;
    for (int64_t k = 0; k < text->length; k++)
        memcpy(text->in_copies + k * t->padded, matrices->in + text->tokens[k] * matrices->stride,
               (size_t)matrices->size * sizeof(float));
}

int fe_infer_texts(const struct fe_kernel *kernel, const struct fe_frozen *frozen, const struct fe_view *view,
                   int64_t begin, int64_t end, int64_t longest, int32_t epochs, const float *alphas, void *workspace) {
    struct inference t = {.kernel = kernel};
    struct carver c = {workspace, 0};
    describe(&t, frozen);
    lay_out(&t, end - begin, longest, epochs, &c);
    if (frozen->copied) memset(workspace, 0, c.used); /* copies are padded with zeros */
    for (int own = 0; own < 1 << FE_CENTRES; own++) {
        t.times[own] = 0.0f;
        for (int k = 0; k < FE_CENTRES; k++) t.times[own] += (float)(own >> k & 1) / (float)FE_INFERRED_DRAWS;
    }
    for (int32_t epoch = 0; epoch < epochs; epoch++) {
        const uint64_t key = fe_key(t.job->seed, (uint64_t)epoch, FE_STREAM_TOKENS);
        for (int64_t k = 0; k < t.places; k++) {
            t.random[epoch * t.places + k] = fe_draw(key, (uint64_t)k);
            t.negatives[(epoch * t.places + k) * t.draws] = -1;
        }
    }
    for (int64_t text = begin; text < end; text += t.text_count) {
        const int32_t count = end - text < t.text_count ? (int32_t)(end - text) : t.text_count;
        for (int32_t i = 0; i < count; i++) take_text(&t, &t.texts[i], view, text + i);
        for (int32_t epoch = 0; epoch < epochs; epoch++) {
            begin_epoch(&t, epoch, alphas[epoch]);
            if (!train_texts(&t, count, alphas[epoch])) return FE_DIVERGED;
            if (t.job->stop != NULL && FE_LOAD_SHARED(t.job->stop)) return FE_OK;
        }
    }
    return FE_OK;
}
