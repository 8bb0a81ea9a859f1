/* bytes -> tokens -> counts, ids.
 *
 * One pass: each token gets its index in a hash table of tokens in the order of their first appearance, so that
 * counting and encoding are the same walk; what is rare is dropped afterwards by fe_remap.
 *
 * White space is found sixty-four bytes at a time, as bits. Tokens are looked up some dozens at a time, so that the
 * memory of one is on its way while others are worked on. A slot of the table holds the first eight bytes of a
 * token that is no longer than that, so that such a token, as most are, is compared without looking elsewhere. */
#define _DEFAULT_SOURCE /* for madvise */
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "common/bytes.h"
#include "text/text.h"
#include "common/rng.h"

/* ---- table ---- */

/* A token of at most sixteen bytes is its own key, padded with zeros; that of a longer one is a hash. */
struct key {
    uint64_t low, high;
};

/* All that most look-ups need, in half a cache line. */
struct slot {
    struct key key;
    int64_t count;
    uint32_t length; /* of the token, or the most that fits */
    int32_t index;   /* -1 when free */
};

struct fe_table {
    void *slot_memory;
    struct slot *slots; /* slot_mask + 1, a power of two, at most three quarters of them taken */
    uint64_t slot_mask;
    /* one a token, in the order of their first appearance */
    int64_t *firsts;  /* smallest position at which the token was read */
    int64_t *offsets; /* of its bytes in the arena; one more, for the end of the last */
    char *arena;
    int64_t size, room, arena_room;
};

enum { FIRST_SLOTS = 1 << 12, FIRST_ARENA = 1 << 14 };

static int64_t room_in(uint64_t slots) { return (int64_t)(slots - slots / 4); }

/* Where slots are read at random, small pages cost more than the slots; and each is a fault at first. */
static void ask_for_large_pages(void *memory, size_t size) {
#ifdef MADV_HUGEPAGE
    const uintptr_t page = 1 << 12, begin = ((uintptr_t)memory + page - 1) & ~(page - 1);
    if (size >= 4u << 20) madvise((void *)begin, size - page, MADV_HUGEPAGE); /* refusing is no error */
#else
    (void)memory, (void)size;
#endif
}

/* Slots, all free, none of them in two cache lines; *memory is what to free. */
static struct slot *new_slots(uint64_t count, void **memory) {
    *memory = malloc((count + 1) * sizeof(struct slot));
    if (*memory == NULL) return NULL;
    ask_for_large_pages(*memory, (count + 1) * sizeof(struct slot));
    struct slot *slots = (struct slot *)(((uintptr_t)*memory + sizeof *slots - 1) & ~(uintptr_t)(sizeof *slots - 1));
    for (uint64_t i = 0; i < count; i++) slots[i] = (struct slot){.index = -1};
    return slots;
}

/* Room for more tokens; what there is stays on failure. */
static int set_room(struct fe_table *table, int64_t room) {
    int64_t *firsts = realloc(table->firsts, (size_t)room * sizeof *firsts);
    if (firsts != NULL) table->firsts = firsts;
    int64_t *offsets = realloc(table->offsets, (size_t)(room + 1) * sizeof *offsets);
    if (offsets != NULL) table->offsets = offsets;
    if (firsts == NULL || offsets == NULL) return FE_NO_MEMORY;
    table->room = room;
    return FE_OK;
}

struct fe_table *fe_table_create(void) {
    struct fe_table *table = calloc(1, sizeof *table);
    if (table == NULL) return NULL;
    table->slots = new_slots(FIRST_SLOTS, &table->slot_memory);
    table->slot_mask = FIRST_SLOTS - 1;
    table->arena_room = FIRST_ARENA;
    table->arena = malloc(FIRST_ARENA);
    if (set_room(table, room_in(FIRST_SLOTS)) != FE_OK || table->slots == NULL || table->arena == NULL) {
        fe_table_free(table);
        return NULL;
    }
    table->offsets[0] = 0;
    return table;
}

void fe_table_free(struct fe_table *table) {
    if (table == NULL) return;
    free(table->slot_memory);
    free(table->firsts);
    free(table->offsets);
    free(table->arena);
    free(table);
}

int32_t fe_table_size(const struct fe_table *table) { return (int32_t)table->size; }

int64_t fe_table_memory(const struct fe_table *table) {
    return (int64_t)(sizeof *table + (table->slot_mask + 1) * sizeof *table->slots) +
           (2 * table->room + 1) * (int64_t)sizeof(int64_t) + table->arena_room;
}

void fe_table_counts(const struct fe_table *table, int64_t *counts, int64_t *first_positions) {
    for (uint64_t at = 0; at <= table->slot_mask; at++)
        if (table->slots[at].index >= 0) counts[table->slots[at].index] = table->slots[at].count;
    memcpy(first_positions, table->firsts, (size_t)table->size * sizeof *first_positions);
}

/* ---- keys ---- */

/* KEPT[8 + n] keeps the first n of eight bytes, and KEPT[n] the first n - 8: no branches, as lengths are hard to
 * predict. */
static const uint64_t KEPT[25] = {
    [9] = 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF, ~0ull, ~0ull, ~0ull,
    ~0ull,      ~0ull,  ~0ull,    ~0ull,      ~0ull,        ~0ull};

static struct key long_key(const char *at, int64_t length) {
    const char *const last = at + length - 8;
    uint64_t hash = (uint64_t)length * FE_GOLDEN;
    for (; at < last; at += 8) {
        hash = (hash ^ fe_load8(at)) * FE_GOLDEN;
        hash ^= hash >> 32;
    }
    return (struct key){hash, fe_load8(last)};
}

/* Bytes before `limit` may be read. */
static inline struct key key_of(const char *at, int64_t length, const char *limit) {
    if (length > 16) return long_key(at, length);
    char copy[16] = {0};
    if (limit - at < 16) at = memcpy(copy, at, (size_t)length);
    return (struct key){fe_load8(at) & KEPT[8 + length], fe_load8(at + 8) & KEPT[length]};
}

static inline uint32_t hash_of(struct key key) {
    const uint64_t hash = key.low * FE_GOLDEN ^ key.high;
    return (uint32_t)((hash ^ hash >> 32) * FE_GOLDEN >> 32);
}

static inline uint32_t short_length(int64_t length) { return length < UINT32_MAX ? (uint32_t)length : UINT32_MAX; }

static int same_bytes(const struct fe_table *table, int32_t index, const char *token, int64_t length) {
    const int64_t offset = table->offsets[index];
    return table->offsets[index + 1] - offset == length && memcmp(table->arena + offset, token, (size_t)length) == 0;
}

/* The token's slot, or the free one that it would take. */
static inline struct slot *find(const struct fe_table *table, const char *token, int64_t length, struct key key,
                                uint32_t hash) {
    for (uint64_t at = hash & table->slot_mask;; at = (at + 1) & table->slot_mask) {
        struct slot *const slot = &table->slots[at];
        const uint64_t unlike = (slot->key.low ^ key.low) | (slot->key.high ^ key.high) |
                                (slot->length ^ short_length(length));
        if (unlike == 0 && (length <= 16 || same_bytes(table, slot->index, token, length))) return slot;
        if (slot->index < 0) return slot;
    }
}

static int grow(struct fe_table *table) {
    const uint64_t mask = 2 * table->slot_mask + 1;
    void *memory;
    if (set_room(table, room_in(mask + 1)) != FE_OK) return FE_NO_MEMORY;
    struct slot *const slots = new_slots(mask + 1, &memory);
    if (slots == NULL) return FE_NO_MEMORY;
    for (const struct slot *old = table->slots; old <= table->slots + table->slot_mask; old++) {
        if (old->index < 0) continue;
        uint64_t at = hash_of(old->key) & mask;
        while (slots[at].index >= 0) at = (at + 1) & mask;
        slots[at] = *old;
    }
    free(table->slot_memory);
    table->slot_memory = memory;
    table->slots = slots;
    table->slot_mask = mask;
    return FE_OK;
}

/* Take a slot that `find` gave, or another when the table grows; the count is 0. */
static int insert(struct fe_table *table, const char *token, int64_t length, struct key key, int64_t position,
                  struct slot **slot) {
    if (table->size == INT32_MAX) return FE_TOO_MANY_TOKENS;
    if (table->size == table->room) {
        const int status = grow(table);
        if (status != FE_OK) return status;
        *slot = find(table, token, length, key, hash_of(key));
    }
    const int64_t offset = table->offsets[table->size];
    if (offset + length > table->arena_room) {
        int64_t room = 2 * table->arena_room;
        while (room < offset + length) room *= 2;
        char *arena = realloc(table->arena, (size_t)room);
        if (arena == NULL) return FE_NO_MEMORY;
        table->arena = arena;
        table->arena_room = room;
    }
    memcpy(table->arena + offset, token, (size_t)length);
    **slot = (struct slot){key, 0, short_length(length), (int32_t)table->size};
    table->firsts[table->size++] = position;
    table->offsets[table->size] = offset + length;
    return FE_OK;
}

/* ---- tokens ---- */

/* A token that waits for its look-up, while the memory that this needs is on its way. */
struct waiting {
    const char *at;
    int64_t length;
    struct key key;
    uint32_t hash;
};

enum { BATCH = 32 }; /* tokens looked up together: enough to hide a miss */

static inline struct waiting waiting(const struct fe_table *table, const char *at, int64_t length, const char *limit) {
    const struct key key = key_of(at, length, limit);
    const uint32_t hash = hash_of(key);
    FE_PREFETCH(&table->slots[hash & table->slot_mask]);
    return (struct waiting){at, length, key, hash};
}

static inline struct slot *slot_of(const struct fe_table *table, const struct waiting *token) {
    return find(table, token->at, token->length, token->key, token->hash);
}

/* Count a token `count` times more, the first time at `first`. */
static inline int add(struct fe_table *table, const struct waiting *token, int64_t count, int64_t first,
                      int32_t *index) {
    struct slot *slot = slot_of(table, token);
    if (slot->index < 0) {
        const int status = insert(table, token->at, token->length, token->key, first, &slot);
        if (status != FE_OK) return status;
    }
    slot->count += count;
    if (first < table->firsts[slot->index]) table->firsts[slot->index] = first;
    *index = slot->index;
    return FE_OK;
}

int fe_table_merge(struct fe_table *into, const struct fe_table *from, int32_t *remap) {
    const char *const limit = from->arena + from->arena_room;
    struct waiting batch[BATCH];
    for (int64_t begin = 0; begin < from->size; begin += BATCH) {
        const int found = from->size - begin < BATCH ? (int)(from->size - begin) : BATCH;
        for (int k = 0; k < found; k++) {
            const int64_t *offset = from->offsets + begin + k;
            batch[k] = waiting(into, from->arena + offset[0], offset[1] - offset[0], limit);
            FE_PREFETCH(&from->slots[batch[k].hash & from->slot_mask]);
        }
        for (int k = 0; k < found; k++) {
            const int64_t count = slot_of(from, &batch[k])->count;
            const int status = add(into, &batch[k], count, from->firsts[begin + k], &remap[begin + k]);
            if (status != FE_OK) return status;
        }
    }
    return FE_OK;
}

/* Find the next tokens of a list, at most BATCH; returns how many. */
static inline int next_listed(const struct fe_table *table, const char **at, const char *end, struct waiting *batch) {
    int found = 0;
    for (; *at < end && found < BATCH; found++) {
        const char *const close = memchr(*at, 0, (size_t)(end - *at));
        batch[found] = waiting(table, *at, close - *at, end);
        *at = close + 1;
    }
    return found;
}

int fe_list_add(struct fe_table *table, const char *list, int64_t length, const int64_t *counts, const int64_t *firsts,
                int64_t position, int32_t *ids) {
    struct waiting batch[BATCH];
    const char *const end = list + length;
    int found;
    for (int64_t count = 0; (found = next_listed(table, &list, end, batch)) > 0; count += found) {
        for (int64_t k = 0; k < found; k++) {
            const int64_t i = count + k;
            const int status = add(table, &batch[k], counts ? counts[i] : 1, firsts ? firsts[i] : position + i,
                                   &ids[i]);
            if (status != FE_OK) return status;
        }
    }
    return FE_OK;
}

void fe_list_find(const struct fe_table *table, const char *list, int64_t length, int32_t *ids) {
    struct waiting batch[BATCH];
    const char *const end = list + length;
    int found;
    for (; (found = next_listed(table, &list, end, batch)) > 0; ids += found)
        for (int k = 0; k < found; k++) ids[k] = slot_of(table, &batch[k])->index;
}

int64_t fe_table_list_length(const struct fe_table *table, const int32_t *indices, int64_t count) {
    int64_t length = count;
    for (int64_t i = 0; i < count; i++) length += table->offsets[indices[i] + 1] - table->offsets[indices[i]];
    return length;
}

void fe_table_list(const struct fe_table *table, const int32_t *indices, int64_t count, char *list) {
    for (int64_t i = 0; i < count; i++) {
        const int64_t *offset = table->offsets + indices[i];
        const int64_t length = offset[1] - offset[0];
        memcpy(list, table->arena + offset[0], (size_t)length);
        list[length] = 0;
        list += length + 1;
    }
}

void fe_table_partition(const struct fe_table *table, int bits, int32_t *order, int64_t *ends) {
    const int shift = 32 - bits;
    memset(ends, 0, ((size_t)1 << bits) * sizeof *ends);
    for (uint64_t at = 0; at <= table->slot_mask; at++)
        if (table->slots[at].index >= 0) ends[(uint64_t)hash_of(table->slots[at].key) >> shift]++;
    for (int64_t part = 0, sum = 0; part < (int64_t)1 << bits; part++) {
        const int64_t size = ends[part];
        ends[part] = sum;
        sum += size;
    }
    for (uint64_t at = 0; at <= table->slot_mask; at++)
        if (table->slots[at].index >= 0)
            order[ends[(uint64_t)hash_of(table->slots[at].key) >> shift]++] = table->slots[at].index;
}

/* ---- bytes ---- */

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
    for (int64_t start = 0; start < length; start += 255) {
        const int64_t end = length - start < 255 ? length : start + 255;
        uint8_t some = 0; /* a byte, which vectors add up fast */
        for (int64_t i = start; i < end; i++) some = (uint8_t)(some + (bytes[i] == '\n'));
        lines += some;
    }
    return lines;
}

void fe_text_lower(const char *bytes, int64_t length, char *lower) {
    for (int64_t i = 0; i < length; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        lower[i] = (char)(byte + 32 * ((unsigned char)(byte - 'A') < 26));
    }
}

/* Which of the 64 bytes at `at` belong to white space; *lines: those that end lines. *over: how many of the first
 * bytes are the rest of a character that began before, and afterwards the same for the next bytes. */
static inline uint64_t spaces(const char *at, const char *end, uint64_t *lines, int *over) {
    const struct fe_bytes64 bytes = fe_load64(at);
    const uint64_t unusual = fe_unusual64(bytes);
    *lines = fe_equal64(bytes, '\n');
    uint64_t found = fe_equal64(bytes, ' ') | *lines;
    if (unusual == found) return found; /* the rest of a character would be unusual */
    /* control characters, and the bytes that white space of two and three bytes begins with */
    uint64_t open = unusual & ~found;
    const uint64_t high = fe_high64(bytes);
    if (high) {
        const uint64_t leads = fe_equal64(bytes, 0xC2) | fe_equal64(bytes, 0xE1) | fe_equal64(bytes, 0xE2) |
                               fe_equal64(bytes, 0xE3);
        open &= ~high | leads;
    }
    found |= ((uint64_t)1 << *over) - 1;
    *over = 0;
    for (; open; open &= open - 1) {
        const int bit = fe_lowest_bit(open), length = space_length(at + bit, end);
        found |= (((uint64_t)1 << length) - 1) << bit;
        if (bit + length > 64) *over = bit + length - 64;
    }
    return found;
}

/* The same when there may be fewer than 64 bytes; then they are followed by blanks. last: room for 64. */
static inline uint64_t spaces_at(const char *at, const char *end, char *last, uint64_t *lines, int *over) {
    if (end - at >= 64) return spaces(at, end, lines, over);
    memset(last, ' ', 64);
    memcpy(last, at, (size_t)(end - at));
    return spaces(last, last + (end - at), lines, over);
}

int64_t fe_text_words(const char *bytes, int64_t length) {
    const char *const end = bytes + length;
    uint64_t before = 1; /* whether what comes before is no token, in the lowest bit */
    int64_t words = 0;
    int over = 0;
    for (const char *at = bytes; at < end; at += 64) {
        char last[64];
        uint64_t lines;
        const uint64_t space = spaces_at(at, end, last, &lines, &over);
        words += fe_count_bits(~space & (space << 1 | before));
        before = space >> 63;
    }
    return words;
}

struct reading {
    struct fe_table *table;
    const char *bytes;
    int64_t position;
    int strict;
    int64_t bad;
};

static int add_new(struct reading *reading, const struct waiting *token, struct slot **slot) {
    reading->bad = token->at - reading->bytes;
    if (memchr(token->at, 0, (size_t)token->length) != NULL) return FE_NUL_BYTE;
    if (reading->strict && !valid_utf8(token->at, token->at + token->length)) return FE_BAD_UTF8;
    return insert(reading->table, token->at, token->length, token->key, reading->position + reading->bad, slot);
}

static inline int look_up(struct reading *reading, const struct waiting *batch, int count, int32_t *ids) {
    for (int k = 0; k < count; k++) {
        struct slot *slot = slot_of(reading->table, &batch[k]);
        if (slot->index < 0) {
            const int status = add_new(reading, &batch[k], &slot);
            if (status != FE_OK) return status;
        }
        slot->count++;
        ids[k] = slot->index;
    }
    return FE_OK;
}

int fe_text_read(struct fe_table *table, const char *bytes, int64_t length, int64_t position, int strict, int32_t *ids,
                 int64_t *id_count, int64_t *ends, int64_t *bad) {
    struct reading reading = {.table = table, .bytes = bytes, .position = position, .strict = strict};
    struct waiting batch[BATCH + 33];                      /* in 64 bytes that many can end */
    const char *const end = bytes + length, *start = NULL; /* of the token that is open */
    int64_t count = 0;
    int found = 0, over = 0, status = FE_OK;
    for (const char *at = bytes; at < end && status == FE_OK; at += 64) {
        char last[64];
        uint64_t lines;
        const uint64_t space = spaces_at(at, end, last, &lines, &over);
        const uint64_t before = space << 1 | (start == NULL);
        uint64_t begins = ~space & before, closes = space & ~before;
        for (; lines; lines &= lines - 1) *ends++ = count + found + fe_count_bits(closes & (lines ^ (lines - 1)));
        if (start != NULL && closes) {
            batch[found++] = waiting(table, start, at + fe_lowest_bit(closes) - start, end);
            closes &= closes - 1;
            start = NULL;
        }
        for (; closes; closes &= closes - 1, begins &= begins - 1) {
            const int begin = fe_lowest_bit(begins);
            batch[found++] = waiting(table, at + begin, fe_lowest_bit(closes) - begin, end);
        }
        if (begins) start = at + fe_lowest_bit(begins);
        if (found < BATCH) continue;
        status = look_up(&reading, batch, found, ids + count);
        count += found;
        found = 0;
    }
    if (status == FE_OK && start != NULL) batch[found++] = waiting(table, start, end - start, end);
    if (status == FE_OK) status = look_up(&reading, batch, found, ids + count);
    *id_count = count + found;
    *bad = reading.bad;
    return status;
}
