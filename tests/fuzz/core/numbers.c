/* Lines and binary records of word2vec's files -> keys and numbers; what was read is written, and read again. */
#include "bytes.h"

static void check_written(const float *rows, int64_t count, int64_t dims, const char *keys, int64_t keys_used) {
    int64_t *key_ends = room(count, sizeof *key_ends), at = 0;
    char *plain = room(keys_used, 1); /* without the line ends */
    for (int64_t k = 0, row = 0; k < keys_used; k++) {
        if (keys[k] == '\n') key_ends[row++] = at;
        else plain[at++] = keys[k];
    }
    char *out = room(at + count * (dims * FE_FLOAT_CHARS + 1), 1);
    const int64_t length = fe_text_write_rows(rows, count, dims, plain, key_ends, out);
    must(length <= at + count * (dims * FE_FLOAT_CHARS + 1));
    free(key_ends);
    free(plain);
    free(out);
}

static void check_text(const char *lines, int64_t length, int64_t dims, int64_t rows, int64_t slow, int as_doubles) {
    struct fe_text text = {.dims = dims, .room = rows, .keys = room(length, 1), .hard_room = dims + slow};
    text.hard = room(text.hard_room, sizeof *text.hard);
    if (as_doubles) text.doubles = room(rows * dims, sizeof *text.doubles);
    else text.floats = room(rows * dims, sizeof *text.floats);
    fe_text_read_rows(&text, lines, length);
    must(text.count >= 0 && text.count <= rows && text.used >= 0 && text.used <= length);
    must(text.keys_used >= 0 && text.keys_used <= length && text.hard_count <= text.hard_room);
    for (int64_t k = 0; k < text.hard_count; k++) {
        const struct fe_field field = text.hard[k];
        must(field.begin >= 0 && field.begin < field.end && field.end <= length);
        must(field.index >= 0 && field.index < (text.count + 1) * dims);
    }
    if (!as_doubles) check_written(text.floats, text.count, dims, text.keys, text.keys_used);
    free(text.keys);
    free(text.hard);
    free(text.floats);
    free(text.doubles);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes bytes = {data, data + size};
    const int64_t dims = take_number(&bytes, 1, 12), rows = take_number(&bytes, 1, 20);
    const int64_t slow = take_number(&bytes, 0, 30), length = bytes_left(&bytes);
    char *file = room(length, 1), *keys = room(length, 1);
    if (length > 0) memcpy(file, bytes.at, (size_t)length);
    check_text(file, length, dims, rows, slow, 0);
    check_text(file, length, dims, rows, slow, 1);
    float *values = room(rows * dims, sizeof *values);
    int64_t keys_used = 0, used = 0, again = 0;
    const int64_t count = fe_binary_read(file, length, dims, rows, values, keys, &keys_used, &used);
    must(count >= 0 && count <= rows && used >= 0 && used <= length && keys_used >= 0 && keys_used <= length);
    must(fe_binary_read(file, length, dims, rows, NULL, NULL, NULL, &again) == count && again == used);
    fe_binary_read(file, length, (int64_t)1 << 40, rows, NULL, keys, &keys_used, &used);
    free(values);
    free(file);
    free(keys);
    return 0;
}
