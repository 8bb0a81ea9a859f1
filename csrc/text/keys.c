/* The keys of a file: bytes one after the other, and a table from a key's bytes to its number.
 *
 * A slot holds the number of a key, plus 1, in the bits of `mask`, and bits of the key's hash above them: most slots of
 * other keys are known by these, so that few keys are compared that are not the same. */
#include <string.h>

#include "common/bytes.h"
#include "common/compiler.h"
#include "common/rng.h"
#include "text/text.h"

enum { BATCH = 64 }; /* keys whose slots are sent for at once */

struct bytes {
    const char *at;
    int64_t length; /* -1 where offsets make no sense, as in a file that was changed while it is mapped */
};

static inline struct bytes key_bytes(const struct fe_keys *keys, int64_t number) {
    if (keys->offsets == NULL) return (struct bytes){keys->bytes + 8 * number, 8};
    const int64_t begin = keys->offsets[number], end = keys->offsets[number + 1];
    if (begin < 0 || begin > end || end > keys->size) return (struct bytes){keys->bytes, -1};
    return (struct bytes){keys->bytes + begin, end - begin};
}

static uint64_t hash_bytes(uint64_t seed, struct bytes key) {
    uint64_t hash = seed ^ (uint64_t)key.length;
    for (; key.length >= 8; key.at += 8, key.length -= 8) hash = fe_mix(hash ^ fe_load8(key.at));
    char rest[8] = {0};
    if (key.length > 0) memcpy(rest, key.at, (size_t)key.length);
    return fe_mix(hash ^ fe_load8(rest));
}

/* The slot of a key, or the free one that it would take. */
static inline uint64_t *slot_of(const struct fe_keys *keys, struct bytes key, uint64_t hash) {
    for (uint64_t at = hash & keys->mask;; at = (at + 1) & keys->mask) {
        uint64_t *const slot = &keys->slots[at];
        if (*slot == 0) return slot;
        if ((*slot ^ hash) & ~keys->mask) continue;
        const struct bytes other = key_bytes(keys, (int64_t)(*slot & keys->mask) - 1);
        if (other.length == key.length && key.length >= 0 && memcmp(other.at, key.at, (size_t)key.length) == 0)
            return slot;
    }
}

int64_t fe_keys_enter(const struct fe_keys *keys, int64_t begin, int64_t end, int64_t *same) {
    struct bytes batch[BATCH];
    uint64_t hashes[BATCH];
    for (int64_t first = begin; first < end; first += BATCH) {
        const int64_t count = end - first < BATCH ? end - first : BATCH;
        for (int64_t k = 0; k < count; k++) {
            batch[k] = key_bytes(keys, first + k);
            hashes[k] = hash_bytes(keys->seed, batch[k]);
            FE_PREFETCH_WRITE(&keys->slots[hashes[k] & keys->mask]);
        }
        for (int64_t k = 0; k < count; k++) {
            uint64_t *const slot = slot_of(keys, batch[k], hashes[k]);
            if (*slot != 0) {
                *same = (int64_t)(*slot & keys->mask) - 1;
                return first + k;
            }
            *slot = (hashes[k] & ~keys->mask) | (uint64_t)(first + k + 1);
        }
    }
    return end;
}

int64_t fe_keys_find(const struct fe_keys *keys, const char *key, int64_t length) {
    const struct bytes asked = {key, length};
    return (int64_t)(*slot_of(keys, asked, hash_bytes(keys->seed, asked)) & keys->mask) - 1;
}
