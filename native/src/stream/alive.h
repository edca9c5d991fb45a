/* A small object that is renewed every 60 s while its writer lives, so that others can tell an abandoned backup, and
 * that tells what the writer has completed, so that such a backup can be resumed (docs/formats.md, Signs of life). */
#ifndef STREAM_ALIVE_H
#define STREAM_ALIVE_H

#include <jansson.h>

#include "../store/store.h"

struct alive;

/* Writes it once before it returns, and keeps what an earlier writer told there. `operation` may be NULL; texts are
 * copied. */
int alive_start(jb_store *store, jb_operation *operation, const char *bucket, const char *key, struct alive **alive,
                jb_error *error);
/* Tells that an object was completed, by its description; best effort, for it only spares work later. NULL for either
 * is allowed. */
void alive_complete(struct alive *alive, const json_t *description);
/* The object stays: its age tells when the writer ended. NULL is allowed. */
void alive_stop(struct alive *alive);

/* What a sign of life tells of completed objects: a new array, empty where it tells nothing that can be read. */
int alive_read(jb_store *store, jb_operation *operation, const char *bucket, const char *key, json_t **objects,
               jb_error *error);

#endif
