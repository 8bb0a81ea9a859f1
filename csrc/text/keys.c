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

/* Up to seven bytes as a word, zeros after them. `end`: up to where memory can be read, or NULL. */
static inline uint64_t load_rest(const char *at, int64_t length, const char *end) {
    if (end != NULL && end - at >= 8) return fe_load8(at) & (((uint64_t)1 << 8 * length) - 1);
    char rest[8] = {0};
    if (length > 0) memcpy(rest, at, (size_t)length);
    return fe_load8(rest);
}

static inline uint64_t hash_bytes(uint64_t seed, struct bytes key, const char *end) {
    uint64_t hash = seed ^ (uint64_t)key.length;
    for (; key.length >= 8; key.at += 8, key.length -= 8) hash = fe_mix(hash ^ fe_load8(key.at));
    return fe_mix(hash ^ load_rest(key.at, key.length, end));
}

/* Whether as many bytes are the same; both can be read up to their ends. */
static inline int is_same(const char *one, const char *one_end, const char *other, const char *other_end,
                          int64_t length) {
    if (length > 0 && length <= 8 && one_end - one >= 8 && other_end - other >= 8)
        return (fe_load8(one) ^ fe_load8(other)) << (64 - 8 * length) == 0;
    return memcmp(one, other, (size_t)length) == 0;
}

/* The slot of a key, or the free one that it would take. `end`: up to where memory can be read from the key. */
static inline uint64_t *slot_of(const struct fe_keys *keys, struct bytes key, const char *end, uint64_t hash) {
    for (uint64_t at = hash & keys->mask;; at = (at + 1) & keys->mask) {
        uint64_t *const slot = &keys->slots[at];
        if (*slot == 0) return slot;
        if ((*slot ^ hash) & ~keys->mask) continue;
        const struct bytes other = key_bytes(keys, (int64_t)(*slot & keys->mask) - 1);
        if (other.length == key.length && key.length >= 0 &&
            is_same(other.at, keys->bytes + keys->size, key.at, end, key.length))
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
            hashes[k] = hash_bytes(keys->seed, batch[k], NULL);
            FE_PREFETCH_WRITE(&keys->slots[hashes[k] & keys->mask]);
        }
        for (int64_t k = 0; k < count; k++) {
            uint64_t *const slot = slot_of(keys, batch[k], batch[k].at + batch[k].length, hashes[k]);
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
    return (int64_t)(*slot_of(keys, asked, key + length, hash_bytes(keys->seed, asked, NULL)) & keys->mask) - 1;
}

void fe_keys_find_all(const struct fe_keys *keys, const struct fe_token *tokens, int64_t count, const char *end,
                      int64_t *numbers) {
    uint64_t hashes[BATCH];
    for (int64_t first = 0; first < count; first += BATCH) {
        const struct fe_token *const some = tokens + first;
        const int64_t many = count - first < BATCH ? count - first : BATCH;
        for (int64_t k = 0; k < many; k++) {
            hashes[k] = hash_bytes(keys->seed, (struct bytes){some[k].at, some[k].length}, end);
            FE_PREFETCH(&keys->slots[hashes[k] & keys->mask]);
        }
        for (int64_t k = 0; k < many && keys->offsets != NULL; k++) { /* of most keys the first slot is theirs */
            const uint64_t slot = keys->slots[hashes[k] & keys->mask];
            if (slot != 0 && ((slot ^ hashes[k]) & ~keys->mask) == 0)
                FE_PREFETCH(&keys->offsets[(int64_t)(slot & keys->mask) - 1]);
        }
        for (int64_t k = 0; k < many; k++) {
            const struct bytes asked = {some[k].at, some[k].length};
            numbers[first + k] = (int64_t)(*slot_of(keys, asked, end, hashes[k]) & keys->mask) - 1;
        }
    }
}
