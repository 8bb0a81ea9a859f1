/* Equal ids brought together: a worker's own, sorted by row. */
#include "rows/rows.h"

#include <string.h>

enum { MOST_BITS = 11 }; /* of a row that one pass sorts by: its counters stay in the first cache */

/* Multiplication mixes upwards: the upper half of the product depends on all bits of a row. */
static inline int owner_of(int64_t row, int workers) {
    const uint64_t mixed = ((uint64_t)row * 0x9E3779B97F4A7C15ull) >> 32;
    return (int)((mixed * (uint64_t)workers) >> 32);
}

int64_t fe_group_take(const int64_t *ids, int64_t count, const struct fe_share *share, struct fe_taken *taken) {
    int64_t found = 0;
    int fits = 1;
    for (int64_t i = 0; i < count; i++) {
        fits &= ids[i] >= 0 && ids[i] < share->rows;
        taken[found] = (struct fe_taken){(uint32_t)ids[i], (uint32_t)i};
        found += (ids[i] != share->padding) & (owner_of(ids[i], share->workers) == share->worker);
    }
    return fits ? found : -1;
}

static int bits_of(int64_t rows) {
    int bits = 1;
    while (bits < 32 && (rows - 1) >> bits) bits++;
    return bits;
}

/* Radix sort from the lowest bits up. */
struct fe_taken *fe_group_sort(struct fe_taken *taken, struct fe_taken *spare, int64_t count, int64_t rows) {
    const int bits = bits_of(rows), passes = (bits + MOST_BITS - 1) / MOST_BITS, width = (bits + passes - 1) / passes;
    const uint32_t mask = (1u << width) - 1;
    uint32_t starts[1 << MOST_BITS];
    for (int pass = 0; pass < passes; pass++) {
        const int shift = pass * width;
        memset(starts, 0, sizeof *starts << width);
        for (int64_t i = 0; i < count; i++) starts[taken[i].row >> shift & mask]++;
        uint32_t sum = 0;
        for (uint32_t digit = 0; digit <= mask; digit++) {
            const uint32_t own = starts[digit];
            starts[digit] = sum;
            sum += own;
        }
        for (int64_t i = 0; i < count; i++) spare[starts[taken[i].row >> shift & mask]++] = taken[i];
        struct fe_taken *const sorted = spare;
        spare = taken;
        taken = sorted;
    }
    return taken;
}

int64_t fe_group_rows(const struct fe_taken *taken, int64_t count, int64_t *rows) {
    int64_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        if (i > 0 && taken[i].row == taken[i - 1].row) continue;
        if (rows != NULL) rows[found] = taken[i].row;
        found++;
    }
    return found;
}

void fe_group_rank(const int64_t *own, int64_t n, const int64_t *other, int64_t m, int64_t *places) {
    int64_t below = 0;
    for (int64_t i = 0; i < n; i++) {
        while (below < m && other[below] < own[i]) below++;
        places[i] += below;
    }
}
