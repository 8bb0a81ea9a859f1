/* Graphs: edges -> rows of neighbours (edges.c) -> random walks (walks.c). */
#ifndef FE_GRAPH_H
#define FE_GRAPH_H

#include "common/common.h"

/* ---- edges -> rows (edges.c): count, place, tidy, each called for a part of the data at a time ---- */

/* Edges by the numbers of their nodes. */
struct fe_edges {
    const int32_t *from, *to;
    const float *weights; /* one an edge, finite and above 0; or NULL: all are alike */
    int64_t count;
    int32_t both_ways; /* 1: an edge leads from either end to the other. A loop is one entry in any case */
};

/* Add the number of entries that each node's row receives. counts: one a node. */
void fe_edges_count(const struct fe_edges *edges, int64_t *counts);

/* Put every entry at the next free place of its row. next: where that is, one a node. weights: NULL where edges have
 * none. */
void fe_edges_place(const struct fe_edges *edges, int64_t *next, int32_t *neighbours, float *weights);

/* How far fe_rows_tidy is: before the first call, zeros. */
struct fe_tidy {
    int64_t row, read, written;
};

/* Sort rows up to `end` by neighbour, join entries of the same neighbour, and close the gaps that this leaves. Weights
 * of joined entries are added; without weights they are one entry. offsets: nodes + 1, changed to what the rows have
 * become; after the last call offsets[nodes] is the number of entries. scratch: 2 * the longest row. */
void fe_rows_tidy(struct fe_tidy *tidy, int64_t end, int64_t *offsets, int32_t *neighbours, float *weights,
                  uint64_t *scratch);

/* For each entry of rows [begin, end) the share of its row's weight that it and those before it have, as the largest
 * of 2^32 random bits that choose one of them. */
void fe_rows_shares(int64_t begin, int64_t end, const int64_t *offsets, const float *weights, uint32_t *shares);

/* For rows [begin, end) which neighbours they may have: of a row's bytes, one an entry, the bits that a neighbour
 * hashes to are set. One in 22 of the others seems to be there too. filter: zeros, one byte an entry. */
void fe_rows_filter(int64_t begin, int64_t end, const int64_t *offsets, const int32_t *neighbours, uint8_t *filter);

/* ---- walks (walks.c) ---- */

/* The neighbours of node v are neighbours[offsets[v]] ... neighbours[offsets[v + 1] - 1], rising. */
struct fe_graph {
    int64_t nodes; /* at most 2^31 - 1 */
    const int64_t *offsets;
    const int32_t *neighbours;
    const uint32_t *shares; /* fe_rows_shares; or NULL: all neighbours are as likely */
    const uint8_t *filter;  /* fe_rows_filter, without which walks with q other than 1 are slower; or NULL */
    int32_t is_symmetric;   /* whether every edge leads both ways */
};

/* How to walk: node2vec's biases (Grover and Leskovec 2016), and restarts. */
struct fe_walk_plan {
    int32_t length;        /* nodes of a walk; where an edge is missing it ends earlier */
    double p, q;           /* above 0; 1 and 1: a step depends on the present node alone */
    double restart;        /* probability, below 1, that a step leads back to where the walk began */
    const int32_t *starts; /* nodes at which walks begin; or NULL: at every node */
    int64_t start_count;   /* of these; nodes where NULL */
    uint64_t seed;
};

struct fe_walked {
    int64_t steps;
    int64_t trials; /* neighbours drawn for them */
};

/* Walks number first ... first + count - 1 of an epoch. ids: count * plan->length; the walks lie in it one after the
 * other. offsets: count + 1. What a walk draws depends on (seed, epoch, its number) alone. Walks s, s + 1, ... s +
 * start_count - 1, where s is a multiple of start_count, begin at each start once, in an order drawn anew. */
void fe_walk(const struct fe_graph *graph, const struct fe_walk_plan *plan, int64_t epoch, int64_t first, int64_t count,
             int32_t *ids, int64_t *offsets, struct fe_walked *walked);

#endif
