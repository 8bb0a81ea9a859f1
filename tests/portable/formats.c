/* Numbers in word2vec's files: what is written reads back as the same bits, and what is read is what the C library
 * reads. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fastemb.h"

enum { ROWS = 64, DIMS = 25, VALUES = ROWS * DIMS };

static void write_keys(char *keys, int64_t *key_ends) {
    int64_t at = 0;
    for (int r = 0; r < ROWS; r++) {
        at += snprintf(keys + at, 32, "key-%d", r * r);
        key_ends[r] = at;
    }
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float random_value(int64_t number) {
    static const uint32_t SPECIAL[] = {0,          0x80000000, 1,          0x007FFFFF, 0x00800000,
                                       0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0x3F800000,
                                       0x4B800000, 0x3DCCCCCD, 0x5A0E1BCA, 0x358637BD};
    const int64_t special = (int64_t)(sizeof SPECIAL / sizeof SPECIAL[0]);
    if (number < special) return float_of(SPECIAL[number]);
    switch (number % 3) {
    case 0: return float_of((uint32_t)random_bits());
    case 1: return random_float(1.0f);
    default: return (float)random_below(100000) / 1024.0f;
    }
}

/* The fields that were left to the caller. */
static void read_hard(const struct fe_text *text, const char *bytes) {
    for (int64_t i = 0; i < text->hard_count; i++) {
        const struct fe_field field = text->hard[i];
        char digits[64];
        snprintf(digits, sizeof digits, "%.*s", (int)(field.end - field.begin), bytes + field.begin);
        if (text->floats != NULL) text->floats[field.index] = strtof(digits, NULL);
        else text->doubles[field.index] = strtod(digits, NULL);
    }
}

static void check_floats(int64_t number) {
    seed_random((uint64_t)number);
    float *rows = lend(VALUES, sizeof *rows), *back = lend(VALUES, sizeof *back);
    char *keys = lend(ROWS, 32);
    int64_t *key_ends = lend(ROWS, sizeof *key_ends);
    write_keys(keys, key_ends);
    for (int64_t i = 0; i < VALUES; i++) rows[i] = random_value(number * VALUES + i);
    char *bytes = lend(key_ends[ROWS - 1] + ROWS * (DIMS * FE_FLOAT_CHARS + 1), 1);
    char *keys_back = lend(ROWS * (DIMS * FE_FLOAT_CHARS + 1), 1);
    begin_case("floats as text, number %d", (int)number);
    const int64_t length = fe_text_write_rows(rows, ROWS, DIMS, keys, key_ends, bytes);
    hash_bytes(bytes, length);
    struct fe_text text = {.dims = DIMS, .room = ROWS, .floats = back, .keys = keys_back, .hard_room = VALUES};
    text.hard = lend(VALUES, sizeof *text.hard);
    expect(fe_text_read_rows(&text, bytes, length) == 1 && text.count == ROWS && text.used == length, "%d rows",
           (int)text.count);
    read_hard(&text, bytes);
    for (int64_t i = 0; i < VALUES; i++)
        expect((isnan(rows[i]) && isnan(back[i])) || memcmp(&rows[i], &back[i], sizeof rows[i]) == 0,
               "%.9g came back as %.9g", (double)rows[i], (double)back[i]);
    end_case();
    release_memory();
}

static int64_t put_digits(char *to) {
    char *at = to;
    const int64_t count = 1 + random_below(24), point = random_below(26);
    for (int64_t k = 0; k < count; k++) {
        if (k == point) *at++ = '.';
        *at++ = (char)('0' + random_below(10));
    }
    if (random_below(2) == 0) at += snprintf(at, 8, "e%d", (int)random_below(80) - 40);
    return at - to;
}

/* A number in the middle between two floats, or nearly: where rounding twice goes wrong. */
static int64_t put_middle(char *to) {
    const float low = float_of((uint32_t)(0x3C000000 + random_below(0x10000000)));
    const double middle = ((double)low + (double)nextafterf(low, 1e30f)) / 2.0;
    return snprintf(to, 40, "%.*g", 15 + (int)random_below(8), middle);
}

/* Decimals of any length; as floats and as doubles. */
static void check_decimals(int64_t number, int as_doubles) {
    seed_random((uint64_t)number);
    char *bytes = lend(ROWS * (DIMS * 48 + 8), 1), *at = bytes;
    char *keys_back = lend(ROWS * (DIMS * 48 + 8), 1);
    double *want = lend(VALUES, sizeof *want);
    for (int64_t i = 0; i < VALUES; i++) {
        if (i % DIMS == 0) at += snprintf(at, 8, "k");
        const char *const digits = at + 1 + (random_below(2) == 0);
        at += snprintf(at, 8, digits == at + 2 ? " -" : " ");
        if (i % 4 == 0) at += put_middle(at);
        else at += put_digits(at);
        *at = 0;
        want[i] = as_doubles ? strtod(digits, NULL) : (double)strtof(digits, NULL);
        if (digits[-1] == '-') want[i] = -want[i];
        if (i % DIMS == DIMS - 1) *at++ = '\n';
    }
    begin_case("decimals as %s, number %d", as_doubles ? "doubles" : "floats", (int)number);
    struct fe_text text = {.dims = DIMS, .room = ROWS, .keys = keys_back, .hard_room = VALUES};
    text.hard = lend(VALUES, sizeof *text.hard);
    if (as_doubles) text.doubles = lend(VALUES, sizeof *text.doubles);
    else text.floats = lend(VALUES, sizeof *text.floats);
    expect(fe_text_read_rows(&text, bytes, at - bytes) == 1 && text.count == ROWS, "%d rows", (int)text.count);
    expect(as_doubles || text.hard_count < VALUES / 2, "%d fields were not read", (int)text.hard_count);
    read_hard(&text, bytes);
    for (int64_t i = 0; i < VALUES; i++) {
        const double got = as_doubles ? text.doubles[i] : (double)text.floats[i];
        expect(memcmp(&got, &want[i], sizeof got) == 0, "value %d is %.17g, not %.17g", (int)i, got, want[i]);
    }
    hash_bytes(as_doubles ? (const void *)text.doubles : text.floats, VALUES * (as_doubles ? 8 : 4));
    hash_bytes(text.hard, text.hard_count * (int64_t)sizeof *text.hard);
    end_case();
    release_memory();
}

static void check_binary(void) {
    seed_random(1);
    begin_case("binary records");
    float *rows = lend(VALUES, sizeof *rows), *back = lend(VALUES, sizeof *back);
    char *keys = lend(ROWS, 32), *bytes = lend(ROWS * (32 + DIMS * 4 + 1), 1), *at = bytes;
    int64_t key_ends[ROWS], keys_used = 0, used = 0;
    write_keys(keys, key_ends);
    for (int64_t i = 0; i < VALUES; i++) rows[i] = random_value(i);
    for (int r = 0; r < ROWS; r++) {
        const int64_t begin = r == 0 ? 0 : key_ends[r - 1], length = key_ends[r] - begin;
        memcpy(at, keys + begin, (size_t)length);
        at[length] = ' ';
        memcpy(at + length + 1, rows + r * DIMS, DIMS * sizeof *rows);
        at += length + 1 + DIMS * (int64_t)sizeof *rows;
        if (r % 2 == 0) *at++ = '\n';
    }
    char *keys_back = lend(at - bytes, 1);
    /* the last record lacks a byte; then it is there */
    const int64_t cut = at - bytes - 1;
    const int64_t first = fe_binary_read(bytes, cut, DIMS, ROWS, back, keys_back, &keys_used, &used);
    expect(first == ROWS - 1, "%d records", (int)first);
    const int64_t last = fe_binary_read(bytes + used, at - bytes - used, DIMS, 1, back + first * DIMS, NULL, NULL,
                                        &used);
    expect(last == 1, "%d records at the end", (int)last);
    expect(memcmp(rows, back, VALUES * sizeof *rows) == 0, "values");
    for (int r = 0, key = 0; r < ROWS - 1; key = (int)key_ends[r++], keys_back++) {
        const int64_t length = key_ends[r] - key;
        expect(memcmp(keys + key, keys_back, (size_t)length) == 0 && keys_back[length] == '\n', "key %d", r);
        keys_back += length;
    }
    end_case();
    release_memory();
}

void check_formats(void) {
    for (int64_t number = 0; number < 12; number++) check_floats(number);
    for (int64_t number = 0; number < 12; number++) check_decimals(number, (int)(number % 2));
    check_binary();
}
