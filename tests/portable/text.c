/* Bytes and the token table, with and without SSE2, against a walk that looks at one byte at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "text_core.h"

/* ---- sixty-four bytes ---- */

static void check_bytes(const struct text_core *core) {
    begin_case("bits of 64 bytes, %s", core->name);
    seed_random(64);
    for (int round = 0; round < 2000; round++) {
        char bytes[64];
        const int64_t from = round < 256 ? round : 0, range = round < 256 ? 1 + round % 4 : 256;
        for (int i = 0; i < 64; i++) bytes[i] = (char)(unsigned char)(from + random_below(range));
        const unsigned char value = (unsigned char)(round < 256 ? round : random_below(256));
        uint64_t high = 0, unusual = 0, equal = 0;
        for (int i = 0; i < 64; i++) {
            const unsigned char byte = (unsigned char)bytes[i];
            high |= (uint64_t)(byte > 0x7F) << i;
            unusual |= (uint64_t)(byte < 0x21 || byte > 0x7F) << i;
            equal |= (uint64_t)(byte == value) << i;
        }
        const uint64_t got[3] = {core->high64(bytes), core->unusual64(bytes), core->equal64(bytes, value)};
        hash_bytes(got, sizeof got);
        expect(got[0] == high, "round %d: bytes above 0x7F", round);
        expect(got[1] == unusual, "round %d: bytes below 0x21 or above 0x7F", round);
        expect(got[2] == equal, "round %d: bytes of value 0x%02x", round, value);
    }
    end_case();
}

/* ---- a walk byte by byte ---- */

enum { MOST_BYTES = 1500 };

/* Python's str.isspace, in UTF-8. */
static const char *const SPACES[] = {
    "\t",           "\n",           "\v",           "\f",           "\r",
    "\x1c",         "\x1d",         "\x1e",         "\x1f",         " ",
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
    "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
    "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};
/* Nearly white space; other characters; bytes that are no UTF-8: overlong, surrogate, beyond U+10FFFF, cut off, alone.
 */
static const char *const OTHERS[] = {
    "\x08",
    "\x0e",
    "\x1b",
    "!",
    "\x7f",
    "\xc2\x84",
    "\xc2\xa1",
    "\xe1\x9a\x81",
    "\xe2\x80\x8b",
    "\xe2\x80\xa7",
    "\xe2\x81\x9e",
    "\xe3\x80\x81",
    "\xc3\xa4",
    "\xf0\x9f\x98\x80",
    "\xf4\x8f\xbf\xbf",
    "a",
    "bc",
    "def",
    "longer than eight",
    "longer-than-sixteen-bytes",
    "Q",
    "zz",
};
static const char *const INVALID[] = {
    "\xc0\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc2", "\xe2\x80",
    "\xe2",     "\x80",         "\xff",         "\xf0\x8f",
};
#define COUNT_OF(list) ((int64_t)(sizeof(list) / sizeof(list)[0]))

static int64_t space_at(const char *at, int64_t left) {
    for (int64_t s = 0; s < COUNT_OF(SPACES); s++) {
        const int64_t length = (int64_t)strlen(SPACES[s]);
        if (length <= left && memcmp(at, SPACES[s], (size_t)length) == 0) return length;
    }
    return 0;
}

static int is_utf8(const unsigned char *at, int64_t left) {
    while (left > 0) {
        const int more = at[0] < 0x80   ? 0
                         : at[0] < 0xC0 ? 4
                         : at[0] < 0xE0 ? 1
                         : at[0] < 0xF0 ? 2
                         : at[0] < 0xF8 ? 3
                                        : 4;
        if (more == 4 || more >= left) return 0;
        uint32_t point = more == 0 ? at[0] : at[0] & (0x3Fu >> more);
        for (int k = 1; k <= more; k++) {
            if (at[k] >> 6 != 2) return 0;
            point = point << 6 | (at[k] & 0x3F);
        }
        static const uint32_t LEAST[4] = {0, 0x80, 0x800, 0x10000};
        if (point < LEAST[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return 0;
        at += more + 1;
        left -= more + 1;
    }
    return 1;
}

/* What fe_text_read should make of a text. */
struct expected {
    int status;
    int64_t bad, id_count, size, lines, words;
    int32_t ids[MOST_BYTES];
    int64_t ends[MOST_BYTES], firsts[MOST_BYTES], lengths[MOST_BYTES], counts[MOST_BYTES]; /* the last three by token */
};

static void take_token(struct expected *e, const char *bytes, int64_t begin, int64_t end, int strict) {
    const int64_t length = end - begin;
    e->words++;
    if (e->status != FE_OK) return;
    int64_t id = 0;
    while (id < e->size &&
           (e->lengths[id] != length || memcmp(bytes + e->firsts[id], bytes + begin, (size_t)length) != 0))
        id++;
    if (id == e->size) {
        e->bad = begin;
        if (memchr(bytes + begin, 0, (size_t)length) != NULL) e->status = FE_NUL_BYTE;
        else if (strict && !is_utf8((const unsigned char *)bytes + begin, length)) e->status = FE_BAD_UTF8;
        if (e->status != FE_OK) return;
        e->firsts[id] = begin;
        e->lengths[id] = length;
        e->counts[id] = 0;
        e->size++;
    }
    e->counts[id]++;
    e->ids[e->id_count++] = (int32_t)id;
}

static void walk(struct expected *e, const char *bytes, int64_t length, int strict) {
    *e = (struct expected){.status = FE_OK};
    int64_t begin = -1;
    for (int64_t at = 0; at < length;) {
        const int64_t space = space_at(bytes + at, length - at);
        if (space > 0 && begin >= 0) {
            take_token(e, bytes, begin, at, strict);
            begin = -1;
        }
        if (bytes[at] == '\n') e->ends[e->lines++] = e->id_count;
        if (space == 0 && begin < 0) begin = at;
        at += space > 0 ? space : 1;
    }
    if (begin >= 0) take_token(e, bytes, begin, length, strict);
}

/* ---- random texts ---- */

/* Fills `bytes` with pieces; kind: how hostile. Returns the length. */
static int64_t write_text(char *bytes, int64_t most, int kind) {
    int64_t length = 0;
    for (;;) {
        char byte = (char)(unsigned char)random_below(256);
        const char *piece = &byte;
        size_t size = 1;
        const int64_t pick = random_below(100);
        if (kind < 3 || pick < 60) {
            piece = pick < 40 ? SPACES[random_below(kind == 0 ? 2 : COUNT_OF(SPACES))]
                              : OTHERS[random_below(COUNT_OF(OTHERS))];
            if (kind == 2 && pick > 95) piece = INVALID[random_below(COUNT_OF(INVALID))];
            size = strlen(piece);
        } else if (kind == 3 && byte == 0) {
            byte = '0';
        }
        if (length + (int64_t)size > most) return length;
        memcpy(bytes + length, piece, size);
        length += (int64_t)size;
    }
}

static void check_text_of(const struct text_core *core, int64_t most, int kind, int64_t number) {
    enum { POSITION = 1000 };
    static struct expected e;
    seed_random((uint64_t)number);
    char text[MOST_BYTES];
    const int64_t length = write_text(text, most, kind);
    const int strict = random_below(2) == 0;
    char *bytes = lend(length, 1), *lower = lend(length, 1);
    memcpy(bytes, text, (size_t)length);
    walk(&e, bytes, length, strict);
    begin_case("text number %d of %d bytes, %s, %s", (int)number, (int)length, strict ? "strict" : "not strict",
               core->name);
    int32_t *ids = lend((length + 1) / 2, sizeof *ids);
    int64_t *ends = lend(e.lines, sizeof *ends);
    int64_t id_count = 0, bad = -1;
    const int64_t lines = core->lines(bytes, length), words = core->words(bytes, length);
    expect(lines == e.lines, "%d lines, not %d", (int)lines, (int)e.lines);
    expect(words == e.words, "%d words, not %d", (int)words, (int)e.words);
    core->lower(bytes, length, lower);
    for (int64_t i = 0; i < length; i++)
        expect(lower[i] == (bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] + 32 : bytes[i]), "lower case, byte %d",
               (int)i);
    struct fe_table *table = core->create();
    const int status = core->read(table, bytes, length, POSITION, strict, ids, &id_count, ends, &bad);
    expect(status == e.status, "status %d, not %d", status, e.status);
    if (status != FE_OK) {
        expect(bad == e.bad, "error at %d, not %d", (int)bad, (int)e.bad);
    } else {
        expect(core->size(table) == e.size, "%d tokens, not %d", (int)core->size(table), (int)e.size);
        expect(id_count == e.id_count && memcmp(ids, e.ids, (size_t)id_count * sizeof *ids) == 0, "ids");
        expect(memcmp(ends, e.ends, (size_t)e.lines * sizeof *ends) == 0, "ends of lines");
        int64_t *counts = lend(e.size, sizeof *counts), *firsts = lend(e.size, sizeof *firsts);
        int32_t *all = lend(e.size, sizeof *all);
        core->counts(table, counts, firsts);
        for (int32_t i = 0; i < e.size; i++) {
            all[i] = i;
            expect(counts[i] == e.counts[i], "token %d: count", (int)i);
            expect(firsts[i] == POSITION + e.firsts[i], "token %d: first position", (int)i);
        }
        const int64_t list_length = core->list_length(table, all, e.size);
        char *list = lend(list_length, 1), *at = list;
        core->list(table, all, e.size, list);
        for (int32_t i = 0; i < e.size; i++) {
            const size_t token = (size_t)e.lengths[i];
            expect(memcmp(at, bytes + e.firsts[i], token) == 0 && at[token] == 0, "token %d: bytes", (int)i);
            at += token + 1;
        }
        expect(at == list + list_length, "the list of tokens has another length");
        /* the same tokens, from a list */
        struct fe_table *other = core->create();
        int32_t *found = lend(e.size, sizeof *found);
        core->list_find(other, list, list_length, found);
        for (int32_t i = 0; i < e.size; i++) expect(found[i] == -1, "token %d is in an empty table", (int)i);
        expect(core->list_add(other, list, list_length, counts, firsts, 0, found) == FE_OK, "list");
        core->list_find(other, list, list_length, found);
        expect(memcmp(found, all, (size_t)e.size * sizeof *all) == 0, "indices of a list");
        hash_bytes(list, list_length);
        hash_bytes(counts, e.size * (int64_t)sizeof *counts);
        core->release(other);
    }
    hash_bytes(&status, sizeof status);
    hash_bytes(&bad, sizeof bad);
    core->release(table);
    end_case();
    release_memory();
}

/* ---- a table that grows, and two that are merged ---- */

/* Token number n, followed by `close`; returns the length. */
static int put_token(char *to, int n, char close) {
    const char *start = n % 3 == 0 ? "" : n % 3 == 1 ? "word-" : "a-token-of-more-than-sixteen-bytes-";
    return snprintf(to, 64, "%s%d%c", start, n, close);
}

static void check_growth(const struct text_core *core) {
    enum { TOKENS = 8000, BITS = 3 };
    begin_case("a table of %d tokens, %s", TOKENS, core->name);
    char *text = lend(TOKENS, 64), *at = text;
    for (int n = 0; n < TOKENS; n++) at += put_token(at, n, n % 10 == 9 ? '\n' : ' ');
    struct fe_table *table = core->create(), *other = core->create();
    int32_t *ids = lend(at - text, sizeof *ids), *order = lend(2 * TOKENS, sizeof *order);
    int64_t *ends = lend(TOKENS / 10, sizeof *ends), *counts = lend(2 * TOKENS, sizeof *counts);
    int64_t *firsts = lend(2 * TOKENS, sizeof *firsts), part_ends[1 << BITS], id_count, bad;
    expect(core->read(table, text, at - text, 0, 1, ids, &id_count, ends, &bad) == FE_OK, "read");
    expect(id_count == TOKENS && core->size(table) == TOKENS, "%d ids", (int)id_count);
    for (int n = 0; n < TOKENS; n++) expect(ids[n] == n, "id of token %d", n);
    /* another table has every token from TOKENS / 2 on, and as many new ones */
    at = text;
    for (int n = TOKENS / 2; n < TOKENS * 3 / 2; n++) at += put_token(at, n, 0);
    expect(core->list_add(other, text, at - text, NULL, NULL, 0, ids) == FE_OK, "list");
    expect(core->merge(table, other, ids) == FE_OK && core->size(table) == TOKENS * 3 / 2, "merge");
    for (int n = 0; n < TOKENS; n++) expect(ids[n] == n + TOKENS / 2, "token %d went to %d", n, (int)ids[n]);
    core->counts(table, counts, firsts);
    for (int n = 0; n < TOKENS * 3 / 2; n++)
        expect(counts[n] == (n < TOKENS / 2 || n >= TOKENS ? 1 : 2), "count of token %d", n);
    core->partition(table, BITS, order, part_ends);
    expect(part_ends[(1 << BITS) - 1] == TOKENS * 3 / 2, "parts");
    hash_bytes(order, TOKENS * 3 / 2 * (int64_t)sizeof *order);
    hash_bytes(part_ends, sizeof part_ends);
    core->release(table);
    core->release(other);
    end_case();
    release_memory();
}

void check_text(void) {
    const struct text_core *const cores[] = {&TEXT_NATIVE, &TEXT_PLAIN};
    for (int k = 0; k < 2; k++) {
        check_bytes(cores[k]);
        check_growth(cores[k]);
        int64_t number = 0;
        for (int64_t length = 0; length <= 200; length++, number++)
            check_text_of(cores[k], length, (int)(length % 5), number);
        for (; number < 800; number++) check_text_of(cores[k], random_below(MOST_BYTES), (int)(number % 5), number);
    }
}
