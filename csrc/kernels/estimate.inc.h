/* Products of rows and queries in whole numbers, once for every instruction that can make them. A file isa_*.c defines,
 * besides what quantise.inc.h takes,
 *
 *     ESTIMATE             name of the function
 *     vw, vw_load vw_set1  LANES words of two numbers
 *     vi, vi_zero          LANES sums; FE_SCORE_QUERIES times PANEL of them fit the registers
 *     v_dot(sum, rows, query)  to each lane's sum the products of its two numbers are added
 *     v_from_ints(sum)
 *     v_above(a, b)        bit l: whether a > b in lane l
 *     vw_load_int8(p)      2 * LANES whole numbers of 8 bits, widened to 16
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

/* Rows of 8 bits need no panel: they are widened as they are loaded. The numbers lie in the lanes here, and eight rows'
 * sums are folded together. A row's last numbers, fewer than a register takes, are loaded with some that were
 * multiplied before, to which the query has zeros; shorter rows are copied. */
FE_INLINE void PASTE(ESTIMATE, _int8_sums)(const int8_t *const *rows, int64_t size, const uint32_t *query,
                                           float *sums) {
    vi sum[INT8_ROWS];
    FE_UNROLL for (int r = 0; r < INT8_ROWS; r++) sum[r] = vi_zero();
    int64_t c = 0;
    for (; c + INT8_COLUMNS <= size; c += INT8_COLUMNS, query += LANES) {
        const vw numbers = vw_load(query);
        FE_UNROLL for (int r = 0; r < INT8_ROWS; r++) sum[r] = v_dot(sum[r], vw_load_int8(rows[r] + c), numbers);
    }
    if (c < size) {
        const vw numbers = vw_load(query);
        if (c > 0) {
            FE_UNROLL for (int r = 0; r < INT8_ROWS; r++)
                sum[r] = v_dot(sum[r], vw_load_int8(rows[r] + size - INT8_COLUMNS), numbers);
        } else {
            for (int r = 0; r < INT8_ROWS; r++) {
                int8_t row[INT8_COLUMNS] = {0};
                for (int k = 0; k < size; k++) row[k] = rows[r][k];
                sum[r] = v_dot(sum[r], vw_load_int8(row), numbers);
            }
        }
    }
    vf folded[INT8_ROWS];
    FE_UNROLL for (int r = 0; r < INT8_ROWS; r++) folded[r] = v_from_ints(sum[r]);
    v_store_sums(sums, G_ROW, folded, 1, INT8_ROWS);
}

static uint64_t PASTE(ESTIMATE, _int8)(const int8_t *const *rows, const float *scales, int count, int64_t size,
                                       const uint32_t *words, const struct fe_query *query) {
    float sums[PANEL * LANES] = {0};
    for (int r = 0; r < count; r += INT8_ROWS) PASTE(ESTIMATE, _int8_sums)(rows + r, size, words, sums + r);
    /* As in quantise_query, with rows that have no residuals and are that long at most. */
    const float longest = 128.0f * sqrtf((float)size), aim = query->threshold;
    const vf error = v_set1(query->error * (longest / FE_QUANTISED_LENGTH));
    const vf limit = v_set1(aim - 0x1p-20f * fabsf(aim));
    uint64_t bits = 0;
    FE_UNROLL for (int k = 0; k < PANEL; k++) {
        const vf scale = v_load(scales + k * LANES), size_of = v_max(scale, v_sub(v_zero(), scale));
        const vf most = v_fma(scale, v_load(sums + k * LANES), v_mul(size_of, error));
        const uint32_t usual = v_above(size_of, v_set1(FE_SHORTEST)) & v_above(v_set1(FE_LONGEST), size_of);
        const uint32_t unusual = ~usual & (uint32_t)(((uint64_t)1 << LANES) - 1);
        bits |= (uint64_t)(v_above(most, limit) | unusual) << (k * LANES);
    }
    return bits;
}

#undef ESTIMATE
#undef v_dot
