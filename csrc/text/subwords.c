/* The n-grams of characters by which fastText knows a word. */
#include <string.h>

#include "common/compiler.h"
#include "text/hashes.h"
#include "text/text.h"

/* Byte i of the word in < and >. */
FE_INLINE uint8_t bracketed(const char *word, int64_t length, int64_t i) {
    return i == 0 ? '<' : i <= length ? (uint8_t)word[i - 1] : '>';
}

/* Whether a character of UTF-8 goes on. What goes on with none before it belongs to the < then, as in fastText. */
FE_INLINE int goes_on(const char *word, int64_t length, int64_t i) {
    return i < length + 2 && (bracketed(word, length, i) & 0xC0) == 0x80;
}

static int64_t of_word(const char *word, int64_t length, const struct fe_ngrams *which, int64_t *numbers) {
    int64_t count = 0;
    if (length == 4 && memcmp(word, "</s>", 4) == 0) return 0; /* the end of a line */
    for (int64_t from = 0; from < length + 2; from++) {
        if (goes_on(word, length, from)) continue;
        uint32_t hash = FE_FNV;
        int64_t at = from;
        for (int32_t n = 1; n <= which->longest && at < length + 2; n++) {
            do hash = fe_fnv(hash, bracketed(word, length, at++));
            while (goes_on(word, length, at));
            if (n < which->shortest || (n == 1 && (from == 0 || at == length + 2))) continue; /* < and > are none */
            if (numbers != NULL) numbers[count] = (int64_t)(hash % which->buckets);
            count++;
        }
    }
    return count;
}

int64_t fe_number_ngrams(const char *words, const int64_t *offsets, int64_t count, const struct fe_ngrams *which,
                         int64_t *begins, int64_t *numbers) {
    int64_t total = 0;
    for (int64_t word = 0; word < count; word++) {
        begins[word] = total;
        total += of_word(words + offsets[word], offsets[word + 1] - offsets[word], which,
                         numbers != NULL ? numbers + total : NULL);
    }
    begins[count] = total;
    return total;
}
