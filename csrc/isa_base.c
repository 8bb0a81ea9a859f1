/* Plain C for any CPU: four floats side by side. With GCC and Clang they are a vector type, which maps to whatever
 * the platform's baseline has (SSE2 on x86-64). */
#include <string.h>

#include "kernel.h"

#define LANES 4
#define TILE_H 2
#define COLUMNS 1
#define PANEL 2
#define ISA(name) name##_base

#if defined(__GNUC__) || defined(__clang__)
typedef float vf __attribute__((vector_size(16)));
#define LANE(a, l) ((a)[l])
#define DEFINE_OPERATOR(name, sign) \
    FE_INLINE vf name(vf a, vf b) { return a sign b; }
#define SPREAD(a) ((vf){(a), (a), (a), (a)})
#else
typedef struct {
    float lane[LANES];
} vf;
#define LANE(a, l) ((a).lane[l])
#define SPREAD(a) ((vf){{(a), (a), (a), (a)}})
#define DEFINE_OPERATOR(name, sign) DEFINE_EACH(name, (vf a, vf b), LANE(a, l) sign LANE(b, l))
#endif

#define DEFINE_EACH(name, parameters, expression)                      \
    FE_INLINE vf name parameters {                                     \
        vf r;                                                          \
        for (int l = 0; l < LANES; l++) LANE(r, l) = (expression);     \
        return r;                                                      \
    }

FE_INLINE vf v_load(const float *p) {
    vf a;
    memcpy(&a, p, sizeof a);
    return a;
}
FE_INLINE void v_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
DEFINE_EACH(v_zero, (void), 0.0f)
FE_INLINE vf v_set1(float a) { return SPREAD(a); }
DEFINE_OPERATOR(v_add, +)
DEFINE_OPERATOR(v_sub, -)
DEFINE_OPERATOR(v_mul, *)
DEFINE_OPERATOR(v_div, /)
DEFINE_EACH(v_min, (vf a, vf b), LANE(a, l) < LANE(b, l) ? LANE(a, l) : LANE(b, l))
DEFINE_EACH(v_max, (vf a, vf b), LANE(a, l) > LANE(b, l) ? LANE(a, l) : LANE(b, l))
FE_INLINE vf v_fma(vf a, vf b, vf c) { return v_add(v_mul(a, b), c); }
DEFINE_EACH(v_pick, (uint32_t bits, vf x), bits >> l & 1 ? LANE(x, l) : 0.0f)
/* Adding 1.5 * 2^23 leaves no room for a fraction: right for |x| < 2^22. */
FE_INLINE vf v_round(vf x) { return v_sub(v_add(x, v_set1(12582912.0f)), v_set1(12582912.0f)); }
FE_INLINE float pow2_of_integer(float x) {
    const uint32_t bits = (uint32_t)((int32_t)x + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}
DEFINE_EACH(v_pow2i, (vf x), pow2_of_integer(LANE(x, l)))

FE_INLINE float sum_of_lanes(vf a) { return (LANE(a, 0) + LANE(a, 2)) + (LANE(a, 1) + LANE(a, 3)); }
/* x - x is 0 for a finite x and NaN otherwise. */
FE_INLINE int v_all_finite(vf x) { return sum_of_lanes(v_sub(x, x)) == 0.0f; }
FE_INLINE void v_store_sums(float *g, const vf *a, const int mi, const int nj) {
    for (int i = 0; i < mi; i++)
        for (int j = 0; j < 8; j++) g[8 * i + j] = j < nj ? sum_of_lanes(a[i * nj + j]) : 0.0f;
}

FE_INLINE uint32_t v_above(vf a, vf b) {
    uint32_t bits = 0;
    for (int l = 0; l < LANES; l++) bits |= (uint32_t)(LANE(a, l) > LANE(b, l)) << l;
    return bits;
}

#include "step.inc.h"
#include "topk.inc.h"

static int supported(void) { return 1; }

const struct fe_kernel fe_kernel_base = {
    "base", LANES, supported, gradient_base, update_base, gather_base, scatter_base, PANEL * LANES, score_base,
};
