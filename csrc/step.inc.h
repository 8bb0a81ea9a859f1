/* The block step, written once for every instruction set. A file isa_*.c defines
 *
 *     vf, LANES            a register of LANES floats
 *     v_load v_store v_zero v_set1 v_add v_sub v_mul v_div v_min v_max
 *     v_fma(a, b, c)       a b + c
 *     v_pow2i(x)           2^x for integral x in [-126, 127]
 *     v_round(x)           to the nearest integer
 *     v_all_finite(x)      nonzero when no lane is NaN or infinite
 *     v_pick(bits, x)      x in the lanes whose bit is set, else 0
 *     v_sums(a, count)     lane k is the sum over lanes of a[k], for k < count <= LANES; 0 in the others
 *     TILE_H               inputs in one tile of dot products, 1 to 4
 *     COLUMNS              registers of one row that the update keeps at once, 1 or 2
 *     ISA(name)            name with this instruction set's suffix
 *
 * and includes this file. Bounds that are `const int` parameters are constants once inlined, so FE_UNROLL can unroll
 * their loops and the arrays in them live in registers.
 *
 * G of one group of up to TILE_O outputs is stored as [input][output of the group], groups one after another. Whole
 * registers are stored in rising order, so what one writes past its end is overwritten by the next. */

#include <math.h>

enum { TILE_O = 6 }; /* outputs in a tile: a centre and the usual five negatives */

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

/* -log sigmoid(s) = log(1 + e^-s) for label 1, and that plus s for label 0, over `count` lanes; one logarithm of a
 * product of at most eight factors. Where the sigmoid is clamped e^-s alone counts. Seldom called: kept out of the way
 * of the rest. */
FE_NOINLINE double ISA(loss)(vf s, vf denominator, uint32_t labels, int count) {
    float score[LANES], factor[LANES];
    v_store(score, s);
    v_store(factor, denominator);
    double sum = 0.0, product = 1.0;
    for (int k = 0; k < count; k++) {
        if (score[k] < -80.0f) sum -= (double)score[k];
        else product *= (double)factor[k];
        if (!(labels >> k & 1)) sum += (double)score[k];
        if (k % 8 == 7) {
            sum += log(product);
            product = 1.0;
        }
    }
    return sum + log(product);
}

/* G for mi inputs and nj outputs. The mi x nj dot products grow side by side, so each load feeds several
 * multiply-adds, and their sums turn into G without leaving the registers. Bit j of `labels` is output j's. */
FE_INLINE int ISA(gradient_tile)(const float *const *h, float *const *o, int64_t width, const int mi, const int nj,
                                 uint32_t labels, float alpha, double *loss, float *g) {
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
    uint32_t once_an_input = 0;
    FE_UNROLL for (int i = 0; i < mi; i++) once_an_input |= 1u << (i * nj);
    const uint32_t all_labels = labels * once_an_input;
    int finite = 1;
    FE_UNROLL for (int k = 0; k < mi * nj; k += LANES) {
        const int count = mi * nj - k < LANES ? mi * nj - k : LANES;
        const vf s = v_sums(sum + k, count);
        vf denominator;
        const vf sigmoid = ISA(sigmoid)(s, &denominator);
        v_store(g + k, v_fma(sigmoid, v_set1(-alpha), v_pick(all_labels >> k, v_set1(alpha))));
        finite &= v_all_finite(s);
        if (loss != NULL) *loss += ISA(loss)(s, denominator, all_labels >> k, count);
    }
    return finite;
}

/* G for all inputs and the nj outputs from `first` on; returns whether all scores are finite. */
FE_INLINE int ISA(gradient)(const struct fe_block *b, int first, int64_t width, const int nj, float alpha,
                            double *loss, float *g) {
    float *const *o = b->o + first;
    uint32_t labels = 0;
    FE_UNROLL for (int j = 0; j < nj; j++) labels |= (uint32_t)b->labels[first + j] << j;
    int finite = 1, tiles = (b->m + TILE_H - 1) / TILE_H;
    for (int i = 0; i < b->m; tiles--) {
        const int mi = (b->m - i + tiles - 1) / tiles;
        const float *const *h = b->h + i;
        float *at = g + i * nj;
        switch (mi) {
#if TILE_H >= 4
        case 4: finite &= ISA(gradient_tile)(h, o, width, 4, nj, labels, alpha, loss, at); break;
        case 3: finite &= ISA(gradient_tile)(h, o, width, 3, nj, labels, alpha, loss, at); break;
#endif
        case 2: finite &= ISA(gradient_tile)(h, o, width, 2, nj, labels, alpha, loss, at); break;
        default: finite &= ISA(gradient_tile)(h, o, width, 1, nj, labels, alpha, loss, at); break;
        }
        i += mi;
    }
    return finite;
}

/* Update of `nc` registers from column c on for nj outputs: outputs and their changes stay in registers while the
 * inputs pass by. `change` is row 0's. */
FE_INLINE void ISA(update_tile)(const struct fe_block *b, float *const *o, int64_t c, const int nj, const int nc,
                                const int fresh, const float *g, float *change) {
    vf y[TILE_O * COLUMNS], dy[TILE_O * COLUMNS];
    FE_UNROLL for (int j = 0; j < nj; j++) FE_UNROLL for (int k = 0; k < nc; k++) {
        y[j * nc + k] = v_load(o[j] + c + k * LANES);
        dy[j * nc + k] = v_zero();
    }
    for (int i = 0; i < b->m; i++, change += FE_STEP_COLUMNS) {
        vf x[COLUMNS], dx[COLUMNS];
        FE_UNROLL for (int k = 0; k < nc; k++) {
            x[k] = v_load(b->h[i] + c + k * LANES);
            dx[k] = fresh ? v_zero() : v_load(change + k * LANES);
        }
        FE_UNROLL for (int j = 0; j < nj; j++) {
            const vf gij = v_set1(g[i * nj + j]);
            FE_UNROLL for (int k = 0; k < nc; k++) {
                dx[k] = v_fma(gij, y[j * nc + k], dx[k]);
                dy[j * nc + k] = v_fma(gij, x[k], dy[j * nc + k]);
            }
        }
        FE_UNROLL for (int k = 0; k < nc; k++) v_store(change + k * LANES, dx[k]);
    }
    FE_UNROLL for (int j = 0; j < nj; j++) FE_UNROLL for (int k = 0; k < nc; k++) {
        float *at = o[j] + c + k * LANES;
        v_store(at, v_add(v_load(at), dy[j * nc + k]));
    }
}

/* Columns [from, to) of the nj outputs from `first` on, and what they add to the inputs' changes; the first group
 * of outputs sets the changes. */
FE_INLINE void ISA(update)(const struct fe_block *b, int first, int64_t from, int64_t to, const int nj, const int fresh,
                           const float *g, float *change) {
    float *const *o = b->o + first;
    int64_t c = from;
    for (; c + COLUMNS * LANES <= to; c += COLUMNS * LANES)
        ISA(update_tile)(b, o, c, nj, COLUMNS, fresh, g, change + (c - from));
    for (; c < to; c += LANES) ISA(update_tile)(b, o, c, nj, 1, fresh, g, change + (c - from));
}

static void ISA(add_changes)(const struct fe_block *b, int64_t from, int64_t to, const float *change) {
    for (int i = 0; i < b->m; i++, change += FE_STEP_COLUMNS) {
        float *row = b->dh[i] + from;
        const vf scale = v_set1(b->scale != NULL ? b->scale[i] : 1.0f);
        for (int64_t c = 0; c < to - from; c += LANES)
            v_store(row + c, v_fma(scale, v_load(change + c), v_load(row + c)));
    }
}

/* One function for each number of outputs in a group. */
#define FOR_EACH_SIZE(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6)
#define DEFINE_GROUP(nj)                                                                                         \
    static int ISA(gradient##nj)(const struct fe_block *b, int first, int64_t width, float alpha, double *loss,  \
                                 float *g) {                                                                     \
        return ISA(gradient)(b, first, width, nj, alpha, loss, g);                                               \
    }                                                                                                            \
    static void ISA(update##nj)(const struct fe_block *b, int first, int64_t from, int64_t to, const float *g,   \
                                float *change) {                                                                 \
        if (first == 0) ISA(update)(b, first, from, to, nj, 1, g, change);                                       \
        else ISA(update)(b, first, from, to, nj, 0, g, change);                                                  \
    }
FOR_EACH_SIZE(DEFINE_GROUP)
#undef DEFINE_GROUP

static const struct {
    int (*gradient)(const struct fe_block *, int first, int64_t width, float alpha, double *loss, float *g);
    void (*update)(const struct fe_block *, int first, int64_t from, int64_t to, const float *g, float *change);
} ISA(group)[TILE_O + 1] = {
    {NULL, NULL},
#define LIST_GROUP(nj) {ISA(gradient##nj), ISA(update##nj)},
    FOR_EACH_SIZE(LIST_GROUP)
#undef LIST_GROUP
};

/* The outputs from `first` on go into groups of even size, at most TILE_O. */
static inline int ISA(group_size)(int first, int n) {
    const int left = n - first, groups = (left + TILE_O - 1) / TILE_O;
    return (left + groups - 1) / groups;
}

static int ISA(step)(const struct fe_block *b, int64_t size, float alpha, double *loss, float *scratch) {
    float *change = scratch, *g = scratch + FE_MAX_INPUTS * FE_STEP_COLUMNS;
    const int64_t width = (size + LANES - 1) / LANES * LANES;
    int finite = 1;
    for (int first = 0, nj; first < b->n; first += nj) {
        nj = ISA(group_size)(first, b->n);
        finite &= ISA(group)[nj].gradient(b, first, width, alpha, loss, g + first * b->m);
    }
    if (!finite) return 0;
    for (int64_t from = 0; from < width; from += FE_STEP_COLUMNS) {
        const int64_t to = width - from < FE_STEP_COLUMNS ? width : from + FE_STEP_COLUMNS;
        for (int first = 0, nj; first < b->n; first += nj) {
            nj = ISA(group_size)(first, b->n);
            ISA(group)[nj].update(b, first, from, to, g + first * b->m, change);
        }
        ISA(add_changes)(b, from, to, change);
    }
    return 1;
}

static void ISA(gather)(const float *const *rows, int m, float factor, int64_t size, float *out) {
    for (int64_t c = 0; c < size; c += LANES) {
        vf sum = v_load(rows[0] + c);
        for (int i = 1; i < m; i++) sum = v_add(sum, v_load(rows[i] + c));
        v_store(out + c, v_mul(sum, v_set1(factor)));
    }
}

static void ISA(scatter)(float *const *rows, int m, const float *scale, int64_t size, const float *change) {
    for (int i = 0; i < m; i++) {
        const vf factor = v_set1(scale[i]);
        for (int64_t c = 0; c < size; c += LANES)
            v_store(rows[i] + c, v_fma(factor, v_load(change + c), v_load(rows[i] + c)));
    }
}
