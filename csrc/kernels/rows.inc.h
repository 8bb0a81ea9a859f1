/* Operations on single rows, written once for every instruction set. A file isa_*.c defines, besides what step.inc.h
 * takes,
 *
 *     v_load_part(p, count)      the `count` values at p, fewer than LANES, and zeros; nothing else is read
 *     v_store_part(p, a, count)  the first `count` values of a, fewer than LANES; nothing else is written
 *
 * and includes this file. The first part touches nothing past `size` values, so that it works on memory which is not
 * ours and not padded; the second is for bags in training, whose rows are padded. */

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

/* ---- bags of padded rows ---- */

/* The sum of a bag's rows, and its change handed back to them: up to MEMBER_COLUMNS registers wide, so that the loop
 * over the rows, whose number is hard to predict, runs seldom. */
enum { MEMBER_COLUMNS = 8 };

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
