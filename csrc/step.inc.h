/* The block step, written once for every instruction set. A file isa_*.c defines
 *
 *     vf, LANES           a register of LANES floats
 *     v_load v_store v_zero v_set1 v_add v_sub v_mul v_div v_min v_max
 *     v_fma(a, b, c)      a b + c
 *     v_pow2i(x)          2^x for integral x in [-126, 127]
 *     v_round(x)          to the nearest integer
 *     v_all_finite(x)     nonzero when no lane is NaN or infinite
 *     v_sum4(a,b,c,d,out) out[0 .. 3] = the sums over lanes of a, b, c, d
 *     TILE_H              inputs in one tile of dot products, 1 to 4
 *     COLUMNS             registers of one row that the update keeps at once, 1 or 2
 *     ISA(name)           name with this instruction set's suffix
 *
 * and includes this file. Loops over tiles have constant bounds: the compiler unrolls them and keeps their
 * arrays in registers. */

#include <math.h>

enum { TILE_O = 6 }; /* outputs in a tile: a centre and the usual five negatives */

/* Scores: (TILE_H x TILE_O) dot products grow side by side, so each load feeds several multiply-adds. */

FE_INLINE void ISA(dot_tile)(const float *const *h, float *const *o, int64_t width, const int mi, const int nj,
                             float *scores, int score_stride) {
    vf sum[TILE_O * TILE_H];
    for (int k = 0; k < nj * mi; k++) sum[k] = v_zero();
    for (int64_t c = 0; c < width; c += LANES) {
        vf x[TILE_H];
        for (int i = 0; i < mi; i++) x[i] = v_load(h[i] + c);
        for (int j = 0; j < nj; j++) {
            const vf y = v_load(o[j] + c);
            for (int i = 0; i < mi; i++) sum[j * mi + i] = v_fma(x[i], y, sum[j * mi + i]);
        }
    }
    if (mi >= 3) { /* four lanes at once; those past mi are overwritten by the next tile or never read */
        for (int j = 0; j < nj; j++)
            v_sum4(sum[j * mi], sum[j * mi + 1], sum[j * mi + 2], mi == 4 ? sum[j * mi + 3] : v_zero(),
                   scores + j * score_stride);
        return;
    }
    for (int k = 0; k < nj * mi; k += 4) {
        float four[4];
        v_sum4(sum[k], k + 1 < nj * mi ? sum[k + 1] : v_zero(), k + 2 < nj * mi ? sum[k + 2] : v_zero(),
               k + 3 < nj * mi ? sum[k + 3] : v_zero(), four);
        for (int r = 0; r < 4 && k + r < nj * mi; r++)
            scores[(k + r) / mi * score_stride + (k + r) % mi] = four[r];
    }
}

FE_INLINE void ISA(dot_rows)(const float *const *h, float *const *o, int64_t width, int m, const int nj,
                             float *scores, int score_stride) {
    int tiles = (m + TILE_H - 1) / TILE_H;
    for (int i = 0; i < m; tiles--) {
        const int mi = (m - i + tiles - 1) / tiles;
        switch (mi) {
#if TILE_H >= 4
        case 4: ISA(dot_tile)(h + i, o, width, 4, nj, scores + i, score_stride); break;
        case 3: ISA(dot_tile)(h + i, o, width, 3, nj, scores + i, score_stride); break;
#endif
#if TILE_H >= 2
        case 2: ISA(dot_tile)(h + i, o, width, 2, nj, scores + i, score_stride); break;
#endif
        default: ISA(dot_tile)(h + i, o, width, 1, nj, scores + i, score_stride); break;
        }
        i += mi;
    }
}

/* 1 / (1 + e^-s), and e^-s in *e: the exponential as 2^k p(r), r in [-ln 2 / 2, ln 2 / 2], with the
 * polynomial of Cephes' expf (relative error below 2e-7). */
FE_INLINE vf ISA(sigmoid)(vf s, vf *e) {
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
    *e = v_mul(p, v_pow2i(k));
    return v_div(v_set1(1.0f), v_add(v_set1(1.0f), *e));
}

/* Scores become G in place. Loss: -log sigmoid(s) = log(1 + e^-s) for label 1, and that plus s for label 0;
 * the logarithms are taken of products of up to eight factors. */
FE_INLINE int ISA(gradients)(float *scores, int score_stride, const uint8_t *labels, int m, int n, float alpha,
                             double *loss) {
    int finite = 1;
    double sum = 0.0;
    for (int k = 0; k < n * score_stride; k += LANES) {
        const vf s = v_load(scores + k);
        vf e;
        finite &= v_all_finite(s);
        const vf g = ISA(sigmoid)(s, &e);
        if (loss != NULL) {
            float score[LANES], factor[LANES];
            v_store(score, s);
            v_store(factor, v_add(v_set1(1.0f), e));
            double product = 1.0;
            for (int r = 0; r < LANES; r++) {
                const int j = (k + r) / score_stride, i = (k + r) % score_stride;
                if (r % 8 == 0) {
                    sum += log(product);
                    product = 1.0;
                }
                if (j >= n || i >= m) continue;
                product *= (double)factor[r];
                if (!labels[j]) sum += (double)score[r];
            }
            sum += log(product);
        }
        v_store(scores + k, v_mul(g, v_set1(-alpha)));
    }
    for (int j = 0; j < n; j++)
        if (labels[j])
            for (int i = 0; i < score_stride; i++) scores[j * score_stride + i] += alpha;
    if (loss != NULL) *loss += sum;
    return finite;
}

/* Update of `nc` registers at column c for nj outputs: outputs and their changes stay in registers while the
 * inputs pass by; the inputs' changes gather in `change` (m x nc registers). */
FE_INLINE void ISA(update_tile)(const float *const *h, float *const *o, int64_t c, int m, const int nj,
                                const int nc, const float *g, int g_stride, float *change, const int first) {
    vf y[TILE_O * COLUMNS], dy[TILE_O * COLUMNS];
    for (int j = 0; j < nj; j++)
        for (int k = 0; k < nc; k++) {
            y[j * nc + k] = v_load(o[j] + c + k * LANES);
            dy[j * nc + k] = v_zero();
        }
    for (int i = 0; i < m; i++) {
        vf x[COLUMNS], dx[COLUMNS];
        for (int k = 0; k < nc; k++) {
            x[k] = v_load(h[i] + c + k * LANES);
            dx[k] = first ? v_zero() : v_load(change + (i * nc + k) * LANES);
        }
        for (int j = 0; j < nj; j++) {
            const vf gij = v_set1(g[j * g_stride + i]);
            for (int k = 0; k < nc; k++) {
                dx[k] = v_fma(gij, y[j * nc + k], dx[k]);
                dy[j * nc + k] = v_fma(gij, x[k], dy[j * nc + k]);
            }
        }
        for (int k = 0; k < nc; k++) v_store(change + (i * nc + k) * LANES, dx[k]);
    }
    for (int j = 0; j < nj; j++)
        for (int k = 0; k < nc; k++) {
            float *at = o[j] + c + k * LANES;
            v_store(at, v_add(v_load(at), dy[j * nc + k]));
        }
}

FE_INLINE void ISA(update_outputs)(const struct fe_block *b, int64_t c, const int nc, const float *g, int g_stride,
                                   float *change) {
    int tiles = (b->n + TILE_O - 1) / TILE_O;
    for (int j = 0; j < b->n; tiles--) {
        const int nj = (b->n - j + tiles - 1) / tiles;
        const float *gj = g + j * g_stride;
        switch (nj) {
        case 6: ISA(update_tile)(b->h, b->o + j, c, b->m, 6, nc, gj, g_stride, change, j == 0); break;
        case 5: ISA(update_tile)(b->h, b->o + j, c, b->m, 5, nc, gj, g_stride, change, j == 0); break;
        case 4: ISA(update_tile)(b->h, b->o + j, c, b->m, 4, nc, gj, g_stride, change, j == 0); break;
        case 3: ISA(update_tile)(b->h, b->o + j, c, b->m, 3, nc, gj, g_stride, change, j == 0); break;
        case 2: ISA(update_tile)(b->h, b->o + j, c, b->m, 2, nc, gj, g_stride, change, j == 0); break;
        default: ISA(update_tile)(b->h, b->o + j, c, b->m, 1, nc, gj, g_stride, change, j == 0); break;
        }
        j += nj;
    }
    for (int i = 0; i < b->m; i++)
        for (int k = 0; k < nc; k++) {
            float *at = b->dh[i] + c + k * LANES;
            const vf dx = v_load(change + (i * nc + k) * LANES);
            v_store(at, b->scale != NULL ? v_fma(v_set1(b->scale[i]), dx, v_load(at)) : v_add(v_load(at), dx));
        }
}

static int ISA(step)(const struct fe_block *b, int64_t size, float alpha, double *loss, float *scratch) {
    float *change = scratch, *scores = scratch + FE_STEP_COLUMN;
    const int score_stride = (b->m + 3) & ~3;
    const int64_t width = (size + LANES - 1) / LANES * LANES;

    int tiles = (b->n + TILE_O - 1) / TILE_O;
    for (int j = 0; j < b->n; tiles--) {
        const int nj = (b->n - j + tiles - 1) / tiles;
        float *at = scores + j * score_stride;
        switch (nj) {
        case 6: ISA(dot_rows)(b->h, b->o + j, width, b->m, 6, at, score_stride); break;
        case 5: ISA(dot_rows)(b->h, b->o + j, width, b->m, 5, at, score_stride); break;
        case 4: ISA(dot_rows)(b->h, b->o + j, width, b->m, 4, at, score_stride); break;
        case 3: ISA(dot_rows)(b->h, b->o + j, width, b->m, 3, at, score_stride); break;
        case 2: ISA(dot_rows)(b->h, b->o + j, width, b->m, 2, at, score_stride); break;
        default: ISA(dot_rows)(b->h, b->o + j, width, b->m, 1, at, score_stride); break;
        }
        j += nj;
    }

    const int finite = ISA(gradients)(scores, score_stride, b->labels, b->m, b->n, alpha, loss);
    if (!finite) return 0;

    int64_t c = 0;
    for (; c + COLUMNS * LANES <= width; c += COLUMNS * LANES)
        ISA(update_outputs)(b, c, COLUMNS, scores, score_stride, change);
    for (; c < width; c += LANES) ISA(update_outputs)(b, c, 1, scores, score_stride, change);
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
