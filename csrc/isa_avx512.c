/* AVX-512 F: 32 registers of 16 floats. Two fused multiply-adds a cycle on server cores, so loads bound the
 * step unless each feeds several: 4 x 6 dot products (24 sums, 4 inputs, 1 output) and updates two registers
 * wide (24 for outputs and changes) fill the register file. */
#include "kernel.h"

#if defined(__x86_64__) || defined(_M_X64)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx512f,avx512dq")
#endif
#include <immintrin.h>

#define LANES 16
#define TILE_H 4
#define COLUMNS 2
#define ISA(name) name##_avx512
typedef __m512 vf;

FE_INLINE vf v_load(const float *p) { return _mm512_loadu_ps(p); }
FE_INLINE void v_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
FE_INLINE vf v_zero(void) { return _mm512_setzero_ps(); }
FE_INLINE vf v_set1(float a) { return _mm512_set1_ps(a); }
FE_INLINE vf v_add(vf a, vf b) { return _mm512_add_ps(a, b); }
FE_INLINE vf v_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
FE_INLINE vf v_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
FE_INLINE vf v_div(vf a, vf b) { return _mm512_div_ps(a, b); }
FE_INLINE vf v_min(vf a, vf b) { return _mm512_min_ps(a, b); }
FE_INLINE vf v_max(vf a, vf b) { return _mm512_max_ps(a, b); }
FE_INLINE vf v_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
FE_INLINE vf v_pow2i(vf x) { return _mm512_scalef_ps(_mm512_set1_ps(1.0f), x); }
FE_INLINE vf v_round(vf x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/* Classes 0x99: quiet and signalling NaN, both infinities. */
FE_INLINE int v_all_finite(vf x) { return _mm512_fpclass_ps_mask(x, 0x99) == 0; }

/* Halve 512 -> 256 first: every later step then works on half the bits. */
FE_INLINE __m256 v_half(vf a) { return _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1)); }
FE_INLINE void v_sum4(vf a, vf b, vf c, vf d, float *out) {
    const __m256 ab = _mm256_hadd_ps(v_half(a), v_half(b)), cd = _mm256_hadd_ps(v_half(c), v_half(d));
    const __m256 abcd = _mm256_hadd_ps(ab, cd);
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(abcd), _mm256_extractf128_ps(abcd, 1)));
}

#include "step.inc.h"

static int supported(void) {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
#else
    return 0;
#endif
}

const struct fe_kernel fe_kernel_avx512 = {"avx512", LANES, supported, step_avx512, gather_avx512, scatter_avx512};

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
