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
/* Whether this CPU can run it. */
int fe_kernel_supported(const struct fe_kernel *kernel);

enum { FE_MAX_INPUTS = 24 }; /* of a step: skip-gram contexts */

/* One block step, as the trainer makes it, on rows h_rows[m] of h and o_rows[n] of o with labels[n]: for tests.
 * in_turn: as for Huffman paths (kernel.h).
 * workspace: fe_step_workspace_size(n) bytes, 64-byte aligned. */
size_t fe_step_workspace_size(int32_t n);
int fe_step(const struct fe_kernel *kernel, float *h, const int32_t *h_rows, int32_t m, float *o, const int32_t *o_rows,
            const uint8_t *labels, int32_t n, int in_turn, int64_t stride, int64_t vector_size, float alpha,
            double *loss, void *workspace);

#endif
