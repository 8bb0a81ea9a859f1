/* What an instruction set must offer to the trainer. One table a file isa_*.c, all made from step.inc.h. */
#ifndef FE_KERNEL_H
#define FE_KERNEL_H

#include "fastemb.h"

#if defined(__clang__)
#define FE_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define FE_UNROLL _Pragma("GCC unroll 32")
#else
#define FE_UNROLL
#endif

#if defined(__GNUC__) || defined(__clang__)
#define FE_INLINE static inline __attribute__((always_inline))
#define FE_NOINLINE static __attribute__((noinline))
#define FE_PREFETCH(address) __builtin_prefetch((address), 1, 3)
#else
#define FE_INLINE static __forceinline
#define FE_NOINLINE static __declspec(noinline)
#define FE_PREFETCH(address) ((void)(address))
#endif

enum { FE_LINE = 16 }; /* floats in a cache line; rows are padded to it */

/* One block: m inputs against n outputs.
 *     S = H O^T    G = alpha (Y - sigmoid(S))    dH += scale G O    O += G^T H
 * H is read before any of it changes; a row that stands twice receives both changes. Outputs are taken in groups, so a
 * row that stands twice among more than six outputs may be read after its first change. */
struct fe_block {
    const float *const *h; /* m rows */
    float *const *dh;      /* m rows that receive the change of h: the same rows, or others */
    const float *scale;    /* m factors on that change, or NULL */
    float *const *o;       /* n rows */
    const uint8_t *labels; /* n, 0 or 1 */
    int m;                 /* 1 .. FE_MAX_INPUTS */
    int n;                 /* >= 1 */
};

struct fe_kernel {
    const char *name;
    int lanes;
    int (*supported)(void);
    /* `size` is the vector size: a kernel may read and write whole registers past it, up to the next FE_LINE.
     * step returns 0, and changes nothing, when a score was not finite; loss is added to, or NULL; scratch has
     * FE_STEP_SCRATCH(n) floats. */
    int (*step)(const struct fe_block *block, int64_t size, float alpha, double *loss, float *scratch);
    /* out = factor * sum of m rows */
    void (*gather)(const float *const *rows, int m, float factor, int64_t size, float *out);
    /* rows[i] += scale[i] * change */
    void (*scatter)(float *const *rows, int m, const float *scale, int64_t size, const float *change);
};

extern const struct fe_kernel fe_kernel_base, fe_kernel_avx2, fe_kernel_avx512, fe_kernel_neon;

/* Scratch of a step in floats: the changes of FE_STEP_COLUMNS columns of all inputs, then FE_MAX_INPUTS values of G
 * an output and room for the end of a register. */
enum { FE_STEP_COLUMNS = 256 };
#define FE_STEP_SCRATCH(n) (FE_MAX_INPUTS * ((int64_t)FE_STEP_COLUMNS + (n)) + FE_LINE)

#endif
