/* The best rows for each of many queries: scores of a panel of rows at a time, and of these only what beats a query's
 * worst kept score is looked at. Neither scores nor a copy of the rows are ever held as a whole.
 *
 * What is kept is a heap of keys, the worst on top. A key orders as (score, lower row first) does: the float's bits,
 * made to rise with its value, above the row's complement. Rows come in rising order, so a score must be above the
 * worst to come in. */
#include <math.h>
#include <string.h>

#include "bytes.h"
#include "kernel.h"

static size_t panel_floats(const struct fe_kernel *kernel, int64_t size) {
    return ((size_t)kernel->score_rows * (size_t)size + FE_LINE - 1) / FE_LINE * FE_LINE;
}

size_t fe_top_workspace_size(const struct fe_kernel *kernel, const struct fe_top *top) {
    const size_t scores = (size_t)kernel->score_rows * FE_SCORE_QUERIES;
    return (panel_floats(kernel, top->size) + scores + (size_t)top->count) * sizeof(float);
}

static int64_t row_at(const struct fe_top *top, int64_t place) {
    return top->candidates != NULL ? top->candidates[place] : place;
}

/* panel: size x width, column by column; lanes without a row are zero. */
static void fill_panel(const struct fe_top *top, int64_t place, int rows, int width, float *panel) {
    if (rows < width) memset(panel, 0, (size_t)top->size * (size_t)width * sizeof *panel);
    for (int lane = 0; lane < rows; lane++) {
        const int64_t row = row_at(top, place + lane);
        const float *values = top->rows + row * top->stride;
        const float scale = top->scale != NULL ? top->scale[row] : 1.0f;
        for (int64_t c = 0; c < top->size; c++) panel[c * width + lane] = scale * values[c];
    }
}

static int is_excluded(const struct fe_top *top, int64_t query, int64_t row) {
    if (top->exclude_offsets == NULL) return 0;
    const int64_t end = top->exclude_offsets[query + 1];
    int64_t low = top->exclude_offsets[query], high = end;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (top->exclude[middle] < row) low = middle + 1;
        else high = middle;
    }
    return low < end && top->exclude[low] == row;
}

/* ---- keys and heaps ---- */

static const uint32_t SIGN = 0x80000000;

static uint64_t key_of(float score, int64_t row) {
    const float value = score + 0.0f; /* -0 becomes 0 */
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = bits & SIGN ? ~bits : bits | SIGN;
    return (uint64_t)bits << 32 | ~(uint32_t)row;
}

static float score_of(uint64_t key) {
    uint32_t bits = (uint32_t)(key >> 32);
    bits = bits & SIGN ? bits & ~SIGN : ~bits;
    float score;
    memcpy(&score, &bits, sizeof score);
    return score;
}

static int64_t row_of(uint64_t key) { return ~(uint32_t)key; }

static void sift_up(uint64_t *heap, int64_t at, uint64_t key) {
    while (at > 0 && key < heap[(at - 1) / 2]) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = key;
}

/* Puts `key` in place of the worst of `count`. */
static void sift_down(uint64_t *heap, int64_t count, uint64_t key) {
    int64_t at = 0, child = 1;
    for (; child < count; child = 2 * at + 1) {
        child += child + 1 < count && heap[child + 1] < heap[child];
        if (key <= heap[child]) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = key;
}

static uint64_t *heap_of(const struct fe_top *top, int64_t query) { return top->heaps + query * top->n; }

static float threshold_of(const struct fe_top *top, int64_t query) {
    return top->kept[query] == top->n ? score_of(heap_of(top, query)[0]) : -INFINITY;
}

/* Takes in those scores whose bit is set and that are above the threshold; returns the new threshold. */
static float offer(const struct fe_top *top, int64_t query, int64_t place, const float *scores, uint64_t above,
                   float threshold) {
    uint64_t *heap = heap_of(top, query);
    for (; above != 0; above &= above - 1) {
        const int lane = fe_lowest_bit(above);
        const int64_t row = row_at(top, place + lane);
        if (!(scores[lane] > threshold) || is_excluded(top, query, row)) continue;
        const uint64_t key = key_of(scores[lane], row);
        if (top->kept[query] < top->n) sift_up(heap, top->kept[query]++, key);
        else sift_down(heap, top->n, key);
        threshold = threshold_of(top, query);
    }
    return threshold;
}

/* ---- queries that are means of rows ---- */

void fe_mean_rows(const float *rows, int64_t stride, int64_t size, const int64_t *items, const int64_t *offsets,
                  int64_t count, const double *weights, float *means) {
    for (int64_t query = 0; query < count; query++) {
        float *restrict mean = means + query * size;
        const int64_t begin = offsets[query], end = offsets[query + 1];
        double total = weights != NULL ? 0.0 : (double)(end - begin);
        if (weights != NULL)
            for (int64_t e = begin; e < end; e++) total += weights[e];
        memset(mean, 0, (size_t)size * sizeof *mean);
        for (int64_t e = begin; e < end; e++) {
            const float share = (float)((weights != NULL ? weights[e] : 1.0) / total);
            const float *restrict row = rows + items[e] * stride;
            for (int64_t c = 0; c < size; c++) mean[c] += share * row[c];
        }
    }
}

/* ---- all queries ---- */

void fe_top_scan(const struct fe_kernel *kernel, const struct fe_top *top, int64_t begin, int64_t end,
                 void *workspace) {
    const int width = kernel->score_rows;
    float *panel = workspace;
    float *scores = panel + panel_floats(kernel, top->size);
    float *threshold = scores + width * FE_SCORE_QUERIES;
    for (int64_t query = 0; query < top->count; query++) threshold[query] = threshold_of(top, query);
    for (int64_t place = begin; place < end; place += width) {
        const int rows = end - place < width ? (int)(end - place) : width;
        const uint64_t filled = rows < 64 ? ((uint64_t)1 << rows) - 1 : ~(uint64_t)0;
        fill_panel(top, place, rows, width, panel);
        for (int64_t query = 0; query < top->count; query += FE_SCORE_QUERIES) {
            const int64_t left = top->count - query;
            const int count = left < FE_SCORE_QUERIES ? (int)left : FE_SCORE_QUERIES;
            uint64_t above[FE_SCORE_QUERIES];
            kernel->score(panel, top->size, top->queries + query * top->size, count, threshold + query, scores, above);
            for (int j = 0; j < count; j++)
                if (above[j] & filled)
                    threshold[query + j] = offer(top, query + j, place, scores + j * width, above[j] & filled,
                                                 threshold[query + j]);
        }
    }
}

void fe_top_results(const struct fe_top *top, float *scores, int64_t *rows) {
    for (int64_t query = 0; query < top->count; query++, scores += top->n, rows += top->n) {
        uint64_t *heap = heap_of(top, query);
        for (int64_t at = top->n - 1; at >= 0; at--) {
            if (at < top->kept[query]) {
                scores[at] = score_of(heap[0]);
                rows[at] = row_of(heap[0]);
                sift_down(heap, at, heap[at]);
            } else {
                scores[at] = -INFINITY;
                rows[at] = -1;
            }
        }
        top->kept[query] = 0;
    }
}
