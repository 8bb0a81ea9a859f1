/* AVX-512 F: 32 registers of 16 floats. Two fused multiply-adds a cycle on server cores, so loads bound the
 * step unless each feeds several: 4 x 6 dot products (24 sums, 4 inputs, 1 output) and updates of six
 * inputs two registers wide (24 for inputs and changes, 5 for an output, its change and G) fill the register file. Six
 * inputs rather than three, twice as wide: a store takes two cycles on Zen 4, and outputs' changes are stored half as
 * often. */
#include "kernels/kernel.h"

#if defined(__x86_64__) || defined(_M_X64)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx512f,avx512dq,avx512bw")
#endif
#include <immintrin.h>

#define LANES 16
#define SCORE_H 4
#define UPDATE_H 6
#define UPDATE_COLUMNS 2
#define HELD 14
#define LOCKSTEP 4
#define PANEL 4
#define ISA(name) name##_avx512
#define ISA_NAME "avx512"
typedef __m512 vf;

FE_INLINE vf v_load(const float *p) { return _mm512_loadu_ps(p); }
FE_INLINE void v_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
FE_INLINE vf v_zero(void) { return _mm512_setzero_ps(); }
FE_INLINE vf v_set1(float a) { return _mm512_set1_ps(a); }
FE_INLINE vf v_add(vf a, vf b) { return _mm512_add_ps(a, b); }
FE_INLINE vf v_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
FE_INLINE vf v_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
FE_INLINE vf v_div(vf a, vf b) { return _mm512_div_ps(a, b); }
FE_INLINE vf v_sqrt(vf a) { return _mm512_sqrt_ps(a); }
FE_INLINE vf v_min(vf a, vf b) { return _mm512_min_ps(a, b); }
FE_INLINE vf v_max(vf a, vf b) { return _mm512_max_ps(a, b); }
FE_INLINE vf v_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
FE_INLINE vf v_pow2i(vf x) { return _mm512_scalef_ps(_mm512_set1_ps(1.0f), x); }
FE_INLINE vf v_round(vf x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/* Classes 0x99: quiet and signalling NaN, both infinities. */
FE_INLINE int v_all_finite(vf x) { return _mm512_fpclass_ps_mask(x, 0x99) == 0; }

FE_INLINE vf v_pick(uint32_t bits, vf x) { return _mm512_maskz_mov_ps((__mmask16)bits, x); }

/* Two registers in, one out that holds half the partial sums of each: 2 shuffles and an addition. Four rounds
 * (within 64, 128, 256 and 512 bits) turn sixteen registers into the sixteen sums. */
FE_INLINE vf v_fold1(vf a, vf b) { return v_add(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)); }
FE_INLINE vf v_fold2(vf a, vf b) { return v_add(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xEE)); }
FE_INLINE vf v_fold4(vf a, vf b) { return v_add(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xDD)); }
FE_INLINE vf v_quad(const vf *a, const int count) {
    const vf zero = v_zero();
    if (count <= 0) return zero;
    return v_fold2(v_fold1(a[0], count > 1 ? a[1] : zero), count > 2 ? v_fold1(a[2], count > 3 ? a[3] : zero) : zero);
}
FE_INLINE vf v_row(const vf *a, const int nj) { return v_fold4(v_quad(a, nj), v_quad(a + 4, nj - 4)); }
FE_INLINE void v_store_sums(float *g, int stride, const vf *a, const int mi, const int nj) {
    FE_UNROLL for (int i = 0; i < mi; i += 2) {
        const vf both = v_fold4(v_row(a + i * nj, nj), i + 1 < mi ? v_row(a + (i + 1) * nj, nj) : v_zero());
        if (stride == 8 && i + 1 < mi) { /* one store, which a load of both rows need not wait for */
            v_store(g + i * stride, both);
            continue;
        }
        _mm256_storeu_ps(g + i * stride, _mm512_castps512_ps256(both));
        if (i + 1 < mi) _mm256_storeu_ps(g + (i + 1) * stride, _mm512_extractf32x8_ps(both, 1));
    }
}
FE_INLINE vf v_keep(vf a) {
#if defined(__GNUC__) || defined(__clang__)
    __asm__("" : "+v"(a));
#endif
    return a;
}

FE_INLINE uint32_t v_above(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }

#include "kernels/step.inc.h"

FE_INLINE vf v_load_part(const float *p, int count) { return _mm512_maskz_loadu_ps((__mmask16)((1 << count) - 1), p); }
FE_INLINE void v_store_part(float *p, vf a, int count) { _mm512_mask_storeu_ps(p, (__mmask16)((1 << count) - 1), a); }

#include "kernels/rows.inc.h"

typedef __m512i vw, vi;
FE_INLINE void v_store_int16(void *to, vf a) { _mm256_storeu_si256(to, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(a))); }
FE_INLINE vw vw_load(const uint32_t *p) { return _mm512_loadu_si512(p); }
FE_INLINE vw vw_load_int8(const int8_t *p) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
FE_INLINE vw vw_set1(uint32_t a) { return _mm512_set1_epi32((int)a); }
FE_INLINE vi vi_zero(void) { return _mm512_setzero_si512(); }
FE_INLINE vf v_from_ints(vi a) { return _mm512_cvtepi32_ps(a); }

#include "kernels/quantise.inc.h"

#define ESTIMATE estimate_plain
#define v_dot(sum, rows, query) _mm512_add_epi32(sum, _mm512_madd_epi16(rows, query))
#include "kernels/estimate.inc.h"

#if defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 8)
#define HAS_VNNI
/* VNNI makes two products a lane and adds them in one instruction, not two. GCC 12 copies a register before and after
 * every intrinsic of it. */
FE_INLINE vi v_dot_vnni(vi sum, vw rows, vw query) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(rows), "v"(query));
    return sum;
}
#define ESTIMATE estimate_vnni
#define v_dot v_dot_vnni
#include "kernels/estimate.inc.h"
#endif

static void estimate_avx512(const struct fe_panel *panel, int64_t words, const uint32_t *queries,
                            const struct fe_query *quantised, int count, uint64_t *above) {
#ifdef HAS_VNNI
    if (__builtin_cpu_supports("avx512vnni")) estimate_vnni(panel, words, queries, quantised, count, above);
    else
#endif
        estimate_plain(panel, words, queries, quantised, count, above);
}

static uint64_t estimate_int8_avx512(const int8_t *const *rows, const float *scales, int count, int64_t size,
                                     const uint32_t *words, const struct fe_query *quantised) {
#ifdef HAS_VNNI
    if (__builtin_cpu_supports("avx512vnni")) return estimate_vnni_int8(rows, scales, count, size, words, quantised);
#endif
    return estimate_plain_int8(rows, scales, count, size, words, quantised);
}

static int ISA(supported)(void) {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw");
#else /* MSVC. Not tested: no build with it has been run. */
    return 0;
#endif
}

#include "kernels/table.inc.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
