/* NEON on 64-bit Arm: 32 registers of 4 floats and fused multiply-add in the baseline. 4 x 6 dot products, and
 * updates of three inputs and their changes three registers wide with an output and its change, fill the register file.
 */
#include "kernels/kernel.h"

#if defined(__aarch64__) || defined(_M_ARM64)

#include <arm_neon.h>
#include <string.h>

#define LANES 4
#define SCORE_H 4
#define UPDATE_H 3
#define UPDATE_COLUMNS 3
#define HELD 14
#define LOCKSTEP 4
#define ISA(name) name##_neon
#define ISA_NAME "neon"
typedef float32x4_t vf;

FE_INLINE vf v_load(const float *p) { return vld1q_f32(p); }
FE_INLINE void v_store(float *p, vf a) { vst1q_f32(p, a); }
FE_INLINE vf v_zero(void) { return vdupq_n_f32(0.0f); }
FE_INLINE vf v_set1(float a) { return vdupq_n_f32(a); }
FE_INLINE vf v_add(vf a, vf b) { return vaddq_f32(a, b); }
FE_INLINE vf v_sub(vf a, vf b) { return vsubq_f32(a, b); }
FE_INLINE vf v_mul(vf a, vf b) { return vmulq_f32(a, b); }
FE_INLINE vf v_div(vf a, vf b) { return vdivq_f32(a, b); }
FE_INLINE vf v_sqrt(vf a) { return vsqrtq_f32(a); }
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
FE_INLINE vf v_keep(vf a) { return a; }
FE_INLINE void v_store_sums(float *g, int stride, const vf *a, const int mi, const int nj) {
    FE_UNROLL for (int i = 0; i < mi; i++) {
        v_store(g + i * stride, v_quad(a + i * nj, nj));
        v_store(g + i * stride + 4, v_quad(a + i * nj + 4, nj - 4));
    }
}

FE_INLINE uint32_t v_above(vf a, vf b) {
    const uint32x4_t lane = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(vcgtq_f32(a, b), lane));
}

#include "kernels/step.inc.h"

FE_INLINE vf v_load_part(const float *p, int count) {
    float part[LANES] = {0};
    memcpy(part, p, (size_t)count * sizeof *p);
    return v_load(part);
}
FE_INLINE void v_store_part(float *p, vf a, int count) {
    float part[LANES];
    v_store(part, a);
    memcpy(p, part, (size_t)count * sizeof *p);
}

#include "kernels/rows.inc.h"

/* Two sums a lane, of even and of odd columns: with more of a panel they would not fit. */
#define PANEL 2
typedef int16x8_t vw;
typedef struct {
    int32x4_t low, high;
} vi;
FE_INLINE void v_store_int16(void *to, vf a) { vst1_s16(to, vmovn_s32(vcvtnq_s32_f32(a))); }
FE_INLINE vw vw_load(const uint32_t *p) { return vreinterpretq_s16_u32(vld1q_u32(p)); }
FE_INLINE vw vw_load_int8(const int8_t *p) { return vmovl_s8(vld1_s8(p)); }
FE_INLINE vw vw_set1(uint32_t a) { return vreinterpretq_s16_u32(vdupq_n_u32(a)); }
FE_INLINE vi vi_zero(void) { return (vi){vdupq_n_s32(0), vdupq_n_s32(0)}; }
FE_INLINE vi v_dot(vi sum, vw rows, vw query) {
    return (vi){vmlal_s16(sum.low, vget_low_s16(rows), vget_low_s16(query)), vmlal_high_s16(sum.high, rows, query)};
}
FE_INLINE vf v_from_ints(vi a) { return vcvtq_f32_s32(vpaddq_s32(a.low, a.high)); }

#include "kernels/quantise.inc.h"

#define ESTIMATE estimate_neon
#include "kernels/estimate.inc.h"
#define estimate_int8_neon estimate_neon_int8

static int ISA(supported)(void) { return 1; }

#include "kernels/table.inc.h"

#endif
