/* The block step, written once for every instruction set. A file isa_*.c defines
 *
 *     vf, LANES            a register of LANES floats
 *     v_load v_store v_zero v_set1 v_add v_sub v_mul v_div v_min v_max
 *     v_fma(a, b, c)       a b + c
 *     v_pow2i(x)           2^x for integral x in [-126, 127]
 *     v_round(x)           to the nearest integer
 *     v_all_finite(x)      nonzero when no lane is NaN or infinite
 *     v_pick(bits, x)      x in the lanes whose bit is set, else 0
 *     v_store_sums(g, a, mi, nj)  g[i * G_ROW + j] = the sum over lanes of a[i * nj + j], for i < mi and
 *                          j < nj <= G_ROW; what else it writes lies after g, and before G_ROW * mi rounded up to LANES
 *     TILE_H               inputs in one tile of dot products: 2 or 4
 *     COLUMNS              registers of one row that the update of many inputs keeps at once: 1 of 16, 2 of 32
 *     ISA(name)            name with this instruction set's suffix
 *
 * and includes this file. Bounds that are `const int` parameters are constants once inlined, so FE_UNROLL can unroll
 * their loops and the arrays in them live in registers.
 *
 * A step is two calls, `gradient` and `update`: what the caller does between them runs while the processor still waits
 * for the sigmoids. G lies in memory by groups of up to TILE_O outputs: a row of G_ROW floats an input, each group's
 * rows padded to whole registers, so that every register is loaded as it was stored; of one input alone, by output.
 * Where input i is matched with output i, what these have comes first, in a row. */

#include <math.h>

enum {
    TILE_O = 6, /* outputs in a tile: a centre and the usual five negatives */
    FEW = 6,    /* inputs that an update keeps in registers; of more it keeps the outputs */
};
_Static_assert(TILE_O == 6 && FEW == 6, "FOR_EACH_FEW lists them");
_Static_assert(FE_CENTRES == 4, "the first group of several has as many; matched_of lists them; a register holds them");

/* The outputs from `first` on go into groups of even size, at most TILE_O. */
static inline int ISA(group_size)(int first, int n) {
    const int left = n - first, groups = (left + TILE_O - 1) / TILE_O;
    return (left + groups - 1) / groups;
}

/* Floats of G that a group takes. */
static inline int ISA(group_floats)(int m) { return (m * G_ROW + LANES - 1) / LANES * LANES; }

/* 1 / (1 + e^-s), and 1 + e^-s in *denominator: the exponential as 2^k p(r), r in [-ln 2 / 2, ln 2 / 2], with the
 * polynomial of Cephes' expf (relative error below 2e-7). */
FE_INLINE vf ISA(sigmoid)(vf s, vf *denominator) {
    const vf x = v_min(v_max(v_sub(v_zero(), s), v_set1(-87.0f)), v_set1(87.0f));
    const vf k = v_round(v_mul(x, v_set1(1.44269504f)));
    vf r = v_fma(k, v_set1(-0.693359375f), x);
    r = v_fma(k, v_set1(2.12194440e-4f), r);
    vf p = v_set1(1.9875691500e-4f);
    p = v_fma(p, r, v_set1(1.3981999507e-3f));
    p = v_fma(p, r, v_set1(8.3334519073e-3f));
    p = v_fma(p, r, v_set1(4.1665795894e-2f));
    p = v_fma(p, r, v_set1(1.6666665459e-1f));
    p = v_fma(p, r, v_set1(5.0000001201e-1f));
    p = v_add(v_fma(p, v_mul(r, r), r), v_set1(1.0f));
    *denominator = v_fma(p, v_pow2i(k), v_set1(1.0f));
    return v_div(v_set1(1.0f), *denominator);
}

/* -log sigmoid(s) = log(1 + e^-s) for label 1, and that plus s for label 0, 1 + more times, over the lanes of `valid`;
 * one logarithm of a product of at most eight factors. Where the sigmoid is clamped e^-s alone counts. Seldom called:
 * kept out of the way of the rest. */
FE_NOINLINE double ISA(loss)(vf s, vf denominator, vf more, uint32_t labels, uint32_t valid) {
    float score[LANES], factor[LANES], times[LANES];
    v_store(score, s);
    v_store(factor, denominator);
    v_store(times, v_add(more, v_set1(1.0f)));
    double total = 0.0, sum = 0.0, product = 1.0;
    for (int k = 0; k < LANES; k++) {
        if (valid >> k & 1) {
            if (score[k] < -80.0f) sum -= (double)score[k];
            else product *= (double)factor[k];
            if (!(labels >> k & 1)) sum += (double)score[k];
        }
        if (k + 1 == LANES || k % 8 == 7 || times[k + 1] != times[k]) {
            total += (double)times[k] * (sum + log(product));
            sum = 0.0;
            product = 1.0;
        }
    }
    return total;
}

/* Scores of mi inputs and nj outputs: the mi x nj dot products grow side by side, so each load feeds several
 * multiply-adds. */
FE_INLINE void ISA(score_tile)(float *const *h, float *const *o, int64_t width, const int mi, const int nj, float *g) {
    vf sum[TILE_O * TILE_H];
    FE_UNROLL for (int k = 0; k < mi * nj; k++) sum[k] = v_zero();
    for (int64_t c = 0; c < width; c += LANES) {
        vf x[TILE_H];
        FE_UNROLL for (int i = 0; i < mi; i++) x[i] = v_load(h[i] + c);
        FE_UNROLL for (int j = 0; j < nj; j++) {
            const vf y = v_load(o[j] + c);
            FE_UNROLL for (int i = 0; i < mi; i++) sum[i * nj + j] = v_fma(x[i], y, sum[i * nj + j]);
        }
    }
    v_store_sums(g, sum, mi, nj);
}

/* Scores of all inputs and the nj outputs from `first` on. */
FE_INLINE void ISA(scores)(const struct fe_block *b, int first, int64_t width, const int nj, float *g) {
    float *const *o = b->o + first;
    int i = 0;
#if TILE_H >= 4
    for (; i + 4 <= b->m; i += 4) ISA(score_tile)(b->h + i, o, width, 4, nj, g + i * G_ROW);
    if (i + 3 == b->m) {
        ISA(score_tile)(b->h + i, o, width, 3, nj, g + i * G_ROW);
        return;
    }
#endif
#if TILE_H >= 2
    for (; i + 2 <= b->m; i += 2) ISA(score_tile)(b->h + i, o, width, 2, nj, g + i * G_ROW);
#endif
    for (; i < b->m; i++) ISA(score_tile)(b->h + i, o, width, 1, nj, g + i * G_ROW);
}

/* Labels of `count` outputs as bits. */
static inline uint32_t ISA(labels_of)(const struct fe_block *b, int first, int count) {
    if (b->labels == NULL) return first == 0;
    uint32_t bits = 0;
    for (int j = 0; j < count; j++) bits |= (uint32_t)b->labels[first + j] << j;
    return bits;
}

/* Turns a register of scores into one of G, if `is_paired` 1 + more times and 0 where `valid` is not set; returns
 * whether the scores are finite. `counted`: those whose loss counts. */
FE_INLINE int ISA(gradient_register)(float *g, uint32_t labels, uint32_t valid, uint32_t counted, vf more, float alpha,
                                     double *loss, const int is_paired) {
    const vf s = v_load(g);
    vf denominator;
    const vf sigmoid = ISA(sigmoid)(s, &denominator);
    const vf gradient = v_fma(sigmoid, v_set1(-alpha), v_pick(labels, v_set1(alpha)));
    v_store(g, is_paired ? v_pick(valid, v_fma(more, gradient, gradient)) : gradient);
    if (loss != NULL) *loss += ISA(loss)(s, denominator, more, labels, counted);
    return v_all_finite(s);
}

/* The same for a group; G is one row an input. */
FE_INLINE int ISA(gradient_group)(const struct fe_block *b, int first, int nj, float alpha, double *loss, float *g,
                                  const int is_paired) {
    const int two = LANES > G_ROW; /* inputs in a register */
    const uint32_t every_row = two ? 0x0101u : 1u;
    const uint32_t all = ((1u << nj) - 1) * every_row;
    const uint32_t labels = is_paired ? 0u : ISA(labels_of)(b, first, nj) * every_row;
    const uint32_t paired = is_paired && first == 0 ? ((1u << b->paired) - 1) * every_row : 0u;
    int finite = 1;
    for (int k = 0; k < b->m * G_ROW; k += LANES) {
        const int i = k / G_ROW, is_last = i + 1 >= b->m;
        uint32_t bits = labels, valid = all;
        vf more = v_zero();
        if (is_paired) {
            const uint32_t own = b->own[i], next = two && !is_last ? b->own[i + 1] : 0u;
            if (first == 0) bits = own | next << G_ROW;
            valid = (all & ~paired) | bits;
            more = v_pick((~paired & 0xffu) >> k % G_ROW, v_set1(b->more[own]));
            if (two) more = v_add(more, v_pick(~paired & 0xff00u, v_set1(b->more[next])));
        }
        bits >>= k % G_ROW;
        valid >>= k % G_ROW;
        const uint32_t counted = is_last ? valid & 0xffu >> k % G_ROW : valid;
        finite &= ISA(gradient_register)(g + k, bits, valid, counted, more, alpha, loss, is_paired);
    }
    return finite;
}

/* Send for columns [from, to) of the rows that later blocks take. */
FE_INLINE void ISA(send_ahead)(const struct fe_block *b, int64_t from, int64_t to) {
    for (int64_t c = (from + FE_LINE - 1) / FE_LINE * FE_LINE; c < to; c += FE_LINE)
        for (int k = 0; k < b->ahead_count; k++) FE_PREFETCH_WRITE(b->ahead[k] + c);
}

/* Update of `nc` registers from column c on for nj outputs: outputs and their changes stay in registers while the
 * inputs pass by, or with `in_turn` the outputs alone, which change as they do. Changes of inputs pass through `change`
 * (row 0's) from the first group of outputs to the last, which adds them. */
FE_INLINE void ISA(update_tile)(const struct fe_block *b, float *const *o, int64_t c, const int nj, const int nc,
                                const int is_first, const int is_last, const int in_turn, const float *g,
                                float *change) {
    if (is_first) ISA(send_ahead)(b, c, c + nc * LANES);
    vf y[TILE_O * COLUMNS], dy[TILE_O * COLUMNS];
    FE_UNROLL for (int j = 0; j < nj; j++) FE_UNROLL for (int k = 0; k < nc; k++) {
        y[j * nc + k] = v_load(o[j] + c + k * LANES);
        dy[j * nc + k] = v_zero();
    }
    const int m = b->m;
    for (int i = 0; i < m; i++, g += G_ROW, change += FE_STEP_COLUMNS) {
        vf x[COLUMNS], dx[COLUMNS];
        FE_UNROLL for (int k = 0; k < nc; k++) {
            x[k] = v_load(b->h[i] + c + k * LANES);
            dx[k] = is_first ? v_zero() : v_load(change + k * LANES);
        }
        FE_UNROLL for (int j = 0; j < nj; j++) {
            const vf gij = v_set1(g[j]);
            FE_UNROLL for (int k = 0; k < nc; k++) {
                dx[k] = v_fma(gij, y[j * nc + k], dx[k]);
                if (in_turn) y[j * nc + k] = v_fma(gij, x[k], y[j * nc + k]);
                else dy[j * nc + k] = v_fma(gij, x[k], dy[j * nc + k]);
            }
        }
        float *to = is_last ? b->dh[i] + c : change;
        const vf scale = v_set1(is_last ? b->scale[i] : 1.0f);
        FE_UNROLL for (int k = 0; k < nc; k++) {
            v_store(to + k * LANES, is_last ? v_fma(scale, dx[k], v_load(to + k * LANES)) : dx[k]);
        }
    }
    FE_UNROLL for (int j = 0; j < nj; j++) FE_UNROLL for (int k = 0; k < nc; k++) {
        float *at = o[j] + c + k * LANES;
        v_store(at, in_turn ? y[j * nc + k] : v_add(v_load(at), dy[j * nc + k]));
    }
}

/* Columns [from, to) of the nj outputs from `first` on, and of the inputs. */
FE_INLINE void ISA(update_columns)(const struct fe_block *b, int first, int64_t from, int64_t to, const int nj,
                                   const int is_first, const int is_last, const int in_turn, const float *g,
                                   float *change) {
    float *const *o = b->o + first;
    int64_t c = from;
    for (; c + COLUMNS * LANES <= to; c += COLUMNS * LANES)
        ISA(update_tile)(b, o, c, nj, COLUMNS, is_first, is_last, in_turn, g, change + (c - from));
    for (; c < to; c += LANES) ISA(update_tile)(b, o, c, nj, 1, is_first, is_last, in_turn, g, change + (c - from));
}

FE_INLINE void ISA(update_group)(const struct fe_block *b, int first, int64_t from, int64_t to, const int nj,
                                 const int in_turn, const float *g, float *change) {
    const int is_first = first == 0, is_last = first + nj == b->n;
    if (is_first && is_last) ISA(update_columns)(b, first, from, to, nj, 1, 1, in_turn, g, change);
    else if (is_first) ISA(update_columns)(b, first, from, to, nj, 1, 0, in_turn, g, change);
    else if (is_last) ISA(update_columns)(b, first, from, to, nj, 0, 1, in_turn, g, change);
    else ISA(update_columns)(b, first, from, to, nj, 0, 0, in_turn, g, change);
}

/* Functions for each number of outputs in a group. */
#define FOR_EACH_FEW(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6)
#define FOR_EACH_WIDTH(DO) FOR_EACH_FEW(DO) DO(7) DO(8)
#define DEFINE_GROUP(nj)                                                                                        \
    static void ISA(scores##nj)(const struct fe_block *b, int first, int64_t width, float *g) {                 \
        ISA(scores)(b, first, width, nj, g);                                                                    \
    }                                                                                                           \
    static void ISA(update##nj)(const struct fe_block *b, int first, int64_t from, int64_t to, const float *g,  \
                                float *change) {                                                                \
        ISA(update_group)(b, first, from, to, nj, 0, g, change);                                                \
    }                                                                                                           \
    static void ISA(in_turn##nj)(const struct fe_block *b, int first, int64_t from, int64_t to, const float *g, \
                                 float *change) {                                                               \
        ISA(update_group)(b, first, from, to, nj, 1, g, change);                                                \
    }
FOR_EACH_FEW(DEFINE_GROUP)
#undef DEFINE_GROUP

#define LIST_GROUP(nj) {ISA(scores##nj), {ISA(update##nj), ISA(in_turn##nj)}},
static const struct {
    void (*scores)(const struct fe_block *, int first, int64_t width, float *g);
    void (*update[2])(const struct fe_block *, int first, int64_t from, int64_t to, const float *g, float *change);
} ISA(group)[TILE_O + 1] = {{NULL, {NULL, NULL}}, FOR_EACH_FEW(LIST_GROUP)};
#undef LIST_GROUP

/* ---- few inputs ----
 *
 * Up to FEW inputs and their changes stay in registers while the outputs pass by, each of them read and written once:
 * the number of outputs is nearly always the same, so that the loop over them is easy to predict. */

#define HELD (7 * COLUMNS) /* registers for inputs, and as many for their changes: 14 of 16, or 28 of 32, in all */
#define FEW_COLUMNS(mi) (HELD / (mi) < 8 ? HELD / (mi) : 8)

enum { AT_ONCE, IN_TURN, MATCHED };

FE_INLINE void ISA(few_tile)(const struct fe_block *b, int64_t c, const int mi, const int nc, const int how,
                             const float *g) {
    ISA(send_ahead)(b, c, c + nc * LANES);
    vf x[HELD], dx[HELD];
    FE_UNROLL for (int i = 0; i < mi; i++) FE_UNROLL for (int k = 0; k < nc; k++) {
        x[i * nc + k] = v_load(b->h[i] + c + k * LANES);
        dx[i * nc + k] = v_zero();
    }
    int first = 0;
    if (how == MATCHED) {
        FE_UNROLL for (int i = 0; i < mi; i++) FE_UNROLL for (int k = 0; k < nc; k++) {
            float *at = b->o[i] + c + k * LANES;
            const vf gi = v_set1(g[i]), y = v_load(at);
            dx[i * nc + k] = v_mul(gi, y);
            v_store(at, v_fma(gi, x[i * nc + k], y));
        }
        first = mi;
        g += ISA(group_floats)(1);
    }
    const int n = b->n;
    for (int nj; first < n; first += nj, g += ISA(group_floats)(mi)) {
        nj = mi == 1 ? n : ISA(group_size)(first, n);
        for (int j = 0; j < nj; j++) {
            float *o = b->o[first + j] + c;
            vf y[8];
            FE_UNROLL for (int k = 0; k < nc; k++) y[k] = v_load(o + k * LANES);
            if (how != IN_TURN) {
                FE_UNROLL for (int i = 0; i < mi; i++) FE_UNROLL for (int k = 0; k < nc; k++) {
                    dx[i * nc + k] = v_fma(v_set1(g[i * G_ROW + j]), y[k], dx[i * nc + k]);
                }
            }
            FE_UNROLL for (int i = 0; i < mi; i++) FE_UNROLL for (int k = 0; k < nc; k++) {
                const vf gij = v_set1(g[i * G_ROW + j]);
                if (how == IN_TURN) dx[i * nc + k] = v_fma(gij, y[k], dx[i * nc + k]);
                y[k] = v_fma(gij, x[i * nc + k], y[k]);
            }
            FE_UNROLL for (int k = 0; k < nc; k++) v_store(o + k * LANES, y[k]);
        }
    }
    FE_UNROLL for (int i = 0; i < mi; i++) {
        const vf scale = v_set1(b->scale[i]);
        FE_UNROLL for (int k = 0; k < nc; k++) {
            float *to = b->dh[i] + c + k * LANES;
            v_store(to, v_fma(scale, dx[i * nc + k], v_load(to)));
        }
    }
}

/* One function for each number of inputs. */
#define FEW_REST(mi, nc, how)                                                                     \
    case nc:                                                                                      \
        if (nc < FEW_COLUMNS(mi)) ISA(few_tile)(b, c, mi, nc < FEW_COLUMNS(mi) ? nc : 1, how, g); \
        break;
#define DEFINE_FEW(name, mi, how)                                                        \
    static void ISA(name##mi)(const struct fe_block *b, int64_t width, const float *g) { \
        int64_t c = 0;                                                                   \
        for (; c + FEW_COLUMNS(mi) * LANES <= width; c += FEW_COLUMNS(mi) * LANES)       \
            ISA(few_tile)(b, c, mi, FEW_COLUMNS(mi), how, g);                            \
        switch ((width - c) / LANES) { /* less than FEW_COLUMNS */                       \
            FEW_REST(mi, 1, how)                                                         \
            FEW_REST(mi, 2, how)                                                         \
            FEW_REST(mi, 3, how)                                                         \
            FEW_REST(mi, 4, how)                                                         \
            FEW_REST(mi, 5, how)                                                         \
            FEW_REST(mi, 6, how)                                                         \
            FEW_REST(mi, 7, how)                                                         \
        }                                                                                \
    }
#define DEFINE_FEW_AT_ONCE(mi) DEFINE_FEW(few, mi, AT_ONCE)
#define DEFINE_FEW_IN_TURN(mi) DEFINE_FEW(few_in_turn, mi, IN_TURN)
FOR_EACH_FEW(DEFINE_FEW_AT_ONCE)
FOR_EACH_FEW(DEFINE_FEW_IN_TURN)
DEFINE_FEW(matched, 2, MATCHED)
DEFINE_FEW(matched, 3, MATCHED)
DEFINE_FEW(matched, 4, MATCHED)

typedef void ISA(update_few)(const struct fe_block *, int64_t width, const float *g);
#define LIST_FEW(mi) {ISA(few##mi), ISA(few_in_turn##mi)},
static ISA(update_few) *const ISA(few_of)[FEW + 1][2] = {{NULL, NULL}, FOR_EACH_FEW(LIST_FEW)};
#undef LIST_FEW
static ISA(update_few) *const ISA(matched_of)[FE_CENTRES + 1] = {
    NULL, NULL, ISA(matched2), ISA(matched3), ISA(matched4),
};

/* Scores and G of one input alone: n floats in a row, so that most paths fit into one register. */
static int ISA(gradient_of_one)(const struct fe_block *b, int64_t width, float alpha, double *loss, float *g) {
    for (int first = 0; first < b->n; first += G_ROW) {
        float *const *o = b->o + first;
        switch (b->n - first) {
#define SCORE_REST(nj) \
    case nj: ISA(score_tile)(b->h, o, width, 1, nj, g + first); break;
            FOR_EACH_WIDTH(SCORE_REST)
#undef SCORE_REST
        default: ISA(score_tile)(b->h, o, width, 1, G_ROW, g + first);
        }
    }
    int finite = 1;
    for (int k = 0; k < b->n; k += LANES) {
        const int count = b->n - k < LANES ? b->n - k : LANES;
        finite &= ISA(gradient_register)(g + k, ISA(labels_of)(b, k, count), 0, (1u << count) - 1, v_zero(), alpha,
                                         loss, 0);
    }
    return finite;
}

/* Scores of inputs with their outputs, where they are matched. */
static void ISA(score_matches)(const struct fe_block *b, int64_t width, float *g) {
    vf sum[FE_CENTRES];
    FE_UNROLL for (int i = 0; i < FE_CENTRES; i++) sum[i] = v_zero();
    for (int64_t c = 0; c < width; c += LANES) {
        FE_UNROLL for (int i = 0; i < FE_CENTRES; i++) {
            const int k = i < b->m ? i : 0;
            sum[i] = v_fma(v_load(b->h[k] + c), v_load(b->o[k] + c), sum[i]);
        }
    }
    v_store_sums(g, sum, 1, FE_CENTRES);
}

/* Of all inputs and the outputs from `first` on. */
FE_INLINE int ISA(gradient_of_groups)(const struct fe_block *b, int first, int64_t width, float alpha, double *loss,
                                      float *g, const int is_paired) {
    const int group = ISA(group_floats)(b->m);
    float *at = g;
    for (int k = first, nj; k < b->n; k += nj, at += group) {
        nj = ISA(group_size)(k, b->n);
        ISA(group)[nj].scores(b, k, width, at);
    }
    int finite = 1;
    for (int k = first, nj; k < b->n; k += nj, g += group) {
        nj = ISA(group_size)(k, b->n);
        finite &= ISA(gradient_group)(b, k, nj, alpha, loss, g, is_paired);
    }
    return finite;
}

static int ISA(gradient)(const struct fe_block *b, int64_t size, float alpha, double *loss, float *g) {
    const int64_t width = (size + LANES - 1) / LANES * LANES;
    if (b->m == 1) return ISA(gradient_of_one)(b, width, alpha, loss, g);
    if (b->own != NULL) return ISA(gradient_of_groups)(b, 0, width, alpha, loss, g, 1);
    if (b->paired == 0) return ISA(gradient_of_groups)(b, 0, width, alpha, loss, g, 0);
    ISA(score_matches)(b, width, g);
    const int finite = ISA(gradient_of_groups)(b, b->m, width, alpha, loss, g + ISA(group_floats)(1), 0);
    return finite & ISA(gradient_register)(g, ~0u, 0, (1u << b->m) - 1, v_zero(), alpha, loss, 0);
}

static void ISA(update)(const struct fe_block *b, int64_t size, const float *g, float *change) {
    const int64_t width = (size + LANES - 1) / LANES * LANES;
    if (b->paired > 0 && b->own == NULL) {
        ISA(matched_of)[b->m](b, width, g);
        return;
    }
    if (b->m <= FEW) {
        ISA(few_of)[b->m][b->in_turn](b, width, g);
        return;
    }
    const int group = ISA(group_floats)(b->m);
    const int64_t columns = b->n <= TILE_O ? width : FE_STEP_COLUMNS;
    for (int64_t from = 0; from < width; from += columns) {
        const int64_t to = width - from < columns ? width : from + columns;
        const float *at = g;
        for (int first = 0, nj; first < b->n; first += nj, at += group) {
            nj = ISA(group_size)(first, b->n);
            ISA(group)[nj].update[b->in_turn](b, first, from, to, at, change);
        }
    }
}
