/*
 * Does a store have conditional writes? Some ignore the header and answer 200, so only a race tells. Where a store has
 * none, who is its single writer compares by himself before he writes.
 */
#ifndef STORE_CONDITIONS_H
#define STORE_CONDITIONS_H

#include "store.h"

int store_conditions_new(struct store_conditions **conditions, jb_error *error);
/* NULL is allowed. */
void store_conditions_free(struct store_conditions *conditions);

/*
 * Finds out once a handle and bucket, by writes that compete for keys of a random prefix, which are removed again. Any
 * failure but a condition's (refused rights, no answer) is the call's, and nothing is remembered. `*why` (static)
 * tells what the store did wrong where it has none.
 */
int store_conditions_probe(jb_store *store, jb_operation *operation, const char *bucket, bool *has, const char **why,
                           jb_error *error);

/* The probe itself, also where all is known, with nothing remembered. `*why` is NULL where the store has them. */
int store_conditions_measure(jb_store *store, jb_operation *operation, const char *bucket, const char **why,
                             jb_error *error);

/*
 * To be called before a conditional write that others may compete with. JB_ERROR_UNSUPPORTED where the store has no
 * conditional writes, unless it was opened with single_writer. Needs the rights to write, read and remove below
 * "jpsbackup-probe-…" where the store is not known.
 */
int store_conditions_require(jb_store *store, jb_operation *operation, const char *bucket, jb_error *error);

/*
 * A single writer's own comparing, where the store is not known to do it: JB_ERROR_CONFLICT where the condition does
 * not hold, else *condition becomes STORE_ALWAYS or, where the key is free, STORE_ONTO_NOTHING. Leaves all as it is for
 * stores that were not opened so.
 */
int store_conditions_compare(jb_store *store, jb_operation *operation, const char *bucket, const char *key,
                             struct store_condition *condition, jb_error *error);

#endif
