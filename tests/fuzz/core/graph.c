/* Edges -> rows of neighbours -> walks, on any edges with ends below the number of nodes. */
#include "bytes.h"

enum { MOST_NODES = 300, MOST_EDGES = 2000, LENGTH = 12 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes bytes = {data, data + size};
    const int64_t nodes = take_number(&bytes, 1, MOST_NODES), both_ways = take_number(&bytes, 0, 1);
    const int64_t has_weights = take_number(&bytes, 0, 1), has_filter = take_number(&bytes, 0, 1);
    static const double PARAMETERS[] = {1.0, 0.25, 4.0, 1e-300, 1e299};
    struct fe_walk_plan plan = {.length = (int32_t)take_number(&bytes, 1, LENGTH),
                                .p = PARAMETERS[take_number(&bytes, 0, 4)],
                                .q = PARAMETERS[take_number(&bytes, 0, 4)],
                                .restart = (double)take_number(&bytes, 0, 9) / 10.0,
                                .start_count = nodes,
                                .seed = (uint64_t)take_number(&bytes, 0, 99)};
    int64_t count = bytes_left(&bytes) / 6;
    if (count > MOST_EDGES) count = MOST_EDGES;
    int32_t *from = room(count, sizeof *from), *to = room(count, sizeof *to);
    float *weights = room(count, sizeof *weights);
    for (int64_t k = 0; k < count; k++) {
        from[k] = (int32_t)take_number(&bytes, 0, nodes - 1);
        to[k] = (int32_t)take_number(&bytes, 0, nodes - 1);
        const int64_t weight = take_number(&bytes, 0, 65535);
        weights[k] = weight == 1 ? 1e38f : weight == 2 ? 1e-45f : (float)(weight + 1) / 256.0f;
    }
    const struct fe_edges edges = {from, to, has_weights ? weights : NULL, count, (int32_t)both_ways};
    int64_t *offsets = room(nodes + 1, sizeof *offsets), *next = room(nodes, sizeof *next), longest = 0;
    fe_edges_count(&edges, offsets + 1);
    for (int64_t n = 0; n < nodes; n++) {
        if (offsets[n + 1] > longest) longest = offsets[n + 1];
        next[n] = offsets[n];
        offsets[n + 1] += offsets[n];
    }
    const int64_t entries = offsets[nodes];
    int32_t *neighbours = room(entries, sizeof *neighbours);
    float *entry_weights = has_weights ? room(entries, sizeof *entry_weights) : NULL;
    uint64_t *scratch = room(2 * longest, sizeof *scratch);
    fe_edges_place(&edges, next, neighbours, entry_weights);
    struct fe_tidy tidy = {0};
    fe_rows_tidy(&tidy, nodes / 2, offsets, neighbours, entry_weights, scratch);
    fe_rows_tidy(&tidy, nodes, offsets, neighbours, entry_weights, scratch);
    must(offsets[0] == 0 && offsets[nodes] == tidy.written && tidy.written <= entries);
    for (int64_t n = 0; n < nodes; n++)
        for (int64_t k = offsets[n] + 1; k < offsets[n + 1]; k++) must(neighbours[k - 1] < neighbours[k]);
    uint32_t *shares = has_weights ? room(entries, sizeof *shares) : NULL;
    uint8_t *filter = has_filter ? room(entries, 1) : NULL;
    if (has_weights) fe_rows_shares(0, nodes, offsets, entry_weights, shares);
    if (has_filter) fe_rows_filter(0, nodes, offsets, neighbours, filter);
    const struct fe_graph graph = {nodes, offsets, neighbours, shares, filter, (int32_t)both_ways};
    const int64_t walks = 2 * nodes;
    int32_t *ids = room(walks * plan.length, sizeof *ids);
    int64_t *walk_offsets = room(walks + 1, sizeof *walk_offsets);
    struct fe_walked walked;
    fe_walk(&graph, &plan, 0, 0, walks, ids, walk_offsets, &walked);
    for (int64_t w = 0; w < walks; w++) {
        const int64_t length = walk_offsets[w + 1] - walk_offsets[w];
        must(length >= 1 && length <= plan.length);
    }
    for (int64_t k = 0; k < walk_offsets[walks]; k++) must(ids[k] >= 0 && ids[k] < nodes);
    free(from);
    free(to);
    free(weights);
    free(offsets);
    free(next);
    free(neighbours);
    free(entry_weights);
    free(scratch);
    free(shares);
    free(filter);
    free(ids);
    free(walk_offsets);
    return 0;
}
