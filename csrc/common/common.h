/* What every room shares: the results of functions that can fail. */
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

#endif
