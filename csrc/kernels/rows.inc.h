/* Operations on single rows, written once for every instruction set. A file isa_*.c defines, besides what step.inc.h
 * takes,
 *
 *     v_load_part(p, count)      the `count` values at p, fewer than LANES, and zeros; nothing else is read
 *     v_store_part(p, a, count)  the first `count` values of a, fewer than LANES; nothing else is written
 *
 * and includes this file. The first part touches nothing past `size` values, so that it works on memory which is not
 * ours and not padded; the second is for bags in training, whose rows are padded. */

#include <float.h>
#include <string.h>

/* Values from p on, of which `count` are there; 0 for the others. */
FE_INLINE vf ISA(load_some)(const float *p, int64_t count) {
    return count >= LANES ? v_load(p) : v_load_part(p, (int)count);
}

FE_INLINE float ISA(sum_of)(vf a) {
    float sums[G_ROW > LANES ? G_ROW : LANES];
    v_store_sums(sums, G_ROW, &a, 1, 1);
    return sums[0];
}

static float ISA(dot)(const float *row, float scale, const float *query, int64_t size) {
    const vf factor = v_set1(scale);
    vf sum = v_zero();
    for (int64_t c = 0; c < size; c += LANES) {
        vf x = v_mul(factor, ISA(load_some)(row + c, size - c));
        if (size - c < LANES) x = v_pick((1u << (size - c)) - 1, x); /* an infinite factor has made NaN of zeros */
        sum = v_fma(x, ISA(load_some)(query + c, size - c), sum);
    }
    return ISA(sum_of)(sum);
}

/* The length of scale * values; no number, or infinite, when one of them or of their squares is. */
static float ISA(length)(const float *values, float scale, int64_t size) {
    const vf factor = v_set1(scale);
    vf sum = v_zero();
    for (int64_t c = 0; c < size; c += LANES) {
        const vf x = v_mul(factor, ISA(load_some)(values + c, size - c));
        sum = v_fma(x, x, sum);
    }
    return sqrtf(ISA(sum_of)(sum));
}

FE_INLINE void ISA(store_some)(float *p, vf a, int64_t count) {
    if (count >= LANES) v_store(p, a);
    else v_store_part(p, a, (int)count);
}

/* Two roundings, of the product and of the sum, as everywhere: every instruction set gives the same bits. */
static void ISA(add)(float *row, float factor, const float *other, int64_t size) {
    const vf by = v_set1(factor);
    for (int64_t c = 0; c < size; c += LANES) {
        const vf product = v_mul(by, ISA(load_some)(other + c, size - c));
        ISA(store_some)(row + c, v_add(ISA(load_some)(row + c, size - c), product), size - c);
    }
}

static void ISA(multiply)(float *row, float factor, int64_t size) {
    const vf by = v_set1(factor);
    for (int64_t c = 0; c < size; c += LANES)
        ISA(store_some)(row + c, v_mul(by, ISA(load_some)(row + c, size - c)), size - c);
}

/* Loops over rows, whose number is hard to predict, run seldom, as they are up to so many registers wide. */
enum { MEMBER_COLUMNS = 8 };

/* One tile of `combine`: nc registers of the sum stay in the processor while the rows pass by. */
FE_INLINE void ISA(combine_tile)(const float *const *rows, const float *factors, int count, int64_t c, const int nc,
                                 int more, float *sum) {
    vf s[MEMBER_COLUMNS];
    FE_UNROLL for (int k = 0; k < nc; k++) s[k] = more ? v_load(sum + c + k * LANES) : v_zero();
    for (int i = 0; i < count; i++) {
        const float *const row = rows[i] + c;
        if (factors == NULL) FE_UNROLL for (int k = 0; k < nc; k++) s[k] = v_add(s[k], v_load(row + k * LANES));
        else {
            const vf by = v_set1(factors[i]);
            FE_UNROLL for (int k = 0; k < nc; k++) s[k] = v_fma(by, v_load(row + k * LANES), s[k]);
        }
    }
    FE_UNROLL for (int k = 0; k < nc; k++) v_store(sum + c + k * LANES, s[k]);
}

static void ISA(combine)(const float *const *rows, const float *factors, int count, int64_t size, int more,
                         float *sum) {
    int64_t c = 0;
    for (; c + MEMBER_COLUMNS * LANES <= size; c += MEMBER_COLUMNS * LANES)
        ISA(combine_tile)(rows, factors, count, c, MEMBER_COLUMNS, more, sum);
    switch ((size - c) / LANES) {
#define COMBINE_REST(nc) \
    case nc: ISA(combine_tile)(rows, factors, count, c, nc, more, sum); break;
        FOR_EACH_WIDTH(COMBINE_REST)
#undef COMBINE_REST
    }
    c = size - size % LANES;
    if (c == size) return;
    const int rest = (int)(size - c);
    vf s = more ? v_load_part(sum + c, rest) : v_zero();
    for (int i = 0; i < count; i++)
        s = v_fma(v_set1(factors != NULL ? factors[i] : 1.0f), v_load_part(rows[i] + c, rest), s);
    v_store_part(sum + c, s, rest);
}

/* x - x is 0 for a finite x and NaN otherwise. */
static int ISA(finite)(const float *values, int64_t size) {
    vf a = v_zero(), b = v_zero();
    int64_t c = 0;
    for (; c + 2 * LANES <= size; c += 2 * LANES) {
        const vf x = v_load(values + c), y = v_load(values + c + LANES);
        a = v_add(a, v_sub(x, x));
        b = v_add(b, v_sub(y, y));
    }
    for (; c < size; c += LANES) {
        const vf x = ISA(load_some)(values + c, size - c);
        a = v_add(a, v_sub(x, x));
    }
    return v_all_finite(v_add(a, b));
}

/* Plain loops, which compilers vectorise. A half's exponent and fraction are those of a float that is 2^112 times
 * smaller, also where the half is subnormal; infinities and NaN get the largest exponent. */
static void ISA(widen_halves)(const uint16_t *restrict halves, int64_t size, float *restrict values) {
    for (int64_t c = 0; c < size; c++) {
        const uint32_t half = halves[c], small = (half & 0x7fff) << 13;
        float value;
        uint32_t bits;
        memcpy(&value, &small, sizeof value);
        value *= 0x1p112f;
        memcpy(&bits, &value, sizeof bits);
        bits |= (half & 0x8000) << 16 | ((half & 0x7c00) == 0x7c00 ? 0x7f800000u : 0u);
        memcpy(values + c, &bits, sizeof bits);
    }
}

static void ISA(widen_int8)(const int8_t *restrict numbers, int64_t size, float *restrict values) {
    int64_t c = 0;
    for (; c + LANES <= size; c += LANES)
        for (int l = 0; l < LANES; l++) values[c + l] = (float)numbers[c + l];
    if (c == size) return;
    int8_t rest[LANES] = {0};
    float wide[LANES];
    memcpy(rest, numbers + c, (size_t)(size - c));
    for (int l = 0; l < LANES; l++) wide[l] = (float)rest[l];
    memcpy(values + c, wide, (size_t)(size - c) * sizeof *wide);
}

static int ISA(nearest_centroid)(const float *values, int64_t width, const float *centroids, const float *bias) {
    float scores[FE_CENTROIDS], highest[LANES];
    vf best = v_set1(-INFINITY);
    for (int c = 0; c < FE_CENTROIDS; c += LANES) {
        vf score = v_load(bias + c);
        for (int64_t k = 0; k < width; k++)
            score = v_fma(v_set1(values[k]), v_load(centroids + k * FE_CENTROIDS + c), score);
        v_store(scores + c, score);
        best = v_max(best, score);
    }
    v_store(highest, best);
    float most = highest[0];
    for (int l = 1; l < LANES; l++) most = highest[l] > most ? highest[l] : most;
    int32_t first = FE_CENTROIDS - 1;
    for (int32_t c = 0; c < FE_CENTROIDS; c++) { /* no early end, so that it is vectorised */
        const int32_t at = scores[c] == most ? c : FE_CENTROIDS - 1;
        first = at < first ? at : first;
    }
    return first;
}

static void ISA(adagrad)(float *row, float *second, const float *gradient, int64_t size,
                         const struct fe_step_sizes *by) {
    const vf rate = v_set1(-by->rate), eps = v_set1(by->eps), least = v_set1(FLT_MIN); /* not 0 / 0 */
    for (int64_t c = 0; c < size; c += LANES) {
        const vf g = ISA(load_some)(gradient + c, size - c);
        const vf v = v_fma(g, g, ISA(load_some)(second + c, size - c));
        ISA(store_some)(second + c, v, size - c);
        const vf change = v_div(g, v_max(v_add(v_sqrt(v), eps), least));
        ISA(store_some)(row + c, v_fma(rate, change, ISA(load_some)(row + c, size - c)), size - c);
    }
}

static void ISA(adam)(float *row, float *first, float *second, const float *gradient, int64_t size,
                      const struct fe_step_sizes *by) {
    const vf rate = v_set1(-by->rate), eps = v_set1(by->eps), keep = v_set1(by->keep), root = v_set1(by->root);
    const vf new1 = v_set1(1.0f - by->beta1), old2 = v_set1(by->beta2), new2 = v_set1(1.0f - by->beta2);
    const vf least = v_set1(FLT_MIN);
    for (int64_t c = 0; c < size; c += LANES) {
        const vf g = ISA(load_some)(gradient + c, size - c), old = ISA(load_some)(first + c, size - c);
        const vf m = v_fma(new1, v_sub(g, old), old);
        const vf v = v_fma(v_mul(new2, g), g, v_mul(old2, ISA(load_some)(second + c, size - c)));
        ISA(store_some)(first + c, m, size - c);
        ISA(store_some)(second + c, v, size - c);
        const vf change = v_div(m, v_max(v_fma(root, v_sqrt(v), eps), least));
        const vf w = v_mul(keep, ISA(load_some)(row + c, size - c));
        ISA(store_some)(row + c, v_fma(rate, change, w), size - c);
    }
}

/* ---- bags of padded rows ---- */

/* The sum of a bag's rows, and its change handed back to them. */
FE_INLINE void ISA(gather_tile)(float *const *rows, int m, float factor, int64_t c, const int nc, float *out) {
    vf sum[MEMBER_COLUMNS];
    FE_UNROLL for (int k = 0; k < nc; k++) sum[k] = v_zero();
    for (int i = 0; i < m; i++)
        FE_UNROLL for (int k = 0; k < nc; k++) sum[k] = v_add(sum[k], v_load(rows[i] + c + k * LANES));
    FE_UNROLL for (int k = 0; k < nc; k++) v_store(out + c + k * LANES, v_mul(sum[k], v_set1(factor)));
}

FE_INLINE void ISA(scatter_tile)(float *const *rows, int m, const float *scale, int64_t c, const int nc,
                                 const float *change) {
    vf dx[MEMBER_COLUMNS];
    FE_UNROLL for (int k = 0; k < nc; k++) dx[k] = v_load(change + c + k * LANES);
    for (int i = 0; i < m; i++) {
        float *row = rows[i] + c;
        const vf factor = v_set1(scale[i]);
        FE_UNROLL for (int k = 0; k < nc; k++) v_store(row + k * LANES, v_fma(factor, dx[k], v_load(row + k * LANES)));
    }
}

static void ISA(gather)(float *const *rows, int m, float factor, int64_t size, float *out) {
    int64_t c = 0;
    for (; c + MEMBER_COLUMNS * LANES <= size; c += MEMBER_COLUMNS * LANES)
        ISA(gather_tile)(rows, m, factor, c, MEMBER_COLUMNS, out);
    switch ((size - c + LANES - 1) / LANES) {
#define GATHER_REST(nc) \
    case nc: ISA(gather_tile)(rows, m, factor, c, nc, out); break;
        FOR_EACH_WIDTH(GATHER_REST)
#undef GATHER_REST
    }
}

static void ISA(scatter)(float *const *rows, int m, const float *scale, int64_t size, const float *change) {
    int64_t c = 0;
    for (; c + MEMBER_COLUMNS * LANES <= size; c += MEMBER_COLUMNS * LANES)
        ISA(scatter_tile)(rows, m, scale, c, MEMBER_COLUMNS, change);
    switch ((size - c + LANES - 1) / LANES) {
#define SCATTER_REST(nc) \
    case nc: ISA(scatter_tile)(rows, m, scale, c, nc, change); break;
        FOR_EACH_WIDTH(SCATTER_REST)
#undef SCATTER_REST
    }
}

/* Differences are added up, so that a row which no copy changes stays as it is to the last bit. */
FE_INLINE void ISA(merge_tile)(float *row, const float *const *copies, int count, float share, int64_t c,
                               const int nc) {
    vf own[MEMBER_COLUMNS], sum[MEMBER_COLUMNS];
    FE_UNROLL for (int k = 0; k < nc; k++) {
        own[k] = v_load(row + c + k * LANES);
        sum[k] = v_zero();
    }
    for (int i = 0; i < count; i++)
        FE_UNROLL for (int k = 0; k < nc; k++) sum[k] = v_add(sum[k], v_sub(v_load(copies[i] + c + k * LANES), own[k]));
    FE_UNROLL for (int k = 0; k < nc; k++) v_store(row + c + k * LANES, v_fma(v_set1(share), sum[k], own[k]));
}

static void ISA(merge)(float *row, const float *const *copies, int count, float share, int64_t size) {
    int64_t c = 0;
    for (; c + MEMBER_COLUMNS * LANES <= size; c += MEMBER_COLUMNS * LANES)
        ISA(merge_tile)(row, copies, count, share, c, MEMBER_COLUMNS);
    switch ((size - c + LANES - 1) / LANES) {
#define MERGE_REST(nc) \
    case nc: ISA(merge_tile)(row, copies, count, share, c, nc); break;
        FOR_EACH_WIDTH(MERGE_REST)
#undef MERGE_REST
    }
}
