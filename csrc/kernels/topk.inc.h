/* Rows and queries in whole numbers, and true products, written once for every instruction set. A file isa_*.c defines,
 * besides what step.inc.h takes,
 *
 *     PANEL                  registers side by side in a panel of rows
 *     v_load_part(p, count)  the `count` values at p, fewer than LANES, and zeros; nothing else is read
 *     v_store_levels(to, a)  LANES whole numbers of 16 bits
 *
 * and includes this file, then estimate.inc.h. */

#include <string.h>

enum { WORDS = LANES / 2 };

/* Values from p on, of which `count` are there; 0 for the others. */
FE_INLINE vf ISA(load_some)(const float *p, int64_t count) {
    return count >= LANES ? v_load(p) : v_load_part(p, (int)count);
}

FE_INLINE float ISA(sum_of)(vf a) {
    float sums[G_ROW > LANES ? G_ROW : LANES];
    v_store_sums(sums, &a, 1, 1);
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

/* Of the values times scale; no number, or infinite, when one of them or of their squares is. */
static float ISA(length)(const float *values, float scale, int64_t size) {
    const vf factor = v_set1(scale);
    vf sum = v_zero();
    for (int64_t c = 0; c < size; c += LANES) {
        const vf x = v_mul(factor, ISA(load_some)(values + c, size - c));
        sum = v_fma(x, x, sum);
    }
    return sqrtf(ISA(sum_of)(sum));
}

static int ISA(is_zero)(const float *values, float scale, int64_t size) {
    for (int64_t c = 0; c < size; c++)
        if (scale * values[c] != 0.0f) return 0;
    return 1;
}

/* Levels of the values: scale values per_step, rounded. Words lie `apart` from each other. Returns the length, in
 * steps, of what rounding took. */
FE_INLINE float ISA(level)(const float *values, float scale, int64_t size, float per_step, uint32_t *words,
                           const int64_t apart) {
    const vf factor = v_set1(scale), rise = v_set1(per_step);
    const int64_t count = (size + 1) / 2;
    vf sum = v_zero();
    for (int64_t c = 0, word = 0; c < size; c += LANES, word += WORDS) {
        const vf x = v_mul(v_mul(factor, ISA(load_some)(values + c, size - c)), rise);
        const vf whole = v_round(x), rest = v_sub(x, whole);
        sum = v_fma(rest, rest, sum);
        uint32_t some[WORDS];
        v_store_levels(some, whole);
        for (int w = 0; w < WORDS && word + w < count; w++) words[(word + w) * apart] = some[w];
    }
    return sqrtf(ISA(sum_of)(sum));
}

static void ISA(level_rows)(const float *const *rows, const float *scales, int count, int64_t size,
                            struct fe_panel *panel) {
    float longest = 0.0f;
    panel->unknown = 0;
    panel->rest = 0.0f;
    for (int r = 0; r < count; r++) {
        const float length = ISA(length)(rows[r], scales[r], size);
        if (length <= FE_LONGEST) longest = length > longest ? length : longest;
        else panel->unknown |= (uint64_t)1 << r;
    }
    int zeros = longest == 0.0f;
    for (int r = 0; r < count && zeros; r++) zeros = panel->unknown >> r & 1 || ISA(is_zero)(rows[r], scales[r], size);
    if (longest < FE_SHORTEST && !zeros) panel->unknown = ~(uint64_t)0;
    if (longest < FE_SHORTEST) longest = FE_SHORTEST;
    if (count < PANEL * LANES || panel->unknown != 0)
        memset(panel->words, 0, (size_t)((size + 1) / 2 * PANEL * LANES) * sizeof *panel->words);
    panel->per_step = FE_LEVELS / longest;
    for (int r = 0; r < count; r++) {
        if (panel->unknown >> r & 1) continue;
        const float rest = ISA(level)(rows[r], scales[r], size, panel->per_step, panel->words + r, PANEL * LANES);
        panel->rest = rest > panel->rest ? rest : panel->rest;
    }
}

static void ISA(level_query)(const float *query, int64_t size, uint32_t *words, struct fe_query *asked) {
    const float length = ISA(length)(query, 1.0f, size);
    if (!(length >= FE_SHORTEST && length <= FE_LONGEST)) {
        /* Of zeros all products are known: they are 0. */
        *asked = (struct fe_query){.per_step = length == 0.0f && ISA(is_zero)(query, 1.0f, size) ? 1.0f : 0.0f};
        memset(words, 0, (size_t)((size + 1) / 2) * sizeof *words);
        return;
    }
    asked->per_step = FE_LEVELS / length;
    const float rest = ISA(level)(query, 1.0f, size, asked->per_step, words, 1);
    /* (a + a')(b + b') - a b = a b' + a' (b + b'), where a' and b' were taken by rounding. The last part is what
     * floating-point numbers lose, here and in true products. */
    asked->per_rest = 1.0001f * (FE_LEVELS + rest);
    asked->error = 1.0001f * FE_LEVELS * (rest + (float)(size + 16) * 0x1p-23f * FE_LEVELS);
}
