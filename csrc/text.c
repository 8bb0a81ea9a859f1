/* bytes -> tokens -> counts, ids.
 *
 * One pass: each token gets its index in a hash table of its own kind's first appearance, so that counting and
 * encoding are the same walk; what is rare is dropped afterwards by fe_remap. Tokens are found and hashed eight
 * bytes at a time; bytes of 0x80 and above take the slower path, as they may be white space. */
#include <stdlib.h>
#include <string.h>

#include "fastemb.h"
#include "rng.h"

#if defined(__GNUC__) || defined(__clang__)
#define FE_PREFETCH(at) __builtin_prefetch(at)
#else
#define FE_PREFETCH(at) ((void)(at))
#endif

/* ---- table ---- */

struct entry {
    int64_t count;
    int64_t first;  /* smallest position at which the token was read */
    int64_t offset; /* of its bytes in the arena */
    int64_t length;
    uint64_t hash;
};

struct slot {
    uint32_t tag;  /* high bits of the hash */
    int32_t index; /* into entries, -1 when free */
};

struct fe_table {
    struct slot *slots; /* slot_mask + 1, a power of two, at most half of them taken */
    struct entry *entries;
    char *arena;
    uint64_t slot_mask;
    int64_t size, entry_room, arena_used, arena_room;
};

enum { FIRST_SLOTS = 1 << 12, FIRST_ARENA = 1 << 14 };

static struct slot *new_slots(uint64_t count) {
    struct slot *slots = malloc(count * sizeof *slots);
    if (slots == NULL) return NULL;
    for (uint64_t i = 0; i < count; i++) slots[i] = (struct slot){0, -1};
    return slots;
}

struct fe_table *fe_table_create(void) {
    struct fe_table *table = calloc(1, sizeof *table);
    if (table == NULL) return NULL;
    table->slots = new_slots(FIRST_SLOTS);
    table->slot_mask = FIRST_SLOTS - 1;
    table->entry_room = FIRST_SLOTS / 2;
    table->entries = malloc((size_t)table->entry_room * sizeof *table->entries);
    table->arena_room = FIRST_ARENA;
    table->arena = malloc((size_t)table->arena_room);
    if (table->slots == NULL || table->entries == NULL || table->arena == NULL) {
        fe_table_free(table);
        return NULL;
    }
    return table;
}

void fe_table_free(struct fe_table *table) {
    if (table == NULL) return;
    free(table->slots);
    free(table->entries);
    free(table->arena);
    free(table);
}

int32_t fe_table_size(const struct fe_table *table) { return (int32_t)table->size; }

int64_t fe_table_memory(const struct fe_table *table) {
    return (int64_t)(sizeof *table + (table->slot_mask + 1) * sizeof *table->slots +
                     (uint64_t)table->entry_room * sizeof *table->entries + (uint64_t)table->arena_room);
}

void fe_table_counts(const struct fe_table *table, int64_t *counts, int64_t *first_positions) {
    for (int64_t i = 0; i < table->size; i++) {
        counts[i] = table->entries[i].count;
        first_positions[i] = table->entries[i].first;
    }
}

const char *fe_table_token(const struct fe_table *table, int32_t index, int64_t *length) {
    *length = table->entries[index].length;
    return table->arena + table->entries[index].offset;
}

static int grow(struct fe_table *table) {
    const uint64_t count = 2 * (table->slot_mask + 1);
    struct slot *slots = new_slots(count);
    struct entry *entries = realloc(table->entries, (size_t)(count / 2) * sizeof *entries);
    if (entries != NULL) {
        table->entries = entries;
        table->entry_room = (int64_t)(count / 2);
    }
    if (slots == NULL || entries == NULL) {
        free(slots);
        return FE_NO_MEMORY;
    }
    for (int64_t i = 0; i < table->size; i++) {
        uint64_t at = entries[i].hash & (count - 1);
        while (slots[at].index >= 0) at = (at + 1) & (count - 1);
        slots[at] = (struct slot){(uint32_t)(entries[i].hash >> 32), (int32_t)i};
    }
    free(table->slots);
    table->slots = slots;
    table->slot_mask = count - 1;
    return FE_OK;
}

/* The token's index, -1 when it is not there; *slot is where it is or would be. */
static inline int32_t find(const struct fe_table *table, const char *token, int64_t length, uint64_t hash,
                           uint64_t *slot) {
    const uint32_t tag = (uint32_t)(hash >> 32);
    uint64_t at = hash & table->slot_mask;
    for (; table->slots[at].index >= 0; at = (at + 1) & table->slot_mask) {
        if (table->slots[at].tag != tag) continue;
        const struct entry *entry = &table->entries[table->slots[at].index];
        if (entry->hash != hash || entry->length != length) continue;
        if (length <= 8 || memcmp(table->arena + entry->offset, token, (size_t)length) == 0) break;
    }
    *slot = at;
    return table->slots[at].index;
}

static int insert(struct fe_table *table, const char *token, int64_t length, uint64_t hash, uint64_t slot,
                  int64_t position, int32_t *index) {
    if (table->size == INT32_MAX) return FE_TOO_MANY_TOKENS;
    if (table->size == table->entry_room) {
        const int status = grow(table);
        if (status != FE_OK) return status;
        find(table, token, length, hash, &slot);
    }
    if (table->arena_used + length > table->arena_room) {
        int64_t room = 2 * table->arena_room;
        while (room < table->arena_used + length) room *= 2;
        char *arena = realloc(table->arena, (size_t)room);
        if (arena == NULL) return FE_NO_MEMORY;
        table->arena = arena;
        table->arena_room = room;
    }
    memcpy(table->arena + table->arena_used, token, (size_t)length);
    *index = (int32_t)table->size++;
    table->entries[*index] = (struct entry){0, position, table->arena_used, length, hash};
    table->arena_used += length;
    table->slots[slot] = (struct slot){(uint32_t)(hash >> 32), *index};
    return FE_OK;
}

int fe_table_merge(struct fe_table *into, const struct fe_table *from, int32_t *remap) {
    for (int64_t i = 0; i < from->size; i++) {
        const struct entry *entry = &from->entries[i];
        const char *token = from->arena + entry->offset;
        uint64_t slot;
        remap[i] = find(into, token, entry->length, entry->hash, &slot);
        if (remap[i] < 0) {
            const int status = insert(into, token, entry->length, entry->hash, slot, entry->first, &remap[i]);
            if (status != FE_OK) return status;
        }
        struct entry *target = &into->entries[remap[i]];
        target->count += entry->count;
        if (entry->first < target->first) target->first = entry->first;
    }
    return FE_OK;
}

/* ---- bytes ---- */

#define EACH_BYTE(value) (0x0101010101010101ull * (value))

/* Eight bytes, the first in the lowest bits; zeros past the end. */
static inline uint64_t load8(const char *at, const char *end) {
    uint64_t word = 0;
    if (end - at >= 8) memcpy(&word, at, 8);
    else if (at < end) memcpy(&word, at, (size_t)(end - at));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline int lowest_byte(uint64_t flags) {
#if defined(__GNUC__) || defined(__clang__)
    return __builtin_ctzll(flags) >> 3;
#else
    int byte = 0;
    while (!(flags & 0x80)) flags >>= 8, byte++;
    return byte;
#endif
}

/* High bits of the bytes that are <= 0x20 or >= 0x80; exact for the lowest such byte. */
static inline uint64_t stops(uint64_t word) {
    return (((word - EACH_BYTE(0x21)) & ~word) | word) & EACH_BYTE(0x80);
}

/* Length of the white space character at `at`, 0 when there is none: those of Python's str.isspace. */
static inline int space_length(const char *at, const char *end) {
    const unsigned char a = (unsigned char)at[0];
    if (a <= 0x20) return a == 0x20 || (a >= 0x09 && a <= 0x0D) || a >= 0x1C;
    if (a < 0xC2 || a > 0xE3) return 0;
    const unsigned char b = end - at > 1 ? (unsigned char)at[1] : 0, c = end - at > 2 ? (unsigned char)at[2] : 0;
    if (a == 0xC2) return b == 0x85 || b == 0xA0 ? 2 : 0;
    if (a == 0xE1) return b == 0x9A && c == 0x80 ? 3 : 0;
    if (a == 0xE2 && b == 0x80) return (c >= 0x80 && c <= 0x8A) || c == 0xA8 || c == 0xA9 || c == 0xAF ? 3 : 0;
    if (a == 0xE2 && b == 0x81) return c == 0x9F ? 3 : 0;
    return a == 0xE3 && b == 0x80 && c == 0x80 ? 3 : 0;
}

static inline const char *token_end(const char *at, const char *end) {
    while (at < end) {
        const uint64_t found = stops(load8(at, end));
        if (found == 0) {
            at += 8;
            continue;
        }
        at += lowest_byte(found);
        if (at >= end || space_length(at, end) > 0) break;
        /* a control character, or part of a longer one: more of those mostly follow */
        do at++;
        while (at < end && (unsigned char)*at >= 0x80 && space_length(at, end) == 0);
    }
    return at < end ? at : end;
}

/* Hash of [at, end); bytes up to `limit` may be read. Tokens of one length of at most 8 bytes never share a hash:
 * `find` counts on that. */
static inline uint64_t hash_bytes(const char *at, const char *end, const char *limit) {
    uint64_t hash = (uint64_t)(end - at) * FE_GOLDEN;
    for (; end - at > 8; at += 8) {
        hash = (hash ^ load8(at, limit)) * FE_GOLDEN;
        hash ^= hash >> 32;
    }
    const uint64_t past_end = end - at < 8 ? ~(uint64_t)0 << (8 * (end - at)) : 0;
    return fe_mix(hash ^ (load8(at, limit) & ~past_end));
}

static int valid_utf8(const char *at, const char *end) {
    while (at < end) {
        const unsigned char a = (unsigned char)*at++;
        if (a < 0x80) continue;
        const int more = a >= 0xF0 ? 3 : a >= 0xE0 ? 2 : 1;
        if (a < 0xC2 || a > 0xF4 || end - at < more) return 0;
        const unsigned char b = (unsigned char)at[0];
        /* overlong forms, surrogates, beyond U+10FFFF */
        if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F) || (a == 0xF0 && b < 0x90) || (a == 0xF4 && b > 0x8F))
            return 0;
        for (int k = 0; k < more; k++)
            if (((unsigned char)*at++ & 0xC0) != 0x80) return 0;
    }
    return 1;
}

int64_t fe_text_lines(const char *bytes, int64_t length) {
    int64_t lines = 0;
    for (int64_t i = 0; i < length; i++) lines += bytes[i] == '\n';
    return lines;
}

/* A token that waits for its look-up, while the memory that this needs is on its way. */
struct waiting {
    const char *at;
    int64_t length;
    uint64_t hash;
};

/* Tokens looked up together: enough to hide a miss, few enough to stay in the first cache. */
enum { BATCH = 32 };

/* Find the next tokens, at most BATCH; count: the ids before them. Returns how many there are. */
static inline int next_tokens(const struct fe_table *table, const char **from, const char *end, int64_t count,
                              struct waiting *batch, int64_t **ends) {
    const char *at = *from;
    int found = 0;
    while (at < end && found < BATCH) {
        const int space = space_length(at, end);
        if (space > 0) {
            if (*at == '\n') *(*ends)++ = count + found;
            at += space;
            continue;
        }
        const char *const start = at;
        at = token_end(at, end);
        const uint64_t hash = hash_bytes(start, at, end);
        FE_PREFETCH(&table->slots[hash & table->slot_mask]);
        batch[found++] = (struct waiting){start, at - start, hash};
    }
    *from = at;
    for (int k = 0; k < found; k++) {
        const int32_t index = table->slots[batch[k].hash & table->slot_mask].index;
        if (index >= 0) FE_PREFETCH(&table->entries[index]);
    }
    return found;
}

static int add_new(struct fe_table *table, const struct waiting *token, uint64_t slot, int64_t position, int strict,
                   int32_t *index) {
    if (memchr(token->at, 0, (size_t)token->length) != NULL) return FE_NUL_BYTE;
    if (strict && !valid_utf8(token->at, token->at + token->length)) return FE_BAD_UTF8;
    return insert(table, token->at, token->length, token->hash, slot, position, index);
}

int fe_text_read(struct fe_table *table, const char *bytes, int64_t length, int64_t position, int strict,
                 int32_t *ids, int64_t *id_count, int64_t *ends, int64_t *bad) {
    const char *at = bytes, *const end = bytes + length;
    struct waiting batch[BATCH];
    int64_t count = 0;
    int found;
    while ((found = next_tokens(table, &at, end, count, batch, &ends)) > 0) {
        for (const struct waiting *token = batch; token < batch + found; token++) {
            uint64_t slot;
            int32_t index = find(table, token->at, token->length, token->hash, &slot);
            if (index < 0) {
                const int status = add_new(table, token, slot, position + (token->at - bytes), strict, &index);
                if (status != FE_OK) {
                    *bad = token->at - bytes;
                    return status;
                }
            }
            table->entries[index].count++;
            ids[count++] = index;
        }
    }
    *id_count = count;
    return FE_OK;
}

int64_t fe_remap(int32_t *ids, int64_t count, const int32_t *remap, int64_t *ends, int64_t end_count) {
    int64_t kept = 0, line = 0;
    for (int64_t i = 0; i < count; i++) {
        for (; line < end_count && ends[line] == i; line++) ends[line] = kept;
        const int32_t id = remap[ids[i]];
        ids[kept] = id;
        kept += id >= 0;
    }
    for (; line < end_count; line++) ends[line] = kept;
    return kept;
}
