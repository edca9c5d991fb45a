/*
 * Many jobs at once that mostly wait for others (a store, a disk), bounded in number and in the memory they hold. One
 * thread submits and gets every job back; the jobs run on the crew's own threads.
 */
#ifndef BASE_CREW_H
#define BASE_CREW_H

#include "operation.h"
#include "workers.h"

struct crew;

struct crew_job {
    struct work work;                  /* first; the crew's, like the last two */
    void (*run)(struct crew_job *job); /* on a thread of the crew; tells its failure in `error` */
    size_t bytes;                      /* memory that it holds while it runs */
    jb_error error;
    struct crew *crew;
    struct crew_job *next;
};

/*
 * Takes a job that has run, on the submitting thread, and frees it in any case. What it answers ends the submission or
 * the wait that called it.
 */
typedef int (*crew_take_fn)(void *context, struct crew_job *job, jb_error *error);

/* At most `at_once` jobs, which hold at most `bytes` together (but one that holds more runs alone). */
int crew_new(unsigned at_once, size_t bytes, crew_take_fn take, void *context, struct crew **crew, jb_error *error);

/* Waits for room, and takes jobs that have run meanwhile. The job is the crew's where the answer is JB_OK, else still
 * the caller's. */
int crew_submit(struct crew *crew, struct crew_job *job, jb_operation *operation, jb_error *error);

/* Takes all jobs; the answer is the first failure of `take`. */
int crew_wait(struct crew *crew, jb_error *error);

/* After crew_wait. NULL is allowed. */
void crew_free(struct crew *crew);

#endif
