/* Which centres of a block are in one document, whose tags they share, and the rows of these tags. */
#ifndef FE_SHARING_H
#define FE_SHARING_H

#include "train/maker.h"

/* The numbers of the tags' rows. */
static inline void fe_put_tags(const struct fe_maker *maker, int32_t from, int32_t count, int32_t *rows) {
    const int32_t *tags = maker->window->tags + from, first = (int32_t)maker->job->matrices.in_rows;
    for (int32_t k = 0; k < count; k++) rows[k] = first + tags[k];
}

/* The documents of a block's centres; -1 for those that are not there. */
struct fe_sharing {
    int64_t documents[FE_CENTRES];
    int32_t most; /* centres in one document */
};

static const struct fe_sharing FE_NONE_SHARE = {{-1, -1, -1, -1}, 1};
_Static_assert(FE_CENTRES == 4, "FE_NONE_SHARE lists them");

/* The first centre in a document, or -1. */
FE_INLINE int32_t fe_first_in(const struct fe_sharing *sharing, int64_t document) {
    int32_t first = -1;
    FE_UNROLL for (int32_t k = FE_CENTRES - 1; k >= 0; k--) first = sharing->documents[k] == document ? k : first;
    return first;
}

FE_INLINE void fe_share(struct fe_sharing *sharing, int32_t centre, int64_t document, int32_t first) {
    int32_t count = 0;
    sharing->documents[centre] = document;
    if (first < 0) return;
    for (int32_t k = 0; k < FE_CENTRES; k++) count += sharing->documents[k] == document;
    if (count > sharing->most) sharing->most = count;
}

#endif
