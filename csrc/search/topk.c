/* The best rows for each of many queries. Queries, and a panel of rows at a time, are quantised to 16 bits: an
 * instruction makes twice as many of their products. How far off these can be is known, so only rows that may beat a
 * query's worst kept score are multiplied in full, and what is found is what full products alone would find. Rows of 8
 * bits are multiplied with a few quantised queries as they are.
 *
 * What is kept is a heap of keys, the worst on top. A key orders as (score, lower row first) does: the float's bits,
 * made to rise with its value, above the row's complement. Rows come in rising order, so a score must be above the
 * worst to come in. */
#include <math.h>
#include <string.h>

#include "common/bytes.h"
#include "common/carve.h"
#include "kernels/kernel.h"
#include "search/search.h"

enum {
    MOST_ROWS = 64,        /* in a panel */
    FEW_QUERIES = 2,       /* up to so many every row is multiplied in full, which is faster than quantising it */
    FEW_INT8_QUERIES = 16, /* up to so many rows of 8 bits are multiplied as they are */
    MOST_COLUMNS = 100000, /* columns: of more, a sum of squares may be too far off to keep numbers in 16 bits */
};

struct scan {
    const struct fe_top *top;
    const struct fe_kernel *kernel;
    int64_t words; /* of a quantised row or query; 0 when none is quantised */
    int is_int8;   /* whether rows of 8 bits are multiplied as they are; they are unpacked one by one then */
    struct fe_panel panel;
    uint32_t *query_words;      /* count x words */
    struct fe_query *quantised; /* count */
    float *threshold;           /* count */
    float *unpacked;            /* panel_rows x size: the rows of the panel, where they are stored as codes */
};

static void lay_out(struct scan *scan, struct carver *c) {
    const struct fe_top *top = scan->top;
    const int can = top->size <= MOST_COLUMNS, lanes = scan->kernel->lanes;
    scan->is_int8 = can && top->codes.coding == FE_INT8 && top->count <= FEW_INT8_QUERIES;
    scan->words = scan->is_int8                     ? (top->size / (2 * lanes) + 1) * lanes
                  : can && top->count > FEW_QUERIES ? (top->size + 1) / 2
                                                    : 0;
    scan->panel.words = carve(c, scan->is_int8 ? 0 : scan->words * scan->kernel->panel_rows, sizeof *scan->panel.words);
    scan->query_words = carve(c, scan->words * top->count, sizeof *scan->query_words);
    scan->quantised = carve(c, top->count, sizeof *scan->quantised);
    scan->threshold = carve(c, top->count, sizeof *scan->threshold);
    const int64_t rows = scan->is_int8 ? 1 : scan->kernel->panel_rows;
    const int64_t unpacked = top->codes.coding != FE_FLOATS ? rows * top->size : 0;
    scan->unpacked = carve(c, unpacked, sizeof *scan->unpacked);
}

size_t fe_top_workspace_size(const struct fe_kernel *kernel, const struct fe_top *top) {
    struct scan scan = {.top = top, .kernel = kernel};
    struct carver c = {NULL, 0};
    lay_out(&scan, &c);
    return c.used;
}

static int64_t row_at(const struct fe_top *top, int64_t place) {
    return top->candidates != NULL ? top->candidates[place] : place;
}

/* The parts of a row one after another, each a copy of a centroid. */
FE_INLINE void unpack_product(const struct fe_codes *codes, const uint8_t *row, const int64_t width, float *to) {
    for (int64_t part = 0; part < codes->parts; part++)
        memcpy(to + part * width, codes->centroids + (part * FE_CENTROIDS + row[part]) * width,
               (size_t)width * sizeof *to);
}

static void unpack(const struct scan *scan, int64_t row, float *to) {
    const struct fe_codes *codes = &scan->top->codes;
    const uint8_t *at = codes->rows + row * codes->stride;
    if (codes->coding == FE_HALVES) scan->kernel->widen_halves((const uint16_t *)(const void *)at, scan->top->size, to);
    else if (codes->coding == FE_INT8) scan->kernel->widen_int8((const int8_t *)at, scan->top->size, to);
    else if (codes->width == 2) unpack_product(codes, at, 2, to); /* widths that are common: a load and a store */
    else if (codes->width == 4) unpack_product(codes, at, 4, to);
    else unpack_product(codes, at, codes->width, to);
}

/* Values of row `r` of the panel at `place`. */
static const float *values_at(const struct scan *scan, int64_t place, int64_t r) {
    const struct fe_top *top = scan->top;
    if (scan->is_int8) {
        unpack(scan, row_at(top, place + r), scan->unpacked);
        return scan->unpacked;
    }
    if (top->codes.coding != FE_FLOATS) return scan->unpacked + r * top->size;
    return top->rows + row_at(top, place + r) * top->stride;
}

static float scale_of(const struct fe_top *top, int64_t row) { return top->scale != NULL ? top->scale[row] : 1.0f; }

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

static void set_threshold(struct scan *scan, int64_t query) {
    const float threshold = threshold_of(scan->top, query);
    scan->threshold[query] = threshold;
    if (scan->words > 0) {
        struct fe_query *quantised = scan->quantised + query;
        quantised->threshold = quantised->inverse_scale > 0.0f ? threshold * quantised->inverse_scale : -INFINITY;
    }
}

/* Takes in those rows of the panel at `place` whose bit is set and whose scores are above the threshold. */
static void offer(struct scan *scan, int64_t query, int64_t place, uint64_t above) {
    const struct fe_top *top = scan->top;
    const float *values = top->queries + query * top->size;
    uint64_t *heap = heap_of(top, query);
    for (; above != 0; above &= above - 1) {
        const int64_t r = fe_lowest_bit(above), row = row_at(top, place + r);
        const float score = scan->kernel->dot(values_at(scan, place, r), scale_of(top, row), values, top->size);
        if (!(score > scan->threshold[query]) || is_excluded(top, query, row)) continue;
        const uint64_t key = key_of(score, row);
        if (top->kept[query] < top->n) sift_up(heap, top->kept[query]++, key);
        else sift_down(heap, top->n, key);
        set_threshold(scan, query);
    }
}

/* ---- rows of 8 bits as they are ---- */

/* Moves the query's last numbers, fewer than a register takes, to the end of a register of their own, after zeros for
 * those of the row that are loaded a second time; those of a query that is shorter than one are at its start. */
static void lay_out_int8(const struct scan *scan, uint32_t *words) {
    const int64_t size = scan->top->size, columns = 2 * scan->kernel->lanes, rest = size % columns;
    int16_t *tail = (int16_t *)(void *)words + (size - rest);
    if (size > rest) {
        memmove(tail + columns - rest, tail, (size_t)rest * sizeof *tail);
        memset(tail, 0, (size_t)(columns - rest) * sizeof *tail);
    } else memset(tail + rest, 0, (size_t)(columns - rest) * sizeof *tail);
}

static void scan_int8(struct scan *scan, int64_t place, int rows) {
    const struct fe_top *top = scan->top;
    const int8_t *at[MOST_ROWS];
    float scales[MOST_ROWS];
    for (int r = 0; r < scan->kernel->panel_rows; r++) {
        const int64_t row = row_at(top, place + (r < rows ? r : 0));
        at[r] = (const int8_t *)top->codes.rows + row * top->codes.stride;
        scales[r] = scale_of(top, row);
    }
    const uint64_t filled = rows < 64 ? ((uint64_t)1 << rows) - 1 : ~(uint64_t)0;
    for (int64_t query = 0; query < top->count; query++) {
        const uint64_t above = scan->kernel->estimate_int8(
            at, scales, rows, top->size, scan->query_words + query * scan->words, scan->quantised + query);
        if (above & filled) offer(scan, query, place, above & filled);
    }
}

/* ---- all queries ---- */

void fe_top_scan(const struct fe_kernel *kernel, const struct fe_top *top, int64_t begin, int64_t end,
                 void *workspace) {
    struct scan scan = {.top = top, .kernel = kernel};
    struct carver c = {workspace, 0};
    lay_out(&scan, &c);
    for (int64_t query = 0; query < top->count; query++) {
        if (scan.words > 0)
            kernel->quantise_query(top->queries + query * top->size, top->size, scan.query_words + query * scan.words,
                                   scan.quantised + query);
        if (scan.is_int8) lay_out_int8(&scan, scan.query_words + query * scan.words);
        set_threshold(&scan, query);
    }
    for (int64_t place = begin; place < end; place += kernel->panel_rows) {
        const int rows = end - place < kernel->panel_rows ? (int)(end - place) : kernel->panel_rows;
        const uint64_t filled = rows < 64 ? ((uint64_t)1 << rows) - 1 : ~(uint64_t)0;
        if (scan.is_int8) {
            scan_int8(&scan, place, rows);
            continue;
        }
        if (top->codes.coding != FE_FLOATS)
            for (int r = 0; r < rows; r++) unpack(&scan, row_at(top, place + r), scan.unpacked + r * top->size);
        if (scan.words > 0) {
            const float *values[MOST_ROWS];
            float scales[MOST_ROWS];
            for (int r = 0; r < rows; r++) {
                values[r] = values_at(&scan, place, r);
                scales[r] = scale_of(top, row_at(top, place + r));
            }
            kernel->quantise_rows(values, scales, rows, top->size, &scan.panel);
        }
        for (int64_t query = 0; query < top->count; query += FE_SCORE_QUERIES) {
            const int64_t left = top->count - query;
            const int count = left < FE_SCORE_QUERIES ? (int)left : FE_SCORE_QUERIES;
            uint64_t above[FE_SCORE_QUERIES];
            if (scan.words > 0)
                kernel->estimate(&scan.panel, scan.words, scan.query_words + query * scan.words, scan.quantised + query,
                                 count, above);
            else
                for (int j = 0; j < count; j++) above[j] = filled;
            for (int j = 0; j < count; j++)
                if (above[j] & filled) offer(&scan, query + j, place, above[j] & filled);
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

void fe_nearest_centroids(const struct fe_kernel *kernel, const float *rows, int64_t stride, int64_t count,
                          int64_t width, const float *centroids, const float *bias, uint8_t *codes,
                          int64_t code_stride) {
    for (int64_t i = 0; i < count; i++)
        codes[i * code_stride] = (uint8_t)kernel->nearest_centroid(rows + i * stride, width, centroids, bias);
}
