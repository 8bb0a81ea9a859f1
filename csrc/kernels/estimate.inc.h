/* Products of rows and queries in whole numbers, once for every instruction that can make them. A file isa_*.c defines,
 * besides what quantise.inc.h takes,
 *
 *     ESTIMATE             name of the function
 *     vw, vw_load vw_set1  LANES words of two numbers
 *     vi, vi_zero          LANES sums; FE_SCORE_QUERIES times PANEL of them fit the registers
 *     v_dot(sum, rows, query)  to each lane's sum the products of its two numbers are added
 *     v_from_ints(sum)
 *     v_above(a, b)        bit l: whether a > b in lane l
 *
 * and includes this file. The rows of a panel lie in the lanes, so a word of a query is spread over a register and sums
 * need no folding at the end. */

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

FE_INLINE void PASTE(ESTIMATE, _of)(const struct fe_panel *panel, int64_t words, const uint32_t *queries,
                                    const struct fe_query *quantised, const int count, uint64_t *above) {
    vi sum[FE_SCORE_QUERIES * PANEL];
    FE_UNROLL for (int k = 0; k < count * PANEL; k++) sum[k] = vi_zero();
    const uint32_t *at = panel->words;
    for (int64_t w = 0; w < words; w++, at += PANEL * LANES) {
        vw rows[PANEL];
        FE_UNROLL for (int k = 0; k < PANEL; k++) rows[k] = vw_load(at + k * LANES);
        FE_UNROLL for (int j = 0; j < count; j++) {
            const vw word = vw_set1(queries[j * words + w]);
            FE_UNROLL for (int k = 0; k < PANEL; k++) sum[j * PANEL + k] = v_dot(sum[j * PANEL + k], rows[k], word);
        }
    }
    FE_UNROLL for (int j = 0; j < count; j++) {
        const struct fe_query *query = quantised + j;
        const float aim = query->threshold * panel->inverse_scale;
        const float error = query->error_per_residual * panel->residual + query->error;
        const vf limit = v_set1(aim - error - 0x1p-20f * fabsf(aim));
        uint64_t bits = panel->unquantised;
        FE_UNROLL for (int k = 0; k < PANEL; k++) {
            bits |= (uint64_t)v_above(v_from_ints(sum[j * PANEL + k]), limit) << (k * LANES);
        }
        above[j] = bits;
    }
}

static void ESTIMATE(const struct fe_panel *panel, int64_t words, const uint32_t *queries,
                     const struct fe_query *quantised, int count, uint64_t *above) {
    switch (count) {
    case 1: PASTE(ESTIMATE, _of)(panel, words, queries, quantised, 1, above); break;
    case 2: PASTE(ESTIMATE, _of)(panel, words, queries, quantised, 2, above); break;
    case 3: PASTE(ESTIMATE, _of)(panel, words, queries, quantised, 3, above); break;
    case 4: PASTE(ESTIMATE, _of)(panel, words, queries, quantised, 4, above); break;
    case 5: PASTE(ESTIMATE, _of)(panel, words, queries, quantised, 5, above); break;
    default: PASTE(ESTIMATE, _of)(panel, words, queries, quantised, FE_SCORE_QUERIES, above); break;
    }
}

#undef ESTIMATE
#undef v_dot
