/* Runs the core without Python, on problems from seeded random numbers: every kernel in the binary that this CPU can
 * run against the plainest one ("base"), and the rest of the core against plain rewritings of it. What base computes is
 * held to a float64 oracle by the Python tests.
 *
 *     main [--needs KERNEL] [--hashes]
 *
 * --needs fails unless the kernel is there and can run. --hashes prints a hash of every case's results, so that two
 * versions of the core, or two machines, can be compared bit by bit. Stops at the first difference with exit code 1. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "fastemb.h"

int main(int count, char **arguments) {
    int print_hashes = 0;
    const char *needed = "base";
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--hashes") == 0) {
            print_hashes = 1;
        } else if (strcmp(arguments[i], "--needs") == 0 && i + 1 < count) {
            needed = arguments[++i];
        } else {
            fprintf(stderr, "usage: %s [--needs KERNEL] [--hashes]\n", arguments[0]);
            return 2;
        }
    }
    int is_there = 0;
    printf("kernels:");
    for (int k = 0; fe_kernel_at(k) != NULL; k++) {
        const char *name = fe_kernel_name(fe_kernel_at(k));
        const int supported = fe_kernel_supported(fe_kernel_at(k));
        printf(" %s%s", name, supported ? "" : " (not on this CPU)");
        is_there |= supported && strcmp(name, needed) == 0;
    }
    printf("\n");
    if (!is_there) {
        printf("FAILED: the kernel %s is not in this binary, or not on this CPU\n", needed);
        return 1;
    }
    start_checks(print_hashes);
    check_steps();
    check_training();
    check_rows();
    check_tables();
    check_top();
    check_text();
    check_formats();
    return finish_checks();
}
