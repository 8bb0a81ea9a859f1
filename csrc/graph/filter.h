/* Where a row's filter has the bit of a neighbour: a Bloom filter with one hash and eight bits an entry. */
#ifndef FE_FILTER_H
#define FE_FILTER_H

#include "common/rng.h"

struct fe_bit {
    int64_t byte; /* of the row's, one an entry */
    uint8_t mask;
};

static inline struct fe_bit fe_bit_of(int32_t node, int64_t degree) {
    const uint64_t hash = ((uint64_t)(uint32_t)node + 1) * FE_GOLDEN;
    return (struct fe_bit){fe_below((uint32_t)(hash >> 32), (uint32_t)degree), (uint8_t)(1u << (hash >> 29 & 7))};
}

#endif
