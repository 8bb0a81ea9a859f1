/* Workspaces are one piece of memory each, that the caller owns. */
#ifndef FE_CARVE_H
#define FE_CARVE_H

#include <stddef.h>
#include <stdint.h>

/* Hands out 64-byte aligned pieces; with base NULL it only adds up their sizes. */
struct carver {
    char *base;
    size_t used;
};

static inline void *carve(struct carver *c, int64_t count, size_t size) {
    void *piece = c->base != NULL ? c->base + c->used : NULL;
    c->used += ((size_t)count * size + 63) & ~(size_t)63;
    return piece;
}

#endif
