/* Plain C for any CPU. With GCC and Clang the four-float vector type maps to whatever the platform's baseline has
 * (SSE2 on x86-64); other compilers work float by float. */
#include "kernel.h"
#include <string.h>

#define TILE_H 2
#define COLUMNS 1
#define ISA(name) name##_base

#if defined(__GNUC__) || defined(__clang__)
#define LANES 4
typedef float vf __attribute__((vector_size(16)));
#define EACH(result, expression)                                   \
    do {                                                           \
        for (int l = 0; l < LANES; l++) (result)[l] = (expression); \
    } while (0)
#define LANE(a) ((a)[l])
FE_INLINE vf v_set1(float a) { return (vf){a, a, a, a}; }
#else
#define LANES 1
typedef float vf;
#define EACH(result, expression) ((result) = (expression))
#define LANE(a) (a)
FE_INLINE vf v_set1(float a) { return a; }
#endif

FE_INLINE vf v_load(const float *p) {
    vf a;
    memcpy(&a, p, sizeof a);
    return a;
}
FE_INLINE void v_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
FE_INLINE vf v_zero(void) { return v_set1(0.0f); }
FE_INLINE vf v_add(vf a, vf b) { return a + b; }
FE_INLINE vf v_sub(vf a, vf b) { return a - b; }
FE_INLINE vf v_mul(vf a, vf b) { return a * b; }
FE_INLINE vf v_div(vf a, vf b) { return a / b; }
FE_INLINE vf v_fma(vf a, vf b, vf c) { return a * b + c; }
FE_INLINE vf v_min(vf a, vf b) {
    vf r;
    EACH(r, LANE(a) < LANE(b) ? LANE(a) : LANE(b));
    return r;
}
FE_INLINE vf v_max(vf a, vf b) {
    vf r;
    EACH(r, LANE(a) > LANE(b) ? LANE(a) : LANE(b));
    return r;
}
/* Adding 1.5 * 2^23 leaves no room for a fraction: right for |x| < 2^22. */
FE_INLINE vf v_round(vf x) {
    const vf shift = v_set1(12582912.0f);
    return (x + shift) - shift;
}
FE_INLINE float pow2_of_integer(float x) {
    const uint32_t bits = (uint32_t)((int32_t)x + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}
FE_INLINE vf v_pow2i(vf x) {
    vf r;
    EACH(r, pow2_of_integer(LANE(x)));
    return r;
}
/* x - x is 0 for a finite x and NaN otherwise. */
FE_INLINE int v_all_finite(vf x) {
    float lane[LANES], sum = 0.0f;
    v_store(lane, x - x);
    for (int l = 0; l < LANES; l++) sum += lane[l];
    return sum == 0.0f;
}
FE_INLINE void v_sum4(vf a, vf b, vf c, vf d, float *out) {
    const vf from[4] = {a, b, c, d};
    for (int k = 0; k < 4; k++) {
        float lane[LANES], sum = 0.0f;
        v_store(lane, from[k]);
        for (int l = 0; l < LANES; l++) sum += lane[l];
        out[k] = sum;
    }
}

#include "step.inc.h"

static int supported(void) { return 1; }

const struct fe_kernel fe_kernel_base = {"base", LANES, supported, step_base, gather_base, scatter_base};
