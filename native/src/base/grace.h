/* An operation for tidying up after another one: it outlives that one's cancellation, but not for long, so that a store
 * that no longer answers does not hold up whoever has cancelled. */
#ifndef BASE_GRACE_H
#define BASE_GRACE_H

#include "operation.h"

#define GRACE_MS 10000

struct grace;

/* `operation` must outlive it, and may be NULL, then nothing cancels the tidying. */
int grace_new(jb_operation *operation, int64_t milliseconds, struct grace **grace, jb_error *error);
/* NULL is allowed. */
void grace_free(struct grace *grace);

/* To tidy up with: cancelled so many milliseconds after the other one was. */
jb_operation *grace_operation(const struct grace *grace);

#endif
