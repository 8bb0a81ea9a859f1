/* ids -> ids: numbers given anew, and counted. */
#include "text/text.h"

int64_t fe_remap(int32_t *ids, int64_t count, const int32_t *remap, int64_t *ends, int64_t end_count) {
    int64_t kept = 0, line = 0;
    for (int64_t i = 0; i < count; i++) {
        for (; line < end_count && ends[line] == i; line++) ends[line] = kept;
        const int32_t id = remap[ids[i]];
        ids[kept] = id;
        kept += id >= 0;
    }
    for (; line < end_count; line++) ends[line] = kept;
    return kept;
}

void fe_ids_count(const int32_t *ids, int64_t begin, int64_t end, int64_t *counts, int64_t *first) {
    for (int64_t i = begin; i < end; i++)
        if (counts[ids[i]]++ == 0) first[ids[i]] = i;
}
