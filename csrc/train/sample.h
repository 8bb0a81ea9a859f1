/* What stays and what is drawn: subsampling of frequent tokens, alias draws of negatives. */
#ifndef FE_SAMPLE_H
#define FE_SAMPLE_H

#include "train/train.h"
#include "common/rng.h"

static inline int fe_keeps(uint32_t keep, uint64_t random) { return (uint32_t)random <= keep; }

/* The entry that 64 random bits meet, and the number that they draw there. */
static inline uint32_t fe_alias_slot(uint32_t size, uint64_t random) {
    return fe_below((uint32_t)(random >> 32), size);
}

static inline int32_t fe_alias_draw(const struct fe_alias *table, uint32_t size, uint64_t random) {
    const uint32_t slot = fe_alias_slot(size, random);
    const struct fe_alias entry = table[slot];
    const uint32_t stays = 0u - (uint32_t)((uint32_t)random < entry.threshold); /* a branch would be mispredicted */
    return (int32_t)((slot & stays) | ((uint32_t)entry.other & ~stays));
}

#endif
