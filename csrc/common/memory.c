#include "common/memory.h"

#if defined(__linux__)
#include <stdlib.h> /* defines __GLIBC__ where it is glibc's */
#endif

#if defined(__GLIBC__)
#include <malloc.h>
void fe_trim(void) { malloc_trim(0); }
#else
void fe_trim(void) {}
#endif
