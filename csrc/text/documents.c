/* Documents with labels, as fastText reads them: words, n-grams of their characters and of words, as rows of a matrix;
 * and labels as numbers. */
#include <string.h>

#include "common/bytes.h"
#include "common/rng.h"
#include "text/hashes.h"
#include "text/text.h"

enum { BATCH = 64 }; /* words that are looked up together */

static const uint8_t IS_SPACE[256] = {[0] = 1, ['\t'] = 1, ['\n'] = 1, ['\v'] = 1, ['\f'] = 1, ['\r'] = 1, [' '] = 1};

static inline int is_space(char c) { return IS_SPACE[(uint8_t)c]; }

/* The end of the word at `at`: where white space comes first, eight bytes at a time. */
static inline const char *word_end(const char *at, const char *end) {
    const uint64_t ones = 0x0101010101010101u;
    while (end - at >= 8) {
        const uint64_t bytes = fe_load8(at);
        uint64_t low = ~((bytes & 0x7F * ones) + 0x5F * ones) & ~bytes & 0x80 * ones; /* bytes below 0x21 */
        for (; low != 0; low &= low - 1) {
            const char *const place = at + fe_lowest_bit(low) / 8;
            if (is_space(*place)) return place;
        }
        at += 8;
    }
    while (at < end && !is_space(*at)) at++;
    return at;
}

static inline int is_line_end(const char *word, int64_t length) { return length == 4 && memcmp(word, "</s>", 4) == 0; }

int64_t fe_words_list(const char *bytes, int64_t length, char *list) {
    char *to = list;
    for (int64_t at = 0; at < length;) {
        if (bytes[at] == '\n') {
            memcpy(to, "</s>", 5);
            to += 5;
        }
        if (is_space(bytes[at])) {
            at++;
            continue;
        }
        while (at < length && !is_space(bytes[at])) *to++ = bytes[at++];
        *to++ = 0;
    }
    return to - list;
}

/* ---- n-grams that are kept ---- */

/* A slot holds an n-gram, plus 1, in its upper half and the new number in the lower one. */
static inline uint64_t *slot_of(const struct fe_pruned *pruned, int32_t ngram) {
    for (uint64_t at = fe_mix((uint64_t)ngram) & pruned->mask;; at = (at + 1) & pruned->mask)
        if (pruned->slots[at] == 0 || pruned->slots[at] >> 32 == (uint64_t)ngram + 1) return &pruned->slots[at];
}

int64_t fe_pruned_enter(const struct fe_pruned *pruned, const int32_t *pairs, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        uint64_t *const slot = slot_of(pruned, pairs[2 * i]);
        if (*slot != 0) return i;
        *slot = ((uint64_t)pairs[2 * i] + 1) << 32 | (uint32_t)pairs[2 * i + 1];
    }
    return -1;
}

/* ---- documents ---- */

static inline void add_ngram(const struct fe_dictionary *dictionary, struct fe_documents *out, int64_t ngram) {
    if (dictionary->pruned != NULL) {
        const uint64_t kept = *slot_of(dictionary->pruned, (int32_t)ngram);
        if (kept == 0) return;
        ngram = (int64_t)(uint32_t)kept;
    }
    out->rows[out->row_count++] = (int32_t)(dictionary->words + ngram);
}

static void add_word(const struct fe_dictionary *dictionary, const char *word, int64_t length, int64_t number,
                     struct fe_documents *out, int64_t *ngrams) {
    const int64_t offsets[2] = {0, length};
    int64_t begins[2];
    if (number >= 0) out->rows[out->row_count++] = (int32_t)number;
    if (dictionary->characters.longest <= 0) return;
    const int64_t count = fe_number_ngrams(word, offsets, 1, &dictionary->characters, begins, ngrams);
    for (int64_t i = 0; i < count; i++) add_ngram(dictionary, out, ngrams[i]);
}

/* n-grams of two words or more, of their hashes. */
static void add_word_ngrams(const struct fe_dictionary *dictionary, const int64_t *hashes, int64_t count,
                            struct fe_documents *out) {
    const int64_t longest = dictionary->word_ngrams;
    const uint64_t buckets = dictionary->characters.buckets;
    for (int64_t i = 0; i < count; i++) {
        uint64_t hash = (uint64_t)hashes[i];
        for (int64_t j = i + 1; j < count && j < i + longest; j++) {
            hash = hash * 116049371u + (uint64_t)hashes[j];
            add_ngram(dictionary, out, (int64_t)(hash % buckets));
        }
    }
}

/* What is known of a document as it is read. */
struct begun {
    int64_t *hashes; /* of its words */
    int64_t hash_count;
    int64_t *ngrams; /* scratch for those of a word */
};

static void end_document(const struct fe_dictionary *dictionary, struct begun *begun, struct fe_documents *out) {
    if (dictionary->word_ngrams > 1) add_word_ngrams(dictionary, begun->hashes, begun->hash_count, out);
    begun->hash_count = 0;
    out->document_count++;
    out->offsets[out->document_count] = out->row_count;
    out->label_offsets[out->document_count] = out->label_count;
}

static void add_token(const struct fe_dictionary *dictionary, struct fe_token token, int64_t number,
                      struct begun *begun, struct fe_documents *out) {
    const char *const word = token.at;
    const int64_t length = token.length;
    if (number >= dictionary->words) {
        out->labels[out->label_count++] = (int32_t)(number - dictionary->words);
        return;
    }
    if (number < 0 && length >= dictionary->prefix_length &&
        memcmp(word, dictionary->prefix, (size_t)dictionary->prefix_length) == 0)
        return;
    add_word(dictionary, word, length, number, out, begun->ngrams);
    if (dictionary->word_ngrams <= 1) return;
    uint32_t hash = FE_FNV;
    for (int64_t i = 0; i < length; i++) hash = fe_fnv(hash, (uint8_t)word[i]);
    begun->hashes[begun->hash_count++] = (int32_t)hash;
}

/* The most words of a line of so many bytes, its end among them, and the most rows. */
static inline int64_t most_words(int64_t length) { return (length + 1) / 2 + 1; }

static int64_t most_rows(const struct fe_dictionary *dictionary, int64_t length) {
    const int64_t words = most_words(length), characters = length + 2 * words;
    const int64_t longest = dictionary->characters.longest;
    int64_t rows = words;
    if (longest > 0) rows += characters * (longest < length + 2 ? longest : length + 2);
    if (dictionary->word_ngrams > 1)
        rows += words * (dictionary->word_ngrams < words ? dictionary->word_ngrams : words);
    return rows;
}

/* Up to BATCH words from `at` on; returns where they end. */
static const char *next_tokens(const char *at, const char *end, struct fe_token *tokens, int64_t *count) {
    for (*count = 0; *count < BATCH; (*count)++) {
        while (at < end && is_space(*at)) at++;
        if (at == end) break;
        tokens[*count].at = at;
        at = word_end(at, end);
        tokens[*count].length = at - tokens[*count].at;
    }
    return at;
}

/* The documents of a line; `ends` says whether a line end follows. `last`: the end of what can be read. */
static void read_line(const struct fe_dictionary *dictionary, const char *at, const char *end, int ends, int whole,
                      const char *last, struct fe_documents *out) {
    struct begun begun = {out->scratch, 0, out->scratch + most_words(end - at)};
    struct fe_token tokens[BATCH];
    int64_t numbers[BATCH], count;
    int open = !whole || ends; /* whether a document is begun that must end */
    while (at = next_tokens(at, end, tokens, &count), count > 0) {
        fe_keys_find_all(dictionary->names, tokens, count, last, numbers);
        for (int64_t i = 0; i < count; i++) {
            add_token(dictionary, tokens[i], numbers[i], &begun, out);
            open = 1;
            if (!is_line_end(tokens[i].at, tokens[i].length)) continue;
            end_document(dictionary, &begun, out);
            open = whole && ends;
            if (!whole) return;
        }
    }
    if (ends) {
        const struct fe_token line_end = {"</s>", 4};
        add_token(dictionary, line_end, fe_keys_find(dictionary->names, "</s>", 4), &begun, out);
    }
    if (open) end_document(dictionary, &begun, out);
}

int64_t fe_documents_read(const struct fe_dictionary *dictionary, const char *bytes, int64_t length, int whole,
                          struct fe_documents *out) {
    int64_t at = 0;
    out->needed = 0;
    out->offsets[0] = out->label_offsets[0] = 0;
    while (at < length) {
        const char *const close = memchr(bytes + at, '\n', (size_t)(length - at));
        const int64_t end = close != NULL ? close - bytes : length;
        const int64_t words = most_words(end - at), rows = most_rows(dictionary, end - at);
        if (out->row_room - out->row_count < rows || out->row_room < words + rows ||
            out->label_room - out->label_count < words || out->document_room - out->document_count < words) {
            out->needed = words + rows;
            break;
        }
        read_line(dictionary, bytes + at, bytes + end, close != NULL, whole, bytes + length, out);
        at = end + (close != NULL);
    }
    return at;
}
