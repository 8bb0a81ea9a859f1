/* Bytes of a text -> tokens, in one piece and in two; lists of tokens, and tables merged. */
#include "bytes.h"

enum { POSITION = 7 };

static int64_t read_all(struct fe_table *table, const char *text, int64_t length, int strict, int *status) {
    int32_t *ids = room((length + 1) / 2, sizeof *ids);
    const int64_t lines = fe_text_lines(text, length);
    int64_t *ends = room(lines, sizeof *ends), id_count = 0, bad = 0;
    *status = fe_text_read(table, text, length, POSITION, strict, ids, &id_count, ends, &bad);
    if (*status != FE_OK) must(bad >= 0 && bad < length);
    else {
        must(id_count == fe_text_words(text, length));
        for (int64_t i = 0; i < id_count; i++) must(ids[i] >= 0 && ids[i] < fe_table_size(table));
        for (int64_t line = 0; line < lines; line++) must(ends[line] >= 0 && ends[line] <= id_count);
    }
    free(ids);
    free(ends);
    return id_count;
}

static void check_list(struct fe_table *table) {
    const int32_t size = fe_table_size(table);
    int32_t *all = room(size, sizeof *all), *found = room(size, sizeof *found), *order = room(size, sizeof *order);
    int64_t ends[16];
    for (int32_t i = 0; i < size; i++) all[i] = i;
    const int64_t length = fe_table_list_length(table, all, size);
    char *list = room(length, 1);
    fe_table_list(table, all, size, list);
    fe_list_find(table, list, length, found);
    for (int32_t i = 0; i < size; i++) must(found[i] == i);
    fe_table_partition(table, 4, order, ends);
    must(ends[15] == size);
    struct fe_table *other = fe_table_create();
    must(fe_list_add(other, list, length, NULL, NULL, 0, found) == FE_OK && fe_table_size(other) == size);
    must(fe_table_merge(table, other, found) == FE_OK && fe_table_size(table) == size);
    fe_table_free(other);
    free(all);
    free(found);
    free(order);
    free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes bytes = {data, data + size};
    const int strict = (int)take_number(&bytes, 0, 1);
    const int64_t length = bytes_left(&bytes);
    char *text = room(length, 1), *lower = room(length, 1);
    if (length > 0) memcpy(text, bytes.at, (size_t)length);
    fe_text_lower(text, length, lower);
    struct fe_table *table = fe_table_create();
    int status;
    read_all(table, text, length, strict, &status);
    if (status == FE_OK) {
        const int32_t once = fe_table_size(table);
        read_all(table, text, length, strict, &status);
        must(status == FE_OK && fe_table_size(table) == once);
    }
    check_list(table);
    fe_table_free(table);
    free(text);
    free(lower);
    return 0;
}
