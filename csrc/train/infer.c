/* A text's row v learns from the output rows w of its words and p of negatives, which stay as they are. A block is some
 * different words that follow each other in the text, and n negatives that they share. It changes v by alpha times
 *
 *     sum of (1 - sigmoid(w'v)) w  +  weight * (sum of (c - sigmoid(p'v)) p  -  n c mean)
 *
 * where `mean` is that of all rows that may be drawn. Whatever c is, the expected change is that of word2vec, where c
 * is 0. But with c = 1 / (negative + 1), about what the sigmoid of a negative is, it depends less on which ones are
 * drawn (a control variate). A negative that is a word of the block is left out, as in word2vec, but for its part c p.
 *
 * For the same reason the negatives of a block are a systematic sample of the pool, and those of the blocks after it
 * lie between them. So fewer negatives do than with independent draws and c = 0. They depend on the epoch and on the
 * number of the block within its text alone, so all texts meet the same ones.
 *
 * In PV-DM a word has a bag, whose row stands in place of v in the products. */
#include "train/infer.h"

#include <string.h>

#include "common/carve.h"
#include "common/compiler.h"
#include "kernels/kernel.h"
#include "train/inputs.h"
#include "train/sample.h"

enum {
    NUMBERS_KEPT = 1 << 14, /* random numbers of places, of all epochs */
    CENTRES = 8,            /* words of a block, at most */
    MARKS = 1 << 10,
    MANY = 10,      /* negatives: a block of more of them has fewer words, else a step would go far past its aim */
    MEAN_ROWS = 32, /* that are added up at once */
};
#define GOLDEN 2654435769u /* 2^32 times the golden ratio */

/* The negatives of one block of each text. */
struct negatives {
    int32_t *words;
    uint8_t marks[MARKS]; /* 1 at w % MARKS for each word w of these */
    float **rows;
    float *copies; /* of these rows, where they are copied */
};

/* Some centres of a text, and their output rows: those of the centres, then of the negatives, then the mean. */
struct block {
    float **o;
    float *copies;            /* of the centres' rows, where they are copied */
    int32_t first;            /* the first centre, among the tokens that stay */
    int32_t centres, outputs; /* without the mean */
    int32_t hits[CENTRES];    /* how many of the negatives are this centre, and left out */
};

struct text {
    float *row;
    const int32_t *tokens;
    int64_t length;
    /* tokens that stay in this epoch: their words, and for bags their input rows and random bits for their windows */
    int32_t *ids;
    float **rows;
    uint32_t *windows;
    uint32_t *thresholds;   /* of all tokens: each stays when random bits are not above it */
    int32_t kept, next;     /* how many these are; the first one that is in no block yet */
    struct block blocks[2]; /* one that is trained, and the one after it */
    float **all_rows;       /* input rows of all tokens, */
    float *in_copies;       /* and what they are copied to, where they are */
    float *hidden[FE_CENTRES], shares[FE_CENTRES];
    float *g; /* its first numbers are each output's part in the change of the row, in the end */
};

struct inference {
    const struct fe_kernel *kernel;
    const struct fe_frozen *frozen;
    const struct fe_job *job;
    int32_t draws, most_centres;
    int64_t padded;   /* floats of a padded row */
    int64_t places;   /* of an epoch, whose random numbers are kept */
    uint64_t *random; /* epochs x places */
    uint64_t tokens_key;
    uint32_t start; /* where in their parts of the pool the negatives of the first block lie, of 2^32 */
    int32_t epoch;
    struct negatives negatives[2]; /* of the two blocks of a text */
    float *mean;                   /* of the rows of the pool */
    float expected;                /* c */
    uint8_t *labels[CENTRES + 1];  /* by the number of centres */
    float *sums;
    int stride; /* floats of a row of G of bags that are matched: the own output, and as many as are drawn */
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

static int64_t most_outputs(const struct inference *t) { return CENTRES + (int64_t)t->draws + 1; }

static void lay_out_text(const struct inference *t, struct text *text, int64_t longest, struct carver *c) {
    const int is_bag = t->job->inputs.kind == FE_BAG_INPUTS, copied = t->frozen->copied;
    text->ids = carve(c, longest, sizeof *text->ids);
    text->rows = carve(c, is_bag ? longest : 0, sizeof *text->rows);
    text->windows = carve(c, is_bag ? longest : 0, sizeof *text->windows);
    text->all_rows = carve(c, is_bag ? longest : 0, sizeof *text->all_rows);
    text->thresholds = carve(c, longest, sizeof *text->thresholds);
    for (int k = 0; k < 2; k++) {
        text->blocks[k].o = carve(c, most_outputs(t), sizeof *text->blocks[k].o);
        text->blocks[k].copies = carve(c, copied ? CENTRES * t->padded : 0, sizeof(float));
    }
    text->in_copies = carve(c, copied && is_bag ? longest * t->padded : 0, sizeof(float));
    for (int k = 0; k < FE_CENTRES; k++) text->hidden[k] = carve(c, is_bag ? t->padded : 0, sizeof(float));
    text->g = carve(c, FE_STEP_G(most_outputs(t)), sizeof *text->g);
}

static void lay_out(struct inference *t, int64_t texts, int64_t longest, int32_t epochs, struct carver *c) {
    t->places = NUMBERS_KEPT / epochs;
    if (t->places > longest) t->places = longest;
    t->random = carve(c, epochs * t->places, sizeof *t->random);
    for (int k = 0; k < 2; k++) {
        t->negatives[k].words = carve(c, t->draws, sizeof *t->negatives[k].words);
        t->negatives[k].rows = carve(c, t->draws, sizeof *t->negatives[k].rows);
        t->negatives[k].copies = carve(c, t->frozen->copied ? t->draws * t->padded : 0, sizeof(float));
    }
    t->mean = carve(c, 2 * t->padded, sizeof *t->mean); /* and room for a sum */
    for (int k = 0; k <= CENTRES; k++) t->labels[k] = carve(c, most_outputs(t) / 8 + 1, 1);
    t->sums = carve(c, 2 * most_outputs(t), sizeof *t->sums);
    t->text_count = most_texts(texts, longest, most_outputs(t));
    for (int32_t i = 0; i < t->text_count; i++) lay_out_text(t, &t->texts[i], longest, c);
}

/* Eight words of PV-DBOW share 8 / 5 of `negative`: for the usual 5 a block has 16 outputs, which fill registers. Four
 * bags share `negative`. */
static int32_t draws_of(const struct fe_job *job) {
    const int32_t count = job->negatives.count;
    return job->inputs.kind == FE_BAG_INPUTS ? count : (int32_t)(((int64_t)CENTRES * count + 4) / 5);
}

static void describe(struct inference *t, const struct fe_frozen *frozen) {
    const struct fe_job *job = t->job = frozen->job;
    t->frozen = frozen;
    t->draws = draws_of(job);
    t->expected = 1.0f / (1.0f + (float)job->negatives.count);
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

/* ---- negatives ---- */

static void begin_epoch(struct inference *t, int32_t epoch, float alpha) {
    const uint64_t seed = t->job->seed;
    const float weight = (float)t->job->negatives.count / MANY;
    const int32_t most = fe_most_at_rate(weight > 1.0f ? weight * alpha : alpha, 0, CENTRES);
    t->epoch = epoch;
    t->tokens_key = fe_key(seed, (uint64_t)epoch, FE_STREAM_TOKENS);
    t->start = (uint32_t)fe_draw(fe_key(seed, (uint64_t)epoch, FE_STREAM_NEGATIVES), 0);
    t->most_centres = most;
    if (t->job->inputs.kind == FE_BAG_INPUTS) t->most_centres = FE_CENTRES;
}

/* The output row of a word, as steps want it. */
static float *row_of(const struct inference *t, int32_t word, float *copy) {
    const struct fe_matrices *matrices = &t->job->matrices;
    float *const row = matrices->out_ns + word * matrices->out_stride;
    if (!t->frozen->copied) return row;
    memcpy(copy, row, (size_t)matrices->size * sizeof *row);
    return copy;
}

/* The negatives of the blocks with this number, from parts of the pool of the same size, at the same place in each. The
 * multiples of the golden ratio, less their whole parts, lie evenly between 0 and 1, however many these are. */
static void draw_negatives(const struct inference *t, uint32_t number, struct negatives *negatives) {
    const uint32_t within = t->start + number * GOLDEN;
    memset(negatives->marks, 0, sizeof negatives->marks);
    for (int32_t k = 0; k < t->draws; k++) {
        const uint64_t at = ((uint64_t)k << 32 | within) / (uint64_t)t->draws;
        const int32_t word = t->frozen->pool[fe_below((uint32_t)at, (uint32_t)t->frozen->pool_size)];
        negatives->words[k] = word;
        negatives->marks[(uint32_t)word % MARKS] = 1;
        negatives->rows[k] = row_of(t, word, negatives->copies + k * t->padded);
    }
}

/* The mean of the pool's rows. Sums of a few of them are added up, so that they are precise. */
static void average_pool(const struct inference *t) {
    const struct fe_matrices *matrices = &t->job->matrices;
    const int32_t total = t->frozen->pool_size;
    const float *rows[MEAN_ROWS];
    float *const sum = t->mean + t->padded;
    memset(t->mean, 0, (size_t)t->padded * sizeof *t->mean);
    for (int32_t first = 0, count; first < total; first += count) {
        count = total - first < MEAN_ROWS ? total - first : MEAN_ROWS;
        for (int32_t k = 0; k < count; k++)
            rows[k] = matrices->out_ns + t->frozen->pool[first + k] * matrices->out_stride;
        t->kernel->combine(rows, NULL, count, matrices->size, 0, sum);
        t->kernel->add(t->mean, 1.0f / (float)total, sum, matrices->size);
    }
}

/* ---- blocks ---- */

/* The random bits of a token: the lower half for whether it stays, the upper one for its window. */
static inline uint64_t random_at(const struct inference *t, int32_t place) {
    return place < t->places ? t->random[t->epoch * t->places + place] : fe_draw(t->tokens_key, (uint64_t)place);
}

/* Find which tokens of a text stay in this epoch. All are written: a branch would be mispredicted. */
static void begin_text(const struct inference *t, struct text *text) {
    const int is_bag = t->job->inputs.kind == FE_BAG_INPUTS;
    const int32_t *restrict tokens = text->tokens;
    const uint32_t *restrict thresholds = text->thresholds;
    int32_t *restrict ids = text->ids, kept = 0;
    const int32_t length = (int32_t)text->length;
    for (int32_t place = 0; place < length; place++) {
        const uint64_t bits = random_at(t, place);
        ids[kept] = tokens[place];
        if (is_bag) {
            text->windows[kept] = (uint32_t)(bits >> 32);
            text->rows[kept] = text->all_rows[place];
        }
        kept += fe_keeps(thresholds[place], bits);
    }
    text->kept = kept;
    text->next = 0;
}

/* Add the negatives to the rows of a block that are none of its centres, as word2vec does; returns their number. */
static int32_t add_others(const struct negatives *negatives, int32_t draws, const int32_t *centres,
                          struct block *block) {
    int32_t count = block->centres;
    for (int32_t k = 0; k < draws; k++) {
        int is_centre = 0;
        for (int32_t i = 0; i < block->centres && !is_centre; i++) {
            is_centre = negatives->words[k] == centres[i];
            block->hits[i] += is_centre;
        }
        block->o[count] = negatives->rows[k];
        count += !is_centre;
    }
    return count;
}

/* How many of the next words of a text are different, up to so many. */
static int32_t count_different(const int32_t *words, int32_t most) {
    uint64_t met = 0; /* bit w % 64 for a word w */
    for (int32_t k = 0; k < most; k++) {
        const uint64_t bit = (uint64_t)1 << (uint32_t)words[k] % 64;
        for (int32_t i = 0; (met & bit) != 0 && i < k; i++)
            if (words[i] == words[k]) return k;
        met |= bit;
    }
    return most;
}

/* The next centres of a text, which are different words, and the rows that they meet; without any, `centres` is 0. */
static void make_block(const struct inference *t, struct text *text, const struct negatives *negatives,
                       struct block *block) {
    const int32_t left = text->kept - text->next, *const ids = text->ids + text->next;
    const int32_t count = count_different(ids, left < t->most_centres ? left : t->most_centres);
    float **const o = block->o;
    int may_be_drawn = 0;
    for (int32_t k = 0; k < count; k++) {
        o[k] = row_of(t, ids[k], block->copies + k * t->padded);
        may_be_drawn |= negatives->marks[(uint32_t)ids[k] % MARKS];
    }
    block->first = text->next;
    text->next += count;
    block->centres = count;
    block->outputs = count + t->draws;
    memset(block->hits, 0, sizeof block->hits);
    if (may_be_drawn) block->outputs = add_others(negatives, t->draws, ids, block);
    else memcpy(o + count, negatives->rows, (size_t)t->draws * sizeof *o);
    o[block->outputs] = t->mean;
}

/* ---- steps ---- */

/* The mean or sum of the rows of a centre's contexts and of the text's own row. */
static void gather_bag(const struct inference *t, struct text *text, int32_t centre, int k) {
    const struct fe_job *job = t->job;
    const int32_t window = job->contexts.window;
    const int32_t less = job->contexts.shrink ? (int32_t)fe_below(text->windows[centre], (uint32_t)window) : 0;
    const int32_t from = centre - (window - less) > 0 ? centre - (window - less) : 0;
    const int32_t to = centre + (window - less) < text->kept - 1 ? centre + (window - less) : text->kept - 1;
    const int32_t count = to - from + 1;
    const float share = 1.0f / (float)count;
    float *const own = text->rows[centre];
    text->shares[k] = (job->inputs.mean != 0) == (job->inputs.exact != 0) ? share : 1.0f;
    text->rows[centre] = text->row; /* for a moment in the place of the centre's */
    t->kernel->gather(text->rows + from, count, job->inputs.mean ? share : 1.0f, t->padded, text->hidden[k]);
    text->rows[centre] = own;
}

/* Returns 0 when a score was not finite. */
static int score(const struct inference *t, struct text *text, const struct block *block, float alpha) {
    struct fe_block step = {.h = &text->row, .m = 1, .o = block->o, .n = block->outputs};
    if (t->job->inputs.kind == FE_TAG_INPUTS) step.labels = t->labels[block->centres];
    else {
        for (int k = 0; k < block->centres; k++) gather_bag(t, text, block->first + k, k);
        step.h = text->hidden;
        step.m = block->centres;
        step.paired = block->centres > 1 ? block->centres : 0;
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

/* What the bags of a block give each output; returns the sum of their shares. */
static float sum_bags(const struct inference *t, const struct text *text, const struct block *block) {
    const int matched = block->centres > 1 ? block->centres : 0, rest = block->outputs - matched;
    const int stride = rest == t->draws ? t->stride : fe_g_stride(rest + (matched > 0));
    float shares = 0.0f;
    for (int k = 0; k < block->centres; k++) shares += text->shares[k];
    for (int k = 0; k < matched; k++) t->sums[k] = text->shares[k] * text->g[k * stride];
    add_parts(text->g + (matched > 0), stride, text->shares, block->centres, rest, t->sums + matched);
    return shares;
}

/* The text's row learns. */
static void learn(const struct inference *t, const struct text *text, const struct block *block, float alpha) {
    float *factors = text->g, expected = alpha * t->expected, weight = 1.0f;
    if (t->job->inputs.kind == FE_BAG_INPUTS) {
        factors = t->sums;
        expected *= sum_bags(t, text, block);
    } else weight = (float)block->centres * (float)t->job->negatives.count / (float)t->draws;
    for (int32_t k = block->centres; k < block->outputs; k++) factors[k] = weight * (factors[k] + expected);
    for (int32_t k = 0; k < block->centres; k++) factors[k] += weight * expected * (float)block->hits[k];
    factors[block->outputs] = -weight * expected * (float)t->draws;
    t->kernel->combine((const float *const *)block->o, factors, block->outputs + 1, t->padded, 1, text->row);
}

/* Train an epoch of some texts; 0 when a score was not finite. */
static int train_texts(struct inference *t, int32_t count, float alpha) {
    int32_t active[FE_TOGETHER], left = 0;
    draw_negatives(t, 0, &t->negatives[0]);
    for (int32_t i = 0; i < count; i++) {
        begin_text(t, &t->texts[i]);
        make_block(t, &t->texts[i], &t->negatives[0], &t->texts[i].blocks[0]);
        active[left] = i;
        left += t->texts[i].blocks[0].centres > 0;
    }
    for (uint32_t number = 1; left > 0; number++) {
        const int next = number % 2, now = 1 - next;
        int finite = 1;
        draw_negatives(t, number, &t->negatives[next]);
        for (int32_t i = 0; i < left; i++) {
            struct text *const text = &t->texts[active[i]];
            make_block(t, text, &t->negatives[next], &text->blocks[next]);
        }
        for (int32_t i = 0; i < left; i++)
            finite &= score(t, &t->texts[active[i]], &t->texts[active[i]].blocks[now], alpha);
        if (!finite) return 0;
        for (int32_t i = 0; i < left; i++) learn(t, &t->texts[active[i]], &t->texts[active[i]].blocks[now], alpha);
        const int32_t before = left;
        left = 0;
        for (int32_t i = 0; i < before; i++) {
            active[left] = active[i];
            left += t->texts[active[i]].blocks[next].centres > 0;
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
    if (t->job->inputs.kind != FE_BAG_INPUTS) return;
    for (int64_t k = 0; k < text->length; k++) {
        float *const row = matrices->in + text->tokens[k] * matrices->stride;
        text->all_rows[k] = row;
        if (!t->frozen->copied) continue;
        text->all_rows[k] = text->in_copies + k * t->padded;
        memcpy(text->all_rows[k], row, (size_t)matrices->size * sizeof *row);
    }
}

int fe_infer_texts(const struct fe_kernel *kernel, const struct fe_frozen *frozen, const struct fe_view *view,
                   int64_t begin, int64_t end, int64_t longest, int32_t epochs, const float *alphas, void *workspace) {
    struct inference t = {.kernel = kernel};
    struct carver c = {workspace, 0};
    describe(&t, frozen);
    lay_out(&t, end - begin, longest, epochs, &c);
    if (frozen->copied) memset(workspace, 0, c.used); /* copies are padded with zeros */
    average_pool(&t);
    for (int k = 0; k <= CENTRES; k++) {
        memset(t.labels[k], 0, (size_t)most_outputs(&t) / 8 + 1);
        t.labels[k][0] = (uint8_t)((1 << k) - 1);
    }
    for (int32_t epoch = 0; epoch < epochs; epoch++) {
        const uint64_t key = fe_key(t.job->seed, (uint64_t)epoch, FE_STREAM_TOKENS);
        for (int64_t k = 0; k < t.places; k++) t.random[epoch * t.places + k] = fe_draw(key, (uint64_t)k);
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
