/* NEON on 64-bit Arm: 32 registers of 4 floats and fused multiply-add in the baseline. 4 x 6 dot products and
 * updates two registers wide fill the register file. */
#include "kernel.h"

#if defined(__aarch64__) || defined(_M_ARM64)

#include <arm_neon.h>

#define LANES 4
#define TILE_H 4
#define COLUMNS 2
#define PANEL 4
#define ISA(name) name##_neon
typedef float32x4_t vf;

FE_INLINE vf v_load(const float *p) { return vld1q_f32(p); }
FE_INLINE void v_store(float *p, vf a) { vst1q_f32(p, a); }
FE_INLINE vf v_zero(void) { return vdupq_n_f32(0.0f); }
FE_INLINE vf v_set1(float a) { return vdupq_n_f32(a); }
FE_INLINE vf v_add(vf a, vf b) { return vaddq_f32(a, b); }
FE_INLINE vf v_sub(vf a, vf b) { return vsubq_f32(a, b); }
FE_INLINE vf v_mul(vf a, vf b) { return vmulq_f32(a, b); }
FE_INLINE vf v_div(vf a, vf b) { return vdivq_f32(a, b); }
FE_INLINE vf v_min(vf a, vf b) { return vminq_f32(a, b); }
FE_INLINE vf v_max(vf a, vf b) { return vmaxq_f32(a, b); }
FE_INLINE vf v_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
FE_INLINE vf v_pow2i(vf x) {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(x), vdupq_n_s32(127)), 23));
}
FE_INLINE vf v_round(vf x) { return vrndnq_f32(x); }
/* x - x is 0 for a finite x and NaN otherwise. */
FE_INLINE int v_all_finite(vf x) { return vminvq_u32(vceqzq_f32(vsubq_f32(x, x))) != 0; }
FE_INLINE vf v_pick(uint32_t bits, vf x) {
    const uint32x4_t lane = {1, 2, 4, 8};
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), vtstq_u32(vdupq_n_u32(bits), lane)));
}
FE_INLINE vf v_quad(const vf *a, const int count) {
    const vf zero = v_zero();
    if (count <= 0) return zero;
    return vpaddq_f32(vpaddq_f32(a[0], count > 1 ? a[1] : zero),
                      vpaddq_f32(count > 2 ? a[2] : zero, count > 3 ? a[3] : zero));
}
FE_INLINE void v_store_sums(float *g, const vf *a, const int mi, const int nj) {
    FE_UNROLL for (int i = 0; i < mi; i++) {
        v_store(g + 8 * i, v_quad(a + i * nj, nj));
        v_store(g + 8 * i + 4, v_quad(a + i * nj + 4, nj - 4));
    }
}

FE_INLINE uint32_t v_above(vf a, vf b) {
    const uint32x4_t lane = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(vcgtq_f32(a, b), lane));
}

#include "step.inc.h"
#include "topk.inc.h"

static int supported(void) { return 1; }

const struct fe_kernel fe_kernel_neon = {
    "neon", LANES, supported, gradient_neon, update_neon, gather_neon, scatter_neon, PANEL * LANES, score_neon,
};

#endif
