/* Training and single steps: what each kernel makes of a problem is close to what base makes of it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "fastemb.h"

/* Of the largest value of a matrix. Kernels differ in the order of sums and in fused multiply-adds; a step's roundings
 * are 1e-7, and the steps after it carry them on. */
static const double STEP_TOLERANCE = 3e-6, TRAINING_TOLERANCE = 1e-5, LOSS_TOLERANCE = 1e-5;
/* Kernels that take another number of inputs at a time see a row that is there twice before its first change, or after:
 * they are not compared where that may be. The Python tests hold each of them to the oracle. */
static int is_like_base(const struct fe_kernel *kernel) {
    return fe_kernel_together(kernel) == fe_kernel_together(fe_kernel_at(0));
}

static int64_t stride_of(int64_t size) { return (size + 15) / 16 * 16; }

static float *random_matrix(int64_t rows, int64_t size, float limit) {
    float *matrix = lend(rows * stride_of(size), sizeof *matrix);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < size; c++) matrix[r * stride_of(size) + c] = random_float(limit);
    return matrix;
}

static float *copy_of(const float *matrix, int64_t rows, int64_t size) {
    const int64_t count = rows * stride_of(size);
    float *copy = lend(count, sizeof *copy);
    return memcpy(copy, matrix, (size_t)count * sizeof *copy);
}

/* Hashes a matrix and sees that it was moved, though not past the vector size. */
static void take_in(const char *what, const float *matrix, const float *before, int64_t rows, int64_t size) {
    const int64_t stride = stride_of(size);
    hash_bytes(matrix, rows * stride * (int64_t)sizeof *matrix);
    expect(memcmp(matrix, before, (size_t)(rows * stride) * sizeof *matrix) != 0, "%s was not trained", what);
    for (int64_t i = 0; i < rows * stride; i++)
        expect(i % stride < size || matrix[i] == 0.0f, "%s[%lld], which is past the vector size, was written to", what,
               (long long)i);
}

/* ---- single steps ---- */

enum { STEP_ROWS = 40, MOST_OUTPUTS = 20 };

static void check_step(int32_t m, int32_t n, int in_turn, int64_t size) {
    seed_random((uint64_t)((m * 100 + n) * 2 + in_turn));
    const int64_t values = STEP_ROWS * stride_of(size);
    const float limit = 2.0f / sqrtf((float)size);
    float *h = random_matrix(STEP_ROWS, size, limit), *o = random_matrix(STEP_ROWS, size, limit);
    for (int64_t c = 0; c < size; c++) { /* scores far outside of where the sigmoid changes */
        h[c] *= 30.0f;
        o[c] *= 30.0f;
    }
    int32_t h_rows[FE_MAX_INPUTS], o_rows[MOST_OUTPUTS];
    uint8_t labels[MOST_OUTPUTS];
    const int is_distinct = (m + n) % 2; /* no row stands twice; with in_turn none of the outputs anyway */
    const int32_t first = (int32_t)random_below(STEP_ROWS);
    for (int32_t i = 0; i < m; i++)
        h_rows[i] = is_distinct ? (first + 3 * i) % STEP_ROWS : (int32_t)random_below(STEP_ROWS);
    for (int32_t j = 0; j < n; j++) {
        o_rows[j] = is_distinct || in_turn ? (first + 3 * j) % STEP_ROWS : (int32_t)random_below(STEP_ROWS);
        labels[j] = (uint8_t)random_below(2);
    }
    void *workspace = lend((int64_t)fe_step_workspace_size(n), 1);
    float *base_h = NULL, *base_o = NULL;
    double base_loss = 0.0;
    const struct fe_kernel *kernel;
    for (int k = 0; (kernel = fe_kernel_at(k)) != NULL; k++) {
        if (!fe_kernel_supported(kernel)) continue;
        begin_case("step m=%d n=%d in_turn=%d D=%lld %s", (int)m, (int)n, in_turn, (long long)size,
                   fe_kernel_name(kernel));
        float *new_h = copy_of(h, STEP_ROWS, size), *new_o = copy_of(o, STEP_ROWS, size);
        double loss = 0.0;
        const struct fe_step step = {.h = new_h,
                                     .o = new_o,
                                     .h_rows = h_rows,
                                     .o_rows = o_rows,
                                     .labels = labels,
                                     .m = m,
                                     .n = n,
                                     .in_turn = in_turn,
                                     .stride = stride_of(size),
                                     .size = size};
        const int status = fe_step_run(kernel, &step, 0.05f, &loss, workspace);
        expect(status == FE_OK, "status %d", status);
        take_in("h", new_h, h, STEP_ROWS, size);
        take_in("o", new_o, o, STEP_ROWS, size);
        hash_apart("loss", &loss, sizeof loss);
        if (k == 0) {
            base_h = new_h;
            base_o = new_o;
            base_loss = loss;
        }
        if (is_distinct || is_like_base(kernel)) {
            /* row 0 is large: its own roundings are not those of the others */
            const int64_t others = values - stride_of(size);
            expect_close("h", new_h, base_h, stride_of(size), STEP_TOLERANCE);
            expect_close("o", new_o, base_o, stride_of(size), STEP_TOLERANCE);
            expect_close("h without row 0", new_h + stride_of(size), base_h + stride_of(size), others, STEP_TOLERANCE);
            expect_close("o without row 0", new_o + stride_of(size), base_o + stride_of(size), others, STEP_TOLERANCE);
        }
        expect(fabs(loss - base_loss) <= LOSS_TOLERANCE * base_loss, "loss is %.9g, not %.9g", loss, base_loss);
        end_case();
    }
    release_memory();
}

void check_steps(void) {
    int64_t number = 0;
    for (int32_t m = 1; m <= FE_MAX_INPUTS; m++)
        for (int32_t n = 1; n <= MOST_OUTPUTS; n += n < 14 ? 1 : 6)
            for (int in_turn = 0; in_turn <= 1; in_turn++, number += 5)
                check_step(m, n, in_turn, SIZES[number % SIZE_COUNT]);
}

/* ---- training ---- */

enum { WORDS = 37, TOKENS = 140, MOST_SENTENCES = TOKENS };

struct model {
    int sg, cbow_mean, cbow_exact, negatives, paths, per_pair;
};

struct contexts {
    const char *name;
    int32_t window, basket;
    int shrink;
};

static const struct contexts CONTEXTS[] = {
    {"window 5", 5, 0, 1},     {"window 2 of fixed size", 2, 0, 0}, {"window 30", 30, 0, 0},
    {"baskets", 0, TOKENS, 0}, {"3 of each basket", 0, 3, 0},
};
enum { CONTEXT_COUNT = sizeof CONTEXTS / sizeof CONTEXTS[0] };

/* All that training reads, but for the matrices. */
struct corpus {
    int32_t ids[TOKENS];
    int64_t offsets[MOST_SENTENCES + 1];
    int64_t sentences;
    uint32_t keep[WORDS], event_keep[TOKENS];
    float in_scale[WORDS];
    struct fe_alias noise[WORDS];
    int64_t path_offsets[WORDS + 1];
    int32_t path_nodes[WORDS * WORDS];
    uint8_t path_codes[WORDS * WORDS];
    int32_t longest_path;
};

static void fill_corpus(struct corpus *corpus) {
    int64_t counts[WORDS], tree[4 * WORDS];
    double weights[WORDS];
    int32_t work[WORDS];
    for (int i = 0; i < WORDS; i++) {
        counts[i] = 1000 / (i + 1);
        weights[i] = (double)counts[i];
        corpus->keep[i] = i < 4 ? 0x60000000u : UINT32_MAX;
        corpus->in_scale[i] = 0.75f + random_float(0.25f);
    }
    for (int t = 0; t < TOKENS; t++) {
        corpus->ids[t] = (int32_t)(random_below(WORDS) * random_below(WORDS) / WORDS); /* lower ones more often */
        corpus->event_keep[t] = (uint32_t)random_bits() | 0x80000000u;
    }
    corpus->sentences = 0;
    corpus->offsets[0] = 0;
    while (corpus->offsets[corpus->sentences] < TOKENS) {
        const int64_t at = corpus->offsets[corpus->sentences], longest = random_below(4) == 0 ? 70 : 9;
        const int64_t end = at + random_below(longest); /* some are empty */
        if (corpus->sentences + 1 == MOST_SENTENCES || end > TOKENS) corpus->offsets[++corpus->sentences] = TOKENS;
        else corpus->offsets[++corpus->sentences] = end;
    }
    fe_alias_build(weights, WORDS, corpus->noise, work);
    fe_huffman_build(counts, WORDS, tree);
    fe_huffman_paths(WORDS, tree, corpus->path_offsets, corpus->path_nodes, corpus->path_codes);
    corpus->longest_path = 0;
    for (int i = 0; i < WORDS; i++) {
        const int32_t length = (int32_t)(corpus->path_offsets[i + 1] - corpus->path_offsets[i]);
        if (length > corpus->longest_path) corpus->longest_path = length;
    }
}

struct matrices {
    float *in, *ns, *hs; /* NULL where the model has none */
};

/* The only place that knows what a job consists of. number: which of the options that every model has are on. */
static struct fe_job job_of(const struct model *model, const struct contexts *contexts, const struct corpus *corpus,
                            const struct matrices *matrices, int64_t size, int64_t number) {
    return (struct fe_job){
        .matrices = {.in = matrices->in,
                     .out_ns = matrices->ns,
                     .out_hs = matrices->hs,
                     .in_scale = number % 5 == 0 ? corpus->in_scale : NULL,
                     .in_rows = WORDS,
                     .stride = stride_of(size),
                     .out_stride = stride_of(size),
                     .out_size = size,
                     .size = size},
        .subsampling = {.keep = number % 3 == 0 ? corpus->keep : NULL, .last = fe_keep_last(corpus->keep, WORDS)},
        .contexts = {.window = contexts->window,
                     .shrink = contexts->shrink,
                     .basket = contexts->basket,
                     .longest_sentence = TOKENS},
        .inputs = {.kind = model->sg ? FE_CONTEXT_INPUTS : FE_BAG_INPUTS,
                   .mean = model->cbow_mean,
                   .exact = model->cbow_exact,
                   .per_pair = model->per_pair},
        .negatives = {.noise = corpus->noise,
                      .words = WORDS,
                      .count = model->negatives ? (number % 2 == 0 ? 5 : 12) : 0},
        .paths = {.offsets = corpus->path_offsets,
                  .nodes = corpus->path_nodes,
                  .codes = corpus->path_codes,
                  .longest = corpus->longest_path,
                  .thinned = number % 2 == 0},
        .want_loss = 1,
        .seed = (uint64_t)number,
    };
}

static const char *name_of(const struct model *model) {
    static char name[80];
    snprintf(name, sizeof name, "%s%s%s%s%s",
             model->sg          ? "skip-gram"
             : model->cbow_mean ? "CBOW mean"
                                : "CBOW sum",
             model->cbow_exact ? " exact" : "", model->negatives ? " negatives" : "", model->paths ? " paths" : "",
             model->per_pair ? " per pair" : "");
    return name;
}

static void check_model(const struct model *model, const struct contexts *contexts, int64_t size, int64_t number) {
    /* Low enough that a difference of rounding does not grow: sums of many contexts are the first where it does. */
    static const float RATES[] = {0.0125f, 0.025f, 0.05f};
    static struct corpus corpus;
    seed_random((uint64_t)number);
    fill_corpus(&corpus);
    const float limit = 0.5f / sqrtf((float)size),
                alpha = RATES[number % 3] * (model->sg || model->cbow_mean ? 1.0f : 0.1f);
    const int64_t middle = 1 + random_below(TOKENS - 1);
    const float *in = random_matrix(WORDS, size, limit), *ns = random_matrix(WORDS, size, limit);
    const float *hs = random_matrix(WORDS - 1, size, limit);
    const struct fe_view view = {.ids = corpus.ids,
                                 .offsets = corpus.offsets,
                                 .sentences = corpus.sentences,
                                 .keep = number % 4 == 0 ? corpus.event_keep : NULL};
    struct matrices base = {0};
    struct fe_done base_done = {0};
    const struct fe_kernel *kernel;
    for (int k = 0; (kernel = fe_kernel_at(k)) != NULL; k++) {
        if (!fe_kernel_supported(kernel)) continue;
        begin_case("%s, %s, D=%lld, rate %g, %s", name_of(model), contexts->name, (long long)size, (double)alpha,
                   fe_kernel_name(kernel));
        const struct matrices trained = {.in = copy_of(in, WORDS, size),
                                         .ns = model->negatives ? copy_of(ns, WORDS, size) : NULL,
                                         .hs = model->paths ? copy_of(hs, WORDS - 1, size) : NULL};
        const struct fe_job job = job_of(model, contexts, &corpus, &trained, size, number);
        void *workspace = lend((int64_t)fe_workspace_size(&job), 1);
        struct fe_done done = {0}, part;
        for (int b = 0; b < 2; b++) { /* two blocks, cut anywhere */
            const int status = fe_train_block(kernel, &job, &view, 3, b == 0 ? 0 : middle, b == 0 ? middle : TOKENS,
                                              alpha, workspace, &part);
            expect(status == FE_OK, "status %d", status);
            done.words += part.words;
            done.kept += part.kept;
            done.pairs += part.pairs;
            done.loss += part.loss;
        }
        const int64_t counted[] = {done.words, done.kept, done.pairs};
        hash_bytes(counted, sizeof counted);
        if (k == 0) {
            base = trained;
            base_done = done;
        }
        const int is_like = is_like_base(kernel);
        take_in("in", trained.in, in, WORDS, size);
        if (is_like) expect_close("in", trained.in, base.in, WORDS * stride_of(size), TRAINING_TOLERANCE);
        if (trained.ns != NULL) {
            take_in("out_ns", trained.ns, ns, WORDS, size);
            if (is_like) expect_close("out_ns", trained.ns, base.ns, WORDS * stride_of(size), TRAINING_TOLERANCE);
        }
        if (trained.hs != NULL) {
            take_in("out_hs", trained.hs, hs, WORDS - 1, size);
            if (is_like) expect_close("out_hs", trained.hs, base.hs, (WORDS - 1) * stride_of(size), TRAINING_TOLERANCE);
        }
        hash_apart("loss", &done.loss, sizeof done.loss);
        expect(done.words == TOKENS && done.kept == base_done.kept && done.pairs == base_done.pairs,
               "%lld words, %lld kept, %lld pairs; not %d, %lld, %lld", (long long)done.words, (long long)done.kept,
               (long long)done.pairs, TOKENS, (long long)base_done.kept, (long long)base_done.pairs);
        expect(!is_like || fabs(done.loss - base_done.loss) <= LOSS_TOLERANCE * base_done.loss,
               "loss is %.9g, not %.9g", done.loss, base_done.loss);
        end_case();
    }
    release_memory();
}

/* Skip-gram and word2vec's CBOW at every size; the other kinds of CBOW at a few. */
void check_training(void) {
    static const int TARGETS[5][3] = {{1, 0, 0}, {0, 1, 0}, {1, 1, 0}, {1, 0, 1}, {1, 1, 1}};
    int64_t number = 0;
    for (int kind = 0; kind < 5; kind++) /* skip-gram, then CBOW: mean or not, exact or not */
        for (int target = 0; target < 5; target++)
            for (int c = 0; c < CONTEXT_COUNT; c++) {
                const int cbow = kind - 1;
                const struct model model = {.sg = kind == 0,
                                            .cbow_mean = kind > 0 && cbow % 2 == 0,
                                            .cbow_exact = kind > 0 && cbow >= 2,
                                            .negatives = TARGETS[target][0],
                                            .paths = TARGETS[target][1],
                                            .per_pair = TARGETS[target][2]};
                const int step = kind < 2 && target < 2 && c < 2 ? 1 : 7;
                for (int64_t s = number % step; s < SIZE_COUNT; s += step)
                    check_model(&model, &CONTEXTS[c], SIZES[s], number++);
            }
}
