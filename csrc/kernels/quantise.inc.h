/* Rows and queries quantised to 16 bits, written once for every instruction set. A file isa_*.c defines, besides what
 * rows.inc.h takes,
 *
 *     PANEL                 registers side by side in a panel of rows
 *     v_store_int16(to, a)  LANES whole numbers of 16 bits
 *
 * and includes this file, then estimate.inc.h. */

#include <string.h>

enum { WORDS = LANES / 2 };
enum { INT8_COLUMNS = 2 * LANES, INT8_ROWS = G_ROW }; /* of estimate.inc.h */

static int ISA(is_zero)(const float *values, float scale, int64_t size) {
    for (int64_t c = 0; c < size; c++)
        if (scale * values[c] != 0.0f) return 0;
    return 1;
}

/* Quantises scale * values. Words lie `apart` from each other. Returns the length of the residuals. */
FE_INLINE float ISA(quantise)(const float *values, float scale, int64_t size, float inverse_scale, uint32_t *words,
                              const int64_t apart) {
    const vf factor = v_set1(scale), rise = v_set1(inverse_scale);
    const int64_t count = (size + 1) / 2;
    vf sum = v_zero();
    for (int64_t c = 0, word = 0; c < size; c += LANES, word += WORDS) {
        const vf x = v_mul(v_mul(factor, ISA(load_some)(values + c, size - c)), rise);
        const vf whole = v_round(x), residual = v_sub(x, whole);
        sum = v_fma(residual, residual, sum);
        uint32_t some[WORDS];
        v_store_int16(some, whole);
        for (int w = 0; w < WORDS && word + w < count; w++) words[(word + w) * apart] = some[w];
    }
    return sqrtf(ISA(sum_of)(sum));
}

static void ISA(quantise_rows)(const float *const *rows, const float *scales, int count, int64_t size,
                               struct fe_panel *panel) {
    float longest = 0.0f;
    panel->unquantised = 0;
    panel->residual = 0.0f;
    for (int r = 0; r < count; r++) {
        const float length = ISA(length)(rows[r], scales[r], size);
        if (length <= FE_LONGEST) longest = length > longest ? length : longest;
        else panel->unquantised |= (uint64_t)1 << r;
    }
    int zeros = longest == 0.0f;
    for (int r = 0; r < count && zeros; r++)
        zeros = panel->unquantised >> r & 1 || ISA(is_zero)(rows[r], scales[r], size);
    if (longest < FE_SHORTEST && !zeros) panel->unquantised = ~(uint64_t)0;
    if (longest < FE_SHORTEST) longest = FE_SHORTEST;
    if (count < PANEL * LANES || panel->unquantised != 0)
        memset(panel->words, 0, (size_t)((size + 1) / 2 * PANEL * LANES) * sizeof *panel->words);
    panel->inverse_scale = FE_QUANTISED_LENGTH / longest;
    for (int r = 0; r < count; r++) {
        if (panel->unquantised >> r & 1) continue;
        const float residual = ISA(quantise)(rows[r], scales[r], size, panel->inverse_scale, panel->words + r,
                                             PANEL * LANES);
        panel->residual = residual > panel->residual ? residual : panel->residual;
    }
}

static void ISA(quantise_query)(const float *query, int64_t size, uint32_t *words, struct fe_query *quantised) {
    const float length = ISA(length)(query, 1.0f, size);
    if (!(length >= FE_SHORTEST && length <= FE_LONGEST)) {
        /* Of zeros all products are known: they are 0. */
        *quantised = (struct fe_query){.inverse_scale = length == 0.0f && ISA(is_zero)(query, 1.0f, size) ? 1.0f
                                                                                                          : 0.0f};
        memset(words, 0, (size_t)((size + 1) / 2) * sizeof *words);
        return;
    }
    quantised->inverse_scale = FE_QUANTISED_LENGTH / length;
    const float residual = ISA(quantise)(query, 1.0f, size, quantised->inverse_scale, words, 1);
    /* With a and b as quantised and residuals a' and b', a true product differs from the estimate by
     * (a + a')(b + b') - a b = a b' + a' (b + b'), so by |a| |b'| + |a'| |b + b'| at most. The last part of `error` is
     * what floating-point numbers lose, here and in true products. */
    quantised->error_per_residual = 1.0001f * (FE_QUANTISED_LENGTH + residual);
    quantised->error = 1.0001f * FE_QUANTISED_LENGTH * (residual + (float)(size + 16) * 0x1p-23f * FE_QUANTISED_LENGTH);
}
