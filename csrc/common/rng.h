/* Counter-based random numbers: draw k of a stream is a pure function of (key, k), so any worker can
 * make any draw in any order. The mixer is SplitMix64's (Steele, Lea, Flood 2014). */
#ifndef FE_RNG_H
#define FE_RNG_H

#include <stdint.h>

#define FE_GOLDEN 0x9E3779B97F4A7C15ull

enum fe_stream {
    FE_STREAM_TOKENS = 1,
    FE_STREAM_NEGATIVES = 2,
    FE_STREAM_BASKETS = 3,
    FE_STREAM_PATHS = 4,
    FE_STREAM_WALKS = 5,
    FE_STREAM_LABELS = 16
};

static inline uint64_t fe_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

static inline uint64_t fe_draw(uint64_t key, uint64_t counter) { return fe_mix(key + counter * FE_GOLDEN); }

static inline uint64_t fe_key(uint64_t seed, uint64_t epoch, enum fe_stream stream) {
    return fe_draw(fe_draw(fe_mix(seed + FE_GOLDEN), epoch), (uint64_t)stream);
}

/* The key whose draw k is draw first + k of `key`. */
static inline uint64_t fe_key_from(uint64_t key, uint64_t first) { return key + first * FE_GOLDEN; }

/* A number below `bound` from 32 random bits (Lemire 2019; the bias is below bound / 2^32). */
static inline uint32_t fe_below(uint32_t bits, uint32_t bound) { return (uint32_t)(((uint64_t)bits * bound) >> 32); }

#endif
