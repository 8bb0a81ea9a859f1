/* AVX2 + FMA: 16 registers of 8 floats, two multiply-adds a cycle and two loads. 2 x 6 dot products leave room for two
 * inputs and one output, which feeds two multiply-adds. The update keeps three inputs and their changes, two registers
 * wide (a cache line, so that each of the other rows' lines is loaded once), and an output, its change and G. */
#include "kernels/kernel.h"

#if defined(__x86_64__) || defined(_M_X64)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx2,fma")
#endif
#include <immintrin.h>

#define LANES 8
#define SCORE_H 2
#define UPDATE_H 3
#define UPDATE_COLUMNS 2
#define HELD 7
#define LOCKSTEP 4
#define PANEL 2
#define ISA(name) name##_avx2
#define ISA_NAME "avx2"
typedef __m256 vf;

FE_INLINE vf v_load(const float *p) { return _mm256_loadu_ps(p); }
FE_INLINE void v_store(float *p, vf a) { _mm256_storeu_ps(p, a); }
FE_INLINE vf v_zero(void) { return _mm256_setzero_ps(); }
FE_INLINE vf v_set1(float a) { return _mm256_set1_ps(a); }
FE_INLINE vf v_add(vf a, vf b) { return _mm256_add_ps(a, b); }
FE_INLINE vf v_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
FE_INLINE vf v_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
FE_INLINE vf v_div(vf a, vf b) { return _mm256_div_ps(a, b); }
FE_INLINE vf v_sqrt(vf a) { return _mm256_sqrt_ps(a); }
FE_INLINE vf v_min(vf a, vf b) { return _mm256_min_ps(a, b); }
FE_INLINE vf v_max(vf a, vf b) { return _mm256_max_ps(a, b); }
FE_INLINE vf v_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
FE_INLINE vf v_pow2i(vf x) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(x), _mm256_set1_epi32(127)), 23));
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
/* Of two inputs with six outputs, the halves of a pair of registers are added first, one input's sums in the low and
 * one's in the high half. */
FE_INLINE vf v_halves(vf low, vf high) {
    return v_add(_mm256_blend_ps(low, high, 0xF0), _mm256_permute2f128_ps(low, high, 0x21));
}
FE_INLINE void v_store_sums(float *g, int stride, const vf *a, const int mi, const int nj) {
    if (mi == 1) {
        const vf low = v_quad(a, nj), high = v_quad(a + 4, nj - 4);
        v_store(g, v_add(_mm256_permute2f128_ps(low, high, 0x20), _mm256_permute2f128_ps(low, high, 0x31)));
        return;
    }
    vf both[8];
    FE_UNROLL for (int j = 0; j < nj; j++) both[j] = v_halves(a[j], a[nj + j]);
    const vf first = v_quad(both, nj), rest = v_quad(both + 4, nj - 4);
    v_store(g, _mm256_permute2f128_ps(first, rest, 0x20));
    v_store(g + stride, _mm256_permute2f128_ps(first, rest, 0x31));
}
FE_INLINE vf v_keep(vf a) {
#if defined(__GNUC__) || defined(__clang__)
    __asm__("" : "+x"(a)); /* GCC 12 reads it from memory for each multiply-add */
#endif
    return a;
}

FE_INLINE uint32_t v_above(vf a, vf b) { return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)); }

#include "kernels/step.inc.h"

FE_INLINE vf v_load_part(const float *p, int count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane));
}
FE_INLINE void v_store_part(float *p, vf a, int count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_maskstore_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane), a);
}

#include "kernels/rows.inc.h"

typedef __m256i vw, vi;
FE_INLINE void v_store_int16(void *to, vf a) {
    const __m256i ints = _mm256_cvtps_epi32(a);
    _mm_storeu_si128(to, _mm_packs_epi32(_mm256_castsi256_si128(ints), _mm256_extracti128_si256(ints, 1)));
}
FE_INLINE vw vw_load(const uint32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
FE_INLINE vw vw_load_int8(const int8_t *p) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}
FE_INLINE vw vw_set1(uint32_t a) { return _mm256_set1_epi32((int)a); }
FE_INLINE vi vi_zero(void) { return _mm256_setzero_si256(); }
FE_INLINE vf v_from_ints(vi a) { return _mm256_cvtepi32_ps(a); }

#include "kernels/quantise.inc.h"

#define ESTIMATE estimate_plain
#define v_dot(sum, rows, query) _mm256_add_epi32(sum, _mm256_madd_epi16(rows, query))
#include "kernels/estimate.inc.h"

#if defined(__GNUC__) && __GNUC__ >= 12
/* Processors without AVX-512 may have its VNNI: two products a lane made and added in one instruction, not two. */
#define HAS_VNNI
FE_INLINE vi v_dot_vnni(vi sum, vw rows, vw query) {
    __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum) : "x"(rows), "x"(query));
    return sum;
}
#define ESTIMATE estimate_vnni
#define v_dot v_dot_vnni
#include "kernels/estimate.inc.h"
#endif

static void estimate_avx2(const struct fe_panel *panel, int64_t words, const uint32_t *queries,
                          const struct fe_query *quantised, int count, uint64_t *above) {
#ifdef HAS_VNNI
    if (__builtin_cpu_supports("avxvnni")) estimate_vnni(panel, words, queries, quantised, count, above);
    else
#endif
        estimate_plain(panel, words, queries, quantised, count, above);
}

static uint64_t estimate_int8_avx2(const int8_t *const *rows, const float *scales, int count, int64_t size,
                                   const uint32_t *words, const struct fe_query *quantised) {
#ifdef HAS_VNNI
    if (__builtin_cpu_supports("avxvnni")) return estimate_vnni_int8(rows, scales, count, size, words, quantised);
#endif
    return estimate_plain_int8(rows, scales, count, size, words, quantised);
}

static int ISA(supported)(void) {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else /* MSVC. Not tested: no build with it has been run. */
    return 0;
#endif
}

#include "kernels/table.inc.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
