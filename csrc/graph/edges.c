/* Edges -> rows of neighbours, as a compressed sparse matrix: a counting sort by node, then each row for itself. */
#include <string.h>

#include "graph/filter.h"
#include "graph/graph.h"

enum { FEW = 48 }; /* entries that insertion sorts faster than four passes over bytes */

void fe_edges_count(const struct fe_edges *edges, int64_t *counts) {
    for (int64_t k = 0; k < edges->count; k++) counts[edges->from[k]]++;
    if (!edges->both_ways) return;
    for (int64_t k = 0; k < edges->count; k++) counts[edges->to[k]] += edges->from[k] != edges->to[k];
}

void fe_edges_place(const struct fe_edges *edges, int64_t *next, int32_t *neighbours, float *weights) {
    for (int64_t k = 0; k < edges->count; k++) {
        const int32_t from = edges->from[k], to = edges->to[k];
        const int64_t there = next[from]++;
        neighbours[there] = to;
        if (weights != NULL) weights[there] = edges->weights[k];
        if (!edges->both_ways || from == to) continue;
        const int64_t back = next[to]++;
        neighbours[back] = from;
        if (weights != NULL) weights[back] = edges->weights[k];
    }
}

/* An entry as one number, whose upper half is the neighbour. */
static uint64_t packed(int32_t neighbour, float weight) {
    uint32_t bits;
    memcpy(&bits, &weight, sizeof bits);
    return (uint64_t)(uint32_t)neighbour << 32 | bits;
}

static float weight_of(uint64_t entry) {
    const uint32_t bits = (uint32_t)entry;
    float weight;
    memcpy(&weight, &bits, sizeof weight);
    return weight;
}

/* By neighbour; equal ones keep their order, so that sums of weights do not depend on how the data were cut. */
static void sort_entries(uint64_t *entries, int64_t count, uint64_t *other) {
    if (count <= FEW) {
        for (int64_t k = 1; k < count; k++) {
            const uint64_t entry = entries[k];
            int64_t at = k;
            for (; at > 0 && entries[at - 1] >> 32 > entry >> 32; at--) entries[at] = entries[at - 1];
            entries[at] = entry;
        }
        return;
    }
    uint64_t *from = entries, *to = other;
    for (int shift = 32; shift < 64; shift += 8) {
        int64_t starts[257] = {0};
        for (int64_t k = 0; k < count; k++) starts[(from[k] >> shift & 255) + 1]++;
        for (int byte = 0; byte < 256; byte++) starts[byte + 1] += starts[byte];
        for (int64_t k = 0; k < count; k++) to[starts[from[k] >> shift & 255]++] = from[k];
        uint64_t *const swapped = from;
        from = to;
        to = swapped;
    }
}

void fe_rows_tidy(struct fe_tidy *tidy, int64_t end, int64_t *offsets, int32_t *neighbours, float *weights,
                  uint64_t *scratch) {
    for (; tidy->row < end; tidy->row++) {
        const int64_t count = offsets[tidy->row + 1] - tidy->read;
        for (int64_t k = 0; k < count; k++)
            scratch[k] = packed(neighbours[tidy->read + k], weights == NULL ? 0.0f : weights[tidy->read + k]);
        sort_entries(scratch, count, scratch + count);
        tidy->read += count;
        offsets[tidy->row] = tidy->written;
        for (int64_t k = 0; k < count;) {
            const uint64_t neighbour = scratch[k] >> 32;
            double weight = 0.0;
            for (; k < count && scratch[k] >> 32 == neighbour; k++) weight += (double)weight_of(scratch[k]);
            neighbours[tidy->written] = (int32_t)neighbour;
            if (weights != NULL) weights[tidy->written] = (float)weight;
            tidy->written++;
        }
    }
    /* The next row's end, which a later call reads, is still at offsets[row + 1]; its begin is tidy->read. */
    offsets[tidy->row] = tidy->written;
}

void fe_rows_shares(int64_t begin, int64_t end, const int64_t *offsets, const float *weights, uint32_t *shares) {
    for (int64_t row = begin; row < end; row++) {
        double total = 0.0, before = 0.0;
        for (int64_t k = offsets[row]; k < offsets[row + 1]; k++) total += (double)weights[k];
        for (int64_t k = offsets[row]; k < offsets[row + 1]; k++) {
            before += (double)weights[k];
            const double last = before / total * 0x1p32 - 0.5;
            shares[k] = last >= 0xFFFFFFFFp0 ? 0xFFFFFFFFu : last > 0.0 ? (uint32_t)last : 0; /* 0 for NaN, too */
        }
        if (offsets[row] < offsets[row + 1]) shares[offsets[row + 1] - 1] = 0xFFFFFFFFu;
    }
}

void fe_rows_filter(int64_t begin, int64_t end, const int64_t *offsets, const int32_t *neighbours, uint8_t *filter) {
    for (int64_t row = begin; row < end; row++) {
        const int64_t first = offsets[row], degree = offsets[row + 1] - first;
        if (degree < FE_LEAST_FILTERED) continue;
        for (int64_t k = 0; k < degree; k++) {
            const struct fe_bits bits = fe_bits_of(neighbours[first + k], first, degree);
            fe_set_bits(filter + bits.byte, bits.mask);
        }
    }
}
