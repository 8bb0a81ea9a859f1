/* What compilers spell differently. */
#ifndef FE_COMPILER_H
#define FE_COMPILER_H

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
#define FE_PREFETCH(at) __builtin_prefetch(at)
#define FE_PREFETCH_WRITE(at) __builtin_prefetch((at), 1, 3)
#define FE_PREFETCH_WRITE_L2(at) __builtin_prefetch((at), 1, 2)    /* no nearer than the second cache */
#define FE_LOAD_SHARED(at) __atomic_load_n((at), __ATOMIC_RELAXED) /* what another thread may write meanwhile */
#else /* MSVC. Not tested: no build with it has been run. */
#define FE_INLINE static __forceinline
#define FE_NOINLINE static __declspec(noinline)
#define FE_PREFETCH(at) ((void)(at))
#define FE_PREFETCH_WRITE(at) ((void)(at))
#define FE_PREFETCH_WRITE_L2(at) ((void)(at))
#define FE_LOAD_SHARED(at) (*(at)) /* of volatile memory */
#endif

#endif
