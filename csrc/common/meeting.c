#define _POSIX_C_SOURCE 199309L /* of nanosleep */
#include "common/meeting.h"

#if defined(_WIN32)
#include <windows.h>
void fe_rest(int asleep) { Sleep(asleep ? 1 : 0); }
#else
#include <sched.h>
#include <time.h>
void fe_rest(int asleep) {
    if (asleep) nanosleep(&(struct timespec){0, 20000}, NULL);
    else sched_yield();
}
#endif
