/* AVX2 + FMA: 16 registers of 8 floats. 2 x 6 dot products leave room for two inputs and one output; the update
 * keeps six outputs and their changes, one register wide, and three more for an input, its change and G. */
#include "kernel.h"

#if defined(__x86_64__) || defined(_M_X64)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx2,fma")
#endif
#include <immintrin.h>

#define LANES 8
#define TILE_H 2
#define COLUMNS 1
#define PANEL 2
#define ISA(name) name##_avx2
typedef __m256 vf;

FE_INLINE vf v_load(const float *p) { return _mm256_loadu_ps(p); }
FE_INLINE void v_store(float *p, vf a) { _mm256_storeu_ps(p, a); }
FE_INLINE vf v_zero(void) { return _mm256_setzero_ps(); }
FE_INLINE vf v_set1(float a) { return _mm256_set1_ps(a); }
FE_INLINE vf v_add(vf a, vf b) { return _mm256_add_ps(a, b); }
FE_INLINE vf v_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
FE_INLINE vf v_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
FE_INLINE vf v_div(vf a, vf b) { return _mm256_div_ps(a, b); }
FE_INLINE vf v_min(vf a, vf b) { return _mm256_min_ps(a, b); }
FE_INLINE vf v_max(vf a, vf b) { return _mm256_max_ps(a, b); }
FE_INLINE vf v_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
FE_INLINE vf v_pow2i(vf x) {
    return _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(x), _mm256_set1_epi32(127)), 23));
}
FE_INLINE vf v_round(vf x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/* x - x is 0 for a finite x and NaN otherwise. */
FE_INLINE int v_all_finite(vf x) {
    return _mm256_movemask_ps(_mm256_cmp_ps(_mm256_sub_ps(x, x), _mm256_setzero_ps(), _CMP_NEQ_UQ)) == 0;
}
FE_INLINE vf v_pick(uint32_t bits, vf x) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi32((int)bits), lane);
    return _mm256_and_ps(x, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane)));
}
/* Eight registers fold into one in three rounds; the first two work within 128 bits. */
FE_INLINE vf v_quad(const vf *a, const int count) {
    const vf zero = v_zero();
    if (count <= 0) return zero;
    return _mm256_hadd_ps(_mm256_hadd_ps(a[0], count > 1 ? a[1] : zero),
                          count > 2 ? _mm256_hadd_ps(a[2], count > 3 ? a[3] : zero) : zero);
}
FE_INLINE void v_store_sums(float *g, const vf *a, const int mi, const int nj) {
    FE_UNROLL for (int i = 0; i < mi; i++) {
        const vf low = v_quad(a + i * nj, nj), high = v_quad(a + i * nj + 4, nj - 4);
        v_store(g + 8 * i, v_add(_mm256_permute2f128_ps(low, high, 0x20), _mm256_permute2f128_ps(low, high, 0x31)));
    }
}

FE_INLINE uint32_t v_above(vf a, vf b) { return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)); }

#include "step.inc.h"
#include "topk.inc.h"

static int supported(void) {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

const struct fe_kernel fe_kernel_avx2 = {
    "avx2", LANES, supported, gradient_avx2, update_avx2, gather_avx2, scatter_avx2, PANEL * LANES, score_avx2,
};

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
