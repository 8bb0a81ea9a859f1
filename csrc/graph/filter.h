/* Where the filter of a row has the bits of a neighbour: a Bloom filter with eight bits an entry. The three bits of a
 * neighbour lie in one word of eight bytes, so that a question reads one place of memory (Putze, Sanders and Singler
 * 2007, "Cache-, hash- and space-efficient Bloom filters"). */
#ifndef FE_FILTER_H
#define FE_FILTER_H

#include <string.h>

#include "common/rng.h"

enum { FE_LEAST_FILTERED = 16 }; /* entries; shorter rows have no filter: they are read as fast */

struct fe_bits {
    int64_t byte; /* where the word begins in the filter of the graph */
    uint64_t mask;
};

/* Of a row with so many entries, at least FE_LEAST_FILTERED, of which the first is entry `begin` of the graph. */
static inline struct fe_bits fe_bits_of(int32_t node, int64_t begin, int64_t degree) {
    const uint64_t hash = ((uint64_t)(uint32_t)node + 1) * FE_GOLDEN, bits = (hash ^ hash >> 32) * FE_GOLDEN;
    const int64_t first = (begin + 7) >> 3, words = ((begin + degree) >> 3) - first;
    return (struct fe_bits){(first + fe_below((uint32_t)(hash >> 32), (uint32_t)words)) * 8,
                            (uint64_t)1 << (bits >> 58) | (uint64_t)1 << (bits >> 52 & 63) |
                                (uint64_t)1 << (bits >> 46 & 63)};
}

static inline void fe_set_bits(uint8_t *word, uint64_t mask) {
    uint64_t set;
    memcpy(&set, word, sizeof set);
    set |= mask;
    memcpy(word, &set, sizeof set);
}

static inline int fe_bits_are_set(const uint8_t *word, uint64_t mask) {
    uint64_t set;
    memcpy(&set, word, sizeof set);
    return (set & mask) == mask;
}

#endif
