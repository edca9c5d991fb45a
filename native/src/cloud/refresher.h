/* Keeps what is short-lived fresh: fetched once at the start, then anew on a thread of its own before it expires, or as
 * soon as a server has refused it. */
#ifndef CLOUD_REFRESHER_H
#define CLOUD_REFRESHER_H

#include <stdint.h>

#include "../base/error.h"

struct refresher;

/*
 * Fetches and keeps the value, behind a lock of its own; `expires` is in seconds since 1970, 0 for never. Called on one
 * thread at a time.
 */
typedef int (*refresher_fetch_fn)(void *context, int64_t *expires, jb_error *error);

/* Fetches once and waits for it; a failure is the call's. Fetches again 5 minutes before the value expires, or a third
 * of a life shorter than 15 minutes. A later failure is tried again with pauses of 1 to 60 s while the value in hand
 * lasts, and after. */
int refresher_new(refresher_fetch_fn fetch, void *context, struct refresher **refresher, jb_error *error);

/* From any thread, at once: the value was refused, so it is fetched anew now, or a second after the last fetch. */
void refresher_hasten(struct refresher *refresher);

/* Waits for a fetch under way. NULL is allowed. */
void refresher_free(struct refresher *refresher);

#endif
