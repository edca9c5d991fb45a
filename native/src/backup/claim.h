/* A backup's claim, and taking an interrupted one over. */
#ifndef BACKUP_CLAIM_H
#define BACKUP_CLAIM_H

#include <jansson.h>

#include "name.h"

/* Of a running seal: what its backup is to hold, as the beginner told it (docs/formats.md, Seal). */
#define CLAIM_PLAN "plan"

/* What a backup of that name is called that begins now. */
int claim_id(const jb_backup_name *name, struct backup_id *id, jb_error *error);

/* As jb_backup_begin without `resume`; the seal keeps `plan` (NULL: none) until it is complete. */
int claim_begin(jb_store *store, jb_operation *operation, const jb_backup_name *name, const char *environment,
                json_t *plan, char **claim, jb_error *error);

/* Looks at the plan (NULL: none was told) and the descriptions of what would be kept, before anything is changed;
 * another answer than JB_OK ends it. */
typedef int (*claim_check_fn)(void *context, const json_t *plan, const json_t *objects, jb_error *error);

/*
 * As jb_backup_begin with `resume`. What is complete is known from the seal (what an earlier resumption kept) and from
 * the signs of life; each object is confirmed by the sizes and versions that the store has now. Then the seal gets a
 * new owner and names what is kept, and all else in the folder is removed. `check` may be NULL.
 */
int claim_resume(jb_store *store, jb_operation *operation, const jb_backup_name *name, const char *environment,
                 claim_check_fn check, void *context, char **claim, jb_error *error);

int claim_check_name(const jb_backup_name *name, jb_error *error);
/* The environment's texts; an empty object for NULL. */
int claim_parse_environment(const char *text, json_t **environment, jb_error *error);
/* The claim's text; `objects` are the descriptions of what is complete already. */
int claim_text(const struct backup_id *id, const char *owner, json_t *objects, char **claim, jb_error *error);

#endif
