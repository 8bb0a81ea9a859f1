/* Numbers taken from the bytes of the fuzzer; zeros once these are used up. And memory exactly as long as asked for, so
 * that the sanitizer sees its end. */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fastemb.h"

struct bytes {
    const uint8_t *at, *end;
};

static inline void take(struct bytes *bytes, void *to, size_t size) {
    const size_t left = (size_t)(bytes->end - bytes->at), count = size < left ? size : left;
    memset(to, 0, size);
    if (count > 0) memcpy(to, bytes->at, count);
    bytes->at += count;
}

/* In [low, high]. */
static inline int64_t take_number(struct bytes *bytes, int64_t low, int64_t high) {
    uint16_t number;
    take(bytes, &number, sizeof number);
    return low + number % (high - low + 1);
}

static inline int64_t bytes_left(const struct bytes *bytes) { return bytes->end - bytes->at; }

static inline void *room(int64_t count, size_t size) {
    void *piece = calloc(count > 0 ? (size_t)count : 1, size);
    if (piece == NULL) abort();
    return piece;
}

/* What must hold for every input. */
static inline void must(int holds) {
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
