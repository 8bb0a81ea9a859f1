/* Which kernels this binary holds, in rising order of preference. */
#include "kernels/kernel.h"

static const struct fe_kernel *const kernels[] = {
    &fe_kernel_base,
#if defined(__x86_64__) || defined(_M_X64)
    &fe_kernel_avx2,
    &fe_kernel_avx512,
#elif defined(__aarch64__) || defined(_M_ARM64)
    &fe_kernel_neon,
#endif
};

const struct fe_kernel *fe_kernel_at(int index) {
    const int count = (int)(sizeof kernels / sizeof kernels[0]);
    return index >= 0 && index < count ? kernels[index] : NULL;
}

const char *fe_kernel_name(const struct fe_kernel *kernel) { return kernel->name; }
int fe_kernel_lanes(const struct fe_kernel *kernel) { return kernel->lanes; }
int fe_kernel_together(const struct fe_kernel *kernel) { return kernel->together; }
int fe_kernel_supported(const struct fe_kernel *kernel) { return kernel->supported(); }
