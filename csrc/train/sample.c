#include "train/sample.h"

int32_t fe_keep_last(const uint32_t *keep, int32_t size) {
    int32_t last = size - 1;
    while (last > 0 && keep[last - 1] == keep[size - 1]) last--;
    return last;
}

void fe_alias_build(double *weights, int32_t size, struct fe_alias *table, int32_t *work) {
    double total = 0.0;
    for (int32_t i = 0; i < size; i++) total += weights[i];

    /* From here weights[i] is the probability mass left in slot i, in slots. Slots with less than one stack
     * up from the left of `work`, the others from the right. */
    int32_t poor_count = 0, rich = size;
    for (int32_t i = 0; i < size; i++) {
        weights[i] *= (double)size / total;
        if (weights[i] < 1.0) work[poor_count++] = i;
        else work[--rich] = i;
        table[i] = (struct fe_alias){UINT32_MAX, i};
    }
    while (poor_count > 0 && rich < size) {
        const int32_t poor = work[--poor_count], giver = work[rich];
        table[poor].threshold = (uint32_t)(weights[poor] * 4294967295.0);
        table[poor].other = giver;
        weights[giver] -= 1.0 - weights[poor];
        if (weights[giver] < 1.0) {
            rich++;
            work[poor_count++] = giver;
        }
    }
}

void fe_draw_negatives(const struct fe_alias *noise, int32_t size, uint64_t seed, int64_t epoch, int64_t position,
                       int64_t count, int32_t *rows) {
    const uint64_t key = fe_draw(fe_key(seed, (uint64_t)epoch, FE_STREAM_NEGATIVES), (uint64_t)position);
    for (int64_t k = 0; k < count; k++) rows[k] = fe_alias_draw(noise, (uint32_t)size, fe_draw(key, (uint64_t)k));
}

/* `work` of both Huffman functions: parent[2 * size], then turn[2 * size]. Nodes 0 .. size - 1 are the words,
 * size .. 2 * size - 2 the inner nodes in the order they were made; the last one is the root. */
int64_t fe_huffman_build(const int64_t *counts, int32_t size, int64_t *work) {
    int64_t *parent = work, *mass = work + 2 * (int64_t)size;
    int64_t left = INT64_MAX; /* of what all masses may add up to */
    for (int32_t i = 0; i < size; i++) {
        if (counts[i] < 0 || counts[i] > left) return -1;
        left -= counts[i];
        mass[i] = counts[i];
    }

    /* Words from the rarest up and inner nodes in order of making are two queues with rising mass: the two
     * lightest nodes are always at their heads. */
    int64_t word = size - 1, inner = size;
    for (int64_t made = size; made < 2 * (int64_t)size - 1; made++) {
        int64_t pick[2];
        for (int k = 0; k < 2; k++)
            pick[k] = word >= 0 && (inner >= made || mass[word] < mass[inner]) ? word-- : inner++;
        mass[made] = mass[pick[0]] + mass[pick[1]];
        parent[pick[0]] = made;
        parent[pick[1]] = made;
        mass[pick[0]] = 0; /* from here on: the turn taken from the parent to this node */
        mass[pick[1]] = 1;
    }

    int64_t total = 0;
    const int64_t root = 2 * (int64_t)size - 2;
    for (int64_t i = 0; i < size; i++)
        for (int64_t node = i; node != root; node = parent[node]) total++;
    return total;
}

void fe_huffman_paths(int32_t size, const int64_t *work, int64_t *offsets, int32_t *nodes, uint8_t *codes) {
    const int64_t *parent = work, *turn = work + 2 * (int64_t)size;
    const int64_t root = 2 * (int64_t)size - 2;
    offsets[0] = 0;
    for (int64_t i = 0; i < size; i++) {
        int64_t length = 0;
        for (int64_t node = i; node != root; node = parent[node]) length++;
        offsets[i + 1] = offsets[i] + length;
        int64_t at = offsets[i + 1];
        for (int64_t node = i; node != root; node = parent[node]) {
            codes[--at] = (uint8_t)turn[node];
            nodes[at] = (int32_t)(parent[node] - size); /* row of the inner node in the output matrix */
        }
    }
}
