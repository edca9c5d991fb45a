/* What the last verification of a backup found: `verified.json` beside its seal (docs/formats.md, Verification). */
#ifndef BACKUP_VERIFIED_H
#define BACKUP_VERIFIED_H

#include <jansson.h>

#include "../store/store.h"
#include "name.h"

#define VERIFIED_NAME        "verified.json"
#define VERIFIED_DAMAGED_MAX 1000 /* names in the record */

/*
 * Replaces the record of the backup whose seal has this `owner`. Nothing stays of it where the backup is being removed
 * meanwhile: JB_ERROR_CONFLICT. JB_ERROR_UNSUPPORTED where the bucket has object lock: its defaults may protect what is
 * written now for longer than the backup. Takes `record`.
 */
int verified_write(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                   const char *owner, json_t *record, jb_error *error);

/*
 * Makes `record` what is to be kept, given what was recorded before. A record of damage is only replaced by a
 * verification that is at least as strong: of a weaker one that finds damage its objects are added to that record, and
 * of one that finds none nothing is kept (`*keep` is false), which a warning says. The date of the last full
 * verification that found all good is carried on. Takes `*record` and gives one back.
 */
int verified_merge(jb_operation *operation, const json_t *before, json_t **record, bool *keep, jb_error *error);

/* Does the record of the backup with this `owner` say that it is damaged? `when` gets the date that it tells. */
int verified_damaged(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                     const char *owner, bool *damaged, char when[CLOCK_UTC_SIZE], jb_error *error);

/* `*record` stays NULL where there is none for the backup with this `owner`, or none that can be read: it says nothing
 * that the backup itself depends on. */
int verified_read(jb_store *store, jb_operation *operation, const char *bucket, const struct backup_id *id,
                  const char *owner, json_t **record, jb_error *error);

#endif
