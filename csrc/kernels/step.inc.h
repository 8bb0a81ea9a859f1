/* The block step, written once for every instruction set. A file isa_*.c defines
 *
 *     vf, LANES            a register of LANES floats
 *     v_load v_store v_zero v_set1 v_add v_sub v_mul v_div v_min v_max
 *     v_fma(a, b, c)       a b + c
 *     v_pow2i(x)           2^x for integral x in [-126, 127]
 *     v_round(x)           to the nearest integer
 *     v_all_finite(x)      nonzero when no lane is NaN or infinite
 *     v_pick(bits, x)      x in the lanes whose bit is set, else 0
 *     v_store_sums(g, stride, a, mi, nj)  g[i * stride + j] = the sum over lanes of a[i * nj + j], for i < mi and
 *                          j < nj <= G_ROW, and anything finite for j < G_ROW if the sums are finite
 *     v_keep(x)            x, in a register from here on
 *     SCORE_H              inputs in one tile of dot products: 2 or 4
 *     UPDATE_H             inputs in one tile of the update: 3 or 6
 *     UPDATE_COLUMNS       registers of a row in such a tile: 2 or 3
 *     HELD                 registers for inputs, and as many for their changes, in a tile of all inputs
 *     LOCKSTEP             registers of scores that become G side by side: at most 4
 *     ISA(name)            name with this instruction set's suffix
 *
 * and includes this file. Bounds that are `const int` parameters are constants once inlined, so FE_UNROLL can unroll
 * their loops and the arrays in them live in registers.
 *
 * A step is two calls, `gradient` and `update`: what the caller does between them runs while the processor still waits
 * for the sigmoids. G is row-major, a row of `fe_g_stride` floats an input. Where inputs are matched, each row has the
 * input's own output first, and then the others (fe_matched_n). */

#include <math.h>

_Static_assert(FE_TILE_O == 6, "FOR_EACH_FEW lists them");
_Static_assert(FE_CENTRES == 4, "matched_of lists them; a register holds them");
_Static_assert(UPDATE_H == 3 || UPDATE_H == 6, "FOR_EACH_TILE lists them");
_Static_assert(UPDATE_COLUMNS *LANES <= FE_STEP_COLUMNS, "changes of outputs that are kept");

/* e^x = p 2^k for `count` registers of x in [-87, 87]: 2^k p(r), r in [-ln 2 / 2, ln 2 / 2], with the polynomial of
 * Cephes' expf (relative error below 2e-7). Each is a long chain of dependent instructions: in lockstep several of them
 * fit what the processor looks ahead. */
FE_INLINE void ISA(powers)(vf *r, const int count, vf *p, vf *two_k) {
    vf k[LOCKSTEP];
#define EACH FE_UNROLL for (int i = 0; i < count; i++)
    EACH r[i] = v_min(v_max(r[i], v_set1(-87.0f)), v_set1(87.0f));
    EACH k[i] = v_round(v_mul(r[i], v_set1(1.44269504f)));
    EACH r[i] = v_fma(k[i], v_set1(-0.693359375f), r[i]);
    EACH r[i] = v_fma(k[i], v_set1(2.12194440e-4f), r[i]);
    EACH p[i] = v_fma(r[i], v_set1(1.9875691500e-4f), v_set1(1.3981999507e-3f));
    EACH p[i] = v_fma(p[i], r[i], v_set1(8.3334519073e-3f));
    EACH p[i] = v_fma(p[i], r[i], v_set1(4.1665795894e-2f));
    EACH p[i] = v_fma(p[i], r[i], v_set1(1.6666665459e-1f));
    EACH p[i] = v_fma(p[i], r[i], v_set1(5.0000001201e-1f));
    EACH p[i] = v_add(v_fma(p[i], v_mul(r[i], r[i]), r[i]), v_set1(1.0f));
    EACH two_k[i] = v_pow2i(k[i]);
}

/* 1 + e^-s in denominator. */
FE_INLINE void ISA(denominators)(const vf *s, const int count, vf *denominator) {
    vf r[LOCKSTEP], p[LOCKSTEP], two_k[LOCKSTEP];
    EACH r[i] = v_sub(v_zero(), s[i]);
    ISA(powers)(r, count, p, two_k);
    EACH denominator[i] = v_fma(p[i], two_k[i], v_set1(1.0f));
#undef EACH
}

/* -log sigmoid(s) = log(1 + e^-s) for label 1, and that plus s for label 0, times its weight, over the n scores of an
 * input; one logarithm of a product of at most eight factors. Where the sigmoid is clamped e^-s alone counts. Seldom
 * called: kept out of the way of the rest. */
FE_NOINLINE double ISA(loss_of)(const float *score, int n, const float *label, const float *weight) {
    double total = 0.0, sum = 0.0, product = 1.0;
    float factor[LANES];
    for (int j = 0; j < n; j++) {
        if (j % LANES == 0) {
            const vf s = v_load(score + j);
            vf denominator;
            ISA(denominators)(&s, 1, &denominator);
            v_store(factor, denominator);
        }
        if (score[j] < -80.0f) sum -= (double)score[j];
        else product *= (double)factor[j % LANES];
        if (label[j] == 0.0f) sum += (double)score[j];
        if (j + 1 == n || j % 8 == 7 || (weight != NULL && weight[j + 1] != weight[j])) {
            total += (weight != NULL ? (double)weight[j] : 1.0) * (sum + log(product));
            sum = 0.0;
            product = 1.0;
        }
    }
    return total;
}

/* ---- scores and G ---- */

/* Scores of mi inputs and nj outputs: the mi x nj dot products grow side by side, so each load feeds several
 * multiply-adds. */
FE_INLINE void ISA(score_tile)(float *const *h, float *const *o, int64_t width, const int mi, const int nj, float *g,
                               int stride) {
    vf sum[G_ROW * SCORE_H];
    FE_UNROLL for (int k = 0; k < mi * nj; k++) sum[k] = v_zero();
    for (int64_t c = 0; c < width; c += LANES) {
        vf x[SCORE_H];
        FE_UNROLL for (int i = 0; i < mi; i++) x[i] = v_load(h[i] + c);
        FE_UNROLL for (int j = 0; j < nj; j++) {
            vf y = v_load(o[j] + c);
            if (mi > 1) y = v_keep(y);
            FE_UNROLL for (int i = 0; i < mi; i++) sum[i * nj + j] = v_fma(x[i], y, sum[i * nj + j]);
        }
    }
    v_store_sums(g, stride, sum, mi, nj);
}

/* Scores of all inputs and the nj outputs from `first` on. */
FE_INLINE void ISA(scores)(const struct fe_block *b, int first, int64_t width, const int nj, float *g, int stride) {
    float *const *o = b->o + first;
    int i = 0;
#if SCORE_H >= 4
    for (; i + 4 <= b->m; i += 4) ISA(score_tile)(b->h + i, o, width, 4, nj, g + i * stride, stride);
    if (i + 3 == b->m) {
        ISA(score_tile)(b->h + i, o, width, 3, nj, g + i * stride, stride);
        return;
    }
#endif
    for (; i + 2 <= b->m; i += 2) ISA(score_tile)(b->h + i, o, width, 2, nj, g + i * stride, stride);
    for (; i < b->m; i++) ISA(score_tile)(b->h + i, o, width, 1, nj, g + i * stride, stride);
}

/* Functions for each number of outputs in a group. */
#define FOR_EACH_FEW(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6)
#define FOR_EACH_WIDTH(DO) FOR_EACH_FEW(DO) DO(7) DO(8)
#define DEFINE_SCORES(nj)                                                                                   \
    static void ISA(scores##nj)(const struct fe_block *b, int first, int64_t width, float *g, int stride) { \
        ISA(scores)(b, first, width, nj, g, stride);                                                        \
    }
FOR_EACH_FEW(DEFINE_SCORES)
#undef DEFINE_SCORES
typedef void ISA(score_group)(const struct fe_block *, int first, int64_t width, float *g, int stride);
#define LIST_SCORES(nj) ISA(scores##nj),
static ISA(score_group) *const ISA(scores_of)[FE_TILE_O + 1] = {NULL, FOR_EACH_FEW(LIST_SCORES)};
#undef LIST_SCORES

/* Of one input alone: n floats in a row, so that most paths fit into one register. */
static void ISA(scores_of_one)(const struct fe_block *b, int64_t width, float *g) {
    if (LANES > G_ROW) v_store(g + (b->n - 1) / LANES * LANES, v_zero());
    for (int first = 0; first < b->n; first += G_ROW) {
        float *const *o = b->o + first;
        switch (b->n - first) {
#define SCORE_REST(nj) \
    case nj: ISA(score_tile)(b->h, o, width, 1, nj, g + first, G_ROW); break;
            FOR_EACH_WIDTH(SCORE_REST)
#undef SCORE_REST
        default: ISA(score_tile)(b->h, o, width, 1, G_ROW, g + first, G_ROW);
        }
    }
}

/* Of mi matched inputs with their own outputs and nj others. */
FE_INLINE void ISA(matched_tile)(float *const *h, float *const *own, float *const *o, int64_t width, const int mi,
                                 const int nj, float *g, int stride) {
    const int row = 1 + nj;
    vf sum[G_ROW * SCORE_H];
    FE_UNROLL for (int k = 0; k < mi * row; k++) sum[k] = v_zero();
    for (int64_t c = 0; c < width; c += LANES) {
        vf x[SCORE_H];
        FE_UNROLL for (int i = 0; i < mi; i++) x[i] = v_load(h[i] + c);
        FE_UNROLL for (int i = 0; i < mi; i++) sum[i * row] = v_fma(x[i], v_load(own[i] + c), sum[i * row]);
        FE_UNROLL for (int j = 0; j < nj; j++) {
            const vf y = v_keep(v_load(o[j] + c));
            FE_UNROLL for (int i = 0; i < mi; i++) sum[i * row + 1 + j] = v_fma(x[i], y, sum[i * row + 1 + j]);
        }
    }
    v_store_sums(g, stride, sum, mi, row);
}

/* Of all matched inputs with their own outputs and the first nj others. */
FE_INLINE void ISA(matched_scores)(const struct fe_block *b, int64_t width, const int nj, float *g, int stride) {
    float *const *others = b->o + b->m;
    int i = 0;
#if SCORE_H >= 4
    if (b->m == 4) ISA(matched_tile)(b->h, b->o, others, width, 4, nj, g, stride);
    if (b->m == 3) ISA(matched_tile)(b->h, b->o, others, width, 3, nj, g, stride);
    if (b->m >= 3) return;
#endif
    for (; i + 2 <= b->m; i += 2) ISA(matched_tile)(b->h + i, b->o + i, others, width, 2, nj, g + i * stride, stride);
    if (i < b->m) ISA(matched_tile)(b->h + i, b->o + i, others, width, 1, nj, g + i * stride, stride);
}

/* With nj outputs in all: a function for each number. */
#define DEFINE_MATCHED(nj)                                                                               \
    static void ISA(matched_scores##nj)(const struct fe_block *b, int64_t width, float *g, int stride) { \
        ISA(matched_scores)(b, width, nj - 1, g, stride);                                                \
    }
FOR_EACH_FEW(DEFINE_MATCHED)
#undef DEFINE_MATCHED
typedef void ISA(matched_group)(const struct fe_block *, int64_t width, float *g, int stride);
#define LIST_MATCHED(nj) ISA(matched_scores##nj),
static ISA(matched_group) *const ISA(matched_scores_of)[FE_TILE_O + 1] = {NULL, FOR_EACH_FEW(LIST_MATCHED)};
#undef LIST_MATCHED

/* ---- G ---- */

/* What the scores of a step become G by, like them a row an input. */
struct ISA(g) {
    float *scores, *labels;
    float *weights; /* how often a pair counts; or NULL: once */
    int stride, n;
};

FE_INLINE void ISA(gradient_registers)(const struct ISA(g) * g, int k, const int count, const int has_weights,
                                       float alpha, vf *odd) {
    vf s[LOCKSTEP], d[LOCKSTEP];
    FE_UNROLL for (int i = 0; i < count; i++) s[i] = v_load(g->scores + k + i * LANES);
    ISA(denominators)(s, count, d);
    FE_UNROLL for (int i = 0; i < count; i++) {
        const int at = k + i * LANES;
        vf gradient = v_mul(v_set1(alpha), v_sub(v_load(g->labels + at), v_div(v_set1(1.0f), d[i])));
        if (has_weights) gradient = v_mul(v_load(g->weights + at), gradient);
        v_store(g->scores + at, gradient);
        *odd = v_add(*odd, v_sub(s[i], s[i])); /* 0 for a finite score, else NaN */
    }
}

/* Turns so many scores into G, a register at a time; returns whether all are finite. */
FE_INLINE int ISA(gradient_all)(const struct ISA(g) * g, int scores, const int has_weights, float alpha) {
    const int total = (scores + LANES - 1) / LANES * LANES;
    vf odd = v_zero();
    int k = 0;
    for (; k + LOCKSTEP * LANES <= total; k += LOCKSTEP * LANES)
        ISA(gradient_registers)(g, k, LOCKSTEP, has_weights, alpha, &odd);
    switch ((total - k) / LANES) {
    case 1: ISA(gradient_registers)(g, k, 1, has_weights, alpha, &odd); break;
    case 2: ISA(gradient_registers)(g, k, 2, has_weights, alpha, &odd); break;
    case 3: ISA(gradient_registers)(g, k, 3, has_weights, alpha, &odd); break;
    }
    return v_all_finite(odd);
}

FE_INLINE double ISA(loss_of_rows)(const struct ISA(g) * g, int m, const int has_weights) {
    double loss = 0.0;
    for (int i = 0, k = 0; i < m; i++, k += g->stride)
        loss += ISA(loss_of)(g->scores + k, g->n, g->labels + k, has_weights ? g->weights + k : NULL);
    return loss;
}

/* Turns the scores of m inputs into G; returns whether all are finite. */
FE_INLINE int ISA(gradient_rows)(const struct ISA(g) * g, int m, const int has_weights, float alpha, double *loss) {
    if (loss != NULL) *loss += ISA(loss_of_rows)(g, m, has_weights);
    return ISA(gradient_all)(g, m * g->stride, has_weights, alpha);
}

/* Every input learns from every output, as the labels say. A register of the last row may reach past it. */
static void ISA(label_all)(const struct fe_block *b, struct ISA(g) * g) {
    for (int k = 0; k < g->stride; k += LANES) {
        uint32_t bits = b->labels == NULL && k == 0 && b->paired == 0;
        if (b->labels != NULL)
            for (int j = 0; j < LANES && k + j < g->n; j += 8) bits |= (uint32_t)b->labels[(k + j) / 8] >> k % 8 << j;
        const vf label = v_pick(bits, v_set1(1.0f));
        v_store(g->labels + k, label);
    }
    for (int i = 1; i < b->m; i++)
        for (int k = 0; k < g->stride; k += LANES) v_store(g->labels + i * g->stride + k, v_load(g->labels + k));
    g->weights = NULL;
}

/* Every input learns from its own centres and from the negatives. */
static void ISA(label_own)(const struct fe_block *b, struct ISA(g) * g) {
    const uint32_t negatives = ~0u << b->paired;
    for (int i = 0; i < b->m; i++) {
        const uint32_t own = b->own[i];
        const vf times = v_set1(b->times[own]);
        float *label = g->labels + i * g->stride, *weight = g->weights + i * g->stride;
        FE_UNROLL for (int k = 0; k < G_ROW; k += LANES) {
            v_store(label + k, v_pick(own >> k, v_set1(1.0f)));
            v_store(weight + k, v_add(v_pick(own >> k, v_set1(1.0f)), v_pick(negatives >> k, times)));
        }
        for (int k = LANES > G_ROW ? LANES : G_ROW; k < g->stride; k += LANES) {
            v_store(label + k, v_zero());
            v_store(weight + k, times);
        }
    }
}

/* Zeros where tiles of dot products leave places of the rows out. */
FE_INLINE void ISA(clear_rest)(float *g, int m, int n, int stride) {
    if (n > FE_TILE_O) /* the last tile may end before the row */
        for (int i = 0; i < m; i++)
            FE_UNROLL for (int k = 0; k < G_ROW; k += LANES) v_store(g + (i + 1) * stride - G_ROW + k, v_zero());
    if (LANES > G_ROW) v_store(g + m * stride, v_zero());
}

/* Scores of all inputs and outputs. */
static void ISA(scores_of_groups)(const struct fe_block *b, int64_t width, float *g, int stride) {
    ISA(clear_rest)(g, b->m, b->n, stride);
    for (int k = 0, nj; k < b->n; k += nj) {
        nj = fe_group_size(b->n - k, FE_TILE_O);
        ISA(scores_of)[nj](b, k, width, g + k, stride);
    }
}

/* Scores of matched inputs: n a row. */
static void ISA(scores_of_matched)(const struct fe_block *b, int64_t width, float *g, int n, int stride) {
    int nj = fe_group_size(n, FE_TILE_O);
    ISA(clear_rest)(g, b->m, n, stride);
    ISA(matched_scores_of)[nj](b, width, g, stride);
    for (int k = nj; k < n; k += nj) {
        nj = fe_group_size(n - k, FE_TILE_O);
        ISA(scores_of)[nj](b, b->m - 1 + k, width, g + k, stride);
    }
}

/* Bits of the lanes of a register, the one from place `at` on, that are the first of a row of G_ROW. */
FE_INLINE uint32_t ISA(firsts)(int at) { return LANES < G_ROW ? at % G_ROW == 0 : LANES > G_ROW ? 0x101 : 1; }

FE_INLINE void ISA(matched_registers)(float *g, int k, const int count, const int is_weighted, float times, float alpha,
                                      vf *odd) {
    vf s[LOCKSTEP], d[LOCKSTEP];
    FE_UNROLL for (int i = 0; i < count; i++) s[i] = v_load(g + k + i * LANES);
    ISA(denominators)(s, count, d);
    FE_UNROLL for (int i = 0; i < count; i++) {
        const int at = k + i * LANES;
        const vf label = v_pick(ISA(firsts)(at), v_set1(1.0f));
        vf gradient = v_mul(v_set1(alpha), v_sub(label, v_div(v_set1(1.0f), d[i])));
        if (is_weighted) gradient = v_mul(v_add(label, v_pick(~ISA(firsts)(at), v_set1(times))), gradient);
        v_store(g + at, gradient);
        *odd = v_add(*odd, v_sub(s[i], s[i])); /* 0 for a finite score, else NaN */
    }
}

/* Turns the scores of matched inputs into G, where a row has G_ROW places. */
FE_INLINE int ISA(matched_rows)(float *g, int m, const int is_weighted, float times, float alpha) {
    const int total = (m * G_ROW + LANES - 1) / LANES * LANES;
    vf odd = v_zero();
    int k = 0;
    for (; k + LOCKSTEP * LANES <= total; k += LOCKSTEP * LANES)
        ISA(matched_registers)(g, k, LOCKSTEP, is_weighted, times, alpha, &odd);
    switch ((total - k) / LANES) {
    case 1: ISA(matched_registers)(g, k, 1, is_weighted, times, alpha, &odd); break;
    case 2: ISA(matched_registers)(g, k, 2, is_weighted, times, alpha, &odd); break;
    case 3: ISA(matched_registers)(g, k, 3, is_weighted, times, alpha, &odd); break;
    }
    return v_all_finite(odd);
}

/* Every input learns from its own output and from the others. */
static void ISA(label_matched)(int m, float times, struct ISA(g) * g) {
    for (int i = 0; i < m; i++)
        for (int k = 0; k < g->stride; k += LANES) {
            const uint32_t own = k == 0;
            v_store(g->labels + i * g->stride + k, v_pick(own, v_set1(1.0f)));
            v_store(g->weights + i * g->stride + k, v_add(v_pick(own, v_set1(1.0f)), v_pick(~own, v_set1(times))));
        }
}

static int ISA(matched_gradient)(const struct fe_block *b, int64_t width, float alpha, double *loss,
                                 struct ISA(g) * all) {
    const float times = b->times != NULL ? b->times[1] : 1.0f;
    all->n = fe_matched_n(b->m, b->n);
    all->stride = fe_g_stride(all->n);
    ISA(scores_of_matched)(b, width, all->scores, all->n, all->stride);
    if (loss == NULL && all->stride == G_ROW && times == 1.0f)
        return ISA(matched_rows)(all->scores, b->m, 0, times, alpha);
    if (loss == NULL && all->stride == G_ROW) return ISA(matched_rows)(all->scores, b->m, 1, times, alpha);
    ISA(label_matched)(b->m, times, all);
    return ISA(gradient_rows)(all, b->m, 1, alpha, loss);
}

static int ISA(gradient)(const struct fe_block *b, int64_t size, float alpha, double *loss, float *g) {
    const int64_t width = (size + LANES - 1) / LANES * LANES;
    float *scratch = g + FE_STEP_G(b->n) / 3;
    struct ISA(g) all = {g, scratch, scratch + FE_STEP_G(b->n) / 3, fe_g_stride(b->n), b->n};
    if (b->m == 1) {
        all.stride = (b->n + LANES - 1) / LANES * LANES;
        ISA(scores_of_one)(b, width, g);
        if (b->own != NULL) {
            ISA(label_own)(b, &all);
            return ISA(gradient_rows)(&all, 1, 1, alpha, loss);
        }
        ISA(label_all)(b, &all);
        return ISA(gradient_rows)(&all, 1, 0, alpha, loss);
    }
    if (b->own != NULL) {
        ISA(scores_of_groups)(b, width, g, all.stride);
        ISA(label_own)(b, &all);
        return ISA(gradient_rows)(&all, b->m, 1, alpha, loss);
    }
    if (b->paired > 0) return ISA(matched_gradient)(b, width, alpha, loss, &all);
    ISA(scores_of_groups)(b, width, g, all.stride);
    ISA(label_all)(b, &all);
    return ISA(gradient_rows)(&all, b->m, 0, alpha, loss);
}

/* Scores are taken from the highest of them, so that no power is too large; the places of the last register past the
 * classes are so low that they add nothing. */
static int ISA(softmax)(const struct fe_block *b, int own, int64_t size, float alpha, double *loss, float *g) {
    const int total = (b->n + LANES - 1) / LANES * LANES;
    ISA(scores_of_one)(b, (size + LANES - 1) / LANES * LANES, g);
    for (int k = b->n; k < total; k++) g[k] = g[0];
    vf most = v_load(g), odd = v_zero(), sum = v_zero();
    for (int k = LANES; k < total; k += LANES) most = v_max(most, v_load(g + k));
    float lanes[LANES];
    v_store(lanes, most);
    float top = lanes[0];
    for (int k = 1; k < LANES; k++) top = lanes[k] > top ? lanes[k] : top;
    for (int k = b->n; k < total; k++) g[k] = top - 87.0f;
    most = v_set1(top);
    const double above = (double)top - (double)g[own]; /* the class */
    for (int k = 0; k < total; k += LANES) {
        const vf s = v_load(g + k);
        vf r = v_sub(s, most), p, two_k;
        odd = v_add(odd, v_sub(s, s)); /* 0 for a finite score, else NaN */
        ISA(powers)(&r, 1, &p, &two_k);
        p = v_mul(p, two_k);
        sum = v_add(sum, p);
        v_store(g + k, p);
    }
    v_store(lanes, sum);
    double all = 0.0;
    for (int k = 0; k < LANES; k++) all += (double)lanes[k];
    if (loss != NULL) *loss += log(all) + above;
    const vf factor = v_set1((float)(-(double)alpha / all));
    for (int k = 0; k < total; k += LANES) v_store(g + k, v_mul(factor, v_load(g + k)));
    g[own] += alpha;
    return v_all_finite(odd);
}

/* ---- the update ---- */

/* Send for columns [from, to) of the rows that later blocks take; into the second cache, as the first has no room for
 * them beside the rows of this block and of those before it. */
FE_INLINE void ISA(send_ahead)(const struct fe_block *b, int64_t from, int64_t to) {
    for (int64_t c = (from + FE_LINE - 1) / FE_LINE * FE_LINE; c < to; c += FE_LINE)
        for (int k = 0; k < b->ahead_count; k++) FE_PREFETCH_WRITE_L2(b->ahead[k] + c);
}

/* How inputs meet outputs, and which of the block's inputs a tile has. */
enum { AT_ONCE, IN_TURN, MATCHED };
enum { ALL, FIRST, NEXT, LAST };
enum { MOST_HELD = HELD > 8 ? HELD : 8 };

/* mi inputs from number `from` on, `nc` registers from column c on: inputs and their changes stay in registers while
 * the outputs pass by. Changes of outputs wait in `change`, a row an output, from the first tile of inputs to the last,
 * which adds them: all inputs see an output as it was. IN_TURN a tile hands the output itself to the next. */
FE_INLINE void ISA(update_tile)(const struct fe_block *b, int from, int64_t c, const int mi, const int nc,
                                const int how, const int which, const float *g, int stride, float *change) {
    /* Pointers are read first: for the compiler a store of a register may change any of them. */
    float *const *o = b->o;
    const int x_stays = mi * nc <= HELD; /* else it is read again for each output */
    const float *h[6];
    float *dh[6];
    vf scale[6], x[MOST_HELD], dx[MOST_HELD];
    FE_UNROLL for (int i = 0; i < mi; i++) {
        h[i] = b->h[from + i] + c;
        dh[i] = b->dh[from + i] + c;
        FE_UNROLL for (int k = 0; k < nc; k++) {
            x[i * nc + k] = v_load(h[i] + k * LANES);
            dx[i * nc + k] = v_zero();
        }
    }
    int n = b->n;
    const float *scales = b->scale + from;
    if (how == MATCHED) {
        FE_UNROLL for (int i = 0; i < mi; i++) {
            float *at = o[i] + c;
            const vf gi = v_set1(g[i * stride]);
            FE_UNROLL for (int k = 0; k < nc; k++) {
                const vf y = v_load(at + k * LANES);
                dx[i * nc + k] = v_mul(gi, y);
                v_store(at + k * LANES, v_fma(gi, x[i * nc + k], y));
            }
        }
        n -= mi;
        o += mi;
        g++;
    }
    g += from * stride;
    for (int j = 0; j < n; j++, g++, change += FE_STEP_COLUMNS) {
        float *at = o[j] + c;
        vf y[8], to[8];
        FE_UNROLL for (int k = 0; k < nc; k++) {
            y[k] = v_load(at + k * LANES);
            to[k] = how == IN_TURN || which == ALL ? y[k] : v_zero();
            if (which == NEXT || which == LAST) to[k] = v_load(change + k * LANES);
        }
        FE_UNROLL for (int i = 0; i < mi; i++) {
            const vf gij = v_set1(g[i * stride]);
            FE_UNROLL for (int k = 0; k < nc; k++) {
                dx[i * nc + k] = v_fma(gij, how == IN_TURN ? to[k] : y[k], dx[i * nc + k]);
                to[k] = v_fma(gij, x_stays ? x[i * nc + k] : v_load(h[i] + k * LANES), to[k]);
            }
        }
        FE_UNROLL for (int k = 0; k < nc; k++)
            v_store(which == ALL || which == LAST ? at + k * LANES : change + k * LANES,
                    which == LAST ? v_add(y[k], to[k]) : to[k]);
    }
    FE_UNROLL for (int i = 0; i < mi; i++) scale[i] = v_set1(scales[i]);
    FE_UNROLL for (int i = 0; i < mi; i++) FE_UNROLL for (int k = 0; k < nc; k++) {
        v_store(dh[i] + k * LANES, v_fma(scale[i], dx[i * nc + k], v_load(dh[i] + k * LANES)));
    }
}

/* Where all inputs fit one tile: a function for each number of them. The fewer there are, the wider the tile. Of four,
 * on 16 registers, only the changes stay there. */
#define TILE_COLUMNS(mi) ((mi) == 4 && HELD < 8 ? 2 : HELD / (mi) < 8 ? HELD / (mi) : 8)
#define UPDATE_REST(mi, nc, how)                                                                      \
    case nc:                                                                                          \
        if (nc < TILE_COLUMNS(mi))                                                                    \
            ISA(update_tile)(b, 0, c, mi, nc < TILE_COLUMNS(mi) ? nc : 1, how, ALL, g, stride, NULL); \
        break;
#define DEFINE_ALL(name, mi, how)                                                                    \
    static void ISA(name##mi)(const struct fe_block *b, int64_t width, const float *g, int stride) { \
        int64_t c = 0;                                                                               \
        for (; c + TILE_COLUMNS(mi) * LANES <= width; c += TILE_COLUMNS(mi) * LANES) {               \
            ISA(send_ahead)(b, c, c + TILE_COLUMNS(mi) * LANES);                                     \
            ISA(update_tile)(b, 0, c, mi, TILE_COLUMNS(mi), how, ALL, g, stride, NULL);              \
        }                                                                                            \
        ISA(send_ahead)(b, c, width);                                                                \
        switch ((width - c) / LANES) { /* less than TILE_COLUMNS */                                  \
            UPDATE_REST(mi, 1, how)                                                                  \
            UPDATE_REST(mi, 2, how)                                                                  \
            UPDATE_REST(mi, 3, how)                                                                  \
            UPDATE_REST(mi, 4, how)                                                                  \
            UPDATE_REST(mi, 5, how)                                                                  \
            UPDATE_REST(mi, 6, how)                                                                  \
            UPDATE_REST(mi, 7, how)                                                                  \
        }                                                                                            \
    }
#define DEFINE_AT_ONCE(mi) DEFINE_ALL(at_once, mi, AT_ONCE)
#define DEFINE_IN_TURN(mi) DEFINE_ALL(in_turn, mi, IN_TURN)
#if UPDATE_H == 6
#define FOR_EACH_TILE(DO) FOR_EACH_FEW(DO)
#else
#define FOR_EACH_TILE(DO) DO(1) DO(2) DO(3)
#endif
FOR_EACH_TILE(DEFINE_AT_ONCE)
FOR_EACH_TILE(DEFINE_IN_TURN)
DEFINE_ALL(matched, 2, MATCHED)
DEFINE_ALL(matched, 3, MATCHED)
DEFINE_ALL(matched, 4, MATCHED)

typedef void ISA(update_all)(const struct fe_block *, int64_t width, const float *g, int stride);
#define LIST_ALL(mi) {ISA(at_once##mi), ISA(in_turn##mi)},
static ISA(update_all) *const ISA(all_of)[UPDATE_H + 1][2] = {{NULL, NULL}, FOR_EACH_TILE(LIST_ALL)};
#undef LIST_ALL
static ISA(update_all) *const ISA(matched_of)[FE_CENTRES + 1] = {
    NULL, NULL, ISA(matched2), ISA(matched3), ISA(matched4),
};

/* mi inputs of more than fit a tile. */
#define DEFINE_SOME(mi)                                                                                          \
    FE_INLINE void ISA(some##mi)(const struct fe_block *b, int from, int64_t c, const int nc, const int in_turn, \
                                 const float *g, int stride, float *change) {                                    \
        if (in_turn) ISA(update_tile)(b, from, c, mi, nc, IN_TURN, ALL, g, stride, change);                      \
        else if (from == 0) ISA(update_tile)(b, from, c, mi, nc, AT_ONCE, FIRST, g, stride, change);             \
        else if (from + mi < b->m) ISA(update_tile)(b, from, c, mi, nc, AT_ONCE, NEXT, g, stride, change);       \
        else ISA(update_tile)(b, from, c, mi, nc, AT_ONCE, LAST, g, stride, change);                             \
    }
#if UPDATE_H == 6
DEFINE_SOME(6)
DEFINE_SOME(5)
DEFINE_SOME(4)
#else
DEFINE_SOME(2)
#endif
DEFINE_SOME(3)

/* `nc` registers from column c on: evenly sized tiles, of which `larger` have one input more than the others. */
FE_INLINE void ISA(update_columns)(const struct fe_block *b, int size, int larger, int64_t c, const int nc,
                                   const int in_turn, const float *g, int stride, float *change) {
    ISA(send_ahead)(b, c, c + nc * LANES);
    const int m = b->m;
    for (int from = 0; from < m;) {
        const int mi = size + (larger-- > 0);
        switch (mi) {
#if UPDATE_H == 6
        case 6: ISA(some6)(b, from, c, nc, in_turn, g, stride, change); break;
        case 5: ISA(some5)(b, from, c, nc, in_turn, g, stride, change); break;
        case 4: ISA(some4)(b, from, c, nc, in_turn, g, stride, change); break;
#else
        case 2: ISA(some2)(b, from, c, nc, in_turn, g, stride, change); break;
#endif
        default: ISA(some3)(b, from, c, nc, in_turn, g, stride, change);
        }
        from += mi;
    }
}

FE_INLINE void ISA(update_tiles)(const struct fe_block *b, int64_t width, const int in_turn, const float *g, int stride,
                                 float *change) {
    const int tiles = (b->m + UPDATE_H - 1) / UPDATE_H, size = b->m / tiles, larger = b->m % tiles;
    int64_t c = 0;
    for (; c + UPDATE_COLUMNS * LANES <= width; c += UPDATE_COLUMNS * LANES)
        ISA(update_columns)(b, size, larger, c, UPDATE_COLUMNS, in_turn, g, stride, change);
    switch ((width - c) / LANES) {
#if UPDATE_COLUMNS == 3
    case 2: ISA(update_columns)(b, size, larger, c, 2, in_turn, g, stride, change); break;
#endif
    case 1: ISA(update_columns)(b, size, larger, c, 1, in_turn, g, stride, change); break;
    }
}

static void ISA(update)(const struct fe_block *b, int64_t size, const float *g, float *change) {
    const int64_t width = (size + LANES - 1) / LANES * LANES;
    if (b->paired > 0 && b->own == NULL) ISA(matched_of)[b->m](b, width, g, fe_g_stride(fe_matched_n(b->m, b->n)));
    else if (b->m <= UPDATE_H) ISA(all_of)[b->m][b->in_turn](b, width, g, fe_g_stride(b->n));
    else if (b->in_turn) ISA(update_tiles)(b, width, 1, g, fe_g_stride(b->n), change);
    else ISA(update_tiles)(b, width, 0, g, fe_g_stride(b->n), change);
}
