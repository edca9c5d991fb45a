/* What the last verification of a backup found: `verified.json` beside its seal (docs/formats.md, Verification). */
#ifndef BACKUP_VERIFIED_H
#define BACKUP_VERIFIED_H

#include <jansson.h>

#include "../store/store.h"
#include "name.h"

#define VERIFIED_NAME "verified.json"

/*
 * Replaces the record of the backup whose seal has this `owner`. Nothing stays of it where the backup is being removed
 * meanwhile: JB_ERROR_CONFLICT. JB_ERROR_UNSUPPORTED where the bucket has object lock: its defaults may protect what is
 * written now for longer than the backup. Takes `record`.
 */
int verified_write(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                   const char *owner, json_t *record, jb_error *error);

/* `*record` stays NULL where there is none for the backup with this `owner`, or none that can be read: it says nothing
 * that the backup itself depends on. */
int verified_read(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                  const char *owner, json_t **record, jb_error *error);

#endif
