/* What stays and what is drawn: subsampling of frequent tokens, alias draws of negatives. */
#ifndef FE_SAMPLE_H
#define FE_SAMPLE_H

#include "fastemb.h"
#include "rng.h"

static inline int fe_keeps(uint32_t keep, uint64_t random) { return (uint32_t)random <= keep; }

static inline int32_t fe_alias_draw(const struct fe_alias *table, uint32_t size, uint64_t random) {
    const uint32_t slot = fe_below((uint32_t)(random >> 32), size);
    const struct fe_alias entry = table[slot];
    return (uint32_t)random < entry.threshold ? (int32_t)slot : entry.other;
}

#endif
