/* One step alone, for tests. */
#include "common/carve.h"
#include "kernels/kernel.h"

size_t fe_step_workspace_size(int32_t n) {
    struct carver c = {NULL, 0};
    carve(&c, n, sizeof(float *));
    carve(&c, FE_STEP_G(n) + FE_STEP_CHANGE, sizeof(float));
    return c.used;
}

int fe_step(const struct fe_kernel *kernel, float *h, const int32_t *h_rows, int32_t m, float *o, const int32_t *o_rows,
            const uint8_t *labels, int32_t n, int in_turn, int64_t stride, int64_t vector_size, float alpha,
            double *loss, void *workspace) {
    struct carver c = {workspace, 0};
    float *h_at[FE_MAX_INPUTS], ones[FE_MAX_INPUTS];
    float **o_at = carve(&c, n, sizeof *o_at);
    float *g = carve(&c, FE_STEP_G(n), sizeof *g), *change = carve(&c, FE_STEP_CHANGE, sizeof *change);
    for (int32_t i = 0; i < m; i++) {
        h_at[i] = h + h_rows[i] * stride;
        ones[i] = 1.0f;
    }
    for (int32_t j = 0; j < n; j++) o_at[j] = o + o_rows[j] * stride;
    const struct fe_block block = {
        .h = h_at, .dh = h_at, .scale = ones, .o = o_at, .labels = labels, .in_turn = in_turn, .m = m, .n = n};
    if (!kernel->gradient(&block, vector_size, alpha, loss, g)) return FE_DIVERGED;
    kernel->update(&block, vector_size, g, change);
    return FE_OK;
}
