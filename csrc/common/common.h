/* What every room shares: the results of functions that can fail, and the form in which tokens are handed on. */
#ifndef FE_COMMON_H
#define FE_COMMON_H

#include <stddef.h>
#include <stdint.h>

/* Every function that can fail returns one of these. */
enum fe_status {
    FE_OK = 0,
    FE_NO_MEMORY = 1,
    FE_DIVERGED = 2, /* a score was NaN or infinite */
    FE_BAD_UTF8 = 3,
    FE_NUL_BYTE = 4,
    FE_TOO_MANY_TOKENS = 5, /* more than 2^31 - 1 different tokens */
};

/* Tokens to train on: a whole corpus, or any part of one that a thread has at hand. Tokens
 * ids[offsets[s]] ... ids[offsets[s + 1] - 1] are sentence s. */
struct fe_view {
    const int32_t *ids;
    const int64_t *offsets; /* sentences + 1, from 0 on */
    int64_t sentences;
    const uint32_t *keep;   /* one a token: it stays with (keep + 1) / 2^32 of its word's probability; or NULL */
    int64_t first_position; /* of the first token: random draws are keyed by (seed, epoch, first_position + token) */
    /* Where sentences are documents: rows of fe_matrices.tags, those of sentence s from tags[tag_offsets[s]] on. */
    const int32_t *tags;        /* or NULL */
    const int64_t *tag_offsets; /* sentences + 1 */
};

#endif
