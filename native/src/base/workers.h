/* A pool of threads for work that burns processor time: hashing and compressing. */
#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

#include <pthread.h>

#include "error.h"

struct workers;

/* A piece of work, owned by the caller, who keeps it alive until it has run. */
struct work {
    void (*run)(struct work *work); /* on a pool's thread; the work may be freed in here */
    struct work *next;              /* the pool's */
};

/* `threads` 0: one a processor that this process may use, at most 16; else at most 128. All signals are blocked on the
 * threads. */
int workers_new(unsigned threads, struct workers **workers, jb_error *error);
/* Runs what is queued, then ends the threads. NULL is allowed. */
void workers_free(struct workers *workers);
/* How many processors this process may use: 1 to 16. */
unsigned processors_usable(void);
/* First in, first out. Never fails, never waits. */
void workers_submit(struct workers *workers, struct work *work);
unsigned workers_count(const struct workers *workers);

/* Starts a thread with all signals blocked; 0 or an errno. The library's only way to make one. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

#endif
