/* A malloc that fails at its k-th call, to be preloaded before the C library's: LD_PRELOAD=failing_malloc.so python ...
 *
 * fault_arm(k) lets the k-th call from then on fail, of any thread, and that one alone; 0 lets none fail. fault_calls()
 * tells how many there were since, and fault_live() how many bytes of those that were ever handed out are held.
 * fault_tell(file) writes the libraries in which a crash happens, innermost first, to an open file. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static atomic_long calls, failing, live;

void fault_arm(long k) {
    atomic_store(&failing, 0);
    atomic_store(&calls, 0);
    atomic_store(&failing, k);
}

long fault_calls(void) { return atomic_load(&calls); }

long fault_live(void) { return atomic_load(&live); }

static int told = -1;

static void say(const char *text) {
    if (write(told, text, strlen(text)) < 0) _exit(2);
}

static void crashed(int number) {
    void *frames[40];
    const int count = backtrace(frames, 40);
    say("crash in");
    for (int k = 0; k < count; k++) {
        Dl_info found;
        if (dladdr(frames[k], &found) == 0 || found.dli_fname == NULL) continue;
        say(" ");
        say(found.dli_fname);
    }
    signal(number, SIG_DFL);
    raise(number);
}

void fault_tell(int file) {
    void *frame;
    backtrace(&frame, 1); /* which takes memory the first time */
    told = file;
    signal(SIGSEGV, crashed);
    signal(SIGABRT, crashed);
    signal(SIGBUS, crashed);
}

static int fails(void) {
    const long call = atomic_fetch_add(&calls, 1) + 1;
    if (call != atomic_load(&failing)) return 0;
    errno = ENOMEM;
    return 1;
}

static void *held(void *memory) {
    if (memory != NULL) atomic_fetch_add(&live, (long)malloc_usable_size(memory));
    return memory;
}

void *malloc(size_t size) { return fails() ? NULL : held(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return fails() ? NULL : held(__libc_calloc(count, size)); }

void *realloc(void *memory, size_t size) {
    if (fails()) return NULL;
    const long before = memory == NULL ? 0 : (long)malloc_usable_size(memory);
    void *moved = __libc_realloc(memory, size);
    if (moved != NULL || size == 0) atomic_fetch_sub(&live, before);
    return held(moved);
}

void free(void *memory) {
    if (memory != NULL) atomic_fetch_sub(&live, (long)malloc_usable_size(memory));
    __libc_free(memory);
}

void *memalign(size_t alignment, size_t size) { return fails() ? NULL : held(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    void *made = memalign(alignment, size);
    if (made == NULL) return ENOMEM;
    *memory = made;
    return 0;
}
