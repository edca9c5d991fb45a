/* A small object that is renewed every 60 s while its writer lives, so that others can tell an abandoned backup
 * (docs/formats.md, Seal). */
#ifndef STREAM_ALIVE_H
#define STREAM_ALIVE_H

#include "../store/store.h"

struct alive;

/* Writes it once before it returns. `operation` may be NULL; texts are copied. */
int alive_start(jb_store *store, jb_operation *operation, const char *bucket, const char *key, struct alive **alive,
                jb_error *error);
/* The object stays: its age tells when the writer ended. NULL is allowed. */
void alive_stop(struct alive *alive);

#endif
