/* Text: bytes, tokens and ids; phrases; the numbers in word2vec's files. */
#ifndef FE_TEXT_H
#define FE_TEXT_H

#include "common/common.h"

/* ---- tokens (text.c) ---- */

struct fe_table; /* different tokens in order of first insertion, with counts */

struct fe_table *fe_table_create(void);
void fe_table_free(struct fe_table *table);
int32_t fe_table_size(const struct fe_table *table);
/* Bytes of memory that the table holds. */
int64_t fe_table_memory(const struct fe_table *table);
/* For every token: how often it was read, and the smallest `position` at which it first was. */
void fe_table_counts(const struct fe_table *table, int64_t *counts, int64_t *first_positions);

/* Lists of tokens: each followed by a NUL byte, none of them empty. */

/* Count the tokens of a list and give each its index in the table: counts[i] times more, or once when that is NULL;
 * first at firsts[i], or at position + i when that is NULL. */
int fe_list_add(struct fe_table *table, const char *list, int64_t length, const int64_t *counts, const int64_t *firsts,
                int64_t position, int32_t *ids);
/* The index in the table of every token of a list, -1 when it is not there. */
void fe_list_find(const struct fe_table *table, const char *list, int64_t length, int32_t *ids);
/* The tokens with these indices as a list, and how many bytes that takes. */
int64_t fe_table_list_length(const struct fe_table *table, const int32_t *indices, int64_t count);
void fe_table_list(const struct fe_table *table, const int32_t *indices, int64_t count, char *list);
/* The indices of all tokens, grouped by `bits` (1 to 16) bits of their hash; ends[part] is where a group ends. */
void fe_table_partition(const struct fe_table *table, int bits, int32_t *order, int64_t *ends);

/* A copy with A-Z as a-z. */
void fe_text_lower(const char *bytes, int64_t length, char *lower);
/* How many line ends ('\n') there are. */
int64_t fe_text_lines(const char *bytes, int64_t length);
/* How many tokens, as fe_text_read finds them. */
int64_t fe_text_words(const char *bytes, int64_t length);

/* Split UTF-8 at white space (Unicode's, as Python's str.split) and give each token its index in the table.
 * position: of the first byte, for fe_table_counts. ids: room for (length + 1) / 2. ends: the number of ids before
 * each line end. With `strict` every new token must be valid UTF-8. A token with a NUL byte is never taken. On an
 * error *bad is where the offending token starts. */
int fe_text_read(struct fe_table *table, const char *bytes, int64_t length, int64_t position, int strict, int32_t *ids,
                 int64_t *id_count, int64_t *ends, int64_t *bad);

/* Add every token of `from` with its count to `into`; remap[i] is where token i of `from` went. */
int fe_table_merge(struct fe_table *into, const struct fe_table *from, int32_t *remap);

/* ---- n-grams of words (subwords.c) ---- */

struct fe_ngrams {
    int32_t shortest, longest; /* characters */
    uint32_t buckets;          /* at least 1: an n-gram's number is its hash modulo these */
};

/* The n-grams of words, word i from offsets[i] to offsets[i + 1] in UTF-8, each put in < and >. They come in the order
 * of their first characters, the shorter ones first; < and > alone are none. begins[i] is where those of word i begin
 * in `numbers` (count + 1 in all); numbers: room for as many as are returned, or NULL, and they are counted only. */
int64_t fe_number_ngrams(const char *words, const int64_t *offsets, int64_t count, const struct fe_ngrams *which,
                         int64_t *begins, int64_t *numbers);

/* ---- ids (ids.c) ---- */

/* ids[i] = remap[ids[i]] with negative results left out; line ends move along. Returns the new count. */
int64_t fe_remap(int32_t *ids, int64_t count, const int32_t *remap, int64_t *ends, int64_t end_count);

/* counts[id]++ for ids[begin] ... ids[end - 1], and first[id] = the index of an id whose count was 0. */
void fe_ids_count(const int32_t *ids, int64_t begin, int64_t end, int64_t *counts, int64_t *first);

/* ---- keys of a file (keys.c) ---- */

/* Key number k is bytes[offsets[k]] ... bytes[offsets[k + 1] - 1]; without offsets each has eight bytes. Bytes and
 * offsets may lie in a file that is mapped: what is changed in it later makes keys that are not found. */
struct fe_keys {
    const char *bytes;
    int64_t size;           /* of `bytes` */
    const int64_t *offsets; /* rising from 0 to `size`, or NULL */
    uint64_t *slots;        /* all zero at first; a power of two of them, more than there are keys */
    uint64_t mask;          /* their number less one */
    uint64_t seed;          /* random, so that no file can be made whose keys all want the same slot */
};

/* Enter keys begin ... end - 1. Returns `end`; or the number of the first one that is the same as a key entered before,
 * and that key's number in *same. */
int64_t fe_keys_enter(const struct fe_keys *keys, int64_t begin, int64_t end, int64_t *same);
/* The number of a key that was entered, or -1. */
int64_t fe_keys_find(const struct fe_keys *keys, const char *key, int64_t length);

/* Bytes of a text that are one word. */
struct fe_token {
    const char *at;
    int64_t length;
};
/* The same for many keys, whose slots are sent for together. `end`: up to where memory can be read from all of them. */
void fe_keys_find_all(const struct fe_keys *keys, const struct fe_token *tokens, int64_t count, const char *end,
                      int64_t *numbers);

/* ---- documents with labels (documents.c) ---- */

/* What fastText takes for white space: blanks, tabs, line ends of all kinds, and the zero byte. A line end ('\n') is
 * the word </s>, too. */

/* The words of a text as a list, each followed by a zero byte. list: room for 5 * length + 1 bytes. Returns how many
 * are taken. */
int64_t fe_words_list(const char *bytes, int64_t length, char *list);

/* The n-grams that a pruned model keeps, and their new numbers: an open hash table, never full. */
struct fe_pruned {
    uint64_t *slots; /* a power of two, all zero at first */
    uint64_t mask;   /* their number less one */
};
/* Number `count` n-grams, of pairs[2 i], as pairs[2 i + 1]; none of both is negative. Returns the place of the first
 * n-gram that came before, or -1. */
int64_t fe_pruned_enter(const struct fe_pruned *pruned, const int32_t *pairs, int64_t count);

/* How fastText makes rows of a matrix of a text: a row for each word, then one for each bucket of n-grams. */
struct fe_dictionary {
    const struct fe_keys *names; /* words, then labels */
    int64_t words;
    const char *prefix; /* with which unknown labels begin, which are left out */
    int64_t prefix_length;
    struct fe_ngrams characters;    /* of words; longest 0: none; the buckets are also those of the next */
    int32_t word_ngrams;            /* words in the longest n-gram of words */
    const struct fe_pruned *pruned; /* NULL: all n-grams are kept */
};

/* Documents read so far: document d has rows[offsets[d]] ... and labels[label_offsets[d]] ..., which may be none. */
struct fe_documents {
    int32_t *rows;
    int64_t row_room, row_count;
    int64_t *offsets, *label_offsets; /* document_room + 1 */
    int64_t document_room, document_count;
    int32_t *labels;
    int64_t label_room, label_count;
    int64_t *scratch; /* row_room */
    int64_t needed;   /* rooms that are enough for the next line, where reading stopped before it */
};

/* Read lines, as many as there is room for; returns where the next one starts. A document ends with its line; with
 * `whole` it goes on after the word </s> as the next one, as in a file that fastText reads, without, the rest of the
 * line is left out, as in a line that it is given. */
int64_t fe_documents_read(const struct fe_dictionary *dictionary, const char *bytes, int64_t length, int whole,
                          struct fe_documents *documents);

/* ---- phrases (phrases.c) ---- */

/* Two words of a sentence are a pair when there is nothing or only connector words between them, which are its chain.
 * The tables below are open hash tables in the caller's memory: a power of two of slots, all zero at first, never
 * full. `mask` is their number less one. */

/* Chain number `chain` is chain `before` and one more connector word; 0 is the empty chain, and marks free slots. */
struct fe_chain {
    int32_t before, word, chain;
};

/* The pair (first, chain, second) has the key (first * chains + chain) * words + second, which must fit in 64 bits. */
struct fe_pair {
    uint64_t key;
    int64_t value; /* 0 marks a free slot */
};

/* Tokens [offsets[s], offsets[s + 1]) are sentence s; ids < words. */
struct fe_sentences {
    const int32_t *ids;
    const int64_t *offsets;
    int64_t sentences;         /* at least 1 */
    const uint8_t *connectors; /* for every word whether it is one */
    const struct fe_chain *chain_slots;
    uint64_t chain_mask;
    uint64_t words;
    uint64_t chains; /* the empty one included */
};

/* Add the chains among tokens [begin, end), numbered on from *used, which may reach `room`. Returns `end`, or the
 * token at which there was no room. Blocks must be taken in order, so that what begins before `begin` is there. */
int64_t fe_chains_collect(const struct fe_sentences *text, int64_t begin, int64_t end, struct fe_chain *slots,
                          uint64_t mask, int64_t *used, int64_t room);
/* Add the chains in a table of `count` slots to one that has none of them. Returns how many there are. */
int64_t fe_chains_move(const struct fe_chain *from, int64_t count, struct fe_chain *slots, uint64_t mask);

/* Count the pairs whose second word is among tokens [begin, end) and whose key has a hash of low ... high. *used: the
 * different keys in the table, at most `room`. Returns `end`, or the place of the second word of the first pair for
 * which there was no room; go on from there with a larger table or a smaller range. */
int64_t fe_pairs_count(const struct fe_sentences *text, int64_t begin, int64_t end, uint64_t low, uint64_t high,
                       struct fe_pair *slots, uint64_t mask, int64_t *used, int64_t room);
/* Add the pairs in `count` slots with a hash of low ... high to a table that has none of them. Returns how many. */
int64_t fe_pairs_move(const struct fe_pair *from, int64_t count, uint64_t low, uint64_t high, struct fe_pair *slots,
                      uint64_t mask);
/* Move the taken ones of `count` slots to the front. Returns how many there are. */
int64_t fe_pairs_pack(struct fe_pair *slots, int64_t count);

/* The pairs that are phrases; value - 1 is the id that a pair becomes. */
struct fe_phrases {
    const struct fe_pair *slots;
    uint64_t mask;
    const uint64_t *filter; /* bits, which spare look-ups: 0 for most keys that are not in the table */
    uint64_t filter_mask;   /* bits less one, a power of two of them */
};

/* Set the bits of `count` pairs in a filter. */
void fe_filter_add(const struct fe_pair *pairs, int64_t count, uint64_t *filter, uint64_t filter_mask);

/* How far joining has come. */
struct fe_join {
    int64_t at;       /* next token to read */
    int64_t sentence; /* that it is in */
    int64_t start;    /* first word of the pair that is open, -1 for none */
    int64_t written;
    int32_t chain; /* of that pair so far, -1 for one that no phrase has */
};

/* Copy the sentences from join->sentence to `end` (not included), or the next `tokens` tokens if that is less, with
 * phrases joined: from left to right, so that a word is in one phrase at most. ends[s]: the number of ids written up
 * to the end of sentence s. out: room for all that is read. */
void fe_phrases_join(const struct fe_sentences *text, const struct fe_phrases *phrases, int64_t end, int64_t tokens,
                     struct fe_join *join, int32_t *out, int64_t *ends);

/* ---- word2vec's files (formats.c) ---- */

/* Binary records: a key, a space, `dims` little-endian floats; line ends before a key are dropped. Reads the whole
 * records in `bytes`, at most `room`, and returns how many; *used is where the next one starts. keys: room for
 * `length` bytes; each key is followed by a line end. rows, or keys and keys_used, may be NULL. */
int64_t fe_binary_read(const char *bytes, int64_t length, int64_t dims, int64_t room, float *rows, char *keys,
                       int64_t *keys_used, int64_t *used);

/* A field that takes the slow way: bytes [begin, end) are the value number `index` of the rows. */
struct fe_field {
    int64_t index, begin, end;
};

/* Lines of text: a key, a space, `dims` numbers with blanks between them. The key may have spaces in it, if its last
 * word is no number. */
struct fe_text {
    int64_t dims;
    int64_t room;    /* rows that `floats` or `doubles` can take */
    float *floats;   /* room x dims, or NULL */
    double *doubles; /* room x dims, when `floats` is NULL */
    char *keys;      /* room for as many bytes as are read; each key is followed by a line end */
    struct fe_field *hard;
    int64_t hard_room; /* reading stops before a line when fewer than `dims` are left */
    /* results */
    int64_t count, keys_used, hard_count;
    int64_t used; /* where the next line starts */
};

/* Reads the lines in `bytes` that end in '\n', as many as there is room for. Returns 0 when the next line has not
 * `dims` numbers, else 1. */
int fe_text_read_rows(struct fe_text *text, const char *bytes, int64_t length);

enum { FE_FLOAT_CHARS = 20 }; /* longest float written, with the space before it */

/* Writes one line a row: its key, then its values in the fewest digits that read back as the same float. Row r's key
 * ends at key_ends[r] of `keys`. out: room for all keys and count * (dims * FE_FLOAT_CHARS + 1). Returns its length. */
int64_t fe_text_write_rows(const float *rows, int64_t count, int64_t dims, const char *keys, const int64_t *key_ends,
                           char *out);

#endif
