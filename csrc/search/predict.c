/* The labels of documents, as fastText's models tell them: the mean of a document's rows, its scores with the rows of
 * the labels, and the best of them. */
#include <math.h>
#include <string.h>

#include "common/carve.h"
#include "kernels/kernel.h"
#include "search/search.h"

enum {
    AHEAD = 16,         /* rows that are sent for before their turn */
    TOGETHER = 16,      /* rows that are added at a time */
    DOCUMENTS = 16,     /* documents that share a pass over the labels' rows */
    LABELS_A_TILE = 512 /* columns of the labels' rows that stay in cache meanwhile */
};

/* ---- rows as they are stored ---- */

static inline void send_for(const struct fe_stored *from, int64_t row) {
    if (from->values == NULL) {
        FE_PREFETCH(from->codes + row * from->parts);
        return;
    }
    const char *const at = from->values + row * from->size * (int64_t)sizeof(float);
    for (int64_t c = 0; c < from->size * (int64_t)sizeof(float); c += 64) FE_PREFETCH(at + c);
}

static inline float length_of(const struct fe_stored *from, int64_t row) {
    return from->length_codes != NULL ? from->lengths[from->length_codes[row]] : 1.0f;
}

/* The centroid of a part of a row, and how many values it has. */
static inline const float *centroid_of(const struct fe_stored *from, int64_t row, int64_t part, int64_t *size) {
    const int64_t rest = from->size - part * from->width;
    *size = rest < from->width ? rest : from->width;
    return from->centroids + part * FE_CENTROIDS * from->width + from->codes[row * from->parts + part] * *size;
}

static void add_quantised(const struct fe_stored *from, int64_t row, float *sum) {
    const float length = length_of(from, row);
    const uint8_t *const codes = from->codes + row * from->parts;
    int64_t part = 0;
    if (from->width == 2) /* as fastText does unless it is told otherwise */
        for (; part < from->size / 2; part++) {
            const float *const centroid = from->centroids + (part * FE_CENTROIDS + codes[part]) * 2;
            sum[2 * part] += length * centroid[0];
            sum[2 * part + 1] += length * centroid[1];
        }
    for (; part < from->parts; part++) {
        int64_t size;
        const float *const centroid = centroid_of(from, row, part, &size);
        for (int64_t c = 0; c < size; c++) sum[part * from->width + c] += length * centroid[c];
    }
}

/* Whether rows are floats that can be read where they lie. */
static inline int is_aligned(const struct fe_stored *from) {
    return from->values != NULL && ((uintptr_t)from->values & (sizeof(float) - 1)) == 0;
}

static inline const char *bytes_of(const struct fe_stored *from, int64_t row) {
    return from->values + row * from->size * (int64_t)sizeof(float);
}

static inline const float *floats_of(const struct fe_stored *from, int64_t row) {
    return (const float *)(const void *)bytes_of(from, row);
}

/* The sum of floats at addresses that are no multiples of four. */
static void add_unaligned(const struct fe_stored *from, int64_t row, float *sum) {
    const char *const at = bytes_of(from, row);
    for (int64_t c = 0; c < from->size; c++) {
        float value;
        memcpy(&value, at + c * (int64_t)sizeof value, sizeof value);
        sum[c] += value;
    }
}

static void mean(const struct fe_kernel *kernel, const struct fe_stored *from, const int32_t *rows, int64_t count,
                 float *sum) {
    const int aligned = is_aligned(from);
    if (!aligned || count == 0) memset(sum, 0, (size_t)from->size * sizeof *sum);
    for (int64_t at = 0; at < count; at += TOGETHER) {
        const float *some[TOGETHER];
        const int m = (int)(count - at < TOGETHER ? count - at : TOGETHER);
        for (int i = 0; i < m; i++) {
            if (at + i + AHEAD < count) send_for(from, rows[at + i + AHEAD]);
            if (aligned) some[i] = floats_of(from, rows[at + i]);
            else if (from->values != NULL) add_unaligned(from, rows[at + i], sum);
            else add_quantised(from, rows[at + i], sum);
        }
        if (aligned) kernel->combine(some, NULL, m, from->size, at > 0, sum);
    }
    if (count > 1) kernel->multiply(sum, 1.0f / (float)count, from->size);
}

void fe_documents_mean(const struct fe_kernel *kernel, const struct fe_stored *inputs, const struct fe_asked *asked,
                       int64_t begin, int64_t end, float *vectors) {
    for (int64_t d = begin; d < end; d++)
        mean(kernel, inputs, asked->rows + asked->offsets[d], asked->offsets[d + 1] - asked->offsets[d],
             vectors + (d - begin) * inputs->size);
}

static float product(const struct fe_kernel *kernel, const struct fe_stored *from, int64_t row, const float *vector,
                     float *copy) {
    if (from->values != NULL) {
        if (!is_aligned(from)) memcpy(copy, bytes_of(from, row), (size_t)from->size * sizeof *copy);
        return kernel->dot(is_aligned(from) ? floats_of(from, row) : copy, 1.0f, vector, from->size);
    }
    float sum = 0.0f;
    for (int64_t part = 0; part < from->parts; part++) {
        int64_t size;
        const float *const centroid = centroid_of(from, row, part, &size);
        for (int64_t c = 0; c < size; c++) sum += vector[part * from->width + c] * centroid[c];
    }
    return sum * length_of(from, row);
}

/* ---- the best k ---- */

/* A heap whose first entry is the least. It moves equal entries as the C++ library's does, so that of equal
 * probabilities the same labels stay, in the same order, as in fastText. */
struct best {
    float *logs;
    int32_t *labels;
    int64_t count;
};

static void put(const struct best *heap, int64_t at, float log, int32_t label) {
    heap->logs[at] = log;
    heap->labels[at] = label;
}

static void move(const struct best *heap, int64_t from, int64_t to) {
    put(heap, to, heap->logs[from], heap->labels[from]);
}

static void sift_up(const struct best *heap, int64_t at, float log, int32_t label) {
    while (at > 0 && heap->logs[(at - 1) / 2] > log) {
        move(heap, (at - 1) / 2, at);
        at = (at - 1) / 2;
    }
    put(heap, at, log, label);
}

/* Takes the first of `size` entries out and puts the last in its place; what was first goes to the end. */
static void pop(const struct best *heap, int64_t size) {
    const float last_log = heap->logs[size - 1];
    const int32_t last_label = heap->labels[size - 1];
    const int64_t left = size - 1;
    int64_t hole = 0, child = 0;
    move(heap, 0, size - 1);
    while (child < (left - 1) / 2) {
        child = 2 * child + 2;
        if (heap->logs[child] > heap->logs[child - 1]) child--;
        move(heap, child, hole);
        hole = child;
    }
    if ((left & 1) == 0 && left > 0 && child == (left - 2) / 2) {
        move(heap, 2 * child + 1, hole);
        hole = 2 * child + 1;
    }
    if (left > 0) sift_up(heap, hole, last_log, last_label);
}

static void offer(struct best *heap, int64_t k, float log, int32_t label) {
    if (heap->count < k) {
        sift_up(heap, heap->count++, log, label);
        return;
    }
    /* One more than k for a moment, as the order of equal ones depends on that; there is room. */
    sift_up(heap, k, log, label);
    pop(heap, k + 1);
}

/* From the most probable down. */
static void sort(const struct best *heap) {
    for (int64_t size = heap->count; size > 1; size--) pop(heap, size);
}

/* fastText's logarithm, which is never that of zero. */
static inline float log_of(float probability) { return (float)log((double)probability + 1e-5); }

static void keep_best(const float *probabilities, int64_t labels, int64_t k, float threshold, struct best *heap) {
    float least = -INFINITY; /* a probability that is surely not better than the least one kept */
    for (int64_t i = 0; i < labels; i++) {
        if (probabilities[i] < threshold || probabilities[i] < least) continue;
        const float value = log_of(probabilities[i]);
        if (heap->count == k && value < heap->logs[0]) continue;
        offer(heap, k, value, (int32_t)i);
        if (heap->count == k) least = (float)(exp((double)heap->logs[0]) - 1e-5) * 0.9999f - 1e-7f;
    }
    sort(heap);
}

/* ---- probabilities ---- */

/* exp of numbers up to 0, within 2e-7 of the value; without branches, so that compilers take several at once. */
static inline float exp_below_0(float x) {
    x = x < -87.0f ? -87.0f : x;
    const int32_t n = (int32_t)(x * 1.44269504f - 0.5f);
    const float rest = (x - (float)n * 0.693359375f) + (float)n * 2.12194440e-4f;
    float value = 1.9875691500e-4f;
    value = value * rest + 1.3981999507e-3f;
    value = value * rest + 8.3334519073e-3f;
    value = value * rest + 4.1665795894e-2f;
    value = value * rest + 1.6666665459e-1f;
    value = value * rest + 5.0000001201e-1f;
    value = value * rest * rest + rest + 1.0f;
    const int32_t bits = (n + 127) * (1 << 23);
    float power;
    memcpy(&power, &bits, sizeof power);
    return value * power;
}

static void softmax(const struct fe_kernel *kernel, float *scores, int64_t count) {
    float most = scores[0];
    double sum = 0.0;
    for (int64_t i = 1; i < count; i++) most = scores[i] > most ? scores[i] : most;
    for (int64_t i = 0; i < count; i++) scores[i] = exp_below_0(scores[i] - most);
    for (int64_t i = 0; i < count; i++) sum += (double)scores[i];
    kernel->multiply(scores, (float)(1.0 / sum), count);
}

static void sigmoid(const float *table, float *scores, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const float x = scores[i];
        scores[i] = x < -8.0f ? 0.0f : x > 8.0f ? 1.0f : table[(int64_t)((x + 8.0f) * (FE_SIGMOIDS / 16.0f))];
    }
}

/* ---- a tree ---- */

/* A node that waits until what lies left of it has been seen. */
struct node {
    float log;
    int32_t number;
};

static int search_tree(const struct fe_kernel *kernel, const struct fe_labels *labels, const struct fe_asked *asked,
                       const float *vector, struct best *heap, struct node *waiting, float *copy) {
    const float least = log_of(asked->threshold);
    int64_t count = 1;
    waiting[0] = (struct node){0.0f, (int32_t)(labels->labels > 1 ? 2 * labels->labels - 2 : 0)};
    while (count > 0) {
        const struct node node = waiting[--count];
        if (node.log < least || (heap->count == asked->k && node.log < heap->logs[0])) continue;
        if (node.number < labels->labels) {
            offer(heap, asked->k, node.log, node.number);
            continue;
        }
        const int64_t inner = node.number - labels->labels;
        const float score = product(kernel, &labels->outputs, inner, vector, copy);
        if (!isfinite(score)) return FE_DIVERGED;
        const float right = (float)(1.0 / (double)(1.0f + expf(-score)));
        waiting[count++] = (struct node){node.log + log_of(right), labels->children[2 * inner + 1]};
        waiting[count++] = (struct node){node.log + log_of((float)(1.0 - (double)right)), labels->children[2 * inner]};
    }
    sort(heap);
    return FE_OK;
}

/* ---- all together ---- */

struct space {
    float *vectors;       /* DOCUMENTS x size */
    float *scores;        /* DOCUMENTS x labels */
    float *copy;          /* size: a row that is copied to be read */
    struct node *waiting; /* labels + 1 */
    float *logs;          /* labels + 1: the heap */
    int32_t *numbers;
};

static struct space carve_space(const struct fe_labels *labels, struct carver *from) {
    const int tree = labels->loss == FE_BY_TREE;
    struct space space;
    space.vectors = carve(from, DOCUMENTS * labels->inputs.size, sizeof(float));
    space.scores = carve(from, tree ? 0 : DOCUMENTS * labels->labels, sizeof(float));
    space.copy = carve(from, labels->outputs.size, sizeof(float));
    space.waiting = carve(from, tree ? labels->labels + 1 : 0, sizeof(struct node));
    space.logs = carve(from, labels->labels + 1, sizeof(float));
    space.numbers = carve(from, labels->labels + 1, sizeof(int32_t));
    return space;
}

size_t fe_labels_workspace_size(const struct fe_labels *labels) {
    struct carver none = {NULL, 0};
    carve_space(labels, &none);
    return none.used;
}

/* Scores of some documents with all labels. */
static void score(const struct fe_kernel *kernel, const struct fe_labels *labels, int64_t documents,
                  const struct space *space) {
    const int64_t size = labels->inputs.size, count = labels->labels;
    if (labels->transposed == NULL) {
        for (int64_t i = 0; i < count; i++)
            for (int64_t d = 0; d < documents; d++)
                space->scores[d * count + i] = product(kernel, &labels->outputs, i, space->vectors + d * size,
                                                       space->copy);
        return;
    }
    for (int64_t first = 0; first < count; first += LABELS_A_TILE) {
        const int64_t some = count - first < LABELS_A_TILE ? count - first : LABELS_A_TILE;
        for (int64_t d = 0; d < documents; d++)
            for (int64_t c = 0; c < size; c += TOGETHER) {
                const float *rows[TOGETHER];
                const int m = (int)(size - c < TOGETHER ? size - c : TOGETHER);
                for (int i = 0; i < m; i++) rows[i] = labels->transposed + (c + i) * count + first;
                kernel->combine(rows, space->vectors + d * size + c, m, some, c > 0, space->scores + d * count + first);
            }
    }
}

int fe_labels_predict(const struct fe_kernel *kernel, const struct fe_labels *labels, const struct fe_asked *asked,
                      int64_t begin, int64_t end, float *logs, int32_t *found, int64_t *counts, void *workspace) {
    struct carver carver = {workspace, 0};
    const struct space space = carve_space(labels, &carver);
    for (int64_t first = begin; first < end; first += DOCUMENTS) {
        const int64_t last = end - first < DOCUMENTS ? end : first + DOCUMENTS;
        fe_documents_mean(kernel, &labels->inputs, asked, first, last, space.vectors);
        if (labels->loss != FE_BY_TREE) score(kernel, labels, last - first, &space);
        for (int64_t d = first; d < last; d++) {
            struct best heap = {space.logs, space.numbers, 0};
            float *const scores = space.scores + (d - first) * labels->labels;
            if (asked->offsets[d] == asked->offsets[d + 1]) {
                counts[d - begin] = 0;
                continue;
            }
            if (labels->loss == FE_BY_TREE) {
                const int status = search_tree(kernel, labels, asked, space.vectors + (d - first) * labels->inputs.size,
                                               &heap, space.waiting, space.copy);
                if (status != FE_OK) return status;
            } else {
                if (!kernel->finite(scores, labels->labels)) return FE_DIVERGED;
                if (labels->loss == FE_BY_SOFTMAX) softmax(kernel, scores, labels->labels);
                else sigmoid(labels->sigmoids, scores, labels->labels);
                keep_best(scores, labels->labels, asked->k, asked->threshold, &heap);
            }
            memcpy(logs + (d - begin) * asked->k, heap.logs, (size_t)heap.count * sizeof *logs);
            memcpy(found + (d - begin) * asked->k, heap.labels, (size_t)heap.count * sizeof *found);
            counts[d - begin] = heap.count;
        }
    }
    return FE_OK;
}
