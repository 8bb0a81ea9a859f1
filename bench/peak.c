/* Multiply-adds of registers, nothing else: what a core can do at most. Prints GFLOP/s, the best of 20 tries.
 * Built by peak.py with the flags of one instruction set; LANES floats a register. */
#include <stdio.h>
#include <time.h>

typedef float vf __attribute__((vector_size(4 * LANES)));

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#define SUMS 12 /* enough to hide a latency of 4 to 6 cycles at two a cycle, and they fit 16 registers */

int main(void) {
    const long rounds = 1000000;
    volatile float source = 0.5f;
    double best = 0.0;
    float sink = 0.0f;
    for (int attempt = 0; attempt < 20; attempt++) {
        vf sums[SUMS], a, b;
        for (int lane = 0; lane < LANES; lane++) a[lane] = b[lane] = source;
        for (int i = 0; i < SUMS; i++) sums[i] = a * source; /* read again: no two are known to be equal */
        const double start = seconds();
        for (long round = 0; round < rounds; round++) {
            for (int i = 0; i < SUMS; i++) sums[i] = sums[i] * a + b;
            __asm__ volatile("" ::: "memory");
        }
        const double rate = 2e-9 * SUMS * LANES * (double)rounds / (seconds() - start);
        for (int i = 0; i < SUMS; i++) sink += sums[i][0];
        if (rate > best) best = rate;
    }
    printf("%.2f\n", sink == 0.0f ? 0.0 : best);
    return 0;
}
