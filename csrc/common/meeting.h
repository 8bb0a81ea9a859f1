/* Threads that work together and wait for each other: whole numbers that they share, and a place to meet.
 *
 * The threads are the caller's. They wait by looking again and again, as the others take some microseconds; where they
 * take longer, the processor is left to others in between. */
#ifndef FE_MEETING_H
#define FE_MEETING_H

#include <stdint.h>

#include "common/compiler.h"

#if defined(__GNUC__) || defined(__clang__)
#define FE_SHARED_ADD(at, n) __atomic_add_fetch((at), (n), __ATOMIC_ACQ_REL)
#define FE_SHARED_GET(at) __atomic_load_n((at), __ATOMIC_ACQUIRE)
#define FE_SHARED_SET(at, n) __atomic_store_n((at), (n), __ATOMIC_RELEASE)
#else /* MSVC. Not tested: no build with it has been run. */
#include <intrin.h>
#define FE_SHARED_ADD(at, n) (_InterlockedExchangeAdd((volatile long *)(at), (n)) + (n))
#define FE_SHARED_GET(at) _InterlockedOr((volatile long *)(at), 0)
#define FE_SHARED_SET(at, n) ((void)_InterlockedExchange((volatile long *)(at), (n)))
#endif

/* Let others that want this processor have it; with `asleep` even where nobody does, for some 70 microseconds. */
void fe_rest(int asleep);

enum {
    FE_LOOKS = 30000, /* 30 to 100 microseconds, as long as a round takes: whoever sleeps is late for the next one */
    FE_TURNS = 200,   /* that others get then; where nobody wants them, 100 microseconds more */
};

struct fe_meeting {
    int32_t workers;    /* that come */
    int32_t waiting;    /* that have come */
    int32_t turn;       /* how often all had come */
    int32_t called_off; /* 1: somebody will not come */
};

/* Wait until all have come. 1 for the last one, who must call fe_meeting_end; 0 for the others, after that; -1 when the
 * meeting was called off. */
static inline int fe_meet(struct fe_meeting *m) {
    const int32_t turn = FE_SHARED_GET(&m->turn);
    if (FE_SHARED_ADD(&m->waiting, 1) == m->workers) return 1;
    for (int looks = 0; FE_SHARED_GET(&m->turn) == turn; looks += looks < FE_LOOKS + FE_TURNS) {
        if (FE_SHARED_GET(&m->called_off)) return -1;
        if (looks >= FE_LOOKS) fe_rest(looks == FE_LOOKS + FE_TURNS);
    }
    return 0;
}

static inline void fe_meeting_end(struct fe_meeting *m) {
    FE_SHARED_SET(&m->waiting, 0);
    FE_SHARED_ADD(&m->turn, 1);
}

#endif
