/* One step alone, for tests. */
#include "common/carve.h"
#include "kernels/kernel.h"

size_t fe_step_workspace_size(int32_t n) {
    struct carver c = {NULL, 0};
    carve(&c, n, sizeof(float *));
    carve(&c, n, 1);
    carve(&c, FE_STEP_G(n), sizeof(float));
    carve(&c, FE_STEP_CHANGE(n), sizeof(float));
    return c.used;
}

int fe_step_run(const struct fe_kernel *kernel, const struct fe_step *step, float alpha, double *loss,
                void *workspace) {
    struct carver c = {workspace, 0};
    float *h[FE_MAX_INPUTS], ones[FE_MAX_INPUTS];
    float **o = carve(&c, step->n, sizeof *o);
    uint8_t *labels = carve(&c, step->n, 1);
    float *g = carve(&c, FE_STEP_G(step->n), sizeof *g), *change = carve(&c, FE_STEP_CHANGE(step->n), sizeof *change);
    for (int32_t i = 0; i < step->m; i++) {
        h[i] = step->h + step->h_rows[i] * step->stride;
        ones[i] = 1.0f;
    }
    for (int32_t j = 0; j < step->n; j++) o[j] = step->o + step->o_rows[j] * step->stride;
    for (int32_t j = 0; j < step->n; j++)
        labels[j / 8] = (uint8_t)((j % 8 ? labels[j / 8] : 0) | step->labels[j] << j % 8);
    const struct fe_block block = {
        .h = h, .dh = h, .scale = ones, .o = o, .labels = labels, .in_turn = step->in_turn, .m = step->m, .n = step->n};
    if (!kernel->gradient(&block, step->size, alpha, loss, g)) return FE_DIVERGED;
    kernel->update(&block, step->size, g, change);
    return FE_OK;
}
