/* What the allocator keeps. */
#ifndef FE_MEMORY_H
#define FE_MEMORY_H

/* Give pages that were freed, but that glibc's allocator keeps, back to the system. It takes some milliseconds. */
void fe_trim(void);

#endif
