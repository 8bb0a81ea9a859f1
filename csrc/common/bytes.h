/* Sixty-four bytes at a time: one bit a byte, the first byte in the lowest bit. */
#ifndef FE_BYTES_H
#define FE_BYTES_H

#include <stdint.h>
#include <string.h>

#include "common/compiler.h"

#if !defined(FE_PLAIN_BYTES) && (defined(__SSE2__) || defined(_M_X64))
#define FE_BYTES_SSE2
#include <emmintrin.h>
#endif

#if defined(__GNUC__) || defined(__clang__)
static inline int fe_lowest_bit(uint64_t bits) { return __builtin_ctzll(bits); }
static inline int fe_count_bits(uint64_t bits) { return __builtin_popcountll(bits); }
#else /* MSVC. Not tested: no build with it has been run. */
static inline int fe_count_bits(uint64_t bits) {
    int count = 0;
    for (; bits; bits &= bits - 1) count++;
    return count;
}
static inline int fe_lowest_bit(uint64_t bits) { return fe_count_bits((bits & (0 - bits)) - 1); }
#endif

/* Eight bytes, the first in the lowest bits. */
static inline uint64_t fe_load8(const char *at) {
    uint64_t word;
    memcpy(&word, at, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

#ifdef FE_BYTES_SSE2

/* Compare is one instruction for 16 bytes, and so is gathering the answers into bits (pmovmskb). */
struct fe_bytes64 {
    __m128i part[4];
};

static inline struct fe_bytes64 fe_load64(const char *at) {
    struct fe_bytes64 bytes;
    for (int k = 0; k < 4; k++) bytes.part[k] = _mm_loadu_si128((const __m128i *)(at + 16 * k));
    return bytes;
}

#define FE_BITS64(bytes, x, expression)                                        \
    uint64_t bits = 0;                                                         \
    for (int k = 0; k < 4; k++) {                                              \
        const __m128i x = (bytes).part[k];                                     \
        bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(expression) << (16 * k); \
    }                                                                          \
    return bits

/* Bytes above 0x7F. */
static inline uint64_t fe_high64(struct fe_bytes64 bytes) { FE_BITS64(bytes, x, x); }

/* Bytes below 0x21 and above 0x7F: as signed numbers, all that are below 0x21. */
static inline uint64_t fe_unusual64(struct fe_bytes64 bytes) {
    FE_BITS64(bytes, x, _mm_cmplt_epi8(x, _mm_set1_epi8(0x21)));
}

static inline uint64_t fe_equal64(struct fe_bytes64 bytes, unsigned char value) {
    FE_BITS64(bytes, x, _mm_cmpeq_epi8(x, _mm_set1_epi8((char)value)));
}

#else

/* Eight bytes in a word; a multiplication gathers their highest bits. */
struct fe_bytes64 {
    uint64_t part[8];
};

#define FE_EACH_BYTE(value) (0x0101010101010101ull * (value))

static inline struct fe_bytes64 fe_load64(const char *at) {
    struct fe_bytes64 bytes;
    for (int k = 0; k < 8; k++) bytes.part[k] = fe_load8(at + 8 * k);
    return bytes;
}

#define FE_BITS64(bytes, x, expression)                                                              \
    uint64_t bits = 0;                                                                               \
    for (int k = 0; k < 8; k++) {                                                                    \
        const uint64_t x = (bytes).part[k];                                                          \
        bits |= (((expression) & FE_EACH_BYTE(0x80)) >> 7) * 0x0102040810204080ull >> 56 << (8 * k); \
    }                                                                                                \
    return bits

static inline uint64_t fe_high64(struct fe_bytes64 bytes) { FE_BITS64(bytes, x, x); }

static inline uint64_t fe_unusual64(struct fe_bytes64 bytes) {
    FE_BITS64(bytes, x, ~((x & FE_EACH_BYTE(0x7F)) + FE_EACH_BYTE(0x5F)) | x);
}

static inline uint64_t fe_equal64(struct fe_bytes64 bytes, unsigned char value) {
    /* exact, as nothing is carried from one byte to the next */
    FE_BITS64(bytes, x,
              ~((((x ^ FE_EACH_BYTE(value)) & FE_EACH_BYTE(0x7F)) + FE_EACH_BYTE(0x7F)) | (x ^ FE_EACH_BYTE(value))));
}

#endif

#endif
