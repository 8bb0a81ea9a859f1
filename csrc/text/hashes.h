/* The hash by which fastText numbers n-grams of characters and of words. */
#ifndef FE_HASHES_H
#define FE_HASHES_H

#include <stdint.h>

#include "common/compiler.h"

#define FE_FNV 2166136261u /* of no bytes */

/* FNV-1a with bytes as signed numbers: the upper bits of the word change, too. */
FE_INLINE uint32_t fe_fnv(uint32_t hash, uint8_t byte) {
    const uint32_t wide = byte < 0x80 ? byte : byte | 0xFFFFFF00u;
    return (hash ^ wide) * 16777619u;
}

#endif
