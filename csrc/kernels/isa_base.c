/* Plain C for any CPU: four floats side by side. With GCC and Clang they are a vector type, which maps to whatever
 * the platform's baseline has (SSE2 on x86-64). */
#include <math.h>
#include <string.h>

#include "kernels/kernel.h"

#define LANES 4
#define SCORE_H 2
#define UPDATE_H 3
#define UPDATE_COLUMNS 2
#define HELD 7
#define LOCKSTEP 4
#define PANEL 2
#define ISA(name) name##_base
#define ISA_NAME "base"

#if defined(__GNUC__) || defined(__clang__)
typedef float vf __attribute__((vector_size(16)));
#define LANE(a, l) ((a)[l])
#define DEFINE_OPERATOR(name, sign) \
    FE_INLINE vf name(vf a, vf b) { return a sign b; }
#define SPREAD(a) ((vf){(a), (a), (a), (a)})
#else /* MSVC. Not tested: no build with it has been run. */
typedef struct {
    float lane[LANES];
} vf;
#define LANE(a, l) ((a).lane[l])
#define SPREAD(a) ((vf){{(a), (a), (a), (a)}})
#define DEFINE_OPERATOR(name, sign) DEFINE_EACH(name, (vf a, vf b), LANE(a, l) sign LANE(b, l))
#endif

#define DEFINE_EACH(name, parameters, expression)                  \
    FE_INLINE vf name parameters {                                 \
        vf r;                                                      \
        for (int l = 0; l < LANES; l++) LANE(r, l) = (expression); \
        return r;                                                  \
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
DEFINE_EACH(v_sqrt, (vf a), sqrtf(LANE(a, l)))
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
FE_INLINE vf v_keep(vf a) { return a; }
FE_INLINE void v_store_sums(float *g, int stride, const vf *a, const int mi, const int nj) {
    for (int i = 0; i < mi; i++)
        for (int j = 0; j < 8; j++) g[i * stride + j] = j < nj ? sum_of_lanes(a[i * nj + j]) : 0.0f;
}

FE_INLINE uint32_t v_above(vf a, vf b) {
    uint32_t bits = 0;
    for (int l = 0; l < LANES; l++) bits |= (uint32_t)(LANE(a, l) > LANE(b, l)) << l;
    return bits;
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

FE_INLINE void v_store_int16(void *to, vf a) {
    int16_t numbers[LANES];
    for (int l = 0; l < LANES; l++) numbers[l] = (int16_t)LANE(a, l);
    memcpy(to, numbers, sizeof numbers);
}

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
typedef __m128i vw, vi;
FE_INLINE vw vw_load(const uint32_t *p) { return _mm_loadu_si128((const __m128i *)p); }
FE_INLINE vw vw_load_int8(const int8_t *p) {
    const __m128i a = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return _mm_srai_epi16(_mm_unpacklo_epi8(a, a), 8);
}
FE_INLINE vw vw_set1(uint32_t a) { return _mm_set1_epi32((int)a); }
FE_INLINE vi vi_zero(void) { return _mm_setzero_si128(); }
#define v_dot(sum, rows, query) _mm_add_epi32(sum, _mm_madd_epi16(rows, query))
#else
typedef struct {
    int16_t number[2 * LANES];
} vw;
typedef struct {
    int32_t lane[LANES];
} vi;
FE_INLINE vw vw_load(const uint32_t *p) {
    vw a;
    memcpy(&a, p, sizeof a);
    return a;
}
FE_INLINE vw vw_load_int8(const int8_t *p) {
    vw a;
    for (int l = 0; l < 2 * LANES; l++) a.number[l] = p[l];
    return a;
}
FE_INLINE vw vw_set1(uint32_t a) {
    const uint32_t words[LANES] = {a, a, a, a};
    return vw_load(words);
}
FE_INLINE vi vi_zero(void) { return (vi){{0}}; }
FE_INLINE vi v_dot(vi sum, vw a, vw b) {
    for (int l = 0; l < LANES; l++)
        sum.lane[l] += a.number[2 * l] * b.number[2 * l] + a.number[2 * l + 1] * b.number[2 * l + 1];
    return sum;
}
#endif
FE_INLINE vf v_from_ints(vi a) {
    int32_t lanes[LANES];
    memcpy(lanes, &a, sizeof lanes);
    vf r;
    for (int l = 0; l < LANES; l++) LANE(r, l) = (float)lanes[l];
    return r;
}

#include "kernels/quantise.inc.h"

#define ESTIMATE estimate_base
#include "kernels/estimate.inc.h"
#define estimate_int8_base estimate_base_int8

static int ISA(supported)(void) { return 1; }

#include "kernels/table.inc.h"
