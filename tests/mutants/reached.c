/* Notes which blocks of the core ran: compiled with -fsanitize-coverage=trace-pc, each of them begins with a call of
 * the function below. Of threads that note something at the same moment one may be lost. */
#define _GNU_SOURCE /* for dladdr */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#define PUBLIC __attribute__((visibility("default")))

enum { SLOTS = 1 << 17 };
static uintptr_t slots[SLOTS];

PUBLIC void __sanitizer_cov_trace_pc(void) {
    const uintptr_t place = (uintptr_t)__builtin_return_address(0);
    uintptr_t slot = place * 0x9E3779B1u % SLOTS;
    while (slots[slot] != place && slots[slot] != 0) slot = (slot + 1) % SLOTS;
    slots[slot] = place;
}

PUBLIC void forget_reached(void) { memset(slots, 0, sizeof slots); }

/* The places that were reached since, as they are in the file of the library; returns how many. places: SLOTS. */
PUBLIC int64_t reached(uint64_t *places) {
    Dl_info info;
    if (dladdr((void *)slots, &info) == 0) return 0;
    int64_t count = 0;
    for (int64_t k = 0; k < SLOTS; k++)
        if (slots[k] != 0) places[count++] = slots[k] - (uintptr_t)info.dli_fbase;
    return count;
}
