#define _POSIX_C_SOURCE 200112L /* for posix_memalign */
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <malloc.h>
#endif

#include "common/rng.h"

const int64_t SIZES[SIZE_COUNT] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,  18,
                                   19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 63, 100, 300};

enum { MOST_PIECES = 64 };
static const uint64_t FNV_START = 0xCBF29CE484222325, FNV_PRIME = 0x100000001B3;

static struct {
    int print_hashes, passed;
    char name[160];
    uint64_t hash, random, drawn;
    void *pieces[MOST_PIECES];
    int piece_count;
} state;

void start_checks(int print_hashes) { state.print_hashes = print_hashes; }

int finish_checks(void) {
    printf("%d passed, 0 failed\n", state.passed);
    return 0;
}

void begin_case(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(state.name, sizeof state.name, format, arguments);
    va_end(arguments);
    state.hash = FNV_START;
}

void end_case(void) {
    state.passed++;
    if (state.print_hashes) printf("%016llx %s\n", (unsigned long long)state.hash, state.name);
}

void expect(int ok, const char *format, ...) {
    if (ok) return;
    va_list arguments;
    va_start(arguments, format);
    printf("FAILED %s: ", state.name);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n%d passed, 1 failed; stopped there\n", state.passed);
    exit(1);
}

void expect_close(const char *what, const float *got, const float *want, int64_t count, double tolerance) {
    double largest = 0.0;
    for (int64_t i = 0; i < count; i++)
        if (fabs((double)want[i]) > largest) largest = fabs((double)want[i]);
    for (int64_t i = 0; i < count; i++) {
        const double difference = fabs((double)got[i] - (double)want[i]);
        expect(difference <= tolerance * largest, "%s[%lld] is %.9g, not %.9g (tolerance: %.1e of the largest, %.9g)",
               what, (long long)i, (double)got[i], (double)want[i], tolerance, largest);
    }
}

static uint64_t add_to_hash(uint64_t hash, const void *bytes, int64_t count) {
    const unsigned char *at = bytes;
    for (int64_t i = 0; i < count; i++) hash = (hash ^ at[i]) * FNV_PRIME;
    return hash;
}

void hash_bytes(const void *bytes, int64_t count) {
    if (state.print_hashes) state.hash = add_to_hash(state.hash, bytes, count);
}

void hash_apart(const char *what, const void *bytes, int64_t count) {
    const uint64_t hash = add_to_hash(FNV_START, bytes, count);
    if (state.print_hashes) printf("%016llx %s %s\n", (unsigned long long)hash, state.name, what);
}

void *lend(int64_t count, size_t size) {
    const size_t bytes = (size_t)count * size + (count == 0);
#ifdef _WIN32
    void *piece = _aligned_malloc(bytes, 64);
#else
    void *piece = NULL;
    if (posix_memalign(&piece, 64, bytes) != 0) piece = NULL; /* aligned_alloc takes multiples of 64 only */
#endif
    expect(piece != NULL && state.piece_count < MOST_PIECES, "no memory");
    state.pieces[state.piece_count++] = memset(piece, 0, bytes);
    return piece;
}

void release_memory(void) {
    while (state.piece_count > 0) {
#ifdef _WIN32
        _aligned_free(state.pieces[--state.piece_count]);
#else
        free(state.pieces[--state.piece_count]);
#endif
    }
}

void seed_random(uint64_t seed) {
    state.random = fe_mix(seed + FE_GOLDEN);
    state.drawn = 0;
}

uint64_t random_bits(void) { return fe_draw(state.random, state.drawn++); }

int64_t random_below(int64_t bound) { return (int64_t)(random_bits() % (uint64_t)bound); }

float random_float(float limit) { return limit * ((float)(random_bits() >> 40) * 0x1p-23f - 1.0f); }
