/* Kernels: the instruction sets in this binary, and one step of them alone. */
#ifndef FE_KERNELS_H
#define FE_KERNELS_H

#include "common/common.h"

struct fe_kernel;

/* Kernels compiled into this binary, from the plainest to the widest; NULL past the last. */
const struct fe_kernel *fe_kernel_at(int index);
const char *fe_kernel_name(const struct fe_kernel *kernel);
/* Floats in one vector register. */
int fe_kernel_lanes(const struct fe_kernel *kernel);
/* Inputs that an update takes at a time (struct fe_block): where a row is there twice, kernels with the same number
 * agree to rounding. */
int fe_kernel_together(const struct fe_kernel *kernel);
/* Whether this CPU can run it. */
int fe_kernel_supported(const struct fe_kernel *kernel);

enum { FE_MAX_INPUTS = 24 }; /* of a step: skip-gram contexts */

/* One block step on rows h_rows[m] of h and o_rows[n] of o, both with `stride` floats a row, `size` of them used. */
struct fe_step {
    float *h, *o;
    const int32_t *h_rows, *o_rows;
    const uint8_t *labels; /* n */
    int32_t m, n;
    int in_turn; /* as for Huffman paths (kernel.h) */
    int64_t stride, size;
};

/* Make a step as the trainer makes it, for tests; loss is added to. workspace: fe_step_workspace_size(n) bytes, 64-byte
 * aligned. */
size_t fe_step_workspace_size(int32_t n);
int fe_step_run(const struct fe_kernel *kernel, const struct fe_step *step, float alpha, double *loss, void *workspace);

/* The numbers of an optimiser's step; the formulas are in rows/rows.h. */
struct fe_step_sizes {
    float rate, eps, beta1, beta2, keep, root;
};

enum { FE_CENTROIDS = 256 }; /* of a part of a row in product quantisation: a number that takes a byte */

#endif
