#define _POSIX_C_SOURCE 199309L /* of nanosleep */
#include "common/meeting.h"

#if defined(_WIN32)
#include <windows.h>
void fe_rest(void) { Sleep(0); }
#else
#include <time.h>
void fe_rest(void) { nanosleep(&(struct timespec){0, 20000}, NULL); }
#endif
