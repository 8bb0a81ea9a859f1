/* Ids that any caller may give -> rows grouped, or the answer that there is no such row; bags; rows as they lie in
 * files, in 16 and 8 bits and as numbers of centroids, searched by every kernel. */
#include <math.h>

#include "bytes.h"

enum { SIZE = 5, BEST = 3 };

static void check_groups(struct bytes *bytes, int64_t rows, int64_t count) {
    int64_t *ids = room(count, sizeof *ids), *distinct = room(count, sizeof *distinct);
    struct fe_taken *taken = room(count, sizeof *taken), *spare = room(count, sizeof *spare);
    for (int64_t i = 0; i < count; i++) {
        ids[i] = take_number(bytes, 0, rows - 1);
        if (take_number(bytes, 0, 255) == 0) take(bytes, &ids[i], sizeof ids[i]); /* any number of 64 bits */
    }
    int64_t total = 0, wrong = 0;
    for (int64_t i = 0; i < count; i++) wrong += ids[i] < 0 || ids[i] >= rows;
    for (int worker = 0; worker < 3; worker++) {
        const struct fe_share share = {rows, -1, worker, 3};
        const int64_t own = fe_group_take(ids, count, &share, taken);
        must((own < 0) == (wrong > 0) && own <= count);
        if (own < 0) continue;
        const struct fe_taken *sorted = fe_group_sort(taken, spare, own, rows);
        for (int64_t k = 1; k < own; k++) must(sorted[k - 1].row <= sorted[k].row);
        must(fe_group_rows(sorted, own, distinct) <= own);
        total += own;
    }
    must(wrong > 0 || total == count);
    free(ids);
    free(distinct);
    free(taken);
    free(spare);
}

static void check_bags(struct bytes *bytes, int64_t rows, int64_t count) {
    float *table = room(rows * SIZE, sizeof *table), *out = room(count * SIZE, sizeof *out);
    int64_t *ids = room(count, sizeof *ids), *offsets = room(count + 1, sizeof *offsets);
    int64_t *winners = room(count * SIZE, sizeof *winners);
    take(bytes, table, (size_t)(rows * SIZE) * sizeof *table); /* any bits, NaN among them */
    for (int64_t i = 0; i < count; i++) {
        ids[i] = take_number(bytes, 0, rows - 1);
        const int64_t end = offsets[i] + take_number(bytes, 0, 3);
        offsets[i + 1] = end < count ? end : count;
    }
    const struct fe_const_rows from = {table, SIZE, SIZE};
    const struct fe_id_bags bags = {.ids = ids, .offsets = offsets, .mean = 1, .end = count};
    const struct fe_kernel *kernel;
    for (int k = 0; (kernel = fe_kernel_at(k)) != NULL; k++) {
        if (!fe_kernel_supported(kernel)) continue;
        fe_bags_pool(kernel, &from, &bags, out);
        fe_rows_finite(kernel, table, rows * SIZE);
    }
    fe_bags_max(&from, &bags, out, winners);
    for (int64_t k = 0; k < count * SIZE; k++) must(winners[k] >= -1 && winners[k] < count);
    free(table);
    free(out);
    free(ids);
    free(offsets);
    free(winners);
}

static void check_codes(struct bytes *bytes, int64_t rows, enum fe_coding coding) {
    const int64_t width = coding == FE_HALVES ? 2 * SIZE : SIZE;
    uint8_t *codes = room(rows * width, 1);
    float *centroids = room(SIZE * FE_CENTROIDS, sizeof *centroids), queries[2 * SIZE], scores[2 * BEST];
    int64_t kept[2] = {0}, best[2 * BEST];
    uint64_t heaps[2 * BEST];
    take(bytes, queries, sizeof queries);
    take(bytes, codes, (size_t)(rows * width));
    for (int64_t c = 0; c < SIZE * FE_CENTROIDS; c++) centroids[c] = (float)(c % 17) - 8.0f;
    const struct fe_top top = {
        .size = SIZE,
        .stride = SIZE,
        .codes = {.coding = coding, .rows = codes, .stride = width, .centroids = centroids, .parts = SIZE, .width = 1},
        .queries = queries,
        .count = 2,
        .n = BEST,
        .heaps = heaps,
        .kept = kept};
    const struct fe_kernel *kernel;
    for (int k = 0; (kernel = fe_kernel_at(k)) != NULL; k++) {
        if (!fe_kernel_supported(kernel)) continue;
        const size_t size = fe_top_workspace_size(kernel, &top);
        void *workspace = aligned_alloc(64, (size + 63) / 64 * 64);
        must(workspace != NULL);
        fe_top_scan(kernel, &top, 0, rows, workspace);
        fe_top_results(&top, scores, best);
        for (int i = 0; i < 2 * BEST; i++) must(best[i] >= -1 && best[i] < rows && !isnan(scores[i]));
        free(workspace);
    }
    free(codes);
    free(centroids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes bytes = {data, data + size};
    const int64_t kind = take_number(&bytes, 0, 4), rows = take_number(&bytes, 1, 200);
    const int64_t count = bytes_left(&bytes) / 4;
    if (kind == 0) check_groups(&bytes, rows, count);
    else if (kind == 1) check_bags(&bytes, rows, count);
    else check_codes(&bytes, rows, kind == 2 ? FE_HALVES : kind == 3 ? FE_INT8 : FE_PRODUCT);
    return 0;
}
