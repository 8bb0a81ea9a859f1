/* Inference (infer.c): rows of new texts learn from matrices that stay as they are. */
#ifndef FE_INFER_H
#define FE_INFER_H

#include "train/train.h"

enum {
    FE_TOGETHER = 16,              /* texts that learn side by side, at most, */
    FE_TOGETHER_TOKENS = 1 << 16,  /* their tokens, */
    FE_TOGETHER_OUTPUTS = 1 << 14, /* and outputs of their blocks, unless there is one text alone */
};

/* What texts learn from: a job of FE_TAG_INPUTS or FE_BAG_INPUTS with negatives that are shared, without paths, factors
 * and subwords; of its `negatives` only the count is read. Its `in` (of FE_BAG_INPUTS alone) and `out_ns` are only
 * read; row i of its `tags`, which is padded and aligned, is text i's. */
struct fe_frozen {
    const struct fe_job *job;
    const int32_t *pool; /* words that are drawn as negatives, each as often as its chance is; similar ones lie side by
                            side */
    int32_t pool_size;
    int32_t copied; /* 0: rows of `in` and `out_ns` are padded and aligned, too. 1: each is copied before its use */
};

/* Bytes for fe_infer_texts on so many texts of up to `longest` tokens, 64-byte aligned by the caller. */
size_t fe_infer_size(const struct fe_frozen *frozen, int64_t texts, int64_t longest, int32_t epochs);

/* Train the rows of texts [begin, end) of a view, an epoch at each rate. Returns FE_OK, also where the job was stopped
 * meanwhile, or FE_DIVERGED. No text is longer than `longest`.
 *
 * What becomes of a row depends on the text's tokens, the rates and the seed alone, to the last bit. Texts take turns
 * block by block: while one waits for its sigmoids, the processor has work on the others, which meet the same negatives
 * at the same place. */
int fe_infer_texts(const struct fe_kernel *kernel, const struct fe_frozen *frozen, const struct fe_view *view,
                   int64_t begin, int64_t end, int64_t longest, int32_t epochs, const float *alphas, void *workspace);

#endif
