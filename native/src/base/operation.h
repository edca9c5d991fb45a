/* The inside of an operation: budget, cancellation, progress, log. */
#ifndef BASE_OPERATION_H
#define BASE_OPERATION_H

#include <jpsbackup/operation.h>

#include "error.h"

/* True once cancelled. Thread-safe. Long loops ask at least every 100 ms. `operation` may be NULL everywhere here. */
bool operation_cancelled(const jb_operation *operation);

/* JB_OK, or JB_ERROR_CANCELLED with its text. */
int operation_check(const jb_operation *operation, jb_error *error);

/* Becomes readable once cancelled, for poll(2); -1 without an operation. Never read from it. */
int operation_cancel_fd(const jb_operation *operation);

uint64_t operation_memory_limit(const jb_operation *operation);

void operation_log(const jb_operation *operation, jb_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A phase of progress begins: sets totals (0: not known), and the counts to 0. Calling thread only, like the next two.
 */
void operation_phase(jb_operation *operation, const char *phase, const char *item, uint64_t bytes_total,
                     uint64_t objects_total);
/* Adds to the counts and calls the listener when its time has come; JB_ERROR_CANCELLED if it or anybody cancelled. */
int operation_progress(jb_operation *operation, uint64_t bytes, uint64_t objects, const char *item, jb_error *error);
/* Reports the phase's last state once, whatever the interval. */
int operation_phase_end(jb_operation *operation, jb_error *error);

#endif
