/* Scores of a panel of rows, written once for every instruction set. A file isa_*.c defines, besides what step.inc.h
 * takes,
 *
 *     PANEL                registers side by side in a panel: FE_SCORE_QUERIES times as many sums fit the registers
 *     v_above(a, b)        bit l: whether a > b in lane l
 *
 * and includes this file. The rows of a panel lie in the lanes, so each value of a query is spread over a register
 * and sums need no folding at the end. */

FE_INLINE void ISA(score_panel)(const float *panel, int64_t size, const float *queries, const int count,
                                const float *threshold, float *scores, uint64_t *above) {
    vf sum[FE_SCORE_QUERIES * PANEL];
    FE_UNROLL for (int k = 0; k < count * PANEL; k++) sum[k] = v_zero();
    for (int64_t c = 0; c < size; c++, panel += PANEL * LANES) {
        vf x[PANEL];
        FE_UNROLL for (int k = 0; k < PANEL; k++) x[k] = v_load(panel + k * LANES);
        FE_UNROLL for (int j = 0; j < count; j++) {
            const vf value = v_set1(queries[j * size + c]);
            FE_UNROLL for (int k = 0; k < PANEL; k++) sum[j * PANEL + k] = v_fma(value, x[k], sum[j * PANEL + k]);
        }
    }
    FE_UNROLL for (int j = 0; j < count; j++) {
        const vf limit = v_set1(threshold[j]);
        uint64_t bits = 0;
        FE_UNROLL for (int k = 0; k < PANEL; k++) {
            bits |= (uint64_t)v_above(sum[j * PANEL + k], limit) << (k * LANES);
            v_store(scores + (j * PANEL + k) * LANES, sum[j * PANEL + k]);
        }
        above[j] = bits;
    }
}

static void ISA(score)(const float *panel, int64_t size, const float *queries, int count, const float *threshold,
                       float *scores, uint64_t *above) {
    switch (count) {
    case 1: ISA(score_panel)(panel, size, queries, 1, threshold, scores, above); break;
    case 2: ISA(score_panel)(panel, size, queries, 2, threshold, scores, above); break;
    case 3: ISA(score_panel)(panel, size, queries, 3, threshold, scores, above); break;
    case 4: ISA(score_panel)(panel, size, queries, 4, threshold, scores, above); break;
    case 5: ISA(score_panel)(panel, size, queries, 5, threshold, scores, above); break;
    default: ISA(score_panel)(panel, size, queries, FE_SCORE_QUERIES, threshold, scores, above); break;
    }
}
